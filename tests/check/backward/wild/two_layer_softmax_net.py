"""A net of layers in an OrderedDict with a softmax loss at its end, gradients by gradient(x, t)."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

from collections import OrderedDict

import numpy as np
from microgradnn.check import check_gradients


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return -np.sum(np.log(self.y[np.arange(len(t)), t])) / len(t)

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        dx = self.y.copy()
        dx[np.arange(batch_size), self.t] -= 1
        dx = dx / batch_size
        return dx


class TwoLayerNet:
    def __init__(self, rng):
        self.params = {
            "W1": rng.standard_normal((3, 4)),
            "b1": np.zeros(4),
            "W2": rng.standard_normal((4, 3)),
            "b2": np.zeros(3),
        }
        self.layers = OrderedDict()
        self.layers["Affine1"] = Affine(self.params["W1"], self.params["b1"])
        self.layers["Relu1"] = Relu()
        self.layers["Affine2"] = Affine(self.params["W2"], self.params["b2"])
        self.last = SoftmaxWithLoss()

    def loss(self, x, t):
        for layer in self.layers.values():
            x = layer.forward(x)
        return self.last.forward(x, t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        return {
            "W1": self.layers["Affine1"].dW,
            "b1": self.layers["Affine1"].db,
            "W2": self.layers["Affine2"].dW,
            "b2": self.layers["Affine2"].db,
        }


def check():
    r = np.random.default_rng(1)
    net, x, t = TwoLayerNet(r), r.standard_normal((5, 3)), np.array([0, 1, 2, 1, 0])
    return check_gradients(lambda: net.loss(x, t), net.params, lambda: net.gradient(x, t))


MISTAKES = [
    ("        dx = dx / batch_size\n", "", "factor"),
    ("        dx[np.arange(batch_size), self.t] -= 1\n", "", "term another-formula"),
    ("dx = np.dot(dout, self.W.T)", "dx = np.dot(dout, self.W.T) * 0.5", "factor constant"),
    ("        dout[self.mask] = 0\n", "        dout[dout <= 0] = 0\n", ""),
    ("self.db = np.sum(dout, axis=0)", "self.db = np.sum(dout, axis=1)[:len(self.b)]", ""),
    ('"b1": self.layers["Affine1"].db', '"b1": self.layers["Affine1"].dW[0]', ""),
]
