"""Linear regression with theta, a bias column in X, and a cost and a gradient function."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def compute_cost(X, y, theta):
    m = len(y)
    h = X.dot(theta)
    return 1 / (2 * m) * np.sum((h - y) ** 2)


def compute_gradient(X, y, theta):
    m = len(y)
    h = X.dot(theta)
    return 1 / m * X.T.dot(h - y)


def check():
    rng = np.random.default_rng(0)
    X = np.c_[np.ones(6), rng.standard_normal((6, 2))]
    return check_backward(compute_cost, compute_gradient, X, rng.standard_normal(6), rng.standard_normal(3))


MISTAKES = [
    ("return 1 / m * X.T.dot(h - y)", "return X.T.dot(h - y)", "factor"),
    ("X.T.dot(h - y)", "X.T.dot(y - h)", "sign operands-swapped"),
    ("return 1 / m * X.T.dot(h - y)", "return 1 / (2 * m) * X.T.dot(h - y)", "factor constant"),
]
