"""Which scopes are folded: those that were named, those below a depth, or so many that a picture can be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .web import Parts, Path, Web, arrows, parts

MOST_BOXES = 60  # of a picture in which nothing is folded unasked
MOST_ARROWS = 120
LISTED = 12  # scopes that an error names


class Folding(NamedTuple):
    """What the user asked for."""

    fold: tuple[str, ...] = ()
    unfold: tuple[str, ...] = ()
    depth: int | None = None
    opened: frozenset[Path] | None = None  # these scopes are open, and no others


def fold_scopes(net: Web, paths: Sequence[Path], asked: Folding, boxes: int) -> tuple[Parts, set[Path]]:
    """Return the parts of a graph whose nodes have the scopes `paths`, and the scopes that were to be open.

    There are no more than `boxes` parts if that can be had by folding scopes and no scope was named to be folded.
    Raises ValueError for the name of a scope that is not there.
    """
    if asked.opened is not None:
        opened = asked.opened
        return parts(net, paths, lambda scope: scope not in opened), {*opened}
    known = {path[:k] for path in set(paths) for k in range(1, len(path) + 1)}
    folded = find_scopes(asked.fold, known)
    unfolded = find_scopes(asked.unfold, known)
    kept = {path[:k] for path in unfolded for k in range(1, len(path) + 1)}  # around an open scope all is open
    kept |= {path for path in known if any(path[: len(scope)] == scope for scope in unfolded)}

    def at(depth: int) -> Parts:
        return parts(net, paths, lambda scope: scope not in kept and (scope in folded or len(scope) > depth))

    deepest = max(map(len, known), default=0)
    if asked.depth is not None or folded or len(paths) <= boxes:
        return at(deepest if asked.depth is None else asked.depth), unfolded
    found = at(0)
    for depth in range(1, deepest + 1):
        deeper = at(depth)
        if deeper.count > boxes or len(arrows(net, deeper)) > boxes * MOST_ARROWS // MOST_BOXES:
            break
        found = deeper
    return found, unfolded


def inside(folded: Parts, opened: set[Path]) -> list[int]:
    """Return the parts that lie in an open scope."""
    return [i for i, frame in enumerate(folded.frame) if opened and any(frame[: len(path)] == path for path in opened)]


def find_scopes(names: Iterable[str], known: Iterable[Path]) -> set[Path]:
    """Return the scopes that are meant by 'layer 1/neuron 3', by 'neuron 3', or, those of every number, by 'neuron'."""
    found = set()
    for name in names:
        asked = [part.strip() for part in name.split("/") if part.strip()]
        meant = {path for path in known if asked and is_meant(asked, path)}
        if not meant:
            there = sorted("/".join(path) for path in known)
            listed = ", ".join(there[:LISTED]) + ", …" * (len(there) > LISTED)
            raise ValueError(
                f"there is no scope {name!r} (choose from {listed})"
                if there
                else f"no node has a scope, so none is {name!r}"
            )
        found |= meant
    return found


def is_meant(asked: Sequence[str], path: Path) -> bool:
    """Whether a path ends in the names, of which each may leave the number at its end out."""
    last = path[-len(asked) :]
    return len(last) == len(asked) and all(
        name == part or re.fullmatch(re.escape(name) + r"\W*\d+\W*", part)
        for name, part in zip(asked, last, strict=True)
    )
