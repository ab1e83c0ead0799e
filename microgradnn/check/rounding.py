"""What rounding may do to a result and to its gradients, followed backwards through a recorded graph.

A node's own rounding counts as far as its gradient carries it to the result: a large number in a branch that was not
taken counts for nothing. How many digits a rule keeps is tried out, at arguments that are moved in their last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import float_info
from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor import Tensor
from ..graph import Fold, Node
from ..rules.arrays import ArrayOp, sum_to
from ..rules.calculus import weigh
from .replay import KINKED, array_of

NUDGE = 2.0**-40  # by which arguments are moved: far more than rounding, far less than what they are worth
WAVES = ("sin", "cos", "tan", "sinc")
STEPS = ("floor", "ceil", "rint", "trunc", "mod")  # that jump at each whole number, or multiple
APART = 2.0**16  # units in the last place that two jumps are apart, for three steps of the ladder between them
LOSS = 2.0  # units in the last place that an operation and a product cost at least


class Rounding(NamedTuple):
    """What one number Σ seed · root is worth, and what rounding does to it and to its gradients."""

    noise: float  # of the number itself, when an input moves
    sizes: dict[Node, Any]  # for each node the sum over the paths of |product of the partials|
    errors: dict[Node, Any]  # of the gradient


class Losses:
    """The edges of a graph: |partial|, and the error of the partial in units of ε; each is found once."""

    def __init__(self, order: Sequence[Any]) -> None:
        self.order = order
        self.known: dict[tuple[Node, int], tuple[Any, Any]] = {}
        self.signs = np.random.default_rng(0)

    def of(self, seed: Any) -> Rounding:
        """Follow the rounding of Σ seed · root back to all nodes."""
        root = self.order[-1]
        sizes: dict[Node, Any] = {root: np.abs(seed)}
        errors: dict[Node, Any] = {root: 0.0}
        noise = hidden = 0.0
        with np.errstate(all="ignore"):
            for node in reversed(self.order):
                size = sizes.get(node)
                if size is None or node.op is None:
                    continue
                noise += float(np.sum(weigh(np.asarray(size, float), np.abs(array_of(node)))))
                hidden += float(np.sum(weigh(np.asarray(size, float), unseen(node))))
                for i, x in enumerate(node.inputs):
                    if x.wants_grad:
                        share, error = self.carry(node, i, size, errors[node])
                        sizes[x] = sizes.get(x, 0.0) + share
                        errors[x] = errors.get(x, 0.0) + error
        return Rounding(LOSS * float_info.epsilon * noise + hidden, sizes, errors)

    def carry(self, node: Any, i: int, size: Any, error: Any) -> tuple[Any, Any]:
        """Return what comes to input i of the paths and of the error at a node."""
        if isinstance(node.op, ArrayOp):
            return self.pull(node, i, np.broadcast_to(size, node.shape), np.broadcast_to(error, node.shape))
        partial, loss = self.known.get((node, i)) or self.look(node, i)
        share, lost = weigh_any(size, partial), weigh_any(error, partial) + weigh_any(size, loss)
        if not isinstance(node, Tensor):
            return float(share), float(lost)
        shape = node.inputs[i].shape
        return tuple(sum_to(np.broadcast_to(one, node.shape), shape=shape) for one in (share, lost))

    def look(self, node: Any, i: int) -> tuple[Any, Any]:
        """Return |partial| of an element-wise edge, and its error; all edges of a node are looked at."""
        f, xs = array_of(node), [array_of(x) for x in node.inputs]
        partials = rules_at(node.op, f, xs)
        moved = rules_at(node.op, self.nudge(f), [self.nudge(x) for x in xs])
        for j, (one, other) in enumerate(zip(partials, moved, strict=True)):
            loss = np.abs(other - one) / NUDGE
            size = np.abs(one)
            self.known[node, j] = size, LOSS * size + np.where(np.isfinite(loss), loss, size)
        return self.known[node, i]

    def nudge(self, x: Any) -> Any:
        """Return x, each number moved up or down by a little; equal numbers alike, so that a tie stays one."""
        mantissa, _ = np.frexp(x)
        return x * (1 + NUDGE * np.sign(np.sin(1e9 * mantissa)))

    def pull(self, node: Any, i: int, size: Any, error: Any) -> tuple[Any, Any]:
        """Pull paths and errors back through a row of the second table, with random signs; the largest of a few."""
        op, f, xs = node.op, array_of(node), [array_of(x) for x in node.inputs]
        signs = [np.ones(f.shape), *self.signs.choice((-1.0, 1.0), (3, *f.shape))]
        plain = [np.asarray(op.pullback(i, size * sign, f, *xs)) for sign in signs]
        lost = [np.abs(op.pullback(i, error * sign, f, *xs)) for sign in signs]
        share = np.max(np.abs(plain), axis=0)
        loss = LOSS * share
        if op.name not in KINKED:
            moved = op.pullback(i, size * signs[-1], self.nudge(f), *[self.nudge(x) for x in xs])
            change = np.abs(moved - plain[-1]) / NUDGE
            loss = loss + np.where(np.isfinite(change), change, share)
        shape = xs[i].shape
        if share.shape != shape:  # the rule is wrong; that is found elsewhere
            return np.full(shape, np.max(share, initial=0.0)), np.full(shape, np.max(loss, initial=0.0))
        return share, np.max(lost, axis=0) + loss


def unseen(node: Any) -> Any:
    """Return ∞ where differences see nothing of a wave, or of what is between two jumps."""
    return np.where(is_unseen(node.op, [array_of(x) for x in node.inputs]), np.inf, 0.0)


def is_unseen(op: Any, xs: Sequence[Any]) -> Any:
    """Where waves, or jumps, are so close together that neighbouring floats, or the least steps, miss them."""
    if op.name in WAVES:
        return ~(np.spacing(np.abs(xs[0])) < 0.5)  # of ∞ there is no spacing
    if op.name in STEPS:
        return ~(APART * np.spacing(np.abs(xs[0])) < (np.abs(xs[1]) if op.name == "mod" else 1.0))
    return np.False_


def weigh_any(x: Any, y: Any) -> Any:
    """Return x · y of numbers or arrays, 0 where either is 0."""
    return weigh(np.asarray(x, float), np.asarray(y, float))


def rules_at(op: Any, f: Any, xs: Sequence[Any]) -> list[Any]:
    """Return all partials of an element-wise row at arrays; NaN where a rule takes none."""
    try:
        if isinstance(op, Fold):
            slopes = op.rule(float(f), *op.split([float(x) for x in xs]))
            return [np.asarray(float(slope)) for several in slopes for slope in several]
        return [np.asarray(op.partials[j](f, *xs), float) for j in range(len(xs))]
    except (ValueError, ArithmeticError, TypeError):
        return [np.full(np.shape(f), np.nan) for _ in xs]
