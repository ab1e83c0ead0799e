"""Functions that are recorded once and then replayed, with their branches guarded.

A Python `if x > 0` runs while the graph is built, and a replay does not see it. So every comparison
of Values that is made then is a *guard*: before a replay it is made again with the new inputs,
and where it comes out otherwise the function is recorded anew, or an error is raised.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from math import isclose
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from ..engine.tensor import Tensor, leaf
from ..engine.value import Value
from ..errors import GuardError
from ..formulas.carried import functions_of
from ..formulas.listing import Listing, Style, module_source, number
from ..formulas.terms import Book, Term
from ..graph import Node, topological
from ..graph.decisions import guards
from ..graph.structure import arguments, flatten, unflatten
from .backends import Backend
from .backends import compile as compile_program
from .program import Program, Result, loaded

OnChange = Literal["record", "raise"]
CHECKED = 2  # replays of each recording that are held against the function itself


class Recording(NamedTuple):
    """One way through the function: its program, what has to hold for it, and the leaves that are no arguments."""

    program: Program
    holds: Callable[..., bool]
    outer: dict[str, Any]
    source: str  # of the guards


class Compiled:
    """A function with its recordings; made by `compiled`."""

    def __init__(self, function: Callable[..., Any], backend: Backend, on_change: OnChange) -> None:
        self.function = function
        self.backend = backend
        self.on_change = on_change
        self.recordings: list[Recording] = []
        self.unchecked = 0
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        """Return the value at numbers, or at structures of them; at Tensors, of arrays."""
        recording, inputs = self.recorded(args)
        value = recording.program.value(**inputs)
        self.check(args, value)
        return value

    def value_and_gradients(self, *args: Any) -> Result:
        """Return the value, and the gradients by name: of the arguments, and of parameters that the function uses."""
        recording, inputs = self.recorded(args)
        result = recording.program(**inputs)
        self.check(args, result.value)
        return result

    @property
    def source(self) -> str:
        """The code of all recordings so far, each with its guards."""
        parts = [part for one in self.recordings for part in (one.source, one.program.source)]
        return "\n\n".join(part for part in parts if part)

    def recorded(self, args: Sequence[Any]) -> tuple[Recording, dict[str, Any]]:
        """Return the recording that suits these arguments, a new one where there is none, and its inputs."""
        names = places(self.function, args)
        given = dict(zip(names, map(plain, flatten(list(args))), strict=True))
        for recording in self.recordings:
            inputs = given | {name: node.item() for name, node in recording.outer.items()}
            if recording.program.accepts(inputs) and holds(recording, inputs):
                return recording, inputs
        if self.recordings and self.on_change == "raise":
            raise GuardError(
                f"{self.function.__name__} was recorded for another branch, and these inputs do not take it; record "
                "both with on_change='record', or write where, maximum or relu for the branch\n" + self.source
            )
        recording = self.record(args, names)
        self.recordings.append(recording)
        self.unchecked = CHECKED
        return recording, given | {name: node.item() for name, node in recording.outer.items()}

    def record(self, args: Sequence[Any], names: Sequence[str]) -> Recording:
        """Run the function on nodes, and write down what it does."""
        leaves = [leaf_like(x, name) for x, name in zip(flatten(list(args)), names, strict=True)]
        with guards() as noted:
            output = self.function(*unflatten(list(args), leaves))
        if not isinstance(output, Node):
            output = Value(output, kind="constant") + 0.0
        order = topological(output)
        conditions = [*noted]
        met = [x for node in order for x in node.inputs] + [x for pair in conditions for x in ancestors(pair)]
        outer = {x: None for x in met if x.op is None and x not in leaves and not (x.kind == "constant" and not x.name)}
        taken, renamed = set(names), {}
        for i, x in enumerate(outer):
            name = x.name if x.name.isidentifier() and x.name not in taken else f"outer{i + 1}"
            taken.add(name)
            renamed[x] = (name, x.name)
            x.name = name
        try:
            wanted = [x for x in (*leaves, *outer) if x in order and (x in leaves or x.kind == "parameter")]
            program = compile_program(output, wanted, inputs=[*leaves, *outer], backend=self.backend)
            style: Style = "numpy" if self.backend == "numpy" else "python"
            source, own = guard_source([*leaves, *outer], conditions, style)
        finally:
            for x, (_, name) in renamed.items():
                x.name = name
        return Recording(program, loaded(source, "holds", own), {renamed[x][0]: x for x in outer}, source)

    def check(self, args: Sequence[Any], value: Any) -> None:
        """Hold the first replays against the function itself: a branch on `x.data` has no guard."""
        if not self.unchecked:
            return
        self.unchecked -= 1
        want = self.function(*unflatten(list(args), [leaf_like(x, "") for x in flatten(list(args))]))
        want = want.item() if isinstance(want, Node) else want
        if not (isclose(value, want, rel_tol=1e-6, abs_tol=1e-9) or (value != value and want != want)):
            raise GuardError(
                f"{self.function.__name__} gives {want!r}, and its recording {value!r}: it depends on its inputs in a "
                "way that was not recorded, such as a branch on x.data, a random number, or a variable that changes"
            )


@overload
def compiled(function: Callable[..., Any]) -> Compiled: ...


@overload
def compiled(
    *, backend: Backend = "numpy", on_change: OnChange = "record"
) -> Callable[[Callable[..., Any]], Compiled]: ...


def compiled(
    function: Callable[..., Any] | None = None, *, backend: Backend = "numpy", on_change: OnChange = "record"
) -> Any:
    """Return a function of Values, or of Tensors, that is recorded when it is called and replayed after that.

    Use it as a decorator. The arguments are numbers, or lists, tuples, dicts and arrays of them, or
    Tensors. Where a comparison made by the function comes out otherwise than when it was recorded, it is
    recorded again, and both recordings are kept; with `on_change='raise'` that is a GuardError.

    >>> @compiled
    ... def loss(x):
    ...     return x**2 if x > 0 else -x
    >>> loss(3.0), loss(2.0), loss(-5.0), len(loss.recordings)
    (9.0, 4.0, 5.0, 2)
    >>> loss.value_and_gradients(4.0)
    Result(value=16.0, gradients={'x': 8.0})
    """
    if on_change not in ("record", "raise"):
        raise ValueError(f"unknown on_change {on_change!r} (choose from record, raise)")
    if function is None:
        return lambda inner: Compiled(inner, backend, on_change)
    return Compiled(function, backend, on_change)


def holds(recording: Recording, inputs: dict[str, Any]) -> bool:
    """Whether all comparisons come out as they did; not where one cannot even be made."""
    try:
        return recording.holds(**inputs)
    except (ArithmeticError, ValueError):
        return False


def places(function: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """Name the numbers in the arguments after the parameters of the function: x, w_0, p_b."""
    parameters = arguments(function)
    names = [parameters[i] if i < len(parameters) else f"x{i + 1}" for i in range(len(args))]
    return [name for prefix, part in zip(names, args, strict=True) for name in within(part, prefix)]


def within(structure: Any, prefix: str) -> list[str]:
    """Name the numbers in a structure, in the order of `flatten`."""
    if isinstance(structure, dict):
        return [name for key, part in structure.items() for name in within(part, f"{prefix}_{key}")]
    if isinstance(structure, np.ndarray):
        return ["_".join([prefix, *map(str, index)]) for index in np.ndindex(structure.shape)]
    if isinstance(structure, (list, tuple)):
        return [name for i, part in enumerate(structure) for name in within(part, f"{prefix}_{i}")]
    return [prefix]


def plain(x: Any) -> Any:
    """Return the numbers of an argument."""
    return x.numpy() if isinstance(x, Tensor) else x.item() if isinstance(x, Node) else x


def leaf_like(x: Any, name: str) -> Any:
    """Return a new leaf for an argument."""
    if isinstance(x, Tensor):
        twin = leaf(x.numpy(), "input")
        return twin.named(name) if name else twin
    return Value(x.item() if isinstance(x, Node) else x, name)


def ancestors(condition: tuple[Any, str, Any, bool]) -> list[Any]:
    """Return all that a comparison depends on."""
    return [x for side in (condition[0], condition[2]) if isinstance(side, Node) for x in topological(side)]


def guard_source(
    leaves: Sequence[Any], conditions: Sequence[tuple[Any, str, Any, bool]], style: Style
) -> tuple[str, dict[str, Any]]:
    """Return the function that says whether all comparisons come out as they were noted, in their order.

    With it come the operations of the user's own that it calls.
    """
    book = Book()
    terms: dict[Any, Term] = {leaf: book.variable(leaf.name, getattr(leaf, "shape", ())) for leaf in leaves}
    pairs: list[tuple[Term, str, Term | None, Any, bool]] = []
    for left, operator, right, outcome in conditions:
        for side in (left, right):
            for node in topological(side) if isinstance(side, Node) else []:
                if node not in terms:
                    inputs = tuple([terms[x] for x in node.inputs])
                    terms[node] = book.make(node.op, inputs) if node.op else book.constant(node.item())
        pairs.append((terms[left], operator, terms[right] if isinstance(right, Node) else None, right, outcome))
    roots = [term for left, _, right, _, _ in pairs for term in (left, right) if term is not None]
    listing = Listing({}, style, roots)
    body: list[str] = []
    for left, operator, right_term, right, outcome in pairs:
        lines: list[Any] = []
        for term in (left, right_term):
            if term is not None:
                listing.written(term, lines)
        second = listing.reference(right_term) if right_term is not None else number(float(right), style)
        condition = f"{listing.reference(left)} {operator} {second}"
        body += [*map(str, lines), f"if not {condition}:" if outcome else f"if {condition}:", "    return False"]
    own = functions_of(listing.helpers.values())
    return module_source("holds", [leaf.name for leaf in leaves], [*body, "return True"], listing.helpers, style), own
