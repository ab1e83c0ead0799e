"""Logistic regression as a course has it: propagate(w, b, X, Y) gives grads and cost."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = (-1 / m) * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = (1 / m) * np.dot(X, (A - Y).T)
    db = (1 / m) * np.sum(A - Y)
    cost = np.squeeze(cost)
    grads = {"dw": dw, "db": db}
    return grads, cost


def check():
    return check_backward(
        propagate,
        None,
        np.array([[1.0], [2.0]]),
        2.0,
        np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]]),
        np.array([[1, 0, 1]]),
    )


MISTAKES = [
    ("dw = (1 / m) * np.dot(X, (A - Y).T)", "dw = (1 / m) * np.dot(X, (Y - A).T)", "sign operands-swapped"),
    ("dw = (1 / m) * np.dot(X, (A - Y).T)", "dw = (1 / m) * np.dot(X, (A * (1 - A)).T)", ""),
    ("db = (1 / m) * np.sum(A - Y)", "db = (1 / m) * (A - Y)", "not-summed"),
    ("db = (1 / m) * np.sum(A - Y)", "db = np.sum(A - Y)", "factor"),
    ("dw = (1 / m) * np.dot(X, (A - Y).T)", "dw = (1 / m) * np.dot(X, A - Y.T)", "brackets transpose"),
]
