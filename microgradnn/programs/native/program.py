"""Programs that are machine code: a tape as straight-line code, for one point or for vectors of examples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from threading import Lock
from typing import Any, overload

from ...formulas.derive import Derivation, derive
from ..calls import Steps, steps_of
from ..flat import VectorFunction, Way
from ..program import ARRAYS, FLOATS, NEW, Program, Reduction, Result
from .buffers import BatchBuffers, Buffers
from .code import CodeWriter
from .machine import Machine, dialect
from .tape import Array, Tape

LENGTHS = 8  # numbers of examples for which buffers are kept


class NativeProgram(Program):
    """A graph of Values as machine code, made when it is first needed: for one point at once, for a batch later.

    The code has no guards: where a gradient comes out as NaN, it may be 0 · ∞, and code with guards tells what it is.
    """

    def __init__(
        self, tape: Tape, output: str, wrt: Sequence[str], *, reduce: Reduction = "sum", optimize: bool = False
    ) -> None:
        self.tape, self.output, self.reduce, self.optimize = tape, output, reduce, optimize
        self.arrays = self.any_length = False
        self.inputs, self.wrt = tape.inputs, tuple(wrt)
        self.defaults = dict(zip(tape.inputs, tape.start.tolist(), strict=False))
        self.free: list[Buffers] = []  # buffers of calls that are over
        self.free_batches: dict[tuple[int, ...], list[BatchBuffers]] = {}
        self.inner = [slot for slot in dict.fromkeys(tape.wrt.tolist()) if slot >= len(tape.start) - len(tape.code)]
        self.wrt_of: dict[int, list[int]] = {}
        for k, slot in enumerate(tape.wrt.tolist()):
            self.wrt_of.setdefault(slot, []).append(k)
        self.machines: dict[tuple[int, bool], Machine] = {}
        self.making = Lock()
        self.prepare()
        self.machine(1)

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

    def machine(self, lanes: int, *, guarded: bool = False) -> Machine:
        """Return the code for vectors of so many examples."""
        with self.making:  # for all threads once
            if (lanes, guarded) not in self.machines:
                code = CodeWriter(self.tape, lanes, guarded=guarded, **dialect()).write()
                self.machines[lanes, guarded] = Machine(code, optimize=self.optimize)
            return self.machines[lanes, guarded]

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
            return Buffers(self)
        for name in many:
            if name not in self.inputs:
                raise ValueError(f"{name!r} is no input of the program (choose from {', '.join(self.inputs)})")
        if not many or examples < 1 or len({*many}) < len(many):
            raise ValueError(f"a batch has inputs, each once, and a number of examples; got {many} and {examples=}")
        return BatchBuffers(self, [self.inputs.index(name) for name in many], examples)

    def at_floats(self, inputs: Sequence[float]) -> Result:
        """Return the value and the gradients at one point."""
        memory = self.spare()
        put, v, both, at, take, g = memory.parts
        put(v, 0, *inputs)
        value = both(at)
        gradients = take(g)
        if gradients[-1] != gradients[-1]:  # the sum
            value, gradients = memory(), take(g)
        self.free.append(memory)
        result: Result = NEW(Result, (value, dict(zip(self.wrt, gradients))))  # noqa: B905 (the last is their sum)
        return result

    def at_vector(self, x: Array) -> tuple[float, Array] | None:
        """Return the value and the gradients as an array, for inputs in one array; None where one is not finite."""
        memory = self.spare()
        memory.inputs[:] = x
        value = memory()
        total, gradients = value + memory.numbers[-1], memory.gradients.copy()
        self.free.append(memory)
        return (value, gradients) if total - total == 0 else None

    def at_arrays(self, inputs: Sequence[Any]) -> Result:
        """Return the values and the gradients of a batch."""
        return self.run_on_batch(inputs, both=True)

    def vector_function(self, way: Way, rest: Sequence[Any]) -> VectorFunction:
        """Return the gradient as `flat` has it: machine code where all inputs are in x, in order."""
        return self.at_vector if self.wrt == self.inputs else super().vector_function(way, rest)

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone; the backward pass is not computed."""
        given = self.resolve_inputs(args, named)
        if types := set(map(type, given)) - FLOATS:
            return self.run_on_batch(given, both=False).value if types == ARRAYS else self.operation(*given)
        memory = self.spare()
        memory.inputs[:] = given
        value = memory.value()
        self.free.append(memory)
        return value

    def spare(self) -> Buffers:
        """Return buffers that no call has now."""
        try:
            return self.free.pop()
        except IndexError:  # all are busy in other threads, or there are none yet
            return Buffers(self)

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
            buffers = BatchBuffers(self, many, m)
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
        again = partial(NativeProgram, reduce=self.reduce, optimize=self.optimize)
        return again, (self.tape, self.output, self.wrt)
