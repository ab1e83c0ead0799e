"""Examples to learn from: the course notes' own, points in the plane, and real ones that come with scikit-learn.

The real ones need scikit-learn, which brings them along: `pip install "microgradnn[sklearn]"`.
"""

# ruff: noqa: N803, N806 (X and Y are the notes' names)
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor import Array
from .columns import Examples
from .labels import class_labels

Seed = int | np.random.Generator


class Calories(NamedTuple):
    """Calories in 100 g, A, (3, 4): a row for each nutrient and a column for each food."""

    A: Array
    nutrients: list[str]
    foods: list[str]


def calories() -> Calories:
    """Return the notes' table, (3, 4), of the calories in four foods from three nutrients (notes, E1).

    >>> calories().A.sum(axis=0, keepdims=True).round(1)
    array([[ 59. , 239. , 155.4,  76.9]])
    """
    A = np.array([[56.0, 0.0, 4.4, 68.0], [1.2, 104.0, 52.0, 8.0], [1.8, 135.0, 99.0, 0.9]])
    return Calories(A, ["Carb", "Protein", "Fat"], ["Apples", "Beef", "Eggs", "Potatoes"])


GATES = {"and": [0.0, 0.0, 0.0, 1.0], "or": [0.0, 1.0, 1.0, 1.0], "xor": [0.0, 1.0, 1.0, 0.0]}


def gate(name: str) -> Examples:
    """Return the truth table of 'and', 'or' or 'xor': X, (2, 4), and Y, (1, 4) (notes, 2.7, and section 4, item 15).

    One neuron learns the first two; 'xor' takes a hidden layer. Raises ValueError for other names.

    >>> gate("xor").X.tolist(), gate("xor").Y.tolist()
    ([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]], [[0.0, 1.0, 1.0, 0.0]])
    """
    if not isinstance(name, str) or name not in GATES:
        raise ValueError(f"unknown gate {name!r:.60} (choose from {', '.join(GATES)})")
    return Examples(
        np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]), np.array([GATES[name]]), ["x1", "x2"], ["0", "1"]
    )


# --- points in the plane ----------------------------------------------------------------------


def discs(m: int = 200, *, noise: float = 0.05, seed: Seed = 0) -> Examples:
    """Return m points, X (2, m), in a disc of radius 1, Y (1, m) 1, or in the ring around it from 1.3 to 2, Y 0.

    `noise` is the std of what is added to the coordinates. No line parts them; a small initialisation learns them
    well (notes, section 4, item 16). Raises ValueError for m less than 2, or a noise less than 0.

    >>> points = discs(100, noise=0.0)
    >>> bool((points.X**2).sum(axis=0)[points.Y[0] == 1].max() <= 1)
    True
    """
    Y, rng = halves(m, noise, seed)
    inside, outside = rng.uniform(0, 1, m), rng.uniform(1.3**2, 2**2, m)  # squares, so that areas are filled evenly
    return plane(polar(np.sqrt(np.where(Y[0] == 1, inside, outside)), rng.uniform(0, 2 * np.pi, m)), Y, noise, rng)


def moons(m: int = 200, *, noise: float = 0.1, seed: Seed = 0) -> Examples:
    """Return m points, X (2, m), on two half-circles that reach into one another, Y (1, m) 0 above and 1 below.

    `noise` is the std of what is added to the coordinates. The shapes are those of scikit-learn's moons.
    Raises as discs.

    >>> points = moons(6)
    >>> points.X.shape, points.Y.shape, int(points.Y.sum())
    ((2, 6), (1, 6), 3)
    """
    Y, rng = halves(m, noise, seed)
    x, y = polar(np.ones(m), rng.uniform(0, np.pi, m))
    return plane(np.where(Y == 1, [1 - x, 0.5 - y], [x, y]), Y, noise, rng)


def spirals(m: int = 200, *, noise: float = 0.02, turns: float = 1.5, seed: Seed = 0) -> Examples:
    """Return m points, X (2, m), on two spirals of some turns, one within the other, Y (1, m) 0 or 1.

    `noise` is the std of what is added to the coordinates, which reach to 1. Raises as discs.

    >>> spirals(9).X.shape
    (2, 9)
    """
    Y, rng = halves(m, noise, seed)
    along = np.sqrt(rng.uniform(0.01, 1, m))
    return plane(polar(along, 2 * np.pi * turns * along + np.pi * Y[0]), Y, noise, rng)


def halves(m: int, noise: float, seed: Seed) -> tuple[Array, np.random.Generator]:
    """Return labels, (1, m), half 0 and half 1, in an order by chance, and the generator to go on with."""
    if not isinstance(m, (int, np.integer)):
        raise TypeError(f"m, the number of points, is a whole number; got {m!r:.60} ({type(m).__name__})")
    if not isinstance(noise, (float, int, np.floating, np.integer)):
        raise TypeError(f"noise is a number; got {noise!r:.60} ({type(noise).__name__})")
    if m < 2 or not noise >= 0:
        raise ValueError(f"at least 2 points and a noise of at least 0 are needed; got m = {m} and noise = {noise}")
    rng = np.random.default_rng(seed)
    return rng.permutation(np.arange(m) % 2).astype(np.float64).reshape(1, m), rng


def polar(r: Array, angle: Array) -> Array:
    """Return points, (2, m), at distances and angles."""
    return np.array([r * np.cos(angle), r * np.sin(angle)])


def plane(points: Array, Y: Array, noise: float, rng: np.random.Generator) -> Examples:
    """Return points with their labels, each a little off."""
    return Examples(points + rng.normal(0, noise, points.shape), Y, ["x1", "x2"], ["0", "1"])


# --- real ones --------------------------------------------------------------------------------


def breast_cancer() -> Examples:
    """Return measurements of 569 tumours, X (30, 569), Y (1, 569): 0 malignant, 1 benign. Not scaled: standardise.

    W. N. Street, W. H. Wolberg, O. L. Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", 1993,
    as it comes with scikit-learn. Raises ImportError without `microgradnn[sklearn]`.

    >>> data = breast_cancer()
    >>> data.X.shape, data.Y.shape, data.classes, data.features[0]
    ((30, 569), (1, 569), ['malignant', 'benign'], 'mean radius')
    """
    bunch = datasets().load_breast_cancer()
    Y = bunch.target.astype(np.float64).reshape(1, -1)
    X = np.ascontiguousarray(bunch.data.T, np.float64)
    return Examples(X, Y, [str(one) for one in bunch.feature_names], [str(one) for one in bunch.target_names])


def digits() -> Examples:
    """Return 1797 handwritten digits of 8×8 pixels, X (64, 1797) from 0 to 16, row by row, Y (10, 1797) one-hot.

    E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", 1998, as it comes with scikit-learn;
    `unflatten(X, (8, 8))` makes pictures. Raises ImportError without `microgradnn[sklearn]`.

    >>> data = digits()
    >>> data.X.shape, data.Y.shape, data.classes[-1], data.features[-1]
    ((64, 1797), (10, 1797), '9', 'row 7, column 7')
    """
    bunch = datasets().load_digits()
    Y, classes = class_labels([str(one) for one in bunch.target])
    names = [f"row {i}, column {j}" for i in range(8) for j in range(8)]
    return Examples(np.ascontiguousarray(bunch.data.T, np.float64), Y, names, classes)


def datasets() -> Any:
    """Return scikit-learn's module of data sets."""
    try:
        from sklearn import datasets as module
    except ImportError as error:  # pragma: no cover
        raise ImportError('these examples come with scikit-learn; pip install "microgradnn[sklearn]"') from error
    return module
