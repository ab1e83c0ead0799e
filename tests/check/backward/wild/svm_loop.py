"""The multiclass SVM loss with two loops, the gradient added up inside of them."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss /= num_train
    loss += reg * np.sum(W * W)
    dW /= num_train
    dW += 2 * reg * W
    return loss, dW


def check():
    rng = np.random.default_rng(0)
    return check_backward(
        svm_loss_naive, rng.standard_normal((4, 3)), rng.standard_normal((6, 4)), np.array([0, 1, 2, 2, 1, 0]), 0.1
    )


MISTAKES = [
    ("    dW /= num_train\n", "    pass\n", "factor"),
    ("    dW += 2 * reg * W", "    dW += reg * W", "factor constant"),
    ("                dW[:, y[i]] -= X[i]", "                dW[:, y[i]] = -X[i]", "overwrite"),
    ("                dW[:, y[i]] -= X[i]", "                dW[:, y[i]] += X[i]", "sign"),
]
