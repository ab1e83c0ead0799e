"""Every row of the table is right, in every number system that it serves.

These tests run over `OPS`: a new row is covered unasked.
"""

from __future__ import annotations

import math
import runpy
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from microgradnn import DomainError, PoleError, Value
from microgradnn.graph import OPS, Fold, Interval, Op, topological
from microgradnn.rules import calculus
from microgradnn.rules.notation import Symbol

PATH = Path(__file__).parents[2] / "benchmarks" / "precision.py"
precision = SimpleNamespace(**runpy.run_path(str(PATH)))  # the rows and their slopes in mpmath's numbers

EPSILON = 2.0**-52
REACH = 5.0  # arguments up to here; far ones have tests of their own
ENDS = 0.05  # clear of the ends of a domain
CLEAR = 0.25  # clear of kinks, and of points such as the origin of hypot

every_row = pytest.mark.parametrize("op", OPS.values(), ids=OPS)
element_wise = pytest.mark.parametrize("op", [op for op in OPS.values() if op.arity], ids=str)


def inside(interval: Interval) -> st.SearchStrategy[float]:
    """Numbers within an interval, clear of its ends and of its hole."""
    low, high = max(interval.low + ENDS, -REACH), min(interval.high - ENDS, REACH)
    return st.floats(low, high).filter(lambda x: interval.hole is None or abs(x - interval.hole) > ENDS)


def draw_arguments(data: st.DataObject, op: Op) -> tuple[float, ...]:
    """Arguments from the row's own domain, clear of its kink; four of them where any number will do."""
    arguments = st.tuples(*map(inside, op.domain * (1 if op.arity else 4)))
    if op is calculus.clip:
        arguments = arguments.map(lambda xs: (xs[0], *sorted(xs[1:])))  # low ≤ high
    if op is calculus.cross_entropy:  # its slope is 0 where they are equal: nothing that an error could be relative to
        arguments = arguments.filter(lambda xs: abs(xs[0] - xs[1]) > CLEAR)
    return data.draw(arguments.filter(lambda xs: op.kink is None or bool(abs(op.kink(*xs)) > CLEAR)))


def rules(op: Op) -> list[Callable[..., Any]]:
    """The rules of a row; of one that takes any number of arguments, those of four."""
    return [op.partials[i] for i in range(op.arity or 4)]


def central_difference(f: Callable[..., Any], xs: Sequence[float], i: int) -> Any:
    """The slope in argument i by four points around it; its error is h⁴ f⁗′ / 30."""
    h = EPSILON ** (1 / 5) * max(1.0, abs(xs[i])) / 2  # where rounding and curvature cost about the same
    near_up, near_down, up, down = (f(*xs[:i], xs[i] + k * h, *xs[i + 1 :]) for k in (1, -1, 2, -2))
    return (8 * (near_up - near_down) - (up - down)) / (12 * h)


def close(got: float, want: float, scale: float, rel: float) -> bool:
    """Whether two slopes agree but for what a difference quotient loses: EPSILON · f / h."""
    return abs(got - want) <= rel * abs(want) + 1e-9 * (1 + abs(scale))


# --- what a rule says is the slope ------------------------------------------------------


@every_row
@given(data=st.data())
def test_a_rule_is_the_slope_by_central_difference(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)

    for i, rule in enumerate(rules(op)):
        assert close(rule(f, *xs), central_difference(op, xs, i), f, rel=1e-6)  # (h / 0.05)⁴ near the ends of domains


@every_row
@given(data=st.data())
def test_a_rule_is_the_slope_by_a_method_that_takes_no_difference(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)

    for i, rule in enumerate(rules(op)):
        # Nothing is lost but by the rounding of a handful of operations.
        assert rule(f, *xs) == pytest.approx(exact_slope(op, xs, i), rel=1e-12, abs=1e-14)


