"""What is wrong with a backward pass: the edits of its own source that make it right, found one after the other.

A line is cleared if what it changes is right: of a mistake everything is wrong that comes of it. What is left is edited
the way people err, and held against the reference, until all is right, or nothing helps, or the time is over.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .calls import Pass
from .edits.editor import Edit, Editor
from .edits.names import POWERS, is_slope_of, may_be_meant
from .edits.statements import edits_of
from .edits.syntax import get, is_stash, neat, put, values_of
from .evidence import evidence_of, ratio_of
from .inner import Inner, find_inner
from .passes import FunctionPass
from .phrases import all_of, explain
from .reference import Reference, norm
from .source import Family, Scope, Source, global_names, keep_locals, read_source, watch
from .structure import is_gradient_name

SECONDS = 5.0
FAR = 0.03  # off along a direction: what is right by chance is off by more, a kink on the way by less
MORE = 0.8  # seconds for one that mends all, after one that mends something
MOST = 4  # mistakes that are looked for one after the other
PROPORTIONAL = 0.9  # the score of a variable on the way that is right but for a factor: that may be meant
FIXED = 0.9  # of a gain: something is right that was not
MOVED = ("order", "updated before use", "line missing")


@dataclass
class Mistake:
    """One mistake: the line where it is, what it does to which gradients, and what would be right."""

    kind: str
    names: tuple[str, ...]  # of the gradients that are right once it is mended
    text: str  # how the first of them is wrong
    line: int | None = None
    file: str = ""
    quoted: str = ""
    right: str = ""  # the line as it would be right
    hint: str = ""
    fixed: bool = True  # whether a gradient is right with it that was not


@dataclass
class State:
    """What a pass gives with its source as it stands, and how near it is to what is right."""

    claims: list[Array | None]
    inner: list[Any]
    scores: list[float]  # of the wrong gradients, then of the variables on the way; 1 is right


class OtherPoint:
    """The same pass at other numbers, or with other sizes: an edit that is right by chance is not right there."""

    def __init__(self, user: Pass, family: Family, arrays: Sequence[Array] | None) -> None:
        self.user, self.family, self.arrays = user, family, arrays
        self.reference = Reference(user.cost, arrays or [leaf.array for leaf in user.leaves])
        self.known: dict[int, list[tuple[Array, float, float]]] = {}

    def agrees(self, edited: Source | None, k: int) -> bool:
        """Whether gradient k is that of the cost here, along two directions."""
        claims = self.user.gradients(self.arrays, self.family.rebuild(edited))
        if k not in self.known:
            self.known[k] = [self.reference.direction(k, seed) for seed in range(2)]
        claimed = claims[k]
        if claimed is None or claimed.shape != self.reference.arrays[k].shape:
            return False
        return not any(
            abs(float(np.sum(way * claimed)) - slope) > 10 * error + FAR * norm(way, claimed)
            for way, slope, error in self.known[k]
        )


ROOM = re.compile(r"(zeros|empty)(_like)?$")


def assigned_targets(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is assigned or added to, the names that only room is made for last: dx[i] += … before dx = zeros."""
    room = []
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Assign, ast.AugAssign)):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            base = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(node.value, ast.Call) and ROOM.search(ast.unparse(node.value.func)):
                room.append(base)
            else:
                yield base
    yield from room


