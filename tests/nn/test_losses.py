"""The losses against their formulas, far out too, and the gradients of their mean."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor
from microgradnn.graph import topological
from microgradnn.nn import LOSSES, Network
from microgradnn.nn.losses import cost

Array = Any

Z = np.array([[0.5, -2.0, 3.0, 0.0], [1.5, 0.25, -1.0, 4.0], [-0.5, 2.0, 0.75, -3.0]])
Y = np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])  # one class each


def sigma(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    return np.exp(z) / np.exp(z).sum(axis=0, keepdims=True)


FORMULAS: dict[str, Callable[[Array, Array], Array]] = {
    "cross_entropy": lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)),
    "cross_entropy_logits": lambda z, y: -(y * np.log(sigma(z)) + (1 - y) * np.log(1 - sigma(z))),
    "max_margin": lambda z, y: np.maximum(0, 1 - z * np.where(y == 1, 1, -1)),
    "softmax_cross_entropy": lambda z, y: -y * np.log(softmax(z)),
    "squared_error": lambda a, y: (a - y) ** 2 / 2,
}

# m times the gradient of the cost.
SLOPES: dict[str, Callable[[Array, Array], Array]] = {
    "cross_entropy": lambda a, y: -y / a + (1 - y) / (1 - a),
    "cross_entropy_logits": lambda z, y: sigma(z) - y,
    "max_margin": lambda z, y: np.where(z * (2 * y - 1) < 1, 1 - 2 * y, 0),
    "softmax_cross_entropy": lambda z, y: softmax(z) - y,
    "squared_error": lambda a, y: a - y,
}


def outputs(name: str) -> Array:
    """What the loss is of: Z, or probabilities."""
    return sigma(Z) if name == "cross_entropy" else Z


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_its_formula_summed_over_the_units(name: str) -> None:
    found = LOSSES[name](Tensor(outputs(name)), Y)
    wanted = FORMULAS[name](outputs(name), Y).sum(axis=0, keepdims=True)

    assert found.shape == (1, 4)
    np.testing.assert_allclose(found.data, wanted, rtol=1e-13)  # 1 − a in the formula loses two digits


@pytest.mark.parametrize("name", LOSSES)
def test_the_cost_is_the_mean_and_has_this_gradient(name: str) -> None:
    z = Tensor(outputs(name))
    J = cost(LOSSES[name](z, Y))
    J.backward()

    assert J.item() == pytest.approx(FORMULAS[name](outputs(name), Y).sum() / 4, rel=1e-14)
    np.testing.assert_allclose(4 * z.grad, SLOPES[name](outputs(name), Y), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_of_arrays_it_is_the_same(name: str) -> None:
    assert (LOSSES[name](outputs(name), Y) == LOSSES[name](Tensor(outputs(name)), Y).data).all()


@pytest.mark.parametrize("name", ["cross_entropy_logits", "softmax_cross_entropy", "max_margin"])
def test_far_out_nothing_overflows(name: str) -> None:
    z = Tensor([[1000.0, -1000.0, 1000.0, -1000.0], [0.0] * 4])
    y = np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        losses = LOSSES[name](z, y)
    cost(losses).backward()

    beside = {"cross_entropy_logits": log(2), "softmax_cross_entropy": 0, "max_margin": 1}[name]  # the other unit's
    wrong = 1001 if name == "max_margin" else 1000
    assert losses.data[0] == pytest.approx([beside, beside, wrong + beside, wrong + beside], rel=1e-15)
    assert z.grad[0].tolist() == [0, 0, 0.25, -0.25]


def test_the_gradient_in_Z_is_exactly_A_minus_Y_over_m() -> None:
    network = Network([2, 1], seed=0)
    X, labels = np.array([[1.0, 2.0, 1e4, -1e4], [0.5, -1.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0, 1.0]])
    J = network.cost(X, labels)
    J.backward()
    (z,) = [node for node in topological(J) if node.name == "Z1"]

    assert (z.grad == (network(X).data - labels) / 4).all()


def test_the_gradient_of_softmax_is_A_minus_Y_over_m_too() -> None:
    network = Network([2, 3], output="softmax", seed=0)
    X = np.random.default_rng(0).standard_normal((2, 4))
    J = network.cost(X, Y)
    J.backward()
    (z,) = [node for node in topological(J) if node.name == "Z1"]

    np.testing.assert_allclose(z.grad, (network(X).data - Y) / 4, rtol=0, atol=1e-16)


def test_of_certainty_the_cross_entropy_is_0_or_infinite() -> None:
    with np.errstate(divide="ignore"):  # NumPy warns of log 0
        losses = LOSSES["cross_entropy"](Tensor([[0.0, 1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 1.0, 0.0]]))

    assert losses.data.tolist() == [[0, 0, inf, inf]]


def test_cross_entropies_are_not_symmetric() -> None:
    with np.errstate(divide="ignore"):
        swapped = LOSSES["cross_entropy"](Tensor([[1.0]]), np.array([[0.6]]))

    assert swapped.item() == inf  # the logarithm of a label


@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("sigmoid", "cross_entropy_logits"),
        ("softmax", "softmax_cross_entropy"),
        ("linear", "squared_error"),
        ("tanh", "squared_error"),
    ],
)
def test_a_loss_that_is_not_named_is_the_usual_one(output: str, loss: str) -> None:
    assert Network([2, 3], output=output).loss is LOSSES[loss]


def test_cross_entropy_by_name_is_computed_from_the_logits() -> None:
    assert Network([2, 1], loss="cross_entropy").loss is LOSSES["cross_entropy_logits"]
    assert Network([2, 3], output="softmax", loss="cross_entropy").loss is LOSSES["softmax_cross_entropy"]


@pytest.mark.parametrize("loss", ["squared_error", "max_margin", "cross_entropy_logits"])
def test_a_named_loss_takes_the_place_of_the_usual_one(loss: str) -> None:
    network = Network([2, 3], loss=loss, seed=0)
    X = np.random.default_rng(0).standard_normal((2, 4))
    given = network(X).data if loss == "squared_error" else network.logits(X).data

    assert network.cost(X, Y).item() == pytest.approx(FORMULAS[loss](given, Y).sum() / 4, rel=1e-14)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^unknown loss 'mse' \(choose from cross_entropy, .*, squared_error\)$"):
        Network([2, 1], loss="mse")
