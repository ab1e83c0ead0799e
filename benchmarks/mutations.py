"""Plant random single faults in the core, and see whether the tests find them.

    python benchmarks/mutations.py measure --rooms rules graph engine formulas check
    python benchmarks/mutations.py plant --count 300 --seed 1
    python benchmarks/mutations.py report

A fault is one change of the source: another operator, comparison, constant, sibling function or order of arguments; a
condition turned round or left out, a statement left out, None returned. Which faults are drawn depends on the text of
their places and the seed alone, so that an edit elsewhere changes no draw, and a run that was stopped goes on where it
was. What is printed for people is not changed: docstrings, words of errors, annotations.

All happens in a copy of the project. `measure` runs the tests of some rooms there and notes which tests run which
lines, and how long they take; `plant` runs the tests of the fault's lines, the quickest first, until one fails. What
hangs is found; what cannot be imported is counted apart. The methods that are written from the table are written anew
after a change of a rule. What no test finds is printed: it needs a test, or makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import traceback
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from importlib import import_module
from itertools import accumulate
from pathlib import Path, PurePath
from tempfile import gettempdir
from time import monotonic, process_time, sleep
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "microgradnn"
FILES = [
    *("graph/*.py", "rules/*.py", "engine/value.py", "engine/tensor.py", "engine/record*.py", "engine/higher_order.py"),
    *("engine/dots.py", "engine/conversion.py", "engine/derivatives.py", "engine/pullbacks.py", "engine/modes.py"),
    *("formulas/terms.py", "formulas/simplify.py", "formulas/cancel.py"),
    *(
        "check/[bdegjq]*.py",
        "check/fast.py",
        "check/functions.py",
        "check/recorded.py",
        "check/replay.py",
        "check/rounding.py",
    ),
]
WRITTEN = ("engine/value_methods.py", "engine/tensor_methods.py", "__init__.py")  # by .ci/write_methods.py, from rules
COPIED = (
    "microgradnn",
    "tests",
    "docs",
    "demos",
    "benchmarks",
    ".ci",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
)
SURE = (
    "isinstance",
    "getattr",
    "hasattr",
    "setattr",
    "zip",
    "cast",
    "max",
    "min",
    "np.maximum",
    "np.minimum",
)  # exchanged arguments raise, or are as good
TABLES = ("numerics", "calculus")
UNTESTED = "test_what_is_written_is_current or test_house"  # they would find a change of any kind
MEMORY = 12 << 30
SLOW = 0.6  # seconds of a test, beyond which it is asked last
FEW = 3
SIBLINGS = [
    *("add subtract", "multiply divide", "sin cos", "sinh cosh", "tan tanh", "asin acos", "arcsin arccos", "exp expm1"),
    *(
        "log log1p log2",
        "sqrt cbrt",
        "floor ceil",
        "min max",
        "minimum maximum",
        "argmin argmax",
        "any all",
        "sum prod",
    ),
    *("zeros ones", "zeros_like ones_like", "greater greater_equal", "less less_equal", "isnan isfinite isinf"),
    *("left right", "first last", "logical_and logical_or"),
]
SIBLING = {a: b for pair in map(str.split, SIBLINGS) for a, b in zip(pair, [*pair[1:], pair[0]], strict=True)}
OTHERS: dict[type, list[str]] = {
    ast.Add: ["-"],
    ast.Sub: ["+"],
    ast.Mult: ["/", "+"],
    ast.Div: ["*"],
    ast.Pow: ["*"],
    ast.FloorDiv: ["*"],
    ast.Mod: ["*"],
    ast.BitAnd: ["|"],
    ast.BitOr: ["&"],
    ast.Lt: ["<=", ">"],
    ast.LtE: ["<", ">"],
    ast.Gt: [">=", "<"],
    ast.GtE: [">", "<"],
    ast.Eq: ["!="],
    ast.NotEq: ["=="],
    ast.Is: ["is not"],
    ast.IsNot: ["is"],
    ast.In: ["not in"],
    ast.NotIn: ["in"],
}


class Fault(NamedTuple):
    """A change of one piece of a file: what stands from one character to another becomes something else."""

    key: str
    file: str
    line: int
    last: int
    what: str
    before: str
    after: str
    at: tuple[int, int]  # of bytes

    def planted(self, source: bytes) -> bytes:
        """Return a source with the change; it must be Python."""
        changed = source[: self.at[0]] + self.after.encode() + source[self.at[1] :]
        compile(changed, self.file, "exec", dont_inherit=True)
        return changed


# --- the faults of a file -------------------------------------------------------------------


def silent(tree: ast.Module) -> set[int]:
    """Return what is left as it is: words for people, annotations, imports, and what only names things."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        parts: list[Any] = [getattr(node, name, None) for name in ("annotation", "returns")]
        match node:
            case ast.Raise(exc, cause):
                parts += [exc, cause]
            case ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Expr(ast.Constant()):
                parts.append(node)
            case ast.If(ast.Name("TYPE_CHECKING")) | ast.Assign([ast.Name("__slots__" | "__all__" | "__match_args__")]):
                parts.append(node)
        for part in filter(None, parts):
            quiet |= {id(inner) for inner in ast.walk(part)}
    return quiet


