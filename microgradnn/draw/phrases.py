"""What is said about one node and one edge, and about several that are folded: decided here, once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..graph.paths import Edge, uses
from ..graph.structure import is_array
from ..rules.notation import addition, constant, definition, exactly, labels, number, quantity, show_held
from .boxes import Arrow, Box, shorten
from .web import Path

MOST_TERMS = 6  # of a gradient that is a sum, in its box
LONGEST_PULLBACK = 28  # characters beside an arrow; one that is longer is in its tooltip
MOST_TOLD = 20  # of them in the tooltip


class View:
    """What the texts of a picture are read from: the nodes that are shown one by one, their names, ids and uses."""

    def __init__(
        self,
        order: Sequence[Any],
        ids: Mapping[Any, str],
        scopes: Mapping[Any, Path],
        *,
        named: Collection[Any] = (),
        crowded: bool = False,
    ) -> None:
        self.root = order[-1]
        self.ids = ids
        self.scopes = scopes
        self.uses = uses(order, ids)
        told = {edge.user for edges in self.uses.values() for edge in edges[:MOST_TOLD]}  # shown or not
        self.names = labels(order, {self.root}.union(ids, named, told, *(node.inputs for node in ids)))
        self.short = {node: shorten(name) for node, name in self.names.items()}
        self.crowded = crowded

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
            lines.append(f"d{short[self.root]}/d{short[node]} = {exactly(node.grad_data)}")
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
            value=show_held(node) + (" (moved)" if moved else ""),
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
            back=step(edge) if edge.user.has_grad else "",
            edge=edge,
        )

    def array_arrow(self, edge: Edge, id: str) -> Arrow:
        """Say how a gradient of arrays comes back along an edge, in symbols; shape and numbers are in the tooltip."""
        from ..formulas.pullback import pullback  # of numbers none is drawn: a fifth of what is loaded for them

        source, shape = self.short[edge.source], str(edge.source.shape)
        lines = [f"{source} {shape}"]
        label, flow = shape, None
        if edge.source.wants_grad and not self.crowded:
            back = pullback(edge, lambda node: self.short[node])
            lines += [f"d{source}: {back}"] * bool(back)
            short = back.replace(", keepdims=True", "")
            label = short if 0 < len(short) <= LONGEST_PULLBACK else shape
        if edge.user.has_grad and edge.source.wants_grad:
            flow = edge.flow
            lines.append(f"backward: {quantity(flow)} → {source}")
        return Arrow(
            id=id,
            tail=self.ids[edge.source],
            head=self.ids[edge.user],
            label="" if self.crowded else label,
            tooltip=tuple(lines),
            dashed=not edge.source.wants_grad or (flow is not None and not np.any(flow)),
            back=f"{label if label != shape else 'the pullback'} = {quantity(flow)}" if flow is not None else "",
        )


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
    return addition(terms, node.grad_data, (4, 3, 5))


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
