"""The arguments of a function: numbers and arrays in lists, tuples and dicts, and what is no number, which is static.

A function is given Values, or, where one of its examples is a Tensor, Tensors: then a number or an array becomes one
as a whole, and an array of whole numbers a constant, by which the function may index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, leaf
from ..engine.value import Value
from ..formulas.names import identifier, reserved, unique_name
from ..graph import Node
from ..graph.structure import flatten


def is_number(x: Any) -> bool:
    """Whether x is an input: a number that is no bool, a node, or an array of numbers or nodes."""
    if isinstance(x, (bool, np.bool_)):
        return False
    return isinstance(x, (Real, Node)) or (isinstance(x, np.ndarray) and x.dtype.kind in "fiubO")


def with_numpy(part: Any) -> Any:
    """Return a structure with NumPy's arrays in place of other libraries'; what is none of these stays as it is."""
    if isinstance(part, dict):
        return {key: with_numpy(x) for key, x in part.items()}
    if isinstance(part, (list, tuple)):
        parts = [with_numpy(x) for x in part]
        return type(part)(*parts) if hasattr(part, "_fields") else type(part)(parts)
    other = hasattr(part, "__array__") and not isinstance(part, (np.ndarray, np.generic, Node, Real))
    return np.asarray(part) if other and hasattr(part, "dtype") and hasattr(part, "shape") else part


def apart(part: Any, prefix: str, arrays: bool, leaves: list[Any], names: list[str]) -> Any:
    """Put the numbers of a structure, and their names, into lists; return its form, which can be looked up."""
    if isinstance(part, dict):
        return "dict", tuple([(key, apart(x, f"{prefix}_{key}", arrays, leaves, names)) for key, x in part.items()])
    if isinstance(part, (list, tuple)):
        forms = [apart(x, f"{prefix}_{i}", arrays, leaves, names) for i, x in enumerate(part)]
        return type(part).__name__, tuple(forms)
    if not is_number(part):
        return "static", part if part is None or isinstance(part, (str, bytes, bool)) else Same(part)
    if isinstance(part, np.ndarray) and not arrays:
        for index in np.ndindex(part.shape):
            leaves.append(part[index])
            names.append("_".join([prefix, *map(str, index)]))
        return "array", part.shape
    leaves.append(part)
    names.append(prefix)
    return ("places" if is_index(part) else "tensor", np.shape(to_array(part))) if arrays else "number"


def is_index(x: Any) -> bool:
    """Whether x is an array of whole numbers: places in others, to which no gradient comes."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "iu"


class Same:
    """An object that is equal to itself alone, held so that nothing else gets its place."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


def together(part: Any, leaves: Iterator[Any], arrays: bool) -> Any:
    """Return a structure like another, with these leaves in place of its numbers."""
    if isinstance(part, dict):
        return {key: together(x, leaves, arrays) for key, x in part.items()}
    if isinstance(part, (list, tuple)):
        parts = [together(x, leaves, arrays) for x in part]
        return type(part)(*parts) if hasattr(part, "_fields") else type(part)(parts)
    if not is_number(part):
        return part
    if isinstance(part, np.ndarray) and not arrays:
        flat = [next(leaves) for _ in range(part.size)]
        whole = np.empty(part.shape, object if any(isinstance(x, Node) for x in flat) else float)
        whole.reshape(-1)[:] = flat
        return whole
    return next(leaves)


def refuse_batch(example: Any, part: Any, name: str) -> None:
    """Raise TypeError where numbers stand for one number of an example: one point is meant, or a batch, or an array."""
    if is_number(example) and np.ndim(example) == 0:
        if isinstance(part, (list, tuple, np.ndarray)) and np.ndim(part) > 0:
            raise TypeError(
                f"the example of {name} is a number; got numbers of shape {np.shape(part)}: for a batch, an array "
                'with a number for each example, say compile(…, backend="numpy"), or "native"; for the Jacobian of a '
                f"function of arrays give an array as the example of {name}"
            )
    elif isinstance(example, dict) and isinstance(part, dict):
        for key in example:
            refuse_batch(example[key], part.get(key), f"{name}[{key!r}]")
    elif isinstance(example, (list, tuple)) and isinstance(part, (list, tuple)):
        for i, (one, other) in enumerate(zip(example, part, strict=False)):
            refuse_batch(one, other, f"{name}[{i}]")


def numbers_in(part: Any, arrays: bool) -> list[Any]:
    """Return the numbers of a structure: floats, or arrays of float64."""
    leaves: list[Any] = []
    apart(part, "", arrays, leaves, [])
    return [to_array(x) if arrays else to_float(x) for x in leaves]


def to_float(x: Any) -> float:
    """Return a number, or that of a node, as a float."""
    return float(x.item() if isinstance(x, Node) else x)


def to_array(x: Any) -> Any:
    """Return a number, an array or a Tensor as an array of float64; one of whole numbers as it is."""
    if is_index(x):
        return x
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x.item() if isinstance(x, Node) else x, np.float64)


def vector(part: Any, arrays: bool) -> Any:
    """Return all numbers of a structure as one vector."""
    found = numbers_in(part, arrays)
    if not arrays:
        return np.array(found, np.float64)
    return np.concatenate([x.ravel() for x in found]) if found else np.zeros(0)


def from_vector(part: Any, x: Any, arrays: bool) -> Any:
    """Return a structure like another, with the numbers of a vector: floats, or arrays of the shapes that it has."""
    if not arrays:
        return together(part, iter(x.tolist()), False)
    leaves, start = [], 0
    for like in numbers_in(part, True):
        leaves.append(x[start : start + like.size].reshape(like.shape).copy())
        start += like.size
    return together(part, iter(leaves), True)


def names_of(prefixes: Sequence[str], args: Sequence[Any], arrays: bool) -> list[str]:
    """Name the numbers in arguments: x, w_0, p_b; each name once, and none that a source has a meaning for."""
    taken, found = reserved(), list[str]()
    for prefix, part in zip(prefixes, args, strict=True):
        names: list[str] = []
        apart(part, prefix, arrays, [], names)
        for name in names:
            found.append(unique_name(identifier(name) or "x", taken))
    return found


def as_nodes(part: Any, arrays: bool, make: Callable[[Any], Any]) -> Any:
    """Return a structure with nodes for its numbers."""
    return together(part, iter([make(x) for x in numbers_in(part, arrays)]), arrays)


def make_leaf(x: Any) -> Any:
    """Return a float as a Value, an array as a Tensor; one of whole numbers as a constant, which an index may be."""
    if is_index(x):
        return leaf(x.astype(np.float64), "constant")
    return Value(x) if type(x) is float else leaf(x, "input")


def holds_tensors(args: Any) -> bool:
    """Whether one of the numbers of a structure is a Tensor."""
    return any(isinstance(x, Tensor) for x in flatten(args))
