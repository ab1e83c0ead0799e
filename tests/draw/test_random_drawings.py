"""Whatever the graph, whatever part of it is shown, swept or not: it can be drawn, in every format."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, dot, mean, relu, where
from microgradnn.draw.boxes import DIRECTIONS
from microgradnn.draw.picture import picture

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
    return out, {"most": draw(st.integers(1, 30)), "direction": draw(st.sampled_from(DIRECTIONS))}


@given(drawn())
def test_every_graph_can_be_drawn_as_text(case: tuple[Any, dict[str, Any]]) -> None:
    root, options = case
    drawing = root.draw(**options)
    shown = [box for box in drawing.picture.boxes if box.node is not None]

    for text in (drawing.text(), drawing.table(), drawing.dot(), repr(drawing)):
        assert text
        assert "\x1b" not in text
    assert len(shown) <= options["most"]
    assert shown[-1].node is root


@settings(max_examples=12)
@given(drawn())
def test_every_graph_can_be_drawn_as_svg(case: tuple[Any, dict[str, Any]]) -> None:
    root, options = case
    svg = ElementTree.fromstring(root.draw(**options).svg())

    assert len(svg.findall(".//{*}g[@id]")) > 0


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
