"""What has to hold for a recording, as a function of its inputs that is printed and run like a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

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
    terms: dict[Any, Term] = {}
    for x, name in inputs.items():
        if x not in detached:
            terms[x] = book.variable(name, getattr(x, "shape", ()))

    def term_of(side: Any) -> Term:
        for node in topological(side) if isinstance(side, Node) else []:
            if node not in terms:
                operands = tuple([terms[x] for x in node.inputs])
                terms[node] = book.make(node.op, operands) if node.op else book.constant(node.item())
        return terms[side] if isinstance(side, Node) else book.constant(float(side))

    steps: list[tuple[list[Term], Any, str, bool]] = []
    for left, how, right, outcome in noted:
        if how == "is":
            terms[left] = term_of(right)
        elif how == "real":
            if conditions := outside(left):
                steps.append(([term_of(x) for x in right], conditions, how, outcome))
        elif how != "read":
            steps.append(([term_of(left), term_of(right)], None, how, outcome))
    results = [term_of(x) for x in detached]
    listing = Listing({}, style, [*(term for operands, *_ in steps for term in operands), *results])
    body: list[str] = []

    def names_of(operands: Sequence[Term]) -> list[str]:
        lines: list[Any] = []
        for term in operands:
            listing.write(term, lines)
        body.extend(map(str, lines))
        return [number(float(x.value), style) if is_number(x) else listing.reference(x) for x in operands]

    for operands, conditions, how, outcome in steps:
        texts = names_of(operands)
        if how == "real":
            letters = dict(zip("xyz", [f"({text})" for text in texts], strict=False))
            test, outcome = " or ".join(conditions).format(**letters), not outcome
        else:
            test = f"{texts[0]} {how} {texts[1]}"
        body += [f"if not {f'({test})' if how == 'real' else test}:" if outcome else f"if {test}:", "    return False"]
    found = names_of(results)
    body.append(f"return {', '.join(found)}," if found else "return True")
    arguments = [name for x, name in inputs.items() if x not in detached]
    return module_source("holds", arguments, body, listing.helpers)


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
