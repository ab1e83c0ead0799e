"""The chain rule, written out: its lines, its sums, and that it never lies."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microgradnn import DomainError, Value, explain, expression, maximum, relu
from microgradnn.engine.value import KINDS
from microgradnn.formulas.explain import DIGITS, LONGEST_PATH, MOST_PATHS

HALF_A_DIGIT = 0.5 * 10.0 ** (1 - DIGITS)  # of a number printed with that many digits, relative to it


def explained(text: str, wrt: str, **values: float) -> str:
    """The explanation of the output of a text by one of its names."""
    graph = expression(text, values)
    return str(explain(graph.output, graph.names[wrt]))


def read(number: str) -> float:
    """A number as it is printed."""
    return float(number.replace("−", "-").replace("∞", "inf"))


def chain(length: int) -> tuple[Value, Value]:
    """A sum of ones: x and x + 1 + 1 …, `length` steps away."""
    x = y = Value(1, name="x")
    for _ in range(length):
        y = y + 1
    return x, y.named("y")


def doubled(times: int) -> tuple[Value, Value]:
    """The sum of y and y, doubled again and again: 2 ** times paths."""
    x = y = Value(1, name="x")
    for _ in range(times):
        y = y + y
    return x, y.named("y")


# --- the lines ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrt", "line"),
    [
        ("a", "dJ/da = ∂J/∂v · ∂v/∂a = 3 · 1 = 3"),
        ("b", "dJ/db = ∂J/∂v · ∂v/∂u · ∂u/∂b = 3 · 1 · c = 3 · 1 · 2 = 6"),
        ("c", "dJ/dc = ∂J/∂v · ∂v/∂u · ∂u/∂c = 3 · 1 · b = 3 · 1 · 3 = 9"),
        ("u", "dJ/du = ∂J/∂v · ∂v/∂u = 3 · 1 = 3"),
        ("v", "dJ/dv = 3"),
        ("J", "dJ/dJ = 1"),
    ],
)
def test_D1_of_the_notes_is_one_line_for_each_name(wrt: str, line: str) -> None:
    assert explained("u = b*c; v = a + u; J = 3*v", wrt, a=5, b=3, c=2) == line


def test_D1_of_the_notes_made_in_python() -> None:
    a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
    u = (b * c).named("u")
    v = (a + u).named("v")
    J = (3 * v).named("J")

    assert str(J.explain(b)) == "dJ/db = ∂J/∂v · ∂v/∂u · ∂u/∂b = 3 · 1 · c = 3 · 1 · 2 = 6"
    assert repr(J.explain(b)) == str(J.explain(b))


def test_D3_of_the_notes_is_a_sum_over_two_paths() -> None:
    text = "s = a + b; p = s*c; q = s*d; f = p + q"

    assert explained(text, "a", a=2, b=3, c=4, d=5).splitlines() == [
        "df/da is the sum over 2 paths:",
        "  ∂f/∂p · ∂p/∂s · ∂s/∂a = 1 · c · 1 = 1 · 4 · 1 = 4",
        "  ∂f/∂q · ∂q/∂s · ∂s/∂a = 1 · d · 1 = 1 · 5 · 1 = 5",
        "df/da = 4 + 5 = 9",
    ]


def test_nodes_without_a_name_are_numbered_and_said_to_be_what_they_are() -> None:
    assert explained("f = (a+b)*c + (a+b)*d", "a", a=2, b=3, c=4, d=5).splitlines() == [
        "df/da is the sum over 2 paths:",
        "  ∂f/∂t2 · ∂t2/∂t1 · ∂t1/∂a = 1 · c · 1 = 1 · 4 · 1 = 4",
        "  ∂f/∂t3 · ∂t3/∂t1 · ∂t1/∂a = 1 · d · 1 = 1 · 5 · 1 = 5",
        "df/da = 4 + 5 = 9",
        "  where t1 = a + b",
        "  where t2 = t1 × c",
        "  where t3 = t1 × d",
    ]


def test_B11_of_the_notes_the_slope_of_the_cost_is_a_minus_y() -> None:
    text = "a = sigmoid(z); L = -(y*log(a) + (1 - y)*log(1 - a))"
    graph = expression(text, {"z": 0.3, "y": 1})
    graph.output.backward()
    a = graph.names["a"]

    explanation = explain(graph.output, graph.names["z"])

    assert explanation.value == pytest.approx(a.data - 1, abs=1e-15)  # a few roundings of numbers below 1
    assert graph.names["z"].grad == pytest.approx(a.data - 1, abs=1e-15)
    assert "a × (1 − a)" in str(explanation)


def test_a_node_used_twice_by_one_operation_has_two_paths() -> None:
    x = Value(3, name="x")
    y = (x + x).named("y")

    assert str(explain(y, x)).splitlines() == [
        "dy/dx is the sum over 2 paths:",
        "  ∂y/∂x = 1",
        "  ∂y/∂x = 1",
        "dy/dx = 1 + 1 = 2",
    ]


def test_negative_numbers_and_letters_stand_in_brackets_where_a_product_needs_them() -> None:
    line = explained("u = x*k; y = -u", "x", x=2, k=-3)

    assert line == "dy/dx = ∂y/∂u · ∂u/∂x = (−1) · k = (−1) · (−3) = 3"


def test_a_factor_alone_stands_without_brackets() -> None:
    assert explained("y = -x", "x", x=2) == "dy/dx = −1"
    assert explained("y = tanh(x)", "x", x=0) == "dy/dx = 1 − y² = 1"


def test_a_sum_with_a_negative_term_is_written_with_its_minus() -> None:
    assert explained("y = x*4 - x*5", "x", x=2).splitlines()[3] == "dy/dx = 4 − 5 = −1"


def test_a_partial_that_is_a_sum_stands_in_brackets() -> None:
    assert "(1 − t²)" in explained("t = tanh(x); y = 3*t", "x", x=0.5)


def test_what_does_not_influence_the_output_is_said_to_have_none() -> None:
    graph = expression("x = 2; J = 3*a", {"a": 1})

    explanation = explain(graph.output, graph.names["x"])

    assert str(explanation).splitlines() == ["J does not depend on x", "dJ/dx = 0"]
    assert explanation.value == 0
    assert explanation.terms == ()


def test_a_result_by_itself_is_1_and_by_what_comes_after_it_0() -> None:
    x = Value(2, name="x")
    y = (x * x).named("y")

    assert str(explain(x, x)) == "dx/dx = 1"
    assert explain(y, y).value == 1
    assert explain(x, y).value == 0


def test_a_branch_that_was_not_taken_gives_nothing() -> None:
    x = Value(-2, name="x")

    assert explain(relu(x).named("y"), x).value == 0
    assert explain(maximum(x, 1).named("y"), x).value == 0
    assert explain(maximum(x, x).named("y"), x).value == 1


@pytest.mark.parametrize("text", ["max(x, 2) + relu(log(x))", "relu(log(x)) + max(x, 2)", "x*0 + relu(log(x))"])
def test_a_branch_that_was_not_taken_gives_nothing_where_the_slope_is_infinite(text: str) -> None:
    graph = expression(f"y = {text}", {"x": 0.0})
    graph.output.backward()

    assert graph.names["x"].grad == 0
    assert graph.output.explain(graph.names["x"]).value == 0
    assert "nan" not in str(graph.output.explain(graph.names["x"]))


def test_names_are_shown_harmless() -> None:
    x = Value(1, name="x\n\x1b[31m")
    y = (2 * x).named("y")

    assert str(explain(y, x)) == "dy/dx␊␛[31m = 2"


def test_a_source_without_a_name_has_one_in_the_explanation() -> None:
    x = Value(2)

    assert str(explain(x * 3, x)).splitlines() == ["dt2/dt1 = 3", "  where t2 = t1 × 3"]
    assert str(explain(Value(1, name="J"), x)).splitlines() == ["J does not depend on x", "dJ/dx = 0"]


# --- gradients that are there, and are not ------------------------------------------------


def test_explaining_leaves_no_trace_in_the_gradients() -> None:
    graph = expression("y = x*x*w", {"x": 2, "w": 3})
    graph.names["x"].grad = 7.0

    explain(graph.output, graph.names["x"])
    explain(*reversed(doubled(6)))

    assert graph.names["x"].grad == 7
    assert not graph.names["w"].has_grad
    assert not graph.output.has_grad


def test_what_backward_left_does_not_change_the_explanation() -> None:
    graph = expression("s = a + b; f = s*a", {"a": 2, "b": 3})
    before = str(explain(graph.output, graph.names["a"]))

    graph.output.backward()
    graph.output.backward()

    assert str(explain(graph.output, graph.names["a"])) == before


@pytest.mark.parametrize("source", [b"b", 2.0, None])
def test_what_is_no_node_is_refused(source: object) -> None:
    with pytest.raises(TypeError, match="explain takes the node to differentiate by; got"):
        explain(Value(1), source)  # type: ignore[call-overload] # that is the mistake


# --- too many paths, too long ones --------------------------------------------------------


def test_up_to_32_paths_are_written_out_and_more_are_told_by_uses() -> None:
    x, y = doubled(5)
    assert (len(explain(y, x).terms), explain(y, x).by_uses) == (MOST_PATHS, False)
    assert str(explain(y, x)).splitlines()[0] == "dy/dx is the sum over 32 paths:"

    x, y = doubled(6)
    explanation = explain(y, x)
    assert explanation.by_uses
    assert str(explanation).splitlines()[:4] == [
        "dy/dx by the 2 uses of x, as its paths are too many or too long to read:",
        "  dy/dt1 · ∂t1/∂x = 32 · 1 = 32",
        "  dy/dt1 · ∂t1/∂x = 32 · 1 = 32",
        "dy/dx = 32 + 32 = 64",
    ]


def test_up_to_40_steps_are_written_out_and_more_are_told_by_uses() -> None:
    x, y = chain(LONGEST_PATH)
    assert not explain(y, x).by_uses
    assert str(explain(y, x)).count(" · ") == 2 * (LONGEST_PATH - 1)

    x, y = chain(LONGEST_PATH + 1)
    assert str(explain(y, x)).splitlines() == [
        "dy/dx by the 1 use of x, as its paths are too many or too long to read:",
        "  dy/dt1 · ∂t1/∂x = 1 · 1 = 1",
        "dy/dx = 1",
        "  where t1 = x + 1",
    ]


def test_a_number_of_paths_beyond_all_bounds_takes_no_time() -> None:
    x, y = doubled(1000)

    assert explain(y, x).value == 2.0**1000


@pytest.mark.slow
def test_a_chain_of_a_hundred_thousand_is_explained_by_uses() -> None:
    x, y = chain(100_000)

    assert explain(y, x).by_uses
    assert explain(y, x).value == 1


def test_of_many_uses_the_first_are_written_and_the_others_summed() -> None:
    x = Value(1, name="x")
    y = (x * 1).named("y")
    for i in range(2, 101):
        y = y + x * i
    y.named("y")

    lines = str(explain(y, x)).splitlines()

    assert lines[0].startswith("dy/dx by the 100 uses of x, ")
    assert len([line for line in lines if line.startswith("  dy/d")]) == MOST_PATHS
    assert lines[MOST_PATHS + 1] == f"  … and 68 more, in all {sum(range(33, 101))}"
    assert lines[MOST_PATHS + 2].endswith(f" + {sum(range(33, 101))} = 5050")


# --- LaTeX --------------------------------------------------------------------------------


def test_latex_has_fractions_and_dots() -> None:
    graph = expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})

    assert explain(graph.output, graph.names["b"]).latex() == (
        "\\begin{aligned}\n"
        r"\frac{dJ}{db} &= \frac{\partial J}{\partial v} \cdot \frac{\partial v}{\partial u} "
        r"\cdot \frac{\partial u}{\partial b} = 3 \cdot 1 \cdot c = 3 \cdot 1 \cdot 2 = 6"
        "\n\\end{aligned}"
    )


def test_latex_has_one_aligned_row_for_each_path_and_one_for_the_sum() -> None:
    graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})

    rows = explain(graph.output, graph.names["a"]).latex().splitlines()

    assert (rows[0], rows[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert [row.count("&=") for row in rows[1:-1]] == [1, 1, 1]
    assert [row.endswith(r"\\") for row in rows[1:-1]] == [True, True, False]
    assert rows[3] == r"\frac{df}{da} &= 4 + 5 = 9"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x", "x"),
        ("w11", "w_{11}"),
        ("w_1", "w_{1}"),
        ("σ", "σ"),
        ("loss", r"\text{loss}"),
        ("a_b", "a_{b}"),
        ("W_hh", "W_{hh}"),
        ("h_{t-1}", "h_{t-1}"),
        ("h_{t#}", r"h_{t\#}"),
        ("ab_c", r"\text{ab\_c}"),
        ("100%", r"\text{100\%}"),
        ("{}$#&", r"\text{\{\}\$\#\&}"),
        ("\\end", r"\text{\textbackslash{}end}"),
        ("^~", r"\text{\^{}\~{}}"),
    ],
)
def test_a_name_in_latex_has_its_digits_as_an_index_and_cannot_inject_commands(name: str, written: str) -> None:
    x = Value(1, name=name)
    y = (2 * x).named("y")

    assert rf"\frac{{dy}}{{d{written}}} &= 2" in explain(y, x).latex()


def test_latex_has_an_ascii_minus_and_a_notebook_gets_it_in_dollars() -> None:
    x = Value(1, name="x")
    y = (-x).named("y")

    assert explain(y, x).latex() == "\\begin{aligned}\n\\frac{dy}{dx} &= -1\n\\end{aligned}"
    assert explain(y, x)._repr_latex_() == f"$${explain(y, x).latex()}$$"


def test_latex_of_what_has_no_influence() -> None:
    assert r"\frac{dJ}{dx} &= 0" in explain(Value(1, name="J"), Value(1, name="x")).latex()


# --- it never lies ------------------------------------------------------------------------


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    functions = ["sin", "exp", "tanh", "sigmoid", "relu", "sqrt", "log", "abs", "-"]
    return (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda x: f"({x[0]} {x[1]} {x[2]})")
        | st.tuples(st.sampled_from(functions), inner).map(lambda x: f"{x[0]}({x[1]})")
        | st.tuples(st.sampled_from(["max", "hypot", "sum"]), inner, inner).map(lambda x: f"{x[0]}({x[1]}, {x[2]})")
        | st.tuples(inner, st.sampled_from(["2", "3", "-1"])).map(lambda x: f"({x[0]})**{x[1]}")
    )


RANDOM = st.recursive(st.sampled_from(["a", "b", "c", "2"]), grow, max_leaves=12)
NUMBERS = st.floats(0.1, 3) | st.floats(-3, -0.1)


@given(RANDOM, NUMBERS, NUMBERS, NUMBERS)
@settings(deadline=None)
def test_the_printed_terms_sum_up_to_the_gradient_from_backward(text: str, a: float, b: float, c: float) -> None:
    try:
        graph = expression(f"J = a + {text} + 0*b + 0*c", {"a": a, "b": b, "c": c})
        graph.output.backward()
    except DomainError:
        assume(False)
    source = graph.names["a"]
    assume(math.isfinite(source.grad) and math.isfinite(graph.output.data))

    explanation = explain(graph.output, source)
    lines = str(explanation).splitlines()
    values = [term.value for term in explanation.terms]
    assume(all(map(math.isfinite, values)))

    # The terms as numbers: each is a product of at most 40 factors, rounded once each.
    size = sum(map(abs, values))
    assert explanation.value == pytest.approx(source.grad, rel=1e-12, abs=1e-13 * size)
    # As printed: each is right to half of its last digit.
    count = len(values)
    told = [read(re.split(" [=≈] ", line)[-1]) for line in lines if "= " in line and "where" not in line]
    if count == 1 and not explanation.by_uses:
        assert told[0] == pytest.approx(source.grad, rel=2 * HALF_A_DIGIT)
        return
    assert len(told) == min(count, MOST_PATHS) + 1
    if count <= MOST_PATHS:
        assert told[:-1] == pytest.approx(values, rel=2 * HALF_A_DIGIT)
        assert sum(told[:-1]) == pytest.approx(source.grad, abs=2 * HALF_A_DIGIT * size)
    assert told[-1] == pytest.approx(source.grad, abs=2 * HALF_A_DIGIT * size)  # rounded where the terms are


@given(RANDOM, NUMBERS, NUMBERS, NUMBERS)
@settings(deadline=None)
def test_the_numbers_of_a_printed_product_multiply_to_what_stands_after_it(
    text: str, a: float, b: float, c: float
) -> None:
    try:
        graph = expression(f"J = a + {text} + 0*b + 0*c", {"a": a, "b": b, "c": c})
    except DomainError:
        assume(False)
    for line in str(explain(graph.output, graph.names["a"])).splitlines():
        forms = line.strip().split(" = ")
        factors = forms[-2].split(" · ") if "where" not in line and len(forms) > 2 else []
        if not all(re.fullmatch(r"\(?−?[\d.]+(e−?\d+)?\)?", factor) for factor in factors):
            continue  # the line of the sum, or a product that is only letters because they are numbers
        product = math.prod(read(factor.strip("()")) for factor in factors)
        # every factor is right to half of its last digit, and so is the product
        assert not factors or product == pytest.approx(read(forms[-1]), rel=2 * HALF_A_DIGIT * (len(factors) + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_leaf_of_every_kind_can_be_explained_by(kind: str) -> None:
    x = Value(2, name="x", kind=kind)

    assert str(explain((3 * x).named("y"), x)) == "dy/dx = 3"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("y = max(x, x)", "∂y/∂x = ½ [x = x] = 0.5"),
        ("y = min(x, z)", "dy/dx = ½ [z = x] = 0.5"),
        ("y = 3*max(x, 2)", "½ [x = 2]"),
    ],
)
def test_a_tie_is_said_to_be_one(text: str, form: str) -> None:
    graph = expression(text, {"x": 2, "z": 2} if "z" in text else {"x": 2})

    assert form in str(explain(graph.output, graph.names["x"]))
    assert r"\tfrac12" in explain(graph.output, graph.names["x"]).latex()


def test_infinities_along_paths_that_have_no_sum_are_explained_by_uses() -> None:
    x = Value(0.0, "x")
    t = x.sqrt().named("t")
    J = (3 * t - t).named("J")  # along its paths 3 · ∞ − 1 · ∞
    J.backward()

    explained = explain(J, x)

    assert explained.value == x.grad == float("inf")
    assert str(explained).splitlines()[0] == "dJ/dx by the 1 use of x, as the infinities along its paths have no sum:"
    assert explain(t - t, x).value == 0  # nothing comes to t
