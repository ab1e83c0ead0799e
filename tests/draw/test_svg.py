"""SVG: valid, self-contained, everything from a user is text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microgradnn import Value, expression
from microgradnn.draw.metrics import text_width
from microgradnn.draw.picture import picture
from microgradnn.draw.svg import to_svg

HOSTILE = [
    'say "hi"',
    r"<b>&|{}\ ",
    "</title><script>alert(1)</script>",
    "🦊 ŷ ∂",
    "a\nb\tc\x00\x1b",
    "]]>",
    "x" * 10_000,
    "&amp;",
    " ",
]


def texts(svg: str) -> str:
    return "\n".join("".join(element.itertext()) for element in ElementTree.fromstring(svg).iter())


def drawn(name: str) -> str:
    node = (Value(2.0, name) * 3).named("y")
    node.backward()
    svg: str = node.draw().svg()
    return svg


def test_values_gradients_and_local_derivatives_are_in_it() -> None:
    graph = expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    graph.output.backward()
    words = texts(graph.output.draw().svg())

    for text in (
        "a",
        "b",
        "c",
        "u = b × c",
        "v = a + u",
        "J = 3 × v",
        "value 33",
        "grad 3",
        "grad 6",
        "grad 9",
        "∂ 11",
    ):
        assert text in words


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_text_and_nothing_else(name: str) -> None:
    svg = drawn(name)
    tags = {element.tag.partition("}")[2] for element in ElementTree.fromstring(svg).iter()}

    assert tags <= {
        "svg",
        "style",
        "title",
        "g",
        "polygon",
        "path",
        "text",
        "ellipse",
        "polyline",
        "a",
        "desc",
        "rect",
        "defs",
    }
    assert not re.search(r"<script|onload=|javascript:", re.sub(r">[^<]*<", "><", svg))


def test_the_ids_of_several_graphs_by_an_older_graphviz_are_read() -> None:
    parts = "".join(f'<g id="{id}"><title/></g>' for id in ("n0", "n1", "e0"))
    one = f'<svg><g id="graph0" class="graph"><title/><polygon/>{parts}</g></svg>'
    two = one.replace("graph0", "page0,1_graph0")  # so Graphviz 2.43, of Debian and Ubuntu, calls the second

    shown = picture(Value(2.0, "x").exp())

    assert to_svg(two, shown) == to_svg(one, shown)


def test_a_long_name_is_whole_in_the_tooltip() -> None:
    name = "n" * 5000 + "end"

    assert name in texts(drawn(name))


@given(st.text(max_size=40))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_name_gives_valid_xml(name: str) -> None:
    ElementTree.fromstring(drawn(name))


def test_it_is_the_same_twice_and_a_prefix_sets_its_ids_apart() -> None:
    node = (Value(2.0, "x") * 3).named("y")
    node.backward()
    first, second, other = node.draw().svg(), node.draw().svg(), node.draw().svg(prefix="p-")

    ids, others = (set(re.findall(r'\bid="([^"]*)"', svg)) for svg in (first, other))
    assert first == second
    assert ids
    assert all(id.startswith("p-") for id in others)
    assert not ids & others


def test_nothing_is_loaded_from_elsewhere() -> None:
    svg = drawn("x")

    assert not re.findall(r'(?:href|src)="(?!#)|url\(|@import', svg)
    assert "prefers-color-scheme: dark" in svg


def box_edges(group: ElementTree.Element) -> tuple[float, float]:
    """The left and right edge of a box, from the outline that Graphviz drew."""
    outline = next(element for element in group if element.tag.rpartition("}")[2] in ("path", "polygon"))
    numbers = [float(x) for x in re.findall(r"(-?[\d.]+),-?[\d.]+", outline.get("points") or outline.get("d") or "")]
    return min(numbers), max(numbers)


@given(st.text(max_size=40))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_every_text_is_held_to_a_width_that_is_inside_its_box(name: str) -> None:
    root = ElementTree.fromstring(drawn(name))

    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        if "node" in group.get("class", ""):
            left, right = box_edges(group)
            for text in group.findall("{http://www.w3.org/2000/svg}text"):
                if (text.text or "").strip():
                    x, width = float(text.get("x", "nan")), float(text.get("textLength", "nan"))
                    assert left < x
                    assert x + width <= right
                    assert text.get("lengthAdjust") == "spacingAndGlyphs"


def test_a_letter_with_an_index_is_set_as_mathematics_and_stays_the_same_text() -> None:
    y = (Value(1.0, "h_{t-1}") * Value(2.0, "W_hh")).named("leaky_relu")
    texts = [*ElementTree.fromstring(y.draw().svg()).iter("{http://www.w3.org/2000/svg}text")]
    line = next(text for text in texts if "".join(text.itertext()) == "leaky_relu = h_{t-1} × W_hh")
    seen = [(one.text, one.get("class")) for one in line if one.get("display") != "none"]

    assert seen == [("leaky_relu = h", None), ("t-1", "index"), (" × W", None), ("hh", "index")]
    assert float(line.get("textLength", "nan")) == pytest.approx(
        text_width("leaky_relu = h × W", 10) + 0.75 * text_width("t-1hh", 10), abs=0.01
    )


def test_on_a_narrow_page_letters_stay_nine_pixels_high() -> None:
    svg = ElementTree.fromstring((Value(1.0, "x") * 2).draw().svg())
    points = float(svg.attrib["width"].removesuffix("pt"))
    least = float(svg.attrib["style"].removeprefix("min-width: ").partition("px")[0])
    sizes = {float(text.get("font-size", "nan")) for text in svg.iter("{http://www.w3.org/2000/svg}text")}

    assert max(sizes) * least / points == pytest.approx(9, rel=0.01)
