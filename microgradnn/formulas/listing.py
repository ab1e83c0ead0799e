"""Terms as lines of Python: what is assigned, what is folded in, and how each operation is spelled."""

from __future__ import annotations

import ast
import copy
import math
import operator
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from ..graph import OPS, Fold, Op, topological
from ..rules import arrays, calculus, numerics
from ..rules.arrays import ArrayOp
from ..rules.notation import Operand
from .carried import is_own, refuse, source_of
from .terms import Dim, Term
from .translation import OF_NUMPY, c_name, numeric_functions

Style = Literal["numpy", "python", "c", "numba"]


class Line(NamedTuple):
    """One assignment: `dW2 = dZ2 @ A1.T`, the shape of the result, and how it comes about: (1, 3) = (1, m) @ (m, 3)."""

    name: str
    formula: str
    shape: tuple[int, ...]
    shapes: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.formula}"


LONGEST = 60  # characters of an unnamed part that is folded into the line that uses it

# How the rows are spelled where NumPy's name for the function, or a helper's, is not all there is to say.
ARITHMETIC = {
    "add": ("{x:sum} + {y:product}", "sum"),
    "sub": ("{x:sum} - {y:product}", "sum"),
    "mul": ("{x:product} * {y:power}", "product"),
    "div": ("{x:product} / {y:power}", "product"),
    "neg": ("-{x:product}", "sum"),
    "same": ("{x:atom}", "atom"),
}
CODE: dict[Style, dict[str, tuple[str, str]]] = {
    "numpy": ARITHMETIC
    | {
        "pow": ("{x:atom}**{y:atom}", "power"),
        "relu": ("np.maximum({x}, 0)", "atom"),
        "leaky_relu": ("np.where({x:sum} > 0, {x}, {y:product} * {x:power})", "atom"),
        "where": ("np.where({x}, {y}, {z})", "atom"),
        "squared_error": ("({x:sum} - {y:product})**2 / 2", "product"),
    },
    "python": ARITHMETIC
    | {
        "step": ("float({x} > 0)", "atom"),
        "relu": ("({x} if {x} > 0 or {x} != {x} else 0.0)", "atom"),
    },
    "c": ARITHMETIC | {"squared_error": ("({x:sum} - {y:product}) * ({x:sum} - {y:product}) / 2", "product")},
    "numba": ARITHMETIC,  # of floats alone, and where Python raises, NaN or ∞
}
READ_TWICE = {"python": {"relu"}}  # rows whose operand is given a name, since it stands there more than once
FACTORS = {  # in a product: true is 1
    "step": "({x} > 0)",
    "equal": "({x} == {y})",
    "zero": "({x} == 0)",
    "greater": "({x:sum} > {y:sum})",
    "at_least": "({x:sum} >= {y:sum})",
}


