"""Functions that record a row: its written method, or one that is made from its rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Final

from ..graph import OPS, Fold, Op
from ..graph.blocks import OPEN
from ..rules import calculus
from .recording import NONE, at_limit, new, note_node, real, record
from .value_methods import WRITTEN, ValueMethods

if TYPE_CHECKING:
    from .value import Value  # when this runs, value.py has put it here

# The rules of the table, with the rows' scalar functions for names instead of the rows: so that
# x.sin() calls math.cos and need not ask what a number is (270 ns instead of 390).
FLOATS: Final = {**vars(calculus), **{name: op.scalar for name, op in OPS.items() if not isinstance(op, Fold)}}


def on_floats(op: Op) -> list[Callable[..., float]]:
    """Return the rules of `op` as functions of floats; a user's own row keeps its names."""
    return [
        FunctionType(rule.__code__, FLOATS, rule.__name__, rule.__defaults__, rule.__closure__)
        if isinstance(rule, FunctionType) and rule.__globals__ is vars(calculus)
        else rule
        for rule in op.partials
    ]


def unary(op: Op) -> Callable[[Value], Value]:
    """Return `op` as a function of one Value."""
    scalar, (partial,) = op.scalar, on_floats(op)

    def method(self: Value) -> Value:
        x = self._data
        try:
            f = scalar(x)
            dx = partial(f, x)
        except (ValueError, ArithmeticError):
            return at_limit(op, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = op
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    return method


def nary(op: Op) -> Callable[..., Value]:
    """Return `op` as a function of several Values."""
    rules = on_floats(op)

    def method(*inputs: Value) -> Value:
        xs = [x._data for x in inputs]
        try:
            f = op.scalar(*xs)
            return record(op, f, inputs, [rule(f, *xs) for rule in rules])
        except (ValueError, ArithmeticError):
            return at_limit(op, inputs)

    return method


@lru_cache(maxsize=1024)
def recorder(op: Op) -> Callable[..., Value]:
    """Return the function that records `op` for as many Values as it has rules: its method, if one was written."""
    if OPS.get(op.name) is op and op.name in WRITTEN:
        method: Callable[..., Value] = getattr(ValueMethods, WRITTEN[op.name])
        return method
    return unary(op) if op.arity == 1 else nary(op)


@lru_cache(maxsize=1024)
def power(exponent: float) -> Callable[[Value], Value]:
    """Return the function that records x ** exponent."""
    return recorder(calculus.pow.hold(real(exponent)))
