"""A copy of a graph is a graph: of any depth, with what it shares, its names and gradients."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from microgradnn import Tensor, Value, clip, dot, maximum, relu, where
from microgradnn.check.strategies import Graph, graphs
from microgradnn.graph import Node, topological
from microgradnn.nn import Layer


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda x: pickle.loads(pickle.dumps(x, protocol))


WAYS: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": pickled(n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},
}
every_way = pytest.mark.parametrize("copied", WAYS.values(), ids=WAYS)


def told(root: Value) -> list[Any]:
    """All there is to say of every node, the inputs by their place in the order."""
    order = topological(root)
    place = {node: i for i, node in enumerate(order)}
    return [
        (
            node.data,
            node.grad,
            node.has_grad,
            node.name,
            node.scope,
            node.kind,
            node.op,
            node.partials,
            *(place[x] for x in node.inputs),
        )
        for node in order
    ]


@every_way
def test_nothing_is_lost(copied: Callable[[Any], Any]) -> None:
    w, x = Value(2.0, "w", kind="parameter"), Value(3.0).named("x", scope="data")
    y = (dot([w, x], [x, 1.0]) ** 2 + where(x, w, 0)).named("y", scope="layer")
    y.backward()

    assert told(copied(y)) == told(y)


@every_way
@given(graph=graphs())
@settings(max_examples=20, deadline=None)
def test_a_copy_sweeps_as_the_graph_does_and_leaves_it_alone(copied: Callable[[Any], Any], graph: Graph) -> None:
    before = told(graph.output)
    twin = copied(graph.output)
    twin.backward()

    assert told(graph.output) == before
    graph.output.backward()
    assert told(twin) == told(graph.output)


@every_way
def test_what_is_shared_stays_shared_also_between_several_outputs(copied: Callable[[Any], Any]) -> None:
    x = Value(2.0, "x")
    square = x * x
    first, second = copied([square + 1, square + 2])

    assert first.inputs[0] is second.inputs[0]
    assert first.inputs[0].inputs[0] is first.inputs[0].inputs[1]


@every_way
def test_what_a_gradient_or_a_partial_means_is_kept(copied: Callable[[Any], Any]) -> None:
    x = Value(-1.0)
    inner = x * 2
    y = relu(inner)
    y.backward()
    twin = copied(y)

    assert twin.partials == (0.0,)
    assert (twin.inputs[0].grad, twin.inputs[0].has_grad) == (0.0, True)
    assert not copied(Value(1.0)).has_grad
    assert copied(maximum(Value(2.0), Value(1.0))).partials == (1.0, 0.0)
    assert copied(clip(Value(2.0), Value(0.0), Value(3.0))).partials == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("copied", [copy.deepcopy, WAYS["pickle 5"]])
@pytest.mark.slow
def test_a_graph_of_a_hundred_thousand_nodes_is_copied(copied: Callable[[Any], Any]) -> None:
    x = node = Value(1.0, "x")
    for _ in range(100_000):
        node = node + x
    twin = copied(node)
    twin.backward()

    (leaf,) = [one for one in topological(twin) if one.op is None]
    assert (twin.data, leaf.grad, x.has_grad) == (100_001, 100_001, False)


def test_a_shallow_copy_shares_its_inputs() -> None:
    x = Value(2.0, "x")
    y = (x * 3).named("y")
    twin = copy.copy(y)

    assert twin is not y
    assert twin.inputs[0] is x
    assert (twin.data, twin.name, twin.partials) == (6, "y", (3, 2))


def whole(*roots: Any) -> list[Any]:
    """All that roots depend on, and that the gradients that are nodes depend on, with these by their places."""
    seen: set[Any] = set()
    order: list[Any] = [node for root in roots for node in topological(root, seen)]
    for node in order:  # which grows meanwhile
        if isinstance(node.grad, Node):
            order += topological(node.grad, seen)
    place = {node: i for i, node in enumerate(order)}
    return [
        (str(node.item()), str(node.op), place.get(node.grad, str(node.grad)), node.name, *map(place.get, node.inputs))
        for node in order
    ]


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "sin": lambda y, x: y.sin(),
    "tanh": lambda y, x: (y * 1.01).tanh(),
    "y²": lambda y, x: y * y * 0.5,
    "x y": lambda y, x: (y * x).tanh() + y,
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("copied", [copy.deepcopy, pickled(5)], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("leaf", [Value(0.5, "x"), Tensor([[0.5, 2.0]], "x")], ids=["Value", "Tensor"])
def test_gradients_that_are_nodes_come_along_at_any_depth(step: str, copied: Callable[[Any], Any], leaf: Any) -> None:
    x = copy.copy(leaf)
    y = x
    for _ in range(150):
        y = STEPS[step](y, x)
    y = y.sum() if isinstance(x, Tensor) else y
    y.backward(create_graph=True)
    y.inputs[0].grad.sum().backward(create_graph=True) if isinstance(x, Tensor) else x.grad.backward(create_graph=True)

    assert whole(copied(y)) == whole(y)
    assert whole(copied(x.grad)) == whole(x.grad)
    assert whole(*copied([x, y, x.grad])) == whole(x, y, x.grad)


def test_a_copy_shares_what_was_shared_and_copies_what_users_noted() -> None:
    x = Value(2.0, "x")
    x.moments = [1.0]  # type: ignore[attr-defined]
    layer = Layer(2, 3)
    outputs = layer([x, x * x])
    made = copy.deepcopy({"outputs": outputs, "x": x, "again": outputs[0]})

    assert made["again"] is made["outputs"][0]
    assert made["x"].moments == [1.0]
    assert made["x"].moments is not x.moments  # type: ignore[attr-defined]
    assert made["outputs"][0].inputs[0].inputs[0].inputs is not outputs[0].inputs[0].inputs[0].inputs
    (made["outputs"][0] + made["outputs"][1]).backward()
    assert made["x"].has_grad
    assert not x.has_grad
    assert sum(node is made["x"] for node in topological(made["outputs"][2])) == 1


def test_of_a_graph_with_gradients_that_are_nodes_a_copy_has_its_own() -> None:
    x = Value(2.0, "x")
    y = x**3
    y.backward(create_graph=True)
    made = copy.deepcopy(y)
    twin = made.inputs[0]

    assert twin.grad.data == 12
    assert x.grad not in topological(twin.grad)
    twin.grad.backward()
    assert x.grad.data == 12
