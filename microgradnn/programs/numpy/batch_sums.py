"""Trace a formula of single numbers for a batch, and write its many sums of products as products of matrices.

The source says w1 * x1 + w2 * x2 + … for each neuron, and dw = dz * x for each weight. Here such a sum is not
written until it is needed. Then many products with numbers are one dot product, and what is summed over the
examples is taken from the product of two matrices. Values are those of the source but for rounding.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from .trace import OPERATORS, Ref, Trace, is_array

Pair = tuple[Ref, Ref]
NUMBERS = {int, float, np.float64}
FEW = 4  # products from which on a dot product is quicker
MOST = 100  # terms of a sum that is not written yet


class Product(NamedTuple):
    """A number or an array, or the product of two, with its sign."""

    sign: int
    x: Ref
    y: Ref | None = None


class Sum:
    """A sum that is not written yet: as the source has it, an operator and what it works on; and as terms."""

    def __init__(self, sign: ast.AST, parts: Sequence[Ref | Sum], terms: Sequence[Product], value: Any) -> None:
        self.sign, self.parts, self.terms, self.value = sign, parts, terms, value
        self.ref: Ref | None = None  # where it is, once it is written


class BatchTrace(Trace):
    """A trace of a function of numbers and of arrays of examples."""

    def __init__(self, source: str, namespace: Mapping[str, Any], shape: tuple[int, ...]) -> None:
        super().__init__(source, namespace)
        self.shape = shape  # of an array with a number for each example
        self.leaves: bool | None = None  # whether sums are left unwritten here
        self.uses: Counter[str] = Counter()  # how often each name stands in it: where it is given, and where it is read
        self.matrices: dict[tuple[str, ...], Ref] = {}

    def call_function(self, name: str, args: Sequence[Ref], keywords: Mapping[str, Any]) -> Any:
        """Trace a call as `Trace` does; in the outermost function, if it has no branches, sums stay unwritten."""
        before = self.leaves
        nodes = [*ast.walk(self.functions[name])]
        self.leaves = before is None and not any(isinstance(one, ast.If | ast.IfExp) for one in nodes)
        if self.leaves:
            self.uses = Counter([one.id for one in nodes if isinstance(one, ast.Name)])
        try:
            return super().call_function(name, args, keywords)
        finally:
            self.leaves = before

    def assign(self, name: str, x: ast.expr, scope: dict[str, Any]) -> Any:
        """Trace an assignment; a sum that is read once stays unwritten, since it may be a part of another."""
        return self.expression_or_sum(x, scope) if self.uses[name] == 2 else self.expression(x, scope)

    def return_value(self, x: Any, scope: dict[str, Any], start: int) -> Any:
        """Trace what stands after `return`; sums stay unwritten."""
        if self.leaves and not isinstance(x, ast.Tuple):
            return self.expression_or_sum(x, scope)
        return super().return_value(x, scope, start)

    def expression(self, x: Any, scope: dict[str, Any]) -> Any:
        """Trace an expression, and write it if it is a sum."""
        return self.write_sum(self.expression_or_sum(x, scope))

    def expression_or_sum(self, x: Any, scope: dict[str, Any]) -> Any:
        """Trace an expression; +, − and × of numbers for each example give a Sum, which is not written yet."""
        if self.leaves:
            if isinstance(x, ast.BinOp) and isinstance(x.op, ast.Add | ast.Sub):
                return self.defer_sum(
                    x.op, [self.expression_or_sum(x.left, scope), self.expression_or_sum(x.right, scope)]
                )
            if isinstance(x, ast.BinOp) and isinstance(x.op, ast.Mult):
                return self.defer_sum(x.op, [self.factor(x.left, scope), self.factor(x.right, scope)])
            if isinstance(x, ast.UnaryOp) and isinstance(x.op, ast.USub):
                return self.defer_sum(x.op, [self.expression_or_sum(x.operand, scope)])
        return super().expression(x, scope)

    def factor(self, x: Any, scope: dict[str, Any]) -> Ref | Sum:
        """Trace a factor: a Sum only where that is an array with a sign."""
        found: Ref | Sum = self.expression_or_sum(x, scope)
        if isinstance(found, Sum) and len(found.terms) == 1 and found.terms[0].y is None:
            return found
        ref: Ref = self.write_sum(found)
        return ref

    def defer_sum(self, sign: ast.AST, parts: Sequence[Ref | Sum]) -> Ref | Sum:
        """Make a Sum of +, − or × where each operand is a number, or has one for each example; else write it."""
        value = OPERATORS[type(sign)][0](*[one.value for one in parts])
        if not is_array(value) or not all(self.is_plain(one.value) for one in parts):
            return self.operation(sign, [self.write_sum(one) for one in parts])
        if isinstance(sign, ast.Mult):
            both = [one.terms[0] if isinstance(one, Sum) else Product(1, one) for one in parts]
            return Sum(sign, parts, [Product(both[0].sign * both[1].sign, both[0].x, both[1].x)], value)
        if sum([len(one.terms) for one in parts if isinstance(one, Sum)]) > MOST:
            parts = [self.write_sum(one) for one in parts]
        terms = [list(one.terms) if isinstance(one, Sum) else [Product(1, one)] for one in parts]
        if not isinstance(sign, ast.Add):
            terms[-1] = [one._replace(sign=-one.sign) for one in terms[-1]]
        return Sum(sign, parts, [one for several in terms for one in several], value)

    def write_sum(self, found: Any) -> Any:
        """Write a sum, if it is one, and return where it is."""
        if not isinstance(found, Sum):
            return found
        if found.ref is None:
            products = [term for term in found.terms if is_weighted(term)]
            if len(products) < FEW:
                found.ref = self.operation(found.sign, [self.write_sum(one) for one in found.parts])
            else:
                rest = [term for term in found.terms if not is_weighted(term)]
                found.ref = self.dot_product(products, rest, found.value)
        return found.ref

    def dot_product(self, products: Sequence[Product], rest: Sequence[Product], value: Any) -> Ref:
        """Write a sum of numbers times arrays as a dot product; add the rest to it."""
        pairs = [(sign, x, y) if is_array(y.value) else (sign, y, x) for sign, x, y in products if y]
        pairs.sort(key=lambda one: one[2].text)  # so that many sums have the same matrix
        n = len(pairs)
        weights = [f"{'-' if sign < 0 else ''}{number.text}" for sign, number, _ in pairs]
        row = self.constant(np.empty(n))
        pack = self.constant(pack_function(n))
        self.write(f"{pack.text}({row.text}, 0, {', '.join(weights)})", [number for _, number, _ in pairs])
        matrix = self.matrix([array for _, _, array in pairs])
        dot = self.name(np.dot)
        total = self.write_to_place(f"{dot}({row.text}, {{0}}, {{out}})", value, [matrix])
        for sign, x, y in rest:
            one = self.operation(ast.Mult(), [x, y]) if y else x
            total = self.operation(ast.Add() if sign > 0 else ast.Sub(), [total, one])
        return total

    def matrix(self, arrays: Sequence[Ref]) -> Ref:
        """Return a matrix of these rows."""
        key = tuple([one.text for one in arrays])
        if key not in self.matrices:
            ends = ", ".join(f"{{{i}}}" for i in range(len(arrays)))
            value = np.array([one.value for one in arrays])
            text = f"{self.name(np.concatenate)}(({ends},), 0, {{out}}.reshape(-1))"
            self.matrices[key] = self.write_to_place(text, value, arrays)
        return self.matrices[key]

    def is_plain(self, x: Any) -> bool:
        """Whether x is a number, or has one for each example, in a row."""
        if isinstance(x, np.ndarray):
            return x.dtype == np.float64 and x.shape == self.shape and x.ndim == 1
        return type(x) in NUMBERS

    # --- sums over the examples ---------------------------------------------------------------

    def sum_over_examples(self, results: Mapping[int, Ref | Sum]) -> dict[int, Ref]:
        """Write the sums over the examples of those results for which matrix products are quicker, and of numbers."""
        m, ones = self.constant(math.prod(self.shape)), self.constant(np.ones(self.shape))
        shares = {
            k: [(term, pair_of(term, ones)) for term in (one.terms if isinstance(one, Sum) else [Product(1, one)])]
            for k, one in results.items()
            if self.is_plain(one.value)
        }
        entries = self.matrix_products([pair for several in shares.values() for _, pair in several if pair], ones)
        found: dict[int, Ref] = {}
        for k, several in shares.items():
            parts: list[Ref] = []
            for term, pair in several:
                if pair and texts(pair) in entries:
                    parts.append(entries[texts(pair)])
                elif term.y is None and not is_array(term.x.value):
                    parts.append(self.operation(ast.Mult(), [m, term.x]))
            if len(parts) == len(several):
                text = " ".join(
                    f"{'-+'[one.sign > 0]} {part.text}" for (one, _), part in zip(several, parts, strict=True)
                )
                value = np.sum(np.broadcast_to(results[k].value, self.shape))
                found[k] = self.write_to_name(text, float(value), parts)
        return found

    def matrix_products(self, pairs: Sequence[Pair], ones: Ref) -> dict[tuple[str, str], Ref]:
        """Write products of matrices that hold the dot products of these pairs, and return where each stands there."""
        arrays = {one.text: one for pair in pairs for one in pair}
        partners: dict[str, set[str]] = {name: set() for name in arrays}
        for x, y in map(texts, pairs):
            partners[x].add(y)
            partners[y].add(x)
        groups: dict[tuple[str, ...], list[str]] = {}
        for name in sorted(arrays):
            groups.setdefault(tuple(sorted(partners[name])), []).append(name)
        large_first = sorted(groups.items(), key=lambda one: (one[1] == [ones.text], -len(one[0]) * len(one[1])))
        entries: dict[tuple[str, str], Ref] = {}
        for others, group in large_first:
            n, k = len(group), len(others)
            if all(pair in entries for pair in product(group, others)) or 3 * n * k < n + k + 15:
                continue  # it is there, or its products take less time than copies and a block would
            rows = [self.matrix([arrays[name] for name in names]) for names in (group, others)]
            text = f"{self.name(np.matmul)}({{0}}, {{1}}.T, {{out}})"
            block = self.write_to_place(text, np.zeros((n, k)), rows, apart=True)
            held = self.write_to_name(f"{block.text}.tolist()", [], [block])
            for i, x in enumerate(group):
                for j, y in enumerate(others):
                    entries[x, y] = entries[y, x] = Ref(f"{held.text}[{i}][{j}]", 0.0)
        return entries


def is_weighted(term: Product) -> bool:
    """Whether it is a number times an array."""
    return term.y is not None and is_array(term.x.value) != is_array(term.y.value)


def pair_of(term: Product, ones: Ref) -> Pair | None:
    """Return two arrays whose dot product is the sum of a term over the examples; None where there are none."""
    if not is_array(term.x.value):
        return None
    if term.y is None:
        return term.x, ones
    return (term.x, term.y) if is_array(term.y.value) else None


def texts(pair: Pair) -> tuple[str, str]:
    """Return how two are written."""
    return pair[0].text, pair[1].text


@cache
def pack_function(n: int) -> Any:
    """Return what puts n numbers into an array without making another."""
    return Struct(f"{n}d").pack_into
