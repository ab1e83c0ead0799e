"""A walk through a function of arrays, which leaves the lines that a replay runs: every result has its place.

The lines of the printed source are walked through once with real arrays. What has a fixed shape becomes
`add(x, y, out=place)`; helpers are walked through as well. Values are those of the source, to the last bit: the
same functions in the same order.
"""

from __future__ import annotations

import ast
import builtins
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from ...rules.numerics import power

Array = np.ndarray[Any, Any]

# What an operator does, to whole arrays too, and how it is written.
OPERATORS: dict[type[ast.AST], tuple[Callable[..., Any], np.ufunc, str]] = {
    ast.Add: (operator.add, np.add, "{} + {}"),
    ast.Sub: (operator.sub, np.subtract, "{} - {}"),
    ast.Mult: (operator.mul, np.multiply, "{} * {}"),
    ast.Div: (operator.truediv, np.true_divide, "{} / {}"),
    ast.FloorDiv: (operator.floordiv, np.floor_divide, "{} // {}"),
    ast.Pow: (power, np.power, "power({}, {})"),
    ast.MatMult: (operator.matmul, np.matmul, "{} @ {}"),
    ast.BitAnd: (operator.and_, np.bitwise_and, "{} & {}"),
    ast.BitOr: (operator.or_, np.bitwise_or, "{} | {}"),
    ast.Gt: (operator.gt, np.greater, "{} > {}"),
    ast.GtE: (operator.ge, np.greater_equal, "{} >= {}"),
    ast.Lt: (operator.lt, np.less, "{} < {}"),
    ast.LtE: (operator.le, np.less_equal, "{} <= {}"),
    ast.Eq: (operator.eq, np.equal, "{} == {}"),
    ast.NotEq: (operator.ne, np.not_equal, "{} != {}"),
    ast.USub: (operator.neg, np.negative, "-{}"),
    ast.Invert: (operator.invert, np.invert, "~{}"),
}
WAYS = {-1.0: np.reciprocal, 0.5: np.sqrt, 1.0: np.positive, 2.0: np.square}  # that NumPy has for x**y of its own
SLOW_WITH_NUMBERS = (np.maximum, np.minimum)  # three times as slow as with an array of the number
REDUCTIONS = {np.sum: np.add, np.max: np.maximum, np.min: np.minimum, np.prod: np.multiply}
WHOLE = {np.float32: 2**24, np.float64: 2**53}  # up to here every whole number is one of these
FACTS = ("shape", "ndim", "dtype", "size")
PARSER = Lock()  # Python 3.11's is not for two threads at once: "AST constructor recursion depth mismatch"


class Ref(NamedTuple):
    """Something met on the walk: how it is written, what it was, where it lies; what is `fixed` stays as it is."""

    text: str
    value: Any
    reads: tuple[int, ...] = ()  # the places that it looks into
    place: int | None = None  # the one that it is
    fixed: bool = False


class Line(NamedTuple):
    """A line to be run: `out` is the place that it fills, `reads` those that it looks at."""

    text: str
    out: int | None = None
    reads: tuple[int, ...] = ()
    apart: bool = False  # the result must not lie where an operand does


class Unfixed(Exception):
    """A branch depends on numbers, so that the lines are not the same each time."""


def raised(x: Array, y: Any, out: Array) -> None:
    """Put x**y there, in the way that NumPy has for this number y."""
    way = WAYS.get(float(y))
    if way:
        way(x, out=out)
    else:
        np.power(x, y, out=out)


