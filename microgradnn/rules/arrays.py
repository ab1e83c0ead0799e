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

    `array(*xs, **parameters)` is the result, `pullbacks[i](g, f, *xs, **parameters)` the gradient in argument i, and
    `paper` the same as one writes it by hand, where that is another form; a row that takes any number of arguments
    has one rule for all of them, which gets `i` besides. A row that was recorded carries its parameters:
    `row.hold(axis=0)`. What it `keeps` tells the shape of the result for any number of examples: the "shape" of x,
    that "shape along an axis" if there is one, the "other axes" than those that are reduced; '' where pullbacks count
    on lengths. A row is a function of the package and a method of Tensor, with the parameters of its pullback, if
    none of these has to be given, unless it is not `public`, being there for the rules alone.
    """

    __slots__ = (
        "array",
        "binds",
        "free",
        "keeps",
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
        keeps: str = "",
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
        self.keeps = keeps
        self.public = public
        self.note = note
        self.parameters = parameters or {}

    def __repr__(self) -> str:
        return f"<array op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        known = ARRAY_OPS.get(self.name)
        if known is None or known.array is not self.array:
            raise TypeError(f"a graph is pickled with the names of its operations, and {self!r} is in no table")
        return hold_row, (self.name, self.parameters)

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
            keeps=self.keeps,
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

    def spell_parameters(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters as they stand in code, every number of an index among them."""
        return tuple([(name, spell(name, value)) for name, value in self.parameters.items()])

    def format_call(self, operands: Sequence[Any], np: str = "") -> str:
        """Write the operation on operands, which bring their own brackets; with np="np." as in code."""
        values = dict(self.spell_parameters())
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


def hold_row(name: str, parameters: dict[str, Any]) -> ArrayOp:
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
         text="{x:atom}.astype({dtype})", keeps="shape", public=False, note="the same numbers in another precision")

take = ArrayOp("take", lambda x, index: x[index],
         lambda g, f, x, index: put(g, index=index, shape=x.shape),
         public=False, text="{x:atom}[{index}]")

put = ArrayOp("put", numerics.put,
         lambda g, f, x, index, shape: take(g, index=index),
         public=False, text="put({x}, {s_}[{index}], {shape})", note="zeros, with x added at an index")

pick = ArrayOp("pick", numerics.pick,
         lambda g, f, x, y, axis: place(g, y, axis=axis, n=x.shape[axis]),
         lambda g, f, x, y, axis: 0 * y,
         public=False, text="{np}take({x}, {y:atom}.astype(int), axis={axis})",
         note="what stands at the places y along an axis; by the places there is no gradient")

place = ArrayOp("place", numerics.place,
         lambda g, f, x, y, axis, n: pick(g, y, axis=axis),
         lambda g, f, x, y, axis, n: 0 * y,
         public=False, text="place({x}, {y}, {axis}, {n})", note="zeros, n along an axis, with x added at the places y")

concatenate = ArrayOp("concatenate", lambda *xs, axis: np.concatenate(xs, axis),
         lambda g, f, *xs, axis, i: part(g, start(xs, i, axis), xs[i].shape[axis], axis),
         public=False, text="{np}concatenate([{xs}], axis={axis})", free=True)

einsum = ArrayOp("einsum", lambda *xs, subscripts: np.einsum(subscripts, *xs, optimize=True),
         lambda g, f, *xs, subscripts, i: of_einsum(g, xs, subscripts, i),
         public=False, text="{np}einsum({subscripts}, {xs}, optimize=True)", free=True,
         note="sums of products over the letters that the result has not; no array has a letter twice")

weigh_einsum = ArrayOp("weigh_einsum", numerics.weigh_einsum, *einsum.pullbacks,
         public=False, text="weigh_einsum({xs}, subscripts={subscripts})", free=True,
         note="an einsum of which what is 0 · ∞ is 0: what is not used brings nothing back")

pad = ArrayOp("pad", lambda x, width: np.pad(x, width),
         lambda g, f, x, width: take(g, index=tuple([slice(before, before + n)
                                                     for (before, _), n in zip(width, x.shape, strict=True)])),
         public=False, text="{np}pad({x}, {width})", note="zeros around it: before and after, for each axis")

diagonal = ArrayOp("diagonal", lambda x, offset: np.diagonal(x, offset, -2, -1),
         lambda g, f, x, offset: on_diagonal(g, offset=offset, shape=x.shape),
         public=False, text="{np}diagonal({x}, {offset}, -2, -1)", note="of the last two axes")

