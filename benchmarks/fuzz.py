"""Random and damaged input for all that reads or writes text and files: what is no plain answer is printed.

    python benchmarks/fuzz.py drawing --count 10000 --seed 1
    python benchmarks/fuzz.py parser csv model command calls --minutes 30

An answer is a result that holds to what is known of it, or one of our errors in words. All else counts as a fault:
another exception, Python's own words, a control character on the terminal, a number that is not right, a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import inspect
import io
import json
import math
import os
import random
import re
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

import microgradnn
from microgradnn import Tensor, Value, check, data, draw, expression, nn
from microgradnn.cli.console import main as command_line
from microgradnn.errors import AnomalyError, ModelFileError, RenderError
from microgradnn.graph import OPS, topological

Draw = random.Random
LONGEST = 60  # seconds for one input, on a machine that does other work too
HOSTILE = (
    "", '"', "'", "<b>", "</text><script>alert(1)</script>", "a\\n", "\\", "\x1b[31mX", "{a|b}", "&amp;", "]]>", "-->",
    "<!--", "\x00", "\ud800", "\u202eab", "é" * 40, "x" * 300, "end", "click a href", "%%{init:{}}%%", "#35;", "`",
    "$x$", "javascript:alert(1)", "onload=alert(1)", "\u2028", "\r\n", "layer 1/neuron 2", "%", "\\N", "graph",
    "subgraph s",
)  # fmt: skip
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e300, -1e300, 1e-300, 5e-324, math.inf, -math.inf, math.nan, 1e16, 1 / 3)


# --- expressions ------------------------------------------------------------------------------------

OF_MATH = ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "atan", "sinh", "expm1", "log1p", "cbrt", "erf")
PIECES = (
    *"abcxyz0123456789.+-*/^()=;,\n #_eE[]{}:!<>'\"\\\t\x00\ufeff∂σπ×·−²√", "**", "==", "//", "lambda x: x", "max(",
    "inf", "nan", "1e999", "1e-999", "0x10", "1_0", "1j", "True", "None", "if", "import os", "__import__", "J = ", "f(",
    "x.y", "9" * 50,
)  # fmt: skip


def draw_formula(draw: Draw, depth: int = 0) -> str:
    """Write a formula that Python can evaluate too."""
    if depth > 4 or draw.random() < 0.2:
        return draw.choice(["a", "b", "c", "2", "0.5", "1e-3", "7", "a", "b", "3.", ".5", "1E2"])
    kind = draw.random()
    one = draw_formula(draw, depth + 1)
    if kind < 0.15:
        return f"-{one}"
    if kind < 0.35:
        return f"{draw.choice(OF_MATH)}({one})"
    if kind < 0.45:
        return f"({one})"
    return f"{one}{draw.choice(['+', '-', '*', '/', '**', ' + ', ' * '])}{draw_formula(draw, depth + 1)}"


def damage(draw: Draw, text: str) -> str:
    """Put pieces in, leave some out, repeat some."""
    for _ in range(draw.randint(1, 4)):
        i, j = sorted((draw.randint(0, len(text)), draw.randint(0, len(text))))
        way = draw.randrange(4)
        part = (draw.choice(PIECES) * draw.choice([1, 1, 1, 2, 300]), "", text[i:j] * 2, draw.choice(HOSTILE))[way]
        text = text[:i] + part + text[i if way in (0, 3) else j :]
    return text


def fuzz_parser(draw: Draw, folder: Path) -> str:
    """A text: Python's own value of it, or an error."""
    text, values = draw_formula(draw), {name: draw.choice([0.0, 1.0, -2.0, 0.3, 5.0, 1e8]) for name in "abc"}
    whole = draw.random() < 0.4
    if not whole:
        text = damage(draw, draw.choice([text, f"u = {text}; J = 3*u", f"u = {text}\nJ = u + u  # a line"]))
        values = {name: draw.choice([*NUMBERS, 1.0, 2.0]) for name in draw.choice(["abc", "abcxyz", "ab"])}
    try:
        found = expression(
            text, {name: x for name, x in values.items() if re.search(rf"\b{name}\b", text) or not whole}
        )
        value = found.output.data
        if found.output.kind != "constant":
            found.output.backward()
    except ValueError:  # DomainError and ExpressionError are of this kind
        value = None
    if not whole:
        return ""
    right, moved = (evaluate(text, {name: x * factor for name, x in values.items()}) for factor in (1, 1 + 1e-13))
    if not math.isclose(right, moved, rel_tol=1e-8, abs_tol=1e-11):  # not finite, or all digits are lost on the way
        return ""
    if value is None:
        return f"{text} with {values}: refused, and Python has {right}"
    return (
        "" if math.isclose(value, right, rel_tol=1e-6, abs_tol=1e-9) else f"{text} with {values}: {value}, not {right}"
    )


