"""A network of column vectors in lists of weights and biases, backprop on one example, nabla lists returned."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def feedforward(a, biases, weights):
    for b, w in zip(biases, weights):
        a = sigmoid(np.dot(w, a) + b)
    return a


def backprop(x, y, biases, weights):
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    activation = x
    activations = [x]
    zs = []
    for b, w in zip(biases, weights):
        z = np.dot(w, activation) + b
        zs.append(z)
        activation = sigmoid(z)
        activations.append(activation)
    delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
    nabla_b[-1] = delta
    nabla_w[-1] = np.dot(delta, activations[-2].transpose())
    for l in range(2, len(biases) + 1):
        z = zs[-l]
        sp = sigmoid_prime(z)
        delta = np.dot(weights[-l + 1].transpose(), delta) * sp
        nabla_b[-l] = delta
        nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
    return (nabla_b, nabla_w)


def check():
    r = np.random.default_rng(0).standard_normal
    sizes = [3, 4, 3, 2]
    biases = [r((n, 1)) for n in sizes[1:]]
    weights = [r((n, k)) for k, n in zip(sizes[:-1], sizes[1:])]
    x, y = r((3, 1)), np.array([[0.0], [1.0]])
    return (
        check_backward(
            feedforward,
            backprop,
            x,
            biases,
            weights,
            y,
            loss=lambda a, y: 0.5 * np.sum((a - y) ** 2),
            call=lambda out: backprop(x, y, biases, weights),
        )
        if False
        else check_backward(
            lambda x, y, biases, weights: 0.5 * np.sum((feedforward(x, biases, weights) - y) ** 2),
            backprop,
            x,
            y,
            biases,
            weights,
        )
    )


MISTAKES = [
    ("delta = (activations[-1] - y) * sigmoid_prime(zs[-1])", "delta = (activations[-1] - y)", "slope factor-missing"),
    ("weights[-l + 1].transpose()", "weights[-l].transpose()[:, :delta.shape[0]]", ""),
    ("sp = sigmoid_prime(z)", "sp = sigmoid(z)", "function slope"),
    ("activations[-l - 1].transpose()", "activations[-l].transpose()[:, :weights[-l].shape[1]]", ""),
    ("return sigmoid(z) * (1 - sigmoid(z))", "return z * (1 - z)", "slope function"),
]
