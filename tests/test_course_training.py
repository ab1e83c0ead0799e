"""The course notes on logistic regression, losses, descent and hyperparameters, row by row, in numbers.

A test is named for the row of the notes that it proves; 2.6 to 2.9 are the notes' worked examples.
Where their numbers have twelve digits they are held to 1e-12; where fewer, to half a unit of the last one.
"""

from __future__ import annotations

from itertools import pairwise
from math import e, log
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, mean, sigmoid
from microgradnn import log as ln
from microgradnn.data import gate
from microgradnn.graph import topological
from microgradnn.nn import LOSSES, GradientDescent, Network

Array = Any
OR, XOR = gate("or"), gate("xor")


def close(found: Array, wanted: Array, within: float = 1e-12) -> None:
    """Assert that all numbers are as near as that to those that are wanted."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=within)


def neuron(w: Any, b: float) -> Network:
    """Logistic regression with these parameters."""
    network = Network([len(w), 1], init="zeros")
    network.layers[0].W.data = np.array([w], float)
    network.layers[0].b.data = np.array([[b]])
    return network


def gradients(network: Network, x: Any, y: Any) -> tuple[dict[str, Array], float]:
    """The gradients by their names, and the cost."""
    J = network.cost(x, y)
    network.zero_grad()
    J.backward()
    return {node.name: node.grad for node in topological(J) if node.name}, J.item()


# 2.6: one example
EXAMPLE = (np.array([[1.0], [2.0]]), np.array([[1.0]]))
W, B, DZ = (0.1, -0.2), 0.05, -0.562176500886


# --- B. Logistic regression -----------------------------------------------------------------------


def test_B1_the_linear_output_leaves_0_to_1_and_the_sigmoid_never_does() -> None:
    network = neuron((3.0,), 0.5)
    x = np.linspace(-5, 5, 101).reshape(1, -1)

    assert network.logits(x).numpy().min() < 0
    assert network.logits(x).numpy().max() > 1
    assert ((network(x).numpy() > 0) & (network(x).numpy() < 1)).all()


def test_B2_the_limits_of_the_sigmoid() -> None:
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(Tensor([[-1000.0, 0.0, 1000.0]])).numpy().tolist() == [[0, 0.5, 1]]
    close(sigmoid(Tensor([[10.0, -10.0]])).numpy(), [[0.999954602131, 4.53978687e-05]])


def test_B3_a_bias_shifts_the_curve() -> None:
    for w, b in [(2.0, 3.0), (-0.5, 4.0), (1.0, 0.0)]:
        assert neuron((w,), b)([[-b / w]]).item() == 0.5
    assert [round(neuron((1.0,), b)([[0.0]]).item(), 4) for b in (3, -3)] == [0.9526, 0.0474]


def test_B4_a_weight_is_the_steepness() -> None:
    for w in (0.5, 1.0, 8.0):
        x = Tensor([[-3.0 / w]])
        neuron((w,), 3.0)(x).backward()
        close(x.grad, w / 4)


def test_B5_the_cross_entropy_of_a_label_of_1_and_of_0() -> None:
    a = Tensor([[0.8]])
    close(LOSSES["cross_entropy"](a, [[1.0]]).item(), -log(0.8))
    close(LOSSES["cross_entropy"](a, [[0.0]]).item(), -log(0.2))
    logits = LOSSES["cross_entropy_logits"]
    assert logits(Tensor([[1000.0, -1000.0]]), [[1.0, 0.0]]).numpy().tolist() == [[0, 0]]
    assert logits(Tensor([[1000.0, -1000.0]]), [[0.0, 1.0]]).numpy().tolist() == [[1000, 1000]]


def test_B6_the_logarithm_is_the_natural_one() -> None:
    close(neuron((0.0, 0.0), 0.0).cost(OR.X, OR.Y).item(), 0.693147180560)


def test_B7_the_cost_is_the_mean_of_the_losses() -> None:
    network = neuron(W, B)
    losses = [network.cost(OR.X[:, [i]], OR.Y[:, [i]]).item() for i in range(4)]

    close(network.cost(OR.X, OR.Y).item(), np.mean(losses))


def test_B8_the_slope_of_the_logarithm() -> None:
    x = Value(2.5)
    ln(x**2).backward()

    close(x.grad, 1 / 2.5**2 * (2 * 2.5))


def one_example() -> dict[str, Value]:
    """The graph of 2.6, number by number, swept."""
    x1, x2 = Value(1.0), Value(2.0)
    w1, w2, b = Value(W[0]), Value(W[1]), Value(B)
    z = w1 * x1 + w2 * x2 + b
    a = sigmoid(z)
    loss = -ln(a)  # y = 1
    loss.backward()
    return {"w1": w1, "w2": w2, "b": b, "z": z, "a": a, "L": loss}


def test_B9_the_slope_of_the_loss_in_a() -> None:
    n = one_example()

    close([n["z"].data, n["a"].data, n["L"].data], [-0.25, 0.437823499114, 0.825939419879])
    close(n["a"].grad, -1 / n["a"].data)  # −y/a + (1 − y)/(1 − a)
    close(n["a"].grad, -2.284025416688)


def test_B10_the_slope_of_a_in_z() -> None:
    n = one_example()

    close(n["z"].grad / n["a"].grad, n["a"].data * (1 - n["a"].data))


def test_B11_dz_is_a_minus_y() -> None:
    n = one_example()

    close([n["z"].grad, n["a"].data - 1], [DZ, DZ])


def test_B12_dw_is_x_dz_and_db_is_dz() -> None:
    n = one_example()

    close([n["w1"].grad, n["w2"].grad, n["b"].grad], [1 * DZ, 2 * DZ, DZ])


def test_B13_the_table_of_five_derivatives() -> None:
    table = {name: node.grad for name, node in one_example().items() if name != "L"}

    wanted = {"a": -2.284025416688, "z": DZ, "w1": DZ, "w2": -1.124353001772, "b": DZ}
    assert table == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("name", "wanted"), [("Z1", DZ), ("W1", [[DZ, 2 * DZ]]), ("b1", DZ)])
def test_B11_B12_the_same_from_the_network(name: str, wanted: Any) -> None:
    found, J = gradients(neuron(W, B), *EXAMPLE)

    close(found[name], wanted)
    close(J, 0.825939419879)


def test_B11_of_the_mean_cost_dz_has_the_share_of_an_example() -> None:
    network = neuron(W, B)
    found, _ = gradients(network, OR.X, OR.Y)

    close(found["Z1"], (network(OR.X).numpy() - OR.Y) / 4)


def test_B14_one_step_on_one_example() -> None:
    network = neuron(W, B)
    gradients(network, *EXAMPLE)
    GradientDescent(network.parameters(), 0.1).step()

    close(network.layers[0].W.numpy(), [[0.156217650089, -0.087564699823]])
    close(network.layers[0].b.numpy(), [[0.106217650089]])


def two_loops(x: Array, y: Array, w: Array, b: float) -> tuple[float, Array, float]:
    """J, dw, db as in the notes: over the examples, and over the features (B15)."""
    J, dw, db, m = 0.0, [0.0] * len(w), 0.0, x.shape[1]
    for i in range(m):
        z = b
        for j in range(len(w)):
            z += w[j] * x[j, i]
        a = 1 / (1 + e**-z)
        J += -(y[0, i] * log(a) + (1 - y[0, i]) * log(1 - a))
        for j in range(len(w)):
            dw[j] += x[j, i] * (a - y[0, i])
        db += a - y[0, i]
    return J / m, np.array(dw) / m, db / m


def one_loop(x: Array, y: Array, w: Array, b: float) -> tuple[float, Array, float]:
    """The same, over the examples alone (B16)."""
    J, dw, db, m = 0.0, np.zeros((len(w), 1)), 0.0, x.shape[1]
    for i in range(m):
        a = (1 / (1 + np.exp(-(w @ x[:, i] + b)))).item()
        J += -(y[0, i] * log(a) + (1 - y[0, i]) * log(1 - a))
        dw += x[:, [i]] * (a - y[0, i])
        db += a - y[0, i]
    return J / m, dw[:, 0] / m, db / m


def no_loop(x: Array, y: Array, w: Array, b: float) -> tuple[float, Array, float]:
    """The same, without a loop: the notes' six lines (B17, B18)."""
    m = x.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.reshape(1, -1), x) + b)))
    dZ = A - y
    J = -np.mean(y * np.log(A) + (1 - y) * np.log(1 - A))
    return J, (1 / m * np.dot(x, dZ.T))[:, 0], 1 / m * np.sum(dZ)