def variants(node: ast.AST, kinds: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds of change of one node of the syntax tree, and what may be written instead of it."""
    text = ast.unparse
    match node:
        case ast.BinOp(left, op, right) if type(op) in OTHERS:
            yield "operator", [f"(({text(left)}) {other} ({text(right)}))" for other in OTHERS[type(op)]]
        case ast.Compare(left, [op], [right]) if type(op) in OTHERS:
            yield "comparison", [f"(({text(left)}) {other} ({text(right)}))" for other in OTHERS[type(op)]]
        case ast.BoolOp(op, values):
            word = " or " if isinstance(op, ast.And) else " and "
            yield "and/or", [f"({word.join(f'({text(one)})' for one in values)})"]
            yield "one condition only", [f"({text(values[0])})", f"({text(values[-1])})"]
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield "sign or not left out", [f"({text(operand)})"]
        case ast.Constant(bool(flag)):
            yield "flag", [str(not flag)]
        case ast.Constant(int() | float() as number):
            yield "constant", [f"({number + 1!r})", f"({number - 1!r})", *([f"(-{number!r})"] if number else [])]
        case ast.IfExp(test, body, orelse):
            yield "condition", [f"(({text(orelse)}) if ({text(test)}) else ({text(body)}))"]
        case ast.Call(function, [one, two, *rest], keywords) if not isinstance(one, ast.Starred | ast.GeneratorExp):
            if not isinstance(two, ast.Starred) and text(one) != text(two) and text(function) not in SURE:
                yield "arguments", [text(ast.Call(function, [two, one, *rest], keywords))]
        case ast.Return(ast.expr() as value) if text(value) != "None":
            yield "returned", ["return None"]
        case ast.Continue():
            yield "statement left out", ["break", "pass"]
        case ast.Assign() | ast.AugAssign() | ast.Expr() | ast.Raise() | ast.Break() | ast.Delete():
            yield "statement left out", ["pass"]
    match node:
        case ast.Name(name, ast.Load()) if name in SIBLING | kinds:
            yield "sibling", [SIBLING.get(name) or kinds[name]]
        case ast.Attribute(of, name, ast.Load()) if name in SIBLING or (name in kinds and text(of) in TABLES):
            yield "sibling", [f"{text(of)}.{SIBLING.get(name) or kinds[name]}"]


def tests_of(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the conditions of an `if`, a loop or a comprehension."""
    if isinstance(node, ast.If | ast.While):
        yield node.test
    elif isinstance(node, ast.comprehension):
        yield from node.ifs


def names_of(tree: ast.Module) -> dict[int, str]:
    """Return, for each line in a function or a class, its name."""
    names: dict[int, str] = {}
    for one in ast.walk(tree):  # outer ones come first
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            names |= {
                line: f"{names.get(one.lineno, '')}.{one.name}" for line in range(one.lineno, (one.end_lineno or 0) + 1)
            }
    return names


def siblings(numerics: str) -> dict[str, str]:
    """Return, for each function of the numerics, the next one that takes as many arguments."""
    by_arity: dict[int, list[str]] = defaultdict(list)
    for one in ast.parse(numerics).body:
        if isinstance(one, ast.FunctionDef):
            by_arity[len(one.args.args)].append(one.name)
    return {a: b for row in by_arity.values() for a, b in zip(row, row[1:] + row[:1], strict=True) if a != b}


def faults_of(file: str, source: str, seed: int, kinds: dict[str, str]) -> Iterator[Fault]:
    """Yield one fault of each kind of each place of a file."""
    tree = ast.parse(source)
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data, quiet, met = source.encode(), silent(tree), Counter[str]()
    names = names_of(tree)
    for node in ast.walk(tree):
        if id(node) in quiet:
            continue
        found: list[tuple[Any, str, list[str]]] = (
            [] if not hasattr(node, "lineno") else [(node, *one) for one in variants(node, kinds)]
        )
        found += [(test, "condition turned round", [f"(not ({ast.unparse(test)}))"]) for test in tests_of(node)]
        for place, kind, choices in found:
            at = starts[place.lineno - 1] + place.col_offset
            end = starts[place.end_lineno - 1] + place.end_col_offset
            before = data[at:end].decode()
            name = f"{file} {names.get(place.lineno, '')} {kind} {before}"
            met[name] += 1
            key = hashlib.sha256(f"{seed} {name} {met[name]}".encode()).hexdigest()[:12]
            after = choices[int(key, 16) % len(choices)]
            yield Fault(key, file, place.lineno, place.end_lineno, kind, before, after, (at, end))


def draw(root: Path, patterns: list[str], seed: int) -> list[Fault]:
    """Return all faults of the files, in an order that the seed settles."""
    files = sorted(str(one.relative_to(root / PACKAGE)) for one in (root / PACKAGE).rglob("*.py"))
    kinds = siblings((root / PACKAGE / "rules/numerics.py").read_text(encoding="utf-8"))
    faults: list[Fault] = []
    for file in files:
        if any(PurePath(file).match(pattern) for pattern in patterns):
            faults += faults_of(file, (root / PACKAGE / file).read_text(encoding="utf-8"), seed, kinds)
    return sorted(faults, key=lambda fault: fault.key)


# --- the tests ------------------------------------------------------------------------------


class TooSlowError(BaseException):
    """A test takes long: what it ran so far is known, and it is one of the last to be asked."""


def stop_slow(*_: object) -> None:
    """Answer the clock."""
    raise TooSlowError


class Watch:
    """A plugin of pytest that notes which test runs which lines, and the seconds; it stops the slow ones."""

    def __init__(self, root: Path) -> None:
        import coverage

        self.coverage = coverage.Coverage(None, include=[f"{root}/{PACKAGE}/*"], config_file=False)
        self.seconds: dict[str, float] = {}
        self.times: dict[str, float] = {}
        self.files: dict[str, float] = {}
        self.failed: set[str] = set()
        self.began = 0.0

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        from hypothesis import settings

        for item in items:  # few examples show which lines are run
            function = getattr(item.obj, "__func__", item.obj)
            own = getattr(function, "_hypothesis_internal_use_settings", None)
            if own and own.max_examples > FEW:
                self.times[item.nodeid] = own.max_examples / FEW
                function._hypothesis_internal_use_settings = settings(own, max_examples=FEW)

    def pytest_collectstart(self) -> None:
        self.began = process_time()

    def pytest_collectreport(self, report: Any) -> None:
        self.files[report.nodeid] = process_time() - self.began

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.coverage.switch_context(nodeid)
        self.began = process_time()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: Any) -> Iterator[None]:
        if item.nodeid not in self.times:  # hypothesis does not like to be stopped
            signal.setitimer(signal.ITIMER_PROF, SLOW)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        seconds = process_time() - self.began
        self.seconds[nodeid] = 20 * SLOW if seconds >= SLOW else seconds * self.times.get(nodeid, 1)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if not report.passed and "TooSlowError" not in str(report.longrepr):
            self.failed.add(report.nodeid)

    def found(self, root: Path) -> dict[str, Any]:
        """Return the seconds of each test, those of reading each file, and the tests of each line."""
        data, lines = self.coverage.get_data(), {}
        for path in data.measured_files():
            by_line = data.contexts_by_lineno(path)
            lines[str(Path(path).relative_to(root / PACKAGE))] = {
                line: sorted({c for c in contexts if c in self.seconds and c not in self.failed})
                for line, contexts in by_line.items()
            }
        kept = {name: one for name, one in self.seconds.items() if name not in self.failed}
        sources = {file: (root / PACKAGE / file).read_text(encoding="utf-8").splitlines() for file in lines}
        return {"seconds": kept, "files": self.files, "lines": lines, "sources": sources, "failed": sorted(self.failed)}


