"""A laid out SVG as PNG or PDF, by libraries that pip installs: where the system has no Graphviz.

Neither knows the fonts of this machine, so both are given DejaVu Sans, which Matplotlib brings. PNG is drawn by resvg,
which keeps a text within the width that is written beside it; PDF by svglib and ReportLab, which do not: there letters
are made smaller by as much as they are wider than those that the boxes were measured for.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from ..errors import RendererMissing, RenderError
from .render import INSTALL
from .svg import LIGHT

ZOOM = 2.0  # pixels a point
NARROWER = 0.86  # of the letters of Arial beside those of DejaVu Sans
FAMILY = "DejaVu Sans"


def convert(svg: str, format: str) -> bytes:
    """Return a picture of `svg`, on white, in a format: png or pdf.

    Raises RendererMissing where the libraries are not installed (`pip install "microgradnn[pictures]"`), and
    RenderError where they refuse it.
    """
    svg = re.sub(r'<tspan display="none">.*?</tspan>', "", svg)  # resvg counts its letters all the same
    try:
        import matplotlib

        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
        return to_png(svg, fonts) if format == "png" else to_pdf(svg, fonts)
    except ImportError as error:
        raise RendererMissing(
            f'{format} needs pip install "microgradnn[pictures]" ({error.name} is missing), or Graphviz\'s dot, '
            f"which is not on PATH ({INSTALL}); svg works without"
        ) from error
    except ValueError as error:
        raise RenderError(f"the picture could not be made a {format}: {error}") from error


def to_png(svg: str, font: Path) -> bytes:
    """Return it in PNG, of two pixels a point."""
    import resvg_py

    picture = resvg_py.svg_to_bytes(
        svg_string=re.sub(r'(?<=\d)pt"', '"', svg),  # it knows no points
        zoom=ZOOM,
        background="white",
        skip_system_fonts=True,
        font_files=[str(font)],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )
    return bytes(picture)


def to_pdf(svg: str, font: Path) -> bytes:
    """Return it in PDF, with its letters as letters."""
    from reportlab.graphics import renderPDF
    from svglib.fonts import register_font
    from svglib.svglib import svg2rlg

    register_font(FAMILY, str(font))
    svg = re.sub(r"<style>.*?</style>| style=\"min-width[^\"]*\"", "", svg, flags=re.DOTALL)
    for name, colour in re.findall(r"\.(\w+) { fill: (#\w+) }", LIGHT):
        svg = svg.replace(f'class="{name}"', f'class="{name}" fill="{colour}"')
    svg = re.sub(r'font-family="[^"]*"', f'font-family="{FAMILY}"', svg)
    svg = re.sub(r'font-size="([\d.]+)"', lambda size: f'font-size="{float(size[1]) * NARROWER:.2f}"', svg)
    drawing = svg2rlg(io.BytesIO(svg.encode()))
    if drawing is None:
        raise ValueError("svglib could not read it")
    return bytes(renderPDF.drawToString(drawing, invariant=1))
