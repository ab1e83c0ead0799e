"""A call with other axes, with its arguments swapped, of another function, or left out."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from types import FunctionType

from .editor import Edit, Editor
from .names import DOING
from .syntax import Slot, binary, parse, transpose_of
from .values import scale_operand

REDUCTIONS = ("sum", "mean", "max", "var", "std", "prod", "cumsum")
PRODUCTS = ("dot", "matmul", "multiply", "outer")
SCALED = ("where", "maximum", "minimum", "dot", "matmul", "outer", "hstack", "add", "append")
AXES = (
    "",
    "axis=0",
    "axis=1",
    "axis=0, keepdims=True",
    "axis=1, keepdims=True",
    "axis=-1, keepdims=True",
    "axis=(0, 1)",
    "axis=(0, 2, 3)",
    "axis=(0, 2)",
    "keepdims=True",
    "axis=(1, 2)",
    "axis=(0, 1, 2)",
)
ALIKE = tuple(
    names.split()
    for names in (
        "sin cos tan",
        "exp log",
        "maximum minimum",
        "argmax argmin max min",
        "zeros_like ones_like",
        "floor ceil",
        "convolve2d correlate2d",  # of SciPy
        "convolve correlate fftconvolve",
    )
)


def edit_call(editor: Editor, slot: Slot, node: ast.Call, line: int) -> Iterator[Edit]:
    """Yield the edits of a call, by the name of its function."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in REDUCTIONS:
        yield from edit_axes(editor, slot, node, name, line)
    if name in PRODUCTS and len(node.args) == 2:
        yield from edit_product(editor, slot, node, name, line)
    if name in ("transpose", "reshape"):
        yield from permute_axes(editor, slot, node, name, line)
    yield from drop_call(editor, slot, node, name, line)
    yield from replace_function(editor, slot, node, name, line)
    if name in SCALED:
        yield from scale_arguments(editor, slot, node, name, line)
    for i in range(len(node.args) - 1):
        arguments = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
        yield editor.edit(slot, ast.Call(node.func, arguments, node.keywords), "operands swapped", line, 2)


def rename(func: ast.expr, name: str) -> ast.expr:
    """Return np.mean for np.sum, and x.mean for x.sum."""
    return ast.Attribute(func.value, name, ast.Load()) if isinstance(func, ast.Attribute) else func


def edit_axes(editor: Editor, slot: Slot, node: ast.Call, name: str, line: int) -> Iterator[Edit]:
    """Yield a sum for a mean, and both over other axes."""
    method = isinstance(node.func, ast.Attribute)
    module = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == editor.np
    for other in ("sum", "mean") if method else ():
        if other != name:
            new = ast.Call(rename(node.func, other), node.args, node.keywords)
            yield editor.edit(slot, new, "sum for mean", line, 1, ast.unparse(new))
    first = node.args[0] if node.args and module else node.func
    others = [t for t, x in editor.arrays(line) if x.size > 1 and t.isidentifier()][:10]
    for text in others if isinstance(first, ast.Name) else []:
        if text != ast.unparse(first):
            hint = f"{text}\0{ast.unparse(first)}"
            yield editor.edit((node, "args", 0), parse(text), "another variable", line, 2, hint, 2)
    for text in AXES:
        for other in dict.fromkeys([name, "sum", "mean"] if method else [name]):
            axes = parse(f"f({text})")
            assert isinstance(axes, ast.Call)
            new = ast.Call(rename(node.func, other), node.args[:1] if module else [], axes.keywords)
            if ast.unparse(new) != ast.unparse(node):
                kind = "axis" if other == name else "sum for mean"
                yield editor.edit(slot, new, kind, line, 1 if other == name or not text else 2, ast.unparse(new))


def edit_product(editor: Editor, slot: Slot, node: ast.Call, name: str, line: int) -> Iterator[Edit]:
    """Yield np.dot with its operands transposed and swapped, the other kind of product, and one operand alone."""
    a, b = node.args
    matrix = name in ("dot", "matmul")
    for x, y in ((a, b), (b, a)) if matrix else ():
        for tx, ty in itertools.product((False, True), repeat=2):
            new = ast.Call(node.func, [transpose_of(x) if tx else x, transpose_of(y) if ty else y], [])
            yield editor.edit(slot, new, "transpose", line, 1, ast.unparse(new), 1 + tx + ty + (x is not a))
    yield editor.edit(slot, binary(a, ast.Mult() if matrix else ast.MatMult(), b), "product", line, 1)
    yield editor.edit(slot, a, "factor", line, 1, ast.unparse(b))
    yield editor.edit(slot, b, "factor", line, 1, ast.unparse(a))


