"""Numbers that remember how they were computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, count
from operator import attrgetter
from types import FunctionType
from typing import Any, Final, TypeAlias

import numpy as np

from ..errors import DomainError
from ..graph import CONSTANT, NOTHING_SAID, OPS, About, Fold, Node, Op, limits, topological
from ..graph.decisions import GUARDS, OPEN, Decision, note, note_constant
from ..graph.native import mypyc_attr
from ..rules import calculus, numerics
from ..rules.logistic import TINY, find_logit, log_of_logistic
from . import anomaly
from .copying import reduced
from .modes import DETECTING, LIMITS, RECORDING, switched

Real = float | np.floating[Any] | np.integer[Any]
Number: TypeAlias = "Value | Real"  # what joins an operation

KINDS = ("input", "parameter", "constant")  # what a leaf is to the model; a drawing shows it
COMPILED: Final = not __file__.endswith(".py")  # by mypyc, see docs/scalar-engine.md
BLANK: Final[Any] = object()  # for `new`
DOT: Final = calculus.dot

# Which sweep a gradient is from: 2, 3, …, or one of these.
NONE: Final = 0  # there is no gradient
KEPT: Final = 1  # it is a leaf's, to which sweeps add, or was assigned
ON_NODES: Final = -1  # it is a node itself, and stands in `about`
SWEEPS: Final = count(2)


def new(kind: type[Value]) -> Value:
    """Return a Value to be filled in."""
    return Value(BLANK)


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
    hint = ""
    if isinstance(x, Node):
        hint = "; take its .data, or use it as it is"
    elif isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) > 0:
        hint = "; an array is a Tensor, and of several Values there is a list: [Value(one) for one in x]"
    elif isinstance(x, (str, bytes)):
        hint = "; write float(x) for the number that a text stands for"
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
    try:
        return leaf(x)
    except TypeError:
        return None


def plain(x: Any) -> Any:
    """Return the number of a Value, or what is one already."""
    return x._data if isinstance(x, Value) else x


def decided(row: Op, parts: tuple[Any, ...], outcome: Any, told: tuple[Any, str, Any]) -> Any:
    """Return what a comparison gives: a decision; of an array, an array of bools."""
    return outcome if isinstance(outcome, np.ndarray) else Decision(row, parts, bool(outcome), told)


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
            try:
                f = limits.value(op, xs, error, [x.name for x in inputs])
            except DomainError:
                note(op, "real", inputs, False)
                raise
    return record(op, f, inputs, [limits.evaluate(op.partials[i], f, *xs) for i in range(len(xs))])


def record(op: Op, f: float, inputs: Sequence[Value], partials: Sequence[float]) -> Value:
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
    return watched(node) if OPEN else node


def watched(node: Value) -> Value:
    """Return a node that was just made as the blocks that are open want it (see modes.py)."""
    if DETECTING.get():
        anomaly.check_value(node)
    if GUARDS.get() is not None:
        note(node.op, "real", node.inputs, True)
    return node if RECORDING.get() else note_constant(Value(node._data, kind="constant"), node)


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

    def method(self: Value) -> Value:
        x = self._data
        try:
            f = scalar(x)
            dx = partial(f, x)
        except (ValueError, ArithmeticError):
            return at_limit(op, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = op
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    return method


def nary(op: Op) -> Callable[..., Value]:
    """Return `op` as a function of several Values."""
    rules = on_floats(op)

    def method(*inputs: Value) -> Value:
        xs = [x._data for x in inputs]
        try:
            f = op.scalar(*xs)
            return record(op, f, inputs, [rule(f, *xs) for rule in rules])
        except (ValueError, ArithmeticError):
            return at_limit(op, inputs)

    return method


@lru_cache(maxsize=1024)
def recorder(op: Op) -> Callable[..., Value]:
    """Return the function that records `op` for as many Values as it has rules: its method, if one was written."""
    if OPS.get(op.name) is op and op.name in WRITTEN:
        method: Callable[..., Value] = getattr(Value, WRITTEN[op.name])
        return method
    return unary(op) if op.arity == 1 else nary(op)


@lru_cache(maxsize=1024)
def power(exponent: float) -> Callable[[Value], Value]:
    """Return the function that records x ** exponent."""
    return recorder(calculus.pow.hold(real(exponent)))


def dots(ws: Sequence[tuple[Value, ...]], x: Sequence[Value | float]) -> list[Value]:
    """Return dot(w, x) for each of `ws`; of no weights, the number 0.

    The x are read once, and all the nodes share one tuple of them: together with sharing the w
    this makes a step of training twice as fast.
    """
    xs = tuple([one if type(one) is Value else leaf(one) for one in x])
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
    off: float = abs(worth - recorded) if worth != recorded else 0.0
    if worth != recorded and (worth == worth or recorded == recorded) and not off <= op.rounding * abs(recorded):
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


def open_leaf(x: Value, unfinished: list[Value]) -> None:
    """Begin a leaf's gradient where it is no number yet; one that is a node is put aside, and added to at the end."""
    if x._swept == ON_NODES:
        unfinished.append(x)
    x._g = 0.0
    x._swept = KEPT


