"""Arrays in whatever people keep them in: arguments, tuples, lists, dicts, objects; found, named, copied and moved."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ...engine.tensor import Array

Token = str | int
KEPT = (type, FunctionType, ModuleType)  # never copied


@dataclass(frozen=True)
class Leaf:
    """One array of floating-point numbers, and where it stands."""

    name: str
    tokens: tuple[Token, ...]
    array: Array


def is_real(x: Any) -> bool:
    """Whether x is a number or an array that can be moved a little."""
    if isinstance(x, (np.ndarray, np.generic)):
        return bool(np.issubdtype(x.dtype, np.floating))
    return isinstance(x, float)


def is_object(x: Any) -> bool:
    """Whether x is an instance of a class of the user's, whose attributes hold arrays."""
    home = type(x).__module__.partition(".")[0]
    return hasattr(x, "__dict__") and home not in ("numpy", "builtins", "functools") and not isinstance(x, KEPT)


def parts(x: Any) -> Iterator[tuple[Token, Any]]:
    """Yield what a container holds, each with its key, index or attribute."""
    if isinstance(x, dict):
        yield from ((key if isinstance(key, (str, int)) else repr(key), part) for key, part in x.items())
    elif isinstance(x, (list, tuple)):
        fields = getattr(x, "_fields", range(len(x)))
        yield from zip(fields, x, strict=True)
    elif is_object(x):
        yield from vars(x).items()


def walk(x: Any, tokens: tuple[Token, ...], seen: set[int]) -> Iterator[tuple[tuple[Token, ...], Any]]:
    """Yield everything below x that is no container, once, in order."""
    held = isinstance(x, (np.ndarray, list, dict)) or is_object(x)
    if held and id(x) in seen:
        return
    if held:
        seen.add(id(x))
    if isinstance(x, (list, tuple, dict)) or is_object(x):
        for token, part in parts(x):
            yield from walk(part, (*tokens, token), seen)
    else:
        yield tokens, x


def spell(tokens: Sequence[Token]) -> str:
    """Write a place: ('net', 'layers', 0, 'W') is layers[0].W."""
    text = str(tokens[0])
    for token in tokens[1:]:
        text += f"[{token}]" if isinstance(token, int) else f".{token}"
    return text


def find_leaves(inputs: Sequence[Any], names: Sequence[str]) -> list[Leaf]:
    """Return the arrays in the inputs of a function, under the shortest names that tell them apart."""
    seen: set[int] = set()
    found = [
        (tokens, np.array(x, float))
        for name, part in zip(names, inputs, strict=True)
        for tokens, x in walk(part, (name,), seen)
        if is_real(x)
    ]

    def short(tokens: tuple[Token, ...]) -> str:
        last = max((i for i, token in enumerate(tokens) if isinstance(token, str)), default=0)
        return spell(tokens[last:])

    counts = [short(tokens) for tokens, _ in found]
    return [
        Leaf(name if counts.count(name) == 1 else spell(tokens), tokens, array)
        for name, (tokens, array) in zip(counts, found, strict=True)
    ]


def build(inputs: Sequence[Any], arrays: Sequence[Array]) -> list[Any]:
    """Return copies of the inputs with these arrays in the places of their leaves; what was shared stays shared."""
    rest = iter(arrays)
    memo: dict[int, Any] = {}

    def made(x: Any) -> Any:
        if isinstance(x, (np.ndarray, list, dict)) or is_object(x):
            if id(x) not in memo:
                memo[id(x)] = None
                memo[id(x)] = fresh(x)
            return memo[id(x)]
        return fresh(x)

    def fresh(x: Any) -> Any:
        if is_real(x):
            new = next(rest)
            if isinstance(x, np.ndarray):
                return np.array(new)
            return new[()] if np.iscomplexobj(new) else float(new)
        if isinstance(x, dict):
            new_dict = copy.copy(x)
            memo[id(x)] = new_dict
            for key, part in x.items():
                new_dict[key] = made(part)
            return new_dict
        if isinstance(x, list):
            new_list: list[Any] = []
            memo[id(x)] = new_list
            new_list += [made(part) for part in x]
            return new_list
        if isinstance(x, tuple):
            inside = [made(part) for part in x]
            return type(x)(*inside) if hasattr(x, "_fields") else tuple(inside)
        if is_object(x):
            new_object = copy.copy(x)
            memo[id(x)] = new_object
            for name, part in vars(x).items():
                object.__setattr__(new_object, name, made(part))
            return new_object
        return x if isinstance(x, KEPT) or callable(x) else copy.deepcopy(x)

    return [made(x) for x in inputs]


def snapshot(x: Any) -> list[tuple[str, Array]]:
    """Return copies of all arrays in x, with their places."""
    found = walk(x, ("",), set())
    return [(spell(tokens).lstrip("."), np.array(part)) for tokens, part in found if isinstance(part, np.ndarray)]


def numbers_in(x: Any) -> list[tuple[str, Array]]:
    """Return the single numbers in x, with their places."""
    found = walk(x, ("",), set())
    return [(spell(t).lstrip("."), np.array(part)) for t, part in found if isinstance(part, (float, np.floating))]


def changes(x: Any, before: Sequence[tuple[str, Array]]) -> list[str]:
    """Name the arrays that are no longer what they were."""
    now = dict(snapshot(x))  # by their names: what a pass leaves in attributes stands between them
    return [
        name
        for name, old in before
        if (new := now.get(name)) is not None
        if old.shape != new.shape or not np.array_equal(old, new, equal_nan=old.dtype.kind in "fc")
    ]


# --- names of gradients -------------------------------------------------------------------------------


@cache
def plain(name: str) -> str:
    """Return a name without case and underscores."""
    return re.sub(r"[\W_]", "", name.replace("∂", "d").replace("∇", "d")).lower()


FORMS = "{} d{} g{} grad{} grads{} {}grad {}grads gradient{} {}gradient delta{} nabla{} dl{} dldd{} dld{} djd{} dcd{}"
FORMS += " dlossd{} dcostd{} ded{} {}bar {}d d{}total {}delta dlosswrt{} gradwrt{} dtotal{}"


PARAMETERS = ("params", "parameters", "param", "variables")  # lists that belong together
GRADIENTS = ("grads", "gradients", "gradient", "grad", "derivatives")


def in_place_of(name: Token, of: Token) -> bool:
    """Whether one names a container of gradients, and the other one of parameters."""
    return plain(str(name)) in GRADIENTS and plain(str(of)) in PARAMETERS


@cache
def is_gradient_name(name: Token, of: Token) -> bool:
    """Whether `name` is one of the usual ones for the gradient of `of`: dW1, grad_W1, W1_grad, W1."""
    if isinstance(name, int) or isinstance(of, int):
        return name == of
    return plain(name) in gradient_names(plain(of)) or in_place_of(name, of)


@cache
def gradient_names(name: str) -> frozenset[str]:
    """Return the usual names for the gradient of something."""
    return frozenset(form.format(name) for form in FORMS.split())
