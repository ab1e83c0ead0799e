"""How good a trained network is on examples that it has not seen."""

# ruff: noqa: N803, N806 (X and Y are the notes' names)
from __future__ import annotations

from typing import Any

import numpy as np

from ..data.tables import read
from ..engine.modes import no_grad
from .metrics import Evaluation, measure
from .model import Model
from .network import Network
from .training import examples


def evaluate(model: Network | Model, X: Any, Y: Any = None) -> Evaluation:
    """Return how good a network or a model is on X, (n_x, m), and labels Y, (n_L, m), which it has not seen.

    X are raw numbers for a Model and scaled ones for a Network. For a Model that knows the names of its features and
    of its label X may be a table with both: a path, lines of text, a frame. Log loss and AUC are computed from the
    logits Z[L], so that a probability which rounds to 1 makes neither infinite nor equal. Raises as check_data and
    read_table.

    >>> network = Network([1, 1], init="zeros")
    >>> network.layers[0].W.data = np.array([[2.0]])
    >>> evaluate(network, [[-1.0, 1.0, 2.0, -0.5]], [[0, 1, 1, 1]])
    4 examples
    accuracy  75.00 %
    log loss  0.396317
    AUC       1
    confusion matrix: a row for each class, a column for what it was taken for
       0  1
    0  1  0
    1  1  2
    """
    network, classes = (model.network, model.classes) if isinstance(model, Model) else (model, [])
    if isinstance(model, Model):
        if Y is None:
            table = read(X)
            X, Y = model.features_of(table), model.labels_of(table)
        X = model.scaling(X)
    elif Y is None:
        raise TypeError("a Network does not know which column is the label: give X, (n_x, m), and Y, (n_L, m)")
    x, y = examples(network, X, Y, one_class=True)
    with no_grad(), np.errstate(all="ignore"):
        Z = network.logits(x)
        A = network.layers[-1].activate(Z)
    return measure(network.activations[-1], Z.numpy(), A.numpy(), y, classes)
