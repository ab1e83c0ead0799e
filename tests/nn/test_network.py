"""Networks: cost, prediction, dropout, L2, the other path, and what they refuse."""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest

from microgradnn import ShapeError, Tensor, Value
from microgradnn.graph import topological
from microgradnn.nn import ACTIVATIONS, MLP, Adam, GradientDescent, Network

Array = Any

ROUNDING = 1e-14  # sums of a few products of numbers near 1, in another order
X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
Y = np.array([[0.0, 1.0, 1.0, 0.0]])
CLASSES = np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])


def lively(sizes: list[int], **options: Any) -> Network:
    """A network whose biases are not 0."""
    network = Network(sizes, seed=0, **options)
    rng = np.random.default_rng(1)
    for layer in network.layers:
        layer.b.data = rng.standard_normal(layer.b.shape)
    return network


def train(network: Network, y: Array, steps: int, rate: float = 0.05) -> Network:
    optimiser = Adam(network.parameters(), rate)
    for _ in range(steps):
        optimiser.zero_grad()
        network.cost(X, y, training=True).backward()
        optimiser.step()
    return network


def numbers(network: Network) -> list[Any]:
    return [p.numpy().tolist() for p in network.parameters()]


# --- what it is -----------------------------------------------------------------------------------


def test_layers_are_counted_without_the_input() -> None:
    network = Network([3, 4, 1])

    assert (network.L, network.n) == (2, [3, 4, 1])
    assert [layer.number for layer in network.layers] == [1, 2]


@pytest.mark.parametrize("depth", range(1, 7))
def test_networks_of_any_depth(depth: int) -> None:
    network = Network([2] + [3] * (depth - 1) + [1], hidden="tanh", seed=0)
    network.cost(X, Y).backward()

    assert (network.L, network.n) == (depth, [2] + [3] * (depth - 1) + [1])
    assert all(p.grad.shape == p.shape for p in network.parameters())


def test_zero_grad_forgets_the_gradients() -> None:
    network = Network([2, 1], seed=0)
    network.cost(X, Y).backward()
    network.zero_grad()

    assert [p.grad for p in network.parameters()] == [0.0, 0.0]


def test_gradients_of_two_costs_add_up() -> None:
    network = Network([2, 1], seed=0)
    network.cost(X, Y).backward()
    once = [p.grad.copy() for p in network.parameters()]
    network.cost(X, Y).backward()

    assert all((p.grad == 2 * g).all() for p, g in zip(network.parameters(), once, strict=True))


def test_a_copy_is_trained_alone() -> None:
    network = Network([2, 3, 1], seed=0)
    GradientDescent(network.parameters(), 0.1)  # after which the parameters live in one array
    before = numbers(network)
    twin = train(copy.deepcopy(network), Y, 3)

    assert numbers(network) == before
    assert numbers(twin) != before


# --- forward --------------------------------------------------------------------------------------


def test_logits_are_Z_and_the_call_is_A() -> None:
    network = lively([2, 3, 1])

    assert (ACTIVATIONS["sigmoid"](network.logits(X).data) == network(X).data).all()


def test_a_prediction_is_a_label() -> None:
    network = lively([2, 3, 3])

    assert network.predict(X).tolist() == (network(X).data > 0.5).astype(int).tolist()


def test_a_prediction_of_softmax_is_a_class() -> None:
    network = lively([2, 3, 3], output="softmax")

    assert network(X).data.sum(axis=0) == pytest.approx(np.ones(4), rel=1e-15)
    assert network.predict(X).tolist() == [network(X).data.argmax(axis=0).tolist()]


def test_a_prediction_of_other_outputs_is_the_output() -> None:
    network = lively([2, 3, 1], output="linear")

    assert (network.predict(X) == network(X).data).all()


def test_accuracy_is_the_share_of_examples_with_all_labels_right() -> None:
    network = Network([2, 2], init="zeros")  # whose A are ½, which is not more than ½
    labels = np.array([[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]])

    assert network.accuracy(X, labels) == 0.5
    assert Network([2, 1], init="zeros").accuracy(X, [0, 1, 1, 1]) == 0.25


def test_classes_are_learnt_with_softmax() -> None:
    network = train(Network([2, 8, 3], hidden="tanh", output="softmax", seed=0), CLASSES, 200)

    assert network.accuracy(X, CLASSES) == 1
    assert network.predict(X).tolist() == [[0, 1, 2, 0]]


