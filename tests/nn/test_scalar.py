"""Networks of Values are micrograd's, number for number."""

from __future__ import annotations

import random
from typing import Any

import micrograd.engine
import micrograd.nn
import numpy as np
import pytest

import microgradnn.engine
from microgradnn import Value
from microgradnn.graph import OPS
from microgradnn.nn import MLP, Layer, Module, Neuron
from microgradnn.rules import calculus


def trained(nn: Any, value: Any, steps: int) -> tuple[list[float], list[float]]:
    """The losses and, at the end, the parameters of a small network, trained as micrograd's demo does."""
    random.seed(1337)
    model = nn.MLP(2, [4, 3, 1])
    examples = [([0.5, -1.0], 1), ([-1.5, 0.25], -1), ([1.0, 2.0], -1)]
    losses = []
    for _ in range(steps):
        scores = [model(list(map(value, x))) for x, _ in examples]
        loss = sum((1 + -y * score).relu() for (_, y), score in zip(examples, scores, strict=True))
        loss = loss * (1 / 3) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        losses.append(loss.data)
    return losses, [p.data for p in model.parameters()]


def test_a_training_goes_as_with_micrograd() -> None:
    ours = trained(microgradnn.nn, Value, 30)
    theirs = trained(micrograd.nn, micrograd.engine.Value, 30)

    # A neuron adds w · x and b in another order: 30 steps with two roundings each, of numbers near 1.
    assert ours[0] == pytest.approx(theirs[0], rel=1e-13)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-13)


def test_the_initial_weights_are_microgradients() -> None:
    random.seed(7)
    ours = [p.data for p in MLP(3, [4, 4, 1]).parameters()]
    random.seed(7)
    theirs = [p.data for p in micrograd.nn.MLP(3, [4, 4, 1]).parameters()]

    assert ours == theirs


def test_a_seed_of_its_own_leaves_the_common_one_alone() -> None:
    random.seed(7)
    before = random.getstate()
    first, second = (MLP(3, [2, 1], rng=random.Random(1)) for _ in range(2))

    assert [p.data for p in first.parameters()] == [p.data for p in second.parameters()]
    assert random.getstate() == before


def test_a_neuron_is_a_dot_product_a_sum_and_an_activation() -> None:
    x = [Value(1.0), Value(-2.0)]
    neuron = Neuron(2, rng=random.Random(0))
    a = neuron(x)

    (z,) = a.inputs
    dot, b = z.inputs
    assert [node.op for node in (a, z, dot)] == [OPS["relu"], OPS["add"], OPS["dot"]]
    assert dot.inputs == (*neuron.w, *x)
    assert b is neuron.b
    assert z.data == neuron.w[0].data - 2 * neuron.w[1].data


def test_the_last_layer_of_a_network_is_linear() -> None:
    model = MLP(2, [3, 1])

    assert [[n.nonlin for n in layer.neurons] for layer in model.layers] == [[True] * 3, [False]]
    assert model([1.0, 2.0]).op.name == "add"


def test_a_layer_returns_a_list_and_of_one_neuron_the_activation() -> None:
    assert len(Layer(2, 3)([1.0, 2.0])) == 3
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)


def test_a_layer_of_one_neuron_may_stand_before_another() -> None:
    model = MLP(2, [1, 2])

    assert len(model([1.0, 2.0])) == 2


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0]])
def test_inputs_of_another_number_are_refused(x: list[float]) -> None:
    with pytest.raises(ValueError, match=rf"ReLUNeuron\(2\) takes 2 inputs, got {len(x)}"):
        Neuron(2)(x)


def test_parameters_are_named_and_know_their_place() -> None:
    model = MLP(2, [2, 1])
    first, *_, last = model.parameters()

    assert [p.name for p in model.layers[0].neurons[0].parameters()] == ["w1", "w2", "b"]
    assert {p.kind for p in model.parameters()} == {"parameter"}
    assert (first.scope, last.scope) == ("layer 1/neuron 1", "layer 2/neuron 1")
    assert len(model.parameters()) == 2 * 3 + 3


