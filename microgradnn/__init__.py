"""A scalar and tensor autograd engine that computes, draws and explains every gradient."""

from .backends import compile as compile
from .calculus import abs as abs
from .calculus import acos as acos
from .calculus import acosh as acosh
from .calculus import asin as asin
from .calculus import asinh as asinh
from .calculus import atan as atan
from .calculus import atan2 as atan2
from .calculus import atanh as atanh
from .calculus import cbrt as cbrt
from .calculus import clip as clip
from .calculus import cos as cos
from .calculus import cosh as cosh
from .calculus import dot as dot
from .calculus import elu as elu
from .calculus import erf as erf
from .calculus import erfc as erfc
from .calculus import exp as exp
from .calculus import expm1 as expm1
from .calculus import gelu as gelu
from .calculus import hypot as hypot
from .calculus import leaky_relu as leaky_relu
from .calculus import log as log
from .calculus import log1p as log1p
from .calculus import log2 as log2
from .calculus import log10 as log10
from .calculus import logit as logit
from .calculus import logsumexp as logsumexp
from .calculus import maximum as maximum
from .calculus import mean as mean
from .calculus import minimum as minimum
from .calculus import pow as pow
from .calculus import prod as prod
from .calculus import relu as relu
from .calculus import sigmoid as sigmoid
from .calculus import sign as sign
from .calculus import silu as silu
from .calculus import sin as sin
from .calculus import sinh as sinh
from .calculus import softplus as softplus
from .calculus import sqrt as sqrt
from .calculus import sum as sum
from .calculus import tan as tan
from .calculus import tanh as tanh
from .calculus import where as where
from .compiled import compiled as compiled
from .derivatives import grad as grad
from .derivatives import hessian as hessian
from .derivatives import hvp as hvp
from .derivatives import jacobian as jacobian
from .derivatives import jvp as jvp
from .derivatives import value_and_grad as value_and_grad
from .derivatives import vjp as vjp
from .derive import Derivation as Derivation
from .derive import derive as derive
from .errors import AnomalyError as AnomalyError
from .errors import CompilerMissing as CompilerMissing
from .errors import DivergedError as DivergedError
from .errors import DomainError as DomainError
from .errors import ExpressionError as ExpressionError
from .errors import GuardError as GuardError
from .errors import ModelFileError as ModelFileError
from .errors import PoleError as PoleError
from .errors import RankOneWarning as RankOneWarning
from .errors import RendererMissing as RendererMissing
from .errors import RenderError as RenderError
from .errors import ShapeError as ShapeError
from .explain import Explanation as Explanation
from .explain import explain as explain
from .explain_arrays import ArrayExplanation as ArrayExplanation
from .expression import Expression as Expression
from .expression import expression as expression
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .program import Program as Program
from .program import Result as Result
from .tensor import Tensor as Tensor
from .tensor import concatenate as concatenate
from .tensor import stack as stack
from .value import Value as Value

__version__ = "0.1.0"

# Not abs, compile, pow and sum, which are Python's own names: microgradnn.sum(xs) is the way to those.
__all__ = [
    "AnomalyError",
    "ArrayExplanation",
    "CompilerMissing",
    "Derivation",
    "DivergedError",
    "DomainError",
    "Explanation",
    "Expression",
    "ExpressionError",
    "GuardError",
    "ModelFileError",
    "PoleError",
    "Program",
    "RankOneWarning",
    "RenderError",
    "RendererMissing",
    "Result",
    "ShapeError",
    "Tensor",
    "Value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "clip",
    "compiled",
    "concatenate",
    "cos",
    "cosh",
    "derive",
    "detect_anomaly",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "explain",
    "expm1",
    "expression",
    "gelu",
    "grad",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log2",
    "log10",
    "log1p",
    "logit",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "prod",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "stack",
    "tan",
    "tanh",
    "value_and_grad",
    "vjp",
    "where",
]
