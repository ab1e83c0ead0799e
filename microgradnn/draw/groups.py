"""What is said about several nodes that are one box: how many, what leaves them, how large their gradient is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import hypot
from typing import Any

import numpy as np

from ..graph.paths import Edge
from ..graph.structure import is_array
from ..rules.notation import definition, number, quantity, show_held, visible
from .boxes import Arrow, Box, shorten
from .phrases import View
from .web import Path

MOST_FLOWS = 64  # edges of an arrow whose flows are looked at
MOST_LISTED = 8  # parameters in a tooltip


def scope_box(view: View, id: str, name: Path, frame: Path, nodes: Sequence[Any], leaving: Sequence[Any]) -> Box:
    """Say what a folded scope holds: 'neuron 3: 5 nodes', what it is worth where one node leaves it, ‖grad‖."""
    value = f"value {show_held(leaving[0])}" if len(leaving) == 1 else ""
    told = [f"{'/'.join(name)}, folded", count_nodes(nodes)]
    told += [f"out: {view.short[node]} = {show_held(node)}" for node in leaving[:MOST_LISTED]]
    grad = norm(nodes)
    if not grad and len(leaving) == 1 and leaving[0].has_grad:
        grad = f"grad {quantity(leaving[0].grad_data)}"
    return Box(
        id,
        "folded",
        f"{name[-1]}: {len(nodes)} nodes",
        value,
        grad,
        (*told, *list_parameters(nodes)),
        frame,
        None,
        len(nodes),
        name,
        leaving[0] if len(leaving) == 1 else None,
        tuple(parameters_of(nodes)),
    )


def alike_box(id: str, times: int, first: str, nodes: Sequence[Any], frame: Path) -> Box:
    """Say what parts that play one role are: the first of them, how many, the range of their numbers."""
    told = [f"{times} parts that play the same role, such as {first}", count_nodes(nodes)]
    grad = norm(nodes)
    value = ""
    if len(nodes) == times and not any(map(is_array, nodes)):
        value = f"value {spread([node.item() for node in nodes])}"
        if not grad and all(node.has_grad and node.kind != "constant" for node in nodes):
            grad = f"grad {spread([node.grad_data for node in nodes])}"
    elif len(nodes) == times:
        value = f"value {nodes[0].shape}"
    return Box(
        id, "folded", f"{first}  ×{times}", value, grad, (*told, *list_parameters(nodes)), frame, None, len(nodes)
    )


def steps_box(view: View, id: str, times: int, nodes: Sequence[Any], frame: Path) -> Box:
    """Stand for the inner steps of a chain: '… 294 more steps …'."""
    first = next((node for node in nodes if node.op is not None), nodes[0])
    told = [f"{times} steps that are alike, such as {definition(first, view.short)}", count_nodes(nodes)]
    size = f"{len(nodes)} nodes"
    return Box(
        id,
        "folded",
        f"… {times:,} more steps …",
        size,
        norm(nodes),
        (*told, *list_parameters(nodes)),
        frame,
        None,
        len(nodes),
    )


def group_arrow(
    view: View, id: str, ends: tuple[str, str], names: tuple[str, str], edges: Sequence[Edge], count: int
) -> Arrow:
    """Say what joins two boxes of which one is folded: `count` edges, and what comes back along them."""
    told = [f"{count} edge{'s' * (count > 1)} from {names[0]} to {names[1]}"]
    dashed, back = False, ""
    if len(edges) == count and all(edge.user.has_grad for edge in edges):
        flows = [flow_of(edge) for edge in edges]
        dashed = not any(np.any(flow) for flow in flows)
        if all(np.ndim(flow) == 0 for flow in flows):
            back = f"{number(sum(map(float, flows)))} in all"
        elif count == 1:
            back = f"the pullback = {quantity(flows[0])}"
        told += [f"backward: {back}"] * bool(back)
    label = f"×{count}"
    if count == 1:
        label = "" if is_array(edges[0].user) else f"∂ {number(edges[0].partial, 3)}"
    label = "" if view.crowded else label
    return Arrow(id, *ends, label, tuple(told), dashed, back)


def flow_of(edge: Edge) -> Any:
    """What the sweep brought along an edge; 0 to what wants no gradient."""
    return edge.flow if edge.source.wants_grad else 0.0


def size_of_flow(edges: Sequence[Edge]) -> float:
    """How much the sweep brought along edges, whatever its sign."""
    with np.errstate(all="ignore"):
        return float(sum(np.abs(flow_of(edge)).sum() for edge in edges if edge.user.has_grad))


def count_nodes(nodes: Sequence[Any]) -> str:
    """'5 nodes: 3 parameters, 2 operations'."""
    kinds = Counter(node.kind for node in nodes)
    parts = ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in sorted(kinds.items()))
    return f"{len(nodes)} node{'s' * (len(nodes) > 1)}: {parts}"


def norm(nodes: Sequence[Any]) -> str:
    """The length of the gradient of the parameters among nodes: '‖grad‖ 0.41'; '' where there is none."""
    grads = [node.grad_data for node in parameters_of(nodes)]
    if not grads:
        return ""
    with np.errstate(all="ignore"):
        return f"‖grad‖ {number(hypot(*(float(np.linalg.norm(grad)) for grad in grads)), 3)}"


def parameters_of(nodes: Sequence[Any]) -> list[Any]:
    """The parameters among nodes that have a gradient."""
    return [node for node in nodes if node.kind == "parameter" and node.has_grad]


def list_parameters(nodes: Sequence[Any]) -> list[str]:
    """The parameters among nodes, with their numbers."""
    named = [node for node in nodes if node.kind == "parameter"]
    lines = [f"  {shorten(visible(node.name)) or 'a parameter'} = {show_held(node)}" for node in named[:MOST_LISTED]]
    return lines + [f"  … and {len(named) - MOST_LISTED} more parameters"] * (len(named) > MOST_LISTED)


def spread(numbers: Sequence[Any]) -> str:
    """The range of numbers: '0.1 … 0.9', or the one that they all are."""
    low, high = min(numbers), max(numbers)
    return number(low) if low == high else f"{number(low)} … {number(high)}"
