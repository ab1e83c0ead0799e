"""A node in other numbers, as the two tables of rules compute with it: what digits.py runs a graph on.

It stands in a file of its own because a class of nodes is compiled where Node is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Fold, Node
from ..rules import calculus


class Number(Node):
    """A node in other numbers: what it is worth, and the kind of number that computes."""

    __slots__ = ("kind_of_number", "value")
    kind_of_number: Any
    value: Any

    def __init__(self, kind: Any, op: Any, inputs: tuple[Any, ...], value: Any) -> None:
        self.kind_of_number = kind
        self.op = op
        self._x = inputs or None
        self._y = None
        self.value = value

    def _held(self) -> Any:
        """Return what it is worth."""
        return self.value

    @classmethod
    def _record(cls, op: Any, *args: Any) -> Any:
        if op.name == "mean":  # whose rule has 1 / n as a float
            return calculus.div(calculus.sum(*args), float(len(args)))
        kind = next(arg.kind_of_number for arg in args if isinstance(arg, Number))
        nodes = [arg if isinstance(arg, Number) else Number(kind, None, (), kind.constant(arg)) for arg in args]
        held = [kind.number(x) for x in op.held]
        return Number(kind, op, tuple(nodes), kind.of(op.name, [*(x.value for x in nodes), *held]))

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        return cls._record(op, *[x for xs in sequences for x in xs])

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        shares = []
        if self.op is calculus.sinc_slope:
            raise ValueError("the second slope of sinc is a series of 16 digits, and no more can be had of it")
        for i, x in enumerate(self.inputs):
            if x in wanted:
                self.kind_of_number.pulling = True  # a slope that is not real is NaN, as in the sweep
                try:
                    partial = self.op.partials[i](self, *self.inputs)
                finally:
                    self.kind_of_number.pulling = False
                if isinstance(partial, Number) or partial:
                    shares.append((x, calculus.weigh(g, partial)))
        return shares

    def __hash__(self) -> int:
        return id(self)