class Diagnosis:
    """The search for the edits of a pass that make its gradients those of the reference."""

    def __init__(
        self,
        user: Pass,
        reference: Reference,
        wrong: Sequence[int],
        seconds: float = SECONDS,
        elsewhere: Callable[[], Iterable[Pass]] = tuple,
    ) -> None:
        self.user, self.reference, self.wrong = user, reference, list(wrong)
        self.ends = time.process_time() + seconds  # its own time: what else the machine does changes no report
        self.findings: list[Mistake] = []
        self.scopes: dict[tuple[CodeType, int], Scope] = {}
        both = isinstance(user, FunctionPass) and user.backward is None  # one function gives loss and gradients
        own = [s for s in user.family.sources if both or s.function not in user.reached]
        self.sources = own or user.family.sources
        self.strings = sorted({text for source in self.sources for text in find_compared_strings(source)})
        trees = [read for function in user.reached if (read := read_source(function)) is not None]
        self.forward = "\n".join(ast.unparse(read.tree) for read in trees)
        self.inner: list[Inner] = []
        self.slack: dict[int, Array] = {}
        self.tried = 0
        self.seen: set[tuple[int, int, str]] = set()
        self.elsewhere = elsewhere
        self.others: list[OtherPoint] | None = None

    # --- running and scoring ------------------------------------------------------------------------

    def state(self, edited: Source | None) -> State | None:
        """Return what the pass gives with its sources as they stand, or None where it does not run."""
        stash = self.user.family.stash
        stash.clear()
        try:
            claims = self.user.again(self.user.family.rebuild(edited))
        except Exception:  # an edit may break the code in any way
            return None
        inner = [self.of_inner(inner.name, stash) for inner in self.inner]
        return State(claims, inner, [])

    def of_inner(self, name: str, stash: dict[str, Any]) -> Any:
        """Return a copy of the variable that is named as the gradient of another."""
        found = [x for n, x in stash.items() if n != name and is_gradient_name(n, name)]
        return np.array(found[0]) if found and isinstance(found[0], np.ndarray) else None

    def rate(self, state: State, before: State | None = None) -> State:
        """Score a state; what did not change keeps its score."""
        state.scores = []
        for i, k in enumerate(self.wrong):
            kept = before is not None and same(state.claims[k], before.claims[k])
            state.scores.append(before.scores[i] if kept and before else self.score(k, state.claims[k]))
        for inner, x in zip(self.inner, state.inner, strict=True):
            found = inner.compare(x)
            state.scores.append(PROPORTIONAL if found is None else found)
        return state

    def score(self, k: int, claimed: Array | None) -> float:
        """Return 1 for a right gradient, and less the further it is off."""
        if claimed is None:
            return -0.1
        right = self.reference.slopes(k).values
        if claimed.shape != right.shape:
            return 0.0 if claimed.size != right.size else 0.05
        if k not in self.slack:
            self.slack[k] = self.reference.slack(k)
        known = self.reference.slopes(k).known
        with np.errstate(all="ignore"):
            off = known & ~(np.abs(claimed - right) <= self.slack[k])
            if (not np.any(off) or self.reference.slopes(k).kinks) and self.reference.right(k, claimed):
                return 1.0
            near = 1 - float(np.count_nonzero(off)) / max(int(np.count_nonzero(known)), 1)
            alike = near < 0.75 and may_be_proportional(claimed, right) and ratio_of(claimed, right) is not None
            return 0.1 + 0.4 * max(near, 0.75 if alike else 0.0)

    # --- the search ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Find mistakes one after the other until all is right, or nothing helps, or the time is over."""
        if not self.sources:
            return
        known = [name for function in self.user.reached for name in global_names(function.__code__)]
        with watch([s.function for s in self.sources], self.scopes, known), contextlib.suppress(Exception):
            self.user.gradients()
        keep_locals(self.sources[0])
        if isinstance(self.user, FunctionPass):
            names = {
                n for code, _ in self.scopes if code is self.sources[0].function.__code__ for n in code.co_varnames
            }
            self.inner = find_inner(self.user, self.reference, sorted(names))
        self.follow()
        while self.findings and not self.findings[-1].fixed:  # it seemed to help, and led nowhere
            self.findings.pop()

    def follow(self) -> None:
        """Accept one edit after the other."""
        begin = self.state(None)
        nothing = State([None] * len(self.user.leaves), [None] * len(self.inner), [])
        now = self.rate(begin or nothing)
        for _ in range(MOST):
            if all(score == 1.0 for score in now.scores[: len(self.wrong)]):
                return
            best = self.search(now)
            if best is None:
                return
            self.accept(best[0], now, best[1])
            now = best[1]
            if begin is None:  # it did not run before: only now it is known what is given
                begin = now
                self.wrong = [k for k in self.wrong if now.claims[k] is not None]
                now = self.rate(now)

    def search(self, now: State) -> tuple[Edit, State] | None:
        """Return the edit that mends most, and the gradients with it; rather one that is right elsewhere too."""
        best: tuple[float, Edit, State] | None = None
        chance: tuple[float, Edit, State] | None = None
        tier, enough = -1, 0.0
        self.seen.clear()
        for here, edit in self.all_edits(now):
            if here > tier:
                if best is not None and best[0] >= FIXED and all_right(best[2], self.wrong):
                    break
                if best is not None and best[0] >= FIXED and tier >= 2 and (tier >= 4 or time.process_time() > enough):
                    break
                tier = here
            if time.process_time() > self.ends:
                break
            gain, state = self.try_edit(edit, now)
            if state is not None and gain > 0.06 and (best is None or gain > best[0] + 1e-9):
                if gain < FIXED or self.holds(edit, now, state):
                    best, enough = (gain, edit, state), time.process_time() + MORE
                elif chance is None or gain > chance[0] + 1e-9:
                    chance = (gain, edit, state)
        if chance is not None and (best is None or best[0] < FIXED):
            best = chance
            best[1].by_chance = True
        return (best[1], best[2]) if best is not None else None

    def holds(self, edit: Edit, before: State, after: State) -> bool:
        """Whether what an edit makes right here it makes right at other numbers too, as far as that can be told."""
        fixed = [k for k, b, a in zip(self.wrong, before.scores, after.scores, strict=False) if a == 1.0 and b < 1.0]
        others = self.find_others()
        old = edit.apply()
        try:
            for other in others:  # at a kink one of several gradients may seem wrong that is not
                if 2 * sum(self.is_wrong_elsewhere(other, edit.source, k) for k in fixed) > len(fixed):
                    return False
            return True
        finally:
            edit.undo(old)

    def is_wrong_elsewhere(self, other: OtherPoint, edited: Source, k: int) -> bool:
        """Whether a gradient that an edit makes right is wrong at other numbers."""
        try:
            return not other.agrees(edited, k)
        except Exception:  # the edit does not run there
            return True

    def find_others(self) -> list[OtherPoint]:
        """Return the pass at other numbers and with other sizes, where it runs as it stands."""
        if self.others is None:
            self.others = []
            family = self.user.family
            places: list[tuple[Pass, list[Array] | None]] = []
            with contextlib.suppress(Exception):  # it may not run, and the user's own buffers be write-protected by now
                claims = self.user.gradients()
                near = [
                    a * (1 + 0.3 * np.random.default_rng(k).uniform(-1, 1, a.shape)) if may_move(a, x) else a
                    for k, (a, x) in enumerate(zip(self.reference.arrays, claims, strict=True))
                ]
                places.append((self.user, near))
                places += [(there, None) for there in self.elsewhere()]
            for user, arrays in places:
                with contextlib.suppress(Exception):  # outside of the domain, say
                    other = OtherPoint(user, family, arrays)
                    claims = user.gradients(arrays, family.rebuild(None))
                    finite = np.isfinite(other.reference.here) and all(
                        x is None or np.all(np.isfinite(x)) for x in claims
                    )
                    right = [k for k, x in enumerate(claims) if x is not None and k not in self.wrong]
                    if finite and all(other.agrees(None, k) for k in right[:2]):  # what is right here is right there
                        self.others.append(other)
        return self.others

    def try_edit(self, edit: Edit, now: State) -> tuple[float, State | None]:
        """Return by how much an edit brings the gradients nearer to the right ones, and these."""
        old = edit.apply()
        if not isinstance(edit.new, list) and edit.statement is not None:  # two edits may come to the same
            key = (id(edit.source), edit.line, ast.unparse(get(edit.statement)))
            if key in self.seen:
                edit.undo(old)
                return 0.0, None
            self.seen.add(key)
        self.tried += 1
        try:
            state = self.state(edit.source)
        finally:
            edit.undo(old)
        others = [k for k in range(len(now.claims)) if k not in self.wrong and now.claims[k] is not None]
        if state is None or any(not same(state.claims[k], now.claims[k]) for k in others):
            return 0.0, None
        self.rate(state, now)
        lost = any(b == 1.0 and a < 1.0 for a, b in zip(state.scores, now.scores, strict=True))
        if lost and not all_right(state, self.wrong):  # what is named dh may have been that of h until now
            return 0.0, None
        gain = sum(state.scores) - sum(now.scores)
        fixed = sum(a == 1.0 and b < 1.0 for a, b in zip(state.scores[: len(self.wrong)], now.scores, strict=False))
        return gain + fixed - 1e-3 * edit.size, state

    def all_edits(self, now: State) -> Iterator[tuple[int, Edit]]:
        """Yield the edits of the lines suspected most, then of the others, the likeliest first, each with its tier."""
        ratios = [ratio_of(x, self.reference.slopes(k).values) for k in self.wrong if (x := now.claims[k]) is not None]
        sizes = [abs(r) for r in ratios if r is not None and abs(r - 1) > 1e-5]
        levels = [(source, self.levels(source, now)) for source in self.sources]
        waiting: list[tuple[int, Edit]] = []
        for level in range(3):
            for source, found in levels:
                others = frozenset(line for line, other in found.items() if other != level)
                if level and not set(found.values()) & {level}:
                    continue
                cleared = (
                    others if not level else frozenset(self.lines(source) - {n for n, v in found.items() if v == level})
                )
                scopes = {
                    line: scope for (code, line), scope in self.scopes.items() if code is source.function.__code__
                }
                for edit in edits_of(Editor(source, scopes, sizes, cleared, self.strings, self.forward)):
                    waiting.append((2 * level + max(edit.rank - 1, 0), edit))
                    if len(waiting) % 500 == 0 and time.process_time() > self.ends:
                        return
            waiting.sort(key=lambda one: (one[0], one[1].rank, one[1].size))
            ready = [one for one in waiting if one[0] < 2 * level + 2 or level == 2]
            waiting = waiting[len(ready) :]
            yield from ready

    def lines(self, source: Source) -> set[int]:
        """Return the lines on which statements of a function begin."""
        return {node.lineno for node in ast.walk(source.tree) if isinstance(node, ast.stmt)}

    def levels(self, source: Source, now: State) -> dict[int, int]:
        """Return for each line how little it is suspected: 0 if all that it changes is wrong, 3 if nothing is."""
        found: dict[int, int] = {}
        if all(x is None for x in now.claims):
            return found
        for statement in ast.walk(source.tree):
            if isinstance(statement, ast.stmt) and not is_stash(statement):
                for slot in values_of(statement):
                    node = get(slot)
                    moved = ast.BinOp(node, ast.Mult(), ast.Constant(1.0009765625))
                    level = self.level(source, slot, locate_at(moved, node), now)
                    found[statement.lineno] = min(level, found.get(statement.lineno, 3))
        for parent in list(ast.walk(source.tree)):
            for name in ("body", "orelse"):
                body = getattr(parent, name, None)
                for i, statement in enumerate(body if isinstance(body, list) else []):
                    if isinstance(statement, ast.Return) or found.get(getattr(statement, "lineno", -1), 0) < 3:
                        continue
                    gone = locate_at(ast.Pass(), statement)  # dZ[Z <= 0] = 0: moving 0 by a part moves nothing
                    found[statement.lineno] = self.level(source, (parent, name, i), gone, now)
        return found

    def level(self, source: Source, slot: Any, moved: Any, now: State) -> int:
        """Move one value by a little: 0 if only what is wrong moves, 1 if right entries of wrong gradients move too,
        2 if right gradients do, 3 if nothing does that is wrong.
        """
        old = put(slot, moved)
        try:
            state = self.state(source)
        finally:
            put(slot, old)
        if state is None:
            return 0
        scores = dict(zip(self.wrong, now.scores, strict=False))
        level, touched = 0, False
        for k, (a, b) in enumerate(zip(state.claims, now.claims, strict=True)):
            if a is None or b is None or same(a, b):
                continue
            if scores.get(k, 1.0) == 1.0:
                level = 2
                continue
            touched = True
            if a.shape == b.shape == self.reference.arrays[k].shape:
                right = ~self.reference.wrong(k, b) & self.reference.slopes(k).known & (b != 0)
                if np.any(right & (a != b)):
                    level = max(level, 1)
        for a, b, score in zip(state.inner, now.inner, now.scores[len(self.wrong) :], strict=True):
            if not same(a, b):
                if score == 1.0:
                    level = 2
                touched = True
        return level if touched else 3

    def suspect(self, rest: Sequence[int]) -> tuple[str, tuple[Source, list[int]] | None]:
        """Return the lines of which all of these wrong gradients come, and nothing right; of several, the first.

        With them the name of the first variable on the way that is known to be wrong, and then its line alone.
        """
        now = self.state(None)
        if now is None or not self.sources:
            return "", None
        self.rate(now)
        for inner, score in zip(reversed(self.inner), reversed(now.scores[len(self.wrong) :]), strict=True):
            if score == 0.0:
                for target in assigned_targets(self.sources[0].tree):
                    if is_gradient_name(ast.unparse(target), inner.name):
                        return ast.unparse(target), (self.sources[0], [target.lineno])
        for source in self.sources:
            lines = set()
            for statement in ast.walk(source.tree):
                for slot in values_of(statement) if isinstance(statement, ast.stmt) else ():
                    node = get(slot)
                    more = locate_at(ast.BinOp(node, ast.Mult(), ast.Constant(1.1)), node)
                    moved = self.moved_by(source, slot, more, now)
                    if set(rest) <= moved and moved <= set(self.wrong):
                        lines.add(int(node.lineno))
            if lines:
                return "", (source, sorted(set(lines))[:4])
        return "", None

    def moved_by(self, source: Source, slot: Any, moved: Any, now: State) -> set[int]:
        """Return the gradients that move with a value."""
        old = put(slot, moved)
        try:
            state = self.state(source)
        finally:
            put(slot, old)
        pairs = enumerate(zip(state.claims, now.claims, strict=True)) if state is not None else ()
        return {k for k, (a, b) in pairs if not same(a, b)}

    # --- what is said -------------------------------------------------------------------------------

    def accept(self, edit: Edit, before: State, after: State) -> None:
        """Leave the edit where it is, and write down what it says."""
        source = edit.source
        was = source.lines.get(edit.line, "").strip()
        edit.new = copy.deepcopy(edit.new)  # parts of it are shared with other edits
        edit.apply()
        source.changed = True
        new = get(edit.statement) if edit.statement is not None and edit.kind not in MOVED else None
        pairs = list(zip(self.wrong, before.scores, after.scores, strict=False))
        touched = (
            [k for k, b, a in pairs if a == 1.0 and b < 1.0] or [k for k, b, a in pairs if a > b] or self.wrong[:1]
        )
        names = tuple(self.user.leaves[k].name for k in touched)
        evidence = evidence_of(self.user, self.reference, touched[0], before.claims[touched[0]])
        right = ast.unparse(new).strip().split("\n")[0] if new is not None else ""
        kind, hint = edit.kind, edit.hint
        about = hint.split("\0")[0].removeprefix("the slope of ")
        meant = is_slope_of(about, self.forward) or (about not in POWERS and may_be_meant(about, self.forward))
        if kind == "slope" and not meant:
            kind, hint = self.without_slope(edit)
        text = explain(kind, hint, names, evidence, was, right)
        if edit.by_chance:
            other = right or "another order"
            text = f"{all_of(names)} wrong, here or before: {other} is right at these numbers, not at others"
            right = ""
        file = source.function.__code__.co_filename
        fixed = any(a == 1.0 and b < 1.0 for _, b, a in pairs)
        self.findings.append(Mistake(kind, names, text, edit.line, file, was, right, hint, fixed))

    def without_slope(self, edit: Edit) -> tuple[str, str]:
        """Return what an edit is if it can be no slope: a factor that is missing, or one in another's place."""
        what = edit.hint.split("\0")
        if len(what) == 3:
            return "another variable", f"{neat(what[2])}\0{what[1]}"
        if edit.factor.startswith("= "):
            return "another formula", neat(edit.factor[2:])
        return "factor missing", edit.factor


