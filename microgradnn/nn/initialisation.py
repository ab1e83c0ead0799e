"""Where training starts: the first weights of a layer (course notes, I1 to I5)."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Initialiser = Callable[[tuple[int, int], np.random.Generator], Array]


def zeros(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """All zeros: right for logistic regression, fatal for a hidden layer, whose units then stay equal (notes, I1)."""
    return np.zeros(shape)


def normal(scale: float = 0.01) -> Initialiser:
    """Return the notes' `randn(n, n_prev) * scale` (I3 and I4)."""
    return lambda shape, rng: rng.standard_normal(shape) * scale


def xavier(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Normal with variance 1 / n_prev, which keeps the spread of tanh units from layer to layer.

    X. Glorot and Y. Bengio, AISTATS 2010, in the form with the inputs alone (course notes, I5).
    """
    return rng.standard_normal(shape) * sqrt(1 / shape[1])


def he(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Normal with variance 2 / n_prev, for ReLU, which silences half of its units (K. He et al., ICCV 2015; I5)."""
    return rng.standard_normal(shape) * sqrt(2 / shape[1])


INITIALISERS: dict[str, Initialiser] = {"he": he, "normal": normal(), "xavier": xavier, "zeros": zeros}


def initialiser(given: str | float | Initialiser | None, activation: str) -> Initialiser:
    """Return an initialiser: by its name, by the scale of a normal one, or what suits the activation."""
    if given is None:
        return he if "relu" in activation or activation in ("elu", "gelu", "silu", "softplus") else xavier
    if isinstance(given, str):
        if given not in INITIALISERS:
            raise ValueError(f"unknown init {given!r} (choose from {', '.join(INITIALISERS)}, or give a scale)")
        return INITIALISERS[given]
    return given if callable(given) else normal(float(given))
