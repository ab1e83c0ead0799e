"""What a report says of a mistake: the line, the kind, and no advice that holds at the numbers given alone."""

from typing import Any

import numpy as np
import pytest

from microgradnn.check import check_backward, check_layer

rng = np.random.default_rng(1)
Array = Any


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def ridge(theta: Array, x: Array, y: Array, lam: float) -> tuple[Array, Array]:
    m = len(y)
    e = x @ theta - y
    grad = x.T @ e / m
    grad = grad + lam / m * theta  # the bias too
    return e @ e / (2 * m) + lam / (2 * m) * np.sum(theta[1:] ** 2), grad


def svm(w: Array, x: Array, y: Array) -> tuple[Array, Array]:
    loss, dw = 0.0, np.zeros(w.shape)
    for i in range(len(x)):
        scores = x[i] @ w
        for j in range(w.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dw[:, j] += x[i]  # the right class loses it
    return loss, dw


def swish(x: Array, beta: float, dout: Array) -> tuple[Array, Array]:
    s = sigmoid(beta * x)
    return np.sum(dout * x * s), dout * (s + x * s * (1 - s))  # β


def highway(x: Array, t: Array, h: Array) -> tuple[Array, Array, Array, Array]:
    y = t * h + (1 - t) * x
    dh = 2 * y * t
    dx = 2 * y * (1 - t)
    dt = 2 * y * h  # h − x
    return np.sum(y**2), dx, dt, dh


def temporal(x: Array, mask: Array) -> tuple[Array, Array]:
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    dx = p.copy()  # only where the mask is
    dx[:, 0] -= 1
    return -np.sum(mask * np.log(p[:, 0])), dx


def gate(x: Array) -> tuple[Array, Array]:
    mask = x < 0
    out, dx = x.copy(), 2 * x
    out[mask] = 0
    dx[~mask] = 0  # where it is
    return np.sum(out**2), dx


def word_vector(v: Array, u: Array, o: int) -> tuple[Array, Array]:
    y = np.exp(u @ v)
    y /= y.sum()
    delta = y.copy()
    delta[o] -= 1
    dv = u[o]  # of all words
    return -np.log(y[o]), dv


def pick(scores: Array, y: Array) -> tuple[Array, Array]:
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    dscores = p.copy()
    dscores[:, y] -= 1  # of each its own
    return -np.sum(np.log(p[np.arange(len(y)), y])), dscores


def softmax_net(w: Array, v: Array, x: Array, labels: Array) -> tuple[Array, Array, Array]:
    a = np.tanh(w @ x)
    p = np.exp(v @ a) / np.exp(v @ a).sum(0)
    dz = (p - labels) / x.shape[1]
    dv = dz @ a.T
    dw = (v.T @ dz * a * (1 - a)) @ x.T  # of tanh; labels that sum to 1 are not moved
    return -np.sum(labels * np.log(p)) / x.shape[1], dw, dv


X, y = rng.standard_normal((6, 4)), np.array([0, 2, 1, 2, 0, 0])
CASES = [
    (ridge, (rng.standard_normal(4), X, y + 0.5, 0.7), "bias regularised", "np.r_[0, theta[1:]]"),
    (svm, (rng.standard_normal((4, 3)), X, y), "line missing", ""),
    (swish, (X, 1.7, rng.standard_normal(X.shape)), "factor missing", "* beta"),
    (highway, (X, sigmoid(X[::-1]), X[:, ::-1] + 0.3), "term", "(h - x)"),
    (temporal, (X, np.array([1.0, 0, 1, 1, 0, 1])), "", "mask[:, None]"),
    (gate, (X,), "mask", "dx[mask] = 0"),
    (word_vector, (rng.standard_normal(3), rng.standard_normal((5, 3)), 2), "another formula", "u.T @ delta"),
    (softmax_net, (X[:4, :3], X[4:], X[1:4], np.eye(2)[[0, 1, 1, 0]].T), "slope", "1 - a ** 2"),
    (pick, (X, y), "index", "dscores[np.arange(len(y)), y] -= 1"),
]


@pytest.mark.parametrize(("function", "inputs", "kind", "right"), CASES, ids=[c[0].__name__ for c in CASES])
def test_the_line_and_what_belongs_there_are_said(function: Any, inputs: Any, kind: str, right: str) -> None:
    report = check_backward(function, *inputs)

    assert not report
    assert kind in report.findings[0].kind, str(report)
    assert right in report.findings[0].right, str(report)
    assert len(report.findings) == 1


class BatchNorm:
    """A layer that takes its step before γ is used for the last time."""

    def __init__(self) -> None:
        self.gamma, self.beta = np.ones(4), np.zeros(4)

    def forward(self, x: Array) -> Array:
        self.c = x - x.mean(0)
        self.inv = 1 / np.sqrt(x.var(0) + 0.01)
        return self.gamma * self.c * self.inv + self.beta

    def backward(self, g: Array) -> Array:
        self.gamma = self.gamma - 0.01 * np.sum(g * self.c * self.inv, 0)
        self.beta = self.beta - 0.01 * g.sum(0)
        n = len(g)
        return self.gamma * self.inv * (g - g.sum(0) / n - self.c * self.inv**2 * np.sum(g * self.c, 0) / n)


def test_what_is_right_for_the_numbers_given_alone_is_not_advised() -> None:
    report = check_layer(BatchNorm(), rng.standard_normal((5, 4)), rate=0.01)  # γ is 1: to leave it out is no remedy

    assert [finding.kind for finding in report.findings] == ["updated before use"], str(report)


def deviation(x: Array, dout: Array) -> tuple[Array, Array]:
    c = x - x.mean()
    std = np.sqrt(np.mean(c**2))
    dx = dout * c / x.size  # over std
    return dout * std, dx


def test_no_slope_is_named_of_a_function_that_is_not_there() -> None:
    report = check_backward(deviation, rng.standard_normal(5), 1.3)

    assert "log" not in str(report)
    assert "std" in report.findings[0].text, str(report)
