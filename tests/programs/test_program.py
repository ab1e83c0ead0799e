"""A derivation as a callable: raw, simplified and backward are the same; batches; other numbers of examples; errors."""

from __future__ import annotations

import gc
import linecache
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import ShapeError, Tensor, Value, derive, log, no_grad, relu, sigmoid, tanh, where
from microgradnn.check.replay import condition
from microgradnn.check.strategies import Graph, TensorGraph, graphs, tensor_graphs
from microgradnn.graph import topological
from microgradnn.nn import Network
from microgradnn.programs.backends import BACKENDS, compile
from microgradnn.programs.numpy.trace import BranchOnNumbers


def reached(output: Any, leaves: tuple[Any, ...]) -> list[Any]:
    """The leaves that the output is made from."""
    met = set(topological(output))
    return [x for x in leaves if x in met]


# --- raw = simplified = backward ----------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(graph=graphs(), simplify=st.booleans())
def test_of_a_random_graph_a_program_is_the_backward_pass(graph: Graph, backend: Any, simplify: bool) -> None:
    graph.output.backward()
    leaves = reached(graph.output, graph.inputs)

    result = compile(graph.output, leaves, backend=backend, simplify=simplify)()

    assert result.value == pytest.approx(graph.output.data, rel=1e-12, abs=1e-12)
    for x, scale in zip(leaves, condition(graph.output, leaves), strict=True):
        # A dozen operations, each of condition up to 1000.
        assert abs(result.gradients[x.name] - x.grad) <= 1e-11 * (scale + 1)


@given(tensor_graphs(most=6), st.booleans())
@settings(max_examples=60)  # arrays take their time
def test_of_a_random_graph_of_tensors_a_program_is_the_backward_pass(graph: TensorGraph, simplify: bool) -> None:
    output = (graph.output**2).sum()
    output.backward()
    leaves = reached(output, graph.inputs)

    result = compile(output, leaves, simplify=simplify)()

    assert result.value == pytest.approx(output.item(), rel=1e-12, abs=1e-12)
    for x in leaves:
        assert np.shape(result.gradients[x.name]) == x.shape
        scale = 1 + np.abs(x.grad).max(initial=0) + abs(output.item())
        np.testing.assert_allclose(result.gradients[x.name], x.grad, rtol=1e-9, atol=1e-11 * scale)


def test_where_no_gradient_comes_back_it_is_zeros_of_the_shape() -> None:
    c, x, y = (Tensor(RNG.normal(size=(2, 3)), name) for name in "cxy")
    J = where(c, x, y).sum().named("J")

    np.testing.assert_array_equal(compile(J, [c]).gradient()["c"], np.zeros((2, 3)))
    np.testing.assert_array_equal(compile((x * 0 + y).sum(), [x]).gradient()["x"], np.zeros((2, 3)))


# --- batches ------------------------------------------------------------------------------------


@given(
    graph=graphs(smooth=True), moves=st.lists(st.floats(-0.01, 0.01), min_size=1, max_size=4), shared=st.integers(0, 2)
)
@settings(max_examples=40)
def test_a_scalar_graph_over_a_batch_is_a_loop_over_its_examples(graph: Graph, moves: list[float], shared: int) -> None:
    leaves = reached(graph.output, graph.inputs)
    program = compile(graph.output, leaves)
    own = [x for i, x in enumerate(leaves) if i != shared % len(leaves)] or leaves
    examples = {x.name: np.array([x.data + move for move in moves]) for x in own}
    each = [program(**{name: xs[i] for name, xs in examples.items()}) for i in range(len(moves))]
    whole = [one.gradients for one in each]

    value, gradients = program(**examples)

    def near(x: Any, y: Any) -> None:
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)

    near(np.broadcast_to(value, len(moves)), [one.value for one in each])
    for x in leaves:
        singly = [one[x.name] for one in whole]
        near(gradients[x.name], singly if x in own else sum(singly))


def shared_weight() -> tuple[Value, Value, Any]:
    w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")
    return w, x, tanh(w * x).named("y")


def test_the_gradients_of_shared_inputs_are_summed_or_averaged() -> None:
    w, _, y = shared_weight()
    batch = np.array([0.1, 0.2, 0.7])
    each = [compile(y, [w])(x=x).gradients["w"] for x in batch]

    assert compile(y, [w])(x=batch).gradients["w"] == pytest.approx(sum(each), rel=1e-15)
    assert compile(y, [w], reduce="mean")(x=batch).gradients["w"] == pytest.approx(sum(each) / 3, rel=1e-15)


