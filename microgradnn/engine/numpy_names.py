"""NumPy's names for what the tables have: np.exp(T), T > 0, np.sum(T, axis=0)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from ..graph import OPS, Fold, Node, Op
from ..rules import arrays
from . import elementwise, polynomials, products, rearrange, sliding, statistics
from .masks import unequal


def of_method(name: str) -> Callable[..., Any]:
    """Return a function of NumPy's that is a method of Tensor: np.sum(T, axis=0)."""
    return lambda x, *args, **options: getattr(x, name)(*args, **options)


def no_such(name: str) -> str:
    """Say that a function of NumPy's is not in the tables."""
    word = name.rpartition(".")[2]
    if word in COMPLEX or name.startswith("np.fft."):
        real = "; of a symmetric matrix np.linalg.eigh and eigvalsh give real ones" * word.startswith("eig")
        return f"{name} gives complex numbers, and a Tensor holds real ones{real}"
    if word in WRITERS:
        return (
            f"{name} writes into an array, and a Tensor is not written to in part, since its gradient would no longer "
            "be that of what it was: write np.where(mask, new, T) for a new one; of a leaf the data are yours"
        )
    return f"{name} has no rule for its gradient here; write .data where none is wanted, or see docs/operations.md"


UFUNCS: Final[dict[str, Any]] = (
    {name: op for name, op in OPS.items() if op.public and isinstance(getattr(np, name, None), np.ufunc)}
    | {op.array.__name__: op for op in OPS.values() if isinstance(op.array, np.ufunc) and not isinstance(op, Fold)}
    | {"matmul": arrays.ARRAY_OPS["matmul"], "vecdot": products.vecdot, "matvec": products.matvec}
    | {"vecmat": products.vecmat}
    | elementwise.OF_UFUNCS
)
COMPARISONS: Final = (
    *("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"),
    *("isfinite", "isnan", "isinf", "signbit", "logical_and", "logical_or", "logical_not", "logical_xor"),
)
RELATIONS: Final[dict[str, tuple[Any, bool]]] = {  # rows, and whether the operands change places
    "greater": (OPS["greater"], False),
    "less": (OPS["greater"], True),
    "equal": (OPS["equal"], False),
    "not_equal": (unequal, False),
    "greater_equal": (OPS["at_least"], False),
    "less_equal": (OPS["at_least"], True),
}
TABLES: Final[dict[str, Any]] = OPS | arrays.ARRAY_OPS
ROWS_OF_NUMPY: Final = [name for name, op in TABLES.items() if op.public]
# What gives no real numbers, or none that move: plain numbers and arrays.
OF_FACTS = """
    argmax argmin argsort argpartition lexsort nonzero flatnonzero argwhere count_nonzero searchsorted digitize bincount
    histogram unique all any allclose isclose array_equal array_equiv isin isreal iscomplex isrealobj iscomplexobj
    isposinf isneginf nanargmax nanargmin result_type can_cast min_scalar_type shares_memory may_share_memory array_repr
    array_str array2string matrix_rank triu_indices_from tril_indices_from diag_indices_from histogram2d histogramdd
    histogram_bin_edges einsum_path
"""
FACTS: Final = frozenset(OF_FACTS.split())
COMPLEX: Final = frozenset(["eig", "eigvals", "roots", "sort_complex"])
WRITERS: Final = frozenset(["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"])


def of_package(package: Any) -> dict[str, Any]:
    """Return the functions of ours that a package of NumPy's has by the same names."""
    homes = (rearrange, products, statistics, sliding, elementwise, polynomials)
    ours = {name: one for home in homes for name, one in vars(home).items() if callable(one)}
    return {name: one for name, one in ours.items() if callable(getattr(package, name, None)) and one is not Any}


# To which tensor.py adds those that make a Tensor of several.
FUNCTIONS: Final[dict[str, Any]] = (
    {name: of_method(name) for name in ROWS_OF_NUMPY if hasattr(np, name)}
    | of_package(np)
    | {"sliding_window_view": sliding.sliding_window_view, "trapz": sliding.trapezoid}
    | {"amax": statistics.max, "amin": statistics.min, "row_stack": rearrange.vstack, "msort": statistics.sort}
    | {"astype": lambda x, dtype, **_: x.astype(dtype)}
    | {"fftshift": rearrange.fftshift, "ifftshift": rearrange.ifftshift}
    | {"around": elementwise.round, "fix": OPS["trunc"]}
    | {"shape": lambda x: x.shape, "ndim": lambda x: x.ndim, "size": lambda x: x.size}
    | dict.fromkeys(["real", "real_if_close", "conj"], elementwise.itself)
)
OF_LINALG: Final[dict[str, Any]] = of_package(np.linalg) | {
    "trace": products.trace_of_last,
    "diagonal": products.diagonal_of_last,
}


REDUCTIONS: Final[dict[str, Any]] = {  # np.add.reduce, whose axis is the first unless told
    "add": statistics.sum,
    "multiply": statistics.prod,
    "maximum": statistics.max,
    "minimum": statistics.min,
}
ACCUMULATIONS: Final[dict[str, Any]] = {"add": statistics.cumsum, "multiply": statistics.cumprod}


def without_defaults(function: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords that say something; TypeError for `out`, since a Tensor is not written into."""
    if options.get("out") is not None:
        raise TypeError(f"np.{function} gives a new Tensor, and writes none: leave out `out`")
    silent = {"out": None, "dtype": None, "where": True, "initial": None, "subok": False, "casting": "same_kind"}
    return {
        name: one
        for name, one in options.items()
        if one is not getattr(np, "_NoValue", None) and not (name in silent and one is silent[name])
    }


def row_of(function: Any) -> Any:
    """Return the row that a ufunc is, or the user's own that has its name; None where there is none."""
    own = OPS.get(function.__name__)
    return own if own is not None and own.public else UFUNCS.get(function.__name__)


def ufunc_of_values(ufunc: Any, method: str, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Answer np.logaddexp(v, w) by the row, entry by entry, and array * v with the operators of its objects."""
    if any(isinstance(x, Node) and hasattr(x, "shape") for x in args):
        return NotImplemented  # a Tensor says what becomes of it
    if ufunc.__name__ in COMPARISONS and ufunc.__name__ not in RELATIONS:
        return getattr(ufunc, method)(*[x.item() if isinstance(x, Node) else x for x in args], **options)
    objects = [wrap_in_array(x) if isinstance(x, Node) else x for x in args]
    row = row_of(ufunc)
    if isinstance(row, Op) and row.public and method == "__call__" and not options:
        return np.frompyfunc(row, len(args), 1)(*objects)
    objects = [x.astype(float)[()] if is_long(x) else x for x in objects]  # whose operators ask this function again
    return getattr(ufunc, method)(*objects, **options)


def is_long(x: Any) -> bool:
    """Whether x is a float of NumPy's, or an array of them, that Python's own does not hold: a longdouble."""
    return isinstance(x, (np.floating, np.ndarray)) and x.dtype.char == "g"


def wrap_in_array(x: Node) -> Any:
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
