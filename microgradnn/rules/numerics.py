"""The scalar functions that Python's `math` lacks, or has in a form that the table cannot use.

Each takes a float and returns a float; where the mathematics allows it, a `Fraction` gives a
`Fraction`, so that exact tests need no second table. A NaN comes out as a NaN.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
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


def log1p_complex(x: Any) -> Any:
    """log(1 + x) of each element beside the real axis; near 0 with the digits that NumPy's does not have."""
    x, y = np.real(x), np.imag(x)
    near = np.abs(x) < 0.5
    return np.where(near, np.log1p(np.where(near, x * (2 + x), 0) + y * y) / 2, np.log1p(np.where(near, 0, x))) + (
        1j * np.arctan2(y, 1 + x)
    )


# Array functions for the complex step, of rows whose own takes real numbers only, or loses digits beside them.
COMPLEX: dict[str, Any] = {"hypot": hypot_complex, "atan2": atan2_complex, "log1p": log1p_complex}


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
    """`sech` of each element; complex ones too, near 0 by cosh, since e^−x is not even beside the real axis."""
    if not np.iscomplexobj(x):
        e = np.exp(-np.abs(x))
        return 2 * e / (1 + e * e)
    near = np.abs(np.real(x)) < 1
    e = np.exp(np.where(np.greater_equal(x, 0), np.negative(x), x))
    return np.where(near, 1 / np.cosh(np.where(near, x, 0)), 2 * e / (1 + e * e))


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


def erfc(x: float) -> float:
    """1 − erf(x), for languages whose library has none: e^(−x²) times what is left of it, which is smooth.

    (1 + 2x) e^(x²) erfc(x) is a polynomial in (x − 4) / (x + 4) for all x ≥ 0 (Shepherd and Laframboise, 1981); its
    coefficients are those of an interpolation at 27 points in 60 digits.
    """
    size = minimum(abs(x), 40.0)
    s = (size - 4.0) / (size + 4.0)
    p = ((4.335744696880128e-11 * s - 1.37212432109558e-10) * s - 5.47796315403793e-10) * s + 1.7887492189077536e-09
    p = ((p * s + 3.979908209935334e-09) * s - 1.470518755238763e-08) * s - 2.1917128684776733e-08
    p = ((p * s + 1.1009041560728304e-07) * s + 7.89343963476142e-08) * s - 8.249127434964572e-07
    p = ((p * s + 2.909062968371427e-07) * s + 5.709201212226352e-06) * s - 1.1220753452725425e-05
    p = ((p * s - 2.4398942309069806e-05) * s + 0.00015062130746391778) * s - 0.0001992567764579197
    p = ((p * s - 0.0007577732195352293) * s + 0.005031969992810925) * s - 0.01619773406595253
    p = ((p * s + 0.03716751553591141) * s - 0.0663303658116485) * s + 0.09373283499843951
    p = ((p * s - 0.10103906603632504) * s + 0.06809705425469036) * s + 0.015379652102620042
    p = (p * s - 0.1396211168405625) * s + 1.2329951186255526
    c = 134217729.0 * size
    h = c - (c - size)
    tail = math.exp(-(h * h)) * math.exp((h - size) * (size + h)) * p / (1.0 + 2.0 * size)
    return float(tail if x >= 0 else 2.0 - tail)


def erf(x: float) -> float:
    """The error function, for languages whose library has none; near 0 by its series (DLMF 7.6.1)."""
    w = x * x if abs(x) < 0.5 else 0.0
    tail = 1.0 - w * 15 / 136 * (1.0 - w * 17 / 171 * (1.0 - w * 19 / 210 * (1.0 - w * 21 / 253)))
    tail = 1.0 - w * 7 / 36 * (1.0 - w * 9 / 55 * (1.0 - w * 11 / 78 * (1.0 - w * 13 / 105 * tail)))
    near = x * (1.1283791670955126 - 1.1283791670955126 * (w / 3 * (1.0 - w * 3 / 10 * (1.0 - w * 5 / 21 * tail))))
    return near if abs(x) < 0.5 else 1.0 - erfc(x) if x > 0 else erfc(-x) - 1.0


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
    """Return x · Φ(x), Φ the standard normal distribution; far out, where Φ has no digits, by a series."""
    if x > -37.0 or x != x:
        return x * normal_cdf(x)
    r = 1 / (x * x)
    series = 1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r * (1 - 13 * r))))))
    return -gaussian(x) * 0.3989422804014327 * series if x > -40.0 else 0.0


