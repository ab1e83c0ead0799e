"""Is this gradient right? And if not: which, by how much, and which operation is to blame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from math import isfinite, nan
from sys import float_info
from typing import Any, NamedTuple

import numpy as np

from ..engine.modes import record_for_itself
from ..graph import topological
from .blame import suspects
from .claims import check_claim
from .fast import MOST_SINGLE, bisect, compare, draw_directions
from .functions import Flat, Ray, as_nodes, weigh_array, write_place
from .judge import Case, Judgement, judge
from .lookalike import doubt_backward_pass
from .recorded import Part, Swept
from .replay import array_of, replay
from .report import CANNOT_TELL, OK, RANDOM, WRONG, Entry, Report
from .rounding import Losses


@record_for_itself
def gradcheck(
    f: Callable[..., Any], *inputs: Any, grad: Any = None, rtol: float | None = None, fast: bool = False
) -> Report:
    """Hold the gradients that the backward sweep finds for f against f itself.

    `f` takes Values, one for each of `inputs` (numbers, or lists, tuples, dicts and arrays of
    numbers) and returns a Value, or several in such a structure. Where an input is a Tensor, f is
    given one of that shape, of float64, and each of its numbers is checked; so is each number of a
    Tensor that f returns. The reference is the complex step where a difference of f agrees with it,
    which takes two calls of f for each number; in doubt differences on a ladder of steps, and some
    eighty. At a kink any slope between those of the two sides is accepted, and the method says so.

    A gradient is 'ok' if it is off by no more than 1,000 units of the rounding to be expected and
    the error of the differences, or by `rtol` of the reference. Where that would hide an error of a
    millionth, and the operations cannot be seen to be right one by one, the verdict is 'cannot tell';
    so it is where f is not finite, or gives other numbers at the next call.

    With `fast` each output, its numbers weighed at random, is checked along three random directions: a wrong number is
    seen in all of them, and found by halving.

    With `grad` the gradient is somebody's own, `grad(*inputs)` or an array, and f any function that gives one number:
    of NumPy arrays, PyTorch tensors, or what they are given in (lists, dicts). No graph is needed; f is run in complex
    numbers if it will, and else differences are the reference.

    Where a gradient is wrong, each edge of the graph is checked alone, and those with a wrong local
    derivative are named.

    >>> print(gradcheck(lambda x, y: x * y.sin(), 2.0, 0.0))
    input  gradient  reference  off by   method
    x      0         0          0 units  complex step  ok
    y      2         2          0 units  complex step  ok
    """
    if grad is not None:
        return check_claim(f, inputs, grad, rtol, fast=fast)
    check = Check(f, inputs, rtol)
    return check.in_directions() if fast else check.in_full()


class Found(NamedTuple):
    """An entry of the report, the output that it is of, and a note."""

    root: int
    entry: Entry
    note: str

    @property
    def only_by_differences(self) -> bool:
        """Whether it is called wrong for what differences say: they err where a kink hides in rounding.

        The graph knows all, so one of its operations would have to be wrong, or not all of them could be looked at.
        """
        by_differences = self.entry.method == "differences" or self.entry.method.startswith("kink")
        undecided = self.entry.gradient != self.entry.gradient  # ∞ − ∞, where no operation is wrong
        return self.entry.verdict == WRONG and (by_differences or undecided) and not self.note


class Check:
    """A function at a point, recorded, with what is known of its graph."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any], rtol: float | None) -> None:
        self.rtol = rtol
        self.function = Flat(f, inputs)
        self.leaves, result = self.function.call(self.function.numbers)
        self.roots = as_nodes(result)
        self.function.here = [array_of(root) for root in self.roots]
        self.steady = self.repeats()
        self.doubt = "" if self.steady else RANDOM
        self.parts = [Part(root, self.leaves) for root in self.roots]
        self.leaky = self.steady and self.leaks()
        note, speaks = doubt_backward_pass(f, inputs, result)
        self.told = [note] if note and not speaks else []
        self.doubt = self.doubt or (note if speaks else "")
        self.blame = cache(lambda k: suspects(self.roots[k]))
        self.line = cache(lambda i: Ray.of_one(self.function, i))
        self.leaf_of = [x for x in self.leaves for _ in range(array_of(x).size)]

    def repeats(self) -> bool:
        """Whether the function gives the same numbers once more."""
        again = self.function.at(self.function.numbers)
        return len(again) == len(self.roots) and all(
            np.array_equal(array_of(one), array_of(other), equal_nan=True)
            for one, other in zip(again, self.roots, strict=True)
        )

    def leaks(self) -> bool:
        """Whether the function moves other than its graph does, when all numbers move at once."""
        numbers, random = self.function.numbers, np.random.default_rng(0)
        signs = random.choice((-1.0, 1.0), numbers.size) * random.uniform(0.5, 1.0, numbers.size)
        steps = signs * np.where(numbers == 0, 1.0, np.where(np.isfinite(numbers), np.abs(numbers), 0.0))
        for h in (2.0**-7, -(2.0**-7), 2.0**-14, -(2.0**-14), 2.0**-24):
            known = self.compare_with_graph(numbers + h * steps)
            if known is not None:
                return bool(max(known) > 0)
        return True

    def compare_with_graph(self, numbers: Any) -> list[float] | None:
        """Return how far each output is from its graph elsewhere, beyond rounding; None where f is not defined."""
        moved = dict(zip(self.leaves, self.function.split(numbers), strict=True))
        try:
            found = self.function.at(numbers)
            again = [replay(part.order, moved) for part in self.parts]
        except (ValueError, ArithmeticError):
            return None
        missed = []
        for one, other in zip(found, again, strict=True):
            here = array_of(one)
            if here.shape != other.shape or not np.isfinite(here).all():
                return None
            noise = Losses(topological(one)).of(np.ones(here.shape)).noise
            apart = float(np.max(np.abs(here - other), initial=0.0))
            missed.append(apart if not apart <= 16 * noise else 0.0)
        return missed

    def leak(self, i: int, root: int) -> float:
        """Return the slope in number i that the graph does not know of; 0.0 where it knows all."""
        x = float(self.function.numbers[i])
        if not isfinite(x):
            return 0.0
        unit, slopes = abs(x) or 1.0, []
        for h in (unit * 2.0**-14, unit * 2.0**-24):
            both = []
            for step in (h, -h):
                numbers = self.function.numbers.copy()
                numbers[i] += step
                missed = self.compare_with_graph(numbers)
                both.append(missed[root] / h if missed is not None else 0.0)
            slopes.append(min(both))
        return slopes[1] if slopes[1] > 0.3 * slopes[0] > 0 else 0.0

    def in_full(self) -> Report:
        """Judge every number of every output in every number of the inputs."""
        found: list[Found] = []
        for k, part in enumerate(self.parts):
            for place, index in enumerate(np.ndindex(part.whole.shape)):
                seed = np.zeros(part.whole.shape)
                seed[index] = 1.0
                swept = part.sweep(seed)
                for i, exact in enumerate(part.slopes[place]):
                    found.append(self.judge_one(k, seed, i, swept, float(exact), self.output(k, index)))
        return self.report(found)

    def in_directions(self) -> Report:
        """Judge each output, its numbers weighed at random, along random directions; where one is off, one by one."""
        found: list[Found] = []
        for k, part in enumerate(self.parts):
            random = np.random.default_rng(k)
            shape = part.whole.shape
            seed = (
                random.uniform(1, 2, shape) * random.choice((-1.0, 1.0), shape)
                if part.whole.size > 1
                else np.ones(shape)
            )
            swept = part.sweep(seed)
            gradients, units = np.array(swept.gradients), np.array(swept.units)
            output = f" of output {k}" if len(self.parts) > 1 else ""

            def slope(v: Any, part: Part = part, seed: Any = seed) -> float:
                return weigh_array(part.along(self.function.split(v)), seed)

            directions = draw_directions(gradients)

            def agrees(some: Any, v: Any = directions[0], known: Any = (gradients, units), slope: Any = slope) -> bool:
                only = np.zeros(v.size)
                only[some] = v[some]
                return compare(known[0], known[1], only, slope(only))

            for number, v in enumerate(directions, 1):
                name = f"{v.size:,} numbers, direction {number}{output}"
                case = self.case_along(k, seed, v, swept, slope(v))
                finding = judge(case)
                found.append(Found(k, Entry(name, case.gradient, *finding[:4]), finding.note))
            if any(one.entry.verdict != OK for one in found if one.root == k):
                for i in bisect(agrees, np.arange(gradients.size)) or self.find_leaks(k):
                    one = np.zeros(gradients.size)
                    one[i] = 1.0
                    found.append(self.judge_one(k, seed, i, swept, slope(one), output))
        return self.report(found)

    def find_leaks(self, k: int) -> list[int]:
        """Return numbers in which the graph does not know all of output k, the first of them."""
        if not self.leaky:
            return []
        return list(islice((i for i in range(self.function.numbers.size) if self.leak(i, k)), MOST_SINGLE))

    def output(self, k: int, index: tuple[int, ...]) -> str:
        """Name a number of an output: ' of output 1[0, 2]'; '' where there is one."""
        if len(self.parts) == 1 and self.parts[0].whole.size == 1:
            return ""
        return f" of output {k if len(self.parts) > 1 else ''}{write_place(index)}"

    def judge_one(self, k: int, seed: Any, i: int, swept: Swept, exact: float, output: str) -> Found:
        """Judge Σ seed · output k in number i of the inputs."""
        line, leaf = self.line(i), self.leaf_of[i]
        case = Case(
            line.value(k, seed),
            line.start,
            swept.gradients[i],
            exact,
            swept.units[i],
            max(swept.sizes),
            swept.noise,
            line.rounding(k, seed),
            lambda: self.parts[k].is_sound(leaf, swept.reached),
            lambda: bool(self.blame(k)[0]),
            self.leak(i, k) if self.leaky else 0.0,
            self.rtol,
        )
        finding = judge(case) if self.steady else Judgement(nan, "not steady", case.unit, CANNOT_TELL)
        return Found(k, Entry(self.function.names[i] + output, case.gradient, *finding[:4]), finding.note)

    def case_along(self, k: int, seed: Any, v: Any, swept: Swept, exact: float) -> Case:
        """Return what is to be judged along a direction."""
        gradients, units, sizes = (np.array(one) for one in swept[:3])
        scale = float(np.max(np.abs(v), initial=0.0)) or 1.0
        line = Ray(self.function, v / scale)
        return Case(
            line.value(k, seed),
            0.0,
            float(gradients @ v) / scale,
            exact / scale,
            float(units @ np.abs(v)) / scale + float_info.epsilon * float(np.abs(gradients * v).sum()) / scale,
            float(sizes @ np.abs(v)) / scale,
            swept.noise + self.measure_input_rounding(gradients),
            lambda t: line.rounding(k, seed)(t) + self.measure_input_rounding(gradients),
            lambda: all(self.parts[k].is_sound(leaf, swept.reached) for leaf in self.leaves),
            lambda: bool(self.blame(k)[0]),
            1.0 if self.leaky else 0.0,
            self.rtol,
        )

    def measure_input_rounding(self, gradients: Any) -> float:
        """Return what rounding of the inputs themselves does, when they move by parts of their last digits."""
        return float_info.epsilon * float(np.abs(gradients) @ np.abs(self.function.numbers))

    def report(self, found: Sequence[Found]) -> Report:
        """Put the report together: what was found, what is to blame, and what is to be said besides."""
        notes: dict[str, list[str]] = {}
        for one in found:
            if one.note:
                notes.setdefault(one.note, []).append(one.entry.name)
        told = [*self.told, *[f"{list_names(where)}: {note}" for note, where in notes.items()]]
        entries = tuple(one.entry for one in found)
        if self.doubt:
            entries = tuple(replace(entry, verdict=CANNOT_TELL) for entry in entries)
            return Report(entries, (), tuple(told), self.doubt)
        wrong = dict.fromkeys(one.root for one in found if one.entry.verdict == WRONG)
        blamed = {k: self.blame(k) for k in wrong}
        told += [note for _, note in blamed.values() if note]
        entries = tuple(
            replace(one.entry, verdict=CANNOT_TELL)
            if one.only_by_differences and not any(blamed[one.root])
            else one.entry
            for one in found
        )
        return Report(entries, tuple(dict.fromkeys(one for some, _ in blamed.values() for one in some)), tuple(told))


def list_names(names: Sequence[str], most: int = 3) -> str:
    """Write the first of the names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def assert_gradients(
    f: Callable[..., Any], *inputs: Any, grad: Any = None, rtol: float | None = None, fast: bool = False
) -> None:
    """Raise AssertionError, with the report, unless `gradcheck` finds every gradient of f right.

    It is raised too where that cannot be told, and says so. The arguments are those of `gradcheck`.
    """
    report = gradcheck(f, *inputs, grad=grad, rtol=rtol, fast=fast)
    if not report:
        what = "are not those of the function" if report.verdict == WRONG else "cannot be judged"
        raise AssertionError(f"the gradients {what}\n{report}")
