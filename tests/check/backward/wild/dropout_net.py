"""Course dropout: forward with a seed and D1 in the cache, L2 in the cost, gradients of all."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def forward_with_dropout(X, Y, W1, b1, W2, b2, lambd=0.3, keep_prob=0.7):
    np.random.seed(1)
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    D1 = np.random.rand(A1.shape[0], A1.shape[1]) < keep_prob
    A1 = A1 * D1 / keep_prob
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    cost = cost + lambd / (2 * m) * (np.sum(W1**2) + np.sum(W2**2))
    return cost, (Z1, D1, A1, A2)


def backward_with_dropout(X, Y, W1, b1, W2, b2, cache, lambd=0.3, keep_prob=0.7):
    Z1, D1, A1, A2 = cache
    m = X.shape[1]
    dZ2 = A2 - Y
    dW2 = 1 / m * dZ2 @ A1.T + lambd / m * W2
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = W2.T @ dZ2
    dA1 = dA1 * D1
    dA1 = dA1 / keep_prob
    dZ1 = dA1 * np.int64(Z1 > 0)
    dW1 = 1 / m * dZ1 @ X.T + lambd / m * W1
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def check():
    r = np.random.default_rng(0)
    return check_backward(
        forward_with_dropout,
        backward_with_dropout,
        r.standard_normal((3, 8)),
        (r.random((1, 8)) > 0.5) * 1.0,
        r.standard_normal((4, 3)),
        r.standard_normal((4, 1)),
        r.standard_normal((1, 4)),
        r.standard_normal((1, 1)),
    )


MISTAKES = [
    ("    dA1 = dA1 * D1\n", "", "slope factor-missing"),
    ("    dA1 = dA1 / keep_prob\n", "", "factor slope"),
    ("dW1 = 1 / m * dZ1 @ X.T + lambd / m * W1", "dW1 = 1 / m * dZ1 @ X.T + lambd * W1", "factor"),
    (
        "dW2 = 1 / m * dZ2 @ A1.T + lambd / m * W2",
        "dW2 = 1 / m * dZ2 @ A1.T + lambd / m * W1[:1].mean() * 0",
        "term another-variable constant",
    ),
    (
        "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)",
        "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True) + lambd / m * b1",
        "term-too-many",
    ),
]
