"""A layer norm that adds to buffers which it is given, number by number."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward

B, T, C = 2, 3, 4
out, mean, rstd = np.zeros((B, T, C)), np.zeros((B, T)), np.zeros((B, T))


def layernorm_forward(out, mean, rstd, inp, weight, bias):
    for b in range(B):
        for t in range(T):
            x = inp[b, t]
            m = x.mean()
            s = 1.0 / np.sqrt(((x - m) ** 2).mean() + 1e-5)
            out[b, t] = (x - m) * s * weight + bias
            mean[b, t], rstd[b, t] = m, s


def layernorm_backward(dinp, dweight, dbias, dout, inp, weight, mean, rstd):
    for b in range(B):
        for t in range(T):
            d, x, m, s = dout[b, t], inp[b, t], mean[b, t], rstd[b, t]
            norm = (x - m) * s
            dnorm = weight * d
            dbias += d
            dweight += norm * d
            dinp[b, t] += (dnorm - dnorm.mean() - norm * (dnorm * norm).mean()) * s


def forward(inp, weight, bias):
    layernorm_forward(out, mean, rstd, inp, weight, bias)
    return out


def backward(dout, inp, weight):
    dinp, dweight, dbias = np.zeros_like(inp), np.zeros_like(weight), np.zeros_like(weight)
    layernorm_backward(dinp, dweight, dbias, dout, inp, weight, mean, rstd)
    return dinp, dweight, dbias


def check():
    r = np.random.default_rng(0).standard_normal
    return check_backward(forward, backward, r((B, T, C)), r(C), r(C))


MISTAKES = [
    ("(dnorm - dnorm.mean() - norm * (dnorm * norm).mean()) * s", "(dnorm - dnorm.mean()) * s", "term"),
    ("(dnorm - dnorm.mean() - norm", "(dnorm - norm", "term"),
    ("dweight += norm * d", "dweight += x * d", "another-variable"),
    ("(dnorm * norm).mean()) * s", "(dnorm * norm).mean())", "factor-missing"),
]
