"""The calculus: every element-wise operation, its value and its partial derivatives.

This table is the only place where an element-wise derivative is written down. `Value`, the
drawings, the explanations, the checks, the property tests and the table in the docs read it.
To add an operation, add a row.

A rule is written in `f`, the result, and `x`, `y`, `z`, the arguments. It may use arithmetic
and other rows, but no `if`: a branch is a row of its own (`step`, `sign`, `where`). So one rule
serves floats, arrays, nodes (for second derivatives), symbols (for print) and fractions, and no
rule says 1.0 where 1 will do. What happens at a kink is a convention: docs/conventions.md.
"""

# mypy: disable-error-code="has-type"
# (a rule may name rows that stand below it: the slope of sin is cos)

import math
import operator

import numpy as np

from ..graph import REAL, Fold, Interval, Op, register
from . import numerics

POSITIVE = Interval(low=0)
NOT_NEGATIVE = Interval(low=0, closed=True)
NOT_ZERO = Interval(hole=0)
UP_TO_ONE = Interval(-1, 1, closed=True)
LN2, ONE_OVER_LN2, ONE_OVER_LN10 = math.log(2), 1 / math.log(2), 1 / math.log(10)
TWO_OVER_ROOT_PI, ONE_OVER_ROOT_TWO_PI = 2 / math.sqrt(math.pi), 1 / math.sqrt(2 * math.pi)
ROOT_PI_OVER_TWO, PI_SQUARED = math.sqrt(math.pi) / 2, math.pi**2

# Each row: what it is worth and its slopes first, how it is written after that.
# fmt: off

# --- arithmetic -----------------------------------------------------------------------------

add = Op("add", operator.add, np.add,
         lambda f, x, y: 1,
         lambda f, x, y: 1,
         symbol="+", text="{x:sum} + {y:product}", latex="{x:sum} + {y:product}", binds="sum", public=False)

sub = Op("sub", operator.sub, np.subtract,
         lambda f, x, y: 1,
         lambda f, x, y: -1,
         symbol="-", text="{x:sum} − {y:product}", latex="{x:sum} - {y:product}", binds="sum", public=False)

mul = Op("mul", operator.mul, np.multiply,
         lambda f, x, y: y,
         lambda f, x, y: x,
         public=False,
         symbol="*", text="{x:product} × {y:power}", latex=r"{x:product} \cdot {y:power}", binds="product")

div = Op("div", operator.truediv, np.divide,
         lambda f, x, y: 1 / y,
         lambda f, x, y: -(f / y),
         domain=(REAL, NOT_ZERO),
         symbol="/", text="{x:product} / {y:power}", latex=r"\frac{{{x}}}{{{y}}}", binds="product", public=False)

neg = Op("neg", operator.neg, np.negative,
         lambda f, x: -1,
         text="−{x:product}", latex="-{x:product}", binds="sum", public=False)

same = Op("same", operator.pos, np.positive,
         lambda f, x: 1,
         text="{x}", latex="{x}", note="x itself, as a node of its own", public=False)

pow = Op("pow", numerics.power, np.power,
         lambda f, x, y: weigh(y, weigh(x ** (y - 1 + zero(x) * zero(y)), (abs(x) + zero(x)) ** numerics.one_less(y))),
         lambda f, x, y: f * log(x + zero(x)),
         paper=(lambda f, x, y: weigh(y, x ** (y - 1 + zero(x) * zero(y))),
                lambda f, x, y: f * log(x + zero(x))),
         held_rule=lambda y: (lambda n, lost: (lambda f, x: y * x ** n) if lost == 0 else
                                              (lambda f, x: y * weigh(x ** n, (abs(x) + zero(x)) ** lost)))
                             (y - 1 + zero(y), numerics.one_less(y)),
         domain=(POSITIVE, REAL), holds=1,
         symbol="**", text="{x:atom}{y:exponent}", latex="{x:atom}^{{{y}}}", binds="power",
         note="x < 0 needs a whole exponent; the slope of x⁰ at 0 is 0, and that of 0^y in y is 0")

# --- exponentials, logarithms, roots --------------------------------------------------------

exp = Op("exp", math.exp, np.exp,
         lambda f, x: f,
         latex="e^{{{x}}}", binds="power")

