"""The backends of programs: one graph, run as NumPy, as plain Python, or in machine code."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ..errors import with_words
from ..formulas.derive import check_output, derive, resolve_arguments
from ..formulas.names import identifiers
from ..graph import Node, topological
from ..graph.decisions import Decided
from ..rules.arrays import ArrayOp
from .calls import ValueCall, steps_of
from .native.program import NativeProgram
from .native.tape import Tape, to_tape
from .program import Program, Reduction

Backend = Literal["native", "numpy", "python"]
BACKENDS: tuple[Backend, ...] = ("native", "numpy", "python")
GONE = {  # that there were once
    "c": "derive(J, style='c') writes C with a header and a main that tests it; 'native' runs a graph as quickly",
    "numba": "'native' takes the same graphs, runs them several times as fast, and needs llvmlite alone",
}
USUAL = {0.5, 1, 2}  # numbers that stand in many formulas, whatever m is


@with_words({})
def compile(
    output: Node,
    wrt: Sequence[Node | str] | None = None,
    *,
    inputs: Sequence[Node | str] | None = None,
    backend: Backend = "numpy",
    reduce: Reduction = "sum",
    any_length: bool = False,
    simplify: bool = True,
    optimize: bool = False,
) -> Program:
    """Return the program of a node, as `microgradnn.compile` says."""
    check_output(output, "compile", wrt)
    check_backend(backend)
    if reduce not in ("sum", "mean"):
        raise ValueError(f"unknown reduce {reduce!r} (choose from sum, mean)")
    if optimize and backend != "native":
        raise ValueError(f"optimize=True is of the backend 'native'; got backend={backend!r}")
    _, given, wanted = resolve_arguments(output, wrt, inputs)
    if backend == "native":
        tape, name, names = tape_of(output, wrt, inputs)
        return with_parameters(NativeProgram(tape, name, names, reduce=reduce, optimize=optimize), given)
    refuse_masks(output)
    derivation = derive(output, wrt, inputs=inputs, simplify=simplify, style=backend)
    steps = steps_of(output, given, derivation.inputs, dict(zip(derivation.wrt, wanted, strict=True)))
    if any_length:
        warn_of_lengths(output, derivation.examples)
    return with_parameters(Program(derivation, reduce=reduce, any_length=any_length, steps=steps), given)


def check_backend(name: Any) -> None:
    """Raise ValueError where there is no backend of that name."""
    if name not in BACKENDS:
        what = f"the backend {name!r} is gone: {GONE[name]}" if name in GONE else f"unknown backend {name!r}"
        raise ValueError(f"{what} (choose from {', '.join(BACKENDS)})")


def with_parameters(program: Program, given: Sequence[Node]) -> Program:
    """Return a program that knows which of its inputs are parameters."""
    program.parameters = tuple([name for name, x in zip(program.inputs, given, strict=True) if x.kind == "parameter"])
    return program


def refuse_masks(output: Node) -> None:
    """Raise ValueError where an array of bools was decided on while the graph was built: a replay would keep it."""
    for x in topological(output) if hasattr(output, "shape") else ():
        if isinstance(x.op, ArrayOp) and has_bools(x.op.parameters.get("index")):
            raise ValueError(
                "an index of bools was decided on while the graph was built, and a replay would keep it: X[X.data > 0] "
                "would take the same places of other data; to follow the data write where(X > 0, X, 0), to keep the "
                "places say so: X[np.nonzero(mask)]"
            )
        if type(x.kind) is Decided and not x.name:
            raise ValueError(
                f"an array of bools of shape {x.item().shape} was decided on while the graph was built, and a replay "
                "would keep it; to follow the data, compare the Tensor: where(X > 0, …), not where(X.data > 0, …); to "
                'keep it, say so: Tensor(mask, kind="constant")'
            )


def has_bools(index: Any) -> bool:
    """Whether an index, or a part of one, chooses by bools."""
    if isinstance(index, tuple):
        return any(map(has_bools, index))
    return isinstance(index, np.ndarray) and index.dtype == np.bool_


def warn_of_lengths(output: Node, m: int) -> None:
    """Warn of a number in the formula that may stand for m: for other numbers of examples it would stay what it is."""
    lengths = {m, m - 1, 1 / m, 1 / (m - 1), m**0.5, m**-0.5} - USUAL if m > 2 else USUAL - USUAL
    for x in topological(output):
        if x.op is None and x.kind == "constant" and not x.name and isinstance(x.item(), float) and x.item() in lengths:
            warnings.warn(
                f"{x.item():g} stands in the formula of {output.name or 'the cost'}, which was built for {m} examples: "
                f"if it is their number, or made of it, it will not follow; write mean() for a sum over m, or give the "
                'number a name, Tensor(3.0, "k", kind="constant"), to say that it is none',
                UserWarning,
                stacklevel=3,
            )
            return


def tape_of(
    output: Node, wrt: Sequence[Node | str] | None, inputs: Sequence[Node | str] | None
) -> tuple[Tape, str, list[str]]:
    """Return the tape of a graph, the name of what it computes, and those of `wrt`."""
    if hasattr(output, "shape"):
        raise ValueError("the backend 'native' is for graphs of Values; one of Tensors runs with NumPy")
    order, given, wanted = resolve_arguments(output, wrt, inputs)
    if any(isinstance(node.op, ValueCall) for node in order):  # programs that are called in it become their steps
        steps = steps_of(output, given, [""] * len(given), {str(i): x for i, x in enumerate(wanted)})
        results = steps.replay(given)
        for i, x in enumerate(wanted):
            inner: Any = results[steps.places[str(i)]]
            wanted[i] = inner if inner is x or not x.name else inner.named(x.name)
        output = results[steps.output].named(output.name) if output.name else results[steps.output]
        order = topological(output)
    names = identifiers(order, [*given, *(x for x in wanted if x.op is not None and not x.name)])
    tape = to_tape(order, given, wanted, names)
    return tape, names.get(output, "J"), [names[x] for x in wanted]
