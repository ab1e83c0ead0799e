"""NumPy's words that move numbers about: other shapes, parts, several arrays as one. All are made of rows.

Each takes arrays and nodes alike, and the arguments that NumPy's function of its name takes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import OutOfRangeError, ShapeError
from ..graph import Node
from ..rules import arrays

Axes = int | Sequence[int] | None


def operand(x: Any) -> Any:
    """Return x as a node or an array; a list with nodes in it as one node, as np.array would make it."""
    if isinstance(x, (Node, np.ndarray)):
        return x
    if isinstance(x, (list, tuple)) and has_node(x):
        return stack([operand(one) for one in x])
    return np.asarray(x)


def has_node(x: Any) -> bool:
    """Whether there is a node somewhere in a list of lists."""
    return isinstance(x, Node) or (isinstance(x, (list, tuple)) and any(map(has_node, x)))


def integer(x: Any, what: str) -> int:
    """Return a whole number as an int; TypeError for what `int` would cut off, or read."""
    try:
        return operator.index(x)
    except TypeError:
        raise TypeError(f"{what} is a whole number; got {x!r:.60} ({type(x).__name__})") from None


def as_places(places: Any) -> Any:
    """Return whole numbers as an array of them; TypeError for others, which NumPy would cut off."""
    array = np.asarray(places)
    if array.size and array.dtype.kind not in "iub":
        raise TypeError(f"places along an axis are whole numbers; got {places!r:.60} ({array.dtype})")
    return array.astype(np.intp, copy=False)


def one_axis(axis: int, ndim: int) -> int:
    """Return an axis counted from 0; OutOfRangeError where there is none."""
    axis = integer(axis, "an axis")
    if not -ndim <= axis < ndim:
        raise OutOfRangeError(f"axis {axis} of an array with {ndim} axes")
    return axis % ndim


def in_order(x: Any, move: Callable[[Any], Any]) -> Any:
    """Return x with its axes in the order into which `move` brings those of an array."""
    x = operand(x)
    moved = move(np.broadcast_to(0, range(1, x.ndim + 1)))  # axes of lengths 1, 2, 3, …, and no memory
    order = tuple([n - 1 for n in moved.shape])
    last_two = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return arrays.swap(x) if x.ndim > 1 and order == last_two else arrays.transpose(x, axes=order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Return it with two axes in each other's place."""
    return in_order(x, lambda one: np.swapaxes(one, axis1, axis2))


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Return it with some axes at other places, and the rest in order."""
    return in_order(x, lambda one: np.moveaxis(one, source, destination))


def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """Return it with one axis moved before another."""
    return in_order(x, lambda one: np.rollaxis(one, axis, start))


def transpose(x: Any, axes: Any = None) -> Any:
    """Return it with its axes in another order, by default the reverse."""
    return in_order(x, lambda one: np.transpose(one, axes))


def matrix_transpose(x: Any) -> Any:
    """Return it with the last two axes in each other's place."""
    return swapaxes(x, -1, -2)


def reshape(x: Any, shape: Any, order: str = "C") -> Any:
    """Return the same numbers in another shape, read and laid out by rows, or, with order 'F', by columns."""
    x = operand(x)
    wanted = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(map(operator.index, shape))
    if order in ("C", "A", "K", None):
        return arrays.reshape(x, shape=wanted)
    if order != "F":
        raise ValueError(f"unknown order {order!r} (choose from C, F)")
    return transpose(arrays.reshape(transpose(x), shape=wanted[::-1]))


def ravel(x: Any, order: str = "C") -> Any:
    """Return all its numbers in one axis."""
    return reshape(x, -1, order)


def flatten(x: Any, order: str = "C") -> Any:
    """Return all its numbers in one axis."""
    return reshape(x, -1, order)


def squeeze(x: Any, axis: Axes = None) -> Any:
    """Return it without axes of length 1: all of them, or those named."""
    x = operand(x)
    axes = [i for i, n in enumerate(x.shape) if n == 1]
    if axis is not None:
        axes = [one_axis(i, x.ndim) for i in arrays.axes_of(axis, x.ndim)]
    if any(x.shape[i] != 1 for i in axes):
        raise ShapeError(f"squeeze: axis {axis} of shape {x.shape} is not of length 1")
    return arrays.reshape(x, shape=tuple([n for i, n in enumerate(x.shape) if i not in axes]))


