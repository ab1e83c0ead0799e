"""The terms of one derivation: each part is written down once, and simplified when it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..rules.arrays import ArrayOp
from .facts import facts_of
from .shapes import Dim, Shape, as_python_number, shape_of
from .simplify import REWRITES
from .terms import Term


class Book:
    """The terms of one derivation, each written down once; `exact` has every product of a backward pass guarded."""

    def __init__(
        self, *, simplify: bool = True, exact: bool = False, products: Sequence[Callable[..., Any]] = ()
    ) -> None:
        self.simplify = simplify
        self.exact = exact
        self.known: dict[Any, Term] = {}
        self.meaning: dict[Term, Term] = {}  # of a variable that stands for another term
        self.distributions: set[Term] = set()  # variables of which each column sums to 1
        self.pulling = False  # whether what is written is the pullback of an operation on arrays
        self.rewrites = REWRITES | {name: (*products, *REWRITES[name]) for name in ("mul", "weigh")}
        if exact:
            self.rewrites["exp"] = ()  # e^log softmax(z) is 0 where softmax(z) is ∞ / ∞

    def variable(self, name: str, shape: Shape) -> Term:
        """Return a new variable."""
        term = Term(self, None, (), shape)
        term.label = name
        return term

    def constant(self, x: Any) -> Term:
        """Return a number, or a small array, that does not change."""
        if isinstance(x, np.ndarray) and x.ndim:
            key: Any = ("array", x.tobytes(), x.shape)
            value: Any = x
            shape: Shape = x.shape
        else:
            value = x if isinstance(x, Dim) else as_python_number(x)
            key, shape = ("number", repr(value), getattr(x, "name", "")), ()
        if key not in self.known:
            self.known[key] = Term(self, None, (), shape, value)
        return self.known[key]

    def new_term(self, op: Any, terms: tuple[Term, ...]) -> Term:
        """Return the operation on these terms as a term of its own, even if it is known already."""
        term = Term(self, op, terms, shape_of(op, terms))
        term.facts = facts_of(op, terms)
        return term

    def make(self, op: Any, terms: tuple[Term, ...]) -> Term:
        """Return the operation on these terms as it is."""
        key = (op.name, op.spell_parameters() if isinstance(op, ArrayOp) else op.held, *map(id, terms))
        if key not in self.known:
            self.known[key] = self.new_term(op, terms)
        return self.known[key]

    def simplify_operation(self, op: Any, terms: tuple[Term, ...]) -> Term:
        """Return the operation on these terms, or what a person would write for it."""
        for rewrite in self.rewrites.get(op.name, ()):
            shorter = rewrite(op, *terms)
            if shorter is not None:
                return shorter if isinstance(shorter, Term) else self.constant(shorter)
        return self.make(op, terms)