def evaluate(text: str, values: dict[str, float]) -> float:
    """Return what Python makes of a formula; NaN where that is no real number."""
    try:
        found = eval(text, {**vars(math), **values, "__builtins__": {}})
    except (ArithmeticError, ValueError, TypeError):  # TypeError: of complex numbers
        return math.nan
    return found if isinstance(found, (int, float)) and math.isfinite(found) else math.nan


# --- tables -----------------------------------------------------------------------------------------


def fuzz_csv(draw: Draw, folder: Path) -> str:
    """A table as a file: the numbers that were written, or an error."""
    columns, lines = draw.randint(1, 5), draw.randint(1, 8)
    names = [draw.choice([f"x{i}", f"Größe {i}", f'a "{i}"', f"b,{i}", f"{i}"]) for i in range(columns)]
    numbers = [[round(draw.gauss(0, 10 ** draw.randint(-2, 4)), 3) for _ in names] for _ in range(lines)]
    mark = draw.choice([",", ";", "\t", "|"])
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=mark, lineterminator=draw.choice(["\n", "\r\n"]), quoting=draw.choice([0, 0, 1])
    )
    writer.writerow([*names, "label"])
    writer.writerows([[*row, i % 2] for i, row in enumerate(numbers)])
    content = text.getvalue().encode(draw.choice(["utf-8", "utf-8", "utf-8-sig"]))
    whole = draw.random() < 0.3
    if not whole:
        content = damage_bytes(draw, content)
    path = folder / "table.csv"
    path.write_bytes(content)
    try:
        X, Y, features, _ = data.read_table(path, "label", decimal="." if whole else None)  # noqa: N806
    except ValueError as error:
        return f"refused: {error}: {content!r}" if whole else ""
    if not (np.isfinite(X).all() and np.isfinite(Y).all() and X.shape[0] == len(features) and X.shape[1] == Y.shape[1]):
        return f"X {X}, Y {Y} of {content!r}"
    return "" if not whole or np.array_equal(X.T, numbers) else f"{X.T} for {numbers}: {content!r}"


def damage_bytes(draw: Draw, content: bytes) -> bytes:
    """Change, leave out, repeat or put in some bytes."""
    pieces = (
        b"\x00",
        b"\xff",
        b'"',
        b",",
        b"\n",
        b"nan",
        b"inf",
        b"1e999",
        b"1,5",
        b"\xef\xbb\xbf",
        b"9" * 400,
        b"\r",
        b"{",
    )
    for _ in range(draw.randint(1, 5)):
        i, j = sorted((draw.randint(0, len(content)), draw.randint(0, len(content))))
        way = draw.randrange(5)
        part = (draw.choice(pieces), b"", content[i:j] * 2, bytes([draw.randrange(256)]), draw.randbytes(3))[way]
        content = content[:i] + part + content[(i, j, j, i + 1, i)[way] :]
    return content


# --- model files ------------------------------------------------------------------------------------


def fuzz_model(draw: Draw, folder: Path) -> str:
    """A file of a network in which something was changed: a network that answers, or an error."""
    units = [draw.randint(1, 3) for _ in range(draw.randint(1, 3))] + [1]
    network = nn.Network(units, hidden=draw.choice(["tanh", "relu", "silu"]), seed=draw.randrange(99))
    model = nn.Model(network, features=[f"x{i}" for i in range(units[0])])
    path = model.save(folder / "model.safetensors")
    X = np.ones((units[0], 2))  # noqa: N806
    want, content = model(X), path.read_bytes()
    way = draw.random()
    if way < 0.45:
        content = damage_bytes(draw, content)
    elif way < 0.9:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        about = json.loads(header["__metadata__"]["microgradnn"])
        damage_tree(draw, draw.choice([header, about, about, about]))
        if isinstance(header.get("__metadata__"), dict):
            header["__metadata__"]["microgradnn"] = json.dumps(about)
        text = json.dumps(header).encode()
        content = len(text).to_bytes(8, "little") + text + content[8 + length :]
    path.write_bytes(content)
    try:
        again = nn.Model.load(path)
        found = again(np.ones((again.network.n[0], 2)))
    except (ModelFileError, AnomalyError):
        return "" if way < 0.9 else "refused, and it is whole"
    if way >= 0.9 and not np.array_equal(found, want):
        return f"{found}, not {want}"
    return "" if np.isfinite(found).all() else f"{found} is not finite"