on_diagonal = ArrayOp("on_diagonal", numerics.on_diagonal,
         lambda g, f, x, offset, shape: diagonal(g, offset=offset),
         public=False, text="on_diagonal({x}, {offset}, {shape})",
         note="zeros but for one diagonal of the last two axes")

tril = ArrayOp("tril", lambda x, k: np.tril(x, k),
         lambda g, f, x, k: tril(g, k=k),
         keeps="shape", public=False, text="{np}tril({x}, {k})", note="zeros above a diagonal of the last two axes")

triu = ArrayOp("triu", lambda x, k: np.triu(x, k),
         lambda g, f, x, k: triu(g, k=k),
         keeps="shape", public=False, text="{np}triu({x}, {k})", note="zeros below a diagonal of the last two axes")

windows = ArrayOp("windows", numerics.windows,
         lambda g, f, x, size, step, dilation: overlap(g, size=size, step=step, dilation=dilation, shape=x.shape),
         public=False, text="windows({x}, {size}, {step}, {dilation})",
         note="what a window sees that slides over the last axes: theirs become places, and those of the window follow")

overlap = ArrayOp("overlap", numerics.overlap,
         lambda g, f, x, size, step, dilation, shape: windows(g, size=size, step=step, dilation=dilation),
         public=False, text="overlap({x}, {size}, {step}, {dilation}, {shape})",
         note="windows laid back to where they were, and added where they overlap")

# --- many numbers to one ----------------------------------------------------------------------

sum = ArrayOp("sum", np.sum,
         lambda g, f, x, axis=None, keepdims=False: spread(g, x, axis),
         keeps="other axes", text="{np}sum({x}{options})", symbol="Σ")

mean = ArrayOp("mean", numerics.mean_along,
         lambda g, f, x, axis=None, keepdims=False: spread(g / count(x, axis), x, axis),
         keeps="other axes", text="{np}mean({x}{options})")

max = ArrayOp("max", np.max,
         lambda g, f, x, axis=None, keepdims=False: share_among_extremes(g, f, x, axis),
         keeps="other axes", text="{np}max({x}{options})", note="a tie shares the gradient equally")

min = ArrayOp("min", np.min,
         lambda g, f, x, axis=None, keepdims=False: share_among_extremes(g, f, x, axis),
         keeps="other axes", text="{np}min({x}{options})", note="a tie shares the gradient equally")

prod = ArrayOp("prod", np.prod,
         lambda g, f, x, axis=None, keepdims=False: weigh(spread(g, x, axis), others(x, axis=axis)),
         keeps="other axes", text="{np}prod({x}{options})", symbol="Π")

others = ArrayOp("others", numerics.others,
         lambda g, f, x, axis: of_others(g, x, axis),
         text="others({x}{options})", keeps="shape", public=False,
         note="for each entry the product of the others; nothing is divided")

median = ArrayOp("median", np.median,
         lambda g, f, x, axis=None, keepdims=False: of_quantile(g, x, 0.5, axis, "linear"),
         public=False, text="{np}median({x}{options})", note="a tie shares the gradient equally")

quantile = ArrayOp("quantile", numerics.quantile,
         lambda g, f, x, q, method, axis=None, keepdims=False: of_quantile(g, x, q, axis, method),
         public=False, text="{np}quantile({x}, {q}{options}, method={method})",
         note="a tie shares the gradient equally")

logsumexp = ArrayOp("logsumexp", numerics.logsumexp_along,
         lambda g, f, x, axis=None, keepdims=False: weigh(spread(g, x, axis), softmax(x, axis=axis)),
         keeps="other axes", text="logsumexp({x}{options})", note="log Σ e^x; does not overflow")

rms = ArrayOp("rms", numerics.rms,
         lambda g, f, x, axis=None, keepdims=False: spread(g, x, axis) * per_rms(f, x, axis),
         keeps="other axes", text="rms({x}{options})",
         note="√(mean x²), the root mean square; slopes 0 where it is 0", public=False)

softmax = ArrayOp("softmax", numerics.softmax,
         lambda g, f, x, axis: weigh(f, g - sum(weigh(g, f), axis=axis, keepdims=True)),
         text="softmax({x}, axis={axis})", keeps="shape", note="e^x / Σ e^x; does not overflow")

log_softmax = ArrayOp("log_softmax", numerics.log_softmax,
         lambda g, f, x, axis: g - weigh(softmax(x, axis=axis), sum(g, axis=axis, keepdims=True)),
         paper=(lambda g, f, x, axis: g - weigh(exp(f), sum(g, axis=axis, keepdims=True)),),
         text="log_softmax({x}, axis={axis})", keeps="shape", note="x − log Σ e^x; does not overflow")

# --- along an axis ------------------------------------------------------------------------------

