"""Regularised logistic regression: J and grad of one function, theta[0] not regularised."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def costFunctionReg(theta, X, y, lmbda):
    m = y.size
    h = sigmoid(X @ theta)
    J = (-y @ np.log(h) - (1 - y) @ np.log(1 - h)) / m + lmbda / (2 * m) * np.sum(theta[1:] ** 2)
    grad = X.T @ (h - y) / m
    grad[1:] += lmbda / m * theta[1:]
    return J, grad


def check():
    rng = np.random.default_rng(0)
    X = np.c_[np.ones(7), rng.standard_normal((7, 3))]
    y = np.array([0, 1, 1, 0, 1, 0, 1])
    return check_backward(costFunctionReg, rng.standard_normal(4), X, y, 0.7)


MISTAKES = [
    ("grad[1:] += lmbda / m * theta[1:]", "grad += lmbda / m * theta", "bias-regularised"),
    ("grad[1:] += lmbda / m * theta[1:]", "grad[1:] += lmbda * theta[1:]", "factor"),
    ("grad = X.T @ (h - y) / m", "grad = X.T @ (h * (1 - h)) / m", "another-formula slope sign another-variable"),
    ("    grad[1:] += lmbda / m * theta[1:]", "    grad[1:] = lmbda / m * theta[1:]", "overwrite"),
]
