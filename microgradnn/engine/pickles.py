"""What a pickle or a copy holds of one Value; that of its graph, see copying.py."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..graph import NOTHING_SAID, About, Node, Op, topological
from ..graph.blocks import OPEN
from ..graph.node import note_leaves
from .by_hand import ByHand, by_hand
from .recording import COMPILED, NONE, new

if TYPE_CHECKING:
    from .value import Value


def state_of(node: Value) -> tuple[Any, ...]:
    """Return what `restore` takes after the kind of node."""
    many = type(node._x) is tuple
    dx = None if many or node._x is None else node._dx
    dy = None if many or node._y is None else node._dy
    slopes = node._slopes if many else None
    op: Op | str | None = node.op
    if slopes is not None and type(slopes[0]) is ByHand:  # what the function gave is kept, without the function
        op, slopes = node.op.name, (node._partials(),)
    ends = (node._x, node._y, dx, dy, slopes)
    grad = node._g if node._swept > NONE else None  # one that is a node follows: see `reduced`
    told = node.about
    own = told.own if COMPILED else vars(node) or None
    if told.grad is not None or told.own is not None:
        told = About(told.name, told.scope, told.kind, told.made_with, None, told.written)
    about = None if told is NOTHING_SAID else told  # many constants have one that is the same
    return op, ends, node._data, grad, about, own


def copy_graph(root: Value, memo: dict[int, Any]) -> Value:
    """Return a deep copy of a Value and all that it depends on, also by gradients that are nodes: in one loop.

    The protocol of `copy`, by which it would go through every part of every node, takes five times as long.
    """
    seen: set[Any] = set()
    order = topological(root, seen)
    if OPEN:
        note_leaves(root)
    groups: dict[int, tuple[Value, ...]] = {}  # the neurons of a layer share their tuples of inputs

    def copied(x: Any) -> Any:
        if type(x) is not tuple:
            return None if x is None else memo[id(x)]
        if id(x) not in groups:
            groups[id(x)] = tuple([memo[id(one)] for one in x])
        return groups[id(x)]

    grads: list[tuple[Any, Any]] = []
    for node in order:  # which grows meanwhile
        if isinstance(node.grad, Node):
            grads.append((node, node.grad))
            order += topological(node.grad, seen)
        if id(node) in memo:
            continue
        op, (x, y, *slopes), data, grad, about, own = state_of(node)
        ends = (copied(x), copied(y), *slopes)
        memo[id(node)] = restore(None, type(node), op, ends, data, grad, about, deepcopy(own, memo) if own else None)
    for node, grad in grads:
        memo[id(node)].grad = memo[id(grad)]
    found: Value = memo[id(root)]
    return found


def restore(
    ancestors: Any,
    kind: type[Value],
    op: Op | str | None,
    ends: tuple[Any, ...],
    data: float,
    grad: Any,
    about: About | None,
    own: dict[str, Any] | None = None,
) -> Value:
    """Make a Value anew from what `Value.__reduce__` gave; `ancestors` are there to come first."""
    node = new(kind)
    node._data, node._swept, node.op = data, NONE, by_hand(op) if isinstance(op, str) else op
    node._x, node._y, dx, dy, slopes = ends
    if dx is not None:
        node._dx = dx
    if dy is not None:
        node._dy = dy
    if slopes is not None:
        node._slopes = slopes
    if about is not None:
        node._about = about
    if grad is not None:
        node.grad = grad
    if own:
        if COMPILED:
            told = node.about
            node._about = About(told.name, told.scope, told.kind, told.made_with, told.grad, told.written, {**own})
        else:
            vars(node).update(own)
    return node
