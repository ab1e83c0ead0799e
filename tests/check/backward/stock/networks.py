"""Logistic regression, the two- and L-layer networks of the notes, losses, L2 and dropout."""

# ruff: noqa (written as people write it)
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logistic_forward(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return cost, A


def logistic_backward(w, b, X, Y, A):
    m = X.shape[1]
    dz = A - Y
    dw = np.dot(X, dz.T) / m
    db = np.sum(dz) / m
    return {"dw": dw, "db": db}


def two_layers_forward(X, Y, parameters):
    m = X.shape[1]
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = sigmoid(Z2)
    cost = -np.mean(np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2), axis=0))
    return cost, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def two_layers_backward(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def relu(Z):
    return np.maximum(0, Z)


def deep_forward(X, Y, parameters):
    L = len(parameters) // 2
    A = X
    caches = []
    for l in range(1, L + 1):
        A_prev = A
        Z = np.dot(parameters["W" + str(l)], A_prev) + parameters["b" + str(l)]
        A = sigmoid(Z) if l == L else relu(Z)
        caches.append((A_prev, parameters["W" + str(l)], Z, A))
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / X.shape[1]
    return cost, caches


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def sigmoid_backward(dA, Z):
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    return dZ


def linear_block(dZ, A_prev, W):
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def deep_backward(X, Y, parameters, caches):
    grads = {}
    L = len(caches)
    AL = caches[-1][3]
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(L)):
        A_prev, W, Z, A = caches[l]
        if l == L - 1:
            dZ = sigmoid_backward(dA, Z)
        else:
            dZ = relu_backward(dA, Z)
        dA, dW, db = linear_block(dZ, A_prev, W)
        grads["dW" + str(l + 1)] = dW
        grads["db" + str(l + 1)] = db
    return grads


def softmax_net_forward(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    probs = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    return loss, (hidden, probs)


def softmax_net_backward(X, y, W1, b1, W2, b2, reg, cache):
    N = X.shape[0]
    hidden, probs = cache
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = np.dot(hidden.T, dscores)
    db2 = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden <= 0] = 0
    dW1 = np.dot(X.T, dhidden)
    db1 = np.sum(dhidden, axis=0)
    dW2 += 2 * reg * W2
    dW1 += 2 * reg * W1
    return dW1, db1, dW2, db2


def dropout_forward(x, keep_prob, rng):
    mask = rng.random(x.shape) < keep_prob
    out = x * mask / keep_prob
    return out, (mask, keep_prob)


def dropout_backward(dout, cache):
    mask, keep_prob = cache
    dx = dout * mask / keep_prob
    return dx


def svm_forward(W, X, y, delta, reg):
    N = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(N), y].reshape(N, 1)
    margins = np.maximum(0, scores - correct + delta)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + 0.5 * reg * np.sum(W * W)
    return loss, margins


def svm_backward(W, X, y, delta, reg, margins):
    N = X.shape[0]
    binary = (margins > 0).astype(float)
    counts = np.sum(binary, axis=1)
    binary[np.arange(N), y] = -counts
    dW = X.T.dot(binary) / N
    dW += reg * W
    return dW


def labels(rng, n, m):
    return np.eye(n)[rng.integers(0, n, m)].T


def logistic_inputs(rng, m=5, n=3):
    return rng.standard_normal((n, 1)), 0.3, rng.standard_normal((n, m)), (rng.random((1, m)) > 0.5) * 1.0


def two_layers_inputs(rng, m=5, n=(2, 4, 1)):
    W1, W2 = rng.standard_normal((n[1], n[0])), rng.standard_normal((n[2], n[1]))
    p = {"W1": W1, "b1": rng.standard_normal((n[1], 1)), "W2": W2, "b2": rng.standard_normal((n[2], 1))}
    return rng.standard_normal((n[0], m)), (rng.random((n[2], m)) > 0.5) * 1.0, p


def deep_inputs(rng, m=6, n=(3, 5, 4, 1)):
    p = {}
    for l in range(1, len(n)):
        p["W" + str(l)] = rng.standard_normal((n[l], n[l - 1]))
        p["b" + str(l)] = rng.standard_normal((n[l], 1))
    return rng.standard_normal((n[0], m)), (rng.random((1, m)) > 0.5) * 1.0, p


def softmax_net_inputs(rng, m=6, n=(3, 5, 4)):
    y = np.concatenate([np.arange(n[2]), rng.integers(0, n[2], m)])[:m]
    W1, W2 = rng.standard_normal((n[0], n[1])), rng.standard_normal((n[1], n[2]))
    return rng.standard_normal((m, n[0])), y, W1, rng.standard_normal(n[1]), W2, rng.standard_normal(n[2]), 0.1


def dropout_inputs(rng, m=4, n=6):
    return rng.standard_normal((n, m)), 0.7, np.random.default_rng(3)


def svm_inputs(rng, m=6, n=3, k=4):
    return rng.standard_normal((n, k)), rng.standard_normal((m, n)), rng.integers(0, k, m), 1.0, 0.2


CASES = {
    "logistic": (logistic_forward, logistic_backward, logistic_inputs),
    "two_layers": (two_layers_forward, two_layers_backward, two_layers_inputs),
    "deep": (deep_forward, deep_backward, deep_inputs),
    "softmax_net": (softmax_net_forward, softmax_net_backward, softmax_net_inputs),
    "dropout": (dropout_forward, dropout_backward, dropout_inputs),
    "svm": (svm_forward, svm_backward, svm_inputs),
}
