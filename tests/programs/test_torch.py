"""Programs as modules of PyTorch: the same value, and by its own sweep the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnn as mg
from microgradnn import Tensor, Value, compile
from microgradnn.graph import OPS, Fold
from microgradnn.nn import Network
from microgradnn.rules import arrays, calculus

torch: Any = pytest.importorskip("torch")


def hold(output: Any, wrt: list[Any], tolerance: float = 1e-9) -> Any:
    """Hold a module's value and gradients to the sweep's, and return it."""
    program = compile(output, wrt)
    module = program.to_torch()
    inputs = [torch.tensor(program.defaults[name], dtype=torch.float64, requires_grad=True) for name in module.inputs]
    value = module(*inputs)
    value.backward()
    output.backward()
    found = dict(zip(module.inputs, inputs, strict=True)) | dict(module.named_parameters())
    np.testing.assert_allclose(value.item(), output.item(), rtol=tolerance, atol=1e-15)
    for x in wrt:
        gradient = found[x.name].grad
        np.testing.assert_allclose(0.0 if gradient is None else gradient, x.grad, rtol=tolerance, atol=1e-12)
    return module


@pytest.mark.parametrize("op", [op for op in OPS.values() if not isinstance(op, Fold) and op.public], ids=str)
def test_a_row_has_the_same_value_and_slopes(op: Any) -> None:
    points = [1.3, 2.0] if op.name == "acosh" else [0.3, 0.6]
    for a in points if op.name in ("acosh", "asin", "acos", "atanh", "erfinv", "logit") else [*points, -0.4, 4.0]:
        if op.domain[0].low == 0 and a < 0:
            continue
        xs = [Value(x, name) for x, name in zip((a, 0.5, 0.9), "abc", strict=False)][: len(op.partials)]
        hold(1.0 * op(*xs), xs)


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "a layer": lambda w, x: (w @ x).tanh().mean(),
    "softmax": lambda w, x: ((w @ x).softmax(axis=0) ** 2).sum(),
    "log_softmax of all": lambda w, x: (w @ x).log_softmax(axis=(0, 1))[0].sum(),
    "std": lambda w, x: (w @ x).std(axis=1).sum(),
    "max": lambda w, x: (w @ x).max(axis=0).sum() + (w @ x).min(),
    "prod": lambda w, x: (w @ x).prod(axis=0).sum() + x.prod(),
    "take": lambda w, x: (x[::-1, 1:4:2] ** 2).sum() + x[[0, 0, 2]].sum() * w[0, -1] + (x[:, None, 1] ** 3).sum(),
    "pad and concatenate": lambda w, x: (np.pad(mg.concatenate([w @ x, x]), ((1, 0), (0, 2))) ** 2).sum(),
    "sort and quantile": lambda w, x: (np.sort(x, axis=0) * x).sum() + np.quantile(w @ x, 0.3) + np.median(x),
    "cumsum and cumprod": lambda w, x: (x.cumsum(axis=1) * x.cumprod(axis=1)).sum() + mg.flip(w, axis=1).cumsum()[2],
    "a convolution": lambda w, x: (mg.conv2d(x.reshape(1, 1, 3, 5), w.reshape(1, 1, 2, 3)) ** 2).sum(),
    "einsum": lambda w, x: mg.einsum("ij,jk,jk->", w, x, x),
    "an index": lambda w, x: (x[:, Tensor([[2, 0]], "I", kind="constant")] ** 2).sum() + w.sum(),
    "linear algebra": lambda w, x: (
        np.linalg.inv(w @ w.T).sum()
        + np.linalg.solve(w @ w.T, w).sum()
        + np.linalg.slogdet(w @ w.T)[1]
        + np.linalg.cholesky(w @ w.T).sum()
        + np.linalg.det(w @ w.T)
        + np.linalg.eigvalsh(w @ w.T)[0]
        + np.linalg.svd(x, compute_uv=False).sum()
        + np.linalg.pinv(x).sum()
        + (np.linalg.qr(x.T).Q * np.linalg.qr(x.T)[0][::-1]).sum()
        + np.linalg.norm(np.linalg.qr(w, mode="r"))
    ),
    "triangles and rolls": lambda w, x: (
        (arrays.tril(x, k=0) * np.roll(x, 2, axis=1) + arrays.triu(x, k=1)).sum() * w[0, 0]
    ),
    "cross entropy of logits at 0": lambda w, x: calculus.cross_entropy_logits(0 * (w @ x), 0.3).sum(),
    "logsumexp": lambda w, x: (w @ x).logsumexp(axis=0).sum(),
    "broadcast": lambda w, x: (x - x.mean(axis=1, keepdims=True)).abs().sum() * w[:1, :1].sum(),
}


@pytest.mark.parametrize("name", CASES)
def test_operations_on_arrays_have_the_same_gradients(name: str) -> None:
    rng = np.random.default_rng(3)
    W = Tensor(rng.normal(size=(2, 3)), "W", kind="parameter")
    X = Tensor(rng.normal(size=(3, 5)), "X")
    module = hold(CASES[name](W, X), [W, X])
    assert [key for key, _ in module.named_parameters()] == ["W"]


def test_a_cost_is_trained_by_an_optimiser_of_pytorchs_on_batches_of_any_size() -> None:
    network = Network([2, 4, 1], seed=0)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2, 30))
    Y = (X[:1] > 0) * 1.0
    module = compile(network.cost(X[:, :10], Y[:, :10])).to_torch()

    optimiser = torch.optim.SGD(module.parameters(), lr=0.5)
    before = module(X, Y).item()
    for _ in range(50):
        optimiser.zero_grad()
        module(X, Y).backward()
        optimiser.step()

    assert before == pytest.approx(network.cost(X, Y).item(), rel=1e-12)
    assert module(X, Y).item() < before / 2
    assert list(module.state_dict()) == ["W1", "b1", "W2", "b2"]


def test_a_function_of_structures_with_several_outputs_and_parameters_from_outside() -> None:
    E = Tensor(np.arange(12.0).reshape(4, 3), "E", kind="parameter")

    def f(w: Any, i: Any) -> Any:
        return {"rows": E[i] * w["scale"], "sum": (E[i] * w["shift"]).sum()}

    module = compile(f, {"scale": Tensor([[2.0]]), "shift": Tensor([[3.0]])}, np.array([3, 0, 3])).to_torch()
    rows, total = module([[2.0]], [[3.0]], [3, 0])
    total.backward()

    np.testing.assert_array_equal(rows.detach(), E.numpy()[[3, 0]] * 2)
    np.testing.assert_array_equal(module.E.grad[:, 0], [3, 0, 0, 3])
    assert compile(lambda x, y: x * y, 2.0, 3.0).to_torch()(4.0, torch.ones(2)).tolist() == [4, 4]


def test_what_pytorch_can_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="a branch is no formula"):
        compile(lambda x: x if x > 0 else -x, 1.0).to_torch()
    with pytest.raises(TypeError, match="the module takes x; got 2 arguments"):
        compile(lambda x: x * x, 1.0).to_torch()(1.0, 2.0)
    x = Value(0.0, "x")
    with pytest.raises(RuntimeError, match="is the point a kink"):
        compile((x * x + 1.0) ** 0.5 * 0 + (x * x).sqrt(), [x]).to_torch()
