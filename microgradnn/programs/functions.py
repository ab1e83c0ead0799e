"""Functions as programs: `compile` and `derive` of a function at examples of its arguments, beside those of a node.

A function is run once on nodes, and what it did is kept with what has to hold for it, as in compiled.py. Where
arguments have another form than any before, or a comparison comes out otherwise, it is run and written down once more.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args, overload

import numpy as np

from ..engine import derivatives
from ..errors import GuardError, ShapeError, extra
from ..formulas.c_source import c_header, c_test
from ..formulas.derive import Derivation
from ..formulas.derive import derive as derive_graph
from ..formulas.jax_source import jax_source
from ..formulas.names import identifier
from ..formulas.outputs import OutputsDerivation, derive_outputs
from ..formulas.products import Product, StepsFormula
from ..formulas.spelling import Style
from ..graph import Node, topological
from ..graph.structure import arguments, flatten, unflatten
from . import backends
from .backends import Backend
from .calls import rows_of
from .compiled import OnChange
from .flat import FlatFunction, VectorFunction, Way, on_array, on_list
from .function_backends import OutputPrograms, is_static, numbers_like, slopes_like
from .layout import (
    apart,
    from_vector,
    holds_tensors,
    is_index,
    make_leaf,
    names_of,
    numbers_in,
    refuse_batch,
    together,
    vector,
    with_numpy,
)
from .loading import load_function
from .native.program import NativeProgram
from .onnx import Batch, Forward, Precision, model_of
from .program import Program, Reduction, Result
from .recording import RecordedCall, numbers_of, record_call, same, unique
from .torch import check_module, to_module

IMPORTS = ("import math", "import numpy as np")
PLAIN = {float, int, np.float64}
TAKES_OUT = {"data", "item", "numpy", "grad_data"}  # what a node has, and a guard does not see


class FunctionRecording:
    """One way through a function: the form of its arguments and of what it returns, and what has to hold."""

    def __init__(self, program: FunctionProgram, args: Sequence[Any], form: Any) -> None:
        arrays = program.arrays
        self.form = form
        run, _ = run_of(program.function, args, arrays)
        with run.renamed(names_of(program.names, args, arrays)) as own:
            self.names = tuple(own)
            sources = run.guards(own, "numpy" if arrays else "python")
        rows, place = rows_of(run.outputs, run.inputs)
        self.result = unflatten(run.result, [None] * len(run.outputs))
        self.kinds = [getattr(x, "shape", None) for x in run.outputs]  # None for a number
        self.outer = run.outer
        self.programs: OutputPrograms | None = None  # of a backend
        self.guards = sources if run.detached or "return False" in sources[0] else None
        ends = np.cumsum([0, *(len(numbers_in(one, arrays)) for one in args)])
        self.places = [i for k in program.places for i in range(ends[k], ends[k + 1])]
        self.way = Way(
            StepsFormula(
                rows,
                self.names,
                tuple([getattr(x, "shape", ()) for x in run.inputs]),
                tuple([place[x] for x in run.outputs]),
                tuple(self.places),
                tuple([shape or () for shape in self.kinds]),
            ),
            "numpy" if arrays else "python",
            replays=not (program.watched or run.read),
        )
        free = self.guards is None and not self.outer and self.way.replays and self.way.formula.single
        self.takes_any_numbers = free and not arrays and all(one == "number" for one in form[1])

    def at_numbers(self, product: Product, given: Sequence[Any]) -> Any:
        """Return a product at plain numbers, lists of them, where it is finite; else None."""
        if self.places == [*range(len(given))]:
            return self.way.run_on_floats(product, [*map(float, given)], ())
        rest = [float(x) for i, x in enumerate(given) if i not in self.places]
        return self.way.run_on_floats(product, [float(given[i]) for i in self.places], rest)

    def inputs(self, given: Sequence[Any]) -> list[Any] | None:
        """Return the inputs of the formula, what the guards compute among them; None where they do not hold."""
        known = [
            *(x.astype(np.float64) if is_index(x) else x for x in given),
            *[one for x in self.outer for one in numbers_in(x, hasattr(x, "shape"))],
        ]
        if self.guards is None:
            return known
        try:
            with np.errstate(all="ignore"):
                try:
                    found = self.holds[0](*known)
                except (ArithmeticError, ValueError):
                    found = self.holds[1](*[np.asarray(x, float)[()] for x in known])
        except (ArithmeticError, ValueError, TypeError):
            return None
        return None if found is False else known if found is True else [*known, *found]

    @functools.cached_property
    def holds(self) -> tuple[Callable[..., Any], ...]:
        """The guards in Python's arithmetic, and in NumPy's, where a pole is ∞."""
        return tuple([load_function(source, "holds") for source in self.guards or ()])

    def structured(self, outputs: Any) -> Any:
        """Put the numbers of a vector where the function returned nodes."""
        parts, start = [], 0
        for shape in self.kinds:
            n = int(np.prod(shape or ()))
            part = outputs[start : start + n]
            parts.append(part.reshape(shape) if shape else float(part[0]))
            start += n
        return unflatten(self.result, parts)


def run_of(function: Callable[..., Any], args: Sequence[Any], arrays: bool) -> tuple[RecordedCall, list[Any]]:
    """Run a function on leaves of its own for its arguments, and return what it did, and the leaves."""
    leaves = [make_leaf(x) for x in numbers_in(list(args), arrays)]
    return record_call(function, together(list(args), iter(leaves), arrays), leaves), leaves


class FunctionProgram:
    """A function of numbers or arrays, recorded; made by `compile(f, *examples)`.

    Call it with arguments like the examples; what is left out is as it was. It returns the value, in the structure
    that the function returns, and the gradients by the names of the arguments, each in the structure of its argument:
    of many outputs the Jacobian, (outputs, numbers of the argument). Called on nodes it is the function itself.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        examples: Sequence[Any],
        wrt: Sequence[int | str] | None = None,
        on_change: OnChange = "record",
        backend: Backend | None = None,
        reduce: Reduction = "sum",
    ) -> None:
        self.function = function
        self.names = parameters_of(function, len(examples))
        self.examples = examples = tuple([with_numpy(x) for x in examples])
        self.arrays = holds_tensors(list(examples))
        self.on_change = on_change
        self.reduce = reduce
        if backend is not None:
            backends.check_backend(backend)
        if reduce not in ("sum", "mean"):
            raise ValueError(f"unknown reduce {reduce!r} (choose from sum, mean)")
        if self.arrays and backend not in (None, "numpy"):
            raise ValueError(f"the backend {backend!r} is for functions of Values; one of Tensors runs with NumPy")
        self.backend = None if self.arrays else backend
        chosen = range(len(examples)) if wrt is None else [self.place(one) for one in wrt]
        found = {i: numbers_in(self.examples[i], self.arrays) for i in chosen}
        self.places = tuple([i for i, xs in found.items() if xs and not any(map(is_index, xs))])
        if wrt is not None and (whole := [self.names[i] for i in chosen if any(map(is_index, found[i]))]):
            raise TypeError(f"{', '.join(whole)}: by whole numbers there is no gradient; write them as floats")
        self.recordings: list[FunctionRecording] = []
        self.calls = 0
        self.at_once: tuple[Way, VectorFunction] | None = None
        self.watched = reads_data(getattr(function, "__code__", None))
        functools.update_wrapper(self, function, updated=())  # attributes of the function are its own
        self.find(self.examples)

    @functools.cached_property
    def wrt(self) -> tuple[str, ...]:
        """The names of the arguments by which it is differentiated."""
        return tuple([self.names[i] for i in self.places])

    def place(self, which: int | str) -> int:
        """Return the place of an argument that is given by its place or name."""
        if isinstance(which, str) and which in self.names:
            return self.names.index(which)
        if isinstance(which, int) and 0 <= which < len(self.names):
            return which
        raise ValueError(f"{which!r} is no argument of {self.name} (choose from {', '.join(self.names)})")

    @property
    def name(self) -> str:
        """What the function is called."""
        return str(getattr(self.function, "__name__", self.function))

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients; at nodes, as nodes."""
        given = self.arguments(args, named)
        one = self.recording_of_numbers(given)
        if one is not None and self.backend is None and (found := one.at_numbers("gradient", given)):
            value, slopes = float(found[0]), dict(zip(self.wrt, map(float, found[1]), strict=True))
            return Result(value if one.result is None else unflatten(one.result, [value]), slopes)
        if one is None and has_nodes(given, self.arrays):
            return self.run_on_nodes(given)
        if self.backend is not None:
            return self.run_on_backend(given, self.backend, one)
        flat = self.at(given)
        x, others = vector(flat.part(given), self.arrays), flat.others(given)
        value = self.value(*given)
        single = self.find(given)[0].formula.single
        found = flat.run("gradient", x, None, others)[1] if single else flat.jacobian(x, *others)
        return Result(value, self.by_name(given, found))

    def run_on_nodes(self, args: Sequence[Any]) -> Result:
        """Return the value as a node, and the gradients as nodes that can be differentiated again."""
        value, found = derivatives.value_and_grad(self.function, self.places)(*args)
        return Result(value, dict(zip(self.wrt, found, strict=True)))

    def programs_at(
        self, args: Sequence[Any], backend: Backend, one: FunctionRecording | None = None
    ) -> tuple[OutputPrograms, Sequence[Any]]:
        """Return the backend's programs for arguments, or for a batch of them, and their inputs.

        `one` is the recording that holds for them, where that is known.
        """
        if one is not None and one.programs is not None:
            return one.programs, [*map(float, args)]
        parts = zip(self.names, self.examples, args, strict=True)
        numbers = [x for name, example, part in parts for x in numbers_like(example, part, name)]
        many = [x for x in numbers if type(x) is np.ndarray]
        if len({x.shape for x in many}) > 1 or any(x.ndim != 1 or not x.size for x in many):
            raise ShapeError(f"a batch has arrays of one length; got shapes {', '.join(str(x.shape) for x in many)}")
        first = iter([x if type(x) is float else float(x[0]) for x in numbers])
        point = [
            together(part if is_static(example) else example, first, False)
            for example, part in zip(self.examples, args, strict=True)
        ]
        recording, inputs = self.recording(point)
        if many and recording.guards is not None:
            inputs = self.inputs_of_batch(recording, numbers, len(many[0]))
        if recording.programs is None:
            run, _ = run_of(self.function, point, False)
            recording.programs = OutputPrograms(run, recording.names, recording.places, backend, self.reduce)
        return recording.programs, [*numbers, *inputs[len(numbers) :]]

    def inputs_of_batch(self, recording: FunctionRecording, numbers: Sequence[Any], m: int) -> list[Any]:
        """Return the inputs of a recording for m examples; ValueError where one of them takes another way."""
        rows = []
        for k in range(m):
            row = recording.inputs([x if type(x) is float else float(x[k]) for x in numbers])
            if row is None:
                raise ValueError(
                    f"{self.name} branches, or leaves a domain, and example {k} of the batch takes another way "
                    "than the first; write where, maximum or relu for a branch"
                )
            rows.append(row)
        return [*numbers, *(np.array(column) for column in zip(*(row[len(numbers) :] for row in rows), strict=True))]

    def run_on_backend(self, args: Sequence[Any], backend: Backend, one: FunctionRecording | None) -> Result:
        """Return the value and the gradients at a point, or of a batch, as the backend has them."""
        programs, inputs = self.programs_at(args, backend, one)
        value, slopes = programs(inputs)
        if one is not None:
            return Result(value, {name: row[0] for name, row in zip(self.wrt, slopes, strict=True)})
        if len(programs.programs) > 1 and any(np.ndim(x) for row in slopes for x in row):
            raise ValueError(f"{self.name} returns several numbers: of a batch take .value, or one output at a time")
        result, start = {}, 0
        for i in self.places:
            n = len(numbers_in(self.examples[i], False))
            part, start = slopes[start : start + n], start + n
            single = len(programs.programs) == 1
            result[self.names[i]] = (
                slopes_like(self.examples[i], [row[0] for row in part]) if single else np.array(part, np.float64).T
            )
        return Result(value, result)

    def by_name(self, args: Sequence[Any], gradient: Any) -> dict[str, Any]:
        """Return a gradient, or the rows of a Jacobian, by the names of the arguments."""
        result, start = {}, 0
        for i in self.places:
            n = len(vector(args[i], self.arrays))
            part = gradient[..., start : start + n]
            result[self.names[i]] = part if gradient.ndim > 1 else from_vector(args[i], part, self.arrays)
            start += n
        return result

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone, in the structure that the function returns."""
        given = self.arguments(args, named)
        one = self.recording_of_numbers(given)
        if one is not None and self.backend is None and (found := one.at_numbers("value", given)):
            return unflatten(one.result, [float(found[0])])
        if one is None and has_nodes(given, self.arrays):
            return self.function(*given)
        if self.backend is not None:
            programs, inputs = self.programs_at(given, self.backend, one)
            return programs.value(inputs)
        flat = self.at(given)
        outputs = flat.run("value", vector(flat.part(given), self.arrays), None, flat.others(given))
        return self.recording(given)[0].structured(outputs)

    def flat(self) -> FlatFunction:
        """Return the function of one vector, the numbers of the arguments in `wrt`; see `FlatFunction`."""
        return self.at(self.examples)

    def at(self, args: Sequence[Any]) -> FlatFunction:
        """Return the function of one vector that stands for arguments of the form of these."""
        return FlatFunction(self.function, args, self.places, self.arrays, self.find, self.ready)

    def to_jax(self) -> Callable[..., Any]:
        """Return it as a pure function of JAX (an extra), of the numbers of the arguments in order; see `Program`."""
        found = derive_function(self, style="numpy")
        with extra("jax"):
            return load_function(jax_source(found.source), "value_and_gradients")

    def to_onnx(
        self, path: str | Path | None = None, *, batch: Batch | None = None, dtype: Precision = "float32"
    ) -> Any:
        """Return it as an ONNX model (an extra) of what it returns, y or y1, y2, …; see `microgradnn.to_onnx`.

        All arguments are inputs; Tensors from outside of the function are held. Raises ValueError for a function that
        branches or takes numbers out of nodes, and for an operation that ONNX has not.
        """
        return model_of(self.forward_steps()[0], path, batch, dtype)

    def to_torch(self) -> Any:
        """Return it as a module of PyTorch (an extra), whose values and gradients are checked; see `Program.to_torch`.

        All numbers of its arguments are inputs, in order; parameters from outside of the function are the module's. It
        returns a tensor, or a tuple of the outputs.
        """
        forward, run = self.forward_steps()
        module = to_module(
            forward, [name for name, x in zip(forward.names, run.inputs, strict=True) if x.kind == "parameter"]
        )
        flat = self.flat()
        values = flat.run("value", flat.x0, None, ())
        seeds = np.random.default_rng(0).normal(size=len(values))
        places = self.recordings[0].places
        given = forward.defaults[: len(run.leaves)]
        like = [np.asarray(given[i], np.float64) for i in places]
        back, ends = flat.vjp(flat.x0, seeds), np.cumsum([x.size for x in like])
        grads = dict(zip([forward.names[i] for i in places], np.split(back, ends[:-1]), strict=True)) if places else {}
        sizes = np.cumsum([int(np.prod(getattr(x, "shape", ()))) for x in run.outputs])[:-1]
        check_module(module, given, np.split(seeds, sizes), np.split(values, sizes), grads)
        return module

    def forward_steps(self) -> tuple[Forward, RecordedCall]:
        """Return it as steps, and the run that these are of; ValueError where it branches."""
        run, recording = self.formula_of()
        if recording.guards is not None:
            raise ValueError(f"{self.name} branches, and a branch is no formula: write where, maximum or relu for it")
        with run.renamed(recording.names[: len(run.leaves)]) as own, output_names(run, own):
            rows, place = rows_of(run.outputs, run.inputs)
            outputs = [(identifier(x.name), place[x]) for x in run.outputs]
        held = [i >= len(run.leaves) for i in range(len(own))]
        given = [*numbers_in(list(self.examples), self.arrays), *[numbers_of(x) for x in run.outer]]
        return Forward(rows, own, given, held, outputs, self.arrays), run

    def formula_of(self) -> tuple[RecordedCall, FunctionRecording]:
        """Return a run at the examples, and its recording; ValueError where what it does is written by no formula."""
        run, _ = run_of(self.function, self.examples, self.arrays)
        (recording,) = self.recordings
        if not recording.way.replays:
            raise ValueError(f"{self.name} takes numbers out of nodes (.data, .item()), and what is written cannot")
        if run.detached:
            raise ValueError(
                f"{self.name} detaches what it computed, which is written by no formula; compile replays it"
            )
        return run, recording

    @property
    def source(self) -> str:
        """The code of all recordings, value and gradient, each with its guards."""
        parts = []
        for one in self.recordings:
            product: Any = "gradient" if one.way.formula.single else "value"
            one.way.function(product)
            parts += [*(one.guards or ())[:1], one.way.sources[product]]
        return "\n\n".join(parts)

    def arguments(self, args: Sequence[Any], named: dict[str, Any]) -> list[Any]:
        """Return all arguments in order; TypeError for what is none."""
        if len(args) > len(self.names):
            raise TypeError(f"{self.name} has {len(self.names)} arguments, {', '.join(self.names)}; got {len(args)}")
        given = [x if type(x) is float else with_numpy(x) for x in args]
        if len(args) == len(self.names) and not named:
            return given
        given += self.examples[len(args) :]
        for name, x in named.items():
            if name not in self.names:
                raise TypeError(f"{name!r} is no argument of {self.name} (choose from {', '.join(self.names)})")
            place = self.names.index(name)
            if place < len(args):
                raise TypeError(f"{name} is given twice")
            given[place] = x if type(x) is float else with_numpy(x)
        return given

    def recording(self, args: Sequence[Any]) -> tuple[FunctionRecording, list[Any]]:
        """Return the recording that suits these arguments, a new one where there is none, and its inputs."""
        form = apart(list(args), "", self.arrays, [], [])
        given = numbers_in(list(args), self.arrays)
        for one in self.recordings:
            if one.form == form and (inputs := one.inputs(given)) is not None:
                if self.due():
                    self.check(one, args, inputs)
                return one, inputs
        if not self.arrays:
            for name, example, x in zip(self.names, self.examples, args, strict=True):
                refuse_batch(example, x, name)
        if self.recordings and self.on_change == "raise":
            raise GuardError(
                f"{self.name} was recorded for another branch, or for arguments of another form\n{self.source}"
            )
        one = FunctionRecording(self, args, form)
        inputs = one.inputs(given)
        if inputs is None:
            raise GuardError(f"the guards of {self.name} do not hold where it was recorded\n{self.source}")
        self.check(one, args, inputs)
        self.recordings.append(one)
        return one, inputs

    def recording_of_numbers(self, args: Sequence[Any]) -> FunctionRecording | None:
        """Return the only recording, where it holds for all numbers, these are some, and it need not be checked.

        The call is counted then; where a check is due, `recording` counts it, and makes the check.
        """
        if len(self.recordings) != 1 or not (one := self.recordings[0]).takes_any_numbers:
            return None
        if not PLAIN.issuperset(map(type, args)) or is_due(self.calls + 1):
            return None
        self.calls += 1
        return one

    def due(self) -> bool:
        """Count a call, and return whether its replay is to be held against the function."""
        self.calls += 1
        return is_due(self.calls)

    def check(self, one: FunctionRecording, args: Sequence[Any], inputs: Sequence[Any]) -> None:
        """Hold a replay against the function itself: a branch on `x.data` has no guard. Raises GuardError."""
        product: Product = "gradient" if one.way.formula.single else "value"
        found = one.way.run(product, *split(inputs, one.places, self.arrays))
        if found is None:
            return
        want = self.at(args).sweep(product, args, None)
        found, want = (np.hstack([*map(np.ravel, both)]) if product == "gradient" else both for both in (found, want))
        if want.shape == found.shape and np.allclose(found, want, rtol=1e-6, atol=1e-9):
            return
        again = FunctionRecording(self, args, one.form)
        outer = zip(one.outer, again.outer, strict=False)
        kept = len(one.outer) == len(again.outer) and all(
            x is y or same(numbers_of(x), numbers_of(y)) for x, y in outer
        )
        if kept and same_steps(one.way.formula.rows, again.way.formula.rows):  # what differs is rounding
            return
        self.recordings = [other for other in self.recordings if other is not one]
        raise GuardError(
            f"{self.name} gives {want}, and its recording {found}: it depends on its arguments in a way that was not "
            "recorded, such as a branch on x.data, a random number, or a variable that changes"
        )

    def find(self, args: Sequence[Any]) -> tuple[Way, list[Any]]:
        """Return the formula that suits these arguments, and its inputs but those of `wrt`."""
        one, inputs = self.recording(args)
        return one.way, [x for i, x in enumerate(inputs) if i not in one.places]

    def ready(self) -> VectorFunction | None:
        """Return the gradient of the only formula there is, where it holds whatever comes."""
        way = self.unguarded
        if way is None or not self.rest_is_finite or self.due():
            return None
        if self.at_once is None or self.at_once[0] is not way:
            self.at_once = way, self.vector_function(way)
        return self.at_once[1]

    def vector_function(self, way: Way) -> VectorFunction:
        """Return the gradient as `flat` has it, by the backend if that is the quickest at it."""
        if self.backend == "native" and not self.rest:
            programs, _ = self.programs_at(self.examples, self.backend)
            (program,) = programs.programs
            if isinstance(program, NativeProgram) and [*program.wrt] == [name for _, name in programs.wrt]:
                return program.vector_function(way, self.rest)
        return (on_array if self.arrays else on_list)(way.function("gradient"), self.rest)

    @property
    def unguarded(self) -> Way | None:
        """The formula, where it is the only one, has one output, and no guards or numbers from outside."""
        if len(self.recordings) != 1 or not self.recordings[0].way.replays:
            return None
        (one,) = self.recordings
        return one.way if one.guards is None and not one.outer and one.way.formula.single else None

    @functools.cached_property
    def rest(self) -> list[Any]:
        """The inputs of the first recording but those of `wrt`, as they were."""
        return self.find(self.examples)[1]

    @functools.cached_property
    def rest_is_finite(self) -> bool:
        """Whether these hold no ∞ and no NaN, of which a condition that is printed may make a number."""
        return all(np.isfinite(one).all() for one in self.rest)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function, self.examples, self.wrt, self.on_change, self.backend, self.reduce)

    def __repr__(self) -> str:
        return f"<program of {self.name}({', '.join(self.names)}), by {', '.join(self.wrt)}>"


