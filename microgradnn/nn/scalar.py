"""Networks of Values, neuron by neuron, with micrograd's interface.

A neuron is a dot product, a sum and an activation: three nodes, whatever the number of its
inputs. That is what makes a network quick, and its drawing one that can be read.
"""

from __future__ import annotations

import random as random
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, Protocol

import numpy as np

from ..engine.dots import dots
from ..engine.value import Value as Value
from ..graph import About
from ..rules import calculus
from .activations import activate, check_activation
from .words import OF_NEURONS, refuse_name, with_words


class Uniform(Protocol):
    """A source of random numbers: the module `random`, or a `random.Random(seed)`."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between a and b."""
        ...


def whole(name: str, n: Any, least: int) -> int:
    """Return a whole number; ValueError for anything else, or less than the least."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < least:
        raise ValueError(f"{name} is a whole number, at least {least}; got {n!r}")
    return int(n)


class Module:
    """What has parameters."""

    def parameters(self) -> list[Value]:
        """Return the numbers that training changes."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, as before each backward pass of a training."""
        for p in self.parameters():
            p.grad = 0.0

    def __getattr__(self, name: str) -> NoReturn:
        raise refuse_name(self, name)


class Neuron(Module):
    """a = g(w · x + b), or a = w · x + b where not `nonlin` (course notes, G1).

    The weights are drawn from −1 to 1, one after the other, and the bias is 0. `x` is a list of
    `nin` Values or numbers. The activation g is relu, as in micrograd, or any other by its name.

    >>> neuron = Neuron(3, rng=random.Random(0))
    >>> neuron
    ReLUNeuron(3)
    >>> [w.name for w in neuron.parameters()]
    ['w1', 'w2', 'w3', 'b']
    """

    # What a subclass need not set that draws its weights in an `__init__` of its own.
    w: list[Value]
    b: Value
    activation = "relu"
    slope = 0.01  # of a leaky ReLU
    within = About()  # said of its result, so that a drawing knows what is computed in it
    shared: tuple[Value, ...] = ()

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        slope: float = 0.01,
        scope: str = "",
        rng: Uniform = random,
    ) -> None:
        check_activation(activation)
        nin = whole("nin, the number of inputs,", nin, 0)
        self.w = [Value(rng.uniform(-1, 1), kind="parameter").named(f"w{i}", scope=scope) for i in range(1, nin + 1)]
        self.b = Value(0, kind="parameter").named("b", scope=scope)
        self.within = About(scope=scope)
        self.activation = activation if nonlin else "linear"
        self.slope = slope

    @property
    def weights(self) -> tuple[Value, ...]:
        """The weights: the same tuple until `w` is changed, so that the graphs of all examples share it."""
        if [*map(id, self.shared)] != [*map(id, self.w)]:
            self.shared = tuple([w if isinstance(w, Value) else Value(w, kind="constant") for w in self.w])
        return self.shared

    @property
    def nonlin(self) -> bool:
        """Whether there is an activation: micrograd's name for it."""
        return self.activation != "linear"

    @nonlin.setter
    def nonlin(self, nonlin: bool) -> None:
        if bool(nonlin) is not self.nonlin:
            self.activation = "relu" if nonlin else "linear"

    def __call__(self, x: Sequence[Value | float]) -> Value:
        """Return the activation; ValueError where x has another length than w."""
        return together([self], x)[0]

    def parameters(self) -> list[Value]:
        """Return the weights and then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        name = {"relu": "ReLU"}.get(self.activation, self.activation.title().replace("_", ""))
        return f"{name}Neuron({len(self.w)})"


def activations(neurons: Sequence[Neuron], x: Sequence[Value | float]) -> list[Value]:
    """Return the activations of neurons that see the same x: all at once, or where one does it its own way, in turn."""
    if not all(map(is_plain, neurons)):
        return [neuron(x) for neuron in neurons]
    return together(neurons, x)


def is_plain(neuron: Any) -> bool:
    """Whether a neuron computes what `Neuron` does: nothing of that is written anew, in a class or on the neuron."""
    kind = type(neuron)
    return isinstance(neuron, Neuron) and kind.__call__ is Neuron.__call__ and kind.weights is Neuron.weights


def together(neurons: Sequence[Neuron], x: Sequence[Value | float]) -> list[Value]:
    """Return the activations of neurons that see the same x, which is read once."""
    if not hasattr(x, "__iter__"):
        wants = f"{neurons[0]!r} takes a list of {len(neurons[0].w)} numbers or Values"
        raise TypeError(f"{wants}; got {x!r:.60} ({type(x).__name__})")
    x = x if isinstance(x, (list, tuple)) else list(x)  # of an array, a view of a dict, an iterator
    for neuron in neurons[:1]:
        if len(x) != len(neuron.w):
            raise ValueError(f"{neuron!r} takes {len(neuron.w)} inputs, got {len(x)}")
    products = dots([neuron.weights for neuron in neurons], x)
    zs = [product + neuron.b for neuron, product in zip(neurons, products, strict=True)]
    if neurons and neurons[0].activation == "softmax":  # of all the neurons together
        whole = calculus.logsumexp(zs)
        out = [(z - whole).exp() for z in zs]
    else:
        out = [activate(neuron.activation, z, neuron.slope) for neuron, z in zip(neurons, zs, strict=True)]
    for neuron, a in zip(neurons, out, strict=True):
        if a.op is not None and neuron.within.scope:
            a._about = neuron.within
    return out


class Layer(Module):
    """`nout` neurons that all see the same `nin` inputs."""

    @with_words(OF_NEURONS)
    def __init__(self, nin: int, nout: int, *, scope: str = "", **options: Any) -> None:
        nout = whole("nout, the number of neurons,", nout, 1)
        within = f"{scope}/" if scope else ""
        self.neurons = [Neuron(nin, scope=f"{within}neuron {i}", **options) for i in range(1, nout + 1)]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        """Return the list of the activations; of a single neuron the activation itself, as micrograd does."""
        out = activations(self.neurons, x)
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Return the parameters of one neuron after the other."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """Layers of neurons, each seeing the one before; all but the last with relu.

    The initial weights are drawn in micrograd's order, so that the same seed makes the same
    network. `activations` names one for each layer instead.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    @with_words(OF_NEURONS)
    def __init__(
        self, nin: int, nouts: Sequence[int], *, activations: Sequence[str] | None = None, rng: Uniform = random
    ) -> None:
        if not isinstance(nouts, Iterable) or not (nouts := list(nouts)):
            raise TypeError(f"nouts are the sizes of the layers, a list, as in MLP(2, [3, 1]); got {nouts!r}")
        sizes = [nin, *nouts]
        names = activations or ["relu"] * (len(nouts) - 1) + ["linear"]
        if len(names) != len(nouts):
            raise ValueError(f"{len(nouts)} layers and {len(names)} activations for them: {list(names)}")
        self.layers = [
            Layer(sizes[i], sizes[i + 1], activation=name, scope=f"layer {i + 1}", rng=rng)
            for i, name in enumerate(names)
        ]

    def __call__(self, x: Any) -> Any:
        """Return what the last layer returns."""
        for layer in self.layers:
            x = layer(x if hasattr(x, "__iter__") else [x])  # what a layer of one neuron returned is no list
        return x

    def parameters(self) -> list[Value]:
        """Return the parameters of one layer after the other."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
