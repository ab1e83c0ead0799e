"""Formulas as data: each rewriting alone, over its whole domain; equal parts are one; shapes with names."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import ShapeError
from microgradnn.formulas.book import Book
from microgradnn.formulas.shapes import FICTIONAL, dim, loses_length, shape_of
from microgradnn.formulas.simplify import REWRITES
from microgradnn.formulas.terms import Term
from microgradnn.graph import topological
from microgradnn.rules import arrays, calculus
from microgradnn.rules.arrays import log_softmax, softmax
from microgradnn.rules.calculus import exp, neg, weigh

SPECIAL = (0.0, -0.0, 1.0, -1.0, 3.0, -2.5, 1e-150, 1e150, np.inf, -np.inf, np.nan)
FINITE = tuple(x for x in SPECIAL if np.isfinite(x))


def ordinary(x: float) -> float:
    """A number of which 1 / x and a product of two do not round by more than usual, as they do near the ends."""
    return x if x == 0 or not np.isfinite(x) or 1e-150 <= abs(x) <= 1e150 else float(np.sign(x))


FLOATS = st.floats().map(ordinary)


def evaluate(root: Term, numbers: dict[Term, Any]) -> Any:
    """The value of a term by NumPy, its variables standing for these numbers."""
    known: dict[Term, Any] = dict(numbers)
    with np.errstate(all="ignore"):
        for term in topological(root):
            if term in known:
                continue
            if term.op is None:
                known[term] = np.asarray(term.value, float)
            else:
                xs = [known[x] for x in term.inputs]
                op: Any = term.op
                function = op.of if hasattr(op, "parameters") else op.of_arrays
                known[term] = np.asarray(function(*xs), float)
    return known[root]


@dataclass(frozen=True)
class Rule:
    """A rewriting in the words of a test: `before` becomes `after`, of so many numbers."""

    op: str
    rewrite: str
    before: Callable[..., Any]  # of a function that makes constants, and of terms or arrays
    after: Callable[..., Any]
    count: int = 1
    numbers: tuple[float, ...] = SPECIAL
    sign: bool = True  # of a zero is kept

    def __str__(self) -> str:
        names = [*self.before.__code__.co_names, *map(str, self.before.__code__.co_consts[1:])]
        return f"{self.op}-{self.rewrite}-{' '.join(names)}"


RULES = [
    Rule("add", "compute_numbers", lambda n: n(2) + n(0.5), lambda n: n(2.5), 0),
    Rule("sub", "compute_numbers", lambda n: n(2) - n(0.5), lambda n: n(1.5), 0),
    Rule("mul", "compute_numbers", lambda n: n(-3) * n(0.5), lambda n: n(-1.5), 0),
    Rule("div", "compute_numbers", lambda n: n(6) / n(3), lambda n: n(2), 0),
    Rule("neg", "compute_numbers", lambda n: -n(2.0), lambda n: n(-2), 0),
    Rule("zero", "compute_numbers", lambda n: calculus.zero(n(0.0)), lambda n: n(1), 0),
    Rule("add", "sum_of_two", lambda n, x: n(0) + x, lambda n, x: x, sign=False),
    Rule("add", "sum_of_two", lambda n, x: x + n(0), lambda n, x: x, sign=False),
    Rule("add", "sum_of_two", lambda n, x, y: x + (-y), lambda n, x, y: x - y, 2),
    Rule("add", "sum_of_two", lambda n, x, y: (-x) + y, lambda n, x, y: y - x, 2),
    Rule("add", "one_denominator", lambda n, x, y: x / n(4) + y / n(4), lambda n, x, y: (x + y) / n(4), 2),
    Rule("sub", "one_denominator", lambda n, x, y: x / n(4) - y / n(4), lambda n, x, y: (x - y) / n(4), 2),
    Rule("sub", "difference", lambda n, x: x - n(0), lambda n, x: x),
    Rule("sub", "difference", lambda n, x: n(0) - x, lambda n, x: -x, sign=False),
    Rule("sub", "difference", lambda n, x, y: x - (-y), lambda n, x, y: x + y, 2),
    Rule("mul", "product", lambda n, x: n(1) * x, lambda n, x: x),
    Rule("mul", "product", lambda n, x: x * n(1), lambda n, x: x),
    Rule("mul", "product", lambda n, x: n(-1) * x, lambda n, x: -x),
    Rule("mul", "product", lambda n, x, y: x * (n(1) / y), lambda n, x, y: x / y, 2),
    Rule("mul", "product", lambda n, x, y: (n(1) / y) * x, lambda n, x, y: x / y, 2),
    Rule("mul", "product", lambda n, x, y: x * (-y), lambda n, x, y: -(x * y), 2),
    Rule("mul", "product", lambda n, x, y: (-x) * y, lambda n, x, y: -(x * y), 2),
    Rule("mul", "product", lambda n, x: x * x, lambda n, x: x**2),
    Rule("weigh", "weigh_by_one", lambda n, x: weigh(n(1), x), lambda n, x: x, sign=False),
    Rule("div", "quotient", lambda n, x: x / n(1), lambda n, x: x),
    Rule("div", "quotient", lambda n, x, y: (-x) / y, lambda n, x, y: -(x / y), 2),
    Rule("div", "quotient", lambda n, x: n(-3) / x, lambda n, x: -(n(3) / x)),
    Rule("neg", "negation", lambda n, x: -neg(x), lambda n, x: x),
    Rule("neg", "negation", lambda n, x, y: -(x - y), lambda n, x, y: y - x, 2, sign=False),
    Rule("pow", "power", lambda n, x: x**1, lambda n, x: x),
    Rule("pow", "power", lambda n, x: calculus.pow(x, n(1)), lambda n, x: x),
    Rule("same", "same", lambda n, x: calculus.same(x), lambda n, x: x),
]  # fmt: skip
EACH = pytest.mark.parametrize("rule", RULES, ids=str)


def alone(rule: Rule) -> Book:
    """A book that knows one rewriting only."""
    book = Book(exact=rule.op == "weigh")  # else it is a plain product where it may be one
    book.rewrites = {rule.op: tuple(one for one in REWRITES[rule.op] if one.__name__ == rule.rewrite)}
    return book


def both(rule: Rule, xs: tuple[float, ...]) -> tuple[float, float]:
    """The value at these numbers as NumPy computes it, and that of the term that it becomes."""
    with np.errstate(all="ignore"):
        before = float(rule.before(np.float64, *map(np.float64, xs)))
    book = alone(rule)
    variables = [book.variable(name, ()) for name in "xy"[: rule.count]]
    term = rule.before(book.constant, *variables)
    return before, float(evaluate(term, dict(zip(variables, map(np.float64, xs), strict=True))))


def same_to_rounding(x: float, y: float, steps: int = 2) -> bool:
    """Whether two results are the same, NaN and ∞ too, but for half a unit in the last place in each step."""
    return x == y or (x != x and y != y) or abs(x - y) <= steps * 2**-53 * max(abs(x), abs(y))


@EACH
def test_a_rewriting_gives_what_a_person_would_write(rule: Rule) -> None:
    book = alone(rule)
    variables = [book.variable(name, ()) for name in "xy"[: rule.count]]

    found = rule.before(book.constant, *variables)
    book.rewrites = {}

    assert found is rule.after(book.constant, *variables)


@EACH
def test_a_rewriting_keeps_the_value_at_zeros_infinities_and_NaN(rule: Rule) -> None:
    for xs in itertools.product(rule.numbers, repeat=rule.count):
        before, after = both(rule, xs)
        assert same_to_rounding(before, after), f"{before} became {after} at {xs}"
        if rule.sign and before == 0:
            assert np.signbit(before) == np.signbit(after), f"{before} became {after} at {xs}"


@EACH
@given(st.data())
def test_a_rewriting_keeps_the_value_at_random_numbers(rule: Rule, data: st.DataObject) -> None:
    numbers = FLOATS.filter(np.isfinite) if rule.numbers is FINITE else FLOATS
    before, after = both(rule, data.draw(st.tuples(*[numbers] * rule.count)))

    assert same_to_rounding(before, after)


# --- of arrays ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ArrayRule:
    """A rewriting of whole arrays, of these shapes."""

    op: str
    rewrite: str
    shapes: tuple[tuple[int, ...], ...]
    before: Callable[..., Any]
    after: Callable[..., Any]


def summed(shape: tuple[int, ...]) -> Callable[..., Any]:
    return lambda x: arrays.sum_to(x, shape=shape)


def repeated(x: Any) -> Any:
    return arrays.broadcast(x, shape=(2, 3))


ARRAY_RULES = [
    ArrayRule("sum_to", "named_sum", ((2, 3),), summed((2, 3)), lambda x: x),
    ArrayRule("sum_to", "named_sum", ((2, 3),), summed((2, 1)), lambda x: arrays.sum(x, axis=1, keepdims=True)),
    ArrayRule("sum_to", "named_sum", ((2, 3),), summed((1, 3)), lambda x: arrays.sum(x, axis=0, keepdims=True)),
    ArrayRule("sum_to", "named_sum", ((2, 3),), summed((1, 1)), lambda x: arrays.sum(x, axis=(0, 1), keepdims=True)),
    ArrayRule("sum_to", "named_sum", ((2, 3),), summed(()), lambda x: arrays.sum(x)),
    ArrayRule("sum_to", "named_sum", ((2, 3),), summed((3,)), lambda x: arrays.sum(x, axis=0)),
    ArrayRule("sum_to", "named_sum", ((2, 2, 3),), summed((3,)), lambda x: arrays.sum(x, axis=(0, 1))),
    ArrayRule("reshape", "double_reshape", ((2, 3),),
              lambda x: arrays.reshape(arrays.reshape(x, shape=(6,)), shape=(3, 2)),
              lambda x: arrays.reshape(x, shape=(3, 2))),
    ArrayRule("transpose", "double_transpose", ((2, 1, 3),),
              lambda x: arrays.transpose(arrays.transpose(x, axes=(1, 2, 0)), axes=(0, 2, 1)),
              lambda x: arrays.transpose(x, axes=(1, 0, 2))),
    ArrayRule("transpose", "double_transpose", ((2, 1, 3),),
              lambda x: arrays.transpose(arrays.swap(x), axes=(0, 2, 1)), lambda x: x),
    ArrayRule("reshape", "kept_shape", ((2, 3),), lambda x: arrays.reshape(x, shape=(2, 3)), lambda x: x),
    ArrayRule("broadcast", "kept_shape", ((2, 3),), lambda x: arrays.broadcast(x, shape=(2, 3)), lambda x: x),
    ArrayRule("broadcast", "lone_number", ((),),
              lambda x: arrays.broadcast(arrays.reshape(x, shape=(1, 1)), shape=(2, 3)),
              lambda x: arrays.broadcast(x, shape=(2, 3))),
    ArrayRule("exp", "exp_of_log", ((2, 3),), lambda x: exp(log_softmax(x, axis=0)), lambda x: softmax(x, axis=0)),
    ArrayRule("swap", "double_swap", ((2, 3),), lambda x: arrays.swap(arrays.swap(x)), lambda x: x),
    ArrayRule("mul", "product", ((2, 1), (2, 3)), lambda x, y: repeated(x) * y, lambda x, y: x * y),
    ArrayRule("mul", "product", ((2, 3), (1, 3)), lambda x, y: x * repeated(y), lambda x, y: x * y),
]  # fmt: skip


@pytest.mark.parametrize("rule", ARRAY_RULES, ids=lambda rule: f"{rule.rewrite}-{rule.shapes}")
@given(st.data())
def test_a_rewriting_of_arrays_keeps_their_values(rule: ArrayRule, data: st.DataObject) -> None:
    number = st.sampled_from(SPECIAL) | FLOATS
    xs = [
        np.array(data.draw(st.lists(number, min_size=size, max_size=size))).reshape(shape)
        for shape in rule.shapes
        for size in [int(np.prod(shape))]
    ]
    book = Book()
    book.rewrites = {rule.op: tuple(one for one in REWRITES[rule.op] if one.__name__ == rule.rewrite)}
    variables = [book.variable(name, shape) for name, shape in zip("xy", rule.shapes, strict=False)]

    found = rule.before(*variables)
    book.rewrites = {}

    assert found is rule.after(*variables)
    with np.errstate(all="ignore"):
        before = np.asarray(rule.before(*xs))
    after = evaluate(found, dict(zip(variables, xs, strict=True)))
    assert before.shape == after.shape == found.shape
    # The sums add in the same order; in e^log(p) the logarithm is rounded as a number as large as the largest x.
    largest = max([1.0, *(abs(x) for array in xs for x in array.flat if np.isfinite(x))])
    np.testing.assert_allclose(after, before, rtol=1e-15 * largest if rule.op == "exp" else 1e-15, atol=0)


def test_every_rewriting_is_tested() -> None:
    rules: list[Any] = [*RULES, *ARRAY_RULES]
    tested = {(rule.op, rule.rewrite) for rule in rules}
    passes_on = {("reshape", "lone_number"), ("sum", "labels_sum_to_one"), ("sum", "count")}  # see below

    assert {(op, rewrite.__name__) for op, rewrites in REWRITES.items() for rewrite in rewrites} - passes_on == tested


def test_a_number_that_is_made_an_array_stays_one() -> None:
    x = Book().variable("x", ())

    assert arrays.reshape(x, shape=(1, 1)).shape == (1, 1)


@pytest.mark.parametrize("form", [lambda y: y, lambda y: -y, lambda y: -(y / 4)])
def test_the_sum_of_each_column_of_labels_is_1(form: Callable[..., Any]) -> None:
    book = Book()
    labels, others = book.variable("Y", (2, 3)), book.variable("X", (2, 3))
    book.distributions.add(labels)
    one_of_each = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])

    found = arrays.sum(form(labels), axis=0, keepdims=True)

    assert labels not in topological(found)
    np.testing.assert_array_equal(evaluate(found, {}), form(one_of_each).sum(axis=0, keepdims=True))
    assert others in topological(arrays.sum(form(others), axis=0, keepdims=True))
    assert labels in topological(arrays.sum(form(labels), axis=1, keepdims=True))


# --- what is left as it is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form"),
    {
        "0 x, which is NaN at ∞": lambda n, x: n(0) * x,
        "x - x, which is NaN at ∞": lambda n, x: x - x,
        "x / x, which is NaN at 0": lambda n, x: x / x,
        "x⁰ of a variable": lambda n, x: x**0,
        "1 / 3": lambda n, x: n(1) / n(3),
        "1 / 0": lambda n, x: n(1) / n(0),
        "m + 1": lambda n, x: n(dim(FICTIONAL, "m")) + n(1),
        "1 / m": lambda n, x: n(1) / n(dim(FICTIONAL, "m")),
    }.items(),
)
def test_what_would_hide_a_NaN_or_a_name_is_left_as_it_is(text: str, form: Callable[..., Any]) -> None:
    book = Book()

    assert form(book.constant, book.variable("x", ())).op is not None, text


def test_a_denominator_that_may_be_0_is_not_shared() -> None:
    book = Book()
    x, y, z = (book.variable(name, ()) for name in "xyz")

    found = x / z + y / z

    numbers = {x: np.float64(-2), y: np.float64(3), z: np.float64(0)}
    assert np.isnan(evaluate(found, numbers))  # −∞ + ∞, which is not 1 / 0


def test_a_number_with_a_shape_is_not_taken_out() -> None:
    book = Book()
    x = book.variable("x", (1, 3))
    ones = book.constant(np.ones((2, 1)))

    assert (x + ones * 0).shape == (2, 3)
    assert (book.variable("y", ()) * book.constant(1)).shape == ()


def test_what_is_not_used_brings_nothing_back_even_if_it_is_infinite() -> None:
    book = Book()
    x, y = book.variable("x", ()), book.variable("y", ())
    kept = calculus.weigh(calculus.step(x), 1 / y)

    assert kept.op is calculus.weigh
    assert evaluate(kept, {x: np.float64(-1), y: np.float64(0)}) == 0


def test_without_simplification_nothing_is_left_out() -> None:
    book = Book(simplify=False)
    x = book.variable("x", ())

    assert (x * 1).op is calculus.mul
    assert (x + 0).op is calculus.add


def test_a_constant_keeps_the_sign_of_its_zero() -> None:
    book = Book()
    x = book.variable("x", ())

    assert np.signbit(evaluate(x * book.constant(-0.0), {x: np.float64(2.0)}))


def test_as_many_as_equal_themselves_are_the_length_by_its_name() -> None:
    book = Book()
    x = book.variable("x", (2, dim(FICTIONAL, "m")))

    assert repr(arrays.sum(calculus.equal(x, x)).value) == "2 * m"
    assert repr(arrays.sum(calculus.equal(x, x), axis=1).inputs[0].value) == "m"
    assert arrays.sum(calculus.equal(x, x + 1)).value is None


# --- equal parts are one ------------------------------------------------------------------------


def test_equal_parts_are_one_object() -> None:
    book = Book()
    x, y = book.variable("x", ()), book.variable("y", ())

    assert x * y + 2 is x * y + 2.0
    assert calculus.tanh(x * y) is calculus.tanh(x * y)
    assert x**2 is x**2
    assert x**2 is not x**3
    assert x - y is not y - x
    assert arrays.sum(book.variable("z", (2, 3)), axis=0) is not arrays.sum(book.variable("z", (2, 3)), axis=0)


def test_equal_constants_are_one_object() -> None:
    book = Book()

    assert book.constant(1) is book.constant(1.0) is book.constant(np.float64(1))
    assert book.constant(np.ones((1, 2))) is book.constant(np.ones((1, 2)))
    assert book.constant(np.ones((1, 2))) is not book.constant(np.ones((2, 1)))
    assert book.constant(dim(5, "m")) is not book.constant(5)
    assert book.constant(np.nan) is book.constant(np.nan)


# --- shapes -------------------------------------------------------------------------------------


M = dim(4, "m")


@pytest.mark.parametrize(
    ("form", "shapes", "written"),
    [
        (lambda x, y: x + y, [(3, M), (3, 1)], "(3, m)"),
        (lambda x, y: x + y, [(3, 1), (1, M)], "(3, m)"),
        (lambda x, y: x * y, [(), (2, M)], "(2, m)"),
        (lambda x, y: x @ y, [(3, 2), (2, M)], "(3, m)"),
        (lambda x, y: x @ arrays.swap(y), [(3, M), (2, M)], "(3, 2)"),
        (lambda x: arrays.swap(x), [(3, M)], "(m, 3)"),
        (lambda x: arrays.transpose(x, axes=(1, 0)), [(3, M)], "(m, 3)"),
        (lambda x: arrays.sum(x, axis=0, keepdims=True), [(3, M)], "(1, m)"),
        (lambda x: arrays.mean(x, axis=1), [(3, M)], "(3,)"),
        (lambda x: arrays.max(x), [(3, M)], "()"),
        (lambda x: arrays.softmax(x, axis=0), [(3, M)], "(3, m)"),
        (lambda x: arrays.logsumexp(x, axis=0, keepdims=True), [(3, M)], "(1, m)"),
        (lambda x: arrays.reshape(x, shape=(1, 6)), [(2, 3)], "(1, 6)"),
        (lambda x: arrays.take(x, index=0), [(2, 3)], "(3,)"),
        (lambda x, y: arrays.concatenate(x, y, axis=0), [(2, 3), (1, 3)], "(3, 3)"),
    ],
)
def test_a_shape_is_that_of_NumPy_and_a_length_with_a_name_keeps_it(
    form: Callable[..., Any], shapes: list[tuple[int, ...]], written: str
) -> None:
    book = Book()
    term = form(*[book.variable(name, shape) for name, shape in zip("xy", shapes, strict=False)])

    assert str(term.shape) == written
    assert term.shape == np.shape(form(*[np.ones(shape) for shape in shapes]))


@pytest.mark.parametrize(
    ("form", "shapes", "message"),
    [
        (lambda x, y: x + y, [(2, M), (2, 3)], r"\(2, m\), \(2, 3\) do not broadcast"),
        (lambda x, y: x @ y, [(2, M), (3, M)], r"\(2, m\) and \(3, m\) do not multiply"),
    ],
)
def test_shapes_that_do_not_fit_are_an_error(form: Callable[..., Any], shapes: list[Any], message: str) -> None:
    book = Book()
    with pytest.raises(ShapeError, match=message):
        form(*[book.variable(name, shape) for name, shape in zip("xy", shapes, strict=False)])


def test_a_length_with_a_name_is_a_number_that_prints_as_its_name() -> None:
    assert M == 4
    assert repr(M) == "m"
    assert repr(M * 1) == repr(1 * M) == "m"
    assert repr(2 * M) == "2 * m"
    assert 2 * M == 8


def test_it_is_noticed_where_the_number_of_examples_has_lost_its_name() -> None:
    book = Book()
    m = dim(FICTIONAL, "m")
    x = book.variable("x", (2, m))

    assert not loses_length([x, arrays.swap(x), book.constant(m)])
    assert loses_length([book.constant(2 * FICTIONAL)])
    assert loses_length([book.variable("y", (3, FICTIONAL))])
    assert shape_of(calculus.add, [x, x]) == (2, m)


def test_it_is_noticed_where_a_part_of_the_examples_was_taken() -> None:
    x = Book().variable("x", (2, dim(FICTIONAL, "m")))

    with pytest.raises(ShapeError, match="not written for any number of examples"):
        arrays.take(x, index=(slice(None), slice(1, None)))  # (2, m − 1)


def test_a_row_says_what_it_keeps_of_a_shape() -> None:
    x = Book().variable("x", (5, dim(5, "m")))  # as many features as there are examples now

    assert list(map(repr, arrays.max(x, axis=0).shape)) == ["m"]
    assert list(map(repr, arrays.max(x, axis=1).shape)) == ["5"]
    assert list(map(repr, arrays.cumsum(x, axis=1).shape)) == ["5", "m"]
    with pytest.raises(ShapeError, match="cumsum is not written for any number of examples"):
        arrays.cumsum(x)  # (5 m,)
    with pytest.raises(ShapeError, match="median is not written for any number of examples"):
        arrays.median(x, axis=1)  # of which the place depends on the length
