"""Pickling and deep copies of graphs of any depth.

Both walk from a node to its inputs by recursion, and a graph may be a million nodes deep. So the
node that is asked first hands over all that it depends on as one list in topological order, and
each of the others, whose inputs have then been handed over already, only itself. Every node still
goes through pickle's own memo: what is shared, also between several outputs, stays shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from ..graph import Node, topological
from ..graph.blocks import OPEN
from ..graph.node import note_leaves

ANNOUNCED = threading.local()  # ids of the nodes that stand in a list which is being handed over


class Ancestors:
    """All that a node depends on, handed over one by one."""

    def __init__(self, order: Sequence[Node]) -> None:
        self.order = order

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self.hand_over_nodes()

    def hand_over_nodes(self) -> Iterator[Node]:
        """Yield the nodes, each announced before its turn."""
        announced = ANNOUNCED.__dict__.setdefault("ids", set())
        mine = set(map(id, self.order)) - announced
        announced |= mine
        try:
            yield from self.order
        finally:
            announced -= mine


def reduce_node(node: Node, restore: Callable[..., Any], *state: Any) -> tuple[Any, ...]:
    """Return what `__reduce__` has to return, for `restore(ancestors, *state)` to make the node anew.

    Gradients that are nodes follow when the node is there, since they may be made from it: first all that they
    depend on, and that the gradients of these depend on, then whose gradient each is.
    """
    if id(node) in ANNOUNCED.__dict__.get("ids", ()):
        return restore, (None, *state)
    order = topological(node)
    if OPEN:
        note_leaves(node)
    made = restore, (Ancestors(order[:-1]) if node.op else None, *state)
    seen, grads = set(order), []
    more: list[Node] = []
    for one in chain(order, more):  # which grows meanwhile
        if isinstance(one.grad, Node):
            grads.append((one, one.grad))
            more += topological(one.grad, seen)
    own = node.grad if isinstance(node.grad, Node) else None
    return (*made, (Ancestors(more), own, grads)) if grads else made
