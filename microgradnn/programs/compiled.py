"""Functions that are recorded once and then replayed, with their branches guarded.

A Python `if x > 0` runs while the graph is built, and a replay does not see it. So every comparison of Values that is
made then is a *guard*: before a replay it is made again with the new inputs, and where it comes out otherwise the
function is recorded anew, or an error is raised. So is every operation that has no real value everywhere, which `try`
would see. What was detached, or computed without recording, is computed by the guards and handed to the program.
Where a number of an argument is taken out of the graph (`x.data`, `.item()`), nothing tells what is done with it:
such a run is not replayed.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from math import isclose
from typing import Any, Literal, overload

import numpy as np

from ..engine.derivatives import INSIDE
from ..errors import GuardError
from ..graph import Node, topological
from ..graph.blocks import GUARDS
from ..graph.structure import flatten, unflatten
from .backends import BACKENDS, Backend
from .backends import compile as compile_program
from .program import Program, Result, load_function
from .recording import detach, key, leaf_like, numbers_of, places, record_call, same

OnChange = Literal["record", "raise"]
CHECKED = 2  # replays of each recording, at points of their own, that are held against the function itself; then
# the 4th, the 8th and so on, so that one in a thousand calls costs more, and what was not seen at first is found out
HELD_BY_US = 3  # references to a constant that nobody else has: our list, a variable, and the call that counts them


class Recording:
    """One way through the function: its program, what has to hold for it, and the leaves that are no arguments."""

    def __init__(
        self, program: Program, source: str, limit_source: str, names: Sequence[str], outer: Sequence[Any]
    ) -> None:
        self.program = program
        self.source = source  # of the guards
        self.holds = load_function(source, "holds")
        self.limit_source = limit_source  # the same in NumPy, for where Python's own arithmetic raises
        self.names = names  # of the program's inputs, as they are called outside of it
        self.outer = outer
        self.constants: list[tuple[Any, Any]] = []  # that somebody else has too, and what they held
        self.points: set[Any] = set()  # at which the function itself has been asked
        self.replays = 0

    def inputs(self, given: Sequence[Any], outer: Sequence[Any]) -> list[Any] | None:
        """Return the program's inputs, what the guards compute among them; None where they do not hold."""
        try:
            with np.errstate(all="ignore"):
                try:
                    found = self.holds(*given, *outer)
                except (ArithmeticError, ValueError):
                    found = self.holds_at_limit(*[np.asarray(x, float)[()] for x in (*given, *outer)])
            inputs = [*given, *outer, *(found if found is not True else ())] if found is not False else None
            if inputs is not None:
                self.program.resolve_inputs(inputs, {})
        except (ArithmeticError, ValueError, TypeError):
            return None
        return inputs

    @functools.cached_property
    def holds_at_limit(self) -> Callable[..., Any]:
        """The guards in NumPy, where a pole is ∞."""
        return load_function(self.limit_source, "holds")

    def is_current(self) -> bool:
        """Whether the constants that it was recorded with are what they were."""
        return all(same(numbers_of(x), held) for x, held in self.constants)


