"""Which nodes of a graph are looked at: all, what lies between two, or what is around one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Node
from ..rules.find import find


def between(order: Sequence[Any], focus: Any) -> list[Any]:
    """Return the nodes on the ways from some nodes to another, the last of `focus`, or to the output where it is one.

    Raises ValueError where no way leads there.
    """
    asked = list(focus) if isinstance(focus, (tuple, list)) else [focus]
    if not asked:
        raise ValueError("focus names the nodes between which to look, as in focus=('w', 'J')")
    meant = [find(order, one) for one in asked]
    end = meant.pop() if len(meant) > 1 else order[-1]
    starts = set(meant)
    ahead: set[Any] = set(starts)  # what depends on a start
    for node in order:
        if node not in ahead and any(x in ahead for x in node.inputs):
            ahead.add(node)
    before: set[Any] = {end}  # what the end depends on
    for node in reversed(order):
        if node in before:
            before.update(node.inputs)
    lost = [asked[i] for i, start in enumerate(meant) if start not in before]
    if lost or end not in ahead:
        first, last = (
            one if isinstance(one, str) else one.name or repr(one) for one in ([*lost, asked[0]][0], asked[-1])
        )
        raise ValueError(f"focus: {last} does not depend on {first}, so nothing lies between them")
    return [node for node in order if node in ahead and node in before]


def around(order: Sequence[Any], node: Any, radius: int) -> list[Any]:
    """Return the nodes that are at most `radius` edges away from a node, in either direction."""
    center = find(order, node)
    if radius < 0:
        raise ValueError(f"radius is a number of edges, 0 or more; got {radius}")
    found = {center}
    for _ in range(radius):
        inputs = {x for one in found for x in one.inputs}
        users = {user for user in order if any(x in found for x in user.inputs)}
        wider = found | inputs | users
        if len(wider) == len(found):
            break
        found = wider
    return [one for one in order if one in found]


def is_number(node: Node) -> bool:
    """Whether a node is a constant without a name, as the 3 in 3 · v."""
    return node.op is None and node.kind == "constant"
