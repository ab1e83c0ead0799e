"""The computation graph: nodes, operations, their order, the backward sweep.

A node remembers the operation that made it and the nodes it was made from, its *inputs*.
Nothing here knows whether a node holds a float or an array: `Value` and `Tensor` say what
flows back along an edge, this module says in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from .native import mypyc_attr

if TYPE_CHECKING:
    from .op import Fold, Op

N = TypeVar("N", bound="Node")


def sentinel() -> Any:
    """Return a 0.0 that is another object than any other 0.0."""
    return float("0")


# Three numbers 0.0 that are told apart by identity, so that what they mean costs nothing.
UNSWEPT: Final = sentinel()  # a gradient: no backward sweep has come by
UNREACHED: Final = sentinel()  # a gradient: in this sweep nothing has come back to the node
NOTHING: Final = sentinel()  # a partial: the branch was not taken, so nothing comes back, not even 0 · ∞

FLOAT: Final[Any] = float  # as an Any, since mypyc makes another object of what it knows to be a float
UNNAMED: Final = ("", "")


@mypyc_attr(acyclic=True)
class Node:
    """One quantity in the graph, together with how it was computed."""

    # The inputs stand in plain slots, `_x` and `_y`, because a tuple on every node doubles the time
    # that a graph of 100,000 nodes takes to build. Where there are many, `_x` is a tuple, and of a
    # dot product `_y` too: the neurons of a layer share theirs.
    # So does the gradient: `_g` is the number, as long as `_state` is None. Else `_state` is what the
    # gradient is: UNSWEPT, UNREACHED, a node, or what a user has assigned.
    __slots__ = ("_g", "_label", "_state", "_x", "_y", "op")

    _g: float
    _state: Any
    op: Any  # the row of a table that made it; None for a leaf
    _x: Any
    _y: Any
    _label: tuple[str, str]  # name and scope; not there until one is given, which saves 15 % of the build

    @property
    def inputs(self) -> tuple[Self, ...]:
        """The nodes this one was computed from, in order; `a + a` has `a` twice."""
        if self._x is None:
            return ()
        if type(self._x) is tuple:
            return self._x if self._y is None else self._x + self._y
        return (self._x,) if self._y is None else (self._x, self._y)

    @property
    def grad(self) -> Any:
        """What `backward()` found for it; 0.0 before, and after `grad = None`, which forgets it."""
        return self._g if self._state is None else self._state

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is None:
            self._state = UNSWEPT
        elif grad is UNSWEPT or grad is UNREACHED:
            self._state = grad
        else:
            self._keep(self._gradient(grad))

    def _keep(self, grad: Any) -> None:
        """Take a gradient that was checked."""
        if type(grad) is FLOAT and grad is not UNSWEPT and grad is not UNREACHED:
            self._g = grad
            self._state = None
        else:
            self._state = grad

    def _gradient(self, grad: Any) -> Any:
        """Return what is assigned to `grad` as it is kept; raises where it is no gradient of this node."""
        raise NotImplementedError

    @property
    def has_grad(self) -> bool:
        """Whether a backward sweep, or the user, has set `grad` since it was last cleared."""
        return self._state is not UNSWEPT

    @property
    def wants_grad(self) -> bool:
        """Whether a backward sweep computes its gradient."""
        return True

    @property
    def grad_data(self) -> Any:
        """The gradient as plain data, also where `create_graph` made it a node."""
        return self.grad.item() if isinstance(self.grad, Node) else self.grad

    @property
    def name(self) -> str:
        """What it is called; '' when not said."""
        return str(getattr(self, "_label", UNNAMED)[0])

    @name.setter
    def name(self, name: str) -> None:
        self.named(name)

    @property
    def scope(self) -> str:
        """The part of the model it belongs to, such as 'layer 1/neuron 2'; '' when not said."""
        return str(getattr(self, "_label", UNNAMED)[1])

    @property
    def kind(self) -> str:
        """What the node is to the model: 'input', 'parameter', 'constant' or 'operation'."""
        return "operation" if self.op else "input"

    @property
    def made_with(self) -> Any:
        """The data it had when it was made, if it remembers, whatever has been assigned since."""
        return self.item()

    def item(self) -> Any:
        """Return what the node holds, `data`, for use outside the graph."""
        raise NotImplementedError

    def named(self, name: str, *, scope: str = "") -> Self:
        """Give the node a name, and the scope it is drawn in, and return it."""
        if not isinstance(name, str):
            raise TypeError(f"a name is a string; got {name!r} ({type(name).__name__})")
        self._label = (name, scope or self.scope)
        return self

    def backward(self, seed: Any = 1.0, *, create_graph: bool = False) -> None:
        """Add seed · ∂self/∂leaf to the `grad` of every leaf that self depends on.

        Leaves accumulate over calls, so that several losses can share one step. Inner nodes
        start afresh: theirs is the gradient of this sweep alone (course notes, D4 and D5).
        With `create_graph` the gradients are nodes, which can be drawn and differentiated
        again; `microgradnn.grad` and its sisters are the way to do so that leaves no trace. A node
        and a gradient that was computed from it hold each other, until `zero_grad()` on the same
        node as `backward` parts them; compiled, nothing else does.
        Raises ValueError for a constant, such as what was computed inside `no_grad()`.
        """
        if self.op is None and self.kind == "constant":
            raise ValueError(
                f"backward() of {self!r}, a constant, would reach nothing: it was computed inside no_grad(), detached, "
                "or made as a constant; compute it again outside of the block"
            )
        if create_graph:
            import_module("microgradnn.engine.derivatives").sweep_nodes(self, seed)
            return
        self._look_ahead()
        mark = sentinel()  # the state of every inner node until something comes back to it
        order = opened(self, mark)
        self.grad = self.grad + seed
        self._sweep(order, mark)

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all that it depends on."""
        for node in topological(self):
            node._state = UNSWEPT

    def _look_ahead(self) -> None:
        """Refuse a sweep that would go wrong, before it touches a gradient."""

    @classmethod
    def _sweep(cls, order: list[Any], mark: Any) -> None:
        """Carry gradients to the inputs, the last of `order` first; `mark` is one that nothing came back to."""
        raise NotImplementedError

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        """Return (input, share) for each of the wanted inputs: what it gets of the gradient `g` of this node.

        With `on_nodes` the table's rules run on nodes, so that the shares can be differentiated again.
        """
        raise NotImplementedError

    def _pushed(self, moved: Any, *, on_nodes: bool) -> Any:
        """Return how the node moves when its inputs move as `moved` says; None where it stays."""
        raise NotImplementedError

    def _like(self, x: Any) -> Any:
        """Return a number, or an array of the shape of this node, as a leaf to which no gradient comes."""
        raise NotImplementedError

    @classmethod
    def _record(cls, op: Op, *args: Any) -> Any:
        """Compute `op` at `args` and return the result as a new node."""
        raise NotImplementedError

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        """Compute a row of many arguments, nodes and numbers, and return the result as a new node."""
        raise NotImplementedError

    def __setstate__(self, grads: tuple[Any, Any, list[tuple[Any, Any]]]) -> None:
        """Give a copy, and the nodes of its graph, the gradients that are nodes (see copying.py)."""
        _, own, others = grads
        if own is not None:
            self.grad = own
        for node, grad in others:
            node.grad = grad

    # Doors to the rooms above: what a person asks of a node in a REPL or a notebook. They are
    # the only imports that point upwards, and they wait until they are called.

    def draw(self, **options: Any) -> Any:
        """Return the `Drawing` of the graph that ends here; see `microgradnn.draw.draw`."""
        return import_module("microgradnn.draw").draw(self, **options)

    def explain(self, source: Node) -> Any:
        """Return the `Explanation` of ∂self/∂source; see `microgradnn.formulas.explain.explain`."""
        return import_module("microgradnn.formulas.explain").explain(self, source)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show the drawing in a notebook, with `repr` beside it for where there is no picture."""
        bundle: dict[str, str] = self.draw()._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self)}


def topological(root: N, seen: set[N] | None = None) -> list[N]:
    """Return all that `root` depends on, and `root` itself last, each node after its inputs.

    The nodes of a set `seen` are left out, and what only leads to them; all that is returned is added to it.

    Depth first, with a stack of its own, so that a chain of a million nodes is no deeper for
    Python than a chain of one; left inputs come before right ones, so the order is the same
    from run to run. Plain recursion without an order would be wrong, not only shallow: in
    b = a + a, c = b + b the node b must have both its contributions before it passes them on.
    """
    order: list[N] = []
    seen = set() if seen is None else seen
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:  # marker: the inputs of the node below it are all in place
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            x = node._x
            if x is None:
                order.append(node)
                continue
            stack.append(node)
            stack.append(None)
            if type(x) is tuple:
                stack += reversed(node.inputs)
                continue
            if node._y is not None:
                stack.append(node._y)
            stack.append(x)
    return order


def opened(root: Node, mark: Any) -> list[Any]:
    """Return the inner nodes as `topological` does, their states set to `mark`, the leaves' gradients to a number.

    The state says where a node stands, so that no set is needed: `entered`, while its inputs are
    looked at, then `mark`.
    """
    order: list[Any] = []
    groups: set[int] = set()  # the tuples of inputs that were looked at: the neurons of a layer share theirs
    entered = sentinel()
    stack: list[Any] = [root] if root.op else []
    while stack:
        node: Node = stack[-1]
        state = node._state
        if state is entered:
            node._state = mark
            order.append(stack.pop())
        elif state is mark:
            stack.pop()
        else:
            node._state = entered
            first = node._x
            if type(first) is tuple:
                for group in (first,) if node._y is None else (node._y, first):
                    if id(group) not in groups:
                        groups.add(id(group))
                        for one in reversed(group):
                            if one._x is not None:
                                stack.append(one)
                            elif one._state is UNSWEPT:
                                one._g = 0.0
                                one._state = None
                continue
            if node._y is not None:
                y: Node = node._y
                if y._x is None:
                    if y._state is UNSWEPT:
                        y._g = 0.0
                        y._state = None
                elif y._state is not mark:
                    stack.append(y)
            x: Node = first
            if x._x is None:
                if x._state is UNSWEPT:
                    x._g = 0.0
                    x._state = None
            elif x._state is not mark:
                stack.append(x)
    return order
