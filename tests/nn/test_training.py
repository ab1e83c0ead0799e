"""Training: what `fit` computes, when it stops, and that a kill costs nothing but time."""

from __future__ import annotations

import itertools
import math
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import AnomalyError, DivergedError, ModelFileError, ShapeError, no_grad
from microgradnn.data import gate, moons, one_hot
from microgradnn.nn import Model, Network
from microgradnn.nn.history import History
from microgradnn.nn.optimisers import OPTIMISERS, exponential

Array = Any
X, Y = moons(40, seed=1)[:2]


def small(**options: Any) -> Network:
    return Network([2, 4, 1], seed=3, **options)


def numbers(network: Network) -> list[bytes]:
    """The parameters, to the bit."""
    return [p.numpy().tobytes() for p in network.parameters()]


# --- what it computes -----------------------------------------------------------------------------


def test_it_is_the_loop_that_one_would_write_by_hand() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((300, 50)), np.arange(50).reshape(1, 50) % 2.0
    w, b, costs = np.zeros((300, 1)), 0.0, []
    for _ in range(200):
        A = 1 / (1 + np.exp(-(np.dot(w.T, x) + b)))
        costs.append(-np.mean(y * np.log(A) + (1 - y) * np.log(1 - A)))
        dZ = A - y
        w, b = w - 0.05 * np.dot(x, dZ.T) / 50, b - 0.05 * np.sum(dZ) / 50

    network = Network([300, 1], init="zeros")
    history = network.fit(x, y, learning_rate=0.05, iterations=200)

    np.testing.assert_allclose(network.layers[0].W.numpy(), w.T, rtol=0, atol=1e-9)
    np.testing.assert_allclose(network.layers[0].b.numpy(), [[b]], rtol=0, atol=1e-9)
    np.testing.assert_allclose(history.costs, costs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_lowers_the_cost(optimiser: str) -> None:
    momentum = 0.9 if optimiser in ("momentum", "nesterov") else 0.0
    network = small()
    history = network.fit(X, Y, optimiser=optimiser, learning_rate=0.02, momentum=momentum, iterations=100)

    assert history.cost is not None
    assert history.cost < history.costs[0]
    assert history.learning_rates == [0.02] * 100


@pytest.mark.parametrize(
    ("n_x", "optimiser", "rate"),
    [(2, "gradient_descent", 0.1), (80, "momentum", 0.1), (12288, "gradient_descent", 8 / 12288), (100, "adam", 0.001)],
)
def test_a_learning_rate_that_is_not_given_is_one_that_works(n_x: int, optimiser: str, rate: float) -> None:
    x = np.random.default_rng(0).random((n_x, 6))

    momentum = 0.5 if optimiser == "momentum" else 0.0
    history = Network([n_x, 1], init="zeros").fit(
        x, [[0, 1, 0, 1, 0, 1]], optimiser=optimiser, momentum=momentum, iterations=2
    )

    assert history.learning_rates == [rate, rate]


@pytest.mark.parametrize("light", [0.1, 1.0], ids=["dark", "white"])
@pytest.mark.parametrize("n_x", [3, 192, 12288])
def test_with_it_the_cost_of_a_unit_never_rises_on_pixels_nor_on_standardised_features(n_x: int, light: float) -> None:
    rng = np.random.default_rng(n_x)
    pixels, y = 1 - rng.random((n_x, 30)) * light, np.arange(30).reshape(1, 30) % 2
    alike = rng.standard_normal((1, 30)) + 0.1 * rng.standard_normal((n_x, 30))
    standardised = (alike - alike.mean(axis=1, keepdims=True)) / alike.std(axis=1, keepdims=True)

    for x in (pixels, pixels - light, standardised):
        costs = Network([n_x, 1], init="zeros").fit(x, y, iterations=200).costs
        assert (np.diff(costs) <= 1e-12).all()


def test_the_history_tells_costs_rates_accuracies_and_why_it_ended() -> None:
    network = small()
    history = network.fit(X, Y, learning_rate=exponential(1.0, factor=0.5), iterations=3, test=(X[:, :1], Y[:, :1]))

    assert history.learning_rates == [1.0, 0.5, 0.25]
    assert history.cost == network.cost(X, Y).item()
    assert history.train_accuracy == network.accuracy(X, Y)
    assert history.test_accuracy in (0.0, 1.0)
    assert history.stopped == "all 3 iterations done"
    assert repr(history).startswith("3 iterations in ")
    assert "test accuracy" in repr(history)


def test_the_same_seed_deals_the_same_batches_and_drops_the_same_units() -> None:
    runs = [small(dropout=0.3) for _ in range(3)]
    for network, seed in zip(runs, (1, 1, 2), strict=True):
        network.fit(X, Y, iterations=20, batch_size=7, seed=seed)

    assert numbers(runs[0]) == numbers(runs[1]) != numbers(runs[2])


def test_several_classes_and_regressions_are_trained_too() -> None:
    labels, _ = one_hot(["a", "b", "c", "a"])
    x = np.eye(3)[:, [0, 1, 2, 0]]

    assert Network([3, 3], output="softmax", seed=0).fit(x, labels, iterations=200).train_accuracy == 1
    regression = Network([1, 1], output="linear", seed=0)
    history = regression.fit([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]], iterations=1000)
    assert history.train_accuracy is None
    assert regression([[3.0]]).item() == pytest.approx(7, abs=1e-6)


