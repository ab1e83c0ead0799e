"""What a gradient is after a second sweep, after a change of data, and in a branch not taken.

Prints 27 and then 54 for x³ at 3 (leaves accumulate, inner nodes start afresh); 4 for x² at 2,
although x was changed after that; and 1 for where(x > 0, ln x, x) at 0, not nan.
"""

from microgradnn import Value, where

x = Value(3.0)
cube = x * x * x
for _ in range(2):
    cube.backward()
    print(f"x³ at 3: {x.grad:g}")

x = Value(2.0)
square = x * x
x.data = 100.0
square.backward()
print(f"x² at 2: {x.grad:g}")

x = Value(0.0)
branch = where(x > 0, x.log(), x)
branch.backward()
print(f"where(x > 0, ln x, x) at 0: {x.grad:g}")
