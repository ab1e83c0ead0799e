"""Every row against mpmath, value and slope, also where it is awkward: benchmarks/precision.py has the references."""

from __future__ import annotations

import math
import re
import runpy
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import DomainError, Tensor, Value, compile, grad, logsumexp, sinc
from microgradnn.graph import OPS, REAL, Interval, Op

PATH = Path(__file__).parents[2] / "benchmarks" / "precision.py"
precision = SimpleNamespace(**runpy.run_path(str(PATH)))  # the script that prints the table of rows
EPSILON = 2.0**-52
AWKWARD = [sign * x for x in (0.5, 1.0, 20.0, 1000.0, 1e-8, 1e-300, 1e300) for sign in (1, -1)]
AWKWARD += [0.0, 0.999999, 1.000001]
MEASURED = [op for op in OPS.values() if precision.measured(op)]
UNARY = [op for op in MEASURED if op.arity == 1]


def test_every_row_has_a_reference() -> None:
    for op in MEASURED:
        assert op.name in precision.EXACT or hasattr(mpmath, op.name), (
            f"write down what {op.name} is in mpmath's numbers, in EXACT of benchmarks/precision.py"
        )
        assert len(precision.SLOPES.get(op.name, ())) == op.arity, (
            f"write down the slopes of {op.name} in mpmath's numbers, in SLOPES of benchmarks/precision.py"
        )


def test_a_line_of_references_is_of_a_row() -> None:
    assert {*precision.EXACT, *precision.SLOPES, *precision.TERMS, *precision.VALUE_TERMS} <= {
        op.name for op in MEASURED
    }


@pytest.mark.parametrize("op", MEASURED, ids=str)
def test_a_value_keeps_its_digits_and_a_slope_all_but_three_bits(op: Op) -> None:
    with np.errstate(all="ignore"):
        value, slope = precision.worst(op, count=6)

    assert value.ulps <= precision.goal(op)[0], f"{op.name} at {value.at}"
    assert slope.ulps <= precision.goal(op)[1], f"the slopes of {op.name} at {slope.at}"


def domain(op: Op) -> Interval:
    """Where a function is defined; of tan, the row tells one period."""
    return REAL if op.name == "tan" else op.domain[0]


def place(op: Op, x: float) -> str:
    """Whether x is inside the domain, at an end of it, or outside."""
    low, high = domain(op)[:2]
    return "inside" if low < x < high else "at an end" if x in (low, high) else "outside"


def awkward(where: str) -> pytest.MarkDecorator:
    """Every function at the awkward numbers that are `where` its domain has them."""
    return pytest.mark.parametrize(
        ("op", "x"), [(op, x) for op in UNARY for x in AWKWARD if place(op, x) == where], ids=str
    )


@awkward("at an end")
def test_at_the_ends_of_a_domain_is_the_limit_and_the_slope_is_infinite(op: Op, x: float) -> None:
    node = op(Value(x))

    assert node.data == pytest.approx(float(precision.exact(op)(mpmath.mpf(x))), rel=EPSILON, abs=0)
    falls = op.name == "acos" or (op.name == "erfinv_slope" and x < 0)
    assert node.partials == (-math.inf if falls else math.inf,)


@awkward("outside")
def test_outside_the_domain_there_is_no_number(op: Op, x: float) -> None:
    with pytest.raises(DomainError, match=f"^{op.name} has no real value at x = {re.escape(str(x))}; "):
        op(Value(x))


@pytest.mark.parametrize("op", UNARY, ids=str)
@given(data=st.data())
def test_anywhere_in_the_domain(op: Op, data: st.DataObject) -> None:
    low, high = max(domain(op).low, -750.0), min(domain(op).high, 750.0)
    x = data.draw(st.floats(low, high, exclude_min=True, exclude_max=True, allow_subnormal=False))
    with np.errstate(all="ignore"):
        value, slope = precision.errors(op, (x,))

    assert value <= precision.goal(op)[0]
    assert slope <= precision.goal(op)[1]


