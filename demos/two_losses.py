"""Squared error or cross entropy, behind a sigmoid: one valley or two, and a slope that is lost (C1 to C4).

One weight, no bias, three examples. Prints the minima on a grid: the squared error has two, at
w = -1.21 with J = 0.2149 and at w = 0.18 with J = 0.1056, and the cross entropy has one, at w = 0.24.
Then the slope at z = -10 for y = 1, where the output is as wrong as can be.
"""

import numpy as np

from microgradnn import Tensor
from microgradnn.nn import LOSSES

X, Y = np.array([[-7.2, -1.9, 0.1]]), np.array([[0.0, 1.0, 1.0]])
grid = np.linspace(-4, 4, 1601)

for name in ("squared_error", "cross_entropy"):
    A = Tensor(np.kron(grid, X)).sigmoid()  # the three examples for each weight, side by side
    J = LOSSES[name](A, np.tile(Y, len(grid))).numpy().reshape(-1, 3).mean(axis=1)
    print(name)
    for i in range(1, len(grid) - 1):
        if J[i - 1] > J[i] < J[i + 1]:
            print(f"  a minimum at w = {grid[i]:.2f}, J = {J[i]:.4f}")
    z = Tensor([[-10.0]], name="z")
    LOSSES[name](z.sigmoid(), [[1.0]]).sum().backward()
    print(f"  the slope at z = {z.item():g} for y = 1: {z.grad.item():.6e}")
