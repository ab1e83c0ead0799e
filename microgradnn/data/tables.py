"""Tables of comma-separated values: a line of names, then a line for each example. They become columns (notes, A4).

Nothing is guessed and nothing is filled in: what is no number is an error that gives its line and its column.
"""

# ruff: noqa: N806 (X and Y are the notes' names)
from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from io import TextIOWrapper
from itertools import chain
from math import isfinite
from os import PathLike, fspath
from typing import NamedTuple, NoReturn, TextIO

import numpy as np

from ..engine.disk import open_ordinary
from ..engine.tensor import Array
from .checks import MOST_SHOWN
from .columns import LABELS, Examples
from .labels import class_labels

MISSING = ("", "?", "n/a", "na", "nan", "none", "null")
MOST_BYTES = 1 << 32  # of a table
MANY_KINDS = 20  # of whole numbers, beyond which they are hardly classes
LONGEST_LINE = 100_000_000  # characters: a million columns
MOST_COMPARED = 1000  # names, for a guess at which was meant
CHOOSE = "; to leave the column out, name the others as features=[…] (on the command line: --features a,b)"
Source = str | PathLike[str] | Iterable[str]


class Record(NamedTuple):
    """A line of a table."""

    line: int
    cells: list[str]


class Table(NamedTuple):
    """The text of a table: where it is from, the columns' names, the rows."""

    name: str
    names: list[str]
    rows: list[Record]


# --- what is read -----------------------------------------------------------------------------


def read_table(
    source: Source,
    label: str,
    *,
    features: Sequence[str] | None = None,
    labels: str | None = None,
    classes: Sequence[str] | None = None,
    delimiter: str | None = None,
) -> Examples:
    """Return a table as X, (n_x, m), the labels Y, the features' names and the classes' names (notes, A1, A4).

    `source` is a path, or lines of text. The column `label` has the labels: 0 and 1 become Y (1, m); text
    becomes (1, m) for two classes, of which the second by name is 1 (but 'cat' is 1 and 'non-cat' 0), and one-hot,
    (k, m), for more, as do whole numbers 0 to k − 1. Other numbers are refused, unless `labels` says what they are:
    'classes', each value one of its own, or 'numbers', Y (1, m) as it stands. `classes` are those to use, in
    this order. `features` are the columns to use, in this order, by default all others.
    The delimiter is a comma, or else the semicolon or tab in the first line, unless given.

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
    chosen = [name for name in table.names if name != label] if features is None else list(features)
    if label in chosen:
        raise ValueError(f"{label!r} is the label, so it is no feature")
    if not chosen:
        raise ValueError(f"{table.name} has no column besides the label, {label!r}: there is nothing to learn from")
    X = columns_of(table, chosen, CHOOSE if features is None else "")
    Y, named = labels_of(table, at, labels, classes)
    return Examples(X, Y, chosen, named)


def read_features(
    source: Source, features: Sequence[str] | None = None, *, delimiter: str | None = None
) -> tuple[Array, list[str]]:
    """Return a table without labels as X, (n_x, m), and the features' names: for prediction (notes, A1).

    `features` are the columns to use, in this order, such as those of the training set; other columns are not read.
    By default all are used. Raises as read_table.

    >>> X, names = read_features(["id,b,a", "7,2,1", "8,4,3"], ["a", "b"])
    >>> X.tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    table = read(source, delimiter)
    chosen = list(table.names if features is None else features)
    return columns_of(table, chosen), chosen


# --- the text ---------------------------------------------------------------------------------


