"""Networks as scikit-learn's estimators: in pipelines, grid searches, cross-validation. Needs `microgradnn[sklearn]`.

Here examples are rows, X (m, n_x), as everywhere in scikit-learn; inside they are columns, as in the notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from .data.columns import Split, split
from .engine.tensor import Array
from .errors import extra
from .nn.network import Network

with extra("sklearn"):
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state, compute_class_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["LogisticRegression", "NetworkClassifier", "NetworkRegressor"]


class _NetworkEstimator(BaseEstimator):  # type: ignore[misc, unused-ignore] # it has no types
    """What the estimators share: the hyperparameters of the notes (I6), and training."""

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (16,),
        *,
        activation: str = "relu",
        optimiser: str = "adam",
        learning_rate: float | None = 0.01,
        iterations: int = 500,
        batch_size: int | None = None,
        momentum: float = 0.0,
        l2: float = 0.0,
        dropout: float = 0.0,
        init: str | float | None = None,
        tolerance: float | None = None,
        patience: int | None = None,
        validation_share: float = 0.1,
        standardise: bool = True,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.iterations = iterations
        self.batch_size = batch_size
        self.momentum = momentum
        self.l2 = l2
        self.dropout = dropout
        self.init = init
        self.tolerance = tolerance
        self.patience = patience
        self.validation_share = validation_share
        self.standardise = standardise
        self.random_state = random_state

    def _train(self, X: Array, Y: Array, output: str, class_weight: Any = None) -> None:  # noqa: N803
        """Make a network for X, (m, n_x), and Y, (n_L, m), and train it."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        kept: Split | None = None
        if self.patience is not None:
            kept = split(X.T, Y, share=self.validation_share, seed=seed, stratify=output != "linear")
            X, Y = kept.X_train.T, kept.Y_train  # noqa: N806
        self.mean_ = X.mean(axis=0) if self.standardise else np.zeros(X.shape[1])
        spread = X.std(axis=0) if self.standardise else np.ones(X.shape[1])
        self.scale_ = np.where(spread > 0, spread, 1.0)
        self.network_ = Network(
            [X.shape[1], *self.hidden_layer_sizes, len(Y)],
            hidden=self.activation,
            output=output,
            init=self.init,
            dropout=self.dropout,
            seed=seed,
        )
        self.history_ = self.network_.fit(
            self._columns(X),
            Y,
            learning_rate=self.learning_rate,
            optimiser=self.optimiser,
            iterations=self.iterations,
            batch_size=None if self.batch_size is None else min(self.batch_size, len(X)),
            momentum=self.momentum,
            l2=self.l2,
            tolerance=self.tolerance,
            validation=None if kept is None else (self._columns(kept.X_test.T), kept.Y_test),
            patience=self.patience,
            class_weight=class_weight,
            seed=seed,
            progress=False,
        )
        self.n_iter_ = max(1, len(self.history_.costs))

    def _columns(self, X: Array) -> Array:  # noqa: N803
        """Return X, (m, n_x), standardised by the training set's numbers, as columns, (n_x, m)."""
        return ((X - self.mean_) / self.scale_).T

    def _outputs(self, X: Any) -> Array:  # noqa: N803
        """Return A[L], (n_L, m), for rows X, (m, n_x)."""
        check_is_fitted(self, "network_")
        X = validate_data(self, X, reset=False, dtype=np.float64)  # noqa: N806
        a: Array = self.network_(self._columns(X)).numpy()
        return a


