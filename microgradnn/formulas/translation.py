"""A row's function, as it stands in Python, in the little that other languages can take: assignments and one formula.

What a row is worth is written once, in `numerics`. Here its syntax is read and rewritten for floats alone: a branch
that returns becomes a conditional formula, what raises is NaN, `type(x)(…)` a float. Nothing here computes.
"""

from __future__ import annotations

import ast
import copy
import inspect
import math
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..rules import numerics


class Translation(NamedTuple):
    """A function of floats: what is assigned on the way, in order, and what it returns."""

    name: str
    arguments: tuple[str, ...]
    lines: tuple[tuple[str, ast.expr], ...]
    result: ast.expr

    @property
    def calls(self) -> list[str]:
        """The functions that it calls: 'sigmoid' for one of ours, 'math.exp'; `abs` is everywhere."""
        parts = [*[formula for _, formula in self.lines], self.result]
        calls = [one.func for part in parts for one in ast.walk(part) if isinstance(one, ast.Call)]
        return [text for text in map(ast.unparse, calls) if text != "abs"]


@lru_cache(maxsize=1)
def numeric_functions() -> dict[str, ast.stmt]:
    """Return the functions of numerics.py as syntax."""
    text = (Path(numerics.__file__).parent / "numerics.py").read_text(encoding="utf-8")
    found: dict[str, ast.stmt] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.FunctionDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement
    return found


@lru_cache(maxsize=1024)
def translate(function: Callable[..., Any], name: str = "") -> Translation:
    """Return a function of floats, called `name`, as formulas.

    Raises ValueError where it is not made of assignments, `if … return`, arithmetic, comparisons and functions of
    `math` and `numerics`.
    """
    own = getattr(function, "__name__", "?")
    ours = function is getattr(numerics, own, None)
    source = numeric_functions().get(own) if ours else syntax_of(function)
    if not isinstance(source, ast.FunctionDef):
        raise ValueError(f"{name or own} has no source that could be written in another language")
    arguments = [one.arg for one in source.args.args]
    space = vars(numerics) if ours else getattr(function, "__globals__", {})  # what is compiled has no __globals__
    known = {one: space.get(one) for one in names_of(source)}
    numbers = {one: x for one, x in known.items() if isinstance(x, (int, float)) and one not in arguments}
    lines, result = formulas(copy.deepcopy(source).body, Floats(name or own, numbers))
    return Translation(name or own, tuple(arguments), tuple(lines), result)


