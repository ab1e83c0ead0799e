"""NumPy and Python's mathematics around a Value: it stays in the graph, or says why it cannot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnn import Value

UFUNCS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "atanh": np.arctanh,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "cbrt": np.cbrt,
    "abs": np.abs,
}


@pytest.mark.parametrize("name", UFUNCS)
def test_numpys_functions_record(name: str) -> None:
    x = Value(0.5)
    y = UFUNCS[name](x)

    assert isinstance(y, Value)
    assert y.inputs == (x,)
    assert y.data == getattr(x, name)().data
    assert [node.data for node in UFUNCS[name](np.array([x, x]))] == [y.data] * 2


def test_acosh_too() -> None:
    arccosh: Any = np.arccosh

    assert arccosh(Value(2.0)).op.name == "acosh"


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
