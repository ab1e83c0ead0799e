"""The cost of a network and its gradients as a program: compiled once for each number of examples, then replayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..engine.tensor import Array, leaf
from ..programs.backends import compile
from ..programs.program import Program
from .layers import Dense

if TYPE_CHECKING:
    from .network import Network

HOME = f"{__package__}.network"
FORWARD = ("cost", "labels", "logits")  # what of a network a cost comes from


class Replayed:
    """J and dJ/dθ of a network for batches of any size."""

    def __init__(self, network: Network, **options: Any) -> None:
        self.network, self.options = network, options  # l2 and the class weights
        self.programs: dict[int, Program] = {}  # by the number of examples, which 1/m and λ/(2m) hold

    def __call__(self, parameters: Sequence[Array], x: Array, y: Array) -> tuple[float, list[Array]]:
        """Return the cost at these parameters, X (n_x, m) and Y (n[L], m), and the gradient of each parameter."""
        m = x.shape[1]
        if m not in self.programs:
            self.programs[m] = self.compile_for(x, y)
        value, *gradients = self.programs[m].replay("value_and_gradients", [*parameters, x, y])
        return float(value), gradients

    def compile_for(self, x: Array, y: Array) -> Program:
        """Return the program for so many examples."""
        inputs = leaf(x, "constant").named("X"), leaf(y, "constant").named("Y")
        parameters = self.network.parameters()
        return compile(self.network.cost(*inputs, **self.options), parameters, inputs=[*parameters, *inputs])


def repeats_itself(network: Network) -> bool:
    """Whether each step computes the same: not with dropout, nor where methods or layers of the user's have a say."""
    own = [name in vars(network) or getattr(type(network), name).__module__ != HOME for name in FORWARD]
    return not network.dropout and not any(own) and all(type(layer) is Dense for layer in network.layers)
