"""What comparisons give: a bool or a mask; in a formula, such as where(X > 0, …), a node that follows the data.

NumPy's arrays with masked numbers are another matter: they are refused.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from ..graph import Node
from ..graph.blocks import GUARDS, OPEN, note_read
from ..graph.decisions import Condition, Decision
from ..rules import calculus


def refuse_mask(x: object, name: str) -> None:
    """Raise TypeError for an array in which numbers are masked: NumPy would count what is under the mask."""
    if np.ma.is_masked(x):
        raise TypeError(f"masked numbers in {name}: what is under a mask does not count; fill it first: x.filled(0)")


class Mask(Condition, np.ndarray):
    """An array of bools that remembers what was compared; what NumPy makes of it does not."""

    row = None
    parts = ()

    def __and__(self, other: Any) -> Any:
        return self.join(other, operator.mul, np.logical_and)

    def __or__(self, other: Any) -> Any:
        return self.join(other, lambda x, y: x + y - x * y, np.logical_or)

    def __invert__(self) -> Any:
        return remember(np.logical_not(np.asarray(self)), lambda x: 1 - x, (self,))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"a comparison of Tensors has an answer for each number, here {self.shape}, and if and while need one: "
                "write (T > 0).all() or .any(); for a choice number by number there is where(T > 0, x, y)"
            )
        return bool(np.asarray(self).all())

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Return what NumPy computes of it as NumPy's own."""
        return np.asarray(array)[()]

    def join(self, other: Any, row: Callable[..., Any], of_bools: Callable[..., Any]) -> Any:
        """Return two masks as one, which remembers if both do."""
        both = of_bools(np.asarray(self), np.asarray(other))
        return remember(both, row, (self, other)) if getattr(other, "row", None) is not None else both


class Undecided(Condition):
    """A comparison made while a function is recorded: good for a formula; a branch on it would have no guard."""

    __slots__ = ("called", "parts", "row")

    def __init__(self, row: Any, parts: tuple[Any, ...], called: str) -> None:
        """Take the row, its operands, and what the Tensor is called that is compared."""
        self.row = row
        self.parts = parts
        self.called = called

    def __and__(self, other: Any) -> Any:
        return Undecided(operator.mul, (self, other), self.called)

    def __or__(self, other: Any) -> Any:
        return Undecided(lambda x, y: x + y - x * y, (self, other), self.called)

    def __invert__(self) -> Any:
        return Undecided(lambda x: 1 - x, (self,), self.called)

    def refuse(self, *_: Any) -> Any:
        """Raise TypeError: what is asked for is no formula."""
        raise TypeError(
            f"{self.called} is compared while a function is recorded, and a replay would not take the other "
            "branch; write microgradnn.where, maximum or relu"
        )

    __bool__ = __array__ = __getattr__ = __len__ = __iter__ = __getitem__ = __index__ = __float__ = refuse


def compare(row: Any, parts: tuple[Any, ...], outcome: Any, called: str) -> Any:
    """Return what a comparison of Tensors gives."""
    if OPEN and GUARDS.get() is not None:
        return Undecided(row, parts, called)
    return remember(outcome, row, parts)


def remember(outcome: Any, row: Any, parts: tuple[Any, ...]) -> Mask:
    """Return bools as a mask that remembers what was compared."""
    mask = np.asarray(outcome).view(Mask)
    mask.row, mask.parts = row, parts
    return mask


def make_decision(row: Any, parts: tuple[Any, ...], outcome: Any, told: tuple[Any, str, Any]) -> Any:
    """Return what a comparison of Values gives: a decision; of an array, an array of bools."""
    if not isinstance(outcome, np.ndarray):
        return Decision(row, parts, bool(outcome), told)
    for part in parts:
        if OPEN and isinstance(part, Node):
            note_read(part)
    return outcome


def is_comparable(x: Any) -> bool:
    """Whether == with x is about numbers: x is one, or an array of them."""
    return isinstance(x, (int, float, np.bool_, Number)) or (isinstance(x, np.ndarray) and x.dtype.kind in "fiub")


def unequal(x: Any, y: Any) -> Any:
    """Return 1 where x is not y, else 0."""
    return 1 - calculus.equal(x, y)
