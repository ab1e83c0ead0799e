"""Examples that come in batches, from where there may be more than memory holds: read by a thread, a little ahead."""

# ruff: noqa: N803 (X and Y are the notes' names)
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Final

import numpy as np

from ..engine.tensor import Array

Pair = tuple[Array, Array]
AHEAD: Final = 2  # batches that are ready before they are wanted
PAUSE: Final = 0.1  # seconds between two looks whether somebody still waits
PASS: Final = object()  # stands after the last batch of a pass


def is_stream(X: Any) -> bool:
    """Whether X gives batches: an iterator, a function that returns one, or what can be gone through and no more."""
    if any(hasattr(X, name) for name in ("__getitem__", "__array__", "shape")):
        return False
    return callable(X) or hasattr(X, "__iter__")


class Stream:
    """Batches, gone through anew for each pass, but for an iterator; `check(X, Y)` makes arrays of one."""

    def __init__(self, source: Any, check: Callable[[Any, Any], Pair]) -> None:
        self.source, self.check = source, check
        self.once = not callable(source) and iter(source) is source

    def read(self, put: Callable[[Any], bool]) -> None:
        """Give `put` all batches of all passes, PASS after each pass, and what is raised; end when it returns False."""
        try:
            while True:
                number = -1
                for number, batch in enumerate(self.source() if callable(self.source) else self.source):
                    if not put(self.checked(batch, number)):
                        return
                if number < 0:
                    raise ValueError("there is no batch in it: at least one, of one example, is needed")
                if not put(PASS) or self.once:
                    return
        except BaseException as error:  # which is raised where the batch is wanted
            put(error)

    def checked(self, batch: Any, number: int) -> Pair:
        """Return a batch as two arrays that fit; an error says which batch it is."""
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            kind = type(batch).__name__
            raise TypeError(f"batch {number} is a {kind}, where a pair is wanted: X, (n_x, size), and Y, (n[L], size)")
        try:
            return self.own(batch[0], batch[1])
        except (TypeError, ValueError) as error:
            error.args = (f"batch {number}: {error}",)
            raise

    def own(self, X: Any, Y: Any) -> Pair:
        """Return the arrays of a batch, copied where they are the user's, who may fill them anew for the next."""
        x, y = self.check(X, Y)
        x, y = (np.copy(own) if np.may_share_memory(own, given) else own for own, given in ((x, X), (y, Y)))
        return x, y

    @contextmanager
    def ahead(self, interrupted: Callable[[], bool]) -> Iterator[Iterator[tuple[Pair, Callable[[], bool]]]]:
        """Yield the batches, each with a function that says whether it is the last of its pass, for which it waits.

        The thread that reads them ends with the block; a read that has begun is waited for, but not after Ctrl-C.
        """
        ready: Queue[Any] = Queue(AHEAD)
        left = Event()

        def put(one: Any) -> bool:
            while not left.is_set():
                try:
                    ready.put(one, timeout=PAUSE)
                except Full:
                    continue
                return True
            return False

        def take() -> Any:
            while True:
                try:
                    one = ready.get(timeout=PAUSE)
                except Empty:
                    if interrupted():
                        raise KeyboardInterrupt from None
                    continue
                if isinstance(one, BaseException):
                    raise one
                return one

        taken: list[Any] = []  # of the thread, and not given yet: at most one

        def following() -> Any:
            if not taken:
                taken.append(take())
            return taken[0]

        def wanted() -> Iterator[tuple[Pair, Callable[[], bool]]]:
            while True:
                one = following()
                taken.clear()
                if one is not PASS:
                    yield one, lambda: following() is PASS
                elif self.once:
                    return

        thread = Thread(target=self.read, args=(put,), name="microgradnn batches", daemon=True)
        thread.start()
        try:
            yield wanted()
        finally:
            left.set()
            while thread.is_alive() and not interrupted():
                thread.join(PAUSE)
