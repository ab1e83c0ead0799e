"""Collaborative filtering as in a course on machine learning: unrolled parameters, a mask of what is rated."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def cofi(params, Y, R, num_users, num_movies, num_features, lambda_):
    X = params[: num_movies * num_features].reshape(num_movies, num_features)
    Theta = params[num_movies * num_features :].reshape(num_users, num_features)
    err = (X @ Theta.T - Y) * R
    J = 0.5 * np.sum(err**2) + lambda_ / 2 * np.sum(Theta**2) + lambda_ / 2 * np.sum(X**2)
    X_grad = err @ Theta + lambda_ * X
    Theta_grad = err.T @ X + lambda_ * Theta
    grad = np.concatenate([X_grad.ravel(), Theta_grad.ravel()])
    return J, grad


def check():
    r = np.random.default_rng(1)
    return check_backward(
        cofi, None, r.standard_normal(14), r.standard_normal((4, 3)), (r.random((4, 3)) > 0.4) * 1, 3, 4, 2, 1.5
    )


MISTAKES = [
    (
        "X_grad = err @ Theta + lambda_ * X",
        "X_grad = (X @ Theta.T - Y) @ Theta + lambda_ * X",
        "another-formula another-variable",
    ),
    ("Theta_grad = err.T @ X + lambda_ * Theta", "Theta_grad = err.T @ X", "term"),
    (
        "np.concatenate([X_grad.ravel(), Theta_grad.ravel()])",
        "np.concatenate([Theta_grad.ravel(), X_grad.ravel()])",
        "places-swapped",
    ),
    ("X_grad = err @ Theta + lambda_ * X", "X_grad = 2 * err @ Theta + lambda_ * X", "factor constant"),
]
