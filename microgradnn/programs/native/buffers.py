"""Arrays for the inputs of machine code and for what it gives, and a call between them that makes nothing new."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_double
from math import isnan
from operator import attrgetter
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ShapeError
from ..program import to_real_array
from .code import BATCH, POINT
from .machine import lanes
from .tape import Array

if TYPE_CHECKING:
    from .program import NativeProgram

LEAST = 1 << 18  # operations on examples for which it is worth while to ask another thread
THREADS = "MICROGRADNN_THREADS"  # how many may run; else as many as there are cores for this process


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

    def __init__(self, program: NativeProgram) -> None:
        tape = program.tape
        self.program, self.output = program, tape.output
        self.v = tape.start.copy()
        self.d, self.g = np.zeros(len(self.v)), np.zeros(len(tape.wrt) + 1)
        self._inputs, self.gradients = self.v[: len(tape.inputs)], self.g[:-1]
        self.numbers = self.g.data  # whose last is the sum: read in half of the time that an array takes
        places = {name: address(x) for name, x in zip(POINT, (self.v, self.d, self.g, tape.wrt), strict=False)}
        self.arguments = np.array([{**places, "n": len(tape.wrt)}[name] for name in POINT], np.int64)
        self.at = address(self.arguments)
        self.machine = program.machine(1)
        self.both, self.forward = self.machine.function("both", c_double), self.machine.function("value")
        self.descend = self.machine.function("step", c_double, c_double)
        self.descends = not program.inner and len(program.wrt_of) == len(tape.wrt)  # inputs, and each of them once
        put, take = Struct(f"{len(tape.inputs)}d").pack_into, Struct(f"{len(self.g)}d").unpack_from
        self.parts: tuple[Any, ...] = put, self.v, self.both, self.at, take, self.g  # for the call of a program

    def __call__(self) -> float:
        """Compute the value and the gradients, and return the value."""
        value: float = self.both(self.at)
        if isnan(self.numbers[-1]):
            value = self.program.machine(1, guarded=True).function("both", c_double)(self.at)
        return value

    def value(self) -> float:
        """Compute the value alone, and return it."""
        self.forward(self.at)
        return float(self.v[self.output])

    def step(self, learning_rate: float) -> float:
        """Take a step of gradient descent, θ := θ − α dθ in `inputs` (notes, C5), and return the value before.

        Raises ValueError where `wrt` has a node inside the graph.
        """
        if not self.descends:
            return float(take_step(self, learning_rate))
        value: float = self.descend(self.at, learning_rate)
        return float(take_step(self, learning_rate)) if isnan(self.numbers[-1]) else value


class BatchBuffers:
    """The numbers of a run over m examples: write into `examples` and `inputs`, call, and read the rest.

    `examples` (k, m) has a row for each of the k inputs in which the examples differ; `inputs` are the others, in
    the order of the program's inputs. `values` (m,) are the values; `gradients`, in the order of `wrt`, are summed
    over the examples (or averaged), and 0 for what has a row in `own`: `own` (k, m) are those in `examples`, of
    use for what is in `wrt`, with rows for nodes inside the graph after them, if there are such in `wrt`. The next
    call writes over them. Within, each row has room for whole vectors.
    """

    inputs, examples = array_attribute("inputs"), array_attribute("examples")

    def __init__(self, program: NativeProgram, many: Sequence[int], m: int) -> None:
        tape = program.tape
        self.program, self.lanes = program, lanes()
        blocks = math.ceil(m / self.lanes)
        stride = blocks * self.lanes
        rows = [*many, *program.inner]
        data, own, values = np.zeros((len(many), stride)), np.zeros((len(rows), stride)), np.zeros(stride)
        self._examples, self.own, self.values = data[:, :m], own[:, :m], values[:m]
        self.v = self._inputs = tape.start[: len(tape.inputs)].copy()
        self.gradients = np.zeros(len(tape.wrt))
        self.apart = np.flatnonzero(np.isin(tape.wrt, rows))  # gradients that each example has for itself
        self.ones, self.total = np.ones(self.lanes), np.zeros(len(tape.wrt))
        self.scale = 1 / m if program.reduce == "mean" else 1.0
        threads = max(1, min(cores(), m * len(tape.code) // LEAST, blocks))
        each = math.ceil(blocks / threads) * self.lanes
        slots = [np.array(x, np.int64) for x in (many, rows)]
        shared = {"slots": tape.wrt, "data": data, "many": slots[0], "own": own, "inner": slots[1], "values": values}
        numbers = {"n": len(tape.wrt), "n_many": len(many), "n_own": len(rows), "stride": stride}
        self.kept: list[Any] = [shared]
        self.blocks: list[tuple[int, Array, Array, Array]] = []
        for first in range(0, m, each):
            v, d = np.zeros((len(tape.start), self.lanes)), np.zeros((len(tape.start), self.lanes))
            sums = np.zeros((len(tape.wrt), self.lanes))
            arrays = {name: address(x) for name, x in {**shared, "v": v, "d": d, "results": sums}.items()}
            told = {**arrays, **numbers, "first": first, "last": min(first + each, m), "both": 1}
            numbered = np.array([told[name] for name in BATCH], np.int64)
            self.blocks.append((address(numbered), numbered, v[: len(tape.inputs)], sums))
            self.kept += [v, d]

    def __call__(self) -> None:
        """Compute the values and the gradients."""
        self.run(both=True)

    def step(self, learning_rate: float) -> None:
        """Take a step of gradient descent, θ := θ − α dθ in `inputs`, for the θ that all examples share."""
        take_step(self, learning_rate)

    def run(self, *, both: bool, guarded: bool = False) -> None:
        """Compute the values, and the gradients if they are wanted."""
        function = self.program.machine(self.lanes, guarded=guarded).function("batch")
        inputs = self._inputs[:, None]
        for _, told, v, sums in self.blocks:
            told[-1] = both
            np.copyto(v, inputs)
            sums.fill(0.0)
        if len(self.blocks) == 1:
            function(self.blocks[0][0])
        else:
            with ThreadPoolExecutor(len(self.blocks)) as pool:
                list(pool.map(lambda part: function(part[0]), self.blocks))
        if both:
            total = self.total
            for k, (*_, sums) in enumerate(self.blocks):  # by BLAS: NumPy's sums of short rows take ten times as long
                if k == 0:
                    np.dot(sums, self.ones, out=total)
                else:
                    total += sums.dot(self.ones)
            if not guarded and (isnan(np.add.reduce(total)) or isnan(np.add.reduce(self.own, axis=None))):
                self.run(both=True, guarded=True)
                return
            np.multiply(total, self.scale, out=self.gradients)
            self.gradients[self.apart] = 0.0


def take_step(buffers: Any, learning_rate: float) -> Any:
    """Call buffers, take a step of gradient descent in their inputs, and return what the call gave.

    Raises ValueError, before anything is changed, where a node inside the graph is asked for.
    """
    if buffers.program.inner:
        raise ValueError("a step changes inputs, and a node inside the graph is computed from others")
    found = buffers()
    buffers.v[buffers.program.tape.wrt] -= learning_rate * buffers.gradients
    return found


def cores() -> int:
    """Return how many threads may run: MICROGRADNN_THREADS, or as many as there are cores for this process."""
    asked = os.environ.get(THREADS, "")
    if asked.isdigit():
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
