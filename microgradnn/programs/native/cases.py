"""The interpreter's cases as instructions of LLVM: one operation, its numbers in registers, loops unrolled.

The cases are written from the table, by `numba/interpreter.py`, once for both. Here their syntax is read: a choice
becomes a `select`, a function of `math` a call of the same function of C. Nothing here knows what a row is worth.
"""

from __future__ import annotations

import ast
import math
import re
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from ..numba.interpreter import CaseWriter
from ..numba.tape import KEYS

GUARD = "0.0 if p == 0.0 else g * p"  # of the interpreter, which passes over g = 0
GUARDED = "0.0 if g == 0.0 or p == 0.0 else g * p"
ARITHMETIC = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
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


class Lowering:
    """Turns the statements of a case into instructions; of n operands, number n is the result and n + 1 is g."""

    def __init__(self, n: int, lanes: int, numbers: dict[str, Any]) -> None:
        self.lanes, self.type = lanes, number_type(lanes)
        self.bits = "i1" if lanes == 1 else f"<{lanes} x i1>"
        self.numbers = numbers  # known now: places, and how often a loop runs
        self.names: dict[str, str] = {"g": f"{{{n + 1}}}"}  # known when it runs
        self.given: dict[str, str] = {}
        self.lines: list[tuple[str, str]] = []
        self.results: list[tuple[int, str]] = []

    def new(self, instruction: str) -> str:
        """Add an instruction, and return the name of what it gives."""
        name = self.given.setdefault(instruction, f"%{{u}}.{len(self.given)}")
        if len(self.given) > len(self.lines):  # else it is there already
            self.lines.append((name, instruction))
        return name

    def run(self, body: Sequence[ast.stmt]) -> None:
        """Lower statements."""
        for one in body:
            match one:
                case ast.Assign(targets=[ast.Subscript(slice=place)]):
                    self.results.append((self.known(place), self.value(one.value)))
                case ast.Assign(targets=[*targets]):
                    known = self.is_known(one.value)
                    x = self.known(one.value) if known else self.value(one.value)
                    (self.numbers if known else self.names).update(dict.fromkeys(map(ast.unparse, targets), x))
                case ast.AugAssign(target=ast.Name(id=name)):
                    self.names[name] = self.value(ast.BinOp(ast.Name(name), one.op, one.value))
                case ast.AugAssign(target=ast.Subscript(slice=place)):
                    self.results.append((self.known(place), self.value(one.value)))
                case ast.For(target=ast.Name(id=name)):
                    for i in self.known(one.iter):
                        self.numbers[name] = i
                        self.run(one.body)
                case ast.If() if self.is_known(one.test):
                    self.run(one.body if self.known(one.test) else one.orelse)
                case ast.If():
                    test, before = self.condition(one.test), dict(self.names)
                    self.run(one.body)
                    for name, old in before.items():
                        if self.names[name] != old:
                            self.names[name] = self.select(test, self.names[name], old)
                case ast.Pass():
                    pass
                case _:
                    raise ValueError(f"{ast.unparse(one)} cannot be lowered")

    def is_known(self, one: ast.expr) -> bool:
        """Whether an expression is one of places."""
        names = names_in(one)
        return bool(names) and names <= {*self.numbers, "np", "range"}

    def known(self, one: ast.expr) -> Any:
        """Return what an expression of places is."""
        return eval(code_of(one), {"range": range, "np": Whole}, self.numbers)

    def select(self, test: str, yes: str, no: str) -> str:
        """Choose."""
        return self.new(f"select {self.bits} {test}, {self.type} {yes}, {self.type} {no}")

    def value(self, one: ast.expr) -> str:
        """Lower a formula, and return the name of its number."""
        match one:
            case ast.Constant(value=int() | float() as x):
                return literal(float(x), self.lanes)
            case ast.Name(id=name):
                return self.names[name]
            case ast.Attribute(attr=name):
                return literal(getattr(math, name), self.lanes)
            case ast.Subscript():
                return f"{{{self.known(one.slice)}}}"
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as x)):
                return literal(-float(x), self.lanes)
            case ast.UnaryOp(op=ast.USub()):
                return self.new(f"fneg {self.type} {self.value(one.operand)}")
            case ast.IfExp():
                test = self.condition(one.test)
                return self.select(test, self.value(one.body), self.value(one.orelse))
            case ast.BinOp(op=ast.Pow()):
                return self.power(one)
            case ast.BinOp():
                left, right = self.value(one.left), self.value(one.right)
                return self.new(f"{ARITHMETIC[type(one.op)]} {self.type} {left}, {right}")
            case ast.Call():
                return self.call(name_of(one), [self.value(x) for x in one.args])
        raise ValueError(f"{ast.unparse(one)} cannot be lowered")

    def power(self, one: ast.BinOp) -> str:
        """Lower a power; a small one is a product."""
        x = self.value(one.left)
        if isinstance(one.right, ast.Constant) and one.right.value in (1, 2, 3):  # as in C
            result = x
            for _ in range(int(ast.unparse(one.right)) - 1):
                result = self.new(f"fmul {self.type} {result}, {x}")
            return result
        return self.call("pow", [x, self.value(one.right)])

    def call(self, name: str, xs: Sequence[str]) -> str:
        """Lower a call of a function of C, or of `pow2`, 2^x of a whole x: its bits go to the exponent's place."""
        if name == "pow2":
            bits = self.type.replace("double", "i64")
            whole = self.new(f"fadd {self.type} {xs[0]}, {literal(WHOLE, self.lanes)}")
            place = self.new(f"bitcast {self.type} {whole} to {bits}")
            moved = self.new(f"shl {bits} {place}, {vector('i64', 52, self.lanes)}")
            power = self.new(f"add {bits} {moved}, {vector('i64', 1023 << 52, self.lanes)}")
            return self.new(f"bitcast {bits} {power} to {self.type}")
        arguments = ", ".join(f"{self.type} {x}" for x in xs)
        return self.new(f"call {self.type} {function_name(name, self.lanes)}({arguments})")

    def condition(self, one: ast.expr) -> str:
        """Lower a condition."""
        match one:
            case ast.Compare():
                sides = [self.value(x) for x in (one.left, *one.comparators)]
                tests = [
                    self.new(f"fcmp {ORDER[type(op)]} {self.type} {x}, {y}")
                    for op, x, y in zip(one.ops, sides, sides[1:], strict=False)
                ]
                return self.join("and", tests)
            case ast.BoolOp():
                return self.join("and" if isinstance(one.op, ast.And) else "or", [*map(self.condition, one.values)])
            case ast.UnaryOp(op=ast.Not()):
                return self.new(f"xor {self.bits} {self.condition(one.operand)}, {vector('i1', 'true', self.lanes)}")
            case ast.Call():
                x, name = self.value(one.args[0]), name_of(one)
                if name == "isnan":
                    return self.new(f"fcmp uno {self.type} {x}, {x}")
                size, order = self.call("abs", [x]), {"isfinite": "olt", "isinf": "oeq"}[name]
                return self.new(f"fcmp {order} {self.type} {size}, {literal(math.inf, self.lanes)}")
        raise ValueError(f"{ast.unparse(one)} is no condition that can be lowered")

    def join(self, word: str, tests: Sequence[str]) -> str:
        """Join conditions."""
        result = tests[0]
        for test in tests[1:]:
            result = self.new(f"{word} {self.bits} {result}, {test}")
        return result

    def case(self, wanted: Sequence[int]) -> Lowered:
        """Return what was lowered, without what no wanted result needs."""
        chosen = {*wanted}
        results = tuple([(i, name) for i, name in self.results if i in chosen])
        needed, lines = {name for _, name in results}, []
        for name, instruction in reversed(self.lines):
            if name in needed:
                lines.append(f"{name} = {instruction}")
                needed.update(NEW.findall(instruction))
        lines.reverse()
        for i in range(BLOCK * ((len(lines) - 1) // BLOCK), 0, -BLOCK):
            lines.insert(i, f"br label %{{u}}.{i}.next\n{{u}}.{i}.next:")
        text = "\n".join(lines)
        reads = PLACE.findall(" ".join([text, *(name for _, name in results)]))
        calls = [(name, arguments.count(self.type)) for name, arguments in CALL.findall(text)]
        return Lowered(text, results, frozenset(map(int, reads)), frozenset(calls))


@cache  # of syntax that is kept: a loop goes over the same lines again and again
def names_in(one: ast.expr) -> frozenset[str]:
    """Return the names in an expression; an infinity is none that is known."""
    names = {x.id for x in ast.walk(one) if isinstance(x, ast.Name)}
    return frozenset(names | {"np.inf"} if "np.inf" in ast.unparse(one) else names)


@cache
def code_of(one: ast.expr) -> Any:
    """Return an expression, compiled."""
    return compile(ast.Expression(one), "case", "eval")


class Whole:
    """What stands for NumPy where places are computed."""

    int64 = int


def name_of(call: ast.Call) -> str:
    """Return the name of a function of `math` or NumPy."""
    return ast.unparse(call.func).removeprefix("math.").removeprefix("np.")


def function_name(name: str, lanes: int) -> str:
    """Return what LLVM calls a function."""
    if name in INSTRUCTIONS:
        return f"@llvm.{INSTRUCTIONS[name]}.{'f64' if lanes == 1 else f'v{lanes}f64'}"
    return f"@{name}" if lanes == 1 else f"@each.{name}"


@cache
def writer() -> CaseWriter:
    """Return what writes the cases for one point."""
    return CaseWriter(block=False)


@cache
def statements(number: int, shares: bool, guarded: bool) -> list[ast.stmt]:
    """Return a case as syntax: its value, or the shares of its gradient."""
    key = KEYS[number]
    text = "\n".join(writer().share_lines(key) if shares else writer().value_lines(key))
    return ast.parse(text.replace(GUARD, GUARDED if guarded else "g * p")).body


@cache
def lower(
    number: int, n: int, lanes: int, shares: tuple[int, ...] = (), guarded: bool = True, many: int = 0
) -> Lowered:
    """Return a case of n operands in instructions: its value, or those shares; of a list, `many` sequences make n.

    Without guards 0 · ∞ is NaN, and else they change nothing.
    """
    places: dict[str, Any] = {"x": 0, "y": n // many if many else 1, "r": n}
    lowering = Lowering(n, lanes, places | {"lists": range(n) if many else [0, 1, 2, 3]})
    lowering.run(statements(number, bool(shares), guarded))
    return lowering.case(shares or (n,))
