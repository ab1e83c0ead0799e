"""Any order of making, combining, sweeping, zeroing, copying, changing and dropping, against a naive engine."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from microgradnn import Value, dot, maximum, no_grad


@dataclass(eq=False)
class Naive:
    """A number that keeps its inputs and the slopes that were written down by hand when it was made."""

    data: float
    inputs: tuple[Naive, ...] = ()
    slopes: tuple[float, ...] = ()
    grad: float = 0.0
    size: float = 0.0  # the sum of |term| over the terms of the gradient: what its rounding is measured by
    changed: bool = False  # whether its data is another than it was made with

    def order(self) -> list[Naive]:
        found: list[Naive] = []

        def visit(node: Naive) -> None:
            if not any(node is other for other in found):
                for x in node.inputs:
                    visit(x)
                if not any(node is other for other in found):
                    found.append(node)

        visit(self)
        return found

    def backward(self) -> None:
        order = self.order()
        for node in order:
            if node.inputs:
                node.grad = node.size = 0.0
        self.grad += 1.0
        self.size += 1.0
        for node in reversed(order):
            for x, slope in zip(node.inputs, node.slopes, strict=True):
                x.grad += node.grad * slope
                x.size += node.size * abs(slope)

    def zero_grad(self) -> None:
        for node in self.order():
            node.grad = node.size = 0.0


def tie(x: float, y: float) -> float:
    return 0.5 if x == y else float(x > y)


Slopes = Callable[[float, float, float], tuple[float, float]]
BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[float, float], float], Slopes]] = {
    "+": (lambda x, y: x + y, lambda x, y: x + y, lambda x, y, f: (1, 1)),
    "-": (lambda x, y: x - y, lambda x, y: x - y, lambda x, y, f: (1, -1)),
    "*": (lambda x, y: x * y, lambda x, y: x * y, lambda x, y, f: (y, x)),
    "/": (
        lambda x, y: x / (y * y + 1),
        lambda x, y: x / (y * y + 1),
        lambda x, y, f: (1 / (y * y + 1), -2 * y * f / (y * y + 1)),
    ),
    "max": (maximum, max, lambda x, y, f: (tie(x, y), tie(y, x))),
    "dot": (lambda x, y: dot([x, y], [y, 2.0]), lambda x, y: x * y + y * 2, lambda x, y, f: (y, x + 2)),
}
UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[float], float], Callable[[float, float], float]]] = {
    "tanh": (lambda x: x.tanh(), math.tanh, lambda x, f: 4 * math.exp(-2 * abs(x)) / (1 + math.exp(-2 * abs(x))) ** 2),
    "relu": (lambda x: x.relu(), lambda x: max(x, 0.0), lambda x, f: float(x > 0)),
    "square": (lambda x: x**2, lambda x: x**2, lambda x, f: 2 * x),
    "sin": (lambda x: x.sin(), math.sin, lambda x, f: math.cos(x)),
    "twice": (lambda x: 2 * x, lambda x: 2 * x, lambda x, f: 2),
}


class Machine(RuleBasedStateMachine):
    """The engine and the naive one, side by side."""

    pairs: Any = Bundle("pairs")
    numbers = st.floats(-2, 2).map(lambda x: round(x, 3))
    several = st.lists(st.sampled_from(sorted(BINARY)), min_size=1, max_size=5)  # at once, or graphs stay small

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[tuple[Value, Naive]] = []

    def kept(self, value: Value, naive: Naive) -> tuple[Value, Naive]:
        self.alive.append((value, naive))
        return value, naive

    def combined(self, op: str, a: Any, b: Any) -> tuple[Value, Naive]:
        record, compute, slopes = BINARY[op]
        x, y = a[1].data, b[1].data
        f = compute(x, y)
        if abs(f) > 1e6:
            return a[0] * 0, Naive(0.0, (a[1],), (0.0,))
        return record(a[0], b[0]), Naive(f, (a[1], b[1]), slopes(x, y, f))

    @initialize(target=pairs, ops=several, x=numbers, y=numbers)
    def start(self, ops: list[str], x: float, y: float) -> Any:
        return self.combine(ops, self.kept(Value(x), Naive(x)), self.kept(Value(y), Naive(y)))

    @rule(target=pairs, x=numbers)
    def leaf(self, x: float) -> Any:
        return self.kept(Value(x), Naive(x))

    @rule(target=pairs, ops=several, a=pairs, b=pairs)
    def combine(self, ops: list[str], a: Any, b: Any) -> Any:
        made = []
        for op in ops:
            a, b = self.kept(*self.combined(op, a, b)), a
            made.append(a)
        return multiple(*made)

    @rule(target=pairs, op=st.sampled_from(sorted(UNARY)), a=pairs)
    def apply(self, op: str, a: Any) -> Any:
        record, compute, slope = UNARY[op]
        x = a[1].data
        f = compute(x)
        if abs(f) > 1e6:
            return self.kept(a[0] * 0, Naive(0.0, (a[1],), (0.0,)))
        return self.kept(record(a[0]), Naive(f, (a[1],), (slope(x, f),)))

    @rule(target=pairs, op=st.sampled_from(sorted(BINARY)), a=pairs, b=pairs)
    def combine_without_recording(self, op: str, a: Any, b: Any) -> Any:
        with no_grad():
            value, naive = self.combined(op, a, b)
        return self.kept(value, Naive(naive.data))

    @rule(a=pairs)
    def sweep(self, a: Any) -> None:
        if a[0].kind == "constant":  # made without recording: there is nothing to go back to
            with pytest.raises(ValueError, match="a constant, would reach nothing"):
                a[0].backward()
            return
        a[0].backward()
        a[1].backward()

    @rule(a=pairs)
    def sweep_on_nodes(self, a: Any) -> None:
        try:
            a[0].backward(create_graph=True)
        except ValueError:  # a constant, or a rule would read data that was changed: refused, no gradient touched
            assert a[0].kind == "constant" or any(node.changed for node in a[1].order())
            return
        a[1].backward()

    @rule(a=pairs)
    def zero(self, a: Any) -> None:
        a[0].zero_grad()
        a[1].zero_grad()

    @rule(a=pairs, x=numbers)
    def change(self, a: Any, x: float) -> None:
        a[0].data = x
        a[1].data, a[1].changed = x, True

    @rule(target=pairs, a=pairs, b=pairs, by_pickle=st.booleans())
    def copied(self, a: Any, b: Any, by_pickle: bool) -> Any:
        values = pickle.loads(pickle.dumps((a[0], b[0]))) if by_pickle else copy.deepcopy((a[0], b[0]))
        twins = copy.deepcopy((a[1], b[1]))  # of both at once: what they share, their copies share
        return multiple(*map(self.kept, values, twins))

    @rule(target=pairs, a=pairs)
    def copied_without_its_inputs(self, a: Any) -> Any:
        return self.kept(copy.copy(a[0]), copy.copy(a[1]))

    @rule(a=consumes(pairs))
    def drop(self, a: Any) -> None:
        self.alive = [pair for pair in self.alive if pair[0] is not a[0]]

    @invariant()
    def both_say_the_same(self) -> None:
        for value, naive in self.alive:
            assert value.data == naive.data
            # The terms of a gradient are added in another order, over some fifty steps.
            assert abs(value.grad_data - naive.grad) <= 1e-13 * naive.size


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
