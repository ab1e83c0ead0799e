"""A function of arrays and the gradient that somebody claims for it: NumPy, PyTorch, whatever gives arrays.

There is no graph: what rounding does is measured, and the function is run in complex numbers if it will.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from math import isfinite, nan, ulp
from typing import Any

import numpy as np

from ..engine.masks import refuse_mask
from ..graph.structure import arguments
from .fast import MOST_SINGLE, bisect, draw_directions
from .functions import write_place
from .judge import ALLOWED, FINE, Case, Judgement, judge
from .report import CANNOT_TELL, OK, RANDOM, Entry, Report

EPSILON = sys.float_info.epsilon
STEP = 1e-100  # of the complex step
SAME_SCALE = 1e-9  # of the largest gradient: by so much each may be off


def check_claim(
    f: Callable[..., Any], inputs: Sequence[Any], grad: Any, rtol: float | None = None, *, fast: bool = False
) -> Report:
    """Hold a claimed gradient against f: `grad(*inputs)`, or the gradient itself, in the structure of the inputs.

    Arrays of floats and numbers are moved, as float64; arrays of integers and all else are handed on as they are.
    Raises ValueError where f gives more than one number, or the gradient does not fit the inputs.
    """
    claim = Claim(f, inputs, grad, rtol)
    return claim.in_directions() if fast else claim.in_full()


class Claim:
    """A function at a point, and a gradient."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any], grad: Any, rtol: float | None) -> None:
        self.f = f
        self.inputs = inputs
        self.rtol = rtol
        names = arguments(f)
        labels = [names[i] if i < len(names) else f"x{i}" for i in range(len(inputs))]
        self.leaves = [
            one for x, name in zip(inputs, labels, strict=True) for one in leaves_of(x, name) if moves(one[1])
        ]
        arrays = [to_array(x).astype(float) for _, x in self.leaves]
        self.shapes = [x.shape for x in arrays]
        self.numbers = np.concatenate([x.ravel() for x in arrays]) if arrays else np.zeros(0)
        self.names = [
            name + write_place(index)
            for (name, _), shape in zip(self.leaves, self.shapes, strict=True)
            for index in np.ndindex(shape)
        ]
        self.digits = EPSILON  # of what f gives: it may compute in float32 inside
        self.here = self.call(self.numbers)
        self.steady = self.here == self.call(self.numbers) or self.here != self.here
        self.notes: list[str] = []
        given = grad(*self.rebuild(self.numbers)) if callable(grad) else grad
        self.gradients = self.fit(given)
        finite = np.abs(self.gradients[np.isfinite(self.gradients)])
        self.size = float(np.max(finite, initial=0.0))
        self.noise = self.measure_noise()

    def rebuild(self, numbers: Any) -> list[Any]:
        """Return the inputs with other numbers, each of its own kind."""
        ends = np.cumsum([int(np.prod(shape, dtype=int)) for shape in self.shapes])[:-1]
        parts = iter([part.reshape(s) for part, s in zip(np.split(numbers, ends), self.shapes, strict=True)])
        return [rebuild_like(x, parts) for x in self.inputs]

    def call(self, numbers: Any) -> Any:
        """Return what f gives for these numbers: one number, complex where they are."""
        with np.errstate(all="ignore"):
            found = to_array(self.f(*self.rebuild(numbers)))
        if found.size != 1:
            raise ValueError(
                f"f gives an array of shape {found.shape}, and grad is the gradient of one number; return its sum, or "
                "see microgradnn.check.check_backward for a forward and a backward pass"
            )
        if found.dtype.kind == "f":
            self.digits = float(np.finfo(found.dtype).eps)
        return found.reshape(-1)[0].item()

    def fit(self, given: Any) -> Any:
        """Return the claimed gradient as a row of numbers; NaN, and a note, where its shape is another."""
        parts = [part for _, part in leaves_of(given, "")]
        if len(parts) != len(self.leaves):
            parts = [part for part in parts if part is not None and moves(part)]
        if len(parts) != len(self.leaves):
            wanted = ", ".join(name for name, _ in self.leaves)
            raise ValueError(f"the gradient has {len(parts)} parts, and there are {len(self.leaves)} inputs: {wanted}")
        rows = []
        for (name, _), shape, part in zip(self.leaves, self.shapes, parts, strict=True):
            array = to_array(part)
            if array.shape != shape:
                self.notes.append(f"the gradient of {name} has the shape {array.shape}, and {name} has {shape}")
                array = np.full(shape, nan)
            try:
                rows.append(array.astype(float).ravel())
            except (TypeError, ValueError):
                raise TypeError(f"the gradient of {name} holds numbers; got {part!r:.60}") from None
        return np.concatenate(rows) if rows else np.zeros(0)

    def measure_noise(self) -> float:
        """Return how far f jumps when its numbers move by parts of their last digits."""
        signs = np.random.default_rng(0).choice((-1.0, 1.0), self.numbers.size)
        steps = signs * 2.0**-46 * np.where(np.isfinite(self.numbers), np.abs(self.numbers), 0)
        line = [self.try_call(self.numbers + k * steps) for k in range(-4, 5)]
        bends = np.abs(np.diff(line, 2))
        jump = float(np.max(bends[np.isfinite(bends)], initial=0.0))
        return float(max(jump, 4 * ulp(self.here), 4 * self.digits * abs(self.here)))

    def try_call(self, numbers: Any) -> Any:
        """As `call`; NaN where f is not defined."""
        try:
            return self.call(numbers)
        except (ValueError, ArithmeticError):
            return nan

    def exact(self, v: Any) -> float:
        """Return the slope along v by the complex step; NaN where f does not run in complex numbers."""
        if any(hasattr(x, "cpu") or hasattr(x, "backward") for _, x in self.leaves):
            return nan
        try:
            found = self.call(self.numbers + 1j * STEP * v)
        except Exception:  # f is not ours: it may do anything with a complex number, and says so in its own way
            return nan
        fits = isinstance(found, complex) and abs(found.real - self.here) <= 1e-9 * abs(self.here)
        return found.imag / STEP if fits else nan

    def case(self, v: Any, x: float, gradient: float, size: float, only: int | None = None) -> Case:
        """Return what is to be judged along a direction, on which the point is at x."""

        @cache
        def along(t: float) -> float:
            if t == x:
                return float(self.here)
            numbers = self.numbers + (t - x) * v
            if only is not None:  # t is that number itself: nothing is lost in a difference
                numbers[only] = t
            return float(np.real(self.call(numbers)))

        unit = EPSILON * (8 * abs(gradient) + 1e-3 * size)
        return Case(
            along, x, gradient, self.exact(v), unit, size, self.noise, lambda _: self.noise,
            lambda: False, lambda: False, 0.0, self.rtol, SAME_SCALE * size,
        )  # fmt: skip

    def judge_one(self, i: int) -> Entry:
        """Judge the gradient in number i."""
        v = np.zeros(self.numbers.size)
        v[i] = 1.0
        case = self.case(v, float(self.numbers[i]), float(self.gradients[i]), self.size, i)
        finding = (settle_by_differences(case) or judge(case)) if self.steady else not_steady(case)
        return Entry(self.names[i], case.gradient, *finding[:4])

    def in_full(self) -> Report:
        """Judge number by number."""
        return self.report([self.judge_one(i) for i in range(self.numbers.size)])

    def in_directions(self) -> Report:
        """Judge along random directions, and number by number where one is off."""
        entries = []
        directions = draw_directions(self.gradients)
        for number, v in enumerate(directions, 1):
            case = self.along(v)
            finding = judge(case) if self.steady else not_steady(case)
            entries.append(Entry(f"{v.size:,} numbers, direction {number}", case.gradient, *finding[:4]))
        if self.steady and any(entry.verdict != OK for entry in entries):

            def agrees(some: Any) -> bool:
                only = np.zeros(self.numbers.size)
                only[some] = directions[0][some]
                return judge(self.along(only)).verdict == OK

            entries += [self.judge_one(i) for i in bisect(agrees, np.arange(self.numbers.size))[:MOST_SINGLE]]
        return self.report(entries)

    def along(self, v: Any) -> Case:
        """Return what is to be judged along v, at most 1 a number."""
        v = v / max(float(np.max(np.abs(v), initial=0.0)), 1e-300)
        return self.case(v, 0.0, float(self.gradients @ v), float(np.abs(self.gradients * v).sum()))

    def report(self, entries: Sequence[Entry]) -> Report:
        """Put the report together."""
        return Report(tuple(entries), (), tuple(self.notes), "" if self.steady else RANDOM)


