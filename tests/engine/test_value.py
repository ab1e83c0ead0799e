"""One number that remembers how it was computed."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnn
from microgradnn import PoleError, Value, no_grad
from microgradnn.engine.dots import dots
from microgradnn.engine.value import COMPILED
from microgradnn.graph import OPS, Op
from microgradnn.rules import calculus

numbers = st.floats(-100, 100)
OPERATORS: dict[Callable[..., Any], Op] = {
    operator.add: calculus.add,
    operator.sub: calculus.sub,
    operator.mul: calculus.mul,
    operator.truediv: calculus.div,
    operator.pow: calculus.pow,
}
every_operator = pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
FUNCTIONS = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu"]


# --- making one ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2), np.array(2.0)])
def test_any_real_number_becomes_a_float(number: Any) -> None:
    value = Value(number)

    assert type(value.data) is float
    assert value.data == float(number)


@pytest.mark.parametrize(
    "other", [1j, "2", None, [2], np.array([1.0, 2.0]), np.complex128(2), np.str_("2"), Decimal(2), Fraction(1, 3)]
)
def test_what_is_no_real_number_is_refused(other: Any) -> None:
    with pytest.raises(TypeError, match="a Value holds one real number; got"):
        Value(other)


def test_a_value_of_a_value_is_a_leaf_of_its_number() -> None:
    x = Value(2)

    assert Value(x).data == 2
    assert Value(x).inputs == ()


def test_an_integer_that_no_float_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 308 digits"):
        Value(10**400)


def test_an_unknown_kind_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown kind 'weight' \(choose from input, parameter, constant\)"):
        Value(1, kind="weight")


def test_a_name_is_a_string() -> None:
    with pytest.raises(TypeError, match="str"):
        Value(1, 3)  # type: ignore[arg-type]


def test_kinds() -> None:
    w, x = Value(1, "w", kind="parameter"), Value(2)
    y = 3 * w * x

    assert (w.kind, x.kind, y.kind, y.inputs[0].inputs[0].kind) == ("parameter", "input", "operation", "constant")


def test_named_returns_the_node_and_keeps_its_scope() -> None:
    x = Value(1)

    assert x.named("x", scope="layer 1/neuron 2") is x
    assert (x.name, x.scope) == ("x", "layer 1/neuron 2")
    assert x.named("z").scope == "layer 1/neuron 2"


def test_repr_shows_what_there_is() -> None:
    x = Value(33, name="J")
    y = x * 2

    assert (repr(x), repr(y)) == ("Value(33.0, name='J')", "Value(66.0, op='mul')")
    y.backward()
    assert repr(x) == "Value(33.0, name='J', grad=2.0)"


# --- operators ----------------------------------------------------------------------------


@every_operator
@given(x=st.floats(0.1, 10), y=st.floats(-3, 3).filter(lambda y: abs(y) > 0.1))
def test_operators_agree_with_python_and_with_their_row(op: Callable[..., Any], x: float, y: float) -> None:
    nodes = Value(x), Value(y)
    node = op(*nodes)
    by_row = OPERATORS[op](*map(Value, (x, y)))

    assert node.data == op(x, y)
    assert (node.op, node.data, node.partials) == (by_row.op, by_row.data, by_row.partials)
    assert node.inputs == nodes


@every_operator
@pytest.mark.parametrize("number", [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2)])
def test_numbers_may_stand_on_either_side(op: Callable[..., Any], number: Any) -> None:
    x = Value(3)

    right, left = op(x, number), op(number, x)

    assert isinstance(right, Value)
    assert isinstance(left, Value)
    assert (right.data, left.data) == (op(3.0, float(number)), op(float(number), 3.0))
    left.backward()
    right.backward()
    assert x.grad == left.partials[1] + right.partials[0]


def test_the_operands_of_a_number_on_the_left_are_not_swapped() -> None:
    x = Value(3, "x")

    assert [node.data for node in (1 + x).inputs] == [1, 3]
    assert [node.data for node in (1 - x).inputs] == [1, 3]


def test_signs() -> None:
    x = Value(-3)

    assert (-x).op is calculus.neg
    assert +x is x
    assert abs(x).data == 3
    assert x.abs().partials == (-1,)


def test_subtraction_and_division_are_nodes_of_their_own() -> None:
    a, b = Value(6), Value(2)

    assert (a - b).inputs == (a, b)
    assert (a / b).inputs == (a, b)


def test_a_number_as_exponent_is_part_of_the_operation() -> None:
    x = Value(3)

    assert (x**2).inputs == (x,)
    assert (x**2).partials == (6,)
    assert (x ** Value(2)).partials == (6, 9 * math.log(3))
    assert (2**x).partials == (3 * 2**2, 8 * math.log(2))


def test_in_place_operators_make_new_nodes() -> None:
    x = Value(3)
    y = x
    y += 1
    y *= y

    assert (x.data, y.data) == (3, 16)


@every_operator
@pytest.mark.parametrize("other", ["a", None, [1], 1j, Decimal(2)])
def test_other_types_are_a_type_error(op: Callable[..., Any], other: Any) -> None:
    with pytest.raises(TypeError):
        op(Value(1), other)
    with pytest.raises(TypeError):
        op(other, Value(1))


def test_an_array_of_numbers_times_a_value_is_an_array_of_values() -> None:
    x = Value(3)
    products = np.array([1.0, 2.0]) * x

    assert [product.data for product in products] == [3, 6]


# --- functions ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_a_method_and_takes_numbers_too(name: str) -> None:
    function = getattr(microgradnn, name)
    method = getattr(Value(0.5), name)

    assert method().data == function(Value(0.5)).data == function(0.5)
    assert method().op is OPS[name]
    assert type(function(0.5)) is float
    if not COMPILED and name != "relu":  # mypyc leaves docstrings out, and relu has its own
        assert name in inspect.getdoc(getattr(Value, name))  # type: ignore[operator]


def test_functions_of_two() -> None:
    x = Value(0.5)

    assert (x.maximum(2).data, microgradnn.maximum(x, 2).data, microgradnn.maximum(3, x).data) == (2, 2, 3)
    assert (x.minimum(2).data, microgradnn.minimum(0.5, 2)) == (0.5, 0.5)


def test_leaky_relu_leaks_a_hundredth_if_not_told_otherwise() -> None:
    x = Value(-2)

    assert x.leaky_relu().data == -0.02
    assert x.leaky_relu(0.5).inputs == (x,)
    assert microgradnn.leaky_relu(x, 0.5).data == -1


def test_elu_is_of_height_1_if_not_told_otherwise() -> None:
    assert Value(-2.0).elu().data == calculus.elu(-2.0, 1.0) != calculus.elu(-2.0, 2.0)


def test_a_power_of_0_has_slope_0_everywhere() -> None:
    assert [(Value(x) ** 0).partials for x in (0.0, -2.0, 3.0)] == [(0,)] * 3
    assert (Value(0.0) ** 1).partials == (1,)


@pytest.mark.parametrize("divide", [lambda x: 1 / x, lambda x: x / x, lambda x: x / 0])
def test_division_by_zero_names_the_node(divide: Callable[[Value], Value]) -> None:
    with pytest.raises(PoleError, match=r"div: division by zero at .*y = 0\.0"):
        divide(Value(0.0, "x"))


def test_functions_of_three_record_three_edges() -> None:
    x, y = Value(2), Value(3)
    chosen = calculus.where(1, x, y) * 5
    chosen.backward()

    assert (x.grad, y.grad) == (5, 0)


# --- numbers out of the graph ---------------------------------------------------------------


@pytest.mark.parametrize("leave", [float, int, math.sin, math.exp], ids=lambda f: f.__name__)
def test_nothing_leaves_the_graph_silently(leave: Callable[[Any], float]) -> None:
    with pytest.raises(TypeError, match=r"its gradient be lost: write v\.data"):
        leave(Value(1, "v"))


def test_data_and_item_are_the_way_out() -> None:
    assert Value(2).item() == Value(2).data == 2.0


def test_order_compares_numbers_and_equality_is_identity() -> None:
    x, y = Value(1), Value(2)

    assert x < y < 3
    assert x <= 1 <= y
    assert y > x > 0
    assert y >= x >= 1
    assert x != Value(1)
    assert len({x, Value(1)}) == 2
    assert max([x, y]) is y


# --- data that changes ----------------------------------------------------------------------


@given(x=numbers, moved=numbers)
def test_the_gradient_is_that_of_the_computation_that_was_done(x: float, moved: float) -> None:
    leaf = Value(x)
    square = leaf * leaf
    leaf.data = moved
    square.backward()

    assert leaf.grad == 2 * x
    assert leaf.made_with == x


def test_nan_and_infinity_are_data() -> None:
    assert math.isnan((Value(math.nan) * 2).data)
    assert (Value(math.inf) + 1).data == math.inf


# --- sums of products --------------------------------------------------------------------------


@given(st.integers(1, 4), st.data())
def test_dots_are_dot_products(n: int, data: st.DataObject) -> None:
    numbers = st.lists(st.floats(-9, 9), min_size=n, max_size=n)
    ws = [tuple(map(Value, data.draw(numbers))) for _ in range(3)]
    x = [Value(number) if i % 2 else number for i, number in enumerate(data.draw(numbers))]

    for product, w in zip(dots(ws, x), ws, strict=True):
        by_row = OPS["dot"](w, x)
        assert (product.data, product.partials, product.op) == (by_row.data, by_row.partials, by_row.op)
        assert product.inputs[:n] == w
        assert [node.data for node in product.inputs[n:]] == [node.data for node in by_row.inputs[n:]]
        product.backward()
        by_row.backward()
        assert [node.grad for node in w] == [2 * node.data for node in product.inputs[n:]]  # once for each


def test_dots_share_their_x_and_are_watched_as_all_nodes_are() -> None:
    ws = [(Value(1.0),), (Value(math.inf),)]
    first, second = dots(ws, [0.0])

    assert first.inputs[1] is second.inputs[1]
    with no_grad():
        assert [product.inputs for product in dots(ws, [2.0])] == [(), ()]
    assert dots([(), ()], []) == [0, 0]  # no nodes: numbers
    with pytest.raises(ValueError, match="the sequences have 1 and 2 numbers"):
        dots(ws, [1.0, 2.0])
    with pytest.raises(TypeError, match=r"got ('a'|str)"):  # mypyc says it in its own words
        dots(ws, ["a"])


def test_a_leaf_that_a_dead_branch_leads_to_has_the_gradient_0() -> None:
    w, x, b = Value(1.0), Value(-2.0), Value(0.0)
    (OPS["dot"]([w], [x]) + b).relu().backward()

    assert [(leaf.grad, leaf.has_grad) for leaf in (w, x, b)] == [(0.0, True)] * 3
