"""What goes wrong in training before it begins, read off arrays: examples, labels, weights, activations, gradients.

Each function returns findings: what is seen, with its numbers, and what to do. Examples are columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from ..engine.tensor import Array

SPREAD = 100.0  # features whose scales differ by more than that make a long narrow valley of the cost
FLAT = 0.05  # a unit whose slope is below that share of its largest one hardly learns
MANY = 0.5  # the share of units or examples from which on it is a finding
FADED = 1e-3  # of the gradient's typical entry, between two layers
RARE = 0.05  # the share of a class below which accuracy says little


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `ok`, what was seen, and what to do about it ('' where nothing is)."""

    what: str
    ok: bool
    seen: str
    advice: str = ""

    def __str__(self) -> str:
        mark = "ok     " if self.ok else "LOOK AT"
        return f"{mark}  {self.what}: {self.seen}" + (f". {self.advice}" if self.advice else "")


def name_some(names: Sequence[object]) -> str:
    """Return 'a, b, c and 4 more'."""
    shown = ", ".join(map(str, names[:3]))
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def look_at_inputs(x: Array) -> list[Finding]:
    """Look at X, (n_x, m): finite numbers, features of one scale, none constant."""
    bad = np.argwhere(~np.isfinite(x))
    if len(bad):
        i, j = bad[0]
        seen = f"{len(bad):,} numbers are not finite, the first is X[{i}, {j}] = {x[i, j]}"
        return [Finding("inputs", False, seen, "Fill or leave out those examples: one NaN makes every gradient NaN")]
    scale = x.std(axis=1)
    constant, moving = np.flatnonzero(scale == 0), scale[scale > 0]
    findings = []
    if len(constant) and x.shape[1] > 1:
        seen = (
            f"feature {name_some([int(i) + 1 for i in constant])} of {len(x)} is the same in all {x.shape[1]} examples"
        )
        findings.append(Finding("inputs", False, seen, "It teaches nothing that the bias does not: leave it out"))
    most = float(np.abs(x).max(initial=0.0))
    offset = float((np.abs(x.mean(axis=1)) / np.where(scale > 0, scale, np.inf)).max(initial=0.0))
    if len(moving) and (moving.max() > SPREAD * moving.min() or most > SPREAD or offset > 10):
        seen = f"standard deviations from {moving.min():.3g} to {moving.max():.3g}, the largest entry {most:.3g}"
        advice = "Standardise: X = (X − mean) / std, with the numbers of the training set (microgradnn.data.Scaling)"
        findings.append(Finding("inputs", False, seen, advice))
    if not findings:
        low, high = (moving.min(), moving.max()) if len(moving) else (0.0, 0.0)
        findings = [Finding("inputs", True, f"{x.shape[0]} features of standard deviation {low:.3g} to {high:.3g}")]
    return findings


def look_at_labels(y: Array, output: str) -> list[Finding]:
    """Look at Y, (n, m), under an output 'sigmoid', 'softmax' or another: its range, and its classes."""
    if not np.isfinite(y).all():
        return [
            Finding("labels", False, f"{int((~np.isfinite(y)).sum()):,} labels are not finite", "Fill or drop them")
        ]
    if output not in ("sigmoid", "softmax"):
        if y.shape[1] > 1 and (y == y[:, :1]).all():
            return [
                Finding("labels", False, "they are the same in all examples", "There is nothing to learn from them")
            ]
        scale = f"mean {y.mean():.3g}, standard deviation {y.std():.3g}"
        if np.abs(y).max(initial=0.0) > SPREAD:
            return [
                Finding("labels", False, scale, "Scale them as the inputs: the first gradients are as large as they")
            ]
        return [Finding("labels", True, scale)]
    if y.min(initial=0.0) < 0 or y.max(initial=0.0) > 1:
        seen = (
            f"they go from {y.min():.3g} to {y.max():.3g} under a {output} output, which gives numbers between 0 and 1"
        )
        return [Finding("labels", False, seen, "Make them 0 and 1: data.class_labels, data.one_hot")]
    if output == "softmax" and y.shape[0] > 1 and not np.allclose(y.sum(axis=0), 1):
        seen = f"columns of Y sum to {y.sum(axis=0).min():.3g} … {y.sum(axis=0).max():.3g}"
        return [Finding("labels", False, seen, "A column is 1 at the class and 0 elsewhere: data.one_hot")]
    shares = y.mean(axis=1) if y.shape[0] > 1 else np.array([1 - y.mean(), y.mean()])
    missing = [int(k) for k in np.flatnonzero(shares == 0)]
    if missing:
        seen = f"no example of class {name_some(missing)} among {y.shape[1]}"
        return [
            Finding("labels", False, seen, "The network learns to say the others, whatever the input: shuffle, or add")
        ]
    if shares.min() < RARE:
        seen = f"class {int(shares.argmin())} is {shares.min():.1%} of the examples"
        return [
            Finding(
                "labels", False, seen, f"Saying the commonest always is {shares.max():.1%} right: compare with that"
            )
        ]
    return [Finding("labels", True, f"{len(shares)} classes, the rarest {shares.min():.1%} of {y.shape[1]} examples")]


