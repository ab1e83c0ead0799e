"""A network to play with, on a page: what it learns from, how large it is and how it goes down are chosen there.

Here it is trained step by step, since a step may be one example; what a step is say the optimiser and the program.
"""

# ruff: noqa: N806 (X, Y and W are the notes' names)
from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.columns import Examples, take_columns
from ...data.examples import discs, gate, moons, spirals
from ...engine.modes import record_for_itself
from ..activations import ACTIVATIONS
from ..network import Network
from ..optimisers import GradientDescent, not_negative
from ..replayed import Replayed
from ..scalar import whole
from .broadcast import Broadcast
from .look import UNITS, Look
from .recording import TrainingRecording

if TYPE_CHECKING:
    from .server import WatchServer

DATA: dict[str, Callable[[], Examples]] = {
    "xor": lambda: gate("xor"),
    "and": lambda: gate("and"),
    "or": lambda: gate("or"),
    "discs": discs,
    "moons": moons,
    "spirals": spirals,
}
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})
BATCHES = ("1", "4", "16", "64", "all")
PACES = {"10 steps a second": 10, "100 steps a second": 100, "1000 steps a second": 1000, "full speed": 0}
FRAME = 0.05  # seconds between two moments
LAYERS = 6  # hidden ones
CONTROLS = ["example", "batch", "epoch", "restart", "fresh", "rate", "pace", "units", "save"]


