"""XOR, and why the weights should not start at 0.01 · randn there, nor at 100 · randn (I2 to I5).

Prints, for networks of 2, 4 and 1 units with tanh and five scales of the first weights, how many of 3 seeds
have learnt it after 3000 steps, and what the middle one's cost is then. From 0.01 none has: tanh is linear so
near to 0, all that is linear in XOR cancels, and J stays at 0.6931. Biases start at 0.
"""

import numpy as np

from microgradnn.data import gate
from microgradnn.nn import Network

X, Y, *_ = gate("xor")
SEEDS, STEPS = range(3), 3000

print(f"layers of 2, 4 and 1 units, {STEPS} steps")
STARTS: tuple[str | float, ...] = (0.01, 0.1, 1.0, 100.0, "xavier")
for start in STARTS:
    costs, slopes = [], []
    for seed in SEEDS:
        network = Network([2, 4, 1], hidden="tanh", init=start, seed=seed)
        slopes.append(np.mean(1 - network.layers[0](X).numpy()[:, 1:] ** 2))  # tanh′, but for x = (0, 0)
        history = network.fit(X, Y, learning_rate=0.5, iterations=STEPS)
        costs.append(history.cost or 0.0)
    learnt = sum(cost < 0.1 for cost in costs)
    print(f"{start:>6}: first slope {np.mean(slopes):.4f}; {learnt} of {len(SEEDS)} have learnt it, "
          f"J = {np.median(costs):.4f}")  # fmt: skip
