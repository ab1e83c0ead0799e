"""The nodes of an ONNX graph, and element-wise rows as such nodes.

Where ONNX has an operator that means what a row means, it is that; the rest is translated from `numerics`, as for C and
JavaScript. Nothing here needs the package onnx: nodes are plain data, of which programs/onnx.py makes a model.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..graph import OPS, Fold, Op
from ..rules import numerics
from .translation import LACKING, numeric_functions, translate

OPSET = 18  # of ONNX 1.13; onnxruntime has it since 1.14


class OnnxNode(NamedTuple):
    """One node: the operator, the names of its inputs and results, its attributes."""

    kind: str
    inputs: tuple[str, ...]
    results: tuple[str, ...]
    attributes: dict[str, Any]


class Operators(NamedTuple):
    """What an engine has for rows of both tables and functions of `math`: the kinds of its nodes."""

    rows: Mapping[str, str]
    math: Mapping[str, str]
    name: str


class Length(NamedTuple):
    """A length of an axis that is a number of times m, the number of examples."""

    times: int

    def __str__(self) -> str:
        return "m" if self.times == 1 else f"{self.times}*m"


Shape = tuple[Any, ...]  # of int and Length


class Nodes:
    """Nodes in the order in which they are computed, the same one never twice, and the arrays that are held."""

    def __init__(self, dtype: Any, taken: set[str], operators: Operators) -> None:
        self.operators = operators
        self.dtype = np.dtype(dtype)
        self.taken = taken
        self.entries: list[OnnxNode] = []
        self.held: dict[str, Any] = {}
        self.known: dict[Any, tuple[str, ...]] = {}
        self.examples: tuple[str, int] = ("", 0)  # an input that has an axis of m examples, and which one

    def name(self, wanted: str) -> str:
        """Return a name that is not taken, and take it."""
        found, i = wanted, 1
        while found in self.taken:
            found, i = f"{wanted}_{i}", i + 1
        self.taken.add(found)
        return found

    def several(self, n: int, kind: str, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """Add a node with n results, or find it, and return their names."""
        key = (kind, inputs, n, repr(sorted(attributes.items())))
        if key not in self.known:
            self.known[key] = tuple([self.name(kind.lower()) for _ in range(n)])
            self.entries.append(OnnxNode(kind, inputs, self.known[key], attributes))
        return self.known[key]

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, or find it, and return the name of its result."""
        return self.several(1, kind, *inputs, **attributes)[0]

    def hold(self, x: Any, dtype: Any = None, name: str = "constant") -> str:
        """Return the name of an array that is held; numbers are in the precision of the graph."""
        with np.errstate(over="ignore"):  # what is beyond float32 is ∞ there
            array = np.asarray(x, dtype or self.dtype)
        key = (array.tobytes(), array.shape, array.dtype)
        if key not in self.known:
            self.known[key] = (self.name(name),)
            self.held[self.known[key][0]] = array
        return self.known[key][0]

    def integers(self, *xs: int) -> str:
        """Return the name of a vector of whole numbers that is held."""
        return self.hold(xs, np.int64)

    def shape(self, shape: Shape) -> str:
        """Return the name of a shape as a vector; of one that depends on m it is computed."""
        if not any(isinstance(n, Length) for n in shape):
            return self.integers(*shape)
        name, axis = self.examples
        m = self.add("Shape", name, start=axis, end=axis + 1)
        parts = [
            self.integers(n)
            if not isinstance(n, Length)
            else m
            if n.times == 1
            else self.add("Mul", m, self.integers(n.times))
            for n in shape
        ]
        return self.add("Concat", *parts, axis=0) if len(parts) > 1 else parts[0]

    def reshape(self, x: str, shape: Shape) -> str:
        """Return an array in another shape."""
        lengths = [n for n in shape if isinstance(n, Length)]
        if len(lengths) == 1 and 0 not in shape:
            shape = tuple([-1 if isinstance(n, Length) else n for n in shape])
        return self.add("Reshape", x, self.shape(shape), allowzero=int(0 in shape))


# --- what ONNX has ------------------------------------------------------------------------------

