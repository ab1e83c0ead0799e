"""Layers whose forward returns nothing: what comes out is kept, and backward of the loss starts from that."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class Affine:
    def __init__(self, n_in, n_out):
        rng = np.random.default_rng(0)
        self.weights = 0.1 * rng.standard_normal((n_in, n_out))
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class Rectifier:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Scores:
    def forward(self, inputs, y_true):
        exped = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exped / np.sum(exped, axis=1, keepdims=True)
        picked = np.clip(self.output, 1e-7, 1 - 1e-7)[range(len(inputs)), y_true]
        return np.mean(-np.log(picked))

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), y_true] -= 1
        self.dinputs = self.dinputs / samples


class Both:
    """All of them at once, to be checked as one."""

    reports = ()

    def __init__(self, *reports):
        self.reports = reports
        self.findings = [finding for report in reports for finding in report.findings]

    def __bool__(self):
        return all(map(bool, self.reports))

    def __str__(self):
        return "\n".join(map(str, self.reports))


def check():
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((5, 3)), np.array([0, 1, 2, 1, 0])
    return Both(check_layer(Affine(3, 4), X), check_layer(Rectifier(), X), check_layer(Scores(), X, y))


MISTAKES = [
    ("np.sum(dvalues, axis=0, keepdims=True)", "np.sum(dvalues, axis=0)", "axis"),
    ("        self.dinputs = self.dinputs / samples\n", "", "line-missing"),
    ("self.inputs <= 0", "self.inputs <= 0.5", "constant"),
    ("np.dot(dvalues, self.weights.T)", "np.dot(dvalues, self.weights.T) / 5", "factor"),
]
