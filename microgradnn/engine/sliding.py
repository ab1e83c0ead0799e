"""What slides along an axis: differences, convolutions, pooling. All are made of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules import arrays
from .masks import refuse_mask
from .products import einsum, matmul
from .rearrange import concatenate, in_order, integer, moveaxis, one_axis, operand, pad, ravel

Pair = int | Sequence[int]


def between(x: Any, axis: int, begin: int | None, end: int | None) -> Any:
    """Return the slices from `begin` to `end` along an axis."""
    return arrays.take(x, index=(*(slice(None),) * axis, slice(begin, end)))


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Return the differences of neighbours along the axis, n times over."""
    x = operand(a)
    axis = one_axis(axis, x.ndim)
    whole = [operand(one) for one in (prepend, x, append) if not missing(one)]
    if len(whole) > 1:
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        x = concatenate([one if one.ndim else arrays.broadcast(one, shape=shape) for one in whole], axis)
    for _ in range(n):
        x = between(x, axis, 1, None) - between(x, axis, None, -1)
    return x


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Return the differences of neighbours, all its numbers in one axis, with something before and after them."""
    ends = [[] if one is None else [ravel(one)] for one in (to_begin, to_end)]
    return concatenate([*ends[0], diff(ravel(ary)), *ends[1]], 0)


def missing(x: Any) -> bool:
    """Whether an argument was left out."""
    return x is None or x is np._NoValue


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return differences quotients along each axis: central ones inside, one-sided ones at the ends, as NumPy does."""
    x = operand(f)
    axes = arrays.axes_of(axis, x.ndim)
    steps = list(varargs) if len(varargs) > 1 else list(varargs or [1.0]) * len(axes)
    if len(steps) != len(axes):
        raise TypeError(f"gradient: {len(varargs)} spacings for {len(axes)} axes")
    found = [gradient_along(x, step, one_axis(i, x.ndim), edge_order) for i, step in zip(axes, steps, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def gradient_along(x: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """Return the difference quotients along one axis, for a spacing or for the places of the numbers."""
    n = x.shape[axis]
    if edge_order not in (1, 2) or n <= edge_order:
        raise ValueError(f"gradient: {n} numbers along axis {axis} are too few for edge_order {edge_order}")
    gaps = np.full(n - 1, float(spacing)) if not np.ndim(spacing) else np.diff(np.asarray(spacing, x.dtype))
    if len(gaps) != n - 1:
        raise ShapeError(f"gradient: {len(gaps) + 1} places for {n} numbers along axis {axis}")
    shape = [-1 if i == axis else 1 for i in range(x.ndim)]
    even = bool((gaps == gaps[0]).all())
    a, b = (gaps[0], gaps[0]) if even else (gaps[:-1].reshape(shape), gaps[1:].reshape(shape))
    first, last = (between(x, axis, i, i + 1) for i in (0, n - 1))
    if edge_order == 1:
        ends = [(between(x, axis, 1, 2) - first) / gaps[0], (last - between(x, axis, n - 2, n - 1)) / gaps[-1]]
    else:
        near = (first, between(x, axis, 1, 2), between(x, axis, 2, 3))
        far = (last, between(x, axis, n - 2, n - 1), between(x, axis, n - 3, n - 2))
        ends = [parabola(*near, *gaps[:2]), -parabola(*far, *gaps[:-3:-1])]
    if n == 2:
        return concatenate(ends, axis)
    before, after = between(x, axis, None, -2), between(x, axis, 2, None)
    if even:
        inside = (after - before) / (2 * a)
    else:
        middle = between(x, axis, 1, -1)
        inside = after * (a / (b * (a + b))) + middle * ((b - a) / (a * b)) - before * (b / (a * (a + b)))
    return concatenate([ends[0], inside, ends[1]], axis)


def parabola(first: Any, second: Any, third: Any, a: float, b: float) -> Any:
    """Return the slope at the first of three points, a and b apart, of the parabola through them."""
    return second * ((a + b) / (a * b)) - first * ((2 * a + b) / (a * (a + b))) - third * (a / (b * (a + b)))


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """Return the integral along the axis by trapezoids."""
    y = operand(y)
    axis = one_axis(axis, y.ndim)
    heights = between(y, axis, 1, None) + between(y, axis, None, -1)
    if x is None:
        return arrays.sum(heights, axis=axis) * (dx / 2)
    gaps = diff(x) if np.ndim(x) == 1 else diff(x, axis=axis)
    if np.ndim(x) == 1:
        gaps = arrays.reshape(gaps, shape=tuple([-1 if i == axis else 1 for i in range(y.ndim)]))
    return arrays.sum(heights * gaps, axis=axis) / 2


# --- windows --------------------------------------------------------------------------------------


def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, **_: Any) -> Any:
    """Return what a window sees in each of its places, its axes at the end."""
    x = operand(x)
    size = (
        (int(window_shape),)
        if isinstance(window_shape, (int, np.integer))
        else tuple([integer(n, "a length of a window") for n in window_shape])
    )
    axes = tuple([one_axis(i, x.ndim) for i in arrays.axes_of(axis, x.ndim)])
    if len(axes) != len(size):
        raise ShapeError(f"sliding_window_view: a window of {len(size)} axes over {len(axes)}")
    k = len(axes)
    last = moveaxis(x, axes, range(x.ndim - k, x.ndim))
    seen = arrays.windows(last, size=size, step=(1,) * k, dilation=(1,) * k)
    places = [*range(x.ndim - k, x.ndim)]
    return in_order(seen, lambda one: np.moveaxis(one, places, axes))


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Return Σₖ aₖ vₙ₋ₖ, of two arrays of one axis."""
    x, y = operand(a), operand(v)
    if x.ndim == y.ndim == 1 and y.shape[0] > x.shape[0]:  # it is the same the other way round, and `same` is cut there
        x, y = y, x
    return correlate(x, arrays.flip(y, axis=0) if y.ndim else y, mode)


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Return Σₖ aₙ₊ₖ vₖ, of two arrays of one axis."""
    x, y = operand(a), operand(v)
    if x.ndim != 1 or y.ndim != 1:
        raise ShapeError(f"convolve is for arrays of one axis; got shapes {x.shape} and {y.shape}")
    turned = y.shape[0] > x.shape[0]
    if turned:
        x, y = y, x
    n, k = x.shape[0], y.shape[0]
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"unknown mode {mode!r} (choose from full, same, valid)")
    if mode != "valid":
        x = arrays.pad(x, width=((k - 1, k - 1),))
    seen = arrays.windows(x, size=(k,), step=(1,), dilation=(1,))
    result = matmul(seen, y)
    if turned:
        result = arrays.flip(result, axis=0)
    if mode == "same":
        begin = (k - 1) // 2 if not turned else k // 2
        result = between(result, 0, begin, begin + n)
    return result


def pair(x: Pair) -> tuple[int, int]:
    """Return a length for rows and one for columns."""
    a, b = x if isinstance(x, (tuple, list)) and len(x) == 2 else (x, x)
    return integer(a, "a length along rows"), integer(b, "a length along columns")


def windows_of(x: Any, size: Pair, stride: Pair, padding: Pair, dilation: Pair, fill: float) -> Any:
    """Return what a window sees of the last two axes, padded: (…, places down, places across, down, across)."""
    refuse_mask(x, "a picture")
    down, across = pair(padding)
    if down or across:
        width = (*[(0, 0)] * (x.ndim - 2), (down, down), (across, across))
        x = pad(x, width, constant_values=fill)
    spans = [d * (n - 1) + 1 for n, d in zip(pair(size), pair(dilation), strict=True)]
    if x.ndim < 2 or any(n < span for n, span in zip(x.shape[-2:], spans, strict=True)):
        raise ShapeError(f"a window of {spans[0]} by {spans[1]} does not fit into shape {x.shape}")
    return arrays.windows(x, size=pair(size), step=pair(stride), dilation=pair(dilation))


def conv2d(
    x: Any, weight: Any, bias: Any = None, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1
) -> Any:
    """Return the convolution of pictures (N, C, H, W) with D filters (D, C / groups, h, w), as pictures of D channels.

    As torch.nn.functional.conv2d: the filter is not turned round. `bias` is (D,).

    >>> import numpy as np
    >>> from microgradnn import Tensor, conv2d
    >>> x, w = Tensor(np.arange(16.0).reshape(1, 1, 4, 4), "x"), Tensor([[[[1.0, 0.0], [0.0, -1.0]]]], "w")
    >>> conv2d(x, w, stride=2)
    Tensor([[[[-5., -5.],
              [-5., -5.]]]], op='einsum')
    """
    x, weight = operand(x), operand(weight)
    if x.ndim != 4 or weight.ndim != 4 or x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(
            f"conv2d is for pictures (N, C, H, W) and filters (D, C / {groups}, h, w); got {x.shape}, {weight.shape}"
        )
    seen = windows_of(x, weight.shape[2:], stride, padding, dilation, 0)
    if groups == 1:
        result = einsum("nchwij,dcij->ndhw", seen, weight)
    else:
        parts = arrays.reshape(seen, shape=(x.shape[0], groups, -1, *seen.shape[2:]))
        filters = arrays.reshape(weight, shape=(groups, -1, *weight.shape[1:]))
        whole = einsum("ngchwij,gdcij->ngdhw", parts, filters)
        result = arrays.reshape(whole, shape=(x.shape[0], -1, *whole.shape[3:]))
    return result if bias is None else result + arrays.reshape(operand(bias), shape=(1, -1, 1, 1))


def max_pool2d(x: Any, size: Pair, *, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1) -> Any:
    """Return the largest in each window of the last two axes, which by default lie side by side; a tie shares."""
    seen = windows_of(operand(x), size, size if stride is None else stride, padding, dilation, -np.inf)
    return arrays.max(seen, axis=(-2, -1))


def avg_pool2d(x: Any, size: Pair, *, stride: Pair | None = None, padding: Pair = 0) -> Any:
    """Return the mean of each window of the last two axes, which by default lie side by side; padding counts as 0."""
    seen = windows_of(operand(x), size, size if stride is None else stride, padding, 1, 0)
    return arrays.mean(seen, axis=(-2, -1))
