"""Derivatives of functions, of any order: grad, jvp, vjp, jacobian, hessian, hvp.

A function takes Values and returns Values: alone, or in lists, tuples, dicts and arrays. Given
plain numbers, these give plain numbers; given Values, as inside another derivative, they give
nodes, so that `grad(grad(f))` is the second derivative. No derivative stands here: the sweeps
run the rules of the table, on nodes where their results are to be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from . import calculus
from .graph import NOTHING, UNREACHED, UNSWEPT, topological
from .structure import flatten, unflatten
from .value import Value

Number = Value | float
Wrt = int | tuple[int, ...]

INSIDE = ContextVar("INSIDE", default=False)  # whether a function is running that is being differentiated


# --- sweeps -------------------------------------------------------------------------------


def local(node: Value, i: int, recorded: float) -> Number:
    """Return ∂node/∂input i by the table's rule on nodes.

    Raises ValueError where the data of an input was changed after it was used: the rule would
    read the new number, and the gradient be that of no computation that was done.
    """
    assert node.op is not None
    partial: Number = node.op.partials[i](node, *node.inputs)
    worth = partial.data if isinstance(partial, Value) else partial
    if worth != recorded and (worth == worth or recorded == recorded):
        raise ValueError(
            f"the data of an input of {node!r} was changed after the node was computed: its local derivative was "
            f"{recorded!r} and would now be {worth!r}; compute the graph anew"
        )
    return partial


def times(x: Number, y: Number) -> Number:
    """Return x · y, without a node for a factor that is the number 1."""
    if not isinstance(x, Value) and x == 1:
        return y
    return x if not isinstance(y, Value) and y == 1 else x * y


def back(order: Sequence[Value], wanted: Sequence[Value], seed: Number, *, on_nodes: bool) -> dict[Value, Number]:
    """Carry gradients from the last of `order` back to `wanted` and all that leads there from it.

    What nothing comes back to has no entry.
    """
    leads = set(wanted)
    for node in order:
        if not leads.isdisjoint(node.inputs):
            leads.add(node)
    grads: dict[Value, Number] = {order[-1]: seed}
    for node in reversed(order):
        if node in grads:
            for i, (x, recorded) in enumerate(zip(node.inputs, node.partials, strict=True)):
                if x in leads and recorded is not NOTHING:
                    step = times(grads[node], local(node, i, recorded) if on_nodes else recorded)
                    grads[x] = grads[x] + step if x in grads else step
    return grads


def forth(order: Sequence[Value], tangents: dict[Value, Number], *, on_nodes: bool) -> dict[Value, Number]:
    """Carry tangents from the inputs forward to every node that depends on them."""
    moved: dict[Value, Number] = dict(tangents)
    for node in order:
        if node not in tangents:
            for i, (x, recorded) in enumerate(zip(node.inputs, node.partials, strict=True)):
                if x in moved and recorded is not NOTHING:
                    step = times(moved[x], local(node, i, recorded) if on_nodes else recorded)
                    moved[node] = moved[node] + step if node in moved else step
    return moved


def sweep_nodes(root: Value, seed: Number) -> None:
    """Do what `backward(create_graph=True)` promises: leave gradients that are nodes."""
    order: list[Any] = topological(root)
    grads = back(order, order, seed, on_nodes=True)
    for node in order:
        grad: Any = grads.get(node, UNREACHED)
        if node.op is None and node.grad is not UNSWEPT:
            grad = node.grad + grad
        node.grad = grad if isinstance(grad, Value) or grad is UNREACHED else Value(grad, kind="constant")


# --- functions ----------------------------------------------------------------------------


class Call:
    """One call of a function, with nodes of its own for the arguments that matter.

    Where an argument is a Value already, inside another derivative, the node is an alias of it:
    what the function does with the outer Value itself is not counted as done with its argument.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], wrt: Wrt) -> None:
        places = (wrt,) if isinstance(wrt, int) else wrt
        self.like: Any = args[wrt] if isinstance(wrt, int) else tuple(args[i] for i in wrt)
        given = flatten(self.like)
        self.nested = any(isinstance(x, Value) for x in given)
        self.inputs: list[Value] = [calculus.same(x) if isinstance(x, Value) else Value(x) for x in given]
        passed, own = list(args), unflatten(self.like, self.inputs)
        for i, place in enumerate(places):
            passed[place] = own if isinstance(wrt, int) else own[i]
        token = INSIDE.set(True)
        try:
            self.result = f(*passed)
        finally:
            INSIDE.reset(token)
        self.outputs = [x if isinstance(x, Value) else Value(x, kind="constant") for x in flatten(self.result)]
        self.nested |= INSIDE.get() and self.uses_others()

    def uses_others(self) -> bool:
        """Whether the outputs depend on Values that are no arguments, such as those of a function around this one."""
        own = {*self.inputs}
        leaves = (node for output in self.outputs for node in topological(output) if node.op is None)
        return any(node.kind != "constant" and node not in own for node in leaves)

    def structured(self, like: Any, numbers: Sequence[Number]) -> Any:
        """Put numbers in a structure: as nodes inside another derivative, else as plain numbers."""
        if not self.nested:
            numbers = [x.data if isinstance(x, Value) else float(x) for x in numbers]
        return unflatten(like, numbers)

    def value(self) -> Any:
        """Return what the function returned."""
        return self.structured(self.result, self.outputs)

    def gradients(self, output: Value, seed: Number = 1.0) -> list[Number]:
        """Return the gradients of one output in all inputs."""
        grads = back(topological(output), self.inputs, seed, on_nodes=self.nested)
        return [grads.get(x, 0.0) for x in self.inputs]

    def one_output(self) -> Value:
        """Return the output, if it is one."""
        if isinstance(self.result, (list, tuple, dict)) or len(self.outputs) != 1:
            raise TypeError(
                f"the function has to return one Value, for more there is jacobian; it returned {self.result!r}"
            )
        return self.outputs[0]


