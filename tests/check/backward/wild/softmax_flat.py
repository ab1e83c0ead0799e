"""Softmax regression with weight decay as SciPy wants it: a flat theta, cost and flat gradient."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def softmax_cost(theta, num_classes, input_size, lambda_, data, labels):
    m = data.shape[1]
    theta = theta.reshape(num_classes, input_size)
    ground_truth = np.zeros((num_classes, m))
    ground_truth[labels, np.arange(m)] = 1
    prod = theta.dot(data)
    prod = prod - prod.real.max(axis=0)
    p = np.exp(prod) / np.sum(np.exp(prod), axis=0)
    cost = -(1 / m) * np.sum(ground_truth * np.log(p)) + (lambda_ / 2) * np.sum(theta * theta)
    theta_grad = -(1 / m) * (ground_truth - p).dot(data.T) + lambda_ * theta
    grad = theta_grad.flatten()
    return cost, grad


def check():
    r = np.random.default_rng(1)
    return check_backward(
        softmax_cost, None, r.standard_normal(12), 3, 4, 0.3, r.standard_normal((4, 6)), np.array([0, 1, 2, 1, 0, 2])
    )


MISTAKES = [
    (" + lambda_ * theta\n", "\n", "term"),
    ("theta_grad = -(1 / m)", "theta_grad = (1 / m)", "sign"),
    (" + lambda_ * theta\n", " + 2 * lambda_ * theta\n", "factor constant"),
    ("grad = theta_grad.flatten()", "grad = theta_grad.T.flatten()", "transpose"),
    ("theta_grad = -(1 / m) *", "theta_grad = -1 *", "factor"),
]
