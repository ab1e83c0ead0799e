"""Programs that are tapes, run by the interpreter: ready at once, however large the graph is."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from operator import attrgetter
from typing import Any, overload

import numpy as np

from ...errors import ShapeError
from ...formulas.derive import Derivation, derive
from ..calls import Steps, steps_of
from ..program import ARRAYS, FLOATS, Program, Reduction, Result, to_real_array
from .interpreter import Interpreter, interpreter
from .tape import CASE, IDLE, KINDS, LIST, Array, Tape
from .vectorise import SPARE, addresses

CACHE = 1 << 18  # bytes that the numbers of a block may take: half of a processor's own cache
LEAST = 1 << 18  # operations on examples for which it is worth while to ask another thread
LENGTHS = 8  # numbers of examples for which buffers are kept


class TapeProgram(Program):
    """A tape that runs by itself, and over a batch in blocks of examples, shared out among threads."""

    def __init__(self, tape: Tape, output: str, wrt: Sequence[str], *, reduce: Reduction = "sum") -> None:
        self.describe(tape, output, wrt, reduce)
        self.interpreter = interpreter()
        mark_unwanted(tape, self.interpreter)
        self.batches: dict[tuple[int, ...], Batch] = {}

    def describe(self, tape: Tape, output: str, wrt: Sequence[str], reduce: Reduction) -> None:
        """Set what every program of a tape has."""
        self.tape = tape
        self.output = output
        self.reduce = reduce
        self.arrays = self.any_length = False
        self.inputs, self.wrt = tape.inputs, tuple(wrt)
        self.defaults = dict(zip(tape.inputs, tape.start.tolist(), strict=False))
        self.free: list[Any] = []  # buffers of calls that are over
        self.free_batches: dict[tuple[int, ...], list[Any]] = {}
        self.places: list[int] = tape.wrt.tolist()
        self.inner = [slot for slot in dict.fromkeys(self.places) if slot >= len(tape.start) - len(tape.code)]
        self.wrt_of: dict[int, list[int]] = {}
        for k, slot in enumerate(self.places):
            self.wrt_of.setdefault(slot, []).append(k)

    @cached_property
    def derivation(self) -> Derivation:  # type: ignore[override]
        """What the tape computes, written out; made when it is asked for, which takes long for a large graph."""
        output, wrt, inputs = self.tape.graph()
        return derive(output, wrt, inputs=inputs)

    @cached_property
    def steps(self) -> Steps:  # type: ignore[override]
        """The steps of the graph, for calls on nodes."""
        output, wrt, inputs = self.tape.graph()
        return steps_of(output, inputs, self.inputs, dict(zip(self.wrt, wrt, strict=True)))

    @overload
    def buffers(self) -> Buffers: ...

    @overload
    def buffers(self, *many: str, examples: int) -> BatchBuffers: ...

    def buffers(self, *many: str, examples: int = 0) -> Buffers | BatchBuffers:
        """Return arrays for inputs and gradients, and a call between them that makes nothing new: for inner loops.

        With names, those inputs are arrays of so many `examples`. Raises ValueError for a name that is no input, and
        where names or examples are missing.
        """
        if not many and not examples:
            return self.point_buffers()
        for name in many:
            if name not in self.inputs:
                raise ValueError(f"{name!r} is no input of the program (choose from {', '.join(self.inputs)})")
        if not many or examples < 1 or len({*many}) < len(many):
            raise ValueError(f"a batch has inputs, each once, and a number of examples; got {many} and {examples=}")
        return self.batch_buffers(tuple([self.inputs.index(name) for name in many]), examples)

    def point_buffers(self) -> Buffers:
        """Return buffers for one point."""
        return Buffers(self)

    def batch_buffers(self, places: tuple[int, ...], examples: int) -> BatchBuffers:
        """Return buffers for a batch in which these inputs differ."""
        if places not in self.batches:
            self.batches[places] = Batch(self, places)
        return BatchBuffers(self.batches[places], examples)

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients, as `Program` does."""
        given = self.resolve_inputs(args, named)
        if types := set(map(type, given)) - FLOATS:
            return self.run_on_batch(given, both=True) if types == ARRAYS else self.run_on_nodes(given)
        buffers = self.spare()
        buffers.inputs[:] = given
        value = buffers()
        result = Result(value, dict(zip(self.wrt, buffers.gradients.tolist(), strict=True)))
        self.free.append(buffers)
        return result

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone; the backward pass is not computed."""
        given = self.resolve_inputs(args, named)
        if types := set(map(type, given)) - FLOATS:
            return self.run_on_batch(given, both=False).value if types == ARRAYS else self.operation(*given)
        buffers = self.spare()
        buffers.inputs[:] = given
        value = buffers.value()
        self.free.append(buffers)
        return value

    def spare(self) -> Any:
        """Return buffers that no call has now."""
        try:
            return self.free.pop()
        except IndexError:  # all are busy in other threads, or there are none yet
            return self.point_buffers()

    def run_on_batch(self, given: Sequence[Any], *, both: bool) -> Result:
        """Return the values, and the gradients if they are wanted, where some inputs are arrays of examples."""
        many = [i for i, x in enumerate(given) if type(x) is not float]
        shape = given[many[0]].shape
        m = given[many[0]].size
        key = (*many, m)
        if key not in self.free_batches and len(self.free_batches) >= LENGTHS:
            self.free_batches.clear()
        free = self.free_batches.setdefault(key, [])
        try:
            buffers = free.pop()
        except IndexError:
            buffers = self.buffers(*[self.inputs[i] for i in many], examples=m)
        single, examples = list(given), buffers.examples
        for k, i in enumerate(many):
            examples[k] = given[i].ravel()
            single[i] = 0.0
        buffers.inputs[:] = single
        buffers.run(both=both)
        gradients: list[Any] = buffers.gradients.tolist() if both else []
        own = buffers.own.copy() if both else buffers.own
        for k, i in enumerate([*many, *self.inner]):
            for place in self.wrt_of.get(i, ()) if both else ():
                gradients[place] = own[k].reshape(shape)
        result = Result(buffers.values.reshape(shape).copy(), dict(zip(self.wrt, gradients, strict=False)))
        free.append(buffers)
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (self.tape, self.output, self.wrt, self.reduce)


def rebuild(tape: Tape, output: str, wrt: Sequence[str], reduce: Reduction) -> TapeProgram:
    """Make a program anew from its tape, as pickle does."""
    return TapeProgram(tape, output, wrt, reduce=reduce)


def mark_unwanted(tape: Tape, run: Interpreter) -> None:
    """Mark the operations from which nothing is wanted."""
    wanted = np.zeros(len(tape.start), np.uint32)
    wanted[tape.wrt] = 1
    run.spread(address(tape.code), len(tape.code), address(tape.lists), address(KINDS), address(wanted))
    tape.code[:, 0] |= np.where(wanted[tape.code[:, 1]], 0, IDLE).astype(np.uint32)


def address(array: Array) -> int:
    """Return where an array's numbers are."""
    return int(array.ctypes.data)


