"""Training: gradient descent from data to a network, with every hyperparameter of the notes by its name (I6).

Nothing here computes a gradient or a step: `Network.cost` and the optimisers do. This is the loop
around them, and what may happen to it: an end, a wish to stop, a cost that is no number, a kill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import ceil, fsum, isfinite
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns import batches, check_data
from ..engine.disk import lock
from ..engine.modes import no_grad, record_for_itself
from ..engine.tensor import Array, Tensor, leaf
from ..errors import DivergedError
from .checkpoints import Checkpoint, fingerprint
from .history import History
from .losses import class_weights
from .metrics import r2, rmse
from .optimisers import OPTIMISERS, Adam, Momentum, Optimiser, RMSProp, Schedule
from .progress import bar, interruptible
from .replayed import Replayed, repeats_itself
from .scalar import whole
from .stopping import Validation
from .streams import Stream, is_stream
from .watch.following import Watcher, watcher_of, watching
from .words import OF_FIT, with_words

if TYPE_CHECKING:
    from .network import Network

Callback = Callable[[int, float], Any]
LEARNING_RATE = 0.1  # of the optimisers that have none of their own, where there are not many features
# With α = 8 / n_x the J of a sigmoid unit does not rise: it curves by at most the mean of ‖x‖² / 4, and ‖x‖² is at most
# n_x for pixels from 0 to 1, and n_x in the mean for standardised features.
STEEPEST = 8.0
MOST = 1 << 20  # numbers of a layer, when all examples are measured
LARGE = 10  # an input beyond this has not been scaled


@with_words(OF_FIT)
@record_for_itself
def fit(
    network: Network,
    X: Any,  # noqa: N803 (the notes' name)
    Y: Any = None,  # noqa: N803
    *,
    learning_rate: float | Schedule | None = None,
    optimiser: str = "gradient_descent",
    iterations: int = 1000,
    batch_size: int | None = None,
    momentum: float = 0.0,
    l2: float = 0.0,
    tolerance: float | None = None,
    callback: Callback | None = None,
    begin: Callable[[History], Any] | None = None,
    test: tuple[Any, Any] | None = None,
    validation: tuple[Any, Any] | None = None,
    patience: int | None = None,
    class_weight: str | Sequence[float] | None = None,
    seed: int | None = None,
    progress: bool | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 100,
    resume: bool = False,
    compiled: bool | None = None,
    watch: bool | str | Path | Watcher | None = None,
) -> History:
    """Train a network on X, (n_x, m), and Y, (n[L], m), and return the course of it.

    Left as they are, the arguments are plain gradient descent on all examples. An iteration is one
    step, on `batch_size` examples (None: all m); before each pass over the data they are shuffled,
    as `seed` says, which also seeds dropout; with None the network's own generator goes on. X is not
    copied where its type is the network's and, for batches, its order Fortran's, so that an example lies
    in one piece (`rows.T` of an array with a row for each); a np.memmap never is. `l2` is
    λ of the notes' regularisation, λ / (2m) · Σ W². `learning_rate` is α or a schedule, and where it
    is not given what the optimiser usually has; for those without, 0.1, or 8 / n_x where there are so
    many features, such as pixels, that this is less.

    Training ends after `iterations`; when a pass changes the mean cost by no more than `tolerance`;
    when `callback(iteration, cost)` returns something true; when the cost of the `validation` set,
    (X, Y), which is measured after each pass, has not fallen below its least for `patience` passes; or
    with Ctrl-C, which keeps what was learnt. With `patience` the network ends with the parameters of
    that least cost. `begin(history)` is called before the first step, when nothing was wrong with the
    arguments. A cost that is not finite raises DivergedError, which names the layer and the step; the
    network then has the last parameters with a finite cost.

    `class_weight` has a number for each class, in their order, by which the losses of its examples
    count, or is 'balanced': m / (k m_c) for a class of m_c examples among k. m stays m.

    A step is a replay of the program of the cost (see `microgradnn.compile`), which is quicker than a graph for
    each step and has the same numbers but for rounding. With dropout, and for a network whose methods
    you have written anew, a graph is made each time; `compiled=False` asks for that.

    `watch` shows the training: with True on a page in the browser, where it can be paused, and α changed; with the
    name of a file, 'training.html', on a page that replays it; or by an nn.Watch or nn.TrainingRecording of your own.

    Examples that memory does not hold come in batches, in the place of X and without Y: X is then what can be gone
    through anew for each pass, or a function that returns an iterator, of pairs (X, Y); an iterator is gone through
    once, and training ends with it. A thread reads `AHEAD` batches ahead and checks them. They come in the order they
    are given, J of all examples is not measured, and what needs all of them at once is refused with a ValueError:
    `batch_size`, `tolerance`, `class_weight`, `checkpoint`, `watch`.

    `progress` shows a bar, by default on a terminal. `checkpoint` names a file that is written every
    so many iterations and at the end. With `resume` training goes on from there, if the file exists,
    and ends with the same bits as without the pause.

    >>> X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    >>> Y = np.array([[0.0, 1.0, 1.0, 1.0]])
    >>> from microgradnn.nn import Network
    >>> history = Network([2, 1], init="zeros").fit(X, Y, learning_rate=1, iterations=100)
    >>> print(f"{history.costs[0]:.6f} {history.costs[99]:.4f} {history.train_accuracy}, {history.stopped}")
    0.693147 0.0902 1.0, all 100 iterations done
    """
    if Y is None:
        refused = {"batch_size": batch_size, "tolerance": tolerance, "class_weight": class_weight}
        stream = stream_of(network, X, refused | {"checkpoint": checkpoint, "watch": watch or None})
        x, y = empty(network)
    else:
        stream = None
        x, y = examples(network, X, Y)
    held_out = None if test is None else examples(network, *test, one_class=True)
    size = check_numbers(max(x.shape[1], 1), batch_size, iterations, checkpoint_every, l2=l2, tolerance=tolerance)
    if size < x.shape[1] and not isinstance(X, np.memmap):
        x = np.asfortranarray(x)
    if resume and checkpoint is None:
        raise ValueError("resume needs the name of the checkpoint to go on from")
    if patience is not None:
        whole("patience", patience, 1)
        if validation is None:
            raise ValueError("patience is how long the cost of a validation set may not fall: give validation=(X, Y)")
    weights = None if class_weight is None else class_weights(network.activations[-1], y, class_weight)
    options: dict[str, Any] = {"l2": l2} | ({} if weights is None else {"class_weight": weights})
    compiled = can_be_compiled(network, compiled)
    watcher = None if watch is None or watch is False else watcher_of(watch)
    descent = choose_optimiser(optimiser, network, learning_rate, momentum)
    if seed is not None:
        network.rng = np.random.default_rng([whole("seed", seed, 0), 1])
    draws = size < x.shape[1]
    shuffle = np.random.default_rng(seed if seed is not None else int(network.rng.integers(2**63)) if draws else 0)
    history = History()
    beside = None
    if validation is not None:
        kept = examples(network, *validation, one_class=True)
        beside = Validation(network, (constant(kept[0]), constant(kept[1])), patience, history, options | {"l2": 0.0})
    replayed = Replayed(network, **options) if compiled else None
    run = LoopState(network, descent, shuffle, history, x, y, size, options, replayed, beside, watcher)
    if stream is not None:
        with stream.ahead(lambda: run.interrupted()) as run.stream:
            run.train(iterations, tolerance, callback, begin, progress)
    elif checkpoint is None:
        run.train(iterations, tolerance, callback, begin, progress)
    else:
        rate = None if callable(descent.learning_rate) else float(descent.learning_rate)
        settings: dict[str, Any] = {
            "optimiser": optimiser,
            "learning_rate": rate,
            "momentum": float(momentum),
            "l2": float(l2),
        }
        settings |= {"batch_size": size, "seed": seed, "data": fingerprint(x, y), "compiled": compiled}
        if weights is not None:
            settings["class_weight"] = weights
        if validation is not None:
            settings |= {"patience": patience, "validation": fingerprint(*kept)}
        file = Checkpoint(checkpoint, network, descent, shuffle, history, settings, beside)
        with lock(checkpoint, "trains"):
            if resume:
                file.resume(iterations)
                run.begin_at_state()
            run.train(iterations, tolerance, callback, begin, progress, file, checkpoint_every)
    conclude(history, network, None if stream is not None else (x, y), held_out, options)
    return history


def stream_of(network: Network, X: Any, refused: dict[str, Any]) -> Stream:  # noqa: N803
    """Return the batches that stand in the place of X; TypeError where they are none."""
    if not is_stream(X):
        raise TypeError(
            "fit takes X, (n_x, m), and Y, (n[L], m); without Y it takes batches: something to go through, or a "
            f"function that returns an iterator, of pairs (X, Y); got {X!r:.60} ({type(X).__name__})"
        )
    for name, one in refused.items():
        if one is not None:
            raise ValueError(
                f"{name} needs all examples at hand, and is not for batches that come one by one; leave it out"
            )
    return Stream(X, lambda x, y: examples(network, x, y, one_class=True))


def empty(network: Network) -> tuple[Array, Array]:
    """Return X, (n_x, 0), and Y, (n[L], 0)."""
    dtype = network.layers[0].W.dtype
    return np.zeros((network.n[0], 0), dtype), np.zeros((network.n[-1], 0), dtype)


def check_numbers(
    m: int, batch_size: int | None, iterations: int, checkpoint_every: int, **not_negative: float | None
) -> int:
    """Return how many of the m examples a step takes; ValueError for a number that cannot be right."""
    size = m if batch_size is None else whole("batch_size", batch_size, 1)
    if size > m:
        raise ValueError(f"batch_size is {size}, and there are only {m} examples to learn from")
    whole("iterations", iterations, 0)
    whole("checkpoint_every", checkpoint_every, 1)
    for name, number in not_negative.items():
        if number is not None and not (isfinite(number) and number >= 0):
            raise ValueError(f"{name} is a number that is not negative; got {number}")
    return size


def can_be_compiled(network: Network, wanted: bool | None) -> bool:
    """Return whether each step is a replay: if wanted, or, where nothing is said, if it can be."""
    can = repeats_itself(network)
    if wanted and not can:
        raise ValueError(
            "compiled=True is for a network that computes the same in each step: no dropout, no own methods"
        )
    return can if wanted is None else wanted


class LoopState:
    """The loop's own state: the parameters before the last step, and the order of this pass over the data."""

    def __init__(
        self,
        network: Network,
        descent: Optimiser,
        shuffle: np.random.Generator,
        history: History,
        x: Array,
        y: Array,
        size: int,
        options: dict[str, Any],
        replayed: Replayed | None,
        validation: Validation | None,
        watcher: Watcher | None,
    ) -> None:
        self.watcher = watcher
        self.options, self.replayed, self.validation = options, replayed, validation
        self.network, self.descent, self.shuffle, self.history = network, descent, shuffle, history
        self.X, self.Y, self.size = x, y, size
        self.all = constant(x), constant(y)
        self.steps = ceil(x.shape[1] / size)  # of a pass
        self.rest: Iterator[tuple[Array, Array]] | None = None  # of this pass
        self.stream: Iterator[tuple[tuple[Array, Array], Callable[[], bool]]] | None = None
        self.ends_pass: Callable[[], bool] = lambda: False  # whether the batch that a stream gave last does
        self.interrupted: Callable[[], bool] = lambda: False  # by Ctrl-C
        self.seen = 0  # examples, those of every pass
        self.begin_at_state()

    def begin_at_state(self) -> None:
        """Take the generator and the parameters as they are now for those of the beginning."""
        self.drawn_from = self.shuffle.bit_generator.state
        self.before = self.descent.flat.copy()

    def train(
        self,
        iterations: int,
        tolerance: float | None,
        callback: Callback | None,
        begin: Callable[[History], Any] | None,
        progress: bool | None,
        file: Checkpoint | None = None,
        every: int = 1,
    ) -> None:
        """Take steps until all are done or there is a reason to stop, and write the checkpoint meanwhile."""
        history = self.history
        if begin is not None:
            begin(history)
        began = perf_counter() - history.seconds
        history.stopped = f"all {iterations} iterations done"
        with (
            np.errstate(all="ignore"),
            bar(iterations, len(history), progress, lambda: self.seen) as show,
            interruptible() as interrupted,
            watching(self.watcher, self, iterations, interrupted) as seen,
        ):
            self.interrupted = interrupted
            try:
                while len(history) < iterations:
                    if self.validation is not None and self.validation.is_spent():
                        history.stopped = self.validation.reason()
                        break
                    try:
                        cost = self.step()
                    except StopIteration:
                        history.stopped = f"the batches ended after {len(history)} of {iterations} iterations"
                        break
                    done = len(history)
                    if self.validation is not None and (done % self.steps == 0 if self.steps else self.ends_pass()):
                        self.validation.look(self.descent.flat)
                    show(done, cost)
                    history.seconds = perf_counter() - began
                    seen()
                    wishes = callback is not None and callback(done - 1, cost)
                    if reason := self.reason_to_stop(iterations, tolerance, wishes, interrupted()):
                        history.stopped = reason
                        break
                    if file is not None and done % every == 0 and done < iterations:
                        file.save(self.shuffled_from())
                self.look()
                if file is not None:
                    file.save(self.shuffled_from())
                if self.validation is not None and self.validation.restore(self.descent.flat):
                    self.tell_changed()
            except KeyboardInterrupt:
                history.stopped = f"Ctrl-C after {len(history)} of {iterations} iterations"
            history.seconds = perf_counter() - began

    def reason_to_stop(self, iterations: int, tolerance: float | None, wishes: Any, interrupted: bool) -> str:
        """Say why training ends here; '' where it goes on."""
        done = len(self.history)
        if interrupted:
            return f"Ctrl-C after {done} of {iterations} iterations"
        if wishes:
            return f"the callback said so after {done} iterations"
        if tolerance is not None and has_settled(self.history.costs, self.steps, tolerance):
            return f"a pass changed the cost by no more than {tolerance:g}, after {done} iterations"
        return ""

    def batch(self) -> tuple[Array, Array]:
        """Return the examples of the next step; StopIteration where a stream has ended."""
        if self.stream is not None:
            (self.X, self.Y), self.ends_pass = next(self.stream)
            self.all = constant(self.X), constant(self.Y)
            return self.X, self.Y
        if self.steps == 1:
            return self.X, self.Y
        done = len(self.history) % self.steps
        if done == 0 or self.rest is None:
            self.drawn_from = self.shuffle.bit_generator.state
            self.rest = islice(batches(self.X, self.Y, self.size, self.shuffle), done, None)
        return next(self.rest)

    def shuffled_from(self) -> Any:
        """Return the generator's state from which the order of the next step's pass is drawn."""
        between = len(self.history) % self.steps == 0
        return self.shuffle.bit_generator.state if between else self.drawn_from

    def step(self) -> float:
        """Change the parameters once, and return the cost before that."""
        x, y = self.batch()
        self.seen += x.shape[1]
        if self.replayed is not None:
            self.descent.adopt()  # what a callback may have assigned
            cost, gradients = self.replayed(self.descent.views, x, y)
            self.finite(cost, x)
            for p, gradient in zip(self.descent.parameters, gradients, strict=True):
                p.grad = gradient
        else:
            self.descent.zero_grad()
            examples = self.all if self.steps == 1 else (constant(x), constant(y))
            J = self.network.cost(*examples, **self.options, training=True)  # noqa: N806
            cost = float(J.item())
            self.finite(cost, x)
            J.backward()
        rate = self.descent.rate(self.descent.steps)
        self.before[...] = self.descent.flat
        self.descent.step()
        self.history.costs.append(cost)
        self.history.learning_rates.append(rate)
        return cost

    def finite(self, cost: float, x: Array) -> None:
        """Raise DivergedError where the cost of a step is not finite."""
        if not isfinite(cost):
            self.stop(f"the cost of step {len(self.history)} is {cost}: {culprit(self.network, constant(x))}")

    def look(self) -> None:
        """Raise DivergedError where the last step led to parameters that are not finite."""
        if not np.isfinite(self.descent.flat).all():
            self.stop(f"step {len(self.history) - 1} went too far: {culprit(self.network, self.all[0])}")

    def tell_changed(self) -> None:
        """Let the parameters know that their numbers are others."""
        for p in self.network.parameters():
            p.changed()

    def stop(self, what: str) -> None:
        """Go back to the last parameters with a finite cost, and say what happened."""
        self.descent.flat[...] = self.before
        self.tell_changed()
        largest = float(max(self.X.max(), -self.X.min()))
        advice = ["a smaller learning_rate"]
        if largest > LARGE:
            advice.insert(0, f"scaled inputs (the largest is {largest:g})")
        farthest = float(np.abs(self.Y).max())
        if farthest > LARGE:
            advice.append(f"scaled labels (the largest is {farthest:g})")
        elif not self.network.of_logits:
            advice.append("a sigmoid or softmax output with its usual loss, which is computed from the logits Z")
        self.history.stopped = what
        error = DivergedError(f"{what}; the parameters are the last with a finite cost. Try {', or '.join(advice)}")
        error.history = self.history
        raise error