def may_move(x: Array, claimed: Array | None) -> bool:
    """Whether an array is a parameter that may have other numbers: no labels, no mask, no shares that sum to 1."""
    if claimed is None or not x.ndim:
        return False
    chosen = bool(np.all((x == 0) | (x == 1))) and not np.all(x == x.flat[:1])
    return not chosen and not any(np.allclose(x.sum(axis=axis), 1.0) for axis in range(x.ndim) if x.shape[axis] > 1)


def find_compared_strings(source: Source) -> list[str]:
    """Return the strings that a function compares something with: activation == "relu"."""
    nodes = [part for node in ast.walk(source.tree) if isinstance(node, ast.Compare) for part in ast.walk(node)]
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def all_right(state: State, wrong: Sequence[int]) -> bool:
    """Whether no gradient is wrong any more."""
    return all(score == 1.0 for score in state.scores[: len(wrong)])


def same(a: Any, b: Any) -> bool:
    """Whether two gradients are the same to the last bits."""
    if a is None or b is None:
        return a is b
    if a is b or (a.shape == b.shape and np.array_equal(a, b)):
        return True
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        off = np.abs(a - b) > 1e-9 * np.abs(b)
    return not np.any(off) and np.array_equal(np.isnan(a), np.isnan(b))


def may_be_proportional(claimed: Array, right: Array) -> bool:
    """Whether the first and the last entry have one ratio: a quick look."""
    a, b, c, d = claimed.flat[0], claimed.flat[-1], right.flat[0], right.flat[-1]
    return not abs(a * d - b * c) > 1e-4 * (abs(a * d) + abs(b * c))


def locate_at(new: Any, old: ast.AST) -> Any:
    """Return a new node with the place of an old one."""
    return ast.fix_missing_locations(ast.copy_location(new, old))
