"""What of a picture its page computes anew: which numbers can be changed there, and what follows from them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..formulas.live import MOST_NODES, live_source
from ..graph import topological
from ..graph.paths import Edge, uses
from ..graph.structure import is_array
from .boxes import Picture
from .phrases import adds_up, has_moved

CHANGED = ("input", "parameter")


class Live(NamedTuple):
    """A function of JavaScript, and what its arguments and results are in the picture."""

    source: str
    about: dict[str, Any] | None  # for page.js; None where nothing is computed
    why: str  # not, if so


def live(picture: Picture) -> Live:
    """Return what the page of a picture computes; nothing, and why, where it would not be what the picture shows."""
    boxes = {box.node: box for box in picture.boxes if box.node is not None}
    root = picture.boxes[-1].node
    if root is None:
        return Live("", None, "the output is folded")
    order = topological(root)
    if len(order) > MOST_NODES:
        return Live("", None, f"the graph has {len(order):,} nodes, more than the {MOST_NODES:,} that a page computes")
    leaves = {node for node in order if node.op is None}
    if any(has_moved(node, edges) for node, edges in uses(order, leaves).items()):
        return Live("", None, "a number was changed after the graph was computed")
    out = uses(order, boxes)
    why = refused(root, out)
    if why:
        return Live("", None, why)
    arrows = {arrow.edge: arrow.id for arrow in picture.arrows if arrow.edge is not None}
    inputs = [node for node, box in boxes.items() if node.op is None and box.kind in CHANGED]
    ways = [edge for edges in out.values() for edge in edges if edge.user.has_grad or not root.has_grad]
    try:
        source = live_source(order, inputs, list(boxes), ways)
    except ValueError as error:
        return Live("", None, str(error))
    return Live(
        source,
        {
            "inputs": [{"id": boxes[node].id, "value": float(node.item())} for node in inputs],
            "nodes": [box.id for box in boxes.values()],
            "uses": [use(edge, boxes, arrows) for edge in ways],
        },
        "",
    )


def refused(root: Any, out: dict[Any, list[Edge]]) -> str:
    """Say why a computation from the present numbers would not give what the picture shows; '' where it would."""
    if is_array(root):
        return "its numbers are arrays"
    for node, edges in out.items():
        flows = [edge.flow for edge in edges if edge.user.has_grad]
        if node.has_grad and node is not root and not (root.has_grad and adds_up(flows, node.grad_data)):
            return "its gradients are not those of one backward pass"
    return ""


def use(edge: Edge, boxes: dict[Any, Any], arrows: dict[Edge, str]) -> dict[str, str | None]:
    """Return one use of a node as page.js has it."""
    head = boxes.get(edge.user)
    return {"tail": boxes[edge.source].id, "head": head.id if head else "", "arrow": arrows.get(edge)}
