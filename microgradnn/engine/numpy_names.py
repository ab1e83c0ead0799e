"""NumPy's names for what the tables have: np.exp(T), T > 0, np.sum(T, axis=0)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..graph import OPS, Fold
from ..rules import arrays


def of_method(name: str) -> Callable[..., Any]:
    """Return a function of NumPy's that is a method of Tensor: np.sum(T, axis=0)."""
    return lambda x, *args, **options: getattr(x, name)(*args, **options)


def no_such(name: str) -> str:
    """Say that a function of NumPy's is not in the tables."""
    return f"{name} has no rule for its gradient here; write .data where none is wanted, or see docs/operations.md"


UFUNCS: Final[dict[str, Any]] = (
    {name: op for name, op in OPS.items() if op.public and isinstance(getattr(np, name, None), np.ufunc)}
    | {op.array.__name__: op for op in OPS.values() if isinstance(op.array, np.ufunc) and not isinstance(op, Fold)}
    | {"matmul": arrays.ARRAY_OPS["matmul"], "square": lambda x: x**2}
)
COMPARISONS: Final = ("less", "less_equal", "greater", "greater_equal", "isfinite", "isnan", "isinf")
RELATIONS: Final[dict[str, tuple[Any, bool]]] = {  # rows, and whether the operands change places
    "greater": (OPS["greater"], False),
    "less": (OPS["greater"], True),
    "greater_equal": (OPS["at_least"], False),
    "less_equal": (OPS["at_least"], True),
}
METHODS = "sum mean max amax min amin prod var std reshape transpose ravel clip"
TABLES: Final[dict[str, Any]] = OPS | arrays.ARRAY_OPS
ROWS_OF_NUMPY: Final = [name for name, op in TABLES.items() if op.public]
# To which tensor.py adds those that make a Tensor of several.
FUNCTIONS: Final[dict[str, Any]] = {name: of_method(name) for name in ROWS_OF_NUMPY if hasattr(np, name)} | {
    **{name: of_method(name.removeprefix("a")) for name in METHODS.split()},
    "where": OPS["where"],
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
}
