"""Dense layers whose backward(grad, learning_rate) takes the step itself, tanh layers between them, a mean square."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_layer


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.weights = rng.standard_normal((n_out, n_in))
        self.bias = rng.standard_normal((n_out, 1))

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient


class Tanh:
    def forward(self, input):
        self.input = input
        return np.tanh(input)

    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, 1 - np.tanh(self.input) ** 2)


class Net:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad, learning_rate):
        for layer in reversed(self.layers):
            grad = layer.backward(grad, learning_rate)
        return grad


def check():
    r = np.random.default_rng(1)
    return check_layer(Net([Dense(2, 3, r), Tanh(), Dense(3, 1, r), Tanh()]), r.standard_normal((2, 1)), rate=0.1)


MISTAKES = [
    (
        "        input_gradient = np.dot(self.weights.T, output_gradient)\n        self.weights -= learning_rate * weights_gradient\n",
        "        self.weights -= learning_rate * weights_gradient\n        input_gradient = np.dot(self.weights.T, output_gradient)\n",
        "updated-before-use order",
    ),
    ("1 - np.tanh(self.input) ** 2", "1 - self.input ** 2", "slope function"),
    ("self.bias -= learning_rate", "self.bias += learning_rate", "sign"),
    (
        "np.multiply(output_gradient, 1 - np.tanh(self.input) ** 2)",
        "1 - np.tanh(self.input) ** 2",
        "term factor-missing slope",
    ),
]
