"""Pickling and deep copies of graphs of any depth.

Both walk from a node to its inputs by recursion, and a graph may be a million nodes deep. So the
node that is asked first hands over all that it depends on as one list in topological order, and
each of the others, whose inputs have then been handed over already, only itself. Every node still
goes through pickle's own memo: what is shared, also between several outputs, stays shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..graph import UNREACHED, UNSWEPT, Node, topological

ANNOUNCED = threading.local()  # ids of the nodes that stand in a list which is being handed over


class Ancestors:
    """All that a node depends on, handed over one by one."""

    def __init__(self, order: Sequence[Node]) -> None:
        self.order = order

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self.handed_over()

    def handed_over(self) -> Iterator[Node]:
        """Yield the nodes, each announced before its turn."""
        announced = ANNOUNCED.__dict__.setdefault("ids", set())
        mine = set(map(id, self.order)) - announced
        announced |= mine
        try:
            yield from self.order
        finally:
            announced -= mine


def reduced(node: Node, restore: Callable[..., Any], *state: Any) -> tuple[Any, ...]:
    """Return what `__reduce__` has to return, for `restore(ancestors, *state)` to make the node anew."""
    if id(node) in ANNOUNCED.__dict__.get("ids", ()):
        return restore, (None, *state)
    order = topological(node)
    made = restore, (Ancestors(order[:-1]) if node.op else None, *state)
    nodes = [(one, one.grad) for one in order[:-1] if isinstance(one.grad, Node)]  # which lead back to the node
    own = node.grad if isinstance(node.grad, Node) else None
    return (*made, (own, nodes)) if nodes or own is not None else made


def lasting(grad: Any) -> Any:
    """Write a gradient so that what it means lives on: None for not computed, False for not reached.

    One that is a node follows when all the others are there: see `reduced`.
    """
    return None if grad is UNSWEPT or isinstance(grad, Node) else False if grad is UNREACHED else grad


def restored(grad: Any) -> Any:
    """Read it again."""
    return UNSWEPT if grad is None else UNREACHED if grad is False else grad
