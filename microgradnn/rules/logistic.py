"""Where a logarithm undoes a sigmoid: log σ(z) = −softplus(−z), and log(1 − σ(z)) = −softplus(z).

σ(−800) is 0 in floats and its logarithm −∞, while the truth is −800, with slope 1. So each path asks here,
where σ(z) is too small to be divided by, whether a logarithm is one of these. Elsewhere the graph stays as written.
"""

from __future__ import annotations

from typing import Any

from . import calculus

TINY = 2.0**-1022  # the reciprocal of what is smaller may be ∞


def find_logit(x: Any) -> tuple[Any, bool] | None:
    """Return z, and whether it is 1 − σ(z), where the node, or term, x is σ(z) or 1 − σ(z); else None."""
    if x.op is calculus.sigmoid:
        return x.inputs[0], False
    if x.op is calculus.sub:
        one, a = x.inputs
        if a.op is calculus.sigmoid and one.op is None and not one.name and one.kind == "constant":
            if isinstance(one._held(), (int, float)) and one._held() == 1:
                return a.inputs[0], True
    return None


def sigmoids(x: Any) -> list[Any]:
    """Return the node or term x, which is σ(z) or 1 − σ(z), and σ(z)."""
    return [x] if x.op is calculus.sigmoid else [x, x.inputs[1]]


def log_of_logistic(z: Any, flipped: bool) -> Any:
    """Return log σ(z), or log(1 − σ(z)), by a form that does not underflow."""
    return calculus.neg(calculus.softplus(z if flipped else calculus.neg(z)))
