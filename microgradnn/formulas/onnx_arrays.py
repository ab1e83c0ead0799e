"""The rows of the second table as nodes of an ONNX graph: a function that is named after a row is that row."""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..rules import arrays, numerics
from ..rules.arrays import ArrayOp
from .carried import is_own
from .onnx_nodes import Elementwise, Length, Nodes, Shape

LAST, FIRST = np.iinfo(np.int64).max, np.iinfo(np.int64).min  # ends of a slice that go to the end, either way


class ArrayStep(NamedTuple):
    """One operation: where its nodes go, the names and shapes of its inputs, its own shape, and its parameters."""

    nodes: Nodes
    xs: Sequence[str]
    shapes: Sequence[Shape]
    shape: Shape
    about: dict[str, Any]

    @property
    def x(self) -> str:
        """The first input."""
        return self.xs[0]

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that are meant, counted from 0."""
        return arrays.axes_of(self.about.get("axis"), len(self.shapes[0]))

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, and return the name of its result."""
        return self.nodes.add(kind, *inputs, **attributes)


Rows = Mapping[str, Callable[[ArrayStep], str]]


def check_row(op: ArrayOp, rows: Rows, engine: str) -> None:
    """Raise ValueError for an operation on arrays that an engine has no operators for."""
    if is_own(op):
        raise ValueError(f"{op.name} is an operation on arrays of your own, which {engine} does not know")
    if op.name not in rows:
        raise ValueError(f"{engine} has no operator, and no short formula, for {op.name}: {op.note}")


def check_fixed(shape: Shape, what: str) -> tuple[int, ...]:
    """Return a shape of plain numbers; ValueError where one is the number of examples."""
    if any(isinstance(n, Length) for n in shape):
        raise ValueError(f"{what} along the axis of the examples is written for one number of them: say batch={{}}")
    return tuple(shape)


# --- shapes and places --------------------------------------------------------------------------


def swap(step: ArrayStep) -> str:
    n = len(step.shape)
    return step.add("Transpose", step.x, perm=[*range(n - 2), n - 1, n - 2])


def transpose(step: ArrayStep) -> str:
    return step.add("Transpose", step.x, perm=[axis % len(step.shape) for axis in step.about["axes"]])


def reshape(step: ArrayStep) -> str:
    return step.nodes.reshape(step.x, step.shape)


def broadcast(step: ArrayStep) -> str:
    return step.add("Expand", step.x, step.nodes.shape(step.shape))


def sum_to(step: ArrayStep) -> str:
    (shape,) = step.shapes
    extra = len(shape) - len(step.shape)
    axes = [*range(extra), *[i + extra for i, n in enumerate(step.shape) if n == 1 and shape[i + extra] != 1]]
    x = step.add("ReduceSum", step.x, step.nodes.integers(*axes), keepdims=1) if axes else step.x
    return step.add("Squeeze", x, step.nodes.integers(*range(extra))) if extra else x


def concatenate(step: ArrayStep) -> str:
    return step.add("Concat", *step.xs, axis=step.about["axis"] % len(step.shape))


def parts_of(index: Any, n: int) -> list[Any]:
    """Return an index of an array of n axes as a list of its parts, one for each axis, and None for a new one."""
    parts = list(index) if isinstance(index, tuple) else [index]
    given = len(parts) - sum(one is None or one is Ellipsis for one in parts)
    rest = [slice(None)] * (n - given)
    at = next((i for i, one in enumerate(parts) if one is Ellipsis), len(parts))
    return [*parts[:at], *rest, *parts[at + 1 :]]


def take(step: ArrayStep) -> str:
    (shape,), nodes = step.shapes, step.nodes
    parts = parts_of(step.about["index"], len(shape))
    if all(one is None or isinstance(one, (slice, int, np.integer)) for one in parts):
        return take_slices(step, parts)
    plain = [isinstance(one, slice) and one == slice(None) for one in parts]
    if plain.count(False) == 1 and np.asarray(parts[plain.index(False)]).dtype != bool:
        axis = plain.index(False)
        return step.add("Gather", step.x, nodes.hold(parts[axis], np.int64), axis=axis)
    places = np.arange(int(np.prod(check_fixed(shape, "such an index")))).reshape(shape)[step.about["index"]]
    return step.add("Gather", nodes.reshape(step.x, (-1,)), nodes.hold(places, np.int64), axis=0)


