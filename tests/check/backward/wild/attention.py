"""Causal self-attention of one head, as a pair with a dict for a cache."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(x, Wq, Wk, Wv, Wo):
    T = x.shape[1]
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    scale = 1.0 / np.sqrt(q.shape[-1])
    scores = q @ k.transpose(0, 2, 1) * scale
    mask = np.triu(np.ones((T, T)), k=1).astype(bool)
    scores = np.where(mask, -1e9, scores)
    att = softmax(scores)
    y = att @ v
    out = y @ Wo
    return out, {
        "x": x,
        "q": q,
        "k": k,
        "v": v,
        "att": att,
        "y": y,
        "scale": scale,
        "Wq": Wq,
        "Wk": Wk,
        "Wv": Wv,
        "Wo": Wo,
    }


def attention_backward(dout, cache):
    x, q, k, v, att, y = (cache[n] for n in ("x", "q", "k", "v", "att", "y"))
    scale = cache["scale"]
    dWo = np.einsum("btd,bte->de", y, dout)
    dy = dout @ cache["Wo"].T
    datt = dy @ v.transpose(0, 2, 1)
    dv = att.transpose(0, 2, 1) @ dy
    dscores = att * (datt - (datt * att).sum(axis=-1, keepdims=True))
    dscores = dscores * scale
    dq = dscores @ k
    dk = dscores.transpose(0, 2, 1) @ q
    dWq = np.einsum("btd,bte->de", x, dq)
    dWk = np.einsum("btd,bte->de", x, dk)
    dWv = np.einsum("btd,bte->de", x, dv)
    dx = dq @ cache["Wq"].T + dk @ cache["Wk"].T + dv @ cache["Wv"].T
    return dx, dWq, dWk, dWv, dWo


def check():
    r = np.random.default_rng(0).standard_normal
    return check_backward(
        attention_forward, attention_backward, r((2, 3, 4)), r((4, 5)), r((4, 5)), r((4, 5)), r((5, 4))
    )


MISTAKES = [
    ("dscores = dscores * scale", "dscores = dscores", "factor"),
    (
        "dscores = att * (datt - (datt * att).sum(axis=-1, keepdims=True))",
        "dscores = att * (1 - att) * datt",
        "slope another-formula",
    ),
    ("dk = dscores.transpose(0, 2, 1) @ q", "dk = dscores @ q", "transpose"),
    (' + dv @ cache["Wv"].T', "", "term"),
    ("(datt * att).sum(axis=-1, keepdims=True)", "(datt * att).sum(axis=1, keepdims=True)", "axis"),
]