ROWS = {  # operators that mean the same as a row, at every number
    "abs": "Abs",
    "add": "Add",
    "ceil": "Ceil",
    "div": "Div",
    "exp": "Exp",
    "floor": "Floor",
    "log": "Log",
    "maximum": "Max",
    "minimum": "Min",
    "mul": "Mul",
    "neg": "Neg",
    "pow": "Pow",
    "relu": "Relu",
    "rint": "Round",
    "same": "Identity",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "sqrt": "Sqrt",
    "sub": "Sub",
    "tanh": "Tanh",
}
MATH = {  # functions of Python's `math`
    **{f"math.{name}": name.capitalize() for name in ("cos", "cosh", "erf", "exp", "log", "sin", "sinh", "sqrt")},
    **{f"math.{name}": name.capitalize() for name in ("acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil")},
    **{f"math.{name}": name.capitalize() for name in ("floor", "tan", "tanh")},
    "abs": "Abs",
    "math.fabs": "Abs",
    "math.isnan": "IsNaN",
    "math.isinf": "IsInf",
}
ONNX = Operators(ROWS, MATH, f"ONNX (opset {OPSET})")
BINARY = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div", ast.Pow: "Pow"}
ORDER = {ast.Lt: "Less", ast.LtE: "LessOrEqual", ast.Gt: "Greater", ast.GtE: "GreaterOrEqual", ast.Eq: "Equal"}

# --- what it has not: written with what it has, and translated as numerics is --------------------


def expm1(x: float) -> float:
    """e^x − 1 = tanh(x / 2) (e^x + 1)."""
    return math.tanh(x / 2.0) * (math.exp(x) + 1.0)


def log1p(x: float) -> float:
    """log(1 + x), near 0 as 2 artanh(x / (2 + x))."""
    return 2.0 * math.atanh(x / (2.0 + x)) if abs(x) < 0.5 else math.log(1.0 + x)


def exp2(x: float) -> float:
    """2^x."""
    return float(2.0**x)


def log2(x: float) -> float:
    """The logarithm to base 2."""
    return math.log(x) / 0.6931471805599453


def log10(x: float) -> float:
    """The logarithm to base 10."""
    return math.log(x) / 2.302585092994046


def trunc(x: float) -> float:
    """The whole number at or next to x towards 0."""
    return math.ceil(x) if x < 0 else math.floor(x)


def copysign(x: float, y: float) -> float:
    """|x| with the sign of y, that of −0 too."""
    return -abs(x) if (1.0 / y if y == 0 else y) < 0 else abs(x)


def cbrt(x: float) -> float:
    """∛x."""
    return math.copysign(abs(x) ** 0.3333333333333333, x)


def hypot(x: float, y: float) -> float:
    """√(x² + y²), of which no square overflows; ∞ beside NaN too."""
    top = abs(x) if abs(x) > abs(y) or x != x else abs(y)
    low = abs(y) if abs(x) > abs(y) or x != x else abs(x)
    ratio = 1.0 if low == top else low / top
    return math.inf if math.isinf(x) or math.isinf(y) else top * math.sqrt(1.0 + ratio * ratio)


def atan2(y: float, x: float) -> float:
    """The angle of the point (x, y), from that of the first quadrant."""
    angle = math.atan(1.0 if abs(x) == abs(y) else abs(y) / abs(x))
    first = 0.0 if y == 0 and x == 0 else angle
    return math.copysign(math.pi - first if math.copysign(1.0, x) < 0 else first, y)


OURS: dict[str, Callable[..., Any]] = {
    f"math.{one.__name__}": one for one in (expm1, log1p, exp2, log2, log10, trunc, copysign, cbrt, hypot, atan2)
}
OURS |= {f"math.{name}": getattr(numerics, name) for name in LACKING if f"math.{name}" not in MATH}


