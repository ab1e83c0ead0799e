"""The rows of the table as methods of Value, written by .ci/write_methods.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, overload

from ..graph.blocks import OPEN
from ..graph.native import mypyc_attr
from ..rules import calculus, numerics
from ..rules.logistic import TINY
from .among_numbers import AmongNumbers
from .recording import NONE, Number, at_limit, constant, leaf, new, note_node, operand, record

if TYPE_CHECKING:
    from .value import Value  # when this runs, value.py has put it here


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class ValueMethods(AmongNumbers):
    """What Value inherits: operators and functions, each recorded with its value and its slopes."""

    __slots__ = ()

    @overload
    def __add__(self, other: Value) -> Value: ...
    @overload
    def __add__(self, other: float) -> Value: ...
    def __add__(self, other: object) -> Any:
        if type(other) is not Value and not isinstance(other, Value):
            if (number := constant(other) if type(other) is float else operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        f: float = x + y
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ADD
        node._x = self
        node._y = other
        node._dx = 1.0
        node._dy = 1.0
        return note_node(node) if OPEN else node

    def __radd__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__add__(self)  # type: ignore[operator] # self is a Value

    @overload
    def __sub__(self, other: Value) -> Value: ...
    @overload
    def __sub__(self, other: float) -> Value: ...
    def __sub__(self, other: object) -> Any:
        if type(other) is not Value and not isinstance(other, Value):
            if (number := constant(other) if type(other) is float else operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        f: float = x - y
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SUB
        node._x = self
        node._y = other
        node._dx = 1.0
        node._dy = -1.0
        return note_node(node) if OPEN else node

    def __rsub__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__sub__(self)  # type: ignore[operator] # self is a Value

    @overload
    def __mul__(self, other: Value) -> Value: ...
    @overload
    def __mul__(self, other: float) -> Value: ...
    def __mul__(self, other: object) -> Any:
        if type(other) is not Value and not isinstance(other, Value):
            if (number := constant(other) if type(other) is float else operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        f: float = x * y
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MUL
        node._x = self
        node._y = other
        node._dx = y
        node._dy = x
        return note_node(node) if OPEN else node

    def __rmul__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__mul__(self)  # type: ignore[operator] # self is a Value

    @overload
    def __truediv__(self, other: Value) -> Value: ...
    @overload
    def __truediv__(self, other: float) -> Value: ...
    def __truediv__(self, other: object) -> Any:
        if type(other) is not Value and not isinstance(other, Value):
            if (number := constant(other) if type(other) is float else operand(other)) is None:
                return NotImplemented
            other = number
        x, y = self._data, other._data
        try:
            f: float = x / y
            dx = 1.0 / y
            dy = -(f / y)
        except (ValueError, ArithmeticError):
            return at_limit(DIV, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = DIV
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def __rtruediv__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left.__truediv__(self)  # type: ignore[operator] # self is a Value

    def __neg__(self) -> Value:
        x = self._data
        f: float = -x
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = NEG
        node._x = self
        node._y = None
        node._dx = -1.0
        return note_node(node) if OPEN else node

    def _same(self) -> Value:
        x = self._data
        f: float = x
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SAME
        node._x = self
        node._y = None
        node._dx = 1.0
        return note_node(node) if OPEN else node

    def _pow(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.power(x, y)
            w = x ** (y - 1.0 + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0))
            w2 = (abs(x) + (1.0 if x == 0.0 else 0.0)) ** numerics.one_less(y)
            w3 = w * w2 if w != 0.0 and w2 != 0.0 else 0.0
            dx = y * w3 if y != 0.0 and w3 != 0.0 else 0.0
            dy = f * math.log(x + (1.0 if x == 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(POW, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = POW
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _squared(self) -> Value:
        x = self._data
        try:
            f: float = x**2.0
            dx = 2.0 * x
        except (ValueError, ArithmeticError):
            return at_limit(SQUARE, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SQUARE
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def __rpow__(self, other: Any) -> Value:
        left = operand(other)
        return NotImplemented if left is None else left._pow(self)  # type: ignore[arg-type] # self is a Value

    def exp(self) -> Value:
        """Return exp(self), as a Value."""
        x = self._data
        try:
            f: float = math.exp(x)
            dx = f
        except (ValueError, ArithmeticError):
            return at_limit(EXP, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EXP
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def expm1(self) -> Value:
        """Return expm1(self), as a Value: e^x − 1, exact for small x."""
        x = self._data
        try:
            f: float = math.expm1(x)
            dx = math.exp(x)
        except (ValueError, ArithmeticError):
            return at_limit(EXPM1, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EXPM1
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def exp2(self) -> Value:
        """Return exp2(self), as a Value: 2^x."""
        x = self._data
        try:
            f: float = math.exp2(x)
            dx = calculus.LN2 * f
        except (ValueError, ArithmeticError):
            return at_limit(EXP2, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EXP2
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def log(self) -> Value:
        """Return log(self), as a Value: the natural logarithm; −∞ at 0, with slope ∞."""
        x = self._data
        if x < TINY:  # perhaps of a sigmoid, whose logarithm is less
            return at_limit(LOG, (self,))
        try:
            f: float = math.log(x)
            dx = 1.0 / (x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def log1p(self) -> Value:
        """Return log1p(self), as a Value: log(1 + x), exact for small x."""
        x = self._data
        try:
            f: float = math.log1p(x)
            dx = 1.0 / (1.0 + x)
        except (ValueError, ArithmeticError):
            return at_limit(LOG1P, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG1P
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def log2(self) -> Value:
        """Return log2(self), as a Value."""
        x = self._data
        try:
            f: float = math.log2(x)
            dx = calculus.ONE_OVER_LN2 / (x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG2, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG2
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def log10(self) -> Value:
        """Return log10(self), as a Value."""
        x = self._data
        try:
            f: float = math.log10(x)
            dx = calculus.ONE_OVER_LN10 / (x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG10, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG10
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def log1mexp(self) -> Value:
        """Return log1mexp(self), as a Value: log(1 − e^−x), exact for small and large x; −∞ at 0, with slope ∞."""
        x = self._data
        try:
            f: float = math.log(-math.expm1(-x)) if x < 0.6931471805599453 else math.log1p(-math.exp(-x))
            dx = 1.0 / math.expm1(x + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(LOG1MEXP, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOG1MEXP
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def xlogy(self, other: Number) -> Value:
        """Return xlogy(self, other), as a Value: x · log y, and 0 where x is 0, at y = 0 too, with slope 0 in y."""
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            s = math.log(y)
            f: float = 0.0 if x == 0.0 and y >= 0.0 else x * s
            dx = s
            dy = x / (y + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(XLOGY, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = XLOGY
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def logaddexp(self, other: Number) -> Value:
        """Return logaddexp(self, other), as a Value.

        Log(e^x + e^y); does not overflow, and a tie has slopes ½ and ½, at ±∞ too.
        """
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.logaddexp(x, y)
            d = x - y
            e = math.exp(-abs(d))
            lost = x - (d - (d - x)) - (y + (d - x)) if abs(d) < 1000.0 else 0.0
            less = e + e * (((-lost if d > 0.0 else lost) / (1.0 + e) - e) / (1.0 + e))
            d2 = y - x
            e2 = math.exp(-abs(d2))
            lost2 = y - (d2 - (d2 - y)) - (x + (d2 - y)) if abs(d2) < 1000.0 else 0.0
            less2 = e2 + e2 * (((-lost2 if d2 > 0.0 else lost2) / (1.0 + e2) - e2) / (1.0 + e2))
            dx = 0.5 if x == y else 1.0 - less if d > 0.0 else less
            dy = 0.5 if y == x else 1.0 - less2 if d2 > 0.0 else less2
        except (ValueError, ArithmeticError):
            return at_limit(LOGADDEXP, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOGADDEXP
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _share(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            d = x - y
            e = math.exp(-abs(d))
            lost = x - (d - (d - x)) - (y + (d - x)) if abs(d) < 1000.0 else 0.0
            less = e + e * (((-lost if d > 0.0 else lost) / (1.0 + e) - e) / (1.0 + e))
            f: float = 0.5 if x == y else 1.0 - less if d > 0.0 else less
            d2 = y - x
            e2 = math.exp(-abs(d2))
            lost2 = y - (d2 - (d2 - y)) - (x + (d2 - y)) if abs(d2) < 1000.0 else 0.0
            less2 = e2 + e2 * (((-lost2 if d2 > 0.0 else lost2) / (1.0 + e2) - e2) / (1.0 + e2))
            dx = f * (0.5 if y == x else 1.0 - less2 if d2 > 0.0 else less2)
            dy = -f * (0.5 if y == x else 1.0 - less2 if d2 > 0.0 else less2)
        except (ValueError, ArithmeticError):
            return at_limit(SHARE, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SHARE
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def sqrt(self) -> Value:
        """Return sqrt(self), as a Value: slope ∞ at 0."""
        x = self._data
        try:
            f: float = math.sqrt(x)
            dx = 1.0 / (2.0 * f + 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(SQRT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SQRT
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def cbrt(self) -> Value:
        """Return cbrt(self), as a Value: slope ∞ at 0."""
        x = self._data
        try:
            root = math.cbrt(x)
            f: float = root - (root * root * root - x) / (3.0 * root * root) if 0.0 < abs(x) < 1e308 else root
            dx = 1.0 / (3.0 * f * f)
        except (ValueError, ArithmeticError):
            return at_limit(CBRT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CBRT
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def hypot(self, other: Number) -> Value:
        """Return hypot(self, other), as a Value: √(x² + y²); slopes 0 at the origin."""
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = math.hypot(x, y)
            dx = x / (f + (1.0 if f == 0.0 else 0.0))
            dy = y / (f + (1.0 if f == 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(HYPOT, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = HYPOT
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def sin(self) -> Value:
        """Return sin(self), as a Value."""
        x = self._data
        try:
            f: float = math.sin(x)
            dx = math.cos(x)
        except (ValueError, ArithmeticError):
            return at_limit(SIN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SIN
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def cos(self) -> Value:
        """Return cos(self), as a Value."""
        x = self._data
        try:
            f: float = math.cos(x)
            dx = -math.sin(x)
        except (ValueError, ArithmeticError):
            return at_limit(COS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = COS
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def tan(self) -> Value:
        """Return tan(self), as a Value: and so on with period π."""
        x = self._data
        try:
            f: float = math.tan(x)
            dx = 1.0 + f * f
        except (ValueError, ArithmeticError):
            return at_limit(TAN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = TAN
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def asin(self) -> Value:
        """Return asin(self), as a Value: slope ∞ at ±1."""
        x = self._data
        try:
            f: float = math.asin(x)
            dx = 1.0 / math.sqrt((1.0 - x) * (1.0 + x))
        except (ValueError, ArithmeticError):
            return at_limit(ASIN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ASIN
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def arcsin(self) -> Value:
        """Return asin, by NumPy's name."""
        return self.asin()

    def acos(self) -> Value:
        """Return acos(self), as a Value: slope −∞ at ±1."""
        x = self._data
        try:
            f: float = math.acos(x)
            dx = -1.0 / math.sqrt((1.0 - x) * (1.0 + x))
        except (ValueError, ArithmeticError):
            return at_limit(ACOS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ACOS
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def arccos(self) -> Value:
        """Return acos, by NumPy's name."""
        return self.acos()

    def atan(self) -> Value:
        """Return atan(self), as a Value."""
        x = self._data
        try:
            f: float = math.atan(x)
            s = math.hypot(x, 1.0)
            dx = 1.0 / s / s
        except (ValueError, ArithmeticError):
            return at_limit(ATAN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ATAN
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def arctan(self) -> Value:
        """Return atan, by NumPy's name."""
        return self.atan()

    def atan2(self, other: Number) -> Value:
        """Return atan2(self, other), as a Value.

        The angle of the point (y, x), as in Python; it jumps by 2π where x = 0 > y; slopes 0 at the origin.
        """
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = math.atan2(x, y)
            w = math.hypot(x, y)
            s = w + (1.0 if w == 0.0 else 0.0)
            dx = y / s / s
            dy = -x / s / s
        except (ValueError, ArithmeticError):
            return at_limit(ATAN2, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ATAN2
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def arctan2(self, other: Number) -> Value:
        """Return atan2, by NumPy's name."""
        return self.atan2(other)

    def sinc(self) -> Value:
        """Return sinc(self), as a Value: sin(π x) / (π x), as NumPy; 1 at 0 and 0 at ±∞."""
        x = self._data
        try:
            f: float = numerics.sinc(x)
            dx = numerics.sinc_slope(x)
        except (ValueError, ArithmeticError):
            return at_limit(SINC, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SINC
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def _sinc_slope(self) -> Value:
        x = self._data
        try:
            f: float = numerics.sinc_slope(x)
            w = abs(x) - numerics.NEAR
            w2 = x if x <= 1.0 or x != x else 1.0
            w3 = 1.0 if w > 0.0 else 0.0
            w4 = -(calculus.PI_SQUARED * numerics.sinc(x) + 2.0 * f / (x + (1.0 if x == 0.0 else 0.0)))
            w5 = numerics.sinc_curve(w2 if w2 >= -1.0 or w2 != w2 else -1.0)
            dx = w4 if w3 != 0.0 else w5
        except (ValueError, ArithmeticError):
            return at_limit(SINC_SLOPE, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SINC_SLOPE
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def sinh(self) -> Value:
        """Return sinh(self), as a Value."""
        x = self._data
        try:
            f: float = math.sinh(x)
            dx = math.cosh(x)
        except (ValueError, ArithmeticError):
            return at_limit(SINH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SINH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def cosh(self) -> Value:
        """Return cosh(self), as a Value."""
        x = self._data
        try:
            f: float = math.cosh(x)
            dx = math.sinh(x)
        except (ValueError, ArithmeticError):
            return at_limit(COSH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = COSH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def tanh(self) -> Value:
        """Return tanh(self), as a Value."""
        x = self._data
        try:
            f: float = math.tanh(x)
            e = math.exp(-abs(x))
            dx = (2.0 * e / (1.0 + e * e)) ** 2.0
        except (ValueError, ArithmeticError):
            return at_limit(TANH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = TANH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def _sech(self) -> Value:
        x = self._data
        try:
            e = math.exp(-abs(x))
            f: float = 2.0 * e / (1.0 + e * e)
            dx = -f * math.tanh(x)
        except (ValueError, ArithmeticError):
            return at_limit(SECH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SECH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def asinh(self) -> Value:
        """Return asinh(self), as a Value."""
        x = self._data
        try:
            f: float = math.asinh(x)
            dx = 1.0 / math.hypot(x, 1.0)
        except (ValueError, ArithmeticError):
            return at_limit(ASINH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ASINH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def arcsinh(self) -> Value:
        """Return asinh, by NumPy's name."""
        return self.asinh()

    def acosh(self) -> Value:
        """Return acosh(self), as a Value: slope ∞ at 1."""
        x = self._data
        try:
            f: float = math.acosh(x)
            dx = 1.0 / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0))
        except (ValueError, ArithmeticError):
            return at_limit(ACOSH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ACOSH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def arccosh(self) -> Value:
        """Return acosh, by NumPy's name."""
        return self.acosh()

    def atanh(self) -> Value:
        """Return atanh(self), as a Value: ±∞ at ±1, with slope ∞."""
        x = self._data
        try:
            f: float = math.atanh(x)
            dx = 1.0 / ((1.0 - x) * (1.0 + x))
        except (ValueError, ArithmeticError):
            return at_limit(ATANH, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ATANH
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def arctanh(self) -> Value:
        """Return atanh, by NumPy's name."""
        return self.atanh()

    def sigmoid(self) -> Value:
        """Return σ(self) (sigmoid), as a Value: 1 / (1 + e^−x); does not overflow."""
        x = self._data
        try:
            e = math.exp(-abs(x))
            f: float = (1.0 if x >= 0.0 else e) / (1.0 + e)
            dx = f * ((1.0 if -x >= 0.0 else e) / (1.0 + e))
        except (ValueError, ArithmeticError):
            return at_limit(SIGMOID, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SIGMOID
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def logit(self) -> Value:
        """Return logit(self), as a Value: log(x / (1 − x)), the inverse of sigmoid; ±∞ at 1 and 0."""
        x = self._data
        try:
            f: float = 2.0 * math.atanh(2.0 * x - 1.0) if 0.25 < x < 0.75 else math.log(x) - math.log1p(-x)
            dx = 1.0 / ((x + 0.0) * (1.0 - x))
        except (ValueError, ArithmeticError):
            return at_limit(LOGIT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LOGIT
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def erf(self) -> Value:
        """Return erf(self), as a Value."""
        x = self._data
        try:
            f: float = math.erf(x)
            c = 134217729.0 * x
            h = c - (c - x)
            dx = (
                calculus.TWO_OVER_ROOT_PI
                * (0.0 if abs(x) > 40.0 else math.exp(-0.5 * (h * h)) * math.exp(-0.5 * ((x - h) * (x + h)))) ** 2.0
            )
        except (ValueError, ArithmeticError):
            return at_limit(ERF, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ERF
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def erfc(self) -> Value:
        """Return erfc(self), as a Value: 1 − erf(x), exact for large x."""
        x = self._data
        try:
            f: float = math.erfc(x)
            c = 134217729.0 * x
            h = c - (c - x)
            dx = (
                -calculus.TWO_OVER_ROOT_PI
                * (0.0 if abs(x) > 40.0 else math.exp(-0.5 * (h * h)) * math.exp(-0.5 * ((x - h) * (x + h)))) ** 2.0
            )
        except (ValueError, ArithmeticError):
            return at_limit(ERFC, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ERFC
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def erfinv(self) -> Value:
        """Return erfinv(self), as a Value: the inverse of erf; ±∞ at ±1, with slope ∞."""
        x = self._data
        try:
            s = numerics.erfinv(x)
            f: float = s
            size = abs(x)
            y2 = abs(s)
            c = 134217729.0 * y2
            h = c - (c - y2)
            whole = 0.886226925452758 * math.exp(h * h)
            rest = math.expm1((y2 - h) * (y2 + h)) + 2.0 * y2 * numerics.gap(y2, size) + numerics.ROOT_PI_REST
            dx = math.inf if size == 1.0 else whole + whole * rest
        except (ValueError, ArithmeticError):
            return at_limit(ERFINV, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ERFINV
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def _erfinv_slope(self) -> Value:
        x = self._data
        try:
            size = abs(x)
            s = numerics.erfinv(x)
            y2 = abs(s)
            c = 134217729.0 * y2
            h = c - (c - y2)
            whole = 0.886226925452758 * math.exp(h * h)
            rest = math.expm1((y2 - h) * (y2 + h)) + 2.0 * y2 * numerics.gap(y2, size) + numerics.ROOT_PI_REST
            f: float = math.inf if size == 1.0 else whole + whole * rest
            dx = 2.0 * s * f * f
        except (ValueError, ArithmeticError):
            return at_limit(ERFINV_SLOPE, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ERFINV_SLOPE
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def _gaussian(self) -> Value:
        x = self._data
        try:
            c = 134217729.0 * x
            h = c - (c - x)
            f: float = 0.0 if abs(x) > 40.0 else math.exp(-0.5 * (h * h)) * math.exp(-0.5 * ((x - h) * (x + h)))
            dx = -x * f
        except (ValueError, ArithmeticError):
            return at_limit(GAUSSIAN, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = GAUSSIAN
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def _normal_cdf(self) -> Value:
        x = self._data
        try:
            c = 134217729.0 * x
            h = c - (c - x)
            t = x * 0.7071067811865476
            lost = (
                h * 0.7071067839860916
                - t
                - h * 2.7995440410322203e-09
                + (x - h) * 0.7071067811865476
                - x * 4.833646656726457e-17
            )
            s = math.exp(-0.5 * (h * h)) * math.exp(-0.5 * ((x - h) * (x + h)))
            near = math.erfc(-t) / 2.0 + lost * 0.5641895835477563 * (0.0 if abs(x) > 40.0 else s)
            f: float = (1.0 if x > 0.0 else 0.0) if abs(x) > 40.0 else near
            dx = calculus.ONE_OVER_ROOT_TWO_PI * (0.0 if abs(x) > 40.0 else s)
        except (ValueError, ArithmeticError):
            return at_limit(NORMAL_CDF, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = NORMAL_CDF
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def relu(self) -> Value:
        """Return relu(self), as a Value: slope 0 at the kink, as PyTorch."""
        x = self._data
        f: float = x if x > 0.0 or x != x else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = RELU
        node._x = self
        node._y = None
        node._dx = 1.0 if x > 0.0 else 0.0
        return note_node(node) if OPEN else node

    def _leaky_relu(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = x if x > 0.0 else y * x
        w = 1.0 if x > 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = LEAKY_RELU
        node._x = self
        node._y = other
        node._dx = 1.0 if w != 0.0 else y
        node._dy = x * (1.0 - (1.0 if x > 0.0 else 0.0))
        return note_node(node) if OPEN else node

    def leaky_relu(self, slope: Number = 0.01) -> Value:
        """Return leaky_relu(self, slope), as a Value.

        X where x > 0, else y · x; the slope at the kink is y, as PyTorch.
        """
        result: Any = LEAKY_RELU(self, slope)
        return result  # type: ignore[no-any-return]

    def _elu(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x > 0.0 else y * math.expm1(x)
            w = 1.0 if x > 0.0 else 0.0
            s = math.exp((x if x <= 0.0 or x != x else 0.0) / 2.0)
            w2 = s * y * s
            dx = 1.0 if w != 0.0 else w2
            dy = math.expm1(x if x <= 0.0 or x != x else 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(ELU, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ELU
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def elu(self, alpha: Number = 1.0) -> Value:
        """Return elu(self, alpha), as a Value.

        X where x > 0, else y · (e^x − 1); the slope at the kink is y, as PyTorch.
        """
        result: Any = ELU(self, alpha)
        return result  # type: ignore[no-any-return]

    def softplus(self) -> Value:
        """Return softplus(self), as a Value: log(1 + e^x); does not overflow."""
        x = self._data
        try:
            e = math.exp(-abs(x))
            f: float = (x if x > 0.0 or x != x else 0.0) + math.log1p(e)
            dx = (1.0 if x >= 0.0 else e) / (1.0 + e)
        except (ValueError, ArithmeticError):
            return at_limit(SOFTPLUS, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SOFTPLUS
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def silu(self) -> Value:
        """Return silu(self), as a Value: x · σ(x), also called swish."""
        x = self._data
        try:
            f: float = numerics.silu(x)
            e = math.exp(-abs(x))
            w = (1.0 if -x >= 0.0 else e) / (1.0 + e)
            dx = (1.0 if x >= 0.0 else e) / (1.0 + e) + (f * w if f != 0.0 and w != 0.0 else 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(SILU, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SILU
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def gelu(self) -> Value:
        """Return gelu(self), as a Value: x · Φ(x), Φ the standard normal distribution."""
        x = self._data
        try:
            f: float = numerics.gelu(x)
            c = 134217729.0 * x
            h = c - (c - x)
            t = x * 0.7071067811865476
            lost = (
                h * 0.7071067839860916
                - t
                - h * 2.7995440410322203e-09
                + (x - h) * 0.7071067811865476
                - x * 4.833646656726457e-17
            )
            s = math.exp(-0.5 * (h * h)) * math.exp(-0.5 * ((x - h) * (x + h)))
            near = math.erfc(-t) / 2.0 + lost * 0.5641895835477563 * (0.0 if abs(x) > 40.0 else s)
            w = calculus.ONE_OVER_ROOT_TWO_PI * (0.0 if abs(x) > 40.0 else s)
            dx = ((1.0 if x > 0.0 else 0.0) if abs(x) > 40.0 else near) + (x * w if x != 0.0 and w != 0.0 else 0.0)
        except (ValueError, ArithmeticError):
            return at_limit(GELU, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = GELU
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def __abs__(self) -> Value:
        x = self._data
        f: float = abs(x)
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ABS
        node._x = self
        node._y = None
        node._dx = float((x > 0.0) - (x < 0.0)) if x == x else x
        return note_node(node) if OPEN else node

    def abs(self) -> Value:
        """Return |self| (abs), as a Value: slope 0 at the kink."""
        return self.__abs__()

    def maximum(self, other: Number) -> Value:
        """Return max(self, other) (maximum), as a Value: a tie splits the slope ½ : ½."""
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x >= y or x != x else y
            dx = numerics.ahead(x, y)
            dy = numerics.ahead(y, x)
        except (ValueError, ArithmeticError):
            return at_limit(MAXIMUM, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MAXIMUM
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def minimum(self, other: Number) -> Value:
        """Return min(self, other) (minimum), as a Value: a tie splits the slope ½ : ½."""
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = x if x <= y or x != x else y
            dx = numerics.ahead(y, x)
            dy = numerics.ahead(x, y)
        except (ValueError, ArithmeticError):
            return at_limit(MINIMUM, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MINIMUM
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _clip(self, second: Number, third: Number) -> Value:
        if type(second) is not Value and not isinstance(second, Value):
            second = leaf(second)
        if type(third) is not Value and not isinstance(third, Value):
            third = leaf(third)
        x, y, z = self._data, second._data, third._data
        try:
            f: float = numerics.clip(x, y, z)
            w = z - y
            w2 = y - x
            w3 = x - z
            dx = (1.0 if w > 0.0 else 0.0) * (1.0 - (1.0 if w2 > 0.0 else 0.0) - (1.0 if w3 > 0.0 else 0.0))
            dy = (1.0 if w > 0.0 else 0.0) * (1.0 if w2 > 0.0 else 0.0)
            dz = 1.0 - (1.0 if w > 0.0 else 0.0) * (1.0 - (1.0 if w3 > 0.0 else 0.0))
        except (ValueError, ArithmeticError):
            return at_limit(CLIP, (self, second, third))
        return record(CLIP, f, (self, second, third), (dx, dy, dz))

    def clip(self, low: Number, high: Number) -> Value:
        """Return clip(self, low, high), as a Value.

        X, but y where x < y and z where x > z; the slope at the bounds is 1, if they differ.
        """
        result: Any = CLIP(self, low, high)
        return result  # type: ignore[no-any-return]

    def where(self, second: Number, third: Number) -> Value:
        """Return where(self, second, third), as a Value: y where x is not 0, else z."""
        if type(second) is not Value and not isinstance(second, Value):
            second = leaf(second)
        if type(third) is not Value and not isinstance(third, Value):
            third = leaf(third)
        x, y, z = self._data, second._data, third._data
        f: float = y if x != 0.0 else z
        return record(
            WHERE, f, (self, second, third), (0.0, 1.0 - (1.0 if x == 0.0 else 0.0), 1.0 if x == 0.0 else 0.0)
        )

    def _step(self) -> Value:
        x = self._data
        f: float = 1.0 if x > 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = STEP
        node._x = self
        node._y = None
        node._dx = 0.0
        return note_node(node) if OPEN else node

    def sign(self) -> Value:
        """Return sign(self), as a Value: −1, 0 or 1."""
        x = self._data
        f: float = float((x > 0.0) - (x < 0.0)) if x == x else x
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SIGN
        node._x = self
        node._y = None
        node._dx = 0.0
        return note_node(node) if OPEN else node

    def floor(self) -> Value:
        """Return ⌊self⌋ (floor), as a Value: the whole number at or below; slope 0."""
        x = self._data
        try:
            f: float = math.copysign(float(math.floor(x)), x) if abs(x) < numerics.WHOLE else x
            dx = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(FLOOR, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = FLOOR
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def ceil(self) -> Value:
        """Return ⌈self⌉ (ceil), as a Value: the whole number at or above; slope 0."""
        x = self._data
        try:
            f: float = math.copysign(float(math.ceil(x)), x) if abs(x) < numerics.WHOLE else x
            dx = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(CEIL, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CEIL
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def trunc(self) -> Value:
        """Return trunc(self), as a Value: the whole number at or next to it towards 0; slope 0."""
        x = self._data
        try:
            f: float = math.copysign(float(math.trunc(x)), x) if abs(x) < numerics.WHOLE else x
            dx = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(TRUNC, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = TRUNC
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def rint(self) -> Value:
        """Return rint(self), as a Value: the nearest whole number, of two the even one; slope 0."""
        x = self._data
        try:
            f: float = math.copysign(abs(x) + numerics.WHOLE - numerics.WHOLE, x) if abs(x) < numerics.WHOLE else x
            dx = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(RINT, (self,))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = RINT
        node._x = self
        node._y = None
        node._dx = dx
        return note_node(node) if OPEN else node

    def mod(self, other: Number) -> Value:
        """Return mod(self, other), as a Value.

        X − y ⌊x / y⌋, with the sign of y, as Python and NumPy; it jumps where x / y is whole.
        """
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.mod(x, y)
            w = (f - x) / y
            dx = 1.0
            dy = math.copysign(abs(w) + numerics.WHOLE - numerics.WHOLE, w) if abs(w) < numerics.WHOLE else w
        except (ValueError, ArithmeticError):
            return at_limit(MOD, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = MOD
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _zero(self) -> Value:
        x = self._data
        f: float = 1.0 if x == 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = ZERO
        node._x = self
        node._y = None
        node._dx = 0.0
        return note_node(node) if OPEN else node

    def _ahead(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.ahead(x, y)
            dx = 0.0
            dy = 0.0
        except (ValueError, ArithmeticError):
            return at_limit(AHEAD, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = AHEAD
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _equal(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = 1.0 if x == y else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = EQUAL
        node._x = self
        node._y = other
        node._dx = 0.0
        node._dy = 0.0
        return note_node(node) if OPEN else node

    def _greater(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = 1.0 if x > y else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = GREATER
        node._x = self
        node._y = other
        node._dx = 0.0
        node._dy = 0.0
        return note_node(node) if OPEN else node

    def _at_least(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = 1.0 if x >= y else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = AT_LEAST
        node._x = self
        node._y = other
        node._dx = 0.0
        node._dy = 0.0
        return note_node(node) if OPEN else node

    def _weigh(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        f: float = x * y if x != 0.0 and y != 0.0 else 0.0
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = WEIGH
        node._x = self
        node._y = other
        node._dx = y
        node._dy = x
        return note_node(node) if OPEN else node

    def _squared_error(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = (x - y) * (x - y) / 2.0
            dx = x - y
            dy = y - x
        except (ValueError, ArithmeticError):
            return at_limit(SQUARED_ERROR, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = SQUARED_ERROR
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _cross_entropy(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            f: float = numerics.cross_entropy(x, y)
            w = 1.0 - x
            w2 = 1.0 - y
            dx = (
                x
                - y
                + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0)
                - (1.0 if w == 0.0 else 0.0) * (1.0 if w2 == 0.0 else 0.0)
            ) / (
                x * (1.0 - x)
                + (1.0 if x == 0.0 else 0.0) * (1.0 if y == 0.0 else 0.0)
                + (1.0 if w == 0.0 else 0.0) * (1.0 if w2 == 0.0 else 0.0)
            )
            dy = -(2.0 * math.atanh(2.0 * x - 1.0) if 0.25 < x < 0.75 else math.log(x) - math.log1p(-x))
        except (ValueError, ArithmeticError):
            return at_limit(CROSS_ENTROPY, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CROSS_ENTROPY
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node

    def _cross_entropy_logits(self, other: Number) -> Value:
        if type(other) is not Value and not isinstance(other, Value):
            other = leaf(other)
        x, y = self._data, other._data
        try:
            share = 1.0 - y if x > 0.0 else y
            e = math.exp(-abs(x))
            f: float = (abs(x) * share if x != 0.0 and share != 0.0 else 0.0) + math.log1p(e)
            dx = (1.0 - y) * ((1.0 if x >= 0.0 else e) / (1.0 + e)) - y * ((1.0 if -x >= 0.0 else e) / (1.0 + e))
            dy = -x
        except (ValueError, ArithmeticError):
            return at_limit(CROSS_ENTROPY_LOGITS, (self, other))
        node = new(Value)
        node._data = f
        node._swept = NONE
        node.op = CROSS_ENTROPY_LOGITS
        node._x = self
        node._y = other
        node._dx = dx
        node._dy = dy
        return note_node(node) if OPEN else node


# The rows.
ADD: Final = calculus.add
SUB: Final = calculus.sub
MUL: Final = calculus.mul
DIV: Final = calculus.div
NEG: Final = calculus.neg
SAME: Final = calculus.same
POW: Final = calculus.pow
EXP: Final = calculus.exp
EXPM1: Final = calculus.expm1
EXP2: Final = calculus.exp2
LOG: Final = calculus.log
LOG1P: Final = calculus.log1p
LOG2: Final = calculus.log2
LOG10: Final = calculus.log10
LOG1MEXP: Final = calculus.log1mexp
XLOGY: Final = calculus.xlogy
LOGADDEXP: Final = calculus.logaddexp
SHARE: Final = calculus.share
SQRT: Final = calculus.sqrt
CBRT: Final = calculus.cbrt
HYPOT: Final = calculus.hypot
SIN: Final = calculus.sin
COS: Final = calculus.cos
TAN: Final = calculus.tan
ASIN: Final = calculus.asin
ACOS: Final = calculus.acos
ATAN: Final = calculus.atan
ATAN2: Final = calculus.atan2
SINC: Final = calculus.sinc
SINC_SLOPE: Final = calculus.sinc_slope
SINH: Final = calculus.sinh
COSH: Final = calculus.cosh
TANH: Final = calculus.tanh
SECH: Final = calculus.sech
ASINH: Final = calculus.asinh
ACOSH: Final = calculus.acosh
ATANH: Final = calculus.atanh
SIGMOID: Final = calculus.sigmoid
LOGIT: Final = calculus.logit
ERF: Final = calculus.erf
ERFC: Final = calculus.erfc
ERFINV: Final = calculus.erfinv
ERFINV_SLOPE: Final = calculus.erfinv_slope
GAUSSIAN: Final = calculus.gaussian
NORMAL_CDF: Final = calculus.normal_cdf
RELU: Final = calculus.relu
LEAKY_RELU: Final = calculus.leaky_relu
ELU: Final = calculus.elu
SOFTPLUS: Final = calculus.softplus
SILU: Final = calculus.silu
GELU: Final = calculus.gelu
ABS: Final = calculus.abs
MAXIMUM: Final = calculus.maximum
MINIMUM: Final = calculus.minimum
CLIP: Final = calculus.clip
WHERE: Final = calculus.where
STEP: Final = calculus.step
SIGN: Final = calculus.sign
FLOOR: Final = calculus.floor
CEIL: Final = calculus.ceil
TRUNC: Final = calculus.trunc
RINT: Final = calculus.rint
MOD: Final = calculus.mod
ZERO: Final = calculus.zero
AHEAD: Final = calculus.ahead
EQUAL: Final = calculus.equal
GREATER: Final = calculus.greater
AT_LEAST: Final = calculus.at_least
WEIGH: Final = calculus.weigh
SQUARED_ERROR: Final = calculus.squared_error
CROSS_ENTROPY: Final = calculus.cross_entropy
CROSS_ENTROPY_LOGITS: Final = calculus.cross_entropy_logits
SQUARE: Final = calculus.pow.hold(2.0)

# The methods that record them.
WRITTEN: Final = {
    "add": "__add__",
    "sub": "__sub__",
    "mul": "__mul__",
    "div": "__truediv__",
    "neg": "__neg__",
    "same": "_same",
    "pow": "_pow",
    "exp": "exp",
    "expm1": "expm1",
    "exp2": "exp2",
    "log": "log",
    "log1p": "log1p",
    "log2": "log2",
    "log10": "log10",
    "log1mexp": "log1mexp",
    "xlogy": "xlogy",
    "logaddexp": "logaddexp",
    "share": "_share",
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "hypot": "hypot",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "asin",
    "acos": "acos",
    "atan": "atan",
    "atan2": "atan2",
    "sinc": "sinc",
    "sinc_slope": "_sinc_slope",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "sech": "_sech",
    "asinh": "asinh",
    "acosh": "acosh",
    "atanh": "atanh",
    "sigmoid": "sigmoid",
    "logit": "logit",
    "erf": "erf",
    "erfc": "erfc",
    "erfinv": "erfinv",
    "erfinv_slope": "_erfinv_slope",
    "gaussian": "_gaussian",
    "normal_cdf": "_normal_cdf",
    "relu": "relu",
    "leaky_relu": "_leaky_relu",
    "elu": "_elu",
    "softplus": "softplus",
    "silu": "silu",
    "gelu": "gelu",
    "abs": "__abs__",
    "maximum": "maximum",
    "minimum": "minimum",
    "clip": "_clip",
    "where": "where",
    "step": "_step",
    "sign": "sign",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "rint": "rint",
    "mod": "mod",
    "zero": "_zero",
    "ahead": "_ahead",
    "equal": "_equal",
    "greater": "_greater",
    "at_least": "_at_least",
    "weigh": "_weigh",
    "squared_error": "_squared_error",
    "cross_entropy": "_cross_entropy",
    "cross_entropy_logits": "_cross_entropy_logits",
}
