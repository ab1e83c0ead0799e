"""What is said of a backward pass: text as a tutor would write it, and HTML with pictures of the arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...engine.tensor import Array
from ..markup import save_report
from .diagnosis import Mistake
from .notation import gradient_of, list_names
from .pictures import to_html

SHOWN = 3  # entries of a wrong gradient


@dataclass(frozen=True)
class Checked:
    """One gradient that was claimed, and the right one."""

    name: str
    gradient: Array | None
    right: Array  # NaN where it was not looked at
    wrong: Array  # where
    ok: bool
    text: str  # how it is wrong

    @property
    def title(self) -> str:
        """The gradient's name: dW1 for W1."""
        return gradient_of(self.name)

    @property
    def untold(self) -> bool:
        """Whether there is nothing to hold it against, as where the cost is no number."""
        return bool(self.right.size) and bool(np.all(np.isnan(self.right)))


@dataclass
class BackwardReport:
    """What `check_backward` found; true if every gradient is right, and `str()` says which are not, and why."""

    entries: tuple[Checked, ...]
    findings: tuple[Mistake, ...] = ()
    notes: tuple[str, ...] = ()
    method: str = ""
    where: tuple[str, str] | None = None  # at which other inputs, and what about those given hides it
    by_convention: bool = False  # right with a 1/m that comes elsewhere
    seconds: float = field(default=0.0, repr=False)

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return all(entry.ok for entry in self.entries)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [self.headline, ""]
        width = max((len(entry.title) for entry in self.entries), default=0)
        lines += [f"  {e.title:<{width}}  {self.verdict(e)}" for e in self.entries]
        for number, finding in enumerate(self.findings, 1):
            lines += ["", *tell(finding, number)]
        unexplained = [entry for entry in self.entries if not entry.ok and not self.is_explained(entry)]
        for entry in unexplained:
            lines += ["", *compare(entry)]
        if self.notes:
            lines += ["", *(f"note: {note}" for note in self.notes)]
        return "\n".join(lines)

    def verdict(self, entry: Checked) -> str:
        """Say right or wrong, and where it is said why."""
        if entry.ok:
            return "cannot be told" if entry.untold else "right"
        numbers = [str(i) for i, finding in enumerate(self.findings, 1) if entry.name in finding.names]
        return f"WRONG, see {' and '.join(numbers)}" if numbers else "WRONG"

    @property
    def headline(self) -> str:
        """One sentence for all."""
        names = [entry.title for entry in self.entries if not entry.ok]
        against = f"held against {self.method} of the forward pass"
        if not names and all(entry.untold for entry in self.entries):
            return "Nothing can be told of the backward pass here."
        if not names:
            return f"The backward pass is right: {list_names([e.title for e in self.entries])}, {against}."
        right = len(self.entries) - len(names)
        verb = "is" if len(names) == 1 else "are"
        there, here = self.where or ("", "")
        told = (
            f"{list_names(names)} {verb} wrong{there and ' '}{there}{f', {right} right' if right else ''} ({against})."
        )
        return f"{told} What you gave, {here}, does not show it." if here else told

    def is_explained(self, entry: Checked) -> bool:
        """Whether a finding says what is wrong with a gradient."""
        named = [finding for finding in self.findings if finding.kind != "unexplained"]
        return any(entry.name in finding.names for finding in named)

    def _repr_html_(self) -> str:
        return to_html(self)

    def save(self, path: str | Path) -> Path:
        """Write the report to a file, as a page or as text by its ending, and return the path.

        Raises ValueError for an ending that is neither html nor txt, OSError where it cannot be written.
        """
        return save_report(path, "Is my backward pass right?", to_html(self), str(self))


def tell(finding: Mistake, number: int) -> list[str]:
    """Say what one mistake is, where it is, and what would be right there."""
    lines = [f"{number}. {finding.text}"]
    if finding.line is not None:
        lines.append(f"     {Path(finding.file).name}, line {finding.line}:   {finding.quoted}")
        if finding.right:
            lines.append(f"     right would be:   {finding.right}")
    return lines


def compare(entry: Checked) -> list[str]:
    """Show some entries of a gradient that nothing explains."""
    if entry.gradient is None or entry.gradient.shape != entry.right.shape:
        return [f"{entry.title} {entry.text}."]
    rows = [(" ", "yours", "right", "ratio", "difference")]
    for place in np.argwhere(entry.wrong)[:SHOWN]:
        index = tuple(int(i) for i in place)
        mine, right = float(entry.gradient[index]), float(entry.right[index])
        ratio = f"{mine / right:.4g}" if right else "–"
        rows.append(
            (
                f"{entry.title}{list(index) if index else ''}",
                f"{mine:.6g}",
                f"{right:.6g}",
                ratio,
                f"{mine - right:.4g}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    told = [
        "  ".join(cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return [f"{entry.title} {entry.text}:", *("     " + line for line in told)]