def gelu_array(x: Any) -> Any:
    """`gelu` of each element."""
    near = np.where(np.equal(x, -np.inf), 0, x) * normal_cdf_array(x)
    far = np.maximum(np.minimum(x, -37.0), -40.0)
    r = 1 / (far * far)
    series = 1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r * (1 - 13 * r))))))
    return np.where(np.less(x, -37.0) & np.greater(x, -40.0), -gaussian_array(far) * 0.3989422804014327 * series, near)


def step(x: Any) -> Any:
    """1 where x > 0, else 0."""
    return type(x)(x > 0)


def step_array(x: Any) -> Any:
    """`step` of each element; four times as fast as np.heaviside."""
    return np.greater(x, 0).astype(np.asarray(x).dtype)


def sign(x: Any) -> Any:
    """−1, 0 or 1."""
    return type(x)((x > 0) - (x < 0)) if x == x else x


WHOLE = 4503599627370496.0  # 2⁵²: from here on every float is a whole number


def floor(x: float) -> float:
    """The whole number at or below x; −0 and what is not finite stay."""
    return math.copysign(float(math.floor(x)), x) if abs(x) < WHOLE else x


def ceil(x: float) -> float:
    """The whole number at or above x; that of −½ is −0, and what is not finite stays."""
    return math.copysign(float(math.ceil(x)), x) if abs(x) < WHOLE else x


def trunc(x: float) -> float:
    """The whole number at or next to x towards 0."""
    return math.copysign(float(math.trunc(x)), x) if abs(x) < WHOLE else x


def rint(x: float) -> float:
    """The whole number nearest to x, of two the even one: beyond 2⁵² no other is there."""
    return math.copysign(abs(x) + WHOLE - WHOLE, x) if abs(x) < WHOLE else x


def mod(x: float, y: float) -> float:
    """Return x − y ⌊x / y⌋, exactly, with the sign of y; ValueError where y is 0 or x is infinite."""
    rest = math.fmod(x, y)
    if rest == 0:
        return math.copysign(0.0, y)
    return rest + y if (rest < 0 and y > 0) or (rest > 0 and y < 0) else rest


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


