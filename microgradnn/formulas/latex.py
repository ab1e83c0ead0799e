"""Lines of Python in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..rules.notation import latex_name
from .listing import Line


def latex(lines: Sequence[Line]) -> str:
    """Return lines in LaTeX, as an `aligned` block."""
    rows = [f"{tex(line.name)} &= {tex(line.formula)}" for line in lines]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def tex(code: str) -> str:
    r"""Write a formula of the program in LaTeX, in letters as the notes have them: W2.T @ dZ2 as W_2^\top dZ_2."""
    text = code.replace("np.", "").replace("**", "^")
    text = re.sub(r"\^(-?\d+(\.\d+)?)", r"^{\1}", text)
    text = re.sub(r"(\.?)\b([^\W\d]\w*)(?=(\(?))", lambda found: found[1] + word(*found.groups()), text)
    return text.replace(".T", r"^\top").replace(" @ ", r"\,").replace(" * ", r" \odot ")


def word(dot: str, name: str, bracket: str) -> str:
    """Write a word of a formula: a variable, dZ2 with its d before it, or what is set upright."""
    if dot:
        return name
    if name in ("True", "False"):
        return rf"\text{{{name.lower()}}}"
    if bracket or name in ("axis", "keepdims"):
        return rf"\operatorname{{{name}}}".replace("_", r"\_")
    after_d = latex_name(name[1:]) if name[0] == "d" and len(name) > 1 else "\\"
    return latex_name(name) if after_d.startswith("\\") else f"d{after_d}"
