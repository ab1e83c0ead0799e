"""A function of one vector, as optimisers ask for it: its value and its gradient, and products with its derivatives.

What is printed runs where all numbers are finite. Where one is not, or arithmetic raises, the function itself is
computed on nodes and swept, so that the result is the sweep's, or its error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import derivatives
from ..engine.value import Value
from ..errors import ShapeError
from ..formulas.carried import functions_of
from ..formulas.products import Product, StepsFormula, product_source
from ..formulas.spelling import Style
from ..graph import Node
from ..graph.structure import flatten
from .layout import as_nodes, from_vector, make_leaf, numbers_in, vector
from .loading import load_function

FLOAT = np.dtype(np.float64)
VectorFunction = Callable[[Any], "tuple[float, Any] | None"]  # of x: value and gradient, None where one is not finite


class Way:
    """A formula with the functions that are printed for it, each when it is first needed."""

    def __init__(self, formula: StepsFormula, style: Style, *, replays: bool = True) -> None:
        self.formula = formula
        self.style = style
        self.replays = replays  # else everything is left to the sweep
        self.functions: dict[str, Callable[..., Any]] = {}
        self.sources: dict[str, str] = {}

    def function(self, product: Product) -> Callable[..., Any]:
        """Return a product as a function, which checks nothing."""
        if product not in self.functions:
            self.sources[product], own = product_source(self.formula, product, self.style)
            self.functions[product] = load_function(self.sources[product], product, functions_of(own.values()))
        return self.functions[product]

    def run_on_floats(self, product: Product, xs: list[float], rest: Sequence[float]) -> Any:
        """Return the value or the gradient in Python, as lists, which may hold ints; None where it is not finite."""
        try:
            found = self.function(product)(xs, *rest)
            value, gradient = found if product == "gradient" else (0.0, found)
            total = sum(gradient, sum(rest, sum(xs, value)))  # finite only where all of them are
            return found if total - total == 0 else None
        except (ArithmeticError, ValueError):
            return None

    def run(self, product: Product, x: Any, second: Any, rest: Sequence[Any]) -> Any:
        """Return a product at finite numbers; None where it is not finite, or arithmetic raises."""
        inputs = (x, *rest) if second is None else (x, second, *rest)
        if not self.replays or not all(np.isfinite(one).all() for one in inputs):
            return None
        lists = self.style == "python"
        try:
            with np.errstate(all="ignore"):
                found = self.function(product)(
                    *[one.tolist() if lists and type(one) is np.ndarray else one for one in inputs]
                )
                parts = [np.asarray(one, np.float64) for one in (found if product == "gradient" else (found,))]
                if all(np.isfinite(one).all() for one in parts):
                    return parts if product == "gradient" else parts[0]
        except (ArithmeticError, ValueError):
            pass
        return None


def on_array(function: Callable[..., Any], rest: Sequence[Any]) -> VectorFunction:
    """Return a printed gradient as a function of an array alone."""

    def run(x: Any) -> tuple[float, Any] | None:
        with np.errstate(all="ignore"):
            value, gradient = function(x, *rest)
            total = float(np.reshape(value, ())) + np.add.reduce(gradient) + np.add.reduce(x)
        return (float(np.reshape(value, ())), np.asarray(gradient, FLOAT)) if total - total == 0 else None

    return run


def on_list(function: Callable[..., Any], rest: Sequence[Any]) -> VectorFunction:
    """Return a printed gradient, which takes a list, as a function of an array alone."""

    def run(x: Any) -> tuple[float, Any] | None:
        xs = x.tolist()
        try:
            value, gradient = function(xs, *rest)
            total = sum(gradient, sum(xs, value))  # finite only where all of them are
            if total - total == 0:
                return float(value), np.array(gradient, FLOAT)
        except (ArithmeticError, ValueError):
            pass
        return None

    return run


class FlatFunction:
    """A function of one vector x; made by `program.flat()`.

    Called, it returns the value and the gradient; of a function of many outputs their vector and the Jacobian
    (outputs, len(x)). `x0` is the point that the program was made with, `unflatten(x)` the arguments that x stands
    for. What the function takes beside them is given after x, as with SciPy's `args`, or is what it was.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        examples: Sequence[Any],
        wrt: Sequence[int],
        arrays: bool,
        find: Callable[[Sequence[Any]], tuple[Way, Sequence[Any]]],
        ready: Callable[[], VectorFunction | None],
    ) -> None:
        self.of = function
        self.examples = tuple(examples)
        self.wrt = tuple(wrt)
        self.arrays = arrays
        self.find = find
        self.ready = ready  # what runs at once: the gradient of the only way, where nothing has to hold for it
        self.x0 = vector(self.part(self.examples), arrays)
        self.shape = self.x0.shape

    def __call__(self, x: Any, *others: Any) -> tuple[Any, Any]:
        """Return the value and the gradient at x, or the outputs and the Jacobian."""
        if type(x) is np.ndarray and x.dtype is FLOAT and x.shape == self.shape and not others:
            at_once = self.ready()
            found = None if at_once is None else at_once(x)
            if found is not None:
                return found
        if not self.single:
            return self.value(x, *others), self.jacobian(x, *others)
        value, gradient = self.run("gradient", x, None, others)
        return float(np.reshape(value, ())), gradient

    def value(self, x: Any, *others: Any) -> Any:
        """Return the value alone, a float; of a function of many outputs all of them, as a vector."""
        found = self.run("value", x, None, others)
        return float(found[0]) if self.single else found

    def gradient(self, x: Any, *others: Any) -> Any:
        """Return the gradient, or of a function of many outputs the Jacobian."""
        return self(x, *others)[1]

    def jacobian(self, x: Any, *others: Any) -> Any:
        """Return the Jacobian (outputs, len(x)): by columns or by rows, whichever are fewer."""
        n, m = len(self.x0), len(self.run("value", x, None, others))
        if n <= m:
            columns = [self.run("jvp", x, one, others) for one in np.eye(n)]
            return np.stack(columns, axis=1) if columns else np.zeros((m, 0))
        rows = [self.run("vjp", x, one, others) for one in np.eye(m)]
        return np.stack(rows) if rows else np.zeros((0, n))

    def jvp(self, x: Any, v: Any, *others: Any) -> Any:
        """Return the Jacobian times v, a vector like x."""
        return self.run("jvp", x, to_vector(v, len(self.x0), "v"), others)

    def vjp(self, x: Any, u: Any, *others: Any) -> Any:
        """Return u times the Jacobian, for a vector u of a number for each output."""
        m = len(self.run("value", x, None, others))
        return self.run("vjp", x, to_vector(u, m, "u"), others)

    def hessp(self, x: Any, p: Any, *others: Any) -> Any:
        """Return the Hessian times p, a vector like x. Raises TypeError where there is more than one output."""
        return self.run("hvp", x, to_vector(p, len(self.x0), "p"), others)

    def hess(self, x: Any, *others: Any) -> Any:
        """Return the Hessian (len(x), len(x)), a column for each number; TypeError as for `hessp`."""
        n = len(self.x0)
        return np.array([self.hessp(x, one, *others) for one in np.eye(n)]).reshape((n, n))

    def source(self, product: Product = "gradient") -> str:
        """Return the code of a product as it runs: 'value', 'gradient', 'jvp', 'vjp' or 'hvp'."""
        way, _ = self.find(self.examples)
        way.function(product)
        return way.sources[product]

    def unflatten(self, x: Any) -> Any:
        """Return the arguments that x stands for: one as it is, several as a tuple."""
        part = from_vector(self.part(self.examples), to_vector(x, len(self.x0), "x"), self.arrays)
        return part[0] if len(self.wrt) == 1 else part

    def flatten(self, *args: Any) -> Any:
        """Return as one vector arguments that `unflatten` gives."""
        found = vector(args, self.arrays)
        if found.shape != self.x0.shape:
            raise ShapeError(f"the arguments hold {len(found)} numbers, and x has {len(self.x0)}")
        return found

    def part(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """Return the arguments that x stands for."""
        return tuple([args[i] for i in self.wrt])

    def merge(self, args: Sequence[Any], part: Sequence[Any]) -> list[Any]:
        """Return the arguments with others in place of those that x stands for."""
        merged = [*args]
        for i, x in zip(self.wrt, part, strict=True):
            merged[i] = x
        return merged

    def others(self, args: Sequence[Any]) -> list[Any]:
        """Return the arguments that x does not stand for."""
        return [x for i, x in enumerate(args) if i not in self.wrt]

    def arguments(self, x: Any, others: Sequence[Any]) -> list[Any]:
        """Return all arguments of the function; TypeError where there are too many."""
        args, places = [*self.examples], [i for i in range(len(self.examples)) if i not in self.wrt]
        if len(others) > len(places):
            raise TypeError(f"after x there are {len(places)} arguments; got {len(others)}")
        for i, other in zip(places, others, strict=False):
            args[i] = other
        return self.merge(args, from_vector(self.part(self.examples), x, self.arrays))

    @property
    def single(self) -> bool:
        """Whether the function returned one number at the examples."""
        return self.find(self.examples)[0].formula.single

    def run(self, product: Product, x: Any, second: Any, others: Sequence[Any]) -> Any:
        """Return a product, by what is printed where that is finite, else as the sweep has it."""
        x = to_vector(x, len(self.x0), "x")
        args = self.arguments(x, others)
        way, rest = self.find(args)
        if product in ("gradient", "hvp") and not way.formula.single:
            raise TypeError("a gradient and a Hessian are of a function that returns one number; this one returns more")
        found = way.run(product, x, second, rest)
        return self.sweep(product, args, second) if found is None else found

    def sweep(self, product: Product, args: Sequence[Any], second: Any) -> Any:
        """Return a product as the engine has it, or raise its error."""
        args = [as_nodes(x, True, make_leaf) if self.arrays else x for x in args]
        part = self.part(args)

        def of(part: Sequence[Any]) -> Any:
            outputs = [
                x if isinstance(x, Node) else Value(x, kind="constant")
                for x in flatten(self.of(*self.merge(args, part)))
            ]
            return outputs if product in ("value", "jvp", "vjp") else outputs[0]

        if product == "value":
            return plain_vector(of(as_nodes(part, self.arrays, make_leaf)))
        if product == "gradient":
            value, gradient = derivatives.value_and_grad(of)(part)
            return plain_vector(value)[0], plain_vector(gradient)
        if product == "vjp":
            outputs, pull = derivatives.vjp(of, part)
            return plain_vector(pull(from_vector(outputs, second, self.arrays)))
        moved = from_vector(part, second, self.arrays)
        if product == "jvp":
            return plain_vector(derivatives.jvp(of, (part,), (moved,))[1])
        return plain_vector(derivatives.hvp(of, part, moved))


def plain_vector(part: Any) -> Any:
    """Return the numbers of a structure of nodes, arrays and numbers as one vector."""
    arrays = any(hasattr(x, "shape") for x in flatten(part) if isinstance(x, Node))
    return np.concatenate([np.ravel(x) for x in numbers_in(part, arrays)] or [np.zeros(0)])


def to_vector(x: Any, n: int, name: str) -> Any:
    """Return x as a vector of n floats; TypeError or ShapeError where it is none."""
    if any(isinstance(one, Node) for one in (x if isinstance(x, (list, tuple)) else [x])):
        raise TypeError(f"{name} is a vector of plain numbers; of nodes call the function itself")
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} is a vector of {n} numbers; got {x!r}")
    if array.shape != (n,):
        raise ShapeError(f"{name} is a vector of shape ({n},); got {array.shape}")
    return array.astype(np.float64, copy=False)
