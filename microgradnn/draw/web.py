"""A graph as numbers: its nodes in order, its edges as arrays, and the parts that become boxes.

Everything that folds works on these, so that a graph of a million nodes takes seconds. Nothing here knows what is
written in a box.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph import Fold, Node
from ..rules.notation import visible

Path = tuple[str, ...]  # of a scope: ('layer 1', 'neuron 2')
Ints = NDArray[np.int64]


class Web(NamedTuple):
    """The nodes that are looked at, each after its inputs, and the edges among them."""

    nodes: list[Any]
    tail: Ints  # of each edge the place of the node that is used
    head: Ints  # and that of its user, which never gets less along the array
    position: Ints  # as which input
    slot: Ints  # the same, but of a sum or a dot product in which of its sequences
    missing: dict[int, int]  # how many inputs of a node are not looked at, by its place


@dataclass(frozen=True)
class Parts:
    """Which nodes are drawn as one box. Parts are numbered by their last nodes: the output's comes last."""

    of: Ints  # the part of each node
    kind: list[str]  # of each part: 'node', or what was folded: 'scope', 'alike', 'steps'
    name: list[Path]  # of a scope; () of the others
    frame: list[Path]  # the scopes around it that are drawn as frames
    times: list[int]  # how many of a kind, or steps, it stands for

    @property
    def count(self) -> int:
        """How many boxes there will be."""
        return len(self.kind)


def web(nodes: list[Any], left_out: Callable[[Node], bool]) -> Web:
    """Return the web of nodes in topological order; inputs that are `left_out` are not counted as missing."""
    place = {node: i for i, node in enumerate(nodes)}
    used: list[int] = []  # the place of each input of each node, −1 of one that is not looked at
    many: list[int] = []  # how many inputs each node has
    row: list[int] = []  # and how many each sequence of them
    missing: dict[int, int] = {}
    for i, node in enumerate(nodes):
        inputs = node.inputs
        many.append(len(inputs))
        row.append(len(inputs) // node.op.sequences if isinstance(node.op, Fold) else 1)
        try:
            used += [place[x] for x in inputs]
        except KeyError:
            used += [place.get(x, -1) for x in inputs]
            missing[i] = sum(x not in place and not left_out(x) for x in inputs)
    tail, count = np.array(used, np.int64), np.array(many, np.int64)
    head = np.repeat(np.arange(len(nodes)), count)
    position = np.arange(len(tail)) - np.repeat(np.cumsum(count) - count, count)
    slot = position // np.repeat(np.maximum(row, 1), count)
    seen = tail >= 0
    return Web(nodes, tail[seen], head[seen], position[seen], slot[seen], missing)


def scopes(net: Web) -> list[Path]:
    """Return the scope of each node.

    A node without one, unless it is a leaf that stands for itself, as data do that have a name, is drawn where all its
    users are: it exists for their sake.
    """
    paths: dict[str, Path] = {"": ()}
    own: list[Path] = []
    for node in net.nodes:
        scope = node.scope
        if scope not in paths:
            paths[scope] = tuple(part for part in visible(scope).split("/") if part)
        own.append(paths[scope])
    if len(paths) == 1:
        return own
    shared: dict[tuple[Path, Path], Path] = {}
    around: list[Path | None] = [None] * len(own)  # the innermost scope of the users met so far
    edge = len(net.head) - 1
    tails, heads = net.tail.tolist(), net.head.tolist()
    for i in range(len(own) - 1, -1, -1):
        node = net.nodes[i]
        if not own[i] and around[i] and (node.op is not None or (node.kind == "constant" and not node.name)):
            own[i] = around[i] or ()
        while edge >= 0 and heads[edge] == i:
            x = tails[edge]
            met = around[x]
            if met is None:
                around[x] = own[i]
            elif met is not own[i]:
                if (met, own[i]) not in shared:
                    shared[met, own[i]] = common(met, own[i])
                around[x] = shared[met, own[i]]
            edge -= 1
    return own


def common(one: Path, other: Path) -> Path:
    """Return the innermost scope that both lie in."""
    return tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def parts(net: Web, paths: Sequence[Path], fold: Callable[[Path], bool]) -> Parts:
    """Return the parts when each scope that is to be folded is one; the output, and what is alone, stays a node."""
    depth: dict[Path, int] = {(): 0}  # how many names of a path lead to the scope that is folded; 0 where none is
    for path in set(paths).difference(depth):
        depth[path] = next((k for k in range(1, len(path) + 1) if fold(path[:k])), 0)
    group = np.arange(len(paths))
    first: dict[Path, int] = {}
    size: dict[Path, int] = {}
    if any(depth.values()):
        for i, path in enumerate(paths[:-1]):
            k = depth[path]
            if k:
                scope = path[:k]
                group[i] = first.setdefault(scope, i)
                size[scope] = size.get(scope, 0) + 1
    scope_at = {i: scope for scope, i in first.items() if size[scope] > 1}
    if not size:
        n = len(paths)
        return Parts(group, ["node"] * n, [()] * n, [*paths], [1] * n)
    of, members = number_parts(group)
    kind, name, frame = [], [], []
    for i in members.tolist():
        kind.append("scope" if i in scope_at else "node")
        name.append(scope_at.get(i, ()))
        path = paths[i]
        frame.append(scope_at[i][:-1] if i in scope_at else path[: depth[path] - 1] if depth[path] else path)
    return Parts(of, kind, name, frame, [1] * len(kind))


def number_parts(group: NDArray[Any]) -> tuple[Ints, Ints]:
    """Number groups by their last nodes; return the part of each node, and the first node of each part."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    last = np.zeros(len(first), np.int64)
    np.maximum.at(last, inverse, np.arange(len(group)))
    order = np.argsort(last)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], first[order]


def arrows(net: Web, folded: Parts) -> Ints:
    """Return the pairs of parts that edges join, each pair as a number."""
    tail, head = folded.of[net.tail], folded.of[net.head]
    apart = tail != head
    return np.unique(head[apart] * folded.count + tail[apart])
