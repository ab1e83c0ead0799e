"""The source of an operation of the user's own as it goes with printed code: whole, or a sentence in its place."""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..graph import OPS, Op
from ..rules import arrays, calculus
from ..rules.arrays import ArrayOp
from ..rules.operations import ArrayOperation, Operation

DEEPEST = 8  # functions that call one another
HOMES = {"numpy", "microgradnn"} | set(sys.stdlib_module_names)  # from where printed code may import


def is_own(op: Any) -> bool:
    """Whether an operation is of the user's own, and no row of the library's."""
    table = arrays if isinstance(op, ArrayOp) else calculus
    return isinstance(op, (Op, ArrayOp)) and not isinstance(getattr(table, op.name, None), (Op, ArrayOp))


def refuse(name: str, backend: str) -> ValueError:
    """Return the error for an operation that a backend cannot call."""
    return ValueError(
        f"the backend {backend!r} knows the rows of the table alone, and {name!r} is none: it is an operation of "
        "your own, which the backends 'numpy' and 'python' call"
    )


def functions_of(operations: Iterable[Any]) -> dict[str, Callable[..., Any]]:
    """Return what a program calls for operations of the user's own, by their names: numbers and arrays alike."""
    return {op.name: op.array if isinstance(op, ArrayOp) else op for op in operations if is_own(op)}


def source_of(op: Op | ArrayOp, style: str) -> tuple[str, list[str]]:
    """Return the definition of an operation under its name, and the names of the helpers that this needs."""
    given = op.functions if isinstance(op, (Operation, ArrayOperation)) else {"array": op.array}
    if not isinstance(op, (Operation, ArrayOp)):
        given["scalar"] = op.scalar
    if isinstance(op, ArrayOp) or (style == "numpy" and "array" in given):
        return definition(op.name, given["array"]), []
    text = definition(op.name, given["scalar"])
    if style != "numpy":
        return text, []
    return f"{text}\n\n\n{op.name} = elementwise({op.name})", ["elementwise"]


def definition(name: str, function: Callable[..., Any]) -> str:
    """Return a function's source under a name; where it cannot be had, one that says so when it is called."""
    home = importable(function)
    if home:
        return f"from {home} import {function.__name__} as {name}"
    if isinstance(function, Op) and not is_own(function):
        return f"from microgradnn.rules.calculus import {function.name} as {name}"
    written = rewrite(name, function, 0)
    if written is None:
        told = f"{name} is an operation whose source could not be carried along: put your function here"
        return f"def {name}(*args, **parameters):\n    raise NotImplementedError({told!r})"
    return ast.unparse(ast.fix_missing_locations(written))


def importable(x: Any) -> str:
    """Return the module from which printed code can import a function under its own name, or ''."""
    if isinstance(x, np.ufunc):
        return "numpy" if getattr(np, x.__name__, None) is x else ""
    home, name = getattr(x, "__module__", None) or "", getattr(x, "__name__", "")
    known = home.partition(".")[0] in HOMES and home in sys.modules
    return home if known and name.isidentifier() and getattr(sys.modules[home], name, None) is x else ""


def rewrite(name: str, function: Any, depth: int) -> ast.FunctionDef | None:
    """Return a function as a definition that needs nothing from outside but np and math; None where that cannot be."""
    found = syntax(function)
    if found is None or depth > DEEPEST:
        return None
    node = copy.deepcopy(found)
    if any(isinstance(x, (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await)) for x in ast.walk(node)):
        return None
    body = [ast.Return(node.body)] if isinstance(node, ast.Lambda) else node.body
    before: list[ast.stmt] = []
    for free in free_names(node):
        lines = definition_of_name(free, name, function, depth)
        if lines is None:
            return None
        before += lines
    args = without_annotations(node.args)
    if not with_defaults(args, function):
        return None
    docstring = [x for x in body[:1] if isinstance(x, ast.Expr) and isinstance(x.value, ast.Constant)]
    made = ast.parse(f"def {name}(): pass").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.args, made.body = args, [*docstring, *before, *body[len(docstring) :]] or [ast.Pass()]
    return made