def expand_dims(x: Any, axis: Axes) -> Any:
    """Return it with new axes of length 1, at those places of the result."""
    x = operand(x)
    several = 1 if isinstance(axis, (int, np.integer)) else len(axis or ())
    axes = [one_axis(i, x.ndim + several) for i in arrays.axes_of(axis, x.ndim + several)]
    rest = iter(x.shape)
    return arrays.reshape(x, shape=tuple([1 if i in axes else next(rest) for i in range(x.ndim + several)]))


def atleast(least: int, xs: Sequence[Any], places: Callable[[int], Sequence[int]]) -> Any:
    """Return each array with new axes at `places(ndim)` where it has fewer than `least`."""
    made = [expand_dims(x, places(np.ndim(x))) if np.ndim(x) < least else operand(x) for x in xs]
    return made[0] if len(made) == 1 else tuple(made)


def atleast_1d(*xs: Any) -> Any:
    """Return it with one axis at least."""
    return atleast(1, xs, lambda ndim: (0,))


def atleast_2d(*xs: Any) -> Any:
    """Return it with two axes at least, the new ones first."""
    return atleast(2, xs, lambda ndim: (0,) if ndim else (0, 1))


def atleast_3d(*xs: Any) -> Any:
    """Return it with three axes at least, as NumPy places them."""
    return atleast(3, xs, lambda ndim: [(0, 1, 2), (0, 2), (2,)][ndim])


def broadcast_to(x: Any, shape: Any) -> Any:
    """Return it repeated to fill a shape."""
    x = operand(x)
    wanted = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if x.ndim > len(wanted):
        raise ShapeError(f"broadcast_to: shape {x.shape} has more axes than {wanted}")
    return arrays.broadcast(x, shape=wanted)


