"""A derivation as a callable: the printed source is what runs.

The inputs of a replay are new numbers; no graph is built. A scalar graph takes arrays for some of
its inputs as well, and is then computed for all their examples at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ..engine.masks import refuse_mask
from ..errors import ShapeError, extra
from ..formulas.carried import functions_of
from ..formulas.derive import Derivation
from ..formulas.jax_source import jax_source
from ..formulas.products import StepsFormula
from ..formulas.shapes import Dim
from ..graph import Node
from .calls import Steps, TensorCall, ValueCall, gradients_on_nodes, plain_of
from .flat import FlatFunction, VectorFunction, Way, on_array, on_list
from .loading import load_function as load_function
from .numpy.inplace import InPlaceFunction
from .numpy.trace import BranchOnNumbers
from .onnx import Batch, Forward, Precision, model_of
from .torch import check_module, to_module

Reduction = Literal["sum", "mean"]

FLOATS, ARRAYS, FLOATS_AND_ARRAYS = {float}, {np.ndarray}, {float, np.ndarray}
REAL = (np.dtype(np.float32), np.dtype(np.float64))
NEW: Any = tuple.__new__  # of a named tuple: half of the time that its own takes
SHAPES = 16  # kinds of inputs for which places are kept
PATIENCE = 1000  # calls with other kinds after which all are forgotten
POWER = re.compile(r"\*\*(?!-?\d+(?![\d.]))")  # to anything but a whole number that is written out


class Result(NamedTuple):
    """What a program gives: the value, and the gradients by the names of the inputs."""

    value: Any
    gradients: dict[str, Any]


class Program:
    """The computation of one number and of its gradients, ready to be repeated with other inputs.

    Call it with inputs by name, or in the order of `inputs`, which is quickest; one that is not given keeps
    the number it had when the graph was taken down. `source` is the whole of what it computes.
    """

    inputs: tuple[str, ...]  # names, in order
    wrt: tuple[str, ...]  # of what it is differentiated by
    output: str
    defaults: Mapping[str, Any]
    parameters: tuple[str, ...] = ()  # inputs that were parameters of the graph
    arrays: bool  # whether it was a graph of Tensors

    def __init__(
        self,
        derivation: Derivation,
        *,
        reduce: Reduction = "sum",
        any_length: bool = False,
        steps: Steps | None = None,
    ) -> None:
        self.derivation = derivation
        self.steps = steps  # of the graph it was made from, for calls on nodes
        self.inputs, self.wrt, self.output = derivation.inputs, derivation.wrt, derivation.output
        self.defaults, self.arrays = derivation.defaults, derivation.arrays
        self.reduce = reduce
        self.any_length = any_length
        self.prepare()
        self.load()

    def prepare(self) -> None:
        """Set what a call of numbers asks first: which types they have, and which they are where none is given."""
        self.all_floats: list[Any] = [None] if self.arrays else [float] * len(self.inputs)
        self.usual = {} if self.arrays else {name: float(self.defaults[name]) for name in self.inputs}

    def load(self) -> None:
        """Compile the printed sources to functions."""
        about = self.derivation
        self.floats = about.floats
        self.sources = {"value_and_gradients": about.source, "value": about.value_source}
        self.functions = {
            name: load_function(source, name, self.own_operations) for name, source in self.sources.items()
        }
        numbers = about.style == "numpy" and not self.arrays
        self.real = numbers and POWER.search(about.source) is not None  # of floats, x**0.5 may be complex
        self.quick = self.floats and not about.compares
        self.limits: dict[str, Callable[..., Any]] = {}  # loaded when they are first needed
        self.in_place: dict[
            Any, list[InPlaceFunction] | None
        ] = {}  # by what the inputs look like; those that no call has now
        self.passed = 0  # calls for which there was no room
        self.seen: set[Any] = set()  # shapes that are known to fit

    @property
    def source(self) -> str:
        """The code that runs: complete, importable Python, or C."""
        return self.derivation.source

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients.

        Raises ShapeError where an array has another shape than its input, but for the number of
        examples; TypeError for a name that is no input.
        """
        given = args or tuple((self.usual | named).values())
        if [*map(type, given)] == self.all_floats and not (args and named):  # what takes least is asked first
            return self.at_floats(given)
        inputs = self.resolve_inputs(args, named)
        types = set(map(type, inputs))
        if not self.arrays and types <= FLOATS:
            return self.at_floats(inputs)
        return self.at_arrays(inputs) if types <= FLOATS_AND_ARRAYS else self.run_on_nodes(inputs)

    def at_floats(self, inputs: Sequence[float]) -> Result:
        """Return the value and the gradients at one point."""
        if self.quick:
            try:
                value, gradients = self.function(*inputs)
                total = sum(gradients, value)
                if total - total == 0:  # which it is not for ∞ and NaN
                    result: Result = NEW(Result, (value, dict(zip(self.wrt, gradients))))  # noqa: B905
                    return result
            except (ValueError, ArithmeticError):
                pass
        value, gradients = self.run_on_floats("value_and_gradients", inputs)
        return Result(value, dict(zip(self.wrt, gradients, strict=True)))

    def at_arrays(self, inputs: Sequence[Any]) -> Result:
        """Return the values and the gradients where some inputs are arrays."""
        value, *gradients = self.replay("value_and_gradients", inputs)
        return Result(value, dict(zip(self.wrt, gradients, strict=True)))

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone; the backward pass is not computed."""
        inputs = self.resolve_inputs(args, named)
        types = set(map(type, inputs))
        if not self.arrays and types <= FLOATS:
            return self.run_on_floats("value", inputs)
        if not types <= FLOATS_AND_ARRAYS:
            return self.operation(*inputs)
        return self.replay("value", inputs)[0]

    @cached_property
    def operation(self) -> ValueCall | TensorCall:
        """The program as an operation: what a node has for `op` that was made by calling the program on nodes."""
        if self.steps is None:
            raise TypeError(f"{self!r} was not made by compile, and cannot be called on nodes; take their .data")
        return (ValueCall if self.steps.shapes is None else TensorCall)(self, self.steps)

    def run_on_nodes(self, inputs: Sequence[Any]) -> Result:
        """Return the value as one node, and the gradients as nodes, which can be differentiated again."""
        return Result(self.operation(*inputs), gradients_on_nodes(self.operation, self.wrt, inputs))

    def run_printed(self, name: str, inputs: Sequence[Any]) -> Any:
        """Call the printed function; ValueError or ArithmeticError where Python's arithmetic raises."""
        if self.floats:  # nothing of NumPy, that would warn
            return self.functions[name](*inputs)
        if self.real:
            inputs = [np.float64(x) if type(x) is float else x for x in inputs]
        with np.errstate(all="ignore"):
            return check_real(self.functions[name](*inputs))

    def run_on_floats(self, name: str, inputs: Sequence[Any]) -> Any:
        """Call the printed function on floats, and the exact one where that is not finite; return floats."""
        try:
            if self.derivation.compares and not all(np.isfinite(x).all() for x in inputs):
                return as_floats(self.run_exact(name, inputs))
            found = self.run_printed(name, inputs)
            if self.floats:
                total = sum(found[1], found[0]) if type(found) is tuple else found
                if total - total == 0:  # which it is not for ∞ and NaN
                    return found
            found = as_floats(found)
            if all(map(math.isfinite, (found[0], *found[1]) if isinstance(found, tuple) else (found,))):
                return found
        except (ValueError, ArithmeticError):
            pass
        return as_floats(self.run_exact(name, inputs))

    def run_exact(self, name: str, inputs: Sequence[Any]) -> Any:
        """Call the exact function, which gives what the sweep has where the printed one raises or is not finite."""
        if name not in self.limits:
            self.limits[name] = load_function(self.derivation.exact_source, name, self.own_operations)
        with np.errstate(all="ignore"):
            return self.limits[name](*[np.float64(x) if type(x) is float else x for x in inputs])

    def replay(self, name: str, inputs: Sequence[Any]) -> list[Any]:
        """Return the value and the gradients where inputs are arrays, computed in places that are used each time.

        They are floats, and arrays that nothing else shares, no input and no other result; a gradient is in the
        precision of its input.
        """
        if self.derivation.style == "python":  # where math.sin takes no array
            many = next(key for key, x in zip(self.inputs, inputs, strict=True) if type(x) is not float)
            raise TypeError(
                f"the backend 'python' takes one number for each input, and {many} is an array; compile with "
                "backend='numpy' for a batch of examples"
            )
        if self.derivation.compares and not all(np.isfinite(x).all() for x in inputs):
            return self.to_results(name, inputs, self.run_exact(name, inputs))
        layout = (name, *[None if type(x) is float else (x.shape, x.dtype, x.strides) for x in inputs])
        if layout not in self.in_place:
            self.make_room(layout)
        free = self.in_place.get(layout)
        if free is not None:
            try:
                with np.errstate(all="ignore"):
                    try:
                        function = free.pop()
                    except IndexError:  # all are busy in other threads, or there is none yet
                        function = self.trace(name, inputs)
                    try:
                        results = function(inputs)
                    finally:
                        free.append(function)
                    if all_finite(results):
                        return results if self.arrays else self.over_examples(results, inputs, function.summed)
                return self.to_results(name, inputs, self.run_exact(name, inputs))
            except (BranchOnNumbers, RecursionError):  # the lines are not the same each time, or too long for a trace
                self.in_place[layout] = None
            except (ValueError, ArithmeticError) as error:
                if self.arrays and isinstance(error, ValueError):
                    raise self.misfit(error) from None
                return self.to_results(name, inputs, self.run_exact(name, inputs))
        try:
            found = self.run_printed(name, inputs)
        except (ValueError, ArithmeticError) as error:
            if self.arrays and isinstance(error, ValueError):
                raise self.misfit(error) from None
        else:
            results = self.to_results(name, inputs, found)
            if all(np.isfinite(x).all() for x in results):
                return results
        return self.to_results(name, inputs, self.run_exact(name, inputs))

    def to_results(self, name: str, inputs: Sequence[Any], found: Any) -> list[Any]:
        """List what a function gave of arrays, in their precision; sum what the examples of a batch share."""
        several = [found] if name == "value" else [found[0], *found[1]]
        results = [number(np.array(x, dtype)) for x, dtype in zip(several, self.precisions(inputs), strict=False)]
        if self.arrays:
            return results
        m, summed = math.prod(batch_shape(inputs)), self.shared_gradients(name, inputs)
        with np.errstate(all="ignore"):
            for k in summed:
                results[k] = results[k] * m if type(results[k]) is float else float(results[k].sum())
        return self.over_examples(results, inputs, summed)

    def trace(self, name: str, inputs: Sequence[Any]) -> InPlaceFunction:
        """Trace a function for inputs like these, and return it with places of its own."""
        given = dict(zip(self.inputs, inputs, strict=True))
        shape = () if self.arrays else batch_shape(inputs)
        rows, dtypes = self.shared_gradients(name, inputs), self.precisions(inputs)
        return InPlaceFunction(
            self.functions[name], self.sources[name], given, examples=shape, rows=rows, dtypes=dtypes
        )

    def shared_gradients(self, name: str, inputs: Sequence[Any]) -> Sequence[int]:
        """Return the numbers of the gradients that the examples of a batch share."""
        if self.arrays or name == "value":
            return ()
        single = {name for name, x in zip(self.inputs, inputs, strict=True) if type(x) is float}
        return [k for k, x in enumerate(self.wrt, 1) if x in single]

    def precisions(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the dtypes of the value and of the gradients, None where it is that of what they are computed from."""
        if not self.arrays:
            return [np.float64] * (1 + len(self.wrt))
        dtypes = {name: x.dtype for name, x in zip(self.inputs, inputs, strict=True)}
        return [None, *map(dtypes.get, self.wrt)]

    def make_room(self, layout: Any) -> None:
        """Keep places for inputs that lie like these; where there are too many kinds of them, for the first few."""
        if len(self.in_place) >= SHAPES:
            self.passed += 1
            if self.passed < PATIENCE:  # a trace takes as long as dozens of replays
                return
            self.in_place.clear()
            self.passed = 0
        self.in_place[layout] = []

    def over_examples(self, results: list[Any], inputs: Sequence[Any], summed: Sequence[int]) -> list[Any]:
        """Return what a graph of Values gives of a batch, with sums of what the examples share, all else for each."""
        shape = batch_shape(inputs)
        if self.reduce == "mean":
            m = math.prod(shape)
            for k in summed:
                results[k] /= m
        for k in set(range(len(results))).difference(summed):
            if type(results[k]) is float or results[k].shape != shape:
                results[k] = np.full(shape, results[k])
        return results

    @property
    def function(self) -> Callable[..., Any]:
        """The printed function itself, which checks nothing: of inputs in order, the value and a tuple of gradients."""
        return self.functions["value_and_gradients"]

    @cached_property
    def own_operations(self) -> dict[str, Callable[..., Any]]:
        """The operations of the user's own that it calls, by their names."""
        return functions_of(self.derivation.operations)

    @cached_property
    def step(self) -> Callable[..., Any]:
        """A step of gradient descent as a bare function, for inner loops: of the inputs in order, and α.

        It returns the value and the new numbers of `wrt`, and checks nothing. See `derivation.step_source`.
        """
        return load_function(self.derivation.step_source, "step", self.own_operations)

    def vector_function(self, way: Way, rest: Sequence[Any]) -> VectorFunction:
        """Return the gradient as `flat` has it."""
        return (on_array if self.arrays else on_list)(way.function("gradient"), rest)

    def flat(self) -> FlatFunction:
        """Return the function of one vector, the numbers of `wrt`, as SciPy's optimisers take it; see `FlatFunction`.

        The other inputs are given after x, in order, or are what they were. Raises ValueError where one of `wrt` is no
        input.
        """
        if self.steps is None or (inner := [name for name in self.wrt if name not in self.inputs]):
            raise ValueError(f"a function of a vector is of inputs, and {', '.join(inner)} is computed from others")
        steps, places = self.steps, [self.inputs.index(name) for name in self.wrt]
        examples = [self.defaults[name] for name in self.inputs]
        shapes = steps.shapes or ((),) * len(examples)
        if self.arrays:
            examples = [np.reshape(x, shape) for x, shape in zip(examples, shapes, strict=True)]
        formula = StepsFormula(steps.rows, self.inputs, tuple(shapes), (steps.output,), tuple(places), ((),))
        way = Way(formula, "numpy" if self.arrays else "python")
        rest = [x for name, x in zip(self.inputs, examples, strict=True) if name not in self.wrt]

        def find(args: Sequence[Any]) -> tuple[Way, list[Any]]:
            given = self.resolve_inputs(args, {})
            for name, x, shape in zip(self.inputs, given, shapes, strict=True):
                if np.shape(x) != shape:
                    raise ShapeError(
                        f"a function of a vector is for the shapes of its graph: {name} had {shape}, not {np.shape(x)}"
                    )
            return way, [x for i, x in enumerate(given) if i not in places]

        def replay(*xs: Any) -> Any:
            return steps.replay(xs)[steps.output]

        finite = all(np.isfinite(x).all() for x in rest)  # else a condition that is printed may be false of a NaN

        @cache
        def ready() -> VectorFunction | None:
            return self.vector_function(way, rest) if finite else None

        return FlatFunction(replay, examples, places, self.arrays, find, ready)

    def to_jax(self) -> Callable[..., Any]:
        """Return it as a pure function of JAX (an extra): of the inputs in order, the value and a tuple of gradients.

        It goes through `jit`, `vmap` and shardings. It is what is printed, without the sweep where that is not finite;
        in double precision after `jax.config.update("jax_enable_x64", True)`. Raises ValueError of a program that is
        not of the backend 'numpy', or where JAX lacks what it needs.
        """
        if self.derivation.style != "numpy":
            raise ValueError(
                f"JAX takes what is printed for NumPy: compile with backend='numpy', not {self.derivation.style!r}"
            )
        with extra("jax"):
            return load_function(jax_source(self.derivation.source), "value_and_gradients")

    def to_onnx(
        self, path: str | Path | None = None, *, batch: Batch | None = None, dtype: Precision = "float32"
    ) -> Any:
        """Return its value as an ONNX model (an extra), written to a path if one is given; see `microgradnn.to_onnx`.

        What was a parameter of the graph is held under its name, the other inputs are those of the model; where all
        were parameters, they are its inputs. Raises ValueError for an operation that ONNX has not.
        """
        return model_of(self.forward_steps(), path, batch, dtype)

    def to_torch(self) -> Any:
        """Return its value as a module of PyTorch (an extra), whose value and gradients are checked; see `to_onnx`.

        It is called with the inputs that are no parameters, in order, tensors of PyTorch's. Raises RuntimeError where a
        gradient that PyTorch finds at the numbers of the program is not the program's.
        """
        forward = self.forward_steps()
        held = [name for name, one in zip(self.inputs, forward.held, strict=True) if one]
        module = to_module(forward, held)
        value, gradients = self()
        known = {name: gradient for name, gradient in gradients.items() if name in self.inputs}
        check_module(module, [self.defaults[name] for name in module.inputs], [1.0], [value], known)
        return module

    def forward_steps(self) -> Forward:
        """Its value as steps; where all inputs were parameters of the graph none is held."""
        if self.steps is None:
            raise ValueError(f"{self!r} was not made by compile, and has no graph that could be written down")
        held = [name in self.parameters for name in self.inputs]
        return Forward(
            self.steps.rows,
            self.inputs,
            [self.defaults[name] for name in self.inputs],
            held if not all(held) else [False] * len(held),
            [(self.output, self.steps.output)],
            self.arrays,
        )

    def gradient(self, *args: Any, **named: Any) -> dict[str, Any]:
        """Return the gradients alone."""
        return self(*args, **named).gradients

    def resolve_inputs(self, args: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """Return the inputs in order, those that were not given as they were, each of the shape that it has to be.

        Of a graph of Values each is a float, or an array of examples; of Tensors, an array.
        """
        in_order: Sequence[Any] = args or tuple(map(named.get, self.inputs))
        if len(args) + len(named) == len(in_order) == len(self.inputs):
            if not self.arrays:
                if need_no_check(in_order):
                    return in_order
            elif set(map(type, in_order)) == ARRAYS and tuple([(x.shape, x.dtype) for x in in_order]) in self.seen:
                return self.check_labels(in_order)
        if len(args) > len(self.inputs):
            raise TypeError(f"the program has {len(self.inputs)} inputs, {', '.join(self.inputs)}; got {len(args)}")
        fresh = dict(zip(self.inputs, args, strict=False))
        for name, x in named.items():
            if name not in self.defaults:
                raise TypeError(f"{name!r} is no input of the program (choose from {', '.join(self.inputs)})")
            if name in fresh:
                raise TypeError(f"{name} is given twice")
            fresh[name] = x
        if nodes := {name: x for name, x in fresh.items() if isinstance(x, Node)}:
            return self.with_nodes(fresh, nodes)
        if self.arrays:
            given = self.check_shapes({**self.defaults, **fresh})
            inputs = [given[name] for name in self.inputs]
            self.seen.add(tuple([(x.shape, x.dtype) for x in inputs]))
            return self.check_labels(inputs)
        fresh = {name: to_number(name, x) for name, x in fresh.items()}
        shapes = {x.shape: name for name, x in fresh.items() if type(x) is not float}
        if len(shapes) > 1:
            told = ", ".join(f"{name} {shape}" for shape, name in shapes.items())
            raise ShapeError(f"the inputs are of different numbers of examples: {told}")
        for shape, name in shapes.items():
            if 0 in shape:
                raise ShapeError(f"{name} has no examples: its shape is {shape}")
        if len(fresh) == len(self.inputs):
            return [fresh[name] for name in self.inputs]
        return [fresh[name] if name in fresh else float(self.defaults[name]) for name in self.inputs]

    def with_nodes(self, fresh: Mapping[str, Any], nodes: Mapping[str, Any]) -> Sequence[Any]:
        """Return the inputs in order, checked as numbers and arrays are, with the nodes among them as they are."""
        for name, x in nodes.items():
            if hasattr(x, "shape") != self.arrays:
                path = "Tensors" if self.arrays else "Values"
                raise TypeError(f"{self!r} is of {path}, and {name} is {x!r}: the two paths do not mix")
        plain = {name: plain_of(x) if name in nodes else x for name, x in fresh.items()}
        inputs = self.resolve_inputs((), plain)
        if not self.arrays and not set(map(type, inputs)) <= FLOATS:
            raise TypeError(
                "a batch of examples and a Value do not mix: call the program on each example, or on arrays"
            )
        return [nodes.get(name, x) for name, x in zip(self.inputs, inputs, strict=True)]

    def accepts(self, inputs: Mapping[str, Any]) -> bool:
        """Whether these are its inputs, of shapes that it takes."""
        try:
            self.resolve_inputs((), inputs)
        except (TypeError, ValueError):
            return False
        return set(inputs) == set(self.inputs)

    def check_shapes(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs as arrays; ShapeError where a shape does not fit, lengths that have a name being free."""
        lengths: dict[str, tuple[int, str]] = {}
        result = {}
        for name, x in given.items():
            wanted = self.derivation.shapes[name]
            array = x if type(x) is np.ndarray and x.dtype in REAL else to_real_array(name, x)
            if not wanted and array.shape == ():
                result[name] = array
                continue
            if array.size == 1 and all(n == 1 or isinstance(n, Dim) for n in wanted):
                array = array.reshape((1,) * len(wanted))
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
            result[name] = array
        return result

    def misfit(self, error: ValueError) -> ShapeError:
        """Return the error for arrays that a length in the formula does not follow."""
        m = self.derivation.examples
        return ShapeError(
            f"{error}: a length in the formula stands for the {m} examples that {self!r} was compiled for, and does "
            "not follow; compile it for these, or write -1 for the length, as in reshape(n, -1)"
        )

    def check_labels(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """Return the inputs; ValueError where one that stood for labels of classes, or for places, holds none now."""
        for name in self.derivation.indices:
            places = inputs[self.inputs.index(name)]
            if not (np.isfinite(places).all() and (places == np.floor(places)).all()):
                raise ValueError(f"{name} holds places in an array: whole numbers, as when it was compiled")
        for name in self.derivation.distributions:
            sums = inputs[self.inputs.index(name)].sum(axis=0)
            if not (sums.max() <= 1 + 1e-5 and sums.min() >= 1 - 1e-5):
                raise ValueError(
                    f"{name} holds labels of classes: each column has to sum to 1, as when it was compiled"
                )
        return inputs

    def __repr__(self) -> str:
        gradients = ", ".join(f"d{name}" for name in self.wrt)
        return f"<program of {self.output}, {gradients} by {', '.join(self.inputs)}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p><pre><code>{escape(self.source)}</code></pre>"

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self.derivation, self.reduce, self.any_length, self.steps)


def rebuild(
    kind: type[Program], derivation: Derivation, reduce: Reduction, any_length: bool, steps: Steps | None
) -> Program:
    """Make a program anew from its source, as pickle does."""
    return kind(derivation, reduce=reduce, any_length=any_length, steps=steps)


def check_real(found: Any) -> Any:
    """Return what was found; ValueError where Python has turned to complex numbers: (-2.0)**0.5."""
    value, gradients = found if isinstance(found, tuple) else (found, ())
    if any(map(np.iscomplexobj, (value, *gradients))):
        raise ValueError("not real")
    return found


def as_floats(found: Any) -> Any:
    """Return a value, or a value and its gradients, as floats."""
    return (float(found[0]), tuple(map(float, found[1]))) if isinstance(found, tuple) else float(found)


def all_finite(results: Sequence[Any]) -> bool:
    """Whether numbers and arrays are finite; of an array, a sum of squares tells it quickest, unless it overflows."""
    with np.errstate(all="ignore"):
        for x in results:
            total = x if type(x) is float else (flat := x.ravel("K")).dot(flat)
            if not math.isfinite(total) and not np.isfinite(x).all():
                return False
    return True


def batch_shape(inputs: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of those inputs that are arrays."""
    shape: tuple[int, ...] = next(x.shape for x in inputs if type(x) is not float)
    return shape


def number(x: Any) -> Any:
    """Return what is a single number as a float."""
    return x if isinstance(x, np.ndarray) and x.ndim else float(x)


def need_no_check(args: Sequence[Any]) -> bool:
    """Whether all are floats, or arrays of float64 of one shape, which is the rule and quickly seen."""
    types = set(map(type, args))
    if types == FLOATS:
        return True
    if types != FLOATS_AND_ARRAYS and types != ARRAYS:
        return False
    kinds = {(x.dtype, x.shape) for x in args if type(x) is not float}
    dtype, shape = kinds.pop()
    return not kinds and dtype == np.float64 and shape != () and 0 not in shape


def to_number(name: str, x: Any) -> Any:
    """Return an input of a scalar graph as a float or an array of them; TypeError for anything else."""
    if type(x) is float:
        return x
    array = to_real_array(name, x)
    return float(array) if array.ndim == 0 else array


def to_real_array(name: str, x: Any) -> Any:
    """Return an input as an array of float64; TypeError where it holds something else than real numbers."""
    refuse_mask(x, name)
    try:
        array = np.asarray(x)
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} is a number, or an array of them; got {x!r}")
    return array.astype(np.float64, copy=False)
