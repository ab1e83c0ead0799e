"""The chain rule of one gradient among arrays, in matrix form: line by line from the output back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import topological
from ..graph.paths import back
from .derive import Derivation, derive
from .reasons import give_reasons


@dataclass(frozen=True)
class ArrayExplanation:
    """A gradient as the lines of the backward pass that lead to it. `str()` gives text, `latex()` LaTeX."""

    root: Any
    source: Any
    derivation: Derivation

    @property
    def value(self) -> Any:
        """The gradient, an array of the shape of the source."""
        found = back(topological(self.root), [self.source], np.ones(self.root.shape), on_nodes=False)
        return found.get(self.source, np.zeros(self.source.shape))

    def reasons(self) -> str:
        """Return the lines and the reason of each: the slope, what cancels, why a transpose, a sum, 1/m."""
        return give_reasons(self.root, self.source)

    def __str__(self) -> str:
        lines = self.derivation.backward
        width = max(len(str(line)) for line in lines)
        told = [f"  {line!s:<{width}}   {line.shapes}".rstrip() for line in lines]
        name = lines[-1].name
        return "\n".join([f"{name}, from {self.derivation.output} back:", *told])

    def __repr__(self) -> str:
        return str(self)

    def latex(self) -> str:
        """Return it in LaTeX, as an `aligned` block."""
        return str(self.derivation.latex_of(self.derivation.backward))

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def explain_arrays(root: Any, source: Any) -> ArrayExplanation:
    """Explain ∂root/∂source in matrix form, for a `root` of one number.

    >>> from microgradnn import Tensor
    >>> W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "X")
    >>> Z = (W @ X).named("Z")
    >>> print(explain_arrays((Z**2).mean().named("J"), W))
    dW, from J back:
      dZ = 2 * Z / m   (1, m)
      dW = dZ @ X.T    (1, 2) = (1, m) @ (m, 2)
    """
    return ArrayExplanation(root, source, derive(root, [source]))
