"""Derivatives of functions, of any order: grad, jvp, vjp, jacobian, hessian, hvp.

A function takes Values and returns Values: alone, or in lists, tuples, dicts and arrays. Given
plain numbers, these give plain numbers; given Values, as inside another derivative, or Tensors,
they give nodes, so that `grad(grad(f))` is the second derivative. A function of Tensors is given
Tensors: `grad(f)(Tensor(X))` is a Tensor of the shape of X. No derivative stands here: the sweeps
run the rules of the table, on nodes where their results are to be differentiated again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..graph import Node, topological
from ..graph.blocks import GUARDS, OPEN
from ..graph.paths import back
from ..graph.structure import flatten, is_array, pair_leaves, unflatten
from ..rules import calculus
from .modes import record_for_itself
from .tensor import Tensor, stack
from .value import Value

Number = Any  # a node, or a plain number
Wrt = int | tuple[int, ...]

INSIDE = ContextVar("INSIDE", default=False)  # whether a function is running that is being differentiated


def is_inside() -> bool:
    """Whether a function is running whose nodes somebody follows: it is being differentiated, or recorded."""
    return INSIDE.get() or bool(OPEN and GUARDS.get() is not None)


# --- sweeps -------------------------------------------------------------------------------


def forth(order: Sequence[Any], tangents: dict[Node, Any], *, on_nodes: bool) -> dict[Node, Any]:
    """Carry tangents from the inputs forward to every node that depends on them."""
    moved: dict[Node, Any] = dict(tangents)
    for node in order:
        if node.op is not None and node not in tangents:
            step = node._pushed(moved, on_nodes=on_nodes)
            if step is not None:
                moved[node] = step
    return moved


def sweep_nodes(root: Any, seed: Any) -> None:
    """Do what `backward(create_graph=True)` promises: leave gradients that are nodes.

    They are circles, which `zero_grad` opens, and no collector does of compiled Values.
    """
    order: list[Any] = topological(root)
    swept = set(order)
    wanted = [node for node in order if node.wants_grad]
    grads = back(order, wanted, seed, on_nodes=True)
    for node in wanted:
        grad: Any = grads.get(node, 0.0)
        if isinstance(grad, Node) and (grad.op is None or grad in swept):  # its data may be changed, a gradient may not
            grad = calculus.same(grad)
        if node.op is None and node.has_grad:
            grad = node.grad + grad
        node.grad = grad if isinstance(grad, Node) or node not in grads else node._like(grad)


# --- functions ----------------------------------------------------------------------------


class Call:
    """One call of a function, with nodes of its own for the arguments that matter.

    Where an argument is a Value already, inside another derivative, the node is an alias of it:
    what the function does with the outer Value itself is not counted as done with its argument.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], wrt: Wrt) -> None:
        check_function(f)
        places = (wrt,) if isinstance(wrt, int) else wrt
        if not all(-len(args) <= place < len(args) for place in places):
            raise TypeError(f"there is no argument {wrt} among {len(args)}, to differentiate by: call grad(f)(2.0)")
        self.like: Any = args[wrt] if isinstance(wrt, int) else tuple(args[i] for i in wrt)
        given = flatten(self.like)
        self.nested = any(isinstance(x, Node) for x in given)
        self.inputs: list[Any] = [calculus.same(x) if isinstance(x, Node) else Value(x) for x in given]
        passed, own = list(args), unflatten(self.like, self.inputs)
        for i, place in enumerate(places):
            passed[place] = own if isinstance(wrt, int) else own[i]
        token = INSIDE.set(True)
        try:
            self.result = f(*passed)
        finally:
            INSIDE.reset(token)
        self.warn_of_numbers()
        self.outputs: list[Any] = [
            x if isinstance(x, Node) else Value(x, kind="constant") for x in flatten(self.result)
        ]
        self.nested |= is_inside() and self.uses_others()

    def warn_of_numbers(self) -> None:
        """Warn of a result of plain numbers: with .data, or float(), it has left the graph."""
        found = flatten(self.result)
        if self.nested or any(isinstance(x, Node) for x in found):
            return
        if any(isinstance(x, (int, float, np.integer, np.floating)) and x != 0 for x in found):
            message = (
                f"the function returned {self.result!r:.60}, and no Value: its derivative is taken for 0. Was it taken "
                "out of the graph, by .data or .item()? If it is a constant, return Value(…)"
            )
            warnings.warn(message, UserWarning, stacklevel=2)

    def uses_others(self) -> bool:
        """Whether the outputs depend on Values that are no arguments, such as those of a function around this one."""
        own = {*self.inputs}
        leaves = (node for output in self.outputs for node in topological(output) if node.op is None)
        return any(node.kind != "constant" and node not in own for node in leaves)

    def restructure(self, like: Any, numbers: Sequence[Number]) -> Any:
        """Put numbers in a structure: as nodes inside another derivative, else as plain numbers."""
        if self.nested:  # a slope that does not depend on anything is a node too: nothing has left the graph
            numbers = [x if isinstance(x, Node) else Value(x, kind="constant") for x in numbers]
        else:
            numbers = [x._held() if isinstance(x, Node) else float(x) for x in numbers]
        return unflatten(like, numbers)

    def value(self) -> Any:
        """Return what the function returned."""
        return self.restructure(self.result, self.outputs)

    def gradients(self, output: Any, seed: Number) -> list[Number]:
        """Return the gradients of one output in all inputs."""
        grads = back(topological(output), self.inputs, seed, on_nodes=self.nested)
        return [grads[x] if x in grads else none(x) for x in self.inputs]

    def one_output(self) -> Any:
        """Return the output, if it is one number."""
        if isinstance(self.result, (list, tuple, dict)) or len(self.outputs) != 1:
            raise TypeError(
                f"the function has to return one Value, for more there is jacobian; it returned {self.result!r}"
            )
        if getattr(self.result, "size", 1) != 1:
            raise TypeError(
                f"the function has to return one number, for more there is jacobian; it returned shape "
                f"{self.result.shape}"
            )
        return self.outputs[0]


