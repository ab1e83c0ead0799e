"""What of its pictures a page computes anew: which numbers can be changed there, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..formulas.live import MOST_NODES, live_source
from ..graph import topological
from ..graph.paths import Edge, uses
from ..graph.structure import is_array
from .boxes import Picture
from .phrases import adds_up, has_moved

CHANGED = ("input", "parameter")


class Live(NamedTuple):
    """A function of JavaScript, and what its arguments and results are."""

    source: str
    about: dict[str, Any] | None  # for page.js; None where nothing is computed
    why: str  # not, if so
    nodes: Mapping[Any, int] = MappingProxyType({})  # the places of the nodes among the results
    edges: Mapping[Edge, int] = MappingProxyType({})  # and those of the uses


def live(pictures: Sequence[Picture]) -> Live:
    """Return what the page of some pictures of a graph computes.

    Nothing, and why, where it would not be what they show.
    """
    root = pictures[0].boxes[-1].node
    if root is None:
        return Live("", None, "the output is folded")
    order = topological(root)
    if len(order) > MOST_NODES:
        return Live("", None, f"the graph has {len(order):,} nodes, more than the {MOST_NODES:,} that a page computes")
    leaves = {node for node in order if node.op is None}
    if any(has_moved(node, edges) for node, edges in uses(order, leaves).items()):
        return Live("", None, "a number was changed after the graph was computed")
    kinds = {box.node: box.kind for picture in pictures for box in picture.boxes if box.node is not None}
    for box in (box for picture in pictures for box in picture.boxes):
        kinds |= {node: node.kind for node in (box.out, *box.parameters) if node is not None and node not in kinds}
    nodes = {node: i for i, node in enumerate(node for node in order if node in kinds)}
    out = uses(order, nodes)
    why = refuse_live(root, out)
    if why:
        return Live("", None, why)
    inputs = [node for node in nodes if node.op is None and kinds[node] in CHANGED]
    ways = [edge for edges in out.values() for edge in edges if edge.user.has_grad or not root.has_grad]
    try:
        source = live_source(order, inputs, list(nodes), ways)
    except ValueError as error:
        return Live("", None, str(error))
    keys = {box.node: box.id for box in pictures[0].boxes}  # in the address
    about = {
        "inputs": [
            {"node": nodes[node], "key": keys.get(node, f"x{nodes[node]}"), "value": float(node.item())}
            for node in inputs
        ],
        "uses": [(nodes[edge.source], nodes.get(edge.user, -1)) for edge in ways],
    }
    return Live(source, about, "", nodes, {edge: i for i, edge in enumerate(ways)})


def places(picture: Picture, live: Live) -> tuple[dict[str, int], dict[str, int]]:
    """Return the place of each box among the results, and of each arrow among the uses, where they have one."""
    boxes = {box.id: live.nodes[box.node] for box in picture.boxes if box.node in live.nodes}
    return boxes, {arrow.id: live.edges[arrow.edge] for arrow in picture.arrows if arrow.edge in live.edges}


def find_folded(picture: Picture, live: Live) -> dict[str, tuple[int, list[int]]]:
    """Return of each folded scope the places of the node that leaves it, or −1, and of its parameters."""
    return {
        box.id: (live.nodes.get(box.out, -1), [live.nodes[node] for node in box.parameters])
        for box in picture.boxes
        if live.nodes and box.path and all(node in live.nodes for node in box.parameters)
    }


def refuse_live(root: Any, out: dict[Any, list[Edge]]) -> str:
    """Say why a computation from the present numbers would not give what the picture shows; '' where it would."""
    if is_array(root):
        return "its numbers are arrays"
    for node, edges in out.items():
        flows = [edge.flow for edge in edges if edge.user.has_grad]
        if node.has_grad and node is not root and not (root.has_grad and adds_up(flows, node.grad_data)):
            return "its gradients are not those of one backward pass"
    return ""
