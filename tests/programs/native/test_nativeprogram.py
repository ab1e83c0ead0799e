"""Programs in machine code: what the graph gave, alone or in a batch, in one thread or several; buffers; size."""

from __future__ import annotations

import gc
import math
import pickle
import re
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from microgradnn import (
    DomainError,
    ShapeError,
    Value,
    clip,
    compile,
    dot,
    log,
    logsumexp,
    maximum,
    minimum,
    prod,
    relu,
    sqrt,
    tanh,
    where,
)
from microgradnn.check.replay import condition
from microgradnn.check.strategies import INNER, Formula, Graph, graphs, programs
from microgradnn.graph import OPS, topological
from microgradnn.programs.native import buffers as native_buffers
from microgradnn.programs.native import code
from microgradnn.programs.native import program as native_program
from microgradnn.programs.native.buffers import BatchBuffers, Buffers
from microgradnn.programs.native.machine import lanes
from microgradnn.programs.native.program import NativeProgram

pytest.importorskip("llvmlite", reason="the backend 'native' is an extra")
few = settings(max_examples=12)  # each is compiled


def native(output: Value, wrt: Sequence[Value] | None = None, **options: Any) -> NativeProgram:
    """The program of a graph, in machine code."""
    program: NativeProgram = compile(output, wrt, backend="native", **options)
    return program


def reached(graph: Graph) -> list[Value]:
    """The inputs that the output is made from."""
    met = set(topological(graph.output))
    return [x for x in graph.inputs if x in met]


def swept(output: Value, wrt: Sequence[Value]) -> list[float]:
    """The value and the gradients of a backward sweep."""
    output.zero_grad()
    output.backward()
    return [output.data, *(x.grad for x in wrt)]


def given_by(program: NativeProgram, *inputs: float) -> list[float]:
    """The value and the gradients that a program gives."""
    value, gradients = program(*inputs)
    return [value, *gradients.values()]


def equal(got: Sequence[float], want: Sequence[float]) -> None:
    """Hold numbers to others, to the last digit; NaN is NaN."""
    np.testing.assert_array_equal(np.array(got), np.array(want))


