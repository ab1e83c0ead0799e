"""How each operation is spelled in a style: NumPy, plain Python, C or JavaScript."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from .translation import LANGUAGES

Style = Literal["numpy", "python", "c", "javascript"]


SMALL = 20  # numbers of an unnamed array that are written out; a larger one becomes an input
LONGEST = 60  # characters of an unnamed part that is folded into the line that uses it

# How the rows are spelled where NumPy's name for the function, or a helper's, is not all there is to say.
ARITHMETIC = {
    "add": ("{x:sum} + {y:product}", "sum"),
    "sub": ("{x:sum} - {y:product}", "sum"),
    "mul": ("{x:product} * {y:power}", "product"),
    "div": ("{x:product} / {y:power}", "product"),
    "neg": ("-{x:product}", "sum"),
    "same": ("{x:atom}", "atom"),
}
SQUARED_ERROR = ("({x:sum} - {y:product}) * ({x:sum} - {y:product}) / 2", "product")
CODE: dict[Style, dict[str, tuple[str, str]]] = {
    "numpy": ARITHMETIC
    | {
        "pow": ("{x:atom}**{y:atom}", "power"),
        "relu": ("np.maximum({x}, 0)", "atom"),
        "leaky_relu": ("np.where({x:sum} > 0, {x}, {y:product} * {x:power})", "atom"),
        "where": ("np.where({x}, {y}, {z})", "atom"),
        "squared_error": ("({x:sum} - {y:product})**2 / 2", "product"),
    },
    "python": ARITHMETIC
    | {
        "step": ("float({x} > 0)", "atom"),
        "relu": ("({x} if {x} > 0 or {x} != {x} else 0.0)", "atom"),
    },
    "c": ARITHMETIC | {"squared_error": SQUARED_ERROR},
    "javascript": ARITHMETIC | {"squared_error": SQUARED_ERROR},
}
READ_TWICE = {"python": {"relu"}}  # rows whose operand is given a name, since it stands there more than once
FACTORS = {  # in a product: true is 1
    "step": "({x} > 0)",
    "equal": "({x} == {y})",
    "zero": "({x} == 0)",
    "greater": "({x:sum} > {y:sum})",
    "at_least": "({x:sum} >= {y:sum})",
}


def number(x: Any, style: Style) -> str:
    """Write a number so that Python reads the same one."""
    if isinstance(x, float) and not math.isfinite(x):
        if style in LANGUAGES:
            language = LANGUAGES[style]
            return language.nan if x != x else f"{'-' if x < 0 else ''}{language.infinity}"
        home = "np" if style == "numpy" else "math"
        return f"{home}.nan" if x != x else f"{'-' if x < 0 else ''}{home}.inf"
    if style == "c" or (style == "javascript" and abs(x) >= 2**53):
        return repr(float(x))
    return repr(x)


def numbers(x: Any) -> str:
    """Write numbers, or lists of them, for NumPy."""
    return f"[{', '.join(map(numbers, x))}]" if isinstance(x, list) else number(x, "numpy")


def array_text(x: Any) -> tuple[str, str]:
    """Write an array for NumPy, and how it binds: a multiple of an identity matrix, or of ones, in a word."""
    first = float(x.flat[0])
    if has_word(x) and x.size > SMALL and np.all(x == first):
        return f"np.full({tuple(x.shape)}, {numbers(first)})", "atom"
    if has_word(x) and first != 0 and x.ndim == 2 and len(x) > 1 and x[1, 0] == 0:
        return (f"np.eye({len(x)})", "atom") if first == 1 else (f"{numbers(first)} * np.eye({len(x)})", "product")
    return f"np.array({numbers(x.tolist())})", "atom"


def has_word(x: Any) -> bool:
    """Whether an array is a positive multiple of an identity matrix, or has the same number everywhere."""
    if x.size < 2:
        return False
    first = x.flat[0]
    if x[(0,) * (x.ndim - 1)][-1] == first:
        return bool(np.all(x == first) and (first != 0 or not np.signbit(x).any()))
    square = x.ndim == 2 and len(x) == x.shape[1] and first > 0 and not np.signbit(x).any()
    return bool(square and np.array_equal(x, first * np.eye(len(x))))


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape; a number has none."""
    return repr(tuple(shape)) if shape else "a number"
