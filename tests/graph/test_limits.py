"""Where Python's own function raises: a limit, a pole, or no real value, and the message says which."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import DomainError, PoleError, Value
from microgradnn.graph import OPS, Fold, Op, limits
from microgradnn.rules import calculus

inf = math.inf

# (row, operands, value, local derivatives)
LIMITS: list[tuple[Op, tuple[float, ...], float, tuple[float, ...]]] = [
    (calculus.log, (0.0,), -inf, (inf,)),
    (calculus.sqrt, (0.0,), 0.0, (inf,)),
    (calculus.exp, (1000.0,), inf, (inf,)),
    (calculus.mul, (1e308, 10.0), inf, (10.0, 1e308)),
    (calculus.pow, (0.0, 0.5), 0.0, (inf, 0.0)),
]
OUTSIDE: list[tuple[Op, tuple[float, ...]]] = [
    (calculus.log, (-1.0,)),
    (calculus.sqrt, (-1.0,)),
    (calculus.pow, (-8.0, 1 / 3)),
    (calculus.asin, (1.5,)),
    (calculus.acosh, (0.5,)),
]
POLES: list[tuple[Op, tuple[float, ...]]] = [
    (calculus.div, (1.0, 0.0)),
    (calculus.div, (0.0, 0.0)),
    (calculus.pow, (0.0, -1.0)),
]


@pytest.mark.parametrize(("op", "xs", "f", "partials"), LIMITS, ids=lambda x: getattr(x, "name", None))
def test_a_limit_is_the_value_and_slopes_go_to_theirs(
    op: Op, xs: tuple[float, ...], f: float, partials: tuple[float, ...]
) -> None:
    node = op(*map(Value, xs))

    assert op(*xs) == node.data == f
    assert node.partials == partials


@pytest.mark.parametrize(("op", "xs"), OUTSIDE, ids=lambda x: getattr(x, "name", None))
def test_outside_the_reals_a_number_and_a_node_raise_the_same_and_no_pole(op: Op, xs: tuple[float, ...]) -> None:
    for operands in (xs, tuple(map(Value, xs))):
        with pytest.raises(DomainError, match=f"^{op.name} has no real value at x = {xs[0]!r}") as raised:
            op(*operands)
        assert not isinstance(raised.value, PoleError)


@pytest.mark.parametrize(("op", "xs"), POLES, ids=lambda x: getattr(x, "name", None))
def test_a_division_by_zero_is_a_pole_and_a_zero_division_error(op: Op, xs: tuple[float, ...]) -> None:
    with pytest.raises(PoleError, match=rf"^{op.name}: division by zero at x = {xs[0]!r}, y = {xs[1]!r}$"):
        op(*xs)
    with pytest.raises(ZeroDivisionError):
        op(*map(Value, xs))


def test_the_message_names_the_operation_the_node_the_number_and_the_domain() -> None:
    with pytest.raises(DomainError) as raised:
        calculus.log(Value(-1.5, name="p"))

    assert str(raised.value) == "log has no real value at x = -1.5 (node 'p'); it is defined for x > 0"


def test_only_the_nodes_that_have_a_name_are_named() -> None:
    with pytest.raises(PoleError) as raised:
        Value(1.0) / Value(0.0, name="d")

    assert str(raised.value) == "div: division by zero at x = 1.0, y = 0.0 (node 'd')"


def test_a_held_exponent_is_one_of_the_operands_that_are_told() -> None:
    with pytest.raises(PoleError) as raised:
        Value(0.0, name="x") ** -1

    assert str(raised.value) == "pow: division by zero at x = 0.0 (node 'x'), y = -1.0"


def test_the_cause_inside_is_not_shown_as_a_second_traceback() -> None:
    for op, xs in OUTSIDE + POLES:
        with pytest.raises(DomainError) as raised:
            op(*xs)
        assert raised.value.__suppress_context__


def test_an_operation_inside_another_speaks_for_itself() -> None:
    inner = DomainError("what the inner one said")

    with pytest.raises(DomainError) as raised:
        limits.value(calculus.exp, (1.0,), inner)

    assert raised.value is inner


def test_nan_in_is_nan_out_and_no_error() -> None:
    assert math.isnan(limits.value(calculus.log, (math.nan,), ValueError()))
    assert math.isnan(calculus.sqrt(Value(math.nan)).data)


def test_numpys_arithmetic_is_asked_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert limits.evaluate(lambda x: 1 / x, 0.0) == inf
        assert limits.evaluate(lambda x: x * 10, 1e308) == inf
        assert math.isnan(limits.evaluate(lambda x: x - x, inf))


def test_what_has_no_condition_is_not_told() -> None:
    assert limits.domain_of(calculus.mul) == ""
    assert limits.domain_of(calculus.div) == "; it is defined for y ≠ 0"
    assert limits.domain_of(calculus.log) == "; it is defined for x > 0"
    assert limits.domain_of(calculus.atanh) == "; it is defined for −1 < x < 1"


ROWS = [op for op in OPS.values() if not isinstance(op, Fold)]
EXTREMES = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 1e-320, 1e308, -1e308, 710.0, 1000.0, -1000.0])


def outcome(compute: Callable[[], Any]) -> float | type[Exception]:
    """What comes of it, the error being as good as a number; anything but a DomainError goes through."""
    try:
        result = compute()
    except DomainError as error:
        return type(error)
    return float(result.data if isinstance(result, Value) else result)


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
@given(data=st.data())
@settings(deadline=None)
def test_at_the_edges_every_row_gives_a_real_number_or_the_documented_error_on_numbers_and_nodes_alike(
    op: Op, data: st.DataObject
) -> None:
    xs = [data.draw(EXTREMES | st.floats(allow_nan=False, allow_infinity=False)) for _ in op.domain]

    number = outcome(lambda: op(*xs))
    node = outcome(lambda: op(*map(Value, xs)))

    assert number == node
    assert not isinstance(number, float) or not math.isnan(number)
