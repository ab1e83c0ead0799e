"""Layers as a person writes them in NumPy: their values and gradients are PyTorch's, and are printed."""

# ruff: noqa: N803 (X and Y are the notes' names)

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from microgradnn import Tensor, compile, conv2d, derive, max_pool2d

torch = pytest.importorskip("torch", reason="PyTorch is what the layers are held against")
F = torch.nn.functional
pytestmark = pytest.mark.filterwarnings("ignore::microgradnn.RankOneWarning")

Array = np.ndarray[Any, Any]
NUMPY: Any = np  # whose types know of no Tensors
CLOSE: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-11}  # double precision, sums in another order


class Layer(NamedTuple):
    """A layer of ours, the same in PyTorch, and numbers for its arguments by name."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    numbers: dict[str, Array]


def some(seed: int, **shapes: tuple[int, ...]) -> dict[str, Array]:
    """Numbers for arguments of these shapes."""
    rng = np.random.default_rng(seed)
    return {name: 0.5 * rng.normal(size=shape) for name, shape in shapes.items()}


# --- attention ------------------------------------------------------------------------------------

HEADS = 2
MASK = np.triu(np.full((4, 4), -np.inf), k=1)  # nobody looks ahead


def attention(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any) -> Any:
    """Multi-head attention with a causal mask, of x (batch, steps, features)."""
    n, t, d = x.shape
    q, k, v = (np.swapaxes((x @ W).reshape(n, t, HEADS, d // HEADS), 1, 2) for W in (Wq, Wk, Wv))
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(d // HEADS) + Tensor(MASK, "mask", kind="constant")
    heads = scores.softmax(axis=-1) @ v
    return np.swapaxes(heads, 1, 2).reshape(n, t, d) @ Wo


def attention_by_einsum(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any) -> Any:
    """The same in letters."""
    n, t, d = x.shape
    q, k, v = ((x @ W).reshape(n, t, HEADS, d // HEADS) for W in (Wq, Wk, Wv))
    scores = NUMPY.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(d // HEADS) + Tensor(MASK, "mask", kind="constant")
    return NUMPY.einsum("bhqk,bkhd->bqhd", scores.softmax(axis=-1), v).reshape(n, t, d) @ Wo


def torch_attention(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any) -> Any:
    n, t, d = x.shape
    q, k, v = ((x @ W).reshape(n, t, HEADS, d // HEADS).transpose(1, 2) for W in (Wq, Wk, Wv))
    heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return heads.transpose(1, 2).reshape(n, t, d) @ Wo


# --- recurrent cells ------------------------------------------------------------------------------


def lstm(x: Any, h: Any, c: Any, W: Any, U: Any, b: Any) -> Any:
    """Three steps of an LSTM: x (steps, batch, features), the gates in PyTorch's order."""
    for t in range(x.shape[0]):
        i, f, g, o = NUMPY.split(x[t] @ W.T + h @ U.T + b, 4, axis=1)
        c = f.sigmoid() * c + i.sigmoid() * np.tanh(g)
        h = o.sigmoid() * np.tanh(c)
    return h


def torch_lstm(x: Any, h: Any, c: Any, W: Any, U: Any, b: Any) -> Any:
    weights = [W, U, b, torch.zeros_like(b)]
    _, h, _ = torch.lstm(x, (h[None], c[None]), weights, True, 1, 0.0, False, False, False)
    return h[0]


def gru(x: Any, h: Any, W: Any, U: Any, b: Any, d: Any) -> Any:
    """Three steps of a GRU, the gates in PyTorch's order."""
    for t in range(x.shape[0]):
        xr, xz, xn = NUMPY.split(x[t] @ W.T + b, 3, axis=1)
        hr, hz, hn = NUMPY.split(h @ U.T + d, 3, axis=1)
        r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
        n = np.tanh(xn + r * hn)
        h = (1 - z) * n + z * h
    return h


def torch_gru(x: Any, h: Any, W: Any, U: Any, b: Any, d: Any) -> Any:
    _, h = torch.gru(x, h[None], [W, U, b, d], True, 1, 0.0, False, False, False)
    return h[0]


# --- convolution, normalisation, embedding ----------------------------------------------------------

DIGITS = np.array([1, 0, 2])


def convolution_net(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, W: Any, b: Any) -> Any:
    """Two convolutions with pools between, and a layer of scores: the cross-entropy of three pictures."""
    a = max_pool2d(conv2d(x, w1, b1, padding=1).relu(), 2)
    a = max_pool2d(conv2d(a, w2, b2).relu(), 2)
    scores = a.reshape(x.shape[0], -1) @ W + b
    return -np.take_along_axis(scores.log_softmax(axis=1), DIGITS[:, None], axis=1).mean()


def torch_convolution_net(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, W: Any, b: Any) -> Any:
    a = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=1)), 2)
    a = F.max_pool2d(F.relu(F.conv2d(a, w2, b2)), 2)
    return F.cross_entropy(a.reshape(x.shape[0], -1) @ W + b, torch.tensor(DIGITS))


def strided(x: Any, w: Any) -> Any:
    """A convolution in groups, with a step, a border and gaps."""
    return conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=2, groups=2)


def layer_norm(x: Any, gain: Any, bias: Any) -> Any:
    """Each example less its mean, over its deviation."""
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return gain * centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + 1e-5) + bias


def layer_norm_by_var(x: Any, gain: Any, bias: Any) -> Any:
    """The same by NumPy's words."""
    return gain * (x - np.mean(x, axis=-1, keepdims=True)) / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5) + bias


def batch_norm(x: Any, gain: Any, bias: Any) -> Any:
    """Each channel of pictures (N, C, H, W) less its mean, over its deviation."""
    mean, var = (f(x, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.var))
    return gain.reshape(1, -1, 1, 1) * (x - mean) / np.sqrt(var + 1e-5) + bias.reshape(1, -1, 1, 1)