def test_each_example_has_its_own_value_and_its_own_gradient_in_what_is_its_own() -> None:
    _, x, y = shared_weight()
    result = compile(y, [x])(x=[0.1, 0.2, 0.7])

    assert result.value.shape == result.gradients["x"].shape == (3,)


def test_a_gradient_that_is_the_same_for_all_examples_is_summed_too() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    result = compile((w + x).named("y"), [w, x])(x=np.zeros(5))

    assert result.gradients["w"] == 5.0
    np.testing.assert_array_equal(result.gradients["x"], np.ones(5))


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_what_runs_as_it_stands_gives_the_same_sums(reduce: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    w, v, x = Value(2.0, "w"), Value(5.0, "v"), Value(3.0, "x")
    program = compile(w * w * v + v * x, [w, v, x], inputs=[w, v, x], reduce=reduce)
    want = program(2.0, 5.0, np.arange(4.0))

    program.in_place.clear()
    monkeypatch.setattr("microgradnn.programs.program.InPlaceFunction", lambda *_, **__: throw(BranchOnNumbers))
    got = program(2.0, 5.0, np.arange(4.0))

    m = 4 if reduce == "sum" else 1
    assert (got.gradients["w"], got.gradients["v"]) == (want.gradients["w"], want.gradients["v"]) == (20 * m, 5.5 * m)
    np.testing.assert_array_equal(got.gradients["x"], want.gradients["x"])


def throw(error: type[Exception]) -> None:
    """Raise an error, as an expression."""
    raise error


def test_a_batch_may_have_any_shape_but_has_an_example() -> None:
    w, _, y = shared_weight()
    program = compile(y, [w])

    assert program(x=np.ones((2, 3))).value.shape == (2, 3)
    assert program(x=np.ones(1)).value.shape == (1,)
    with pytest.raises(ShapeError, match=r"x has no examples: its shape is \(0,\)"):
        program(x=np.ones(0))


# --- another number of examples -----------------------------------------------------------------

RNG = np.random.default_rng(7)


def network(m: int) -> tuple[dict[str, Tensor], Any]:
    """A 2-3-1 network and its cost, of m examples; the weights are the same each time."""
    fixed = np.random.default_rng(1)
    shapes = {"W1": (3, 2), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1)}
    p = {name: Tensor(fixed.normal(size=shape), name, kind="parameter") for name, shape in shapes.items()}
    X, Y = Tensor(RNG.normal(size=(2, m)), "X"), Tensor(RNG.integers(0, 2, (1, m)).astype(float), "Y")
    Z1 = (p["W1"] @ X + p["b1"]).named("Z1")
    A2 = sigmoid((p["W2"] @ tanh(Z1).named("A1") + p["b2"]).named("Z2")).named("A2")
    J = (-(Y * log(A2) + (1 - Y) * log(1 - A2)).mean()).named("J")
    return {**p, "X": X, "Y": Y}, J


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("m", [1, 2, 3, 5, 8])
def test_a_program_is_for_any_number_of_examples(m: int, simplify: bool) -> None:
    program = compile(network(5)[1], simplify=simplify, any_length=True)
    nodes, J = network(m)
    J.backward()

    result = program(X=nodes["X"].data, Y=nodes["Y"].data)

    assert result.value == pytest.approx(J.item(), rel=1e-14)
    for name in program.wrt:
        np.testing.assert_allclose(result.gradients[name], nodes[name].grad, rtol=1e-12, atol=1e-15)


def test_as_many_examples_as_units_are_not_mistaken_for_them() -> None:
    nodes, J = network(3)
    others, K = network(4)
    K.backward()

    result = compile(J, any_length=True)(X=others["X"].data, Y=others["Y"].data)

    np.testing.assert_allclose(result.gradients["b1"], others["b1"].grad, rtol=1e-12)
    assert nodes["X"].shape == (2, 3)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize(
    "form",
    {
        "without the first": lambda x: (x[:, 1:] ** 2).mean(),
        "the steps": lambda x: ((x[:, 1:] - x[:, :-1]) ** 2).sum(),
        "the last": lambda x: (x[:, -1] ** 2).sum(),
        "reshaped": lambda x: (x.reshape(-1, 1) ** 2).mean(),
        "turned": lambda x: ((x.T @ x) ** 2).mean(),
        "centred": lambda x: ((x - x.mean(axis=1, keepdims=True)) ** 2).mean(),
        "the largest": lambda x: x.max(axis=1).sum(),
    }.values(),
)
def test_what_cannot_be_for_any_number_of_examples_is_for_the_present_one(form: Any, simplify: bool) -> None:
    data, more = RNG.normal(size=(2, 4)), RNG.normal(size=(2, 6))
    X = Tensor(data, "X")
    J = form(X).named("J")
    J.backward()
    program = compile(J, [X], simplify=simplify)

    np.testing.assert_allclose(program().gradients["X"], X.grad, rtol=1e-12, atol=1e-15)
    other = Tensor(more, "X")
    K = form(other)
    K.backward()
    try:
        result = program(X=more)
    except ShapeError:
        return
    np.testing.assert_allclose(result.gradients["X"], other.grad, rtol=1e-12, atol=1e-15)


