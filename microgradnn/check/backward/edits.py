"""What people do to a line of a backward pass, undone: every single edit of the user's own source that might mend it.

Nothing here knows what the right gradient is: edits are generated from the syntax and from what stood in the names.
"""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from .source import Scope, Source, is_users

Slot = tuple[ast.AST, str, int | None]  # a node, its field, and the place in it


@dataclass
class Edit:
    """One change of one function of the user's, and what it would mean."""

    source: Source
    slot: Slot
    new: Any
    kind: str
    line: int
    rank: int  # of how likely it is; less is likelier
    hint: str = ""
    size: float = 0
    statement: Slot | None = None

    def apply(self) -> Any:
        """Put the new node in its place; return the old one."""
        locate(self.new, self.line)
        return put(self.slot, self.new)

    def undo(self, old: Any) -> None:
        """Put the old node back."""
        put(self.slot, old)


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


DOING = re.compile(r"main|run|train|test|check|plot|save|load|show|fit|print|write|open|download|init|update|step")

SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)

# Slopes of activations, written as people write them, of what came out of the activation or of what went in.
SLOPES = (
    ("1 - {a}**2", "tanh", 1),
    ("{a} * (1 - {a})", "sigmoid", 1),
    ("({a} > 0)", "relu", 1),
    ("1 - {np}.tanh({a})**2", "tanh", 2),
    ("1 / (1 + {np}.exp(-{a})) * (1 - 1 / (1 + {np}.exp(-{a})))", "sigmoid", 2),
    ("{np}.where({a} > 0, 1, 0.01)", "leaky relu", 2),
    ("{np}.where({a} > 0, 1, 0.1)", "leaky relu", 3),
    ("{np}.where({a} > 0, 1, 0.2)", "leaky relu", 3),
    ("{np}.where({a} > 0, 1, {a} + 1)", "elu", 3),
    ("1 / (1 + {np}.exp(-{a}))", "softplus", 3),
    ("1 / {a}", "log", 2),
    ("{np}.cos({a})", "sin", 3),
    ("-{np}.sin({a})", "cos", 3),
    ("{np}.exp({a})", "exp", 3),
    ("2 * {a}", "square", 2),
    ("1 / (2 * {a})", "square root", 3),
    ("1 / (1 + {a}**2)", "arctan", 3),
    ("-1 / {a}**2", "reciprocal", 3),
    ("{np}.sign({a})", "abs", 3),
    ("{a}", "", 1),
)


