"""The graph: its order, its sweep, its paths; and how deep it may be."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Value
from microgradnn.graph import OPS, About, Node, Op, row, topological
from microgradnn.graph.paths import Edge, count_paths, paths, uses
from microgradnn.rules import calculus

DEEP = 200_000  # a million are built, swept and freed in tests/engine/test_scale.py


@st.composite
def graphs(draw: st.DrawFn) -> list[Value]:
    """A list of Values, each made from earlier ones by + or ×."""
    nodes = [Value(draw(st.integers(-3, 3)), name) for name in "ab"]
    for _ in range(draw(st.integers(0, 12))):
        x, y = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        nodes.append(x + y if draw(st.booleans()) else x * y)
    return nodes


@pytest.fixture(scope="module")
def chain() -> list[Any]:
    """The two ends of a long chain of additions."""
    x = end = Value(1, "x")
    for _ in range(DEEP):
        end = end + 1
    return [x, end]


# --- order --------------------------------------------------------------------------------


@given(nodes=graphs())
def test_every_node_comes_once_and_after_its_inputs(nodes: list[Value]) -> None:
    order = topological(nodes[-1])
    place = {node: i for i, node in enumerate(order)}

    assert len(place) == len(order)
    assert order[-1] is nodes[-1]
    assert all(place[x] < place[node] for node in order for x in node.inputs)


def test_of_a_node_of_which_nothing_is_said_the_name_is_empty_and_no_error_is_raised_on_the_way() -> None:
    """An error that is caught keeps the frames that raised it, and their nodes."""
    node = Value(1.0)

    assert getattr(node, "_about", None) == node.about == About()
    assert node.name == ""


def test_left_inputs_come_before_right_ones() -> None:
    a, b, c = (Value(i, name) for i, name in enumerate("abc"))
    u = (b * c).named("u")
    J = (a + u).named("J")

    assert [node.name for node in topological(J)] == ["a", "b", "c", "u", "J"]


def test_a_node_used_twice_passes_on_both_of_its_contributions_at_once() -> None:
    a = Value(1)  # recursion without an order passes b's gradient on before it is complete
    b = a + a
    c = b + b
    c.backward()

    assert (b.grad, a.grad) == (2, 4)


# --- the sweep ----------------------------------------------------------------------------


def test_D1_the_first_graph_of_the_notes() -> None:
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    u = b * c
    v = a + u
    J = 3 * v
    J.backward()

    assert (u.data, v.data, J.data) == (6, 11, 33)
    assert (a.grad, b.grad, c.grad, u.grad, v.grad, J.grad) == (3, 6, 9, 3, 3, 1)


def test_D3_a_node_used_twice_collects_both_paths() -> None:
    a, b, c, d = map(Value, (2, 3, 4, 5))
    f = (a + b) * c + (a + b) * d
    f.backward()

    assert f.data == 45
    assert (a.grad, b.grad, c.grad, d.grad) == (9, 9, 5, 5)


def test_leaves_accumulate_and_inner_nodes_start_afresh() -> None:
    x = Value(3)
    square = x * x
    cube = square * x
    cube.backward()
    cube.backward()

    assert x.grad == 2 * 27  # micrograd gives 72
    assert square.grad == 3


def test_leaves_accumulate_over_losses() -> None:
    w = Value(2)
    (w * 3).backward()
    (w * 5).backward()

    assert w.grad == 8


def test_a_seed_scales_the_gradient() -> None:
    x = Value(3)
    (x * x).backward(0.5)

    assert x.grad == 3


def test_a_leaf_is_its_own_output() -> None:
    x = Value(3)
    x.backward()

    assert x.grad == 1


def test_a_gradient_is_zero_and_not_computed_until_it_is() -> None:
    x = Value(3)
    y = x * 0
    assert (x.grad, x.has_grad) == (0.0, False)

    y.backward()
    assert (x.grad, x.has_grad) == (0.0, True)

    y.zero_grad()
    assert (x.grad, x.has_grad) == (0.0, False)


def test_a_gradient_that_the_user_sets_counts_as_computed() -> None:
    x = Value(3)
    x.grad = 0.0  # as micrograd's users clear it

    assert x.has_grad
    (2 * x).backward()
    assert x.grad == 2


# --- uses and paths -----------------------------------------------------------------------


def test_a_sum_with_itself_has_two_edges() -> None:
    a = Value(3, "a")
    f = a + a

    assert f.inputs == (a, a)
    assert uses(topological(f), [a]) == {a: [Edge(f, 0), Edge(f, 1)]}
    assert len(list(paths(topological(f), a))) == 2


@given(nodes=graphs())
def test_paths_are_as_many_as_counted_and_their_products_add_up(nodes: list[Value]) -> None:
    root, a = nodes[-1], nodes[0]
    order = topological(root)
    found = list(paths(order, a))

    assert count_paths(order, a, limit=10**9) == len(found)
    total = 0.0
    for path in found:
        product = 1.0
        for edge in path:
            product *= edge.partial
        total += product
    root.backward()
    assert total == a.grad  # whole numbers: exactly


def test_paths_are_counted_up_to_a_limit() -> None:
    x = end = Value(1)
    for _ in range(200):
        end = end + end

    assert count_paths(topological(end), x, limit=33) == 33


def test_where_no_path_leads_there_is_none() -> None:
    a, b = Value(1), Value(2)

    assert list(paths(topological(a * a), b)) == []
    assert count_paths(topological(a * a), b, limit=9) == 0


# --- a long chain ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_long_chain_is_swept(chain: list[Any]) -> None:
    x, end = chain
    end.backward()

    assert (end.data, x.grad) == (DEEP + 1, 1)
    end.zero_grad()
    assert not x.has_grad


@pytest.mark.slow
def test_both_ends_of_a_long_chain_are_drawn(chain: list[Any]) -> None:
    drawing = chain[1].draw(most=20)

    assert [box.title for box in drawing.picture.boxes if box.kind == "folded"] == ["… 199,994 more steps …"]
    assert sum(box.nodes for box in drawing.picture.boxes) == 2 * DEEP + 1
    assert len(drawing.picture.boxes) <= 20
    assert "t200000 = t199999 + 1" in drawing.svg()


@pytest.mark.slow
def test_a_path_of_many_steps_is_explained_by_its_first(chain: list[Any]) -> None:
    text = str(chain[1].explain(chain[0]))

    assert text.startswith("dt200000/dx by the 1 use of x, as its paths are too many or too long")
    assert "dt200000/dx = 1" in text


def test_threads_with_graphs_of_their_own_do_not_meet() -> None:
    results: dict[int, float] = {}

    def work(n: int) -> None:
        x = Value(n)
        end = x
        for _ in range(2000):
            end = end + x
        end.backward()
        results[n] = x.grad

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == dict.fromkeys(range(8), 2001)


# --- rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_a_row_is_pickled_as_its_name(op: Op) -> None:
    assert pickle.loads(pickle.dumps(op)) is op


def test_the_last_of_three_arguments_is_held_and_the_others_have_their_slopes() -> None:
    x, low = Value(1.0, "x"), Value(2.0, "low")
    y = calculus.clip(x, low, 3.0)
    y.backward()

    assert y.op.held == (3.0,)
    assert (x.grad, low.grad) == (0.0, 1.0)
    assert [rule(2.5, 2.5, 2.0) for rule in y.op.partials] == [1.0, 0.0]


def test_a_held_row_is_made_once_and_pickled_with_what_it_holds() -> None:
    square = calculus.pow.hold(2.0)

    assert square is calculus.pow.hold(2.0)
    assert pickle.loads(pickle.dumps(square)) is square
    assert repr(square) == "<op pow(2.0,)>"
    assert row("pow", (2.0,))(3.0) == 9
    assert len(square.partials) == 1


def test_a_bare_node_has_no_sweep_of_its_own() -> None:
    with pytest.raises(NotImplementedError):
        Node()._sweep(1.0)
    with pytest.raises(NotImplementedError):
        Node._record(calculus.add)
