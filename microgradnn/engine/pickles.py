"""What a pickle or a copy holds of one Value; that of its graph, see copying.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph import NOTHING_SAID, About, Op
from .recording import NONE, new

if TYPE_CHECKING:
    from .value import Value


def state_of(node: Value) -> tuple[Any, ...]:
    """Return what `restore` takes after the kind of node."""
    many = type(node._x) is tuple
    dx = None if many or node._x is None else node._dx
    dy = None if many or node._y is None else node._dy
    ends = (node._x, node._y, dx, dy, node._slopes if many else None)
    grad = node._g if node._swept > NONE else None  # one that is a node follows: see `reduced`
    told = node.about
    return node.op, ends, node._data, grad, About(told.name, told.scope, told.kind, told.made_with)


def restore(
    ancestors: Any, kind: type[Value], op: Op | None, ends: tuple[Any, ...], data: float, grad: Any, about: About
) -> Value:
    """Make a Value anew from what `Value.__reduce__` gave; `ancestors` are there to come first."""
    node = new(kind)
    node._data, node._swept, node.op = data, NONE, op
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
    return node