def array_attribute(name: str) -> Any:
    """Return an attribute that holds an array: what is assigned to it is written into the array."""
    place = f"_{name}"

    def put(self: Any, x: Any) -> None:
        array, new = getattr(self, place), to_real_array(name, x)
        try:
            array[...] = new
        except ValueError:
            raise ShapeError(f"{name} has shape {array.shape}; got {new.shape}") from None

    return property(attrgetter(place), put)


class Buffers:
    """The numbers of one run: write into `inputs`, call, and read `gradients`; the call returns the value.

    Both are arrays of float64, in the order of the program's `inputs` and `wrt`. The next call writes over them.
    """

    inputs = array_attribute("inputs")

    def __init__(self, program: TapeProgram) -> None:
        tape = program.tape
        n, code, lists = len(tape.code), tape.code, tape.lists
        self.tape = tape  # whose numbers the interpreter reads
        self.v, self.d = tape.start.copy(), np.zeros(len(tape.start))
        self._inputs = self.v[: len(tape.inputs)]
        self.result = self.v[tape.output : tape.output + 1]
        slots = tape.wrt
        together = len(slots) > 0 and slots[-1] < len(tape.start) - n and bool((np.diff(slots) == 1).all())
        self.slots = None if together else slots
        self.gradients = self.d[slots[0] : slots[0] + len(slots)] if together else np.zeros(len(slots))
        self.point, self.forward = program.interpreter.point, program.interpreter.value
        self.alone = address(code), n, address(lists), address(self.v)
        self.told = [
            np.array(numbers, np.int64)
            for numbers in (
                [address(code), address(lists)],
                [address(self.v), address(self.d)],
                [n, len(self.v), tape.output],
            )
        ]
        self.places = tuple(map(address, self.told))

    def __call__(self) -> float:
        """Compute the value and the gradients, and return the value."""
        value = self.point(*self.places)
        if self.slots is not None:
            self.d.take(self.slots, out=self.gradients, mode="clip")
        return value

    def value(self) -> float:
        """Compute the value alone, and return it."""
        self.forward(*self.alone)
        return float(self.result[0])

    def step(self, learning_rate: float) -> float:
        """Take a step of gradient descent, θ := θ − α dθ in `inputs` (notes, C5), and return the value before."""
        value: float = take_step(self, learning_rate)
        return value


