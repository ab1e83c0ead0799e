"""Formulas as data: a `Term` is a node without numbers.

Rows of both tables work on it, so the rules of the tables, run on terms, give the formulas of a backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Fold, Node, Op
from ..rules import arrays, calculus
from ..rules.arrays import ArrayOp
from .facts import UNKNOWN, is_steep, may_meet, needs_guard, of_number
from .shapes import Dim, Shape

if TYPE_CHECKING:
    from .book import Book

PLAIN: dict[str, Any] = {  # where no guard is needed
    "weigh": calculus.mul,
    "weigh_matmul": arrays.matmul,
    "weigh_einsum": arrays.einsum,
}


class Term(Node):
    """A variable, a number, or an operation on terms; `shape` is () for a number.

    `value` is the number of a constant, or a `Dim`, and None for what is not constant. `facts` is
    what is known of its numbers.
    """

    __slots__ = ("book", "facts", "label", "shape", "value")

    book: Book
    facts: Any
    label: str
    shape: Any
    value: Any

    def __init__(self, book: Book, op: Any, inputs: tuple[Any, ...], shape: Shape, value: Any = None) -> None:
        self.book = book
        self.op = op
        self._x = inputs or None
        self._y = None
        self.shape = shape
        self.value = value
        self.label = ""
        self.facts = UNKNOWN if value is None else of_number(value)

    def _held(self) -> Any:
        """Return the number of a constant, or None."""
        return self.value

    @property
    def kind(self) -> str:
        """'constant' for a number, 'input' for a variable, 'operation' for the rest."""
        return "operation" if self.op is not None else "input" if self.value is None else "constant"

    @property
    def dtype(self) -> Any:
        """Terms stand for numbers of any precision."""
        return np.dtype(float)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @classmethod
    def _record(cls, op: Any, *args: Any) -> Any:
        """Return op(args), simplified."""
        book = next(iter([arg.book for arg in args if isinstance(arg, Term)]))
        if isinstance(op, Op) and op.holds and not op.held:
            free = len(args)
            while free > len(args) - op.holds and isinstance(args[free - 1], (int, float)):
                free -= 1
            if free < len(args):
                op, args = op.hold(*map(float, args[free:])), args[:free]
        terms = tuple([arg if isinstance(arg, Term) else book.constant(arg) for arg in args])
        if op.name in PLAIN and not book.exact:
            meet = needs_guard if book.pulling else may_meet
            if not any(meet(x.facts, y.facts) for x, y in combinations(terms, 2)):
                plain = PLAIN[op.name]
                op = plain.hold(**op.parameters) if isinstance(op, ArrayOp) and op.parameters else plain
        return book.simplify_operation(op, terms) if book.simplify else book.make(op, terms)

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        return cls._record(op, *[x for xs in sequences for x in xs])

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        shares = [(x, share_of(self, i, g)) for i, x in enumerate(self.inputs) if x in wanted]
        return [(x, share) for x, share in shares if share is not None]

    def __matmul__(self, other: Any) -> Any:
        return arrays.matmul(self, other)

    def __hash__(self) -> int:
        return id(self)


def is_number(x: Term, number: float) -> bool:
    """Whether a term is this number."""
    return x.op is None and x.shape == () and x.value is not None and not isinstance(x.value, Dim) and x.value == number


def is_op(x: Term, name: str) -> bool:
    """Whether a term is the operation of that name."""
    return x.op is not None and x.op.name == name


def share_of(term: Term, i: int, g: Any) -> Any:
    """Return what input i gets of the gradient g in a term, as `pulled` does; None where that is nothing.

    The product is a plain one, but where one factor may be 0 and the other infinite, which the sweep says is 0.
    """
    op: Any = term.op
    if isinstance(op, ArrayOp):
        term.book.pulling = True
        try:
            return op.pullback(i, g, term, *term.inputs, paper=not term.book.exact)
        finally:
            term.book.pulling = False
    partial = (op.partials if term.book.exact else op.paper)[i](term, *term.inputs)
    if not isinstance(partial, Term):
        if not partial:
            return None
        share = g if partial == 1 else -g if partial == -1 else g * partial
    else:
        steep = is_steep(op, term.inputs)
        guarded = term.book.exact or needs_guard(g.facts, partial.facts._replace(steep=steep or partial.facts.steep))
        share = calculus.weigh(g, partial) if guarded else g * partial
        if steep:
            share.facts = share.facts._replace(steep=True)
    shape = term.inputs[i].shape
    return share if share.shape == shape else arrays.sum_to(share, shape=shape)
