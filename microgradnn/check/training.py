"""Before an hour is lost: will this training learn at all? Examples, labels, units, gradients, the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.modes import record_for_itself
from ..engine.tensor import Array, Tensor
from ..engine.value import Value
from ..graph import topological
from ..graph.paths import back
from . import symptoms
from .markup import save_report, sections, verdict, wrap
from .symptoms import Finding

MOST = 1000  # examples that are looked at: the first ones
ROUNDS = 12  # of power iteration, for the largest curvature


@dataclass(frozen=True)
class TrainingReport:
    """What `check_training` found; true if there is nothing to look at."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found that stands in the way."""
        return all(finding.ok for finding in self.findings)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (
                verdict(one.ok, "ok", "LOOK AT"),
                f"<b>{escape(one.what)}</b>: {escape(one.seen)}"
                + (f"<p><em>{escape(one.advice)}</em></p>" if one.advice else ""),
            )
            for one in self.findings
        ]
        count = sum(not one.ok for one in self.findings)
        told = f"{count} of {len(rows)} to look at" if count else "Nothing that stands in the way of training"
        return wrap(f"<p><b>{told}</b></p>{sections(rows)}")

    def save(self, path: str | Path) -> Path:
        """Write the report to a file, as a page or as text by its ending, and return the path.

        Raises ValueError for an ending that is neither html nor txt, OSError where it cannot be written.
        """
        return save_report(path, "Will this training learn?", self._repr_html_(), str(self))


SHARES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)  # of a step: one that is far too long is looked at where it begins


@record_for_itself
def check_training(
    model: Any,
    X: Any = None,  # noqa: N803
    Y: Any = None,  # noqa: N803
    *,
    parameters: Any = None,
    rate: float | None = None,
) -> TrainingReport:
    """Look at all that commonly keeps a network from learning, before it is trained; nothing is changed.

    `model` is an `nn.Network`, with X (n_x, m) and Y (n_L, m), of which the first 1,000 examples are used. Or it is a
    step function of your own, which takes no arguments, changes `parameters` (a dict or list of arrays, or of Tensors
    or Values) by one step of gradient descent, and returns the cost before the step as a number; X and Y are looked at
    if they are given. All that is changed is put back. `rate` is the learning rate; without it, for a network, `fit`'s.

    Looks for inputs and labels that are not finite, not scaled, constant, or of one class; a first cost far above a
    guess; dead ReLUs and saturated units; equal units (notes, I1); parameters without gradient, gradients that vanish
    or explode; a tiny step that does not lower the cost by α‖g‖²; a rate beyond 2 / the largest curvature.
    Raises TypeError where `model` is neither, or parameters are missing.

    >>> from microgradnn.data import gate
    >>> from microgradnn.nn import Network
    >>> examples = gate("xor")
    >>> print(check_training(Network([2, 3, 1], seed=0, hidden="tanh"), examples.X, examples.Y))
    ok       inputs: 2 features of standard deviation 0.5 to 0.5
    ok       labels: 2 classes, the rarest 50.0% of 4 examples
    ok       first cost: J = 0.7024; a guess that knows nothing has 0.6931
    ok       layer 1, tanh: slopes are 95% of the largest on average
    ok       gradients: typical entry 0.02 in W1, 0.014 in W2
    ok       a tiny step: lowers J by 7.02e-07; the gradient says 7.02e-07
    ok       learning rate: 0.1; the curvature along its steepest direction is 0.61, which allows less than 3.28
    """
    findings: list[Finding] = []
    x, y = (None if one is None else _array(one)[:, :MOST] for one in (X, Y))
    if x is not None:
        findings += symptoms.look_at_inputs(x)
    if all(hasattr(model, name) for name in ("layers", "cost", "activations", "parameters")):
        if x is None or y is None:
            raise TypeError("check_training(network, X, Y): examples and labels are needed, (n_x, m) and (n_L, m)")
        findings += symptoms.look_at_labels(y, model.activations[-1])
        if all(np.isfinite(one).all() for one in (x, y)):
            try:
                findings += _look_at_network(model, x, y, rate)
            except ValueError as error:  # labels that the loss refuses
                findings.append(Finding("first cost", False, str(error)))
        return TrainingReport(tuple(findings))
    if y is not None:
        findings += symptoms.look_at_labels(y, "")
    if not callable(model) or parameters is None:
        raise TypeError(
            "check_training takes an nn.Network with X and Y, or a step function with parameters=[W1, b1, …]; "
            f"got {type(model).__name__}{'' if parameters is not None else ' without parameters'}; "
            "of an nn.MLP, nn.Network.from_scalar makes a Network"
        )
    m = None if x is None else x.shape[1]
    return TrainingReport(tuple(findings + _look_at_step(model, _Parameters(parameters), rate, m)))


def _array(x: Any) -> Array:
    """Return x as an array (n, m) of floats."""
    try:
        numbers = np.asarray(x.numpy() if isinstance(x, Tensor) else x, dtype=float)
    except (TypeError, ValueError):
        what = f"examples and labels are arrays of numbers, (n, m); got {x!r:.60} ({type(x).__name__})"
        raise TypeError(f"{what}: check_training(network, X, Y)") from None
    if numbers.ndim != 2:
        raise ValueError(f"examples are the columns of an array (n, m); got shape {numbers.shape}")
    return numbers


