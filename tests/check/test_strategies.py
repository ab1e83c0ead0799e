"""What the strategies draw is what they promise."""

from __future__ import annotations

import math

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from microgradnn import Value, expression
from microgradnn.check.strategies import (
    CLEAR,
    Graph,
    Program,
    Written,
    expressions,
    graphs,
    operations,
    programs,
    values,
)
from microgradnn.graph import OPS, Op, topological


@given(operations(smooth=True), operations(arity=2))
def test_operations_are_rows_of_the_table(smooth: Op, binary: Op) -> None:
    assert OPS[smooth.name] is smooth
    assert smooth.kink is None
    assert binary.arity == 2


@given(st.data(), operations(arity=1))
def test_values_are_well_inside_the_domain(data: st.DataObject, op: Op) -> None:
    x = data.draw(values(op.domain[0]))

    assert op.domain[0].low + CLEAR <= x <= op.domain[0].high - CLEAR
    assert math.isfinite(op(x))


@given(graphs())
@settings(deadline=None)
def test_graphs_are_finite_and_end_in_their_output(graph: Graph) -> None:
    order = topological(graph.output)

    assert all(math.isfinite(node.data) for node in order)
    assert {node for node in order if not node.op and node.kind == "input"} <= set(graph.inputs)
    assert graph.program(*graph.program.inputs) == pytest.approx(graph.output.data, nan_ok=False)


def test_graphs_share_nodes() -> None:
    shared = find(
        graphs(),
        lambda graph: any(
            node.inputs and sum(node in x.inputs for x in topological(graph.output)) > 1
            for node in topological(graph.output)
        ),
    )

    assert len(topological(shared.output)) <= 4  # it shrinks to the few steps that matter


@given(expressions())
@settings(deadline=None)
def test_expressions_can_be_read_and_are_worth_what_the_program_is(written: Written) -> None:
    graph = expression(written.text, written.values)
    computed = written.program(*map(Value, written.program.inputs))

    # Equal parts are computed once there, and numbers are folded: nothing else differs.
    assert graph.output.data == pytest.approx(computed.data, rel=1e-12)


def test_rows_can_be_chosen() -> None:
    @given(programs(rows=[OPS["add"], OPS["mul"]]))
    def only_these(program: Program) -> None:
        assert {step.op.name for step in program.steps} <= {"add", "mul"}

    only_these()
