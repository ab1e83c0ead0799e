"""Networks."""

from .scalar import MLP as MLP
from .scalar import Layer as Layer
from .scalar import Module as Module
from .scalar import Neuron as Neuron
