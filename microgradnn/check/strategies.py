"""What property tests draw from: operations, numbers, arrays, graphs, expressions. Needs `microgradnn[check]`.

Graphs and expressions are drawn as short programs, a list of operations on what there is so far, so
that they share nodes as real ones do and shrink to the few steps that matter. A step that would lead
out of an operation's domain, near a kink, or to numbers too large to compare, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any

import numpy as np

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as error:  # pragma: no cover
    raise ImportError('the strategies need hypothesis; pip install "microgradnn[check]"') from error

from ..engine.tensor import Array, Tensor
from ..engine.value import Value
from ..graph import OPS, REAL, Fold, Interval, Op
from ..rules.arrays import ARRAY_OPS, ArrayOp, Shape
from ..rules.notation import Operand

CLEAR = 0.05  # how far arguments stay from kinks and from the ends of domains
USUAL = 3.0  # the size of most numbers of an array
AWKWARD = (0.0, 1e-8, 1e-3, 0.5, 1.0, 2.0, 10.0, 40.0, 100.0)  # with their negatives
LARGEST = 1e3  # results beyond are left out: differences of theirs would be rounding
FLAT = 1e-9  # slopes that are less, measured by the result, are left out: it does not have the digits to tell them
MOST_ENTRIES = 24  # of an array in a program: a check of each takes its time
INNER = (
    "ahead",
    "at_least",
    "equal",
    "greater",
    "same",
    "sign",
    "step",
    "weigh",
    "zero",
)  # rows that other rows are written with; their slopes are 0


def operations(*, smooth: bool = False, arity: int | None = None) -> st.SearchStrategy[Op]:
    """Rows of the table: all, or the `smooth` ones without a kink, or those of `arity` arguments."""
    rows = [op for op in OPS.values() if not (smooth and op.kink) and (arity is None or op.arity == arity)]
    return st.sampled_from(rows)


def values(domain: Interval = REAL, *, largest: float = 10.0) -> st.SearchStrategy[float]:
    """Floats well inside a domain, such as `op.domain[0]`, of at most `largest`."""
    low, high = max(domain.low + CLEAR, -largest), min(domain.high - CLEAR, largest)
    numbers = st.floats(low, high)

    def clear(x: float) -> bool:
        return domain.hole is None or abs(x - domain.hole) > CLEAR

    return numbers.filter(clear)


@dataclass(frozen=True)
class Step:
    """One operation on some of the nodes so far, which are counted from the inputs on."""

    op: Any  # a row of either table
    operands: tuple[int, ...]

    def __repr__(self) -> str:
        table = "ARRAY_OPS" if isinstance(self.op, ArrayOp) else "OPS"
        parameters = getattr(self.op, "parameters", {})
        held = f".hold({', '.join(f'{name}={value!r}' for name, value in parameters.items())})" if parameters else ""
        return f"Step({table}[{self.op.name!r}]{held}, {self.operands})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would not show what a row holds


def call_row(op: Any, xs: Sequence[Any]) -> Any:
    """Return a row of either table at `xs`, with the parameters it holds."""
    return op(*xs, **op.parameters) if isinstance(op, ArrayOp) else op(*xs)


@dataclass(frozen=True)
class Formula:
    """A formula: inputs, and steps that were found to be possible at them."""

    inputs: tuple[Any, ...]  # numbers, or arrays
    steps: tuple[Step, ...]

    def run(self, leaves: Sequence[Any], apply: Callable[[Any, list[Any]], Any] = call_row) -> Any:
        """Carry out the steps on leaves of any kind; return the last result."""
        nodes = list(leaves)
        for step in self.steps:
            nodes.append(apply(step.op, [nodes[i] for i in step.operands]))
        return nodes[-1]

    def __call__(self, *leaves: Any) -> Any:
        """Compute it: with Values and Tensors it records, with numbers and arrays it computes."""
        return self.run(leaves)


@dataclass(frozen=True)
class Graph:
    """A graph of Values: its inputs and its output."""

    inputs: tuple[Value, ...]
    output: Value
    program: Formula


@dataclass(frozen=True)
class Written:
    """An expression as text, with the numbers that its names stand for."""

    text: str
    values: dict[str, float]
    program: Formula


@st.composite
def programs(
    draw: st.DrawFn, *, rows: Sequence[Op] | None = None, inputs: int = 3, most: int = 12, smooth: bool = False
) -> Formula:
    """Formulas of up to `most` steps on up to `inputs` numbers; `rows` are the operations they may use."""
    table = rows or [op for op in OPS.values() if op.name not in INNER and not (smooth and op.kink)]
    numbers = draw(st.lists(values(largest=3.0), min_size=1, max_size=inputs))
    wanted = draw(
        st.lists(
            st.tuples(st.sampled_from(table), st.lists(st.integers(0, 30), min_size=3, max_size=3)),
            min_size=1,
            max_size=most,
        )
    )
    known, steps = list(numbers), []
    for op, picks in wanted:
        count = op.arity or 2 * op.sequences if isinstance(op, Fold) else op.arity or 0
        operands = tuple((len(known) - 1 - pick) % len(known) for pick in (*picks, picks[0])[:count])
        result = possible(op, [known[i] for i in operands])
        if result is not None:
            steps.append(Step(op, operands))
            known.append(result)
    if not steps:
        steps.append(Step(OPS["add"], (0, 0)))
    return Formula(tuple(numbers), tuple(steps))


def possible(op: Op, xs: Sequence[float]) -> float | None:
    """Return op(xs), or None where the operation is not defined, has a kink, or is too large or too steep."""
    for x, interval in zip(xs, op.domain, strict=False):
        if not interval.low + CLEAR <= x <= interval.high - CLEAR or (
            interval.hole is not None and abs(x - interval.hole) < CLEAR
        ):
            return None
    if op.kink is not None and abs(op.kink(*xs)) < CLEAR:
        return None
    try:
        result = float(op(*xs))
        slopes = [float(op.partials[i](result, *xs)) for i in range(len(xs))]
    except (ValueError, ArithmeticError):
        return None
    if any(
        0 < abs(slope) * max(abs(x), 1.0) < FLAT * max(abs(result), 1e-9) for slope, x in zip(slopes, xs, strict=True)
    ):
        return None
    return result if all(isfinite(x) and abs(x) < LARGEST for x in (result, *slopes)) else None


def graphs(
    *, rows: Sequence[Op] | None = None, inputs: int = 3, most: int = 12, smooth: bool = False
) -> st.SearchStrategy[Graph]:
    """Graphs of Values with shared nodes, of up to `most` operations; `smooth` leaves out those with kinks."""
    return programs(rows=rows, inputs=inputs, most=most, smooth=smooth).map(record)


def record(program: Formula) -> Graph:
    """Run a program on Values."""
    leaves = tuple(Value(x, f"x{i}") for i, x in enumerate(program.inputs))
    return Graph(leaves, program(*leaves), program)


def expressions(*, inputs: int = 3, most: int = 8, smooth: bool = False) -> st.SearchStrategy[Written]:
    """Texts that `microgradnn.expression` reads, with values for their names: `Written(text, values)`."""

    def written(program: Formula) -> Written:
        names = [f"x{i}" for i in range(len(program.inputs))]
        text = program.run([Operand(name) for name in names], spell).text
        found = set(re.findall(r"x\d+", text))
        used = {name: x for name, x in zip(names, program.inputs, strict=True) if name in found}
        return Written(text, used, program)

    rows = [op for op in OPS.values() if op.name not in (*INNER, "dot") and not (smooth and op.kink)]
    return programs(rows=rows, inputs=inputs, most=most, smooth=smooth).map(written)


SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


def spell(op: Op, operands: list[Operand]) -> Operand:
    """Write an operation as the reader of expressions expects it."""
    if op.name in SIGNS:
        return Operand(f"({operands[0].text} {SIGNS[op.name]} {operands[1].text})")
    if op.name == "neg":
        return Operand(f"(-{operands[0].text})")
    return Operand(f"{op.name}({', '.join(operand.text for operand in operands)})")


# --- arrays -------------------------------------------------------------------------------------


def shapes(*, most: int = 3, longest: int = 3) -> st.SearchStrategy[Shape]:
    """Shapes of up to `most` axes of lengths up to `longest`; of no axis, but not of one, which is no column."""
    return hnp.array_shapes(min_dims=0, max_dims=most, max_side=longest).filter(not_rank_one)


def broadcastable_shapes(count: int = 2, *, most: int = 3, longest: int = 3) -> st.SearchStrategy[tuple[Shape, ...]]:
    """So many shapes, like those of `shapes`, that broadcast together."""
    several = hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=most, max_side=longest)
    return several.map(lambda drawn: drawn.input_shapes).filter(lambda drawn: all(map(not_rank_one, drawn)))


def not_rank_one(shape: Shape) -> bool:
    """Whether there is more than one axis, or none."""
    return len(shape) != 1


def arrays(
    shape: Shape | st.SearchStrategy[Shape] | None = None, *, domain: Interval = REAL, largest: float = 100.0
) -> st.SearchStrategy[Array]:
    """Arrays of float64, by default of one of the `shapes`, well inside a domain and of at most `largest`.

    Most numbers are between −3 and 3, some are awkward: 0, 1e-8, 40, 100. None is there twice, so that max and min have
    no tie, and none has more than seven digits, so that NumPy prints them all.
    """
    if not isinstance(shape, tuple):
        several = shapes() if shape is None else shape
        return several.flatmap(lambda drawn: arrays(drawn, domain=domain, largest=largest))
    low, high = max(domain.low + CLEAR, -largest), min(domain.high - CLEAR, largest)
    line = np.linspace(max(low, -USUAL), min(high, USUAL), max(4 * prod(shape), 60)).round(6).tolist()
    line += [x for x in (*AWKWARD, *[-x for x in AWKWARD if x]) if low <= x <= high]
    clear = {x for x in line if domain.hole is None or abs(x - domain.hole) > CLEAR}
    grid = sorted(clear, key=lambda x: (abs(x), x < 0))  # it shrinks to small numbers
    return hnp.arrays(float, shape, elements=st.sampled_from(grid), unique=True)


def tensors(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    *,
    name: str = "",
    domain: Interval = REAL,
    largest: float = 100.0,
) -> st.SearchStrategy[Tensor]:
    """Tensors with the numbers of `arrays`."""
    return st.builds(Tensor, arrays(shape, domain=domain, largest=largest), st.just(name))


@dataclass(frozen=True)
class TensorGraph:
    """A graph of Tensors: its inputs and its output."""

    inputs: tuple[Tensor, ...]
    output: Tensor
    program: Formula


def axis_of(shape: Shape, pick: int) -> dict[str, Any] | None:
    """One axis."""
    return {"axis": pick % len(shape)} if shape else None


def axis_options(shape: Shape, pick: int) -> dict[str, Any]:
    """All axes, or one of them, which is kept or not."""
    kept = {"keepdims": True} if pick % 2 else {}
    axis = pick // 2 % (len(shape) + 1)
    return kept if axis == len(shape) else {"axis": axis, **kept}


def index_of(shape: Shape, pick: int) -> dict[str, Any] | None:
    """One entry of the first axis, all of them the other way round, or some of them, one twice."""
    if not shape:
        return None
    last = pick // 3 % shape[0]
    return {"index": (last, slice(None, None, -1), np.array([0, last, last]))[pick % 3]}


# What a row is called with, for an array of a shape: None where there is nothing.
PARAMETERS: dict[str, Callable[[Shape, int], dict[str, Any] | None]] = {
    **dict.fromkeys(("sum", "mean", "max", "min", "prod", "logsumexp", "rms"), axis_options),
    **dict.fromkeys(("softmax", "log_softmax", "concatenate"), axis_of),
    "matmul": lambda shape, pick: {} if len(shape) > 1 else None,
    "swap": lambda shape, pick: {} if len(shape) > 1 else None,
    "transpose": lambda shape, pick: {"axes": tuple((pick + i) % len(shape) for i in range(len(shape)))},
    "reshape": lambda shape, pick: {"shape": (prod(shape), 1) if pick % 2 else (1, prod(shape))},
    "broadcast": lambda shape, pick: {"shape": (1 + pick % 2, *shape)},
    "take": index_of,
}
PARAMETERS |= {name: axis_of for name, op in ARRAY_OPS.items() if op.public and {*op.options} == {"axis"}} | PARAMETERS


@st.composite
def tensor_programs(
    draw: st.DrawFn,
    *,
    rows: Sequence[Op | ArrayOp] | None = None,
    inputs: int = 3,
    most: int = 8,
    smooth: bool = False,
) -> Formula:
    """Formulas of up to `most` steps on up to `inputs` arrays, which broadcast; `rows` are those they may use."""
    table: list[Any] = list(rows or [op for op in OPS.values() if op.name not in INNER and op.arity])
    of_arrays = [] if rows else [ARRAY_OPS[name] for name in (*PARAMETERS, "matmul", "matmul")]  # seldom fits
    if smooth:
        table = [op for op in table if not op.kink]
        of_arrays = [op for op in of_arrays if op.name not in ("max", "min")]
    n, m = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    fitting = st.sampled_from([(n, m), (m, n), (n, 1), (1, m), ()])  # for products, and to be repeated
    known = [draw(arrays(shape, largest=USUAL)) for shape in draw(st.lists(fitting, min_size=1, max_size=inputs))]
    given, steps = tuple(known), list[Step]()
    row = st.sampled_from(table) | st.sampled_from(of_arrays) if of_arrays else st.sampled_from(table)
    picks = st.lists(st.integers(0, 30), min_size=3, max_size=3)
    for op, (pick, *others) in draw(st.lists(st.tuples(row, picks), min_size=1, max_size=most)):
        first = (len(known) - 1 - pick) % len(known)
        rest = [(len(known) - 1 - other) % len(known) for other in others]
        for step in ways(op, known, first, rest, others[-1]):
            result = compute(step.op, [known[i] for i in step.operands])
            if result is not None:
                steps.append(step)
                known.append(result)
                break
    if not steps:
        steps.append(Step(OPS["add"], (0, 0)))
    return Formula(given, tuple(steps))


def ways(op: Any, known: Sequence[Array], first: int, rest: Sequence[int], pick: int) -> list[Step]:
    """Return the steps that a row may make of what is known, the one that is wanted most first."""
    if isinstance(op, Op):
        begin = (first, *rest)[: (op.arity or 1) - 1]
        return [Step(op, (*begin, last)) for last in ((first, *rest)[len(begin)], *range(len(known)))]
    fitting_parameters = PARAMETERS.get(op.name)
    parameters = fitting_parameters(known[first].shape, pick) if fitting_parameters else {}
    if parameters is None:
        return []
    held = op.hold(**parameters) if parameters else op
    if op.name == "concatenate":
        return [Step(held, (first, other)) for other in (*rest, first)]
    if op.name == "matmul":
        fitting = [Step(held, (first, other)) for other in (rest[0], *range(len(known))) if known[other].ndim > 1]
        return [*fitting, Step(ARRAY_OPS["swap"], (first,))]  # which can be multiplied with it the next time
    return [Step(held, (first, *rest)[: len(op.pullbacks)])]


def compute(op: Any, xs: Sequence[Array]) -> Array | None:
    """Return a row of either table at arrays; None where `possible` would, and where there are too many numbers."""
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(call_row(op, xs))
    except ValueError:  # the shapes do not fit
        return None
    if result.size > MOST_ENTRIES or not is_bounded(result):
        return None
    clear = apart(op, xs[0]) if isinstance(op, ArrayOp) else inside(op, result, xs)
    return result if clear else None


def is_bounded(x: Any) -> bool:
    """Whether all numbers are finite and not too large."""
    return bool(np.all(np.isfinite(x)) and np.all(np.abs(x) < LARGEST))


def inside(op: Op, f: Array, xs: Sequence[Array]) -> bool:
    """Whether arrays are well inside the domain of a row, away from its kinks, and its slopes bounded."""
    for x, interval in zip(xs, op.domain, strict=False):
        hole = interval.hole is not None and np.any(np.abs(x - interval.hole) < CLEAR)
        if hole or np.any(x < interval.low + CLEAR) or np.any(x > interval.high - CLEAR):
            return False
    with np.errstate(all="ignore"):
        if op.kink is not None and np.any(np.abs(op.kink(*xs)) < CLEAR):
            return False
        slopes = [np.abs(op.partials[i](f, *xs)) for i in range(len(xs))]
        lifts = [slope * np.maximum(np.abs(x), 1.0) for slope, x in zip(slopes, xs, strict=True)]
        flat = any(np.any((lift > 0) & (lift < FLAT * np.maximum(np.abs(f), FLAT))) for lift in lifts)
        return not flat and all(map(is_bounded, slopes))


def apart(op: ArrayOp, x: Array) -> bool:
    """Whether no two numbers that max or min compares are near each other: there is a kink between them."""
    if op.name not in ("max", "min"):
        return True
    axis = op.parameters.get("axis")
    line = np.sort(x.reshape(-1) if axis is None else np.moveaxis(x, axis, -1))
    return bool(np.all(np.diff(line) >= CLEAR))


def tensor_graphs(
    *, rows: Sequence[Op | ArrayOp] | None = None, inputs: int = 3, most: int = 8, smooth: bool = False
) -> st.SearchStrategy[TensorGraph]:
    """Graphs of Tensors that broadcast, multiply, reduce and share; `smooth` leaves out what has kinks."""
    return tensor_programs(rows=rows, inputs=inputs, most=most, smooth=smooth).map(record_tensors)


def record_tensors(program: Formula) -> TensorGraph:
    """Run a program on Tensors."""
    leaves = tuple(Tensor(x, f"x{i}") for i, x in enumerate(program.inputs))
    return TensorGraph(leaves, program(*leaves), program)
