"""micrograd's demo: one step of training, with each engine's own network. `training.py ENGINE STEPS EXAMPLES`."""

from __future__ import annotations

import importlib
import random
import statistics
import sys
import time
from typing import Any

import numpy as np

NETWORKS = {"microgradnn": "microgradnn.engine.value", "micrograd": "micrograd.engine"}


def moons(m: int = 100, noise: float = 0.1, seed: int = 1337) -> tuple[Any, Any]:
    """Two half-moons, as scikit-learn makes them: X (m, 2), y (m,) of −1 and 1."""
    rng = np.random.RandomState(seed)
    angle = np.linspace(0, np.pi, m // 2)
    outer, inner = [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]
    order = np.arange(m)
    rng.shuffle(order)
    points = np.hstack([outer, inner]).T[order]
    return points + rng.normal(scale=noise, size=points.shape), np.repeat([-1, 1], m // 2)[order]


class Training:
    """The 2-16-16-1 network, the max-margin loss with L2, and one step of gradient descent a call."""

    def __init__(self, engine: str, examples: int = 100) -> None:
        nn, self.value = importlib.import_module(f"{engine}.nn"), importlib.import_module(NETWORKS[engine]).Value
        random.seed(1337)
        self.model = nn.MLP(2, [16, 16, 1])
        points, labels = moons()
        self.examples = list(zip(points.tolist(), labels.tolist(), strict=True))[:examples]

    def step(self) -> tuple[float, float]:
        """Return the seconds of one step, and its loss."""
        start = time.perf_counter()
        inputs = [list(map(self.value, x)) for x, _ in self.examples]
        scores = list(map(self.model, inputs))
        losses = [(1 + -y * score).relu() for (_, y), score in zip(self.examples, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + 1e-4 * sum(p * p for p in self.model.parameters())
        self.model.zero_grad()
        loss.backward()
        for p in self.model.parameters():
            p.data -= 0.1 * p.grad
        return time.perf_counter() - start, loss.data


if __name__ == "__main__":
    training = Training(sys.argv[1], int(sys.argv[3]))
    print(statistics.median(training.step()[0] for _ in range(int(sys.argv[2]))))
