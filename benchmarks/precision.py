"""How many digits the rows keep: the worst error of each row's value and slopes, in units in the last place.

Run it: `python benchmarks/precision.py [row …]`. Each row is tried all over its domain: at powers of two, at ends,
ties and other awkward numbers, and at random numbers of any size. The reference is mpmath's at 50 digits and more.
Subnormal arguments and results are left out, as are slopes at a kink, and where the value overflows or is subnormal.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import mpmath
import numpy as np

from microgradnn.graph import OPS, Interval, Op, limits

SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max
GOAL = (2.0, 8.0)  # of a value, of a slope
SLOPES_THEMSELVES = ("erfinv_slope", "sinc_slope")  # whose value is the slope of another row
# What a row loses beyond the goal, and why.
REASONS = {"gelu": "between −3 and −1 the C library's erfc errs by up to 2.2 units, beyond −37 two exponentials by 3"}
mpf = mpmath.mpf

# The rows as mpmath has them; a row of its own name there needs no line.
EXACT: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "weigh": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "same": lambda x: x,
    "pow": lambda x, y: x**y,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "exp2": lambda x: mpf(2) ** x,
    "log1mexp": lambda x: mpmath.log(-mpmath.expm1(-x)),
    "xlogy": lambda x, y: x * mpmath.log(y) if x else mpf(0),
    "logaddexp": lambda x, y: max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y))),
    "share": lambda x, y: sigma(x - y),
    "sinc": lambda x: sinc(x),
    "sinc_slope": lambda x: sinc_slope(x),
    "erfinv_slope": lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(mpmath.erfinv(x) ** 2),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "logit": lambda x: mpmath.log(x) - mpmath.log1p(-x),
    "erfc": lambda x: mpmath.erfc(min(x, mpf(1000))),  # e^(−10⁶) already, and mpmath cannot count much further
    "gaussian": lambda x: mpmath.exp(-x * x / 2),
    "normal_cdf": lambda x: cdf(x),
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, y: x if x > 0 else x * y,
    "elu": lambda x, y: x if x > 0 else y * mpmath.expm1(x),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * cdf(x),
    "abs": abs,
    "maximum": max,
    "minimum": min,
    "clip": lambda x, y, z: min(max(x, y), z),
    "where": lambda x, y, z: y if x else z,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)),
    "rint": mpmath.nint,
    "mod": lambda x, y: x % y,
    "squared_error": lambda x, y: (x - y) ** 2 / 2,
    "cross_entropy": lambda x, y: -y * mpmath.log(x) - (1 - y) * mpmath.log1p(-x),
    "cross_entropy_logits": lambda x, y: mpmath.log1p(mpmath.exp(x)) - x * y,
}


def cdf(x: Any) -> Any:
    """Φ."""
    return mpmath.erfc(-max(x, mpf(-1000)) / mpmath.sqrt(2)) / 2


def density(x: Any) -> Any:
    """φ."""
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def sigma(x: Any) -> Any:
    """σ."""
    return 1 / (1 + mpmath.exp(-x))


def sinc(x: Any) -> Any:
    """sin(π x) / (π x)."""
    return mpmath.sinpi(x) / (mpmath.pi * x) if x else mpf(1)


def sinc_slope(x: Any) -> Any:
    """The slope of sin(π x) / (π x)."""
    if abs(x) < 1:
        return -(mpmath.pi**2) * x / 3 * mpmath.hyp0f1(2.5, -((mpmath.pi * x) ** 2) / 4)
    return (mpmath.cospi(x) - sinc(x)) / x


# The slopes, in closed form: differences of 50 digits do not reach down to e^(−700), nor between the waves at 1e300.
SLOPES: dict[str, Sequence[Callable[..., Any]]] = {
    "add": (lambda x, y: mpf(1), lambda x, y: mpf(1)),
    "sub": (lambda x, y: mpf(1), lambda x, y: mpf(-1)),
    "mul": (lambda x, y: y, lambda x, y: x),
    "weigh": (lambda x, y: y, lambda x, y: x),
    "div": (lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "neg": (lambda x: mpf(-1),),
    "same": (lambda x: mpf(1),),
    "pow": (lambda x, y: y * x ** (y - 1), lambda x, y: x**y * mpmath.log(x)),
    "exp": (mpmath.exp,),
    "expm1": (mpmath.exp,),
    "exp2": (lambda x: mpmath.log(2) * mpf(2) ** x,),
    "log": (lambda x: 1 / x,),
    "log1mexp": (lambda x: 1 / mpmath.expm1(x),),
    "xlogy": (lambda x, y: mpmath.log(y), lambda x, y: x / y),
    "logaddexp": (lambda x, y: sigma(x - y), lambda x, y: sigma(y - x)),
    "share": (lambda x, y: sigma(x - y) * sigma(y - x), lambda x, y: -sigma(x - y) * sigma(y - x)),
    "log1p": (lambda x: 1 / (1 + x),),
    "log2": (lambda x: 1 / (x * mpmath.log(2)),),
    "log10": (lambda x: 1 / (x * mpmath.log(10)),),
    "sqrt": (lambda x: 1 / (2 * mpmath.sqrt(x)),),
    "cbrt": (lambda x: 1 / (3 * mpmath.cbrt(abs(x)) ** 2),),
    "hypot": (lambda x, y: x / mpmath.hypot(x, y), lambda x, y: y / mpmath.hypot(x, y)),
    "sin": (mpmath.cos,),
    "cos": (lambda x: -mpmath.sin(x),),
    "tan": (lambda x: 1 + mpmath.tan(x) ** 2,),
    "asin": (lambda x: 1 / mpmath.sqrt((1 - x) * (1 + x)),),
    "acos": (lambda x: -1 / mpmath.sqrt((1 - x) * (1 + x)),),
    "atan": (lambda x: 1 / (1 + x * x),),
    "atan2": (lambda x, y: y / (x * x + y * y), lambda x, y: -x / (x * x + y * y)),
    "sinc": (sinc_slope,),
    "sinc_slope": (lambda x: -(mpmath.pi**2) * sinc(x) - (2 * sinc_slope(x) / x if x else -2 * mpmath.pi**2 / 3),),
    "sinh": (mpmath.cosh,),
    "cosh": (mpmath.sinh,),
    "tanh": (lambda x: mpmath.sech(x) ** 2,),
    "sech": (lambda x: -mpmath.sech(x) * mpmath.tanh(x),),
    "asinh": (lambda x: 1 / mpmath.sqrt(1 + x * x),),
    "acosh": (lambda x: 1 / mpmath.sqrt((x - 1) * (x + 1)),),
    "atanh": (lambda x: 1 / ((1 - x) * (1 + x)),),
    "sigmoid": (lambda x: sigma(x) * sigma(-x),),
    "logit": (lambda x: 1 / (x * (1 - x)),),
    "erf": (lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),),
    "erfc": (lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),),
    "erfinv": (lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(mpmath.erfinv(x) ** 2),),
    "erfinv_slope": (lambda x: mpmath.pi / 2 * mpmath.erfinv(x) * mpmath.exp(2 * mpmath.erfinv(x) ** 2),),
    "gaussian": (lambda x: -x * mpmath.exp(-x * x / 2),),
    "normal_cdf": (density,),
    "relu": (lambda x: mpf(x > 0),),
    "leaky_relu": (lambda x, y: mpf(1) if x > 0 else y, lambda x, y: mpf(0) if x > 0 else x),
    "elu": (
        lambda x, y: mpf(1) if x > 0 else y * mpmath.exp(x),
        lambda x, y: mpf(0) if x > 0 else mpmath.expm1(x),
    ),
    "softplus": (sigma,),
    "silu": (lambda x: sigma(x) * (1 + x * sigma(-x)),),
    "gelu": (lambda x: cdf(x) + x * density(x),),
    "abs": (lambda x: mpmath.sign(x),),
    "maximum": (lambda x, y: mpf(x > y), lambda x, y: mpf(y > x)),
    "minimum": (lambda x, y: mpf(x < y), lambda x, y: mpf(y < x)),
    "clip": (
        lambda x, y, z: mpf(y <= x <= z),
        lambda x, y, z: mpf(x < y),
        lambda x, y, z: mpf(x > z),
    ),
    "where": (lambda x, y, z: mpf(0), lambda x, y, z: mpf(x != 0), lambda x, y, z: mpf(x == 0)),
    **dict.fromkeys(["floor", "ceil", "trunc", "rint"], (lambda x: mpf(0),)),
    "mod": (lambda x, y: mpf(1), lambda x, y: (x % y - x) / y),
    "squared_error": (lambda x, y: x - y, lambda x, y: y - x),
    "cross_entropy": (
        lambda x, y: (x - y) / (x * (1 - x)),
        lambda x, y: mpmath.log1p(-x) - mpmath.log(x),
    ),
    "cross_entropy_logits": (lambda x, y: sigma(x) - y, lambda x, y: -x),
}
# Values that go through 0 at a number that is no float: there they are held to the size of the terms they are sums of.
VALUE_TERMS: dict[str, Callable[..., Any]] = {
    # Of y that is no label its two terms have opposite signs; of labels nothing cancels.
    "cross_entropy_logits": lambda x, y: mpf(0) if 0 <= y <= 1 else mpmath.log1p(mpmath.exp(-abs(x))),
    "logaddexp": lambda x, y: -mpmath.expm1(max(x, y)) if -1 < max(x, y) < 0 else mpf(0),
    "sinc_slope": lambda x: mpmath.cospi(x) / x if abs(x) > 1 else mpf(0),
}
# Slopes that do so.
TERMS: dict[str, Callable[..., Any]] = {
    "sinc": lambda x: mpmath.cospi(x) / x if abs(x) > 1 else mpf(0),
    "sinc_slope": lambda x: (
        max(abs(mpmath.pi * mpmath.sinpi(x)), abs(2 * mpmath.cospi(x))) / x if abs(x) > 0.5 else mpf(0)
    ),
    "silu": lambda x: sigma(x) if -3 < x < 0 else mpf(0),
    "gelu": lambda x: cdf(x) if -2 < x < 0 else mpf(0),
    "cross_entropy_logits": lambda x, y: y * sigma(-x) if 0 < y < 1 else mpf(0),
}
NO_NUMBERS = (
    "step",
    "sign",
    "zero",
    "ahead",
    "equal",
    "greater",
    "at_least",
)  # 0, ½ and 1 are exact, and so is their slope, 0


class Worst(NamedTuple):
    """An error in units in the last place, and the arguments where it was met."""

    ulps: float
    at: tuple[float, ...]


def exact(op: Op) -> Callable[..., Any]:
    """The value of a row in mpmath's numbers."""
    found = EXACT.get(op.name) or getattr(mpmath, op.name, None)
    if found is None:
        raise SystemExit(f"write down what {op.name} is in mpmath's numbers, in EXACT of benchmarks/precision.py")
    return found