def syntax_of(function: Callable[..., Any]) -> ast.stmt | None:
    """Return a function that was defined with `def` as syntax; None where its source is not to be had."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def names_of(tree: ast.AST) -> set[str]:
    """Return the names in a piece of syntax."""
    return {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}


def formulas(body: Sequence[ast.stmt], floats: Floats) -> tuple[list[tuple[str, ast.expr]], ast.expr]:
    """Return what statements assign, and the formula of what they return."""
    lines: list[tuple[str, ast.expr]] = []
    for i, one in enumerate(body):
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):  # the docstring
            continue
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            lines.append((one.targets[0].id, floats.visit(one.value)))
        elif isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name):
            lines.append(
                (one.target.id, ast.BinOp(ast.Name(one.target.id, ast.Load()), one.op, floats.visit(one.value)))
            )
        elif isinstance(one, ast.If):
            test = floats.condition(one.test)
            first, yes = formulas(one.body, floats)
            others, no = formulas([*one.orelse, *body[i + 1 :]], floats)
            return [*lines, *first, *others], ast.IfExp(test, yes, no)
        elif isinstance(one, ast.Raise):
            return lines, NAN
        elif isinstance(one, ast.Return) and one.value is not None:
            return lines, floats.visit(one.value)
        else:
            raise ValueError(f"{floats.name}: a {type(one).__name__} cannot be written in another language")
    raise ValueError(f"{floats.name} returns nothing in one of its branches")


NAN: ast.expr = ast.parse("math.nan", mode="eval").body


class Floats(ast.NodeTransformer):
    """Makes formulas ones of floats alone: numbers have a point, and a condition used as a number is 1.0 or 0.0."""

    def __init__(self, name: str, numbers: Mapping[str, float]) -> None:
        self.name = name
        self.numbers = numbers

    def condition(self, test: ast.expr) -> ast.expr:
        """Return a formula as a condition."""
        if isinstance(test, ast.BoolOp):
            return ast.BoolOp(test.op, [self.condition(one) for one in test.values])
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return ast.UnaryOp(ast.Not(), self.condition(test.operand))
        if isinstance(test, ast.Compare):
            return ast.Compare(self.visit(test.left), test.ops, [self.visit(one) for one in test.comparators])
        if isinstance(test, ast.Call) and ast.unparse(test.func) in ("math.isinf", "math.isnan", "math.isfinite"):
            return ast.Call(test.func, [self.visit(one) for one in test.args], [])
        return ast.Compare(self.visit(test), [ast.NotEq()], [ast.Constant(0.0)])

    def visit_IfExp(self, one: ast.IfExp) -> ast.expr:
        """A choice."""
        return ast.IfExp(self.condition(one.test), self.visit(one.body), self.visit(one.orelse))

    def visit_Compare(self, one: ast.Compare) -> ast.expr:
        """A condition that is used as a number."""
        return ast.IfExp(self.condition(one), ast.Constant(1.0), ast.Constant(0.0))

    def visit_Constant(self, one: ast.Constant) -> ast.expr:
        """A number."""
        if not isinstance(one.value, (int, float)):
            raise ValueError(f"{self.name}: {one.value!r} is no number")
        return ast.Constant(float(one.value))

    def visit_Name(self, one: ast.Name) -> ast.expr:
        """A variable, or a number that has a name."""
        return ast.Constant(float(self.numbers[one.id])) if one.id in self.numbers else ast.Name(one.id, ast.Load())

    def visit_Attribute(self, one: ast.Attribute) -> ast.expr:
        """A constant of `math`."""
        text = ast.unparse(one)
        if text in ("math.nan", "math.inf"):
            return one
        value = getattr(math, one.attr, None) if text.startswith("math.") else None
        if not isinstance(value, float):
            raise ValueError(f"{self.name}: {text} cannot be written in another language")
        return ast.Constant(value)

    def visit_Call(self, one: ast.Call) -> ast.expr:
        """A call of a function of floats; `type(x)(y)` is y."""
        text = ast.unparse(one.func)
        if text.startswith("type(") or text == "float":
            return self.visit(one.args[0])  # type: ignore[no-any-return]
        if text != "abs" and not text.startswith("math.") and text not in numeric_functions():
            raise ValueError(f"{self.name}: {text} cannot be written in another language")
        return ast.Call(one.func, [self.visit(x) for x in one.args], [])


def find_helpers(functions: Mapping[str, Callable[..., Any]], lacking: Collection[str] = ()) -> list[Translation]:
    """Return functions, under these names, each after those that it calls.

    `lacking` are functions of `math` that the language does not have and `numerics` does.
    """
    order: dict[str, Translation] = {}

    def need(name: str, function: Callable[..., Any]) -> None:
        if name not in order:
            found = translate(function, name)
            for called in found.calls:
                bare = called.removeprefix("math.")
                if bare == called or bare in lacking:
                    need(bare, getattr(numerics, bare))
            order[name] = found

    for name, function in functions.items():
        need(name, function)
    return list(order.values())


# --- in C and JavaScript ------------------------------------------------------------------------

ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
SIGNS = {ast.Not: "!", ast.USub: "-", ast.UAdd: "+"}
ORDER = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Language(NamedTuple):
    """What differs between languages whose formulas look like those of C."""

    name: str
    nan: str
    infinity: str
    power: str
    function: Callable[[str], str]  # what a function of `math`, `abs` or one of ours is called
    lacking: tuple[str, ...] = ()  # functions of `math` that are taken from `numerics`


def c_name(function: str) -> str:
    """Return what a function is called in C; one of our own ends in an underscore, as all names of ours there."""
    return "fabs" if function == "abs" else function.removeprefix("math.") if "." in function else f"{function}_"


# What JavaScript has under Python's names; of the rest `javascript_source` knows what to do.
OF_JAVASCRIPT = {
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "exp", "expm1"),
    *("floor", "hypot", "log", "log10", "log1p", "log2", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"),
}


LACKING = ("erf", "erfc")  # in `numerics`


def javascript_name(function: str) -> str:
    """Return what a function is called in JavaScript; one that it lacks begins with $, which no name of Python does."""
    name = function.removeprefix("math.")
    if name in OF_JAVASCRIPT and (name != function or name == "abs"):
        return f"Math.{name}"
    return f"${name}" if name == function or name in LACKING else f"$math_{name}"


C = Language("C", "NAN", "INFINITY", "pow", c_name)
JAVASCRIPT = Language("JavaScript", "Number.NaN", "Number.POSITIVE_INFINITY", "$pow", javascript_name, LACKING)
LANGUAGES = {"c": C, "javascript": JAVASCRIPT}


def spell(one: Any, language: Language) -> str:
    """Return a formula in a language, with brackets around all that is composed."""

    def spelled(one: Any) -> str:
        return spell(one, language)

    match one:
        case ast.Constant():
            return repr(one.value)
        case ast.Name():
            return str(one.id)
        case ast.Attribute():
            return {"nan": language.nan, "inf": language.infinity}[one.attr]
        case ast.IfExp():
            return f"({spelled(one.test)} ? {spelled(one.body)} : {spelled(one.orelse)})"
        case ast.BoolOp():
            return f"({(' && ' if isinstance(one.op, ast.And) else ' || ').join(map(spelled, one.values))})"
        case ast.UnaryOp():
            return f"({SIGNS[type(one.op)]}{spelled(one.operand)})"
        case ast.Compare():
            sides = [one.left, *one.comparators]
            pairs = zip(sides, one.ops, sides[1:], strict=False)
            return f"({' && '.join(f'{spelled(x)} {ORDER[type(op)]} {spelled(y)}' for x, op, y in pairs)})"
        case ast.BinOp() if isinstance(one.op, ast.Pow):
            return f"{language.power}({spelled(one.left)}, {spelled(one.right)})"
        case ast.BinOp() if type(one.op) in ARITHMETIC:
            return f"({spelled(one.left)} {ARITHMETIC[type(one.op)]} {spelled(one.right)})"
        case ast.Call():
            return f"{language.function(ast.unparse(one.func))}({', '.join(map(spelled, one.args))})"
    raise ValueError(f"{ast.unparse(one)} cannot be written in {language.name}")


def lines_of(function: Translation, language: Language, new: str) -> list[str]:
    """Return what a function assigns, a name after `new` where it is new, and what it returns."""
    known: set[str] = set()
    lines = []
    for name, formula in function.lines:
        lines.append(f"{'' if name in known else new}{name} = {spell(formula, language)};")
        known.add(name)
    return [*lines, f"return {spell(function.result, language)};"]


def c_function(function: Translation) -> str:
    """Return a function in C."""
    arguments = ", ".join(f"double {x}" for x in function.arguments)
    body = " ".join(lines_of(function, C, "double "))
    return f"static double {c_name(function.name)}({arguments}) {{ {body} }}"


def javascript_function(function: Translation) -> str:
    """Return a function in JavaScript."""
    body = " ".join(lines_of(function, JAVASCRIPT, "let "))
    return f"function {javascript_name(function.name)}({', '.join(function.arguments)}) {{ {body} }}"
