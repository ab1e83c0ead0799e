"""Logistic regression, one example and then four: every derivative by its name (A9, B1 to B14, B21, B22).

Prints, for x = (1, 2) with w = (0.1, -0.2), b = 0.05 and y = 1, the backward pass as the engine writes it,
the five derivatives da = -2.284025416688, dz = -0.562176500886, dw1, dw2 and db, and the weights after a
step with a learning rate of 0.1: 0.156217650089, -0.087564699823 and 0.106217650089. Then OR and XOR
from zeros: J = 0.693147 at the start of both, and after one step 0.540241 and 0.693147.
"""

from microgradnn import Value, derive, log, sigmoid
from microgradnn.data import gate
from microgradnn.nn import Network

RATE = 0.1

x1, x2 = Value(1.0, name="x1"), Value(2.0, name="x2")
w1, w2, b = (Value(p, name=name, kind="parameter") for name, p in (("w1", 0.1), ("w2", -0.2), ("b", 0.05)))
z = (w1 * x1 + w2 * x2 + b).named("z")
a = sigmoid(z).named("a")
L = (-log(a)).named("L")  # y = 1
L.backward()

print(f"x = ({x1.data:g}, {x2.data:g}), w = ({w1.data:g}, {w2.data:g}), b = {b.data:g}")
print(f"z = {z.data:g}, a = {a.data:.12f}, L = {L.data:.12f}\n")
print(derive(L, simplify=False))
print("\nin numbers")
for node in (a, z, w1, w2, b):
    print(f"d{node.name:<2} = {node.grad:16.12f}")
print(f"\nafter a step with a learning rate of {RATE}")
for p in (w1, w2, b):
    print(f"{p.name:<3} = {p.data - RATE * p.grad:16.12f}")

for name in ("or", "xor"):
    data = gate(name)
    network = Network([2, 1], init="zeros")
    history = network.fit(data.X, data.Y, learning_rate=1, iterations=1)
    W, bias = network.layers[0].W.numpy()[0], network.layers[0].b.item()
    print(f"\n{name.upper()} from zeros: J = {history.costs[0]:.6f}")
    print(f"after 1 step: w = ({W[0]:g}, {W[1]:g}), b = {bias:g}, J = {history.cost:.6f}")
