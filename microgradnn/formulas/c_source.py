"""A derivation in C, for programs that have no Python: one self-contained source for graphs of Values, and a header.

The formulas are those of the derivation, and what the rows are worth is translated from `numerics`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .translation import LANGUAGES, c_function, find_helpers

NAME = re.compile(r"(?<![\w.$])[^\W\d]\w*(?![\w(.])")  # of a variable: no function, and no exponent of a number


def rename(formula: str, new: Mapping[str, str]) -> str:
    """Return a formula with other names for its variables."""
    return NAME.sub(lambda found: new.get(found[0], found[0]), formula)


def c_source(
    name: str,
    inputs: Sequence[str],
    wrt: Sequence[str],
    lines: Sequence[tuple[str, str]],
    result: str,
    helpers: Mapping[str, Callable[..., Any]],
) -> str:
    """Return a C function of the inputs, which returns the value and writes the gradients.

    `double NAME(const double *in, double *gradients)`: `in` has the inputs in order, `gradients` room for
    one number for each of `wrt`. A loop over many examples follows, as `NAME_batch`. `helpers` are the functions that
    the lines call. Variables end in an underscore, since any other name may be a keyword or a macro of C.
    """
    variables = {*inputs, *(target for target, _ in lines)}
    new = {x: f"{x}_" for x in variables}

    def in_c(formula: str) -> str:
        return rename(formula, new)

    taken = [f"    const double {x}_ = in[{i}];" for i, x in enumerate(inputs)]
    body = [f"    const double {target}_ = {in_c(formula)};" for target, formula in lines]
    given = [f"    gradients[{i}] = d{x}_;" for i, x in enumerate(wrt)]
    parts = [
        f"/* {result} and its gradients by {', '.join(wrt)}, for the inputs {', '.join(inputs)}. */",
        "#include <math.h>",
        "",
        *map(c_function, find_helpers(helpers)),
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


def c_header(name: str, inputs: Sequence[str], wrt: Sequence[str], result: str) -> str:
    """Return the header of what `c_source` gives, for C and C++."""
    return f"""\
#ifndef {name.upper()}_H
#define {name.upper()}_H

#ifdef __cplusplus
extern "C" {{
#endif

enum {{ {name.upper()}_INPUTS = {len(inputs)}, {name.upper()}_GRADIENTS = {len(wrt)} }};

/* Return {result} of in: {", ".join(inputs)}.
   Write its gradients by {", ".join(wrt)}. */
double {name}(const double *in, double *gradients);

/* For m examples: input i of example k is in[i][k * step[i]], with step 0 where all share one number;
   the gradient in it is added to gradients[i][k * into[i]]. */
void {name}_batch(long m, const double **in, const long *step, double *values, double **gradients,
    const long *into);

#ifdef __cplusplus
}}
#endif

#endif
"""


def c_test(name: str, what: Sequence[str], at: Sequence[float], expected: Sequence[float]) -> str:
    """Return a `main` that computes what `c_source` gives, and says which number is not as expected, if any.

    `what` are the names of the value and the gradients, `at` the inputs. What is not finite is not compared. The
    bound is four million roundings: it is for a compiler's mistakes, float for double, or another's libm.
    """
    language = LANGUAGES["c"]

    def numbers(xs: Sequence[float]) -> str:
        texts = {math.inf: language.infinity, -math.inf: f"-{language.infinity}"}
        return ", ".join(language.nan if x != x else texts.get(x, repr(x)) for x in xs) or "0.0"

    return f"""
#ifdef TEST
/* cc -DTEST FILE.c -lm && ./a.out */
#include <stdio.h>

int main(void)
{{
    static const double in[] = {{{numbers(at)}}};
    static const double expected[] = {{{numbers(expected)}}};
    static const char *const what[] = {{{", ".join(f'"{x}"' for x in what)}}};
    double found[{len(expected)}], none[1];
    int wrong = 0;
    found[0] = {name}(in, {"found + 1" if len(expected) > 1 else "none"});
    for (int i = 0; i < {len(expected)}; i++)
        if (isfinite(expected[i]) && !(fabs(found[i] - expected[i]) <= 1e-9 * (1.0 + fabs(expected[i])))) {{
            printf("%s is %.17g, not %.17g\\n", what[i], found[i], expected[i]);
            wrong++;
        }}
    (void)none;
    printf("%d of {len(expected)} numbers are wrong\\n", wrong);
    return wrong != 0;
}}
#endif
"""