def test_accuracy_refuses_transposed_labels() -> None:
    with pytest.raises(ShapeError):
        Network([2, 1], seed=0).accuracy(X, Y.T)


def test_accuracy_of_softmax_takes_classes_or_refuses_them() -> None:
    network = train(Network([2, 8, 3], hidden="tanh", output="softmax", seed=0), CLASSES, 200)
    try:
        found = network.accuracy(X, network.predict(X))
    except ShapeError:
        return

    assert found == 1


# --- the cost -------------------------------------------------------------------------------------


def test_the_cost_is_finite_and_its_gradient_exact_far_out() -> None:
    network = Network([1, 1])
    network.layers[0].W.data = np.array([[1000.0]])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        J = network.cost([[1.0, -1.0, 1.0, -1.0]], [[1.0, 0.0, 0.0, 1.0]])
    J.backward()

    assert J.item() == 500  # the mean of 0, 0, 1000 and 1000
    assert network.layers[0].W.grad.item() == (1 + 1) / 4  # mean of (a − y) x


def test_it_has_names_for_a_drawing() -> None:
    J = Network([2, 1], seed=0).cost(Tensor(X, "X"), Y)

    assert [node.name for node in topological(J) if node.name] == ["W1", "X", "b1", "Z1", "Y", "J"]


def test_l2_adds_the_squares_of_the_weights_but_not_of_the_biases() -> None:
    network, m = lively([2, 3, 1]), 4
    plain = network.cost(X, Y)
    plain.backward()
    before = [p.grad.copy() for p in network.parameters()]
    network.zero_grad()
    J = network.cost(X, Y, l2=0.7)
    J.backward()

    W1, _, W2, _ = network.parameters()
    squares = (W1.data**2).sum() + (W2.data**2).sum()
    assert J.item() == pytest.approx(plain.item() + 0.7 / (2 * m) * squares, rel=1e-15)
    for p, g in zip(network.parameters(), before, strict=True):
        more = 0.7 / m * p.data if p in (W1, W2) else 0.0
        np.testing.assert_allclose(p.grad, g + more, rtol=0, atol=ROUNDING)


def test_l2_0_adds_no_node() -> None:
    network = lively([2, 1])

    assert len(topological(network.cost(X, Y, l2=0))) == len(topological(network.cost(X, Y)))


def test_a_batch_is_the_mean_of_its_minibatches() -> None:
    network = lively([2, 3, 1])
    halves = [network.cost(X[:, i : i + 2], Y[:, i : i + 2]).item() for i in (0, 2)]

    assert network.cost(X, Y).item() == pytest.approx(sum(halves) / 2, rel=1e-15)


# --- dropout --------------------------------------------------------------------------------------


def test_dropout_keeps_the_mean() -> None:
    network = Network([2, 3, 1], dropout=0.3, seed=0)
    a = network.drop_units(Tensor(np.ones((200, 500)))).data

    assert np.unique(a).tolist() == [0, 1 / 0.7]
    # The mean of 100 000 numbers whose standard deviation is √(0.3 / 0.7): within four times 0.002.
    assert a.mean() == pytest.approx(1, abs=0.008)


def test_dropout_is_off_in_prediction() -> None:
    network, plain = (lively([2, 50, 1], dropout=share) for share in (0.5, 0.0))

    assert (network(X).data == plain(X).data).all()
    assert network.cost(X, Y).item() == plain.cost(X, Y).item()
    assert (network.predict(X) == plain.predict(X)).all()
    assert network.cost(X, Y, training=True).item() != plain.cost(X, Y, training=True).item()


def test_no_gradient_comes_to_a_unit_that_was_dropped() -> None:
    network = lively([2, 20, 1], hidden="tanh", dropout=0.5)
    network.cost(X[:, :1], Y[:, :1], training=True).backward()
    _, b1, W2, _ = network.parameters()
    dropped = W2.grad[0] == 0

    assert 0 < dropped.sum() < 20
    assert (b1.grad[dropped] == 0).all()
    assert (b1.grad[~dropped] != 0).all()


def test_a_seed_repeats_a_training_with_dropout() -> None:
    once, again = (train(Network([2, 8, 1], dropout=0.2, seed=5), Y, 10) for _ in range(2))

    assert numbers(once) == numbers(again)


