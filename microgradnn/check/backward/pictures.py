"""A report as HTML: each gradient a small picture of its array, what is wrong in it coloured by sign and size."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ...engine.tensor import Array

if TYPE_CHECKING:
    from .report import BackwardReport, Checked

MOST = 32  # rows and columns of a picture
CELL = 12
MORE, LESS, FINE, UNSEEN = "#d55e00", "#0072b2", "#00994422", "#80808022"


def flat_picture(x: Array) -> Array:
    """Return an array of any shape as rows and columns, no more than are shown."""
    if x.ndim < 2:
        return x.reshape(1, -1)[:, :MOST] if x.ndim else x.reshape(1, 1)
    return x.reshape(-1, x.shape[-1])[:MOST, :MOST]


def draw_array(entry: Checked) -> str:
    """Return the picture of one gradient as SVG: orange is too much, blue too little, green right."""
    if entry.gradient is None or entry.gradient.shape != entry.right.shape:
        return "<i>the shape is wrong</i>"
    off = np.where(entry.wrong, entry.gradient - entry.right, 0.0)
    scale = float(np.nanmax(np.abs(np.nan_to_num(off)), initial=0.0)) or 1.0
    cells = []
    rows = zip(*(flat_picture(x) for x in (entry.wrong, off, entry.gradient, entry.right)), strict=True)
    for i, row in enumerate(rows):
        for j, (wrong, difference, mine, right) in enumerate(zip(*row, strict=True)):
            colour, opacity = FINE if np.isfinite(right) else UNSEEN, 1.0
            if wrong:
                colour = MORE if difference > 0 or difference != difference else LESS
                opacity = 0.25 + 0.75 * min(abs(float(difference)) / scale, 1.0) if np.isfinite(difference) else 1.0
            title = f"yours {mine:.6g}, right {right:.6g}" if np.isfinite(right) else f"yours {mine:.6g}, not looked at"
            place = f'x="{j * CELL}" y="{i * CELL}" width="{CELL - 1}" height="{CELL - 1}"'
            cells.append(f'<rect {place} fill="{colour}" fill-opacity="{opacity:.2f}"><title>{title}</title></rect>')
    height, width = flat_picture(entry.wrong).shape
    size = f'width="{width * CELL}" height="{height * CELL}" viewBox="0 0 {width * CELL} {height * CELL}"'
    size += ' style="max-width:100%;height:auto"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{"".join(cells)}</svg>'


def verdict(entry: Checked) -> str:
    """Say right or wrong, and how."""
    how = "" if entry.text == "is wrong" else f": it {escape(entry.text)}"
    return "right" if entry.ok else f"<b>wrong</b>{how}"


def to_html(report: BackwardReport) -> str:
    """Return the report as HTML, for a notebook."""
    rows = [
        f'<tr><td style="text-align:left"><code>{escape(entry.title)}</code></td>'
        f'<td style="text-align:left">{verdict(entry)}</td>'
        f"<td>{draw_array(entry)}</td></tr>"
        for entry in report.entries
    ]
    found = [
        f"<li>{escape(finding.text)}"
        + (f"<br>line {finding.line}: <code>{escape(finding.quoted)}</code>" if finding.line is not None else "")
        + (f"<br>right would be: <code>{escape(finding.right)}</code>" if finding.right else "")
        + "</li>"
        for finding in report.findings
    ]
    notes = "".join(f"<p><i>{escape(note)}</i></p>" for note in report.notes)
    legend = "" if report.ok else "<p><small>orange: too large, blue: too small, green: right</small></p>"
    listed = f"<ol>{''.join(found)}</ol>" if found else ""
    return f"<div><p>{escape(report.headline)}</p><table>{''.join(rows)}</table>{legend}{listed}{notes}</div>"
