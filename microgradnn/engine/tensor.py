"""Arrays that remember how they were computed: the vectorised twin of `Value`.

The rules are those of the two tables: element-wise ones from calculus.py, the others from
arrays.py. What this module adds is broadcasting, and the care that arrays need because they can be
written to after they were used.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from ..errors import OutOfRangeError, RankOneWarning, ShapeError
from ..graph import CONSTANT, NOTHING_SAID, OPS, About, Fold, Node, Op, limits, topological
from ..graph.blocks import GUARDS, OPEN, note_constant, note_read
from ..graph.decisions import OTHER, SAME, Condition, Decided
from ..graph.paths import back
from ..rules import arrays, calculus
from ..rules.arrays import ArrayOp, Shape
from ..rules.logistic import find_logit, log_of_logistic
from . import anomaly, elementwise, products, rearrange, statistics
from .conversion import FLOATS as FLOATS
from .conversion import PLAIN, check_index
from .conversion import Array as Array
from .conversion import numeric as numeric
from .copying import reduce_node
from .masks import Undecided, compare, is_comparable, unequal
from .modes import DETECTING, RECORDING
from .numpy_names import (
    ACCUMULATIONS,
    COMPARISONS,
    FACTS,
    FUNCTIONS,
    OF_LINALG,
    REDUCTIONS,
    RELATIONS,
    no_such,
    row_of,
    without_defaults,
)
from .pullbacks import pull_back, push_forward
from .shape_errors import RANK_ONE, RANK_ONE_MET, shape_error, type_error
from .tensor_methods import TensorMethods
from .versions import CLOCK, NEVER, same_bits, tick

Axis = int | tuple[int, ...] | None

KINDS = ("input", "parameter", "constant")

COMPILED: Final = not __file__.endswith(".py")
CALLER: Final = 1 if COMPILED else 2  # how far up a warning looks for who is to be warned: C has no frames

BLANK: Final[Any] = object()  # for `new`


DECIDED: Final = About(kind=Decided("constant"))


def constant(x: Any, dtype: Any) -> Tensor:
    """Return numbers as a leaf to which no gradient comes; a single one takes the other operand's dtype."""
    if isinstance(x, Condition) and x.row is not None:
        return x.node()  # type: ignore[no-any-return]
    plain = isinstance(x, PLAIN)
    node = leaf(np.asarray(x, dtype) if plain else numeric(x), "constant")
    if isinstance(x, np.ndarray) and x.dtype == bool and x.size > 1:
        node._about = DECIDED
    return node


def warn_of_rank_one(args: Sequence[Any]) -> None:
    """Warn of an array of shape (n,) that meets a Tensor of rows and columns: NumPy takes it for a row (notes, E6)."""
    shape = next((one._array.shape for one in args if isinstance(one, Tensor) and one._array.ndim == 2), None)
    other = next((one.shape for one in args if isinstance(one, np.ndarray) and one.ndim == 1 and one.size > 1), None)
    if shape and other:
        warnings.warn(RANK_ONE_MET.format(n=other[0], shape=shape), RankOneWarning, stacklevel=CALLER + 2)


def new(kind: type[Tensor]) -> Tensor:
    """Return a Tensor to be filled in."""
    return Tensor(BLANK)


if not COMPILED:
    new = object.__new__  # type: ignore[assignment] # skips __init__, as Value does


def leaf(array: Array, kind: str) -> Tensor:
    """Return an array that is nobody else's as a leaf."""
    node = new(Tensor)
    node._array = array
    node._grad = None
    node.op = node._x = node._y = node._seen = None
    node._version = 0
    node._stamp = ()
    node._since = NEVER
    if kind != "input":
        node._about = CONSTANT if kind == "constant" else About(kind=kind)
    node._needs = kind != "constant"
    return node


def holds_places(x: Tensor) -> bool:
    """Whether a Tensor is an index: whole numbers to which no gradient comes."""
    return not x._needs and bool((x._array == np.floor(x._array)).all() and np.isfinite(x._array).all())


