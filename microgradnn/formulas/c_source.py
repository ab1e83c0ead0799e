"""A derivation in C, for programs that have no Python: one self-contained source for graphs of Values.

The formulas are those of the derivation; what stands here is how C spells the rows' values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Rows that C has under another name, or has not: their values, as in calculus.py. No slope stands here.
NAMES = {"abs": "fabs", "minimum": "least", "maximum": "most", "logit": "logit", "sign": "sign"}
IN_MATH_H = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "hypot",
    "log",
    "log10",
    "log1p",
    "log2",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]
HELPERS = {
    "sigmoid": "double sigmoid(double x) { double e = exp(-fabs(x)); return (x >= 0 ? 1 : e) / (1 + e); }",
    "logit": ("double logit(double x) { return x > 0.25 && x < 0.75 ? 2 * atanh(2 * x - 1) : log(x) - log1p(-x); }"),
    "softplus": "double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }",
    "silu": "double silu(double x) { return x * sigmoid(x); }",
    "gelu": "double gelu(double x) { return x * (erfc(-x * sqrt(0.5)) / 2); }",
    "relu": "double relu(double x) { return x > 0 || x != x ? x : 0; }",
    "leaky_relu": "double leaky_relu(double x, double y) { return x > 0 ? x : y * x; }",
    "elu": "double elu(double x, double y) { return x > 0 ? x : y * expm1(x); }",
    "step": "double step(double x) { return x != x ? x : x > 0; }",
    "sign": "double sign(double x) { return x != x ? x : (x > 0) - (x < 0); }",
    "zero": "double zero(double x) { return x != x ? x : x == 0; }",
    "equal": "double equal(double x, double y) { return x != x || y != y ? NAN : x == y; }",
    "ahead": "double ahead(double x, double y) { return x == y ? 0.5 : x != x || y != y ? NAN : x > y; }",
    "greater": "double greater(double x, double y) { return x > y; }",
    "at_least": "double at_least(double x, double y) { return x >= y; }",
    "most": "double most(double x, double y) { return x >= y || x != x ? x : y; }",
    "least": "double least(double x, double y) { return x <= y || x != x ? x : y; }",
    "clip": "double clip(double x, double y, double z) { return y > z ? NAN : least(most(x, y), z); }",
    "where": "double where(double x, double y, double z) { return x != 0 ? y : z; }",
    "weigh": "double weigh(double x, double y) { return x != 0 && y != 0 ? x * y : 0; }",
    "cross_entropy": (
        "double cross_entropy(double x, double y) "
        "{ return 0 - (y != 0 ? y * log(x) : 0) - (y != 1 ? (1 - y) * log1p(-x) : 0); }"
    ),
    "cross_entropy_logits": (
        "double cross_entropy_logits(double x, double y) { return (x > 0 ? x : 0) - x * y + log1p(exp(-fabs(x))); }"
    ),
    "logaddexp": (
        "double logaddexp(double x, double y) { double top = x > y ? x : y; "
        "return isinf(top) || x != x || y != y ? x + y - (isinf(top) ? (x > y ? y : x) : 0) : "
        "top + log(exp(x - top) + exp(y - top)); }"
    ),
}
NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\w|\()")  # of a variable: no function, and no exponent of a number


def function_name(row: str) -> str:
    """Return what a row is called in C."""
    return row if row in IN_MATH_H else NAMES.get(row, row)


def helpers(code: Iterable[str]) -> list[str]:
    """Return the helpers that lines of C need, each after those it needs itself."""
    needed: dict[str, None] = {}

    def need(text: str) -> None:
        for name in re.findall(r"\b(\w+)\(", text):
            if name in HELPERS and name not in needed and not text.startswith(f"double {name}("):
                need(HELPERS[name])
                needed[name] = None

    for line in code:
        need(line)
    return [f"static {HELPERS[name]}" for name in needed]


def c_source(
    name: str,
    inputs: Sequence[str],
    wrt: Sequence[str],
    lines: Sequence[tuple[str, str]],
    result: str,
) -> str:
    """Return a C function of the inputs, which returns the value and writes the gradients.

    `double NAME(const double *in, double *gradients)`: `in` has the inputs in order, `gradients` room for
    one number for each of `wrt`. A loop over many examples follows, as `NAME_batch`. Variables end in an
    underscore, since any other name may be a keyword or a macro of C.
    """
    variables = {*inputs, *(target for target, _ in lines)}

    def in_c(formula: str) -> str:
        return NAME.sub(lambda found: f"{found[0]}_" if found[0] in variables else found[0], formula)

    taken = [f"    const double {x}_ = in[{i}];" for i, x in enumerate(inputs)]
    body = [f"    const double {target}_ = {in_c(formula)};" for target, formula in lines]
    given = [f"    gradients[{i}] = d{x}_;" for i, x in enumerate(wrt)]
    parts = [
        f"/* {result} and its gradients by {', '.join(wrt)}, for the inputs {', '.join(inputs)}. */",
        "#include <math.h>",
        "",
        *helpers(formula for _, formula in lines),
        "",
        f"double {name}(const double *in, double *gradients)",
        "{",
        *taken,
        *body,
        *given,
        f"    return {in_c(result)};",
        "}",
        "",
        "/* For m examples: input i of example k is in[i][k * step[i]], with step 0 where all share one number;",
        "   the gradient in it is added to gradients[i][k * into[i]]. */",
        f"void {name}_batch(long m, const double **in, const long *step, double *values, double **gradients,",
        "    const long *into)",
        "{",
        f"    double x[{len(inputs)}], g[{max(len(wrt), 1)}];",
        "    for (long k = 0; k < m; k++) {",
        f"        for (int i = 0; i < {len(inputs)}; i++) x[i] = in[i][k * step[i]];",
        f"        values[k] = {name}(x, g);",
        f"        for (int i = 0; i < {len(wrt)}; i++) gradients[i][k * into[i]] += g[i];",
        "    }",
        "}",
    ]
    return "\n".join(parts) + "\n"
