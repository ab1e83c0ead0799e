"""Which of the things that a backward pass gave is the gradient of which array."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .calls import LABELS
from .structure import Leaf, Token, is_gradient_name, plain, walk

Item = tuple[tuple[Token, ...], Array]


def find_items(result: Any, names: Sequence[str] | None = None) -> list[Item]:
    """Return the numbers and arrays in a result, a tuple's elements under the names of the return statement."""
    found: list[Item] = []
    top = result if isinstance(result, (tuple, list)) else (result,)
    if len(top) == 1 and isinstance(top[0], np.ndarray) and top[0].dtype.kind == "b":  # the slope of a ReLU, z > 0
        top = (top[0].astype(float),)
    known: Sequence[Token] = names if names is not None and len(names) == len(top) else range(len(top))
    for name, part in zip(known, top, strict=True):
        for tokens, x in walk(part, (name,), set()):
            if isinstance(x, (bool, str)) or x is None:
                continue
            if isinstance(x, (int, float, np.ndarray, np.generic)) and np.asarray(x).dtype.kind in "fiu":
                found.append((tokens, np.asarray(x)))
    return found


def stack_numbers(items: Sequence[Item], shapes: Sequence[tuple[int, ...]]) -> Sequence[Item]:
    """Return items that are the numbers of lists as arrays, and rows of them as matrices, if that gives such shapes."""
    found = list(items)
    for _ in range(2):
        lists: dict[tuple[Token, ...], list[Array]] = {}
        for tokens, x in found:
            if not isinstance(tokens[-1], int) or tokens[-1] != len(lists.setdefault(tokens[:-1] or (0,), [])):
                return items
            lists[tokens[:-1] or (0,)].append(x)
        if any(len({x.shape for x in part}) > 1 for part in lists.values()):
            return items
        found = [(tokens, np.array(part)) for tokens, part in lists.items()]
        if all(x.shape in shapes for _, x in found):
            return found
    return items


def fits_name(item: Sequence[Token], leaf: Sequence[Token]) -> bool:
    """Whether the place of a gradient is named after the place of an array: grads.W[0] after parameters.W[0]."""
    for k in range(1, len(item) + 1):
        tail = item[-k:]
        if len(leaf) >= k and all(is_gradient_name(a, b) for a, b in zip(tail, leaf[-k:], strict=True)):
            if isinstance(tail[0], str) or len(leaf) == k:
                return True
    return False


def exactly(item: Sequence[Token], leaf: Sequence[Token]) -> bool:
    """Whether the last names agree with their case: dW is the gradient of W rather than of w."""
    return str(item[-1]).endswith(str(leaf[-1])) or str(item[-1]).startswith(str(leaf[-1]))


def read_gradients(items: Sequence[Item], leaves: Sequence[Leaf], *, by_place: bool = True) -> list[Array | None]:
    """Return the gradient of each leaf, or None where there is none.

    By name first; what is left, by place: in the order of the leaves, as one flat vector, or where the shapes leave
    one choice.
    """
    shapes = [leaf.array.shape for leaf in leaves]
    if items and all(x.ndim == 0 for _, x in items) and () not in shapes:
        items = stack_numbers(items, shapes)
    in_order = [item for item in items if len(item[0]) == 1]
    found = match_names(items, leaves, by_place=by_place)
    fitting = all(x is None or x.shape == leaf.array.shape for x, leaf in zip(found, leaves, strict=True))
    if not fitting and by_place and len(in_order) == len(items) == len(leaves):  # names that say something else
        placed = [x for _, x in items]
        if all(x.shape == leaf.array.shape for x, leaf in zip(placed, leaves, strict=True)):
            return list(placed)
    return found


def match_names(items: Sequence[Item], leaves: Sequence[Leaf], *, by_place: bool) -> list[Array | None]:
    """Return the gradient of each leaf by the names, and what is left by place."""
    found: list[Array | None] = [None] * len(leaves)
    left: list[Item] = []
    for tokens, x in items:
        open_ = [
            k
            for k, leaf in enumerate(leaves)
            if found[k] is None and fits_name(tokens, leaf.tokens) and not (len(tokens) > 1 and tokens == leaf.tokens)
        ]
        best = [k for k in open_ if exactly(tokens, leaves[k].tokens)] or open_
        if len(best) > 1:
            best = [k for k in best if leaves[k].array.shape == x.shape] or best
        if best:
            found[best[0]] = x
        else:
            left.append((tokens, x))
    if by_place:
        fill(found, left, leaves)
        place_in_lists(found, items, leaves)
        take_nameless(found, items, leaves)
    return found


