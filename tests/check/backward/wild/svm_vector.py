"""The max-margin loss of many classes, vectorised: one function that gives loss and gradient."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def svm_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(num_train), y][:, np.newaxis]
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(num_train), y] = 0
    loss = margins.sum() / num_train + reg * np.sum(W * W)
    binary = margins
    binary[margins > 0] = 1
    row_sum = np.sum(binary, axis=1)
    binary[np.arange(num_train), y] = -row_sum
    dW = X.T.dot(binary)
    dW /= num_train
    dW += 2 * reg * W
    return loss, dW


def check():
    r = np.random.default_rng(1)
    return check_backward(
        svm_loss_vectorized,
        None,
        r.standard_normal((4, 3)),
        r.standard_normal((6, 4)),
        np.array([0, 1, 2, 1, 0, 2]),
        0.1,
    )


MISTAKES = [
    ("dW += 2 * reg * W", "dW += reg * W", "factor constant"),
    ("    dW /= num_train\n", "", "factor"),
    ("= -row_sum", "= -1", ""),
    ("    binary[np.arange(num_train), y] = -row_sum\n", "", ""),
    ("row_sum = np.sum(binary, axis=1)", "row_sum = np.sum(binary, axis=0)[y]", ""),
    ("binary[margins > 0] = 1", "binary[margins > 1] = 1", "constant comparison"),
    ("binary[np.arange(num_train), y] = -row_sum", "binary[np.arange(num_train), y] -= row_sum.mean()", ""),
]
