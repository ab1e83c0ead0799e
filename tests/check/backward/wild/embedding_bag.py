"""Embedding and a mean of them, then a linear layer: grads in a list beside params, np.add.at for the rows."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def forward(idx, E, W, b):
    emb = E[idx]
    h = emb.mean(axis=1)
    logits = h @ W + b
    return logits, (idx, E, W, emb, h)


def backward(dlogits, cache):
    idx, E, W, emb, h = cache
    N, L, D = emb.shape
    dW = h.T @ dlogits
    db = dlogits.sum(0)
    dh = dlogits @ W.T
    demb = np.repeat(dh[:, None, :], L, axis=1) / L
    dE = np.zeros_like(E)
    np.add.at(dE, idx, demb)
    return dE, dW, db


def check():
    r = np.random.default_rng(1)
    return check_backward(
        forward,
        backward,
        np.array([[0, 2, 2], [1, 2, 4]]),
        r.standard_normal((5, 3)),
        r.standard_normal((3, 4)),
        r.standard_normal(4),
    )


MISTAKES = [
    ("np.add.at(dE, idx, demb)", "dE[idx] += demb", "repeated-index"),
    ("np.add.at(dE, idx, demb)", "dE[idx] = demb", "repeated-index overwrite"),
    (" / L\n", "\n", "factor"),
    (" / L\n", " / N\n", "factor another-variable"),
    ("dh = dlogits @ W.T", "dh = dlogits @ W.T / N", "factor"),
]
