"""Functions of numbers on a backend: a program for each output, at one point or over a batch of examples.

A number of the examples may be given as an array of m numbers; then the value is one of each example, and so is a
gradient in what was given so; in what all examples share it is summed, or averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import topological
from ..graph.structure import unflatten
from ..rules import calculus
from .backends import Backend
from .backends import compile as compile_graph
from .layout import apart, is_number, to_float, together
from .program import Program, Reduction, Result
from .recording import RecordedCall


class OutputPrograms:
    """The programs of a recorded call, whose inputs are named."""

    def __init__(
        self, run: RecordedCall, names: Sequence[str], wrt: Sequence[int], backend: Backend, reduce: Reduction
    ) -> None:
        self.result = unflatten(run.result, [None] * len(run.outputs))
        self.wrt = [(i, names[i]) for i in wrt]
        self.programs: list[Program] = []
        with run.renamed(names[: len(run.leaves)]):
            for y in run.outputs:
                output = calculus.same(y) if y.op is None else y
                met = {*topological(output)}
                wanted = [run.leaves[i] for i in wrt if run.leaves[i] in met]
                program: Program = compile_graph(output, wanted, inputs=run.inputs, backend=backend, reduce=reduce)
                self.programs.append(program)

    def value(self, inputs: Sequence[Any]) -> Any:
        """Return the value alone, in the structure that the function returns."""
        return unflatten(self.result, [program.value(*inputs) for program in self.programs])

    def __call__(self, inputs: Sequence[Any]) -> tuple[Any, list[list[Any]]]:
        """Return the value, and for each number of `wrt` the slopes of the outputs in it."""
        found: list[Result] = [program(*inputs) for program in self.programs]
        slopes = [
            [one.gradients[name] if name in one.gradients else np.zeros(np.shape(inputs[i]))[()] for one in found]
            for i, name in self.wrt
        ]
        return unflatten(self.result, [one.value for one in found]), slopes


def is_static(example: Any) -> bool:
    """Whether an argument is no number and no structure of them."""
    return not is_number(example) and not isinstance(example, (dict, list, tuple))


def numbers_like(example: Any, part: Any, name: str) -> Iterator[Any]:
    """Return the numbers of an argument of the form of its example, in which an array may stand for a number.

    Raises TypeError for another form.
    """
    if is_number(example) and not isinstance(example, np.ndarray):
        many = isinstance(part, (list, np.ndarray)) and np.ndim(part) > 0
        if not many and not is_number(part):
            raise TypeError(f"{name} is a number, or an array of one for each example; got {part!r:.60}")
        yield np.asarray(part, np.float64) if many else to_float(part)
        return
    if isinstance(example, (dict, list, tuple)) and type(part) is type(example) and len(part) == len(example):
        if isinstance(example, dict) and {*part} != {*example}:
            raise TypeError(f"{name} has the keys {', '.join(map(str, example))}; got {', '.join(map(str, part))}")
        pairs = (
            [(example[key], part[key], key) for key in example]
            if isinstance(example, dict)
            else [(one, other, i) for i, (one, other) in enumerate(zip(example, part, strict=True))]
        )
        for one, other, key in pairs:
            yield from numbers_like(one, other, f"{name}[{key!r}]")
        return
    if is_static(example) and not is_number(part):
        return
    if apart(example, "", False, [], []) != apart(part, "", False, [], []):
        raise TypeError(f"with backend= {name} has the form of its example; got {part!r:.60}")
    leaves: list[Any] = []
    apart(part, "", False, leaves, [])
    yield from map(to_float, leaves)


def slopes_like(example: Any, slopes: Sequence[Any]) -> Any:
    """Return slopes, one for each number of an argument, in the structure of its example."""
    if isinstance(example, np.ndarray):
        return (
            np.stack(slopes).reshape(*example.shape, *np.shape(slopes[0])) if len(slopes) else np.zeros(example.shape)
        )
    return together(example, iter(slopes), False)