def value_and_grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., tuple[Any, Any]]:
    """Return the function that gives f's value and its gradient in argument number `wrt`.

    The gradient has the structure of that argument (with a tuple of numbers, of the tuple of
    those arguments). Raises TypeError if f returns more than one Value.

    >>> value_and_grad(lambda x: x["w"] * x["x"] + x["b"])({"w": 2.0, "x": 3.0, "b": 1.0})
    (7.0, {'w': 3.0, 'x': 2.0, 'b': 1.0})
    """

    def both(*args: Any) -> tuple[Any, Any]:
        call = Call(f, args, wrt)
        return call.value(), call.structured(call.like, call.gradients(call.one_output()))

    return both


def grad(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """Return the function that gives the gradient of f in argument number `wrt`; see value_and_grad.

    >>> cube = lambda x: x**3
    >>> grad(cube)(2.0), grad(grad(cube))(2.0), grad(grad(grad(cube)))(2.0)
    (12.0, 12.0, 6.0)
    """
    both = value_and_grad(f, wrt)
    return lambda *args: both(*args)[1]


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return f's value and its pullback: from a cotangent like the value to one like each argument.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pullback([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    call = Call(f, primals, tuple(range(len(primals))))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = matching(cotangent, call.result, "the cotangent", "the value")
        rows = [call.gradients(output, seed) for output, seed in zip(call.outputs, seeds, strict=True)]
        columns: tuple[Any, ...] = call.structured(
            call.like, [sum(column[1:], column[0]) for column in zip(*rows, strict=True)]
        )
        return columns

    return call.value(), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return f's value and how it moves when the arguments move along `tangents`: forward mode.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    call = Call(f, tuple(primals), tuple(range(len(primals))))
    directions = matching(tuple(tangents), tuple(primals), "the tangents", "the arguments")
    call.nested |= any(isinstance(x, Value) for x in directions)
    start = dict(zip(call.inputs, directions, strict=True))
    moved = [forth(topological(y), start, on_nodes=call.nested).get(y, 0.0) for y in call.outputs]
    return call.value(), call.structured(call.result, moved)


def jacobian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """Return the function that gives, for each output of f, its gradient in argument `wrt`.

    Outside it has the structure of what f returns, inside that of the argument: for lists the
    rows of the matrix ∂yᵢ/∂xⱼ.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def matrix(*args: Any) -> Any:
        call = Call(f, args, wrt)
        rows = [call.structured(call.like, call.gradients(output)) for output in call.outputs]
        return nested(call.result, rows)

    return matrix


def hessian(f: Callable[..., Any], wrt: Wrt = 0) -> Callable[..., Any]:
    """Return the function that gives the matrix of second derivatives ∂²f/∂xᵢ∂xⱼ.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(f, wrt), wrt)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """Return the Hessian of f at x times v, without the Hessian: the gradient's move along v.

    >>> hvp(lambda x: x[0] ** 2 * x[1], [2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    return jvp(grad(f), (x,), (v,))[1]


def matching(given: Any, like: Any, this: str, that: str) -> list[Any]:
    """Return the leaves of a structure that has to be like another."""
    leaves, wanted = flatten(given), flatten(like)
    if len(leaves) != len(wanted):
        raise ValueError(
            f"{this} has {len(leaves)} numbers, {that} has {len(wanted)}; they have to have the same structure"
        )
    return leaves


def nested(like: Any, rows: Sequence[Any]) -> Any:
    """Put the rows of a Jacobian where the outputs stood; an array of arrays becomes one array."""
    if isinstance(like, np.ndarray) and rows and isinstance(rows[0], np.ndarray):
        return np.array(list(rows)).reshape(like.shape + rows[0].shape)
    if isinstance(like, np.ndarray):
        like = like.tolist()
    return unflatten(like, rows)
