"""A picture as a page on which the two passes are walked through, step by step: one file, which needs no network.

Pure: a picture, its SVG and what of it is computed anew in, HTML out. What each step shows is decided here; page.js
shows it, and writes numbers by numbers.js.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from ..rules.arrays import ArrayOp
from .boxes import Arrow, Box, Picture
from .live import Live, find_folded, places
from .metrics import WIDTH
from .shell import HERE, THEME, Page, icon, to_html
from .svg import DARK
from .views import Turn

# Text, or what page.js looks up: ("value", box), ("grad", box), ("flow", arrow), ("sum", arrow, arrow, …).
Part = str | tuple[str, ...]


class Moment(NamedTuple):
    """What is new in one state of the page."""

    say: tuple[Part, ...]
    lit: tuple[str, ...] = ()  # boxes and arrows
    values: tuple[str, ...] = ()  # boxes whose value, and arrows whose slope, is known from now on
    grads: tuple[tuple[str, tuple[str, ...]], ...] = ()  # boxes whose gradient is so from now on


def steps(picture: Picture) -> list[Moment]:
    """Return the states: the formula, the numbers, the forward pass, the seed, the backward pass."""
    boxes = [box for box in picture.boxes if box.kind != "hidden"]
    feeds: dict[str, list[Arrow]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        feeds[arrow.head].append(arrow)
    leaves = [box for box in boxes if not feeds[box.id] and box.kind != "folded"]
    given = tuple(box.id for box in leaves)
    found = [Moment(("The formula: nothing is computed yet.",))]
    if leaves:
        found.append(Moment(("The numbers that are given.",), given, given))
    for box in boxes:
        if box.id not in given:
            known = (box.id, *(arrow.id for arrow in feeds[box.id]))
            found.append(Moment(forward(box), known, known))
    root = boxes[-1]
    if not root.grad:
        others = tuple((box.id, ("grad", box.id)) for box in boxes if box.grad)
        return [*found, Moment(("The gradients have not been computed: call backward().",), (), (), others)]
    seed = f"Backward: it starts with the gradient of {name(root)} by itself, {root.grad}."
    found.append(Moment((seed,), (root.id,), (), ((root.id, ("grad", root.id)),)))
    found += backward(boxes, feeds)
    told = {id for step in found for id, _ in step.grads}
    rest = tuple((box.id, ("grad", box.id)) for box in boxes if box.grad and box.id not in told)
    if rest:
        found.append(Moment(("And what came along edges that are not shown one by one.",), (), (), rest))
    return [*found, Moment((f"Done: each gradient is how fast {name(root)} grows with that number.",))]


def forward(box: Box) -> tuple[Part, ...]:
    """Say what the forward pass computes: 'u = b × c = 6'."""
    return (box.title, " = ", ("value", box.id)) if box.kind != "folded" else (box.title,)


def backward(boxes: list[Box], feeds: dict[str, list[Arrow]]) -> list[Moment]:
    """Return the steps of the sweep: along each arrow, from the output back; where several meet, each is a term."""
    by_id = {box.id: box for box in boxes}
    left = Counter(arrow.tail for arrows in feeds.values() for arrow in arrows if arrow.back)
    arrived: dict[str, list[str]] = {}
    found = []
    for head in reversed(boxes):
        for arrow in feeds[head.id]:
            tail = by_id.get(arrow.tail)
            if tail is None or not arrow.back or not tail.grad:
                continue
            terms = arrived.setdefault(tail.id, [])
            terms.append(arrow.id)
            left[tail.id] -= 1
            line = ("sum", *terms) if left[tail.id] else ("grad", tail.id)
            in_all: tuple[Part, ...] = ("; in all ", line) if len(terms) > 1 and not left[tail.id] else ()
            say = (f"Back from {name(head)} to {name(tail)}: ", ("flow", arrow.id), *in_all, ".")
            found.append(Moment(say, (arrow.id, head.id, tail.id), (), ((tail.id, line),)))
    return found


def name(box: Box) -> str:
    """What a box is called in a sentence."""
    return box.title.partition(" = ")[0].partition(": ")[0]


def to_page(views: Sequence[Turn], svgs: Sequence[str], live: Live) -> Page:
    """Return the page, on which the first of the pictures is shown until another is asked for.

    Whatever comes from a user is text in it, and nothing runs but the files named above.
    """
    title = escape(views[0].picture.title)
    others = "\n".join(f'<template class="view">{svg}</template>' for svg in svgs[1:])
    body = f"""\
