"""Where an operation is defined."""

from __future__ import annotations

from math import inf
from typing import NamedTuple


class Interval(NamedTuple):
    """The numbers an argument may be: from `low` to `high`, the ends included if `closed`."""

    low: float = -inf
    high: float = inf
    closed: bool = False
    hole: float | None = None

    def condition(self, x: str) -> str:
        """Say it of the argument named `x`: 'x > 0', 'y ≠ 0'; '' where any number will do."""
        if self.hole is not None:
            return f"{x} ≠ {self.hole:g}"
        less, more = ("≤", "≥") if self.closed else ("<", ">")
        if self.low > -inf and self.high < inf:
            return f"{self.low:g} {less} {x} {less} {self.high:g}".replace("-", "−")
        if self.low > -inf:
            return f"{x} {more} {self.low:g}".replace("-", "−")
        return f"{x} {less} {self.high:g}".replace("-", "−") if self.high < inf else ""


REAL = Interval()
