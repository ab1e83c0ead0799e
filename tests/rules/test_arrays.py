"""Every row of the second table is right: its value, its pullbacks, and how it is written.

These tests run over `ARRAY_OPS`: a new row fails until `CASES` and `NUMPY` say what it is called with
and what it is worth.
"""

from __future__ import annotations

import inspect
import math
import operator
import pickle
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnn import ShapeError, Tensor, compile, grad, hessian, jacobian, jvp
from microgradnn.rules import numerics
from microgradnn.rules.arrays import ARRAY_OPS, ArrayOp, hold_row
from microgradnn.rules.notation import Operand, formula

# Rows are held at any shape, (n,) too.
pytestmark = pytest.mark.filterwarnings("ignore::microgradnn.RankOneWarning")

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

EPSILON = 2.0**-52
STEP = EPSILON ** (
    1 / 3
)  # of a central difference: rounding, EPSILON / STEP, and curvature, STEP², cost about the same

every_row = pytest.mark.parametrize("op", ARRAY_OPS.values(), ids=ARRAY_OPS)


class Case(NamedTuple):
    """What a row is called with."""

    xs: tuple[Array, ...]
    parameters: dict[str, Any]


# --- what each row is called with -----------------------------------------------------------

some_shape = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@st.composite
def numbers(draw: st.DrawFn, shape: Shape) -> Array:
    """Numbers between −1.5 and 1.5, no two of them nearer than 0.03: clear of the kinks of max and min."""
    size = math.prod(shape)
    order = draw(st.permutations(range(size)))
    return np.array([3 * (k + 0.5) / size - 1.5 for k in order]).reshape(shape)


@st.composite
def of_one(draw: st.DrawFn, parameters: Callable[[Shape], st.SearchStrategy[dict[str, Any]]], least: int = 0) -> Case:
    """One array of at least so many axes, with parameters that suit its shape."""
    shape = draw(hnp.array_shapes(min_dims=least, max_dims=3, min_side=0, max_side=3))
    return Case((draw(numbers(shape)),), draw(parameters(shape)))


