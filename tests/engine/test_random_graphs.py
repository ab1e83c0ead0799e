"""Random formulas with shared nodes, against three sources that know nothing of the backward sweep."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from microgradnn import Value, grad, jvp
from microgradnn.check.differences import central
from microgradnn.check.replay import complex_step, condition
from microgradnn.check.strategies import INNER, Formula, Graph, graphs, programs
from microgradnn.graph import OPS, Op, topological

RATIONAL = [OPS[name] for name in ("add", "sub", "mul", "div", "neg")]


def takes_complex(op: Op) -> bool:
    """Whether a row's array function takes complex numbers; Python's erf does not, nor what is made with it."""
    try:
        return bool(np.iscomplexobj(op.of_arrays(*[np.complex128(0.5 + 1e-100j)] * (op.arity or 2))))
    except (TypeError, np.exceptions.ComplexWarning):
        return False


ANALYTIC = [op for op in OPS.values() if op.kink is None and op.name not in INNER and takes_complex(op)]


@given(graphs())
@settings(deadline=None)
def test_the_gradients_are_the_slopes_by_differences(graph: Graph) -> None:
    graph.output.backward()

    for i, x in enumerate(graph.inputs):

        def along(at: float, i: int = i) -> float:
            return float(graph.program(*graph.program.inputs[:i], at, *graph.program.inputs[i + 1 :]))

        # Where a logarithm is near 0, what is rounded before it is more than its own last digit.
        found = central(along, x.data, rounding=2.0**-50 * (1 + abs(x.grad)))
        # What the method says of its own error, and the rounding of a dozen operations.
        assert abs(x.grad - found.slope) <= 20 * found.error + 1e-9 * (1 + abs(x.grad))


@given(graphs(rows=ANALYTIC))
@settings(deadline=None)
def test_the_gradients_are_those_of_the_complex_step_to_the_last_digits(graph: Graph) -> None:
    graph.output.backward()
    exact, scales = complex_step(graph.output, graph.inputs), condition(graph.output, graph.inputs)

    assert exact is not None
    for x, slope, scale in zip(graph.inputs, exact, scales, strict=True):
        assert abs(x.grad - slope) <= 1e-11 * (scale + 1)  # a dozen operations, each of condition up to 1000


def fractions_both_ways(program: Formula, inputs: list[Fraction]) -> tuple[list[Any], list[Any]]:
    """The gradients by reverse and by forward mode, in fractions, by the rules of the table."""
    nodes: list[Any] = list(inputs)
    tangents = [[Fraction(i == j) for j in range(len(inputs))] for i in range(len(inputs))]
    partials: list[list[Any]] = []
    for step in program.steps:
        xs = [nodes[i] for i in step.operands]
        f = step.op(*xs)
        partials.append([rule(f, *xs) for rule in step.op.partials])
        for tangent in tangents:
            tangent.append(sum(d * tangent[i] for d, i in zip(partials[-1], step.operands, strict=True)))
        nodes.append(f)
    gradients = [Fraction(0)] * (len(nodes) - 1) + [Fraction(1)]
    for k in reversed(range(len(program.steps))):
        for d, i in zip(partials[k], program.steps[k].operands, strict=True):
            gradients[i] += d * gradients[len(inputs) + k]
    return gradients[: len(inputs)], [tangent[-1] for tangent in tangents]


@given(programs(rows=RATIONAL, most=10), st.data())
@settings(deadline=None)
def test_of_fractions_reverse_mode_is_forward_mode_exactly_and_floats_come_close(
    program: Formula, data: st.DataObject
) -> None:
    inputs = [Fraction(x).limit_denominator(64) or Fraction(1, 3) for x in program.inputs]
    try:
        reverse, forward = fractions_both_ways(program, inputs)
    except ZeroDivisionError:
        reject()

    assert reverse == forward
    leaves = [Value(float(x)) for x in inputs]
    output = program(*leaves)
    output.backward()
    for x, exact, scale in zip(leaves, reverse, condition(output, leaves), strict=True):
        amplified = 1 + max(abs(node.data) for node in topological(output))  # by which a rounding error may grow
        assert abs(x.grad - exact) <= 1e-12 * (1 + scale) * amplified**2


@given(programs(smooth=True, most=8))
@settings(deadline=None)
def test_forward_mode_and_reverse_mode_agree(program: Formula) -> None:
    inputs = list(program.inputs)
    gradient = grad(lambda xs: program(*xs))(inputs)

    for i, slope in enumerate(gradient):
        _, moved = jvp(lambda *xs: program(*xs), inputs, [float(i == j) for j in range(len(inputs))])
        assert moved == pytest.approx(slope, rel=1e-9, abs=1e-9)
