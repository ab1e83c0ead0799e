"""The activations of a layer, by their names: of arrays, of Tensors and of Values."""

from __future__ import annotations

import numpy as np
import pytest

from microgradnn import Tensor, Value
from microgradnn.nn import ACTIVATIONS, MLP, Dense, Network

Z = np.array([[-3.0, -0.5, 0.25, 2.0]])  # no kink among them
BY_UNIT = [name for name in ACTIVATIONS if name != "softmax"]


def test_the_names_are_these() -> None:
    assert " ".join(ACTIVATIONS) == "elu gelu leaky_relu linear relu sigmoid silu softmax softplus tanh"


@pytest.mark.parametrize("name", BY_UNIT)
def test_a_Tensor_an_array_and_Values_agree(name: str) -> None:
    g = ACTIVATIONS[name]
    z = Tensor(Z)
    a = g(z)
    a.sum().backward()
    values = [Value(float(number)) for number in Z[0]]
    for k, value in enumerate(values):
        g(value).backward()

        # NumPy's functions and those of `math` may differ in the last digit.
        assert g(value).data == pytest.approx(a.data[0, k], rel=1e-15)
        assert value.grad == pytest.approx(z.grad[0, k], rel=1e-14)
    assert (g(Z) == a.data).all()


@pytest.mark.parametrize("name", BY_UNIT)
def test_nothing_overflows(name: str) -> None:
    z = Tensor([[-1000.0, 1000.0]])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        a = ACTIVATIONS[name](z)
    a.sum().backward()

    assert np.isfinite(a.data).all()
    assert np.isfinite(z.grad).all()


def test_softmax_makes_probabilities_of_each_column() -> None:
    z = np.array([[1.0, -1000.0], [2.0, 0.0], [3.0, 1000.0]])
    a = ACTIVATIONS["softmax"](Tensor(z)).data

    assert a.sum(axis=0) == pytest.approx([1, 1], rel=1e-15)
    assert a[:, 0] == pytest.approx(np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum(), rel=1e-15)
    assert a[:, 1].tolist() == [0, 0, 1]


def test_softmax_of_two_is_the_sigmoid_of_their_difference() -> None:
    z = np.vstack([Z, np.zeros((1, 4))])

    np.testing.assert_allclose(ACTIVATIONS["softmax"](Tensor(z)).data[0], ACTIVATIONS["sigmoid"](Z)[0], rtol=1e-15)


def test_the_slope_of_a_leaky_relu_is_chosen() -> None:
    layer = Dense(1, 1, "leaky_relu", slope=0.2, init=1.0)
    layer.W.data = np.array([[1.0]])

    assert layer(Z).data.tolist() == [[-3 * 0.2, -0.5 * 0.2, 0.25, 2.0]]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    message = r"^unknown activation 'tan' \(choose from elu, gelu, leaky_relu, .*, tanh\)$"

    with pytest.raises(ValueError, match=message):
        Dense(2, 3, "tan")
    with pytest.raises(ValueError, match=message):
        Network([2, 3, 1], hidden=["tan"])
    with pytest.raises(ValueError, match=message):
        Network([2, 3, 1], output="tan")
    with pytest.raises(ValueError, match=message):
        MLP(2, [1], activations=["tan"])