cumsum = ArrayOp("cumsum", np.cumsum,
         lambda g, f, x, axis=None: reshape(flip(cumsum(flip(g, axis=axis), axis=axis), axis=axis), shape=x.shape),
         keeps="shape along an axis", text="{np}cumsum({x}{options})",
         note="the sums of the first, the first two, …; without an axis, of all")

cumprod = ArrayOp("cumprod", np.cumprod,
         lambda g, f, x, axis=None: of_products(g, f, x, axis),
         keeps="shape along an axis", text="{np}cumprod({x}{options})",
         note="the products of the first, the first two, …; nothing is divided")

flip = ArrayOp("flip", np.flip,
         lambda g, f, x, axis=None: flip(g, axis=axis),
         keeps="shape", text="{np}flip({x}{options})", note="the other way round along the axes")

roll = ArrayOp("roll", lambda x, by, axis: np.roll(x, by, axis),
         lambda g, f, x, by, axis: roll(g, by=tuple([-n for n in by]), axis=axis),
         keeps="shape", public=False, text="{np}roll({x}, {by}, {axis})", note="moved on in a circle along the axes")

sort = ArrayOp("sort", lambda x, axis: np.sort(x, axis, kind="stable"),
         lambda g, f, x, axis: unsort(g, x, axis=axis),
         keeps="shape", public=False, text='{np}sort({x}, {axis}, kind="stable")',
         note="the slopes of a tie are those of its places")

sort_by = ArrayOp("sort_by", numerics.sort_by,
         lambda g, f, x, y, axis: unsort(g, y, axis=axis),
         lambda g, f, x, y, axis: nothing(y),
         keeps="shape", public=False, text="sort_by({x}, {y}, {axis})",
         note="x in the order in which y would be sorted")

unsort = ArrayOp("unsort", numerics.unsort,
         lambda g, f, x, y, axis: sort_by(g, y, axis=axis),
         lambda g, f, x, y, axis: nothing(y),
         keeps="shape", public=False, text="unsort({x}, {y}, {axis})",
         note="x back from the order in which y would be sorted")

shift = ArrayOp("shift", numerics.shift,
         lambda g, f, x, by, fill, axis: shift(g, by=-by, fill=0, axis=axis),
         keeps="shape", public=False, text="shift({x}, {by}, {fill}, {axis})",
         note="moved on by one place, 1 or −1, along an axis; what comes in is `fill`")

recur = ArrayOp("recur", numerics.recur,
         lambda g, f, x, y, axis, back: recur(g, y, axis=axis, back=not back),
         lambda g, f, x, y, axis, back: in_factors(g, f, y, axis, back),
         keeps="shape", public=False, text="recur({x}, {y}, {axis}, {back})",
         note="fᵢ = xᵢ + yᵢ fᵢ₋₁ along an axis; or, from the back, fᵢ = xᵢ + yᵢ₊₁ fᵢ₊₁")

# --- linear algebra -----------------------------------------------------------------------------
# Of the last two axes. M. B. Giles, "Collected matrix derivative results" (2008), has the formulas; others are named.

solve = ArrayOp("solve", np.linalg.solve,
         lambda g, f, x, y: -sum_to(weigh_matmul(solve(swap(x), g), swap(f)), shape=x.shape),
         lambda g, f, x, y: sum_to(solve(swap(x), g), shape=y.shape),
         public=False, text="{np}linalg.solve({x}, {y})", note="x⁻¹ y")

inv = ArrayOp("inv", np.linalg.inv,
         lambda g, f, x: -weigh_matmul(weigh_matmul(swap(f), g), swap(f)),
         keeps="shape", public=False, text="{np}linalg.inv({x})", note="x⁻¹")

det = ArrayOp("det", np.linalg.det,
         lambda g, f, x: weigh(as_matrix(g), cofactor(x)),
         public=False, text="{np}linalg.det({x})")

cofactor = ArrayOp("cofactor", numerics.cofactor,
         lambda g, f, x: of_cofactor(g, f, swap(inv(x))),
         keeps="shape", public=False, text="cofactor({x})",
         note="of each entry the determinant without its row and column, with its sign; of a singular matrix too")

logabsdet = ArrayOp("logabsdet", lambda x: np.linalg.slogdet(x)[1],
         lambda g, f, x: weigh(as_matrix(g), swap(inv(x))),
         public=False, text="{np}linalg.slogdet({x})[1]", note="log |det x|")

signdet = ArrayOp("signdet", lambda x: np.linalg.slogdet(x)[0],
         lambda g, f, x: nothing(x),
         public=False, text="{np}linalg.slogdet({x})[0]", note="the sign of det x")

