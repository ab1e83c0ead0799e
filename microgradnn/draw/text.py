"""A picture as text: a tree for the terminal, and a table. Pure: a picture in, text out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from unicodedata import category, east_asian_width

from .boxes import Arrow, Box, Picture


class Branch(NamedTuple):
    """One line of the tree: its boughs, what the node is, its numbers."""

    boughs: str
    name: str
    numbers: str


def tree(picture: Picture, width: int | None = None) -> str:
    """Return the graph as a tree, the output at the top, no line wider than `width` columns.

    A node that is used again is written out once and afterwards named with an arrow:
    `↑ t1`. `∂` is the local derivative along the way to the node.
    """
    found = rows(picture)
    left = max((columns_of(row.boughs + row.name) for row in found if row.numbers), default=0)
    lines = [f"{pad(row.boughs + row.name, left)}  {row.numbers}".rstrip() for row in found]
    told = [f"({'; '.join(picture.told)})"] if picture.told else []
    if width is not None and any(columns_of(line) > width for line in lines):
        lines = [line for row in found for line in narrow(row, width)]
    if width is not None:
        told = [line for part in told for line in wrap(part, width)]
    return "\n".join([*lines, *told])


def rows(picture: Picture) -> list[Branch]:
    """Return the lines of the tree."""
    boxes = {box.id: box for box in picture.boxes}
    feeds: dict[str, list[Arrow]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        feeds[arrow.head].append(arrow)
    found: list[Branch] = []
    told: set[str] = set()
    stack: list[tuple[str, str, str, Box]] = []
    roots = iter(reversed(picture.boxes))  # the output, and what does not lead to it through what is shown
    while stack or len(told) < len(boxes):
        if not stack:
            stack = [("", "", "", next(box for box in roots if box.id not in told))]
        branch, indent, partial, box = stack.pop()
        again = box.id in told and bool(feeds[box.id])
        told.add(box.id)
        name = f"↑ {box.title.partition(' = ')[0]}" if again else box.title
        found.append(Branch(indent + branch, partial + name, "" if again else numbers(box)))
        if again:
            continue
        below = indent + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        arrows = feeds[box.id]
        for i, arrow in reversed(list(enumerate(arrows))):
            bough = "└─ " if i == len(arrows) - 1 else "├─ "
            stack.append((bough, below, f"{arrow.label}  " if arrow.label else "", boxes[arrow.tail]))
    return found


def narrow(row: Branch, width: int) -> list[str]:
    """Write a line of the tree within `width` columns: its numbers below it, and deep boughs as their number."""
    depth = len(row.boughs) // 3
    boughs = "".join(row.boughs[i] + " " for i in range(0, len(row.boughs), 3))
    if len(boughs) > width // 3:
        boughs = f"{depth}: "
    below = " " * len(boughs) if ":" in boughs else boughs.replace("├", "│").replace("└", " ")
    whole = f"{boughs}{row.name}  {row.numbers}".rstrip()
    if columns_of(whole) <= width:
        return [whole]
    room = width - len(boughs)
    lines = [boughs + clip(row.name, room)]
    return lines + [below + line for line in wrap(row.numbers, room)] if row.numbers else lines


def wrap(text: str, width: int) -> list[str]:
    """Break a text between words, and cut a word that is too long."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if columns_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(clip(word, width))
    return [line for line in lines if line]


def clip(text: str, width: int) -> str:
    """Cut a text that is too wide, and say so."""
    if columns_of(text) <= width:
        return text
    while columns_of(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def pad(text: str, width: int) -> str:
    """Fill a text up to so many columns."""
    return text + " " * (width - columns_of(text))


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(c) in "WF" else category(c) not in ("Mn", "Me", "Cf") for c in text)


def numbers(box: Box) -> str:
    """The value and the gradient of a node, as a drawing shows them."""
    return "  ".join(text for name, text in box.lines if name != "name")


def table(picture: Picture, only: Collection[str] = ()) -> str:
    """Return a line for each node, in forward order, or for those named in `only`."""
    boxes = [box for box in picture.boxes if box.node is not None and (not only or box.node.name in only)]
    rows = [(box.title, operation(box), *digits(box)) for box in boxes]
    return columns([("node", "operation", "value", "gradient"), *rows])


def operation(box: Box) -> str:
    """The name of the operation, or what kind of leaf it is."""
    return box.node.op.name if box.node.op else box.kind


def digits(box: Box) -> tuple[str, str]:
    """The value and the gradient of a node to 12 significant digits, as a machine reads them."""
    if hasattr(box.node, "shape"):
        return box.value, box.grad or "-"
    return f"{box.node.data:.12g}", f"{box.node.grad_data:.12g}" if box.node.has_grad else "-"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Line up columns: texts on the left, the last two, which are numbers, on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 2
    return "\n".join(
        "  ".join(
            f"{cell:>{w}}" if i >= last else f"{cell:<{w}}"
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in rows
    )
