"""Write the methods of Value and Tensor, and the package's functions, from the table: run it after adding a row.

Each row of calculus.py becomes a method of Value that records it, with its value and its slopes written out: so that
x.tanh() makes no call but that of math.tanh, and no derivative is typed a second time. What is written are
value_methods.py and tensor_methods.py, the bases of Value and Tensor, which are checked in: types, editors and mypyc
read them. `--check` only says whether they are current; tests/engine/test_written.py asks that too.
"""

import ast
import builtins
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.modules["microgradnn"] = ModuleType("microgradnn")  # not through its door: what that opens is to be written
sys.modules["microgradnn"].__path__ = [str(ROOT / "microgradnn")]

from microgradnn.graph import OPS, Fold, Op  # noqa: E402
from microgradnn.rules import arrays, calculus, numerics  # noqa: E402
from microgradnn.rules.arrays import ArrayOp  # noqa: E402
from microgradnn.rules.notation import Operand  # noqa: E402

ENGINE = ROOT / "microgradnn" / "engine"
VALUE_METHODS = '''"""The rows of the table as methods of Value, written by .ci/write_methods.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, overload

from ..graph.blocks import OPEN
from ..graph.native import mypyc_attr
from ..rules import calculus, numerics
from ..rules.logistic import TINY
from .among_numbers import AmongNumbers
from .recording import NONE, Number, at_limit, constant, leaf, new, operand, record, note_node

if TYPE_CHECKING:
    from .value import Value  # when this runs, value.py has put it here


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class ValueMethods(AmongNumbers):
    """What Value inherits: operators and functions, each recorded with its value and its slopes."""

    __slots__ = ()

'''
TENSOR_METHODS = '''"""The rows of both tables as methods of Tensor, written by .ci/write_methods.py."""

from __future__ import annotations

from typing import Any

from ..graph import Node
from ..rules import arrays, calculus


class TensorMethods(Node):
    """What Tensor inherits: those functions for which nothing is written by hand."""

    __slots__ = ()

'''
OPERATORS = {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv"}  # of two operands: Python's names for them
OF_ONE = {"neg": "__neg__", "abs": "__abs__"}
INFIX = {"add": ast.Add(), "sub": ast.Sub(), "mul": ast.Mult(), "truediv": ast.Div()}
OVERLOADS = [  # what it returns for operands of other kinds, NotImplemented, is no Value to mypyc
    "@overload",
    "def NAME(self, other: Value) -> Value: ...",
    "@overload",
    "def NAME(self, other: float) -> Value: ...",
]
FIRST = {"log": ["if x < TINY:  # perhaps of a sigmoid, whose logarithm is less", "    return at_limit(LOG, (self,))"]}


# --- from a row to expressions ------------------------------------------------------------------


def trees(module: Any) -> ast.Module:
    """Return a module's source as a tree."""
    return ast.parse(Path(module.__file__).read_text(encoding="utf-8"))


LAMBDAS = [node for node in ast.walk(trees(calculus)) if isinstance(node, ast.Lambda)]
FUNCTIONS = {node.name: node for node in trees(numerics).body if isinstance(node, ast.FunctionDef)}


def body_of(rule: Any) -> ast.Lambda:
    """Return the lambda of the table that a rule was made by: the smallest around its code."""
    spans = [(a, c, b, d) for a, b, c, d in rule.__code__.co_positions() if None not in (a, b, c, d) and d]
    first, last = min((a, c) for a, c, _, _ in spans), max((b, d) for _, _, b, d in spans)
    around = [
        node
        for node in LAMBDAS
        if (node.body.lineno, node.body.col_offset) <= first
        and last <= (node.body.end_lineno or 0, node.body.end_col_offset or 0)
    ]
    return around[-1] if around else LAMBDAS[0]


def straight_form(name: str) -> list[ast.stmt]:
    """Return what a function of numerics.py does with floats, if those are assignments and one expression."""
    found = FUNCTIONS[name].body[1:]  # after the docstring
    if isinstance(found[0], ast.If) and ast.unparse(found[0].test) == "type(x) is float":
        found = found[0].body
    *before, last = found
    return found if all(isinstance(one, ast.Assign) for one in before) and isinstance(last, ast.Return) else []


def is_simple(expression: ast.expr) -> bool:
    """Whether an expression may be written down twice: a name, a number, or one negated."""
    if isinstance(expression, ast.UnaryOp):
        return is_simple(expression.operand)
    return isinstance(expression, (ast.Name, ast.Constant))


def parsed(text: str) -> ast.expr:
    """Return an expression as a tree of its own."""
    return ast.parse(text, mode="eval").body


class Steps:
    """The lines before an expression: what it needs by name, each computed once."""

    def __init__(self) -> None:
        self.taken = {*"xyzf", "dx", "dy", "dz", "node"}
        self.found: dict[str, str] = {}  # the name of what was computed
        self.lines: list[str] = []

    def bind(self, name: str, expression: ast.expr) -> ast.expr:
        """Return the name of what an expression is worth."""
        text = ast.unparse(expression)
        if text not in self.found:
            free = next(one for one in [name, *(f"{name}{i}" for i in range(2, 99))] if one not in self.taken)
            self.taken.add(free)
            self.found[text] = free
            self.lines.append(f"{free} = {text}")
        return ast.Name(self.found[text])

    def take(self) -> list[str]:
        """Return the lines, and begin anew."""
        lines, self.lines = self.lines, []
        return lines


class OnFloats(ast.NodeTransformer):
    """Writes a rule for floats: rows by what computes them, whole numbers as floats."""

    def __init__(self, names: dict[str, ast.expr], steps: Steps) -> None:
        self.names = names
        self.steps = steps

    def visit_Name(self, node: ast.Name) -> Any:
        """Return what the name stands for."""
        if node.id in self.names:
            return self.names[node.id]
        if node.id in vars(calculus) and not hasattr(builtins, node.id) and node.id not in ("numerics", "math"):
            return ast.Attribute(ast.Name("calculus"), node.id)
        if node.id in FUNCTIONS or isinstance(vars(numerics).get(node.id), float):
            return ast.Attribute(ast.Name("numerics"), node.id)
        return node

    def visit_Constant(self, node: ast.Constant) -> Any:
        """Return a whole number as a float."""
        return ast.Constant(float(node.value)) if type(node.value) is int else node

    def visit_Call(self, node: ast.Call) -> Any:
        """Return what computes a row."""
        args = [self.visit(arg) for arg in node.args]
        if isinstance(node.func, ast.Name) and isinstance(OPS.get(node.func.id), Op):
            return value_of(OPS[node.func.id], args, self.steps)
        if ast.unparse(node.func) == "type(x)":  # in numerics.py: a number of the same kind
            if isinstance(args[0], ast.Constant):
                return args[0]
            if isinstance(args[0], ast.Compare):
                return ast.IfExp(args[0], ast.Constant(1.0), ast.Constant(0.0))
            return ast.Call(ast.Name("float"), args, [])
        return ast.Call(self.visit(node.func) if isinstance(node.func, ast.Name) else node.func, args, [])

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Return x for x¹."""
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Pow) and ast.unparse(right) == "1.0":
            return left
        return ast.BinOp(left, node.op, right)


def value_of(op: Op, args: list[ast.expr], steps: Steps) -> ast.expr:
    """Write what a row is worth at floats."""
    function: Callable[..., Any] = op.scalar
    name = function.__name__
    if function.__module__ == "_operator":
        if name == "abs" and isinstance(args[0], ast.UnaryOp):  # |−x|
            args = [args[0].operand]
        if name in INFIX:
            return ast.BinOp(args[0], INFIX[name], args[1])
        return {"neg": ast.UnaryOp(ast.USub(), args[0]), "pos": args[0]}.get(name) or ast.Call(ast.Name(name), args, [])
    if getattr(numerics, name, None) is not function:
        if function.__module__ != "math":
            raise SystemExit(
                f"the value of {op.name} is no function of math or rules/numerics.py: write one there, with a name"
            )
        return ast.Call(ast.Attribute(ast.Name("math"), name), args, [])
    *before, last = straight_form(name) or [ast.Pass()]
    if not isinstance(last, ast.Return) or last.value is None:
        return ast.Call(ast.Attribute(ast.Name("numerics"), name), args, [])
    args = [arg if is_simple(arg) else steps.bind("w", arg) for arg in args]
    names = dict(zip([arg.arg for arg in FUNCTIONS[name].args.args], args, strict=True))
    for line in before:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            letter = line.targets[0].id
            names[letter] = steps.bind(letter, OnFloats(names, steps).visit(parsed(ast.unparse(line.value))))
    inlined: ast.expr = OnFloats(names, steps).visit(parsed(ast.unparse(last.value)))
    return inlined


def slope_of(op: Op, i: int, steps: Steps) -> ast.expr:
    """Write a slope of a row at floats."""
    rule = op.partials[i]
    cells = zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True)
    names: dict[str, ast.expr] = {name: ast.Constant(float(cell.cell_contents)) for name, cell in cells}
    written: ast.expr = OnFloats(names, steps).visit(parsed(ast.unparse(body_of(rule).body)))
    return written


def calls_of(expression: ast.AST) -> set[str]:
    """Return what is called in an expression."""
    return {ast.unparse(node.func) for node in ast.walk(expression) if isinstance(node, ast.Call)}


def can_raise(expression: ast.expr) -> bool:
    """Whether an expression of floats may raise: calls, quotients and powers do."""
    risky = [node for node in ast.walk(expression) if isinstance(node, ast.BinOp)]
    return bool(calls_of(expression) - {"abs", "float"} or any(isinstance(one.op, (ast.Div, ast.Pow)) for one in risky))


# --- from expressions to methods ----------------------------------------------------------------


def constant_name(op: Op) -> str:
    """Return the name of a row in value_methods.py: MUL."""
    return op.name.upper()


def docstring(op: Op, kind: str = "a Value") -> list[str]:
    """Say what a method returns."""
    names = ["self", *(op.options or ["other"])] if len(op.partials) < 3 or op.options else ["self", "second", "third"]
    formula = op.text.format(**dict(zip("xyz", map(Operand, names), strict=False)))
    formula += "" if op.name in formula or op.binds != "atom" else f" ({op.name})"
    whole = f'    """Return {formula}, as {kind}{": " + op.note if op.note else ""}."""'
    if len(whole) < 116:
        return [whole]
    return [f'    """Return {formula}, as {kind}.', "", f"    {op.note[0].upper()}{op.note[1:]}.", '    """']


class Replace(ast.NodeTransformer):
    """Puts a name where an expression stands."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name

    def visit(self, node: ast.AST) -> Any:
        """Return the name, or the node with the name in it."""
        return ast.Name(self.name) if ast.unparse(node) == self.text else self.generic_visit(node)


def once(lines: list[str]) -> list[str]:
    """Compute before its first use, and once, what stands there several times and is a call or made of one."""
    tree = ast.parse("\n".join(lines))
    made = [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.BinOp)) and calls_of(node) - {"abs"}]
    texts = list(map(ast.unparse, made))
    repeated = [text for text in texts if texts.count(text) > 1]
    if not repeated:
        return lines
    text = max(repeated, key=len)
    held = next((line for line in lines if line.endswith(f" = {text}") and not line.startswith(("f", "d"))), None)
    name = held.partition(" = ")[0] if held else next(one for one in "stuv" if f"{one} = " not in "\n".join(lines))
    first = next(i for i, line in enumerate(lines) if text in line)
    rest = [ast.unparse(Replace(text, name).visit(ast.parse(line))) for line in lines[first:] if line != held]
    return once([*lines[:first], f"{name} = {text}", *rest])


