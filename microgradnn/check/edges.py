"""One operation of a recorded graph, alone: whether its partials are the slopes that it has.

What the complex step cannot tell (a kink, erf, a function of a user's own) is held against differences of the
operation, at once for all numbers of an array. What holds may then stand for the operation in a longer reckoning.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from sys import float_info
from typing import Any

import numpy as np

from ..engine.pullbacks import pull_back
from ..graph import OPS, Node
from ..rules import calculus
from ..rules.arrays import ArrayOp
from .replay import analytic, apply, array_of
from .rounding import Losses, is_unseen, rules_at

AGREED = 1e-7  # a partial and a difference agree to so much of them; a factor of 1 + 1e-6 does not
HALVINGS = (6, 8, 10, 12, 15, 18, 21, 26, 31)  # of a step: two neighbours have to agree, since one might by accident


class Edges:
    """What is known of the edges of a graph; each is looked at once."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self.holding: dict[Node, list[Any]] = {}
        self.sound: dict[Node, Any] = {}

    def tangent(self, node: Any, moves: Sequence[Any | None]) -> Any:
        """Return how a node moves by its own rules where they hold; NaN where that is not known."""
        if isinstance(node.op, ArrayOp):
            return np.full(node.shape, np.nan)
        partials = rules_at(node.op, array_of(node), [array_of(x) for x in node.inputs])
        total = np.zeros(array_of(node).shape)
        for places, holds in zip(group(node), self.hold(node), strict=True):
            move = moves[places[0]]
            if move is not None:
                partial = sum(partials[i] for i in places)
                total += np.where(move == 0, 0.0, np.where(holds, partial * move, np.nan))
        return total

    def hold(self, node: Any) -> list[Any]:
        """Return for each input of an element-wise node where its partial is the slope, by differences."""
        if node not in self.holding:
            f, xs = array_of(node), [array_of(x) for x in node.inputs]
            with np.errstate(all="ignore"):
                partials = rules_at(node.op, f, xs)
                whole = [np.broadcast_to(x, f.shape) for x in xs]
                self.holding[node] = [agree(node.op, places, f, whole, partials) for places in group(node)]
        return self.holding[node]

    def are_sound(self, sizes: dict[Node, Any]) -> bool:
        """Whether every edge is right through which something comes to a leaf; False also where that cannot be told."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error")
            return all(
                bool(np.all(self.soundness(node) | (np.asarray(sizes[node]) == 0)))
                for node in self.losses.order
                if node.op is not None and node in sizes
            )

    def soundness(self, node: Any) -> Any:
        """Return where, among the numbers of a node, all edges are right."""
        if node not in self.sound:
            check = self.of_arrays if isinstance(node.op, ArrayOp) else self.of_elements
            self.sound[node] = check(node)
        return self.sound[node]

    def of_arrays(self, node: Any) -> Any:
        """As `soundness`, of a row of the second table: a few directions tell, by the complex step."""
        f, xs, random = array_of(node), [array_of(x) for x in node.inputs], np.random.default_rng(1)
        for i, x in enumerate(node.inputs):
            for _ in range(3 if x.wants_grad else 0):
                u = random.uniform(1, 2, f.shape) * random.choice((-1.0, 1.0), f.shape)
                v = random.uniform(1, 2, x.shape) * random.choice((-1.0, 1.0), x.shape)
                moved = analytic(node.op, f, xs, [v if j == i else None for j in range(len(xs))])
                back = np.asarray(pull_back(node.op, i, u, f, xs))
                if moved is None or back.shape != x.shape:
                    return np.zeros(f.shape, bool)
                _, loss = self.losses.pull(node, i, np.abs(u), np.zeros(f.shape))
                slack = 1000 * float_info.epsilon * (np.sum(loss * np.abs(v)) + np.sum(np.abs(u * moved)))
                if not abs(np.sum(u * moved) - np.sum(back * v)) <= slack:
                    return np.zeros(f.shape, bool)
        return np.ones(f.shape, bool)

    def of_elements(self, node: Any) -> Any:
        """As `soundness`, of an element-wise node."""
        f, xs = array_of(node), [array_of(x) for x in node.inputs]
        right = np.ones(f.shape, bool)
        partials = rules_at(node.op, f, xs)
        for k, places in enumerate(group(node)):
            if not node.inputs[places[0]].wants_grad:
                continue
            exact = analytic(node.op, f, xs, [np.ones(x.shape) if i in places else None for i, x in enumerate(xs)])
            if exact is not None:
                loss = sum(self.losses.known[node, i][1] for i in places)
                partial = sum(partials[i] for i in places)
                right &= np.abs(exact - partial) <= 1000 * float_info.epsilon * loss
            if exact is None or not is_ours(node.op):
                right &= self.hold(node)[k]
        return right


def group(node: Any) -> list[list[int]]:
    """Return the places of each input: of max(x, x) there is one, at two places, and it has no kink."""
    places: dict[Node, list[int]] = {}
    for i, x in enumerate(node.inputs):
        places.setdefault(x, []).append(i)
    return list(places.values())


def is_ours(op: Any) -> bool:
    """Whether a row stands in the library's own table, whose array functions are known to take complex numbers."""
    row: Any = getattr(calculus, op.name, None)
    return OPS.get(op.name) is row is not None and op is (row.hold(*op.held) if op.held else row)


def agree(op: Any, places: Sequence[int], f: Any, xs: Sequence[Any], partials: Sequence[Any]) -> Any:
    """Return where the partial in an argument agrees with differences of the operation, and no kink is near.

    The argument may stand in several places; then it is the sum of the partials.
    """
    x, partial = xs[places[0]], sum(partials[i] for i in places)

    def of(y: Any) -> Any:
        return np.asarray(apply(op, [y if i in places else other for i, other in enumerate(xs)]))

    close = np.zeros(f.shape, bool)
    # what does not move may be the top of a curve, but for these
    flat = getattr(op, "branch", False) | (f == 0)
    for unit in (np.where(x == 0, 1.0, np.abs(x)), np.maximum(np.abs(x), 1.0)):
        before, bent = np.zeros(f.shape, bool), np.full(f.shape, np.inf)
        for k in HALVINGS:
            h = unit * 2.0**-k
            try:
                ends = [[of(x + t) for t in (s, -s)] for s in (h, h / 2)]
            except (ValueError, ArithmeticError, TypeError):
                before = np.zeros(f.shape, bool)
                continue
            wide, narrow = ((high - low) / ((x + s) - (x - s)) for (high, low), s in zip(ends, (h, h / 2), strict=True))
            high, low = ends[1]
            slope = narrow + (narrow - wide) / 3  # Richardson's: of fourth order
            bar = 4 * float_info.epsilon * np.maximum(np.abs(high), np.abs(low)) / h
            bend = np.abs((high - f) - (f - low)) / h
            still = flat & (high == f) & (low == f) & (ends[0][0] == f) & (ends[0][1] == f)
            here = (np.abs(slope - partial) <= AGREED * np.abs(partial)) & (bar <= AGREED * np.abs(partial))
            here = (here & (bend <= 0.1 * np.abs(partial) + bar)) | (still & (partial == 0))
            even = (x == 0) & (high == low) & (ends[0][0] == ends[0][1]) & (bend <= bent / 2)  # to the bit: its top
            here |= even & (partial == 0)
            bent = bend
            close |= here & before
            before = here
    return close & ~is_unseen(op, xs)