def damage_tree(draw: Draw, tree: Any) -> None:
    """Change something in dicts and lists."""
    places = [*nested(tree)]
    if not places:
        return
    inside, key = draw.choice(places)
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        10**400,
        1e308,
        "x",
        [],
        {},
        [[]],
        "\x1b[31m",
        [1, 2],
        {"a": 1},
        2**31,
        0.5,
        "nan",
    ]
    if draw.random() < 0.2:
        del inside[key]
    else:
        inside[key] = draw.choice([*odd, inside[draw.choice([*inside])] if isinstance(inside, dict) else None])


def nested(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a tree: what it is in, and its key."""
    for key in [*tree] if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from nested(tree[key])


# --- drawings ---------------------------------------------------------------------------------------


def draw_graph(draw: Draw) -> Any:
    """A graph of Values or Tensors with hostile names and scopes, swept or not."""
    arrays = draw.random() < 0.3
    kinds = ("input", "parameter", "constant")

    def leaf() -> Any:
        x, kind = draw.choice(NUMBERS), draw.choice(kinds)
        return Tensor(np.full((2, 1), x), kind=kind) if arrays else Value(x, kind=kind)

    nodes = [leaf() for _ in range(draw.randint(1, 4))]
    rows = [OPS[name] for name in ("add", "mul", "sub", "tanh", "relu", "exp", "maximum", "where", "abs", "sigmoid")]
    for _ in range(draw.randint(0, 9)):
        op = draw.choice(rows)
        nodes.append(op(*draw.choices(nodes, k=op.arity or 2)))
    for node in nodes:
        if draw.random() < 0.4:
            name = "".join(draw.choices(HOSTILE, k=draw.randint(1, 2)))
            node.named(name, scope=draw.choice(["", "", draw.choice(HOSTILE)]))
    root = nodes[-1].sum() if arrays else nodes[-1]
    if draw.random() < 0.7 and root.op is not None:
        root.backward()
    return root


class Elements(HTMLParser):
    """Counts the elements of a page, and keeps their attributes' names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.found[tag] += 1
        self.attributes |= {name for name, _ in attrs}


def elements(page: str) -> Elements:
    """Return what a page consists of."""
    reader = Elements()
    reader.feed(page)
    return reader


def of_plain_page() -> Elements:
    """Return what a page of a harmless graph consists of."""
    x = Value(2.0, "x")
    return elements((x * x).draw().page())


MERMAID = re.compile(
    r"flowchart (LR|TB)|\s*(subgraph \w+\[%s\]|end|\w+[([]{1,2}%s[)\]]{1,2}:::\w+|"
    r"\w+ (-->|-\.->)(\|%s\|)? \w+|classDef .*)" % ((r'"[^"<>]*(<br/>[^"<>]*)*"',) * 3)
)


def fuzz_drawing(draw: Draw, folder: Path) -> str:
    """A graph in every format: it parses, has as many boxes and arrows as the picture, and nothing foreign."""
    root = draw_graph(draw)
    drawing = root.draw()
    picture = drawing.picture
    wrong = []
    dot, mermaid, text, svg, page = (
        make() for make in (drawing.dot, drawing.mermaid, drawing.text, drawing.svg, drawing.page)
    )
    again = root.draw()
    if (dot, mermaid, text, svg) != (again.dot(), again.mermaid(), again.text(), again.svg()):
        wrong.append("other bytes the second time")
    shown = [box for box in picture.boxes if box.kind != "hidden"]
    if sum(box.nodes for box in shown) + picture.hidden != len(topological(root)):
        wrong.append("nodes are lost")
    tree = ElementTree.fromstring(svg)
    ids = Counter(group.get("id") for group in tree.findall(".//{*}g[@id]"))
    if (
        not ids.keys() >= {box.id for box in picture.boxes} | {arrow.id for arrow in picture.arrows}
        or max(ids.values()) > 1
    ):
        wrong.append(f"boxes or arrows are lost in the SVG, or there twice: {ids}")
    tags = {element.tag.partition("}")[2] for element in tree.iter()}
    attributes = {name.lower() for element in tree.iter() for name in element.attrib}
    if tags & {"script", "foreignObject", "image", "use", "iframe"} or any(
        name.startswith("on") for name in attributes
    ):
        wrong.append(f"foreign parts in the SVG: {tags} {attributes}")
    plain = of_plain_page()
    found = elements(page)
    if found.found["script"] != plain.found["script"] or {one for one in found.attributes if one.startswith("on")}:
        wrong.append(f"foreign parts in the page: {found.found} {found.attributes}")
    watched = ("iframe", "object", "embed", "form", "link", "base")
    wrong += [f"<{name}> in the page" for name in watched if found.found[name] != plain.found[name]]
    bad = [line for line in mermaid.split("\n") if line and not MERMAID.fullmatch(line)]
    arrows = len(re.findall(r"^ +\w+ (?:-->|-\.->)", mermaid, re.MULTILINE))
    if bad or arrows != len(picture.arrows):
        wrong.append(f"{arrows} arrows for {len(picture.arrows)} in Mermaid, lines {bad}")
    if len(re.findall(r"^\s*\w+ -> \w+", dot, re.MULTILINE)) < len(picture.arrows):
        wrong.append("arrows are lost in DOT")
    if any(ord(c) < 32 and c not in "\n\t" for c in text + dot + mermaid):
        wrong.append("a control character in a text")
    return "; ".join(wrong)


# --- the command line -------------------------------------------------------------------------------


def fuzz_command(draw: Draw, folder: Path) -> str:
    """Arguments, files as well: an exit code, and of an error one line."""
    prepare(folder)
    command = draw.choice(
        ["draw", "draw", "explain", "train", "predict", "evaluate", "check", "course", "demo", "xyz", "--version"]
    )
    texts = [
        draw_formula(draw),
        damage(draw, draw_formula(draw)),
        "t.mg",
        "data.csv",
        "model.safetensors",
        "check.py",
        ".",
        "none.csv",
    ]
    options = {
        "draw": [
            "--text",
            "-o",
            "a.svg",
            "a.txt",
            "a.html",
            "/nowhere/a.dot",
            "--wrt",
            "a",
            "--depth",
            "--most",
            "--focus",
            "--top",
            "--around",
        ],
        "explain": ["--wrt", "a", "a,b"],
        "train": [
            "--label",
            "y",
            "--layers",
            "2,1",
            "--iterations",
            "3",
            "--labels",
            "numbers",
            "--plot",
            "p.svg",
            "--seed",
            "--learning-rate",
        ],
        "predict": ["-o", "out.csv", "--keep", "a", "--decimal", ","],
        "evaluate": ["--decimal", "."],
        "check": ["--forward", "f", "--rate"],
    }.get(command, ["--progress"])
    numbers = [f"{name}={draw.choice([*NUMBERS, 'x', '', '1e999'])}" for name in "abc"]
    typical = {
        "train": ["data.csv", "--label", "y", "--iterations", "2"],
        "predict": ["model.safetensors", "data.csv"],
        "check": ["check.py"],
    }
    arguments = [command, *typical.get(command, [draw.choice(texts), *numbers])]
    for _ in range(draw.randint(0, 4)):
        new = draw.choice([*options, *options, *texts, *HOSTILE, "-1", "0", "3", "1e9", "-h", "--", "-", "="])
        arguments.insert(draw.randint(1, len(arguments)), new)
    if draw.random() < 0.3 and len(arguments) > 1:
        del arguments[draw.randrange(1, len(arguments))]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        sys.stdin = io.StringIO(draw_formula(draw))
        try:
            code: Any = command_line(arguments)
        except SystemExit as leaving:
            code = leaving.code
    said = err.getvalue()
    if code not in (0, 1, 2, None):
        return f"{arguments}: exit code {code}"
    if any(ord(c) < 32 and c not in "\n\t" for c in out.getvalue() + said):
        return f"{arguments}: a control character: {out.getvalue()!r} {said!r}"
    if command != "check" and (code or 0) > 0 and (said.count("microgradnn: ") < 1 or "Traceback" in said):
        return f"{arguments}: exit code {code}, and {said!r}"
    return python_words(said, str(arguments))


def prepare(folder: Path) -> None:
    """Write the files that commands are about."""
    if not (folder / "t.mg").exists():
        (folder / "t.mg").write_text("u = a*b\nJ = u + 3\n")
        (folder / "data.csv").write_text("a,b,y\n1,2,0\n2,1,1\n3,1,1\n0,2,0\n1,3,0\n4,1,1\n")
        (folder / "check.py").write_text(
            "import numpy as np\nx = np.array([1.0, 2.0])\ndef forward(x):\n    return (x**2).sum()\n"
            "def backward(x):\n    return 2 * x\n"
        )
        nn.Model(nn.Network([2, 1], seed=0), features=["a", "b"], classes=["0", "1"], label="y").save(
            folder / "model.safetensors"
        )


# --- calls ------------------------------------------------------------------------------------------

PYTHONS = re.compile(
    r"object is not (callable|iterable|subscriptable)|has no attribute|unsupported operand|positional argument|"
    r"unexpected keyword|object cannot be interpreted|has no len|not supported between|unhashable|"
    r"must be (str|real number)|can't multiply|indices must be|ufunc '|only (integer|size-1|0-dim)|"
    r"inhomogeneous|truth value of an|setting an array element|could not convert string|NoneType"
)


EXPECTED = (
    *(ValueError, TypeError, ArithmeticError, RuntimeError, LookupError, AttributeError, ImportError, OSError),
    RenderError,
)


def python_words(text: str, where: str) -> str:
    """Say where a text has the words of Python or NumPy."""
    return f"{where}: {text}" if PYTHONS.search(text) else ""


def odd_arguments(draw: Draw) -> Any:
    """Anything at all."""
    kinds: list[Any] = [
        lambda: None, lambda: True, lambda: 1, lambda: -1, lambda: 0, lambda: 10**400, lambda: 2.5, lambda: math.nan,
        lambda: math.inf, lambda: 1j, lambda: "a", lambda: "", lambda: b"a", list, dict, lambda: (), lambda: {1.0},
        lambda: [1.0, 2.0], lambda: [[1.0], [2.0, 3.0]], lambda: ["a", None], lambda: object(), lambda: len,
        lambda: lambda: 1, lambda: lambda x: x * x, lambda: lambda x: None, lambda: lambda *xs: xs[0],
        lambda: lambda x: "a", lambda: int, lambda: np.float32(1), lambda: np.int64(3), lambda: np.array(2.0),
        lambda: np.array([]), lambda: np.zeros((0, 2)), lambda: np.ones((2, 3)), lambda: np.array(["a"]),
        lambda: np.array([None, 1.0]), lambda: np.ma.masked, lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
        lambda: np.array([1j]), lambda: np.datetime64("2020"), lambda: np.bool_(1), lambda: Value(2.0, "v"),
        lambda: Value(-3.0), lambda: Value(1.0, "v") * 2, lambda: [Value(1.0), Value(2.0)], lambda: {"a": Value(1.0)},
        lambda: Tensor([[1.0, 2.0]], "T"), lambda: Tensor([[1.0], [2.0]]) * 3, lambda: Tensor(2.0),
        lambda: Tensor(np.zeros((0, 2))), lambda: (Tensor([[1.0, 2.0]]) ** 2).sum(), lambda: np.array([Value(1.0)]),
        lambda: range(3), lambda: iter([1.0]), lambda: Exception("x"), lambda: nn, lambda: slice(1), lambda: ...,
        lambda: 10**9, lambda: nn.Network([2, 1], seed=0), lambda: nn.MLP(2, [2, 1]), lambda: memoryview(b"ab"),
        lambda: Path("none"),
    ]  # fmt: skip
    return draw.choice(kinds)()


class Method:
    """A method of an object that is made anew for each call."""

    def __init__(self, make: Callable[[], Any], name: str) -> None:
        self.make, self.name = make, name

    def __call__(self, *args: Any, **options: Any) -> Any:
        return getattr(self.make(), self.name)(*args, **options)


def callables() -> list[tuple[str, Any]]:
    """Return all public functions and classes, and the methods of nodes."""
    found = []
    for home in (microgradnn, check, nn, data, draw):
        for name, one in sorted(vars(home).items()):
            exception = inspect.isclass(one) and issubclass(one, BaseException)
            if not name.startswith("_") and callable(one) and not exception and not inspect.ismodule(one):
                found.append((f"{home.__name__}.{name}", one))
    for kind, make in ((Value, lambda: Value(0.5, "v")), (Tensor, lambda: Tensor([[0.5, 2.0], [1.0, 0.25]], "T")),
                       (nn.Network, lambda: nn.Network([2, 1], seed=0))):  # fmt: skip
        names = [name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name, None))]
        found += [(f"{kind.__name__}.{name}", Method(make, name)) for name in names]
    return found


