"""A graph as an ONNX model: parameters are held under their names, what is data is an input with a free number m.

Which shapes depend on m is seen by doing the steps with two numbers of examples. What was computed as a number from m
while the graph was built would stay what it is: then, and where a step does not take another m, shapes are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ..engine.disk import write
from ..engine.tensor import Tensor
from ..errors import extra
from ..formulas.names import identifier, identifiers
from ..formulas.onnx_arrays import ROWS, ArrayStep, Rows, check_row
from ..formulas.onnx_nodes import ONNX, OPSET, Elementwise, Length, Nodes, OnnxNode, Operators
from ..graph import Node, topological
from ..rules.arrays import ArrayOp
from .calls import plain_of, rows_of

IR_VERSION = 8  # of the same release as the opset
PROBES = 11, 13, 1  # numbers of examples with which the steps are done
Precision = Literal["float32", "float64"]
Batch = Mapping[str, int]


class Forward(NamedTuple):
    """A computation as steps, with its leaves: names, numbers, and whether each is held, as a parameter is."""

    rows: Sequence[tuple[Any, Any]]
    names: Sequence[str]
    defaults: Sequence[Any]
    held: Sequence[bool]
    outputs: Sequence[tuple[str, int]]  # names and places: leaves first, then a place for each row
    arrays: bool  # whether it is of Tensors
    labels: Mapping[int, str] = {}  # names of what is computed on the way, by their places


def to_onnx(
    output: Node,
    path: str | Path | None = None,
    *,
    inputs: Sequence[Node] | None = None,
    batch: Batch | None = None,
    dtype: Precision = "float32",
) -> Any:
    """Return a node of any shape, and all that it is made from, as an ONNX model (an extra); write it to a path.

    `inputs` are the leaves that the model takes, by default those with a name that are no parameters,
    or else all with a name. All other leaves are held. The model is of opset 18, its numbers are of `dtype`. A graph of
    Values is computed for m examples at once: an input is (m,), and a parameter a single number. Of Tensors the
    axis of the examples is the second one of inputs (n, m), or else the first of all inputs, where the graph
    takes another number of them; `batch={"X": 0}` says which it is, `batch={}` that shapes are fixed. An input that is
    only an index is of whole numbers. Raises ValueError for an operation that ONNX has not.
    """
    if not isinstance(output, Node):
        raise TypeError(f"to_onnx takes a node, what a graph computes; got {output!r:.60}")
    order = topological(output)
    leaves = [x for x in dict.fromkeys(x for node in order for x in (*node.inputs, node)) if x.op is None]
    named = [x for x in leaves if x.name and x.kind != "parameter"]
    given = list(inputs) if inputs is not None else named or [x for x in leaves if x.name]
    for x in given:
        if x not in leaves:
            raise ValueError(f"{x!r} is no leaf of the graph of {output!r}")
    known = [*given, *(x for x in leaves if x not in given)]
    names = identifiers(order, [x for x in known if x.name or x in given])
    rows, place = rows_of([output], known)
    labels = {place[node]: names[node] for node in order if node in names}
    forward = Forward(
        rows,
        [names.get(x) or "constant" for x in known],
        [plain_of(x) for x in known],
        [x not in given for x in known],
        [(names.get(output) or "output", place[output])],
        isinstance(output, Tensor),
        labels,
    )
    return model_of(forward, path, batch, dtype)


def model_of(forward: Forward, path: str | Path | None, batch: Batch | None, dtype: Precision) -> Any:
    """Return the model of a computation, which ONNX's checker has passed, and write it if `path` is given."""
    if dtype not in ("float32", "float64"):
        raise ValueError(f"unknown dtype {dtype!r} (choose from float32, float64)")
    with extra("onnx"):
        import onnx
    shapes, nodes, results = computation(forward, batch, np.dtype(dtype))
    kinds = {x: onnx.helper.np_dtype_to_tensor_dtype(np.dtype(x)) for x in (dtype, "int64")}

    def declare(name: str, place: int, kind: str) -> Any:
        shape = [str(n) if isinstance(n, Length) else n for n in shapes[place]]
        return onnx.helper.make_tensor_value_info(name, kinds[kind], shape)

    indices = indices_of(forward)
    entries = [
        onnx.helper.make_node(
            one.kind,
            one.inputs,
            one.results,
            **{key: kinds.get(x, x) if key == "to" else x for key, x in one.attributes.items()},
        )
        for one in nodes.entries
    ]
    graph = onnx.helper.make_graph(
        entries,
        identifier(forward.outputs[0][0]),
        [
            declare(name, i, "int64" if i in indices else dtype)
            for i, name in enumerate(forward.names)
            if not forward.held[i]
        ],
        [declare(name, place, dtype) for name, (_, place) in zip(results, forward.outputs, strict=True)],
        [onnx.numpy_helper.from_array(x, name) for name, x in nodes.held.items()],
    )
    model = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="microgradnn",
        producer_version=version("microgradnn"),
    )
    model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    onnx.checker.check_model(model, full_check=True)
    if path is not None:
        write(path, model.SerializeToString())
    return model


