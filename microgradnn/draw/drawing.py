"""A drawing of a graph: what `J.draw()` returns, to be shown, printed or saved.

Pages, films and their like are loaded when one is asked for: they take as long to load as a picture to draw.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Callable, Collection
from functools import partial
from html import escape
from math import inf
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from ..engine.disk import writable, write
from ..errors import RenderError
from ..graph import Node
from .boxes import Direction, Picture
from .dot import to_dot
from .fit import fit
from .picture import Names, picture
from .render import INSTALL, has_graphviz, render
from .svg import LIGHT, STYLE, to_svg
from .text import table, tree
from .views import Turn, views

if TYPE_CHECKING:
    from .shell import Page

NARROWEST = 20  # columns
FORMATS = ("dot", "html", "mmd", "pdf", "png", "svg", "tex", "txt")


def draw(
    root: Node,
    *,
    fold: Names = (),
    unfold: Names = (),
    depth: int | None = None,
    focus: Any = None,
    around: Any = None,
    radius: int = 2,
    top: int | None = None,
    constants: bool = True,
    most: int | None = None,
    direction: Direction | None = None,
) -> Drawing:
    """Return the drawing of the graph that ends in `root`.

    A graph of up to 60 nodes is drawn whole. Of a larger one scopes are folded, one box each, then what plays the
    same role (×16) and the inner steps of chains; if that leaves more than 150 boxes, those nearest to `root` are
    drawn. The picture says how many nodes were folded or left out.

    fold, unfold  scopes that are to be boxes, or not: 'layer 1/neuron 3', or 'neuron' for those of every number
    depth         how many scopes deep to unfold: 0 folds all
    focus         ('w', 'J'): what lies between two nodes; 'w': between it and the output
    around        a node; what is at most `radius` edges away
    top           only so many arrows, those that bring back the most, and what they join
    constants     False leaves constants without a name out
    most          fold beyond so many boxes, and draw no more
    direction     'LR', the output on the right, or 'TB', below; by default what is narrower on a page

    A node may be given as itself or by its name: 'W1', 'layer 1/neuron 2/w1', or 't3' as drawings number it.

    >>> from microgradnn import Value
    >>> x = Value(3, name="x")
    >>> y = (x * x).named("y")
    >>> y.backward()
    >>> print(y.draw().text())
    y = x × x  value 9  grad 1
    ├─ ∂ 3  x  value 3  grad 3 + 3 = 6
    └─ ∂ 3  x  value 3  grad 3 + 3 = 6
    """
    options = {
        "fold": fold,
        "unfold": unfold,
        "depth": depth,
        "focus": focus,
        "around": around,
        "radius": radius,
        "top": top,
        "constants": constants,
        "most": most,
        "direction": direction,
    }
    first = picture(root, **options)
    return Drawing(first, partial(views, root, first, options))


class Drawing:
    """A picture of a graph as it was when `draw` was called, in any format."""

    def __init__(self, picture: Picture, views: Callable[[], list[Turn]] | None = None) -> None:
        self.picture = picture
        self._views = views or (lambda: [Turn(picture, {})])

    def svg(self, *, prefix: str = "") -> str:
        """Return it as SVG text; `prefix` sets its ids apart from those of others on a page."""
        return self._svg(prefix, STYLE)

    def _svg(self, prefix: str, style: str) -> str:
        """Lay the graph out and return it as SVG text."""
        return dress(fit([self.picture])[0][1], self.picture, prefix, style)

    def dot(self) -> str:
        """Return it in DOT, the language of Graphviz."""
        return to_dot(self.picture)

    def page(self) -> Page:
        """Return a page on which the two passes are walked through, step by step: one file, which needs no network.

        Of a graph of Values the numbers can be changed there, by dragging or typing, and gradients asked for. It is a
        str, and in a notebook that is trusted the page itself.
        """
        from .live import live
        from .page import to_page

        views = self._views()
        pictures = [view.picture for view in views]
        computed = live(pictures)
        laid_out = fit(pictures, roomy=computed.about is not None)
        svgs = [dress(svg, one, "", LIGHT) for one, (_, svg) in zip(pictures, laid_out, strict=True)]
        return to_page(views, svgs, computed)

    def animate(self, *, seconds: float = 1.0) -> str:
        """Return an SVG that goes through both passes by itself, for slides: so many seconds a step, then anew."""
        if not 0 < seconds < inf:
            raise ValueError(f"a step takes some seconds, more than 0; got seconds={seconds}")
        from .film import to_film

        return to_film(self._svg("", LIGHT), self.picture, seconds)

    def tikz(self) -> str:
        """Return it in TikZ, for papers: to be read by `input` where the package `tikz` is used."""
        from .tikz import to_tikz

        return to_tikz(dress(fit([self.picture], maps=False)[0][1], self.picture, "", LIGHT))

    def mermaid(self) -> str:
        """Return it in Mermaid, which many sites draw in Markdown."""
        from .mermaid import to_mermaid

        return to_mermaid(self.picture)

    def text(self, *, width: int | None = None) -> str:
        """Return it as a tree for the terminal, `width` columns wide: by default the terminal's, if there is one."""
        if width is not None and width < NARROWEST:
            raise ValueError(f"a tree takes at least {NARROWEST} columns; got width={width}")
        if width is None and sys.stdout is not None and sys.stdout.isatty():
            width = max(NARROWEST, get_terminal_size().columns)
        return tree(self.picture, width)

    def table(self, *, only: Collection[str] = ()) -> str:
        """Return a line for each node, or for each named in `only`, in forward order."""
        return table(self.picture, only)

    def save(self, path: str | Path) -> Path:
        """Write it to a file, in the format of its ending, and return the path.

        Raises ValueError for an ending that is none of dot, html, mmd, pdf, png, svg, tex, txt, and
        RenderError where the layout fails (pdf and png need the system's Graphviz, or `microgradnn[pictures]`),
        OSError where it cannot be written; then the file that was there stays.
        """
        format = Path(path).suffix.lower().removeprefix(".")
        if format not in FORMATS:
            ending = "" if format else f"; it is the ending of the name, and {str(path)!r:.60} has none"
            raise ValueError(f"unknown format {format!r} (choose from {', '.join(FORMATS)}){ending}")
        texts: dict[str, Callable[[], str]] = {
            "dot": self.dot,
            "html": self.page,
            "mmd": self.mermaid,
            "svg": self.svg,
            "tex": self.tikz,
            "txt": lambda: f"{tree(self.picture)}\n",
        }
        writable(path)
        return write(path, texts[format]().encode() if format in texts else self._picture(format))

    def _picture(self, format: str) -> bytes:
        """Return it in PNG or PDF: by the system's Graphviz, else by what pip installs."""
        if not has_graphviz():
            from .convert import convert

            return convert(self._svg("", LIGHT), format)
        first, dot = render(self.dot(), format), fit([self.picture], maps=False)[0][0]
        return first if dot == self.dot() else render(dot, format)

    def __repr__(self) -> str:
        whole = self.picture.hidden + sum(box.nodes for box in self.picture.boxes)
        boxes = len(self.picture.boxes)
        return f"<{self.picture.title}: {whole:,} nodes{f' in {boxes} boxes' if boxes < whole else ''}>"

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except RenderError:
            return None

    def _repr_html_(self) -> str:
        """Show the picture in a notebook, as an image, which one that is not trusted shows too; if need be the tree."""
        try:
            picture = b64encode(self.svg().encode()).decode()
        except RenderError as error:
            return f"<pre>{escape(self.text(width=80))}\n({escape(str(error))})</pre>"
        return f'<img src="data:image/svg+xml;base64,{picture}" alt="{escape(self.picture.title)}">'

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text(width=80))


def dress(laid_out: bytes, picture: Picture, prefix: str, style: str) -> str:
    """Return Graphviz's SVG of a picture as text for a page."""
    try:
        return to_svg(laid_out.decode(), picture, prefix=prefix, style=style)
    except (SyntaxError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise RenderError(f"Graphviz printed an SVG that is not of this graph ({error}); {INSTALL}") from error