class Playground:
    """A network that is trained as a page has it, from `data`: a name of the list, or Examples of one's own.

    `layers` are the hidden ones. Nothing is done until `run` is called, or an order obeyed. Raises ValueError for what
    cannot be chosen.
    """

    def __init__(
        self,
        data: str | Examples = "xor",
        *,
        layers: Sequence[int] = (4,),
        hidden: str = "tanh",
        learning_rate: float = 0.5,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        self.lock = threading.RLock()
        self.known = DATA if isinstance(data, str) else {"yours": lambda: data} | DATA
        self.data = data if isinstance(data, str) else "yours"
        self.layers = check_layers(layers)
        self.hidden, self.seed = hidden, whole("seed", seed, 0)
        self.rate = not_negative("learning_rate", learning_rate)
        self.size = None if batch_size is None else whole("batch_size", batch_size, 1)
        self.pace = next(name for name, steps in PACES.items() if steps == 100)
        self.running, self.said = False, ""
        self.shown, self.kept = Broadcast(), TrainingRecording("Playground")
        self.restart()

    # --- the network ----------------------------------------------------------------------------

    def restart(self) -> None:
        """Begin with the weights of the seed."""
        if self.data not in self.known:
            raise ValueError(f"unknown data {self.data!r:.60} (choose from {', '.join(self.known)})")
        self.examples = self.known[self.data]()
        self.steps, self.seen = 0, 0
        self.order = np.empty(0, int)  # of the examples that are left of this pass
        self.shuffle = np.random.default_rng([self.seed, 1])
        self.running = False
        self.adopt(self.network_of(self.layers))

    def network_of(self, layers: Sequence[int]) -> Network:
        """Return a network of so many hidden units, with the weights of the seed."""
        X, Y, _, classes = self.examples
        output = "linear" if not classes else "sigmoid" if len(Y) == 1 else "softmax"
        return Network([len(X), *layers, len(Y)], hidden=self.hidden, output=output, seed=self.seed)

    def adopt(self, network: Network) -> None:
        """Train this network from now on."""
        self.network = network
        self.descent = GradientDescent(network.parameters(), self.rate)
        self.replayed = Replayed(network)
        X, Y, features, classes = self.examples
        self.look = Look(network, X, Y, features=features, classes=classes)
        self.kept.clear(self.look.about())
        self.tell()
        self.kept.add(self.moment())

    def resize(self, layer: int, by: int) -> None:
        """Add a unit to a hidden layer, or take the last one away; all other weights stay.

        A new unit has no say at first: its outgoing weights are 0, so that what the network computes is the same.
        """
        layers = list(self.layers)
        layers[layer - 1] += by
        network = self.network_of(check_layers(layers))
        for number, (new, old) in enumerate(zip(network.layers, self.network.layers, strict=True), 1):
            W, b = new.W.numpy().copy(), new.b.numpy().copy()
            n, n_prev = min(new.n, old.n), min(new.n_prev, old.n_prev)
            W[:n, :n_prev], b[:n] = old.W.numpy()[:n, :n_prev], old.b.numpy()[:n]
            if number == layer + 1:
                W[:, n_prev:] = 0.0
            new.W.data, new.b.data = W, b
        self.layers = layers
        self.adopt(network)

    # --- steps ----------------------------------------------------------------------------------

    def take(self, size: int) -> np.ndarray[Any, Any]:
        """Return the places of the next examples, of this pass or of a new one."""
        if not len(self.order):
            self.order = self.shuffle.permutation(self.examples.X.shape[1])
        taken, self.order = self.order[:size], self.order[size:]
        self.seen += len(taken)
        return taken

    def step(self, size: int) -> bool:
        """Take a step on so many examples, at most those that are left of the pass; whether the cost was finite."""
        m = self.examples.X.shape[1]
        chosen = self.take(size)
        X, Y = self.examples.X, self.examples.Y
        x, y = (X, Y) if len(chosen) == m else (take_columns(X, chosen), take_columns(Y, chosen))
        with np.errstate(all="ignore"):
            cost, gradients = self.replayed(self.descent.views, x, y)
            if not np.isfinite(cost):
                self.running = False
                self.said = f"The cost of step {self.steps} is not finite: start again with a smaller α."
                return False
            for p, gradient in zip(self.descent.parameters, gradients, strict=True):
                p.grad = gradient
            self.descent.step()
        self.steps += 1
        if self.kept.wants(self.steps):
            self.kept.add(self.moment())
        return True

    @property
    def batch(self) -> int:
        """How many examples a step takes."""
        return self.size or self.examples.X.shape[1]

    def finish_pass(self) -> None:
        """Take steps to the end of this pass over the data, or all of a new one."""
        while self.step(self.batch) and len(self.order):
            pass

    # --- the page -------------------------------------------------------------------------------

    def moment(self) -> dict[str, Any]:
        """Return what is so now."""
        passes = self.seen / self.examples.X.shape[1]
        return self.look.moment(self.steps, passes=passes, rate=self.rate, said=self.said, running=self.running)

    def show(self) -> None:
        """Show what is so now."""
        self.shown.show(self.moment())

    def tell(self) -> None:
        """Show which network it is, and what can be chosen."""
        size = str(self.size or "all")
        choices = {"data": list(self.known), "hidden": HIDDEN, "batch": [*BATCHES], "pace": list(PACES)}
        if size not in choices["batch"]:
            choices["batch"].insert(0, size)
        setting = {"data": self.data, "hidden": self.hidden, "batch": size, "pace": self.pace}
        trail = self.shown.trail if self.steps else ()
        self.shown.begin(self.look.about() | {"controls": CONTROLS, "choices": choices, "setting": setting}, trail)
        self.show()

    @record_for_itself
    def obey(self, order: Mapping[str, Any]) -> None:
        """Do what is ordered on the page; ValueError for what cannot be done, and then nothing has changed."""
        with self.lock:
            self.said = ""
            orders: dict[str, Callable[[Mapping[str, Any]], None]] = {
                "run": lambda order: self.set_running(True),
                "pause": lambda order: self.set_running(False),
                "step": self.obey_step,
                "restart": lambda order: self.restart(),
                "fresh": lambda order: self.renew(seed=self.seed + 1),
                "units": self.obey_units,
                "layers": self.obey_layers,
                "set": self.obey_set,
            }
            if order.get("do") not in orders:
                raise ValueError(f"unknown order {order.get('do')!r:.60} (choose from {', '.join(orders)})")
            orders[order["do"]](order)
            self.show()

    def set_running(self, running: bool) -> None:
        """Run, or pause."""
        self.running = running

    def obey_step(self, order: Mapping[str, Any]) -> None:
        """Take one step, or those of one pass, and pause."""
        ways: dict[Any, Callable[[], Any]] = {
            "example": lambda: self.step(1),
            "batch": lambda: self.step(self.batch),
            "epoch": self.finish_pass,
        }
        if order.get("of") not in ways:
            raise ValueError(f"a step is of one {', '.join(ways)}; got {order.get('of')!r:.60}")
        self.running = False
        ways[order["of"]]()

    def obey_units(self, order: Mapping[str, Any]) -> None:
        """Add a unit to a hidden layer, or take one away."""
        layer, by = order.get("layer"), order.get("by")
        if type(layer) is not int or not 1 <= layer <= len(self.layers) or by not in (-1, 1):
            raise ValueError(
                f"a unit is added to or taken from a hidden layer, 1 to {len(self.layers)}; got {order!r:.100}"
            )
        self.resize(layer, by)

    def obey_layers(self, order: Mapping[str, Any]) -> None:
        """Add a hidden layer as large as the last, or take the last one away, and begin anew."""
        if order.get("by") not in (-1, 1):
            raise ValueError(f"one layer is added or taken away; got {order.get('by')!r:.60}")
        more = [*self.layers, (self.layers or [4])[-1]]
        self.renew(layers=check_layers(more if order["by"] == 1 else self.layers[:-1]))

    def obey_set(self, order: Mapping[str, Any]) -> None:
        """Change a setting."""
        what, to = order.get("what"), order.get("to")
        choices = {"data": list(self.known), "hidden": HIDDEN, "pace": list(PACES)}
        if what == "rate":
            self.rate = not_negative("α", to)  # type: ignore[arg-type] # which is looked at
            self.descent.learning_rate = self.rate
        elif what == "batch" and isinstance(to, str) and (to == "all" or (to.isdecimal() and 0 < int(to) < 10**6)):
            self.size = None if to == "all" else int(to)
            self.tell()
        elif what in choices and to in choices[what]:
            if what == "pace":
                self.pace = str(to)
                self.tell()
            else:
                self.renew(**{what: to})
        else:
            raise ValueError(f"{what!r:.40} cannot be set to {to!r:.60}")

    def renew(self, **settings: Any) -> None:
        """Begin anew with other settings."""
        vars(self).update(settings)
        self.restart()

    # --- time -----------------------------------------------------------------------------------

    def train_for(self, seconds: float, owed: float) -> float:
        """Take the steps that are due within a frame, `owed` ones included, and return what is owed then."""
        until, pace = monotonic() + seconds, PACES[self.pace]
        owed = owed + pace * FRAME if pace else float("inf")
        while owed >= 1 and self.running and monotonic() < until:
            if not self.step(self.batch):
                break
            owed -= 1
        return min(owed, 1.0) if pace else 0.0

    @record_for_itself
    def run(self, ended: Callable[[], bool] = lambda: False) -> None:
        """Train while the page says so, until `ended`, or Ctrl-C."""
        owed = 0.0
        while not ended():
            began = monotonic()
            with self.lock:
                before = self.steps
                if self.running:
                    owed = self.train_for(FRAME / 2, owed)
                if self.steps > before or self.said:
                    self.show()
                    self.said = ""
            with self.shown.changed:
                self.shown.changed.wait(max(0.001, FRAME - (monotonic() - began)))

    def record(self, steps: int) -> TrainingRecording:
        """Take so many steps, without a page, and return the recording of them."""
        for _ in range(whole("iterations", steps, 1)):
            if not self.step(self.batch):
                break
        self.said = self.said or f"Done: {self.steps} steps."
        self.kept.finish(self.moment())
        return self.kept

    def serve(self, port: int = 0) -> WatchServer:
        """Return a server of its page."""
        from .page import live_page  # which load slowly
        from .server import WatchServer

        return WatchServer(lambda: live_page("Playground"), self.shown, self.obey, self.recording, port)

    def recording(self) -> str:
        """Return the training so far as a page."""
        with self.lock:
            self.kept.finish(self.moment())
            return self.kept.page()


def check_layers(layers: Sequence[int]) -> list[int]:
    """Return the sizes of the hidden layers; ValueError where they are too many or too large to be seen."""
    sizes = [whole("a hidden layer", n, 1) for n in layers]
    if len(sizes) > LAYERS or max(sizes, default=0) > UNITS:
        raise ValueError(f"a playground has at most {LAYERS} hidden layers of at most {UNITS} units; got {sizes}")
    return sizes


def play(playground: Playground, *, port: int = 0, open: bool = True) -> None:
    """Serve a playground until Ctrl-C."""
    server = playground.serve(port)
    print(f"the playground is at {server.address}\nCtrl-C ends it", file=sys.stderr, flush=True)
    if open:
        import webbrowser

        webbrowser.open(server.address)
    try:
        playground.run()
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        server.close("The program has ended; this is what was seen last.")