class Tensor(TensorMethods):
    """An array of float64 or float32 in a computation graph.

    `data` is the array, `grad` what `backward()` found for it (0.0 before, then of the same shape),
    `op` the row that made it and `inputs` the Tensors it was made from. Examples are columns: X is
    (n_x, m). The numbers are copied in; those of a result cannot be written to. A leaf's can, but
    after that a graph that used it refuses to go backward.

    >>> W = Tensor([[1.0, 2.0]], name="W")
    >>> X = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="X")
    >>> J = (W @ X).mean()
    >>> J.backward()
    >>> W.grad
    array([[2., 5.]])
    """

    __slots__ = ("_array", "_grad", "_needs", "_seen", "_since", "_stamp", "_version")

    _array: Any
    _grad: Any  # an array, or a Tensor, or 0.0 where nothing has come yet; None where there is none
    _needs: bool  # whether a gradient is wanted here or above
    _version: int  # how often the data was changed
    _stamp: Any  # the versions of the inputs when they were used
    _since: int  # the tick of the clock at which the first operation of its graph was done
    _seen: Any  # what the data of a leaf was, once somebody has got hold of it

    def __init__(self, data: ArrayLike, name: str = "", *, kind: str = "input", dtype: Any = None) -> None:
        """Make a leaf. `kind` is 'input', 'parameter' (what training changes) or 'constant'."""
        if data is BLANK:  # from `new`, which fills it in
            return
        self._grad = None
        self.op = self._x = self._y = self._seen = None
        self._version = 0
        self._stamp = ()
        self._since = NEVER
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r} (choose from {', '.join(KINDS)})")
        self._array = numeric(data, dtype)
        if kind != "input":
            self._about = About(kind=kind)
        self._needs = kind != "constant"
        if self._array.ndim == 1:
            warnings.warn(RANK_ONE.format(n=self._array.shape[0]), RankOneWarning, stacklevel=CALLER)
        if name != "":
            self.named(name)

    # --- what it holds ----------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The numbers; those of a result are read-only."""
        if OPEN:
            note_read(self)
        if self._x is None and self._seen is None:
            self._seen = self._array.copy()  # from now on somebody may write to it
            tick()
        return self._array  # type: ignore[no-any-return]

    @data.setter
    def data(self, data: ArrayLike) -> None:
        if self._x is not None:
            raise ValueError(f"{self.called()} is a result: it cannot be assigned to; change what it is computed from")
        array = data if type(data) is np.ndarray and data.dtype == self.dtype else numeric(data, self.dtype)
        if array.shape != self._array.shape:
            raise ShapeError(f"{self.called()} has shape {self.shape}; its data cannot become one of {array.shape}")
        self._array = array
        self._seen = array.copy()
        self._version += 1
        tick()

    @property
    def shape(self) -> Shape:
        """The lengths of its axes: (n, m) for n rows and m columns."""
        return self._array.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return int(self._array.ndim)

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(self._array.size)

    @property
    def dtype(self) -> Any:
        """float64 or float32."""
        return self._array.dtype

    @property
    def grad(self) -> Any:
        """What `backward()` found for it; 0.0 before, and after `grad = None`, which forgets it."""
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is None:
            self._grad = None
        elif isinstance(grad, PLAIN) and grad == 0:
            self._grad = 0.0  # `p.grad = 0.0` is how gradients are cleared
        else:
            if not isinstance(grad, Tensor):
                grad = grad if type(grad) is np.ndarray and grad.dtype == self.dtype else numeric(grad, self.dtype)
            if grad.shape != self.shape:
                raise ShapeError(f"{self.called()} has shape {self.shape}; its gradient cannot have {grad.shape}")
            self._grad = grad

    @property
    def has_grad(self) -> bool:
        """Whether a backward sweep, or the user, has set `grad` since it was last cleared."""
        return self._grad is not None

    def numpy(self) -> Array:
        """Return a copy of the numbers, for use outside the graph."""
        if OPEN:
            note_read(self)
        return self._array.copy()  # type: ignore[no-any-return]

    def _held(self) -> Any:
        return float(self._array.reshape(())) if self._array.size == 1 else self._array.copy()

    def detach(self) -> Tensor:
        """Return the same numbers as a new constant, through which no gradient flows back."""
        twin: Tensor = note_constant(leaf(self._array.copy(), "constant"), self)
        return twin.named(self.name) if self.name else twin

    def changed(self) -> None:
        """Say that the numbers were written to in place, by whoever was given a view of them."""
        self._version += 1
        self._seen = None if self._seen is None else self._array.copy()
        tick()

    def live_in(self, place: Array) -> None:
        """Move the numbers of a leaf to a place of the same shape, such as a part of a larger array."""
        if self._array is not place:
            place[...] = self._array
            self._array = place

    def _current(self) -> int:
        """Return how often the data was changed, in place too."""
        if self._seen is not None and self._x is None and not same_bits(self._seen, self._array):
            self._seen = self._array.copy()
            self._version += 1
        return self._version

    def called(self) -> str:
        """Its name, or what it is, for a message."""
        return f"Tensor {self.name!r}" if self.name else "the Tensor"

    def __repr__(self) -> str:
        if OPEN:
            note_read(self)
        name = f", name={self.name!r}" if self.name else ""
        dtype = "" if self.dtype == FLOATS[0] else f", dtype={self.dtype}"
        op = f", op={self.op.name!r}" if self.op else ""
        if not self._array.size:
            return f"Tensor of shape {self.shape}{name}{dtype}{op}"
        body = np.array2string(self._array, separator=", ", prefix="Tensor(", threshold=60, precision=6)
        return f"Tensor({body}{name}{dtype}{op})"

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        return iter([self[i] for i in range(len(self._array))])

    def __bool__(self) -> bool:
        if OPEN and GUARDS.get() is not None:
            Undecided(None, (), self.called()).refuse()
        if self._array.size != 1:
            raise ValueError(
                f"{self.called()} of shape {self._array.shape} is neither true nor false: compare it and write "
                "(T.data > 0).all() or .any(); for a choice number by number there is where(T > 0, x, y)"
            )
        return bool(self._array)

    def __float__(self) -> float:
        raise TypeError(
            f"{self.called()} would leave the graph, and its gradient be lost: write .item() to take the number, or "
            "microgradnn.sin(T) for a function of it"
        )

    def __int__(self) -> int:
        return int(float(self))

    def __array__(self, *args: Any, **options: Any) -> Any:
        """Return the numbers where no gradient is lost by it: of a constant, and for what tests compare."""
        if not self._needs or sys._getframe(CALLER - 1).f_globals.get("__name__", "").startswith("numpy.testing"):
            return np.array(fact(self), *args, **{**options, "copy": True})
        raise TypeError(
            f"{self.called()} would leave the graph, and its gradient be lost: write .data to take the array, or use "
            "one of its own operations; np.stack and np.concatenate make one array of several, where np.r_, np.c_ and "
            "np.array cannot"
        )

    # --- recording --------------------------------------------------------------------------

    @classmethod
    def _record(cls, op: Any, *args: Any) -> Any:
        """Compute a row of either table at Tensors and numbers, and return the result as a new node."""
        if isinstance(op, Fold):
            return of_fold(op, args)
        if isinstance(op, Op) and op.holds:
            free = len(args)
            while free > len(args) - op.holds and isinstance(args[free - 1], PLAIN):
                free -= 1
            if free < len(args):
                op, args = op.hold(*map(float, args[free:])), args[:free]
        inputs: tuple[Any, ...] = args
        for arg in args:
            if not isinstance(arg, Tensor):
                dtype = next(iter([one._array.dtype for one in args if isinstance(one, Tensor)]))
                inputs = tuple([one if isinstance(one, Tensor) else constant(one, dtype) for one in args])
                warn_of_rank_one(args)
                break
        if op is calculus.log and inputs[0].op is not None and (result := without_underflow(inputs[0])) is not None:
            return result
        try:
            xs = [x._array for x in inputs]
            array = op.array(*xs) if isinstance(op, Op) else op.of(*xs)
        except (ValueError, IndexError) as error:
            raise shape_error(op, inputs, error) from None
        except TypeError as error:
            raise limits.refuse(op, args, error) if isinstance(op, Op) else type_error(op, error) from None
        return make_node(op, np.asarray(array), inputs)

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        raise TypeError(f"{op.name} takes numbers one by one; to make one array of several Tensors there is stack")

    def _look_ahead(self) -> None:
        if self._since != CLOCK[0]:  # something, somewhere, may have changed since
            for node in topological(self):
                if node.op is not None and node.stale():
                    raise ValueError(node.complaint())
        if OPEN and DETECTING.get():
            anomaly.check_sweep(topological(self))

    def backward(self, seed: Any = None, *, create_graph: bool = False, retain_graph: bool = True) -> None:
        """Add seed · ∂self/∂leaf to the `grad` of every leaf that self depends on.

        `seed` has the shape of self; it can be left out where self is one number. Otherwise as
        `Value.backward`. Raises ValueError, and changes no gradient, where the data of a leaf was
        changed after it was used: the rules read it now.
        """
        if seed is None:
            if self._array.size != 1:
                raise ShapeError(
                    f"backward() starts from one number, a cost, and {self.called()} has shape {self.shape}; call it "
                    "on its .sum() or .mean(), or give a seed of that shape"
                )
            start: Any = np.ones(self._array.shape, self._array.dtype)
        else:
            start = seed if isinstance(seed, Tensor) else constant(seed, self._array.dtype)
            if start.shape != self.shape:
                raise ShapeError(f"the seed has shape {start.shape}, and {self.called()} has {self.shape}")
            start = start if create_graph else start._array
        if create_graph and not isinstance(start, Tensor):
            start = leaf(start, "constant")
        Node.backward(self, start, create_graph=create_graph)

    def _sweep(self, seed: Any) -> None:
        order = topological(self)
        leaves = []
        for node in order:
            if not node._needs:
                node._grad = None
            elif node._x is not None:
                node._grad = 0.0
            elif node._grad is None or type(node._grad) is float:
                node._grad = 0.0
                leaves.append(node)
        if self._needs:
            add_to(self, seed)
        with np.errstate(all="ignore"):
            for node in reversed(order):
                inputs, g = node._x, node._grad
                if inputs is None or g is None or type(g) is float:
                    continue
                xs = [x._array for x in inputs]
                for i, x in enumerate(inputs):
                    if x._needs:
                        share = pull_back(node.op, i, g, node._array, xs)
                        if share is not None:
                            add_to(x, share)
        for node in leaves:
            if type(node._grad) is float:  # nothing has come
                node._grad = np.zeros_like(node._array)

    def stale(self) -> bool:
        """Whether the data of an input was changed after it was used here."""
        for x, used in zip(self._x, self._stamp, strict=True):
            if (x._version if x._seen is None else x._current()) != used:
                return True
        return False

    def complaint(self) -> str:
        """Say which input was changed."""
        changed = [x.called() for x, used in zip(self._x, self._stamp, strict=True) if x._version != used]
        return (
            f"the data of {changed[0]} was changed after {self.op.name if self.op else ''} had used it, and the "
            "gradient would be that of no computation that was done; compute the graph anew"
        )

    @property
    def wants_grad(self) -> bool:
        """Whether a backward sweep computes its gradient: not where all that it depends on is constant."""
        return self._needs

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        if self.stale():
            raise ValueError(self.complaint())
        f, xs = (self, self._x) if on_nodes else (self._array, [x._array for x in self._x])
        with np.errstate(all="ignore"):
            shares = [(x, pull_back(self.op, i, g, f, xs)) for i, x in enumerate(self._x) if x in wanted]
        return [(x, share) for x, share in shares if share is not None]

    def _share(self, i: int, g: Any) -> Any:
        """Return what input i gets of the gradient `g` of this node, as numbers."""
        with np.errstate(all="ignore"):
            share = pull_back(self.op, i, np.broadcast_to(g, self.shape), self._array, [x._array for x in self._x])
        return 0.0 if share is None else share

    def _pushed(self, moved: Any, *, on_nodes: bool) -> Any:
        """Move on: nodes only. Where there is no partial, the pullback is transposed, being linear in g.

        That is done by pulling the move back through the pullback (J. Townsend, "A new trick for
        calculating Jacobian vector products", 2017).
        """
        if self.stale():
            raise ValueError(self.complaint())
        total = None
        with np.errstate(all="ignore"):
            for i, x in enumerate(self._x):
                if x in moved:
                    step = (
                        apply_transpose(self, i, moved[x])
                        if isinstance(self.op, ArrayOp)
                        else push_forward(self, i, moved[x])
                    )
                    total = step if total is None else total if step is None else total + step
        return total

    def _like(self, x: Any) -> Any:
        array = numeric(x, self.dtype)
        if array.shape not in ((), self.shape):
            raise ShapeError(f"{self.called()} has shape {self.shape}, and what should go with it has {array.shape}")
        return leaf(np.broadcast_to(array, self.shape).copy(), "constant")

    def __reduce__(self) -> tuple[Any, ...]:
        if self._x is None:
            state: tuple[Any, ...] = (self._array.copy(), self._needs, self._current(), ())
        else:
            state = (self._array, self._needs, self._version, self._stamp)
        grad = None if isinstance(self._grad, Node) else self._grad  # one that is a node follows: see `reduced`
        return reduce_node(self, restore, type(self), self.op, self._x, *state, grad, self.about)

    # --- operators --------------------------------------------------------------------------

    def __hash__(self) -> int:
        return id(self)

    def _operate(self, name: str, *operands: Any) -> Any:
        """Record an operator; NotImplemented where an operand is of a kind that knows better."""
        for one in operands:
            if not isinstance(one, OPERANDS):
                if isinstance(one, Node):
                    raise TypeError(
                        f"{one!r} and a Tensor are on two paths, which do not mix; a single number joins as "
                        "Tensor(number)"
                    )
                if limits.is_no_operand(one):
                    what = f"{name}: a Tensor is joined by numbers, arrays and Tensors; got {one!r:.60}"
                    raise TypeError(f"{what} ({type(one).__name__}){limits.advice_on(one)}")
                return NotImplemented
        return Tensor._record(OPS[name], *operands)

    def __matmul__(self, other: Any) -> Any:
        return product(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return product(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return elementwise.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return elementwise.floor_divide(other, self)

    def __pos__(self) -> Tensor:
        return self

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Node):
            return SAME if self is other else OTHER
        if (ys := comparable(other)) is None:
            return NotImplemented
        return compare(calculus.equal, (self, other), self._array == ys, self.called())

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Node):
            return OTHER if self is other else SAME
        if (ys := comparable(other)) is None:
            return NotImplemented
        return compare(unequal, (self, other), self._array != ys, self.called())

    def __lt__(self, other: Any) -> Any:
        return compare(calculus.greater, (other, self), self._array < plain(other), self.called())

    def __le__(self, other: Any) -> Any:
        return compare(calculus.at_least, (other, self), self._array <= plain(other), self.called())

    def __gt__(self, other: Any) -> Any:
        return compare(calculus.greater, (self, other), self._array > plain(other), self.called())

    def __ge__(self, other: Any) -> Any:
        return compare(calculus.at_least, (self, other), self._array >= plain(other), self.called())

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        last = parts[-1] if parts else None
        if isinstance(last, Tensor) and all(type(x) is slice and x == slice(None) for x in parts[:-1]):
            if holds_places(last):
                return Tensor._record(arrays.pick.hold(axis=len(parts) - 1), self, last)
        return Tensor._record(arrays.take.hold(index=check_index(index)), self)

    def __setitem__(self, index: Any, x: Any) -> NoReturn:
        raise TypeError(
            f"{self.called()} is not written to in part, since its gradient would no longer be that of what it was: "
            "write where(mask, x, T) for a new one; of a leaf the data are yours, as in T.data[0, 1] = 2"
        )

    def __contains__(self, x: Any) -> NoReturn:
        raise TypeError(f"whether a number is in {self.called()} is asked of its data: write (T.data == x).any()")

    # --- the second table as methods ----------------------------------------------------------

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """The transpose: (n, m) becomes (m, n); of more axes, all in reverse order."""
        if self._array.ndim == 2:
            return Tensor._record(arrays.swap, self)
        return self.transpose()

    @property
    def mT(self) -> Any:  # noqa: N802 (NumPy's name)
        """The transpose of each matrix: the last two axes in each other's place."""
        return self.swapaxes(-1, -2)

    def transpose(self, *axes: Any) -> Any:
        """Return it with its axes in another order, by default the reverse."""
        order = tuple(axes[0] or ()) if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return Tensor._record(arrays.transpose.hold(axes=order or tuple(range(self._array.ndim))[::-1]), self)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """Return the same numbers in another shape; one length may be −1, and follows from the others."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        if order not in ("C", "A"):
            return rearrange.reshape(self, wanted, order)
        return Tensor._record(arrays.reshape.hold(shape=tuple(wanted)), self)

    def ravel(self, order: str = "C") -> Any:
        """Return all its numbers in one axis."""
        return self.reshape(-1, order=order)

    def flatten(self, order: str = "C") -> Any:
        """Return all its numbers in one axis."""
        return self.reshape(-1, order=order)

    def squeeze(self, axis: Axis = None) -> Any:
        """Return it without axes of length 1: all of them, or those named."""
        return rearrange.squeeze(self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Return it with two axes in each other's place."""
        return rearrange.swapaxes(self, axis1, axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Return it with every entry along the axis repeated; without an axis, of all numbers in one."""
        return rearrange.repeat(self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
        """Return it at these places along the axis; without an axis, of all numbers in one."""
        return rearrange.take(self, indices, axis, mode)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Return a diagonal of two of its axes, as the last axis."""
        return rearrange.diagonal(self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Return the sum of a diagonal."""
        return rearrange.trace(self, offset, axis1, axis2)

    def dot(self, other: Any) -> Any:
        """Return the product of numbers, of vectors, of matrices; of more axes, the last by the last but one."""
        return products.dot(self, other)

    def sort(self, axis: int = -1) -> Any:
        """Return it in order along the axis, as a new Tensor."""
        return statistics.sort(self, axis)

    def round(self, decimals: int = 0) -> Any:
        """Return the nearest numbers of so many decimals, of two the even one; their slopes are 0."""
        return elementwise.round(self, decimals)

    def clip(self, low: Any = None, high: Any = None, *, min: Any = None, max: Any = None) -> Any:
        """Return it, but the bounds where it is beyond; None is no bound, and of bounds that cross the upper holds.

        The slope at the bounds is 1, if they differ.
        """
        return elementwise.clip(self, low, high, min=min, max=max)

    def ptp(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return the largest less the smallest along the axes."""
        return statistics.ptp(self, axis, keepdims=keepdims)

    def copy(self) -> Any:
        """Return it as a node of its own."""
        return elementwise.copy(self)

    def astype(self, dtype: Any) -> Any:
        """Return the same numbers as float64 or float32; as whole numbers or bools, which have no slope, plain ones."""
        if np.dtype(dtype).kind in "iub":
            return fact(self).astype(dtype)
        if np.dtype(dtype) not in FLOATS:
            raise TypeError(f"a Tensor holds float64 or float32, no {np.dtype(dtype)}")
        return Tensor._record(arrays.cast.hold(dtype=np.dtype(dtype)), self)

    @property
    def real(self) -> Tensor:
        """It, being real."""
        return self

    @property
    def imag(self) -> Any:
        """0 for each number, being real."""
        return elementwise.imag(self)

    def conj(self) -> Tensor:
        """Return it, being real."""
        return self

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """Return the place of the largest along the axis, as whole numbers."""
        return np.argmax(fact(self), axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """Return the place of the smallest along the axis, as whole numbers."""
        return np.argmin(fact(self), axis, keepdims=keepdims)

    def argsort(self, axis: int | None = -1) -> Any:
        """Return the places in which it would be in order along the axis, as whole numbers."""
        return np.argsort(fact(self), axis, kind="stable")

    def nonzero(self) -> Any:
        """Return the places where it is not 0, as NumPy does."""
        return np.nonzero(fact(self))

    def all(self, axis: Axis = None, *, keepdims: bool = False) -> Any:
        """Return whether all numbers along the axes are not 0."""
        return np.all(fact(self), axis, keepdims=keepdims)

    def any(self, axis: Axis = None, *, keepdims: bool = False) -> Any:
        """Return whether one of the numbers along the axes is not 0."""
        return np.any(fact(self), axis, keepdims=keepdims)

    def tolist(self) -> Any:
        """Return the numbers as Python's own, in lists."""
        if OPEN:
            note_read(self)
        return self._array.tolist()

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return the sum along the axes, by default of all; keepdims keeps them, with length 1 (notes, E7)."""
        return reduction(arrays.sum, self, axis, keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return the mean along the axes."""
        return reduction(arrays.mean, self, axis, keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return the largest along the axes; a tie shares the gradient equally."""
        return reduction(arrays.max, self, axis, keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return the smallest along the axes; a tie shares the gradient equally."""
        return reduction(arrays.min, self, axis, keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return the product along the axes."""
        return reduction(arrays.prod, self, axis, keepdims)

    def var(self, axis: Axis = None, keepdims: bool = False, *, ddof: int = 0) -> Any:
        """Return the variance along the axes: Σ (x − mean)² / (n − ddof)."""
        squares = (self - self.mean(axis, keepdims=True)) ** 2
        if not ddof:
            return squares.mean(axis, keepdims)
        n = count(self, axis, keepdims)
        return squares.sum(axis, keepdims) / calculus.maximum(n - ddof, 0)

    def std(self, axis: Axis = None, keepdims: bool = False, *, ddof: int = 0) -> Any:
        """Return the standard deviation along the axes, the root of `var`; its slopes are 0 where that is 0."""
        spread = reduction(arrays.rms, self - self.mean(axis, keepdims=True), axis, keepdims)
        if not ddof:
            return spread
        n = count(self, axis, keepdims)
        return spread * (n / calculus.maximum(n - ddof, 0)).sqrt()

    def logsumexp(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Return log Σ e^x along the axes; does not overflow."""
        return reduction(arrays.logsumexp, self, axis, keepdims)

    def softmax(self, axis: Axis = 0) -> Any:
        """Return e^x / Σ e^x along the axis: by default of each column, an example."""
        return Tensor._record(arrays.softmax.hold(axis=axis if self._array.ndim else None), self)

    def log_softmax(self, axis: Axis = 0) -> Any:
        """Return x − log Σ e^x along the axis: by default of each column, an example."""
        return Tensor._record(arrays.log_softmax.hold(axis=axis if self._array.ndim else None), self)

    # --- NumPy's protocols --------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Any:
        """Answer np.exp(T), array * T and np.add.reduce(T)."""
        row = row_of(ufunc)
        dtype = options.pop("dtype", None)
        options = without_defaults(ufunc.__name__, options)
        if method == "__call__" and row is not None and not options:
            found = product(*args) if row is arrays.matmul else row(*args)
            return found if dtype is None else found.astype(dtype)
        if method == "__call__" and ufunc.__name__ in COMPARISONS and not options:
            if ufunc.__name__ not in RELATIONS:
                return ufunc(*map(plain, args))
            row, turned = RELATIONS[ufunc.__name__]
            first = next(x for x in args if isinstance(x, Tensor))
            return compare(row, args[::-1] if turned else args, ufunc(*map(plain, args)), first.called())
        if method == "reduce" and ufunc.__name__ in REDUCTIONS:
            return REDUCTIONS[ufunc.__name__](*args, **{"axis": 0, **options})
        if method == "accumulate" and ufunc.__name__ in ACCUMULATIONS:
            return ACCUMULATIONS[ufunc.__name__](*args, **{"axis": 0, **options})
        if method == "outer" and row is not None and len(args) == 2:
            x, y = map(rearrange.operand, args)
            return row(rearrange.reshape(x, (*x.shape, *[1] * y.ndim)), y)
        raise TypeError(no_such(f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Answer np.sum(T), np.concatenate([T, …]) and their like."""
        name = function.__name__
        if name in FACTS or (name == "where" and len(args) + len(options) == 1):
            return function(*map(fact, args), **{key: fact(x) for key, x in options.items()})
        ours = (OF_LINALG if "linalg" in function.__module__ else FUNCTIONS).get(name)
        if ours is None:
            raise TypeError(no_such(f"{function.__module__.replace('numpy', 'np', 1)}.{name}"))
        dtype = options.get("dtype")
        found = ours(*args, **without_defaults(name, {key: x for key, x in options.items() if key != "dtype"}))
        return found if dtype is None else found.astype(dtype)


# --- recording ----------------------------------------------------------------------------------

OPERANDS: Final = (Tensor, np.ndarray, np.generic, list, tuple, Condition, *PLAIN)


def make_node(op: Any, array: Any, inputs: tuple[Tensor, ...]) -> Tensor:
    """Return the node that holds `array`, made by `op` from `inputs`."""
    dtype = inputs[0]._array.dtype
    if array.dtype != dtype and op.name != "cast" and {x._array.dtype for x in inputs} == {dtype}:
        array = array.astype(dtype)  # NumPy, or numerics.py, has a few functions for float64 only
    node = new(Tensor)
    needs, stamp, since = False, [], CLOCK[0]
    for x in inputs:
        needs = needs or x._needs
        stamp.append(x._version if x._seen is None else x._current())
        since = min(since, x._since if x._seen is None else -1)  # −1: it may be written to, and nothing would tell
        if array is x._array:
            array = array.view()  # which can be made read-only alone
    array.flags.writeable = False
    node._array = array
    node._grad = None
    node.op = op
    node._x = inputs
    node._y = node._seen = None
    node._version = 0
    node._stamp = tuple(stamp)
    node._since = since
    node._needs = needs
    if OPEN:
        if DETECTING.get():
            anomaly.check_value(node)
        if not RECORDING.get():
            constant: Tensor = note_constant(leaf(array.copy(), "constant"), node)
            return constant  # with a copy: a view would change with what it is a view of
    return node


def product(x: Any, y: Any) -> Any:
    """Return the matrix product, an operand of one axis being a row on the left and a column on the right."""
    if not isinstance(x, Tensor):
        x = constant(x, None)
    if not isinstance(y, Tensor):
        y = constant(y, None)
    if x._array.ndim > 1 and y._array.ndim > 1:
        return Tensor._record(arrays.matmul, x, y)
    if not x.ndim or not y.ndim:
        raise ShapeError(f"matmul is for arrays; got shapes {x.shape} and {y.shape}: write * for a single number")
    left, right = x.ndim == 1, y.ndim == 1
    result = Tensor._record(arrays.matmul, x.reshape(1, -1) if left else x, y.reshape(-1, 1) if right else y)
    shape = result.shape
    return result.reshape(shape[:-2] + (() if left else shape[-2:-1]) + (() if right else shape[-1:]))


def reduction(op: ArrayOp, x: Tensor, axis: Axis, keepdims: bool) -> Any:
    """Record a row that makes one number of many."""
    options: dict[str, Any] = {}
    if axis is not None:
        options["axis"] = tuple(axis) if isinstance(axis, list) else axis
    if keepdims:
        options["keepdims"] = True
    return Tensor._record(op.hold(**options) if options else op, x)


def count(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return how many numbers of x there are along the axes, as a node: a replay on more examples counts those."""
    return reduction(arrays.sum, calculus.equal(x, x), axis, keepdims)


def of_fold(op: Fold, args: Sequence[Any]) -> Any:
    """Return a row of many numbers at whole arrays: microgradnn.sum(T)."""
    if op.name == "dot":
        return product(*args)
    if len(args) != 1:
        raise TypeError(f"{op.name} takes one Tensor, got {len(args)}; see microgradnn.stack")
    return Tensor._record(arrays.ARRAY_OPS[op.name], args[0])


def without_underflow(x: Tensor) -> Any:
    """Return log x where x is a sigmoid too small to be divided by, by a form that needs no sigmoid; else None."""
    found, tiny = find_logit(x), np.finfo(x.dtype).tiny
    if found is None or not (x._array < tiny).any():
        return None
    with np.errstate(divide="ignore"):
        log = make_node(calculus.log, np.log(x._array), (x,))
    return calculus.where(calculus.step(float(tiny) - x), log_of_logistic(*found), log)


# --- sweeping -----------------------------------------------------------------------------------


def apply_transpose(node: Tensor, i: int, t: Any) -> Any:
    """Return how the result of an array operation moves when input i moves by t."""
    op: Any = node.op
    g = leaf(np.zeros(node.shape, node.dtype), "input")
    share = op.pullback(i, g, node, *node._x)
    order = topological(share, {node, *node._x})
    return back(order, [g], t, on_nodes=True).get(g)  # None where nothing comes back: signdet


def add_to(x: Tensor, share: Any) -> None:
    """Add to the gradient of a node."""
    if type(x._grad) is not float:
        total = x._grad + share
        x._grad = total if isinstance(total, Node) else np.asarray(total)
    elif x._x is None:  # a leaf's gradient is its own, for whoever wants to write to it
        x._grad = np.array(share)
    else:
        x._grad = share


def fact(x: Any) -> Any:
    """Return the numbers of a Tensor, for a question that has no slope; TypeError while a function is recorded."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(fact, x))
    if isinstance(x, Tensor) and OPEN and GUARDS.get() is not None:
        Undecided(None, (), x.called()).refuse()
    return plain(x)


def comparable(x: Any) -> Any:
    """Return what == compares the numbers of a Tensor with: a number, an array, or rows of them; None for others."""
    if isinstance(x, (list, tuple)):
        try:
            x = np.asarray(x)
        except (TypeError, ValueError):
            return None
    return x if is_comparable(x) else None


def plain(x: Any) -> Any:
    """Return the numbers of a Tensor, or what is one already."""
    return x._array if isinstance(x, Tensor) else x


def restore(
    ancestors: Any,
    kind: type[Tensor],
    op: Any,
    inputs: Any,
    array: Any,
    needs: bool,
    version: int,
    stamp: Any,
    grad: Any,
    about: About,
) -> Tensor:
    """Make a Tensor anew from what `Tensor.__reduce__` gave; `ancestors` are there to come first."""
    node = leaf(array, "input")
    node._grad, node.op, node._x = grad, op, inputs
    node._needs, node._version, node._stamp = needs, version, stamp
    if inputs is not None:
        array.flags.writeable = False
        node._since = -1  # of the copy's clock nothing is known: look before each sweep
    if about != NOTHING_SAID:
        node._about = about
    return node


# --- functions of several Tensors, and NumPy's names ----------------------------------------------


def concatenate(tensors: Sequence[Any], axis: int | None = 0) -> Any:
    """Join arrays along an axis: with axis=1, examples to examples; with None all their numbers in one axis.

    Raises ShapeError where there are none, or where the other axes differ.
    """
    nodes = to_join(tensors, "concatenate")
    if axis is None:
        return concatenate([x.ravel() for x in nodes])
    return Tensor._record(arrays.concatenate.hold(axis=axis), *nodes)


def to_join(tensors: Sequence[Any], name: str) -> list[Tensor]:
    """Return what is to be joined as Tensors."""
    nodes = [x if isinstance(x, Tensor) else constant(x, FLOATS[0]) for x in tensors]
    if not nodes:
        raise ShapeError(f"{name}: there is nothing to be joined")
    return nodes


def stack(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays of one shape along a new axis."""
    nodes = to_join(tensors, "stack")
    if len({x.shape for x in nodes}) > 1:
        raise ShapeError(f"stack: the arrays are of different shapes: {', '.join(str(x.shape) for x in nodes)}")
    ndim = nodes[0].ndim + 1
    if not -ndim <= axis < ndim:
        raise OutOfRangeError(f"stack: axis {axis} of a result with {ndim} axes")
    at = axis % ndim
    return concatenate([x.reshape(*x.shape[:at], 1, *x.shape[at:]) for x in nodes], axis=at)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = None, subok: Any = None, shape: Any = None
) -> Any:
    """Return a number repeated to the shape of a, as a constant."""
    wanted = np.dtype(dtype) if dtype is not None else a.dtype
    one = fill_value if isinstance(fill_value, Tensor) else constant(fill_value, wanted)
    return arrays.broadcast(one, shape=tuple(a.shape) if shape is None else tuple(shape))


def zeros_like(a: Any, *args: Any, **options: Any) -> Any:
    """Return zeros of the shape of a, as a constant."""
    return full_like(a, 0.0, *args, **options)


def ones_like(a: Any, *args: Any, **options: Any) -> Any:
    """Return ones of the shape of a, as a constant."""
    return full_like(a, 1.0, *args, **options)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return x where the condition holds, else y, as the row."""
    return OPS["where"](condition, x, y)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, axis: int = 0) -> Any:
    """Return `num` numbers from one to another, evenly; with `retstep` what lies between two of them, too."""
    first, last = rearrange.operand(start), rearrange.operand(stop)
    shape = np.broadcast_shapes(first.shape, last.shape)
    part = np.linspace(0, 1, num, endpoint).reshape(-1, *[1] * len(shape))
    whole = first + (last - first) * constant(part, FLOATS[0])
    found = rearrange.moveaxis(whole, 0, axis) if axis else whole
    steps = num - 1 if endpoint else num
    return (found, (last - first) / steps if steps else (last - first) * np.nan) if retstep else found


FUNCTIONS.update(
    concatenate=concatenate,
    stack=stack,
    matmul=product,
    zeros_like=zeros_like,
    ones_like=ones_like,
    empty_like=zeros_like,
    full_like=full_like,
    where=where,
    linspace=linspace,
)
