"""gradcheck(f, x, grad=g): a function of arrays, and the gradient that somebody claims for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnn.check import assert_gradients, gradcheck

X = np.random.default_rng(0).normal(size=(4, 5))
W = np.random.default_rng(1).normal(size=(3, 4))


def cost(w: Any, x: Any) -> Any:
    return np.mean(np.tanh(w @ x) ** 2)


def gradient(w: Any, x: Any) -> Any:
    a = np.tanh(w @ x)
    dz = 2 * a * (1 - a * a) / a.size
    return dz @ x.T, w.T @ dz


def test_a_right_gradient_is_right_in_two_calls_for_a_number_and_one_in_complex_numbers() -> None:
    calls = []

    def counted(w: Any, x: Any) -> Any:
        calls.append(w)
        return cost(w, x)

    report = gradcheck(counted, W, X, grad=gradient)

    assert report.verdict == "ok", str(report)
    assert {entry.method for entry in report.entries} == {"complex step"}
    assert [entry.name for entry in report.entries][:2] == ["w[0, 0]", "w[0, 1]"]
    assert len(calls) <= 3 * (W.size + X.size) + 12


@pytest.mark.parametrize("factor", [1 + 1e-6, 1 - 1e-6, 2.0, -1.0])
@pytest.mark.parametrize("fast", [False, True])
def test_a_wrong_one_is_found_number_by_number(factor: float, fast: bool) -> None:
    def wrong(w: Any, x: Any) -> Any:
        dw, dx = gradient(w, x)
        dw[1, 2] *= factor
        return dw, dx

    report = gradcheck(cost, W, X, grad=wrong, fast=fast)

    assert report.verdict == "WRONG"
    wrong_ones = [entry.name for entry in report.entries if entry.verdict == "WRONG"]
    assert [name for name in wrong_ones if "direction" not in name] == ["w[1, 2]"]


FUNCTIONS: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (lambda x: np.abs(x).sum(), np.sign),
    (lambda x: np.maximum(x, 0).sum(), lambda x: (x > 0) * 1.0),
    (lambda x: np.linalg.norm(x), lambda x: x / np.linalg.norm(x)),
    (lambda x: float(np.sort(x.ravel())[-1]), lambda x: (x == x.max()) * 1.0),
    (lambda x: x.var(), lambda x: 2 * (x - x.mean()) / x.size),
]


@pytest.mark.parametrize(("f", "g"), FUNCTIONS)
@pytest.mark.parametrize("fast", [False, True])
def test_functions_that_are_not_analytic_are_checked_too(f: Any, g: Any, fast: bool) -> None:
    assert gradcheck(f, X, grad=g, fast=fast).verdict == "ok"
    assert gradcheck(f, X, grad=lambda x: g(x) * (1 + 1e-5), fast=fast).verdict == "WRONG"


def test_any_slope_at_a_kink_will_do() -> None:
    x = np.array([0.0, 1.0])

    assert gradcheck(lambda x: np.abs(x).sum(), x, grad=np.array([0.3, 1.0])).verdict == "ok"
    assert gradcheck(lambda x: np.abs(x).sum(), x, grad=np.array([1.3, 1.0])).verdict == "WRONG"


def test_structures_integers_and_numbers() -> None:
    def loss(p: Any, rows: Any) -> Any:
        return float((p["E"][rows] ** 2).sum()) * p["s"]

    def right(p: Any, rows: Any) -> Any:
        e = np.zeros_like(p["E"])
        np.add.at(e, rows, 2 * p["E"][rows] * p["s"])
        return {"E": e, "s": float((p["E"][rows] ** 2).sum())}

    p, rows = {"E": X.copy(), "s": 1.5}, np.array([0, 2, 2])
    report = gradcheck(loss, p, rows, grad=right)

    assert report.verdict == "ok", str(report)
    assert [entry.name for entry in report.entries][-1] == "p['s']"


def test_a_gradient_of_another_shape_is_wrong() -> None:
    report = gradcheck(lambda b: (b**2).sum(), np.ones((3, 1)), grad=lambda b: 2 * b.ravel())

    assert report.verdict == "WRONG"
    assert report.notes == ("the gradient of b has the shape (3,), and b has (3, 1)",)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ValueError, match=r"f gives an array of shape \(4, 5\).*check_backward"):
        gradcheck(lambda x: x * 2, X, grad=X)
    with pytest.raises(ValueError, match="the gradient has 1 parts, and there are 2 inputs: w, x"):
        gradcheck(cost, W, X, grad=lambda w, x: gradient(w, x)[0])


def test_what_draws_or_is_rough_cannot_be_told() -> None:
    random = np.random.default_rng(0)

    assert gradcheck(lambda x: x.sum() * random.random(), X, grad=np.ones_like).verdict == "cannot tell"
    single = gradcheck(lambda x: np.float32(np.sin(x).sum()), X, grad=np.cos)
    assert "WRONG" not in str(single)
    assert gradcheck(lambda x: np.float32(np.sin(x).sum()), X, grad=np.cos, rtol=1e-2).verdict == "ok"


def test_tensors_of_pytorch() -> None:
    torch = pytest.importorskip("torch")

    def f(x: Any) -> Any:
        return torch.sigmoid(x).pow(2).sum()

    def g(x: Any) -> Any:
        x = x.clone().requires_grad_()
        return torch.autograd.grad(f(x), x)[0]

    x = torch.linspace(-2, 2, 6, dtype=torch.float32).reshape(2, 3)
    assert gradcheck(f, x, grad=g).verdict == "ok"
    assert gradcheck(f, x, grad=lambda x: 1.00001 * g(x)).verdict == "WRONG"
    assert_gradients(f, x, grad=g)


def test_the_inputs_are_left_as_they_are() -> None:
    x = X.copy()

    def spoils(x: Any) -> Any:
        x *= 2
        return (x**2).sum()

    assert gradcheck(spoils, x, grad=lambda x: 8 * x).verdict == "ok"
    assert np.array_equal(x, X)


@pytest.mark.parametrize("x", [2.0, -77.3, 1e-12, 0.0])
@pytest.mark.parametrize("fast", [False, True])
def test_a_single_number_is_checked_fast_too(x: float, fast: bool) -> None:
    assert gradcheck(lambda a: np.sin(a) * 3, x, grad=lambda a: 3 * np.cos(a), fast=fast)
    assert gradcheck(lambda a: np.sin(a[0]) * 3, np.array([x]), grad=lambda a: 3 * np.cos(a), fast=fast)
    assert gradcheck(lambda a: np.sin(a) * 3, x, grad=lambda a: 2 * np.cos(a), fast=fast).verdict == "WRONG"
