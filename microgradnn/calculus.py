"""The calculus: every element-wise operation, its value and its partial derivatives.

This table is the only place where an element-wise derivative is written down. `Value`, the
drawings, the explanations, the checks, the property tests and the table in the docs read it.
To add an operation, add a row.

A rule is written in `f`, the result, and `x`, `y`, `z`, the arguments. It may use arithmetic
and other rows, but no `if`: a branch is a row of its own (`step`, `sign`, `where`). So one rule
serves floats, arrays, nodes (for second derivatives), symbols (for print) and fractions, and no
rule says 1.0 where 1 will do. What happens at a kink is a convention: docs/conventions.md.
"""

import math
import operator

import numpy as np

from . import numerics
from .graph import REAL, Interval, Op

POSITIVE = Interval(low=0)
NOT_NEGATIVE = Interval(low=0, closed=True)
NOT_ZERO = Interval(hole=0)

# Each row: what it is worth and its slopes first, how it is written after that.
# fmt: off

# --- arithmetic ---------------------------------------------------------------------------

add = Op("add", operator.add, np.add,
         lambda f, x, y: 1,
         lambda f, x, y: 1,
         symbol="+", text="{x:sum} + {y:product}", latex="{x:sum} + {y:product}", binds="sum")

sub = Op("sub", operator.sub, np.subtract,
         lambda f, x, y: 1,
         lambda f, x, y: -1,
         symbol="-", text="{x:sum} − {y:product}", latex="{x:sum} - {y:product}", binds="sum")

mul = Op("mul", operator.mul, np.multiply,
         lambda f, x, y: y,
         lambda f, x, y: x,
         symbol="*", text="{x:product} × {y:power}", latex=r"{x:product} \cdot {y:power}", binds="product")

div = Op("div", operator.truediv, np.divide,
         lambda f, x, y: 1 / y,
         lambda f, x, y: -(f / y),
         domain=(REAL, NOT_ZERO),
         symbol="/", text="{x:product} / {y:power}", latex=r"\frac{{{x}}}{{{y}}}", binds="product")

neg = Op("neg", operator.neg, np.negative,
         lambda f, x: -1,
         text="−{x:product}", latex="-{x:product}", binds="sum")

pow = Op("pow", numerics.power, np.power,
         lambda f, x, y: y * x ** (y - 1 + zero(x) * zero(y)),
         lambda f, x, y: f * log(x + zero(x)),
         domain=(POSITIVE, REAL), holds=1,
         symbol="**", text="{x:atom}{y:exponent}", latex="{x:atom}^{{{y}}}", binds="power",
         note="x < 0 needs a whole exponent; the slope of x⁰ at 0 is 0, and that of 0^y in y is 0")

# --- exponentials and roots ---------------------------------------------------------------

exp = Op("exp", math.exp, np.exp,
         lambda f, x: f,
         latex="e^{{{x}}}", binds="power")

log = Op("log", math.log, np.log,
         lambda f, x: 1 / x,
         domain=POSITIVE,
         latex=r"\ln({x})", note="the natural logarithm; −∞ at 0, with slope ∞")

sqrt = Op("sqrt", math.sqrt, np.sqrt,
         lambda f, x: 1 / (2 * f),
         domain=NOT_NEGATIVE,
         latex=r"\sqrt{{{x}}}", note="slope ∞ at 0")

# --- waves --------------------------------------------------------------------------------

sin = Op("sin", math.sin, np.sin,
         lambda f, x: cos(x),
         latex=r"\sin({x})")

cos = Op("cos", math.cos, np.cos,
         lambda f, x: -sin(x),
         latex=r"\cos({x})")

# --- activations --------------------------------------------------------------------------

tanh = Op("tanh", math.tanh, np.tanh,
          lambda f, x: 1 - f * f,
          latex=r"\tanh({x})")

sigmoid = Op("sigmoid", numerics.sigmoid, numerics.sigmoid_array,
          lambda f, x: f * (1 - f),
          text="σ({x})", latex=r"\sigma({x})", note="1 / (1 + e^−x); does not overflow")

relu = Op("relu", lambda x: numerics.maximum(x, type(x)(0)), lambda x: np.maximum(x, 0),
          lambda f, x: step(x),
          kink=lambda x: x,
          latex=r"\max(0, {x})", note="slope 0 at the kink, as PyTorch")

leaky_relu = Op("leaky_relu", numerics.leaky_relu, numerics.leaky_relu_array,
          lambda f, x, y: where(step(x), 1, y),
          lambda f, x, y: x * (1 - step(x)),
          kink=lambda x, y: x, holds=1,
          note="x where x > 0, else y · x; the slope at the kink is y, as PyTorch")

# --- branches -----------------------------------------------------------------------------

abs = Op("abs", operator.abs, np.abs,
         lambda f, x: sign(x),
         kink=lambda x: x,
         text="|{x}|", latex="|{x}|", note="slope 0 at the kink")

maximum = Op("maximum", numerics.maximum, np.maximum,
         lambda f, x, y: ahead(x, y),
         lambda f, x, y: ahead(y, x),
         kink=lambda x, y: x - y,
         text="max({x}, {y})", latex=r"\max({x}, {y})", note="a tie splits the slope ½ : ½")

minimum = Op("minimum", numerics.minimum, np.minimum,
         lambda f, x, y: ahead(y, x),
         lambda f, x, y: ahead(x, y),
         kink=lambda x, y: x - y,
         text="min({x}, {y})", latex=r"\min({x}, {y})", note="a tie splits the slope ½ : ½")

where = Op("where", numerics.where, np.where,
         lambda f, x, y, z: 0,
         lambda f, x, y, z: 1 - zero(x),
         lambda f, x, y, z: zero(x),
         kink=lambda x, y, z: x,
         note="y where x is not 0, else z")

step = Op("step", numerics.step, lambda x: np.heaviside(x, 0),
         lambda f, x: 0,
         kink=lambda x: x,
         text="[{x} > 0]", latex="[{x} > 0]", note="1 where x > 0, else 0")

sign = Op("sign", numerics.sign, np.sign,
         lambda f, x: 0,
         kink=lambda x: x,
         latex=r"\operatorname{{sgn}}({x})", note="−1, 0 or 1")

zero = Op("zero", numerics.zero, numerics.zero_array,
         lambda f, x: 0,
         kink=lambda x: x,
         text="[{x} = 0]", latex="[{x} = 0]", note="1 where x is 0, else 0")

ahead = Op("ahead", numerics.ahead, numerics.ahead_array,
         lambda f, x, y: 0,
         lambda f, x, y: 0,
         kink=lambda x, y: x - y,
         text="[{x} > {y}]", latex="[{x} > {y}]", note="1 where x > y, ½ where equal, else 0")
