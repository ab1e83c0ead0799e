"""The activations of the notes in numbers: values, slopes, dead units, a slope that is learnt (F1 to F8, F10 to F13).

Prints each at z = 10, -10 and 0 with its slope, among them 0.999954602 for the sigmoid and -0.1 for the leaky ReLU;
that tanh z and 2σ(2z) - 1 differ by 0.0 to twelve digits; where a unit that starts dead ends, with a ReLU at
w = 1.0000 and b = -5.0000, where it began; and the slope that a leaky ReLU learns, 0.5000.
"""

import numpy as np

from microgradnn import Tensor
from microgradnn.nn import ACTIVATIONS, Network

for name in ("sigmoid", "tanh", "relu", "leaky_relu", "linear"):
    at = Tensor([[10.0, -10.0, 0.0]], name="z")
    a = ACTIVATIONS[name](at)
    a.sum().backward()
    rows = zip(at.numpy()[0], a.numpy()[0], at.grad[0], strict=True)
    print(f"{name:<10}", "; ".join(f"g({x:g}) = {y:.9g}, slope {slope:.4g}" for x, y, slope in rows))

z = np.linspace(-5, 5, 101)
print(f"tanh z - (2σ(2z) - 1): {np.abs(np.tanh(z) - (2 / (1 + np.exp(-2 * z)) - 1)).max().round(12)}")

x = np.linspace(0, 1, 11).reshape(1, -1)
for name in ("relu", "leaky_relu"):
    unit = Network([1, 1], output=name, loss="squared_error")  # a regression: a = x is to be learnt
    unit.layers[0].W.data, unit.layers[0].b.data = np.array([[1.0]]), np.array([[-5.0]])
    history = unit.fit(x, x, learning_rate=0.1, iterations=10_000)
    W, b = (p.item() for p in unit.parameters())
    print(f"{name:<10} from w = 1, b = -5: w = {W:.4f}, b = {b:.4f}, J = {history.cost:.6f}")

z = np.array([[-2.0, -1.0, 0.5, 3.0]])
learner = Network([1, 1], output="leaky_relu", learn_slope=True, init="he", seed=0)
learner.fit(z, np.where(z > 0, z, 0.5 * z), learning_rate=0.1, iterations=5000)
w, _, s = (p.item() for p in learner.parameters())
print(f"learnt: a slope of {s:.4f} where z < 0, and w = {w:.4f}")
print(f"one for each layer: {Network([2, 4, 3, 1], hidden=['tanh', 'relu']).activations}")
