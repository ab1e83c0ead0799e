"""A graph of Values as a JavaScript function: what a page computes anew when one of its numbers is changed.

The gradients are those of the sweep, every product guarded as there; the rules are the tables', run on terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..graph import topological
from ..graph.paths import Edge, back
from .book import Book
from .javascript_source import library
from .listing import Line, Listing
from .terms import Term

MOST_NODES = 5_000  # of a graph that a page computes: some 2 MB of source


def live_source(order: Sequence[Any], inputs: Sequence[Any], shown: Sequence[Any], uses: Sequence[Edge]) -> str:
    """Return the function `recompute` of an array of the inputs' numbers.

    It returns three arrays: the values of the nodes `shown`; their gradients; and for each of `uses` the gradient that
    arrives at its user and the local derivative, which make up the step of the sweep along it. The seed is the
    gradient that the output has, 1 where it has none. Other leaves stay the numbers that they are.

    Raises ValueError for operations of the user's own, and for a graph of Tensors.
    """
    if hasattr(order[-1], "shape"):
        raise ValueError("numbers are computed anew in graphs of Values, and this is one of Tensors")
    book = Book(simplify=False, exact=True)
    given = {node: book.variable(f"x{i}", ()) for i, node in enumerate(inputs)}
    terms: dict[Any, Any] = {}
    for node in order:
        terms[node] = given.get(node) or term_of(book, node, terms)
    seed = book.constant(float(order[-1].grad_data) if order[-1].has_grad else 1.0)
    users = [edge.user for edge in uses]
    grads = gradients(terms, [*shown, *users], seed)
    nothing = book.constant(0.0)
    values = [terms[node] for node in shown]
    slopes = [as_term(book, edge.user.op.partials[edge.position](*arguments(terms, edge.user))) for edge in uses]
    results = [
        values,
        [grads.get(node, nothing) for node in shown],
        [grads.get(node, nothing) for node in users],
        slopes,
    ]
    listing = Listing({}, "javascript", [term for row in results for term in row], exact=True)
    lines: list[Line] = []
    rows = [[write_term(listing, term, lines) for term in row] for row in results]
    pairs = [f"[{grad}, {slope}]" for grad, slope in zip(rows[2], rows[3], strict=True)]
    body = [
        f"function recompute([{', '.join(x.label for x in given.values())}]) {{",
        *(f"  const {line.name} = {line.formula};" for line in lines),
        f"  return [[{', '.join(rows[0])}], [{', '.join(rows[1])}], [{', '.join(pairs)}]];",
        "}",
    ]
    return "\n".join([*library("\n".join(body), listing.helpers), *body, ""])


def functions_source(functions: Mapping[str, Callable[..., Any]], *arguments: str) -> str:
    """Return JavaScript functions of numbers, by the names g_tanh and so on: what Python's do with terms.

    Each takes all the arguments, of which one of Python's takes as many as it needs.

    >>> print(functions_source({"double": lambda z: z + z}, "z", "slope"), end="")
    function g_double(z, slope) {
      return z + z;
    }
    """
    helpers: dict[str, Any] = {}
    body: list[str] = []
    for name, function in functions.items():
        book = Book(simplify=False, exact=True)
        count = function.__code__.co_argcount if hasattr(function, "__code__") else 1
        term = as_term(book, function(*(book.variable(one, ()) for one in arguments[:count])))
        listing, lines = Listing({}, "javascript", [term], exact=True), list[Line]()
        result = write_term(listing, term, lines)
        helpers |= listing.helpers
        body += [f"function g_{name}({', '.join(arguments)}) {{"]
        body += [*(f"  const {line.name} = {line.formula};" for line in lines), f"  return {result};", "}"]
    return "\n".join([*library("\n".join(body), helpers), *body, ""])


def term_of(book: Book, node: Any, terms: dict[Any, Any]) -> Term:
    """Return a node that is no input as a term of its own, even if another is written the same."""
    if node.op is None:
        return book.constant(float(node.item()))
    inputs = tuple([terms[x] for x in node.inputs])
    if hasattr(node.op, "steps"):  # a program that was called: what it does
        return as_term(book, node.op(*inputs))
    return book.new_term(node.op, inputs)


def as_term(book: Book, x: Any) -> Term:
    """Return a term, or a number as one."""
    return x if isinstance(x, Term) else book.constant(float(x))


def arguments(terms: dict[Any, Any], node: Any) -> list[Term]:
    """Return what a rule takes: the result and the inputs."""
    return [terms[node], *(terms[x] for x in node.inputs)]


def gradients(terms: dict[Any, Any], wanted: Iterable[Any], seed: Term) -> dict[Any, Term]:
    """Return the gradients of the last of the nodes in those that are wanted, where something comes back to them."""
    seen: set[Term] = set()
    order = [one for term in terms.values() for one in topological(term, seen)]
    wanted = dict.fromkeys(wanted)
    grads: dict[Any, Any] = back(order, [terms[node] for node in wanted], seed, on_nodes=True)
    return {node: grads[terms[node]] for node in wanted if terms[node] in grads}


def write_term(listing: Listing, term: Term, lines: list[Line]) -> str:
    """Write what a term needs, and return how it is referred to."""
    if term.op is not None:
        listing.write(term, lines)
    return listing.reference(term)
