"""Ridders' differences find slopes, and know how well."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn.check.differences import Sides, Slope, between, central, sides, steep

CURVES: list[tuple[Callable[[float], float], Callable[[float], float]]] = [
    (math.sin, math.cos),
    (math.exp, math.exp),
    (lambda x: x**3, lambda x: 3 * x**2),
    (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
]


@pytest.mark.parametrize(("f", "slope"), CURVES)
@given(x=st.floats(-3, 3))
def test_the_error_told_bounds_the_error_made(
    f: Callable[[float], float], slope: Callable[[float], float], x: float
) -> None:
    found = central(f, x)

    # The estimate is one, not a bound: ten times it is.
    assert abs(found.slope - slope(x)) <= 10 * found.error + 1e-12
    assert found.error < 1e-7


@pytest.mark.parametrize("x", [1e-12, 1e-300, 1e-6, 1e8])
def test_the_step_suits_the_number(x: float) -> None:
    assert central(math.log, x).slope == pytest.approx(1 / x, rel=1e-6)  # a step of 1e-6 would leave the domain


def test_a_kink_beside_the_point_does_not_disturb() -> None:
    assert central(abs, 1e-3).slope == pytest.approx(1, abs=1e-9)
    assert not sides(abs, 1e-3).kink


def test_the_sides_of_a_kink_are_told_apart_and_those_of_a_curve_are_not() -> None:
    both = sides(abs, 0.0)

    assert (both.left.slope, both.right.slope) == (-1, 1)
    assert both.kink
    assert not sides(math.exp, 0.0).kink


def test_any_slope_between_the_sides_will_do() -> None:
    both = Sides(Slope(-1.0, 0.0), Slope(1.0, 0.0))

    assert [between(slope, both, 0.1) for slope in (-1.2, -1.05, 0.3, 1.05, 1.2)] == [False, True, True, True, False]


def test_where_a_side_is_out_of_the_domain_the_other_is_found() -> None:
    both = sides(math.sqrt, 4.0)
    edge = sides(lambda x: math.sqrt(x) ** 3, 0.0)

    assert both.left.slope == pytest.approx(0.25, abs=1e-9)
    assert edge.left.error == math.inf
    assert edge.right.slope == pytest.approx(0, abs=1e-3)  # x^1.5 has no second derivative there
    assert steep(math.sqrt, 0.0) > 1e5
    assert steep(math.sin, 0.0) == pytest.approx(1)  # whose quotients grow towards 0, and not without end
    assert steep(lambda x: math.sqrt(x - 1e8), 1e8) == math.inf
    assert steep(lambda x: math.sqrt(x - 1e-300), 1e-300) == math.inf