def broadcast_arrays(*xs: Any) -> Any:
    """Return arrays repeated to the shape that they have together."""
    shape = np.broadcast_shapes(*map(np.shape, xs))
    return tuple([broadcast_to(x, shape) for x in xs])


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Return it with every entry along the axis repeated; without an axis, of all numbers in one."""
    x = ravel(x) if axis is None else operand(x)
    axis = one_axis(axis or 0, x.ndim)
    if np.size(repeats) != 1:
        return along(x, np.repeat(np.arange(x.shape[axis]), as_places(repeats)), axis)
    times, (before, n, after) = (
        integer(np.reshape(repeats, ()), "repeats"),
        (x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]),
    )
    whole = arrays.broadcast(arrays.reshape(x, shape=(*before, n, 1, *after)), shape=(*before, n, times, *after))
    return arrays.reshape(whole, shape=(*before, n * times, *after))


def tile(x: Any, reps: Any) -> Any:
    """Return it laid side by side, so many times along each axis."""
    x = operand(x)
    times = [integer(n, "what repeats along an axis") for n in np.atleast_1d(reps)]
    times = [1] * (x.ndim - len(times)) + times
    shape = [1] * (len(times) - x.ndim) + list(x.shape)
    apart = arrays.reshape(x, shape=tuple([n for length in shape for n in (1, length)]))
    whole = arrays.broadcast(apart, shape=tuple([n for pair in zip(times, shape, strict=True) for n in pair]))
    return arrays.reshape(whole, shape=tuple([a * b for a, b in zip(times, shape, strict=True)]))


def roll(x: Any, shift: Any, axis: Axes = None) -> Any:
    """Return it moved on in a circle along the axes; without one, all numbers as if they were in one axis."""
    x = operand(x)
    if axis is None:
        return arrays.reshape(roll(ravel(x), shift, 0), shape=x.shape)
    pairs = np.broadcast(shift, axis)
    steps = [(integer(n, "a shift"), one_axis(i, x.ndim)) for n, i in pairs]
    return arrays.roll(x, by=tuple([n for n, _ in steps]), axis=tuple([i for _, i in steps]))


def fftshift(x: Any, axes: Axes = None) -> Any:
    """Return it moved on by half its length along the axes, by default all: the frequency 0 comes to the middle."""
    return shift(x, axes, lambda n: n // 2)


def ifftshift(x: Any, axes: Axes = None) -> Any:
    """Return it moved back by half its length along the axes: fftshift undone."""
    return shift(x, axes, lambda n: -(n // 2))


def shift(x: Any, axes: Axes, by: Callable[[int], int]) -> Any:
    """Return it moved on along the axes, by default all, by what their lengths say."""
    x = operand(x)
    along_these = [one_axis(i, x.ndim) for i in arrays.axes_of(axes, x.ndim)]
    return roll(x, [by(x.shape[i]) for i in along_these], along_these)


def flip(x: Any, axis: Axes = None) -> Any:
    """Return it the other way round along the axes, by default all."""
    return arrays.flip(operand(x), axis=axis)


def fliplr(x: Any) -> Any:
    """Return it with its columns in reverse order."""
    return arrays.flip(operand(x), axis=1)


def flipud(x: Any) -> Any:
    """Return it with its rows in reverse order."""
    return arrays.flip(operand(x), axis=0)


def rot90(x: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """Return it turned by k quarters from the first axis towards the second."""
    first, second = axes
    if k % 4 == 0:
        return operand(x)
    if k % 4 == 2:
        return arrays.flip(operand(x), axis=tuple(axes))
    if k % 4 == 1:
        return swapaxes(arrays.flip(operand(x), axis=second), first, second)
    return arrays.flip(swapaxes(x, first, second), axis=second)


# --- several as one, one as several ---------------------------------------------------------------


def join(xs: Sequence[Any], axis: int) -> Any:
    """Return arrays one after the other along an axis."""
    made = [operand(x) for x in xs]
    if not made:
        raise ShapeError("there is nothing to be joined")
    return arrays.concatenate(*made, axis=one_axis(axis, made[0].ndim))


def concatenate(xs: Any, axis: int | None = 0) -> Any:
    """Return arrays one after the other along an axis; with None all their numbers in one axis."""
    return join([ravel(x) for x in xs], 0) if axis is None else join(xs, axis)


def stack(xs: Any, axis: int = 0) -> Any:
    """Return arrays of one shape along a new axis."""
    made = [operand(x) for x in xs]
    if len({x.shape for x in made}) > 1:
        raise ShapeError(f"stack: the arrays are of different shapes: {', '.join(str(x.shape) for x in made)}")
    return join([expand_dims(x, axis) for x in made], axis)


def vstack(xs: Any) -> Any:
    """Return arrays below each other, those of one axis as rows."""
    return join([atleast_2d(x) for x in xs], 0)


def hstack(xs: Any) -> Any:
    """Return arrays beside each other: along the second axis, or the first where there is one only."""
    made = [atleast_1d(x) for x in xs]
    return join(made, 0 if made and made[0].ndim == 1 else 1)


def dstack(xs: Any) -> Any:
    """Return arrays behind each other, along the third axis."""
    return join([atleast_3d(x) for x in xs], 2)


def column_stack(xs: Any) -> Any:
    """Return arrays beside each other, those of one axis as columns."""
    return join([expand_dims(x, 1) if np.ndim(x) == 1 else atleast_2d(x) for x in xs], 1)


def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """Return it with values after it; without an axis, all numbers in one."""
    return concatenate((x, values), axis)


def block(xs: Any) -> Any:
    """Return arrays laid out as nested lists say: the innermost beside each other, the next below each other."""

    def depth(one: Any) -> int:
        return 1 + depth(one[0]) if isinstance(one, list) else 0

    def lay(one: Any, axis: int) -> Any:
        if isinstance(one, list):
            return join([lay(inner, axis + 1) for inner in one], axis)
        x = operand(one)
        return arrays.reshape(x, shape=(*[1] * (deep - x.ndim), *x.shape)) if x.ndim < deep else x

    deep = depth(xs)
    return lay(xs, -deep)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return its parts along an axis: so many as equal as can be, or between these places."""
    x = operand(x)
    axis = one_axis(axis, x.ndim)
    return parts(x, np.array_split(np.arange(x.shape[axis]), indices_or_sections), axis)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return its parts along an axis: so many equal ones, or between these places."""
    x = operand(x)
    axis = one_axis(axis, x.ndim)
    return parts(x, np.split(np.arange(x.shape[axis]), indices_or_sections), axis)


def parts(x: Any, places: Sequence[Any], axis: int) -> list[Any]:
    """Return x at each of these ranges of places."""
    before = (slice(None),) * axis
    cuts = [slice(int(one[0]), int(one[-1]) + 1) if len(one) else slice(0, 0) for one in places]
    return [arrays.take(x, index=(*before, cut)) for cut in cuts]


def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """Return its slices along an axis."""
    x = operand(x)
    before = (slice(None),) * one_axis(axis, x.ndim)
    return tuple([arrays.take(x, index=(*before, i)) for i in range(x.shape[len(before)])])


def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Return its parts along the first axis."""
    return split(x, indices_or_sections, 0)


