"""The dot products of a layer of neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..graph.blocks import OPEN
from ..rules import calculus
from .recording import NONE, leaf, new
from .value import Value

DOT: Final = calculus.dot


def dots(ws: Sequence[tuple[Value, ...]], x: Sequence[Any]) -> list[Value]:
    """Return dot(w, x) for each of `ws`; of no weights, the number 0.

    The x are read once, and all the nodes share one tuple of them: together with sharing the w
    this makes a step of training twice as fast.
    """
    xs = tuple([one if isinstance(one, Value) else leaf(one) for one in x])
    right = tuple([one._data for one in xs if one is not None])
    if OPEN or not xs or {*map(len, ws)} != {len(xs)}:
        dot: Any = calculus.dot  # which gives numbers where there are no Values
        return [dot(w, xs) for w in ws]
    fold, rule = DOT.fold, DOT.rule
    results = []
    for w in ws:
        left = tuple([one._data for one in w])
        node = new(Value)
        node._data = f = fold(left, right)
        node._swept = NONE
        node.op = DOT
        node._x, node._y = w, xs
        node._slopes = rule(f, left, right)
        results.append(node)
    return results