cholesky = ArrayOp("cholesky", numerics.cholesky,
         lambda g, f, x: of_cholesky(g, f),
         keeps="shape", public=False, text="cholesky({x})",
         note="L of L Lᵀ = (x + xᵀ) / 2 (I. Murray, 2016, \"Differentiation of the Cholesky decomposition\")")

eigvalsh = ArrayOp("eigvalsh", lambda x, uplo: np.linalg.eigvalsh(x, uplo),
         lambda g, f, x, uplo: of_triangle(by_columns(eigenvectors(x, uplo=uplo), g, eigenvectors(x, uplo=uplo)), uplo),
         public=False, text="{np}linalg.eigvalsh({x}, {uplo})",
         note="the eigenvalues of a symmetric matrix, of which NumPy reads one triangle")

eigenvectors = ArrayOp("eigenvectors", numerics.eigenvectors,
         lambda g, f, x, uplo: of_triangle(of_eigenvectors(g, f, eigvalsh(x, uplo=uplo)), uplo),
         keeps="shape", public=False, text="eigenvectors({x}, {uplo})",
         note="those of a symmetric matrix, as columns; where eigenvalues are equal they have no slopes")

svdvals = ArrayOp("svdvals", lambda x: np.linalg.svd(x, compute_uv=False),
         lambda g, f, x: by_columns(left_vectors(x), g, swap(right_vectors(x))),
         public=False, text="{np}linalg.svd({x}, compute_uv=False)", note="the singular values, from the largest down")

left_vectors = ArrayOp("left_vectors", numerics.left_vectors,
         lambda g, f, x: of_left_vectors(g, f, svdvals(x), right_vectors(x)),
         public=False, text="left_vectors({x})",
         note="U of x = U S Vᵀ (J. Townsend, 2016, \"Differentiating the SVD\")")

right_vectors = ArrayOp("right_vectors", numerics.right_vectors,
         lambda g, f, x: swap(of_left_vectors(swap(g), swap(f), svdvals(x), swap(left_vectors(x)))),
         public=False, text="right_vectors({x})", note="Vᵀ of x = U S Vᵀ")

orthonormal = ArrayOp("orthonormal", lambda x: np.linalg.qr(x)[0],
         lambda g, f, x: by_triangle(g - weigh_matmul(f, symmetric(weigh_matmul(swap(g), f))), triangle(x)),
         keeps="shape", public=False, text="{np}linalg.qr({x})[0]",
         note="Q of x = Q R, of full rank, with as many rows as columns or more "
              "(S. Walter, L. Lehmann, 2018, \"Algorithmic differentiation of linear algebra functions\")")

triangle = ArrayOp("triangle", lambda x: np.linalg.qr(x, mode="r"),
         lambda g, f, x: by_triangle(weigh_matmul(orthonormal(x), symmetric(weigh_matmul(f, swap(triu(g, k=0))))), f),
         public=False, text="{np}linalg.qr({x}, mode='r')", note="R of x = Q R")

pinv = ArrayOp("pinv", np.linalg.pinv,
         lambda g, f, x: of_pinv(g, f, x),
         public=False, text="{np}linalg.pinv({x})",
         note="the pseudo-inverse, where the rank stays (G. Golub, V. Pereyra, 1973)")

# fmt: on

ARRAY_OPS.update({name: row for name, row in vars().items() if isinstance(row, ArrayOp)})


def share_among_extremes(g: Any, f: Any, x: Any, axis: int | Sequence[int] | None) -> Any:
    """Return g at the entries of x that are equal to the extreme f, in equal parts where they are several."""
    winners = equal(x, spread(f, x, axis))
    return weigh(spread(g, x, axis), winners / sum(winners, axis=axis, keepdims=True))


def of_quantile(g: Any, x: Any, q: float, axis: int | Sequence[int] | None, method: str) -> Any:
    """The pullback of `quantile`: to the two entries in order between which it lies, by how near they are."""
    near = numerics.quantile_weight(q, count(x, axis), method)
    ends = [(near, "higher"), (1 - near, "lower")]
    shares = [
        share_among_extremes(g * part, quantile(x, q=q, method=method, axis=axis), x, axis)
        for part, method in ends
        if part
    ]
    return reduce(operator.add, shares)