class Editor:
    """The edits of one function."""

    def __init__(
        self,
        source: Source,
        scopes: dict[int, Scope],
        ratios: Sequence[float] = (),
        cleared: frozenset[int] = frozenset(),
        strings: Sequence[str] = (),
    ) -> None:
        self.source, self.scopes, self.ratios, self.cleared = source, scopes, ratios, cleared
        self.strings = strings  # that something is compared with
        space = source.function.__globals__
        known = [n for n, x in space.items() if isinstance(x, ModuleType) and x.__name__ == "numpy"]
        self.np = known[0] if known else "np"
        self.loops = {
            name.id
            for loop in ast.walk(source.tree)
            if isinstance(loop, (ast.For, ast.comprehension))
            for name in ast.walk(loop.target)
            if isinstance(name, ast.Name)
        }

    def edits(self) -> Iterator[Edit]:
        """Yield all edits of all statements."""
        self.here: Slot | None = None
        counted = {
            ast.unparse(node.value)
            for node in ast.walk(self.source.tree)
            if isinstance(node, ast.Subscript) and isinstance(node.slice, (ast.Constant, ast.UnaryOp))
        }
        written = {ast.unparse(node) for node in ast.walk(self.source.tree) if isinstance(node, ast.Subscript)}
        self.distinct = {
            line: without_aliases({t: x for t, x in scope.items() if t in written or is_within_reach(t, counted)})
            for line, scope in self.scopes.items()
        }
        yield from self.block(self.source.tree, "body", in_loop=0)

    def edit(self, slot: Slot, new: Any, kind: str, line: int, rank: int, hint: str = "", size: float = 1) -> Edit:
        """Return an edit of this function."""
        return Edit(self.source, slot, new, kind, line, rank, hint, size, self.here)

    def block(self, parent: ast.AST, name: str, in_loop: int) -> Iterator[Edit]:
        """Yield the edits of a list of statements."""
        body: list[ast.stmt] = getattr(parent, name)
        for i, statement in enumerate(body):
            line = statement.lineno
            self.here = (parent, name, i)
            if isinstance(statement, SIMPLE):
                scope = self.scopes.get(line)
                if scope is None or is_stash(statement) or line in self.cleared:
                    continue
                yield from self.statement(statement, (parent, name, i), scope)
                yield from self.moves(parent, name, i, in_loop)
                yield from self.lines_missing(parent, name, i)
            for inner in ("body", "orelse", "finalbody"):
                if isinstance(getattr(statement, inner, None), list) and not isinstance(statement, ast.FunctionDef):
                    loop = isinstance(statement, (ast.For, ast.While)) and inner == "body"
                    yield from self.block(statement, inner, in_loop + loop)
            self.here = (parent, name, i)
            if isinstance(statement, ast.For):
                yield from self.loop(statement)
                yield from self.not_passed_on(statement)
            if isinstance(statement, ast.If) and line in self.scopes:
                for slot, node in below(statement, "test"):
                    yield from self.expression(slot, node, line, self.scopes[line], None)

    def lines_missing(self, parent: ast.AST, name: str, i: int) -> Iterator[Edit]:
        """Yield a line more after the assignment of scores' gradients: dx[np.arange(m), y] -= 1, and a margin's sum."""
        body: list[ast.stmt] = getattr(parent, name)
        statement = body[i]
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return
        target, after = ast.unparse(statement.targets[0]), self.scopes.get(-statement.lineno, {})
        target = target.partition("[")[0]
        x = after.get(target)
        if x is None or x.ndim != 2 or x.dtype.kind != "f":
            return
        for text, y in self.distinct[statement.lineno].items():
            if y.ndim != 1 or y.dtype.kind not in "iu" or not y.size or y.min() < 0:
                continue
            for axis in (0, 1):
                if len(y) != x.shape[axis] or y.max() >= x.shape[1 - axis]:
                    continue
                every = f"{self.np}.arange(len({text}))"
                place = f"{target}[{every}, {text}]" if axis == 0 else f"{target}[{text}, {every}]"
                for line in (f"{place} -= 1", f"{place} = -{self.np}.sum({target}, axis={1 - axis})"):
                    yield self.inserted(parent, name, i + 1, line, statement.lineno)

    def inserted(self, parent: ast.AST, name: str, i: int, line: str, after: int) -> Edit:
        """Return the edit that puts a line of ours into a list of statements."""
        body: list[ast.stmt] = getattr(parent, name)
        new = ast.parse(line).body[0]
        for node in ast.walk(new):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = after  # type: ignore[attr-defined]
        return self.edit((parent, name, None), [*body[:i], new, *body[i:]], "line missing", after, 2, line, 2)

    def not_passed_on(self, statement: ast.For) -> Iterator[Edit]:
        """Yield dc_next = dc * f at the end of a loop that reads dc_next, and never sets it."""
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        last = statement.body[-1]
        scope = self.scopes.get(-last.lineno) or self.scopes.get(last.lineno, {})
        for name in dict.fromkeys(node.id for node in names if node.id not in stored and node.id in scope):
            x = scope[name]
            if not x.ndim or x.dtype.kind != "f" or not is_derivative(name):
                continue
            alike = [t for t, y in scope.items() if y.shape == x.shape and y.dtype.kind == "f" and t.isidentifier()]
            own = [t for t in alike if is_derivative(t) and t != name]
            pairs = [f"{a} * {b}" for a in own for b in alike if b not in own and b != name]
            cut = [f"{t}[{form}]" for t in scope for form in self.cuts(scope[t], x) if is_derivative(t)]
            turned = [
                f"{turned_text(w, y, True, self.np)} @ {t}"
                for w, y in scope.items()
                for t in own
                if y.ndim == 2 and y.shape[0] == scope[t].shape[0] and y.shape[1] == x.shape[0]
            ]
            for value in [*own, *cut, *turned[:12], *pairs[:60]]:
                line = f"{name} = {value}"
                yield self.inserted(statement, "body", len(statement.body), line, last.lineno)

    def cuts(self, y: Any, x: Any) -> list[str]:
        """Return how an array may be cut along its first axis to the shape of x."""
        if y.ndim != x.ndim or y.shape[1:] != x.shape[1:] or y.shape[0] <= x.shape[0]:
            return []
        return [f":{x.shape[0]}", f"{y.shape[0] - x.shape[0]}:"]

    def loop(self, statement: ast.For) -> Iterator[Edit]:
        """Yield other ends of a loop."""
        scope = self.scopes.get(statement.lineno, {})
        for slot, node in below(statement, "iter"):
            yield from self.expression(slot, node, statement.lineno, scope, None, of_loop=True)
        call = statement.iter
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range":
            reverse = ast.Call(ast.Name("reversed", ast.Load()), [call], [])
            yield self.edit((statement, "iter", None), reverse, "order", statement.lineno, 2, "the loop goes backwards")
            if len(call.args) == 2:
                whole = ast.Call(call.func, [call.args[1]], [])
                yield self.edit((statement, "iter", None), whole, "index", statement.lineno, 1, "the loop begins at 0")
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "reversed":
            yield self.edit((statement, "iter", None), call.args[0], "order", statement.lineno, 2)

    # --- statements -----------------------------------------------------------------------------------

    def result(self, statement: ast.stmt) -> tuple[int, ...] | None:
        """Return the shape of what a statement assigns."""
        target = getattr(statement, "target", None) or (getattr(statement, "targets", None) or [None])[0]
        text = ast.unparse(target) if target is not None else ""
        for scope in (self.scopes.get(-statement.lineno, {}), self.scopes.get(-1, {})):
            if text in scope:
                return tuple(scope[text].shape)
        return None

    def statement(self, statement: ast.stmt, slot: Slot, scope: Scope) -> Iterator[Edit]:
        """Yield the edits of one statement: of its value, of all below it, and of the statement itself."""
        line = statement.lineno
        shape = self.result(statement)
        if isinstance(statement, ast.Assign) and isinstance(
            statement.targets[0], (ast.Subscript, ast.Name, ast.Attribute)
        ):
            target = statement.targets[0]
            where = ast.unparse(target)
            if isinstance(target, ast.Subscript) or where in scope:
                new = ast.copy_location(ast.AugAssign(target, ast.Add(), statement.value), statement)
                yield self.edit(slot, new, "overwrite", line, 1, f"{where} has to be added to (+=), not overwritten")
            if isinstance(target, ast.Subscript):
                yield self.added_at(
                    slot, target, statement, "what an index gave before is overwritten where it repeats"
                )
        if isinstance(statement, ast.AugAssign):
            new_assign = ast.copy_location(ast.Assign([statement.target], statement.value), statement)
            yield self.edit(
                slot,
                new_assign,
                "overwrite",
                line,
                2,
                f"{ast.unparse(statement.target)} has to be set (=), not added to",
            )
            if isinstance(statement.target, ast.Subscript) and isinstance(statement.op, ast.Add):
                hint = "an index that repeats is added only once by +="
                yield self.added_at(slot, statement.target, statement, hint)
            for op in (ast.Add(), ast.Sub(), ast.Mult(), ast.Div()):
                if type(op) is not type(statement.op):
                    other = ast.copy_location(ast.AugAssign(statement.target, op, statement.value), statement)
                    kind = "sign" if isinstance(op, (ast.Add, ast.Sub)) else "product"
                    yield self.edit(slot, other, kind, line, 1)
            if isinstance(statement.target, ast.Name):
                yield from self.before_it(statement, statement.target.id, slot, scope)
                yield from self.without_first(statement, statement.target.id, slot, scope)
        if not isinstance(statement, ast.Return):
            gone = ast.copy_location(ast.Pass(), statement)
            yield self.edit(slot, gone, "applied twice", line, 2, "this line")
        if getattr(statement, "value", None) is None:
            return
        for i, one in enumerate(values_of(statement)):
            node = get(one)
            own = scope.get(ast.unparse(node))
            if own is None and isinstance(statement, ast.Return):
                ends = self.scopes.get(-1, {})
                own = ends.get(f"return {i}" if one[2] is not None else "return")
            yield from self.wrapped(one, node, line, scope, shape if own is None else own.shape)
            for term in terms_of(node):
                yield from self.wrapped(term, get(term), line, scope, shape, of_term=True)
        for inner, node in below(statement, "value"):
            yield from self.expression(inner, node, line, scope, shape)
        for name in ("targets", "target"):
            for inner, node in below(statement, name):
                if isinstance(node, (ast.Constant, ast.Compare)) or (isinstance(node, ast.Name) and inner[1] != name):
                    yield from self.expression(inner, node, line, scope, None)

    def added_at(self, slot: Slot, target: ast.Subscript, statement: ast.Assign | ast.AugAssign, hint: str) -> Edit:
        """Return np.add.at(dE, index, value) for dE[index] = value or +=."""
        at = copy.deepcopy(parse(f"{self.np}.add.at(0, 0, 0)"))
        assert isinstance(at, ast.Call)
        at.args = [loaded(copy.deepcopy(target.value)), without_colons(target.slice), statement.value]
        new = ast.copy_location(ast.Expr(at), statement)
        return self.edit(slot, new, "repeated index", statement.lineno, 1, hint)

    def before_it(self, statement: ast.AugAssign, name: str, slot: Slot, scope: Scope) -> Iterator[Edit]:
        """Yield dW = dW / m + …, for dW += …: what was there is scaled before it is added to."""
        for text, number in self.factors(self.distinct[statement.lineno]):
            near = any(abs(r * number - 1) < 1e-6 or abs(r / number - 1) < 1e-6 for r in self.ratios)
            for op in (ast.Div(), ast.Mult()):
                new = binary(binary(ast.Name(name, ast.Load()), op, parse(text)), statement.op, statement.value)
                hint = f"{'1/' if isinstance(op, ast.Div) else 'a factor '}{text}\0{text} = {number:g}"
                assign = ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], new), statement)
                yield self.edit(slot, assign, "factor", statement.lineno, 1 if near else 2, hint, 2 + len(text) / 100)

    def without_first(self, statement: ast.AugAssign, name: str, slot: Slot, scope: Scope) -> Iterator[Edit]:
        """Yield grad[1:] += … theta[1:] for grad += … theta: the bias is not regularised."""
        x = scope.get(name)
        if x is None or not x.ndim:
            return
        for index in ("1:", ":, 1:")[: x.ndim]:
            new = copy.deepcopy(statement)
            for node in ast.walk(new.value):
                for field, part in list(ast.iter_fields(node)):
                    if isinstance(part, ast.Name) and part.id in scope and scope[part.id].shape == x.shape:
                        setattr(node, field, parse(f"{part.id}[{index}]"))
            if isinstance(new.value, ast.Name) and scope.get(new.value.id, x[:0]).shape == x.shape:
                new.value = parse(f"{new.value.id}[{index}]")
            part_of = copy.deepcopy(parse(f"{name}[{index}]"))
            assert isinstance(part_of, ast.Subscript)
            part_of.ctx = ast.Store()
            new.target = part_of
            yield self.edit(slot, new, "index", statement.lineno, 2, f"{name}[{index}]")

    def moves(self, parent: ast.AST, name: str, i: int, in_loop: int) -> Iterator[Edit]:
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
                yield self.edit((parent, name, None), order, "updated before use", line, 1, hint, 2)
        if i and not isinstance(statement, ast.Return):
            for j in range(i):
                order = [*body[:j], statement, *body[j:i], *body[i + 1 :]]
                yield self.edit((parent, name, None), order, "order", line, 2, f"line {line} comes too late", 2)

    # --- expressions ----------------------------------------------------------------------------------

    def wrapped(
        self, slot: Slot, node: ast.expr, line: int, scope: Scope, shape: tuple[int, ...] | None, of_term: bool = False
    ) -> Iterator[Edit]:
        """Yield a value with something done to it: times a factor, summed, transposed, with a slope or a term more."""
        bare = (
            0.5 if isinstance(node, ast.Name) and isinstance(slot[0], ast.Assign) else 0.0
        )  # dx = dout: here something is missing, rather than elsewhere
        bare -= isinstance(node, ast.Constant)
        for text, number in self.factors(self.distinct[line]):
            near = any(abs(r * number - 1) < 1e-6 or abs(r / number - 1) < 1e-6 for r in self.ratios)
            rank = 0 if near else 2
            size = -bare + 0.9 + len(text) / 100 if near and text.isidentifier() else 2 - bare + len(text) / 100
            kind = "factor"
            yield self.edit(
                slot,
                binary(node, ast.Div(), parse(text)),
                kind,
                line,
                rank,
                f"1/{text}\0{text} = {number:g}",
                size,
            )
            yield self.edit(
                slot,
                binary(node, ast.Mult(), parse(text)),
                kind,
                line,
                rank,
                f"a factor {text}\0{text} = {number:g}",
                size,
            )
        yield self.edit(slot, ast.UnaryOp(ast.USub(), node), "sign", line, 0, "the sign", 2)
        yield from self.sums(slot, node, line)
        copied = isinstance(
            node, (ast.Name, ast.Subscript, ast.Attribute)
        )  # W = parameters["W"]: rather where it is used
        turned_value = ast.Attribute(node, "T", ast.Load())
        yield self.edit(slot, turned_value, "transpose", line, 1, "transposed", 2 if copied else 1)
        for text, x in self.distinct[line].items():
            if shape is not None and x.shape == shape and x.ndim and x.dtype.kind == "f":
                for form in self.coefficients(scope):
                    written, coefficient = form.format(text), form.replace("{}", "")
                    term = parse(written)
                    rank = 2 if coefficient else 1
                    yield self.edit(
                        slot,
                        binary(node, ast.Add(), term),
                        "term",
                        line,
                        rank,
                        ast.unparse(term),
                        3 + len(coefficient) / 10,
                    )
                    yield self.edit(
                        slot,
                        binary(node, ast.Sub(), term),
                        "term",
                        line,
                        rank + 1,
                        ast.unparse(term),
                        3 + len(coefficient) / 10,
                    )
        if shape is not None and len(shape):
            yield from self.broadcast_terms(slot, node, line, shape)
        if shape is not None and len(shape) > 1 and not of_term:
            yield from self.product_terms(slot, node, line, shape)
            yield from self.softmax_slopes(slot, line, shape)
        if shape is not None and len(shape) and not of_term:
            same = [text for text, x in self.distinct[line].items() if x.shape == shape and x.dtype.kind in "fiu"][:7]
            for a, b in itertools.permutations(same, 2):
                yield self.edit(slot, parse(f"{a} - {b}"), "another formula", line, 2, f"{a} - {b}", 3)
                if is_share(self.distinct[line][a], ends=False) and is_share(self.distinct[line][b], ends=True):
                    entropy = f"-{b} / {a} + (1 - {b}) / (1 - {a})"
                    yield self.edit(slot, parse(entropy), "another formula", line, 2, entropy, 2)
        chain = factors_of(node)
        spans = [
            (i, j, product_text(chain[i:j]))
            for i, j in itertools.combinations(range(len(chain) + 1), 2)
            if len(chain) > 1 and j - i <= 2 and j - i < len(chain)
        ]
        for text, about, rank in self.slopes(self.distinct[line], shape):
            slope, kind = parse(text), "slope" if about else "factor missing"
            hint = f"the slope of {about}" if about else text
            yield self.edit(slot, binary(node, ast.Mult(), slope), kind, line, rank, hint, 2 - bare)
            if about:
                yield self.edit(slot, slope, "slope", line, rank + 1, hint, 3)
                for i, j, old in spans if text not in [f"2 * {old}" for _, _, old in spans] else ():
                    new = product([*chain[:i], slope, *chain[j:]])
                    yield self.edit(slot, new, "slope", line, rank, f"{hint}\0{old}\0{text}")
        for i, j in itertools.combinations(range(len(chain) + 1), 2):
            if j - i < len(chain):
                new = product([*chain[:i], *chain[j:]])
                numbers = all(is_number(scope, f) for f in chain[i:j])
                kind = "factor" if numbers else "applied twice"
                yield self.edit(slot, new, kind, line, 1, product_text(chain[i:j]), 0 if numbers else 1)

    def broadcast_terms(self, slot: Slot, node: ast.expr, line: int, shape: tuple[int, ...]) -> Iterator[Edit]:
        """Yield a value with one more term that is repeated along an axis: dmu / N, the mean of dxhat."""
        terms = []
        arrays = [(text, x) for text, x in self.distinct[line].items() if x.ndim and x.dtype.kind == "f"]
        for text, x in arrays:
            if x.shape != shape and broadcasts(x.shape, shape):
                terms += [text] + [f"{text} / {n}" for n in self.counts(line, shape)]
            elif x.shape == shape and text.isidentifier():
                for axis in dict.fromkeys((-1, 0)) if x.ndim > 1 else ("None",):
                    of = "" if axis == "None" else f", axis={axis}, keepdims=True"
                    terms += [f"{self.np}.{f}({text}{of})" for f in ("mean", "sum")]
        own = [(t, x) for t, x in arrays if x.shape == shape and (t.isidentifier() or "." in t)][:24]
        terms = [
            f"{a} * {b}" for (a, _), (b, _) in itertools.permutations(own, 2) if is_derivative(a) > is_derivative(b)
        ] + terms
        for term in terms[:120]:
            for op in (ast.Add(), ast.Sub()):
                yield self.edit(slot, binary(node, op, parse(term)), "term", line, 3, neat(term), 3)

    def counts(self, line: int, shape: tuple[int, ...]) -> list[str]:
        """Return the names of whole numbers that are a size of this shape."""
        return [
            text
            for text, x in self.distinct[line].items()
            if x.ndim == 0 and x.dtype.kind in "iu" and x > 1 and int(x) in shape and text.isidentifier()
        ][:2]

    def product_terms(self, slot: Slot, node: ast.expr, line: int, shape: tuple[int, ...]) -> Iterator[Edit]:
        """Yield a value with one more term that is a matrix product of two arrays: + dv @ Wv.T."""
        arrays = [(t, x) for t, x in self.distinct[line].items() if x.ndim > 1 and x.dtype.kind == "f"][:40]
        there = ast.unparse(node)
        unused = {text for text, _ in arrays if not re.search(rf"(?<![\w.]){re.escape(text)}(?!\w)", there)}
        pairs = sorted(
            itertools.product(arrays, repeat=2), key=lambda p: (p[0][0] not in unused) + (p[1][0] not in unused)
        )
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
                term = f"{turned_text(a, x, left, self.np)} @ {turned_text(b, y, right, self.np)}"
                found += 1
                if term not in there and found < 80:
                    rank = 1 if belong_together(a, b) else 3
                    yield self.edit(slot, binary(node, ast.Add(), parse(term)), "term", line, rank, term, 3)
        rows = [(t, x) for t, x in self.distinct[line].items() if x.ndim == 1 and x.dtype.kind == "f"]
        for (a, x), (b, y) in itertools.permutations(rows, 2):
            term = f"{self.np}.outer({a}, {b})"
            if (*x.shape, *y.shape) == shape and gradient_like(a, b) and term not in there:
                rank = 1 if belong_together(a, b) else 3
                yield self.edit(slot, binary(node, ast.Add(), parse(term)), "term", line, rank, term, 3)

    def softmax_slopes(self, slot: Slot, line: int, shape: tuple[int, ...]) -> Iterator[Edit]:
        """Yield the slope of a softmax, s (d − Σ d s), of all that sums to 1 along an axis."""
        arrays = [(t, x) for t, x in self.distinct[line].items() if x.shape == shape and x.dtype.kind == "f"]
        for (s, x), axis in itertools.product(arrays, (-1, 0)):
            if np.all(x >= 0) and np.allclose(x.sum(axis=axis), 1.0, atol=1e-4):
                for d, _ in arrays:
                    if d != s:
                        new = f"{s} * ({d} - {self.np}.sum({d} * {s}, axis={axis}, keepdims=True))"
                        yield self.edit(slot, parse(new), "slope", line, 2, "the slope of softmax", 3)

    def slopes(self, scope: Scope, shape: tuple[int, ...] | None) -> Iterator[tuple[str, str, int]]:
        """Yield the slopes that could be meant, of everything of this shape."""
        if not shape:
            arrays = [t for t, x in scope.items() if x.ndim and "[" not in t and x.dtype.kind in "fb"][:8]
        else:
            arrays = [t for t, x in scope.items() if x.shape == shape and x.dtype.kind in "fb"]
            for text, x in scope.items():
                if x.shape != shape and x.dtype.kind in "fb" and broadcasts(x.shape, shape):
                    yield text, "", 1
                    yield f"1 / {text}", "", 2
        for text in arrays:
            for form, about, rank in SLOPES:
                yield form.format(a=text, np=self.np), about, rank

    def factors(self, scope: Scope) -> list[tuple[str, float]]:
        """Return the numbers that a line may be out by, as code: names first, then sizes, then constants."""
        found: dict[float, str] = {}
        for text, x in scope.items():
            if x.ndim == 0 and np.isfinite(x) and float(x) not in (0.0, 1.0, -1.0) and text not in self.loops:
                value = float(x)
                if value not in found or len(text) < len(found[value]):
                    found[value] = text
        for value, text in list(found.items()):
            if 0 < value < 1:
                found.setdefault(1 - value, f"(1 - {text})")
        found.setdefault(2.0, "2")
        for text, x in scope.items():
            for axis, n in enumerate(x.shape):
                if n > 1 and text.isidentifier():
                    found.setdefault(float(n), f"{text}.shape[{axis}]")
            if x.ndim > 1 and x.size > 1 and text.isidentifier() and len(text) < 5:
                found.setdefault(float(x.size), f"{text}.size")
        for n in [v for v in found if v > 1 and v == int(v)]:
            found.setdefault(float(np.sqrt(n)), f"{self.np}.sqrt({found[n]})")
        found = {2.0: "2" if "." in found.get(2.0, ".") else found[2.0], **found}
        return [(text, value) for value, text in found.items()][:24]

    def coefficients(self, scope: Scope) -> list[str]:
        """Return what a forgotten term may be multiplied by: nothing, λ, λ/m, 2λ."""
        names = [t for t, x in scope.items() if x.ndim == 0 and x.dtype.kind == "f" and t.isidentifier()][:4]
        names += [t for t, x in scope.items() if x.ndim == 0 and x.dtype.kind == "f" and t.startswith("self.")][:3]
        counts = [t for t, x in scope.items() if x.ndim == 0 and x.dtype.kind in "iu" and x > 1 and t.isidentifier()][
            :2
        ]
        found = ["{}"]
        for name in names:
            found += [f"{name} * {{}}", f"2 * {name} * {{}}"] + [f"{name} / {n} * {{}}" for n in counts]
        return found + [f"{{}} / {n}" for n in counts]

    def sums(self, slot: Slot, node: ast.expr, line: int) -> Iterator[Edit]:
        """Yield sums of a value over its axes."""
        text = ast.unparse(node)
        if len(text) > 60:
            return
        for axis in (
            "axis=1, keepdims=True",
            "axis=0, keepdims=True",
            "axis=0",
            "axis=1",
            "",
            "axis=-1, keepdims=True",
            "axis=(0, 1)",
            "axis=(0, 2, 3)",
            "axis=(0, 2)",
        ):
            call = parse(f"{self.np}.sum({text}{', ' if axis else ''}{axis})")
            yield self.edit(slot, call, "not summed", line, 1, f"np.sum({text}, {axis})".replace(", )", ")"), 2)

    def expression(
        self, slot: Slot, node: ast.expr, line: int, scope: Scope, shape: Any, of_loop: bool = False
    ) -> Iterator[Edit]:
        """Yield the edits of one node of an expression."""
        text = ast.unparse(node)
        in_slice = slot[1] == "slice" or isinstance(slot[0], ast.Slice)
        if text in scope and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            mine = scope[text]
            for other, x in self.distinct[line].items():
                if other != text and x is not mine and x.shape == mine.shape and (mine.ndim or x.dtype == mine.dtype):
                    kind = "another variable" if mine.ndim else "factor"
                    yield self.edit(
                        slot, parse(other), kind, line, 1, f"{other}\0{text}", 1 + 2 * (x.dtype != mine.dtype)
                    )
            of_shape = isinstance(slot[0], ast.Attribute) and slot[0].attr in ("shape", "size", "ndim", "dtype")
            if mine.ndim >= 2 and not in_slice and not of_shape:
                size = 2 if isinstance(slot[0], ast.Assign) else 1
                yield self.edit(slot, ast.Attribute(node, "T", ast.Load()), "transpose", line, 1, f"{text}.T", size)
            if mine.ndim == 0 and not in_slice and mine > 0:
                root = ast.Call(ast.Attribute(ast.Name(self.np, ast.Load()), "sqrt", ast.Load()), [node], [])
                yield self.edit(slot, root, "factor", line, 1, f"the root of {text}", 0.5)
            if mine.ndim == 0 and mine.dtype.kind in "iu":
                for step in (ast.Sub(), ast.Add()):
                    yield self.edit(slot, binary(node, step, ast.Constant(1)), "index", line, 2)
            for other, x in self.distinct[line].items():  # Wh for Wx
                shared = mine.ndim == x.ndim == 2 and x.shape != mine.shape and set(mine.shape) & set(x.shape)
                if shared and not in_slice and x.dtype.kind == "f":
                    yield self.edit(slot, parse(other), "another variable", line, 2, f"{other}\0{text}", 2)
            for other, x in self.distinct[line].items():  # W for W.T of another shape
                if other != text and mine.ndim == 2 and x.shape == mine.shape[::-1] and x.shape != mine.shape:
                    yield self.edit(
                        slot,
                        ast.Attribute(parse(other), "T", ast.Load()),
                        "another variable",
                        line,
                        2,
                        f"{other}.T\0{text}",
                        2,
                    )
            if mine.ndim and not in_slice and isinstance(slot[0], ast.BinOp) and mine.dtype.kind == "f":
                yield self.edit(slot, binary(node, ast.Pow(), ast.Constant(2)), "power", line, 2)
        if is_factor(slot) and text in scope and scope[text].ndim:
            yield from self.grown(slot, node, text, line)
        if isinstance(node, ast.Constant) and node.value == 0 and not in_slice and not isinstance(slot[0], ast.keyword):
            for other in self.distinct[line]:
                if is_derivative(other) and other.isidentifier():
                    yield self.edit(slot, parse(other), "term", line, 2, other)
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield self.edit(slot, node.value, "transpose", line, 1, text)
        if isinstance(node, ast.UnaryOp):
            yield self.edit(slot, node.operand, "sign", line, 0 if isinstance(node.op, ast.USub) else 2, size=0)
        if isinstance(node, ast.BinOp):
            yield from self.operator(slot, node, line, of_loop or in_slice)
        if isinstance(node, ast.Constant):
            yield from self.constant(slot, node, line)
        if isinstance(node, ast.Compare) and in_slice:
            for other in [t for t, x in self.distinct[line].items() if x.dtype.kind == "b" and x.ndim][:8]:
                yield self.edit(slot, parse(other), "another variable", line, 2, f"{other}\0{text}", 2)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            for op in (ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE(), ast.Eq(), ast.NotEq()):
                if type(op) is not type(node.ops[0]):
                    yield self.edit(slot, ast.Compare(node.left, [op], node.comparators), "comparison", line, 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            yield from self.brackets(slot, node, line)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and not is_factor(slot):
            yield from self.inner_slopes(slot, node, line)
        if isinstance(node, ast.Call):
            yield from self.call(slot, node, line)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
            for i, j in itertools.combinations(range(len(node.slice.elts)), 2):
                places = list(node.slice.elts)
                if not any(isinstance(places[n], (ast.Slice, ast.Constant)) for n in (i, j)):
                    places[i], places[j] = places[j], places[i]
                    new_index = ast.Subscript(node.value, ast.Tuple(places, ast.Load()), node.ctx)
                    yield self.edit(slot, new_index, "index", line, 2)
        if isinstance(node, (ast.Tuple, ast.List)) and not in_slice and isinstance(node.ctx, ast.Load):
            yield from self.other_order(slot, node, line)
        if text in scope and scope[text].ndim and scope[text].dtype.kind == "f" and isinstance(slot[0], ast.BinOp):
            yield from self.wrapped_in_function(slot, node, text, line)
        if isinstance(node, ast.Slice):
            for name in ("lower", "upper", "step"):
                if getattr(node, name) is not None:
                    other_slice = copy.copy(node)
                    setattr(other_slice, name, None)
                    yield self.edit(slot, other_slice, "index", line, 2)
            if (node.lower is None) != (node.upper is None) and node.step is None:
                yield self.edit(slot, ast.Slice(node.upper, node.lower), "index", line, 2)
            numbers = [t for t, x in self.distinct[line].items() if x.ndim == 0 and x.dtype.kind in "iu" and x > 0]
            numbers = [t for t in numbers if t.isidentifier() and t not in self.loops][:6]
            for text in ("1:", ":-1", *(form for t in numbers for form in (f":{t}", f"{t}:"))):
                one = ast.parse(f"x[{text}]", mode="eval").body
                assert isinstance(one, ast.Subscript)
                if ast.unparse(one.slice) != ast.unparse(node):
                    yield self.edit(slot, one.slice, "index", line, 3)
        if isinstance(node, ast.Subscript) and not in_slice and ast.unparse(node.value) in scope:
            yield from self.whole(slot, node, scope[ast.unparse(node.value)], line)
        if isinstance(node, ast.Subscript) and text in scope and scope[text].ndim:
            if ast.unparse(node.value) in scope:
                yield self.edit(slot, node.value, "index", line, 2, ast.unparse(node.value))

    def other_order(self, slot: Slot, node: ast.Tuple | ast.List, line: int) -> Iterator[Edit]:
        """Yield the elements of a row in another order: np.hstack((df, di)) for np.hstack((di, df))."""
        n = len(node.elts)
        pairs = itertools.combinations(range(n), 2)
        turns = list(itertools.permutations(range(n))) if n < 5 else [swap(n, i, j) for i, j in pairs]
        for turn in turns:
            moved = [i for i, k in enumerate(turn) if i != k]
            if moved:
                new = type(node)([node.elts[k] for k in turn], ast.Load())
                hint = f"{ast.unparse(node.elts[moved[0]])}\0{ast.unparse(node.elts[moved[1]])}"
                yield self.edit(slot, new, "places swapped", line, 1, hint, 0.75 * len(moved))

    def wrapped_in_function(self, slot: Slot, node: ast.expr, text: str, line: int) -> Iterator[Edit]:
        """Yield np.tanh(c) for c, and what else forward may have done to it."""
        space = self.source.function.__globals__
        names = [f"{self.np}.{name}" for name in ("tanh", "exp", "log", "sqrt", "abs")]
        for name, x in space.items():
            code = x.__code__ if isinstance(x, FunctionType) else None
            if code is not None and code.co_argcount == 1 and is_users(x) and not DOING.search(name):
                names.append(name)
        for name in names[:12]:
            new = ast.Call(parse(name), [node], [])
            yield self.edit(slot, new, "function", line, 2, f"{name}({text})", 2)

    def whole(self, slot: Slot, node: ast.Subscript, x: Any, line: int) -> Iterator[Edit]:
        """Yield np.sum(dZ, axis=1, keepdims=True) for dZ[:, -1:]: all examples count, not one."""
        index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        of = ast.unparse(node.value)
        for axis, part in enumerate(index[: x.ndim]):
            cut = isinstance(part, ast.Slice) and (part.lower is not None or part.upper is not None)
            if cut or not isinstance(part, ast.Slice):
                keep = ", keepdims=True" if cut else ""
                new = parse(f"{self.np}.sum({of}, axis={axis}{keep})")
                yield self.edit(slot, new, "one example", line, 2, f"{ast.unparse(node)}\0{ast.unparse(new)}", 2)

    def operands(self, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
        """Yield a product with a variable in the place of a longer operand: err @ W for (X @ W.T - Y) @ W."""
        arrays = [t for t, x in self.distinct[line].items() if x.ndim == 2 and x.dtype.kind == "f" and t.isidentifier()]
        for field, operand in (("left", node.left), ("right", node.right)):
            if isinstance(operand, ast.BinOp):
                for text in arrays[:12]:
                    hint = f"{text}\0{ast.unparse(operand)}"
                    yield self.edit((node, field, None), parse(text), "another variable", line, 2, hint, 2)

    def all_examples(self, slot: Slot, node: ast.expr, line: int) -> Iterator[Edit]:
        """Yield dZ @ X.T for dZ[:, -1:] @ X[:, -1:].T: a product over all examples, not of one."""
        new = copy.deepcopy(node)
        cut = AllExamples()
        new = cut.visit(new)
        if cut.count > 1:
            yield self.edit(slot, new, "one example", line, 2, f"{ast.unparse(node)}\0{ast.unparse(new)}", 2)

    def grown(self, slot: Slot, node: ast.expr, text: str, line: int) -> Iterator[Edit]:
        """Yield a factor with one more term: (dh[t] + dh_next) * (1 - h**2) for what comes from the step behind."""
        scope = self.distinct[line]
        mine = self.scopes[line][text]
        alike = [(t, x) for t, x in scope.items() if x.shape == mine.shape and x.dtype.kind == "f" and t != text]
        for other, _ in sorted(alike, key=lambda pair: not pair[0].isidentifier())[:16] if is_derivative(text) else ():
            yield self.edit(slot, binary(node, ast.Add(), parse(other)), "term", line, 3, other, 2)

    def operator(self, slot: Slot, node: ast.BinOp, line: int, of_index: bool) -> Iterator[Edit]:
        """Yield other operators, operands the other way round, and one operand alone."""
        left, op, right = node.left, node.op, node.right
        others: dict[type, tuple[tuple[ast.operator, str], ...]] = {
            ast.Mult: ((ast.MatMult(), "product"), (ast.Div(), "product")),
            ast.MatMult: ((ast.Mult(), "product"),),
            ast.Div: ((ast.Mult(), "factor"), (ast.FloorDiv(), "factor")),
            ast.FloorDiv: ((ast.Div(), "factor"),),
            ast.Add: ((ast.Sub(), "sign"), (ast.Mult(), "product")),
            ast.Sub: ((ast.Add(), "sign"), (ast.Mult(), "product")),
        }
        for other, kind in others.get(type(op), ()):
            yield self.edit(slot, binary(left, other, right), kind, line, 1)
        if isinstance(op, (ast.Sub, ast.MatMult, ast.Div, ast.Pow)):
            kind = {ast.Sub: "sign", ast.MatMult: "operands swapped"}.get(type(op), "operands swapped")
            yield self.edit(slot, binary(right, op, left), kind, line, 1)
        if isinstance(op, ast.MatMult):
            yield from self.products(slot, left, right, line)
            yield from self.all_examples(slot, node, line)
            yield from self.operands(slot, node, line)
        kinds = {ast.Add: "term too many", ast.Sub: "term too many", ast.Pow: "power"}
        number = isinstance(right, (ast.Constant, ast.Name)) and isinstance(op, (ast.Mult, ast.Div))
        for kept, gone in ((left, right), (right, left)):
            plain_factor = is_number(self.scopes[line], gone)
            kind = kinds.get(type(op), "factor" if plain_factor or isinstance(op, ast.MatMult) else "applied twice")
            rank = 2 if number and kept is right and not isinstance(left, ast.Constant) else 1
            yield self.edit(slot, kept, "index" if of_index else kind, line, rank, ast.unparse(gone), 0)
        if isinstance(op, ast.Pow):
            for power in (1, 2, 3, 0.5, -1, -0.5, -1.5, -2):
                yield self.edit(slot, binary(left, op, ast.Constant(power)), "power", line, 2)
        if isinstance(op, (ast.Add, ast.Sub)) and not of_index and not is_sum(slot):
            yield from self.summands(slot, node, line)
        if isinstance(op, (ast.Add, ast.Sub)) and not of_index:  # a forgotten 1 − …
            yield self.edit(slot, binary(ast.Constant(1), ast.Sub(), node), "term", line, 3)

    def brackets(self, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
        """Yield a * (b - c) for a * b - c, and a * b - c for the other."""
        left, right = node.left, node.right
        if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Mult, ast.Div)):
            inner = binary(left.right, node.op, right)
            yield self.edit(slot, binary(left.left, left.op, inner), "brackets", line, 2, ast.unparse(inner), 2)
        if isinstance(right, ast.BinOp) and isinstance(right.op, (ast.Mult, ast.Div)):
            inner = binary(left, node.op, right.left)
            yield self.edit(slot, binary(inner, right.op, right.right), "brackets", line, 2, ast.unparse(inner), 2)

    def inner_slopes(self, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
        """Yield a product inside an expression with another slope in it: np.hstack([dg * g * (1 - g), …])."""
        chain = factors_of(node)
        scope = self.distinct[line]
        named = [scope[t].shape for f in chain if (t := ast.unparse(f)) in scope and scope[t].ndim]
        if not named:
            return
        shape = max(named, key=len)
        spans = [(i, j) for i, j in itertools.combinations(range(len(chain) + 1), 2) if j - i < len(chain)]
        for text, about, rank in self.slopes(scope, shape):
            hint = f"the slope of {about}" if about else text
            kind = "slope" if about else "factor missing"
            yield self.edit(slot, binary(node, ast.Mult(), parse(text)), kind, line, rank + 1, hint, 2)
            for i, j in spans if about else ():
                new = product([*chain[:i], parse(text), *chain[j:]])
                told = f"{hint}\0{product_text(chain[i:j])}\0{text}"
                yield self.edit(slot, new, "slope", line, rank + 1, told, 2)
        same = [t for t, x in scope.items() if x.shape == shape and t.isidentifier() and x.dtype.kind in "fiu"][:6]
        for a, b in itertools.permutations(same, 2):
            yield self.edit(slot, parse(f"{a} - {b}"), "another formula", line, 3, f"{a} - {b}", 3)
        for i, j in spans:
            yield self.edit(slot, product([*chain[:i], *chain[j:]]), "applied twice", line, 2, product_text(chain[i:j]))

    def summands(self, slot: Slot, node: ast.BinOp, line: int) -> Iterator[Edit]:
        """Yield a sum with one more term, of all that could be added."""
        parts = [text for term in terms_of(node) if (text := ast.unparse(get(term))) in self.scopes[line]]
        shapes = [self.scopes[line][text].shape for text in parts]
        arrays = [(t, x) for t, x in self.distinct[line].items() if x.ndim and x.dtype.kind == "f" and t not in parts]
        for text, x in arrays[:16]:
            if not shapes or any(x.shape in (s, s[-x.ndim :]) for s in shapes):
                for op in (ast.Sub(), ast.Add()):
                    yield self.edit(slot, binary(node, op, parse(text)), "term", line, 2, text, 2)

    def products(self, slot: Slot, left: ast.expr, right: ast.expr, line: int) -> Iterator[Edit]:
        """Yield a matrix product with its operands transposed and swapped."""
        for a, b in ((left, right), (right, left)):
            for ta, tb in itertools.product((False, True), repeat=2):
                new = binary(self.turn(a, line) if ta else a, ast.MatMult(), self.turn(b, line) if tb else b)
                yield self.edit(slot, new, "transpose", line, 1, ast.unparse(new), 1 + ta + tb + (a is not left))

    def turn(self, node: ast.expr, line: int) -> ast.expr:
        """Return the transpose of a matrix, or of the last two axes of a stack of them."""
        x = self.scopes[line].get(ast.unparse(node))
        if x is not None and x.ndim > 2:
            return parse(f"{self.np}.swapaxes({ast.unparse(node)}, -1, -2)")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
            if node.func.attr in ("swapaxes", "transpose"):
                return node.func.value if ast.unparse(node.func.value) != self.np else node.args[0]
        return turned(node)

    def constant(self, slot: Slot, node: ast.Constant, line: int) -> Iterator[Edit]:
        """Yield other constants."""
        value = node.value
        if isinstance(value, str):
            for text in self.strings:
                if text != value:
                    yield self.edit(slot, ast.Constant(text), "function", line, 2, repr(text))
        elif isinstance(value, bool):
            yield self.edit(slot, ast.Constant(not value), "axis", line, 1)
        elif isinstance(value, int):
            if isinstance(slot[0], (ast.Tuple, ast.Subscript)):
                for name in sorted(self.loops):
                    yield self.edit(slot, ast.Name(name, ast.Load()), "index", line, 2, f"{name} belongs here")
            if value > 1 and isinstance(slot[0], ast.BinOp) and isinstance(slot[0].op, (ast.Div, ast.Mult)):
                for text, number in self.factors(self.distinct[line]):
                    if number != value and number > 1:
                        hint = f"{text}\0{value}"
                        yield self.edit(slot, parse(text), "fixed number", line, 1, hint, 2 + len(text) / 100)
            for other in dict.fromkeys([1 - value, value + 1, value - 1, 2, -value]):
                if other != value:
                    kind = "axis" if isinstance(slot[0], ast.keyword) and slot[0].arg == "axis" else "constant"
                    yield self.edit(slot, ast.Constant(other), kind, line, 1 if kind == "axis" else 2)
        elif isinstance(value, float):
            for new in dict.fromkeys([2 * value, value / 2, -value, 1.0, 0.0, 1 - value]):
                if new != value:
                    yield self.edit(slot, ast.Constant(new), "constant", line, 2)

    def call(self, slot: Slot, node: ast.Call, line: int) -> Iterator[Edit]:
        """Yield a call with other axes, with its arguments swapped, with another function, or left out."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("sum", "mean", "max", "var", "std", "prod", "cumsum"):
            module = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == self.np
            first = node.args[:1] if module else []
            for other in ("sum", "mean"):
                func = copy.copy(node.func)
                if isinstance(func, ast.Attribute) and other != name:
                    func.attr = other
                    new = ast.Call(func, node.args, node.keywords)
                    yield self.edit(slot, new, "sum for mean", line, 1, ast.unparse(new))
            axes = (
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
            for text in axes:
                for other in dict.fromkeys([name, "sum", "mean"]):
                    parsed = parse(f"f({text})")
                    assert isinstance(parsed, ast.Call)
                    func = copy.copy(node.func)
                    if isinstance(func, ast.Attribute):
                        func.attr = other
                    elif other != name:
                        continue
                    new = ast.Call(func, first, parsed.keywords)
                    if ast.unparse(new) != ast.unparse(node):
                        kind = "axis" if other == name else "sum for mean"
                        yield self.edit(slot, new, kind, line, 1 if other == name or not text else 2, ast.unparse(new))
        if name in ("dot", "matmul", "multiply", "outer") and len(node.args) == 2:
            a, b = node.args
            if name in ("dot", "matmul"):
                for x, y in ((a, b), (b, a)):
                    for tx, ty in itertools.product((False, True), repeat=2):
                        swapped = ast.Call(node.func, [turned(x) if tx else x, turned(y) if ty else y], [])
                        yield self.edit(
                            slot, swapped, "transpose", line, 1, ast.unparse(swapped), 1 + tx + ty + (x is not a)
                        )
            op = ast.Mult() if name in ("dot", "matmul") else ast.MatMult()
            yield self.edit(slot, binary(a, op, b), "product", line, 1)
            yield self.edit(slot, a, "factor", line, 1, ast.unparse(b))
            yield self.edit(slot, b, "factor", line, 1, ast.unparse(a))
        numbers = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if name == "transpose" and 2 < len(numbers) == len(node.args) < 5:
            for order in itertools.permutations(numbers):
                if list(order) != numbers:
                    turned_call = ast.Call(node.func, [ast.Constant(n) for n in order], [])
                    yield self.edit(slot, turned_call, "transpose", line, 2, ast.unparse(turned_call))
        if name == "reshape" and isinstance(node.func, ast.Attribute):
            before = ast.unparse(node.func.value)
            array = self.scopes[line].get(before)
            for turn in itertools.permutations(range(array.ndim)) if array is not None and array.ndim in (3, 4) else ():
                if list(turn) != sorted(turn):
                    hint = f"{before}.transpose{turn}"
                    moved = ast.Attribute(parse(hint), "reshape", ast.Load())
                    yield self.edit(slot, ast.Call(moved, node.args, node.keywords), "transpose", line, 2, hint, 2)
        if node.args and not isinstance(node.args[0], ast.Starred):
            yield self.edit(slot, node.args[0], "call", line, 2, f"{name} is one too many")
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != self.np:
            yield self.edit(slot, node.func.value, "call", line, 2, f"{name} is one too many")
        groups = (
            "sin cos tan",
            "exp log",
            "tanh",
            "maximum minimum",
            "argmax argmin max min",
            "zeros_like ones_like",
            "floor ceil",
        )
        for group in groups:
            if name in group.split() and isinstance(node.func, ast.Attribute):
                for other in group.split():
                    if other != name:
                        new = ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords)
                        yield self.edit(slot, new, "function", line, 1, other)
        if isinstance(node.func, ast.Name):
            space = self.source.function.__globals__
            mine = space.get(node.func.id)
            code = mine.__code__ if isinstance(mine, FunctionType) else None
            for other, x in space.items():
                same = x.__code__ if isinstance(x, FunctionType) else None
                if code is not None and same is not None and x is not mine and same.co_argcount == code.co_argcount:
                    if not code.co_argcount or DOING.search(other):
                        continue  # to call it may do anything
                    if getattr(x, "__module__", "") == getattr(mine, "__module__", None):
                        new = ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)
                        yield self.edit(slot, new, "function", line, 1, f"{other}\0{node.func.id}")
        if name in ("where", "maximum", "minimum", "dot", "matmul", "outer", "hstack", "add", "append"):
            for i, argument in enumerate(node.args):
                for text, x in list(self.distinct[line].items())[:16] if i or name != "where" else ():
                    if x.dtype.kind == "f" and text != ast.unparse(argument):
                        arguments = [*node.args[:i], binary(argument, ast.Mult(), parse(text)), *node.args[i + 1 :]]
                        more = ast.Call(node.func, arguments, node.keywords)
                        yield self.edit(slot, more, "factor missing", line, 3, text, 2)
        if len(node.args) > 1:
            for i in range(len(node.args) - 1):
                arguments = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
                yield self.edit(slot, ast.Call(node.func, arguments, node.keywords), "operands swapped", line, 2)


def swap(n: int, i: int, j: int) -> tuple[int, ...]:
    """Return the numbers below n with i and j in each other's place."""
    return tuple({i: j, j: i}.get(k, k) for k in range(n))


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


def is_number(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is known to be a single number: a name, len(x), X.shape[1], 2 * m."""
    text = ast.unparse(node)
    if text in scope:
        return bool(scope[text].ndim == 0)
    if isinstance(node, ast.BinOp):
        return is_number(scope, node.left) and is_number(scope, node.right)
    return isinstance(node, ast.Constant) or text.startswith("len(") or ".shape[" in text or text.endswith(".size")


def is_factor(slot: Slot) -> bool:
    """Whether a place is one of the operands of a product."""
    return isinstance(slot[0], ast.BinOp) and isinstance(slot[0].op, ast.Mult)


def is_sum(slot: Slot) -> bool:
    """Whether a place is one of the operands of a sum."""
    return isinstance(slot[0], ast.BinOp) and isinstance(slot[0].op, (ast.Add, ast.Sub))


def is_share(x: Any, ends: bool) -> bool:
    """Whether all numbers lie between 0 and 1: labels, or what a sigmoid gives."""
    return bool(np.all((x >= 0) & (x <= 1)) if ends else np.all((x > 0) & (x < 1)))


def is_within_reach(text: str, counted: set[str]) -> bool:
    """Whether people would write this here: a name, an attribute, a key; a place in a list only where they count so."""
    base, _, rest = text.rpartition("[")
    return not rest.rstrip("]").lstrip("-").isdigit() or not base or base in counted


def is_stash(statement: ast.stmt) -> bool:
    """Whether a statement is ours: it keeps the variables for us to see."""
    return isinstance(statement, ast.Expr) and "__stash__" in ast.unparse(statement)


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


def without_aliases(scope: Scope) -> Scope:
    """Return one name for each array: A1 rather than cache[1]."""
    seen: set[int] = set()
    found: Scope = {}
    for text in sorted(scope, key=lambda t: (not t.isidentifier(), len(t))):
        x = scope[text]
        if x.ndim and id(x) in seen:
            continue
        seen.add(id(x))
        found[text] = x
    return {text: found[text] for text in scope if text in found}


def gradient_like(a: str, b: str) -> bool:
    """Whether one of two names is that of a gradient, and the other is not."""
    return is_derivative(a) != is_derivative(b)


def stem(text: str) -> str:
    """Return what a name says besides d, W and U: of dv, self.Wv and dv_next it is v."""
    name = text.rpartition(".")[2].strip("_'\"]")
    name = name.rpartition("'")[2] if "'" in name else name
    return re.sub(r"^(d|grad_?|[wuvW U]_?)(?=\w)", "", name, flags=re.IGNORECASE).lower()


def belong_together(a: str, b: str) -> bool:
    """Whether two names are those of a gradient and of what it is multiplied by: dv and Wv, den and n."""
    one, other = stem(a), stem(b)
    return bool(one and other) and (one == other or one.endswith(other) or other.endswith(one))


def is_derivative(text: str) -> bool:
    """Whether a name looks like that of a gradient."""
    name = text.rpartition(".")[2].lower()
    return name.startswith(("d", "g", "delta", "nabla"))


def turned_text(text: str, x: Any, turn: bool, module: str) -> str:
    """Write an array, or its transpose in the last two axes."""
    return text if not turn else f"{text}.T" if x.ndim == 2 else f"{module}.swapaxes({text}, -1, -2)"


def loaded(node: ast.expr) -> ast.expr:
    """Return an expression that was stored to as one that is read."""
    text = ast.unparse(node)
    return parse(text)


def without_colons(index: ast.expr) -> ast.expr:
    """Return an index as it can be handed to a function: slice(None) for a colon."""
    if isinstance(index, ast.Slice):
        ends: list[ast.expr] = [index.lower or ast.Constant(None), index.upper or ast.Constant(None)]
        ends = [ends[1]] if index.lower is None and index.step is None else ends
        return ast.Call(ast.Name("slice", ast.Load()), [*ends, *([index.step] if index.step else [])], [])
    if isinstance(index, ast.Tuple):
        return ast.Tuple([without_colons(part) for part in index.elts], ast.Load())
    return index


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of this shape, more than a number, is repeated to that shape."""
    behind = to[len(to) - len(shape) :] if len(shape) <= len(to) else ()
    return len(shape) > 0 and len(behind) == len(shape) and all(a in (1, b) for a, b in zip(shape, behind, strict=True))


def turned(node: ast.expr) -> ast.expr:
    """Return the transpose: x.T of x, and x of x.T."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


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
