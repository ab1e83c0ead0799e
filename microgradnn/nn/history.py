"""What happened in training: the cost of every iteration, the accuracies, and why it stopped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import isfinite
from pathlib import Path
from typing import Any

from ..engine.disk import write


@dataclass(repr=False)
class History:
    """The course of a training.

    `costs[i]` is J before step i changed the parameters, of the examples of that step; its
    `learning_rates[i]` is α. `cost` is J of all examples after the last step. An accuracy is the
    share of examples of which every label is predicted; where labels are numbers there are the root of
    the mean squared error instead, in the units of Y, and R², 1 − Σ(y − a)² / Σ(y − mean)². None where
    there is nothing to compare, as without a test set. `validation_costs` are J of the validation set, if there is
    one, by the number of iterations done; `best` is the one at which it was least. `stopped` says why training
    ended, in words.
    """

    costs: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""
    cost: float | None = None
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    train_rmse: float | None = None
    test_rmse: float | None = None
    train_r2: float | None = None
    test_r2: float | None = None
    validation_costs: dict[int, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.costs)

    @property
    def best(self) -> int | None:
        """After how many iterations the cost of the validation set was least; None where there is none."""
        some = {i: cost for i, cost in self.validation_costs.items() if isfinite(cost)}
        return min(some, key=some.__getitem__, default=None)

    def __repr__(self) -> str:
        lines = [f"{len(self)} iterations in {self.seconds:.1f} s: {self.stopped or 'not ended'}"]
        if self.costs and self.cost is not None:
            lines.append(f"cost            {self.costs[0]:.6g} → {self.cost:.6g}")
        if self.best is not None:
            lines.append(
                f"validation      {self.validation_costs[self.best]:.6g} after {self.best} iterations, the least"
            )
        for name, share in (("train", self.train_accuracy), ("test", self.test_accuracy)):
            if share is not None:
                lines.append(f"{name + ' accuracy':<15} {100 * share:.2f} %")
        for name, error, explained in (
            ("train", self.train_rmse, self.train_r2),
            ("test", self.test_rmse, self.test_r2),
        ):
            if error is not None:
                more = "" if explained is None or explained != explained else f", R² {explained:.4f}"
                lines.append(f"{name + ' RMSE':<15} {error:.6g}{more}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show the course of the cost over the lines, as an image, which a notebook that is not trusted shows too."""
        return f"{curve(self.costs)}<pre>{escape(repr(self))}</pre>"

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the course as CSV, a line for each iteration, in digits that give the same floats; write it to a path.

        >>> print(History([0.5, 0.25], [0.1, 0.1]).to_csv(), end="")
        iteration,cost,learning_rate
        0,0.5,0.1
        1,0.25,0.1
        """
        course = zip(self.costs, self.learning_rates, strict=True)
        lines = ["iteration,cost,learning_rate", *(f"{i},{cost!r},{rate!r}" for i, (cost, rate) in enumerate(course))]
        if self.validation_costs:  # a cost after i iterations stands beside the last of them
            found = ["validation_cost", *(repr(self.validation_costs.get(i + 1, "")) for i in range(len(self)))]
            lines = [f"{line},{cost.strip(chr(39))}" for line, cost in zip(lines, found, strict=True)]
        text = "\n".join(lines) + "\n"
        if path is not None:
            write(path, text.encode())
        return text

    def plot(self, path: str | Path | None = None) -> Any:
        """Return the curve of the cost as a Figure of Matplotlib, written to a file if one is named."""
        from .plots import plot_history

        return plot_history(self.costs, path, self.validation_costs)


def curve(costs: Sequence[float]) -> str:
    """Return a line through the costs as an image in HTML; '' where there are none to join."""
    some = [(i, cost) for i, cost in enumerate(costs) if isfinite(cost)]
    if len(some) < 2:
        return ""
    low, high = min(cost for _, cost in some), max(cost for _, cost in some)
    some = some[:: max(1, len(some) // 400)]
    points = " ".join(
        f"{10 + 280 * i / (len(costs) - 1):.1f},{80 - 70 * (cost - low) / (high - low or 1):.1f}" for i, cost in some
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="90">'
        f'<polyline points="{points}" fill="none" stroke="#0072B2" stroke-width="2"/></svg>'
    )
    told = f"the cost, from {costs[0]:.6g} to {costs[-1]:.6g}"
    return f'<img src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" alt="{told}"><br>'
