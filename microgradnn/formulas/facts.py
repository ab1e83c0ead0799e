"""What is known of a term before any number is there: its sign, and whether it may be 0, ∞ or no number.

From that `terms.py` knows where a product of a backward pass needs the guard that 0 · ∞ is 0: where one factor
may be exactly 0 while the other is not finite. Elsewhere a person writes a plain product, and so does it.
Nothing here knows shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Facts(NamedTuple):
    """What holds of every number that a term can have, for any finite inputs; False is not known."""

    nonnegative: bool = False
    nonzero: bool = False
    masked: bool = False  # it may be 0 because a branch was not taken
    wild: bool = False  # it may be ±∞ or NaN
    steep: bool = False  # it is a slope, or made from one, that may be ∞ where the function is finite, as √ at 0

    @property
    def positive(self) -> bool:
        """Whether it is above 0."""
        return self.nonnegative and self.nonzero


UNKNOWN = Facts()
MASKS = {"step", "sign", "zero", "equal", "ahead", "greater", "at_least", "where", "put"} | {
    *("pad", "tril", "triu", "on_diagonal", "overlap"),
}
LINEAR = {
    *("add", "sub", "mul", "div", "neg", "weigh", "matmul", "weigh_matmul", "einsum", "weigh_einsum"),
    *("sum_to", "cast", "concatenate", "sum", "mean"),
}
SAME = {"same", "swap", "transpose", "reshape", "broadcast", "take", "max", "min", "cast", "put"} | {
    *("pad", "flip", "roll", "sort", "sort_by", "unsort", "diagonal", "on_diagonal", "tril", "triu", "windows"),
}
SUMS = {"add", "sum", "mean", "sum_to", "dot", "matmul", "weigh_matmul", "einsum", "weigh_einsum", "overlap"}
PRODUCTS = {"matmul", "weigh_matmul", "einsum", "weigh_einsum", "overlap"}  # which may be 0 where no number is
POSITIVE = {"exp", "cosh", "sigmoid", "softplus", "erfc", "softmax"}
NOT_NEGATIVE = {
    "abs",
    "relu",
    "sqrt",
    "hypot",
    "squared_error",
    "step",
    "zero",
    "equal",
    "ahead",
    "greater",
    "at_least",
}
ONLY_ZERO_AT_ZERO = {"abs", "neg", "sqrt", "cbrt", "mul", "weigh", "div", "prod", "sinh", "tanh", "atan", "asinh"}
OVERFLOWS = {"exp", "expm1", "sinh", "cosh", "acosh", "asin", "acos", "atanh", "logit", "cross_entropy"}
STEEP = {"asin", "acos", "acosh", "atanh", "logit"}  # at the ends of their domains


def of_number(x: Any) -> Facts:
    """Return what is known of a constant, a number or an array."""
    finite, held = bool(np.isfinite(x).all()), np.asarray(x)
    return Facts(bool((held >= 0).all()), bool((held != 0).all()), wild=not finite)


def facts_of(op: Any, terms: Sequence[Any]) -> Facts:
    """Return what is known of an operation on terms."""
    name, held = op.name, op.held
    xs = [x.facts for x in terms]
    masked = name in MASKS or ((name in LINEAR or name in SAME) and any(x.masked for x in xs))
    wild = any(x.wild for x in xs) or name in OVERFLOWS or singular(name, held, xs)
    nonnegative, nonzero = sign_of(name, held, terms, xs)
    return Facts(nonnegative, nonzero, masked, wild, any(x.steep for x in xs))


def sign_of(name: str, held: Any, terms: Sequence[Any], xs: Sequence[Facts]) -> tuple[bool, bool]:
    """Return whether the results are all ≥ 0, and all ≠ 0."""
    if name in POSITIVE:
        return True, True
    if name in ("pow", "clip") and held:
        if name == "clip":
            return held[0] >= 0, held[0] > 0
        return xs[0].nonnegative or held[0] % 2 == 0, xs[0].nonzero
    if name in SUMS or name == "logsumexp":
        nonnegative = name != "logsumexp" and all(x.nonnegative for x in xs)
        return nonnegative, nonnegative and name not in PRODUCTS and any(x.nonzero for x in xs)
    if name == "sub":  # 1 − σ(z)
        below = terms[0].op is None and terms[1].op is not None and terms[1].op.name in ("sigmoid", "softmax")
        above = below and isinstance(terms[0].value, (int, float)) and terms[0].value >= 1
        return above, above
    if name in ("maximum", "minimum", "where"):
        chosen = [x.nonnegative for x in xs[-2:]], [x.nonzero for x in xs[-2:]]
        some = any(x.positive for x in xs)
        return any(chosen[0]) if name == "maximum" else all(chosen[0]), all(chosen[1]) or (name == "maximum" and some)
    nonnegative = name in NOT_NEGATIVE or (
        name in SAME | {"mul", "weigh", "div", "prod", "concatenate"}
        and (all(x.nonnegative for x in xs) or (name == "mul" and terms[0] is terms[1]))
    )
    return nonnegative, (name in ONLY_ZERO_AT_ZERO or (name in SAME and name not in MASKS)) and all(
        x.nonzero for x in xs
    )


def singular(name: str, held: Any, xs: Sequence[Facts]) -> bool:
    """Whether the value may be ∞ or NaN because of where the arguments are."""
    if name == "div":
        return not xs[1].nonzero
    if name in ("log", "log2", "log10"):
        return not xs[0].positive
    if name in ("sqrt", "log1p"):
        return not xs[0].nonnegative
    if name == "pow":
        if not held:
            return not xs[0].positive
        whole = float(held[0]).is_integer()
        return not ((whole or xs[0].nonnegative) and (held[0] >= 0 or xs[0].nonzero))
    return False


def is_steep(op: Any, terms: Sequence[Any]) -> bool:
    """Whether a slope of an operation may be ∞, or NaN, at arguments where its value is a limit or finite."""
    name, xs = op.name, [x.facts for x in terms]
    if name in ("sqrt", "log", "log2", "log10"):
        return not xs[0].positive
    if name == "cbrt":
        return not xs[0].nonzero
    if name == "log1p":
        return not xs[0].nonnegative
    if name == "pow":
        whole = bool(op.held) and (op.held[0] > 1 or op.held[0] == 0)
        return not (whole or xs[0].positive)
    return name in STEEP


def needs_guard(x: Facts, y: Facts) -> bool:
    """Whether a product of a backward pass may be 0 · ∞ where the sweep says 0."""
    return guards(x, y) or guards(y, x)


def guards(zero: Facts, infinite: Facts) -> bool:
    """Whether the first may be 0 where the second is infinite: in a branch not taken, or beside an infinite slope."""
    return (zero.masked and infinite.wild) or (infinite.steep and not zero.nonzero)


def may_meet(x: Facts, y: Facts) -> bool:
    """Whether one factor may be 0 and the other not finite."""
    return (not x.nonzero and (y.wild or y.steep)) or (not y.nonzero and (x.wild or x.steep))