expm1 = Op("expm1", math.expm1, np.expm1,
         lambda f, x: exp(x),
         latex="e^{{{x}}} - 1", binds="sum", note="e^x − 1, exact for small x")

exp2 = Op("exp2", math.exp2, np.exp2,
         lambda f, x: LN2 * f,
         latex="2^{{{x}}}", binds="power", note="2^x")

log = Op("log", math.log, np.log,
         lambda f, x: 1 / (x + 0),  # −0 + 0 is 0: the limit from the domain's side
         paper=(lambda f, x: 1 / x,),
         domain=POSITIVE,
         latex=r"\ln({x})", note="the natural logarithm; −∞ at 0, with slope ∞")

log1p = Op("log1p", math.log1p, np.log1p,
         lambda f, x: 1 / (1 + x),
         domain=Interval(low=-1),
         latex=r"\ln(1 + {x:product})", note="log(1 + x), exact for small x")

log2 = Op("log2", math.log2, np.log2,
         lambda f, x: ONE_OVER_LN2 / (x + 0),
         paper=(lambda f, x: ONE_OVER_LN2 / x,),
         domain=POSITIVE,
         latex=r"\log_2({x})")

log10 = Op("log10", math.log10, np.log10,
         lambda f, x: ONE_OVER_LN10 / (x + 0),
         paper=(lambda f, x: ONE_OVER_LN10 / x,),
         domain=POSITIVE,
         latex=r"\log_{{10}}({x})")

log1mexp = Op("log1mexp", numerics.log1mexp, numerics.log1mexp_array,
         lambda f, x: 1 / expm1(x + 0),
         paper=(lambda f, x: 1 / expm1(x),),
         domain=POSITIVE,
         latex=r"\ln(1 - e^{{-{x:product}}})", note="log(1 − e^−x), exact for small and large x; −∞ at 0, with slope ∞")

xlogy = Op("xlogy", numerics.xlogy, numerics.xlogy_array,
         lambda f, x, y: log(y),
         lambda f, x, y: x / (y + zero(x) * zero(y)),
         domain=(REAL, POSITIVE),
         latex=r"{x:product} \ln({y})", binds="product",
         note="x · log y, and 0 where x is 0, at y = 0 too, with slope 0 in y")

logaddexp = Op("logaddexp", numerics.logaddexp, numerics.logaddexp_array,
         lambda f, x, y: share(x, y),
         lambda f, x, y: share(y, x),
         latex=r"\ln(e^{{{x}}} + e^{{{y}}})",
         note="log(e^x + e^y); does not overflow, and a tie has slopes ½ and ½, at ±∞ too")

share = Op("share", numerics.share, numerics.share_array,
         lambda f, x, y: f * share(y, x),
         lambda f, x, y: -f * share(y, x),
         latex=r"\sigma({x:sum} - {y:product})", note="e^x / (e^x + e^y), which is σ(x − y) of all the digits of x − y",
         public=False)

sqrt = Op("sqrt", math.sqrt, np.sqrt,
         lambda f, x: 1 / (2 * f + 0),
         paper=(lambda f, x: 1 / (2 * f),),
         domain=NOT_NEGATIVE,
         latex=r"\sqrt{{{x}}}", note="slope ∞ at 0")

cbrt = Op("cbrt", numerics.cbrt, np.cbrt,
         lambda f, x: 1 / (3 * f * f),
         kink=lambda x: x,
         latex=r"\sqrt[3]{{{x}}}", note="slope ∞ at 0")

hypot = Op("hypot", math.hypot, np.hypot,
         lambda f, x, y: x / (f + zero(f)),
         lambda f, x, y: y / (f + zero(f)),
         kink=lambda x, y: abs(x) + abs(y),
         latex=r"\sqrt{{{x:power}^2 + {y:power}^2}}", note="√(x² + y²); slopes 0 at the origin")

# --- trigonometry ---------------------------------------------------------------------------

sin = Op("sin", math.sin, np.sin,
         lambda f, x: cos(x),
         latex=r"\sin({x})")

cos = Op("cos", math.cos, np.cos,
         lambda f, x: -sin(x),
         latex=r"\cos({x})")

tan = Op("tan", math.tan, np.tan,
         lambda f, x: 1 + f * f,
         domain=Interval(-1.5707963267948966, 1.5707963267948966),
         latex=r"\tan({x})", note="and so on with period π")

