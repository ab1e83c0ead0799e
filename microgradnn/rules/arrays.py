"""The second table: operations on whole arrays, each with its pullbacks.

The Jacobian of such an operation is not diagonal, so a row gives, for each argument, the
*pullback*: from `g`, the gradient in the result, to the gradient in that argument (in the notes'
words, from dZ to dW). It is written in `g`, in `f`, the result, and `x`, `y`, the arguments, with
arithmetic and rows of both tables: so it runs on arrays, on nodes (for derivatives of any order)
and on symbols (for print). A product with `g` is `weigh`, or `weigh_matmul`, since a gradient of 0
brings nothing back, even where it meets ∞ (docs/conventions.md). Element-wise operations stand in
calculus.py; no derivative stands anywhere else.

Shapes are written as in the course notes: examples are columns.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from inspect import signature
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ..graph import Node
from . import numerics
from .calculus import equal, exp, weigh, zero

N = TypeVar("N", bound=Node)
Shape = tuple[int, ...]
ARRAY_OPS: dict[str, ArrayOp] = {}


class ArrayOp:
    """One row of the table. Call it with arrays, or with nodes, and its parameters by name.

    `array(*xs, **parameters)` is the result, `pullbacks[i](g, f, *xs, **parameters)` the gradient
    in argument i, and `paper` the same as one writes it by hand, where that is another form; a row that takes any
    number of arguments has one rule for all of them, which gets `i` besides. A row that was recorded carries its
    parameters: `row.hold(axis=0)`. The result of one that is `alike` has the shape of x. A row is a function of the
    package and a method of Tensor, with the parameters of its pullback, if none of these has to be given, unless it is
    not `public`, being there for the rules alone.
    """

    __slots__ = (
        "alike",
        "array",
        "binds",
        "free",
        "name",
        "note",
        "paper",
        "parameters",
        "public",
        "pullbacks",
        "symbol",
        "text",
    )
    kink = None
    held = ()

    def __init__(
        self,
        name: str,
        array: Callable[..., Any],
        *pullbacks: Callable[..., Any],
        text: str,
        binds: str = "atom",
        symbol: str = "",
        free: bool = False,
        alike: bool = False,
        public: bool = True,
        note: str = "",
        paper: Sequence[Callable[..., Any]] = (),
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.array = array
        self.pullbacks = pullbacks
        self.paper = paper or pullbacks
        self.text = text
        self.binds = binds
        self.symbol = symbol or name
        self.free = free
        self.alike = alike
        self.public = public
        self.note = note
        self.parameters = parameters or {}

    def __repr__(self) -> str:
        return f"<array op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        known = ARRAY_OPS.get(self.name)
        if known is None or known.array is not self.array:
            raise TypeError(f"a graph is pickled with the names of its operations, and {self!r} is in no table")
        return held_row, (self.name, self.parameters)

    def __deepcopy__(self, memo: Any) -> ArrayOp:
        return self  # which does not change

    def hold(self, **parameters: Any) -> ArrayOp:
        """Return the row with these parameters."""
        return type(self)(
            self.name,
            self.array,
            *self.pullbacks,
            text=self.text,
            binds=self.binds,
            symbol=self.symbol,
            free=self.free,
            alike=self.alike,
            public=self.public,
            note=self.note,
            paper=self.paper,
            parameters=parameters,
        )

    @property
    def options(self) -> dict[str, Any]:
        """The names and defaults of its parameters; inspect.Parameter.empty where there is none."""
        return {} if self.free else options_of(self.pullbacks[0], len(self.pullbacks))

    def of(self, *xs: Any) -> Any:
        """Return the result at arrays, with the parameters the row holds."""
        return self.array(*xs, **self.parameters)

    def pullback(self, i: int, g: Any, f: Any, *xs: Any, paper: bool = False) -> Any:
        """Return the gradient in argument i, given `g`, the one in the result `f`."""
        pullbacks = self.paper if paper else self.pullbacks
        if self.free:
            return pullbacks[0](g, f, *xs, i=i, **self.parameters)
        return pullbacks[i](g, f, *xs, **self.parameters)

    def spelled(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters as they stand in code, every number of an index among them."""
        return tuple([(name, spell(name, value)) for name, value in self.parameters.items()])

    def written(self, operands: Sequence[Any], np: str = "") -> str:
        """Write the operation on operands, which bring their own brackets; with np="np." as in code."""
        values = dict(self.spelled())
        options = "".join(f", {name}={values[name]}" for name in ("axis", "keepdims") if name in values)
        letters = dict(zip("xyz", operands, strict=False))
        listed = ", ".join(f"{operand}" for operand in operands)
        parameters = "".join(f", {name}={value}" for name, value in values.items())
        s_ = "np.s_" if np else ""  # how an index is written where it stands alone
        values |= {"s_": s_, "xs": listed, "options": options, "parameters": parameters}
        return self.text.format(**{**values, **letters, "np": np})

    @overload
    def __call__(self, x: N, /, *others: Any, **parameters: Any) -> N: ...
    @overload
    def __call__(self, x: NDArray[Any], /, *others: Any, **parameters: Any) -> NDArray[Any]: ...
    @overload
    def __call__(self, *xs: Any, **parameters: Any) -> Any: ...

    def __call__(self, *xs: Any, **parameters: Any) -> Any:
        """Return the operation at `xs`, and parameters: a node where one of `xs` is a node, else an array."""
        if len(xs) > len(self.pullbacks) and not self.free:
            xs, last = xs[: len(self.pullbacks)], xs[len(self.pullbacks) :]
            if len(last) > len(self.options):
                raise TypeError(f"{self.name} takes {', '.join(['arrays', *self.options])}; got {last[-1]!r} besides")
            parameters = {**dict(zip(self.options, last, strict=False)), **parameters}
        for value in parameters.values():
            if value is None:
                known = self.options
                parameters = {key: x for key, x in parameters.items() if x is not None or known.get(key, x) is not None}
                break
        for x in xs:
            if isinstance(x, Node):
                return x._record(self.hold(**parameters) if parameters else self, *xs)  # type: ignore[arg-type]
        try:
            return self.array(*xs, **({**self.parameters, **parameters} if self.parameters else parameters))
        except TypeError as error:
            takes = ", ".join(["arrays", *self.options])
            raise TypeError(f"{self.name} takes {takes}, where an axis is a whole number; {error}") from None