def check_function(f: Any) -> None:
    """Raise TypeError for what cannot be called."""
    if not callable(f):
        graph = "; of a graph that is there, J.backward() gives the gradients: x.grad" if isinstance(f, Node) else ""
        raise TypeError(f"what is differentiated is a function of Values; got {f!r:.60} ({type(f).__name__}){graph}")


def none(x: Any) -> Number:
    """Return what an input gets to which nothing comes back."""
    return x._like(0.0) if is_array(x) else 0.0


def one(output: Any) -> Number:
    """Return the gradient of an output in itself."""
    return output._like(1.0) if is_array(output) else 1.0


def value_and_grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., tuple[Any, Any]]:
    """Return the function that gives f's value and its gradient in argument number `wrt`.

    The gradient has the structure of that argument (with a tuple of numbers, of the tuple of
    those arguments). Raises TypeError if f returns more than one Value.

    >>> value_and_grad(lambda x: x["w"] * x["x"] + x["b"])({"w": 2.0, "x": 3.0, "b": 1.0})
    (7.0, {'w': 3.0, 'x': 2.0, 'b': 1.0})
    """

    @record_for_itself
    def both(*args: Any) -> tuple[Any, Any]:
        call = Call(f, args, wrt)
        output = call.one_output()
        return call.value(), call.restructure(call.like, call.gradients(output, one(output)))

    return both


def grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """Return the function that gives the gradient of f in argument number `wrt`; see value_and_grad.

    >>> cube = lambda x: x**3
    >>> grad(cube)(2.0), grad(grad(cube))(2.0), grad(grad(grad(cube)))(2.0)
    (12.0, 12.0, 6.0)
    """
    check_function(f)
    both = value_and_grad(f, wrt)
    return lambda *args: both(*args)[1]


