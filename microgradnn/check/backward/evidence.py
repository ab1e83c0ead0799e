"""How a wrong gradient is wrong, from its numbers: its shape, its ratio to the right one, where the two differ."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .calls import LABELS, Pass
from .reference import Reference
from .structure import plain

CLOSE = 1e-5


@dataclass(frozen=True)
class Evidence:
    """One sentence about a wrong gradient, and the kind of mistake that it points to."""

    kind: str
    text: str
    ratio: float | None = None


def ratio_of(claimed: Array, right: Array) -> float | None:
    """Return the constant that the right entries were multiplied by, if there is one."""
    if claimed.shape != right.shape:
        return None
    known = np.isfinite(right)
    a, b = claimed[known], right[known]
    large = np.abs(b) > 1e-9 * max(float(np.max(np.abs(b), initial=0.0)), 1e-300)
    if not np.any(large) or not np.all(np.isfinite(a)):
        return None
    found = float(np.median(a[large] / b[large]))
    error = np.abs(a - found * b)
    scale = float(np.max(np.abs(a), initial=0.0))
    return found if scale and float(np.max(error)) <= CLOSE * scale and abs(found) > 1e-9 else None


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape; () is a number."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else "a number"


def factor_text(ratio: float, numbers: Mapping[str, float]) -> tuple[str, str]:
    """Say what a constant ratio may come from: 1/m, 2, −1, a size, a parameter."""
    if abs(ratio + 1) < CLOSE:
        return "sign", "has the wrong sign"
    everywhere = f"is {ratio:.4g} × the right one everywhere"
    for sign, word in ((1.0, ""), (-1.0, ", with the other sign")):
        for name, n in numbers.items():
            if n and abs(sign * ratio / n - 1) < CLOSE:
                asked = f": did you forget 1/{name} ({name} = {n:g})?" if "." not in name else f", which is {name}"
                return "factor", f"{everywhere}{asked}{word}"  # what happens to fit a size is no advice
            if n and abs(sign * ratio * n - 1) < CLOSE:
                asked = f": is 1/{name} one too many ({name} = {n:g})?" if "." not in name else f", which is 1/{name}"
                return "factor", f"{everywhere}{asked}{word}"
        for n, told in (
            (2.0, "a factor 2 is one too many, or ½ is missing"),
            (0.5, "a 2 is missing, or ½ one too many"),
        ):
            if abs(sign * ratio / n - 1) < CLOSE:
                return "factor", f"{everywhere}: {told}{word}"
        for (a, x), (b, y) in itertools.permutations(numbers.items(), 2):
            if y and abs(sign * ratio * y / x - 1) < CLOSE:
                return "factor", f"{everywhere}, which is {a}/{b}{word}"
    return "factor", everywhere


def weigh(claimed: Array | None, right: Array, numbers: Mapping[str, float], arrays: Mapping[str, Array]) -> Evidence:
    """Return the plainest thing that can be said of a wrong gradient; `right` has NaN where it is not known."""
    if claimed is None:
        return Evidence("missing", "is not given")
    if claimed.shape != right.shape:
        return weigh_shape(claimed, right)
    if not np.all(np.isfinite(claimed)):
        kinds = "NaN" if np.any(np.isnan(claimed)) else "infinite"
        return Evidence("not finite", f"is {kinds} in {int(np.sum(~np.isfinite(claimed)))} of {claimed.size} entries")
    known = np.isfinite(right)
    if not np.any(claimed[known]) and np.any(right[known]):
        return Evidence("zero", "is zero everywhere")
    ratio = ratio_of(claimed, right)
    if ratio is not None:
        kind, text = factor_text(ratio, numbers)
        if right.size == 1 and text.endswith("everywhere"):  # any two numbers have a ratio
            return Evidence("different", f"is {claimed.flat[0]:.6g}; it should be {right.flat[0]:.6g}")
        return Evidence(kind, text, ratio)
    for view in views(claimed, right, arrays, numbers):
        return view
    return Evidence("different", "is wrong")


def weigh_shape(claimed: Array, right: Array) -> Evidence:
    """Say what a gradient of the wrong shape is: a sum over too much, not summed, transposed, a row for a column."""
    mine, wanted = shape_text(claimed.shape), shape_text(right.shape)
    column = claimed.shape and right.shape
    said = f"has the shape {mine}; it should have {wanted}" if column else f"is {mine}; it should be {wanted}"
    if claimed.size == right.size and np.all(np.isfinite(right)):
        for axes in itertools.permutations(range(claimed.ndim)) if claimed.ndim < 5 else ():
            turned = claimed.transpose(axes)
            if turned.shape == right.shape and np.allclose(turned, right, rtol=CLOSE, atol=CLOSE * np.abs(right).max()):
                return Evidence("transpose", f"{said}: transposed, it is right")
        if np.allclose(
            claimed.ravel(), right.ravel(), rtol=CLOSE, atol=CLOSE * float(np.max(np.abs(right), initial=0))
        ):
            return Evidence("keepdims", f"{said}: the numbers are right (keepdims=True, or a reshape)")
    if claimed.size < right.size:
        return Evidence("axis", f"{said}: it was summed over too much")
    if claimed.shape == (right.size, right.size) and not is_sum(claimed, right):
        slopes = "if it is the matrix of all slopes of the output, the gradient is what comes in times that matrix"
        return Evidence("shape", f"{said}: {slopes}")
    if claimed.size > right.size:
        return Evidence("not summed", f"{said}: sum over the axis along which it was broadcast")
    return Evidence("shape", said)


def is_sum(claimed: Array, right: Array) -> bool:
    """Whether a matrix, summed over one of its axes, is the right gradient."""
    least = CLOSE * float(np.max(np.abs(right), initial=0))
    return any(np.allclose(claimed.sum(axis), right.ravel(), rtol=CLOSE, atol=least) for axis in (0, 1))


def views(
    claimed: Array, right: Array, arrays: Mapping[str, Array], numbers: Mapping[str, float]
) -> Iterator[Evidence]:
    """Yield what a wrong gradient is of the right one: transposed, right in some rows, times an array, less a term."""
    whole = bool(np.all(np.isfinite(right)))
    known = np.isfinite(right)
    scale = float(np.nanmax(np.abs(right), initial=0.0)) or 1.0
    if whole and right.ndim >= 2 and right.shape[-1] == right.shape[-2]:
        ratio = ratio_of(claimed.swapaxes(-1, -2), right)
        if ratio is not None:
            more = "" if abs(ratio - 1) < CLOSE else f", and {ratio:.4g} × as large"
            yield Evidence("transpose", f"is the transpose of the right one{more}")
    with np.errstate(all="ignore"):
        for name, x in arrays.items():
            if x.shape == right.shape and x.dtype.kind == "f":
                ratio = ratio_of((claimed - right), np.where(known, x, np.nan))
                if ratio is not None:
                    yield Evidence(
                        "term", f"lacks a term: the difference is {coefficient(-ratio, numbers)} × {name}", ratio
                    )
                for text, y in ((name, x), (f"(1 − {name}²)", 1 - x**2), (f"{name} (1 − {name})", x * (1 - x))):
                    ratio = ratio_of(claimed, right * y)
                    if ratio is not None and abs(ratio - 1) < CLOSE:
                        yield Evidence("slope", f"is the right one × {text}: applied once more than it should be")
                    ratio = ratio_of(claimed * y, right)
                    if ratio is not None and abs(ratio - 1) < CLOSE:
                        yield Evidence("slope", f"is the right one without the factor {text}")
    off = known & (np.abs(claimed - right) > CLOSE * (np.abs(right) + 1e-3 * scale))
    for name, x in arrays.items():
        if x.shape == right.shape and 0 < np.count_nonzero(off) < np.count_nonzero(known):
            for sign, there in (("<", x < 0), (">", x > 0), ("≤", x <= 0), ("≥", x >= 0)):
                if np.array_equal(off, there & known):
                    yield Evidence("some", f"is wrong where {name} {sign} 0, and nowhere else")
    yield from structure(claimed, right, off, whole)


def coefficient(ratio: float, numbers: Mapping[str, float]) -> str:
    """Write a number by the name of what has this value."""
    for name, n in numbers.items():
        if n and abs(ratio / n - 1) < CLOSE:
            return name
        for other, k in numbers.items():
            if k and n and abs(ratio * k / n - 1) < CLOSE:
                return f"{name}/{other}"
    return f"{ratio:.6g}"


def structure(claimed: Array, right: Array, off: Array, whole: bool) -> Iterator[Evidence]:
    """Yield where the two differ: in some rows, where one of them is zero, by a constant, by rank one."""
    count, size = int(off.sum()), int(np.isfinite(right).sum())
    if right.ndim and count < size:
        zero = off & (claimed == 0)
        if np.array_equal(zero, off):
            yield Evidence("zero", f"is zero in {count} of {size} entries where the right one is not")
        for axis in range(right.ndim):
            other = tuple(a for a in range(right.ndim) if a != axis)
            lines = np.flatnonzero(off.any(axis=other))
            if whole and 0 < len(lines) < right.shape[axis]:
                word = {1: "entry {}", 2: ("row {}", "column {}")[axis % 2]}.get(
                    right.ndim, f"index {{}} of axis {axis}"
                )
                word = word if len(lines) == 1 else word.replace("entry", "entries").replace("index", "indices")
                word = word if len(lines) == 1 else word.replace("row", "rows").replace("column", "columns")
                yield Evidence("some", f"is wrong in {word.format(list_numbers(lines))} only")
        yield Evidence("some", f"is wrong in {count} of {size} entries")
    if whole and right.size > 1:
        difference = claimed - right
        if np.allclose(difference, difference.flat[0], rtol=1e-4, atol=0.0):
            yield Evidence("term", f"is off by a constant, {difference.flat[0]:.6g}")
        if (
            right.ndim == 2
            and min(right.shape) > 1
            and np.linalg.matrix_rank(difference, tol=1e-6 * np.abs(difference).max()) == 1
        ):
            yield Evidence("different", "is off by a product of a column and a row (rank one)")


def list_numbers(numbers: Any, most: int = 6) -> str:
    """Write the first of some numbers."""
    text = ", ".join(str(int(n)) for n in numbers[:most])
    return text + (" …" if len(numbers) > most else "")


def evidence_of(user: Pass, reference: Reference, k: int, claimed: Array | None) -> Evidence:
    """Return how the gradient of array k is wrong, by its numbers."""
    arrays = {leaf.name: leaf.array for leaf in user.leaves}
    numbers = count_examples(user)
    for leaf in user.leaves:
        if leaf.array.ndim == 0 and float(leaf.array) not in (0.0, 1.0):
            numbers[leaf.name] = float(leaf.array)
    for leaf in user.leaves:
        for axis, n in enumerate(leaf.array.shape):
            if n > 1 and n not in numbers.values():
                numbers[f"{leaf.name}.shape[{axis}]"] = float(n)
    return weigh(claimed, reference.slopes(k).values, numbers, arrays)


def count_examples(user: Pass) -> dict[str, float]:
    """Return how many examples there are, if one can tell: the size that the inputs share with the labels, or with no
    parameter.
    """
    shapes = {leaf.name: leaf.array.shape for leaf in user.leaves}
    for name, shape in shapes.items():
        if name.lower().strip("_") in ("x", "a0", "inputs", "a_prev", "aprev", "data") and len(shape) == 2:
            others = {n for other, s in shapes.items() if other != name for n in s}
            labels = [s for other, s in shapes.items() if plain(other) in LABELS.split()]
            shared = [n for n in shape if n > 1 and any(n in s for s in labels)]
            alone = [n for n in shape if n > 1 and n not in others]
            return {"m": float((shared or alone)[0])} if shared or alone else {}
    return {}