asin = Op("asin", math.asin, np.arcsin,
         lambda f, x: 1 / sqrt((1 - x) * (1 + x)),
         domain=UP_TO_ONE,
         latex=r"\arcsin({x})", note="slope ∞ at ±1")

acos = Op("acos", math.acos, np.arccos,
         lambda f, x: -1 / sqrt((1 - x) * (1 + x)),
         domain=UP_TO_ONE,
         latex=r"\arccos({x})", note="slope −∞ at ±1")

atan = Op("atan", math.atan, np.arctan,
         lambda f, x: 1 / hypot(x, 1) / hypot(x, 1),
         paper=(lambda f, x: 1 / (1 + x * x),),
         latex=r"\arctan({x})")

atan2 = Op("atan2", math.atan2, np.arctan2,
         lambda f, x, y: y / (hypot(x, y) + zero(hypot(x, y))) / (hypot(x, y) + zero(hypot(x, y))),
         lambda f, x, y: -x / (hypot(x, y) + zero(hypot(x, y))) / (hypot(x, y) + zero(hypot(x, y))),
         kink=lambda x, y: minimum(abs(x) + abs(y), abs(x) + maximum(y, 0)),
         note="the angle of the point (y, x), as in Python; it jumps by 2π where x = 0 > y; slopes 0 at the origin")

sinc = Op("sinc", numerics.sinc, numerics.sinc_array,
         lambda f, x: sinc_slope(x),
         latex=r"\operatorname{{sinc}}({x})", note="sin(π x) / (π x), as NumPy; 1 at 0 and 0 at ±∞")

sinc_slope = Op("sinc_slope", numerics.sinc_slope, numerics.sinc_slope_array,
         lambda f, x: where(step(abs(x) - numerics.NEAR), -(PI_SQUARED * sinc(x) + 2 * f / (x + zero(x))),
                            numerics.sinc_curve(maximum(minimum(x, 1), -1))),  # clear of NEAR: a tie would halve slopes
         latex=r"\operatorname{{sinc}}'({x})", note="(cos(π x) − sinc(x)) / x, and 0 at 0", public=False)

# --- hyperbolic functions -------------------------------------------------------------------

sinh = Op("sinh", math.sinh, np.sinh,
         lambda f, x: cosh(x),
         latex=r"\sinh({x})")

cosh = Op("cosh", math.cosh, np.cosh,
         lambda f, x: sinh(x),
         latex=r"\cosh({x})")

tanh = Op("tanh", math.tanh, np.tanh,
         lambda f, x: sech(x) ** 2,
         paper=(lambda f, x: 1 - f * f,),
         latex=r"\tanh({x})")

sech = Op("sech", numerics.sech, numerics.sech_array,
         lambda f, x: -f * tanh(x),
         latex=r"\operatorname{{sech}}({x})", note="1 / cosh(x)", public=False)

asinh = Op("asinh", math.asinh, np.arcsinh,
         lambda f, x: 1 / hypot(x, 1),
         latex=r"\operatorname{{arsinh}}({x})")

acosh = Op("acosh", math.acosh, np.arccosh,
         lambda f, x: 1 / (sqrt(x - 1) * sqrt(x + 1)),
         domain=Interval(low=1, closed=True),
         latex=r"\operatorname{{arcosh}}({x})", note="slope ∞ at 1")

atanh = Op("atanh", math.atanh, np.arctanh,
         lambda f, x: 1 / ((1 - x) * (1 + x)),
         domain=Interval(-1, 1),
         latex=r"\operatorname{{artanh}}({x})", note="±∞ at ±1, with slope ∞")

# --- probability ----------------------------------------------------------------------------

sigmoid = Op("sigmoid", numerics.sigmoid, numerics.sigmoid_array,
         lambda f, x: f * sigmoid(-x),
         paper=(lambda f, x: f * (1 - f),),
         text="σ({x})", latex=r"\sigma({x})", note="1 / (1 + e^−x); does not overflow")

logit = Op("logit", numerics.logit, numerics.logit_array,
         lambda f, x: 1 / ((x + 0) * (1 - x)),
         paper=(lambda f, x: 1 / (x * (1 - x)),),
         domain=Interval(0, 1),
         latex=r"\operatorname{{logit}}({x})", note="log(x / (1 − x)), the inverse of sigmoid; ±∞ at 1 and 0")

