"""A picture as text: a tree for the terminal, and a table. Pure: a picture in, text out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .boxes import Arrow, Box, Picture


def tree(picture: Picture) -> str:
    """Return the graph as a tree, the output at the top.

    A node that is used again is written out once and afterwards named with an arrow:
    `↑ t1`. `∂` is the local derivative along the way to the node.
    """
    boxes = {box.id: box for box in picture.boxes}
    feeds: dict[str, list[Arrow]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        feeds[arrow.head].append(arrow)
    lines: list[tuple[str, str]] = []
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
        lines.append((f"{indent}{branch}{partial}{name}", "" if again else numbers(box)))
        if again:
            continue
        below = indent + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        arrows = feeds[box.id]
        for i, arrow in reversed(list(enumerate(arrows))):
            bough = "└─ " if i == len(arrows) - 1 else "├─ "
            stack.append((bough, below, f"{arrow.label}  " if arrow.label else "", boxes[arrow.tail]))
    width = max((len(left) for left, right in lines if right), default=0)
    text = "\n".join(f"{left:<{width}}  {right}".rstrip() for left, right in lines)
    return text + (f"\n({'; '.join(picture.told)})" if picture.told else "")


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
