"""Derivatives of functions: any structure, any order, no trace left behind."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Value, atan2, exp, grad, hessian, hvp, hypot, jacobian, jvp, log, relu, value_and_grad, vjp
from microgradnn.check.strategies import Formula, programs
from microgradnn.graph.structure import unflatten

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
    assert grad(lambda x: Value(5.0))(1.0) == 0.0


@pytest.mark.parametrize(
    "derivative", [lambda f: grad(f)(3.0), lambda f: jvp(f, (3.0,), (1.0,))[1], lambda f: vjp(f, 3.0)[1](1.0)[0]]
)
@pytest.mark.parametrize("leave", [lambda x: x.data**2, lambda x: 5.0, lambda x: np.float64(x.item())])
def test_a_number_that_has_left_the_graph_is_warned_of(derivative: Any, leave: Any) -> None:
    with pytest.warns(UserWarning, match="returned .* no Value: its derivative is taken for 0"):
        assert derivative(leave) == 0.0


def test_a_branch_of_0_is_no_number_that_was_lost() -> None:
    assert grad(lambda x: max(0, x))(-1.0) == 0.0
    assert jacobian(lambda x: [x, 7.0])(1.0) == [1.0, 0.0]
    assert hessian(lambda x: 3 * x[0] + x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


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
def test_a_product_with_the_gradient_is_the_move_along_a_direction(program: Formula, direction: list[float]) -> None:
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


class Size(NamedTuple):
    r: Any
    h: Any


def volume(size: Any) -> Any:
    """r²h, whose Hessian at (2, 3) is (6, 4), (4, 0)."""
    r, h = size.values() if isinstance(size, dict) else size
    return r**2 * h


@pytest.mark.parametrize(
    ("at", "matrix"),
    [
        ([2.0, 3.0], [[6.0, 4.0], [4.0, 0.0]]),
        ((2.0, 3.0), ((6.0, 4.0), (4.0, 0.0))),
        (Size(2.0, 3.0), Size(Size(6.0, 4.0), Size(4.0, 0.0))),
        ({"r": 2.0, "h": 3.0}, {"r": {"r": 6.0, "h": 4.0}, "h": {"r": 4.0, "h": 0.0}}),
    ],
)
def test_a_hessian_has_the_structure_of_the_argument_twice_and_hvp_once(at: Any, matrix: Any) -> None:
    first = matrix["r"] if isinstance(matrix, dict) else matrix[0]
    rows, product = hessian(volume)(at), hvp(volume, at, unflatten(at, [1.0, 0.0]))

    assert (rows, product) == (matrix, first)
    assert type(rows) is type(product) is type(at)


@pytest.mark.parametrize("dtype", [float, object])
def test_of_an_array_of_any_dtype_they_are_arrays_of_floats(dtype: Any) -> None:
    at = np.array([2.0, 3.0], dtype)
    matrix, product = hessian(volume)(at), hvp(volume, at, np.array([1.0, 0.0], dtype))

    assert [matrix.dtype, product.dtype] == [float, float]
    assert [matrix.tolist(), product.tolist()] == [[[6, 4], [4, 0]], [6, 4]]


def test_of_an_array_of_values_they_are_arrays_of_nodes() -> None:
    at = np.array([Value(2.0), Value(3.0)])
    slope = grad(volume)(at)
    slope[0].backward()  # 2rh

    assert [(type(x), x.data) for x in slope] == [(Value, 12), (Value, 4)]
    assert [x.grad for x in at] == [6, 4]


def test_a_hessian_has_an_axis_for_each_axis_of_the_argument_twice() -> None:
    matrix = hessian(lambda x: (x * x * x).sum())(np.array([[1.0, 2.0], [3.0, 4.0]]))

    assert matrix.shape == (2, 2, 2, 2)
    assert np.array_equal(matrix.reshape(4, 4), np.diag([6.0, 12.0, 18.0, 24.0]))


def test_a_jacobian_of_arrays_in_a_dict_has_them_in_each_row() -> None:
    W, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    first, second = jacobian(lambda p: tuple(p["W"] @ p["x"]))({"W": W, "x": x})

    assert [first["W"].tolist(), first["x"].tolist()] == [[[5, 6], [0, 0]], [1, 2]]
    assert [second["W"].tolist(), second["x"].tolist()] == [[[0, 0], [5, 6]], [3, 4]]


def test_several_arguments_are_a_tuple_outside_and_inside() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y * y

    assert jacobian(f, wrt=(1, 0))(2.0, 3.0) == (12, 9)
    assert hessian(f, wrt=(1, 0))(2.0, 3.0) == ((4, 6), (6, 0))


def test_jvp_and_vjp_take_and_give_structures() -> None:
    def f(p: Any) -> Any:
        return {"product": p["x"][0] * p["x"][1], "rest": (p["x"][0],)}

    at = {"x": [2.0, 3.0]}
    value, moved = jvp(f, (at,), ({"x": [1.0, 10.0]},))
    _, pullback = vjp(f, at)

    assert value == {"product": 6, "rest": (2,)}
    assert moved == {"product": 3 + 20, "rest": (1,)}
    assert pullback({"product": 1.0, "rest": (100.0,)}) == ({"x": [103, 2]},)


def test_vjp_weights_the_outputs() -> None:
    value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)

    assert value == [6, 5]
    assert [pullback([1.0, 0.0]), pullback([0.0, 1.0]), pullback([2.0, 10.0])] == [(3, 2), (1, 1), (16, 14)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]), "cotangent must match the value: it has 2 parts, and got 1"),
        (
            lambda: vjp(lambda x: {"a": x, "b": x}, 1.0)[1]({"a": 1.0}),
            "cotangent must match the value: it has the keys ['a', 'b'], and got the keys ['a']",
        ),
        (lambda: jvp(lambda x: x, (1.0,), (1.0, 2.0)), "tangents must match the arguments: it has 1 parts, and got 2"),
        (
            lambda: hvp(volume, {"r": 2.0, "h": 3.0}, {"r": 1.0}),
            "tangents must match the arguments: [0] has the keys ['r', 'h'], and got the keys ['r']",
        ),
        (lambda: hvp(volume, [2.0, 3.0], 1.0), "tangents must match the arguments: [0] has 2 parts, and got a float"),
        (
            lambda: hvp(volume, np.ones(2), np.ones((2, 2))),
            "tangents must match the arguments: [0] has shape (2,), and got (2, 2)",
        ),
        (
            lambda: jvp(lambda x, y: x[0] * y, ([1.0], 2.0), (1.0, [1.0])),
            "tangents must match the arguments: [0] has 1 parts, and got a float",
        ),
    ],
)
def test_what_does_not_match_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^the {re.escape(words)}$"):
        call()


def test_the_parts_of_a_dict_are_matched_by_their_keys() -> None:
    assert hvp(lambda p: p["w"] ** 2 * p["b"], {"w": 2.0, "b": 3.0}, {"b": 0.0, "w": 1.0}) == {"w": 6, "b": 4}


def test_a_function_of_nothing_has_a_pullback_to_nothing() -> None:
    assert vjp(lambda x: [], 1.0)[1]([]) == (0.0,)


def test_a_gradient_that_is_a_node_does_not_change_with_the_data() -> None:
    w, x = Value(2.0), Value(3.0)
    (w * x).backward(create_graph=True)
    x.data = 10.0

    assert (w.grad_data, w.grad is x) == (3.0, False)


def test_nor_with_that_of_another_node_of_the_graph() -> None:
    x = Value(3.0)
    u, v = x * 1, x * 2
    (u * v).backward(create_graph=True)
    v.data = 10.0

    assert (u.grad_data, u.grad is v) == (6.0, False)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))])
def test_a_graph_whose_gradients_are_nodes_can_be_copied(copied: Any) -> None:
    x = Value(2.0, "x")
    y = x**3
    y.backward(create_graph=True)
    twin = copied(y)
    (source,) = twin.inputs

    assert (source.name, source.grad_data, twin.grad_data) == ("x", 12.0, 1.0)
    source.grad.backward()
    assert source.grad_data == 12.0 + 12.0  # the node is swept as any other: 6x is added at the leaf
    assert x.grad_data == 12.0
    assert copied(x).grad_data == 12.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: grad(lambda p: p["w"])({"w": 1.0, "name": "a"}), "got 'a' \\(str\\)"),
        (lambda: hessian(volume)([2.0, None]), "got None \\(NoneType\\)"),
        (lambda: jacobian(lambda x: [x, None])(1.0), "got None \\(NoneType\\)"),
        (lambda: grad(lambda xs: sum(xs))({1.0}), "got {1.0} \\(set\\)"),  # a set has no order
    ],
)
def test_a_leaf_that_is_no_number_is_refused(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"^a Value holds one real number; {words}"):
        call()


@pytest.mark.parametrize("derivative", [hessian(lambda x: [x, x]), lambda x: hvp(lambda x: (x, x), x, 1.0)])
def test_of_more_than_one_output_there_is_no_second_derivative(derivative: Any) -> None:
    with pytest.raises(TypeError, match="return one Value, for more there is jacobian"):
        derivative(1.0)


# --- where slopes are infinite ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "first", "second"),
    [
        (lambda x: x.sqrt(), 0.0, math.inf, -math.inf),
        (lambda x: x.log(), 0.0, math.inf, -math.inf),
        (lambda x: x**0.5, 0.0, math.inf, -math.inf),
        (lambda x: x**1.5, 0.0, 0.0, math.inf),
        (lambda x: x.asin(), 1.0, math.inf, math.inf),
        (lambda x: x.acosh(), 1.0, math.inf, -math.inf),
    ],
)
def test_derivatives_are_infinite_where_slopes_are(f: Any, x: float, first: float, second: float) -> None:
    """By hand: √x has slope 1/(2√x) and that −1/(4x√x); so log, asin and acosh at their ends."""
    node = Value(x)
    f(node).backward(create_graph=True)

    assert node.grad.data == grad(f)(x) == first
    assert grad(grad(f))(x) == second


def test_nothing_comes_back_through_an_infinite_slope_from_a_slope_of_zero() -> None:
    x = Value(0.0)
    (x * x).sqrt().backward(create_graph=True)

    assert x.grad.data == 0


def test_second_derivatives_outside_of_a_rules_domain_are_nan_as_of_tensors() -> None:
    matrix = hessian(lambda x: x[0] ** x[1])([-2.0, 2.0])

    assert matrix[0][0] == 2  # y (y − 1) x^(y−2); the others hold log(−2)
    assert all(math.isnan(one) for one in (matrix[0][1], matrix[1][0], matrix[1][1]))


def test_a_direction_or_a_seed_of_zero_brings_zero() -> None:
    assert hvp(lambda p: p[0] ** 2 + p[1] ** 1.5, [1.0, 0.0], [1.0, 0.0]) == [2, 0]
    assert jvp(lambda x, y: x + y.sqrt(), (1.0, 0.0), (1.0, 0.0)) == (1, 1)
    assert vjp(lambda x: [x.sqrt(), x], 0.0)[1]([0.0, 1.0]) == (1,)


def test_second_derivatives_where_a_first_one_is_zero_and_no_branch_is_left_out() -> None:
    # ∂²√(x² + y²)/∂x² = y²/r³, ∂² atan2(x, y)/∂x∂y = (x² − y²)/r⁴
    assert hessian(lambda v: hypot(v[0], v[1]))([0.0, 2.0]) == [[0.5, 0.0], [0.0, 0.0]]
    assert hessian(lambda v: hypot(v[0], v[1]))([4.0, 0.0]) == [[0.0, 0.0], [0.0, 0.25]]
    assert hessian(lambda v: atan2(v[0], v[1]))([0.0, 1.0]) == [[0.0, -1.0], [-1.0, 0.0]]
    assert hessian(lambda v: atan2(v[0], v[1]))([1.0, 0.0]) == [[0.0, 1.0], [1.0, 0.0]]


def test_second_derivatives_of_a_linear_function_are_0_without_a_warning() -> None:
    def plane(x: Any) -> Any:
        return 2 * x[0] + x[1]

    assert hvp(plane, [1.0, 2.0], [1.0, 0.0]) == [0.0, 0.0]
    assert hessian(plane)([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert grad(grad(lambda x: 3 * x))(1.0) == 0.0