@record_for_itself
def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return f's value and its pullback: from a cotangent like the value to one like each argument.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    call = Call(f, primals, tuple(range(len(primals))))

    @record_for_itself
    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = match_structures(cotangent, call.result, "the cotangent", "the value")
        rows = [call.gradients(output, seed) for output, seed in zip(call.outputs, seeds, strict=True)]
        columns = zip(*rows, strict=True) if rows else [[none(x)] for x in call.inputs]
        whole: tuple[Any, ...] = call.restructure(call.like, [sum(column[1:], column[0]) for column in columns])
        return whole

    return call.value(), pullback


@record_for_itself
def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return f's value and how it moves when the arguments move along `tangents`: forward mode.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, Iterable) or isinstance(given, (str, Node)):
            raise TypeError(f"{name} are one for each argument, as in jvp(f, (x, y), (1.0, 0.0)); got {given!r:.60}")
    call = Call(f, tuple(primals), tuple(range(len(primals))))
    directions = match_structures(tuple(tangents), tuple(primals), "the tangents", "the arguments")
    call.nested |= any(isinstance(x, Node) for x in directions)
    start = dict(zip(call.inputs, directions, strict=True))
    moved = [forth(topological(y), start, on_nodes=call.nested) for y in call.outputs]
    tangent = [move[y] if y in move else none(y) for y, move in zip(call.outputs, moved, strict=True)]
    return call.value(), call.restructure(call.result, tangent)


def jacobian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """Return the function that gives, for each output of f, its gradient in argument `wrt`.

    Outside it has the structure of what f returns, inside that of the argument: for lists the
    rows of the matrix ∂yᵢ/∂xⱼ.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    @record_for_itself
    def matrix(*args: Any) -> Any:
        call = Call(f, args, wrt)
        rows = [call.restructure(call.like, derivatives_of(call, output)) for output in call.outputs]
        return nest_rows(call.result, rows)

    return matrix


def derivatives_of(call: Call, output: Any) -> list[Number]:
    """Return the derivatives of one output in all inputs; of an array, by all its numbers, one after the other."""
    if not is_array(output):
        return call.gradients(output, 1.0)
    seeds = np.eye(output.size).reshape((output.size, *output.shape))
    rows = [call.gradients(output, output._like(seed)) for seed in seeds]
    columns = zip(*rows, strict=True) if rows else [[] for _ in call.inputs]
    return [
        stack(column).reshape(output.shape + x.shape) if rows else Tensor(np.zeros(output.shape + x.shape))
        for x, column in zip(call.inputs, columns, strict=True)
    ]


def hessian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """Return the function that gives the matrix of second derivatives ∂²f/∂xᵢ∂xⱼ.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(f, wrt), wrt)


@record_for_itself
def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """Return the Hessian of f at x times v, without the Hessian: the gradient's move along v.

    >>> hvp(lambda x: x[0] ** 2 * x[1], [2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    return jvp(grad(f), (x,), (v,))[1]


def match_structures(given: Any, like: Any, this: str, that: str) -> list[Any]:
    """Return the leaves of a structure that has to be like another."""
    try:
        pairs = pair_leaves(given, like)
    except ValueError as error:
        raise ValueError(f"{this} must match {that}: {error}") from None
    return [x._like(leaf) if is_array(x) and not isinstance(leaf, Node) else leaf for leaf, x in pairs]


def nest_rows(like: Any, rows: Sequence[Any]) -> Any:
    """Put the rows of a Jacobian where the outputs stood; an array of arrays becomes one array."""
    if isinstance(like, np.ndarray) and rows and isinstance(rows[0], np.ndarray):
        return np.array(list(rows)).reshape(like.shape + rows[0].shape)
    if isinstance(like, np.ndarray):
        like = like.tolist()
    return unflatten(like, rows)
