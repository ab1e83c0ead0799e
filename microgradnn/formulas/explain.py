"""The chain rule of one gradient, written out: every path, the product along it, the sum.

Course notes, D2, D3, D6 and D7. The numbers are the local derivatives that the graph recorded;
the letters come from running the table's rules on symbols.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from ..engine.tensor import Tensor
from ..graph import Node, topological
from ..graph.paths import Edge, back, count_paths, paths, uses
from ..rules import calculus
from ..rules.find import find
from ..rules.notation import Operand, Style, Symbol, addition, constant, definition, labels, latex_name, number, visible
from .explain_arrays import ArrayExplanation, explain_arrays
from .reasons import give_reasons

MOST_PATHS = 32  # more than that are not read; then the uses of the node are told instead
LONGEST_PATH = 40
DIGITS = 6


@overload
def explain(root: Tensor, source: Node | str) -> ArrayExplanation: ...  # type: ignore[overload-overlap] # a Tensor is a Node


@overload
def explain(root: Node, source: Node | str) -> Explanation: ...


def explain(root: Node, source: Node | str) -> Explanation | ArrayExplanation:
    """Explain droot/dsource by the paths from `source` to `root`; among Tensors in matrix form, line by line.

    ∂ is the local derivative along one edge, which a drawing shows there; d is the gradient, along all paths together.
    `source` is a node, or the name of one: 'W1', 'layer 1/neuron 2/w1', or 't3' as drawings number it.
    Where there are more than 32 paths, or one of more than 40 steps, it is explained by the
    uses of `source` instead: droot/dsource = Σ droot/duser · ∂user/∂source, and says so.
    Gradients that `backward()` has left on the nodes are neither needed nor touched.

    >>> from microgradnn import Value
    >>> a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
    >>> u = (b * c).named("u"); v = (a + u).named("v"); J = (3 * v).named("J")
    >>> print(explain(J, b))
    dJ/db = ∂J/∂v · ∂v/∂u · ∂u/∂b = 3 · 1 · c = 3 · 1 · 2 = 6
    """
    if not isinstance(source, (Node, str)):
        raise TypeError(f"explain takes the node to differentiate by; got {source!r} ({type(source).__name__})")
    if not isinstance(root, Node):
        raise TypeError(f"explain takes a node, what a graph ends in; got {root!r:.60} ({type(root).__name__})")
    order = topological(root)
    node: Node = find(order, source) if isinstance(source, str) else source
    return explain_arrays(root, node) if hasattr(root, "shape") else explain_numbers(root, node, order)


def explain_numbers(root: Node, source: Node, order: Sequence[Node]) -> Explanation:
    """Explain a gradient of a graph of Values, `order`."""
    found = count_paths(order, source, limit=MOST_PATHS + 1)
    terms: list[Summand] = []
    why = "as its paths are too many or too long to read"
    by_uses = found > MOST_PATHS or longest_path(order, source) > LONGEST_PATH
    if not by_uses:
        terms = [Summand(tuple(path), 1.0) for path in paths(order, source)]
        total = sum(term.value for term in terms)
        if total != total and not any(
            term.value != term.value for term in terms
        ):  # ∞ − ∞, which the sweep may not meet
            by_uses, why = True, "as the infinities along its paths have no sum"
    if by_uses:
        sweep = back(order, order, 1.0, on_nodes=False)
        terms = [Summand((edge,), sweep.get(edge.user, 0.0)) for edge in uses(order, {source})[source]]
    users = {edge.user for term in terms for edge in term.edges}
    met = users.union([root, source], *(user.inputs for user in users))
    names = labels(order, met.union(*(node.inputs for node in met)))
    names.setdefault(source, visible(source.name) or "x")
    return Explanation(root, source, names, tuple(terms), by_uses, why)


def longest_path(order: Sequence[Node], source: Node) -> int:
    """Return the number of edges on the longest path from `source` to the end of `order`."""
    length: dict[Node, int] = {source: 0}
    for node in order:
        below = [length[x] for x in node.inputs if x in length]
        if below and node is not source:
            length[node] = max(below) + 1
    return length.get(order[-1], 0)


@dataclass(frozen=True)
class Summand:
    """One summand of a gradient: what arrives at the top, times the partials on the way down."""

    edges: tuple[Edge, ...]  # from the output, or from a user of the source, down to the source
    arriving: float

    @property
    def value(self) -> float:
        """The product; 0 where a factor is 0, even if another is ∞."""
        factors = [self.arriving, *(edge.partial for edge in self.edges)]
        return math.prod(factors) if all(factors) else 0.0


@dataclass(frozen=True)
class Explanation:
    """A gradient as the sum of its terms. `str()` gives text, `latex()` LaTeX."""

    root: Node
    source: Node
    names: dict[Node, str]
    terms: tuple[Summand, ...]
    by_uses: bool
    why: str  # it is by uses, if it is

    @property
    def value(self) -> float:
        """The gradient."""
        return float(sum(term.value for term in self.terms))

    def reasons(self) -> str:
        """Return the lines of the backward pass to the source, with the reasons for each."""
        return give_reasons(self.root, self.source)

    def __str__(self) -> str:
        several = bool(self.heading())
        lines = self.lines()
        body = [f"  {line}" for line in lines[:-1]] + lines[-1:] if several else lines
        return "\n".join([*filter(None, [self.heading()]), *body, *self.where()])

    def __repr__(self) -> str:
        return str(self)

    def latex(self) -> str:
        """Return it in LaTeX, as an `aligned` block."""
        rows = [line.strip().replace(" = ", " &= ", 1) for line in self.lines("latex")]
        return ("\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}").replace("−", "-")

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"

    def lines(self, style: Style = "text") -> list[str]:
        """The equations: one line if there is one path, else one for each term and the sum."""
        total = self.derivative(self.root, self.source, style)
        if not self.terms:
            return [f"{total} = 0"]
        if self.root is self.source:
            return [f"{total} = 1"]
        if len(self.terms) == 1 and not self.by_uses:
            forms = self.product(self.terms[0], style)
            return [equal(total, *forms[len(self.terms[0].edges) == 1 :])]  # along one edge alone d is ∂
        shown = self.terms[:MOST_PATHS]
        products = [equal(*self.product(term, style)) for term in shown]
        summands = [term.value for term in shown]
        if len(shown) < len(self.terms):
            rest = sum(term.value for term in self.terms[MOST_PATHS:])
            summands.append(rest)
            products.append(f"… and {len(self.terms) - MOST_PATHS} more, in all {number(rest, DIGITS)}")
        if len(summands) == 1:
            return [*products, equal(total, number(self.value, DIGITS))]
        return [*products, f"{total} = {addition(summands, self.value, range(DIGITS, DIGITS + 4))}"]

    def heading(self) -> str:
        """Say what the terms are, where there is more than one."""
        source, total = self.names[self.source], self.derivative(self.root, self.source, "text")
        if not self.terms:
            return f"{self.names[self.root]} does not depend on {source}"
        if self.by_uses:
            count = f"{len(self.terms)} use" + "s" * (len(self.terms) > 1)
            return f"{total} by the {count} of {source}, {self.why}:"
        return f"{total} is the sum over {len(self.terms)} paths:" if len(self.terms) > 1 else ""

    def product(self, term: Summand, style: Style) -> list[str]:
        """A term in three forms: derivatives, local derivatives in letters, in numbers."""
        need = "power" if len(term.edges) > 1 or self.by_uses else ""  # a factor alone needs no brackets
        names = [self.derivative(edge.user, edge.source, style, along_edge=True) for edge in term.edges]
        letters = [format(self.letters(edge, style), need) for edge in term.edges]
        numbers = [format(to_operand(edge.partial), need) for edge in term.edges]
        if self.by_uses:
            arriving = f"{to_operand(term.arriving):power}"
            names.insert(0, self.derivative(self.root, term.edges[0].user, style))
            letters.insert(0, arriving)
            numbers.insert(0, arriving)
        dot = " · " if style == "text" else r" \cdot "
        return [*map(dot.join, (names, letters, numbers)), number(term.value, DIGITS)]

    def letters(self, edge: Edge, style: Style) -> Operand:
        """One local derivative as the table's rule gives it, in the names of the nodes."""
        inputs = [x.data if is_number(x) else Symbol(self.name(x, style)) for x in edge.user.inputs]
        try:
            partial = edge.user.op.paper[edge.position](Symbol(self.name(edge.user, style)), *inputs)
        except TypeError:  # a slope of the user's own that is of numbers alone
            return to_operand(edge.partial)
        if not isinstance(partial, Symbol):
            return to_operand(partial)
        if partial.op is calculus.ahead and edge.partial == 0.5:  # a tie: [x > y] would be 0
            equals = " = ".join(x.write_out(style).text for x in partial.inputs)
            return Operand(f"½ [{equals}]" if style == "text" else rf"\tfrac12 [{equals}]")
        return partial.write_out(style)

    def derivative(self, of: Node, by: Node, style: Style, *, along_edge: bool = False) -> str:
        """'dJ/da', along all paths together, or '∂u/∂b', along one edge; in LaTeX as a fraction."""
        d = ("∂" if style == "text" else r"\partial ") if along_edge else "d"
        top, bottom = f"{d}{self.name(of, style)}", f"{d}{self.name(by, style)}"
        return f"{top}/{bottom}" if style == "text" else rf"\frac{{{top}}}{{{bottom}}}"

    def name(self, node: Node, style: Style) -> str:
        """The name of a node, in LaTeX with its index: w_{11}."""
        return self.names[node] if style == "text" else latex_name(self.names[node])

    def where(self) -> list[str]:
        """Say what the unnamed nodes in the equations are: 'where t1 = a + b'."""
        users = dict.fromkeys(edge.user for term in self.terms[:MOST_PATHS] for edge in reversed(term.edges))
        met = dict.fromkeys(node for user in users for node in (*user.inputs, user) if node.op and not node.name)
        return [f"  where {definition(node, self.names)}" for node in met]


def is_number(node: Node) -> bool:
    """Whether a node is an anonymous constant, written as its number."""
    return node.kind == "constant" and not node.name


def to_operand(x: Any) -> Operand:
    """A number as an operand."""
    return constant(x, DIGITS)


def equal(*sides: str) -> str:
    """Chain what is equal, each form once: 'a = b = c'."""
    return " = ".join(side for i, side in enumerate(sides) if i == 0 or side != sides[i - 1])
