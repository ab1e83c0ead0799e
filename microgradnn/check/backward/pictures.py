"""A report as HTML: each wrong gradient a small picture of its array, with the sign and the size of what is off."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...engine.tensor import Array
from ..markup import sections, verdict, wrap

if TYPE_CHECKING:
    from .diagnosis import Mistake
    from .report import BackwardReport, Checked

MOST = 32  # rows and columns of a picture
CELL = 18
MORE, LESS = "#d55e00", "#0072b2"  # told apart by people who see few colours, on white and on black


def flat_picture(x: Array) -> Array:
    """Return an array of any shape as rows and columns, no more than are shown."""
    if x.ndim < 2:
        return x.reshape(1, -1)[:, :MOST] if x.ndim else x.reshape(1, 1)
    return x.reshape(-1, x.shape[-1])[:MOST, :MOST]


def draw_cell(i: int, j: int, mark: str, size: float, title: str) -> str:
    """Return one entry: a frame, and in it + for too large or − for too small, the larger the further it is off."""
    x, y, middle = j * CELL, i * CELL, CELL / 2
    frame = f'<rect x="{x + 0.5}" y="{y + 0.5}" width="{CELL - 1}" height="{CELL - 1}" fill="none"'
    told = f'<g><title>{escape(title)}</title>{frame} stroke="currentColor" stroke-opacity=".35" pointer-events="all"/>'
    if mark == "·":
        told += f'<circle cx="{x + middle}" cy="{y + middle}" r="1" fill="currentColor"/>'
    elif mark:
        side = (CELL - 2) * (0.55 + 0.45 * size)
        colour, half = MORE if mark == "+" else LESS, side / 2
        place = f'x="{x + middle - half:.1f}" y="{y + middle - half:.1f}" width="{side:.1f}" height="{side:.1f}"'
        told += f'<rect {place} fill="{colour}"/>'
        arm = side * 0.3
        told += f'<path d="M{x + middle - arm:.1f} {y + middle}h{2 * arm:.1f}'
        told += f"M{x + middle} {y + middle - arm:.1f}v{2 * arm:.1f}" if mark == "+" else ""
        told += '" stroke="#fff" stroke-width="1.6"/>'
    return told + "</g>"


def draw_array(entry: Checked) -> str:
    """Return the picture of one gradient as SVG."""
    if entry.gradient is None or entry.gradient.shape != entry.right.shape:
        return ""
    off = np.where(entry.wrong, entry.gradient - entry.right, 0.0)
    scale = float(np.nanmax(np.abs(np.nan_to_num(off)), initial=0.0)) or 1.0
    cells = []
    rows = zip(*(flat_picture(x) for x in (entry.wrong, off, entry.gradient, entry.right)), strict=True)
    for i, row in enumerate(rows):
        for j, (wrong, difference, mine, right) in enumerate(zip(*row, strict=True)):
            size = min(abs(float(difference)) / scale, 1.0) if np.isfinite(difference) else 1.0
            seen = bool(np.isfinite(right))
            mark = ("−" if difference < 0 else "+") if wrong else "" if seen else "·"
            title = f"yours {mine:.6g}, right {right:.6g}" if seen else f"yours {mine:.6g}, not looked at"
            cells.append(draw_cell(i, j, mark, size, title))
    height, width = (n * CELL for n in flat_picture(entry.wrong).shape)
    shape = " × ".join(map(str, entry.right.shape)) or "a number"
    about = f"{entry.title}, {shape}: {int(entry.wrong.sum())} of {entry.wrong.size} entries wrong"
    size_of = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size_of} role="img" aria-label="{escape(about)}">'
    return f"{head}{''.join(cells)}</svg>"


def tell_entry(report: BackwardReport, entry: Checked) -> str:
    """Say right or wrong, how, and which of the mistakes below it is; of a wrong one with its picture."""
    if entry.ok:
        return verdict(True, "right", "")
    numbers = [str(i) for i, finding in enumerate(report.findings, 1) if entry.name in finding.names]
    text = entry.text.split(": ")[0] if report.is_explained(entry) else entry.text  # why is said below
    how = "" if text == "is wrong" else f": it {escape(text)}"
    where = f" ({'mistake' if len(numbers) == 1 else 'mistakes'} {' and '.join(numbers)} below)" if numbers else ""
    picture = draw_array(entry)
    shape = entry.right.shape
    cut = max(shape, default=1) > MOST or int(np.prod(shape[:-1])) > MOST
    cut_text = f"<p><small>the first {MOST} rows and columns</small></p>" if picture and cut else ""
    return f"<p>{verdict(False, '', 'wrong')}{how}{where}</p>{picture}{cut_text}"


def tell_finding(finding: Mistake) -> str:
    """Return one mistake: what it is, the user's line, and what would be right there."""
    told = f"<li>{escape(finding.text)}"
    if finding.line is not None:
        told += f"<p>{escape(Path(finding.file).name)}, line {finding.line}:</p><pre>{escape(finding.quoted)}</pre>"
    if finding.right:
        told += f"<p>right would be:</p><pre>{escape(finding.right)}</pre>"
    return f"{told}</li>"


def legend() -> str:
    """Return what the marks in the pictures mean."""
    marks = (("+", "too large"), ("−", "too small"), ("", "right"), ("·", "not looked at"))
    size = f'width="{CELL}" height="{CELL}" viewBox="0 0 {CELL} {CELL}"'
    cells = [(draw_cell(0, 0, mark, 1.0, told), told) for mark, told in marks]
    shown = [f'<svg {size} aria-hidden="true">{cell}</svg> {told}' for cell, told in cells]
    return f"<p><small>{' &ensp; '.join(shown)}; the larger the mark, the further off</small></p>"


def to_html(report: BackwardReport) -> str:
    """Return the report as HTML, for a notebook."""
    rows = [(f"<code>{escape(entry.title)}</code>", tell_entry(report, entry)) for entry in report.entries]
    pictured = any(not entry.ok and draw_array(entry) for entry in report.entries)
    body = f"<p><b>{escape(report.headline)}</b></p>{sections(rows)}{legend() if pictured else ''}"
    if report.findings:
        body += f"<section><b>What is wrong</b><ol>{''.join(map(tell_finding, report.findings))}</ol></section>"
    body += "".join(f"<p>Note: {escape(note)}</p>" for note in report.notes)
    return wrap(body)
