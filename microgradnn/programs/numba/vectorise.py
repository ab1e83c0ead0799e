"""A case of the interpreter for a block of examples: exp and its like by NumPy's own loops, the rest one by one.

A processor computes eight exponentials at once, but only by a loop written for it, as NumPy's are. So each
call of such a function is taken out of the lines: its arguments for all examples go to a spare row, the loop
runs over the row, and the lines read what it left there.
"""

from __future__ import annotations

import ast
import copy
import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from ...formulas.translation import find_helpers, numba_source
from ...graph import OPS

SPARE = 4  # rows that a case may need


# --- NumPy's loops ----------------------------------------------------------------------------


@cache
def functions() -> dict[str, np.ufunc]:
    """Return the functions of one number that NumPy has loops for, by the names that they have in `math`.

    The square root is not among them: for it a processor has an instruction.
    """
    rows = [op for op in OPS.values() if getattr(op.scalar, "__module__", "") == "math" and op.name != "sqrt"]
    return {op.scalar.__name__: op.array for op in rows if isinstance(op.array, np.ufunc) and op.array.nin == 1}


class UFunc(ctypes.Structure):
    """The first fields of `PyUFuncObject`, as NumPy's header ufuncobject.h has them."""

    _fields_ = (
        ("head", ctypes.c_byte * object.__basicsize__),
        *((name, ctypes.c_int) for name in ("nin", "nout", "nargs", "identity")),
        *((name, ctypes.POINTER(ctypes.c_void_p)) for name in ("functions", "data")),
    )


@cache
def addresses() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return for each of the functions where its loop over float64 is, and the data that the loop asks for."""
    found: list[list[int]] = []
    for function in functions().values():
        held, number = UFunc.from_address(id(function)), function.types.index("d->d")
        found.append([held.functions[number] or 0, held.data[number] or 0])
    return np.array(found, np.int64)


# --- lines ------------------------------------------------------------------------------------


def vectorise(lines: Sequence[str], helpers: Mapping[str, Callable[..., Any]]) -> list[str]:
    """Return assignments for example j as lines for all the examples of a block; `helpers` are what they call.

    Where they need more spare rows than there are, all is done one by one.
    """
    body = inline(lines, helpers)
    found: list[str] = []
    taken: list[str] = []  # the spare rows
    for i, line in enumerate(body):
        while call := innermost(line):
            loop, argument = name_of(call).upper(), ast.unparse(call.args[0])
            start = argument[2] if argument in ("v[x + j]", "v[r + j]") else f"s{len(taken)}"
            if start not in "xr":
                known = [ast.unparse(one) for one in body[:i] if is_local(one)]
                found += for_each_example([*known, f"v[{start} + j] = {argument}"])
            if line is body[-1] and ast.unparse(line) == f"v[r + j] = {ast.unparse(call)}":
                return [*found, f"by_numpy(loops, {loop}, v, {start}, r, w)"]
            taken.append(f"s{len(taken)}")
            found.append(f"by_numpy(loops, {loop}, v, {start}, {taken[-1]}, w)")
            line = body[i] = replace_call(line, call, f"v[{taken[-1]} + j]")
    if len(taken) > SPARE:
        return for_each_example(list(map(ast.unparse, inline(lines, helpers))))
    return [*found, *for_each_example(list(map(ast.unparse, body)))]


def inline(lines: Sequence[str], helpers: Mapping[str, Callable[..., Any]]) -> list[Any]:
    """Return lines as syntax, with what helpers do in place of calls of them."""
    inlining = Inlining(helpers)
    for line in lines:
        inlining.add(line)
    return inlining.body


def for_each_example(lines: Sequence[str]) -> list[str]:
    """Return lines, done for each example."""
    return ["for j in range(w):", *indent(lines)]


def indent(lines: Sequence[str]) -> list[str]:
    """Return lines, one level deeper."""
    return [f"    {line}" for line in lines]


def is_local(line: Any) -> bool:
    """Whether a line gives a name to something, and changes nothing."""
    return isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)


def innermost(line: ast.AST) -> ast.Call | None:
    """Return a call of one of the functions in whose argument there is no other."""
    calls = [one for one in ast.walk(line) if isinstance(one, ast.Call) and name_of(one) in functions()]
    return calls[-1] if calls else None  # `walk` goes from the outside inwards


def name_of(call: ast.Call) -> str:
    """Return the name of a function of `math` or NumPy."""
    return ast.unparse(call.func).removeprefix("math.").removeprefix("np.")


def replace_call(line: Any, call: ast.Call, text: str) -> Any:
    """Return a line with something else in the place of a call."""

    class Replacing(ast.NodeTransformer):
        def visit_Call(self, one: ast.Call) -> ast.AST:
            return ast.parse(text, mode="eval").body if one is call else self.generic_visit(one)

    return ast.fix_missing_locations(Replacing().visit(line))


def is_short(formula: ast.expr) -> bool:
    """Whether a formula may stand several times: a name, a number, one of an array, or one of these with a minus."""
    return isinstance(formula, (ast.Name, ast.Constant, ast.Subscript)) or (
        isinstance(formula, ast.UnaryOp) and is_short(formula.operand)
    )


class Inlining(ast.NodeTransformer):
    """Puts what helpers do in place of calls of them; what they assign on the way goes before, to `body`."""

    def __init__(self, helpers: Mapping[str, Callable[..., Any]]) -> None:
        sources: list[Any] = [ast.parse(numba_source(function)).body[0] for function in find_helpers(helpers)]
        self.helpers = {one.name: one for one in sources}
        self.body: list[Any] = []
        self.count = 0

    def add(self, line: str) -> None:
        """Add a line."""
        self.body.append(self.visit(ast.parse(line).body[0]))

    def visit_Call(self, call: ast.Call) -> Any:
        """Return what stands for a call."""
        self.generic_visit(call)
        helper = copy.deepcopy(self.helpers.get(ast.unparse(call.func)))
        if helper is None:
            return call
        self.count += 1
        *assigned, result = helper.body
        known: dict[str, ast.expr] = {}
        for argument, value in zip([one.arg for one in helper.args.args], call.args, strict=True):
            known[argument] = value if is_short(value) else ast.Name(f"{argument}_{self.count}")
            if known[argument] is not value:
                self.add(f"{argument}_{self.count} = {ast.unparse(value)}")
        for one in assigned:
            name = one.targets[0].id
            own = f"{name}_{self.count}"
            self.add(f"{own} = {ast.unparse(Renaming(known).visit(one.value))}")
            known[name] = ast.Name(own)
        return self.visit(Renaming(known).visit(result.value))


class Renaming(ast.NodeTransformer):
    """Puts what is known in place of names."""

    def __init__(self, known: Mapping[str, ast.expr]) -> None:
        self.known = known

    def visit_Name(self, name: ast.Name) -> ast.expr:
        """Return what stands for a name."""
        return copy.deepcopy(self.known.get(name.id, name))
