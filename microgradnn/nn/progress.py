"""What a terminal shows while something takes long, and what Ctrl-C means then."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from time import monotonic
from typing import Any

Show = Callable[[int, float], None]
PAUSE = 0.1  # seconds between two looks at a bar


@contextmanager
def bar(total: int, done: int, wanted: bool | None, seen: Callable[[], int]) -> Iterator[Show]:
    """Yield a function of iterations done and cost that moves a progress bar; `seen` says how many examples that took.

    None shows it where standard error is a terminal. Without rich, of the extra `train`, there is none.
    """
    if find_spec("rich") is None or not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda done, cost: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    told = TextColumn("J = {task.fields[cost]:.6g}, {task.fields[speed]:,.0f} examples/s")
    columns = (BarColumn(), MofNCompleteColumn(), told, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as progress:
        task = progress.add_task("", total=total, completed=done, cost=float("nan"), speed=0.0)
        began, shown = monotonic(), 0.0

        def show(done: int, cost: float) -> None:
            nonlocal shown
            if done == total or monotonic() - shown > PAUSE:
                speed = seen() / max(monotonic() - began, 1e-9)
                progress.update(task, completed=done, cost=cost, speed=speed, refresh=True)
                shown = monotonic()

        yield show


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether Ctrl-C was pressed: it takes effect between two steps, not within one.

    Pressed again, it is a KeyboardInterrupt, as ever. A handler that somebody else has set stays.
    """
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    free = threading.current_thread() is threading.main_thread()
    if not free or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
