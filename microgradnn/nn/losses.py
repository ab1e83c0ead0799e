"""How wrong an output is: the loss of each example, and the cost, their mean (course notes, B5, B7, C1).

Outputs and labels are (n, m), a column for each example; a loss is (1, m), summed over the n units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from ..engine.tensor import Array, Tensor
from ..errors import ShapeError
from ..graph import Node
from ..rules import arrays, calculus

Loss = Callable[[Any, Any], Any]


def check_labels(a: Any, y: Any) -> None:
    """Raise ShapeError unless there is a label for each output: (m, 1) beside (1, m) would become (m, m)."""
    given = np.shape(y._held() if isinstance(y, Node) else y)
    if given and given != a.shape:
        fix = "; give the transpose" if given == a.shape[::-1] else ""
        fix = "; write y.reshape(1, -1)" if given == a.shape[1:] else fix
        raise ShapeError(f"the labels have shape {given} and the outputs {a.shape}, a column an example{fix}")


def check_shares(labels: Any) -> None:
    """Raise ValueError for a label below 0 or above 1, which no cross entropy and no margin is made for."""
    y = np.atleast_2d(labels._held() if isinstance(labels, Node) else labels)
    wrong = np.argwhere(~((y >= 0) & (y <= 1)))
    if wrong.size:
        i, j = map(int, wrong[0])
        fix = "; write (Y + 1) / 2 for labels of -1 and 1" if set(np.unique(y)) <= {-1.0, 1.0} else ""
        raise ValueError(f"a label of this loss is from 0 to 1; got {y[i, j]:g} at Y[{i}, {j}]{fix}")


def per_example(losses: Any) -> Any:
    """Sum the losses of the units of each example: (n, m) becomes (1, m)."""
    return losses if losses.shape[0] == 1 else arrays.sum(losses, axis=0, keepdims=True)


def squared_error(a: Any, y: Any) -> Any:
    """½ Σ (a − y)², (1, m); the ½ cancels the 2 of the derivative (notes, C1)."""
    check_labels(a, y)
    return per_example(calculus.squared_error(a, y))


def cross_entropy(a: Any, y: Any) -> Any:
    """−(y log a + (1 − y) log(1 − a)), (1, m), of probabilities a; infinite where a is 0 or 1 and wrong (notes, B5)."""
    check_labels(a, y)
    check_shares(y)
    return per_example(calculus.cross_entropy(a, y))


def cross_entropy_logits(z: Any, y: Any) -> Any:
    """The cross entropy of σ(z), (1, m), from z itself: nothing overflows, and dz is a − y exactly (notes, B11)."""
    check_labels(z, y)
    check_shares(y)
    return per_example(calculus.cross_entropy_logits(z, y))


def softmax_cross_entropy(z: Any, y: Any) -> Any:
    """−Σ y log softmax(z), (1, m), for one class out of n: a column of y is 1 at the class and 0 elsewhere."""
    check_labels(z, y)
    check_shares(y)
    return -arrays.sum(y * arrays.log_softmax(z, axis=0), axis=0, keepdims=True)


def max_margin(z: Any, y: Any) -> Any:
    """max(0, 1 − z t) with t = 2y − 1, so −1 or 1, (1, m): the hinge loss of micrograd's demo."""
    check_labels(z, y)
    check_shares(y)
    return per_example(calculus.relu(1 - z * (2 * y - 1)))


def class_weights(output: str, y: Array, given: str | Sequence[float]) -> list[float]:
    """Return the weight of each class; ValueError where there are no classes, or not as many numbers as classes."""
    outputs = len(y)
    if not (output == "softmax" or (output == "sigmoid" and outputs == 1)):
        raise ValueError(f"class_weight is for classes, and the output is {outputs} {output}")
    k = 2 if outputs == 1 else outputs
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(f"class_weight is 'balanced', or a number for each class; got {given!r}")
        ones = y.sum(axis=1, dtype=float)
        counts = np.array([y.shape[1] - ones[0], ones[0]]) if outputs == 1 else ones
        if (counts <= 0).any():
            raise ValueError(f"class {int(np.argmin(counts))} has no example, so that nothing balances it")
        return [float(w) for w in y.shape[1] / (k * counts)]
    try:
        weights = [float(w) for w in given]
    except (TypeError, ValueError):
        weights = []
    if isinstance(given, Mapping) or len(weights) != k or not all(isfinite(w) and w >= 0 for w in weights):
        raise ValueError(
            f"class_weight is 'balanced', or {k} numbers that are not negative, in the order of the classes; "
            f"got {given!r:.80}"
        )
    if not any(weights):
        raise ValueError("one of the class weights at least is more than 0")
    return weights


def weigh(losses: Any, y: Any, class_weight: Sequence[float]) -> Any:
    """Return the losses, (1, m), each times the weight of the class that its column of y has a 1 for."""
    if y.shape[0] == 1:
        first, second = class_weight
        return losses * (first + (second - first) * y)
    return losses * (Tensor([list(class_weight)], kind="constant", dtype=y.dtype) @ y)


def cost(losses: Any) -> Any:
    """J, the mean of the losses of the m examples (notes, B7)."""
    return arrays.mean(losses)


LOSSES: dict[str, Loss] = {
    "cross_entropy": cross_entropy,
    "cross_entropy_logits": cross_entropy_logits,
    "max_margin": max_margin,
    "softmax_cross_entropy": softmax_cross_entropy,
    "squared_error": squared_error,
}
OF_LOGITS = ("cross_entropy_logits", "max_margin", "softmax_cross_entropy")  # take Z, the others A
USUAL = {"sigmoid": "cross_entropy_logits", "softmax": "softmax_cross_entropy"}  # else squared_error


def loss_of(name: str | None, output: str) -> tuple[Loss, bool]:
    """Return a loss by its name, or the usual one for that output, and whether it takes Z instead of A.

    With sigmoid outputs, `cross_entropy` is computed from the logits too: it is the same number,
    and does not overflow.
    """
    if name is None:
        name = USUAL.get(output, "squared_error")
    if name == "cross_entropy" and output in USUAL:
        name = USUAL[output]
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r} (choose from {', '.join(LOSSES)})")
    return LOSSES[name], name in OF_LOGITS
