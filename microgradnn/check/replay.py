"""A recorded graph, run again: in complex numbers, and edge by edge."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import isclose, isinf
from typing import Any, NamedTuple

import numpy as np

from ..errors import DomainError
from ..graph import Node, topological
from ..notation import definition, labels
from .differences import between, central, sides

STEP = 1e-100  # of the complex step: nothing is subtracted, so it can be as small as one likes


def complex_step(root: Node, leaves: Sequence[Node]) -> list[float] | None:
    """Return d(root)/d(leaf) for each leaf, or None where an operation is not analytic.

    f(x + ih) = f(x) + ih f′(x) + O(h²): the imaginary part is the derivative, to the last digit
    (W. Squire and G. Trapp, SIAM Review 40, 1998). The rows' array functions take complex numbers.
    """
    order = topological(root)
    if any(node.op is not None and node.op.kink is not None for node in order):
        return None
    slopes = []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for leaf in leaves:
            value: dict[Node, Any] = {leaf: np.complex128(complex(leaf.item(), STEP))}
            for node in order:
                if node.op is None:
                    value.setdefault(node, np.complex128(node.item()))
                    continue
                try:
                    value[node] = np.complex128(node.op.of_arrays(*(value[x] for x in node.inputs)))
                except (TypeError, ValueError, ArithmeticError, Warning):
                    return None
                if not isclose(value[node].real, node.item(), rel_tol=1e-6, abs_tol=1e-12):
                    return None
            slopes.append(float(value[root].imag / STEP))
    return slopes


def condition(root: Node, leaves: Sequence[Node]) -> list[float]:
    """Return for each leaf what rounding scales with: the sum over the paths of the product of the partials.

    A partial below 1 counts as 1: of 1 − f², say, the error is that of a number near 1.
    """
    sizes: dict[Node, float] = {root: 1.0}
    for node in reversed(topological(root)):
        for x, partial in zip(node.inputs, node.partials, strict=True):  # type: ignore[attr-defined]
            sizes[x] = sizes.get(x, 0.0) + sizes.get(node, 0.0) * max(abs(partial), 1.0)
    return [sizes.get(leaf, 0.0) for leaf in leaves]


class Suspect(NamedTuple):
    """An edge whose local derivative is not the slope of its operation."""

    text: str
    recorded: float
    slope: float

    def __str__(self) -> str:
        return f"{self.text}: recorded {self.recorded:.6g}, by differences {self.slope:.6g}"


def suspects(root: Node, most: int = 2000) -> list[Suspect]:
    """Return the edges whose recorded partial is not the slope of the operation alone, at most 2,000 looked at."""
    order = topological(root)
    names = labels(order)
    found: list[Suspect] = []
    edges = [(node, i) for node in order if node.op for i in range(len(node.inputs))]
    for node, i in edges[:most]:
        xs = [x.item() for x in node.inputs]
        recorded = node.partials[i]  # type: ignore[attr-defined]
        op = node.op

        def alone(x: float, op: Any = op, xs: list[float] = xs, i: int = i) -> float:
            return float(op(*xs[:i], x, *xs[i + 1 :]))

        try:
            slope = central(alone, xs[i])
            slack = 8 * slope.error + 1e-9 * abs(slope.slope)
            if isinf(recorded) or abs(recorded - slope.slope) <= slack or between(recorded, sides(alone, xs[i]), slack):
                continue
        except DomainError:
            continue
        found.append(Suspect(f"∂/∂{names[node.inputs[i]]} of {definition(node, names)}", recorded, slope.slope))
    return found
