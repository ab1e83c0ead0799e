"""The cancellation that the course is about: cross entropy behind a sigmoid gives dZ = A − Y (notes, B11).

dA = −Y/A + (1 − Y)/(1 − A), times A (1 − A): all that is divided by cancels. It is done by
multiplying out, as on paper. Where A is exactly 0 or 1 the product is 0 · ∞, and what is left is
its limit; that is the one place where a written-out program is better than the chain rule.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from ..rules import calculus
from .book import Book
from .shapes import Dim
from .terms import Term, is_number

MOST = 16  # terms of a sum that are multiplied out
Polynomial = dict[frozenset[tuple[Term, int]], Fraction]  # of products of powers, and their coefficients

PRODUCTS = (calculus.mul, calculus.weigh)


def cancel_sigmoid_slope(op: Any, x: Term, y: Term) -> Term | None:
    """A gradient times A (1 − A), where what it is divided by cancels: (A − Y) / m."""
    for grad, slope in ((x, y), (y, x)):
        a = slope_of_sigmoid(slope)
        if a is not None:
            return multiply_and_cancel(grad, a)
    return None


def slope_of_sigmoid(term: Term) -> Term | None:
    """Return A where a term is A (1 − A) and A a sigmoid."""
    if term.op in PRODUCTS:
        for a, rest in (term.inputs, term.inputs[::-1]):
            if a.op is calculus.sigmoid and is_one_minus(rest, a):
                return a
    return None


def is_one_minus(term: Term, a: Term) -> bool:
    """Whether a term is 1 − A."""
    return term.op is calculus.sub and is_number(term.inputs[0], 1) and term.inputs[1] is a


def multiply_and_cancel(grad: Term, a: Term) -> Term | None:
    """Return grad · A (1 − A) multiplied out, if something that grad is divided by cancels, else None."""
    terms = expand(grad, a)
    if terms is None or not any(power < 0 for factors in terms for _, power in factors):
        return None
    whole: Polynomial = {}
    rests = [one for factors in terms for one, _ in factors if is_one_minus(one, a)]
    rest = rests[0] if rests else None
    for factors, number in terms.items():
        powers = dict(factors)
        powers[a] = powers.get(a, 0) + 1
        if rest is not None and powers.get(rest, 0) < 0:
            add(whole, add_power(powers, rest, 1), number)
        else:  # times 1 − A
            add(whole, powers, number)
            add(whole, add_power(powers, a, 1), -number)
    gone = {one for factors, number in whole.items() if not number for one, _ in factors}
    whole = {factors: number for factors, number in whole.items() if number}
    if not gone <= {one for factors in whole for one, _ in factors}:
        return None  # what has nothing to do with A may be ∞, and ∞ − ∞ is not 0
    powers_of_a = [dict(factors).get(a, 0) for factors in whole]
    if any(one is rest for factors in whole for one, _ in factors) or not {*powers_of_a} <= {0, 1}:
        return None
    return factor(grad.book, whole, a)


class Stages(NamedTuple):
    """A gradient times A (1 − A), step by step, as it is told."""

    divided: str  # what is divided by is gone
    out: str  # multiplied out
    gone: str  # what stands there with both signs
    left: str


def multiply_step_by_step(grad: Term, a: Term, spell: Callable[[Term], str]) -> Stages | None:
    """Return the stages of grad · A (1 − A); None where the two do not cancel."""
    left, terms = multiply_and_cancel(grad, a), expand(grad, a)
    if left is None or terms is None:
        return None
    rest = next((one for factors in terms for one, _ in factors if is_one_minus(one, a)), None)
    divided: list[tuple[Fraction, list[str]]] = []
    out: list[tuple[Fraction, list[str]]] = []
    shared = set.intersection(*({one for one, power in f if power < 0 and one not in (a, rest)} for f in terms))
    for factors, number in terms.items():
        powers = dict(factors)
        over_a, over_rest = powers.pop(a, 0), powers.pop(rest, 0) if rest is not None else 0
        words = sorted(spell(one) for one, power in powers.items() if one not in shared for _ in range(power))
        if over_a + 1 not in (0, 1) or over_rest not in (0, -1) or min(powers.values(), default=0) < -1:
            return None
        with_a = [spell(a)] * (over_a + 1)
        divided.append((number, [*with_a, *words, *([] if over_rest else [f"(1 - {spell(a)})"])]))
        out.append((number, sorted([*with_a, *words])))
        if not over_rest:
            out.append((-number, sorted([*with_a, *words, spell(a)])))
    total: dict[tuple[str, ...], Fraction] = {}
    for number, words in out:
        total[tuple(words)] = total.get(tuple(words), Fraction(0)) + number
    gone = [" * ".join(words) for words, number in total.items() if not number]
    over = "".join(f" / {spell(one)}" for one in shared)
    return Stages(write_terms(divided, over), write_terms(out, over), " and ".join(gone), spell(left))


def write_terms(terms: list[tuple[Fraction, list[str]]], over: str) -> str:
    """Write a sum of products, what is added first, over what they share."""
    text = ""
    for number, words in sorted(terms, key=lambda term: term[0] < 0):
        size = [str(abs(number))] if abs(number) != 1 or not words else []
        sign = ("-" if number < 0 else "") if not text else " - " if number < 0 else " + "
        text += sign + " * ".join([*size, *words])
    return f"({text}){over}" if over else text


def add_power(powers: dict[Term, int], one: Term, by: int) -> dict[Term, int]:
    """Return powers with one of them raised by so much."""
    return {**powers, one: powers.get(one, 0) + by}


def add(to: Polynomial, powers: dict[Term, int], number: Fraction) -> None:
    """Add a monomial to a polynomial."""
    key = frozenset((one, power) for one, power in powers.items() if power)
    to[key] = to.get(key, Fraction(0)) + number


def expand(term: Term, a: Term) -> Polynomial | None:
    """Return a term multiplied out, 1 − A in a denominator being left whole; None where that gets long."""
    if term.op is None and term.value is not None and not isinstance(term.value, Dim) and term.shape == ():
        exact = isinstance(term.value, int) or float(term.value).is_integer()
        return {frozenset(): Fraction(term.value)} if exact else {frozenset([(term, 1)]): Fraction(1)}
    if term.op in (calculus.add, calculus.sub, calculus.neg):
        signs = (1, -1) if term.op is calculus.sub else (-1,) if term.op is calculus.neg else (1, 1)
        whole: Polynomial = {}
        for x, sign in zip(term.inputs, signs, strict=True):
            part = expand(x, a)
            if part is None:
                return None
            for factors, number in part.items():
                add(whole, dict(factors), sign * number)
        return whole if len(whole) <= MOST else None
    if term.op in PRODUCTS:
        return times(expand(term.inputs[0], a), expand(term.inputs[1], a), a)
    if term.op is calculus.div:
        over: Any = term.inputs[1]
        if over.op is None and isinstance(over.value, int) and not isinstance(over.value, Dim) and over.value:
            return times(expand(term.inputs[0], a), {frozenset(): Fraction(1, over.value)}, a)
        return times(expand(term.inputs[0], a), {frozenset([(over, -1)]): Fraction(1)}, a)
    if term.op is not None and term.op.name == "broadcast" and term.inputs[0].shape == ():
        return expand(term.inputs[0], a)
    return {frozenset([(term, 1)]): Fraction(1)}


def times(x: Polynomial | None, y: Polynomial | None, a: Term) -> Polynomial | None:
    """Return the product of two sums, multiplied out; None where w / w would go, which is no 1 at 0 and ∞."""
    if x is None or y is None or len(x) * len(y) > MOST:
        return None
    whole: Polynomial = {}
    for factors, number in x.items():
        for others, other in y.items():
            powers = dict(factors)
            for one, power in others:
                before = powers.get(one, 0)
                if before * power < 0 and one is not a and one.value is None and not is_one_minus(one, a):
                    return None
                powers[one] = before + power
            add(whole, powers, number * other)
    return whole


def factor(book: Book, whole: Polynomial, a: Term) -> Term:
    """Write a sum with what its terms share taken out: (A − Y) / m."""
    powers = [dict(factors) for factors in whole]
    common = {one: min(p.get(one, 0) for p in powers) for one in powers[0]} if powers else {}
    common = {one: power for one, power in common.items() if power and one is not a}
    size = min((abs(number) for number in whole.values()), default=Fraction(1))
    share = size if all((number / size).denominator == 1 for number in whole.values()) else Fraction(1)
    terms: list[tuple[Fraction, Term]] = []
    for factors, number in whole.items():
        left = {one: power - common.get(one, 0) for one, power in dict(factors).items()}
        terms.append((number / share, monomial(book, left)))
    terms.sort(key=lambda pair: (pair[0] < 0, pair[1] is not a))  # what is added first, and A before Y
    total: Any = None
    for number, term in terms:
        part = term * abs(as_int(number)) if abs(number) != 1 else term
        total = (-part if number < 0 else part) if total is None else total - part if number < 0 else total + part
    result = total if total is not None else book.constant(0)
    for one, power in common.items():
        for _ in range(abs(power)):
            result = result * one if power > 0 else result / one
    if share.numerator != 1:
        result = result * share.numerator
    result = result / share.denominator if share.denominator != 1 else result
    return result if isinstance(result, Term) else book.constant(result)


def as_int(x: Fraction) -> Any:
    """Return a whole fraction as an int."""
    return int(x) if x.denominator == 1 else float(x)


def monomial(book: Book, powers: dict[Term, int]) -> Any:
    """Return a product of powers as a term."""
    over = [one for one, power in powers.items() for _ in range(-power)]
    result: Any = None
    for one, power in powers.items():
        for _ in range(power):
            result = one if result is None else result * one
    result = book.constant(1) if result is None else result
    for one in over:
        result = result / one
    return result
