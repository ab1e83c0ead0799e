"""Examples to learn from are what they are said to be, and learnable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from microgradnn.data import (
    Examples,
    breast_cancer,
    calories,
    cats,
    check_data,
    digits,
    discs,
    flatten,
    gate,
    moons,
    spirals,
    unflatten,
)

POINTS = [discs, moons, spirals]


def test_E1_the_columns_of_the_calories_sum_to_100_percent() -> None:
    table = calories()
    share = 100 * table.A / table.A.sum(axis=0, keepdims=True)

    assert table.A.shape == (len(table.nutrients), len(table.foods)) == (3, 4)
    np.testing.assert_allclose(share.sum(axis=0), 100, rtol=1e-15)
    np.testing.assert_allclose(share[0], [94.9153, 0, 2.8314, 88.4265], atol=5e-5)  # as the notes give them


@pytest.mark.parametrize(("name", "function"), [("and", int.__and__), ("or", int.__or__), ("xor", int.__xor__)])
def test_a_gate_is_its_truth_table(name: str, function: Callable[[int, int], int]) -> None:
    X, Y, *_ = gate(name)

    assert Y.tolist() == [[function(int(a), int(b)) for a, b in X.T]]


def test_an_unknown_gate_is_answered_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"unknown gate 'nand' \(choose from and, or, xor"):
        gate("nand")


@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("m", [2, 7, 100])
def test_points_are_columns_half_of_each_class(points: Callable[..., Examples], m: int) -> None:
    X, Y, features, classes = points(m, seed=3)

    assert check_data(X, Y, 2)[0].shape == (2, m)
    assert Y.sum() == m // 2
    assert (features, classes) == (["x1", "x2"], ["0", "1"])
    assert (points(m, seed=3).X == X).all()
    assert (points(m, seed=4).X != X).any()


@pytest.mark.parametrize("points", POINTS)
def test_a_neighbour_tells_the_class_of_a_point(points: Callable[..., Examples]) -> None:
    train, test = points(400, seed=0), points(200, seed=1)
    nearest = ((test.X[:, :, np.newaxis] - train.X[:, np.newaxis, :]) ** 2).sum(axis=0).argmin(axis=1)

    assert (train.Y[:, nearest] == test.Y).mean() > 0.95


def test_points_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 points and a noise of at least 0"):
        moons(1)
    with pytest.raises(ValueError, match=r"got m = 9 and noise = -1"):
        discs(9, noise=-1)


def test_A2_drawn_cats_stand_in_for_photographs() -> None:
    pictures = cats(6, seed=1)

    assert flatten(pictures.images).shape == (12288, 6)
    assert pictures.images.dtype == np.uint8
    assert pictures.Y.tolist() == [[1, 0, 1, 0, 1, 0]]
    assert (cats(6, seed=1).images == pictures.images).all()
    assert cats(3, size=8).images.shape == (3, 8, 8, 3)
    with pytest.raises(ValueError, match="got m = 0 and size = 64"):
        cats(0)


def test_a_linear_rule_tells_many_of_the_drawn_cats() -> None:
    train, test = cats(200, size=32, seed=0), cats(200, size=32, seed=1)
    X, X_test = (flatten(one.images) / 255 - 0.5 for one in (train, test))

    # Ridge regression, in its dual form: a 200 × 200 system.
    weights = X @ np.linalg.solve(X.T @ X + 100 * np.eye(200), 2 * train.Y[0] - 1)

    assert ((weights @ X_test > 0) == test.Y[0]).mean() > 0.75


def test_real_tumours_and_digits_come_with_scikit_learn() -> None:
    pytest.importorskip("sklearn")
    tumours, written = breast_cancer(), digits()

    check_data(tumours.X, tumours.Y, 30)
    check_data(written.X, written.Y, 64, labels="classes")
    assert (int(tumours.Y.sum()), tumours.classes[1]) == (357, "benign")
    assert (written.X.min(), written.X.max()) == (0, 16)
    assert unflatten(written.X, (8, 8)).shape == (1797, 8, 8)
    assert [written.classes[k] for k in written.Y[:, :3].argmax(axis=0)] == ["0", "1", "2"]
