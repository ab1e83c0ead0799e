"""A recorded graph, run again: at other numbers, in complex numbers, and for what rounding scales with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..graph import Node, topological
from ..rules.arrays import ArrayOp, sum_to
from ..rules.calculus import weigh
from ..rules.numerics import COMPLEX

FAINT = 1e-150  # of slopes
STEP = 1e-100  # of the complex step: nothing is subtracted, so it can be as small as one likes
KINKED = ("max", "min")  # rows of the second table whose slope jumps where two entries change places

Tangent = Callable[[Any, Sequence[Any]], Any]


def array_of(node: Any) -> Any:
    """Return what a node holds as an array, of a Value one of shape ()."""
    return node.numpy() if isinstance(node, Tensor) else np.asarray(node.item())


def apply(op: Any, xs: Sequence[Any]) -> Any:
    """Return a row of either table at arrays."""
    if op.name in COMPLEX and any(np.iscomplexobj(x) for x in xs):
        return COMPLEX[op.name](*xs)
    return op.of(*xs) if isinstance(op, ArrayOp) else op.of_arrays(*xs)


def replay(order: Sequence[Node], moved: dict[Node, Any]) -> Any:
    """Return the last of `order` when leaves have moved; all that the graph does not know of stays as it was."""
    value: dict[Node, Any] = dict(moved)
    with np.errstate(all="ignore"):
        for node in order:
            if node.op is None:
                value.setdefault(node, array_of(node))
            else:
                value[node] = np.asarray(apply(node.op, [value[x] for x in node.inputs]))
    return value[order[-1]]


def complex_step(root: Node, leaves: Sequence[Node], tangent: Tangent | None = None) -> list[Any] | None:
    """Return d(root)/d(leaf) for each leaf, or None where an operation is not analytic.

    f(x + ih) = f(x) + ih f′(x) + O(h²): the imaginary part is the derivative, to the last digit
    (W. Squire and G. Trapp, SIAM Review 40, 1998). The rows' array functions take complex numbers.
    Of Tensors a derivative has the shape of the root and then that of the leaf; for each number of
    a leaf the graph is run once. `tangent` as for `carry`.
    """
    order = topological(root)
    whole = {node: array_of(node) for node in order}
    slopes = []
    for leaf in leaves:
        at = array_of(leaf)
        columns = np.zeros((whole[root].size, at.size))
        for k in range(at.size):
            along = np.zeros(at.shape)
            along.reshape(-1)[k] = 1.0
            found = carry(order, whole, {leaf: along}, tangent)
            if found is None:
                return None
            columns[:, k] = found.reshape(-1)
        slopes.append(columns.reshape(whole[root].shape + at.shape)[()])
    return slopes


def carry(
    order: Sequence[Node], whole: dict[Node, Any], along: dict[Node, Any], tangent: Tangent | None = None
) -> Any | None:
    """Return how the last of `order` moves when leaves move along a direction, by the complex step.

    Only imaginary parts are handed on, so that every operation is at the numbers that were recorded. Where one is not
    analytic, `tangent(node, tangents of its inputs)` says how it moves; without that the answer is None.
    """
    moves: dict[Node, Any] = dict(along)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for node in order:
            if node.op is None or not any(x in moves for x in node.inputs):
                continue
            inward = [moves.get(x) for x in node.inputs]
            moved = analytic(node.op, whole[node], [whole[x] for x in node.inputs], inward)
            if moved is None and tangent is not None:
                moved = tangent(node, inward)
            if moved is None:
                return None
            moves[node] = moved
    return moves.get(order[-1], np.zeros(whole[order[-1]].shape))


def analytic(op: Any, f: Any, xs: Sequence[Any], moves: Sequence[Any | None]) -> Any | None:
    """Return how op(xs) moves when its arguments do, by the complex step; None where it is not analytic."""
    if op.kink is not None and (op.name not in COMPLEX or not np.all(op.kink(*xs))):
        return None
    if op.name in KINKED and is_tied(op, f, xs[0]):
        return None
    sizes = [float(np.max(np.abs(one), initial=0.0)) for one in moves if one is not None]
    least = min((float(np.min(np.abs(x[x != 0]), initial=1.0)) for x in xs), default=1.0)
    h = STEP if least > 1e-80 else max(least * 1e-20, 1e-300)
    h /= max((size for size in sizes if 0 < size < np.inf), default=1.0)

    def inward(h: float) -> Any:
        return np.asarray(apply(op, [x if u is None else x + 1j * (h * u) for x, u in zip(xs, moves, strict=True)]))

    try:
        found = inward(h)
    except (TypeError, ValueError, ArithmeticError, Warning):
        return None
    if found.dtype.kind != "c":
        return None
    slack = 1e-6 * np.abs(f) + 1e-12 * max([float(np.max(np.abs(x[np.isfinite(x)]), initial=0.0)) for x in xs])
    same = (np.abs(found.real - f) <= slack) | (found.real == f) | (np.isnan(found.real) & np.isnan(f))
    fits = np.abs(found.imag) <= 1e-20 * np.maximum(np.abs(f), 1e-70)  # (−2)^(2 + ih) has more: it is no real function
    if not (same & (fits | (found.imag == 0))).all():
        return None
    moved = found.imag / h
    faint = (moved != 0) & (np.abs(moved) < FAINT)
    if np.any(faint) or any(np.any(x == 0) for x in xs):
        other = inward(h / 4).imag / (h / 4)
        third = faint & (np.abs(other) < np.abs(moved) / 2)  # of order h²: f‴ is seen, where f′ is 0
        if not np.all(third | (np.abs(other - moved) <= 1e-6 * np.abs(moved))):  # as of 0⁰: the slope is infinite
            return None
        moved = np.where(third, 0.0, moved)
    return moved


def is_tied(op: Any, f: Any, x: Any) -> bool:
    """Whether an extreme is reached twice."""
    axis = op.parameters.get("axis")
    whole = f if op.parameters.get("keepdims") or axis is None else np.expand_dims(f, axis)
    return bool(np.any(np.sum(x == whole, axis=axis) > 1))


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
                    sizes[x] = sizes.get(x, 0.0) + rounding_scale(node, i, sizes[node])
    return [sizes.get(leaf, 0.0) for leaf in leaves]


def rounding_scale(node: Any, i: int, size: Any) -> Any:
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