def split(inputs: Sequence[Any], places: Sequence[int], arrays: bool) -> tuple[Any, None, list[Any]]:
    """Return inputs as a product takes them: those at some places as one vector, and the others."""
    return vector([inputs[i] for i in places], arrays), None, [x for i, x in enumerate(inputs) if i not in places]


def has_nodes(args: Sequence[Any], arrays: bool) -> bool:
    """Whether the graph that arguments stand in would be lost: they are Values, or Tensors that were computed."""
    nodes = [x for x in flatten(list(args)) if isinstance(x, Node)]
    return any(x.op is not None or not arrays for x in nodes) or bool(nodes and derivatives.is_inside())


def is_due(calls: int) -> bool:
    """Whether a replay is held against the function at this call: the 1st, 2nd, 4th, 8th and so on."""
    return calls & (calls - 1) == 0


def same_steps(rows: Sequence[tuple[Any, Any]], others: Sequence[tuple[Any, Any]]) -> bool:
    """Whether two runs of a function did the same, with the same numbers."""

    def key(row: tuple[Any, Any]) -> Any:
        op, about = row
        if op is None:
            return np.shape(about), np.asarray(about, np.float64).tobytes()
        return op.name, op.held, op.spell_parameters() if hasattr(op, "spell_parameters") else (), about

    return list(map(key, rows)) == list(map(key, others))


