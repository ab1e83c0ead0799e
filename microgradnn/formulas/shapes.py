"""The shapes of terms: lengths that have names, and what broadcasting and the operations make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ShapeError
from ..graph.native import mypyc_attr
from ..rules import arrays
from ..rules.arrays import ArrayOp

if TYPE_CHECKING:
    from .terms import Term

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
    if op.name == "solve":
        return (*broadcast_shapes([shapes[0][:-2], shapes[1][:-2]]), *shapes[1][-2:])
    if op.name == "swap":
        return (*shapes[0][:-2], shapes[0][-1], shapes[0][-2])
    if "shape" in parameters and -1 not in parameters["shape"]:
        return tuple(parameters["shape"])
    if op.name == "transpose":
        return tuple([shapes[0][axis] for axis in parameters["axes"]])
    if op.name in ("einsum", "weigh_einsum"):
        return shape_of_einsum(parameters["subscripts"], shapes)
    if op.keeps == "other axes":
        axes = arrays.axes_of(parameters.get("axis"), len(shapes[0]))
        keep = parameters.get("keepdims", False)
        return tuple([1 if i in axes else n for i, n in enumerate(shapes[0]) if keep or i not in axes])
    if op.keeps == "shape" or (op.keeps and "axis" in parameters):
        return tuple(shapes[0])
    if any(isinstance(n, Dim) for shape in shapes for n in shape):
        raise ShapeError(f"{op.name} is not written for any number of examples")
    return tuple(op.of(*map(np.zeros, shapes)).shape)


def shape_of_einsum(subscripts: str, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of an einsum, each of whose letters has one length."""
    listed, result = subscripts.split("->")
    lengths: dict[str, Any] = {}
    for letters, shape in zip(listed.split(","), shapes, strict=True):
        for letter, n in zip(letters, shape, strict=True):
            if lengths.setdefault(letter, n) != n:
                raise ShapeError(f"the shapes {', '.join(map(str, shapes))} do not fit {subscripts!r}")
            lengths[letter] = n if isinstance(n, Dim) else lengths[letter]
    return tuple([lengths[letter] for letter in result])
