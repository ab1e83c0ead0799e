"""The exponential and tanh for vectors, at most one unit in the last place off: C's library has them for one number.

They are written as a row's function would be. e^x = 2^k e^z with z = x − k ln 2 in [−0.35, 0.35], in two parts: as
Cody and Waite have it (1980), k times the first part of ln 2 is exact. The series of e^z is taken to z¹³/13!, whose
rest is below 2⁻⁵⁷. `fma` rounds once.
"""

from __future__ import annotations

import ast
import math
from functools import cache

from .cases import Instructions, Lowered

HIGH, LOW = (
    float.fromhex("0x1.62e42fee00000p-1"),
    float.fromhex("0x1.a39ef35793c76p-33"),
)  # of ln 2; the first has 32 bits
SERIES = "0.0"
for n in range(13, 1, -1):
    SERIES = f"fma({SERIES}, z, {1 / math.factorial(n)!r})"
REDUCED = f"""
k = rint(a * {1 / math.log(2)!r})
high = fma(k, {-HIGH!r}, a)
low = k * {LOW!r}
z = high - low
more = fma(z * z, {SERIES}, -low)
"""
FUNCTIONS = {
    "exp": f"""
a = 710.0 if x > 710.0 else -746.0 if x < -746.0 else x
{REDUCED}
half = floor(k * 0.5)
y = (1.0 + (high + more)) * pow2(half) * pow2(k - half)
""",
    # (e^2x − 1) / (e^2x + 1): both, and their quotient, in two parts
    "tanh": f"""
size = abs(x)
a = 40.0 if size > 20.0 else 2.0 * size
{REDUCED}
unit = pow2(k)
one = high + more
part = unit * one
top = unit - 1.0 + part
rest = part - (top - (unit - 1.0)) + unit * (more - (one - high))
down = top + 2.0
same = down - top
lost = top - (down - same) + (2.0 - same) + rest
inverse = 1.0 / down
near = top * inverse
y = copysign(near + (fma(-near, down, top) + rest - near * lost) * inverse, x)
""",
}


@cache
def vector_function(name: str, lanes: int) -> Lowered:
    """Return a function of one vector in instructions."""
    instructions, names = Instructions(lanes), {"x": "{0}"}
    for line in ast.parse(FUNCTIONS[name]).body:
        if isinstance(line, ast.Assign):
            names[ast.unparse(line.targets[0])] = instructions.value(line.value, names)
    return instructions.lowered([(1, names["y"])])
