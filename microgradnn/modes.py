"""What may be switched on for a while: `no_grad`, `detect_anomaly`.

Each holds for the thread, or the asyncio task, that switched it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

RECORDING: Final = ContextVar("RECORDING", default=True)
DETECTING: Final = ContextVar("DETECTING", default=False)

# One entry for each block that is open in any thread. An operation looks here first: a list that
# is empty costs it a hundredth of its time, a context variable a tenth.
OPEN: Final[list[object]] = []


@contextmanager
def switched(variable: ContextVar[bool], state: bool) -> Iterator[None]:
    """Set a variable for the length of a block."""
    token = variable.set(state)
    OPEN.append(token)
    try:
        yield
    finally:
        OPEN.remove(token)
        variable.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are constants, which remember nothing.

    Use it as `with no_grad():` or as a decorator, `@no_grad()`.

    >>> from microgradnn import Value, no_grad
    >>> with no_grad():
    ...     y = Value(3.0) * 2
    >>> y, y.inputs
    (Value(6.0), ())
    """
    with switched(RECORDING, False):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise AnomalyError at the first value or gradient that stops being finite.

    The message names the operation, the values of its operands, and how they came to be.

    >>> from microgradnn import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(0.0, name="p"))
    Traceback (most recent call last):
    microgradnn.errors.AnomalyError: t1 = log(p) is −inf, at p = 0.0
    """
    with switched(DETECTING, True):
        yield