def no_parameters(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({})


def some_axis(shape: Shape) -> st.SearchStrategy[Any]:
    """None, or one axis, or several, counted from either end; along which there is something to reduce."""
    ndim = len(shape)
    one = st.integers(-ndim, ndim - 1) if ndim else st.nothing()
    return (st.none() | one | hnp.valid_tuple_axes(ndim)).filter(lambda axis: 0 not in reduced(shape, axis))


def reduced(shape: Shape, axis: Any) -> list[int]:
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [shape[i] for i in axes]


def reduction() -> st.SearchStrategy[Case]:
    def parameters(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
        whole = st.fixed_dictionaries({}, optional={"keepdims": st.booleans()}) if 0 not in shape else st.nothing()
        return whole | st.fixed_dictionaries({"axis": some_axis(shape)}, optional={"keepdims": st.booleans()})

    return of_one(parameters)


def along_axes(least: int = 0) -> st.SearchStrategy[Case]:
    return of_one(lambda shape: st.fixed_dictionaries({"axis": some_axis(shape)}), least)


@st.composite
def along_an_axis(draw: st.DrawFn, /, arrays: int = 1, **others: st.SearchStrategy[Any]) -> Case:
    """Arrays of one shape, and one of their axes, with other parameters."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3))
    xs = tuple([draw(numbers(shape)) for _ in range(arrays)])
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return Case(xs, {"axis": axis, **{name: draw(one) for name, one in others.items()}})


def order_of_axes(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    """An order of the axes, some of them counted from the end."""
    ndim = len(shape)
    signs = st.lists(st.booleans(), min_size=ndim, max_size=ndim)
    both = st.tuples(st.permutations(range(ndim)), signs)
    return both.map(lambda it: {"axes": tuple(i - ndim if back else i for i, back in zip(*it, strict=True))})


def other_shape(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    """A shape of as many numbers."""
    flat = [(math.prod(shape),), (1, math.prod(shape)), *([(-1,), (-1, 1)] if 0 not in shape else [])]
    ones = st.permutations((*shape, 1)).map(tuple)
    return st.fixed_dictionaries({"shape": st.sampled_from(flat) | ones})


@st.composite
def repeated(draw: st.DrawFn, *, back: bool) -> Case:
    """An array and a shape to which it can be repeated; or the other way round."""
    small, result = draw(hnp.mutually_broadcastable_shapes(num_shapes=1, base_shape=draw(some_shape), max_side=3))
    given, wanted = (result, small[0]) if back else (small[0], result)
    return Case((draw(numbers(given)),), {"shape": wanted})


def some_index(shape: Shape) -> st.SearchStrategy[Any]:
    """Numbers, slices, `...` and None, a mask, or lists of places, which may name one twice."""
    basic = hnp.basic_indices(shape, allow_newaxis=True, max_dims=4)
    mask = hnp.arrays(bool, shape)
    if not shape or 0 in shape:
        return basic | mask if shape else basic
    places = hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4))
    return basic | mask | places


@st.composite
def indexed(draw: st.DrawFn, *, back: bool) -> Case:
    """An array and an index of it; or what stands there, and the shape of the whole."""
    shape = draw(some_shape)
    index = draw(some_index(shape))
    if back:
        return Case((draw(numbers(np.zeros(shape)[index].shape)),), {"index": index, "shape": shape})
    return Case((draw(numbers(shape)),), {"index": index})


@st.composite
def factors(draw: st.DrawFn) -> Case:
    """Two matrices, or stacks of them, that can be multiplied."""
    shapes = draw(
        hnp.mutually_broadcastable_shapes(
            signature="(n,k),(k,m)->(n,m)", base_shape=(), min_side=0, max_side=3, max_dims=2
        )
    )
    x, y = shapes.input_shapes
    return Case((draw(numbers(x)), draw(numbers(y))), {})


@st.composite
def joined(draw: st.DrawFn) -> Case:
    """Up to three arrays that differ in length along one axis."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    at = axis % len(shape)
    return Case(tuple(draw(numbers((*shape[:at], n, *shape[at + 1 :]))) for n in lengths), {"axis": axis})


@st.composite
def sums_of_products(draw: st.DrawFn) -> Case:
    """Up to three arrays whose axes have letters, and some of these for the result."""
    lengths = {letter: draw(st.integers(0, 3)) for letter in "abcd"}
    some = st.permutations("abcd").flatmap(lambda order: st.integers(0, 3).map(lambda n: "".join(order[:n])))
    names = draw(st.lists(some, min_size=1, max_size=3))
    present = sorted({*"".join(names)})
    result = draw(st.permutations(present).flatmap(lambda order: st.integers(0, len(order)).map(lambda n: order[:n])))
    arrays = tuple(draw(numbers(tuple(lengths[letter] for letter in name))) for name in names)
    return Case(arrays, {"subscripts": f"{','.join(names)}->{''.join(result)}"})


def around(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
    return st.tuples(*[pair for _ in shape]).map(lambda width: {"width": width})


def some_diagonal(name: str) -> Callable[[Shape], st.SearchStrategy[dict[str, Any]]]:
    return lambda shape: st.integers(-2, 2).map(lambda k: {name: k})


def in_a_circle(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.lists(st.tuples(st.integers(-4, 4), st.integers(-len(shape), len(shape) - 1)), min_size=1, max_size=2)
    return pairs.map(lambda found: {"by": tuple(n for n, _ in found), "axis": tuple(axis for _, axis in found)})


@st.composite
def on_a_diagonal(draw: st.DrawFn) -> Case:
    """What stands on a diagonal, and the shape of the whole."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=3))
    offset = draw(st.integers(-2, 2).filter(lambda k: -shape[-2] <= k <= shape[-1]))
    return Case((draw(numbers(np.zeros(shape).diagonal(offset, -2, -1).shape)),), {"offset": offset, "shape": shape})


@st.composite
def sliding(draw: st.DrawFn, *, back: bool) -> Case:
    """An array and a window that fits into its last axes; or what the windows saw, and the shape of the whole."""
    k = draw(st.integers(1, 2))
    few = st.tuples(*[st.integers(1, 2)] * k)
    size, step, dilation = draw(few), draw(few), draw(few)
    more = draw(st.tuples(*[st.integers(0, 2)] * k))
    rest = tuple([d * (n - 1) + 1 + m for n, d, m in zip(size, dilation, more, strict=True)])
    shape = (*draw(hnp.array_shapes(min_dims=0, max_dims=1, min_side=0, max_side=2)), *rest)
    parameters: dict[str, Any] = {"size": size, "step": step, "dilation": dilation}
    if back:
        seen = tuple([m // s + 1 for m, s in zip(more, step, strict=True)])
        return Case((draw(numbers((*shape[:-k], *seen, *size))),), {**parameters, "shape": shape})
    return Case((draw(numbers(shape)),), parameters)


def has_an_order(case: Case) -> bool:
    """Whether NumPy takes a median of it: not of nothing, nor along no axis."""
    return case.xs[0].size > 0 and case.parameters.get("axis") != ()


def some_quantile() -> st.SearchStrategy[Case]:
    methods = st.fixed_dictionaries(
        {
            "q": st.sampled_from([0.0, 0.25, 0.5, 0.7, 1.0]),
            "method": st.sampled_from(["linear", "lower", "higher", "midpoint"]),
        }
    )
    both = st.tuples(along_axes().filter(has_an_order), methods)
    return both.map(lambda pair: Case(pair[0].xs, {**pair[1], **pair[0].parameters}))


@st.composite
def matrices(
    draw: st.DrawFn,
    /,
    *,
    tall: bool = False,
    wide: bool = True,
    symmetric: bool = False,
    columns: bool = False,
    **others: st.SearchStrategy[Any],
) -> Case:
    """A regular matrix of up to 3 by 3, or a stack: singular values and eigenvalues well apart, and none near 0."""
    n = draw(st.integers(1, 3))
    m = n + draw(st.integers(0, 1)) if tall else n
    stack = draw(hnp.array_shapes(min_dims=0, max_dims=1, min_side=0, max_side=2))
    x = 0.1 * draw(numbers((*stack, m, n))) + np.eye(m, n) * np.arange(1, n + 1)
    if symmetric:
        x = (x + np.swapaxes(x, -1, -2)) / 2
    elif tall and wide and draw(st.booleans()):
        x = np.swapaxes(x, -1, -2)
    more = (draw(numbers((*stack, n, draw(st.integers(0, 2))))),) if columns else ()
    return Case((np.ascontiguousarray(x), *more), {name: draw(one) for name, one in others.items()})


triangle = st.sampled_from(["L", "U"])


@st.composite
def at_places(draw: st.DrawFn, *, back: bool) -> Case:
    """An array and places along one of its axes; of the way back, what is added there."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    axis, n = draw(st.integers(0, len(shape) - 1)), draw(st.integers(1, 3))
    length = n if back else shape[axis]
    places = draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=4))
    if back:
        shape = (*shape[:axis], len(places), *shape[axis + 1 :])
    parameters = {"axis": axis, "n": n} if back else {"axis": axis}
    return Case((draw(numbers(shape)), np.array(places) + 0.5), parameters)  # 0.5: differences stay at the place


def naive_place(x: Any, y: Any, axis: int, n: int) -> Any:
    whole = np.zeros((n, *np.moveaxis(x, axis, 0).shape[1:]), x.dtype)
    for i, part in zip(y, np.moveaxis(x, axis, 0), strict=True):
        whole[int(i)] += part
    return np.moveaxis(whole, 0, axis)


CASES: dict[str, st.SearchStrategy[Case]] = {
    "matmul": factors(),
    "weigh_matmul": factors(),
    "swap": of_one(no_parameters, least=2),
    "transpose": of_one(order_of_axes),
    "reshape": of_one(other_shape),
    "broadcast": repeated(back=False),
    "sum_to": repeated(back=True),
    "cast": of_one(lambda shape: st.just({"dtype": np.dtype("float64")})),  # float32: tests/test_tensor.py
    "take": indexed(back=False),
    "put": indexed(back=True),
    "pick": at_places(back=False),
    "place": at_places(back=True),
    "concatenate": joined(),
    "einsum": sums_of_products(),
    "weigh_einsum": sums_of_products(),
    "pad": of_one(around, least=1),
    "diagonal": of_one(some_diagonal("offset"), least=2).filter(
        lambda case: -case.xs[0].shape[-2] <= case.parameters["offset"] <= case.xs[0].shape[-1]
    ),
    "on_diagonal": on_a_diagonal(),
    "tril": of_one(some_diagonal("k"), least=2),
    "triu": of_one(some_diagonal("k"), least=2),
    "windows": sliding(back=False),
    "overlap": sliding(back=True),
    "median": reduction().filter(lambda case: has_an_order(case)),
    "quantile": some_quantile(),
    "roll": of_one(in_a_circle, least=1),
    "sort": along_an_axis(),
    "sort_by": along_an_axis(arrays=2),
    "unsort": along_an_axis(arrays=2),
    "solve": matrices(columns=True),
    "inv": matrices(),
    "det": matrices(),
    "cofactor": matrices(),
    "logabsdet": matrices(),
    "signdet": matrices(),
    "cholesky": matrices(symmetric=True),
    "eigvalsh": matrices(symmetric=True, uplo=triangle),
    "eigenvectors": matrices(symmetric=True, uplo=triangle),
    "svdvals": matrices(tall=True),
    "left_vectors": matrices(tall=True),
    "right_vectors": matrices(tall=True),
    "pinv": matrices(tall=True),
    "orthonormal": matrices(tall=True, wide=False),
    "triangle": matrices(tall=True, wide=False),
    "sum": reduction(),
    "mean": reduction(),
    "max": reduction(),
    "min": reduction(),
    "prod": reduction(),
    "others": along_axes(),
    "logsumexp": reduction(),
    "rms": reduction().map(lambda case: Case((np.asarray(case.xs[0] + 2),), case.parameters)),  # clear of the kink at 0
    "softmax": along_axes(),
    "log_softmax": along_axes(),
    "flip": along_axes(),
    "shift": along_an_axis(by=st.sampled_from([1, -1]), fill=st.sampled_from([0, 1])),
    "recur": along_an_axis(arrays=2, back=st.booleans()),
}
NAMED = set(CASES)
# A row that is not named here is called with one of its axes, or without; one not named below is NumPy's of its name.
CASES |= {
    name: along_an_axis() | of_one(no_parameters) if "axis" in op.options else of_one(no_parameters)
    for name, op in ARRAY_OPS.items()
    if name not in CASES
}


def test_every_row_with_a_parameter_of_its_own_has_a_case() -> None:
    for name, op in ARRAY_OPS.items():
        needed = [option for option, default in op.options.items() if default is inspect.Parameter.empty]
        assert name in NAMED or set(needed) <= {"axis"}, f"write down what {name} is called with, in CASES: {needed}"


def held(op: ArrayOp, case: Case) -> ArrayOp:
    return op.hold(**case.parameters) if case.parameters else op


# --- what each row is worth -----------------------------------------------------------------


def naive_sum_to(x: Array, shape: Shape) -> Array:
    """Every number of x added where the one stood that it was repeated from."""
    places = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), x.shape)
    sums = [x[places == k].sum() for k in range(math.prod(shape))]
    return np.array(sums, float).reshape(shape)


