"""One edit, and what the edits of a function are made from: its source, and what stood in its names."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..source import Scope, Source
from .names import is_within_reach, without_aliases
from .syntax import Slot, locate, put

SIZES = (ast.BinOp, ast.FloorDiv, ast.Mult, ast.Name, ast.Load, ast.Constant)  # what C // G is made of


def names_in(node: ast.AST) -> set[str]:
    """Return the names in an expression."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


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
    factor: str = ""  # what a slope is, as code
    by_chance: bool = False  # right at these numbers, and wrong at others

    def apply(self) -> Any:
        """Put the new node in its place; return the old one."""
        locate(self.new, self.line)
        return put(self.slot, self.new)

    def undo(self, old: Any) -> None:
        """Put the old node back."""
        put(self.slot, old)


class Editor:
    """What the edits of one function are made from."""

    def __init__(
        self,
        source: Source,
        scopes: dict[int, Scope],
        ratios: Sequence[float] = (),
        cleared: frozenset[int] = frozenset(),
        strings: Sequence[str] = (),
        forward: str = "",
    ) -> None:
        self.source, self.scopes, self.ratios, self.cleared = source, scopes, ratios, cleared
        self.strings = strings  # that something is compared with
        self.forward = forward  # what the forward pass is written as
        self.sizes = [
            (ast.unparse(node), names)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.BinOp)
            and isinstance(node.op, (ast.FloorDiv, ast.Mult))
            and (names := sorted(names_in(node)))
            and all(isinstance(part, SIZES) for part in ast.walk(node))
        ][:6]
        self.before: dict[tuple[int, str], set[str]] = {}  # which activations were applied to what goes in
        self.here: Slot | None = None  # the statement that is being edited
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
        subscripts = [node for node in ast.walk(source.tree) if isinstance(node, ast.Subscript)]
        counted = {ast.unparse(s.value) for s in subscripts if isinstance(s.slice, (ast.Constant, ast.UnaryOp))}
        counted -= {ast.unparse(s.value) for s in subscripts if self.loops & names_in(s.slice)}  # h[t] and h[0]: a loop
        written = {ast.unparse(s) for s in subscripts}
        self.distinct = {
            line: without_aliases(
                {t: x for t, x in scope.items() if t in written or is_within_reach(t, counted)}, written
            )
            for line, scope in scopes.items()
        }

    def edit(self, slot: Slot, new: Any, kind: str, line: int, rank: int, hint: str = "", size: float = 1) -> Edit:
        """Return an edit of this function."""
        return Edit(self.source, slot, new, kind, line, rank, hint, size, self.here)

    def scope(self, line: int) -> Scope:
        """Return what stood in the names at a line; nothing where it did not run."""
        return self.scopes.get(line, {})

    def known(self, line: int) -> Scope:
        """Return the same, of each array one name."""
        return self.distinct.get(line, {})

    def is_in_forward(self, text: str) -> bool:
        """Whether the forward pass multiplies or divides by this, or takes its root."""
        name = re.escape(text)
        return bool(re.search(rf"([*/] |sqrt\(){name}(?!\w)|(?<![\w.]){name} [*/]|sqrt\({name}", self.forward))

    def is_near(self, number: float) -> bool:
        """Whether a wrong gradient is the right one times this number, or over it."""
        return any(abs(r * number - 1) < 1e-6 or abs(r / number - 1) < 1e-6 for r in self.ratios)

    def arrays(self, line: int, kinds: str = "f") -> list[tuple[str, Any]]:
        """Return the arrays that stand in names at a line, of these kinds of dtype."""
        return [(text, x) for text, x in self.known(line).items() if x.ndim and x.dtype.kind in kinds]
