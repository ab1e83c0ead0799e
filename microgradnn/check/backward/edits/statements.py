"""Every single edit of a function: of its statements, where they stand, and of all that is in them."""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Iterator

import numpy as np

from ..source import Scope
from .editor import Edit, Editor
from .expressions import edit_expression
from .factors import factors
from .loops import add_afterwards, add_lines, edit_loop, pass_on, repeat_update, scale_afterwards
from .names import is_derivative
from .syntax import Slot, below, binary, get, is_stash, load, parse, terms_of, values_of, write_index
from .values import edit_value

PARTS = (ast.Subscript, ast.Name, ast.Constant, ast.Slice, ast.Tuple, ast.Load, ast.Store, ast.BinOp, ast.Add, ast.Sub)
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


def edits_of(editor: Editor) -> Iterator[Edit]:
    """Yield all edits of all statements of a function."""
    yield from edit_block(editor, editor.source.tree, "body", in_loop=0)


def edit_block(editor: Editor, parent: ast.AST, name: str, in_loop: int) -> Iterator[Edit]:
    """Yield the edits of a list of statements."""
    body: list[ast.stmt] = getattr(parent, name)
    for i, statement in enumerate(body):
        line = statement.lineno
        editor.here = (parent, name, i)
        if isinstance(statement, SIMPLE):
            scope = editor.scopes.get(line)
            if scope is None or is_stash(statement) or line in editor.cleared:
                continue
            yield from edit_statement(editor, statement, (parent, name, i), scope)
            yield from move(editor, parent, name, i, in_loop)
            yield from add_lines(editor, parent, name, i)
            yield from scale_afterwards(editor, parent, name, i)
            yield from add_afterwards(editor, parent, name, i)
            yield from use_before_update(editor, parent, name, i)
            yield from repeat_update(editor, parent, name, i)
        for inner in ("body", "orelse", "finalbody"):
            if isinstance(getattr(statement, inner, None), list) and not isinstance(statement, ast.FunctionDef):
                loop = isinstance(statement, (ast.For, ast.While)) and inner == "body"
                yield from edit_block(editor, statement, inner, in_loop + loop)
        editor.here = (parent, name, i)
        if isinstance(statement, ast.For):
            yield from edit_loop(editor, statement)
            yield from pass_on(editor, statement)
        if isinstance(statement, ast.If) and line in editor.scopes:
            for slot, node in below(statement, "test"):
                yield from edit_expression(editor, slot, node, line, editor.scope(line))


def shape_of_target(editor: Editor, statement: ast.stmt) -> tuple[int, ...] | None:
    """Return the shape of what a statement assigns."""
    target = getattr(statement, "target", None) or (getattr(statement, "targets", None) or [None])[0]
    text = ast.unparse(target) if target is not None else ""
    for scope in (editor.scopes.get(-statement.lineno, {}), editor.scopes.get(-1, {})):
        if text in scope:
            return tuple(scope[text].shape)
    if isinstance(target, ast.Subscript) and all(isinstance(part, PARTS) for part in ast.walk(target)):
        known = {name: x for name, x in editor.scope(statement.lineno).items() if name.isidentifier()}
        with contextlib.suppress(Exception):  # dx[:, t]: names, numbers and colons alone
            return tuple(np.shape(eval(text, {"__builtins__": {}}, known)))
    return None


