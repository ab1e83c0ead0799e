"""A training as a page that replays it: one file, of a size that is known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engine.disk import writable, write
from .broadcast import to_json
from .look import Look, Moment

if TYPE_CHECKING:
    from ...draw.shell import Page
    from ..training import LoopState

Interrupted = Callable[[], bool]

SIZE = 200_000  # bytes of moments; the page with all else is smaller than 300 kB
MOST = 240  # moments: 24 s at ten a second


class TrainingRecording:
    """Moments of a training, from its beginning to its end, as many as there is room for.

    Give it to `fit(…, watch=recording)`; `page()` is the page then, and `save(path)` writes it. However long the
    training, moments lie at equal distances, and the file has less than 300 kB.

    >>> from microgradnn.data import gate
    >>> from microgradnn.nn import Network, TrainingRecording
    >>> xor, recording = gate("xor"), TrainingRecording()
    >>> history = Network([2, 4, 1], hidden="tanh", seed=1).fit(xor.X, xor.Y, learning_rate=1, watch=recording)
    >>> recording
    <recording of 126 moments, up to step 1000>
    """

    def __init__(self, title: str = "Training") -> None:
        self.title = title
        self.clear()

    def clear(self, about: Moment | None = None) -> None:
        """Begin anew, with what stays as it is."""
        self.about = (about or {}) | {"controls": [], "choices": {}, "setting": {}, "trail": []}
        self.kept: list[Moment] = []
        self.last: Moment | None = None
        self.every, self.bytes = 1, 0

    @property
    def moments(self) -> list[Moment]:
        """What is shown, one after the other."""
        if self.last is None:
            return self.kept
        return [*(one for one in self.kept if one["steps"] != self.last["steps"]), self.last]

    def __repr__(self) -> str:
        up_to = f", up to step {self.moments[-1]['steps']}" if self.moments else ""
        return f"<recording of {len(self.moments)} moments{up_to}>"

    def wants(self, steps: int) -> bool:
        """Whether the moment after so many steps is one to be kept."""
        return steps % self.every == 0

    def add(self, moment: Moment) -> None:
        """Keep a moment; where there are too many now, every second one goes."""
        self.last = None
        self.kept.append(moment)
        self.bytes += len(to_json(moment))
        while len(self.kept) > 1 and (len(self.kept) > MOST or self.bytes > SIZE):
            self.every *= 2
            self.kept = [one for one in self.kept if self.wants(one["steps"])]
            self.bytes = sum(len(to_json(one)) for one in self.kept)

    def finish(self, moment: Moment) -> None:
        """Show a moment as the last, until another is added."""
        self.last = moment

    def page(self) -> Page:
        """Return the page, which a notebook that is trusted shows. Raises ValueError where nothing was recorded."""
        if not self.moments:
            raise ValueError("nothing was recorded: give it to a training first, network.fit(X, Y, watch=recording)")
        from .page import recorded_page  # it loads what draws

        return recorded_page(self.title, self.about, self.moments)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, and return the path. Raises as `page`."""
        return write(html_path(path), self.page().encode())

    # --- what a training calls ----------------------------------------------------------------

    def begin(self, run: LoopState, iterations: int, interrupted: Interrupted) -> None:
        """Look at the network before the first step."""
        self.look = Look(run.network, run.X, run.Y, **run.options)
        self.clear(self.look.about())
        self.add(moment_of(self.look, run))

    def after_step(self, run: LoopState, interrupted: Interrupted) -> None:
        """Look at it after a step."""
        if self.wants(len(run.history)):
            self.add(moment_of(self.look, run))

    def end(self, run: LoopState) -> None:
        """Look at what came out, and keep why it ended."""
        last = moment_of(self.look, run, said=f"Done: {run.history.stopped}.", running=False)
        self.finish(last)


def html_path(path: str | Path) -> Path:
    """Return a path to which a page can be written; ValueError or OSError for another."""
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a recording is a page, whose file ends in .html; got {str(path)!r}")
    writable(path)
    return Path(path)


def moment_of(look: Look, run: LoopState, **more: Any) -> Moment:
    """Return what is so now in a training."""
    steps = len(run.history)
    rates = run.history.learning_rates
    rate = rates[-1] if rates else run.descent.rate(0)
    return look.moment(steps, passes=steps / run.steps, rate=rate, **more)
