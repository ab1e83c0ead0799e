"""Sums of products over a batch, done as matrix products: what becomes one, and that the numbers stay.

Most data are small whole numbers, for which any order of a sum gives the same bits.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Value, dot, relu, tanh
from microgradnn import sum as total
from microgradnn.graph import topological
from microgradnn.nn import MLP
from microgradnn.programs.backends import compile
from microgradnn.programs.numpy.batch_sums import FEW, MOST
from microgradnn.programs.numpy.inplace import InPlaceFunction
from microgradnn.programs.program import Program, load_function

RNG = np.random.default_rng(11)


EXACTLY = Program.run_exact  # where a result is not finite, it is computed again as the sweep does


@pytest.fixture(autouse=True)
def _in_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs as it stands, which is what happens where a line raises."""
    for way in ("run_printed", "run_exact"):
        monkeypatch.setattr(Program, way, None)


def whole(*shape: int) -> Any:
    """Whole numbers from -4 to 4."""
    return RNG.integers(-4, 5, shape).astype(float)


def values(names: str) -> list[Value]:
    """Values by these names, each another whole number."""
    return [Value(float(i - 2), name) for i, name in enumerate(names.split())]


def by_its_function(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """The value, and the gradients summed over the examples where these share the input, by the printed source."""
    value, gradients = program.function(*inputs)
    m = max(np.size(x) for x in inputs)
    single = {name for name, x in zip(program.inputs, inputs, strict=True) if np.ndim(x) == 0}
    each = [np.broadcast_to(x, m) for x in (value, *gradients)]
    return [each[0], *(x.sum() if name in single else x for name, x in zip(program.wrt, each[1:], strict=True))]


def first(program: Program) -> InPlaceFunction:
    """What ran first: the value and the gradients."""
    places = next(iter(program.in_place.values()))
    assert places
    return places[0]


def count(program: Program, what: str) -> int:
    """How many lines call something."""
    return sum(line.strip().startswith(what) for line in first(program).source.splitlines()[1:])


def check(program: Program, *inputs: Any) -> None:
    """Hold a program to its printed source, to the bit."""
    for factor in (1.0, -2.0, 0.0, 1.0):
        numbers = [x * factor if np.ndim(x) else x + factor for x in inputs]
        got = program(*numbers)
        for one, want in zip([got.value, *got.gradients.values()], by_its_function(program, numbers), strict=True):
            np.testing.assert_array_equal(one, want)
        np.testing.assert_array_equal(program.value(*numbers), got.value)


# --- sums within a formula ----------------------------------------------------------------------


def test_products_with_numbers_are_one_dot_product() -> None:
    w, x = values("w1 w2 w3 w4 w5"), values("x1 x2 x3 x4 x5")
    program = compile(relu(dot(w, x)), [], inputs=[*w, *x])

    check(program, *[float(v) for v in range(5)], *whole(5, 7))

    assert (count(program, "dot"), count(program, "multiply"), count(program, "add")) == (1, 0, 0)


def test_a_few_are_done_one_by_one() -> None:
    n = FEW - 1
    w, x = values("w1 w2 w3 w4 w5")[:n], values("x1 x2 x3 x4 x5")[:n]
    program = compile(relu(dot(w, x)), [], inputs=[*w, *x])

    check(program, *map(float, range(n)), *whole(n, 7))

    assert (count(program, "dot"), count(program, "multiply"), count(program, "add")) == (0, n, n - 1)


FORMS: dict[str, Callable[..., Any]] = {
    "differences": lambda a, b, c, d, p, q, r, s: relu(-(a * p) - b * q - (c * r - d * s)),
    "numbers and arrays besides": lambda a, b, c, d, p, q, r, s: relu(3 + a * p + q + b * q - c * r - p + d * s + a),
    "products of arrays besides": lambda a, b, c, d, p, q, r, s: relu(a * p + b * q - p * q + c * r + d * s + r * s),
    "numbers that are written": lambda a, b, c, d, p, q, r, s: relu(2 * p - 3 * q + r * -2 + 5 * s - 2 * (a + b)),
    "numbers that are computed": lambda a, b, c, d, p, q, r, s: relu(a * b * p + c * d * q + (a - b) * r + b**2 * s),
    "an array more than once": lambda a, b, c, d, p, q, r, s: relu(a * p + b * p + c * p + d * p + q),
    "a product of sums": lambda a, b, c, d, p, q, r, s: (a * p + b * q + c * r + d * s) * (a + p + q + r - d * s),
    "a sum that is read twice": lambda a, b, c, d, p, q, r, s: (lambda t: t * t + relu(t) + a * p)(
        a * p + b * q + c * r + d * s + a * s
    ),
    "sums of sums": lambda a, b, c, d, p, q, r, s: relu((a * p + b * q) - ((c * r - d * s) - (a * q + b * p))),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_any_sum_has_the_numbers_of_the_source(form: Callable[..., Any]) -> None:
    leaves = values("a b c d p q r s")
    output = form(*leaves)
    program = compile(output, [x for x in leaves if x in set(topological(output))], inputs=leaves)

    check(program, 2.0, -3.0, 1.0, 4.0, *whole(4, 9))
    check(program, 2.0, -3.0, 1.0, *whole(5, 1))
    check(program, *whole(8, 3))


@given(
    weights=st.lists(st.integers(-4, 4), min_size=1, max_size=3 * FEW),
    many=st.sets(st.integers(0, 3 * FEW), min_size=1),
    m=st.integers(1, 5),
    signs=st.integers(0, 2 ** (3 * FEW)),
)
@settings(max_examples=40)
def test_any_number_of_products_in_any_order(weights: list[int], many: set[int], m: int, signs: int) -> None:
    w = [Value(float(x), f"w{i}") for i, x in enumerate(weights)]
    x = [Value(1.0, f"x{i}") for i in range(len(weights))]
    total: Any = Value(1.0, "b")
    leaves = [*w, *x, total]
    for i, (a, b) in enumerate(zip(w, x, strict=True)):
        total = total + a * b if signs >> i & 1 else total - a * b
    program = compile(relu(total), leaves, inputs=leaves)

    own = {i % len(leaves) for i in many}
    check(program, *[whole(m) if i in own else float(i - 3) for i in range(len(leaves))])


def test_the_neurons_of_a_layer_have_one_matrix() -> None:
    x = values("x1 x2 x3 x4")
    w = [[Value(float(i - j), f"w{i}{j}") for j in range(4)] for i in range(3)]
    a = [relu(dot(w[0], x)), relu(dot(w[1], x[::-1])), relu(dot(w[2], [x[2], x[0], x[3], x[1]]))]
    program = compile(a[0] + a[1] + a[2], [], inputs=[*x, *(v for row in w for v in row)])

    check(program, *whole(4, 6), *whole(12).tolist())

    assert (count(program, "concatenate"), count(program, "dot")) == (1, 3)


def test_a_sum_that_is_read_twice_is_computed_once() -> None:
    w, x = values("w1 w2 w3 w4"), values("x1 x2 x3 x4")
    t = dot(w, x)
    program = compile(relu(t + w[0]) + relu(t - w[1]), [], inputs=[*w, *x])

    check(program, 1.0, 2.0, 3.0, -1.0, *whole(4, 5))

    assert count(program, "dot") == 1


def test_a_sum_of_very_many_terms_is_written_in_parts() -> None:
    n = 3 * MOST
    w, x = [Value(1.0, f"w{i}") for i in range(n)], [Value(1.0, f"x{i}") for i in range(n)]
    program = compile(relu(dot(w, x)), [w[0]], inputs=[*w, *x])

    check(program, *whole(n).tolist(), *whole(n, 4))

    assert 3 <= count(program, "dot") <= 4
    assert count(program, "multiply") < MOST // 10


def test_what_is_no_number_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "run_exact", EXACTLY)
    w, x = values("w1 w2 w3 w4"), values("x1 x2 x3 x4")
    program = compile(dot(w, x), w, inputs=[*w, *x])
    rows = [np.array(row) for row in ([np.nan, 1, np.inf], [1, np.inf, 1], [1, 1, -np.inf], [1, 1, 1])]

    value, gradients = program(1.0, 0.0, 1.0, 2.0, *rows)

    np.testing.assert_array_equal(value, [np.nan, np.nan, np.nan])  # 0 · ∞, and ∞ − ∞
    np.testing.assert_array_equal([*gradients.values()], [np.nan, np.inf, -np.inf, 3])


def test_a_few_gradients_are_summed_one_by_one() -> None:
    parameters, x, J = layers(2, 1)
    program = compile(J, parameters, inputs=[*parameters, *x])

    check(program, 1.0, 2.0, -1.0, *whole(2, 6))

    assert count(program, "matmul") == 0


# --- sums over the examples ---------------------------------------------------------------------


def layers(*sizes: int) -> tuple[list[Value], list[Value], Value]:
    """The parameters, the inputs and the output of a network of relu and squares, so that all stays whole."""
    parameters: list[Value] = []

    def parameter(name: str) -> Value:
        parameters.append(Value(float(len(parameters) % 3 - 1), name))
        return parameters[-1]

    x = [Value(1.0, f"x{j}") for j in range(sizes[0])]
    a: Any = x
    for k, n in enumerate(sizes[1:], 1):
        a = [
            relu(dot([parameter(f"w{k}_{i}_{j}") for j in range(len(a))], a) + parameter(f"b{k}_{i}")) for i in range(n)
        ]
    return parameters, x, sum(one * one for one in a)


@pytest.mark.parametrize("sizes", [(2, 8, 1), (5, 3), (1, 8, 8, 2), (8, 1)], ids=str)
def test_the_gradients_of_a_network_are_blocks_of_matrix_products(sizes: tuple[int, ...]) -> None:
    parameters, x, J = layers(*sizes)
    program = compile(total([w * w for w in parameters]) - J, parameters, inputs=[*parameters, *x])

    check(program, *[float(i % 3 - 1) for i in range(len(parameters))], *whole(len(x), 6))

    assert count(program, "matmul") == len(sizes) - 1
    assert first(program).rows == []  # no weight has products of its own


def test_products_of_arrays_may_have_either_first() -> None:
    p, q = values("p1 p2 p3 p4"), values("q1 q2 q3 q4")
    w = [[Value(1.0, f"w{i}{j}") for j in range(4)] for i in range(4)]
    one = [w[i][j] * (p[i] * q[j] if (i + j) % 2 else 2 - q[j] * p[i]) for i in range(4) for j in range(4)]
    leaves = [v for row in w for v in row]
    program = compile(total(one), leaves, inputs=[*leaves, *p, *q])

    check(program, *whole(16).tolist(), *whole(8, 5))

    assert count(program, "matmul") == 1
    assert first(program).rows == []


def test_a_gradient_may_be_in_part_of_products_that_are_few() -> None:
    p, q = values("p1 p2 p3 p4"), values("q1 q2 q3 q4")
    w = [[Value(1.0, f"w{i}{j}") for j in range(4)] for i in range(4)]
    u, v = values("u v")
    one = [w[i][j] * p[i] * q[j] for i in range(4) for j in range(4)]
    leaves = [v for row in w for v in row]
    program = compile(total(one) + w[0][0] * u * v + w[1][1] * u * u, leaves, inputs=[*leaves, *p, *q, u, v])

    check(program, *whole(16).tolist(), *whole(10, 5))
    check(program, *whole(16).tolist(), *whole(8, 5), 3.0, -2.0)


BRANCHES = """
def value(a, b, c, d, x, y):
    t = a * x + b * y + c * x + d * y
    if t.sum() > 0:
        return t + a * y + b * x + c * y + d * x
    u = a * x + b * y + c * x + d * y - 2 * y
    return u * (t if {} else x) + a * y + b * x + c * y + d * x
"""


@pytest.mark.parametrize("condition", ["True", "x.ndim > 1"])
def test_in_a_function_with_branches_each_sum_is_written_where_it_stands(condition: str) -> None:
    function = load_function(BRANCHES.format(condition), "value")
    a, b, c, d, x, y = 1.0, 2.0, -1.0, 3.0, np.array([1.0, -1.0, 2.0]), np.array([2.0, 1.0, 1.0])
    given = {"a": a, "b": b, "c": c, "d": d, "x": x, "y": y}
    in_place = InPlaceFunction(function, BRANCHES.format(condition), given, examples=(3,))

    for factor in (1.0, -1.0, 3.0, -4.0, 1.0):
        inputs = [a, b, c, d, x * factor, y * factor]
        np.testing.assert_array_equal(in_place(inputs)[0], function(*inputs))


def test_the_mean_is_the_sum_divided_by_the_number_of_examples() -> None:
    parameters, x, J = layers(3, 4, 1)
    both = [compile(J, parameters, inputs=[*parameters, *x], reduce=reduce) for reduce in ("sum", "mean")]
    inputs = [*map(float, whole(len(parameters))), *whole(3, 8)]

    total, mean = [program(*inputs).gradients for program in both]

    assert mean == {name: g / 8 for name, g in total.items()}


def test_what_a_number_adds_to_a_gradient_it_adds_for_each_example() -> None:
    w, v, x = values("w v x")
    program = compile(w * x + w * v + 3 * w + v, [w, v], inputs=[w, v, x])

    _, gradients = program(2.0, 5.0, np.array([1.0, 2.0, 4.0]))

    assert gradients == {"w": 7.0 + 3 * (5.0 + 3.0), "v": 3 * (2.0 + 1.0)}


def test_a_gradient_of_which_a_factor_is_a_number_does_not_overflow_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Program, "run_exact", EXACTLY)  # for dv, which is infinite
    w, v, x = Value(1.0, "w"), Value(1.0, "v"), Value(1.0, "x")
    program = compile(w * v * x, [w, v], inputs=[w, v, x])

    _, gradients = program(1.0, 1e-10, np.full(4, 1e308))

    assert gradients["w"] == pytest.approx(4e298, rel=1e-15)


