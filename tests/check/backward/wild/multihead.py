"""Multi-head self-attention, a class: heads by reshape and transpose, a causal mask, grads in a dict."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class MHA:
    def __init__(self, d, heads, rng):
        self.h, self.dk = heads, d // heads
        self.Wq, self.Wk, self.Wv, self.Wo = [rng.standard_normal((d, d)) * 0.5 for _ in range(4)]
        self.grads = {}

    def split(self, x):
        B, T, D = x.shape
        return x.reshape(B, T, self.h, self.dk).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, h, T, dk = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, h * dk)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = self.split(x @ self.Wq), self.split(x @ self.Wk), self.split(x @ self.Wv)
        T = x.shape[1]
        scores = self.q @ self.k.transpose(0, 1, 3, 2) / np.sqrt(self.dk)
        mask = np.triu(np.ones((T, T), bool), 1)
        scores = np.where(mask, -1e9, scores)
        e = np.exp(scores - scores.real.max(-1, keepdims=True))
        self.p = e / e.sum(-1, keepdims=True)
        self.ctx = self.merge(self.p @ self.v)
        return self.ctx @ self.Wo

    def backward(self, dy):
        D = dy.shape[-1]
        self.grads["Wo"] = self.ctx.reshape(-1, D).T @ dy.reshape(-1, D)
        dctx = self.split(dy @ self.Wo.T)
        dp = dctx @ self.v.transpose(0, 1, 3, 2)
        dv = self.p.transpose(0, 1, 3, 2) @ dctx
        ds = self.p * (dp - (dp * self.p).sum(-1, keepdims=True))
        ds = ds / np.sqrt(self.dk)
        dq = ds @ self.k
        dk = ds.transpose(0, 1, 3, 2) @ self.q
        dq, dk, dv = self.merge(dq), self.merge(dk), self.merge(dv)
        X = self.x.reshape(-1, D)
        self.grads["Wq"] = X.T @ dq.reshape(-1, D)
        self.grads["Wk"] = X.T @ dk.reshape(-1, D)
        self.grads["Wv"] = X.T @ dv.reshape(-1, D)
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


def check():
    r = np.random.default_rng(1)
    return check_layer(MHA(6, 2, r), r.standard_normal((2, 4, 6)))


MISTAKES = [
    ("ds = self.p * (dp - (dp * self.p).sum(-1, keepdims=True))", "ds = self.p * (1 - self.p) * dp", "slope"),
    ("        ds = ds / np.sqrt(self.dk)\n", "", "factor"),
    ("dk = ds.transpose(0, 1, 3, 2) @ self.q", "dk = ds @ self.q", "transpose"),
    (" + dv @ self.Wv.T", "", "term"),
    ("dv = self.p.transpose(0, 1, 3, 2) @ dctx", "dv = self.p @ dctx", "transpose"),
    ("ds = ds / np.sqrt(self.dk)", "ds = ds / self.dk", "factor"),
    ("(dp * self.p).sum(-1, keepdims=True)", "(dp * self.p).sum(-2, keepdims=True)", "axis"),
]
