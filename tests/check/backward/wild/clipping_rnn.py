"""A recurrent network that cuts its gradients off and takes the step itself."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class Recurrent:
    def __init__(self, n_x, n_y, n_h=6):
        r = np.random.default_rng(0).standard_normal
        self.Wh, self.Wx, self.Wy = r((n_h, n_h)) / 4, r((n_h, n_x)) / 4, r((n_y, n_h)) / 4
        self.bh, self.by = np.zeros((n_h, 1)), np.zeros((n_y, 1))

    def forward(self, inputs):
        h = np.zeros((len(self.Wh), 1))
        self.kept, self.hs = inputs, {0: h}
        for i, x in enumerate(inputs):
            h = np.tanh(self.Wx @ x + self.Wh @ h + self.bh)
            self.hs[i + 1] = h
        return self.Wy @ h + self.by, h

    def backprop(self, dy, learn_rate=2e-2):
        n = len(self.kept)
        dWy, dby = dy @ self.hs[n].T, dy
        dWh, dWx, dbh = np.zeros(self.Wh.shape), np.zeros(self.Wx.shape), np.zeros(self.bh.shape)
        dh = self.Wy.T @ dy
        for t in reversed(range(n)):
            raw = (1 - self.hs[t + 1] ** 2) * dh
            dbh += raw
            dWh += raw @ self.hs[t].T
            dWx += raw @ self.kept[t].T
            dh = self.Wh.T @ raw
        for d in [dWx, dWh, dWy, dbh, dby]:
            np.clip(d, -1, 1, out=d)
        self.Wh -= learn_rate * dWh
        self.Wx -= learn_rate * dWx
        self.Wy -= learn_rate * dWy
        self.bh -= learn_rate * dbh
        self.by -= learn_rate * dby


def check():
    xs = list(np.random.default_rng(1).standard_normal((5, 4, 1)))
    return check_layer(Recurrent(4, 2), xs, rate=2e-2)


MISTAKES = [
    ("(1 - self.hs[t + 1] ** 2) * dh", "(1 - self.hs[t + 1]) * dh", "slope"),
    ("dh = self.Wh.T @ raw", "dh = self.Wh @ raw", "transpose"),
    ("dWx += raw @ self.kept[t].T", "dWx = raw @ self.kept[t].T", "overwrite"),
    ("raw @ self.hs[t].T", "raw @ self.hs[t + 1].T", "index"),
]