def of_einsum(g: Any, xs: Sequence[Any], subscripts: str, i: int) -> Any:
    """The pullback of `einsum`: g times the other arrays, summed over what array i has not, repeated over the rest."""
    listed, result = subscripts.split("->")
    names = listed.split(",")
    others, own = [names[k] for k in range(len(xs)) if k != i], names[i]
    kept = "".join([letter for letter in own if letter in result + "".join(others)])
    arrays = [g, *(x for k, x in enumerate(xs) if k != i)]
    back = weigh_einsum(*arrays, subscripts=f"{','.join([result, *others])}->{kept}")
    if kept == own:
        return back
    axes = [k for k, letter in enumerate(own) if letter not in kept]
    return spread(back, xs[i], axes)


def nothing(x: Any) -> Any:
    """Zeros of the shape of x, whatever its numbers are."""
    return zero(1 + equal(x, x))


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


# --- of matrices --------------------------------------------------------------------------------


def as_matrix(g: Any) -> Any:
    """Numbers as matrices of one row and column."""
    return reshape(g, shape=(*g.shape, 1, 1))


def by_columns(x: Any, g: Any, y: Any) -> Any:
    """The matrix x · diag(g) · yᵀ."""
    return weigh_matmul(weigh(x, reshape(g, shape=(*g.shape[:-1], 1, g.shape[-1]))), swap(y))


def of_cofactor(g: Any, f: Any, back: Any) -> Any:
    """The pullback of `cofactor`, det(x) x⁻ᵀ, by the product rule; `back` is x⁻ᵀ."""
    whole = sum(weigh(g, back), axis=(-2, -1), keepdims=True)
    return weigh(f, whole) - weigh_matmul(weigh_matmul(f, swap(g)), back)


def of_cholesky(g: Any, f: Any) -> Any:
    """The pullback of `cholesky`: the symmetric part of L⁻ᵀ Φ(Lᵀ g) L⁻¹; Φ is the lower triangle, half its diagonal."""
    inner = weigh_matmul(swap(f), g)
    half = (tril(inner, k=0) + tril(inner, k=-1)) / 2
    whole = swap(solve(swap(f), swap(solve(swap(f), half))))
    return (whole + swap(whole)) / 2


def of_triangle(g: Any, uplo: str) -> Any:
    """The gradient in a symmetric matrix, put on the triangle that was read."""
    return tril(g, k=0) + tril(swap(g), k=-1) if uplo == "L" else triu(g, k=0) + triu(swap(g), k=1)


def per_gap(values: Any) -> Any:
    """1 / (λⱼ − λᵢ) for two different ones, and 0 on the diagonal."""
    n = values.shape[-1]
    gaps = reshape(values, shape=(*values.shape[:-1], 1, n)) - reshape(values, shape=(*values.shape[:-1], n, 1))
    one = on_diagonal(equal(values, values), offset=0, shape=(*values.shape, n))
    return 1 / (gaps + one) - one


def of_eigenvectors(g: Any, f: Any, values: Any) -> Any:
    """The pullback of `eigenvectors`: V (F ∘ Vᵀ g) Vᵀ, where F has 1 / (λⱼ − λᵢ)."""
    inner = weigh(per_gap(values), weigh_matmul(swap(f), g))
    return weigh_matmul(weigh_matmul(f, inner), swap(f))


def of_left_vectors(g: Any, f: Any, values: Any, right: Any) -> Any:
    """The pullback of U: (U (F ∘ (Uᵀg − gᵀU)) S + (1 − U Uᵀ) g S⁻¹) Vᵀ, where F has 1 / (sⱼ² − sᵢ²)."""
    across = weigh_matmul(swap(f), g)
    row = reshape(values, shape=(*values.shape[:-1], 1, values.shape[-1]))
    turned = weigh(weigh_matmul(f, weigh(per_gap(values * values), across - swap(across))), row)
    beside = weigh(g - weigh_matmul(f, across), 1 / row)
    return weigh_matmul(turned + beside, right)


def symmetric(x: Any) -> Any:
    """The symmetric matrix of which x has the lower triangle."""
    return tril(x, k=0) + swap(tril(x, k=-1))


def by_triangle(x: Any, triangle: Any) -> Any:
    """The matrix x R⁻ᵀ."""
    return swap(solve(triangle, swap(x)))


def of_pinv(g: Any, f: Any, x: Any) -> Any:
    """The pullback of `pinv`: −Pᵀ g Pᵀ + (1 − x P) gᵀ P Pᵀ + Pᵀ P gᵀ (1 − P x)."""
    back, turned = swap(f), swap(g)
    of_rows = weigh_matmul(weigh_matmul(turned, f), back)
    of_columns = weigh_matmul(weigh_matmul(back, f), turned)
    total = (
        of_rows - weigh_matmul(x, weigh_matmul(f, of_rows)) + of_columns - weigh_matmul(weigh_matmul(of_columns, f), x)
    )
    return total - weigh_matmul(weigh_matmul(back, g), back)
