"""A graph as a tape: which operation, on which slots."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from microgradnn import Value, clip, dot, elu, leaky_relu, logsumexp, mean, prod, tanh, where
from microgradnn.check.replay import condition
from microgradnn.check.strategies import Graph, graphs
from microgradnn.formulas.derive import resolve_arguments
from microgradnn.formulas.names import identifiers
from microgradnn.graph import OPS, Fold, Op, row
from microgradnn.programs.native.tape import ARITIES, KEYS, LISTS, NUMBERS, PLAIN, Tape, to_tape
from microgradnn.rules import calculus


def tape_of(output: Any, wrt: Sequence[Any] | None = None, inputs: Sequence[Any] | None = None) -> Tape:
    """The tape that the backend 'native' makes code of."""
    order, given, wanted = resolve_arguments(output, wrt, inputs)
    return to_tape(order, given, wanted, identifiers(order, [*given, *(x for x in wanted if x.op and not x.name)]))


def run(tape: Tape) -> list[float]:
    """What the slots hold in the end: all that a tape means, by the table's own functions."""
    slots: list[float] = tape.start.tolist()
    for number, slot, operands in tape.operations():
        name, held = KEYS[number]
        xs = [slots[k] for k in operands]
        slots[slot] = row(name, (xs[1],))(xs[0]) if held is None else row(name, held)(*xs)
    return slots


def written(tape: Tape) -> list[str]:
    """The names of what a tape does, in order, with what is held."""
    keys = [KEYS[number] for number in tape.code[:, 0].tolist()]
    return [f"{name}{'' if held == () else held}" for name, held in keys]


# --- what a tape says ---------------------------------------------------------------------------


def test_a_tape_says_which_operation_on_which_slots_and_where_the_result_goes() -> None:
    w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")

    tape = tape_of(tanh(w * x + 1).named("y"))

    mul, add, tanh_, nothing = NUMBERS["mul", ()], NUMBERS["add", ()], NUMBERS["tanh", ()], 0.0
    assert tape.start.tolist() == [2.0, 3.0, 1.0, nothing, nothing, nothing]  # inputs, constants, results
    assert tape.code.tolist() == [[mul, 3, 0, 1], [add, 4, 3, 2], [tanh_, 5, 4, 4]]
    assert (tape.inputs, tape.wrt.tolist(), tape.output, tape.names) == (("w", "x"), [0], 5, {5: "y"})


def test_three_operands_and_lists_stand_beside_the_code() -> None:
    x, y, z = Value(1.0, "x"), Value(2.0, "y"), Value(3.0, "z")

    tape = tape_of(where(x, y, z) + dot([x, y], [y, z]) + logsumexp([x, y, z]))

    assert tape.lists.tolist() == [1, 2, 0, 1, 1, 2, 0, 1, 2]
    operands = {KEYS[number][0]: places for number, _, places in tape.operations() if number != NUMBERS["add", ()]}
    assert operands == {"where": [0, 1, 2], "dot": [0, 1, 1, 2], "logsumexp": [0, 1, 2]}


def test_a_node_that_is_used_twice_is_computed_once() -> None:
    x = Value(1.5, "x")
    square = x * x

    assert written(tape_of(square + square * square)) == ["mul", "mul", "add"]


def test_an_operation_comes_after_what_it_reads() -> None:
    x = Value(0.5, "x")
    y = tanh(x)
    tape = tape_of(dot([y, x], [x, y * y]).exp() + where(x, y, y * x))

    for i, (_, slot, operands) in enumerate(tape.operations()):
        assert max(operands) < slot == len(tape.start) - len(tape.code) + i


def test_numbers_are_written_once_and_minus_zero_is_another_than_zero() -> None:
    x = Value(1.0, "x")

    start = tape_of(x * 2.0 + 2.0 + 0.0 - Value(-0.0) + 0.0 * x).start

    assert [str(number) for number in start[1:4].tolist()] == ["2.0", "0.0", "-0.0"]
    assert not start[4:].any()


def test_a_number_that_is_none_is_kept_too() -> None:
    tape = tape_of(Value(1.0, "x") + math.nan)

    assert math.isnan(tape.start[1])
    assert math.isnan(run(tape)[-1])


# --- the cases ----------------------------------------------------------------------------------


def test_the_table_is_what_there_are_cases_for() -> None:
    table = {name for name in OPS if hasattr(calculus, name)}

    assert {name for name, _ in KEYS} == table - {"mean"}  # which is written with sum and div


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_case_reads_as_many_operands_as_its_row(key: tuple[str, Any]) -> None:
    name, held = key
    number, op = NUMBERS[key], OPS[name]

    if isinstance(op, Fold):
        assert (ARITIES[number], LISTS[name]) == (0, op.sequences)
    else:
        assert ARITIES[number] == len(op.partials) - len(held or ())


def test_the_quick_way_is_for_rows_of_one_or_two_operands() -> None:
    assert {op.name for op in PLAIN} == {
        op.name for op in OPS.values() if op.arity in (1, 2) and op.name in vars(calculus)
    }


def test_a_square_and_a_cube_have_cases_and_other_exponents_a_slot() -> None:
    x = Value(1.5, "x")

    assert written(tape_of(x**2)) == ["pow(2.0,)"]
    assert written(tape_of(x**3.0)) == ["pow(3.0,)"]
    assert written(tape_of(x**-0.5)) == ["powNone"]
    assert written(tape_of(x ** Value(2.0))) == ["pow"]


