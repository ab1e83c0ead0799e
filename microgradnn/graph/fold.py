"""Rows of as many arguments as there are: sums, products, dot products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import limits
from .interval import REAL
from .node import Node
from .op import Op

if TYPE_CHECKING:
    from numpy.typing import NDArray

N = TypeVar("N", bound=Node)


class Partials:
    """The rules of a `Fold`: as many as it is given arguments, so they cannot be counted."""

    def __init__(self, op: Fold, rule: Callable[..., Any]) -> None:
        self.op = op
        self.rule = rule

    def __getitem__(self, i: int) -> Callable[..., Any]:
        return lambda f, *xs: [slope for slopes in self.rule(f, *self.op.split(xs)) for slope in slopes][i]

    __iter__ = None


class Fold(Op):
    """A row of as many arguments as there are: a sum, a product, a dot product.

    Call it with a sequence (`dot` with two), or with the arguments one by one. `fold(xs)` is the
    result, and `rule(f, xs)` gives the slopes in all of them, sequence by sequence, `paper` as one
    writes them by hand, where that is another form. In print the operands stand between `open` and
    `close`, with the `separator` between them, each bound as `each`; of two sequences, their products.
    """

    __slots__ = ("close", "each", "fold", "lists", "open", "rule", "separator", "sequences")

    def __init__(
        self,
        name: str,
        fold: Callable[..., Any],
        array: Callable[..., Any],
        rule: Callable[..., Any],
        *,
        paper: Callable[..., Any] | None = None,
        sequences: int = 1,
        open: str = "",
        separator: str = ", ",
        close: str = "",
        each: str = "",
        binds: str = "atom",
        note: str = "",
    ) -> None:
        super().__init__(name, lambda *xs: fold(*self.split(xs)), array, binds=binds, note=note)
        self.fold = fold
        self.rule = rule
        self.partials = Partials(self, rule)
        self.paper = Partials(self, paper) if paper else self.partials
        self.domain = (REAL,)
        self.sequences = sequences
        self.lists = [list] * sequences  # the types of the arguments that it is mostly called with
        self.open = open
        self.separator = separator
        self.close = close
        self.each = each

    @property
    def arity(self) -> None:
        """It takes as many arguments as there are."""
        return None

    def split(self, xs: Sequence[Any]) -> list[Sequence[Any]]:
        """Return arguments that stand one by one as the sequences that they are."""
        n = len(xs) // self.sequences
        return [xs[i * n : (i + 1) * n] for i in range(self.sequences)]

    def of_arrays(self, *xs: Any) -> Any:
        """Return the array function at `xs`, which stand one by one."""
        return self.array(*self.split(xs))

    @overload  # type: ignore[override] # of more than a row of few
    def __call__(self, xs: Sequence[N], /, *others: Sequence[N | float]) -> N: ...
    @overload
    def __call__(self, xs: Sequence[float], /, *others: Sequence[float]) -> float: ...
    @overload
    def __call__(self, x: N, /, *others: N | float) -> N: ...
    @overload
    def __call__(self, x: float, y: N, /, *others: N | float) -> N: ...
    @overload
    def __call__(self, x: float, /, *others: float) -> float: ...
    @overload
    def __call__(self, x: NDArray[Any], /, *others: Any) -> NDArray[Any]: ...
    @overload
    def __call__(self, *args: Any) -> Any: ...

    def __call__(self, *args: Any) -> Any:
        """Return the operation at a sequence, or at arguments one by one."""
        sequences: Sequence[Sequence[Any]] = args
        if [*map(type, args)] != self.lists:
            if args and all(map(is_numeric_array, args)):
                return self.array(*args)
            for arg in args:
                if isinstance(arg, Node) and hasattr(arg, "shape"):
                    return arg._record(self, *args)
            sequences = self.to_sequences(args)
        if len(sequences[0]) != len(sequences[-1]):
            lengths = " and ".join(str(len(xs)) for xs in sequences)
            raise ValueError(f"{self.name}: the sequences have {lengths} numbers")
        for xs in sequences:
            for x in xs:
                if isinstance(x, Node):
                    return x._record_fold(self, sequences)
        try:
            return self.fold(*sequences)
        except TypeError as error:
            raise limits.refuse(self, [x for xs in sequences for x in xs], error) from None

    def to_sequences(self, args: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return the arguments as sequences."""
        if len(args) != self.sequences or not all(map(is_sequence, args)):
            if len(args) % self.sequences:
                raise TypeError(
                    f"{self.name} takes {self.sequences} sequences of equal length, got {len(args)} numbers"
                )
            return self.split(args)
        return [arg if type(arg) is list else list(getattr(arg, "flat", arg)) for arg in args]


def is_sequence(x: Any) -> bool:
    """Whether x holds many numbers."""
    return type(x) is list or hasattr(x, "__iter__")


def is_numeric_array(x: Any) -> bool:
    """Whether x is an array of numbers, not of nodes, and no single number."""
    return type(x) is not list and hasattr(x, "dtype") and x.ndim > 0 and x.dtype != object and not isinstance(x, Node)
