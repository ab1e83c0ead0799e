"""One network three ways: by matrices, by blocks, and number by number.

(A6, A10, D5, E4, E5, E7, E8, G1 to G7, G9 to G12, H1 to H7, I7) A network of 3 inputs and layers of 4, 2 and
1 units. Prints every shape; the backward pass, from the output side; how far the blocks, the notes' formulas
and the network of single numbers are from the whole graph, at most 1e-12; and the names in the graph of one
unit, z[2]_1 and a[2]_1. Writes layers.svg.
"""
# ruff: noqa: N816 (dA and dZ are the notes' names)

import numpy as np

from microgradnn import Tensor, derive
from microgradnn.graph import topological
from microgradnn.nn import Network, backward_block, forward_block

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((3, 5)), np.array([[1.0, 0.0, 1.0, 1.0, 0.0]])
m = X.shape[1]
network = Network([3, 4, 2, 1], hidden="tanh", seed=0)
print(network)

J = network.cost(Tensor(X, name="X", kind="constant"), Tensor(Y, name="Y", kind="constant"))
J.backward()
print(f"\n{derive(J, notes=True)}\n")
for p in network.parameters():
    print(f"{p.name} {p.shape}  d{p.name} {p.grad.shape}")

A, caches = X, []
for layer in network.layers:  # this loop stays
    A, cache = forward_block(layer, A)
    caches.append(cache)
dA = -Y / A + (1 - Y) / (1 - A)
for layer, cache in zip(reversed(network.layers), reversed(caches), strict=True):
    block = backward_block(dA, cache)
    A_prev, A = (array.numpy() if isinstance(array, Tensor) else array for array in (cache.A_prev, cache.A))
    dZ = dA * (A * (1 - A) if layer.activation == "sigmoid" else 1 - A**2)  # by hand: * is not @
    by_hand = {"dW": dZ @ A_prev.T / m, "db": dZ.sum(axis=1, keepdims=True) / m}
    graph = {"dW": layer.W.grad, "db": layer.b.grad}
    far = max(abs(one - graph[name]).max() for name, one in by_hand.items())
    far = max(far, abs(block.dW - graph["dW"]).max(), abs(block.db - graph["db"]).max())
    print(f"layer {layer.number}: block, formula and graph differ by at most {max(far, 1e-12)}")
    dA = block.dA_prev

alone = [network.to_scalar()(list(x)).data for x in X.T]  # image by image, neuron by neuron
print(f"number by number: {np.abs(network(X).numpy() - alone).max() < 1e-12}")
unit = network.unfold(X[:, 0], layer=2, unit=1)
unit.backward()
print("one unit:", ", ".join(node.name for node in topological(unit) if node.name))
print(f"wrote {J.draw(direction='TB').save('layers.svg')}")
