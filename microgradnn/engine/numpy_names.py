"""NumPy's names for what the tables have: np.exp(T), T > 0, np.sum(T, axis=0)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from ..graph import OPS, Fold, Node, Op
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


def row_of(function: Any) -> Any:
    """Return the row that a ufunc is, or the user's own that has its name; None where there is none."""
    own = OPS.get(function.__name__)
    return UFUNCS.get(function.__name__) or (own if own is not None and own.public else None)


def ufunc_of_values(ufunc: Any, method: str, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Answer np.logaddexp(v, w) by the row, entry by entry, and array * v with the operators of its objects."""
    if any(isinstance(x, Node) and hasattr(x, "shape") for x in args):
        return NotImplemented  # a Tensor says what becomes of it
    if ufunc.__name__ in COMPARISONS and ufunc.__name__ not in RELATIONS:
        return getattr(ufunc, method)(*[x.item() if isinstance(x, Node) else x for x in args], **options)
    objects = [held_by_array(x) if isinstance(x, Node) else x for x in args]
    row = row_of(ufunc)
    if isinstance(row, Op) and row.public and method == "__call__" and not options:
        return np.frompyfunc(row, len(args), 1)(*objects)
    objects = [x.astype(float)[()] if is_long(x) else x for x in objects]  # whose operators ask this function again
    return getattr(ufunc, method)(*objects, **options)


def is_long(x: Any) -> bool:
    """Whether x is a float of NumPy's, or an array of them, that Python's own does not hold: a longdouble."""
    return isinstance(x, (np.floating, np.ndarray)) and x.dtype.char == "g"


def held_by_array(x: Node) -> Any:
    """Return an array of no axes that holds a node."""
    array = np.empty((), dtype=object)
    array[()] = x
    return array


def function_of_values(function: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Answer np.sinc(v) and np.where(v > 0, v, w) by the row; what is no row, or has arrays in it, as NumPy does."""
    row = OPS.get(function.__name__)
    if row is not None and row.arity == len(args) and not options and not any(map(holds_many, args)):
        return row(*args)
    return function._implementation(*args, **options)


def holds_many(x: Any) -> bool:
    """Whether an argument is no single number or node."""
    return x is None or isinstance(x, (np.ndarray, list, tuple))
