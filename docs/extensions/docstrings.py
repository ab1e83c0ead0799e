"""Docstrings as they are written: plain text, `code`, blocks indented by four, and >>> examples.

autodoc expects reStructuredText, in which `|x|`, `*args` and `dW_` are markup. Here they are not.
"""

import re
from typing import Any

from sphinx.application import Sphinx

MARKUP = re.compile(r"(?P<code>`[^`]+`)|[\\*_|]")


def plain(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Rewrite the lines of a docstring, paragraph by paragraph."""
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    lines[:] = [*"\n\n".join(map(paragraph, paragraphs)).split("\n"), ""]


def paragraph(text: str) -> str:
    """Return a paragraph in reStructuredText."""
    if text.startswith(">>>"):
        return text
    if text.startswith("    "):
        return "::\n\n" + text
    return MARKUP.sub(lambda found: f"`{found[0]}`" if found["code"] else "\\" + found[0], text)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", plain)
    return {"parallel_read_safe": True}
