"""What names in a backward pass say: which are gradients, which belong together, which are one array."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import numpy as np

from ..source import Scope

DOING = re.compile(r"main|run|train|test|check|plot|save|load|show|fit|print|write|open|download|init|update|step")


OTHERS = (
    "gamma",
    "gain",
    "data",
    "depth",
    "dim",
    "dataset",
    "degree",
    "group",
    "grid",
)  # with a d or a g, and no gradient


def is_derivative(text: str) -> bool:
    """Whether a name looks like that of a gradient."""
    name = text.rpartition(".")[2].lower()
    return name.startswith(("d", "g", "delta", "nabla")) and not name.startswith(OTHERS)


def stem(text: str) -> str:
    """Return what a name says besides d, W and U: of dv, self.Wv and dv_next it is v."""
    name = text.rpartition(".")[2].strip("_'\"]")
    name = name.rpartition("'")[2] if "'" in name else name
    return re.sub(r"^(d|grad_?|[wuvW U]_?)(?=\w)", "", name, flags=re.IGNORECASE).lower()


def belong_together(a: str, b: str) -> bool:
    """Whether two names are those of a gradient and of what it is multiplied by: dv and Wv, den and n."""
    one, other = stem(a), stem(b)
    return bool(one and other) and (one == other or one.endswith(other) or other.endswith(one))


def gradient_like(a: str, b: str) -> bool:
    """Whether one of two names is that of a gradient, and the other is not."""
    return is_derivative(a) != is_derivative(b)


def is_within_reach(text: str, counted: set[str]) -> bool:
    """Whether people would write this here: a name, an attribute, a key; a place in a list only where they count so."""
    base, _, rest = text.rpartition("[")
    return not rest.rstrip("]").lstrip("-").isdigit() or not base or base in counted


def without_aliases(scope: Scope, written: set[str] = frozenset()) -> Scope:  # type: ignore[assignment]
    """Return one name for each array: A1 rather than cache[1], and what is written before what could be."""
    seen: set[int] = set()
    found: Scope = {}
    for text in sorted(scope, key=lambda t: (not t.isidentifier(), not is_derivative(t), t not in written, len(t))):
        x = scope[text]
        if x.ndim and id(x) in seen:
            continue
        seen.add(id(x))
        found[text] = x
    return {text: found[text] for text in scope if text in found}


def is_number(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is known to be a single number: a name, len(x), X.shape[1], 2 * m."""
    text = ast.unparse(node)
    if text in scope:
        return bool(scope[text].ndim == 0)
    if isinstance(node, ast.BinOp):
        return is_number(scope, node.left) and is_number(scope, node.right)
    return isinstance(node, ast.Constant) or text.startswith("len(") or ".shape[" in text or text.endswith(".size")


POWERS = ("", "log", "square", "square root", "reciprocal")  # whose slopes are factors that stand elsewhere too
WORDS = {  # by which a forward pass shows that it has this function
    "tanh": "tanh",
    "sigmoid": "exp sigm expit logistic",
    "relu": "relu maximum where clip >",
    "leaky relu": "leaky maximum where >",
    "elu": "elu exp",
    "softplus": "log1p softplus logaddexp log",
    "square": "**2 square * power",
    "square root": "sqrt **0.5",
    "arctan": "arctan",
    "reciprocal": "/",
    "softmax": "exp softmax",
}


@cache
def is_slope_of(about: str, forward: str) -> bool:
    """Whether the forward pass may have the function whose slope is spoken of: 1 / std is no slope where is no log."""
    text = simple(forward)
    return any(word in text for word in WORDS.get(about, about).split())


@cache
def simple(forward: str) -> str:
    """Return code without spaces and capitals."""
    return forward.replace(" ", "").lower()


@cache
def may_be_meant(about: str, forward: str) -> bool:
    """Whether a slope is worth a try: of a function that forward has, or of any where it seems to have none."""
    shown = any(word in simple(forward) for word in ("tanh", "exp", "sigm", "logistic", "relu", "maximum", "sin("))
    return about in POWERS or not shown or is_slope_of(about, forward)


def is_share(x: Any, ends: bool) -> bool:
    """Whether all numbers lie between 0 and 1: labels, or what a sigmoid gives."""
    return bool(np.all((x >= 0) & (x <= 1)) if ends else np.all((x > 0) & (x < 1)))


def write_transpose(text: str, x: Any, turn: bool, module: str) -> str:
    """Write an array, or its transpose in the last two axes."""
    return text if not turn else f"{text}.T" if x.ndim == 2 else f"{module}.swapaxes({text}, -1, -2)"
