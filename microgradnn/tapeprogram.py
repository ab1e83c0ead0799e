"""Programs that are tapes, run by the interpreter: ready at once, however large the graph is."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np

from .derive import Derivation, derive
from .interpreter import Interpreter, interpreter
from .program import FLOATS, Program, Reduction, Result
from .tape import CASE, IDLE, KINDS, LIST, MASKED, Array, Tape

CACHE = 1 << 18  # bytes that the numbers of a block may take: half of a processor's own cache
LEAST = 1 << 18  # operations on examples for which it is worth while to ask another thread


class TapeProgram(Program):
    """A tape that runs by itself, and over a batch in blocks of examples, shared out among threads."""

    def __init__(self, tape: Tape, output: str, wrt: Sequence[str], *, reduce: Reduction = "sum") -> None:
        self.tape = tape
        self.output = output
        self.reduce = reduce
        self.arrays = self.any_length = False
        self.inputs, self.wrt = tape.inputs, tuple(wrt)
        self.defaults = dict(zip(tape.inputs, tape.start.tolist(), strict=False))
        self.run = interpreter()
        flag(tape, self.run)
        self.free: list[Buffers] = []  # of calls that are over
        self.batches: dict[tuple[int, ...], Batch] = {}

    @cached_property
    def derivation(self) -> Derivation:  # type: ignore[override]
        """What the tape computes, written out; made when it is asked for, which takes long for a large graph."""
        output, wrt, inputs = self.tape.graph()
        return derive(output, wrt, inputs=inputs)

    def buffers(self) -> Buffers:
        """Return arrays for inputs and gradients, and a call between them that makes nothing new: for inner loops."""
        return Buffers(self)

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients, as `Program` does."""
        given = self.given(args, named)
        if given is not args and set(map(type, given)) != FLOATS:
            return self.of_batch(given, both=True)
        buffers = self.free.pop() if self.free else Buffers(self)
        buffers.inputs[:] = given
        value = buffers()
        result = Result(value, dict(zip(self.wrt, buffers.gradients.tolist(), strict=True)))
        self.free.append(buffers)
        return result

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone; the backward pass is not computed."""
        given = self.given(args, named)
        if given is not args and set(map(type, given)) != FLOATS:
            return self.of_batch(given, both=False).value
        buffers = self.free.pop() if self.free else Buffers(self)
        buffers.inputs[:] = given
        value = buffers.value()
        self.free.append(buffers)
        return value

    def of_batch(self, given: Sequence[Any], *, both: bool) -> Result:
        """Return the values, and the gradients if they are wanted, where some inputs are arrays of examples."""
        many = tuple([i for i, x in enumerate(given) if type(x) is not float])
        shape = given[many[0]].shape
        if many not in self.batches:
            self.batches[many] = Batch(self, many)
        data = np.array([given[i].ravel() for i in many])
        single = [0.0 if i in many else x for i, x in enumerate(given)]
        values, shared, own = self.batches[many](single, data, both=both)
        if self.reduce == "mean":
            shared /= data.shape[1]
        gradients: list[Any] = shared.tolist() if both else []
        for k, i in enumerate(many):
            for at in np.flatnonzero(self.tape.wrt == i).tolist() if both else ():
                gradients[at] = own[k].reshape(shape)
        return Result(values.reshape(shape), dict(zip(self.wrt, gradients, strict=False)))

    def __reduce__(self) -> tuple[Any, ...]:
        return again, (self.tape, self.output, self.wrt, self.reduce)


def again(tape: Tape, output: str, wrt: Sequence[str], reduce: Reduction) -> TapeProgram:
    """Make a program anew from its tape, as pickle does."""
    return TapeProgram(tape, output, wrt, reduce=reduce)


def flag(tape: Tape, run: Interpreter) -> None:
    """Mark the operations from which nothing is wanted, and those behind a branch."""
    wanted, masked = np.zeros((2, len(tape.start)), np.uint32)
    wanted[tape.wrt] = 1
    told = at(tape.code), len(tape.code), at(tape.lists), at(KINDS)
    run.spread(*told, at(wanted))
    run.mask(*told, at(masked))
    slots = tape.code[:, 1]
    tape.code[:, 0] |= np.where(wanted[slots], 0, IDLE).astype(np.uint32) | (masked[slots] * np.uint32(MASKED))


def at(array: Array) -> int:
    """Return where an array's numbers are."""
    return int(array.ctypes.data)