STAGES = [two_loops, one_loop, no_loop]


@pytest.mark.parametrize("stage", STAGES, ids=["B15", "B16", "B18"])
def test_B15_B16_B18_with_two_loops_one_and_none(stage: Any) -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.standard_normal((5, 20)), np.arange(20).reshape(1, 20) % 2.0, rng.standard_normal(5)

    found, J = gradients(neuron(w, 0.3), x, y)

    expected = stage(x, y, w, 0.3)
    close(J, expected[0], 1e-9)
    close(found["W1"][0], expected[1], 1e-9)
    close(found["b1"], expected[2], 1e-9)


def test_B17_forward_is_the_loop_column_by_column() -> None:
    network = neuron(W, B)
    each = [[network(OR.X[:, [i]]).item() for i in range(4)]]

    close(network(OR.X).numpy(), each)
    assert network(OR.X).shape == (1, 4)


def test_B19_a_whole_iteration_without_a_loop_over_the_examples() -> None:
    w, b, costs = np.zeros(2), 0.0, []
    for _ in range(100):
        J, dw, db = no_loop(OR.X, OR.Y, w, b)
        costs.append(J)
        w, b = w - dw, b - db

    history = neuron((0, 0), 0).fit(OR.X, OR.Y, learning_rate=1, iterations=100)

    close(history.costs, costs, 1e-9)
    assert all(later < before for before, later in pairwise(costs))