def examples(network: Network, X: Any, Y: Any, *, one_class: bool = False) -> tuple[Array, Array]:  # noqa: N803
    """Return X and Y as arrays of the network's dtype that fit it; raises as check_data."""
    if not hasattr(network, "activations"):
        mlp = "; the loop for an MLP of Values is written out in docs/coming-from-micrograd.md" * hasattr(
            network, "parameters"
        )
        raise TypeError(
            f"fit trains a Network, as in network.fit(X, Y); got {network!r:.60} ({type(network).__name__}){mlp}"
        )
    output = network.activations[-1]
    labels = "classes" if output == "softmax" else "binary" if output == "sigmoid" and network.of_logits else "numbers"
    x, y = check_data(X, Y, network.n[0], labels=labels, one_class=one_class)
    network.labels(y, (network.n[-1], x.shape[1]))
    dtype = network.layers[0].W.dtype
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False)


def constant(array: Array) -> Tensor:
    """Return numbers as a Tensor to which no gradient comes."""
    return leaf(array, "constant")


def choose_optimiser(name: str, network: Network, rate: float | Schedule | None, momentum: float) -> Optimiser:
    """Return the optimiser of that name for the parameters of a network."""
    if isinstance(name, Optimiser) or (isinstance(name, type) and issubclass(name, Optimiser)):
        raise TypeError(
            f'fit makes its optimiser itself: give its name, as in optimiser="adam", learning_rate=0.01; got {name!r}'
        )
    if name not in OPTIMISERS:
        raise ValueError(f"unknown optimiser {name!r} (choose from {', '.join(OPTIMISERS)})")
    kind = OPTIMISERS["momentum" if name == "gradient_descent" and momentum else name]
    options: dict[str, Any] = {}
    if issubclass(kind, Momentum):
        if not momentum:
            raise ValueError(f"{name} needs a momentum between 0 and 1, such as 0.9")
        options["momentum"] = momentum
    elif momentum:
        raise ValueError(f"{name} takes no momentum; got {momentum}")
    if rate is None and not issubclass(kind, (Adam, RMSProp)):
        rate = min(LEARNING_RATE, STEEPEST / network.n[0])
    if rate is not None:
        options["learning_rate"] = rate
    return kind(network.parameters(), **options)