class Compiled:
    """A function with its recordings; made by `compiled`."""

    def __init__(self, function: Callable[..., Any], backend: Backend, on_change: OnChange) -> None:
        self.function = function
        self.backend = backend
        self.on_change = on_change
        self.recordings: list[Recording] = []
        self.changing: list[Any] = []  # constants from outside that have changed once: inputs from then on
        self.reads = False  # whether a run has taken numbers of its arguments out of the graph
        functools.update_wrapper(self, function, updated=())  # attributes of the function are its own

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Return the value at numbers, or at structures of them; at Values and Tensors, as a node."""
        args = self.in_order(args, named)
        nodes = [x for x in flatten(list(args)) if isinstance(x, Node)]
        if nodes and GUARDS.get() is not None:  # a function around this one is recorded, and has to see the branches
            return self.function(*args)
        found = self.find(args)
        if found is None and self.reads:
            return self.run_function(args, nodes)
        recording, inputs = found or self.record_anew(args)
        value = recording.program.value(*inputs)
        if np.isnan(value).any():  # the function may raise here, or catch what it raises
            return self.run_function(args, nodes)
        self.check(recording, inputs, args, value)
        if not nodes:
            return value
        given = flatten(list(args))
        value = recording.program.value(*given, *recording.outer, *inputs[len(given) + len(recording.outer) :])
        return value if isinstance(value, Node) else nodes[0]._like(value)

    def in_order(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Return arguments, some given by their names, as they stand; TypeError for those that have no place."""
        if not named:
            return args
        bound = inspect.signature(self.function).bind(*args, **named)
        if bound.kwargs:
            raise TypeError(f"a compiled function takes its arguments in order; got {', '.join(bound.kwargs)} by name")
        return bound.args

    def value_and_gradients(self, *args: Any, **named: Any) -> Result:
        """Return the value, and the gradients by name: of the arguments, and of parameters that the function uses.

        All are numbers and arrays. Raises TypeError where they would leave a graph: at nodes that were computed, and
        while a function around this one is differentiated or recorded.
        """
        args = self.in_order(args, named)
        given = [x for x in flatten(list(args)) if isinstance(x, Node)]
        if given and (GUARDS.get() is not None or INSIDE.get() or any(x.op is not None for x in given)):
            raise TypeError(
                f"{self.function.__name__}.value_and_gradients gives numbers, which would leave the graph, and their "
                "gradients be lost: call the function itself, which gives a node, or use microgradnn.value_and_grad"
            )
        recording, inputs = self.find(args) or self.record_anew(args)
        value, gradients = recording.program(*inputs)
        self.check(recording, inputs, args, value)
        names = dict(zip(recording.program.inputs, recording.names, strict=False))
        return Result(value, {names[name]: gradient for name, gradient in gradients.items()})

    @property
    def source(self) -> str:
        """The code of all recordings so far, each with its guards."""
        parts = [part for one in self.recordings for part in (one.source, one.program.source)]
        return "\n\n".join(part for part in parts if part)

    def find(self, args: Sequence[Any]) -> tuple[Recording, list[Any]] | None:
        """Return the recording that suits these arguments, and its inputs; None where there is none."""
        given = [*map(numbers_of, flatten(list(args)))]
        for recording in [*self.recordings]:
            if not recording.is_current():
                self.recordings.remove(recording)
                self.changing += [x for x, held in recording.constants if not same(numbers_of(x), held)]
                continue
            inputs = recording.inputs(given, [*map(numbers_of, recording.outer)])
            if inputs is not None:
                return recording, inputs
        return None

    def record_anew(self, args: Sequence[Any]) -> tuple[Recording, list[Any]]:
        """Return a new recording for these arguments, and its inputs; it is kept for others, unless it read numbers."""
        if self.recordings and self.on_change == "raise":
            raise GuardError(
                f"{self.function.__name__} was recorded for another branch, and these inputs do not take it; record "
                "both with on_change='record', or write where, maximum or relu for the branch\n" + self.source
            )
        recording, constants, replayed = self.record(args)
        recording.constants += [(x, numbers_of(x)) for x in constants if sys.getrefcount(x) > HELD_BY_US]
        inputs = recording.inputs([*map(numbers_of, flatten(list(args)))], [*map(numbers_of, recording.outer)])
        if inputs is None:
            raise GuardError(f"the guards of {self.function.__name__} do not hold where it was recorded\n{self.source}")
        recording.points.add(key(inputs))
        if replayed:
            self.recordings.append(recording)
        return recording, inputs

    def record(self, args: Sequence[Any]) -> tuple[Recording, list[Any], bool]:
        """Run the function on nodes, and write down what it does.

        Returns with it the constants that it used, and whether it may be replayed.
        """
        names = places(self.function, args)
        leaves = [leaf_like(x, name) for x, name in zip(flatten(list(args)), names, strict=True)]
        run = record_call(self.function, unflatten(list(args), leaves), leaves, self.changing)
        if isinstance(run.result, (list, tuple, dict, np.ndarray)):
            raise TypeError(
                f"{self.function.__name__} returned a {type(run.result).__name__}, and what is recorded returns one "
                "Value or Tensor; microgradnn.compile(f, *examples) takes functions that return more"
            )
        (output,) = run.outputs
        with run.renamed(names) as own:
            order = {*topological(output)}
            wanted = [x for x in (*leaves, *run.outer) if x in order and (x in leaves or x.kind == "parameter")]
            program = compile_program(output, wanted, inputs=run.inputs, backend=self.backend)
        recording = Recording(program, *run.guards(program.inputs, self.backend), own, run.outer)
        read = run.read
        recording.constants = [(x, numbers_of(x)) for x in read if x not in leaves]
        replayed = not any(x in leaves for x in read)
        if not replayed:
            self.warn_of_reads()
        return recording, run.constants, replayed

    def warn_of_reads(self) -> None:
        """Say once that the function is not replayed, or, where no new recording is wanted, that it can not be."""
        what = (
            f"{self.function.__name__} takes numbers of its arguments out of the graph (.data, .item(), text, a "
            "gradient), and what it does with them is not recorded"
        )
        if self.on_change == "raise":
            raise GuardError(f"{what}; write x > 0, x.detach(), where, maximum or relu")
        if not self.reads:
            self.reads = True
            warnings.warn(f"{what}: it is run as it is written, and not replayed", UserWarning, stacklevel=5)

    def run_function(self, args: Sequence[Any], nodes: Sequence[Any]) -> Any:
        """Return what the function itself gives."""
        if nodes:
            return self.function(*args)
        found = self.function(*unflatten(list(args), [leaf_like(x, "") for x in flatten(list(args))]))
        return found.item() if isinstance(found, Node) else found

    def check(self, recording: Recording, inputs: Sequence[Any], args: Sequence[Any], value: Any) -> None:
        """Hold the first replays against the function itself: a branch on `x.data` has no guard."""
        recording.replays += 1
        if len(recording.points) > CHECKED and recording.replays & (recording.replays - 1):
            return
        point = key(inputs)
        if point in recording.points:
            return
        recording.points.add(point)
        want = self.run_function([*map(detach, args)], ())
        if not (isclose(value, want, rel_tol=1e-6, abs_tol=1e-9) or (value != value and want != want)):
            self.recordings.remove(recording)
            raise GuardError(
                f"{self.function.__name__} gives {want!r}, and its recording {value!r}: it depends on its inputs in a "
                "way that was not recorded, such as a random number, or a variable that changes"
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
    if function is not None and not callable(function):
        what = f"compiled takes a function of Values or Tensors; got {function!r:.60} ({type(function).__name__})"
        raise TypeError(f"{what}; a graph that is there is made a program by microgradnn.compile(J)")
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r} (choose from {', '.join(BACKENDS)})")
    if on_change not in ("record", "raise"):
        raise ValueError(f"unknown on_change {on_change!r} (choose from record, raise)")
    if function is None:
        return lambda inner: Compiled(inner, backend, on_change)
    return Compiled(function, backend, on_change)
