"""What stands in a name: another variable in its place, its transpose, its root, a function of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ..source import is_users
from .editor import Edit, Editor
from .names import DOING, is_derivative
from .syntax import Slot, binary, is_argument, is_one_minus, parse


def edit_variable(editor: Editor, slot: Slot, node: ast.expr, mine: Any, line: int, in_slice: bool) -> Iterator[Edit]:
    """Yield the edits of an expression that is known as a name is."""
    text = ast.unparse(node)
    yield from replace_variable(editor, slot, text, mine, line, in_slice)
    of_shape = isinstance(slot[0], ast.Attribute) and slot[0].attr in ("shape", "size", "ndim", "dtype")
    if mine.ndim >= 2 and not in_slice and not of_shape:
        size = 2 if isinstance(slot[0], ast.Assign) else 1
        yield editor.edit(slot, ast.Attribute(node, "T", ast.Load()), "transpose", line, 1, f"{text}.T", size)
    if mine.ndim == 0 and not in_slice and mine > 0:
        root = ast.Call(parse(f"{editor.np}.sqrt"), [node], [])
        yield editor.edit(slot, root, "factor", line, 1, f"the root of {text}", 0.5)
    if mine.ndim == 0 and mine.dtype.kind == "f" and not in_slice and isinstance(slot[0], ast.BinOp):
        for form in (f"{text} - 1", f"1 - {text}"):
            yield editor.edit(slot, parse(form), "one minus", line, 2, f"{form}\0{text}", 2)
    called = ast.unparse(slot[0].func) if isinstance(slot[0], ast.Call) and is_argument(slot) else ""
    if mine.dtype.kind == "f" and re.search("exp|sigm|logistic", called):
        yield editor.edit(slot, ast.UnaryOp(ast.USub(), node), "sign", line, 1, "the sign", 1)
    if mine.dtype.kind == "b" and mine.ndim:
        yield editor.edit(slot, ast.UnaryOp(ast.Invert(), node), "mask", line, 1, f"~{text}", 1)
    if mine.ndim == 0 and mine.dtype.kind in "iu":
        for step in (ast.Sub(), ast.Add()):
            yield editor.edit(slot, binary(node, step, ast.Constant(1)), "index", line, 2)
    yield from replace_matrix(editor, slot, text, mine, line, in_slice)
    if mine.ndim in (1, 2) and mine.dtype.kind == "f" and isinstance(slot[0], ast.BinOp) and not in_slice:
        yield from leave_out_bias(editor, slot, text, mine, line)
    if mine.ndim and not in_slice and isinstance(slot[0], ast.BinOp) and mine.dtype.kind == "f":
        squared = binary(node, ast.Pow(), ast.Constant(2))
        if is_one_minus(slot):
            hint = "\0".join(["the slope of tanh", f"1 - {text}", f"1 - {text} ** 2"])
            yield editor.edit(slot, squared, "slope", line, 1, hint, 0.5)
        else:
            yield editor.edit(slot, squared, "power", line, 2)


def replace_variable(editor: Editor, slot: Slot, text: str, mine: Any, line: int, in_slice: bool) -> Iterator[Edit]:
    """Yield another variable of the same shape."""
    for other, x in editor.known(line).items():
        if other != text and x is not mine and x.shape == mine.shape and (mine.ndim or x.dtype == mine.dtype):
            kind, hint = "another variable" if mine.ndim else "factor", f"{other}\0{text}"
            if in_slice and not mine.ndim:
                kind, hint = "index", f"{other} belongs where {text} stands"
            size = 1 + 2 * (x.dtype != mine.dtype)
            yield editor.edit(slot, parse(other), kind, line, 1, hint, size)


def leave_out_bias(editor: Editor, slot: Slot, text: str, mine: Any, line: int) -> Iterator[Edit]:
    """Yield a parameter with zeros for the bias in it, which is not regularised: lam * np.r_[0, theta[1:]]."""
    if is_derivative(text) or not isinstance(slot[0].op, (ast.Mult, ast.Div)):  # type: ignore[attr-defined]
        return
    np = editor.np
    if mine.ndim == 1:
        forms = [(f"{np}.r_[0, {text}[1:]]", f"{text}[0]"), (f"{np}.r_[{text}[:-1], 0]", f"{text}[-1]")]
    else:
        column, row = f"{np}.zeros(({text}.shape[0], 1))", f"{np}.zeros((1, {text}.shape[1]))"
        forms = [
            (f"{np}.c_[{column}, {text}[:, 1:]]", f"{text}[:, 0]"),
            (f"{np}.c_[{text}[:, :-1], {column}]", f"{text}[:, -1]"),
            (f"{np}.r_[{row}, {text}[1:]]", f"{text}[0]"),
            (f"{np}.r_[{text}[:-1], {row}]", f"{text}[-1]"),
        ]
    for new, bias in forms:
        yield editor.edit(slot, parse(new), "bias regularised", line, 2, bias, 2)


def replace_matrix(editor: Editor, slot: Slot, text: str, mine: Any, line: int, in_slice: bool) -> Iterator[Edit]:
    """Yield a matrix of another shape: Wh for Wx, and W.T where it has the shape."""
    others = [(t, x) for t, x in editor.arrays(line, "fiub") if mine.ndim == x.ndim == 2 and x.shape != mine.shape]
    for other, x in others:
        if set(mine.shape) & set(x.shape) and not in_slice and x.dtype.kind == "f":
            yield editor.edit(slot, parse(other), "another variable", line, 2, f"{other}\0{text}", 2)
    for other, x in others:
        if other != text and x.shape == mine.shape[::-1]:
            turned = ast.Attribute(parse(other), "T", ast.Load())
            yield editor.edit(slot, turned, "another variable", line, 2, f"{other}.T\0{text}", 2)


def apply_functions(editor: Editor, slot: Slot, node: ast.expr, text: str, line: int) -> Iterator[Edit]:
    """Yield np.tanh(c) for c, and what else forward may have done to it."""
    names = [f"{editor.np}.{name}" for name in ("tanh", "exp", "log", "sqrt", "abs")]
    for name, x in editor.source.function.__globals__.items():
        if isinstance(x, FunctionType) and x.__code__.co_argcount == 1 and is_users(x) and not DOING.search(name):
            names.append(name)
    for form in ("maximum", "minimum"):
        new = parse(f"{editor.np}.{form}(0, {text})")
        yield editor.edit(slot, new, "function", line, 3, ast.unparse(new), 2)
    for name in names[:12]:
        new = ast.Call(parse(name), [node], [])
        yield editor.edit(slot, new, "function", line, 2, f"{name}({text})", 2)
