"""Nodes whose backward step a person wrote: `out = Value(t, (x,), 'tanh'); out._backward = closure`, as in micrograd.

Such a node knows its inputs and a function that adds to their gradients, and no formula.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from types import CellType, FunctionType
from typing import Any, Final, NoReturn

from ..graph import Fold, Node

NAMELESS: Final = "by hand"  # what an operation without a name is called


def content(cell: CellType) -> Any:
    """Return what is in a cell of a closure, None where nothing is."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


class ByHand:
    """What stands in the place of a node's local derivatives: the function that its user gave, or None before.

    The closure that is written for such a step refers to the node itself, `out`, and the node to the closure: a cycle.
    So the function is kept with a cell of its own in the place of that, which has the node in it while the step is
    done. Then a graph is freed as soon as nobody holds it, like all others: compiled, a Value is nothing that Python's
    collector looks into, and interpreted, it saves a third of the time.
    """

    __slots__ = ("backward", "before", "cell")

    def __init__(self, backward: Any = None, node: Any = None, before: Any = None) -> None:
        """Take the step of a node; `before` are the inputs and slopes of what was computed, if that is replaced."""
        self.backward: Any = backward
        self.before: Any = before
        self.cell: Any = None
        if type(backward) is not FunctionType or not (closure := backward.__closure__):
            return
        for i in range(len(closure)):
            try:
                if closure[i].cell_contents is node:
                    break
            except ValueError:  # nothing is in it
                continue
        else:
            return
        self.cell = CellType()
        cells = closure[:i] + (self.cell,) + closure[i + 1 :]  # noqa: RUF005 (quicker)
        self.backward = FunctionType(backward.__code__, backward.__globals__, None, backward.__defaults__, cells)
        if backward.__kwdefaults__:
            self.backward.__kwdefaults__ = backward.__kwdefaults__

    def pull(self, node: Any) -> None:
        """Add to the gradients of the inputs what that of the node, which is set, is worth to them."""
        if self.cell is None:
            if self.backward is not None:
                self.backward()
            return
        self.cell.cell_contents = node
        try:
            self.backward()
        finally:
            self.cell.cell_contents = None

    def of(self, node: Any) -> Callable[[], object]:
        """Return the step as something to call, as `_backward` is."""
        return partial(self.pull, node) if self.cell is not None or self.backward is None else self.backward

    def measure(self, node: Any) -> tuple[float, ...]:
        """Return the local derivatives: what the inputs get where the gradient of the node is 1. No `grad` changes."""
        if not node.inputs:
            return ()
        seen = map(content, getattr(self.backward, "__closure__", None) or ())
        known = dict.fromkeys([node, *node.inputs, *[x for x in seen if isinstance(x, Node)]])
        before = [(x, x.grad if x.has_grad else None) for x in known]
        try:
            for x in node.inputs:
                x.grad = 0.0
            node.grad = 1.0
            self.pull(node)
            return tuple([float(x.grad_data) for x in node.inputs])
        finally:
            for x, grad in before:
                x.grad = grad


WAITING: Final = (ByHand(),)  # of a node whose step has not been set yet


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