def reads_data(code: Any) -> bool:
    """Whether a function, or one written inside it, takes numbers out of nodes, on which it may then branch.

    Such a function is recorded, for its form, but never replayed.
    """
    if code is None:
        return False
    return bool(TAKES_OUT & {*code.co_names}) or any(map(reads_data, filter(inspect.iscode, code.co_consts)))


def parameters_of(function: Callable[..., Any], n: int) -> list[str]:
    """Return names for n arguments: those of the function, or x1, x2 where it does not say."""
    known = arguments(function)
    return [known[i] if i < len(known) else f"x{i + 1}" for i in range(n)]


@overload
def compile(
    output: Node,
    wrt: Sequence[Node | str] | None = None,
    *,
    inputs: Sequence[Node | str] | None = None,
    backend: Literal["native"],
    reduce: Reduction = "sum",
    optimize: bool = False,
) -> NativeProgram: ...


@overload
def compile(
    output: Node,
    wrt: Sequence[Node | str] | None = None,
    *,
    inputs: Sequence[Node | str] | None = None,
    backend: Backend = "numpy",
    reduce: Reduction = "sum",
    any_length: bool = False,
    simplify: bool = True,
) -> Program: ...


@overload
def compile(
    output: Callable[..., Any],
    *examples: Any,
    wrt: Sequence[int | str] | None = None,
    on_change: OnChange = "record",
    backend: Backend | None = None,
    reduce: Reduction = "sum",
) -> FunctionProgram: ...


