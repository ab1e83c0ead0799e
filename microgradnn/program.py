"""A derivation as a callable: the printed source is what runs.

The inputs of a replay are new numbers; no graph is built. A scalar graph takes arrays for some of
its inputs as well, and is then computed for all their examples at once.
"""

from __future__ import annotations

import builtins
import ctypes
import linecache
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from .derive import Derivation, derive
from .errors import CompilerMissing, ShapeError
from .graph import Node
from .terms import Dim

Backend = Literal["c", "numpy", "python"]
BACKENDS = ("c", "numpy", "python")
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

    def __init__(self, derivation: Derivation, *, reduce: Reduction = "sum", any_length: bool = False) -> None:
        self.derivation = derivation
        self.reduce = reduce
        self.any_length = any_length
        self.function = loaded(derivation.source, "value_and_gradients")
        self.forward = loaded(derivation.value_source, "value")
        self.limits: dict[str, Callable[..., Any]] = {}  # loaded when they are first needed

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
        inputs = [given[name] for name in self.inputs]  # in order: by name it takes ten times as long
        with np.errstate(all="ignore"):
            value, gradients = self.run(self.function, "value_and_gradients", inputs)
        if not self.derivation.arrays and not any(isinstance(x, np.ndarray) for x in inputs):
            return Result(float(value), dict(zip(self.wrt, map(float, gradients), strict=True)))
        if not self.derivation.arrays:
            pairs = zip(self.wrt, gradients, strict=True)
            gradients = [self.reduced(g, given.get(name, value), value) for name, g in pairs]
        return Result(number(value), dict(zip(self.wrt, map(number, gradients), strict=True)))

    def run(self, function: Callable[..., Any], name: str, inputs: Sequence[Any]) -> Any:
        """Return what a function gives; at a limit, where Python's own functions raise, what NumPy's give there."""
        try:
            return function(*inputs)
        except (ValueError, ArithmeticError):
            if not self.derivation.limit_source:
                raise
            if name not in self.limits:
                self.limits[name] = loaded(self.derivation.limit_source, name)
            return self.limits[name](*map(np.float64, inputs))

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone; the backward pass is not computed."""
        with np.errstate(all="ignore"):
            given = self.given(args, named)
            return number(self.run(self.forward, "value", [given[name] for name in self.inputs]))

    def gradient(self, *args: Any, **named: Any) -> dict[str, Any]:
        """Return the gradients alone."""
        return self(*args, **named).gradients

    def given(self, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs by name, those that were not given as they were, each of the shape that it has to be."""
        if len(args) > len(self.inputs):
            raise TypeError(f"the program has {len(self.inputs)} inputs, {', '.join(self.inputs)}; got {len(args)}")
        fresh = dict(zip(self.inputs, args, strict=False))
        for name, x in named.items():
            if name not in self.derivation.defaults:
                raise TypeError(f"{name!r} is no input of the program (choose from {', '.join(self.inputs)})")
            if name in fresh:
                raise TypeError(f"{name} is given twice")
            fresh[name] = x
        fresh = {name: x.item() if isinstance(x, Node) else x for name, x in fresh.items()}
        if self.derivation.arrays:
            return self.shaped(self.derivation.defaults | fresh)
        fresh = {name: checked_number(name, x) for name, x in fresh.items()}
        shapes = {x.shape: name for name, x in fresh.items() if isinstance(x, np.ndarray)}
        if len(shapes) > 1:
            told = ", ".join(f"{name} {shape}" for shape, name in shapes.items())
            raise ShapeError(f"the inputs are of different numbers of examples: {told}")
        return self.derivation.defaults | fresh

    def accepts(self, inputs: Mapping[str, Any]) -> bool:
        """Whether these are its inputs, of shapes that it takes."""
        try:
            self.given((), inputs)
        except (TypeError, ValueError):
            return False
        return set(inputs) == set(self.inputs)

    def shaped(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return arrays; ShapeError where a shape does not fit, lengths that have a name being free."""
        lengths: dict[str, tuple[int, str]] = {}
        result = {}
        for name, x in given.items():
            wanted = self.derivation.shapes[name]
            array = x if getattr(x, "dtype", None) in (np.float32, np.float64) else real_array(name, x)
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
                    if n != self.derivation.examples and not self.any_length:
                        raise ShapeError(
                            f"{name} has {n} examples, and the program was compiled for {self.derivation.examples}; if "
                            "no number in the formula stands for that, compile it with any_length=True"
                        )
                else:
                    fits = fits and n == length
            if not fits:
                raise ShapeError(f"{name} has shape {wanted}; got {array.shape}")
            if name in self.derivation.distributions and not np.allclose(array.sum(axis=0), 1):
                raise ValueError(
                    f"{name} holds labels of classes: each column has to sum to 1, as when it was compiled"
                )
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
        return restored, (type(self), self.derivation, self.reduce, self.any_length)


def restored(kind: type[Program], derivation: Derivation, reduce: Reduction, any_length: bool) -> Program:
    """Make a program anew from its source, as pickle does."""
    return kind(derivation, reduce=reduce, any_length=any_length)


class CProgram(Program):
    """A program in C, compiled when it is made; one loop over all examples, in double precision."""

    def __init__(self, derivation: Derivation, *, reduce: Reduction = "sum", any_length: bool = False) -> None:
        self.derivation = derivation
        self.reduce = reduce
        self.any_length = any_length
        self.batch = built(derivation.source)

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients, as `Program` does."""
        given = self.given(args, named)
        many = {name: x for name, x in given.items() if isinstance(x, np.ndarray)}
        shape = np.broadcast_shapes(*[x.shape for x in many.values()])
        many = {name: np.ascontiguousarray(np.broadcast_to(x, shape)) for name, x in many.items()}
        single = np.array([0.0 if name in many else x for name, x in given.items()])
        start = single.ctypes.data
        places = [many[name].ctypes.data if name in many else start + 8 * i for i, name in enumerate(given)]
        m = int(np.prod(shape, dtype=int))
        values, shared = np.empty(shape), np.zeros(len(self.wrt))
        own = {name: np.zeros(shape) for name in self.wrt if name in many}
        start = shared.ctypes.data
        into = [own[name].ctypes.data if name in own else start + 8 * i for i, name in enumerate(self.wrt)]
        self.batch(
            ctypes.c_long(m),
            pointers(places),
            steps([name in many for name in given]),
            values.ctypes.data_as(ctypes.c_void_p),
            pointers(into),
            steps([name in own for name in self.wrt]),
        )
        if shape and self.reduce == "mean":
            shared /= m
        gradients = {name: own.get(name, g) for name, g in zip(self.wrt, shared.tolist(), strict=True)}
        return Result(number(values), gradients)

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone."""
        return self(*args, **named).value


def pointers(places: Sequence[int]) -> Any:
    """Return addresses as C takes them."""
    return (ctypes.c_void_p * max(len(places), 1))(*places)


def steps(many: Sequence[bool]) -> Any:
    """Return how far apart the numbers of two examples are: not at all where all share one."""
    return (ctypes.c_long * max(len(many), 1))(*map(int, many))


def built(source: str) -> Any:
    """Compile C with the system's compiler and return the loop over examples; CompilerMissing where there is none."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CompilerMissing("the backend 'c' needs a C compiler; install one, or use backend='numpy'")
    with tempfile.TemporaryDirectory(prefix="microgradnn-") as folder:
        code, library = Path(folder) / "program.c", Path(folder) / "program.so"
        code.write_text(source, encoding="utf-8")
        ran = subprocess.run(
            [*shlex.split(compiler), "-O2", "-shared", "-fPIC", "-o", str(library), str(code), "-lm"],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise CompilerMissing(f"{compiler} could not compile the program:\n{ran.stderr[:2000]}")
        return ctypes.CDLL(str(library)).value_and_gradients_batch


def compile(
    output: Node,
    wrt: Sequence[Node] | None = None,
    *,
    inputs: Sequence[Node] | None = None,
    backend: Backend = "numpy",
    reduce: Reduction = "sum",
    any_length: bool = False,
    simplify: bool = True,
) -> Program:
    """Return the program that computes `output` and its gradients by `wrt` for other inputs.

    `wrt` and `inputs` are as for `derive`. The backend 'numpy' takes arrays; a graph of Values takes
    numbers, or arrays of m examples for some of the inputs, and then the gradients in the others,
    which the examples share, are summed (or with `reduce='mean'` averaged) over them. 'python' is for
    Values alone: plain floats, which are faster for a single example. So is 'c', the fastest, for which
    there has to be a C compiler, `cc`, or another that the variable CC names.

    A program of Tensors takes arrays of the shapes it was compiled for. With `any_length` the number of
    examples m may be another one; a number in the formula that stands for m, such as 1/m, would not follow.

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
    if reduce not in ("sum", "mean"):
        raise ValueError(f"unknown reduce {reduce!r} (choose from sum, mean)")
    derivation = derive(output, wrt, inputs=inputs, simplify=simplify, style=backend)
    return (CProgram if backend == "c" else Program)(derivation, reduce=reduce, any_length=any_length)


def number(x: Any) -> Any:
    """Return what is a single number as a float."""
    return x if isinstance(x, np.ndarray) and x.ndim else float(x)


def checked_number(name: str, x: Any) -> Any:
    """Return an input of a scalar graph as a float or an array of them; TypeError for anything else."""
    if type(x) is float:
        return x
    array = real_array(name, x)
    return float(array) if array.ndim == 0 else array


def real_array(name: str, x: Any) -> Any:
    """Return an input as an array of float64; TypeError where it holds something else than real numbers."""
    try:
        array = np.asarray(x)
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} is a number, or an array of them; got {x!r}")
    return array.astype(np.float64, copy=False)


def loaded(source: str, name: str) -> Callable[..., Any]:
    """Return a function of a source, which tracebacks can show."""
    file = f"<microgradnn program {next(NUMBER)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {}
    exec(builtins.compile(source, file, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function
