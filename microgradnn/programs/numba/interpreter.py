"""The interpreter of tapes, written from the table: a case for each row, its value and what flows back.

Its source is made by the rules of `calculus.py`, run on terms, and compiled by Numba once for all graphs; the
result is kept in the user's cache. For one point it goes operation by operation; for a batch each operation
is done for a block of examples, small enough to stay in the processor's cache.
"""

from __future__ import annotations

import ast
import atexit
import ctypes
import hashlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from ...engine.disk import is_trusted, write
from ...errors import extra
from ...formulas.book import Book
from ...formulas.listing import Listing
from ...formulas.terms import Term
from ...graph import OPS, row
from .tape import CASE, IDLE, KEYS, LIST, LISTS, arity
from .vectorise import SPARE, functions, indent, inline, vectorise

HEAD = '''"""Written by microgradnn from its table of operations."""

import math

import numpy as np
from llvmlite import ir
from numba import cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

CODE, LISTS, NUMBERS, INT = (
    types.CPointer(types.uint32), types.CPointer(types.uint32), types.CPointer(types.float64), types.int64
)
plain = njit(error_model="numpy", cache=True, nogil=True)
'''

MARKS = """
@cfunc(types.void(CODE, INT, LISTS, CODE, CODE), cache=True)
def spread(code, n, lists, kinds, marks):
    for i in range(n):
        kind = kinds[code[4 * i] & {case}]
        x = code[4 * i + 2]
        y = code[4 * i + 3]
        if kind >= {list}:
            mark = np.uint32(0)
            for k in range(y * (kind - {list})):
                mark |= marks[lists[x + k]]
        else:
            mark = marks[x]
            if kind == 2:
                mark |= marks[y]
            elif kind == 3:
                mark |= marks[lists[y]] | marks[lists[y + 1]]
        marks[code[4 * i + 1]] |= mark
"""

# Functions of their own would be optimised twice, which costs a fifth of the speed: so the cases stand there twice.
POINT = """
@cfunc(types.void(CODE, INT, LISTS, NUMBERS), error_model="numpy", cache=True)
def value(code, n, lists, v):
    for i in range(n):
{values}


@cfunc(
    types.float64(types.CPointer(CODE), types.CPointer(NUMBERS), types.CPointer(INT)), error_model="numpy", cache=True
)
def point(codes, numbers, sizes):
    code, lists, v, d = codes[0], codes[1], numbers[0], numbers[1]
    n, slots, output = sizes[0], sizes[1], sizes[2]
    for i in range(n):
{values}
    for i in range(slots):
        d[i] = 0.0
    d[output] = 1.0
    for i in range(n - 1, -1, -1):
{shares}
    return v[output]


@cfunc(types.void(CODE, INT, LISTS, NUMBERS, NUMBERS), error_model="numpy", cache=True)
def back(code, n, lists, v, d):
    for i in range(n - 1, -1, -1):
{shares}
"""
VALUES = """\
        case = code[4 * i] & {case}
        r = code[4 * i + 1]
        x = code[4 * i + 2]
        y = code[4 * i + 3]
{forward}"""
SHARES = """\
        case = code[4 * i]
        r = code[4 * i + 1]
        g = d[r]
        if case & {idle} or g == 0.0:
            continue
        x = code[4 * i + 2]
        y = code[4 * i + 3]
{backward}"""