@pytest.mark.parametrize(("x", "y"), [(math.inf, 1.0), (-math.inf, 0.0), (math.inf, 0.0), (-math.inf, 1.0)])
def test_certainty_costs_nothing_where_it_is_right_and_all_where_it_is_wrong(x: float, y: float) -> None:
    cost = 0.0 if (x > 0) == (y == 1) else math.inf
    with np.errstate(invalid="ignore"):
        assert OPS["cross_entropy_logits"](np.array([x]), np.array([y])) == cost
    assert OPS["cross_entropy_logits"](x, y) == cost


# The numbers in which these rows were wrong once, worked out with mpmath at 50 digits.
@pytest.mark.parametrize(
    ("name", "xs", "value", "slope"),
    [
        ("tanh", (20.0,), 1.0, 1.6993417021166355e-17),
        ("tanh", (-300.0,), -1.0, 1.0601586212017243e-260),
        ("sigmoid", (40.0,), 1.0, 4.248354255291589e-18),
        ("sigmoid", (600.0,), 1.0, 2.6503965530043108e-261),
        ("cross_entropy_logits", (49.18, 1.0), 4.379226216442729e-22, -4.379226216442729e-22),
        ("gelu", (-25.0,), -7.641741765956403e-137, -1.9104257373984655e-135),
        ("silu", (-712.0,), -4.313292185103229e-307, -4.30723419046123e-307),
        ("log10", (1.7e308,), 308.2304489213783, 2.554673422960305e-309),
        ("erfc", (8.5,), 2.7623240713337716e-33, -4.7280138688561636e-32),
        ("erfc", (20.0,), 5.395865611607901e-176, -2.1610374743867984e-174),
        ("pow", (1798.55, -1.00000014), 0.0005560028638278065, -3.091395522327472e-07),
        ("atan", (1e155,), 1.5707963267948966, 1e-310),
        ("logaddexp", (-0.6931471805599453, -0.6931471805599453), 2.3190468138462996e-17, 0.5),
        ("logaddexp", (-700.0, -0.5), -0.5, 1.6255858439919858e-304),
        ("sinc", (1e300,), 0.0, 1e-300),
        ("sinc", (2.5,), 0.12732395447351627, -0.05092958178940651),
        ("erfinv", (0.9999999999999999,), 5.8635847487551676, 757347920544974.0),
        ("log1mexp", (1e-300,), -690.7755278982137, 9.999999999999999e299),
        ("xlogy", (0.0, 0.5), 0.0, -0.6931471805599453),
        ("exp2", (-1000.5,), 6.599170332783212e-302, 4.5741963102035193e-302),
        ("cross_entropy", (0.3, 0.30000000000000004), 0.6108643020548935, -2.6433881538694203e-16),
    ],
)
def test_numbers_that_were_wrong_once(name: str, xs: tuple[float, ...], value: float, slope: float) -> None:
    node = OPS[name](*map(Value, xs))
    inputs = [Tensor([[x]]) for x in xs]
    OPS[name](*inputs).sum().backward()

    for got, rule in ((node.data, node.partials[0]), (OPS[name](*map(np.array, xs)), inputs[0].grad[0, 0])):
        assert got == pytest.approx(value, rel=2 * EPSILON, abs=0)
        assert rule == pytest.approx(slope, rel=8 * EPSILON, abs=0)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("op", [op for op in UNARY if op.kink is None], ids=str)
def test_higher_derivatives(op: Op, order: int) -> None:
    x = 1.7 if op.name == "acosh" else 0.3
    derivative: Any = op
    for _ in range(order):
        derivative = grad(derivative)
    with mpmath.workdps(60):
        want = float(mpmath.diff(precision.exact(op), mpmath.mpf(x), order))

    assert derivative(x) == pytest.approx(want, rel=1e-12, abs=1e-13)


FAR_APART = [[-1e-12, -13.8], [0.0, -50.0], [100.0, 60.0], [-3.0, 2.0, 2.0, 0.001], [2.0, 2.0, -30.0], [-700.0, -740.0]]


