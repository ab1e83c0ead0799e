"""What is chosen before anything is learnt: a small sweep of hyperparameters, each by its name (A7, A8, I6).

Prints the shapes of networks of 1 to 6 layers, which train by the same code; then, for each change of one
hyperparameter on 200 points of two moons, J and the accuracy of 100 others. With a momentum of 0, one
batch of all 200 examples and an l2 of 0, it is plain gradient descent, to the bit.
"""

from typing import Any

from microgradnn.data import moons
from microgradnn.nn import Network

TRAIN, TEST = moons(200, noise=0.2, seed=0), moons(100, noise=0.2, seed=1)
PLAIN: dict[str, Any] = {"learning_rate": 0.5, "iterations": 500}
UNITS: dict[str, Any] = {"sizes": [2, 8, 1], "hidden": "tanh", "seed": 0}


def row(change: str, **changes: Any) -> Network:
    """Train with the changes and print a line of the table."""
    options = UNITS | {name: changes[name] for name in UNITS if name in changes}
    network = Network(options.pop("sizes"), **options)
    choices = PLAIN | {name: one for name, one in changes.items() if name not in UNITS}
    history = network.fit(TRAIN.X, TRAIN.Y, test=(TEST.X, TEST.Y), seed=0, **choices)
    print(f"{change:<40} J = {history.cost:.4f}  train {history.train_accuracy:.1%}  test {history.test_accuracy:.1%}")
    return network


print(f"{TRAIN.X.shape[1]} points to learn from, {TEST.X.shape[1]} to test")
for L in range(1, 7):
    sizes = [2, *[8] * (L - 1), 1]
    row(f"L = {L}: {'-'.join(map(str, sizes))}", sizes=sizes)

print()
plain = row("as it is")
for change in (
    {"learning_rate": 0.05},
    {"learning_rate": 5.0},
    {"iterations": 50},
    {"hidden": "relu"},
    {"sizes": [2, 2, 1]},
    {"momentum": 0.9},
    {"batch_size": 20},
    {"l2": 1.0},
    {"optimiser": "adam", "learning_rate": 0.05},
):
    row(", ".join(f"{name} = {one}" for name, one in change.items()), **change)
neutral = row("momentum = 0, one batch, l2 = 0", momentum=0.0, batch_size=200, l2=0.0)
same = all((p.numpy() == q.numpy()).all() for p, q in zip(plain.parameters(), neutral.parameters(), strict=True))
print(f"the last one is gradient descent to the bit: {same}")
