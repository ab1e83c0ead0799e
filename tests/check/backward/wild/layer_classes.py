"""Layers as classes with forward, backward and update, and a network that is a list of them."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.standard_normal((n_in, n_out)) * 0.5
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0, keepdims=True)
        return grad @ self.W.T

    def update(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, grad):
        return grad * self.out * (1 - self.out)


class LeakyReLU:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, self.alpha * x)

    def backward(self, grad):
        return np.where(self.mask, grad, self.alpha * grad)


class Network:
    def __init__(self):
        rng = np.random.default_rng(2)
        self.layers = [Dense(3, 4, rng), LeakyReLU(), Dense(4, 3, rng), Sigmoid(), Dense(3, 2, rng)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad


def check():
    return check_layer(Network(), np.random.default_rng(0).standard_normal((5, 3)))


MISTAKES = [
    ("return grad * self.out * (1 - self.out)", "return grad * (1 - self.out**2)", "slope"),
    ("self.alpha * grad)", "self.alpha)", "factor-missing another-variable call factor"),
    ("return grad @ self.W.T", "return grad @ self.W.T / self.x.shape[0]", "factor"),
    ("self.dW = self.x.T @ grad", "self.dW = self.x.T @ grad / len(grad)", "factor"),
    ("grad.sum(axis=0, keepdims=True)", "grad.mean(axis=0, keepdims=True)", "sum-for-mean"),
]
