"""Batch norm's backward pass in nine steps through the graph, as a well-known blog has it."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def batchnorm_forward(x, gamma, beta, eps):
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    gammax = gamma * xhat
    out = gammax + beta
    cache = (xhat, gamma, xmu, ivar, sqrtvar, var, eps)
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def check():
    r = np.random.default_rng(1)
    return check_backward(
        batchnorm_forward,
        batchnorm_backward,
        r.standard_normal((5, 3)),
        r.standard_normal(3),
        r.standard_normal(3),
        1e-3,
    )


MISTAKES = [
    ("dx = dx1 + dx2", "dx = dx1", "term"),
    ("dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)", "dmu = np.sum(dxmu1 + dxmu2, axis=0)", "sign"),
    ("dxmu2 = 2 * xmu * dsq", "dxmu2 = xmu * dsq", "factor factor-missing term"),
    ("dsqrtvar = -1.0 / (sqrtvar**2) * divar", "dsqrtvar = -1.0 / (var**2) * divar", "another-variable power"),
    (
        "dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar",
        "dvar = 0.5 * np.sqrt(var + eps) * dsqrtvar",
        "power slope product factor",
    ),
    ("dgamma = np.sum(dgammax * xhat, axis=0)", "dgamma = np.sum(dgammax * xmu, axis=0)", "another-variable"),
]