def take_slices(step: ArrayStep, parts: Sequence[Any]) -> str:
    nodes, x = step.nodes, step.x
    kept = [one for one in parts if one is not None]
    cut = [(axis, one) for axis, one in enumerate(kept) if isinstance(one, slice) and one != slice(None)]
    if cut:
        ends = []
        for axis, one in cut:
            by = 1 if one.step is None else one.step
            first = (0 if by > 0 else LAST) if one.start is None else one.start
            last = (LAST if by > 0 else FIRST) if one.stop is None else one.stop
            ends.append((first, last, axis, by))
        x = step.add("Slice", x, *[nodes.integers(*column) for column in zip(*ends, strict=True)])
    for axis in reversed([axis for axis, one in enumerate(kept) if not isinstance(one, slice)]):
        x = step.add("Gather", x, nodes.hold(kept[axis], np.int64), axis=axis)
    made = [one for one in parts if one is None or isinstance(one, slice)]
    new = [i for i, one in enumerate(made) if one is None]
    return step.add("Unsqueeze", x, nodes.integers(*new)) if new else x


def put(step: ArrayStep) -> str:
    shape = check_fixed(step.shape, "such an index")
    return scatter(step, np.arange(int(np.prod(shape))).reshape(shape)[step.about["index"]], shape)


def overlap(step: ArrayStep) -> str:
    shape = check_fixed(step.shape, "a window")
    about = {key: step.about[key] for key in ("size", "step", "dilation")}
    return scatter(step, numerics.windows(np.arange(int(np.prod(shape))).reshape(shape), **about), shape)


def scatter(step: ArrayStep, places: Any, shape: tuple[int, ...]) -> str:
    """Zeros, with x added at places of the array written as one vector."""
    nodes = step.nodes
    updates = nodes.reshape(step.add("Expand", step.x, nodes.integers(*places.shape)), (-1,))
    zeros = nodes.hold(np.zeros(int(np.prod(shape))))
    inputs = zeros, nodes.hold(places.ravel(), np.int64), updates
    return nodes.reshape(step.add("ScatterElements", *inputs, axis=0, reduction="add"), shape)


def index_of(step: ArrayStep, y: str) -> str:
    """Places that are an input, as whole numbers."""
    return step.add("Cast", y, to="int64")


def pick(step: ArrayStep) -> str:
    return step.add("Gather", step.x, index_of(step, step.xs[1]), axis=step.about["axis"] % len(step.shapes[0]))


def place(step: ArrayStep) -> str:
    nodes, axis = step.nodes, step.about["axis"]
    shape, places = step.shapes
    n, before, after = int(np.prod(check_fixed(places, "an index"))), shape[:axis], shape[axis + len(places) :]
    flat = (*before, n, *after)
    column = nodes.reshape(index_of(step, step.xs[1]), (n, *[1] * len(after)))
    index = step.add("Expand", column, nodes.shape(flat))
    zeros = step.add("Expand", nodes.hold(0.0), nodes.shape((*before, step.about["n"], *after)))
    return step.add("ScatterElements", zeros, index, nodes.reshape(step.x, flat), axis=axis, reduction="add")


def pad(step: ArrayStep) -> str:
    ends = [before for before, _ in step.about["width"]] + [after for _, after in step.about["width"]]
    return step.add("Pad", step.x, step.nodes.integers(*ends), step.nodes.hold(0.0))


def diagonal(step: ArrayStep) -> str:
    *lead, n, m = step.shapes[0]
    places = np.diagonal(np.arange(n * m).reshape(check_fixed((n, m), "a diagonal")), step.about["offset"])
    return step.add("Gather", step.nodes.reshape(step.x, (*lead, n * m)), step.nodes.hold(places, np.int64), axis=-1)


def on_diagonal(step: ArrayStep) -> str:
    n, m = check_fixed(step.shape[-2:], "a diagonal")
    column, row = np.arange(m), np.arange(n)[:, None]
    here = column - row == step.about["offset"]
    places = np.where(here, np.minimum(row, column), 0)
    spread = step.add("Gather", step.x, step.nodes.hold(places, np.int64), axis=-1)
    return step.add("Where", step.nodes.hold(here, bool), spread, step.nodes.hold(0.0))


def triangle(upper: int) -> Callable[[ArrayStep], str]:
    return lambda step: step.add("Trilu", step.x, step.nodes.hold(step.about["k"], np.int64), upper=upper)


