"""A backward pass written by hand, with three mistakes in it: the lines that are wrong, and what would be right.

The two-layer network of the course, tanh and sigmoid. `check_backward` needs nothing but the two functions and their
inputs. Prints that 1 gradient is right, and names the mistakes one after the other: dW2 is 5 times what it should
be, the slope of the tanh is that of a sigmoid, and db1 is a number that should be a column, (3, 1).
"""

# ruff: noqa: N803 (X is a name of the notes)
from typing import Any

import numpy as np

from microgradnn.check import check_backward


def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


def forward(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """Return the cost, and what backward needs."""
    m = X.shape[1]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    return cost, (A1, A2)


def backward(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, cache: Any) -> Any:
    """Return the gradients, as somebody derived them."""
    m = X.shape[1]
    A1, A2 = cache
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T)
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = dA1 * A1 * (1 - A1)
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


rng = np.random.default_rng(1)
X = rng.standard_normal((2, 5))
Y = (rng.random((1, 5)) > 0.5).astype(float)
W1, b1 = rng.standard_normal((3, 2)), np.zeros((3, 1))
W2, b2 = rng.standard_normal((1, 3)), np.zeros((1, 1))

if __name__ == "__main__":
    print(check_backward(forward, backward, X, Y, W1, b1, W2, b2))
