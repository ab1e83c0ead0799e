"""Columns of examples: X is (n_x, m) and Y is (n_L, m), a column for each example (course notes, A4).

They are checked, split, and dealt out in batches. Nothing here knows where the numbers came from.
"""

# ruff: noqa: N803, N806 (X and Y are the notes' names)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor import Array
from ..errors import ShapeError
from .checks import advise_transpose, finite, floats, one_in_each_column, only_zero_and_one, two_dimensional

LABELS = ("binary", "classes", "numbers")


class Examples(NamedTuple):
    """Examples with their names: X is (n_x, m), Y is (n_L, m), `features` are the n_x names of X's rows.

    `classes` are the names of the classes: classes[0] is the label 0 and classes[1] the label 1 where
    there are two; where there are more, they are Y's rows. It is empty where the labels are numbers.
    """

    X: Array
    Y: Array
    features: list[str]
    classes: list[str]


class Split(NamedTuple):
    """A training set and a test set, as columns."""

    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array

    @property
    def m_train(self) -> int:
        """How many examples to learn from: the notes' M, or M_train (A5)."""
        return int(self.X_train.shape[1])

    @property
    def m_test(self) -> int:
        """How many examples to be judged by: the notes' M_test (A5)."""
        return int(self.X_test.shape[1])


# --- checks -----------------------------------------------------------------------------------


def check_data(
    X: Any, Y: Any, n_x: int | None = None, *, labels: str = "binary", one_class: bool = False
) -> tuple[Array, Array]:
    """Return X, (n_x, m), and Y, (n_L, m), as arrays of floats, or say what is wrong with them (notes, A1, A4).

    `labels` is what Y holds: 'binary', only 0 and 1; 'classes', columns with one 1 and else 0;
    'numbers', anything finite. `one_class` allows that all examples have the same label, as those of
    a small test set may: nothing can be learnt from such.

    Raises ShapeError for arrays that are not 2-D (notes, E6), have no example, have not n_x rows, or
    of which one has more columns; TypeError for what is no number; ValueError for NaN and infinities,
    and for labels that are not what `labels` says.

    >>> X, Y = check_data([[0, 0, 1, 1], [0, 1, 0, 1]], [[0, 1, 1, 0]])
    >>> X.shape, Y.shape
    ((2, 4), (1, 4))
    >>> check_data([[1.0, 2.0, 3.0]], [[0, 2, 1]])
    Traceback (most recent call last):
    ValueError: labels are 0 or 1; got 2 at column 1; for several classes, see one_hot
    """
    if labels not in LABELS:
        raise ValueError(f"unknown labels {labels!r} (choose from {', '.join(LABELS)})")
    X = check_features(X, n_x)
    Y = floats(Y, "Y")
    fix = "for one label an example write Y.reshape(1, -1)"
    if Y.ndim == 1 and (labels == "classes" or (labels == "binary" and len(np.unique(Y)) > 2)):
        fix = "labels of several classes have a row for each class: write Y, classes = data.one_hot(Y)"
    Y = two_dimensional(Y, "Y", fix)
    if X.shape[1] != Y.shape[1]:
        raise ShapeError(
            f"X and Y have a column for each example; got X {X.shape} and Y {Y.shape}"
            + advise_transpose(X.shape, Y.shape)
        )
    finite(Y, "Y", "label")
    if labels == "binary":
        only_zero_and_one(Y)
    if labels == "classes":
        one_in_each_column(Y)
    if labels != "numbers" and not one_class and np.ptp(Y, axis=1).max() == 0:
        label = f"{Y[0, 0]:g}" if len(Y) == 1 else f"class {Y[:, 0].argmax()}"
        examples = "there is one example, with the label" if Y.shape[1] == 1 else "all examples have the label"
        raise ValueError(f"{examples} {label}: nothing to tell apart; examples of each class are needed")
    return X, Y


def check_features(X: Any, n_x: int | None = None) -> Array:
    """Return X, (n_x, m), as an array of floats, or say what is wrong with it, as check_data does (notes, A4).

    >>> check_features([[1, 2, 3], [4, 5, 6]]).shape
    (2, 3)
    >>> check_features([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
    ValueError: X[1, 1] is nan (feature 1 of example 1, counted from 0); all numbers must be finite
    """
    fix = "for one example write X.reshape(-1, 1), for one feature X.reshape(1, -1)"
    x = two_dimensional(floats(X, "X"), "X", fix)
    if n_x is not None and not isinstance(n_x, (int, np.integer)):
        raise TypeError(f"n_x, the number of features, is a whole number; got {n_x!r:.60} ({type(n_x).__name__})")
    if n_x is not None and x.shape[0] != n_x:
        fix = "; the examples seem to be rows: give the transpose, X.T" if x.shape[1] == n_x else ""
        raise ShapeError(f"there must be {n_x} features, as rows of X; got shape {x.shape}{fix}")
    finite(x, "X", "feature")
    return x