def not_steady(case: Case) -> Judgement:
    """Say that nothing can be said."""
    return Judgement(nan, "not steady", case.unit, CANNOT_TELL)


def settle_by_differences(case: Case) -> Judgement | None:
    """Compare with two central differences, extrapolated; None in doubt, and where the complex step knows better."""
    if isfinite(case.exact) or not isfinite(case.gradient) or not isfinite(case.x) or case.rtol is not None:
        return None
    h = max(abs(case.x), 2.0**-7) * 2.0**-10
    try:
        wide, narrow = ((case.f(case.x + s) - case.f(case.x - s)) / ((case.x + s) - (case.x - s)) for s in (h, h / 2))
        bend = abs(case.f(case.x + h) - 2 * case.f(case.x) + case.f(case.x - h)) / h
    except (ValueError, ArithmeticError):
        return None
    slope, bar = narrow + (narrow - wide) / 3, case.noise / h
    slack = FINE * abs(case.gradient)
    if abs(slope - case.gradient) + 8 * bar <= slack and bend <= 0.1 * abs(slope):
        return Judgement(slope, "differences", max(bar, slack / ALLOWED), OK)
    return None


def to_array(x: Any) -> Any:
    """Return whatever holds numbers as an array."""
    if hasattr(x, "cpu"):  # a tensor of PyTorch's
        x = x.detach().cpu().numpy()
    refuse_mask(x, "an array here")
    return np.asarray(getattr(x, "data", x) if hasattr(x, "backward") else x)


