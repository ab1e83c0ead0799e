"""A picture as a page on which the two passes are walked through, step by step: one file, which needs no network.

Pure: a picture and its SVG in, HTML out. page.js moves from step to step; what each step shows is decided here.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import NamedTuple

from .boxes import Arrow, Box, Picture

SCRIPT = Path(__file__).with_name("page.js")
STYLE = """
:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif }
body { margin: 0; display: flex; flex-direction: column; height: 100vh }
nav { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; padding: .5rem; border-bottom: 1px solid #8888 }
nav button { font: inherit; min-width: 2.75rem; min-height: 2.75rem }
nav input { flex: 1 1 8rem; min-height: 2.75rem }
#say { margin: 0; padding: .5rem; min-height: 2.8em }
main { display: flex; flex: 1; min-height: 0 }
#picture { flex: 3; overflow: auto; padding: .5rem }
#picture svg { max-width: 100%; height: auto }
#steps { flex: 1; overflow: auto; margin: 0; padding: .5rem .5rem .5rem 3rem; border-left: 1px solid #8888 }
#steps li { cursor: pointer; font-variant-numeric: tabular-nums }
#steps [aria-current] { font-weight: bold; outline: 2px solid #0072B2; outline-offset: 1px }
.unknown { visibility: hidden }
.lit > :is(path, polygon) { stroke-width: 4 }
@media (max-width: 45rem) { main { flex-direction: column } #steps { border: 0; border-top: 1px solid #8888 } }
@media print { nav, #steps { display: none } body { height: auto } }
"""


class Moment(NamedTuple):
    """What is new in one state of the page."""

    say: str
    lit: tuple[str, ...] = ()  # boxes and arrows
    values: tuple[str, ...] = ()  # boxes whose value, and arrows whose slope, is known from now on
    grads: tuple[tuple[str, str], ...] = ()  # boxes whose gradient is so from now on


def steps(picture: Picture) -> list[Moment]:
    """Return the states: the formula, the numbers, the forward pass, the seed, the backward pass."""
    boxes = [box for box in picture.boxes if box.kind != "hidden"]
    feeds: dict[str, list[Arrow]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        feeds[arrow.head].append(arrow)
    leaves = [box for box in boxes if not feeds[box.id] and box.kind != "folded"]
    given = tuple(box.id for box in leaves)
    found = [Moment("The formula: nothing is computed yet.")]
    if leaves:
        found.append(Moment("The numbers that are given.", given, given))
    for box in boxes:
        if box.id not in given:
            known = (box.id, *(arrow.id for arrow in feeds[box.id]))
            found.append(Moment(forward(box), known, known))
    root = boxes[-1]
    if not root.grad:
        return [*found, Moment("The gradients have not been computed: call backward().")]
    seed = f"Backward: it starts with the gradient of {name(root)} by itself, {root.grad}."
    found.append(Moment(seed, (root.id,), (), ((root.id, grad_line(root)),)))
    found += backward(boxes, feeds)
    told = {id for step in found for id, _ in step.grads}
    rest = tuple((box.id, grad_line(box)) for box in boxes if grad_line(box) and box.id not in told)
    return [*found, Moment("And what came along edges that are not shown one by one.", (), (), rest)] if rest else found


def forward(box: Box) -> str:
    """Say what the forward pass computes: 'u = b × c = 6'."""
    return f"{box.title} = {box.value}" if box.kind != "folded" else box.title


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
            terms.append(arrow.back.rpartition(" = ")[2])
            left[tail.id] -= 1
            line = f"grad {plus(terms)}" if left[tail.id] else grad_line(tail)
            say = f"Back from {name(head)} to {name(tail)}: {arrow.back}"
            if len(terms) > 1 and not left[tail.id]:
                say += f"; in all {line}"
            found.append(Moment(f"{say}.", (arrow.id, head.id, tail.id), (), ((tail.id, line),)))
    return found


def plus(terms: list[str]) -> str:
    """Write terms as a sum that is not complete."""
    return terms[0] + "".join(f" − {term[1:]}" if term.startswith("−") else f" + {term}" for term in terms[1:]) + " + …"


def grad_line(box: Box) -> str:
    """The line of the gradient in a box."""
    return next((text for kind, text in box.lines if kind == "grad"), "")


def name(box: Box) -> str:
    """What a box is called in a sentence."""
    return box.title.partition(" = ")[0].partition(": ")[0]


def to_page(picture: Picture, svg: str) -> str:
    """Return the page. Whatever comes from a user is text in it, and nothing runs but page.js."""
    script = SCRIPT.read_text(encoding="utf-8")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    data = json.dumps([step._asdict() for step in steps(picture)], ensure_ascii=False).replace("<", "\\u003c")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    title = escape(picture.title)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<nav aria-label="Steps">
<button id="first" aria-label="to the formula">⏮</button>
<button id="back" aria-label="one step back">◀</button>
<button id="play" aria-label="play" aria-pressed="false">▶▶</button>
<button id="next" aria-label="one step on">▶</button>
<button id="last" aria-label="to the end">⏭</button>
<input id="slider" type="range" min="0" value="0" aria-label="step">
<output id="count"></output>
</nav>
<p id="say" aria-live="polite"></p>
<main>
<div id="picture" tabindex="0" aria-label="{title}">{svg}</div>
<ol id="steps" start="0"></ol>
</main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