def compile(output: Any, *examples: Any, **options: Any) -> Any:
    """Return the program that computes a node, or a function, and its gradients for other inputs.

    Of a node, `wrt` and `inputs` are as for `derive`. The backend 'numpy' takes arrays; a graph of Values takes
    numbers, or arrays of m examples for some of the inputs, and then the gradients in the others,
    which the examples share, are summed (or with `reduce='mean'` averaged) over them. 'python' is for
    Values alone: plain floats, which are faster for a single example. 'native' (an extra) is for them too,
    single or in a batch, and the fastest: machine code, which for a graph of 3,000 nodes is made in a fifth of a
    second; with `optimize` it is made with more care, which takes four times as long.

    A program of Tensors takes arrays of the shapes it was compiled for. With `any_length` the number of
    examples m may be another one; a number in the formula that stands for m, such as 1/m, would not follow.

    >>> from microgradnn import Value
    >>> w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")
    >>> program = compile((w * x).tanh().named("y"), [w])
    >>> program(x=0.5)
    Result(value=0.7615941559557649, gradients={'w': 0.20998717080701307})
    >>> program(x=[0.5, -0.5]).gradients["w"]
    0.0

    Of a function, give an example for each argument: a number, an array, a list, tuple or dict of them. It is given
    Values, or Tensors where an example is one; it may return any structure. `wrt` are the places or names of
    the arguments by which it is differentiated, by default all. Beside Tensors an array of whole numbers is a
    constant, by which the function may index: `X[:, i]`. What is no number (a string, a bool, None, an object)
    is static: with another one the function is recorded once more, or with `on_change='raise'` there is a GuardError;
    so it is where a comparison comes out otherwise, or a shape is another. See `FunctionProgram`.

    A function of Values runs as Python, at one point, unless a `backend` is named; then an array of m numbers may stand
    for a number of the examples, as in the program of a node: the function is computed for all of them at once.
    Without one an array for a number raises TypeError.

    >>> compile(lambda x, k: {"y": k * x[0] * x[1]}, [2.0, 3.0], 10.0, wrt=["x"])(k=1.0)
    Result(value={'y': 6.0}, gradients={'x': [3.0, 2.0]})
    >>> compile(lambda x, k: k * x * x, 2.0, 3.0, backend="numpy")([1.0, 2.0], 3.0)
    Result(value=array([ 3., 12.]), gradients={'x': array([ 6., 12.]), 'k': 5.0})
    """
    if isinstance(output, Node) or not callable(output) or not (examples or takes_nothing(output)):
        return backends.compile(output, *examples, **options)
    if unknown := sorted({*options} - {"wrt", "on_change", "backend", "reduce"}):
        raise TypeError(
            f"compile of a function takes wrt, on_change, backend and reduce, and no {', '.join(unknown)}: arguments "
            "stand in order; compile(f(Value(2.0, 'x')), …) is of a node"
        )
    return FunctionProgram(output, examples, **options)


