"""A recursive network over a binary tree, the gradient collected on the way down."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_gradients

W = np.random.default_rng(1).standard_normal((3, 6)) * 0.5
b = np.random.default_rng(2).standard_normal(3) * 0.1
Ws = np.random.default_rng(3).standard_normal((2, 3))
E = np.random.default_rng(4).standard_normal((4, 3))
TREE = ((0, 1), (2, (3, 1)))
LABEL = 1
dW, db, dWs, dE = np.zeros_like(W), np.zeros_like(b), np.zeros_like(Ws), np.zeros_like(E)


def encode(node):
    if isinstance(node, int):
        return E[node], None
    left, lc = encode(node[0])
    right, rc = encode(node[1])
    children = np.concatenate([left, right])
    h = np.tanh(W @ children + b)
    return h, (children, h, lc, rc)


def loss():
    h, _ = encode(TREE)
    s = Ws @ h
    return np.log(np.sum(np.exp(s))) - s[LABEL]


def descend(node, cache, delta):
    if isinstance(node, int):
        dE[node] += delta
        return
    children, h, lc, rc = cache
    delta = delta * (1 - h**2)
    dW[...] += np.outer(delta, children)
    db[...] += delta
    down = W.T @ delta
    descend(node[0], lc, down[:3])
    descend(node[1], rc, down[3:])


def backprop():
    for g in (dW, db, dWs, dE):
        g[...] = 0
    h, cache = encode(TREE)
    s = Ws @ h
    p = np.exp(s) / np.sum(np.exp(s))
    p[LABEL] -= 1
    dWs[...] = np.outer(p, h)
    descend(TREE, cache, Ws.T @ p)
    return {"W": dW, "b": db, "Ws": dWs, "E": dE}


def check():
    return check_gradients(loss, {"W": W, "b": b, "Ws": Ws, "E": E}, backprop)


MISTAKES = [
    ("        dE[node] += delta", "        dE[node] = delta", "overwrite"),
    ("delta = delta * (1 - h**2)", "delta = delta * h * (1 - h)", "slope"),
    ("descend(node[1], rc, down[3:])", "descend(node[1], rc, down[:3])", "index"),
    ("    dW[...] += np.outer(delta, children)", "    dW[...] = np.outer(delta, children)", "overwrite"),
]
