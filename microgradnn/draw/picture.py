"""The graph as a picture: which boxes it has, and how they are joined.

What is looked at is selected (select.py), folded until it can be read (fold.py, alike.py), and set down (sheet.py),
cut if all that was not enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..graph import Node, topological
from .alike import fold_alike, fold_siblings
from .boxes import DIRECTIONS, Direction, Picture
from .fold import MOST_BOXES, Folding, fold_scopes, inside
from .select import around as nodes_around
from .select import between, is_number
from .sheet import Sheet
from .web import Path, scopes, web

MOST_NODES = 150  # boxes: more than a person reads, if nothing can be folded

Names = str | Sequence[str]


class Options(NamedTuple):
    """How a graph is to be drawn; see `draw`."""

    fold: Names = ()
    unfold: Names = ()
    depth: int | None = None
    focus: Any = None
    around: Any = None
    radius: int = 2
    top: int | None = None
    constants: bool = True
    most: int | None = None
    direction: Direction | None = None
    opened: frozenset[Path] | None = None  # the scopes that are open, and no others


def picture(root: Node, **options: Any) -> Picture:
    """Describe the graph of `root`, as `draw` is asked to."""
    if not isinstance(root, Node):
        raise TypeError(f"draw takes a node, what a graph ends in; got {root!r:.60} ({type(root).__name__})")
    how = check_options(Options(**options))
    order = topological(root)
    nodes = order
    if how.focus is not None:
        nodes = between(order, how.focus)
    if how.around is not None:
        near = set(nodes_around(order, how.around, how.radius))
        nodes = [node for node in nodes if node in near]
    if not how.constants:
        nodes = [node for node in nodes if node is root or not is_number(node)]
    if not nodes:
        raise ValueError("what was asked for leaves no node to be drawn")
    net = web(nodes, (lambda node: False) if how.constants else is_number)
    budget = how.most or MOST_BOXES
    asked = Folding(as_names(how.fold), as_names(how.unfold), how.depth, how.opened)
    folded, opened = fold_scopes(net, scopes(net), asked, budget)
    if opened:
        folded = fold_siblings(net, folded, opened)
    if folded.count > (max(budget, MOST_NODES) if how.fold else budget):
        folded = fold_alike(net, folded, budget, inside(folded, opened))
    return Sheet(order, net, folded, how.most or MOST_NODES, how.top, how.direction).picture()


def check_options(how: Options) -> Options:
    """Raise ValueError for options that cannot be met."""
    for name, number in (("most", how.most), ("top", how.top), ("depth", how.depth)):
        if number is not None and not hasattr(number, "__index__"):
            raise TypeError(f"{name} is a whole number; got {number!r} ({type(number).__name__})")
    if how.most is not None and how.most < 1:
        raise ValueError(f"a picture has at least one node; got most={how.most}")
    if how.top is not None and how.top < 1:
        raise ValueError(f"top is how many edges to show, at least one; got top={how.top}")
    if how.depth is not None and how.depth < 0:
        raise ValueError(f"depth is how many scopes deep to unfold, 0 or more; got depth={how.depth}")
    if how.direction is not None and how.direction not in DIRECTIONS:
        raise ValueError(f"unknown direction {how.direction!r} (choose from {', '.join(DIRECTIONS)})")
    return how


def as_names(names: Names) -> tuple[str, ...]:
    """One name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)