class Elementwise:
    """Writes functions of floats as nodes, which broadcast: so of arrays too."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    def row(self, op: Any, xs: Sequence[str]) -> str:
        """Return a row at some inputs; ValueError where it has no source that could be translated."""
        if isinstance(op, Fold):
            return self.fold(op, xs)
        held = [float(x) for x in getattr(op, "held", ())]
        if op.name == "leaky_relu" and held:
            return self.nodes.add("LeakyRelu", *xs, alpha=held[0])
        if op.name == "elu" and held:
            return self.nodes.add("Elu", *xs, alpha=held[0])
        whole = [*xs, *map(self.nodes.hold, held)]
        row = OPS.get(op.name, op)  # one that holds arguments has functions of its own
        if op.name in self.nodes.operators.rows and is_of_table(row):
            return self.nodes.add(self.nodes.operators.rows[op.name], *whole)
        function = getattr(op, "functions", {}).get("scalar", row.scalar)  # of the user's own as it was given
        if function is abs or getattr(function, "__module__", "") == "math":
            return self.call(f"math.{function.__name__}", whole)
        return self.function(function, whole, op.name)

    def fold(self, op: Fold, xs: Sequence[str]) -> str:
        """Return a sum, mean, product, scalar product or logsumexp of many inputs."""
        add = self.nodes.add
        if op.name == "dot":
            half = len(xs) // 2
            xs = [add("Mul", x, y) for x, y in zip(xs[:half], xs[half:], strict=True)]
        if not xs:
            return self.nodes.hold(op.fold([]))
        if op.name in ("sum", "dot"):
            return add("Sum", *xs)
        if op.name == "mean":
            return add("Mean", *xs)
        if op.name == "prod":
            result = xs[0]
            for x in xs[1:]:
                result = add("Mul", result, x)
            return result
        top = add("Max", *xs)
        safe = add("Where", add("IsInf", top), self.nodes.hold(0.0), top)
        return add("Add", safe, add("Log", add("Sum", *[add("Exp", add("Sub", x, safe)) for x in xs])))

    def function(self, function: Callable[..., Any], xs: Sequence[str], name: str) -> str:
        """Return what a function of floats gives at some inputs."""
        found = translate(function, name)
        known = dict(zip(found.arguments, xs, strict=True))
        for target, formula in found.lines:
            known[target] = self.formula(formula, known)
        return self.formula(found.result, known)

    def call(self, name: str, xs: Sequence[str]) -> str:
        """Return a function of `math`, `abs`, or one of ours."""
        if name in self.nodes.operators.math:
            return self.nodes.add(self.nodes.operators.math[name], *xs)
        if name == "math.fmod":
            return self.nodes.add("Mod", *xs, fmod=1)
        if name == "math.isfinite":
            return self.nodes.add("Not", self.nodes.add("IsNaN", self.nodes.add("Sub", xs[0], xs[0])))
        if name in OURS:
            return self.function(OURS[name], xs, name)
        bare = name.removeprefix("math.")
        if bare == name and bare in numeric_functions():
            return self.function(getattr(numerics, bare), xs, bare)
        raise ValueError(f"{name} cannot be written for {self.nodes.operators.name}")

    def formula(self, one: Any, known: Mapping[str, str]) -> str:
        """Return a formula, a number or a condition, as `translation` makes them."""
        add = self.nodes.add

        def at(one: Any) -> str:
            return self.formula(one, known)

        match one:
            case ast.Constant():
                return self.nodes.hold(one.value)
            case ast.Name():
                return known[one.id]
            case ast.Attribute():
                return self.nodes.hold(getattr(math, one.attr))
            case ast.IfExp():
                return add("Where", at(one.test), at(one.body), at(one.orelse))
            case ast.BoolOp():
                return self.all_of("And" if isinstance(one.op, ast.And) else "Or", [at(x) for x in one.values])
            case ast.UnaryOp():
                operand = at(one.operand)
                kinds: Any = {ast.Not: "Not", ast.USub: "Neg"}
                return add(kinds[type(one.op)], operand) if type(one.op) in kinds else operand
            case ast.Compare():
                sides = [at(x) for x in (one.left, *one.comparators)]
                pairs = zip(sides, one.ops, sides[1:], strict=False)
                return self.all_of("And", [self.compare(type(op), x, y) for x, op, y in pairs])
            case ast.BinOp() if type(one.op) in BINARY:
                return add(BINARY[type(one.op)], at(one.left), at(one.right))
            case ast.Call():
                return self.call(ast.unparse(one.func), [at(x) for x in one.args])
        raise ValueError(f"{ast.unparse(one)} cannot be written for {self.nodes.operators.name}")

    def compare(self, kind: Any, x: str, y: str) -> str:
        """Return a comparison of two numbers."""
        if kind is ast.NotEq:
            return self.nodes.add("Not", self.nodes.add("Equal", x, y))
        return self.nodes.add(ORDER[kind], x, y)

    def all_of(self, kind: str, conditions: Sequence[str]) -> str:
        """Join conditions."""
        result = conditions[0]
        for other in conditions[1:]:
            result = self.nodes.add(kind, result, other)
        return result


def is_of_table(row: Any) -> bool:
    """Whether a row is the library's, and not the user's own under its name."""
    return isinstance(row, Op) and OPS.get(row.name) is row and type(row) is Op
