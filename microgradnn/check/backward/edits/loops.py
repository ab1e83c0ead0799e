"""Loops that end elsewhere, hand something on to the next step, and lines that are missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .editor import Edit, Editor
from .expressions import edit_expression
from .factors import factors
from .names import is_derivative, write_transpose
from .syntax import below


def edit_loop(editor: Editor, statement: ast.For) -> Iterator[Edit]:
    """Yield other ends of a loop."""
    scope = editor.scopes.get(statement.lineno, {})
    for slot, node in below(statement, "iter"):
        yield from edit_expression(editor, slot, node, statement.lineno, scope, of_loop=True)
    slot, line, call = (statement, "iter", None), statement.lineno, statement.iter
    name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
    if isinstance(call, ast.Call) and name == "range":
        reverse = ast.Call(ast.Name("reversed", ast.Load()), [call], [])
        yield editor.edit(slot, reverse, "order", line, 2, f"the loop has to go backwards, over {ast.unparse(reverse)}")
        if len(call.args) == 2:
            whole = ast.Call(call.func, [call.args[1]], [])
            yield editor.edit(slot, whole, "index", line, 1, "the loop begins at 0")
    elif isinstance(call, ast.Call) and name == "reversed":
        yield editor.edit(slot, call.args[0], "order", line, 2)


def pass_on(editor: Editor, statement: ast.For) -> Iterator[Edit]:
    """Yield dc_next = dc * f at the end of a loop that reads dc_next, and never sets it."""
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    last = statement.body[-1]
    scope = editor.scopes.get(-last.lineno) or editor.scopes.get(last.lineno, {})
    for name in dict.fromkeys(node.id for node in names if node.id not in stored and node.id in scope):
        x = scope[name]
        if not x.ndim or x.dtype.kind != "f" or not is_derivative(name):
            continue
        alike = [t for t, y in scope.items() if y.shape == x.shape and y.dtype.kind == "f" and t.isidentifier()]
        own = [t for t in alike if is_derivative(t) and t != name]
        pairs = [f"{a} * {b}" for a in own for b in alike if b not in own and b != name]
        cut = [f"{t}[{form}]" for t in scope for form in cuts(scope[t], x) if is_derivative(t)]
        products = [
            f"{write_transpose(w, y, True, editor.np)} @ {t}"
            for w, y in scope.items()
            for t in own
            if y.ndim == 2 and y.shape[0] == scope[t].shape[0] and y.shape[1] == x.shape[0]
        ]
        for value in [*own, *cut, *products[:12], *pairs[:60]]:
            line = f"{name} = {value}"
            yield insert(editor, statement, "body", len(statement.body), line, last.lineno)


def add_lines(editor: Editor, parent: ast.AST, name: str, i: int) -> Iterator[Edit]:
    """Yield a line more after the assignment of scores' gradients: dx[np.arange(m), y] -= 1, and a margin's sum."""
    body: list[ast.stmt] = getattr(parent, name)
    statement = body[i]
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return
    target = ast.unparse(statement.targets[0]).partition("[")[0]
    x = editor.scopes.get(-statement.lineno, {}).get(target)
    if x is None or x.ndim != 2 or x.dtype.kind != "f":
        return
    for text, y in editor.known(statement.lineno).items():
        if y.ndim != 1 or y.dtype.kind not in "iu" or not y.size or y.min() < 0:
            continue
        for axis in (0, 1):
            if len(y) != x.shape[axis] or y.max() >= x.shape[1 - axis]:
                continue
            every = f"{editor.np}.arange(len({text}))"
            place = f"{target}[{every}, {text}]" if axis == 0 else f"{target}[{text}, {every}]"
            for line in (f"{place} -= 1", f"{place} = -{editor.np}.sum({target}, axis={1 - axis})"):
                yield insert(editor, parent, name, i + 1, line, statement.lineno)


def assigned_names(statement: ast.stmt) -> list[str]:
    """Return the names that a statement assigns, or changes."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    flat = [e for t in targets for e in (t.elts if isinstance(t, (ast.Tuple, ast.List)) else [t])]
    return [ast.unparse(t) for t in flat if isinstance(t, (ast.Name, ast.Attribute))]


