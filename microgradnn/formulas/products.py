"""Functions of many numbers as source: their values, and derivatives of them times a vector.

A function is given as steps, an operation and the places of its inputs for each (programs/calls.py). Run on terms,
they give its formulas; the rules of the tables, run on those, give J v, Jᵀ u and H v, in which no matrix is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from ..graph import topological
from ..graph.paths import back
from ..rules import arrays, calculus
from ..rules.logistic import log_of_logistic
from .book import Book
from .cancel import cancel_sigmoid_slope
from .carried import is_own
from .listing import Listing
from .simplify import count
from .source import module_source, names_in
from .spelling import Style
from .terms import Term

Product = Literal["value", "gradient", "vjp", "jvp", "hvp"]


class StepsFormula(NamedTuple):
    """A function as steps, with the names and shapes of its inputs; a shape is () for a number."""

    rows: tuple[tuple[Any, Any], ...]
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    outputs: tuple[int, ...]  # the places of what it returns: inputs first, then a place for each row
    wrt: tuple[int, ...]  # the inputs by which it is differentiated
    sizes: tuple[tuple[int, ...], ...]  # the shapes of what it returns

    @property
    def single(self) -> bool:
        """Whether it returns one number."""
        return len(self.sizes) == 1 and size(self.sizes[0]) == 1


def product_source(formula: StepsFormula, product: Product, style: Style) -> tuple[str, dict[str, Any]]:
    """Return a module with one function, called as the product is, and the user's own operations that it calls.

    The function takes x, the numbers of `wrt` in one vector, and the other inputs by their places. 'value' returns the
    outputs as a vector, 'gradient' the value of one output and its gradient, 'vjp' Jᵀ u, 'jvp' J v, 'hvp' the Hessian
    of the one output times v: vectors too, where u or v is the second argument. A vector is a list of floats in the
    style 'python', where all is numbers, else an array.
    """
    book = Book(products=[cancel_sigmoid_slope])
    terms = [book.variable(name, shape) for name, shape in zip(formula.names, formula.shapes, strict=True)]
    for op, about in formula.rows:
        terms.append(book.constant(about) if op is None else operation(book, op, [terms[i] for i in about]))
    outputs, wrt = [terms[i] for i in formula.outputs], [terms[i] for i in formula.wrt]
    taken = {*formula.names}
    x, second = free("x", taken), free("u" if product == "vjp" else "v", taken)
    seeds = [book.variable(free(f"u{i}", taken), y.shape) for i, y in enumerate(outputs)]
    moves = [book.variable(free(f"v{i}", taken), y.shape) for i, y in enumerate(wrt)]
    if product == "value":
        results = outputs
    elif product == "gradient":
        results = [outputs[0], *gradients(outputs, wrt, None)]
    elif product == "vjp":
        results = gradients(outputs, wrt, seeds)
    elif product == "jvp":
        results = gradients(gradients(outputs, wrt, seeds), seeds, moves)
    else:
        results = gradients(gradients(outputs, wrt, None), wrt, moves)
    listing = Listing({term: term.label for term in (*terms, *seeds, *moves) if term.label}, style, results)
    lines: list[Any] = []
    for result in results:
        listing.write(result, lines)
    texts = [listing.reference(result) for result in results]
    shown = [*map(str, lines), *texts]
    used = names_in(shown)
    body = unpack(x, wrt, used, style) + unpack(second, seeds if product == "vjp" else moves, used, style)
    body += map(str, lines)
    if product == "gradient":
        body.append(f"return {texts[0]}, {pack(texts[1:], results[1:], style)}")
    else:
        body.append(f"return {pack(texts, results, style)}")
    others = [name for i, name in enumerate(formula.names) if i not in formula.wrt]
    arguments = [x, *([second] if product in ("vjp", "jvp", "hvp") else []), *others]
    own = {key: op for key, op in listing.helpers.items() if is_own(op)}
    return module_source(product, arguments, body, listing.helpers, style), own


def operation(book: Book, op: Any, inputs: list[Term]) -> Term:
    """Return an operation as the listings of a graph have it."""
    if op is calculus.log and inputs[0].op is calculus.sigmoid:
        return log_of_logistic(inputs[0].inputs[0], False)  # type: ignore[no-any-return]
    counted = count(op, *inputs) if op.name == "sum" and len(inputs) == 1 else None
    return book.make(op, tuple(inputs)) if counted is None else counted


def gradients(outputs: Sequence[Term], wrt: Sequence[Term], seeds: Sequence[Term] | None) -> list[Term]:
    """Return the gradients of Σ seedᵢ · outputᵢ, or of one output, by the terms of `wrt`, each of its shape."""
    if not wrt:
        return []
    book = wrt[0].book
    total: Any = None
    for i, y in enumerate(outputs):
        part = y if seeds is None else whole(seeds[i] * y)
        total = part if total is None else total + part
    grads: dict[Any, Any] = {}
    if isinstance(total, Term) and (total.op is not None or total in wrt):
        seed: Any = book.constant(1)
        grads = back(
            topological(total), wrt, arrays.broadcast(seed, shape=total.shape) if total.shape else seed, on_nodes=True
        )
    zero = book.constant(0)
    return [grads[x] if x in grads else arrays.broadcast(zero, shape=x.shape) if x.shape else zero for x in wrt]


def whole(x: Term) -> Any:
    """Return the sum of all numbers of an array."""
    return arrays.sum(x) if x.shape else x


def free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, and take it."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def unpack(vector: str, terms: Sequence[Term], used: set[str], style: Style) -> list[str]:
    """Return the lines that take a vector apart: floats at once, arrays one by one."""
    if not any(term.label in used for term in terms):
        return []
    if style == "python":
        return [f"{', '.join(term.label for term in terms)}{',' if len(terms) == 1 else ''} = {vector}"]
    lines, start = [], 0
    for term in terms:
        n = size(term.shape)
        at = f"{vector}[{start}:{start + n}].reshape({tuple(term.shape)})" if term.shape else f"{vector}[{start}]"
        lines += [f"{term.label} = {at}"] if term.label in used else []
        start += n
    return lines


def pack(texts: Sequence[str], terms: Sequence[Term], style: Style) -> str:
    """Write what makes one vector of numbers and arrays."""
    if style == "python":
        return f"[{', '.join(texts)}]"
    if not texts:
        return "np.zeros(0)"
    if len(terms) == 1:
        return f"np.ravel({texts[0]})"
    return f"np.concatenate([{', '.join(f'np.ravel({text})' for text in texts)}])"


def size(shape: Sequence[int]) -> int:
    """Return how many numbers an array of a shape holds."""
    n = 1
    for length in shape:
        n *= length
    return n