# --- a network ------------------------------------------------------------------------------


def _look_at_network(network: Any, x: Array, y: Array, rate: float | None) -> list[Finding]:
    findings: list[Finding] = []
    J = network.cost(x, y)  # noqa: N806
    cost = float(J.item())
    output = network.activations[-1]
    if output in ("sigmoid", "softmax"):
        findings.append(symptoms.look_at_start(cost, output, len(y)))
    learnt = network.parameters()
    gradients = _gradients(J, learnt, nodes=False)
    a: Any = x
    for layer in network.layers[:-1]:
        a = layer(a)
        findings += symptoms.look_at_units(layer.number, layer.activation, a.numpy())
    for layer, dw in ((layer, gradients[network.parameters().index(layer.W)]) for layer in network.layers[:-1]):
        equal = symptoms.look_at_symmetry(f"layer {layer.number}", layer.W.numpy(), layer.b.numpy(), dw)
        findings += [equal] if equal else []
    findings += symptoms.look_at_gradients({p.name: g for p, g in zip(learnt, gradients, strict=True)})
    if any(not np.isfinite(g).all() for g in gradients) or not any(map(np.any, gradients)):
        return findings
    squared = sum(float(np.sum(g * g)) for g in gradients)
    states = [np.array(p.numpy()) for p in learnt]
    size = 1 + np.sqrt(sum(float(np.sum(state * state)) for state in states))
    tiny = min(1e-6 * max(abs(cost), 1e-12) / squared, 1e-3 * size / np.sqrt(squared))  # small for J and for θ
    costs = []
    try:
        for sign in (1, -1):
            for p, state, g in zip(learnt, states, gradients, strict=True):
                p.data = (state + sign * tiny * g).astype(state.dtype)
            costs.append(float(network.cost(x, y).item()))
    finally:
        for p, state in zip(learnt, states, strict=True):
            p.data = state
    noise = float(np.finfo(learnt[0].dtype).eps) * max(abs(cost), 1e-300)
    findings.append(symptoms.look_at_descent(tiny * squared, (costs[0] - costs[1]) / 2, noise))
    rate = min(0.1, 8 / len(x)) if rate is None else rate  # as `fit`
    findings.append(
        symptoms.look_at_rate(rate, _largest_curvature(network.cost(x, y), learnt), "along its steepest direction")
    )
    return findings


def _gradients(J: Any, learnt: Sequence[Any], *, nodes: bool) -> list[Any]:  # noqa: N803
    """Return dJ/dp of each, as arrays or as nodes, and leave every `grad` as it is."""
    found = back(topological(J), learnt, np.ones(J.shape), on_nodes=nodes)
    return [found.get(p, np.zeros(p.shape)) for p in learnt]


def _largest_curvature(J: Any, learnt: Sequence[Any]) -> float:  # noqa: N803
    """Return the largest eigenvalue of the Hessian, by power iteration: H v is the gradient of g · v."""
    gradients = _gradients(J, learnt, nodes=True)
    directions = [np.asarray(g.numpy() if isinstance(g, Tensor) else g, np.float64) for g in gradients]
    curvature = 0.0
    for _ in range(ROUNDS):
        length = sum(float(np.sum(v * v)) for v in directions) ** 0.5
        if not length > 0:
            return curvature
        directions = [v / length for v in directions]
        parts = [(g * v).sum() for g, v in zip(gradients, directions, strict=True) if isinstance(g, Tensor)]
        if not parts:
            return 0.0
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        moved = _gradients(total, learnt, nodes=False)
        curvature = sum(float(np.sum(h * v)) for h, v in zip(moved, directions, strict=True))
        directions = moved
    return curvature


# --- a step of one's own --------------------------------------------------------------------


class _Parameters:
    """Arrays, Tensors or Values in a dict or a list, read and put back; a dict may be given new arrays by the step."""

    def __init__(self, held: Any) -> None:
        if not isinstance(held, (Mapping, Sequence)) or not len(held):
            raise TypeError(f"parameters are a dict or a list of arrays, Tensors or Values; got {held!r}")
        self.held: Any = held
        self.keys: list[Any] = list(held) if isinstance(held, Mapping) else list(range(len(held)))
        self.names = [
            str(key) if isinstance(held, Mapping) else getattr(held[key], "name", "") or f"parameter {key + 1}"
            for key in self.keys
        ]

    def read(self) -> list[Array]:
        return [
            np.array(p.data if isinstance(p := self.held[key], (Tensor, Value)) else p, np.float64) for key in self.keys
        ]

    def write(self, states: Sequence[Array]) -> None:
        for key, state in zip(self.keys, states, strict=True):
            p = self.held[key]
            if isinstance(p, (Tensor, Value)):
                p.data = state if isinstance(p, Tensor) else float(state)
            elif isinstance(p, np.ndarray):
                p[...] = state
            else:
                self.held[key] = float(state)

    def put_back(self, kept: Sequence[Any], states: Sequence[Array]) -> None:
        """Put the very objects back that were there, with the numbers that they had."""
        if isinstance(self.held, (dict, list)):
            for key, p in zip(self.keys, kept, strict=True):
                self.held[key] = p
        self.write(states)


