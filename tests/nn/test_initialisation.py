"""The first weights: their spread, their names, their seeds."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from microgradnn.nn import Dense, Network
from microgradnn.nn.initialisation import INITIALISERS

WIDE = (200, 500)  # 100 000 weights: their standard deviation is known to 1 / √200 000 = 0.2 %


def weights(init: Any, activation: str = "tanh", seed: int = 0) -> Any:
    """The first weights of a wide layer."""
    return Dense(WIDE[1], WIDE[0], activation, init=init, rng=np.random.default_rng(seed)).W.numpy()


@pytest.mark.parametrize(
    ("init", "spread"),
    [("normal", 0.01), (0.5, 0.5), (2, 2), ("xavier", sqrt(1 / 500)), ("he", sqrt(2 / 500))],
)
def test_the_weights_are_normal_with_this_spread(init: str | float, spread: float) -> None:
    W = weights(init)

    assert W.std() == pytest.approx(spread, rel=0.01)
    assert W.mean() == pytest.approx(0, abs=4 * spread / sqrt(W.size))
    assert (np.abs(W) < spread).mean() == pytest.approx(0.6827, abs=0.01)  # as of a normal distribution


def test_zeros_are_zeros() -> None:
    assert not weights("zeros").any()


def test_the_notes_line_is_the_scale_of_a_normal_one() -> None:
    notes = np.random.default_rng(3).standard_normal(WIDE) * 0.01

    assert (weights("normal", seed=3) == notes).all()
    assert (weights(0.01, seed=3) == notes).all()


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        *[(activation, "he") for activation in ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus")],
        *[(activation, "xavier") for activation in ("tanh", "sigmoid", "linear", "softmax")],
    ],
)
def test_unless_said_it_is_what_suits_the_activation(activation: str, name: str) -> None:
    assert (weights(None, activation) == weights(name)).all()


def test_a_function_of_shape_and_generator_will_do() -> None:
    W = weights(lambda shape, rng: rng.uniform(-1, 1, shape))

    assert np.abs(W).max() <= 1
    assert W.std() == pytest.approx(sqrt(1 / 3), rel=0.01)


def test_biases_start_at_0() -> None:
    assert not Dense(2, 3, init=1.0).b.data.any()


def test_a_seed_repeats_the_weights() -> None:
    def first(seed: int | np.random.Generator) -> list[Any]:
        return [p.numpy().tolist() for p in Network([3, 4, 2], seed=seed).parameters()]

    assert first(1) == first(1) == first(np.random.default_rng(1))
    assert first(1) != first(2)


def test_a_seed_leaves_the_common_generator_alone() -> None:
    np.random.seed(3)
    Network([3, 4, 2], seed=0)
    found = np.random.random()
    np.random.seed(3)

    assert found == np.random.random()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"^unknown init 'xaver' \(choose from he, normal, xavier, zeros, or give a scale\)$"
    ):
        Network([2, 1], init="xaver")
    assert list(INITIALISERS) == ["he", "normal", "xavier", "zeros"]


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        Dense(2, 3, init=lambda shape, rng: np.zeros((2, 3)))
