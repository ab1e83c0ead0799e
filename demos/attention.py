"""Attention, explained: three words look at one another, and every gradient of it is told.

softmax(Kᵀ Q / √d) says how much of each word's V goes to every word. Prints the weights, of which each column sums to
1.00; the backward pass line by line, with the reason of each; and that it differs from differences by at most 1e-08.
Writes attention.svg.
"""

import numpy as np

from microgradnn import Tensor, softmax

rng = np.random.default_rng(0)
d, words = 4, 3
Q, K, V = (Tensor(rng.standard_normal((d, words)), name, kind="parameter") for name in "QKV")


def attend(Q: Tensor, K: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:  # noqa: N803 (names of the trade)
    """Return the weights, (words, words), and half the squared length of what comes out."""
    S = (K.T @ Q / 2).named("S")  # √d = 2; column i: how well each word fits word i
    A = softmax(S, axis=0).named("A")
    out = (V @ A).named("out")
    return A, ((out**2).sum() / 2).named("J")


A, J = attend(Q, K, V)
print("each column says where a word looks:")
print(A.numpy().round(3))
print("sums:", *(f"{one:.2f}" for one in A.numpy().sum(axis=0)))
print()
print(J.explain(Q).reasons())

J.backward()
h, far = 1e-6, 0.0
for at in np.ndindex(Q.shape):
    moved = [Q.numpy(), Q.numpy()]
    moved[0][at] += h
    moved[1][at] -= h
    above, below = (attend(Tensor(one), K, V)[1].item() for one in moved)
    far = max(far, abs((above - below) / (2 * h) - Q.grad[at]))
print(f"\nby differences: off by at most {max(far, 1e-08):.0e}")
print(f"wrote {J.draw(direction='TB').save('attention.svg')}")
