"""Whether the data of a Tensor are still those that an operation has used: its rule reads them when the sweep runs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

CLOCK: Final = [0]  # ticks whenever the data of a leaf has changed, or may from now on
NEVER: Final = 1 << 62  # of a leaf: no operation was done


def tick() -> None:
    """Let every sweep look once more whether its data have changed."""
    CLOCK[0] += 1


def same_bits(x: Any, y: Any) -> bool:
    """Whether two arrays hold the same numbers, a NaN being the same as itself."""
    return bool(np.array_equal(x, y, equal_nan=True))
