"""Numbers that remember how they were computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from types import FunctionType
from typing import Any, ClassVar, Final

import numpy as np

from ..errors import DomainError
from ..graph import FLOAT, NOTHING, OPS, UNREACHED, UNSWEPT, Fold, Node, Op, limits, topological
from ..graph.native import mypyc_attr
from ..rules import calculus
from ..rules.logistic import TINY, find_logit, log_of_logistic
from . import anomaly
from .copying import lasting, reduced, restored
from .modes import DETECTING, LIMITS, OPEN, RECORDING, note, switched

Real = float | np.floating[Any] | np.integer[Any]
Unary = Callable[["Value"], "Value"]
Binary = Callable[["Value", "Value | float"], "Value"]

KINDS = ("input", "parameter", "constant")  # what a leaf is to the model; a drawing shows it
COMPILED: Final = not __file__.endswith(".py")  # by mypyc, see docs/scalar-engine.md
ADD: Final = calculus.add
MUL: Final = calculus.mul
SUB: Final = calculus.sub
DIV: Final = calculus.div
NEG: Final = calculus.neg
SQUARE: Final = calculus.pow.hold(2.0)
EXP: Final = calculus.exp
LOG: Final = calculus.log
TANH: Final = calculus.tanh
TANH_OF: Final[Any] = math.tanh
RELU: Final = calculus.relu
DOT: Final = calculus.dot


def new(kind: type[Value]) -> Value:
    """Return a Value to be filled in."""
    return Value(UNSWEPT)


if not COMPILED:
    new = object.__new__  # type: ignore[assignment] # skips __init__, whose call and checks are a third of the cost of a node


def real(x: Any) -> float:
    """Return x as a float: an int, a float or a NumPy scalar; TypeError for anything else."""
    if type(x) is float:
        return x
    if isinstance(x, (int, float)) or (getattr(getattr(x, "dtype", None), "kind", "?") in "fiub" and x.ndim == 0):
        try:
            return float(x)
        except OverflowError:
            raise ValueError("an integer of more than 308 digits does not fit a float") from None
    hint = "; take its .data, or use it as it is" if isinstance(x, Node) else ""
    raise TypeError(f"a Value holds one real number; got {x!r} ({type(x).__name__}){hint}")


def as_float(x: Any) -> Any:
    """Return a number as a float, and a float as the object that it is, which may be NOTHING."""
    return x if type(x) is FLOAT else float(x)


def constant(x: Any) -> Value | None:
    """Return the number x as a leaf, or None if it is no number: then the other operand may try."""
    try:
        data = real(x)
    except TypeError:
        return None
    node = new(Value)
    node._data = node._dx = data
    node._state = UNSWEPT
    node.op = node._x = node._y = None
    node._more = "constant"
    return node


def at_limit(op: Op, inputs: Sequence[Value]) -> Value:
    """Record `op` where its scalar function or one of its rules raises, or raise DomainError."""
    if op is LOG and (found := find_logit(inputs[0])) is not None:
        return log_of_logistic(*found)  # type: ignore[no-any-return]
    xs = [x._data for x in inputs]
    try:
        f = op.scalar(*xs)
    except (ValueError, ArithmeticError) as error:
        if LIMITS.get():
            f = limits.evaluate(op.of_arrays, *xs)
        else:
            f = limits.value(op, xs, error, [x.name for x in inputs])
    return record(op, f, inputs, [limits.evaluate(op.partials[i], f, *xs) for i in range(len(xs))])


def record(op: Op, f: float, inputs: Sequence[Value], partials: Sequence[float]) -> Value:
    """Return the node of value f, made by `op` from `inputs` with these local derivatives."""
    node = new(Value)
    node._data, node._state, node.op = f, UNSWEPT, op
    if len(inputs) > 2:
        node._x, node._y = tuple(inputs), None
        node._more = (tuple([partial or NOTHING for partial in partials] if op.kink else partials),)
    else:
        node._x, node._y = inputs[0], None
        node._dx = partials[0]
        if len(inputs) > 1:
            node._y = inputs[1]
            node._dy = partials[1]
    if OPEN:
        return watched(node)
    return node


def watched(node: Value) -> Value:
    """Return a node that was just made as the blocks that are open want it (see modes.py)."""
    if DETECTING.get():
        anomaly.check_value(node)
    return node if RECORDING.get() else Value(node._data, kind="constant")


# The rules of the table, with the rows' scalar functions for names instead of the rows: so that
# x.sin() calls math.cos and need not ask what a number is (270 ns instead of 390).
FLOATS: Final = {**vars(calculus), **{name: op.scalar for name, op in OPS.items() if not isinstance(op, Fold)}}


def on_floats(op: Op) -> list[Callable[..., float]]:
    """Return the rules of `op` as functions of floats; a user's own row keeps its names."""
    return [
        FunctionType(rule.__code__, FLOATS, rule.__name__, rule.__defaults__, rule.__closure__)
        if isinstance(rule, FunctionType) and rule.__globals__ is vars(calculus)
        else rule
        for rule in op.partials
    ]


