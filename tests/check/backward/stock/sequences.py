"""A recurrent network through time, LSTM and GRU cells, and attention with a mask."""

# ruff: noqa (written as people write it)
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]), dtype=np.result_type(x, h0, Wx, Wh, b))
    prev = h0
    for t in range(T):
        prev = np.tanh(x[:, t] @ Wx + prev @ Wh + b)
        h[:, t] = prev
    return h, (x, h0, Wx, Wh, h)


def rnn_backward(dh, cache):
    x, h0, Wx, Wh, h = cache
    N, T, D = x.shape
    dx = np.zeros_like(x)
    dWx = np.zeros_like(Wx)
    dWh = np.zeros_like(Wh)
    db = np.zeros(Wh.shape[0])
    dprev = np.zeros_like(h0)
    for t in reversed(range(T)):
        dnext = dh[:, t] + dprev
        draw = dnext * (1 - h[:, t] ** 2)
        hprev = h[:, t - 1] if t > 0 else h0
        dx[:, t] = draw @ Wx.T
        dWx += x[:, t].T @ draw
        dWh += hprev.T @ draw
        db += np.sum(draw, axis=0)
        dprev = draw @ Wh.T
    dh0 = dprev
    return dx, dh0, dWx, dWh, db


def lstm_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    t = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - t**2)
    do = dnext_h * t
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    dai = di * i * (1 - i)
    daf = df * f * (1 - f)
    dao = do * o * (1 - o)
    dag = dg * (1 - g**2)
    da = np.concatenate([dai, daf, dao, dag], axis=1)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def gru_forward(x, h, Wz, Uz, Wr, Ur, Wh, Uh):
    z = sigmoid(Wz @ x + Uz @ h)
    r = sigmoid(Wr @ x + Ur @ h)
    rh = r * h
    hh = np.tanh(Wh @ x + Uh @ rh)
    out = (1 - z) * h + z * hh
    return out, (x, h, z, r, rh, hh, Wz, Uz, Wr, Ur, Wh, Uh)


def gru_backward(dout, cache):
    x, h, z, r, rh, hh, Wz, Uz, Wr, Ur, Wh, Uh = cache
    dz = dout * (hh - h)
    dhh = dout * z
    dh = dout * (1 - z)
    dahh = dhh * (1 - hh**2)
    dUh = dahh @ rh.T
    dWh = dahh @ x.T
    drh = Uh.T @ dahh
    dr = drh * h
    dh = dh + drh * r
    daz = dz * z * (1 - z)
    dar = dr * r * (1 - r)
    dUz = daz @ h.T
    dWz = daz @ x.T
    dUr = dar @ h.T
    dWr = dar @ x.T
    dh = dh + Uz.T @ daz + Ur.T @ dar
    dx = Wz.T @ daz + Wr.T @ dar + Wh.T @ dahh
    return {"dx": dx, "dh": dh, "dWz": dWz, "dUz": dUz, "dWr": dWr, "dUr": dUr, "dWh": dWh, "dUh": dUh}


def attention_forward(Q, K, V, mask):
    d_k = Q.shape[-1]
    scores = Q @ K.T / np.sqrt(d_k)
    scores = np.where(mask, scores, -1e9)
    e = np.exp(scores - np.max(scores.real, axis=-1, keepdims=True))
    P = e / np.sum(e, axis=-1, keepdims=True)
    out = P @ V
    return out, (Q, K, V, P, mask, d_k)


def attention_backward(dout, cache):
    Q, K, V, P, mask, d_k = cache
    dV = P.T @ dout
    dP = dout @ V.T
    dS = P * (dP - np.sum(dP * P, axis=-1, keepdims=True))
    dS = dS * mask / np.sqrt(d_k)
    dQ = dS @ K
    dK = dS.T @ Q
    return dQ, dK, dV


def rnn_inputs(rng, m=3, T=4):
    n = rng.standard_normal
    return n((m, T, 2)), n((m, 3)), n((2, 3)), n((3, 3)), n(3)


def lstm_inputs(rng, m=4):
    n = rng.standard_normal
    return n((m, 2)), n((m, 3)), n((m, 3)), n((2, 12)), n((3, 12)), n(12)


def gru_inputs(rng, m=4):
    n = rng.standard_normal
    return n((2, m)), n((3, m)), n((3, 2)), n((3, 3)), n((3, 2)), n((3, 3)), n((3, 2)), n((3, 3))


def attention_inputs(rng, m=4):
    n = rng.standard_normal
    return n((m, 3)), n((5, 3)), n((5, 2)), rng.random((m, 5)) > 0.2


CASES = {
    "rnn": (rnn_forward, rnn_backward, rnn_inputs),
    "lstm": (lstm_forward, lstm_backward, lstm_inputs),
    "gru": (gru_forward, gru_backward, gru_inputs),
    "attention": (attention_forward, attention_backward, attention_inputs),
}