def edit_statement(editor: Editor, statement: ast.stmt, slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Yield the edits of one statement: of the statement itself, of its value, and of all below it."""
    line = statement.lineno
    if isinstance(statement, ast.Assign):
        yield from edit_assignment(editor, statement, slot, scope)
    if isinstance(statement, ast.AugAssign):
        yield from edit_update(editor, statement, slot, scope)
    if not isinstance(statement, ast.Return):
        gone = ast.copy_location(ast.Pass(), statement)
        yield editor.edit(slot, gone, "applied twice", line, 2, "this line")
    if getattr(statement, "value", None) is None:
        return
    shape = shape_of_target(editor, statement)
    for i, one in enumerate(values_of(statement)):
        node = get(one)
        own = scope.get(ast.unparse(node))
        if own is None and isinstance(statement, ast.Return):
            own = editor.scopes.get(-1, {}).get(f"return {i}" if one[2] is not None else "return")
        yield from edit_value(editor, one, node, line, shape if own is None else own.shape)
        for term in terms_of(node):
            yield from edit_value(editor, term, get(term), line, shape, of_term=True)
    yield from rename_numbers(editor, statement, slot, scope)
    for inner, node in below(statement, "value"):
        yield from edit_expression(editor, inner, node, line, scope)
    for name in ("targets", "target"):
        for inner, node in below(statement, name):
            inside = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and inner[1] not in (name, "value")
            if isinstance(node, (ast.Constant, ast.Compare, ast.UnaryOp)) or inside:
                yield from edit_expression(editor, inner, node, line, scope)


def rename_numbers(editor: Editor, statement: ast.stmt, slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Yield x[:, s:s + K] for x[:, t:t + K]: another whole number everywhere in a line where one stands twice."""
    names = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    numbers = [t for t, x in scope.items() if t.isidentifier() and x.ndim == 0 and x.dtype.kind in "iu"]
    for name in [n for n in numbers if names.count(n) > 1]:
        for other in [n for n in numbers if n != name][:12]:
            for places in ((ast.Slice,), (ast.AST,)):
                new = copy.deepcopy(statement)
                for part in [p for p in ast.walk(new) if isinstance(p, places)]:
                    for node in ast.walk(part):
                        if isinstance(node, ast.Name) and node.id == name:
                            node.id = other
                yield editor.edit(
                    slot, new, "index", statement.lineno, 3, f"{other} belongs where {name} stands here", 2
                )


def edit_assignment(editor: Editor, statement: ast.Assign, slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Yield += for =, and what adds where an index repeats."""
    target = statement.targets[0]
    if not isinstance(target, (ast.Subscript, ast.Name, ast.Attribute)):
        return
    where = ast.unparse(target)
    nothing = isinstance(statement.value, ast.Constant) and statement.value.value == 0  # to add it is to leave it out
    after = shape_of_target(editor, statement)
    reshaped = where in scope and after is not None and scope[where].shape != after  # its shape alone is another
    if (isinstance(target, ast.Subscript) or where in scope) and not nothing and not reshaped:
        new = ast.copy_location(ast.AugAssign(target, ast.Add(), statement.value), statement)
        hint = f"{where} has to be added to (+=), not overwritten"
        yield editor.edit(slot, new, "overwrite", statement.lineno, 1, hint)
        new = ast.copy_location(ast.AugAssign(target, ast.Sub(), statement.value), statement)
        hint = f"{where} has to be taken from (-=), not overwritten"
        yield editor.edit(slot, new, "overwrite", statement.lineno, 2, hint)
    if isinstance(target, ast.Subscript):
        yield from pick_pairs(editor, target, statement.lineno)
        yield add_at(editor, slot, target, statement, "what an index gave before is overwritten where it repeats")


def edit_update(editor: Editor, statement: ast.AugAssign, slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Yield = for +=, what adds where an index repeats, other operators, and other ways to regularise."""
    target, line = statement.target, statement.lineno
    new = ast.copy_location(ast.Assign([target], statement.value), statement)
    yield editor.edit(slot, new, "overwrite", line, 2, f"{ast.unparse(target)} has to be set (=), not added to")
    if isinstance(target, ast.Subscript):
        yield from pick_pairs(editor, target, line)
    if isinstance(target, ast.Subscript) and isinstance(statement.op, (ast.Add, ast.Sub)):
        sign = "+" if isinstance(statement.op, ast.Add) else "-"
        hint = f"an index that repeats is {'added' if sign == '+' else 'taken off'} only once by {sign}="
        yield add_at(editor, slot, target, statement, hint)
    for op, sign in ((ast.Add(), "+="), (ast.Sub(), "-="), (ast.Mult(), "*="), (ast.Div(), "/=")):
        if type(op) is not type(statement.op):
            other = ast.copy_location(ast.AugAssign(target, op, statement.value), statement)
            both = isinstance(op, (ast.Add, ast.Sub)) and isinstance(statement.op, (ast.Add, ast.Sub))
            kind, told = ("sign", "") if both else ("operator", f"{sign} belongs here")
            yield editor.edit(slot, other, kind, line, 1 if both or isinstance(op, (ast.Mult, ast.Div)) else 2, told)
    for name in sorted(editor.loops & set(scope)) if isinstance(target, ast.Name) else ():
        of = ast.unparse(target)
        part = ast.Subscript(ast.Name(of, ast.Load()), ast.Name(name, ast.Load()), ast.Store())
        one = ast.copy_location(ast.AugAssign(part, statement.op, statement.value), statement)
        hint = f"{of}[{name}] is what is added to here, not all of it"
        yield editor.edit(slot, one, "index", line, 2, hint, 2)
    if isinstance(target, ast.Name):
        yield from scale_before(editor, statement, target.id, slot)
        yield from skip_first(editor, statement, target.id, slot, scope)


def pick_pairs(editor: Editor, target: ast.Subscript, line: int) -> Iterator[Edit]:
    """Yield dx[np.arange(len(y)), y] for dx[:, y]: of each example its own entry, rather than those of all."""
    known = editor.scope(line)
    if not isinstance(target.slice, ast.Tuple):
        text, whole = ast.unparse(target.slice), known.get(ast.unparse(target.value))
        index = known.get(text)
        if index is not None and whole is not None and (index.ndim, whole.ndim) == (1, 2) and len(index) == len(whole):
            both = parse(f"({editor.np}.arange(len({text})), {text})")
            hint = (
                f"{text} picks whole rows; {ast.unparse(target.value)}[{ast.unparse(both)[1:-1]}] is one entry of each"
            )
            yield editor.edit((target, "slice", None), both, "index", line, 1, hint, 1)
        return
    indices = [text for e in target.slice.elts if (text := ast.unparse(e)) in known and known[text].ndim == 1]
    for i, element in enumerate(target.slice.elts):
        for text in indices if isinstance(element, ast.Slice) else ():
            every = parse(f"{editor.np}.arange(len({text}))")
            hint = f"{ast.unparse(element)} takes what {text} says from every row; {ast.unparse(every)} belongs here"
            yield editor.edit((target.slice, "elts", i), every, "index", line, 1, hint, 1)


def add_at(editor: Editor, slot: Slot, target: ast.Subscript, statement: ast.Assign | ast.AugAssign, hint: str) -> Edit:
    """Return np.add.at(dE, index, value) for dE[index] = value or +=."""
    at = copy.deepcopy(parse(f"{editor.np}.add.at(0, 0, 0)"))
    assert isinstance(at, ast.Call)
    minus = isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Sub)
    value = ast.UnaryOp(ast.USub(), statement.value) if minus else statement.value
    at.args = [load(copy.deepcopy(target.value)), write_index(target.slice), value]
    new = ast.copy_location(ast.Expr(at), statement)
    return editor.edit(slot, new, "repeated index", statement.lineno, 1, hint)


def scale_before(editor: Editor, statement: ast.AugAssign, name: str, slot: Slot) -> Iterator[Edit]:
    """Yield dW = dW / m + …, for dW += …: what was there is scaled before it is added to."""
    line = statement.lineno
    for text, number in factors(editor, editor.known(line)):
        rank = 1 if editor.is_near(number) else 2
        for op, by in ((ast.Div(), f"1/{text}"), (ast.Mult(), f"a factor {text}")):
            new = binary(binary(ast.Name(name, ast.Load()), op, parse(text)), statement.op, statement.value)
            assign = ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], new), statement)
            yield editor.edit(slot, assign, "factor", line, rank, f"{by}\0{text} = {number:g}", 2 + len(text) / 100)


