"""The rows of both tables as methods of Tensor, written by .ci/write_methods.py."""

from __future__ import annotations

from typing import Any

from ..graph import Node
from ..rules import arrays, calculus


class TensorMethods(Node):
    """What Tensor inherits: those functions for which nothing is written by hand."""

    __slots__ = ()

    def exp(self) -> Any:
        """Return exp(self), as a Tensor."""
        return self._record(calculus.exp, self)

    def expm1(self) -> Any:
        """Return expm1(self), as a Tensor: e^x − 1, exact for small x."""
        return self._record(calculus.expm1, self)

    def exp2(self) -> Any:
        """Return exp2(self), as a Tensor: 2^x."""
        return self._record(calculus.exp2, self)

    def log(self) -> Any:
        """Return log(self), as a Tensor: the natural logarithm; −∞ at 0, with slope ∞."""
        return self._record(calculus.log, self)

    def log1p(self) -> Any:
        """Return log1p(self), as a Tensor: log(1 + x), exact for small x."""
        return self._record(calculus.log1p, self)

    def log2(self) -> Any:
        """Return log2(self), as a Tensor."""
        return self._record(calculus.log2, self)

    def log10(self) -> Any:
        """Return log10(self), as a Tensor."""
        return self._record(calculus.log10, self)

    def log1mexp(self) -> Any:
        """Return log1mexp(self), as a Tensor: log(1 − e^−x), exact for small and large x; −∞ at 0, with slope ∞."""
        return self._record(calculus.log1mexp, self)

    def xlogy(self, other: Any) -> Any:
        """Return xlogy(self, other), as a Tensor: x · log y, and 0 where x is 0, at y = 0 too, with slope 0 in y."""
        return self._record(calculus.xlogy, self, other)

    def logaddexp(self, other: Any) -> Any:
        """Return logaddexp(self, other), as a Tensor.

        Log(e^x + e^y); does not overflow, and a tie has slopes ½ and ½, at ±∞ too.
        """
        return self._record(calculus.logaddexp, self, other)

    def sqrt(self) -> Any:
        """Return sqrt(self), as a Tensor: slope ∞ at 0."""
        return self._record(calculus.sqrt, self)

    def cbrt(self) -> Any:
        """Return cbrt(self), as a Tensor: slope ∞ at 0."""
        return self._record(calculus.cbrt, self)

    def hypot(self, other: Any) -> Any:
        """Return hypot(self, other), as a Tensor: √(x² + y²); slopes 0 at the origin."""
        return self._record(calculus.hypot, self, other)

    def sin(self) -> Any:
        """Return sin(self), as a Tensor."""
        return self._record(calculus.sin, self)

    def cos(self) -> Any:
        """Return cos(self), as a Tensor."""
        return self._record(calculus.cos, self)

    def tan(self) -> Any:
        """Return tan(self), as a Tensor: and so on with period π."""
        return self._record(calculus.tan, self)

    def asin(self) -> Any:
        """Return asin(self), as a Tensor: slope ∞ at ±1."""
        return self._record(calculus.asin, self)

    def arcsin(self) -> Any:
        """Return asin, by NumPy's name."""
        return self.asin()

    def acos(self) -> Any:
        """Return acos(self), as a Tensor: slope −∞ at ±1."""
        return self._record(calculus.acos, self)

    def arccos(self) -> Any:
        """Return acos, by NumPy's name."""
        return self.acos()

    def atan(self) -> Any:
        """Return atan(self), as a Tensor."""
        return self._record(calculus.atan, self)

    def arctan(self) -> Any:
        """Return atan, by NumPy's name."""
        return self.atan()

    def atan2(self, other: Any) -> Any:
        """Return atan2(self, other), as a Tensor.

        The angle of the point (y, x), as in Python; it jumps by 2π where x = 0 > y; slopes 0 at the origin.
        """
        return self._record(calculus.atan2, self, other)

    def arctan2(self, other: Any) -> Any:
        """Return atan2, by NumPy's name."""
        return self.atan2(other)

    def sinc(self) -> Any:
        """Return sinc(self), as a Tensor: sin(π x) / (π x), as NumPy; 1 at 0 and 0 at ±∞."""
        return self._record(calculus.sinc, self)

    def sinh(self) -> Any:
        """Return sinh(self), as a Tensor."""
        return self._record(calculus.sinh, self)

    def cosh(self) -> Any:
        """Return cosh(self), as a Tensor."""
        return self._record(calculus.cosh, self)

    def tanh(self) -> Any:
        """Return tanh(self), as a Tensor."""
        return self._record(calculus.tanh, self)

    def asinh(self) -> Any:
        """Return asinh(self), as a Tensor."""
        return self._record(calculus.asinh, self)

    def arcsinh(self) -> Any:
        """Return asinh, by NumPy's name."""
        return self.asinh()

    def acosh(self) -> Any:
        """Return acosh(self), as a Tensor: slope ∞ at 1."""
        return self._record(calculus.acosh, self)

    def arccosh(self) -> Any:
        """Return acosh, by NumPy's name."""
        return self.acosh()

    def atanh(self) -> Any:
        """Return atanh(self), as a Tensor: ±∞ at ±1, with slope ∞."""
        return self._record(calculus.atanh, self)

    def arctanh(self) -> Any:
        """Return atanh, by NumPy's name."""
        return self.atanh()

    def sigmoid(self) -> Any:
        """Return σ(self) (sigmoid), as a Tensor: 1 / (1 + e^−x); does not overflow."""
        return self._record(calculus.sigmoid, self)

    def logit(self) -> Any:
        """Return logit(self), as a Tensor: log(x / (1 − x)), the inverse of sigmoid; ±∞ at 1 and 0."""
        return self._record(calculus.logit, self)

    def erf(self) -> Any:
        """Return erf(self), as a Tensor."""
        return self._record(calculus.erf, self)

    def erfc(self) -> Any:
        """Return erfc(self), as a Tensor: 1 − erf(x), exact for large x."""
        return self._record(calculus.erfc, self)

    def erfinv(self) -> Any:
        """Return erfinv(self), as a Tensor: the inverse of erf; ±∞ at ±1, with slope ∞."""
        return self._record(calculus.erfinv, self)

    def relu(self) -> Any:
        """Return relu(self), as a Tensor: slope 0 at the kink, as PyTorch."""
        return self._record(calculus.relu, self)

    def leaky_relu(self, slope: Any = 0.01) -> Any:
        """Return leaky_relu(self, slope), as a Tensor.

        X where x > 0, else y · x; the slope at the kink is y, as PyTorch.
        """
        return self._record(calculus.leaky_relu, self, slope)

    def elu(self, alpha: Any = 1.0) -> Any:
        """Return elu(self, alpha), as a Tensor.

        X where x > 0, else y · (e^x − 1); the slope at the kink is y, as PyTorch.
        """
        return self._record(calculus.elu, self, alpha)

    def softplus(self) -> Any:
        """Return softplus(self), as a Tensor: log(1 + e^x); does not overflow."""
        return self._record(calculus.softplus, self)

    def silu(self) -> Any:
        """Return silu(self), as a Tensor: x · σ(x), also called swish."""
        return self._record(calculus.silu, self)

    def gelu(self) -> Any:
        """Return gelu(self), as a Tensor: x · Φ(x), Φ the standard normal distribution."""
        return self._record(calculus.gelu, self)

    def abs(self) -> Any:
        """Return |self| (abs), as a Tensor: slope 0 at the kink."""
        return self._record(calculus.abs, self)

    def maximum(self, other: Any) -> Any:
        """Return max(self, other) (maximum), as a Tensor: a tie splits the slope ½ : ½."""
        return self._record(calculus.maximum, self, other)

    def minimum(self, other: Any) -> Any:
        """Return min(self, other) (minimum), as a Tensor: a tie splits the slope ½ : ½."""
        return self._record(calculus.minimum, self, other)

    def clip(self, low: Any, high: Any) -> Any:
        """Return clip(self, low, high), as a Tensor.

        X, but y where x < y and z where x > z; the slope at the bounds is 1, if they differ.
        """
        return self._record(calculus.clip, self, low, high)

    def where(self, second: Any, third: Any) -> Any:
        """Return where(self, second, third), as a Tensor: y where x is not 0, else z."""
        return self._record(calculus.where, self, second, third)

    def sign(self) -> Any:
        """Return sign(self), as a Tensor: −1, 0 or 1."""
        return self._record(calculus.sign, self)

    def floor(self) -> Any:
        """Return ⌊self⌋ (floor), as a Tensor: the whole number at or below; slope 0."""
        return self._record(calculus.floor, self)

    def ceil(self) -> Any:
        """Return ⌈self⌉ (ceil), as a Tensor: the whole number at or above; slope 0."""
        return self._record(calculus.ceil, self)

    def trunc(self) -> Any:
        """Return trunc(self), as a Tensor: the whole number at or next to it towards 0; slope 0."""
        return self._record(calculus.trunc, self)

    def rint(self) -> Any:
        """Return rint(self), as a Tensor: the nearest whole number, of two the even one; slope 0."""
        return self._record(calculus.rint, self)

    def mod(self, other: Any) -> Any:
        """Return mod(self, other), as a Tensor.

        X − y ⌊x / y⌋, with the sign of y, as Python and NumPy; it jumps where x / y is whole.
        """
        return self._record(calculus.mod, self, other)

    def cumsum(self, axis: Any = None) -> Any:
        """Return cumsum of self, as a Tensor: the sums of the first, the first two, …; without an axis, of all."""
        return arrays.cumsum(self, axis=axis)

    def cumprod(self, axis: Any = None) -> Any:
        """Return cumprod of self, as a Tensor: the products of the first, the first two, …; nothing is divided."""
        return arrays.cumprod(self, axis=axis)

    def flip(self, axis: Any = None) -> Any:
        """Return flip of self, as a Tensor: the other way round along the axes."""
        return arrays.flip(self, axis=axis)
