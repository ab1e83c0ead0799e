"""Many gradients at once: along random directions, and from a direction that is off down to the number at fault."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from sys import float_info
from typing import Any

import numpy as np

from .judge import ALLOWED

DIRECTIONS = 3
SPREAD = 100.0  # how far a direction goes to meet gradients that are less than the usual one, or more
MOST_SINGLE = 40  # numbers that are looked at one by one

Agrees = Callable[[Any], bool]


def draw_directions(gradients: Any) -> list[Any]:
    """Return directions along which every gradient counts for about as much, whatever its size."""
    random = np.random.default_rng(0)
    sizes = np.abs(gradients)
    usual = float(np.median(sizes[sizes > 0])) if np.any(sizes > 0) else 1.0
    weights = 1 / np.where((sizes > 0) & np.isfinite(sizes), np.clip(sizes, usual / SPREAD, usual * SPREAD), usual)
    shape = (DIRECTIONS, sizes.size)
    return list(random.choice((-1.0, 1.0), shape) * random.uniform(1, 2, shape) * weights)


def compare(gradients: Any, units: Any, v: Any, exact: float) -> bool:
    """Whether Σ gradient · v is the slope along v, but for rounding."""
    largest = float(np.abs(gradients * v).max(initial=0))
    slack = ALLOWED * (float(np.abs(units) @ np.abs(v)) + float_info.epsilon * largest)
    return isfinite(exact) and bool(abs(float(gradients @ v) - exact) <= slack)


def bisect(agrees: Agrees, places: Any) -> list[int]:
    """Return the places at fault, the first of them where there are many: halves that agree are left alone."""
    found: list[int] = []
    stack = [np.asarray(places)]
    while stack and len(found) < MOST_SINGLE:
        some = stack.pop()
        if some.size and not agrees(some):
            if some.size == 1:
                found.append(int(some[0]))
            else:
                stack += [some[some.size // 2 :], some[: some.size // 2]]
    return found