# --- the other path -------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if name != "softmax"])
def test_the_network_of_Values_has_the_same_outputs(hidden: str) -> None:
    network = lively([2, 3, 2, 2], hidden=hidden, output="sigmoid")
    mlp = network.to_scalar()

    found = [[a.data for a in mlp(x)] for x in X.T.tolist()]
    np.testing.assert_allclose(found, network(X).data.T, rtol=0, atol=ROUNDING)


def test_softmax_of_Values_is_the_same_too() -> None:
    network = lively([2, 4, 3], output="softmax")
    found = [[a.data for a in network.to_scalar()(x)] for x in X.T.tolist()]

    np.testing.assert_allclose(found, network(X).data.T, rtol=0, atol=ROUNDING)


def test_there_and_back_is_the_identity() -> None:
    network = lively([2, 3, 2], hidden="tanh", output="softmax")
    twin = Network.from_scalar(network.to_scalar())

    assert numbers(twin) == numbers(network)
    assert twin.activations == network.activations
    assert (twin(X).data == network(X).data).all()


@pytest.mark.parametrize("learn_slope", [False, True])
def test_there_and_back_keeps_the_slope_of_a_leaky_relu(learn_slope: bool) -> None:
    network = lively([2, 3, 1], hidden="leaky_relu", slope=0.3, learn_slope=learn_slope)
    twin = Network.from_scalar(network.to_scalar(), learn_slope=learn_slope)

    assert (twin(X).data == network(X).data).all()


def test_the_network_of_Values_keeps_the_slope() -> None:
    network = lively([2, 3, 1], hidden="leaky_relu", slope=0.3, learn_slope=True)
    mlp = network.to_scalar()

    np.testing.assert_allclose([[mlp(x).data for x in X.T.tolist()]], network(X).data, rtol=0, atol=ROUNDING)


def test_a_network_of_Values_becomes_one_of_Tensors() -> None:
    mlp = MLP(2, [3, 1], rng=random.Random(0))
    network = Network.from_scalar(mlp)

    assert network.activations == ["relu", "linear"]
    np.testing.assert_allclose(network(X).data, [[mlp(x).data for x in X.T.tolist()]], rtol=0, atol=ROUNDING)


def test_the_common_generator_is_left_alone() -> None:
    network = Network([2, 1], seed=0)
    before = random.getstate()
    network.unfold([1.0, 2.0])

    assert random.getstate() == before


# --- unfolding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [[0.5, -1.0], np.array([[0.5], [-1.0]]), Tensor([[0.5], [-1.0]])])
def test_one_example_unfolds_into_a_graph_of_Values(x: Any) -> None:
    network = lively([2, 3, 1], hidden="tanh")
    a = network.unfold(x)

    assert isinstance(a, Value)
    assert a.data == pytest.approx(network([[0.5], [-1.0]]).item(), abs=ROUNDING)
    assert {"x1", "x2"} <= {node.name for node in topological(a)}
    assert {"layer 1/neuron 3", "layer 2/neuron 1"} <= {node.scope for node in topological(a)}


def test_its_gradients_are_those_of_the_Tensors() -> None:
    network = lively([2, 3, 1], hidden="tanh")
    a = network.unfold([0.5, -1.0])
    a.backward()
    x = Tensor([[0.5], [-1.0]])
    network(x).sum().backward()

    found = [node.grad for name in ("x1", "x2") for node in topological(a) if node.name == name]
    np.testing.assert_allclose(found, x.grad[:, 0], rtol=0, atol=ROUNDING)


