"""Three ways to one gradient: what flows along the edges, the products of the paths, the adjoints."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Value, expression, log, maximum, relu
from microgradnn.check.strategies import programs
from microgradnn.graph import OPS, topological
from microgradnn.graph.paths import Edge, back, count_paths, paths, uses

EXACT = [OPS[name] for name in ("add", "sub", "mul", "neg", "dot", "relu", "maximum")]


@st.composite
def whole_graphs(draw: st.DrawFn) -> list[Any]:
    """The nodes of a graph in order, all of whole numbers and halves of them: their arithmetic is exact."""
    program = draw(programs(rows=EXACT, most=5))
    return topological(program(*(Value(round(x)) for x in program.inputs)))


def adjoints(order: list[Any]) -> dict[Any, Any]:
    """The gradients of the end of an order in all of it."""
    return back(order, order, 1.0, on_nodes=False)


def test_D1_of_the_notes_is_one_path_and_D3_two_from_the_left_to_the_right() -> None:
    def told(text: str, wrt: str, **values: float) -> list[str]:
        graph = expression(text, values)
        found = paths(topological(graph.output), graph.names[wrt])
        return [" ".join(f"{edge.user.name}→{edge.source.name}" for edge in path) for path in found]

    assert told("u = b*c; v = a + u; J = 3*v", "b", a=5, b=3, c=2) == ["J→v v→u u→b"]
    two = told("s = a + b; p = s*c; q = s*d; f = p + q", "a", a=2, b=3, c=4, d=5)
    assert two == ["f→p p→s s→a", "f→q q→s s→a"]


def test_an_edge_is_a_use_with_its_slope_and_what_flows_back_along_it() -> None:
    x, y = Value(2, "x"), Value(3, "y")
    product = x * y
    edge = Edge(product, 1)

    assert (edge.source, edge.partial, edge.flow) == (y, 2, 0)  # no sweep yet: nothing has flowed
    product.backward(5)
    assert (edge.partial, edge.flow) == (2, 10)


@pytest.mark.parametrize("branch", [relu, lambda x: maximum(x, 0)], ids=["relu", "maximum"])
def test_nothing_flows_through_a_branch_that_was_not_taken(branch: Callable[[Any], Any]) -> None:
    x = Value(0.0, "x")
    inner = log(x)  # −∞, with slope ∞: 0 times that would be nan
    y = branch(inner) + x
    y.backward()
    order = topological(y)

    assert [edge.flow for edge in uses(order, [inner, x])[inner]] == [0]
    assert [edge.flow for edge in uses(order, [x])[x]] == [0, 1]
    assert adjoints(order)[x] == 1
    assert inner not in adjoints(order)


def test_not_even_if_what_arrives_is_infinite() -> None:
    x = Value(-1.0, "x")
    y = log(relu(x))
    y.backward()

    assert (y.inputs[0].grad, Edge(y.inputs[0], 0).flow) == (math.inf, 0)


@given(whole_graphs())
@settings(deadline=None)
def test_the_products_of_the_paths_to_any_node_add_up_to_its_adjoint(order: list[Any]) -> None:
    sweep = adjoints(order)

    for node in order:
        products = [math.prod(edge.partial for edge in path) for path in paths(order, node)]
        assert sum(products) == sweep.get(node, 0)


@given(whole_graphs())
@settings(deadline=None)
def test_every_path_is_another_one_and_leads_from_the_end_to_its_source(order: list[Any]) -> None:
    for node in order:
        found = [tuple(path) for path in paths(order, node)]
        for path in found:
            assert [order[-1], *(edge.source for edge in path)] == [*(edge.user for edge in path), node]
        assert len(set(found)) == len(found)
        assert [count_paths(order, node, limit=n) for n in (1, 3, 10**9)] == [min(len(found), n) for n in (1, 3, 10**9)]


@given(whole_graphs())
@settings(deadline=None)
def test_adjoints_are_the_gradients_of_the_sweep_and_leave_those_alone(order: list[Any]) -> None:
    sweep = adjoints(order)
    assert not any(node.has_grad for node in order)

    order[-1].backward()
    assert [sweep.get(node, 0) for node in order] == [node.grad_data for node in order]


@given(whole_graphs())
@settings(deadline=None)
def test_what_flows_out_of_a_nodes_uses_is_its_gradient(order: list[Any]) -> None:
    order[-1].backward()

    for node, edges in uses(order, order[:-1]).items():
        assert sum(edge.flow for edge in edges) == node.grad_data
        assert all(edge.source is node for edge in edges)


@given(whole_graphs(), st.data())
@settings(deadline=None)
def test_carried_back_to_some_nodes_a_gradient_is_the_same_and_comes_to_what_leads_there(
    order: list[Any], data: st.DataObject
) -> None:
    wanted = data.draw(st.lists(st.sampled_from(order), unique=True))
    sweep = adjoints(order)
    found = back(order, wanted, 3.0, on_nodes=False)

    assert [found.get(node, 0) for node in wanted] == [3 * sweep.get(node, 0) for node in wanted]
    for node in found.keys() - {order[-1]}:
        assert any(count_paths(topological(node), source, limit=1) for source in wanted)


def test_carried_back_on_nodes_a_gradient_can_be_differentiated() -> None:
    x = Value(2, "x")
    slope = back(topological(x**3), [x], Value(1), on_nodes=True)[x]
    slope.backward()

    assert (slope.data, x.grad) == (12, 12)


def test_the_end_has_no_use_and_one_path_to_itself() -> None:
    order = topological(Value(2, "x") * 3)
    end = order[-1]

    assert uses(order, [end]) == {end: []}
    assert list(paths(order, end)) == [[]]
    assert count_paths(order, end, limit=9) == 1
    assert adjoints([end.inputs[0]]) == {end.inputs[0]: 1}


def test_what_leads_elsewhere_is_not_searched() -> None:
    x = Value(2, "x")
    elsewhere = Value(1.0)
    for _ in range(100):
        elsewhere = elsewhere + elsewhere
    y = elsewhere * x  # 2¹⁰⁰ paths, and one

    assert list(paths(topological(y), x)) == [[Edge(y, 1)]]


def test_uses_are_those_within_the_order_of_what_is_asked_for() -> None:
    x, elsewhere = Value(2, "x"), Value(1)
    square = x * x
    cube = square * x

    assert uses(topological(square), {x, elsewhere}) == {x: [Edge(square, 0), Edge(square, 1)]}
    assert uses(topological(cube), [x])[x][-1] == Edge(cube, 1)
