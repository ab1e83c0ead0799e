"""NumPy and Python's mathematics around a Value: it stays in the graph, or says why it cannot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnn import Value, compile, operation
from microgradnn.graph import OPS, Op

# Every row that NumPy has a function for, with it: np.arctan2 for atan2.
ROWS = [op for op in OPS.values() if op.public and op.arity]
OF_NUMPY = [(op, getattr(np, op.array.__name__)) for op in ROWS if isinstance(op.array, np.ufunc)]
OF_NUMPY += [(op, getattr(np, op.name)) for op in ROWS if hasattr(np, op.name) and not isinstance(op.array, np.ufunc)]


NUMPY: Any = np  # whose types know of no Values


def numbers(op: Op) -> list[Value]:
    """Arguments in the domain of any row."""
    return [Value(x + (op.name == "acosh")) for x in (0.5, 0.25, 0.75)[: op.arity]]


@pytest.mark.parametrize(("op", "function"), OF_NUMPY, ids=lambda one: getattr(one, "name", ""))
def test_numpys_function_of_a_value_is_the_row(op: Op, function: Any) -> None:
    xs = numbers(op)

    y = function(*xs)

    assert isinstance(y, Value)
    assert y.op is op
    assert y.inputs == tuple(xs)
    assert function(*[xs[0], *[x.data for x in xs[1:]]]).data == y.data
    if op.arity == 2:
        assert function(xs[0].data, xs[1]).data == y.data


def test_there_are_some_thirty_of_them() -> None:
    named = {op.name for op, _ in OF_NUMPY}

    assert {"exp", "logaddexp", "sinc", "where", "clip", "maximum", "atan2", "sign", "cbrt"} <= named


@pytest.mark.parametrize("op", ROWS, ids=str)
def test_a_row_of_an_array_of_values_is_the_row_of_each(op: Op) -> None:
    xs = numbers(op)
    arrays = [np.array([[x], [x]], dtype=object) for x in xs]

    ways: list[list[Any]] = [[arrays[0], *xs[1:]]]
    if op.arity != 1:
        ways.append([np.full(3, xs[0].data), *arrays[1:]])
    for args in ways:
        result = op(*args)
        assert result.shape == np.broadcast(*args).shape
        assert {one.op.name for one in result.flat} == {op.name}
        assert {one.data for one in result.flat} == {op(*xs).data}


def test_an_operation_of_ones_own_is_numpys_of_its_name_too() -> None:
    with operation(lambda x, y: math.copysign(x, y), lambda f, x, y: f / x, lambda f, x, y: 0, name="copysign"):
        x = Value(2.0)
        y = NUMPY.copysign(x, Value(-1.0))
        y.backward()

        assert (y.data, x.grad) == (-2, -1)
        assert [one.data for one in NUMPY.copysign(np.array([1.0, 3.0]), Value(-1.0))] == [-1, -3]

    with pytest.raises(TypeError):
        NUMPY.copysign(Value(2.0), Value(-1.0))


def test_a_maximum_follows_the_data_and_shares_a_tie() -> None:
    x, y = Value(1.0, "x"), Value(1.0, "y")
    J = NUMPY.maximum(x, y)
    J.backward()

    assert (x.grad, y.grad) == (0.5, 0.5)
    assert compile(J)(x=1.0, y=5.0)[0] == 5


def test_what_is_a_plain_fact_of_numbers_is_one() -> None:
    assert NUMPY.isfinite(Value(1.0))
    assert NUMPY.isnan(Value(math.nan))


@pytest.mark.parametrize("join", [np.stack, np.hstack, np.concatenate, np.array], ids=lambda f: f.__name__)
def test_values_are_put_into_arrays_by_numpy(join: Any) -> None:
    x, y = Value(1.0), Value(2.0)

    joined = join([[x], [y]]) if join is np.concatenate else join([x, y])

    assert joined.dtype == object
    assert joined.ravel().tolist() == [x, y]


def test_the_variance_of_values() -> None:
    xs = [Value(x) for x in (1.0, 2.0, 6.0)]
    variance = NUMPY.var(np.array(xs))
    variance.backward()

    assert variance.data == pytest.approx(14 / 3)
    assert [x.grad for x in xs] == pytest.approx([2 * (x.data - 3) / 3 for x in xs])
    assert NUMPY.std(np.array(xs)).data == pytest.approx(math.sqrt(14 / 3))


def test_arrays_of_values_add_multiply_and_sum() -> None:
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    total = (W @ x).sum()
    total.backward()

    assert total.data == 17 + 39
    assert [[w.grad for w in row] for row in W] == [[5, 6], [5, 6]]
    assert [node.grad for node in x] == [4, 6]
    assert np.dot(x, np.array([1.0, 2.0])).data == 17
    assert (x * 2.0)[1].data == 12
    assert (1 - x)[0].data == -4


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), np.uint8(2), np.array(2.0)])
def test_numpys_numbers_stand_on_either_side(scalar: Any) -> None:
    x = Value(3.0)
    results = [scalar * x, x * scalar, scalar + x, x - scalar, scalar / x, x**scalar]

    assert all(isinstance(y, Value) for y in results)
    assert [y.data for y in results] == [6, 6, 5, 1, pytest.approx(2 / 3), 9]


def test_pythons_sum_works() -> None:
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    total: Any = sum(xs)
    total.backward()

    assert total.data == 6
    assert [x.grad for x in xs] == [1, 1, 1]


@pytest.mark.parametrize(
    "leave", [float, int, math.sin, math.exp, math.floor, np.float64, lambda v: np.array([v], float)]
)
def test_nothing_detaches_silently(leave: Any) -> None:
    with pytest.raises(TypeError, match=r"^Value\(1\.0\) would leave the graph, .* write v\.data to take the number"):
        leave(Value(1.0))


def test_comparisons_are_of_numbers() -> None:
    a, b = Value(1.0), Value(2.0)

    assert [a < b, a <= 1, a > 0.5, a >= b, b < 3, max(a, b) is b] == [True, True, True, False, True, True]
    assert [bool(Value(0.0)), bool(Value(-1.0))] == [False, True]


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "longdouble", "int8", "uint64", "bool_"])
def test_a_number_of_any_type_of_numpys_joins_from_both_sides(name: str) -> None:
    n, x = getattr(np, name)(1), Value(2.0)

    for result in (n * x + x * n, n + x + n, n / x + x / n + 1.5 * n, x**n + 2 * n):
        assert type(result) is Value
        assert type(result.data) is float
        assert result.data == 4  # by hand
