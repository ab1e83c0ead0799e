"""The slope of a function of one number, by differences: what a derivative is checked against.

Ridders' method (C. Ridders, "Accurate computation of F′(x) and F″(x)", Advances in Engineering
Software 4, 1982; Numerical Recipes, section 5.7): differences with smaller and smaller steps,
extrapolated to none. It gives an estimate of its own error along with the slope.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite, ulp
from typing import NamedTuple

STEPS = 30  # halvings of the step, from the first that stays in the domain: after them rounding is all that is left
SHRINK = 2.0

Function = Callable[[float], float]


class Slope(NamedTuple):
    """A slope, and how far it may be off."""

    slope: float
    error: float


class Sides(NamedTuple):
    """The slopes on both sides of a point; where they differ, it is a kink."""

    left: Slope
    right: Slope

    @property
    def kink(self) -> bool:
        """Whether the two differ by more than their errors explain."""
        apart = abs(self.left.slope - self.right.slope)
        size = max(abs(self.left.slope), abs(self.right.slope))
        return isfinite(apart) and apart > 100 * (self.left.error + self.right.error) + 1e-4 * size


def central(f: Function, x: float, *, rounding: float = 0.0) -> Slope:
    """Return the slope of f at x, by (f(x + h) − f(x − h)) / 2h.

    `rounding` is the error of f itself, if it is more than its last digit.
    """
    rounding = max(rounding, last_digit(f(x)))
    return extrapolated(lambda h: (f(x + h) - f(x - h)) / ((x + h) - (x - h)), x, power=2, rounding=rounding)


def sides(f: Function, x: float, *, rounding: float = 0.0) -> Sides:
    """Return the slopes of f to the left and to the right of x; `rounding` as for `central`."""
    here = f(x)
    rounding = max(rounding, last_digit(here))
    left = extrapolated(lambda h: (f(x - h) - here) / ((x - h) - x), x, power=1, rounding=rounding)
    right = extrapolated(lambda h: (f(x + h) - here) / ((x + h) - x), x, power=1, rounding=rounding)
    return Sides(left, right)


def steep(f: Function, x: float) -> float:
    """Return the steepest difference quotient near x, on whichever side there is one: for slopes that are ∞."""
    here, h = f(x), 1e-12 * max(abs(x), 1.0)
    found = []
    for step in (h, -h):
        try:
            slope = (f(x + step) - here) / step
        except (ValueError, ArithmeticError):
            continue
        if slope == slope:  # a Tensor is NaN outside of a domain
            found.append(slope)
    return max(found, key=abs, default=0.0)


def last_digit(x: float) -> float:
    """Return what the last digit of x stands for."""
    return ulp(x) if isfinite(x) else inf


def extrapolated(difference: Function, x: float, *, power: int, rounding: float) -> Slope:
    """Return the limit of `difference(h)` for h → 0; its error goes with h^power, h^(2 power) and so on.

    Where a step leads out of the domain of the function, a smaller one is taken.
    """
    h = 0.1 * max(abs(x), 1.0)
    best = Slope(inf, inf)
    row: list[float] = []
    steps = 0
    while steps < STEPS and x + h != x:
        h /= SHRINK
        try:
            first = difference(h)
        except (ValueError, ArithmeticError):
            first = inf
        if not isfinite(first):
            row, steps = [], 0
            continue
        steps += 1
        new, factor = [first], 1.0
        for j, old in enumerate(row):
            factor *= SHRINK**power
            new.append((factor * new[j] - old) / (factor - 1))
            error = max(abs(new[j + 1] - new[j]), abs(new[j + 1] - old), rounding / h)
            if error <= best.error:
                best = Slope(new[j + 1], error)
        row = new
    return best


def between(slope: float, both: Sides, slack: float) -> bool:
    """Whether a slope lies between those of the two sides: at a kink, any of them is a choice."""
    ends: Sequence[float] = sorted((both.left.slope, both.right.slope))
    return ends[0] - slack <= slope <= ends[1] + slack
