"""The activations g[l] of a layer by their names; their formulas are rows of the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import Op
from ..rules import calculus

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "elu": lambda z: calculus.elu(z, 1.0),
    "gelu": calculus.gelu,
    "leaky_relu": lambda z, slope=0.01: calculus.leaky_relu(z, slope),
    "linear": lambda z: z,
    "relu": calculus.relu,
    "sigmoid": calculus.sigmoid,
    "silu": calculus.silu,
    "softmax": lambda z: z.softmax(axis=0),
    "softplus": calculus.softplus,
    "tanh": calculus.tanh,
}


def activation(name: str) -> Callable[..., Any]:
    """Return the function of that name: of Values, of Tensors (n, m) and of plain numbers."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r} (choose from {', '.join(ACTIVATIONS)})")
    return ACTIVATIONS[name]


def name_of(given: Any) -> str:
    """Return the name of an activation that is given as a name or as the function, such as microgradnn.tanh."""
    return given.name if isinstance(given, Op) else given


def check_activation(name: str) -> None:
    """Raise ValueError for a name that is none of an activation."""
    activation(name)


def activate(name: str, z: Any, slope: Any) -> Any:
    """Return g(z), a leaky ReLU having this slope: a number, or a node that is learnt (notes, F7)."""
    return activation(name)(z, slope) if name == "leaky_relu" else activation(name)(z)