def recording(op: Op, name: str, others: str, signature: str, document: list[str], row: str = "") -> list[str]:
    """Write a method that records a row at self and other Values."""
    letters = "xyz"[: len(op.partials)]
    nodes = ["self", *(others.split() if others else [])]
    row = row or constant_name(op)
    steps = Steps()
    value = parsed(f"x ** {op.held[0]}") if op.held else value_of(op, [ast.Name(one) for one in letters], steps)
    computed = [*steps.take(), f"f: float = {ast.unparse(value)}"]
    slopes = [slope_of(op, i, steps) for i in range(len(letters))]
    texts = [ast.unparse(slope) for slope in slopes]
    lines = [f"def {name}({signature}) -> Value:", *document]
    body = [f"{', '.join(letters)} = {', '.join(f'{node}._data' for node in nodes)}", *FIRST.get(op.name, [])]
    with_slopes = [*computed, *steps.take(), *(f"d{a} = {text}" for a, text in zip(letters, texts, strict=True))]
    if any(can_raise(line.value) for line in ast.parse("\n".join(with_slopes)).body if hasattr(line, "value")):
        body += ["try:", *("    " + line for line in once(with_slopes)), "except (ValueError, ArithmeticError):"]
        body += [f"    return at_limit({row}, ({', '.join(nodes)}{'' if others else ','}))"]
        texts = [f"d{a}" for a in letters]
    else:
        body += with_slopes[: -len(letters)]
    if len(letters) > 2:
        body += [f"return record({row}, f, ({', '.join(nodes)}), ({', '.join(texts)}))"]
        return [*lines, *("    " + line for line in body)]
    body += ["node = new(Value)", "node._data = f", "node._swept = NONE", f"node.op = {row}", "node._x = self"]
    body += [f"node._y = {nodes[1] if len(nodes) > 1 else None}"]
    body += [f"node._d{a} = {text}" for a, text in zip(letters, texts, strict=True)]
    body += ["return note_node(node) if OPEN else node"]
    return [*lines, *("    " + line for line in body)]


