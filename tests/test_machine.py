"""Any order of creating, combining, sweeping, zeroing, copying, changing and dropping, against a naive engine."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from microgradnn import Value, dot, maximum


@dataclass(eq=False)
class Naive:
    """A number that keeps its inputs and the slopes that were written down by hand when it was made."""

    data: float
    inputs: tuple[Naive, ...] = ()
    slopes: tuple[float, ...] = ()
    grad: float = 0.0
    size: float = 0.0  # the sum of |term| over the terms of the gradient: what its rounding is measured by

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
    "tanh": (lambda x: x.tanh(), math.tanh, lambda x, f: 1 - f * f),
    "relu": (lambda x: x.relu(), lambda x: max(x, 0.0), lambda x, f: float(x > 0)),
    "square": (lambda x: x**2, lambda x: x**2, lambda x, f: 2 * x),
    "sin": (lambda x: x.sin(), math.sin, lambda x, f: math.cos(x)),
    "twice": (lambda x: 2 * x, lambda x: 2 * x, lambda x, f: 2),
}


class Machine(RuleBasedStateMachine):
    """The engine and the naive one, side by side."""

    pairs: Any = Bundle("pairs")
    numbers = st.floats(-2, 2).map(lambda x: round(x, 3))

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[tuple[Value, Naive]] = []

    def kept(self, value: Value, naive: Naive) -> tuple[Value, Naive]:
        self.alive.append((value, naive))
        return value, naive

    @rule(target=pairs, x=numbers)
    def leaf(self, x: float) -> Any:
        return self.kept(Value(x), Naive(x))

    @rule(target=pairs, op=st.sampled_from(sorted(BINARY)), a=pairs, b=pairs)
    def combine(self, op: str, a: Any, b: Any) -> Any:
        record, compute, slopes = BINARY[op]
        x, y = a[1].data, b[1].data
        f = compute(x, y)
        if abs(f) > 1e6:
            return self.kept(a[0] * 0, Naive(0.0, (a[1],), (0.0,)))
        return self.kept(record(a[0], b[0]), Naive(f, (a[1], b[1]), slopes(x, y, f)))

    @rule(target=pairs, op=st.sampled_from(sorted(UNARY)), a=pairs)
    def apply(self, op: str, a: Any) -> Any:
        record, compute, slope = UNARY[op]
        x = a[1].data
        f = compute(x)
        if abs(f) > 1e6:
            return self.kept(a[0] * 0, Naive(0.0, (a[1],), (0.0,)))
        return self.kept(record(a[0]), Naive(f, (a[1],), (slope(x, f),)))

    @rule(a=pairs)
    def sweep(self, a: Any) -> None:
        a[0].backward()
        a[1].backward()

    @rule(a=pairs)
    def zero(self, a: Any) -> None:
        a[0].zero_grad()
        a[1].zero_grad()

    @rule(a=pairs, x=numbers)
    def change(self, a: Any, x: float) -> None:
        a[0].data = x
        a[1].data = x

    @rule(target=pairs, a=pairs, by_pickle=st.booleans())
    def copied(self, a: Any, by_pickle: bool) -> Any:
        value = pickle.loads(pickle.dumps(a[0])) if by_pickle else copy.deepcopy(a[0])
        return self.kept(value, copy.deepcopy(a[1]))

    @rule(a=consumes(pairs))
    def drop(self, a: Any) -> None:
        self.alive = [pair for pair in self.alive if pair[0] is not a[0]]

    @invariant()
    def both_say_the_same(self) -> None:
        for value, naive in self.alive:
            assert value.data == naive.data
            # The terms of a gradient are added in another order, over some thirty steps.
            assert abs(value.grad - naive.grad) <= 1e-13 * naive.size


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
