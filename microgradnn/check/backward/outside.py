"""Arrays that the user's functions read without being given them: globals, and the variables of closures.

Some are the arrays that were given, read a second time, as W in `loss = lambda out: … + reg * np.sum(W**2)`: they take
the numbers that their copies have. Others are parameters: forward reads W, and backward has a dW.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .source import Rebuilt, all_names, contents
from .structure import Leaf, Token, find_leaves, is_gradient_name, is_object, is_real, plain, walk


@dataclass
class Root:
    """A variable outside of a function, and where it is kept."""

    name: str
    function: FunctionType  # that reads it
    cell: CellType | None  # of a closure; None for a global

    def get(self, rebuilt: Rebuilt | None = None) -> Any:
        """Return what is in it now; of an edited function, in its own globals."""
        if self.cell is not None:
            return contents(self.cell)
        function = self.function if rebuilt is None else rebuilt.of(self.function)
        return function.__globals__.get(self.name)

    def put(self, x: Any) -> None:
        """Put something else into it."""
        if self.cell is not None:
            self.cell.cell_contents = x
        else:
            self.function.__globals__[self.name] = x


def roots_of(functions: Sequence[FunctionType]) -> list[Root]:
    """Return the variables outside of some functions in which there are arrays or numbers."""
    found: dict[str, Root] = {}
    for function in functions:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for name in all_names(function.__code__):
            root = Root(name, function, cells.get(name))
            x = root.get()
            if not name.startswith("__") and (is_real(x) or isinstance(x, (dict, list, tuple)) or is_object(x)):
                found.setdefault(name, root)
    return list(found.values())


def mentions(functions: Sequence[FunctionType]) -> set[str]:
    """Return the names of variables, attributes and keys in some functions."""
    found: set[str] = set()
    for function in functions:
        codes = [function.__code__]
        for code in codes:
            found |= {*code.co_varnames, *code.co_names, *code.co_cellvars}
            found |= {constant for constant in code.co_consts if isinstance(constant, str) and constant.isidentifier()}
            codes += [constant for constant in code.co_consts if hasattr(constant, "co_consts")]
    return found


class Outside:
    """What some functions read from outside: which arrays follow which leaf, and which are leaves of their own."""

    def __init__(self, given: Sequence[Any], names: Sequence[str], owner: Any = None) -> None:
        """Take the inputs, with their names, and the object whose method backward is."""
        self.owner = None if any(x is owner for x in given) else owner
        seen: set[int] = set()
        found = [item for name, part in zip(names, given, strict=True) for item in walk(part, (name,), seen)]
        self.given = [x for _, x in found if is_real(x)]
        self.taken = {plain(str(token)) for tokens, _ in found for token in tokens if isinstance(token, str)}
        self.roots: list[Root] = []
        self.leaves: list[Leaf] = []
        self.live: list[tuple[Array, int]] = []  # an array, and which leaf's numbers it takes
        self.numbers: list[tuple[Root, int]] = []  # likewise a number, which cannot be changed in place

    def find(
        self, forward: Sequence[FunctionType], backward: Sequence[FunctionType], others: Sequence[FunctionType]
    ) -> list[Leaf]:
        """Find the arrays that follow those that were given, and return the parameters that were not."""
        own = {id(x): k for k, x in enumerate(self.given) if isinstance(x, np.ndarray)}
        seen: set[int] = set()
        for root in roots_of([*forward, *backward, *others]):
            for _, x in walk(root.get(), (root.name,), seen):
                if id(x) in own and x.flags.writeable:
                    self.live.append((x, own[id(x)]))
        known, count = mentions(backward), len(self.given)
        for function in backward[:1]:  # dout, which comes in, makes no parameter of a buffer out
            known -= set(function.__code__.co_varnames[: function.__code__.co_argcount])
        for root in roots_of(forward):
            x = root.get()
            if is_object(x) and x is not self.owner:
                continue
            leaves = find_leaves([x], [root.name])
            read = {name for function in forward for name in all_names(function.__code__)}
            if x is self.owner:  # loss = lambda x: net.loss(x), and net.backward
                leaves = [leaf for leaf in leaves if leaf.tokens[1] in read]
            else:
                leaves = [leaf for leaf in leaves if self.is_parameter(leaf.tokens, known)]
            arrays = dict(walk(x, (root.name,), set()))
            for leaf in leaves:
                part = arrays[leaf.tokens]
                if isinstance(part, np.ndarray) and id(part) not in own and part.flags.writeable:
                    self.live.append((part, count + len(self.leaves)))
                elif len(leaf.tokens) == 1 and not isinstance(part, np.ndarray):
                    self.numbers.append((root, count + len(self.leaves)))
                else:
                    continue
                self.leaves.append(leaf)
            if leaves:
                self.roots.append(root)
        return self.leaves

    def is_parameter(self, tokens: Sequence[Token], known: set[str]) -> bool:
        """Whether a name that is known is that of the gradient of an array, dW1 of params['W1'], and none given is."""
        last = next(str(token) for token in reversed(tokens) if isinstance(token, str))
        gradient = any(is_gradient_name(name, last) and plain(name) != plain(last) for name in known)
        return gradient and plain(last) not in self.taken

    def now(self, rebuilt: Rebuilt | None = None) -> dict[tuple[Token, ...], Array]:
        """Return copies of what is in the parameters now."""
        found: dict[tuple[Token, ...], Array] = {}
        for root in self.roots:
            found |= {t: np.array(x) for t, x in walk(root.get(rebuilt), (root.name,), set()) if is_real(x)}
        return found

    @contextmanager
    def at(self, arrays: Sequence[Array] | None) -> Iterator[None]:
        """Let all of them have the numbers of these leaves; afterwards they are what they were."""
        if not self.live and not self.numbers:
            yield
            return
        if arrays is not None and any(np.iscomplexobj(arrays[k]) for _, k in self.live):
            raise TypeError("no complex step: the arrays are the user's own")
        kept, bound = [x.copy() for x, _ in self.live], [(root, root.get()) for root in self.roots]
        attributes = dict(vars(self.owner)) if self.owner is not None else {}
        try:
            if arrays is not None:
                for x, k in self.live:
                    x[...] = arrays[k]
                for root, k in self.numbers:
                    root.put(arrays[k][()] if np.iscomplexobj(arrays[k]) else float(arrays[k]))
            yield
        finally:
            if attributes:
                vars(self.owner).clear()
                vars(self.owner).update(attributes)
            for root, old in bound:
                root.put(old)
            for (x, _), before in zip(self.live, kept, strict=True):
                x[...] = before
