"""Training by replaying a program: the numbers of a graph for each step, and when a graph is made all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor
from microgradnn.nn import Network
from microgradnn.nn.layers import Dense
from microgradnn.nn.replayed import Replayed, repeats_itself

HIDDEN = ["relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "softplus"]
OUTPUT = ["sigmoid", "softmax", "linear"]


def task(output: str, m: int = 30) -> tuple[Any, Any]:
    """X, (4, m), and labels for three outputs of this activation."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, m))
    y = np.eye(3)[:, rng.integers(3, size=m)] if output == "softmax" else (rng.random((3, m)) > 0.5) * 1.0
    return x, y


def parameters(network: Network) -> Any:
    """All of them in a row."""
    return np.concatenate([p.numpy().ravel() for p in network.parameters()])


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("output", OUTPUT)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_replay_trains_as_a_graph_for_each_step(hidden: str, output: str, l2: float) -> None:
    x, y = task(output)
    trained = []

    for compiled in (True, False):
        network = Network([4, 5, 3], hidden=hidden, output=output, seed=1)
        history = network.fit(x, y, iterations=30, batch_size=8, l2=l2, seed=3, compiled=compiled)
        trained.append((parameters(network), history.costs))

    # Thirty steps of α = 0.1: rounding of 1e-16 in each, carried on.
    np.testing.assert_allclose(trained[0][0], trained[1][0], rtol=0, atol=1e-13)
    np.testing.assert_allclose(trained[0][1], trained[1][1], rtol=1e-12)


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop", "adamw"])
def test_so_it_does_with_other_optimisers_and_in_single_precision(optimiser: str) -> None:
    x, y = task("softmax")
    trained = []

    for compiled in (True, False):
        network = Network([4, 5, 3], output="softmax", seed=1, dtype="float32")
        network.fit(x, y, optimiser=optimiser, iterations=30, compiled=compiled)
        trained.append(parameters(network))

    assert trained[0].dtype == np.float32
    np.testing.assert_allclose(trained[0], trained[1], atol=2e-4)  # a gradient near 0 decides the first direction


def test_the_last_smaller_batch_of_a_pass_has_a_program_of_its_own() -> None:
    x, y = task("softmax", m=10)
    network = Network([4, 3], output="softmax", seed=0)
    replayed = Replayed(network, l2=0.0)
    views = [p.numpy() for p in network.parameters()]

    for m in (8, 2, 8):
        cost, gradients = replayed(views, x[:, :m], y[:, :m])
        J = network.cost(x[:, :m], y[:, :m])
        network.zero_grad()
        J.backward()
        assert cost == pytest.approx(J.item(), rel=1e-14)
        for gradient, p in zip(gradients, network.parameters(), strict=True):
            np.testing.assert_allclose(gradient, p.grad, rtol=1e-12, atol=1e-15)

    assert sorted(replayed.programs) == [2, 8]


def test_what_a_callback_assigns_is_trained_on() -> None:
    x, y = task("sigmoid")
    trained = []

    for compiled in (True, False):
        network = Network([4, 3], seed=0)

        def restart(iteration: int, _: float, network: Network = network) -> None:
            if iteration == 3:
                network.layers[0].W.data = np.full((3, 4), 0.5)

        network.fit(x, y, iterations=6, callback=restart, compiled=compiled)
        trained.append(parameters(network))

    np.testing.assert_allclose(trained[0], trained[1], rtol=0, atol=1e-14)


def test_after_training_parameters_have_their_last_gradients() -> None:
    x, y = task("sigmoid")
    networks = [Network([4, 3], seed=0) for _ in range(2)]

    for network, compiled in zip(networks, (True, False), strict=True):
        network.fit(x, y, iterations=5, compiled=compiled)

    for p, q in zip(*[network.parameters() for network in networks], strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-12, atol=1e-16)


class Noisy(Network):
    """A network of the user's, with something of its own in the cost."""

    def cost(self, X: Any, Y: Any, **options: Any) -> Tensor:  # noqa: N803
        J: Tensor = super().cost(X, Y, **options) * float(self.rng.random())
        return J


class Doubled(Dense):
    def linear(self, X: Any) -> Tensor:  # noqa: N803
        z: Tensor = super().linear(X) * 2
        return z


def with_own_layer() -> Network:
    network = Network([2, 1])
    network.layers[0] = Doubled(2, 1, "sigmoid", number=1)
    return network


@pytest.mark.parametrize("network", [Network([2, 3, 1], dropout=0.5), Noisy([2, 1]), with_own_layer()])
def test_what_is_not_the_same_in_each_step_is_not_replayed(network: Network) -> None:
    x, y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 1.0]])

    assert not repeats_itself(network)
    network.fit(x, y, iterations=3)
    with pytest.raises(ValueError, match="no dropout, no own methods"):
        network.fit(x, y, compiled=True)


def test_a_network_is_replayed_unless_one_says_no() -> None:
    assert repeats_itself(Network([2, 1]))


def test_a_cost_that_is_not_finite_is_seen_in_a_replay_too() -> None:
    x, y = task("linear")
    network = Network([4, 3], output="linear", seed=0)

    with pytest.raises(FloatingPointError, match=r"W1 of layer 1|cost of step|went too far"):
        network.fit(x, y, learning_rate=1e200, iterations=50)
    assert np.isfinite(parameters(network)).all()