def weigh_matmul(x: Any, y: Any) -> Any:
    """Return x @ y, in whose sums of products 0 · ∞ is 0, as in `weigh`."""
    whole = np.matmul(x, y)
    if np.isfinite(np.add.reduce(whole, axis=None)):  # type: ignore[call-overload, unused-ignore]
        return whole
    again, some = np.zeros_like(whole), max(2**20 // whole.size, 1)  # at a time, for the sake of memory
    for k in range(0, x.shape[-1], some):
        products = weigh_array(x[..., :, k : k + some, None], y[..., None, k : k + some, :])
        again += np.add.reduce(products, axis=-2)
    return np.where(np.isfinite(whole), whole, again)


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


LN2_REST = 2.3190468138462996e-17  # what log(2) has beyond its 53 bits


def logaddexp(x: float, y: float) -> float:
    """log(e^x + e^y), which does not overflow; where it is near 0 it has the digits of e^x − 1 and e^y, its terms."""
    top = x if x >= y or x != x else y
    low = y if x >= y or x != x else x
    if x == y:
        return x + 0.6931471805599453 + LN2_REST
    if -0.6 < top < 1.0:
        return math.log1p(math.expm1(top) + math.exp(low))
    if -1.0 < top < 0.0:  # 2 e^top (1 + e^(low − top)) / 2
        return top + 0.6931471805599453 + (math.log1p(math.expm1(low - top) / 2) + LN2_REST)
    return top + math.log1p(math.exp(low - top))


def logaddexp_array(x: Any, y: Any) -> Any:
    """`logaddexp` of each pair of elements."""
    top, low = np.maximum(x, y), np.minimum(x, y)
    tie = np.equal(x, y)
    near, middle = np.greater(top, -0.6) & np.less(top, 1), np.greater(top, -1) & np.less_equal(top, -0.6)
    d = np.where(tie, 0, low - np.where(tie, 0, top))
    by_terms = np.log1p(np.expm1(np.where(near, top, 0)) + np.exp(np.where(near, low, 0)))
    by_mean = (top + 0.6931471805599453) + (np.log1p(np.expm1(d) / 2) + LN2_REST)
    return np.where(near & ~tie, by_terms, np.where(middle | tie, by_mean, top + np.log1p(np.exp(d))))


def share(x: float, y: float) -> float:
    """e^x / (e^x + e^y), ½ of equals: σ(d) of d = x − y, and what d lost in rounding (Knuth, 1969) to first order."""
    d = x - y
    e = math.exp(-abs(d))
    lost = (x - (d - (d - x))) - (y + (d - x)) if abs(d) < 1000.0 else 0.0
    less = e + e * (((-lost if d > 0 else lost) / (1.0 + e) - e) / (1.0 + e))  # e / (1 + e), of the smaller
    return 0.5 if x == y else 1.0 - less if d > 0 else less


def share_array(x: Any, y: Any) -> Any:
    """`share` of each pair of elements."""
    tie = np.equal(x, y)
    x, y = np.where(tie, 0, x), np.where(tie, 0, y)
    d = np.subtract(x, y)
    more = np.greater(d, 0)
    e = np.exp(np.where(more, -d, d))
    lost = np.where(np.abs(d) < 1000, (x - (d - (d - x))) - (y + (d - x)), 0)
    less = e + e * ((np.where(more, -lost, lost) / (1 + e) - e) / (1 + e))
    return np.where(more, 1 - less, less)


def log1mexp(x: float) -> float:
    """log(1 − e^−x), by whichever of two forms has the digits (Mächler, 2012)."""
    return math.log(-math.expm1(-x)) if x < 0.6931471805599453 else math.log1p(-math.exp(-x))


def log1mexp_array(x: Any) -> Any:
    """`log1mexp` of each element."""
    near = np.less(x, 0.6931471805599453)
    small = np.log(-np.expm1(np.negative(np.where(near, x, 1))))
    return np.where(near, small, np.log1p(-np.exp(np.negative(np.where(near, 1, x)))))


def xlogy(x: float, y: float) -> float:
    """Return x · log y, and 0 where x is 0, at y = 0 too; ValueError where y < 0."""
    return 0.0 if x == 0 and y >= 0 else x * math.log(y)


def xlogy_array(x: Any, y: Any) -> Any:
    """`xlogy` of each pair of elements."""
    return x * np.log(np.where(np.equal(x, 0) & np.greater_equal(y, 0), 1, y))


def lost_of_pi(x: Any, z: Any) -> Any:
    """What rounding takes from π x, which became z; the products of parts of x and π are exact (Dekker, 1971)."""
    c = 134217729.0 * x
    h = c - (c - x)
    rest = h * 3.141592502593994 - z + h * 1.5099579909783765e-07 + (x - h) * 3.141592502593994
    return rest + (x - h) * 1.5099579909783765e-07 + x * 1.2246467991473532e-16


def quarters(x: float) -> float:
    """How many quarter turns are nearest to the angle π x of x ≥ 0, within a turn."""
    return math.floor(2.0 * math.fmod(x, 2.0) + 0.5)


def beyond(x: float) -> float:
    """What is left of x without those; nothing is lost of it."""
    return math.fmod(x, 2.0) - quarters(x) / 2.0


def sin_pi(x: float) -> float:
    """sin(π x) of x ≥ 0, but for what rounding takes from π x."""
    q = quarters(x)
    z = math.pi * beyond(x)
    size = math.cos(z) if q == 1 or q == 3 else math.sin(z)
    return -size if q == 2 or q == 3 else size


def cos_pi(x: float) -> float:
    """cos(π x) of x ≥ 0, but for what rounding takes from π x."""
    q = quarters(x)
    z = math.pi * beyond(x)
    size = -math.sin(z) if q == 1 or q == 3 else math.cos(z)
    return -size if q == 2 or q == 3 else size


WHOLE = 4503599627370496.0  # 2⁵²: from here on all floats are whole numbers
NEAR = 0.5  # where the slope of sinc, a difference of what is nearly equal, is a series


def sinc(x: float) -> float:
    """sin(π x) / (π x), exactly 0 at whole numbers and at ±∞, 1 at 0."""
    size = abs(x)
    if size < 0.5:
        z = math.pi * size
        return math.sin(z) / z if z > 0 else 1.0
    if size >= WHOLE:
        return 0.0
    lost = lost_of_pi(beyond(size), math.pi * beyond(size))
    ratio = sin_pi(size) / (math.pi * size)
    return float(ratio + (lost * cos_pi(size) - ratio * lost_of_pi(size, math.pi * size)) / (math.pi * size))


def sinc_array(x: Any) -> Any:
    """`sinc` of each element."""
    size = np.fabs(x)
    near, far = np.less(size, 0.5), np.greater_equal(size, WHOLE)
    size = np.where(far, 1, size)
    z = np.pi * size
    sine, cosine, lost = half_turns(size)
    ratio = sine / np.where(near, 1, z)
    apart = ratio + (lost * cosine - ratio * lost_of_pi(size, z)) / np.where(near, 1, z)
    return np.where(near, np.sin(z) / np.where(np.equal(z, 0), 1, z) + np.equal(z, 0), np.where(far, 0, apart))


def half_turns(x: Any) -> tuple[Any, Any, Any]:
    """`sin_pi` and `cos_pi` of each element, and what was lost."""
    turn = np.fmod(x, 2.0)
    q = np.floor(2 * turn + 0.5)
    t = turn - q / 2
    z = np.pi * t
    sign, odd = np.where(np.equal(q, 2) | np.equal(q, 3), -1, 1), np.equal(q, 1) | np.equal(q, 3)
    sine, cosine = np.sin(z), np.cos(z)
    return sign * np.where(odd, cosine, sine), sign * np.where(odd, -sine, cosine), lost_of_pi(t, z)


def sinc_slope(x: float) -> float:
    """The slope of sinc, −π j₁(π x): a series (DLMF 10.53.1) up to ½, further out (cos(π x) − sinc(x)) / x."""
    size = abs(x)
    if size < 0.5:
        w = 9.869604401089358 * x * x
        tail = 1.0 - w / 130.0 * (1.0 - w / 180.0 * (1.0 - w / 238.0 * (1.0 - w / 304.0 * (1.0 - w / 378.0))))
        return x * (
            -3.289868133696453 * (1.0 - w / 10.0 * (1.0 - w / 28.0 * (1.0 - w / 54.0 * (1.0 - w / 88.0 * tail))))
        )
    if size == math.inf:
        return 0.0
    lost = lost_of_pi(beyond(size), math.pi * beyond(size))
    return float((cos_pi(size) - (lost * sin_pi(size) + sinc(x))) / x)


def sinc_slope_array(x: Any) -> Any:
    """`sinc_slope` of each element."""
    size = np.fabs(x)
    near, far = np.less(size, 0.5), np.equal(size, np.inf)
    t = np.where(near, x, 0)
    w = 9.869604401089358 * t * t
    tail = 1 - w / 130 * (1 - w / 180 * (1 - w / 238 * (1 - w / 304 * (1 - w / 378))))
    series = t * (-3.289868133696453 * (1 - w / 10 * (1 - w / 28 * (1 - w / 54 * (1 - w / 88 * tail)))))
    other = np.where(near | far, 1, x)
    sine, cosine, lost = half_turns(np.fabs(other))
    apart = (cosine - (lost * sine + sinc_array(other))) / other
    return np.where(near, series, np.where(far, 0, apart))


def sinc_curve(x: Any) -> Any:
    """The second derivative of sinc up to ½, in any number system: the series of its slope, term by term."""
    w = 9.869604401089358 * x * x
    tail = 1 - w * 11 / 1170 * (1 - w * 13 / 1980 * (1 - w * 15 / 3094 * (1 - w * 17 / 4560 * (1 - w * 19 / 6426))))
    return -3.289868133696453 * (1 - w * 3 / 10 * (1 - w * 5 / 84 * (1 - w * 7 / 270 * (1 - w * 9 / 616 * tail))))


ROOT_PI_REST = -4.325408244569568e-17  # what √π / 2 has beyond its 53 bits, relative to it


def gap(y: float, x: float) -> float:
    """How far erf⁻¹(x) is beyond y, to first order, for x ≥ 0: by erfc where erf has no digits left."""
    missing = x - math.erf(y) if x < 0.5 else math.erfc(y) - (1.0 - x)
    return missing * 0.886226925452758 * math.exp(y * y)


def nearer(y: float, x: float) -> float:
    """Return y nearer to erf⁻¹(x) by a step of Halley's."""
    t = gap(y, x)
    return y + t / (1.0 - y * t)


def erfinv(x: float) -> float:
    """The inverse of erf, by three steps from Winitzki's formula (2008), which has two digits; ValueError beyond ±1."""
    size = abs(x)
    if size == 1.0 or size < 1e-9:
        return x * math.inf if size == 1.0 else 0.886226925452758 * x
    down = math.log1p(-x * x)
    middle = 4.330746750799873 + down / 2
    start = math.sqrt(down / -0.147 / (math.sqrt(middle * middle - down / 0.147) + middle))
    return math.copysign(nearer(nearer(nearer(start, size), size), size), x)


def gap_array(y: Any, x: Any) -> Any:
    """`gap` of each pair of elements."""
    missing = np.where(np.less(x, 0.5), x - erf_array(y), erfc_array(y) - (1.0 - x))
    return missing * 0.886226925452758 * np.exp(y * y)


def nearer_array(y: Any, x: Any) -> Any:
    """`nearer` of each pair of elements."""
    t = gap_array(y, x)
    return y + t / (1.0 - y * t)


def erfinv_array(x: Any) -> Any:
    """`erfinv` of each element."""
    size = np.fabs(x)
    inside = np.less(size, 1) & np.greater_equal(size, 1e-9)
    some = np.where(inside, size, 0.5)
    down = np.log1p(-some * some)
    middle = 4.330746750799873 + down / 2
    start = np.sqrt(down / -0.147 / (np.sqrt(middle * middle - down / 0.147) + middle))
    found = nearer_array(nearer_array(nearer_array(start, some), some), some)
    edge = np.where(np.less(size, 1e-9), 0.886226925452758 * size, np.where(np.equal(size, 1), np.inf, np.nan))
    return np.copysign(np.where(inside, found, edge), x)


def erfinv_slope(x: float) -> float:
    """e^(y²) √π / 2 of y = erf⁻¹(x), with what the rounding of y takes away, which e^(y²) would tell."""
    size = abs(x)
    y = abs(erfinv(x))
    c = 134217729.0 * y
    h = c - (c - y)
    whole = 0.886226925452758 * math.exp(h * h)
    rest = math.expm1((y - h) * (y + h)) + 2.0 * y * gap(y, size) + ROOT_PI_REST
    return math.inf if size == 1.0 else whole + whole * rest


def erfinv_slope_array(x: Any) -> Any:
    """`erfinv_slope` of each element."""
    size = np.fabs(x)
    y = np.fabs(erfinv_array(np.where(np.equal(size, 1), 0, x)))
    c = 134217729.0 * y
    h = c - (c - y)
    big = 0.886226925452758 * np.exp(h * h)
    rest = np.expm1((y - h) * (y + h)) + 2.0 * y * gap_array(y, size) + ROOT_PI_REST
    return np.where(np.equal(size, 1), np.inf, big + big * rest)


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


def logsumexp(xs: Sequence[float]) -> float:
    """log(Σ e^x), by a form that does not overflow and keeps what little others add to the largest; −∞ of nothing."""
    top = max(xs, default=-math.inf)
    if math.isinf(top) or any(x != x for x in xs):
        return top + sum(x for x in xs if x != x)
    return top + math.log1p(math.fsum([-1.0, *[math.exp(x - top) for x in xs]]))


def logsumexp_array(xs: Any) -> Any:
    """`logsumexp` of the elements."""
    return logsumexp_along(np.asarray(xs))[()]


def shares(xs: Sequence[Any], or_one: Callable[[Any], Any]) -> Sequence[Any]:
    """Return each of `xs`, whose sum would be 1 but for rounding, as its share of the sum; of nodes and terms too.

    Where the sum is no number they stay as they are; `or_one` is how a term is 1 there.
    """
    if not xs:
        return xs
    total = reduce(operator.add, xs)
    known = total if isinstance(total, float) else total._held()
    if known is None:  # of a term: it is not known before the program runs
        total, known = or_one(total), 1.0
    return [x / total for x in xs] if 0 < known < math.inf else xs


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


def pick(x: Any, y: Any, axis: int) -> Any:
    """Return what stands in x at the places y along an axis."""
    return np.take(x, y.astype(int), axis=axis)


def place(x: Any, y: Any, axis: int, n: int) -> Any:
    """Return zeros, n along an axis, with x added at the places y; one that is there twice gets both."""
    whole = np.zeros((*x.shape[:axis], n, *x.shape[axis + y.ndim :]), x.dtype)
    np.add.at(whole, (slice(None),) * axis + (y.astype(int),), x)
    return whole


def weigh_einsum(*xs: Any, subscripts: str) -> Any:
    """Return the einsum of arrays, in whose products 0 · ∞ is 0, as in `weigh`."""
    whole = np.einsum(subscripts, *xs, optimize=True)
    if np.isfinite(np.sum(whole)):
        return whole
    listed, result = subscripts.split("->")
    letters = result + "".join(sorted({*listed} - {*result, ","}))
    product: Any = np.ones(())
    for x, own in zip(xs, listed.split(","), strict=True):
        order = sorted(range(len(own)), key=[letters.index(letter) for letter in own].__getitem__)
        lengths = dict(zip(own, np.shape(x), strict=True))
        full = np.reshape(np.transpose(x, order), [lengths.get(letter, 1) for letter in letters])
        product = weigh_array(product, full)
    again = np.sum(product, axis=tuple(range(len(result), len(letters))))
    return np.where(np.isfinite(whole), whole, again)


def on_diagonal(x: Any, offset: int, shape: tuple[int, ...]) -> Any:
    """Return zeros with x on a diagonal of the last two axes."""
    whole = np.zeros(shape, x.dtype)
    places = np.arange(x.shape[-1])
    whole[..., places + max(-offset, 0), places + max(offset, 0)] = x
    return whole


def windows(x: Any, size: tuple[int, ...], step: tuple[int, ...], dilation: tuple[int, ...]) -> Any:
    """Return what a window sees in each of its places; it spans dilation · (size − 1) + 1 along the last axes."""
    k = len(size)
    whole = tuple([d * (n - 1) + 1 for n, d in zip(size, dilation, strict=True)])
    seen: Any = np.lib.stride_tricks.sliding_window_view(x, whole, tuple(range(-k, 0)))
    return seen[(..., *[slice(None, None, n) for n in (*step, *dilation)])]


def overlap(x: Any, size: tuple[int, ...], step: tuple[int, ...], dilation: tuple[int, ...], shape: Any) -> Any:
    """Return zeros of `shape` with what each window saw added where it saw it."""
    k = len(size)
    whole: Any = np.zeros(shape, x.dtype)
    for place in np.ndindex(*size):
        begin = [i * d for i, d in zip(place, dilation, strict=True)]
        ends = [b + s * n for b, s, n in zip(begin, step, x.shape[-2 * k : -k], strict=True)]
        whole[(..., *[slice(b, e, s) for b, e, s in zip(begin, ends, step, strict=True)])] += x[(..., *place)]
    return whole


def quantile(x: Any, q: float, method: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's quantile, for one q."""
    return np.quantile(x, q, axis=axis, keepdims=keepdims, method=method)  # type: ignore[call-overload, unused-ignore]


def quantile_weight(q: float, n: int, method: str) -> float:
    """Return how near a quantile of n numbers is to the upper of the two in order that it lies between."""
    place = (n - 1) * q
    near = {"lower": 0.0, "midpoint": 0.5, "higher": 1.0, "linear": place % 1}[method]
    return near if place % 1 else 1.0


def sort_by(x: Any, y: Any, axis: int) -> Any:
    """Return x in the order in which y would be sorted."""
    return np.take_along_axis(x, np.argsort(y, axis, kind="stable"), axis)


def unsort(x: Any, y: Any, axis: int) -> Any:
    """Return x back from the order in which y would be sorted."""
    whole = np.empty_like(x)
    np.put_along_axis(whole, np.argsort(y, axis, kind="stable"), x, axis)
    return whole


def cofactor(x: Any) -> Any:
    """Return det(x) x⁻ᵀ; of a matrix that is nearly singular, which has one all the same, by its singular values."""
    finite = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    x = np.where(finite, x, 0)
    u, s, vt = np.linalg.svd(x)
    regular = (s[..., -1:] > 1e-6 * s[..., :1])[..., None] if x.shape[-1] else np.ones(x.shape, bool)
    safe = np.where(regular, x, np.eye(x.shape[-1]))
    usual = np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(safe), -1, -2)
    sign = (np.linalg.det(u) * np.linalg.det(vt))[..., None, None]
    found = np.where(regular, usual, sign * ((u * others(s, -1)[..., None, :]) @ vt))
    return np.where(finite, found, np.array(np.nan, x.dtype))


def cholesky(x: Any) -> Any:
    """The lower factor of the symmetric part."""
    return np.linalg.cholesky((x + np.swapaxes(x, -1, -2)) / 2)


def eigenvectors(x: Any, uplo: Any) -> Any:
    """The eigenvectors of a symmetric matrix, as columns."""
    return np.linalg.eigh(x, uplo)[1]


def left_vectors(x: Any) -> Any:
    """U of x = U S Vᵀ, as many columns as there are singular values."""
    return np.linalg.svd(x, full_matrices=False)[0]


def right_vectors(x: Any) -> Any:
    """Vᵀ of x = U S Vᵀ, as many rows as there are singular values."""
    return np.linalg.svd(x, full_matrices=False)[2]


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
    """Return f with fᵢ = xᵢ + yᵢ fᵢ₋₁ along an axis; or, from the back, fᵢ = xᵢ + yᵢ₊₁ fᵢ₊₁; 0 · ∞ being 0."""
    whole = np.array(x, np.result_type(x, y))
    lines, factors = np.moveaxis(whole, axis, 0), np.moveaxis(y, axis, 0)
    for i in range(1, len(lines)):
        if back:
            lines[-1 - i] += weigh_array(factors[-i], lines[-i])
        else:
            lines[i] += weigh_array(factors[i], lines[i - 1])
    return whole


def mean_along(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The arithmetic mean along the axes; NaN of nothing. Of a few numbers, four times as fast as np.mean."""
    whole: Any = np.sum(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload, unused-ignore]
    return whole / (x.size // max(np.size(whole), 1))


def logsumexp_along(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Log Σ e^x along the axes, by a form that does not overflow; −∞ of nothing."""
    top = largest(x, axis)
    whole = top + above(x, top, axis)
    return whole if keepdims else np.squeeze(whole, axis=axis)


def largest(x: Any, axis: Any) -> Any:
    """Return the largest along the axes, which are kept; 0 where that is not finite, since ∞ − ∞ is no number."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0)


def above(x: Any, top: Any, axis: Any) -> Any:
    """Return log Σ e^x less the largest, however little that is."""
    with np.errstate(divide="ignore", over="ignore"):
        powers = np.exp(x - top)
        ties = np.sum(np.where(x == top, powers, 0), axis=axis, keepdims=True)
        others = np.sum(np.where(x == top, 0, powers), axis=axis, keepdims=True)
        return np.log1p(others + (ties - 1))


def rms(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """√(mean x²) along the axes; of x over a power of two, which rounds nothing, since squares may not fit."""
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    unit = np.where((top > 0) & np.isfinite(top), 2.0 ** (np.frexp(top)[1] - 1.0), 1).astype(top.dtype)
    small = x / unit
    whole = np.sqrt(mean_along(small * small, axis, True)) * unit
    return whole if keepdims else np.squeeze(whole, axis=axis)


def softmax(x: Any, axis: Any) -> Any:
    """e^x / Σ e^x along the axes, by a form that does not overflow; beside ∞ the others are 0."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)  # of no numbers, too
    powers = np.exp(x - np.nan_to_num(top, nan=np.nan))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any) -> Any:
    """X − log Σ e^x along the axes."""
    top = largest(x, axis)
    return (x - top) - above(x, top, axis)