def fuzz_calls(draw: Draw, folder: Path, known: list[tuple[str, Any]] = []) -> str:  # noqa: B006 (looked up once)
    """A public function with anything: a result, or an error of a kind that is documented, in our words."""
    known.extend([] if known else callables())
    name, function = draw.choice(known)
    args = [odd_arguments(draw) for _ in range(draw.choice([0, 1, 1, 1, 2, 2, 3, 4]))]
    try:
        names = [one.name for one in inspect.signature(function).parameters.values() if one.kind is one.KEYWORD_ONLY]
    except (TypeError, ValueError):
        names = []
    options = {draw.choice([*names, "axis", "foo"]): odd_arguments(draw) for _ in range(draw.choice([0, 0, 1, 2]))}
    written = f"{name}({', '.join([*map(show, args), *(f'{key}={show(one)}' for key, one in options.items())])})"
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            show(function(*args, **options))
        except EXPECTED as error:
            inside = [frame for frame in traceback.extract_tb(error.__traceback__) if "/microgradnn/" in frame.filename]
            foreign = type(error) in (AttributeError, KeyError, IndexError, RecursionError, RuntimeError)
            if inside and (foreign or PYTHONS.search(str(error))):  # a call that does not fit gets no further
                place = f"{inside[-1].filename.rpartition('/microgradnn/')[2]}:{inside[-1].lineno}"
                return f"{written}: {type(error).__name__} in {place}: {error}"
    return ""


