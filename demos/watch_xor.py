"""XOR is learnt, and the training is kept as a page that replays it: weights, what each unit sees, cost and gradients.

Writes watch_xor.html, to be opened in a browser. Prints that after 500 steps 4 of 4 are right, with J below 0.05.
"""

from microgradnn.data import gate
from microgradnn.nn import Network

xor = gate("xor")
network = Network([2, 4, 1], hidden="tanh", seed=1)

history = network.fit(xor.X, xor.Y, learning_rate=1, iterations=500, watch="watch_xor.html")

right = int((network.predict(xor.X) == xor.Y).sum())
print(f"after {len(history)} steps {right} of {xor.Y.size} are right, J = {history.cost:.4f}: below 0.05")
print("wrote watch_xor.html; to watch it live, and to play with it: microgradnn watch")
