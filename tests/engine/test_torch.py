"""Values and gradients are PyTorch's, also at the kinks where the conventions say so."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnn import Tensor, Value, concatenate, stack, where
from microgradnn.graph import OPS, Interval, Op
from microgradnn.rules import calculus

torch: Any = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore::microgradnn.RankOneWarning")

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

# float32 has 2⁻²³ = 1.2e-7. What an operation loses, its slope multiplies, by up to 20 at 0.05 from the end of a
# domain, and sums of up to 27 numbers are taken in another order.
TOLERANCE = {"float64": 1e-12, "float32": 5e-5}

CLEAR = 0.05

every_dtype = pytest.mark.parametrize("dtype", TOLERANCE)

F = torch.nn.functional
TORCHS: dict[str, Callable[..., Any]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "same": torch.positive,
    "pow": torch.pow,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "exp2": torch.exp2,
    "log": torch.log,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log10": torch.log10,
    "log1mexp": lambda x: torch.log(-torch.expm1(-x)),
    "xlogy": torch.xlogy,
    "logaddexp": torch.logaddexp,
    "share": lambda x, y: torch.sigmoid(x - y),
    "sqrt": torch.sqrt,
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "hypot": torch.hypot,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "atan2": torch.atan2,
    "sinc": torch.sinc,
    "sinc_slope": lambda x: (torch.cos(math.pi * x) - torch.sinc(x)) / x,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "sech": lambda x: 1 / torch.cosh(x),
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    "sigmoid": torch.sigmoid,
    "logit": torch.logit,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "erfinv": torch.erfinv,
    "erfinv_slope": lambda x: math.sqrt(math.pi) / 2 * torch.exp(torch.erfinv(x) ** 2),
    "gaussian": lambda x: torch.exp(-x * x / 2),
    "normal_cdf": torch.special.ndtr,
    "relu": torch.relu,
    "leaky_relu": lambda x, y: torch.where(x > 0, x, y * x),
    "elu": lambda x, y: torch.where(x > 0, x, y * torch.expm1(torch.clamp(x, max=0))),
    "softplus": F.softplus,
    "silu": F.silu,
    "gelu": F.gelu,
    "abs": torch.abs,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "clip": lambda *xs: torch.clip(*torch.broadcast_tensors(*xs)),  # its own broadcasting fails where an axis is empty
    "where": lambda x, y, z: torch.where(x != 0, y, z),
    "step": lambda x: torch.heaviside(x.detach(), torch.zeros_like(x)) + 0 * x,
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "rint": torch.round,
    "mod": torch.remainder,
    "zero": lambda x: (x == 0) + 0 * x,
    "ahead": lambda x, y: torch.heaviside((x - y).detach(), torch.full_like(x - y, 0.5)) + 0 * x + 0 * y,
    "equal": lambda x, y: (x == y) + 0 * x + 0 * y,
    "greater": lambda x, y: (x > y) + 0 * x + 0 * y,
    "at_least": lambda x, y: (x >= y) + 0 * x + 0 * y,
    "weigh": torch.mul,
    "squared_error": lambda *xs: 0.5 * F.mse_loss(*torch.broadcast_tensors(*xs), reduction="none"),
    "cross_entropy": lambda *xs: F.binary_cross_entropy(*torch.broadcast_tensors(*xs), reduction="none"),
    "cross_entropy_logits": lambda *xs: F.binary_cross_entropy_with_logits(
        *torch.broadcast_tensors(*xs), reduction="none"
    ),
}

ELEMENT_WISE = [op for op in OPS.values() if op.arity]


def both(
    ours: Callable[..., Any], theirs: Callable[..., Any], *xs: Array, seed: Callable[[Shape], Array]
) -> tuple[list[Any], list[Any]]:
    """The value of a function and its gradients, by Tensors and by PyTorch's tensors."""
    inputs, twins = [Tensor(x) for x in xs], [torch.tensor(x, requires_grad=True) for x in xs]
    y, twin = ours(*inputs), theirs(*twins)
    g = seed(y.shape).astype(y.dtype)
    y.backward(g)
    twin.backward(torch.tensor(g))
    return (
        [y.data, *(np.broadcast_to(x.grad, x.shape) for x in inputs)],
        [twin.detach().numpy(), *(np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in twins)],
    )


def uneven(shape: Shape) -> Array:
    """Numbers of which no two are equal, to weigh the results with."""
    return np.array(np.cos(np.arange(1, 1 + math.prod(shape)))).reshape(shape)


