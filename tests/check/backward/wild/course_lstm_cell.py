"""A step of an LSTM as in a course: concatenated weights, two gradients that come in, a tuple of ten as cache."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    n_x, m = xt.shape
    n_a = a_prev.shape[0]
    concat = np.zeros((n_a + n_x, m), dtype=np.result_type(xt, a_prev, parameters["Wf"]))
    concat[:n_a, :] = a_prev
    concat[n_a:, :] = xt
    ft = sigmoid(np.dot(parameters["Wf"], concat) + parameters["bf"])
    it = sigmoid(np.dot(parameters["Wi"], concat) + parameters["bi"])
    cct = np.tanh(np.dot(parameters["Wc"], concat) + parameters["bc"])
    c_next = ft * c_prev + it * cct
    ot = sigmoid(np.dot(parameters["Wo"], concat) + parameters["bo"])
    a_next = ot * np.tanh(c_next)
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, cache


def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache
    n_x, m = xt.shape
    n_a, m = a_next.shape
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dcct = (dc_next * it + ot * (1 - np.square(np.tanh(c_next))) * it * da_next) * (1 - np.square(cct))
    dit = (dc_next * cct + ot * (1 - np.square(np.tanh(c_next))) * cct * da_next) * it * (1 - it)
    dft = (dc_next * c_prev + ot * (1 - np.square(np.tanh(c_next))) * c_prev * da_next) * ft * (1 - ft)
    concat = np.concatenate((a_prev, xt), axis=0)
    dWf = np.dot(dft, concat.T)
    dWi = np.dot(dit, concat.T)
    dWc = np.dot(dcct, concat.T)
    dWo = np.dot(dot, concat.T)
    dbf = np.sum(dft, axis=1, keepdims=True)
    dbi = np.sum(dit, axis=1, keepdims=True)
    dbc = np.sum(dcct, axis=1, keepdims=True)
    dbo = np.sum(dot, axis=1, keepdims=True)
    da_prev = (
        np.dot(parameters["Wf"][:, :n_a].T, dft)
        + np.dot(parameters["Wi"][:, :n_a].T, dit)
        + np.dot(parameters["Wc"][:, :n_a].T, dcct)
        + np.dot(parameters["Wo"][:, :n_a].T, dot)
    )
    dc_prev = dc_next * ft + ot * (1 - np.square(np.tanh(c_next))) * ft * da_next
    dxt = (
        np.dot(parameters["Wf"][:, n_a:].T, dft)
        + np.dot(parameters["Wi"][:, n_a:].T, dit)
        + np.dot(parameters["Wc"][:, n_a:].T, dcct)
        + np.dot(parameters["Wo"][:, n_a:].T, dot)
    )
    gradients = {
        "dxt": dxt,
        "da_prev": da_prev,
        "dc_prev": dc_prev,
        "dWf": dWf,
        "dbf": dbf,
        "dWi": dWi,
        "dbi": dbi,
        "dWc": dWc,
        "dbc": dbc,
        "dWo": dWo,
        "dbo": dbo,
    }
    return gradients


def check():
    r = np.random.default_rng(1)
    p = {}
    for g in "fico":
        p["W" + g] = r.standard_normal((3, 5)) * 0.5
        p["b" + g] = r.standard_normal((3, 1))
    return check_backward(
        lstm_cell_forward,
        lstm_cell_backward,
        r.standard_normal((2, 4)),
        r.standard_normal((3, 4)),
        r.standard_normal((3, 4)),
        p,
    )


MISTAKES = [
    (
        "(1 - np.square(np.tanh(c_next))) * it * da_next) * (1 - np.square(cct))",
        "(1 - np.square(np.tanh(c_next))) * it * da_next) * (1 - np.square(np.tanh(cct)))",
        "slope call",
    ),
    ("dot = da_next * np.tanh(c_next) * ot * (1 - ot)", "dot = da_next * c_next * ot * (1 - ot)", ""),
    ("dc_prev = dc_next * ft + ot", "dc_prev = ot", "term"),
    ('dxt = np.dot(parameters["Wf"][:, n_a:].T, dft)', 'dxt = np.dot(parameters["Wf"][:, :n_x].T, dft)', "index"),
    ("* c_prev * da_next) * ft * (1 - ft)", "* c_prev * da_next * ft * (1 - ft))", "brackets slope"),
    ("dit = (dc_next * cct + ot", "dit = (dc_next * cct - ot", "sign"),
]
