"""NumPy's words that make one number of many, with the keywords that NumPy has for them. All are made of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..rules import arrays, calculus
from .rearrange import atleast_2d, concatenate, diagonal, integer, operand, ravel, reshape, squeeze, stack, transpose

Axes = int | Sequence[int] | None


def only(x: Any, where: Any, other: Any) -> Any:
    """Return x where the mask holds, and a number elsewhere."""
    x = operand(x)
    return x if where is True else calculus.where(where, x, other)


def begin(initial: Any, row: Any, x: Any) -> Any:
    """Return a result with a number beside those that were reduced."""
    return x if initial is None or initial is np._NoValue else row(x, initial)


def plain_axis(axis: Any) -> Any:
    """Return axes as a tuple, or an int, or None."""
    return tuple(axis) if isinstance(axis, (list, tuple)) else axis if axis is None else integer(axis, "an axis")


def reduce_with(row: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """Return a row of the second table along axes."""
    return row(x, axis=plain_axis(axis), keepdims=bool(keepdims) if keepdims is not np._NoValue else False)


def sum(
    a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """Return the sum along the axes."""
    return begin(initial, calculus.add, reduce_with(arrays.sum, only(a, where, 0), axis, keepdims))


def prod(
    a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """Return the product along the axes."""
    return begin(initial, calculus.mul, reduce_with(arrays.prod, only(a, where, 1), axis, keepdims))


def max(
    a: Any, axis: Axes = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    """Return the largest along the axes."""
    return begin(initial, calculus.maximum, reduce_with(arrays.max, only(a, where, -np.inf), axis, keepdims))


def min(
    a: Any, axis: Axes = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    """Return the smallest along the axes."""
    return begin(initial, calculus.minimum, reduce_with(arrays.min, only(a, where, np.inf), axis, keepdims))


def mean(
    a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """Return the mean along the axes."""
    if where is True:
        return reduce_with(arrays.mean, operand(a), axis, keepdims)
    held = np.broadcast_to(where, np.shape(a))
    count = np.sum(held, axis=plain_axis(axis), keepdims=bool(keepdims))
    return reduce_with(arrays.sum, only(a, where, 0), axis, keepdims) / count


def var(
    a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False,
    *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """Return the variance along the axes."""
    return spread_of("var", a, axis, ddof if correction in (None, np._NoValue) else correction, keepdims, where)


def std(
    a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False,
    *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """Return the standard deviation along the axes."""
    return spread_of("std", a, axis, ddof if correction in (None, np._NoValue) else correction, keepdims, where)


def spread_of(name: str, a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    """Return a Tensor's own variance or standard deviation; of those that a mask leaves, by its definition."""
    x, keep = operand(a), bool(keepdims) if keepdims is not np._NoValue else False
    if where is True:
        return getattr(x, name)(axis=plain_axis(axis), keepdims=keep, ddof=ddof)
    squares = (x - mean(x, axis, keepdims=True, where=where)) ** 2
    count = np.sum(np.broadcast_to(where, x.shape), axis=plain_axis(axis), keepdims=keep)
    variance = sum(squares, axis, keepdims=keep, where=where) / (count - ddof)
    return variance if name == "var" else calculus.sqrt(variance)


