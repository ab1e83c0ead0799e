"""What a class that inherits from Value computes with operators that it does not write anew: as micrograd's would.

There a − b is a + (−b), and a / b is a · b⁻¹: who writes + and · anew has written all of them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

FOLLOW: Final[dict[str, tuple[str, Callable[..., Any]]]] = {  # of which operator each is made, and how
    "__radd__": ("__add__", lambda self, other: self + other),
    "__sub__": ("__add__", lambda self, other: self + (-other)),
    "__rsub__": ("__add__", lambda self, other: other + (-self)),
    "__rmul__": ("__mul__", lambda self, other: self * other),
    "__neg__": ("__mul__", lambda self: self * -1),
    "__truediv__": ("__mul__", lambda self, other: self * other**-1),
    "__rtruediv__": ("__mul__", lambda self, other: other * self**-1),
}


def follow(kind: type, /, **options: Any) -> None:
    """Make the operators of a new class of those that it writes anew; what it writes itself stays."""
    written = vars(kind)
    for name, (source, operator) in FOLLOW.items():
        if source in written and name not in written:
            setattr(kind, name, operator)