class Buffers:
    """The numbers of one run: write into `inputs`, call, and read `gradients`; the call returns the value.

    Both are arrays of float64, in the order of the program's `inputs` and `wrt`. The next call writes over them.
    """

    def __init__(self, program: TapeProgram) -> None:
        tape = program.tape
        n, code, lists = len(tape.code), tape.code, tape.lists
        self.held = tape  # whose numbers the interpreter reads
        self.v, self.d = tape.start.copy(), np.zeros(len(tape.start))
        self.inputs = self.v[: len(tape.inputs)]
        self.result = self.v[tape.output : tape.output + 1]
        slots = tape.wrt
        together = len(slots) > 0 and bool((np.diff(slots) == 1).all())
        self.slots = None if together else slots
        self.gradients = self.d[slots[0] : slots[0] + len(slots)] if together else np.zeros(len(slots))
        self.point, self.forward = program.run.point, program.run.value
        self.alone = at(code), n, at(lists), at(self.v)
        self.told = [
            np.array(numbers, np.int64)
            for numbers in ([at(code), at(lists)], [at(self.v), at(self.d)], [n, len(self.v), tape.output])
        ]
        self.places = tuple(map(at, self.told))

    def __call__(self) -> float:
        """Compute the value and the gradients, and return the value."""
        self.point(*self.places)
        if self.slots is not None:
            self.d.take(self.slots, out=self.gradients)
        return float(self.result[0])

    def value(self) -> float:
        """Compute the value alone, and return it."""
        self.forward(*self.alone)
        return float(self.result[0])


class Batch:
    """A tape in two: what all examples share, done once, and what each has for itself, done in blocks."""

    def __init__(self, program: TapeProgram, many: Sequence[int]) -> None:
        tape = program.tape
        self.run, self.tape, self.many = program.run, tape, many
        apart = self.varying()[tape.code[:, 1]] > 0
        self.shared, own = np.ascontiguousarray(tape.code[~apart]), tape.code[apart]
        read = [tape.operands(i) for i in np.flatnonzero(apart).tolist()]
        results = dict.fromkeys([*many, *own[:, 1].tolist()])
        slots = dict.fromkeys([*results, *(x for one in read for x in one), tape.output])
        rows = {slot: i for i, slot in enumerate(slots)}  # a block has a row for each slot that it needs
        self.slots = np.array([*slots])
        self.common = np.array([i for slot, i in rows.items() if slot not in results], np.int64)
        self.rows = np.arange(len(many), dtype=np.uint32)
        self.output = rows[tape.output]
        renumbered = np.zeros(len(tape.start), np.uint32)
        renumbered[self.slots] = np.arange(len(slots))
        self.own, self.lists = own.copy(), renumbered[tape.lists]
        kinds = KINDS[own[:, 0] & CASE] & 7
        self.own[:, 1] = renumbered[own[:, 1]]
        self.own[:, 2] = np.where(kinds < LIST, renumbered[np.where(kinds < LIST, own[:, 2], 0)], own[:, 2])
        self.own[:, 3] = np.where(kinds < 3, renumbered[np.where(kinds < 3, own[:, 3], 0)], own[:, 3])
        self.width = max(16, CACHE // (16 * len(slots)) // 8 * 8)

    def varying(self) -> Array:
        """Return for each slot whether the examples differ in it."""
        marks = np.zeros(len(self.tape.start), np.uint32)
        marks[list(self.many)] = 1
        self.run.spread(at(self.tape.code), len(self.tape.code), at(self.tape.lists), at(KINDS), at(marks))
        return marks

    def __call__(self, single: Sequence[float], data: Array, *, both: bool) -> tuple[Array, Array, Array]:
        """Return the values (m,), the sums of the gradients, and the gradients (n, m) in what each has for itself."""
        tape, m = self.tape, data.shape[1]
        v, d = tape.start.copy(), np.zeros(len(tape.start))
        v[: len(single)] = single
        self.run.value(at(self.shared), len(self.shared), at(tape.lists), at(v))
        own, values = np.zeros_like(data), np.empty(m)
        width = min(self.width, m)
        threads = max(1, min(cores(), m * len(self.own) // LEAST, math.ceil(m / width)))
        each = math.ceil(math.ceil(m / width) / threads) * width

        def part(first: int) -> Array:
            block = np.empty((2, len(self.slots), width))
            block[0] = v[self.slots][:, None]
            block[1] = 0
            self.run.batch(
                *(at(self.own), len(self.own), at(self.lists), at(block[0]), at(block[1]), width),
                *(at(self.rows), len(self.rows), at(data), at(own), at(values)),
                *(m, first, min(first + each, m), self.output, both),
            )
            sums: Array = block[1].sum(axis=1)
            return sums

        starts = range(0, m, each)
        if len(starts) == 1:
            total = part(0)
        else:
            with ThreadPoolExecutor(threads) as pool:
                total = sum(pool.map(part, starts), start=np.zeros(len(self.slots)))
        if both:
            d[self.slots[self.common]] = total[self.common]
            if len(self.own) == 0 or self.output in self.common:
                d[tape.output] = m
            self.run.back(at(self.shared), len(self.shared), at(tape.lists), at(v), at(d))
        return values, d[tape.wrt], own


def cores() -> int:
    """Return how many threads may run: NUMBA_NUM_THREADS, or as many as there are cores for this process."""
    asked = os.environ.get("NUMBA_NUM_THREADS", "")
    return int(asked) if asked.isdigit() else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