# --- inputs -------------------------------------------------------------------------------------


def test_inputs_are_given_by_name_or_in_order_and_others_keep_their_numbers() -> None:
    w, _, y = shared_weight()
    program = compile(y, [w])

    assert program.inputs == ("w", "x")
    assert program(0.5, 1.0) == program(w=0.5, x=1.0) == program(0.5, x=1.0)
    assert program() == program(2.0, 3.0)
    assert program(x=1) == program(x=np.float32(1.0)) == program(x=np.array(1.0))


def test_the_value_and_the_gradients_alone() -> None:
    nodes, J = network(4)
    program = compile(J)

    assert program.value() == program().value == J.item()
    assert str(program.gradient()) == str(program().gradients)
    assert "dZ2" not in program.derivation.value_source
    assert set(program.gradient()) == {"W1", "b1", "W2", "b2"} < set(nodes)


def test_by_a_node_inside_the_graph() -> None:
    x, y = Value(1.5, "x"), Value(2.0, "y")
    z = (x * y).named("z")
    J = (z * z + z).named("J")
    J.backward()

    assert compile(J, [z])().gradients == {"z": z.grad}
    assert compile(J, [z])(x=[1.0, 2.0]).gradients["z"].tolist() == [5.0, 9.0]


def test_by_nothing_it_is_the_value_alone() -> None:
    assert compile((Value(1.0) + 2).named("J"))().value == 3.0


def test_it_says_what_it_is() -> None:
    w, _, y = shared_weight()

    assert repr(compile(y, [w])) == "<program of y, dw by w, x>"


# --- errors -------------------------------------------------------------------------------------


