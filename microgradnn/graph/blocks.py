"""What blocks are open, `with no_grad():` and the like, and the notes of who records a function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

GUARDS: Final[ContextVar[list[Any] | None]] = ContextVar("GUARDS", default=None)

# One entry for each block that is open in any thread. An operation looks here first: a list that
# is empty costs it a hundredth of its time, a context variable a tenth.
OPEN: Final[list[object]] = []


@contextmanager
def guards() -> Iterator[list[Any]]:
    """Note every decision that is taken, as (left, operator, right, outcome), for the length of a block."""
    noted: list[Any] = []
    token = GUARDS.set(noted)
    OPEN.append(token)
    try:
        yield noted
    finally:
        OPEN.remove(token)
        GUARDS.reset(token)


def note(left: Any, operator: str, right: Any, outcome: bool) -> bool:
    """Note a decision, if somebody wants to know, and return its outcome."""
    noted = GUARDS.get()
    if noted is not None:
        noted.append((left, operator, right, outcome))
    return outcome


def note_read(node: Any) -> None:
    """Note that a number is taken out of a node: what is done with it leaves no trace in the graph."""
    note(node, "read", None, True)


def note_constant(constant: Any, node: Any) -> Any:
    """Note that a constant has the data of a node, which a replay computes anew, and return it."""
    if OPEN:
        note(constant, "is", node, True)
    return constant
