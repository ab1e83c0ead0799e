"""Units that start equal stay equal: why the weights of a hidden layer start at random (I1, I3).

A network with two hidden units learns OR, for 2000 steps with a learning rate of 1. Prints W1 and J
after that. From zeros, both rows of W1 are the same to the last bit, 4.612075494268 in every place
and J = 0.001891. With tanh instead of the sigmoid nothing but the last bias ever moves, and
J = 0.562335. From small random numbers the rows differ.
"""

import numpy as np

from microgradnn.nn import GradientDescent, Network

X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
Y = np.array([[0.0, 1.0, 1.0, 1.0]])


def trained(hidden: str, init: str | float) -> Network:
    """Return a 2-2-1 network after 2000 steps."""
    network = Network([2, 2, 1], hidden=hidden, init=init, seed=0)
    optimiser = GradientDescent(network.parameters(), 1.0)
    for _ in range(2000):
        optimiser.zero_grad()
        network.cost(X, Y).backward()
        optimiser.step()
    return network


START: dict[str, str | float] = {"zeros": "zeros", "0.01 · randn": 0.01}
for start, init in START.items():
    for hidden in ("sigmoid", "tanh"):
        network = trained(hidden, init)
        first, second = network.layers[0].W.numpy()
        print(f"{hidden} from {start}: J = {network.cost(X, Y).item():.6f}")
        print("   unit 1:", *(f"{w:16.12f}" for w in first))
        print("   unit 2:", *(f"{w:16.12f}" for w in second), " the same" if (first == second).all() else "")