def squares() -> Any:
    X = Tensor(RNG.normal(size=(2, 3)), "X")
    W = Tensor(RNG.normal(size=(1, 2)), "W", kind="parameter")
    return compile(((W @ X - Tensor(np.ones((1, 3)), "Y")) ** 2).mean().named("J"))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"X": np.ones((3, 3))}, ShapeError, r"X has shape \(2, m\); got \(3, 3\)"),
        ({"W": np.ones((2, 1))}, ShapeError, r"W has shape \(1, 2\); got \(2, 1\)"),
        ({"X": np.ones(3)}, ShapeError, r"X has shape \(2, m\); got \(3,\)"),
        (
            {"X": np.ones((2, 4))},
            ShapeError,
            r"X has 4 examples, and the program was compiled for 3; .* any_length=True",
        ),
        ({"X": np.ones((2, 4)), "Y": np.ones((1, 3))}, ShapeError, r"\d examples"),
        ({"Q": 1.0}, TypeError, r"'Q' is no input of the program \(choose from W, X, Y\)"),
        ({"X": "a"}, TypeError, "X"),
        ({"X": None}, (TypeError, ShapeError), "X"),
        ({"X": np.ones((2, 3), complex)}, TypeError, "X"),
        ({"X": [[1.0, 2.0], [3.0]]}, (TypeError, ShapeError), "X"),
    ],
)
def test_an_input_that_does_not_fit_is_an_error_that_names_it(given: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        squares()(**given)


def test_too_many_inputs_are_an_error() -> None:
    with pytest.raises(TypeError, match="the program has 3 inputs, W, X, Y; got 4"):
        squares()(1, 2, 3, 4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_input_that_is_given_twice_is_an_error(backend: Any) -> None:
    w, x, y = shared_weight()
    program = compile(y, [w], inputs=[w, x], backend=backend)

    for args in ((1.0,), (1.0, 2.0)):
        with pytest.raises(TypeError, match="w is given twice"):
            program(*args, w=2.0)


@pytest.mark.parametrize("x", ["a", None, 1j, ["a"], {}])
@pytest.mark.parametrize("backend", ["native", "numpy", "python"])
def test_an_input_that_is_no_number_is_an_error(x: Any, backend: Any) -> None:
    w, _, y = shared_weight()

    with pytest.raises(TypeError, match="x is a number"):
        compile(y, [w], backend=backend)(x=x)


def test_batches_of_different_lengths_are_an_error() -> None:
    w, _, y = shared_weight()

    with pytest.raises(ShapeError):
        compile(y, [w])(x=[1.0, 2.0, 3.0], w=[1.0, 2.0])


def test_the_backend_python_takes_no_batch() -> None:
    w, _, y = shared_weight()
    a = Value(2.0, "a")

    for program, batch in (
        (compile(y, [w], backend="python"), {"x": [1.0, 2.0]}),
        (compile(a * a, backend="python"), {"a": np.ones(2)}),
    ):
        with pytest.raises(TypeError, match="backend='numpy' for a batch"):
            program(**batch)


def test_what_cannot_be_compiled_is_an_error() -> None:
    _, _, y = shared_weight()

    with pytest.raises(ValueError, match="unknown backend 'fortran'"):
        compile(y, backend="fortran")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Tensors"):
        compile(Tensor([[1.0, 2.0]], "q").sum(), backend="python")
    with pytest.raises(ValueError, match="does not depend on"):
        compile(y, [Value(1.0)])
    with pytest.raises(ValueError, match="reduce"):
        compile(y, reduce="max")  # type: ignore[arg-type]


# --- at the limits ------------------------------------------------------------------------------


def test_what_is_not_used_brings_nothing_back_whatever_it_is_worth() -> None:
    x, w = Value(-1.0, "x"), Value(0.0, "w")
    u = relu(x).named("u")
    J = log((u + w).named("v")).named("J")  # −∞, with slope ∞
    J.backward()

    assert compile(J, [x, w]).gradient() == {"x": x.grad, "w": w.grad} == {"x": 0.0, "w": np.inf}


@pytest.mark.parametrize("backend", ["native", "numpy", "python"])
@pytest.mark.parametrize("simplify", [True, False])
def test_at_a_pole_a_program_has_the_value_of_the_graph(backend: Any, simplify: bool) -> None:
    x = Value(0.0, "x")
    J = log(x).named("J")
    J.backward()

    result = compile(J, [x], backend=backend, simplify=simplify)()

    assert (result.value, result.gradients["x"]) == (J.data, x.grad) == (-np.inf, np.inf)


def test_in_float32_it_stays_in_float32() -> None:
    X = Tensor(np.ones((2, 3)), "X", dtype="float32")

    assert compile((X**2).mean(), [X]).gradient()["X"].dtype == np.float32


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_of_any_backend_can_be_pickled(backend: Any) -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    program = compile(a * a + b, [a, b], backend=backend, reduce="mean")

    kept = pickle.loads(pickle.dumps(program))

    assert kept(3.0, 1.0) == program(3.0, 1.0) == (10.0, {"a": 6.0, "b": 1.0})
    assert (kept.source, repr(kept), kept.reduce) == (program.source, repr(program), "mean")


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_real_is_no_number_on_every_backend(backend: Any) -> None:
    x = Value(2.0, "x")

    value, gradients = compile(x**0.5, [x], backend=backend)(-2.0)

    assert np.isnan([value, gradients["x"]]).all()


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_inputs_are_leaves_and_each_is_given_once(backend: Any) -> None:
    x = Value(2.0, "x")
    y = (x * x).named("y")

    with pytest.raises(ValueError, match=r"an input is a leaf, and Value\(4\.0, name='y', op='mul'\) is computed"):
        compile(y * x, [x], inputs=[x, y], backend=backend)
    with pytest.raises(ValueError, match="is given twice as an input"):
        compile(y, [x], inputs=[x, x], backend=backend)


# --- lengths, inner nodes, what stays behind ------------------------------------------------------


@pytest.mark.parametrize("ddof", [0, 1, 2])
@pytest.mark.parametrize("axis", [None, 1])
def test_a_variance_is_of_as_many_examples_as_there_are(axis: Any, ddof: int) -> None:
    """Held against NumPy's var: 351.75 was what n = 3 gave for six examples, where 140.7 is right."""
    rng = np.random.default_rng(0)
    W, X = Tensor([[2.0, 3.0]], "W", kind="parameter"), Tensor(rng.normal(size=(2, 3)), "X")
    program = compile((W @ X).var(axis, ddof=ddof).sum(), any_length=True)
    x = rng.normal(size=(2, 6))
    again = ((W @ Tensor(x)).var(axis, ddof=ddof)).sum()
    again.backward()

    result = program(X=x)
    assert result.value == pytest.approx(np.var(W.data @ x, ddof=ddof), rel=1e-13)
    np.testing.assert_allclose(result.gradients["W"], W.grad, rtol=1e-12)


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
def test_the_cost_of_regularisation_is_shared_among_as_many_examples_as_there_are(output: str) -> None:
    network = Network([2, 3, 2], output=output, seed=0)
    X, Y = np.arange(16.0).reshape(2, 8) / 10, np.eye(2)[[0, 1, 0, 1, 1, 0, 0, 1]].T
    cost = network.cost(Tensor(X, "X", kind="constant"), Tensor(Y, "Y", kind="constant"), l2=0.7)
    program = compile(cost, any_length=True)

    assert program.value(X=X[:, :2], Y=Y[:, :2]) == pytest.approx(
        network.cost(X[:, :2], Y[:, :2], l2=0.7).item(), rel=1e-13
    )


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one != "python"])
def test_a_node_inside_has_a_gradient_for_each_example(backend: Any) -> None:
    a = Value(2.0, "a")
    u = (a * a).named("u")
    program = compile(u * 3, [a, u], inputs=[a], backend=backend)

    np.testing.assert_array_equal(program(a=[2.0, 3.0]).gradients["u"], [3, 3])
    np.testing.assert_array_equal(program(a=[2.0, 3.0]).gradients["a"], [12, 18])
    assert program(a=2.0).gradients == {"a": 12, "u": 3}


