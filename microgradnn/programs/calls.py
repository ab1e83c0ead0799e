"""A program called on nodes: one node of the graph, whose rule is the gradient program.

A sweep on numbers runs the program. A sweep on nodes, for a derivative of higher order, does what the program was made
from once more, step by step, on the nodes; so do `derive` and `compile`, for which the node is no more than its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..engine.modes import LIMITS, switch
from ..engine.recording import constant as number
from ..engine.recording import record
from ..engine.tensor import Tensor, constant
from ..engine.value import Value
from ..graph import Node, Op, topological
from ..graph.paths import back
from ..rules import calculus
from ..rules.arrays import ArrayOp
from ..rules.notation import Symbol


class Steps(NamedTuple):
    """A graph as a list: for each node its operation and the places of its inputs, (None, number) for a constant.

    The inputs come first. It has no nodes, and is pickled as it is.
    """

    rows: tuple[tuple[Any, Any], ...]
    inputs: tuple[str, ...]
    output: int
    places: dict[str, int]  # of the nodes that the program has gradients of
    shapes: tuple[tuple[int, ...], ...] | None  # of the inputs, None for a graph of Values

    def replay(self, xs: Sequence[Any]) -> list[Any]:
        """Do all steps again at `xs`, in whose number system the results are, and return them."""
        results = list(xs)
        for op, about in self.rows:
            results.append(about if op is None else op(*[results[i] for i in about]))
        return results


def steps_of(output: Node, inputs: Sequence[Any], names: Sequence[str], wanted: dict[str, Node]) -> Steps:
    """Return a graph as steps, those of programs that are called in it among them."""
    rows, place = rows_of([output], inputs)
    shapes = tuple([x.shape for x in inputs]) if hasattr(output, "shape") else None
    return Steps(rows, tuple(names), place[output], {name: place[x] for name, x in wanted.items()}, shapes)


def rows_of(outputs: Sequence[Node], inputs: Sequence[Node]) -> tuple[tuple[tuple[Any, Any], ...], dict[Any, int]]:
    """Return the rows of the steps that lead to some nodes, and the place of each node."""
    place: dict[Any, int] = {x: i for i, x in enumerate(inputs)}
    rows: list[tuple[Any, Any]] = []
    seen: set[Node] = set()
    for node in [node for output in outputs for node in topological(output, seen)]:
        if node in place:
            continue
        if isinstance(node.op, (ValueCall, TensorCall)):
            inner = node.op.steps
            at = [place[x] for x in node.inputs]
            for op, about in inner.rows:
                at.append(len(inputs) + len(rows))
                rows.append((op, about if op is None else tuple([at[i] for i in about])))
            place[node] = at[inner.output]
            continue
        place[node] = len(inputs) + len(rows)
        rows.append((node.op, tuple([place[x] for x in node.inputs])) if node.op else (None, plain_of(node)))
    return tuple(rows), place


def plain_of(node: Any) -> Any:
    """Return what a leaf holds: a number, or an array of its shape, of one number too."""
    held = node._held()
    return np.reshape(held, node.shape) if isinstance(node, Tensor) and node.ndim else held


def slopes(steps: Steps, xs: Sequence[Any], seed: Any) -> list[Any]:
    """Return what the gradient `seed` of the output of steps brings back to each node: nodes, 0 where nothing comes."""
    ys = [calculus.same(x) for x in xs]  # a node that is given twice has a gradient at each place
    output = steps.replay(ys)[steps.output]
    if not isinstance(output, Node):
        return [0.0] * len(ys)
    with switch(LIMITS, True):
        grads = back([*topological(output, {*ys}), *([output] if output in ys else [])], ys, seed, on_nodes=True)
    return [grads.get(y, 0.0) for y in ys]


class Rules:
    """The rules of a call: of all its arguments at once, since they come from one sweep; one is asked after another."""

    def __init__(self, steps: Steps, gradients: Callable[..., Sequence[float]]) -> None:
        self.steps = steps
        self.gradients = gradients
        self.last: tuple[Any, Any] = (None, None)  # for what they were asked last

    def __len__(self) -> int:
        return len(self.steps.inputs)

    def __getitem__(self, i: int) -> Callable[..., Any]:
        if not 0 <= i < len(self):
            raise IndexError(i)
        return lambda f, *xs: self.of(i, f, xs)

    def of(self, i: int, f: Any, xs: Sequence[Any]) -> Any:
        """Return the slope in argument i, at numbers or nodes; of symbols, for print, its name."""
        if isinstance(f, Symbol):
            return Symbol(f"∂{f}/∂{xs[i]}")
        known, found = self.last
        if known is not f:
            nodes = isinstance(f, Node)
            found = slopes(self.steps, xs, 1.0) if nodes else self.gradients(xs)
        self.last = (f, found) if isinstance(f, Node) and i + 1 < len(self) else (None, None)
        return found[i]


class ValueCall(Op):
    """A program of Values as an operation."""

    __slots__ = ("program", "steps")
    rounding: ClassVar[float] = (
        1e-6  # by which a slope of the program may differ from that of its steps, relative to it
    )

    def __init__(self, program: Any, steps: Steps) -> None:
        name, n = program.output, len(steps.inputs)
        call = ", ".join(["{x}", "{y}", "{z}"][:n] + (["…"] if n > 3 else []))
        super().__init__(
            name,
            lambda *xs: program.value(*xs),
            lambda *xs: steps.replay(xs)[steps.output],
            text=f"{name}({call})",
            latex=rf"\operatorname{{{{{name}}}}}({call})",
            note="a program",
            public=False,
        )
        self.partials = self.paper = Rules(steps, self.gradients)
        self.program = program
        self.steps = steps

    def gradients(self, xs: Sequence[float]) -> list[float]:
        """Return the slopes in all inputs at numbers: by the program, where it has them all, else by its steps."""
        names = self.steps.inputs
        if set(names) <= set(self.program.wrt):
            found = self.program(*xs).gradients
            return [found[name] for name in names]
        return [x._held() if isinstance(x, Node) else x for x in slopes(self.steps, [Value(x) for x in xs], 1.0)]

    def __call__(self, *xs: Any) -> Any:
        """Return the program at numbers; at nodes and numbers, as a node; at the terms of a formula, its steps."""
        if any(isinstance(x, Value) for x in xs):
            inputs = [x if isinstance(x, Value) else number(x) for x in xs]
            data = [x._held() for x in inputs]
            return record(self, float(self.program.value(*data)), inputs, self.gradients(data))
        if any(isinstance(x, Tensor) for x in xs):
            raise TypeError(f"{self.program!r} is of Values, and was called on a Tensor: on each of its numbers, then")
        return (
            self.steps.replay(xs)[self.steps.output] if any(isinstance(x, Node) for x in xs) else super().__call__(*xs)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return ValueCall, (self.program, self.steps)


class TensorCall(ArrayOp):
    """A program of Tensors as an operation on arrays."""

    __slots__ = ("last", "program", "steps")

    def __init__(self, program: Any, steps: Steps) -> None:
        text = program.output + "({xs})"
        super().__init__(program.output, lambda *xs: np.asarray(program.value(*xs)), text=text, note="a program")
        self.program = program
        self.steps = steps
        self.last: tuple[Any, Any] = (None, None)

    def pullback(self, i: int, g: Any, f: Any, *xs: Any, paper: bool = False) -> Any:
        """Return the gradient in argument i: of arrays by the program, if it has that one; else by its steps."""
        name, nodes = self.steps.inputs[i], any(isinstance(x, Node) for x in (g, f, *xs))
        if nodes:
            found = slopes(self.steps, self.check_shapes(xs), g)[i]
            return found if isinstance(found, Node) else 0 * xs[i]
        if name not in self.program.wrt:
            leaves = [constant(x, x.dtype) for x in xs]
            found = slopes(self.steps, self.check_shapes(leaves), constant(g, g.dtype))[i]
            return found._held() if isinstance(found, Tensor) else np.zeros_like(xs[i])
        known, gradients = self.last
        if known is not f:
            gradients = self.program(*xs).gradients
        self.last = (f, gradients) if i + 1 < len(xs) else (None, None)
        return g * gradients[name]

    def check_shapes(self, xs: Sequence[Any]) -> Sequence[Any]:
        """Return the inputs; ValueError where the steps, which hold the lengths of their graph, do not fit."""
        shapes = tuple([tuple(x.shape) for x in xs])
        if shapes != self.steps.shapes and not all(hasattr(x, "book") for x in xs):
            raise ValueError(
                f"{self.program!r} was compiled for shapes {self.steps.shapes}, and is differentiated again, or by an "
                f"input that is not among its wrt, only for those; got {shapes}"
            )
        return xs

    def __call__(self, *xs: Any, **parameters: Any) -> Any:
        """Return the program at arrays; at nodes, as a node; at the terms of a formula, its steps."""
        for x in xs:
            if isinstance(x, Tensor):
                return Tensor._record(self, *xs)
            if isinstance(x, Value):
                raise TypeError(f"{self.program!r} is of Tensors, and was called on a Value: Tensor(number) joins")
        return self.steps.replay(xs)[self.steps.output] if any(isinstance(x, Node) for x in xs) else self.array(*xs)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorCall, (self.program, self.steps)


def gradients_on_nodes(call: ValueCall | TensorCall, wrt: Sequence[str], xs: Sequence[Any]) -> dict[str, Any]:
    """Return the gradients of a program at nodes, as nodes that can be differentiated again."""
    steps = call.steps
    nodes: Sequence[Any] = [
        x if isinstance(x, Node) else number(x) if steps.shapes is None else constant(x, None) for x in xs
    ]
    if isinstance(call, TensorCall):
        call.check_shapes(nodes)
    ys = [calculus.same(x) for x in nodes]
    results = steps.replay(ys)
    output = results[steps.output]
    wanted = [results[steps.places[name]] for name in wrt]
    grads: dict[Node, Any] = {}
    if isinstance(output, Node):
        seed = output._like(1.0) if steps.shapes is not None else 1.0
        with switch(LIMITS, True):
            order = [*topological(output, {*ys}), *([output] if output in ys else [])]
            grads = back(order, [x for x in wanted if isinstance(x, Node)], seed, on_nodes=True)
    found = {}
    for name, x in zip(wrt, wanted, strict=True):
        grad = grads.get(x, 0.0)
        found[name] = grad if isinstance(grad, Node) else x._like(grad)
    return found
