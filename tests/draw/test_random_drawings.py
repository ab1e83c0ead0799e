"""Whatever the graph, whatever part of it is shown, swept or not: it can be drawn, in every format."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, dot, mean, relu, where
from microgradnn.draw.boxes import DIRECTIONS
from microgradnn.draw.picture import picture
from microgradnn.draw.text import columns_of
from microgradnn.graph import topological

SWEEPS = ("none", "once", "twice", "create_graph", "seed 0", "elsewhere")
NASTY = ['"', "<b>", "a\\n", "\x1b[31mX", "{a|b}", "&amp;"]
NAMES = st.one_of(st.just(""), st.text(max_size=8), st.sampled_from(NASTY))


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A graph of Values or Tensors, some nodes used often and some never, and how it is to be drawn."""
    arrays = draw(st.booleans())
    kinds = ("input", "parameter", "constant")

    def leaf(x: float) -> Any:
        kind = draw(st.sampled_from(kinds))
        return Tensor(np.full((2, 1), x), kind=kind) if arrays else Value(x, kind=kind)

    numbers = st.sampled_from([0.0, -1.0, 0.5, 3.0, 1e300, 1e-300])
    nodes = [leaf(draw(numbers)) for _ in range(draw(st.integers(1, 4)))]
    with np.errstate(all="ignore"):
        for _ in range(draw(st.integers(0, 25))):
            x, y = (nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
            step = draw(st.integers(0, 7))
            if step == 6 and not arrays:
                folds: list[Any] = [mean, lambda xs: dot(xs, xs)]
                nodes.append(draw(st.sampled_from(folds))(nodes[:12]))
                continue
            made = [
                lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x - x, lambda x, y: relu(x), lambda x, y: y * 0,
                lambda x, y: where(True, x, y), lambda x, y: x.tanh(), lambda x, y: x + 1,
            ][step](x, y)  # fmt: skip
            nodes.append(made)
        for node in nodes:
            if draw(st.integers(0, 3)) == 0:
                node.named(draw(NAMES), scope=draw(st.sampled_from(["", "layer 1", 'a"/b<', "\x1b[2J"])))
        root = nodes[-1]
        sweep = draw(st.sampled_from(SWEEPS))
        out = root.sum() if arrays else root
        swept = out if sweep != "elsewhere" else nodes[0].sum() if arrays else nodes[0]
        if sweep != "none" and (swept.op or swept.kind != "constant"):
            for _ in range(1 + (sweep == "twice")):
                swept.backward(0.0 if sweep == "seed 0" else 1.0, create_graph=sweep == "create_graph")
        if draw(st.booleans()) and not arrays:
            nodes[0].data = 7.0
    asked: dict[str, Any] = {
        "most": st.none() | st.integers(1, 30),
        "direction": st.none() | st.sampled_from(DIRECTIONS),
        "fold": st.sampled_from([(), "layer 1", ("layer", 'a"/b<')]),
        "unfold": st.sampled_from([(), "layer", 'a"']),
        "depth": st.none() | st.integers(0, 2),
        "focus": st.none() | st.sampled_from(nodes) | st.tuples(st.sampled_from(nodes), st.just(out)),
        "around": st.none() | st.sampled_from(nodes),
        "radius": st.integers(0, 3),
        "top": st.none() | st.integers(1, 9),
        "constants": st.booleans(),
    }
    return out, {name: draw(values) for name, values in asked.items() if draw(st.booleans())}


def drawing_of(root: Any, options: dict[str, Any]) -> Any:
    """The drawing; none where the options ask for what is not there, which is said in words."""
    try:
        return root.draw(**options)
    except ValueError as error:
        told = (
            "is no scope",
            "no node has a scope",
            "does not depend on",
            "is no part of",
            "call backward()",
            "no node to",
        )
        if not any(words in str(error) for words in told):
            raise
        assume(False)


@given(drawn())
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_every_graph_can_be_drawn_as_text(case: tuple[Any, dict[str, Any]]) -> None:
    root, options = case
    drawing = drawing_of(root, options)

    for text in (drawing.text(), drawing.table(), drawing.dot(), drawing.mermaid(), repr(drawing)):
        assert text
        assert "\x1b" not in text
    assert drawing.dot() == root.draw(**options).dot()


@given(drawn())
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_every_node_is_in_a_box_or_counted_as_not_shown(case: tuple[Any, dict[str, Any]]) -> None:
    root, options = case
    picture = drawing_of(root, options).picture
    boxes = [box for box in picture.boxes if box.kind != "hidden"]
    ids = {box.id for box in picture.boxes}

    assert sum(box.nodes for box in boxes) + picture.hidden == len(topological(root))
    assert len(boxes) <= (options.get("most") or 150)
    assert len(ids) == len(picture.boxes)
    assert all({arrow.tail, arrow.head} <= ids for arrow in picture.arrows)
    assert len({arrow.id for arrow in picture.arrows}) == len(picture.arrows)
    assert bool(picture.hidden) <= any("not shown" in line for line in picture.told)
    single = [box.node for box in boxes if box.node is not None]
    assert len(set(single)) == len(single)
    if not options.keys() & {"focus", "around"}:
        assert boxes[-1].node is root
    if options.get("top"):
        assert len(picture.arrows) <= options["top"]


@given(drawn(), st.integers(20, 90))
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_a_tree_is_no_wider_than_the_terminal(case: tuple[Any, dict[str, Any]], width: int) -> None:
    drawing = drawing_of(*case)
    lines = drawing.text(width=width).splitlines()

    assert all(columns_of(line) <= width for line in lines)
    assert len(lines) >= len(drawing.text().splitlines()) - len(drawing.picture.told)


@settings(max_examples=12, suppress_health_check=[HealthCheck.filter_too_much])
@given(drawn())
def test_every_graph_can_be_drawn_as_svg(case: tuple[Any, dict[str, Any]]) -> None:
    drawing = drawing_of(*case)
    svg = ElementTree.fromstring(drawing.svg())
    ids = {group.get("id") for group in svg.findall(".//{*}g[@id]")}

    assert ids >= {box.id for box in drawing.picture.boxes} | {arrow.id for arrow in drawing.picture.arrows}


@pytest.mark.parametrize("swept", [False, True])
def test_the_users_of_a_node_need_not_be_shown(swept: bool) -> None:
    w, J = Value(0.5, "w"), Value(0.0)
    for i in range(80):
        J = J + w * i
    if swept:
        J.backward()
    box = next(box for box in picture(J).boxes if box.node is w) if swept else None

    assert J.draw().text()
    assert box is None or box.grad == "3160 (Σ 80 uses)"


def test_a_graph_of_one_constant_is_drawn() -> None:
    drawing = Value(5.0, kind="constant").draw()

    assert drawing.text() == "5"
    assert "5" in drawing.table()
    assert "5" in drawing.svg()