erf = Op("erf", math.erf, numerics.erf_array,
         lambda f, x: TWO_OVER_ROOT_PI * gaussian(x) ** 2,
         paper=(lambda f, x: TWO_OVER_ROOT_PI * exp(-(x * x)),),
         latex=r"\operatorname{{erf}}({x})")

erfc = Op("erfc", math.erfc, numerics.erfc_array,
         lambda f, x: -TWO_OVER_ROOT_PI * gaussian(x) ** 2,
         paper=(lambda f, x: -TWO_OVER_ROOT_PI * exp(-(x * x)),),
         latex=r"\operatorname{{erfc}}({x})", note="1 − erf(x), exact for large x")

erfinv = Op("erfinv", numerics.erfinv, numerics.erfinv_array,
         lambda f, x: erfinv_slope(x),
         paper=(lambda f, x: ROOT_PI_OVER_TWO * exp(f * f),),
         domain=Interval(-1, 1),
         latex=r"\operatorname{{erf}}^{{-1}}({x})", note="the inverse of erf; ±∞ at ±1, with slope ∞")

erfinv_slope = Op("erfinv_slope", numerics.erfinv_slope, numerics.erfinv_slope_array,
         lambda f, x: 2 * erfinv(x) * f * f,
         domain=Interval(-1, 1),
         latex=r"\tfrac{{\sqrt\pi}}{{2}} e^{{\operatorname{{erf}}^{{-1}}({x})^2}}", public=False,
         note="e^(erfinv(x)²) √π / 2")

gaussian = Op("gaussian", numerics.gaussian, numerics.gaussian_array,
         lambda f, x: -x * f,
         latex="e^{{-{x:power}^2 / 2}}", binds="power", note="e^(−x²/2), the bell curve", public=False)

normal_cdf = Op("normal_cdf", numerics.normal_cdf, numerics.normal_cdf_array,
         lambda f, x: ONE_OVER_ROOT_TWO_PI * gaussian(x),
         text="Φ({x})", latex=r"\Phi({x})", note="the standard normal distribution", public=False)

# --- activations ----------------------------------------------------------------------------

relu = Op("relu", numerics.relu, lambda x: np.maximum(x, 0),
         lambda f, x: step(x),
         kink=lambda x: x, branch=True,
         latex=r"\max(0, {x})", note="slope 0 at the kink, as PyTorch")

leaky_relu = Op("leaky_relu", numerics.leaky_relu, numerics.leaky_relu_array,
         lambda f, x, y: where(step(x), 1, y),
         lambda f, x, y: x * (1 - step(x)),
         kink=lambda x, y: x, branch=True, holds=1,
         note="x where x > 0, else y · x; the slope at the kink is y, as PyTorch", options={"slope": 0.01})

elu = Op("elu", numerics.elu, numerics.elu_array,
         lambda f, x, y: where(step(x), 1, exp(minimum(x, 0) / 2) * y * exp(minimum(x, 0) / 2)),  # e^−800 is 0, not so
         lambda f, x, y: expm1(minimum(x, 0)),                                                    # times a large y
         paper=(lambda f, x, y: where(step(x), 1, y * exp(minimum(x, 0))),
                lambda f, x, y: expm1(minimum(x, 0))),
         kink=lambda x, y: x, branch=True, holds=1,
         note="x where x > 0, else y · (e^x − 1); the slope at the kink is y, as PyTorch", options={"alpha": 1.0})

softplus = Op("softplus", numerics.softplus, numerics.softplus_array,
         lambda f, x: sigmoid(x),
         latex=r"\ln(1 + e^{{{x}}})", note="log(1 + e^x); does not overflow")

silu = Op("silu", numerics.silu, numerics.silu_array,
         lambda f, x: sigmoid(x) + weigh(f, sigmoid(-x)),
         latex=r"{x:product} \cdot \sigma({x})", binds="product", note="x · σ(x), also called swish")

gelu = Op("gelu", numerics.gelu, numerics.gelu_array,
         lambda f, x: normal_cdf(x) + weigh(x, ONE_OVER_ROOT_TWO_PI * gaussian(x)),
         note="x · Φ(x), Φ the standard normal distribution")

# --- branches -------------------------------------------------------------------------------

abs = Op("abs", operator.abs, np.abs,
         lambda f, x: sign(x),
         kink=lambda x: x, branch=True,
         text="|{x}|", latex="|{x}|", note="slope 0 at the kink")

