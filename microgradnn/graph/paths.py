"""Edges, uses and paths: the ways along which a gradient comes back to a node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

from .node import Node


class Edge(NamedTuple):
    """The use of a node as input number `position` of `user`."""

    user: Any
    position: int

    @property
    def source(self) -> Any:
        """The node that is used."""
        return self.user.inputs[self.position]

    @property
    def partial(self) -> Any:
        """∂user/∂source along this edge."""
        return self.user.partials[self.position]

    @property
    def flow(self) -> Any:
        """What the backward sweep brought along it: of numbers, the user's gradient times the partial."""
        grad = self.user.grad_data
        if hasattr(self.user, "shape"):
            return 0.0 if isinstance(grad, float) else self.user._share(self.position, grad)
        partial = self.partial
        return grad * partial if grad and partial else 0.0


def uses(order: Sequence[Node], of: Collection[Node]) -> dict[Node, list[Edge]]:
    """Return for each node in `of` the edges that lead out of it, within `order`."""
    edges: dict[Node, list[Edge]] = {node: [] for node in order if node in of}
    for node in order:
        for position, source in enumerate(node.inputs):
            if source in edges:
                edges[source].append(Edge(node, position))
    return edges


def count_paths(order: Sequence[Node], source: Node, *, limit: int) -> int:
    """Return how many paths lead from `source` to the end of `order`; `limit` if more do."""
    found: dict[Node, int] = {}
    for node in order:
        found[node] = 1 if node is source else min(sum(found[x] for x in node.inputs), limit)
    return found[order[-1]]


def paths(order: Sequence[Node], source: Node) -> Iterator[list[Edge]]:
    """Yield every path from `source` to the end of `order`, as its edges from the end down."""
    root = order[-1]
    leads: set[Node] = {source}
    for node in order:
        if any(x in leads for x in node.inputs):
            leads.add(node)
    branches: list[list[Edge]] = [[]] if root in leads else []
    while branches:
        path = branches.pop()
        end = path[-1].source if path else root
        if end is source:
            yield path
            continue
        edges = [Edge(end, i) for i, x in enumerate(end.inputs) if x in leads]
        branches.extend([*path, edge] for edge in reversed(edges))


def back(
    order: Sequence[Any],
    wanted: Sequence[Node],
    seed: Any,
    *,
    on_nodes: bool,
    each: Callable[[Any, Any], Any] = lambda node, grad: grad,
) -> dict[Node, Any]:
    """Carry gradients from the last of `order` back to `wanted` and all that leads there, leaving `grad` alone.

    What nothing comes back to, because a branch was not taken, has no entry. With `on_nodes` the
    gradients are nodes. `each(node, grad)` may replace a gradient when it is complete.
    """
    leads = set(wanted)
    for node in order:
        if not leads.isdisjoint(node.inputs):
            leads.add(node)
    grads: dict[Node, Any] = {order[-1]: seed}
    for node in reversed(order):
        if node in grads:
            grads[node] = each(node, grads[node])
        if node.op is not None and node in grads:
            for x, share in node._pulls(grads[node], leads, on_nodes=on_nodes):
                grads[x] = grads[x] + share if x in grads else share
    return grads
