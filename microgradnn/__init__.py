"""A scalar and tensor autograd engine that computes, draws and explains every gradient."""

from typing import TYPE_CHECKING

from .engine.derivatives import grad as grad
from .engine.derivatives import hessian as hessian
from .engine.derivatives import hvp as hvp
from .engine.derivatives import jacobian as jacobian
from .engine.derivatives import jvp as jvp
from .engine.derivatives import value_and_grad as value_and_grad
from .engine.derivatives import vjp as vjp
from .engine.modes import detect_anomaly as detect_anomaly
from .engine.modes import no_grad as no_grad
from .engine.products import einsum as einsum
from .engine.sliding import avg_pool2d as avg_pool2d
from .engine.sliding import conv2d as conv2d
from .engine.sliding import max_pool2d as max_pool2d
from .engine.tensor import Tensor as Tensor
from .engine.tensor import concatenate as concatenate
from .engine.tensor import stack as stack
from .engine.value import Value as Value
from .errors import AnomalyError as AnomalyError
from .errors import DivergedError as DivergedError
from .errors import DomainError as DomainError
from .errors import ExpressionError as ExpressionError
from .errors import GuardError as GuardError
from .errors import ModelFileError as ModelFileError
from .errors import NoSuchAttribute as NoSuchAttribute
from .errors import OutOfRangeError as OutOfRangeError
from .errors import PoleError as PoleError
from .errors import RankOneWarning as RankOneWarning
from .errors import RendererMissing as RendererMissing
from .errors import RenderError as RenderError
from .errors import ShapeError as ShapeError
from .errors import answer_calls as _answer_calls
from .errors import open_later as _open_later
from .rules.arrays import cumprod as cumprod
from .rules.arrays import cumsum as cumsum
from .rules.arrays import flip as flip
from .rules.arrays import log_softmax as log_softmax
from .rules.arrays import max as max
from .rules.arrays import min as min
from .rules.arrays import reshape as reshape
from .rules.arrays import softmax as softmax
from .rules.arrays import transpose as transpose
from .rules.calculus import abs as abs
from .rules.calculus import acos as acos
from .rules.calculus import acosh as acosh
from .rules.calculus import asin as asin
from .rules.calculus import asinh as asinh
from .rules.calculus import atan as atan
from .rules.calculus import atan2 as atan2
from .rules.calculus import atanh as atanh
from .rules.calculus import cbrt as cbrt
from .rules.calculus import ceil as ceil
from .rules.calculus import clip as clip
from .rules.calculus import cos as cos
from .rules.calculus import cosh as cosh
from .rules.calculus import dot as dot
from .rules.calculus import elu as elu
from .rules.calculus import erf as erf
from .rules.calculus import erfc as erfc
from .rules.calculus import erfinv as erfinv
from .rules.calculus import exp as exp
from .rules.calculus import exp2 as exp2
from .rules.calculus import expm1 as expm1
from .rules.calculus import floor as floor
from .rules.calculus import gelu as gelu
from .rules.calculus import hypot as hypot
from .rules.calculus import leaky_relu as leaky_relu
from .rules.calculus import log as log
from .rules.calculus import log1mexp as log1mexp
from .rules.calculus import log1p as log1p
from .rules.calculus import log2 as log2
from .rules.calculus import log10 as log10
from .rules.calculus import logaddexp as logaddexp
from .rules.calculus import logit as logit
from .rules.calculus import logsumexp as logsumexp
from .rules.calculus import maximum as maximum
from .rules.calculus import mean as mean
from .rules.calculus import minimum as minimum
from .rules.calculus import mod as mod
from .rules.calculus import pow as pow
from .rules.calculus import prod as prod
from .rules.calculus import relu as relu
from .rules.calculus import rint as rint
from .rules.calculus import sigmoid as sigmoid
from .rules.calculus import sign as sign
from .rules.calculus import silu as silu
from .rules.calculus import sin as sin
from .rules.calculus import sinc as sinc
from .rules.calculus import sinh as sinh
from .rules.calculus import softplus as softplus
from .rules.calculus import sqrt as sqrt
from .rules.calculus import sum as sum
from .rules.calculus import tan as tan
from .rules.calculus import tanh as tanh
from .rules.calculus import trunc as trunc
from .rules.calculus import where as where
from .rules.calculus import xlogy as xlogy
from .rules.operations import ArrayOperation as ArrayOperation
from .rules.operations import Operation as Operation
from .rules.operations import array_operation as array_operation
from .rules.operations import operation as operation

if TYPE_CHECKING:  # at run time what stands on the core is imported where it is first asked for
    from .formulas.derive import Derivation as Derivation
    from .formulas.digits import exactly as exactly
    from .formulas.digits import to_digits as to_digits
    from .formulas.explain import Explanation as Explanation
    from .formulas.explain import explain as explain
    from .formulas.explain_arrays import ArrayExplanation as ArrayExplanation
    from .formulas.expression import Expression as Expression
    from .formulas.expression import expression as expression
    from .formulas.intervals import enclose as enclose
    from .programs.compiled import compiled as compiled
    from .programs.functions import compile as compile
    from .programs.functions import derive as derive
    from .programs.onnx import to_onnx as to_onnx
    from .programs.program import Program as Program
    from .programs.program import Result as Result
else:
    __getattr__, __dir__ = _open_later(
        globals(),
        {
            "formulas.derive": "Derivation",
            "formulas.digits": "exactly to_digits",
            "formulas.explain": "Explanation explain",
            "formulas.explain_arrays": "ArrayExplanation",
            "formulas.expression": "Expression expression",
            "formulas.intervals": "enclose",
            "programs.compiled": "compiled",
            "programs.functions": "compile derive",
            "programs.onnx": "to_onnx",
            "programs.program": "Program Result",
        },
        rooms="check data draw formulas nn programs",
    )

_answer_calls(globals(), methods=False)

__version__ = "0.1.0"

# Not abs, compile, pow and sum, which are Python's own names: microgradnn.sum(xs) is the way to those.
__all__ = [
    "AnomalyError",
    "ArrayExplanation",
    "ArrayOperation",
    "Derivation",
    "DivergedError",
    "DomainError",
    "Explanation",
    "Expression",
    "ExpressionError",
    "GuardError",
    "ModelFileError",
    "NoSuchAttribute",
    "Operation",
    "OutOfRangeError",
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
    "array_operation",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg_pool2d",
    "cbrt",
    "ceil",
    "clip",
    "compiled",
    "concatenate",
    "conv2d",
    "cos",
    "cosh",
    "cumprod",
    "cumsum",
    "derive",
    "detect_anomaly",
    "dot",
    "einsum",
    "elu",
    "enclose",
    "erf",
    "erfc",
    "erfinv",
    "exactly",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "expression",
    "flip",
    "floor",
    "gelu",
    "grad",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1mexp",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logit",
    "logsumexp",
    "max_pool2d",
    "maximum",
    "mean",
    "minimum",
    "mod",
    "no_grad",
    "operation",
    "prod",
    "relu",
    "reshape",
    "rint",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "stack",
    "tan",
    "tanh",
    "to_digits",
    "to_onnx",
    "transpose",
    "trunc",
    "value_and_grad",
    "vjp",
    "where",
    "xlogy",
]
