"""The computation of a derivation as the sweep does it, for where the printed form gives no finite number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from threading import Lock
from typing import Any

from ..graph import Node
from ..rules import calculus
from ..rules.logistic import find_logit, log_of_logistic, sigmoids
from .book import Book
from .formula_graph import FormulaGraph

WRITING = Lock()  # of two threads that ask, one writes


class Exact:
    """A derivation's computation as the sweep does it, written only when it is asked for. It holds no graph."""

    def __init__(
        self, formulas: FormulaGraph, given: Sequence[Node], wanted: Sequence[Node], *, notes: bool, name: str
    ) -> None:
        number: dict[Any, Any] = {node: i for i, node in enumerate(formulas.terms)}
        self.steps: list[tuple[Any, Any]] = [  # an operation and its inputs, or None and a leaf
            (None, term) if node.op is None else (node.op, [number[x] for x in node.inputs])
            for node, term in formulas.terms.items()
        ]
        twin = copy(formulas)
        twin.order = [number[node] for node in formulas.order]
        twin.terms = {}
        twin.names = {number[node]: name for node, name in formulas.names.items()}
        twin.uses, twin.wanted = Counter(), set()
        self.formulas: FormulaGraph | None = twin
        self.name, self.notes, self.output = name, notes, formulas.labels[formulas.terms[formulas.order[-1]]]
        self.given, self.wanted = [number[x] for x in given], [number[x] for x in wanted]

    def __getstate__(self) -> dict[str, Any]:
        return {"text": self.source, "formulas": None}

    @property
    def source(self) -> str:
        """The module, with the functions `value_and_gradients`, or as the derivation is named, and `value`."""
        with WRITING:
            if self.formulas is not None:
                self.text, self.formulas = self.module(self.formulas), None
            return self.text

    def module(self, twin: FormulaGraph) -> str:
        """Write the module."""
        distributions = twin.book.distributions
        twin.book = book = Book(exact=True)
        twin.labels, twin.own_lines, twin.defined = {}, set(), {}
        names: dict[Any, str] = twin.names
        for i, (op, about) in enumerate(self.steps):
            if op is None:
                twin.terms[i] = (
                    book.variable(about.label, about.shape) if about.value is None else book.constant(about.value)
                )
                if about in distributions:
                    book.distributions.add(twin.terms[i])
                continue
            inputs = tuple([twin.terms[x] for x in about])
            logistic = find_logit(inputs[0]) if op is calculus.log else None
            if logistic and not any(twin.terms[x] in sigmoids(inputs[0]) for x in self.wanted if x in twin.terms):
                twin.terms[i] = log_of_logistic(*logistic)
            else:
                twin.terms[i] = book.new_term(op, inputs)  # what stands there twice is computed, and swept, twice
            if i in names:
                twin.labels[twin.terms[i]] = names[i]
        root = twin.terms[twin.order[-1]]
        twin.labels.setdefault(root, self.output)
        grads = twin.gradients(self.wanted, notes=self.notes)
        both, value, *_ = twin.sources(twin.targets(grads, self.wanted), self.given, self.wanted, "numpy", self.name)
        return f"{both}\n\n{value}"