def naive_put(x: Array, index: Any, shape: Shape) -> Array:
    """Every number of x added where its index says."""
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    sums = [x[places == k].sum() for k in range(math.prod(shape))]
    return np.array(sums, float).reshape(shape)


def naive_others(x: Array, axis: Any) -> Array:
    """For each place the product of what is left when it is set to 1."""
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        rest = x.copy()
        rest[place] = 1
        products = np.broadcast_to(np.prod(rest, axis=axis, keepdims=True), x.shape)
        result[place] = products[place]
    return result


def naive_shift(x: Array, by: int, fill: float, axis: int) -> Array:
    """Slices, one place on."""
    whole = np.moveaxis(x, axis, 0)
    lines, filled = list(whole), [np.full_like(line, fill) for line in whole[:1]]
    moved = [*filled, *lines[:-1]] if by > 0 else [*lines[1:], *filled]
    return np.moveaxis(np.array(moved).reshape(whole.shape), 0, axis)


def naive_recur(x: Array, y: Array, axis: int, back: bool) -> Array:
    """As a solution of linear equations: (1 − S) f = x, where S has the factors next to the diagonal."""
    result = np.empty_like(x)
    lines, factors, found = (np.moveaxis(one, axis, -1) for one in (x, y, result))
    for place in np.ndindex(lines.shape[:-1]):
        n = lines.shape[-1]
        chain = np.diag(factors[place][1:], -1)[:n, :n]
        found[place] = np.linalg.solve(np.eye(n) - (chain.T if back else chain), lines[place]) if n else 0
    return result