def look_at_start(cost: float, output: str, classes: int) -> Finding:
    """Compare the first cost with that of a guess: log 2 for a sigmoid output, log n for a softmax."""
    guess = log(2) * classes if output == "sigmoid" else log(classes)
    seen = f"J = {cost:.4g}; a guess that knows nothing has {guess:.4g}"
    if cost > 3 * guess:
        return Finding("first cost", False, seen, "It starts sure and wrong: smaller first weights, or scaled inputs")
    return Finding("first cost", True, seen)


def look_at_units(number: int, activation: str, a: Array) -> list[Finding]:
    """Look at the activations of layer `number`, (n, m): dead ReLUs, saturated tanh and sigmoid units."""
    what = f"layer {number}, {activation}"
    n = len(a)
    if activation == "relu":
        dead = np.flatnonzero((a <= 0).all(axis=1))
        if len(dead):
            seen = f"{len(dead)} of {n} units are 0 for every example: {name_some([int(i) + 1 for i in dead])}"
            return [
                Finding(
                    what,
                    False,
                    seen,
                    "They get no gradient and stay so: other first weights, a smaller rate, leaky_relu",
                )
            ]
        return [Finding(what, True, f"every unit is positive for some example, {(a > 0).mean():.0%} of all")]
    if activation not in ("tanh", "sigmoid"):
        return []
    slope = 1 - a * a if activation == "tanh" else 4 * a * (1 - a)  # as shares of the largest one
    flat = (slope < FLAT).mean(axis=1) > MANY
    if flat.any():
        seen = f"{int(flat.sum())} of {n} units are saturated in most examples, slope below {FLAT:.0%} of the most"
        return [
            Finding(what, False, seen, "They hardly learn: smaller first weights (init='xavier'), or scaled inputs")
        ]
    return [Finding(what, True, f"slopes are {slope.mean():.0%} of the largest on average")]


def look_at_symmetry(name: str, w: Array, b: Array, dw: Array) -> Finding | None:
    """Look for units of a layer, rows of W, (n, n_prev), that start equal and get the same gradient (notes, I1)."""
    if len(w) < 2 or w.size == len(w):  # units of one input may well be equal
        return None
    moving = np.any(dw.reshape(len(w), -1), axis=1)  # a dead unit is another matter
    rows = np.column_stack([w, b.reshape(len(w), -1), dw])[moving if np.any(moving) else slice(None)]
    same = [len(group) for group in _groups(rows) if len(group) > 1]
    if not same:
        return None
    seen = f"{max(same)} of {len(w)} units start with equal weights and get equal gradients"
    return Finding(f"{name}, symmetry", False, seen, "They stay equal for ever: draw the weights (init='he', 'xavier')")


