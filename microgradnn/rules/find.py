"""A node of a graph by what it is called: its name, its scope and name, or the number that drawings give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Node
from .notation import labels, visible

LISTED = 12  # names that an error tells


def find(order: Sequence[Any], asked: Any) -> Any:
    """Return the node of a topological order that is meant: itself, or by 'W1', 'layer 1/neuron 2/w1' or 't3'.

    Raises TypeError for what is no node and no name, and ValueError for a node that is not of the graph, and a name
    that none has, or several.
    """
    if isinstance(asked, Node):
        if asked not in set(order):
            raise ValueError(f"{asked!r:.80} is no part of the graph of {describe(order[-1])}")
        return asked
    if not isinstance(asked, str):
        raise TypeError(f"a node is asked for by itself or its name; got {asked!r} ({type(asked).__name__})")
    meant = [node for node in order if node.name and asked in (node.name, whole_name(node))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        whole = list(dict.fromkeys(map(whole_name, meant)))
        which = (
            f"write which: {list_first([*map(visible, whole)])}" if len(whole) == len(meant) else "give the node itself"
        )
        raise ValueError(f"{len(meant)} nodes have the name {asked!r}: {which}")
    for node, label in labels(order).items():
        if label == asked and not node.name and node.op is not None:
            return node
    names = list(dict.fromkeys(visible(node.name) for node in order if node.name))
    there = f"choose from {list_first(names)}" if names else "none has a name"
    raise ValueError(f"no node of the graph of {describe(order[-1])} has the name {asked!r} ({there})")


def whole_name(node: Any) -> str:
    """'layer 1/neuron 2/w1'."""
    return f"{node.scope}/{node.name}" if node.scope else str(node.name)


def describe(node: Any) -> str:
    """Its name, in a sentence."""
    return visible(node.name) or "the output"


def list_first(names: Sequence[str]) -> str:
    """The first of the names."""
    return ", ".join(names[:LISTED]) + ", …" * (len(names) > LISTED)
