"""Programs in C: the derivation's own lines, compiled by the system's compiler, with a loop over examples."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...engine.processes import run
from ...errors import CompilerMissing
from ...formulas.derive import Derivation
from ..calls import Steps
from ..program import FLOATS_AND_ARRAYS, Program, Reduction, Result, as_floats, number

SECONDS = 60.0  # that a compiler may take; a graph of 1,000 nodes takes one
MOST_SAID = 1_000_000  # bytes
OTHERWISE = "install one, or name it in the environment variable CC, or use backend='numba' or 'numpy'"


class CProgram(Program):
    """A program in C, compiled when it is made; one loop over all examples, in double precision."""

    def __init__(
        self,
        derivation: Derivation,
        *,
        reduce: Reduction = "sum",
        any_length: bool = False,
        steps: Steps | None = None,
    ) -> None:
        super().__init__(derivation, reduce=reduce, any_length=any_length, steps=steps)
        self.batch = build_library(derivation.source)

    def load(self) -> None:
        """Nothing of it is Python, but what is run where C gives no finite number."""
        self.limits = {}

    def exact_result(self, name: str, inputs: Sequence[Any]) -> Result:
        """Return the value and the gradients as the sweep has them."""
        found = self.run_exact(name, inputs)
        if any(isinstance(x, np.ndarray) for x in inputs):
            value, *gradients = self.to_results(name, inputs, found)
        else:
            value, gradients = as_floats(found)
        return Result(value, dict(zip(self.wrt, gradients, strict=True)))

    def __call__(self, *args: Any, **named: Any) -> Result:
        """Return the value and the gradients, as `Program` does."""
        inputs = self.resolve_inputs(args, named)
        if not set(map(type, inputs)) <= FLOATS_AND_ARRAYS:
            return self.run_on_nodes(inputs)
        given = dict(zip(self.inputs, inputs, strict=True))
        if self.derivation.compares and not all(np.isfinite(x).all() for x in inputs):
            return self.exact_result("value_and_gradients", inputs)
        many = {name: x for name, x in given.items() if isinstance(x, np.ndarray)}
        shape = np.broadcast_shapes(*[x.shape for x in many.values()])
        many = {name: np.ascontiguousarray(x) for name, x in many.items()}
        single = np.array([0.0 if name in many else x for name, x in given.items()])
        start = single.ctypes.data
        places = [many[name].ctypes.data if name in many else start + 8 * i for i, name in enumerate(given)]
        m = int(np.prod(shape, dtype=int))
        values, shared = np.empty(shape), np.zeros(len(self.wrt))
        each = {*many, *set(self.wrt).difference(given)} if shape else set()  # inputs that differ, and inner nodes
        own = {name: np.zeros(shape) for name in self.wrt if name in each}
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
        if not all(np.isfinite(x).all() for x in (values, shared, *own.values())):
            return self.exact_result("value_and_gradients", inputs)
        if shape and self.reduce == "mean":
            shared /= m
        gradients = {name: own.get(name, g) for name, g in zip(self.wrt, shared.tolist(), strict=True)}
        return Result(number(values), gradients)

    def value(self, *args: Any, **named: Any) -> Any:
        """Return the value alone."""
        inputs = self.resolve_inputs(args, named)
        return self(*inputs).value if set(map(type, inputs)) <= FLOATS_AND_ARRAYS else self.operation(*inputs)


def pointers(places: Sequence[int]) -> Any:
    """Return addresses as C takes them."""
    return (ctypes.c_void_p * max(len(places), 1))(*places)


def steps(many: Sequence[bool]) -> Any:
    """Return how far apart the numbers of two examples are: not at all where all share one."""
    return (ctypes.c_long * max(len(many), 1))(*map(int, many))


def build_library(source: str) -> Any:
    """Compile C with the system's compiler and return the loop over examples.

    CompilerMissing where there is none, where `CC` names something else, and where it takes longer than a minute
    and five microseconds for each character.
    """
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CompilerMissing(f"the backend 'c' needs a C compiler; {OTHERWISE}")
    with tempfile.TemporaryDirectory(prefix="microgradnn-") as folder:
        code, library = Path(folder) / "program.c", Path(folder) / "program.so"
        code.write_text(source, encoding="utf-8")
        try:
            command = [*shlex.split(compiler), "-O1", "-shared", "-fPIC", "-o", str(library), str(code), "-lm"]
            ran = run(command, seconds=SECONDS + len(source) * 5e-6, most=MOST_SAID)
        except (OSError, ValueError) as error:
            raise CompilerMissing(f"the C compiler {compiler!r} does not start: {error}; {OTHERWISE}") from None
        if ran.status is None:
            raise CompilerMissing(f"the C compiler {compiler!r} {ran.why}; {OTHERWISE}")
        if ran.status:
            words = ran.complaint.decode(errors="replace")[:2000]
            raise CompilerMissing(f"{compiler} could not compile the program:\n{words}\n{OTHERWISE}")
        try:
            return ctypes.CDLL(str(library)).value_and_gradients_batch
        except (OSError, AttributeError) as error:
            raise CompilerMissing(f"{compiler!r} made no library that can be used: {error}; {OTHERWISE}") from None
