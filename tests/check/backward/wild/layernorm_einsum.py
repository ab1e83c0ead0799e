"""Layer norm over the last axis with dgamma by einsum, as a class with __call__ and grads in attributes."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        rng = np.random.default_rng(8)
        self.gamma = rng.normal(size=dim)
        self.beta = rng.normal(size=dim)
        self.eps = eps

    def __call__(self, x):
        mean = x.mean(-1, keepdims=True)
        var = ((x - mean) ** 2).mean(-1, keepdims=True)
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        return self.gamma * self.xhat + self.beta

    def backward(self, dy):
        self.gamma_grad = np.einsum("btd,btd->d", dy, self.xhat)
        self.beta_grad = dy.sum(axis=(0, 1))
        dxhat = dy * self.gamma
        dx = dxhat - dxhat.mean(-1, keepdims=True) - self.xhat * (dxhat * self.xhat).mean(-1, keepdims=True)
        return dx * self.inv


def check():
    return check_layer(LayerNorm(4), np.random.default_rng(0).normal(size=(2, 3, 4)))


MISTAKES = [
    (" - dxhat.mean(-1, keepdims=True)", "", "term"),
    ("(dxhat * self.xhat).mean(-1, keepdims=True)", "(dxhat * self.xhat).sum(-1, keepdims=True)", "sum-for-mean"),
    ("return dx * self.inv", "return dx", "factor-missing slope"),
    ("dxhat = dy * self.gamma", "dxhat = dy", "factor-missing slope"),
]
