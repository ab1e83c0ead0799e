"""Max pooling by reshaping with a mask, and dropout with a parameter dict, NHWC, in a little chain."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H = int(1 + (n_H_prev - f) / stride)
    n_W = int(1 + (n_W_prev - f) / stride)
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vs, hs = h * stride, w * stride
                    a_slice = A_prev[i, vs : vs + f, hs : hs + f, c]
                    A[i, h, w, c] = np.max(a_slice)
    cache = (A_prev, hparameters)
    return A, cache


def create_mask_from_window(x):
    return x == np.max(x)


def pool_backward(dA, cache):
    A_prev, hparameters = cache
    stride = hparameters["stride"]
    f = hparameters["f"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        a_prev = A_prev[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vs, hs = h * stride, w * stride
                    a_slice = a_prev[vs : vs + f, hs : hs + f, c]
                    mask = create_mask_from_window(a_slice)
                    dA_prev[i, vs : vs + f, hs : hs + f, c] += mask * dA[i, h, w, c]
    return dA_prev


def check():
    return check_backward(
        pool_forward, pool_backward, np.random.default_rng(0).standard_normal((2, 4, 4, 2)), {"f": 2, "stride": 1}
    )


MISTAKES = [
    ("dA_prev[i, vs : vs + f, hs : hs + f, c] += mask", "dA_prev[i, vs : vs + f, hs : hs + f, c] = mask", "overwrite"),
    ("return x == np.max(x)", "return x >= 0", "comparison another-variable constant"),
    (
        "                    mask = create_mask_from_window(a_slice)",
        "                    mask = np.ones((f, f)) / (f * f)",
        "function call slope another-formula",
    ),
    ("mask * dA[i, h, w, c]", "mask * dA[i, w, h, c]", "index another-variable"),
]
