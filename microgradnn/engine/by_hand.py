"""Nodes whose backward step a person wrote: `out = Value(t, (x,), 'tanh'); out._backward = closure`, as in micrograd.

Such a node knows its inputs and a function that adds to their gradients, and no formula.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NoReturn

from ..graph import Fold, Node

NAMELESS: Final = "by hand"  # what an operation without a name is called


class ByHand:
    """What stands in the place of a node's local derivatives: the function that its user gave, or None before."""

    def __init__(self, backward: Callable[[], object] | None = None) -> None:
        self.backward = backward

    def __call__(self) -> None:
        """Add to the gradients of the inputs what that of the node, which is set, is worth to them."""
        if self.backward is not None:
            self.backward()

    def measure(self, node: Any) -> tuple[float, ...]:
        """Return the local derivatives: what the inputs get where the gradient of the node is 1. No `grad` changes."""
        if not node.inputs:
            return ()
        cells = [cell.cell_contents for cell in getattr(self.backward, "__closure__", None) or ()]
        known = dict.fromkeys([node, *node.inputs, *[x for x in cells if isinstance(x, Node)]])
        before = [(x, x.grad if x.has_grad else None) for x in known]
        try:
            for x in node.inputs:
                x.grad = 0.0
            node.grad = 1.0
            self()
            return tuple([float(x.grad_data) for x in node.inputs])
        finally:
            for x, grad in before:
                x.grad = grad


@lru_cache(maxsize=1024)
def by_hand(name: str) -> Fold:
    """Return the operation of such nodes, which is in no table; what needs a formula is refused, with a way out."""

    def refuse(*_: Any) -> NoReturn:
        raise TypeError(
            f"{name!r} is an operation with a `_backward` of its own, which gives numbers and no formula: it cannot be "
            "computed anew, printed or differentiated twice; microgradnn.operation(function, slope) makes one that can"
        )

    return Fold(name, refuse, refuse, refuse, open=f"{name}(", close=")")


def does_nothing(backward: Callable[[], object]) -> bool:
    """Whether a function knows nothing that it could add to: `lambda: None`, with which micrograd's leaves begin."""
    code = getattr(backward, "__code__", None)
    return code is not None and not code.co_freevars and not code.co_names
