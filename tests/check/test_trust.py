"""gradcheck is believed: inputs that it was wrong about, or never came back from, and what is right there."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, atan2, clip, elu, gelu, hypot, log, relu, sin, tan, tanh, where
from microgradnn.check import assert_gradients, gradcheck
from microgradnn.check.blame import Alone
from microgradnn.check.differences import Sides, Slope
from microgradnn.check.edges import agree
from microgradnn.check.gradients import Check
from microgradnn.check.judge import Case, compare_with_differences
from microgradnn.graph import OPS, Op


@pytest.fixture
def row() -> Iterator[Callable[..., Op]]:
    """A maker of rows, which are taken out of the table again."""
    made = []

    def make(*args: Any, **options: Any) -> Op:
        made.append(Op(*args, **options))
        return made[-1]

    yield make
    for op in made:
        OPS.pop(op.name, None)


# --- it comes back, and says what it cannot tell --------------------------------------------


@pytest.mark.parametrize(("f", "x"), [(lambda x: x * 2, math.nan), (lambda x: x.exp() * 2, -math.inf)])
def test_what_is_not_finite_is_an_answer(f: Any, x: float) -> None:
    report = gradcheck(f, x)

    assert report.verdict == "cannot tell"
    assert not report
    assert "the input is not finite" in str(report)


def test_a_mask_of_minus_infinity_is_no_hindrance() -> None:
    mask = Tensor([[0.0, -1e9, -np.inf]])

    assert gradcheck(lambda x: (x + mask).softmax(axis=1)[0, 0], Tensor([[1.0, 2.0, 3.0]]))


@pytest.mark.parametrize("x", [Value(1e4), Tensor([[1e4]])])
def test_an_overflow_is_no_vertical_tangent(x: Any) -> None:
    report = gradcheck(lambda x: x**100.0, x)

    assert report.verdict == "cannot tell"
    assert "the function is not finite" in str(report)


@pytest.mark.parametrize("x", [1e-100, 1e-16, 8e-8, -1e-5, 0.9999, 1.0, 20.0, 300.0])
@pytest.mark.parametrize("f", [OPS["sech"], gelu, lambda x: OPS["sech"](x + x)])
def test_an_even_function_near_its_top_is_judged_by_all_digits(f: Any, x: float) -> None:
    assert gradcheck(f, x), str(gradcheck(f, x))
    assert gradcheck(f, Tensor([[x, -x]]))


def test_an_end_of_a_domain_that_rounding_reached_is_not_called_wrong(row: Callable[..., Op]) -> None:
    steep = row("steep", math.tanh, np.tanh, lambda f, x: math.inf)

    assert gradcheck(lambda x: x.tanh().acos(), 40.0).verdict == "cannot tell"
    assert gradcheck(lambda x: x.acos(), 1.0)
    assert gradcheck(lambda x: steep(x), 40.0).verdict == "WRONG"


@pytest.mark.parametrize(("x", "y"), [(0.1, -1.7e-16), (0.19, 4.6e-34), (2e17, 1.0), (-1e99, 1.0)])
def test_jumps_closer_than_floats_hide_a_slope(x: float, y: float) -> None:
    for row in ("mod",) if y < 1 else ("mod", "floor", "ceil", "rint", "trunc"):
        rest = [y] if row == "mod" else []
        report = gradcheck(lambda x, row=row, rest=rest: OPS[row](x, *rest) * 2, x)
        arrays = gradcheck(lambda x, row=row, rest=rest: OPS[row](x, *rest).sum(), Tensor([[x, 2.3]]))

        assert report.verdict == "cannot tell", str(report)
        assert arrays.verdict == "cannot tell", str(arrays)


@pytest.mark.parametrize(("x", "y"), [(0.1, -1e-5), (1e8 + 0.3, 1.0), (-7.3, 2.0)])
def test_a_slope_between_jumps_is_judged(x: float, y: float) -> None:
    assert gradcheck(lambda x, y: x.mod(y), x, y)
    assert gradcheck(lambda x: x.floor() + x.mod(y), x)


def test_an_operation_may_give_another_shape_than_its_input_has() -> None:
    assert gradcheck(lambda x: (x.reshape(3, 2)[:, None] ** 2).sum(axis=0), Tensor([[1.0, -2.0, 3.0], [0.5, 4.0, 5.0]]))


def test_a_number_is_blamed_for_what_it_goes_into() -> None:
    report = gradcheck(lambda x: (x.cbrt() + 1e3).hypot(Tensor([[1.0], [2.0]])).sum(), Tensor([[1e-100, 40.0]]))

    assert report.verdict != "WRONG", str(report)


def test_a_slope_that_is_small_beside_others_is_not_called_right(row: Callable[..., Op]) -> None:
    nearly = row(
        "nearly",
        *(getattr(OPS["silu"], one) for one in ("scalar", "array")),
        lambda f, x: OPS["silu"].partials[0](f, x) * 0.999999,
    )
    x, y = Tensor([[2.0, 0.5, -1e8]]), Tensor([[-1e8]])

    assert gradcheck(lambda x: nearly(x).atan2(y).prod(), x).verdict != "ok"


@pytest.mark.parametrize("small", [1e-5, -1e-8, 1e-16, 1e-100])
@pytest.mark.parametrize("large", [0.05, -1.0, 1e8])
@pytest.mark.parametrize("f", [hypot, atan2])
def test_a_number_that_is_lost_beside_another_is_judged(f: Any, large: float, small: float) -> None:
    for inputs in ((small, large), (large, small)):
        assert gradcheck(f, *inputs), str(gradcheck(f, *inputs))


def test_a_slope_that_is_lost_beside_the_value_is_not_called_right(row: Callable[..., Op]) -> None:
    twice = row("twice", math.hypot, np.hypot, lambda f, x, y: 2 * x / f, lambda f, x, y: y / f)

    assert gradcheck(twice, 1e-8, 0.05).verdict == "WRONG"
    assert gradcheck(twice, 1e-100, 0.05).verdict == "cannot tell"


def test_a_function_that_draws_is_told_so() -> None:
    report = gradcheck(lambda x: x * random.random(), 1.0)

    assert report.verdict == "cannot tell"
    assert str(report).startswith("cannot tell: f gives other numbers when it is called again")
    with pytest.raises(AssertionError, match="cannot be judged"):
        assert_gradients(lambda x: x * random.random(), 1.0)


def test_what_rounding_hides_is_not_called_right(row: Callable[..., Op]) -> None:
    nearly = row("nearly", math.erf, OPS["erf"].array, lambda f, x: OPS["erf"].partials[0](f, x) * (1 + 1e-6))

    assert gradcheck(lambda x: (nearly(x) + 1e30) - 1e30, 0.5).verdict == "cannot tell"


# --- misses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [2 + 2e-6, 3])
def test_a_large_number_in_a_branch_not_taken_hides_nothing(slope: float, row: Callable[..., Op]) -> None:
    twice = row("twice", lambda x: x * 2, lambda x: x * 2, lambda f, x: slope)

    assert gradcheck(lambda x: where(x > 5, Value(-1e16), twice(x)), 0.7).verdict == "WRONG"


def test_a_mask_before_softmax_hides_nothing(row: Callable[..., Op]) -> None:
    nearly = row("nearly", np.tanh, np.tanh, lambda f, x: (1 - f * f) * (1 + 1e-4))
    mask = Tensor([[0.0, 0.0, -1e9]])

    assert gradcheck(lambda x: (nearly(x) + mask).softmax(axis=1)[0, 0], Tensor([[0.1, 0.2, 0.3]])).verdict == "WRONG"


def test_a_wrong_slope_at_a_tiny_number_is_no_kink(row: Callable[..., Op]) -> None:
    wrong = row("wrong_log", math.log, np.log, lambda f, x: 0.001 / x, domain=OPS["log"].domain)

    report = gradcheck(wrong, 1e-100)

    assert report.verdict == "WRONG"
    assert "kink" not in str(report)


def test_a_small_leak_is_found() -> None:
    report = gradcheck(lambda x: x + 1e-6 * math.sin(x.data), 1.0)

    assert report.verdict == "WRONG"
    assert report.entries[0].reference == pytest.approx(1 + 1e-6 * math.cos(1), rel=1e-9)
    assert "was a number taken out with .data?" in str(report)


def test_a_small_leak_in_a_number_that_is_0_is_found() -> None:
    assert "taken out with .data" in str(gradcheck(lambda x: x + 1e-9 * x.data, 0.0))


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_function_that_is_defined_on_one_side_alone_does_not_leak(side: float) -> None:
    def narrow(x: Value) -> Value:
        if not 0 <= side * (x.data - 1) <= 2.0**-12:
            raise ValueError("outside")
        return x * x

    assert not Check(narrow, [Value(1.0)], None).leaky


def test_rounding_along_a_direction_is_that_of_its_numbers_or_more() -> None:
    check = Check(lambda x, y: x * y + sin(x), [Value(2.0), Value(3.0)], None)
    one = np.ones(())
    swept = check.parts[0].sweep(one)
    for v, unit in zip(np.eye(2), swept.units, strict=True):
        assert check.case_along(0, one, v, swept, 0.0).unit >= unit


@pytest.mark.parametrize(
    ("error", "right", "verdict"), [(1e-6, True, "ok"), (1e-2, True, "cannot tell"), (1e-12, False, "ok")]
)
def test_differences_too_wide_to_judge_by_confirm_nothing_and_fine_ones_all(
    error: float, right: bool, verdict: str
) -> None:
    case = Case(math.sin, 0.0, 1.0, math.nan, 1e-16, 1.0, 0.0, lambda x: 0.0, lambda: right, lambda: not right)
    slope = Slope(1.0, error, 1.0)
    assert compare_with_differences(case, slope, Sides(slope, slope)).verdict == verdict


def test_one_number_outside_of_a_domain_excuses_no_other() -> None:
    with np.errstate(invalid="ignore"):
        node = log(Tensor([[-1.0, 2.0], [3.0, 4.0]]))
    assert Alone(node, 0).outside.tolist() == [[True, False], [False, False]]


def test_the_spread_of_equal_numbers_has_a_kink() -> None:
    report = gradcheck(lambda x: x.std(), Tensor([[0.0, 0.0]]))

    assert [entry.method for entry in report.entries] == ["kink: -0.5 … 0.5"] * 2
    assert report.verdict == "ok"


@pytest.mark.parametrize(("x", "slope"), [(1e-12, 1), (-1e-12, 0)])
def test_beside_a_kink_is_not_at_it(x: float, slope: float, row: Callable[..., Op]) -> None:
    half = row("half_relu", OPS["relu"].scalar, OPS["relu"].array, lambda f, x: 0.5, kink=lambda x: x)

    assert gradcheck(relu, x).entries[0].reference == slope
    assert "kink" not in str(gradcheck(relu, x))
    assert gradcheck(half, x).verdict == "WRONG"
    assert gradcheck(half, 0.0).verdict == "ok"


def test_a_small_factor_does_not_hide_a_wrong_slope(row: Callable[..., Op]) -> None:
    nearly = row("nearly", math.sin, np.sin, lambda f, x: OPS["cos"](x) * (1 + 1e-6))

    assert gradcheck(lambda x: 1e-10 * nearly(x), 0.5).verdict == "WRONG"


# --- false alarms -----------------------------------------------------------------------------

RIGHT: list[tuple[Callable[..., Any], tuple[float, ...]]] = [
    (sin, (1e8,)),
    (lambda x: (1e9 * x).sin(), (1.0,)),
    (tan, (5e21,)),
    (lambda x: clip(x, 0, 0), (0.0,)),
    (lambda x: clip(x, 0, 0), (1.0,)),
    (lambda x: elu(x, 0.5) + where(x > 5, Value(1e9), x), (0.0,)),
    (lambda x: elu(x, 1.0) + 0 * x.exp(), (0.0,)),
    (lambda x: (-(((x - 1) * 1e6) ** 2)).exp(), (1.0000005,)),
    (lambda x: (-((x * 1e6) ** 2)).exp(), (5e-7,)),
    (log, (1e-300,)),
    (lambda x: x**3, (0.0,)),
    (lambda x: x**1.5, (0.0,)),
    (lambda x: (x + 1e14) - 1e14, (0.3,)),
    (lambda x: x if x.data > 0 else -x, (0.0,)),
    (lambda x: (x * 20).tanh(), (1.0,)),
    (lambda x: 1e-200 * tanh(x), (1.0,)),
    (lambda x, y: x * 1e-9 + y * 1e9, (1.0, 1.0)),
]


@pytest.mark.parametrize(("f", "inputs"), RIGHT)
def test_these_are_right(f: Any, inputs: tuple[float, ...]) -> None:
    report = gradcheck(f, *inputs)

    assert report.verdict == "ok", str(report)


def test_a_power_of_a_negative_number_has_no_slope_in_the_exponent() -> None:
    report = gradcheck(lambda x, y: y**x, 2.0, -2.0)

    assert [entry.verdict for entry in report.entries] == ["cannot tell", "ok"]  # (−2)^2.01 is not real


# --- the cost ---------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [lambda x: (x.tanh() * x).sum(), lambda x: (relu(x) * x).mean()])
def test_three_calls_for_a_number_settle_it(f: Any) -> None:
    calls = []

    def counted(x: Tensor) -> Any:
        calls.append(x)
        return f(x)

    assert gradcheck(counted, Tensor(np.linspace(-2, 3, 40).reshape(8, 5)))
    assert len(calls) <= 2 * 40 + 4  # and a few at the point itself, and for all numbers at once


def test_fast_needs_a_few_calls_for_thousands() -> None:
    calls = []

    def counted(x: Tensor) -> Any:
        calls.append(x)
        return tanh(x * x).sum()

    assert gradcheck(counted, Tensor(np.random.default_rng(0).normal(size=(100, 100))), fast=True)
    assert len(calls) < 50


def test_fast_finds_the_number_at_fault(row: Callable[..., Op]) -> None:
    def slope(f: Any, x: Any) -> Any:
        return OPS["cos"](x) * (1 + 1e-6 * (abs(x - 5) < 1e-9))

    nearly = row("nearly", np.sin, np.sin, slope)
    numbers = np.random.default_rng(0).uniform(-3, 3, (50, 40))
    numbers[7, 3] = 5.0
    report = gradcheck(lambda x: nearly(x).mean(), Tensor(numbers, "X"), fast=True)

    assert report.verdict == "WRONG"
    assert "X[7, 3]" in [entry.name for entry in report.entries if entry.verdict == "WRONG"]


# --- a backward pass is not what it checks ----------------------------------------------------


def grow(w: Any, b: Any) -> Any:
    return w * 2, b + w.sum(axis=1, keepdims=True)


def backward(w: Any, b: Any) -> Any:
    return grow(w, b)


def test_a_function_that_looks_like_a_backward_pass_is_sent_on() -> None:
    W, b = Tensor([[1.0, 2.0], [3.0, 4.0]], "W"), Tensor([[1.0], [2.0]], "b")

    report = gradcheck(grow, W, b)

    assert report.verdict == "ok"
    assert "f returns 2 arrays of the shapes of its inputs: is it a backward pass?" in str(report)
    assert gradcheck(backward, W, b).verdict == "cannot tell"
    assert "microgradnn.check.check_backward" in str(gradcheck(backward, W, b))


# --- what lies between two slopes, or does not move ------------------------------------------


@pytest.mark.parametrize("factor", [0.0, 1.00001, 1 + 1e-6])
def test_a_wrong_share_of_a_tie_is_not_called_right(row: Callable[..., Op], factor: float) -> None:
    least = row(
        "least", min, np.minimum, lambda f, x, y: factor * OPS["ahead"](y, x), lambda f, x, y: OPS["ahead"](x, y)
    )

    report = gradcheck(lambda x, y: least(x, y) + 2 * least(x, y + 0), Value(0.5), Value(0.5))

    assert report.entries[0].verdict == ("ok" if factor == 0 else "cannot tell")  # 0 is the slope of one side


def test_half_of_a_share_is_not_called_right(row: Callable[..., Op]) -> None:
    halved = row("halved", math.asinh, np.arcsinh, lambda f, x: 0.5 / (1 + x * x) ** 0.5)

    still = row("still", OPS["sinc"].scalar, OPS["sinc"].array, lambda f, x: 0 * x)

    assert gradcheck(lambda x: halved(x).min(), Tensor([[-2.0], [-2.0]])).verdict == "cannot tell"
    assert gradcheck(lambda x: still(x).max(), Tensor([[3.0], [-1.0]])).verdict == "cannot tell"


def test_a_tie_of_many_shares_by_counting() -> None:
    assert gradcheck(lambda x: x.max(), Tensor([[1.0] * 7]))


@pytest.mark.parametrize("x", [1e-12, 1e-6, 0.0])
def test_the_top_of_a_curve_is_not_flat(row: Callable[..., Op], x: float) -> None:
    wave = row("wave", math.cos, np.cos, lambda f, x: 0)

    report = gradcheck(lambda x: wave(x + 1e-6), x)

    assert report.verdict != "ok"


@pytest.mark.parametrize("x", [1e-100, 0.0])
def test_a_slope_of_0_does_not_hide_what_is_behind_it(row: Callable[..., Op], x: float) -> None:
    wrong = row("wrong", OPS["gelu"].scalar, OPS["gelu"].array, lambda f, x: 0)

    assert gradcheck(lambda x: wrong(OPS["logit"](x.sigmoid())), x).verdict != "ok"


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("of", [Value, lambda x: Tensor([[x]])])
def test_nan_is_wrong_only_where_an_operation_is_to_blame(row: Callable[..., Op], of: Any) -> None:
    xlogy, lost = OPS["xlogy"], row("lost", math.sin, np.sin, lambda f, x: x * math.nan)

    assert gradcheck(lambda x: xlogy(x * x - x * x, x * x - x * x), of(-0.276292)).verdict == "cannot tell"
    report = gradcheck(lambda x, y: x.cos() ** y, of(2.0), of(1e8))
    assert report.entries[1].verdict == "cannot tell"
    assert gradcheck(lost, of(0.5) if of is Value else 0.5).verdict == "WRONG"


@pytest.mark.parametrize("f", [OPS["sinc"], lambda x: OPS["sinc"](x * x), lambda x: OPS["sinc"](OPS["exp2"](x / 1e13))])
def test_a_wave_between_floats_that_are_far_apart_cannot_be_judged_by_differences(f: Any) -> None:
    assert gradcheck(f, Value(1e16)).verdict == "cannot tell"


def test_a_slope_below_what_the_complex_step_sees_is_not_called_wrong() -> None:
    report = gradcheck(lambda x, y: OPS["logaddexp"](y, OPS["elu"](y, x)), Value(1000.0), Value(-0.763528))

    assert report.verdict != "WRONG"


@pytest.mark.parametrize(
    "f",
    [lambda x: OPS["elu"](x.sigmoid().expm1().log(), x.exp().sinh()), lambda x: OPS["xlogy"](x, x.log()).relu()],
)
@pytest.mark.parametrize("x", [40.0, 1.0])
def test_an_operation_that_is_infinite_is_not_to_blame(f: Any, x: float) -> None:
    assert gradcheck(f, Value(x)).verdict != "WRONG"


def test_a_wave_that_is_0_at_all_floats_says_nothing_of_its_slope() -> None:
    far, zero = np.array(4e16), np.zeros(())

    assert not agree(OPS["sinc"], [0], zero, [far], [zero])
    assert agree(OPS["step"], [0], zero, [-far], [zero])


def test_what_moves_by_less_than_its_last_digit_is_not_called_wrong() -> None:
    x = Tensor([[0.428149, -2.149096, -3.061342], [1.821796, 1000.0, 1.132532]])

    report = gradcheck(lambda x: (OPS["logaddexp"](OPS["erf"](x.softplus()), 1.0) ** Tensor([[-1e-12]])).mean(), x)

    assert report.verdict != "WRONG"


@pytest.mark.parametrize("f", [OPS["sinc"], lambda x: OPS["sinc"](x.log1p())])
def test_the_top_of_a_curve_has_slope_0(f: Any) -> None:
    assert gradcheck(f, Value(0.0))


def test_a_slope_of_0_is_0_where_the_complex_step_sees_the_third_derivative() -> None:
    three = Tensor(np.zeros((1, 3)))

    assert gradcheck(lambda x: (OPS["sinc"](x) + three).prod(), Tensor([[1000.0]]))
    assert gradcheck(lambda x: (x + three).prod(), Tensor([[0.0]]))


def test_where_the_function_overflows_inside_differences_say_nothing() -> None:
    report = gradcheck(lambda x: OPS["sinc"](x.exp()) + OPS["logaddexp"](x, x), Value(1000.0))

    assert report.verdict == "cannot tell"


def test_the_complex_step_says_nothing_of_zero_to_the_power_of_zero() -> None:
    report = gradcheck(lambda x: (x**x).sum(), Tensor([[0.0, 0.5]]))

    assert [entry.verdict for entry in report.entries] == ["cannot tell", "ok"]