def test_of_several_outputs_it_is_a_list() -> None:
    network = lively([2, 4, 3], output="softmax")
    found = [a.data for a in network.unfold([0.5, -1.0])]

    np.testing.assert_allclose(found, network([[0.5], [-1.0]]).data[:, 0], rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(("layer", "unit"), [(1, 1), (1, 4), (2, 2), (3, 1)])
def test_one_neuron_unfolds_alone(layer: int, unit: int) -> None:
    network = lively([2, 4, 2, 1], hidden="tanh")
    a = network.unfold([0.5, -1.0], layer=layer, unit=unit)
    A: Any = [[0.5], [-1.0]]
    for one in network.layers[:layer]:
        A = one(A)

    assert a.data == pytest.approx(A.data[unit - 1, 0], abs=ROUNDING)
    n_prev = network.n[layer - 1]
    letter = "x" if layer == 1 else "a"
    inputs = [node.name for node in topological(a) if node.kind == "input"]
    assert sorted(inputs) == [f"{letter}{i}" for i in range(1, n_prev + 1)]
    # The inputs, the weights and the bias; a dot product, a sum and tanh, or σ.
    assert len(topological(a)) == 2 * n_prev + 1 + 3


def test_one_neuron_of_a_softmax_has_its_value_in_the_whole() -> None:
    network = lively([2, 4, 3], output="softmax")
    a = network.unfold([0.5, -1.0], layer=2, unit=1)

    assert a.data == pytest.approx(network([[0.5], [-1.0]]).data[0, 0], abs=ROUNDING)


@pytest.mark.parametrize(("layer", "unit"), [(3, 1), (0, 1), (1, 4), (2, 2), (-1, 1)])
def test_a_neuron_that_is_not_there_is_refused(layer: int, unit: int) -> None:
    with pytest.raises(ValueError, match=f"there is no unit {unit} of layer {layer}: both are counted from 1"):
        Network([2, 3, 1]).unfold([1, 2], layer=layer, unit=unit)


@pytest.mark.parametrize("place", [{"layer": 1, "unit": 0}, {"unit": 3}])
def test_half_a_place_is_refused_too(place: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="unit"):
        Network([2, 3, 1]).unfold([1, 2], **place)


def test_an_example_of_another_size_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"^one example has 2 features; got 3$"):
        Network([2, 1]).unfold([1, 2, 3])


# --- learnable slopes, float32 --------------------------------------------------------------------


def test_learnable_slopes_are_trained() -> None:
    network = Network([2, 4, 4, 1], hidden=["leaky_relu", "tanh"], learn_slope=True, seed=0)
    train(network, Y, 20)

    assert [p.name for p in network.parameters()] == ["W1", "b1", "slope1", "W2", "b2", "W3", "b3"]
    assert network.layers[0].parameters()[2].item() != 0.01


def test_float32_stays_float32() -> None:
    single, double = (Network([2, 4, 1], seed=0, dtype=dtype) for dtype in ("float32", "float64"))
    J = single.cost(X, Y, l2=0.1)
    J.backward()

    assert {node.dtype for node in topological(J)} == {np.dtype("float32")}
    assert {p.grad.dtype for p in single.parameters()} == {np.dtype("float32")}
    assert J.item() == pytest.approx(double.cost(X, Y, l2=0.1).item(), rel=1e-5)  # a few roundings of 6e-8
    assert {p.dtype for p in train(single, Y, 3).parameters()} == {np.dtype("float32")}


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ([2], {}, r"^a network has at least an input and an output, such as \[2, 1\]; got \[2\]$"),
        ([2, 0, 1], {}, "^a layer has at least one unit and one input; got 2 inputs and 0 units$"),
        ([2, 3, 1], {"hidden": ["relu"] * 2}, r"^1 hidden layers and 2 activations for them: \['relu', 'relu'\]$"),
        ([2, 3, 1], {"hidden": "softmax"}, "^softmax is for the output: it makes the probabilities of classes$"),
        ([2, 3, 1], {"dropout": 1.0}, "^dropout is the share of units left out, at least 0 and less than 1; got 1.0$"),
        ([2, 3, 1], {"dropout": -0.1}, "at least 0 and less than 1; got -0.1$"),
    ],
)
def test_what_makes_no_network_is_refused(sizes: list[int], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network(sizes, **options)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[0], Y, r"^examples are the columns of an array \(2, m\); got shape \(4,\); for one example write"),
        (X.T, Y, r"^the layer takes 2 features, as rows; got shape \(4, 2\); .* give the transpose, X.T$"),
        (
            X,
            Y.T,
            r"^the labels have shape \(4, 1\) and the outputs \(1, 4\), a column an example; give the transpose, Y.T$",
        ),
        (
            X,
            Y[0],
            r"^the labels have shape \(4,\) and the outputs \(1, 4\), a column an example; write Y.reshape\(1, -1\)$",
        ),
        (
            X,
            Y[:, :3],
            r"^the labels have shape \(1, 3\) and the outputs \(1, 4\), a column an example$",
        ),
    ],
)
def test_examples_that_do_not_fit_are_refused_with_the_fix(x: Array, y: Array, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Network([2, 3, 1], seed=0).cost(x, y)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="a Tensor holds real numbers"):
        Network([2, 1]).cost(X, [["cat", "dog", "cat", "dog"]])