def read(source: Source, delimiter: str | None) -> Table:
    """Return the names and the rows, each with as many cells as there are names."""
    with lines_of(source) as (lines, name):
        first = next(lines, "")
        if delimiter is None:
            delimiter = next((one for one in ",;\t" if one in first), ",")
        reader = csv.reader(chain([first], lines), delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            rows = [Record(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
        except csv.Error as error:
            raise ValueError(f"{name}, line {reader.line_num}: {error}") from error
    rows = [row for row in rows if any(row.cells) or len(row.cells) > 1]  # not the blank lines
    if not rows:
        raise ValueError(f"{name} is empty; a line of names and a line for each example are needed")
    names = rows[0].cells
    check_names(names, name, rows[0].line)
    for row in rows[1:]:
        if len(row.cells) != len(names):
            raise ValueError(
                f"{name}, line {row.line}: {len(row.cells)} cells where {len(names)} are wanted: {show_names(names)}"
            )
    if len(rows) == 1:
        raise ValueError(f"{name} has a line of names, and no example")
    return Table(name, names, rows[1:])


@contextmanager
def lines_of(source: Source) -> Iterator[tuple[Iterator[str], str]]:
    """Open what is to be read, and give the lines and what to call them in an error."""
    if not isinstance(source, (str, PathLike)):
        yield iter(source), str(getattr(source, "name", "the table"))
        return
    with (
        open_ordinary(source, MOST_BYTES) as file,
        TextIOWrapper(file, encoding="utf-8-sig", newline="", errors="strict") as text,
    ):
        yield decode_lines(text, fspath(source)), fspath(source)


def decode_lines(file: TextIO, name: str) -> Iterator[str]:
    """Yield the lines of a file; ValueError where they are no text, or have no end."""
    try:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise ValueError(f"{name} has a line of more than {LONGEST_LINE:,} characters")
            yield line
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not text in UTF-8 ({error.reason}); save it as CSV in UTF-8") from error


def check_names(names: list[str], name: str, line: int) -> None:
    """Raise ValueError unless the columns have names, each of its own."""
    if "" in names:
        at = names.index("") + 1
        raise ValueError(f"{name}, line {line}: column {at} has no name; the first line has the columns' names")
    if twice := first_repeated(names):
        raise ValueError(f"{name}, line {line}: two columns have the name {twice!r}")
    if all(number(one) is not None for one in names):
        raise ValueError(f"{name}, line {line}: {show_names(names)} are numbers; the first line has the columns' names")


def first_repeated(names: Sequence[str]) -> str | None:
    """Return the first name that is there twice."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def place(table: Table, column: str) -> int:
    """Return where a column is; ValueError with the names there are."""
    return places(table, [column])[0]


def places(table: Table, columns: Sequence[str]) -> list[int]:
    """Return where columns are, of which there may be many; ValueError with the names there are."""
    at = {name: i for i, name in enumerate(table.names)}
    for column in columns:
        if column not in at:
            raise ValueError(f"{table.name} has no column {column!r}{suggest_name(column, table.names)} "
                             f"(choose from {show_names(table.names)})")  # fmt: skip
    return [at[column] for column in columns]


def suggest_name(name: str, names: Sequence[str]) -> str:
    """Say which name was perhaps meant."""
    close = get_close_matches(name, names[:MOST_COMPARED], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def show_names(names: Sequence[str]) -> str:
    """Return names for a message."""
    return ", ".join(names[:20]) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


# --- the numbers ------------------------------------------------------------------------------


def number(text: str) -> float | None:
    """Return the finite number that a text is, or None. Python's 1_000 is none."""
    try:
        x = float(text)
    except ValueError:
        return None
    return x if isfinite(x) and "_" not in text else None


def columns_of(table: Table, names: Sequence[str], of_text: str = "") -> Array:
    """Return columns of numbers as rows, (n, m); `of_text` is the advice where none of a column is a number."""
    if not names:
        raise ValueError(f"no columns of {table.name} were chosen (choose from {show_names(table.names)})")
    if twice := first_repeated(names):
        raise ValueError(f"the column {twice!r} was chosen twice")
    chosen = places(table, names)
    X = np.empty((len(names), len(table.rows)))
    for j, row in enumerate(table.rows):
        numbers = [number(row.cells[at]) for at in chosen]
        if None in numbers:
            at = chosen[numbers.index(None)]
            wrong(table, row, at, of_text if all(number(other.cells[at]) is None for other in table.rows) else "")
        X[:, j] = numbers
    return X


def wrong(table: Table, row: Record, at: int, advice: str = "") -> NoReturn:
    """Raise ValueError for a cell that is no number."""
    cell = row.cells[at]
    what = f"{cell!r:.60} is no number"
    if cell.lower() in MISSING:
        what = f"a value is missing{f' ({cell!r})' if cell else ''}; leave the line out, or fill it in"
    elif number(cell.replace(",", ".", 1)) is not None:
        what += "; decimals are written with a point"
    raise ValueError(f"{table.name}, line {row.line}, column {table.names[at]!r}: {what}{advice}")


def labels_of(table: Table, at: int, labels: str | None, classes: Sequence[str] | None) -> tuple[Array, list[str]]:
    """Return Y and the names of the classes."""
    cells = [row.cells[at] for row in table.rows]
    for row, cell in zip(table.rows, cells, strict=True):
        if cell.lower() in ("", "nan"):
            wrong(table, row, at)
        if classes is not None and cell not in classes:
            raise ValueError(f"{table.name}, line {row.line}, column {table.names[at]!r}: {cell!r:.60} is no class "
                             f"(choose from {show_names(list(classes))})")  # fmt: skip
    numbers = [number(cell) for cell in cells]
    if classes or labels == "classes" or (labels != "numbers" and all(x is None for x in numbers)):
        return encode_named_labels(table, at, labels, classes)
    for row, x in zip(table.rows, numbers, strict=True):
        if x is None:
            some = any(x is not None for x in numbers) and labels is None
            wrong(
                table,
                row,
                at,
                "; other labels are, and labels='classes' (--labels classes) makes each a class" if some else "",
            )
    Y = np.array([numbers], np.float64)
    if labels == "numbers":
        return Y, []
    values = sorted({float(x) for x in Y[0]})
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
        return class_labels([str(int(x)) for x in Y[0]], classes=[str(k) for k in range(len(values))])
    raise ValueError(refusal(table, at, Y[0].tolist()))


def encode_named_labels(
    table: Table, at: int, labels: str | None, classes: Sequence[str] | None
) -> tuple[Array, list[str]]:
    """Return Y and the classes, of labels that are taken as text."""
    try:
        Y, found = class_labels([row.cells[at] for row in table.rows], classes=classes)
    except ValueError as error:
        raise ValueError(f"{table.name}, column {table.names[at]!r}: {error}") from error
    if labels == "binary" and len(found) > 2:
        raise ValueError(
            f"{table.name}, column {table.names[at]!r}: binary labels are two classes; got {show_names(found)}"
        )
    return Y, found


def refusal(table: Table, at: int, numbers: list[float]) -> str:
    """Return what to say of labels that are neither 0 and 1 nor the numbers of classes (notes, A1)."""
    lines: dict[float, int] = {}
    for row, x in zip(table.rows, numbers, strict=True):
        if x not in (0.0, 1.0):
            lines.setdefault(x, row.line)
    told = [f"{x:g} in line {line}" for x, line in list(lines.items())[:MOST_SHOWN]]
    etc = ", …" if len(lines) > MOST_SHOWN else ""
    as_numbers = "labels='numbers' (--labels numbers) takes them as they are"
    as_classes = "labels='classes' (--labels classes) takes each for a class"
    measured = any(not x.is_integer() for x in lines) or len(lines) > MANY_KINDS
    ways = (as_numbers, as_classes) if measured else (as_classes, as_numbers)
    return (
        f"{table.name}, column {table.names[at]!r}: labels are 0 or 1, or the numbers of three classes or more, from 0 "
        f"on; got {', '.join(told)}{etc}; {', '.join(ways)}"
    )
