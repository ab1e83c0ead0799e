"""Terms as lines of Python: what is assigned, what is folded in, and how each operation is spelled."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..graph import OPS, Fold, Op, topological
from ..rules import arrays, calculus, numerics
from ..rules.arrays import ArrayOp
from ..rules.notation import Operand
from .carried import is_own, refuse
from .shapes import Dim
from .spelling import CODE, FACTORS, LONGEST, READ_TWICE, Style, array_text, number, shape_text
from .terms import Term
from .translation import LANGUAGES


class Line(NamedTuple):
    """One assignment: `dW2 = dZ2 @ A1.T`, the shape of the result, and how it comes about: (1, 3) = (1, m) @ (m, 3)."""

    name: str
    formula: str
    shape: tuple[int, ...]
    shapes: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.formula}"


class Listing:
    """The lines of a program. `labels` are the terms that have names; `roots` all that is to be computed."""

    def __init__(self, labels: Mapping[Term, str], style: Style, roots: Sequence[Term], *, exact: bool = False) -> None:
        self.style = style
        self.exact = exact
        self.language = LANGUAGES.get(style)
        self.code = {
            key: code for key, code in CODE[style].items() if key != "step" or not exact
        }  # which NaN differs in
        self.conditions = not exact  # which are false of a NaN, that may have to come out
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
            return Operand(*array_text(term.value))
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
        if exponent in (2, 3) and (self.language or (self.style == "python" and named)):
            return Operand(" * ".join([f"{operands[0]:power}"] * int(exponent)), "product")
        if self.language:
            return Operand(f"{self.language.power}({operands[0].text}, {operands[1].text})")
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
        function = "np.logaddexp"
        if self.language:
            function = self.language.function(self.helper("logaddexp", numerics.logaddexp))
        text = operands[-1].text
        for x in reversed(operands[:-1]):
            text = f"{function}({x.text}, {text})"
        return Operand(text)

    def spell_array_operation(self, term: Term, op: ArrayOp, operands: Sequence[Operand]) -> Operand:
        """Spell an operation on whole arrays."""
        if is_own(op):
            self.use_own(op)
            options = [f"{key}={value}" for key, value in op.spell_parameters()]
            return Operand(f"{op.name}({', '.join([*(x.text for x in operands), *options])})")
        if op is arrays.weigh_matmul:
            return Operand(f"{self.helper(op.name, op.array)}({operands[0].text}, {operands[1].text})")
        if op.name == "swap" and len(term.shape) != 2:
            return Operand(f"np.swapaxes({operands[0].text}, -1, -2)")
        if "{np}" not in op.text and not term.inputs[0].shape:  # Python's own numbers lack what arrays have
            operands = [Operand(f"np.asarray({operands[0].text})")]
        text = op.format_call(operands, np="np.")
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
            if self.language:
                if function.__name__ in self.language.lacking:
                    self.helper(function.__name__, getattr(numerics, function.__name__))
                return self.language.function(name)
            return name
        name = self.helper(op.name, function)
        return self.language.function(name) if self.language else name

    def helper(self, name: str, function: Callable[..., Any]) -> str:
        """Remember a function that goes with the source, and return its name."""
        self.helpers[name] = function
        return name


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
