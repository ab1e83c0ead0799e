"""A picture in Mermaid, for pages that draw it: Markdown on many sites, notebooks. Pure: a picture in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .boxes import Arrow, Box, Picture, nest, shorten

SHAPES = {
    "input": ("(", ")"),
    "parameter": ("[", "]"),
    "constant": ("[", "]"),
    "operation": ("(", ")"),
    "output": ("([", "])"),
    "folded": ("[[", "]]"),
    "hidden": ("[", "]"),
}
# The colours of dot.py.
CLASSES = """\
classDef input fill:#E1F0FA,stroke:#0072B2,color:#000
classDef parameter fill:#FFF0CC,stroke:#8F5F00,stroke-width:2px,color:#000
classDef constant fill:#F2F2F2,stroke:#767676,stroke-dasharray:3,color:#000
classDef operation fill:#FFFFFF,stroke:#444444,color:#000
classDef output fill:#DDF3EA,stroke:#00735C,stroke-width:3px,color:#000
classDef folded fill:#EDE7F6,stroke:#5E35B1,color:#000
classDef hidden fill:none,stroke:none"""


def to_mermaid(picture: Picture) -> str:
    """Return the picture as a flowchart, the same from run to run."""
    lines = [f"flowchart {picture.direction}"]
    lines += [f"  {line}" for line in contents(picture.boxes, 0)]
    lines += [f"  {write_arrow(arrow)}" for arrow in picture.arrows]
    if picture.told:
        lines.append(f"  told[{quote(picture.told)}]:::hidden")
    return "\n".join([*lines, *(f"  {line}" for line in CLASSES.splitlines())]) + "\n"


def contents(boxes: Sequence[Box], depth: int) -> Iterator[str]:
    """Yield the lines of boxes, each scope as a subgraph."""
    here, inner = nest(boxes, depth)
    for box in here:
        left, right = SHAPES[box.kind]
        yield f"{box.id}{left}{quote([text for _, text in box.rows])}{right}:::{box.kind}"
    for name, members in inner.items():
        yield f"subgraph s{depth}{members[0].id}[{quote([shorten(name)])}]"
        for line in contents(members, depth + 1):
            yield f"  {line}"
        yield "end"


def write_arrow(arrow: Arrow) -> str:
    """Write an arrow, dashed where it brings nothing back, with its label."""
    line = "-.->" if arrow.dashed else "-->"
    return f"{arrow.tail} {line}{f'|{quote([arrow.label])}|' if arrow.label else ''} {arrow.head}"


def quote(lines: Sequence[str]) -> str:
    """Make lines mean themselves in quotes: all but letters, digits and harmless signs are entities."""
    return '"' + "<br/>".join("".join(c if harmless(c) else f"#{ord(c)};" for c in line) for line in lines) + '"'


def harmless(character: str) -> bool:
    """Whether a character can stand in a label as it is: no part of markup, of Markdown or of an entity."""
    return character.isalnum() or character in " =+−×·,.()∂‖…→↑ΣσΔ'" or ord(character) > 0x7F
