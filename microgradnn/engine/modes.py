"""What may be switched on for a while: `no_grad`, `detect_anomaly`.

Each holds for the thread, or the asyncio task, that switched it on.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

from ..graph.blocks import OPEN
from ..graph.structure import flatten, unflatten

P = ParamSpec("P")
R = TypeVar("R")

RECORDING: Final = ContextVar("RECORDING", default=True)
DETECTING: Final = ContextVar("DETECTING", default=False)
LIMITS: Final = ContextVar("LIMITS", default=False)  # whether a pole is ∞ and what is not real NaN, as in NumPy


@contextmanager
def switch(variable: ContextVar[bool], state: bool) -> Iterator[None]:
    """Set a variable for the length of a block."""
    token = variable.set(state)
    OPEN.append(token)
    try:
        yield
    finally:
        OPEN.remove(token)
        variable.reset(token)


def record_for_itself(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that records what it needs, whatever `no_grad` block it is called in.

    There its nodes are handed out as constants, as all else that is computed in the block.
    """

    @functools.wraps(function)
    def whole(*args: P.args, **options: P.kwargs) -> R:
        if RECORDING.get():
            return function(*args, **options)
        with switch(RECORDING, True):
            result = function(*args, **options)
        constants: R = unflatten(result, [x.detach() if hasattr(x, "detach") else x for x in flatten(result)])
        return constants

    return whole


class Switch:
    """A mode as a block, `with no_grad():`, and as a decorator, `@no_grad()`."""

    def __init__(self, variable: ContextVar[bool], state: bool) -> None:
        self.variable = variable
        self.state = state
        self.blocks: list[Any] = []  # that are open, the innermost last

    def __enter__(self) -> None:
        block = switch(self.variable, self.state)
        block.__enter__()
        self.blocks.append(block)

    def __exit__(self, *exception: Any) -> None:
        self.blocks.pop().__exit__(*exception)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of which every call runs in a block.

        Raises TypeError for a generator or a coroutine: its body runs after the call, in pieces, and
        a block around the call would have ended before the first of them.
        """
        for later in (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction):
            if later(function):
                raise TypeError(
                    f"{function.__name__} is a generator or a coroutine: its body runs after the call has ended, so a "
                    "decorator would do nothing; write the `with` block inside it, around what it is meant for"
                )
        variable, state = self.variable, self.state

        @functools.wraps(function)
        def inside(*args: Any, **options: Any) -> Any:
            with switch(variable, state):
                return function(*args, **options)

        return inside


def no_grad(function: object = None, /) -> Switch:
    """Compute without recording: results are constants, which remember nothing.

    Use it as `with no_grad():` or as a decorator, `@no_grad()`.

    >>> from microgradnn import Value, no_grad
    >>> with no_grad():
    ...     y = Value(3.0) * 2
    >>> y, y.inputs
    (Value(6.0), ())
    """
    if function is not None:
        raise TypeError(
            f"no_grad takes nothing: write `with no_grad():` or `@no_grad()`, brackets and all; got {function!r:.60}"
        )
    return Switch(RECORDING, False)


def detect_anomaly() -> Switch:
    """Raise AnomalyError at the first value or gradient that stops being finite.

    The message names the operation, the values of its operands, and how they came to be.

    >>> from microgradnn import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(0.0, name="p"))
    Traceback (most recent call last):
    microgradnn.errors.AnomalyError: t1 = log(p) is −inf, at p = 0.0
    """
    return Switch(DETECTING, True)
