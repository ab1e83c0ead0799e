"""Every row, at awkward points, by every path: Values, Tensors and programs of each backend give the same numbers.

`python tests/programs/test_rows.py` prints how many rows, points, paths and differences there are.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from itertools import product
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from microgradnn import DomainError, Tensor, Value
from microgradnn.graph import OPS, Op, limits
from microgradnn.programs.backends import compile
from microgradnn.rules import calculus

POINTS = [0.0, -0.0, 5e-324, 1e-310, 1e-300, 0.3, 0.5, 1.0, -1.0, 2.0, -2.5, 40.0, -40.0, 800.0, 1e300, -1e300]
POINTS += [inf, -inf, nan]
FEW = [0.0, -0.0, 0.5, 1.0, -2.5, inf, nan]  # where three of them make 343 points
ROWS = [op for op in OPS.values() if op.arity and hasattr(calculus, op.name)]
EPSILON = 2.0**-52

# What a slope on paper loses, in units of EPSILON: docs/conventions.md. A printed program runs as it is printed.
LOSES: dict[str, Any] = {
    "tanh": lambda x: 1.0,
    "sigmoid": lambda x: 1.0,
    "cross_entropy_logits": lambda x, y: 1.0 + abs(y),
    "cross_entropy": lambda x, y: abs(1 / x) + abs(1 / (1 - x)) + abs(y) if 0 < x < 1 else 1.0 + abs(y),
}


def places(op: Op) -> list[tuple[float, ...]]:
    """The points at which a row is tried."""
    return list(product(POINTS if len(op.partials) < 3 else FEW, repeat=len(op.partials)))


def swept(op: Op, xs: Sequence[float]) -> tuple[float, ...]:
    """The value and the slopes by a sweep of Values; where that refuses, what NumPy makes of the row and its rules."""
    leaves = [Value(x) for x in xs]
    try:
        output = op(*leaves)
    except DomainError:
        f = limits.evaluate(op.array, *xs)
        return f, *(limits.evaluate(rule, f, *xs) for rule in op.partials)
    output.backward()
    return output.data, *(x.grad for x in leaves)


def by_tensors(op: Op, columns: Sequence[Any]) -> list[Any]:
    """The values and slopes of a Tensor that holds all the points."""
    leaves = [Tensor([column]) for column in columns]
    output = op(*leaves)
    output.backward(np.ones(output.shape))
    return [output.data[0], *(np.broadcast_to(x.grad, output.shape)[0] for x in leaves)]


def by_program(op: Op, columns: Sequence[Any], backend: Any, simplify: bool) -> list[Any]:
    """The values and slopes of a program at all the points; in plain Python one by one."""
    leaves = [Value(1.0, name) for name in "xyz"[: len(columns)]]
    options: dict[str, Any] = {} if backend in EXTRAS else {"simplify": simplify}
    program = compile(op(*leaves), leaves, inputs=leaves, backend=backend, **options)
    if backend != "python":
        values, slopes = program(*columns)
        return [values, *(slopes[x.name] for x in leaves)]
    found = [program(*xs) for xs in zip(*[column.tolist() for column in columns], strict=True)]
    return [np.array([one[0] for one in found]), *(np.array([one[1][x.name] for one in found]) for x in leaves)]


EXTRAS = {"native": "llvmlite"}  # which compute as the sweep does
PATHS: dict[str, Any] = {"Tensor": by_tensors} | {
    f"{backend}{'' if simplify else ', as it is'}": (
        lambda op, columns, backend=backend, simplify=simplify: by_program(op, columns, backend, simplify)
    )
    for backend in ("python", "numpy", *EXTRAS)
    for simplify in (True, False)
    if simplify or backend not in EXTRAS
}


def same(op: Op, xs: Sequence[float], got: float, want: float, *, printed: bool) -> bool:
    """Whether two numbers are the same to rounding: of the form on paper, where a printed program gave the first."""
    if got != got or want != want:
        return got != got and want != want
    if math.isinf(got) or math.isinf(want) or got == want:
        return got == want
    lost = LOSES[op.name](*xs) if printed and op.name in LOSES else 0.0
    relative = 64.0 + (abs(xs[0] ** 2) if op.name in ("erf", "erfc", "gelu") and abs(xs[0]) < 100 else 0.0)
    if op.name == "pow" and xs[0]:
        relative += 4 * abs(xs[1] * math.log(abs(xs[0])))
    return abs(got - want) <= EPSILON * (relative * abs(want) + 8 * lost) + 2.0**-1022


def differences(op: Op, path: str) -> Iterator[str]:
    """What one row gives by one path that it does not give by a sweep."""
    points = places(op)
    columns = [np.array(column) for column in zip(*points, strict=True)]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = PATHS[path](op, columns)
        for i, xs in enumerate(points):
            for k, (got, want) in enumerate(zip([float(one[i]) for one in found], swept(op, xs), strict=True)):
                if not same(op, xs, got, want, printed=k > 0 and path not in ("Tensor", *EXTRAS)):
                    what = "value" if k == 0 else f"slope {k}"
                    yield f"{op.name}{xs}: {what} {got!r} by {path}, {want!r} by the sweep"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("op", ROWS, ids=str)
def test_a_row_gives_the_same_numbers_on_every_path(op: Op, path: str) -> None:
    if path in EXTRAS:
        pytest.importorskip(EXTRAS[path], reason=f"the backend {path!r} is an extra")

    assert list(differences(op, path)) == []


if __name__ == "__main__":
    chosen = [op for op in ROWS if op.name in sys.argv[1:] or not sys.argv[1:]]
    found = [line for op in chosen for path in PATHS for line in differences(op, path)]
    print(*found, sep="\n")
    count = sum(len(places(op)) for op in chosen)
    print(f"{len(chosen)} rows, {count} points, {1 + len(PATHS)} paths, {len(found)} differences")
