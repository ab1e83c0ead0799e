"""What is measured of a network is what scikit-learn measures, and what can be counted by hand."""

# ruff: noqa: N803 (Y is the notes' name)
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn.data import Scaling
from microgradnn.nn import Model, Network, evaluate
from microgradnn.nn.metrics import auc, confusion_matrix, measure, r2, rmse

CASES = st.integers(0, 2**32 - 1)


@given(CASES, st.integers(2, 30))
def test_auc_is_the_share_of_pairs_in_order(seed: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    y, scores = rng.integers(0, 2, m), rng.integers(-3, 4, m).astype(float)  # with ties
    pairs = [(a > b) + (a == b) / 2 for a in scores[y == 1] for b in scores[y == 0]]

    found = auc(y, scores)

    assert found == pytest.approx(np.mean(pairs), rel=1e-12) if pairs else np.isnan(found)


@settings(max_examples=20)
@given(CASES, st.integers(2, 4), st.integers(4, 25))
def test_of_classes_it_is_what_scikit_learn_says(seed: int, k: int, m: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.r_[np.arange(k), rng.integers(0, k, m - k)])
    Z = rng.normal(size=(1 if k == 2 else k, m))
    if k == 2:
        A, Y, output = 1 / (1 + np.exp(-Z)), y[None].astype(float), "sigmoid"
        P = np.vstack([1 - A, A]).T
        area = metrics.roc_auc_score(y, A[0])
    else:
        A, Y, output = np.exp(Z) / np.exp(Z).sum(axis=0), np.eye(k)[y].T, "softmax"
        P = A.T
        area = metrics.roc_auc_score(y, P, multi_class="ovr", average="macro")

    found = measure(output, Z, A, Y)

    assert found.accuracy == pytest.approx(metrics.accuracy_score(y, P.argmax(axis=1)))
    assert found.log_loss == pytest.approx(metrics.log_loss(y, P, labels=list(range(k))), rel=1e-9)
    assert found.auc == pytest.approx(area, rel=1e-9)
    assert found.confusion_matrix is not None
    assert found.confusion_matrix.tolist() == metrics.confusion_matrix(y, P.argmax(axis=1)).tolist()


@settings(max_examples=20)
@given(CASES, st.integers(1, 3), st.integers(2, 20))
def test_of_numbers_it_is_what_scikit_learn_says(seed: int, n: int, m: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    Y, A = rng.normal(size=(n, m)), rng.normal(size=(n, m))

    assert rmse(Y, A) == pytest.approx(np.sqrt(metrics.mean_squared_error(Y.T, A.T)))
    assert r2(Y, A) == pytest.approx(metrics.r2_score(Y.T, A.T), rel=1e-9, abs=1e-9)


def test_a_probability_that_rounds_to_1_is_neither_infinite_nor_tied() -> None:
    Z = np.array([[800.0, 900.0, -50.0]])
    A = 1 / (1 + np.exp(-Z))

    found = measure("sigmoid", Z, A, np.array([[0.0, 1.0, 1.0]]))

    assert found.log_loss == pytest.approx((800 + 50) / 3)
    assert found.auc == 0.5  # of the two pairs the one at 900 is in order


def test_where_all_labels_are_the_same_it_says_so() -> None:
    network = Network([1, 1], init="zeros")

    shown = repr(evaluate(network, [[1.0, 2.0]], [[1, 1]]))

    assert "AUC       all labels are the same" in shown
    assert np.isnan(r2(np.ones((1, 3)), np.zeros((1, 3))))
    assert confusion_matrix(np.array([1, 1]), np.array([0, 1]), 2).tolist() == [[0, 0], [1, 1]]


def test_labels_beside_one_another_have_no_confusion_matrix() -> None:
    network = Network([2, 3], init="zeros")

    found = evaluate(network, np.eye(2), [[0, 1], [1, 0], [0, 0]])

    assert (found.accuracy, found.confusion_matrix) == (
        0.0,
        None,
    )  # of ½ each none is above ½: the first column has a 1
    assert found.log_loss == pytest.approx(np.log(2))


@pytest.mark.parametrize("Y", [[[0.0, 1.0, 2.0]], [[0, 1]], [0, 1, 1]])
def test_labels_that_cannot_be_are_refused(Y: Any) -> None:
    with pytest.raises(ValueError, match=r"label|column"):
        evaluate(Network([1, 1]), [[1.0, 2.0, 3.0]], Y)


def test_a_model_reads_the_table_itself() -> None:
    network = Network([1, 1], init="zeros")
    network.layers[0].W.data = np.array([[1.0]])
    model = Model(network, Scaling("standardise").fit([[0.0, 2.0]]), ["height"], ["0", "1"], "tall")

    found = evaluate(model, ["name,tall,height", "a,1,2.0", "b,0.0,-1", "c,0,3"])

    assert found.confusion_matrix is not None
    assert found.confusion_matrix.tolist() == [[1, 1], [0, 1]]
    with pytest.raises(ValueError, match=r"line 2, column 'tall': 'yes' is no class \(choose from 0, 1"):
        evaluate(model, ["tall,height", "yes,1"])
    with pytest.raises(TypeError, match="a Network does not know which column is the label"):
        evaluate(network, [[1.0]])
