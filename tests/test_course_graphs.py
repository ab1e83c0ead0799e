"""The course notes on names, shapes and computation graphs, row by row.

A test is named for the row of the notes that it proves.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, derive, expression
from microgradnn.data import gate
from microgradnn.graph import topological
from microgradnn.nn import Network

OR = gate("or")
D1, POINT = "u = b*c; v = a + u; J = 3*v", {"a": 5.0, "b": 3.0, "c": 2.0}


def costed(sizes: list[int], m: int = 4, **options: Any) -> tuple[Network, Tensor]:
    """A network, and its cost of m examples, swept."""
    network = Network(sizes, hidden="tanh", seed=0, **options)
    rng = np.random.default_rng(0)
    X = Tensor(rng.standard_normal((sizes[0], m)), name="X", kind="constant")
    Y = Tensor(np.arange(m * sizes[-1]).reshape(sizes[-1], m) % 2.0, name="Y", kind="constant")
    J = network.cost(X, Y)
    J.backward()
    return network, J


def names(root: Any) -> list[str]:
    """The names in the order of the forward pass."""
    return [node.name for node in topological(root) if node.name]


# --- A. Names and shapes --------------------------------------------------------------------------


def test_A6_a_unit_has_its_layer_in_brackets_and_its_number_below() -> None:
    network = Network([2, 3, 1], seed=0)

    found = names(network.unfold([0.5, 0.3]))

    assert [name for name in found if name[0] in "za" and "[" in name] == [
        "z[1]_1",
        "a[1]_1",
        "z[1]_2",
        "a[1]_2",
        "z[1]_3",
        "a[1]_3",
        "z[2]_1",
        "a[2]_1",
    ]


def test_A6_the_examples_are_columns_and_need_no_name() -> None:
    network = Network([2, 3, 1], seed=0)
    X = np.array([[0.5, -1.0], [0.3, 2.0]])

    alone = {node.name: node.data for node in topological(network.unfold(X[:, [1]])) if node.name}

    Z1 = network.layers[0].linear(X).numpy()
    assert alone["z[1]_2"] == pytest.approx(Z1[1, 1], abs=1e-14)  # z[1](2)_2, the second column


def test_A7_the_input_layer_is_not_counted() -> None:
    network = Network([3, 4, 1])

    assert network.L == 2
    assert network.n == [3, 4, 1]
    assert [layer.number for layer in network.layers] == [1, 2]


@pytest.mark.parametrize("depth", range(1, 7))
def test_A8_networks_of_any_depth_train_through_one_code_path(depth: int) -> None:
    network = Network([2, *[4] * (depth - 1), 1], hidden="tanh", seed=0)

    history = network.fit(OR.X, OR.Y, learning_rate=0.5, iterations=300)

    assert len(network.layers) == depth
    assert history.cost is not None
    assert history.cost < 0.2 * history.costs[0]


def test_A9_the_gradient_by_a_variable_is_called_d_and_its_name() -> None:
    _, J = costed([2, 3, 1])

    assert [line.name for line in derive(J).backward] == ["dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]
    graph = expression(D1, POINT)
    assert [line.name for line in derive(graph.output).backward] == ["dv", "da", "du", "db", "dc"]


@pytest.mark.parametrize("sizes", [[3, 1], [3, 4, 1], [2, 3, 5, 4, 2, 1], [5, 2, 3]], ids=str)
def test_A10_the_shapes_of_every_layer_and_of_every_gradient(sizes: list[int]) -> None:
    m = 7
    network, J = costed(sizes, m)
    nodes = {node.name: node for node in topological(J) if node.name}

    for l in range(1, network.L + 1):  # noqa: E741 (the notes' name)
        assert nodes[f"W{l}"].shape == (sizes[l], sizes[l - 1])
        assert nodes[f"b{l}"].shape == (sizes[l], 1)
        assert nodes[f"Z{l}"].shape == (sizes[l], m)
        assert network.layers[l - 1](np.zeros((sizes[l - 1], m))).shape == (sizes[l], m)
    assert all(node.has_grad for node in network.parameters())
    for node in nodes.values():
        if node.has_grad:  # X and Y are constants
            assert np.shape(node.grad) == node.shape, node.name


# --- D. Computation graphs ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_D2_direct_calculus_is_the_graph(seed: int) -> None:
    a, b, c = np.random.default_rng(seed).uniform(-5, 5, 3)
    graph = expression(D1, {"a": a, "b": b, "c": c})
    graph.output.backward()

    found = [graph.names[name].grad for name in "abc"]

    assert found == pytest.approx([3, 3 * c, 3 * b], rel=1e-15)
    assert str(derive(expression("J = 3*(a + b*c)", POINT).output)).splitlines()[2:] == [
        "da = 3",
        "db = 3 * c",
        "dc = 3 * b",
    ]


def test_D4_forward_are_the_values_and_backward_the_gradients_in_reverse() -> None:
    graph = expression(D1, POINT)
    forward = names(graph.output)
    assert {name: graph.names[name].data for name in "uvJ"} == {"u": 6, "v": 11, "J": 33}
    assert not any(graph.names[name].has_grad for name in "abc")

    graph.output.backward()

    assert forward.index("u") < forward.index("v") < forward.index("J")
    backward = [line.name for line in derive(graph.output).backward]
    assert backward.index("dv") < backward.index("du") < backward.index("db")
    assert [graph.names[name].grad for name in "abcuv"] == [3, 6, 9, 3, 3]


def test_D5_backpropagation_goes_from_the_output_to_the_input() -> None:
    _, J = costed([2, 3, 1])

    order = [line.name for line in derive(J, simplify=False).backward]

    notes = ["dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]
    assert [name for name in order if name in notes] == notes


def test_D6_a_gradient_is_the_product_of_the_slopes_along_the_path() -> None:
    network = Network([1, 1, 1], hidden="tanh", seed=0)
    a = network.unfold([0.5])
    a.backward()
    nodes = {node.name: node for node in topological(a) if node.name}

    product = 1.0
    path = ["a[2]_1", "z[2]_1", "a[1]_1", "z[1]_1"]
    for above, below in pairwise(path):
        product *= slope(nodes[above], nodes[below])
        assert nodes[below].grad == pytest.approx(product, rel=1e-14)


def slope(above: Any, below: Any) -> float:
    """The derivative of a node by one that it was computed from, with what lies between them."""
    between = 0.0
    for x, partial in zip(above.inputs, above.partials, strict=True):
        between += partial * (1.0 if x is below else slope(x, below) if x.op else 0.0)
    return between


def test_D7_the_steps_of_a_derivation_are_written_out() -> None:
    graph = expression(D1, POINT)
    graph.output.backward()

    steps = [str(graph.output.explain(graph.names[name])) for name in "abc"]

    assert steps == [
        "dJ/da = ∂J/∂v · ∂v/∂a = 3 · 1 = 3",
        "dJ/db = ∂J/∂v · ∂v/∂u · ∂u/∂b = 3 · 1 · c = 3 · 1 · 2 = 6",
        "dJ/dc = ∂J/∂v · ∂v/∂u · ∂u/∂c = 3 · 1 · b = 3 · 1 · 3 = 9",
    ]
