"""Why each line of a backward pass is what it is: the chain rule, what cancels, the transposes, the sums, and 1/m."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from textwrap import wrap
from typing import Any

import numpy as np

from ..graph import Fold, Node
from ..graph.paths import Edge, uses
from ..rules import calculus
from ..rules.arrays import ArrayOp
from .cancel import multiply_step_by_step
from .derive import derive, resolve_arguments, to_terms
from .pullback import on_one_line, pullback
from .terms import Term

WIDTH = 112
MOST_USES = 4  # of a node that are told one by one
LINEAR = ("add", "sub", "neg", "broadcast", "cast")  # they pass on what arrives, perhaps with the other sign

PHRASES = {
    "concatenate": "each part gets its part of what arrives",
    "maximum": "what arrives goes to the larger of the two",
    "minimum": "what arrives goes to the smaller of the two",
    "reshape": "the shape goes back to what it was",
    "softmax": "every entry of a column moves all of its entries: the rule of softmax",
    "swap": "a transpose goes back by a transpose",
    "take": "what was picked gets what arrives, and the rest 0",
    "where": "it gets what arrives where it was taken, and 0 elsewhere",
}


def give_reasons(root: Node, source: Node) -> str:
    """Return the lines of the backward pass from `root` to `source`, and below each the reasons for it.

    >>> from microgradnn import Tensor
    >>> W, b = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor([[0.5]], "b", kind="parameter")
    >>> X = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "X", kind="constant")
    >>> print(give_reasons(((W @ X + b).named("Z") ** 2).mean().named("J"), W))
    dW, from J back, and why:
      dZ = 2 * Z / m   (1, m)
        J = np.mean(Z**2): J is a mean, and each of its m numbers counts 1/m; the slope of Z**2 in Z is 2 * Z
      dW = dZ @ X.T    (1, 2) = (1, m) @ (m, 2)
        Z = W @ X + b: W[k, j] meets X[j, i] in Z[k, i], so dW[k, j] = Σᵢ dZ[k, i] X[j, i]; a sum over the second
        index of both is a product with X.T
    """
    return "\n".join(Reasons(root, source).lines())


class Reasons:
    """A derivation, and the graph that it is of."""

    def __init__(self, root: Node, source: Node) -> None:
        self.root = root
        self.order, given, wanted = resolve_arguments(root, [source], None)
        self.formulas, self.grads = to_terms(self.order, given, wanted, simplify=True, notes=False)
        targets = self.formulas.targets(self.grads, wanted)
        _, _, forward, self.backward, self.output = self.formulas.sources(targets, given, wanted, "numpy", "f")
        self.forward = {line.name: str(line) for line in forward}
        self.named = {node: name for node, name in self.formulas.names.items() if name in self.forward}
        self.named[root] = self.output
        self.arrays = hasattr(root, "shape")
        self.told = {line.name for line in self.backward}
        leads = {source}
        for node in self.order:
            if not leads.isdisjoint(node.inputs):
                leads.add(node)
        self.uses = uses([node for node in self.order if node in leads or node is source], leads)

    def lines(self) -> Iterator[str]:
        """Yield the lines, and the reasons below them."""
        width = max(len(str(line)) for line in self.backward)
        by_name = {f"d{name}": node for node, name in self.formulas.names.items()}
        yield f"{self.backward[-1].name}, from {self.output} back, and why:"
        for line in self.backward:
            yield f"  {line!s:<{width}}   {line.shapes if self.arrays else ''}".rstrip()
            for reason in self.of(by_name[line.name]) if line.name in by_name else ["a part of the next line"]:
                yield from folded(reason)

    def of(self, node: Any) -> Iterator[str]:
        """Yield the reasons for the gradient of a node, one for each of its uses."""
        ways = list(islice(self.ways(node), MOST_USES + 1))
        if len(ways) > 1:
            count = f"more than {MOST_USES}" if len(ways) > MOST_USES else str(len(ways))
            yield f"{self.name(node)} is used in {count} places, and what comes back from each is added:"
        for way in ways[:MOST_USES]:
            end = way[-1].user
            if end is self.root or f"d{self.name(end)}" in self.told:
                yield f"{self.forward[self.named[end]]}: {self.along(way) or 'it passes on what arrives'}"
            else:
                yield from self.hidden(way, end)

    def ways(self, node: Any) -> Iterator[list[Edge]]:
        """Yield the ways from a node up to the next that has a name, as edges from below."""
        stack = [[edge] for edge in reversed(self.uses[node])]
        while stack:
            way = stack.pop()
            end, slope = way[-1].user, self.slope(way[-1])
            if slope is not None and slope.op is None and slope.value is not None and not np.any(slope.value):
                continue  # a condition, and what else has no slope
            if end in self.named:
                yield way
            else:
                stack += [[*way, edge] for edge in reversed(self.uses[end])]

    def hidden(self, way: list[Edge], end: Any) -> Iterator[str]:
        """Yield how a line comes about of a gradient that has none: dA2, times the slope, and what is left of it."""
        name = self.name(end)
        known = derive(self.root, [end]).backward
        above = [edge for edge in self.edges_above(end) if edge.user.op.name not in ("mul", "div")]
        told = "; ".join(dict.fromkeys(filter(None, map(self.step, above))))
        yield "; ".join(map(str, known)) + (f": {told}" if told else "")
        slope = self.slope(way[0]) if len(way) == 1 else None
        times = f", so d{self.name(way[0].source)} = d{name} * {bracketed(slope, self.spell(slope))}" if slope else ""
        yield f"{self.forward[name]}: {self.along(way)}{times}"
        a = self.formulas.terms[end]
        stages = multiply_step_by_step(self.grads[a], a, self.spell) if slope and a in self.grads else None
        if stages is not None:
            yield f"multiplied out: {stages.divided}, which is {stages.out}"
            yield f"{stages.gone} cancels, and what is left is {stages.left}"

    def edges_above(self, end: Any) -> list[Edge]:
        """Return the edges between the root and a node, from the root back."""
        leads, found = {end}, []
        for node in self.order:
            edges = [Edge(node, i) for i, x in enumerate(node.inputs) if x in leads]
            if edges:
                leads.add(node)
                found.append(edges)
        return [edge for edges in reversed(found) for edge in edges]

    def along(self, way: list[Edge]) -> str:
        """Return what happens on a way down, from its end."""
        return "; ".join(dict.fromkeys(filter(None, map(self.step, reversed(way)))))

    def step(self, edge: Edge) -> str:
        """Return the reason for what comes back along one edge; '' where that is what arrives."""
        user, name = edge.user, self.name
        op: Any = user.op
        source, arriving = name(edge.source), f"d{name(user) if user in self.named else self.above(user)}"
        if op.name in ("mean", "sum") and hasattr(user, "shape"):
            return self.total(edge)
        if op.name == "matmul":
            return self.product(edge, source, arriving)
        repeated = getattr(edge.source, "shape", ()) != getattr(user, "shape", ()) and not isinstance(op, Fold)
        if repeated and (op.name in LINEAR or op.name == "broadcast"):
            return f"{source} is repeated in every column, and every copy brings its share back: the sum over them"
        if op.name in LINEAR:
            return ""
        if op.name in PHRASES:
            return PHRASES[op.name]
        slope = self.slope(edge)
        told = self.spell(slope) if slope else ""
        if not slope or not told:
            return f"by the rule of {op.name}"
        if slope.op is None and slope.value is not None and not slope.shape:
            return "" if abs(slope.value) == 1 else f"times {told}"
        told = f"1 where {told[5:-1]} > 0, else 0" if slope.op is calculus.step else told
        also = "; it is repeated there, so the sum over its copies" if repeated else ""
        return f"the slope of {self.written(user)} in {source} is {told}{also}"

    def slope(self, edge: Edge) -> Term | None:
        """Return the slope of a row of the table along an edge; None of what is no function of numbers one by one."""
        term = self.formulas.terms[edge.user]
        if term.op is not edge.user.op or isinstance(term.op, ArrayOp):
            return None
        partial = term.op.paper[edge.position](term, *term.inputs)
        return partial if isinstance(partial, Term) else self.formulas.book.constant(partial)

    def total(self, edge: Edge) -> str:
        """Return the reason of a mean or a sum."""
        if edge.user.op.name == "sum":
            return "a sum passes what arrives on to each of what it adds up"
        if edge.user.size != 1 or edge.source.size == 1:
            return "a mean: each of its numbers has an equal share"
        m = next(iter([dim.name for dim, _ in self.formulas.lengths.values()]), "")
        count = m if m and edge.source.size == edge.source.shape[-1] else str(edge.source.size)
        return f"{self.output} is a mean, and each of its {count} numbers counts 1/{count}"

    def product(self, edge: Edge, source: str, arriving: str) -> str:
        """Return the reason for a transpose."""
        left, right = (name if name.isidentifier() else f"({name})" for name in map(self.name, edge.user.inputs))
        if any(len(x.shape) != 2 for x in edge.user.inputs):
            return f"by the rule of the matrix product, {pullback(edge, self.name)}"
        result = arriving[1:]
        back = {name: name[1:-3] if name.endswith(".T)") else f"{name}.T" for name in (left, right)}
        if edge.position == 0:
            return (
                f"{left}[k, j] meets {right}[j, i] in {result}[k, i], so d{left}[k, j] = Σᵢ {arriving}[k, i] "
                f"{right}[j, i]; a sum over the second index of both is a product with {back[right]}"
            )
        return (
            f"{right}[j, i] goes into every {result}[k, i], by {left}[k, j], so d{right}[j, i] = Σₖ {left}[k, j] "
            f"{arriving}[k, i]; a sum over the first index of both is a product with {back[left]}"
        )

    def above(self, node: Any) -> str:
        """Return the name of what an unnamed node is a part of."""
        while node not in self.named:
            node = self.uses[node][0].user
        return self.named[node]

    def name(self, node: Any) -> str:
        """Return what a node is called, or how it is written where it has no name."""
        return self.named.get(node) or self.formulas.names.get(node) or self.written(node)

    def written(self, node: Any) -> str:
        """Return how a node is computed: tanh(Z1)."""
        return self.spell(self.formulas.terms[node])

    def spell(self, term: Term) -> str:
        """Return how a term stands in a formula."""
        labels = self.formulas.labels
        return labels.get(term) or on_one_line(term, {one: text for one, text in labels.items() if one is not term})


def bracketed(term: Term, text: str) -> str:
    """Return a factor, in brackets where it is a sum."""
    return f"({text})" if term.op in (calculus.add, calculus.sub) else text


def folded(reason: str) -> list[str]:
    """Return a reason as lines below a line."""
    return wrap(reason, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 4, break_on_hyphens=False)
