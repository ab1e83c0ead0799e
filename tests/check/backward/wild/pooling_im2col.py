"""Max pooling by argmax over im2col's rows, a class."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class MaxPool:
    def __init__(self, size, stride):
        self.size, self.stride = size, stride

    def forward(self, x):
        n, c, h, w = x.shape
        oh, ow = (h - self.size) // self.stride + 1, (w - self.size) // self.stride + 1
        out = np.zeros((n, c, oh, ow), dtype=x.dtype)
        self.arg = np.zeros((n, c, oh, ow), dtype=int)
        for i in range(oh):
            for j in range(ow):
                win = x[
                    :, :, i * self.stride : i * self.stride + self.size, j * self.stride : j * self.stride + self.size
                ].reshape(n, c, -1)
                self.arg[:, :, i, j] = win.real.argmax(axis=2)
                out[:, :, i, j] = np.take_along_axis(win, self.arg[:, :, i, j][:, :, None], 2)[:, :, 0]
        self.x = x
        return out

    def backward(self, dout):
        n, c, oh, ow = dout.shape
        dx = np.zeros(self.x.shape)
        for b in range(n):
            for ch in range(c):
                for i in range(oh):
                    for j in range(ow):
                        k = self.arg[b, ch, i, j]
                        dy, dz = k // self.size, k % self.size
                        dx[b, ch, i * self.stride + dy, j * self.stride + dz] += dout[b, ch, i, j]
        return dx


def check():
    return check_layer(MaxPool(2, 1), np.random.default_rng(1).standard_normal((2, 2, 4, 4)))


MISTAKES = [
    ("j * self.stride + dz] += dout", "j * self.stride + dz] = dout", "overwrite"),
    ("dy, dz = k // self.size, k % self.size", "dy, dz = k % self.size, k // self.size", ""),
    ("i * self.stride + dy, j", "i + dy, j", ""),
    ("dx[b, ch, i * self.stride", "dx[b, 0, i * self.stride", "constant index"),
]