def computation(forward: Forward, batch: Batch | None, dtype: Any) -> tuple[list[Any], Nodes, list[str]]:
    """Return the shape at each place, the nodes, and the outputs' names, for any number of examples if that can be.

    ValueError where an operation is not to be had, or where `batch` says an axis of which no other length is taken.
    """
    check_rows(forward, ROWS, ONNX.name)
    if batch is not None:
        for name, axis in batch.items():
            shape = {name: np.shape(x) for name, x, held in leaves_of(forward) if not held}.get(name)
            if shape is None or not -len(shape) <= axis < len(shape):
                raise ValueError(f"batch names the axis of the examples in inputs; {name!r} has no axis {axis}")
    for choice in choices(forward) if batch is None else [batch]:
        try:
            if batch is not None or not holds_number(forward, choice):
                shapes = symbolic_shapes(forward, choice)
                return shapes, *nodes_of(forward, choice, shapes, dtype)
        except (ValueError, IndexError) as error:
            if batch:
                raise ValueError(f"the graph does not take another number of examples: {error}") from None
    shapes = symbolic_shapes(forward, {})
    return shapes, *nodes_of(forward, {}, shapes, dtype)


# --- shapes -------------------------------------------------------------------------------------


def check_rows(forward: Forward, rows: Rows, engine: str) -> None:
    """Raise ValueError where an operation on arrays is none that an engine has."""
    for op, _ in forward.rows:
        if isinstance(op, ArrayOp):
            check_row(op, rows, engine)


def leaves_of(forward: Forward) -> Iterator[tuple[str, Any, bool]]:
    """Return name, number and whether it is held of each leaf."""
    return zip(forward.names, forward.defaults, forward.held, strict=True)


def choices(forward: Forward) -> Iterator[Batch]:
    """Return the axes that may be that of the examples: columns, as in the course notes, or rows."""
    if not forward.arrays:
        yield {name: 0 for name, _, held in leaves_of(forward) if not held}
        return
    data = {name: np.shape(x) for name, x, held in leaves_of(forward) if not held and np.ndim(x)}
    columns = {name: shape[1] for name, shape in data.items() if len(shape) == 2}
    rows = {name: shape[0] for name, shape in data.items()}
    for lengths, axis in ((columns, 1), (rows, 0)):
        if len({*lengths.values()}) == 1:
            yield dict.fromkeys(lengths, axis)


def holds_number(forward: Forward, batch: Batch) -> bool:
    """Whether a number by which is multiplied or divided may be made of the number of examples, as 1/m is."""
    if not forward.arrays:
        return False
    (m,) = {np.shape(x)[batch[name]] for name, x, _ in leaves_of(forward) if name in batch}
    near = {m, m - 1, 1 / m if m else 0, 1 / (m - 1) if m > 1 else 0, m**0.5, m**-0.5 if m else 0}
    near -= {0.5, 1, 2} if m > 2 else {0}
    held = {
        i: float(np.reshape(x, ())) for i, (_, x, held) in enumerate(leaves_of(forward)) if held and np.size(x) == 1
    }
    for i, (op, about) in enumerate(forward.rows, len(forward.names)):
        if op is None:
            if np.size(about) == 1:
                held[i] = float(np.reshape(about, ()))
        elif op.name in ("mul", "div") and any(x in near for x in map(held.get, about)):
            return True
    return False


def symbolic_shapes(forward: Forward, batch: Batch) -> list[Any]:
    """Return the shape at each place, with a Length for what depends on m; ValueError where that is no multiple."""
    several = [concrete_shapes(forward, with_examples(forward, batch, m)) for m in PROBES]
    return [tuple([merge(lengths) for lengths in zip(*shapes, strict=True)]) for shapes in zip(*several, strict=True)]