def average(a: Any, axis: Axes = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    """Return the mean, by weights."""
    x = operand(a)
    if weights is None:
        result, total = (
            mean(x, axis, keepdims=keepdims),
            x.size / np.size(np.mean(np.zeros(x.shape), axis=plain_axis(axis))),
        )
    else:
        w = operand(weights)
        if w.shape != x.shape:
            along = arrays.axes_of(plain_axis(axis), x.ndim)
            w = reshape(w, [n if i in along else 1 for i, n in enumerate(x.shape)])
        total = sum(w + 0 * np.zeros(x.shape), axis, keepdims=keepdims)
        result = sum(x * w, axis, keepdims=keepdims) / total
    return (result, total) if returned else result


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Any:
    """Return the covariances of the rows, or the columns, of a matrix; y has further ones."""
    x = (
        atleast_2d(m)
        if y is None
        else concatenate([atleast_2d(m), atleast_2d(y)], 0 if rowvar or np.ndim(m) < 2 else 1)
    )
    rows = x if rowvar or x.shape[0] == 1 else transpose(x)
    centred = rows - arrays.mean(rows, axis=1, keepdims=True)
    n = rows.shape[1] - (ddof if ddof is not None else 0 if bias else 1)
    return squeeze(arrays.matmul(centred, arrays.swap(centred)) / n)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """Return the correlations of the rows, or the columns, of a matrix; y has further ones."""
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    spread = calculus.sqrt(diagonal(c))
    return c / reshape(spread, (-1, 1)) / spread


def ptp(a: Any, axis: Axes = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the largest less the smallest along the axes."""
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the sums of the first, the first two, …; without an axis, of all."""
    return arrays.cumsum(operand(a), axis=axis)


def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the products of the first, the first two, …; without an axis, of all."""
    return arrays.cumprod(operand(a), axis=axis)


def cumulative(row: Any, x: Any, axis: int | None, begin: float, include_initial: bool) -> Any:
    """Return a running sum or product, after what it begins with if that is to be included."""
    x = operand(x)
    if axis is None and x.ndim != 1:
        raise ValueError(f"an array with {x.ndim} axes needs an axis along which it is gone through")
    found = row(x, axis=axis or 0)
    if not include_initial:
        return found
    first = np.full([1 if i == (axis or 0) % x.ndim else n for i, n in enumerate(x.shape)], begin)
    return concatenate((first, found), axis or 0)


def cumulative_sum(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """Return the sums of the first, the first two, … along an axis."""
    return cumulative(arrays.cumsum, x, axis, 0.0, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """Return the products of the first, the first two, … along an axis."""
    return cumulative(arrays.cumprod, x, axis, 1.0, include_initial)


# --- in order -------------------------------------------------------------------------------------


def sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """Return it in order along the axis; with None all its numbers in one."""
    return arrays.sort(ravel(a), axis=0) if axis is None else arrays.sort(operand(a), axis=axis)


def partition(a: Any, kth: Any, axis: int | None = -1, kind: Any = None, order: Any = None) -> Any:
    """Return it in order along the axis, which is more than is asked for."""
    return sort(a, axis)


def median(a: Any, axis: Axes = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """Return the median along the axes."""
    return reduce_with(arrays.median, operand(a), axis, keepdims)


def quantile(
    a: Any, q: Any, axis: Axes = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    """Return the number below which a part q lies along the axes; of several q one after the other."""
    if method not in ("linear", "lower", "higher", "midpoint") or weights is not None:
        raise ValueError(f"quantile: method {method!r} (choose from linear, lower, higher, midpoint), without weights")
    if np.ndim(q):
        return stack([quantile(a, one, axis, None, False, method, keepdims) for one in np.asarray(q)])
    keep = {"keepdims": True} if keepdims is not np._NoValue and keepdims else {}
    return arrays.quantile(operand(a), q=float(q), method=method, axis=plain_axis(axis), **keep)


def percentile(a: Any, q: Any, *args: Any, **options: Any) -> Any:
    """Return the number below which q percent lie along the axes."""
    return quantile(a, np.asarray(q) / 100, *args, **options)


# --- without NaN ----------------------------------------------------------------------------------


def present(a: Any) -> tuple[Any, Any]:
    """Return a node, and 1 where it is a number, 0 where it is NaN."""
    x = operand(a)
    return x, calculus.equal(x, x)


def nansum(a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the sum along the axes, without NaN."""
    x, there = present(a)
    return sum(calculus.where(there, x, 0), axis, keepdims=keepdims)


def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the sums of the first, the first two, …, without NaN."""
    x, there = present(a)
    return cumsum(calculus.where(there, x, 0), axis)


def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Return the products of the first, the first two, …, without NaN."""
    x, there = present(a)
    return cumprod(calculus.where(there, x, 1), axis)


def nanprod(a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the product along the axes, without NaN."""
    x, there = present(a)
    return prod(calculus.where(there, x, 1), axis, keepdims=keepdims)


def nanmean(a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the mean along the axes, without NaN."""
    return nansum(a, axis, keepdims=keepdims) / sum(present(a)[1], axis, keepdims=keepdims)


def nanvar(a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False) -> Any:
    """Return the variance along the axes, without NaN."""
    x, there = present(a)
    squares = nansum((x - nanmean(x, axis, keepdims=True)) ** 2, axis, keepdims=keepdims)
    return squares / (sum(there, axis, keepdims=keepdims) - ddof)


def nanstd(a: Any, axis: Axes = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False) -> Any:
    """Return the standard deviation along the axes, without NaN."""
    return calculus.sqrt(nanvar(a, axis, ddof=ddof, keepdims=keepdims))


def nanmax(a: Any, axis: Axes = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the largest along the axes, without NaN; NaN of nothing."""
    x, there = present(a)
    some = sum(there, axis, keepdims=keepdims)
    return calculus.where(some, max(calculus.where(there, x, -np.inf), axis, keepdims=keepdims), np.nan)


def nanmin(a: Any, axis: Axes = None, out: Any = None, keepdims: Any = False) -> Any:
    """Return the smallest along the axes, without NaN; NaN of nothing."""
    x, there = present(a)
    some = sum(there, axis, keepdims=keepdims)
    return calculus.where(some, min(calculus.where(there, x, np.inf), axis, keepdims=keepdims), np.nan)