# --- when it stops --------------------------------------------------------------------------------


def test_it_stops_when_a_pass_no_longer_changes_the_cost() -> None:
    history = small().fit(X, Y, learning_rate=0.5, iterations=10_000, tolerance=1e-4)

    assert abs(history.costs[-1] - history.costs[-2]) <= 1e-4 < abs(history.costs[-2] - history.costs[-3])
    assert "no more than 0.0001" in history.stopped


def test_it_stops_when_the_callback_says_so() -> None:
    history = small().fit(X, Y, iterations=100, callback=lambda iteration, cost: iteration == 4)

    assert len(history) == 5
    assert history.stopped == "the callback said so after 5 iterations"


@pytest.mark.parametrize("how", ["a signal", "an exception"])
def test_ctrl_c_keeps_what_was_learnt(how: str) -> None:
    def press(iteration: int, cost: float) -> None:
        if iteration == 9:
            if how == "an exception":
                raise KeyboardInterrupt
            os.kill(os.getpid(), signal.SIGINT)

    interrupted, ten = small(), small()
    history = interrupted.fit(X, Y, iterations=100, callback=press)
    ten.fit(X, Y, iterations=10)

    assert history.stopped == "Ctrl-C after 10 of 100 iterations"
    assert history.train_accuracy is not None
    assert numbers(interrupted) == numbers(ten)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_cost_that_is_no_number_names_layer_step_and_advice_and_goes_back() -> None:
    network = Network([2, 3, 1], output="linear", seed=0)

    with pytest.raises(DivergedError, match=r"step \d+ is (inf|nan).* layer \d.*scaled inputs.*smaller") as caught:
        network.fit(1000 * X, Y, learning_rate=10, iterations=200)

    assert isinstance(caught.value, AnomalyError)
    assert np.isfinite(network.cost(1000 * X, Y).item())
    assert len(caught.value.history.costs) >= 1  # type: ignore[attr-defined] # an object, for errors.py knows no nn


def test_the_loss_of_probabilities_is_told_to_use_logits() -> None:
    network = Network([2, 1], output="linear", loss="cross_entropy", init="zeros")

    with pytest.raises(DivergedError, match=r"loss of A1, the output of layer 1, is not finite.*logits"):
        network.fit(X, Y, iterations=3)


def test_labels_that_are_large_are_told_to_be_scaled() -> None:
    network = Network([2, 8, 1], output="linear", seed=0)

    with pytest.raises(DivergedError, match=r"smaller learning_rate, or scaled labels \(the largest is 1e\+06\)$"):
        network.fit(X, 1e6 * Y, learning_rate=1)


# --- what it refuses ------------------------------------------------------------------------------