# --- split and deal out -----------------------------------------------------------------------


def split(X: Any, Y: Any, *, share: float = 0.2, seed: int | np.random.Generator = 0, stratify: bool = False) -> Split:
    """Return a training set and a test set of about `share` of the m columns, drawn by `seed` (notes, A5).

    X is (n_x, m) and Y (n_L, m). Each example is in one of the sets, and each has at least one. With `stratify`
    the share is that of each class too, to an example, and one of each class at least is in the training set, if
    there is room.
    Raises ValueError for a share that is not between 0 and 1, and for a single example; else as check_data.

    >>> sets = split(np.arange(20).reshape(2, 10), np.arange(10).reshape(1, 10), share=0.3)
    >>> sets.X_train.shape, sets.Y_test.shape, sets.m_train, sets.m_test
    ((2, 7), (1, 3), 7, 3)
    """
    X, Y = check_data(X, Y, labels="numbers")
    train, test = places_of_split(Y, share=share, seed=seed, stratify=stratify)
    return Split(X.take(train, axis=1), Y.take(train, axis=1), X.take(test, axis=1), Y.take(test, axis=1))


def places_of_split(
    Y: Array, *, share: float, seed: int | np.random.Generator, stratify: bool = False
) -> tuple[Array, Array]:
    """Return which columns are the training set and which the test set, as split does."""
    m = Y.shape[1]
    if not 0 < share < 1:
        raise ValueError(f"share is the part of the examples for the test, between 0 and 1; got {share}")
    if m == 1:
        raise ValueError("one example cannot be split into a training set and a test set; give more")
    m_test = min(max(round(share * m), 1), m - 1)
    order = np.random.default_rng(seed).permutation(m)
    if stratify:
        _, kind = np.unique(Y, axis=1, return_inverse=True)
        order = order[spread(kind.reshape(-1)[order], m_test / m)]
    return order[m_test:], order[:m_test]


def spread(kind: Array, share: float) -> Array:
    """Return an order of examples of several kinds that begins with that share of each kind (by largest remainders)."""
    early = np.empty(kind.size)
    for one in range(kind.max() + 1):
        members = np.flatnonzero(kind == one)
        wanted = share * members.size
        place = np.arange(members.size, dtype=float)
        # Whole ones first, then by how much of the next is wanted; the last of a kind, and what is beyond, at the end
        early[members] = np.where(place < int(wanted), 0, np.where(place < wanted, 1 + int(wanted) - wanted + 1, 3))
        early[members[-1]] = 4
    return np.argsort(early, kind="stable")


def batches(X: Array, Y: Array, size: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Return the mini-batches of one epoch, (n_x, size) and (n_L, size), each example in one of them (notes, I6).

    The columns are shuffled by `rng`, which the next epoch goes on with; the last batch may be smaller.
    With size m the only batch is X and Y as they are and nothing is drawn: plain gradient descent, to the bit.
    Raises ValueError for a size that is less than 1 or more than m.

    >>> rng = np.random.default_rng(0)
    >>> X, Y = np.arange(14).reshape(2, 7), np.arange(7).reshape(1, 7)
    >>> [x.shape for x, y in batches(X, Y, 3, rng)]
    [(2, 3), (2, 3), (2, 1)]
    """
    if np.ndim(X) != 2 or np.ndim(Y) != 2 or X.shape[1] != Y.shape[1]:
        raise ShapeError(f"X and Y have a column for each example; got X {np.shape(X)} and Y {np.shape(Y)}")
    m = X.shape[1]
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= m:
        raise ValueError(f"a batch has 1 to m = {m} examples; got a batch size of {size!r}")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"the shuffle goes on from epoch to epoch: give np.random.default_rng(seed); got {rng!r}")
    return dealt(X, Y, int(size), rng)


def dealt(X: Array, Y: Array, size: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Yield the batches; apart, so that `batches` raises when it is called."""
    m = X.shape[1]
    if size == m:
        yield X, Y
        return
    order = rng.permutation(m)
    for start in range(0, m, size):
        chosen = order[start : start + size]
        yield take_columns(X, chosen), take_columns(Y, chosen)


def take_columns(X: Array, chosen: Array) -> Array:
    """Return some columns: of an array in Fortran order, whose columns lie in one piece, in a twentieth of the time."""
    if X.flags.f_contiguous and not X.flags.c_contiguous:
        return X.T.take(chosen, axis=0).T
    return X.take(chosen, axis=1)  # not X[:, chosen]: rows stay contiguous
