"""Pictures laid out so that they fit a page: as the layout likes, and where that is too wide in rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .boxes import Picture
from .dot import to_dot
from .render import HEAD, render_all

WIDEST = 818  # points: on a page of 736 pixels, letters of 10 are then 9 pixels high
MOST_BOXES = 160  # of a picture that is laid out several times
PAGES = (WIDEST, 640, 520, 400)  # how wide rows are to be, where the layout is wider


def fit(pictures: Sequence[Picture], *, roomy: bool = False, maps: bool = True) -> list[tuple[str, bytes]]:
    """Return for each picture the DOT text whose layout fits a page, or else is the narrowest, and that SVG."""
    best: dict[int, tuple[int, str, bytes]] = {}
    left = [*range(len(pictures))]
    several = len(pictures) > 1  # of a page, which scrolls: one more try is enough
    for page in (None, *PAGES[: 1 if several else None]):
        tried = [pictures[i] if page is None else replace(pictures[i], direction="TB") for i in left]
        dots = [to_dot(picture, roomy=roomy, page=page, maps=maps) for picture in tried]
        for i, dot, svg in zip(left, dots, render_all(dots), strict=True):
            found = (width(svg), dot, svg)
            best[i] = min(found, best.get(i, found), key=lambda one: one[0])
        left = [i for i in left if best[i][0] > WIDEST and not stays(pictures[i])]
        if not left:
            break
    return [best[i][1:] for i in range(len(pictures))]


def stays(picture: Picture) -> bool:
    """Whether the direction was asked for, and leaves nothing to be tried, or it would take too long."""
    return (picture.fixed and picture.direction == "LR") or len(picture.boxes) > MOST_BOXES


def width(svg: bytes) -> int:
    """Return how many points wide an SVG of Graphviz is; 0 where it does not say."""
    found = re.search(rb'<svg width="(\d+)pt"', svg[:HEAD])
    return int(found[1]) if found else 0