LANES = """
{functions} = range({count})


@intrinsic
def numpy_loop(typing, loop, data, v, x, r, w):
    def code(context, builder, signature, values):
        loop, data, v, x, r, w = values
        word = ir.IntType(64)
        told = cgutils.alloca_once(builder, word, size=ir.Constant(word, 5))  # two ends, how many, two strides
        ends = [builder.ptrtoint(builder.gep(v, [place]), word) for place in (x, r)]
        for i, number in enumerate([*ends, w, ir.Constant(word, 8), ir.Constant(word, 8)]):
            builder.store(number, builder.gep(told, [ir.Constant(word, i)]))
        parts = [builder.gep(told, [ir.Constant(word, i)]) for i in (0, 2, 3)]
        words = ir.PointerType(word)
        function = ir.FunctionType(ir.VoidType(), [words, words, words, word])
        builder.call(builder.inttoptr(loop, ir.PointerType(function)), [*parts, data])

    return types.void(INT, INT, NUMBERS, INT, INT, INT), code


@plain
def by_numpy(loops, i, v, x, r, w):
    numpy_loop(loops[2 * i], loops[2 * i + 1], v, np.int64(x), np.int64(r), np.int64(w))


@njit(error_model="numpy", cache=True, nogil=True, fastmath={"reassoc"})  # a sum may be taken in any order
def total(d, r, v, b, w):
    s = 0.0
    for j in range(w):
        g = d[r + j]
        p = v[b + j]
        s += 0.0 if g == 0.0 or p == 0.0 else g * p
    return s


@plain
def forward_block(code, n, lists, v, width, w, common, loops, spare):
    {spare}
    for i in range(n):
        case = code[4 * i] & {case}
        r = np.int64(code[4 * i + 1]) * width
        x = np.int64(code[4 * i + 2])
        y = np.int64(code[4 * i + 3])
{forward}


@plain
def backward_block(code, n, lists, v, d, width, w, common, loops, spare):
    {spare}
    for i in range(n - 1, -1, -1):
        case = code[4 * i]
        if case & {idle}:
            continue
        r = np.int64(code[4 * i + 1]) * width
        x = np.int64(code[4 * i + 2])
        y = np.int64(code[4 * i + 3])
{backward}


@cfunc(types.void(types.CPointer(CODE), types.CPointer(NUMBERS), types.CPointer(INT), types.CPointer(INT)), cache=True)
def batch(codes, numbers, sizes, loops):
    code, lists, slots = codes[0], codes[1], codes[2]
    start, data, own, values, v, d, sums = (
        numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]
    )
    n, rows, results, n_many, width = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    m, first, last, output, n_own, both = sizes[5], sizes[6], sizes[7], sizes[8], sizes[9], sizes[10]
    for i in range(results, rows):  # what all examples share
        for j in range(width):
            v[i * width + j] = start[slots[i]]
            d[i * width + j] = 0.0
    for at in range(first, last, width):
        w = min(width, last - at)
        for k in range(n_many):
            for j in range(w):
                v[k * width + j] = data[k * m + at + j]
        forward_block(code, n, lists, v, width, w, results * width, loops, rows * width)
        for j in range(w):
            values[at + j] = v[output * width + j]
        if both:
            for i in range(results):
                for j in range(w):
                    d[i * width + j] = 0.0
            for j in range(w):
                d[output * width + j] += 1.0
            backward_block(code, n, lists, v, d, width, w, results * width, loops, rows * width)
            for k in range(n_own):
                for j in range(w):
                    own[k * m + at + j] = d[k * width + j] + 0.0
    for i in range(results, rows):
        s = 0.0
        for j in range(width):
            s += d[i * width + j]
        sums[slots[i]] = s
"""

FORWARD_LISTS = {
    "sum": """
        s = 0.0
        for k in range(y):
            s += v[lists[x + k]]
        v[r] = s""",
    "dot": """
        s = 0.0
        for k in range(y):
            s += v[lists[x + k]] * v[lists[x + y + k]]
        v[r] = s""",
    "prod": """
        s = 1.0
        for k in range(y):
            s *= v[lists[x + k]]
        v[r] = s""",
    "logsumexp": """
        top = -np.inf
        for k in range(y):
            if v[lists[x + k]] > top or v[lists[x + k]] != v[lists[x + k]]:
                top = v[lists[x + k]]
        s = -1.0
        if math.isfinite(top):
            for k in range(y):
                s += 1.0 if v[lists[x + k]] == top else 0.0
            for k in range(y):
                s += 0.0 if v[lists[x + k]] == top else math.exp(v[lists[x + k]] - top)
            top += math.log1p(s)
        v[r] = top""",
}
BLOCK_LISTS = {
    "sum": """
        for j in range(w):
            v[r + j] = 0.0
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            for j in range(w):
                v[r + j] += v[a + j]""",
    "dot": """
        for j in range(w):
            v[r + j] = 0.0
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            b = np.int64(lists[x + y + k]) * width
            if a >= common:
                weight = v[a]
                for j in range(w):
                    v[r + j] += weight * v[b + j]
            else:
                for j in range(w):
                    v[r + j] += v[a + j] * v[b + j]""",
    "prod": """
        for j in range(w):
            v[r + j] = 1.0
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            for j in range(w):
                v[r + j] *= v[a + j]""",
    "logsumexp": """
        for j in range(w):
            v[s0 + j] = -np.inf
            v[r + j] = -1.0
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            for j in range(w):
                if v[a + j] > v[s0 + j] or v[a + j] != v[a + j]:
                    v[s0 + j] = v[a + j]
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            for j in range(w):
                v[r + j] += 1.0 if v[a + j] == v[s0 + j] else 0.0
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            for j in range(w):
                v[s1 + j] = v[a + j] - v[s0 + j]
            by_numpy(loops, EXP, v, s1, s1, w)
            for j in range(w):
                v[r + j] += 0.0 if v[a + j] == v[s0 + j] else v[s1 + j]
        by_numpy(loops, LOG1P, v, r, s1, w)
        for j in range(w):
            v[r + j] = v[s0 + j] + (v[s1 + j] if math.isfinite(v[s0 + j]) else 0.0)""",
}