def exact_slope(op: Op, xs: Sequence[float], i: int) -> float:
    """The slope by fractions where the row is a straight line, by complex step, or by mpmath."""
    exact = [*map(Fraction, xs)]
    if op.kink and isinstance(f := op.scalar(*exact), Fraction):
        exact[i] += Fraction(1, 1000)
        return float((op.scalar(*exact) - f) * 1000)
    try:
        zs = [np.complex128(complex(x, 1e-100 * (i == j))) for j, x in enumerate(xs)]
        return float(op.of_arrays(*zs).imag) / 1e-100
    except (TypeError, np.exceptions.ComplexWarning):  # the array function takes real numbers only
        with mpmath.workdps(50):
            return float(precision.SLOPES[op.name][i](*map(mpmath.mpf, xs)))


@every_row
@given(data=st.data())
def test_a_second_derivative_is_the_slope_of_the_first(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)

    for rule in rules(op):
        inputs = [Value(x) for x in xs]
        first = rule(op(*inputs), *inputs)  # the same rule, on nodes
        if isinstance(first, Value):
            first.backward()
        for j, x in enumerate(inputs):
            want = central_difference(lambda *ys, rule=rule: rule(op(*ys), *ys), xs, j)
            assert close(x.grad, want, rule(op(*xs), *xs), rel=1e-6)


@given(x=st.floats(-5, 5).filter(lambda x: abs(x) > CLEAR), n=st.integers(-3, 4))
def test_a_held_exponent_has_the_same_slopes_by_a_simpler_rule(x: float, n: int) -> None:
    square, general = Value(x) ** n, Value(x) ** Value(n)

    assert square.partials[0] == pytest.approx(general.partials[0], rel=1e-14)
    assert calculus.pow.hold(float(n)).partials[0](1.0, x) == n * x ** (n - 1)


# --- one rule, five number systems ------------------------------------------------------


@element_wise
@given(data=st.data())
def test_arrays_agree_with_floats(op: Op, data: st.DataObject) -> None:
    rows = [draw_arguments(data, op) for _ in range(3)]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    f = op(*columns)

    # NumPy's functions and the C library's differ in the last place or two, of the terms where a value is near 0
    for got, xs in zip(f, rows, strict=True):
        terms = precision.VALUE_TERMS[op.name](*map(mpmath.mpf, xs)) if op.name in precision.VALUE_TERMS else 0.0
        assert got == pytest.approx(op(*xs), rel=8 * EPSILON, abs=8 * EPSILON * float(abs(terms)))
    for rule in rules(op):
        want = [rule(op(*xs), *xs) for xs in rows]
        np.testing.assert_allclose(np.broadcast_to(rule(f, *columns), 3), want, rtol=1e-12, atol=1e-14)


@every_row
@given(data=st.data())
def test_a_node_records_what_the_rules_give_on_floats(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)
    inputs = [Value(x) for x in xs]
    node = op(*inputs)
    node.backward()

    assert (node.data, node.op, node.inputs) == (f, op, tuple(inputs))
    assert node.partials == tuple(rule(f, *xs) for rule in rules(op))
    assert [x.grad for x in inputs] == list(node.partials)


@every_row
@given(data=st.data())
def test_a_printed_rule_is_worth_what_the_rule_is(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)
    letters = dict(zip(["f", *map("x{}".format, range(len(xs)))], (f, *xs), strict=True))
    symbols = [Symbol(letter) for letter in letters]

    for rule, paper in zip(rules(op), [op.paper[i] for i in range(len(xs))], strict=True):
        printed = paper(*symbols)
        worth: dict[Any, Any] = {}
        for symbol in topological(printed) if isinstance(printed, Symbol) else []:
            inputs = [worth[x] for x in symbol.inputs]
            leaf = letters.get(symbol.name, symbol.data)
            worth[symbol] = symbol.op(*inputs) if symbol.op else leaf
        assert worth.get(printed, printed) == pytest.approx(rule(f, *xs), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "neg", "relu", "leaky_relu", "abs", "maximum", "where"])
@given(data=st.data())
def test_a_rational_row_gives_a_fraction_of_fractions(name: str, data: st.DataObject) -> None:
    op = OPS[name]
    xs = [Fraction(x) for x in draw_arguments(data, op)]
    f = op(*xs)

    assert isinstance(f, Fraction)
    assert all(isinstance(rule(f, *xs), (Fraction, int)) for rule in rules(op))


