"""What viewers of a training see, whoever serves it to them: the newest, and all that they need to begin with."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from .look import Moment

VIEWERS = 24  # at a time
TRAIL = 2000  # costs that are remembered, at most
QUIET = 10.0  # seconds after which a viewer is told that the line still stands


class Broadcast:
    r"""What is to be seen now: each viewer gets the newest of it, as fast as they take it; who comes late, the rest.

    >>> shown = Broadcast()
    >>> shown.begin({"sizes": [2, 1]})
    >>> shown.show({"steps": 0, "J": 0.5})
    >>> viewer = shown.follow()
    >>> print(*next(viewer), *next(viewer), sep="\n")
    about
    {"sizes":[2,1],"trail":[[0,0.5]]}
    moment
    {"steps":0,"J":0.5}
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.about: Moment = {}
        self.trail: list[tuple[int, float | None]] = []  # the cost after so many steps
        self.moment = self.ending = ""
        self.edition = self.number = self.viewers = 0

    def begin(self, about: Moment, trail: Iterable[tuple[int, float | None]] = ()) -> None:
        """Show another network, or the same under other controls; a moment of it follows."""
        with self.changed:
            self.about, self.trail, self.moment = about, list(trail), ""
            self.edition += 1

    def show(self, moment: Moment) -> None:
        """Show a moment."""
        with self.changed:
            self.moment = to_json(moment)
            self.number += 1
            if not self.trail or self.trail[-1][0] < moment["steps"]:
                self.trail.append((moment["steps"], moment["J"]))
            if len(self.trail) > TRAIL:
                self.trail = self.trail[::2]
            self.changed.notify_all()

    def end(self, why: str) -> None:
        """Say why there will be no more."""
        with self.changed:
            self.ending = to_json(why)
            self.changed.notify_all()

    def follow(self) -> Iterator[tuple[str, str]]:
        """Yield what is new, as the kind and the text of an event; ('', '') after a while with nothing."""
        edition = number = 0
        while True:
            with self.changed:
                self.changed.wait_for(lambda n=number: self.ending or (self.moment and self.number > n), QUIET)  # type: ignore[misc]
                events = [("", "")]
                if self.moment and self.number > number:
                    told = self.about | {"trail": self.trail}
                    events = [("about", to_json(told))] if self.edition > edition else []
                    events.append(("moment", self.moment))
                    edition, number = self.edition, self.number
                if self.ending:
                    events.append(("end", self.ending))
            yield from events
            if self.ending:
                return

    def await_viewer(self, seconds: float) -> bool:
        """Wait until somebody looks; whether somebody does."""
        with self.changed:
            return self.changed.wait_for(lambda: self.viewers > 0, seconds)

    def count(self, by: int) -> bool:
        """Note that a viewer came or went; False where there are too many."""
        with self.changed:
            if self.viewers + by > VIEWERS:
                return False
            self.viewers += by
            self.changed.notify_all()
            return True


def to_json(thing: Any) -> str:
    """Return a thing as JSON on one line, which has no NaN."""
    return json.dumps(thing, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
