"""Names for what a listing assigns: those of the nodes where Python takes them, all different."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Sequence

from ..graph import OPS, Node
from ..rules.arrays import ARRAY_OPS
from .translation import numeric_functions


def identifiers(order: Iterable[Node], given: Sequence[Node]) -> dict[Node, str]:
    """Return names that Python takes, all different: those of the nodes where they can be."""
    names: dict[Node, str] = {}
    taken = reserved()
    for i, node in enumerate(given):
        names[node] = unique_name(identifier(node.name) or f"x{i + 1}", taken)
    for node in order:
        if node not in names and node.name:
            names[node] = unique_name(identifier(node.name), taken)
    return names


def reserved() -> set[str]:
    """Return the names that a source has a meaning for."""
    own = {name.removesuffix("_array") for name in numeric_functions()} | set(numeric_functions())
    return {"np", "math", "m", "in", "gradients", "holds", "float", "type", *own, *OPS, *ARRAY_OPS}


def identifier(name: str) -> str:
    """Return a name with what Python does not take left out: 'z[1]' becomes z1."""
    name = unicodedata.normalize("NFKC", name)  # as Python reads names
    kept = re.sub(r"\W+", "_", re.sub(r"[][{}]", "", name).replace("ŷ", "y_hat")).strip("_")
    if not kept.isidentifier() or keyword.iskeyword(kept):
        kept = f"v_{kept}" if kept else ""
    return kept


def unique_name(name: str, taken: set[str]) -> str:
    """Return the name, with a number where it is taken, and take it."""
    name = name or "t"
    candidate, i = name, 2
    while candidate in taken or f"d{candidate}" in taken:
        candidate, i = f"{name}_{i}", i + 1
    taken.update({candidate, f"d{candidate}"})
    return candidate
