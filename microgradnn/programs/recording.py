"""One run of a function on nodes, written down: what it returned, took from outside, and decided on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..engine.modes import RECORDING, switch
from ..engine.tensor import Tensor, leaf
from ..engine.value import Value, note_reads
from ..formulas.names import identifier
from ..formulas.spelling import SMALL, Style
from ..graph import Node, topological
from ..graph.blocks import guards
from ..graph.structure import arguments, flatten, unflatten
from .guards import guard_source


class RecordedCall(NamedTuple):
    """A run of a function: the leaves of its arguments, what it returned, and all that it met."""

    result: Any  # as it was returned
    outputs: list[Any]  # the nodes in it
    leaves: list[Any]
    outer: list[Any]  # leaves from outside that are read at every call
    detached: list[Any]  # constants that hold what a node is worth
    constants: list[Any]  # the other leaves: numbers in the formula
    noted: list[Any]

    @property
    def inputs(self) -> list[Any]:
        """All that is no number in the formula."""
        return [*self.leaves, *self.outer, *self.detached]

    @property
    def read(self) -> list[Any]:
        """The leaves that numbers depend on which were taken out of the graph, also by way of what was detached."""
        origins = {left: right for left, how, right, _ in self.noted if how == "is"}
        roots, seen = [node for node, how, *_ in self.noted if how == "read"], set[Any]()
        leaves = []
        for root in roots:  # which grows meanwhile
            for x in topological(root, seen):
                if x in origins:
                    roots.append(origins[x])
                elif x.op is None:
                    leaves.append(x)
        return leaves

    @contextmanager
    def renamed(self, names: Sequence[str]) -> Iterator[list[str]]:
        """Give the inputs names that are all different, for the length of a block: the leaves these."""
        own, before = [*names], [(x, x.name) for x in self.inputs]
        for i, x in enumerate(self.inputs[len(self.leaves) :], 1):
            own.append(x.name if x.name.isidentifier() and x.name not in own else unique(f"outer{i}", own))
        try:
            for x, name in zip(self.inputs, own, strict=True):
                x.name = name
            yield own
        finally:
            for x, name in before:
                x.name = name

    def guards(self, names: Sequence[str], style: str) -> tuple[str, str]:
        """Return what has to hold for it, as source in a style, and in NumPy for where Python's arithmetic raises."""
        about = dict(zip(self.inputs, names, strict=True)), self.detached, self.noted
        own: Style = "numpy" if style == "numpy" else "python"
        return guard_source(*about, own), guard_source(*about, "numpy")


def record_call(
    function: Callable[..., Any], args: Sequence[Any], leaves: Sequence[Any], changing: Sequence[Any] = ()
) -> RecordedCall:
    """Run a function on nodes, of which `leaves` are its arguments, and write down what it does.

    What it returns that is no node is a constant. Leaves from outside are read at every call if they are no constants,
    have a name, are among `changing`, or are arrays too large to be written out.
    """
    note_reads()
    with switch(RECORDING, True), guards() as noted:
        result = function(*args)
        outputs = [as_output(x, leaves) for x in flatten(result)]
    seen: set[Any] = set()
    met = dict.fromkeys(
        [x for root in (*outputs, *(x for one in noted for x in sides(one))) for x in topological(root, seen)]
    )
    detached = [x for x, how, _, _ in noted if how == "is" and x in met]
    others = [x for x in met if x.op is None and x not in {*leaves, *detached}]
    outer = [
        x
        for x in others
        if x.kind != "constant" or x.name or any(x is one for one in changing) or getattr(x, "size", 1) > SMALL
    ]
    return RecordedCall(result, outputs, [*leaves], outer, detached, [x for x in others if x not in outer], noted)


def as_output(x: Any, leaves: Sequence[Any]) -> Any:
    """Return what a function returned as a node that is computed."""
    if not isinstance(x, Node):
        return (Tensor if any(isinstance(one, Tensor) for one in leaves) else Value)(x, kind="constant") + 0.0
    return x + 0.0 if x.op is None and x not in leaves else x


def places(function: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """Name the numbers in the arguments after the parameters of the function: x, w_0, p_b; each name once."""
    parameters = arguments(function)
    names = [parameters[i] if i < len(parameters) else f"x{i + 1}" for i in range(len(args))]
    found: list[str] = []
    for prefix, part in zip(names, args, strict=True):
        for name in within(part, prefix):
            found.append(unique(identifier(name) or "x", found))
    return found


def unique(name: str, taken: Sequence[str]) -> str:
    """Return a name, with a number where it is taken."""
    candidate, i = name, 2
    while candidate in taken:
        candidate, i = f"{name}_{i}", i + 1
    return candidate


def within(structure: Any, prefix: str) -> list[str]:
    """Name the numbers in a structure, in the order of `flatten`."""
    if isinstance(structure, dict):
        return [name for key, part in structure.items() for name in within(part, f"{prefix}_{key}")]
    if isinstance(structure, np.ndarray):
        return ["_".join([prefix, *map(str, index)]) for index in np.ndindex(structure.shape)]
    if isinstance(structure, (list, tuple)):
        return [name for i, part in enumerate(structure) for name in within(part, f"{prefix}_{i}")]
    return [prefix]


def numbers_of(x: Any) -> Any:
    """Return the numbers of an argument."""
    return x.numpy() if isinstance(x, Tensor) else float(x.item()) if isinstance(x, Node) else x


def same(x: Any, held: Any) -> bool:
    """Whether data are what they were, a NaN being the same as itself."""
    return bool(np.array_equal(x, held, equal_nan=True)) if isinstance(x, np.ndarray) else x == held or x != x


def key(inputs: Sequence[Any]) -> Any:
    """Return inputs as what can be looked up."""
    return tuple([x.tobytes() if isinstance(x, np.ndarray) else float(x) for x in inputs])


def leaf_like(x: Any, name: str) -> Any:
    """Return a new leaf for an argument."""
    if isinstance(x, Tensor):
        twin = leaf(x.numpy(), "input")
        return twin.named(name) if name else twin
    return Value(x.item() if isinstance(x, Node) else x, name)


def detach(x: Any) -> Any:
    """Return an argument, or a structure, with other leaves of the same numbers."""
    return unflatten(x, [leaf_like(one, "") for one in flatten(x)])


def sides(condition: tuple[Any, str, Any, bool]) -> list[Any]:
    """Return the nodes that a condition is about."""
    left, _, right, _ = condition
    return [x for x in (left, *(right if isinstance(right, tuple) else [right])) if isinstance(x, Node)]
