"""Training that survives a kill: all of its state in a file, from which it goes on to the same bits."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.disk import writable
from ..engine.tensor import Array
from ..errors import ModelFileError
from .architecture import describe, fits, numbers, shapes
from .files import read, save
from .history import History
from .optimisers import Optimiser
from .stopping import Validation

if TYPE_CHECKING:
    from .network import Network


ROWS = 64  # of an array, in which its number is computed


def fingerprint(*arrays: Array) -> int:
    """Return a number that other data would hardly have."""
    found = 0
    for x in arrays:
        found = zlib.crc32(str(x.shape).encode(), found)
        for i in range(0, len(x), ROWS):  # in parts, so that no array in Fortran order is copied whole
            found = zlib.crc32(np.ascontiguousarray(x[i : i + ROWS]).data.cast("B"), found)
    return found


class Checkpoint:
    """A model file with, beside the network, what training needs to go on: `Network.load` reads it too.

    That is the optimiser's arrays, both generators (of the shuffle, as it was when this pass over the
    data began, and of dropout), the history, and the settings, which must be the same to go on.
    """

    def __init__(
        self,
        path: str | Path,
        network: Network,
        descent: Optimiser,
        shuffle: np.random.Generator,
        history: History,
        settings: dict[str, Any],
        validation: Validation | None = None,
    ) -> None:
        self.path = Path(path)
        self.network, self.descent, self.shuffle, self.history = network, descent, shuffle, history
        self.settings, self.validation = settings, validation
        writable(path)

    def save(self, shuffled_from: Any) -> None:
        """Write the state after the last iteration, with that of the shuffle when this pass began."""
        state = self.descent.state()
        about = {
            "architecture": describe(self.network),
            "training": {
                "settings": self.settings,
                "steps": state.pop("steps"),
                "seconds": self.history.seconds,
                "shuffle": shuffled_from,
                "dropout": self.network.rng.bit_generator.state,
            },
        }
        arrays = numbers(self.network) | {f"optimiser.{name}": array for name, array in state.items()}
        arrays["history.costs"] = np.array(self.history.costs)
        arrays["history.learning_rates"] = np.array(self.history.learning_rates)
        if self.validation is not None:
            arrays |= self.validation.arrays()
        save(self.path, arrays, about)

    def resume(self, iterations: int) -> None:
        """Take the state from the file, if there is one; ModelFileError, and nothing changed, where it does not fit.

        ValueError where it has done more than so many iterations.
        """
        if not self.path.exists():
            return
        try:
            arrays, about = read(self.path)
        except ModelFileError as error:
            raise ModelFileError(f"{error}; training cannot go on from it: begin again, with another file") from None
        training = about.get("training")
        if not isinstance(training, dict):
            raise ModelFileError(f"{self.path} is a network without its training, which cannot go on from it")
        self.compare("the architecture", about.get("architecture"), describe(self.network))
        self.compare("training", training.get("settings"), self.settings)
        for name, shape in shapes(describe(self.network)).items():
            fits(self.path, name, shape, self.descent.flat.dtype, arrays.get(name))
        state = self.descent.state()
        for name in self.descent.REMEMBERED:
            fits(
                self.path,
                f"optimiser.{name}",
                self.descent.flat.shape,
                self.descent.flat.dtype,
                arrays.get(f"optimiser.{name}"),
            )
            state[name] = arrays[f"optimiser.{name}"]
        costs = arrays.get("history.costs", np.zeros(0))
        for name in ("history.costs", "history.learning_rates"):
            fits(self.path, name, (costs.size,), np.dtype(float), arrays.get(name))
        if costs.size > iterations:
            raise ValueError(f"iterations is {iterations}, and {self.path} has done {costs.size}: give as many or more")
        try:
            state["steps"] = int(training["steps"])
            seconds = float(training["seconds"])
            self.network.rng.bit_generator.state = training["dropout"]
            self.shuffle.bit_generator.state = training["shuffle"]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"{self.path} does not hold the state of a training: {error}") from None
        if self.validation is not None and not self.validation.take(arrays, self.descent.flat):
            raise ModelFileError(f"{self.path} does not hold the costs of a validation set")
        self.descent.restore(state)
        for p in self.network.parameters():
            p.data = arrays[p.name]
        self.descent.adopt()
        self.history.costs[:] = costs.tolist()
        self.history.learning_rates[:] = arrays["history.learning_rates"].tolist()
        self.history.seconds = seconds

    def compare(self, what: str, found: Any, wanted: dict[str, Any]) -> None:
        """Raise ModelFileError for the first setting in which a file differs from this training."""
        found = found if isinstance(found, dict) else {}
        for name, value in wanted.items():
            if found.get(name) != value:
                detail = f"{name} is {found.get(name)!r:.80}, and here {value!r:.80}"
                if name == "data":
                    detail = "the data are others, or else split or scaled"
                raise ModelFileError(
                    f"{self.path} is of another run: in {what} {detail}; go on as it began, or begin with another file"
                )
