"""What property tests draw from: operations, numbers, graphs and expressions. Needs `microgradnn[check]`.

Graphs and expressions are drawn as short programs, a list of operations on what there is so far, so
that they share nodes as real ones do and shrink to the few steps that matter. A step that would lead
out of an operation's domain, near a kink, or to numbers too large to compare, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

try:
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover
    raise ImportError('the strategies need hypothesis; pip install "microgradnn[check]"') from error

from ..graph import OPS, REAL, Fold, Interval, Op
from ..notation import Operand
from ..value import Value

CLEAR = 0.05  # how far arguments stay from kinks and from the ends of domains
LARGEST = 1e3  # results beyond are left out: differences of theirs would be rounding
INNER = (
    "ahead",
    "equal",
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
    """One operation on some of the nodes so far, counted from the last one."""

    op: Op
    operands: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A formula: inputs, and steps that were found to be possible at them."""

    inputs: tuple[float, ...]
    steps: tuple[Step, ...]

    def run(self, leaves: Sequence[Any], apply: Callable[[Op, list[Any]], Any] = lambda op, xs: op(*xs)) -> Any:
        """Carry out the steps on leaves of any kind; return the last result."""
        nodes = list(leaves)
        for step in self.steps:
            nodes.append(apply(step.op, [nodes[i] for i in step.operands]))
        return nodes[-1]

    def __call__(self, *leaves: Any) -> Any:
        """Compute it: with Values it records, with numbers it computes."""
        return self.run(leaves)


@dataclass(frozen=True)
class Graph:
    """A graph of Values: its inputs and its output."""

    inputs: tuple[Value, ...]
    output: Value
    program: Program


@dataclass(frozen=True)
class Written:
    """An expression as text, with the numbers that its names stand for."""

    text: str
    values: dict[str, float]
    program: Program


@st.composite
def programs(
    draw: st.DrawFn, *, rows: Sequence[Op] | None = None, inputs: int = 3, most: int = 12, smooth: bool = False
) -> Program:
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
    return Program(tuple(numbers), tuple(steps))


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
    return result if all(isfinite(x) and abs(x) < LARGEST for x in (result, *slopes)) else None


def graphs(
    *, rows: Sequence[Op] | None = None, inputs: int = 3, most: int = 12, smooth: bool = False
) -> st.SearchStrategy[Graph]:
    """Graphs of Values with shared nodes, of up to `most` operations; `smooth` leaves out those with kinks."""

    def recorded(program: Program) -> Graph:
        leaves = tuple(Value(x, f"x{i}") for i, x in enumerate(program.inputs))
        return Graph(leaves, program(*leaves), program)

    return programs(rows=rows, inputs=inputs, most=most, smooth=smooth).map(recorded)


def expressions(*, inputs: int = 3, most: int = 8, smooth: bool = False) -> st.SearchStrategy[Written]:
    """Texts that `microgradnn.expression` reads, with values for their names: `Written(text, values)`."""

    def written(program: Program) -> Written:
        names = [f"x{i}" for i in range(len(program.inputs))]
        text = program.run([Operand(name) for name in names], spelt).text
        found = set(re.findall(r"x\d+", text))
        used = {name: x for name, x in zip(names, program.inputs, strict=True) if name in found}
        return Written(text, used, program)

    rows = [op for op in OPS.values() if op.name not in (*INNER, "dot") and not (smooth and op.kink)]
    return programs(rows=rows, inputs=inputs, most=most, smooth=smooth).map(written)


SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


def spelt(op: Op, operands: list[Operand]) -> Operand:
    """Write an operation as the reader of expressions expects it."""
    if op.name in SIGNS:
        return Operand(f"({operands[0].text} {SIGNS[op.name]} {operands[1].text})")
    if op.name == "neg":
        return Operand(f"(-{operands[0].text})")
    return Operand(f"{op.name}({', '.join(operand.text for operand in operands)})")