@pytest.mark.parametrize(
    ("held", "name", "numbers"),
    [
        (lambda x: x**-0.5, "powNone", [-0.5]),
        (lambda x: leaky_relu(x, 0.1), "leaky_relu", [0.1]),
        (lambda x: elu(x, 0.5), "elu", [0.5]),
        (lambda x: clip(x, -1.0, 1.0), "clip", [-1.0, 1.0]),
        (lambda x: clip(x, x, 4.0), "clip", [4.0]),
    ],
)
def test_numbers_that_a_row_holds_are_operands_in_slots(held: Any, name: str, numbers: list[float]) -> None:
    x = Value(0.75, "x")
    output = held(x)
    output.backward()

    tape = tape_of(output)
    again, _, inputs = tape.graph()
    again.backward()

    assert written(tape) == [name]
    assert tape.start[1:-1].tolist() == numbers
    assert run(tape)[-1] == again.data == output.data
    assert inputs[0].grad == x.grad


def test_a_mean_and_a_long_product_are_written_with_other_rows() -> None:
    xs = [Value(float(x), f"x{x}") for x in (2, 3, 7)]

    assert (written(tape_of(mean(xs))), run(tape_of(mean(xs)))[-1]) == (["sum", "div"], 4.0)
    assert (written(tape_of(prod(xs))), run(tape_of(prod(xs)))[-1]) == (["prod"], 42.0)
    assert written(tape_of(prod(xs * 6))) == ["mul"] * 17


def test_a_product_of_one_is_a_node_of_its_own_whose_gradient_is_not_that_of_the_factor() -> None:
    x = Value(3.0, "x")
    p = prod([x]).named("p")

    tape = tape_of(p * x, [p, x])

    assert written(tape) == ["same", "mul"]
    assert tape.wrt.tolist() == [1, 0]


def test_a_row_that_is_not_in_the_table_is_an_error_that_names_it() -> None:
    cube = Op("cube", lambda x: x**3, lambda x: x**3, lambda f, x: 3 * x * x)
    with pytest.raises(ValueError, match="the backend 'native' knows the rows of the table alone, and 'cube' is none"):
        tape_of(cube(Value(2.0, "x")))


# --- the graph, the tape, the graph again -------------------------------------------------------


@given(graphs())
def test_a_tape_gives_what_the_graph_gave(graph: Graph) -> None:
    tape = tape_of(graph.output, inputs=graph.inputs)

    assert run(tape)[tape.output] == graph.output.data  # the same functions of the same floats


@given(graphs())
def test_the_graph_of_a_tape_has_the_values_and_the_gradients_of_the_graph_that_it_is_of(graph: Graph) -> None:
    tape = tape_of(graph.output, [], graph.inputs)
    graph.output.backward()

    output, _, inputs = tape.graph()
    output.backward()

    assert output.data == graph.output.data
    scales = condition(graph.output, graph.inputs)
    for x, again, scale in zip(graph.inputs, inputs, scales, strict=True):
        # The rounding of a dozen operations: a mean and a product are written with other rows.
        assert abs(again.grad - x.grad) <= 1e-12 * (scale + 1)


def test_the_graph_of_a_tape_has_the_names_of_the_graph_that_it_is_of() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    u = (w * x).named("u")
    c = mean([u, x, w]).named("c")
    p = prod([u, c]).named("p")

    output, wrt, inputs = tape_of((p**2).named("J"), [w, u], [x, w]).graph()

    assert [one.name for one in (output, *wrt, *inputs)] == ["J", "w", "u", "x", "w"]
    assert [one.data for one in (output, *wrt, *inputs)] == [(6.0 * (11 / 3)) ** 2, 2.0, 6.0, 3.0, 2.0]
    factor = output.inputs[0]
    assert (factor.name, [one.name for one in factor.inputs]) == ("p", ["u", "c"])


def test_an_output_that_is_a_leaf_is_a_tape_without_operations() -> None:
    x = Value(3.0, "x")

    tape = tape_of(x, [x])

    assert (len(tape.code), tape.output, run(tape)) == (0, 0, [3.0])
    assert tape.graph()[0].data == 3.0


def test_an_input_that_makes_no_difference_has_a_slot() -> None:
    x, idle = Value(3.0, "x"), Value(5.0, "idle")

    tape = tape_of(x * x, inputs=[idle, x])

    assert (tape.inputs, tape.start[:2].tolist(), tape.operations()[0][2]) == (("idle", "x"), [5.0, 3.0], [1, 1])


def test_a_tape_is_pickled_as_it_is() -> None:
    tape = tape_of(tanh(Value(2.0, "w") * Value(3.0, "x")).named("y"))

    again = pickle.loads(pickle.dumps(tape))

    for array in ("code", "lists", "start", "wrt"):
        np.testing.assert_array_equal(getattr(again, array), getattr(tape, array))
    assert (again.inputs, again.output, again.names) == (tape.inputs, tape.output, tape.names)


# --- size ---------------------------------------------------------------------------------------

MANY = 20_000  # twenty times what Python recurses


def test_a_chain_of_any_depth_and_a_fold_of_any_width_become_a_tape_and_a_graph_again() -> None:
    x = deep = Value(1.0, "x")
    for _ in range(MANY):
        deep = deep + 1.0
    wide = calculus.sum([x] * MANY)

    tape = tape_of(deep + wide)
    output, _, _ = tape.graph()

    assert len(tape.code) == MANY + 2
    assert run(tape)[-1] == output.data == 2 * MANY + 1
