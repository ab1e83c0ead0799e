"""The latent part of a variational autoencoder: the noise is an input, the loss has a square and a KL term."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def vae(params, x, noise):
    h = np.maximum(0, x @ params["W_enc"] + params["b_enc"])
    mu = h @ params["W_mu"]
    logvar = h @ params["W_lv"]
    std = np.exp(0.5 * logvar)
    z = mu + noise * std
    out = z @ params["W_dec"] + params["b_dec"]
    recon = np.sum((out - x) ** 2)
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    loss = (recon + kl) / len(x)
    return loss, (h, mu, logvar, std, z, out)


def vae_grads(params, x, noise, cache):
    h, mu, logvar, std, z, out = cache
    n = len(x)
    g = {}
    dout = 2 * (out - x) / n
    g["W_dec"] = z.T @ dout
    g["b_dec"] = dout.sum(axis=0)
    dz = dout @ params["W_dec"].T
    dmu = dz + mu / n
    dlogvar = dz * noise * 0.5 * std + 0.5 * (np.exp(logvar) - 1) / n
    g["W_mu"] = h.T @ dmu
    g["W_lv"] = h.T @ dlogvar
    dh = dmu @ params["W_mu"].T + dlogvar @ params["W_lv"].T
    dh[h <= 0] = 0
    g["W_enc"] = x.T @ dh
    g["b_enc"] = dh.sum(axis=0)
    return g


def check():
    r = np.random.default_rng(1)
    p = {
        k: r.standard_normal(s) * 0.5
        for k, s in [
            ("W_enc", (4, 6)),
            ("b_enc", 6),
            ("W_mu", (6, 2)),
            ("W_lv", (6, 2)),
            ("W_dec", (2, 4)),
            ("b_dec", 4),
        ]
    }
    return check_backward(vae, vae_grads, p, r.standard_normal((5, 4)), r.standard_normal((5, 2)))


MISTAKES = [
    ("dmu = dz + mu / n", "dmu = dz", "term"),
    ("dz * noise * 0.5 * std", "dz * noise * std", "factor factor-missing constant"),
    ("0.5 * (np.exp(logvar) - 1) / n", "0.5 * (np.exp(logvar) - 1)", "factor"),
    (' + dlogvar @ params["W_lv"].T', "", "term"),
    ("    dh[h <= 0] = 0\n", "", "slope"),
    ("dlogvar = dz * noise * 0.5 * std", "dlogvar = dz * 0.5 * std", "factor-missing slope"),
]
