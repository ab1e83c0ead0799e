"""A derivation in JavaScript, for pages: one self-contained source for graphs of Values.

The formulas are those of the derivation, and what the rows are worth is translated from `numerics`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .c_source import rename
from .translation import JAVASCRIPT, find_helpers, javascript_function

# What is no name for a variable; those that Python does not allow either are left out.
RESERVED = {
    *("arguments", "case", "catch", "const", "debugger", "default", "delete", "do", "enum", "eval", "export"),
    *("extends", "false", "function", "implements", "Infinity", "instanceof", "interface", "let", "Math"),
    *("NaN", "new", "null", "Number", "Object", "package", "private", "protected", "public", "static", "super"),
    *("switch", "this", "throw", "true", "typeof", "undefined", "var", "void"),
}

# Functions of Python's `math`, and its power, that JavaScript lacks or has otherwise.
OTHERWISE = {
    "$pow": "(x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y))",
    "$math_exp2": "(x) => Math.pow(2, x)",
    "$math_fmod": "(x, y) => x % y",
    "$math_copysign": "(x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x))",
    "$math_isinf": "(x) => Math.abs(x) === Infinity",
    "$math_isnan": "(x) => x !== x",
    "$math_isfinite": "(x) => Number.isFinite(x)",
}


def javascript_source(
    name: str,
    inputs: Sequence[str],
    wrt: Sequence[str],
    lines: Sequence[tuple[str, str]],
    result: str,
    helpers: Mapping[str, Callable[..., Any]],
) -> str:
    """Return a JavaScript function of the inputs, which returns the value and, in an array, the gradients.

    `helpers` are the functions that the lines call. A variable whose name JavaScript takes for itself ends in $.
    """
    known = [*inputs, *(target for target, _ in lines)]
    new = {x: f"{x}$" for x in known if x in RESERVED}
    gradients = ", ".join(new.get(f"d{x}", f"d{x}") for x in wrt)
    body = [
        f"function {name}({', '.join(new.get(x, x) for x in inputs)}) {{",
        *(f"  const {new.get(target, target)} = {rename(formula, new)};" for target, formula in lines),
        f"  return [{rename(result, new)}, [{gradients}]];",
        "}",
    ]
    return "\n".join(
        [
            f"// {result} and its gradients by {', '.join(wrt)}, for the inputs {', '.join(inputs)}.",
            *library("\n".join(body), helpers),
            *body,
            "",
        ]
    )


def library(code: str, helpers: Mapping[str, Callable[..., Any]]) -> list[str]:
    """Return the functions that code calls and JavaScript does not have."""
    ours = [javascript_function(one) for one in find_helpers(helpers, JAVASCRIPT.lacking)]
    whole = "\n".join([code, *ours])
    return [*(f"const {name} = {function};" for name, function in OTHERWISE.items() if f"{name}(" in whole), *ours]
