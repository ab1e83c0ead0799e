"""A many-to-one LSTM in global variables, gates multiplied in place, its gradients held against a loss run again."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_gradients

D, H, T = 2, 3, 4
rng = np.random.RandomState(3)
Wf, Wi, Wc, Wo = [rng.randn(H, H + D) * 0.5 for _ in range(4)]
bf, bi, bc, bo = [rng.randn(H, 1) * 0.1 for _ in range(4)]
Wy, by = rng.randn(1, H), np.zeros((1, 1))
xs = [rng.randn(D, 1) for _ in range(T)]
target = 0.7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(xs):
    h, c = np.zeros((H, 1)), np.zeros((H, 1))
    cache = []
    for x in xs:
        z = np.vstack((h, x))
        f = sigmoid(Wf @ z + bf)
        i = sigmoid(Wi @ z + bi)
        g = np.tanh(Wc @ z + bc)
        c_prev = c
        c = f * c + i * g
        o = sigmoid(Wo @ z + bo)
        h = o * np.tanh(c)
        cache.append((z, f, i, g, c, c_prev, o, h))
    return Wy @ h + by, cache


def loss():
    y, _ = forward(xs)
    return 0.5 * (y[0, 0] - target) ** 2


def backward():
    y, cache = forward(xs)
    dWf, dWi, dWc, dWo = np.zeros_like(Wf), np.zeros_like(Wi), np.zeros_like(Wc), np.zeros_like(Wo)
    dbf, dbi, dbc, dbo = np.zeros_like(bf), np.zeros_like(bi), np.zeros_like(bc), np.zeros_like(bo)
    dy = y - target
    dWy = dy @ cache[-1][7].T
    dby = dy
    dh_next = Wy.T @ dy
    dc_next = np.zeros((H, 1))
    for t in reversed(range(T)):
        z, f, i, g, c, c_prev, o, h = cache[t]
        tanh_c = np.tanh(c)
        dh = dh_next
        dc = dc_next + dh * o * (1 - tanh_c**2)
        do = dh * tanh_c
        do *= o * (1 - o)
        df = dc * c_prev
        df *= f * (1 - f)
        di = dc * g
        di *= i * (1 - i)
        dg = dc * i
        dg *= 1 - g**2
        dWo += do @ z.T
        dWf += df @ z.T
        dWi += di @ z.T
        dWc += dg @ z.T
        dbo += do
        dbf += df
        dbi += di
        dbc += dg
        dz = Wo.T @ do + Wf.T @ df + Wi.T @ di + Wc.T @ dg
        dh_next = dz[:H]
        dc_next = dc * f
    return dWf, dWi, dWc, dWo, dWy, dbf, dbi, dbc, dbo, dby


def check():
    return check_gradients(loss, [Wf, Wi, Wc, Wo, Wy, bf, bi, bc, bo, by], backward)


MISTAKES = [
    ("        dc_next = dc * f\n", "", "term"),
    ("dc = dc_next + dh * o * (1 - tanh_c**2)", "dc = dc_next + dh * o * (1 - c**2)", "slope another-variable"),
    ("        df *= f * (1 - f)\n", "", "slope"),
    (" + Wi.T @ di", "", "term"),
    ("df = dc * c_prev", "df = dc * c", "another-variable"),
    ("dbi += di", "dbi = di", "overwrite"),
    ("dh_next = dz[:H]", "dh_next = dz[D:]", "index"),
]
