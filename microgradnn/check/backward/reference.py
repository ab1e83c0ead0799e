"""The right gradient, from nothing but the user's own forward pass.

Differences of fourth order, (8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h, with a step that adapts to the array
(M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 25.3.6). Where they do not settle, Ridders'
differences, and at a kink the slopes of both sides. The complex step where it runs and agrees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...engine.tensor import Array
from ..differences import central, sides

Cost = Callable[[Sequence[Array]], Any]
STEP = 2e-3
SAMPLE = 48  # entries of an array that is too large to be gone through
SECONDS = 1.2  # for all arrays together
CLOSE = 1e-6  # a mistake is off by far more, a difference of fourth order by far less
CLOSE_32 = 2e-3
WHOLE = 1e-30  # of a complex step


@dataclass
class Slopes:
    """What is known of the gradient of one array: all of it, or a sample, and how far each entry may be off."""

    values: Array  # NaN where it was not looked at
    errors: Array
    kinks: dict[tuple[int, ...], tuple[float, float]] = field(default_factory=dict)
    directions: list[tuple[Array, float, float]] = field(default_factory=list)

    @property
    def known(self) -> Array:
        """Where it was looked at."""
        return ~np.isnan(self.values)

    @property
    def whole(self) -> bool:
        """Whether every entry was looked at."""
        return bool(np.all(self.known))


class Reference:
    """The gradient of a cost at a point, entry by entry, as far as the time reaches."""

    def __init__(self, cost: Cost, arrays: Sequence[Array], seconds: float = SECONDS) -> None:
        self.cost = cost
        self.arrays = [np.array(a, float) for a in arrays]
        begin = time.perf_counter()
        self.here = self.at(self.arrays)
        once = max(time.perf_counter() - begin, 1e-6)
        self.entries = max(SAMPLE, int(seconds / (4 * once)))  # that there is time for
        self.found: dict[int, Slopes] = {}
        self.method = "differences"
        self.exact: set[int] = set()
        self.eps = np.finfo(float).eps

    def at(self, arrays: Sequence[Array]) -> float:
        """Return the cost as a float."""
        with np.errstate(all="ignore"):
            return float(np.real(np.asarray(self.cost(arrays)).sum()))

    def moved(self, k: int, index: tuple[int, ...], x: float) -> float:
        """Return the cost with one entry at x."""
        array = self.arrays[k]
        old, array[index] = array[index], x
        try:
            return self.at(self.arrays)
        except (ValueError, ArithmeticError, FloatingPointError):
            return np.nan
        finally:
            array[index] = old

    def step(self, k: int, index: tuple[int, ...] | None = None) -> float:
        """Return a step that is small beside the numbers of an array."""
        array = self.arrays[k]
        typical = float(np.sqrt(np.mean(array**2))) if array.size else 1.0
        size = typical if index is None else max(abs(float(array[index])), min(typical, 1.0) if typical else 1.0)
        wide = STEP if self.eps < 1e-10 else 3e-2
        return wide * (size or 1.0)

    def entry(self, k: int, index: tuple[int, ...]) -> tuple[float, float]:
        """Return the slope along one entry, and how far it may be off."""
        x, h = float(self.arrays[k][index]), self.step(k, index)
        best = (np.nan, np.inf)
        for _ in range(3):
            near = self.moved(k, index, x + h) - self.moved(k, index, x - h)
            far = self.moved(k, index, x + 2 * h) - self.moved(k, index, x - 2 * h)
            slope, rough = (8 * near - far) / (12 * h), near / (2 * h)
            rounding = 20 * self.eps * max(abs(self.here), abs(near)) / h
            error = 1e-3 * abs(slope - rough) + rounding
            if np.isfinite(error) and error < best[1]:
                best = (slope, error)
            if best[1] <= 1e-7 * abs(best[0]) + 2 * rounding:
                break
            h /= 16
        return best

    def slopes(self, k: int) -> Slopes:
        """Return the gradient of array k, all of it or a sample."""
        if k not in self.found:
            array = self.arrays[k]
            values, errors = np.full(array.shape, np.nan), np.full(array.shape, np.inf)
            exact = self.complex_entries(k)
            found = Slopes(values, errors)
            for index in self.chosen(k):
                if exact is not None:
                    values[index], errors[index] = exact[index], 1e-11 * abs(exact[index])
                else:
                    values[index], errors[index] = self.entry(k, index)
            self.found[k] = found
            if not found.whole:
                found.directions = [self.direction(k, seed) for seed in range(2)]
        return self.found[k]

    def chosen(self, k: int) -> list[tuple[int, ...]]:
        """Return the places to look at: all, or the corners of the array and some at random."""
        shape = self.arrays[k].shape
        places = list(np.ndindex(shape)) if self.arrays[k].size <= 20_000 else []
        total = sum(a.size for a in self.arrays)
        share = self.entries * self.arrays[k].size // max(total, 1)
        if places and len(places) <= max(SAMPLE, share, 0 if total > self.entries else total):
            return places
        rng = np.random.default_rng(k)
        flat = rng.choice(self.arrays[k].size, min(SAMPLE, self.arrays[k].size), replace=False)
        picked = [tuple(int(i) for i in np.unravel_index(f, shape)) for f in flat]
        return list(dict.fromkeys([tuple(0 for _ in shape), tuple(n - 1 for n in shape), *picked]))

    def direction(self, k: int, seed: int) -> tuple[Array, float, float]:
        """Return a random direction, the slope along it, and how far that may be off."""
        array = self.arrays[k]
        way = np.random.default_rng(100 + seed).standard_normal(array.shape)
        h = self.step(k) / np.sqrt(array.size) * 3

        def cost(t: float) -> float:
            return self.at([array + t * way if j == k else a for j, a in enumerate(self.arrays)])

        slope = error = np.nan
        for _ in range(4):
            near, far = cost(h) - cost(-h), cost(2 * h) - cost(-2 * h)
            slope, rough = (8 * near - far) / (12 * h), near / (2 * h)
            error = 0.1 * abs(slope - rough) + 20 * self.eps * abs(self.here) / h
            if error <= 1e-7 * abs(slope):
                break
            h /= 8
        return way, float(slope), float(error)

    def complex_entries(self, k: int) -> Array | None:
        """Return the gradient by the complex step, or None where it does not run or does not agree."""
        array = self.arrays[k]
        if array.size == 0 or array.size > min(self.entries, 400):
            return None
        out = np.zeros(array.shape)
        moved: list[Any] = [a.astype(complex) if j == k else a for j, a in enumerate(self.arrays)]
        try:
            with np.errstate(all="ignore"):
                for index in np.ndindex(array.shape):
                    moved[k][index] += WHOLE * 1j
                    found = np.asarray(self.cost(moved)).sum()
                    if not np.iscomplexobj(found):
                        return None
                    out[index] = found.imag / WHOLE
                    moved[k][index] = array[index]
        except Exception:  # whatever the user's code says to complex numbers
            return None
        way, slope, error = self.direction(k, 7)
        agrees = abs(float(np.sum(way * out)) - slope) <= 10 * error + 1e-6 * abs(slope)
        if not (agrees and np.all(np.isfinite(out))):
            return None
        self.method = "complex step"
        self.exact.add(k)
        return out

    # --- held against what is claimed -------------------------------------------------------------------

    def wrong(self, k: int, claimed: Array, close: float = CLOSE) -> Array:
        """Return where a claimed gradient is wrong; it has the shape of the array."""
        found = self.slopes(k)
        scale = float(np.nanmax(np.abs(found.values), initial=0.0))
        with np.errstate(invalid="ignore"):
            slack = close * np.abs(found.values) + 10 * found.errors + 1e-3 * close * scale
            off: Array = found.known & ~(np.abs(claimed - found.values) <= slack)
        return off

    def right(self, k: int, claimed: Array | None, close: float = CLOSE) -> bool:
        """Whether a claimed gradient is right wherever it was looked at, and along some directions."""
        if claimed is None or claimed.shape != self.arrays[k].shape or not np.all(np.isfinite(claimed)):
            return False
        if np.any(self.wrong(k, claimed, close)):
            return False
        return all(
            abs(float(np.sum(way * claimed)) - slope)
            <= 10 * error + 10 * close * abs(slope) + close * norm(way, claimed)
            for way, slope, error in self.slopes(k).directions
        )

    def settle(self, k: int, claimed: Array, close: float = CLOSE, most: int = 24) -> None:
        """Look at the entries that seem wrong once more, with more care, and note the kinks."""
        found = self.slopes(k)
        if k in self.exact:
            return
        for place in np.argwhere(self.wrong(k, claimed, close))[:most]:
            index = tuple(int(i) for i in place)
            x = float(self.arrays[k][index])

            def along(t: float, index: tuple[int, ...] = index) -> float:
                return self.moved(k, index, t)

            rounding = float(self.eps * abs(self.here))
            both = sides(along, x, rounding=rounding)
            if both.kink:
                found.kinks[index] = (both.left.slope, both.right.slope)
                continue
            fine = central(along, x, rounding=rounding)
            if np.isfinite(fine.error) and 8 * fine.error < found.errors[index]:
                found.values[index], found.errors[index] = fine.slope, 8 * fine.error


def norm(way: Array, claimed: Array) -> float:
    """Return the size that the sum of the products would have if nothing cancelled, as a root of squares."""
    return float(np.sqrt(np.sum((way * claimed) ** 2)))
