"""How numbers, sums and formulas are written: as short as they can be, and never as something else."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microgradnn import Value
from microgradnn.graph import Op, topological
from microgradnn.rules import calculus
from microgradnn.rules.notation import (
    Operand,
    Symbol,
    addition,
    constant,
    definition,
    exactly,
    formula,
    labels,
    number,
    operand,
    printable,
    visible,
    write_sum,
)

finite = st.floats(allow_nan=False, allow_infinity=False)


# --- numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (6.0, "6"),
        (-0.47611, "−0.4761"),
        (-0.0, "0"),
        (9999.6, "1e4"),
        (123_456, "1.235e5"),
        (0.000012, "1.2e−5"),
        (-1e100, "−1e100"),
        (float("-inf"), "−∞"),
        (float("nan"), "nan"),
    ],
)
def test_a_number_is_written_as_a_person_writes_it(x: float, text: str) -> None:
    assert number(x) == text


@given(finite, st.integers(1, 17))
def test_a_number_is_right_to_half_of_its_last_digit(x: float, digits: int) -> None:
    read = Fraction(number(x, digits).replace("−", "-"))

    assert abs(read - Fraction(x)) <= abs(Fraction(x)) * 5 / Fraction(10) ** digits


@given(finite, st.integers(1, 17))
def test_a_number_has_no_zero_and_no_sign_that_says_nothing(x: float, digits: int) -> None:
    whole, _, fraction = number(x, digits).partition("e")[0].partition(".")
    exponent = number(x, digits).partition("e")[2].removeprefix("−")

    assert not fraction.endswith("0")
    assert not exponent.startswith(("0", "+"))
    assert len((whole + fraction).lstrip("−0")) <= digits


@given(finite)
def test_exactly_is_every_digit_there_is(x: float) -> None:
    assert float(exactly(x).replace("−", "-")) == x


@given(st.lists(finite, min_size=1, max_size=4))
def test_the_terms_can_be_read_off_a_sum(terms: list[float]) -> None:
    text = write_sum(terms, 17)  # digits tell any two floats apart

    assert [float(term) for term in re.sub(r"([−+]) ", r"\1", text).replace("−", "-").split()] == terms
    assert "+ −" not in text
    assert "− −" not in text


# --- names --------------------------------------------------------------------------------


def test_what_breaks_a_line_or_turns_it_around_or_is_no_character_is_not_printable() -> None:
    breaks = {"Cc", "Cs", "Zl", "Zp"}
    turns = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    codes = [*range(0x10000), *range(0x1FFF0, 0x20000), sys.maxunicode - 2, sys.maxunicode]  # planes end alike

    for code, c in zip(codes, map(chr, codes), strict=True):
        harmful = unicodedata.category(c) in breaks or unicodedata.bidirectional(c) in turns or code % 0x10000 >= 0xFFFE
        assert printable(code) == (not harmful)


@given(st.text(st.characters(exclude_categories=[])))
def test_a_name_made_visible_is_of_its_length_and_harmless(text: str) -> None:
    shown = visible(text)

    assert all(printable(ord(c)) for c in shown)
    assert all(c == was or not printable(ord(was)) for c, was in zip(shown, text, strict=True))


def test_a_control_character_has_a_picture_and_what_no_file_holds_has_none() -> None:
    assert visible("a\n\x1b\x00") == "a␊␛␀"
    assert visible("\x7f\x85\u2028\u202e\ud800\uffff") == "������"


def test_labels_number_what_has_no_name_and_take_no_name_twice() -> None:
    x, taken = Value(1, "x"), Value(2, "t1")
    named = (x * 3 + taken).named("y\n")
    order = topological(named / -0.5 + x)

    assert [*labels(order).values()] == ["x", "3", "t2", "t1", "y␊", "−0.5", "t3", "t4"]
    assert labels(order, {named, order[-1]}) == {named: "y␊", order[-1]: "t4"}  # as they are called in the whole


def test_a_definition_is_a_node_with_its_operation_and_of_a_leaf_its_name() -> None:
    b, c = Value(3, "b"), Value(2, "c")
    u = b * c + -4
    names = labels(topological(u))

    assert [definition(node, names) for node in topological(u)] == ["b", "c", "t1 = b × c", "−4", "t2 = t1 + (−4)"]
    assert (operand(b, "β").text, f"{operand(u.inputs[1], ''):power}") == ("β", "(−4)")


# --- formulas -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("binds", "need", "text"),
    [
        ("sum", "sum", "f"),
        ("sum", "product", "(f)"),
        ("product", "sum", "f"),
        ("product", "power", "(f)"),
        ("power", "power", "f"),
        ("power", "atom", "(f)"),
        ("atom", "atom", "f"),
        ("sum", "", "f"),
    ],
)
def test_what_binds_less_than_its_place_needs_stands_in_brackets(binds: str, need: str, text: str) -> None:
    assert format(Operand("f", binds), need) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(2, "x²"), (-10, "x⁻¹⁰"), (0.5, "x^0.5"), (-0.5, "x^(−0.5)"), (1e10, "x^1e10"), (Symbol("y"), "x^y")],
)
def test_a_whole_exponent_is_raised_and_any_other_stands_behind_a_hat(exponent: Any, text: str) -> None:
    assert str(Symbol("x") ** exponent) == text


def test_what_an_operation_holds_is_written_after_its_operands() -> None:
    assert formula(calculus.clip.hold(-1, 0.5), [Operand("x")]).text == "clip(x, −1, 0.5)"


# Of many terms there are the first two and the last: a drawing has no room for more.
@pytest.mark.parametrize(
    ("op", "count", "text", "latex"),
    [
        (calculus.sum, 4, "a + b + c + d", "a + b + c + d"),
        (calculus.sum, 6, "a + b + … + f", r"a + b + \dots + f"),
        (calculus.prod, 3, "a × b × c", r"a \cdot b \cdot c"),
        (calculus.mean, 2, "mean(a, b)", r"\operatorname{mean}(a, b)"),
        (calculus.mean, 5, "mean(a, b, …, e)", r"\operatorname{mean}(a, b, \dots, e)"),
        (calculus.dot, 4, "a × c + b × d", r"a \cdot c + b \cdot d"),
        (calculus.dot, 10, "a × f + b × g + … + e × j", r"a \cdot f + b \cdot g + \dots + e \cdot j"),
    ],
    ids=lambda x: getattr(x, "name", None),
)
def test_a_row_of_many_arguments_is_its_terms(op: Op, count: int, text: str, latex: str) -> None:
    operands = [Operand(letter) for letter in "abcdefghij"[:count]]

    assert formula(op, operands).text == text
    assert formula(op, operands, "latex").text == latex


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (calculus.sum, "w + (−u)"),
        (calculus.prod, "w × (−u)"),
        (calculus.dot, "w × (−u)"),
        (calculus.mean, "mean(w, −u)"),
    ],
    ids=lambda x: getattr(x, "name", None),
)
def test_its_terms_are_bracketed_as_in_a_sum_or_a_product(op: Op, text: str) -> None:
    whole = formula(op, [Operand("w"), Operand("−u", "sum")])

    assert whole.text == text
    assert f"{whole:atom}" == (text if op is calculus.mean else f"({text})")


# --- symbols ------------------------------------------------------------------------------


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Formulas one operation larger; numbers meet letters only, so that Python folds none away."""
    number = st.sampled_from(["2", "3", "1", "(-1)", "(-4)"])
    pairs = st.tuples(inner, inner) | st.tuples(inner, number) | st.tuples(number, inner)
    return (
        st.tuples(pairs, st.sampled_from(["+", "-", "*", "/"])).map(lambda x: f"({x[0][0]} {x[1]} {x[0][1]})")
        | inner.map(lambda x: f"(-{x})")
        | st.tuples(inner, st.sampled_from(["2", "(-3)", "1", "k", "(-k)", "(k + 1)"])).map(lambda x: f"{x[0]}**{x[1]}")
    ).map(lambda x: f"({x})")