maximum = Op("maximum", numerics.maximum, np.maximum,
         lambda f, x, y: ahead(x, y),
         lambda f, x, y: ahead(y, x),
         kink=lambda x, y: x - y, branch=True,
         text="max({x}, {y})", latex=r"\max({x}, {y})", note="a tie splits the slope ½ : ½")

minimum = Op("minimum", numerics.minimum, np.minimum,
         lambda f, x, y: ahead(y, x),
         lambda f, x, y: ahead(x, y),
         kink=lambda x, y: x - y, branch=True,
         text="min({x}, {y})", latex=r"\min({x}, {y})", note="a tie splits the slope ½ : ½")

clip = Op("clip", numerics.clip, numerics.clip_array,
         lambda f, x, y, z: step(z - y) * (1 - step(y - x) - step(x - z)),
         lambda f, x, y, z: step(z - y) * step(y - x),
         lambda f, x, y, z: 1 - step(z - y) * (1 - step(x - z)),
         kink=lambda x, y, z: minimum(minimum(abs(x - y), abs(x - z)), abs(y - z)), branch=True, holds=2,
         note="x, but y where x < y and z where x > z; the slope at the bounds is 1, if they differ",
         options={"low": None, "high": None})

where = Op("where", numerics.where, np.where,
         lambda f, x, y, z: 0,
         lambda f, x, y, z: 1 - zero(x),
         lambda f, x, y, z: zero(x),
         kink=lambda x, y, z: x, branch=True,
         note="y where x is not 0, else z")

step = Op("step", numerics.step, numerics.step_array,
         lambda f, x: 0,
         kink=lambda x: x, branch=True,
         text="[{x} > 0]", latex="[{x} > 0]", note="1 where x > 0, else 0, also where x is NaN", public=False)

sign = Op("sign", numerics.sign, np.sign,
         lambda f, x: 0,
         kink=lambda x: x, branch=True,
         latex=r"\operatorname{{sgn}}({x})", note="−1, 0 or 1")

floor = Op("floor", numerics.floor, np.floor,
         lambda f, x: 0,
         kink=lambda x: x - rint(x), branch=True,
         text="⌊{x}⌋", latex=r"\lfloor {x} \rfloor", note="the whole number at or below; slope 0")

ceil = Op("ceil", numerics.ceil, np.ceil,
         lambda f, x: 0,
         kink=lambda x: x - rint(x), branch=True,
         text="⌈{x}⌉", latex=r"\lceil {x} \rceil", note="the whole number at or above; slope 0")

trunc = Op("trunc", numerics.trunc, np.trunc,
         lambda f, x: 0,
         kink=lambda x: x - rint(x), branch=True,
         latex=r"\operatorname{{trunc}}({x})", note="the whole number at or next to it towards 0; slope 0")

rint = Op("rint", numerics.rint, np.rint,
         lambda f, x: 0,
         kink=lambda x: x - floor(x) - 0.5, branch=True,
         latex=r"\operatorname{{rint}}({x})", note="the nearest whole number, of two the even one; slope 0")

mod = Op("mod", numerics.mod, np.remainder,
         lambda f, x, y: 1,
         lambda f, x, y: rint((f - x) / y),
         domain=(REAL, NOT_ZERO),
         kink=lambda x, y: 9 * (x / y - rint(x / y)) * y / (1 + abs(x / y)), branch=True,  # how far y is from a jump
         latex=r"{x:power} \bmod {y:power}", binds="product",
         note="x − y ⌊x / y⌋, with the sign of y, as Python and NumPy; it jumps where x / y is whole")

zero = Op("zero", numerics.zero, numerics.zero_array,
         lambda f, x: 0,
         kink=lambda x: x, branch=True,
         text="[{x} = 0]", latex="[{x} = 0]", note="1 where x is 0, else 0, also where x is NaN", public=False)

ahead = Op("ahead", numerics.ahead, numerics.ahead_array,
         lambda f, x, y: 0,
         lambda f, x, y: 0,
         kink=lambda x, y: x - y, branch=True,
         text="[{x} > {y}]", latex="[{x} > {y}]", note="1 where x > y, ½ where equal, else 0", public=False)

