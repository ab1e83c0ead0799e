"""The scalar functions that Python's `math` lacks, or has in a form that the table cannot use.

Each takes a float and returns a float; where the mathematics allows it, a `Fraction` gives a
`Fraction`, so that exact tests need no second table. A NaN comes out as a NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def power(x: Any, y: Any) -> Any:
    """x^y in the reals: ValueError where Python would turn to a complex number."""
    result = x**y
    if type(result) is complex:
        raise ValueError(f"{x} ** {y} is not real")
    return result


def sigmoid(x: float) -> float:
    """1 / (1 + e^−x), by whichever form does not overflow."""
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e) / (1.0 + e)


def sigmoid_array(x: Any) -> Any:
    """`sigmoid` of each element; complex ones too, for the complex-step check."""
    positive = np.greater_equal(x, 0)
    e = np.exp(np.where(positive, -x, x))
    return np.where(positive, 1, e) / (1 + e)


def step(x: Any) -> Any:
    """1 where x > 0, else 0."""
    return type(x)(x > 0) if x == x else x


def sign(x: Any) -> Any:
    """−1, 0 or 1."""
    return type(x)((x > 0) - (x < 0)) if x == x else x


def zero(x: Any) -> Any:
    """1 where x is 0, else 0."""
    return type(x)(x == 0) if x == x else x


def zero_array(x: Any) -> Any:
    """`zero` of each element."""
    return np.where(x == x, x == 0, x)


def maximum(x: Any, y: Any) -> Any:
    """The larger; NaN if either is."""
    return x if x >= y or x != x else y


def minimum(x: Any, y: Any) -> Any:
    """The smaller; NaN if either is."""
    return x if x <= y or x != x else y


def ahead(x: Any, y: Any) -> Any:
    """1 where x > y, ½ where they are equal, 0 where x < y."""
    if x == y:
        return 0.5
    return type(x)(x > y) if x == x and y == y else math.nan


def ahead_array(x: Any, y: Any) -> Any:
    """`ahead` of each pair of elements."""
    return np.where(np.equal(x, y), 0.5, np.heaviside(np.subtract(x, y), 0.5))


def leaky_relu(x: Any, slope: Any) -> Any:
    """Return x where x > 0, else slope · x."""
    return x if x > 0 else slope * x


def leaky_relu_array(x: Any, slope: Any) -> Any:
    """`leaky_relu` of each element."""
    return np.where(x > 0, x, slope * x)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return x where the condition holds (is not 0), else y."""
    return x if condition else y
