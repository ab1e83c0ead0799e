"""An LSTM layer with params and grads in lists that belong together, filled in place by grads[0][...] = dWx."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params
        N, H = h_prev.shape
        A = np.dot(x, Wx) + np.dot(h_prev, Wh) + b
        f = sigmoid(A[:, :H])
        g = np.tanh(A[:, H : 2 * H])
        i = sigmoid(A[:, 2 * H : 3 * H])
        o = sigmoid(A[:, 3 * H :])
        c_next = f * c_prev + g * i
        h_next = o * np.tanh(c_next)
        self.cache = (x, h_prev, c_prev, i, f, g, o, c_next)
        return h_next, c_next

    def backward(self, dh_next, dc_next):
        Wx, Wh, b = self.params
        x, h_prev, c_prev, i, f, g, o, c_next = self.cache
        tanh_c_next = np.tanh(c_next)
        ds = dc_next + (dh_next * o) * (1 - tanh_c_next**2)
        dc_prev = ds * f
        di = ds * g
        df = ds * c_prev
        do = dh_next * tanh_c_next
        dg = ds * i
        di *= i * (1 - i)
        df *= f * (1 - f)
        do *= o * (1 - o)
        dg *= 1 - g**2
        dA = np.hstack((df, dg, di, do))
        dWh = np.dot(h_prev.T, dA)
        dWx = np.dot(x.T, dA)
        db = dA.sum(axis=0)
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        dx = np.dot(dA, Wx.T)
        dh_prev = np.dot(dA, Wh.T)
        return dx, dh_prev, dc_prev


def check():
    r = np.random.default_rng(1)
    layer = LSTM(r.standard_normal((2, 12)), r.standard_normal((3, 12)) * 0.5, r.standard_normal(12))
    return check_backward(
        layer.forward, layer.backward, r.standard_normal((4, 2)), r.standard_normal((4, 3)), r.standard_normal((4, 3))
    )


MISTAKES = [
    ("np.hstack((df, dg, di, do))", "np.hstack((di, df, dg, do))", "places-swapped"),
    ("di *= i * (1 - i)", "di *= i", "slope factor-missing"),
    ("dg *= 1 - g**2", "dg *= g * (1 - g)", "slope"),
    ("self.grads[1][...] = dWh", "self.grads[1][...] = dWx.sum()", ""),
    ("ds = dc_next + (dh_next * o)", "ds = (dh_next * o)", "term"),
    ("dh_prev = np.dot(dA, Wh.T)", "dh_prev = np.dot(dA, Wx.T)", "another-variable"),
    ("db = dA.sum(axis=0)", "db = dA.mean(axis=0)", "sum-for-mean"),
]