# A product's slopes are the products of the others, not what a chain of products hands back: 0 · ∞ · g is no number.
PROD_SHARES = """
        for k in range(y):
            p = s = 1.0
            for q in range(k):
                p *= v[lists[x + q]]
            for q in range(y - 1, k, -1):  # as in the sweep, which decides what overflows
                s *= v[lists[x + q]]
            p *= s
            d[lists[x + k]] += 0.0 if p == 0.0 else g * p"""
PROD_BLOCK_SHARES = """
        for k in range(y):
            a = np.int64(lists[x + k]) * width
            for j in range(w):
                p = s = 1.0
                for q in range(k):
                    p *= v[np.int64(lists[x + q]) * width + j]
                for q in range(y - 1, k, -1):
                    s *= v[np.int64(lists[x + q]) * width + j]
                p *= s
                d[a + j] += 0.0 if d[r + j] == 0.0 or p == 0.0 else d[r + j] * p"""


class CaseWriter:
    """Writes the cases: for one point, or with `block` for a block of examples."""

    def __init__(self, *, block: bool) -> None:
        self.block = block
        self.helpers: dict[str, Any] = {}

    def forward(self) -> str:
        """Return the cases of the values."""
        return self.chain([self.value_lines(key) for key in KEYS])

    def backward(self) -> str:
        """Return the cases of what flows back."""
        return self.chain([self.share_lines(key) for key in KEYS])

    def chain(self, cases: Sequence[Sequence[str]]) -> str:
        """Return the cases as one `if … elif …`."""
        parts = [
            f"{'if' if i == 0 else 'elif'} case == {i}:\n{textwrap.indent(chr(10).join(lines), '    ')}"
            for i, lines in enumerate(cases)
        ]
        return textwrap.indent("\n".join(parts), " " * 8)

    def letters(self, key: tuple[str, Any]) -> tuple[list[str], list[str], str]:
        """Return what stands before a case, and what the operands and the result are called in it."""
        j = " + j" if self.block else ""
        if key[0] in LISTS:
            return [], [f"v[a{j}]", f"v[b{j}]"][: 2 if key[0] == "dot" else 1], f"v[r{j}]"
        places = ["x"] if arity(key) == 1 else ["x", "y"] if arity(key) == 2 else ["x", "lists[y]", "lists[y + 1]"]
        before = []
        if self.block:
            pairs = list(zip("xyz", places, strict=False))
            before = [f"{name} = np.int64({place}) * width" for name, place in reversed(pairs)]  # z needs the old y
            places = [name for name, _ in pairs]
        return before, [f"v[{place}{j}]" for place in places], f"v[r{j}]"

    def value_lines(self, key: tuple[str, Any]) -> list[str]:
        """Return the lines that compute the value of a case."""
        if key[0] in LISTS:
            return textwrap.dedent((BLOCK_LISTS if self.block else FORWARD_LISTS)[key[0]]).strip().splitlines()
        before, letters, f = self.letters(key)
        book = Book()
        operands = tuple([book.variable(letter, ()) for letter in letters])
        op = row(key[0], key[1] or ())
        lines = self.term_lines([book.make(op, operands[: len(op.partials)])], lambda texts: [f"{f} = {texts[0]}"])
        return [*before, *self.for_each_example(lines)]

    def share_lines(self, key: tuple[str, Any]) -> list[str]:
        """Return the lines that hand each operand its share of the gradient g: g times the table's partial."""
        if key[0] == "prod":
            return textwrap.dedent(PROD_BLOCK_SHARES if self.block else PROD_SHARES).strip().splitlines()
        before, letters, f = self.letters(key)
        book = Book(simplify=False, exact=True)  # for numbers that are not finite as well
        result, operands = book.variable(f, ()), [book.variable(letter, ()) for letter in letters]
        if key[0] in LISTS:
            partials = [slopes[0] for slopes in OPS[key[0]].paper.rule(result, *[[x] for x in operands])]
        elif key[1] is None:
            partials = [OPS[key[0]].held_rule(operands[1])(result, operands[0])]  # type: ignore[misc]
        else:
            op = row(key[0], key[1])
            partials = [rule(result, *operands) for rule in op.partials]
        pairs = zip(operands, partials, strict=False)  # the exponent that is held has no share
        shares = [(x.label, p if isinstance(p, Term) else book.constant(p)) for x, p in pairs]
        shares = [(x, p) for x, p in shares if p.value != 0]
        if not shares:
            return ["pass"]

        def told(texts: Sequence[str]) -> list[str]:
            return [line for (x, p), text in zip(shares, texts, strict=True) for line in self.share(x, p, text)]

        lines = self.term_lines([p for _, p in shares], told)
        if key[0] not in LISTS:
            return [*before, *self.for_each_example(lines)]
        names = {"dot": [("a", "x + k"), ("b", "x + y + k")]}.get(key[0], [("a", "x + k")])
        width = " * width" if self.block else ""
        if OPS[key[0]].paper is not OPS[key[0]].partials:
            return self.share_of_sum(*shares[0], f"a = np.int64(lists[x + k]){width}")
        body = [f"{name} = np.int64(lists[{place}]){width}" for name, place in names]
        if key[0] == "dot" and self.block:  # weights that all examples share: one number, one sum
            once = self.for_each_example(
                [line.replace("v[a + j]", "weight") for line in lines if "d[a + j]" not in line]
            )
            body += ["if a >= common and b < common:"]
            body += indent(["weight = v[a]", "d[a] += total(d, r, v, b, w)", *once, "continue"])
        return ["for k in range(y):", *indent([*body, *self.for_each_example(lines)])]

    def share_of_sum(self, x: str, partial: Term, first: str) -> list[str]:
        """Return the lines of a row of many whose partials add up to 1: each is divided by their sum."""
        lines = self.term_lines([partial], lambda texts: [f"p = {texts[0]}"])
        body = [first, *map(ast.unparse, inline(lines, self.helpers))]
        share = self.share(x, partial, "p if not 0.0 < s < np.inf else p / s")
        each = "for k in range(y):"
        both = ["s = 0.0", each, *indent([*body, "s += p"]), each, *indent([*body, *share])]
        return ["for j in range(w):", *indent(["g = d[r + j]", *both])] if self.block else both

    def share(self, x: str, partial: Term, text: str) -> list[str]:
        """Return the lines that add a share to the gradient of x: nothing where the partial, or g, is 0."""
        gradient = "d" + x[1:]
        if partial.value == 1:
            return [f"{gradient} += g"]
        if partial.value is not None:
            return [f"{gradient} += g * {text}"]
        zero = "g == 0.0 or p == 0.0" if self.block else "p == 0.0"  # for one point, g = 0 was passed over
        return [f"p = {text}", f"{gradient} += 0.0 if {zero} else g * p"]

    def for_each_example(self, lines: list[str]) -> list[str]:
        """Return the lines, done for each example of a block."""
        if not self.block:
            return list(map(ast.unparse, inline(lines, self.helpers)))
        first = ["g = d[r + j]"] if any("g" in names(line) for line in lines) else []
        return vectorise([*first, *lines], self.helpers)

    def term_lines(self, terms: list[Term], told: Any) -> list[str]:
        """Return the lines that terms need, then what `told` says of their texts."""
        listing = Listing({}, "numba", terms)
        lines: list[Any] = []
        for term in terms:
            listing.write(term, lines)
        self.helpers |= listing.helpers
        return [*map(str, lines), *told([listing.reference(term) for term in terms])]


