"""A graph in other numbers: fractions, as many digits as are asked for, intervals that hold what is right.

The rules of the table run on them as they run on floats, so value and gradients are those of the very numbers that the
leaves hold: 0.1 is the float, 3602879701896397/36028797018963968.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from ..graph import OPS, Node, Op, topological
from ..graph.paths import back
from ..rules import calculus
from .derive import resolve_arguments
from .numbers import Number

MOST_DIGITS = 16  # times as many as are asked for, before it is given up
SUMS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "mean": lambda xs: sum(xs) / len(xs),
    "prod": math.prod,
    "dot": lambda xs: sum(x * y for x, y in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)),
}
CONSTANTS: dict[float, Callable[[Any], Any]] = {  # what the rules have to 16 digits
    calculus.LN2: lambda mp: mp.log(2),
    calculus.ONE_OVER_LN2: lambda mp: 1 / mp.log(2),
    calculus.ONE_OVER_LN10: lambda mp: 1 / mp.log(10),
    calculus.TWO_OVER_ROOT_PI: lambda mp: 2 / mp.sqrt(mp.pi),
    calculus.ONE_OVER_ROOT_TWO_PI: lambda mp: 1 / mp.sqrt(2 * mp.pi),
    calculus.ROOT_PI_OVER_TWO: lambda mp: mp.sqrt(mp.pi) / 2,
    calculus.PI_SQUARED: lambda mp: mp.pi**2,
}
CHOICES = ("step", "sign", "zero", "ahead", "equal", "greater", "at_least")  # which are 0, ½ or ±1, if as floats


class Known(NamedTuple):
    """A value, and the gradients by the names of the leaves, in numbers of one kind."""

    value: Any
    gradients: dict[str, Any]


class Fractions:
    """Ratios of whole numbers: a row that may give another number is refused."""

    pulling = False

    def number(self, x: float) -> Fraction:
        """Return a float as the ratio that it is."""
        if not math.isfinite(x):
            raise ValueError(f"{x} is no ratio of whole numbers")
        return Fraction(x)

    constant = number

    def of(self, name: str, xs: Sequence[Any]) -> Fraction:
        """Return a row at fractions."""
        if name in SUMS:
            return Fraction(SUMS[name](xs))
        try:
            found = OPS[name].scalar(*xs)
        except ZeroDivisionError:
            raise ValueError(f"{name} has a pole at {', '.join(map(str, xs))}, which is no fraction") from None
        if name not in CHOICES and not isinstance(found, (Fraction, int)):
            raise ValueError(
                f"{name} of a fraction is no fraction; microgradnn.to_digits(node, 50) gives the digits of it"
            )
        return Fraction(found)


def exactly(output: Node, wrt: Sequence[Node | str] | None = None) -> Known:
    """Return the value of a graph of Values, and its gradients by `wrt` as for `derive`, as fractions, without error.

    Raises ValueError where an operation is not one of + − × ÷, whole powers, and branches such as relu; there is
    `to_digits` for these.

    >>> from microgradnn import Value
    >>> x = Value(3.0, "x")
    >>> exactly(1 / x + x / 7)
    Known(value=Fraction(16, 21), gradients={'x': Fraction(2, 63)})
    """
    return compute(output, wrt, Fractions())


def to_digits(output: Node, digits: int = 50, wrt: Sequence[Node | str] | None = None) -> Known:
    """Return the value of a graph of Values, and its gradients, to so many digits, as numbers of mpmath (an extra).

    It is computed with more digits until they do not change. Raises ArithmeticError where that does not come to an
    end, as with (√2)² − 2, which is 0.

    >>> from microgradnn import Value
    >>> from mpmath import nstr
    >>> nstr(to_digits(Value(2.0, "x").sqrt(), 30).value, 30)
    '1.41421356237309504880168872421'
    """
    if not isinstance(digits, int) or digits < 1:
        raise ValueError(f"digits is a whole number from 1 on; got {digits!r}")
    from mpmath import mp  # type: ignore[import-not-found, import-untyped, unused-ignore]

    work, before = digits + 15, None
    while work <= MOST_DIGITS * (digits + 15):
        with mp.workdps(work):
            found = compute(output, wrt, Digits(mp))
            if before is not None and all(map(lambda x, y: close(mp, x, y, digits), flat(found), flat(before))):
                with mp.workdps(digits):
                    return Known(+found.value, {name: +x for name, x in found.gradients.items()})
        work, before = 2 * work, found
    raise ArithmeticError(
        f"with {work // 2} digits it still cannot be told from 0 to {digits} digits: what is right cancels, or is 0"
    )


def flat(known: Known) -> list[Any]:
    """Return all its numbers."""
    return [known.value, *known.gradients.values()]


def close(mp: Any, x: Any, y: Any, digits: int) -> bool:
    """Whether two numbers agree in so many digits."""
    if x == y or (mp.isnan(x) and mp.isnan(y)):
        return True
    return bool(mp.isfinite(x) and mp.isfinite(y) and abs(x - y) <= mp.mpf(10) ** -(digits + 1) * abs(x))


class Digits:
    """Numbers of mpmath, of the precision that is set."""

    def __init__(self, mp: Any) -> None:
        self.mp = mp
        self.rows = rows_of_digits(mp)
        self.pulling = False
        self.exact = {x: constant(mp) for x, constant in CONSTANTS.items()}

    def number(self, x: float) -> Any:
        """Return a float as it is."""
        return self.mp.mpf(x)

    def constant(self, x: float) -> Any:
        """Return a number that a rule has, with all digits where the rule has 16."""
        return self.exact[x] if x in self.exact else -self.exact[-x] if -x in self.exact else self.mp.mpf(x)

    def of(self, name: str, xs: Sequence[Any]) -> Any:
        """Return a row; ValueError where it is not real, or is not known in such numbers."""
        row = self.rows.get(name) or getattr(self.mp, name, None)
        if row is None or not isinstance(getattr(calculus, name, None), Op):
            raise ValueError(f"{name} is an operation of your own, of which mpmath knows no digits")
        found = row(*xs)
        if not isinstance(found, self.mp.mpf):
            if self.pulling:
                return self.mp.nan
            raise ValueError(f"{name} is not real at {', '.join(self.mp.nstr(x, 6) for x in xs)}")
        return found


def rows_of_digits(mp: Any) -> dict[str, Callable[..., Any]]:
    """Return the rows in mpmath's numbers; one of its own name there needs no line."""
    zero, one = mp.mpf(0), mp.mpf(1)

    def div(x: Any, y: Any) -> Any:
        if y == 0:
            return mp.nan if x == 0 or mp.isnan(x) else mp.inf * mp.sign(x)
        return x / y

    def power(x: Any, y: Any) -> Any:
        return mp.inf if x == 0 and y < 0 else x**y

    def sigma(x: Any) -> Any:
        return 1 / (1 + mp.exp(-x)) if x >= 0 else mp.exp(x) / (1 + mp.exp(x))

    def xlogy(x: Any, y: Any) -> Any:
        return x * mp.log(y) if x else zero

    def softplus(x: Any) -> Any:
        return max(x, zero) + mp.log1p(mp.exp(-abs(x)))

    def cdf(x: Any) -> Any:
        return mp.erfc(-max(x, mp.mpf(-1000)) / mp.sqrt(2)) / 2

    def sinc(x: Any) -> Any:
        return mp.sinpi(x) / (mp.pi * x) if x else one

    def sinc_slope(x: Any) -> Any:
        if abs(x) < 1:
            return -(mp.pi**2) * x / 3 * mp.hyp0f1(mp.mpf(5) / 2, -((mp.pi * x) ** 2) / 4)
        return (mp.cospi(x) - sinc(x)) / x

    def logsumexp(*xs: Any) -> Any:
        top = max(xs)
        return top + mp.log(sum(mp.exp(x - top) for x in xs)) if mp.isfinite(top) else top

    def trunc(x: Any) -> Any:
        return mp.sign(x) * mp.floor(abs(x))

    rows: dict[str, Callable[..., Any]] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "weigh": lambda x, y: x * y if x != 0 and y != 0 else zero,
        "div": div,
        "neg": lambda x: -x,
        "same": lambda x: x,
        "pow": power,
        "log2": lambda x: mp.log(x) / mp.log(2),
        "log10": lambda x: mp.log(x) / mp.log(10),
        "exp2": lambda x: mp.mpf(2) ** x,
        "log1mexp": lambda x: mp.log(-mp.expm1(-x)) if x < 1 else mp.log1p(-mp.exp(-x)),
        "xlogy": xlogy,
        "logaddexp": lambda x, y: logsumexp(x, y),
        "share": lambda x, y: sigma(x - y),
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "atan2": lambda x, y: mp.atan2(x, y),
        "sinc": sinc,
        "sinc_slope": sinc_slope,
        "erfc": lambda x: mp.erfc(min(x, mp.mpf(1000))),  # e^(−10⁶) already, and mpmath cannot count much further
        "erfinv_slope": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),
        "sigmoid": sigma,
        "logit": lambda x: mp.log(x) - mp.log1p(-x),
        "gaussian": lambda x: mp.exp(-x * x / 2),
        "normal_cdf": cdf,
        "relu": lambda x: max(x, zero),
        "leaky_relu": lambda x, y: x if x > 0 else x * y,
        "elu": lambda x, y: x if x > 0 else y * mp.expm1(x),
        "softplus": softplus,
        "silu": lambda x: x * sigma(x),
        "gelu": lambda x: x * cdf(x),
        "abs": abs,
        "maximum": max,
        "minimum": min,
        "clip": lambda x, y, z: min(max(x, y), z),
        "where": lambda x, y, z: y if x else z,
        "trunc": trunc,
        "rint": mp.nint,
        "mod": lambda x, y: x % y,
        "step": lambda x: one * (x > 0),
        "zero": lambda x: one * (x == 0),
        "ahead": lambda x, y: (one * (x > y) + one * (x >= y)) / 2,
        "equal": lambda x, y: one * (x == y),
        "greater": lambda x, y: one * (x > y),
        "at_least": lambda x, y: one * (x >= y),
        "squared_error": lambda x, y: (x - y) ** 2 / 2,
        "cross_entropy": lambda x, y: -xlogy(y, x) - (mp.log1p(-x) * (1 - y) if y != 1 else zero),
        "cross_entropy_logits": lambda x, y: softplus(x) - x * y,
        "logsumexp": logsumexp,
    }
    return rows | {name: lambda *xs, whole=whole: whole(xs) + zero for name, whole in SUMS.items()}


def compute(output: Node, wrt: Sequence[Node | str] | None, kind: Any) -> Known:
    """Return a graph of Values and its gradients in numbers of a kind."""
    order, _, wanted = resolve_arguments(output, wrt, None)
    if hasattr(output, "shape"):
        raise ValueError("this is for graphs of Values; of a Tensor take one number: Value(float(T.data[0, 0]))")
    numbers: dict[Any, Number] = {}
    for x in order:
        inputs = [numbers[one] for one in x.inputs]
        if x.op is None:
            free = x.kind != "constant" and hasattr(kind, "leaf")
            numbers[x] = Number(kind, None, (), (kind.leaf if free else kind.number)(float(x.item())))
        else:  # a program that was called does its steps
            numbers[x] = x.op(*inputs) if hasattr(x.op, "steps") else Number._record(x.op, *inputs)
    root = numbers[output]
    goals = [numbers[x] for x in wanted]
    grads = back(topological(root), goals, Number(kind, None, (), kind.number(1.0)), on_nodes=True)
    zero = kind.number(0.0)
    names = [x.name or f"x{i}" for i, x in enumerate(wanted, 1)]
    return Known(
        root.value, {name: grads[x].value if x in grads else zero for name, x in zip(names, goals, strict=True)}
    )
