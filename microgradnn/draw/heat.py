"""Arrays as small maps of colours: what is negative is blue, what is positive orange, nothing is white.

The colours are those of Okabe and Ito, which the colour-blind tell apart. Pure: an array in, an SVG element out.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray

from ..graph.structure import is_array
from .boxes import Box

FEWEST = 7  # numbers; fewer are written out
ROWS, COLUMNS = 8, 16  # cells at most; each is the mean of what it stands for
WIDTH, HEIGHT, GAP = 46.0, 22.0, 6.0  # points, of one map; between that of the value and that of the gradient
NEGATIVE, POSITIVE, UNKNOWN = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), "#999999"
SHADES = 6  # of a colour


def has_map(box: Box) -> bool:
    """Whether a box has so many numbers that they are not written out."""
    return box.node is not None and is_array(box.node) and np.size(box.node.item()) >= FEWEST


def heat_maps(box: Box, left: float, top: float) -> list[Element]:
    """Return the map of the value of a box, and beside it that of its gradient where it is shown."""
    found = [heat_map(box.node.item(), "value", left, top)]
    if box.grad:
        found.append(heat_map(box.node.grad_data, "grad", left + WIDTH + GAP, top))
    return found


def heat_map(array: Any, kind: str, left: float, top: float) -> Element:
    """Return the map of an array, its last axis from left to right: one path for each shade."""
    x = cells(np.asarray(array, float))
    known = np.isfinite(x)
    most = largest = float(np.abs(x[known]).max(initial=0.0))
    shade = np.zeros(x.shape, int)
    if most < 1e-300:  # an old NumPy warns of the quotient of numbers that are hardly any
        x, most = x * 2.0**100, most * 2.0**100
    shade[known] = np.rint(x[known] / most * SHADES) if most else 0
    high, wide = min(HEIGHT / x.shape[0], 9.0), min(WIDTH / x.shape[1], 9.0)
    group = Element("g", {"class": f"heat {kind}"})
    title = SubElement(group, "title")
    title.text = f"{kind}: blue is negative, orange positive; the darkest is ±{largest:.3g}"
    places: dict[str, list[str]] = {}
    for (i, j), k in np.ndenumerate(shade):
        colour = mix_colour(int(k)) if known[i, j] else UNKNOWN
        places.setdefault(colour, []).append(
            f"M{left + j * wide:.1f} {top + i * high:.1f}h{wide:.1f}v{high:.1f}h-{wide:.1f}z"
        )
    for colour in sorted(places):
        SubElement(group, "path", {"fill": colour, "stroke": "none", "d": "".join(places[colour])})
    frame = {
        "x": f"{left:.1f}",
        "y": f"{top:.1f}",
        "width": f"{wide * x.shape[1]:.1f}",
        "height": f"{high * x.shape[0]:.1f}",
    }
    SubElement(group, "rect", frame | {"fill": "none", "stroke": "#8A8A8A", "stroke-width": "0.5"})
    return group


def cells(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as a table of few cells, each the mean of neighbours."""
    table = array.reshape(-1, array.shape[-1])
    for axis, most in ((0, ROWS), (1, COLUMNS)):
        if table.shape[axis] > most:
            with np.errstate(all="ignore"):
                table = np.stack([part.mean(axis) for part in np.array_split(table, most, axis)], axis)
    return table


def mix_colour(shade: int) -> str:
    """Return a colour between white and that of the sign."""
    pure = POSITIVE if shade > 0 else NEGATIVE
    return "#" + "".join(f"{round(255 + (part - 255) * abs(shade) / SHADES):02X}" for part in pure)