def moves(x: Any) -> bool:
    """Whether a leaf is of numbers with digits behind the point; a Python int counts as one."""
    return (isinstance(x, (int, float)) and not isinstance(x, bool)) or to_array(x).dtype.kind == "f"


def leaves_of(structure: Any, name: str) -> list[tuple[str, Any]]:
    """Return the arrays and numbers of a structure, each with its name."""
    if isinstance(structure, dict):
        return [leaf for key, part in structure.items() for leaf in leaves_of(part, f"{name}[{key!r}]")]
    if isinstance(structure, (list, tuple)):
        return [leaf for i, part in enumerate(structure) for leaf in leaves_of(part, f"{name}[{i}]")]
    return [(name, structure)]


def rebuild_like(structure: Any, parts: Any) -> Any:
    """Return a structure like another, with the next arrays in the place of what moves."""
    if isinstance(structure, dict):
        return {key: rebuild_like(part, parts) for key, part in structure.items()}
    if isinstance(structure, (list, tuple)):
        several = [rebuild_like(part, parts) for part in structure]
        return type(structure)(*several) if hasattr(structure, "_fields") else type(structure)(several)
    if not moves(structure):
        return structure.copy() if isinstance(structure, np.ndarray) else structure
    part = next(parts)
    if hasattr(structure, "cpu"):
        return sys.modules[type(structure).__module__.partition(".")[0]].from_numpy(part.copy())
    if hasattr(structure, "backward"):
        return type(structure)(part.copy() if part.ndim else part.item())
    return part.item() if isinstance(structure, (int, float)) or not part.ndim else part.copy()
