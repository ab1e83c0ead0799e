"""A drawing of a graph: what `J.draw()` returns, to be shown, printed or saved."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from ..engine.disk import writable, write
from ..errors import RenderError
from ..graph import Node
from .dot import to_dot
from .picture import MOST_NODES, Direction, Picture, picture
from .render import INSTALL, render
from .svg import to_svg
from .text import table, tree

FORMATS = ("dot", "pdf", "png", "svg", "txt")


def draw(root: Node, *, most: int = MOST_NODES, direction: Direction = "LR") -> Drawing:
    """Return the drawing of the graph that ends in `root`.

    Of a graph of more than `most` nodes, the `most` that are nearest to `root` are drawn and
    the rest is counted. `direction` is 'LR', the output on the right, or 'TB', below.

    >>> from microgradnn import Value
    >>> x = Value(3, name="x")
    >>> y = (x * x).named("y")
    >>> y.backward()
    >>> print(y.draw().text())
    y = x × x  value 9  grad 1
    ├─ ∂ 3  x  value 3  grad 3 + 3 = 6
    └─ ∂ 3  x  value 3  grad 3 + 3 = 6
    """
    return Drawing(picture(root, most=most, direction=direction))


class Drawing:
    """A picture of a graph as it was when `draw` was called, in any format."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    def svg(self, *, prefix: str = "") -> str:
        """Return it as SVG text; `prefix` sets its ids apart from those of others on a page."""
        picture = render(self.dot())
        try:
            return to_svg(picture.decode(), self.picture, prefix=prefix)
        except (SyntaxError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise RenderError(f"Graphviz printed an SVG that is not of this graph ({error}); {INSTALL}") from error

    def dot(self) -> str:
        """Return it in DOT, the language of Graphviz."""
        return to_dot(self.picture)

    def text(self) -> str:
        """Return it as a tree for the terminal."""
        return tree(self.picture)

    def table(self, *, only: Collection[str] = ()) -> str:
        """Return a line for each node, or for each named in `only`, in forward order."""
        return table(self.picture, only)

    def save(self, path: str | Path) -> Path:
        """Write it to a file, in the format of its ending, and return the path.

        Raises ValueError for an ending that is none of dot, pdf, png, svg, txt, and
        RenderError where the layout fails (pdf and png need the system's Graphviz), OSError where it cannot be
        written; then the file that was there stays.
        """
        format = Path(path).suffix.lower().removeprefix(".")
        if format not in FORMATS:
            raise ValueError(f"unknown format {format!r} (choose from {', '.join(FORMATS)})")
        texts: dict[str, Callable[[], str]] = {"dot": self.dot, "svg": self.svg, "txt": lambda: f"{self.text()}\n"}
        writable(path)
        return write(path, texts[format]().encode() if format in texts else render(self.dot(), format))

    def __repr__(self) -> str:
        return f"<{self.picture.title}: {len(self.picture.boxes)} nodes>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show the picture in a notebook; where it cannot be laid out, the tree and why."""
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RenderError as error:
            return {"text/plain": f"{self.text()}\n({error})"}
