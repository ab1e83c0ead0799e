"""The graph as a picture: numbered boxes and arrows with their texts, as plain data.

What is said about a node is decided here, once; dot.py, text.py and the others only set it
down. Nothing here knows a file format.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal, get_args

import numpy as np

from ..graph import Node, topological
from ..graph.paths import Edge, uses
from ..graph.structure import is_array
from ..rules.notation import addition, constant, definition, exactly, labels, number, quantity, shaped, visible

Direction = Literal["LR", "TB"]
DIRECTIONS = get_args(Direction)

LONGEST = 24  # characters of a name that are shown; the rest is in the tooltip
MOST_NODES = 150  # more than a person reads
MOST_LABELLED = 60  # beyond this an edge's label costs the layout more time than it is worth
MOST_TERMS = 6  # of a gradient that is a sum, in its box
MOST_TOLD = 20  # of them in the tooltip


@dataclass(frozen=True)
class Box:
    """One node: what it is, what it is worth, its gradient."""

    id: str
    kind: str  # input, parameter, constant, operation, output; or hidden
    title: str
    value: str
    grad: str  # '' where it has not been computed
    tooltip: tuple[str, ...]
    scope: tuple[str, ...]
    node: Any  # for its numbers in full


@dataclass(frozen=True)
class Arrow:
    """One use of a node: from it to its user, with the local derivative along the way."""

    id: str
    tail: str
    head: str
    label: str = ""
    tooltip: tuple[str, ...] = ()
    dashed: bool = False  # it brings nothing back


@dataclass(frozen=True)
class Picture:
    """A graph ready to be set down: boxes in topological order, arrows, what was left out."""

    title: str
    boxes: tuple[Box, ...]  # the output last
    arrows: tuple[Arrow, ...]
    direction: Direction
    hidden: int  # how many nodes were left out


def shorten(name: str, longest: int = LONGEST) -> str:
    """Cut a long name in the middle: 'the beginning … the end'."""
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[: longest - 1 - half]}…{name[-half:]}"


def nearest(root: Node, most: int) -> set[Node]:
    """Return the `most` nodes that are the fewest edges away from `root`."""
    near: set[Node] = {root}
    queue = deque([root])
    while queue and len(near) < most:
        for x in queue.popleft().inputs:
            if x not in near and len(near) < most:
                near.add(x)
                queue.append(x)
    return near


def picture(root: Node, *, most: int = MOST_NODES, direction: Direction = "LR") -> Picture:
    """Describe the graph of `root`, or of the `most` nodes nearest to it.

    `direction` is 'LR' (the output on the right) or 'TB' (below).
    """
    if most < 1:
        raise ValueError(f"a picture has at least one node; got most={most}")
    if direction not in DIRECTIONS:
        raise ValueError(f"unknown direction {direction!r} (choose from {', '.join(DIRECTIONS)})")
    order = topological(root)
    view = View(root, order, nearest(root, most) if len(order) > most else order)
    boxes = [view.box(node) for node in view.shown]
    edges = [Edge(user, i) for user in view.shown for i in range(len(user.inputs))]
    arrows = [view.arrow(edge, f"e{i}") for i, edge in enumerate(edges) if edge.source in view.ids]
    cut = dict.fromkeys(edge.user for edge in edges if edge.source not in view.ids)
    boxes = [view.stub(user) for user in cut] + boxes
    arrows += [
        Arrow(f"e{len(edges)}{view.ids[user]}", f"cut{view.ids[user]}", view.ids[user], dashed=True) for user in cut
    ]
    title = f"Computation graph of {view.short[root]}"
    return Picture(title, tuple(boxes), tuple(arrows), direction, len(order) - len(view.shown))


class View:
    """What the texts of a picture are read from: the shown nodes, their names, ids and uses."""

    def __init__(self, root: Node, order: Sequence[Node], shown: Collection[Node]) -> None:
        members = set(shown)
        self.root = root
        self.shown = [node for node in order if node in members]
        self.ids = {node: f"n{i}" for i, node in enumerate(self.shown)}
        self.uses = uses(order, members)
        told = {edge.user for edges in self.uses.values() for edge in edges[:MOST_TOLD]}  # shown or not
        self.names = labels(order, members.union(told, *(node.inputs for node in self.shown)))
        self.short = {node: shorten(name) for node, name in self.names.items()}
        self.scopes = self.scoped()
        self.crowded = len(self.shown) > MOST_LABELLED

    def scoped(self) -> dict[Node, tuple[str, ...]]:
        """Return the scope of each node.

        A node without one, unless it is a leaf that stands for itself, is drawn where all its
        users are: it exists for their sake.
        """
        scopes: dict[Node, tuple[str, ...]] = {}
        for node in reversed(self.shown):
            own = tuple(part for part in visible(node.scope).split("/") if part)
            if not own and (node.inputs or node.kind == "constant"):
                own = shared([scopes.get(edge.user, ()) for edge in self.uses[node]])
            scopes[node] = own
        return scopes

    def title(self, node: Node) -> str:
        """'u = b × c', or for a leaf its name."""
        return definition(node, self.short)

    def box(self, node: Node) -> Box:
        """Say all there is to say about one node."""
        kind = "output" if node is self.root and node.inputs else node.kind
        terms = [edge.flow for edge in self.uses[node] if edge.user.has_grad and not is_array(node)]
        told = node.has_grad and kind != "constant"
        short = self.short
        lines = [f"{kind} {definition(node, short | {node: self.names[node]})}", f"value {exactly(node.item())}"]
        if node.has_grad:
            lines.append(f"∂{short[self.root]}/∂{short[node]} = {exactly(node.grad_data)}")
            if len(terms) > 1 and adds_up(terms, node.grad_data):
                lines.append(f"used {len(terms)}×: the gradient is the sum of")
                lines += [f"  via {short[edge.user]}: {step(edge)}" for edge in self.uses[node][:MOST_TOLD]]
                lines += [f"  … and {len(terms) - MOST_TOLD} more"] * (len(terms) > MOST_TOLD)
            elif terms and not adds_up(terms, node.grad_data) and node is not self.root:
                lines.append(f"of this, {exactly(sum(terms))} came through this graph")
        else:
            lines.append("the gradient has not been computed: call backward()")
        moved = has_moved(node, self.uses[node])
        if moved:
            lines.append(
                "its data was changed after the graph was computed; the gradients are those of what was computed"
            )
        return Box(
            id=self.ids[node],
            kind=kind,
            title=self.title(node),
            value=shaped(node) + (" (moved)" if moved else ""),
            grad=gradient(node, terms) if told else "",
            tooltip=tuple(lines),
            scope=self.scopes[node],
            node=node,
        )

    def arrow(self, edge: Edge, id: str) -> Arrow:
        """Say what flows along one edge."""
        user, source = self.short[edge.user], self.short[edge.source]
        if is_array(edge.user):
            return self.array_arrow(edge, id)
        lines = [f"∂{user}/∂{source} = {exactly(edge.partial)}"]
        if edge.user.has_grad:
            lines.append(f"backward: {step(edge)} → {source}")
        return Arrow(
            id=id,
            tail=self.ids[edge.source],
            head=self.ids[edge.user],
            label="" if self.crowded else f"∂ {number(edge.partial, 3)}",
            tooltip=tuple(lines),
            dashed=edge.user.has_grad and edge.flow == 0,
        )

    def array_arrow(self, edge: Edge, id: str) -> Arrow:
        """Say what shape flows along an edge of arrays; the numbers are in the tooltip."""
        told: tuple[str, ...] = ()
        flow = None
        if edge.user.has_grad and edge.source.wants_grad:
            flow = edge.flow
            told = (f"backward: {quantity(flow)} → {self.short[edge.source]}",)
        return Arrow(
            id=id,
            tail=self.ids[edge.source],
            head=self.ids[edge.user],
            label="" if self.crowded else str(edge.source.shape),
            tooltip=(f"{self.short[edge.source]} {edge.source.shape}", *told),
            dashed=not edge.source.wants_grad or (flow is not None and not np.any(flow)),
        )

    def stub(self, user: Node) -> Box:
        """Stand for the inputs of `user` that are not shown."""
        hidden = sum(x not in self.ids for x in user.inputs)
        return Box(
            f"cut{self.ids[user]}", "hidden", "…", "", "", (f"{hidden} inputs, not shown",), self.scopes[user], None
        )


def shared(scopes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the innermost scope that all of these lie in."""
    levels = zip(*scopes, strict=False)
    return tuple(names[0] for names in takewhile(lambda names: len(set(names)) == 1, levels))


