"""Trace a function of arrays: write each of its operations as a line that fills a place, such as `add(x, y, out=b3)`.

The printed source is gone through once with real arrays, whose shapes are those of the places; helpers as well.
Values are those of the source, to the last bit: the same functions in the same order.
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
    """What an expression gave: how it is written, what it was, where it lies; what is `fixed` is a constant."""

    text: str
    value: Any
    reads: tuple[int, ...] = ()  # the places that it looks into
    place: int | None = None  # the one that it is
    fixed: bool = False


class ReplayLine(NamedTuple):
    """A line to be run: `out` is the place that it fills, `reads` those that it looks at."""

    text: str
    out: int | None = None
    reads: tuple[int, ...] = ()
    apart: bool = False  # the result must not lie where an operand does


class BranchOnNumbers(Exception):
    """A branch depends on numbers, so that the lines are not the same each time."""


def power_into(x: Array, y: Any, out: Array) -> None:
    """Compute x**y into `out`, by the quickest function that NumPy has for this number y."""
    way = WAYS.get(float(y))
    if way:
        way(x, out=out)
    else:
        np.power(x, y, out=out)


@lru_cache(maxsize=16)
def parse_functions(source: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a module as syntax."""
    with PARSER:
        return {x.name: x for x in ast.parse(source).body if isinstance(x, ast.FunctionDef)}