def add_afterwards(editor: Editor, parent: ast.AST, name: str, i: int) -> Iterator[Edit]:
    """Yield dx = dx + dout behind what a call gives, dx, dg, db = …, or an update: of a skip connection, say."""
    body: list[ast.stmt] = getattr(parent, name)
    statement, line = body[i], body[i].lineno
    called = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], (ast.Tuple, ast.List))
    if not called and not isinstance(statement, ast.AugAssign):
        return
    after = editor.scopes.get(-line, {})
    for target in assigned_names(statement):
        x = after.get(target)
        if x is None or not x.ndim or x.dtype.kind != "f" or not is_derivative(target):
            continue
        alike = [t for t, y in editor.arrays(line) if y.shape == x.shape and t != target and t.isidentifier()]
        for other in [t for t in alike if is_derivative(t)][:8]:
            yield insert(editor, parent, name, i + 1, f"{target} = {target} + {other}", line)


def repeat_update(editor: Editor, parent: ast.AST, name: str, i: int) -> Iterator[Edit]:
    """Yield dW[:, y[i]] -= X[i] behind dW[:, j] += X[i]: what one class gets, the other one loses."""
    body: list[ast.stmt] = getattr(parent, name)
    statement, line = body[i], body[i].lineno
    if not isinstance(statement, ast.AugAssign) or not isinstance(statement.target, ast.Subscript):
        return
    scope = editor.scope(line)
    numbers = [t for t, x in scope.items() if x.ndim == 0 and x.dtype.kind in "iu"][:16]
    value, of = ast.unparse(statement.value), ast.unparse(statement.target.value)
    index = statement.target.slice
    places = index.elts if isinstance(index, ast.Tuple) else [index]
    for k, place in enumerate(places):
        if ast.unparse(place) not in scope or scope[ast.unparse(place)].ndim:
            continue
        for other in numbers:
            inside = ", ".join(other if j == k else ast.unparse(p) for j, p in enumerate(places))
            if other != ast.unparse(place):
                for sign in ("-=", "+="):
                    yield insert(editor, parent, name, i + 1, f"{of}[{inside}] {sign} {value}", line)


def scale_afterwards(editor: Editor, parent: ast.AST, name: str, i: int) -> Iterator[Edit]:
    """Yield dx = dx / m after dx[np.arange(m), y] -= 1, where a gradient is out by that."""
    body: list[ast.stmt] = getattr(parent, name)
    statement = body[i]
    target = getattr(statement, "target", None) or (getattr(statement, "targets", None) or [None])[0]
    if not isinstance(target, ast.Subscript):
        return
    of = ast.unparse(target.value)
    for text, number in factors(editor, editor.known(statement.lineno)):
        for op in "/*" if editor.is_near(number) else "":
            yield insert(editor, parent, name, i + 1, f"{of} = {of} {op} {text}", statement.lineno)


def insert(editor: Editor, parent: ast.AST, name: str, i: int, line: str, after: int) -> Edit:
    """Return the edit that puts a line of ours into a list of statements."""
    body: list[ast.stmt] = getattr(parent, name)
    new = ast.parse(line).body[0]
    for node in ast.walk(new):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = after  # type: ignore[attr-defined]
    return editor.edit((parent, name, None), [*body[:i], new, *body[i:]], "line missing", after, 2, line, 2)


def cuts(y: Any, x: Any) -> list[str]:
    """Return how an array may be cut along its first axis to the shape of x."""
    if y.ndim != x.ndim:
        return []
    if y.shape[:-1] == x.shape[:-1] and y.shape[-1] > x.shape[-1]:
        before = ":, " * (x.ndim - 1)
        return [f"{before}:{x.shape[-1]}", f"{before}{y.shape[-1] - x.shape[-1]}:"]
    if y.shape[1:] != x.shape[1:] or y.shape[0] <= x.shape[0]:
        return []
    return [f":{x.shape[0]}", f"{y.shape[0] - x.shape[0]}:"]
