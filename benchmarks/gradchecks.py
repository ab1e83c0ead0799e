"""Is gradcheck to be believed? Random right functions, and such with one wrong rule; the verdicts, counted.

    python benchmarks/gradchecks.py --correct 3000 --wrong 500

The numbers that are drawn are awkward on purpose: zeros, ties, kinks, 1e-12 beside a kink, 1e8, 1e-100. No function is
left out but those that cannot be computed. A wrong rule counts where it changes a gradient of the function at all.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from microgradnn import Tensor, Value
from microgradnn.check import gradcheck
from microgradnn.graph import OPS, Op, topological
from microgradnn.graph.paths import back
from microgradnn.rules.arrays import ARRAY_OPS

AWKWARD = (0.0, 0.5, 1.0, -1.0, 2.0, -2.0, 1e-12, -1e-12, 1e8, -1e8, 1e-100, 40.0, -40.0, 1e3, 1e-6, 3.0, -0.75)
HIDDEN = ("ahead", "equal", "same", "weigh", "zero")  # rows that rules are written with
FACTORS = (1 + 1e-6, 1 - 1e-6, 1 + 1e-5, 1 + 1e-4, 1.01, 2.0, 0.5, 0.0, -1.0)
REDUCED = ("sum", "mean", "max", "min", "prod", "logsumexp")


class Drawn:
    """A random function: steps on what there is so far, recorded by their numbers."""

    def __init__(self, draw: random.Random, *, arrays: bool) -> None:
        self.arrays = arrays
        count = draw.randint(1, 3)
        self.inputs = [self.array(draw) if arrays else self.number(draw) for _ in range(count)]
        rows = [op for op in OPS.values() if op.public and op.name not in HIDDEN and (op.arity or not arrays)]
        self.steps = []
        for known in range(count, count + draw.randint(1, 7)):
            op = draw.choice(rows)
            arity = op.arity or 2 * getattr(op, "sequences", 1)
            picks = [draw.randrange(max(0, known - 3) if draw.random() < 0.7 else 0, known) for _ in range(arity)]
            self.steps.append((op, picks))
        self.last = draw.choice([ARRAY_OPS[name] for name in REDUCED]) if arrays else None

    def number(self, draw: random.Random) -> float:
        """Draw a number: as often an awkward one as not."""
        return draw.choice(AWKWARD) if draw.random() < 0.4 else round(draw.gauss(0, 2), 6)

    def array(self, draw: random.Random) -> Tensor:
        """Draw a Tensor of a shape that broadcasts with the others."""
        shape = draw.choice([(2, 3), (1, 3), (2, 1), (1, 1)])
        return Tensor(np.array([self.number(draw) for _ in range(shape[0] * shape[1])]).reshape(shape))

    def __call__(self, *xs: Any, put: dict[int, Op] | None = None) -> Any:
        """Compute it, with other rows in the place of some."""
        known = list(xs)
        for i, (op, picks) in enumerate(self.steps):
            known.append((put or {}).get(i, op)(*[known[k] for k in picks]))
        return self.last(known[-1]) if self.last else known[-1]


def draw_function(draw: random.Random) -> Drawn:
    """Draw until a function can be computed, and its result is a number."""
    while True:
        drawn = Drawn(draw, arrays=draw.random() < 0.4)
        try:
            with np.errstate(all="ignore"):
                result = drawn(*[x if isinstance(x, Tensor) else Value(x) for x in drawn.inputs])
        except (ValueError, ArithmeticError):
            continue
        if result.inputs and np.all(np.isfinite(np.asarray(result.data))):
            return drawn


def gradients(f: Callable[..., Any], inputs: list[Any]) -> Any:
    """Return the gradients of f, as one row of numbers."""
    leaves = [Tensor(x.data) if isinstance(x, Tensor) else Value(x) for x in inputs]
    root = f(*leaves)
    seed: Any = np.ones(root.shape) if isinstance(root, Tensor) else 1.0
    found = back(topological(root), leaves, seed, on_nodes=False)
    parts = [np.broadcast_to(found.get(x, 0.0), np.shape(x.data)).ravel() for x in leaves]
    return np.concatenate(parts)


@contextmanager
def plant(op: Op, i: int, factor: float) -> Iterator[Op]:
    """Yield a copy of a row whose rule i is off by a factor."""

    def wrong(*args: Any) -> Any:
        return op.partials[i](*args) * factor

    rules = [wrong if j == i else rule for j, rule in enumerate(op.partials)]
    name = f"wrong_{op.name}"
    yield Op(name, op.scalar, op.array, *rules, domain=op.domain, kink=op.kink)
    OPS.pop(name, None)


def check_correct(count: int, seed: int, show: int) -> Counter[str]:
    """Check so many correct functions; print those that are called wrong."""
    draw, verdicts = random.Random(seed), Counter[str]()
    for k in range(count):
        drawn = draw_function(draw)
        report = gradcheck(drawn, *drawn.inputs)
        verdicts[report.verdict] += 1
        if report.verdict == "WRONG" or (show and report.verdict == "cannot tell" and verdicts["cannot tell"] <= show):
            print(f"--- {report.verdict}: correct function {k}", describe(drawn), report, sep="\n")
    return verdicts


def check_wrong(count: int, seed: int) -> Counter[str]:
    """Plant so many wrong rules, in functions that they change; print those that are called right."""
    draw, verdicts = random.Random(seed), Counter[str]()
    while verdicts.total() < count:
        drawn = draw_function(draw)
        places = [i for i, (op, _) in enumerate(drawn.steps) if op.arity]
        if not places:
            continue
        place = draw.choice(places)
        op = drawn.steps[place][0]
        i, factor = draw.randrange(op.arity or 1), draw.choice(FACTORS)
        with plant(op, i, factor) as wrong, np.errstate(all="ignore"):
            put = {place: wrong}

            def f(*xs: Any, drawn: Drawn = drawn, put: dict[int, Op] = put) -> Any:
                return drawn(*xs, put=put)

            try:
                right, planted = gradients(drawn, drawn.inputs), gradients(f, drawn.inputs)
            except (ValueError, ArithmeticError):
                continue
            change = np.abs(planted - right)
            if not np.any(change > 1e-9 * np.abs(right)) or not np.isfinite(right).all():
                continue
            report = gradcheck(f, *drawn.inputs)
        verdict = report.verdict
        if verdict == "WRONG":
            verdict = "blamed" if any("wrong_" in str(suspect) for suspect in report.suspects) else "found"
        verdicts[verdict] += 1
        if verdict == "ok":
            print(
                f"--- ok: {op.name}, rule {i}, factor {factor}, step {place}", describe(drawn), report, right, sep="\n"
            )
    return verdicts


def describe(drawn: Drawn) -> str:
    """Write a function, so that it can be tried again."""
    first = len(drawn.inputs)
    lines = [f"n{i} = {x.data.tolist() if isinstance(x, Tensor) else x!r}" for i, x in enumerate(drawn.inputs)]
    for i, (op, picks) in enumerate(drawn.steps):
        lines.append(f"n{first + i} = {op.name}({', '.join(f'n{k}' for k in picks)})")
    return "; ".join([*lines, drawn.last.name if drawn.last else ""])


def main(argv: list[str]) -> int:
    """Print the counts; 1 where a correct function was called wrong or a wrong rule right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--correct", type=int, default=1000)
    parser.add_argument("--wrong", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="print so many of those that cannot be told")
    given = parser.parse_args(argv)
    begun = time.perf_counter()
    right = check_correct(given.correct, given.seed, given.show)
    middle = time.perf_counter()
    wrong = check_wrong(given.wrong, given.seed)
    print(f"{right.total():,} correct functions in {middle - begun:.0f} s:", dict(right))
    print(f"{wrong.total():,} wrong rules in {time.perf_counter() - middle:.0f} s:", dict(wrong))
    return int(bool(right["WRONG"]) or wrong["ok"] > 0.01 * wrong.total())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
