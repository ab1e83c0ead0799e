"""Skip-gram with negative sampling: rows of two embedding tables, negative samples that repeat."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling_loss_and_gradient(center_vecs, outside_vecs, center_idx, outside_idx, neg_idx):
    v = center_vecs[center_idx]
    u_o = outside_vecs[outside_idx]
    u_k = outside_vecs[neg_idx]
    loss = -np.log(sigmoid(u_o @ v)) - np.sum(np.log(sigmoid(-u_k @ v)))
    grad_v = (sigmoid(u_o @ v) - 1) * u_o
    grad_v += (1 - sigmoid(-u_k @ v)) @ u_k
    grad_center_vecs = np.zeros_like(center_vecs)
    grad_center_vecs[center_idx] = grad_v
    grad_outside_vecs = np.zeros_like(outside_vecs)
    grad_outside_vecs[outside_idx] = (sigmoid(u_o @ v) - 1) * v
    np.add.at(grad_outside_vecs, neg_idx, np.outer(1 - sigmoid(-u_k @ v), v))
    return loss, grad_center_vecs, grad_outside_vecs


def check():
    r = np.random.default_rng(0).standard_normal
    return check_backward(neg_sampling_loss_and_gradient, r((5, 3)), r((5, 3)), 2, 1, np.array([0, 3, 3, 4]))


MISTAKES = [
    (
        "    np.add.at(grad_outside_vecs, neg_idx, np.outer(1 - sigmoid(-u_k @ v), v))",
        "    grad_outside_vecs[neg_idx] += np.outer(1 - sigmoid(-u_k @ v), v)",
        "repeated-index",
    ),
    ("grad_v = (sigmoid(u_o @ v) - 1) * u_o", "grad_v = sigmoid(u_o @ v) * u_o", "term"),
    ("    grad_v += (1 - sigmoid(-u_k @ v)) @ u_k", "    grad_v = (1 - sigmoid(-u_k @ v)) @ u_k", "overwrite"),
    (
        "grad_outside_vecs[outside_idx] = (sigmoid(u_o @ v) - 1) * v",
        "grad_outside_vecs[outside_idx] = (sigmoid(u_o @ v) - 1) * u_o",
        "another-variable",
    ),
]
