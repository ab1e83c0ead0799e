"""Batch norm with a bn_param dict that has running averages, and the chain written out step by step."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "train":
        mu = x.mean(axis=0)
        xmu = x - mu
        var = (xmu**2).mean(axis=0)
        std = np.sqrt(var + eps)
        x_hat = xmu / std
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (x_hat, xmu, std, gamma)
    else:
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_hat + beta
        cache = None
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x_hat, xmu, std, gamma = cache
    N, D = dout.shape
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dstd = -np.sum(dx_hat * xmu, axis=0) / std**2
    dvar = 0.5 * dstd / std
    dxmu = dx_hat / std + 2.0 / N * xmu * dvar
    dmu = -dxmu.sum(axis=0)
    dx = dxmu + dmu / N
    return dx, dgamma, dbeta


def check():
    rng = np.random.default_rng(0)
    x = 3 + 2 * rng.standard_normal((5, 4))
    return check_backward(
        batchnorm_forward, batchnorm_backward, x, rng.standard_normal(4), rng.standard_normal(4), {"mode": "train"}
    )


MISTAKES = [
    ("dgamma = (dout * x_hat).sum(axis=0)", "dgamma = (dout * xmu).sum(axis=0)", "another-variable"),
    ("/ std**2", "/ std", "power factor"),
    ("dx = dxmu + dmu / N", "dx = dxmu", "term"),
    ("2.0 / N * xmu * dvar", "1.0 / N * xmu * dvar", "factor constant"),
]
