"""affine, relu and softmax_loss as layer functions, and a net that is put together of them in one loss method."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


class TwoLayerNet:
    def __init__(self, D, H, C, reg):
        rng = np.random.default_rng(4)
        self.params = {
            "W1": rng.standard_normal((D, H)),
            "b1": rng.standard_normal(H),
            "W2": rng.standard_normal((H, C)),
            "b2": rng.standard_normal(C),
        }
        self.reg = reg

    def loss(self, X, y):
        a1, cache1 = affine_forward(X, self.params["W1"], self.params["b1"])
        h, cache2 = relu_forward(a1)
        scores, cache3 = affine_forward(h, self.params["W2"], self.params["b2"])
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(self.params["W1"] ** 2) + np.sum(self.params["W2"] ** 2))
        grads = {}
        dh, grads["W2"], grads["b2"] = affine_backward(dscores, cache3)
        da1 = relu_backward(dh, cache2)
        dx, grads["W1"], grads["b1"] = affine_backward(da1, cache1)
        grads["W2"] += self.reg * self.params["W2"]
        grads["W1"] += self.reg * self.params["W1"]
        return loss, grads


def check():
    rng = np.random.default_rng(0)
    net = TwoLayerNet(4, 5, 3, 0.1)
    return check_backward(net.loss, rng.standard_normal((6, 4)), np.array([0, 2, 1, 1, 2, 0]))


MISTAKES = [
    ("dx /= N", "dx /= 1", "factor constant"),
    ("dx = dout * (x > 0)", "dx = dout", "slope factor-missing"),
    (
        'grads["W1"] += self.reg * self.params["W1"]',
        'grads["W1"] += 0.5 * self.reg * self.params["W1"]',
        "factor constant",
    ),
    ("db = np.sum(dout, axis=0)", "db = np.sum(dout)", "axis not-summed"),
]