def naive_einsum(*xs: Array, subscripts: str) -> Array:
    """Every product, added where its letters say."""
    listed, letters = subscripts.split("->")
    names = listed.split(",")
    lengths = {letter: n for name, x in zip(names, xs, strict=True) for letter, n in zip(name, x.shape, strict=True)}
    result = np.zeros([lengths[letter] for letter in letters])
    for place in np.ndindex(*lengths.values()):
        at = dict(zip(lengths, place, strict=True))
        factors = [x[tuple([at[letter] for letter in name])] for name, x in zip(names, xs, strict=True)]
        result[tuple([at[letter] for letter in letters])] += math.prod(factors)
    return result


def naive_on_diagonal(x: Array, offset: int, shape: Shape) -> Array:
    """Each number where it belongs."""
    whole = np.zeros(shape)
    for place in np.ndindex(x.shape):
        whole[(*place[:-1], place[-1] + max(-offset, 0), place[-1] + max(offset, 0))] = x[place]
    return whole


def naive_windows(x: Array, size: Shape, step: Shape, dilation: Shape) -> Array:
    """Each window of its own."""
    k = len(size)
    spans = [d * (n - 1) + 1 for n, d in zip(size, dilation, strict=True)]
    places = [(n - span) // s + 1 for n, span, s in zip(x.shape[-k:], spans, step, strict=True)]
    result: Array = np.zeros((*x.shape[:-k], *places, *size))
    for place in np.ndindex(*places):
        begins = [i * s for i, s in zip(place, step, strict=True)]
        cut: list[Any] = [slice(b, b + span, d) for b, span, d in zip(begins, spans, dilation, strict=True)]
        here: list[Any] = [*place, *[slice(None)] * k]
        result[(..., *here)] = x[(..., *cut)]
    return result


def naive_overlap(x: Array, size: Shape, step: Shape, dilation: Shape, shape: Shape) -> Array:
    """Every number where the windows of a whole of places would have it."""
    places = naive_windows(np.arange(float(math.prod(shape))).reshape(shape), size, step, dilation).astype(int)
    return np.bincount(places.ravel(), x.ravel(), math.prod(shape)).reshape(shape)


def naive_cofactor(x: Array) -> Array:
    """The determinant of what is left, with the sign of a chessboard."""
    n = x.shape[-1]
    result = np.zeros(x.shape)
    for i, j in np.ndindex(n, n):
        rest = np.delete(np.delete(x, i, -2), j, -1)
        result[..., i, j] = (-1) ** (i + j) * np.linalg.det(rest)
    return result


def small(x: Array) -> Array:
    """The smaller of x xᵀ and xᵀ x."""
    turned = np.swapaxes(x, -1, -2)
    return x @ turned if x.shape[-2] < x.shape[-1] else turned @ x


NUMPY: dict[str, Callable[..., Any]] = {
    "einsum": naive_einsum,
    "weigh_einsum": naive_einsum,
    "pad": lambda x, width: np.pad(x, width),
    "diagonal": lambda x, offset: np.moveaxis(x, (-2, -1), (0, 1)).diagonal(offset),
    "on_diagonal": naive_on_diagonal,
    "windows": naive_windows,
    "overlap": naive_overlap,
    "quantile": lambda x, q, method, axis=None: np.percentile(x, 100 * q, axis=axis, method=method),
    "roll": lambda x, by, axis: np.roll(x, by, axis),
    "sort_by": lambda x, y, axis: np.take_along_axis(x, np.argsort(y, axis), axis),
    "unsort": lambda x, y, axis: np.take_along_axis(x, np.argsort(np.argsort(y, axis), axis), axis),
    "solve": lambda x, y: np.linalg.inv(x) @ y,
    "inv": lambda x: np.linalg.solve(x, np.broadcast_to(np.eye(x.shape[-1]), x.shape)),
    "det": lambda x: np.prod(np.linalg.eigvals(x), axis=-1).real,
    "cofactor": naive_cofactor,
    "logabsdet": lambda x: np.log(np.abs(np.linalg.det(x))),
    "signdet": lambda x: np.sign(np.linalg.det(x)),
    "cholesky": np.linalg.cholesky,
    "eigvalsh": lambda x, uplo: np.linalg.eigh(x)[0],
    "eigenvectors": lambda x, uplo: np.linalg.eigh(x)[1],
    "svdvals": lambda x: np.sqrt(np.maximum(np.linalg.eigvalsh(small(x)), 0))[..., ::-1],
    "left_vectors": lambda x: np.linalg.svd(x, full_matrices=False)[0],
    "right_vectors": lambda x: np.linalg.svd(x, full_matrices=False)[2],
    "pinv": np.linalg.pinv,
    "orthonormal": lambda x: x @ np.linalg.inv(np.linalg.qr(x)[1]),
    "triangle": lambda x: np.swapaxes(np.linalg.qr(x)[0], -1, -2) @ x,
    "matmul": np.matmul,
    "weigh_matmul": np.matmul,
    "swap": lambda x: np.moveaxis(x, -1, -2),
    "transpose": np.transpose,
    "reshape": lambda x, shape: np.reshape(x, shape),
    "broadcast": lambda x, shape: x + np.zeros(shape),
    "sum_to": naive_sum_to,
    "cast": lambda x, dtype: x.astype(dtype),
    "take": operator.getitem,
    "put": naive_put,
    "pick": lambda x, y, axis: np.stack([np.moveaxis(x, axis, 0)[int(i)] for i in y], axis),
    "place": naive_place,
    "concatenate": lambda *xs, axis: np.concatenate(xs, axis),
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "others": naive_others,
    "logsumexp": lambda x, **options: np.log(np.sum(np.exp(x), **options)),
    "rms": lambda x, **options: np.sqrt(np.mean(x**2, **options)),
    "softmax": lambda x, axis: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True),
    "log_softmax": lambda x, axis: x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True)),
    "shift": naive_shift,
    "recur": naive_recur,
}
NUMPY |= {name: getattr(np, name) for name in ARRAY_OPS if name not in NUMPY and hasattr(np, name)}


