"""Early stopping: the cost of examples that are not learnt from says when to end, and which parameters to keep.

L. Prechelt, "Early stopping — but when?", in "Neural Networks: Tricks of the Trade", 1998.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.modes import no_grad
from ..engine.tensor import Array, Tensor
from .history import History

if TYPE_CHECKING:
    from .network import Network


class Validation:
    """The validation set, and the parameters with which its cost was least.

    `patience` is how many passes over the data it may take until the cost falls below the least so far; with None
    it is recorded, and training does not end by it.
    """

    def __init__(
        self,
        network: Network,
        examples: tuple[Tensor, Tensor],
        patience: int | None,
        history: History,
        options: dict[str, Any],
    ) -> None:
        self.network, self.examples, self.patience, self.history = network, examples, patience, history
        self.options = options  # of the cost: the class weights, but no regularisation
        self.best: Array | None = None  # the parameters, in a row

    def look(self, flat: Array) -> None:
        """Measure the cost at these parameters, and keep them if it is the least so far."""
        with no_grad():
            cost = float(self.network.cost(*self.examples, **self.options).item())
        self.history.validation_costs[len(self.history)] = cost
        if self.history.best == len(self.history):
            self.best = flat.copy()

    def is_spent(self) -> bool:
        """Whether the patience is at its end."""
        if self.patience is None or not self.history.validation_costs:
            return False
        looks = list(self.history.validation_costs)
        best = self.history.best
        since = len(looks) if best is None else len(looks) - 1 - looks.index(best)
        return since >= self.patience

    def reason(self) -> str:
        """Say why training ends here."""
        where = f"after iteration {self.history.best}" if self.history.best else "nowhere"
        return f"the cost of the validation set was least {where}, and has not fallen for {self.patience} passes"

    def restore(self, flat: Array) -> bool:
        """Go back to the parameters with the least cost; whether there was a way back."""
        if self.patience is None or self.best is None:
            return False
        flat[...] = self.best
        return True

    # --- in a checkpoint ----------------------------------------------------------------------

    def arrays(self) -> dict[str, Array]:
        """Return what training needs to go on."""
        costs = self.history.validation_costs
        found = {"history.validation": np.array([list(costs), list(costs.values())], float).reshape(2, -1)}
        return found | ({} if self.best is None else {"validation.best": self.best})

    def take(self, arrays: dict[str, Array], flat: Array) -> bool:
        """Take the state from a checkpoint; whether it is one."""
        looks = arrays.get("history.validation")
        best = arrays.get("validation.best")
        if looks is None or looks.ndim != 2 or len(looks) != 2:
            return False
        self.history.validation_costs = {int(i): float(cost) for i, cost in looks.T if isfinite(i)}
        self.best = best
        return best is None or (best.shape == flat.shape and best.dtype == flat.dtype)
