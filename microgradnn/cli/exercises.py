"""The files that exercises begin with."""

from __future__ import annotations

HEAD = """\
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))

"""
LOGISTIC = (
    '''\
"""Write backward: the gradients of the cost J by w, b, where examples are columns and m is their number."""

'''
    + HEAD
    + """
def forward(X, Y, w, b):
    m = X.shape[1]
    A = sigmoid(w @ X + b)
    J = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return J, A


def backward(X, Y, w, b, A):
    m = X.shape[1]
    ...
    return {"dw": dw, "db": db}


rng = np.random.default_rng(0)
X = rng.standard_normal((3, 5))
Y = np.array([[1.0, 0.0, 0.0, 1.0, 1.0]])
w, b = rng.standard_normal((1, 3)), np.array([[0.3]])
"""
)
NETWORK = """
def forward(X, Y, W1, b1, W2, b2):
    m = X.shape[1]
    A1 = np.tanh(W1 @ X + b1)
    A2 = sigmoid(W2 @ A1 + b2)
    J = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    return J, (A1, A2)


def backward(X, Y, W1, b1, W2, b2, cache):
    m = X.shape[1]
    A1, A2 = cache
{lines}
    return {{"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}}


rng = np.random.default_rng(1)
X = rng.standard_normal((2, 5))
Y = np.array([[1.0, 0.0, 1.0, 1.0, 0.0]])
W1, b1 = rng.standard_normal((3, 2)), rng.standard_normal((3, 1))
W2, b2 = rng.standard_normal((1, 3)), np.array([[0.1]])
"""
TWO_LAYERS = (
    '"""Write backward: the gradients of the cost J by W1, b1, W2, b2; layer 1 is a tanh."""\n\n'
    + HEAD
    + NETWORK.format(lines="    ...")
)
MISTAKE = (
    '"""One line of backward is wrong. Which gradient suffers, and why? Mend the line."""\n\n'
    + HEAD
    + NETWORK.format(
        lines="""\
    dZ2 = (A2 - Y) / m
    dW2 = dZ2 @ A1.T
    db2 = np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = (W2.T @ dZ2) * A1 * (1 - A1)
    dW1 = dZ1 @ X.T
    db1 = np.sum(dZ1, axis=1, keepdims=True)"""
    )
)
SOFTMAX = '''\
"""Write backward: the gradients of J by W and b. The columns of P are the probabilities of the classes."""

import numpy as np


def forward(X, Y, W, b):
    Z = W @ X + b
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    P = E / E.sum(axis=0, keepdims=True)
    J = -np.sum(Y * np.log(P)) / X.shape[1]
    return J, P


def backward(X, Y, W, b, P):
    ...
    return {"dW": dW, "db": db}


rng = np.random.default_rng(2)
X = rng.standard_normal((4, 6))
Y = np.eye(3)[:, [0, 1, 2, 1, 1, 0]]
W, b = rng.standard_normal((3, 4)), rng.standard_normal((3, 1))
'''