def step(edge: Edge) -> str:
    """The step of the backward sweep along an edge: '3 × 2 = 6'."""
    return f"{number(edge.user.grad_data)} × {constant(edge.partial):product} = {number(edge.flow)}"


def gradient(node: Node, terms: Sequence[float]) -> str:
    """The gradient, as the sum that it is where it is one: '0.3 − 1.35 = −1.05'."""
    total = quantity(node.grad_data)
    if is_array(node):
        return total
    if len(terms) < 2 or not adds_up(terms, node.grad_data):
        return total
    if len(terms) > MOST_TERMS:
        return f"{total} (Σ {len(terms)} uses)"
    return addition(terms, node.grad_data)


def adds_up(terms: Sequence[float], grad: float) -> bool:
    """Whether grad is what this sweep brought, and not left over or added by another one."""
    total = sum(terms)
    return same(total, grad) or abs(total - grad) <= 1e-12 * sum(map(abs, terms))  # summed in another order


def has_moved(node: Node, out: Sequence[Edge]) -> bool:
    """Whether a leaf's data was assigned to after it was used.

    Then a user of it, computed again, does not give what it gave.
    """
    if node.inputs or is_array(node) or same(node.item(), node.made_with):
        return False
    return any(not same(again(edge.user), edge.user.item()) for edge in out)


def same(x: Any, y: Any) -> bool:
    """Whether two numbers are equal, a NaN being equal to a NaN."""
    return bool(x == y or (x != x and y != y))


def again(node: Node) -> Any:
    """Compute one node again from the present data of its inputs; None where that fails."""
    try:
        return node.op and node.op(*(x.item() for x in node.inputs))
    except (ValueError, ArithmeticError):
        return None