def one_by_one(program: NativeProgram, columns: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
    """What a program gives of each example alone; a column that is a number is shared by them."""
    m = max(np.size(column) for column in columns)
    each = [program(*map(float, xs)) for xs in zip(*[np.broadcast_to(x, m) for x in columns], strict=True)]
    return np.array([one.value for one in each]), {
        name: np.array([one.gradients[name] for one in each]) for name in program.wrt
    }


def hold_to_each(
    program: NativeProgram, columns: Sequence[Any], scales: Sequence[float], *, mean: bool = False
) -> None:
    """Hold a batch to its examples one by one. `scales` are what the rounding of the gradients grows with."""
    values, gradients = one_by_one(program, columns)
    m = len(values)

    result = program(*columns)

    # The operations are the same; but an exponential of eight numbers at once may be rounded otherwise than one alone.
    np.testing.assert_allclose(result.value, values, rtol=1e-12, atol=1e-12)
    own = {name for name, x in zip(program.inputs, columns, strict=True) if np.ndim(x)}
    for (name, slopes), scale in zip(gradients.items(), scales, strict=True):
        error = 1e-11 * (scale + 1)
        if name in own or name not in program.inputs:
            np.testing.assert_allclose(result.gradients[name], slopes, rtol=0, atol=error)
        elif mean:
            assert abs(result.gradients[name] - slopes.mean()) <= error
        else:  # a sum, in whatever order
            assert abs(result.gradients[name] - slopes.sum()) <= m * error


# --- the sweep, repeated ------------------------------------------------------------------------


@few
@given(graph=graphs(), data=st.data())
def test_of_a_random_graph_it_is_the_backward_sweep_also_for_nodes_inside(graph: Graph, data: st.DataObject) -> None:
    order = topological(graph.output)
    wrt = data.draw(st.lists(st.sampled_from(order), min_size=1, max_size=4, unique_by=id))
    want = swept(graph.output, wrt)
    scales = condition(graph.output, wrt)

    program = native(graph.output, wrt, inputs=graph.inputs)

    assert program.tape.wrt.shape == (len(wrt),)
    value, slopes = program()
    assert value == pytest.approx(want[0], rel=1e-12, abs=1e-12)
    for got, slope, scale in zip(slopes.values(), want[1:], scales, strict=True):
        assert abs(got - slope) <= 1e-11 * (scale + 1)  # a dozen operations, each of condition up to 1000
    assert program.value() == value
    assert program.gradient() == slopes


@few
@given(graphs())
def test_what_is_computed_once_is_computed_again_with_other_numbers(graph: Graph) -> None:
    program = native(graph.output, reached(graph), inputs=graph.inputs)
    numbers = [x.data for x in graph.inputs]
    first = program(*numbers)

    program(*[x / 2 for x in numbers])

    assert str(program(*numbers)) == str(first)


def test_the_same_leaf_twice_and_nothing_at_all_may_be_what_it_is_by() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")

    twice, nothing = native(w * x, [w, x, w]), native(w * x, [])

    assert (twice(), nothing()) == ((6.0, {"w": 3.0, "x": 2.0}), (6.0, {}))
    assert twice.buffers().gradients.shape == (3,)
    result = twice(x=[1.0, 2.0])
    assert (result.gradients["w"], result.gradients["x"].tolist()) == (3.0, [2.0, 2.0])
    assert nothing(x=[1.0, 2.0]).value.tolist() == [2.0, 4.0]


def test_an_output_may_be_a_leaf_or_without_inputs() -> None:
    x = Value(3.0, "x")

    leaf, number = native(x, [x]), native((Value(1.0) + 2).named("J"))

    assert leaf(x=5.0) == (5.0, {"x": 1.0})
    value, gradients = leaf(x=[5.0, 6.0])
    assert (value.tolist(), gradients["x"].tolist()) == ([5.0, 6.0], [1.0, 1.0])
    assert (number(), number.value(), repr(number)) == ((3.0, {}), 3.0, "<program of J,  by >")


def test_the_gradient_in_the_output_itself_is_one() -> None:
    x = Value(3.0, "x")
    J = (x * x).named("J")

    program = native(J, [J, x])

    assert program() == (9.0, {"J": 1.0, "x": 6.0})
    assert program(x=[1.0, 2.0]).gradients["J"].tolist() == [1.0, 1.0]


# --- branches that were not taken ---------------------------------------------------------------


NOT_TAKEN: dict[str, tuple[Any, Any]] = {
    "where, the first": (lambda x, w: where(x, log(x), w), (0.0, 2.0)),
    "where, the second": (lambda x, w: where(w, x, log(x)), (0.0, 2.0)),
    "relu": (lambda x, w: relu(log(x)) + w, (0.0, 2.0)),
    "maximum": (lambda x, w: maximum(log(x), w), (0.0, 2.0)),
    "minimum": (lambda x, w: minimum(1 / x, w), (5e-324, 2.0)),
    "clip": (lambda x, w: clip(log(x), w, 3.0), (0.0, 2.0)),
    "abs at its kink": (lambda x, w: abs(sqrt(x)) + w, (0.0, 2.0)),
    "two steps behind": (lambda x, w: relu(tanh(log(x) * 2) - w), (0.0, 2.0)),
    "a list behind": (lambda x, w: relu(dot([log(x), w], [w, x])), (0.0, 2.0)),
    "another list": (lambda x, w: relu(logsumexp([log(x), w]) - 9), (0.0, 2.0)),
    "three behind": (lambda x, w: relu(where(x + 1, log(x), w)), (0.0, 2.0)),
}


@pytest.mark.parametrize(("form", "at"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_a_branch_that_was_not_taken_brings_nothing_back_be_its_slope_infinite(form: Any, at: Any) -> None:
    x, w = (Value(number, name) for number, name in zip(at, "xw", strict=True))
    output = form(x, w)
    want = swept(output, [x, w])
    program = native(output, [x, w], inputs=[x, w])

    equal(given_by(program), want)
    assert want[1] in (0.0, 1.0)
    value, slopes = program([1.0, at[0], 2.0], [1.5, at[1], 0.5])  # beside examples where it was
    equal([value[1], slopes["x"][1], slopes["w"][1]], want)


DID_COME: dict[str, Any] = {
    "plain": lambda x, w: w * log(x),
    "and a branch after it, that was taken": lambda x, w: relu(w * sqrt(x) + 1),
    "and another use, that was not taken": lambda x, w: (lambda s: w * s + relu(s - 1))(sqrt(x)),
    "times minus one": lambda x, w: relu(1 - (-w) * sqrt(x)),
    "and it is -0": lambda x, w: relu(1 + (-w) * sqrt(x)),
}


@pytest.mark.parametrize("form", DID_COME.values(), ids=DID_COME)
def test_where_0_did_come_back_times_an_infinite_slope_is_nothing_too(form: Any) -> None:
    x, w = Value(0.0, "x"), Value(0.0, "w")
    output = form(x, w)
    want = swept(output, [x, w])
    program = native(output, [x, w], inputs=[x, w])

    assert want[1] == 0.0
    equal(given_by(program), want)
    value, slopes = program([1.0, 0.0, 2.0], [1.5, 0.0, 0.5])
    equal([value[1], slopes["x"][1], slopes["w"][1]], want)


@pytest.mark.parametrize("taken", [False, True])
def test_so_it_is_for_what_the_examples_share(taken: bool) -> None:
    w, x = Value(0.0, "w"), Value(1.0, "x")
    program = native(where(x, log(w), x), [w], inputs=[w, x])  # log w, with slope ∞, is computed once for all

    gradient = program(0.0, np.array([0.0, 0.0, float(taken)])).gradients["w"]

    assert gradient == (inf if taken else 0.0)


def test_a_gradient_that_did_not_come_is_0_and_not_minus_0() -> None:
    w, x = Value(1.0, "w"), Value(-1.0, "x")
    u = (w * x).named("u")
    program = native(relu(u) + x, [w, u, x])

    assert str(program()) == "Result(value=-1.0, gradients={'w': 0.0, 'u': 0.0, 'x': 1.0})"
    assert str(program(x=[-1.0, -2.0]).gradients["u"].tolist()) == "[0.0, 0.0]"
    assert str(program(x=[-1.0, -2.0]).gradients["w"]) == "0.0"
    assert str(native(relu(u) + x, [w]).buffers().gradients.tolist()) == "[0.0]"


AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, inf, -inf, nan]


# A product of many, whose slopes are multiplied in another order, may be too large on the way where the other is not.
FORMULAS = [op for op in OPS.values() if op.name not in (*INNER, "prod")]


@few
@given(program=programs(rows=FORMULAS), data=st.data())
def test_of_a_random_graph_at_awkward_numbers_it_is_the_sweep_too(program: Formula, data: st.DataObject) -> None:
    leaves = [Value(data.draw(st.sampled_from(AWKWARD)), f"x{i}") for i in range(len(program.inputs))]
    try:
        output = program(*leaves)
    except DomainError:
        reject()
    wrt = [x for x in leaves if x in topological(output)]
    want = swept(output, wrt)

    got = given_by(native(output, wrt))

    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)  # what matters here is where there are ∞ and NaN


@few
@given(graph=graphs(), data=st.data())
def test_in_the_middle_of_a_batch_an_example_is_as_if_it_were_alone_whatever_its_numbers(
    graph: Graph, data: st.DataObject
) -> None:
    wrt = reached(graph)
    program = native(graph.output, wrt, inputs=graph.inputs)
    awkward = [data.draw(st.sampled_from(AWKWARD)) for _ in graph.inputs]
    columns = [np.array([x.data, at, x.data]) for x, at in zip(graph.inputs, awkward, strict=True)]

    values, gradients = one_by_one(program, columns)
    result = program(*columns)

    np.testing.assert_allclose(result.value, values, rtol=1e-12)
    for name in program.wrt:
        np.testing.assert_allclose(result.gradients[name], gradients[name], rtol=1e-9, atol=1e-12)


# --- batches ------------------------------------------------------------------------------------


@few
@given(
    graph=graphs(smooth=True),
    moves=st.lists(st.floats(-0.01, 0.01), min_size=1, max_size=40),
    many=st.lists(st.booleans(), min_size=3, max_size=3),
    mean=st.booleans(),
    data=st.data(),
)
def test_a_batch_is_its_examples_one_by_one_whatever_they_share(
    graph: Graph, moves: list[float], many: list[bool], mean: bool, data: st.DataObject
) -> None:
    order = topological(graph.output)
    wrt = data.draw(st.lists(st.sampled_from(order), min_size=1, max_size=4, unique_by=id))
    program = native(graph.output, wrt, inputs=graph.inputs, reduce="mean" if mean else "sum")
    own = [many[i] or i == 0 for i in range(len(graph.inputs))]
    columns = [x.data + np.array(moves) if apart else x.data for x, apart in zip(graph.inputs, own, strict=True)]

    hold_to_each(program, columns, condition(graph.output, wrt), mean=mean)


def network() -> tuple[NativeProgram, list[Any]]:
    """A program with sums, products that share weights, branches and a part for all, and what it is given."""
    rng = np.random.default_rng(3)
    w = [Value(x, f"w{i}", kind="parameter") for i, x in enumerate(rng.normal(size=6).tolist())]
    x, y = [Value(x, f"x{i}") for i, x in enumerate(rng.normal(size=2).tolist())], Value(1.0, "y")
    hidden = [tanh(dot(w[i : i + 2], x) + 0.1).named(f"h{i}") for i in (0, 2)]
    margin = relu(1 - y * dot(w[4:], hidden)) + clip(x[0], w[0], 9.0) * where(y - 1, x[1], w[1])
    loss = margin + 0.01 * sum(one * one for one in w) + logsumexp([*hidden, *w]).sin()
    return native(loss, [*w, hidden[1], x[0]], inputs=[*w, *x, y]), [one.data for one in w]


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set how many threads there may be; any batch is worth them."""

    def set_to(count: int) -> None:
        monkeypatch.setattr(native_buffers, "cores", lambda: count)

    monkeypatch.setattr(native_buffers, "LEAST", 1)
    return set_to


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("m", [1, 8, 17, 203])
def test_any_number_of_examples_in_any_number_of_threads_is_the_same(
    m: int, count: int, threads: Callable[[int], None]
) -> None:
    threads(count)
    program, weights = network()
    rng = np.random.default_rng(m)

    hold_to_each(program, [*weights, *rng.normal(size=(2, m)), np.sign(rng.normal(size=m))], [10.0] * 8)

    blocks = math.ceil(m / lanes())
    (free,) = program.free_batches.values()
    assert len(free[0].blocks) <= min(count, blocks)
    assert (len(free[0].blocks) > 1) == (min(count, blocks) > 1)


def test_a_small_batch_is_left_to_one_thread() -> None:
    program, weights = network()

    program(*weights, *np.ones((3, 10)))

    (free,) = program.free_batches.values()
    assert len(free[0].blocks) == 1


@pytest.mark.parametrize(("asked", "found"), [("1", 1), ("7", 7), ("", None), ("many", None)])
def test_a_variable_says_how_many_threads_there_may_be(
    asked: str, found: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native_buffers.THREADS, asked)

    assert native_buffers.cores() == found or (found is None and native_buffers.cores() >= 1)


def test_a_batch_does_not_remember_the_one_before(threads: Callable[[int], None]) -> None:
    threads(2)
    program, weights = network()
    columns = [*weights, *np.random.default_rng(0).normal(size=(3, 50))]
    first = program(*columns)

    program(*[nan * x for x in columns])
    again = program(*columns)

    equal(again.value, first.value)
    for name in program.wrt:
        equal(again.gradients[name], first.gradients[name])


def test_a_result_stays_what_it_is_when_the_program_is_called_again() -> None:
    program = native(Value(2.0, "w") * Value(3.0, "x"))
    first = program(w=2.0, x=np.array([1.0, 5.0]))

    program(w=7.0, x=np.array([8.0, 9.0]))

    assert (first.value.tolist(), first.gradients["x"].tolist()) == ([2.0, 10.0], [2.0, 2.0])


def test_the_inputs_that_are_arrays_may_be_others_at_each_call() -> None:
    program = native(Value(2.0, "w") / Value(3.0, "x"))

    assert program(w=[2.0, 4.0], x=2.0).value.tolist() == [1.0, 2.0]
    assert program(w=2.0, x=[2.0, 4.0]).value.tolist() == [1.0, 0.5]
    assert program(w=[2.0, 4.0], x=[4.0, 2.0]).value.tolist() == [0.5, 2.0]
    assert program(w=[2.0, 4.0], x=2.0).gradients["x"] == -1.5


def test_the_value_of_a_batch_alone_is_the_same() -> None:
    program, weights = network()
    columns = [*weights, *np.random.default_rng(0).normal(size=(3, 50))]
    value = program(*columns).value

    np.testing.assert_array_equal(program.value(*columns), value)
    np.testing.assert_array_equal(program(*columns).value, value)


def test_examples_may_stand_in_an_array_of_any_shape() -> None:
    program, weights = network()
    columns = np.random.default_rng(0).normal(size=(3, 6))
    line = program(*weights, *columns)

    for order in "CF":
        square = program(*weights, *[np.array(x.reshape(2, 3), order=order) for x in columns])  # type: ignore[call-overload]
        equal(square.value, line.value.reshape(2, 3))
        equal(square.gradients["x0"], line.gradients["x0"].reshape(2, 3))
        equal(square.gradients["h2"], line.gradients["h2"].reshape(2, 3))
        assert square.gradients["w0"] == line.gradients["w0"]


def test_what_a_batch_has_in_common_is_added_up_over_all_of_its_blocks(threads: Callable[[int], None]) -> None:
    threads(1)
    w, x = Value(2.0, "w"), Value(3.0, "x")

    assert native(w * w, [w], inputs=[w, x])(2.0, np.zeros(100)).gradients["w"] == 100 * 4.0
    assert native(w + x, [w], inputs=[w, x])(2.0, np.zeros(100)).gradients["w"] == 100.0


def test_the_weights_of_a_dot_product_get_nothing_from_examples_whose_branch_was_not_taken() -> None:
    w, x, y = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "y")
    first = native(relu(dot([w, y], [log(x), y])), [w, y], inputs=[w, y, x])  # with features of −∞
    second = native(relu(dot([log(w), y], [x, y])), [w, y], inputs=[w, y, x])  # behind weights of −∞, with slope ∞

    assert first(2.0, 1.0, np.array([1.0, 0.0, 1.0])).gradients == {"w": 0.0, "y": 4.0}
    assert second(0.0, 1.0, np.array([1.0, 2.0, 3.0])).gradients == {"w": 0.0, "y": 0.0}


def test_an_input_without_effect_may_be_an_array_and_an_output_may_be_the_same_for_all() -> None:
    w, x, idle = Value(2.0, "w"), Value(3.0, "x"), Value(0.0, "idle")
    program = native((w * w).named("J"), [w], inputs=[w, x, idle])

    value, gradients = program(3.0, [1.0, 2.0, 3.0], np.zeros(3))

    assert (value.tolist(), gradients) == ([9.0] * 3, {"w": 18.0})
    assert native((w * x).named("y"), [w, x], inputs=[idle, w, x])(np.zeros(2)).gradients["w"] == 6.0


def test_a_node_inside_has_a_gradient_for_each_example_even_where_it_is_the_same_for_all() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    u = (w * w).named("u")
    program = native(u * x, [u, w, x])

    value, gradients = program(x=[1.0, 5.0])

    assert (value.tolist(), gradients["w"]) == ([4.0, 20.0], 24.0)
    assert (gradients["u"].tolist(), gradients["x"].tolist()) == ([1.0, 5.0], [4.0, 4.0])


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_the_other_backend_says_the_same_of_a_batch(reduce: Any) -> None:
    w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")
    u = (w * w).named("u")
    output = tanh(u * x - w).named("y")

    results = [
        compile(output, [w, x, u], backend=backend, reduce=reduce)(0.3, np.linspace(-1, 1, 7))
        for backend in ("native", "numpy")
    ]

    for name in ("w", "x", "u"):
        np.testing.assert_allclose(
            results[0].gradients[name], results[1].gradients[name], rtol=1e-14
        )  # five operations


def test_of_many_numbers_of_examples_only_some_buffers_are_kept() -> None:
    program, weights = network()

    for m in range(1, 40):
        program(*weights, *np.ones((3, m)))

    assert len(program.free_batches) <= native_program.LENGTHS


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"x": [1.0, 2.0], "w": [1.0]}, ShapeError, "different numbers of examples"),
        ({"x": []}, ShapeError, "x has no examples"),
        ({"z": 1.0}, TypeError, r"'z' is no input of the program \(choose from w, x\)"),
        ({"x": "a"}, TypeError, "x is a number"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_it(given: dict[str, Any], error: Any, message: str) -> None:
    program = native(Value(2.0, "w") * Value(3.0, "x"))

    for call in (program, program.value):
        with pytest.raises(error, match=message):
            call(**given)


# --- several callers ----------------------------------------------------------------------------


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns a thousand times as often."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("impatient")
def test_four_threads_may_call_one_program_at_once() -> None:
    program, weights = network()
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4, 3)).tolist()
    columns = rng.normal(size=(4, 3, 200))
    alone = [program(*weights, *point) for point in points]
    together = [program(*weights, *xs) for xs in columns]
    begin = threading.Barrier(4)

    def calls(k: int) -> int:
        begin.wait()
        wrong = 0
        for _ in range(200):
            wrong += program(*weights, *points[k]) != alone[k]
            wrong += program.value(*weights, *points[k]) != alone[k].value
            result = program(*weights, *columns[k])
            wrong += result.gradients["w0"] != together[k].gradients["w0"]
            wrong += not np.array_equal(result.gradients["x0"], together[k].gradients["x0"])
        return wrong

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(calls, range(4))) == [0] * 4
    assert len(program.free) <= 4


# --- buffers ------------------------------------------------------------------------------------


def test_buffers_are_what_goes_in_and_comes_out_of_one_point() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    program = native((w * x).named("y"))

    buffers = program.buffers()

    assert isinstance(buffers, Buffers)
    assert (buffers.inputs.tolist(), buffers(), buffers.gradients.tolist()) == ([2.0, 3.0], 6.0, [3.0, 2.0])
    buffers.inputs[:] = 5.0, 7.0
    assert (buffers.value(), buffers(), buffers.gradients.tolist()) == (35.0, 35.0, [7.0, 5.0])
    assert program() == (6.0, {"w": 3.0, "x": 2.0})  # which has its own


@pytest.mark.parametrize("wrt", ["wx", "xw", "w", "ux", "xwx"])
def test_gradients_are_in_the_order_of_wrt_and_overwritten_by_the_next_call(wrt: str) -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    u = (w * x).named("u")
    nodes = {"w": w, "x": x, "u": u}
    slopes = {"u": lambda w, x: 2 * w * x, "w": lambda w, x: 2 * w * x * x, "x": lambda w, x: 2 * w * w * x}
    buffers = native(u * u, [nodes[name] for name in wrt]).buffers()
    gradients = buffers.gradients

    for at in ((2.0, 3.0), (5.0, 7.0), (-1.0, 0.5)):
        buffers.inputs[:] = at
        buffers()
        assert gradients.tolist() == [slopes[name](*at) for name in wrt]


def test_descent_on_buffers_is_descent() -> None:
    w = Value(5.0, "w")
    buffers = native((w - 2) ** 2).buffers()

    for _ in range(100):
        buffers()
        buffers.inputs -= 0.1 * buffers.gradients

    assert buffers.inputs[0] == pytest.approx(2 + 3 * 0.8**100, rel=1e-14)  # a hundred steps, each rounded near 2


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_buffers_of_a_batch_are_the_examples_and_what_they_share(reduce: Any) -> None:
    w, x, y = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "y")
    u = (w * x).named("u")
    buffers = native(u - y, [x, w, u], inputs=[w, x, y], reduce=reduce).buffers("y", "x", examples=2)

    assert isinstance(buffers, BatchBuffers)
    for at, xs, ys in [(2.0, [1.0, 5.0], [0.5, 0.0]), (-3.0, [2.0, 4.0], [1.0, 2.0])]:
        buffers.inputs[0] = at
        buffers.examples[:] = ys, xs
        buffers()
        assert buffers.values.tolist() == [at * one - other for one, other in zip(xs, ys, strict=True)]
        assert buffers.own[1:].tolist() == [[at, at], [1.0, 1.0]]  # of x, and of u, which is inside
        assert buffers.gradients.tolist() == [0.0, sum(xs) if reduce == "sum" else sum(xs) / 2, 0.0]


def test_the_value_of_buffers_of_a_batch_alone_leaves_the_gradients() -> None:
    buffers = native(Value(2.0, "w") * Value(3.0, "x")).buffers("x", examples=2)
    buffers.examples[:] = 1.0, 5.0
    buffers()

    buffers.inputs[0] = 10.0
    buffers.run(both=False)

    assert buffers.values.tolist() == [10.0, 50.0]
    assert (buffers.gradients.tolist(), buffers.own.tolist()) == ([6.0, 0.0], [[2.0, 2.0]])


def grown(run: Callable[[], Any], times: int) -> int:
    """The most bytes that so many calls had taken at once."""
    run()
    gc.collect()
    tracemalloc.start()
    for _ in range(times):
        run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_calls_between_buffers_make_no_arrays(threads: Callable[[int], None]) -> None:
    program, _ = network()
    m = 10_000  # numbers, of 8 bytes
    threads(1)
    alone, many = program.buffers(), program.buffers("x0", "x1", "y", examples=m)
    threads(2)
    shared_out = program.buffers("x0", "x1", "y", examples=m)

    # An array has a hundred bytes, not counting its numbers; a float, and the numbers of a loop, a few. A sum in NumPy
    # has 65 kB for itself before 2.0, of many examples or few; one array over the examples would be 80 kB.
    of_numpy = 0 if np.__version__ >= "2" else 65_536
    assert grown(alone, 1000) < 500
    assert grown(many, 10) < 2_000 + of_numpy
    assert grown(shared_out, 10) < min(4 * m + of_numpy, 8 * m)  # threads are made each time, nothing for each example


def test_what_is_assigned_to_buffers_is_written_into_them() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    program = compile(w * x, [w], inputs=[w, x], backend="native")
    buffers, batch = program.buffers(), program.buffers("x", examples=3)

    buffers.inputs = [4.0, 5.0]
    batch.inputs, batch.examples = [4.0, 0.0], np.array([[1.0, 2.0, 3.0]])
    batch.inputs -= 1
    batch()

    assert buffers() == 20.0
    assert batch.values.tolist() == [3.0, 6.0, 9.0]
    for one, name, shape in ((buffers, "inputs", "(2,)"), (batch, "inputs", "(2,)"), (batch, "examples", "(1, 3)")):
        with pytest.raises(ShapeError, match=re.escape(f"{name} has shape {shape}; got (4,)")):
            setattr(one, name, np.zeros(4))
        with pytest.raises(TypeError, match=f"{name} is a number, or an array of them; got 'three'"):
            setattr(one, name, "three")
    assert batch.values.tolist() == [3.0, 6.0, 9.0]


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["z"], {"examples": 3}, r"'z' is no input of the program \(choose from w, x\)"),
        ([], {"examples": 3}, r"a batch has inputs, each once, and a number of examples; got \(\) and examples=3"),
        (["x"], {}, r"got \('x',\) and examples=0"),
        (["x"], {"examples": -1}, r"examples=-1"),
        (["x", "x"], {"examples": 3}, r"got \('x', 'x'\) and examples=3"),
    ],
)
def test_buffers_that_cannot_be_are_an_error(names: list[str], options: dict[str, int], message: str) -> None:
    program: Any = native(Value(2.0, "w") * Value(3.0, "x"))

    with pytest.raises(ValueError, match=message):
        program.buffers(*names, **options)


def test_numbers_that_are_not_as_many_as_the_inputs_are_an_error() -> None:
    buffers = native(Value(2.0, "w") * Value(3.0, "x")).buffers()

    with pytest.raises(ValueError, match="broadcast"):
        buffers.inputs[:] = 1.0, 2.0, 3.0


# --- what it is ---------------------------------------------------------------------------------


def test_it_says_what_it_is_without_being_written_out() -> None:
    program, _ = network()

    assert repr(program).startswith("<program of J, dw0, dw1, dw2, dw3, dw4, dw5, dh2, dx0 by w0, w1,")
    assert "derivation" not in vars(program)


def test_its_defaults_are_the_numbers_that_the_graph_had() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    program = native((w * x).named("y"))
    w.data = 100.0

    assert program.defaults == {"w": 2.0, "x": 3.0}
    assert program(x=1.0).value == program(2.0, 1.0).value == 2.0


@few
@given(graphs())
def test_a_program_is_pickled_as_its_tape(graph: Graph) -> None:
    wrt = reached(graph)
    program = native(graph.output, wrt, reduce="mean")
    program()

    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(program))))

    assert (type(again), again.inputs, again.wrt, again.output, again.reduce) == (
        NativeProgram,
        *(program.inputs, program.wrt, program.output, "mean"),
    )
    assert again() == program()
    many = {name: np.full(3, x) for name, x in program.defaults.items()}
    assert str(again(**many)) == str(program(**many))


@few
@given(graphs())
def test_written_out_it_is_the_same_function_under_the_same_names(graph: Graph) -> None:
    wrt = reached(graph)
    program = native(graph.output.named("J"), wrt, inputs=graph.inputs)
    scales = condition(graph.output, wrt)

    namespace: dict[str, Any] = {}
    exec(program.source, namespace)
    value, gradients = namespace["value_and_gradients"](*map(np.float64, program.defaults.values()))

    written = program.derivation
    assert (written.inputs, written.wrt, written.output) == (program.inputs, program.wrt, "J")
    want = program()
    assert value == pytest.approx(want.value, rel=1e-12, abs=1e-12)
    for got, slope, scale in zip(gradients, want.gradients.values(), scales, strict=True):
        assert abs(got - slope) <= 1e-11 * (scale + 1)  # a dozen operations, each of condition up to 1000


def test_written_out_the_parts_have_their_names() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    u = (w * x).named("u")
    program = native((u**2 + prod([u, x])).named("J"), [w])

    assert str(program.derivation) == "u = w * x\nJ = u**2 + u * x\n\ndu = x + 2 * u\ndw = du * x"


# --- size ---------------------------------------------------------------------------------------

MANY = 4000  # four times what Python recurses


def test_a_long_chain_is_a_program() -> None:
    x = deep = Value(1.0, "x")
    for _ in range(MANY // 2):
        deep = deep * 0.5 + x

    program = native(deep, [x])

    assert program() == (2.0, {"x": 2.0})  # the sum of all halves, in floats
    assert len(program.tape.code) == MANY > code.OPERATIONS
    assert pickle.loads(pickle.dumps(program.tape)).code.tolist() == program.tape.code.tolist()


# --- a step of descent --------------------------------------------------------------------------


def test_a_step_of_buffers_changes_the_inputs_that_are_differentiated_by() -> None:
    a, x, b = Value(2.0, "a"), Value(3.0, "x"), Value(1.0, "b")
    program = compile((a * x + b - 4) ** 2, [b, a], inputs=[a, x, b], backend="native")
    buffers = program.buffers()
    buffers.inputs[:] = 2.0, 3.0, 1.0

    value = buffers.step(0.05)

    # z = 3, J = 9, db = 6, da = 18
    assert value == 9.0
    assert buffers.inputs.tolist() == pytest.approx([2.0 - 0.9, 3.0, 1.0 - 0.3], rel=1e-15)


def test_a_step_of_a_batch_is_of_what_the_examples_share() -> None:
    a, x, b = Value(2.0, "a"), Value(3.0, "x"), Value(1.0, "b")
    program = compile((a * x + b) ** 2, [a, b], inputs=[a, x, b], backend="native", reduce="mean")
    batch = program.buffers("x", examples=2)
    batch.inputs[:] = 2.0, 0.0, 1.0
    batch.examples[0] = 0.0, 1.0

    batch.step(0.5)

    # z = 1, 3: da = mean(0, 6), db = mean(2, 6)
    assert batch.values.tolist() == [1.0, 9.0]
    assert batch.inputs.tolist() == [0.5, 0.0, -1.0]


@pytest.mark.parametrize("x", [0.7, 0.0, math.inf])
def test_a_step_is_what_the_gradients_say_in_whatever_order_and_wherever(x: float) -> None:
    a, b, c = Value(2.0, "a"), Value(x, "x"), Value(1.0, "c")
    program = native((a * b.sqrt() + relu(b - 1) * c).named("J"), [c, b], inputs=[a, b, c])
    value, gradients = program()
    buffers = program.buffers()

    assert repr(buffers.step(0.3)) == repr(value)
    equal(buffers.inputs, [2.0, x - 0.3 * gradients["x"], 1.0 - 0.3 * gradients["c"]])
    twice = native(a * a, [a, a], inputs=[a]).buffers()
    assert (twice.step(0.25), twice.inputs.tolist()) == (4.0, [1.0])


def test_where_a_gradient_is_0_times_infinity_a_step_takes_nothing() -> None:
    x, w = Value(0.0, "x"), Value(0.0, "w")
    buffers = native(w * log(x), [x, w], inputs=[x, w]).buffers()
    buffers.inputs = 1.0, 3.0
    assert buffers.step(0.5) == 0.0
    assert buffers.inputs.tolist() == [-0.5, 3.0]

    root = native(x.sqrt() * w, [x, w], inputs=[x, w]).buffers()

    assert (root.step(0.5), root.inputs.tolist()) == (0.0, [0.0, 0.0])  # dx is 0 · ∞


def test_there_is_no_step_for_a_node_inside_the_graph() -> None:
    a = Value(2.0, "a")
    b = (a * a).named("b")
    program = compile(b * a, [b], backend="native")

    with pytest.raises(ValueError, match="a step changes inputs"):
        program.buffers().step(0.1)