def goal(op: Op) -> tuple[float, float]:
    """The most units that a row's value and slopes may be off."""
    return (GOAL[1] if op.name in SLOPES_THEMSELVES else GOAL[0], GOAL[1])


def measured(op: Op) -> bool:
    """Whether a row is one of this table: it has a fixed number of arguments, and more than a handful of values."""
    return bool(op.arity) and op.name not in NO_NUMBERS


def ulps(got: float, want: Any, size: Any = 0.0) -> float:
    """How far a float is from a number, in units of the last place of the number, or of `size` where that is more."""
    if abs(want) < SMALLEST:
        return 0.0 if abs(got) <= 2 * SMALLEST else math.inf
    if abs(want) > LARGEST:  # to within what rounds to it
        return 0.0 if abs(got) >= LARGEST / (1 + 2**-49) and (got > 0) == (want > 0) else math.inf
    if not math.isfinite(got):
        return 0.0 if abs(want) > LARGEST * (1 - 2**-49) else math.inf
    return float(abs(mpf(got) - want) / mpf(math.ulp(float(max(abs(want), abs(size))))))


def numbers(interval: Interval, rng: random.Random, count: int) -> list[float]:
    """Numbers of an interval: awkward ones, and random ones of any size, near 0, near the ends and far out."""
    low, high = interval.low, interval.high
    found = [0.5, 1.0, 2.0, 3.0, 0.1, 1e-8, 1e-155, 1e155, 1e-300, 1.7e308, 7.0, 20.0, 22.5, 37.0, 40.0, 49.18, 700.0]
    found += [709.5, 745.0, 745.2, 800.0, 0.7517915246935645, 1.2784645427610738, 1e5, 1e22]
    found += [2.0 ** rng.uniform(-1022, 1023.9) for _ in range(count)]
    found += [2.0 ** rng.uniform(-30, 12) for _ in range(3 * count)]
    found += [rng.uniform(0, 40) for _ in range(2 * count)]
    found += [-x for x in found]
    ends = [end for end in (low, high, interval.hole) if end is not None and math.isfinite(end)]
    found += [
        end + side * max(abs(end), 1.0) * 2.0 ** -rng.uniform(1, 52)
        for end in ends
        for side in (1, -1)
        for _ in range(count)
    ]
    return sorted({x for x in found if low < x < high and x != interval.hole and abs(x) >= SMALLEST})