def open_nodes(root: Value, sweep: int, unfinished: list[Value]) -> list[Value]:
    """Return the inner nodes that `root` depends on, as `topological` does, each with the gradient 0 of this sweep.

    The number of the sweep on a node says that it was seen: a set would double the time of the sweep.
    """
    order: list[Value] = []
    groups: set[int] = set()  # the tuples of inputs that were looked at: the neurons of a layer share theirs
    stack: list[Any] = [root]
    while stack:
        top = stack.pop()
        if top is None:  # marker: the inputs of the node below it are all in place
            order.append(stack.pop())
            continue
        node: Value = top
        if node._swept == sweep:
            continue
        first = node._x
        if first is None:
            if node._swept <= NONE:
                open_leaf(node, unfinished)
            continue
        if node._swept == ON_NODES:
            node.grad = None
        node._swept = sweep
        node._g = 0.0
        stack.append(node)
        stack.append(None)
        if type(first) is tuple:
            for group in (first,) if node._y is None else (node._y, first):
                if id(group) not in groups:
                    groups.add(id(group))
                    for one in reversed(group):
                        if one._x is not None:
                            stack.append(one)
                        elif one._swept <= NONE:
                            open_leaf(one, unfinished)
            continue
        if node._y is not None:
            y: Value = node._y
            if y._x is not None:
                if y._swept != sweep:
                    stack.append(y)
            elif y._swept <= NONE:
                open_leaf(y, unfinished)
        x: Value = first
        if x._x is not None:
            if x._swept != sweep:
                stack.append(x)
        elif x._swept <= NONE:
            open_leaf(x, unfinished)
    return order