NAN = np.where(np.arange(40) == 3, np.nan, X)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(X=NAN), r"X\[0, 3\] is nan"),
        (dict(Y=2 * Y), "labels are 0 or 1; got 2"),
        (dict(Y=0 * Y), "all examples have the label 0"),
        (dict(X=X[:, :0], Y=Y[:, :0]), "no example"),
        (dict(X=X[:, :1], Y=Y[:, :1]), r"there is one example, with the label \d: .*examples of each class are needed"),
        (dict(X=X.T), "transpose"),
        (dict(Y=Y[:, :5]), "column for each example"),
        (dict(batch_size=41), "batch_size is 41, and there are only 40 examples"),
        (dict(batch_size=0), "at least 1; got 0"),
        (dict(iterations=1.5), "iterations is a whole number"),
        (dict(l2=-1.0), "l2 is a number that is not negative"),
        (dict(tolerance=float("nan")), "tolerance"),
        (dict(learning_rate=-0.1), "learning_rate is a number that is not negative; got -0.1"),
        (dict(learning_rate=float("inf")), "learning_rate is a number that is not negative; got inf"),
        (dict(momentum=1.0), "momentum"),
        (dict(optimiser="sgd"), "unknown optimiser 'sgd' .choose from adam"),
        (dict(optimiser="adam", momentum=0.9), "adam takes no momentum"),
        (dict(optimiser="nesterov"), "nesterov needs a momentum"),
        (dict(resume=True), "resume needs the name"),
    ],
)
def test_bad_input_is_one_clear_error_and_changes_nothing(change: dict[str, Any], words: str) -> None:
    network = small()
    before = numbers(network)
    begun: list[Any] = []

    with pytest.raises((ValueError, ShapeError), match=words):
        network.fit(**{"X": X, "Y": Y, "begin": begun.append, **change})

    assert numbers(network) == before
    assert begun == []


def test_it_tells_when_it_begins_with_the_history_until_then(tmp_path: Path) -> None:
    begun: list[int] = []
    options: Any = {"checkpoint": tmp_path / "run", "begin": lambda history: begun.append(len(history))}

    small().fit(X, Y, iterations=4, **options)
    small().fit(X, Y, iterations=6, resume=True, **options)

    assert begun == [0, 4]


# --- checkpoints ----------------------------------------------------------------------------------

RUN = dict(optimiser="adam", batch_size=7, l2=0.1, seed=5, learning_rate=0.01)


def stop_at(step: int) -> Callable[[int, float], bool]:
    return lambda iteration, cost: iteration == step


@pytest.mark.parametrize("step", [0, 4, 5, 6, 17])
def test_a_run_in_two_parts_is_the_run_in_one_to_the_bit(step: int, tmp_path: Path) -> None:
    whole, first, second = (small(dropout=0.3) for _ in range(3))
    there = tmp_path / "run.safetensors"
    expected = whole.fit(X, Y, iterations=40, **RUN)  # type: ignore[arg-type] # a table of options

    options: Any = {**RUN, "iterations": 40, "checkpoint": there, "resume": True}
    first.fit(X, Y, callback=stop_at(step), **options)
    history = second.fit(X, Y, **options)

    assert numbers(second) == numbers(whole)
    assert history.costs == expected.costs
    assert numbers(Network.load(there)) == numbers(whole)


