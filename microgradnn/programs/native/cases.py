"""The rows of the table as instructions of LLVM: one operation, its numbers in registers, loops unrolled.

Rules are run on terms, and terms become instructions: arithmetic as it is, a function of `math` a call of the same
function of C, any other what it does in `numerics`, a choice a `select`. Nothing here knows what a row is worth.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from ...formulas.book import Book
from ...formulas.terms import Term
from ...formulas.translation import numeric_functions, translate
from ...graph import OPS, row, topological
from ...rules import numerics
from .tape import KEYS, LISTS

ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
SIGNS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
# Of a NaN every comparison is false, but that it differs
ORDER = {ast.Lt: "olt", ast.LtE: "ole", ast.Gt: "ogt", ast.GtE: "oge", ast.Eq: "oeq", ast.NotEq: "une"}
# Which processors have instructions for; the rest is in C's library
INSTRUCTIONS = {x: x for x in ("ceil", "copysign", "floor", "fma", "rint", "sqrt", "trunc")} | {"abs": "fabs"}
WHOLE = 1.5 * 2.0**52  # a whole number that is added to it stands in its last bits
BLOCK = 256  # instructions; of a longer block LLVM takes more than its share of time
NEW = re.compile(r"%\{u\}\.\d+")
PLACE, CALL = re.compile(r"\{(\d+)\}"), re.compile(r"(@[\w.]+)\((.*)\)$", re.MULTILINE)


def number_type(lanes: int) -> str:
    """Return the type of a number, or of as many as there are lanes."""
    return "double" if lanes == 1 else f"<{lanes} x double>"


def vector(kind: str, x: Any, lanes: int) -> str:
    """Write a constant, once for each lane."""
    return str(x) if lanes == 1 else f"<{', '.join([f'{kind} {x}'] * lanes)}>"


def literal(x: float, lanes: int) -> str:
    """Write a number, bit by bit."""
    return vector("double", f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}", lanes)


class Lowered(NamedTuple):
    """Instructions to be formatted with the operands, the result, the gradient g and a prefix for new names."""

    text: str
    results: tuple[tuple[int, str], ...]  # the value of the result, or of each operand its share of the gradient
    reads: frozenset[int]  # which operands it needs
    calls: frozenset[tuple[str, int]]  # functions, and how many arguments they have


class Instructions:
    """Instructions for so many lanes, each written once; a number is known by the name that it has there."""

    def __init__(self, lanes: int) -> None:
        self.lanes, self.type = lanes, number_type(lanes)
        self.bits = "i1" if lanes == 1 else f"<{lanes} x i1>"
        self.given: dict[str, str] = {}  # names, by instructions

    def new(self, instruction: str) -> str:
        """Add an instruction, if it is not there, and return the name of what it gives."""
        return self.given.setdefault(instruction, f"%{{u}}.{len(self.given)}")

    def literal(self, x: float) -> str:
        """Write a number."""
        return literal(x, self.lanes)

    def compute(self, name: str, x: str, y: str) -> str:
        """Add, subtract, multiply or divide two numbers."""
        return self.new(f"{name} {self.type} {x}, {y}")

    def select(self, test: str, yes: str, no: str) -> str:
        """Choose."""
        return self.new(f"select {self.bits} {test}, {self.type} {yes}, {self.type} {no}")

    def compare(self, order: str, x: str, y: str) -> str:
        """Return a condition."""
        return self.new(f"fcmp {order} {self.type} {x}, {y}")

    def join(self, word: str, tests: Sequence[str]) -> str:
        """Join conditions."""
        result = tests[0]
        for test in tests[1:]:
            result = self.new(f"{word} {self.bits} {result}, {test}")
        return result

    def power(self, x: str, y: str, exponent: Any) -> str:
        """Raise x to a power, whose number is `exponent` where it is known; a small one is a product, as in C."""
        if exponent not in (1, 2, 3):
            return self.call("pow", [x, y])
        result = x
        for _ in range(int(exponent) - 1):
            result = self.compute("fmul", result, x)
        return result

    def call(self, name: str, xs: Sequence[str]) -> str:
        """Call a function of C, or of `numerics`, or `pow2`, 2^x of a whole x: its bits go to the exponent's place."""
        if name == "pow2":
            bits = self.type.replace("double", "i64")
            whole = self.compute("fadd", xs[0], self.literal(WHOLE))
            place = self.new(f"bitcast {self.type} {whole} to {bits}")
            moved = self.new(f"shl {bits} {place}, {vector('i64', 52, self.lanes)}")
            power = self.new(f"add {bits} {moved}, {vector('i64', 1023 << 52, self.lanes)}")
            return self.new(f"bitcast {bits} {power} to {self.type}")
        if name in numeric_functions():
            return self.run(getattr(numerics, name), xs)
        bare = name.removeprefix("math.")
        arguments = ", ".join(f"{self.type} {x}" for x in xs)
        return self.new(f"call {self.type} {function_name(bare, self.lanes)}({arguments})")

    def run(self, function: Callable[..., Any], xs: Sequence[str]) -> str:
        """Do what a function of `numerics` does."""
        found = translate(function)
        return self.formulas(found.lines, found.result, dict(zip(found.arguments, xs, strict=True)))

    def formulas(self, lines: Sequence[tuple[str, ast.expr]], result: ast.expr, names: dict[str, str]) -> str:
        """Write what is assigned on the way, and return the name of the result."""
        for name, formula in lines:
            names[name] = self.value(formula, names)
        return self.value(result, names)

    def value(self, one: ast.expr, names: Mapping[str, str]) -> str:
        """Write a formula in Python's syntax, and return the name of its number."""
        match one:
            case ast.Constant(value=int() | float() as x):
                return self.literal(float(x))
            case ast.Name(id=name):
                return names[name]
            case ast.Attribute(attr=name):
                return self.literal(getattr(math, name))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as x)):
                return self.literal(-float(x))
            case ast.UnaryOp(op=ast.USub()):
                return self.new(f"fneg {self.type} {self.value(one.operand, names)}")
            case ast.IfExp():
                test = self.condition(one.test, names)
                return self.select(test, self.value(one.body, names), self.value(one.orelse, names))
            case ast.BinOp(op=ast.Pow()):
                exponent = one.right.value if isinstance(one.right, ast.Constant) else None
                return self.power(self.value(one.left, names), self.value(one.right, names), exponent)
            case ast.BinOp():
                return self.compute(SIGNS[type(one.op)], self.value(one.left, names), self.value(one.right, names))
            case ast.Call():
                return self.call(ast.unparse(one.func), [self.value(x, names) for x in one.args])
        raise ValueError(f"{ast.unparse(one)} cannot be lowered")

    def condition(self, one: ast.expr, names: Mapping[str, str]) -> str:
        """Write a condition in Python's syntax."""
        match one:
            case ast.Compare():
                sides = [self.value(x, names) for x in (one.left, *one.comparators)]
                pairs = zip(one.ops, sides, sides[1:], strict=False)
                return self.join("and", [self.compare(ORDER[type(op)], x, y) for op, x, y in pairs])
            case ast.BoolOp():
                tests = [self.condition(test, names) for test in one.values]
                return self.join("and" if isinstance(one.op, ast.And) else "or", tests)
            case ast.UnaryOp(op=ast.Not()):
                test = self.condition(one.operand, names)
                return self.new(f"xor {self.bits} {test}, {vector('i1', 'true', self.lanes)}")
        raise ValueError(f"{ast.unparse(one)} is no condition that can be lowered")

    def lowered(self, results: Sequence[tuple[int, str]]) -> Lowered:
        """Return the instructions that these results need."""
        needed, lines = {name for _, name in results}, []
        for instruction, name in reversed(self.given.items()):
            if name in needed:
                lines.append(f"{name} = {instruction}")
                needed.update(NEW.findall(instruction))
        lines.reverse()
        for i in range(BLOCK * ((len(lines) - 1) // BLOCK), 0, -BLOCK):
            lines.insert(i, f"br label %{{u}}.{i}.next\n{{u}}.{i}.next:")
        text = "\n".join(lines)
        reads = PLACE.findall(" ".join([text, *(name for _, name in results)]))
        calls = [(name, arguments.count(self.type)) for name, arguments in CALL.findall(text)]
        return Lowered(text, tuple(results), frozenset(map(int, reads)), frozenset(calls))


def function_name(name: str, lanes: int) -> str:
    """Return what LLVM calls a function."""
    if name in INSTRUCTIONS:
        return f"@llvm.{INSTRUCTIONS[name]}.{'f64' if lanes == 1 else f'v{lanes}f64'}"
    return f"@{name}" if lanes == 1 else f"@each.{name}"


# --- rows ---------------------------------------------------------------------------------------


class Lowering(Instructions):
    """A case of n operands: they are numbers 0 to n − 1, the result is n, the gradient that arrives n + 1.

    Without guards 0 · ∞ is NaN, and else they change nothing.
    """

    def __init__(self, key: tuple[str, Any], n: int, lanes: int, *, guarded: bool) -> None:
        super().__init__(lanes)
        self.key, self.n, self.guarded = key, n, guarded
        self.name, held = key
        self.op: Any = row(self.name, held or ())
        self.operands, self.f, self.g = [f"{{{i}}}" for i in range(n)], f"{{{n}}}", f"{{{n + 1}}}"

    def term(self, root: Term, names: dict[Term, str]) -> str:
        """Write a term, after what it needs; `names` are those of its variables, and then of all its parts."""
        for term in topological(root, set(names)):
            op: Any = term.op
            xs = [names[x] for x in term.inputs]
            if op is None:
                names[term] = self.literal(float(term.value))
            elif op.name in ARITHMETIC:
                names[term] = self.compute(ARITHMETIC[op.name], *xs)
            elif op.name == "neg":
                names[term] = self.new(f"fneg {self.type} {xs[0]}")
            elif op.name == "same":
                names[term] = xs[0]
            elif op.name == "pow":
                exponent = op.held[0] if op.held else term.inputs[1].value
                names[term] = self.power(xs[0], self.literal(op.held[0]) if op.held else xs[1], exponent)
            else:
                names[term] = self.function(OPS[op.name].scalar, [*xs, *map(self.literal, op.held)])
        return names[root]

    def function(self, function: Callable[..., Any], xs: Sequence[str]) -> str:
        """Write a row's function: C's, where Python's is that of `math`, or what it does."""
        if function is operator.abs or getattr(function, "__module__", "") == "math":
            return self.call("abs" if function is operator.abs else f"math.{function.__name__}", xs)
        return self.run(function, xs)

    def value_of_row(self) -> str:
        """Write the value."""
        if self.name in VALUES:
            return VALUES[self.name](self, self.operands)
        book = Book()
        operands = [book.variable(x, ()) for x in self.operands]
        term = book.make(self.op, tuple(operands[: len(self.op.partials)]))
        return self.term(term, dict(zip(operands, self.operands, strict=True)))

    def shares(self) -> Iterator[tuple[int, str]]:
        """Write what each operand gets of the gradient: g times the table's partial."""
        if self.name == "prod":
            yield from self.shares_of_product()
            return
        if self.name not in LISTS:
            yield from enumerate_shares(self, self.partials(self.operands), range(self.n))
            return
        many = LISTS[self.name]
        each = self.n // many
        places = [range(k, self.n, each) for k in range(each)]
        slopes = [self.partials([self.operands[i] for i in one]) for one in places]
        if OPS[self.name].paper is not OPS[self.name].partials:  # they add up to 1: each is divided by their sum
            names, total = [one[0][1] for one in slopes], self.literal(0.0)
            for p in names:
                total = self.compute("fadd", total, p)
            sound = [self.compare("olt", self.literal(0.0), total), self.compare("olt", total, self.literal(math.inf))]
            test = self.join("and", sound)
            slopes = [[(None, self.select(test, self.compute("fdiv", p, total), p))] for p in names]
        for one, partials in zip(places, slopes, strict=True):
            yield from enumerate_shares(self, partials, one)

    def partials(self, operands: Sequence[str]) -> list[tuple[Any, str]]:
        """Write the table's partials, for the operands that have one: their numbers, where they have any, and names."""
        book = Book(simplify=False, exact=True)  # for numbers that are not finite as well
        f, xs = book.variable(self.f, ()), [book.variable(x, ()) for x in operands]
        if self.name in LISTS:
            found = [slopes[0] for slopes in OPS[self.name].paper.rule(f, *[[x] for x in xs])]
        elif self.key[1] is None:
            found = [OPS[self.name].held_rule(xs[1])(f, xs[0])]  # type: ignore[misc]
        else:
            found = [rule(f, *xs) for rule in self.op.partials]
        names = dict(zip([f, *xs], [self.f, *operands], strict=True))
        terms = [p if isinstance(p, Term) else book.constant(p) for p in found]
        return [(p.value, self.term(p, names)) for p in terms]

    def share(self, number: Any, p: str) -> str:
        """Write a share of g: g times a partial, and nothing where one of the two is 0."""
        if number == 1:
            return self.g
        share = self.compute("fmul", self.g, p)
        if number is not None or not self.guarded:
            return share
        zero = self.literal(0.0)
        test = self.join("or", [self.compare("oeq", x, zero) for x in (self.g, p)])
        return self.select(test, zero, share)

    def shares_of_product(self) -> Iterator[tuple[int, str]]:
        """Write the products of the others, as in a sweep, which decides what overflows: 0 · ∞ · g is no number."""
        one = self.literal(1.0)
        for k in range(self.n):
            before = after = one
            for x in self.operands[:k]:
                before = self.compute("fmul", before, x)
            for x in self.operands[:k:-1]:
                after = self.compute("fmul", after, x)
            yield k, self.share(None, self.compute("fmul", before, after))


def enumerate_shares(
    lowering: Lowering, partials: Sequence[tuple[Any, str]], places: Sequence[int]
) -> Iterator[tuple[int, str]]:
    """Return the place of each operand that has a share, and the name of that."""
    for place, (number, p) in zip(places, partials, strict=False):  # the exponent that is held has no share
        if number != 0:
            yield place, lowering.share(number, p)


def sum_of(to: Instructions, xs: Sequence[str]) -> str:
    """Write a sum, from 0 on."""
    total = to.literal(0.0)
    for x in xs:
        total = to.compute("fadd", total, x)
    return total


def dot_of(to: Instructions, xs: Sequence[str]) -> str:
    """Write a sum of products of two lists."""
    half = len(xs) // 2
    return sum_of(to, [to.compute("fmul", x, y) for x, y in zip(xs[:half], xs[half:], strict=True)])


def product_of(to: Instructions, xs: Sequence[str]) -> str:
    """Write a product, from 1 on."""
    product = to.literal(1.0)
    for x in xs:
        product = to.compute("fmul", product, x)
    return product


def logsumexp_of(to: Instructions, xs: Sequence[str]) -> str:
    """Write the logarithm of a sum of exponentials: top + log(how many are top − 1 + 1 + the others' e^(x − top))."""
    top = to.literal(-math.inf)
    for x in xs:
        larger = to.join("or", [to.compare("ogt", x, top), to.compare("une", x, x)])
        top = to.select(larger, x, top)
    total, zero, one = to.literal(-1.0), to.literal(0.0), to.literal(1.0)
    tests = [to.compare("oeq", x, top) for x in xs]
    for test in tests:
        total = to.compute("fadd", total, to.select(test, one, zero))
    for x, test in zip(xs, tests, strict=True):
        power = to.call("exp", [to.compute("fsub", x, top)])
        total = to.compute("fadd", total, to.select(test, zero, power))
    finite = to.compare("olt", to.call("abs", [top]), to.literal(math.inf))
    return to.select(finite, to.compute("fadd", top, to.call("log1p", [total])), top)


VALUES: dict[str, Callable[[Instructions, Sequence[str]], str]] = {
    "sum": sum_of,
    "dot": dot_of,
    "prod": product_of,
    "logsumexp": logsumexp_of,
}


@cache
def lower(number: int, n: int, lanes: int, shares: tuple[int, ...] = (), guarded: bool = True) -> Lowered:
    """Return a case of n operands in instructions: its value, or those shares."""
    lowering = Lowering(KEYS[number], n, lanes, guarded=guarded)
    if not shares:
        return lowering.lowered([(n, lowering.value_of_row())])
    return lowering.lowered([(i, name) for i, name in lowering.shares() if i in shares])
