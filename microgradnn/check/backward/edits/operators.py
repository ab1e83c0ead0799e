"""Other operators, operands the other way round or transposed, and one operand alone."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator

from .editor import Edit, Editor
from .names import is_number
from .syntax import Slot, binary, is_factor, is_sum, parse, transpose_of
from .terms import add_summands, scale_terms
from .values import edit_inner_slopes, scale_operand

OTHERS: dict[type, tuple[tuple[type[ast.operator], str, str], ...]] = {
    ast.Mult: ((ast.MatMult, "product", ""), (ast.Div, "operator", "{} has to divide, not to multiply")),
    ast.MatMult: ((ast.Mult, "product", ""),),
    ast.Div: (
        (ast.Mult, "operator", "{} has to multiply, not to divide"),
        (ast.FloorDiv, "operator", "// belongs where / stands"),
    ),
    ast.FloorDiv: ((ast.Div, "operator", "/ belongs where // stands"),),
    ast.Add: ((ast.Sub, "sign", ""), (ast.Mult, "operator", "a product belongs where a sum stands")),
    ast.Sub: ((ast.Add, "sign", ""), (ast.Mult, "operator", "a product belongs where a difference stands")),
}
SWAPPED = {ast.Sub: "sign", ast.MatMult: "operands swapped", ast.Div: "operands swapped", ast.Pow: "operands swapped"}
DROPPED = {ast.Add: "term too many", ast.Sub: "term too many", ast.Pow: "power", ast.MatMult: "factor"}


def edit_operator(editor: Editor, slot: Slot, node: ast.BinOp, line: int, of_index: bool) -> Iterator[Edit]:
    """Yield the edits of a sum, a product, a quotient or a power."""
    left, op, right = node.left, node.op, node.right
    for other, kind, told in OTHERS.get(type(op), ()):
        yield editor.edit(slot, binary(left, other(), right), kind, line, 1, told.format(ast.unparse(right)))
    if type(op) in SWAPPED:
        size = 2.5 if isinstance(op, ast.MatMult) else 1  # rather transposed
        yield editor.edit(slot, binary(right, op, left), SWAPPED[type(op)], line, 1, size=size)
    if isinstance(op, ast.MatMult):
        yield from transpose_product(editor, slot, left, right, line)
        yield from use_all_examples(editor, slot, node, line)
        yield from shorten(editor, node, line)
        yield from scale_operand(editor, (node, "left", None), line)
        yield from scale_operand(editor, (node, "right", None), line)
    yield from drop_operand(editor, slot, node, line, of_index)
    if isinstance(op, ast.Pow):
        for power in (1, 2, 3, 0.5, -1, -0.5, -1.5, -2):
            yield editor.edit(slot, binary(left, op, ast.Constant(power)), "power", line, 2)
    if isinstance(op, (ast.Add, ast.Sub)):
        if not of_index:
            if not is_sum(slot):
                yield from add_summands(editor, slot, node, line)
                yield from scale_terms(editor, node, line) if isinstance(slot[0], ast.expr) else ()
            forgotten = binary(ast.Constant(1), ast.Sub(), node)  # 1 − …
            yield editor.edit(slot, forgotten, "term", line, 3)
        yield from move_brackets(editor, slot, node, line)
    if isinstance(op, ast.Mult) and not is_factor(slot):
        yield from edit_inner_slopes(editor, slot, node, line)


def drop_operand(editor: Editor, slot: Slot, node: ast.BinOp, line: int, of_index: bool) -> Iterator[Edit]:
    """Yield each operand alone."""
    left, op, right = node.left, node.op, node.right
    number = isinstance(right, (ast.Constant, ast.Name)) and isinstance(op, (ast.Mult, ast.Div))
    for kept, gone in ((left, right), (right, left)):
        factor = "factor" if is_number(editor.scope(line), gone) else "applied twice"
        kind = "index" if of_index else DROPPED.get(type(op), factor)
        rank = 2 if number and kept is right and not isinstance(left, ast.Constant) else 1
        yield editor.edit(slot, kept, kind, line, rank, ast.unparse(gone), 0)


def move_brackets(editor: Editor, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
    """Yield a * (b - c) for a * b - c, and a * b - c for the other."""
    left, right = node.left, node.right
    if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Mult, ast.Div)):
        inner = binary(left.right, node.op, right)
        yield editor.edit(slot, binary(left.left, left.op, inner), "brackets", line, 2, ast.unparse(inner), 2)
    if isinstance(right, ast.BinOp) and isinstance(right.op, (ast.Mult, ast.Div)):
        inner = binary(left, node.op, right.left)
        yield editor.edit(slot, binary(inner, right.op, right.right), "brackets", line, 2, ast.unparse(inner), 2)


def transpose_product(editor: Editor, slot: Slot, left: ast.expr, right: ast.expr, line: int) -> Iterator[Edit]:
    """Yield a matrix product with its operands transposed and swapped."""
    for a, b in ((left, right), (right, left)):
        for ta, tb in itertools.product((False, True), repeat=2):
            x = transpose(editor, a, line) if ta else a
            y = transpose(editor, b, line) if tb else b
            new = binary(x, ast.MatMult(), y)
            yield editor.edit(slot, new, "transpose", line, 1, ast.unparse(new), 1 + ta + tb + (a is not left))


def transpose(editor: Editor, node: ast.expr, line: int) -> ast.expr:
    """Return the transpose of a matrix, or of the last two axes of a stack of them."""
    x = editor.scope(line).get(ast.unparse(node))
    if x is not None and x.ndim > 2:
        return parse(f"{editor.np}.swapaxes({ast.unparse(node)}, -1, -2)")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
        if node.func.attr in ("swapaxes", "transpose"):
            return node.func.value if ast.unparse(node.func.value) != editor.np else node.args[0]
    return transpose_of(node)


def shorten(editor: Editor, node: ast.BinOp, line: int) -> Iterator[Edit]:
    """Yield a product with a variable in the place of a longer operand: err @ W for (X @ W.T - Y) @ W."""
    arrays = [t for t, x in editor.arrays(line) if x.ndim == 2 and t.isidentifier()]
    for field, operand in (("left", node.left), ("right", node.right)):
        if isinstance(operand, ast.BinOp):
            for text in arrays[:12]:
                hint = f"{text}\0{ast.unparse(operand)}"
                yield editor.edit((node, field, None), parse(text), "another variable", line, 2, hint, 2)


class AllExamples(ast.NodeTransformer):
    """Takes the slices from what is cut to one example."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Return what is cut, whole."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not any(isinstance(part, ast.Slice) and (part.lower or part.upper) for part in parts):
            return node
        self.count += 1
        return node.value


def use_all_examples(editor: Editor, slot: Slot, node: ast.expr, line: int) -> Iterator[Edit]:
    """Yield dZ @ X.T for dZ[:, -1:] @ X[:, -1:].T: a product over all examples, not of one."""
    new = copy.deepcopy(node)
    cut = AllExamples()
    new = cut.visit(new)
    if cut.count > 1:
        yield editor.edit(slot, new, "one example", line, 2, f"{ast.unparse(node)}\0{ast.unparse(new)}", 2)
