"""Attributes that are set by mistake: `v.gard = 0` would be one of the user's own, and `v.grad` stay as it is."""

from __future__ import annotations

import warnings
from typing import Any, Final

from ..errors import NoSuchAttribute
from ..graph.node import COMPILED


def misspell(word: str) -> set[str]:
    """Return a word with two letters changed about, one left out, one twice, or in capitals."""
    found = {word.capitalize(), word.upper()}
    for i in range(len(word)):
        before, letter, after = word[:i], word[i], word[i + 1 :]
        found |= {before + after, before + letter + word[i:], before + after[:1] + letter + after[1:]}
    return found - {word}


MISSPELT: Final = {wrong: word for word in ("data", "grad", "label", "name") for wrong in sorted(misspell(word))}


def warn_of(name: str, meant: str) -> None:
    """Say that an attribute is the user's own, and which may have been meant."""
    what = f"{name!r} is set as an attribute of your own, which changes nothing; did you mean {meant!r}?"
    warnings.warn(what, UserWarning, stacklevel=2 if COMPILED else 3)


class Misspelt:
    """An attribute of the user's own whose name is nearly that of one of ours: it can be had, with a warning.

    It stands in the class, since a `__setattr__` would be asked for every attribute of every node.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, kind: type | None = None) -> Any:
        """Return what was set; like for all other names, NoSuchAttribute where nothing was."""
        if node is None or self.name not in vars(node):
            raise NoSuchAttribute(kind if node is None else node, self.name)
        return vars(node)[self.name]

    def __set__(self, node: Any, x: Any) -> None:
        """Set it, and warn."""
        warn_of(self.name, MISSPELT[self.name])
        vars(node)[self.name] = x

    def __delete__(self, node: Any) -> None:
        """Forget it."""
        if vars(node).pop(self.name, self) is self:
            raise NoSuchAttribute(node, self.name)
