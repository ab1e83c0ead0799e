"""Where a value or a gradient stopped being finite, and how it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from .errors import AnomalyError
from .graph import NOTHING, Node, topological
from .notation import definition, exactly, labels

MOST_STEPS = 8  # of the way there that are told


def check_value(node: Node) -> None:
    """Raise AnomalyError if a node that was just computed is not finite and its inputs all are."""
    if isfinite(node.item()) or not all(isfinite(x.item()) for x in node.inputs):
        return
    order = topological(node)
    names = labels(order)
    operands = ", ".join(dict.fromkeys(f"{names[x]} = {exactly(x.item())}" for x in node.inputs))
    way = [f"{definition(step, names)} = {exactly(step.item())}" for step in order[:-1] if step.op]
    raise AnomalyError(f"{definition(node, names)} is {exactly(node.item())}, at {operands}" + told("computed by", way))


def check_sweep(order: Sequence[Any]) -> None:
    """Do the backward sweep over again, without touching `grad`; raise where it stops being finite."""
    grads: dict[Node, float] = {order[-1]: 1.0}
    came_from: dict[Node, Node] = {}
    for node in reversed(order):
        if node not in grads:
            continue
        for x, partial in zip(node.inputs, node.partials, strict=True):
            if partial is NOTHING:
                continue
            came_from[x] = node
            grads[x] = grads.get(x, 0.0) + grads[node] * partial
            if not isfinite(grads[x]):
                raise AnomalyError(backward_story(order, node, x, partial, grads, came_from))


def backward_story(
    order: Sequence[Node], node: Node, x: Node, partial: float, grads: dict[Node, float], came_from: dict[Node, Node]
) -> str:
    """Say along which edge it happened, and how the sweep came there."""
    names = labels(order)
    root = names[order[-1]]
    way, step = [f"d{root}/d{names[node]} = {exactly(grads[node])}"], node
    while step in came_from:
        step = came_from[step]
        way.append(f"d{root}/d{names[step]} = {exactly(grads[step])}")
    operands = ", ".join(dict.fromkeys(f"{names[one]} = {exactly(one.item())}" for one in node.inputs))
    return (
        f"d{root}/d{names[x]} is {exactly(grads[x])}: the local derivative of {definition(node, names)} "
        f"in {names[x]} is {exactly(partial)}, at {operands}" + told("the sweep came by", way[::-1])
    )


def told(how: str, way: Sequence[str]) -> str:
    """The last steps of a way, one a line."""
    left_out = ["…"] if len(way) > MOST_STEPS else []
    return "".join(f"\n  {step}" for step in [f"{how}:", *left_out, *way[-MOST_STEPS:]]) if way else ""