def converting(lines: list[str], others: str, strict: bool) -> list[str]:
    """Put the lines that make a node of a number before those of a method."""
    at = 1 + next((i for i, line in enumerate(lines) if line.endswith('"""')), 0)
    made = []
    for other in others.split():
        made += [f"    if type({other}) is not Value and not isinstance({other}, Value):"]  # the first is twice as fast
        if strict:
            made += [f"        {other} = leaf({other})"]
        else:
            number = f"constant({other}) if type({other}) is float else operand({other})"
            made += [f"        if (number := {number}) is None:", "            return NotImplemented"]
            made += [f"        {other} = number"]
    return [*lines[:at], *made, *lines[at:]]


def reflecting(reflected: str, name: str, complaint: str) -> list[str]:
    """Write the method of an operator whose left operand is a number."""
    last = f"    return NotImplemented if left is None else left.{name}(self)"
    head = [f"def {reflected}(self, other: Any) -> Value:", "    left = operand(other)"]
    return [*head, f"{last}  # type: ignore[{complaint}] # self is a Value"]


def methods_of(op: Op) -> tuple[str, list[str]]:
    """Return the name of the method that records a row, and all the methods that the row brings."""
    if op.name in OF_ONE:
        name = OF_ONE[op.name]
        lines = recording(op, name, "", "self", [])
        if op.public:
            lines += ["", f"def {op.name}(self) -> Value:", *docstring(op), f"    return self.{name}()"]
        return name, lines
    if op.name in OPERATORS:
        name = f"__{OPERATORS[op.name]}__"
        lines = converting(recording(op, name, "other", "self, other: object", []), "other", strict=False)
        lines = [*OVERLOADS, *lines]
        lines = [line.replace("NAME", name).replace("object) -> Value", "object) -> Any") for line in lines]
        return name, [*lines, "", *reflecting(f"__r{OPERATORS[op.name]}__", name, "operator")]
    inner = not op.public or op.holds > 0
    name = f"_{op.name}" if inner else op.name
    others = ["", "other", "second third"][len(op.partials) - 1]
    signature = ", ".join(["self", *(f"{other}: Number" for other in others.split())])
    lines = converting(recording(op, name, others, signature, [] if inner else docstring(op)), others, strict=True)
    if op.options:
        last = [f"{a}: Number" + ("" if b is None else f" = {b}") for a, b in op.options.items()]
        lines += ["", f"def {op.name}(self, {', '.join(last)}) -> Value:", *docstring(op)]
        lines += [f"    result: Any = {constant_name(op)}(self, {', '.join(op.options)})"]
        lines += ["    return result  # type: ignore[no-any-return]"]
    if op.name == "pow":
        lines += ["", *recording(op.hold(2.0), "_squared", "", "self", [], "SQUARE")]
        lines += ["", *reflecting("__rpow__", name, "arg-type")]
    alias = getattr(op.array, "__name__", op.name)
    if op.public and alias.startswith("arc"):  # NumPy calls this method for np.arcsin(v)
        arguments = ", ".join(others.split())
        lines += ["", f"def {alias}({signature}) -> Value:", f'    """Return {op.name}, by NumPy\'s name."""']
        lines += [f"    return self.{op.name}({arguments})"]
    return name, lines


