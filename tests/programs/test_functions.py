"""Functions as programs: what is recorded of them gives what the sweep gives, or raises."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microgradnn
from microgradnn import GuardError, Tensor, Value, compile, derive, grad, maximum, relu, value_and_grad, vjp, where
from microgradnn.formulas.outputs import OutputsDerivation
from microgradnn.nn import Network

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt of abs": lambda x: abs(x).sqrt(),
    "where": lambda x: where(x > 0, x.exp(), 0 * x),
    "relu": lambda x: relu(x) * x,
    "times 0": lambda x: x * 0,
    "branch": lambda x: x**2 if x > 0 else -x,
    "x log x": lambda x: x * x.log(),
    "a plain number": lambda x: 3.0,
    "itself": lambda x: x,
    "reciprocal": lambda x: 1 / x,
    "a branch on data": lambda x: x * 2 if x.data > 0 else x * 3,
    "exp": lambda x: (-x).exp(),
    "tie": lambda x: maximum(x, 1 - x),
    "root": lambda x: x**0.5,
    "x to the x": lambda x: x**x,
    "log sigmoid": lambda x: x.sigmoid().log(),
    "step": lambda x: where(x > 0, 1.0, 2.0) * x,
    "caught": lambda x: x.sqrt() if x > -1 else x.tanh(),
}
POINTS = [0.3, 2.0, 0.0, -0.0, 0.5, -1.5, -0.5, nan, inf, -inf, 800.0, -800.0, 1e300, 1e-300, 5e-324]


def outcome(call: Callable[[], tuple[Any, Any]]) -> Any:
    """What a call gives, or the name of what it raises."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "the function returned")  # a plain number, as is meant
            value, gradient = call()
        return float(value), float(np.ravel(gradient)[0])
    except (ValueError, ArithmeticError) as error:
        return type(error).__name__


