"""Labels from the names of classes: 0 and 1 for two (course notes, A1), one-hot columns for more."""

# ruff: noqa: N806 (Y is the notes' name)
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.tensor import Array
from ..errors import ShapeError
from .checks import as_array

MOST_CLASSES = 1000
NEGATIONS = ("no", "non", "not")


def one_hot(labels: Any, *, classes: Sequence[Any] | None = None) -> tuple[Array, list[Any]]:
    """Return Y, (k, m), with a 1 at the class of each example and else 0, and the k classes, Y's rows.

    `labels` are m numbers or strings, as a list or an array (m,) or (1, m). The classes are those that
    occur, sorted, unless they are given. The notes have networks of several outputs at 002:183-187.
    Raises ShapeError for other shapes; ValueError for a label that is not among the classes and for NaN.

    >>> Y, classes = one_hot(["cat", "dog", "cat", "bird"])
    >>> classes
    ['bird', 'cat', 'dog']
    >>> Y.astype(int)
    array([[0, 0, 0, 1],
           [1, 0, 1, 0],
           [0, 1, 0, 0]])
    """
    named = list_labels(labels)
    rows = distinct(named) if classes is None else check_classes(classes)
    where = {one: row for row, one in enumerate(rows)}
    for column, one in enumerate(named):
        if one not in where:
            choices = ", ".join(map(repr, rows[:20])) + (", …" if len(rows) > 20 else "")
            raise ValueError(f"label {one!r} of example {column} is no class (choose from {choices})")
    Y = np.zeros((len(rows), len(named)))
    Y[[where[one] for one in named], np.arange(len(named))] = 1
    return Y, rows


def class_labels(names: Sequence[str], *, classes: Sequence[str] | None = None) -> tuple[Array, list[str]]:
    """Return Y for the class names of m examples, and the classes: (1, m) of 0 and 1 for two, else one-hot, (k, m).

    Of two classes the first is 0 and the second 1, sorted unless given; but 'non-cat' is 0 and 'cat' 1
    (notes, A1). Raises ValueError for fewer than two classes, and as one_hot.

    >>> class_labels(["cat", "non-cat", "cat"])
    (array([[1., 0., 1.]]), ['non-cat', 'cat'])
    """
    rows: list[str] = distinct(list_labels(names)) if classes is None else check_classes(classes)
    if classes is None and len(rows) == 2 and negates(rows[1], rows[0]):
        rows.reverse()
    if len(rows) < 2:
        only = f"all examples have the label {rows[0]!r}" if rows else "there are no labels"
        raise ValueError(f"{only}: nothing to tell apart; examples of two classes or more are needed")
    Y, rows = one_hot(names, classes=rows)
    return (Y[1:], rows) if len(rows) == 2 else (Y, rows)


def list_labels(labels: Any) -> list[Any]:
    """Return m labels as a list of Python's own numbers and strings."""
    array = as_array(labels, "the labels")
    if array.ndim == 2 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 1:
        raise ShapeError(f"one label for each of m examples, (m,) or (1, m), is needed; got shape {array.shape}")
    return array.tolist() if isinstance(labels, np.ndarray) else list(labels if np.ndim(labels) == 1 else labels[0])


def distinct(labels: list[Any]) -> list[Any]:
    """Return each label once, sorted."""
    nan = next((i for i, one in enumerate(labels) if one != one), None)
    if nan is not None:
        raise ValueError(f"label {labels[nan]} of example {nan} is no class; leave the example out?")
    found = set(labels)
    if len(found) > MOST_CLASSES:
        raise ValueError(f"{len(found)} different labels among {len(labels)} examples, and at most {MOST_CLASSES} "
                         "classes are taken: are these labels?")  # fmt: skip
    try:
        return sorted(found)
    except TypeError as error:
        raise ValueError("some labels are text and some are numbers; make them all text") from error


def check_classes(classes: Sequence[Any]) -> list[Any]:
    """Return the classes that somebody gave; ValueError for one that is there twice."""
    rows = np.asarray(classes).tolist() if isinstance(classes, np.ndarray) else list(classes)
    twice = [one for i, one in enumerate(rows) if one in rows[:i]]
    if twice:
        raise ValueError(f"the class {twice[0]!r} is there twice: {rows}")
    return rows


def negates(one: str, other: str) -> bool:
    """Return whether one name says 'not' before the other: non-cat, not_cat, nocat."""
    return any(one.lower() == word + between + other.lower() for word in NEGATIONS for between in ("", "-", "_", " "))
