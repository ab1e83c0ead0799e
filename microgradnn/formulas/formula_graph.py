"""A graph as terms, its gradients by the tables' rules, and names for what is to be assigned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Node, topological
from ..graph.paths import back
from ..rules import arrays, calculus
from ..rules.logistic import log_of_logistic
from .book import Book
from .c_source import c_source
from .carried import is_own
from .javascript_source import javascript_source
from .listing import Line, Listing
from .names import identifier, identifiers
from .shapes import FICTIONAL, Dim, dim
from .simplify import count
from .source import function_source
from .spelling import SMALL, Style, has_word
from .terms import Term


class FormulaGraph:
    """A graph as terms, with names for what is to be assigned."""

    def __init__(
        self, order: Sequence[Any], given: Sequence[Node], wanted: Sequence[Node], book: Book, any_length: bool
    ) -> None:
        self.order = order
        self.book = book
        self.wanted = set(wanted)
        self.compares = False
        self.uses = Counter([x for node in order for x in node.inputs])
        self.names = identifiers(order, [*given, *(x for x in wanted if x.op is not None and not x.name)])
        self.lengths = find_batch(given) if any_length else {}
        self.terms: dict[Any, Term] = {}
        self.own: dict[str, Any] = {}  # operations of the user's own that the lines call
        self.own_lines: set[Term] = set()  # gradients that have a line of their own
        self.defined: dict[Term, Term] = {}  # variables that stand for a gradient
        self.labels: dict[Term, str] = {}
        m = {dim: dim for dim, _ in self.lengths.values()}
        for node in order:
            if node.op is None:
                self.terms[node] = self.leaf(node, given, wanted, next(iter(m), None))
            else:
                term = self.operation(node)
                if node in self.names and term in self.labels:  # two names for one formula: each has its gradient
                    term = book.new_term(node.op, term.inputs)
                self.terms[node] = term
                if node in self.names and term not in self.labels:
                    self.labels[term] = self.names[node]
        for node in given:
            if node not in self.terms:  # it is asked for, and makes no difference
                self.terms[node] = self.leaf(node, given, wanted, next(iter(m), None))
        root = self.terms[order[-1]]
        self.labels.setdefault(root, "J" if "J" not in self.names.values() else "output")

    def operation(self, node: Any) -> Term:
        """Return an operation as it is, but the logarithm of a sigmoid that nothing else uses by a form of its own."""
        x = node.inputs[0]
        if node.op is calculus.log and x.op is calculus.sigmoid and self.book.simplify:
            if not (x.name or self.uses[x] > 1 or x in self.wanted):
                return log_of_logistic(self.terms[x.inputs[0]], False)  # type: ignore[no-any-return]
        inputs = tuple([self.terms[x] for x in node.inputs])
        if hasattr(node.op, "steps"):  # a program that was called: what it does
            result = node.op(*inputs)
            return result if isinstance(result, Term) else self.book.constant(result)
        counted = count(node.op, *inputs) if node.op.name == "sum" and len(inputs) == 1 else None
        return self.book.make(node.op, inputs) if counted is None else counted

    def leaf(self, node: Any, given: Sequence[Node], wanted: Sequence[Node], m: Dim | None) -> Term:
        """Return a leaf as a variable, or as the number that it is."""
        shape = tuple(getattr(node, "shape", ()))
        if node in given:
            if m is not None and node.kind != "parameter" and len(shape) == 2:
                shape = (shape[0], m)
            variable = self.book.variable(self.names[node], shape)
            if node not in wanted and is_distribution(node):
                self.book.distributions.add(variable)
            return variable
        held = node.item()
        if isinstance(held, np.ndarray) and held.size > SMALL and not has_word(held):
            raise ValueError(
                f"an array of shape {held.shape} has no name and is too large to write out; give it one: "
                'Tensor(data, "X", kind="constant")'
            )
        return self.book.constant(np.asarray(held).reshape(shape) if shape else held)

    def gradients(self, wanted: Sequence[Node], *, notes: bool) -> dict[Term, Term]:
        """Return the gradients of the output in all that lies on the way to the wanted leaves."""
        root = self.terms[self.order[-1]]
        m = next(iter([dim for dim, _ in self.lengths.values()]), None)
        scale: Any = m if notes and m is not None else 1
        seed = self.book.constant(scale if not root.shape else np.full(root.shape, float(scale)))
        seen: set[Term] = set()
        terms = [term for node in self.order for term in topological(self.terms[node], seen)]
        goals = [self.terms[x] for x in wanted]
        grads: dict[Any, Any] = back(terms, goals, seed, on_nodes=True, each=self.name_gradient)
        if notes and m is not None:
            for goal in goals:
                if goal in grads:
                    grads[goal] = grads[goal] / m
        return {term: grads[term] for term in terms if term in grads}

    def name_gradient(self, term: Any, grad: Any) -> Any:
        """Name a gradient that has no line of its own, being a number or another's, for the sweep: du = dv."""
        if term not in self.labels or term is self.terms[self.order[-1]] or not self.book.simplify:
            return grad
        if grad.op is not None and grad not in self.own_lines:
            self.own_lines.add(grad)
            return grad
        variable = self.book.variable(f"d{self.labels[term]}", grad.shape)
        variable.facts = grad.facts
        self.defined[variable] = self.book.meaning[variable] = grad
        return variable

    def forward_roots(self) -> list[Term]:
        """Return the terms that the forward pass computes, in order."""
        return [term for term in dict.fromkeys(self.terms[node] for node in self.order) if term.op is not None]

    def targets(self, grads: Mapping[Term, Term], wanted: Sequence[Node]) -> list[tuple[str, Term]]:
        """Return the names and gradients to be assigned, from the output back, leaves with the step that uses them.

        A gradient that no wanted one is made from is left out: that of A2, where dZ2 is A2 − Y.
        """
        root = self.terms[self.order[-1]]
        goals = {self.terms[x]: self.names[x] for x in wanted}
        used = self.find_ancestors([grads[goal] for goal in goals if goal in grads])
        result: dict[str, Term] = {}
        steps = list(reversed([term for term in grads if term in self.labels]))
        near = {term: self.leaves_of(term) for term in steps}
        last = {x: term for term in steps for x in near[term]}  # the step after which all of its gradient is there
        for term in steps:
            if term is not root and grads[term] in used:
                result[f"d{self.labels[term]}"] = self.defined.get(grads[term], grads[term])
            for x in near[term]:
                if x in goals and x in grads and last[x] is term:
                    result.setdefault(f"d{goals[x]}", grads[x])
        for x, name in goals.items():
            zero = self.book.constant(0)
            nothing = arrays.broadcast(zero, shape=x.shape) if x.shape else zero
            result.setdefault(f"d{name}", grads.get(x) or nothing)
        return list(result.items())

    def shapes(self, given: Sequence[Node]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the inputs by name."""
        return {self.names[x]: self.terms[x].shape for x in given}

    def sources(
        self,
        targets: Sequence[tuple[str, Term]],
        given: Sequence[Node],
        wanted: Sequence[Node],
        style: Style,
        name: str,
    ) -> tuple[str, str, list[Line], list[Line], str]:
        """Return a module with the value and the gradients, one with the value, their lines, and the result's name."""
        roots = self.forward_roots()
        names, wrt = [self.names[x] for x in given], [self.names[x] for x in wanted]
        listing = Listing(self.labels, style, [*roots, *(term for _, term in targets)], exact=self.book.exact)
        forward = listing.forward(roots)
        result = listing.reference(self.terms[self.order[-1]])
        self.compares = listing.compares
        backward = listing.backward(targets)
        self.own.update({key: op for key, op in listing.helpers.items() if is_own(op)})
        if style in ("c", "javascript"):
            lines = [(line.name, line.formula) for line in (*forward, *backward)]
            write = c_source if style == "c" else javascript_source
            both = value = write(name, names, wrt, lines, result, listing.helpers)
        else:
            about = (names, self.shapes(given), self.lengths, forward)
            value = function_source("value", *about, [], result, None, listing)
            both = function_source(name, *about, backward, result, [f"d{x}" for x in wrt], listing)
        return both, value, forward, backward, result

    def find_ancestors(self, ends: Sequence[Term]) -> set[Term]:
        """Return all that these terms are made from, through variables that stand for gradients."""
        found: set[Term] = set()
        stack = list(ends)
        while stack:
            term = stack.pop()
            if term not in found:
                found.add(term)
                stack += term.inputs
                if term in self.defined:
                    stack.append(self.defined[term])
        return found

    def leaves_of(self, term: Term) -> list[Term]:
        """Return the leaves from which a term is made without another name between, from left to right."""
        found: dict[Term, None] = {}
        seen: set[Term] = set()
        stack = list(reversed(term.inputs))
        while stack:
            x = stack.pop()
            if x.op is None:
                found[x] = None
            elif x not in self.labels and x not in seen:
                seen.add(x)
                stack += reversed(x.inputs)
        return list(found)


def is_distribution(node: Any) -> bool:
    """Whether a leaf holds labels of classes: columns of several numbers, none negative, that sum to 1."""
    if node.kind == "parameter" or len(getattr(node, "shape", ())) != 2 or node.shape[0] < 2:
        return False
    held = np.asarray(node.item())
    return bool((held >= 0).all() and (held.sum(axis=0) == 1).all())


def is_data(node: Any) -> bool:
    """Whether a leaf has a column for each example."""
    return bool(node.kind != "parameter" and len(getattr(node, "shape", ())) == 2)


def find_batch(given: Sequence[Any]) -> dict[str, tuple[Dim, str]]:
    """Return m, the number of examples, if the inputs that are no parameters agree on it: the length of their rows."""
    data = [x for x in given if is_data(x)]
    lengths = {x.shape[1] for x in data}
    if len(lengths) != 1:
        return {}
    return {"m": (dim(FICTIONAL, "m"), identifier(data[0].name))}
