"""A script with a step function on globals: XOR by hand, synapses changed in place, no cost written."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_gradients

np.random.seed(1)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], float)
y = np.array([[0], [1], [1], [0]], float)
syn0 = 2 * np.random.random((3, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def error():
    l1 = nonlin(X.dot(syn0))
    l2 = nonlin(l1.dot(syn1))
    return 0.5 * np.sum((y - l2) ** 2)


def deltas():
    l1 = nonlin(np.dot(X, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l2_error = y - l2
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)
    return -X.T.dot(l1_delta), -l1.T.dot(l2_delta)


def check():
    return check_gradients(error, [syn0, syn1], deltas)


MISTAKES = [
    ("l1_error * nonlin(l1, deriv=True)", "l1_error * nonlin(l1)", "slope call function factor-missing"),
    ("return -X.T.dot(l1_delta)", "return X.T.dot(l1_delta)", "sign"),
    ("l2_error * nonlin(l2, deriv=True)", "l2_error", "slope factor-missing"),
]
