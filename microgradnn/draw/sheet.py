"""From a graph whose parts are known to the boxes and arrows of a picture, and what it says of what it left out."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..graph.paths import Edge
from ..graph.structure import is_array
from ..rules.notation import definition, visible
from .boxes import Arrow, Box, Direction, Picture, shorten
from .groups import MOST_FLOWS, alike_box, group_arrow, scope_box, size_of_flow, spread, steps_box
from .metrics import text_width
from .phrases import View
from .web import Ints, Parts, Web

PAGE = 800  # points: on a page of 736 pixels, which is 552, its letters of 10 are still 9 pixels high
GAP, MARGINS = 45, 25  # points: between two boxes, along the way, with what stands at the edge; beside a text
MOST_JOINTS = 300  # of a graph that is cut: more take the layout seconds
HALF = 12  # characters of one name of two
MOST_LABELLED = 60  # beyond this an edge's label costs the layout more time than it is worth
Joint = tuple[int, int, Ints]  # two parts, tail and head, and the edges that join them


class Sheet:
    """What a picture is read from: the graph, its parts, and the edges that join parts."""

    def __init__(
        self, order: Sequence[Any], net: Web, folded: Parts, most: int, top: int | None, direction: Direction | None
    ) -> None:
        self.order, self.net, self.folded, self.direction = order, net, folded, direction
        tail, head = folded.of[net.tail], folded.of[net.head]
        edge = np.flatnonzero(tail != head)
        self.edge = edge[np.argsort(head[edge], kind="stable")]  # in the order of their users
        self.tail, self.head = tail[self.edge], head[self.edge]
        self.shown = self.nearest(most)
        self.joints = self.find_joints()
        while len(self.shown) < folded.count and len(self.joints) > max(MOST_JOINTS, len(self.shown)):
            self.shown = self.nearest(len(self.shown) * 3 // 4)
            self.joints = self.find_joints()
        self.whole = top is None
        if top is not None:
            self.joints = self.strongest(top)
            touched = {folded.count - 1, *(part for tail, head, _ in self.joints for part in (tail, head))}
            self.shown = [part for part in self.shown if part in touched]
        self.ids = {part: f"n{i}" for i, part in enumerate(self.shown)}
        self.view = self.texts()

    def picture(self) -> Picture:
        """Return the picture."""
        boxes = [self.box(part) for part in self.shown]
        arrows = [self.arrow(f"e{i}", joint) for i, joint in enumerate(self.joints)]
        stubs = self.stubs() if self.whole else []
        arrows += [Arrow(f"e{len(self.joints)}{box.id[3:]}", box.id, box.id[3:], dashed=True) for box in stubs]
        hidden = len(self.order) - sum(box.nodes for box in boxes)
        title = f"Computation graph of {self.view.short[self.order[-1]]}"
        told = self.tell_omissions(boxes, hidden)
        direction = self.direction or choose_direction(boxes, self.joints, self.ids)
        return Picture(title, (*stubs, *boxes), tuple(arrows), direction, hidden, told, self.direction is not None)

    # --- which parts, and what joins them ---------------------------------------------------

    def nearest(self, most: int) -> list[int]:
        """Return the parts that are the fewest edges away from the last, the output, at most so many, in order."""
        count = self.folded.count
        if count <= most:
            return [*range(count)]
        start = np.searchsorted(self.head, np.arange(count + 1))
        near = {count - 1}
        queue = deque(near)
        while queue and len(near) < most:
            part = queue.popleft()
            for tail in self.tail[start[part] : start[part + 1]].tolist():
                if tail not in near and len(near) < most:
                    near.add(tail)
                    queue.append(tail)
        return sorted(near)

    def find_joints(self) -> list[Joint]:
        """Return what joins parts that are shown; of two that are nodes, each edge by itself."""
        shown = np.zeros(self.folded.count, bool)
        shown[self.shown] = True
        among = np.flatnonzero(shown[self.tail] & shown[self.head])
        codes = self.head[among] * self.folded.count + self.tail[among]
        order = np.argsort(codes, kind="stable")
        joints = []
        for found in np.split(among[order], np.flatnonzero(np.diff(codes[order])) + 1):
            if len(found):
                tail, head = int(self.tail[found[0]]), int(self.head[found[0]])
                each = np.split(found, len(found)) if self.is_node(tail) and self.is_node(head) else [found]
                joints += [(int(edges[0]), tail, head, self.edge[edges]) for edges in each]
        return [(tail, head, edges) for _, tail, head, edges in sorted(joints, key=lambda joint: joint[0])]

    def strongest(self, top: int) -> list[Joint]:
        """Return the `top` joints by the size of what comes back along them."""
        if not self.order[-1].has_grad:
            raise ValueError("top goes by what comes back along each edge: call backward() first")
        sizes = [size_of_flow(self.uses(edges)) for _, _, edges in self.joints]
        best = sorted(range(len(sizes)), key=lambda i: (-sizes[i], i))[:top]
        return [self.joints[i] for i in sorted(best)]

    def is_node(self, part: int) -> bool:
        """Whether a part is drawn as the one node that it is."""
        return self.folded.kind[part] == "node"

    def uses(self, edges: Ints) -> list[Edge]:
        """Return edges of the web as those of the graph."""
        return [Edge(self.net.nodes[self.net.head[edge]], int(self.net.position[edge])) for edge in edges.tolist()]

    # --- the nodes of a part ----------------------------------------------------------------

    @cached_property
    def members(self) -> list[Any]:
        """The places of the nodes of each part."""
        by_part = np.argsort(self.folded.of, kind="stable")
        return np.split(by_part, np.searchsorted(self.folded.of[by_part], np.arange(1, self.folded.count)))

    def nodes(self, part: int) -> list[Any]:
        """Return the nodes of a part, in order."""
        return [self.net.nodes[i] for i in self.members[part].tolist()]

    def find_outputs(self, part: int) -> list[Any]:
        """Return the nodes of a part that others use."""
        return [self.net.nodes[i] for i in np.unique(self.net.tail[self.edge[self.tail == part]]).tolist()]

    # --- texts ------------------------------------------------------------------------------

    def texts(self) -> View:
        """Return what the texts are read from."""
        alone = {self.net.nodes[self.members[part][0]]: part for part in self.shown if self.is_node(part)}
        named: set[Any] = set()
        for part in self.shown:
            if not self.is_node(part):
                nodes = self.nodes(part)
                computed = next((node for node in nodes if node.op is not None), nodes[0])
                named.update((nodes[0], computed, *computed.inputs, *nodes[0].inputs, *self.find_outputs(part)[:12]))
        ids = {node: self.ids[part] for node, part in alone.items()}
        frames = {node: self.folded.frame[part] for node, part in alone.items()}
        return View(
            self.order,
            ids,
            frames,
            named=named,
            crowded=len(self.shown) > MOST_LABELLED or len(self.joints) > 2 * MOST_LABELLED,
        )

    def box(self, part: int) -> Box:
        """Say all there is to say about one part."""
        nodes, kind, name = self.nodes(part), self.folded.kind[part], self.folded.name[part]
        id, frame, times = self.ids[part], self.folded.frame[part], self.folded.times[part]
        if kind == "node":
            return self.view.box(nodes[0])
        if kind == "scope":
            return scope_box(self.view, id, name, frame, nodes, self.find_outputs(part))
        if kind == "steps":
            return steps_box(self.view, id, times, nodes, frame)
        return alike_box(id, times, self.title(part), nodes, frame)

    def title(self, part: int) -> str:
        """Name parts that play one role: the first and the last where all have a name, else the first."""
        nodes, name = self.nodes(part), self.folded.name[part]
        if name:
            return name[-1]
        if all(node.kind == "constant" and not node.name and not is_array(node) for node in nodes):
            return spread([node.item() for node in nodes])
        names = {node.name for node in nodes if node.op is None}
        if "" in names or not 1 < len(names) == len(nodes):
            return definition(nodes[0], self.view.short)
        first, *_, last = sorted(names, key=lambda name: ([int(x) for x in re.findall("[0-9]+", name)], name))
        return f"{shorten(visible(first), HALF)} … {shorten(visible(last), HALF)}"

    def arrow(self, id: str, joint: Joint) -> Arrow:
        """Say what flows along what joins two parts."""
        tail, head, edges = joint
        if len(edges) == 1 and self.is_node(tail) and self.is_node(head):
            return self.view.arrow(self.uses(edges)[0], id)
        ends = (self.ids[tail], self.ids[head])
        return group_arrow(
            self.view, id, ends, (self.call(tail), self.call(head)), self.uses(edges[:MOST_FLOWS]), len(edges)
        )

    def call(self, part: int) -> str:
        """Name a part in a sentence."""
        if self.folded.name[part]:
            return "/".join(self.folded.name[part])
        return "steps" if self.folded.kind[part] == "steps" else self.view.short[self.nodes(part)[0]]

    def stubs(self) -> list[Box]:
        """Stand for inputs that are not shown."""
        shown = np.zeros(self.folded.count, bool)
        shown[self.shown] = True
        cut = np.bincount(self.head[~shown[self.tail]], minlength=self.folded.count)
        for place, count in self.net.missing.items():
            cut[self.folded.of[place]] += count
        return [
            Box(
                f"cut{id}", "hidden", "…", "", "", (f"{cut[part]} inputs, not shown",), self.folded.frame[part], None, 0
            )
            for part, id in self.ids.items()
            if cut[part]
        ]

    def tell_omissions(self, boxes: Sequence[Box], hidden: int) -> tuple[str, ...]:
        """Say what was folded, and what is not shown."""
        folded = [box for box in boxes if box.node is None]
        lines = []
        if folded:
            inside = sum(box.nodes for box in folded)
            lines.append(
                f"{inside:,} of {len(self.order):,} nodes are folded into {len(folded)} box{'es' * (len(folded) > 1)}"
            )
        if hidden:
            lines.append(f"{hidden:,} of {len(self.order):,} nodes {'is' if hidden == 1 else 'are'} not shown")
        return tuple(lines)


def choose_direction(boxes: Sequence[Box], joints: Sequence[Joint], ids: Mapping[int, str]) -> Direction:
    """Return the direction in which the picture is no wider than a page: left to right, if either or neither is."""
    rank = dict.fromkeys(ids, 0)  # how many boxes stand before each, along the longest way; what leads back left out
    for tail, head, _ in joints:
        if tail < head:
            rank[head] = max(rank[head], rank[tail] + 1)
    columns: dict[int, list[float]] = {}
    for part, box in zip(ids, boxes, strict=True):
        columns.setdefault(rank[part], []).append(MARGINS + max(text_width(text, 10) for _, text in box.rows))
    along = sum(GAP + max(column) for column in columns.values())
    across = max(sum(column) for column in columns.values())
    return "LR" if along <= PAGE or along <= across else "TB"
