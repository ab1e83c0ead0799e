"""A derivation as a callable: the printed source is what runs.

The inputs of a replay are new numbers; no graph is built. A scalar graph takes arrays for some of
its inputs as well, and is then computed for all their examples at once.
"""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np

from .derive import Derivation, derive
from .errors import ShapeError
from .graph import Node
from .terms import Dim

Backend = Literal["numpy", "python"]
BACKENDS = ("numpy", "python")
Reduction = Literal["sum", "mean"]

NUMBER = count(1)


class Result(NamedTuple):
    """What a program gives: the value, and the gradients by the names of the inputs."""

    value: Any
    gradients: dict[str, Any]


class Program:
    """The computation of one number and of its gradients, ready to be repeated with other inputs.

    Call it with inputs by name, or in the order of `inputs`; one that is not given keeps the number it
    had when the graph was taken down. `source` is the whole of what runs.
    """

    def __init__(self, derivation: Derivation, *, reduce: Reduction = "sum") -> None:
        self.derivation = derivation
        self.reduce = reduce
        self.function = loaded(derivation.source, "value_and_gradients")
        self.forward = loaded(derivation.value_source, "value")

    @property
    def source(self) -> str:
        """The code that runs: complete, importable Python."""
        return self.derivation.source

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return self.derivation.inputs

    @property
    def wrt(self) -> tuple[str, ...]:
        """The names of the inputs by which it is differentiated."""
        return self.derivation.wrt

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients.

        Raises ShapeError where an array has another shape than its input, but for the number of
        examples; TypeError for a name that is no input.
        """
        given = self.given(args, named)
        with np.errstate(all="ignore"):
            value, gradients = self.function(**given)
        if not self.derivation.arrays:
            gradients = [self.reduced(g, given[name], value) for name, g in zip(self.wrt, gradients, strict=True)]
        return Result(number(value), dict(zip(self.wrt, map(number, gradients), strict=True)))

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone; the backward pass is not computed."""
        with np.errstate(all="ignore"):
            return number(self.forward(**self.given(args, named)))

    def gradient(self, *args: Any, **named: Any) -> dict[str, Any]:
        """Return the gradients alone."""
        return self(*args, **named).gradients

    def given(self, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs by name, those that were not given as they were, each of the shape that it has to be."""
        if len(args) > len(self.inputs):
            raise TypeError(f"the program has {len(self.inputs)} inputs, {', '.join(self.inputs)}; got {len(args)}")
        given = dict(self.derivation.defaults)
        given.update(zip(self.inputs, args, strict=False))
        for name, x in named.items():
            if name not in self.inputs:
                raise TypeError(f"{name!r} is no input of the program (choose from {', '.join(self.inputs)})")
            given[name] = x
        given = {name: x.item() if isinstance(x, Node) else x for name, x in given.items()}
        if self.derivation.arrays:
            return self.shaped(given)
        return {name: checked_number(name, x) for name, x in given.items()}

    def shaped(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return arrays; ShapeError where a shape does not fit, lengths that have a name being free."""
        lengths: dict[str, tuple[int, str]] = {}
        result = {}
        for name, x in given.items():
            wanted = self.derivation.shapes[name]
            array = np.asarray(x, None if getattr(x, "dtype", None) in (np.float32, np.float64) else np.float64)
            if not wanted and array.shape == ():
                result[name] = array
                continue
            if array.size == 1 and all(n == 1 for n in wanted):
                array = array.reshape(tuple(wanted))
            fits = len(array.shape) == len(wanted)
            for n, length in zip(array.shape, wanted, strict=False):
                if isinstance(length, Dim):
                    first, other = lengths.setdefault(length.name, (n, name))
                    if n != first:
                        raise ShapeError(f"{name} has {n} examples and {other} has {first}: shape {array.shape}")
                else:
                    fits = fits and n == length
            if not fits:
                raise ShapeError(f"{name} has shape {wanted}; got {array.shape}")
            result[name] = array
        return result

    def reduced(self, gradient: Any, given: Any, value: Any) -> Any:
        """Return the gradient in an input of a scalar graph: where that is shared by the examples, over all of them."""
        examples = np.shape(value)
        if not examples or np.shape(given):
            return gradient + np.zeros(np.shape(given)) if np.shape(given) != np.shape(gradient) else gradient
        whole = np.broadcast_to(gradient, examples)
        return whole.sum() if self.reduce == "sum" else whole.mean()

    def __repr__(self) -> str:
        gradients = ", ".join(f"d{name}" for name in self.wrt)
        return f"<program of {self.derivation.output}, {gradients} by {', '.join(self.inputs)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.derivation, self.reduce)


def restored(derivation: Derivation, reduce: Reduction) -> Program:
    """Make a program anew from its source, as pickle does."""
    return Program(derivation, reduce=reduce)


def compile(
    output: Node,
    wrt: Sequence[Node] | None = None,
    *,
    inputs: Sequence[Node] | None = None,
    backend: Backend = "numpy",
    reduce: Reduction = "sum",
    simplify: bool = True,
) -> Program:
    """Return the program that computes `output` and its gradients by `wrt` for other inputs.

    `wrt` and `inputs` are as for `derive`. The backend 'numpy' takes arrays; a graph of Values takes
    numbers, or arrays of m examples for some of the inputs, and then the gradients in the others,
    which the examples share, are summed (or with `reduce='mean'` averaged) over them. 'python' is for
    Values alone: plain floats, which are faster for a single example.

    >>> from microgradnn import Value
    >>> w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")
    >>> program = compile((w * x).tanh().named("y"), [w])
    >>> program(x=0.5)
    Result(value=0.7615941559557649, gradients={'w': 0.20998717080701307})
    >>> program(x=[0.5, -0.5]).gradients["w"]
    0.0
    """
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r} (choose from {', '.join(BACKENDS)})")
    if backend == "python" and hasattr(output, "shape"):
        raise ValueError("the backend 'python' computes with numbers; a graph of Tensors needs 'numpy'")
    return Program(derive(output, wrt, inputs=inputs, simplify=simplify, style=backend), reduce=reduce)


def number(x: Any) -> Any:
    """Return what is a single number as a float."""
    return x if isinstance(x, np.ndarray) and x.ndim else float(x)


def checked_number(name: str, x: Any) -> Any:
    """Return an input of a scalar graph as a float or an array of them; TypeError for anything else."""
    if type(x) is float:
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} is a number, or an array of them; got {x!r}")
    return float(array) if array.ndim == 0 else array.astype(np.float64, copy=False)


def loaded(source: str, name: str) -> Callable[..., Any]:
    """Return a function of a source, which tracebacks can show."""
    file = f"<microgradnn program {next(NUMBER)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {}
    exec(builtins.compile(source, file, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function