def _look_at_step(step: Callable[[], Any], parameters: _Parameters, rate: float | None, m: int | None) -> list[Finding]:
    start = parameters.read()
    kept = [parameters.held[key] for key in parameters.keys]

    def cost_at(share: float, moved: Sequence[Array]) -> float:
        parameters.put_back(kept, start)
        parameters.write([s + share * d for s, d in zip(start, moved, strict=True)])
        return _number(step())

    try:
        cost = _number(step())
        moved = [after - before for after, before in zip(parameters.read(), start, strict=True)]
        if not np.isfinite(cost) or not all(np.isfinite(d).all() for d in moved):
            seen = f"the cost is {cost:.4g}" if not np.isfinite(cost) else "parameters are not finite after one step"
            return [Finding("a step", False, seen, "Look at the inputs, at log(0) and at division by 0")]
        findings = _look_for_still_ones(parameters, start, moved, lambda: cost_at(1.0, _nudges(start)))
        again = cost_at(0.0, moved)
        if again != cost:
            seen = f"the cost is {cost:.6g} and then {again:.6g} at the same parameters"
            advice = "Mini-batches or dropout: check with one batch and no dropout; what the step does cannot be told"
            return [*findings, Finding("a step", False, seen, advice)]
        for name, before, d in zip(parameters.names, start, moved, strict=True):
            if before.ndim == 2 and min(before.shape) > 1 and np.any(d):
                found = (
                    symptoms.look_at_still_units(name, d),
                    symptoms.look_at_symmetry(name, before, np.zeros(len(d)), d),
                )
                findings += [one for one in found if one]
        if any(map(np.any, moved)):
            findings += _look_along(cost, lambda share: cost_at(share, moved), moved, rate, m)
        return findings
    finally:
        parameters.put_back(kept, start)


def _nudges(start: Sequence[Array]) -> list[Array]:
    """Return a small random move for each parameter, the same ones each time."""
    rng = np.random.default_rng(0)
    return [1e-3 * (1 + np.abs(s)) * rng.standard_normal(s.shape) for s in start]


def _look_for_still_ones(
    parameters: _Parameters, start: Sequence[Array], moved: Sequence[Array], step_beside: Callable[[], Any]
) -> list[Finding]:
    """Look for parameters that the step does not change: here only, by symmetry, or beside it neither."""
    still = [i for i, d in enumerate(moved) if not np.any(d)]
    if not still:
        return []
    beside = [s + d for s, d in zip(start, _nudges(start), strict=True)]
    step_beside()
    after = parameters.read()
    findings = []
    for i in still:
        seen = f"the step does not change {parameters.names[i]}"
        if np.array_equal(after[i], beside[i]):
            findings.append(Finding("gradients", False, seen, "It is not in the gradient, or not updated"))
        elif start[i].ndim == 2 and min(start[i].shape) > 1:
            findings.append(Finding("gradients", False, f"{seen} here, but beside it", "Draw the first weights"))
    return findings


def _look_along(
    cost: float, cost_at: Callable[[float], float], moved: Sequence[Array], rate: float | None, m: int | None
) -> list[Finding]:
    """Look at J along a step, of which `cost_at(1)` is the end: its slope there, and where it is lowest."""
    along = [(h, cost_at(h), cost_at(-h)) for h in SHARES]
    slope, noise = _settle([((up - down) / (2 * h), np.finfo(float).eps * abs(cost) / h) for h, up, down in along])
    findings = []
    if rate is None:
        advice = "" if slope < 0 else "It goes uphill: a sign?"
        findings.append(Finding("a tiny step", slope < 0, f"J changes by {slope:.3g} times the share of it", advice))
    else:
        squared = sum(float(np.sum(d * d)) for d in moved)
        findings.append(symptoms.look_at_descent(squared / rate, -slope, noise, m))
    h, up, down = along[0]
    bend = (up - 2 * cost + down) / (h * h)
    if slope < 0 and bend > 0:
        best = -slope / bend
        advice = "" if best > 0.5 else f"A step that long raises J: divide the rate by {1 / best:.2g}"
        findings.append(Finding("length of the step", best > 0.5, f"J is lowest at {best:.3g} times this step", advice))
    return findings


def _settle(estimates: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the estimate that agrees best with its neighbour, and the error to be expected of it."""
    best = min(pairwise(estimates), key=lambda pair: abs(pair[0][0] - pair[1][0]))
    return best[1][0], abs(best[0][0] - best[1][0]) + best[1][1]


def _number(cost: Any) -> float:
    """Return the cost that a step returned as a float."""
    with suppress(TypeError, ValueError):
        return float(cost.item() if hasattr(cost, "item") else cost)
    raise TypeError(f"the step function returns the cost before the step, one number; got {cost!r}")
