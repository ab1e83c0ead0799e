"""Large graphs are folded: by scope, by role, along chains; and a part of a graph can be asked for."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from microgradnn import Value, expression, mean, tanh
from microgradnn.draw.boxes import Picture
from microgradnn.draw.picture import MOST_NODES, picture
from microgradnn.graph import topological
from microgradnn.nn.scalar import MLP
from microgradnn.rules.notation import number


def titles(drawn: Picture) -> list[str]:
    return [box.title for box in drawn.boxes]


def network(*units: int) -> Value:
    x = [Value(0.5, "x1"), Value(-0.2, "x2")]
    J: Value = ((MLP(2, units, rng=random.Random(0))(x) - 1) ** 2).named("J")
    J.backward()
    return J


def accounted(drawn: Picture, root: Value) -> bool:
    """Whether every node is in a box, or counted as not shown."""
    return sum(box.nodes for box in drawn.boxes) + drawn.hidden == len(topological(root))


def test_a_network_with_scopes_is_folded_by_layers_and_says_so() -> None:
    J = network(16, 16, 1)
    drawn = picture(J)

    assert [title for title in titles(drawn) if "layer" in title] == [
        "layer 1: 96 nodes",
        "layer 2: 320 nodes",
        "layer 3: 19 nodes",
    ]
    assert titles(drawn)[-1].startswith("J = ")
    assert drawn.told == ("435 of 440 nodes are folded into 3 boxes",)
    assert accounted(drawn, J)


def test_a_folded_neuron_says_how_many_nodes_what_it_is_worth_and_how_large_its_gradient() -> None:
    J = network(3, 1)
    box = next(box for box in picture(J, fold="neuron").boxes if box.title.startswith("neuron 3"))
    inside = [node for node in topological(J) if node.scope == "layer 1/neuron 3"]
    parameters = [node for node in inside if node.kind == "parameter"]
    norm = sum(node.grad**2 for node in parameters) ** 0.5

    assert box.title == "neuron 3: 6 nodes"
    assert box.scope == ("layer 1",)
    assert box.value == f"value {number(inside[-1].data)}"
    assert box.grad == f"‖grad‖ {norm:.3g}"


def test_one_neuron_can_be_unfolded() -> None:
    J = network(16, 16, 1)
    drawn = picture(J, unfold="layer 1/neuron 3")
    inside = [box for box in drawn.boxes if box.scope == ("layer 1", "neuron 3")]

    assert sorted(box.kind for box in inside) == ["operation"] * 3 + ["parameter"] * 3
    assert [title for title in titles(drawn) if title.startswith("neuron ")] == ["neuron 1  ×15"]
    assert {"x1", "x2"} <= {*titles(drawn)}
    assert accounted(drawn, J)


@pytest.mark.parametrize(("depth", "folded"), [(0, 2), (1, 4), (2, 0)])
def test_depth_is_how_many_scopes_deep_is_unfolded(depth: int, folded: int) -> None:
    J = network(3, 1)
    drawn = picture(J, depth=depth)

    assert sum(box.node is None for box in drawn.boxes) == folded
    assert accounted(drawn, J)


def test_a_scope_that_is_not_there_is_told_the_scopes_that_are() -> None:
    with pytest.raises(ValueError, match=r"no scope 'neuro' \(choose from layer 1, layer 1/neuron 1, "):
        picture(network(2, 1), fold="neuro")
    with pytest.raises(ValueError, match="no node has a scope, so none is 'neuron'"):
        picture(Value(1.0) + 1, unfold="neuron")


def test_of_a_long_chain_both_ends_are_shown_and_the_steps_between_are_counted() -> None:
    x = Value(1.0, "x")
    y: Any = x
    for _ in range(300):
        y = y * 1.01
    y.named("y")
    drawn = picture(y)

    steps = [box for box in drawn.boxes if box.title.startswith("… ")]
    shown = [box for box in drawn.boxes if box.node is not None and box.node.op]
    assert len(steps) == 1
    assert steps[0].title == "… 294 more steps …"
    assert len(shown) == 6
    assert {box.title for box in drawn.boxes} >= {"x", "t1 = x × 1.01", "y = t299 × 1.01"}
    assert accounted(drawn, y)


def test_the_steps_of_a_recurrence_are_one_box_and_what_they_share_stays_outside() -> None:
    w, u = Value(0.5, "w", kind="parameter"), Value(0.3, "u", kind="parameter")
    h = Value(0.0, "h0")
    for t in range(100):
        h = tanh(w * h + u * Value(0.1, f"x{t}"))
    drawn = picture(h)

    assert {"w", "u", "h0"} <= set(titles(drawn))
    assert sum("more steps" in title for title in titles(drawn)) == 1
    assert len(drawn.boxes) < 60
    assert accounted(drawn, h)


def test_what_is_made_for_the_steps_of_a_sum_is_in_their_box_and_whole_at_the_ends() -> None:
    x = Value(1.0, "x")
    total: Any = x
    for i in range(200):
        total = total + (x * i).sin()
    drawn = picture(total)

    folded = [box for box in drawn.boxes if box.node is None]
    assert [(box.title, box.nodes) for box in folded] == [("… 194 more steps …", 194 * 4)]
    assert {"t2 = sin(t1)", "t1 = x × 0", "x"} <= set(titles(drawn))
    assert accounted(drawn, total)


def test_examples_of_a_mean_are_one_box_each_role_and_counted() -> None:
    w = Value(0.5, "w", kind="parameter")
    losses = [tanh(w * Value(0.1 * i, f"x{i}") - 1) ** 2 for i in range(16)]
    J = mean(losses).named("J")
    drawn = picture(J)

    assert [title.rpartition("  ")[2] for title in titles(drawn) if "×16" in title] == ["×16"] * 6
    assert "w" in titles(drawn)
    assert accounted(drawn, J)


def test_focus_is_what_lies_between() -> None:
    graph = expression("u = b*c; v = a + u; J = 3*v + a", {"a": 5, "b": 3, "c": 2})
    J = graph.output

    between = picture(J, focus=("b", "v"))
    assert titles(between) == ["…", "…", "b", "u = b × c", "v = a + u"]
    assert titles(picture(J, focus=graph.names["c"]))[-1] == titles(picture(J))[-1]
    assert accounted(between, J)
    with pytest.raises(ValueError, match="focus: u does not depend on a"):
        picture(J, focus=("a", "u"))
    with pytest.raises(ValueError, match=r"has the name 'q' \(choose from a, b, c, u, v, J\)"):
        picture(J, focus="q")


def test_around_is_what_is_near() -> None:
    graph = expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})

    assert titles(picture(graph.output, around="u", radius=1)) == ["…", "b", "c", "u = b × c", "v = a + u"]
    assert titles(picture(graph.output, around="u", radius=0)) == ["…", "u = b × c"]


def test_top_shows_the_edges_that_bring_back_most() -> None:
    x, y = Value(1.0, "x"), Value(1.0, "y")
    J = (5 * x + 0.1 * y).named("J")
    with pytest.raises(ValueError, match=r"call backward\(\) first"):
        picture(J, top=1)
    J.backward()

    drawn = picture(J, top=3, constants=False)
    assert set(titles(drawn)) == {"x", "t1 = 5 × x", "t2 = 0.1 × y", "J = t1 + t2"}
    assert len(drawn.arrows) == 3
    assert drawn.told == ("3 of 7 nodes are not shown",)


def test_constants_can_be_left_out() -> None:
    graph = expression("J = 3*(a + 2)", {"a": 5})
    drawn = picture(graph.output, constants=False)

    assert titles(drawn) == ["a", "t1 = a + 2", "J = 3 × t1"]
    assert drawn.hidden == 2


def test_names_are_found_with_their_scopes_and_as_drawings_number_them() -> None:
    J = network(3, 1)

    assert titles(picture(J, focus=("layer 1/neuron 2/w1", "J")))[-1].startswith("J = ")
    assert picture(J, around="t1", radius=0).boxes[-1].title.startswith("t1 = ")
    with pytest.raises(
        ValueError, match="4 nodes have the name 'w1': write which: layer 2/neuron 1/w1, layer 1/neuron 1/w1"
    ):
        picture(J, focus="w1")


def test_a_graph_of_many_nodes_is_drawn_as_a_few_boxes() -> None:
    net = MLP(2, [8, 1], rng=random.Random(0))
    draws = random.Random(1)
    J: Any = Value(0.0)
    for _ in range(200):
        J = J + (net([draws.random(), draws.random()]) - 1) ** 2
    drawn = picture(J)

    assert len(drawn.boxes) <= 60 < MOST_NODES
    assert accounted(drawn, J)


def test_layers_that_are_joined_all_to_all_have_room_between_and_no_labels() -> None:
    drawn = network(16, 16, 1).draw(fold="neuron")

    assert len(drawn.picture.arrows) > 256
    assert not any(arrow.label for arrow in drawn.picture.arrows)
    assert "ranksep=1" in drawn.dot()
    assert "ranksep=1" not in network(2, 1).draw().dot()


def test_of_what_is_cut_there_are_no_more_edges_than_a_layout_takes_in_a_second() -> None:
    draws = random.Random(0)
    nodes: list[Any] = [Value(draws.random(), kind="parameter") for _ in range(5)]
    for _ in range(400):
        some = draws.sample(nodes, 5)
        nodes.append(mean([x * y if draws.random() < 0.5 else x - y for x, y in pairwise(some)]))
    root = mean(nodes)
    drawn = picture(root)

    assert 1 < len([arrow for arrow in drawn.arrows if not arrow.tail.startswith("cut")]) <= 300
    assert accounted(drawn, root)


def test_the_names_of_what_is_folded_are_made_visible_too() -> None:
    y = Value(1.0, "y")
    for i in range(4):
        w = Value(0.5, kind="parameter").named(f"\x1b[31m{i}\x00<b>", scope="\x07s")
        y = (y * w).named("", scope="\x07s")
    drawing = (y + 1).draw(depth=0)

    assert "folded" in {box.kind for box in drawing.picture.boxes}
    for text in (drawing.dot(), drawing.svg(), drawing.text(), drawing.mermaid(), drawing.page()):
        assert not set(text) & set("\x00\x07\x1b")
