"""What may be wrong with the examples, and what to say of it: where, what came, and the way out."""

# ruff: noqa: N803 (Y is the notes' name)
from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from ..engine.masks import refuse_mask
from ..engine.tensor import Array, Tensor
from ..errors import ShapeError

MOST_SHOWN = 5  # positions in a message


def as_array(x: Any, name: str) -> Any:
    """Return x as an array of whatever it holds; ShapeError where its rows are of different lengths."""
    refuse_mask(x, name)
    try:
        return np.asarray(x.numpy() if isinstance(x, Tensor) else x)
    except ValueError as error:
        raise ShapeError(f"{name} has rows of different lengths; each must have m numbers") from error


def floats(x: Any, name: str) -> Array:
    """Return x as an array of float64, or of float32 where it is one; TypeError names the first that is no number."""
    array = as_array(x, name)
    if array.dtype.kind not in "fiub":
        array = np.asarray(x, object)  # each as it came: beside a text, NumPy makes texts of numbers
        for at, one in np.ndenumerate(array):
            if not isinstance(one, Real):
                place = f"{name}[{', '.join(map(str, at))}]" if at else name
                raise TypeError(f"{place} is {one!r:.60}, a {type(one).__name__}; {name} holds real numbers")
    floating: Array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    return floating


def two_dimensional(array: Array, name: str, fix: str) -> Array:
    """Return the array if it has two axes, neither of them empty; ShapeError with the fix otherwise."""
    if array.ndim > 2:
        fix = "pictures become columns by flatten"
    if array.ndim != 2:
        raise ShapeError(f"{name} must have a row for each number and a column for each example; got shape "
                         f"{array.shape}; {fix}")  # fmt: skip
    if 0 in array.shape:
        lacking = "no example" if array.shape[1] == 0 else "no row"
        raise ShapeError(f"{name} has {lacking}: its shape is {array.shape}; at least (1, 1) is needed")
    return array


def advise_transpose(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """Return the advice to transpose, if that would make the columns as many."""
    if x[0] == y[1]:
        return "; the examples of X seem to be rows: give the transpose, X.T"
    if x[1] == y[0]:
        return "; the examples of Y seem to be rows: give the transpose, Y.T"
    return "; the examples of both seem to be rows: give X.T and Y.T" if x[0] == y[0] else ""


def finite(array: Array, name: str, kind: str) -> None:
    """Raise ValueError for the first NaN or infinity, example by example."""
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum()):  # no mask as large as the array where all is well
            return
    good = np.isfinite(array)
    if good.all():
        return
    j, i = map(int, np.argwhere(~good.T)[0])
    count = int((~good).sum())
    more = f"; so are {count - 1} more" if count > 1 else ""
    one = array[i, j]
    raise ValueError(
        f"{name}[{i}, {j}] is {one} ({kind} {i} of example {j}, counted from 0); all numbers must be finite{more}"
    )


def only_zero_and_one(Y: Array) -> None:
    """Raise ValueError for labels that are neither 0 nor 1, with their values and where they stand (notes, A1)."""
    values = [float(one) for one in np.unique(Y)]
    wrong = [one for one in values if one not in (0.0, 1.0)]
    if not wrong:
        return
    told = []
    for one in wrong[:MOST_SHOWN]:
        columns = np.flatnonzero(np.any(one == Y, axis=0))
        shown = ", ".join(str(j) for j in columns[:MOST_SHOWN]) + (", …" if len(columns) > MOST_SHOWN else "")
        told.append(f"{one:g} at column{'s' * (len(columns) > 1)} {shown}")
    fixes: dict[tuple[float, ...], str] = {
        (-1.0, 1.0): "write (Y + 1) / 2",
        (1.0, 2.0): "write Y - 1",
        (0.0, 255.0): "write Y / 255",
    }
    fix = fixes.get(tuple(values), "for several classes, see one_hot")
    etc = "; and other values" if len(wrong) > MOST_SHOWN else ""
    raise ValueError(f"labels are 0 or 1; got {'; '.join(told)}{etc}; {fix}")


def one_in_each_column(Y: Array) -> None:
    """Raise ValueError unless a column has one 1 and is else 0."""
    if len(Y) == 1:
        raise ShapeError(f"labels of classes have a row for each class; got shape {Y.shape}; one_hot makes them")
    good = ((Y == 0) | (Y == 1)).all(axis=0) & (Y.sum(axis=0) == 1)
    if not good.all():
        j = int(np.flatnonzero(~good)[0])
        shown = ", ".join(f"{one:g}" for one in Y[:, j][:10]) + (", …" if len(Y) > 10 else "")
        raise ValueError(f"each column of Y has one 1, at its class, and else 0; column {j} has {shown}")
