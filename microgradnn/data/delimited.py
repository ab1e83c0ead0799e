"""Tables as text: a line of names, then a line for each example, with commas, semicolons or tabs between the cells.

What is here finds the cells. What they are worth is said in `tables`.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from math import isfinite
from operator import itemgetter
from os import PathLike
from typing import Any, TextIO

import numpy as np

from ..engine.disk import open_ordinary
from ..engine.tensor import Array

MOST_BYTES = 1 << 32  # of a table
LONGEST_LINE = 100_000_000  # characters: a million columns
DELIMITERS = "\t;|,"  # a comma may stand in a number too, so it comes last
SAYS_DELIMITER = re.compile(r'"?sep=(.)"?\s*')  # the first line of some tables, for spreadsheets
HEAD = 20  # lines in which the delimiter is looked for
Source = Any  # a path, lines of text, or a frame


class Table:
    """The cells of a table, with the columns' names and the line that each example stands in."""

    unit = "line"
    delimiter = ","
    typed = False  # whether a number is known for one, whatever decimals are written with

    def __init__(self, name: str, names: list[str], places: Sequence[int], head: str = "") -> None:
        self.name, self.names, self.places, self.head = name, names, places, head or name

    def __len__(self) -> int:
        return len(self.places)

    def place(self, example: int) -> str:
        """Return where an example is, for a message."""
        return f"{self.name}, {self.unit} {self.places[example]}"

    def columns(self, at: Sequence[int], most: int | None = None) -> list[Sequence[str]]:
        """Return the texts of some columns, without the spaces around them, of all examples or the first ones."""
        raise NotImplementedError

    def floats(self, at: Sequence[int]) -> Array:
        """Return some columns as numbers, (len(at), m); ValueError, which says nothing, where a cell is none."""
        found = np.empty((len(at), len(self)))
        for row, cells in zip(found, self.columns(at), strict=True):
            row[:] = to_floats(cells)
        return found


class PlainTable(Table):
    """Lines in which nothing is quoted: NumPy reads the numbers, in a third of the time."""

    def __init__(self, *about: Any, lines: list[str], delimiter: str) -> None:
        super().__init__(*about)
        self.lines, self.delimiter = lines, delimiter

    def columns(self, at: Sequence[int], most: int | None = None) -> list[Sequence[str]]:
        """Return the texts of some columns."""
        last = len(self.names) - 1
        if at == [last] and last:  # the label, most often
            return [[line.rsplit(self.delimiter, 1)[1].strip() for line in self.lines[:most]]]
        return pick((line.split(self.delimiter) for line in self.lines[:most]), at)

    def floats(self, at: Sequence[int]) -> Array:
        """Return some columns as numbers; raises as any table."""
        if len(at) == 1:
            return super().floats(at)
        read = np.loadtxt(self.lines, delimiter=self.delimiter, comments=None, ndmin=2, usecols=at)
        return np.ascontiguousarray(read.T)


class QuotedTable(Table):
    """Rows as Python's csv module reads them."""

    def __init__(self, *about: Any, rows: list[list[str]], delimiter: str) -> None:
        super().__init__(*about)
        self.rows, self.delimiter = rows, delimiter

    def columns(self, at: Sequence[int], most: int | None = None) -> list[Sequence[str]]:
        """Return the texts of some columns."""
        return pick(self.rows[:most], at)


def pick(rows: Iterable[Sequence[str]], at: Sequence[int]) -> list[Sequence[str]]:
    """Return some columns of rows."""
    if len(at) == 1:
        return [[cells[at[0]].strip() for cells in rows]]
    return [[cell.strip() for cell in cells] for cells in zip(*map(itemgetter(*at), rows), strict=True)] if at else []


def to_floats(cells: Sequence[str]) -> Array:
    """Return texts as numbers; ValueError, which says nothing, where one is none, such as Python's 1_000."""
    if "_" in "".join(cells):
        raise ValueError
    return np.fromiter(map(float, cells), np.float64, len(cells))


# --- reading ----------------------------------------------------------------------------------


def read_text(source: str | PathLike[str] | Iterable[str], delimiter: str | None = None) -> Table:
    """Return the table of a file, or of lines, each with as many cells as there are names; ValueError otherwise."""
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise ValueError(f"the delimiter is one character, such as ';'; got {delimiter!r}")
    with lines_of(source) as (lines, name):
        text = list(lines)
    for i, line in enumerate(text[:1]):
        if not isinstance(line, str):
            raise TypeError(f"a table is a path, lines of text, or a frame; line {i + 1} is a {type(line).__name__}")
    if text and delimiter is None and (said := SAYS_DELIMITER.fullmatch(text[0])):
        delimiter, text[0] = said[1], "\n"
    delimiter = delimiter or find_delimiter(text)
    while len(text) > 1 and not text[-1].replace(delimiter, "").strip():  # what a spreadsheet leaves at the end
        text.pop()
    table = read_plain(text, name, delimiter) or read_quoted(text, name, delimiter)
    if not table.places:
        raise ValueError(f"{name} has a line of names, and no example")
    return table


