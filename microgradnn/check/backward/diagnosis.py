"""What is wrong with a backward pass: the edits of its own source that make it right, found one after the other."""

from __future__ import annotations

import ast
import contextlib
import io
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .calls import Pass
from .edits import Edit, Editor
from .evidence import Evidence, ratio_of, weigh
from .phrases import explain
from .reference import Reference
from .source import Scope, Source, watch

SECONDS = 2.5
MOST = 4  # mistakes that are looked for one after the other
MOVED = ("order", "updated before use")
AGREES = 1e-5  # of an edited pass with the reference


@dataclass
class Finding:
    """One mistake: the line where it is, what it does to which gradients, and what would be right."""

    kind: str
    names: tuple[str, ...]  # of the gradients that are right once it is mended
    text: str  # how the first of them is wrong
    line: int | None = None
    file: str = ""
    quoted: str = ""
    right: str = ""  # the line as it would be right
    hint: str = ""
    follow: tuple[str, ...] = ()


@dataclass
class State:
    """The gradients under the edits so far, and how near each is to the right one."""

    claims: list[Array | None]
    scores: list[float] = field(default_factory=list)


class Diagnosis:
    """The search for the edits of a pass that make its gradients those of the reference."""

    def __init__(self, user: Pass, reference: Reference, wrong: Sequence[int], seconds: float = SECONDS) -> None:
        self.user, self.reference, self.wrong = user, reference, list(wrong)
        self.ends = time.perf_counter() + seconds
        self.findings: list[Finding] = []
        self.scopes: dict[tuple[CodeType, int], Scope] = {}
        self.vary = ()

    def claims(self, edited: Source | None) -> list[Array | None] | None:
        """Return what the pass claims with its sources as they stand, or None where it does not run."""
        try:
            return self.user.gradients(rebuilt=self.user.family.rebuild(edited))
        except Exception:  # an edit may break the code in any way
            return None

    def score(self, k: int, claimed: Array | None) -> float:
        """Return 1 for a right gradient, and less the further it is off."""
        if claimed is None:
            return -0.5
        right = self.reference.slopes(k).values
        if claimed.shape != right.shape:
            return 0.0 if claimed.size != right.size else 0.05
        if self.reference.right(k, claimed):
            return 1.0
        with np.errstate(all="ignore"):
            near = float(np.mean(~self.reference.wrong(k, claimed)[self.reference.slopes(k).known]))
            return 0.1 + 0.4 * max(near, 0.75 if ratio_of(claimed, right) is not None else 0.0)

    def run(self) -> None:
        """Find mistakes one after the other until all is right, or nothing helps, or the time is over."""
        sources = self.user.family.sources
        if not sources:
            return
        with watch([s.function for s in sources], self.scopes), quiet(), contextlib.suppress(Exception):
            self.user.gradients()
        if self.claims(None) is None:
            return
        now = self.user.gradients()
        for _ in range(MOST):
            scores = [self.score(k, now[k]) for k in self.wrong]
            if all(score == 1.0 for score in scores):
                return
            best = self.search(now, scores)
            if best is None:
                return
            edit, found = best
            self.accept(edit, now, scores, [self.score(k, found[k]) for k in self.wrong])
            now = found

    def ratios(self, now: Sequence[Array | None]) -> list[float]:
        """Return the constant ratios among the wrong gradients."""
        found = []
        for k in self.wrong:
            claimed = now[k]
            ratio = ratio_of(claimed, self.reference.slopes(k).values) if claimed is not None else None
            if ratio is not None and abs(ratio - 1) > AGREES:
                found.append(abs(ratio))
        return found

    def all_edits(self, now: Sequence[Array | None]) -> list[Edit]:
        """Return all edits, the likeliest first."""
        found: list[Edit] = []
        ratios = self.ratios(now)
        for source in self.user.family.sources:
            scopes = {line: scope for (code, line), scope in self.scopes.items() if code is source.function.__code__}
            found += Editor(source, scopes, ratios).edits()
        return sorted(found, key=lambda edit: (edit.rank, edit.size))

    def search(self, now: Sequence[Array | None], scores: Sequence[float]) -> tuple[Edit, list[Array | None]] | None:
        """Return the edit that mends most, and the gradients with it."""
        best: tuple[float, Edit, list[Array | None]] | None = None
        rank, before = -1, sum(scores)
        fixed_before = sum(score == 1.0 for score in scores)
        for edit in self.all_edits(now):
            if edit.rank > rank:
                if best is not None and best[0] >= 90 and rank >= 1:  # something is right now that was not
                    break
                rank = edit.rank
            if time.perf_counter() > self.ends:
                break
            old = edit.apply()
            try:
                found = self.claims(edit.source)
            finally:
                edit.undo(old)
            if found is None or any(not same(found[k], now[k]) for k in range(len(now)) if k not in self.wrong):
                continue
            after = [
                1.0 if same(found[k], now[k]) and s == 1.0 else self.score(k, found[k])
                for k, s in zip(self.wrong, scores, strict=True)
            ]
            if any(s == 1.0 and a < 1.0 for s, a in zip(scores, after, strict=True)):
                continue
            fixed = sum(score == 1.0 for score in after) - fixed_before
            gain = 100.0 * fixed + (sum(after) - before)
            gain -= 1e-3 * edit.size
            if gain > 0.06 and (best is None or gain > best[0] + 1e-9):
                best = (gain, edit, found)
        return (best[1], best[2]) if best is not None else None

    def accept(self, edit: Edit, now: Sequence[Array | None], before: Sequence[float], after: Sequence[float]) -> None:
        """Leave the edit where it is, and write down what it says."""
        source = edit.source
        was = source.lines.get(edit.line, "").strip()
        edit.apply()
        source.changed = True  # type: ignore[attr-defined]
        new = statement_at(source, edit.line)
        fixed = [k for k, b, a in zip(self.wrong, before, after, strict=True) if a == 1.0 and b < 1.0]
        moved = [k for k, b, a in zip(self.wrong, before, after, strict=True) if a > b]
        touched = fixed or moved
        names = tuple(self.user.leaves[k].name for k in touched)
        evidence = evidence_of(self.user, self.reference, touched[0], now[touched[0]])
        right = ast.unparse(new).strip() if new is not None and edit.kind not in MOVED else ""
        text = explain(edit.kind, edit.hint, names, evidence, was, right)
        file = source.function.__code__.co_filename
        self.findings.append(Finding(edit.kind, names, text, edit.line, file, was, right, edit.hint))


