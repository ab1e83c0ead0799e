"""A class with a train step that updates its weights inside, sigmoid units, squared error."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class NeuralNetwork:
    def __init__(self, input_nodes, hidden_nodes, output_nodes):
        rng = np.random.default_rng(3)
        self.weights_ih = rng.normal(size=(hidden_nodes, input_nodes))
        self.bias_h = rng.normal(size=(hidden_nodes, 1))
        self.weights_ho = rng.normal(size=(output_nodes, hidden_nodes))
        self.bias_o = rng.normal(size=(output_nodes, 1))
        self.lr = 0.1

    def feedforward(self, inputs):
        self.hidden = 1 / (1 + np.exp(-(self.weights_ih @ inputs + self.bias_h)))
        self.outputs = 1 / (1 + np.exp(-(self.weights_ho @ self.hidden + self.bias_o)))
        return self.outputs

    def train(self, inputs, targets):
        self.feedforward(inputs)
        output_errors = targets - self.outputs
        gradients = output_errors * self.outputs * (1 - self.outputs)
        hidden_errors = self.weights_ho.T @ gradients
        hidden_gradient = hidden_errors * self.hidden * (1 - self.hidden)
        self.weights_ho += self.lr * gradients @ self.hidden.T
        self.bias_o += self.lr * gradients.sum(axis=1, keepdims=True)
        self.weights_ih += self.lr * hidden_gradient @ inputs.T
        self.bias_h += self.lr * hidden_gradient.sum(axis=1, keepdims=True)


def check():
    r = np.random.default_rng(0)
    return check_layer(
        NeuralNetwork(2, 3, 2),
        r.standard_normal((2, 4)),
        r.random((2, 4)),
        rate=0.1,
        loss=lambda out, targets: 0.5 * np.sum((targets - out) ** 2),
    )


MISTAKES = [
    (
        "hidden_gradient = hidden_errors * self.hidden * (1 - self.hidden)",
        "hidden_gradient = hidden_errors * (1 - self.hidden)",
        "slope factor-missing",
    ),
    (
        "        hidden_errors = self.weights_ho.T @ gradients\n        hidden_gradient = hidden_errors * self.hidden * (1 - self.hidden)\n        self.weights_ho += self.lr * gradients @ self.hidden.T\n",
        "        self.weights_ho += self.lr * gradients @ self.hidden.T\n        hidden_errors = self.weights_ho.T @ gradients\n        hidden_gradient = hidden_errors * self.hidden * (1 - self.hidden)\n",
        "updated-before-use order",
    ),
    ("output_errors = targets - self.outputs", "output_errors = self.outputs - targets", "sign operands-swapped"),
    (
        "hidden_errors = self.weights_ho.T @ gradients",
        "hidden_errors = self.weights_ho.T @ output_errors",
        "another-variable",
    ),
]
