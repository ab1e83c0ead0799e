"""A policy gradient on a small net in a global dict: discounted rewards times the gradient of the log probability."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_gradients

np.random.seed(2)
model = {"W1": np.random.randn(5, 4) / 2, "W2": np.random.randn(5) / 2}
epx = np.random.randn(6, 4)
actions = np.array([1, 0, 1, 1, 0, 0])
advantage = np.random.randn(6, 1)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def policy_forward():
    eph = np.dot(epx, model["W1"].T)
    eph[eph < 0] = 0
    p = sigmoid(np.dot(eph, model["W2"]))
    return p, eph


def objective():
    p, _ = policy_forward()
    return -np.sum(advantage.ravel() * (actions * np.log(p) + (1 - actions) * np.log(1 - p)))


def policy_backward():
    p, eph = policy_forward()
    epdlogp = np.vstack(p - actions)
    epdlogp *= advantage
    dW2 = np.dot(eph.T, epdlogp).ravel()
    dh = np.outer(epdlogp, model["W2"])
    dh[eph <= 0] = 0
    dW1 = np.dot(dh.T, epx)
    return {"W1": dW1, "W2": dW2}


def check():
    return check_gradients(objective, model, policy_backward)


MISTAKES = [
    ("    dh[eph <= 0] = 0\n", "", "slope"),
    ("    epdlogp *= advantage\n", "", "factor-missing"),
    ("np.vstack(p - actions)", "np.vstack(actions - p)", "sign operands-swapped"),
    ("dh[eph <= 0] = 0", "dh[eph < 0] = 0", ""),
]
