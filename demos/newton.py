"""What second derivatives are for: Newton's method walks to the minimum of x² − ln x in five steps.

Prints every step; the last one is at 0.707106781187, which is √½, where the slope is 0 and the
curvature 4.
"""

from typing import Any

from microgradnn import Value, grad, log


def f(x: Value) -> Any:
    """Return x² − ln x."""
    return x**2 - log(x)


slope, curvature = grad(f), grad(grad(f))
x = 1.0
for step in range(6):
    print(f"step {step}: x = {x:.12f}  slope = {abs(slope(x)):.1e}  curvature = {curvature(x):.6g}")
    x -= slope(x) / curvature(x)