class Listing:
    """The lines of a program. `labels` are the terms that have names; `roots` all that is to be computed."""

    def __init__(self, labels: Mapping[Term, str], style: Style, roots: Sequence[Term], *, exact: bool = False) -> None:
        self.style = style
        self.exact = exact
        self.code = {
            key: code for key, code in CODE[style].items() if key != "step" or not exact
        }  # which NaN differs in
        self.conditions = style != "numba" and not exact  # which are false of a NaN, that may have to come out
        self.forwarding, self.compares = True, False  # whether a value, not only a slope, is one of those
        self.names: dict[Term, str] = {}
        self.labels = dict(labels)
        self.texts: dict[Term, Operand] = {}
        self.done: set[Term] = set()  # that have a text
        self.helpers: dict[str, Callable[..., Any]] = {}
        self.uses: dict[Term, int] = {}
        self.taken = {*labels.values()} | {term.label for term in labels if term.label}
        self.count = 0
        seen: set[Term] = set()
        for root in roots:
            self.uses[root] = self.uses.get(root, 0) + (root in seen)
            for term in topological(root, seen):
                self.taken.add(term.label)
                for x in term.inputs:
                    again = term.op is not None and term.op.name in READ_TWICE.get(style, ())
                    self.uses[x] = self.uses.get(x, 0) + 1 + again

    # --- lines ------------------------------------------------------------------------------

    def forward(self, roots: Sequence[Term]) -> list[Line]:
        """Return the lines that compute these terms."""
        lines: list[Line] = []
        for root in roots:
            if root in self.labels or root is roots[-1]:
                self.write(root, lines)
        self.forwarding = False
        return lines

    def backward(self, targets: Sequence[tuple[str, Term]]) -> list[Line]:
        """Return the lines that compute gradients, each under its name."""
        lines: list[Line] = []
        for name, term in targets:
            if term.op is not None and term not in self.texts:
                self.labels[term] = name
                self.write(term, lines)
            else:
                lines.append(Line(name, self.reference(term), term.shape, shape_text(term.shape)))
        return lines

    def write(self, root: Term, lines: list[Line]) -> None:
        """Write a term, after what it needs."""
        for term in topological(root, self.done):
            if term.op is None:
                self.texts[term] = self.leaf(term)
                continue
            operand = self.spell(term)
            if self.is_assigned(term, operand):
                name = self.labels.get(term) or self.unused_name()
                bare = term.op.name in READ_TWICE.get(self.style, ())
                lines.append(Line(name, operand.text[1:-1] if bare else operand.text, term.shape, write_shapes(term)))
                self.names[term] = name
                operand = Operand(name)
            self.texts[term] = operand

    def is_assigned(self, term: Term, operand: Operand) -> bool:
        """Whether a term has a line of its own."""
        if term in self.labels:
            return True
        if term.op in (arrays.swap, calculus.neg) and term.inputs[0] in (*self.names, *self.leaves(term)):
            return False  # W2.T and −x are read as easily as a name
        if term.op in (calculus.add, calculus.sub) and any(x.value is not None for x in term.inputs):
            if all(x.op is None or x in self.names for x in term.inputs):
                return False  # so is 1 − Y
        return self.uses.get(term, 0) > 1 or len(operand.text) > LONGEST

    def leaves(self, term: Term) -> list[Term]:
        """Return the inputs that are leaves."""
        return [x for x in term.inputs if x.op is None]

    def unused_name(self) -> str:
        """Return a name for what has none."""
        self.count += 1
        while f"t{self.count}" in self.taken:
            self.count += 1
        return f"t{self.count}"

    def reference(self, term: Term) -> str:
        """Return how a term is named in a line."""
        return (self.texts.get(term) or self.leaf(term)).text

    # --- spelling ---------------------------------------------------------------------------

    def leaf(self, term: Term) -> Operand:
        """Return a variable or a number."""
        if term.value is None:
            return Operand(term.label)
        if isinstance(term.value, np.ndarray):
            return Operand(f"np.array({numbers(term.value.tolist())})")
        if isinstance(term.value, Dim):
            if self.exact:  # 1 / 0 is ∞ there
                return Operand(f"np.float64({term.value.name})")
            return Operand(term.value.name, "product" if "*" in term.value.name else "atom")
        return Operand(number(term.value, self.style), "sum" if term.value < 0 else "atom")

    def spell(self, term: Term) -> Operand:
        """Spell an operation, with the texts of its inputs."""
        op: Any = term.op
        operands = [self.texts[x] for x in term.inputs]
        if isinstance(op, ArrayOp):
            return self.spell_array_operation(term, op, operands)
        if isinstance(op, Fold):
            return self.spell_fold(op, operands)
        operands += [self.leaf_number(x) for x in op.held]
        if op in (calculus.mul, calculus.weigh):
            operands = self.factors(term, operands)
        if op is calculus.where:
            operands[0] = self.condition(term.inputs[0], operands[0])
        letters = dict(zip("xyz", operands, strict=False))
        if op is calculus.pow or (op.name == "pow"):
            return self.power(term, op, operands)
        if is_own(op):
            self.use_own(op)
        elif op.name in self.code:
            template, binds = self.code[op.name]
            return Operand(template.format(**letters), binds)
        return Operand(f"{self.function(op)}({', '.join(operand.text for operand in operands)})")

    def factors(self, term: Term, operands: Sequence[Operand]) -> list[Operand]:
        """Return two factors, at most one of them a condition, and that last: −(x > 0) is no number."""
        x, y = term.inputs
        second = self.factor(y, operands[1])
        if second.text != operands[1].text:
            return [operands[0], second]
        first = self.factor(x, operands[0])
        return [operands[1], first] if first.text != operands[0].text else list(operands)

    def condition(self, term: Term, text: Operand) -> Operand:
        """Return a term as a condition, without the brackets that it has as a factor."""
        bare = self.factor(term, text).text
        return Operand(bare[1:-1] if bare != text.text else bare)

    def factor(self, term: Term, text: Operand) -> Operand:
        """Return a term as a factor: what is 1 where a condition holds is the condition."""
        plain = term.op is None or term.op.name not in FACTORS or not self.conditions
        if plain or term in self.names or self.uses.get(term, 0) > 1:
            return text
        letters = dict(zip("xyz", [self.texts[x] for x in term.inputs], strict=False))
        self.compares = self.compares or self.forwarding
        return Operand(FACTORS[term.op.name].format(**letters))

    def power(self, term: Term, op: Op, operands: Sequence[Operand]) -> Operand:
        """Return x**y; in plain Python by a function where a negative x would give a complex number."""
        exponent = op.held[0] if op.held else term.inputs[1].value
        exponent = None if isinstance(exponent, np.ndarray) else exponent
        whole = exponent is not None and float(exponent).is_integer()
        named = operands[0].text.isidentifier()  # x * x takes a third of the time of x**2
        if exponent in (2, 3) and (self.style == "c" or (self.style == "python" and named)):
            return Operand(" * ".join([f"{operands[0]:power}"] * int(exponent)), "product")
        if self.style == "c":
            return Operand(f"pow({operands[0].text}, {operands[1].text})")
        if self.style == "python" and not whole:
            return Operand(f"{self.helper('power', numerics.power)}({operands[0].text}, {operands[1].text})")
        return Operand(f"{operands[0]:atom}**{operands[1]:atom}", "power")

    def leaf_number(self, x: float) -> Operand:
        """Return a held number as an operand."""
        value = int(x) if float(x).is_integer() else x
        return Operand(number(value, self.style), "sum" if x < 0 else "atom")

    def spell_fold(self, op: Fold, operands: Sequence[Operand]) -> Operand:
        """Spell a sum, product or mean of many numbers, all of them written out."""
        if op is calculus.dot:
            half = len(operands) // 2
            pairs = zip(operands[:half], operands[half:], strict=True)
            return Operand(" + ".join(f"{x:product} * {y:power}" for x, y in pairs), "sum")
        if op is calculus.sum:
            return Operand(" + ".join(f"{x:product}" for x in operands), "sum")
        if op is calculus.prod:
            return Operand(" * ".join(f"{x:power}" for x in operands), "product")
        if op is calculus.mean:
            whole = Operand(" + ".join(f"{x:product}" for x in operands), "sum" if len(operands) > 1 else "atom")
            return Operand(f"{whole:product} / {len(operands)}", "product")
        if self.style == "python":
            return Operand(f"{self.helper('logsumexp', op.fold)}([{', '.join(x.text for x in operands)}])")
        function = c_name(self.helper("logaddexp", numerics.logaddexp)) if self.style == "c" else "np.logaddexp"
        text = operands[-1].text
        for x in reversed(operands[:-1]):
            text = f"{function}({x.text}, {text})"
        return Operand(text)

    def spell_array_operation(self, term: Term, op: ArrayOp, operands: Sequence[Operand]) -> Operand:
        """Spell an operation on whole arrays."""
        if is_own(op):
            self.use_own(op)
            options = [f"{key}={value}" for key, value in op.spelled()]
            return Operand(f"{op.name}({', '.join([*(x.text for x in operands), *options])})")
        if op is arrays.weigh_matmul:
            return Operand(f"{self.helper(op.name, op.array)}({operands[0].text}, {operands[1].text})")
        if op.name == "swap" and len(term.shape) != 2:
            return Operand(f"np.swapaxes({operands[0].text}, -1, -2)")
        if "{np}" not in op.text and not term.inputs[0].shape:  # Python's own numbers lack what arrays have
            operands = [Operand(f"np.asarray({operands[0].text})")]
        text = op.written(operands, np="np.")
        if text.startswith(f"{op.name}("):
            self.helper(op.name, op.array)
        return Operand(text, op.binds)

    def use_own(self, op: Any) -> None:
        """Remember an operation of the user's own; ValueError where C would have to call it."""
        if self.style not in ("numpy", "python"):
            raise refuse(op.name, self.style)
        self.helpers[op.name] = op

    def function(self, op: Op) -> str:
        """Return the name of a row's function: NumPy's, Python's, C's, or a helper's that goes with the source."""
        if is_own(op):
            return op.name
        row = OPS.get(op.name, op)  # one that holds arguments has functions of its own
        function = row.array if self.style == "numpy" else row.scalar
        if isinstance(function, np.ufunc):
            return f"np.{function.__name__}"
        if function is operator.abs or getattr(function, "__module__", "") == "math":
            name = "abs" if function is operator.abs else f"math.{function.__name__}"
            return c_name(name) if self.style == "c" else OF_NUMPY.get(name, name) if self.style == "numba" else name
        name = self.helper(op.name, function)
        return c_name(name) if self.style == "c" else name

    def helper(self, name: str, function: Callable[..., Any]) -> str:
        """Remember a function that goes with the source, and return its name."""
        self.helpers[name] = function
        return name


