"""What happened in training: the cost of every iteration, the accuracies, and why it stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(repr=False)
class History:
    """The course of a training.

    `costs[i]` is J before step i changed the parameters, of the examples of that step; its
    `learning_rates[i]` is α. `cost` is J of all examples after the last step. An accuracy is the
    share of examples of which every label is predicted; None where there is nothing to compare, as in
    a regression or without a test set. `stopped` says why training ended, in words.
    """

    costs: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""
    cost: float | None = None
    train_accuracy: float | None = None
    test_accuracy: float | None = None

    def __len__(self) -> int:
        return len(self.costs)

    def __repr__(self) -> str:
        lines = [f"{len(self)} iterations in {self.seconds:.1f} s: {self.stopped or 'not ended'}"]
        if self.costs and self.cost is not None:
            lines.append(f"cost            {self.costs[0]:.6g} → {self.cost:.6g}")
        for name, share in (("train", self.train_accuracy), ("test", self.test_accuracy)):
            if share is not None:
                lines.append(f"{name + ' accuracy':<15} {100 * share:.2f} %")
        return "\n".join(lines)

    def plot(self, path: str | Path | None = None) -> Any:
        """Return the curve of the cost as a Figure of Matplotlib, written to a file if one is named."""
        from .plots import plot_history

        return plot_history(self.costs, path)