def skip_first(editor: Editor, statement: ast.AugAssign, name: str, slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Yield grad[1:] += … theta[1:] for grad += … theta: the bias is not regularised."""
    x = scope.get(name)
    if x is None or not x.ndim:
        return
    for index in ("1:", ":, 1:")[: x.ndim]:
        new, of = copy.deepcopy(statement), name
        for node in ast.walk(new.value):
            for field, part in list(ast.iter_fields(node)):
                if isinstance(part, ast.Name) and part.id in scope and scope[part.id].shape == x.shape:
                    setattr(node, field, parse(f"{part.id}[{index}]"))
                    of = part.id
        if isinstance(new.value, ast.Name) and scope.get(new.value.id, x[:0]).shape == x.shape:
            new.value = parse(f"{new.value.id}[{index}]")
        part_of = copy.deepcopy(parse(f"{name}[{index}]"))
        assert isinstance(part_of, ast.Subscript)
        part_of.ctx = ast.Store()
        new.target = part_of
        bias = f"{of}[{index.replace('1:', '0')}]"
        yield editor.edit(slot, new, "bias regularised", statement.lineno, 2, bias)


class Kept(ast.NodeTransformer):
    """Puts what a name stood for before its update in its place."""

    def __init__(self, text: str) -> None:
        self.text, self.count = text, 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Return the name of what was kept, where the other one is read."""
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load):
            if ast.unparse(node) == self.text:
                self.count += 1
                return ast.copy_location(ast.Name("__kept__", ast.Load()), node)
        return super().generic_visit(node)


