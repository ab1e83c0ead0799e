"""The computation graph: nodes, operations, their order, the backward sweep.

A node remembers the operation that made it and the nodes it was made from, its *inputs*.
Nothing here knows whether a node holds a float or an array: `Value` and `Tensor` say what
flows back along an edge, this module says in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from ..errors import NoSuchAttribute
from .blocks import GUARDS, OPEN, note_read
from .native import mypyc_attr
from .operators import NodeOperators

if TYPE_CHECKING:
    from .fold import Fold
    from .op import Op

N = TypeVar("N", bound="Node")


class About(NamedTuple):
    """What there is to say of a node beside its numbers."""

    name: str = ""
    scope: str = ""  # the part of the model it belongs to
    kind: str = "input"  # of a leaf: input, parameter or constant
    made_with: Any = None  # of a leaf to which other data were assigned: the first
    grad: Any = None  # a gradient that is a node itself
    written: str | None = None  # the operation as micrograd's users set it
    own: dict[str, Any] | None = None  # attributes of the user's own, where the class is compiled and has no `__dict__`


NOTHING_SAID: Final = About()
CONSTANT: Final = About(kind="constant")
COMPILED: Final = not __file__.endswith(".py")  # by mypyc, see docs/scalar-engine.md


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class Node(NodeOperators):
    """One quantity in the graph, together with how it was computed."""

    # The inputs stand in plain slots, `_x` and `_y`, because a tuple on every node doubles the time
    # that a graph of 100,000 nodes takes to build. Where there are many, `_x` is a tuple, and of a
    # dot product `_y` too: the neurons of a layer share theirs.
    __slots__ = ("_about", "_x", "_y", "op")

    op: Any  # the row of a table that made it; None for a leaf
    _x: Any
    _y: Any
    _about: About  # not there until there is something to say, which saves 15 % of the build

    @property
    def about(self) -> About:
        """Its name, its scope and the like."""
        about: About = getattr(self, "_about", NOTHING_SAID)
        return about

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
        return 0.0

    @grad.setter
    def grad(self, grad: Any) -> None:
        raise NotImplementedError

    @property
    def has_grad(self) -> bool:
        """Whether a backward sweep, or the user, has set `grad` since it was last cleared."""
        return False

    @property
    def wants_grad(self) -> bool:
        """Whether a backward sweep computes its gradient."""
        return True

    @property
    def grad_data(self) -> Any:
        """The gradient as plain data, also where `create_graph` made it a node."""
        return self.grad._held() if isinstance(self.grad, Node) else self.grad

    @property
    def name(self) -> str:
        """What it is called; '' when not said."""
        return self.about.name

    @name.setter
    def name(self, name: str) -> None:
        self.named(name)

    @property
    def scope(self) -> str:
        """The part of the model it belongs to, such as 'layer 1/neuron 2'; '' when not said."""
        return self.about.scope

    @property
    def kind(self) -> str:
        """What the node is to the model: 'input', 'parameter' or 'constant' for a leaf, or 'operation'."""
        return self.about.kind if self.op is None else "operation"

    @property
    def made_with(self) -> Any:
        """The data it had when it was made, if it remembers, whatever has been assigned since."""
        return self.item()

    def item(self) -> Any:
        """Return what the node holds, `data`, for use outside the graph: the number, or a copy of an array."""
        if OPEN:
            note_read(self)
        return self._held()

    def _held(self) -> Any:
        """Return what the node holds, for ourselves: `item()` tells who records a function that it was taken out."""
        raise NotImplementedError

    def named(self, name: str, *, scope: str = "") -> Self:
        """Give the node a name, and the scope it is drawn in, and return it."""
        if not isinstance(name, str):
            raise TypeError(f"a name is a string; got {name!r} ({type(name).__name__})")
        told = self.about
        self._about = About(name, scope or told.scope, told.kind, told.made_with, told.grad, told.written, told.own)
        return self

    def backward(self, seed: Any = 1.0, *, create_graph: bool = False, retain_graph: bool = True) -> None:
        """Add seed · ∂self/∂leaf to the `grad` of every leaf that self depends on.

        Leaves accumulate over calls, so that several losses can share one step. Inner nodes
        start afresh: theirs is the gradient of this sweep alone (course notes, D4 and D5).
        With `create_graph` the gradients are nodes, which can be drawn and differentiated
        again; `microgradnn.grad` and its sisters are the way to do so that leaves no trace. A node
        and a gradient that was computed from it hold each other, until `zero_grad()` on the same
        node as `backward` parts them; compiled, nothing else does.
        A graph is there as long as somebody holds it, so PyTorch's `retain_graph` changes nothing.
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
        if OPEN:
            note_leaves(self)
        self._sweep(seed)

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all that it depends on."""
        for node in topological(self):
            node.grad = None

    def _look_ahead(self) -> None:
        """Refuse a sweep that would go wrong, before it touches a gradient."""

    def _sweep(self, seed: Any) -> None:
        """Carry the gradient `seed` of this node back to its inputs, and on to the leaves."""
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

    def _attribute(self, name: str) -> Any:
        """Return an attribute that was not found, or raise NoSuchAttribute."""
        if name == "_about":  # asked for at every node, and mostly not there
            return NOTHING_SAID  # to raise here and catch it takes twice as long
        own = getattr(self, "_about", NOTHING_SAID).own if COMPILED else None
        if own is not None and name in own:
            return own[name]
        raise NoSuchAttribute(self, name)

    # Doors to the rooms above: what a person asks of a node in a REPL or a notebook. They are
    # the only imports that point upwards, and they wait until they are called.

    def draw(
        self,
        *,
        fold: Any = (),
        unfold: Any = (),
        depth: Any = None,
        focus: Any = None,
        around: Any = None,
        radius: Any = 2,
        top: Any = None,
        constants: Any = True,
        most: Any = None,
        direction: Any = None,
    ) -> Any:
        """Return the `Drawing` of the graph that ends here; what the options do is said at `microgradnn.draw.draw`."""
        options = dict(fold=fold, unfold=unfold, depth=depth, focus=focus, around=around, radius=radius, top=top)
        more = dict(constants=constants, most=most, direction=direction)
        return import_module("microgradnn.draw").draw(self, **options, **more)

    def explain(self, source: Node | str) -> Any:
        """Return the `Explanation` of ∂self/∂source, a node or its name; see `microgradnn.formulas.explain.explain`."""
        return import_module("microgradnn.formulas.explain").explain(self, source)

    def _repr_html_(self) -> str:
        """Show the drawing in a notebook; a terminal does not ask for it."""
        return str(self.draw()._repr_html_())


def note_leaves(root: Node) -> None:
    """Note that numbers are computed, aside from the graph, of all that a node depends on."""
    if GUARDS.get() is not None:
        for node in topological(root):
            if node.op is None:
                note_read(node)


setattr(Node, "__getattr__", Node._attribute)  # noqa: B010 (written as such, mypyc lets no class of a user's inherit)


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
                stack += reversed(x if node._y is None else node.inputs)
                continue
            if node._y is not None:
                stack.append(node._y)
            stack.append(x)
    return order
