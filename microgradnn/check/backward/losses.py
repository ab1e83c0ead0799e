"""Costs that a backward pass may start from when nobody wrote one down: tried until one fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...engine.tensor import Array

Loss = Callable[[Any], Any]  # of what forward returned, to a number


def usual_losses(out: Array, labels: Array) -> Iterator[tuple[str, Loss]]:
    """Yield the usual costs of an output with these labels, each with its formula.

    `out` is (n, m) or (m, n); labels are of its shape, or integers, one for each example.
    """
    same = labels.size == out.size
    y = labels.reshape(out.shape) if same else one_hot(out, labels)
    if y is None:
        return
    m_last, m_first = out.shape[-1] if out.ndim else 1, out.shape[0] if out.ndim else 1
    sizes = {"1/m ": m_last, "1/m": m_first, "": 1} if out.ndim > 1 else {"1/m": m_first, "": 1}
    counts = {name.strip(): n for name, n in sizes.items()} | dict(sizes)
    if same:
        yield from squares(out, y)
    for n in dict.fromkeys([m_last, 1, m_first, out.size, *counts.values()]):
        factor = "" if n == 1 else f"1/{n} "
        if np.all((out > 0) & (out < 1)):
            yield (
                f"−{factor}Σ y log ŷ + (1 − y) log(1 − ŷ)",
                scale_loss(lambda a: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)), 1 / n),
            )
            yield f"−{factor}Σ y log ŷ", scale_loss(lambda a: -np.sum(y * np.log(a)), 1 / n)
        yield (
            f"{factor}softmax cross entropy of the scores, along the last axis",
            scale_loss(lambda a: entropy(a, y, -1), 1 / n),
        )
        if out.ndim > 1:
            yield (
                f"{factor}softmax cross entropy of the scores, along the first axis",
                scale_loss(lambda a: entropy(a, y, 0), 1 / n),
            )
        yield f"{factor}logistic loss of the scores", scale_loss(lambda a: np.sum(np.log(1 + np.exp(a)) - y * a), 1 / n)
    if not same:
        yield from squares(out, y)


def squares(out: Array, y: Array) -> Iterator[tuple[str, Loss]]:
    """Yield the sums and means of squares, with their ½ and 1/m."""

    def loss(a: Any) -> Any:
        return np.sum((a - y) ** 2)

    counts = [1, out.shape[-1], out.shape[0]] if out.ndim else [1]
    for half, text in ((0.5, "½ "), (1.0, "")):
        for n in dict.fromkeys(counts):
            yield f"{text}{'' if n == 1 else '1/m '}Σ(ŷ − y)²", scale_loss(loss, half / n)
    yield "mean of (ŷ − y)²", scale_loss(loss, 1 / out.size)
    yield "½ mean of (ŷ − y)²", scale_loss(loss, 0.5 / out.size)


def scale_loss(loss: Loss, factor: float) -> Loss:
    """Return a loss times a number."""
    return lambda out: factor * loss(out)


def entropy(scores: Any, y: Array, axis: int) -> Any:
    """Return the sum of −Σ y log softmax(scores)."""
    shifted = scores - np.max(scores.real, axis=axis, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
    return -np.sum(y * logs)


def one_hot(out: Array, labels: Array) -> Array | None:
    """Return integer labels as ones in the place of their class, along the axis that is not the examples'."""
    flat = labels.ravel()
    if out.ndim != 2 or not np.issubdtype(labels.dtype, np.integer) or flat.size not in out.shape:
        return None
    rows = out.shape[0] == flat.size
    classes = out.shape[1] if rows else out.shape[0]
    if flat.min(initial=0) < 0 or flat.max(initial=0) >= classes:
        return None
    ones = np.eye(classes)[flat]
    return ones if rows else ones.T