class Batch:
    """A tape in two: what all examples share, done once, and what each has for itself, done in blocks."""

    def __init__(self, program: TapeProgram, many: Sequence[int]) -> None:
        tape = program.tape
        self.interpreter, self.tape, self.many, self.reduce = program.interpreter, tape, many, program.reduce
        self.inner = program.inner
        apart = self.varying()[tape.code[:, 1]] > 0
        self.shared, own = np.ascontiguousarray(tape.code[~apart]), tape.code[apart]
        read = [tape.operands(i) for i in np.flatnonzero(apart).tolist()]
        results = dict.fromkeys([*many, *self.inner, *own[:, 1].tolist()])
        slots = dict.fromkeys([*results, *(x for one in read for x in one), tape.output])
        rows = {slot: i for i, slot in enumerate(slots)}  # a block has a row for each slot that it needs
        self.slots = np.array([*slots], np.uint32)
        self.results = len(results)  # rows; those after them are of what the examples share
        self.output = rows[tape.output]
        renumbered = np.zeros(len(tape.start), np.uint32)
        renumbered[self.slots] = np.arange(len(slots))
        self.own, self.lists = own.copy(), renumbered[tape.lists]
        kinds = KINDS[own[:, 0] & CASE]
        self.own[:, 1] = renumbered[own[:, 1]]
        self.own[:, 2] = np.where(kinds < LIST, renumbered[np.where(kinds < LIST, own[:, 2], 0)], own[:, 2])
        self.own[:, 3] = np.where(kinds < 3, renumbered[np.where(kinds < 3, own[:, 3], 0)], own[:, 3])
        self.width = max(16, CACHE // (16 * len(slots)) // 8 * 8)

    def varying(self) -> Array:
        """Return for each slot whether the examples differ in it."""
        marks = np.zeros(len(self.tape.start), np.uint32)
        marks[[*self.many, *self.inner]] = 1
        self.interpreter.spread(
            address(self.tape.code),
            len(self.tape.code),
            address(self.tape.lists),
            address(KINDS),
            address(marks),
        )
        return marks


class BatchBuffers:
    """The numbers of a run over m examples: write into `examples` and `inputs`, call, and read the rest.

    `examples` (k, m) has a row for each of the k inputs in which the examples differ; `inputs` are the others, in
    the order of the program's inputs. `values` (m,) are the values; `gradients`, in the order of `wrt`, are summed
    over the examples (or averaged), and 0 for what has a row in `own`: `own` (k, m) are those in `examples`, of
    use for what is in `wrt`, with rows for nodes inside the graph after them, if there are such in `wrt`. The next
    call writes over them.
    """

    inputs, examples = array_attribute("inputs"), array_attribute("examples")

    def __init__(self, batch: Batch, m: int) -> None:
        self.batch, self.tape = batch, batch.tape
        self.v = batch.tape.start.copy()
        self._inputs = self.v[: len(batch.tape.inputs)]
        self._examples, self.own = np.zeros((len(batch.many), m)), np.zeros((len(batch.many) + len(batch.inner), m))
        self.values, self.gradients = np.zeros(m), np.zeros(len(batch.tape.wrt))
        self.scale = 1 / m if batch.reduce == "mean" else 1.0
        width = min(batch.width, m)
        blocks = math.ceil(m / width)
        threads = max(1, min(cores(), m * len(batch.own) // LEAST, blocks))
        each = math.ceil(blocks / threads) * width
        self.told: list[Array] = [np.array([address(batch.own), address(batch.lists), address(batch.slots)], np.int64)]
        self.sums: list[Array] = []
        self.parts: list[tuple[int, ...]] = []
        for first in range(0, m, each):
            block, sums = np.zeros((2, len(batch.slots) + SPARE, width)), np.zeros(len(self.v))
            arrays = [self.v, self.examples, self.own, self.values, block[0], block[1], sums]
            sizes = [len(batch.own), len(batch.slots), batch.results, len(batch.many), width]
            sizes += [m, first, min(first + each, m), batch.output, len(self.own), 1]
            told = [np.array([address(x) for x in arrays], np.int64), np.array(sizes, np.int64)]
            self.told += [block, *told]
            self.sums.append(sums)
            self.parts.append((address(self.told[0]), address(told[0]), address(told[1]), address(addresses())))
        self.sizes = self.told[3::3]
        self.shared = address(batch.shared), len(batch.shared), address(self.tape.lists), address(self.v)
        self.total = self.sums[0]  # to which those of the other threads are added
        self.backward = *self.shared, address(self.total)

    def __call__(self) -> None:
        """Compute the values and the gradients."""
        self.run(both=True)

    def step(self, learning_rate: float) -> None:
        """Take a step of gradient descent, θ := θ − α dθ in `inputs`, for the θ that all examples share."""
        take_step(self, learning_rate)

    def run(self, *, both: bool) -> None:
        """Compute the values, and the gradients if they are wanted."""
        run = self.batch.interpreter
        run.value(*self.shared)
        for sizes, sums in zip(self.sizes, self.sums, strict=True):
            sizes[-1] = both
            sums[:] = 0.0
        if len(self.parts) == 1:
            run.batch(*self.parts[0])
        else:
            with ThreadPoolExecutor(len(self.parts)) as pool:
                list(pool.map(lambda part: run.batch(*part), self.parts))
            for sums in self.sums[1:]:
                self.total += sums
        if both:
            run.back(*self.backward)
            self.total.take(self.tape.wrt, out=self.gradients, mode="clip")  # any other mode makes a copy first
            self.gradients *= self.scale


def take_step(buffers: Any, learning_rate: float) -> Any:
    """Call buffers, take a step of gradient descent in their inputs, and return what the call gave.

    Raises ValueError, before anything is changed, where a node inside the graph is asked for.
    """
    wrt = buffers.tape.wrt
    if (wrt >= len(buffers.inputs)).any():
        raise ValueError("a step changes inputs, and a node inside the graph is computed from others")
    found = buffers()
    buffers.v[wrt] -= learning_rate * buffers.gradients
    return found


def cores() -> int:
    """Return how many threads may run: NUMBA_NUM_THREADS, or as many as there are cores for this process."""
    asked = os.environ.get("NUMBA_NUM_THREADS", "")
    if asked.isdigit():
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
