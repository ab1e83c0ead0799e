"""Numbers in lists, tuples, dicts and arrays: taken apart, and put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .graph import Node


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