def has_settled(costs: list[float], steps: int, tolerance: float) -> bool:
    """Whether the last two passes, of so many steps, had nearly the same mean cost."""
    if len(costs) < 2 * steps or len(costs) % steps:
        return False
    before, now = costs[-2 * steps : -steps], costs[-steps:]
    return abs(sum(now) - sum(before)) <= tolerance * steps


def culprit(network: Network, x: Tensor) -> str:
    """Return which part of which layer stopped being finite first."""
    a = x
    with no_grad():
        for layer in network.layers:
            for p in layer.parameters():
                if not np.isfinite(p.numpy()).all():
                    return f"{p.name} of layer {layer.number} is not finite"
            z = layer.linear(a)
            a = layer.activate(z)
            for name, array in (("Z", z), ("A", a)):
                if not np.isfinite(array.numpy()).all():
                    return f"{name}{layer.number} of layer {layer.number} is not finite"
    return f"the loss of A{network.L}, the output of layer {network.L}, is not finite, though A{network.L} is"


def conclude(history: History, network: Network, train: Any, test: Any, options: dict[str, Any]) -> None:
    """Measure the network that came out, on some examples at a time, so that no layer is there for all of them."""
    with no_grad():
        history.cost = None if train is None else total_cost(network, train, options)
        if network.activations[-1] in ("sigmoid", "softmax"):
            history.train_accuracy, history.test_accuracy = (
                None if pair is None else total_accuracy(network, pair) for pair in (train, test)
            )
        else:
            history.train_rmse, history.train_r2 = (None, None) if train is None else errors_of(network, train)
            history.test_rmse, history.test_r2 = (None, None) if test is None else errors_of(network, test)


