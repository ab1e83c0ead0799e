"""Layers without an activation are one layer: W' = W3 W2 W1, and b' likewise (F9).

Prints that the outputs of three linear layers, 54 parameters, and those of one layer
with 8 differ by 0.000000000000, and by how much they differ where the hidden layers have a tanh.
"""

import numpy as np

from microgradnn.nn import Network

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 6))


def collapsed(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Return W' and b' of the one layer that linear layers are together."""
    W, b = np.eye(network.n[0]), np.zeros((network.n[0], 1))
    for layer in network.layers:
        W, b = layer.W.numpy() @ W, layer.W.numpy() @ b + layer.b.numpy()
    return W, b


for hidden in ("linear", "tanh"):
    network = Network([3, 5, 4, 2], hidden=hidden, output="linear", seed=0)
    for layer in network.layers:
        layer.b.data = rng.standard_normal(layer.b.shape)
    W, b = collapsed(network)
    far = np.abs(network(X).numpy() - (W @ X + b)).max()
    many, one = sum(p.size for p in network.parameters()), W.size + b.size
    print(f"{hidden:<6}  {many} parameters, or {one}: they differ by {far:.12f}")
