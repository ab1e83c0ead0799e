"""Python syntax in hand: the place of a node, what stands below it, and the few expressions that edits are made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ..source import Scope

SUMS = r"(sum|mean|max|min|prod|norm|len|argmax|ravel|flatten|reshape|diag\w*|transpose)$"  # they change the shape

Slot = tuple[ast.AST, str, int | None]  # a node, its field, and the place in it


def locate(new: Any, line: int) -> None:
    """Give new nodes a line, which the compiler wants; those that were there have one."""
    for node in new if isinstance(new, list) else [new]:
        if getattr(node, "lineno", None) is None and "lineno" in node._attributes:
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
        for child in ast.iter_child_nodes(node):
            locate(child, line)


def put(slot: Slot, new: Any) -> Any:
    """Put a node in a place; return the one that was there."""
    parent, name, index = slot
    if index is None:
        old = getattr(parent, name)
        setattr(parent, name, new)
        return old
    items = getattr(parent, name)
    old, items[index] = items[index], new
    return old


def get(slot: Slot) -> Any:
    """Return what stands in a place."""
    found = getattr(slot[0], slot[1])
    return found if slot[2] is None else found[slot[2]]


def below(parent: ast.AST, name: str) -> Iterator[tuple[Slot, ast.expr]]:
    """Yield all expressions in a field of a node, with their places."""
    value = getattr(parent, name, None)
    if value is None:
        return
    slots: list[Slot] = (
        [(parent, name, i) for i in range(len(value))] if isinstance(value, list) else [(parent, name, None)]
    )
    for slot in slots:
        node = get(slot)
        if isinstance(node, (ast.expr, ast.Slice)):
            yield slot, node
        if isinstance(node, (ast.expr, ast.keyword)):
            if isinstance(node, (ast.Lambda, ast.JoinedStr)):
                continue
            for inner in node._fields:
                if inner not in ("ctx", "func") or isinstance(getattr(node, "func", None), ast.Attribute):
                    yield from below(node, inner)


@cache
def parse(text: str) -> ast.expr:
    """Return the tree of an expression that we wrote ourselves; it is shared between edits."""
    return ast.parse(text, mode="eval").body


@cache
def neat(text: str) -> str:
    """Return an expression of ours with the spaces that ast.unparse gives it."""
    return ast.unparse(parse(text))


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    """Return left op right."""
    return ast.BinOp(left, op, right)


def terms_of(node: ast.expr) -> list[Slot]:
    """Return the places of the terms of a sum, if it is one."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
        return []
    inner = [terms_of(node.left), terms_of(node.right)]
    return [*(inner[0] or [(node, "left", None)]), *(inner[1] or [(node, "right", None)])]


def factors_of(node: ast.expr) -> list[ast.expr]:
    """Return the factors of a product, from left to right."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*factors_of(node.left), *factors_of(node.right)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "multiply":
        return [factor for argument in node.args for factor in factors_of(argument)]
    return [node]


def product(factors: Sequence[ast.expr]) -> ast.expr:
    """Return the product of some factors."""
    found = factors[0]
    for factor in factors[1:]:
        found = binary(found, ast.Mult(), factor)
    return found


def product_text(factors: Sequence[ast.expr]) -> str:
    """Write a product."""
    return ast.unparse(product(factors))


def transpose_of(node: ast.expr) -> ast.expr:
    """Return the transpose: x.T of x, and x of x.T."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def load(node: ast.expr) -> ast.expr:
    """Return an expression that was stored to as one that is read."""
    text = ast.unparse(node)
    return parse(text)


def write_index(index: ast.expr) -> ast.expr:
    """Return an index as it can be handed to a function: slice(None) for a colon."""
    if isinstance(index, ast.Slice):
        ends: list[ast.expr] = [index.lower or ast.Constant(None), index.upper or ast.Constant(None)]
        ends = [ends[1]] if index.lower is None and index.step is None else ends
        return ast.Call(ast.Name("slice", ast.Load()), [*ends, *([index.step] if index.step else [])], [])
    if isinstance(index, ast.Tuple):
        return ast.Tuple([write_index(part) for part in index.elts], ast.Load())
    return index


