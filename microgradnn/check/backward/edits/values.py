"""A whole right side, or a term of it, with something done to it: times a factor, summed, transposed, another slope."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..source import Scope
from .editor import Edit, Editor
from .factors import coefficients, factors, slopes
from .names import is_derivative, is_number, is_share
from .syntax import Slot, binary, factors_of, get, parse, product, product_text, shape_of, terms_of
from .terms import add_broadcast, add_products, vector_products

Shape = tuple[int, ...]

AXES = (
    "axis=1, keepdims=True",
    "axis=0, keepdims=True",
    "axis=0",
    "axis=1",
    "",
    "axis=-1, keepdims=True",
    "axis=(0, 1)",
    "axis=(0, 2, 3)",
    "axis=(0, 2)",
)


def edit_value(
    editor: Editor, slot: Slot, node: ast.expr, line: int, shape: Shape | None, of_term: bool = False
) -> Iterator[Edit]:
    """Yield a value with something done to it: times a factor, summed, transposed, with a slope or a term more."""
    # dx = dout: here something is missing, rather than elsewhere
    bare = 0.5 if isinstance(node, ast.Name) and isinstance(slot[0], ast.Assign) else 0.0
    bare -= isinstance(node, ast.Constant)
    yield from scale(editor, slot, node, line, bare)
    copied = isinstance(node, (ast.Name, ast.Subscript, ast.Attribute))  # W = parameters["W"]: rather where it is used
    unpacked = copied and not is_derivative(ast.unparse(node))
    yield editor.edit(slot, ast.UnaryOp(ast.USub(), node), "sign", line, 2 if unpacked else 0, "the sign", 2)
    yield from sum_value(editor, slot, node, line)
    yield editor.edit(slot, ast.Attribute(node, "T", ast.Load()), "transpose", line, 1, "transposed", 1 + copied)
    if shape and not of_term:
        yield from add_term(editor, slot, node, line, shape)
        yield from add_broadcast(editor, slot, node, line, shape)
        yield from softmax_slopes(editor, slot, line, shape)
        if len(shape) > 1:
            yield from add_products(editor, slot, node, line, shape)
        else:
            yield from vector_products(editor, slot, node, line, shape)
        yield from write_losses(editor, slot, line, shape)
    chain = factors_of(node)
    yield from edit_slopes(editor, slot, node, chain, line, shape, bare)
    yield from drop_factors(editor, slot, chain, line, editor.scope(line))


def scale(editor: Editor, slot: Slot, node: ast.expr, line: int, bare: float) -> Iterator[Edit]:
    """Yield a value over, and times, all that it may be out by."""
    for text, number in factors(editor, editor.known(line)):
        near = editor.is_near(number)
        size = (0.9 if near and text.isidentifier() else 2) - bare + len(text) / 100
        size += 0 if editor.is_in_forward(text) else 0.05  # rather what forward computes with
        for op, name in ((ast.Div(), f"1/{text}"), (ast.Mult(), f"a factor {text}")):
            hint = f"{name}\0{text} = {number:g}"
            rank = 0 if near else 1 if text == "2" else 2  # a forgotten 2 is common
            yield editor.edit(slot, binary(node, op, parse(text)), "factor", line, rank, hint, size)


def sum_value(editor: Editor, slot: Slot, node: ast.expr, line: int) -> Iterator[Edit]:
    """Yield sums of a value over its axes."""
    text = ast.unparse(node)
    for axis in AXES if len(text) <= 60 else ():
        call = parse(f"{editor.np}.sum({text}{', ' if axis else ''}{axis})")
        yield editor.edit(slot, call, "not summed", line, 1, f"np.sum({text}, {axis})".replace(", )", ")"), 2)


def add_term(editor: Editor, slot: Slot, node: ast.expr, line: int, shape: Shape) -> Iterator[Edit]:
    """Yield a value with one more term of its shape, and what it may be multiplied by: λ W."""
    forms = coefficients(editor.scope(line))
    there = {ast.unparse(get(term)) for term in terms_of(node)} or {ast.unparse(node)}  # twice is a factor
    for text in [text for text, x in editor.arrays(line) if x.shape == shape and text not in there]:
        for form in forms:
            term, coefficient = parse(form.format(text)), form.replace("{}", "")
            rank, size = 2 if coefficient else 1, 3 + len(coefficient) / 10
            for op, worse in ((ast.Add(), 0), (ast.Sub(), 1)):
                new = binary(node, op, term)
                yield editor.edit(slot, new, "term", line, rank + worse, ast.unparse(term), size)


def write_losses(editor: Editor, slot: Slot, line: int, shape: Shape) -> Iterator[Edit]:
    """Yield the slopes of losses in the place of a value: A - Y, and that of the cross entropy."""
    same = [text for text, x in editor.arrays(line, "fiu") if x.shape == shape][:7]
    for a, b in itertools.permutations(same, 2):
        yield editor.edit(slot, parse(f"{a} - {b}"), "another formula", line, 2, f"{a} - {b}", 3)
        if is_share(editor.known(line)[a], ends=False) and is_share(editor.known(line)[b], ends=True):
            entropy = f"-{b} / {a} + (1 - {b}) / (1 - {a})"
            yield editor.edit(slot, parse(entropy), "another formula", line, 2, entropy, 2)


def edit_slopes(
    editor: Editor, slot: Slot, node: ast.expr, chain: list[ast.expr], line: int, shape: Shape | None, bare: float
) -> Iterator[Edit]:
    """Yield a value with one more slope, a slope alone, and a slope in the place of one or two of its factors."""
    spans = [
        (i, j, product_text(chain[i:j]))
        for i, j in itertools.combinations(range(len(chain) + 1), 2)
        if len(chain) > 1 and j - i <= 2 and j - i < len(chain)
    ]
    for text, about, rank in slopes(editor, editor.known(line), shape):
        slope, kind = parse(text), "slope" if about else "factor missing"
        hint = f"the slope of {about}" if about else text
        yield replace(editor.edit(slot, binary(node, ast.Mult(), slope), kind, line, rank, hint, 2 - bare), factor=text)
        if about:
            yield replace(editor.edit(slot, slope, "slope", line, rank + 1, hint, 3), factor=f"= {text}")
            for i, j, old in spans if text not in [f"2 * {old}" for _, _, old in spans] else ():
                new = product([*chain[:i], slope, *chain[j:]])
                yield editor.edit(slot, new, "slope", line, rank, f"{hint}\0{old}\0{text}")


def drop_factors(editor: Editor, slot: Slot, chain: list[ast.expr], line: int, scope: Scope) -> Iterator[Edit]:
    """Yield a product without some of its factors."""
    for i, j in itertools.combinations(range(len(chain) + 1), 2):
        if j - i < len(chain):
            numbers = all(is_number(scope, factor) for factor in chain[i:j])
            kind = "factor" if numbers else "applied twice"
            new = product([*chain[:i], *chain[j:]])
            yield editor.edit(slot, new, kind, line, 1, product_text(chain[i:j]), 0 if numbers else 1)


def scale_operand(editor: Editor, slot: Slot, line: int) -> Iterator[Edit]:
    """Yield a matrix product with a slope on what goes into it: W.T @ (error * A * (1 - A))."""
    node = get(slot)
    shape = shape_of(node, editor.known(line))
    if shape is None or len(shape) < 2:
        return
    for text, about, rank in slopes(editor, editor.known(line), shape):
        hint, kind = (f"the slope of {about}", "slope") if about else (text, "factor missing")
        scaled = binary(node, ast.Mult(), parse(text))
        yield replace(editor.edit(slot, scaled, kind, line, rank + 4, hint, 3), factor=text)


def softmax_slopes(editor: Editor, slot: Slot, line: int, shape: Shape) -> Iterator[Edit]:
    """Yield the slope of a softmax, s (d − Σ d s), of all that sums to 1 along an axis."""
    arrays = [(t, x) for t, x in editor.arrays(line) if x.shape == shape]
    for (s, x), axis in itertools.product(arrays, (-1, 0) if len(shape) > 1 else (-1,)):
        if np.all(x >= 0) and np.allclose(x.sum(axis=axis), 1.0, atol=1e-4):
            for d, _ in arrays:
                if d != s:
                    along = f", axis={axis}, keepdims=True" if len(shape) > 1 else ""
                    new = f"{s} * ({d} - {editor.np}.sum({d} * {s}{along}))"
                    yield editor.edit(slot, parse(new), "slope", line, 2, "the slope of softmax", 3)


def edit_inner_slopes(editor: Editor, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
    """Yield a product inside an expression with another slope in it: np.hstack([dg * g * (1 - g), …])."""
    chain = factors_of(node)
    scope = editor.known(line)
    named = [scope[t].shape for f in chain if (t := ast.unparse(f)) in scope and scope[t].ndim]
    if not named:
        return
    shape = max(named, key=len)
    spans = [(i, j) for i, j in itertools.combinations(range(len(chain) + 1), 2) if j - i < len(chain)]
    for text, about, rank in slopes(editor, scope, shape):
        hint = f"the slope of {about}" if about else text
        kind = "slope" if about else "factor missing"
        scaled = binary(node, ast.Mult(), parse(text))
        yield replace(editor.edit(slot, scaled, kind, line, rank + 1, hint, 2), factor=text)
        for i, j in spans if about else ():
            new = product([*chain[:i], parse(text), *chain[j:]])
            full = f"{hint}\0{product_text(chain[i:j])}\0{text}"
            yield editor.edit(slot, new, "slope", line, rank + 1, full, 2)
    same = [t for t, x in editor.arrays(line, "fiu") if x.shape == shape and t.isidentifier()][:6]
    for a, b in itertools.permutations(same, 2):
        yield editor.edit(slot, parse(f"{a} - {b}"), "another formula", line, 3, f"{a} - {b}", 3)
    for i, j in spans:
        new = product([*chain[:i], *chain[j:]])
        yield editor.edit(slot, new, "applied twice", line, 2, product_text(chain[i:j]))
