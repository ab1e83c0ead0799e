"""The page on which a training is seen: fed by a server while it goes on, or with a recording in it. Pure: HTML out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from ...draw.shell import THEME, Page, icon, to_html
from ...formulas.live import functions_source
from ..activations import ACTIVATIONS
from .look import Moment

HERE = Path(__file__).parent
FROM_SERVER = "default-src 'none'; connect-src 'self'; img-src data:"


def live_page(title: str) -> Page:
    """Return the page that a server feeds."""
    page = to_page(title, {"live": True}, FROM_SERVER)
    return Page(page.replace("</head>", '<link rel="icon" href="data:,"></head>', 1))  # so that none is asked for


def recorded_page(title: str, about: Moment, moments: Sequence[Moment]) -> Page:
    """Return the page that replays moments."""
    return to_page(title, {"live": False, "about": about, "moments": list(moments)}, "default-src 'none'")


@cache
def scripts() -> tuple[str, ...]:
    """Return what computes the units' outputs, translated from the table, and what shows them."""
    rows = {name: function for name, function in ACTIVATIONS.items() if name != "softmax"}
    names = ", ".join(f"{name}: g_{name}" for name in rows)
    source = functions_source(rows, "z", "slope")
    files = [(HERE / name).read_text(encoding="utf-8") for name in ("forward.js", "watch.js")]
    return (source, f"const activations = {{ {names} }};", *files)


def to_page(title: str, data: dict[str, Any], policy: str) -> Page:
    """Return the page with its data."""
    style = (HERE / "watch.css").read_text(encoding="utf-8")
    return to_html(title, style, body(title), data, scripts(), policy=policy)


def body(title: str) -> str:
    """Return what stands on the page; watch.js fills it."""
    return f"""\
<nav aria-label="Moments" id="replay" hidden>
<button type="button" id="first" aria-label="to the beginning">{icon("first")}</button>
<button type="button" id="back" aria-label="one moment back">{icon("back")}</button>
<button type="button" id="play" aria-label="play" aria-pressed="false">{icon("play")}</button>
<button type="button" id="next" aria-label="one moment on">{icon("next")}</button>
<button type="button" id="last" aria-label="to the end">{icon("last")}</button>
<input id="slider" type="range" min="0" value="0" aria-label="moment">
</nav>
<nav aria-label="Training" id="training" hidden>
<button type="button" id="run" aria-pressed="false">{icon("play")} train</button>
<span role="group" aria-label="One step">one
<button type="button" class="step" value="example" id="example">example</button>
<button type="button" class="step" value="batch" id="batch">batch</button>
<button type="button" class="step" value="epoch" id="epoch">epoch</button></span>
<button type="button" id="restart">start again</button>
<button type="button" id="fresh">other weights</button>
<label>α <input id="rate" type="number" step="any" min="0"></label>
<label>pace <select id="pace"></select></label>
<a id="save" download hidden>save a recording</a>
</nav>
<nav aria-label="Set-up" id="choices">
<label class="chosen">data <select id="data-name"></select></label>
<label class="chosen">batch <select id="size"></select></label>
<label class="chosen">hidden <select id="hidden"></select></label>
<span class="chosen" role="group" aria-label="Hidden layers">layers
<button type="button" id="fewer" aria-label="take a hidden layer away">−</button>
<button type="button" id="more" aria-label="add a hidden layer">+</button></span>
{THEME}
</nav>
<p id="say" role="status"></p>
<p id="numbers"></p>
<main>
<section id="network"><h2>Network</h2>
<div id="net" tabindex="0" role="group" aria-label="the network: {escape(title)}">
<svg id="lines" aria-hidden="true"></svg></div>
<p id="unit" role="status"></p>
<p class="key"><span class="plus">orange, solid</span>: a weight above 0; <span class="minus">blue, dashed</span>:
below; the wider, the larger.</p>
</section>
<section id="over" hidden><h2 id="shown"></h2>
<div id="field"><canvas id="map" width="48" height="48" aria-hidden="true"></canvas>
<svg id="marks" viewBox="0 0 1 1" preserveAspectRatio="none" role="img"></svg></div>
<p id="axes"></p>
<p class="key" id="legend"></p>
</section>
<section id="course"><h2>Cost J</h2>
<svg id="curve" viewBox="0 0 300 130" role="img"><path class="axis" d="M0 8V120H300"/><polyline points=""/></svg>
<p id="ends"></p>
<button type="button" id="log" aria-pressed="false">logarithmic</button>
</section>
<section id="slopes"><h2>Gradients of the last step, by layer</h2>
<div id="histograms"></div>
<p class="key">How many of dW and db have which size, from 1e−8 to 10:
<span class="plus">up, those above 0</span>; <span class="minus">down, those below</span>.</p>
</section>
</main>"""
