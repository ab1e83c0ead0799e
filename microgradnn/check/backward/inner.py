"""What is computed on the way: the right gradient of Z1, against which the user's own dZ1 is held.

Forward is run with a small nudge added to one of its variables, and dJ/dZ1 along a direction is the slope of that.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .passes import FunctionPass
from .reference import Reference
from .source import Source, function_of, read_source, rebuild_function, walk_own
from .structure import is_gradient_name, is_real

DIRECTIONS = 3
MOST = 14  # variables


@dataclass
class Inner:
    """A variable of forward, and the slopes of the cost along some directions of it."""

    name: str
    ways: list[Array]
    slopes: list[tuple[float, float]]

    def __post_init__(self) -> None:
        self.flat = np.array([np.ravel(way) for way in self.ways])

    def compare(self, claimed: Any) -> float | None:
        """Return 1 for a right gradient, 0 for a wrong one, None for one that is right but for a factor, or unlike."""
        if claimed is None or np.shape(claimed) != self.ways[0].shape:
            return None
        mine = self.flat @ np.ravel(claimed)
        if not np.all(np.isfinite(mine)):
            return 0.0
        size = max(abs(slope) for slope, _ in self.slopes) or 1e-300
        if all(abs(m - s) <= 20 * e + 1e-6 * (size + abs(s)) for m, (s, e) in zip(mine, self.slopes, strict=True)):
            return 1.0
        true = np.array([s for s, _ in self.slopes])
        ratio = float(np.dot(mine, true) / np.dot(true, true)) if np.any(true) else 0.0
        off = np.abs(mine - ratio * true)
        along = bool(np.all(off <= 1e-4 * np.abs(ratio * true) + 1e-5 * size * abs(ratio)))
        return None if along and abs(ratio) > 1e-6 else 0.0


def find_inner(user: FunctionPass, reference: Reference, wanted: Sequence[str]) -> list[Inner]:
    """Return the variables of forward that `wanted`, names in backward, are named as gradients of."""
    function = function_of(user.forward)
    source = read_source(function) if function is not None else None
    if source is None:
        return []
    taken = {leaf.name for leaf in user.leaves}
    names = [
        n
        for n in single_assignments(source)
        if n not in taken and any(is_gradient_name(w, n) and w != n for w in wanted)
    ]
    nudge = Nudge()
    instrument(source, names)
    nudged = rebuild_function(source, {"__nudge__": nudge})
    before, user.forward = user.forward, nudged
    try:
        user.cost(reference.arrays)
        found = [measure(user, reference, nudge, name) for name in names[:MOST] if name in nudge.shapes]
    except Exception:  # a forward pass that does not bear it
        return []
    finally:
        user.forward = before
    return [inner for inner in found if all(np.isfinite(s) and np.isfinite(e) for s, e in inner.slopes)]


def measure(user: FunctionPass, reference: Reference, nudge: Nudge, name: str) -> Inner:
    """Return the slopes along some directions of one variable."""
    shape, size = nudge.shapes[name]
    rng = np.random.default_rng(len(name))
    ways = [np.asarray(rng.standard_normal(shape)) for _ in range(DIRECTIONS)]
    slopes = []
    for way in ways:

        def along(t: float, way: Array = way) -> float:
            nudge.active = (name, t * way)
            return reference.at(reference.arrays)

        slopes.append(reference.narrow(along, 2e-3 * (size or 1.0) / max(1.0, float(np.sqrt(way.size)) / 3), 16))
    nudge.active = None
    return Inner(name, ways, slopes)


class Nudge:
    """A function that adds something to one variable as it is assigned, and knows the shapes of all."""

    def __init__(self) -> None:
        self.active: tuple[str, Array] | None = None
        self.shapes: dict[str, tuple[tuple[int, ...], float]] = {}

    def __call__(self, name: str, x: Any) -> Any:
        """Return x, or x with the nudge."""
        if self.active is not None and self.active[0] == name:
            return x + self.active[1]
        if self.active is None and is_real(x):
            self.shapes[name] = (np.shape(x), float(np.sqrt(np.mean(np.square(x)))))
        return x


def single_assignments(source: Source) -> list[str]:
    """Return the variables that a function assigns once, and not in a loop."""
    counts: Counter[str] = Counter()
    for node in walk_own(source.tree):
        looped = isinstance(node, (ast.For, ast.While))
        for target in targets(node):
            counts[target.attr if isinstance(target, ast.Attribute) else target.id] += 1
        if looped:
            for inner in ast.walk(node):
                for target in targets(inner):
                    counts[target.attr if isinstance(target, ast.Attribute) else target.id] += 2
    return [name for name, count in counts.items() if count == 1]


def targets(node: ast.AST) -> list[Any]:
    """Return the names and attributes that a statement assigns."""
    found = (
        list(node.targets) if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    )
    found = [e for t in found for e in (t.elts if isinstance(t, (ast.Tuple, ast.List)) else [t])]
    return [t for t in found if isinstance(t, (ast.Name, ast.Attribute))]


def instrument(source: Source, names: Sequence[str]) -> None:
    """Put a nudge after the assignment of each of these names."""

    def visit(body: list[ast.stmt]) -> None:
        for i in range(len(body) - 1, -1, -1):
            statement = body[i]
            for field in ("body", "orelse"):
                if isinstance(getattr(statement, field, None), list) and not isinstance(statement, ast.FunctionDef):
                    visit(getattr(statement, field))
            for target in targets(statement):
                name = target.attr if isinstance(target, ast.Attribute) else target.id
                if name in names and isinstance(statement, ast.Assign):
                    read = copy.copy(target)
                    read.ctx = ast.Load()
                    call = ast.Call(ast.Name("__nudge__", ast.Load()), [ast.Constant(name), read], [])
                    new = ast.copy_location(ast.Assign([target], call), statement)
                    body.insert(i + 1, ast.fix_missing_locations(new))

    visit(source.tree.body)