def test_a_program_leaves_nothing_behind() -> None:
    x = Value(2.0, "x")
    kept = len(linecache.cache)
    for _ in range(3):
        compile(x * x, [x], backend="python")(3.0)
    gc.collect()

    assert len(linecache.cache) <= kept + 2  # a program that something else holds yet


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_an_inner_node_has_a_gradient_for_each_example_of_a_batch(backend: Any) -> None:
    a = Value(2.0, "a")
    u = (a * a).named("u")

    result = compile(u.sin(), [a, u], inputs=[a], backend=backend)(a=[2.0, 3.0])

    assert result.value == pytest.approx(np.sin([4.0, 9.0]), rel=1e-15)
    assert result.gradients["u"] == pytest.approx(np.cos([4.0, 9.0]), rel=1e-14)  # by hand
    assert result.gradients["a"] == pytest.approx(np.cos([4.0, 9.0]) * [4, 6], rel=1e-14)


@pytest.mark.parametrize(
    "cost",
    [
        lambda z: z.sum() / z.shape[1],
        lambda z: (z**2).sum() / (z.shape[1] - 1),
        lambda z: z.sum() * (1 / z.shape[1]),
        lambda z: z.sum() / np.sqrt(z.shape[1]),
    ],
)
def test_a_number_that_may_stand_for_m_is_warned_of(cost: Any) -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor(np.ones((2, 5)), "X")

    with pytest.warns(UserWarning, match="will not follow"):
        compile(cost(W @ X), any_length=True)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "cost", [lambda z: z.mean(), lambda z: (z**2).sum() / 2, lambda z: z.sum() / Tensor(5.0, "k", kind="constant")]
)
def test_a_number_that_does_not_stand_for_m_is_not(cost: Any) -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor(np.ones((2, 5)), "X")
    compile(cost(W @ X), any_length=True)
    compile((W @ X).sum() / 5)


def test_a_length_that_does_not_follow_is_told() -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor(np.ones((2, 4)), "X")
    program = compile(((W @ X).reshape(4) ** 2).sum(), any_length=True)

    with pytest.raises(ShapeError, match=r"stands for the 4 examples .* does not follow"):
        program(X=np.ones((2, 5)))


def test_a_constant_has_no_derivative_to_print() -> None:
    with no_grad():
        y = Value(2.0, "x") * 3
    with pytest.raises(ValueError, match="depends on nothing"):
        derive(y)
    with pytest.raises(ValueError, match="depends on nothing"):
        compile(y)


def test_a_notebook_shows_the_source() -> None:
    x = Value(2.0, "x")

    assert "<pre><code>" in compile((x * x).named("J"), [x])._repr_html_()
