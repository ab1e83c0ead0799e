"""Inputs that hide mistakes are tried in another form, and are said where they cannot be."""

# ruff: noqa: N803, RUF059
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnn.check import check_backward, check_gradients, check_layer

rng = np.random.default_rng(1)
W, b = rng.standard_normal((1, 3)), np.array([[0.3]])


def cost(X, W, b, Y):
    A = 1 / (1 + np.exp(-(W @ X + b)))
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A)), A


def right(X, W, b, Y, A):
    dZ = (A - Y) / X.shape[1]
    return {"dW": dZ @ X.T, "db": np.sum(dZ, axis=1, keepdims=True)}


def no_mean(X, W, b, Y, A):
    dZ = A - Y
    return {"dW": dZ @ X.T, "db": np.sum(dZ, axis=1, keepdims=True)}


def no_sum(X, W, b, Y, A):
    dZ = (A - Y) / X.shape[1]
    return {"dW": dZ @ X.T, "db": dZ[:, :1]}


def fixed(X, W, b, Y, A):
    dZ = (A - Y) / 4
    return {"dW": dZ @ X.T, "db": np.sum(dZ, axis=1, keepdims=True)}


one = rng.standard_normal((3, 1)), W, b, np.array([[1.0]])
four = rng.standard_normal((3, 4)), W, b, np.array([[1.0, 0, 0, 1]])


def test_a_batch_of_one_is_said_and_tried_with_more() -> None:
    report = check_backward(cost, right, *one)

    assert report
    assert report.notes == ("one column in X would hide mistakes: it is right with X of (3, 4) too",)


@pytest.mark.parametrize(("backward", "wrong", "line"), [(no_mean, "Wb", "A - Y"), (no_sum, "b", "dZ[:, :1]")])
def test_a_batch_of_one_hides_no_mean_and_no_sum(backward, wrong: str, line: str) -> None:
    report = check_backward(cost, backward, *one)

    assert [entry.name for entry in report.entries if not entry.ok] == list(wrong)
    assert "What you gave, one column in X, does not show it." in str(report)
    assert line in report.findings[0].quoted


def test_two_batch_sizes_tell_a_number_from_the_number_of_examples() -> None:
    report = check_backward(cost, fixed, *four)

    assert not report
    assert report.findings[0].right == "dZ = (A - Y) / X.shape[1]"
    assert "4 is written where X.shape[1] belongs" in report.findings[0].text
    assert not check_backward(cost, right, *four).notes


def embed(E, idx):
    return E[idx], idx


def add_once(dout, E, idx):
    dE = np.zeros_like(E)
    dE[idx] += dout
    return dE


def add_all(dout, E, idx):
    dE = np.zeros_like(E)
    np.add.at(dE, idx, dout)
    return dE


def shuffle(x, perm):
    return x[perm]


def shuffle_back(dout, x, perm):
    dx = np.zeros_like(x)
    dx[perm] = dout
    return dx


def test_an_index_is_repeated_where_none_is() -> None:
    inputs = rng.standard_normal((6, 3)), np.array([1, 4, 2])
    report = check_backward(embed, add_once, *inputs)

    assert report.findings[0].kind == "repeated index"
    assert "no index in idx twice would hide mistakes" in check_backward(embed, add_all, *inputs).notes[0]
    assert check_backward(shuffle, shuffle_back, rng.standard_normal((4, 3)), np.array([2, 0, 3, 1]))


def scale(x, gamma, beta):
    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
    return gamma * xhat + beta, (xhat, x.var(axis=0), gamma)


def no_gamma(dout, cache):
    xhat, var, gamma = cache
    dxhat = dout
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / np.sqrt(var + 1e-5)
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def test_a_gain_of_ones_is_moved() -> None:
    report = check_backward(scale, no_gamma, rng.standard_normal((6, 3)), np.ones(3), np.zeros(3))

    assert [entry.name for entry in report.entries if not entry.ok] == ["x"]
    assert report.findings[0].right == "dxhat = dout * gamma"
    assert "gamma and beta the same number throughout" in str(report)


class RNN:
    def __init__(self):
        self.U, self.V, self.b = rng.standard_normal((3, 2)), rng.standard_normal((3, 3)), np.zeros(3)

    def forward(self, xs):
        self.xs, self.hs = xs, [np.zeros(3)]
        for x in xs:
            self.hs.append(np.tanh(self.U @ x + self.V @ self.hs[-1] + self.b))
        return np.array(self.hs[1:])

    def backward(self, dhs):
        self.dU, self.dV, self.db = np.zeros_like(self.U), np.zeros_like(self.V), np.zeros_like(self.b)
        later = np.zeros(3)
        for t in reversed(range(len(self.xs))):
            dz = dhs[t] * (1 - self.hs[t + 1] ** 2)
            self.dU += np.outer(dz, self.xs[t])
            self.dV += np.outer(dz, self.hs[t])
            self.db += dz
            later = self.V.T @ dz
        return later


@pytest.mark.parametrize("xs", [rng.standard_normal((1, 2)), [rng.standard_normal(2)]])
def test_one_step_of_time_hides_what_comes_back_from_the_next(xs) -> None:
    report = check_layer(RNN(), xs)

    assert not report
    assert report.findings[0].right == "dz = (dhs[t] + later) * (1 - self.hs[t + 1] ** 2)"


