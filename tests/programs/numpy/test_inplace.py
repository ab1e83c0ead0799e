"""NumPy programs run in places that are used again: the numbers are the function's, results stay, nothing is made anew.

The oracle is the printed function itself, called as it stands: every bit has to be the same. Where a batch has sums of
four products or more, it need not: test_batch_sums.py.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import io
import itertools
import runpy
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, concatenate, dot, tanh
from microgradnn.check.strategies import Graph, TensorGraph, graphs, tensor_graphs
from microgradnn.formulas.source import helper_sources
from microgradnn.graph import OPS, Fold, topological
from microgradnn.nn import Network
from microgradnn.programs import program as program_module
from microgradnn.programs.backends import compile
from microgradnn.programs.numpy.inplace import InPlaceFunction
from microgradnn.programs.numpy.trace import parse_functions
from microgradnn.programs.program import Program, load_function
from microgradnn.rules import numerics
from microgradnn.rules.arrays import ARRAY_OPS

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(5)
AWKWARD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e300, 5e-324]

# Tensors of any shape are meant, (n,) too.
pytestmark = pytest.mark.filterwarnings("ignore::microgradnn.RankOneWarning")


# --- what is held against what ------------------------------------------------------------------


NUMPY_1 = np.__version__.startswith("1.")  # takes numbers beside arrays for doubles, and sums views in another order


def assert_same(got: Any, want: Any) -> None:
    """The same shape, precision and bits; which of the many NaNs one is, no one promises."""
    got, want = np.asarray(got), np.asarray(want)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    if NUMPY_1:
        np.testing.assert_allclose(got, want, rtol=1e-6 if got.dtype == np.float32 else 1e-12, atol=1e-9)
        return
    equal = (got == want) & (np.signbit(got) == np.signbit(want)) | (got != got) & (want != want)
    assert equal.all(), f"{got}\nis not\n{want}"


def number(x: Any) -> Any:
    """A single number as programs give it, in double precision; arrays as they are."""
    return np.float64(x) if np.ndim(x) == 0 else x


def plain(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """What the printed function gives, called as it stands, or where that is not finite the exact one does.

    Gradients are in the precision of their inputs.
    """
    with np.errstate(all="ignore"):
        value, gradients = program.functions["value_and_gradients"](*inputs)
        if not all(np.isfinite(x).all() for x in (value, *gradients)):
            value, gradients = program.run_exact("value_and_gradients", inputs)
        kinds = {name: np.asarray(x).dtype for name, x in zip(program.inputs, inputs, strict=True)}
        slopes = [
            np.asarray(g, kinds[name]) if np.ndim(g) else g for name, g in zip(program.wrt, gradients, strict=True)
        ]
    return list(map(number, (value, *slopes)))


def in_places(program: Program) -> bool:
    """Whether all that was called ran in places: nothing had to run as it stands."""
    return bool(program.in_place) and None not in program.in_place.values()


def assert_replayed(program: Program, inputs: Sequence[Any]) -> None:
    """A program gives what its function gives, the value alone as well, and leaves the inputs as they were."""
    before = [np.array(x) for x in inputs]

    got = program(*inputs)
    value = program.value(*inputs)

    for one, want in zip([got.value, *got.gradients.values()], plain(program, inputs), strict=True):
        assert_same(one, want if program.arrays else np.broadcast_to(want, inputs[0].shape))
    assert_same(value, got.value)
    for x, old in zip(inputs, before, strict=True):
        assert_same(x, old)


def spoiled(x: Array, seed: int) -> Array:
    """The array with awkward numbers in a third of its places."""
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        awkward = rng.choice(AWKWARD, size=x.shape).astype(x.dtype)
    return np.asarray(np.where(rng.random(x.shape) < 1 / 3, awkward, x))


def rounds(inputs: Sequence[Array]) -> Iterator[list[Array]]:
    """Ordinary numbers at first, others, awkward ones, which take other branches, and the first again."""
    for k in (1.0, -0.75):
        yield [np.asarray(x * k) for x in inputs]
    for seed in range(3):
        yield [spoiled(x, seed + 10 * i) for i, x in enumerate(inputs)]
    yield list(inputs)


def data(program: Program, leaves: Sequence[Any]) -> list[Array]:
    """The arrays of the leaves, in the order of the inputs."""
    named = {x.name: x.data for x in leaves}
    return [np.array(named[name]) for name in program.inputs]


# --- the numbers are those of the printed function ----------------------------------------------


@given(graph=tensor_graphs(), simplify=st.booleans(), dtype=st.sampled_from(["float32", "float64"]))
def test_a_random_graph_of_tensors_has_the_numbers_of_its_function(
    graph: TensorGraph, simplify: bool, dtype: str
) -> None:
    output = (graph.output**2).sum()
    met = set(topological(output))
    program = compile(output, [x for x in graph.inputs if x in met], simplify=simplify)
    inputs = [x.astype(dtype) for x in data(program, graph.inputs)]

    for numbers in rounds(inputs):
        assert_replayed(program, numbers)

    assert in_places(program)


@given(graph=graphs(), simplify=st.booleans(), shape=st.sampled_from([(1,), (4,), (2, 3)]), pick=st.integers(0, 7))
def test_a_random_scalar_graph_over_a_batch_has_the_numbers_of_its_function(
    graph: Graph, simplify: bool, shape: tuple[int, ...], pick: int
) -> None:
    met = set(topological(graph.output))
    leaves = [x for x in graph.inputs if x in met]
    program = compile(graph.output, leaves, inputs=leaves, simplify=simplify)
    own = [i == 0 or pick >> i & 1 for i in range(len(leaves))]  # the others are shared by the examples

    for numbers in rounds([np.full(shape if mine else (), x.data) for mine, x in zip(own, leaves, strict=True)]):
        inputs = [x if mine else float(np.nan_to_num(x, posinf=2)) for mine, x in zip(own, numbers, strict=True)]
        try:
            value, *slopes = plain(program, inputs)
        except (ValueError, ArithmeticError):
            continue  # one of the shared numbers is at a limit: tests/test_program.py
        result = program(*inputs)

        assert_same(result.value, np.broadcast_to(value, shape))
        for mine, got, want in zip(own, result.gradients.values(), slopes, strict=True):
            each = np.broadcast_to(want, shape)
            if mine:
                assert_same(got, each)
            else:  # their sum, in whichever order
                with np.errstate(invalid="ignore", over="ignore"):
                    total, scale = each.sum(), np.abs(each).sum()
                assert got == pytest.approx(total, rel=1e-14, abs=1e-14 * np.nan_to_num(scale), nan_ok=True)


@lru_cache(maxsize=1)
def written_out() -> dict[str, Any]:
    """The graphs of demos/written_out.py, which are those of docs/written-out.md."""
    with contextlib.redirect_stdout(io.StringIO()):
        graphs: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[3] / "demos" / "written_out.py"))["GRAPHS"]
    return graphs


@pytest.mark.parametrize(
    "title",
    [
        "J = 3(a + bc)",
        "f = (a + b)c + (a + b)d",
        "logistic regression, one example",
        "logistic regression, all examples",
        "the 2-3-1 network of the exam",
        "two layers",
        "five layers",
    ],
)
def test_a_graph_of_the_docs_has_the_numbers_of_its_function(title: str) -> None:
    program = compile(written_out()[title])
    shape = () if program.arrays else (5,)
    inputs = [np.asarray(program.defaults[name]) * np.ones(shape) for name in program.inputs]

    for numbers in rounds(inputs):
        assert_replayed(program, numbers)

    assert in_places(program)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name, op in OPS.items() if not isinstance(op, Fold)])
def test_a_row_of_the_table_has_the_numbers_of_its_function(name: str, dtype: str, simplify: bool) -> None:
    op = OPS[name]
    leaves = []
    for i in range(op.arity or 0):
        low, high = max(op.domain[i].low, -2) + 0.1, min(op.domain[i].high, 2) - 0.1
        x = np.random.default_rng(i).uniform(low, high, size=[(3, 4), (3, 1), (1, 4)][i])
        leaves.append(Tensor(x, f"x{i}", dtype=dtype))
    weights = Tensor(RNG.normal(size=(3, 4)), "weights", dtype=dtype)
    program = compile((op(*leaves) * weights).sum(), leaves, inputs=[*leaves, weights], simplify=simplify)

    for numbers in rounds([x.data for x in (*leaves, weights)]):
        assert_replayed(program, numbers)

    assert in_places(program)


X, Y = np.random.default_rng(2).normal(size=(2, 3, 4))
ROWS: dict[str, Callable[..., Any]] = {
    "matmul": lambda x, y: x @ y.T,
    "weigh_matmul": lambda x, y: ARRAY_OPS["weigh_matmul"](x, y.T),
    "swap": lambda x, y: ARRAY_OPS["swap"](x) * y.T,
    "transpose": lambda x, y: x.transpose(1, 0) * y.T,
    "reshape": lambda x, y: x.T.reshape(2, 6) * y.reshape(2, 6),
    "broadcast": lambda x, y: ARRAY_OPS["broadcast"](x, shape=(2, 3, 4)) * y,
    "sum_to": lambda x, y: ARRAY_OPS["sum_to"](x, shape=(3, 1)) * y,
    "cast": lambda x, y: ARRAY_OPS["cast"](x, dtype=np.dtype("float32")) * y,
    "take": lambda x, y: x[1:, ::-1] * x[[0, 0]] + y[0, 2] * y[2:, 1:2],
    "pick": lambda x, y: ARRAY_OPS["pick"](x, np.array([[1.0, 0.0]]), axis=0) * y[:2],
    "place": lambda x, y: ARRAY_OPS["place"](x[None, :2], np.array([[1.0, 1.0]]), axis=0, n=y.shape[0]) * y,
    "put": lambda x, y: ARRAY_OPS["put"](x[0], index=(slice(None), 1), shape=(4, 3)) * y.T,
    "concatenate": lambda x, y: concatenate([tanh(x), y.exp(), tanh(x) + y]),
    "sum": lambda x, y: x.sum(axis=0) * y + x.sum(axis=1, keepdims=True) + y.sum(),
    "mean": lambda x, y: x.mean(axis=0) * y + x.mean(axis=1, keepdims=True) + y.mean(),
    "max": lambda x, y: x.max(axis=0) * y + x.max(axis=1, keepdims=True) + y.max(),
    "min": lambda x, y: x.min(axis=0) * y + x.min(axis=1, keepdims=True) + y.min(),
    "prod": lambda x, y: x.prod(axis=0) * y + x.prod(axis=1, keepdims=True),
    "others": lambda x, y: ARRAY_OPS["others"](x, axis=0) * y,
    "logsumexp": lambda x, y: x.logsumexp(axis=0) * y + x.logsumexp(axis=1, keepdims=True) + y.logsumexp(),
    "softmax": lambda x, y: ARRAY_OPS["softmax"](x, axis=0) * y,
    "log_softmax": lambda x, y: ARRAY_OPS["log_softmax"](x, axis=1) * y,
    "shift": lambda x, y: ARRAY_OPS["shift"](x, by=1, fill=0, axis=0) * y,
    "recur": lambda x, y: ARRAY_OPS["recur"](x, y, axis=1, back=True) * y,
    "einsum": lambda x, y: ARRAY_OPS["einsum"](x, y, subscripts="ij,kj->ki"),
    "weigh_einsum": lambda x, y: ARRAY_OPS["weigh_einsum"](x, y, subscripts="ij,kj->ki"),
    "pad": lambda x, y: ARRAY_OPS["pad"](x, width=((1, 0), (0, 2)))[1:, 1:5] * y,
    "diagonal": lambda x, y: ARRAY_OPS["diagonal"](x, offset=1) * y[:, :3],
    "on_diagonal": lambda x, y: ARRAY_OPS["on_diagonal"](x, offset=0, shape=(3, 4, 4)) * y.reshape(3, 1, 4),
    "tril": lambda x, y: ARRAY_OPS["tril"](x, k=0) * y,
    "triu": lambda x, y: ARRAY_OPS["triu"](x, k=1) * y,
    "windows": lambda x, y: ARRAY_OPS["windows"](x, size=(2,), step=(1,), dilation=(2,)) * y[:, :2].reshape(3, 2, 1),
    "overlap": lambda x, y: (
        ARRAY_OPS["overlap"](x.reshape(3, 2, 2), size=(2,), step=(1,), dilation=(2,), shape=(3, 4)) * y
    ),
    "quantile": lambda x, y: ARRAY_OPS["quantile"](x, q=0.3, method="linear", axis=0) * y,
    "roll": lambda x, y: ARRAY_OPS["roll"](x, by=(1,), axis=(1,)) * y,
    "sort_by": lambda x, y: ARRAY_OPS["sort_by"](x, y, axis=1) * y,
    "unsort": lambda x, y: ARRAY_OPS["unsort"](x, y, axis=1) * y,
    "solve": lambda x, y: ARRAY_OPS["solve"](x @ x.T, y) * y,
    "svdvals": lambda x, y: ARRAY_OPS["svdvals"](x) * y.T,
    "left_vectors": lambda x, y: ARRAY_OPS["left_vectors"](x) ** 2 * y[:, :3],
    "right_vectors": lambda x, y: ARRAY_OPS["right_vectors"](x) ** 2 * y,
    "pinv": lambda x, y: ARRAY_OPS["pinv"](x) * y.T,
    "orthonormal": lambda x, y: ARRAY_OPS["orthonormal"](x.T) * y.T,
    "triangle": lambda x, y: ARRAY_OPS["triangle"](x.T) * y[:, :3],
    "eigvalsh": lambda x, y: ARRAY_OPS["eigvalsh"](x @ x.T, uplo="L") * y.T,
    "eigenvectors": lambda x, y: ARRAY_OPS["eigenvectors"](x @ x.T, uplo="U") ** 2 * y[:, :3],
}
ROWS |= {  # of square matrices
    name: partial(lambda name, x, y: ARRAY_OPS[name](x @ x.T) * y[:, :1], name)
    for name in ("inv", "det", "cofactor", "logabsdet", "signdet", "cholesky")
}
ROWS |= {name: partial(lambda name, x, y: ARRAY_OPS[name](x, axis=0) * y, name) for name in set(ARRAY_OPS) - set(ROWS)}


OF_FINITE_MATRICES = (
    "eigvalsh",
    "eigenvectors",
    "svdvals",
    "left_vectors",
    "right_vectors",
    "pinv",
)  # NumPy refuses others


def test_every_row_of_the_second_table_is_here() -> None:
    assert set(ROWS) == set(ARRAY_OPS)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_of_the_second_table_has_the_numbers_of_its_function(name: str, dtype: str, simplify: bool) -> None:
    leaves = [Tensor(X, "x", dtype=dtype), Tensor(Y, "y", dtype=dtype)]
    program = compile((ROWS[name](*leaves) ** 2).sum(), leaves, inputs=leaves, simplify=simplify)

    for numbers in rounds([x.data for x in leaves]):
        if name not in OF_FINITE_MATRICES or np.isfinite(numbers).all():
            assert_replayed(program, numbers)

    assert in_places(program)


def labels(n: int, m: int, output: str | None, rng: np.random.Generator) -> Array:
    """Labels of m examples, for n outputs."""
    return np.eye(n)[:, rng.integers(n, size=m)] if output == "softmax" else rng.random((n, m))


def network(**options: Any) -> tuple[Network, Any, list[Array]]:
    """A network, its program for any number of examples, and numbers for it: 5 examples."""
    model = Network([4, 5, 3], seed=0, **options)
    dtype = model.layers[0].W.dtype
    x, y = RNG.normal(size=(4, 5)).astype(dtype), labels(3, 5, options.get("output"), RNG).astype(dtype)
    X, Y = Tensor(x, "X", kind="constant"), Tensor(y, "Y", kind="constant")
    parameters = model.parameters()
    program = compile(model.cost(X, Y), parameters, inputs=[*parameters, X, Y], any_length=True)
    return model, program, [*(p.numpy() for p in parameters), x, y]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
@pytest.mark.parametrize("hidden", ["relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "softplus"])
def test_a_network_goes_back_and_forth_between_numbers_of_examples(hidden: str, output: str, dtype: str) -> None:
    _, program, (*parameters, x, y) = network(hidden=hidden, output=output, dtype=dtype)

    for m in (5, 1, 3, 5, 1, 4, 3):
        assert_replayed(program, [*parameters, x[:, :m], y[:, :m]])
        assert_replayed(program, [*parameters, spoiled(x[:, :m], m), y[:, :m]])

    assert in_places(program)


# What is decided by numbers is decided in each call, though the lines are written in the first.

DECIDED = {
    "an infinite product": ("weigh(x, y)", [[2.0, 0.0], [3.0, 4.0]], [[np.inf, 0.0], [3.0, np.inf]]),
    "a NaN below a step": ("step(x) + 0 * y", [[2.0, -1.0], [0.0, 0.0]], [[np.nan, -1.0], [0.0, 0.0]]),
    "the largest is infinite": ("logsumexp_along(x, axis=0) + y", [[2.0], [0.0]], [[np.inf], [0.0]]),
}


@pytest.mark.parametrize(("formula", "ordinary", "other"), DECIDED.values(), ids=DECIDED)
def test_a_branch_that_numbers_decide_is_open_in_every_call(formula: str, ordinary: Any, other: Any) -> None:
    for first, second in ((ordinary, other), (other, ordinary)):
        expected, replayed = straight(f"    return {formula}, ()", *map(np.array, first))

        for xs in (first, second, first):
            assert_same(replayed(*map(np.array, xs))[0], expected(*map(np.array, xs))[0])


def test_a_shared_exponent_may_be_another_number_in_the_next_call() -> None:
    x, y = Value(2.0, "x"), Value(2.0, "y")
    program = compile((x**y).named("J"), [x])
    batch = np.array([1.0, 2.0, 3.0])

    assert program(x=batch, y=2.0).value.tolist() == [1, 4, 9]
    assert program(x=batch, y=3.0).value.tolist() == [1, 8, 27]
    assert program(x=batch, y=0.5).value.tolist() == np.sqrt(batch).tolist()


@pytest.mark.parametrize("exponent", ["2", "3", "-1", "-2", "0.5", "-0.5", "0", "1", "n"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_power_is_computed_in_the_way_that_numpy_has_for_its_exponent(exponent: str, dtype: str) -> None:
    x = np.array([*AWKWARD, 2.0, 3.7], dtype=np.float64).clip(-1e30, 1e30).astype(dtype)
    expected, replayed = straight(f"    return np.sum(x), (x**({exponent}),)", x, n=2.0)

    for n in (2.0, 0.5, 3.0, -1.0, 2.0):
        assert_same(replayed(x, n)[1], expected(x, n)[1])


def test_a_program_too_long_for_a_trace_runs_as_it_stands() -> None:
    n = 1500  # terms in one line; Python allows 1000 calls within each other
    weights = [Value(1.0, f"w{i}") for i in range(n)]
    x = Value(2.0, "x")
    program = compile(dot(weights, [x] * n), [x], inputs=[*weights, x])

    result = program(*[1.0] * n, np.array([1.0, 2.0]))

    assert result.value.tolist() == [n, 2 * n]
    assert not in_places(program)


# --- straight-line functions of any kind ---------------------------------------------------------

HELPERS = "\n\n".join(
    [
        "import math\nimport numpy as np",
        *helper_sources(
            {
                name: getattr(numerics, name)
                for name in ("sum_to", "softmax", "log_softmax", "logsumexp_along", "mean_along", "repeated", "others")
            }
            | {"weigh": numerics.weigh_array, "step": numerics.step_array, "sigmoid": numerics.sigmoid_array}
        ),
        # Branches that numbers decide: one gives the argument itself, which stays; one reads what it is put over.
        "def itself(x):\n    if np.sum(x) > 0:\n        return x\n    return x * 2",
        "def turned(x):\n    y = x + 1\n    return y if np.sum(x) > 0 else np.flip(y) * 1",
    ]
)
FORMS = """
np.exp({a}) | np.tanh({a}) | -{a} | np.abs({a}) | {a} + {b} | {a} - {b} | {a} * {b} | {a} / {b} | {a} - 1 | 2 * {a}
{a} ** 2 | {a} ** 3 | {a} ** 0.5 | {a} ** -1 | {a} ** n | {a} * n | np.maximum({a}, {b}) | np.add({a}, n) | {a} > {b}
{a} @ {b} | {a}.T @ {b} | {a} @ {a}.T | {a}.T | {a}[1:] | {a}[::-1] | {a}[0] | {a}[..., 0] | {a}[:, None] | {a}[[0, 0]]
{a}.reshape(-1) | {a}.reshape((1, -1)) | {a}.T.reshape(-1) | np.broadcast_to({a}, (2, 3, 3)) | np.swapaxes({a}, 0, 1)
np.squeeze({a}) | np.asarray({a}) | {a}.astype('float32') | {a}.astype('float64') | {a}.reshape(()) | {a}[0, 0, ...]
np.sum({a}) | np.sum({a}, axis=0) | np.sum({a}, axis=1, keepdims=True) | np.max({a}, axis=0, keepdims=True)
np.mean({a}) | np.mean({a}, axis=0) | np.mean({a}, keepdims=True) | np.add.reduce({a}) | np.min({a}, axis=-1)
np.where({a} > {b}, {a}, {b}) | np.where({a} > 0, 1, {b}) | np.where({a}, {b}, 0) | np.where({b} > 0, {a}.T, {b})
np.concatenate([{a}, {b}], axis=0) | np.concatenate([{a}, {a} + 1]) | sum_to({a} * np.ones((3, 3)), {a}.shape)
sigmoid({a}) | softmax({a}, axis=0) | log_softmax({a}, axis=0) | logsumexp_along({a}) | mean_along({a}, axis=0)
weigh({a}, {b}) | step({a}) | itself({a}) | turned({a}) | others({a}, axis=0)
"""
PARTS = [form.strip() for row in FORMS.strip().splitlines() for form in row.split("|")]


class Straight(NamedTuple):
    """A function of a few arrays and the number n, and inputs of it."""

    body: str
    inputs: list[Any]

    def __repr__(self) -> str:
        return f"{self.body}\n    # {[getattr(x, 'shape', x) for x in self.inputs]}"


Run = Callable[..., list[Any]]


def straight(body: str, *arrays: Any, n: float | None = None) -> tuple[Run, Run]:
    """The function of x, y, z, as many as there are arrays, and n with this body: as it stands, and in places."""
    inputs = dict(zip("xyz", arrays, strict=False)) | ({} if n is None else {"n": n})
    source = f"{HELPERS}\n\ndef function({', '.join(inputs)}):\n{body}\n"
    function = load_function(source, "function")
    with np.errstate(all="ignore"):
        in_place = InPlaceFunction(function, source, inputs)

    def expected(*inputs: Any) -> list[Any]:
        with np.errstate(all="ignore"):
            value, gradients = function(*inputs)
        return list(map(number, (value, *gradients)))

    def replayed(*inputs: Any) -> list[Any]:
        with np.errstate(all="ignore"):
            return in_place(inputs)

    return expected, replayed


@st.composite
def straights(draw: st.DrawFn) -> Straight:
    """Functions of up to a dozen lines; what does not fit, or grows too large, is left out."""
    shapes = draw(st.lists(st.sampled_from([(2, 3), (3, 2), (3, 3), (1, 3), (3, 1)]), min_size=1, max_size=3))
    dtype = draw(st.sampled_from(["float64", "float64", "float32"]))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    inputs = {name: rng.normal(size=shape).astype(dtype) for name, shape in zip("xyz", shapes, strict=False)}
    space: dict[str, Any] = {}
    exec(HELPERS, space)
    known: dict[str, Any] = dict(inputs)
    lines: list[str] = []
    pick = st.integers(0, 11)
    for form, first, second in draw(st.lists(st.tuples(st.sampled_from(PARTS), pick, pick), min_size=1, max_size=12)):
        names = list(known)
        text = form.format(a=names[-1 - first % len(names)], b=names[-1 - second % len(names)])
        try:
            with np.errstate(all="ignore"):
                result = eval(text, space, {**known, "n": 1.5})
        except (ValueError, TypeError, IndexError, AttributeError, OverflowError):  # it does not fit, or is a number
            continue
        if np.size(result) <= 27:
            known[f"t{len(lines)}"] = result
            lines.append(f"t{len(lines)} = {text}")
    chosen = st.sampled_from(list(known))
    results = draw(st.lists(chosen, max_size=4))
    end = f"return {draw(chosen)}, ({''.join(f'{name}, ' for name in results)})"
    return Straight("\n".join(f"    {line}" for line in (*lines, end)), [*inputs.values(), 1.5])


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@given(straights())
@settings(max_examples=160)  # a function takes ten milliseconds
@pytest.mark.slow
def test_a_straight_line_function_has_its_numbers_in_places(written: Straight) -> None:
    *arrays, n = written.inputs
    expected, replayed = straight(written.body, *arrays, n=n)

    held = []
    for numbers, power in zip(rounds(arrays), (1.5, 2.0, -1.0, 0.5, 3.0, 1.5), strict=True):
        got, want = replayed(*numbers, power), expected(*numbers, power)
        held.append((got, want))
        for x in numbers:
            assert not any(np.may_share_memory(x, one) for one in got)
        for one, other in itertools.combinations(got, 2):
            assert not np.may_share_memory(one, other)

    for got, want in held:  # all of them at the end: none has changed
        for one, other in zip(got, want, strict=True):
            assert_same(one, number(np.asarray(other)))


def test_what_one_branch_returns_may_be_a_view_of_what_it_is_put_over() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    body = "    return np.sum(x), (over(x), x)"
    source = f"{HELPERS}\n\ndef over(x):\n    y = x + 1\n    return y if np.sum(x) > 0 else y[::-1]\n\n"
    source += f"def function(x):\n{body}\n"
    replayed = InPlaceFunction(load_function(source, "function"), source, {"x": x})

    assert replayed([x])[1].tolist() == [[2, 3], [4, 5]]
    assert replayed([-x])[1].tolist() == [[-2, -3], [0, -1]]
    assert replayed([x])[1].tolist() == [[2, 3], [4, 5]]


# --- results are the caller's ------------------------------------------------------------------

WIDE = [64, 64, 40]  # with 32 examples any array but a bias is larger than 4 KiB in single precision


def wide(m: int = 32, *, l2: float = 0.0, **options: Any) -> tuple[Program, list[Array]]:
    """The program of a network and numbers for it; in single precision unless told."""
    options = {"hidden": "tanh", "output": "softmax", "dtype": "float32"} | options
    rng = np.random.default_rng(1)
    model = Network(WIDE, seed=0, **options)
    x, y = rng.normal(size=(64, m)), labels(40, m, options["output"], rng)
    parameters = model.parameters()
    inputs = [*parameters, Tensor(x, "X", dtype=options["dtype"]), Tensor(y, "Y", dtype=options["dtype"])]
    program = compile(model.cost(*inputs[-2:], l2=l2), parameters, inputs=inputs)
    return program, [np.array(one.data) for one in inputs]


def times(inputs: list[Array], k: int) -> list[Array]:
    """The parameters and X, k times as large, and the labels."""
    return [*(x * k for x in inputs[:-1]), inputs[-1]]


HELD: dict[str, Callable[[Any], Any]] = {
    "the result": lambda result: result,
    "all gradients": lambda result: list(result.gradients.values()),
    "one gradient": lambda result: [result.gradients["W1"]],
    "the last gradient": lambda result: [result.gradients["b2"]],
    "a slice of one": lambda result: [result.gradients["W2"][3:5, ::2]],
    "a view of a view": lambda result: [result.gradients["W1"].T[1:].reshape(-1)[::-1]],
    "its memory": lambda result: [memoryview(result.gradients["W1"]).cast("B")],
    "an array of its memory": lambda result: [np.frombuffer(memoryview(result.gradients["b1"]).cast("B"), np.float32)],
    "in a function": lambda result: (lambda gradient: lambda: gradient)(result.gradients["W2"]),
    "by an iterator": lambda result: [iter(result.gradients["W1"])],
}


def numbers_in(held: Any) -> list[Array]:
    """The numbers of what is held, as they are now."""
    if callable(held):
        held = [held()]
    if hasattr(held, "gradients"):
        held = list(held.gradients.values())
    return [np.array(list(copied(one))) for one in held]


def copied(one: Any) -> Any:
    """An iterator can be gone through once: a copy of it."""
    return copy.copy(one) if hasattr(one, "__next__") else one


@pytest.mark.parametrize("hold", HELD.values(), ids=HELD)
def test_what_a_caller_holds_of_a_result_never_changes(hold: Callable[[Any], Any]) -> None:
    program, inputs = wide()
    held = [hold(program(*times(inputs, k))) for k in (1, 2, 3)]
    before = list(map(numbers_in, held))

    for k in (4, 5, 6, 7):
        program(*times(inputs, k))

    for now, old in zip(map(numbers_in, held), before, strict=True):
        for one, other in zip(now, old, strict=True):
            assert_same(one, other)
    assert not np.array_equal(before[0][0], before[1][0])


def test_a_result_in_another_thread_does_not_change() -> None:
    program, inputs = wide()
    arrived, done = threading.Event(), threading.Event()

    def later(gradient: Array) -> tuple[Array, Array]:
        before = gradient.copy()
        arrived.set()
        done.wait(30)
        return before, gradient.copy()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(later, program(*inputs).gradients["W1"])
        assert arrived.wait(30)
        for k in (2, 3, 4):
            program(*times(inputs, k))
        done.set()
        before, after = future.result()

    assert_same(after, before)


def addresses(result: Any) -> tuple[int, ...]:
    """Where the gradients lie in memory."""
    return tuple([gradient.ctypes.data for gradient in result.gradients.values()])


def test_a_result_that_was_dropped_lies_where_the_next_one_does() -> None:
    program, inputs = wide()

    assert len({addresses(program(*inputs)) for _ in range(6)}) == 1


def test_a_result_that_is_held_until_the_next_is_there_alternates_with_it() -> None:
    program, inputs = wide()
    places = []

    for _ in range(8):
        result = program(*inputs)
        places.append(addresses(result))

    assert places[0] != places[1]
    assert places == places[:2] * 4


def test_results_that_are_all_held_are_all_apart_and_afterwards_there_are_no_more_than_before() -> None:
    program, inputs = wide()
    held = [program(*inputs) for _ in range(5)]
    assert len(set(itertools.chain.from_iterable(map(addresses, held)))) == 5 * len(program.wrt)
    held.clear()

    again = {addresses(program(*inputs)) for _ in range(6)}

    assert len(again) == 1


def test_one_gradient_that_is_held_keeps_its_place_and_no_other_call_has_it() -> None:
    program, inputs = wide()
    kept = program(*inputs).gradients["b1"]

    for _ in range(4):
        assert program(*inputs).gradients["b1"].ctypes.data != kept.ctypes.data


# --- nothing is made anew ----------------------------------------------------------------------


def peak(call: Callable[[], Any]) -> int:
    """How many bytes more there are at most during a call than before it, once the first ones are over."""
    for _ in range(3):
        call()
    before = np.setbufsize(16)  # of NumPy's own, for as long as one of its functions runs: at most 64 KiB
    gc.collect()
    tracemalloc.start()
    try:
        call()
        start, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        call()
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()
        np.setbufsize(before)


NETWORKS: list[dict[str, Any]] = [
    *[{"hidden": hidden} for hidden in ("relu", "tanh", "sigmoid", "elu", "silu", "softplus", "linear")],
    {"hidden": "leaky_relu", "dtype": "float64"},  # in single precision its slopes are doubles
    *[{"output": output} for output in ("sigmoid", "linear", "tanh")],
    {"output": "linear", "loss": "max_margin"},
    {"output": "sigmoid", "loss": "cross_entropy"},
    {"l2": 0.1},
    {"dtype": "float64"},
]


@pytest.mark.parametrize("options", NETWORKS, ids=lambda options: "-".join(map(str, options.values())))
def test_a_replay_makes_no_array(options: dict[str, Any]) -> None:
    program, inputs = wide(**options)
    least = min(x.nbytes for x in inputs if x.shape[1] > 1)
    assert least > 5000

    # The result, its dict and floats; the views of a transposed matrix.
    assert peak(lambda: program(*inputs)) < 4096
    assert peak(lambda: program.value(*inputs)) < 4096
    assert in_places(program)


def test_the_measure_sees_an_array_that_is_made() -> None:
    program, inputs = wide()

    with np.errstate(all="ignore"):
        assert peak(lambda: program.function(*inputs)) > 50_000


def reduction(name: str, axis: int | None, x: Tensor, y: Tensor) -> Any:
    """A row of the second table."""
    return (getattr(x, name)(axis=axis, keepdims=True) * y).sum()


WHOLE: dict[str, Callable[..., Any]] = {
    **{f"{name} of all": partial(reduction, name, None) for name in ("sum", "mean", "max", "min")},
    **{
        f"{name} along {axis}": partial(reduction, name, axis)
        for name in ("sum", "mean", "max", "min", "logsumexp")
        for axis in (0, 1)
    },
    "squared error": lambda x, y: (OPS["squared_error"](x, y)).mean(),
    "weigh": lambda x, y: (OPS["weigh"](x, y) * x).sum(),
    "step": lambda x, y: (OPS["step"](x) * y).sum(),
    "concatenate": lambda x, y: (concatenate([x * y, x + y]) ** 2).sum(),
    "a sum with the transpose": lambda x, y: (tanh(x * y).T + x).max(),
}


@pytest.mark.parametrize("name", WHOLE)
def test_so_does_none_of_what_costs_are_made_of(name: str) -> None:
    x, y = (Tensor(RNG.normal(size=(40, 40)), letter) for letter in "xy")
    program = compile(WHOLE[name](x, y), [x, y], inputs=[x, y])

    assert peak(lambda: program(x.data, y.data)) < 4096


def test_a_scalar_graph_over_a_batch_makes_no_array() -> None:
    program = compile(written_out()["the 2-3-1 network of the exam"])
    batch = [np.full(1000, program.defaults[name]) if name in ("x1", "x2") else 0.5 for name in program.inputs]

    assert peak(lambda: program(*batch)) < 4096


# --- inputs are left alone, and nothing is shared ----------------------------------------------------


def test_a_gradient_that_is_an_input_is_a_copy_of_it() -> None:
    w, x = Tensor(X, "w"), Tensor(Y, "x")
    program = compile((w * x).sum(), [w, x], inputs=[w, x])
    inputs = [X.copy(), Y.copy()]

    gradients = program(*inputs).gradients
    gradients["w"][:] = 7

    assert inputs[1].tolist() == Y.tolist()
    assert program(*inputs).gradients["w"].tolist() == Y.tolist()


def test_two_gradients_that_are_one_term_are_two_arrays() -> None:
    a, b, x = Tensor(X, "a"), Tensor(X + 1, "b"), Tensor(Y, "x")
    program = compile((tanh(a + b) * x).sum(), [a, b], inputs=[a, b, x])

    gradients = program(X, Y, Y).gradients
    gradients["a"][:] = 7

    assert not np.any(gradients["b"] == 7)


@pytest.mark.parametrize("kept", [16, 0])  # with places, and as it stands
@given(graph=tensor_graphs(most=6), simplify=st.booleans())
@settings(max_examples=60)
def test_what_a_caller_writes_into_a_result_is_of_no_consequence(kept: int, graph: TensorGraph, simplify: bool) -> None:
    met = set(topological(graph.output))
    program = compile((graph.output**2).sum(), [x for x in graph.inputs if x in met], simplify=simplify)
    inputs = data(program, graph.inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program_module, "SHAPES", kept)

        want = [np.array(x) for x in program(*inputs).gradients.values()]
        for _ in range(3):
            found = list(program(*inputs).gradients.values())
            arrays = [x for x in found if isinstance(x, np.ndarray)]
            for one, other in itertools.combinations([*arrays, *inputs], 2):
                assert not np.may_share_memory(one, other)
            for got, old in zip(found, want, strict=True):
                assert_same(got, old)
            for one in arrays:
                one[...] = np.nan


def test_a_gradient_may_be_an_input_of_the_next_call() -> None:
    w, x = Tensor(X, "w"), Tensor(Y, "x")
    program = compile((tanh(w * x) * w).sum(), [w], inputs=[w, x])
    step, by_hand = X, X

    for _ in range(5):
        step = program(step, Y).gradients["w"]
        by_hand = plain(program, [by_hand, Y])[1].copy()

    assert_same(step, by_hand)


# --- inputs of any kind -------------------------------------------------------------------------------


class Marked(np.ndarray[Any, Any]):
    """Arrays of a class of their own."""


def strided(x: Array) -> Array:
    """The same numbers, every second in memory."""
    whole = np.full((2 * x.shape[0], 3 * x.shape[1]), np.nan)
    whole[::2, ::3] = x
    return whole[::2, ::3]


def read_only(x: Array) -> Array:
    """The same numbers, which cannot be written to."""
    fixed = x.copy()
    fixed.setflags(write=False)
    return fixed


KINDS: dict[str, Callable[[Array], Array]] = {
    "by columns": np.asfortranarray,
    "backwards": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "with gaps": strided,
    "read only": read_only,
    "of a subclass": lambda x: x.copy().view(Marked),
    "a matrix": lambda x: x.copy().view(np.matrix),
    "with swapped bytes": lambda x: x.astype(x.dtype.newbyteorder()),
    "one number, repeated": lambda x: np.broadcast_to(x[:1, :1], x.shape),
    "one row, repeated": lambda x: np.broadcast_to(x[:1], x.shape),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_arrays_of_another_kind_are_taken_and_those_of_before_afterwards(kind: Callable[[Array], Array]) -> None:
    _, program, inputs = network(hidden="tanh", output="linear")
    others = list(map(kind, inputs))
    seen = [np.asarray(x).astype(np.float64, copy=False) for x in others]

    for _ in range(2):
        for one, same in ((inputs, inputs), (others, seen), (inputs, inputs)):
            got = program(*one)
            assert all(type(gradient) is np.ndarray for gradient in got.gradients.values())
            for found, want in zip([got.value, *got.gradients.values()], plain(program, same), strict=True):
                assert_same(found, want)


def test_the_same_numbers_give_the_same_bits_whatever_was_called_before() -> None:
    program, inputs = wide(7)
    twin, _ = wide(7)
    twin(*map(np.asfortranarray, inputs))  # its products are computed in another order

    for got, want in zip(twin(*inputs).gradients.values(), program(*inputs).gradients.values(), strict=True):
        assert_same(got, want)


def test_numbers_without_axes_are_inputs_and_gradients_too() -> None:
    a, x = Tensor(1.5, "a"), Tensor(X, "x")
    program = compile((tanh(a * x) + a * a).sum(), [a, x], inputs=[a, x])

    for value in (np.array(1.5), np.array(-2.0), np.array(np.inf)):
        assert_replayed(program, [value, X])
        assert type(program(value, X).gradients["a"]) is float


def test_a_value_that_is_a_view_of_one_number_is_that_of_its_own_call() -> None:
    a, x = Tensor([[1.5]], "a"), Tensor([[0.5]], "x")
    J = (tanh(a * x) + 1).exp().reshape(()).named("J")
    program = compile(J, [a, x], inputs=[a, x])

    for k in (1.0, 2.0, -1.0):
        assert_replayed(program, [a.data * k, x.data])
    assert in_places(program)


def test_no_examples_are_as_good_as_any() -> None:
    W, x = Tensor(X[:, :3], "W", kind="parameter"), Tensor(X, "x")
    program = compile((tanh(W @ x) ** 2).sum(), [W], inputs=[W, x], any_length=True)
    nothing = np.ones((3, 0))

    program(W.data, x.data)
    for _ in range(2):
        result = program(W.data, nothing)
        assert result.value == 0
        assert_same(result.gradients["W"], np.zeros((3, 3)))


@pytest.mark.parametrize("order", [(2.0, -2.0, 0.0, 2.0), (-2.0, 2.0, 0.0), (0.0, -2.0, 2.0)], ids=str)
def test_a_shared_number_may_leave_the_real_ones_and_come_back(order: tuple[float, ...]) -> None:
    w, x = Value(2.0, "w"), Value(1.0, "x")
    program = compile((abs(w**0.5) * x / w).named("J"), [w, x])
    batch = np.array([1.0, 3.0])

    for w_now in order:
        result = program(w=w_now, x=batch)
        if w_now == 2:
            np.testing.assert_allclose(result.value, np.sqrt(2) * batch / 2, rtol=1e-15)  # a rounding each
        else:
            assert not np.isfinite(result.value).any()


# --- how long places are kept -----------------------------------------------------------------------


def lengths(program: Program, count: int) -> list[list[Array]]:
    """Inputs with so many numbers of examples."""
    _, _, (*parameters, x, y) = network()
    wider, labels = np.tile(x, 20), np.tile(y, 20)
    return [[*parameters, wider[:, : m + 1].copy(), labels[:, : m + 1].copy()] for m in range(count)]


def test_of_many_shapes_the_first_have_places_and_all_have_their_numbers() -> None:
    _, program, _ = network()

    for inputs in lengths(program, 2 * program_module.SHAPES) * 2:
        assert_replayed(program, inputs)

    assert len(program.in_place) == program_module.SHAPES


def test_shapes_that_are_seen_no_more_make_room_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_module, "SHAPES", 2)
    monkeypatch.setattr(program_module, "PATIENCE", 5)
    _, program, _ = network()
    first, second, third = lengths(program, 3)
    for inputs in (first, second, third):
        program(*inputs)
    before = set(program.in_place)

    for _ in range(5):
        program(*third)

    assert len(before) == 2
    assert len(program.in_place) == 1
    assert not before & set(program.in_place)


def test_after_a_call_that_was_broken_off_the_next_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    program, inputs = wide()
    program(*inputs)
    (free,) = program.in_place.values()
    assert free is not None
    (kept,) = free
    run, calls = kept.run, []

    def broken(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return run(*args)

    monkeypatch.setattr(kept, "run", broken)
    with pytest.raises(KeyboardInterrupt):
        program(*inputs)

    assert_replayed(program, inputs)
    assert len(calls) == 2  # in the same places


# --- threads ---------------------------------------------------------------------------------------


def test_four_threads_may_call_a_program_at_once() -> None:
    for _ in range(10):  # each time all four read the source at once
        parse_functions.cache_clear()
        program, inputs = wide(4)
        each = [times(inputs, k + 1) for k in range(4)]
        expected = [plain(program, mine) for mine in each]
        barrier = threading.Barrier(4)

        def many(k: int, program: Program = program, each: Any = each, barrier: Any = barrier) -> list[list[Any]]:
            barrier.wait(30)
            results = [program(*each[k]) for _ in range(30)]
            return [[result.value, *result.gradients.values()] for result in results]

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(many, range(4)))

        for k in range(4):
            for result in found[k]:
                for got, want in zip(result, expected[k], strict=True):
                    assert_same(got, want)


def test_so_may_threads_with_a_batch_of_a_scalar_graph() -> None:
    program = compile(written_out()["the 2-3-1 network of the exam"])
    batches = [[np.full(50, k + 1.0) if name in ("x1", "x2") else 0.3 for name in program.inputs] for k in range(4)]
    expected = [program(*batch).gradients for batch in batches]
    barrier = threading.Barrier(4)

    def many(k: int) -> list[dict[str, Any]]:
        barrier.wait(30)
        return [program(*batches[k]).gradients for _ in range(100)]

    with ThreadPoolExecutor(4) as pool:
        for k, found in enumerate(pool.map(many, range(4))):
            for gradients in found:
                for name, want in expected[k].items():
                    assert_same(gradients[name], want)