def test_B20_loops_and_vectors_take_the_same_step() -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.standard_normal((300, 200)) / 10, np.arange(200).reshape(1, 200) % 2.0, rng.standard_normal(300)

    for stage in STAGES:  # how long each takes is shown by demos/loops_to_vectors.py
        close(stage(x, y, w, 0.1)[1], no_loop(x, y, w, 0.1)[1], 1e-9)


def test_B21_the_sum_of_the_products_is_the_dot_product() -> None:
    w, x = [0.1, -0.2, 0.5], [1.0, 2.0, 3.0]

    close(neuron(w, 0.0).logits(np.array([x]).T).item(), sum(a * b for a, b in zip(w, x, strict=True)))


def test_B22_from_zeros_logistic_regression_learns_and_any_start_comes_to_the_same_end() -> None:
    found, J = gradients(neuron((0, 0), 0), OR.X, OR.Y)  # 2.7
    close(J, log(2))
    close(found["W1"], [[-0.25, -0.25]])
    close(found["b1"], -0.25)
    after = neuron((0, 0), 0)
    history = after.fit(OR.X, OR.Y, learning_rate=1, iterations=1)
    close([*after.layers[0].W.numpy()[0], after.layers[0].b.item(), history.cost], [0.25, 0.25, 0.25, 0.540241098588])

    found, J = gradients(neuron((0, 0), 0), XOR.X, XOR.Y)
    assert (found["W1"].tolist(), found["b1"].tolist()) == ([[0, 0]], [[0]])
    close(J, log(2))
    for seed in range(3):
        network = Network([2, 1], init=1.0, seed=seed)
        history = network.fit(XOR.X, XOR.Y, learning_rate=2, iterations=500)
        close(network.layers[0].W.numpy(), [[0, 0]], 1e-6)
        close(history.cost, log(2))


def test_2_7_separable_data_have_their_minimum_at_infinity() -> None:
    network = neuron((0, 0), 0)
    lengths: list[float] = []
    costs = network.fit(
        OR.X,
        OR.Y,
        learning_rate=1,
        iterations=10_001,
        callback=lambda i, cost: lengths.append(float(np.linalg.norm(network.layers[0].W.numpy()))),
    ).costs

    assert [costs[99], costs[999], costs[9999]] == pytest.approx([0.0902, 0.00930, 0.000906], rel=1e-3)
    assert [lengths[99], lengths[999], lengths[9999]] == pytest.approx([5.7, 12.3, 18.9], abs=0.06)


# --- C. Losses and optimisation -------------------------------------------------------------------


def test_C1_the_half_of_the_squared_error_cancels_the_2() -> None:
    with_half, without = Tensor([[0.8]]), Tensor([[0.8]])
    LOSSES["squared_error"](with_half, [[0.3]]).backward()
    ((without - 0.3) ** 2).backward()

    close(with_half.grad, 0.5)
    close(without.grad, 2 * 0.5)


