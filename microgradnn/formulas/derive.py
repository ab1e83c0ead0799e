"""The backward pass written out: from a graph to the NumPy code that a person would write by hand.

The graph is turned into terms; the rules of the tables, run on those, give the gradients; what a
person would leave out is left out (simplify.py); and the rest is put in the notes' order: from the
output back, each layer's dZ, dW, db before the next (course notes, D5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import with_words
from ..graph import Node, topological
from ..rules.find import find
from .book import Book
from .cancel import cancel_sigmoid_slope
from .exact import Exact
from .formula_graph import FormulaGraph, is_data
from .latex import latex
from .listing import Line
from .shapes import loses_length
from .source import all_floats, step_source
from .spelling import Style
from .terms import Term

MOST_NODES = 250_000  # of a graph that is written out: some 15 seconds


@dataclass(frozen=True)
class Derivation:
    """A function and its gradients as source: complete, importable Python that needs NumPy alone.

    `forward` and `backward` are its lines; `inputs` the names of its arguments, `wrt` those by
    which it is differentiated, `output` the name of what it computes.
    """

    output: str
    inputs: tuple[str, ...]
    wrt: tuple[str, ...]
    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    source: str
    value_source: str  # the forward pass alone, as a function `value`
    shapes: dict[str, tuple[int, ...]]
    defaults: dict[str, Any]  # the data of the inputs when it was derived
    examples: int  # how many there were when it was derived; 0 where they cannot be told
    distributions: tuple[str, ...]  # inputs of which each column has to sum to 1: labels of classes
    indices: tuple[str, ...]  # inputs that are places in others: whole numbers
    arrays: bool  # whether it was a graph of Tensors
    style: Style
    compares: bool  # whether a value is a condition, which is false of a NaN
    floats: bool  # whether plain Python gives floats throughout, and no int
    latex_of: Any  # lines in LaTeX
    operations: tuple[Any, ...]  # of the user's own, which a program calls as they are
    exact: Exact = field(repr=False, compare=False)  # for where this gives no finite number
    header: str = ""  # of a source in C

    @property
    def latex(self) -> str:
        """The lines in LaTeX, as an `aligned` block."""
        return str(self.latex_of((*self.forward, *self.backward)))

    @property
    def exact_source(self) -> str:
        """The same functions in NumPy as the sweep computes: each product guarded, logarithms of sigmoids from z."""
        return self.exact.source

    @property
    def step_source(self) -> str:
        """A step of gradient descent as a function `step` of the inputs and α: it returns the value and each θ − α dθ.

        Raises ValueError where one of `wrt` is no input.
        """
        return step_source(self.source, self.output, self.inputs, self.wrt)

    def __str__(self) -> str:
        lines = [*map(str, self.forward), "", *map(str, self.backward)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_latex_(self) -> str:
        return f"$${self.latex}$$"


@with_words({})
def derive(
    output: Node,
    wrt: Sequence[Node | str] | None = None,
    *,
    inputs: Sequence[Node | str] | None = None,
    name: str = "value_and_gradients",
    simplify: bool = True,
    notes: bool = False,
    style: Style = "numpy",
) -> Derivation:
    """Write out a node and its gradients, as `microgradnn.derive` says."""
    order, given, wanted = resolve_arguments(output, wrt, inputs)
    arrays: list[Any] = given
    if len(order) > MOST_NODES:
        raise ValueError(
            f"a graph of {len(order):,} nodes is too long to be written out as source (at most {MOST_NODES:,}); "
            "compile(J, backend='native') takes a graph of Values as it is, and backward() any graph"
        )
    if style != "numpy" and hasattr(output, "shape"):
        raise ValueError(f"the style {style!r} is for graphs of Values; one of Tensors is written with NumPy")
    formulas, grads = to_terms(order, given, wanted, simplify=simplify, notes=notes)
    targets = formulas.targets(grads, wanted)
    names = [formulas.names[x] for x in given]
    wrt_names = [formulas.names[x] for x in wanted]
    shapes = formulas.shapes(given)
    source, value_source, forward, backward, result = formulas.sources(targets, given, wanted, style, name)
    shaped = {**shapes, **{line.name: line.shape for line in (*forward, *backward)}}
    return Derivation(
        output=result,
        inputs=tuple(names),
        wrt=tuple(wrt_names),
        forward=tuple(forward),
        backward=tuple(backward),
        source=source,
        value_source=value_source,
        exact=Exact(formulas, given, wanted, notes=notes, name=name),
        shapes=shaped,
        defaults={formulas.names[x]: x.item() for x in given},
        examples=next((x.shape[1] for x in arrays if formulas.lengths and is_data(x)), 0),
        distributions=tuple(term.label for term in formulas.terms.values() if term in formulas.book.distributions),
        indices=tuple(
            dict.fromkeys(x.label for x in map(place_of, formulas.terms.values()) if x is not None and x.label)
        ),
        arrays=hasattr(output, "shape"),
        style=style,
        compares=formulas.compares,
        floats=style == "python" and all_floats([formulas.terms[output], *(term for _, term in targets)]),
        latex_of=latex,
        operations=tuple(formulas.own.values()),
    )


def place_of(term: Term) -> Any:
    """Return the index that a term picks by, if it does."""
    return term.inputs[1] if term.op is not None and term.op.name == "pick" else None


def check_output(output: Any, verb: str, wrt: Any = None) -> None:
    """Raise TypeError for what is no node, as `derive` and `compile` take them, with what was perhaps meant."""
    shown = " ".join(repr(output).split())
    what = f"{verb} takes a node, the cost that a graph ends in; got {shown:.60} ({type(output).__name__})"
    if isinstance(output, (list, tuple)):
        raise TypeError(f"{what}; of several costs {verb} the sum, or one after the other")
    if hasattr(output, "cost") and hasattr(output, "parameters"):
        raise TypeError(f"{what}; of a network {verb} the cost: {verb}(network.cost(X, Y))")
    if callable(output):
        raise TypeError(
            f"{what}; of a function give an example for each argument: {verb}(f, 2.0); the derivative of a function is "
            "microgradnn.grad(f), and microgradnn.compiled(f) makes it fast"
        )
    if not isinstance(output, Node):
        raise TypeError(what)
    if isinstance(wrt, (Node, str)):
        raise TypeError(f"wrt is a list of nodes, or of their names: {verb}(J, [x])")
    if hasattr(wrt, "parameters"):
        raise TypeError(f"wrt is a list of nodes: {verb}(J, network.parameters())")
    if wrt is not None and not isinstance(wrt, Iterable):
        raise TypeError(f"wrt is a list of nodes, or of their names: {verb}(J, [x]); got {wrt!r:.60}")
    for x in wrt if isinstance(wrt, (list, tuple)) else ():
        if not isinstance(x, (Node, str)):
            raise TypeError(f"wrt is a list of nodes, or of their names: {verb}(J, [x]); got {x!r:.60} in it")


def resolve_arguments(
    output: Node, wrt: Sequence[Node | str] | None, inputs: Sequence[Node | str] | None
) -> tuple[list[Node], list[Node], list[Node]]:
    """Return the graph in order, its inputs and the nodes of `wrt`, as `derive` takes them; ValueError as there."""
    check_output(output, "derive", wrt)
    if output.op is None and output.kind == "constant":
        raise ValueError(
            f"{output!r} is a constant, which depends on nothing: it was computed inside no_grad(), detached, or made "
            "as a constant; compute it again outside of the block"
        )
    order = topological(output)
    if getattr(output, "size", 1) != 1:
        raise ValueError(f"what is derived is one number, a cost; got shape {output.item().shape}")
    leaves = list({x: None for node in order if node.op for x in node.inputs if x.op is None}) or [output]
    wanted = resolve_wrt(order, leaves, wrt, output)  # leaves are in the order of their first use
    given = (
        [find(order, x) if isinstance(x, str) else x for x in inputs]
        if inputs is not None
        else [x for x in leaves if x.name]
    )
    had = set(given)
    for x in given:
        if x.op is not None:
            raise ValueError(f"an input is a leaf, and {x!r} is computed")
    if len(had) < len(given):
        twice = next(x for i, x in enumerate(given) if x in given[:i])
        raise ValueError(f"{twice!r} is given twice as an input")
    return order, [*given, *(x for x in wanted if x.op is None and x not in had)], wanted


def to_terms(
    order: Sequence[Any], given: Sequence[Node], wanted: Sequence[Node], *, simplify: bool, notes: bool
) -> tuple[FormulaGraph, dict[Term, Term]]:
    """Return the graph and its gradients as terms: for any number of examples m if that can be, else for this one.

    To see whether it can, m is taken to be a length that no other axis has: where it turns up without
    its name, or where shapes do not fit, the formulas hold for the present number only.
    """
    for any_length in (True, False):
        try:
            formulas = FormulaGraph(
                order, given, wanted, Book(simplify=simplify, products=[cancel_sigmoid_slope]), any_length
            )
            grads = formulas.gradients(wanted, notes=notes)
        except ValueError:  # the shapes do not fit
            if not any_length:
                raise
            continue
        ends = [*formulas.terms.values(), *grads.values(), *formulas.defined.values()]
        if not formulas.lengths or not loses_length(formulas.find_ancestors(ends)):
            break
    return formulas, grads


def nodes_of(order: Sequence[Node], asked: Sequence[Node | str]) -> list[Node]:
    """Return nodes of a graph that were given as themselves or by name."""
    return [find(order, x) if isinstance(x, str) else x for x in asked]


def resolve_wrt(
    order: Sequence[Node], leaves: Sequence[Node], wrt: Sequence[Node | str] | None, output: Node
) -> list[Node]:
    """Return the nodes by which to differentiate; ValueError for what is not in the graph."""
    if wrt is None:
        parameters = [x for x in leaves if x.kind == "parameter"]
        return parameters or [x for x in leaves if x.name and x.kind != "constant"]
    graph = set(order)
    wanted = nodes_of(order, wrt)
    for x in wanted:
        if x not in graph:
            raise ValueError(f"{output!r} does not depend on {x!r}")
    return wanted
