"""How a number becomes a node: what an operation of Values leaves behind it.

`record` is what each method of value_methods.py does, written there in line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from ..errors import DomainError
from ..graph import CONSTANT, Node, Op, limits
from ..graph.blocks import GUARDS, OPEN, note, note_constant
from ..graph.decisions import Decision
from ..graph.native import mypyc_attr
from ..graph.node import COMPILED as COMPILED
from ..graph.node import note_leaves
from ..rules import calculus
from ..rules.logistic import find_logit, log_of_logistic
from . import anomaly
from .by_hand import ByHand
from .modes import DETECTING, LIMITS, RECORDING

if TYPE_CHECKING:
    from .value import Value  # when this runs, value.py has put it here

Real = float | np.floating[Any] | np.integer[Any]
Number: TypeAlias = "Value | Real"  # what joins an operation

BLANK: Final[Any] = object()  # for `new`

# Where a node's gradient is from, `_swept`: from the sweep of that number, 2, 3, …, or as one of these says.
NONE: Final = 0  # there is none
KEPT: Final = 1  # from all sweeps so far, as a leaf's is, or it was assigned
ON_NODES: Final = -1  # from `create_graph`, or it was assigned: it is a node itself, and stands in `about`


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class Recorded(Node):
    """What a Value inherits: a number, and what recording leaves for the sweep."""

    # Beside the inputs, in slots like theirs, the local derivatives along the edges: `_dx` and `_dy`, and `_slopes`,
    # a tuple of tuples, where the inputs are tuples. `_g` is the gradient, and `_swept` says where it is from.
    __slots__ = ("_data", "_dx", "_dy", "_g", "_slopes", "_swept")

    _data: float
    _dx: float
    _dy: float
    _slopes: Any
    _g: float
    _swept: int

    @property
    def partials(self) -> tuple[float, ...]:
        """∂self/∂input for each of the inputs, as recorded when the operation was done."""
        if OPEN:
            note_leaves(self)
        return self._partials()

    def _partials(self) -> tuple[float, ...]:
        if self._x is None:
            return ()
        if type(self._x) is tuple:
            if self._is_by_hand():
                measured: tuple[float, ...] = self._slopes[0].measure(self)
                return measured
            return tuple([float(partial) for slopes in self._slopes for partial in slopes])
        return (float(self._dx),) if self._y is None else (float(self._dx), float(self._dy))

    def _is_by_hand(self) -> bool:
        """Whether its backward step is a function of the user's."""
        return type(self._x) is tuple and type(self._slopes[0]) is ByHand


def new(kind: type[Value]) -> Value:
    """Return a Value to be filled in."""
    return Value(BLANK)


if not COMPILED:
    new = object.__new__  # type: ignore[assignment] # skips __init__, whose call and checks are a third of the cost of a node


def real(x: Any) -> float:
    """Return x as a float: an int, a float or a scalar of NumPy's or PyTorch's; TypeError for anything else."""
    if type(x) is float:
        return x
    if isinstance(x, (int, float)) or (
        getattr(getattr(x, "dtype", None), "kind", "?") in "fiub"
        and x.ndim == 0
        and not isinstance(x, np.ma.MaskedArray)
    ):
        try:
            return float(x)
        except OverflowError:
            raise ValueError("an integer of more than 308 digits does not fit a float") from None
    if type(getattr(x, "dtype", None)).__module__ == "torch" and x.ndim == 0 and not x.requires_grad:
        number = x.item()
        if isinstance(number, (int, float)):
            return float(number)
    hint = limits.advice_on(x)
    if isinstance(x, Node):
        hint = "; take its .data, or use it as it is"
    elif isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) > 0:
        hint = "; an array is a Tensor, and of several Values there is a list: [Value(one) for one in x]"
    raise TypeError(f"a Value holds one real number; got {x!r} ({type(x).__name__}){hint}")


def constant(data: float) -> Value:
    """Return a float as a leaf that is a constant."""
    node = new(Value)
    node._data = data
    node._swept = NONE
    node.op = node._x = node._y = None
    node._about = CONSTANT
    return node


def leaf(x: Any) -> Value:
    """Return a number as a leaf that is a constant, a decision as its node; TypeError for anything else."""
    return x.node() if type(x) is Decision else constant(real(x))


def operand(x: Any) -> Value | None:
    """Return the number x as a leaf, or None if it is no number: then the other operand may try."""
    if type(x) is float:
        return constant(x)
    if type(x) is Decision:
        return x.node()  # type: ignore[no-any-return]
    try:
        return leaf(x)
    except TypeError:
        if limits.is_no_operand(x):
            raise
        return None


def at_limit(op: Op, inputs: Sequence[Any]) -> Value:
    """Record `op` where its scalar function or one of its rules raises, or raise DomainError."""
    if op is calculus.log and (found := find_logit(inputs[0])) is not None:
        return log_of_logistic(*found)  # type: ignore[no-any-return]
    xs = [x._data for x in inputs]
    try:
        f = op.scalar(*xs)
    except (ValueError, ArithmeticError) as error:
        if LIMITS.get():
            f = limits.evaluate(op.of_arrays, *xs)
        else:
            try:
                f = limits.value(op, xs, error, [x.name for x in inputs])
            except DomainError:
                note(op, "real", inputs, False)
                raise
    return record(op, f, inputs, [limits.evaluate(op.partials[i], f, *xs) for i in range(len(xs))])


def record(op: Op, f: float, inputs: Sequence[Any], partials: Sequence[float]) -> Value:
    """Return the node of value f, made by `op` from `inputs` with these local derivatives."""
    node = new(Value)
    node._data, node._swept, node.op = f, NONE, op
    if len(inputs) > 2:
        node._x, node._y = tuple(inputs), None
        node._slopes = (tuple(partials),)
    else:
        node._x, node._y = inputs[0], None
        node._dx = partials[0]
        if len(inputs) > 1:
            node._y = inputs[1]
            node._dy = partials[1]
    return note_node(node) if OPEN else node


def note_node(node: Value) -> Value:
    """Return a node that was just made as the blocks that are open want it (see modes.py)."""
    if DETECTING.get():
        anomaly.check_value(node)
    if GUARDS.get() is not None:
        note(node.op, "real", node.inputs, True)
    return node if RECORDING.get() else note_constant(Value(node._data, kind="constant"), node)
