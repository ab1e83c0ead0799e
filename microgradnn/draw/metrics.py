"""How wide a text is, whatever font shows it: the widths of Arial, to which the SVG holds any other.

The letters' widths are those of Helvetica's public metrics (Adobe Font Metrics), which Arial and Liberation Sans share.
"""

from __future__ import annotations

import re
from unicodedata import category, east_asian_width

# In thousandths of the font's size: a width, and the characters that have it.
WIDTHS = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft·",
    333: "()-`r¹²³",
    334: "{}",
    355: '"',
    389: "*",
    400: "°",
    469: "^",
    500: "Jcksvxyz↑↓",
    549: "≤≥≠≈∂",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~×÷−±",
    611: "FTZΣ",
    667: "&ABEKPSVXY",
    690: "π∇",
    713: "∞",
    722: "CDHNRUw",
    778: "GOQ",
    833: "MmΩ½¼¾",
    889: "%",
    944: "W",
    1000: "→←…—",
    1015: "@",
}
WIDTH = {character: width for width, characters in WIDTHS.items() for character in characters}
OTHER, FULL = 620, 1000  # a letter that is not listed; one of East Asia, or a picture


# A letter with an index, as in rules/notation.py: W_hh, h_{t-1}.
INDEX = re.compile(r"(?<!\w)([^\W\d_])(?:(_\{)([^{}\s]{1,12})(\})|(_)([^\W_]{1,12})(?!\w))")
SMALLER = 0.75  # the letters of an index


def text_width(text: str, size: float) -> float:
    """Return the width of `text` in points, at a font size in points; an index is set below the line."""
    indices = "".join(found[3] or found[6] for found in INDEX.finditer(text))
    plain = INDEX.sub(r"\1", text)
    return (sum(map(_thousandths, plain)) + SMALLER * sum(map(_thousandths, indices))) * size / 1000


def _thousandths(character: str) -> int:
    if character in WIDTH:
        return WIDTH[character]
    if category(character) in ("Mn", "Me", "Cf"):  # a mark upon the letter before it
        return 0
    return FULL if east_asian_width(character) in "WF" else OTHER