<nav aria-label="Steps" id="walk">
<button type="button" id="first" aria-label="to the formula">{icon("first")}</button>
<button type="button" id="back" aria-label="one step back">{icon("back")}</button>
<button type="button" id="play" aria-label="play" aria-pressed="false">{icon("play")}</button>
<button type="button" id="next" aria-label="one step on">{icon("next")}</button>
<button type="button" id="last" aria-label="to the end">{icon("last")}</button>
<input id="slider" type="range" min="0" value="0" aria-label="step">
<output id="count"></output>
</nav>
<nav aria-label="View">
<button type="button" id="ask" aria-pressed="false">question</button>
<button type="button" id="flow" aria-pressed="false">flow</button>
<button type="button" id="out" aria-label="zoom out">−</button>
<button type="button" id="fit">fit</button>
<button type="button" id="in" aria-label="zoom in">+</button>
<label>find <input id="find" type="search" size="10" placeholder="a name"></label>
{THEME}
</nav>
<p id="say" aria-live="polite"></p>
<main>
<div id="picture" tabindex="0" role="group" aria-label="{title}">{svgs[0]}</div>
<svg id="map" aria-hidden="true" hidden></svg>
<aside>
<pre id="rule" role="status"></pre>
<form id="question" autocomplete="off">
<h2>Question</h2>
<label>d<span id="of"></span>/d<select id="asked" aria-label="of which"></select></label>
<label>= <input id="answer" aria-label="the gradient"></label>
<button>check</button>
<p id="verdict" role="status"></p>
</form>
<section id="live" hidden>
<h2>Numbers</h2>
<div id="inputs"></div>
<div id="descent">
<label>α <input id="rate" type="number" step="any" min="0" value="0.01"></label>
<button type="button" id="descend">descend</button>
<button type="button" id="reset">reset</button>
<svg id="trail" viewBox="0 0 200 52" preserveAspectRatio="none" role="img" aria-label="the cost, step by step">
<polyline points=""/></svg>
</div>
<p id="told" role="status"></p>
</section>
{f"<p>The numbers cannot be changed here: {escape(live.why)}.</p>" if live.why else ""}
<ul id="paths" aria-label="paths to the output"></ul>
<section id="walked"><h2>Steps</h2><ol id="steps" start="0" tabindex="0" aria-label="steps"></ol></section>
</aside>
</main>
{others}"""
    style = f"{(HERE / 'page.css').read_text(encoding='utf-8')}:root[data-theme=dark] {{{DARK}}}"
    script = [live.source, (HERE / "page.js").read_text(encoding="utf-8")]
    return to_html(views[0].picture.title, style, body, content(views, live), script)


def content(views: Sequence[Turn], live: Live) -> dict[str, Any]:
    """Return what page.js reads."""
    nodes = [box.node for view in views for box in view.picture.boxes if box.node is not None]
    rules = {node.op.name: rule(node.op) for node in nodes if node.op is not None}
    described = [describe(view, live) for view in views]
    return {"views": described, "live": live.about, "rules": rules, "widths": WIDTH}


def describe(view: Turn, live: Live) -> dict[str, Any]:
    """Return one picture as page.js has it."""
    picture = view.picture
    boxes = [box for box in picture.boxes if box.kind != "hidden"]
    shown = {box.id for box in boxes}
    place, use = places(picture, live)
    return {
        "boxes": {box.id: about(box) for box in boxes},
        "arrows": {
            arrow.id: {"tail": arrow.tail, "head": arrow.head, "back": arrow.back}
            for arrow in picture.arrows
            if {arrow.tail, arrow.head} <= shown
        },
        "steps": [step._asdict() for step in steps(picture)],
        "turns": view.turns,
        "place": place,
        "use": use,
        "folded": find_folded(picture, live),
    }


def about(box: Box) -> dict[str, str]:
    """Return one box as page.js has it."""
    op = box.node.op.name if box.node is not None and box.node.op else ""
    return {"name": name(box), "title": box.title, "kind": box.kind, "value": box.value, "grad": box.grad, "op": op}


def rule(op: Any) -> str:
    """Return what the table says of an operation: what it is worth, its slopes, its convention and source."""
    if isinstance(op, ArrayOp):
        return f"{op.name}, of arrays{f': {op.note}' if op.note else ''}"
    return f"{op.name}: {str(op.__doc__).partition(chr(10) * 2)[0]}"