def all_floats(terms: Sequence[Term]) -> bool:
    """Whether plain Python gives a float for each, whatever the inputs, and no int such as a 3 that was written."""
    known: dict[Term, bool] = {}
    seen: set[Term] = set()
    for term in (one for root in terms for one in topological(root, seen)):
        inputs = [known[x] for x in term.inputs]
        if term.op is None:
            known[term] = term.value is None or isinstance(term.value, float)
        elif term.op.name in FACTORS:  # which may be written as a condition
            known[term] = False
        elif is_own(term.op):
            known[term] = True
        elif term.op.name == "where":
            known[term] = all(inputs[1:])
        elif term.op.name == "weigh":  # a 0 of the first's type, where that is 0
            known[term] = inputs[0]
        elif term.op.name in ("maximum", "minimum", "clip", "leaky_relu", "elu"):
            known[term] = all(inputs) and not any(float(x).is_integer() for x in term.op.held if term.op.name == "clip")
        else:
            known[term] = any(inputs) or term.op.name == "div"
    return all(known[term] for term in terms)


def latex(lines: Sequence[Line]) -> str:
    """Return lines in LaTeX, as an `aligned` block."""
    rows = [f"{tex(line.name)} &= {tex(line.formula)}" for line in lines]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def number(x: Any, style: Style) -> str:
    """Write a number so that Python reads the same one."""
    if isinstance(x, float) and not math.isfinite(x):
        if style == "c":
            return "NAN" if x != x else f"{'-' if x < 0 else ''}INFINITY"
        home = "np" if style == "numpy" else "math"
        return f"{home}.nan" if x != x else f"{'-' if x < 0 else ''}{home}.inf"
    return f"{float(x)!r}" if style == "c" else repr(x)


