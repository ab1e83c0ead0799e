"""A function of arrays, rewritten so that a replay makes no new arrays: every result has its place.

The lines of the printed source are walked through once with real arrays. What has a fixed shape becomes
`add(x, y, place)`, helpers are walked through as well, places are used again when what they held has
been read for the last time. Values are those of the source, to the last bit: the same functions in the same order.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

BINARY: dict[type[ast.AST], Any] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.FloorDiv: np.floor_divide,
    ast.Pow: np.power,
    ast.MatMult: np.matmul,
    ast.BitAnd: np.bitwise_and,
    ast.BitOr: np.bitwise_or,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.USub: np.negative,
    ast.Invert: np.invert,
}
SIGNS = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.true_divide: "/",
    np.floor_divide: "//",
    np.power: "**",
    np.greater: ">",
    np.greater_equal: ">=",
    np.less: "<",
    np.less_equal: "<=",
    np.equal: "==",
    np.not_equal: "!=",
}
REDUCTIONS = {np.sum: np.add, np.max: np.maximum, np.min: np.minimum, np.prod: np.multiply}
FACTS = ("shape", "ndim", "dtype", "size")
ALONE = max(map(getrefcount, [object()]))  # how often an object is held that only a list holds


class Ref(NamedTuple):
    """Something met on the walk: how it is written, what it was, where it lies; what is `fixed` stays as it is."""

    text: str
    value: Any
    place: int | None = None
    fixed: bool = False


class Line(NamedTuple):
    """A line to be run: `out` is the place that it fills, `reads` those that it looks at."""

    text: str
    out: int | None = None
    reads: tuple[int, ...] = ()
    apart: bool = False  # the result must not lie where an operand does


class Unfixed(Exception):
    """A branch depends on numbers, so that the lines are not the same each time."""


class Walk:
    """One walk through a function, with the lines that it leaves."""

    def __init__(self, source: str, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.functions = {x.name: x for x in ast.parse(source).body if isinstance(x, ast.FunctionDef)}
        self.lines: list[Line] = []
        self.places: list[Array] = []  # what each held, as an example of its shape
        self.bound: dict[str, Any] = {}  # objects that the lines name
        self.named: dict[int, str] = {}
        self.count = 0

    def called(self, name: str, args: Sequence[Ref], keywords: Mapping[str, Any]) -> Any:
        """Return what one of the functions gives."""
        function = self.functions[name]
        parameters = function.args.args
        defaults = function.args.defaults
        scope: dict[str, Any] = {}
        for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
            scope[parameter.arg] = self.expression(default, {})
        scope |= {parameter.arg: arg for parameter, arg in zip(parameters, args, strict=False)} | dict(keywords)
        return self.block(function.body, scope)

    def block(self, body: Sequence[ast.stmt], scope: dict[str, Any]) -> Any:
        """Walk through statements, and return what they return; None if they do not."""
        for line in body:
            if isinstance(line, ast.Return):
                return self.returned(line.value, scope)
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                scope[line.targets[0].id] = self.expression(line.value, scope)
            elif isinstance(line, ast.If):
                found = self.block(line.body if self.known(line.test, scope) else line.orelse, scope)
                if found is not None:
                    return found
            elif isinstance(line, ast.With):
                found = self.block(line.body, scope)
                if found is not None:
                    return found
            elif not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)):  # a docstring
                raise Unfixed
        return None

    def returned(self, x: Any, scope: dict[str, Any]) -> Any:
        """Return what stands after `return`: a Ref, or tuples of them."""
        if isinstance(x, ast.Tuple):
            return tuple([self.returned(one, scope) for one in x.elts])
        return self.expression(x, scope)

    def known(self, test: ast.expr, scope: dict[str, Any]) -> bool:
        """Return a condition that holds for good, or does not."""
        ref = self.expression(test, scope)
        if not (isinstance(ref, Ref) and ref.fixed):
            raise Unfixed
        return bool(ref.value)

    # --- expressions ------------------------------------------------------------------------

    def expression(self, x: Any, scope: dict[str, Any]) -> Any:
        """Return a Ref, or a tuple of them."""
        if isinstance(x, ast.Constant):
            return Ref(repr(x.value), x.value, fixed=True)
        if isinstance(x, ast.Name):
            if x.id in scope:
                return scope[x.id]
            return self.constant(self.namespace[x.id] if x.id in self.namespace else getattr(builtins, x.id))
        if isinstance(x, ast.Tuple):
            parts = tuple([self.expression(one, scope) for one in x.elts])
            fixed = all(isinstance(one, Ref) and one.fixed for one in parts)
            return self.constant(tuple([one.value for one in parts])) if fixed and parts else parts
        if isinstance(x, ast.BinOp) and type(x.op) in BINARY:
            return self.applied(BINARY[type(x.op)], [self.expression(x.left, scope), self.expression(x.right, scope)])
        if isinstance(x, ast.UnaryOp) and type(x.op) in BINARY:
            return self.applied(BINARY[type(x.op)], [self.expression(x.operand, scope)])
        if isinstance(x, ast.Compare) and len(x.ops) == 1:
            return self.compared(x, scope)
        if isinstance(x, ast.IfExp):
            return self.expression(x.body if self.known(x.test, scope) else x.orelse, scope)
        if isinstance(x, ast.Attribute):
            return self.attribute(self.expression(x.value, scope), x.attr)
        if isinstance(x, ast.Subscript):
            whole, index = self.expression(x.value, scope), self.index(x.slice, scope)
            return self.other(f"{whole.text}[{index.text}]", whole.value[index.value], [whole, index])
        if isinstance(x, ast.Call):
            args = [self.expression(arg, scope) for arg in x.args]
            if not all(isinstance(arg, Ref) for arg in args):
                raise Unfixed
            keywords = {str(one.arg): self.expression(one.value, scope) for one in x.keywords}
            if isinstance(x.func, ast.Attribute):
                whole = self.expression(x.func.value, scope)
                if not whole.fixed:
                    return self.method(whole, x.func.attr, args, keywords)
            return self.call(self.expression(x.func, scope), args, keywords)
        if isinstance(x, ast.List):
            parts = tuple([self.expression(one, scope) for one in x.elts])
            text = f"[{', '.join(one.text for one in parts)}]"
            return Ref(text, [one.value for one in parts], fixed=all(one.fixed for one in parts))
        raise Unfixed

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
        if not (left.fixed and right.fixed) and type(x.ops[0]) not in BINARY:
            raise Unfixed
        if left.fixed and right.fixed:
            held = {"left": left.value, "right": right.value}
            condition = ast.Compare(ast.Name("left", ast.Load()), x.ops, [ast.Name("right", ast.Load())])
            return self.constant(eval(ast.unparse(condition), held))
        return self.applied(BINARY[type(x.ops[0])], [left, right])

    def attribute(self, whole: Ref, name: str) -> Ref:
        """Return an attribute: of an array a fact, or a view."""
        value = getattr(whole.value, name)
        if whole.fixed or name in FACTS:
            return self.constant(value)
        return self.other(f"{whole.text}.{name}", value, [whole])

    def call(self, function: Ref, args: list[Any], keywords: dict[str, Ref]) -> Any:
        """Return what a call gives: of a function of NumPy, of a helper, of a method."""
        do = function.value
        if isinstance(do, np.ufunc) and not keywords:
            return self.applied(do, args)
        if do in REDUCTIONS and isinstance(args[0].value, np.ndarray) and len(args) == 1:
            return self.reduced(REDUCTIONS[do], args[0], keywords)
        if do is np.where and any(isinstance(arg.value, np.ndarray) and arg.value.ndim for arg in args):
            return self.chosen(*args)
        name = getattr(do, "__name__", "")
        if name in self.functions and do is self.namespace.get(name):
            lines, places, count = list(self.lines), list(self.places), self.count
            try:
                return self.called(name, args, keywords)
            except Unfixed:
                self.lines, self.places, self.count = lines, places, count
        value = do(*[arg.value for arg in args], **{key: arg.value for key, arg in keywords.items()})
        return self.other(f"{function.text}({told(args, keywords)})", value, [function, *args, *keywords.values()])

    def method(self, whole: Ref, name: str, args: list[Any], keywords: dict[str, Ref]) -> Ref:
        """Return what a method of an array gives."""
        do = getattr(whole.value, name)
        value = do(*[arg.value for arg in args], **{key: arg.value for key, arg in keywords.items()})
        if name == "astype":
            return self.filled("copyto({out}, {0}, 'unsafe')", value, [whole], copyto=np.copyto)
        return self.other(f"{whole.text}.{name}({told(args, keywords)})", value, [whole, *args, *keywords.values()])

    # --- lines ------------------------------------------------------------------------------

    def applied(self, function: np.ufunc, args: Sequence[Ref]) -> Ref:
        """Return a function of NumPy at its arguments, element by element."""
        values = [arg.value for arg in args]
        if function is np.power and not isinstance(values[1], np.ndarray) and values[1] == 2:
            if isinstance(values[0], np.ndarray):
                return self.applied(np.square, args[:1])
        plain = not any(isinstance(value, (np.ndarray, np.generic)) for value in values)
        if plain and len(values) == 2 and function in SIGNS:
            value = eval(f"x {SIGNS[function]} y", {"x": values[0], "y": values[1]})
        elif plain and function is np.negative:
            value = -values[0]
        else:
            value = function(*values)
        if isinstance(value, np.ndarray) and value.ndim and not all(arg.fixed for arg in args):
            operands = ", ".join(f"{{{i}}}" for i in range(len(args)))
            apart = function is np.matmul
            return self.filled(f"{self.name(function)}({operands}, out={{out}})", value, args, apart=apart)
        if len(args) == 2 and function in SIGNS:
            text = f"{args[0].text} {SIGNS[function]} {args[1].text}"
        elif function is np.negative:
            text = f"-{args[0].text}"
        else:
            text = f"{self.name(function)}({', '.join(arg.text for arg in args)})"
        return self.other(text, value, args)

    def reduced(self, function: np.ufunc, x: Ref, keywords: Mapping[str, Ref]) -> Ref:
        """Return a sum or its like along axes."""
        known = {"axis": None} | {key: ref.value for key, ref in keywords.items()}
        value = function.reduce(x.value, **known)
        told = ", ".join(f"{key}={self.constant(one).text}" for key, one in known.items())
        name = self.name(function)
        if isinstance(value, np.ndarray) and value.ndim and not x.fixed:
            return self.filled(f"{name}.reduce({{0}}, {told}, out={{out}})", value, [x], apart=True)
        return self.other(f"{name}.reduce({x.text}, {told})", value, [x])

    def chosen(self, condition: Ref, x: Ref, y: Ref) -> Ref:
        """Return x where the condition holds, else y."""
        value = np.where(condition.value, x.value, y.value)
        if condition.fixed and x.fixed and y.fixed:
            return self.constant(value)
        if not (isinstance(condition.value, np.ndarray) and condition.value.dtype == bool):
            condition = self.applied(np.not_equal, [condition, Ref("0", 0, fixed=True)])
        result = self.filled("copyto({out}, {0})", value, [y], copyto=np.copyto)
        reads = tuple([ref.place for ref in (x, condition, result) if ref.place is not None])
        self.lines.append(Line(f"copyto({result.text}, {x.text}, where={condition.text})", None, reads))
        return result

    def filled(self, text: str, value: Array, args: Sequence[Ref], *, apart: bool = False, **names: Any) -> Ref:
        """Write a line that fills a new place, and return what stands there."""
        self.bound |= names
        place = len(self.places)
        self.places.append(value)
        reads = tuple([arg.place for arg in args if arg.place is not None])
        self.lines.append(Line(text.format(*[arg.text for arg in args], out=f"b{place}"), place, reads, apart))
        return Ref(f"b{place}", value, place)

    def other(self, text: str, value: Any, args: Sequence[Any]) -> Ref:
        """Write a line that gives a number, a view, or an array that is new each time."""
        refs = [arg for arg in args if isinstance(arg, Ref)]
        if all(ref.fixed for ref in refs):
            return self.constant(value)
        self.count += 1
        name = f"t{self.count}"
        reads = tuple([ref.place for ref in refs if ref.place is not None])
        self.lines.append(Line(f"{name} = {text}", None, reads))
        for ref in refs:
            if ref.place is not None and shares(value, self.places[ref.place]):
                return Ref(name, value, ref.place)
        return Ref(name, value)

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

    def input(self, name: str, value: Any) -> Ref:
        """Return an input of the function."""
        return Ref(f"in_{name}", value)


def told(args: Sequence[Ref], keywords: Mapping[str, Ref]) -> str:
    """Write arguments."""
    return ", ".join([*(arg.text for arg in args), *(f"{key}={arg.text}" for key, arg in keywords.items())])


def shares(x: Any, y: Any) -> bool:
    """Whether two arrays may have numbers in common."""
    return isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and bool(np.may_share_memory(x, y))


class Steady:
    """A function that fills the same places each time, for inputs of these shapes; not for two callers at once.

    `rows` are the results (the value is number 0, the gradients follow) that are wanted as sums over all that
    they hold. A result that is an array goes where nobody else holds it, or into a new one.
    """

    def __init__(self, function: Any, source: str, inputs: Mapping[str, Any], rows: Sequence[int] = ()) -> None:
        walk = Walk(source, function.__globals__)
        given = [Ref(f"in_{key}", x) for key, x in inputs.items()]
        found = walk.called(function.__name__, given, {})
        results: list[Ref] = [found] if isinstance(found, Ref) else [found[0], *found[1]]
        examples = [ref.value if isinstance(ref.value, np.ndarray) and ref.value.ndim else None for ref in results]
        self.rows = [k for k in rows if examples[k] is not None]
        self.arrays = [k for k, one in enumerate(examples) if one is not None and k not in self.rows]
        self.numbers = [k for k, one in enumerate(examples) if one is None]
        self.examples = [np.empty_like(examples[k]) for k in self.arrays]
        into: dict[int, str] = {}  # places that are results
        for k, ref in enumerate(results):
            if examples[k] is None:
                continue
            if ref.place is not None and ref.text == f"b{ref.place}" and ref.place not in into:
                into[ref.place] = f"r{k}"
            else:
                walk.bound["copyto"] = np.copyto
                walk.lines.append(Line(f"copyto(r{k}, {ref.text})", None, () if ref.place is None else (ref.place,)))
        names = shared_places(walk, into)
        text = "\n    ".join(line.text for line in walk.lines) or "pass"
        text = re.sub(r"\bb(\d+)\b", lambda found: names[int(found[1])][0], text)
        bound = walk.bound | {name: np.empty_like(one) for name, one in names.values() if name[0] == "p"}
        self.matrix = np.array([examples[k] for k in self.rows])
        bound |= {f"r{k}": row for k, row in zip(self.rows, self.matrix, strict=True)}
        self.flat = self.matrix.reshape(len(self.rows), -1 if self.rows else 0)
        self.sums = np.empty(len(self.rows))
        arguments = [ref.text for ref in given] + [f"r{k}" for k in self.arrays] + [f"{key}={key}" for key in bound]
        space = dict(bound)
        numbers = "".join(f"{results[k].text}, " for k in self.numbers)
        exec(f"def run({', '.join(arguments)}):\n    {text}\n    return ({numbers})", space)
        self.run: Callable[..., tuple[Any, ...]] = space["run"]
        self.sets: list[list[Array]] = []
        self.size = len(results)

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the value and the gradients."""
        arrays = self.fresh()
        results: list[Any] = [None] * self.size
        for k, number in zip(self.numbers, self.run(*inputs, *arrays), strict=True):
            results[k] = number
        for k, array in zip(self.arrays, arrays, strict=True):
            results[k] = array
        if self.rows:
            np.add.reduce(self.flat, axis=1, out=self.sums)
            for k, total in zip(self.rows, self.sums.tolist(), strict=True):
                results[k] = total
        return results

    def fresh(self) -> list[Array]:
        """Return arrays for the results that nobody else holds."""
        for arrays in self.sets:
            if not arrays or max(map(getrefcount, arrays)) == ALONE:
                return arrays
        arrays = list(map(np.empty_like, self.examples))
        self.sets = [arrays, *self.sets[:1]]
        return arrays


def shared_places(walk: Walk, into: Mapping[int, str]) -> dict[int, tuple[str, Array]]:
    """Return for each place where it lies: in a result, or in an array that others use before and after."""
    last: dict[int, int] = {}
    for i, line in enumerate(walk.lines):
        for place in (*line.reads, *(() if line.out is None else (line.out,))):
            last[place] = i
    free: dict[Any, list[str]] = {}
    names: dict[int, tuple[str, Array]] = {}
    count = 0
    for i, line in enumerate(walk.lines):
        over = [place for place in dict.fromkeys(line.reads) if last[place] == i and place not in into]
        if not line.apart:
            release(over, names, free)
        if line.out is not None:
            example = walk.places[line.out]
            if line.out in into:
                names[line.out] = into[line.out], example
            else:
                ready = free.get(kind(example))
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
        free.setdefault(kind(example), []).append(name)


def kind(x: Array) -> tuple[Any, ...]:
    """Return what two arrays must have in common to take each other's place."""
    return x.shape, x.dtype, x.strides