def use_before_update(editor: Editor, parent: ast.AST, name: str, i: int) -> Iterator[Edit]:
    """Yield a parameter as it was before its step in all that comes after that, up to the return."""
    body: list[ast.stmt] = getattr(parent, name)
    statement = body[i]
    target = getattr(statement, "target", None) or (getattr(statement, "targets", None) or [None])[0]
    if not isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)) or is_derivative(ast.unparse(target)):
        return
    text = ast.unparse(target)
    if isinstance(statement, ast.Assign) and text not in ast.unparse(statement.value):
        return
    keep = Kept(text)
    rest = [keep.visit(copy.deepcopy(later)) for later in body[i + 1 :]]
    kept = ast.copy_location(ast.parse(f"__kept__ = {text} + 0").body[0], statement)
    if keep.count:
        hint = f"line {statement.lineno} comes too early"
        order = [*body[:i], ast.fix_missing_locations(kept), statement, *rest]
        yield editor.edit((parent, name, None), order, "updated before use", statement.lineno, 1, hint, 3)


def move(editor: Editor, parent: ast.AST, name: str, i: int, in_loop: int) -> Iterator[Edit]:
    """Yield other places for a statement: after those below it, before the one above, out of a loop."""
    body: list[ast.stmt] = getattr(parent, name)
    statement = body[i]
    line = statement.lineno
    hint = f"line {line} comes too early"
    if isinstance(statement, ast.Return) and in_loop:
        return
    last = len(body) - (1 if isinstance(body[-1], ast.Return) else 0)
    for j in {i + 2, last} - {i, i + 1}:
        if i + 1 < j <= last:
            order = [*body[:i], *body[i + 1 : j], statement, *body[j:]]
            yield editor.edit((parent, name, None), order, "updated before use", line, 1, hint, 2)
    if i and not isinstance(statement, ast.Return):
        for j in range(i):
            order = [*body[:j], statement, *body[j:i], *body[i + 1 :]]
            yield editor.edit((parent, name, None), order, "order", line, 2, f"line {line} comes too late", 4)
