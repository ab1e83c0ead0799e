"""NumPy's element-wise words that are no rows, but made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ..graph import Node
from ..rules import arrays, calculus
from .rearrange import expand_dims, moveaxis, operand

LN2 = calculus.LN2


def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """Return it, but the bounds where it is beyond; None is no bound, and of bounds that cross the upper holds."""
    x, low, high = operand(a), min if a_min is None else a_min, max if a_max is None else a_max
    if low is None or high is None:
        bound = high if low is None else low
        row = calculus.minimum if low is None else calculus.maximum
        return x if bound is None else row(x, bound)
    if not isinstance(low, Node) and not isinstance(high, Node) and np.any(np.greater(low, high)):
        return calculus.minimum(calculus.maximum(x, low), high)
    return calculus.clip(x, low, high)


def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Return it with numbers for NaN and ±∞, by default 0 and the largest that there are."""
    x = operand(x)
    most = float(np.finfo(x.dtype).max)
    high, low = most if posinf is None else posinf, -most if neginf is None else neginf
    found = calculus.where(calculus.equal(x, x), x, nan)
    found = calculus.where(calculus.equal(x, np.inf), high, found)
    return calculus.where(calculus.equal(x, -np.inf), low, found)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Return for each place the choice whose condition holds first."""
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = calculus.where(condition, choice, result)
    return result


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **options: Any) -> Any:
    """Return at each place what the function, or the number, of the last condition that holds there gives."""
    x = operand(x)
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    result: Any = 0
    if len(funclist) == len(conditions) + 1:
        result = funclist[-1](x, *args, **options) if callable(funclist[-1]) else funclist[-1]
    for condition, one in zip(conditions, funclist, strict=False):
        result = calculus.where(condition, one(x, *args, **options) if callable(one) else one, result)
    return result


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Return what straight lines between the points (xp, fp) are worth at x; beyond them left, right, or the ends."""
    if period is not None:
        raise ValueError("interp: period is not for Tensors; write x % period, and points that reach over a whole one")
    x, xp, fp = operand(x), operand(xp), operand(fp)
    at = expand_dims(x, -1)
    low, high = arrays.take(xp, index=slice(None, -1)), arrays.take(xp, index=slice(1, None))
    begin, end = arrays.take(fp, index=slice(None, -1)), arrays.take(fp, index=slice(1, None))
    gone = calculus.maximum(calculus.minimum(at, high), low) - low
    found = arrays.take(fp, index=0) + arrays.sum((end - begin) / (high - low) * gone, axis=-1)
    if left is not None:
        found = calculus.where(calculus.greater(arrays.take(xp, index=0), x), left, found)
    return found if right is None else calculus.where(calculus.greater(x, arrays.take(xp, index=-1)), right, found)


def logspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, **options: Any) -> Any:
    """Return powers of `base` to exponents from one number to another, evenly."""
    return calculus.pow(operand(base), np.linspace(start, stop, num, endpoint, **options))


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Any:
    """Return numbers from one to another of the same sign, each by the same factor from the one before.

    Raises ValueError from or to 0, and across it: no factor leads there.
    """
    first, last = operand(start), operand(stop)
    ends = [np.asarray(x._held() if isinstance(x, Node) else x) for x in (first, last)]
    if np.any(np.sign(ends[0]) * np.sign(ends[1]) <= 0):
        raise ValueError(f"geomspace goes between numbers of one sign, by a factor; got {start!r:.60} to {stop!r:.60}")
    part = np.linspace(0, 1, num, endpoint).reshape(-1, *[1] * max(np.ndim(first), np.ndim(last)))
    return moveaxis(first * calculus.pow(last / first, part), 0, axis)


def itself(x: Any, *_: Any, **__: Any) -> Any:
    """Return a real number as it is: its real part, its conjugate."""
    return operand(x)


def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """Return it as a node of its own."""
    return calculus.same(operand(a))


def imag(x: Any) -> Any:
    """Return 0 for each number, being real."""
    return arrays.nothing(operand(x))


def angle(z: Any, deg: bool = False) -> Any:
    """Return 0, or π where it is negative, being real."""
    return calculus.step(-operand(z)) * (180.0 if deg else np.pi)


def logaddexp2(x: Any, y: Any) -> Any:
    """Return log₂(2^x + 2^y)."""
    return calculus.logaddexp(operand(x) * LN2, operand(y) * LN2) / LN2


def fmax(x: Any, y: Any) -> Any:
    """Return the larger, or the one that is no NaN."""
    x, y = operand(x), operand(y)
    best = calculus.maximum(x, y)
    return calculus.where(calculus.equal(x, x), calculus.where(calculus.equal(y, y), best, x), y)


def fmin(x: Any, y: Any) -> Any:
    """Return the smaller, or the one that is no NaN."""
    x, y = operand(x), operand(y)
    best = calculus.minimum(x, y)
    return calculus.where(calculus.equal(x, x), calculus.where(calculus.equal(y, y), best, x), y)


def fmod(x: Any, y: Any) -> Any:
    """Return the rest of a division with the sign of x."""
    x, size = operand(x), calculus.abs(operand(y))
    return calculus.where(calculus.step(-x), -calculus.mod(-x, size), calculus.mod(x, size))


def floor_divide(x: Any, y: Any) -> Any:
    """Return ⌊x / y⌋, of which x % y is the rest."""
    x, y = operand(x), operand(y)
    return calculus.rint((x - calculus.mod(x, y)) / y)


def round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Return the nearest number of so many decimals, of two the even one; its slope is 0."""
    return calculus.rint(operand(a)) if not decimals else calculus.rint(operand(a) * 10.0**decimals) / 10.0**decimals


def heaviside(x: Any, y: Any) -> Any:
    """Return 0 where x < 0, y where it is 0, and 1 where it is above."""
    return calculus.where(operand(x), calculus.step(operand(x)), y)


def copysign(x: Any, y: Any) -> Any:
    """Return |x| with the sign of y, which is no node or has a slope of 0."""
    x, y = operand(x), operand(y)
    return (
        calculus.where(calculus.step(-y), -calculus.abs(x), calculus.abs(x))
        if isinstance(y, Node)
        else (calculus.abs(x) * np.where(np.signbit(y), -1.0, 1.0))
    )


def ldexp(x: Any, i: Any) -> Any:
    """Return x · 2ⁱ."""
    return operand(x) * np.exp2(i)


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """Return ⌊x / y⌋ and the rest."""
    return floor_divide(x, y), calculus.mod(operand(x), operand(y))


def modf(x: Any) -> tuple[Any, Any]:
    """Return what is behind the point and what is before it, each with the sign of x."""
    x = operand(x)
    whole = calculus.trunc(x)
    return x - whole, whole


OF_UFUNCS: Final[dict[str, Any]] = {
    "square": lambda x: x**2,
    "reciprocal": lambda x: 1 / x,
    "fabs": calculus.abs,
    "conjugate": itself,
    "deg2rad": lambda x: x * (np.pi / 180),
    "radians": lambda x: x * (np.pi / 180),
    "rad2deg": lambda x: x * (180 / np.pi),
    "degrees": lambda x: x * (180 / np.pi),
    "float_power": calculus.pow,
    "logaddexp2": logaddexp2,
    "fmax": fmax,
    "fmin": fmin,
    "heaviside": heaviside,
    "fmod": fmod,
    "floor_divide": floor_divide,
    "copysign": copysign,
    "ldexp": ldexp,
    "divmod": divmod,
    "modf": modf,
}
