"""The engines that are measured, each behind the same few operations.

An engine makes leaves and knows its own way to write the eight operations of the random graph. Where
a peer lacks one, it is written as that peer's users write it: micrograd has no tanh and no exp, so it
gets both in its own style, and a − b and a / b are there the compositions that micrograd makes of them.
"""

from __future__ import annotations

import importlib
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

OPERATIONS = ("add", "sub", "mul", "div", "square", "tanh", "exp", "relu")


class Engine:
    """One engine: how it makes leaves, computes, sweeps, and tells its gradients."""

    name = "?"
    separate = True  # whether the forward and the backward pass can be measured one by one
    most = 10**7  # nodes of the largest graph it is asked for

    def __init__(self) -> None:
        self.functions: Sequence[Callable[..., Any]] = (
            operator.add,
            operator.sub,
            operator.mul,
            operator.truediv,
            lambda x: x**2,
            lambda x: x.tanh(),
            lambda x: x.exp(),
            lambda x: x.relu(),
        )

    def leaf(self, x: float) -> Any:
        raise NotImplementedError

    def value(self, node: Any) -> float:
        return float(node.data)

    def sweep(self, root: Any) -> None:
        root.backward()

    def gradient(self, leaf: Any) -> float:
        return float(leaf.grad)


class Microgradnn(Engine):
    def __init__(self) -> None:
        super().__init__()
        from microgradnn.engine.value import COMPILED, Value

        self.name = f"microgradnn ({'compiled' if COMPILED else 'pure'})"
        self.leaf = Value  # type: ignore[method-assign, assignment]


class Tensors(Engine):
    """The same graph of arrays without axes: what the other path costs where there is nothing to vectorise."""

    name = "microgradnn, 0-d Tensor"

    def __init__(self) -> None:
        super().__init__()
        from microgradnn import Tensor

        self.leaf = Tensor  # type: ignore[method-assign, assignment]

    def value(self, node: Any) -> float:
        return float(node.item())

    def gradient(self, leaf: Any) -> float:
        return float(leaf.grad_data)


class Micrograd(Engine):
    name = "micrograd"

    def __init__(self) -> None:
        super().__init__()
        self.leaf = value = importlib.import_module("micrograd.engine").Value  # type: ignore[method-assign]

        def tanh(x: Any) -> Any:
            t = math.tanh(x.data)
            out = value(t, (x,), "tanh")

            def _backward() -> None:
                x.grad += (1 - t * t) * out.grad

            out._backward = _backward
            return out

        def exp(x: Any) -> Any:
            e = math.exp(x.data)
            out = value(e, (x,), "exp")

            def _backward() -> None:
                x.grad += e * out.grad

            out._backward = _backward
            return out

        self.functions = (*self.functions[:5], tanh, exp, self.functions[7])


class Torch(Engine):
    name = "torch, 0-d"
    most = 10**5  # a minute beyond

    def __init__(self) -> None:
        super().__init__()
        self.torch = importlib.import_module("torch")
        self.torch.set_num_threads(1)

    def leaf(self, x: float) -> Any:
        return self.torch.tensor(x, dtype=self.torch.float64, requires_grad=True)

    def value(self, node: Any) -> float:
        return float(node.item())


class Plain(Engine):
    """Floats and no gradients: what computing costs in Python when nothing is recorded."""

    name = "plain floats, no gradient"

    def __init__(self) -> None:
        super().__init__()
        self.functions = (*self.functions[:5], math.tanh, math.exp, lambda x: x if x > 0 else 0.0)
        self.leaf = float  # type: ignore[method-assign, assignment]

    def value(self, node: Any) -> float:
        return float(node)

    def sweep(self, root: Any) -> None:
        pass

    def gradient(self, leaf: Any) -> float:
        return math.nan


class Autograd(Engine):
    """HIPS autograd, which differentiates a function: it records while the gradient is asked for."""

    name = "HIPS autograd"
    separate = False
    most = 10**4  # minutes beyond

    def __init__(self) -> None:
        super().__init__()
        np = importlib.import_module("autograd.numpy")
        self.functions = (*self.functions[:5], np.tanh, np.exp, lambda x: np.maximum(x, 0.0))
        self.grad = importlib.import_module("autograd").grad


class Casadi(Engine):
    """CasADi's SX: a symbolic graph, whose gradient is a graph too, evaluated by its virtual machine."""

    name = "CasADi SX"
    separate = False
    most = 10**5

    def __init__(self) -> None:
        super().__init__()
        self.casadi = casadi = importlib.import_module("casadi")
        self.functions = (*self.functions[:5], casadi.tanh, casadi.exp, lambda x: casadi.fmax(x, 0))


def installed() -> tuple[list[Engine], list[str]]:
    """Return the engines that are here, ours and micrograd first, and the names of those that are not."""
    here: list[Engine] = []
    missing: list[str] = []
    engines: tuple[type[Engine], ...] = (Microgradnn, Micrograd, Plain, Torch, Autograd, Casadi)
    for engine in engines:
        try:
            here.append(engine())
        except ImportError:
            missing.append(engine.name)
    return here, missing