@overload
def derive(
    output: Node,
    wrt: Sequence[Node | str] | None = None,
    *,
    inputs: Sequence[Node | str] | None = None,
    name: str = "value_and_gradients",
    simplify: bool = True,
    notes: bool = False,
    style: Style | Literal["jax"] = "numpy",
) -> Derivation: ...


@overload
def derive(
    output: Callable[..., Any],
    *examples: Any,
    wrt: Sequence[int | str] | None = None,
    name: str = "value_and_gradients",
    simplify: bool = True,
    notes: bool = False,
    style: Style | Literal["jax"] | None = None,
) -> Derivation | OutputsDerivation: ...


def derive(output: Any, *examples: Any, **options: Any) -> Any:
    """Write out the computation of a node, one number, or of a function, and of its gradients.

    Of a node, `wrt` are nodes, or their names, by default the parameters, or all named leaves where there are none.
    `inputs` are the leaves that become arguments of the function, by default all that have a name; other
    leaves are written as numbers. With `notes`, dZ and its like are those of a single example, and the 1/m comes
    with dW and db (course notes, 3.6). `simplify=False` shows the raw chain rule. `style` is
    'numpy', 'jax', the same lines with `jax.numpy`, or, for graphs of Values, 'python', 'c' or 'javascript'. Source
    in C has a `header`, and with TEST defined a `main` that tests it at the numbers that the graph had.

    Raises ValueError where `output` is no single number or does not depend on one of `wrt`, and for another style.

    >>> from microgradnn import Value
    >>> a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
    >>> u = (b * c).named("u"); v = (a + u).named("v"); J = (3 * v).named("J")
    >>> print(derive(J))
    u = b * c
    v = a + u
    J = 3 * v
    <BLANKLINE>
    dv = 3
    da = dv
    du = dv
    db = du * c
    dc = du * b

    Of a function give an example for each argument, as for `compile`. One that returns more than one number gives its
    backward pass: the source takes the gradients in the outputs too. What it decided by comparing is checked
    when the source is called: it raises ValueError where another branch would be taken.

    >>> from microgradnn import Tensor
    >>> print(derive(lambda W, X: (W @ X).tanh(), Tensor([[1.0, 2.0]]), Tensor([[3.0, 5.0], [4.0, 6.0]]), wrt=["W"]))
    y = np.tanh(W @ X)
    <BLANKLINE>
    dW = dy * (1 - y**2) @ X.T
    """
    style = options.get("style", "numpy")
    if style not in (None, "jax", *get_args(Style)):
        raise ValueError(f"unknown style {style!r} (choose from {', '.join(get_args(Style))}, jax)")
    if style == "jax":
        found = derive(output, *examples, **{**options, "style": "numpy"})
        return replace(found, source=jax_source(found.source), value_source=jax_source(found.value_source))
    if isinstance(output, Node) or not callable(output) or not (examples or takes_nothing(output)):
        return with_test(derive_graph(output, *examples, **options), **options)
    found = derive_function(FunctionProgram(output, examples, options.pop("wrt", None)), **options)
    return with_test(found, **options) if isinstance(found, Derivation) else found


