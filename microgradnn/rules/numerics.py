"""The scalar functions that Python's `math` lacks, or has in a form that the table cannot use.

Each takes a float and returns a float; where the mathematics allows it, a `Fraction` gives a
`Fraction`, so that exact tests need no second table. A NaN comes out as a NaN.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np


def power(x: Any, y: Any) -> Any:
    """x^y in the reals: ValueError where Python would turn to a complex number."""
    result = x**y
    if type(result) is complex:
        raise ValueError(f"{x} ** {y} is not real")
    return result


def one_less(y: Any) -> Any:
    """Return what rounding takes from y − 1, in any number system (Knuth, 1969)."""
    less = y - 1
    return (y - (less - (less - y))) + (-1 - (less - y))


def cbrt(x: float) -> float:
    """∛x: what C's function has, up to four units in the last place off, less what Newton finds that it is too much."""
    root = math.cbrt(x)
    return root - (root * root * root - x) / (3.0 * root * root) if 0 < abs(x) < 1e308 else root


def hypot_complex(x: Any, y: Any) -> Any:
    """√(x² + y²) of each pair of elements beside the real axis, which NumPy refuses."""
    size = np.hypot(np.real(x), np.real(y))
    return size * np.sqrt((x / size) ** 2 + (y / size) ** 2)


def atan2_complex(y: Any, x: Any) -> Any:
    """Return the angle of each point (y, x) beside the real plane: that of its real part, and the turn from there."""
    size = np.hypot(np.real(x), np.real(y))
    c, s = np.real(x) / size, np.real(y) / size
    return np.arctan2(s, c) + np.arctan((y / size * c - x / size * s) / (x / size * c + y / size * s))


COMPLEX = {"hypot": hypot_complex, "atan2": atan2_complex}  # rows whose array function takes real numbers only


def sigmoid(x: float) -> float:
    """1 / (1 + e^−x), by whichever form does not overflow."""
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e) / (1.0 + e)


def sigmoid_array(x: Any) -> Any:
    """1 / (1 + e^−x) of each element, by whichever form does not overflow."""
    positive = np.greater_equal(x, 0)
    e = np.exp(np.where(positive, -x, x))
    return np.where(positive, 1, e) / (1 + e)


def logit(x: float) -> float:
    """log(x / (1 − x)), by a form that keeps its digits near ½, where it is 0."""
    return 2 * math.atanh(2 * x - 1) if 0.25 < x < 0.75 else math.log(x) - math.log1p(-x)


def logit_array(x: Any) -> Any:
    """`logit` of each element."""
    middle = np.greater(x, 0.25) & np.less(x, 0.75)
    return np.where(middle, 2 * np.arctanh(np.where(middle, 2 * x - 1, 0)), np.log(x) - np.log1p(np.negative(x)))


def softplus(x: float) -> float:
    """log(1 + e^x), by a form that does not overflow."""
    return (x if x > 0 or x != x else 0.0) + math.log1p(math.exp(-abs(x)))


def softplus_array(x: Any) -> Any:
    """`softplus` of each element; complex ones too."""
    positive = np.greater_equal(x, 0)
    return np.where(positive, x, 0) + np.log1p(np.exp(np.where(positive, -x, x)))


def silu(x: float) -> float:
    """Return x · σ(x); far down by e^(x/2) twice, since e^x has few digits below 1e-308, and x e^x all of them."""
    if x > -700.0:
        return x * sigmoid(x)
    root = math.exp(x / 2)
    return x * root * root if root > 0 else root


def silu_array(x: Any) -> Any:
    """`silu` of each element."""
    low = np.less_equal(x, -700)
    root = np.exp(np.where(low, x, 0) / 2)
    return np.where(low, np.where(np.equal(root, 0), 0, x) * root, x) * np.where(low, root, sigmoid_array(x))


def sech(x: float) -> float:
    """1 / cosh(x), by a form that does not overflow."""
    e = math.exp(-abs(x))
    return 2.0 * e / (1.0 + e * e)


def sech_array(x: Any) -> Any:
    """`sech` of each element; complex ones too."""
    e = np.exp(np.where(np.greater_equal(x, 0), np.negative(x), x) if np.iscomplexobj(x) else -np.abs(x))
    return 2 * e / (1 + e * e)


def gaussian(x: float) -> float:
    """e^(−x²/2). Of x = h + l, h with half of the digits, h² is exact, and x² = h² + l (x + h) loses nothing."""
    c = 134217729.0 * x  # 2²⁷ + 1 (Veltkamp, 1968)
    h = c - (c - x)
    return 0.0 if abs(x) > 40.0 else math.exp(-0.5 * (h * h)) * math.exp(-0.5 * ((x - h) * (x + h)))


