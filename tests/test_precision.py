"""Every function of one number against 50 digits, value and slope, also where it is awkward."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Value, grad
from microgradnn.graph import OPS, Op

REFERENCE: dict[str, Callable[[Any], Any]] = {
    "neg": lambda x: -x,
    "same": lambda x: x,
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "logit": lambda x: mpmath.log(x) - mpmath.log1p(-x),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "abs": abs,
}
# Closed forms, where differences of 60 digits do not reach down to e^(−400).
SLOPE: dict[str, Callable[[Any], Any]] = {
    "erf": lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "erfc": lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "gelu": lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x),
}
STEPS = {"step", "sign", "zero"}  # 0 and 1 are exact, and so is their slope, 0: tests/test_calculus.py

# Where a slope is computed from the result, as the notes do, f(1 − f) and 1 − f² lose the digits that f
# does not have; silu and gelu have a minimum, where their slope is a difference of numbers below 1. The
# error is then that of a number near 1, not of the slope.
ABSOLUTE = {"tanh", "sigmoid", "silu", "gelu"}
SQUARED = {"erf", "erfc", "gelu"}  # e^(−x²): a rounding of x is multiplied by 2x²
AWKWARD = [
    0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1e-300,
    -1e-300,
    1e-8,
    -1e-8,
    1000.0,
    -1000.0,
    1e300,
    -1e300,
    20.0,
    -20.0,
    0.999999,
    1.000001,
]
ULPS = 40  # a value of the C library is 2 off; a slope such as 1 / (x(1 − x)) near 1 has a handful of such roundings

unary = pytest.mark.parametrize("op", [op for op in OPS.values() if op.arity == 1 and op.name not in STEPS], ids=str)


def exact(op: Op, x: float) -> tuple[Any, Any]:
    """The value and the slope of a function at 50 digits; more where they cancel."""
    with mpmath.workdps(400 if abs(x) < 1e-20 else 60):
        f = REFERENCE[op.name]
        value = f(mpmath.mpf(x))
        if op.name in SLOPE:
            return value, SLOPE[op.name](mpmath.mpf(x))
        return value, mpmath.diff(
            f, mpmath.mpf(x), h=mpmath.mpf(10) ** -25 * max(abs(mpmath.mpf(x)), mpmath.mpf(10) ** -330)
        )


def close(got: float, want: Any, floor: float, condition: float = 1.0) -> bool:
    """Whether a float is a number to within ULPS, or to `floor` of it."""
    if math.isinf(got):
        return bool(want * mpmath.sign(got) > 1e300)
    return bool(abs(mpmath.mpf(got) - want) <= ULPS * condition * 2.3e-16 * abs(want) + floor)


def held(op: Op, x: float) -> None:
    """Hold one row at one number."""
    value, slope = exact(op, x)
    node = op(Value(x))
    condition = 1 + 2 * min(x * x, 1e6) if op.name in SQUARED else 1.0
    assert close(node.data, value, 1e-320, condition), f"{op.name}({x}) = {node.data}, not {mpmath.nstr(value, 20)}"
    floor = 1e-15 if op.name in ABSOLUTE else 1e-320
    assert close(node.partials[0], slope, floor, condition), (
        f"{op.name}′({x}) = {node.partials[0]}, not {mpmath.nstr(slope, 20)}"
    )


@unary
@pytest.mark.parametrize("x", AWKWARD)
def test_at_awkward_numbers(op: Op, x: float) -> None:
    (interval,) = op.domain
    periodic = op.name in ("sin", "cos", "tan") and abs(x) > 1e3  # 1e300 is right, but its neighbour half a turn away
    at_kink = op.kink is not None and op.kink(x) == 0
    too_much_for_mpmath = op.name in SQUARED and abs(x) > 1e9
    if at_kink or periodic or too_much_for_mpmath or not interval.low < x < interval.high:
        return
    held(op, x)


@unary
@given(data=st.data())
def test_anywhere_in_the_domain(op: Op, data: st.DataObject) -> None:
    (interval,) = op.domain
    low, high = max(interval.low, -30.0), min(interval.high, 30.0)
    x = data.draw(st.floats(low, high, exclude_min=True, exclude_max=True).filter(lambda x: abs(x) > 1e-12))
    if op.name == "tan" and abs(math.cos(x)) < 1e-3:
        return
    held(op, x)


OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "hypot": mpmath.hypot,
    "atan2": mpmath.atan2,
}
CHOICES = {"maximum", "minimum", "clip", "where", "ahead", "leaky_relu", "elu"}  # between numbers that are tested above
OF_MANY = {"sum", "mean", "prod", "dot", "logsumexp"}  # tests/test_calculus.py, against fractions and mpmath


@pytest.mark.parametrize("name", OF_TWO)
@given(x=st.floats(0.01, 100), y=st.floats(-20, 20).filter(lambda y: abs(y) > 0.01))
def test_of_two_arguments(name: str, x: float, y: float) -> None:
    f, node = OF_TWO[name], OPS[name](Value(x), Value(y))
    condition = 1 + abs(y * math.log(x)) if name == "pow" else 1.0  # of e^(y ln x)
    with mpmath.workdps(60):
        a, b = mpmath.mpf(x), mpmath.mpf(y)
        slopes = [mpmath.diff(lambda t: f(t, b), a), mpmath.diff(lambda t: f(a, t), b)]
        assert close(node.data, f(a, b), 1e-16 * (x + abs(y)) if name in ("add", "sub") else 0.0, condition)
        for got, want in zip(node.partials, slopes, strict=True):
            assert close(got, want, 1e-30, condition)


def test_every_row_is_held_or_named() -> None:
    assert {op.name for op in OPS.values() if op.arity == 1} == set(REFERENCE) | STEPS
    assert {op.name for op in OPS.values() if op.arity != 1} == set(OF_TWO) | CHOICES | OF_MANY


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize(
    "op", [op for op in OPS.values() if op.arity == 1 and op.kink is None and op.name not in STEPS], ids=str
)
def test_higher_derivatives(op: Op, order: int) -> None:
    x = 1.7 if op.name == "acosh" else 0.3
    derivative: Any = op
    for _ in range(order):
        derivative = grad(derivative)
    with mpmath.workdps(60):
        want = float(mpmath.diff(REFERENCE[op.name], mpmath.mpf(x), order))

    assert derivative(x) == pytest.approx(want, rel=1e-12, abs=1e-13)
