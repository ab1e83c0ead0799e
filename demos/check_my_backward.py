"""A derivative derived by hand, checked: which gradient is wrong, and which operation is to blame.

Somebody adds the softsign x / (1 + |x|) as an operation of their own, with the slope
1 / (1 + |x|), and forgot the square. Prints the report on that slope, WRONG, with the recorded
0.666667 and the 0.444444 that it should be, and then the report on the right one, ok.
"""

from typing import Any

from microgradnn import abs, operation
from microgradnn.check import gradcheck


def softsign(x: Any) -> Any:
    """Return x / (1 + |x|), of numbers and of arrays."""
    return x / (1 + abs(x))


with operation(softsign, lambda f, x: 1 / (1 + abs(x)), kink=lambda x: x) as forgot:
    print(gradcheck(lambda w, x: (w * forgot(x)).exp(), 2.0, 0.5))

print("\nwith the square:")
right = operation(softsign, lambda f, x: 1 / (1 + abs(x)) ** 2, kink=lambda x: x)
print(gradcheck(lambda w, x: (w * right(x)).exp(), 2.0, 0.5))