def spread(g: float, inputs: tuple[Value, ...], partials: Sequence[float]) -> None:
    """Carry the gradient g of one node to many inputs."""
    for x, partial in zip(inputs, partials, strict=True):
        if partial:
            x._g += g * partial


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

    # Beside the inputs, in slots like theirs, the local derivatives along the edges: `_dx` and `_dy`, and `_slopes`,
    # a tuple of tuples, where the inputs are tuples. `_g` is the gradient, from the sweep of number `_swept`.
    __slots__ = ("_data", "_dx", "_dy", "_g", "_slopes", "_swept")

    _data: float
    _dx: float
    _dy: float
    _slopes: Any
    _g: float
    _swept: int

    def __init__(self, data: Real, name: str = "", *, kind: str = "input") -> None:
        """Make a leaf. `kind` is 'input', 'parameter' (what training changes) or 'constant'."""
        if data is BLANK:  # from `new`, which fills it in
            return
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r} (choose from {', '.join(KINDS)})")
        self._data = real(data)
        self._swept = NONE
        self.op = self._x = self._y = None
        if kind != "input":
            self._about = About(kind=kind)
        if name != "":
            self.named(name)

    @property
    def data(self) -> float:
        """The number; what is assigned is checked as the constructor checks it."""
        return self._data

    @data.setter
    def data(self, data: Real) -> None:
        number = real(data)
        told = self.about
        if self._x is None and told.made_with is None:
            self._about = About(told.name, told.scope, told.kind, self._data, told.grad)
        self._data = number

    @property
    def made_with(self) -> float:
        """The number that a leaf was made with, whatever has been assigned to `data` since."""
        return self._data if self.about.made_with is None else float(self.about.made_with)

    @property
    def grad(self) -> Any:
        """What `backward()` found for it; 0.0 before, and after `grad = None`, which forgets it."""
        return self._g if self._swept > NONE else 0.0 if self._swept == NONE else self.about.grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        on_nodes = isinstance(grad, Value)
        number = 0.0 if grad is None or on_nodes else real(grad)
        if on_nodes or self._swept == ON_NODES:
            told = self.about
            self._about = About(told.name, told.scope, told.kind, told.made_with, grad if on_nodes else None)
        self._g = number
        self._swept = ON_NODES if on_nodes else NONE if grad is None else KEPT

    @property
    def has_grad(self) -> bool:
        """Whether a backward sweep, or the user, has set `grad` since it was last cleared."""
        return self._swept != NONE

    @property
    def partials(self) -> tuple[float, ...]:
        """∂self/∂input for each of the inputs, as recorded when the operation was done."""
        if self._x is None:
            return ()
        if type(self._x) is tuple:
            return tuple([float(partial) for slopes in self._slopes for partial in slopes])
        return (float(self._dx),) if self._y is None else (float(self._dx), float(self._dy))

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        grad = f", grad={self.grad_data!r}" if self.has_grad else ""
        op = f", op={self.op.name!r}" if self.op else ""
        return f"Value({self._data!r}{name}{grad}{op})"

    # --- the backward sweep -----------------------------------------------------------------

    def _look_ahead(self) -> None:
        if OPEN and DETECTING.get():
            anomaly.check_sweep(topological(self))

    def _sweep(self, seed: Any) -> None:
        """Add to the gradient of each input that of its user, times the local derivative.

        What is 0 brings nothing back, not even 0 · ∞: it is a branch that was not taken.
        """
        first = real(seed)
        unfinished: list[Value] = []  # leaves whose gradient is a node
        order = open_nodes(self, next(SWEEPS), unfinished)
        self._g += first
        for node in reversed(order):
            g = node._g
            if not g:
                continue
            inputs = node._x
            if type(inputs) is tuple:
                spread(g, inputs, node._slopes[0])
                if node._y is not None:
                    spread(g, node._y, node._slopes[1])
                continue
            dx = node._dx
            if dx:
                x: Value = inputs
                x._g += g * dx
            if node._y is not None:
                dy = node._dy
                if dy:
                    y: Value = node._y
                    y._g += g * dy
        for leaf in unfinished:
            leaf.grad = leaf.about.grad + leaf._g

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        return [(x, times(g, partial)) for x, partial in self._passing(wanted, on_nodes)]

    def _pushed(self, moved: Any, *, on_nodes: bool) -> Any:
        total = None
        for x, partial in self._passing(moved, on_nodes):
            step = times(moved[x], partial)
            total = step if total is None else total + step
        return total

    def _passing(self, of: Any, on_nodes: bool) -> list[tuple[Any, Any]]:
        """Return (input, local derivative) for each of those inputs, less those through which nothing passes.

        A derivative that is 0 at one point passes something on all the same when it is differentiated again, but not
        at a branch that was not taken.
        """
        if self._x is None:
            return []
        branch = self.op.branch
        return [
            (x, local(self, i, recorded) if on_nodes else recorded)
            for i, (x, recorded) in enumerate(zip(self.inputs, self.partials, strict=True))
            if x in of and (recorded or (on_nodes and not branch))
        ]

    def _like(self, x: Any) -> Any:
        return Value(x, kind="constant")

    def __reduce__(self) -> tuple[Any, ...]:
        many = type(self._x) is tuple
        dx = None if many or self._x is None else self._dx
        dy = None if many or self._y is None else self._dy
        ends = (self._x, self._y, dx, dy, self._slopes if many else None)
        grad = self._g if self._swept > NONE else None  # one that is a node follows: see `reduced`
        told = self.about
        about = About(told.name, told.scope, told.kind, told.made_with)
        return reduced(self, restore, type(self), self.op, ends, self._data, grad, about)

    # --- recording --------------------------------------------------------------------------

    @classmethod
    def _record(cls, op: Op, *args: Any) -> Any:
        """Compute `op` at nodes and numbers; a number it can hold is part of the operation."""
        if isinstance(op, Fold):
            return cls._record_fold(op, op.split(args))
        free = len(args)
        if op.holds:
            while free > len(args) - op.holds and not isinstance(args[free - 1], Node):
                free -= 1
            if free < len(args):
                op = op.hold(*map(real, args[free:]))
        return recorder(op)(*[x if isinstance(x, Value) else leaf(x) for x in args[:free]])

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        numbers = [[x._data for x in xs if type(x) is Value] for xs in sequences]
        inputs = tuple(chain(*sequences))
        if sum(map(len, numbers)) < len(inputs):  # some are numbers already
            inputs = tuple(x if isinstance(x, Value) else leaf(x) for x in inputs)
            numbers = [[x._data for x in xs] for xs in op.split(inputs)]
        try:
            f = float(op.fold(*numbers))
            partials = tuple(chain(*op.rule(f, *numbers)))
        except (ValueError, ArithmeticError):
            return at_limit(op, inputs)
        return record(op, f, inputs, partials)

    def detach(self) -> Value:
        """Return the number as a new constant, through which no gradient flows back."""
        constant: Value = note_constant(Value(self._data, self.name, kind="constant"), self)
        return constant

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

    # What they give is a bool for `if`, and for a formula, such as where(v > 0, …), a node that follows the data.

    def __lt__(self, other: Any) -> Any:
        outcome: Any = self._data < plain(other)
        return decided(GREATER, (other, self), outcome, (self, "<", other))

    def __le__(self, other: Any) -> Any:
        outcome: Any = self._data <= plain(other)
        return decided(AT_LEAST, (other, self), outcome, (self, "<=", other))

    def __gt__(self, other: Any) -> Any:
        outcome: Any = self._data > plain(other)
        return decided(GREATER, (self, other), outcome, (self, ">", other))

    def __ge__(self, other: Any) -> Any:
        outcome: Any = self._data >= plain(other)
        return decided(AT_LEAST, (self, other), outcome, (self, ">=", other))

    def __pos__(self) -> Value:
        return self

    def __pow__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return self._pow(other)
        if isinstance(other, (int, float)) and other == 2:
            return self._squared()
        try:
            to_the = power(other if type(other) is int else real(other))
        except TypeError:
            return NotImplemented
        return to_the(self)

    # micrograd's names for the same things

    @property
    def _prev(self) -> set[Value]:
        return set(self.inputs)

    @property
    def _op(self) -> str:
        return self.op.symbol + "".join(f"{x:g}" for x in self.op.held) if self.op else ""

    # --- written from the table by .ci/write_methods.py: see there ------------------------------

    def __add__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        f: float = x + y
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ADD
        node._x = self
        node._y = other
        node._dx = 1.0
        node._dy = 1.0
        return watched(node) if OPEN else node

    def __radd__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__add__(self)

    def __sub__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        f: float = x - y
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SUB
        node._x = self
        node._y = other
        node._dx = 1.0
        node._dy = -1.0
        return watched(node) if OPEN else node

    def __rsub__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__sub__(self)

    def __mul__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        f: float = x * y
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MUL
        node._x = self
        node._y = other
        node._dx = y
        node._dy = x
        return watched(node) if OPEN else node

    def __rmul__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__mul__(self)

    def __truediv__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            if (number := operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        try:
            f: float = x / y
            dx = 1.0 / y
            dy = -(f / y)
        except (ValueError, ArithmeticError):
            return at_limit(DIV, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = DIV
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def __rtruediv__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__truediv__(self)

    def __neg__(self) -> Value:
        x = self._data
        f: float = -x
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = NEG
        node._x = self
        node._y = None
        node._dx = -1.0
        return watched(node) if OPEN else node

    def _same(self) -> Value:
        x = self._data
        f: float = x
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SAME
        node._x = self
        node._y = None
        node._dx = 1.0
        return watched(node) if OPEN else node

    def _pow(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.power(x, y)
            dx = numerics.weigh(
                y,
                numerics.weigh(
                    x ** (y - 1.0 + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0)),
                    (abs(x) + (1.0 if x == 0.0 else 0.0)) ** numerics.one_less(y),
                ),
            )
            dy = f * math.log(x + (1.0 if x == 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(POW, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = POW
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def _squared(self) -> Value:
        x = self._data
        try:
            f: float = x**2.0
            dx = 2.0 * x
        except (ValueError, ArithmeticError):
            return at_limit(SQUARE, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SQUARE
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def __rpow__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left._pow(self)

    def exp(self) -> Value:
        """Return exp(self), as a Value."""
        x = self._data
        try:
            f: float = math.exp(x)
            dx = f
        except (ValueError, ArithmeticError):
            return at_limit(EXP, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EXP
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def expm1(self) -> Value:
        """Return expm1(self), as a Value: e^x − 1, exact for small x."""
        x = self._data
        try:
            f: float = math.expm1(x)
            dx = math.exp(x)
        except (ValueError, ArithmeticError):
            return at_limit(EXPM1, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EXPM1
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def log(self) -> Value:
        """Return log(self), as a Value: the natural logarithm; −∞ at 0, with slope ∞."""
        x = self._data
        if x < TINY:  # perhaps of a sigmoid, whose logarithm is less
            return at_limit(LOG, (self,))
        try:
            f: float = math.log(x)
            dx = 1.0 / (x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def log1p(self) -> Value:
        """Return log1p(self), as a Value: log(1 + x), exact for small x."""
        x = self._data
        try:
            f: float = math.log1p(x)
            dx = 1.0 / (1.0 + x)
        except (ValueError, ArithmeticError):
            return at_limit(LOG1P, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG1P
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def log2(self) -> Value:
        """Return log2(self), as a Value."""
        x = self._data
        try:
            f: float = math.log2(x)
            dx = calculus.ONE_OVER_LN2 / (x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG2, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG2
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def log10(self) -> Value:
        """Return log10(self), as a Value."""
        x = self._data
        try:
            f: float = math.log10(x)
            dx = calculus.ONE_OVER_LN10 / (x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG10, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG10
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def sqrt(self) -> Value:
        """Return sqrt(self), as a Value: slope ∞ at 0."""
        x = self._data
        try:
            f: float = math.sqrt(x)
            dx = 1.0 / (2.0 * f + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(SQRT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SQRT
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def cbrt(self) -> Value:
        """Return cbrt(self), as a Value: slope ∞ at 0."""
        x = self._data
        try:
            f: float = numerics.cbrt(x)
            dx = 1.0 / (3.0 * f * f)
        except (ValueError, ArithmeticError):
            return at_limit(CBRT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CBRT
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def hypot(self, other: Number) -> Value:
        """Return hypot(self, other), as a Value: √(x² + y²); slopes 0 at the origin."""
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = math.hypot(x, y)
            dx = x / (f + (1.0 if f == 0.0 else 0.0))
            dy = y / (f + (1.0 if f == 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(HYPOT, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = HYPOT
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def sin(self) -> Value:
        """Return sin(self), as a Value."""
        x = self._data
        try:
            f: float = math.sin(x)
            dx = math.cos(x)
        except (ValueError, ArithmeticError):
            return at_limit(SIN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SIN
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def cos(self) -> Value:
        """Return cos(self), as a Value."""
        x = self._data
        try:
            f: float = math.cos(x)
            dx = -math.sin(x)
        except (ValueError, ArithmeticError):
            return at_limit(COS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = COS
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def tan(self) -> Value:
        """Return tan(self), as a Value: and so on with period π."""
        x = self._data
        try:
            f: float = math.tan(x)
            dx = 1.0 + f * f
        except (ValueError, ArithmeticError):
            return at_limit(TAN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = TAN
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def asin(self) -> Value:
        """Return asin(self), as a Value: slope ∞ at ±1."""
        x = self._data
        try:
            f: float = math.asin(x)
            dx = 1.0 / math.sqrt((1.0 - x) * (1.0 + x))
        except (ValueError, ArithmeticError):
            return at_limit(ASIN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ASIN
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def arcsin(self) -> Value:
        """Return asin, by NumPy's name."""
        return self.asin()

    def acos(self) -> Value:
        """Return acos(self), as a Value: slope −∞ at ±1."""
        x = self._data
        try:
            f: float = math.acos(x)
            dx = -1.0 / math.sqrt((1.0 - x) * (1.0 + x))
        except (ValueError, ArithmeticError):
            return at_limit(ACOS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ACOS
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def arccos(self) -> Value:
        """Return acos, by NumPy's name."""
        return self.acos()

    def atan(self) -> Value:
        """Return atan(self), as a Value."""
        x = self._data
        try:
            f: float = math.atan(x)
            dx = 1.0 / math.hypot(x, 1.0) / math.hypot(x, 1.0)
        except (ValueError, ArithmeticError):
            return at_limit(ATAN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ATAN
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def arctan(self) -> Value:
        """Return atan, by NumPy's name."""
        return self.atan()

    def atan2(self, other: Number) -> Value:
        """Return atan2(self, other), as a Value.

        The angle of the point (y, x), as in Python; it jumps by 2π where x = 0 > y; slopes 0 at the origin.
        """
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = math.atan2(x, y)
            dx = (
                y
                / (math.hypot(x, y) + numerics.zero(math.hypot(x, y)))
                / (math.hypot(x, y) + numerics.zero(math.hypot(x, y)))
            )
            dy = (
                -x
                / (math.hypot(x, y) + numerics.zero(math.hypot(x, y)))
                / (math.hypot(x, y) + numerics.zero(math.hypot(x, y)))
            )
        except (ValueError, ArithmeticError):
            return at_limit(ATAN2, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ATAN2
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def arctan2(self, other: Number) -> Value:
        """Return atan2, by NumPy's name."""
        return self.atan2(other)

    def sinh(self) -> Value:
        """Return sinh(self), as a Value."""
        x = self._data
        try:
            f: float = math.sinh(x)
            dx = math.cosh(x)
        except (ValueError, ArithmeticError):
            return at_limit(SINH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SINH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def cosh(self) -> Value:
        """Return cosh(self), as a Value."""
        x = self._data
        try:
            f: float = math.cosh(x)
            dx = math.sinh(x)
        except (ValueError, ArithmeticError):
            return at_limit(COSH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = COSH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def tanh(self) -> Value:
        """Return tanh(self), as a Value."""
        x = self._data
        try:
            f: float = math.tanh(x)
            dx = numerics.sech(x) ** 2.0
        except (ValueError, ArithmeticError):
            return at_limit(TANH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = TANH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def _sech(self) -> Value:
        x = self._data
        try:
            f: float = numerics.sech(x)
            dx = -f * math.tanh(x)
        except (ValueError, ArithmeticError):
            return at_limit(SECH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SECH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def asinh(self) -> Value:
        """Return asinh(self), as a Value."""
        x = self._data
        try:
            f: float = math.asinh(x)
            dx = 1.0 / math.hypot(x, 1.0)
        except (ValueError, ArithmeticError):
            return at_limit(ASINH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ASINH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def arcsinh(self) -> Value:
        """Return asinh, by NumPy's name."""
        return self.asinh()

    def acosh(self) -> Value:
        """Return acosh(self), as a Value: slope ∞ at 1."""
        x = self._data
        try:
            f: float = math.acosh(x)
            dx = 1.0 / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0))
        except (ValueError, ArithmeticError):
            return at_limit(ACOSH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ACOSH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def arccosh(self) -> Value:
        """Return acosh, by NumPy's name."""
        return self.acosh()

    def atanh(self) -> Value:
        """Return atanh(self), as a Value: ±∞ at ±1, with slope ∞."""
        x = self._data
        try:
            f: float = math.atanh(x)
            dx = 1.0 / ((1.0 - x) * (1.0 + x))
        except (ValueError, ArithmeticError):
            return at_limit(ATANH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ATANH
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def arctanh(self) -> Value:
        """Return atanh, by NumPy's name."""
        return self.atanh()

    def sigmoid(self) -> Value:
        """Return σ(self) (sigmoid), as a Value: 1 / (1 + e^−x); does not overflow."""
        x = self._data
        try:
            f: float = numerics.sigmoid(x)
            dx = f * numerics.sigmoid(-x)
        except (ValueError, ArithmeticError):
            return at_limit(SIGMOID, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SIGMOID
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def logit(self) -> Value:
        """Return logit(self), as a Value: log(x / (1 − x)), the inverse of sigmoid; ±∞ at 1 and 0."""
        x = self._data
        try:
            f: float = numerics.logit(x)
            dx = 1.0 / ((x + 0.0) * (1.0 - x))
        except (ValueError, ArithmeticError):
            return at_limit(LOGIT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOGIT
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def erf(self) -> Value:
        """Return erf(self), as a Value."""
        x = self._data
        try:
            f: float = math.erf(x)
            dx = calculus.TWO_OVER_ROOT_PI * numerics.gaussian(x) ** 2.0
        except (ValueError, ArithmeticError):
            return at_limit(ERF, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ERF
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def erfc(self) -> Value:
        """Return erfc(self), as a Value: 1 − erf(x), exact for large x."""
        x = self._data
        try:
            f: float = math.erfc(x)
            dx = -calculus.TWO_OVER_ROOT_PI * numerics.gaussian(x) ** 2.0
        except (ValueError, ArithmeticError):
            return at_limit(ERFC, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ERFC
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def _gaussian(self) -> Value:
        x = self._data
        try:
            f: float = numerics.gaussian(x)
            dx = -x * f
        except (ValueError, ArithmeticError):
            return at_limit(GAUSSIAN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = GAUSSIAN
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def _normal_cdf(self) -> Value:
        x = self._data
        try:
            f: float = numerics.normal_cdf(x)
            dx = calculus.ONE_OVER_ROOT_TWO_PI * numerics.gaussian(x)
        except (ValueError, ArithmeticError):
            return at_limit(NORMAL_CDF, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = NORMAL_CDF
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def relu(self) -> Value:
        """Return relu(self), as a Value: slope 0 at the kink, as PyTorch."""
        x = self._data
        f: float = x if x > 0.0 or x != x else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = RELU
        node._x = self
        node._y = None
        node._dx = 1.0 if x > 0.0 else 0.0
        return watched(node) if OPEN else node

    def _leaky_relu(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x > 0.0 else y * x
            dx = numerics.where(1.0 if x > 0.0 else 0.0, 1.0, y)
            dy = x * (1.0 - (1.0 if x > 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(LEAKY_RELU, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LEAKY_RELU
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def leaky_relu(self, slope: Number = 0.01) -> Value:
        """Return leaky_relu(self, slope), as a Value.

        X where x > 0, else y · x; the slope at the kink is y, as PyTorch.
        """
        result: Value = LEAKY_RELU(self, slope)
        return result

    def _elu(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x > 0.0 else y * math.expm1(x)
            dx = numerics.where(1.0 if x > 0.0 else 0.0, 1.0, y * math.exp(x if x <= 0.0 or x != x else 0.0))
            dy = math.expm1(x if x <= 0.0 or x != x else 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(ELU, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ELU
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def elu(self, alpha: Number = 1.0) -> Value:
        """Return elu(self, alpha), as a Value.

        X where x > 0, else y · (e^x − 1); the slope at the kink is y, as PyTorch.
        """
        result: Value = ELU(self, alpha)
        return result

    def softplus(self) -> Value:
        """Return softplus(self), as a Value: log(1 + e^x); does not overflow."""
        x = self._data
        try:
            f: float = numerics.softplus(x)
            dx = numerics.sigmoid(x)
        except (ValueError, ArithmeticError):
            return at_limit(SOFTPLUS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SOFTPLUS
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def silu(self) -> Value:
        """Return silu(self), as a Value: x · σ(x), also called swish."""
        x = self._data
        try:
            f: float = numerics.silu(x)
            dx = numerics.sigmoid(x) + numerics.weigh(f, numerics.sigmoid(-x))
        except (ValueError, ArithmeticError):
            return at_limit(SILU, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SILU
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def gelu(self) -> Value:
        """Return gelu(self), as a Value: x · Φ(x), Φ the standard normal distribution."""
        x = self._data
        try:
            f: float = numerics.gelu(x)
            dx = numerics.normal_cdf(x) + numerics.weigh(x, calculus.ONE_OVER_ROOT_TWO_PI * numerics.gaussian(x))
        except (ValueError, ArithmeticError):
            return at_limit(GELU, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = GELU
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def __abs__(self) -> Value:
        x = self._data
        try:
            f: float = abs(x)
            dx = numerics.sign(x)
        except (ValueError, ArithmeticError):
            return at_limit(ABS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ABS
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def abs(self) -> Value:
        """Return |self| (abs), as a Value: slope 0 at the kink."""
        return self.__abs__()

    def maximum(self, other: Number) -> Value:
        """Return max(self, other) (maximum), as a Value: a tie splits the slope ½ : ½."""
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x >= y or x != x else y
            dx = numerics.ahead(x, y)
            dy = numerics.ahead(y, x)
        except (ValueError, ArithmeticError):
            return at_limit(MAXIMUM, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MAXIMUM
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def minimum(self, other: Number) -> Value:
        """Return min(self, other) (minimum), as a Value: a tie splits the slope ½ : ½."""
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x <= y or x != x else y
            dx = numerics.ahead(y, x)
            dy = numerics.ahead(x, y)
        except (ValueError, ArithmeticError):
            return at_limit(MINIMUM, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MINIMUM
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def _clip(self, second: Number, third: Number) -> Value:
        if not isinstance(second, Value):
            second = leaf(second)
        if not isinstance(third, Value):
            third = leaf(third)
        x, y, z = self._data, second._data, third._data
        try:
            f: float = numerics.clip(x, y, z)
            dx = numerics.step(z - y) * (1.0 - numerics.step(y - x) - numerics.step(x - z))
            dy = numerics.step(z - y) * numerics.step(y - x)
            dz = 1.0 - numerics.step(z - y) * (1.0 - numerics.step(x - z))
        except (ValueError, ArithmeticError):
            return at_limit(CLIP, (self, second, third))
        return record(CLIP, f, (self, second, third), (dx, dy, dz))

    def clip(self, low: Number, high: Number) -> Value:
        """Return clip(self, low, high), as a Value.

        X, but y where x < y and z where x > z; the slope at the bounds is 1, as PyTorch, if they differ.
        """
        result: Value = CLIP(self, low, high)
        return result

    def where(self, second: Number, third: Number) -> Value:
        """Return where(self, second, third), as a Value: y where x is not 0, else z."""
        if not isinstance(second, Value):
            second = leaf(second)
        if not isinstance(third, Value):
            third = leaf(third)
        x, y, z = self._data, second._data, third._data
        f: float = y if x != 0.0 else z
        return record(
            WHERE, f, (self, second, third), (0.0, 1.0 - (1.0 if x == 0.0 else 0.0), 1.0 if x == 0.0 else 0.0)
        )

    def _step(self) -> Value:
        x = self._data
        f: float = 1.0 if x > 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = STEP
        node._x = self
        node._y = None
        node._dx = 0.0
        return watched(node) if OPEN else node

    def sign(self) -> Value:
        """Return sign(self), as a Value: −1, 0 or 1."""
        x = self._data
        try:
            f: float = numerics.sign(x)
            dx = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(SIGN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SIGN
        node._x = self
        node._y = None
        node._dx = dx
        return watched(node) if OPEN else node

    def _zero(self) -> Value:
        x = self._data
        f: float = 1.0 if x == 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ZERO
        node._x = self
        node._y = None
        node._dx = 0.0
        return watched(node) if OPEN else node

    def _ahead(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.ahead(x, y)
            dx = 0.0
            dy = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(AHEAD, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = AHEAD
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def _equal(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = 1.0 if x == y else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EQUAL
        node._x = self
        node._y = other
        node._dx = 0.0
        node._dy = 0.0
        return watched(node) if OPEN else node

    def _greater(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = 1.0 if x > y else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = GREATER
        node._x = self
        node._y = other
        node._dx = 0.0
        node._dy = 0.0
        return watched(node) if OPEN else node

    def _at_least(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = 1.0 if x >= y else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = AT_LEAST
        node._x = self
        node._y = other
        node._dx = 0.0
        node._dy = 0.0
        return watched(node) if OPEN else node

    def _weigh(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = x * y if x != 0.0 and y != 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = WEIGH
        node._x = self
        node._y = other
        node._dx = y
        node._dy = x
        return watched(node) if OPEN else node

    def _squared_error(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = (x - y) * (x - y) / 2.0
            dx = x - y
            dy = y - x
        except (ValueError, ArithmeticError):
            return at_limit(SQUARED_ERROR, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SQUARED_ERROR
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def _cross_entropy(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.cross_entropy(x, y)
            dx = (
                x
                - y
                + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0)
                - numerics.zero(1.0 - x) * numerics.zero(1.0 - y)
            ) / (
                x * (1.0 - x)
                + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0)
                + numerics.zero(1.0 - x) * numerics.zero(1.0 - y)
            )
            dy = -numerics.logit(x)
        except (ValueError, ArithmeticError):
            return at_limit(CROSS_ENTROPY, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CROSS_ENTROPY
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node

    def _cross_entropy_logits(self, other: Number) -> Value:
        if not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.cross_entropy_logits(x, y)
            dx = (1.0 - y) * numerics.sigmoid(x) - y * numerics.sigmoid(-x)
            dy = -x
        except (ValueError, ArithmeticError):
            return at_limit(CROSS_ENTROPY_LOGITS, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CROSS_ENTROPY_LOGITS
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return watched(node) if OPEN else node


ADD: Final = calculus.add
SUB: Final = calculus.sub
MUL: Final = calculus.mul
DIV: Final = calculus.div
NEG: Final = calculus.neg
SAME: Final = calculus.same
POW: Final = calculus.pow
EXP: Final = calculus.exp
EXPM1: Final = calculus.expm1
LOG: Final = calculus.log
LOG1P: Final = calculus.log1p
LOG2: Final = calculus.log2
LOG10: Final = calculus.log10
SQRT: Final = calculus.sqrt
CBRT: Final = calculus.cbrt
HYPOT: Final = calculus.hypot
SIN: Final = calculus.sin
COS: Final = calculus.cos
TAN: Final = calculus.tan
ASIN: Final = calculus.asin
ACOS: Final = calculus.acos
ATAN: Final = calculus.atan
ATAN2: Final = calculus.atan2
SINH: Final = calculus.sinh
COSH: Final = calculus.cosh
TANH: Final = calculus.tanh
SECH: Final = calculus.sech
ASINH: Final = calculus.asinh
ACOSH: Final = calculus.acosh
ATANH: Final = calculus.atanh
SIGMOID: Final = calculus.sigmoid
LOGIT: Final = calculus.logit
ERF: Final = calculus.erf
ERFC: Final = calculus.erfc
GAUSSIAN: Final = calculus.gaussian
NORMAL_CDF: Final = calculus.normal_cdf
RELU: Final = calculus.relu
LEAKY_RELU: Final = calculus.leaky_relu
ELU: Final = calculus.elu
SOFTPLUS: Final = calculus.softplus
SILU: Final = calculus.silu
GELU: Final = calculus.gelu
ABS: Final = calculus.abs
MAXIMUM: Final = calculus.maximum
MINIMUM: Final = calculus.minimum
CLIP: Final = calculus.clip
WHERE: Final = calculus.where
STEP: Final = calculus.step
SIGN: Final = calculus.sign
ZERO: Final = calculus.zero
AHEAD: Final = calculus.ahead
EQUAL: Final = calculus.equal
GREATER: Final = calculus.greater
AT_LEAST: Final = calculus.at_least
WEIGH: Final = calculus.weigh
SQUARED_ERROR: Final = calculus.squared_error
CROSS_ENTROPY: Final = calculus.cross_entropy
CROSS_ENTROPY_LOGITS: Final = calculus.cross_entropy_logits
SQUARE: Final = calculus.pow.hold(2.0)
# The methods that record the rows.
WRITTEN: Final = {
    "add": "__add__",
    "sub": "__sub__",
    "mul": "__mul__",
    "div": "__truediv__",
    "neg": "__neg__",
    "same": "_same",
    "pow": "_pow",
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "log2": "log2",
    "log10": "log10",
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "hypot": "hypot",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "asin",
    "acos": "acos",
    "atan": "atan",
    "atan2": "atan2",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "sech": "_sech",
    "asinh": "asinh",
    "acosh": "acosh",
    "atanh": "atanh",
    "sigmoid": "sigmoid",
    "logit": "logit",
    "erf": "erf",
    "erfc": "erfc",
    "gaussian": "_gaussian",
    "normal_cdf": "_normal_cdf",
    "relu": "relu",
    "leaky_relu": "_leaky_relu",
    "elu": "_elu",
    "softplus": "softplus",
    "silu": "silu",
    "gelu": "gelu",
    "abs": "__abs__",
    "maximum": "maximum",
    "minimum": "minimum",
    "clip": "_clip",
    "where": "where",
    "step": "_step",
    "sign": "sign",
    "zero": "_zero",
    "ahead": "_ahead",
    "equal": "_equal",
    "greater": "_greater",
    "at_least": "_at_least",
    "weigh": "_weigh",
    "squared_error": "_squared_error",
    "cross_entropy": "_cross_entropy",
    "cross_entropy_logits": "_cross_entropy_logits",
}

# --- the end of what is written -------------------------------------------------------------------

if not COMPILED:  # Python's own hash, and an attribute without a call
    Value.__hash__ = object.__hash__  # type: ignore[method-assign]
    Value.data = property(attrgetter("_data"), Value.data.fset)  # type: ignore[method-assign, assignment, attr-defined]
