"""What code that was written for micrograd does with a Value beside computing: names, constructor, steps by hand.

`label`, `_prev`, `_op` and `_backward` are other names for what a node has, and can be set. Attributes of the user's
own, such as the moments of an optimiser, belong to a node too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from ..graph import About
from ..graph.blocks import OPEN
from ..graph.native import mypyc_attr
from .by_hand import NAMELESS, WAITING, ByHand, by_hand, does_nothing
from .misspelt import MISSPELT, warn_of
from .modes import RECORDING
from .recording import NONE, Recorded

WRITTEN_AS: Final = {"relu": "ReLU"}  # micrograd's names of operations, where they are not ours


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class MicrogradNames(Recorded):
    """What Value inherits: micrograd's names for what a node has."""

    __slots__ = ()

    def _tell(self, name: Any, op: str, label: str, children: Iterable[Any], kind: str) -> None:
        """Set what there is to say of a leaf beside its number."""
        if type(name) is tuple:
            name, children = "", name
        elif not isinstance(name, str):
            if not isinstance(name, (tuple, list, set, frozenset)):
                self.named(name)  # which complains
            name, children = "", name
        if not isinstance(op, str):
            raise TypeError(
                f"_op, the name of the operation, is a string; got {op!r:.60}; set _backward for its slopes"
            )
        if name or label:
            self._about = About(name or str(label), "", kind)
        if children:
            self._set_by_hand(self._check_children(children), WAITING, op)
        elif op:
            self._op = op

    @property
    def label(self) -> str:
        """What it is called: its name."""
        return self.name

    @label.setter
    def label(self, label: Any) -> None:
        self.named("" if label is None else str(label))

    @property
    def _prev(self) -> Any:
        if self._x is None or type(self._x) is tuple:
            return set(self.inputs)
        return {self._x} if self._y is None else {self._x, self._y}

    @_prev.setter
    def _prev(self, children: Iterable[Any]) -> None:
        inputs = self._check_children(children)
        by_hand_already = self._is_by_hand()
        if self.op is not None and not by_hand_already and {*inputs} != {*self.inputs}:
            raise ValueError(f"the inputs of {self!r} are what it was computed from: a Value of others is made anew")
        if by_hand_already or (inputs and self.op is None):
            self._set_by_hand(inputs, self._slopes if by_hand_already else WAITING, self._op)

    @property
    def _op(self) -> str:
        if self._is_by_hand():
            return "" if self.op.name == NAMELESS else str(self.op.name)
        if self.about.written is not None:
            return str(self.about.written)
        if self.op is None:
            return ""
        symbol: str = self.op.symbol
        return WRITTEN_AS.get(symbol, symbol) + "".join(f"{x:g}" for x in self.op.held)

    @_op.setter
    def _op(self, op: Any) -> None:
        if self._is_by_hand():
            self.op = by_hand(str(op) or NAMELESS)
            return
        self._about = self.about._replace(written=str(op))

    @property
    def _backward(self) -> Callable[[], object]:
        if not self._is_by_hand():
            return self._push
        step: ByHand = self._slopes[0]
        return step.of(self)

    @_backward.setter
    def _backward(self, backward: Callable[[], object]) -> None:
        if self._is_by_hand():
            self._slopes = (ByHand(backward, self, self._slopes[0].before),)
        elif self._x is not None or not does_nothing(backward):  # a leaf that has nothing to pass on is one still
            before = (self.inputs, self._partials())  # for a step that does what was there, and more
            self._set_by_hand(tuple(dict.fromkeys(self.inputs)), (ByHand(backward, self, before),), self._op)

    def _push(self) -> None:
        """Add the gradient, times the local derivatives, to those of the inputs: one step of the sweep."""
        g = self._g if self._swept > NONE else self.grad_data
        if not g or self._x is None:
            return
        if type(self._x) is tuple:
            inputs, partials = self._slopes[0].before if self._is_by_hand() else (self.inputs, self._partials())
            for x, partial in zip(inputs, partials, strict=True):
                x._take(g, partial)
            return
        first: MicrogradNames = self._x
        first._take(g, self._dx)
        if self._y is not None:
            second: MicrogradNames = self._y
            second._take(g, self._dy)

    def _take(self, g: float, partial: float) -> None:
        if not partial:
            return
        if self._swept > NONE:
            self._g += g * partial
        else:
            self.grad += g * partial

    def __dir__(self) -> Any:
        return [name for name in object.__dir__(self) if name not in MISSPELT]

    def _set_attribute(self, name: str, x: Any) -> None:
        """Set an attribute; where the class is compiled, and has no `__dict__`, one of the user's own too."""
        if hasattr(type(self), name):
            object.__setattr__(self, name, x)
            return
        if name in MISSPELT:
            warn_of(name, MISSPELT[name])
        if (own := self.about.own) is None:
            own = {}
            self._about = self.about._replace(own=own)
        own[name] = x

    def _check_children(self, given: Iterable[Any]) -> tuple[Any, ...]:
        """Return the inputs that a node is given, each once; TypeError where one is no Value."""
        children = tuple(given)
        for x in children:
            if not isinstance(x, MicrogradNames):
                raise TypeError(f"the inputs of a Value are Values; got {x!r} ({type(x).__name__})")
        if len(children) == 1 or (len(children) == 2 and children[0] is not children[1]):  # mostly, and quicker
            return children
        return tuple(dict.fromkeys(children))

    def _set_by_hand(self, inputs: tuple[Any, ...], slopes: tuple[ByHand], op: str) -> None:
        """Let a function of the user's be the backward step."""
        if not OPEN or RECORDING.get():
            self._slopes = slopes
            self._x, self._y, self.op = inputs, None, by_hand(str(op or NAMELESS))
