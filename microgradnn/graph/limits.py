"""What an operation is worth where Python's own function raises.

NumPy already knows the limits: log(0) = −inf, exp(1000) = inf, 1 / sqrt(0) = inf. So the row's
array function, or its rule, is asked at the same numbers. What has no real value is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

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
    return op.array(*args)


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
