"""How numbers, operations and symbols are written, in text and in LaTeX.

Nothing here computes: a `Symbol` is a node without a number. The rules of the table run on
symbols as they run on floats, which is how the library prints its own derivatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import count, filterfalse
from math import floor, isfinite, log10
from typing import Any, Literal, NamedTuple

import numpy as np

from ..graph import Fold, Node, Op, topological
from . import calculus
from .arrays import ArrayOp

Style = Literal["text", "latex"]

MOST_NUMBERS = 6  # of an array that are written
MOST_TERMS = 4  # of a sum of many that are written
LOOSENESS = ("sum", "product", "power", "atom")  # what binds least comes first
UNPRINTABLE = ((0x7F, 0x9F), (0x2028, 0x202E), (0x2066, 0x2069), (0xD800, 0xDFFF))  # controls, breaks, surrogates
WIDEST = 800  # digits: from the largest float to the least
LATEX = str.maketrans({c: "\\" + c for c in "#$%&_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"})
SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(x: float, digits: int = 4) -> str:
    """Write x with so many significant digits and a real minus sign: −0.4761, 6, 1.2e−5."""
    text = f"{x + 0:.{digits}g}"  # + 0: a reader does not care for the sign of zero
    return re.sub(r"e([+-])0*(\d)", lambda e: "e" + e[1].strip("+") + e[2], text).replace("-", "−").replace("inf", "∞")


def quantity(x: Any, digits: int = 4) -> str:
    """Write a number, the numbers of a small array, row by row, or the range of a large one."""
    if not isinstance(x, np.ndarray):
        return number(x, digits)
    if x.size == 1:
        return number(float(x.reshape(())), digits)
    if x.size > MOST_NUMBERS:
        return f"{number(x.min(), digits)} … {number(x.max(), digits)}"
    rows: Any = x.reshape((-1, x.shape[-1])) if x.size else [[]]
    return "[" + "; ".join(" ".join(number(one, digits) for one in row) for row in rows) + "]"


def show_held(node: Any, digits: int = 4) -> str:
    """Write what a node holds: a number, or the shape of an array and then its numbers."""
    held = quantity(node.item(), digits)
    return f"{node.shape} {held}" if getattr(node, "shape", ()) else held


def visible(text: str) -> str:
    """Show control characters by their pictures, and as � what a file of text cannot hold."""
    return "".join(c if printable(ord(c)) else chr(0x2400 + ord(c)) if c < " " else "�" for c in text)


def printable(code: int) -> bool:
    """Whether a character can stand on a line, in UTF-8 and in XML, and does not turn the line around."""
    return code >= 0x20 and code & 0xFFFE != 0xFFFE and not any(low <= code <= high for low, high in UNPRINTABLE)


def exactly(x: Any) -> str:
    """Write x with every digit it has, and a real minus sign; of a large array its corners."""
    if isinstance(x, np.ndarray):
        return np.array2string(x + 0, separator=", ", threshold=60, edgeitems=2).replace("-", "−").replace("\n", "")
    return repr(float(x) + 0).replace("-", "−")  # + 0: as in number


def write_sum(terms: Sequence[float], digits: int = 4) -> str:
    """Write a sum with its signs between: 0.3 − 1.35 + 2."""
    signed = [f" − {number(-x, digits)}" if x < 0 else f" + {number(x, digits)}" for x in terms[1:]]
    return number(terms[0], digits) + "".join(signed)


def addition(terms: Sequence[float], total: float, digits: Sequence[int] = (4, 5, 6, 7)) -> str:
    """Write a sum and what it comes to, all rounded at one place: 0.646 − 0.742 = −0.096.

    It has the first number of `digits` with which no term vanishes and what is written adds up; if there is none, the
    sign is ≈.
    """
    from decimal import Context, Decimal  # 1 ms of an import

    numbers = [*terms, total]
    if not all(map(isfinite, numbers)):
        return f"{write_sum(terms, digits[0])} = {number(total, digits[0])}"
    top = floor(log10(max(map(abs, numbers)) or 1.0))
    close = ""
    for shown in digits:
        place = Decimal(1).scaleb(top - shown + 1)
        parts = [Decimal(x).quantize(place, context=Context(prec=WIDEST)) for x in numbers]
        if all(part or not x for part, x in zip(parts, numbers, strict=True)):
            left, right = write_sum([*map(float, parts[:-1])], shown + 1), number(float(parts[-1]), shown + 1)
            if sum(parts[:-1]) == parts[-1]:
                return f"{left} = {right}"
            close = close or f"{left} ≈ {right}"
    return close or f"{write_sum(terms, digits[0])} ≈ {number(total, digits[0])}"


class Operand(NamedTuple):
    """A piece of a formula, and how tightly it binds."""

    text: str
    binds: str = "atom"

    def __format__(self, need: str) -> str:
        """Return the text for a place that needs a `sum`, `product`, `power` or `atom`."""
        if need == "exponent":
            whole = re.fullmatch(r"−?\d+", self.text)
            return self.text.translate(SUPERSCRIPTS) if whole else f"^{self:atom}"
        if need and LOOSENESS.index(self.binds) < LOOSENESS.index(need):
            return f"({self.text})"
        return self.text


def constant(x: Any, digits: int = 4) -> Operand:
    """Write a plain number as an operand; a negative one binds like a sum."""
    text = number(x, digits)
    return Operand(text, "sum" if text.startswith("−") else "atom")


def formula(op: Op | ArrayOp, operands: Sequence[Operand], style: Style = "text") -> Operand:
    """Write `op` applied to `operands`, its held arguments after them."""
    if isinstance(op, Fold):
        return series(op, operands, style)
    if isinstance(op, ArrayOp):
        return Operand(op.format_call(operands), op.binds)
    letters = dict(zip("xyz", [*operands, *map(constant, op.held)], strict=False))
    template = op.text if style == "text" else op.latex
    return Operand(template.format(**letters), op.binds)


def series(op: Fold, operands: Sequence[Operand], style: Style) -> Operand:
    """Write a row of many arguments: its first terms and its last."""
    n = len(operands) // op.sequences
    groups = zip(*(operands[i * n : (i + 1) * n] for i in range(op.sequences)), strict=True)
    terms = [group[0] if len(group) == 1 else formula(calculus.mul, group, style) for group in groups]
    texts = [f"{term:{op.each}}" for term in terms]
    if n > MOST_TERMS:
        texts[MOST_TERMS - 2 : -1] = ["…" if style == "text" else r"\dots"]
    opened, between = op.open, op.separator
    if style == "latex":
        opened = rf"\operatorname{{{op.name}}}(" if opened else ""
        between = between.replace("×", r"\cdot")
    return Operand(opened + between.join(texts) + op.close, op.binds if n > 1 or opened else "sum")


def labels(order: Sequence[Node], of: Collection[Node] | None = None) -> dict[Node, str]:
    """Return the names of the nodes of a topological order, or of those in `of`.

    A name is the node's own, with control characters made visible, or its number if it is a
    constant, or t1, t2, … (less those taken).
    """
    own = [node.name for node in order]
    free = filterfalse(set(own).__contains__, map("t{}".format, count(1)))
    names: dict[Node, str] = {}
    for node, name in zip(order, own, strict=True):
        is_number = not name and node.kind == "constant"
        label = name if name or is_number else next(free)
        if of is None or node in of:
            names[node] = quantity(node.item()) if is_number else visible(label)
    return names


def latex_name(name: str) -> str:
    """Write a name in LaTeX: a letter with an index as mathematics, w11, W_hh and h_{t-1}, and a word upright."""
    letter = re.fullmatch(r"([^\W\d_])(?:_?(\d+)|_(\w+)|_\{([^{}]+)\})?", name)
    if letter is None:
        return rf"\text{{{name.translate(LATEX)}}}"
    index = next(filter(None, letter.groups()[1:]), "")
    return letter[1] + (f"_{{{index.translate(LATEX)}}}" if index else "")


def operand(node: Node, label: str) -> Operand:
    """Return the node as an operand in a formula: its label, or its number if a constant."""
    if node.kind != "constant" or node.name:
        return Operand(label)
    held = node.item()
    return Operand(quantity(held)) if isinstance(held, np.ndarray) else constant(held)


def definition(node: Node, names: dict[Node, str]) -> str:
    """Write the node with its operation, in the given names: 'u = b × c'; a leaf is its name."""
    if node.op is None:
        return names[node]
    return f"{names[node]} = {formula(node.op, [operand(x, names[x]) for x in node.inputs]).text}"


class Symbol(Node):
    """A name, a number, or an operation on symbols. Arithmetic and rows work on it."""

    __slots__ = ("data",)

    data: float | None

    def __init__(
        self, name: str = "", *, data: float | None = None, op: Op | None = None, inputs: tuple[Symbol, ...] = ()
    ) -> None:
        self.data = data
        self.named(name)
        self.op = op
        self._x = inputs or None
        self._y = None

    def _held(self) -> float | None:
        """Return the number, if it is one."""
        return self.data

    @classmethod
    def _record(cls, op: Op, *args: Any) -> Any:
        """Return op(args), less what a person would leave out: 1 · x, x + 0, −−x."""
        short = SHORT[op](*args) if op in SHORT else None
        if short is not None:
            return short
        return cls(op=op, inputs=tuple(x if isinstance(x, Symbol) else cls(data=x) for x in args))

    def write_out(self, style: Style = "text") -> Operand:
        """Write it out, down to the symbols that have a name."""
        done: dict[Symbol, Operand] = {}
        for node in topological(self):
            if node.op is not None:
                done[node] = formula(node.op, [done[x] for x in node.inputs], style)
            else:
                done[node] = Operand(node.name) if node.name else constant(node.data)
        return done[self]

    def __str__(self) -> str:
        return self.write_out().text

    def __repr__(self) -> str:
        return f"Symbol({str(self)!r})"

    def latex(self) -> str:
        """Return it in LaTeX."""
        return self.write_out("latex").text.replace("−", "-")


# What a person leaves out. For print only: nothing is computed with what these return.


def is_number(x: Any, number: int) -> bool:
    """Whether an operand is this plain number."""
    return not isinstance(x, Node) and bool(x == number)


def short_sum(x: Any, y: Any) -> Any:
    """X + 0 is x."""
    return y if is_number(x, 0) else x if is_number(y, 0) else None


def short_difference(x: Any, y: Any) -> Any:
    """X − 0 is x, and 0 − x is −x."""
    return -y if is_number(x, 0) else x if is_number(y, 0) else None


def short_product(x: Any, y: Any) -> Any:
    """0 · x is 0, 1 · x is x, −1 · x is −x, x · (1 / y) is x / y, and x · x is x²."""
    for number, other in ((x, y), (y, x)):
        if is_number(number, 0):
            return 0
        if is_number(number, 1):
            return other
        if is_number(number, -1):
            return -other
        if isinstance(number, Symbol) and number.op is calculus.div and number.inputs[0].data == 1:
            return other / number.inputs[1]
    return x**2 if x is y else None


def short_power(x: Any, y: Any) -> Any:
    """x¹ and x / 1 are x."""
    return x if is_number(y, 1) else None


def short_negation(x: Any) -> Any:
    """−(−x) is x."""
    return x.inputs[0] if x.op is calculus.neg else None


SHORT: dict[Op, Callable[..., Any]] = {
    calculus.add: short_sum,
    calculus.sub: short_difference,
    calculus.mul: short_product,
    calculus.weigh: short_product,
    calculus.div: short_power,
    calculus.pow: short_power,
    calculus.neg: short_negation,
}