@given(x=st.fractions(), n=st.integers(-4, 4))
def test_the_power_rule_is_exact_for_fractions(x: Fraction, n: int) -> None:
    assume(x != 0)
    by_x, _ = calculus.pow.partials

    assert by_x(x**n, x, n) == n * x ** (n - 1)


# --- conventions: docs/conventions.md ---------------------------------------------------


def slopes(op: Op, *xs: float) -> tuple[float, ...]:
    """The local derivatives that a node records."""
    node: Value = op(*map(Value, xs))
    return node.partials


@pytest.mark.parametrize(
    ("op", "xs", "value", "partials"),
    [
        (calculus.relu, (0,), 0, (0,)),
        (calculus.leaky_relu, (0, 0.01), 0, (0.01, 0)),
        (calculus.abs, (0,), 0, (0,)),
        (calculus.maximum, (3, 3), 3, (0.5, 0.5)),
        (calculus.minimum, (3, 3), 3, (0.5, 0.5)),
        (calculus.pow, (0, 0), 1, (0, 0)),
        (calculus.pow, (0, 2), 0, (0, 0)),
        (calculus.pow, (0, 1), 0, (1, 0)),
        (calculus.pow, (0, 0.5), 0, (math.inf, 0)),
        (calculus.pow, (-2, 3), -8, (12, math.nan)),
        (calculus.sqrt, (0,), 0, (math.inf,)),
        (calculus.log, (0,), -math.inf, (math.inf,)),
    ],
    ids=str,
)
def test_conventions_at_kinks_and_ends(op: Op, xs: tuple[float, ...], value: float, partials: tuple[float]) -> None:
    node = op(*map(Value, xs))

    assert node.data == value
    assert node.partials == pytest.approx(partials, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("op", "xs", "value", "partials"),
    [
        (calculus.exp, (1000,), math.inf, (math.inf,)),
        (calculus.exp, (-1000,), 0, (0,)),
        (calculus.sigmoid, (1000,), 1, (0,)),
        (calculus.sigmoid, (-1000,), 0, (0,)),
        (calculus.tanh, (1000,), 1, (0,)),
        (calculus.tanh, (-1000,), -1, (0,)),
        (calculus.pow, (10, 400), math.inf, (math.inf, math.inf)),
    ],
    ids=str,
)
def test_far_out_nothing_overflows(op: Op, xs: tuple[float, ...], value: float, partials: tuple[float]) -> None:
    node = op(*map(Value, xs))

    assert (node.data, node.partials) == (value, partials)
    assert op(*map(float, xs)) == value


@pytest.mark.parametrize(
    ("op", "xs", "words"),
    [
        (calculus.log, (-1,), "log has no real value at x = -1.0 (node 'q'); it is defined for x > 0"),
        (calculus.sqrt, (-1,), "sqrt has no real value at x = -1.0 (node 'q'); it is defined for x ≥ 0"),
        (calculus.pow, (-8, 1 / 3), "pow has no real value at x = -8.0 (node 'q'), y = 0.333"),
        (calculus.div, (1, 0), "div: division by zero at x = 1.0 (node 'q'), y = 0.0"),
        (calculus.pow, (0, -1), "pow: division by zero at x = 0.0 (node 'q'), y = -1.0"),
        (calculus.sin, (math.inf,), "sin has no real value at x = inf (node 'q')"),
    ],
    ids=str,
)
def test_outside_the_reals_is_an_error_that_names_the_node(op: Op, xs: tuple[float, ...], words: str) -> None:
    inputs = [Value(xs[0], "q"), *map(Value, xs[1:])]

    with pytest.raises(DomainError) as caught:
        op(*inputs)
    assert str(caught.value).startswith(words)
    with pytest.raises(DomainError):
        op(*map(float, xs))


def test_a_division_by_zero_is_pythons_too() -> None:
    with pytest.raises(ZeroDivisionError):
        1 / Value(0)
    assert issubclass(PoleError, ValueError)


