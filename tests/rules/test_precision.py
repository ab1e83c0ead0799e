"""Every function of one number against 50 digits, value and slope, also where it is awkward."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import DomainError, Value, grad
from microgradnn.graph import OPS, REAL, Interval, Op

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
    "erfc": lambda x: mpmath.erfc(min(x, 1000)),  # e^(−10⁶) already, and mpmath cannot count much further
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * mpmath.ncdf(max(x, -1000)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "abs": abs,
}
# Closed forms, where differences of 60 digits do not reach: down to e^(−400), or between the waves at 1e300.
SLOPE: dict[str, Callable[[Any], Any]] = {
    "sin": mpmath.cos,
    "cos": lambda x: -mpmath.sin(x),
    "tan": lambda x: 1 + mpmath.tan(x) ** 2,
    "erf": lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "erfc": lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "gelu": lambda x: mpmath.ncdf(max(x, -1000)) + x * mpmath.npdf(x),
}
STEPS = {"step", "sign", "zero"}  # 0 and 1 are exact, and so is their slope, 0: tests/test_calculus.py

EPSILON = 2.0**-52
ULPS = 8  # the worst seen are 2 of a value and 4 of a slope, cbrt and 1 / (3f²), and other C libraries differ
TINY = 64 * 5e-324  # numbers near the smallest have fewer digits, and gelu is x ≈ −38 times such a number

# The errors, in units of EPSILON, that are not ULPS of the result. A rounding of x√½ is x² times as large in Φ, and
# half a unit of x² is x²/2 units of e^(−x²). A slope from the result, 1 − f² and f(1 − f) as in the notes, has no
# digits that f has not, and those of silu and gelu, which have a minimum, are sums of terms of either sign.
sigmoid = REFERENCE["sigmoid"]
VALUE_ERROR: dict[str, Callable[[Any], Any]] = {
    "gelu": lambda x: (ULPS + min(x, 0) ** 2) * abs(REFERENCE["gelu"](x)),
}
SLOPE_ERROR: dict[str, Callable[[Any], Any]] = {
    "tanh": lambda x: ULPS,
    "sigmoid": lambda x: ULPS * sigmoid(x),
    "erf": lambda x: (ULPS + x * x / 2) * SLOPE["erf"](x),
    "erfc": lambda x: (ULPS + x * x / 2) * SLOPE["erf"](x),
    "silu": lambda x: ULPS * sigmoid(x) * (1 + abs(x) * sigmoid(-x)),
    "gelu": lambda x: ULPS * mpmath.ncdf(max(x, -1000)) + (ULPS + x * x / 2) * abs(x) * mpmath.npdf(x),
}

AWKWARD = [sign * x for x in (0.5, 1.0, 20.0, 1000.0, 1e-8, 1e-300, 1e300) for sign in (1, -1)]
AWKWARD += [0.0, 0.999999, 1.000001]
UNARY = [op for op in OPS.values() if op.arity == 1 and op.name not in STEPS]


def domain(op: Op) -> Interval:
    """Where a function is defined; of tan, the row tells one period."""
    return REAL if op.name == "tan" else op.domain[0]


def place(op: Op, x: float) -> str:
    """Whether x is inside the domain, at an end of it, or outside."""
    low, high = domain(op)[:2]
    return "inside" if low < x < high else "at an end" if x in (low, high) else "outside"


def awkward(where: str) -> pytest.MarkDecorator:
    """Every function at the awkward numbers that are `where` its domain has them."""
    return pytest.mark.parametrize(
        ("op", "x"), [(op, x) for op in UNARY for x in AWKWARD if place(op, x) == where], ids=str
    )


def exact(op: Op, x: float) -> tuple[Any, Any]:
    """The value and the slope of a function at 50 digits; more where they cancel."""
    with mpmath.workdps(400 if abs(x) < 1e-10 else 60):
        f = REFERENCE[op.name]
        value = f(mpmath.mpf(x))
        if op.name in SLOPE:
            return value, SLOPE[op.name](mpmath.mpf(x))
        return value, mpmath.diff(
            f, mpmath.mpf(x), h=mpmath.mpf(10) ** -25 * max(abs(mpmath.mpf(x)), mpmath.mpf(10) ** -330)
        )


def close(got: float, want: Any, error: Any) -> bool:
    """Whether a float is a number, to within an error in units of EPSILON; infinite, only if no float is so large."""
    if math.isinf(got):
        return bool(want * mpmath.sign(got) > sys.float_info.max)
    return bool(abs(mpmath.mpf(got) - want) <= error * EPSILON + TINY)


def held(op: Op, x: float) -> None:
    """Hold one row at one number; at a kink, where the slope is a convention, only its value."""
    value, slope = exact(op, x)
    node, at = op(Value(x)), mpmath.mpf(x)
    error = VALUE_ERROR[op.name](at) if op.name in VALUE_ERROR else ULPS * abs(value)
    assert close(node.data, value, error), f"{op.name}({x}) = {node.data}, not {mpmath.nstr(value, 20)}"
    if op.kink is None or op.kink(x) != 0:
        error = SLOPE_ERROR[op.name](at) if op.name in SLOPE_ERROR else ULPS * abs(slope)
        assert close(node.partials[0], slope, error), (
            f"{op.name}′({x}) = {node.partials[0]}, not {mpmath.nstr(slope, 20)}"
        )


@awkward("inside")
def test_at_awkward_numbers(op: Op, x: float) -> None:
    held(op, x)


@awkward("at an end")
def test_at_the_ends_of_a_domain_is_the_limit_and_the_slope_is_infinite(op: Op, x: float) -> None:
    node = op(Value(x))

    assert node.data == pytest.approx(float(REFERENCE[op.name](mpmath.mpf(x))), rel=EPSILON, abs=0)
    assert node.partials == (-math.inf if op.name == "acos" else math.inf,)  # acos is the only one that falls


@awkward("outside")
def test_outside_the_domain_there_is_no_number(op: Op, x: float) -> None:
    with pytest.raises(DomainError, match=f"^{op.name} has no real value at x = {re.escape(str(x))}; "):
        op(Value(x))


@pytest.mark.parametrize("op", UNARY, ids=str)
@given(data=st.data())
def test_anywhere_in_the_domain(op: Op, data: st.DataObject) -> None:
    low, high = max(domain(op).low, -40.0), min(domain(op).high, 40.0)  # beyond, what falls as e^(−x²) is 0
    held(op, data.draw(st.floats(low, high, exclude_min=True, exclude_max=True)))


OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "hypot": mpmath.hypot,
    "atan2": mpmath.atan2,
    "squared_error": lambda x, y: (x - y) ** 2 / 2,
    "weigh": lambda x, y: x * y,
}
CHOICES = {
    "maximum",
    "minimum",
    "clip",
    "where",
    "ahead",
    "equal",
    "greater",
    "at_least",
    "leaky_relu",
    "elu",
}  # of numbers tested above
OF_MANY = {"sum", "mean", "prod", "dot", "logsumexp"}  # tests/test_calculus.py, against fractions and mpmath


@pytest.mark.parametrize("name", OF_TWO)
@given(x=st.floats(0.01, 100), y=st.floats(-20, 20).filter(lambda y: abs(y) > 0.01))
def test_of_two_arguments(name: str, x: float, y: float) -> None:
    f, node = OF_TWO[name], OPS[name](Value(x), Value(y))
    lost = abs(y * math.log(x)) if name == "pow" else 0.0  # by rounding the exponent y − 1
    with mpmath.workdps(60):
        a, b = mpmath.mpf(x), mpmath.mpf(y)
        slopes = [mpmath.diff(lambda t: f(t, b), a), mpmath.diff(lambda t: f(a, t), b)]
        assert close(node.data, f(a, b), ULPS * abs(f(a, b)))
        for got, want in zip(node.partials, slopes, strict=True):
            assert close(got, want, (ULPS + lost) * abs(want))


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": lambda a, y: -(y * mpmath.log(a) + (1 - y) * mpmath.log(1 - a)),
    "cross_entropy_logits": lambda z, y: mpmath.log(1 + mpmath.exp(z)) - z * y,
}


@given(a=st.floats(1e-300, 1 - 2**-53), z=st.floats(-700, 700), y=st.sampled_from([0.0, 1.0]))
def test_a_cross_entropy_keeps_its_digits_where_it_is_all_but_0_or_1(a: float, z: float, y: float) -> None:
    for name, x in (("cross_entropy", a), ("cross_entropy_logits", z)):
        f, node = LOSSES[name], OPS[name](Value(x), Value(y))
        with mpmath.workdps(700):  # log(1 + e^−700) is not 0
            at, label = mpmath.mpf(x), mpmath.mpf(y)
            want = f(at, label)
            slope = (at - label) / (at * (1 - at)) if name == "cross_entropy" else 1 / (1 + mpmath.exp(-at)) - label
        assert close(node.data, want, ULPS * abs(want))
        assert close(node.partials[0], slope, ULPS * (abs(slope) if name == "cross_entropy" else 1))


def test_every_row_is_held_or_named() -> None:
    assert {op.name for op in OPS.values() if op.arity == 1} == set(REFERENCE) | STEPS
    assert {op.name for op in OPS.values() if op.arity != 1} == set(OF_TWO) | set(LOSSES) | CHOICES | OF_MANY


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("op", [op for op in UNARY if op.kink is None], ids=str)
def test_higher_derivatives(op: Op, order: int) -> None:
    x = 1.7 if op.name == "acosh" else 0.3
    derivative: Any = op
    for _ in range(order):
        derivative = grad(derivative)
    with mpmath.workdps(60):
        want = float(mpmath.diff(REFERENCE[op.name], mpmath.mpf(x), order))

    assert derivative(x) == pytest.approx(want, rel=1e-12, abs=1e-13)