def rows() -> list[Op]:
    """Return the element-wise rows."""
    return [op for op in OPS.values() if not isinstance(op, Fold)]


def of_value() -> list[str]:
    """Write the methods of Value, and after the class what their names stand for."""
    names, lines = {}, []
    for op in rows():
        names[op.name], method = methods_of(op)
        lines += ["", *method]
    lines = [f"    {line}" if line else "" for line in lines[1:]]
    lines += ["", "", "# The rows.", *(f"{constant_name(op)}: Final = calculus.{op.name}" for op in rows())]
    lines += ["SQUARE: Final = calculus.pow.hold(2.0)", "", "# The methods that record them."]
    return [*lines, f"WRITTEN: Final = {names!r}"]


def of_tensor() -> list[str]:
    """Write the methods of Tensor."""
    lines: list[str] = []
    for op in rows():
        if op.public and op.name != "pow":
            last = op.options or dict.fromkeys(["", "other", "second third"][len(op.partials) - 1].split())
            arguments = ["self", *(f"{a}: Any" + ("" if b is None else f" = {b}") for a, b in last.items())]
            lines += ["", f"def {op.name}({', '.join(arguments)}) -> Any:", *docstring(op, "a Tensor")]
            lines += [f"    return self._record({', '.join(['calculus.' + op.name, 'self', *last])})"]
            if (alias := getattr(op.array, "__name__", "")).startswith("arc"):
                lines += [
                    "",
                    f"def {alias}({', '.join(arguments)}) -> Any:",
                    f'    """Return {op.name}, by NumPy\'s name."""',
                ]
                lines += [f"    return self.{op.name}({', '.join(last)})"]
    for row in array_rows():
        others = "yz"[: len(row.pullbacks) - 1]
        arguments = ["self", *(f"{a}: Any" for a in others), *map(parameter, row.options.items())]
        lines += [
            "",
            f"def {row.name}({', '.join(arguments)}) -> Any:",
            f'    """Return {row.name} of self, as a Tensor{row.note and ": "}{row.note}."""',
        ]
        given = [*others, *(f"{a}={a}" for a in row.options)]
        lines += [f"    return arrays.{row.name}({', '.join(['self', *given])})"]
    return [f"    {line}" if line else "" for line in lines[1:]]


