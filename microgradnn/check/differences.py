"""The slope of a function of one number, by differences: what a derivative is checked against.

No step suits all functions: of sin at 10⁸ one of 10⁻⁵ does, of log at 10⁻³⁰⁰ one of 10⁻³¹⁰. So there is a ladder
of steps. Up to some step the quotients agree but for the rounding of the function, and there the slope is read off;
beyond it they bend off, meet a kink, or see nothing of what is narrow. Extrapolation above it (C. Ridders, "Accurate
computation of F′(x) and F″(x)", Advances in Engineering Software 4, 1982; Numerical Recipes, section 5.7) gives more
digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import frexp, inf, isfinite, isinf, nan, ulp
from typing import NamedTuple

RUN = 2  # pairs of steps in a row that agree are no accident
TOPS = 8, 128, 2048  # times the largest step that agrees, where extrapolation begins: as far up as rounding asks for
GAIN = 100.0  # of the extrapolation: what it promises beyond may be an accident
COLUMNS = 9  # of the extrapolation: after them rounding is all that is left
SURE = 8.0  # times its error: what a slope may be off by

Function = Callable[[float], float]


class Slope(NamedTuple):
    """A slope, how far it may be off, and how steep the function is around."""

    slope: float
    error: float
    around: float = 0.0


NO_SLOPE = Slope(nan, inf)


class Sides(NamedTuple):
    """The slopes on both sides of a point; where they differ, it is a kink."""

    left: Slope
    right: Slope

    @property
    def kink(self) -> bool:
        """Whether the two differ by more than their errors explain."""
        apart = abs(self.left.slope - self.right.slope)
        size = max(abs(self.left.slope), abs(self.right.slope))
        return isfinite(apart) and apart > SURE * (self.left.error + self.right.error) + 1e-12 * size


class Level(NamedTuple):
    """A difference quotient with one step."""

    step: float
    slope: float
    bar: float  # what rounding of the function makes of it


def central(f: Function, x: float, *, rounding: Function | float = 0.0, enough: float = 0.0) -> Slope:
    """Return the slope of f at x, by (f(x + h) − f(x − h)) / 2h; its error is ∞ where there is none.

    `rounding` is the error of f itself, at a point or everywhere, if it is more than its last digit. An error
    of `enough` ends the search.
    """
    return climb(f, x, (-1.0, 1.0), rounding, enough)


def sides(f: Function, x: float, *, rounding: Function | float = 0.0, enough: float = 0.0) -> Sides:
    """Return the slopes of f to the left and to the right of x; `rounding` and `enough` as for `central`."""
    return Sides(climb(f, x, (-1.0, 0.0), rounding, enough), climb(f, x, (0.0, 1.0), rounding, enough))


def climb(f: Function, x: float, ends: tuple[float, float], rounding: Function | float, enough: float) -> Slope:
    """Return the slope of f between x + ends[0] h and x + ends[1] h for h → 0."""
    if not isfinite(x) or (callable(rounding) and isinf(rounding(x))):
        return NO_SLOPE

    def level(h: float) -> Level | None:
        return quotient(f, x + ends[0] * h, x + ends[1] * h, h, rounding)

    levels: list[Level] = []
    for h in ladder(x):
        if h > max(abs(x), 1.0) and levels and (not levels[-1].slope or levels[-1].bar <= 1e-9 * abs(levels[-1].slope)):
            break  # only rounding asks for steps that large
        one = level(h)
        levels += [one] if one else []
    best, highest = plateau(levels)
    if best.error <= enough:
        return best
    for factor in TOPS:
        fine = extrapolate(level, factor * highest, 2 if all(ends) else 1)
        fine = Slope(fine.slope, max(fine.error, best.error / GAIN), best.around)
        if fine.error < best.error and abs(fine.slope - best.slope) <= SURE * best.error:
            best = fine
    return best


def ladder(x: float) -> list[float]:
    """Return steps from small to large, powers of two: in proportion to x, then up to 1, then above."""
    near = range(-44, 0, 4)
    if x:
        size = frexp(x)[1]
        top = max(size, 0)
        far = range(size, -44, max(4, -size // 10))  # far below 1: what is added to it may be near 1
        exponents = sorted({size + k for k in near} | set(far) | {k for k in near if k >= size})
    else:
        top = 0
        exponents = [-1000, -800, -600, -400, -200, -140, -100, -80, -60, -52, *near]
    exponents += range(top, min(top + 44, 1000), 4)
    return [2.0**k for k in exponents if x + 2.0**k != x != x - 2.0**k and k > -1060]


def quotient(f: Function, left: float, right: float, h: float, rounding: Function | float) -> Level | None:
    """Return (f(right) − f(left)) / (right − left), with its rounding; None where f is not defined."""
    try:
        low, high = f(left), f(right)
        error = rounding(right if abs(right) >= abs(left) else left) if callable(rounding) else rounding
    except (ValueError, ArithmeticError):
        return None
    slope = (high - low) / (right - left)
    if not isfinite(slope) or error != error:
        return None
    return Level(h, slope, max(error, 2 * ulp(low), 2 * ulp(high)) / (right - left))


def plateau(levels: Sequence[Level]) -> tuple[Slope, float]:
    """Return the slope on which levels in a row agree but for rounding, and the largest step that does.

    The lowest such stretch counts, if what is below it differs by no more than rounding.
    """
    if len(levels) <= RUN:
        return NO_SLOPE, levels[0].step if levels else 1.0
    agree = [abs(one.slope - two.slope) <= 2 * (one.bar + two.bar) for one, two in pairwise(levels)]
    around = max(abs(level.slope) for level in levels)
    first = 0
    for i, same in enumerate([*agree, False]):
        if same:
            continue
        if i - first >= RUN:
            pairs = pairwise(levels[first : i + 1])
            found = [Slope(two.slope, max(two.bar, abs(two.slope - one.slope)), around) for one, two in pairs]
            best = min(found, key=lambda one: one.error)
            if all(abs(below.slope - best.slope) <= 8 * below.bar + best.error for below in levels[:first]):
                return best, levels[i].step
            return NO_SLOPE, levels[i].step
        first = i + 1
    return bend(levels, around), levels[0].step


def bend(levels: Sequence[Level], around: float) -> Slope:
    """Return the slope at the least step of a function that bends at every scale, as x^1.5 does."""
    rises = [abs(level.slope * level.step) for level in levels[:3]]
    if not 4 * rises[0] <= rises[1] <= rises[2] / 4:  # it jumps, or is too narrow to be seen
        return NO_SLOPE
    return Slope(levels[0].slope, max(abs(levels[0].slope - levels[1].slope), levels[0].bar), around)


def extrapolate(level: Callable[[float], Level | None], h: float, power: int) -> Slope:
    """Return the limit of the quotients for h → 0; their error goes with h^power, h^(2 power) and so on."""
    best, row = NO_SLOPE, list[float]()
    while len(row) < COLUMNS:
        one = level(h)
        h /= 2
        if one is None:
            return best
        new, factor = [one.slope], 1.0
        for j, old in enumerate(row):
            factor *= 2.0**power
            new.append((factor * new[j] - old) / (factor - 1))
            error = max(abs(new[j + 1] - new[j]), abs(new[j + 1] - old), one.bar)
            if error <= best.error:
                best = Slope(new[j + 1], error, abs(one.slope))
        row = new
    return best


def steep(f: Function, x: float) -> float:
    """Return ±∞ where the quotients of f grow without end towards x, on either side; else the steepest of them."""
    found = 0.0
    for side in (1.0, -1.0):
        for least in (4 * ulp(x) if x else 2.0**-600, 2.0**-60, 2.0**-40):  # beside other numbers the least are lost
            if x + least == x:
                continue
            try:
                one, two, three = ((f(x + side * h) - f(x)) / (side * h) for h in (least, least * 256, least * 65536))
            except (ValueError, ArithmeticError):
                continue
            if one != one:  # a Tensor is NaN outside of a domain
                continue
            grows = abs(one) > abs(two) > abs(three) and abs(one - two) >= 0.5 * abs(two - three) > 1e-3 * abs(three)
            if not isfinite(one) or grows:
                return inf if one > 0 else -inf
            found = max(found, one, key=abs)
    return found


def between(slope: float, both: Sides, slack: float) -> bool:
    """Whether a slope lies between those of the two sides: at a kink, any of them is a choice."""
    ends: Sequence[float] = sorted((both.left.slope, both.right.slope))
    return ends[0] - slack <= slope <= ends[1] + slack