def holds(interval: Interval, x: float) -> bool:
    """Whether a number is in an interval."""
    inside = interval.low < x < interval.high or (interval.closed and x in (interval.low, interval.high))
    return inside and x != interval.hole


def arguments(op: Op, rng: random.Random, count: int) -> Iterator[tuple[float, ...]]:
    """The arguments at which a row is tried: of several, some that are close to one another among them."""
    domain = op.domain if op.name != "tan" else (Interval(),)
    pools = [numbers(interval, rng, count) for interval in domain]
    if len(pools) == 1:
        yield from ((x,) for x in pools[0])
        return
    for _ in range(20 * count):
        xs = [rng.choice(pool) for pool in pools]
        if rng.random() < 0.3:
            xs[1] = xs[0] * (1 + rng.uniform(-1, 1) * 2.0 ** -rng.uniform(1, 52))
        if rng.random() < 0.3:
            xs[1] = float(rng.choice([0.0, 1.0, 0.5, 2.0]))
        if all(map(holds, domain, xs)) and not (op.name == "clip" and xs[1] > xs[2]):
            yield tuple(xs)


def slopes(op: Op, f: float, xs: tuple[float, ...], *, array: bool) -> list[float]:
    """The slopes of a row, as a node has them."""
    if array:
        return [limits.evaluate(rule, f, *xs) for rule in op.partials]
    found = []
    for rule in op.partials:
        try:
            found.append(float(rule(f, *xs)))
        except (ValueError, ArithmeticError):
            found.append(limits.evaluate(rule, f, *xs))
    return found