@lru_cache(maxsize=256)
def options_of(pullback: Callable[..., Any], arity: int) -> dict[str, Any]:
    """Return the names and defaults of what follows (g, f, x, …) in a pullback."""
    found = list(signature(pullback).parameters.values())[2 + arity :]
    return {one.name: one.default for one in found if one.kind is not one.VAR_KEYWORD}


def held_row(name: str, parameters: dict[str, Any]) -> ArrayOp:
    """Return the row called `name` with these parameters; LookupError where there is none."""
    if name not in ARRAY_OPS:
        raise LookupError(f"there is no operation {name!r}; one of your own has to be made before its graphs are read")
    return ARRAY_OPS[name].hold(**parameters) if parameters else ARRAY_OPS[name]


def spell(name: str, value: Any) -> str:
    """Write a parameter as it stands in code: an index as between its brackets."""
    if name != "index":
        if isinstance(value, np.ndarray):  # every number of it, since what is written alike is taken to be alike
            return f"np.array({value.tolist()!r})"
        return repr(str(value)) if name == "dtype" else repr(value)
    if isinstance(value, tuple) and not value:
        return "()"
    return ", ".join(map(slice_text, value if isinstance(value, tuple) else (value,)))


def slice_text(one: Any) -> str:
    """Write one part of an index: 0, 1:3, ..., [0, 2]."""
    if isinstance(one, slice):
        ends = ":".join("" if end is None else str(end) for end in (one.start, one.stop))
        return ends + (f":{one.step}" if one.step is not None else "")
    if isinstance(one, np.ndarray):
        return repr(one.tolist())
    if isinstance(one, np.integer):
        return repr(int(one))
    return "..." if one is Ellipsis else "None" if one is None else repr(one)


