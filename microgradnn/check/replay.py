"""A recorded graph, run again: in complex numbers, and for the rounding to be expected."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..graph import Node, topological
from ..rules.arrays import ArrayOp, sum_to
from ..rules.calculus import weigh

STEP = 1e-100  # of the complex step: nothing is subtracted, so it can be as small as one likes
KINKED = ("max", "min")  # rows of the second table whose slope jumps where two entries change places


def array_of(node: Any) -> Any:
    """Return what a node holds as an array, of a Value one of shape ()."""
    return node.numpy() if isinstance(node, Tensor) else np.asarray(node.item())


def carried_out(op: Any, xs: Sequence[Any]) -> Any:
    """Return a row of either table at arrays."""
    return op.of(*xs) if isinstance(op, ArrayOp) else op.of_arrays(*xs)


def complex_step(root: Node, leaves: Sequence[Node]) -> list[Any] | None:
    """Return d(root)/d(leaf) for each leaf, or None where an operation is not analytic.

    f(x + ih) = f(x) + ih f′(x) + O(h²): the imaginary part is the derivative, to the last digit
    (W. Squire and G. Trapp, SIAM Review 40, 1998). The rows' array functions take complex numbers.
    Of Tensors a derivative has the shape of the root and then that of the leaf; for each number of
    a leaf the graph is run once.
    """
    order = topological(root)
    if any(node.op is not None and (node.op.kink is not None or node.op.name in KINKED) for node in order):
        return None
    whole = {node: array_of(node) for node in order}
    slopes = []
    for leaf in leaves:
        at = array_of(leaf)
        columns = np.zeros((whole[root].size, at.size))
        for k in range(at.size):
            moved = at.astype(np.complex128)
            moved.reshape(-1)[k] += complex(0, STEP)
            found = replayed(order, whole, leaf, moved)
            if found is None:
                return None
            columns[:, k] = found.imag.reshape(-1) / STEP
        slopes.append(columns.reshape(whole[root].shape + at.shape)[()])
    return slopes


def replayed(order: Sequence[Node], whole: dict[Node, Any], leaf: Node, moved: Any) -> Any:
    """Return the last of `order` in complex numbers where a leaf has moved; None where it is not what it was."""
    value: dict[Node, Any] = {leaf: moved}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for node in order:
            if node.op is None:
                value.setdefault(node, whole[node].astype(np.complex128))
                continue
            try:
                value[node] = np.asarray(carried_out(node.op, [value[x] for x in node.inputs]), np.complex128)
            except (TypeError, ValueError, ArithmeticError, Warning):
                return None
            if not np.allclose(value[node].real, whole[node], rtol=1e-6, atol=1e-12):
                return None
    return value[order[-1]]


def condition(root: Node, leaves: Sequence[Node], seed: Any = 1.0) -> list[Any]:
    """Return for each leaf what rounding scales with: the sum over the paths of the product of the partials.

    A partial below 1 counts as 1: of 1 − f², say, the error is that of a number near 1. `seed`, of
    the shape of the root, says how much each of its numbers counts.
    """
    sizes: dict[Any, Any] = {root: seed}
    with np.errstate(all="ignore"):
        for node in reversed(topological(root)):
            for i, x in enumerate(node.inputs):
                if x.wants_grad:
                    sizes[x] = sizes.get(x, 0.0) + passed(node, i, sizes[node])
    return [sizes.get(leaf, 0.0) for leaf in leaves]


def passed(node: Any, i: int, size: Any) -> Any:
    """Return what rounding of input i scales with, given what that of the node does."""
    if not isinstance(node, Tensor):
        return size * max(abs(node.partials[i]), 1.0)
    op, f, xs = node.op, node.numpy(), [x.numpy() for x in node.inputs]
    if isinstance(op, ArrayOp):
        return spread_of(op, i, size, f, xs)
    partial = np.maximum(np.abs(op.partials[i](f, *xs)), 1.0)
    return sum_to(weigh(size, partial), shape=xs[i].shape)


def spread_of(op: ArrayOp, i: int, size: Any, f: Any, xs: Sequence[Any]) -> Any:
    """Pull errors of that size, whose signs are drawn, back to argument i; the largest of a few.

    Errors are as likely to add as to cancel. They are at least those of the largest that comes back.
    """
    signs = np.random.default_rng(0).choice((-1.0, 1.0), (4, *f.shape))
    pulls = [np.abs(op.pullback(i, size * sign, f, *xs)) for sign in (1.0, *signs)]
    least = np.full(xs[i].shape, np.max(size, initial=0.0))
    fitting = [pull for pull in pulls if pull.shape == least.shape]
    return np.fmax.reduce([least, *fitting])  # type: ignore[call-overload, unused-ignore]