def read_plain(text: list[str], name: str, delimiter: str) -> PlainTable | None:
    """Return the table of lines without quotes, all with as many cells; None where there are others."""
    bare = [line.rstrip("\r\n") for line in text]
    if any('"' in line or "\r" in line or "\n" in line for line in bare):
        return None
    places = [i for i, line in enumerate(bare, 1) if line.strip()]  # not the blank lines
    lines = bare if len(places) == len(bare) else [bare[i - 1] for i in places]
    if not lines or len({line.count(delimiter) for line in lines}) > 1:
        return None
    names = [cell.strip() for cell in lines[0].split(delimiter)]
    check_names(names, name, places[0])
    head = f"{name}, line {places[0]}"
    return PlainTable(name, names, places[1:], head, lines=lines[1:], delimiter=delimiter)


def read_quoted(text: list[str], name: str, delimiter: str) -> QuotedTable:
    """Return the table of lines of which some are quoted, or wrong."""
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows, places = [], []
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):  # not the blank lines
                rows.append(cells)
                places.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: {error}") from error
    if not rows:
        raise ValueError(f"{name} is empty; a line of names and a line for each example are needed")
    names = [cell.strip() for cell in rows[0]]
    check_names(names, name, places[0])
    for cells, line in zip(rows, places, strict=True):
        if len(cells) != len(names):
            raise ValueError(
                f"{name}, line {line}: {len(cells)} cells where {len(names)} are wanted: {show_names(names)}"
            )
    return QuotedTable(name, names, places[1:], f"{name}, line {places[0]}", rows=rows[1:], delimiter=delimiter)


def find_delimiter(text: list[str]) -> str:
    """Return what stands between the cells: with it the first two lines have as many, and more than one."""
    for delimiter in DELIMITERS:
        reader = csv.reader(text[:HEAD], delimiter=delimiter, skipinitialspace=True)
        try:
            counts = [len(cells) for cells in islice(filter(None, reader), 2)]
        except csv.Error:
            continue
        if counts and counts[0] == counts[-1] > 1:
            return delimiter
    return next((one for one in ",;\t" if text and one in text[0]), ",")


@contextmanager
def lines_of(source: str | PathLike[str] | Iterable[str]) -> Iterator[tuple[Iterator[str], str]]:
    """Open what is to be read, and give the lines and what to call them in an error."""
    if not isinstance(source, (str, PathLike)):
        try:
            lines = iter(source)
        except TypeError:
            raise TypeError(
                f"a table is a path, lines of text, or a frame; got a {type(source).__name__}"
                + "; collect() makes a frame of it" * hasattr(source, "collect")
            ) from None
        yield lines, str(getattr(source, "name", "the table"))
        return
    with open_ordinary(source, MOST_BYTES) as file:
        encoding = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # as spreadsheets write
        file.seek(0)
        with TextIOWrapper(file, encoding=encoding, newline="", errors="strict") as text:
            yield decode_lines(text, os.fspath(source), os.fstat(file.fileno()).st_size), os.fspath(source)


def decode_lines(file: TextIO, name: str, size: int) -> Iterator[str]:
    """Yield the lines of a file; ValueError where they are no text, or have no end."""
    try:
        if size < LONGEST_LINE:
            yield from file
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise ValueError(f"{name} has a line of more than {LONGEST_LINE:,} characters")
            yield line
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not text in UTF-8 ({error.reason}); save it as CSV in UTF-8") from error


# --- names ------------------------------------------------------------------------------------


def check_names(names: list[str], name: str, line: int) -> None:
    """Raise ValueError unless the columns have names, each of its own; those without one are looked at when read."""
    if twice := first_repeated([one for one in names if one]):
        raise ValueError(f"{name}, line {line}: two columns have the name {twice!r}")
    if all(number(one) is not None for one in names):
        raise ValueError(f"{name}, line {line}: {show_names(names)} are numbers; the first line has the columns' names")


def first_repeated(names: Sequence[str]) -> str | None:
    """Return the first name that is there twice."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def show_names(names: Sequence[str]) -> str:
    """Return names for a message."""
    return ", ".join(names[:20]) + (f", … ({len(names)} in all)" if len(names) > 20 else "")


def number(text: str) -> float | None:
    """Return the finite number that a text is, or None. Python's 1_000 is none."""
    try:
        x = float(text)
    except ValueError:
        return None
    return x if isfinite(x) and "_" not in text else None
