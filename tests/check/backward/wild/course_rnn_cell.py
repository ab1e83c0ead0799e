"""A step of a recurrent net as in a course: a cache of four, parameters in a dict, gradients in another."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def rnn_cell_forward(xt, a_prev, parameters):
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    ba = parameters["ba"]
    a_next = np.tanh(np.dot(Waa, a_prev) + np.dot(Wax, xt) + ba)
    cache = (a_next, a_prev, xt, parameters)
    return a_next, cache


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    ba = parameters["ba"]
    dtanh = (1 - a_next**2) * da_next
    dxt = np.dot(Wax.T, dtanh)
    dWax = np.dot(dtanh, xt.T)
    da_prev = np.dot(Waa.T, dtanh)
    dWaa = np.dot(dtanh, a_prev.T)
    dba = np.sum(dtanh, 1, keepdims=True)
    gradients = {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients


def check():
    r = np.random.default_rng(1)
    p = {"Wax": r.standard_normal((5, 3)), "Waa": r.standard_normal((5, 5)), "ba": r.standard_normal((5, 1))}
    return check_backward(rnn_cell_forward, rnn_cell_backward, r.standard_normal((3, 4)), r.standard_normal((5, 4)), p)


MISTAKES = [
    ("dtanh = (1 - a_next**2) * da_next", "dtanh = (1 - a_next * da_next**2)", ""),
    ("da_prev = np.dot(Waa.T, dtanh)", "da_prev = np.dot(Waa, dtanh)", "transpose"),
    ("np.sum(dtanh, 1, keepdims=True)", "np.sum(dtanh, 0, keepdims=True)", "axis"),
    ("np.sum(dtanh, 1, keepdims=True)", "np.sum(dtanh, keepdims=True)", "axis not-summed"),
    ("dWaa = np.dot(dtanh, a_prev.T)", "dWaa = np.dot(dtanh, a_next.T)", "another-variable"),
    ("dtanh = (1 - a_next**2) * da_next", "dtanh = (1 - np.tanh(a_next)**2) * da_next", "slope call"),
]
