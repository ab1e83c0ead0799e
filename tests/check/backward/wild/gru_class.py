"""A GRU over a sequence, a class that keeps lists of its states and its gradients in a dict."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


def sig(x):
    return 1 / (1 + np.exp(-x))


class GRU:
    def __init__(self, D, H):
        rng = np.random.default_rng(5)
        self.params = {}
        for g in "zrh":
            self.params["W" + g] = rng.normal(size=(H, D)) * 0.6
            self.params["U" + g] = rng.normal(size=(H, H)) * 0.6
            self.params["b" + g] = rng.normal(size=H) * 0.1

    def forward(self, xs):
        p = self.params
        self.xs, self.hs, self.zs, self.rs, self.ns = xs, [np.zeros(len(p["bz"]))], [], [], []
        for x in xs:
            h = self.hs[-1]
            z = sig(p["Wz"] @ x + p["Uz"] @ h + p["bz"])
            r = sig(p["Wr"] @ x + p["Ur"] @ h + p["br"])
            n = np.tanh(p["Wh"] @ x + p["Uh"] @ (r * h) + p["bh"])
            self.hs.append((1 - z) * h + z * n)
            self.zs.append(z)
            self.rs.append(r)
            self.ns.append(n)
        return np.array(self.hs[1:])

    def backward(self, dhs):
        p = self.params
        self.grads = {k: np.zeros_like(v) for k, v in p.items()}
        dxs = np.zeros_like(self.xs)
        dnext = np.zeros(len(p["bz"]))
        for t in reversed(range(len(self.xs))):
            dh = dhs[t] + dnext
            x, h, z, r, n = self.xs[t], self.hs[t], self.zs[t], self.rs[t], self.ns[t]
            dn = dh * z * (1 - n**2)
            dz = dh * (n - h) * z * (1 - z)
            drh = p["Uh"].T @ dn
            dr = drh * h * r * (1 - r)
            dnext = dh * (1 - z) + drh * r + p["Uz"].T @ dz + p["Ur"].T @ dr
            dxs[t] = p["Wh"].T @ dn + p["Wz"].T @ dz + p["Wr"].T @ dr
            for g, d in (("z", dz), ("r", dr)):
                self.grads["W" + g] += np.outer(d, x)
                self.grads["U" + g] += np.outer(d, h)
                self.grads["b" + g] += d
            self.grads["Wh"] += np.outer(dn, x)
            self.grads["Uh"] += np.outer(dn, r * h)
            self.grads["bh"] += dn
        return dxs


def check():
    return check_layer(GRU(3, 4), np.random.default_rng(0).standard_normal((3, 3)))


MISTAKES = [
    ("dz = dh * (n - h) * z * (1 - z)", "dz = dh * (h - n) * z * (1 - z)", "sign operands-swapped"),
    ("np.outer(dn, r * h)", "np.outer(dn, h)", "factor-missing slope another-variable"),
    (" + drh * r + ", " + ", "term"),
    ("dr = drh * h * r * (1 - r)", "dr = drh * h * (1 - r)", "slope factor-missing"),
]
