"""One output of a function, recorded: its gradients, and what can be known of them from the graph alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import nan
from sys import float_info
from typing import Any, NamedTuple

import numpy as np

from ..graph import Node, topological
from ..graph.paths import back
from .edges import Edges
from .judge import FAINTEST
from .replay import array_of, carry
from .rounding import Losses


class Swept(NamedTuple):
    """The gradients of one number Σ seed · output, one for each number of the inputs."""

    gradients: list[float]
    units: list[float]  # of rounding
    sizes: list[float]  # of all that adds up to them
    noise: float  # of the number
    reached: dict[Node, Any]  # how much each node counts


class Part:
    """One output, the graph that leads to it, and what each operation in it is worth."""

    def __init__(self, root: Any, leaves: Sequence[Node]) -> None:
        self.leaves = leaves
        self.order: list[Any] = topological(root)
        self.arrays = {node: array_of(node) for node in (*self.order, *leaves)}
        self.whole = self.arrays[root]
        self.losses = Losses(self.order)
        self.edges = Edges(self.losses)
        self.ahead: dict[Node, set[Node]] = {}

    def sweep(self, seed: Any) -> Swept:
        """Sweep back from Σ seed · output."""
        start = seed if hasattr(self.order[-1], "shape") else float(seed)
        grads = back(self.order, self.leaves, start, on_nodes=False)
        rounding = self.losses.of(seed)
        gradients = in_a_row(self.leaves, [grads.get(x, 0.0) for x in self.leaves])
        errors = in_a_row(self.leaves, [rounding.errors.get(x, 0.0) for x in self.leaves])
        sizes = in_a_row(self.leaves, [rounding.sizes.get(x, 0.0) for x in self.leaves])
        units = [max(float_info.epsilon * error, FAINTEST if error else 0.0) for error in errors]
        return Swept(gradients, units, sizes, rounding.noise, rounding.sizes)

    @cached_property
    def slopes(self) -> Any:
        """The slope of each number of the output in each of the inputs, by the complex step; NaN where unknown."""
        columns = []
        for leaf in self.leaves:
            for place in range(self.arrays[leaf].size):
                along = np.zeros(self.arrays[leaf].shape)
                along.reshape(-1)[place] = 1.0
                found = carry(self.order, self.arrays, {leaf: along}, self.edges.tangent)
                columns.append(np.full(self.whole.size, nan) if found is None else found.reshape(-1))
        return np.array(columns).reshape(-1, self.whole.size).T

    def along(self, parts: Sequence[Any]) -> Any:
        """Return how the output moves when the leaves do, by the complex step; NaN where that is unknown."""
        moves = {leaf: part for leaf, part in zip(self.leaves, parts, strict=True) if np.any(part)}
        found = carry(self.order, self.arrays, moves, self.edges.tangent)
        return np.full(self.whole.shape, nan) if found is None else found

    def is_sound(self, leaf: Node, reached: dict[Node, Any]) -> bool:
        """Whether each operation between a leaf and the output is right, looked at alone."""
        if leaf not in self.ahead:
            ahead = {leaf}
            for node in self.order:
                if not ahead.isdisjoint(node.inputs):
                    ahead.add(node)
            self.ahead[leaf] = ahead
        return self.edges.are_sound({node: size for node, size in reached.items() if node in self.ahead[leaf]})


def in_a_row(leaves: Sequence[Node], found: Sequence[Any]) -> list[float]:
    """Return what was found for each leaf as numbers, one after the other; NaN where it is not of the leaf's shape."""
    flat: list[float] = []
    for x, one in zip(leaves, found, strict=True):
        shape = array_of(x).shape
        fits = np.ndim(one) == 0 or np.shape(one) == shape  # 0.0: nothing came back
        flat += np.broadcast_to(one if fits else nan, shape).ravel().tolist()
    return flat
