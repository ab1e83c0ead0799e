"""How good a network is on examples: accuracy, log loss, confusion matrix and AUC of classes; RMSE and R² of numbers.

Definitions: T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning", 2nd ed., 2009, chapter 7;
J. Hanley, B. McNeil, "The meaning and use of the area under a receiver operating characteristic", Radiology 143, 1982.
"""

# ruff: noqa: N803 (X and Y are the notes' names)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from ..engine.tensor import Array
from ..rules.notation import visible


@dataclass(frozen=True, repr=False, eq=False)
class Evaluation:
    """What was measured on some examples; None where there is no such thing.

    Of classes: `accuracy`, the share of examples of which every label is right; `log_loss`, the mean of −log of the
    probability of the right class; `confusion_matrix`, (k, k), how many examples of the class of a row were taken for
    the class of a column; `auc`, how often an example of a class has more of its probability than one of another
    class, of more than two classes the mean over the classes. Of numbers: `rmse`, the root of the mean squared
    error, in the units of Y, and `r2`, 1 − Σ(y − a)² / Σ(y − mean)². `auc` and `r2` are NaN where all labels are equal.
    """

    examples: int
    classes: list[str] = field(default_factory=list)
    accuracy: float | None = None
    log_loss: float | None = None
    auc: float | None = None
    confusion_matrix: Array | None = None
    rmse: float | None = None
    r2: float | None = None

    def rows(self) -> list[tuple[str, str]]:
        """Return the names and the numbers, as they are shown."""
        shown = (("accuracy", self.accuracy), ("log loss", self.log_loss), ("AUC", self.auc),
                 ("RMSE", self.rmse), ("R²", self.r2))  # fmt: skip
        return [
            (name, f"{100 * x:.2f} %" if name == "accuracy" else "all labels are the same" if x != x else f"{x:.6g}")
            for name, x in shown
            if x is not None
        ]

    def __repr__(self) -> str:
        lines = [f"{self.examples} example{'s' * (self.examples != 1)}"]
        lines += [f"{name:<9} {text}" for name, text in self.rows()]
        if self.confusion_matrix is not None:
            names = [visible(name) for name in self.classes]
            table = [["", *names], *([a, *map(str, row)] for a, row in zip(names, self.confusion_matrix, strict=True))]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            lines.append("confusion matrix: a row for each class, a column for what it was taken for")
            for row in table:
                first, *others = (f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True))
                lines.append("  ".join([f"{first.strip():<{widths[0]}}", *others]).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def measure(output: str, Z: Array, A: Array, Y: Array, classes: Sequence[str] = ()) -> Evaluation:
    """Return how good A, (n_L, m), made by the activation `output` of Z, is beside the labels Y."""
    m = Y.shape[1]
    if output not in ("sigmoid", "softmax"):
        return Evaluation(m, rmse=rmse(Y, A), r2=r2(Y, A))
    scores = log_softmax(Z) if output == "softmax" else Z
    losses = -(Y * scores).sum(axis=0) if output == "softmax" else (np.logaddexp(0, Z) - Y * Z).mean(axis=0)
    one = len(Y) == 1
    given, found = (Y[0], A[0] > 0.5) if one else (Y.argmax(axis=0), A.argmax(axis=0))
    several = output == "sigmoid" and not one  # labels beside one another, none of them a class
    right = ((A > 0.5) == Y).all(axis=0) if several else given == found
    names = list(classes) or [str(k) for k in range(2 if one else len(Y))]
    return Evaluation(
        m,
        [] if several else names,
        accuracy=float(right.mean()),
        log_loss=float(losses.mean()),
        auc=float(np.mean([auc(y, z) for y, z in zip(Y, scores, strict=True)])),
        confusion_matrix=None if several else confusion_matrix(given, found, len(names)),
    )


def log_softmax(Z: Array) -> Array:
    """Return the logarithms of the probabilities, (k, m), of logits, without overflow."""
    shifted = Z - Z.max(axis=0, keepdims=True)
    probabilities: Array = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))
    return probabilities


def confusion_matrix(given: Array, found: Array, k: int) -> Array:
    """Return how many of the m examples of class i were taken for class j, (k, k)."""
    counts = np.bincount(given.astype(int) * k + found.astype(int), minlength=k * k)
    return counts.reshape(k, k)


def auc(y: Array, scores: Array) -> float:
    """Return the share of pairs of a 1 and a 0 in which the 1 has the higher score, ties by half; NaN without pairs."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse.reshape(-1)]  # the mean of those that are tied
    ones = int(y.sum())
    zeros = y.size - ones
    return float((ranks[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)) if ones and zeros else float("nan")


def rmse(Y: Array, A: Array) -> float:
    """Return the root of the mean of (y − a)² over all outputs and examples."""
    return float(np.sqrt(np.mean((Y - A) ** 2)))


def r2(Y: Array, A: Array) -> float:
    """Return 1 − Σ(y − a)² / Σ(y − mean)², of several outputs their mean; NaN where the labels of one are the same."""
    spread = ((Y - Y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    if (Y.min(axis=1) == Y.max(axis=1)).any():
        return float("nan")
    return float(np.mean(1 - ((Y - A) ** 2).sum(axis=1) / spread))