@pytest.mark.parametrize(
    "array", [whole(12)[::2], whole(6, 2)[:, 1], whole(6)[::-1], whole(2, 3), np.asfortranarray(whole(2, 3))]
)
def test_arrays_may_lie_in_any_way(array: Any) -> None:
    parameters, x, J = layers(4, 3, 1)
    program = compile(J, [*parameters, *x], inputs=[*parameters, *x])
    numbers = [float(i % 3 - 1) for i in range(len(parameters))]

    got = program(*numbers, array, array + 1, array * 2, array - 1)

    flat = np.ascontiguousarray(array).ravel()
    want = by_its_function(program, [*numbers, flat, flat + 1, flat * 2, flat - 1])
    for one, other in zip([got.value, *got.gradients.values()], want, strict=True):
        np.testing.assert_array_equal(np.ravel(one), other)


def test_a_network_has_the_numbers_of_the_other_backend() -> None:
    pytest.importorskip("llvmlite", reason="the backend 'native' is an extra")
    network = MLP(3, [6, 6, 1])
    x, y = values("x1 x2 x3"), Value(1.0, "y")
    J = (tanh(network(x)) - y) ** 2
    inputs = [*network.parameters(), *x, y]
    numbers = [*(p.data for p in network.parameters()), *RNG.normal(size=(4, 50))]

    got, want = [compile(J, inputs, inputs=inputs, backend=name)(*numbers) for name in ("numpy", "native")]

    np.testing.assert_allclose(got.value, want.value, rtol=1e-12)
    for name, g in got.gradients.items():  # sums of 50, each of a few roundings: below 100 ε of what they are made of
        np.testing.assert_allclose(g, want.gradients[name], rtol=1e-12, atol=1e-13)


def test_a_replay_makes_no_array() -> None:
    parameters, x, J = layers(4, 8, 8, 1)
    program = compile(J, parameters, inputs=[*parameters, *x])
    numbers = [float(i % 3 - 1) for i in range(len(parameters))]
    inputs = [*numbers, *whole(4, 4000)]
    for _ in range(3):
        program(*inputs)

    tracemalloc.start()
    program(*inputs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4000 * 8 * 2  # numbers, lists and buffers of NumPy's; nothing for each of dozens of arrays
