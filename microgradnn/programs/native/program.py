"""Programs that are machine code: a tape as straight-line code, for one point or for vectors of examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_double
from functools import partial
from operator import itemgetter
from struct import Struct
from threading import Lock
from typing import Any

import numpy as np

from ..numba.program import LEAST, BatchBuffers, Buffers, TapeProgram, address, cores
from ..numba.tape import Array, Tape
from ..program import FLOATS, Reduction, Result
from .code import BATCH, POINT, CodeWriter
from .machine import Machine, dialect, lanes


class NativeProgram(TapeProgram):
    """A graph of Values as machine code, made when it is first needed: for one point at once, for a batch later.

    The code has no guards: where a gradient comes out as NaN, it may be 0 · ∞, and code with guards tells what it is.
    """

    def __init__(
        self, tape: Tape, output: str, wrt: Sequence[str], *, reduce: Reduction = "sum", optimize: bool = False
    ) -> None:
        self.describe(tape, output, wrt, reduce)
        self.optimize = optimize
        self.machines: dict[tuple[int, bool], Machine] = {}
        self.making = Lock()
        self.count = len(self.inputs)
        self.pick = itemgetter(*self.inputs) if self.count > 1 else lambda named: tuple([named[x] for x in self.inputs])
        self.machine(1)

    def machine(self, lanes: int, *, guarded: bool = False) -> Machine:
        """Return the code for vectors of so many examples."""
        with self.making:  # for all threads once
            if (lanes, guarded) not in self.machines:
                code = CodeWriter(self.tape, lanes, guarded=guarded, **dialect()).write()
                self.machines[lanes, guarded] = Machine(code, optimize=self.optimize)
            return self.machines[lanes, guarded]

    def point_buffers(self) -> PointMemory:
        """Return buffers for one point."""
        return PointMemory(self)

    def batch_buffers(self, places: tuple[int, ...], examples: int) -> BatchMemory:
        """Return buffers for a batch in which these inputs differ."""
        return BatchMemory(self, places, examples)

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients, as `Program` does."""
        try:  # written out: half of the time of a call with ten numbers
            given: Sequence[Any] = args or self.pick(named)
        except KeyError:
            given = ()
        if not (len(given) == self.count == len(args) + len(named) and set(map(type, given)) == FLOATS):
            given = self.resolve_inputs(args, named)
            if set(map(type, given)) != FLOATS:
                return super().__call__(*given)
        try:
            memory = self.free.pop()
        except IndexError:
            memory = self.point_buffers()
        put, v, both, at, take, g = memory.parts
        put(v, 0, *given)
        value = both(at)
        gradients = take(g)
        if gradients[-1] != gradients[-1]:  # the sum
            value, gradients = memory(), take(g)
        self.free.append(memory)
        return Result(value, dict(zip(self.wrt, gradients)))  # noqa: B905 (the last is their sum)

    def __reduce__(self) -> tuple[Any, ...]:
        again = partial(NativeProgram, reduce=self.reduce, optimize=self.optimize)
        return again, (self.tape, self.output, self.wrt)


class PointMemory(Buffers):
    """The numbers of one run, as `Buffers` has them."""

    def __init__(self, program: NativeProgram) -> None:
        tape = self.tape = program.tape
        self.program, self.output = program, tape.output
        self.v = tape.start.copy()
        self.d, self.g = np.zeros(len(self.v)), np.zeros(len(tape.wrt) + 1)
        self._inputs, self.gradients, self.sum = self.v[: len(tape.inputs)], self.g[:-1], self.g[-1:]
        numbers = {name: address(x) for name, x in zip(POINT, (self.v, self.d, self.g, tape.wrt), strict=False)}
        self.arguments = np.array([{**numbers, "n": len(tape.wrt)}[name] for name in POINT], np.int64)
        self.at = address(self.arguments)
        self.machine = program.machine(1)
        self.both, self.forward = self.machine.function("both", c_double), self.machine.function("value")
        put, take = Struct(f"{len(tape.inputs)}d").pack_into, Struct(f"{len(self.g)}d").unpack_from
        self.parts = put, self.v, self.both, self.at, take, self.g  # for the call of a program

    def __call__(self) -> float:
        """Compute the value and the gradients, and return the value."""
        value: float = self.both(self.at)
        if self.sum[0] != self.sum[0]:
            value = self.program.machine(1, guarded=True).function("both", c_double)(self.at)
        return value

    def value(self) -> float:
        """Compute the value alone, and return it."""
        self.forward(self.at)
        return float(self.v[self.output])


class BatchMemory(BatchBuffers):
    """The numbers of a run over m examples, as `BatchBuffers` has them; each row has room for whole vectors."""

    def __init__(self, program: NativeProgram, many: Sequence[int], m: int) -> None:
        tape = self.tape = program.tape
        self.program, self.lanes = program, lanes()
        blocks = math.ceil(m / self.lanes)
        stride = blocks * self.lanes
        rows = [*many, *program.inner]
        data, own, values = np.zeros((len(many), stride)), np.zeros((len(rows), stride)), np.zeros(stride)
        self._examples, self.own, self.values = data[:, :m], own[:, :m], values[:m]
        self.v = self._inputs = tape.start[: len(tape.inputs)].copy()
        self.gradients = np.zeros(len(tape.wrt))
        self.alone = ~np.isin(tape.wrt, rows)
        self.scale = 1 / m if program.reduce == "mean" else 1.0
        threads = max(1, min(cores(), m * len(tape.code) // LEAST, blocks))
        each = math.ceil(blocks / threads) * self.lanes
        slots = [np.array(x, np.int64) for x in (many, rows)]
        shared = {"slots": tape.wrt, "data": data, "many": slots[0], "own": own, "inner": slots[1], "values": values}
        numbers = {"n": len(tape.wrt), "n_many": len(many), "n_own": len(rows), "stride": stride}
        self.kept: list[Any] = [shared]
        self.blocks: list[tuple[Array, Array, Array]] = []
        for first in range(0, m, each):
            v, d = np.zeros((len(tape.start), self.lanes)), np.zeros((len(tape.start), self.lanes))
            sums = np.zeros((len(tape.wrt), self.lanes))
            arrays = {name: address(x) for name, x in {**shared, "v": v, "d": d, "results": sums}.items()}
            told = {**arrays, **numbers, "first": first, "last": min(first + each, m), "both": 1}
            self.blocks.append((np.array([told[name] for name in BATCH], np.int64), v[: len(tape.inputs)], sums))
            self.kept += [v, d]

    def run(self, *, both: bool, guarded: bool = False) -> None:
        """Compute the values, and the gradients if they are wanted."""
        function = self.program.machine(self.lanes, guarded=guarded).function("batch")
        for told, v, sums in self.blocks:
            told[-1], v[...], sums[...] = both, self._inputs[:, None], 0.0
        if len(self.blocks) == 1:
            function(address(self.blocks[0][0]))
        else:
            with ThreadPoolExecutor(len(self.blocks)) as pool:
                list(pool.map(lambda part: function(address(part[0])), self.blocks))
        if both:
            total = sum(sums.sum(axis=1) for _, _, sums in self.blocks)
            if not guarded and (math.isnan(total.sum()) or math.isnan(self.own.sum())):
                self.run(both=True, guarded=True)
                return
            self.gradients[...] = np.where(self.alone, total * self.scale, 0.0)
