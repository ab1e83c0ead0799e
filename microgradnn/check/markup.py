"""HTML that reports are shown in: readable in a light and in a dark notebook, and on a narrow page.

Colours come from what is around: text is `currentColor`, and no meaning hangs on a colour alone.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from ..engine.disk import write

STYLE = """<style>
.mg-report{max-width:60rem;font:15px/1.5 system-ui,sans-serif;color:inherit}
.mg-report code,.mg-report pre{font:13px/1.5 ui-monospace,monospace;background:none;color:inherit}
.mg-report pre{margin:.2rem 0;padding:.3rem .6rem;border-left:3px solid;white-space:pre-wrap;overflow-wrap:anywhere}
.mg-report section{margin:.8rem 0}
.mg-report p{margin:.3rem 0;overflow-wrap:anywhere}
.mg-report ol{padding-left:1.4rem;margin:.3rem 0}
.mg-report li{margin:.5rem 0}
.mg-report svg{max-width:100%;height:auto;vertical-align:top}
.mg-report .mg-list{display:grid;grid-template-columns:max-content 1fr;gap:.35rem .8rem}
.mg-report .mg-list>*{min-width:0;overflow-wrap:anywhere}
@media(max-width:34rem){.mg-report .mg-list{grid-template-columns:1fr;gap:0}}
@media(max-width:34rem){.mg-report .mg-list>:nth-child(even){margin:0 0 .6rem}}
</style>"""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<body style="margin:1rem auto;max-width:60rem;padding:0 1rem">
{body}
</body>
</html>
"""


def wrap(body: str) -> str:
    """Return HTML with the style of a report around it, for a notebook."""
    return f'{STYLE}<div class="mg-report">{body}</div>'


def save_report(path: str | Path, title: str, html: str, text: str) -> Path:
    """Write a report as a page or as text, by the ending of the file's name; return the path.

    Raises ValueError for another ending, OSError where it cannot be written; then the file that was there stays.
    """
    ending = Path(path).suffix.lower()
    if ending not in (".html", ".txt"):
        raise ValueError(f"unknown format {ending.removeprefix('.')!r} (choose from html, txt)")
    page = PAGE.format(title=escape(title), body=html) if ending == ".html" else f"{text}\n"
    return write(path, page.encode())


def verdict(ok: bool, right: str, wrong: str) -> str:
    """Return a word with its mark, ✓ or ✗."""
    return f"✓ {right}" if ok else f"<b>✗ {wrong}</b>"


def sections(rows: list[tuple[str, str]]) -> str:
    """Return what is said of each of some things: side by side, below each other where the page is narrow."""
    return f'<div class="mg-list">{"".join(f"<div>{name}</div><div>{told}</div>" for name, told in rows)}</div>'
