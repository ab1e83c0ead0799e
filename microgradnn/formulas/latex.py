"""Lines of Python in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .listing import Line


def latex(lines: Sequence[Line]) -> str:
    """Return lines in LaTeX, as an `aligned` block."""
    rows = [f"{tex(line.name)} &= {tex(line.formula)}" for line in lines]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def tex(code: str) -> str:
    r"""Write a formula of the program in LaTeX, in letters as the notes have them: W2.T @ dZ2 as W_2^\top dZ_2."""
    text = code.replace("np.", "").replace("**", "^")
    text = re.sub(r"([A-Za-z]+)(\d+)\b", r"\1_{\2}", text)
    text = re.sub(r"\^(-?\d+(\.\d+)?)", r"^{\1}", text).replace(".T", r"^\top")
    text = text.replace(" @ ", r"\,").replace(" * ", r" \odot ")
    names = (
        "exp",
        "log",
        "tanh",
        "maximum",
        "minimum",
        "sum",
        "mean",
        "sigmoid",
        "sqrt",
        "sin",
        "cos",
        "axis",
        "keepdims",
    )
    for name in names:
        text = re.sub(rf"\b{name}\b", rf"\\operatorname{{{name}}}", text)
    return text.replace("True", r"\text{true}")
