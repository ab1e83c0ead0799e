"""What a term simplifies to: each rewriting alone, and which operations it is tried on.

A rewriting has the same value as what it is put in the place of, but for rounding, also for ∞ and NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Op
from ..rules import arrays, calculus
from ..rules.arrays import ArrayOp
from .shapes import Dim, broadcast_shapes, shape_of
from .terms import Term, is_number, is_op


def compute_numbers(op: Op, *xs: Term) -> Any:
    """Numbers among themselves are computed; a length that has a name is left as it is."""
    numbers = [x.value for x in xs]
    if any(x is None or isinstance(x, (Dim, np.ndarray)) for x in numbers):
        return None
    try:
        result = op(*numbers)
    except (ValueError, ArithmeticError):
        return None
    exact = op.name != "div" or result == int(result) if abs(result) < 1e15 else False
    return result if exact else None  # 1/3 is better read as it stands


def same_shape(result: Term, *xs: Term) -> Any:
    """Return a term that has the shape of the operation on xs, else None."""
    return result if result.shape == broadcast_shapes([x.shape for x in xs]) else None


def sum_of_two(op: Op, x: Term, y: Term) -> Any:
    """0 + x is x, unless the sign of a zero counts, since −0 + 0 is 0; x + x is 2 x; x + (−y) is x − y."""
    for number, other in ((x, y), (y, x)):
        if is_number(number, 0):
            return None if x.book.exact else same_shape(other, x, y)
    if x is y:
        return 2 * x
    if y.op is calculus.neg:
        return x - y.inputs[0]
    return y - x.inputs[0] if x.op is calculus.neg else None


def one_denominator(op: Op, x: Term, y: Term) -> Any:
    """X / m + y / m is (x + y) / m, and so with a minus, for an m that is known not to be 0."""
    if x.op is calculus.div and y.op is calculus.div and x.inputs[1] is y.inputs[1] and x.inputs[1].value:
        return op(x.inputs[0], y.inputs[0]) / x.inputs[1]
    return None


def labels_sum_to_one(op: ArrayOp, x: Term) -> Any:
    """The sum of each column of labels, one of which is 1, is 1; also of labels / m, or with a minus."""
    if op.parameters != {"axis": 0, "keepdims": True}:
        return None
    inner, share = x, x.book.constant(1)
    while inner.op is calculus.neg or (inner.op is calculus.div and inner.inputs[1].shape == ()):
        share = -share if inner.op is calculus.neg else share / inner.inputs[1]
        inner = inner.inputs[0]
    shape = (1, *x.shape[1:])
    return arrays.broadcast(share, shape=shape) if inner in x.book.distributions else None


def count(op: ArrayOp, x: Term) -> Any:
    """The number of entries that equal themselves is the length: m, where it has that name."""
    if not is_op(x, "equal") or x.inputs[0] is not x.inputs[1]:
        return None
    shape = shape_of(op, (x,))
    lengths: Any = x.shape  # Any, as the product: a plain int, which mypyc prefers, has no name
    product: Any = 1
    for axis in arrays.axes_of(op.parameters.get("axis"), len(x.shape)):
        product = product * lengths[axis]
    number = x.book.constant(product)
    return arrays.broadcast(number, shape=shape) if shape else number


def exp_of_log(op: Op, x: Term) -> Any:
    """e^log softmax(z) is softmax(z)."""
    if is_op(x, "log_softmax"):
        return arrays.softmax(x.inputs[0], **x.op.parameters)
    return None


def difference(op: Op, x: Term, y: Term) -> Any:
    """X − 0 is x; 0 − x is −x; x − (−y) is x + y."""
    if is_number(y, 0):
        return same_shape(x, x, y)
    if is_number(x, 0):
        return -y if same_shape(y, x, y) is not None else None
    return x + y.inputs[0] if y.op is calculus.neg else None


def negation(op: Op, x: Term) -> Any:
    """−(−x) is x; −(x − y) is y − x."""
    if x.op is calculus.neg:
        return x.inputs[0]
    return x.inputs[1] - x.inputs[0] if x.op is calculus.sub else None


def product(op: Op, x: Term, y: Term) -> Any:
    """1 · x is x, −1 · x is −x, x · x is x², x · (1 / y) is x / y; a repeated factor need not be."""
    for number, other in ((x, y), (y, x)):
        if is_number(number, 1):
            return same_shape(other, x, y)
        if is_number(number, -1):
            return -other
        if number.op is calculus.div and is_number(number.inputs[0], 1):
            return other / number.inputs[1]
        if number.op is calculus.neg:
            return -(other * number.inputs[0] if number is y else number.inputs[0] * other)
        if is_op(number, "broadcast"):
            bare = number.inputs[0]  # NumPy repeats it
            if broadcast_shapes([bare.shape, other.shape]) == broadcast_shapes([number.shape, other.shape]):
                return op(bare, other) if number is x else op(other, bare)
    return x**2 if x is y else None


def weigh_by_one(op: Op, x: Term, y: Term) -> Any:
    """1 · x is x."""
    return y if is_number(x, 1) and y.shape == broadcast_shapes([x.shape, y.shape]) else None


def quotient(op: Op, x: Term, y: Term) -> Any:
    """X / 1 is x; m / m is 1; (−x) / y is −(x / y)."""
    if is_number(y, 1):
        return same_shape(x, x, y)
    if x is y and isinstance(x.value, Dim):
        return 1
    if x.op is None and isinstance(x.value, (int, float)) and not isinstance(x.value, Dim) and x.value < 0:
        return -(x.book.constant(-x.value) / y)
    return -(x.inputs[0] / y) if x.op is calculus.neg else None


def power(op: Op, x: Term, *y: Term) -> Any:
    """x¹ is x."""
    return x if op.held == (1,) or (y and is_number(y[0], 1)) else None


def kept_shape(op: ArrayOp, x: Term) -> Any:
    """A change of shape to the same shape is none."""
    return x if tuple(op.parameters["shape"]) == x.shape else None


def double_swap(op: ArrayOp, x: Term) -> Any:
    """Xᵀᵀ is x, and (x yᵀ)ᵀ is y xᵀ."""
    if is_op(x, "matmul") and is_op(x.inputs[1], "swap"):
        return arrays.matmul(x.inputs[1].inputs[0], arrays.swap(x.inputs[0]))
    return x.inputs[0] if is_op(x, "swap") else None


def double_transpose(op: ArrayOp, x: Term) -> Any:
    """Two orders of axes one after the other are one, or none."""
    if is_op(x, "swap"):
        inner = (*range(len(x.shape) - 2), len(x.shape) - 1, len(x.shape) - 2)
    elif is_op(x, "transpose"):
        inner = x.op.parameters["axes"]
    else:
        return None
    both = tuple([inner[axis] % len(x.shape) for axis in op.parameters["axes"]])
    return x.inputs[0] if both == tuple(range(len(both))) else arrays.transpose(x.inputs[0], axes=both)


def double_reshape(op: ArrayOp, x: Term) -> Any:
    """Of two changes of shape the last one is enough."""
    return arrays.reshape(x.inputs[0], **op.parameters) if is_op(x, "reshape") else None


def lone_number(op: ArrayOp, x: Term) -> Any:
    """A number that is repeated to be multiplied needs no shape while it goes from one reshaping to the next."""
    if is_op(x, "reshape") and x.inputs[0].shape == ():
        return arrays.broadcast(x.inputs[0], shape=op.parameters["shape"])
    return None


def named_sum(op: ArrayOp, x: Term) -> Any:
    """The sum over the repeated axes, as a person would write it: np.sum(…, axis=1, keepdims=True)."""
    shape = tuple(op.parameters["shape"])
    if shape == x.shape:
        return x
    if shape == ():
        return arrays.sum(x)
    if len(shape) != len(x.shape):
        extra = len(x.shape) - len(shape)
        return arrays.sum(x, axis=tuple(range(extra)) if extra > 1 else 0) if x.shape[extra:] == shape else None
    axes = tuple([i for i, n in enumerate(shape) if n == 1 and x.shape[i] != 1])
    return arrays.sum(x, axis=axes[0] if len(axes) == 1 else axes, keepdims=True)


def same(op: Op, x: Term) -> Any:
    """+x is x."""
    return x


REWRITES: dict[str, tuple[Callable[..., Any], ...]] = {
    "add": (compute_numbers, sum_of_two, one_denominator),
    "sub": (compute_numbers, difference, one_denominator),
    "exp": (exp_of_log,),
    "sum": (labels_sum_to_one, count),
    "mul": (compute_numbers, product),
    "weigh": (weigh_by_one,),
    "div": (compute_numbers, quotient),
    "neg": (compute_numbers, negation),
    "pow": (power,),
    "zero": (compute_numbers,),
    "same": (same,),
    "sum_to": (named_sum,),
    "reshape": (kept_shape, double_reshape),
    "transpose": (double_transpose,),
    "broadcast": (kept_shape, lone_number),
    "swap": (double_swap,),
}
