"""Early stopping, class weights and the search for a learning rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor
from microgradnn.data import moons
from microgradnn.nn import Network, find_learning_rate

DATA = moons(60, noise=0.4, seed=2)
X, Y = DATA.X[:, :30], DATA.Y[:, :30]
BESIDE = DATA.X[:, 30:], DATA.Y[:, 30:]
OPTIONS: dict[str, Any] = {"optimiser": "adam", "learning_rate": 0.05, "seed": 0}


def fresh(**more: Any) -> Network:
    return Network([2, 16, 1], hidden="tanh", seed=0, **more)


# --- early stopping -----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 8])
def test_training_ends_by_the_validation_set_with_the_best_parameters(batch_size: int | None) -> None:
    network = fresh()

    history = network.fit(X, Y, validation=BESIDE, patience=15, batch_size=batch_size, iterations=2000, **OPTIONS)

    steps = 1 if batch_size is None else 4
    costs = list(history.validation_costs.values())
    assert list(history.validation_costs) == list(range(steps, len(history) + 1, steps))
    assert history.best == steps * (1 + int(np.argmin(costs)))
    assert len(history) == history.best + 15 * steps < 2000
    assert network.cost(*BESIDE).item() == min(costs)
    assert history.stopped == (
        f"the cost of the validation set was least after iteration {history.best}, and has not fallen for 15 passes"
    )
    again = fresh()
    again.fit(X, Y, batch_size=batch_size, iterations=history.best, **OPTIONS)
    assert all((p.data == q.data).all() for p, q in zip(network.parameters(), again.parameters(), strict=True))


def test_without_patience_the_validation_set_is_only_looked_at() -> None:
    network, other = fresh(), fresh()

    history = network.fit(X, Y, validation=BESIDE, iterations=50, **OPTIONS)
    other.fit(X, Y, iterations=50, **OPTIONS)

    assert len(history.validation_costs) == 50
    assert all((p.data == q.data).all() for p, q in zip(network.parameters(), other.parameters(), strict=True))
    lines = history.to_csv().splitlines()
    assert lines[0] == "iteration,cost,learning_rate,validation_cost"
    assert [float(line.split(",")[3]) for line in lines[1:]] == list(history.validation_costs.values())


def test_a_training_in_two_parts_stops_where_the_whole_one_does(tmp_path: Path) -> None:
    options = OPTIONS | {"validation": BESIDE, "patience": 12, "batch_size": 8}
    whole = fresh()
    course = whole.fit(X, Y, iterations=1000, **options)

    file = tmp_path / "run"
    fresh().fit(X, Y, iterations=23, checkpoint=file, **options)
    second = fresh()
    resumed = second.fit(X, Y, iterations=1000, checkpoint=file, resume=True, **options)
    third = fresh()
    again = third.fit(X, Y, iterations=1000, checkpoint=file, resume=True, **options)

    assert resumed.validation_costs == again.validation_costs == course.validation_costs
    assert resumed.stopped == again.stopped == course.stopped
    for p, q, r in zip(whole.parameters(), second.parameters(), third.parameters(), strict=True):
        assert (p.data == q.data).all()
        assert (p.data == r.data).all()
    with pytest.raises(ValueError, match="in training patience is 12, and here 13"):
        fresh().fit(X, Y, iterations=1000, checkpoint=file, resume=True, **options | {"patience": 13})


def test_what_cannot_stop_a_training_is_refused() -> None:
    with pytest.raises(ValueError, match=r"give validation=\(X, Y\)"):
        fresh().fit(X, Y, patience=3)
    with pytest.raises(ValueError, match="patience is a whole number, at least 1; got 0"):
        fresh().fit(X, Y, validation=BESIDE, patience=0)
    with pytest.raises(ValueError, match=r"there must be 2 features"):
        fresh().fit(X, Y, validation=(X.T, Y))


# --- class weights ------------------------------------------------------------------------------------


def test_a_weight_of_2_is_an_example_twice() -> None:
    once, twice = np.hstack([X, X[:, Y[0] == 1]]), np.hstack([Y, Y[:, Y[0] == 1]])
    weighted, doubled = fresh(), fresh()

    J = weighted.cost(X, Y, class_weight=[1, 2])
    J.backward()
    other = doubled.cost(once, twice)
    other.backward()

    share = once.shape[1] / X.shape[1]  # m stays m
    assert J.item() == pytest.approx(other.item() * share, rel=1e-14)
    for p, q in zip(weighted.parameters(), doubled.parameters(), strict=True):
        np.testing.assert_allclose(p.grad_data, q.grad_data * share, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("compiled", [True, False])
def test_balanced_weights_are_those_of_scikit_learn(k: int, compiled: bool) -> None:
    weights = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    kinds = np.array([0, 0, 0, 0, 1, 1, 1, 0, 2 % k, 0])
    x = np.random.default_rng(0).normal(size=(2, 10))
    y = kinds[None].astype(float) if k == 2 else np.eye(k)[kinds].T
    output = "sigmoid" if k == 2 else "softmax"
    first, second = (Network([2, 1 if k == 2 else k], output=output, seed=0) for _ in range(2))

    told = weights("balanced", classes=np.arange(k), y=kinds).tolist()
    options: dict[str, Any] = {"iterations": 5, "batch_size": 4, "seed": 0, "compiled": compiled}
    ours, theirs = first.fit(x, y, class_weight="balanced", **options), second.fit(x, y, class_weight=told, **options)

    assert ours.costs == pytest.approx(theirs.costs, rel=1e-14)
    losses = [second.cost(x[:, [i]], y[:, [i]]).item() * told[kinds[i]] for i in range(10)]
    assert second.cost(x, y, class_weight=told).item() == pytest.approx(np.mean(losses), rel=1e-14)


@pytest.mark.parametrize(
    ("network", "y", "given", "words"),
    [
        (Network([2, 1]), Y, "even", "class_weight is 'balanced', or a number for each class; got 'even'"),
        (Network([2, 1]), Y, [1.0], "or 2 numbers that are not negative, in the order of the classes"),
        (Network([2, 1]), Y, [1.0, -1.0], "not negative"),
        (Network([2, 1]), Y, [1.0, float("nan")], "not negative"),
        (Network([2, 1]), Y, {0: 1.0, 1: 2.0}, "in the order of the classes"),
        (Network([2, 1]), Y, 3.0, "in the order of the classes"),
        (Network([2, 1]), Y, [0.0, 0.0], "at least is more than 0"),
        (Network([2, 1], output="linear"), Y, "balanced", "for classes, and the output is 1 linear"),
        (Network([2, 2]), np.vstack([Y, 1 - Y]), "balanced", "for classes, and the output is 2 sigmoid"),
        (Network([2, 3], output="softmax"), np.vstack([Y, 1 - Y, 0 * Y]), "balanced", "class 2 has no example"),
    ],
)
def test_weights_that_cannot_be_are_refused(network: Network, y: Any, given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        network.fit(X, y, class_weight=given, iterations=1)


# --- the learning rate --------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"optimiser": "adam"}, {"batch_size": 8, "seed": 0}])
def test_the_rate_that_is_found_learns_and_the_network_stays(options: dict[str, Any]) -> None:
    network = fresh()
    before = [p.data.copy() for p in network.parameters()]

    found = find_learning_rate(network, X, Y, **options)

    assert all((p.data == old).all() for p, old in zip(network.parameters(), before, strict=True))
    assert len(found.rates) == len(found.costs) <= 100
    assert found.rates[int(np.argmin(found.costs))] == pytest.approx(10 * found.best)
    history = network.fit(X, Y, learning_rate=found.best, iterations=60, **options)
    assert history.cost is not None
    assert history.cost < 0.9 * history.costs[0]


def test_the_search_draws_its_curve(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")

    find_learning_rate(fresh(), X, Y, steps=20).plot(tmp_path / "rates.svg")

    assert "<desc>A curve of the cost J over learning rates from 1e-05 to 10" in (tmp_path / "rates.svg").read_text(
        "utf-8"
    )


def test_a_search_that_cannot_find_says_why() -> None:
    with pytest.raises(ValueError, match=r"low is more than 0 and less than high; got 1 and 0.5"):
        find_learning_rate(fresh(), X, Y, low=1, high=0.5)
    with pytest.raises(TypeError, match="find_learning_rate sets iterations itself: leave it out"):
        find_learning_rate(fresh(), X, Y, iterations=3)
    done = Network([2, 1], output="linear", init="zeros")
    with pytest.raises(ValueError, match="no learning rate from 1e-05 to 10 makes the cost fall"):
        find_learning_rate(done, X, 0 * Y)
    assert isinstance(done.cost(X, Y), Tensor)
