"""A network whose forward returns all that it computed, and whose backward takes the labels from outside."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward

rng = np.random.default_rng(3)
X = rng.standard_normal((7, 9))
Y = np.array([0, 1, 2, 3, 2, 1, 0, 3, 2])


def relu(Z):
    return np.maximum(Z, 0)


def softmax(Z):
    return np.exp(Z) / sum(np.exp(Z))


def forward(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = relu(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def hot(Y):
    ones = np.zeros((Y.size, Y.max() + 1))
    ones[np.arange(Y.size), Y] = 1
    return ones.T


def backward(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, 1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, 1, keepdims=True)
    return dW1, db1, dW2, db2


def check():
    r = np.random.default_rng(4).standard_normal
    W1, b1, W2, b2 = r((10, 7)) / 3, r((10, 1)) / 3, r((4, 10)) / 3, r((4, 1)) / 3
    return check_backward(forward, lambda out: backward(*out, W1, W2, X, Y), W1, b1, W2, b2, X)


MISTAKES = [
    ("db2 = 1 / m * np.sum(dZ2, 1, keepdims=True)", "db2 = 1 / m * np.sum(dZ2)", "axis"),
    ("dW1 = 1 / m * dZ1.dot(X.T)", "dW1 = dZ1.dot(X.T)", "factor"),
    ("W2.T.dot(dZ2) * (Z1 > 0)", "W2.T.dot(dZ2) * (Z1 < 0)", "comparison"),
    ("dZ1 = W2.T.dot(dZ2) * (Z1 > 0)", "dZ1 = W2.T.dot(dZ2)", "slope"),
]
