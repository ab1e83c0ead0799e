r"""A laid out picture in TikZ, for papers: `\input{J.tex}` where `\usepackage{tikz}` is.

Pure: the SVG of a picture in, text out. Positions are those of the SVG; whatever comes from a user is escaped, and
signs are those of mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ..rules.notation import LATEX

HEAD = r"""% needs \usepackage{tikz}; letters beyond Latin and Greek need XeLaTeX or LuaLaTeX
\begin{tikzpicture}[x=1bp,y=1bp,line cap=round,every node/.style={inner sep=0pt,outer sep=0pt,anchor=base west}]
"""
# A character, and what it is in mathematics.
TABLE = r"""
− - × \times · \cdot ÷ \div ± \pm ∂ \partial ∇ \nabla ∞ \infty √ \surd ‖ \| … \dots → \to ← \leftarrow ↑ \uparrow
↓ \downarrow ≤ \le ≥ \ge ≠ \ne ≈ \approx ⌊ \lfloor ⌋ \rfloor ⌈ \lceil ⌉ \rceil ½ \frac12 < < > > | | ⁻ ^{-} ° ^\circ
α \alpha β \beta γ \gamma δ \delta ε \varepsilon ζ \zeta η \eta θ \theta ι \iota κ \kappa λ \lambda μ \mu ν \nu ξ \xi
π \pi ρ \rho ς \varsigma σ \sigma τ \tau υ \upsilon φ \varphi χ \chi ψ \psi ω \omega
Γ \Gamma Δ \Delta Θ \Theta Λ \Lambda Ξ \Xi Π \Pi Σ \Sigma Υ \Upsilon Φ \Phi Ψ \Psi Ω \Omega
"""
WRITTEN = dict(zip(TABLE.split()[::2], TABLE.split()[1::2], strict=True))
WRITTEN |= {sign: f"^{i}" for i, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
WRITTEN |= {sign: f"_{i}" for i, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}
COLOURS = {"value": "#005A8C", "grad": "#A33B00"}  # those of svg.py


def to_tikz(svg: str) -> str:
    """Return the picture as a tikzpicture, the same from run to run."""
    graph = next(group for group in ElementTree.fromstring(svg).iter() if group.get("class") == "graph")
    lines = [line for group in graph if plain(group.tag) in ("g", "text") for line in draw(group)]
    return f"{HEAD}{''.join(f'  {line}' + chr(10) for line in lines)}\\end{{tikzpicture}}\n"


def plain(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]


def draw(element: Element) -> Iterator[str]:
    """Yield the lines that draw an element of the SVG and what is in it."""
    kind = plain(element.tag)
    if kind == "g":
        for child in element:
            yield from draw(child)
    elif kind == "text" and (element.text or len(element)):
        x, y = float(element.get("x", "0")), -float(element.get("y", "0"))
        if element.get("text-anchor") == "middle":
            x -= float(element.get("textLength", "0")) / 2
        size = float(element.get("font-size", "10"))
        colour = COLOURS.get(element.get("class", ""), element.get("fill", "#000000"))
        font = rf"\fontsize{{{size:g}}}{{{size * 1.2:g}}}\selectfont\sffamily"
        yield rf"\node[text={as_colour(colour)},font={font}] at ({x:g},{y:g}) {{{fitted(element)}}};"
    elif kind in ("path", "polygon", "polyline", "ellipse"):
        yield from outline(element, kind)


def fitted(text: Element) -> str:
    """Write a text no wider than it is in the SVG: in LaTeX 3 × v is wider than there, and left its box."""
    written, width = pieces(text), text.get("textLength")
    if not width:
        return written
    narrowed = rf"\resizebox{{{width}bp}}{{\height}}{{\usebox0}}"
    return rf"\sbox0{{{written}}}\ifdim\wd0>{width}bp{narrowed}\else\usebox0\fi"


def pieces(text: Element) -> str:
    """Write the pieces of a text, indices below the line."""
    found = [escape(text.text or "")]
    for one in text:
        if one.get("display") != "none":
            written = escape(one.text or "")
            found.append(rf"\textsubscript{{{written}}}" if one.get("class") == "index" else written)
    return "".join(found)


def outline(element: Element, kind: str) -> Iterator[str]:
    """Yield the line that draws a shape."""
    text = element.get("d" if kind == "path" else "points", "")
    points = [(float(x), -float(y)) for x, y in re.findall(r"(-?[\d.]+)[, ](-?[\d.]+)", text)]
    if not points:
        return
    options = []
    for name, key in (("fill", "fill"), ("draw", "stroke")):
        colour = element.get(key, "none")
        if colour not in ("none", "transparent"):
            options.append(f"{name}={as_colour(colour)}")
    options.append(f"line width={float(element.get('stroke-width', '1')):g}bp")
    if element.get("stroke-dasharray"):
        options.append("dash pattern=on 4bp off 2bp")
    at = [f"({x:g},{y:g})" for x, y in points]
    if kind == "path" and points[0] == points[-1]:  # a box with round corners
        (left, low), (right, high) = (tuple(map(pick, zip(*points, strict=True))) for pick in (min, max))
        yield rf"\path[{','.join(options)},rounded corners=6bp] ({left:g},{low:g}) rectangle ({right:g},{high:g});"
        return
    if kind == "path":
        way = at[0] + "".join(f" .. controls {at[i]} and {at[i + 1]} .. {at[i + 2]}" for i in range(1, len(at) - 2, 3))
    else:
        way = " -- ".join(at)
    closed = " -- cycle" if kind == "polygon" else ""
    yield rf"\path[{','.join(options)}] {way}{closed};"


def as_colour(colour: str) -> str:
    """Return a colour of the web as one of xcolor."""
    if not re.fullmatch("#[0-9A-Fa-f]{6}", colour):
        return colour
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def escape(text: str) -> str:
    """Make text mean itself in LaTeX; signs and Greek letters are mathematics."""
    found = []
    for character in normalize("NFC", text.replace("\N{NO-BREAK SPACE}", " ")):
        if character == "-":
            found.append("{-}")  # two are no dash
        elif character in WRITTEN:
            found.append(rf"\ensuremath{{{WRITTEN[character]}}}")
        else:
            found.append(character.translate(LATEX))
    return "".join(found)