def assert_equal(ours: list[Any], theirs: list[Any], tolerance: float) -> None:
    """A rounding is relative to the terms of a sum, which may all but cancel: hence the scale."""
    for got, want in zip(ours, theirs, strict=True):
        assert got.shape == want.shape
        scale = np.max(np.abs(want), initial=1.0, where=np.isfinite(want))
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * scale)


# --- the first table --------------------------------------------------------------------------


def between(domain: Interval, k: int) -> float:
    """The number k fortieths of the way through a domain, clear of its ends and of its hole."""
    low, high = max(domain.low + CLEAR, -3.0), min(domain.high - CLEAR, 3.0)
    x = low + k / 40 * (high - low)
    return x if domain.hole is None or abs(x - domain.hole) > CLEAR else domain.hole + 0.5


@st.composite
def operands(draw: st.DrawFn, op: Op, dtype: str) -> list[Array]:
    """An array for each argument, of shapes that broadcast, clear of where the slope jumps."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=op.arity or 0, max_dims=3, min_side=0, max_side=3))
    labelled = op is calculus.cross_entropy
    domains = (Interval(0, 1), Interval(0, 1)) if labelled else op.domain  # PyTorch refuses other labels
    xs = [
        draw(hnp.arrays(dtype, shape, elements=st.integers(0, 40).map(partial(between, domain))))
        for shape, domain in zip(shapes.input_shapes, domains, strict=True)
    ]
    if op is calculus.clip:
        xs[1], xs[2] = xs[1] - xs[1].dtype.type(3.5), xs[2] + xs[2].dtype.type(3.5)  # low < high
    if op.kink is not None:
        near = np.abs(op.kink(*xs)) < CLEAR
        xs[0] = np.where(near, 3.7, np.broadcast_to(xs[0], near.shape)).astype(dtype) if near.any() else xs[0]
    assume(op.kink is None or not np.any(np.abs(op.kink(*xs)) < CLEAR))
    return xs


def test_every_row_has_a_twin_here() -> None:
    for op in ELEMENT_WISE:
        assert op.name in TORCHS, f"write down what {op.name} is in PyTorch, in TORCHS of tests/engine/test_torch.py"
    assert {*TORCHS} <= {op.name for op in ELEMENT_WISE}


@every_dtype
@pytest.mark.parametrize("op", ELEMENT_WISE, ids=str)
@given(data=st.data())
@settings(max_examples=25)
def test_a_row_is_pytorchs(op: Op, dtype: str, data: st.DataObject) -> None:
    xs = data.draw(operands(op, dtype))
    ours, theirs = both(op, TORCHS[op.name], *xs, seed=uneven)

    assert [x.dtype for x in ours] == [np.dtype(dtype)] * len(ours)
    assert_equal(ours, theirs, TOLERANCE[dtype])


# --- kinks and limits -------------------------------------------------------------------------

FAR = [0.0, 1.0, -1.0, 1000.0, -1000.0, math.inf, -math.inf]
KINKS: list[tuple[str, Callable[..., Any], Callable[..., Any], list[list[float]]]] = [
    ("relu", calculus.relu, torch.relu, [FAR]),
    ("leaky_relu", lambda x: x.leaky_relu(0.1), lambda x: F.leaky_relu(x, 0.1), [FAR]),
    ("elu", lambda x: x.elu(0.7), lambda x: F.elu(x, 0.7), [FAR]),
    ("abs", calculus.abs, torch.abs, [FAR]),
    ("sign", calculus.sign, torch.sign, [FAR]),
    # Not at the bounds, where PyTorch 2.14 has other slopes than 2.13.
    ("clip", lambda x: x.clip(-2, 2), lambda x: torch.clip(x, -2, 2), [FAR]),
    ("maximum", calculus.maximum, torch.maximum, [[0.0, 1.0, 2.0, math.inf], [0.0, 1.0, 1.0, math.inf]]),
    ("minimum", calculus.minimum, torch.minimum, [[0.0, 1.0, 2.0, math.inf], [0.0, 1.0, 1.0, math.inf]]),
    ("x ** 0", lambda x: x**0, lambda x: x**0, [FAR]),
    ("x ** 1", lambda x: x**1, lambda x: x**1, [FAR]),
    ("x ** -1", lambda x: x**-1, lambda x: x**-1, [FAR]),
    ("x ** y", calculus.pow, torch.pow, [[0.0, 0.0, 0.0, 1.0, -2.0, -2.0], [0.0, 1.0, 2.0, 0.0, 2.0, 3.0]]),
    ("sqrt", calculus.sqrt, torch.sqrt, [FAR]),
    ("log", calculus.log, torch.log, [FAR]),
    ("log1p", calculus.log1p, torch.log1p, [FAR]),
    ("asin", calculus.asin, torch.asin, [[-1.0, 0.0, 1.0, 2.0]]),
    ("acos", calculus.acos, torch.acos, [[-1.0, 0.0, 1.0, 2.0]]),
    ("acosh", calculus.acosh, torch.acosh, [[1.0, 1000.0, math.inf]]),
    ("atanh", calculus.atanh, torch.atanh, [[-1.0, 0.0, 1.0]]),
    ("logit", calculus.logit, torch.logit, [[0.0, 0.5, 1.0]]),
    ("exp", calculus.exp, torch.exp, [FAR]),
    ("tanh", calculus.tanh, torch.tanh, [FAR]),
    ("sigmoid", calculus.sigmoid, torch.sigmoid, [FAR]),
    ("softplus", calculus.softplus, F.softplus, [FAR]),
    ("silu", calculus.silu, F.silu, [FAR[:-2]]),  # at ±∞ PyTorch has NaN in value or slope; see below
    ("gelu", calculus.gelu, F.gelu, [FAR[:-2]]),
    ("erf", calculus.erf, torch.erf, [FAR]),
    (
        "cross_entropy_logits",
        calculus.cross_entropy_logits,
        TORCHS["cross_entropy_logits"],
        [[0.0, 1000.0, -1000.0, 1000.0, -1000.0], [0.0, 1.0, 0.0, 0.0, 1.0]],
    ),
    ("max", lambda x: x.max(), torch.amax, [[1.0, 1.0, 0.0]]),
    ("min", lambda x: x.min(), torch.amin, [[1.0, 0.0, 0.0, 0.0]]),
    ("prod", lambda x: x.prod(), torch.prod, [[0.0, 2.0, 3.0]]),
    ("prod of two zeros", lambda x: x.prod(), torch.prod, [[0.0, 0.0, 3.0]]),
    ("std of equals", lambda x: x.std(), lambda x: torch.std(x, correction=0), [[1.0, 1.0]]),
    ("logsumexp", lambda x: x.logsumexp(), lambda x: torch.logsumexp(x, 0), [[1000.0, 0.0, -math.inf]]),
    ("softmax", lambda x: x.softmax(0), lambda x: torch.softmax(x, 0), [[1000.0, 999.0, -math.inf]]),
    ("log_softmax", lambda x: x.log_softmax(0), lambda x: torch.log_softmax(x, 0), [[1000.0, 999.0, -1000.0]]),
]


@pytest.mark.parametrize(("ours", "theirs", "at"), [row[1:] for row in KINKS], ids=[row[0] for row in KINKS])
def test_kinks_ends_and_limits_are_pytorchs(
    ours: Callable[..., Any], theirs: Callable[..., Any], at: list[list[float]]
) -> None:
    with np.errstate(all="ignore"):
        mine, its = both(ours, theirs, *map(np.array, at), seed=np.ones)

    for got, want in zip(mine, its, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("row", [calculus.silu, calculus.gelu], ids=str)
def test_where_pytorch_has_no_number_ours_is_the_limit(row: Op) -> None:
    assert FAR[-1] == -np.inf
    assert row(-np.inf) == row(np.array(-np.inf)) == 0  # x · σ(x) and x · Φ(x) go to 0


# --- the second table -------------------------------------------------------------------------


def reductions(name: str, theirs: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """A method along each axis, along two, and with the axes kept."""
    return [
        (
            f"{name} {axis} {kept}",
            lambda x, k=kept, a=axis: getattr(x, name)(a, k),
            lambda x, k=kept, a=axis: theirs(x, a, k),
        )
        for axis in (0, -1, (0, 2))
        for kept in (False, True)
    ]


ARRAYS: list[tuple[str, Callable[..., Any], Callable[..., Any]]] = [
    *reductions("sum", lambda x, axis, keep: torch.sum(x, axis, keepdim=keep)),
    *reductions("mean", lambda x, axis, keep: torch.mean(x, axis, keepdim=keep)),
    *reductions("max", lambda x, axis, keep: torch.amax(x, axis, keepdim=keep)),
    *reductions("min", lambda x, axis, keep: torch.amin(x, axis, keepdim=keep)),
    *reductions("var", lambda x, axis, keep: torch.var(x, axis, correction=0, keepdim=keep)),
    *reductions("std", lambda x, axis, keep: torch.std(x, axis, correction=0, keepdim=keep)),
    *reductions("logsumexp", lambda x, axis, keep: torch.logsumexp(x, axis, keepdim=keep)),
    ("sum of all", lambda x: x.sum(), torch.sum),
    ("prod of all", lambda x: x.prod(), torch.prod),
    ("prod", lambda x: x.prod(1, True), lambda x: torch.prod(x, 1, keepdim=True)),
    ("softmax", lambda x: x.softmax(1), lambda x: torch.softmax(x, 1)),
    ("log_softmax", lambda x: x.log_softmax(-1), lambda x: torch.log_softmax(x, -1)),
    ("reshape", lambda x: x.reshape(-1), lambda x: x.reshape(-1)),
    ("transpose", lambda x: x.transpose(2, 0, -2), lambda x: x.permute(2, 0, 1)),
    ("T", lambda x: x.T, lambda x: x.permute(2, 1, 0)),
    ("slices", lambda x: x[..., :1, None], lambda x: x[..., :1, None]),
    ("places", lambda x: x[:, [0, 0, -1]], lambda x: x[:, [0, 0, -1]]),
    ("pairs", lambda x: x[[0, -1, 0], [0, 0, 0]], lambda x: x[[0, -1, 0], [0, 0, 0]]),
    ("mask", lambda x: x[x > 0], lambda x: x[x > 0]),
    ("where", lambda x: where(x > 0, x * x, x.exp()), lambda x: torch.where(x > 0, x * x, x.exp())),
    ("concatenate", lambda x: concatenate([x, x * x], axis=-1), lambda x: torch.cat([x, x * x], -1)),
    ("stack", lambda x: stack([x, x * x], axis=1), lambda x: torch.stack([x, x * x], 1)),
    ("matmul", lambda x: x @ x.transpose(0, 2, 1), lambda x: x @ x.permute(0, 2, 1)),
    ("a network", lambda x: (x[0].T @ x[0].relu()).sigmoid(), lambda x: torch.sigmoid(x[0].T @ torch.relu(x[0]))),
]


@every_dtype
@pytest.mark.parametrize(("ours", "theirs"), [row[1:] for row in ARRAYS], ids=[row[0] for row in ARRAYS])
@given(data=st.data())
@settings(max_examples=10)
def test_an_array_operation_is_pytorchs(
    ours: Callable[..., Any], theirs: Callable[..., Any], dtype: str, data: st.DataObject
) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=3))
    order = data.draw(st.permutations(range(math.prod(shape))))  # no ties, of which each has its own rounding
    x = np.array([3 * (k + 0.4) / len(order) - 1.5 for k in order], dtype).reshape(shape)
    mine, its = both(ours, theirs, x, seed=uneven)

    assert [one.dtype for one in mine] == [np.dtype(dtype)] * 2
    assert_equal(mine, its, TOLERANCE[dtype])


@every_dtype
@given(
    shapes=hnp.mutually_broadcastable_shapes(
        signature="(n?,k),(k,m?)->(n?,m?)", base_shape=(), min_side=1, max_side=4, max_dims=2
    )
)
@settings(max_examples=50)
def test_a_matrix_product_is_pytorchs(dtype: str, shapes: hnp.BroadcastableShapes) -> None:
    a, b = (uneven(shape).astype(dtype) for shape in shapes.input_shapes)
    ours, theirs = both(lambda x, y: x @ y, torch.matmul, a, b, seed=uneven)

    assert_equal(ours, theirs, TOLERANCE[dtype])


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "gelu", "exp", "logsumexp", "softmax"])
def test_second_derivatives_are_pytorchs(name: str) -> None:
    x = uneven((2, 3))
    ours, theirs = Tensor(x), torch.tensor(x, requires_grad=True)
    one_more = {"softmax": (0,), "logsumexp": (0,)}.get(name, ())
    y = getattr(ours, name)(*one_more)
    (y * y).sum().backward(create_graph=True)
    slope: Any = ours.grad
    ours.zero_grad()
    (slope * uneven((2, 3))).sum().backward()

    twin = (getattr(F, name) if name in ("softplus", "gelu") else getattr(torch, name))(theirs, *one_more)
    (its,) = torch.autograd.grad((twin * twin).sum(), theirs, create_graph=True)
    (its * torch.tensor(uneven((2, 3)))).sum().backward()
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_a_number_of_torchs_is_a_number_and_one_with_a_gradient_is_not() -> None:
    x = torch.tensor([2.0, 3.0])
    v = Value(x[0])

    assert [v.data, (v * x[1]).data, (x[1] - v).data, (v + torch.tensor(1)).data] == [2, 6, 1, 3]
    for other in (x, torch.tensor(1j), torch.tensor(2.0, requires_grad=True)):
        with pytest.raises(TypeError, match="a Value holds one real number"):
            Value(other)
