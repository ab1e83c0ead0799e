"""What a pickle or a copy holds of one Value; that of its graph, see copying.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph import NOTHING_SAID, About, Op
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
        op, slopes = node.op.name, (node.partials,)
    ends = (node._x, node._y, dx, dy, slopes)
    grad = node._g if node._swept > NONE else None  # one that is a node follows: see `reduced`
    told = node.about
    about = About(told.name, told.scope, told.kind, told.made_with, None, told.written)
    return op, ends, node._data, grad, about, told.own if COMPILED else vars(node) or None


def restore(
    ancestors: Any,
    kind: type[Value],
    op: Op | str | None,
    ends: tuple[Any, ...],
    data: float,
    grad: Any,
    about: About,
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
    if about != NOTHING_SAID:
        node._about = about
    if grad is not None:
        node.grad = grad
    for name, noted in (own or {}).items():
        setattr(node, name, noted)
    return node
