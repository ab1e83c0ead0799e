"""Gradient descent on one weight: the learning rate, the end, the drop, and brute force instead (C5 to C10).

Three of four examples are cats and nothing else is known of them, so the cost is least at w = ln 3. Prints how far
off w is after 20 steps with learning rates of 1, 5 and 12, of which the last is beyond the limit, 10.667; after how
many steps the cost settles; by how much a small step lowers it, beside the square of the slope times the rate; and
how long it takes on this machine to try 1000 values for each of 1, 2, 3, 4 and 9 weights instead.
"""

from math import log
from time import perf_counter

import numpy as np

from microgradnn import Tensor
from microgradnn.nn import GradientDescent
from microgradnn.rules.calculus import cross_entropy_logits

X, Y = np.ones((1, 4)), np.array([[1.0, 1.0, 1.0, 0.0]])
YEAR = 365 * 24 * 3600


def cost(w: Tensor) -> Tensor:
    """Return J, the mean cross entropy of σ(w) and the four labels."""
    J: Tensor = cross_entropy_logits(w @ X, Y).mean()
    return J


def descend(rate: float, steps: int, tolerance: float = 0.0) -> tuple[float, list[float]]:
    """Return w and the costs after so many steps, or after the first that lowers J by less than the tolerance."""
    w, costs = Tensor([[0.0]], kind="parameter"), [np.inf]
    optimiser = GradientDescent([w], rate)
    for _ in range(steps):
        optimiser.zero_grad()
        J = cost(w)
        J.backward()
        costs.append(J.item())
        optimiser.step()
        if abs(costs[-2] - costs[-1]) < tolerance:
            break
    return w.item(), costs[1:]


print(f"the limit of the learning rate, 2 / J″: {2 / (0.75 * 0.25):.3f}")
for rate in (1, 5, 12):
    print(f"learning rate {rate:>2}: after 20 steps w is off by {abs(descend(rate, 20)[0] - log(3)):.1e}")
for tolerance in (1e-3, 1e-6, 1e-9):
    print(f"until J changes by less than {tolerance:g}: {len(descend(1, 1000, tolerance)[1])} steps")

_, (first, second) = descend(0.1, 2)
w = Tensor([[0.0]])
cost(w).backward()
print(f"a step with rate 0.1 lowers J by {first - second:.6f}; 0.1 · slope² = {0.1 * w.grad.item() ** 2:.6f}")

began = perf_counter()
tried = [cost(Tensor([[one]])).item() for one in np.linspace(-5, 5, 1000)]
took = perf_counter() - began
print(f"\n1000 values of one weight took {took:.3f} s; the best is {np.linspace(-5, 5, 1000)[np.argmin(tried)]:.4f}")
for weights in (1, 2, 3, 4, 9):
    seconds = took * 1000 ** (weights - 1)
    print(f"{weights} weights: 10^{3 * weights:<2} values, {seconds:9.3g} s = {seconds / YEAR:.3g} years")
