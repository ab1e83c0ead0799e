"""The pullback along one edge of a graph of arrays in symbols: W2.T @ dZ2, from the rules of the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..graph.paths import Edge
from ..rules.notation import Operand
from .book import Book
from .cancel import cancel_sigmoid_slope
from .listing import Listing
from .terms import Term, share_of


def pullback(edge: Edge, name: Callable[[Any], str]) -> str:
    """Write what the source of an edge gets of the gradient of its user, as `derive` writes it.

    `name` says what nodes are called; the gradient of one is d and its name. '' where nothing comes back, where it
    takes more than one line, or the user is an operation of somebody's own whose rule is not for symbols.

    >>> from microgradnn import Tensor
    >>> W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor([[1.0], [4.0]], "X")
    >>> pullback(Edge((W @ X).named("Z"), 0), lambda node: node.name)
    'dZ @ X.T'
    """
    book = Book(products=[cancel_sigmoid_slope])
    inputs: dict[Any, Any] = {}
    for x in edge.user.inputs:
        held = np.asarray(x.item())
        whole = x.kind == "constant" and not x.name and held.size == 1 and float(held.reshape(())).is_integer()
        inputs[x] = book.constant(float(held.reshape(()))) if whole else book.variable(name(x), x.shape)
    try:
        result = book.new_term(edge.user.op, tuple(inputs[x] for x in edge.user.inputs))
        share = share_of(result, edge.position, book.variable(f"d{name(edge.user)}", edge.user.shape))
    except (TypeError, ValueError, AttributeError):  # a rule of somebody's own that is for numbers
        return ""
    return "" if share is None else on_one_line(share, {result: name(edge.user)})


def on_one_line(term: Term, names: Mapping[Term, str]) -> str:
    """Write a term, with names for some of those that it is made from; '' where that takes more than one line."""
    listing = Listing({}, "numpy", [term])
    listing.texts.update({one: Operand(text) for one, text in names.items()})
    listing.done.update(names)
    lines: list[Any] = []
    listing.write(term, lines)
    return "" if lines else listing.reference(term)