equal = Op("equal", numerics.equal, numerics.equal_array,
         lambda f, x, y: 0,
         lambda f, x, y: 0,
         kink=lambda x, y: x - y, branch=True,
         text="[{x} = {y}]", latex="[{x} = {y}]", note="1 where x = y, else 0, also where one is NaN", public=False)

greater = Op("greater", numerics.greater, numerics.greater_array,
         lambda f, x, y: 0,
         lambda f, x, y: 0,
         kink=lambda x, y: x - y, branch=True,
         text="[{x} > {y}]", latex="[{x} > {y}]",
         note="1 where x > y, else 0: a comparison in a formula", public=False)

at_least = Op("at_least", numerics.at_least, numerics.at_least_array,
         lambda f, x, y: 0,
         lambda f, x, y: 0,
         kink=lambda x, y: x - y, branch=True,
         text="[{x} ≥ {y}]", latex=r"[{x} \ge {y}]",
         note="1 where x ≥ y, else 0: a comparison in a formula", public=False)

weigh = Op("weigh", numerics.weigh, numerics.weigh_array,
         lambda f, x, y: y,
         lambda f, x, y: x,
         symbol="*", text="{x:product} × {y:power}", latex=r"{x:product} \cdot {y:power}", binds="product",
         note="x · y, but 0 where either is 0, even if the other is ∞: what is not used brings nothing back",
         public=False)

# --- losses ---------------------------------------------------------------------------------
# Of one example, where x is the output and y the label; a cost is their mean.

squared_error = Op("squared_error", numerics.squared_error, numerics.squared_error,
         lambda f, x, y: x - y,
         lambda f, x, y: y - x,
         latex=r"\tfrac{{1}}{{2}} ({x:sum} - {y:product})^2", note="½ (x − y)² (course notes, C1)", public=False)

cross_entropy = Op("cross_entropy", numerics.cross_entropy, numerics.cross_entropy_array,
         lambda f, x, y: (x - y + zero(x) * zero(y) - zero(1 - x) * zero(1 - y))
                         / (x * (1 - x) + zero(x) * zero(y) + zero(1 - x) * zero(1 - y)),
         lambda f, x, y: -logit(x),
         paper=(lambda f, x, y: weigh(1 - y, 1 / (1 - x)) - weigh(y, 1 / x),
                lambda f, x, y: log1p(-x) - log(x)),
         domain=(Interval(0, 1), Interval(0, 1, closed=True)),
         latex=r"\operatorname{{H}}({x}, {y})",
         note="−(y log x + (1 − y) log(1 − x)), 0 · log 0 being 0 (course notes, B5)", public=False)

cross_entropy_logits = Op("cross_entropy_logits", numerics.cross_entropy_logits, numerics.cross_entropy_logits_array,
         lambda f, x, y: (1 - y) * sigmoid(x) - y * sigmoid(-x),
         lambda f, x, y: -x,
         paper=(lambda f, x, y: sigmoid(x) - y,
                lambda f, x, y: -x),
         latex=r"\operatorname{{H}}(\sigma({x}), {y})",
         note="the cross entropy of σ(x); does not overflow, and its slope is the notes' a − y (B11)", public=False)

# --- of many ----------------------------------------------------------------------------------
# The rule of each gives the slopes in all its arguments at once: for each sequence, a sequence.

sum = Fold("sum", numerics.total, np.sum,
         lambda f, xs: [[1] * len(xs)],
         separator=" + ", each="product", binds="sum")

mean = Fold("mean", numerics.mean, np.mean,
         lambda f, xs: [[1 / len(xs)] * len(xs)],
         open="mean(", close=")")

prod = Fold("prod", math.prod, np.prod,
         lambda f, xs: [numerics.products_of_others(xs)],
         separator=" × ", each="power", binds="product")

dot = Fold("dot", numerics.dot, np.dot,
         lambda f, xs, ys: [ys, xs],
         sequences=2, separator=" + ", each="product", binds="sum", note="Σ wᵢ xᵢ in one node")

logsumexp = Fold("logsumexp", numerics.logsumexp, numerics.logsumexp_array,
         lambda f, xs: [numerics.shares([exp(x - f) for x in xs], lambda total: where(equal(total, total), total, 1))],
         paper=lambda f, xs: [[exp(x - f) for x in xs]],
         open="logsumexp(", close=")", note="log Σ e^xᵢ; does not overflow")

register(vars())
