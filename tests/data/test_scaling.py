"""Scaling uses the numbers of the training set, and can be undone and kept."""

# ruff: noqa: N803 (X and Y are the notes' names)
from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnn import ShapeError
from microgradnn.data import SCALINGS, Scaling

tables = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-1e6, 1e6, allow_subnormal=False),
)


@given(tables)
def test_standardised_features_have_mean_0_and_std_1(X: Any) -> None:
    scaled = Scaling("standardise").fit(X)(X)
    constant = np.ptp(X, axis=1) == 0

    # A feature of size 1e6 whose numbers differ by 1e-6 has 4 digits that tell them apart.
    apart = constant | (np.ptp(X, axis=1) > 1e-6 * np.abs(X).max(axis=1))
    np.testing.assert_allclose(scaled.mean(axis=1)[apart], 0, atol=1e-8)
    np.testing.assert_allclose(scaled.std(axis=1)[apart], np.where(constant, 0, 1)[apart], atol=1e-8)
    assert (scaled[constant] == 0).all()


@given(tables, st.sampled_from(SCALINGS))
def test_the_inverse_gives_back_what_was_scaled(X: Any, kind: str) -> None:
    X = abs(X) % 255
    scaling = Scaling(kind).fit(X)

    np.testing.assert_allclose(scaling.inverse(scaling(X)), X, rtol=0, atol=1e-12)  # some roundings at 255


@given(tables, st.sampled_from(SCALINGS))
def test_a_scaling_comes_back_from_JSON_to_the_bit(X: Any, kind: str) -> None:
    X = abs(X) % 255
    scaling = Scaling(kind).fit(X)

    back = Scaling.from_state(json.loads(json.dumps(scaling.state())))

    assert (back(X) == scaling(X)).all()
    assert repr(back) == repr(scaling)


def test_other_sets_are_scaled_with_the_numbers_of_the_training_set() -> None:
    scaling = Scaling("standardise").fit([[0.0, 2.0], [5.0, 5.0]])

    assert scaling([[4.0], [6.0]]).tolist() == [[3.0], [1.0]]


@pytest.mark.parametrize("number", [1e-200, 0.1, 1e200])
def test_neither_tiny_nor_huge_numbers_nor_roundings_are_divided_by_nothing(number: float) -> None:
    scaling = Scaling("standardise")
    X = np.array([[number] * 3, [number, 2 * number, 3 * number]])

    np.testing.assert_allclose(scaling.fit(X)(X), [[0, 0, 0], [-(1.5**0.5), 0, 1.5**0.5]], atol=1e-15)


def test_pixels_are_divided_by_255_and_floats_keep_their_size() -> None:
    assert Scaling("pixels")(np.array([[0, 255]], np.uint8)).tolist() == [[0.0, 1.0]]
    assert Scaling("pixels")(np.array([[0, 255]], np.float32)).dtype == np.float32
    with pytest.raises(ValueError, match="pixels are numbers from 0 to 255; got -1 to 300"):
        Scaling("pixels")([[-1, 300]])


def test_what_cannot_be_scaled_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown scaling 'half' \(choose from none, pixels, standardise"):
        Scaling("half")
    with pytest.raises(ValueError, match=r"call fit\(X_train\) first"):
        Scaling("standardise")([[1.0]])
    with pytest.raises(ShapeError, match=r"the training set had 2 features, as rows; got shape \(1, 2\); .* X.T"):
        Scaling("standardise").fit([[1.0, 2.0], [3.0, 4.0]])([[1.0, 2.0]])
    with pytest.raises(ValueError, match="feature 0, counted from 0, has numbers too large to standardise"):
        Scaling("standardise").fit([[1.6e308, 1.7e308]])


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"kind": 1},
        {"kind": "half"},
        {"kind": "none", "code": "print(1)"},
        {"kind": "pixels", "mean": [0.0], "std": [1.0]},
        {"kind": "standardise", "mean": [0.0]},
        {"kind": "standardise", "mean": [0.0], "std": [1.0, 2.0]},
        {"kind": "standardise", "mean": [0.0], "std": [-1.0]},
        {"kind": "standardise", "mean": [float("nan")], "std": [1.0]},
        {"kind": "standardise", "mean": ["0"], "std": [1.0]},
        {"kind": "standardise", "mean": [10**400], "std": [1.0]},
        {"kind": "standardise", "mean": [], "std": []},
    ],
)
def test_a_state_that_cannot_be_one_is_refused(state: Any) -> None:
    with pytest.raises(ValueError, match=r"scaling|standardise"):
        Scaling.from_state(state)