def numbers(x: Any) -> str:
    """Write numbers, or lists of them, for NumPy."""
    return f"[{', '.join(map(numbers, x))}]" if isinstance(x, list) else number(x, "numpy")


def tex(code: str) -> str:
    r"""Write a formula of the program in LaTeX, in letters as the notes have them: W2.T @ dZ2 as W_2^\top dZ_2."""
    text = code.replace("np.", "").replace("**", "^")
    text = re.sub(r"([A-Za-z]+)(\d+)\b", r"\1_{\2}", text)
    text = re.sub(r"\^(-?\d+(\.\d+)?)", r"^{\1}", text).replace(".T", r"^\top")
    text = text.replace(" @ ", r"\,").replace(" * ", r" \odot ")
    names = (
        "exp",
        "log",
        "tanh",
        "maximum",
        "minimum",
        "sum",
        "mean",
        "sigmoid",
        "sqrt",
        "sin",
        "cos",
        "axis",
        "keepdims",
    )
    for name in names:
        text = re.sub(rf"\b{name}\b", rf"\\operatorname{{{name}}}", text)
    return text.replace("True", r"\text{true}")


# --- source ---------------------------------------------------------------------------------------


def function_source(
    name: str,
    arguments: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]],
    lengths: Mapping[str, tuple[Dim, str]],
    forward: Sequence[Line],
    backward: Sequence[Line],
    result: str,
    gradients: Sequence[str] | None,
    listing: Listing,
) -> str:
    """Return a complete module: imports, helpers, and one function that returns the value and the gradients, if any."""
    body, back = [*map(str, forward)], [*map(str, backward)]
    used_names = names_in([*body, *back])
    sizes = [f"{m} = {x}.shape[1]" for m, (_, x) in lengths.items() if m in used_names]
    told = [f"{x} {shape_text(shapes[x])}" for x in arguments]
    together = "" if gradients is None else f", ({', '.join(gradients)}{',' if len(gradients) == 1 else ''})"
    doc = textwrap.wrap(f"Return {result}{together}. Shapes: {', '.join(told)}.", 100)
    lines = [f'"""{doc[0]}', *doc[1:]]
    lines[-1] += '"""'
    lines += [*sizes, *body, *([""] if back else []), *back, "", f"return {result}{together}"]
    needed = {key: function for key, function in listing.helpers.items() if key in used_names}
    return module_source(name, arguments, lines, needed, listing.style)


