"""gradcheck says which gradient is wrong, by how much, and which operation is to blame."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from microgradnn import Value, dot, exp, maximum, relu
from microgradnn.check import assert_gradients, gradcheck
from microgradnn.check.strategies import CLEAR, Formula, programs
from microgradnn.graph import OPS, Op


@pytest.fixture
def wrong() -> Op:
    """A row whose rule is wrong."""
    return Op("wrong", math.sin, np.sin, lambda f, x: f)


def test_a_right_gradient_is_right_to_the_last_digits() -> None:
    report = gradcheck(lambda x, y: x * y.sin() + exp(x), 0.5, 2.0)

    assert report
    assert [entry.method for entry in report.entries] == ["complex step"] * 2
    assert all(entry.units < 4 for entry in report.entries)


def test_a_wrong_rule_is_found_and_named(wrong: Op) -> None:
    report = gradcheck(lambda x, y: (wrong(x) * 2).tanh() + x * y, 0.7, 3.0)

    assert not report
    assert [entry.ok for entry in report.entries] == [False, True]
    assert [str(suspect) for suspect in report.suspects] == [
        "∂/∂x of t1 = wrong(x): recorded 0.644218, by differences 0.764842"
    ]


@given(program=programs(most=6))
@settings(max_examples=40, deadline=None)
def test_every_formula_passes(program: Formula) -> None:
    report = gradcheck(program, *program.inputs)

    assert report, str(report)


@given(program=programs(most=6))
@settings(max_examples=40, deadline=None)
def test_no_formula_passes_whose_gradient_is_a_little_off(program: Formula) -> None:
    off = Op("off", lambda x: x, np.positive, lambda f, x: 1 + 1e-5)
    report = gradcheck(lambda *xs: off(program(*xs)), *program.inputs)

    wrong = [entry for entry in report.entries if abs(entry.reference) > 1e-3]  # of a slope of 0 all of it is off
    assert not any(entry.ok for entry in wrong)


def test_a_number_taken_out_of_the_graph_is_suspected() -> None:
    report = gradcheck(lambda x: x * Value(x.data), 3.0)

    assert not report
    assert report.entries[0].gradient == 3
    assert report.entries[0].reference == pytest.approx(6)
    assert report.notes[0].startswith("x: the graph does not know of all the ways")


@pytest.mark.parametrize(("f", "x"), [(relu, 0.0), (abs, 0.0), (lambda x: maximum(x, 1) * 1e6, 1.0)])
def test_at_a_kink_a_slope_between_those_of_the_sides_is_right_and_it_is_said(f: Any, x: float) -> None:
    report = gradcheck(f, x)

    assert report
    assert report.entries[0].method.startswith("kink: ")


def test_at_a_kink_a_slope_outside_is_wrong() -> None:
    doubled = Op("doubled", abs, np.abs, lambda f, x: 2, kink=lambda x: x)
    report = gradcheck(doubled, 0.0)

    assert not report
    assert report.entries[0].method == "kink: -1 … 1"
    assert len(report.suspects) == 1


@pytest.mark.parametrize("f", [lambda x: x.sqrt(), lambda x: -x.cbrt()])
def test_a_vertical_tangent_is_right_where_there_is_one(f: Any) -> None:
    assert gradcheck(f, 0.0)


def test_nan_is_never_right() -> None:
    assert not gradcheck(lambda x: x * 0 * math.inf, 1.0)


def test_inputs_may_be_structures_and_are_named_after_the_parameters() -> None:
    def loss(p: Any, x: Any) -> Any:
        return (dot(p["w"], x) + p["b"]).tanh() * x[0]

    report = gradcheck(loss, {"w": [0.3, -0.2], "b": 0.1}, np.array([1.0, 2.0]))

    assert report
    assert [entry.name for entry in report.entries] == ["p['w'][0]", "p['w'][1]", "p['b']", "x[0]", "x[1]"]


def test_every_output_is_checked() -> None:
    report = gradcheck(lambda x: [x * x, exp(x), 3.0], 2.0)

    assert [entry.name for entry in report.entries] == ["x of output 0", "x of output 1", "x of output 2"]
    assert [entry.gradient for entry in report.entries] == [4, math.exp(2), 0]


@pytest.mark.parametrize("big", [1e4, 1e10, 1e14])
def test_numbers_that_cancel_do_not_make_a_right_gradient_wrong(big: float) -> None:
    assert gradcheck(lambda x: (x + big) - big, 0.3)


def test_a_small_error_is_blamed_too() -> None:
    nearly = Op("nearly", math.sin, np.sin, lambda f, x: OPS["cos"](x) * (1 + 1e-7))
    report = gradcheck(nearly, 0.5)

    assert not report
    assert len(report.suspects) == 1


def test_rtol_allows_a_relative_error() -> None:
    nearly = Op("nearly", math.sin, np.sin, lambda f, x: OPS["cos"](x) * 1.001)
    assert not gradcheck(nearly, 0.5)
    assert gradcheck(nearly, 0.5, rtol=0.01)


def test_a_report_is_a_table() -> None:
    lines = str(gradcheck(lambda x, y: x * y, 2.0, 3.0)).splitlines()

    assert lines[0].split() == ["input", "gradient", "reference", "off", "by", "method"]
    assert lines[1].split()[:3] == ["x", "3", "3"]
    assert repr(gradcheck(lambda x: x, 1.0)) == str(gradcheck(lambda x: x, 1.0))


def test_assert_gradients_raises_with_the_report(wrong: Op) -> None:
    assert_gradients(lambda x: x.exp(), 1.0)
    with pytest.raises(AssertionError, match=r"(?s)WRONG.*wrong local derivative: ∂/∂x0 of t1 = wrong\(x0\)"):
        assert_gradients(wrong, CLEAR)


def test_in_a_notebook_a_report_is_a_table() -> None:
    report = gradcheck(lambda x, y: x * y, 2.0, 3.0)
    html = report._repr_html_()

    assert html.count("<tr>") == 1 + len(report.entries)
    assert "<td>ok</td>" in html
    wrong = replace(report, entries=(replace(report.entries[0], name="<x>", verdict="WRONG"),), notes=("a < b",))
    assert "<td>&lt;x&gt;</td>" in wrong._repr_html_()
    assert "<td><b>WRONG</b></td></tr></table><p>note: a &lt; b</p>" in wrong._repr_html_()