def take_nameless(found: list[Array | None], items: Sequence[Item], leaves: Sequence[Leaf]) -> None:
    """Give the one number that is returned without a name to the one array that is left: np.sum(dout) for db."""
    spare = [(tokens, x) for tokens, x in items if not any(x is y for y in found)]
    empty = [
        k for k, leaf in enumerate(leaves) if found[k] is None and plain(str(leaf.tokens[-1])) not in LABELS.split()
    ]
    if len(spare) == len(empty) == 1 < len(items) and spare[0][0] == ("",) and spare[0][1].ndim == 0:
        found[empty[0]] = spare[0][1]


def place_in_lists(found: list[Array | None], items: Sequence[Item], leaves: Sequence[Leaf]) -> None:
    """Give a gradient of a wrong shape to its array, where others of their two lists belong together."""
    homes = {}
    for leaf, x in zip(leaves, found, strict=True):
        source = next((tokens for tokens, y in items if y is x), None)
        if source is not None and isinstance(leaf.tokens[-1], int) and source[-1] == leaf.tokens[-1]:
            homes[leaf.tokens[:-1]] = source[:-1]
    known = dict(items)
    for k, leaf in enumerate(leaves):
        if found[k] is None and leaf.tokens[:-1] in homes and isinstance(leaf.tokens[-1], int):
            x = known.get((*homes[leaf.tokens[:-1]], leaf.tokens[-1]))
            if x is not None and not any(x is y for y in found):
                found[k] = x


def fill(found: list[Array | None], left: Sequence[Item], leaves: Sequence[Leaf]) -> None:
    """Give the items that no name was found for to the leaves that have none, where shape and order leave no doubt."""
    empty = [k for k in range(len(leaves)) if found[k] is None]
    numbers = all(x.ndim == 0 for _, x in left) and all(
        leaf.array.ndim for leaf in leaves
    )  # they are not those of arrays
    if len(empty) == len(leaves) == len(left) and (not numbers or len(left) == 1):
        for k, (_, x) in zip(empty, left, strict=True):
            found[k] = x
        return
    sizes = [leaves[k].array.size for k in empty]
    alone = len(left) == 1 and any(leaves[k].array.shape == left[0][1].shape for k in empty)  # of that array
    if len(left) == 1 and len(empty) > 1 and left[0][1].ndim <= 2 and not alone:
        flat = np.ravel(left[0][1])
        for begin in range(len(empty)):
            if flat.size == sum(sizes[begin:]) and flat.size > max(sizes[begin:]):
                ends = np.cumsum(sizes[begin:])[:-1]
                for k, part in zip(empty[begin:], np.split(flat, ends), strict=True):
                    found[k] = part.reshape(leaves[k].array.shape)
                return
    match_shapes(found, left, leaves, empty)


def match_shapes(found: list[Array | None], left: Sequence[Item], leaves: Sequence[Leaf], empty: Sequence[int]) -> None:
    """Give items to leaves of their shape, keeping the order."""
    named = len(empty) < len(leaves)
    begin = 0
    for tokens, x in left:
        if named and (intermediate(tokens) or is_no_gradient(tokens)):  # dZ2, h among the gradients of W and b
            continue
        fits = [k for k in empty if k >= begin and found[k] is None and leaves[k].array.shape == x.shape]
        fits.sort(key=lambda k: plain(str(leaves[k].tokens[-1])) in LABELS.split())  # of labels last
        if fits and not (x.ndim == 0 and named):
            found[fits[0]] = x
            begin = fits[0] + 1 if not named else 0
        elif not fits and not named and x.ndim:  # biases before weights: out of order, where the shape is of one alone
            alone = [k for k in empty if found[k] is None and leaves[k].array.shape == x.shape]
            if len(alone) == 1:
                found[alone[0]] = x


def is_no_gradient(tokens: Sequence[Token]) -> bool:
    """Whether an item has a name, and it is none of a gradient: hs[-1], the state that a recurrent net ends in."""
    words = [token for token in tokens if isinstance(token, str)]
    name = plain(words[-1]) if words else ""
    usual = r"d|g|nabla|partial|err|up|tmp|res|.*(grad|diff|delta|bar)"
    return bool(name) and not re.match(usual, name)


def intermediate(tokens: Sequence[Token]) -> bool:
    """Whether an item is named as the gradient of something computed on the way."""
    name = plain(str(tokens[-1]))
    return name[:2] == "dz" or (name[:2] == "da" and name not in ("daprev", "dain"))