class Trace:
    """The lines that are written while the statements of a function are gone through."""

    def __init__(self, source: str, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.functions = parse_functions(source)
        self.lines: list[ReplayLine] = []
        self.places: list[Array] = []  # what each held, as an example of its shape
        self.bound: dict[str, Any] = {
            "copyto": np.copyto,
            "power": power,
            "power_into": power_into,
        }  # what the lines name
        self.named: dict[int, str] = {}
        self.wide: dict[Any, Ref] = {}  # arrays of one number
        self.count = 0
        self.margin = ""

    def call_function(self, name: str, args: Sequence[Ref], keywords: Mapping[str, Any]) -> Any:
        """Trace a call of one of the functions: its body, with the arguments for the parameters."""
        function = self.functions[name]
        parameters = function.args.args
        defaults = function.args.defaults
        scope: dict[str, Any] = {}
        for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
            scope[parameter.arg] = self.expression(default, {})
        scope |= {parameter.arg: arg for parameter, arg in zip(parameters, args, strict=False)} | dict(keywords)
        return self.block(function.body, scope, len(self.places))

    def block(self, body: Sequence[ast.stmt], scope: dict[str, Any], start: int) -> Any:
        """Trace statements, and return what they return, if they do; places from `start` on are their own."""
        for i, line in enumerate(body):
            found = None
            if isinstance(line, ast.Return):
                return self.return_value(line.value, scope, start)
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and len(line.targets) == 1:
                scope[line.targets[0].id] = self.assign(line.targets[0].id, line.value, scope)
            elif isinstance(line, ast.If):
                test = self.expression(line.test, scope)
                if not test.fixed:
                    yes = self.block(line.body, dict(scope), start)
                    no = partial(self.block, [*line.orelse, *body[i + 1 :]], scope, start)
                    return self.branch(test, yes, no, start)
                found = self.block(line.body if test.value else line.orelse, scope, start)
            elif isinstance(line, ast.With):
                found = self.block(line.body, scope, start)
            elif not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)):  # a docstring
                raise BranchOnNumbers
            if found is not None:
                return found
        return None

    def assign(self, name: str, x: ast.expr, scope: dict[str, Any]) -> Any:
        """Trace the right side of an assignment to a name."""
        return self.expression(x, scope)

    def return_value(self, x: Any, scope: dict[str, Any], start: int) -> Any:
        """Trace what stands after `return`: give a Ref, or tuples of them."""
        if isinstance(x, ast.Tuple):
            return tuple([self.return_value(one, scope, start) for one in x.elts])
        if isinstance(x, ast.IfExp):
            test = self.expression(x.test, scope)
            if not test.fixed:
                yes = self.expression(x.body, scope)
                return self.branch(test, yes, partial(self.expression, x.orelse, scope), start)
        return self.expression(x, scope)

    def branch(self, test: Ref, yes: Any, no: Callable[[], Any], start: int) -> Ref:
        """Trace a data-dependent `if`: compute the true branch into a place, then emit `if not test:` to overwrite it.

        Places before `start` are the caller's, so that a result there is copied first. Raises BranchOnNumbers where the
        two branches do not give arrays of one shape.
        """
        if not (isinstance(yes, Ref) and is_array(yes.value)):
            raise BranchOnNumbers
        result = yes
        if yes.place is None or yes.place < start:
            result = self.write_to_place("copyto({out}, {0})", yes.value, [yes])
        self.lines.append(ReplayLine(f"{self.margin}if not {test.text}:", None, test.reads))
        margin, self.margin = self.margin, self.margin + "    "
        try:
            other = no()
            if not (isinstance(other, Ref) and fits_place(other.value, result.value)):
                raise BranchOnNumbers
            self.write(f"copyto({result.text}, {other.text})", [result, other])
        finally:
            self.margin = margin
        return result

    # --- expressions ------------------------------------------------------------------------

    def expression(self, x: Any, scope: dict[str, Any]) -> Any:
        """Trace an expression: give a Ref, or a tuple of them."""
        if isinstance(x, ast.Constant):
            return Ref(repr(x.value), x.value, fixed=True)
        if isinstance(x, ast.Name):
            if x.id in scope:
                return scope[x.id]
            return self.constant(self.namespace[x.id] if x.id in self.namespace else getattr(builtins, x.id))
        if isinstance(x, (ast.Tuple, ast.List)):
            return self.sequence(x, scope)
        if isinstance(x, ast.BinOp) and type(x.op) in OPERATORS:
            return self.operation(x.op, [self.expression(x.left, scope), self.expression(x.right, scope)])
        if isinstance(x, ast.UnaryOp) and type(x.op) in OPERATORS:
            return self.operation(x.op, [self.expression(x.operand, scope)])
        if isinstance(x, ast.Compare) and len(x.ops) == 1:
            return self.comparison(x, scope)
        if isinstance(x, ast.IfExp):
            test = self.expression(x.test, scope)
            if not test.fixed:
                raise BranchOnNumbers
            return self.expression(x.body if test.value else x.orelse, scope)
        if isinstance(x, ast.Attribute):
            return self.attribute(self.expression(x.value, scope), x.attr)
        if isinstance(x, ast.Subscript):
            whole, index = self.expression(x.value, scope), self.index(x.slice, scope)
            return self.write_to_name(f"{whole.text}[{index.text}]", whole.value[index.value], [whole, index])
        if isinstance(x, ast.Call):
            args = [self.expression(arg, scope) for arg in x.args]
            keywords = {str(one.arg): self.expression(one.value, scope) for one in x.keywords}
            if isinstance(x.func, ast.Attribute):
                whole = self.expression(x.func.value, scope)
                if not whole.fixed:
                    return self.method(whole, x.func.attr, args, keywords)
            return self.call(self.expression(x.func, scope), args, keywords)
        raise BranchOnNumbers

    def sequence(self, x: ast.Tuple | ast.List, scope: dict[str, Any]) -> Ref:
        """Trace a tuple of constants, or a list."""
        parts = [self.expression(one, scope) for one in x.elts]
        values = [one.value for one in parts]
        fixed = all(one.fixed for one in parts)
        if isinstance(x, ast.Tuple):
            if not fixed:
                raise BranchOnNumbers
            return self.constant(tuple(values))
        text = f"[{', '.join(one.text for one in parts)}]"
        return Ref(text, values, places_read(parts), fixed=fixed)

    def index(self, x: ast.expr, scope: dict[str, Any]) -> Ref:
        """Evaluate an index, which may not depend on the inputs."""
        text = ast.unparse(ast.Subscript(ast.Name("INDEX"), x))
        names = {one.id: scope[one.id] for one in ast.walk(x) if isinstance(one, ast.Name) and one.id in scope}
        if not all(one.fixed for one in names.values()):
            raise BranchOnNumbers
        known = {name: one.value for name, one in names.items()}
        return self.constant(eval(text, {**self.namespace, **known, "INDEX": np.s_}))

    def comparison(self, x: ast.Compare, scope: dict[str, Any]) -> Ref:
        """Trace a comparison; of constants, evaluate it."""
        left, right = self.expression(x.left, scope), self.expression(x.comparators[0], scope)
        if left.fixed and right.fixed:
            held = {"left": left.value, "right": right.value}
            condition = ast.Compare(ast.Name("left", ast.Load()), x.ops, [ast.Name("right", ast.Load())])
            return self.constant(eval(ast.unparse(condition), held))
        if type(x.ops[0]) not in OPERATORS:
            raise BranchOnNumbers
        return self.operation(x.ops[0], [left, right])

    def attribute(self, whole: Ref, name: str) -> Ref:
        """Trace an attribute of an array: a shape or its like is a constant, `T` is a view."""
        value = getattr(whole.value, name)
        if whole.fixed or name in FACTS:
            return self.constant(value)
        return self.write_to_name(f"{whole.text}.{name}", value, [whole])

    def call(self, function: Ref, args: list[Ref], keywords: dict[str, Ref]) -> Any:
        """Trace a call: of a function of NumPy, which gets an `out`, or of a helper, whose body is traced."""
        do = function.value
        name = getattr(do, "__name__", "")
        if isinstance(do, np.ufunc) and not keywords:
            return self.elementwise(do, args, do(*[arg.value for arg in args]))
        if len(args) == 1 and isinstance(args[0].value, np.ndarray) and all(one.fixed for one in keywords.values()):
            options = {key: one.value for key, one in keywords.items()}
            if do in REDUCTIONS:
                return self.reduction(REDUCTIONS[do], args[0], {"axis": None, **options})
            if name == "reduce" and isinstance(do.__self__, np.ufunc):  # of the first axis, unless told
                return self.reduction(do.__self__, args[0], {"axis": 0, **options})
            if do is np.mean and args[0].value.size <= WHOLE.get(args[0].value.dtype.type, 0):
                return self.mean(args[0], {"axis": None, **options})
        if do is np.where and any(isinstance(arg.value, np.ndarray) and arg.value.ndim for arg in args):
            return self.where(*args)
        if name in self.functions and do is self.namespace.get(name) and self.is_printed(do):
            lines, places, count = list(self.lines), list(self.places), self.count
            try:
                found = self.call_function(name, args, keywords)
                if isinstance(found, Ref):
                    return found
                raise BranchOnNumbers
            except BranchOnNumbers:
                self.lines, self.places, self.count = lines, places, count
        value = do(*[arg.value for arg in args], **{key: arg.value for key, arg in keywords.items()})
        if do is np.concatenate and not args[0].fixed:
            axis = keywords["axis"].value if keywords else 0
            return self.write_to_place(f"{function.text}({{0}}, {axis}, out={{out}})", value, args, apart=True)
        return self.write_to_name(
            f"{function.text}({write_arguments(args, keywords)})", value, [function, *args, *keywords.values()]
        )

    def is_printed(self, function: Any) -> bool:
        """Whether a helper is the one that was printed, and not a function of the user's own in its place."""
        return getattr(function, "__globals__", None) is self.namespace

    def method(self, whole: Ref, name: str, args: list[Ref], keywords: dict[str, Ref]) -> Ref:
        """Trace a call of a method of an array."""
        value = getattr(whole.value, name)(
            *[arg.value for arg in args], **{key: arg.value for key, arg in keywords.items()}
        )
        if name == "astype" and whole.value.ndim:
            return self.write_to_place("copyto({out}, {0}, 'unsafe')", value, [whole])
        return self.write_to_name(
            f"{whole.text}.{name}({write_arguments(args, keywords)})", value, [whole, *args, *keywords.values()]
        )

    # --- lines ------------------------------------------------------------------------------

    def operation(self, sign: ast.AST, args: Sequence[Ref]) -> Ref:
        """Write an operator as the function of NumPy that it stands for."""
        do, function, form = OPERATORS[type(sign)]
        value = do(*[arg.value for arg in args])
        if function is np.power and is_array(args[0].value) and not is_array(args[1].value):
            return self.power(args[0], args[1], value)
        return self.elementwise(function, args, value, form.format(*[arg.text for arg in args]))

    def power(self, x: Ref, y: Ref, value: Array) -> Ref:
        """Write x**y for an array x and a number y: a square, a root, or a power."""
        if value.dtype.kind != "f" or value.dtype != x.value.dtype:
            return self.elementwise(np.power, [x, y], value)
        if y.fixed:
            way = WAYS.get(float(y.value))
            return self.elementwise(way, [x], value) if way else self.elementwise(np.power, [x, y], value)
        return self.write_to_place("power_into({0}, {1}, {out})", value, [x, y])

    def elementwise(self, function: np.ufunc, args: Sequence[Ref], value: Any, text: str = "") -> Ref:
        """Write a call of a function of NumPy that works element by element."""
        name = self.name(function)
        if is_array(value) and not all(arg.fixed for arg in args):
            if function in SLOW_WITH_NUMBERS:
                args = [self.as_array(arg, value) for arg in args]
            operands = ", ".join(f"{{{i}}}" for i in range(len(args)))
            return self.write_to_place(f"{name}({operands}, out={{out}})", value, args, apart=function is np.matmul)
        return self.write_to_name(text or f"{name}({write_arguments(args, {})})", value, args)

    def as_array(self, arg: Ref, value: Array) -> Ref:
        """Return a constant number as a constant array, made once for each shape."""
        if not arg.fixed or is_array(arg.value):
            return arg
        key = (value.shape, value.dtype, arg.text)
        if key not in self.wide:
            self.wide[key] = self.constant(np.full(value.shape, arg.value, value.dtype))
        return self.wide[key]

    def reduction(self, function: np.ufunc, x: Ref, options: Mapping[str, Any]) -> Ref:
        """Write a sum, product, maximum or minimum along axes."""
        value = function.reduce(x.value, **options)
        known = {key: self.constant(one).text for key, one in options.items()}
        rest = "".join(f", {key}={text}" for key, text in known.items() if key != "axis")
        text = f"{self.name(function)}.reduce({{0}}, {known['axis']}, None, {{out}}{rest})"
        if is_array(value) and not x.fixed:
            return self.write_to_place(text, value, [x], apart=True)
        return self.write_to_name(text.format(x.text, out=None), value, [x])

    def mean(self, x: Ref, options: Mapping[str, Any]) -> Ref:
        """Write a mean as NumPy computes it: the sum in the precision of x, divided by the number of entries."""
        whole = self.reduction(np.add, x, options)
        n = x.value.size // max(np.size(whole.value), 1)
        mean = self.operation(ast.Div(), [whole, self.constant(n if is_array(whole.value) else np.intp(n))])
        precision = x.value.dtype.type
        if is_array(mean.value) or type(mean.value) is precision:
            return mean
        return self.write_to_name(f"{self.name(precision)}({mean.text})", precision(mean.value), [mean])

    def where(self, condition: Ref, x: Ref, y: Ref) -> Ref:
        """Write np.where: copy y to a new place, then x over it where the condition holds."""
        value = np.where(condition.value, x.value, y.value)
        if condition.fixed and x.fixed and y.fixed:
            return self.constant(value)
        if np.asarray(condition.value).dtype != bool:
            condition = self.operation(ast.NotEq(), [condition, self.constant(0)])
        result = self.write_to_place("copyto({out}, {0})", value, [y])
        self.write(f"copyto({result.text}, {x.text}, where={condition.text})", [x, condition, result])
        return result

    def write_to_place(self, text: str, value: Array, args: Sequence[Ref], *, apart: bool = False) -> Ref:
        """Write a line that fills a new place, and return what stands there."""
        place = len(self.places)
        self.places.append(value)
        text = text.format(*[arg.text for arg in args], out=f"b{place}")
        apart = apart or any(arg.reads and arg.place is None for arg in args)  # a view may overlap otherwise
        self.lines.append(ReplayLine(self.margin + text, place, places_read(args), apart))
        return Ref(f"b{place}", value, (place,), place)

    def write_to_name(self, text: str, value: Any, args: Sequence[Ref]) -> Ref:
        """Write a line that gives a number, a view, or an array that is new each time."""
        if all(ref.fixed for ref in args):
            return self.constant(value)
        self.count += 1
        name = f"t{self.count}"
        self.write(f"{name} = {text}", args)
        return Ref(name, value, tuple([place for place in places_read(args) if shares(value, self.places[place])]))

    def write(self, text: str, args: Sequence[Ref]) -> None:
        """Write a line that fills no new place."""
        self.lines.append(ReplayLine(self.margin + text, None, places_read(args)))

    def constant(self, value: Any) -> Ref:
        """Return a Ref of a constant: a literal, or a name that the lines have for it."""
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


def fits_place(x: Any, y: Array) -> bool:
    """Whether x is an array that can take the place of y."""
    return isinstance(x, np.ndarray) and (x.shape, x.dtype) == (y.shape, y.dtype)


def places_read(refs: Iterable[Ref]) -> tuple[int, ...]:
    """Return the places that these look into, each once."""
    return tuple(dict.fromkeys([place for ref in refs for place in ref.reads]))


def write_arguments(args: Sequence[Ref], keywords: Mapping[str, Ref]) -> str:
    """Write the arguments of a call."""
    return ", ".join([*(arg.text for arg in args), *(f"{key}={arg.text}" for key, arg in keywords.items())])


def shares(x: Any, y: Any) -> bool:
    """Whether two arrays may have numbers in common."""
    return isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and bool(np.may_share_memory(x, y))