def syntax(function: Any) -> ast.FunctionDef | ast.Lambda | None:
    """Return the syntax of a function, where its file, or cell, can be read."""
    if not isinstance(function, FunctionType):
        return None
    code = function.__code__
    try:
        tree = ast.parse("".join(inspect.findsource(code)[0]))
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    found: list[Any] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and code.co_name == "<lambda>":
            first = node.lineno
        elif isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *[x.lineno for x in node.decorator_list]])
        else:
            continue
        if first == code.co_firstlineno and holds(node, code):
            found.append(node)
    return min(
        found, key=lambda node: (node.end_lineno - node.lineno, node.end_col_offset - node.col_offset), default=None
    )


def holds(node: Any, code: Any) -> bool:
    """Whether the instructions of `code` stand within the body of a lambda, and its arguments are these."""
    names = [x.arg for x in (*node.args.posonlyargs, *node.args.args)]
    if tuple(names) != code.co_varnames[: code.co_argcount]:
        return False
    if not isinstance(node, ast.Lambda):
        return True
    body = node.body
    begin, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    places = [(line, column, last, to) for line, last, column, to in code.co_positions() if column and to]
    return all(begin <= (line, column) and (last, to) <= end for line, column, last, to in places)


def free_names(node: Any) -> list[str]:
    """Return the names that a function reads and does not bind itself, Python's own left out, in order."""
    own = {x.arg for x in ast.walk(node) if isinstance(x, ast.arg)}
    read: dict[str, None] = {}
    inner = [*(node.body if isinstance(node.body, list) else [node.body])]
    for x in (one for part in inner for one in ast.walk(part)):
        if isinstance(x, ast.Name):
            if isinstance(x.ctx, ast.Load):
                read[x.id] = None
            else:
                own.add(x.id)
        elif isinstance(x, (ast.FunctionDef, ast.ClassDef)):
            own.add(x.name)
        elif isinstance(x, ast.alias):
            own.add(x.asname or x.name.partition(".")[0])
        elif isinstance(x, ast.ExceptHandler) and x.name:
            own.add(x.name)
    return [name for name in read if name not in own]


def definition_of_name(free: str, name: str, function: Any, depth: int) -> list[ast.stmt] | None:
    """Return statements that give a name from outside its meaning; None where that cannot be written."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    try:
        inside: Mapping[str, Any] = {key: cell.cell_contents for key, cell in cells}
    except ValueError:  # not yet bound
        return None
    space = {**vars(builtins), **function.__globals__, **inside}
    if free not in space:
        return None
    x = space[free]
    if hasattr(builtins, free) and x is getattr(builtins, free):
        return []
    if isinstance(x, ModuleType):
        if (free, x) in (("np", np), ("math", math)):
            return []
        known = x.__name__.partition(".")[0] in HOMES
        return ast.parse(f"import {x.__name__} as {free}").body if known else None
    if x is function:
        return [] if free == name else ast.parse(f"{free} = {name}").body
    if is_literal(x):
        return ast.parse(f"{free} = {x!r}").body
    if isinstance(x, Op):
        own = is_own(x) or OPS.get(x.name) is not x
        return None if own else ast.parse(f"from microgradnn.rules.calculus import {x.name} as {free}").body
    home = importable(x)
    if home:
        return ast.parse(f"from {home} import {x.__name__} as {free}").body
    inner = rewrite(free, x, depth + 1)
    return None if inner is None else [inner]


def is_literal(x: Any) -> bool:
    """Whether x is a number or text that Python reads as it is printed, or a tuple of them."""
    if type(x) is tuple:
        return all(map(is_literal, x))
    return type(x) in (int, bool, str, type(None)) or (type(x) is float and math.isfinite(x))


def without_annotations(args: ast.arguments) -> ast.arguments:
    """Return arguments with their names alone."""
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, [args.vararg, args.kwarg])]
    for one in every:
        one.annotation = None
    return args


def with_defaults(args: ast.arguments, function: Any) -> bool:
    """Write the values of defaults in their place; False where one cannot be written."""
    values = function.__defaults__ or ()
    named = function.__kwdefaults__ or {}
    if not all(map(is_literal, (*values, *named.values()))):
        return False
    args.defaults = [ast.parse(repr(x), mode="eval").body for x in values]
    args.kw_defaults = [
        ast.parse(repr(named[one.arg]), mode="eval").body if one.arg in named else None for one in args.kwonlyargs
    ]
    return True
