"""What a check found: a verdict on each gradient, and the table that is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import inf, isfinite
from typing import Any

OK, WRONG, CANNOT_TELL = "ok", "WRONG", "cannot tell"
RANDOM = (
    "f gives other numbers when it is called again at the same inputs: draw from a generator with a fixed seed "
    "inside f, or leave out what changes, such as dropout"
)
MOST_ROWS = 20  # of a report: of more entries the wrong ones are printed, and the right ones counted


@dataclass(frozen=True)
class Entry:
    """One gradient, and what it was held against."""

    name: str
    gradient: float
    reference: float
    method: str
    unit: float  # the rounding to be expected
    verdict: str  # 'ok', 'WRONG' or 'cannot tell'

    @property
    def ok(self) -> bool:
        """Whether the gradient is known to be right."""
        return self.verdict == OK

    @property
    def units(self) -> float:
        """The error in units of the rounding expected."""
        error = abs(self.gradient - self.reference) if self.gradient != self.reference else 0.0
        return error / self.unit if self.unit else (inf if error else 0.0)


@dataclass(frozen=True)
class Report:
    """What `gradcheck` found; true if every gradient is right, and `str()` says why or why not."""

    entries: tuple[Entry, ...]
    suspects: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    doubt: str = ""  # why none of it can be told

    @property
    def verdict(self) -> str:
        """'WRONG' if one gradient is wrong, else 'cannot tell' if that holds for one, else 'ok'."""
        found = {entry.verdict for entry in self.entries}
        return WRONG if WRONG in found else CANNOT_TELL if self.doubt or CANNOT_TELL in found else OK

    @property
    def ok(self) -> bool:
        """Whether every gradient is right; False also where that cannot be told."""
        return self.verdict == OK

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return format_report(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Show it in a notebook: the table of the gradients that are printed, and what is said below it."""
        printed, told = summarise(self)
        head, *rows = rows_of(printed)
        lines = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"] * bool(rows)
        for *cells, verdict in rows:
            lines.append(
                f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}"
                f"<td>{verdict if verdict == OK else f'<b>{escape(verdict)}</b>'}</td></tr>"
            )
        doubt = f"<p><b>cannot tell</b>: {escape(self.doubt)}</p>" if self.doubt else ""
        return f"{doubt}<table>{''.join(lines)}</table>{''.join(f'<p>{escape(line)}</p>' for line in told)}"


def format_report(report: Report) -> str:
    """Write a report: a line for each gradient, of very many for those that are not right."""
    printed, told = summarise(report)
    lines = [f"cannot tell: {report.doubt}"] if report.doubt else []
    return "\n".join([*lines, *(format_table(printed) if printed else []), *told])


def summarise(report: Report) -> tuple[Sequence[Entry], list[str]]:
    """Return the entries that are printed, and what is said of the others and of all."""
    many = len(report.entries) > MOST_ROWS
    other = sorted((entry for entry in report.entries if not entry.ok), key=lambda entry: entry.verdict != WRONG)
    printed = other[:MOST_ROWS] if many else report.entries
    lines = []
    for verdict, words in ((WRONG, "are WRONG"), (CANNOT_TELL, "cannot be told")):
        more = sum(entry.verdict == verdict for entry in other[MOST_ROWS:]) if many else 0
        lines += [f"and {more:,} more {words}"] if more else []
    if many:
        lines.append(count_right([entry for entry in report.entries if entry.ok]))
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"wrong local derivative: {suspect}" for suspect in report.suspects]
    return printed, lines


def format_table(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each entry, under a heading."""
    rows = rows_of(entries)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def rows_of(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """Return the cells of a heading, and of each entry."""
    rows: list[tuple[str, ...]] = [("input", "gradient", "reference", "off by", "method", "")]
    for entry in entries:
        off = f"{entry.units:.3g} units" if isfinite(entry.units) else "?" if entry.verdict == CANNOT_TELL else "∞"
        rows.append((entry.name, f"{entry.gradient:.9g}", f"{entry.reference:.9g}", off, entry.method, entry.verdict))
    return rows


def count_right(right: Sequence[Entry]) -> str:
    """Say how many gradients are right, by which methods, and how far off at most."""
    if not right:
        return "none is right"
    methods = Counter(entry.method.partition(":")[0] for entry in right)
    most = max(entry.units for entry in right)
    told = ", ".join(f"{method} {count:,}" for method, count in methods.items())
    return f"{len(right):,} are right, off by at most {most:.3g} units ({told})"
