"""Rewrite a function of arrays so that it makes no new arrays when it is called again.

It is traced, and each result gets an array to lie in. These are used again when what they held has been read for the
last time. So are results that nobody holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from .batch_sums import BatchTrace
from .trace import Array, Ref, Trace, is_array

ALONE = max(map(getrefcount, [object()]))  # how often an object is held that only a list holds


class InPlaceFunction:
    """A function that fills the same places each time, for inputs of these shapes; not for two callers at once.

    With a shape of `examples` the inputs are numbers, and arrays of that shape, and `rows` are the results (the value
    is number 0, the gradients follow) that are wanted as sums over the examples. `dtypes` are those that arrays are to
    have, None where it is no matter. A result that is an array goes where nobody else holds it, or into a new one.
    """

    def __init__(
        self,
        function: Any,
        source: str,
        inputs: Mapping[str, Any],
        *,
        examples: tuple[int, ...] = (),
        rows: Sequence[int] = (),
        dtypes: Sequence[Any] | None = None,
    ) -> None:
        trace = BatchTrace(source, function.__globals__, examples) if examples else Trace(source, function.__globals__)
        given = [Ref(f"in_{key}", x) for key, x in inputs.items()]
        found = trace.call_function(function.__name__, given, {})
        results: list[Any] = [found[0], *found[1]] if type(found) is tuple else [found]
        if isinstance(trace, BatchTrace):
            totals = trace.sum_over_examples({k: results[k] for k in rows}) if rows else {}
            results = [totals[k] if k in totals else trace.write_sum(one) for k, one in enumerate(results)]
        whole = {k for k, ref in enumerate(results) if is_array(ref.value)}
        self.summed = rows
        self.rows = [k for k in rows if k in whole]
        arrays = sorted(whole.difference(self.rows))
        numbers = [k for k in range(len(results)) if k not in whole]
        order = [*numbers, *arrays, *self.rows]
        self.order = sorted(range(len(order)), key=order.__getitem__)
        wanted = dtypes or [None] * len(results)
        self.patterns = [np.empty_like(results[k].value, dtype=wanted[k]) for k in arrays]
        self.matrix = np.array([results[k].value for k in self.rows], dtype=np.float64)
        self.flat = self.matrix.reshape(len(self.rows), -1 if self.rows else 0)
        self.sums = np.empty(len(self.rows))
        ends = dict(zip((*arrays, *self.rows), (*self.patterns, *self.matrix), strict=True))
        into: dict[int, str] = {}  # places that are results
        for k, end in ends.items():
            ref = results[k]
            if ref.place is not None and ref.place not in into and layout_of(end) == layout_of(ref.value):
                into[ref.place] = f"r{k}"
            else:
                trace.write(f"copyto(r{k}, {ref.text})", [ref])
        returned = [results[k] for k in numbers]
        trace.write(f"return ({''.join(f'{ref.text}, ' for ref in returned)})", returned)
        names = assign_places(trace, into)
        lines = [re.sub(r"\bb(\d+)\b", lambda found: names[int(found[1])][0], line.text) for line in trace.lines]
        text = "\n    ".join(line for line in lines if not re.fullmatch(r" *copyto\((\w+), \1\)", line))
        bound = trace.bound | {name: np.empty_like(one) for name, one in names.values() if name[0] == "p"}
        bound |= {f"r{k}": row for k, row in zip(self.rows, self.matrix, strict=True)}
        arguments = [ref.text for ref in given] + [f"r{k}" for k in arrays] + [f"{key}={key}" for key in bound]
        space = dict(bound)
        self.source = f"def run({', '.join(arguments)}):\n    {text}\n"
        exec(self.source, space)
        self.run: Callable[..., tuple[Any, ...]] = space["run"]
        self.sets: list[list[Array]] = []

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the value and the gradients, arrays or floats."""
        arrays = self.free_arrays()
        results: list[Any] = [*map(float, self.run(*inputs, *arrays)), *arrays]
        if self.rows:
            np.add.reduce(self.flat, axis=1, out=self.sums)
            results += self.sums.tolist()
        return [results[i] for i in self.order]

    def free_arrays(self) -> list[Array]:
        """Return arrays for the results that nobody outside holds; new ones where there are none."""
        for arrays in self.sets:
            if not arrays or max(map(getrefcount, arrays)) == ALONE:
                return arrays
        arrays = list(map(np.empty_like, self.patterns))
        self.sets = [arrays, *self.sets[:1]]
        return arrays


def assign_places(trace: Trace, into: Mapping[int, str]) -> dict[int, tuple[str, Array]]:
    """Assign an array to each place: a result's, or one that other places use before and after."""
    last: dict[int, int] = {}
    for i, line in enumerate(trace.lines):
        for place in (*line.reads, *(() if line.out is None else (line.out,))):
            last[place] = i
    free: dict[Any, list[str]] = {}
    names: dict[int, tuple[str, Array]] = {}
    count = 0
    for i, line in enumerate(trace.lines):
        over = [place for place in dict.fromkeys(line.reads) if last[place] == i and place not in into]
        if not line.apart:
            release(over, names, free)
        if line.out is not None:
            example = trace.places[line.out]
            if line.out in into:
                names[line.out] = into[line.out], example
            else:
                ready = free.get(layout_of(example))
                if not ready:
                    count += 1
                names[line.out] = ready.pop() if ready else f"p{count}", example
        if line.apart:
            release(over, names, free)
        if line.out is not None and last[line.out] == i and line.out not in into:
            release([line.out], names, free)
    return names


def release(places: Sequence[int], names: Mapping[int, tuple[str, Array]], free: dict[Any, list[str]]) -> None:
    """Give the arrays of these places back to be used again."""
    for place in places:
        name, example = names[place]
        free.setdefault(layout_of(example), []).append(name)


def layout_of(x: Array) -> tuple[Any, ...]:
    """Return what two arrays must have in common to take each other's place."""
    return x.shape, x.dtype, x.strides
