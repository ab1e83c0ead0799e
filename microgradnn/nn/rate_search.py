"""Which learning rate? One short training in which it grows: a tenth of the rate at which the cost is least.

L. N. Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3: the range test. The tenth is
the usual margin: at the least cost the rate is about to be too high.
"""

# ruff: noqa: N803 (X and Y are the notes' names)
from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.modes import no_grad
from ..errors import DivergedError
from .network import Network
from .optimisers import not_negative
from .scalar import whole
from .training import examples

ENOUGH = 4.0  # times the least cost: from there on it only grows
MARGIN = 10.0
SAMPLE = 1000  # examples that the cost is measured on: a batch has one that differs by chance


@dataclass(frozen=True, repr=False)
class RateSearch:
    """The learning rates that were tried, the cost after the step with each, and the rate to begin with."""

    rates: list[float]
    costs: list[float]
    best: float

    def __repr__(self) -> str:
        tried = f"{len(self.rates)} learning rates from {self.rates[0]:.3g} to {self.rates[-1]:.3g}"
        return f"{tried}: the cost is least at {self.best * MARGIN:.3g}; begin with a tenth, {self.best:.3g}"

    def plot(self, path: str | Path | None = None) -> Any:
        """Return the curve of the cost over the rates as a Figure of Matplotlib, written to a file if one is named."""
        from .plots import plot_rates

        return plot_rates(self.rates, self.costs, self.best, path)


def find_learning_rate(
    network: Network,
    X: Any,
    Y: Any,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    **options: Any,
) -> RateSearch:
    """Return a learning rate to begin with for X, (n_x, m), and Y, (n_L, m); the network stays as it is.

    A copy of it is trained for so many steps, from the rate `low` to `high` by equal factors, and no longer once the
    cost is four times the least. It is measured on a thousand examples at most. `options` are those of `fit`: the
    optimiser, the batch size and so on. Raises ValueError where no rate makes the cost fall.

    >>> from microgradnn.data import moons
    >>> data = moons(100)
    >>> find_learning_rate(Network([2, 8, 1], hidden="tanh", seed=0), data.X, data.Y)
    100 learning rates from 1e-05 to 10: the cost is least at 10; begin with a tenth, 1
    """
    if not 0 < not_negative("low", low) < not_negative("high", high):
        raise ValueError(f"low is more than 0 and less than high; got {low} and {high}")
    whole("steps", steps, 3)
    if own := options.keys() & {"learning_rate", "iterations", "callback", "checkpoint"}:
        raise TypeError(f"find_learning_rate sets {min(own)} itself: leave it out")
    factor = (high / low) ** (1 / (steps - 1))
    twin = deepcopy(network)
    x, y = examples(twin, X, Y)
    some = np.linspace(0, x.shape[1] - 1, min(SAMPLE, x.shape[1])).astype(int)
    sample = x[:, some], y[:, some]

    def measure() -> float:
        with no_grad(), np.errstate(all="ignore"):
            return float(twin.cost(*sample).item())

    rates: list[float] = []
    costs = [measure()]

    def has_grown(iteration: int, cost: float) -> bool:
        rates.append(low * factor**iteration)
        costs.append(measure())
        return not isfinite(costs[-1]) or costs[-1] > ENOUGH * min(costs)

    with suppress(DivergedError):
        twin.fit(X, Y, learning_rate=lambda step: low * factor**step, iterations=steps, callback=has_grown,
                 **{"progress": False} | options)  # fmt: skip
    least = int(np.nanargmin(costs))
    if least == 0:
        raise ValueError(f"no learning rate from {low:g} to {high:g} makes the cost fall; try others, or scale X")
    return RateSearch(rates, costs[1:], rates[least - 1] / MARGIN)