FORMULAS = st.recursive(st.sampled_from(["x", "y", "k", "(2**k)", "((-2)**k)"]), grow, max_leaves=12)
NUMBERS = {"x": Fraction(3, 7), "y": Fraction(-5, 11), "k": Fraction(2)}  # of which no two formulas are alike


def worth(text: str) -> Fraction:
    """What a formula is worth, in exact arithmetic."""
    exact = re.sub(r"\d+", r"Fraction(\g<0>)", text)
    return Fraction(eval(exact, {"Fraction": Fraction, **NUMBERS}))


def typed(text: str) -> str:
    """A printed formula as it is typed in Python."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    text = re.sub("[⁻⁰¹²³⁴-⁹]+", lambda e: f"**({e[0].translate(raised)})", text)
    return text.replace("×", "*").replace("−", "-").replace("^", "**")


@given(FORMULAS)
@settings(max_examples=300, deadline=None)  # a bracket too few shows in one formula of a hundred
def test_a_printed_formula_is_worth_what_the_formula_is(text: str) -> None:
    try:
        expected = worth(text)
    except ZeroDivisionError:
        assume(False)
    printed = str(eval(text, {name: Symbol(name) for name in NUMBERS}))

    assert worth(typed(printed)) == expected


x, y = Symbol("x"), Symbol("y")


@pytest.mark.parametrize(
    ("symbol", "text"),
    [
        (x + 0, "x"),
        (0 + x, "x"),
        (x - 0, "x"),
        (0 - x, "−x"),
        (1 * x, "x"),
        (x * -1, "−x"),
        (0 * x, "0"),
        (x * x, "x²"),
        (x / 1, "x"),
        (x**1, "x"),
        (calculus.neg(-x), "x"),
        (x - (-1) * (-y), "x − y"),
    ],
)
def test_what_a_person_leaves_out_is_left_out(symbol: Any, text: str) -> None:
    assert str(symbol) == text


@pytest.mark.parametrize(
    ("symbol", "text", "latex"),
    [
        (x - (y - 2), "x − (y − 2)", "x - (y - 2)"),
        (x * (x + y), "x × (x + y)", r"x \cdot (x + y)"),
        ((x + y) / -x, "(x + y) / (−x)", r"\frac{x + y}{-x}"),
        (x / (y / x), "x / (y / x)", r"\frac{x}{\frac{y}{x}}"),
        ((-x) ** 2, "(−x)²", "(-x)^{2}"),
        (x * -2.5, "x × (−2.5)", r"x \cdot (-2.5)"),
        (x ** (-y), "x^(−y)", "x^{-y}"),
        (calculus.exp(x + y), "exp(x + y)", "e^{x + y}"),
        (2 * calculus.sigmoid(-x), "2 × σ(−x)", r"2 \cdot \sigma(-x)"),
    ],
)
def test_latex_has_braces_where_text_has_brackets(symbol: Symbol, text: str, latex: str) -> None:
    assert (str(symbol), symbol.latex()) == (text, latex)
    assert repr(symbol) == f"Symbol({text!r})"


def test_a_symbol_is_a_name_or_a_number_and_computes_nothing() -> None:
    assert (Symbol("x").item(), Symbol(data=2.0).item(), (x + y).item()) == (None, 2.0, None)
    assert str(Symbol(data=-2.0) * x) == "(−2) × x"
    assert constant(-2.0) == Operand("−2", "sum")


@pytest.mark.parametrize(
    ("terms", "written"),
    [
        ([4, 5], "4 + 5 = 9"),
        ([0.3, -1.35], "0.3 − 1.35 = −1.05"),
        ([0.646123, -0.7418], "0.6461 − 0.7418 = −0.0957"),
        ([1.61809, 2.00049], "1.6181 + 2.0005 = 3.6186"),  # 1.618 + 2 is not 3.619
        ([1 / 3, 1 / 3, 1 / 3], "0.333 + 0.333 + 0.333 ≈ 1"),
        ([1e5, 1e-5], "1e5 + 1e−5 ≈ 1e5"),
        ([1.3e-7, 2.4e-9], "1.3e−7 + 2.4e−9 = 1.324e−7"),
        ([-0.0, 0.0], "0 + 0 = 0"),
        ([math.inf, 1.0], "∞ + 1 = ∞"),
    ],
)
def test_terms_and_total_are_rounded_at_one_place_and_what_is_written_adds_up(terms: list[float], written: str) -> None:
    assert addition(terms, sum(terms)) == written


@given(st.lists(finite, min_size=2, max_size=6))
def test_an_addition_that_says_equal_is_equal(terms: list[float]) -> None:
    total = sum(terms)
    assume(math.isfinite(total))
    text = addition(terms, total).replace("−", "-")
    left, sign, right = re.split(" ([=≈]) ", text)
    parts = [Decimal(part.replace(" ", "")) for part in re.split(r" (?=[+-] )", left)]

    assert len(parts) == len(terms)
    assert sign == "≈" or sum(parts) == Decimal(right)
    assert [bool(part) for part in parts] == [bool(x) for x in terms]
