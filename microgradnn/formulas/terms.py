"""Formulas as data: each part once, and simplified as a person would when it is made.

A `Term` is a node without numbers: rows of both tables work on it, so the rules of the tables,
run on terms, give the formulas of a backward pass. Equal parts are one object, which is how
common subexpressions are found. What a term simplifies to has the same value, but for rounding,
also for ∞ and NaN; each rewriting stands alone in `REWRITES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Fold, Node, Op
from ..graph.native import mypyc_attr
from ..rules import arrays, calculus
from ..rules.arrays import ArrayOp
from .facts import UNKNOWN, facts_of, is_steep, may_meet, needs_guard, of_number

PLAIN: dict[Any, Any] = {calculus.weigh: calculus.mul, arrays.weigh_matmul: arrays.matmul}  # where no guard is needed
Shape = tuple[Any, ...]  # of lengths as an Any, since mypyc makes a plain int of what it knows to be an int


@mypyc_attr(native_class=False)
class Dim(int):
    """A length that has a name, such as m, the number of examples; `dim` makes one."""

    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return dim, (int(self), self.name)

    def __mul__(self, other: Any) -> Any:
        return self if other == 1 else dim(int(self) * int(other), f"{self.name} * {other!r}")

    def __rmul__(self, other: Any) -> Any:
        return self if other == 1 else dim(int(self) * int(other), f"{other!r} * {self.name}")

    def __repr__(self) -> str:
        return self.name


def dim(length: int, name: str) -> Dim:
    """Return the length, named."""
    named = Dim(length)
    named.name = name
    return named


class Term(Node):
    """A variable, a number, or an operation on terms; `shape` is () for a number.

    `value` is the number of a constant, or a `Dim`, and None for what is not constant. `facts` is
    what is known of its numbers.
    """

    __slots__ = ("book", "facts", "label", "shape", "value")

    book: Book
    facts: Any
    label: str
    shape: Any
    value: Any

    def __init__(self, book: Book, op: Any, inputs: tuple[Any, ...], shape: Shape, value: Any = None) -> None:
        self.book = book
        self.op = op
        self._x = inputs or None
        self._y = None
        self.shape = shape
        self.value = value
        self.label = ""
        self.facts = UNKNOWN if value is None else of_number(value)

    def item(self) -> Any:
        """Return the number of a constant, or None."""
        return self.value

    @property
    def kind(self) -> str:
        """'constant' for a number, 'input' for a variable, 'operation' for the rest."""
        return "operation" if self.op is not None else "input" if self.value is None else "constant"

    @property
    def dtype(self) -> Any:
        """Terms stand for numbers of any precision."""
        return np.dtype(float)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @classmethod
    def _record(cls, op: Any, *args: Any) -> Any:
        """Return op(args), simplified."""
        book = next(iter([arg.book for arg in args if isinstance(arg, Term)]))
        if isinstance(op, Op) and op.holds and not op.held:
            free = len(args)
            while free > len(args) - op.holds and isinstance(args[free - 1], (int, float)):
                free -= 1
            if free < len(args):
                op, args = op.hold(*map(float, args[free:])), args[:free]
        terms = tuple([arg if isinstance(arg, Term) else book.constant(arg) for arg in args])
        if op in PLAIN and not book.exact:
            meet = needs_guard if book.pulling else may_meet
            op = op if meet(terms[0].facts, terms[1].facts) else PLAIN[op]
        return book.simplify_operation(op, terms) if book.simplify else book.make(op, terms)

    @classmethod
    def _record_fold(cls, op: Fold, sequences: Sequence[Sequence[Any]]) -> Any:
        return cls._record(op, *[x for xs in sequences for x in xs])

    def _pulls(self, g: Any, wanted: Any, *, on_nodes: bool) -> list[tuple[Any, Any]]:
        shares = [(x, share_of(self, i, g)) for i, x in enumerate(self.inputs) if x in wanted]
        return [(x, share) for x, share in shares if share is not None]

    def __matmul__(self, other: Any) -> Any:
        return arrays.matmul(self, other)

    def __hash__(self) -> int:
        return id(self)


class Book:
    """The terms of one derivation, each written down once; `exact` has every product of a backward pass guarded."""

    def __init__(
        self, *, simplify: bool = True, exact: bool = False, products: Sequence[Callable[..., Any]] = ()
    ) -> None:
        self.simplify = simplify
        self.exact = exact
        self.known: dict[Any, Term] = {}
        self.meaning: dict[Term, Term] = {}  # of a variable that stands for another term
        self.distributions: set[Term] = set()  # variables of which each column sums to 1
        self.pulling = False  # whether what is written is the pullback of an operation on arrays
        self.rewrites = REWRITES | {name: (*products, *REWRITES[name]) for name in ("mul", "weigh")}
        if exact:
            self.rewrites["exp"] = ()  # e^log softmax(z) is 0 where softmax(z) is ∞ / ∞

    def variable(self, name: str, shape: Shape) -> Term:
        """Return a new variable."""
        term = Term(self, None, (), shape)
        term.label = name
        return term

    def constant(self, x: Any) -> Term:
        """Return a number, or a small array, that does not change."""
        if isinstance(x, np.ndarray) and x.ndim:
            key: Any = ("array", x.tobytes(), x.shape)
            value: Any = x
            shape: Shape = x.shape
        else:
            value = x if isinstance(x, Dim) else as_python_number(x)
            key, shape = ("number", repr(value), getattr(x, "name", "")), ()
        if key not in self.known:
            self.known[key] = Term(self, None, (), shape, value)
        return self.known[key]

    def new_term(self, op: Any, terms: tuple[Term, ...]) -> Term:
        """Return the operation on these terms as a term of its own, even if it is known already."""
        term = Term(self, op, terms, shape_of(op, terms))
        term.facts = facts_of(op, terms)
        return term

    def make(self, op: Any, terms: tuple[Term, ...]) -> Term:
        """Return the operation on these terms as it is."""
        key = (op.name, op.spelled() if isinstance(op, ArrayOp) else op.held, *map(id, terms))
        if key not in self.known:
            self.known[key] = self.new_term(op, terms)
        return self.known[key]

    def simplify_operation(self, op: Any, terms: tuple[Term, ...]) -> Term:
        """Return the operation on these terms, or what a person would write for it."""
        for rewrite in self.rewrites.get(op.name, ()):
            shorter = rewrite(op, *terms)
            if shorter is not None:
                return shorter if isinstance(shorter, Term) else self.constant(shorter)
        return self.make(op, terms)


FICTIONAL = 7919  # examples: a length that no other axis has


def loses_length(terms: Iterable[Term]) -> bool:
    """Whether somewhere the number of examples has become a number without a name."""
    for term in terms:
        number = term.value if isinstance(term.value, (int, float)) and not isinstance(term.value, Dim) else 1
        if number and number % FICTIONAL == 0:
            return True
        parameters = getattr(term.op, "parameters", {}) if term.op is not None else {}
        lengths = [*term.shape, *parameters.get("shape", ())]
        if any(n and n % FICTIONAL == 0 and not isinstance(n, Dim) for n in lengths):
            return True
    return False


def as_python_number(x: Any) -> Any:
    """Return a number as Python's own, a whole one as an int."""
    number = x.item() if hasattr(x, "item") else x
    if number == 0 and str(number).startswith("-"):  # −0
        return number
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 1e15 else number


