"""GloVe: weighted squares of log counts, four parameters, an objective and gradients that are lists."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def glove_loss(W, U, b, c, logX, weight):
    diff = W @ U.T + b[:, None] + c[None, :] - logX
    return 0.5 * np.sum(weight * diff**2), diff


def glove_grad(W, U, b, c, logX, weight):
    diff = W @ U.T + b[:, None] + c[None, :] - logX
    wd = weight * diff
    return [wd @ U, wd.T @ W, wd.sum(axis=1), wd.sum(axis=0)]


def check():
    r = np.random.default_rng(1)
    return check_backward(
        glove_loss,
        glove_grad,
        r.standard_normal((4, 2)),
        r.standard_normal((4, 2)),
        r.standard_normal(4),
        r.standard_normal(4),
        r.standard_normal((4, 4)),
        r.random((4, 4)),
    )


MISTAKES = [
    ("wd.T @ W", "wd @ W", "transpose"),
    ("wd.sum(axis=1), wd.sum(axis=0)", "wd.sum(axis=0), wd.sum(axis=1)", ""),
    ("wd = weight * diff", "wd = 2 * weight * diff", "factor constant"),
    ("wd = weight * diff", "wd = diff", "factor-missing"),
    ("wd = weight * diff", "wd = weight * diff**2", "power"),
]