def positional(parameters: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """An index, which operator.getitem does not take by name, apart from the rest."""
    return [parameters[name] for name in parameters if name == "index"], {
        name: value for name, value in parameters.items() if name != "index"
    }


def test_every_row_has_a_case_here() -> None:
    assert {*CASES} == {*ARRAY_OPS}
    missing = {*ARRAY_OPS} - {*NUMPY}
    assert not missing, f"NumPy has no function {missing}: write in NUMPY, above, what the row is worth, naively"


SIGNLESS = ("eigenvectors", "left_vectors", "right_vectors")  # with a vector its negative is one


def seen(op: ArrayOp, f: Any) -> Any:
    """What is to be seen of a result: of vectors that have either sign the squares."""
    return f * f if op.name in SIGNLESS else f


def arriving(op: ArrayOp, g: Any, f: Any) -> Any:
    """The gradient in the result, of that in what is seen of it."""
    return 2 * g * f if op.name in SIGNLESS else g


@every_row
@given(data=st.data())
@settings(max_examples=60)
def test_a_row_is_worth_what_numpy_says(op: ArrayOp, data: st.DataObject) -> None:
    case = data.draw(CASES[op.name])
    first, rest = positional(case.parameters)
    want = NUMPY[op.name](*case.xs, *first, **rest)
    by_name, node = op(*case.xs, **case.parameters), op(*map(Tensor, case.xs), **case.parameters)

    # Sums and products of at most 27 numbers, in another order.
    np.testing.assert_allclose(seen(op, by_name), seen(op, want), rtol=1e-13, atol=1e-14)
    assert np.shape(by_name) == node.shape == np.shape(want)
    assert np.array_equal(by_name, node.data)
    assert not node.data.flags.writeable


# --- pullbacks ------------------------------------------------------------------------------


def uneven(shape: Shape, start: int = 1) -> Array:
    """Numbers of which no two are equal, to weigh the results with."""
    return np.array(np.cos(np.arange(start, start + math.prod(shape)))).reshape(shape)


def differences(f: Callable[..., float], xs: Sequence[Array]) -> list[Array]:
    """The slopes of f in every number of every array, by central differences."""
    slopes = []
    for i, x in enumerate(xs):
        slope = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[place] += STEP
            down[place] -= STEP
            slope[place] = (f(*xs[:i], up, *xs[i + 1 :]) - f(*xs[:i], down, *xs[i + 1 :])) / (2 * STEP)
        slopes.append(slope)
    return slopes


def assert_close(got: Any, want: Any) -> None:
    """The numbers are of order 1, at most a few dozen: a difference loses 10⁻¹⁰ of them; a wrong rule, 10⁻²."""
    scale = 1 + max(map(abs, np.asarray(want).flat), default=0.0)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-7 * scale)


@every_row
@given(data=st.data())
@settings(max_examples=60)
def test_a_pullback_is_the_slope_by_central_difference(op: ArrayOp, data: st.DataObject) -> None:
    case = data.draw(CASES[op.name])
    row = held(op, case)
    f = np.asarray(row.of(*case.xs))
    g = uneven(f.shape)
    wanted = differences(lambda *xs: float(np.sum(g * seen(op, row.of(*xs)))), case.xs)

    for i, want in enumerate(wanted):
        got = row.pullback(i, arriving(op, g, f), f, *case.xs)
        assert np.shape(got) == want.shape
        assert_close(got, want)


