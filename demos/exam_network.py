"""The 2-3-1 network of the course notes' exam (G8): forward, backward, and the update left open there.

Reads exam.mg beside this file. Prints ŷ = 0.523902517175, the loss 0.646449647893, the gradients of
all 13 parameters, the chain rule of one of them, a product of slopes along its path (D6, D7), and
after one step of gradient descent with a learning rate of 0.1 the loss 0.603675171926. Writes exam_network.svg.
"""

from pathlib import Path

from microgradnn import expression

RATE = 0.1
TEXT = (Path(__file__).parent / "exam.mg").read_text(encoding="utf-8")

network = expression(TEXT)
loss = network.output
loss.backward()
parameters = {name: node for name, node in network.names.items() if node.kind == "parameter"}

print(f"ŷ = {network.names['ŷ'].data:.12f}")
print(f"L = {loss.data:.12f}")
for name, parameter in parameters.items():
    print(f"dL/d{name:<3} = {parameter.grad:16.12f}")
print(loss.explain(network.names["w11"]))

stepped = expression(TEXT, {name: node.data - RATE * node.grad for name, node in parameters.items()})
print(f"after one step with rate {RATE}: ŷ = {stepped.names['ŷ'].data:.12f}, L = {stepped.output.data:.12f}")
print(f"wrote {loss.draw().save('exam_network.svg')}")
