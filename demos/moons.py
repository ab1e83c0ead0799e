"""micrograd's own demo, on microgradnn: a network learns to tell two half-moons apart.

The code of the training is micrograd's, but for the names in the imports, and so are the
numbers: Andrej Karpathy's notebook, MIT licence. The example data are scikit-learn's moons.

Prints the loss and the accuracy of steps 0, 1, 2 and 99: 0.895844102868 and 50%,
1.723590533697 and 81%, 0.742900631385 and 77%, 0.010978370135 and 100%.
Then a map of the plane: + where the network says 1, blank where 0, and the examples as 1 and 0.
"""

import random
from typing import Any

import numpy as np

from microgradnn import no_grad
from microgradnn.engine import Value
from microgradnn.nn import MLP


def moons(m: int, noise: float, rng: np.random.RandomState) -> tuple[Any, Any]:
    """Two half-moons of m / 2 points, shuffled; X (m, 2), y (m,) of 0 and 1."""
    angle = np.linspace(0, np.pi, m // 2)
    outer, inner = [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]
    order = np.arange(m)
    rng.shuffle(order)
    X = np.hstack([outer, inner]).T[order]
    return X + rng.normal(scale=noise, size=X.shape), np.repeat([0, 1], m // 2)[order]


random.seed(1337)
X, y = moons(100, 0.1, np.random.RandomState(1337))
y = y * 2 - 1
model = MLP(2, [16, 16, 1])


def loss() -> tuple[Value, float]:
    """The max-margin loss over all examples with L2 regularisation, and the accuracy."""
    inputs = [list(map(Value, xrow)) for xrow in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in model.parameters())
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
    return data_loss + reg_loss, sum(accuracy) / len(accuracy)


for k in range(100):
    total_loss, acc = loss()
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    if k in (0, 1, 2, 99):
        print(f"step {k} loss {total_loss.data:.12f}, accuracy {acc * 100:.0f}%")

columns, rows = np.linspace(-1.5, 2.5, 64), np.linspace(1.5, -1.0, 22)
with no_grad():
    plane = [["+" if model([x1, x2]).data > 0 else " " for x1 in columns] for x2 in rows]
for (x1, x2), yi in zip(X, y, strict=True):
    plane[np.abs(rows - x2).argmin()][np.abs(columns - x1).argmin()] = "1" if yi > 0 else "0"
print(*map("".join, plane), sep="\n")