def errors(op: Op, xs: tuple[float, ...], *, array: bool = False) -> tuple[float, float]:
    """The errors of a row's value and of the worst of its slopes at one place; 0 for slopes that are not judged."""
    try:
        f = limits.evaluate(op.array, *xs) if array else float(op(*xs))
    except (ValueError, ArithmeticError):
        return math.inf, 0.0
    with mpmath.workdps(50 + 2 * digits(xs)):
        points = [mpf(x) for x in xs]
        value = ulps(f, exact(op)(*points), VALUE_TERMS[op.name](*points) if op.name in VALUE_TERMS else 0.0)
        if not math.isfinite(f) or 0 < abs(f) < SMALLEST or (op.kink is not None and op.kink(*xs) == 0):
            return value, 0.0
        size = TERMS[op.name](*points) if op.name in TERMS else mpf(0)
        pairs = zip(slopes(op, f, xs, array=array), SLOPES[op.name], strict=True)
        return value, max(ulps(got, slope(*points), size) for got, slope in pairs)


def worst(op: Op, *, count: int = 60, seed: int = 0, array: bool = False) -> tuple[Worst, Worst]:
    """The worst errors of a row's value and of its slopes, on floats or as an array's."""
    value = slope = Worst(0.0, ())
    for xs in arguments(op, random.Random(f"{op.name}{seed}"), count):
        found = [Worst(error, xs) for error in errors(op, xs, array=array)]
        value, slope = max(value, found[0], key=by_error), max(slope, found[1], key=by_error)
    return value, slope


def by_error(one: Worst) -> float:
    """The error."""
    return one.ulps


def digits(xs: Sequence[float]) -> int:
    """How many digits sums such as 1 + x and 1 + e^x may need beyond 50."""
    return int(max(abs(math.log10(abs(x))) + min(abs(x), 800.0) / 4.6 if x else 0.0 for x in xs))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", help="rows to be measured; by default all")
    parser.add_argument("--count", type=int, default=60, help="how many of each kind of number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arrays", action="store_true", help="measure NumPy's functions instead of Python's")
    chosen = parser.parse_args()
    print(f"{'row':21}{'value':>8}  {'at':44}{'slope':>8}  at")
    over = 0
    for name, op in OPS.items():
        if not measured(op) or (chosen.rows and name not in chosen.rows):
            continue
        with np.errstate(all="ignore"):
            both = worst(op, count=chosen.count, seed=chosen.seed, array=chosen.arrays)
        marks = ["!" if w.ulps > most else " " for w, most in zip(both, goal(op), strict=True)]
        over += "!" in marks
        value, slope = [
            (f"{w.ulps:8.2f}{mark} ", ", ".join(map(repr, w.at))) for w, mark in zip(both, marks, strict=True)
        ]
        print(f"{name:21}{value[0]}{value[1]:44}{slope[0]}{slope[1]}")
    for name, reason in REASONS.items():
        print(f"{name}: {reason}")
    print(f"{over} rows over the goal of {GOAL[0]:g} ulp for a value and {GOAL[1]:g} for a slope")


if __name__ == "__main__":
    main()
