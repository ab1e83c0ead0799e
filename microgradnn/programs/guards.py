"""What has to hold for a recording, as a function of its inputs that is printed and run like a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from ..formulas.book import Book
from ..formulas.listing import Listing
from ..formulas.source import module_source
from ..formulas.spelling import Style, number
from ..formulas.terms import Term
from ..graph import Node, Op, topological

NEVER_RAISES = {"tan"}  # its domain is that of one branch


def guard_source(
    inputs: Mapping[Any, str], detached: Sequence[Any], noted: Sequence[tuple[Any, str, Any, bool]], style: Style
) -> str:
    """Return the function `holds` of the inputs, less the detached ones: False where a decision comes out otherwise.

    Else it returns what the detached inputs are worth, or True where there are none.
    """
    book = Book()
    terms = {x: book.variable(name, getattr(x, "shape", ())) for x, name in inputs.items() if x not in detached}
    steps = read_decisions(noted, book, terms)
    results = [term_of(x, book, terms) for x in detached]
    listing = Listing({}, style, [*(term for step in steps for term in step.operands), *results])
    body: list[str] = []
    for step in steps:
        body += [f"if {step.fails(spell_operands(step.operands, listing, body))}:", "    return False"]
    found = spell_operands(results, listing, body)
    body.append(f"return {', '.join(found)}," if found else "return True")
    arguments = [name for x, name in inputs.items() if x not in detached]
    return module_source("holds", arguments, body, listing.helpers)


class NotedStep(NamedTuple):
    """A decision, or an operation of which one of the `conditions` would leave the reals."""

    operands: list[Term]
    how: str  # 'real', or an operator
    outcome: bool
    conditions: Sequence[str] = ()

    def fails(self, texts: Sequence[str]) -> str:
        """Write the condition under which it comes out otherwise, of operands as text."""
        if self.how == "real":
            letters = dict(zip("xyz", [f"({text})" for text in texts], strict=False))
            test = " or ".join(self.conditions).format(**letters)
            return test if self.outcome else f"not ({test})"
        test = f"{texts[0]} {self.how} {texts[1]}"
        return f"not {test}" if self.outcome else test


def read_decisions(noted: Sequence[tuple[Any, str, Any, bool]], book: Book, terms: dict[Any, Term]) -> list[NotedStep]:
    """Return what was noted as steps on terms; what is a constant's node besides is entered among the terms."""
    steps: list[NotedStep] = []
    for left, how, right, outcome in noted:
        if how == "is":
            terms[left] = term_of(right, book, terms)
        elif how == "real":
            if conditions := outside(left):
                steps.append(NotedStep([term_of(x, book, terms) for x in right], how, outcome, conditions))
        elif how != "read":
            steps.append(NotedStep([term_of(left, book, terms), term_of(right, book, terms)], how, outcome))
    return steps


def term_of(side: Any, book: Book, terms: dict[Any, Term]) -> Term:
    """Return a node, or a number, as a term; what the node depends on is entered among the terms."""
    if not isinstance(side, Node):
        return book.constant(float(side))
    for node in topological(side):
        if node not in terms:
            operands = tuple([terms[x] for x in node.inputs])
            terms[node] = book.make(node.op, operands) if node.op else book.constant(node.item())
    return terms[side]


def spell_operands(operands: Sequence[Term], listing: Listing, body: list[str]) -> list[str]:
    """Return how operands are referred to, after the lines that compute them were added to the body."""
    lines: list[Any] = []
    for term in operands:
        listing.write(term, lines)
    body.extend(map(str, lines))
    return [number(float(x.value), listing.style) if is_number(x) else listing.reference(x) for x in operands]


def is_number(x: Any) -> bool:
    """Whether a term is a number that is written as it stands."""
    return x.op is None and x.value is not None and not x.shape


def outside(op: Op) -> list[str]:
    """Return the conditions, in x, y and z, under any of which an operation has no real value, and raises."""
    letters = "xyz"
    if op.name == "pow":
        if not op.held:
            return ["({x} < 0 and {x} - {x} == 0 and {y} % 1 != 0)", "({x} == 0 and {y} < 0)"]
        (power,) = op.held
        return (["({x} < 0 and {x} - {x} == 0)"] if power % 1 else []) + (["{x} == 0"] if power < 0 else [])
    if op.name == "clip" and not op.held:
        return ["{y} > {z}"]
    if op.name in NEVER_RAISES:
        return []
    found = []
    for letter, interval in zip(letters, op.domain, strict=False):
        if interval.hole is not None:
            found.append(f"{{{letter}}} == {interval.hole!r}")
        found += [f"{{{letter}}} < {interval.low!r}"] if interval.low > -inf else []
        found += [f"{{{letter}}} > {interval.high!r}"] if interval.high < inf else []
    return found
