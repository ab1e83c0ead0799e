"""Open this first: `Value`, one number; `Tensor`, one array; and their derivatives.

Here micrograd's users look for `Value`.
"""

from .value import Value as Value

__all__ = ["Value"]  # what `from microgradnn.engine import *` gives, as there