def names(line: str) -> set[str]:
    """Return the names in a line."""
    return set(re.findall(r"[A-Za-z_]\w*", line))


@cache
def source() -> str:
    """Return the interpreter: a module that needs Numba and NumPy alone."""
    writers = [CaseWriter(block=False), CaseWriter(block=True)]
    bodies = []
    for template, writer in zip((POINT, LANES), writers, strict=True):
        bodies.append(
            template.replace("{values}", VALUES)
            .replace("{shares}", SHARES)
            .replace("{forward}", writer.forward())
            .replace("{backward}", writer.backward())
            .replace("{case}", str(CASE))
            .replace("{idle}", str(IDLE))
            .replace("{functions}", ", ".join(functions()).upper())
            .replace("{count}", str(len(functions())))
            .replace("{spare}", "; ".join(f"s{i} = spare + {i} * width" for i in range(SPARE)))
        )
    marks = MARKS.replace("{case}", str(CASE)).replace("{list}", str(LIST))
    return "\n\n".join([HEAD, marks, *bodies])


class Interpreter(NamedTuple):
    """The compiled functions; arrays are handed to them as the addresses of their numbers."""

    spread: Callable[..., None]  # code, n, lists, kinds, marks: marks all that depends on what is marked
    value: Callable[..., None]  # code, n, lists, v
    point: Callable[..., float]  # [code, lists], [v, d], [n, slots, output]: few arguments, since each takes its time
    back: Callable[..., None]  # code, n, lists, v, d
    batch: Callable[..., None]  # as `Batch` in tapeprogram.py hands them over


