"""What flows along one edge of a graph of arrays: back, from a gradient, and forward, from a move.

On arrays, or on nodes, whose results can be differentiated again. What is added to the rules of the two tables is
broadcasting, and the precision of the inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..rules import arrays, calculus
from ..rules.arrays import ArrayOp
from .conversion import PLAIN


def pull_back(op: Any, i: int, g: Any, f: Any, xs: Sequence[Any]) -> Any:
    """Return what argument i gets of the gradient g in f = op(xs): arrays, or nodes; None where that is nothing."""
    if isinstance(op, ArrayOp):
        share = op.pullback(i, g, f, *xs)
        return share if share.dtype == xs[i].dtype else arrays.cast(share, dtype=xs[i].dtype)
    partial = op.partials[i](f, *xs)
    if isinstance(partial, PLAIN):
        if not partial:
            return None
        share = g if partial == 1 else -g if partial == -1 else g * partial
    else:
        share = calculus.weigh(g, partial)
    if share.shape != xs[i].shape:
        share = arrays.sum_to(share, shape=xs[i].shape)
    return share if share.dtype == xs[i].dtype else arrays.cast(share, dtype=xs[i].dtype)


def push_forward(node: Any, i: int, t: Any) -> Any:
    """Return how an element-wise result moves when input i moves by t; None where it stays."""
    op: Any = node.op
    partial = op.partials[i](node, *node._x)
    if isinstance(partial, PLAIN) and not partial:
        return None
    step = t if isinstance(partial, PLAIN) and partial == 1 else calculus.weigh(t, partial)
    return step if step.shape == node.shape else arrays.broadcast(step, shape=node.shape)
