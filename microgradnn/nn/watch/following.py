"""A training that is watched: `fit(…, watch=True)` shows it in the browser while it goes on, and it obeys the page."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from ..optimisers import not_negative
from .broadcast import Broadcast
from .recording import Interrupted, TrainingRecording, html_path, moment_of

if TYPE_CHECKING:
    from ..training import LoopState

FRAME = 0.05  # seconds between two moments
PATIENCE = 10.0  # seconds that are waited for the first viewer
SHORTEST = 8.0  # seconds that a training takes at least while somebody looks, unless told to go at full speed
PACES = {"to be seen": 1.0, "slow": 8.0, "full speed": 0.0}


class Watcher(Protocol):
    """What a training calls: before the first step, after each, and after the last, however that came about."""

    def begin(self, run: LoopState, iterations: int, interrupted: Interrupted) -> None: ...  # noqa: D102

    def after_step(self, run: LoopState, interrupted: Interrupted) -> None: ...  # noqa: D102

    def end(self, run: LoopState) -> None: ...  # noqa: D102


class Watch:
    """A page in the browser on which trainings are seen, one after the other, and can be paused.

    It is served to browsers of this machine alone, under an address with a token, on a port that is free unless one is
    named, and ends with `close()`, or as a `with` block. `open` opens the browser. OSError where the port is taken.
    """

    def __init__(self, *, port: int = 0, open: bool = True) -> None:
        self.shown, self.kept = Broadcast(), TrainingRecording()
        self.running, self.allowed = True, 0  # steps that may be taken while it is paused
        self.rate: float | None = None  # that was asked for on the page
        self.pace = 1.0
        self.fixed = False  # a rate that follows a schedule
        self.steps = 1  # of a pass
        self.done = 0
        from .page import live_page  # which load slowly
        from .server import WatchServer

        self.server = WatchServer(lambda: live_page("Training"), self.shown, self.obey, lambda: self.kept.page(), port)
        print(f"watch the training at {self.address}", file=sys.stderr, flush=True)
        if open:
            import webbrowser

            webbrowser.open(self.address)

    @property
    def address(self) -> str:
        """Where the page is."""
        return self.server.address

    def close(self) -> None:
        """End the page."""
        self.server.close("The training has ended; this is what came out.")

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def obey(self, order: dict[str, Any]) -> None:
        """Do what is ordered on the page; ValueError for what cannot be done."""
        with self.shown.changed:
            if order.get("do") in ("run", "pause"):
                self.running, self.allowed = order["do"] == "run", 0
            elif order.get("do") == "step" and order.get("of") in ("batch", "epoch"):
                left = self.steps - self.done % self.steps
                self.running, self.allowed = False, self.allowed + (1 if order["of"] == "batch" else left)
            elif order.get("do") == "set" and order.get("what") == "rate" and not self.fixed:
                self.rate = not_negative("α", order.get("to"))  # type: ignore[arg-type] # which is looked at
            elif order.get("do") == "set" and order.get("what") == "pace" and order.get("to") in PACES:
                self.pace = PACES[str(order["to"])]
            else:
                raise ValueError(f"this training does not know the order {order!r:.100}")
            self.shown.changed.notify_all()

    # --- what a training calls ----------------------------------------------------------------

    def begin(self, run: LoopState, iterations: int, interrupted: Interrupted) -> None:
        """Show the network, and wait a little for somebody to look."""
        self.fixed, self.steps, self.done = callable(run.descent.learning_rate), run.steps or 1, len(run.history)
        self.running, self.allowed, self.rate, self.pace = True, 0, None, 1.0
        self.iterations = max(iterations, 1)
        self.kept.begin(run, iterations, interrupted)
        controls = {
            "controls": ["batch", "epoch", "pace", "save", *([] if self.fixed else ["rate"])],
            "choices": {"pace": list(PACES)},
            "setting": {"pace": next(iter(PACES))},
        }
        costs = list(enumerate(run.history.costs))
        self.shown.begin(self.kept.about | controls, costs[:: max(1, ceil(len(costs) / 1000))])
        self.publish(run)
        until = monotonic() + PATIENCE
        while monotonic() < until and not interrupted() and not self.shown.await_viewer(0.1):
            pass

    def after_step(self, run: LoopState, interrupted: Interrupted) -> None:
        """Show a moment if it is time, and wait while it is paused."""
        self.done = len(run.history)
        self.kept.after_step(run, interrupted)
        due = self.last + FRAME
        share = max(1, round(self.iterations * FRAME / (SHORTEST * self.pace))) if self.pace else 0  # steps a moment
        while share and self.done % share == 0 and self.shown.viewers and monotonic() < due and not interrupted():
            with self.shown.changed:
                self.shown.changed.wait(max(0.0, due - monotonic()))
        with self.shown.changed:
            self.allowed = max(0, self.allowed - 1)
        if monotonic() >= due:
            self.publish(run)
        self.wait_while_paused(run, interrupted)
        self.take_rate(run)

    def wait_while_paused(self, run: LoopState, interrupted: Interrupted) -> None:
        """Return when a step may be taken."""
        if self.running or self.allowed:
            return
        self.publish(run)
        while not (self.running or self.allowed or interrupted()):
            with self.shown.changed:
                self.shown.changed.wait(0.1)
            if self.take_rate(run):
                self.publish(run)

    def take_rate(self, run: LoopState) -> bool:
        """Go on with the rate that was asked for; whether one was."""
        with self.shown.changed:
            rate, self.rate = self.rate, None
        if rate is not None:
            run.descent.learning_rate = rate
        return rate is not None

    def publish(self, run: LoopState, **more: Any) -> None:
        """Show what is so now."""
        self.last = monotonic()
        moment = moment_of(self.kept.look, run, running=self.running or self.allowed > 0, **more)
        if not self.fixed:
            moment["rate"] = run.descent.rate(0)  # of the next step
        self.shown.show(moment)

    def end(self, run: LoopState) -> None:
        """Show what came out, and why it ended."""
        self.kept.end(run)
        self.shown.begin(self.kept.about | {"controls": ["save"]}, self.shown.trail)
        self.shown.show(self.kept.moments[-1])


OPEN: list[Watch] = []  # what `watch=True` has opened: one page for all trainings of a program


def watcher_of(watch: Any) -> Watcher:
    """Return what is told of the steps of a training; TypeError for what is nothing of the kind."""
    if watch is True:
        if not OPEN:
            OPEN.append(Watch())
            atexit.register(OPEN[0].close)
        return OPEN[0]
    if isinstance(watch, (str, Path)):
        return TrainingFile(watch)
    if isinstance(watch, (Watch, TrainingRecording)):
        return watch
    raise TypeError(
        "watch is True for a page in the browser, the name of a file for a recording, 'training.html', or an nn.Watch "
        f"or nn.TrainingRecording; got {watch!r:.60} ({type(watch).__name__})"
    )


class TrainingFile(TrainingRecording):
    """A recording that is written when the training ends."""

    def __init__(self, path: str | Path) -> None:
        self.path = html_path(path)
        super().__init__(Path(path).stem)

    def end(self, run: LoopState) -> None:
        """Write the file."""
        super().end(run)
        self.save(self.path)


@contextmanager
def watching(
    watcher: Watcher | None, run: LoopState, iterations: int, interrupted: Interrupted
) -> Iterator[Callable[[], None]]:
    """Tell a watcher, if there is one, of a training: before it, after each step by what is yielded, and after it."""
    if watcher is None:
        yield lambda: None
        return
    watcher.begin(run, iterations, interrupted)
    try:
        yield lambda: watcher.after_step(run, interrupted)
    finally:
        watcher.end(run)
