"""Scaling features, with numbers of the training set only (course notes, section 4, item 3).

Pixels from 0 to 255 saturate σ at once: they are divided by 255. Columns of a table that are measured in
different units are standardised. What was learnt from the training set is kept, to be used on all others.
"""

# ruff: noqa: N803, N806 (X is the notes' name)
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.tensor import Array
from ..errors import ShapeError
from .columns import check_features

SCALINGS = ("none", "pixels", "standardise")


class Scaling:
    """A way to scale X, (n_x, m): 'none'; 'pixels', X / 255; 'standardise', (X − mean) / std, row by row.

    `mean` and `std`, (n_x, 1), are those of the X that `fit` was given: the training set. A feature that is
    constant there has std 0 and becomes 0: its mean is subtracted, and nothing is divided.

    >>> X_train, X_test = np.array([[1.0, 3.0], [7.0, 7.0]]), np.array([[5.0], [7.0]])
    >>> scaling = Scaling("standardise").fit(X_train)
    >>> scaling(X_train).tolist(), scaling(X_test).tolist()
    ([[-1.0, 1.0], [0.0, 0.0]], [[3.0], [0.0]])
    >>> scaling.inverse(scaling(X_test)).tolist()
    [[5.0], [7.0]]
    """

    def __init__(self, kind: str = "none") -> None:
        if not isinstance(kind, str) or kind not in SCALINGS:
            raise ValueError(f"unknown scaling {kind!r:.60} (choose from {', '.join(SCALINGS)})")
        self.kind = kind
        self.mean: Array | None = None
        self.std: Array | None = None

    def fit(self, X: Any) -> Scaling:
        """Take mean and std from X, (n_x, m), the training set, and return this scaling.

        'none' and 'pixels' learn nothing. Raises as check_features, and ValueError for numbers so large that
        their mean or std is not finite.

        >>> Scaling("standardise").fit([[1.0, 2.0, 3.0]]).mean
        array([[2.]])
        """
        X = check_features(X).astype(np.float64, copy=False)
        if self.kind != "standardise":
            return self
        constant = X.min(axis=1, keepdims=True) == X.max(axis=1, keepdims=True)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.where(constant, X[:, :1], X.mean(axis=1, keepdims=True))
            far = np.abs(X - mean).max(axis=1, keepdims=True)  # so that no square overflows or vanishes
            far[far == 0] = 1
            std = far * np.sqrt(np.mean(((X - mean) / far) ** 2, axis=1, keepdims=True))
        bad = np.flatnonzero(~np.isfinite(std))
        if bad.size:
            raise ValueError(f"feature {bad[0]}, counted from 0, has numbers too large to standardise")
        self.mean, self.std = mean, std
        return self

    def __call__(self, X: Any) -> Array:
        """Return X, (n_x, m), scaled; of float32 if X is, else of float64.

        Raises ValueError before `fit` has seen a training set, for 'pixels' outside 0 to 255, and for a number
        so far from the training set that it would not be finite; ShapeError for another n_x than that of the
        training set; else as check_features.

        >>> Scaling("pixels")([[0, 51, 255]])
        array([[0. , 0.2, 1. ]])
        """
        X = check_features(X)
        if self.kind == "pixels" and (X.min() < 0 or X.max() > 255):
            raise ValueError(f"pixels are numbers from 0 to 255; got {X.min():g} to {X.max():g}")
        shift, scale = self.shift_and_scale(X)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled: Array = ((X - shift) / scale).astype(X.dtype, copy=False)
        if not np.isfinite(scaled).all():
            i, j = map(int, np.argwhere(~np.isfinite(scaled))[0])
            raise ValueError(
                f"X[{i}, {j}] = {X[i, j]:g} (feature {i} of example {j}, counted from 0) is too far from the training "
                "set to be scaled"
            )
        return scaled

    def inverse(self, X: Any) -> Array:
        """Return, (n_x, m), what X was before it was scaled.

        >>> Scaling("pixels").inverse([[0.0, 0.2, 1.0]])
        array([[  0.,  51., 255.]])
        """
        X = check_features(X)
        shift, scale = self.shift_and_scale(X)
        unscaled: Array = (X * scale + shift).astype(X.dtype, copy=False)
        return unscaled

    def shift_and_scale(self, X: Array) -> tuple[Array | float, Array | float]:
        """Return what is subtracted from X, and by what is divided then."""
        if self.kind != "standardise":
            return 0.0, 255.0 if self.kind == "pixels" else 1.0
        if self.mean is None or self.std is None:
            raise ValueError("this scaling has seen no training set yet: call fit(X_train) first")
        if X.shape[0] != len(self.mean):
            fix = "; give the transpose, X.T" if X.shape[1] == len(self.mean) else ""
            raise ShapeError(f"the training set had {len(self.mean)} features, as rows; got shape {X.shape}{fix}")
        return self.mean, np.where(self.std > 0, self.std, 1.0)

    # --- in a model file ----------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return all there is to know as strings and lists of floats, which JSON keeps to the bit.

        >>> Scaling("standardise").fit([[1.0, 3.0]]).state()
        {'kind': 'standardise', 'mean': [2.0], 'std': [1.0]}
        """
        if self.mean is None or self.std is None:
            return {"kind": self.kind}
        return {"kind": self.kind, "mean": self.mean[:, 0].tolist(), "std": self.std[:, 0].tolist()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Scaling:
        """Return the scaling that `state` was taken from; ValueError for what cannot be one.

        >>> Scaling.from_state({"kind": "pixels"})
        Scaling('pixels')
        """
        if not isinstance(state, Mapping) or not isinstance(state.get("kind"), str):
            raise ValueError(f"the state of a scaling is a dict with a 'kind'; got {state!r:.80}")
        scaling = cls(state["kind"])
        if unknown := [key for key in state if key not in ("kind", "mean", "std")]:
            raise ValueError(f"the state of a scaling has kind, mean and std; got {unknown[0]!r:.80} too")
        if ("mean" in state) != ("std" in state) or ("mean" in state and scaling.kind != "standardise"):
            raise ValueError(f"only 'standardise' has a mean and a std, and it has both; got kind {scaling.kind!r} "
                             f"with {', '.join(sorted(set(state) - {'kind'}))}")  # fmt: skip
        if "mean" in state:
            scaling.mean, scaling.std = column(state["mean"], "mean"), column(state["std"], "std")
            if scaling.mean.shape != scaling.std.shape or (scaling.std < 0).any():
                raise ValueError("a scaling has a mean and a std, at least 0, for each feature")
        return scaling

    def __repr__(self) -> str:
        return f"Scaling({self.kind!r})" + (f" of {len(self.mean)} features" if self.mean is not None else "")


def column(numbers: Any, name: str) -> Array:
    """Return a list of floats as (n, 1)."""
    fine = isinstance(numbers, list) and numbers and all(type(one) is float for one in numbers)
    array = np.array(numbers, np.float64).reshape(-1, 1) if fine else np.array([[np.nan]])
    if not np.isfinite(array).all():
        raise ValueError(f"the {name} of a scaling is a list of finite numbers; got {numbers!r:.80}")
    return array
