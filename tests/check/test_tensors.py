"""gradcheck of functions of Tensors: every number is checked, and the operation that is wrong is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import RankOneWarning, Tensor, Value, gelu, jvp, relu, sqrt, tanh, vjp
from microgradnn.check import assert_gradients, gradcheck
from microgradnn.check.blame import suspects
from microgradnn.check.judge import ALLOWED
from microgradnn.check.replay import condition
from microgradnn.check.strategies import Formula, TensorGraph, arrays, tensor_graphs, tensor_programs
from microgradnn.graph import Op, topological
from microgradnn.rules.arrays import ArrayOp, broadcast, swap

EPSILON = 2.0**-52

W = Tensor([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6]], "W1")
X = Tensor([[1.0, -0.5], [0.3, 0.8], [-0.7, 0.2]])


@pytest.fixture
def wave() -> Op:
    """An element-wise row whose rule is wrong."""
    return Op("wave", np.sin, np.sin, lambda f, x: f)


@pytest.fixture
def twice() -> ArrayOp:
    """A row of the second table whose second pullback is wrong."""
    return ArrayOp(
        "twice", np.matmul, lambda g, f, x, y: g @ swap(y), lambda g, f, x, y: 2 * (swap(x) @ g), text="{x} @ {y}"
    )


@pytest.fixture
def lost() -> ArrayOp:
    """A row that forgets, of all columns, to give the last its gradient."""
    return ArrayOp(
        "lost",
        lambda x: np.sum(x, axis=1, keepdims=True),
        lambda g, f, x: broadcast(g, shape=x.shape) * np.array([1.0] * (x.shape[1] - 1) + [0.0]),
        text="lost({x})",
    )


# --- right ----------------------------------------------------------------------------------


def test_every_number_of_a_tensor_is_checked_under_its_own_name_or_the_parameters() -> None:
    report = gradcheck(lambda w, x: tanh(w @ x).mean(), W, X)

    assert report, str(report)
    assert [entry.name for entry in report.entries] == [
        *("W1[0, 0]", "W1[0, 1]", "W1[0, 2]", "W1[1, 0]", "W1[1, 1]", "W1[1, 2]"),
        *("x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]", "x[2, 0]", "x[2, 1]"),
    ]
    assert {entry.method for entry in report.entries} == {"complex step"}


def test_tensors_may_be_in_structures_and_of_float32() -> None:
    def loss(p: Any, xs: Any) -> Any:
        assert {x.dtype for x in (*p.values(), *xs)} == {np.dtype("float64")}
        return (p["w"] * xs[0]).sum() + p["b"]

    single = np.array([[1.5], [2.5]], np.float32)
    report = gradcheck(loss, {"w": Tensor(single), "b": Tensor(0.5)}, [Tensor(single, "X")])

    assert report
    assert [entry.name for entry in report.entries] == ["p['w'][0, 0]", "p['w'][1, 0]", "p['b']", "X[0, 0]", "X[1, 0]"]


def test_rank_one_is_not_warned_of_once_more() -> None:
    with pytest.warns(RankOneWarning):
        x = Tensor([1.0, 2.0])

    assert [entry.name for entry in gradcheck(lambda x: (x * x).sum(), x).entries] == ["x[0]", "x[1]"]


def test_values_and_tensors_may_stand_side_by_side() -> None:
    report = gradcheck(lambda t, v: [t.sum(), v * v, 3.0], Tensor([[1.0, 2.0]]), Value(3.0))

    assert report
    assert [entry.gradient for entry in report.entries] == [1, 1, 0, 0, 0, 6, 0, 0, 0]


def test_every_number_of_an_output_is_one() -> None:
    one = gradcheck(lambda x: x[0:1] * 2, Tensor([[1.0], [2.0]]))
    many = gradcheck(lambda x: x * 2, Tensor([[1.0], [2.0]]))
    several = gradcheck(lambda x: [x.sum(), x], Tensor([[1.0]]))

    assert [entry.name for entry in one.entries] == ["x[0, 0]", "x[1, 0]"]
    assert [entry.name for entry in many.entries if entry.gradient] == [
        "x[0, 0] of output [0, 0]",
        "x[1, 0] of output [1, 0]",
    ]
    assert [entry.name for entry in several.entries] == ["x[0, 0] of output 0", "x[0, 0] of output 1[0, 0]"]


ANALYTIC: list[Callable[[Any], Any]] = [
    *(lambda x: x.mean(axis=0), lambda x: x.reshape(2, 3).T @ x.T, lambda x: x.prod(axis=1), lambda x: x[[0, 0, 2]]),
    *(lambda x: x.transpose(1, 0).var(), lambda x: np.concatenate([x, x * x]), lambda x: x + x[:1]),
    *(lambda x: x.softmax(), lambda x: x.logsumexp(axis=1), lambda x: x.log_softmax()),
]


@pytest.mark.parametrize("f", ANALYTIC)
def test_where_all_is_analytic_the_reference_is_the_complex_step(f: Callable[[Any], Any]) -> None:
    report = gradcheck(f, X)

    assert report, str(report)
    assert {entry.method for entry in report.entries} == {"complex step"}


@pytest.mark.parametrize("f", [lambda x: x.max(), lambda x: x.min(axis=0), lambda x: relu(x), lambda x: gelu(x)])
def test_what_is_not_analytic_is_held_against_differences_alone_and_then_stands_in_the_complex_step(f: Any) -> None:
    report = gradcheck(f, X)

    assert report, str(report)
    assert {entry.method for entry in report.entries} == {"complex step"}


def test_what_cancels_to_nothing_is_right() -> None:
    report = gradcheck(lambda x: (x * 100).softmax().sum() + 1e8, X)  # the gradient is 0, but for rounding

    assert report, str(report)


def test_at_a_tie_a_slope_between_those_of_the_sides_is_right() -> None:
    report = gradcheck(lambda x: x.max(), Tensor([[1.0, 1.0, 0.0]]))

    assert report
    assert [entry.method for entry in report.entries] == ["kink: 0 … 1", "kink: 0 … 1", "differences"]


@pytest.mark.parametrize("f", [lambda x: sqrt(x).sum(), lambda x: -sqrt(x).sum()])
def test_a_vertical_tangent_is_right_where_there_is_one(f: Callable[[Any], Any]) -> None:
    report = gradcheck(f, Tensor([[0.0, 4.0]]))

    assert report
    assert [entry.method for entry in report.entries] == ["a vertical tangent", "complex step"]


# --- wrong ----------------------------------------------------------------------------------


def test_a_wrong_row_is_named_with_its_worst_entry(wave: Op) -> None:
    report = gradcheck(lambda w, x: wave(w @ x).mean(), W, X)

    assert not report
    # W1 x has −0.21 at [0, 1], where sin and cos differ more than at −0.11, 0.15 and 0.64.
    assert [str(suspect) for suspect in report.suspects] == [
        "∂t2[0, 1]/∂t1[0, 1] of t2 = wave(t1): by its rule -0.20846, by differences 0.978031"
    ]


def test_a_wrong_pullback_is_named_with_its_input(twice: ArrayOp) -> None:
    report = gradcheck(lambda w, x: tanh(twice(w, x)).mean(), W, X)

    assert [entry.ok for entry in report.entries] == [True] * 6 + [False] * 6
    (suspect,) = report.suspects
    assert suspect.text.endswith("of t1 = W1 @ x (twice)")
    assert suspect.recorded == pytest.approx(2 * suspect.slope)
    assert "/∂x[" in str(suspect)


def test_a_pullback_that_is_wrong_in_some_places_is_told_by_one_of_them(lost: ArrayOp) -> None:
    report = gradcheck(lambda x: tanh(lost(x)), X)

    assert not report
    (suspect,) = report.suspects
    assert re.fullmatch(r"∂t1\[(\d), 0\]/∂x\[\1, 1\] of t1 = lost\(x\): by its rule 0, by differences 1", str(suspect))


def test_a_gradient_of_another_shape_is_wrong_even_if_its_numbers_would_do() -> None:
    flat = ArrayOp("flat", lambda x: x * 2, lambda g, f, x: g.reshape(-1) * 2, text="flat({x})")
    report = gradcheck(lambda x: flat(x).sum(), Tensor([[1.0, 2.0]]))

    assert not report
    assert str(report).endswith(
        "wrong local derivative: the gradient in x of t1 = flat(x) has the shape (2,), not (1, 2)"
    )


def test_a_number_taken_out_of_the_graph_is_suspected_once() -> None:
    report = gradcheck(lambda x: (x * Tensor(x.data)).sum(), X)

    assert not report
    assert len(report.notes) == 1
    assert report.notes[0].startswith("x[0, 0], x[0, 1], x[1, 0] and 3 more: the graph does not know of all the ways")
    assert report.suspects == ()


@given(program=tensor_programs(most=5))
@settings(max_examples=30, deadline=None)
def test_no_formula_passes_whose_gradient_is_a_little_off(program: Formula) -> None:
    off = Op("off", lambda x: x, np.positive, lambda f, x: 1 + 1e-5)
    report = gradcheck(lambda *xs: off(program(*xs)), *map(Tensor, program.inputs))

    wrong = [entry for entry in report.entries if abs(entry.reference) > 1e-3]  # of a slope of 0 all of it is off
    assert not any(entry.ok for entry in wrong)


def test_where_only_a_part_of_the_edges_is_looked_at_it_is_said(wave: Op) -> None:
    found, note = suspects(wave(X * 2).sum(), most=9)
    values, told = suspects(sum((wave(Value(0.5)) for _ in range(5)), Value(0.0)), most=9)
    all_of_it, nothing = suspects(wave(X), most=6)

    assert [suspect.text.endswith("wave(t2)") for suspect in found] == [True]
    assert note == "to find what is to blame, 9 of 18 local derivatives were looked at"
    assert values
    assert told == "to find what is to blame, 9 of 15 local derivatives were looked at"
    assert all_of_it
    assert nothing == ""


# --- the report -----------------------------------------------------------------------------


def test_of_many_gradients_the_right_ones_are_counted() -> None:
    report = gradcheck(lambda x: relu(x), X)

    assert len(report.entries) == 36
    assert str(report) == "36 are right, off by at most 0 units (complex step 36)"


def test_of_many_gradients_the_wrong_ones_are_printed(twice: ArrayOp) -> None:
    lines = str(gradcheck(lambda w, x: twice(w, x), W, X)).splitlines()

    assert lines[0].split()[0] == "input"
    assert sum("WRONG" in line for line in lines) == 12
    assert lines[13].startswith("36 are right, off by at most ")
    assert lines[14].startswith("wrong local derivative: ∂t1[")


def test_of_very_many_wrong_gradients_the_first_are_printed(wave: Op) -> None:
    lines = str(gradcheck(lambda x: wave(x).sum(), Tensor(np.linspace(1, 2, 30).reshape(5, 6)))).splitlines()

    assert sum(line.endswith("  WRONG") for line in lines) == 20
    assert lines[21:23] == ["and 10 more are WRONG", "none is right"]


def test_assert_gradients_raises_with_the_report(wave: Op) -> None:
    assert_gradients(lambda x: x.exp(), X)
    with pytest.raises(AssertionError, match=r"(?s)WRONG.*wrong local derivative: ∂t1\[\d, \d\]/∂x0\[\d, \d\] of"):
        assert_gradients(wave, X)


# --- over random graphs -----------------------------------------------------------------------


@given(graph=tensor_graphs(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_backward_is_the_reference_of_the_check(graph: TensorGraph, data: st.DataObject) -> None:
    seed = data.draw(arrays(graph.output.shape))
    report = gradcheck(graph.program, *graph.inputs)
    graph.output.backward(seed)

    assert report, str(report)
    numbers = sum(x.size for x in graph.inputs)
    references = np.array([entry.reference for entry in report.entries]).reshape(graph.output.size, numbers)
    # Of differences the unit is their error, of the complex step the rounding; a gradient may be off by some.
    units = np.array([entry.unit for entry in report.entries]).reshape(references.shape)
    gradients = np.concatenate([np.broadcast_to(x.grad, x.shape).ravel() for x in graph.inputs])
    slack = 2 * ALLOWED * (np.abs(seed.ravel()) @ units)
    assert (np.abs(gradients - seed.ravel() @ references) <= slack).all()
    assert all(x.grad.dtype == np.float64 for x in graph.inputs if x.has_grad and np.ndim(x.grad))


@given(graph=tensor_graphs(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_forward_mode_and_reverse_mode_agree(graph: TensorGraph, data: st.DataObject) -> None:
    cotangent = data.draw(arrays(graph.output.shape))
    tangents = [data.draw(arrays(x.shape)) for x in graph.inputs]
    _, pullback = vjp(graph.program, *graph.inputs)
    back = pullback(Tensor(cotangent) if cotangent.ndim != 1 else graph.output * 0 + cotangent)
    _, forth = jvp(graph.program, graph.inputs, [x * 0 + t for x, t in zip(graph.inputs, tangents, strict=True)])

    sizes = condition(graph.output, graph.inputs, np.abs(cotangent))
    scale = sum(float(np.sum(size * np.abs(t))) for size, t in zip(sizes, tangents, strict=True))
    left = float(np.sum(cotangent * forth.data))
    right = sum(float(np.sum(one.data * t)) for one, t in zip(back, tangents, strict=True))
    assert abs(left - right) <= ALLOWED * EPSILON * scale  # ū·(J v) = (Jᵀū)·v
    assert all(node.dtype == np.float64 for node in topological(graph.output))
