"""The right gradient, from nothing but the user's own forward pass.

Differences of fourth order, (8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h, with a step that adapts to the array
(M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 25.3.6). Where they do not settle, Ridders'
differences, and at a kink the slopes of both sides. The complex step where it runs and agrees with the differences.
The rounding of the user's function is measured (J. Moré and S. Wild, "Estimating computational noise", 2011).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import comb
from typing import Any

import numpy as np

from ...engine.tensor import Array
from ..differences import central, sides

Cost = Callable[[Sequence[Array]], Any]
STEP = 2e-3
SAMPLE = 48  # entries of an array that is too large to be gone through
SECONDS = 0.8  # for all arrays together
CLOSE = 1e-6  # a mistake is off by far more, a difference of fourth order by far less
WHOLE = 1e-30  # of a complex step


@dataclass
class Slopes:
    """What is known of the gradient of one array: all of it, or a sample, and how far each entry may be off."""

    values: Array  # NaN where it was not looked at, or cannot be told
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
        begin = time.process_time()
        self.here = self.at(self.arrays)
        self.noise = self.measure_noise()
        once = max((time.process_time() - begin) / 10, 1e-6)
        self.entries = max(SAMPLE, int(seconds / (4 * once)))  # that there is time for
        self.found: dict[int, Slopes] = {}
        self.exact: set[int] = set()
        self.rounding: dict[int, Array] = {}  # of what is claimed, where it was measured
        self.close = CLOSE
        self.staircase = False

    @property
    def method(self) -> str:
        """What the gradients were held against."""
        methods = ["the complex step"] if self.exact else []
        return " and ".join([*methods, *(["differences"] if len(self.exact) < len(self.found) else [])])

    def at(self, arrays: Sequence[Array]) -> float:
        """Return the cost as a float."""
        with np.errstate(all="ignore"):
            return float(np.real(np.asarray(self.cost(arrays)).sum()))

    def cost_along_all(self, ways: Sequence[Array], t: float) -> float:
        """Return the cost with every array moved by t along its way; NaN where there is none."""
        try:
            return self.at([a + t * way for a, way in zip(self.arrays, ways, strict=True)])
        except (ValueError, ArithmeticError):
            return np.nan

    def measure_noise(self, little: float = 1e-11, count: int = 8) -> float:
        """Return how much the cost jumps when everything moves by next to nothing."""
        ways = [
            np.random.default_rng(i).standard_normal(a.shape) * np.abs(a) * little for i, a in enumerate(self.arrays)
        ]
        row = [self.cost_along_all(ways, i - count // 2) for i in range(count + 1)]
        with np.errstate(all="ignore"):
            fourth = np.diff(np.array(row), 4)
            found = float(np.sqrt(np.mean(fourth**2) / comb(8, 4)))
        least = float(np.finfo(float).eps * abs(self.here))
        return max(found, least) if np.isfinite(found) else least

    def is_staircase(self) -> bool:
        """Whether the cost jumps again and again between places where it is smooth, or stands still.

        So it does where 1 − a of a saturated a has few digits left: -log(1 - a) of a = 1 - 1e-15 jumps by a tenth, and
        then to infinity.
        A kink is no jump: beyond it the differences stay what they have become.
        """
        return any(
            self.jumps_along(seed, little) for seed in (0, 100, 200) for little in (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3)
        )

    def jumps_along(self, seed: int, little: float) -> bool:
        """Whether the cost jumps along a random way through all arrays."""
        ways = [np.random.default_rng(seed + i).standard_normal(a.shape) * np.abs(a) for i, a in enumerate(self.arrays)]
        row = [self.cost_along_all(ways, t) for t in np.linspace(-little, little, 33)]
        moves = np.diff(row)
        if not np.all(np.isfinite(moves)):
            return bool(np.any(np.isinf(row)))  # the last step is to log(0)
        left, here, right = moves[:-2], moves[1:-1], moves[2:]
        rounding = 100 * float(np.finfo(float).eps) * float(np.max(np.abs(row)))
        jumps = np.abs(here - (left + right) / 2) > 10 * np.abs(left - right) + rounding
        return bool(np.count_nonzero(jumps) >= 3 or np.count_nonzero(np.diff(moves == 0)) >= 4)

    def cost_at(self, k: int, index: tuple[int, ...], x: float) -> float:
        """Return the cost with one entry at x."""
        array = self.arrays[k]
        old, array[index] = array[index], x
        try:
            return self.at(self.arrays)
        except (ValueError, ArithmeticError):
            return np.nan
        finally:
            array[index] = old

    def cost_moved_by(self, k: int, index: tuple[int, ...], t: float) -> float:
        """Return the cost with one entry moved by t."""
        return self.cost_at(k, index, float(self.arrays[k][index]) + t)

    def step(self, k: int, index: tuple[int, ...] | None = None) -> float:
        """Return a step that is small beside the numbers of an array."""
        array = self.arrays[k]
        typical = float(np.sqrt(np.mean(array**2))) if array.size else 1.0
        size = typical if index is None else max(abs(float(array[index])), min(typical, 1.0) if typical else 1.0)
        coarse = self.noise > 1e-9 * abs(self.here)  # of float32
        return (3e-2 if coarse else STEP) * (size or 1.0)

    def entry(self, k: int, index: tuple[int, ...]) -> tuple[float, float]:
        """Return the slope along one entry, and how far it may be off."""
        return self.narrow(partial(self.cost_moved_by, k, index), self.step(k, index), 16)

    def narrow(self, f: Callable[[float], float], h: float, shrink: float) -> tuple[float, float]:
        """Return the slope of f at 0, with smaller steps until it settles, and how far it may be off."""
        best, before = (np.nan, np.inf), np.nan
        for _ in range(4):
            a, b, c, d = f(h), f(-h), f(2 * h), f(-2 * h)
            near, far = a - b, c - d
            slope, rough = (8 * near - far) / (12 * h), near / (2 * h)
            least = float(np.finfo(float).eps) * float(np.nanmax(np.abs([a, b, c, d])))
            rounding = 10 * max(self.noise, least) / h
            error = 1e-3 * abs(slope - rough) + rounding
            if np.isfinite(before):
                error = max(error, min(abs(slope - before), best[1] if np.isfinite(best[1]) else np.inf) * 1e-3)
            if np.isfinite(error) and error < best[1]:
                best = (slope, error)
            if best[1] <= 1e-7 * abs(best[0]) + 2 * rounding:
                break
            before = slope
            h /= shrink
        return float(best[0]), float(best[1])

    def look_closely(self, f: Callable[[float], float], h: float, slope: float, error: float) -> tuple[float, float]:
        """Return the slope of f at 0, and how far it may be off, by a step so small that it passes fewer kinks.

        Of thousands of units some are so near their kinks that a step of h goes past them. What was found stands where
        the small step, which rounding blurs, does not contradict it.
        """
        coarse = self.noise > 1e-9 * abs(self.here)  # of float32, which the smallest of them would be lost in
        for shrink in (10, 100, 1000) if coarse else (1000,):
            low, high = f(-h / shrink), f(h / shrink)
            rounding = 10 * max(self.noise, float(np.finfo(float).eps) * max(abs(low), abs(high))) * shrink / h
            near = (high - low) * shrink / (2 * h)
            if abs(near - slope) > 10 * (error + rounding) + (1e-2 * abs(slope) if coarse else 0.0):
                slope, error = near, rounding
        return slope, error

    def slopes(self, k: int) -> Slopes:
        """Return the gradient of array k, all of it or a sample."""
        if k not in self.found:
            array = self.arrays[k]
            values, errors = np.full(array.shape, np.nan), np.full(array.shape, np.inf)
            found = self.found[k] = Slopes(values, errors)
            exact = self.complex_entries(k)
            for index in self.choose_places(k):
                if exact is not None:
                    values[index], errors[index] = exact[index], 1e-11 * abs(exact[index])
                else:
                    values[index], errors[index] = self.entry(k, index)
            if array.size > 1 and not found.whole:
                found.directions = [self.direction(k, seed) for seed in range(2)]
        return self.found[k]

    def choose_places(self, k: int) -> list[tuple[int, ...]]:
        """Return the places to look at: all, or the corners of the array and some at random."""
        shape = self.arrays[k].shape
        size = self.arrays[k].size
        total = sum(a.size for a in self.arrays)
        if size <= SAMPLE or total <= self.entries or size <= self.entries * size // total:
            return list(np.ndindex(shape))
        flat = np.random.default_rng(k).choice(size, SAMPLE, replace=False)
        picked = [tuple(int(i) for i in np.unravel_index(f, shape)) for f in flat]
        return list(dict.fromkeys([tuple(0 for _ in shape), tuple(n - 1 for n in shape), *picked]))

    def cost_along(self, k: int, way: Array, t: float) -> float:
        """Return the cost with an array moved by t along a direction; NaN where there is none."""
        try:
            return self.at([a + t * way if j == k else a for j, a in enumerate(self.arrays)])
        except (ValueError, ArithmeticError):
            return np.nan

    def direction(self, k: int, seed: int) -> tuple[Array, float, float]:
        """Return a random direction, the slope along it, and how far that may be off."""
        array = self.arrays[k]
        way = np.random.default_rng(100 + seed).standard_normal(array.shape)
        along = partial(self.cost_along, k, way)
        h = self.step(k) / np.sqrt(max(array.size, 1)) * 3
        slope, error = self.narrow(along, h, 8)
        return way, *self.look_closely(along, h, slope, error)

    def complex_entries(self, k: int) -> Array | None:
        """Return the gradient by the complex step, or None where it does not run or does not agree."""
        array = self.arrays[k]
        if self.staircase or array.size == 0 or array.size > min(self.entries, 400):
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
        self.exact.add(k)
        return out

    def look_again(self) -> None:
        """Forget what was found, and take the steps of a saturated function, wide and low, for noise."""
        self.noise = max(self.noise, 10 * self.measure_noise(1e-5))
        self.found, self.exact, self.staircase = {}, set(), True

    # --- held against what is claimed -------------------------------------------------------------------

    def slack(self, k: int) -> Array:
        """Return how far a gradient may be from what was found, entry by entry."""
        found = self.slopes(k)
        scale = float(np.nanmax(np.abs(found.values), initial=0.0))
        with np.errstate(invalid="ignore", over="ignore"):
            slack = self.close * np.abs(found.values) + 10 * found.errors + 1e-3 * self.close * scale
            slack = slack + self.invisible_slope(k)
        return np.asarray(slack + self.rounding[k] if k in self.rounding else slack)

    def invisible_slope(self, k: int) -> float:
        """Return what a slope may be if the cost does not show it: all of the array is less than its rounding."""
        array = self.arrays[k]
        typical = float(np.sqrt(np.mean(array**2))) if array.size else 0.0
        return 10 * float(np.finfo(float).eps) * abs(self.here) / typical if typical > 1e-300 else 0.0

    def wrong(self, k: int, claimed: Array) -> Array:
        """Return where a claimed gradient is wrong; it has the shape of the array."""
        found = self.slopes(k)
        scale = float(np.nanmax(np.abs(found.values), initial=0.0))
        with np.errstate(invalid="ignore", over="ignore"):
            slack = self.slack(k)
            off: Array = found.known & ~(np.abs(claimed - found.values) <= slack)
            for index, (left, right) in found.kinks.items():
                loose = self.close * max(abs(left), abs(right)) * 10 + 1e-3 * self.close * scale
                off[index] &= not (min(left, right) - loose <= claimed[index] <= max(left, right) + loose)
        return off

    def right(self, k: int, claimed: Array | None) -> bool:
        """Whether a claimed gradient is right wherever it was looked at, and along some directions."""
        if claimed is None or claimed.shape != self.arrays[k].shape:
            return False
        if np.any(self.wrong(k, claimed)):
            return False
        return not any(map(partial(self.contradicts, k, claimed), self.slopes(k).directions))

    def contradicts(self, k: int, claimed: Array, direction: tuple[Array, float, float]) -> bool:
        """Whether a claimed gradient is wrong along a direction."""
        way, slope, error = direction
        spread = float(np.max(self.rounding[k], initial=0.0)) if k in self.rounding else 0.0  # of one entry
        slack = 10 * error + 10 * self.close * abs(slope) + self.close * norm(way, claimed) + spread * np.sqrt(way.size)
        return bool(np.isfinite(slope) and abs(float(np.sum(way * claimed)) - slope) > slack)

    def settle(self, k: int, claimed: Array, most: int = 24) -> None:
        """Look at the entries that seem wrong once more, with more care, and note the kinks."""
        found = self.slopes(k)
        for place in np.argwhere(self.wrong(k, claimed)) if k not in self.exact else []:
            index = tuple(int(i) for i in place)
            found.values[index], found.errors[index] = self.look_closely(
                partial(self.cost_moved_by, k, index), self.step(k, index), found.values[index], found.errors[index]
            )
        for place in np.argwhere(self.wrong(k, claimed))[:most]:
            index = tuple(int(i) for i in place)
            x = float(self.arrays[k][index])
            if not self.staircase and self.surely(k, index, float(claimed[index])):
                continue

            def along(t: float, index: tuple[int, ...] = index) -> float:
                return self.cost_at(k, index, t)

            both = sides(along, x, rounding=self.noise)
            apart = abs(both.left.slope - both.right.slope)
            if both.kink and not (self.staircase and apart < 0.1 * max(abs(both.left.slope), abs(both.right.slope))):
                found.kinks[index] = (both.left.slope, both.right.slope)
                continue
            if k in self.exact or self.staircase:
                continue
            fine = central(along, x, rounding=self.noise)
            contradicts = abs(fine.slope - found.values[index]) > 8 * fine.error + 10 * found.errors[index]
            if np.isfinite(fine.error) and (contradicts or 8 * fine.error < found.errors[index]):
                found.values[index], found.errors[index] = fine.slope, 8 * fine.error
        if self.staircase or np.any(self.wrong(k, claimed)):
            return
        for i, direction in enumerate(found.directions):
            if self.contradicts(k, claimed, direction):
                way = direction[0]
                fine = central(partial(self.cost_along, k, way), 0.0, rounding=self.noise)
                if np.isfinite(fine.error):
                    found.directions[i] = (way, fine.slope, 8 * fine.error)

    def flat(self, k: int, claimed: Array) -> bool:
        """Whether the cost does not move at all, and would by no more than the rounding of 1 − a does."""
        typical = float(np.sqrt(np.mean(self.arrays[k] ** 2))) if claimed.size else 0.0
        small = float(np.max(np.abs(claimed), initial=0.0)) * max(typical, 1.0) <= 100 * float(np.finfo(float).eps)
        return small and abs(self.here) <= 1e-14 and not np.any(self.slopes(k).values)

    def surely(self, k: int, index: tuple[int, ...], claimed: float) -> bool:
        """Whether an entry is off by far, and the cost has the same slope on both sides close by: no second look."""
        slope, error = float(self.found[k].values[index]), float(self.found[k].errors[index])
        rounding = float(self.rounding[k][index]) if k in self.rounding else 0.0
        if not abs(claimed - slope) > 1e-3 * abs(slope) + 100 * error + 10 * rounding:
            return False
        x, h = float(self.arrays[k][index]), self.step(k, index) / 100
        up, down = (self.cost_at(k, index, x + h) - self.here) / h, (self.here - self.cost_at(k, index, x - h)) / h
        slack = 0.1 * abs(claimed - slope) + 10 * self.noise / h
        return abs(up - slope) <= slack and abs(down - slope) <= slack and self.noise / h < abs(claimed - slope) / 100


def norm(way: Array, claimed: Array) -> float:
    """Return the size that the sum of the products would have if nothing cancelled, as a root of squares."""
    return float(np.sqrt(np.sum((way * claimed) ** 2)))