def permute_axes(editor: Editor, slot: Slot, node: ast.Call, name: str, line: int) -> Iterator[Edit]:
    """Yield x.transpose(…) of the axes in another order, and one before x.reshape(…)."""
    numbers = [a.value for a in node.args if isinstance(a, ast.Constant)]
    if name == "transpose" and 2 < len(numbers) == len(node.args) < 5:
        for order in itertools.permutations(numbers):
            if list(order) != numbers:
                new = ast.Call(node.func, [ast.Constant(n) for n in order], [])
                yield editor.edit(slot, new, "transpose", line, 2, ast.unparse(new))
    if name == "reshape" and isinstance(node.func, ast.Attribute) and 3 <= len(node.args) <= 6:
        yield from reorder_sizes(editor, slot, node, line)
    if name == "reshape" and isinstance(node.func, ast.Attribute):
        before = ast.unparse(node.func.value)
        array = editor.scope(line).get(before)
        for turn in itertools.permutations(range(array.ndim)) if array is not None and array.ndim in (3, 4) else ():
            if list(turn) != sorted(turn):
                hint = f"{before}.transpose{turn}"
                moved = ast.Attribute(parse(hint), "reshape", ast.Load())
                yield editor.edit(slot, ast.Call(moved, node.args, node.keywords), "transpose", line, 2, hint, 2)


def reorder_sizes(editor: Editor, slot: Slot, node: ast.Call, line: int) -> Iterator[Edit]:
    """Yield x.reshape(N, oh, ow, C).transpose(0, 3, 1, 2) for x.reshape(N, C, oh, ow)."""
    for order in itertools.permutations(range(len(node.args))):
        if list(order) != sorted(order):
            back = [order.index(k) for k in range(len(order))]
            shaped = ast.Call(node.func, [node.args[k] for k in order], [])
            turned = ast.Call(ast.Attribute(shaped, "transpose", ast.Load()), [ast.Constant(k) for k in back], [])
            yield editor.edit(slot, turned, "transpose", line, 3, ast.unparse(turned), 3)


def drop_call(editor: Editor, slot: Slot, node: ast.Call, name: str, line: int) -> Iterator[Edit]:
    """Yield what a function is called with, and what a method is called on."""
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield editor.edit(slot, node.args[0], "call", line, 2, f"{name} is one too many")
    if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != editor.np:
        yield editor.edit(slot, node.func.value, "call", line, 2, f"{name} is one too many")


def replace_function(editor: Editor, slot: Slot, node: ast.Call, name: str, line: int) -> Iterator[Edit]:
    """Yield a call of another function: of NumPy's that are taken for it, or of the user's own that takes as much."""
    if isinstance(node.func, ast.Attribute):
        for other in [other for group in ALIKE if name in group for other in group if other != name]:
            new = ast.Call(rename(node.func, other), node.args, node.keywords)
            yield editor.edit(slot, new, "function", line, 1, other)
    if not isinstance(node.func, ast.Name):
        return
    space = editor.source.function.__globals__
    for other in [other for group in ALIKE if name in group for other in group if other != name and other in space]:
        new = ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)
        yield editor.edit(slot, new, "function", line, 1, f"{other}\0{name}")
    mine = space.get(node.func.id)
    if not isinstance(mine, FunctionType) or not mine.__code__.co_argcount:
        return
    for other, x in space.items():
        if not isinstance(x, FunctionType) or x is mine or DOING.search(other):  # to call it may do anything
            continue
        if x.__code__.co_argcount == mine.__code__.co_argcount and x.__module__ == mine.__module__:
            new = ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)
            yield editor.edit(slot, new, "function", line, 1, f"{other}\0{node.func.id}")


def scale_arguments(editor: Editor, slot: Slot, node: ast.Call, name: str, line: int) -> Iterator[Edit]:
    """Yield a call with one of its arguments times an array."""
    for i, argument in enumerate(node.args):
        for text, x in list(editor.known(line).items())[:16] if i or name != "where" else ():
            if x.dtype.kind == "f" and text != ast.unparse(argument):
                arguments = [*node.args[:i], binary(argument, ast.Mult(), parse(text)), *node.args[i + 1 :]]
                new = ast.Call(node.func, arguments, node.keywords)
                yield editor.edit(slot, new, "factor missing", line, 3, text, 2)
    if name in ("where", "maximum", "minimum"):
        known = [t for t, x in editor.known(line).items() if x.dtype.kind == "f" and (t.isidentifier() or "." in t)]
        for i in range(1 if name == "where" else 0, len(node.args)):
            for text in known[:16]:
                more = binary(node.args[i], ast.Add(), parse(text))
                yield editor.edit((node, "args", i), more, "term", line, 3, text, 2)
                if isinstance(node.args[i], ast.Constant):
                    hint = f"{text}\0{ast.unparse(node.args[i])}"
                    yield editor.edit((node, "args", i), parse(text), "another variable", line, 2, hint, 2)
    if name in PRODUCTS:
        for i in range(len(node.args)):
            yield from scale_operand(editor, (node, "args", i), line)
