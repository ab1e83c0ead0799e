"""A picture as plain data: boxes, arrows and their texts. Nothing here knows a graph, or a file format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Direction = Literal["LR", "TB"]
DIRECTIONS = get_args(Direction)
LONGEST_ROW = 28  # characters of a sum
LONGEST = 24  # characters of a name that are shown; the rest is in the tooltip


@dataclass(frozen=True)
class Box:
    """One node, or several that were folded: what it is, what it is worth, its gradient."""

    id: str
    kind: str  # input, parameter, constant, operation, output; folded, or hidden
    title: str
    value: str
    grad: str  # '' where it has not been computed
    tooltip: tuple[str, ...]
    scope: tuple[str, ...]
    node: Any  # for its numbers in full; None where it stands for several
    nodes: int = 1  # how many it stands for
    path: tuple[str, ...] = ()  # of a scope that is folded into it
    out: Any = None  # the one node that leaves it, if it stands for several
    parameters: tuple[Any, ...] = ()  # those whose gradients its ‖grad‖ is of

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What stands in the box, line by line, and what each line is: name, value or grad."""
        lines = [("name", self.title)]
        if self.kind == "folded":
            return lines + [("value", self.value)] * bool(self.value) + [("grad", self.grad)] * bool(self.grad)
        if self.value and not (self.kind == "constant" and self.title == self.value):
            lines.append(("value", f"value {self.value}"))
        return lines + [("grad", f"grad {self.grad}")] * bool(self.grad)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The lines as they are drawn: a long sum on several rows."""
        return [(name, row) for name, text in self.lines for row in (break_sum(text) if name == "grad" else [text])]


@dataclass(frozen=True)
class Arrow:
    """One use of a node: from it to its user, with the local derivative along the way; of what is folded, several."""

    id: str
    tail: str
    head: str
    label: str = ""
    tooltip: tuple[str, ...] = ()
    dashed: bool = False  # it brings nothing back
    back: str = ""  # the step of the backward sweep along it: '3 × 2 = 6'
    edge: Any = field(default=None, compare=False, repr=False)  # of two nodes, which use of the one it is


@dataclass(frozen=True)
class Picture:
    """A graph ready to be set down: boxes in topological order, arrows, what was left out."""

    title: str
    boxes: tuple[Box, ...]  # the output last
    arrows: tuple[Arrow, ...]
    direction: Direction
    hidden: int  # how many nodes were left out
    told: tuple[str, ...] = ()  # what was folded and left out, in words
    fixed: bool = False  # whether the direction was asked for


def shorten(name: str, longest: int = LONGEST) -> str:
    """Cut a long name in the middle: 'the beginning … the end'."""
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[: longest - 1 - half]}…{name[-half:]}"


def break_sum(text: str) -> list[str]:
    """Break a sum before its signs, into rows of no more than `LONGEST_ROW` characters where that can be."""
    rows = [""]
    for piece in re.split("(?= [+−=≈] )", text):
        if rows[-1] and len(rows[-1]) + len(piece) > LONGEST_ROW:
            rows.append(piece.lstrip())
        else:
            rows[-1] += piece
    return rows


def nest(boxes: Sequence[Box], depth: int) -> tuple[list[Box], dict[str, list[Box]]]:
    """Return the boxes whose scope is `depth` deep, and those of each scope below."""
    here: list[Box] = []
    inner: dict[str, list[Box]] = {}
    for box in boxes:
        if len(box.scope) > depth:
            inner.setdefault(box.scope[depth], []).append(box)
        else:
            here.append(box)
    return here, inner