def values_of(statement: ast.stmt) -> list[Slot]:
    """Return the places of the values of a statement: its right side, or what it returns, one by one."""
    value = getattr(statement, "value", None)
    if value is None or isinstance(statement, ast.Expr):
        return []
    if isinstance(value, (ast.Tuple, ast.List)):
        return [(value, "elts", i) for i in range(len(value.elts))]
    if isinstance(value, ast.Dict):
        return [(value, "values", i) for i in range(len(value.values))]
    return [(statement, "value", None)]


def is_stash(statement: ast.stmt) -> bool:
    """Whether a statement is ours: it keeps the variables for us to see."""
    return isinstance(statement, ast.Expr) and "__stash__" in ast.unparse(statement)


def is_factor(slot: Slot) -> bool:
    """Whether a place is one of the operands of a product."""
    return isinstance(slot[0], ast.BinOp) and isinstance(slot[0].op, ast.Mult)


def is_widened(slot: Slot) -> bool:
    """Whether a place is that of an array which is given more axes: x in x[:, None]."""
    parent = slot[0]
    return isinstance(parent, ast.Subscript) and slot[1] == "value" and "None" in ast.unparse(parent.slice)


def is_argument(slot: Slot) -> bool:
    """Whether a place is that of an argument of a call."""
    return isinstance(slot[0], ast.Call) and slot[1] == "args"


def is_one_minus(slot: Slot) -> bool:
    """Whether a place is what is taken from 1."""
    parent = slot[0]
    one = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Sub) and isinstance(parent.left, ast.Constant)
    return one and slot[1] == "right" and parent.left.value == 1  # type: ignore[attr-defined]


def is_sum(slot: Slot) -> bool:
    """Whether a place is one of the operands of a sum."""
    return isinstance(slot[0], ast.BinOp) and isinstance(slot[0].op, (ast.Add, ast.Sub))


def swap(n: int, i: int, j: int) -> tuple[int, ...]:
    """Return the numbers below n with i and j in each other's place."""
    return tuple({i: j, j: i}.get(k, k) for k in range(n))


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of this shape, more than a number, is repeated to that shape."""
    behind = to[len(to) - len(shape) :] if len(shape) <= len(to) else ()
    return len(shape) > 0 and len(behind) == len(shape) and all(a in (1, b) for a, b in zip(shape, behind, strict=True))


def shape_of(node: ast.AST, scope: Scope) -> tuple[int, ...] | None:
    """Return the shape of an expression of arrays that are known, its products included; None where that is not known.

    What a function makes of one array is taken to have its shape, unless the function sums.
    """
    if (x := scope.get(ast.unparse(node))) is not None:
        known: tuple[int, ...] = x.shape
        return known
    match node:
        case ast.Constant():
            return ()
        case ast.UnaryOp(operand=inner):
            return shape_of(inner, scope)
        case ast.Attribute(attr="T", value=inner):
            turned = shape_of(inner, scope)
            return None if turned is None else turned[::-1]
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            pair = left, right
        case ast.Call(func=ast.Attribute(attr="dot" | "matmul"), args=[left, right]):
            pair = left, right
        case ast.Call(func=ast.Attribute(attr="dot", value=left), args=[right]):
            pair = left, right
        case ast.BinOp(left=left, right=right):
            first, second = shape_of(left, scope), shape_of(right, scope)
            if first is None or second is None:
                return None
            return second if broadcasts(first, second) or not first else first
        case ast.Call(func=function, args=[inner], keywords=[]) if not re.search(SUMS, ast.unparse(function)):
            return shape_of(inner, scope)
        case _:
            return None
    rows, columns = shape_of(pair[0], scope), shape_of(pair[1], scope)
    if rows is None or columns is None or len(rows) != 2 or len(columns) != 2:
        return None
    return rows[0], columns[1]
