"""Where a value or a gradient stopped being finite, and how it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import AnomalyError
from ..graph import Node, topological
from ..rules.notation import definition, exactly, labels

MOST_STEPS = 8  # of the way there that are told


def is_finite(x: Any) -> bool:
    """Whether a number, or each of an array, is finite."""
    return bool(np.all(np.isfinite(x)))


def check_value(node: Node) -> None:
    """Raise AnomalyError if a node that was just computed is not finite and its inputs all are."""
    if is_finite(node._held()) or not all(is_finite(x._held()) for x in node.inputs):
        return
    order = topological(node)
    names = labels(order)
    operands = ", ".join(dict.fromkeys(f"{names[x]} = {exactly(x._held())}" for x in node.inputs))
    way = [f"{definition(step, names)} = {exactly(step._held())}" for step in order[:-1] if step.op]
    raise AnomalyError(
        f"{definition(node, names)} is {exactly(node._held())}, at {operands}" + show_steps("computed by", way)
    )


def check_sweep(order: Sequence[Any]) -> None:
    """Do the backward sweep over again, without touching `grad`; raise where it stops being finite."""
    root = order[-1]
    grads: dict[Node, Any] = {root: np.ones(root.shape) if hasattr(root, "shape") else 1.0}
    came_from: dict[Node, Node] = {}
    wanted = {node for node in order if node.wants_grad}
    for node in reversed(order):
        if node.op is None or node not in grads:
            continue
        for x, share in node._pulls(grads[node], wanted, on_nodes=False):
            came_from[x] = node
            grads[x] = grads[x] + share if x in grads else share
            if not is_finite(grads[x]):
                raise AnomalyError(backward_story(order, node, x, share, grads, came_from))


def backward_story(
    order: Sequence[Node], node: Any, x: Node, share: Any, grads: dict[Node, Any], came_from: dict[Node, Node]
) -> str:
    """Say along which edge it happened, and how the sweep came there."""
    names = labels(order)
    root = names[order[-1]]
    way, step = [f"d{root}/d{names[node]} = {exactly(grads[node])}"], node
    while step in came_from:
        step = came_from[step]
        way.append(f"d{root}/d{names[step]} = {exactly(grads[step])}")
    operands = ", ".join(dict.fromkeys(f"{names[one]} = {exactly(one._held())}" for one in node.inputs))
    if hasattr(node, "shape"):
        blame = f"{definition(node, names)} brought {names[x]} {exactly(share)}"
    else:
        partial = node._partials()[node.inputs.index(x)]
        blame = f"the local derivative of {definition(node, names)} in {names[x]} is {exactly(partial)}"
    return f"d{root}/d{names[x]} is {exactly(grads[x])}: {blame}, at {operands}" + show_steps(
        "the sweep came by", way[::-1]
    )


def show_steps(how: str, way: Sequence[str]) -> str:
    """The last steps of a way, one a line."""
    left_out = ["…"] if len(way) > MOST_STEPS else []
    return "".join(f"\n  {step}" for step in [f"{how}:", *left_out, *way[-MOST_STEPS:]]) if way else ""
