"""Numbers that remember how they were computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, count
from operator import attrgetter
from typing import Any, Final, overload

from ..graph import NOTHING_SAID, OPS, About, Fold, Node, Op, limits, topological
from ..graph.blocks import OPEN, note_constant, note_read
from ..graph.native import mypyc_attr
from . import anomaly, recorders, recording, value_methods
from .by_hand import ByHand
from .conversion import PLAIN
from .copying import reduce_node
from .higher_order import local_derivatives, times
from .inheritance import follow
from .misspelt import MISSPELT, Misspelt
from .modes import DETECTING
from .pickles import copy_graph, restore, state_of
from .recorders import power, recorder
from .recording import BLANK, KEPT, NONE, ON_NODES, Number, Real, at_limit, leaf, real, record
from .recording import COMPILED as COMPILED
from .value_methods import ValueMethods

KINDS = ("input", "parameter", "constant")  # what a leaf is to the model; a drawing shows it
SWEEPS: Final = count(2)


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
        x = node._x
        if x is None:
            if node._swept <= NONE:
                open_leaf(node, unfinished)
            continue
        if node._swept == ON_NODES:
            node.grad = None
        node._swept = sweep
        node._g = 0.0
        stack.append(node)
        stack.append(None)
        if type(x) is not tuple:
            if node._y is not None:
                stack.append(node._y)
            stack.append(x)
            continue
        for group in (x,) if node._y is None else (node._y, x):
            if id(group) not in groups:
                groups.add(id(group))
                stack += reversed(group)
    return order


def spread(g: float, inputs: tuple[Value, ...], partials: Any) -> None:
    """Carry the gradient g of one node to many inputs."""
    for x, partial in zip(inputs, partials, strict=True):
        if partial:
            x._g += g * partial


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class Value(ValueMethods):
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

    # Its slots are those of Node and Recorded (recording.py); what code for micrograd asks of it is in micrograd.py.
    # `__dict__` is for what users note on a node of theirs, as the moments of an optimiser.
    __slots__ = ("__dict__",)

    def __init__(
        self,
        data: Number,
        name: str | Iterable[Value] = "",
        _op: str = "",
        label: str = "",
        *,
        kind: str = "input",
        _children: Iterable[Value] = (),
    ) -> None:
        """Make a leaf, of the number of a Value where one is given.

        `kind` is 'input', 'parameter' (what training changes) or 'constant'. As in micrograd `_children`, second where
        no name stands, and `_op` make a node of an operation of one's own; set its backward step, `_backward`, then.
        """
        if data is BLANK:  # from `new`, which fills it in
            return
        self._data = data if type(data) is float else data._data if isinstance(data, Value) else real(data)
        self._swept = NONE
        self.op = self._x = self._y = None
        if OPEN and isinstance(data, Value):
            note_constant(self, data)
        if kind != "input":
            if kind not in KINDS:
                raise ValueError(f"unknown kind {kind!r} (choose from {', '.join(KINDS)})")
            self._about = About(kind=kind)
        if type(name) is not str or name or label or _op or _children:
            self._tell(name, _op, label, _children, kind)

    @property
    def data(self) -> float:
        """The number; what is assigned is checked as the constructor checks it."""
        if OPEN:
            note_read(self)
        return self._data

    @data.setter
    def data(self, data: Real) -> None:
        number = data if type(data) is float else real(data)
        if self._x is None and self.about.made_with is None:
            self._about = self.about._replace(made_with=self._data)
        self._data = number

    @property
    def made_with(self) -> float:
        """The number that a leaf was made with, whatever has been assigned to `data` since."""
        if OPEN:
            note_read(self)
        return self._data if self.about.made_with is None else float(self.about.made_with)

    @property
    def grad(self) -> Any:
        """What `backward()` found for it; 0.0 before, and after `grad = None`, which forgets it."""
        return self._g if self._swept > NONE else 0.0 if self._swept == NONE else self.about.grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if type(grad) is float and self._swept != ON_NODES:  # mostly: a third of the time
            self._g = grad
            self._swept = KEPT
            return
        on_nodes = isinstance(grad, Value)
        number = 0.0 if grad is None or on_nodes else real(grad)
        if on_nodes or self._swept == ON_NODES:
            self._about = self.about._replace(grad=grad if on_nodes else None)
        self._g = number
        self._swept = ON_NODES if on_nodes else NONE if grad is None else KEPT

    @property
    def has_grad(self) -> bool:
        """Whether a backward sweep, or the user, has set `grad` since it was last cleared."""
        return self._swept != NONE

    def __repr__(self) -> str:
        # loops print it: properties are asked for once, which makes it twice as fast
        if OPEN:
            note_read(self)
        called, swept = getattr(self, "_about", NOTHING_SAID).name, self._swept
        name = f", name={called!r}" if called else ""
        grad = "" if swept == NONE else f", grad={self._g if swept > NONE else self.grad_data!r}"
        op = "" if self.op is None else f", op={self.op.name!r}"
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
                if type(node._slopes[0]) is ByHand:
                    node._slopes[0].pull(node)
                    continue
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
        for one in unfinished:
            one.grad = one.about.grad + one._g

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        return [(x, times(g, partial)) for x, partial in local_derivatives(self, wanted, on_nodes)]

    def _pushed(self, moved: Any, *, on_nodes: bool) -> Any:
        total = None
        for x, partial in local_derivatives(self, moved, on_nodes):
            step = times(moved[x], partial)
            total = step if total is None else total + step
        return total

    def _like(self, x: Any) -> Any:
        return Value(x, kind="constant")

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_node(self, restore, type(self), *state_of(self))

    # --- recording --------------------------------------------------------------------------

    @classmethod
    def _record(cls, op: Any, *args: Any) -> Any:
        """Compute `op` at nodes and numbers, and arrays of them; a number it can hold is part of the operation."""
        if isinstance(op, Fold):
            return cls._record_fold(op, op.split(args))
        if not isinstance(op, Op):
            raise TypeError(
                f"{op.name} is of arrays, and a Value is one number: several of them go into one list, as in "
                "max([a, b]); an array is a Tensor"
            )
        for x in args:
            if not isinstance(x, Node) and getattr(x, "ndim", 0) > 0:
                return limits.of_arrays(op, args)
        free = len(args)
        if op.holds:
            while free > len(args) - op.holds and not isinstance(args[free - 1], Node):
                free -= 1
            if free < len(args):
                op = op.hold(*map(real, args[free:]))
        inputs = [x if isinstance(x, Value) else leaf(x) for x in args[:free]]
        try:
            return recorder(op)(*inputs)
        except TypeError as error:
            raise limits.refuse(OPS.get(op.name, op), args, error) from None

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
        if OPEN:
            note_read(self)
        return self._data

    def _held(self) -> float:
        return self._data

    def __pos__(self) -> Value:
        return self

    @overload
    def __pow__(self, other: Value) -> Value: ...
    @overload
    def __pow__(self, other: float) -> Value: ...
    def __pow__(self, other: object) -> Any:
        if isinstance(other, Value):
            return self._pow(other)
        n: Any = other
        if isinstance(n, PLAIN) and n == 2:
            return self._squared()
        try:
            to_the = power(other if type(other) is int else real(other))
        except TypeError:
            if limits.is_no_operand(other):
                raise
            return NotImplemented
        return to_the(self)


setattr(Value, "__init_subclass__", classmethod(follow))  # noqa: B010 (an interpreted one, for both builds)
if COMPILED:
    setattr(Value, "__setattr__", Value._set_attribute)  # noqa: B010 (as a method it would be asked inside of the class too)
else:  # Python's own hash, and an attribute without a call
    Value.__hash__ = object.__hash__  # type: ignore[method-assign]
    for one in MISSPELT:
        setattr(Value, one, Misspelt(one))
    Value.data = property(attrgetter("_data"), Value.data.fset)  # type: ignore[method-assign, assignment, attr-defined]


def note_reads() -> None:
    """Have reads of `data` noted from now on: nobody asks before the first function is recorded, and it takes 15 ns."""
    if not COMPILED:
        Value.data = property(Value.item, Value.data.fset)  # type: ignore[method-assign, assignment, attr-defined]


for module in (recording, value_methods, recorders):  # they stand before Value, and make Values
    vars(module)["Value"] = Value
