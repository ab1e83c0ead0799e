"""One hidden layer for scipy.optimize: one flat vector in, the cost and one flat gradient out."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def nn_cost(params, n_in, n_hid, n_out, X, y, lam):
    split = n_hid * (n_in + 1)
    Theta1 = params[:split].reshape(n_hid, n_in + 1)
    Theta2 = params[split:].reshape(n_out, n_hid + 1)
    m = X.shape[0]
    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1 @ Theta1.T
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    h = sigmoid(a2 @ Theta2.T)
    Y = np.eye(n_out)[y]
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    J += lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    d3 = h - Y
    d2 = (d3 @ Theta2)[:, 1:] * sigmoid(z2) * (1 - sigmoid(z2))
    Theta1_grad = d2.T @ a1 / m
    Theta2_grad = d3.T @ a2 / m
    Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]
    return J, np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])


def check():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((6, 2)), np.array([0, 2, 1, 1, 0, 2])
    return check_backward(nn_cost, rng.standard_normal(3 * 3 + 3 * 4), 2, 3, 3, X, y, 0.5)


MISTAKES = [
    ("(d3 @ Theta2)[:, 1:] * sigmoid(z2) * (1 - sigmoid(z2))", "(d3 @ Theta2)[:, 1:] * z2 * (1 - z2)", "slope"),
    ("Theta2_grad = d3.T @ a2 / m", "Theta2_grad = d3.T @ a2", "factor"),
    ("Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]", "Theta1_grad[:, 1:] += lam / m * Theta1[:, :-1]", "index"),
    ("    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]", "    Theta2_grad[:, 1:] -= lam / m * Theta2[:, 1:]", "sign"),
]
