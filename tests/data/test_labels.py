"""Labels from the names of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import ShapeError
from microgradnn.data import class_labels, one_hot


@given(st.lists(st.integers(-9, 9) | st.integers(0, 3), min_size=1))
def test_one_hot_says_the_class_of_each_example(labels: list[int]) -> None:
    Y, classes = one_hot(labels)

    assert Y.shape == (len(set(labels)), len(labels))
    assert (Y.sum(axis=0) == 1).all()
    assert [classes[k] for k in Y.argmax(axis=0)] == labels


@pytest.mark.parametrize("labels", [np.array([2, 0, 1]), np.array([[2, 0, 1]]), [2, 0, 1]])
def test_the_labels_are_a_list_or_a_row(labels: Any) -> None:
    Y, classes = one_hot(labels)

    assert Y.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert classes == [0, 1, 2]


def test_classes_that_do_not_occur_can_be_given() -> None:
    assert one_hot([1], classes=range(3))[0].tolist() == [[0], [1], [0]]


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["cat", "non-cat"], ["non-cat", "cat"]),
        (["dog", "not dog"], ["not dog", "dog"]),
        (["Zebra", "nonzebra"], ["nonzebra", "Zebra"]),
        (["yes", "no"], ["no", "yes"]),
        (["northern", "n"], ["n", "northern"]),
    ],
)
def test_A1_of_two_classes_one_is_0_and_one_is_1(names: list[str], classes: list[str]) -> None:
    Y, found = class_labels(names)

    assert found == classes
    assert Y.tolist() == [[float(classes.index(name)) for name in names]]


def test_more_classes_are_one_hot() -> None:
    Y, classes = class_labels(["b", "c", "a"])

    assert (Y.shape, classes) == ((3, 3), ["a", "b", "c"])


def test_what_is_no_label_is_refused() -> None:
    with pytest.raises(ValueError, match="all examples have the label 'cat': nothing to tell apart"):
        class_labels(["cat", "cat"])
    with pytest.raises(ValueError, match=r"label 'cow' of example 1 is no class \(choose from 'cat', 'dog'\)"):
        one_hot(["cat", "cow"], classes=["cat", "dog"])
    with pytest.raises(ValueError, match="label nan of example 1 is no class"):
        one_hot([0.0, float("nan")])
    with pytest.raises(ValueError, match="the class 'cat' is there twice"):
        one_hot(["cat"], classes=["cat", "cat"])
    with pytest.raises(ValueError, match="1001 different labels among 1001 examples"):
        one_hot(range(1001))
    with pytest.raises(ShapeError, match=r"one label for each of m examples, .* got shape \(2, 2\)"):
        one_hot([[0, 1], [1, 0]])
