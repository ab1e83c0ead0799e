"""Tables: a line of names, then a line for each example. They become columns (notes, A4).

Nothing is guessed and nothing is filled in: what is no number is an error that gives its line and its column. The
careful look at each cell is taken only where the quick one found something wrong.
"""

# ruff: noqa: N806 (X and Y are the notes' names)
from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from os import PathLike, fspath
from typing import NoReturn

import numpy as np

from ..engine.tensor import Array
from .checks import MOST_SHOWN
from .columns import LABELS, Examples
from .delimited import Source, Table, first_repeated, number, read_text, show_names, to_floats
from .frames import PARQUET, is_frame, read_frame, read_parquet
from .labels import class_labels

MISSING = ("", "?", "n/a", "na", "nan", "none", "null")
MANY_KINDS = 20  # of whole numbers, beyond which they are hardly classes
MOST_COMPARED = 1000  # names, for a guess at which was meant
CHOOSE = (
    "; to leave the column out, name the others as features=[…] (on the command line: --features a,b; --categorical c "
    "makes inputs of the categories in c)"
)
WITH_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
WITH_POINT = re.compile(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")  # as thousands may be
CODE = re.compile(r"0\d+")
LOOKED_AT = 100  # examples, for what a column may be


# --- what is read -----------------------------------------------------------------------------


def read_table(
    source: Source,
    label: str,
    *,
    features: Sequence[str] | None = None,
    labels: str | None = None,
    classes: Sequence[str] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
) -> Examples:
    """Return a table as X, (n_x, m), the labels Y, the features' names and the classes' names (notes, A1, A4).

    `source` is a path of a CSV or Parquet file, lines of text, or a frame (pandas, Polars, PyArrow, and what else has
    Arrow's protocol). The column `label` has the labels: 0 and 1 become Y (1, m); text
    becomes (1, m) for two classes, of which the second by name is 1 (but 'cat' is 1 and 'non-cat' 0), and one-hot,
    (k, m), for more, as do whole numbers 0 to k − 1. Other numbers are refused, unless `labels` says what they are:
    'classes', each value one of its own, or 'numbers', Y (1, m) as it stands. `classes` are those to use, in
    this order. `features` are the columns to use, in this order, by default all others.
    The delimiter is the tab, semicolon, bar or comma with which the first two lines have as many cells, unless given.
    Decimals have a point, or all of them a comma; where a comma may as well part thousands, `decimal` says
    which of both it is, '.' or ','.

    Raises ValueError with line and column for text among numbers, a missing value, NaN, a line with more or
    fewer cells, and for an empty table, names that are not there or there twice; OSError for no file.

    >>> table = read_table(["height,weight,species", "1.0,3.5,cat", "2.0,30.0,dog"], "species")
    >>> table.X.tolist(), table.Y.tolist(), table.features, table.classes
    ([[1.0, 2.0], [3.5, 30.0]], [[0.0, 1.0]], ['height', 'weight'], ['cat', 'dog'])
    >>> read_table(["x1,x2,y", "1,2,0", "3,many,1"], "y")
    Traceback (most recent call last):
    ValueError: the table, line 3, column 'x2': 'many' is no number
    """
    if labels not in (None, *LABELS):
        raise ValueError(f"unknown labels {labels!r} (choose from {', '.join(LABELS)})")
    table = read(source, delimiter)
    at = place(table, label)
    chosen = [name for name in names_of(table) if name != label] if features is None else list(features)
    if label in chosen:
        raise ValueError(f"{label!r} is the label, so it is no feature")
    if not chosen:
        raise ValueError(f"{table.name} has no column besides the label, {label!r}: there is nothing to learn from")
    X = columns_of(table, chosen, decimal, beside=[at], of_text=CHOOSE if features is None else "")
    Y, named = labels_of(table, at, labels, classes, decimal, beside=places(table, chosen))
    return Examples(X, Y, chosen, named)


def read_features(
    source: Source,
    features: Sequence[str] | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
) -> tuple[Array, list[str]]:
    """Return a table without labels as X, (n_x, m), and the features' names: for prediction (notes, A1).

    `features` are the columns to use, in this order, such as those of the training set; other columns are not read.
    By default all are used. Raises as read_table.

    >>> X, names = read_features(["id,b,a", "7,2,1", "8,4,3"], ["a", "b"])
    >>> X.tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    table = read(source, delimiter)
    chosen = list(names_of(table) if features is None else features)
    return columns_of(table, chosen, decimal), chosen


# --- columns by name --------------------------------------------------------------------------


def read(source: Source, delimiter: str | None = None) -> Table:
    """Return the cells of a file, of lines of text, or of a frame."""
    if is_frame(source):
        return read_frame(source)
    if isinstance(source, (str, PathLike)) and fspath(source).lower().endswith(PARQUET):
        return read_parquet(source)
    return read_text(source, delimiter)


def names_of(table: Table) -> list[str]:
    """Return the names of all columns; ValueError where one of them has none, unless there is nothing in it."""
    for i, name in enumerate(table.names):
        if not name and any(table.columns([i])[0]):
            raise ValueError(f"{table.head}: column {i + 1} has no name; the first line has the columns' names{CHOOSE}")
    return [name for name in table.names if name]


def place(table: Table, column: str) -> int:
    """Return where a column is; ValueError with the names there are."""
    return places(table, [column])[0]


def places(table: Table, columns: Sequence[str]) -> list[int]:
    """Return where columns are, of which there may be many; ValueError with the names there are."""
    at = {name: i for i, name in enumerate(table.names)}
    for column in columns:
        if not column:
            raise ValueError(f"{table.head}: a column is chosen by its name (choose from {show_names(table.names)})")
        if column not in at:
            raise ValueError(f"{table.name} has no column {column!r}{suggest_name(column, table.names)} "
                             f"(choose from {show_names(table.names)})")  # fmt: skip
    return [at[column] for column in columns]


def suggest_name(name: str, names: Sequence[str]) -> str:
    """Say which name was perhaps meant."""
    close = get_close_matches(name, names[:MOST_COMPARED], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


# --- the numbers ------------------------------------------------------------------------------


def decimal_mark(table: Table, at: Sequence[int]) -> str:
    """Return with what the decimals of some columns are written: a point, or where all say so a comma.

    Raises ValueError where both occur, and where 1,234 may as well be more than a thousand.
    """
    commas, point = [], None
    for column, cells in zip(at, table.columns(at), strict=True):
        for i, cell in enumerate(cells):
            if "," in cell and WITH_COMMA.fullmatch(cell):
                commas.append((cell, i, column))
            elif point is None and WITH_POINT.fullmatch(cell):
                point = cell, i, column
    if not commas:
        return "."
    shown, i, column = commas[0]
    what = f"{table.place(i)}, column {table.names[column]!r}: {shown!r}"
    if point is not None:
        other = f"{point[0]!r} in {table.unit} {table.places[point[1]]}, column {table.names[point[2]]!r}, a point"
        raise ValueError(f"{what} has a comma and {other}; write all decimals alike, and thousands without a mark")
    if all(GROUPED.fullmatch(cell) for cell, _, _ in commas):
        either = f"{shown.replace(',', '.', 1)} or {shown.replace(',', '')}"
        raise ValueError(f"{what} may be {either}; decimal=',' (--decimal ,) says that the comma is a decimal one; "
                         "thousands are written without a mark")  # fmt: skip
    return ","


def columns_of(
    table: Table, names: Sequence[str], decimal: str | None = None, *, beside: Sequence[int] = (), of_text: str = ""
) -> Array:
    """Return columns of numbers as rows, (n, m); `of_text` is the advice where none of a column is a number."""
    if not names:
        raise ValueError(f"no columns of {table.name} were chosen (choose from {show_names(table.names)})")
    if twice := first_repeated(names):
        raise ValueError(f"the column {twice!r} was chosen twice")
    at = places(table, names)
    X, mark = floats_of(table, at, decimal, beside)
    if of_text:  # the columns were not chosen by name
        note_codes(table, at)
    good = np.isfinite(X)
    if not good.all():
        example, i = map(int, np.argwhere(~good.T)[0])
        cells = table.columns([at[i]])[0]
        text = all(number_with(cell, mark) is None for cell in cells)
        wrong(table, example, at[i], cells[example], mark, of_text if text else "")
    return X


def note_codes(table: Table, at: Sequence[int]) -> None:
    """Warn of the first column whose numbers begin with 0, as those of codes and ids do."""
    if table.typed:
        return
    for i, cells in zip(at, table.columns(at, LOOKED_AT), strict=True):
        for j, cell in enumerate(cells):
            if CODE.fullmatch(cell):
                warnings.warn(
                    f"{table.place(j)}, column {table.names[i]!r}: {cell!r} is taken for the number {int(cell)}"
                    + CHOOSE,
                    stacklevel=4,
                )
                return


def check_thousands(table: Table, at: Sequence[int], X: Array) -> None:  # noqa: N803
    """Raise ValueError where every point may part thousands, in a table whose cells are parted by semicolons."""
    whole = np.trunc(X) == X
    if whole.all() and not any("." in cell for cells in table.columns(at, LOOKED_AT) for cell in cells):
        return
    size = np.abs(X[~whole])
    if (size < 1).any() or (size >= 1000).any() or (np.rint(size * 1000) != np.round(size * 1000, 6)).any():
        return  # a decimal that can be nothing else
    pointed = [(cell, i, j) for i, cells in zip(at, table.columns(at), strict=True) for j, cell in enumerate(cells)
               if "." in cell]  # fmt: skip
    if pointed and all(GROUPED.fullmatch(cell.replace(".", ",")) for cell, _, _ in pointed):
        shown, i, j = pointed[0]
        raise ValueError(f"{table.place(j)}, column {table.names[i]!r}: {shown!r} may be {shown} or "
                         f"{shown.replace('.', '')}; decimal='.' (--decimal .) says that the point is a decimal one; "
                         "thousands are written without a mark")  # fmt: skip


def floats_of(table: Table, at: Sequence[int], decimal: str | None, beside: Sequence[int]) -> tuple[Array, str]:
    """Return columns as numbers, (len(at), m), not finite where a cell is none, and the decimal mark.

    Where it is not given, it is looked for in these columns and in those beside them.
    """
    if decimal not in (None, ".", ","):
        raise ValueError(f"decimals have a point or a comma: decimal is '.' or ','; got {decimal!r}")
    if decimal != ",":
        try:
            found = table.floats(at)
        except ValueError:
            decimal = decimal or decimal_mark(table, [*at, *beside])
        else:
            if decimal is None and table.delimiter == ";":
                check_thousands(table, at, found)
            return found, "."
    found = np.empty((len(at), len(table)))
    for row, i, cells in zip(found, at, table.columns(at), strict=True):
        with suppress(ValueError):
            if table.typed or decimal == ".":
                row[:] = table.floats([i]) if table.typed else to_floats(cells)
                continue
        row[:] = [np.nan if (x := number_with(cell, decimal)) is None else x for cell in cells]
    return found, decimal


def number_with(cell: str, mark: str) -> float | None:
    """Return the number that a cell is, or None; with a decimal comma a point is no part of one."""
    if mark == "," and "." in cell:
        return None
    return number(cell.replace(",", ".", 1) if mark == "," else cell)


def wrong(table: Table, example: int, at: int, cell: str, mark: str, advice: str = "") -> NoReturn:
    """Raise ValueError for a cell that is no number."""
    what = f"{cell!r:.60} is no number"
    if cell.lower() in MISSING:
        shown = f" ({cell!r})" if cell else ""
        what = f"a value is missing{shown}; leave the {table.unit} out, or fill it in (on the command line: --impute)"
    elif mark == "." and number_with(cell, ",") is not None:
        what += "; decimals are written with a point"
    elif mark == "," and number(cell) is not None:
        what += "; decimals are written with a comma here"
    raise ValueError(f"{table.place(example)}, column {table.names[at]!r}: {what}{advice}")


def labels_of(
    table: Table,
    at: int,
    labels: str | None,
    classes: Sequence[str] | None,
    decimal: str | None = None,
    *,
    beside: Sequence[int] = (),
) -> tuple[Array, list[str]]:
    """Return Y and the names of the classes."""
    cells = list(table.columns([at])[0])
    known = {one: one for one in classes or ()}
    whole = {float(one): one for one in known if one.isascii() and one.isdigit() and str(int(one)) == one}
    for i, cell in enumerate(cells):
        if cell.lower() in ("", "nan"):
            wrong(table, i, at, cell, ".")
        if known and cell not in known and (x := number(cell)) in whole:  # 1.0 where the class is 1
            cells[i] = cell = whole[x]
        if classes is not None and cell not in known:
            raise ValueError(f"{table.place(i)}, column {table.names[at]!r}: {cell!r:.60} is no class "
                             f"(choose from {show_names(list(classes))})")  # fmt: skip
    (numbers,), mark = floats_of(table, [at], decimal, beside)
    good = np.isfinite(numbers)
    if classes or labels == "classes" or (labels != "numbers" and not good.any()):
        return encode_named_labels(table, at, cells, labels, classes)
    if not good.all():
        i = int(np.flatnonzero(~good)[0])
        some = good.any() and labels is None
        advice = "; other labels are, and labels='classes' (--labels classes) makes each a class" if some else ""
        wrong(table, i, at, cells[i], mark, advice)
    Y = numbers[None, :]
    if labels == "numbers":
        return Y, []
    values = np.unique(numbers).tolist()
    if set(values) <= {0.0, 1.0}:
        return Y, ["0", "1"]
    if labels is None and len(values) > 2 and values == list(range(len(values))):
        if len(values) > MANY_KINDS:
            warnings.warn(
                f"{table.name}, column {table.names[at]!r}: "
                f"whole numbers of {len(values)} kinds are taken for classes; "
                "labels='numbers' (--labels numbers) takes them as they are, labels='classes' says that they are",
                stacklevel=3,
            )
        return class_labels([str(int(x)) for x in numbers], classes=[str(k) for k in range(len(values))])
    raise ValueError(refusal(table, at, numbers.tolist()))


def encode_named_labels(
    table: Table, at: int, cells: Sequence[str], labels: str | None, classes: Sequence[str] | None
) -> tuple[Array, list[str]]:
    """Return Y and the classes, of labels that are taken as text."""
    try:
        Y, found = class_labels(cells, classes=classes)
    except ValueError as error:
        raise ValueError(f"{table.name}, column {table.names[at]!r}: {error}") from error
    if labels is None and len(found) > MANY_KINDS and MANY_KINDS * len(found) > len(cells):
        warnings.warn(
            f"{table.name}, column {table.names[at]!r}: {len(cells)} labels are of {len(found)} classes, such as "
            f"{found[0]!r:.60}; if they are none, choose another label",
            stacklevel=4,
        )
    if labels == "binary" and len(found) > 2:
        raise ValueError(
            f"{table.name}, column {table.names[at]!r}: binary labels are two classes; got {show_names(found)}"
        )
    return Y, found


def refusal(table: Table, at: int, numbers: list[float]) -> str:
    """Return what to say of labels that are neither 0 and 1 nor the numbers of classes (notes, A1)."""
    lines: dict[float, int] = {}
    for line, x in zip(table.places, numbers, strict=True):
        if x not in (0.0, 1.0):
            lines.setdefault(x, line)
    told = [f"{x:g} in {table.unit} {line}" for x, line in list(lines.items())[:MOST_SHOWN]]
    etc = ", …" if len(lines) > MOST_SHOWN else ""
    as_numbers = "labels='numbers' (--labels numbers) takes them as they are"
    as_classes = "labels='classes' (--labels classes) takes each for a class"
    measured = any(not x.is_integer() for x in lines) or len(lines) > MANY_KINDS
    ways = (as_numbers, as_classes) if measured else (as_classes, as_numbers)
    return (
        f"{table.name}, column {table.names[at]!r}: labels are 0 or 1, or the numbers of three classes or more, from 0 "
        f"on; got {', '.join(told)}{etc}; {', '.join(ways)}"
    )
