"""What looks like somebody's backward pass, and is not what `gradcheck` checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Node

SPEAKING = ("backward", "backprop", "back_prop", "grad")


def doubt_backward_pass(f: Callable[..., Any], inputs: Sequence[Any], result: Any) -> tuple[str, bool]:
    """Say that f returns arrays of the shapes of its inputs, and whether its name says why: it is a backward pass."""
    parts = list(result.values()) if isinstance(result, dict) else result
    if not isinstance(parts, (list, tuple)) or len(parts) < 2:
        return "", False
    returned = [shape_of(part) for part in parts]
    given = Counter(shape_of(x) for one in inputs for x in (one.values() if isinstance(one, dict) else [one]))
    arrays = Counter(shape for shape in returned if shape)
    name = getattr(f, "__name__", "").lower()
    speaks = any(word in name for word in SPEAKING) or (
        isinstance(result, dict) and all(str(key).startswith("d") for key in result)
    )
    if arrays.total() < 2 or arrays - given:
        return "", False
    return (
        f"f returns {arrays.total()} arrays of the shapes of its inputs: is it a backward pass? Here the derivatives "
        "*of* these arrays are checked, not whether they are gradients; microgradnn.check.check_backward checks that",
        speaks,
    )


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of an array or a Tensor; () of all else."""
    return tuple(x.shape) if isinstance(x, np.ndarray) or (isinstance(x, Node) and hasattr(x, "shape")) else ()