def hinge(W, X, y):
    margins = np.maximum(0, W @ X - (W @ X)[y, range(len(y))] + 1)
    margins[y, range(len(y))] = 0
    return margins.mean()


def last_class_only(W, X, y):
    scores = W @ X
    off = (scores - scores[y, range(len(y))] + 1 > 0).astype(float)
    off[y, range(len(y))] = 0
    off[y[0], range(len(y))] = -off.sum(axis=0)
    return off @ X.T / off.size


def test_labels_of_one_class_are_mixed() -> None:
    report = check_backward(
        hinge, last_class_only, rng.standard_normal((3, 4)), rng.standard_normal((4, 5)), np.ones(5, int)
    )

    assert not report
    assert "all labels in y of one class" in str(report)


def pool(x, size, stride):
    n = (len(x) - size) // stride + 1
    return np.array([x[i * stride : i * stride + size].mean() for i in range(n)])


def pool_back(dout, x, size, stride):
    dx = np.zeros_like(x)
    for i, d in enumerate(dout):
        dx[i * stride : i * stride + size] += d / size
    return dx


@pytest.mark.parametrize(("stride", "said"), [(1, "the stride is 1"), (2, "the windows do not overlap")])
def test_strides_that_hide_something_are_said(stride: int, said: str) -> None:
    report = check_backward(pool, pool_back, rng.standard_normal(7), 2, stride)

    assert report
    assert any(note.startswith(said) for note in report.notes)


def test_a_symmetric_matrix_is_said_and_numbers_that_the_functions_read_themselves_stay() -> None:
    Y = four[3]
    S = np.eye(3) + 0.5
    report = check_backward(lambda X, W: W @ X, lambda dout, X, W: (W @ dout, dout @ X.T), four[0], S)

    assert "W is symmetric, so W in the place of its transpose would not be seen" in report.notes
    assert check_backward(
        lambda X, W, b: cost(X, W, b, Y)[0], lambda X, W, b: right(X, W, b, Y, cost(X, W, b, Y)[1]), *four[:3]
    )


def loss_of_all() -> float:
    return float(np.sum(W**2) + b.sum())


def test_arrays_are_named_as_the_caller_names_them() -> None:
    inner = np.ones(2)

    def loss() -> float:
        return loss_of_all() + float(np.sum(inner**2))

    assert [e.name for e in check_gradients(lambda: loss(), [W, b, inner], [2 * W, b / b, 2 * inner]).entries] == [
        "W",
        "b",
        "inner",
    ]


# --- numbers that do nothing as they are --------------------------------------------------------------


def ridge(W, X, y, reg):
    e = X @ W - y
    return 0.5 * np.mean(e**2) + 0.5 * reg * np.sum(W**2), X.T @ e / len(y)


def dropped(x, keep, scale=1.0):
    mask = (np.random.default_rng(0).random(x.shape) < keep) / keep
    return scale * x * mask, mask


def masked(x, mask):
    return (x * mask).sum(1) / mask.sum(1), (x, mask)


def all_margins(W, X, y):
    s, n = X @ W, np.arange(len(y))
    m = np.maximum(0, s - s[n, y][:, None] + 1)
    m[n, y] = 0
    d = np.ones_like(m)
    d[n, y] = 1 - m.shape[1]
    return m.sum(), X.T @ d


P, LABELS = np.random.default_rng(2).standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
HIDDEN: dict[str, Any] = {
    "reg = 0.3": (ridge, None, P[0], P, P[:, 0], 0.0),
    "keep = 0.7": (dropped, lambda d, mask: d, P, 1.0),
    "zeros in mask": (masked, lambda d, c: np.repeat(d[:, None], 3, 1) / c[1].sum(1)[:, None], P, np.ones((5, 3), int)),
    "x of both signs": (lambda x: (np.maximum(x, 0), x), lambda dout, x: dout, np.abs(P) + 0.5),
    "larger numbers in W": (all_margins, None, 1e-4 * P.T @ P, P, LABELS),
    "beside the diagonal of W": (lambda x, W: (W @ x, x, W), lambda d, x, W: (W @ d, d @ x.T), P.T, np.eye(3)),
}


@pytest.mark.parametrize("there", HIDDEN)
def test_a_mistake_that_the_numbers_hide_is_found_with_others(there: str) -> None:
    report = check_backward(*HIDDEN[there])

    assert not report
    assert there in str(report).splitlines()[0]


def test_numbers_that_do_nothing_are_said_where_all_is_right() -> None:
    def right(W, X, y, reg, keep_prob):
        e = X @ W - y
        return 0.5 * np.mean(e**2) + 0.5 * reg * W @ W, keep_prob * 0 + X.T @ e / len(y) + reg * W

    report = check_backward(right, None, P[0], P, P[:, 0], 0.0, 1.0)

    assert report
    assert "reg = 0 would hide mistakes: it is right with reg = 0.3 too" in report.notes
    assert "keep_prob = 1 would hide mistakes: it is right with keep_prob = 0.7 too" in report.notes
    assert "no gradient" not in str(report)