def test_zero_grad_clears_every_parameter() -> None:
    model = MLP(2, [2, 1])
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()

    assert [p.grad for p in model.parameters()] == [0.0] * 9
    assert Module().parameters() == []


def test_a_network_says_what_it_is_as_microgradients_does() -> None:
    assert repr(MLP(2, [3, 1])) == repr(micrograd.nn.MLP(2, [3, 1]))


def test_micrograds_place_for_value_is_known() -> None:
    assert microgradnn.engine.Value is Value


class Hundred(Neuron):
    def __call__(self, x: Any) -> Any:
        return Value(100.0)


class Doubled(Neuron):
    @property
    def weights(self) -> tuple[Value, ...]:
        return tuple(2 * w for w in self.w)

    def __call__(self, x: Any) -> Any:
        return calculus.dot(self.weights, x) + self.b


class Named(Neuron):
    """One that changes nothing of what is computed."""

    def __repr__(self) -> str:
        return "mine"


def test_a_neuron_that_computes_its_own_way_is_asked() -> None:
    layer, mlp = Layer(2, 2), MLP(2, [2, 1])
    layer.neurons[1] = Hundred(2)
    mlp.layers[0].neurons = [Hundred(2), Hundred(2)]
    doubled = Doubled(2)

    assert layer([0.0, 0.0])[1].data == 100
    assert mlp([0.0, 0.0]).data == pytest.approx(100 * sum(w.data for w in mlp.layers[1].neurons[0].w))
    layer.neurons = [doubled]
    assert layer([1.0, 1.0]).data == pytest.approx(2 * sum(w.data for w in doubled.w))
    layer.neurons = [lambda x: x[0] + 7]  # type: ignore[list-item] # anything that can be called will do
    assert layer([1.0, 1.0]) == 8


def test_a_softmax_is_of_all_neurons_of_a_kind_that_computes_as_the_usual() -> None:
    layer = Layer(2, 3, activation="softmax")
    layer.neurons = [Named(2, activation="softmax") for _ in range(3)]

    assert sum(a.data for a in layer([1.0, 2.0])) == pytest.approx(1)


def test_a_layer_of_one_neuron_may_stand_in_the_middle() -> None:
    assert len(MLP(2, [1, 2])([1.0, 2.0])) == 2
    assert not hasattr(Value(1.0), "__iter__")  # by which micrograd's users tell a list from a Value


class Bare(Neuron):
    """One that draws its weights itself, as after the lecture."""

    def __init__(self, nin: int) -> None:
        self.w = [Value(1.0) for _ in range(nin)]
        self.b = Value(0.5)
        self.nonlin = False


def test_a_neuron_need_not_call_the_constructor_of_its_base() -> None:
    layer = Layer(2, 1)
    layer.neurons = [Bare(2)]

    assert layer([1.0, 2.0]).data == Bare(2)([1.0, 2.0]).data == 3.5


@pytest.mark.parametrize(
    "x",
    [
        np.array([1.0, 2.0]),
        np.array([1, 2], np.uint8),
        np.array([1.0, 2.0], np.float32),
        np.array([Value(1.0), 2.0], object),
        {"a": 1.0, "b": 2.0}.values(),
        range(1, 3),
        (1, 2),
    ],
)
def test_what_can_be_gone_through_is_an_input(x: Any) -> None:
    model = MLP(2, [3, 1], rng=random.Random(1))

    assert model(x).data == model([1.0, 2.0]).data
    assert model.layers[0].neurons[0](x).data == model.layers[0].neurons[0]([1.0, 2.0]).data


def test_weights_and_nonlin_may_be_assigned() -> None:
    neuron = Neuron(2)
    neuron.nonlin = False
    neuron.w = np.array([-1.0, -2.0])  # type: ignore[assignment]
    linear = neuron([1.0, 1.0])
    neuron.nonlin = True
    neuron.w[1] = 3.0  # type: ignore[call-overload]

    assert (linear.data, neuron([1.0, 1.0]).data) == (-3, 2)
    assert repr(neuron) == "ReLUNeuron(2)"
