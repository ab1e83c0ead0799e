"""One number on every path: random graphs at awkward points, by the sweeps and by every program.

A graph is a recipe: rows of the tables on earlier results. It is recorded at an ordinary point, and its programs run at
others: zeros, ties, negative numbers under a root, masked infinities, one bad example in a batch. What is right is the
sweep of a graph of Tensors that is recorded there. Values agree where they have a value at all, and so do programs, by
every backend, simplified or not, one point at a time and as a batch; and the printed source where it needs no infinity.
By hand, for as many graphs as one likes, from a first seed on: `python tests/programs/test_paths_agree.py 1000 5000`.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, clip, derive, maximum, where
from microgradnn.errors import DomainError
from microgradnn.graph import Op, topological
from microgradnn.programs.backends import compile
from microgradnn.rules import calculus

AWKWARD = [0.0, 0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 0.25, -0.75]
FAR = [math.inf, -math.inf, math.nan, 800.0, -800.0, 1e200, -1e200, 1e-300]
ROWS = {
    op.name: op
    for op in vars(calculus).values()
    if isinstance(op, Op) and op.arity in (1, 2) and op.name not in ("weigh", "ahead", "same")
}
COMMON = [
    "add",
    "mul",
    "sub",
    "mul",
    "div",
    "sqrt",
    "abs",
    "relu",
    "pow",
    "log",
    "exp",
    "maximum",
    "minimum",
    "sigmoid",
]


@dataclass(frozen=True)
class Step:
    """An operation, by name, on earlier results, by number; and a number that it takes."""

    name: str
    on: tuple[int, ...]
    number: float = 0.0

    def __call__(self, made: Sequence[Any]) -> Any:
        xs = [made[i] for i in self.on]
        return SPECIAL[self.name](*xs, self.number) if self.name in SPECIAL else ROWS[self.name](*xs)


SPECIAL: dict[str, Callable[..., Any]] = {
    "to the": lambda x, n: x**n,
    "times": lambda x, n: x * n,
    "plus": lambda x, n: n + x,
    "minus": lambda x, n: n - x,
    "over": lambda x, n: n / x,
    "clip to": lambda x, n: clip(x, -n, n),
    "not below": lambda x, n: maximum(x, n),
    "if": lambda x, y, z, _: where(x, y, z),
    "if positive": lambda x, y, z, _: where(calculus.step(x), y, z),
    "leaky": lambda x, n: calculus.leaky_relu(x, n),
}
NUMBERS = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, -1.0, -0.5, 1 / 3]


@dataclass(frozen=True)
class Recipe:
    """A graph of `leaves` numbers and the steps after them; the last is the output."""

    leaves: int
    steps: tuple[Step, ...]
    named: frozenset[int]  # results that have a name

    def __call__(self, leaves: Sequence[Any], each: Any = None) -> Any:
        made = list(leaves)
        for i, step in enumerate(self.steps):
            one = step(made)
            if each is not None:
                one = each(one)
            made.append(one.named(f"u{i}") if i in self.named and one.op is not None else one)
        return made[-1]

    def __str__(self) -> str:
        lines = [f"  {i + self.leaves}: {step.name} {step.on} {step.number:g}" for i, step in enumerate(self.steps)]
        return "\n".join([f"{self.leaves} leaves, named {sorted(self.named)}", *lines])


def draw(rng: random.Random) -> Recipe:
    """Draw a recipe; what is not used yet is used with some preference."""
    leaves = rng.randint(1, 4)
    steps: list[Step] = []
    unused = list(range(leaves))
    for i in range(rng.randint(2, 9)):
        name = rng.choice([*COMMON, *COMMON, *ROWS, *SPECIAL, *SPECIAL])
        arity = ROWS[name].arity if name in ROWS else 3 if name.startswith("if") else 1
        pool = unused + list(range(leaves + i)) if rng.random() < 0.8 else list(range(leaves + i))
        on = tuple(rng.choice(pool) for _ in range(int(arity or 1)))
        unused = [x for x in unused if x not in on] + [leaves + i]
        steps.append(Step(name, on, rng.choice(NUMBERS)))
    for x in unused[:-1]:  # all of them come together at the end
        steps.append(Step(rng.choice(["add", "mul", "sub"]), (x, leaves + len(steps) - 1)))
    return Recipe(leaves, tuple(steps), frozenset(i for i in range(len(steps)) if rng.random() < 0.25))


def points(rng: random.Random, leaves: int, count: int) -> list[list[float]]:
    """Draw points, of which one number in eight is far out."""
    return [[rng.choice(FAR if rng.random() < 0.125 else AWKWARD) for _ in range(leaves)] for _ in range(count)]


# --- what is right ------------------------------------------------------------------------------


def by_tensors(recipe: Callable[..., Any], at: Sequence[Any], each: Any = None) -> list[Any]:
    """The value and the gradients by the sweep of a graph of Tensors recorded here; `each` result may be moved."""
    xs = [Tensor(np.asarray(x, float).reshape(np.shape(x) or (1, 1)), f"x{i}") for i, x in enumerate(at)]
    output = recipe(xs, each)
    output.sum().backward()
    return [output.data, *(np.zeros(x.shape) + x.grad for x in xs)]


def by_values(recipe: Recipe, at: Sequence[float]) -> list[Any] | None:
    """The same by Values; None where an operation has no real value there."""
    xs = [Value(x, f"x{i}") for i, x in enumerate(at)]
    try:
        output = recipe(xs)
    except DomainError:
        return None
    output.backward()
    return [output.data, *(x.grad for x in xs)]


def flatten_result(result: Any) -> list[Any]:
    """The value and the gradients of a program, one after the other."""
    return [result.value, *result.gradients.values()]


def factors(x: Any, k: int) -> Any:
    """Factors near 1, by which numbers move a few units in the last place, equal ones alike: ties stay ties."""
    with np.errstate(all="ignore"):
        moved = 2**-50 * np.round(8 * np.sin(np.nan_to_num(np.abs(x)) * (k + 1.7)))
        return np.where(np.isin(np.abs(x), [0, 1]), 1, 1 + moved)


def bounds(recipe: Callable[..., Any], at: Sequence[Any], right: Sequence[Any]) -> list[Any] | None:
    """How far off each may be: what it moves when each result is rounded otherwise; None where that makes it jump."""
    moved = [np.zeros(np.shape(x)) for x in right]
    for k in range(3):
        others = by_tensors(recipe, [x * factors(x, k) for x in at], lambda x, k=k: x * factors(x.data, k))
        for x, y, most in zip(right, others, moved, strict=True):
            with np.errstate(all="ignore"):
                off = np.where(same(x, y), 0, np.abs(np.subtract(x, y)))
            if not np.isfinite(off).all() or (off > 1e-6 * (1 + np.abs(np.nan_to_num(x)))).any():
                return None
            np.maximum(most, off, out=most)
    return [1e2 * most + 1e-12 * np.abs(np.nan_to_num(x)) + 1e-13 for x, most in zip(right, moved, strict=True)]


def same(x: Any, y: Any) -> Any:
    """Where two are equal, NaN to NaN."""
    return (np.asarray(x) == y) | (np.isnan(x) & np.isnan(y))


def agree(got: Sequence[Any], right: Sequence[Any], within: Sequence[Any]) -> bool:
    """Whether all are right within their bounds."""
    with np.errstate(all="ignore"):
        return all(
            bool((same(x, y) | (np.abs(np.subtract(x, y)) <= most)).all())
            for x, y, most in zip(map(np.asarray, got), right, within, strict=True)
        )


# --- the paths ----------------------------------------------------------------------------------


def recorded(recipe: Recipe, rng: random.Random) -> tuple[list[Any], Any] | None:
    """The recipe as a graph of Values at a point where it has a value."""
    for _ in range(20):
        xs = [Value(rng.choice([0.5, 1.5, 0.75, 2.0, 0.1, -0.3]), f"x{i}") for i in range(recipe.leaves)]
        try:
            output = recipe(xs)
        except DomainError:
            continue
        return (xs, output) if output.op is not None else None
    return None


def programs(xs: Sequence[Any], output: Any) -> dict[str, Any]:
    """The programs of a graph of Values, by what they are."""
    ways: list[tuple[Any, bool]] = [("python", True), ("python", False), ("numpy", True), ("numpy", False)]
    ways += [("native", True)] if find_spec("llvmlite") else []
    return {
        f"{backend}{'' if simplify else ', not simplified'}": compile(
            output, xs, inputs=xs, backend=backend, simplify=simplify
        )
        for backend, simplify in ways
    }


STYLES = [(style, simplify) for style in ("numpy", "python") for simplify in (True, False)]


def printed(output: Any, wrt: Sequence[Any], inputs: Sequence[Any], style: Any, simplify: bool) -> Any:
    """The function of the module that derive prints, which needs nothing else."""
    space: dict[str, Any] = {}
    exec(derive(output, wrt, inputs=inputs, simplify=simplify, style=style).source, space)
    return space["value_and_gradients"]


def found_by(function: Any, at: Sequence[Any]) -> list[Any] | None:
    """What a printed function gives; None where it needs an infinity, or where math refuses an argument."""
    try:
        value, gradients = function(*at)
    except (ValueError, ArithmeticError):
        return None
    got = [value, *gradients]
    return got if all(np.isfinite(x).all() for x in got) else None


def check(seed: int, found: Counter[str]) -> list[str]:
    """Compare all paths of one recipe; what is wrong is told, and counted what was done."""
    rng = random.Random(seed)
    recipe = draw(rng)
    start = recorded(recipe, rng)
    if start is None:
        return []
    xs, output = start
    met = set(topological(output))
    if not set(xs) <= met:
        return []
    wrong: list[str] = []
    ways = programs(xs, output)
    sources = {
        f"printed in {style}{'' if simplify else ', not simplified'}": printed(output, xs, xs, style, simplify)
        for style, simplify in STYLES
    }
    found["graphs"] += 1
    at = points(rng, recipe.leaves, 8)
    told: list[tuple[Any, Any, Any]] = []
    for point in at:
        right = by_tensors(recipe, point)
        within = bounds(recipe, point, right)
        if within is None:
            found["points that jump"] += 1
            continue
        found["points"] += 1
        told.append((point, right, within))
        results = {"values": by_values(recipe, point)}
        results |= {name: flatten_result(program(*point)) for name, program in ways.items()}
        for name, function in sources.items():
            got = found_by(function, point if "python" in name else [*map(np.float64, point)])
            results[name] = got and [*map(float, got)]
        for name, got in results.items():
            if got is None:
                continue
            got = [getattr(got[0], "value", got[0]), *got[1:]]
            found[name] += 1
            if not all(type(x) is float for x in got):
                wrong.append(f"seed {seed}, {name} at {point}: no floats: {got}")
            if not agree([np.reshape(x, (1, 1)) for x in got], right, within):
                wrong.append(f"seed {seed}, {name} at {point}: {got}, not {[float(x.item()) for x in right]}\n{recipe}")
    if told:
        batch = [np.array([point[i] for point, _, _ in told]) for i in range(recipe.leaves)]
        rows = [np.array([right[k].item() for _, right, _ in told]) for k in range(recipe.leaves + 1)]
        most = [np.array([within[k].item() for _, _, within in told]) for k in range(recipe.leaves + 1)]
        for name, program in ways.items():
            if name.startswith("python"):  # which is for single numbers
                continue
            result = program(*batch)
            found[f"{name}, batches"] += 1
            if not agree([result.value, *result.gradients.values()], rows, most):
                got = [result.value.tolist(), *(x.tolist() for x in result.gradients.values())]
                wrong.append(
                    f"seed {seed}, {name} as a batch {batch}:\n{got}, not\n{[x.tolist() for x in rows]}\n{recipe}"
                )
        for name, function in sources.items():
            got = found_by(function, batch) if "numpy" in name else None
            if got is None:
                continue
            found[f"{name}, batches"] += 1
            if not agree([x + np.zeros(len(told)) for x in got], rows, most):
                wrong.append(
                    f"seed {seed}, {name} as a batch {batch}:\n{got}, not\n{[x.tolist() for x in rows]}\n{recipe}"
                )
    return wrong


def run(seeds: Sequence[int], one: Any = check) -> tuple[Counter[str], list[str]]:
    """Check many recipes."""
    found: Counter[str] = Counter()
    wrong: list[str] = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for seed in seeds:
            try:
                wrong += one(seed, found)
            except Exception as error:  # a graph that fails is a finding
                wrong.append(f"seed {seed}: {type(error).__name__}: {error}")
    return found, wrong


# --- arrays -------------------------------------------------------------------------------------

SHAPES = [(2, 3), (2, 3), (2, 1), (1, 3), (3, 2), (1, 1)]
WHOLE: dict[str, Callable[..., Any]] = {
    "sum": lambda x, axis: x.sum(axis, keepdims=True),
    "mean": lambda x, axis: x.mean(axis, keepdims=True),
    "max": lambda x, axis: x.max(axis, keepdims=True),
    "min": lambda x, axis: x.min(axis, keepdims=True),
    "prod": lambda x, axis: x.prod(axis, keepdims=True),
    "std": lambda x, axis: x.std(axis, keepdims=True),
    "norm": lambda x, axis: (x**2).sum(axis, keepdims=True).sqrt(),
    "logsumexp": lambda x, axis: x.logsumexp(axis, keepdims=True),
    "softmax": lambda x, axis: x.softmax(axis or 0),
    "log_softmax": lambda x, axis: x.log_softmax(axis or 0),
    "var": lambda x, axis: x.var(axis, keepdims=True, ddof=1),
    "cumsum": lambda x, axis: x.cumsum(axis or 0),
    "cumprod": lambda x, axis: x.cumprod(axis or 0),
    "median": lambda x, axis: np.median(x, axis, keepdims=True),
    "quantile": lambda x, axis: np.quantile(x, 0.3, axis, keepdims=True),
    "sort": lambda x, axis: np.sort(x, axis or 0),
    "roll": lambda x, axis: np.roll(x, 1, axis or 0),
    "triangle": lambda x, axis: np.tril(x, axis or 0),
    "einsum": lambda x, axis: np.einsum("ij,ij->i" if axis else "ij,ij->j", x, x).reshape(
        *((-1, 1) if axis else (1, -1))
    ),
    "turned": lambda x, axis: x.T,
    "part": lambda x, axis: x[:1] if axis == 0 else x[:, :1],
}

ALIKE = ("cumsum", "cumprod", "sort", "roll", "triangle")  # whose result has the shape of the array


@dataclass(frozen=True)
class Arrays:
    """A recipe on arrays: element-wise steps, and whole ones with an axis."""

    shapes: tuple[tuple[int, int], ...]
    steps: tuple[tuple[Any, tuple[int, ...], Any], ...]
    named: frozenset[int]

    def __call__(self, leaves: Sequence[Any], each: Any = None) -> Any:
        made = list(leaves)
        for i, (do, on, axis) in enumerate(self.steps):
            xs = [made[k] for k in on]
            one = do(made) if isinstance(do, Step) else xs[0] @ xs[1] if do == "@" else WHOLE[do](*xs, axis)
            if each is not None:
                one = each(one)
            made.append(one.named(f"U{i}") if i in self.named else one)
        return made[-1].sum()

    def __str__(self) -> str:
        steps = [f"  {i + len(self.shapes)}: {do} {on} {axis}" for i, (do, on, axis) in enumerate(self.steps)]
        return "\n".join([f"{self.shapes}, named {sorted(self.named)}", *steps])


def draw_arrays(rng: random.Random) -> Arrays:
    """Draw a recipe on arrays, whose shapes fit."""
    shapes = [rng.choice(SHAPES) for _ in range(rng.randint(1, 3))]
    leaves = len(shapes)
    steps: list[Any] = []
    for _ in range(rng.randint(2, 7)):
        i = len(shapes) - 1 if rng.random() < 0.6 else rng.randrange(len(shapes))
        kind = rng.random()
        if kind < 0.35:
            do, axis = rng.choice(list(WHOLE)), rng.choice([None, 0, 1])
            shape = np.empty(shapes[i])
            one = {"turned": shape.T, "part": shape[:1] if axis == 0 else shape[:, :1]}.get(
                do,
                shape
                if "soft" in do or do in ALIKE
                else shape.sum(axis or 0 if do == "einsum" else axis, keepdims=True),
            )
            steps.append((do, (i,), axis))
            shapes.append(one.shape)
            continue
        fits = [k for k, other in enumerate(shapes) if shapes[i][1] == other[0]]
        if kind < 0.5 and fits:
            k = rng.choice(fits)
            steps.append(("@", (i, k), None))
            shapes.append((shapes[i][0], shapes[k][1]))
            continue
        name = rng.choice([*COMMON, *COMMON, *ROWS, *SPECIAL])
        arity = int(ROWS[name].arity or 1) if name in ROWS else 3 if name.startswith("if") else 1
        on = [i]
        while len(on) < arity:
            alike = [
                k
                for k, other in enumerate(shapes)
                if all(1 in (a, b) or a == b for x in on for a, b in zip(shapes[x], other, strict=True))
            ]
            on.append(rng.choice(alike))
        if name == "equal" and on[0] == on[1]:  # how programs count examples, NaN or not
            name = "sub"
        steps.append((Step(name, tuple(on), rng.choice(NUMBERS)), tuple(on), None))
        shapes.append(tuple(np.broadcast_shapes(*[shapes[k] for k in on])))
    named = frozenset(i for i in range(len(steps)) if rng.random() < 0.25)
    return Arrays(tuple(shapes[:leaves]), tuple(steps), named)


def check_arrays(seed: int, found: Counter[str]) -> list[str]:
    """Compare the sweep of a graph of Tensors with its programs."""
    rng = random.Random(seed)
    recipe = draw_arrays(rng)
    xs = [
        Tensor(
            np.array([rng.choice([0.5, 1.5, 0.75, 2.0]) for _ in range(a * b)]).reshape(a, b), f"x{i}", kind="parameter"
        )
        for i, (a, b) in enumerate(recipe.shapes)
    ]
    output = recipe(xs)
    met = set(topological(output))
    wrt = [k for k, x in enumerate(xs) if x in met]
    leaves = [xs[k] for k in wrt]
    if not leaves:
        return []
    ways = {f"simplify={simplify}": compile(output, leaves, inputs=xs, simplify=simplify) for simplify in (True, False)}
    sources = {
        f"printed, simplify={simplify}": printed(output, leaves, xs, "numpy", simplify) for simplify in (True, False)
    }
    found["graphs"] += 1
    wrong = []
    for _ in range(4):
        at = [np.reshape([x for [x] in points(rng, 1, a * b)], (a, b)) for a, b in recipe.shapes]
        right = by_tensors(recipe, at)
        within = bounds(recipe, at, right)
        if within is None:
            found["points that jump"] += 1
            continue
        right, within = ([one[0], *(one[1 + k] for k in wrt)] for one in (right, within))
        found["points"] += 1
        results: dict[str, Any] = {name: flatten_result(program(*at)) for name, program in ways.items()}
        results |= {name: found_by(function, at) for name, function in sources.items()}
        for name, got in results.items():
            if got is None:
                continue
            found[name] += 1
            if not agree(got, right, within):
                got, want = ([np.asarray(x).tolist() for x in one] for one in (got, right))
                wrong.append(f"seed {seed}, {name} at {at}:\n{got}, not\n{want}\n{recipe}")
    return wrong


# --- tests --------------------------------------------------------------------------------------


def test_random_graphs_of_numbers_agree_on_every_path() -> None:
    found, wrong = run(range(60))

    assert not wrong, "\n".join(wrong[:3])
    assert found["graphs"] > 40, found


def test_random_graphs_of_arrays_agree_on_every_path() -> None:
    found, wrong = run(range(80), one=check_arrays)

    assert not wrong, "\n".join(wrong[:3])
    assert found["graphs"] > 70, found


# Inputs that had other numbers on other paths, with what is right by docs/conventions.md, or by the limit.
KNOWN: dict[str, tuple[Callable[..., Any], list[float], list[float]]] = {
    "a root in a branch not taken": (lambda x: where(False, x.sqrt(), x), [0.0], [1.0]),
    "the root of |x|": (lambda x: abs(x).sqrt(), [0.0], [0.0]),
    "the root of x²": (lambda x: (x**2).sqrt(), [0.0], [0.0]),
    "a power of relu": (lambda x, y: calculus.relu(x * y) ** 0.5, [1.0, -1.0], [0.0, 0.0]),
    "a root of a maximum": (lambda x, y: maximum(x, y * 0).sqrt(), [-1.0, 1.0], [0.0, 0.0]),
    "the logarithm of a hypotenuse": (lambda x, y: calculus.hypot(x, y).log(), [0.0, 0.0], [0.0, 0.0]),
    "the cube root of |x|": (lambda x: abs(x).cbrt(), [0.0], [0.0]),
    "x log x": (lambda x: x * x.log(), [0.0], [-math.inf]),
    "acosh of 1 + |x|": (lambda x: (1 + abs(x)).acosh(), [0.0], [0.0]),
    "logit of |x|": (lambda x: abs(x).logit(), [0.0], [0.0]),
    "log of a sigmoid": (lambda x: x.sigmoid().log(), [-800.0], [1.0]),
}


@pytest.mark.parametrize(("form", "at", "right"), KNOWN.values(), ids=KNOWN)
def test_an_infinite_slope_meets_a_zero_on_every_path(form: Any, at: list[float], right: list[float]) -> None:
    xs = [Value(x, f"x{i}") for i, x in enumerate(at)]
    ordinary = [Value(0.5, f"x{i}") for i in range(len(at))]
    output = form(*xs)
    output.backward()

    assert [x.grad for x in xs] == right
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [x.item() for x in by_tensors(lambda xs, each: form(*xs), at)][1:] == right
        for start in (xs, ordinary):
            recorded = output if start is xs else form(*start)
            wrt = [x for x in start if x in set(topological(recorded))]
            for name, program in programs(wrt, recorded).items():
                got = program(**{x.name: at[start.index(x)] for x in wrt}).gradients
                assert [got[x.name] for x in wrt] == [right[start.index(x)] for x in wrt], name
            for simplify in (True, False) if math.isfinite(output.data) and output.data != -800 else ():
                source = derive(recorded, wrt, inputs=wrt, simplify=simplify).source
                space: dict[str, Any] = {}
                exec(source, space)
                got = space["value_and_gradients"](*[np.float64(at[start.index(x)]) for x in wrt])[1]
                assert [*map(float, got)] == [right[start.index(x)] for x in wrt], source


OF_ARRAYS: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "standard deviation of equal numbers": (lambda x: x.std(), [[2.0, 2.0]], [[0.0, 0.0]]),
    "the length of nothing": (lambda x: (x**2).sum().sqrt(), [[0.0, 0.0]], [[0.0, 0.0]]),
    "distances of pairs": (
        lambda x: ((x - x.T) ** 2).sqrt().sum(),  # of one coordinate: |xᵢ − xⱼ|
        [[1.0, 3.0, 3.0]],
        [[-4.0, 2.0, 2.0]],
    ),
    "a bad example in a batch": (
        lambda x: (calculus.relu(x) ** 0.5).mean(),
        [[-1.0, 1.0, 4.0]],
        [[0.0, 1 / 6, 1 / 12]],
    ),
    "an array of exponents": (
        lambda x: (x ** np.array([[2.0, 3.0, 0.5]])).sum(),
        [[1.0, 2.0, 4.0]],
        [[2.0, 12.0, 0.25]],
    ),
}


@pytest.mark.parametrize(("form", "at", "right"), OF_ARRAYS.values(), ids=OF_ARRAYS)
def test_so_it_does_in_arrays(form: Any, at: Any, right: Any) -> None:
    x = Tensor(at, "x")
    output = form(x)
    output.backward()

    np.testing.assert_allclose(x.grad, right, rtol=1e-15, atol=0)
    with np.errstate(all="ignore"):
        for simplify in (True, False):
            np.testing.assert_allclose(compile(output, [x], simplify=simplify)().gradients["x"], right, rtol=1e-15)
            space: dict[str, Any] = {}
            exec(derive(output, [x], simplify=simplify).source, space)
            np.testing.assert_allclose(space["value_and_gradients"](np.array(at))[1][0], right, rtol=1e-15)


# A gradient of 0 meets ∞ or NaN in the pullback of a row of the second table: right is 0, by docs/conventions.md.
inf, nan = math.inf, math.nan
UNUSED: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "a unit that is off, at an infinite input": (
        lambda x: calculus.relu(np.array([[-1.0, -2.0], [0.5, 1.0]]) @ x).sum(),
        [[1.0], [inf]],
        [[0.5], [1.0]],
    ),
    "a weight of a unit that is off": (
        lambda x: calculus.relu(x @ np.array([[1.0], [inf]])).sum(),
        [[-1.0, -2.0]],
        [[0.0, 0.0]],
    ),
    "a unit that is off, after a logarithm of 0": (lambda x: calculus.relu(x.log().T @ x).sum(), [[0.0]], [[0.0]]),
    "a unit that is off, by einsum": (
        lambda x: calculus.relu(np.einsum("ij,jk->ik", np.array([[-1.0, -2.0], [0.5, 1.0]]), x)).sum(),
        [[1.0], [inf]],
        [[0.5], [1.0]],
    ),
    "what a border cuts off": (lambda x: np.pad(x.log(), ((0, 0), (1, 1)))[:, 2:].sum(), [[0.0, 2.0]], [[0.0, 0.5]]),
    "what lies above the diagonal": (
        lambda x: np.tril(x.log(), k=-1).sum(),
        [[1.0, 0.0], [4.0, 0.0]],
        [[0.0, 0.0], [0.25, 0.0]],
    ),
    "the smaller ones in order": (lambda x: np.sort(x.log(), axis=1)[:, 1:].sum(), [[2.0, 0.0]], [[0.5, 0.0]]),
    "a product": (lambda x: 0 * x.prod(), [[1.0, inf, 2.0]], [[0.0, 0.0, 0.0]]),
    "the largest, of NaN": (lambda x: where(x[:, :1] > 0, x.max(), 0).sum(), [[-1.0, nan]], [[0.0, 0.0]]),
    "a logarithm of a sum": (lambda x: calculus.relu(x.logsumexp()), [[-inf, -inf]], [[0.0, 0.0]]),
    "the first of the products on the way": (lambda x: x.cumprod(1)[:, :1].sum(), [[1.0, inf, 0.0]], [[1.0, 0.0, 0.0]]),
    "products on the way that are negative": (
        lambda x: calculus.relu(x.cumprod(1)).sum(),
        [[-1.0, inf, 2.0]],
        [[0.0, 0.0, 0.0]],
    ),
    "a probability of 0 that is masked": (
        lambda x: (x.softmax(0).log() * np.array([[0.0], [1.0]])).sum(),
        [[-inf], [1.0]],
        [[0.0], [0.0]],
    ),
}


@pytest.mark.parametrize(("form", "at", "right"), UNUSED.values(), ids=UNUSED)
def test_what_is_not_used_brings_nothing_back_through_whole_arrays(form: Any, at: Any, right: Any) -> None:
    x, again = Tensor(at, "x"), Tensor(at, "x")
    with np.errstate(all="ignore"):
        output = form(x)
        output.backward()
        form(again).backward(create_graph=True)

        np.testing.assert_array_equal(x.grad, right)
        np.testing.assert_array_equal(again.grad.data, right)
        for simplify in (True, False):
            np.testing.assert_array_equal(compile(output, [x], simplify=simplify)().gradients["x"], right)


FOLDS = [calculus.sum, calculus.mean, calculus.prod, calculus.logsumexp, calculus.dot]


@pytest.mark.parametrize("places", [(0, 1), (0, 0), (0, 1, 0), (0, 0, 1, 1)], ids=str)
@pytest.mark.parametrize("row", FOLDS, ids=lambda row: row.name)
def test_a_node_that_stands_twice_in_a_row_of_many_agrees(row: Any, places: tuple[int, ...]) -> None:
    def form(x: Any, y: Any) -> Any:
        xs = [(x, y)[place] for place in places]
        return row(xs, xs[::-1]) if row is calculus.dot else row(xs)

    x, y = Value(0.5, "x"), Value(1.5, "y")
    wrt = [x, y] if 1 in places else [x]
    backends: list[Any] = ["python", "numpy", *(["native"] if find_spec("llvmlite") else [])]
    programs = [compile(form(x, y), wrt, inputs=wrt, backend=backend) for backend in backends]
    for at in itertools.product([math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -700.0, 5e-324], repeat=len(wrt)):
        leaves = [Value(one) for one in at]
        found = form(leaves[0], leaves[-1])
        found.backward()
        want = [found.data, *(leaf.grad for leaf in leaves)]
        for program in programs:
            result = program(*at)
            got = [float(result.value), *map(float, result.gradients.values())]
            assert got == pytest.approx(want, rel=1e-12, abs=1e-300, nan_ok=True), (program, at)


def test_shares_of_nothing_but_minus_infinity_are_no_numbers_on_any_path() -> None:
    a, b, column = Value(-math.inf, "a"), Value(-math.inf, "b"), Tensor([[-math.inf], [-math.inf]])
    J = calculus.logsumexp(a, b)

    J.backward()
    column.logsumexp().backward()
    gradients = compile(J, [a, b], inputs=[a, b])(-math.inf, -math.inf).gradients

    assert all(map(math.isnan, [a.grad, b.grad, *column.grad.flat, *gradients.values()]))


@pytest.mark.parametrize("large", [1e16, 1e308])
def test_large_numbers_that_tie_share_the_slope_of_logsumexp(large: float) -> None:
    x = Tensor([[large, large, -large], [0.0, 0.0, 0.0]], "X")
    output = x.logsumexp(axis=1).sum()
    output.backward()

    (slope,) = compile(output, [x])().gradients.values()

    np.testing.assert_allclose(slope, [[0.5, 0.5, 0], [1 / 3] * 3], rtol=1e-15)
    assert slope.tolist() == x.grad.tolist()


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_the_variance_of_nothing_is_nan_and_has_a_gradient_without_numbers(shape: tuple[int, int]) -> None:
    x = Tensor(np.zeros(shape), "x")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # as NumPy warns of a mean of nothing
        output = x.var()
        output.backward()
        value, gradients = compile(output, [x])()

    assert math.isnan(output.item())
    assert math.isnan(value)
    assert gradients["x"].shape == x.grad.shape == shape


@pytest.mark.parametrize("simplify", [True, False])
def test_a_cost_of_no_examples_is_nan_and_has_no_slope(simplify: bool) -> None:
    w, x = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor(np.ones((2, 3)), "X")
    program = compile(((w @ x) ** 2).mean(), [w], inputs=[w, x], any_length=True, simplify=simplify)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value, gradients = program(X=np.ones((2, 0)))
        none = Tensor(np.ones((2, 0)), "X")
        ((w @ none) ** 2).mean().backward()

    assert math.isnan(value)
    assert gradients["W"].tolist() == w.grad.tolist() == [[0.0, 0.0]]


def test_what_was_derived_from_one_example_is_right_for_two() -> None:
    w, x = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor([[1.0], [2.0]], "X")
    space: dict[str, Any] = {}
    exec(derive(((w @ x) ** 2).mean()).source, space)
    two = np.array([[1.0, 0.5], [2.0, -1.0]])

    value, (slope,) = space["value_and_gradients"](w.data, two)

    again = Tensor(two, "X")
    J = ((w @ again) ** 2).mean()
    J.backward()
    assert value == J.item()
    np.testing.assert_allclose(slope, w.grad, rtol=1e-15)


if __name__ == "__main__":
    many, first = map(int, [*sys.argv[1:], "0"][:2])
    for name, one in (("numbers", check), ("arrays", check_arrays)):
        found, wrong = run(range(first, first + many), one)
        print(*wrong[:12], sep="\n")
        print(f"{name}: {dict(found)}, mismatches: {len(wrong)}")
