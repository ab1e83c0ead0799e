"""Every row of the table is right, in every number system that it serves.

These tests run over `OPS`: a new row is covered unasked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from microgradnn import DomainError, PoleError, Value, calculus
from microgradnn.graph import OPS, Interval, Op, topological
from microgradnn.notation import Symbol

EPSILON = 2.0**-52
REACH = 5.0  # arguments up to here; far ones have tests of their own
CLEAR = 0.05  # of kinks and of the ends of a domain

every_row = pytest.mark.parametrize("op", OPS.values(), ids=OPS)
smooth_rows = pytest.mark.parametrize("op", [op for op in OPS.values() if op.kink is None], ids=str)
kinked_rows = pytest.mark.parametrize("op", [op for op in OPS.values() if op.kink is not None], ids=str)


def inside(interval: Interval) -> st.SearchStrategy[float]:
    """Numbers within an interval, clear of its ends and of its hole."""
    low, high = max(interval.low + CLEAR, -REACH), min(interval.high - CLEAR, REACH)
    return st.floats(low, high).filter(lambda x: interval.hole is None or abs(x - interval.hole) > CLEAR)


def draw_arguments(data: st.DataObject, op: Op) -> tuple[float, ...]:
    """Arguments from the row's own domain, clear of its kink."""
    xs = data.draw(st.tuples(*map(inside, op.domain)))
    assume(op.kink is None or abs(op.kink(*xs)) > CLEAR)
    return xs


def central_difference(f: Callable[..., Any], xs: Sequence[float], i: int) -> Any:
    h = EPSILON ** (1 / 3) * max(1.0, abs(xs[i]))  # where rounding and curvature cost the same
    up, down = [[*xs[:i], xs[i] + step, *xs[i + 1 :]] for step in (h, -h)]
    return (f(*up) - f(*down)) / (up[i] - down[i])


def close(got: float, want: float, scale: float, rel: float) -> bool:
    """Whether two slopes agree but for what a difference quotient loses: EPSILON · f / h."""
    return abs(got - want) <= rel * abs(want) + 1e-9 * (1 + abs(scale))


# --- what a rule says is the slope ------------------------------------------------------


@every_row
@given(data=st.data())
def test_a_rule_is_the_slope_by_central_difference(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)

    for i, rule in enumerate(op.partials):
        assert close(rule(f, *xs), central_difference(op, xs, i), f, rel=1e-6)  # h² f‴/6 f′, at |x| > 0.05


@smooth_rows
@given(data=st.data())
def test_a_smooth_rule_is_the_slope_by_complex_step(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)

    for i, rule in enumerate(op.partials):
        zs = [np.complex128(complex(x, 1e-100 * (i == j))) for j, x in enumerate(xs)]
        slope = float(op.array(*zs).imag) / 1e-100
        # No difference is taken, so nothing but the rounding of a handful of operations is lost.
        assert rule(f, *xs) == pytest.approx(slope, rel=1e-12, abs=1e-14)


@kinked_rows
@given(data=st.data())
def test_a_rule_between_kinks_is_the_slope_exactly(op: Op, data: st.DataObject) -> None:
    xs = [Fraction(x) for x in draw_arguments(data, op)]
    f = op.scalar(*xs)

    for i, rule in enumerate(op.partials):  # in each argument these rows are straight lines
        up = op.scalar(*xs[:i], xs[i] + Fraction(1, 1000), *xs[i + 1 :])
        assert rule(f, *xs) == (up - f) * 1000


@every_row
@given(data=st.data())
def test_a_second_derivative_is_the_slope_of_the_first(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)

    for rule in op.partials:
        inputs = [Value(x) for x in xs]
        first = rule(op(*inputs), *inputs)  # the same rule, on nodes
        if isinstance(first, Value):
            first.backward()
        for j, x in enumerate(inputs):
            want = central_difference(lambda *ys, rule=rule: rule(op(*ys), *ys), xs, j)
            assert close(x.grad, want, rule(op(*xs), *xs), rel=1e-6)


# --- one rule, five number systems ------------------------------------------------------


@every_row
@given(data=st.data())
def test_arrays_agree_with_floats(op: Op, data: st.DataObject) -> None:
    rows = [draw_arguments(data, op) for _ in range(3)]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    f = op(*columns)

    # NumPy's functions and the C library's differ in the last place or two
    np.testing.assert_allclose(f, [op(*xs) for xs in rows], rtol=8 * EPSILON)
    for rule in op.partials:
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
    assert node.partials == tuple(rule(f, *xs) for rule in op.partials)
    assert [x.grad for x in inputs] == list(node.partials)


@every_row
@given(data=st.data())
def test_a_printed_rule_is_worth_what_the_rule_is(op: Op, data: st.DataObject) -> None:
    xs = draw_arguments(data, op)
    f = op(*xs)
    letters = dict(zip("fxyz", (f, *xs), strict=False))
    symbols = [Symbol(letter) for letter in letters]

    for rule in op.partials:
        printed = rule(*symbols)
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
    assert all(isinstance(rule(f, *xs), (Fraction, int)) for rule in op.partials)


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


@every_row
def test_what_is_not_a_number_stays_so(op: Op) -> None:
    xs = [math.nan] * len(op.partials)
    takes_any_side = {"where": (0.0, math.nan, math.nan)}

    assert math.isnan(op(*takes_any_side.get(op.name, xs)))
    assert math.isnan(op(*map(Value, takes_any_side.get(op.name, xs))).data)
    assert np.isnan(op(*map(np.array, takes_any_side.get(op.name, xs))))


# --- the table itself -------------------------------------------------------------------


def test_the_table_holds_rows_and_nothing_else() -> None:
    public = {name: item for name, item in vars(calculus).items() if not name.startswith("_")}
    furniture = {"math", "operator", "np", "numerics", "Op", "Interval"}
    intervals = {name for name, item in public.items() if isinstance(item, Interval)}

    assert set(public) - furniture - intervals == set(OPS)
    assert all(public[name] is op for name, op in OPS.items())


@pytest.mark.parametrize(
    "name", ["abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "leaky_relu", "maximum", "minimum"]
)
def test_what_was_promised_is_there(name: str) -> None:
    assert name in OPS


def letters_of(template: str) -> set[str]:
    return {letter for letter in "xyz" if f"{{{letter}" in template}


@every_row
def test_a_row_says_how_all_of_it_is_written(op: Op) -> None:
    letters = set("xyz"[: len(op.partials)])

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
