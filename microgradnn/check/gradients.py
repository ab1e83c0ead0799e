"""Is this gradient right? And if not: which, by how much, and which operation is to blame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, isfinite, isinf, nan
from sys import float_info
from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor import Tensor, leaf
from ..engine.value import Value
from ..graph import Node, topological
from ..graph.paths import back
from ..graph.structure import arguments, flatten, unflatten
from .blame import Suspect, at, suspects
from .differences import Slope, between, central, sides, steep
from .replay import array_of, complex_step, condition

ALLOWED = 1000.0  # units of rounding: a wrong derivative is off by far more, a long sum by far less
FAINTEST = 1e-200  # smaller slopes are lost in a complex step of 1e-100
STEEP = 1e4  # of √x, from 0 to 1e-12: a million
MOST_ROWS = 20  # of a report: of more entries the wrong ones are printed, and the right ones counted
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
        many = len(self.entries) > MOST_ROWS
        wrong = [entry for entry in self.entries if not entry.ok]
        printed = wrong[:MOST_ROWS] if many else self.entries
        lines = table(printed) if printed else []
        if len(wrong) > len(printed):
            lines.append(f"and {len(wrong) - len(printed):,} more are WRONG")
        if many:
            lines.append(counted([entry for entry in self.entries if entry.ok]))
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"wrong local derivative: {suspect}" for suspect in self.suspects]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def table(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each entry, under a heading."""
    rows = [("input", "gradient", "reference", "off by", "method", "")]
    for entry in entries:
        off = f"{entry.units:.3g} units" if isfinite(entry.units) else "∞"
        verdict = "ok" if entry.ok else "WRONG"
        rows.append((entry.name, f"{entry.gradient:.9g}", f"{entry.reference:.9g}", off, entry.method, verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def counted(right: Sequence[Entry]) -> str:
    """Say how many gradients are right, by which methods, and how far off at most."""
    if not right:
        return "none is right"
    methods = Counter(entry.method.partition(":")[0] for entry in right)
    most = max(entry.units for entry in right)
    told = ", ".join(f"{method} {count:,}" for method, count in methods.items())
    return f"{len(right):,} are right, off by at most {most:.3g} units ({told})"


def gradcheck(f: Callable[..., Any], *inputs: Any, rtol: float | None = None) -> Report:
    """Hold the gradients that the backward sweep finds for f against differences of f itself.

    `f` takes Values, one for each of `inputs` (numbers, or lists, tuples, dicts and arrays of
    numbers) and returns a Value, or several in such a structure. Where an input is a Tensor, f is
    given one of that shape, of float64, and each of its numbers is checked; so is each number of a
    Tensor that f returns. The reference is the complex step where every operation is analytic and
    the differences agree with it, else Ridders' differences; at a kink any slope between those of
    the two sides is accepted, and the method says so. A gradient is right if it is off by no more
    than 1,000 units of the rounding to be expected, and the error of the differences; `rtol` allows
    a relative error instead.

    Where a gradient is wrong, each edge of the graph is checked alone, and those with a wrong local
    derivative are named.

    >>> print(gradcheck(lambda x, y: x * y.sin(), 2.0, 0.0))
    input  gradient  reference  off by   method
    x      0         0          0 units  complex step  ok
    y      2         2          0 units  complex step  ok
    """
    function = Flat(f, inputs)
    leaves, roots = function.at(function.numbers)
    sweeps = [sweep for root in roots for sweep in swept(root, leaves)]
    places = [output for k, root in enumerate(roots) for output in outputs(root, str(k) if len(roots) > 1 else "")]
    rows: list[list[Entry]] = [[] for _ in sweeps]
    notes: dict[str, list[str]] = {}
    for i, x in enumerate(function.numbers):
        along = function.along(i)
        for k, sweep in enumerate(sweeps):
            name = function.names[i] if len(sweeps) == 1 else f"{function.names[i]} of output {places[k]}"
            exact = None if sweep.exact is None else sweep.exact[i]
            gradient, unit = sweep.gradients[i], max(float_info.epsilon * sweep.scales[i], FAINTEST)
            entry, note = held(one_of(along, k), x, gradient, exact, unit, sweep.noise, rtol)
            rows[k].append(Entry(name, gradient, *entry))
            if note:
                notes.setdefault(note, []).append(name)
    told = [f"{listed(where)}: {note}" for note, where in notes.items()]
    wrong = {sweep.root: None for sweep, row in zip(sweeps, rows, strict=True) if not all(entry.ok for entry in row)}
    blamed = [suspects(root) for root in wrong]
    told += [note for _, note in blamed if note]
    found = dict.fromkeys(suspect for some, _ in blamed for suspect in some)
    return Report(tuple(entry for row in rows for entry in row), tuple(found), tuple(told))


class Flat:
    """A function of Values and Tensors as one of a list of numbers, which gives a list of numbers."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.f = f
        self.inputs = inputs
        self.given = flatten(inputs)
        self.leaf_names = named(f, inputs)
        arrays = [array_of(x) if isinstance(x, Node) else np.asarray(float(x)) for x in self.given]
        self.shapes = [array.shape for array in arrays]
        self.numbers = [float(x) for array in arrays for x in array.flat]
        self.names = [
            name + at(index)
            for name, shape in zip(self.leaf_names, self.shapes, strict=True)
            for index in np.ndindex(shape)
        ]

    def leaves(self, numbers: Sequence[float]) -> Iterator[Node]:
        """Yield a leaf like each one given, with these numbers."""
        begin = 0
        for x, name, shape in zip(self.given, self.leaf_names, self.shapes, strict=True):
            part = np.array(numbers[begin : begin + int(np.prod(shape, dtype=int))], float)
            begin += part.size
            if isinstance(x, Tensor):
                yield leaf(part.reshape(shape), "input").named(name)
            else:
                yield Value(float(part[0]), name)

    def at(self, numbers: Sequence[float]) -> tuple[list[Node], list[Node]]:
        """Return the leaves with these numbers, and what the function makes of them."""
        leaves = list(self.leaves(numbers))
        result = flatten(self.f(*unflatten(self.inputs, leaves)))
        return leaves, [y if isinstance(y, Node) else Value(y, kind="constant") for y in result]

    def along(self, i: int) -> Callable[[float], list[float]]:
        """Return all outputs as a function of number i, which remembers what it was asked."""

        @cache
        def moved(x: float) -> list[float]:
            with np.errstate(all="ignore"):
                roots = self.at([*self.numbers[:i], x, *self.numbers[i + 1 :]])[1]
            return [float(y) for root in roots for y in array_of(root).flat]

        return moved


def one_of(along: Callable[[float], list[float]], k: int) -> Callable[[float], float]:
    """Return output k of a function with several."""
    return lambda x: along(x)[k]


def outputs(root: Node, name: str) -> list[str]:
    """Name the numbers of an output: '1', '[0, 2]', '1[0, 2]'."""
    return [name + at(index) for index in np.ndindex(array_of(root).shape)]


class Sweep(NamedTuple):
    """What is known of one number of the output, for each number of the inputs."""

    root: Node
    gradients: list[float]
    exact: list[float] | None  # by the complex step
    scales: list[float]  # of rounding
    noise: float  # of the function


def swept(root: Node, leaves: Sequence[Node]) -> Iterator[Sweep]:
    """Yield, for each number of an output, its gradients and what they are to be held against."""
    order, whole, steps = topological(root), array_of(root), complex_step(root, leaves)
    largest = max(float(np.max(np.abs(array_of(node)), initial=0.0)) for node in order)
    noise = float_info.epsilon * largest if isfinite(largest) else 0.0
    for index in np.ndindex(whole.shape):
        seed: Any = 1.0
        if isinstance(root, Tensor):
            seed = np.zeros(whole.shape)
            seed[index] = 1.0
        found = back(order, leaves, seed, on_nodes=False)
        gradients = in_a_row(leaves, [found.get(x, 0.0) for x in leaves])
        sizes = in_a_row(leaves, condition(root, leaves, seed))
        scales = [max(size, abs(gradient)) for size, gradient in zip(sizes, gradients, strict=True)]
        exact = None
        if steps is not None:
            exact = in_a_row(leaves, [step[index] for step in steps])
        yield Sweep(root, gradients, exact, scales, noise)


def in_a_row(leaves: Sequence[Node], found: Sequence[Any]) -> list[float]:
    """Return what was found for each leaf as numbers, one after the other; NaN where it is not of the leaf's shape."""
    flat: list[float] = []
    for x, one in zip(leaves, found, strict=True):
        shape = array_of(x).shape
        fits = type(one) is float or np.shape(one) == shape  # 0.0: nothing came back
        flat += np.broadcast_to(one if fits else nan, shape).ravel().tolist()
    return flat


def listed(names: Sequence[str], most: int = 3) -> str:
    """Write the first of the names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


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
    """Name what is in the inputs after the parameters of f, x, w[0], p['b'], and Tensors as they are named."""
    single = arguments(f)
    first = [single[i] if i < len(single) else f"x{i}" for i in range(len(inputs))]
    return [name for prefix, part in zip(first, inputs, strict=True) for name in places(part, prefix)]


def places(structure: Any, prefix: str) -> list[str]:
    """Name the leaves of a structure, in the order of `flatten`."""
    if isinstance(structure, Tensor):
        return [structure.name or prefix]
    if isinstance(structure, dict):
        return [name for key, part in structure.items() for name in places(part, f"{prefix}[{key!r}]")]
    if isinstance(structure, np.ndarray):
        return [name for index in np.ndindex(structure.shape) for name in places(structure[index], prefix + at(index))]
    if isinstance(structure, (list, tuple)):
        return [name for i, part in enumerate(structure) for name in places(part, f"{prefix}[{i}]")]
    return [prefix]
