"""The frame of every page: one file, which needs no network, and on which nothing runs but its own scripts.

Pure: parts in, HTML out. What pages share is here and in common.css, common.js and numbers.js beside it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHARED = ("numbers.js", "common.js")
THEME = """\
<label>theme <select id="theme">
<option value="auto">as the system</option><option value="light">light</option><option value="dark">dark</option>
</select></label>"""

# Drawn, since few fonts have such characters.
ICONS = {
    "first": "M2 2h2v12H2zM14 2v12L5 8z",
    "back": "M12 2v12L3 8z",
    "play": "M1 3v10l6-5zM8 3v10l6-5z",
    "next": "M4 2v12l9-6z",
    "last": "M12 2h2v12h-2zM2 2v12l9-6z",
}


class Page(str):
    """The text of a page, which a notebook shows in a frame that has no access to the notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<page of {len(self) / 1000:.0f} kB: save it as .html>"

    def _repr_html_(self) -> str:
        style = "width: 100%; height: 40rem; border: 1px solid #8888"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{escape(self)}"></iframe>'


def to_html(
    title: str, style: str, body: str, data: Any, script: Sequence[str], *, policy: str = "default-src 'none'"
) -> Page:
    """Return a page whose title is a user's text, and whose `data`, as JSON, scripts read.

    `policy` is what else may be loaded: by default nothing.
    """
    shared = ((HERE / name).read_text(encoding="utf-8") for name in SHARED)
    code = "\n".join(['"use strict";', *shared, *script])
    digest = b64encode(sha256(code.encode()).digest()).decode()
    policy = f"{policy}; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Page(f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(title)}</title>
<style>{(HERE / "common.css").read_text(encoding="utf-8")}{style}
</style>
</head>
<body>
<header><h1>{escape(title)}</h1></header>
{body}
<script type="application/json" id="data">{told}</script>
<script>{code}</script>
</body>
</html>
""")


def icon(name: str) -> str:
    """Return what stands on a button."""
    return f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'