def same(a: Array | None, b: Array | None) -> bool:
    """Whether two gradients are the same to the last bits."""
    if a is None or b is None:
        return a is b
    return a is b or (a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-300, equal_nan=True))


def statement_at(source: Source, line: int) -> ast.stmt | None:
    """Return the first simple statement of a function that begins on a line."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.stmt) and getattr(node, "lineno", None) == line:
            return node
    return None


@contextlib.contextmanager
def quiet() -> Any:
    """Let the user's code print and warn into the void."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def evidence_of(user: Pass, reference: Reference, k: int, claimed: Array | None) -> Evidence:
    """Return how the gradient of array k is wrong, by its numbers."""
    numbers: dict[str, float] = {}
    arrays = {leaf.name: leaf.array for leaf in user.leaves}
    sizes = count_examples(user)
    numbers.update(sizes)
    for leaf in user.leaves:
        if leaf.array.ndim == 0 and float(leaf.array) not in (0.0, 1.0):
            numbers[leaf.name] = float(leaf.array)
    for leaf in user.leaves:
        for axis, n in enumerate(leaf.array.shape):
            if n > 1 and n not in numbers.values():
                numbers[f"{leaf.name}.shape[{axis}]"] = float(n)
    return weigh(claimed, reference.slopes(k).values, numbers, arrays)


def count_examples(user: Pass) -> dict[str, float]:
    """Return how many examples there are, if one can tell: the size that an input shares with no parameter."""
    shapes = [leaf.array.shape for leaf in user.leaves]
    for leaf in user.leaves:
        if leaf.name.lower().strip("_") in ("x", "a0", "inputs", "a_prev", "aprev", "data") and leaf.array.ndim == 2:
            others = [n for shape in shapes if shape is not leaf.array.shape for n in shape]
            rows, columns = leaf.array.shape
            m = columns if rows in others and columns not in others else rows if columns in others else columns
            return {"m": float(m)} if m > 1 else {}
    return {}