def windows(step: ArrayStep) -> str:
    size, by, dilation = (step.about[key] for key in ("size", "step", "dilation"))
    k, x, lead = len(size), step.x, len(step.shapes[0]) - len(size)
    lengths = check_fixed(step.shapes[0][lead:], "a window")
    for i in reversed(range(k)):
        places = (lengths[i] - dilation[i] * (size[i] - 1) - 1) // by[i] + 1
        index = np.arange(places)[:, None] * by[i] + np.arange(size[i]) * dilation[i]
        x = step.add("Gather", x, step.nodes.hold(index, np.int64), axis=lead + i)
    order = [*range(lead), *range(lead, lead + 2 * k, 2), *range(lead + 1, lead + 2 * k, 2)]
    return step.add("Transpose", x, perm=order)


# --- many numbers to one ------------------------------------------------------------------------


def reduction(kind: str) -> Callable[[ArrayStep], str]:
    def reduced(step: ArrayStep) -> str:
        return along(step, kind, step.x, int(step.about.get("keepdims", False)))

    return reduced


def along(step: ArrayStep, kind: str, x: str, keepdims: int = 1) -> str:
    """Reduce along the axes of a step."""
    if not step.axes:
        return x
    return step.add(kind, x, step.nodes.integers(*step.axes), keepdims=keepdims)


def squeeze(step: ArrayStep, x: str) -> str:
    """Take away the axes of length 1 that a reduction has kept, unless it is to keep them."""
    return x if step.about.get("keepdims") or not step.axes else step.add("Squeeze", x, step.nodes.integers(*step.axes))


def finite_or(step: ArrayStep, x: str, other: str) -> str:
    """Return x where it is finite, else another."""
    found = Elementwise(step.nodes).call("math.isfinite", [x])
    return step.add("Where", found, x, other)


def shares(step: ArrayStep) -> tuple[str, str, str]:
    """Return x less its largest along the axes, e to it, and the largest."""
    top = finite_or(step, along(step, "ReduceMax", step.x), step.nodes.hold(0.0))
    less = step.add("Sub", step.x, top)
    return less, step.add("Exp", less), top


def logsumexp(step: ArrayStep) -> str:
    _, powers, top = shares(step)
    return squeeze(step, step.add("Add", top, step.add("Log", along(step, "ReduceSum", powers))))


def softmax(step: ArrayStep) -> str:
    if len(step.axes) == 1:
        return step.add("Softmax", step.x, axis=step.axes[0])
    _, powers, _ = shares(step)
    return step.add("Div", powers, along(step, "ReduceSum", powers))


def log_softmax(step: ArrayStep) -> str:
    if len(step.axes) == 1:
        return step.add("LogSoftmax", step.x, axis=step.axes[0])
    less, powers, _ = shares(step)
    return step.add("Sub", less, step.add("Log", along(step, "ReduceSum", powers)))


def rms(step: ArrayStep) -> str:
    nodes = step.nodes
    top = along(step, "ReduceMax", step.add("Abs", step.x))
    some = step.add("Greater", top, nodes.hold(0.0))
    unit = step.add("Where", some, finite_or(step, top, nodes.hold(1.0)), nodes.hold(1.0))
    small = step.add("Div", step.x, unit)
    whole = along(step, "ReduceMean", step.add("Mul", small, small))
    return squeeze(step, step.add("Mul", step.add("Sqrt", whole), unit))


def in_order(step: ArrayStep, x: str, axis: int) -> tuple[str, str]:
    """Return x in order along an axis, and the places from where its numbers come."""
    n = step.nodes.shape((step.shapes[0][axis],))
    order, places = step.nodes.several(2, "TopK", x, n, axis=axis, largest=0, sorted=1)
    return order, places


def sort(step: ArrayStep) -> str:
    return in_order(step, step.x, step.about["axis"] % len(step.shape))[0]


def sort_by(step: ArrayStep) -> str:
    axis = step.about["axis"] % len(step.shape)
    return step.add("GatherElements", step.x, in_order(step, step.xs[1], axis)[1], axis=axis)


def unsort(step: ArrayStep) -> str:
    axis = step.about["axis"] % len(step.shape)
    return step.add("ScatterElements", step.x, in_order(step, step.xs[1], axis)[1], step.x, axis=axis)