# --- shapes -----------------------------------------------------------------------------------


def broadcast_shapes(shapes: Sequence[Shape]) -> Shape:
    """Return the shape of an element-wise result; a length with a name keeps it."""
    result: list[Any] = []
    for shape in shapes:
        longer, shorter = (list(shape), result) if len(shape) > len(result) else (result, list(shape))
        offset = len(longer) - len(shorter)
        pairs = list(zip(longer[offset:], shorter, strict=True))
        if not all(a == b or 1 in (a, b) for a, b in pairs):
            raise ShapeError(f"the shapes {', '.join(map(str, shapes))} do not broadcast")
        result = longer[:offset] + [a if b == 1 or isinstance(a, Dim) else b for a, b in pairs]
    return tuple(result)


def shape_of(op: Any, terms: Sequence[Term]) -> Shape:
    """Return the shape of an operation on terms."""
    shapes = [term.shape for term in terms]
    if not isinstance(op, ArrayOp):
        return broadcast_shapes(shapes)
    parameters: Any = op.parameters
    if op.name in ("matmul", "weigh_matmul"):
        if shapes[0][-1] != shapes[1][-2]:
            raise ShapeError(f"the shapes {shapes[0]} and {shapes[1]} do not multiply")
        return (*broadcast_shapes([shapes[0][:-2], shapes[1][:-2]]), shapes[0][-2], shapes[1][-1])
    if op.name == "swap":
        return (*shapes[0][:-2], shapes[0][-1], shapes[0][-2])
    if "shape" in parameters and -1 not in parameters["shape"]:
        return tuple(parameters["shape"])
    if op.name == "transpose":
        return tuple([shapes[0][axis] for axis in parameters["axes"]])
    if op.name in ("sum", "mean", "max", "min", "prod", "logsumexp"):
        axes = arrays.axes_of(parameters.get("axis"), len(shapes[0]))
        keep = parameters.get("keepdims", False)
        return tuple([1 if i in axes else n for i, n in enumerate(shapes[0]) if keep or i not in axes])
    if op.alike or (op.name in ("cumsum", "cumprod") and "axis" in parameters):
        return tuple(shapes[0])
    if any(isinstance(n, Dim) for shape in shapes for n in shape):
        raise ShapeError(f"{op.name} is not written for any number of examples")
    return tuple(op.of(*[np.zeros(shape) for shape in shapes]).shape)


