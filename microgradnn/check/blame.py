"""Which operation is to blame? Each one of a graph is held, alone, against differences of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, isinf, nan
from sys import float_info
from typing import Any, NamedTuple

import numpy as np

from ..engine.pullbacks import pull_back
from ..engine.tensor import Tensor
from ..errors import DomainError
from ..graph import Fold, Node, topological
from ..rules.arrays import ArrayOp
from ..rules.calculus import weigh
from ..rules.notation import definition, labels
from .differences import between, central, sides, steep
from .replay import apply
from .rounding import is_unseen


class Suspect(NamedTuple):
    """An edge whose local derivative is not the slope of its operation."""

    text: str
    recorded: float
    slope: float
    told: str = "recorded"  # where the first number comes from; '' where there are none

    def __str__(self) -> str:
        return (
            f"{self.text}: {self.told} {self.recorded:.6g}, by differences {self.slope:.6g}" if self.told else self.text
        )


def at(index: Sequence[int]) -> str:
    """Write the place of an entry: [0, 2]; nothing for a single number."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def suspects(root: Node, most: int = 2000) -> tuple[list[Suspect], str]:
    """Return the edges with a wrong local derivative, and a note if not all could be looked at.

    At most so many local derivatives are: one for each edge between Values, and one for each
    number that goes into an operation on Tensors, an equal share of them along each edge.
    """
    order: list[Any] = topological(root)
    names = labels(order)
    edges = [(node, i) for node in order for i, x in enumerate(node.inputs) if x.wants_grad]
    share = max(most // max(len(edges), 1), 1)
    found = []
    for node, i in edges[:most]:
        one = of_tensor(node, i, names, share) if isinstance(node, Tensor) else of_value(node, i, names)
        found += [one] if one else []
    counts = [getattr(node.inputs[i], "size", 1) for node, i in edges]
    looked = sum(min(count, share) for count in counts[:most])
    if looked == sum(counts):
        return found, ""
    return found, f"to find what is to blame, {looked:,} of {sum(counts):,} local derivatives were looked at"


def off(along: Callable[[float], float], x: float, recorded: float, rounding: float = 0.0) -> float | None:
    """Return the slope of a function at x by differences, if `recorded` is not it."""
    if not isfinite(along(x)):  # there is no slope of ∞ that could be held against anything
        return None
    if isinf(recorded):
        steepest = steep(along, x)
        return None if isinf(steepest) and (recorded > 0) == (steepest > 0) else steepest
    slope = central(along, x, rounding=rounding, enough=1e-9 * abs(recorded))
    slack = 8 * slope.error + 1e-9 * abs(slope.slope)
    if not isfinite(slope.error) or abs(recorded - slope.slope) <= slack:
        return None
    return None if between(recorded, sides(along, x, rounding=rounding), slack) else slope.slope


def of_value(node: Any, i: int, names: dict[Node, str]) -> Suspect | None:
    """Return an edge between Values, if its recorded partial is not the slope of the operation alone."""
    xs = [x.item() for x in node.inputs]
    outside = any(not (d.low <= x <= d.high) for d, x in zip(node.op.domain, xs, strict=False))
    if node.partials[i] != node.partials[i] and outside:  # (−2)² has no slope in the exponent
        return None
    if is_unseen(node.op, xs):
        return None
    rounding = 0.0
    if isinstance(node.op, Fold):  # whose terms may be large, and cancel
        rounding = 2 * float_info.epsilon * sum(abs(x * p) for x, p in zip(xs, node.partials, strict=True) if x and p)
    try:
        slope = off(lambda x: float(node.op(*xs[:i], x, *xs[i + 1 :])), xs[i], node.partials[i], rounding)
    except DomainError:
        return None
    if slope is None:
        return None
    return Suspect(f"∂/∂{names[node.inputs[i]]} of {definition(node, names)}", node.partials[i], slope)


class Alone:
    """An operation on Tensors as a function of its input i, whose rule can be held against differences.

    Its numbers are made one, Σ g f, by weights g: of such a number the rule gives the gradient.
    """

    def __init__(self, node: Tensor, i: int) -> None:
        self.op: Any = node.op
        self.i = i
        self.f = node.numpy()
        self.xs = [x.numpy() for x in node.inputs]

    def rule(self, g: Any) -> Any:
        """Return the gradient that the rule of the operation gives."""
        share = pull_back(self.op, self.i, g, self.f, self.xs)
        return np.zeros(self.xs[self.i].shape) if share is None else np.asarray(share)

    @property
    def outside(self) -> Any:
        """Where an argument is outside of the operation's domain."""
        pairs = zip(() if isinstance(self.op, ArrayOp) else self.op.domain, self.xs, strict=False)
        apart = [np.broadcast_to((x < d.low) | (x > d.high), self.f.shape) for d, x in pairs]
        return np.any(apart, axis=0) if apart else np.zeros(self.f.shape, bool)

    @property
    def unseen(self) -> Any:
        """Where differences see nothing of the operation."""
        return np.broadcast_to(is_unseen(self.op, self.xs), self.f.shape) if not isinstance(self.op, ArrayOp) else False

    def along(self, g: Any, place: int) -> Callable[[float], float]:
        """Return Σ g f as a function of one number of the input."""

        def weighed(x: float) -> float:
            moved = self.xs[self.i].copy()
            moved.reshape(-1)[place] = x
            result = apply(self.op, [*self.xs[: self.i], moved, *self.xs[self.i + 1 :]])
            return float(np.sum(weigh(g, np.asarray(result))))

        return weighed

    def weights_of(self, g: Any, place: int) -> Any:
        """Return the weights of what one number of the input goes into, the others 0: beside large ones it is lost."""
        if isinstance(self.op, ArrayOp):
            return g
        x = self.xs[self.i]
        return np.where(np.broadcast_to(np.arange(x.size).reshape(x.shape) == place, self.f.shape), g, 0.0)

    def distance_off(self, g: Any, place: int, gradient: Any) -> float:
        """Return how far the gradient at a place is from the slope; 0 where it is that."""
        g = np.where(self.unseen, 0.0, self.weights_of(g, place))
        recorded, x = float(gradient.flat[place]), float(self.xs[self.i].flat[place])
        if recorded != recorded and np.any(self.outside & (g != 0)):  # (−2)² has no slope in the exponent
            return 0.0
        rounding = float_info.epsilon * float(np.sum(np.abs(weigh(g, self.f))))
        slope = off(self.along(g, place), x, recorded, rounding)
        return 0.0 if slope is None else distance(recorded, slope)

    def worst(self, g: Any, place: int) -> int:
        """Return the number of f whose derivative in a place is wrong: halving tells which."""
        among = np.flatnonzero(self.weights_of(g, place))
        while among.size > 1:
            halves = [
                np.where(np.isin(np.arange(g.size), half).reshape(g.shape), g, 0.0) for half in np.array_split(among, 2)
            ]
            among = np.flatnonzero(max(halves, key=lambda half: self.distance_off(half, place, self.rule(half))))
        return int(among[0])


def distance(x: float, y: float) -> float:
    """Return |x − y|, and ∞ where one of them is no number."""
    return abs(x - y) if x == x and y == y else float("inf")


def of_tensor(node: Tensor, i: int, names: dict[Node, str], most: int) -> Suspect | None:
    """Return the worst entry of an edge between Tensors, if the rule gives a wrong gradient in input i."""
    alone, x, random = Alone(node, i), node.inputs[i], np.random.default_rng(0)
    formula = definition(node, names)
    whole = formula if alone.op.name in formula else f"{formula} ({alone.op.name})"
    with np.errstate(all="ignore"):
        g = np.where(
            np.isfinite(alone.f), random.uniform(1, 1.1, node.shape), 0.0
        )  # with weights of 1 errors might cancel
        gradient = alone.rule(g)
        if np.shape(gradient) != x.shape:
            text = f"the gradient in {names[x]} of {whole} has the shape {np.shape(gradient)}, not {x.shape}"
            return Suspect(text, nan, nan, "")
        places = range(x.size) if x.size <= most else sorted(random.choice(x.size, most, replace=False).tolist())
        missed = {place: alone.distance_off(g, place, gradient) for place in places}
        place = max(missed, key=missed.__getitem__, default=0)
        if not missed.get(place):
            return None
        k = alone.worst(g, place)
        one = np.zeros(node.shape)
        one.reshape(-1)[k] = 1.0
        recorded, slope = alone.rule(one).flat[place], central(alone.along(one, place), float(alone.xs[i].flat[place]))
    above, below = at(spot(k, node.shape)), at(spot(place, x.shape))
    text = f"∂{names[node]}{above}/∂{names[x]}{below} of {whole}"
    return Suspect(text, float(recorded), slope.slope, "by its rule")


def spot(place: int, shape: tuple[int, ...]) -> list[int]:
    """Return the index of number `place` of an array."""
    return [int(i) for i in np.unravel_index(place, shape)]
