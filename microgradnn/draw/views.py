"""The pictures among which a page turns: a scope that is clicked is folded, or unfolded with all around it folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..graph import Node, topological
from .boxes import Box, Picture, nest
from .picture import Options, picture
from .web import Path, scopes, web

MOST_VIEWS = 20  # of a page: each is laid out, and has some 20 kB
MOST_NODES = 5_000  # of a graph that is folded in several ways


class Turn(NamedTuple):
    """A picture, and to which one leads each of its folded boxes and frames, by their ids."""

    picture: Picture
    turns: dict[str, int]


def views(root: Node, first: Picture, options: dict[str, Any]) -> list[Turn]:
    """Return the pictures of a page, `first`, which was drawn with these options, and those that it leads to."""
    how = Options(**options)
    order = topological(root)
    known: list[Path] = []
    if how.focus is how.around is how.top is None and len(order) <= MOST_NODES:
        paths = dict.fromkeys(scopes(web(order, lambda node: False)))
        known = [*dict.fromkeys(path[:k] for path in paths for k in range(1, len(path) + 1))]
        known.sort(key=len)
    whole = not any(box.nodes > 1 for box in first.boxes)
    shown = {path for _, path in frames(first.boxes)}
    to_draw: dict[Path, frozenset[Path]] = {}
    if whole:
        for path in known:
            to_draw[path] = frozenset(one for one in known if one[: len(path)] != path)
    else:
        for path in [()] * bool(shown) + known:
            to_draw[path] = frozenset(path[:k] for k in range(1, len(path) + 1))
    same = options | {"fold": (), "unfold": (), "depth": None}
    drawn = {path: picture(root, **same, opened=opened) for path, opened in [*to_draw.items()][: MOST_VIEWS - 1]}
    place = {path: i + 1 for i, path in enumerate(drawn)}
    return [Turn(one, turns(one, place, whole)) for one in (first, *drawn.values())]


def turns(one: Picture, place: dict[Path, int], whole: bool) -> dict[str, int]:
    """Return to which picture each folded box and each frame leads, where there is one."""
    found = {}
    for box in one.boxes:
        if box.path:
            found[box.id] = 0 if whole else place.get(box.path)
        elif box.nodes > 1 and box.scope and not whole:  # one of those that are alike is to be chosen
            found[box.id] = place.get(box.scope)
    for id, path in frames(one.boxes):
        found[id] = place.get(path) if whole else place.get(path[:-1], 0)
    return {id: i for id, i in found.items() if i is not None}


def frames(boxes: Sequence[Box], depth: int = 0) -> Iterator[tuple[str, Path]]:
    """Yield the id and the path of each frame."""
    for members in nest(boxes, depth)[1].values():
        yield f"s{depth}{members[0].id}", members[0].scope[: depth + 1]
        yield from frames(members, depth + 1)
