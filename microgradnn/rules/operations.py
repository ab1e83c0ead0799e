"""Operations of the user's own: rows that are checked when they are made, and again whenever they are used.

A row of the library's is held to its claims by the tests; that of a user by what stands here. It has
one result, a slope or pullback for each argument, and these have a number and the right shape.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from numbers import Rational
from typing import Any, Self

import numpy as np

from ..errors import DomainError, ShapeError
from ..graph import OPS, REAL, Fold, Interval, Node, Op
from . import numerics
from .arrays import ARRAY_OPS, ArrayOp
from .notation import Operand, Symbol, constant, formula

LETTERS = "xyz"
BINDS = ("sum", "product", "power", "atom")
PRINTED = {"np", "math", "m", "value", "value_and_gradients", "gradients"}  # what printed modules have besides


class Operation(Op):
    """An element-wise operation of the user's own. In a `with` statement it is in the table inside alone."""

    __slots__ = ("functions",)

    functions: dict[str, Callable[..., Any]]  # as they were given: of numbers, and of arrays if there is one

    def remove(self) -> None:
        """Take it out of the table: its name is free again. Its graphs stay, but cannot be pickled."""
        remove(OPS, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class ArrayOperation(ArrayOp):
    """An operation on whole arrays of the user's own. In a `with` statement it is in the table inside alone."""

    __slots__ = ("functions",)

    functions: dict[str, Callable[..., Any]]  # as it was given

    def hold(self, **parameters: Any) -> ArrayOperation:
        """Return it with these parameters."""
        held = super().hold(**parameters)
        assert isinstance(held, ArrayOperation)
        held.functions = self.functions
        return held

    def remove(self) -> None:
        """Take it out of the table: its name is free again. Its graphs stay, but cannot be pickled."""
        remove(ARRAY_OPS, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def operation(
    function: Callable[..., Any],
    *slopes: Callable[..., Any],
    name: str = "",
    array: Callable[..., Any] | None = None,
    domain: Interval | tuple[float, float] | Sequence[Interval] = REAL,
    kink: Callable[..., Any] | None = None,
    symbol: str = "",
    text: str = "",
    latex: str = "",
    binds: str = "atom",
    note: str = "",
) -> Operation:
    """Make `function`, of one to three numbers, an operation: of numbers, arrays, Values and Tensors.

    `slopes[i](f, x, y, …)` is ∂f/∂(argument i), `f` being the result. Written with arithmetic and microgradnn's
    functions a slope works everywhere; any other gives first derivatives, but none of higher order and no printed
    code. The rest can be left out: `name` is that of the function, `array` its form for whole arrays (else it is
    called for each number), `domain` an interval (low, high), or one for each argument, `kink(x, y, …)` is 0 where
    the slope jumps, and `symbol`, `text`, `latex`, `binds` and `note` say how it is written, as in the table.

    Raises ValueError where the name is taken, and TypeError where function and slopes do not fit.

    >>> from microgradnn import Value, operation
    >>> def cube(x):
    ...     return x * x * x
    >>> with operation(cube, lambda f, x: 3 * x * x) as cubed:
    ...     y = cubed(Value(2.0, "x"))
    >>> y, y.partials
    (Value(8.0, op='cube'), (12.0,))
    """
    name = free_name(function, name)
    if not 1 <= len(slopes) <= len(LETTERS):
        raise TypeError(
            f"{name}: an operation has a slope for each of its one to three arguments; got {len(slopes)}: "
            f"operation({name}, lambda f, x: …)"
        )
    letters = LETTERS[: len(slopes)]
    fits(function, letters, name)
    for letter, rule in zip(letters, slopes, strict=True):
        fits(rule, f"f{letters}", f"{name}: the slope in {letter}")
    for template in (text, latex):
        check_template(template, set(letters), name)
    if binds not in BINDS:
        raise ValueError(f"{name}: unknown binds {binds!r} (choose from {', '.join(BINDS)})")
    scalar = partial(of_numbers, function, name)
    if array is None:
        array = function if isinstance(function, np.ufunc) else None
    made = Operation(
        name,
        scalar,
        partial(of_arrays, array or numerics.elementwise(scalar), name),
        *[partial(of_slope, rule, name, letter) for letter, rule in zip(letters, slopes, strict=True)],
        domain=intervals(domain, len(slopes), name),
        kink=kink,
        symbol=symbol,
        text=text,
        latex=latex,
        binds=binds,
        note=note,
    )
    made.functions = {"scalar": function, **({"array": array} if array else {})}
    OPS[name] = made
    return made


def array_operation(
    function: Callable[..., Any],
    *pullbacks: Callable[..., Any],
    name: str = "",
    text: str = "",
    binds: str = "atom",
    symbol: str = "",
    note: str = "",
) -> ArrayOperation:
    """Make `function`, of one to three whole arrays, an operation on arrays and Tensors.

    `pullbacks[i](g, f, x, y, …)` is the gradient in argument i, of its shape, given `g`, the one in the result `f`.
    Parameters are given by name, and go to the function and to the pullbacks: `roll(T, by=2)`. Written with
    arithmetic and rows of the tables a pullback gives derivatives of any order, and code.

    Raises ValueError where the name is taken, and TypeError where function and pullbacks do not fit.

    >>> import numpy as np
    >>> from microgradnn import Tensor, array_operation
    >>> def double(x):
    ...     return x + x
    >>> with array_operation(double, lambda g, f, x: g + g) as twice:
    ...     J = twice(Tensor([[1.0, 2.0]], "X")).sum()
    >>> J
    Tensor(6., op='sum')
    """
    name = free_name(function, name)
    if not 1 <= len(pullbacks) <= len(LETTERS):
        raise TypeError(
            f"{name}: an operation has a pullback for each of its one to three arrays; got {len(pullbacks)}: "
            f"array_operation({name}, lambda g, f, x: …)"
        )
    letters = LETTERS[: len(pullbacks)]
    check_template(text, {*letters, "np", "s_", "xs", "options", "parameters"}, name)
    if binds not in BINDS:
        raise ValueError(f"{name}: unknown binds {binds!r} (choose from {', '.join(BINDS)})")
    made = ArrayOperation(
        name,
        partial(of_whole_arrays, function, name),
        *[partial(of_pullback, rule, name, i) for i, rule in enumerate(pullbacks)],
        text=text or f"{name}({', '.join(f'{{{letter}}}' for letter in letters)}{{parameters}})",
        binds=binds,
        symbol=symbol,
        note=note,
    )
    made.functions = {"array": function}
    ARRAY_OPS[name] = made
    return made


# --- when it is made ----------------------------------------------------------------------------


def free_name(function: Callable[..., Any], name: str) -> str:
    """Return the name of an operation to be; ValueError where it has none, or where that is taken."""
    if not callable(function):
        raise TypeError(f"an operation is made of a function, got {function!r}")
    name = name or getattr(function, "__name__", "")
    if not name.isidentifier() or keyword.iskeyword(name):
        told = "a lambda has no name" if name == "<lambda>" else f"{name!r} is no name" if name else "it has no name"
        raise ValueError(f"{told}: say how the operation is called, as in operation(…, name='cube')")
    if name in OPS or name in ARRAY_OPS:
        own = isinstance(OPS.get(name) or ARRAY_OPS.get(name), (Operation, ArrayOperation))
        hint = f"; {name}.remove() frees it" if own else ""
        raise ValueError(f"there is an operation {name!r} already: give yours another name{hint}")
    if name in PRINTED or hasattr(builtins, name) or hasattr(numerics, name):
        raise ValueError(f"{name!r} is a name that printed code needs: give the operation another")
    return name


def fits(function: Callable[..., Any], letters: str, told: str) -> None:
    """Raise TypeError where a function does not take these arguments, if that can be seen."""
    told_letters = ", ".join(letters)
    if isinstance(function, np.ufunc):
        if function.nin != len(letters) or function.nout != 1:
            raise TypeError(f"{told}: np.{function.__name__} does not take ({told_letters}) to one result")
        return
    if not callable(function):
        raise TypeError(f"{told} is a function of ({told_letters}), got {function!r}")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # one of C's may not say
        return
    try:
        signature.bind(*letters)
    except TypeError as error:
        raise TypeError(f"{told} is called with ({told_letters}), one slope for each argument: {error}") from None


def check_template(template: str, letters: set[str], name: str) -> None:
    """Raise ValueError where a text to be filled in names something else than these."""
    from string import Formatter  # with fractions, which a Rational spares, 2 ms of an import

    for _, field, _, _ in Formatter().parse(template):
        if field is not None and field not in letters:
            raise ValueError(
                f"{name}: {{{field}}} in {template!r} is no argument (choose from {', '.join(sorted(letters))}); "
                "a brace of LaTeX's own is doubled"
            )


def intervals(domain: Any, arity: int, name: str) -> tuple[Interval, ...]:
    """Return an interval for each argument."""
    if isinstance(domain, Interval):
        return (domain,) * arity
    several = tuple(domain)
    if several and all(isinstance(one, Interval) for one in several):
        if len(several) != arity:
            raise ValueError(f"{name}: {len(several)} intervals for {arity} arguments")
        return several
    if len(several) != 2 or not several[0] < several[1]:
        raise ValueError(f"{name}: a domain is (low, high), or an Interval for each argument; got {domain!r}")
    return (Interval(float(several[0]), float(several[1])),) * arity


def remove(table: dict[str, Any], row: Op | ArrayOp) -> None:
    """Take a row out of its table, if it is there."""
    if table.get(row.name) is row:
        del table[row.name]


# --- when it is used ------------------------------------------------------------------------------


def describe(x: Any) -> str:
    """Say what was found where one number, or array, was to be."""
    if isinstance(x, (tuple, list)):
        return f"{len(x)} results; make an operation of each"
    return "None; is a return missing?" if x is None else f"{x!r} ({type(x).__name__})"


def of_numbers(function: Callable[..., Any], name: str, *xs: Any) -> Any:
    """Return the result at numbers; ValueError outside of the reals, TypeError where it is no number."""
    f = function(*xs)
    if type(f) is float:
        return f
    if isinstance(f, complex):
        raise ValueError(f"{f} is not real")
    if isinstance(f, (int, float, np.number, np.bool_)):
        return float(f)
    if isinstance(f, Rational) or (isinstance(f, np.ndarray) and f.ndim == 0 and f.dtype.kind in "fiub"):
        return f if isinstance(f, Rational) else float(f)
    raise TypeError(f"{name} has to give one number, and gave {describe(f)}")


def of_arrays(function: Callable[..., Any], name: str, *xs: Any) -> Any:
    """Return the result at arrays, of the shape to which these broadcast, and which shares nothing with them."""
    shape = np.broadcast_shapes(*map(np.shape, xs))
    f = function(*xs)
    if not isinstance(f, (np.ndarray, np.generic, float, int)) or np.asarray(f).dtype.kind not in "fiubc":
        raise TypeError(f"{name} has to give one array, and gave {describe(f)}")
    result = np.asarray(f)
    if result.dtype.kind == "c" and not any(np.iscomplexobj(x) for x in xs):
        raise TypeError(f"{name} has to give real numbers, and gave complex ones")
    if result.shape != shape:
        raise ShapeError(
            f"{name} of {shapes_of(xs)} has to give the shape {shape}, being element-wise, and gave {result.shape}; "
            "for whole arrays there is array_operation"
        )
    result = result.astype(float) if result.dtype.kind in "iub" else result
    return (result.copy() if any(np.may_share_memory(result, x) for x in xs) else result)[()]


def of_slope(rule: Callable[..., Any], name: str, letter: str, f: Any, *xs: Any) -> Any:
    """Return a slope; TypeError where the rule gives none, ShapeError where it does not broadcast to f."""
    told = f"{name}: the slope in {letter}"
    with explain_errors(told, f):
        if isinstance(f, np.ndarray) and f.ndim:
            try:
                slope = rule(f, *xs)
            except (TypeError, ValueError):  # it has an `if`, or is of math: then number by number
                slope = numerics.elementwise(rule)(f, *xs)
        else:
            slope = rule(f, *xs)
    if type(slope) is float:
        return slope
    if isinstance(slope, complex):
        raise DomainError(f"{told} is not real at {', '.join(map(repr, xs))}")
    if isinstance(slope, Node):
        if isinstance(f, Node):
            same_shape(getattr(slope, "shape", ()), getattr(f, "shape", ()), told)
            return slope
    elif isinstance(slope, (int, float, np.number, np.bool_, Rational)):
        return float(slope) if type(f) is float else slope
    elif isinstance(slope, np.ndarray) and slope.dtype.kind in "fiubc":
        same_shape(slope.shape, getattr(f, "shape", ()), told)
        return slope
    raise TypeError(f"{told} has to give one number for each of f, and gave {describe(slope)}")


def same_shape(shape: Sequence[int], whole: Sequence[int], told: str) -> None:
    """Raise ShapeError where a slope of this shape does not broadcast to the whole result."""
    tail = whole[len(whole) - len(shape) :]
    if len(shape) > len(whole) or any(n not in (1, m) for n, m in zip(shape, tail, strict=True)):
        raise ShapeError(f"{told} has the shape {tuple(shape)}, and the result has {tuple(whole)}")


def of_whole_arrays(function: Callable[..., Any], name: str, *xs: Any, **parameters: Any) -> Any:
    """Return the result of a function of whole arrays, which shares nothing with them."""
    f = function(*xs, **parameters)
    if not isinstance(f, (np.ndarray, np.generic, float, int)) or np.asarray(f).dtype.kind not in "fiubc":
        raise TypeError(f"{name} has to give one array, and gave {describe(f)}")
    result = np.asarray(f)
    if result.dtype.kind == "c" and not any(np.iscomplexobj(x) for x in xs):
        raise TypeError(f"{name} has to give real numbers, and gave complex ones")
    result = result.astype(float) if result.dtype.kind in "iub" else result
    return result.copy() if any(np.may_share_memory(result, x) for x in xs) else result


def of_pullback(rule: Callable[..., Any], name: str, i: int, g: Any, f: Any, *xs: Any, **parameters: Any) -> Any:
    """Return the gradient in argument i; TypeError where the rule gives none, ShapeError where it has another shape."""
    told = f"{name}: the pullback in {LETTERS[i]}"
    with explain_errors(told, g):
        share = rule(g, f, *xs, **parameters)
    if isinstance(share, Node) is not isinstance(g, Node) or not (
        isinstance(share, Node) or (isinstance(share, (np.ndarray, np.generic)) and share.dtype.kind in "fiubc")
    ):
        raise TypeError(f"{told} has to give one array made from g, and gave {describe(share)}")
    shape = tuple(getattr(share, "shape", ()))
    if shape != tuple(xs[i].shape):
        raise ShapeError(f"{told} has the shape {shape}, and {LETTERS[i]} has {tuple(xs[i].shape)}")
    return share


@contextmanager
def explain_errors(told: str, f: Any) -> Iterator[None]:
    """Say of an error in a rule whose it is, and of one on nodes how rules are written."""
    try:
        yield
    except (DomainError, ShapeError):
        raise
    except (TypeError, AttributeError) as error:
        if not isinstance(f, Node):
            raise TypeError(f"{told} fails: {error}") from error
        raise TypeError(
            f"{told} cannot be differentiated or printed: {error}; write it with arithmetic and microgradnn's functions"
        ) from error
    except (ValueError, ArithmeticError) as error:
        if type(f) is float:  # NumPy's arithmetic may know a limit
            raise
        raise DomainError(f"{told} has no value: {error}") from error


def shapes_of(xs: Sequence[Any]) -> str:
    """Write the shapes of arrays."""
    return ", ".join(str(np.shape(x)) for x in xs)


# --- what help says of a row ----------------------------------------------------------------------


class Document:
    """The docstring of a row: what it is worth, its slopes and where it is defined; of its class, the class's own."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __get__(self, row: Any, owner: Any) -> str | None:
        if row is None:
            return self.text
        return of_many(row) if isinstance(row, Fold) else of_few(row)


def of_few(row: Op) -> str:
    """Write the formula and the slopes of a row of one to three arguments."""
    letters = LETTERS[: len(row.partials)]
    lines = [f"f = {formula(row, [Operand(letter) for letter in letters]).text}"]
    lines += [f"({row.note})"] if row.note else []
    for letter, rule in zip(letters, row.paper, strict=True):
        try:
            slope = rule(Symbol("f"), *map(Symbol, letters))
        except TypeError:  # of the user's own, and of numbers alone
            continue
        lines.append(f"∂f/∂{letter} = {slope if isinstance(slope, Symbol) else constant(slope).text}")
    conditions = [interval.condition(letter) for letter, interval in zip(letters, row.domain, strict=True)]
    lines += [f"defined for {', '.join(filter(None, conditions))}"] if any(conditions) else []
    return "\n".join([*lines, "", "Of numbers a number, of arrays an array, of Values a Value, of Tensors a Tensor."])


def of_many(row: Fold) -> str:
    """Write the formula of a row of many arguments."""
    names = [Operand(f"{letter}{i}") for letter in "wx"[2 - row.sequences :] for i in "123"]
    note = f"({row.note})\n" if row.note else ""
    return f"f = {formula(row, names).text}\n{note}\nOf numbers or Values one by one, in lists, or of a whole array."


Op.__doc__ = Document(Op.__doc__)  # type: ignore[assignment]
Fold.__doc__ = Document(Fold.__doc__)  # type: ignore[assignment]
Operation.__doc__ = Document(Operation.__doc__)  # type: ignore[assignment]
