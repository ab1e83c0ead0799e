"""Other indices: their places swapped, other ends of a slice, the whole array in the place of one example."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator
from typing import Any

from ..source import Scope
from .editor import Edit, Editor
from .syntax import Slot, binary, parse


def edit_index(
    editor: Editor, slot: Slot, node: ast.Subscript, line: int, scope: Scope, in_slice: bool
) -> Iterator[Edit]:
    """Yield the edits of what is cut out of an array."""
    if isinstance(node.slice, ast.Tuple):
        yield from swap_places(editor, slot, node, node.slice, line)
        yield from cut_padding(editor, slot, node, node.slice, line)
    whole = scope.get(ast.unparse(node.value))
    if whole is None:
        return
    if not in_slice:
        yield from sum_all(editor, slot, node, whole, line)
    part = scope.get(ast.unparse(node))
    if part is not None and part.ndim:
        yield editor.edit(slot, node.value, "index", line, 2, ast.unparse(node.value))


def swap_places(editor: Editor, slot: Slot, node: ast.Subscript, index: ast.Tuple, line: int) -> Iterator[Edit]:
    """Yield x[j, i] for x[i, j]."""
    for i, j in itertools.combinations(range(len(index.elts)), 2):
        places = list(index.elts)
        if not any(isinstance(places[n], (ast.Slice, ast.Constant)) for n in (i, j)):
            places[i], places[j] = places[j], places[i]
            new = ast.Subscript(node.value, ast.Tuple(places, ast.Load()), node.ctx)
            yield editor.edit(slot, new, "index", line, 2)


def cut_padding(editor: Editor, slot: Slot, node: ast.Subscript, index: ast.Tuple, line: int) -> Iterator[Edit]:
    """Yield x[:, :, p:H + p, p:W + p] for x[:, :, :H, :W]: what was padded is cut off at both ends."""
    if not any(isinstance(e, ast.Slice) and e.upper is not None and e.lower is None for e in index.elts):
        return
    pads = [t for t, x in editor.known(line).items() if x.ndim == 0 and x.dtype.kind in "iu" and 0 < x < 8]
    for pad in [t for t in pads if t not in editor.loops][:6]:
        moved = [
            ast.Slice(parse(pad), binary(e.upper, ast.Add(), parse(pad)), e.step)
            if isinstance(e, ast.Slice) and e.upper is not None and e.lower is None
            else e
            for e in index.elts
        ]
        new = ast.Subscript(node.value, ast.Tuple(moved, ast.Load()), node.ctx)
        yield editor.edit(slot, new, "index", line, 3, f"{pad} has to be cut off at both ends", 2)


def edit_slice(editor: Editor, slot: Slot, node: ast.Slice, line: int) -> Iterator[Edit]:
    """Yield a slice with other ends."""
    for name in ("lower", "upper", "step"):
        if getattr(node, name) is not None:
            other = copy.copy(node)
            setattr(other, name, None)
            yield editor.edit(slot, other, "index", line, 2)
    if (node.lower is None) != (node.upper is None) and node.step is None:
        yield editor.edit(slot, ast.Slice(node.upper, node.lower), "index", line, 2)
    scalars = [(t, x) for t, x in editor.known(line).items() if x.ndim == 0 and x.dtype.kind in "iu" and x > 0]
    numbers = [text for text, _ in scalars if text.isidentifier() and text not in editor.loops][:6]
    for text in ("1:", ":-1", *(form for t in numbers for form in (f":{t}", f"{t}:"))):
        one = parse(f"x[{text}]")
        assert isinstance(one, ast.Subscript)
        if ast.unparse(one.slice) != ast.unparse(node):
            yield editor.edit(slot, one.slice, "index", line, 3)


def sum_all(editor: Editor, slot: Slot, node: ast.Subscript, x: Any, line: int) -> Iterator[Edit]:
    """Yield np.sum(dZ, axis=1, keepdims=True) for dZ[:, -1:]: all examples count, not one."""
    index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    of = ast.unparse(node.value)
    for axis, part in enumerate(index[: x.ndim]):
        cut = isinstance(part, ast.Slice) and (part.lower is not None or part.upper is not None)
        if cut or not isinstance(part, ast.Slice):
            keep = ", keepdims=True" if cut else ""
            new = parse(f"{editor.np}.sum({of}, axis={axis}{keep})")
            yield editor.edit(slot, new, "one example", line, 2, f"{ast.unparse(node)}\0{ast.unparse(new)}", 2)
