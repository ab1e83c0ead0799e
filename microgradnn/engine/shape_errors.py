"""What did not fit, in words: the operation, the shapes, the names, and what may help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import OutOfRangeError, ShapeError
from ..graph import Op
from ..rules import arrays

RANK_ONE_MET: Final = (
    "an array of shape ({n},) meets a Tensor of shape {shape}: NumPy takes it for a row, (1, {n}); write "
    "x.reshape(1, -1) for the row, x.reshape(-1, 1) for a column"
)
RANK_ONE: Final = (
    "a Tensor of shape ({n},) is neither a row nor a column, and ({n}, 1) − ({n},) is ({n}, {n}); "
    "write .reshape(-1, 1) for a column or .reshape(1, -1) for a row"
)


def type_error(op: Any, error: Exception) -> TypeError:
    """Say which operation was given something of a wrong type: an axis that is text."""
    parameters = ", ".join(f"{name}={value!r}" for name, value in op.parameters.items())
    return TypeError(f"{op.name}({parameters}): {error}; an axis, a length and an index are whole numbers")


def shape_error(op: Any, inputs: Sequence[Any], error: Exception) -> ShapeError:
    """Say what did not fit: the operation, the shapes, the names, and what may help."""
    told = ", ".join(
        f"{letter}{f' {x.name!r}' if x.name else ''}: {x.shape}" for letter, x in zip("xyz", inputs, strict=False)
    )
    if op is arrays.matmul and len(inputs) == 2 and min(x.ndim for x in inputs) >= 2:
        x, y = inputs
        if x.shape[-1] == y.shape[-2]:
            return ShapeError(f"matmul: the axes before the last two do not broadcast ({told})")
        hint = "; transpose one of them?" if x.shape[-1] == y.shape[-1] or x.shape[-2] == y.shape[-2] else ""
        return ShapeError(f"matmul: x has {x.shape[-1]} columns but y has {y.shape[-2]} rows ({told}){hint}")
    parameters = "".join(f", {name}={value!r}" for name, value in getattr(op, "parameters", {}).items())
    if len(inputs) > 1 and isinstance(op, Op):
        return ShapeError(
            f"{op.name}: the shapes do not broadcast ({told}); from the right, lengths must be equal, or one of them 1"
        )
    kind = OutOfRangeError if isinstance(error, IndexError) else ShapeError
    return kind(f"{op.name}: {error} ({told}{parameters})")
