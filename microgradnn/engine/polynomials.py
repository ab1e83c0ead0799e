"""NumPy's words for polynomials, whose coefficients stand in one axis, the highest power first; made of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules import arrays, calculus
from .products import lstsq
from .rearrange import atleast_1d, concatenate, expand_dims, integer, operand, pad, stack
from .sliding import convolve


def polyval(p: Any, x: Any) -> Any:
    """Return p₀ xⁿ⁻¹ + … + pₙ₋₁, by Horner."""
    p, x = operand(p), operand(x)
    result: Any = 0 * x
    for i in range(p.shape[0]):
        result = result * x + arrays.take(p, index=i)
    return result


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803 (NumPy's name)
    """Return the powers of the numbers of one axis, a column for each, the highest first unless `increasing`."""
    x = operand(x)
    n = x.shape[0] if N is None else N
    powers = [x**i for i in range(n)]
    return stack(powers if increasing else powers[::-1], 1)


def polyadd(a1: Any, a2: Any) -> Any:
    """Return the coefficients of the sum."""
    x, y = atleast_1d(a1), atleast_1d(a2)
    n = max(x.shape[0], y.shape[0])
    return pad(x, ((n - x.shape[0], 0),)) + pad(y, ((n - y.shape[0], 0),))


def polysub(a1: Any, a2: Any) -> Any:
    """Return the coefficients of the difference."""
    return polyadd(a1, -atleast_1d(a2))


def polymul(a1: Any, a2: Any) -> Any:
    """Return the coefficients of the product."""
    return convolve(atleast_1d(a1), atleast_1d(a2))


def order(m: Any, word: str) -> int:
    """Return how often a polynomial is derived or integrated; ValueError for fewer times than none."""
    times = integer(m, f"{word}: m")
    if times < 0:
        raise ValueError(f"{word}: m says how often, 0 times or more; got {times}: polyder and polyint are inverse")
    return times


def polyder(p: Any, m: int = 1) -> Any:
    """Return the coefficients of the m-th derivative."""
    x, m = operand(p), order(m, "polyder")
    for _ in range(m):
        n = x.shape[0] - 1
        x = arrays.take(x, index=slice(0, n)) * np.arange(n, 0.0, -1)
    return x


def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """Return the coefficients of the m-th antiderivative; k are the constants, in the order of integration."""
    x, m = operand(p), order(m, "polyint")
    constants = atleast_1d(np.zeros(m) if k is None else k)
    if constants.shape[0] not in (1, m):
        raise ShapeError(f"polyint: {m} constants of integration are wanted, or one; got {constants.shape[0]}")
    for i in range(m):
        last = i if constants.shape[0] == m else 0
        x = concatenate((x / np.arange(x.shape[0], 0.0, -1), arrays.take(constants, index=slice(last, last + 1))))
    return x


def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """Return the coefficients of least squares; `w` weighs the residuals. Raises ValueError for `full` and `cov`."""
    if full or cov:
        raise ValueError("polyfit: full and cov are not for Tensors; write np.linalg.lstsq(np.vander(x, deg + 1), y)")
    powers, y = vander(x, int(deg) + 1), operand(y)
    if w is not None:
        w = operand(w)
        powers, y = powers * expand_dims(w, 1), y * (w if y.ndim == 1 else expand_dims(w, 1))
    size = calculus.sqrt(arrays.sum(powers * powers, axis=0))  # columns of one length are solved better
    found = lstsq(powers / size, y, rcond)[0]
    return found / (size if y.ndim == 1 else expand_dims(size, 1))


def poly(seq_of_zeros: Any) -> Any:
    """Return the coefficients of the polynomial with these roots, the highest one being 1."""
    roots = operand(seq_of_zeros)
    if roots.ndim != 1:
        raise ShapeError(f"poly is for the roots of a polynomial, in one axis; got shape {roots.shape}")
    result: Any = np.ones(1)
    for i in range(roots.shape[0]):
        result = polysub(concatenate((result, np.zeros(1))), result * arrays.take(roots, index=i))
    return result
