"""Comparisons that remember what they compared: a bool for `if`, a node for `where`.

What is decided while a graph is built is not seen by a replay. So `v > 0` is neither: taken as a bool it is noted, for
whoever records a function and has to know; used in a formula it is the row `greater`, which follows the data.
Nothing here knows whether a node holds a float or an array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, NoReturn

from .blocks import OPEN, note
from .node import Node


class Condition:
    """What a comparison of nodes gives: a row of the table, and what it takes."""

    __slots__ = ()
    row: Any  # None for what is no longer a comparison
    parts: tuple[Any, ...]

    def node(self) -> Any:
        """Return it as a node: 1 where it holds, else 0."""
        return self.row(*map(in_formula, self.parts))


def in_formula(x: Any) -> Any:
    """Return a condition as a node, and anything else as it is."""
    return x.node() if isinstance(x, Condition) and x.row is not None else x


class Decided(str):
    """The kind of a constant that was an array of bools: a decision, which a replay would not take again."""


class Decision(Condition):
    """A comparison of single numbers: a bool, which is noted when it is asked for; in a formula with nodes a node."""

    __slots__ = ("outcome", "parts", "row", "told")

    def __init__(self, row: Any, parts: tuple[Any, ...], outcome: bool, told: tuple[Any, str, Any] | None) -> None:
        """Take the row and its operands; `told` is how the comparison was written, None where it is made of others."""
        self.row = row
        self.parts = parts
        self.outcome = outcome
        self.told = told

    def __bool__(self) -> bool:
        if OPEN:
            if self.told is not None:
                return note(*self.told, self.outcome)
            for part in self.parts:
                bool(part)
        return self.outcome

    def __eq__(self, other: object) -> bool:
        return bool(self) == (bool(other) if isinstance(other, Decision) else other)

    def __hash__(self) -> int:
        return hash(self.outcome)

    def __and__(self, other: Any) -> Any:
        return self.join(other, operator.mul, operator.and_)

    def __or__(self, other: Any) -> Any:
        return self.join(other, lambda x, y: x + y - x * y, operator.or_)

    def __xor__(self, other: Any) -> Any:
        return self.join(other, lambda x, y: (x - y) ** 2, operator.xor)

    def __invert__(self) -> Decision:
        return Decision(lambda x: 1 - x, (self,), not self.outcome, None)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def join(self, other: Any, row: Callable[..., Any], of_bools: Callable[..., Any]) -> Any:
        """Return two decisions as one; with anything else, what Python's own bool gives."""
        if isinstance(other, Decision):
            return Decision(row, (self, other), of_bools(self.outcome, other.outcome), None)
        return of_bools(bool(self), other)

    def __repr__(self) -> str:
        return repr(self.outcome)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and self.row is refuse_identity:
            refuse_identity()
        raise AttributeError(f"a comparison of single numbers has one answer, a bool, and no {name!r}: leave it out")

    def __format__(self, how: str) -> str:
        return format(bool(self), how)

    def __array__(self, *args: Any, **options: Any) -> Any:
        import numpy as np

        return np.array(bool(self), *args)

    def __reduce__(self) -> tuple[Any, ...]:
        return bool, (bool(self),)


def refuse_identity(*_: Any) -> NoReturn:
    """Raise TypeError: whether two nodes are one and the same is no formula."""
    raise TypeError(
        "== of two nodes asks whether they are one and the same node, and not for their numbers; for those write "
        "x - y == 0, or compare with plain numbers: x == y.data"
    )


SAME: Final = Decision(refuse_identity, (), True, None)  # what == of two nodes gives
OTHER: Final = Decision(refuse_identity, (), False, None)


def as_number(function: Callable[..., Any], *, turned: bool = False) -> Callable[..., Any]:
    """Return an operator of Python's numbers as a method of decisions; with a node the node's own method is asked."""

    def method(self: Decision, *others: Any) -> Any:
        if any(isinstance(other, Node) for other in others):
            if turned and not hasattr(others[0], "shape"):  # a Value has refused: compiled, it takes floats alone
                return function(others[0], self.node())
            return NotImplemented
        numbers = [bool(x) if isinstance(x, Decision) else x for x in (self, *others)]
        return function(*numbers[::-1] if turned else numbers)

    return method


for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]:
    setattr(Decision, f"__{name}__", as_number(getattr(operator, name)))
    setattr(Decision, f"__r{name}__", as_number(getattr(operator, name), turned=True))
for function in (
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.neg,
    operator.pos,
    abs,
    int,
    float,
    round,
):
    setattr(Decision, f"__{function.__name__}__", as_number(function))
Decision.__index__ = Decision.__int__  # type: ignore[attr-defined]
