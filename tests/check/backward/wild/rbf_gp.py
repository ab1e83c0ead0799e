"""Scripts with other models: softmax regression with W, b, a mini-batch of rows and loss(W) a closure."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def softmax(z):
    z = z - z.max(1)[:, None]
    e = np.exp(z)
    return e / e.sum(1)[:, None]


def loss_and_grads(params, batch):
    (W, b), (X, T) = params, batch
    n = len(X)
    P = softmax(X.dot(W) + b)
    loss = -(T * np.log(P)).sum() / n
    G = (P - T) / n
    return loss, (X.T.dot(G), G.sum(0))


def check():
    r = np.random.default_rng(0)
    params = (r.standard_normal((3, 4)), r.standard_normal(4))
    return check_backward(loss_and_grads, params, (r.standard_normal((5, 3)), np.eye(4)[[0, 1, 3, 2, 1]]))


MISTAKES = [
    ("G = (P - T) / n", "G = P - T", "factor"),
    ("G.sum(0)", "G.mean(0)", "sum-for-mean"),
    ("G = (P - T) / n", "G = P * (1 - P) * (P - T) / n", "slope applied-twice"),
    ("G = (P - T) / n", "G = (P - T) / n / n", "factor"),
]
