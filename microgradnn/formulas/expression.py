"""A text such as "u = b*c; J = 3*(a + u)" as a graph.

The text is parsed by Python's own parser and its syntax tree is walked against a whitelist:
numbers, names, arithmetic, the functions of the table, assignments. Nothing is ever executed.
"""

from __future__ import annotations

import ast
import math
import re
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from unicodedata import normalize

from ..engine.recording import real
from ..engine.value import KINDS, Value
from ..errors import DomainError, ExpressionError
from ..graph import OPS, Op
from ..rules import calculus

LONGEST = 100_000  # characters
DEEPEST = 100  # brackets in one another
MOST_NODES = 20_000
QUOTED = 40  # characters of a part of the text that an error repeats

SIGNS = str.maketrans("−×·÷", "-**/")  # what the library prints can be read again

OPERATORS: dict[type[ast.AST], Op] = {
    ast.Add: calculus.add,
    ast.Sub: calculus.sub,
    ast.Mult: calculus.mul,
    ast.Div: calculus.div,
    ast.Pow: calculus.pow,
    ast.USub: calculus.neg,
}
INFIX = set(OPERATORS.values())
CONSTANTS = {"pi": math.pi, "π": math.pi}
# What others call a function of the table: those that can only mean one, and what is to be written instead of others.
ALIASES = {
    "ln": "log", "σ": "sigmoid", "pow": "pow", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "sgn": "sign", "fabs": "abs", "swish": "silu",
}  # fmt: skip
HINTS = {
    "tg": "tan", "sh": "sinh", "ch": "cosh", "th": "tanh", "lg": "log10, or log2, or log, the natural one",
    "ld": "log2",
    "square": "x**2", "sqr": "x**2", "power": "x**y", "inv": "1/x", "heaviside": "step",
    "softmax": "exp(x) / (exp(x) + exp(y))",
}  # fmt: skip
FUNCTION_HOMES = ("np", "numpy", "math", "mg", "microgradnn", "torch", "nn", "F", "jnp", "tf", "sp", "sympy")
CHARACTERS = {
    "²": "write x**2 for a power", "³": "write x**3 for a power", "√": "write sqrt(x) for a root",
    "∞": "infinity is no number here", "’": "names have no quotes", "“": "names have no quotes",
}  # fmt: skip
FORBIDDEN = {
    ast.Attribute: "an attribute",
    ast.BoolOp: "and / or",
    ast.Call: "a call with keywords, or of what is not a function of the table,",
    ast.Compare: "a comparison",
    ast.Constant: "what is not a number",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "if … else",
    ast.Lambda: "lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.Subscript: "an index",
}


@dataclass(frozen=True)
class Expression:
    """The graph of a text: its output, and every node that has a name in it."""

    output: Value
    names: dict[str, Value]


def expression(text: str, values: Mapping[str, float] | None = None) -> Expression:
    """Build the graph of `text`, the names in it standing for the numbers in `values`.

    Statements are separated by ';' or line breaks; the last one is the output. `name = number`
    makes an input, for which `values` may give another number; `name: parameter = number` one
    that training would change; `with "layer 1": …` sets the scope that nodes are drawn in.
    Equal subexpressions are one node. `log` is the natural logarithm, and so is `ln`; `max`, `min` are the
    table's `maximum`, `minimum`; `σ` is `sigmoid`; `pi`, or `π`, is a number unless it is given a value.

    Raises ExpressionError, with line and column, for a text that is none or a name without a
    value, and DomainError where a part of it has no real value.

    >>> graph = expression("u = b*c; J = 3*(a + u)", {"a": 5, "b": 3, "c": 2})
    >>> graph.output
    Value(33.0, name='J', op='mul')
    >>> graph.names["u"]
    Value(6.0, name='u', op='mul')
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is text, as in expression('x*y', {{'x': 1, 'y': 2}}); got {text!r:.60}")
    if values is not None and not isinstance(values, Mapping):
        raise TypeError(f"the values are a dict by name, {{'x': 1.0}}; got {values!r:.60} ({type(values).__name__})")
    return Reader(text, values or {}).read()


def functions() -> dict[str, Op]:
    """Return the rows that are written as functions, the user's own among them, by their names."""
    rows = {name: op for name, op in OPS.items() if op not in INFIX and op is not calculus.dot}
    return rows | {"max": calculus.maximum, "min": calculus.minimum}


