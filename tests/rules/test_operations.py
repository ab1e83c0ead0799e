"""Operations of the user's own: what they give on every path, and what is said where they are none."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from microgradnn import (
    ArrayOperation,
    DomainError,
    Operation,
    ShapeError,
    Tensor,
    Value,
    array_operation,
    cos,
    exp,
    grad,
    operation,
    sigmoid,
    sign,
    tanh,
)
from microgradnn.check import gradcheck
from microgradnn.graph import OPS, Interval, Op
from microgradnn.rules.arrays import ARRAY_OPS, ArrayOp, swap


def softsign(x: Any) -> Any:
    return x / (1 + abs(x))


def shear(x: Any, y: Any, by: float = 1.0) -> Any:
    return x + by * y


@pytest.fixture(autouse=True)
def _the_tables_stay_as_they_are() -> Iterator[None]:
    before = {*OPS}, {*ARRAY_OPS}
    yield
    for name in {*OPS} - before[0]:
        del OPS[name]
    for name in {*ARRAY_OPS} - before[1]:
        del ARRAY_OPS[name]


@pytest.fixture
def own() -> Operation:
    return operation(softsign, lambda f, x: 1 / (1 + abs(x)) ** 2, kink=lambda x: x)


@pytest.fixture
def sheared() -> ArrayOperation:
    return array_operation(shear, lambda g, f, x, y, by=1.0: g, lambda g, f, x, y, by=1.0: by * g)


# --- what it gives --------------------------------------------------------------------------------


def test_it_is_a_function_of_numbers_arrays_and_nodes(own: Operation) -> None:
    assert own(3.0) == 0.75
    assert own(np.array([3.0, -1.0])).tolist() == [0.75, -0.5]
    assert own(Value(3.0)).partials == (1 / 16,)
    assert own(Tensor([[3.0, -1.0]])).data.tolist() == [[0.75, -0.5]]
    assert repr(own(Value(3.0))) == "Value(0.75, op='softsign')"


def test_its_gradients_are_right_and_so_are_those_of_second_order(own: Operation) -> None:
    assert gradcheck(own, 0.7)
    assert gradcheck(lambda x: own(x).sum(), Tensor([[0.7, -0.2]]))
    assert grad(grad(own))(1.0) == pytest.approx(-2 / 8, rel=1e-12)  # −2 sgn x / (1 + |x|)³


def test_a_wrong_slope_is_found_and_named() -> None:
    wrong = operation(math.sin, lambda f, x: f, name="wave")
    report = gradcheck(wrong, 0.5)

    assert not report
    assert "wave(x" in str(report.suspects[0])


def test_slopes_in_two_arguments_broadcast() -> None:
    tent = operation(
        lambda x, y: x * y if x > 0 else -x * y, lambda f, x, y: y * sign(x), lambda f, x, y: abs(x), name="tent"
    )
    x, y = Tensor([[1.0, -2.0]], "x"), Tensor([[3.0], [5.0]], "y")
    tent(x, y).sum().backward()

    assert x.grad.tolist() == [[8.0, -8.0]]
    assert y.grad.tolist() == [[3.0], [3.0]]


def test_a_slope_of_python_alone_gives_first_derivatives_of_arrays_too() -> None:
    ramp = operation(lambda x: max(x, 0.0), lambda f, x: 1.0 if x > 0 else 0.0, name="ramp")
    x = Tensor([[1.0, -2.0]], "x")
    ramp(x).sum().backward()

    assert x.grad.tolist() == [[1.0, 0.0]]
    with pytest.raises(TypeError, match="bad: the slope in x has to give one number"):
        operation(lambda x: x, lambda f, x: "1", name="bad")(Value(1.0))


def test_a_slope_that_cannot_be_differentiated_says_how_to_write_it() -> None:
    wave = operation(math.sin, lambda f, x: math.cos(x), name="wave")

    assert grad(wave)(0.5) == math.cos(0.5)
    with pytest.raises(
        TypeError, match=r"wave: the slope in x cannot be .* write it with arithmetic and microgradnn's"
    ):
        grad(grad(wave))(0.5)


def test_where_the_function_raises_numpys_arithmetic_may_have_a_limit() -> None:
    gamma = operation(math.lgamma, lambda f, x: 1.0, name="gamma")
    inverse = operation(lambda x: x**-2, lambda f, x: -2 * x**-3, name="inverse")
    cubed = operation(lambda x: x**3, lambda f, x: 3 * x**2, name="cubed")

    with pytest.raises(DomainError, match=r"gamma has no real value at x = -1\.0"):
        gamma(Value(-1.0))
    assert np.isnan(gamma(np.array([-1.0, 2.0]))).tolist() == [True, False]
    with pytest.raises(ZeroDivisionError):
        inverse(0.0)
    assert inverse(np.array([0.0])).tolist() == [math.inf]
    assert cubed(1e200) == math.inf


def test_what_turns_complex_is_not_real() -> None:
    root = operation(lambda x: x**0.5, lambda f, x: 0.5 / f, name="root")

    with pytest.raises(DomainError, match=r"root has no real value"):
        root(Value(-1.0))
    assert np.isnan(root(np.array([-1.0]))).all()


def test_one_precision_stays() -> None:
    cube = operation(lambda x: x * x * x, lambda f, x: 3 * x * x, name="cube")
    x = Tensor(np.array([[1.0, 2.0]], np.float32), "x")
    y = cube(x)
    y.sum().backward()

    assert y.dtype == x.grad.dtype == np.float32


def test_graphs_are_pickled_and_copied_with_it(own: Operation, sheared: ArrayOperation) -> None:
    v, t = own(Value(3.0, "x")), sheared(Tensor([[1.0]], "x"), Tensor([[2.0]], "y"), by=2)

    assert pickle.loads(pickle.dumps(v)).op is copy.deepcopy(v).op is own
    assert pickle.loads(pickle.dumps(t)).data.tolist() == copy.deepcopy(t).data.tolist() == [[5.0]]
    text = pickle.dumps(v)
    own.remove()
    with pytest.raises(TypeError, match="softsign> is in no table"):
        pickle.dumps(v)
    with pytest.raises(LookupError, match="there is no operation 'softsign'; one of your own has to be made before"):
        pickle.loads(text)
    assert copy.deepcopy(v).op is own


def test_a_slope_of_numbers_alone_is_explained_by_its_number() -> None:
    wave = operation(math.sin, lambda f, x: math.cos(x), name="wave")
    x = Value(0.0, "x")

    assert str(wave(x).named("y").explain(x)).startswith("dy/dx = 1")


def test_it_is_drawn_and_explained(own: Operation) -> None:
    y = own(Value(3.0, "x")).named("y")

    assert "softsign" in y.draw().dot()
    assert str(y.explain(y.inputs[0])).startswith("dy/dx = 1 / (1 + |x|)² = 0.0625")


def test_a_whole_array_goes_through_its_pullbacks(sheared: ArrayOperation) -> None:
    x, y = Tensor([[1.0, 2.0]], "x"), Tensor([[3.0, 4.0]], "y")
    f = sheared(x, y, by=3)
    (f * f).sum().backward()

    assert f.data.tolist() == [[10.0, 14.0]]
    assert x.grad.tolist() == [[20.0, 28.0]]
    assert y.grad.tolist() == [[60.0, 84.0]]
    assert f.op.format_call(["x", "y"]) == "shear(x, y, by=3)"
    assert gradcheck(lambda x, y: sheared(sheared(x, y), y, by=2).sum(), x, y)


def test_a_result_shares_nothing_with_what_it_is_made_of() -> None:
    view = array_operation(lambda x: x.T, lambda g, f, x: swap(g), name="flipped")
    same = operation(lambda x: x, lambda f, x: 1, name="equal_to", array=lambda x: x)
    a = np.array([[1.0, 2.0]])

    assert not np.shares_memory(view(a), a)
    assert not np.shares_memory(same(a), a)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["tanh", "add", "matmul", "softsign", "softplus", "print", "np", "sum_to", "elementwise"]
)
def test_a_name_that_is_taken_is_refused(own: Operation, name: str) -> None:
    before = dict(OPS), dict(ARRAY_OPS)

    with pytest.raises(ValueError, match=f"'{name}'"):
        operation(lambda x: x, lambda f, x: 1, name=name)
    with pytest.raises(ValueError, match=f"'{name}'"):
        array_operation(lambda x: x, lambda g, f, x: g, name=name)
    assert before == (OPS, ARRAY_OPS)


@pytest.mark.parametrize("name", ["", "two words", "class", "1st"])
def test_a_name_is_one_that_code_can_have(name: str) -> None:
    with pytest.raises(ValueError, match="say how the operation is called"):
        operation(lambda x: x, lambda f, x: 1, name=name)


def test_nothing_is_in_a_table_because_it_was_made() -> None:
    Op("one", math.sin, np.sin, lambda f, x: cos(x))
    ArrayOp("other", np.sin, lambda g, f, x: g * cos(x), text="other({x})")

    assert "one" not in OPS
    assert "other" not in ARRAY_OPS


def test_in_a_with_statement_it_is_in_the_table_inside_alone() -> None:
    for _ in range(2):
        with (
            operation(softsign, lambda f, x: f) as one,
            array_operation(shear, lambda g, f, x, y: g, lambda *_: 0) as two,
        ):
            assert OPS["softsign"] is one
            assert ARRAY_OPS["shear"] is two
        assert "softsign" not in OPS
        assert "shear" not in ARRAY_OPS
    one.remove()  # once is enough, but twice is no error


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: operation(softsign), "has a slope for each of its one to three arguments; got 0"),
        (lambda: operation(softsign, lambda f, x, y: 1), "the slope in x is called with"),
        (lambda: operation(softsign, lambda f, x, y: 1, lambda f, x, y: 1), r"softsign is called with \(x, y\)"),
        (lambda: operation(softsign, 1.0), "the slope in x is a function of"),  # type: ignore[arg-type]
        (lambda: operation(3.0, lambda f, x: 1), "made of a function, got 3.0"),  # type: ignore[arg-type]
        (lambda: operation(np.hypot, lambda f, x: 1, name="h"), "np.hypot does not take"),
        (lambda: array_operation(shear), "a pullback for each of its one to three arrays; got 0"),
    ],
)
def test_what_does_not_fit_is_said_at_once(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        make()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"text": "soft {y}"}, r"\{y\} in 'soft \{y\}' is no argument \(choose from x\)"),
        ({"binds": "loosely"}, "unknown binds 'loosely'"),
        ({"domain": (2, 1)}, r"a domain is \(low, high\)"),
        ({"domain": (Interval(), Interval())}, "2 intervals for 1 arguments"),
    ],
)
def test_so_is_how_it_is_written_and_defined(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        operation(softsign, lambda f, x: 1, **options)
    assert "softsign" not in OPS


@pytest.mark.parametrize(
    ("result", "told"),
    [((1.0, 2.0), "2 results; make an operation of each"), (None, "None; is a return missing"), ("1", "'1'")],
)
def test_an_operation_has_one_result(result: Any, told: str) -> None:
    several = operation(lambda x: result, lambda f, x: 1, name="several")
    whole = array_operation(lambda x: result, lambda g, f, x: g, name="whole")

    for x in (1.0, np.ones(2), Value(1.0), Tensor([[1.0, 2.0]])):
        with pytest.raises(TypeError, match=f"several has to give one number, and gave {told}"):
            several(x)
    for x in (np.ones(2), Tensor([[1.0, 2.0]])):
        with pytest.raises(TypeError, match=f"whole has to give one array, and gave {told}"):
            whole(x)


@pytest.mark.parametrize("rule", [lambda f, x: None, lambda f, x: (1.0, 1.0), lambda f, x: [x]])
def test_a_slope_is_one_number(rule: Any) -> None:
    cube = operation(lambda x: x * x * x, rule, name="cube")

    with pytest.raises(TypeError, match="cube: the slope in x has to give one number for each of f, and gave"):
        cube(Value(2.0))
    y = cube(Tensor([[1.0, 2.0]], "x")).sum()
    with pytest.raises(TypeError, match="cube: the slope in x has to give one number"):
        y.backward()


def test_a_slope_of_another_shape_is_met_in_the_sweep() -> None:
    cube = operation(lambda x: x * x * x, lambda f, x: 3 * np.swapaxes(x, 0, 1) ** 2, name="cube")

    y = cube(Tensor([[1.0, 2.0, 3.0]], "x")).sum()
    with pytest.raises(ShapeError, match=r"cube: the slope in x has the shape \(3, 1\), and the result has \(1, 3\)"):
        y.backward()


@pytest.mark.parametrize(
    ("rule", "error", "told"),
    [
        (lambda g, f, x: None, TypeError, "None; is a return missing"),
        (lambda g, f, x: (g, g), TypeError, "2 results"),
        (lambda g, f, x: 0.0, TypeError, r"0\.0 \(float\)"),
        (lambda g, f, x: g.reshape(-1), ShapeError, r"has the shape \(3,\), and x has \(1, 3\)"),
        (lambda g, f, x: g.sum(), ShapeError, r"has the shape \(\), and x has \(1, 3\)"),
    ],
)
def test_a_pullback_has_the_shape_of_its_argument(rule: Any, error: type[Exception], told: str) -> None:
    row = array_operation(lambda x: x * 2, rule, name="doubled")
    y = row(Tensor([[1.0, 2.0, 3.0]], "x")).sum()

    with pytest.raises(error, match=rf"doubled: the pullback in x .*{told}"):
        y.backward()


def test_an_array_form_is_element_wise() -> None:
    flat = operation(softsign, lambda f, x: 1, array=np.sum, name="flat")

    with pytest.raises(ShapeError, match=r"flat of .* being element-wise, and gave .*there is array_operation"):
        flat(np.ones((2, 3)))


def test_shapes_that_do_not_broadcast_are_told_as_for_the_rows_of_the_table() -> None:
    less = operation(lambda x, y: x - y, lambda f, x, y: 1, lambda f, x, y: -1, name="less")

    with pytest.raises(ShapeError, match="less: the shapes do not broadcast"):
        less(Tensor([[1.0, 2.0]]), Tensor([[1.0, 2.0, 3.0]]))


def test_rules_may_use_other_rows_of_ones_own(own: Operation) -> None:
    leaned = operation(lambda x: x * softsign(x), lambda f, x: own(x) + x / (1 + abs(x)) ** 2, name="leaned")

    assert gradcheck(lambda x: leaned(x) * exp(sigmoid(x)) + tanh(x), 0.7)
    assert grad(grad(leaned))(1.0) == pytest.approx(0.25, rel=1e-12)  # of x²/(1 + x): 2 / (1 + x)³
