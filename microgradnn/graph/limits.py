"""What an operation is worth where Python's own function raises.

NumPy already knows the limits: log(0) = −inf, exp(1000) = inf, 1 / sqrt(0) = inf. So the row's
array function, or its rule, is asked at the same numbers. What has no real value is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan
from numbers import Number
from types import BuiltinFunctionType, FunctionType, MethodType, NoneType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import DomainError, PoleError
from .node import Node

if TYPE_CHECKING:
    from .op import Op


def evaluate(function: Callable[..., Any], *xs: float) -> float:
    """Return `function` at `xs` in NumPy's arithmetic, where nothing raises."""
    with np.errstate(all="ignore"):
        return float(function(*map(np.float64, xs)))


def of_arrays(op: Op, args: Sequence[Any]) -> Any:
    """Return `op` of arrays: of objects, which may be nodes, and of arrays and a Value entry by entry."""
    if any(getattr(getattr(x, "dtype", None), "char", "") == "O" or isinstance(x, Node) for x in args):
        return np.frompyfunc(op, len(args), 1)(*args)
    try:
        return op.array(*args)
    except TypeError as error:
        raise refuse(op, args, error) from None


# --- what is no number --------------------------------------------------------------------------


NEVER: Final = (str, bytes, NoneType, list, tuple, dict, set, frozenset, FunctionType, MethodType, BuiltinFunctionType)
REAL: Final = (bool, int, float)


def is_no_operand(x: Any) -> bool:
    """Whether x never joins an operation, so that there is no use in asking it: text, None, a container, a function."""
    return type(x) in NEVER or isinstance(x, Number)


def advice_on(x: Any) -> str:
    """Say what may have been meant with something that is no real number; '' where that is not known."""
    if isinstance(x, (str, bytes)):
        return "; write float(x) for the number that a text stands for"
    if x is None:
        return "; a function without `return` gives None, and so does backward()"
    if callable(x):
        return "; a function is called, as in f(x) or a.relu()"
    if isinstance(x, complex):
        return "; there are real numbers only: write x.real"
    return "; write float(x)" if isinstance(x, Number) else ""


def refuse(op: Any, args: Sequence[Any], error: Exception) -> Exception:
    """Return the error for arguments that a row does not take, too many or no numbers; else the one that was raised."""
    if op.arity is not None and not op.arity - len(op.options) <= len(args) <= op.arity:
        takes = f"{op.arity - len(op.options)} to {op.arity}" if op.options else f"{op.arity}"
        s = "" if takes == "1" else "s"
        return TypeError(
            f"{op.name} takes {takes} argument{s}, as in {op.text.replace('{', '').replace('}', '')}; got {len(args)}"
        )
    for x in args:
        held = getattr(x, "dtype", None)
        if (held.kind not in "fiubO") if held is not None else is_no_operand(x) and (type(x) not in REAL):
            many = f"; write np.array(x), or [{op.name}(one) for one in x]" if isinstance(x, (list, tuple)) else ""
            what = f"{op.name} takes numbers, Values, Tensors and arrays of numbers; got {x!r:.60} ({type(x).__name__})"
            return TypeError(what + (many or advice_on(x)))
    return error


def value(op: Op, xs: Sequence[float], error: Exception, names: Sequence[str] = ()) -> float:
    """Return the limit of `op` at `xs`, where its scalar function raised `error`.

    Raises DomainError where there is none: outside the reals, or (PoleError) at a pole.
    """
    if isinstance(error, DomainError):  # from an operation inside this one: it knows better
        raise error
    result = evaluate(op.of_arrays, *xs)
    if isinstance(error, ZeroDivisionError):
        raise PoleError(f"{op.name}: division by zero at {operands(op, xs, names)}") from None
    if isnan(result) and not any(map(isnan, xs)):
        where = operands(op, xs, names)
        raise DomainError(f"{op.name} has no real value at {where}{domain_of(op)}") from None
    return result


def operands(op: Op, xs: Sequence[float], names: Sequence[str]) -> str:
    """Say what the operands were: `x = -1.0 (node 'a'), y = 0.5`."""
    numbers = [f"{letter} = {x!r}" for letter, x in zip("xyz", [*xs, *op.held], strict=False)]
    named = [f" (node {name!r})" if name else "" for name in names]
    named += [""] * (len(numbers) - len(named))
    return ", ".join(map(str.__add__, numbers, named))


def domain_of(op: Op) -> str:
    """Say where `op` is defined, if that is not everywhere."""
    conditions = [interval.condition(x) for x, interval in zip("xyz", op.domain, strict=False)]
    told = " and ".join(filter(None, conditions))
    return f"; it is defined for {told}" if told else ""
