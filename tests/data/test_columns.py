"""Examples are columns: checked, split, and dealt out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import ShapeError, Tensor
from microgradnn.data import batches, check_data, check_features, split

X = np.arange(6.0).reshape(2, 3)
Y = np.array([[0.0, 1.0, 1.0]])


# --- what passes ------------------------------------------------------------------------------


def test_A4_examples_are_columns() -> None:
    x, y = check_data([[1, 2, 3, 4], [5, 6, 7, 8]], [[0, 1, 1, 0]], 2)

    assert (x.shape, y.shape) == ((2, 4), (1, 4))
    assert x.dtype == y.dtype == np.float64


def test_float32_and_Tensors_pass_as_they_are() -> None:
    x, y = check_data(X.astype(np.float32), Tensor(Y))

    assert [x.dtype, y.dtype] == ["float32", "float64"]


def test_a_network_may_have_several_outputs() -> None:
    assert check_data(X, [[0, 1, 0], [1, 1, 0]])[1].shape == (2, 3)
    assert check_data(X, [[1, 0, 0], [0, 1, 1]], labels="classes")[1].shape == (2, 3)
    assert check_data(X, [[0.5, -3.0, 7.25]], labels="numbers")[1].shape == (1, 3)


def test_a_test_set_may_be_of_one_class() -> None:
    assert check_data(X[:, :1], [[1]], one_class=True)[1].tolist() == [[1.0]]


# --- what does not ----------------------------------------------------------------------------


@pytest.mark.parametrize("label", [2, -1, 0.5])
def test_A1_a_label_outside_0_and_1_is_refused(label: float) -> None:
    with pytest.raises(ValueError, match=rf"labels are 0 or 1; got {label:g} at column 1"):
        check_data(X, [[0, label, 1]])


def test_A1_the_usual_other_labels_are_met_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"got -1 at columns 0, 2; write \(Y \+ 1\) / 2"):
        check_data(X, [[-1, 1, -1]])
    with pytest.raises(ValueError, match=r"got 2 at columns 0, 1, 2, 3, 4, …; write Y - 1"):
        check_data(np.ones((1, 9)), [[2, 2, 2, 2, 2, 2, 2, 1, 1]])


REFUSED: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "NaN": ([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]], Y, ValueError, r"X\[1, 2\] is nan \(feature 1 of example 2"),
    "infinity": ([[1.0, -np.inf, np.inf]], Y, ValueError, r"X\[0, 1\] is -inf .* so are 1 more"),
    "several": ([[1, 2, np.nan], [3, np.inf, 4]], Y, ValueError, r"X\[1, 1\] is inf .* of example 1, .* so are 1 more"),
    "NaN among the labels": (X, [[0.0, 1.0, np.nan]], ValueError, r"Y\[0, 2\] is nan \(label 0 of example 2"),
    "text": ([[1, 2, "three"]], Y, TypeError, r"X\[0, 2\] is 'three', a str; X holds real numbers"),
    "nothing": ([[1, None, 3]], Y, TypeError, r"X\[0, 1\] is None"),
    "complex": ([[1, 2, 3j]], Y, TypeError, r"X holds real numbers"),
    "ragged": ([[1, 2, 3], [4, 5]], Y, ShapeError, r"rows of different lengths"),
    "rank 1 X": ([1, 2, 3], Y, ShapeError, r"got shape \(3,\); for one example write X.reshape\(-1, 1\), for one"),
    "rank 1 Y": (X, [0, 1, 1], ShapeError, r"for one label an example write Y.reshape\(1, -1\)"),
    "pictures": (np.ones((3, 8, 8)), Y, ShapeError, r"pictures become columns by flatten"),
    "m = 0": (np.ones((2, 0)), np.ones((1, 0)), ShapeError, r"X has no example: its shape is \(2, 0\)"),
    "X in rows": (X.T, Y, ShapeError, r"X \(3, 2\) and Y \(1, 3\); .* give the transpose, X.T"),
    "Y in rows": (X, Y.T, ShapeError, r"give the transpose, Y.T"),
    "one class": (X, [[1, 1, 1]], ValueError, r"all examples have the label 1: nothing to tell apart"),
    "m = 1": (X[:, :1], [[0]], ValueError, r"there is one example, with the label 0: nothing to tell apart"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_one_clear_error(case: str) -> None:
    x, y, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        check_data(x, y)


def test_labels_of_classes_have_one_1_in_a_column() -> None:
    with pytest.raises(ValueError, match="each column of Y has one 1, at its class, and else 0; column 2 has 1, 1"):
        check_data(X, [[1, 0, 1], [0, 1, 1]], labels="classes")
    with pytest.raises(ShapeError, match="one_hot makes them"):
        check_data(X, Y, labels="classes")


def test_the_number_of_features_may_be_asked_for() -> None:
    with pytest.raises(ShapeError, match=r"there must be 3 features, as rows of X; got shape \(2, 3\); .* X.T"):
        check_features(X, 3)


def test_unknown_labels_are_answered_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"unknown labels 'yes' \(choose from binary, classes, numbers"):
        check_data(X, Y, labels="yes")


# --- split ------------------------------------------------------------------------------------

sizes = st.integers(min_value=2, max_value=40)
seeds = st.integers(min_value=0, max_value=2**32)


def numbered(m: int) -> tuple[Any, Any]:
    """m examples, whose only feature is their number, and whose label is twice that."""
    return np.arange(float(m)).reshape(1, m), 2 * np.arange(float(m)).reshape(1, m)


@given(m=sizes, seed=seeds, share=st.floats(min_value=0.01, max_value=0.99))
def test_A5_each_example_is_in_the_training_set_or_in_the_test_set(m: int, seed: int, share: float) -> None:
    sets = split(*numbered(m), share=share, seed=seed)

    assert sorted([*sets.X_train[0], *sets.X_test[0]]) == list(range(m))
    assert sets.m_train >= 1
    assert sets.m_test >= 1
    assert abs(sets.m_test - share * m) <= 1
    assert (sets.Y_train == 2 * sets.X_train).all()
    assert (sets.Y_test == 2 * sets.X_test).all()


def test_a_split_is_decided_by_its_seed() -> None:
    first, again, other = (split(*numbered(20), seed=seed).X_test.tolist() for seed in (1, 1, 2))

    assert first == again != other


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1; got 1"):
        split(X, Y, share=1)
    with pytest.raises(ValueError, match="one example cannot be split"):
        split(X[:, :1], Y[:, :1])


@given(
    counts=st.lists(st.integers(1, 12), min_size=2, max_size=4),
    seed=seeds,
    share=st.floats(min_value=0.05, max_value=0.6),
)
def test_a_stratified_split_has_the_share_of_each_class(counts: list[int], seed: int, share: float) -> None:
    kinds = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))

    sets = split(kinds[None, :], np.eye(len(counts))[kinds].T, share=share, seed=seed, stratify=True)

    assert sorted([*sets.X_train[0], *sets.X_test[0]]) == sorted(kinds)
    for kind, count in enumerate(counts):
        tested = int((sets.X_test == kind).sum())
        assert tested == sets.Y_test[kind].sum()
        assert (
            count - tested >= 1 or len(kinds) - len(counts) < sets.m_test
        )  # one of each to learn from, if there is room
        assert min(counts) == 1 or abs(tested - share * count) < 1.5  # the last of a class is not tested on


# --- batches ----------------------------------------------------------------------------------


@given(m=sizes, seed=seeds, data=st.data())
def test_I6_the_batches_of_an_epoch_have_each_example_once(m: int, seed: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(min_value=1, max_value=m))
    dealt = list(batches(*numbered(m), size, np.random.default_rng(seed)))

    assert sorted(np.hstack([x for x, _ in dealt])[0]) == list(range(m))
    assert all((y == 2 * x).all() for x, y in dealt)
    assert [x.shape[1] for x, _ in dealt[:-1]] == [size] * (len(dealt) - 1)


def test_I6_a_batch_of_all_is_the_data_as_they_are() -> None:
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state

    ((x, y),) = batches(X, Y, 3, rng)

    assert x is X
    assert y is Y
    assert rng.bit_generator.state == before


def test_each_epoch_is_shuffled_anew_and_the_seed_repeats_them_all() -> None:
    def epochs() -> list[Any]:
        rng = np.random.default_rng(7)
        return [[x.tolist() for x, _ in batches(*numbered(20), 8, rng)] for _ in range(2)]

    assert epochs() == epochs()
    assert epochs()[0] != epochs()[1]


@pytest.mark.parametrize("size", [0, -1, 4, 1.5, True])
def test_a_batch_size_that_cannot_be_is_refused_at_once(size: Any) -> None:
    with pytest.raises(ValueError, match=f"a batch has 1 to m = 3 examples; got a batch size of {size!r}"):
        batches(X, Y, size, np.random.default_rng(0))


def test_a_seed_is_no_generator() -> None:
    with pytest.raises(TypeError, match=r"give np\.random\.default_rng"):
        batches(X, Y, 2, 0)  # type: ignore[arg-type]  # the mistake is meant
