"""What passes along the edges of a graph of Values where it is a node itself, to be differentiated again."""

from __future__ import annotations

from typing import Any

from ..errors import DomainError
from ..graph import Node
from ..rules import calculus
from .modes import LIMITS, switch


def local(node: Any, i: int, recorded: float) -> Any:
    """Return ∂node/∂input i by the table's rule on nodes, at a limit what it is there: ∞, or NaN.

    Raises ValueError where the data of an input was changed after it was used: the rule would
    read the new number, and the gradient be that of no computation that was done.
    """
    op: Any = node.op
    try:
        partial = op.partials[i](node, *node.inputs)
    except DomainError:
        with switch(LIMITS, True):
            partial = op.partials[i](node, *node.inputs)
    worth = partial._held() if isinstance(partial, Node) else partial
    off: float = abs(worth - recorded) if worth != recorded else 0.0
    if worth != recorded and (worth == worth or recorded == recorded) and not off <= op.rounding * abs(recorded):
        raise ValueError(
            f"the data of an input of {node!r} was changed after the node was computed: its local derivative was "
            f"{recorded!r} and would now be {worth!r}; compute the graph anew"
        )
    return partial


def times(x: Any, y: Any) -> Any:
    """Return x · y, 0 where either is 0, without a node for a factor that is the number 1."""
    if not isinstance(x, Node) and not isinstance(y, Node):
        return x * y if x and y else 0.0
    if not isinstance(x, Node) and x == 1:
        return y
    if not isinstance(y, Node) and y == 1:
        return x
    product = x * y
    return product if product._held() == product._held() else calculus.weigh(x, y)


def local_derivatives(node: Any, of: Any, on_nodes: bool) -> list[tuple[Any, Any]]:
    """Return (input, local derivative) for each of those inputs, less those through which nothing passes.

    A derivative that is 0 at one point passes something on all the same when it is differentiated again, but not
    at a branch that was not taken.
    """
    if node.op is None:
        return []
    branch = node.op.branch
    return [
        (x, local(node, i, recorded) if on_nodes else recorded)
        for i, (x, recorded) in enumerate(zip(node.inputs, node._partials(), strict=True))
        if x in of and (recorded or (on_nodes and not branch))
    ]