def gaussian_array(x: Any) -> Any:
    """`gaussian` of each element."""
    far = np.greater(np.abs(x), 40)
    x = np.where(far, 0, x)
    c = 134217729 * x
    h = c - (c - x)
    return np.where(far, 0, np.exp(-0.5 * (h * h)) * np.exp(-0.5 * ((x - h) * (x + h))))


erf_array = np.vectorize(math.erf, otypes=[float])  # NumPy has none, and SciPy would be a heavy way to it
erfc_array = np.vectorize(math.erfc, otypes=[float])


def elementwise(function: Any) -> Any:
    """Return a function of numbers as one of arrays; where it raises, NumPy's arithmetic may know a limit, else NaN."""

    def each(*xs: Any) -> Any:
        try:
            return function(*xs)
        except (ValueError, ArithmeticError):
            pass
        try:
            return function(*map(np.float64, xs))
        except (ValueError, ArithmeticError):
            return np.nan

    def whole(*xs: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.vectorize(each, otypes=[float])(*xs)

    return whole


def normal_cdf(x: float) -> float:
    """Φ(x) = erfc(−x √½) / 2; what the rounding of x √½ takes away is put back to first order, as its slope says."""
    c = 134217729.0 * x
    h = c - (c - x)
    t = x * 0.7071067811865476
    # √½ in three parts, and x in two: their products are exact (Dekker, 1971)
    lost = (
        h * 0.7071067839860916
        - t
        - h * 2.7995440410322203e-09
        + (x - h) * 0.7071067811865476
        - x * 4.833646656726457e-17
    )
    near = math.erfc(-t) / 2 + lost * 0.5641895835477563 * gaussian(x)
    return (1.0 if x > 0 else 0.0) if abs(x) > 40.0 else near


def normal_cdf_array(x: Any) -> Any:
    """`normal_cdf` of each element."""
    near = np.minimum(np.maximum(x, -40.0), 40.0)
    c = 134217729 * near
    h = c - (c - near)
    t = near * 0.7071067811865476
    lost = h * 0.7071067839860916 - t - h * 2.7995440410322203e-09 + (near - h) * 0.7071067811865476
    lost -= near * 4.833646656726457e-17
    return erfc_array(-t) / 2 + lost * 0.5641895835477563 * np.exp(-t * t)


def gelu(x: float) -> float:
    """Return x · Φ(x), Φ the standard normal distribution."""
    return x * normal_cdf(x) if x > -40.0 or x != x else 0.0


def gelu_array(x: Any) -> Any:
    """`gelu` of each element."""
    return np.where(np.equal(x, -np.inf), 0, x) * normal_cdf_array(x)


def step(x: Any) -> Any:
    """1 where x > 0, else 0."""
    return type(x)(x > 0)


def step_array(x: Any) -> Any:
    """`step` of each element; four times as fast as np.heaviside."""
    return np.greater(x, 0).astype(np.asarray(x).dtype)


def sign(x: Any) -> Any:
    """−1, 0 or 1."""
    return type(x)((x > 0) - (x < 0)) if x == x else x


def zero(x: Any) -> Any:
    """1 where x is 0, else 0."""
    return type(x)(x == 0)


def zero_array(x: Any) -> Any:
    """`zero` of each element."""
    return np.equal(x, 0).astype(np.asarray(x).dtype)


def maximum(x: Any, y: Any) -> Any:
    """The larger; NaN if either is."""
    return x if x >= y or x != x else y


def minimum(x: Any, y: Any) -> Any:
    """The smaller; NaN if either is."""
    return x if x <= y or x != x else y


def ahead(x: Any, y: Any) -> Any:
    """1 where x > y, ½ where they are equal, 0 where x < y."""
    if x == y:
        return 0.5
    return type(x)(x > y) if x == x and y == y else math.nan


def ahead_array(x: Any, y: Any) -> Any:
    """`ahead` of each pair of elements."""
    return np.where(np.equal(x, y), 0.5, np.heaviside(np.subtract(x, y), 0.5))


def equal(x: Any, y: Any) -> Any:
    """1 where x = y, else 0."""
    return type(x)(x == y)


def equal_array(x: Any, y: Any) -> Any:
    """`equal` of each pair of elements."""
    return np.equal(x, y).astype(np.result_type(x, y))


def greater(x: Any, y: Any) -> Any:
    """1 where x > y, else 0, as Python's own comparison: 0 where either is NaN."""
    return type(x)(x > y)


def greater_array(x: Any, y: Any) -> Any:
    """`greater` of each pair of elements."""
    return np.where(np.greater(x, y), 1.0, 0.0)


def at_least(x: Any, y: Any) -> Any:
    """1 where x ≥ y, else 0, as Python's own comparison: 0 where either is NaN."""
    return type(x)(x >= y)


def at_least_array(x: Any, y: Any) -> Any:
    """`at_least` of each pair of elements."""
    return np.where(np.greater_equal(x, y), 1.0, 0.0)


def weigh(x: Any, y: Any) -> Any:
    """Return x · y, and 0 where either is 0, even if the other is ∞ or NaN."""
    return x * y if x != 0 and y != 0 else type(x)(0)


def weigh_array(x: Any, y: Any) -> Any:
    """`weigh` of each pair of elements."""
    product = np.multiply(x, y)
    total = np.add.reduce(product, axis=None)  # type: ignore[call-overload, unused-ignore]
    if np.isfinite(total):  # then no element is ∞ or NaN: the rule, and quick to see
        return product
    return np.where(np.equal(x, 0) | np.equal(y, 0), np.zeros((), product.dtype), product)


def relu(x: Any) -> Any:
    """The positive part; NaN of NaN."""
    return x if x > 0 or x != x else type(x)(0)


def leaky_relu(x: Any, slope: Any) -> Any:
    """Return x where x > 0, else slope · x."""
    return x if x > 0 else slope * x


def leaky_relu_array(x: Any, slope: Any) -> Any:
    """`leaky_relu` of each element."""
    return np.where(x > 0, x, slope * x)


def elu(x: float, alpha: float) -> float:
    """Return x where x > 0, else alpha · (e^x − 1)."""
    return x if x > 0 else alpha * math.expm1(x)


def elu_array(x: Any, alpha: Any) -> Any:
    """`elu` of each element."""
    positive = np.greater(x, 0)
    return np.where(positive, x, alpha * np.expm1(np.where(positive, 0, x)))


def clip(x: Any, low: Any, high: Any) -> Any:
    """Return the number in [low, high] that is nearest to x; ValueError if there is none."""
    if low > high:
        raise ValueError(f"no number is at least {low} and at most {high}")
    return minimum(maximum(x, low), high)


def clip_array(x: Any, low: Any, high: Any) -> Any:
    """`clip` of each element; NaN where low > high."""
    return np.where(np.greater(low, high), np.nan, np.minimum(np.maximum(x, low), high))


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return x where the condition holds (is not 0), else y."""
    return x if condition != 0 else y


# Losses


def squared_error(x: Any, y: Any) -> Any:
    """½ (x − y)²."""
    return (x - y) * (x - y) / 2


def cross_entropy(x: float, y: float) -> float:
    """−(y log x + (1 − y) log(1 − x)), with 0 · log 0 = 0; ValueError where x or y is no probability."""
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError(f"{x} or {y} is no probability")
    return 0.0 - (y * math.log(x) if y != 0 else 0.0) - ((1 - y) * math.log1p(-x) if y != 1 else 0.0)


def cross_entropy_array(x: Any, y: Any) -> Any:
    """`cross_entropy` of each pair of elements; NaN where y is no probability."""
    probable = np.greater_equal(x, 0) & np.less_equal(x, 1)
    y = np.where(np.greater_equal(y, 0) & np.less_equal(y, 1), y, np.nan)
    if_one = np.log(np.where(np.equal(y, 0) & probable, 1, x))  # log 0 where nothing asks for it would only warn
    if_zero = np.log1p(np.where(np.equal(y, 1) & probable, 0, np.negative(x)))
    return 0 - np.multiply(y, if_one) - np.subtract(1, y) * if_zero


def cross_entropy_logits(x: float, y: float) -> float:
    """The cross entropy of σ(x): log(1 + e^x) − x y, as a sum in which nothing cancels while 0 ≤ y ≤ 1."""
    share = 1.0 - y if x > 0 else y
    return (abs(x) * share if x != 0 and share != 0 else 0.0) + math.log1p(math.exp(-abs(x)))


def cross_entropy_logits_array(x: Any, y: Any) -> Any:
    """`cross_entropy_logits` of each pair of elements."""
    size = np.where(np.greater(x, 0), x, np.negative(x))
    return weigh_array(size, np.where(np.greater(x, 0), 1 - y, y)) + np.log1p(np.exp(-size))


# Of many arguments


def total(xs: Sequence[Any]) -> Any:
    """The sum."""
    return sum(xs)


def mean(xs: Sequence[Any]) -> Any:
    """The arithmetic mean; ValueError of nothing."""
    if not xs:
        raise ValueError("nothing has no mean")
    return sum(xs) / len(xs)


def dot(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """Σ x·y."""
    return sum(map(operator.mul, xs, ys))


def logaddexp(x: float, y: float) -> float:
    """log(e^x + e^y), by a form that does not overflow."""
    more = math.log1p(math.exp(-abs(x - y))) if x != y else math.log(2.0)
    return (x if x >= y or x != x else y) + more


def logsumexp(xs: Sequence[float]) -> float:
    """log(Σ e^x), by a form that does not overflow; −∞ of nothing."""
    top = max(xs, default=-math.inf)
    if math.isinf(top) or any(x != x for x in xs):
        return top + sum(x for x in xs if x != x)
    return top + math.log(math.fsum(math.exp(x - top) for x in xs))


def logsumexp_array(xs: Any) -> Any:
    """`logsumexp` of the elements."""
    top = np.max(xs)
    return top + np.log(np.sum(np.exp(np.subtract(xs, top)))) if np.isfinite(top) else top


def products_of_others(xs: Sequence[Any]) -> list[Any]:
    """For each of `xs` the product of all the others, without a division: one may be 0."""
    if len(xs) < 2:
        return [1] * len(xs)
    before = list(accumulate(xs[:-1], operator.mul))
    after = list(accumulate(reversed(xs[1:]), operator.mul))[::-1]
    return [after[0], *map(operator.mul, before, after[1:]), before[-1]]


# Of whole arrays


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Sum x over the axes along which an array of `shape` was repeated to get the shape of x."""
    if x.shape == shape:
        return x
    extra = x.ndim - len(shape)
    if extra:
        x = np.add.reduce(x, axis=tuple(range(extra)))  # type: ignore[call-overload, unused-ignore]
    repeated = tuple([i for i, n in enumerate(shape) if n == 1 and x.shape[i] != 1])
    return np.add.reduce(x, axis=repeated, keepdims=True) if repeated else x


def repeated(x: Any, shape: tuple[int, ...]) -> Any:
    """Return x repeated to fill an array of `shape`."""
    whole = np.empty(shape, x.dtype)
    whole[...] = x  # np.broadcast_to takes 5 µs, more than most operations of a small network
    return whole


def put(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of `shape` with x added at `index`; an entry that is indexed twice gets both."""
    whole = np.zeros(shape, x.dtype)
    np.add.at(whole, index, x)
    return whole


def others(x: Any, axis: Any = None) -> Any:
    """For each entry the product of all others along the axes, without a division: one may be 0."""
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    last = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    lines = last.reshape((*last.shape[: x.ndim - len(axes)], int(np.prod(last.shape[x.ndim - len(axes) :], dtype=int))))
    result = np.ones_like(lines)
    result[..., 1:] = np.multiply.accumulate(lines[..., :-1], axis=-1)
    result[..., :-1] *= np.multiply.accumulate(lines[..., :0:-1], axis=-1)[..., ::-1]
    return np.moveaxis(result.reshape(last.shape), range(x.ndim - len(axes), x.ndim), axes)


def shift(x: Any, by: int, fill: float, axis: int) -> Any:
    """Return x moved on by one place along an axis, forward or back; what comes in is `fill`."""
    moved = np.roll(x, by, axis)
    if moved.size:
        moved[(slice(None),) * (axis % x.ndim) + (0 if by > 0 else -1,)] = fill
    return moved


def recur(x: Any, y: Any, axis: int, back: bool) -> Any:
    """Return f with fᵢ = xᵢ + yᵢ fᵢ₋₁ along an axis; or, from the back, fᵢ = xᵢ + yᵢ₊₁ fᵢ₊₁."""
    whole = np.array(x)
    lines, factors = np.moveaxis(whole, axis, 0), np.moveaxis(y, axis, 0)
    for i in range(1, len(lines)):
        if back:
            lines[-1 - i] += factors[-i] * lines[-i]
        else:
            lines[i] += factors[i] * lines[i - 1]
    return whole


def mean_along(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The arithmetic mean along the axes; NaN of nothing. Of a few numbers, four times as fast as np.mean."""
    whole: Any = np.sum(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload, unused-ignore]
    return whole / (x.size // max(np.size(whole), 1))


def logsumexp_along(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Log Σ e^x along the axes, by a form that does not overflow; −∞ of nothing."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    held = np.where(np.isfinite(top), top, 0)  # ∞ − ∞ is no number
    with np.errstate(divide="ignore", over="ignore"):
        whole = np.log(np.sum(np.exp(x - held), axis=axis, keepdims=True)) + held
    return whole if keepdims else np.squeeze(whole, axis=axis)


def softmax(x: Any, axis: Any) -> Any:
    """e^x / Σ e^x along the axes, by a form that does not overflow."""
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))  # of no numbers, too
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any) -> Any:
    """X − log Σ e^x along the axes."""
    return x - logsumexp_along(x, axis, keepdims=True)
