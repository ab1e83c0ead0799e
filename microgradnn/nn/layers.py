"""One layer of a network, vectorised: Z = W A + b, A = g(Z) (course notes, G1 to G3, H1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor, leaf, numeric
from ..errors import ShapeError
from .activations import activate, check_activation
from .initialisation import Initialiser, initialiser


def columns(x: Any, n: int, *, dtype: Any = None) -> Tensor:
    """Return x, (n, m), as a Tensor; plain numbers become a constant, to which no gradient comes.

    Raises ShapeError for arrays of one axis (notes, E6), and where x has not n rows, with the fix.
    """
    shape = x.shape if isinstance(x, Tensor) else np.shape(x)
    if len(shape) != 2:
        fix = f"; for one example write .reshape({n}, 1), which is .reshape(-1, 1)" if len(shape) == 1 else ""
        raise ShapeError(f"examples are the columns of an array ({n}, m); got shape {shape}{fix}")
    if shape[0] != n:
        fix = "; the examples seem to be rows: give the transpose, X.T" if shape[1] == n else ""
        raise ShapeError(f"the layer takes {n} features, as rows; got shape {shape}{fix}")
    if isinstance(x, Tensor):
        return x
    return leaf(numeric(x, dtype), "constant")


class Dense:
    """A layer in which each of `n` units sees all `n_prev` inputs: g(W A + b).

    W is (n, n_prev) and b (n, 1), Tensors named after the layer's number: W1, b1. The biases start at 0
    (notes, I2), the weights as `init` says: 'zeros', 'normal', 'xavier', 'he', the scale of a normal
    one such as 0.01, or a function of shape and generator.

    >>> layer = Dense(3, 4, "tanh", number=1, rng=np.random.default_rng(0))
    >>> layer
    Dense(3, 4, 'tanh')
    >>> layer(np.ones((3, 5))).shape
    (4, 5)
    """

    def __init__(
        self,
        n_prev: int,
        n: int,
        activation: str = "relu",
        *,
        number: int = 1,
        init: str | float | Initialiser | None = None,
        rng: np.random.Generator | None = None,
        slope: float = 0.01,
        learn_slope: bool = False,
        dtype: Any = "float64",
    ) -> None:
        check_activation(activation)
        for size in (n_prev, n):
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"a layer has at least one unit and one input; got {n_prev!r} inputs and {n!r} units")
        self.activation = activation
        self.number = number
        self.scope = f"layer {number}"
        weights = np.asarray(initialiser(init, activation)((n, n_prev), rng or np.random.default_rng()))
        if weights.shape != (n, n_prev):
            raise ShapeError(f"W{number} has shape {(n, n_prev)}; init gave {weights.shape}")
        self.W = self.parameter(weights, f"W{number}", dtype)
        self.b = self.parameter(np.zeros((n, 1)), f"b{number}", dtype)
        self.slope: Tensor | float = slope
        if learn_slope and activation == "leaky_relu":
            self.slope = self.parameter([[slope]], f"slope{number}", dtype)

    def parameter(self, data: Any, name: str, dtype: Any) -> Tensor:
        """Return numbers that are learnt."""
        return Tensor(data, kind="parameter", dtype=dtype).named(name, scope=self.scope)

    @property
    def n_prev(self) -> int:
        """How many inputs it has."""
        return self.W.shape[1]

    @property
    def n(self) -> int:
        """How many units it has."""
        return self.W.shape[0]

    def linear(self, a: Any) -> Tensor:
        """Return Z = W A + b, (n, m), for A, (n_prev, m)."""
        z: Tensor = self.W @ columns(a, self.n_prev, dtype=self.W.dtype) + self.b
        return z.named(f"Z{self.number}", scope=self.scope)

    def activate(self, z: Tensor) -> Tensor:
        """Return A = g(Z)."""
        if self.activation == "linear":
            return z
        a: Tensor = activate(self.activation, z, self.slope)
        return a.named(f"A{self.number}", scope=self.scope)

    def __call__(self, a: Any) -> Tensor:
        """Return g(W A + b), (n, m)."""
        return self.activate(self.linear(a))

    def parameters(self) -> list[Tensor]:
        """Return W, b, and the slope where it is learnt."""
        return [self.W, self.b, *([self.slope] if isinstance(self.slope, Tensor) else [])]

    def __repr__(self) -> str:
        return f"Dense({self.n_prev}, {self.n}, {self.activation!r})"
