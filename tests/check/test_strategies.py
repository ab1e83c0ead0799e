"""What the strategies draw is what they promise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

from microgradnn import Tensor, Value, expression
from microgradnn.check.strategies import (
    CLEAR,
    PARAMETERS,
    Formula,
    Graph,
    Step,
    TensorGraph,
    Written,
    arrays,
    broadcastable_shapes,
    expressions,
    graphs,
    operations,
    programs,
    shapes,
    tensor_graphs,
    tensor_programs,
    tensors,
    values,
)
from microgradnn.graph import OPS, Op, topological
from microgradnn.rules.arrays import ARRAY_OPS, ArrayOp, Shape


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


@pytest.mark.slow
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
    def only_these(program: Formula) -> None:
        assert {step.op.name for step in program.steps} <= {"add", "mul"}

    only_these()


@given(shapes(most=3, longest=4))
def test_shapes_are_small_and_none_is_of_one_axis(shape: Shape) -> None:
    assert len(shape) in (0, 2, 3)
    assert all(1 <= n <= 4 for n in shape)


@given(broadcastable_shapes(3))
def test_broadcastable_shapes_broadcast(several: tuple[Shape, ...]) -> None:
    assert len(several) == 3
    assert len(np.broadcast_shapes(*several)) <= 3


@given(st.data(), operations(arity=1))
def test_arrays_are_well_inside_the_domain_and_have_no_ties(data: st.DataObject, op: Op) -> None:
    drawn = data.draw(arrays((2, 3), domain=op.domain[0]))

    assert drawn.shape == (2, 3)
    assert drawn.dtype == np.float64
    assert len(set(drawn.flat)) == 6
    assert op.domain[0].low + CLEAR <= drawn.min()
    assert drawn.max() <= op.domain[0].high - CLEAR
    assert np.isfinite(op(drawn)).all()


@given(st.data())
def test_arrays_and_tensors_are_of_any_shape_that_is_drawn(data: st.DataObject) -> None:
    drawn = data.draw(tensors(st.just((1, 2)), name="W"))

    assert (drawn.shape, drawn.name) == ((1, 2), "W")
    assert data.draw(tensors()).ndim != 1
    assert np.abs(data.draw(arrays(largest=0.5))).max() <= 0.5


@given(tensor_graphs())
@settings(deadline=None)
def test_tensor_graphs_are_finite_and_worth_what_the_program_is_of_arrays(graph: TensorGraph) -> None:
    order = topological(graph.output)

    assert all(np.isfinite(node.data).all() for node in order)
    assert {node for node in order if not node.op and node.kind == "input"} <= set(graph.inputs)
    assert np.array_equal(graph.program(*graph.program.inputs), graph.output.data)


def broadcasts(graph: TensorGraph) -> bool:
    return any(
        isinstance(node.op, Op) and len({x.shape for x in node.inputs}) > 1 for node in topological(graph.output)
    )


def shares(graph: TensorGraph) -> bool:
    order = topological(graph.output)
    return any(sum(node in x.inputs for x in order) > 1 for node in order if node.op)


def multiplies(graph: TensorGraph) -> bool:
    return any(getattr(node.op, "name", "") == "matmul" and node.size > 1 for node in topological(graph.output))


@pytest.mark.parametrize("what", [broadcasts, shares, multiplies])
def test_tensor_graphs_broadcast_share_and_multiply(what: Callable[[TensorGraph], bool]) -> None:
    assert what(find(tensor_graphs(), what, settings=settings(phases=[Phase.generate], max_examples=2000)))


@given(st.data(), st.sampled_from([*PARAMETERS]))
@settings(deadline=None)
def test_rows_of_the_second_table_can_be_chosen(data: st.DataObject, name: str) -> None:
    program = data.draw(tensor_programs(rows=[ARRAY_OPS[name]], inputs=2, most=2))

    assert {step.op.name for step in program.steps} <= {name, "swap", "add"}
    assert isinstance(program(*map(Tensor, program.inputs)), Tensor)


@pytest.mark.slow
def test_so_can_a_row_of_ones_own() -> None:
    cube = ArrayOp("cube", lambda x: x**3, lambda g, f, x: g * 3 * x * x, text="cube({x})")
    program = find(tensor_programs(rows=[cube]), lambda drawn: len(drawn.steps) > 1)

    assert {step.op for step in program.steps} == {cube}


def test_smooth_programs_of_arrays_have_no_kinks() -> None:
    @given(tensor_programs(smooth=True))
    @settings(deadline=None)
    def smooth(program: Formula) -> None:
        assert all(step.op.kink is None and step.op.name not in ("max", "min") for step in program.steps)

    smooth()


def test_a_step_is_shown_as_code_with_what_its_row_holds() -> None:
    assert repr(Step(ARRAY_OPS["sum"].hold(axis=1), (2,))) == "Step(ARRAY_OPS['sum'].hold(axis=1), (2,))"
    assert pretty((Step(OPS["add"], (0, 1)),)) == "(Step(OPS['add'], (0, 1)),)"


@given(tensor_programs() | programs())
@settings(max_examples=60)
def test_what_is_printed_can_be_pasted(program: Formula) -> None:
    names = {"Formula": Formula, "Step": Step, "OPS": OPS, "ARRAY_OPS": ARRAY_OPS, "array": np.array, "slice": slice}
    again = eval(repr(program), names)

    assert np.array_equal(again(*again.inputs), program(*program.inputs))


@given(arrays((3, 3)))
@settings(max_examples=60)
def test_every_digit_of_an_array_is_printed(drawn: np.ndarray) -> None:
    assert np.array_equal(eval(repr(drawn), {"array": np.array}), drawn)


def test_arrays_reach_past_three_and_to_awkward_numbers() -> None:
    def holds(one: float) -> Callable[[np.ndarray], bool]:
        return lambda x: bool(np.any(x == one))

    for wanted in (0.0, 1e-8, 40.0, -100.0):
        assert (find(arrays((2, 2)), holds(wanted)) == wanted).any()