@every_row
@given(data=st.data())
@settings(max_examples=30)
def test_a_second_derivative_is_the_slope_of_the_first(op: ArrayOp, data: st.DataObject) -> None:
    case = data.draw(CASES[op.name])
    assume(op.name != "others" or math.prod(reduced(case.xs[0].shape, case.parameters["axis"])) > 1)  # see below
    row = held(op, case)
    g = uneven(np.shape(row.of(*case.xs)))
    i = data.draw(st.integers(0, len(case.xs) - 1))
    weights = uneven(case.xs[i].shape, start=50)

    def first(g: Array, *xs: Array) -> float:
        f = np.asarray(row.of(*xs))
        return float(np.sum(weights * row.pullback(i, arriving(op, g, f), f, *xs)))

    inputs = [Tensor(g), *map(Tensor, case.xs)]
    f = row(*inputs[1:])
    share = row.pullback(i, arriving(op, inputs[0], f), f, *inputs[1:])  # the same rule, on nodes
    (weights * share).sum().backward()
    for x, want in zip(inputs, differences(first, [g, *case.xs]), strict=True):
        assert_close(x.grad, want)


@every_row
@given(data=st.data())
@settings(max_examples=15)
def test_forward_and_reverse_mode_agree(op: ArrayOp, data: st.DataObject) -> None:
    case = data.draw(CASES[op.name])
    row = held(op, case)
    inputs = tuple(map(Tensor, case.xs))
    moves = tuple(uneven(x.shape, start=9) for x in case.xs)
    _, moved = jvp(row, inputs, moves)
    matrices = jacobian(row, wrt=tuple(range(len(inputs))))(*inputs)

    want = sum(np.tensordot(J.data, t, axes=t.ndim) for J, t in zip(matrices, moves, strict=True) if J.size)
    assert moved.shape == np.shape(row.of(*case.xs))
    np.testing.assert_allclose(moved.data, np.broadcast_to(want, moved.shape), rtol=1e-12, atol=1e-12)


@given(data=st.data(), name=st.sampled_from(["max", "min"]))
def test_a_tie_shares_the_gradient_equally(data: st.DataObject, name: str) -> None:
    x = np.array(data.draw(st.lists(st.sampled_from([1.0, 2.0]), min_size=1, max_size=6)))
    op = ARRAY_OPS[name]
    winners = x == op(x)

    # A fifth is rounded, and 6 · ⅕ once more.
    np.testing.assert_allclose(op.pullback(0, np.array(6.0), op(x), x), 6 * winners / winners.sum(), rtol=1e-15)


