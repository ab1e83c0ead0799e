"""How exact is a gradient? The table's rules run on fractions, where nothing is rounded, and on floats.

f = (a·b + c) / (a − b) at a = 3/10, b = 1/7, c = 2. Prints the exact gradients, -900/11, 931/11
and 70/11; that those of floats are off by at most 1e-13 of it, and by how much more differences are. Writes
exactness.svg.
"""

from fractions import Fraction
from typing import Any

from microgradnn import Value
from microgradnn.rules.calculus import add, div, mul, sub

STEPS = [(mul, 0, 1), (add, 3, 2), (sub, 0, 1), (div, 4, 5)]  # an operation, and the places of what it is of


def gradients(*inputs: Any) -> list[Any]:
    """Return the gradients of f by the rules of the table, of numbers of any kind: forward, and back."""
    numbers = [*inputs]
    for op, i, j in STEPS:
        numbers.append(op(numbers[i], numbers[j]))
    found: list[Any] = [0] * (len(numbers) - 1) + [1]
    for k in reversed(range(len(STEPS))):
        op, *places = STEPS[k]
        xs = [numbers[i] for i in places]
        for i, rule in zip(places, op.partials, strict=True):
            found[i] += rule(numbers[3 + k], *xs) * found[3 + k]
    return found[:3]


point = Fraction(3, 10), Fraction(1, 7), Fraction(2)
exact = gradients(*point)
a, b, c = (Value(float(x), name) for x, name in zip(point, "abc", strict=True))
f = ((a * b + c) / (a - b)).named("f")
f.backward()


def at(*xs: float) -> float:
    """Return f of floats."""
    return (xs[0] * xs[1] + xs[2]) / (xs[0] - xs[1])


h, numbers, far, rough = 1e-6, [float(x) for x in point], 0.0, 0.0
for i, (node, right) in enumerate(zip((a, b, c), exact, strict=True)):
    above, below = ([x + sign * h * (i == j) for j, x in enumerate(numbers)] for sign in (1, -1))
    difference = (at(*above) - at(*below)) / (2 * h)
    far = max(far, float(abs(Fraction(node.grad) - right) / abs(right)))
    rough = max(rough, float(abs(Fraction(difference) - right) / abs(right)))
    print(f"df/d{node.name} = {right} = {float(right):.12f}, in floats {node.grad:.12f}")
print(f"floats are off by at most {max(far, 1e-13):.0e} of it, differences by {rough:.0e}")
print(f"wrote {f.draw().save('exactness.svg')}")
