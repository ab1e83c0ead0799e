"""How wide a text is, whatever font shows it: the widths of Arial, to which the SVG holds any other.

The letters' widths are those of Helvetica's public metrics (Adobe Font Metrics), which Arial and Liberation Sans share.
"""

from __future__ import annotations

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


def text_width(text: str, size: float) -> float:
    """Return the width of `text` in points, at a font size in points."""
    return sum(map(_thousandths, text)) * size / 1000


def _thousandths(character: str) -> int:
    if character in WIDTH:
        return WIDTH[character]
    if category(character) in ("Mn", "Me", "Cf"):  # a mark upon the letter before it
        return 0
    return FULL if east_asian_width(character) in "WF" else OTHER
