"""Is this gradient right? And if not: which, by how much, and which operation is to blame."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isinf
from sys import float_info
from typing import Any

import numpy as np

from ..graph import topological
from ..paths import back
from ..structure import flatten, unflatten
from ..value import Value
from .differences import Slope, between, central, sides, steep
from .replay import Suspect, complex_step, condition, suspects

ALLOWED = 1000.0  # units of rounding: a wrong derivative is off by far more, a long sum by far less
FAINTEST = 1e-200  # smaller slopes are lost in a complex step of 1e-100
STEEP = 1e4  # of √x, from 0 to 1e-12: a million
LOST = "the graph does not know of all the ways from the input to the result; was a number taken out with .data?"


@dataclass(frozen=True)
class Entry:
    """One gradient, and what it was held against."""

    name: str
    gradient: float
    reference: float
    method: str
    unit: float  # the rounding to be expected
    ok: bool

    @property
    def units(self) -> float:
        """The error in units of the rounding expected."""
        error = abs(self.gradient - self.reference) if self.gradient != self.reference else 0.0
        return error / self.unit if self.unit else (inf if error else 0.0)


@dataclass(frozen=True)
class Report:
    """What `gradcheck` found; true if every gradient is right, and `str()` says why or why not."""

    entries: tuple[Entry, ...]
    suspects: tuple[Suspect, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return all(entry.ok for entry in self.entries)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        rows = [("input", "gradient", "reference", "off by", "method", "")]
        for entry in self.entries:
            off = f"{entry.units:.3g} units" if isfinite(entry.units) else "∞"
            verdict = "ok" if entry.ok else "WRONG"
            rows.append((entry.name, f"{entry.gradient:.9g}", f"{entry.reference:.9g}", off, entry.method, verdict))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"wrong local derivative: {suspect}" for suspect in self.suspects]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def gradcheck(f: Callable[..., Any], *inputs: Any, rtol: float | None = None) -> Report:
    """Hold the gradients that the backward sweep finds for f against differences of f itself.

    `f` takes Values, one for each of `inputs` (numbers, or lists, tuples, dicts and arrays of
    numbers) and returns a Value, or several in such a structure. The reference is the complex step
    where every operation is analytic and the differences agree with it, else Ridders' differences;
    at a kink any slope between those of the two sides is accepted, and the method says so. A
    gradient is right if it is off by no more than 1,000 units of the rounding to be expected, and
    the error of the differences; `rtol` allows a relative error instead.

    Where a gradient is wrong, each edge of the graph is checked alone, and those with a wrong local
    derivative are named.

    >>> print(gradcheck(lambda x, y: x * y.sin(), 2.0, 0.0))
    input  gradient  reference  off by   method
    x      0         0          0 units  complex step  ok
    y      2         2          0 units  complex step  ok
    """
    given = flatten(inputs)
    numbers = [float(x.data) if isinstance(x, Value) else float(x) for x in given]
    names = named(f, inputs)

    def outputs(at: Sequence[float]) -> tuple[list[Value], list[Value]]:
        leaves = [Value(x, name) for x, name in zip(at, names, strict=True)]
        result = flatten(f(*unflatten(inputs, leaves)))
        return leaves, [y if isinstance(y, Value) else Value(y, kind="constant") for y in result]

    leaves, results = outputs(numbers)
    entries: list[Entry] = []
    blamed: list[Suspect] = []
    notes: list[str] = []
    for k, root in enumerate(results):
        gradients = back(topological(root), leaves, 1.0, on_nodes=False)
        exact, scales = complex_step(root, leaves), condition(root, leaves)
        largest = max(abs(node.data) for node in topological(root))
        noise = float_info.epsilon * largest if isfinite(largest) else 0.0
        wrong = False
        for i, leaf in enumerate(leaves):

            def along(x: float, i: int = i, k: int = k) -> float:
                return float(outputs([*numbers[:i], x, *numbers[i + 1 :]])[1][k].item())

            gradient = float(gradients.get(leaf, 0.0))
            unit = max(float_info.epsilon * max(scales[i], abs(gradient)), FAINTEST)
            entry, note = held(along, numbers[i], gradient, exact[i] if exact else None, unit, noise, rtol)
            name = names[i] if len(results) == 1 else f"{names[i]} of output {k}"
            entries.append(Entry(name, gradient, *entry))
            wrong |= not entries[-1].ok
            notes += [f"{name}: {note}"] if note else []
        if wrong:
            blamed += suspects(root)
    return Report(tuple(entries), tuple(dict.fromkeys(blamed)), tuple(notes))


def held(
    along: Callable[[float], float],
    x: float,
    gradient: float,
    exact: float | None,
    unit: float,
    noise: float,
    rtol: float | None,
) -> tuple[tuple[float, str, float, bool], str]:
    """Hold one gradient against its reference; return reference, method, unit and verdict, and a note.

    `unit` is the rounding to be expected of the gradient, `noise` that of the function.
    """
    if not isfinite(gradient):
        steepest = steep(along, x)
        ok = isinf(gradient) and abs(steepest) > STEEP and (steepest > 0) == (gradient > 0)
        return (gradient if ok else steepest, "a vertical tangent", unit, ok), ""
    found = central(along, x, rounding=noise)
    slack = rtol * abs(found.slope) if rtol is not None else 8 * found.error + ALLOWED * unit
    agrees = exact is not None and abs(exact - found.slope) <= 8 * found.error + ALLOWED * unit + 1e-6 * abs(exact)
    if exact is not None and agrees:
        slack = rtol * abs(exact) if rtol is not None else ALLOWED * unit
        return (exact, "complex step", unit, abs(gradient - exact) <= slack), ""
    both = sides(along, x, rounding=noise)
    if both.kink:
        nearest = min((both.left.slope, both.right.slope), key=lambda slope: abs(slope - gradient))
        ok = between(gradient, both, slack)
        method = f"kink: {both.left.slope:.6g} … {both.right.slope:.6g}"
        return (gradient if ok else nearest, method, max(unit, slack / ALLOWED), ok), ""
    if not isfinite(found.error):
        found = one_sided(both)
        slack = rtol * abs(found.slope) if rtol is not None else 8 * found.error + ALLOWED * unit
    ok = abs(gradient - found.slope) <= slack
    lost = exact is not None and not ok and abs(gradient - exact) <= ALLOWED * unit
    return (found.slope, "differences", max(unit, found.error), ok), LOST if lost else ""


def one_sided(both: tuple[Slope, Slope]) -> Slope:
    """Return the side that exists, at the end of a domain."""
    return min(both, key=lambda side: side.error)


def assert_gradients(f: Callable[..., Any], *inputs: Any, rtol: float | None = None) -> None:
    """Raise AssertionError, with the report, unless `gradcheck` finds every gradient of f right."""
    report = gradcheck(f, *inputs, rtol=rtol)
    if not report:
        raise AssertionError(f"the gradients are not those of the function\n{report}")


def named(f: Callable[..., Any], inputs: Sequence[Any]) -> list[str]:
    """Name the numbers in the inputs after the parameters of f: x, w[0], p['b']."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    single = [p.name for p in parameters if p.kind is not inspect.Parameter.VAR_POSITIONAL]
    first = [single[i] if i < len(single) else f"x{i}" for i in range(len(inputs))]
    return [name for prefix, part in zip(first, inputs, strict=True) for name in places(part, prefix)]


def places(structure: Any, prefix: str) -> list[str]:
    """Name the numbers in a structure, in the order of `flatten`."""
    if isinstance(structure, dict):
        return [name for key, part in structure.items() for name in places(part, f"{prefix}[{key!r}]")]
    if isinstance(structure, np.ndarray):
        return [f"{prefix}[{', '.join(map(str, index))}]" for index in np.ndindex(structure.shape)]
    if isinstance(structure, (list, tuple)):
        return [name for i, part in enumerate(structure) for name in places(part, f"{prefix}[{i}]")]
    return [prefix]