class NetworkClassifier(ClassifierMixin, _NetworkEstimator):  # type: ignore[misc, unused-ignore]
    """A network that tells classes apart: one sigmoid output for two classes, softmax for more.

    Every hyperparameter of the notes has its name: `hidden_layer_sizes` n[1], …, n[L − 1], `activation`, the
    `optimiser` with `learning_rate` α and `momentum`, `iterations`, `batch_size`, `l2` (λ), `dropout`, `init`,
    `tolerance`, `patience` with the `validation_share` of the examples that say when to stop, `class_weight`, a dict or
    'balanced'; see `nn.Network` and its `fit`. Features are standardised with the training set's numbers unless
    `standardise` is False. After `fit` there are `classes_`, `network_`, the `nn.Network`, and `history_`.
    """

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (16,),
        *,
        activation: str = "relu",
        optimiser: str = "adam",
        learning_rate: float | None = 0.01,
        iterations: int = 500,
        batch_size: int | None = None,
        momentum: float = 0.0,
        l2: float = 0.0,
        dropout: float = 0.0,
        init: str | float | None = None,
        tolerance: float | None = None,
        patience: int | None = None,
        validation_share: float = 0.1,
        class_weight: Any = None,
        standardise: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation=activation,
            optimiser=optimiser,
            learning_rate=learning_rate,
            iterations=iterations,
            batch_size=batch_size,
            momentum=momentum,
            l2=l2,
            dropout=dropout,
            init=init,
            tolerance=tolerance,
            patience=patience,
            validation_share=validation_share,
            standardise=standardise,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Learn from rows X, (m, n_x), and labels y, (m,), of any kind; ValueError where there is one class only."""
        X, y = validate_data(self, X, y, dtype=np.float64)  # noqa: N806
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} tells classes apart, and y has only one class: {self.classes_[0]}")
        two = len(self.classes_) == 2
        labels = numbers[None, :].astype(float) if two else np.eye(len(self.classes_))[numbers].T
        weights = None
        if self.class_weight is not None:
            weights = compute_class_weight(self.class_weight, classes=self.classes_, y=y).tolist()
        self._train(X, labels, "sigmoid" if two else "softmax", weights)
        return self

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probability of each class, (m, classes), for rows X, (m, n_x)."""
        a = self._outputs(X)
        return np.vstack([1 - a, a]).T if len(a) == 1 else a.T

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the likeliest class, (m,), for rows X, (m, n_x)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        chosen: Array = self.classes_[likeliest]
        return chosen


class LogisticRegression(NetworkClassifier):
    """The notes' logistic regression: a network without hidden layers, a = σ(wᵀx + b); softmax for more classes."""

    def __init__(
        self,
        *,
        optimiser: str = "adam",
        learning_rate: float | None = 0.1,
        iterations: int = 500,
        batch_size: int | None = None,
        momentum: float = 0.0,
        l2: float = 0.0,
        tolerance: float | None = None,
        patience: int | None = None,
        validation_share: float = 0.1,
        class_weight: Any = None,
        standardise: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            (),
            optimiser=optimiser,
            learning_rate=learning_rate,
            iterations=iterations,
            batch_size=batch_size,
            momentum=momentum,
            l2=l2,
            init="zeros",
            tolerance=tolerance,
            patience=patience,
            validation_share=validation_share,
            class_weight=class_weight,
            standardise=standardise,
            random_state=random_state,
        )

    @property
    def coef_(self) -> Array:
        """The weights of the features as they came, (1, n_x) for two classes, else (classes, n_x)."""
        weights: Array = self.network_.layers[0].W.numpy() / self.scale_
        return weights

    @property
    def intercept_(self) -> Array:
        """The biases that go with `coef_`, (1,) or (classes,)."""
        biases: Array = self.network_.layers[0].b.numpy()[:, 0] - self.coef_ @ self.mean_
        return biases


class NetworkRegressor(RegressorMixin, _NetworkEstimator):  # type: ignore[misc, unused-ignore]
    """A network that gives numbers: linear outputs, squared error. Hyperparameters as of `NetworkClassifier`.

    With `standardise` the targets are, too, and predictions come back in the units of y.
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Learn from rows X, (m, n_x), and targets y, (m,) or (m, n_L)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)  # noqa: N806
        self._flat = y.ndim == 1
        targets = np.asarray(y, float).reshape(len(X), -1)
        self.target_mean_ = targets.mean(axis=0) if self.standardise else np.zeros(targets.shape[1])
        spread = targets.std(axis=0) if self.standardise else np.ones(targets.shape[1])
        self.target_scale_ = np.where(spread > 0, spread, 1.0)
        self._train(X, ((targets - self.target_mean_) / self.target_scale_).T, "linear")
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the targets, (m,) or (m, n_L), for rows X, (m, n_x)."""
        targets: Array = self._outputs(X).T * self.target_scale_ + self.target_mean_
        return targets[:, 0] if self._flat else targets

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
