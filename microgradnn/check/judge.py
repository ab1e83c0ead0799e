"""One gradient is held against what it should be; what cannot be judged is not called right."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite, isinf, nan
from typing import NamedTuple

from .differences import SURE, Function, Sides, Slope, between, central, sides, steep
from .report import CANNOT_TELL, OK, WRONG

ALLOWED = 1000.0  # units of rounding: a wrong derivative is off by far more, a long sum by far less
FAINTEST = 1e-290  # of slopes: below them digits are missing
SEEN = 1e-200  # of slopes: below them the complex step may find 0
FINE = 1e-7  # of the gradient: a tolerance above that would hide a factor of 1 + 1e-6
COARSE = 1e-4  # what a single difference is good for
LOST = "the graph does not know of all the ways from the input to the result; was a number taken out with .data?"


class Case(NamedTuple):
    """One gradient, and what is known of it before the function is called once more."""

    f: Function  # along the number, or the direction
    x: float
    gradient: float
    exact: float  # by the complex step; NaN where there is none
    unit: float  # the rounding to be expected of the gradient
    size: float  # of all that adds up to a gradient, the largest
    noise: float  # the rounding of the function
    rounding: Function  # the same, elsewhere on the line
    sound: Callable[[], bool]  # whether each operation on the way is right, looked at alone
    blamed: Callable[[], bool]  # whether one of them is seen to be wrong
    leak: float = 0.0  # a slope that the graph does not know of
    rtol: float | None = None
    enough: float = 0.0  # what a gradient may be off by in any case

    @property
    def agrees(self) -> bool:
        """Whether the complex step says the same, of a graph that knows all."""
        return not self.leak and abs(self.gradient - self.exact) <= tolerance(self, self.exact)


class Judgement(NamedTuple):
    """What a gradient was held against, and the verdict."""

    reference: float
    method: str
    unit: float
    verdict: str
    note: str = ""


def judge(case: Case) -> Judgement:
    """Hold one gradient against its reference: two calls of the function where they settle it, else many."""
    here = case.f(case.x)
    if not (isfinite(case.x) and isfinite(here)):
        what = "the input is" if not isfinite(case.x) else "the function is"
        return Judgement(nan, f"{what} not finite", case.unit, CANNOT_TELL)
    if isinf(case.gradient):
        return judge_steep(case)
    settled = settle(case)
    if settled:
        return settled
    if case.agrees and case.sound():
        return Judgement(case.exact, "complex step", case.unit, OK)
    noise = case.rounding
    found = central(case.f, case.x, rounding=noise, enough=1e-9 * abs(case.exact))
    unseen = case.exact == 0 and 0 < abs(case.gradient) < SEEN
    if matches(case.exact, found) and not case.leak and not unseen:
        return compare_with_exact(case, can_resolve(case.exact, found, case.size))
    return compare_with_differences(case, found, sides(case.f, case.x, rounding=noise))


def judge_steep(case: Case) -> Judgement:
    """Judge a gradient of ±∞: right where the quotients grow without end.

    Where they do not, rounding may have put an operation at the end of its domain, as in acos(tanh(40)).
    """
    steepest = steep(case.f, case.x)
    verdict = OK if steepest == case.gradient else WRONG if case.leak or case.blamed() else CANNOT_TELL
    return Judgement(steepest, "a vertical tangent", case.unit, verdict)


def settle(case: Case) -> Judgement | None:
    """Compare with the complex step where one central difference, a coarse one, says the same; None in doubt."""
    if not case.agrees:
        return None
    h = abs(case.x) * 2.0**-17 if case.x else 2.0**-17
    if case.exact:
        h = max(h, case.noise / (1e-6 * abs(case.exact)))
    try:
        high, low = case.f(case.x + h), case.f(case.x - h)
    except (ValueError, ArithmeticError):
        return None
    slope = (high - low) / ((case.x + h) - (case.x - h)) if isfinite(h) and h else nan
    if not abs(slope - case.exact) <= COARSE * abs(case.exact):
        return None
    return compare_with_exact(case)


def tolerance(case: Case, reference: float) -> float:
    """Return by how much the gradient may be off a reference that is exact."""
    return case.rtol * abs(reference) if case.rtol is not None else ALLOWED * case.unit


def compare_with_exact(case: Case, confirmed: bool = True) -> Judgement:
    """Compare with the complex step; where rounding would hide an error, every operation has to be right alone.

    So it has where differences cannot confirm it, because the function is narrower than their least step, or too noisy.
    """
    slack = tolerance(case, case.exact)
    if not abs(case.gradient - case.exact) <= slack:
        return Judgement(case.exact, "complex step", case.unit, WRONG if confirmed else CANNOT_TELL)
    fine = (
        confirmed and (case.rtol is not None or slack <= max(FINE * abs(case.gradient), case.enough))
    ) or case.sound()
    return Judgement(case.exact, "complex step", case.unit, OK if fine else CANNOT_TELL)


def matches(exact: float, found: Slope) -> bool:
    """Whether differences say what the complex step does, or nothing."""
    if not isfinite(found.error):
        return exact == exact
    return abs(exact - found.slope) <= SURE * found.error + 1e-10 * abs(exact)


def can_resolve(slope: float, found: Slope, size: float) -> bool:
    """Whether differences are fine enough to say something of a slope."""
    return found.error <= max(1e-3 * abs(slope), 1e-3 * size, 1e-9 * found.around)


def compare_with_differences(case: Case, found: Slope, both: Sides) -> Judgement:
    """Compare with differences; at a kink any slope between those of the sides is a choice."""
    gradient = case.gradient
    ends = [side for side in both if isfinite(side.error)]
    if not ends and not isfinite(found.error):
        return Judgement(nan, "no slope on either side", case.unit, CANNOT_TELL)
    kink = len(ends) == 2 and both.kink
    if kink:
        error = max(side.error for side in both)
        slack = slack_of(case, Slope(max(abs(side.slope) for side in both), error))
        nearest = min((side.slope for side in both), key=lambda slope: abs(slope - gradient))
        method = f"kink: {both.left.slope:.6g} … {both.right.slope:.6g}"
        right = between(gradient, both, slack)
        reference = gradient if right else nearest
        apart = abs(both.left.slope - both.right.slope)
        fine = slack <= FINE * max(abs(gradient), apart) and is_share(gradient, both, slack)
        fine = fine and not case.blamed()  # half of a share is a share too, and 0 the slope of many a side
        verdict = WRONG if not right else OK if fine else CANNOT_TELL
        return Judgement(reference, method, max(case.unit, error), verdict)
    best = min([found, *ends] if len(ends) == 2 else ends or [found], key=lambda slope: slope.error)
    if len(ends) == 1 and not is_defined_beside(case):
        best = ends[0]
    slack = slack_of(case, best)
    apart = abs(gradient - best.slope)
    unit = max(case.unit, best.error)
    if apart > slack or gradient != gradient:
        known = isfinite(case.exact) and abs(gradient - case.exact) <= ALLOWED * case.unit
        note = LOST if known and case.leak else ""
        sure = isfinite(slack) and (case.blamed() if gradient != gradient else agree(best, found, both))
        return Judgement(best.slope, "differences", unit, WRONG if sure else CANNOT_TELL, note if sure else "")
    if case.leak:
        return Judgement(best.slope, "differences", unit, CANNOT_TELL, LOST)
    size = max(abs(gradient), abs(best.slope))
    if size == 0 and case.blamed():  # a slope of 0 on the way hides how rounding moves what is behind it
        return Judgement(best.slope, "differences", unit, CANNOT_TELL)
    still = gradient == 0 and best.around == 0  # it does not move at all
    fine = (
        still
        or slack <= max(FINE * size, 0.0 if gradient else 1e-12 * best.around, case.enough)
        or (case.sound() and slack <= 1e-3 * max(size, case.size, best.around))
    )
    return Judgement(best.slope, "differences", unit, OK if fine or case.rtol is not None else CANNOT_TELL)


def is_share(slope: float, both: Sides, slack: float) -> bool:
    """Whether a slope is that of a side, or a simple fraction of the way to the other: ties are shared by counting.

    A slope that is wrong by a factor may lie between those of the sides as well.
    """
    apart = both.right.slope - both.left.slope
    way = (slope - both.left.slope) / apart
    return abs(way - Fraction(way).limit_denominator(1000)) <= 1e-8 + slack / abs(apart)


def agree(best: Slope, found: Slope, both: Sides) -> bool:
    """Whether no other slope that was found speaks against one."""
    slopes = [one for one in (found, *both) if isfinite(one.error)]
    return all(
        abs(one.slope - best.slope) <= SURE * (one.error + best.error) + 1e-3 * abs(best.slope) for one in slopes
    )


def is_defined_beside(case: Case) -> bool:
    """Whether the function is defined on both sides, and jumps or turns steep on one of them."""
    h = max(abs(case.x), 1.0) * 2.0**-30
    try:
        return isfinite(case.f(case.x + h)) and isfinite(case.f(case.x - h))
    except (ValueError, ArithmeticError):
        return False


def slack_of(case: Case, slope: Slope) -> float:
    """Return by how much the gradient may be off a slope that was found by differences."""
    if case.rtol is not None:
        return max(case.rtol * abs(slope.slope), slope.error)
    return SURE * slope.error + ALLOWED * case.unit