@lru_cache(maxsize=16)
def parsed(source: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a module as syntax."""
    with PARSER:
        return {x.name: x for x in ast.parse(source).body if isinstance(x, ast.FunctionDef)}


class Walk:
    """One walk through a function, with the lines that it leaves."""

    def __init__(self, source: str, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.functions = parsed(source)
        self.lines: list[Line] = []
        self.places: list[Array] = []  # what each held, as an example of its shape
        self.bound: dict[str, Any] = {"copyto": np.copyto, "power": power, "raised": raised}  # what the lines name
        self.named: dict[int, str] = {}
        self.wide: dict[Any, Ref] = {}  # arrays of one number
        self.count = 0
        self.margin = ""

    def called(self, name: str, args: Sequence[Ref], keywords: Mapping[str, Any]) -> Any:
        """Return what one of the functions gives."""
        function = self.functions[name]
        parameters = function.args.args
        defaults = function.args.defaults
        scope: dict[str, Any] = {}
        for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
            scope[parameter.arg] = self.expression(default, {})
        scope |= {parameter.arg: arg for parameter, arg in zip(parameters, args, strict=False)} | dict(keywords)
        return self.block(function.body, scope, len(self.places))

    def block(self, body: Sequence[ast.stmt], scope: dict[str, Any], start: int) -> Any:
        """Walk through statements, and return what they return, if they do; places from `start` on are their own."""
        for i, line in enumerate(body):
            found = None
            if isinstance(line, ast.Return):
                return self.returned(line.value, scope, start)
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and len(line.targets) == 1:
                scope[line.targets[0].id] = self.assigned(line.targets[0].id, line.value, scope)
            elif isinstance(line, ast.If):
                test = self.expression(line.test, scope)
                if not test.fixed:
                    yes = self.block(line.body, dict(scope), start)
                    no = partial(self.block, [*line.orelse, *body[i + 1 :]], scope, start)
                    return self.either(test, yes, no, start)
                found = self.block(line.body if test.value else line.orelse, scope, start)
            elif isinstance(line, ast.With):
                found = self.block(line.body, scope, start)
            elif not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)):  # a docstring
                raise Unfixed
            if found is not None:
                return found
        return None

    def assigned(self, name: str, x: ast.expr, scope: dict[str, Any]) -> Any:
        """Return what a name is to stand for."""
        return self.expression(x, scope)

    def returned(self, x: Any, scope: dict[str, Any], start: int) -> Any:
        """Return what stands after `return`: a Ref, or tuples of them."""
        if isinstance(x, ast.Tuple):
            return tuple([self.returned(one, scope, start) for one in x.elts])
        if isinstance(x, ast.IfExp):
            test = self.expression(x.test, scope)
            if not test.fixed:
                yes = self.expression(x.body, scope)
                return self.either(test, yes, partial(self.expression, x.orelse, scope), start)
        return self.expression(x, scope)

    def either(self, test: Ref, yes: Any, no: Callable[[], Any], start: int) -> Ref:
        """Return what numbers decide on: one result, computed in any case, over which the other is written.

        What lies before `start` is the caller's and stays.
        """
        if not (isinstance(yes, Ref) and is_array(yes.value)):
            raise Unfixed
        result = yes
        if yes.place is None or yes.place < start:
            result = self.filled("copyto({out}, {0})", yes.value, [yes])
        self.lines.append(Line(f"{self.margin}if not {test.text}:", None, test.reads))
        margin, self.margin = self.margin, self.margin + "    "
        try:
            other = no()
            if not (isinstance(other, Ref) and alike(other.value, result.value)):
                raise Unfixed
            self.write(f"copyto({result.text}, {other.text})", [result, other])
        finally:
            self.margin = margin
        return result

    # --- expressions ------------------------------------------------------------------------

    def expression(self, x: Any, scope: dict[str, Any]) -> Any:
        """Return a Ref, or a tuple of them."""
        if isinstance(x, ast.Constant):
            return Ref(repr(x.value), x.value, fixed=True)
        if isinstance(x, ast.Name):
            if x.id in scope:
                return scope[x.id]
            return self.constant(self.namespace[x.id] if x.id in self.namespace else getattr(builtins, x.id))
        if isinstance(x, (ast.Tuple, ast.List)):
            return self.listed(x, scope)
        if isinstance(x, ast.BinOp) and type(x.op) in OPERATORS:
            return self.operated(x.op, [self.expression(x.left, scope), self.expression(x.right, scope)])
        if isinstance(x, ast.UnaryOp) and type(x.op) in OPERATORS:
            return self.operated(x.op, [self.expression(x.operand, scope)])
        if isinstance(x, ast.Compare) and len(x.ops) == 1:
            return self.compared(x, scope)
        if isinstance(x, ast.IfExp):
            test = self.expression(x.test, scope)
            if not test.fixed:
                raise Unfixed
            return self.expression(x.body if test.value else x.orelse, scope)
        if isinstance(x, ast.Attribute):
            return self.attribute(self.expression(x.value, scope), x.attr)
        if isinstance(x, ast.Subscript):
            whole, index = self.expression(x.value, scope), self.index(x.slice, scope)
            return self.other(f"{whole.text}[{index.text}]", whole.value[index.value], [whole, index])
        if isinstance(x, ast.Call):
            args = [self.expression(arg, scope) for arg in x.args]
            keywords = {str(one.arg): self.expression(one.value, scope) for one in x.keywords}
            if isinstance(x.func, ast.Attribute):
                whole = self.expression(x.func.value, scope)
                if not whole.fixed:
                    return self.method(whole, x.func.attr, args, keywords)
            return self.call(self.expression(x.func, scope), args, keywords)
        raise Unfixed

    def listed(self, x: ast.Tuple | ast.List, scope: dict[str, Any]) -> Ref:
        """Return a tuple or a list."""
        parts = [self.expression(one, scope) for one in x.elts]
        values = [one.value for one in parts]
        fixed = all(one.fixed for one in parts)
        if isinstance(x, ast.Tuple):
            if not fixed:
                raise Unfixed
            return self.constant(tuple(values))
        text = f"[{', '.join(one.text for one in parts)}]"
        return Ref(text, values, together(parts), fixed=fixed)

    def index(self, x: ast.expr, scope: dict[str, Any]) -> Ref:
        """Return an index that does not depend on numbers."""
        text = ast.unparse(ast.Subscript(ast.Name("INDEX"), x))
        names = {one.id: scope[one.id] for one in ast.walk(x) if isinstance(one, ast.Name) and one.id in scope}
        if not all(one.fixed for one in names.values()):
            raise Unfixed
        known = {name: one.value for name, one in names.items()}
        return self.constant(eval(text, {**self.namespace, **known, "INDEX": np.s_}))

    def compared(self, x: ast.Compare, scope: dict[str, Any]) -> Ref:
        """Return a comparison."""
        left, right = self.expression(x.left, scope), self.expression(x.comparators[0], scope)
        if left.fixed and right.fixed:
            held = {"left": left.value, "right": right.value}
            condition = ast.Compare(ast.Name("left", ast.Load()), x.ops, [ast.Name("right", ast.Load())])
            return self.constant(eval(ast.unparse(condition), held))
        if type(x.ops[0]) not in OPERATORS:
            raise Unfixed
        return self.operated(x.ops[0], [left, right])

    def attribute(self, whole: Ref, name: str) -> Ref:
        """Return an attribute: of an array a fact, or a view."""
        value = getattr(whole.value, name)
        if whole.fixed or name in FACTS:
            return self.constant(value)
        return self.other(f"{whole.text}.{name}", value, [whole])

    def call(self, function: Ref, args: list[Ref], keywords: dict[str, Ref]) -> Any:
        """Return what a call gives: of a function of NumPy, of a helper, of a method."""
        do = function.value
        name = getattr(do, "__name__", "")
        if isinstance(do, np.ufunc) and not keywords:
            return self.applied(do, args, do(*[arg.value for arg in args]))
        if len(args) == 1 and isinstance(args[0].value, np.ndarray) and all(one.fixed for one in keywords.values()):
            options = {key: one.value for key, one in keywords.items()}
            if do in REDUCTIONS:
                return self.reduced(REDUCTIONS[do], args[0], {"axis": None, **options})
            if name == "reduce" and isinstance(do.__self__, np.ufunc):  # of the first axis, unless told
                return self.reduced(do.__self__, args[0], {"axis": 0, **options})
            if do is np.mean and args[0].value.size <= WHOLE.get(args[0].value.dtype.type, 0):
                return self.mean(args[0], {"axis": None, **options})
        if do is np.where and any(isinstance(arg.value, np.ndarray) and arg.value.ndim for arg in args):
            return self.chosen(*args)
        if name in self.functions and do is self.namespace.get(name) and self.is_printed(do):
            lines, places, count = list(self.lines), list(self.places), self.count
            try:
                found = self.called(name, args, keywords)
                if isinstance(found, Ref):
                    return found
                raise Unfixed
            except Unfixed:
                self.lines, self.places, self.count = lines, places, count
        value = do(*[arg.value for arg in args], **{key: arg.value for key, arg in keywords.items()})
        if do is np.concatenate and not args[0].fixed:
            axis = keywords["axis"].value if keywords else 0
            return self.filled(f"{function.text}({{0}}, {axis}, out={{out}})", value, args, apart=True)
        return self.other(f"{function.text}({told(args, keywords)})", value, [function, *args, *keywords.values()])

    def is_printed(self, function: Any) -> bool:
        """Whether a helper is the one that was printed, and not a function of the user's own in its place."""
        return getattr(function, "__globals__", None) is self.namespace

    def method(self, whole: Ref, name: str, args: list[Ref], keywords: dict[str, Ref]) -> Ref:
        """Return what a method of an array gives."""
        value = getattr(whole.value, name)(
            *[arg.value for arg in args], **{key: arg.value for key, arg in keywords.items()}
        )
        if name == "astype" and whole.value.ndim:
            return self.filled("copyto({out}, {0}, 'unsafe')", value, [whole])
        return self.other(f"{whole.text}.{name}({told(args, keywords)})", value, [whole, *args, *keywords.values()])

    # --- lines ------------------------------------------------------------------------------

    def operated(self, sign: ast.AST, args: Sequence[Ref]) -> Ref:
        """Return what an operator gives."""
        do, function, form = OPERATORS[type(sign)]
        value = do(*[arg.value for arg in args])
        if function is np.power and is_array(args[0].value) and not is_array(args[1].value):
            return self.power(args[0], args[1], value)
        return self.applied(function, args, value, form.format(*[arg.text for arg in args]))

    def power(self, x: Ref, y: Ref, value: Array) -> Ref:
        """Return an array to the power of a number."""
        if value.dtype.kind != "f" or value.dtype != x.value.dtype:
            return self.applied(np.power, [x, y], value)
        if y.fixed:
            way = WAYS.get(float(y.value))
            return self.applied(way, [x], value) if way else self.applied(np.power, [x, y], value)
        return self.filled("raised({0}, {1}, {out})", value, [x, y])

    def applied(self, function: np.ufunc, args: Sequence[Ref], value: Any, text: str = "") -> Ref:
        """Return a function of NumPy at its arguments, element by element."""
        name = self.name(function)
        if is_array(value) and not all(arg.fixed for arg in args):
            if function in SLOW_WITH_NUMBERS:
                args = [self.widened(arg, value) for arg in args]
            operands = ", ".join(f"{{{i}}}" for i in range(len(args)))
            return self.filled(f"{name}({operands}, out={{out}})", value, args, apart=function is np.matmul)
        return self.other(text or f"{name}({told(args, {})})", value, args)

    def widened(self, arg: Ref, value: Array) -> Ref:
        """Return a number that stays as it is as an array of it."""
        if not arg.fixed or is_array(arg.value):
            return arg
        key = (value.shape, value.dtype, arg.text)
        if key not in self.wide:
            self.wide[key] = self.constant(np.full(value.shape, arg.value, value.dtype))
        return self.wide[key]

    def reduced(self, function: np.ufunc, x: Ref, options: Mapping[str, Any]) -> Ref:
        """Return a sum or its like along axes."""
        value = function.reduce(x.value, **options)
        known = {key: self.constant(one).text for key, one in options.items()}
        rest = "".join(f", {key}={text}" for key, text in known.items() if key != "axis")
        text = f"{self.name(function)}.reduce({{0}}, {known['axis']}, None, {{out}}{rest})"
        if is_array(value) and not x.fixed:
            return self.filled(text, value, [x], apart=True)
        return self.other(text.format(x.text, out=None), value, [x])

    def mean(self, x: Ref, options: Mapping[str, Any]) -> Ref:
        """Return a mean as NumPy computes it: the sum in the precision of x, divided by the number of entries."""
        whole = self.reduced(np.add, x, options)
        n = x.value.size // max(np.size(whole.value), 1)
        mean = self.operated(ast.Div(), [whole, self.constant(n if is_array(whole.value) else np.intp(n))])
        precision = x.value.dtype.type
        if is_array(mean.value) or type(mean.value) is precision:
            return mean
        return self.other(f"{self.name(precision)}({mean.text})", precision(mean.value), [mean])

    def chosen(self, condition: Ref, x: Ref, y: Ref) -> Ref:
        """Return x where the condition holds, else y."""
        value = np.where(condition.value, x.value, y.value)
        if condition.fixed and x.fixed and y.fixed:
            return self.constant(value)
        if np.asarray(condition.value).dtype != bool:
            condition = self.operated(ast.NotEq(), [condition, self.constant(0)])
        result = self.filled("copyto({out}, {0})", value, [y])
        self.write(f"copyto({result.text}, {x.text}, where={condition.text})", [x, condition, result])
        return result

    def filled(self, text: str, value: Array, args: Sequence[Ref], *, apart: bool = False) -> Ref:
        """Write a line that fills a new place, and return what stands there."""
        place = len(self.places)
        self.places.append(value)
        text = text.format(*[arg.text for arg in args], out=f"b{place}")
        apart = apart or any(arg.reads and arg.place is None for arg in args)  # a view may overlap otherwise
        self.lines.append(Line(self.margin + text, place, together(args), apart))
        return Ref(f"b{place}", value, (place,), place)

    def other(self, text: str, value: Any, args: Sequence[Ref]) -> Ref:
        """Write a line that gives a number, a view, or an array that is new each time."""
        if all(ref.fixed for ref in args):
            return self.constant(value)
        self.count += 1
        name = f"t{self.count}"
        self.write(f"{name} = {text}", args)
        return Ref(name, value, tuple([place for place in together(args) if shares(value, self.places[place])]))

    def write(self, text: str, args: Sequence[Ref]) -> None:
        """Write a line that fills no new place."""
        self.lines.append(Line(self.margin + text, None, together(args)))

    def constant(self, value: Any) -> Ref:
        """Return something that stays as it is."""
        if value is None or (type(value) in (int, float, bool) and value - value == 0):  # ∞ and NaN have no literal
            return Ref(f"({value!r})", value, fixed=True)
        return Ref(self.name(value), value, fixed=True)

    def name(self, value: Any) -> str:
        """Return the name by which the lines call an object."""
        if id(value) not in self.named:
            bare = re.sub(r"\W", "_", getattr(value, "__name__", "") or "k")
            self.named[id(value)] = f"{bare}_{len(self.bound)}"
            self.bound[self.named[id(value)]] = value
        return self.named[id(value)]


def is_array(x: Any) -> bool:
    """Whether x has axes."""
    return isinstance(x, np.ndarray) and x.ndim > 0


def alike(x: Any, y: Array) -> bool:
    """Whether x is an array that can take the place of y."""
    return isinstance(x, np.ndarray) and (x.shape, x.dtype) == (y.shape, y.dtype)


def together(refs: Iterable[Ref]) -> tuple[int, ...]:
    """Return all places that they look into."""
    return tuple(dict.fromkeys([place for ref in refs for place in ref.reads]))


def told(args: Sequence[Ref], keywords: Mapping[str, Ref]) -> str:
    """Write arguments."""
    return ", ".join([*(arg.text for arg in args), *(f"{key}={arg.text}" for key, arg in keywords.items())])


def shares(x: Any, y: Any) -> bool:
    """Whether two arrays may have numbers in common."""
    return isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and bool(np.may_share_memory(x, y))
