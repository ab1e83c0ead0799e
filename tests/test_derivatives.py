"""Derivatives of functions: any structure, any order, no trace left behind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Value, exp, grad, hessian, hvp, jacobian, jvp, log, relu, value_and_grad, vjp
from microgradnn.check.strategies import Program, programs

small = st.floats(-2, 2)


def bowl(x: Any) -> Any:
    return x[0] ** 2 * x[1] + exp(x[0] * x[1])


# --- structures ---------------------------------------------------------------------------


def test_the_gradient_has_the_structure_of_the_argument() -> None:
    def loss(p: Any) -> Any:
        return p["w"][0] * p["w"][1] + 2 * p["b"] + p["t"][0]

    assert grad(loss)({"w": [2.0, 3.0], "b": 1.0, "t": (5.0,)}) == {"w": [3.0, 2.0], "b": 2.0, "t": (1.0,)}


def test_of_an_array_it_is_an_array_of_floats() -> None:
    slope = grad(lambda x: (x * x).sum())(np.array([[1.0, 2.0], [3.0, 4.0]]))

    assert slope.dtype == float
    assert slope.tolist() == [[2, 4], [6, 8]]


def test_wrt_picks_the_argument_or_several() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y * y

    assert grad(f)(2.0, 3.0) == 9
    assert grad(f, wrt=1)(2.0, 3.0) == 12
    assert grad(f, wrt=(1, 0))(2.0, 3.0) == (12, 9)


def test_the_value_comes_along() -> None:
    assert value_and_grad(lambda x: x**3)(2.0) == (8.0, 12.0)


def test_what_the_function_does_not_use_has_gradient_0() -> None:
    assert grad(lambda x, y: x + 0 * y, wrt=(0, 1))(1.0, 2.0) == (1.0, 0.0)
    assert grad(lambda x: 5.0)(1.0) == 0.0


def test_a_branch_that_was_not_taken_gives_nothing_at_any_order() -> None:
    def f(x: Any) -> Any:
        return relu(log(x)) + x * x

    assert [grad(f)(0.5), grad(grad(f))(0.5), grad(f)(0.0)] == [1.0, 2.0, 0.0]


@pytest.mark.parametrize("f", [lambda x: [x, x], lambda x: (x,), lambda x: {"y": x}])
def test_of_more_than_one_output_there_is_no_gradient_but_a_jacobian(f: Any) -> None:
    with pytest.raises(TypeError, match="return one Value, for more there is jacobian"):
        grad(f)(1.0)


# --- any order ------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(6))
def test_the_derivatives_of_a_power(n: int) -> None:
    def power(x: Any) -> Any:
        return x**5

    derivative: Any = power
    for _ in range(n):
        derivative = grad(derivative)
    assert derivative(2.0) == pytest.approx(math.perm(5, n) * 2.0 ** (5 - n), rel=1e-15)


def test_variables_of_different_derivatives_do_not_mix() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12  # d/dx 2x²
    assert grad(lambda x: x * jvp(lambda y: x * y * y, (2.0,), (1.0,))[1])(3.0) == 24  # d/dx x · 4x
    assert jvp(lambda x: jvp(lambda y: x * y, (x,), (1.0,))[1], (3.0,), (1.0,)) == (3.0, 1.0)


def test_values_of_ones_own_in_a_function_do_not_make_its_gradient_a_node() -> None:
    w = Value(2.0)

    assert type(grad(lambda x: w * x)(3.0)) is float
    assert type(grad(lambda x: x * grad(lambda y: 2 * y)(3.0))(1.0)) is float


def test_forward_over_reverse_and_reverse_over_forward_agree() -> None:
    def f(x: Any) -> Any:
        return (x * x).sin()

    def slope(x: Any) -> Any:
        return jvp(f, (x,), (1.0,))[1]

    want = 2 * math.cos(1.44) - 4 * 1.44 * math.sin(1.44)
    assert jvp(grad(f), (1.2,), (1.0,))[1] == pytest.approx(want, rel=1e-14)
    assert grad(slope)(1.2) == pytest.approx(want, rel=1e-14)


def test_create_graph_leaves_gradients_that_are_nodes() -> None:
    x = Value(2.0, "x")
    (x**3).backward(create_graph=True)
    slope: Any = x.grad

    assert (slope.data, x.grad_data) == (12, 12)
    slope.backward()
    assert x.grad.data == pytest.approx(12 + 12)  # the leaf accumulates: 3x² and then 6x


def test_create_graph_adds_to_what_a_leaf_has() -> None:
    x = Value(3.0)
    f = x * x
    f.backward()
    f.backward(create_graph=True)

    assert x.grad_data == 12
    f.zero_grad()
    assert x.grad == 0


def test_data_that_was_changed_is_refused_where_the_rule_would_read_it() -> None:
    x = Value(2.0)
    f = x * x
    x.data = 100.0

    with pytest.raises(ValueError, match=r"was changed after the node was computed: .* 2\.0 and would now be 100\.0"):
        f.backward(create_graph=True)


def test_the_functions_leave_no_gradients_behind() -> None:
    outer = Value(3.0)
    hessian(lambda x: x[0] * x[1] * outer)([1.0, 2.0])

    assert not outer.has_grad


# --- directions and matrices ----------------------------------------------------------------


@given(programs(smooth=True, most=6), st.lists(small, min_size=3, max_size=3))
@settings(deadline=None)
def test_a_product_with_the_gradient_is_the_move_along_a_direction(program: Program, direction: list[float]) -> None:
    inputs = list(program.inputs)
    v = direction[: len(inputs)]

    _, moved = jvp(lambda x: program(*x), (inputs,), (v,))
    _, pullback = vjp(lambda x: program(*x), inputs)
    (slope,) = pullback(1.0)
    terms = [d * s for d, s in zip(v, slope, strict=True)]
    assert moved == pytest.approx(sum(terms), rel=1e-9, abs=1e-9 * (1 + sum(map(abs, terms))))


@given(st.lists(small, min_size=2, max_size=2), st.lists(small, min_size=2, max_size=2))
@settings(deadline=None)
def test_a_hessian_is_symmetric_and_hvp_multiplies_by_it(x: list[float], v: list[float]) -> None:
    matrix = hessian(bowl)(x)

    assert matrix[0][1] == pytest.approx(matrix[1][0], rel=1e-12, abs=1e-12)
    product = [row[0] * v[0] + row[1] * v[1] for row in matrix]
    assert hvp(bowl, x, v) == pytest.approx(product, rel=1e-9, abs=1e-9)


def test_a_hessian_by_hand() -> None:
    e = math.exp(2.0)

    assert hessian(bowl)([1.0, 2.0]) == [
        pytest.approx([4 + 4 * e, 2 + 3 * e], rel=1e-14),
        pytest.approx([2 + 3 * e, e], rel=1e-14),
    ]


def test_a_jacobian_has_the_outputs_outside_and_the_inputs_inside() -> None:
    def f(x: Any) -> Any:
        return {"sum": x[0] + x[1], "rest": [x[0] * x[1], 7.0]}

    assert jacobian(f)([2.0, 3.0]) == {"sum": [1, 1], "rest": [[3, 2], [0, 0]]}


def test_a_jacobian_of_arrays_is_an_array() -> None:
    matrix = jacobian(lambda x: x * x)(np.array([1.0, 2.0, 3.0]))

    assert matrix.tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    assert jacobian(lambda x: x[:2] * x[1])(np.array([1.0, 2.0, 3.0])).shape == (2, 3)


def test_vjp_weights_the_outputs() -> None:
    value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)

    assert value == [6, 5]
    assert [pullback([1.0, 0.0]), pullback([0.0, 1.0]), pullback([2.0, 10.0])] == [(3, 2), (1, 1), (16, 14)]


@pytest.mark.parametrize(
    "call", [lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]), lambda: jvp(lambda x: x, (1.0,), (1.0, 2.0))]
)
def test_what_does_not_match_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="they have to have the same structure"):
        call()