def merge(lengths: Sequence[int]) -> Any:
    """Return a length that was one of these with each number of examples; ValueError where that is no multiple."""
    times = lengths[0] // PROBES[0]
    if len({*lengths}) == 1:
        return lengths[0]
    if list(lengths) != [times * m for m in PROBES]:
        raise ValueError(f"an axis has {lengths[0]} places for {PROBES[0]} examples and {lengths[-1]} for {PROBES[-1]}")
    return Length(times)


def with_examples(forward: Forward, batch: Batch, m: int) -> list[tuple[int, ...]]:
    """Return the shapes of the leaves for m examples."""
    shapes: list[tuple[int, ...]] = []
    for name, x, _ in leaves_of(forward):
        shape = list(np.shape(x))
        if name in batch:
            shape = shape or [0]
            shape[batch[name]] = m
        shapes.append(tuple(shape))
    return shapes


def concrete_shapes(forward: Forward, leaves: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the shape at each place for leaves of these shapes; ValueError where they do not fit."""
    shapes = [*leaves]
    for op, about in forward.rows:
        if op is None:
            shapes.append(np.shape(about))
            continue
        inputs = [shapes[i] for i in about]
        if isinstance(op, ArrayOp):
            shapes.append(np.shape(op.of(*map(regular, inputs))))
        else:
            shapes.append(np.broadcast_shapes(*inputs))
    return shapes


def regular(shape: tuple[int, ...]) -> Any:
    """Return an array of a shape; square matrices have inverses."""
    square = len(shape) > 1 and shape[-1] == shape[-2]
    return np.broadcast_to(np.eye(shape[-1]) if square else np.zeros(()), shape)


# --- nodes --------------------------------------------------------------------------------------


def indices_of(forward: Forward) -> set[int]:
    """Return the inputs that are used as an index alone, and are whole numbers."""
    uses = [(i, op.name == "pick" and k == 1) for op, about in forward.rows if op for k, i in enumerate(about)]
    return {i for i, _ in uses if i < len(forward.names) and all(index for j, index in uses if j == i)}


def nodes_of(
    forward: Forward,
    batch: Batch,
    shapes: Sequence[Any],
    dtype: Any,
    operators: Operators = ONNX,
    array_rows: Rows = ROWS,
) -> tuple[Nodes, list[str]]:
    """Return the nodes of a computation, and the names of its outputs."""
    taken = {*forward.names, *forward.labels.values(), *(name for name, _ in forward.outputs)}
    nodes = Nodes(dtype, taken, operators)
    if batch:
        name = next(iter(batch))
        nodes.examples = name, batch[name] % len(shapes[list(forward.names).index(name)])
    elementwise, indices = Elementwise(nodes), indices_of(forward)
    at: list[str] = []
    for i, (name, x, held) in enumerate(leaves_of(forward)):
        if held and name != "constant":
            nodes.held[name] = np.asarray(x, np.int64 if i in indices else dtype)
        at.append(nodes.hold(x) if held and name == "constant" else name)
    for place, (op, about) in enumerate(forward.rows, len(at)):
        if op is None:
            at.append(nodes.hold(about))
        elif isinstance(op, ArrayOp):
            xs, inner = [at[i] for i in about], [shapes[i] for i in about]
            at.append(array_rows[op.name](ArrayStep(nodes, xs, inner, shapes[place], op.parameters)))
        else:
            at.append(elementwise.row(op, [at[i] for i in about]))
    used = {x for one in nodes.entries for x in one.inputs} | {at[place] for _, place in forward.outputs}
    nodes.held = {name: x for name, x in nodes.held.items() if name in used}
    return rename(nodes, forward, at)


def rename(nodes: Nodes, forward: Forward, at: Sequence[str]) -> tuple[Nodes, list[str]]:
    """Give results the names that they have in the graph; an output is always the result of a node of its own."""
    made = {x for one in nodes.entries for x in one.results}
    new: dict[str, str] = {}
    results: list[str] = []
    for wanted, place in forward.outputs:
        name = nodes.name(wanted) if wanted in (*forward.names, *results) else wanted
        if at[place] in made and at[place] not in new:
            new[at[place]] = name
        else:
            nodes.entries.append(OnnxNode("Identity", (at[place],), (name,), {}))
        results.append(name)
    for place, name in forward.labels.items():
        if at[place] in made and name not in results:
            new.setdefault(at[place], name)
    for i, one in enumerate(nodes.entries):
        nodes.entries[i] = one._replace(
            inputs=tuple([new.get(x, x) for x in one.inputs]), results=tuple([new.get(x, x) for x in one.results])
        )
    return nodes, results
