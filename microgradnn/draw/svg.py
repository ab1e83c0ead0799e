"""Graphviz's SVG made ready for a page: titles, classes, one style sheet, light and dark.

Pure: text and a picture in, text out. Which Graphviz laid it out shows in positions only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .boxes import Box, Picture
from .heat import has_map, heat_maps
from .metrics import INDEX, SMALLER, text_width

LEAST = 0.9  # pixels a point: letters of 10 points are 9 pixels high at least, however narrow the page; then it scrolls

TALL = 8  # points: a letter above its line

# Of the two colours for text and of each fill, light and dark, the contrast is 4.5 : 1 or more.
LIGHT = """
.microgradnn { font-family: Arial, Helvetica, sans-serif }
.microgradnn text { font-family: inherit }
.microgradnn .value { fill: #005A8C }
.microgradnn .grad { fill: #A33B00 }
.microgradnn .node:hover > :is(path, polygon), .microgradnn .edge:hover > path { stroke-width: 3 }
"""
DARK = """
.microgradnn .background { fill: #16181C; stroke: none }
.microgradnn text { fill: #E8E8E8 }
.microgradnn .value { fill: #8CC8F0 }
.microgradnn .grad { fill: #F5A97F }
.microgradnn .input > path { fill: #10293B; stroke: #56B4E9 }
.microgradnn .parameter > polygon { fill: #3A2C08; stroke: #E0A82E }
.microgradnn .constant > polygon { fill: #2A2A2A; stroke: #9A9A9A }
.microgradnn .folded > :is(path, polygon, polyline) { fill: #2A2238; stroke: #B39DDB }
.microgradnn .operation > path { fill: #22252A; stroke: #B8B8B8 }
.microgradnn .output > path { fill: #0D3329; stroke: #2CC295 }
.microgradnn .edge > :is(path, polygon) { stroke: #A0A0A0 }
.microgradnn .edge > polygon { fill: #A0A0A0 }
.microgradnn .scope > path { fill: #FFFFFF; fill-opacity: .06; stroke: #4A4F57 }
"""
PAGE = re.compile(r"^page\d+,\d+_")  # what Graphviz 2.43 puts before the id of each graph but the first
STYLE = f"{LIGHT}@media (prefers-color-scheme: dark) {{{DARK}}}\n"


def to_svg(svg: str, picture: Picture, *, prefix: str = "", style: str = STYLE) -> str:
    """Return Graphviz's SVG of `picture` with its texts told apart and its titles in full.

    Every id (n12 for a node, e7 for an edge, as numbered in the picture) starts with `prefix`. `style` is its CSS.
    """
    root = ElementTree.fromstring(svg)  # the parser leaves comments out: they name the renderer
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib.pop("{http://www.w3.org/XML/1998/namespace}space", None)
    groups = {PAGE.sub("", group.get("id", "")): group for group in root.iter("g")}
    for group in groups.values():
        group[:] = unwrap(group)
    graph = groups["graph0"]
    title(graph, [picture.title])
    graph[1].set("class", "background")
    for text in graph.iter("text"):
        hold_width(text)
    for box in picture.boxes:
        title(groups[box.id], box.tooltip)
        texts = groups[box.id].findall("text")
        for text, (name, _) in zip(texts, box.rows, strict=False):
            text.set("class", name)
        draw_maps(groups[box.id], box, texts[len(box.rows) :])
        for depth, scope in enumerate(box.scope):
            if f"s{depth}{box.id}" in groups:  # the box that gave the cluster its id
                title(groups[f"s{depth}{box.id}"], [scope])
    for arrow in picture.arrows:
        title(groups[arrow.id], arrow.tooltip)
    for id, group in groups.items():
        group.set("id", prefix + id)
    sheet = Element("style")
    sheet.text = style
    root.insert(0, sheet)
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "class": "microgradnn", "role": "graphics-document"}
    root.set("aria-label", picture.title)
    width = float(root.get("width", "0").removesuffix("pt"))
    root.set("style", f"min-width: {width * LEAST:.0f}px; max-width: 100%; height: auto")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def draw_maps(group: Element, box: Box, kept: Sequence[Element]) -> None:
    """Draw the numbers of an array where the last rows of a box keep room for that."""
    if not (kept and has_map(box)):
        return
    left, top = float(kept[0].get("x", "0")), float(kept[0].get("y", "0")) - TALL
    for text in kept:
        group.remove(text)
    group.extend(heat_maps(box, left, top))


def unwrap(group: Element) -> Iterator[Element]:
    """The children of a group, out of the links into which Graphviz puts what has a tooltip."""
    for child in group:
        if child.get("id", "").startswith("a_"):
            yield from child[0]
        else:
            yield child


def title(group: Element, lines: Sequence[str]) -> None:
    """Give a group its title, which browsers show as a tooltip and screen readers speak."""
    group[0].text = "\n".join(lines)


def hold_width(text: Element) -> None:
    """Make a text as wide as its box was made for, in whatever font it is shown: few systems have Arial."""
    if text.text and not text.text.isspace():
        size = float(text.get("font-size", "10"))
        width = text_width(text.text, size)
        text.attrib |= {"textLength": f"{width:.2f}", "lengthAdjust": "spacingAndGlyphs"}
        lower_indices(text, size)


def lower_indices(text: Element, size: float) -> None:
    """Set h_{t-1} as a letter with an index; its text stays what it was, for who copies it or listens."""
    whole, end, down = text.text or "", 0, f"{size * 0.22:.1f}"
    for found in INDEX.finditer(whole):
        add(text, whole[end : found.end(1)], **({"dy": f"-{down}"} if end else {}))
        add(text, found[2] or found[5], display="none")
        add(text, found[3] or found[6], **{"dy": down, "font-size": f"{size * SMALLER:.2f}", "class": "index"})
        add(text, found[4] or "", display="none")
        end = found.end()
    if end:
        text.text = None
        add(text, whole[end:], dy=f"-{down}")


def add(text: Element, piece: str, **attributes: str) -> None:
    """Add a piece to a text, if there is one."""
    if piece:
        SubElement(text, "tspan", attributes).text = piece