def look_at_still_units(name: str, dw: Array) -> Finding | None:
    """Look for units of a layer, rows of W, (n, n_prev), that get no gradient where others do: dead ReLUs."""
    still = np.flatnonzero(~np.any(dw, axis=1))
    if not len(still) or len(still) == len(dw):
        return None
    seen = f"{len(still)} of {len(dw)} units get no gradient: {name_some([int(i) + 1 for i in still])}"
    advice = "Dead ReLUs? Scale the inputs, draw smaller weights, take a smaller rate, or leaky_relu"
    return Finding(f"{name}, dead units", False, seen, advice)


def _groups(rows: Array) -> list[list[int]]:
    """Return the numbers of the rows, those that are equal together."""
    found: dict[bytes, list[int]] = {}
    for i, row in enumerate(rows + 0.0):  # −0 is 0
        found.setdefault(row.tobytes(), []).append(i)
    return list(found.values())


def look_at_gradients(gradients: Mapping[str, Any]) -> list[Finding]:
    """Look at dJ/dθ of each parameter: finite, not all zero, and of one size from layer to layer."""
    findings = []
    for name, g in gradients.items():
        if g is None or not np.any(g):
            seen = f"{name} gets no gradient at all"
            findings.append(
                Finding("gradients", False, seen, "It is not in the cost, or all that it feeds is dead or cut off")
            )
        elif not np.isfinite(g).all():
            findings.append(Finding("gradients", False, f"that of {name} is not finite", "See detect_anomaly()"))
    if findings:
        return findings
    sizes = {name: float(np.sqrt(np.mean(np.square(g)))) for name, g in gradients.items()}
    weights = [name for name, g in gradients.items() if np.ndim(g) == 2 and np.shape(g)[1] > 1]
    names = weights or list(sizes)
    first, last = sizes[names[0]], sizes[names[-1]]
    seen = f"typical entry {first:.2g} in {names[0]}, {last:.2g} in {names[-1]}"
    if first < FADED * last:
        advice = "It vanishes on the way back: relu for sigmoid or tanh, init='he', fewer layers"
        return [Finding("gradients", False, seen, advice)]
    if last < FADED * first:
        return [Finding("gradients", False, seen, "It explodes on the way back: smaller first weights")]
    return [Finding("gradients", True, seen)]


def look_at_descent(predicted: float, measured: float, noise: float, m: int | None = None) -> Finding:
    """Compare what a tiny step lowered the cost by with α‖g‖², which the gradient promises; of m examples, if known."""
    what = "a tiny step"
    seen = f"lowers J by {measured:.3g}; the gradient says {predicted:.3g}"
    if abs(predicted) <= 100 * noise and abs(measured) <= 100 * noise:
        return Finding(what, True, f"{seen}; how far they differ cannot be told: J is bent, or rounded, too much here")
    if measured == 0:
        advice = (
            "J stands still: it is saturated (log of a number that is cut off?), or the gradient is of something else"
        )
        return Finding(what, False, seen, advice)
    if measured <= 0:
        return Finding(what, False, seen, "The step goes uphill or nowhere: a sign, or a gradient of something else")
    if abs(measured - predicted) <= 0.05 * abs(predicted) + 10 * noise:
        return Finding(what, True, seen)
    factor = predicted / measured
    if m and m > 1 and abs(factor / m - 1) < 0.05:
        return Finding(what, False, seen, f"The gradient is m = {m} times too long: 1/m is missing, or it is a sum's")
    advice = f"The gradient is {factor:.3g} times too long: every term, every 1/m, and the step's own rate?"
    return Finding(what, False, seen, advice)


def look_at_rate(rate: float, curvature: float, where: str) -> Finding:
    """Compare a learning rate with 2 / curvature, beyond which a step of descent overshoots and grows."""
    if not curvature > 0:
        return Finding(
            "learning rate", True, f"{rate:.3g}; the cost is not curved upwards {where}, which sets no limit"
        )
    limit = 2 / curvature
    seen = f"{rate:.3g}; the curvature {where} is {curvature:.3g}, which allows less than {limit:.3g}"
    if rate > limit:
        return Finding("learning rate", False, seen, f"The cost will grow: try {limit / 4:.1g}")
    if rate < limit / 1000:
        return Finding("learning rate", False, seen, f"It will take for ever: try {limit / 4:.1g}")
    return Finding("learning rate", True, seen)