WORDS = np.array([[0, 3, 1], [3, 3, 2]])


def embedding(table: Any, W: Any) -> Any:
    """Rows of a table by index, one of them three times, and a layer after them."""
    return np.tanh(np.take(table, WORDS, axis=0).reshape(2, -1) @ W)


LAYERS = {
    "attention": Layer(attention, torch_attention, some(0, x=(2, 4, 6), Wq=(6, 6), Wk=(6, 6), Wv=(6, 6), Wo=(6, 6))),
    "attention by einsum": Layer(
        attention_by_einsum, torch_attention, some(1, x=(2, 4, 6), Wq=(6, 6), Wk=(6, 6), Wv=(6, 6), Wo=(6, 6))
    ),
    "LSTM": Layer(lstm, torch_lstm, some(2, x=(3, 2, 4), h=(2, 3), c=(2, 3), W=(12, 4), U=(12, 3), b=(12,))),
    "GRU": Layer(gru, torch_gru, some(3, x=(3, 2, 4), h=(2, 3), W=(9, 4), U=(9, 3), b=(9,), d=(9,))),
    "convolution net": Layer(
        convolution_net,
        torch_convolution_net,
        some(4, x=(3, 1, 8, 8), w1=(2, 1, 3, 3), b1=(2,), w2=(3, 2, 2, 2), b2=(3,), W=(3, 3), b=(3,)),
    ),
    "convolution in groups": Layer(
        strided,
        lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=2, groups=2),
        some(5, x=(2, 4, 7, 5), w=(6, 2, 3, 2)),
    ),
    "layer norm": Layer(
        layer_norm, lambda x, gain, bias: F.layer_norm(x, (5,), gain, bias), some(6, x=(3, 5), gain=(5,), bias=(5,))
    ),
    "layer norm by var": Layer(
        layer_norm_by_var,
        lambda x, gain, bias: F.layer_norm(x, (5,), gain, bias),
        some(7, x=(3, 5), gain=(5,), bias=(5,)),
    ),
    "batch norm": Layer(
        batch_norm,
        lambda x, gain, bias: F.batch_norm(x, None, None, gain, bias, training=True),
        some(8, x=(3, 2, 4, 2), gain=(2,), bias=(2,)),
    ),
    "embedding": Layer(
        embedding,
        lambda table, W: torch.tanh(F.embedding(torch.tensor(WORDS), table).reshape(2, -1) @ W),
        some(9, table=(5, 4), W=(12, 2)),
    ),
}


def weight(y: Any) -> Array:
    """Numbers of which no two are equal, to weigh the results with."""
    return np.array(np.cos(np.arange(float(np.prod(y.shape, dtype=int))))).reshape(tuple(y.shape))


def cost_of(layer: Layer) -> tuple[Any, Any, list[Tensor]]:
    """The result of our layer, the cost that weighs it, and its leaves."""
    leaves = [Tensor(x, name, kind="parameter") for name, x in layer.numbers.items()]
    y = layer.ours(*leaves)
    return y, (y * y * Tensor(weight(y), "weights", kind="constant")).sum().named("J"), leaves


def in_torch(layer: Layer) -> tuple[Any, list[Array]]:
    """The result of PyTorch's layer, and the gradients of the same cost."""
    leaves = [torch.tensor(x, requires_grad=True) for x in layer.numbers.values()]
    y = layer.theirs(*leaves)
    (y * y * torch.tensor(weight(y))).sum().backward()
    return y.detach().numpy(), [x.grad.numpy() for x in leaves]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_and_its_gradients_are_pytorchs(name: str) -> None:
    y, J, leaves = cost_of(LAYERS[name])
    J.backward()
    value, gradients = in_torch(LAYERS[name])

    np.testing.assert_allclose(y.data, value, **CLOSE)
    for x, gradient in zip(leaves, gradients, strict=True):
        np.testing.assert_allclose(x.grad, gradient, **CLOSE)


@pytest.mark.parametrize("name", LAYERS)
def test_its_backward_pass_is_printed_and_compiled(name: str) -> None:
    layer = LAYERS[name]
    y, J, leaves = cost_of(layer)
    _, wanted = in_torch(layer)
    printed = derive(J, leaves)
    space: dict[str, Any] = {}
    exec(printed.source, space)
    known = {**layer.numbers, "weights": weight(y), "mask": MASK}
    _, gradients = space["value_and_gradients"](*[known[one] for one in printed.inputs])
    found = compile(J, leaves)().gradients

    for one, gradient, want in zip(leaves, gradients, wanted, strict=True):
        np.testing.assert_allclose(gradient, want, **CLOSE)
        np.testing.assert_allclose(found[one.name], want, **CLOSE)


@pytest.mark.parametrize("name", LAYERS)
def test_its_second_derivatives_are_pytorchs(name: str) -> None:
    layer = LAYERS[name]
    _, J, leaves = cost_of(layer)
    J.backward(create_graph=True)
    firsts = [x.grad for x in leaves]
    for x in leaves:
        x.grad = None
    sum((g * g).sum() for g in firsts).backward()

    theirs = [torch.tensor(x, requires_grad=True) for x in layer.numbers.values()]
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        y = layer.theirs(*theirs)
    first = torch.autograd.grad((y * y * torch.tensor(weight(y))).sum(), theirs, create_graph=True)
    second = torch.autograd.grad(sum((g * g).sum() for g in first), theirs)
    for x, want in zip(leaves, second, strict=True):
        np.testing.assert_allclose(x.grad, want.numpy(), rtol=1e-9, atol=1e-10)
