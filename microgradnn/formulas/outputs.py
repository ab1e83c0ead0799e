"""The backward pass of many outputs written out: from dY, the gradients in them, to those in what makes them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from ..graph import Node, topological
from ..graph.paths import back
from .book import Book
from .cancel import cancel_sigmoid_slope
from .derive import Derivation
from .formula_graph import FormulaGraph
from .latex import latex
from .listing import Line, Listing
from .products import free, whole
from .source import function_source
from .spelling import Style
from .terms import Term


@dataclass(frozen=True)
class OutputsDerivation:
    """A function of many outputs and its backward pass as source, complete and importable.

    The function takes the inputs and, for each output y, the gradient dy in it; it returns the outputs, and the
    gradients by `wrt` of Σ dy · y. `outputs` are the names of the outputs, `seeds` those of the gradients in them.
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    wrt: tuple[str, ...]
    seeds: tuple[str, ...]
    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    source: str
    value_source: str  # the outputs alone, as a function `value` of the inputs

    __str__, __repr__, _repr_latex_ = Derivation.__str__, Derivation.__repr__, Derivation._repr_latex_

    @property
    def latex(self) -> str:
        """The lines in LaTeX, as an `aligned` block."""
        return latex((*self.forward, *self.backward))


def derive_outputs(
    outputs: Sequence[Node], wrt: Sequence[Node], inputs: Sequence[Node], style: Style, name: str
) -> OutputsDerivation:
    """Write out the computation of outputs that have names, and of the gradients by `wrt`, given those in the outputs.

    `style` is 'numpy', or for Values 'python'; ValueError for others, whose functions return one number.
    """
    if style not in ("numpy", "python"):
        raise ValueError(f"the style {style!r} is for functions that return one number; this one returns more")
    seen: set[Node] = set()
    order = [node for y in outputs for node in topological(y, seen)]
    formulas = FormulaGraph(order, inputs, wrt, Book(products=[cancel_sigmoid_slope]), False)
    ends = [formulas.terms[y] for y in outputs]
    seeds = name_seeds(formulas, ends)
    variables = [formulas.book.variable(seed, end.shape) for seed, end in zip(seeds, ends, strict=True)]
    names, wanted = names_of(formulas, inputs), names_of(formulas, wrt)
    targets = [
        (key, term)
        for key, term in formulas.targets(pull_back(formulas, variables, ends, wrt), wrt)
        if term not in variables or key[1:] in wanted
    ]
    roots = formulas.forward_roots()
    listing = Listing(formulas.labels, style, [*roots, *(term for _, term in targets)])
    forward = listing.forward([*roots, *(end for end in ends if end.op is None)]) if roots else []
    texts = [listing.reference(end) for end in ends]
    backward = listing.backward(targets)
    result = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    shapes = {**formulas.shapes(inputs), **{v.label: v.shape for v in variables}}
    value = function_source("value", names, shapes, {}, forward, [], result, None, listing)
    arguments = [*names, *seeds]
    both = function_source(name, arguments, shapes, {}, forward, backward, result, [f"d{x}" for x in wanted], listing)
    return OutputsDerivation(
        tuple(texts), tuple(names), tuple(wanted), tuple(seeds), tuple(forward), tuple(backward), both, value
    )


def name_seeds(formulas: FormulaGraph, ends: Sequence[Term]) -> list[str]:
    """Return the names of the gradients in the outputs: dy, or dy_own where what is made from y adds to dy."""
    taken = {*formulas.names.values(), *(f"d{x}" for x in formulas.names.values())}
    inner: set[Term] = set()
    used = {x for end in ends for term in topological(end, inner) for x in term.inputs}
    seeds: list[str] = []
    for end in ends:
        label = f"d{end.label or formulas.labels.get(end) or 'y'}"
        seeds.append(free(f"{label}_own" if end in used or end.op is None else label, {*taken, *seeds} - {label}))
    return seeds


def pull_back(
    formulas: FormulaGraph, seeds: Sequence[Term], ends: Sequence[Term], wrt: Sequence[Node]
) -> dict[Term, Any]:
    """Return the gradients of Σ dy · y, in topological order: of `wrt`, and of what they are reached through."""
    total = reduce(operator.add, [whole(seed * end) for seed, end in zip(seeds, ends, strict=True)])
    if not isinstance(total, Term) or total.op is None:
        return {}
    plain = {*ends, total}  # whose gradients need no line
    grads = back(
        topological(total),
        [formulas.terms[x] for x in wrt],
        formulas.book.constant(1),
        on_nodes=True,
        each=lambda term, grad: grad if term in plain and grad in seeds else formulas.name_gradient(term, grad),
    )
    return {term: grads[term] for term in topological(total) if term in grads}


def names_of(formulas: FormulaGraph, nodes: Sequence[Node]) -> list[str]:
    """Return the names that nodes have in a listing."""
    return [formulas.names[x] for x in nodes]
