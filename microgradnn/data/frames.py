"""Frames of pandas, Polars, PyArrow and others, and Parquet files, as tables. None of them is imported unasked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from os import PathLike, fspath
from typing import Any

import numpy as np

from ..engine.disk import open_ordinary
from ..engine.tensor import Array
from ..errors import extra
from .delimited import MOST_BYTES, Table, first_repeated

PARQUET = (".parquet", ".pq")


class FrameTable(Table):
    """The columns of a frame; an example is a row, counted from 1."""

    unit = "row"
    typed = True

    def __init__(self, name: str, names: list[str], arrays: list[Array]) -> None:
        super().__init__(name, names, range(1, 1 + (len(arrays[0]) if arrays else 0)))
        self.arrays = arrays

    def columns(self, at: Sequence[int], most: int | None = None) -> list[Sequence[str]]:
        """Return the texts of some columns, '' for what is missing."""
        found: list[Sequence[str]] = []
        for i in at:
            array = self.arrays[i][:most]
            cells = array.tolist()
            if array.dtype.kind == "f" and all(is_missing(x) or x.is_integer() for x in cells):  # whole, but for gaps
                cells = [x if is_missing(x) else int(x) for x in cells]
            found.append(["" if is_missing(x) else str(x).strip() for x in cells])
        return found

    def floats(self, at: Sequence[int]) -> Array:
        """Return some columns as numbers, NaN for what is missing."""
        found = np.empty((len(at), len(self)))
        for row, i in zip(found, at, strict=True):
            array = self.arrays[i]
            row[:] = array if array.dtype.kind in "fiub" else [real(x) for x in array.tolist()]
        return found


def is_missing(x: Any) -> bool:
    """Whether a cell is None, NaN, or what pandas has for them: all that is not equal to itself."""
    return x is None or type(x).__name__ in ("NAType", "NaTType") or x != x


def real(x: Any) -> float:
    """Return a cell as a float, NaN where it is missing; ValueError, which says nothing, where it is no number."""
    if is_missing(x):
        return float("nan")
    if not isinstance(x, (Real, Decimal)):
        raise ValueError
    return float(x)


def is_frame(source: Any) -> bool:
    """Whether it offers its columns by Arrow's protocol, or by the older one of frames."""
    return hasattr(source, "__arrow_c_stream__") or hasattr(source, "__dataframe__")


def read_frame(source: Any, name: str = "the frame") -> FrameTable:
    """Return the table of a frame: its own columns as arrays, or those that PyArrow reads by the protocol."""
    if not (hasattr(source, "columns") and hasattr(source, "__getitem__")):
        with extra("frames"):
            import pyarrow.interchange
        arrow = hasattr(source, "__arrow_c_stream__")
        try:
            source = pyarrow.table(source) if arrow else pyarrow.interchange.from_dataframe(source)
        except (TypeError, ValueError, pyarrow.ArrowException) as error:
            raise TypeError(f"{name} has no columns with names: it is a {type(source).__name__}") from error
    found = list(getattr(source, "column_names", source.columns))
    names = [str(one) for one in found]
    if twice := first_repeated(names):
        raise ValueError(f"{name}: two columns have the name {twice!r}")
    arrays = [np.asarray(source[one].to_numpy()) for one in found]
    if not names or not len(arrays[0]):
        raise ValueError(f"{name} is empty; columns with names and a row for each example are needed")
    return FrameTable(name, names, arrays)


def read_parquet(path: str | PathLike[str]) -> FrameTable:
    """Return the table of a Parquet file; ValueError where it is none."""
    with extra("frames"):
        import pyarrow.parquet
    with open_ordinary(path, MOST_BYTES) as file:
        try:
            return read_frame(pyarrow.parquet.read_table(file), fspath(path))
        except pyarrow.ArrowException as error:
            raise ValueError(
                f"{fspath(path)} is no Parquet file, or damaged: {str(error).partition(chr(10))[0]}"
            ) from None