# --- what a person leaves out -------------------------------------------------------------------


def is_number(x: Term, number: float) -> bool:
    """Whether a term is this number."""
    return x.op is None and x.shape == () and x.value is not None and not isinstance(x.value, Dim) and x.value == number


def is_op(x: Term, name: str) -> bool:
    """Whether a term is the operation of that name."""
    return x.op is not None and x.op.name == name


def compute_numbers(op: Op, *xs: Term) -> Any:
    """Numbers among themselves are computed; a length that has a name is left as it is."""
    numbers = [x.value for x in xs]
    if any(x is None or isinstance(x, (Dim, np.ndarray)) for x in numbers):
        return None
    try:
        result = op(*numbers)
    except (ValueError, ArithmeticError):
        return None
    exact = op.name != "div" or result == int(result) if abs(result) < 1e15 else False
    return result if exact else None  # 1/3 is better read as it stands


def same_shape(result: Term, *xs: Term) -> Any:
    """Return a term that has the shape of the operation on xs, else None."""
    return result if result.shape == broadcast_shapes([x.shape for x in xs]) else None


def sum_of_two(op: Op, x: Term, y: Term) -> Any:
    """0 + x is x, unless the sign of a zero counts, since −0 + 0 is 0; x + x is 2 x; x + (−y) is x − y."""
    for number, other in ((x, y), (y, x)):
        if is_number(number, 0):
            return None if x.book.exact else same_shape(other, x, y)
    if x is y:
        return 2 * x
    if y.op is calculus.neg:
        return x - y.inputs[0]
    return y - x.inputs[0] if x.op is calculus.neg else None


def one_denominator(op: Op, x: Term, y: Term) -> Any:
    """X / m + y / m is (x + y) / m, and so with a minus, for an m that is known not to be 0."""
    if x.op is calculus.div and y.op is calculus.div and x.inputs[1] is y.inputs[1] and x.inputs[1].value:
        return op(x.inputs[0], y.inputs[0]) / x.inputs[1]
    return None


def labels_sum_to_one(op: ArrayOp, x: Term) -> Any:
    """The sum of each column of labels, one of which is 1, is 1; also of labels / m, or with a minus."""
    if op.parameters != {"axis": 0, "keepdims": True}:
        return None
    inner, share = x, x.book.constant(1)
    while inner.op is calculus.neg or (inner.op is calculus.div and inner.inputs[1].shape == ()):
        share = -share if inner.op is calculus.neg else share / inner.inputs[1]
        inner = inner.inputs[0]
    shape = (1, *x.shape[1:])
    return arrays.broadcast(share, shape=shape) if inner in x.book.distributions else None


def count(op: ArrayOp, x: Term) -> Any:
    """The number of entries that equal themselves is the length: m, where it has that name."""
    if not is_op(x, "equal") or x.inputs[0] is not x.inputs[1]:
        return None
    shape = shape_of(op, (x,))
    lengths: Any = x.shape  # Any, as the product: a plain int, which mypyc prefers, has no name
    product: Any = 1
    for axis in arrays.axes_of(op.parameters.get("axis"), len(x.shape)):
        product = product * lengths[axis]
    number = x.book.constant(product)
    return arrays.broadcast(number, shape=shape) if shape else number


def exp_of_log(op: Op, x: Term) -> Any:
    """e^log softmax(z) is softmax(z)."""
    if is_op(x, "log_softmax"):
        return arrays.softmax(x.inputs[0], **x.op.parameters)
    return None


def difference(op: Op, x: Term, y: Term) -> Any:
    """X − 0 is x; 0 − x is −x; x − (−y) is x + y."""
    if is_number(y, 0):
        return same_shape(x, x, y)
    if is_number(x, 0):
        return -y if same_shape(y, x, y) is not None else None
    return x + y.inputs[0] if y.op is calculus.neg else None


def negation(op: Op, x: Term) -> Any:
    """−(−x) is x; −(x − y) is y − x."""
    if x.op is calculus.neg:
        return x.inputs[0]
    return x.inputs[1] - x.inputs[0] if x.op is calculus.sub else None