def quantile(step: ArrayStep) -> str:
    q, method = step.about.get("q", 0.5), step.about.get("method", "linear")
    (shape,), nodes = step.shapes, step.nodes
    rest = [i for i in range(len(shape)) if i not in step.axes]
    n = int(np.prod(check_fixed(tuple([shape[i] for i in step.axes]), "a quantile")))
    lead = [shape[i] for i in rest]
    line = nodes.reshape(step.add("Transpose", step.x, perm=[*rest, *step.axes]), (*lead, n))
    order, _ = nodes.several(2, "TopK", line, nodes.integers(n), axis=len(lead), largest=0, sorted=1)
    low = int((n - 1) * q)
    high, near = min(low + 1, n - 1), numerics.quantile_weight(q, n, method) if (n - 1) * q % 1 else 0.0
    below, above = (step.add("Gather", order, nodes.hold(i, np.int64), axis=len(lead)) for i in (low, high))
    if near in (0.0, 1.0):
        found = above if near else below
    else:
        found = step.add("Add", below, step.add("Mul", step.add("Sub", above, below), nodes.hold(near)))
    return nodes.reshape(found, step.shape)


# --- along an axis ------------------------------------------------------------------------------


def cumsum(step: ArrayStep) -> str:
    axis = step.about.get("axis")
    x = step.nodes.reshape(step.x, step.shape) if axis is None else step.x
    return step.add("CumSum", x, step.nodes.hold(0 if axis is None else axis, np.int64))


def cumprod(step: ArrayStep) -> str:
    axis = step.about.get("axis")
    x = step.nodes.reshape(step.x, step.shape) if axis is None else step.x
    axis = 0 if axis is None else axis % len(step.shape)
    (n,), by = check_fixed((step.shape[axis],), "a product"), 1
    while by < n:  # the products of 1, 2, 4, … numbers up to each
        x = step.add("Mul", x, shift_along(step, x, by, 1.0, axis))
        by *= 2
    return x


def shift_along(step: ArrayStep, x: str, by: int, fill: float, axis: int) -> str:
    """Return x moved on along an axis, `fill` coming in."""
    ends = [0] * (2 * len(step.shape))
    ends[axis], ends[len(step.shape) + axis] = by, -by
    return step.add("Pad", x, step.nodes.integers(*ends), step.nodes.hold(fill))


def shift(step: ArrayStep) -> str:
    return shift_along(step, step.x, step.about["by"], step.about["fill"], step.about["axis"] % len(step.shape))


def flip(step: ArrayStep) -> str:
    whole, back = slice(None), slice(None, None, -1)
    return take_slices(step, [back if i in step.axes else whole for i in range(len(step.shape))])


def roll(step: ArrayStep) -> str:
    by, axis, x = step.about["by"], step.about["axis"], step.x
    for n, i in zip(by, axis, strict=True):
        (length,) = check_fixed((step.shape[i],), "a roll")
        x = step.add("Gather", x, step.nodes.hold(np.roll(np.arange(length), n), np.int64), axis=i % len(step.shape))
    return x


# --- products -----------------------------------------------------------------------------------


def weigh_matmul(step: ArrayStep) -> str:
    """As JAX has it: where the plain product is not finite, the products one by one."""
    (x, y), nodes = step.xs, step.nodes
    whole = step.add("MatMul", x, y)
    x, y = step.add("Unsqueeze", x, nodes.integers(-1)), step.add("Unsqueeze", y, nodes.integers(-3))
    each = Elementwise(nodes).function(numerics.weigh, [x, y], "weigh")
    return finite_or(step, whole, step.add("ReduceSum", each, nodes.integers(-2), keepdims=0))


ROWS: Rows = {
    "broadcast": broadcast,
    "cast": lambda step: step.x,  # all is in the precision of the model
    "concatenate": concatenate,
    "cumprod": cumprod,
    "cumsum": cumsum,
    "det": lambda step: step.add("Det", step.x),
    "diagonal": diagonal,
    "einsum": lambda step: step.add("Einsum", *step.xs, equation=step.about["subscripts"]),
    "flip": flip,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "matmul": lambda step: step.add("MatMul", *step.xs),
    "max": reduction("ReduceMax"),
    "mean": reduction("ReduceMean"),
    "median": quantile,
    "min": reduction("ReduceMin"),
    "on_diagonal": on_diagonal,
    "overlap": overlap,
    "pad": pad,
    "pick": pick,
    "place": place,
    "prod": reduction("ReduceProd"),
    "put": put,
    "quantile": quantile,
    "reshape": reshape,
    "rms": rms,
    "roll": roll,
    "shift": shift,
    "softmax": softmax,
    "sort": sort,
    "sort_by": sort_by,
    "sum": reduction("ReduceSum"),
    "sum_to": sum_to,
    "swap": swap,
    "take": take,
    "transpose": transpose,
    "tril": triangle(0),
    "triu": triangle(1),
    "unsort": unsort,
    "weigh_matmul": weigh_matmul,
    "windows": windows,
}
