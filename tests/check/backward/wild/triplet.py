"""A triplet margin over linear embeddings; the gradient is gathered example by example."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def triplet(W, A, P, N, margin):
    loss = 0
    dW = np.zeros_like(W)
    for a, p, n in zip(A, P, N):
        ea, ep, en = W @ a, W @ p, W @ n
        l = np.sum((ea - ep) ** 2) - np.sum((ea - en) ** 2) + margin
        if l > 0:
            loss += l
            dea = 2 * (en - ep)
            dep = -2 * (ea - ep)
            den = 2 * (ea - en)
            dW += np.outer(dea, a) + np.outer(dep, p) + np.outer(den, n)
    return loss / len(A), dW / len(A)


def check():
    r = np.random.default_rng(1)
    return check_backward(
        triplet,
        None,
        r.standard_normal((2, 4)),
        r.standard_normal((5, 4)),
        r.standard_normal((5, 4)),
        r.standard_normal((5, 4)),
        1.0,
    )


MISTAKES = [
    ("dea = 2 * (en - ep)", "dea = 2 * (ea - ep)", "another-variable"),
    ("dep = -2 * (ea - ep)", "dep = 2 * (ea - ep)", "sign constant"),
    ("dW += np.outer", "dW = np.outer", "overwrite"),
    (" + np.outer(den, n)", "", "term"),
    ("dW / len(A)", "dW", "factor"),
]
