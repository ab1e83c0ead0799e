"""The gradient of logistic regression three times: with two loops, with one, with none (B15 to B20).

Prints, for the four examples of OR and a start at zeros, J = 0.693147180560, dw = (-0.25, -0.25) and
db = -0.25 three times, and the cost after one step, 0.540241098588. Then, for 200 examples of 300
features, how long each form takes on this machine, and how far it is from the first.
"""
# ruff: noqa: N803 (X and Y are the notes' names)

from math import exp, log
from timeit import repeat
from typing import Any

import numpy as np

from microgradnn.rules.calculus import sigmoid

Array = np.ndarray[Any, np.dtype[Any]]
Found = tuple[float, Array, float]


def two_loops(X: Array, Y: Array, w: Array, b: float) -> Found:
    """Return J, dw and db, number by number: over the examples, and for each over its features."""
    n_x, m = X.shape
    J, dw, db = 0.0, np.zeros((n_x, 1)), 0.0
    for i in range(m):
        z = b
        for j in range(n_x):
            z += w[j, 0] * X[j, i]
        a = 1 / (1 + exp(-z))
        J += -(Y[0, i] * log(a) + (1 - Y[0, i]) * log(1 - a))
        dz = a - Y[0, i]
        for j in range(n_x):
            dw[j, 0] += X[j, i] * dz
        db += dz
    return J / m, dw / m, db / m


def one_loop(X: Array, Y: Array, w: Array, b: float) -> Found:
    """Return J, dw and db, example by example: a column of X at a time."""
    n_x, m = X.shape
    J, dw, db = 0.0, np.zeros((n_x, 1)), 0.0
    for i in range(m):
        x, y = X[:, i : i + 1], Y[0, i]
        a = sigmoid(np.dot(w.T, x).item() + b)
        J += -(y * log(a) + (1 - y) * log(1 - a))
        dz = a - y
        dw += x * dz
        db += dz
    return J / m, dw / m, db / m


def no_loop(X: Array, Y: Array, w: Array, b: float) -> Found:
    """Return J, dw and db, all examples at once."""
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    J = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    dZ = A - Y
    dw = np.dot(X, dZ.T) / m
    db = np.sum(dZ) / m
    return float(J), dw, float(db)


FORMS = {"two loops": two_loops, "one loop": one_loop, "no loop": no_loop}

X, Y = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 1.0, 1.0]])
for name, form in FORMS.items():
    J, dw, db = form(X, Y, np.zeros((2, 1)), 0.0)
    print(f"{name:<9}  J = {J:.12f}  dw = ({dw[0, 0]:g}, {dw[1, 0]:g})  db = {db:g}")
print(f"after one step with a learning rate of 1: J = {no_loop(X, Y, 0.0 - dw, 0.0 - db)[0]:.12f}")

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((300, 200)), rng.integers(0, 2, (1, 200))
w, b = rng.standard_normal((300, 1)) * 0.1, 0.5
first = np.vstack(two_loops(X, Y, w, b))
slowest = 0.0
print("\n300 features, 200 examples")
for name, form in FORMS.items():
    far = np.abs(np.vstack(form(X, Y, w, b)) - first).max()
    seconds = min(repeat("form(X, Y, w, b)", globals=globals(), number=1, repeat=5))
    slowest = slowest or seconds
    print(f"{name:<9}  {seconds * 1000:9.3f} ms  {slowest / seconds:7.1f} times as fast  differs by {far:.0e}")