def test_the_gradient_of_a_product_needs_no_division() -> None:
    x = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
    slope, matrix = (derivative(lambda x: x.prod(axis=1).sum())(Tensor(x)) for derivative in (grad, hessian))

    assert slope.data.tolist() == [[0, 6, 0], [0, 0, 0]]
    assert matrix.data[0, :, 0].tolist() == [[0, 3, 0], [3, 0, 2], [0, 2, 0]]
    assert matrix.data[1, :, 1].tolist() == [[0, 5, 0], [5, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    "x", [np.array(5.0), np.ones((2, 1)), pytest.param(np.zeros((2, 0)), id="nothing")], ids=lambda x: str(x.shape)
)
def test_a_product_of_one_number_or_none_has_derivatives_of_any_order(x: Array) -> None:
    def first(x: Any) -> Any:
        return grad(lambda x: x.prod(axis=-1 if x.ndim else None).sum())(x)

    second = grad(lambda x: first(x).sum())
    third = grad(lambda x: second(x).sum())

    assert [derivative(Tensor(x)).data.tolist() for derivative in (first, second, third)] == [
        (x * 0 + 1).tolist(),
        (x * 0).tolist(),
        (x * 0).tolist(),
    ]


@pytest.mark.parametrize("far", [1000.0, -1000.0])
def test_what_has_a_limit_does_not_overflow(far: float) -> None:
    x = np.array([[far], [far + math.log(3)]])

    # 1000 has three digits before the point, which its neighbour's logarithm loses behind it.
    assert ARRAY_OPS["logsumexp"](x) == pytest.approx(far + math.log(4), rel=1e-15)
    np.testing.assert_allclose(ARRAY_OPS["softmax"](x, axis=0), [[0.25], [0.75]], rtol=1e-12)
    np.testing.assert_allclose(ARRAY_OPS["log_softmax"](x, axis=0), np.log([[0.25], [0.75]]), rtol=1e-12)


def test_of_nothing() -> None:
    nothing = np.zeros((2, 0))

    assert [ARRAY_OPS[name](nothing) for name in ("sum", "prod", "logsumexp")] == [0, 1, -math.inf]
    for name in ("max", "min"):
        with pytest.raises(ShapeError, match=rf"^{name}: zero-size array .*x 'E': \(2, 0\), axis=1\)$"):
            ARRAY_OPS[name](Tensor(nothing, "E"), axis=1)


# --- rows that hold parameters ----------------------------------------------------------------


@every_row
@given(data=st.data())
@settings(max_examples=20)
def test_a_pickled_row_is_the_row_with_its_parameters(op: ArrayOp, data: st.DataObject) -> None:
    case = data.draw(CASES[op.name])
    twin = pickle.loads(pickle.dumps(held(op, case)))

    assert (twin.name, twin.pullbacks) == (op.name, op.pullbacks)
    assert np.array_equal(twin.of(*case.xs), held(op, case).of(*case.xs))


def test_a_row_without_parameters_is_pickled_as_itself() -> None:
    assert all(pickle.loads(pickle.dumps(op)) is op for op in ARRAY_OPS.values())


def test_a_held_row_is_no_new_one_in_the_table() -> None:
    before = dict(ARRAY_OPS)
    row = hold_row("sum", {"axis": 0})

    assert before == ARRAY_OPS
    assert row is not ARRAY_OPS["sum"]
    assert (row.name, row.parameters, repr(row)) == ("sum", {"axis": 0}, "<array op sum>")


def test_a_product_with_zeros_has_gradients_of_first_and_second_order() -> None:
    x = Tensor([[2.0, 0.0, 3.0, 0.0, 5.0]], "x")
    y = x.cumprod(axis=1)
    y.sum().backward()

    # 1 + x₂ + x₂x₃ + …, x₁ + x₁x₃ + x₁x₃x₄ + …, and so on, by hand
    assert x.grad.tolist() == [[1.0, 8.0, 0.0, 0.0, 0.0]]
    assert hessian(lambda z: z.cumprod(axis=1).sum())(x)[0, 1, 0, 2].item() == 2.0  # ∂²/∂x₂∂x₃ = x₁ (1 + x₄ + x₄x₅)
    assert hessian(lambda z: z.cumprod().sum())(x)[0, 0, 0, 1].item() == 4.0  # 1 + x₃ + x₃x₄ + …


@pytest.mark.parametrize("power", [-1073, -700, -500, 0, 500, 1000])
def test_a_standard_deviation_keeps_its_digits_where_squares_would_not_fit(power: int) -> None:
    x = Tensor(np.ldexp([[1.0, 2.0, 6.0]], power), "x")
    x.std().backward()

    deviation = math.sqrt(14 / 3)
    assert x.std().item() == pytest.approx(math.ldexp(deviation, power), rel=1e-15 if power > -1000 else 0.2)
    if power > -1000:
        assert x.grad == pytest.approx(np.array([[-2, -1, 3]]) / (3 * deviation), rel=1e-15, abs=0)


def test_a_program_of_it_does_too() -> None:
    program = compile(Tensor([[1.0, 2.0, 6.0]], "x").std())

    value, slopes = program(x=np.array([[1e-200, 2e-200, 6e-200]]))

    assert value == pytest.approx(1e-200 * math.sqrt(14 / 3), rel=1e-14)
    assert slopes["x"] == pytest.approx(np.array([[-2, -1, 3]]) / (3 * math.sqrt(14 / 3)), rel=1e-14)


# --- text -------------------------------------------------------------------------------------

WRITTEN: list[tuple[str, dict[str, Any], str]] = [
    ("matmul", {}, "(a + b) @ c"),
    ("weigh_matmul", {}, "(a + b) @ c"),
    ("swap", {}, "(a + b).T"),
    ("transpose", {"axes": (1, 0, 2)}, "transpose(a + b, (1, 0, 2))"),
    ("reshape", {"shape": (2, 3)}, "(a + b).reshape((2, 3))"),
    ("broadcast", {"shape": (2, 3)}, "broadcast_to(a + b, (2, 3))"),
    ("sum_to", {"shape": (2, 1)}, "sum_to(a + b, (2, 1))"),
    ("cast", {"dtype": np.dtype("float32")}, "(a + b).astype('float32')"),
    ("pick", {"axis": 1}, "take(a + b, c.astype(int), axis=1)"),
    ("place", {"axis": 1, "n": 3}, "place(a + b, c, 1, 3)"),
    ("take", {"index": (slice(1, 3), ..., None, 0)}, "(a + b)[1:3, ..., None, 0]"),
    ("put", {"index": slice(None, None, 2), "shape": (4,)}, "put(a + b, [::2], (4,))"),
    ("concatenate", {"axis": 1}, "concatenate([a + b, c], axis=1)"),
    ("einsum", {"subscripts": "ij,jk->ik"}, "einsum('ij,jk->ik', a + b, c, optimize=True)"),
    ("weigh_einsum", {"subscripts": "ij,jk->ik"}, "weigh_einsum(a + b, c, subscripts='ij,jk->ik')"),
    ("pad", {"width": ((1, 2), (0, 0))}, "pad(a + b, ((1, 2), (0, 0)))"),
    ("diagonal", {"offset": 1}, "diagonal(a + b, 1, -2, -1)"),
    ("on_diagonal", {"offset": 0, "shape": (2, 2)}, "on_diagonal(a + b, 0, (2, 2))"),
    ("tril", {"k": 0}, "tril(a + b, 0)"),
    ("triu", {"k": -1}, "triu(a + b, -1)"),
    ("windows", {"size": (2,), "step": (1,), "dilation": (1,)}, "windows(a + b, (2,), (1,), (1,))"),
    (
        "overlap",
        {"size": (2,), "step": (1,), "dilation": (1,), "shape": (4,)},
        "overlap(a + b, (2,), (1,), (1,), (4,))",
    ),
    ("quantile", {"q": 0.5, "method": "lower", "axis": 0}, "quantile(a + b, 0.5, axis=0, method='lower')"),
    ("roll", {"by": (1,), "axis": (0,)}, "roll(a + b, (1,), (0,))"),
    ("sort", {"axis": 0}, 'sort(a + b, 0, kind="stable")'),
    ("sort_by", {"axis": 0}, "sort_by(a + b, c, 0)"),
    ("unsort", {"axis": 0}, "unsort(a + b, c, 0)"),
    ("solve", {}, "linalg.solve(a + b, c)"),
    ("inv", {}, "linalg.inv(a + b)"),
    ("det", {}, "linalg.det(a + b)"),
    ("cofactor", {}, "cofactor(a + b)"),
    ("logabsdet", {}, "linalg.slogdet(a + b)[1]"),
    ("signdet", {}, "linalg.slogdet(a + b)[0]"),
    ("cholesky", {}, "cholesky(a + b)"),
    ("eigvalsh", {"uplo": "L"}, "linalg.eigvalsh(a + b, 'L')"),
    ("eigenvectors", {"uplo": "L"}, "eigenvectors(a + b, 'L')"),
    ("svdvals", {}, "linalg.svd(a + b, compute_uv=False)"),
    ("left_vectors", {}, "left_vectors(a + b)"),
    ("orthonormal", {}, "linalg.qr(a + b)[0]"),
    ("triangle", {}, "linalg.qr(a + b, mode='r')"),
    ("right_vectors", {}, "right_vectors(a + b)"),
    ("pinv", {}, "linalg.pinv(a + b)"),
    ("sum", {"axis": 1, "keepdims": True}, "sum(a + b, axis=1, keepdims=True)"),
    ("mean", {"axis": (0, 1)}, "mean(a + b, axis=(0, 1))"),
    ("max", {}, "max(a + b)"),
    ("min", {"axis": -1}, "min(a + b, axis=-1)"),
    ("prod", {"keepdims": True}, "prod(a + b, keepdims=True)"),
    ("others", {"axis": 0}, "others(a + b, axis=0)"),
    ("logsumexp", {"axis": 0}, "logsumexp(a + b, axis=0)"),
    ("rms", {"axis": 0}, "rms(a + b, axis=0)"),
    ("softmax", {"axis": 0}, "softmax(a + b, axis=0)"),
    ("log_softmax", {"axis": 0}, "log_softmax(a + b, axis=0)"),
    ("shift", {"by": 1, "fill": 0, "axis": 0}, "shift(a + b, 1, 0, 0)"),
    ("recur", {"axis": 0, "back": True}, "recur(a + b, c, 0, True)"),
]
LISTED = {name for name, _, _ in WRITTEN}
WRITTEN += [(name, {"axis": 0}, f"{name}(a + b, axis=0)") for name, op in ARRAY_OPS.items() if name not in LISTED]


@pytest.mark.parametrize(("name", "parameters", "text"), WRITTEN, ids=[name for name, _, _ in WRITTEN])
def test_how_a_row_is_written(name: str, parameters: dict[str, Any], text: str) -> None:
    op = ARRAY_OPS[name]
    operands = [Operand("a + b", "sum"), Operand("c")][: 2 if op.free else len(op.pullbacks)]

    assert formula(op.hold(**parameters), operands) == (text, op.binds)


def test_how_every_row_is_written_is_held() -> None:
    assert {name for name, _, _ in WRITTEN} == {*ARRAY_OPS}


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (0, "x[0]"),
        (-1, "x[-1]"),
        (slice(None), "x[:]"),
        (slice(1, None), "x[1:]"),
        (slice(None, -1), "x[:-1]"),
        (slice(3, 0, -1), "x[3:0:-1]"),
        ((slice(None), 0), "x[:, 0]"),
        (np.array([0, 2, 2]), "x[[0, 2, 2]]"),
        (np.array([True, False]), "x[[True, False]]"),
        ((np.array([0, 1]), np.array([1, 0])), "x[[0, 1], [1, 0]]"),
        ((), "x[()]"),
        (np.int64(2), "x[2]"),
    ],
)
def test_an_index_is_written_as_between_its_brackets(index: Any, text: str) -> None:
    assert ARRAY_OPS["take"].hold(index=index).format_call([Operand("x")]) == text