KILLED = """
import os, random, signal, sys, time
import numpy as np
from pathlib import Path
from microgradnn.data import moons
from microgradnn.nn import Network

X, Y = moons(40, seed=1)[:2]
path = Path(sys.argv[1])
chance = random.Random(int(sys.argv[2]))
options = dict(optimiser="adam", batch_size=7, seed=5, iterations=400, checkpoint=path, checkpoint_every=1)

def run(**more):
    network = Network([2, 4, 1], seed=3, dropout=0.3)
    network.fit(X, Y, **options | more)
    return network

steps = []
for _ in range(20):
    stepped, step = os.pipe()
    child = os.fork()
    if not child:
        run(resume=True, callback=lambda iteration, cost: os.write(step, b".") and None)
        os._exit(0)
    for _ in range(chance.randrange(1, 15)):
        os.read(stepped, 1)
    time.sleep(chance.uniform(0, 0.003))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if path.exists():
        Network.load(path)
        steps.append(path.stat().st_size)
resumed, whole = run(resume=True), run(checkpoint=None)
same = [p.numpy().tobytes() == q.numpy().tobytes() for p, q in zip(resumed.parameters(), whole.parameters())]
print(len(set(steps)), all(same))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that it forks")
@pytest.mark.slow
def test_twenty_kills_at_random_moments_lose_no_bit(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path / "run.safetensors"), "0"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert ran.stderr == ""
    stages, same = ran.stdout.split()
    assert same == "True"
    assert int(stages) > 1, "the kills came before anything was done"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(batch_size=8), "batch_size is 7, and here 8"),
        (dict(optimiser="rmsprop"), "optimiser is 'adam', and here 'rmsprop'"),
        (dict(X=X + 1), "the data are others"),
        (dict(network=Network([2, 5, 1])), r"sizes is \[2, 4, 1\], and here \[2, 5, 1\]"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    there = tmp_path / "run.safetensors"
    options: Any = {"X": X, "Y": Y, "network": small(), **RUN, "iterations": 3, "checkpoint": there}
    Network.fit(options.pop("network"), **options)
    kept = there.read_bytes()

    options |= {"network": small(), "resume": True, **change}
    network = options.pop("network")
    before = numbers(network)
    with pytest.raises(ModelFileError, match=words):
        network.fit(**options)

    assert numbers(network) == before
    assert there.read_bytes() == kept


def test_a_checkpoint_that_is_further_on_than_was_asked_for_is_refused(tmp_path: Path) -> None:
    there, network = tmp_path / "run", small()
    small().fit(X, Y, iterations=5, checkpoint=there)
    before = numbers(network)

    with pytest.raises(ValueError, match=r"iterations is 4, and .*run has done 5: give as many or more"):
        network.fit(X, Y, iterations=4, checkpoint=there, resume=True)

    assert numbers(network) == before


def test_a_model_file_is_no_checkpoint_and_a_checkpoint_no_model(tmp_path: Path) -> None:
    there = small().save(tmp_path / "model.safetensors")

    with pytest.raises(ModelFileError, match="a network without its training"):
        small().fit(X, Y, checkpoint=there, resume=True)

    small().fit(X, Y, iterations=1, checkpoint=there)
    with pytest.raises(ModelFileError, match=r"is a checkpoint, which knows neither .*nn\.Network\.load"):
        Model.load(there)


# --- what one sees --------------------------------------------------------------------------------


def test_the_bar_is_silent_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    small().fit(X, Y, iterations=5)
    assert capfd.readouterr() == ("", "")

    small().fit(X, Y, iterations=5, progress=True)
    out, err = capfd.readouterr()
    assert (out, "5/5" in err, "J = " in err, "examples/s" in err) == ("", True, True, True)


def test_the_bar_is_silent_without_rich(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("microgradnn.nn.progress.find_spec", lambda name: None)

    small().fit(X, Y, iterations=5, progress=True)

    assert capfd.readouterr() == ("", "")


def test_the_gate_of_the_notes_is_learnt() -> None:
    data = gate("or")
    assert Network([2, 1], init="zeros").fit(data.X, data.Y, learning_rate=1).train_accuracy == 1


@pytest.mark.parametrize("compiled", [True, False])
def test_fit_trains_in_a_block_without_recording_too(compiled: bool) -> None:
    inside, outside = small(), small()
    with no_grad():
        inside.fit(X, Y, iterations=5, compiled=compiled)
    outside.fit(X, Y, iterations=5, compiled=compiled)

    np.testing.assert_array_equal(inside.layers[0].W.numpy(), outside.layers[0].W.numpy())
    assert not np.array_equal(inside.layers[0].W.numpy(), small().layers[0].W.numpy())


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_two_trainings_do_not_share_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "it.run"
    X, Y = np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]])
    said: list[str] = []

    def meanwhile(iteration: int, cost: float) -> None:
        with pytest.raises(ValueError, match=f"it.run is in use: process {os.getpid()} trains with it"):
            Network([1, 1]).fit(X, Y, iterations=1, checkpoint=path)
        said.append("refused")

    Network([1, 1]).fit(X, Y, iterations=1, checkpoint=path, callback=meanwhile)

    assert said == ["refused"]
    assert list(tmp_path.iterdir()) == [path]
    Network([1, 1]).fit(X, Y, iterations=1, checkpoint=path)


def test_a_notebook_shows_the_course_of_the_cost_and_the_layers() -> None:
    network = Network([2, 3, 1], seed=0)
    history = History(costs=[0.7, math.inf, 0.5, 0.2], cost=0.1)

    assert history._repr_html_().startswith('<img src="data:image/svg+xml;base64,')
    assert "0.7 → 0.1" in history._repr_html_()
    assert History()._repr_html_() == f"<pre>{History()!r}</pre>"
    assert network._repr_html_().count("<tr>") == 3
    assert "Network of 2 layers, 13 parameters" in network._repr_html_()


# --- large data -----------------------------------------------------------------------------------


def wide(m: int = 4000) -> tuple[Any, Any]:
    """m examples of 300 features, an example in one piece, and their labels."""
    rng = np.random.default_rng(0)
    rows = rng.random((m, 300), dtype=np.float32)
    return rows.T, (rows[:, :1].T > 0.5).astype(np.float32)


def test_examples_that_lie_in_one_piece_are_not_copied(tmp_path: Path) -> None:
    x, y = wide()
    np.asarray(x.T).tofile(tmp_path / "rows.bin")
    mapped = np.memmap(tmp_path / "rows.bin", np.float32, "r", shape=x.T.shape).T
    Network([300, 8, 1], seed=0, dtype="float32").fit(x, y, batch_size=50, iterations=1)  # imports, programs
    costs = []
    for given in (x, mapped, np.ascontiguousarray(x)):
        network = Network([300, 8, 1], seed=0, dtype="float32")
        tracemalloc.start()
        try:
            history = network.fit(given, y, batch_size=50, iterations=60, learning_rate=0.1, seed=0)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < (0.8 if given.flags.f_contiguous else 1.8) * x.nbytes
        costs.append(history.costs)
    assert costs[0] == costs[1]
    np.testing.assert_allclose(costs[0], costs[2], rtol=1e-5)  # float32, summed in another order


def test_what_is_measured_in_parts_is_what_is_measured_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = wide(700)
    histories = []
    for most in (1 << 20, 3000):
        monkeypatch.setattr("microgradnn.nn.training.MOST", most)
        histories.append(
            Network([300, 4, 1], seed=0).fit(
                x, y, iterations=3, l2=5.0, class_weight=[1, 3], test=(x[:, :99], y[:, :99])
            )
        )

    one, other = histories
    assert one.cost == pytest.approx(other.cost, rel=1e-12)
    assert (one.train_accuracy, one.test_accuracy) == (other.train_accuracy, other.test_accuracy)
    line = Network([300, 1], output="linear", seed=0).fit(x, 2 * y, iterations=2)
    monkeypatch.undo()
    whole = Network([300, 1], output="linear", seed=0).fit(x, 2 * y, iterations=2)
    assert (line.train_rmse, line.train_r2) == pytest.approx((whole.train_rmse, whole.train_r2), rel=1e-12)


# --- batches that come one by one -------------------------------------------------------------------


def in_batches(x: Any, y: Any, size: int = 20) -> list[tuple[Any, Any]]:
    return [(x[:, i : i + size], y[:, i : i + size]) for i in range(0, x.shape[1], size)]


class Again:
    """Batches that can be gone through anew, and are no list."""

    def __init__(self, pairs: Any) -> None:
        self.pairs = pairs

    def __iter__(self) -> Any:
        return iter(self.pairs)


def test_batches_from_a_stream_are_steps_as_those_of_arrays(tmp_path: Path) -> None:
    x, y = wide(50)
    pairs = in_batches(x, y)
    histories = []
    for source in (Again(pairs), lambda: iter(pairs), itertools.chain.from_iterable(itertools.repeat(pairs))):
        network = Network([300, 8, 1], seed=0, dtype="float32")
        history = network.fit(source, iterations=7, learning_rate=0.1, validation=(x, y), test=(x, y))
        assert (history.cost, history.train_accuracy) == (None, None)
        assert history.test_accuracy is not None
        histories.append((history.costs, list(history.validation_costs)))
    assert histories[0] == histories[1]
    assert histories[0][0] == histories[2][0]
    assert histories[0][1] == [3, 6]  # passes have three steps, of 20, 20 and 10 examples
    assert histories[2][1] == []  # an endless pass

    network = Network([300, 8, 1], seed=0, dtype="float32")
    wanted = [network.fit(*pair, iterations=1, learning_rate=0.1).costs[0] for pair in [*pairs, *pairs, pairs[0]]]
    assert histories[0][0] == wanted


def test_an_iterator_ends_the_training_and_a_thread_reads_ahead() -> None:
    x, y = wide(60)
    read, threads = [], set()

    def reading() -> Any:
        for number, pair in enumerate(in_batches(x, y, 10)):
            read.append(number)
            threads.add(threading.current_thread().name)
            yield pair

    network = Network([300, 4, 1], seed=0, dtype="float32")
    history = network.fit(reading(), iterations=9)
    assert history.stopped == "the batches ended after 6 of 9 iterations"
    assert len(history) == 6
    assert threads == {"microgradnn batches"}

    read.clear()
    network.fit(reading(), iterations=1)
    assert 1 < len(read) < 6  # some, but not all, beforehand
    assert not [one for one in threading.enumerate() if one.name == "microgradnn batches"]


def test_an_array_that_is_filled_anew_is_read_as_it_was_given() -> None:
    x, y = wide(60)
    pairs = in_batches(x.astype(float), y.astype(float))  # which need no cast, and so no copy

    def refilled() -> Any:
        one, other = (np.empty_like(part) for part in pairs[0])
        for a, b in pairs:
            one[:], other[:] = a, b
            yield one, other

    costs = [
        Network([300, 3, 1], seed=0).fit(source, iterations=len(pairs)).costs for source in (Again(pairs), refilled)
    ]
    assert costs[0] == costs[1]


def test_no_batch_is_awaited_that_nobody_needs() -> None:
    x, y = wide(60)

    def source() -> Any:
        yield x, y
        raise KeyError("the second")

    assert len(Network([300, 1], seed=0).fit(source, iterations=1)) == 1
    with pytest.raises(KeyError, match="the second"):
        Network([300, 1], seed=0).fit(source, iterations=2)


@pytest.mark.skipif(sys.platform == "win32", reason="a signal is sent to this process")
def test_ctrl_c_is_heard_while_a_batch_is_awaited() -> None:
    x, y = wide(60)
    stepped, goes_on = threading.Event(), threading.Event()

    def source() -> Any:
        yield x, y
        goes_on.wait(60)

    def press() -> None:
        stepped.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    try:
        history = Network([300, 1], seed=0).fit(source, iterations=5, callback=lambda *_: stepped.set())
        assert not goes_on.is_set()
    finally:
        goes_on.set()
    assert history.stopped == "Ctrl-C after 1 of 5 iterations"


def test_what_is_wrong_with_a_stream_is_said() -> None:
    x, y = wide(20)
    network = Network([300, 4, 1], seed=0, dtype="float32")
    bad = x.copy()
    bad[3, 1] = np.nan

    def broken() -> Any:
        yield x, y
        raise OSError("the disk is gone")

    for source, kind, words in (
        (iter([(x, y), (bad, y)]), ValueError, r"batch 1: X\[3, 1\] is nan"),
        (iter([(x, y), (x.T, y)]), ShapeError, r"batch 1: there must be 300 features"),
        (iter([x]), TypeError, "batch 0 is a ndarray, where a pair is wanted"),
        (Again([]), ValueError, "there is no batch in it"),
        (broken, OSError, "the disk is gone"),
        (x, TypeError, "without Y it takes batches"),
        (None, TypeError, "without Y it takes batches"),
    ):
        with pytest.raises(kind, match=words):
            network.fit(source, iterations=5)
    for options in (
        {"batch_size": 4},
        {"tolerance": 1e-3},
        {"class_weight": "balanced"},
        {"checkpoint": "x"},
        {"watch": "x"},
    ):
        with pytest.raises(ValueError, match=f"{next(iter(options))} needs all examples at hand"):
            network.fit(iter([(x, y)]), iterations=1, **options)