def curve(loss: str, w: float, x: Any = (1.0,), y: Any = (1.0,)) -> tuple[float, float, float]:
    """J, J′ and J″ of one weight without bias."""
    weight = Tensor([[w]])
    z = weight @ np.array([x])
    J = mean(LOSSES[loss](z if loss == "cross_entropy_logits" else sigmoid(z), np.array([y])))
    J.backward(create_graph=True)
    slope = weight.grad
    weight.grad = 0.0
    slope.backward()
    return J.item(), float(np.squeeze(slope.numpy())), float(np.squeeze(weight.grad))


SE, CE = "squared_error", "cross_entropy_logits"


def minima(loss: str, x: Any, y: Any) -> list[tuple[float, float]]:
    """Where J of one weight is lower than on both sides, on a grid, and how low it is there."""
    grid = np.linspace(-4, 4, 1601)
    Z = np.outer(grid, x)
    A = 1 / (1 + np.exp(-Z))
    Y = np.array(y)
    J = ((A - Y) ** 2 / 2 if loss == SE else -(Y * np.log(A) + (1 - Y) * np.log(1 - A))).mean(axis=1)
    return [(grid[i], J[i]) for i in range(1, len(grid) - 1) if J[i - 1] > J[i] < J[i + 1]]


def test_C2_the_squared_error_of_a_sigmoid_is_not_convex() -> None:
    s = 1 / (1 + e**2)
    close(curve(SE, -2)[2], s * (1 - s) ** 2 * (3 * s - 1))
    close(curve(SE, -2)[2], -0.059407, 5e-7)
    assert curve(SE, -log(2) - 0.01)[2] < 0 < curve(SE, -log(2) + 0.01)[2]

    found = minima(SE, (-7.2, -1.9, 0.1), (0, 1, 1))
    assert [w for w, _ in found] == pytest.approx([-1.21, 0.18], abs=0.006)
    assert [J for _, J in found] == pytest.approx([0.2149, 0.1056], abs=5e-5)


def test_C3_the_cross_entropy_is_convex() -> None:
    close(curve(CE, -2)[2], 0.104994, 5e-7)
    assert all(curve(CE, w)[2] > 0 for w in np.linspace(-8, 8, 33))

    assert [w for w, _ in minima(CE, (-7.2, -1.9, 0.1), (0, 1, 1))] == pytest.approx([0.235], abs=0.003)


def test_C4_far_from_the_label_the_squared_error_has_no_slope() -> None:
    a = 1 / (1 + e**10)

    assert curve(SE, -10)[1] == pytest.approx(-4.539375e-05, rel=1e-6)
    close(curve(CE, -10)[1], -0.999954602, 5e-10)
    assert curve(SE, -10)[1] == pytest.approx(a * (1 - a) * curve(CE, -10)[1], rel=1e-9)


def test_C5_downhill_the_cost_falls_and_uphill_it_rises() -> None:
    for sign in (1, -1):
        network = neuron(W, B)
        before = network.cost(OR.X, OR.Y)
        before.backward()
        for p in network.parameters():
            p.data = p.numpy() - sign * 0.1 * p.grad

        assert sign * (before.item() - network.cost(OR.X, OR.Y).item()) > 0


THREE_OF_FOUR = ((1.0,) * 4, (1.0, 1.0, 1.0, 0.0))  # the cost is least at w = ln 3, where J″ = 3/16


def descended(rate: float, steps: int) -> float:
    """How far from ln 3 one weight ends."""
    w = Tensor([[0.0]])
    optimiser = GradientDescent([w], rate)
    for _ in range(steps):
        optimiser.zero_grad()
        mean(LOSSES[CE](w @ np.array([THREE_OF_FOUR[0]]), np.array([THREE_OF_FOUR[1]]))).backward()
        optimiser.step()
    return float(abs(w.item() - log(3)))


def test_C6_the_learning_rate_may_be_small_better_or_too_large() -> None:
    assert descended(1, 100) == pytest.approx(8.0e-10, rel=0.01)
    assert descended(5, 20) < 1e-15
    assert descended(12, 1000) > 0.1
    assert 2 / curve(CE, log(3), *THREE_OF_FOUR)[2] == pytest.approx(10.667, abs=5e-4)


def test_C7_until_convergence_or_so_many_steps() -> None:
    few = neuron((0, 0), 0).fit(OR.X, OR.Y, learning_rate=1, iterations=10)
    many = neuron((0, 0), 0).fit(OR.X, OR.Y, learning_rate=1, iterations=10_000, tolerance=1e-4)

    assert len(few) == 10
    assert abs(many.costs[-1] - many.costs[-2]) <= 1e-4 < abs(many.costs[-2] - many.costs[-3])