def unary(op: Op) -> Callable[[Value], Value]:
    """Return `op` as a function of one Value."""
    scalar, (partial,) = op.scalar, on_floats(op)
    least = TINY if op is LOG else -math.inf

    def method(self: Value) -> Value:
        x = self._data
        if x < least:
            return at_limit(op, (self,))
        try:
            f = scalar(x)
            dx = partial(f, x)
        except (ValueError, ArithmeticError):
            return at_limit(op, (self,))
        node = new(Value)
        node._data = f
        node._state = UNSWEPT
        node.op = op
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    return described(method, op)


def binary(op: Op) -> Callable[[Value, Value | float], Value]:
    """Return `op` as a function of a Value and a Value or a number."""
    scalar, (partial_x, partial_y) = op.scalar, on_floats(op)

    def method(self: Value, other: Any) -> Any:
        if not isinstance(other, Value):
            if (number := constant(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        try:
            f = scalar(x, y)
            dx = partial_x(f, x, y)
            dy = partial_y(f, x, y)
        except (ValueError, ArithmeticError):
            return at_limit(op, (self, other))
        node = new(Value)
        node._data = f
        node._state = UNSWEPT
        node.op = op
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    return described(method, op)


def nary(op: Op) -> Callable[..., Value]:
    """Return `op` as a function of three Values."""
    rules = on_floats(op)

    def method(*inputs: Value) -> Value:
        xs = [x._data for x in inputs]
        try:
            f = op.scalar(*xs)
            return record(op, f, inputs, [rule(f, *xs) for rule in rules])
        except (ValueError, ArithmeticError):
            return at_limit(op, inputs)

    return described(method, op)


def dots(ws: Sequence[tuple[Value, ...]], x: Sequence[Value | float]) -> list[Value]:
    """Return dot(w, x) for each of `ws`; of no weights, the number 0.

    The x are read once, and all the nodes share one tuple of them: together with sharing the w
    this makes a step of training twice as fast.
    """
    xs = tuple([one if type(one) is Value else constant(real(one)) for one in x])
    right = tuple([one._data for one in xs if one is not None])
    if OPEN or not xs or {*map(len, ws)} != {len(xs)}:
        return [calculus.dot(w, xs) for w in ws]
    fold, rule = DOT.fold, DOT.rule
    results = []
    for w in ws:
        left = tuple([one._data for one in w])
        node = new(Value)
        node._data = f = fold(left, right)
        node._state = UNSWEPT
        node.op = DOT
        node._x, node._y = w, xs
        node._more = rule(f, left, right)
        results.append(node)
    return results


def local(node: Value, i: int, recorded: float) -> Any:
    """Return ∂node/∂input i by the table's rule on nodes, at a limit what it is there: ∞, or NaN.

    Raises ValueError where the data of an input was changed after it was used: the rule would
    read the new number, and the gradient be that of no computation that was done.
    """
    op: Any = node.op
    try:
        partial = op.partials[i](node, *node.inputs)
    except DomainError:
        with switched(LIMITS, True):
            partial = op.partials[i](node, *node.inputs)
    worth = partial._data if isinstance(partial, Value) else partial
    if worth != recorded and (worth == worth or recorded == recorded):
        raise ValueError(
            f"the data of an input of {node!r} was changed after the node was computed: its local derivative was "
            f"{recorded!r} and would now be {worth!r}; compute the graph anew"
        )
    return partial


def times(x: Any, y: Any) -> Any:
    """Return x · y, 0 where either is 0, without a node for a factor that is the number 1."""
    if not isinstance(x, Value) and not isinstance(y, Value):
        return x * y if x and y else 0.0
    if not isinstance(x, Value) and x == 1:
        return y
    if not isinstance(y, Value) and y == 1:
        return x
    product = x * y
    return product if product.data == product.data else calculus.weigh(x, y)


def described(method: Callable[..., Value], op: Op) -> Callable[..., Value]:
    """Give a method its name and docstring."""
    method.__name__ = op.name
    method.__doc__ = f"Return the row `{op.name}` of the table at self, as a node." + (op.note and f" Note: {op.note}.")
    return method


@lru_cache(maxsize=1024)
def recorder(op: Op) -> Callable[..., Value]:
    """Return the function that records `op` for as many Values as it has rules."""
    return unary(op) if op.arity == 1 else binary(op) if op.arity == 2 else nary(op)


@lru_cache(maxsize=1024)
def power(exponent: float) -> Callable[[Value], Value]:
    """Return the function that records x ** exponent."""
    return recorder(calculus.pow.hold(real(exponent)))


RECORD: Final = {name: recorder(op) for name, op in OPS.items() if not isinstance(op, Fold)}


def smooth(node: Value) -> bool:
    """Whether a partial of 0 is a number like any other, and no branch that was not taken."""
    op: Op | None = node.op
    return op is None or op.kink is None


def spread(g: float, inputs: tuple[Value, ...], partials: Sequence[Any], mark: Any) -> None:
    """Carry the gradient g of one node to many inputs."""
    for x, partial in zip(inputs, partials, strict=True):
        if partial:  # what is 0 brings nothing back, not even 0 · ∞
            slope: float = partial
            if x._state is None:
                x._g += g * slope
            elif x._state is mark:
                x._g = 0.0 + g * slope
                x._state = None
            else:
                x.grad += g * slope


def pass_on(node: Value) -> None:
    """Carry a gradient that is no plain number, such as a node, to the inputs."""
    g = node.grad
    for x, partial in zip(node.inputs, node.partials, strict=True):
        if partial:
            x.grad += g * partial


def restore(
    ancestors: Any,
    kind: type[Value],
    op: Op | None,
    ends: tuple[Any, ...],
    data: float,
    grad: Any,
    name: str,
    scope: str,
) -> Value:
    """Make a Value anew from what `Value.__reduce__` gave; `ancestors` are there to come first."""
    node = new(kind)
    node._data, node.grad, node.op = data, restored(grad), op
    node._x, node._y, dx, dy, node._more = ends
    if dx is not None:
        node._dx = dx
    if dy is not None:
        node._dy = dy
    if name or scope:
        node.named(name, scope=scope)
    if op and op.kink and type(node._x) is tuple:
        node._more = tuple([tuple([one or NOTHING for one in slopes]) for slopes in node._more])
    return node


@mypyc_attr(acyclic=True)
class Value(Node):
    """One number in a computation graph.

    `data` is the number, `grad` what `backward()` found for it (0.0 before), `op` the row of
    the table that made it and `inputs` the Values it was made from (none for a leaf).

    >>> a, b = Value(2, name="a"), Value(-3, name="b")
    >>> f = (a * b).named("f")
    >>> f.backward()
    >>> a.grad, b.grad
    (-3.0, 2.0)
    >>> f
    Value(-6.0, name='f', grad=1.0, op='mul')
    """

    # The local derivatives along the edges, in slots like the inputs, and in `_more` where the inputs are
    # tuples. A leaf has no edges: there `_dx` holds the number it was made with and `_more` its kind.
    __slots__ = ("_data", "_dx", "_dy", "_more")

    _data: float
    _dx: float
    _dy: float
    _more: Any

    def __init__(self, data: Real, name: str = "", *, kind: str = "input") -> None:
        """Make a leaf. `kind` is 'input', 'parameter' (what training changes) or 'constant'."""
        if data is UNSWEPT:  # from `new`, which fills it in
            return
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r} (choose from {', '.join(KINDS)})")
        self._data = self._dx = real(data)
        self._state = UNSWEPT
        self.op = None
        self._x = self._y = None
        self._more = kind
        if name != "":
            self.named(name)

    @property
    def data(self) -> float:
        """The number; what is assigned is checked as the constructor checks it."""
        return self._data

    @data.setter
    def data(self, data: Real) -> None:
        self._data = real(data)

    @property
    def partials(self) -> tuple[Any, ...]:
        """∂self/∂input for each of the inputs, as recorded when the operation was done: floats."""
        if self._x is None:
            return ()
        if type(self._x) is tuple:
            return tuple([as_float(partial) for slopes in self._more for partial in slopes])
        recorded: list[Any] = [float(self._dx)] if self._y is None else [float(self._dx), float(self._dy)]
        return tuple(recorded if smooth(self) else [partial or NOTHING for partial in recorded])

    @property
    def kind(self) -> str:
        """'input', 'parameter' or 'constant' for a leaf, 'operation' for what was computed."""
        return str(self._more) if self._x is None else "operation"

    @property
    def made_with(self) -> float:
        """The number that a leaf was made with, whatever has been assigned to `data` since."""
        return float(self._dx) if self._x is None else self._data

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        grad = f", grad={self.grad_data!r}" if self.has_grad else ""
        op = f", op={self.op.name!r}" if self.op else ""
        return f"Value({self._data!r}{name}{grad}{op})"

    @classmethod
    def _record(cls, op: Op, *args: Any) -> Any:
        """Compute `op` at nodes and numbers; a number it can hold is part of the operation."""
        if isinstance(op, Fold):
            return cls._record_fold(op, op.split(args))
        free = len(args)
        while free > len(args) - op.holds and not isinstance(args[free - 1], Node):
            free -= 1
        if free < len(args):
            op = op.hold(*map(real, args[free:]))
        return recorder(op)(*(x if isinstance(x, Value) else constant(real(x)) for x in args[:free]))

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        numbers = [[x._data for x in xs if type(x) is Value] for xs in sequences]
        inputs = tuple(chain(*sequences))
        if sum(map(len, numbers)) < len(inputs):  # some are numbers already
            inputs = tuple(x if isinstance(x, Value) else constant(real(x)) for x in inputs)
            numbers = [[x._data for x in xs] for xs in op.split(inputs)]
        try:
            f = float(op.fold(*numbers))
            partials = tuple(chain(*op.rule(f, *numbers)))
        except (ValueError, ArithmeticError):
            return at_limit(op, inputs)
        return record(op, f, inputs, partials)

    def _gradient(self, grad: Any) -> Any:
        return grad if isinstance(grad, Value) else real(grad)

    def _look_ahead(self) -> None:
        if OPEN and DETECTING.get():
            anomaly.check_sweep(topological(self))

    @classmethod
    def _sweep(cls, order: list[Value], mark: Any) -> None:
        for node in reversed(order):
            if node._state is not None:
                if node._state is mark:
                    node._state = UNREACHED
                else:
                    pass_on(node)
                continue
            g = node._g
            if not g:
                continue
            first = node._x
            if type(first) is tuple:
                spread(g, first, node._more[0], mark)
                if node._y is not None:
                    spread(g, node._y, node._more[1], mark)
                continue
            dx = node._dx
            if dx:
                x: Value = first
                if x._state is None:
                    x._g += g * dx
                elif x._state is mark:
                    x._g = 0.0 + g * dx
                    x._state = None
                else:
                    x.grad += g * dx
            if node._y is not None:
                dy = node._dy
                if dy:
                    y: Value = node._y
                    if y._state is None:
                        y._g += g * dy
                    elif y._state is mark:
                        y._g = 0.0 + g * dy
                        y._state = None
                    else:
                        y.grad += g * dy

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        return [(x, times(g, partial)) for x, partial in self._slopes(wanted, on_nodes)]

    def _pushed(self, moved: Any, *, on_nodes: bool) -> Any:
        total = None
        for x, partial in self._slopes(moved, on_nodes):
            step = times(moved[x], partial)
            total = step if total is None else total + step
        return total

    def _slopes(self, of: Any, on_nodes: bool) -> list[tuple[Any, Any]]:
        """Return (input, local derivative) for each of those inputs, less those through which nothing passes."""
        if self._x is None:
            return []
        return [
            (x, local(self, i, recorded) if on_nodes else recorded)
            for i, (x, recorded) in enumerate(zip(self.inputs, self.partials, strict=True))
            if x in of and recorded is not NOTHING
        ]

    def _like(self, x: Any) -> Any:
        return Value(x, kind="constant")

    def __reduce__(self) -> tuple[Any, ...]:
        many = type(self._x) is tuple
        dx = None if many else self._dx
        dy = None if many or self._y is None else self._dy
        ends = (self._x, self._y, dx, dy, self._more if many or self._x is None else None)
        grad = lasting(self.grad)
        return reduced(self, restore, type(self), self.op, ends, self._data, grad, self.name, self.scope)

    def detach(self) -> Value:
        """Return the number as a new constant, through which no gradient flows back."""
        return Value(self._data, self.name, kind="constant")

    def item(self) -> float:
        """Return the number, for use outside the graph."""
        return self._data

    def __bool__(self) -> bool:
        """True unless the number is 0, as for Python's own numbers."""
        outcome = self._data != 0
        return note(self, "!=", 0.0, outcome) if OPEN else outcome

    def __float__(self) -> float:
        raise TypeError(
            f"{self!r} would leave the graph, and its gradient be lost: "
            "write v.data to take the number, or microgradnn.sin(v) for a function of it"
        )

    def __int__(self) -> int:
        return int(float(self))

    # Equality and hash are by identity; order is that of the numbers.

    def __hash__(self) -> int:
        return id(self)

    def __lt__(self, other: Value | float) -> bool:
        outcome = self._data < (other._data if isinstance(other, Value) else other)
        return note(self, "<", other, outcome) if OPEN else outcome

    def __le__(self, other: Value | float) -> bool:
        outcome = self._data <= (other._data if isinstance(other, Value) else other)
        return note(self, "<=", other, outcome) if OPEN else outcome

    def __gt__(self, other: Value | float) -> bool:
        outcome = self._data > (other._data if isinstance(other, Value) else other)
        return note(self, ">", other, outcome) if OPEN else outcome

    def __ge__(self, other: Value | float) -> bool:
        outcome = self._data >= (other._data if isinstance(other, Value) else other)
        return note(self, ">=", other, outcome) if OPEN else outcome

    # The four kinds of arithmetic, and relu, are written out, because this is the page on which a
    # reader looks for them and because it saves two calls: x + y takes 180 ns instead of 250.
    # tests/test_value.py holds them to their rows.

    def __add__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := constant(other)) is None:
                return NotImplemented
            other = number
        node = new(Value)
        node._data = self._data + other._data
        node._state = UNSWEPT
        node.op = ADD
        node._x = self
        node._y = other
        node._dx = node._dy = 1.0
        return watched(node) if OPEN else node

    def __mul__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := constant(other)) is None:
                return NotImplemented
            other = number
        node = new(Value)
        x, y = self._data, other._data
        node._data = x * y
        node._state = UNSWEPT
        node.op = MUL
        node._x = self
        node._y = other
        node._dx = y
        node._dy = x
        return watched(node) if OPEN else node

    def __radd__(self, other: Value | float) -> Value:
        left = constant(other)
        return NotImplemented if left is None else RECORD["add"](left, self)

    def __rmul__(self, other: Value | float) -> Value:
        left = constant(other)
        return NotImplemented if left is None else RECORD["mul"](left, self)

    def __sub__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := constant(other)) is None:
                return NotImplemented
            other = number
        node = new(Value)
        node._data = self._data - other._data
        node._state = UNSWEPT
        node.op = SUB
        node._x = self
        node._y = other
        node._dx = 1.0
        node._dy = -1.0
        return watched(node) if OPEN else node

    def __rsub__(self, other: Value | float) -> Value:
        left = constant(other)
        return NotImplemented if left is None else RECORD["sub"](left, self)

    def __truediv__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := constant(other)) is None:
                return NotImplemented
            other = number
        y = other._data
        if y == 0:
            return at_limit(DIV, (self, other))
        node = new(Value)
        node._data = f = self._data / y
        node._state = UNSWEPT
        node.op = DIV
        node._x = self
        node._y = other
        node._dx = 1 / y
        node._dy = -(f / y)
        return watched(node) if OPEN else node

    def __rtruediv__(self, other: Value | float) -> Value:
        left = constant(other)
        return NotImplemented if left is None else RECORD["div"](left, self)

    def __rpow__(self, other: Value | float) -> Value:
        left = constant(other)
        return NotImplemented if left is None else RECORD["pow"](left, self)

    def __neg__(self) -> Value:
        node = new(Value)
        node._data = -self._data
        node._state = UNSWEPT
        node.op = NEG
        node._x = self
        node._y = None
        node._dx = -1.0
        return watched(node) if OPEN else node

    def __abs__(self) -> Value:
        return RECORD["abs"](self)

    def __pos__(self) -> Value:
        return self

    def __pow__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return RECORD["pow"](self, other)
        if isinstance(other, (int, float)) and other == 2:
            return self._squared()
        try:
            to_the = power(other if type(other) is int else real(other))
        except TypeError:
            return NotImplemented
        return to_the(self)

    def _squared(self) -> Value:
        x = self._data
        try:
            f: float = x**2.0  # not x * x, which is rounded better: the row is the law
        except OverflowError:
            return at_limit(SQUARE, (self,))
        node = new(Value)
        node._data = f
        node._state = UNSWEPT
        node.op = SQUARE
        node._x = self
        node._y = None
        node._dx = 2 * x
        return watched(node) if OPEN else node

    # NumPy calls the method arcsin for np.arcsin(v), and so on.

    abs: ClassVar[Unary] = RECORD["abs"]

    def exp(self) -> Value:
        """Return e^self (exp), as a node."""
        try:
            f = math.exp(self._data)
        except OverflowError:
            return at_limit(EXP, (self,))
        node = new(Value)
        node._data = node._dx = f
        node._state = UNSWEPT
        node.op = EXP
        node._x = self
        node._y = None
        return watched(node) if OPEN else node

    expm1: ClassVar[Unary] = RECORD["expm1"]
    log: ClassVar[Unary] = RECORD["log"]
    log1p: ClassVar[Unary] = RECORD["log1p"]
    log2: ClassVar[Unary] = RECORD["log2"]
    log10: ClassVar[Unary] = RECORD["log10"]
    sqrt: ClassVar[Unary] = RECORD["sqrt"]
    cbrt: ClassVar[Unary] = RECORD["cbrt"]
    hypot: ClassVar[Binary] = RECORD["hypot"]

    def sin(self) -> Value:
        """Return the sine of self, as a node."""
        return RECORD["sin"](self)

    cos: ClassVar[Unary] = RECORD["cos"]
    tan: ClassVar[Unary] = RECORD["tan"]
    asin: ClassVar[Unary] = RECORD["asin"]
    arcsin: ClassVar[Unary] = RECORD["asin"]
    acos: ClassVar[Unary] = RECORD["acos"]
    arccos: ClassVar[Unary] = RECORD["acos"]
    atan: ClassVar[Unary] = RECORD["atan"]
    arctan: ClassVar[Unary] = RECORD["atan"]
    atan2: ClassVar[Binary] = RECORD["atan2"]
    arctan2: ClassVar[Binary] = RECORD["atan2"]
    sinh: ClassVar[Unary] = RECORD["sinh"]
    cosh: ClassVar[Unary] = RECORD["cosh"]

    def tanh(self) -> Value:
        """Return the hyperbolic tangent (tanh) of self, as a node."""
        f: float = TANH_OF(self._data)
        node = new(Value)
        node._data = f
        node._state = UNSWEPT
        node.op = TANH
        node._x = self
        node._y = None
        node._dx = 1 - f * f
        return watched(node) if OPEN else node

    asinh: ClassVar[Unary] = RECORD["asinh"]
    arcsinh: ClassVar[Unary] = RECORD["asinh"]
    acosh: ClassVar[Unary] = RECORD["acosh"]
    arccosh: ClassVar[Unary] = RECORD["acosh"]
    atanh: ClassVar[Unary] = RECORD["atanh"]
    arctanh: ClassVar[Unary] = RECORD["atanh"]
    sigmoid: ClassVar[Unary] = RECORD["sigmoid"]
    logit: ClassVar[Unary] = RECORD["logit"]
    erf: ClassVar[Unary] = RECORD["erf"]
    erfc: ClassVar[Unary] = RECORD["erfc"]

    def relu(self) -> Value:
        """Return max(0, self), with slope 0 at the kink, as a node."""
        x = self._data
        node = new(Value)
        node._data = x if x > 0 or x != x else 0.0
        node._state = UNSWEPT
        node.op = RELU
        node._x = self
        node._y = None
        node._dx = 1.0 if x > 0 else 0.0 if x <= 0 else x
        return watched(node) if OPEN else node

    softplus: ClassVar[Unary] = RECORD["softplus"]
    silu: ClassVar[Unary] = RECORD["silu"]
    gelu: ClassVar[Unary] = RECORD["gelu"]
    sign: ClassVar[Unary] = RECORD["sign"]
    maximum: ClassVar[Binary] = RECORD["maximum"]
    minimum: ClassVar[Binary] = RECORD["minimum"]

    def leaky_relu(self, slope: Value | float = 0.01) -> Value:
        """Return self where it is positive, else slope · self (course notes, F5 and F7)."""
        result: Value = calculus.leaky_relu(self, slope)
        return result

    def elu(self, alpha: Value | float = 1.0) -> Value:
        """Return self where it is positive, else alpha · (e^self − 1)."""
        result: Value = calculus.elu(self, alpha)
        return result

    def clip(self, low: Value | float, high: Value | float) -> Value:
        """Return the number in [low, high] that is nearest; DomainError if low > high."""
        result: Value = calculus.clip(self, low, high)
        return result

    # micrograd's names for the same things

    @property
    def _prev(self) -> set[Value]:
        return set(self.inputs)

    @property
    def _op(self) -> str:
        return self.op.symbol + "".join(f"{x:g}" for x in self.op.held) if self.op else ""


if not COMPILED:  # Python's own hash, and methods without a second call: 15 % of x.tanh()
    Value.data = property(attrgetter("_data"), Value.data.fset)  # type: ignore[method-assign, assignment, attr-defined]
    Value.__hash__ = object.__hash__  # type: ignore[method-assign]
    for method in ("__abs__", "sin"):
        setattr(Value, method, RECORD[method.strip("_")])