def writable(case: Case) -> bool:
    """Whether a list says of what shape and kind an index is: not where that is empty."""
    index = case.parameters.get("index", 0)
    return index != () if isinstance(index, tuple) else bool(np.size(index))


@pytest.mark.parametrize("op", [op for name, op in ARRAY_OPS.items() if name != "put"], ids=repr)
@given(data=st.data())
@settings(max_examples=40)
def test_what_is_written_for_code_runs(op: ArrayOp, data: st.DataObject) -> None:
    case = data.draw(CASES[op.name].filter(writable))
    row = held(op, case)
    names = ["a", "b", "c"][: len(case.xs)]
    known = {
        "np": np,
        "logsumexp": numerics.logsumexp_along,
        **{name: getattr(numerics, name) for name in ARRAY_OPS if hasattr(numerics, name) and name != "logsumexp"},
    }
    code = row.format_call([*map(Operand, names)], np="np.")
    if op.name == "swap":
        assert code == "a.T"  # of two axes
        return

    assert np.array_equal(eval(code, known | dict(zip(names, case.xs, strict=True))), row.of(*case.xs))


def test_a_sum_over_the_repeated_axes_undoes_a_repetition() -> None:
    shapes: list[Shape] = [(2, 3), (1, 3), (2, 1), (1, 1), (3,), (1,), ()]
    one = [ARRAY_OPS["sum_to"](np.ones((2, 3)), shape=shape) for shape in shapes]

    assert [x.shape for x in one] == shapes
    assert [reduce(operator.mul, x.shape, 1) * x.flat[0] for x in one] == [6] * len(shapes)


def test_softmax_of_no_numbers_is_empty() -> None:
    assert Tensor(np.zeros((0, 3))).softmax(0).shape == (0, 3)
    assert Tensor(np.zeros((3, 0))).softmax(1).shape == (3, 0)