# --- shapes -----------------------------------------------------------------------------------


def axes_of(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Return the axes that are meant, counted from 0; None means all of them."""
    if axis is None:
        return tuple(range(ndim))
    given = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    return tuple([int(i) % ndim if -ndim <= i < ndim else int(i) for i in given])  # NumPy refuses what is out of range


def keep_axes(shape: Shape, axis: int | Sequence[int] | None) -> Shape:
    """Return the shape with those axes at length 1: that of a sum with keepdims."""
    axes = axes_of(axis, len(shape))
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def count(x: Any, axis: int | Sequence[int] | None) -> int:
    """Return how many entries are reduced to one along those axes."""
    lengths: list[int] = [x.shape[i] for i in axes_of(axis, len(x.shape))]
    return reduce(operator.mul, lengths, 1)


def spread(g: Any, x: Any, axis: int | Sequence[int] | None) -> Any:
    """Return g, which has lost those axes of x, with its one entry repeated along them."""
    return broadcast(reshape(g, shape=keep_axes(x.shape, axis)), shape=x.shape)


def inverse(axes: Sequence[int]) -> tuple[int, ...]:
    """Return the order of axes that undoes this one."""
    return tuple([int(i) for i in np.argsort([axis % len(axes) for axis in axes])])


def start(xs: Sequence[Any], i: int, axis: int) -> int:
    """Return where array number i begins in the concatenation."""
    return int(sum_of(x.shape[axis] for x in xs[:i]))


def part(x: Any, begin: int, length: int, axis: int) -> Any:
    """Return `length` slices of x along an axis, from `begin` on."""
    return take(x, index=(slice(None),) * (axis % len(x.shape)) + (slice(begin, begin + length),))


def but_one(n: int) -> Any:
    """Return an (n, n − 1) array of indices: row i has all but i."""
    return np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=np.intp).reshape(n, n - 1 if n else 0)


sum_of = sum  # Python's own, which the row of that name hides below

# mypy: disable-error-code="has-type"
# (a rule may name rows that stand below it)

# Each row: what it is worth, then its pullbacks, then how it is written.
# fmt: off

# --- products and shapes ----------------------------------------------------------------------

matmul = ArrayOp("matmul", np.matmul,
         lambda g, f, x, y: sum_to(weigh_matmul(g, swap(y)), shape=x.shape),
         lambda g, f, x, y: sum_to(weigh_matmul(swap(x), g), shape=y.shape),
         public=False, text="{x:product} @ {y:power}", binds="product", symbol="@", note="(n, k) @ (k, m) = (n, m)")

weigh_matmul = ArrayOp("weigh_matmul", numerics.weigh_matmul, *matmul.pullbacks,
         public=False, text="{x:product} @ {y:power}", binds="product", symbol="@",
         note="a matrix product of which what is 0 · ∞ is 0: what is not used brings nothing back")

swap = ArrayOp("swap", lambda x: np.swapaxes(x, -1, -2),
         lambda g, f, x: swap(g),
         public=False, text="{x:atom}.T", symbol="ᵀ", note="the last two axes change places: (n, m) becomes (m, n)")

transpose = ArrayOp("transpose", lambda x, axes: np.transpose(x, axes),
         lambda g, f, x, axes: transpose(g, axes=inverse(axes)),
         text="{np}transpose({x}, {axes})")

reshape = ArrayOp("reshape", lambda x, shape: np.reshape(x, shape),
         lambda g, f, x, shape: reshape(g, shape=x.shape),
         text="{x:atom}.reshape({shape})")

broadcast = ArrayOp("broadcast", numerics.repeated,
         lambda g, f, x, shape: sum_to(g, shape=x.shape),
         public=False, text="{np}broadcast_to({x}, {shape})")

sum_to = ArrayOp("sum_to", numerics.sum_to,
         lambda g, f, x, shape: broadcast(g, shape=x.shape),
         public=False, text="sum_to({x}, {shape})",
         note="the sum over the axes along which `shape` was repeated (notes, E5)")

cast = ArrayOp("cast", lambda x, dtype: x.astype(dtype),
         lambda g, f, x, dtype: cast(g, dtype=x.dtype),
         text="{x:atom}.astype({dtype})", alike=True, public=False, note="the same numbers in another precision")

take = ArrayOp("take", lambda x, index: x[index],
         lambda g, f, x, index: put(g, index=index, shape=x.shape),
         public=False, text="{x:atom}[{index}]")

put = ArrayOp("put", numerics.put,
         lambda g, f, x, index, shape: take(g, index=index),
         public=False, text="put({x}, {s_}[{index}], {shape})", note="zeros, with x added at an index")

concatenate = ArrayOp("concatenate", lambda *xs, axis: np.concatenate(xs, axis),
         lambda g, f, *xs, axis, i: part(g, start(xs, i, axis), xs[i].shape[axis], axis),
         public=False, text="{np}concatenate([{xs}], axis={axis})", free=True)

# --- many numbers to one ----------------------------------------------------------------------

sum = ArrayOp("sum", np.sum,
         lambda g, f, x, axis=None, keepdims=False: spread(g, x, axis),
         text="{np}sum({x}{options})", symbol="Σ")

mean = ArrayOp("mean", numerics.mean_along,
         lambda g, f, x, axis=None, keepdims=False: spread(g / count(x, axis), x, axis),
         text="{np}mean({x}{options})")

max = ArrayOp("max", np.max,
         lambda g, f, x, axis=None, keepdims=False: share_among_extremes(g, f, x, axis),
         text="{np}max({x}{options})", note="a tie shares the gradient equally")

min = ArrayOp("min", np.min,
         lambda g, f, x, axis=None, keepdims=False: share_among_extremes(g, f, x, axis),
         text="{np}min({x}{options})", note="a tie shares the gradient equally")

prod = ArrayOp("prod", np.prod,
         lambda g, f, x, axis=None, keepdims=False: weigh(spread(g, x, axis), others(x, axis=axis)),
         text="{np}prod({x}{options})", symbol="Π")

others = ArrayOp("others", numerics.others,
         lambda g, f, x, axis: of_others(g, x, axis),
         text="others({x}{options})", alike=True, public=False,
         note="for each entry the product of the others; nothing is divided")

logsumexp = ArrayOp("logsumexp", numerics.logsumexp_along,
         lambda g, f, x, axis=None, keepdims=False: weigh(spread(g, x, axis), softmax(x, axis=axis)),
         paper=(lambda g, f, x, axis=None, keepdims=False: weigh(spread(g, x, axis), exp(x - spread(f, x, axis))),),
         text="logsumexp({x}{options})", note="log Σ e^x; does not overflow")

rms = ArrayOp("rms", numerics.rms,
         lambda g, f, x, axis=None, keepdims=False: spread(g, x, axis) * per_rms(f, x, axis),
         text="rms({x}{options})", note="√(mean x²), the root mean square; slopes 0 where it is 0", public=False)

softmax = ArrayOp("softmax", numerics.softmax,
         lambda g, f, x, axis: weigh(f, g - sum(weigh(g, f), axis=axis, keepdims=True)),
         text="softmax({x}, axis={axis})", alike=True, note="e^x / Σ e^x; does not overflow")

log_softmax = ArrayOp("log_softmax", numerics.log_softmax,
         lambda g, f, x, axis: g - weigh(softmax(x, axis=axis), sum(g, axis=axis, keepdims=True)),
         paper=(lambda g, f, x, axis: g - weigh(exp(f), sum(g, axis=axis, keepdims=True)),),
         text="log_softmax({x}, axis={axis})", alike=True, note="x − log Σ e^x; does not overflow")

# --- along an axis ------------------------------------------------------------------------------

cumsum = ArrayOp("cumsum", np.cumsum,
         lambda g, f, x, axis=None: reshape(flip(cumsum(flip(g, axis=axis), axis=axis), axis=axis), shape=x.shape),
         text="{np}cumsum({x}{options})", note="the sums of the first, the first two, …; without an axis, of all")

cumprod = ArrayOp("cumprod", np.cumprod,
         lambda g, f, x, axis=None: of_products(g, f, x, axis),
         text="{np}cumprod({x}{options})", note="the products of the first, the first two, …; nothing is divided")

flip = ArrayOp("flip", np.flip,
         lambda g, f, x, axis=None: flip(g, axis=axis),
         alike=True, text="{np}flip({x}{options})", note="the other way round along the axes")

shift = ArrayOp("shift", numerics.shift,
         lambda g, f, x, by, fill, axis: shift(g, by=-by, fill=0, axis=axis),
         alike=True, public=False, text="shift({x}, {by}, {fill}, {axis})",
         note="moved on by one place, 1 or −1, along an axis; what comes in is `fill`")

recur = ArrayOp("recur", numerics.recur,
         lambda g, f, x, y, axis, back: recur(g, y, axis=axis, back=not back),
         lambda g, f, x, y, axis, back: in_factors(g, f, y, axis, back),
         alike=True, public=False, text="recur({x}, {y}, {axis}, {back})",
         note="fᵢ = xᵢ + yᵢ fᵢ₋₁ along an axis; or, from the back, fᵢ = xᵢ + yᵢ₊₁ fᵢ₊₁")

# fmt: on

ARRAY_OPS.update({name: row for name, row in vars().items() if isinstance(row, ArrayOp)})


def share_among_extremes(g: Any, f: Any, x: Any, axis: int | Sequence[int] | None) -> Any:
    """Return g at the entries of x that are equal to the extreme f, in equal parts where they are several."""
    winners = equal(x, spread(f, x, axis))
    return weigh(spread(g, x, axis), winners / sum(winners, axis=axis, keepdims=True))


def per_rms(f: Any, x: Any, axis: int | Sequence[int] | None) -> Any:
    """Return the slope of the root mean square in each entry, x / (n f), and 0 where f is."""
    whole = spread(f, x, axis)
    return x / (whole + zero(whole)) / count(x, axis)


def of_products(g: Any, f: Any, x: Any, axis: int | None) -> Any:
    """The pullback of `cumprod`: of xᵢ the product before it, times what is multiplied with it from there on."""
    whole, along = (reshape(x, shape=f.shape), 0) if axis is None else (x, axis)
    back = weigh(shift(f, by=1, fill=1, axis=along), recur(g, whole, axis=along, back=True))
    return reshape(back, shape=x.shape)


def in_factors(g: Any, f: Any, y: Any, axis: int, back: bool) -> Any:
    """The pullback of `recur` in its factors."""
    arriving = recur(g, y, axis=axis, back=not back)
    if back:
        return weigh(shift(arriving, by=1, fill=0, axis=axis), f)
    return weigh(arriving, shift(f, by=1, fill=0, axis=axis))


def of_others(g: Any, x: Any, axis: int | Sequence[int] | None) -> Any:
    """The pullback of `others`: every product of n − 1 is itself a `prod`, over all entries but one."""
    axes = axes_of(axis, len(x.shape))
    rest = tuple([i for i in range(len(x.shape)) if i not in axes])
    n, order = count(x, axis), (*rest, *axes)
    lines = (count(x, rest), n)  # one line for each product
    but_one_each = (slice(None), but_one(n))
    gathered = take(reshape(transpose(x, axes=order), shape=lines), index=but_one_each)  # (lines, n, n − 1)
    arriving = reshape(transpose(g, axes=order), shape=(*lines, 1))
    back = put(weigh(others(gathered, axis=2), arriving), index=but_one_each, shape=lines)
    shape = tuple([x.shape[i] for i in order])
    return transpose(reshape(back, shape=shape), axes=inverse(order))
