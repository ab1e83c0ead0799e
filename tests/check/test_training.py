"""check_training: each symptom is planted, found by its name, and nothing else is; what was looked at is as it was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value
from microgradnn.check import check_training
from microgradnn.check.training import _largest_curvature
from microgradnn.data import moons
from microgradnn.nn import MLP, Network

EXAMPLES = moons(seed=0)
X, Y = EXAMPLES.X, EXAMPLES.Y


def found(report: Any) -> list[str]:
    """What there is to look at."""
    return [finding.what for finding in report.findings if not finding.ok]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("hidden", ["tanh", "sigmoid", "leaky_relu", "silu"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_sound_network_has_nothing_to_look_at(seed: int, hidden: str, depth: int) -> None:
    assert check_training(Network([2, *[8] * depth, 1], hidden=hidden, seed=seed), X, Y).ok


@pytest.mark.parametrize("output", ["softmax", "linear"])
def test_so_has_one_of_classes_or_of_numbers(output: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 60))
    y = np.eye(3)[rng.integers(0, 3, 60)].T if output == "softmax" else rng.normal(size=(3, 60))

    assert check_training(Network([4, 5, 3], hidden="tanh", output=output, seed=1), x, y).ok


def test_nothing_that_was_looked_at_has_changed() -> None:
    network = Network([2, 4, 1], hidden="tanh", seed=0)
    network.cost(X, Y).backward()
    before = [(p.numpy().copy(), np.array(p.grad)) for p in network.parameters()]

    check_training(network, X, Y)

    for p, (data, grad) in zip(network.parameters(), before, strict=True):
        assert (p.numpy() == data).all()
        assert (p.grad == grad).all()


@pytest.mark.parametrize(
    ("x", "y", "options", "rate", "what", "advice"),
    [
        (X * [[1], [1e4]], Y, {}, 1e-9, "inputs", "Standardise"),
        (X + 1000, Y, {}, 1e-9, "inputs", "Standardise"),
        (np.vstack([X, np.ones_like(X[:1])]), Y, {}, None, "inputs", "leave it out"),
        (np.where(X.max() == X, np.nan, X), Y, {}, None, "inputs", "every gradient NaN"),
        (X, np.zeros_like(Y), {}, None, "labels", "no example of class 1"),
        (X, 2 * Y - 1, {}, None, "labels", "from -1 to 1"),
        (X, np.where(np.arange(Y.shape[1]) < 4, 1.0, 0.0)[None], {}, None, "labels", "2.0%"),
        (X, Y, {"init": "zeros"}, None, "layer 1, symmetry", "4 of 4 units"),
        (X, Y, {"init": "zeros"}, None, "gradients", "W1 gets no gradient"),
        (X, Y, {"init": lambda shape, rng: np.full(shape, 0.5)}, None, "layer 1, symmetry", "init='he'"),
        (X, Y, {"init": 40.0}, None, "layer 1, tanh", "saturated"),
        (X, Y, {"init": 40.0}, None, "first cost", "sure and wrong"),
        (X, Y, {}, 50.0, "learning rate", "will grow"),
        (X, Y, {}, 1e-7, "learning rate", "for ever"),
    ],
)
def test_a_symptom_is_found_by_its_name(
    x: Any, y: Any, options: dict[str, Any], rate: float | None, what: str, advice: str
) -> None:
    report = check_training(Network([len(x), 4, 1], hidden="tanh", seed=0, **options), x, y, rate=rate)

    assert what in found(report)
    assert any(advice in str(finding) for finding in report.findings if finding.what == what)
    assert not report


def test_a_dead_relu_is_counted() -> None:
    network = Network([2, 4, 1], seed=0)
    network.layers[0].b.data = np.array([[0.0], [-100.0], [0.0], [-100.0]])

    (finding,) = [one for one in check_training(network, X, Y).findings if one.what == "layer 1, relu"]

    assert "2 of 4 units are 0 for every example: 2, 4" in finding.seen


def test_a_gradient_that_vanishes_is_said_by_layer() -> None:
    network = Network([2, *[8] * 8, 1], hidden="sigmoid", seed=0)

    (finding,) = [one for one in check_training(network, X, Y).findings if one.what == "gradients"]

    assert "vanishes" in finding.advice
    assert "W1" in finding.seen
    assert "W9" in finding.seen or "W8" in finding.seen


def test_the_largest_curvature_is_that_of_a_quadratic() -> None:
    a = np.diag([3.0, 7.0, 0.5])
    w = Tensor([[1.0], [1.0], [1.0]], kind="parameter")
    J = (w.T @ Tensor(a, kind="constant") @ w).sum() * 0.5

    assert _largest_curvature(J, [w]) == pytest.approx(7, rel=1e-6)  # (3 / 7)^(2 · 12) = 1e-9 is left of the next


# --- a step of one's own ----------------------------------------------------------------------------


def hand_written(wrap: Callable[[Any], Any], flaw: str) -> tuple[Callable[[], float], Any]:
    """Logistic regression on the moons, with a flaw."""
    start = {"w": np.zeros((2, 1)) + 0.1, "b": np.zeros((1, 1))}
    held = {name: wrap(one) for name, one in start.items()}
    rng = np.random.default_rng(0)

    def step() -> float:
        w, b = (np.asarray(p.data if isinstance(p, Tensor) else p) for p in (held["w"], held["b"]))
        a = 1 / (1 + np.exp(-(w.T @ X + b)))
        dz = (a - Y) / X.shape[1]
        gradients = {"w": X @ dz.T, "b": dz.sum(axis=1, keepdims=True)}
        if flaw == "1/m":
            gradients = {name: g * X.shape[1] for name, g in gradients.items()}
        if flaw == "sign":
            gradients = {name: -g for name, g in gradients.items()}
        if flaw == "b":
            del gradients["b"]
        for name, g in gradients.items():
            moved = 0.01 * (100 if flaw == "rate" else 1) * g
            if isinstance(held[name], Tensor):
                held[name].data = held[name].numpy() - moved
            elif flaw == "in place":
                held[name] -= moved
            else:
                held[name] = held[name] - moved
        noise = rng.normal() if flaw == "random" else 0.0
        return float(-np.mean(Y * np.log(a) + (1 - Y) * np.log(1 - a))) + noise

    return step, held


@pytest.mark.parametrize("wrap", [np.array, Tensor])
@pytest.mark.parametrize("flaw", ["", "in place"])
def test_a_right_step_has_nothing_to_look_at_and_is_put_back(wrap: Callable[[Any], Any], flaw: str) -> None:
    step, held = hand_written(wrap, flaw)
    before = {name: (p, np.array(p.data)) for name, p in held.items()}

    assert check_training(step, X, Y, parameters=held, rate=0.01).ok
    assert check_training(step, parameters=held).ok

    for name, (p, data) in before.items():
        assert held[name] is p
        assert (np.asarray(p.data) == data).all()


@pytest.mark.parametrize(
    ("flaw", "what", "words"),
    [
        ("1/m", "a tiny step", "m = 200 times too long"),
        ("sign", "a tiny step", "uphill"),
        ("b", "gradients", "does not change b"),
        ("random", "a step", "at the same parameters"),
        ("rate", "a tiny step", "100 times too long"),
    ],
)
def test_a_flaw_of_a_step_is_found(flaw: str, what: str, words: str) -> None:
    step, held = hand_written(np.array, flaw)

    report = check_training(step, X, Y, parameters=held, rate=0.01)

    assert what in found(report)
    assert words in str(report)


def test_a_gradient_that_is_0_by_chance_is_no_finding() -> None:
    step, held = hand_written(np.array, "")
    held["w"] = np.zeros((2, 1))  # as many labels are 1 as are 0: the bias has no gradient here

    assert check_training(step, X, Y, parameters=held, rate=0.01).ok


def test_a_step_of_values_is_looked_at_too() -> None:
    w = Value(2.0, "w", kind="parameter")

    def step() -> Value:
        J = (w - 1.0) ** 2
        w.grad = 0.0
        J.backward()
        w.data -= 3.0 * w.grad
        return J

    report = check_training(step, parameters=[w], rate=3.0)

    assert found(report) == ["length of the step"]  # 1/2 / 3: the rate may be 6 times smaller
    assert "divide the rate by 6" in str(report)
    assert w.data == 2.0


def test_a_step_that_fails_leaves_the_parameters_as_they_were() -> None:
    w = np.array([1.0])

    def step() -> float:
        w[0] += 1
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        check_training(step, parameters=[w])

    assert w[0] == 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: check_training(Network([2, 1])), "examples and labels are needed"),
        (lambda: check_training(lambda: 0.0), "without parameters"),
        (lambda: check_training(MLP(2, [1]), X, Y), "from_scalar"),
        (lambda: check_training(lambda: "J", parameters=[np.ones(2)]), "one number; got 'J'"),
        (lambda: check_training(lambda: 0.0, parameters=3), "parameters are a dict or a list"),
    ],
)
def test_what_it_cannot_look_at_it_says(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call()


def test_examples_are_columns() -> None:
    with pytest.raises(ValueError, match="columns of an array"):
        check_training(Network([2, 1]), np.ones(3), Y)


def own_loop(scale: float, rate: float, bias: float = 0.0):  # type: ignore[no-untyped-def]
    """A step of gradient descent of a ReLU network written by hand, and what it changes."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 40)) * np.array([[1.0], [scale], [1.0]])
    y = (x[:1] > 0).astype(float)
    p = {"W1": rng.standard_normal((8, 3)), "b1": np.full((8, 1), 0.0), "W2": rng.standard_normal((1, 8)) * 0.3}
    p["b1"][:5] = bias

    def step() -> float:
        z1 = p["W1"] @ x + p["b1"]
        a1 = np.maximum(z1, 0)
        a2 = 1 / (1 + np.exp(-(p["W2"] @ a1)))
        cost = -np.mean(y * np.log(a2 + 1e-12) + (1 - y) * np.log(1 - a2 + 1e-12))
        dz2 = (a2 - y) / y.size
        dz1 = p["W2"].T @ dz2 * (z1 > 0)
        p["W2"] -= rate * dz2 @ a1.T
        p["W1"] -= rate * dz1 @ x.T
        p["b1"] -= rate * dz1.sum(axis=1, keepdims=True)
        return float(cost)

    return step, p


def test_dead_units_of_a_loop_of_ones_own_are_named_and_are_no_symmetry() -> None:
    step, parameters = own_loop(1.0, 0.1, bias=-100.0)

    report = str(check_training(step, parameters=parameters, rate=0.1))

    assert "W1, dead units: 5 of 8 units get no gradient: 1, 2, 3 and 2 more" in report
    assert "symmetry" not in report


def test_a_step_that_is_far_too_long_is_looked_at_where_it_begins() -> None:
    step, parameters = own_loop(1.0, 1e4)

    report = str(check_training(step, parameters=parameters, rate=1e4))

    assert "times too long" not in report
    assert "divide the rate by" in report


def test_a_report_is_a_page_too(tmp_path: Path) -> None:
    step, parameters = own_loop(1.0, 0.1, bias=-100.0)

    report = check_training(step, parameters=parameters, rate=0.1)
    html = report._repr_html_()

    assert html.count("<div>") == 2 * len(report.findings)
    assert "<b>✗ LOOK AT</b>" in html
    assert html in report.save(tmp_path / "report.html").read_text(encoding="utf-8")