CONDITIONS = ("step", "zero", "equal", "greater", "at_least")  # nothing is greater than NaN, or equal to it


@every_row
def test_what_is_not_a_number_stays_so(op: Op) -> None:
    xs = [math.nan] * (op.arity or 2)
    takes_any_side = {"where": (0.0, math.nan, math.nan)}
    if op.name in CONDITIONS:
        assert op(*xs) == op(*map(Value, xs)).data == op(*map(np.array, xs)) == 0
        return

    assert math.isnan(op(*takes_any_side.get(op.name, xs)))
    assert math.isnan(op(*map(Value, takes_any_side.get(op.name, xs))).data)
    if op.arity:
        assert np.isnan(op(*map(np.array, takes_any_side.get(op.name, xs))))
    elif isinstance(op, Fold):
        assert np.isnan(op(*[np.array([math.nan, 1.0])] * op.sequences))


# --- the table itself -------------------------------------------------------------------


def test_the_table_holds_rows_and_nothing_else() -> None:
    public = {name: item for name, item in vars(calculus).items() if not name.startswith("_")}
    furniture = {"math", "operator", "np", "numerics", "Op", "Fold", "Interval", "register"}
    constants = {name for name, item in public.items() if isinstance(item, (Interval, float))}

    assert set(public) - furniture - constants == set(OPS)
    assert all(public[name] is op for name, op in OPS.items())


@pytest.mark.parametrize(
    "name", ["abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "leaky_relu", "maximum", "minimum"]
)
def test_what_was_promised_is_there(name: str) -> None:
    assert name in OPS


def letters_of(template: str) -> set[str]:
    return {letter for letter in "xyz" if f"{{{letter}" in template}


@element_wise
def test_a_row_says_how_all_of_it_is_written(op: Op) -> None:
    letters = set("xyz"[: op.arity])

    assert letters_of(op.text) == letters
    assert letters_of(op.latex) == letters


# --- the numbers of the course notes, section 2.2 ---------------------------------------


@pytest.mark.parametrize(
    ("op", "z", "value", "slope", "rel"),
    [
        (calculus.sigmoid, 10, 0.999954602131, 4.53958077e-05, 1e-8),
        (calculus.sigmoid, -10, 4.53978687e-05, 4.53958077e-05, 1e-8),
        (calculus.sigmoid, 0, 0.5, 0.25, 0),
        (calculus.tanh, 10, 0.999999995878, 8.24461446e-09, 1e-6),  # 1 − f² loses half the digits: notes, 2.2
        (calculus.tanh, -10, -0.999999995878, 8.24461446e-09, 1e-6),
        (calculus.tanh, 0, 0, 1, 0),
        (calculus.relu, 10, 10, 1, 0),
        (calculus.relu, -10, 0, 0, 0),
    ],
    ids=str,
)
def test_F1_to_F4_activations_as_in_the_notes(op: Op, z: float, value: float, slope: float, rel: float) -> None:
    node = op(Value(z))

    assert node.data == pytest.approx(value, rel=1e-8 if abs(value) < 1e-3 else 1e-12)  # as many digits as are given
    assert node.partials[0] == pytest.approx(slope, rel=rel, abs=0)


def test_F5_and_F7_the_slope_of_leaky_relu_may_be_learnt() -> None:
    slope = Value(0.01, "s", kind="parameter")
    outputs = [Value(z).leaky_relu(slope) for z in (-2, -1, 0.5, 3)]
    sum(outputs, Value(0)).backward()

    assert [output.data for output in outputs] == [-0.02, -0.01, 0.5, 3]
    assert slope.grad == -3
    assert [Value(z).leaky_relu(2).data for z in (-1, 1)] == [-2, 1]  # max(2z, z) would swap the sides


@given(z=st.floats(-20, 20))
def test_F3_tanh_is_a_sigmoid_shifted_and_scaled(z: float) -> None:
    assert calculus.tanh(z) == pytest.approx(2 * calculus.sigmoid(2 * z) - 1, abs=1e-15)