def with_test(found: Derivation, *, name: str = "value_and_gradients", **_: Any) -> Derivation:
    """Return a derivation in C with a header, and with a `main` that tests it where its graph was; another as it is."""
    if found.style != "c":
        return found
    at = [float(found.defaults[x]) for x in found.inputs]
    with np.errstate(all="ignore"):
        value, gradients = load_function(found.exact_source, name)(*map(np.float64, at))
    what = [found.output, *(f"d{x}" for x in found.wrt)]
    test = c_test(name, what, at, [*map(float, (value, *gradients))])
    return replace(found, source=found.source + test, header=c_header(name, found.inputs, found.wrt, found.output))


def derive_function(
    program: FunctionProgram, *, style: Style | None = None, name: str = "value_and_gradients", **options: Any
) -> Derivation | OutputsDerivation:
    """Return the derivation of the way that a function takes at its examples."""
    run, recording = program.formula_of()
    leaves = run.leaves
    chosen: Style = style or recording.way.style
    with run.renamed(recording.names[: len(leaves)]) as own, output_names(run, own):
        wrt = [leaves[i] for i in recording.places]
        found: Derivation | OutputsDerivation
        if recording.way.formula.single:
            met = {*topological(run.outputs[0])}
            wanted = [x for x in wrt if x in met]
            found = derive_graph(run.outputs[0], wanted, inputs=run.inputs, style=chosen, name=name, **options)
        else:
            if options:
                what = f"derive of a function that returns more than one number takes no {', '.join(sorted(options))}"
                raise TypeError(f"{what}; choose from wrt, style, name")
            found = derive_outputs(run.outputs, wrt, run.inputs, chosen, name)
    if recording.guards is None:
        return found
    if chosen not in ("numpy", "python"):
        raise ValueError(f"{program.name} branches, which the style {chosen!r} does not check; 'numpy' and 'python' do")
    guard = run.guards(found.inputs, chosen)[0]
    sources = [with_guard(source, guard, found.inputs) for source in (found.source, found.value_source)]
    return replace(found, source=sources[0], value_source=sources[1])


