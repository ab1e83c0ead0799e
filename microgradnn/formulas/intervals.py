"""A graph in intervals: between which two numbers its value and its gradients lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..graph import Node, Op
from ..rules import calculus
from .digits import CONSTANTS, SUMS, Digits, Known, compute

RISING = (
    *("expm1", "exp2", "log1p", "log2", "log10", "log1mexp", "cbrt", "asin", "atan", "sinh", "tanh", "asinh", "acosh"),
    *("atanh", "sigmoid", "logit", "erf", "erfinv", "normal_cdf", "softplus", "floor", "ceil", "trunc", "rint", "sign"),
    *("step", "logaddexp", "logsumexp", "maximum", "minimum", "relu"),
)
FALLING = ("acos", "erfc")


def enclose(output: Node, wrt: Sequence[Node | str] | None = None, *, radius: float = 0.0, digits: int = 17) -> Known:
    """Return intervals of mpmath (an extra) in which the value of a graph of Values and its gradients by `wrt` lie.

    They hold what is right for every choice of numbers that are at most `radius` from those of the leaves that are no
    constants; with 0, for the very floats, so that an interval narrower than a float says if the last digit is right.
    Each operation is rounded outward; what depends on one number twice may be wider than it need be.

    >>> from microgradnn import Value
    >>> x = Value(0.1, "x")
    >>> found = enclose(x * 3, radius=0.01)
    >>> bool(0.27 in found.value and 0.33 in found.value and 0.26 not in found.value)
    True
    """
    if not radius >= 0:
        raise ValueError(f"radius is a number from 0 on; got {radius!r}")
    from mpmath import iv, mp  # type: ignore[import-not-found, import-untyped, unused-ignore]

    before, iv.dps = iv.prec, digits
    try:
        with mp.workprec(iv.prec + 40):
            return compute(output, wrt, Intervals(iv, mp, radius))
    finally:
        iv.prec = before


class Intervals:
    """Intervals of mpmath, of the precision that is set."""

    def __init__(self, iv: Any, mp: Any, radius: float) -> None:
        self.iv, self.mp, self.radius = iv, mp, radius
        self.points = Digits(mp)
        self.pulling = False
        self.rows = rows_of_intervals(self)

    def number(self, x: float) -> Any:
        """Return a float as an interval of no width."""
        return self.iv.mpf(x)

    def leaf(self, x: float) -> Any:
        """Return what a leaf may hold."""
        return self.iv.mpf(x) + self.iv.mpf([-self.radius, self.radius]) if self.radius else self.iv.mpf(x)

    def constant(self, x: float) -> Any:
        """Return a number that a rule has; where it has 16 digits of it, an interval."""
        if x in CONSTANTS:
            return CONSTANTS[x](self.iv)
        return -CONSTANTS[-x](self.iv) if -x in CONSTANTS else self.iv.mpf(x)

    def of(self, name: str, xs: Sequence[Any]) -> Any:
        """Return a row; ValueError where it is not known in intervals."""
        if name in RISING or name in FALLING:
            low, high = [x.a for x in xs], [x.b for x in xs]
            ends = [self.at_point(name, one) for one in ((low, high) if name in RISING else (high, low))]
            return self.iv.mpf([ends[0].a, ends[1].b])
        if name not in self.rows or not isinstance(getattr(calculus, name, None), Op):
            raise ValueError(f"{name} is not known in intervals; microgradnn.to_digits gives its digits")
        return self.rows[name](*xs)

    def at_point(self, name: str, xs: Sequence[Any]) -> Any:
        """Return a row at single numbers, as an interval about what more digits give, as wide as these change it."""
        mp, point = self.mp, [self.mp.mpf(x.a) for x in xs]
        first = self.points.of(name, point)
        with mp.workprec(3 * mp.prec):
            found = self.points.of(name, point)
            if not mp.isfinite(found):
                return self.iv.mpf(found)
            error = 4 * abs(found - first) + abs(found) * mp.mpf(2) ** (-self.iv.prec - 20)
            return self.iv.mpf([found - error, found + error])


def rows_of_intervals(kind: Intervals) -> dict[str, Callable[..., Any]]:
    """Return the rows that neither rise nor fall throughout, made of those that do."""
    iv, of = kind.iv, kind.of
    zero, one = iv.mpf(0), iv.mpf(1)

    def is_zero(x: Any) -> bool:
        return bool(x.a == 0 and x.b == 0)

    def hull(*xs: Any) -> Any:
        return iv.mpf([min(x.a for x in xs), max(x.b for x in xs)])

    def whether(sure: Any, possible: Any) -> Any:
        return one if sure else hull(zero, one) if possible else zero

    def greater(x: Any, y: Any) -> Any:
        return whether(x.a > y.b, x.b > y.a)

    def at_least(x: Any, y: Any) -> Any:
        return whether(x.a >= y.b, x.b >= y.a)

    def equal(x: Any, y: Any) -> Any:
        return whether(x.a == x.b == y.a == y.b, x.a <= y.b and y.a <= x.b)

    def where(x: Any, y: Any, z: Any) -> Any:
        return z if is_zero(x) else hull(y, z) if x.a <= 0 <= x.b else y

    def weigh(x: Any, y: Any) -> Any:
        return zero if is_zero(x) or is_zero(y) else x * y

    def power(x: Any, y: Any) -> Any:
        if y.a == y.b and kind.mp.isint(kind.mp.mpf(y.a)):
            n = int(kind.mp.mpf(y.a))
            return x**n if n >= 0 else 1 / x ** (-n)
        if x.a < 0:
            if kind.pulling:
                return iv.mpf(["-inf", "inf"])
            raise ValueError("a power that is no whole number of an interval with numbers below 0 is not real")
        if is_zero(x):
            return zero if y.a > 0 else iv.mpf([0, "inf"])
        found = iv.exp(y * iv.log(hull(x, iv.mpf(x.b))))
        return found if x.a > 0 else hull(zero, iv.exp(y * iv.log(iv.mpf(x.b)))) if y.a > 0 else iv.mpf([0, "inf"])

    def size(x: Any) -> Any:
        return iv.mpf([max(x.a, -x.b, 0), max(-x.a, x.b)])

    def hypot(x: Any, y: Any) -> Any:
        return iv.sqrt(x**2 + y**2)

    def gaussian(x: Any) -> Any:
        return iv.exp(-(x**2) / 2)

    def cosh(x: Any) -> Any:
        x = size(x)
        return (iv.exp(x) + iv.exp(-x)) / 2

    def log(x: Any) -> Any:
        if x.a < 0:
            if kind.pulling:
                return iv.mpf(["-inf", "inf"])
            raise ValueError("the logarithm of an interval with numbers below 0 is not real")
        return iv.log(x) if x.a > 0 else iv.mpf(["-inf", iv.log(iv.mpf(x.b)).b if x.b > 0 else "-inf"])

    def sqrt(x: Any) -> Any:
        if x.a < 0:
            raise ValueError("the root of an interval with numbers below 0 is not real")
        return iv.sqrt(x)

    def leaky_relu(x: Any, y: Any) -> Any:
        return where(greater(x, zero), x, x * y)

    def elu(x: Any, y: Any) -> Any:
        return where(greater(x, zero), x, y * of("expm1", [of("minimum", [x, zero])]))

    rows: dict[str, Callable[..., Any]] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "weigh": weigh,
        "div": lambda x, y: x / y,
        "neg": lambda x: -x,
        "same": lambda x: x,
        "pow": power,
        "exp": iv.exp,
        "log": log,
        "sqrt": sqrt,
        "xlogy": lambda x, y: zero if is_zero(x) else x * log(y),
        "share": lambda x, y: of("sigmoid", [x - y]),
        "hypot": hypot,
        "sin": iv.sin,
        "cos": iv.cos,
        "tan": iv.tan,
        "cosh": cosh,
        "sech": lambda x: 1 / cosh(x),
        "erfinv_slope": lambda x: iv.sqrt(iv.pi) / 2 * iv.exp(of("erfinv", [x]) ** 2),
        "gaussian": gaussian,
        "leaky_relu": leaky_relu,
        "elu": elu,
        "silu": lambda x: x * of("sigmoid", [x]),
        "gelu": lambda x: x * of("normal_cdf", [x]),
        "abs": size,
        "clip": lambda x, y, z: of("minimum", [of("maximum", [x, y]), z]),
        "where": where,
        "zero": lambda x: equal(x, zero),
        "ahead": lambda x, y: (greater(x, y) + at_least(x, y)) / 2,
        "equal": equal,
        "greater": greater,
        "at_least": at_least,
        "squared_error": lambda x, y: (x - y) ** 2 / 2,
        "cross_entropy": lambda x, y: -weigh(y, log(x)) - weigh(1 - y, of("log1p", [-x])),
        "cross_entropy_logits": lambda x, y: of("softplus", [x]) - x * y,
    }
    return rows | {name: lambda *xs, whole=whole: whole(xs) + zero for name, whole in SUMS.items()}
