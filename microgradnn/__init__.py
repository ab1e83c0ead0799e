"""A scalar and tensor autograd engine that computes, draws and explains every gradient."""

from .calculus import cos as cos
from .calculus import exp as exp
from .calculus import leaky_relu as leaky_relu
from .calculus import log as log
from .calculus import maximum as maximum
from .calculus import minimum as minimum
from .calculus import relu as relu
from .calculus import sigmoid as sigmoid
from .calculus import sin as sin
from .calculus import sqrt as sqrt
from .calculus import tanh as tanh
from .errors import DomainError as DomainError
from .errors import ExpressionError as ExpressionError
from .errors import PoleError as PoleError
from .errors import RendererMissing as RendererMissing
from .errors import RenderError as RenderError
from .explain import Explanation as Explanation
from .explain import explain as explain
from .expression import Expression as Expression
from .expression import expression as expression
from .value import Value as Value

__version__ = "0.1.0"

__all__ = [
    "DomainError",
    "Explanation",
    "Expression",
    "ExpressionError",
    "PoleError",
    "RenderError",
    "RendererMissing",
    "Value",
    "cos",
    "exp",
    "explain",
    "expression",
    "leaky_relu",
    "log",
    "maximum",
    "minimum",
    "relu",
    "sigmoid",
    "sin",
    "sqrt",
    "tanh",
]