def step_source(source: str, result: str, inputs: Sequence[str], wrt: Sequence[str]) -> str:
    """Return the module of a value and its gradients as that of a step of gradient descent (course notes, C5).

    Its function `step` takes the inputs and α, and returns the value before, and θ − α dθ for each θ of `wrt`.
    """
    if inner := [name for name in wrt if name not in inputs]:
        raise ValueError(f"a step changes inputs, and {', '.join(inner)} is computed from others")
    rate = "learning_rate" if "learning_rate" not in inputs else "alpha"
    new = ", ".join(f"{x} - {rate} * d{x}" for x in wrt) + ("," if len(wrt) == 1 else "")
    before, _, _ = source.rpartition("\n    return ")
    start = [found.start() for found in re.finditer(r"(?m)^def ", before)][
        -1
    ]  # of the last function, after its helpers
    body = before[start:].split('"""\n', 1)[1]
    head = f"def step({', '.join([*inputs, rate])}):\n"
    doc = f'    """Take a step of gradient descent: return {result}, and the new {", ".join(wrt)}."""\n'
    return f"{before[:start]}{head}{doc}{body}\n    return {result}, ({new})\n"


def module_source(
    name: str,
    arguments: Sequence[str],
    lines: Sequence[str],
    helpers: Mapping[str, Callable[..., Any]],
    style: Style = "numpy",
) -> str:
    """Return a module with one function of these lines, what it imports and the helpers it needs."""
    body = textwrap.indent("\n".join(lines), "    ")
    own = [source_of(op, style) for op in helpers.values() if is_own(op)]  # type: ignore[arg-type]
    helpers = {key: function for key, function in helpers.items() if not is_own(function)}
    helpers |= {key: getattr(numerics, key) for _, needed in own for key in needed}
    parts = [*helper_sources(helpers), *(text for text, _ in own), f"def {name}({', '.join(arguments)}):\n{body}\n"]
    code = "\n\n\n".join(parts)
    imports = [
        f"import {module}{alias}" for module, alias in (("math", ""), ("numpy", " as np")) if needs_import(module, code)
    ]
    return "\n".join(imports) + ("\n\n\n" if imports else "") + code


def names_in(lines: Sequence[str]) -> set[str]:
    """Return the names that occur in lines of code."""
    return {x.id for x in ast.walk(ast.parse("\n".join(lines))) if isinstance(x, ast.Name)}


def needs_import(module: str, code: str) -> bool:
    """Whether code needs a module."""
    return ("np." if module == "numpy" else "math.") in code


def write_shapes(term: Term) -> str:
    """Write the shapes of an operation: (1, 3) = (1, m) @ (m, 3)."""
    op: Any = term.op
    if not term.shape:
        return ""
    infix = {"matmul": "@", "weigh_matmul": "@", "mul": "*", "weigh": "*", "add": "+", "sub": "-", "div": "/"}.get(
        op.name
    )
    inputs = [x.shape for x in term.inputs]
    if infix and all(inputs):
        return f"{term.shape} = {inputs[0]} {infix} {inputs[1]}"
    return str(term.shape)


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape; a number has none."""
    return repr(tuple(shape)) if shape else "a number"


def helper_sources(helpers: Mapping[str, Callable[..., Any]]) -> list[str]:
    """Return the source of helpers, and of what they need, under the names of their rows."""
    table = numeric_functions()
    homes = {id(function): name for name, function in vars(numerics).items() if name in table}
    names = {homes[id(function)]: name for name, function in helpers.items() if id(function) in homes}
    order: list[str] = []

    def need(name: str) -> None:
        if name in order or name not in table:
            return
        own = {x.id for x in ast.walk(table[name]) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
        for x in ast.walk(table[name]):
            if isinstance(x, ast.Name) and x.id not in own and x.id in table:
                taken = x.id in [told for home, told in names.items() if home != x.id]  # by the row's form for arrays
                names.setdefault(x.id, f"{x.id}_scalar" if taken else x.id)
                need(x.id)
        order.append(name)

    for name in list(names):
        need(name)
    return [plain_source(table[name], names) for name in order]


def plain_source(statement: ast.stmt, names: Mapping[str, str]) -> str:
    """Return a function without annotations, and with the names that it has here."""

    class Renaming(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(names.get(node.id, node.id), node.ctx)

        def visit_arg(self, node: ast.arg) -> ast.arg:
            return ast.arg(node.arg)

        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
            self.generic_visit(node)
            node.name, node.returns = names.get(node.name, node.name), None
            return node

        def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
            self.generic_visit(node)
            return ast.Assign([node.target], node.value, lineno=0) if node.value else None

    return ast.unparse(ast.fix_missing_locations(Renaming().visit(copy.deepcopy(statement))))
