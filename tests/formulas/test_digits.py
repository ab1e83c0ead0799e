"""A graph in fractions, in many digits, in intervals: value and gradients are those of what the leaves hold."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, enclose, exactly, logsumexp, maximum, mean, relu, to_digits
from microgradnn.formulas.digits import rows_of_digits
from microgradnn.graph import OPS, Fold, Op
from microgradnn.rules import calculus

mpmath = pytest.importorskip("mpmath")
ROWS = [op for op in OPS.values() if not isinstance(op, Fold) and op.name != "sinc_slope"]  # of whose slope see below
POINTS = [0.3, -0.7, 0.0, 1.5, 20.0, -20.0, 0.5, 1.0]
UNKNOWN = {"atan2", "sinc", "mod"}  # in intervals


def lies_in(x: Any, box: Any, digits: int) -> bool:
    """Whether a number of so many digits lies in an interval, or is NaN."""
    with mpmath.workdps(60):
        slack = 0 if mpmath.isinf(x) else abs(x) * mpmath.mpf(10) ** (1 - digits)
        return bool(mpmath.isnan(x) or mpmath.mpf(box.a) - slack <= x <= mpmath.mpf(box.b) + slack)


def graphs(op: Op) -> list[tuple[tuple[float, ...], Any, list[Value]]]:
    """A row at all points where it is real."""
    found = []
    for xs in product(POINTS, repeat=len(op.partials)):
        leaves = [Value(x, name) for x, name in zip(xs, "abc", strict=False)]
        try:
            output = op(*leaves)
            output.backward()
        except (ValueError, ArithmeticError):
            continue
        found.append((xs, output, leaves))
    return found


@pytest.mark.parametrize("op", ROWS, ids=str)
def test_the_digits_of_a_row_begin_as_the_floats_do_and_lie_in_the_intervals(op: Op) -> None:
    for xs, output, leaves in graphs(op)[:: (1, 1, 3, 37)[len(op.partials)]]:
        want = [output.data, *(x.grad for x in leaves)]
        digits = to_digits(output, 25, leaves)
        known = [digits.value, *(digits.gradients[x.name] for x in leaves)]
        for got, number in zip(known, want, strict=True):
            same = got == number or (math.isnan(number) and mpmath.isnan(got))
            close = abs(got - number) <= 1e-14 * abs(got) + 1e-300  # some 50 units, for slopes
            assert same or close, (xs, got, number)
        if op.name in UNKNOWN:
            with pytest.raises(ValueError, match="not known in intervals"):
                enclose(output, leaves)
            continue
        intervals = enclose(output, leaves)
        for got, box in zip(known, [intervals.value, *(intervals.gradients[x.name] for x in leaves)], strict=True):
            assert lies_in(got, box, 25), (xs, got, box)


@pytest.mark.parametrize("name", ["exp2", "log2", "log10", "erf", "erfc", "erfinv", "gelu", "sinc", "tanh", "log1mexp"])
def test_a_slope_has_digits_that_its_rule_has_not(name: str) -> None:
    x = Value(0.3, "x")
    slope = to_digits(OPS[name](x), 30).gradients["x"]
    with mpmath.workdps(80):
        row = rows_of_digits(mpmath.mp).get(name) or getattr(mpmath, name)
        assert abs(slope - mpmath.diff(row, mpmath.mpf(0.3))) < mpmath.mpf(10) ** -28 * abs(slope)


def test_the_slopes_of_a_mean_and_of_logsumexp_have_all_digits() -> None:
    x, y, z = (Value(0.3 * i, name) for i, name in enumerate("xyz"))
    third = to_digits(mean([x, y, z]), 40).gradients["x"]
    share = to_digits(logsumexp([x, y, z]), 40).gradients["y"]
    with mpmath.workdps(60):
        weights = [mpmath.exp(mpmath.mpf(one.data)) for one in (x, y, z)]
        assert abs(third - mpmath.mpf(1) / 3) < mpmath.mpf(10) ** -39
        assert abs(share - weights[1] / sum(weights)) < mpmath.mpf(10) ** -39


small = st.fractions(-4, 4, max_denominator=8).map(float)


@given(small, small, small)
@settings(max_examples=30)
def test_fractions_are_exact(a: float, b: float, c: float) -> None:
    x, y, z = Value(a, "x"), Value(b, "y"), Value(c, "z")
    found = exactly((x * y - z / 4) ** 3 + relu(x) * maximum(y, z) - mean([x, y, z]))
    p, q, r = map(Fraction, (a, b, c))
    u, positive, ahead = p * q - r / 4, max(p, Fraction(0)), Fraction((q > r) + (q >= r), 2)

    assert found.value == u**3 + positive * max(q, r) - (p + q + r) / 3
    assert found.gradients == {
        "x": 3 * u**2 * q + (p > 0) * max(q, r) - Fraction(1, 3),
        "y": 3 * u**2 * p + positive * ahead - Fraction(1, 3),
        "z": -3 * u**2 / 4 + positive * (1 - ahead) - Fraction(1, 3),
    }


@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(0, 0.05), st.floats(-0.99, 0.99), st.floats(-0.99, 0.99))
@settings(max_examples=30)
def test_an_interval_holds_what_any_point_in_it_gives(a: float, b: float, r: float, s: float, t: float) -> None:
    def graph(p: float, q: float) -> Value:
        x, y = Value(p, "x"), Value(q, "y")
        return (x * y).tanh() * y.log() + relu(x - y) ** 2 / (1 + x * x).sqrt()

    box = enclose(graph(a, b), radius=r + 1e-15 * abs(a) + 1e-15 * b)  # of the sums below the last digit
    digits = to_digits(graph(a + s * r, b + t * r), 30)
    assert lies_in(digits.value, box.value, 30)
    assert all(lies_in(digits.gradients[name], box.gradients[name], 30) for name in ("x", "y"))


def test_the_last_digit_can_be_told() -> None:
    tenth = to_digits(3 * Value(0.1, "x"), 40).value
    assert mpmath.nstr(tenth, 30) == "0.300000000000000016653345369377"  # 3 · 0.1000000000000000055511151231257827…
    assert mpmath.nstr(to_digits(Value(2.0, "x").sqrt(), 40).value, 40) == "1.41421356237309504880168872420969807857"
    slope = to_digits(Value(1000.0, "x").tanh(), 20).gradients["x"]
    assert mpmath.almosteq(slope, 4 * mpmath.exp(-2000), 1e-15)


def at_a_pole() -> Any:
    """A graph whose leaf has moved to a pole since."""
    x = Value(2.0, "x")
    y = 1 / x
    x.data = 0.0
    return y


def test_what_has_no_such_number_is_refused() -> None:
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match="exp of a fraction is no fraction"):
        exactly(x.exp())
    with pytest.raises(ValueError, match="pole"):
        exactly(at_a_pole())
    with pytest.raises(ValueError, match="no ratio"):
        exactly(Value(math.inf, "x") * 2)
    with pytest.raises(ArithmeticError, match="cannot be told from 0"):
        to_digits(x.sqrt() ** 2 - 2, 20)
    with pytest.raises(ValueError, match="second slope of sinc"):
        to_digits(calculus.sinc_slope(x), 20)
    with pytest.raises(ValueError, match="graphs of Values"):
        exactly(Tensor([[1.0]], "T").sum())
    with pytest.raises(ValueError, match="digits is a whole number"):
        to_digits(x, 0)
    with pytest.raises(ValueError, match="radius"):
        enclose(x, radius=-1.0)