@contextmanager
def output_names(run: RecordedCall, taken: Sequence[str]) -> Iterator[None]:
    """Give outputs that have no name one, y or y1, y2, for the length of a block."""
    before = [(x, x.name) for x in run.outputs]
    own = {*taken}
    for i, x in enumerate(run.outputs, 1):
        if not x.name:
            x.name = unique("y" if len(run.outputs) == 1 else f"y{i}", sorted(own))
            own.add(x.name)
    try:
        yield
    finally:
        for x, name in before:
            x.name = name


def with_guard(source: str, guard: str, inputs: Sequence[str]) -> str:
    """Return a module whose last function raises where a guard, a function `holds` of its inputs, does not hold."""
    lines = [line for line in (guard + source).splitlines() if line in IMPORTS]
    first, second = ("\n".join(line for line in text.splitlines() if line not in IMPORTS) for text in (guard, source))
    before, _, body = second.rpartition('"""\n')
    refusal = 'raise ValueError("another branch than the one that was derived")'
    check = f"    if not holds({', '.join(inputs)}):\n        {refusal}\n"
    return "\n".join([*dict.fromkeys(lines), "", "", f'{first.strip()}\n\n\n{before.strip()}"""\n{check}{body}\n'])


def takes_nothing(function: Any) -> bool:
    """Whether a function can be called without arguments, and is no network, of which the cost is meant."""
    try:
        inspect.signature(function).bind()
    except (TypeError, ValueError):
        return False
    return not hasattr(function, "cost")
