"""A network of 440 nodes as eight boxes, one of its neurons in full, and a chain of 300 steps with both its ends.

Prints the tree of the folded network, in which layer 1 has 96 nodes, layer 2 320 and layer 3 19; the ways from one
weight to the cost; and the chain, of which 294 steps are one box. Writes folded.svg and neuron.svg, and passes.html, on
which both passes are walked through.
"""

import random

from microgradnn import Value
from microgradnn.nn import MLP

network = MLP(2, [16, 16, 1], rng=random.Random(0))
x = [Value(0.5, "x1"), Value(-0.2, "x2")]
J = ((network(x) - 1) ** 2).named("J")
J.backward()

print(J.draw().text())
print()
print(J.draw(focus=("layer 2/neuron 5/b", "J"), constants=False).text(width=80))
print()

y = Value(1.0, "x")
for _ in range(300):
    y = y * 1.01
y = y.named("y")
y.backward()
print(y.draw(constants=False).text(width=80))

print(f"wrote {J.draw().save('folded.svg')}")
print(f"wrote {J.draw(unfold='layer 1/neuron 3').save('neuron.svg')}")
print(f"wrote {J.draw().save('passes.html')}")
