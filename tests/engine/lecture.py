"""What the lecture on micrograd builds, written anew from its formulas, to hold programs against."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from typing import Any


class Value:
    """A number that remembers what it was made from; every step back is a closure."""

    def __init__(self, data: Any, _children: Iterable[Value] = (), _op: str = "", label: str = "") -> None:
        self.data = data
        self.grad: Any = 0.0
        self.label = label
        self._prev = set(_children)
        self._op = _op
        self._backward: Callable[[], object] = lambda: None

    def made(self, data: Any, op: str, *edges: tuple[Value, float]) -> Value:
        """Return a node of this number, with its local derivative along each edge."""
        out = Value(data, [x for x, _ in edges], op)

        def step() -> None:
            for x, slope in edges:
                x.grad += slope * out.grad

        out._backward = step
        return out

    def __add__(self, other: Any) -> Value:
        y = other if isinstance(other, Value) else Value(other)
        return self.made(self.data + y.data, "+", (self, 1.0), (y, 1.0))

    def __mul__(self, other: Any) -> Value:
        y = other if isinstance(other, Value) else Value(other)
        return self.made(self.data * y.data, "*", (self, y.data), (y, self.data))

    def __pow__(self, n: float) -> Value:
        return self.made(self.data**n, f"**{n}", (self, n * self.data ** (n - 1)))

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __truediv__(self, other: Any) -> Any:
        return self * (other if isinstance(other, Value) else Value(other)) ** -1

    def __rtruediv__(self, other: Any) -> Any:
        return other * self**-1

    def __radd__(self, other: Any) -> Any:
        return self + other

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def relu(self) -> Value:
        """max(0, x)."""
        return self.made(max(0.0, self.data), "ReLU", (self, float(self.data > 0)))

    def exp(self) -> Value:
        """eˣ, its own derivative."""
        y = math.exp(self.data)
        return self.made(y, "exp", (self, y))

    def log(self) -> Value:
        """ln x, with the derivative 1/x."""
        return self.made(math.log(self.data), "log", (self, 1 / self.data))

    def tanh(self) -> Value:
        """(e²ˣ − 1)/(e²ˣ + 1), with the derivative 1 − tanh²."""
        y = math.tanh(self.data)
        return self.made(y, "tanh", (self, 1 - y * y))

    def backward(self) -> None:
        """Run every closure, from the end to the leaves."""
        order: list[Value] = []
        seen: set[Value] = set()

        def visit(v: Value) -> None:
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()


class Module:
    """What has parameters."""

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def parameters(self) -> list[Value]:
        """Return none."""
        return []


class Neuron(Module):
    """relu(w · x + b), or w · x + b."""

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def __call__(self, x: Any) -> Any:
        z = self.b
        for w, one in zip(self.w, x, strict=False):
            z = z + w * one
        return z.relu() if self.nonlin else z

    def parameters(self) -> list[Value]:
        """Return w and b."""
        return [*self.w, self.b]


class Layer(Module):
    """Neurons side by side."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Return those of all neurons."""
        return [p for neuron in self.neurons for p in neuron.parameters()]


class MLP(Module):
    """Layers one behind the other, the last without relu."""

    def __init__(self, nin: int, nouts: list[int]) -> None:
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i < len(nouts) - 1) for i in range(len(nouts))]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """Return those of all layers."""
        return [p for layer in self.layers for p in layer.parameters()]
