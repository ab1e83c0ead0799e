"""Plant random single faults in the core and see whether the tests find them.

    python benchmarks/mutations.py --count 300 --seed 1

Each fault is one change of the source, drawn among all places of the files below: another operator, comparison or
constant, a condition turned round, a call's arguments exchanged, a statement or an `and` left out. The methods that are
written from the table are written anew after each. The tests of the rooms concerned run until the first fails; what
none of them finds is printed: it needs a test, or makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FILES = [
    *(
        "graph/node.py",
        "graph/op.py",
        "graph/fold.py",
        "graph/blocks.py",
        "graph/paths.py",
        "graph/structure.py",
        "graph/decisions.py",
        "graph/limits.py",
    ),
    *("rules/calculus.py", "rules/arrays.py", "rules/numerics.py", "rules/logistic.py", "rules/operations.py"),
    *("engine/recording.py", "engine/recorders.py", "engine/higher_order.py", "engine/pickles.py", "engine/dots.py"),
    *("engine/value.py", "engine/tensor.py", "engine/derivatives.py", "engine/pullbacks.py", "engine/modes.py"),
    *(
        "formulas/terms.py",
        "formulas/simplify.py",
        "formulas/cancel.py",
        "check/gradients.py",
        "check/judge.py",
        "check/differences.py",
    ),
    *("check/replay.py", "check/edges.py", "check/blame.py"),
]
TESTS = {
    "graph": "graph engine rules formulas programs check draw",
    "rules": "rules engine formulas programs check",
    "engine": "engine rules programs check formulas graph nn",
    "formulas": "formulas programs draw",
    "check": "check engine",
}
UNTESTED = ("test_what_is_written_is_current", "test_house")  # they would find a change of any kind
LIMIT = 900.0  # seconds; what hangs is found
SWAPS: dict[type, type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
    ast.FloorDiv: ast.Mult,
}
Change = Callable[[], None]


class Fault(NamedTuple):
    """A change of one line of a file."""

    file: str
    line: int
    what: str
    source: str


def changes(tree: ast.Module) -> Iterator[tuple[int, str, Change]]:
    """Yield the line, the words and the making of each change; docstrings and annotations stay."""
    quiet = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if getattr(node, name, None) is not None:
                quiet |= {id(part) for part in ast.walk(getattr(node, name))}
        if isinstance(node, ast.Raise | ast.ImportFrom | ast.Import | ast.JoinedStr):  # words are for people
            quiet |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if id(node) in quiet or not line:
            continue
        yield from ((line, what, change) for what, change in changes_of(node))


def changes_of(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Yield the changes of one node of the syntax tree."""
    for field in ("op", "ops"):
        old = getattr(node, field, None)
        first = old[0] if isinstance(old, list) else old
        new = SWAPS.get(type(first))
        if new:
            value: object = [new(), *old[1:]] if isinstance(old, list) else new()
            yield f"{type(first).__name__} → {new.__name__}", setter(node, field, value)
    match node:
        case ast.Constant(value=bool(flag)):
            yield f"{flag} → {not flag}", setter(node, "value", not flag)
        case ast.Constant(value=int() | float() as number):
            yield f"{number} → {number + 1}", setter(node, "value", number + 1)
        case ast.If(test=test) | ast.IfExp(test=test):
            yield "condition turned round", setter(node, "test", ast.UnaryOp(ast.Not(), test))
        case ast.BoolOp(values=values):
            yield "first of the conditions only", setter(node, "values", values[:1])
        case ast.Call(args=[one, two, *rest]) if not isinstance(one, ast.Starred) and not isinstance(two, ast.Starred):
            yield "arguments exchanged", setter(node, "args", [two, one, *rest])
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "returns None", setter(node, "value", ast.Constant(None))
    for field in ("body", "orelse"):
        block = getattr(node, field, None)
        for i, statement in enumerate(block if isinstance(block, list) else []):
            if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) and not (
                isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            ):
                kept = [*block[:i], ast.Pass(), *block[i + 1 :]]  # type: ignore[index]
                yield f"left out: {ast.unparse(statement)[:60]}", setter(node, field, kept)


def setter(node: ast.AST, field: str, value: object) -> Change:
    """Return what sets a field of a node."""
    return lambda: setattr(node, field, value)


def draw_fault(rng: random.Random, files: list[str]) -> Fault:
    """Return a fault at a place drawn among all of them."""
    sources = {file: (ROOT / "microgradnn" / file).read_text(encoding="utf-8") for file in files}
    sizes = [len(source.splitlines()) for source in sources.values()]
    file = rng.choices(files, sizes)[0]
    tree = ast.parse(sources[file])
    line, what, change = rng.choice(list(changes(tree)))
    change()
    return Fault(file, line, what, ast.unparse(ast.fix_missing_locations(tree)))


def find(fault: Fault) -> tuple[bool, float]:
    """Run the tests with a fault in a copy of the project; return whether one fails, and the seconds."""
    began = monotonic()
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for part in ("microgradnn", "tests", "docs", "demos", "benchmarks", ".ci"):
            ignored = shutil.ignore_patterns("__pycache__", "venv*")
            shutil.copytree(ROOT / part, copy / part, ignore=ignored)
        for part in ("pyproject.toml", "README.md", "CONTRIBUTING.md"):
            shutil.copy(ROOT / part, copy)
        env = {**os.environ, "PYTHONPATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        (copy / "microgradnn" / fault.file).write_text(fault.source, encoding="utf-8")
        if fault.file.startswith("rules/"):
            subprocess.run([sys.executable, copy / ".ci/write_methods.py"], cwd=copy, env=env, capture_output=True)
        rooms = TESTS[fault.file.partition("/")[0]].split()
        left_out = " and ".join(f"not {one}" for one in UNTESTED)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", left_out]
        for room in rooms:
            try:
                ran = subprocess.run(
                    [*command, f"tests/{room}"], cwd=copy, env=env, capture_output=True, timeout=LIMIT, text=True
                )
            except subprocess.TimeoutExpired:
                return True, monotonic() - began
            if ran.returncode:
                return True, monotonic() - began
    return False, monotonic() - began


def main() -> None:
    """Plant, test and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--files", nargs="*", default=FILES)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    faults = [draw_fault(rng, options.files) for _ in range(options.count)]
    found = 0
    with ThreadPoolExecutor(options.workers) as pool:
        for i, (fault, (killed, seconds)) in enumerate(zip(faults, pool.map(find, faults), strict=True), 1):
            found += killed
            word = "found" if killed else "LEFT "
            print(f"{word} {fault.file}:{fault.line} {fault.what}  ({seconds:.0f} s; {found} of {i})", flush=True)


if __name__ == "__main__":
    main()
