"""Operations: the rows of the tables, and what calling one does.

A row knows its value, its rules and how it is written. It hands nodes to their own class, which records them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from . import limits
from .decisions import Condition, in_formula
from .interval import REAL, Interval
from .native import mypyc_attr
from .node import Node
from .operators import ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

N = TypeVar("N", bound=Node)


OPS: dict[str, Op] = ROWS


@mypyc_attr(allow_interpreted_subclasses=True)  # those of operations.py
class Op:
    """One row of a table, once it is registered. Call it with floats, arrays, nodes, symbols or fractions.

    Its columns:

    - `scalar` and `array`, what it is worth at floats and at arrays;
    - `partials`, the rules: `partials[i](f, x, y, …)` is ∂f/∂(argument i), in the form that keeps its digits;
      `paper`, the same slopes as one writes them by hand, where that is another form: 1 − f² for the tanh. Those
      are shown, and what `derive` prints runs as it is printed;
    - `domain`, an interval for each argument; `kink(x, y, …)`, 0 where the slope jumps; a `branch` of slope 0 was
      not taken: nothing comes back through it, at any order;
    - `text` and `latex`, how it is written: `{x:sum}` stands for an operand that needs brackets if it binds less
      than a sum does, `{x}` for one that never does; the whole binds as `binds`;
    - `holds`, how many of the last arguments are part of the operation, and no nodes, when they are numbers. The
      row that `hold` makes then has them in `held`; its rule is `held_rule(*held)`, where that is simpler: 2 x of
      the square;
    - `public`: it is a function of the package and a method of its nodes, the last arguments with the names and
      defaults of `options`. Others are there for the rules alone.
    """

    __slots__ = (
        *("name", "scalar", "array", "partials", "paper", "domain", "kink"),
        *("symbol", "text", "latex", "binds", "note", "holds", "held", "held_rule", "branch", "options", "public"),
    )
    rounding: ClassVar[float] = 0.0  # by which a slope on nodes may differ from that of numbers, relative to it

    def __init__(
        self,
        name: str,
        scalar: Callable[..., Any],
        array: Callable[..., Any],
        *partials: Callable[..., Any],
        paper: Sequence[Callable[..., Any]] = (),
        domain: Interval | Sequence[Interval] = REAL,
        kink: Callable[..., Any] | None = None,
        symbol: str = "",
        text: str = "",
        latex: str = "",
        binds: str = "atom",
        branch: bool = False,
        holds: int = 0,
        options: dict[str, float | None] | None = None,
        public: bool = True,
        held_rule: Callable[..., Any] | None = None,
        note: str = "",
        held: tuple[float, ...] = (),
    ) -> None:
        call = ", ".join("{" + letter + "}" for letter in "xyz"[: len(partials)])
        self.name = name
        self.scalar = scalar
        self.array = array
        self.partials: Any = partials
        self.paper: Any = paper or partials
        self.domain = (domain,) * len(partials) if isinstance(domain, Interval) else tuple(domain)
        self.kink = kink
        self.symbol = symbol or name
        self.text = text or f"{name}({call})"
        self.latex = latex or rf"\operatorname{{{{{name}}}}}({call})"
        self.binds = binds
        self.note = note
        self.branch = branch
        self.holds = holds
        self.options = options or {}
        self.public = public
        self.held_rule = held_rule
        self.held = held

    def __repr__(self) -> str:
        return f"<op {self.name}{self.held or ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        known = OPS.get(self.name)
        if known is not self and not (self.held and known is not None):
            raise TypeError(f"a graph is pickled with the names of its operations, and {self!r} is in no table")
        return row, (self.name, self.held)

    def __deepcopy__(self, memo: Any) -> Op:
        return self  # which does not change

    def hold(self, *last: float) -> Op:
        """Return the row with its last arguments held fixed: `pow.hold(2.0)` is the square."""
        return _held(self, last)

    @property
    def arity(self) -> int | None:
        """How many arguments it takes; None where it takes as many as there are."""
        return len(self.partials)

    def of_arrays(self, *xs: Any) -> Any:
        """Return the array function at `xs`, which stand one by one."""
        return self.array(*xs)

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
        """Return the operation at `args`, in their number system."""
        for arg in args:
            if isinstance(arg, Node):
                return arg._record(self, *args)
        for arg in args:
            if type(arg) is not float:
                if isinstance(arg, Condition) and arg.row is not None:
                    return self(*map(in_formula, args))
                if hasattr(arg, "dtype"):
                    return limits.of_arrays(self, args)
        try:
            return self.scalar(*args)
        except (ValueError, ArithmeticError) as error:
            return limits.value(self, args, error)
        except TypeError as error:
            raise limits.refuse(self, args, error) from None


@lru_cache(maxsize=1024)
def _held(op: Op, last: tuple[float, ...]) -> Op:
    free = len(op.partials) - len(last)
    rules = (op.held_rule(*last),) if op.held_rule else [hold_last(rule, last, 1 + free) for rule in op.partials[:free]]
    paper = rules if op.held_rule else [hold_last(rule, last, 1 + free) for rule in op.paper[:free]]
    return Op(
        op.name,
        hold_last(op.scalar, last, free),
        hold_last(op.array, last, free),
        *rules,
        paper=paper,
        domain=op.domain[:free],
        kink=op.kink,
        symbol=op.symbol,
        text=op.text,
        latex=op.latex,
        binds=op.binds,
        branch=op.branch,
        note=op.note,
        held=last,
    )


def hold_last(function: Callable[..., Any], last: tuple[float, ...], free: int) -> Callable[..., Any]:
    """Return `function` as one of `free` arguments, the last ones being held."""
    if len(last) > 1 or free > 2:
        return lambda *xs: function(*xs, *last)
    (held,) = last  # a fixed arity: x**2 takes 640 ns instead of 1200
    return (lambda x: function(x, held)) if free == 1 else (lambda f, x: function(f, x, held))


def row(name: str, held: tuple[float, ...] = ()) -> Op:
    """Return the row called `name`, with its last arguments held at `held`; LookupError where there is none."""
    if name not in OPS:
        raise LookupError(f"there is no operation {name!r}; one of your own has to be made before its graphs are read")
    return OPS[name].hold(*held) if held else OPS[name]


def register(rows: Mapping[str, object]) -> None:
    """Enter the rows among the names of a module, which is a table, under their names."""
    OPS.update({name: row for name, row in rows.items() if isinstance(row, Op)})
