"""A picture in DOT, the language of Graphviz. Pure: a picture in, text out.

Labels are plain ones, not HTML-like: a Graphviz built without expat cannot read those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .boxes import Arrow, Box, Picture, nest, shorten
from .heat import GAP, WIDTH, has_map
from .metrics import text_width
from .ranks import rows

GRAPH = dict(nodesep="0.2", ranksep="0.4", bgcolor="white", fontname="Arial", fontsize="11", fontcolor="#444444")
FONT_SIZE, MARGIN, LEAST_WIDTH = 10, 0.08, 0.3  # points; the others inches
NODE = dict(
    shape="box",
    fontname="Arial",
    fontsize=f"{FONT_SIZE}",
    height="0.2",
    width=f"{LEAST_WIDTH}",
    margin=f"{MARGIN},0.04",
)
EDGE = dict(fontname="Arial", fontsize="8", arrowsize="0.55", color="#6B6B6B", fontcolor="#595959")

# Okabe–Ito colours, safe for the colour-blind; kinds differ by border and shape too.
STYLES = {
    "input": dict(style="filled,rounded", fillcolor="#E1F0FA", color="#0072B2", penwidth="1.2"),
    "parameter": dict(style="filled", fillcolor="#FFF0CC", color="#8F5F00", penwidth="2"),
    "constant": dict(style="filled,dashed", fillcolor="#F2F2F2", color="#767676"),
    "operation": dict(style="filled,rounded", fillcolor="#FFFFFF", color="#444444"),
    "output": dict(style="filled,rounded,bold", fillcolor="#DDF3EA", color="#00735C", penwidth="2.4"),
    "folded": dict(
        shape="box3d", style="filled", fillcolor="#EDE7F6", color="#5E35B1", penwidth="1.2", margin="0.14,0.1"
    ),
    "hidden": dict(shape="plaintext", fontcolor="#595959"),
}
MANY = 400  # boxes, of which the layout is made in haste
LONGEST_LINE = 100  # of a tooltip: a `dot` of 2020 refuses a string of more than 16 kB; svg.py has all

PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?").fullmatch  # what stands without quotes: no word of DOT among it

SCOPE = dict(labeljust="l", labelloc="t", style="rounded,filled", color="#C8C8C8", margin="6")
SHADES = ("#ECECEC", "#F6F6F6")  # of a scope, and of a scope in a scope


def escape(text: str) -> str:
    """Make text mean itself in a quoted DOT string: no escape sequence and no entity."""
    return text.replace("\\", "\\\\").replace("&", "&amp;").replace('"', '\\"')


def lines(texts: Iterable[str], end: str = r"\n") -> str:
    """Join lines, each made to mean itself and ended by a DOT line break.

    The break at the end also keeps a text such as `<b>` from being taken for HTML.
    """
    return "".join(escape(text) + end for text in texts)


def tooltip(texts: Iterable[str]) -> str:
    """Join the lines of a tooltip, none of them too long for Graphviz."""
    return lines(shorten(text, LONGEST_LINE) for text in texts)


def statement(what: str, attributes: Mapping[str, str], indent: str = "\t") -> str:
    """Return a line of DOT: a node, an edge, or what holds for all, and its attributes, made to mean themselves."""
    written = (f"{name}={text}" if PLAIN(text) else f'{name}="{text}"' for name, text in sorted(attributes.items()))
    return f"{indent}{what} [{' '.join(written)}]\n"


def to_dot(picture: Picture, *, roomy: bool = False, page: float | None = None, maps: bool = False) -> str:
    """Return the picture as DOT text, the same from run to run; `roomy`, for other numbers than those it has.

    With `page`, rows of boxes are at most about so many points wide; with `maps`, there is room for what svg.py draws
    of arrays, below the texts.
    """
    graph = {**GRAPH, "rankdir": picture.direction, "tooltip": escape(picture.title)}
    if len(picture.boxes) > MANY:
        graph |= {"nslimit": "0.1", "mclimit": "0.1", "splines": "line"}  # 2,700 boxes in seconds, not minutes
    if len(picture.arrows) > 3 * len(picture.boxes):
        graph["ranksep"] = "1"  # inches: to see one arrow beside another
    if page is not None:
        graph |= {"newrank": "true", "nodesep": "0.12"}  # frames are given their rows by those of their boxes
    if picture.told:
        graph |= {"label": lines(picture.told, r"\l"), "labeljust": "l", "labelloc": "b"}
    found = [statement("graph", graph), statement("node", NODE), statement("edge", EDGE)]
    found += boxes_in_scopes(picture.boxes, 0, roomy, maps)
    for arrow, length in zip(picture.arrows, lengths(picture, roomy, page), strict=True):
        found.append(statement(f"{arrow.tail} -> {arrow.head}", arrow_attributes(arrow) | length))
    return "".join(["digraph microgradnn {\n", *found, "}\n"])


def lengths(picture: Picture, roomy: bool, page: float | None) -> Iterable[dict[str, str]]:
    """Yield what DOT says of how many rows an edge spans."""
    if page is not None:
        wide = {box.id: box_width(box, roomy) * 72 for box in picture.boxes}
        row = rows(picture.boxes, picture.arrows, wide, page)
        for arrow in picture.arrows:
            spans = row[arrow.tail] - row[arrow.head]
            yield {"minlen": f"{spans}"} if spans > 0 else {"constraint": "false"}
        return
    outer = {box.id: box.scope[:1] for box in picture.boxes}
    for arrow in picture.arrows:
        # What enters a frame from outside stands above all that is in it: frames then come one below the other.
        enters = picture.direction == "TB" and outer[arrow.head] and outer[arrow.head] != outer[arrow.tail]
        yield {"minlen": "2"} if enters else {}


def boxes_in_scopes(boxes: Sequence[Box], depth: int, roomy: bool, maps: bool) -> Iterator[str]:
    """Yield the boxes whose scope is `depth` deep, then each scope below as a cluster."""
    here, inner = nest(boxes, depth)
    indent = "\t" * (depth + 1)
    for box in here:
        yield statement(box.id, box_attributes(box, roomy, maps and has_map(box)), indent)
    for name, members in inner.items():
        id = f"s{depth}{members[0].id}"
        about = {"id": id, "class": "scope", "label": lines([shorten(name)], r"\l")}
        yield f"{indent}subgraph cluster_{id} {{\n"
        yield statement("graph", SCOPE | about | {"fillcolor": SHADES[min(depth, len(SHADES) - 1)]}, f"{indent}\t")
        yield from boxes_in_scopes(members, depth + 1, roomy, maps)
        yield f"{indent}}}\n"


def box_attributes(box: Box, roomy: bool, mapped: bool) -> dict[str, str]:
    """Return what DOT says of a node: its name, value and gradient, one below the other."""
    wide = box_width(box, roomy)
    if mapped:
        wide = max(wide, (2 * WIDTH + GAP) / 72 + 2 * MARGIN)
    label = lines([*(text for _, text in box.rows), *["▦"] * 2 * mapped], r"\l")
    about = {"id": box.id, "class": box.kind, "label": label, "tooltip": tooltip(box.tooltip)}
    return about | STYLES[box.kind] | ({"width": f"{wide:.3f}"} if wide > LEAST_WIDTH else {})


def box_width(box: Box, roomy: bool) -> float:
    """Return how many inches wide a box is for its texts."""
    margin = float(STYLES[box.kind].get("margin", f"{MARGIN},").split(",")[0])
    texts = [*(text for _, text in box.rows), *(roomy_lines(box) if roomy else [])]
    return max(text_width(text, FONT_SIZE) for text in texts) / 72 + 2 * margin


def roomy_lines(box: Box) -> list[str]:
    """Return lines as wide as those of a box may become when its numbers change."""
    if box.node is None or box.kind == "constant":
        return []
    terms = len(box.grad.split(" ")) // 2  # '4 + 5 = 9'
    grad = f"grad {' + '.join(['8.888'] * terms)} = −8.888" if 1 < terms <= 3 else "grad −8.888"
    return ["value −88.88", grad]


def arrow_attributes(arrow: Arrow) -> dict[str, str]:
    """Return what DOT says of an edge: the local derivative, and the step of the sweep."""
    about = {"id": arrow.id, "tooltip": tooltip(arrow.tooltip)}
    if arrow.label:
        about |= {"label": escape(arrow.label), "labeltooltip": about["tooltip"]}
    return about | ({"style": "dashed"} if arrow.dashed else {})