FUNCTIONS: dict[str, list[Any]] = {}  # by the name of the module: whoever has their addresses needs them kept
ELSEWHERE = ("CACHE_DIR", "CACHE_LOCATOR_CLASSES")  # Numba's own settings, NUMBA_CACHE_DIR and the like
LOADING = Lock()  # two threads would compile twice


@cache
def interpreter() -> Interpreter:
    """Return the compiled interpreter; it takes half a minute the first time ever, and then comes from the cache.

    It is kept in the folder that MICROGRADNN_CACHE names, else in the user's cache; where neither can be
    written, in a folder of its own for as long as the process runs. Raises ModuleNotFoundError without Numba.
    """
    with extra("numba"):
        import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]  # where it is, it has no types
    text = source()
    name = "tape_" + hashlib.sha256(f"{text}{numba.__version__}{sys.version}".encode()).hexdigest()[:16]
    with LOADING:
        if name not in FUNCTIONS:
            path = folder() / f"{name}.py"
            if not all(map(is_trusted, files_of(path))):
                remove(path)
            try:
                FUNCTIONS[name] = load_module(path, text)
            except Exception:  # whatever comes of a file that is damaged: all of them anew
                remove(path)
                FUNCTIONS[name] = load_module(path, text)
            for kept in files_of(path):  # whatever the umask: the next process shall trust them
                with suppress(OSError):
                    kept.chmod(kept.stat().st_mode & 0o755)
    return Interpreter(*[prototype(f._sig)(f.address) for f in FUNCTIONS[name]])


def files_of(path: Path) -> list[Path]:
    """Return a module, if it is there, and what was compiled of it."""
    return [one for one in [path, *path.parent.glob(f"__pycache__/{path.stem}.*")] if os.path.lexists(one)]


def remove(path: Path) -> None:
    """Remove a module and what was compiled of it."""
    for kept in files_of(path):
        kept.unlink(missing_ok=True)


def load_module(path: Path, text: str) -> list[Any]:
    """Return the functions of the module at a path, which is written there if it is not."""
    if not path.exists() or path.read_bytes() != text.encode():
        write(path, text.encode())
    spec = importlib.util.spec_from_file_location(f"microgradnn_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # Numba looks it up there
    with keep_beside():
        spec.loader.exec_module(module)
    return [getattr(module, name) for name in Interpreter._fields]


@contextmanager
def keep_beside() -> Iterator[None]:
    """Within it Numba keeps what it compiles beside the module: whose files were looked at."""
    from numba.core import config  # type: ignore[import-not-found,import-untyped,unused-ignore]

    elsewhere = {name: getattr(config, name) for name in ELSEWHERE if hasattr(config, name)}
    for name in elsewhere:
        setattr(config, name, "")
    try:
        yield
    finally:
        for name, place in elsewhere.items():
            setattr(config, name, place)


def prototype(signature: Any) -> Any:
    """Return the type of a function: an argument that is no integer is an address. It lets other threads run."""
    arguments = [ctypes.c_int64 if str(x) == "int64" else ctypes.c_void_p for x in signature.args]
    return ctypes.CFUNCTYPE(ctypes.c_double if str(signature.return_type) == "float64" else None, *arguments)


def folder() -> Path:
    """Return where the interpreter is kept: what lies there is executed, so nobody else may write there."""
    own = os.environ.get("MICROGRADNN_CACHE")
    home = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "microgradnn"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        real = home.resolve()
        inner = real / "__pycache__"  # Numba's
        inner.mkdir(mode=0o700, exist_ok=True)
        foreign = [path for path in (real, inner) if not is_trusted(path)]
        if foreign:
            warnings.warn(
                f"{foreign[0]} is not used for compiled code, because it is another user's or others may write to it: "
                f"chmod go-w it, or name another folder in MICROGRADNN_CACHE; until then each process compiles anew",
                RuntimeWarning,
                stacklevel=2,
            )
        elif os.access(real, os.W_OK):
            return home
    except OSError:  # nothing can be written there
        pass
    own_folder = tempfile.mkdtemp(prefix="microgradnn-")
    atexit.register(shutil.rmtree, own_folder, ignore_errors=True)
    return Path(own_folder)
