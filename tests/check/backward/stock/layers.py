"""Batch norm (long and short), layer norm, convolution and pooling by im2col, and an embedding."""

# ruff: noqa (written as people write it)
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    out = x.reshape(N, -1).dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def batchnorm_forward(x, gamma, beta):
    eps = 1e-5
    mu = np.mean(x, axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1 / sqrtvar
    xhat = xmu * ivar
    out = gamma * xhat + beta
    return out, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1 / sqrtvar**2 * divar
    dvar = 0.5 / np.sqrt(var + eps) * dsqrtvar
    dsq = dvar / N * np.ones((N, D))
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -np.sum(dx1, axis=0)
    dx2 = dmu / N * np.ones((N, D))
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def batchnorm_short_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma * ivar / N * (N * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta):
    mu = x.mean(axis=-1, keepdims=True)
    var = np.mean((x - mu) ** 2, axis=-1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = (x - mu) / std
    return gamma * xhat + beta, (xhat, std, gamma)


def layernorm_backward(dout, cache):
    xhat, std, gamma = cache
    D = xhat.shape[-1]
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxhat = dout * gamma
    s1 = np.sum(dxhat, axis=-1, keepdims=True)
    s2 = np.sum(dxhat * xhat, axis=-1, keepdims=True)
    dx = (D * dxhat - s1 - xhat * s2) / (D * std)
    return dx, dgamma, dbeta


def conv_forward(x, w, b, stride, pad):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    xp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=x.dtype)
    xp[:, :, pad : H + pad, pad : W + pad] = x
    Ho, Wo = (H + 2 * pad - HH) // stride + 1, (W + 2 * pad - WW) // stride + 1
    cols = np.zeros((N, Ho * Wo, C * HH * WW), dtype=x.dtype)
    for i in range(Ho):
        for j in range(Wo):
            window = xp[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            cols[:, i * Wo + j] = window.reshape(N, -1)
    out = cols @ w.reshape(F, -1).T + b
    return out.transpose(0, 2, 1).reshape(N, F, Ho, Wo), (x.shape, xp.shape, cols, w, stride, pad)


def conv_backward(dout, cache):
    x_shape, xp_shape, cols, w, stride, pad = cache
    N, C, H, W = x_shape
    F, _, HH, WW = w.shape
    Ho, Wo = dout.shape[2], dout.shape[3]
    db = np.sum(dout, axis=(0, 2, 3))
    dflat = dout.reshape(N, F, Ho * Wo).transpose(0, 2, 1)
    dw = np.einsum("npf,npk->fk", dflat, cols).reshape(w.shape)
    dcols = dflat @ w.reshape(F, -1)
    dxp = np.zeros(xp_shape)
    for i in range(Ho):
        for j in range(Wo):
            patch = dcols[:, i * Wo + j].reshape(N, C, HH, WW)
            dxp[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW] += patch
    dx = dxp[:, :, pad : H + pad, pad : W + pad]
    return dx, dw, db


def maxpool_forward(x, size, stride):
    N, C, H, W = x.shape
    Ho, Wo = (H - size) // stride + 1, (W - size) // stride + 1
    out = np.zeros((N, C, Ho, Wo), dtype=x.dtype)
    for i in range(Ho):
        for j in range(Wo):
            window = x[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
            out[:, :, i, j] = np.max(window, axis=(2, 3))
    return out, (x, size, stride)


def maxpool_backward(dout, cache):
    x, size, stride = cache
    N, C, Ho, Wo = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(Ho):
                for j in range(Wo):
                    h, w = i * stride, j * stride
                    window = x[n, c, h : h + size, w : w + size]
                    mask = window == np.max(window)
                    dx[n, c, h : h + size, w : w + size] += mask * dout[n, c, i, j]
    return dx


def embedding_forward(x, W):
    return W[x], (x, W)


def embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return dW


def bn_inputs(rng, m=5, n=3):
    return rng.standard_normal((m, n)), rng.uniform(0.5, 2, n), rng.standard_normal(n)


CASES = {
    "affine": (
        affine_forward,
        affine_backward,
        lambda rng, m=4: (rng.standard_normal((m, 2, 3)), rng.standard_normal((6, 5)), rng.standard_normal(5)),
    ),
    "batchnorm": (batchnorm_forward, batchnorm_backward, bn_inputs),
    "batchnorm_short": (batchnorm_forward, batchnorm_short_backward, bn_inputs),
    "layernorm": (layernorm_forward, layernorm_backward, bn_inputs),
    "conv": (
        conv_forward,
        conv_backward,
        lambda rng, m=2: (
            rng.standard_normal((m, 2, 5, 4)),
            rng.standard_normal((3, 2, 3, 2)),
            rng.standard_normal(3),
            *(1, 1),
        ),
    ),
    "maxpool": (maxpool_forward, maxpool_backward, lambda rng, m=2: (rng.standard_normal((m, 2, 5, 5)), 3, 2)),
    "embedding": (
        embedding_forward,
        embedding_backward,
        lambda rng, m=3: (rng.integers(0, 4, (m, 5)), rng.standard_normal((6, 3))),
    ),
}