class Order:
    """A plugin of pytest that keeps some of the tests, in an order, and tells which one failed."""

    def __init__(self, names: list[str]) -> None:
        self.rank = {name: i for i, name in enumerate(names)}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.rank), key=lambda i: self.rank[i.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed = report.nodeid


def copy_project(copy: Path) -> None:
    """Make the copy what the project is; files that are the same keep their times, and Python its compiled ones."""
    for part in COPIED:
        here, there = ROOT / part, copy / part
        files = [here] if here.is_file() else [one for one in here.rglob("*") if one.is_file()]
        wanted = {copy / one.relative_to(ROOT) for one in files if "__pycache__" not in one.parts}
        for one in files:
            target = copy / one.relative_to(ROOT)
            if target in wanted and not (target.exists() and target.read_bytes() == one.read_bytes()):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(one, target)
        if there.is_dir():
            for one in there.rglob("*"):
                if one.is_file() and one not in wanted and "__pycache__" not in one.parts:
                    one.unlink()


def measure(copy: Path, rooms: list[str], ignored: list[str]) -> dict[str, Any]:
    """Run the tests of some rooms and return what `Watch` notes."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    os.environ["PYTHONPATH"] = str(copy)
    watch = Watch(copy)
    signal.signal(signal.SIGPROF, stop_slow)
    watch.coverage.start()
    left_out = [f"--ignore={one}" for one in ignored]
    pytest.main(["-q", "-k", f"not ({UNTESTED})", *left_out, *rooms], plugins=[watch])
    watch.coverage.stop()
    return watch.found(copy)


def follow(notes: dict[str, Any], root: Path) -> dict[str, dict[int, list[str]]]:
    """Return the tests of the lines of each file, where the lines stand now."""
    found: dict[str, dict[int, list[str]]] = {}
    for file, lines in notes["lines"].items():
        path = root / PACKAGE / file
        now = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        moved = found[file] = {}
        for a, b, n in SequenceMatcher(None, notes["sources"][file], now, autojunk=False).get_matching_blocks():
            moved |= {b + i + 1: lines[str(a + i + 1)] for i in range(n) if str(a + i + 1) in lines}
    return found


def gather(paths: list[Path], root: Path) -> dict[str, Any]:
    """Return all notes of `measure` in one."""
    whole: dict[str, Any] = {"seconds": {}, "files": {}, "lines": {}}
    for path in paths:
        notes = json.loads(path.read_text(encoding="utf-8"))
        whole["seconds"] |= notes["seconds"]
        whole["files"] |= notes["files"]
        for file, lines in follow(notes, root).items():
            rows = whole["lines"].setdefault(file, {})
            for line, names in lines.items():
                rows[line] = [*rows.get(line, []), *names]
    return whole


def tests_for(fault: Fault, tests: dict[str, Any]) -> list[str]:
    """Return the tests that run a line of the fault, or, for what runs at import, its file: the quickest first."""
    seconds, files = tests["seconds"], tests["files"]
    room = f"tests/{fault.file.partition('/')[0]}/"
    by_line = tests["lines"].get(fault.file, {})
    own = {one for line in range(fault.line, fault.last + 1) for one in by_line.get(line, [])}
    names = set(own)
    of_row = fault.file == "rules/calculus.py" or bool(re.match(r"\w+ = ArrayOp", fault.before))
    for file in (fault.file, *WRITTEN) if of_row else (fault.file,):
        if not own or of_row:
            names |= {one for row in tests["lines"].get(file, {}).values() for one in row}

    def cost(name: str) -> tuple[bool, float]:
        file = name.partition("::")[0]
        return name not in own, float(seconds[name] + files.get(file, 0.0) + 0.3 * (not name.startswith(room)))

    return sorted(names or seconds, key=cost)


def run_tests(copy: Path, module: str, names: list[str], limit: float) -> str:
    """Import a module and run tests in a process of their own; return what fails first or ends them."""
    log = copy / "log.txt"
    said, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit)))
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        word = "an exception outside the tests"
        try:
            os.chdir(copy)
            sys.path.insert(0, str(copy))
            os.environ["PYTHONPATH"] = str(copy)
            word = "import"
            import_module(f"{PACKAGE}.{module}")
            word = "an exception outside the tests"
            order = Order(names)
            files = list(dict.fromkeys(name.partition("::")[0] for name in names))
            options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
            code = pytest.main([*options, *files], plugins=[order])
            word = ("import" if order.failed and "::" not in order.failed else order.failed) or (
                "" if code in (0, 5) else f"pytest's code {code}"
            )
        except BaseException:  # of whatever kind: the fault did it
            traceback.print_exc()
        os.write(write, word.encode())
        os._exit(0)
    os.close(write)
    until, status = monotonic() + 20 * limit, 0  # on a machine that has other things to do
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if monotonic() > until:
            os.killpg(child, signal.SIGKILL)
        sleep(0.02)
    if os.WIFSIGNALED(status):
        os.close(said)
        return "time or memory"
    word = os.read(said, 10_000).decode()
    os.close(said)
    printed = log.read_text(errors="replace")
    return word or ("" if re.search("passed|skipped|no tests ran", printed) else f"nothing ran: {printed[-300:]}")


def find(copy: Path, fault: Fault, tests: dict[str, Any], most: float) -> str:
    """Plant a fault in the copy, and return which test finds it, "import", or nothing."""
    path = copy / PACKAGE / fault.file
    module = fault.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    written = [copy / PACKAGE / one for one in WRITTEN]
    kept = {one: (one.read_bytes(), one.stat()) for one in (path, *written)}
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    time = int(fault.key[:7], 16)  # of its own, by which Python knows what it compiled
    try:
        try:
            path.write_bytes(fault.planted(path.read_bytes()))
        except SyntaxError:
            return "import"
        if fault.file in {"rules/calculus.py", "rules/numerics.py"}:
            try:
                command = [sys.executable, ".ci/write_methods.py"]
                ran = subprocess.run(command, cwd=copy, env=env, capture_output=True, timeout=600)
            except subprocess.TimeoutExpired:
                return "time"
            if ran.returncode:
                return "import"
        for one, (data, _) in kept.items():
            if one.read_bytes() != data:
                os.utime(one, (time, time))
        names = tests_for(fault, tests)
        sums = list(accumulate(tests["seconds"][name] for name in names))
        soon, end = min(100, bisect(sums, 1.5)), bisect(sums, most)
        for some in (names[:soon], names[soon:end]):
            seconds = sum(tests["seconds"][name] for name in some)
            word = some and run_tests(copy, module, some, 40 + 6 * seconds)
            if word:
                return word
        return ""
    finally:
        for one, (data, stat) in kept.items():
            if one.read_bytes() != data:
                one.write_bytes(data)
            os.utime(one, ns=(stat.st_atime_ns, stat.st_mtime_ns))


# --- the command ----------------------------------------------------------------------------


def results(path: Path) -> dict[str, dict[str, Any]]:
    """Return what was found so far: the last word on each fault."""
    if not path.exists():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["key"]: row for row in rows}


def plant(options: argparse.Namespace, tests: dict[str, Any], copy: Path) -> None:
    """Plant, test and write down, until as many faults as were asked for count."""
    for module in ("numpy", "hypothesis", "hypothesis.strategies", "_pytest.assertion.rewrite"):
        __import__(module)  # once, for all processes
    faults, done = draw(copy, FILES, options.seed), results(options.results)
    chosen, counted = [], 0
    for fault in faults:  # the drawing is of all files; those asked for are tested
        if counted >= options.count:
            break
        row = done.get(fault.key)
        counted += row is None or row["found"] != "import"
        if any(PurePath(fault.file).match(pattern) for pattern in options.files):
            chosen.append(fault)
    print(f"{len(faults)} places; {len(chosen)} faults", flush=True)
    for fault in chosen[::-1] if options.reverse else chosen:
        row = results(options.results).get(fault.key)
        if row and (row["found"] or not options.again):
            continue
        began = monotonic()
        word = find(copy, fault, tests, options.seconds)
        row = {"key": fault.key, "file": fault.file, "line": fault.line, "what": fault.what, "before": fault.before}
        row |= {"after": fault.after, "found": word, "seconds": round(monotonic() - began, 1)}
        with options.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print_row(row)


def print_row(row: dict[str, Any]) -> None:
    """Print what became of a fault."""
    word = "SURVIVED" if not row["found"] else "no module" if row["found"] == "import" else "killed"
    short = [re.sub(r"\s+", " ", row[name])[:90] for name in ("before", "after")]
    by = row["found"][-80:].replace("\n", " ")
    print(f"{word:9} {row['key']} {row['file']}:{row['line']} {row['what']}: {' → '.join(short)}", flush=True)
    print(f"          {row['seconds']} s {by}", flush=True)


def report(rows: dict[str, dict[str, Any]]) -> None:
    """Print the survivors, and a line for each file."""
    for row in rows.values():
        if not row["found"]:
            print_row(row)
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows.values():
        word = "survived" if not row["found"] else "import" if row["found"] == "import" else "killed"
        for name in (row["file"], "all"):
            count[name][word] += 1
    for name in sorted(count, key=lambda name: (name == "all", name)):
        one = count[name]
        print(f"{name:28} killed {one['killed']:4}  survived {one['survived']:3}  not importable {one['import']:3}")


def main() -> None:
    """Measure, plant or report."""
    scratch = Path(gettempdir()) / "microgradnn-mutations"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["measure", "plant", "report"])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", nargs="*", default=FILES, help="patterns of the files to test, of those drawn from")
    parser.add_argument("--rooms", nargs="*", default=["rules", "graph", "engine", "formulas", "check"])
    parser.add_argument("--ignore", nargs="*", default=[], help="tests that are not measured")
    parser.add_argument("--again", action="store_true", help="test the survivors once more")
    parser.add_argument("--reverse", action="store_true", help="the last first: beside another run, in another copy")
    parser.add_argument("--seconds", type=float, default=30.0, help="of tests for one fault, the quickest first")
    parser.add_argument("--copy", type=Path, default=scratch / "copy")
    parser.add_argument("--tests", type=Path, nargs="*", default=[scratch / "tests.json"], help="notes of `measure`")
    parser.add_argument("--results", type=Path, default=scratch / "results.jsonl")
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options.copy.mkdir(parents=True, exist_ok=True)
    if options.command == "report":
        report(results(options.results))
        return
    copy_project(options.copy)
    if options.command == "measure":
        rooms = [f"tests/{room}" for room in options.rooms]
        options.tests[0].write_text(json.dumps(measure(options.copy, rooms, options.ignore)), encoding="utf-8")
    else:
        plant(options, gather(options.tests, options.copy), options.copy)


if __name__ == "__main__":
    main()