class Reader:
    """One pass over one text."""

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self.text = text.strip(" ").translate(SIGNS)
        self.given = {normalize("NFKC", name): real(value) for name, value in values.items()}
        self.unused = dict.fromkeys(self.given)
        self.names: dict[str, Value] = {}
        self.made: dict[tuple[Any, ...], Value | float] = {}  # so that equal subexpressions are one node
        self.size = 0
        self.functions = functions()

    def read(self) -> Expression:
        """Build every statement; the last one is the output."""
        statements = self.parse()
        output = self.block(statements, scope="")
        if self.unused:
            name = next(iter(self.unused))
            known = f"the names in it are {', '.join(self.names)}" if self.names else "it has no names"
            raise ExpressionError(f"{name!r} was given a value, but the expression does not use it; {known}")
        if not isinstance(output, Value):
            output = Value(output, kind="constant")
        if not output.name:
            output.named("J" if "J" not in self.names else "output")
            self.names[output.name] = output
        return Expression(output, self.names)

    def parse(self) -> list[ast.stmt]:
        """Parse the text, and refuse what is too long, too deep, or no Python syntax."""
        if len(self.text) > LONGEST:
            raise ExpressionError(f"the text has {len(self.text):,} characters; {LONGEST:,} are the most that are read")
        depth = 0
        for at, char in enumerate(self.text):
            depth += (char in "([{") - (char in ")]}")
            if depth > DEEPEST:
                line, column = self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
                raise ExpressionError(f"{self.place(line, column)}: more than {DEEPEST} brackets inside one another")
        try:
            with warnings.catch_warnings(action="ignore"):
                statements = ast.parse(self.text).body
        except SyntaxError as error:
            raise ExpressionError(f"{self.place(error.lineno or 1, error.offset or 1)}: {self.advice(error)}") from None
        except (RecursionError, MemoryError):
            raise ExpressionError("one statement is too long; break it up, as in u = …; v = …") from None
        except ValueError as error:
            raise ExpressionError(f"this cannot be read: {error}") from None
        if not statements:
            raise ExpressionError("there is nothing to read; write an expression such as 3*(a + b*c)")
        return statements

    def advice(self, error: SyntaxError) -> str:
        """Say what Python's parser said, and what may have been meant."""
        if "decimal literal" in error.msg:
            return f"{error.msg}; write * between a number and a name"
        for character, hint in CHARACTERS.items():
            if f"'{character}'" in error.msg:
                return f"{error.msg}; {hint}"
        if "|" in self.text:
            return f"{error.msg}; write abs(x) for |x|"
        return error.msg

    def block(self, statements: Sequence[ast.stmt], scope: str) -> Value | float:
        """Build statements one after the other; return the last one's value."""
        result: Value | float = 0.0
        for i, statement in enumerate(statements):
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    result = self.assign(statement, name, value, "input", scope)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=kind), value=ast.expr() as value):
                    result = self.assign(statement, name, value, kind, scope)
                case ast.With(
                    items=[ast.withitem(ast.Name(id=label) | ast.Constant(value=str(label)), None)], body=body
                ):
                    result = self.block(body, f"{scope}/{label}" if scope else label)
                case ast.Expr(value=value) if i == len(statements) - 1:
                    result = self.build(value, scope)
                case ast.Expr():
                    raise self.error(statement, "this is computed but not used; give it a name, as in u = …")
                case _:
                    raise self.error(statement, "this is not an assignment such as u = b*c, nor an expression")
        return result

    def assign(self, at: ast.AST, name: str, expr: ast.expr, kind: str, scope: str) -> Value:
        """Give a name to a value: a number becomes a leaf, a node is named."""
        if kind not in KINDS:
            raise self.error(at, f"unknown kind {kind!r} (choose from {', '.join(KINDS)})")
        if name in self.names:
            raise self.error(at, f"{name!r} has a value already; every name stands for one thing")
        result = self.build(expr, scope)
        if not isinstance(result, Value):
            result = Value(self.take(name, result), kind=kind).named(name, scope=scope)
        elif kind != "input":
            raise self.error(at, f"{name!r} is computed; only a number is a {kind}")
        elif name in self.given:
            raise self.error(at, f"{name!r} is computed here, and was given the value {self.given[name]:g} as well")
        elif not result.name:
            result.named(name, scope=scope)
        self.names[name] = result
        return result

    def take(self, name: str, otherwise: float) -> float:
        """Return the value that was given for a name."""
        self.unused.pop(name, None)
        return self.given.get(name, otherwise)

    def build(self, expr: ast.expr, scope: str) -> Value | float:
        """Build one expression, operands before operations, with a stack of its own."""
        results: list[Value | float] = []
        stack: list[tuple[ast.expr, bool]] = [(expr, False)]
        while stack:
            node, ready = stack.pop()
            self.size += 1
            if self.size > 2 * MOST_NODES:
                raise self.error(node, f"the expression has more than {MOST_NODES:,} parts")
            match node:
                case ast.Constant(value=int() | float() as number) if type(number) is not bool:
                    results.append(self.number(node, number))
                case ast.Name(id=name):
                    results.append(self.lookup(node, name))
                case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                    stack.append((inner, False))
                case _:
                    op, operands = self.operation(node)
                    if not ready:
                        stack.append((node, True))
                        stack += [(operand, False) for operand in reversed(operands)]
                    else:
                        start = len(results) - len(operands)
                        results[start:] = [self.apply(node, op, results[start:])]
        return results[0]

    def operation(self, node: ast.expr) -> tuple[Op, list[ast.expr]]:
        """Return the row and the operands of an operation, or say why it is none."""
        match node:
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
                return OPERATORS[type(sign)], [left, right]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return calculus.neg, [operand]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self.function(node, name, args), args
            case ast.Call(func=ast.Attribute(value=ast.Name(id=home), attr=name)) if home in FUNCTION_HOMES:
                short = f"write {name}(…)" if name in self.functions else self.other_name(name)
                raise self.error(node, f"functions stand without the name of their module: {short}")
            case ast.Call(func=ast.Attribute(value=inner, attr=name)):
                what = ast.get_source_segment(self.text, inner) or "…"
                what = what if len(what) <= QUOTED else "…"
                raise self.error(node, f"there are no methods: write {name}({what})")
            case ast.Compare() | ast.IfExp() | ast.BoolOp():
                kind = FORBIDDEN[type(node)]
                raise self.error(node, f"{kind} is not part of the language; write where(step(x), y, z), max or min")
            case ast.BinOp(op=ast.Mod() | ast.FloorDiv()):
                raise self.error(node, "a remainder and a whole quotient have no derivative; write / for a quotient")
            case ast.BinOp(op=ast.BitXor()):
                raise self.error(node, "write ** for a power")
            case ast.Call(func=ast.Constant() | ast.BinOp()):
                raise self.error(node, "there is no sign before the bracket; write * for a product")
            case _:
                raise self.error(node, f"{FORBIDDEN.get(type(node), 'this')} is not part of the language")

    def function(self, node: ast.expr, name: str, args: Sequence[ast.expr]) -> Op:
        """Return the row of a function, if it takes so many arguments."""
        if name not in self.functions:
            if name in self.names or name in self.given:
                raise self.error(node, f"{name!r} is not a function; write * for a product")
            if name not in ALIASES:
                raise self.error(node, f"unknown function {name!r}; {self.other_name(name)}")
        op = self.functions.get(name) or OPS[ALIASES[name]]
        if len(args) != (op.arity or max(len(args), 1)):
            wants = f"{op.arity} argument{'s' * (op.arity > 1)}" if op.arity else "one argument or more"
            raise self.error(node, f"{name} takes {wants}, got {len(args)}")
        return op

    def other_name(self, name: str) -> str:
        """Say which function was perhaps meant, or which there are."""
        if name in HINTS:
            return f"write {HINTS[name]}"
        known = [*self.functions, *ALIASES]
        return (
            suggestion(name.lower(), known).removeprefix("; ")
            or "there are exp, log, sqrt, tanh, sigmoid, relu, max and the other operations of the table"
        )

    def product_of(self, name: str) -> str:
        """Return 'b*c' for 'bc' where b and c have values; '' where the name does not come apart into such."""
        known = {*self.names, *self.given, *CONSTANTS}
        ways: list[str | None] = ["", *[None] * len(name)]  # of the first i characters
        for end in range(1, len(name) + 1):
            for start in range(end):
                way, part = ways[start], name[start:end]
                if way is not None and (part in known or (start > 0 and part.isdigit())):
                    ways[end] = f"{way}*{part}" if way else part
                    break
        found = ways[-1]
        return found if found and found != name else ""

    def lookup(self, node: ast.expr, name: str) -> Value | float:
        """Return the node that a name stands for; a given value becomes an input."""
        if name not in self.names:
            if name in self.given:
                self.names[name] = Value(self.take(name, 0.0), name)
            elif name in CONSTANTS:
                return CONSTANTS[name]
            elif name in self.functions:
                raise self.error(node, f"{name!r} is a function; write {name}(…)")
            else:
                raise self.error(node, f"{name!r} has no value{self.advice_on(name)}")
        return self.names[name]

    def advice_on(self, name: str) -> str:
        """Say what a name without a value may be meant for."""
        if len(name) <= QUOTED and (product := self.product_of(name)):
            return f"; write {product} for a product, or give it a value, as in {name}=0.5"
        if name in ALIASES:
            return f"; it is a function: write {name}(…)"
        hint = "; write exp(x) for a power of e" if name == "e" else suggestion(name, [*self.names, *self.unused])
        return hint or f"; give it one, as in {name}=0.5"

    def number(self, node: ast.expr, number: float) -> float:
        """Return a literal as a float."""
        if number > sys.float_info.max:
            raise self.error(node, "the number is too large for a float")
        return float(number)

    def apply(self, node: ast.expr, op: Op, operands: list[Value | float]) -> Value | float:
        """Return op(operands): numbers give a number, the same operands the same node."""
        key = (op, *(id(x) if isinstance(x, Value) else repr(x) for x in operands))
        if key not in self.made:
            try:
                self.made[key] = op(*operands)
            except DomainError as error:
                raise type(error)(f"{self.where(node)}: {error}") from None
        result = self.made[key]
        if op in INFIX and not isinstance(result, Value) and not math.isfinite(result):  # no operand is a Value
            raise self.error(node, "the number is too large for a float")
        return result

    def error(self, node: ast.AST, message: str) -> ExpressionError:
        """Return the error at a part of the text."""
        return ExpressionError(f"{self.where(node)}: {message}")

    def where(self, node: ast.AST) -> str:
        """Say where a part stands, and quote it."""
        line: int = getattr(node, "lineno", 1)
        start = re.split(r"\r\n|\r|\n", self.text)[line - 1]  # not splitlines(), which knows more line breaks
        before = start.encode()[: getattr(node, "col_offset", 0)]
        part = " ".join((ast.get_source_segment(self.text, node) or "").split())
        quoted = part if len(part) <= QUOTED else f"{part[: QUOTED - 1]}…"
        return f"{self.place(line, len(before.decode()) + 1)}, in {quoted!r}"

    def place(self, line: int, column: int) -> str:
        """'line 2, column 5'; a text of one line has only columns."""
        return f"line {line}, column {column}" if "\n" in self.text.strip() else f"column {column}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say which known name was perhaps meant."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
