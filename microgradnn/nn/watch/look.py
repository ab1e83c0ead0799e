"""What a network looks like in the midst of training, as plain data for a page.

The page computes what each unit makes of the plane itself, from the parameters: so a moment is as small as these.
"""

# ruff: noqa: N803, N806 (X, Y and J are the notes' names)
from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.modes import no_grad
from ...engine.tensor import Array
from ..layers import Dense

if TYPE_CHECKING:
    from ..network import Network

MOST_PARAMETERS = 3000  # of a network whose units are looked at on the plane; of larger ones some weights are shown
UNITS = 12  # of a layer that are shown
POINTS = 400  # examples that are shown
EXAMPLES = 4096  # from which J is measured
SMALLEST, DECADES, PARTS = -8, 9, 2  # gradients are counted from 1e-8 to 1e1, by halves of a decade

Moment = dict[str, Any]  # of a training, as JSON


class Look:
    """Looks at one network on one set of examples, X (n_x, m) and Y (n[L], m)."""

    def __init__(
        self,
        network: Network,
        X: Array,
        Y: Array,
        *,
        features: Sequence[str] = (),
        classes: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.network, self.options = network, options  # of the cost: l2, class weights
        self.m = X.shape[1]
        self.x, self.y = (evenly(array, EXAMPLES) for array in (X, Y))
        self.features = list(features) or [f"x{i + 1}" for i in range(min(len(X), UNITS))]
        known = network.activations[-1] in ("sigmoid", "softmax")
        self.classes = list(classes) or [str(i) for i in range(max(2, len(Y)) if known else 0)]
        plain = all(type(layer) is Dense for layer in network.layers)
        self.whole = plain and sum(p.size for p in network.parameters()) <= MOST_PARAMETERS

    def about(self) -> Moment:
        """Return what stays as it is while the network is trained."""
        n = self.network.n
        points = evenly(self.x, POINTS), evenly(self.y, POINTS)
        flat = len(self.x) == 2 and self.whole
        return {
            "sizes": n,
            "sent": n if self.whole else [min(k, UNITS) for k in n],
            "activations": self.network.activations,
            "features": self.features[:UNITS],
            "classes": self.classes,
            "m": self.m,
            "measured": self.x.shape[1],
            "plane": plane_of(self.x) if flat else None,
            "points": [rounded(points[0]), labels(points[1])] if flat else None,
            "decades": [SMALLEST, DECADES, PARTS],
        }

    def moment(self, steps: int, *, passes: float, rate: float, said: str = "", running: bool = True) -> Moment:
        """Return what is so now, after so many steps.

        The gradients are those of the last step. J is of the examples `measured`, or None where it is not finite.
        """
        with no_grad(), np.errstate(all="ignore"):
            J = float(self.network.cost(self.x, self.y, **self.options).item())
            right = None
            if self.network.activations[-1] in ("sigmoid", "softmax") and isfinite(J):
                right = self.network.accuracy(self.x, self.y)
            return {
                "steps": steps,
                "passes": round(passes, 3),
                "J": significant(J) if isfinite(J) else None,
                "right": right,
                "rate": significant(rate, 6),
                "running": running,
                "said": said,
                "theta": self.parameters(),
                "gradients": [gradients_of(layer) for layer in self.network.layers],
            }

    def parameters(self) -> str:
        """Return, layer by layer, W row by row, b and the slope: little-endian floats of 32 bits, as Base64."""
        most = max(self.network.n) if self.whole else UNITS
        parts: list[Any] = []
        for layer in self.network.layers:
            W, b = layer.W.numpy()[:most, :most], layer.b.numpy()[:most]
            slope = layer.slope if isinstance(layer.slope, (int, float)) else layer.slope.item()
            parts += [W.ravel(), b.ravel(), [slope]]
        return b64encode(np.concatenate(parts).astype("<f4").tobytes()).decode()


def evenly(array: Array, most: int) -> Array:
    """Return the columns of an array, or so many of them that lie evenly between the first and the last."""
    m = array.shape[1]
    return array if m <= most else array[:, np.linspace(0, m - 1, most).astype(int)]


def plane_of(x: Array) -> list[float]:
    """Return the ends of both axes, (left, right, bottom, top), with a margin around the examples."""
    margin = 0.15 * np.ptp(x, axis=1) + 1e-3 * np.abs(x).max(axis=1) + 1e-9
    low, high = x.min(axis=1) - margin, x.max(axis=1) + margin
    return [significant(end, 6) for pair in zip(low, high, strict=True) for end in pair]


def labels(y: Array) -> list[float]:
    """Return of each example the number of its class, or its label where it is a number."""
    return (y.argmax(axis=0) if len(y) > 1 else y[0]).astype(float).round(6).tolist()  # type: ignore[no-any-return]


def gradients_of(layer: Any) -> Moment | None:
    """Return how many numbers of dW and db lie in which part of which decade, those above 0 and those below.

    `lost` are those too small to be counted, 0 or not; `norm` is √(Σ dW² + Σ db²). None before the first step.
    """
    found = [np.asarray(p.grad_data, float).ravel() for p in (layer.W, layer.b) if not isinstance(p.grad, float)]
    if not found:
        return None
    g = np.concatenate(found)
    with np.errstate(all="ignore"):
        place = np.floor((np.log10(np.abs(g)) - SMALLEST) * PARTS)
    place = np.where(np.isfinite(g), place, np.inf)
    counted = np.clip(place, -1, DECADES * PARTS - 1).astype(int)  # what is larger than all is in the last part
    some = counted >= 0
    counts = [
        np.bincount(counted[some & (np.sign(g) == sign)], minlength=DECADES * PARTS).tolist() for sign in (1.0, -1.0)
    ]
    norm = float(np.sqrt((g**2).sum()))
    return {"counts": counts, "lost": int((~some).sum()), "norm": significant(norm) if isfinite(norm) else None}


def rounded(array: Array) -> list[list[float]]:
    """Return an array as lists, of five digits or so."""
    return [[significant(x, 5) for x in row] for row in array.tolist()]


def significant(x: float, digits: int = 5) -> float:
    """Return a number of so many significant digits."""
    return float(f"{x:.{digits}g}")
