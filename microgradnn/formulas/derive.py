"""The backward pass written out: from a graph to the NumPy code that a person would write by hand.

The graph is turned into terms; the rules of the tables, run on those, give the gradients; what a
person would leave out is left out (terms.py); and the rest is put in the notes' order: from the
output back, each layer's dZ, dW, db before the next (course notes, D5).
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from html import escape
from threading import Lock
from typing import Any

import numpy as np

from ..graph import OPS, Node, topological
from ..graph.paths import back
from ..rules import arrays, calculus
from ..rules.arrays import ARRAY_OPS
from ..rules.logistic import find_logit, log_of_logistic, sigmoids
from .c_source import c_source
from .cancel import cancel_sigmoid_slope
from .carried import is_own
from .listing import Line, Listing, Style, all_floats, function_source, latex, step_source
from .terms import FICTIONAL, Book, Dim, Term, count, dim, loses_length
from .translation import numeric_functions

MOST_NODES = 250_000  # of a graph that is written out: some 15 seconds
SMALL = 20  # numbers of an unnamed array that are written out; a larger one becomes an input


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
    arrays: bool  # whether it was a graph of Tensors
    style: Style
    compares: bool  # whether a value is a condition, which is false of a NaN
    floats: bool  # whether plain Python gives floats throughout, and no int
    latex_of: Any  # lines in LaTeX
    operations: tuple[Any, ...]  # of the user's own, which a program calls as they are
    exact: Exact = field(repr=False, compare=False)  # for where this gives no finite number

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

    def _repr_html_(self) -> str:
        return f'<pre class="microgradnn"><code class="language-python">{escape(self.source)}</code></pre>'


def derive(
    output: Node,
    wrt: Sequence[Node] | None = None,
    *,
    inputs: Sequence[Node] | None = None,
    name: str = "value_and_gradients",
    simplify: bool = True,
    notes: bool = False,
    style: Style = "numpy",
) -> Derivation:
    """Write out the computation of `output`, one number, and of its gradients by `wrt`.

    `wrt` are nodes, by default the parameters, or all named leaves where there are none. `inputs` are the
    leaves that become arguments of the function, by default all that have a name; other leaves are
    written as numbers. With `notes`, dZ and its like are those of a single example, and the 1/m comes
    with dW and db (course notes, 3.6). `simplify=False` shows the raw chain rule. `style` is
    'numpy' or, for graphs of Values, 'python' or 'c'.

    Raises ValueError where `output` is no single number or does not depend on one of `wrt`.

    >>> from microgradnn import Value
    >>> a, b, c = Value(5, name="a"), Value(3, name="b"), Value(2, name="c")
    >>> u = (b * c).named("u"); v = (a + u).named("v"); J = (3 * v).named("J")
    >>> print(derive(J))
    u = b * c
    v = a + u
    J = 3 * v
    <BLANKLINE>
    dv = 3
    da = dv
    du = dv
    db = du * c
    dc = du * b
    """
    order, given, wanted = resolve_arguments(output, wrt, inputs)
    if len(order) > MOST_NODES:
        raise ValueError(
            f"a graph of {len(order):,} nodes is too long to be written out as source (at most {MOST_NODES:,}); "
            "compile(J, backend='numba') takes a graph of Values as it is, and backward() any graph"
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
        examples=next((x.shape[1] for x in given if formulas.lengths and is_data(x)), 0),
        distributions=tuple(term.label for term in formulas.terms.values() if term in formulas.book.distributions),
        arrays=hasattr(output, "shape"),
        style=style,
        compares=formulas.compares,
        floats=style == "python" and all_floats([formulas.terms[output], *(term for _, term in targets)]),
        latex_of=latex,
        operations=tuple(formulas.own.values()),
    )


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
            f'{what}; of a function {verb} its result: {verb}(f(Value(2.0, "x"))); the derivative of a function is '
            "microgradnn.grad(f), and microgradnn.compiled(f) makes it fast"
        )
    if not isinstance(output, Node):
        raise TypeError(what)
    if isinstance(wrt, Node):
        raise TypeError(f"wrt is a list of nodes: {verb}(J, [x])")


def resolve_arguments(
    output: Node, wrt: Sequence[Node] | None, inputs: Sequence[Node] | None
) -> tuple[list[Node], list[Node], list[Node]]:
    """Return the graph in order, its inputs and the nodes of `wrt`, as `derive` takes them; ValueError as there."""
    check_output(output, "derive", wrt)
    order = topological(output)
    if getattr(output, "size", 1) != 1:
        raise ValueError(f"what is derived is one number, a cost; got shape {output.shape}")
    leaves = list({x: None for node in order if node.op for x in node.inputs if x.op is None}) or [output]
    wanted = resolve_wrt(order, leaves, wrt, output)  # leaves are in the order of their first use
    given = list(inputs) if inputs is not None else [x for x in leaves if x.name]
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
        if not formulas.lengths or not loses_length(formulas.leading_to(ends)):
            break
    return formulas, grads


def resolve_wrt(order: Sequence[Node], leaves: Sequence[Node], wrt: Sequence[Node] | None, output: Node) -> list[Node]:
    """Return the nodes by which to differentiate; ValueError for what is not in the graph."""
    if wrt is None:
        parameters = [x for x in leaves if x.kind == "parameter"]
        return parameters or [x for x in leaves if x.name and x.kind != "constant"]
    graph = set(order)
    for x in wrt:
        if x not in graph:
            raise ValueError(f"{output!r} does not depend on {x!r}")
    return list(wrt)


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
        if isinstance(held, np.ndarray) and held.size > SMALL:
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
        used = self.leading_to([grads[goal] for goal in goals if goal in grads])
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
        if style == "c":
            lines = [(line.name, line.formula) for line in (*forward, *backward)]
            both = value = c_source(name, names, wrt, lines, result, listing.helpers)
        else:
            about = (names, self.shapes(given), self.lengths, forward)
            value = function_source("value", *about, [], result, None, listing)
            both = function_source(name, *about, backward, result, [f"d{x}" for x in wrt], listing)
        return both, value, forward, backward, result

    def leading_to(self, ends: Sequence[Term]) -> set[Term]:
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


def identifiers(order: Iterable[Node], given: Sequence[Node]) -> dict[Node, str]:
    """Return names that Python takes, all different: those of the nodes where they can be."""
    names: dict[Node, str] = {}
    own = {name.removesuffix("_array") for name in numeric_functions()} | set(numeric_functions())
    taken: set[str] = {"np", "math", "m", "in", "gradients", "float", "type", *own, *OPS, *ARRAY_OPS}
    for i, node in enumerate(given):
        names[node] = unique_name(identifier(node.name) or f"x{i + 1}", taken)
    for node in order:
        if node not in names and node.name:
            names[node] = unique_name(identifier(node.name), taken)
    return names


def identifier(name: str) -> str:
    """Return a name with what Python does not take left out: 'z[1]' becomes z1."""
    name = unicodedata.normalize("NFKC", name)  # as Python reads names
    kept = re.sub(r"\W+", "_", name.replace("[", "").replace("]", "").replace("ŷ", "y_hat")).strip("_")
    if not kept.isidentifier() or keyword.iskeyword(kept):
        kept = f"v_{kept}" if kept else ""
    return kept


def unique_name(name: str, taken: set[str]) -> str:
    """Return the name, with a number where it is taken, and take it."""
    name = name or "t"
    candidate, i = name, 2
    while candidate in taken or f"d{candidate}" in taken:
        candidate, i = f"{name}_{i}", i + 1
    taken.update({candidate, f"d{candidate}"})
    return candidate


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
