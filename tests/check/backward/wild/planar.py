"""One hidden layer for planar data: forward_propagation, compute_cost and backward_propagation by their names."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(x):
    s = 1 / (1 + np.exp(-x))
    return s


def forward_propagation(X, parameters):
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y, parameters):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    cost = -np.sum(logprobs) / m
    return float(np.squeeze(cost))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    dZ2 = A2 - Y
    dW2 = (1 / m) * np.dot(dZ2, A1.T)
    db2 = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
    dW1 = (1 / m) * np.dot(dZ1, X.T)
    db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return grads


def check():
    rng = np.random.default_rng(1)
    X, Y = rng.standard_normal((2, 6)), (rng.random((1, 6)) > 0.5).astype(int)
    parameters = {
        "W1": rng.standard_normal((4, 2)),
        "b1": np.zeros((4, 1)),
        "W2": rng.standard_normal((1, 4)),
        "b2": np.zeros((1, 1)),
    }
    return check_backward(forward_propagation, backward_propagation, X, parameters, Y, loss=compute_cost)


MISTAKES = [
    (
        "np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))",
        "np.dot(W2.T, dZ2) * 1 - np.power(A1, 2)",
        "slope order product term term-too-many",
    ),
    ("1 - np.power(A1, 2)", "A1 * (1 - A1)", "slope"),
    ("dW1 = (1 / m) * np.dot(dZ1, X.T)", "dW1 = (1 / m) * np.dot(dZ1, A1.T).dot(np.ones((4, 2)))", ""),
    ("db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)", "db1 = (1 / m) * np.sum(dZ1, axis=1)", "axis keepdims"),
    ("dZ2 = A2 - Y", "dZ2 = Y - A2", "sign operands-swapped"),
]