def agree(found: Any, want: Any) -> bool:
    """Whether two outcomes are the same: printed formulas may differ from the sweep in the last digits."""
    if isinstance(found, str) or isinstance(want, str):
        return bool(found == want)
    return np.allclose(found, want, rtol=1e-13, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_program_is_the_sweep_at_awkward_points(name: str) -> None:
    f = FUNCTIONS[name]
    program = compile(f, 0.3)
    flat = program.flat()
    for x in POINTS:
        want = outcome(lambda: value_and_grad(f)(x))  # noqa: B023
        assert agree(outcome(lambda: (program(x).value, program(x).gradients["x"])), want), x  # noqa: B023
        assert agree(outcome(lambda: flat(np.array([x]))), want), x  # noqa: B023


@given(st.sampled_from(sorted(FUNCTIONS)), st.floats(), st.floats())
@settings(max_examples=60)
def test_a_program_is_the_sweep_wherever_it_was_recorded(name: str, first: float, then: float) -> None:
    f = FUNCTIONS[name]
    try:
        program = compile(f, first)
    except (ValueError, ArithmeticError):
        with pytest.raises((ValueError, ArithmeticError)):
            value_and_grad(f)(first)
        return
    want = outcome(lambda: value_and_grad(f)(then))
    assert agree(outcome(lambda: program.flat()(np.array([then]))), want)


def test_arguments_and_results_are_structures() -> None:
    program = compile(lambda p, s: {"sum": p["a"] + p["b"][0], "product": (p["a"] * s,)}, {"a": 1.0, "b": [2.0]}, 3.0)

    value, gradients = program({"a": 5.0, "b": [7.0]})

    assert value == {"sum": 12.0, "product": (15.0,)}
    assert gradients["p"].tolist() == [[1.0, 1.0], [3.0, 0.0]]
    assert gradients["s"].tolist() == [[0.0], [5.0]]


def test_gradients_have_the_structure_of_their_argument() -> None:
    program = compile(lambda p, s: p["a"] * p["b"][0] * s, {"a": 1.0, "b": [2.0]}, 3.0)

    assert program().gradients == {"p": {"a": 6.0, "b": [3.0]}, "s": 2.0}
    assert compile(lambda x: (x * x).sum(), np.array([1.0, 2.0]))().gradients["x"].tolist() == [2.0, 4.0]


def test_arguments_are_given_by_name_too() -> None:
    program = compile(lambda x, y: x * y, 2.0, 3.0)

    assert program(y=5.0).value == program(2.0, 5.0).value == 10.0
    for wrong in (dict(z=1.0), dict(x=1.0)):
        with pytest.raises(TypeError):
            program(1.0, **wrong)
    with pytest.raises(TypeError):
        program(1.0, 2.0, 3.0)


def test_wrt_are_names_or_places() -> None:
    f = lambda x, y: x * y  # noqa: E731
    assert set(compile(f, 2.0, 3.0, wrt=["y"])().gradients) == {"y"}
    assert set(compile(f, 2.0, 3.0, wrt=[0])().gradients) == {"x"}
    with pytest.raises(ValueError, match="choose from x, y"):
        compile(f, 2.0, 3.0, wrt=["z"])


def test_what_is_no_number_is_static() -> None:
    program = compile(lambda x, how, train=True: x if how == "plain" else -x, 2.0, "plain", None)

    assert program(3.0, "other").value == -3.0
    assert program(3.0, "plain", False).value == 3.0
    assert len(program.recordings) == 3


def test_other_shapes_are_recorded_once_more_or_refused() -> None:
    def f(x: list[Any]) -> Any:
        return sum(one * one for one in x)

    assert compile(f, [1.0, 2.0])([1.0, 2.0, 3.0]) == (14.0, {"x": [2.0, 4.0, 6.0]})
    with pytest.raises(GuardError):
        compile(f, [1.0, 2.0], on_change="raise")([1.0, 2.0, 3.0])
    assert compile(f, [])([1.0]).value == 1.0
    W, X = Tensor([[1.0, 2.0]]), np.ones((2, 3))
    program = compile(lambda w, x: (w @ x).tanh(), W, X)
    assert program.value(x=np.ones((2, 5))).shape == (1, 5)
    with pytest.raises(ValueError, match="columns"):
        program.value(x=np.ones((3, 5)))


def test_what_a_function_closes_over_is_read_at_every_call() -> None:
    w, c = Value(2.0, "w", kind="parameter"), Value(5.0)
    program = compile(lambda x: w * x + c, 1.0)
    flat = program.flat()
    w.data, c.data = 10.0, 1.0

    assert program(3.0) == (31.0, {"x": 10.0})
    assert flat(np.array([3.0])) == (31.0, np.array([10.0]))


def test_a_function_without_arguments_has_a_value() -> None:
    w = Value(2.0, "w", kind="parameter")
    program = compile(lambda: w * w)
    w.data = 3.0

    assert program() == (9.0, {})


def embed(e: Any, w: Any, i: Any) -> Any:
    return (w @ e[:, i]).tanh()


def test_an_index_is_an_argument_and_no_literal() -> None:
    rng = np.random.default_rng(0)
    e, w, i = rng.normal(size=(2, 5)), rng.normal(size=(1, 2)), np.array([3, 0, 3])
    program = compile(lambda e, w, i: embed(e, w, i).sum(), Tensor(e), w, i)

    for other in (np.array([1, 1, 4]), np.array([-1, 2, 0])):
        value, gradients = program(i=other)
        leaves = Tensor(e), Tensor(w)
        embed(*leaves, other).sum().backward()
        assert value == pytest.approx(np.tanh(w @ e[:, other]).sum(), rel=1e-14)
        np.testing.assert_allclose(gradients["e"], leaves[0].grad, rtol=1e-13)
        np.testing.assert_allclose(gradients["w"], leaves[1].grad, rtol=1e-13)
    assert len(program.recordings) == 1
    assert "i.astype(int)" in program.source
    assert program(i=np.array([1])).value == pytest.approx(np.tanh(w @ e[:, [1]]).sum(), rel=1e-14)


def test_an_index_that_is_none_is_refused() -> None:
    e, w, i = np.ones((2, 5)), np.ones((1, 2)), np.array([3, 0, 3])
    program = compile(embed, Tensor(e), w, i)

    with pytest.raises(IndexError):
        program.value(i=np.array([3, 0, 5]))
    with pytest.raises(TypeError, match="whole numbers"):
        program.value(i=np.array([0.5, 1.0, 2.0]))
    with pytest.raises(TypeError, match="there is no gradient"):
        compile(embed, Tensor(e), w, i, wrt=["i"])


def test_an_index_is_an_input_of_the_program_of_a_node() -> None:
    e = Tensor(np.arange(12.0).reshape(3, 4), "E", kind="parameter")
    i = Tensor([[2, 0, 2]], "I", kind="constant")
    program = compile((e[:, i] ** 2).sum())

    assert program.inputs == ("E", "I")
    for places in ([[1, 1, 1]], [[0, 3, -1]]):
        want = np.zeros((3, 4))
        columns: Any = (slice(None), places)
        np.add.at(want, columns, 2 * e.data[columns])
        assert program(I=places).gradients["E"].tolist() == want.tolist()
    with pytest.raises(ValueError, match="whole numbers"):
        program(I=[[1, 0.5, 1]])
    with pytest.raises(IndexError):
        program(I=[[1, 4, 1]])


def test_a_program_called_on_nodes_is_the_function() -> None:
    program = compile(lambda x: x**3, 1.0)

    assert grad(lambda v: program.value(v) * v)(2.0) == 32.0
    assert grad(lambda v: program(v).gradients["x"])(2.0) == 12.0
    x = Value(2.0, "x")
    program.value(x).backward()
    assert x.grad == 12.0


def test_the_prediction_of_a_network_is_a_program() -> None:
    network = Network([2, 3, 1], seed=1)
    X = np.arange(8.0).reshape(2, 4)
    program = compile(network, Tensor(X))

    np.testing.assert_allclose(program.value(X), network(X).numpy(), rtol=1e-14)
    np.testing.assert_allclose(program.value(X[:, :2]), network(X[:, :2]).numpy(), rtol=1e-14)
    network.parameters()[0].data = network.parameters()[0].data + 1.0
    np.testing.assert_allclose(program.value(X), network(X).numpy(), rtol=1e-14)


@pytest.mark.parametrize("backend", [None, "python"])
@pytest.mark.parametrize("wrt", [["x", "y", "z"], ["y", "x"], ["z", "y", "x"]])
@pytest.mark.parametrize("divides", [False, True])  # which is asked at each call, and takes the long way
def test_a_call_at_plain_numbers_is_the_sweep(wrt: list[str], backend: Any, divides: bool) -> None:
    def f(x: Any, y: Any, z: Any) -> Any:
        return {"f": x / y * z + x if divides else x * x * y + z * y}

    program = compile(f, 2.0, 3.0, 1.0, wrt=wrt, backend=backend)
    for x, y, z in [(3.0, 5.0, 2.0), (3, np.float64(5), 2), (2.0, 0.0, 1.0), (2.0, inf, 1.0), (2.0, 1.0, nan)] * 2:
        try:
            value, slopes = value_and_grad(lambda *xyz: f(*xyz)["f"], (0, 1, 2))(x, y, z)
        except ArithmeticError:
            with pytest.raises(ArithmeticError):
                program(x, y, z)
            continue
        want = [value, *(slopes["xyz".index(name)] for name in wrt)]
        for found in (program(x, y, z), program(z=z, y=y, x=x)):
            assert [*found.gradients] == wrt
            np.testing.assert_allclose([found.value["f"], *found.gradients.values()], want, rtol=1e-15)
        np.testing.assert_array_equal(program.value(x, y, z)["f"], value)


@pytest.mark.parametrize("backend", [None, "python"])
@pytest.mark.parametrize("product", ["gradient", "value"])
def test_a_call_at_plain_numbers_is_held_against_the_function_too(product: str, backend: Any) -> None:
    outside = [False]
    program = compile(lambda x, y: x * y * y if outside[0] else x * y, 2.0, 3.0, backend=backend)
    call = program if product == "gradient" else program.value

    def call_often() -> None:
        for _ in range(program.calls + 5):  # a power of two lies between a number and its double
            call(2.0, 3.0)

    call_often()
    outside[0] = True
    with pytest.raises(GuardError, match="a variable that changes"):
        call_often()


def test_attributes_of_a_function_are_none_of_its_program() -> None:
    def f(a: Any, b: Any) -> Any:
        return a * b

    f.wrt, f.examples, f.recordings = ("b",), (), 3  # type: ignore[attr-defined]
    assert compile(f, 2.0, 3.0)(3.0, 4.0) == (12.0, {"a": 4.0, "b": 3.0})
    assert microgradnn.compiled(f)(2.0, 3.0) == 6.0


def test_a_branch_is_taken_at_plain_numbers_too() -> None:
    program = compile(lambda x: x * x if x > 0 else -x, 2.0)

    assert [program(x).value for x in (3.0, 3.0, -1.0, 3.0, -2.0)] == [9.0, 9.0, 1.0, 9.0, 2.0]


def test_numbers_for_a_number_are_no_point() -> None:
    program = compile(lambda p, x: p["w"][0] * x, {"w": [2.0]}, 3.0)

    for wrong in (np.ones((200, 200)), [1.0, 2.0], np.ones(1)):
        with pytest.raises(TypeError, match=r'example of x is a number; .* of shape .*backend="numpy"'):
            program(x=wrong)
    with pytest.raises(TypeError, match=r"example of p\['w'\]\[0\] is a number"):
        program({"w": [np.ones(3)]})
    assert program(x=5.0).value == 10.0
    assert compile(lambda x, k: k * x.sum() if k else x.sum(), np.ones(2), None)(k=np.float64(2)).value == 4.0


def test_one_number_may_stand_in_a_matrix() -> None:
    program = compile(lambda w, x: w @ x, Tensor([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    assert program().gradients["w"].tolist() == [[3.0, 4.0]]
    assert program.flat().hess(program.flat().x0)[0].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_what_was_not_recorded_is_found_or_refused() -> None:
    noise = iter(range(100))
    with pytest.raises(GuardError, match="a random number"):
        compile(lambda x: x * next(noise), 1.0)


def test_rounding_is_no_change_of_the_function() -> None:
    def f(x: Any) -> Any:
        return (x + 1e16) - 1e16 + (x * 3 + 1e16) / 3 - 1e16 / 3

    program = compile(f, 1.0)
    for x in np.linspace(-3, 3, 40):
        assert abs(program(float(x)).value - value_and_grad(f)(float(x))[0]) <= 8  # of units of 1e16


def test_an_array_that_changes_outside_is_found_out() -> None:
    a = np.ones((1, 2))
    program = compile(lambda x: (Tensor(a) @ x).sum(), Tensor(np.ones((2, 1))))
    program()
    a[:] = 7

    with pytest.raises(GuardError, match="a variable that changes"):
        [program() for _ in range(8)]


def test_a_program_of_a_function_is_kept_as_its_function() -> None:
    program = pickle.loads(pickle.dumps(compile(microgradnn.tanh, 2.0)))
    assert program(0.5).value == pytest.approx(np.tanh(0.5), rel=1e-15)


def test_what_is_no_number_is_no_result() -> None:
    for result in (None, "text"):
        with pytest.raises(TypeError, match="one real number"):
            compile(lambda x: result, 1.0)  # noqa: B023
    assert compile(lambda x: [], 1.0).value() == []


def test_an_option_of_nodes_is_none_of_functions() -> None:
    with pytest.raises(TypeError, match="takes wrt, on_change, backend and reduce, and no any_length"):
        compile(lambda x: x, 1.0, any_length=True)  # type: ignore[call-overload]


def test_a_function_without_examples_is_asked_for_them() -> None:
    with pytest.raises(TypeError, match=r"compile\(f, 2.0\)"):
        compile(lambda x: x)
    with pytest.raises(TypeError, match="of a network compile the cost"):
        microgradnn.compile(Network([2, 1]))


def run_source(source: str, name: str = "value_and_gradients") -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace[name]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - {"a branch on data"}))
def test_the_derivation_of_a_function_is_the_sweep_or_raises(name: str) -> None:
    f = FUNCTIONS[name]
    both = run_source(derive(f, 0.3, style="numpy").source)
    for x in [0.3, 2.0, 0.7, -1.5, -0.5]:  # at kinks and poles a program has the sweep besides; a source has not
        try:
            with np.errstate(all="ignore"):
                value, gradients = both(np.float64(x))
        except ValueError:
            continue
        assert agree((float(value), float(gradients[0] if gradients else 0.0)), outcome(lambda: value_and_grad(f)(x)))  # noqa: B023


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=2), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
@settings(max_examples=30)
def test_the_derivation_of_many_outputs_pulls_gradients_back(x: list[float], u: list[float]) -> None:
    def f(x: Any, y: Any) -> list[Any]:
        return [x * y, (x * y).tanh() + y, x, y.sin() * 2]

    outputs, gradients = run_source(derive(f, 0.5, 0.5).source)(*x, *u)
    want, pull = vjp(f, *x)

    np.testing.assert_allclose(outputs, want, rtol=1e-12)
    np.testing.assert_allclose(gradients, pull(u), rtol=1e-12, atol=1e-12)


def test_the_derivation_of_a_layer_is_what_a_person_writes() -> None:
    def layer(w1: Any, b1: Any, w2: Any, x: Any) -> Any:
        a1 = (w1 @ x + b1).named("Z1").tanh().named("A1")
        return (w2 @ a1).named("Z2").sigmoid().named("A2"), a1

    shapes = ((3, 2), (3, 1), (1, 3), (2, 4))
    w1, b1, w2, x = (np.full(shape, 0.1) for shape in shapes)
    found = derive(layer, Tensor(w1), b1, w2, x, wrt=["w1", "b1", "w2"])

    assert str(found).split("\n\n")[1].splitlines() == [
        "dZ2 = dA2 * (A2 * (1 - A2))",
        "dw2 = dZ2 @ A1.T",
        "dA1 = dA1_own + w2.T @ dZ2",
        "dZ1 = dA1 * (1 - A1**2)",
        "dw1 = dZ1 @ x.T",
        "db1 = np.sum(dZ1, axis=1, keepdims=True)",
    ]
    assert isinstance(found, OutputsDerivation)
    assert found.seeds == ("dA2", "dA1_own")


def test_what_cannot_be_derived_is_refused() -> None:
    with pytest.raises(ValueError, match="takes numbers out of nodes"):
        derive(FUNCTIONS["a branch on data"], 1.0)
    with pytest.raises(ValueError, match="detaches"):
        derive(lambda x: x * x.detach(), 1.0)
    with pytest.raises(ValueError, match="return one number"):
        derive(lambda x: [x, x], 1.0, style="c")
    with pytest.raises(ValueError, match="does not check"):
        derive(lambda x: x if x > 0 else -x, 1.0, style="c")
    with pytest.raises(TypeError, match=r"derive\(f, 2.0\)"):
        derive(lambda x: x)


class Foreign:
    """An array of another library, as NumPy reads it."""

    def __init__(self, *rows: list[float]) -> None:
        self.held = np.array(rows)
        self.dtype, self.shape = self.held.dtype, self.held.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.held if dtype is None else self.held.astype(dtype)


def test_arrays_of_other_libraries_are_read_as_numpy_reads_them() -> None:
    program = compile(lambda a: (a["x"] * a["x"]).sum(), {"x": Tensor([[1.0, 2.0]])})
    value, gradients = program({"x": Foreign([3.0, 4.0])})
    assert value == 25.0
    np.testing.assert_array_equal(gradients["a"]["x"], [[6, 8]])
    assert len(program.recordings) == 1
    assert compile(lambda a, b: (a * b).sum(), Tensor([[1.0, 2.0]]), Foreign([3.0, 4.0])).value() == 11.0