def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Return its parts along the second axis, or the first where there is one only."""
    return split(x, indices_or_sections, min(np.ndim(x) - 1, 1))


def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Return its parts along the third axis."""
    return split(x, indices_or_sections, 2)


# --- by index -------------------------------------------------------------------------------------


def along(x: Any, places: Any, axis: int) -> Any:
    """Return x at an array of places along an axis."""
    return arrays.take(x, index=(*(slice(None),) * axis, as_places(places)))


def take(x: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """Return it at these places along the axis; without an axis, of all numbers in one."""
    x = ravel(x) if axis is None else operand(x)
    axis = one_axis(axis or 0, x.ndim)
    return along(x, np.take(np.arange(x.shape[axis]), as_places(indices), mode=mode), axis)  # type: ignore[call-overload]


def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Any:
    """Return for each line along the axis what stands at the places that the line of `indices` has."""
    x, places = operand(x), as_places(indices)
    if axis is None:
        return along(ravel(x), places, 0)
    if places.ndim != x.ndim:
        raise ShapeError(f"take_along_axis: indices of shape {places.shape} for an array of shape {x.shape}")
    axis = one_axis(axis, x.ndim)
    index = [np.arange(n).reshape([-1 if i == k else 1 for i in range(x.ndim)]) for k, n in enumerate(x.shape)]
    index[axis] = places
    return arrays.take(x, index=tuple(index))


def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """Return it at those places along the axis where a condition holds, given as bools."""
    return take(a, np.flatnonzero(np.asarray(condition)), axis)


def extract(condition: Any, arr: Any) -> Any:
    """Return the numbers where a condition holds, given as bools, in one axis."""
    return take(arr, np.flatnonzero(np.asarray(condition)))


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Return for each place the choice that whole numbers name."""
    made = [operand(x) for x in choices]
    shape = np.broadcast_shapes(np.shape(a), *[x.shape for x in made])
    which = np.choose(a, np.arange(len(made)), mode=mode)  # type: ignore[call-overload]
    places = np.ogrid[tuple([slice(n) for n in shape])]
    return arrays.take(stack([broadcast_to(x, shape) for x in made]), index=(np.broadcast_to(which, shape), *places))


def delete(x: Any, obj: Any, axis: int | None = None) -> Any:
    """Return it without what stands at these places along the axis."""
    x = ravel(x) if axis is None else operand(x)
    axis = one_axis(axis or 0, x.ndim)
    return along(x, np.delete(np.arange(x.shape[axis]), obj), axis)


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Return it with values before what stands at these places along the axis; without an axis, of all numbers."""
    x = ravel(arr) if axis is None else operand(arr)
    axis = one_axis(axis or 0, x.ndim)
    n, new = x.shape[axis], operand(values)
    if np.ndim(obj) == 0 and not isinstance(obj, slice):  # as NumPy: their first axis is the one along which they go in
        new = moveaxis(reshape(new, (*[1] * (x.ndim - new.ndim), *new.shape)), 0, axis)
        more = new.shape[axis]
    else:
        more = np.insert(np.arange(n), obj, -1).size - n
    new = broadcast_to(new, (*x.shape[:axis], more, *x.shape[axis + 1 :]))
    return along(join([x, new], axis), np.insert(np.arange(n), obj, n + np.arange(more)), axis)


def resize(a: Any, new_shape: Any) -> Any:
    """Return its numbers, one after the other and over again, in a shape."""
    x = ravel(a)
    return along(x, np.resize(np.arange(x.shape[0]), new_shape), 0)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """Return it with something around it: a number, or, by mode, what stands at the edge, or follows in a circle."""
    x = operand(x)
    width = tuple(
        [(integer(a, "pad_width"), integer(b, "pad_width")) for a, b in np.broadcast_to(pad_width, (x.ndim, 2))]
    )
    if mode == "constant":
        whole = arrays.pad(x, width=width)
        if not np.any(constant_values):
            return whole
        return whole + np.pad(np.zeros(x.shape, x.dtype), width, constant_values=constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"pad: mode {mode!r} (choose from constant, edge, reflect, symmetric, wrap)")
    for axis, ends in enumerate(width):
        if any(ends):
            x = along(x, np.pad(np.arange(x.shape[axis]), ends, mode=mode), axis)  # type: ignore[call-overload]
    return x


# --- diagonals ------------------------------------------------------------------------------------


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return a diagonal of two of its axes, as the last axis."""
    x, offset = operand(x), integer(offset, "offset")
    last = x if x.ndim == 2 and (axis1, axis2) in ((0, 1), (-2, -1)) else moveaxis(x, (axis1, axis2), (-2, -1))
    if not -last.shape[-2] <= offset <= last.shape[-1]:  # of none
        return arrays.take(last, index=(..., 0, slice(0, 0)))
    return arrays.diagonal(last, offset=offset)


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the sum of a diagonal."""
    return arrays.sum(diagonal(x, offset, axis1, axis2), axis=-1)


def diag(x: Any, k: int = 0) -> Any:
    """Return the diagonal of a matrix, or the matrix that has these numbers on its diagonal."""
    x, k = operand(x), integer(k, "k")
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ShapeError(f"diag is for one or two axes; got shape {x.shape}")
    n = x.shape[0] + abs(k)
    return arrays.on_diagonal(x, offset=k, shape=(n, n))


def diagflat(x: Any, k: int = 0) -> Any:
    """Return the matrix that has all its numbers on a diagonal."""
    return diag(ravel(x), k)


def tril(x: Any, k: int = 0) -> Any:
    """Return it with zeros above a diagonal of the last two axes."""
    return arrays.tril(operand(x), k=integer(k, "k"))


def triu(x: Any, k: int = 0) -> Any:
    """Return it with zeros below a diagonal of the last two axes."""
    return arrays.triu(operand(x), k=integer(k, "k"))


def meshgrid(*xs: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    """Return arrays of one axis repeated over the grid that they span."""
    made = [ravel(x) for x in xs]
    order = list(range(len(made)))
    if indexing == "xy" and len(made) > 1:
        order[:2] = [1, 0]
    shape = tuple([x.shape[0] for x, _ in sorted(zip(made, order, strict=True), key=lambda pair: pair[1])])
    laid = [
        arrays.reshape(x, shape=tuple([-1 if k == i else 1 for k in range(len(made))]))
        for x, i in zip(made, order, strict=True)
    ]
    return tuple(laid if sparse else [arrays.broadcast(x, shape=shape) for x in laid])


def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **options: Any) -> Any:
    """Return what a function makes of each line along an axis: one number, or an array that takes the line's place."""
    x = operand(arr)
    axis = one_axis(axis, x.ndim)
    lines, around = moveaxis(x, axis, -1), tuple([n for i, n in enumerate(x.shape) if i != axis])
    found = [func1d(arrays.take(lines, index=place), *args, **options) for place in np.ndindex(*around)]
    if not found:
        raise ShapeError(f"apply_along_axis: shape {x.shape} has no line along axis {axis}")
    whole = stack(found)
    made = tuple(whole.shape[1:])
    result = arrays.reshape(whole, shape=around + made)
    return moveaxis(result, range(len(around), len(around) + len(made)), range(axis, axis + len(made)))


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Axes) -> Any:
    """Return what a reduction leaves along one of the axes after the other, which are kept with length 1."""
    x = operand(a)
    for axis in arrays.axes_of(axes, x.ndim):
        made = func(x, axis)
        x = made if made.ndim == x.ndim else expand_dims(made, axis)
    return x
