"""The two passes as an SVG that moves by itself, for slides: no script, no other file.

Pure: a picture and its SVG in, text out. Each state of the page is shown for some seconds, and then it begins anew.
Where less motion is preferred, and in print, it stands still at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .boxes import Picture
from .metrics import text_width
from .page import Part, steps
from .svg import hold_width

SPOKEN = 22  # points below the picture, for the sentence of the step
LONGER = 3  # times as long as another the last state stays

Span = tuple[int, int]  # the states from one to another, which is left out


class Film:
    """Which elements are seen at which times, as rules of a style sheet."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count, self.seconds = count, seconds
        self.names: dict[tuple[Span, ...], str] = {}
        self.gone: set[str] = set()  # what is not seen where nothing moves

    def show(self, element: Element, spans: Sequence[Span], *, stays: bool = True) -> None:
        """Show an element in some spans of states; where nothing moves, if it `stays`."""
        name = self.names.setdefault(tuple(spans), f"f{len(self.names)}")
        element.set("class", f"{element.get('class', '')} {name}".strip())
        if not stays:
            self.gone.add(name)

    def light(self, group: Element, spans: Sequence[Span]) -> None:
        """Light a box or an arrow in some spans of states."""
        shape = next(one for one in group if one.tag in ("path", "polygon"))
        glow = deepcopy(shape)
        glow.attrib |= {"fill": "none", "stroke": "#E69F00", "stroke-width": "4", "stroke-opacity": "0.7"}
        glow.set("class", "glow")
        group.insert([*group].index(shape), glow)
        self.show(glow, spans, stays=False)

    def stages(self, rows: Sequence[Element], parts: Sequence[tuple[int, str]], group: Element) -> None:
        """Show a gradient as it comes about: what it is at first, and in the end its rows."""
        for (i, said), (until, _) in pairwise(parts):
            early = deepcopy(rows[0])
            early.text = said
            hold_width(early)
            group.append(early)
            self.show(early, [(i, until)], stays=False)
        for row in rows:
            self.show(row, [(parts[-1][0] if parts else 0, self.count)])

    def sheet(self) -> str:
        """Return the rules."""
        frames, moves = [], []
        for spans, name in self.names.items():
            keys = [] if any(begin == 0 for begin, _ in spans) else ["0%{visibility:hidden}"]
            ends = {begin for begin, _ in spans} ^ {end for _, end in spans}  # what ends where it begins goes on
            for i in sorted(ends - {self.count}):
                seen = "visible" if any(begin <= i < end for begin, end in spans) else "hidden"
                keys.append(f"{i / self.count:.3%}{{visibility:{seen}}}")
            frames.append(f"@keyframes {name} {{{' '.join(keys)}}}")
            moves.append(f".{name}{{animation:{name} {self.count * self.seconds:g}s step-end infinite}}")
        still = ",".join(f".{name}" for name in sorted(self.gone))
        return (
            f"{still} {{ visibility: hidden }}\n" * bool(still)
            + "\n".join(frames)
            + f"\n@media screen and (prefers-reduced-motion: no-preference) {{\n{chr(10).join(moves)}\n}}\n"
        )


class Texts:
    """The words of a step, as the page has them at first."""

    def __init__(self, picture: Picture) -> None:
        self.boxes = {box.id: box for box in picture.boxes}
        self.arrows = {arrow.id: arrow for arrow in picture.arrows}

    def look(self, part: Part) -> str:
        """Return a text, or what it is looked up as."""
        if isinstance(part, str):
            return part
        what, *ids = part
        if what == "value":
            return self.boxes[ids[0]].value
        if what == "flow":
            return self.arrows[ids[0]].back
        if what == "sum":
            terms = [self.arrows[id].back.rpartition(" = ")[2] for id in ids]
            signed = [f" − {term[1:]}" if term.startswith("−") else f" + {term}" for term in terms[1:]]
            return f"grad {terms[0]}{''.join(signed)} + …"
        return next(text for kind, text in self.boxes[ids[0]].lines if kind == "grad")


def to_film(svg: str, picture: Picture, seconds: float) -> str:
    """Return the SVG of a picture with what each state shows shown at its time, so many seconds each."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    root.set("xmlns", "http://www.w3.org/2000/svg")
    groups = {group.get("id", ""): group for group in root.iter("g")}
    states = steps(picture)
    count = len(states) - 1 + LONGER
    film = Film(count, seconds)
    values = {id: i for i, state in reversed(list(enumerate(states))) for id in state.values}
    known: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for i, state in enumerate(states):
        for id, part in state.grads:
            known.setdefault(id, []).append((i, part))
    texts = Texts(picture)
    for box in picture.boxes:
        rows = groups[box.id].findall("text")
        for text in rows:
            if text.get("class") == "value":
                film.show(text, [(values.get(box.id, 0), count)])
        grads = [text for text in rows if text.get("class") == "grad"]
        if grads:
            film.stages(grads, [(i, texts.look(part)) for i, part in known.get(box.id, [])], groups[box.id])
        for heat in groups[box.id].findall("g"):
            begin = values.get(box.id, 0) if "value" in heat.get("class", "") else known.get(box.id, [(0, ())])[-1][0]
            film.show(heat, [(begin, count)])
    for arrow in picture.arrows:
        for text in groups[arrow.id].findall("text"):
            film.show(text, [(values.get(arrow.id, 0), count)])
    for id in dict.fromkeys(id for state in states for id in state.lit):
        film.light(groups[id], [(i, i + 1) for i, state in enumerate(states) if id in state.lit])
    left, top, wide, high = map(float, root.get("viewBox", "0 0 100 100").split())
    for i, state in enumerate(states):
        said = "".join(texts.look(part) for part in state.say)
        end = i == len(states) - 1
        line = SubElement(root, "text", {"x": f"{left + 6:g}", "y": f"{top + high + 14:g}", "font-size": "10"})
        line.text = said
        line.attrib |= {"textLength": f"{min(text_width(said, 10), wide - 12):.2f}", "lengthAdjust": "spacingAndGlyphs"}
        film.show(line, [(i, count if end else i + 1)], stays=end)
    root.set("viewBox", f"{left:g} {top:g} {wide:g} {high + SPOKEN:g}")
    root.set("height", f"{float(root.get('height', '0').removesuffix('pt')) + SPOKEN:g}pt")
    sheet = root.find("style")
    assert sheet is not None  # svg.py put it there
    sheet.text = f"{sheet.text}{film.sheet()}"
    return ElementTree.tostring(root, encoding="unicode") + "\n"