def parameter(option: tuple[str, Any]) -> str:
    """Write a parameter of a row of the second table in the head of its method."""
    name, default = option
    return f"{name}: Any" if default is inspect.Parameter.empty else f"{name}: Any = {default!r}"


def array_rows() -> list[ArrayOp]:
    """Return the rows of the second table that are methods that no person wrote."""
    by_hand = (ENGINE / "tensor.py").read_text(encoding="utf-8")
    return [op for op in arrays.ARRAY_OPS.values() if op.public and f"    def {op.name}(" not in by_hand]


# --- files --------------------------------------------------------------------------------------


def formatted(text: str, path: Path) -> str:
    """Return a file as ruff formats it, imports sorted."""
    for command in (["check", "--select", "I", "--fix-only", "--quiet"], ["format", "--quiet"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(path), "-"],
            input=text, capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        text = ran.stdout
    return text


def natural(name: str) -> list[Any]:
    """Sort log2 before log10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def of_package(text: str) -> str:
    """Write the rows among the names of the package."""
    rows = {op.name: "arrays" for op in arrays.ARRAY_OPS.values() if op.public} | {
        op.name: "calculus" for op in OPS.values() if op.public
    }
    public = list(rows)
    kept = [line for line in text.splitlines() if not re.match(r"from \.rules\.(calculus|arrays) import", line)]
    last = max(i for i, line in enumerate(kept) if line.startswith("from ."))
    kept[last + 1 : last + 1] = [f"from .rules.{home} import {name} as {name}" for name, home in rows.items()]
    whole = "\n".join(kept) + "\n"
    begin = whole.index("__all__ = [")
    names = {*re.findall(r'"(\w+)"', whole[begin:])} - set(OPS) - (set(arrays.ARRAY_OPS) - {"concatenate", "einsum"})
    names |= {name for name in public if not hasattr(builtins, name)}
    order = sorted(names, key=lambda name: (not name[0].isupper(), natural(name)))
    return whole[:begin] + "__all__ = [\n" + "".join(f'    "{name}",\n' for name in order) + "]\n"


def written() -> dict[Path, str]:
    """Return what the files should be."""
    package = ROOT / "microgradnn" / "__init__.py"
    texts = {
        ENGINE / "value_methods.py": VALUE_METHODS + "\n".join(of_value()),
        ENGINE / "tensor_methods.py": TENSOR_METHODS + "\n".join(of_tensor()),
        package: of_package(package.read_text(encoding="utf-8")),
    }
    return {path: formatted(text, path) for path, text in texts.items()}


def main() -> None:
    """Write the files, or say which are not current."""
    stale = [path for path, text in written().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv and stale:
        sys.exit(f"not current: {', '.join(path.name for path in stale)}; run python .ci/write_methods.py")
    for path in stale:
        path.write_text(written()[path], encoding="utf-8")


if __name__ == "__main__":
    main()
