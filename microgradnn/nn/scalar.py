"""Networks of Values, neuron by neuron, with micrograd's interface.

A neuron is a dot product, a sum and an activation: three nodes, whatever the number of its
inputs. That is what makes a network quick, and its drawing one that can be read.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol

from .. import calculus
from ..value import Value


class Uniform(Protocol):
    """A source of random numbers: the module `random`, or a `random.Random(seed)`."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between a and b."""
        ...


class Module:
    """What has parameters."""

    def parameters(self) -> list[Value]:
        """Return the numbers that training changes."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, as before each backward pass of a training."""
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    """a = relu(w · x + b), or a = w · x + b (course notes, D8 and E1).

    The weights are drawn from −1 to 1, one after the other, and the bias is 0. `x` is a list of
    `nin` Values or numbers.

    >>> neuron = Neuron(3, rng=random.Random(0))
    >>> neuron
    ReLUNeuron(3)
    >>> [w.name for w in neuron.parameters()]
    ['w1', 'w2', 'w3', 'b']
    """

    def __init__(self, nin: int, nonlin: bool = True, *, scope: str = "", rng: Uniform = random) -> None:
        self.w = [Value(rng.uniform(-1, 1), kind="parameter").named(f"w{i}", scope=scope) for i in range(1, nin + 1)]
        self.b = Value(0, kind="parameter").named("b", scope=scope)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Value | float]) -> Value:
        """Return the activation; ValueError where x has another length than w."""
        if len(x) != len(self.w):
            raise ValueError(f"{self!r} takes {len(self.w)} inputs, got {len(x)}")
        z: Value = calculus.dot(self.w, x) + self.b
        return z.relu() if self.nonlin else z

    def parameters(self) -> list[Value]:
        """Return the weights and then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that all see the same `nin` inputs."""

    def __init__(self, nin: int, nout: int, *, scope: str = "", **options: Any) -> None:
        within = f"{scope}/" if scope else ""
        self.neurons = [Neuron(nin, scope=f"{within}neuron {i}", **options) for i in range(1, nout + 1)]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        """Return the list of the activations; of a single neuron the activation itself, as micrograd does."""
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Return the parameters of one neuron after the other."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """Layers of neurons, each seeing the one before; all but the last with relu.

    The initial weights are drawn in micrograd's order, so that the same seed makes the same
    network.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    def __init__(self, nin: int, nouts: Sequence[int], *, rng: Uniform = random) -> None:
        sizes = [nin, *nouts]
        self.layers = [
            Layer(sizes[i], sizes[i + 1], nonlin=i + 1 < len(nouts), scope=f"layer {i + 1}", rng=rng)
            for i in range(len(nouts))
        ]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        """Return what the last layer returns."""
        for layer in self.layers:
            x = layer(x if isinstance(x, Sequence) else [x])
        return x

    def parameters(self) -> list[Value]:
        """Return the parameters of one layer after the other."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
