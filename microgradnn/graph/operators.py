"""What Python's operators do with a node: each is a row of the table."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from .native import mypyc_attr

ROWS: Final[dict[str, Any]] = {}  # the rows of the first table by their names; op.py fills it


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class NodeOperators:
    """The operators, and what is said of those that are written by mistake."""

    __slots__ = ()

    def item(self) -> Any:
        """Return what the node holds, `data`, for use outside the graph: the number, or a copy of an array."""
        raise NotImplementedError

    def _operate(self, name: str, *operands: Any) -> Any:
        """Return the row of an operator at its operands, of which one is this node."""
        return ROWS[name](*operands)

    def __add__(self, other: Any) -> Any:
        return self._operate("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._operate("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._operate("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._operate("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._operate("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._operate("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._operate("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._operate("div", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._operate("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._operate("pow", other, self)

    def __mod__(self, other: Any) -> Any:
        return self._operate("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._operate("mod", other, self)

    def __neg__(self) -> Any:
        return self._operate("neg", self)

    def __abs__(self) -> Any:
        return self._operate("abs", self)

    # What is written by mistake, and what to write instead.

    def __xor__(self, other: Any) -> NoReturn:
        raise TypeError("^ is no power in Python: write ** for a power, as in a**2")

    def __rxor__(self, other: Any) -> NoReturn:
        self.__xor__(other)

    def __and__(self, other: Any) -> NoReturn:
        raise TypeError("& and | join comparisons, as in (a > 0) & (a < 3); of numbers write a * b, minimum or maximum")

    def __rand__(self, other: Any) -> NoReturn:
        self.__and__(other)

    def __or__(self, other: Any) -> NoReturn:
        self.__and__(other)

    def __ror__(self, other: Any) -> NoReturn:
        self.__and__(other)

    def __invert__(self) -> NoReturn:
        raise TypeError("~ turns a comparison round, as in ~(a > 0); the negative of a number is -a")

    def __matmul__(self, other: Any) -> Any:
        raise TypeError(
            "@ is of Tensors and arrays; of two Values write a * b, of two lists of them microgradnn.dot(v, w)"
        )

    def __round__(self, digits: int | None = None) -> NoReturn:
        raise TypeError("round() leaves the graph, and has no slope: write round(a.item(), 2) for a number to show")

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if getattr(self, "size", 1) != 1:
            raise TypeError(f"the format {spec!r} is for one number; write the numbers of {self!r:.80} one by one")
        return format(float(self.item()), spec)
