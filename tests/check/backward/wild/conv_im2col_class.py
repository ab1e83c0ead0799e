"""A convolution as a class with im2col and col2im, what forward computed kept in attributes."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


def im2col(x, fh, fw, stride=1, pad=0):
    N, C, H, W = x.shape
    oh = (H + 2 * pad - fh) // stride + 1
    ow = (W + 2 * pad - fw) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    col = np.zeros((N, C, fh, fw, oh, ow), dtype=x.dtype)
    for y in range(fh):
        y_max = y + stride * oh
        for z in range(fw):
            z_max = z + stride * ow
            col[:, :, y, z, :, :] = img[:, :, y:y_max:stride, z:z_max:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * oh * ow, -1)


def col2im(col, shape, fh, fw, stride=1, pad=0):
    N, C, H, W = shape
    oh = (H + 2 * pad - fh) // stride + 1
    ow = (W + 2 * pad - fw) // stride + 1
    col = col.reshape(N, oh, ow, C, fh, fw).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for y in range(fh):
        y_max = y + stride * oh
        for z in range(fw):
            z_max = z + stride * ow
            img[:, :, y:y_max:stride, z:z_max:stride] += col[:, :, y, z, :, :]
    return img[:, :, pad : H + pad, pad : W + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.x = self.col = self.col_W = None
        self.dW = self.db = None

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        out_h = 1 + int((H + 2 * self.pad - FH) / self.stride)
        out_w = 1 + int((W + 2 * self.pad - FW) / self.stride)
        col = im2col(x, FH, FW, self.stride, self.pad)
        col_W = self.W.reshape(FN, -1).T
        out = np.dot(col, col_W) + self.b
        out = out.reshape(N, out_h, out_w, -1).transpose(0, 3, 1, 2)
        self.x, self.col, self.col_W = x, col, col_W
        return out

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout)
        self.dW = self.dW.transpose(1, 0).reshape(FN, C, FH, FW)
        dcol = np.dot(dout, self.col_W.T)
        dx = col2im(dcol, self.x.shape, FH, FW, self.stride, self.pad)
        return dx


def check():
    r = np.random.default_rng(1)
    return check_layer(
        Convolution(r.standard_normal((3, 2, 2, 2)), r.standard_normal(3), stride=2, pad=1),
        r.standard_normal((2, 2, 4, 4)),
    )


MISTAKES = [
    ("dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)", "dout = dout.reshape(-1, FN)", ""),
    ("self.dW.transpose(1, 0).reshape", "self.dW.reshape", "transpose"),
    ("z:z_max:stride] += col[", "z:z_max:stride] = col[", "overwrite"),
    ("return img[:, :, pad:H + pad, pad:W + pad]", "return img[:, :, :H, :W]", "index"),
    ("self.db = np.sum(dout, axis=0)", "self.db = np.sum(dout)", "axis"),
    ("transpose(0, 3, 4, 5, 1, 2)", "transpose(0, 3, 5, 4, 1, 2)", "transpose operands-swapped"),
]