def show(x: Any) -> str:
    """Write a value on a line."""
    return re.sub(r"\s+", " ", repr(x))[:120]


# --- all of them ------------------------------------------------------------------------------------

FUZZERS: dict[str, Callable[[Draw, Path], str]] = {
    "parser": fuzz_parser,
    "csv": fuzz_csv,
    "model": fuzz_model,
    "drawing": fuzz_drawing,
    "command": fuzz_command,
    "calls": fuzz_calls,
}


class Late(BaseException):
    """An input took too long; nothing that catches Exception catches this."""


def late(*_: Any) -> None:
    """Stop what takes too long."""
    raise Late


def run(name: str, count: int, seed: int, seconds: float, shown: int) -> tuple[int, list[str]]:
    """Try so many inputs, or for so long; return how many it were, and the faults."""
    signal.signal(signal.SIGALRM, late)
    faults, begun, k = [], time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for k in range(count):
            if time.monotonic() - begun > seconds:
                break
            said = sys.stdout, sys.stderr, sys.stdin
            signal.alarm(LONGEST)
            try:
                wrong = FUZZERS[name](random.Random(f"{name} {seed + k}"), Path(folder))
            except Late:
                wrong = f"more than {LONGEST} seconds"
            except Exception:
                wrong = traceback.format_exc()
            finally:
                signal.alarm(0)
                sys.stdout, sys.stderr, sys.stdin = said
            if wrong:
                faults.append(f"--- {name}, seed {seed + k}: {wrong}")
                if len(faults) <= shown:
                    print(faults[-1].encode("utf-8", "replace").decode(), flush=True)
        else:
            k = count
    return k, faults


def main(argv: list[str]) -> int:
    """Print the faults and the counts; 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=FUZZERS, metavar="|".join(FUZZERS))
    parser.add_argument("--count", type=int, default=10**9, help="inputs of each kind")
    parser.add_argument("--minutes", type=float, default=math.inf, help="for each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=100, help="print so many faults of each kind")
    given = parser.parse_args(argv)
    counts = {}
    for name in given.names or FUZZERS:
        begun = time.monotonic()
        tried, faults = run(name, given.count, given.seed, 60 * given.minutes, given.show)
        counts[name] = len(faults)
        print(f"{name}: {tried:,} inputs in {time.monotonic() - begun:.0f} s, {len(faults)} faults", flush=True)
    return int(any(counts.values()))


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    sys.exit(main(sys.argv[1:]))
