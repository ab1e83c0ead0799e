"""A function of Values and Tensors as one of a list of numbers, and how it moves along one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from ..engine.derivatives import check_function
from ..engine.recording import real
from ..engine.tensor import Tensor, leaf
from ..engine.value import Value
from ..graph import Node, topological
from ..graph.structure import arguments, flatten, unflatten
from .replay import array_of
from .rounding import Losses


class Flat:
    """A function of Values and Tensors as one of a list of numbers, which gives arrays."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any]) -> None:
        check_function(f)
        self.f = f
        self.inputs = inputs
        self.given = flatten(inputs)
        if not self.given:
            raise TypeError("at which numbers is the function to be checked? Give them: gradcheck(f, 2.0)")
        arrays = [array_of(x) if isinstance(x, Node) else np.asarray(real(x)) for x in self.given]
        self.leaf_names = name_leaves(f, inputs)
        self.shapes = [array.shape for array in arrays]
        self.numbers = np.array([float(x) for array in arrays for x in array.flat])
        self.here: list[Any] = []  # what it gives there, once it has been called
        self.names = [
            name + write_place(index)
            for name, shape in zip(self.leaf_names, self.shapes, strict=True)
            for index in np.ndindex(shape)
        ]

    def split(self, numbers: Any) -> list[Any]:
        """Return a list of numbers as arrays, one for each leaf."""
        ends = np.cumsum([int(np.prod(shape, dtype=int)) for shape in self.shapes])[:-1]
        parts = np.split(np.asarray(numbers, float), ends)
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def leaves(self, numbers: Any) -> Iterator[Node]:
        """Yield a leaf like each one given, with these numbers."""
        for x, name, part in zip(self.given, self.leaf_names, self.split(numbers), strict=True):
            yield leaf(part.copy(), "input").named(name) if isinstance(x, Tensor) else Value(float(part), name)

    def call(self, numbers: Any) -> tuple[list[Node], Any]:
        """Return leaves with these numbers, and what the function makes of them, as it gives it."""
        leaves = list(self.leaves(numbers))
        with np.errstate(all="ignore"):
            return leaves, self.f(*unflatten(self.inputs, leaves))

    def at(self, numbers: Any) -> list[Any]:
        """Return what the function gives, as nodes."""
        return as_nodes(self.call(numbers)[1])


def as_nodes(result: Any) -> list[Any]:
    """Return the parts of a result; what is no node is a constant."""
    return [y if isinstance(y, Node) else Value(y, kind="constant") for y in flatten(result)]


class Ray:
    """A function along one direction, x + t v: Σ seed · output of each output as a function of t."""

    def __init__(self, function: Flat, v: Any, only: int | None = None) -> None:
        self.function = function
        self.v = v
        self.only = only
        self.start = 0.0 if only is None else float(function.numbers[only])  # what t is at the point itself
        self.roots = cache(self._roots)
        self.noise = cache(self._noise)

    @classmethod
    def of_one(cls, function: Flat, i: int) -> Ray:
        """Return the line along number i, whose t is that number."""
        return cls(function, None, i)

    def _roots(self, t: float) -> list[Any]:
        if t == self.start:
            return self.function.here
        return [array_of(root) for root in self.function.at(self.place(t))]

    def place(self, t: float) -> Any:
        """Return the numbers at t."""
        if self.only is None:
            return self.function.numbers + t * self.v
        numbers = self.function.numbers.copy()
        numbers[self.only] = t
        return numbers

    def value(self, root: int, seed: Any) -> Callable[[float], float]:
        """Return Σ seed · output as a function of t."""
        return lambda t: weigh_array(self.roots(t)[root], seed)

    def _noise(self, t: float, root: int, seed: bytes) -> float:
        node = self.function.at(self.place(t))[root]
        shape = array_of(node).shape
        return Losses(topological(node)).of(np.frombuffer(seed).reshape(shape)).noise

    def rounding(self, root: int, seed: Any) -> Callable[[float], float]:
        """Return what rounding does to that, as a function of t."""
        key = np.asarray(seed, float).tobytes()
        return lambda t: self.noise(t, root, key)


def weigh_array(array: Any, seed: Any) -> float:
    """Return Σ seed · array, of what the seed is not 0 for."""
    if array.ndim == 0:
        return float(array) * float(seed)
    counts = seed != 0
    return float(np.sum(array[counts] * seed[counts]))


def write_place(index: Sequence[int]) -> str:
    """Write the place of an entry: [0, 2]; nothing for a single number."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def name_leaves(f: Callable[..., Any], inputs: Sequence[Any]) -> list[str]:
    """Name what is in the inputs after the parameters of f, x, w[0], p['b'], and Tensors as they are named."""
    single = arguments(f)
    first = [single[i] if i < len(single) else f"x{i}" for i in range(len(inputs))]
    return [name for prefix, part in zip(first, inputs, strict=True) for name in name_places(part, prefix)]


def name_places(structure: Any, prefix: str) -> list[str]:
    """Name the leaves of a structure, in the order of `flatten`."""
    if isinstance(structure, Tensor):
        return [structure.name or prefix]
    if isinstance(structure, dict):
        return [name for key, part in structure.items() for name in name_places(part, f"{prefix}[{key!r}]")]
    if isinstance(structure, np.ndarray):
        places = np.ndindex(structure.shape)
        return [name for index in places for name in name_places(structure[index], prefix + write_place(index))]
    if isinstance(structure, (list, tuple)):
        return [name for i, part in enumerate(structure) for name in name_places(part, f"{prefix}[{i}]")]
    return [prefix]