def parts_of(network: Network, pair: tuple[Array, Array]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield X and Y by as many examples as a layer has room for in some megabytes."""
    x, y = pair
    size = max(1, MOST // max(network.n))
    for i in range(0, x.shape[1], size):
        yield constant(x[:, i : i + size]), constant(y[:, i : i + size])


def total_cost(network: Network, pair: tuple[Array, Array], options: dict[str, Any]) -> float:
    """Return J of all examples, regularisation included."""
    parts, m = list(parts_of(network, pair)), pair[0].shape[1]
    if len(parts) == 1 or not repeats_itself(network):  # a cost of one's own may be no mean
        return float(network.cost(constant(pair[0]), constant(pair[1]), **options).item())
    plain = [float(network.cost(*part, **options | {"l2": 0.0}).item()) for part in parts]
    first = parts[0][0].shape[1]
    penalty = float(network.cost(*parts[0], **options).item()) - plain[0]  # λ / (2 · first) Σ W²
    return float(fsum(J * x.shape[1] / m for J, (x, _) in zip(plain, parts, strict=True)) + penalty * first / m)


def total_accuracy(network: Network, pair: tuple[Array, Array]) -> float:
    """Return the share of examples of which every label is predicted."""
    right = sum(round(network.accuracy(x, y) * x.shape[1]) for x, y in parts_of(network, pair))
    return float(right / pair[0].shape[1])


def errors_of(network: Network, pair: tuple[Array, Array]) -> tuple[float, float]:
    """Return RMSE and R² of a network whose labels are numbers."""
    a = np.hstack([network(x).numpy() for x, _ in parts_of(network, pair)])
    return rmse(pair[1], a), r2(pair[1], a)
