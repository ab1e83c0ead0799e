"""The random graph: the same plan of operations, carried out by every engine."""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from engines import Autograd, Casadi, Engine

LEAVES = [0.2 + 0.1 * i for i in range(16)]
WINDOW = 300  # an operand is one of the last so many nodes
SMALLEST, LARGEST, LARGEST_ERROR = 0.05, 4.0, 1e-13
FLOATS: tuple[Callable[..., float], ...] = (
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / y,
    lambda x, y: x**2,
    lambda x, y: math.tanh(x),
    lambda x, y: math.exp(x),
    lambda x, y: max(x, 0.0),
)
SLOPES: tuple[Callable[[float, float, float], tuple[float, float]], ...] = (
    lambda x, y, f: (1, 1),
    lambda x, y, f: (1, 1),
    lambda x, y, f: (y, x),
    lambda x, y, f: (1 / y, f / y),
    lambda x, y, f: (2 * x, 0),
    lambda x, y, f: (1 - f * f, 0),
    lambda x, y, f: (f, 0),
    lambda x, y, f: (1, 0),
)


# Which operation, and on which of the nodes so far: a plain tuple, which the cyclic collector leaves alone.
Step = tuple[int, int, int | None]


class Times(NamedTuple):
    """Seconds."""

    build: float
    sweep: float
    free: float


def plan(size: int, seed: int = 0) -> list[Step]:
    """Return `size` random operations, the eight in turn, each on two of the last nodes.

    A result is thrown away that is too small or too large, and one that would carry a rounding
    error too far: so the engines, which round differently, stay together over any depth.
    """
    rng = random.Random(seed)
    values, errors = list(LEAVES), [0.0] * len(LEAVES)
    steps: list[Step] = []
    while len(steps) < size:
        operation, n = len(steps) % 8, len(values)
        x, y = rng.randrange(max(0, n - WINDOW), n), rng.randrange(max(0, n - WINDOW), n)
        result = FLOATS[operation](values[x], values[y])
        dx, dy = SLOPES[operation](values[x], values[y], result)
        error = abs(dx) * errors[x] + abs(dy) * errors[y] + 1e-16
        if SMALLEST < abs(result) < LARGEST and error < LARGEST_ERROR:
            values.append(result)
            errors.append(error)
            steps.append((operation, x, y if operation < 4 else None))
    return steps


def ends(steps: list[Step]) -> list[int]:
    """Return the nodes that no step uses."""
    used = {x for _, x, _ in steps} | {y for _, _, y in steps}
    return [i for i in range(len(LEAVES) + len(steps)) if i not in used]


def built(engine: Engine, steps: list[Step], last: list[int], leaves: list[Any]) -> Any:
    """Carry out the plan, and return the sum of the nodes that nothing else uses: all have an effect on it."""
    functions, nodes = engine.functions, list(leaves)
    append = nodes.append
    for operation, x, y in steps:
        append(functions[operation](nodes[x]) if y is None else functions[operation](nodes[x], nodes[y]))
    terms = [nodes[i] for i in last]
    while len(terms) > 1:
        odd = terms.pop() if len(terms) % 2 else None
        terms = [terms[i] + terms[i + 1] for i in range(0, len(terms), 2)] + ([odd] if odd is not None else [])
    return terms[0]


def measured(engine: Engine, steps: list[Step]) -> tuple[Times, list[float]]:
    """Build, sweep and free the graph once; return the times, and the gradients of the leaves."""
    clock, last = time.perf_counter, ends(steps)
    if isinstance(engine, Autograd):
        start = clock()
        gradients = engine.grad(lambda xs: built(engine, steps, last, list(xs)))(LEAVES)
        return Times(clock() - start, 0.0, 0.0), [float(g) for g in gradients]
    if isinstance(engine, Casadi):
        start = clock()
        xs = engine.casadi.SX.sym("x", len(LEAVES))
        root = built(engine, steps, last, [xs[i] for i in range(len(LEAVES))])
        gradients = engine.casadi.Function("g", [xs], [engine.casadi.gradient(root, xs)])(LEAVES)
        return Times(clock() - start, 0.0, 0.0), [float(g) for g in gradients.full().ravel()]
    gc.collect()
    start = clock()
    gc.collect()  # what it costs to look at what was there before, which is none of this graph's business
    leaves = [engine.leaf(x) for x in LEAVES]
    collected = clock() - start
    start = clock()
    root = built(engine, steps, last, leaves)
    middle = clock()
    engine.sweep(root)
    end = clock()
    gradients = [engine.gradient(leaf) for leaf in leaves]
    before = clock()
    del root, leaves
    gc.collect()
    return Times(middle - start, end - middle, max(clock() - before - collected, 0.0)), gradients
