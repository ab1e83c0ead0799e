"""micrograd's name for the place where `Value` lives: `from microgradnn.engine import Value`."""

from .value import Value as Value
