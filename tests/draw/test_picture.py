"""What is said about a node is decided in picture.py, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from microgradnn import Tensor, Value, expression, relu
from microgradnn.draw.boxes import LONGEST, Picture, shorten
from microgradnn.draw.picture import picture
from microgradnn.draw.sheet import MOST_LABELLED
from microgradnn.graph import topological


def swept(text: str, **values: float) -> Picture:
    graph = expression(text, values)
    graph.output.backward()
    return picture(graph.output)


def boxes(drawn: Picture) -> dict[str, tuple[str, str]]:
    return {box.title: (box.value, box.grad) for box in drawn.boxes}


def chain(length: int) -> Value:
    node = Value(1.0, "x")
    for _ in range(length):
        node = node + 1
    return node


def test_D1_of_the_notes() -> None:
    drawn = swept("u = b*c; v = a + u; J = 3*v", a=5, b=3, c=2)

    assert boxes(drawn) == {
        "a": ("5", "3"),
        "b": ("3", "6"),
        "c": ("2", "9"),
        "3": ("3", ""),
        "u = b × c": ("6", "3"),
        "v = a + u": ("11", "3"),
        "J = 3 × v": ("33", "1"),
    }
    assert [arrow.label for arrow in drawn.arrows] == ["∂ 2", "∂ 3", "∂ 1", "∂ 1", "∂ 11", "∂ 3"]
    assert drawn.title == "Computation graph of J"


def test_D3_of_the_notes_draws_the_shared_sum_once_with_its_gradient_as_a_sum() -> None:
    drawn = swept("f = (a+b)*c + (a+b)*d", a=2, b=3, c=4, d=5)

    assert boxes(drawn)["t1 = a + b"] == ("5", "4 + 5 = 9")
    assert [box.title for box in drawn.boxes].count("t1 = a + b") == 1
    assert sum(arrow.tail == "n2" for arrow in drawn.arrows) == 2


def test_kinds_are_told_apart() -> None:
    w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")
    y = (w * x + 1).named("y")

    assert {box.title.partition(" =")[0]: box.kind for box in picture(y).boxes} == {
        "w": "parameter",
        "x": "input",
        "t1": "operation",
        "1": "constant",
        "y": "output",
    }


def test_a_gradient_that_has_not_been_computed_is_not_shown() -> None:
    drawn = picture((Value(2.0, "x") * 3).named("y"))

    assert {box.grad for box in drawn.boxes} == {""}
    assert not any("dy/" in line for box in drawn.boxes for line in box.tooltip)


def test_of_many_terms_the_box_has_the_number_and_the_tooltip_the_terms() -> None:
    x = Value(2.0, "x")
    six = (x * 1 + x * 2 + x * 3 + x * 4 + x * 5 + x * 6).named("y")
    six.backward()
    assert next(box for box in picture(six).boxes if box.title == "x").grad == "1 + 2 + 3 + 4 + 5 + 6 = 21"

    x.zero_grad()
    seven = (six + x * 7).named("z")
    seven.backward()
    box = next(box for box in picture(seven).boxes if box.title == "x")
    assert box.grad == "28 (Σ 7 uses)"
    assert box.tooltip[-7:] == tuple(f"  via t{i}: 1 × {x} = {x}" for x, i in enumerate((1, 2, 4, 6, 8, 10, 11), 1))


def test_terms_and_their_sum_are_rounded_at_one_place() -> None:
    x = Value(1.0, "x")
    y = (x * 0.646123 - x * 0.7418).named("y")
    y.backward()

    assert boxes(picture(y))["x"][1] == "0.6461 − 0.7418 = −0.0957"


def test_a_leaf_that_moved_is_said_to_have() -> None:
    x = Value(2.0, "x")
    y = (x * x).named("y")
    x.data = 5.0
    drawn = picture(y)

    assert boxes(drawn)["x"][0] == "5 (moved)"
    assert boxes(drawn)["y = x × x"][0] == "4"


def test_an_edge_that_brings_nothing_is_dashed() -> None:
    y = (relu(Value(-1.0, "x")) + Value(1.0, "z")).named("y")
    y.backward()

    assert [arrow.dashed for arrow in picture(y).arrows] == [True, False, False]


def test_scopes_are_kept_and_what_is_there_for_a_scope_alone_is_drawn_in_it() -> None:
    x = Value(2.0, "x")
    z = (3 * x).named("z", scope="layer 1/neuron 2")
    y = (z + 1).named("y")

    assert {box.title.partition(" =")[0]: box.scope for box in picture(y).boxes} == {
        "3": ("layer 1", "neuron 2"),
        "x": (),
        "z": ("layer 1", "neuron 2"),
        "1": (),
        "y": (),
    }


def random_tree(leaves: int) -> Value:
    """A sum in which no two parts are alike."""
    rows: list[Any] = [Value.tanh, Value.sin, Value.cos, Value.relu, Value.sigmoid, Value.__neg__, Value.atan]
    node = Value(1.0, "x")
    for i in range(leaves):
        step = node
        for k in range(4):
            step = rows[(i // 7**k) % 7](step)
        node = node * step
    return node


def test_what_cannot_be_folded_is_cut_to_what_is_nearest_and_the_rest_is_counted() -> None:
    root = random_tree(40)
    drawn = picture(root, most=7)

    assert len([box for box in drawn.boxes if box.kind != "hidden"]) <= 7
    assert drawn.hidden + sum(box.nodes for box in drawn.boxes) == len(topological(root))
    assert drawn.boxes[-1].kind == "output"
    assert any("not shown" in line for line in drawn.told) == bool(drawn.hidden)
    assert any(arrow.dashed for arrow in drawn.arrows if arrow.tail.startswith("cut")) == bool(drawn.hidden)


def test_beyond_sixty_nodes_edges_have_no_labels() -> None:
    small, large = picture(chain(MOST_LABELLED // 2 - 1)), picture(random_tree(40), most=100)

    assert all(arrow.label for arrow in small.arrows)
    assert len(large.boxes) > MOST_LABELLED
    assert not any(arrow.label for arrow in large.arrows)


def test_names_are_cut_in_the_middle_and_whole_in_the_tooltip() -> None:
    name = "a" * 40 + "b" * 40
    drawn = picture(Value(1.0, name) + 1)
    box = next(box for box in drawn.boxes if box.kind == "input")

    assert len(box.title) == LONGEST
    assert box.title.startswith("aaa")
    assert box.title.endswith("bbb")
    assert "…" in box.title
    assert name in box.tooltip[0]
    assert shorten("short") == "short"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"most": 0}, "at least one node; got most=0"),
        ({"direction": "up"}, "unknown direction 'up' .choose from LR, TB"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        picture(Value(1.0), **options)


@pytest.mark.parametrize("make", [lambda: Value(1.0), lambda: Value(1.0) + 1, lambda: chain(300)])
def test_the_same_program_makes_the_same_picture(make: Callable[[], Value]) -> None:
    first, second = (picture(make()) for _ in range(2))

    assert [(box.id, box.title, box.tooltip) for box in first.boxes] == [
        (box.id, box.title, box.tooltip) for box in second.boxes
    ]
    assert first.arrows == second.arrows


def test_an_edge_of_arrays_has_the_pullback_in_symbols() -> None:
    W, b = Tensor([[1.0, -2.0]], "W", kind="parameter"), Tensor([[0.5]], "b", kind="parameter")
    X = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "X", kind="constant")
    Z = (W @ X + b).named("Z")
    A = Z.tanh().named("A")
    J = (A / 1.7).sum().named("J")
    J.backward()
    drawn = picture(J)
    labels = {(arrow.tail, arrow.head): arrow for arrow in drawn.arrows}
    ids = {box.title.partition(" =")[0]: box.id for box in drawn.boxes}

    assert labels[ids["W"], ids["t1"]].label == "dt1 @ X.T"
    assert labels[ids["X"], ids["t1"]].label == "(2, 3)"  # to which nothing comes back
    assert labels[ids["b"], ids["Z"]].label == "np.sum(dZ, axis=1)"
    assert labels[ids["Z"], ids["A"]].label == "dA * (1 - A**2)"
    assert labels[ids["A"], ids["t2"]].label == "dt2 / 1.7"
    assert labels[ids["b"], ids["Z"]].tooltip[:2] == ("b (1, 1)", "db: np.sum(dZ, axis=1, keepdims=True)")


def test_data_that_have_a_name_stand_outside_of_the_layer_that_reads_them() -> None:
    W = Tensor([[1.0, -2.0]], "W", kind="parameter").named("W", scope="layer 1")
    X = Tensor([[1.0], [4.0]], "X", kind="constant")
    Z = (W @ X).named("Z", scope="layer 1")

    assert {box.title: box.scope for box in picture(Z).boxes} == {
        "W": ("layer 1",),
        "X": (),
        "Z = W @ X": ("layer 1",),
    }
