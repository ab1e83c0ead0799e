"""A sum with one more term, and a factor with one."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from .editor import Edit, Editor
from .factors import counts
from .names import belong_together, gradient_like, is_derivative, is_share, write_transpose
from .syntax import Slot, binary, broadcasts, get, is_factor, is_widened, neat, parse, terms_of


def add_broadcast(editor: Editor, slot: Slot, node: ast.expr, line: int, shape: tuple[int, ...]) -> Iterator[Edit]:
    """Yield a value with one more term that is repeated along an axis: dmu / N, the mean of dxhat."""
    terms = []
    arrays = editor.arrays(line)
    for text, x in arrays:
        if x.shape != shape and broadcasts(x.shape, shape):
            terms += [text] + [f"{text} / {n}" for n in counts(editor.known(line), shape)]
        elif x.shape == shape and text.isidentifier():
            for axis in dict.fromkeys((-1, 0)) if x.ndim > 1 else ("None",):
                of = "" if axis == "None" else f", axis={axis}, keepdims=True"
                terms += [f"{editor.np}.{f}({text}{of})" for f in ("mean", "sum")]
    loops = re.compile(rf"\[[^]]*\b({'|'.join(editor.loops) or '_'})\b[^]]*\]$")
    own = [(t, x) for t, x in arrays if x.shape == shape and (t.isidentifier() or "." in t or loops.search(t))][:24]
    terms = [
        f"{a} * {b}" for (a, _), (b, _) in itertools.permutations(own, 2) if is_derivative(a) > is_derivative(b)
    ] + terms
    shares = [a for a, x in own if is_share(x, ends=True)][:4]
    terms += [f"{d} * (1 - {a})" for d, _ in own if is_derivative(d) for a in shares if a != d][:24]
    for term in [*terms[:140], *projections(editor, line, shape)]:
        for op in (ast.Add(), ast.Sub()):
            yield editor.edit(slot, binary(node, op, parse(term)), "term", line, 3, neat(term), 3)


def projections(editor: Editor, line: int, shape: tuple[int, ...]) -> list[str]:
    """Return x̂ · mean(dx̂ · x̂), what normalising takes from a gradient along x̂, of all pairs of this shape."""
    names = [text for text, x in editor.arrays(line) if x.shape == shape and text.isidentifier()][:12]
    axes = [""] if len(shape) == 1 else [f", axis={axis}, keepdims=True" for axis in (-1, 0)]
    pairs = [(a, b) for a, b in itertools.permutations(names, 2) if is_derivative(b) > is_derivative(a)]
    return [f"{a} * {editor.np}.mean({b} * {a}{axis})" for a, b in pairs for axis in axes][:60]


def add_products(editor: Editor, slot: Slot, node: ast.expr, line: int, shape: tuple[int, ...]) -> Iterator[Edit]:
    """Yield a value with one more term that is a matrix product of two arrays: + dv @ Wv.T."""
    arrays = [(t, x) for t, x in editor.arrays(line) if x.ndim > 1][:40]
    there = ast.unparse(node)
    unused = {text for text, _ in arrays if not re.search(rf"(?<![\w.]){re.escape(text)}(?!\w)", there)}
    pairs = sorted(itertools.product(arrays, repeat=2), key=lambda p: (p[0][0] not in unused) + (p[1][0] not in unused))
    found = 0
    for (a, x), (b, y) in pairs:
        for left, right in itertools.product((False, True), repeat=2):
            if x.ndim != len(shape) and y.ndim != len(shape):
                continue
            p = x.shape[:-2] + (x.shape[-2:][::-1] if left else x.shape[-2:])
            q = y.shape[:-2] + (y.shape[-2:][::-1] if right else y.shape[-2:])
            outer = p[:-2] if len(p) >= len(q) else q[:-2]
            if p[-1] != q[-2] or (*outer, p[-2], q[-1]) != shape or not gradient_like(a, b):
                continue
            term = f"{write_transpose(a, x, left, editor.np)} @ {write_transpose(b, y, right, editor.np)}"
            found += 1
            if term not in there and found < 80:
                rank = 1 if belong_together(a, b) else 3
                yield editor.edit(slot, binary(node, ast.Add(), parse(term)), "term", line, rank, term, 3)
                yield editor.edit(slot, parse(term), "another formula", line, 3, term, 4)
    rows = [(t, x) for t, x in editor.arrays(line) if x.ndim == 1]
    for (a, x), (b, y) in itertools.permutations(rows, 2):
        term = f"{editor.np}.outer({a}, {b})"
        if (*x.shape, *y.shape) == shape and gradient_like(a, b) and term not in there:
            rank = 1 if belong_together(a, b) else 3
            yield editor.edit(slot, binary(node, ast.Add(), parse(term)), "term", line, rank, term, 3)


def vector_products(editor: Editor, slot: Slot, node: ast.expr, line: int, shape: tuple[int, ...]) -> Iterator[Edit]:
    """Yield the product of a matrix and a vector in the place of one, and beside it: U.T @ delta."""
    there = ast.unparse(node)
    matrices = [(t, x) for t, x in editor.arrays(line) if x.ndim == 2][:16]
    vectors = [(t, x) for t, x in editor.arrays(line) if x.ndim == 1 and len(x) > 1][:16]
    for (a, x), (v, y) in itertools.product(matrices, vectors):
        if not gradient_like(a, v):
            continue
        for turn, sizes in ((False, x.shape), (True, x.shape[::-1])):
            term = f"{write_transpose(a, x, turn, editor.np)} @ {v}"
            if sizes == (*shape, len(y)) and term not in there:
                rank = 1 if belong_together(a, v) else 3
                yield editor.edit(slot, binary(node, ast.Add(), parse(term)), "term", line, rank, term, 3)
                yield editor.edit(slot, parse(term), "another formula", line, rank, term, 3)


def add_to_factor(editor: Editor, slot: Slot, node: ast.expr | ast.Slice, line: int) -> Iterator[Edit]:
    """Yield a factor, or an argument, with one more term: (dh[t] + dh_next) * (1 - h**2) for what comes from the step
    behind, and h - x for h.
    """
    text = ast.unparse(node)
    mine = editor.scope(line)[text]
    alike = [t for t, x in editor.arrays(line) if x.shape == mine.shape and t != text]
    alike.sort(key=lambda t: not t.isidentifier())
    for other in alike[:16] if is_derivative(text) else ():
        yield editor.edit(slot, binary(node, ast.Add(), parse(other)), "term", line, 3, other, 2)
    if is_derivative(text) or not (is_factor(slot) or is_widened(slot)):
        return
    for other in [t for t in alike if not is_derivative(t)][:8]:
        for op, sign in ((ast.Sub(), "-"), (ast.Add(), "+")):
            yield editor.edit(slot, binary(node, op, parse(other)), "term", line, 3, f"{sign} {other}", 2)
    one_minus = binary(ast.Constant(1), ast.Sub(), node)
    yield editor.edit(
        slot, one_minus, "one minus", line, 2 if is_share(mine, ends=True) else 3, f"1 - {text}\0{text}", 2
    )


def add_to_part(editor: Editor, slot: Slot, node: ast.Subscript, line: int) -> Iterator[Edit]:
    """Yield a part of a gradient with one more term: dh[:, t, :] + dh_next."""
    if is_derivative(ast.unparse(node.value)):
        for other in [t for t, x in editor.arrays(line) if t.isidentifier() and is_derivative(t)][:10]:
            if other != ast.unparse(node.value):
                yield editor.edit(slot, binary(node, ast.Add(), parse(other)), "term", line, 2, other, 2)


def scale_terms(editor: Editor, node: ast.BinOp, line: int) -> Iterator[Edit]:
    """Yield a sum inside of an expression, one of its terms times a number or an array: s + β x s (1 − s)."""
    scope = editor.scope(line)
    shapes = [scope[text].shape for part in ast.walk(node) if (text := ast.unparse(part)) in scope]
    shape = max(shapes, key=len, default=())
    known = [(t, x) for t, x in editor.known(line).items() if t.isidentifier() or "." in t]
    fits = [(t, x) for t, x in known if x.dtype.kind in "fb" and x.ndim]
    arrays = [t for t, x in fits if x.shape == shape or broadcasts(x.shape, shape)]
    numbers = [t for t, x in known if not x.ndim and t not in editor.loops and float(x) not in (0.0, 1.0)]
    for term in terms_of(node):
        text = ast.unparse(get(term))
        for number in ("0.5", "2", "3"):
            new = binary(parse(number), ast.Mult(), get(term))
            yield editor.edit(term, new, "factor missing", line, 2, number, 1)
        for other in [*numbers[:8], *arrays[:12]]:
            if other != text:
                new = binary(get(term), ast.Mult(), parse(other))
                yield editor.edit(term, new, "factor missing", line, 3, other, 2)
        for other in numbers[:8]:
            new = binary(get(term), ast.Div(), parse(other))
            yield editor.edit(term, new, "factor missing", line, 3, f"1/{other}", 2)


def add_summands(editor: Editor, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
    """Yield a sum with one more term, of all that could be added."""
    parts = [text for term in terms_of(node) if (text := ast.unparse(get(term))) in editor.scope(line)]
    shapes = [editor.scope(line)[text].shape for text in parts]
    arrays = [(t, x) for t, x in editor.arrays(line) if t not in parts]
    for text, x in arrays[:16]:
        if not shapes or any(x.shape in (s, s[-x.ndim :]) for s in shapes):
            for op in (ast.Sub(), ast.Add()):
                yield editor.edit(slot, binary(node, op, parse(text)), "term", line, 2, text, 2)
    shape = max(shapes, key=len, default=())
    for text in projections(editor, line, shape) if shape else ():
        yield editor.edit(slot, binary(node, ast.Sub(), parse(text)), "term", line, 3, text, 3)
    own = [(t, x.shape) for t, x in arrays if t.isidentifier() and broadcasts(x.shape, shape)] if shape else []
    pairs = [(a, b) for (a, s), (b, t) in itertools.permutations(own, 2) if shape in (s, t) and is_derivative(b)]
    for a, b in [pair for pair in pairs if not is_derivative(pair[0])][:16]:
        for op in (ast.Sub(), ast.Add()):
            yield editor.edit(slot, binary(node, op, parse(f"{a} * {b}")), "term", line, 3, f"{a} * {b}", 2.5)
