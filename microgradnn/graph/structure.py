"""Numbers in lists, tuples, dicts and arrays: taken apart, and put together again; and what arguments are called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .node import Node


def arguments(function: Callable[..., Any]) -> list[str]:
    """Return the names of what a function takes by its place; none of `*xs`, and none where it does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def is_array(x: Any) -> bool:
    """Whether x is a node that holds an array."""
    return isinstance(x, Node) and hasattr(x, "shape")


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of a structure in order: what is no list, tuple, dict or array."""
    if isinstance(structure, Node):
        return [structure]
    if isinstance(structure, dict):
        return [leaf for part in structure.values() for leaf in flatten(part)]
    if isinstance(structure, np.ndarray):
        return list(structure.flat)
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def pair_leaves(given: Any, like: Any, place: str = "") -> list[tuple[Any, Any]]:
    """Return the leaves of two structures in pairs; ValueError, with the place, where they differ.

    A list may stand for a tuple, and lists in lists for an array; for a node that holds an array, an array.
    """
    if isinstance(like, dict):
        if not isinstance(given, dict) or given.keys() != like.keys():
            got = f"the keys {list(given)}" if isinstance(given, dict) else kind(given)
            raise ValueError(f"{place or 'it'} has the keys {list(like)}, and got {got}")
        return [pair for key, part in like.items() for pair in pair_leaves(given[key], part, f"{place}[{key!r}]")]
    if isinstance(like, np.ndarray):
        shape = np.shape(given) if isinstance(given, (list, tuple, np.ndarray)) else ()
        if shape != like.shape:
            raise ValueError(f"{place or 'it'} has shape {like.shape}, and got {shape or kind(given)}")
        return list(zip(np.array(given, object).flat, like.flat, strict=True))
    if isinstance(like, (list, tuple)):
        if not isinstance(given, (list, tuple, np.ndarray)) or len(given) != len(like):
            got = f"{len(given)}" if isinstance(given, (list, tuple, np.ndarray)) else kind(given)
            raise ValueError(f"{place or 'it'} has {len(like)} parts, and got {got}")
        return [pair for i, part in enumerate(like) for pair in pair_leaves(given[i], part, f"{place}[{i}]")]
    if isinstance(given, (dict, list, tuple, np.ndarray)) and not hasattr(like, "shape"):
        raise ValueError(f"{place or 'it'} is one number, and got {kind(given)}")
    return [(given, like)]


def kind(x: Any) -> str:
    """Say what something is."""
    return f"shape {x.shape}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"


def unflatten(like: Any, leaves: Sequence[Any]) -> Any:
    """Return a structure like another, with these leaves; an array of nodes has dtype object."""
    return _rebuilt(like, iter(leaves))


def _rebuilt(like: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(like, dict):
        return {key: _rebuilt(part, leaves) for key, part in like.items()}
    if isinstance(like, np.ndarray):
        flat = [next(leaves) for _ in range(like.size)]
        array = np.empty(like.shape, object if any(isinstance(x, Node) for x in flat) else float)
        array.reshape(-1)[:] = flat
        return array
    if isinstance(like, (list, tuple)):
        parts = [_rebuilt(part, leaves) for part in like]
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    return next(leaves)
