"""What `J.draw()` returns can be shown, printed and saved."""

from __future__ import annotations

import inspect
import re
from base64 import b64decode
from html import escape
from pathlib import Path
from typing import Any

import pytest

from microgradnn import RenderError, Value, derive
from microgradnn.draw import Drawing, draw
from microgradnn.draw.drawing import FORMATS


@pytest.fixture
def node() -> Value:
    y = (Value(2.0, "x") * 3).named("y")
    y.backward()
    return y


@pytest.mark.parametrize("ending", ["svg", "dot", "html", "mmd", "txt", "SVG"])
def test_save_writes_the_format_of_the_ending_and_returns_the_path(node: Value, ending: str, tmp_path: Path) -> None:
    path = node.draw().save(tmp_path / f"y.{ending}")
    text = path.read_text(encoding="utf-8")

    assert path == tmp_path / f"y.{ending}"
    assert {"svg": "<svg", "dot": "digraph", "html": "<!DOCTYPE html>", "mmd": "flowchart", "txt": "y = x × 3"}[
        ending.lower()
    ] in text


@pytest.mark.parametrize("name", ["y.pgn", "y", "y.svg.bak"])
def test_an_unknown_ending_is_told_the_known_ones(node: Value, name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\(choose from dot, html, mmd, pdf, png, svg, tex, txt\)"):
        node.draw().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert FORMATS == ("dot", "html", "mmd", "pdf", "png", "svg", "tex", "txt")


def test_a_drawing_is_of_the_graph_as_it_was(node: Value) -> None:
    drawing = draw(node)
    before = drawing.text()
    node.zero_grad()

    assert drawing.text() == before != draw(node).text()


def test_a_notebook_gets_the_picture_and_a_text_beside_it(node: Value) -> None:
    drawing = node.draw()

    image = re.fullmatch(r'<img src="data:image/svg\+xml;base64,(.*)" alt="(.*)">', drawing._repr_html_())
    assert image is not None
    assert b64decode(image[1]).decode() == drawing._repr_svg_() == drawing.svg()
    assert image[2] == "Computation graph of y"
    assert node._repr_html_() == drawing._repr_html_()
    assert repr(drawing) == "<Computation graph of y: 3 nodes>"


def test_where_nothing_can_draw_a_notebook_gets_the_tree_and_the_reason(
    node: Value, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any) -> list[bytes]:
        raise RenderError("nothing here")

    monkeypatch.setattr("microgradnn.draw.fit.render_all", none)

    assert node.draw()._repr_html_() == f"<pre>{escape(node.draw().text())}\n(nothing here)</pre>"
    assert node.draw()._repr_svg_() is None


def test_a_notebook_shows_what_it_can(node: Value) -> None:
    formatter = pytest.importorskip("IPython.core.formatters", reason="IPython shows it").DisplayFormatter()

    data, _ = formatter.format(node.draw())
    assert data["text/plain"] == node.draw().text(width=80)
    assert data["text/html"].startswith("<img ")
    page, _ = formatter.format(node.draw().page())
    assert page["text/html"].startswith('<iframe sandbox="allow-scripts" ')
    assert len(page["text/plain"]) < 60
    formatter.active_types = ["text/plain"]  # a terminal, in which nothing is laid out
    assert formatter.format(node)[0] == {"text/plain": repr(node)}


def test_options_are_those_of_the_picture(node: Value) -> None:
    assert isinstance(node.draw(most=1), Drawing)
    assert 'rankdir="TB"' in node.draw(direction="TB").dot()
    assert 'rankdir="LR"' in node.draw().dot()


def test_help_shows_the_options() -> None:
    asked = {name: one for name, one in inspect.signature(draw).parameters.items() if name != "root"}
    of_node = inspect.signature(Value(1.0).draw).parameters

    assert [(one.name, one.default) for one in asked.values()] == [(one.name, one.default) for one in of_node.values()]
    assert all(name in str(inspect.getdoc(draw)) for name in asked)


def test_a_node_is_asked_for_by_name() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    J = ((a * b).named("u") + a).named("J")

    assert str(J.explain("a")) == str(J.explain(a))
    assert str(J.explain("u")) == "dJ/du = 1"
    assert derive(J, ["a"]).source == derive(J, [a]).source
    with pytest.raises(ValueError, match=r"no node of the graph of J has the name 'q' \(choose from a, b, u, J\)"):
        J.explain("q")
    with pytest.raises(TypeError, match="wrt is a list of nodes, or of their names"):
        derive(J, "a")


def test_a_tree_takes_some_columns(node: Value) -> None:
    with pytest.raises(ValueError, match="at least 20 columns; got width=7"):
        node.draw().text(width=7)
