"""Cat or non-cat, by logistic regression on all 12288 numbers of a picture of 64×64 pixels (A1 to A5, B15 to B19).

    python cat_detector.py              drawn pictures
    python cat_detector.py photographs  a folder with the folders cat and non-cat

Prints the shapes, the course of J while the training set is learnt from zeros, and the accuracy of the
training set and of the test set. With the colours unrolled in the other order, the cost falls by the
same numbers: the order is nothing to the network, as long as it is always the same.
"""

import sys

import numpy as np

from microgradnn.data import cats, flatten, read_folder, split
from microgradnn.nn import History, Network

RATE, STEPS = 0.002, 100

pictures = read_folder(sys.argv[1]) if len(sys.argv) > 1 else cats(209 + 50)
if len(pictures.Y) > 1:
    sys.exit(f"two folders are needed, cat and non-cat; got {', '.join(pictures.classes)}")


def trained(order: str) -> tuple[Network, History]:
    """Return a network that has learnt from the pictures, unrolled in this order, and the course of it."""
    X = flatten(pictures.images, order=order) / 255  # pixels from 0 to 1, or σ is saturated at once
    sets = split(X, pictures.Y, share=50 / 259, seed=0)
    print(f"{order}: X_train {sets.X_train.shape}, Y_train {sets.Y_train.shape}, X_test {sets.X_test.shape}")
    network = Network([len(X), 1], init="zeros")
    test = sets.X_test, sets.Y_test
    return network, network.fit(sets.X_train, sets.Y_train, learning_rate=RATE, iterations=STEPS, test=test)


print(f"{len(pictures.images)} pictures of {pictures.images.shape[1:]}: {', '.join(pictures.classes)}")
network, history = trained("rows")
for step in range(0, STEPS, STEPS // 5):
    print(f"  step {step:4}: J = {history.costs[step]:.6f}")
print(history)
_, other = trained("channels")
print(f"the costs of both orders differ by less than {1e-9 if np.allclose(history.costs, other.costs, 0, 1e-9) else 1}")