@pytest.mark.parametrize("xs", FAR_APART, ids=str)
def test_a_logsumexp_keeps_what_little_the_others_add(xs: list[float]) -> None:
    with mpmath.workdps(50):
        want = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(x)) for x in xs))
        less = [float(mpmath.mpf(x) - want) for x in xs]
    names = [f"x{i}" for i in range(len(xs))]
    logs = Tensor([xs]).log_softmax(axis=1)

    assert logsumexp([Value(x) for x in xs]).data == pytest.approx(float(want), rel=2 * EPSILON, abs=0)
    assert Tensor([xs]).logsumexp().item() == pytest.approx(float(want), rel=2 * EPSILON, abs=0)
    assert logs.data == pytest.approx(np.array([less]), rel=2 * EPSILON, abs=0)
    for backend in ("numpy", "python", "native") if find_spec("llvmlite") else ("numpy", "python"):
        program = compile(logsumexp([Value(0.5, name) for name in names]), backend=backend)
        single, batch = dict(zip(names, xs, strict=True)), {n: np.array([x, x]) for n, x in zip(names, xs, strict=True)}
        for at in (single, batch) if backend != "python" else (single,):
            assert np.ravel(program.value(**at))[0] == pytest.approx(float(want), rel=2 * EPSILON, abs=0)


@pytest.mark.parametrize("x", [0.0, 50.0, 1e3, 1e8, 2e17, -1e8, 1e300])
def test_the_slopes_of_logsumexp_are_a_softmax_however_large_the_numbers(x: float) -> None:
    xs = [x, x, x - 1, x + 2]
    whole = mpmath.fsum(mpmath.exp(mpmath.mpf(one) - x) for one in xs)
    right = [float(mpmath.exp(mpmath.mpf(one) - x) / whole) for one in xs]
    values, row = [Value(one) for one in xs], Tensor([xs])

    logsumexp(values).backward()
    row.logsumexp().backward()
    picked = Tensor([xs])
    picked.log_softmax(axis=1)[0, 0].backward()

    eight = 8 * EPSILON
    np.testing.assert_allclose([one.grad for one in values], right, rtol=eight, atol=0)
    np.testing.assert_allclose(row.grad[0], right, rtol=eight, atol=0)
    np.testing.assert_allclose(picked.grad[0], np.subtract([1, 0, 0, 0], right), rtol=0, atol=eight)
    np.testing.assert_allclose(grad(lambda *xs: logsumexp(xs))(*xs), right[0], rtol=eight, atol=0)


@pytest.mark.parametrize("x", [50.0, 1e8, 2e17])
def test_so_they_are_in_machine_code(x: float) -> None:
    pytest.importorskip("llvmlite")
    leaves = [Value(0.0, "a"), Value(1.0, "b")]
    program = compile(logsumexp(leaves), leaves, backend="native")

    for gradients in (program(x, x)[1], program(np.full(3, x), np.full(3, x))[1]):
        for one in gradients.values():
            np.testing.assert_allclose(one, 0.5, rtol=8 * EPSILON)


def test_a_softmax_beside_infinity_is_zero() -> None:
    row = Tensor([[np.inf, 1.0]])
    with np.errstate(all="ignore"):
        probabilities = row.softmax(axis=1).data

    assert np.isnan(probabilities[0, 0])
    assert probabilities[0, 1] == 0


@pytest.mark.parametrize("x", [0.0, 0.3, -0.3, 0.5, -0.5, 0.7, 1.0, -2.3])
def test_sinc_has_derivatives_of_higher_order_where_its_two_forms_meet_too(x: float) -> None:
    def term(order: int, k: int) -> Any:
        power = 2 * k - order
        return (
            0
            if power < 0
            else (-1) ** k * mpmath.pi ** (2 * k) * mpmath.mpf(x) ** power / (mpmath.factorial(power) * (2 * k + 1))
        )

    found: Any = sinc
    with mpmath.workdps(50):
        for order in range(1, 5):
            found = grad(found)
            assert found(x) == pytest.approx(
                float(mpmath.fsum(term(order, k) for k in range(60))), rel=1e-11, abs=1e-14
            )
