"""Every node of an expression, by its type: another variable, another constant, another index."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from ..source import Scope
from .calls import edit_call
from .editor import Edit, Editor
from .factors import factors
from .indices import edit_index, edit_slice
from .names import is_derivative
from .operators import edit_operator
from .syntax import Slot, is_argument, is_factor, is_widened, parse, swap
from .terms import add_to_factor, add_to_part
from .variables import apply_functions, edit_variable


def edit_expression(
    editor: Editor, slot: Slot, node: ast.expr | ast.Slice, line: int, scope: Scope, of_loop: bool = False
) -> Iterator[Edit]:
    """Yield the edits of one node of an expression."""
    mine = scope.get(ast.unparse(node))
    in_slice = slot[1] == "slice" or isinstance(slot[0], ast.Slice)
    if mine is not None and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        yield from edit_variable(editor, slot, node, mine, line, in_slice)
    if mine is not None and mine.ndim and (is_factor(slot) or is_argument(slot) or is_widened(slot)):
        yield from add_to_factor(editor, slot, node, line)
    if mine is None and isinstance(node, ast.Subscript) and (is_factor(slot) or is_argument(slot)):
        yield from add_to_part(editor, slot, node, line)
    match node:
        case ast.Attribute(attr="T"):
            yield editor.edit(slot, node.value, "transpose", line, 1, ast.unparse(node))
        case ast.UnaryOp() if in_slice and not isinstance(node.op, ast.Invert):
            yield editor.edit(slot, node.operand, "index", line, 2)
        case ast.UnaryOp(op=ast.Invert()):
            yield editor.edit(slot, node.operand, "mask", line, 1, ast.unparse(node.operand), 0)
        case ast.UnaryOp():
            rank = 0 if isinstance(node.op, ast.USub) else 2
            yield editor.edit(slot, node.operand, "sign", line, rank, size=0)
        case ast.BinOp():
            yield from edit_operator(editor, slot, node, line, of_loop or in_slice)
        case ast.Constant():
            if node.value == 0 and not in_slice and not isinstance(slot[0], ast.keyword):
                yield from replace_zero(editor, slot, line)
            yield from edit_constant(editor, slot, node, line)
        case ast.Compare():
            yield from edit_comparison(editor, slot, node, line, in_slice)
        case ast.Call():
            yield from edit_call(editor, slot, node, line)
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) if not in_slice:
            yield from reorder(editor, slot, node, line)
        case ast.Slice():
            yield from edit_slice(editor, slot, node, line)
        case ast.Subscript():
            yield from edit_index(editor, slot, node, line, scope, in_slice)
    if mine is not None and mine.ndim and mine.dtype.kind == "f" and isinstance(slot[0], ast.BinOp):
        yield from apply_functions(editor, slot, node, ast.unparse(node), line)


def replace_zero(editor: Editor, slot: Slot, line: int) -> Iterator[Edit]:
    """Yield a gradient that is at hand where 0 stands."""
    for other in editor.known(line):
        if is_derivative(other) and other.isidentifier():
            yield editor.edit(slot, parse(other), "term", line, 2, other)


def edit_comparison(editor: Editor, slot: Slot, node: ast.Compare, line: int, in_slice: bool) -> Iterator[Edit]:
    """Yield another mask for one that picks, and the other comparisons."""
    text = ast.unparse(node)
    for other, _ in editor.arrays(line, "b")[:8] if in_slice else ():
        yield editor.edit(slot, parse(other), "another variable", line, 2, f"{other}\0{text}", 2)
    for op in (ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE(), ast.Eq(), ast.NotEq()) if len(node.ops) == 1 else ():
        if type(op) is not type(node.ops[0]):
            yield editor.edit(slot, ast.Compare(node.left, [op], node.comparators), "comparison", line, 1)


def reorder(editor: Editor, slot: Slot, node: ast.Tuple | ast.List, line: int) -> Iterator[Edit]:
    """Yield the elements of a row in another order: np.hstack((df, di)) for np.hstack((di, df))."""
    n = len(node.elts)
    pairs = itertools.combinations(range(n), 2)
    turns = list(itertools.permutations(range(n))) if n < 5 else [swap(n, i, j) for i, j in pairs]
    for turn in turns:
        moved = [i for i, k in enumerate(turn) if i != k]
        if moved:
            new = type(node)([node.elts[k] for k in turn], ast.Load())
            hint = f"{ast.unparse(node.elts[moved[0]])}\0{ast.unparse(node.elts[moved[1]])}"
            yield editor.edit(slot, new, "places swapped", line, 1, hint, 0.75 * len(moved))


def edit_constant(editor: Editor, slot: Slot, node: ast.Constant, line: int) -> Iterator[Edit]:
    """Yield other constants."""
    value = node.value
    if isinstance(value, str):
        for text in editor.strings:
            if text != value:
                yield editor.edit(slot, ast.Constant(text), "function", line, 2, repr(text))
    elif isinstance(value, bool):
        yield editor.edit(slot, ast.Constant(not value), "axis", line, 1)
    elif isinstance(value, int):
        yield from edit_whole_number(editor, slot, value, line)
    elif isinstance(value, float):
        for new in dict.fromkeys([2 * value, value / 2, -value, 1.0, 0.0, 1 - value, 3 * value, value / 3]):
            if new != value:
                yield editor.edit(slot, ast.Constant(new), "constant", line, 2)
        known = [t for t, x in editor.known(line).items() if x.dtype.kind == "f" and (t.isidentifier() or "." in t)]
        for text in known[:16] if isinstance(slot[0], ast.BinOp) else ():
            yield editor.edit(slot, parse(text), "another variable", line, 3, f"{text}\0{value}", 2)


def edit_whole_number(editor: Editor, slot: Slot, value: int, line: int) -> Iterator[Edit]:
    """Yield what a whole number may have been meant as: a loop's index, a size, an axis, its neighbour."""
    parent = slot[0]
    if isinstance(parent, (ast.Tuple, ast.Subscript)):
        for name in sorted(editor.loops):
            yield editor.edit(slot, ast.Name(name, ast.Load()), "index", line, 2, f"{name} belongs here")
    if value > 1 and isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Div, ast.Mult)):
        for text, number in factors(editor, editor.known(line)):
            if number != value and number > 1:
                hint = f"{text}\0{value}"
                yield editor.edit(slot, parse(text), "fixed number", line, 1, hint, 2 + len(text) / 100)
    axis = isinstance(parent, ast.keyword) and parent.arg == "axis"
    for other in dict.fromkeys([1 - value, value + 1, value - 1, 2, -value, 1]):
        if other != value:
            yield editor.edit(slot, ast.Constant(other), "axis" if axis else "constant", line, 1 if axis else 2)