def product(op: Op, x: Term, y: Term) -> Any:
    """1 · x is x, −1 · x is −x, x · x is x², x · (1 / y) is x / y; a repeated factor need not be."""
    for number, other in ((x, y), (y, x)):
        if is_number(number, 1):
            return same_shape(other, x, y)
        if is_number(number, -1):
            return -other
        if number.op is calculus.div and is_number(number.inputs[0], 1):
            return other / number.inputs[1]
        if number.op is calculus.neg:
            return -(other * number.inputs[0] if number is y else number.inputs[0] * other)
        if is_op(number, "broadcast"):
            bare = number.inputs[0]  # NumPy repeats it
            if broadcast_shapes([bare.shape, other.shape]) == broadcast_shapes([number.shape, other.shape]):
                return op(bare, other) if number is x else op(other, bare)
    return x**2 if x is y else None


def share_of(term: Term, i: int, g: Any) -> Any:
    """Return what input i gets of the gradient g in a term, as `pulled` does; None where that is nothing.

    The product is a plain one, but where one factor may be 0 and the other infinite, which the sweep says is 0.
    """
    op: Any = term.op
    if isinstance(op, ArrayOp):
        term.book.pulling = True
        try:
            return op.pullback(i, g, term, *term.inputs, paper=not term.book.exact)
        finally:
            term.book.pulling = False
    partial = (op.partials if term.book.exact else op.paper)[i](term, *term.inputs)
    if not isinstance(partial, Term):
        if not partial:
            return None
        share = g if partial == 1 else -g if partial == -1 else g * partial
    else:
        steep = is_steep(op, term.inputs)
        guarded = term.book.exact or needs_guard(g.facts, partial.facts._replace(steep=steep or partial.facts.steep))
        share = calculus.weigh(g, partial) if guarded else g * partial
        if steep:
            share.facts = share.facts._replace(steep=True)
    shape = term.inputs[i].shape
    return share if share.shape == shape else arrays.sum_to(share, shape=shape)


def weigh_by_one(op: Op, x: Term, y: Term) -> Any:
    """1 · x is x."""
    return y if is_number(x, 1) and y.shape == broadcast_shapes([x.shape, y.shape]) else None


def quotient(op: Op, x: Term, y: Term) -> Any:
    """X / 1 is x; m / m is 1; (−x) / y is −(x / y)."""
    if is_number(y, 1):
        return same_shape(x, x, y)
    if x is y and isinstance(x.value, Dim):
        return 1
    if x.op is None and isinstance(x.value, (int, float)) and not isinstance(x.value, Dim) and x.value < 0:
        return -(x.book.constant(-x.value) / y)
    return -(x.inputs[0] / y) if x.op is calculus.neg else None


def power(op: Op, x: Term, *y: Term) -> Any:
    """x¹ is x."""
    return x if op.held == (1,) or (y and is_number(y[0], 1)) else None


def kept_shape(op: ArrayOp, x: Term) -> Any:
    """A change of shape to the same shape is none."""
    return x if tuple(op.parameters["shape"]) == x.shape else None


def double_swap(op: ArrayOp, x: Term) -> Any:
    """Xᵀᵀ is x, and (x yᵀ)ᵀ is y xᵀ."""
    if is_op(x, "matmul") and is_op(x.inputs[1], "swap"):
        return arrays.matmul(x.inputs[1].inputs[0], arrays.swap(x.inputs[0]))
    return x.inputs[0] if is_op(x, "swap") else None


def lone_number(op: ArrayOp, x: Term) -> Any:
    """A number that is repeated to be multiplied needs no shape while it goes from one reshaping to the next."""
    if is_op(x, "reshape") and x.inputs[0].shape == ():
        return arrays.broadcast(x.inputs[0], shape=op.parameters["shape"])
    return None


def named_sum(op: ArrayOp, x: Term) -> Any:
    """The sum over the repeated axes, as a person would write it: np.sum(…, axis=1, keepdims=True)."""
    shape = tuple(op.parameters["shape"])
    if shape == x.shape:
        return x
    if shape == ():
        return arrays.sum(x)
    if len(shape) != len(x.shape):
        return None
    axes = tuple([i for i, n in enumerate(shape) if n == 1 and x.shape[i] != 1])
    return arrays.sum(x, axis=axes[0] if len(axes) == 1 else axes, keepdims=True)


def same(op: Op, x: Term) -> Any:
    """+x is x."""
    return x


REWRITES: dict[str, tuple[Callable[..., Any], ...]] = {
    "add": (compute_numbers, sum_of_two, one_denominator),
    "sub": (compute_numbers, difference, one_denominator),
    "exp": (exp_of_log,),
    "sum": (labels_sum_to_one, count),
    "mul": (compute_numbers, product),
    "weigh": (weigh_by_one,),
    "div": (compute_numbers, quotient),
    "neg": (compute_numbers, negation),
    "pow": (power,),
    "zero": (compute_numbers,),
    "same": (same,),
    "sum_to": (named_sum,),
    "reshape": (kept_shape,),
    "broadcast": (kept_shape, lone_number),
    "swap": (double_swap,),
}
