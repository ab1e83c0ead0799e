"""The cancellation behind a sigmoid, dZ = A − Y: where it is made, where it is not, and its limit at A = 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Tensor, Value, derive, log, sigmoid
from microgradnn.graph import topological
from microgradnn.programs.backends import compile
from microgradnn.programs.program import Result
from microgradnn.rules.calculus import cross_entropy, cross_entropy_logits

Loss = Callable[[Any, Any], Any]


def written_out(a: Any, y: Any) -> Any:
    return -(y * log(a) + (1 - y) * log(1 - a))


def term_by_term(a: Any, y: Any) -> Any:
    return -y * log(a) - (1 - y) * log(1 - a)


def turned_round(a: Any, y: Any) -> Any:
    return (1 - y) * -log(1 - a) + log(a) * -y


def scalar(loss: Loss, z: float, y: float) -> Any:
    node = Value(z, "z")
    return loss(sigmoid(node).named("a"), Value(y, "y", kind="constant")).named("L")


LABELS = np.array([[1.0, 0.0, 1.0]])


def tensor(loss: Loss) -> Any:
    W = Tensor([[0.3, -0.2]], "W", kind="parameter")
    Z = (W @ Tensor([[1.0, 2.0, -1.0], [0.5, 0.1, 2.0]], "X")).named("Z")
    return loss(sigmoid(Z).named("A"), Tensor(LABELS, "Y")).named("J")


def line(output: Any, name: str, **options: Any) -> str:
    return next(str(one) for one in derive(output, **options).backward if one.name == name)


def agrees(output: Any, wrt: list[Any] | None = None) -> None:
    """Hold the program to the backward pass."""
    output.backward()
    program = compile(output, wrt)
    nodes = {x.name: x for x in topological(output)}
    result: Result = program()
    for name, gradient in result.gradients.items():
        np.testing.assert_allclose(gradient, nodes[name].grad, rtol=1e-12, atol=1e-14)
        assert np.shape(gradient) == np.shape(nodes[name].grad)


@pytest.mark.parametrize("loss", [written_out, term_by_term, turned_round, cross_entropy])
def test_of_one_example_it_is_a_minus_y(loss: Loss) -> None:
    output = scalar(loss, 0.3, 1.0)

    assert line(output, "dz") == "dz = a - y"
    agrees(output)


@pytest.mark.parametrize("loss", [written_out, term_by_term, turned_round, cross_entropy])
def test_of_many_examples_it_is_A_minus_Y_over_m(loss: Loss) -> None:
    output = tensor(lambda a, y: loss(a, y).mean())

    assert line(output, "dZ") == "dZ = (A - Y) / m"
    assert line(output, "dZ", notes=True) == "dZ = A - Y"
    agrees(output)


@pytest.mark.parametrize(
    ("loss", "written"),
    [
        (lambda a, y: written_out(a, y).sum(), "A - Y"),
        (lambda a, y: written_out(a, y).sum() / 3, "(A - Y) / 3"),
        (lambda a, y: (-log(a)).mean(), "(A - 1) / m"),
        (lambda a, y: (Tensor([[1.0, 2.0, 3.0]], "weights") * cross_entropy(a, y)).mean(), "(A - Y) / m * weights"),
        (lambda a, y: (cross_entropy(a, y) * 2).sum(), "(A - Y) * 2"),
    ],
)
def test_what_the_terms_share_is_taken_out(loss: Loss, written: str) -> None:
    output = tensor(loss)

    either = {written, written.replace(" / m * weights", " * weights / m")}  # which comes first is no matter
    assert line(output, "dZ").removeprefix("dZ = ") in either
    agrees(output)


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, y: (-(3 * y * log(a) + (1 - y) * log(1 - a))).mean(),
        lambda a, y: (-(0.3 * y * log(a) + 0.7 * (1 - y) * log(1 - a))).mean(),
    ],
)
def test_with_a_weight_for_each_class_nothing_is_divided_by_A(loss: Loss) -> None:
    output = tensor(loss)

    assert "/ A" not in line(output, "dZ")
    agrees(output)


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, y: (a**2).mean(),  # nothing is divided by
        lambda a, y: ((a - y) ** 2).mean(),
        lambda a, y: (written_out(a, y) + a**2).mean(),  # not all of it cancels
        lambda a, y: (a / (1 - a)).mean(),
        lambda a, y: (1 / a).mean(),
        lambda a, y: ((1 - a) ** 2 * log(a)).mean(),
    ],
)
def test_elsewhere_the_slope_of_the_sigmoid_stays(loss: Loss) -> None:
    output = tensor(loss)

    assert line(output, "dZ").endswith("(A * (1 - A))")
    agrees(output)


def test_it_is_for_a_sigmoid_only() -> None:
    a, y = Value(0.3, "a"), Value(1.0, "y")

    assert line(written_out(a, y).named("L"), "da") != "da = a - y"
    assert " / a" in line(written_out(a, y).named("L"), "da")


def test_it_is_for_the_A_that_the_loss_is_of() -> None:
    z = Value(0.3, "z")
    a, other = sigmoid(z).named("a"), sigmoid(2 * z).named("other")
    output = (log(other) * a).named("J")

    assert "other * (1 - other)" not in line(output, "dz")
    agrees(output, [z])


def test_from_logits_it_is_a_minus_y_by_the_row_itself() -> None:
    z, y = Value(0.3, "z"), Value(1.0, "y", kind="constant")

    assert line(cross_entropy_logits(z, y).named("L"), "dz") == "dz = sigmoid(z) - y"


def test_without_simplification_nothing_is_cancelled() -> None:
    assert line(tensor(lambda a, y: cross_entropy(a, y).mean()), "dZ", simplify=False) == "dZ = dA * (A * (1 - A))"


# --- values -------------------------------------------------------------------------------------


@given(st.floats(-30, 30), st.floats(0, 1), st.sampled_from([written_out, term_by_term, turned_round, cross_entropy]))
def test_where_A_is_not_0_or_1_the_value_is_that_of_the_chain_rule(z: float, y: float, loss: Loss) -> None:
    output = scalar(loss, z, y)
    output.backward()
    node = next(x for x in topological(output) if x.name == "z")
    a = next(x for x in topological(output) if x.name == "a").data

    found = compile(output, [node])().gradients["z"]

    # The chain rule divides by a and 1 − a, which are rounded, what has σ(z) and σ(−z) for factors, with all digits.
    assert found == pytest.approx(node.grad, abs=2**-50 / min(a, 1 - a))
    assert found == pytest.approx(a - y, abs=2**-50)


@pytest.mark.parametrize(("z", "y"), [(800.0, 0.0), (800.0, 1.0), (-800.0, 0.0), (-800.0, 1.0)])
def test_where_A_is_0_or_1_it_is_the_limit_by_the_sweep_and_by_the_program(z: float, y: float) -> None:
    output = scalar(written_out, z, y)
    output.backward()
    node = next(x for x in topological(output) if x.name == "z")

    found = compile(output, [node])().gradients["z"]

    assert node.grad == found == (1.0 if z > 0 else 0.0) - y  # the sweep knows log σ(z), see rules/logistic.py


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@np.errstate(all="ignore")
def test_what_has_nothing_to_do_with_A_is_not_cancelled(bad: float) -> None:
    z, w, x = Tensor([[0.3]], "z"), Tensor([[bad]], "w"), Tensor([[2.0]], "x")
    output = (log(sigmoid(z).named("a")) * (x / w * w)).sum().named("J")
    output.backward()

    assert np.isnan(z.grad).all()
    assert np.isnan(compile(output, [z])().gradients["z"]).all()


@np.errstate(all="ignore")
def test_an_infinite_factor_is_not_subtracted_from_itself() -> None:
    z, q = Tensor([[0.3]], "z"), Tensor([[np.inf]], "q")
    a = sigmoid(z).named("a")
    output = (log(a) + (q * log(a) - q * log(a))).sum().named("J")
    output.backward()

    assert np.isnan(z.grad).all()
    assert np.isnan(compile(output, [z])().gradients["z"]).all()


def test_where_all_of_it_cancels_the_gradient_still_has_its_shape() -> None:
    output = tensor(lambda a, y: (log(a) - log(1 - a)).mean())  # that is the mean of Z

    agrees(output)


def test_in_the_row_a_label_of_0_or_1_asks_for_one_logarithm_only() -> None:
    a, y = Value(1.0, "a"), Value(1.0, "y", kind="constant")
    output = cross_entropy(a, y).named("L")
    output.backward()

    assert a.grad == -1.0
    assert compile(output, [a])().gradients["a"] == -1.0
    assert compile(output, [a], simplify=False)().gradients["a"] == -1.0