@pytest.mark.parametrize(("a", "f"), [(2, 6), (5, 15)])
def test_C8_a_derivative_is_the_slope_that_a_nudge_shows(a: float, f: float) -> None:
    v = Value(a)
    (3 * v).backward()
    close((3 * (a + 0.001) - f) / 0.001, v.grad, 1e-10)

    x = Value(2.0)
    (x**2).backward()
    close((2.001**2 - 1.999**2) / 0.002, x.grad, 1e-10)
    close((2.001**2 - 4) / 0.001, 4.001, 1e-10)


def test_C9_2_9_brute_force_takes_longer_than_the_world_is_old() -> None:
    seconds = {weights: 1000**weights * 0.04 / 1000 for weights in (1, 2, 3, 4, 9)}
    year = 365 * 24 * 3600

    assert [seconds[1], seconds[2]] == [0.04, 40]
    assert seconds[3] / 3600 == pytest.approx(11.11, abs=0.005)
    assert seconds[4] / year == pytest.approx(1.2684, abs=5e-5)
    assert seconds[9] / year == pytest.approx(1_268_391_679_350_583.5, rel=1e-15)
    grid = np.linspace(-5, 5, 1000)
    best = min(grid, key=lambda w: curve(CE, w, *THREE_OF_FOUR)[0])
    assert abs(best - log(3)) == pytest.approx(0.0025, abs=5e-5)
    assert descended(1, 100) < 1e-8


def test_C10_a_small_step_lowers_the_cost_by_its_rate_times_the_squared_gradient() -> None:
    network = Network([2, 3, 1], hidden="sigmoid")
    exam = [[[0.2, 0.4], [0.1, 0.3], [0.5, -0.2]], [[0.1], [-0.1], [0.05]], [[0.3, -0.2, 0.4]], [[-0.2]]]
    for p, given in zip(network.parameters(), exam, strict=True):
        p.data = np.array(given)
    x, y = np.array([[0.5], [0.3]]), np.array([[1.0]])
    _, before = gradients(network, x, y)
    squares = sum(float((p.grad**2).sum()) for p in network.parameters())
    GradientDescent(network.parameters(), 0.1).step()

    close(0.1 * squares, 0.043804, 5e-7)
    close(before - network.cost(x, y).item(), 0.042774, 5e-7)


# --- I6. Hyperparameters --------------------------------------------------------------------------

PLAIN: Any = dict(learning_rate=0.5, iterations=50)


@pytest.mark.parametrize(
    "neutral",
    [dict(optimiser="gradient_descent"), dict(momentum=0.0), dict(batch_size=4), dict(l2=0.0), dict(seed=9)],
    ids=str,
)
def test_I6_a_hyperparameter_at_its_neutral_value_is_plain_gradient_descent_to_the_bit(neutral: Any) -> None:
    plain, other = (Network([2, 3, 1], hidden="tanh", dropout=0.0, seed=0) for _ in range(2))
    optimiser = GradientDescent(plain.parameters(), 0.5)
    for _ in range(50):
        optimiser.zero_grad()
        plain.cost(OR.X, OR.Y).backward()
        optimiser.step()

    other.fit(OR.X, OR.Y, **PLAIN | neutral, compiled=False)

    for p, q in zip(plain.parameters(), other.parameters(), strict=True):
        assert p.numpy().tobytes() == q.numpy().tobytes()


@pytest.mark.parametrize(
    "changed",
    [
        dict(learning_rate=0.4),
        dict(iterations=49),
        dict(momentum=0.5),
        dict(batch_size=2),
        dict(l2=0.1),
        dict(optimiser="adam"),
    ],
    ids=str,
)
def test_I6_and_at_another_value_it_is_not(changed: Any) -> None:
    plain, other = (Network([2, 3, 1], hidden="tanh", seed=0) for _ in range(2))
    plain.fit(OR.X, OR.Y, **PLAIN)
    other.fit(OR.X, OR.Y, **PLAIN | changed)

    assert plain.layers[0].W.numpy().tobytes() != other.layers[0].W.numpy().tobytes()


def test_I6_layers_units_and_activations_are_named_too() -> None:
    network = Network([2, 5, 4, 1], hidden=["tanh", "relu"])

    assert (network.L, network.n, network.activations) == (3, [2, 5, 4, 1], ["tanh", "relu", "sigmoid"])
