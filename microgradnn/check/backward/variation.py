"""Inputs that hide mistakes, and others that do not: another number of examples, no constant arrays, repeated indices.

A backward pass that is right is right wherever its forward pass runs, so what was checked at the point given is looked
at once more at points that the caller did not think of. Examples are repeated and moved a little: what holds of each
(one label, a sum of 1) holds still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .calls import LABELS, SETTINGS, Pass
from .evidence import shape_text
from .notation import list_names
from .passes import FunctionPass, variables_of
from .structure import Leaf, build, plain, spell, walk

DATA = "x xs a0 inputs input aprev data images x0 xt batch inp"
COUNTS = "m n batch batchsize nsamples nexamples bs numexamples numsamples t seqlen timesteps"
FEW = 5  # examples are enough to tell 1/m from a constant
WINDOWS = "f k size kernel kernelsize pool poolsize poolheight poolwidth hh ww fh fw window filtersize"
STRIDES = "stride s strides hstride wstride"
GAUGE = "perm permutation order argsort"  # a permutation never repeats an index


@dataclass
class Elsewhere:
    """The same pass at other inputs, and what is different there."""

    here: str  # of the inputs that were given
    there: str
    user: Pass
    hides: bool = True  # whether what was given hides mistakes
    changes: Sequence[Change] = ()  # that were made together


@dataclass
class Change:
    """Other numbers in one or several places, and what is said of those that were given."""

    here: str
    there: str
    values: dict[tuple[Any, ...], Any]
    hides: bool = True


def elsewhere(user: Pass) -> Iterator[Elsewhere]:
    """Yield the pass at other inputs, those first that were given in a form that hides mistakes."""
    if not isinstance(user, FunctionPass) or user.call is not None:
        return
    if any(k < user.inside for _, k in user.outside.live):
        return
    claimed = [x is not None for x in user.gradients()]
    together = [*move_constants(user.leaves, claimed), *switch_settings(user, claimed), *open_masks(user)]
    together += [*enlarge(user.leaves, claimed), *skew(user.leaves, claimed), *move_numbers(user.leaves)]
    yield from run_elsewhere(user, together)
    yield from run_elsewhere(user, change_signs(user.leaves, claimed))
    if reads_arrays(user):
        return
    yield from repeat_indices(user)
    yield from mix_labels(user)
    yield from resize_data(user)


def run_elsewhere(user: FunctionPass, changes: Sequence[Change]) -> Iterator[Elsewhere]:
    """Yield the pass with all of these changes, or where it does not run so with each of them."""
    values = {tokens: x for change in changes for tokens, x in change.values.items()}
    there = again(user, replace_values(user, values)) if changes else None
    if there is not None:
        here = list_names([change.here for change in changes if change.hides])
        yield Elsewhere(here, changes[0].there, there, bool(here), changes)
    elif len(changes) > 1:
        for change in changes:
            yield from run_elsewhere(user, [change])


def culprit(user: Pass, other: Elsewhere, contradicts: Callable[[Pass], bool]) -> Elsewhere:
    """Return that one of the changes, made alone, at which the pass is wrong; all of them if there is none."""
    if isinstance(user, FunctionPass) and len(other.changes) > 1:
        for change in other.changes:
            for one in run_elsewhere(user, [change]):
                if contradicts(one.user):
                    return Elsewhere(change.here, change.there, one.user)
    return other


def replace_values(user: FunctionPass, values: dict[tuple[Any, ...], Any]) -> list[Any]:
    """Return the inputs with other numbers in some places."""
    inputs = build(user.given, [np.asarray(values.get(leaf.tokens, leaf.array), float) for leaf in user.leaves])
    for tokens, x in values.items():
        if not any(leaf.tokens == tokens for leaf in user.leaves):
            k = user.names.index(tokens[0])
            if len(tokens) == 1:
                inputs[k] = x
                continue
            box = inputs[k]
            for token in tokens[1:-1]:
                box = box[token] if isinstance(box, (dict, list, tuple)) else getattr(box, token)
            if isinstance(box, (dict, list)):
                box[tokens[-1]] = x
    return inputs


def again(user: FunctionPass, inputs: Sequence[Any]) -> FunctionPass | None:
    """Return the pass at other inputs, or None where it does not run there as it should."""
    try:
        there = FunctionPass(user.forward, user.backward, inputs, loss=user.loss, call=user.call, rate=user.rate)
        cost, claims = there.cost([leaf.array for leaf in there.leaves]), there.gradients()
    except Exception:  # whatever the user's code says to inputs that it was not made for
        return None
    fits = all(x is None or x.shape == leaf.array.shape for x, leaf in zip(claims, there.leaves, strict=True))
    finite = bool(np.all(np.isfinite(cost))) and all(x is None or bool(np.all(np.isfinite(x))) for x in claims)
    lost = any(x is None and y is not None for x, y in zip(claims, user.gradients(), strict=False))
    moves = user.rate is not None  # a step that moves nothing gives no gradient
    return there if fits and finite and (moves or not lost) and there.broken is None else None


def reads_arrays(user: FunctionPass) -> bool:
    """Whether the user's functions read arrays or numbers of examples that are no inputs, so would not move along."""
    for function in (*user.family.functions, *user.reached, user.loss):
        for name, x in variables_of(function):
            if (isinstance(x, np.ndarray) and x.ndim) or (isinstance(x, int) and plain(name) in COUNTS.split()):
                return True
    return any(isinstance(x, int) and str(t[-1]).lower() in COUNTS.split() for t, x in everything(user) if len(t) > 1)


def everything(user: FunctionPass) -> list[tuple[tuple[Any, ...], Any]]:
    """Return all that was given, with its places."""
    return [item for name, part in zip(user.names, user.given, strict=True) for item in walk(part, (name,), set())]


# --- constants ----------------------------------------------------------------------------------------


def is_constant(x: Array) -> bool:
    """Whether an array of several numbers has but one value: γ all 1, b all 0."""
    return x.ndim > 0 and x.size > 1 and bool(np.all(x == x.flat[0]))


def is_binding(x: Array) -> bool:
    """Whether numbers hang together, so that none can be moved alone: ones and zeros, or sums of 1."""
    if x.dtype.kind != "f" or bool(np.all((x == 0) | (x == 1))):
        return True
    return any(bool(np.allclose(x.sum(axis=axis), 1.0, atol=1e-6)) for axis in range(x.ndim))


def move_constants(leaves: Sequence[Leaf], claimed: Sequence[bool]) -> list[Change]:
    """Return other numbers for the arrays that are constant; labels and masks stay."""
    rng = np.random.default_rng(3)
    values, names = {}, []
    for leaf, known in zip(leaves, claimed, strict=True):
        x = leaf.array
        name = plain(str(leaf.tokens[-1]))
        fixed = name in LABELS.split() or "mask" in name or (is_binding(x) and not np.all(x == x.flat[:1]))
        if known and is_constant(x) and not fixed and not any(abs(x.flat[0] * n - 1) < 1e-9 for n in x.shape if n > 1):
            names.append(leaf.name)
            move = rng.uniform(0.05, 0.3, x.shape) * rng.choice([-1, 1], x.shape)
            values[leaf.tokens] = x + move * (abs(x.flat[0]) or 1.0)
    here = f"{list_names(names)} the same number throughout"
    return [Change(here, "with numbers that differ", values)] if names else []


def switch_settings(user: FunctionPass, claimed: Sequence[bool]) -> list[Change]:
    """Return other values for hyperparameters that do nothing as they are: reg = 0, keep_prob = 1."""
    found = []
    own = {leaf.tokens for leaf, known in zip(user.leaves, claimed, strict=True) if known}
    for tokens, x in everything(user):
        name = plain(str(tokens[-1]))
        if name in LABELS.split():
            continue
        named = name in SETTINGS.split()
        number = isinstance(x, float) or (named and isinstance(x, int) and not isinstance(x, bool))
        if number and tokens not in own and x in (0, 1) and (named or len(tokens) == 1):
            new = 0.3 if x == 0 else 0.7
            place = spell(tokens)
            found.append(Change(f"{place} = {x:g}", f"with {place} = {new}", {tokens: new}))
    return found


def open_masks(user: FunctionPass) -> list[Change]:
    """Return masks that leave something out, for those that do not."""
    found = []
    for tokens, x in everything(user):
        if isinstance(x, np.ndarray) and x.size > 1 and "mask" in plain(str(tokens[-1])) and bool(np.all(x == 1)):
            new = x.copy()
            new.flat[1::3] = 0
            name = spell(tokens)
            found.append(Change(f"{name} all ones", f"with zeros in {name}", {tokens: new}))
    return found


SMALL, USUAL = 0.05, 0.5  # sizes of the numbers in an array


def enlarge(leaves: Sequence[Leaf], claimed: Sequence[bool]) -> list[Change]:
    """Return larger numbers for arrays of so small ones that nothing bends: W = 0.0001 * randn."""
    found = []
    for leaf, known in zip(leaves, claimed, strict=True):
        size = float(np.sqrt(np.mean(leaf.array**2))) if leaf.array.size else 0.0
        if known and leaf.array.ndim and 0 < size < SMALL and not is_constant(leaf.array):
            larger = leaf.array * (USUAL / size)
            found.append(
                Change(f"{leaf.name} near 0", f"with larger numbers in {leaf.name}", {leaf.tokens: larger}, False)
            )
    return found


def move_numbers(leaves: Sequence[Leaf]) -> list[Change]:
    """Return other numbers for single ones, in no round proportion: where θ is 2 x, 2 is not told from θ / x."""
    moved = {}
    for k, leaf in enumerate(leaves):
        label = plain(str(leaf.tokens[-1])) in LABELS.split()
        if leaf.array.size == 1 and not label and leaf.array.item() not in (0.0, 1.0):
            moved[leaf.tokens] = leaf.array * (1 + 0.137 * (k + 1) ** 0.5)
    return [Change("", "with other numbers", moved, False)] if len(moved) > 1 else []


def skew(leaves: Sequence[Leaf], claimed: Sequence[bool]) -> list[Change]:
    """Return matrices that are not symmetric, for identities."""
    found = []
    for leaf, known in zip(leaves, claimed, strict=True):
        x = leaf.array
        if known and x.ndim == 2 and x.shape[0] == x.shape[1] > 1 and np.array_equal(x, x[0, 0] * np.eye(len(x))):
            new = x + np.random.default_rng(5).uniform(-0.3, 0.3, x.shape)
            there = f"with numbers beside the diagonal of {leaf.name}"
            found.append(Change(f"{leaf.name} a multiple of the identity", there, {leaf.tokens: new}))
    return found


def change_signs(leaves: Sequence[Leaf], claimed: Sequence[bool]) -> list[Change]:
    """Return numbers of both signs for arrays that have one sign only: a mask x > 0 is all ones there."""
    found = []
    for leaf, known in zip(leaves, claimed, strict=True):
        x = leaf.array
        data = x.ndim and x.size > 1 and not is_constant(x) and not (is_binding(x) or bool(np.all((x >= 0) & (x <= 1))))
        if known and data and (bool(np.all(x > 0)) or bool(np.all(x < 0))):
            sign = "positive" if x.flat[0] > 0 else "negative"
            there = f"with {leaf.name} of both signs"
            found.append(Change(f"{leaf.name} {sign} throughout", there, {leaf.tokens: x - np.median(x)}, False))
    return found


# --- indices and labels -------------------------------------------------------------------------------


def replace(user: FunctionPass, k: int, x: Any) -> list[Any]:
    """Return the inputs with another one in place k."""
    return [x if i == k else part for i, part in enumerate(user.given)]


def repeat_indices(user: FunctionPass) -> Iterator[Elsewhere]:
    """Yield the pass with an index twice, where none is given more than once."""
    for k, (name, x) in enumerate(zip(user.names, user.given, strict=True)):
        if not isinstance(x, np.ndarray) or x.dtype.kind not in "iu" or x.size < 2 or plain(name) in LABELS.split():
            continue
        if len(np.unique(x)) < x.size or any(word in plain(name) for word in GAUGE.split()):
            continue
        new = x.copy()
        new.flat[-1] = new.flat[0]
        there = again(user, replace(user, k, new))
        if there is not None:
            yield Elsewhere(f"no index in {name} twice", "with an index that repeats", there)


def mix_labels(user: FunctionPass) -> Iterator[Elsewhere]:
    """Yield the pass with labels of two classes, where all are of one."""
    for k, (name, x) in enumerate(zip(user.names, user.given, strict=True)):
        if not isinstance(x, np.ndarray) or plain(name) not in LABELS.split():
            continue
        for new in other_labels(x):
            there = again(user, replace(user, k, new))
            if there is not None:
                yield Elsewhere(f"all labels in {name} of one class", "with labels of two classes", there)
                break


def other_labels(x: Array) -> Iterator[Array]:
    """Yield labels of two classes like these, which are all of one."""
    if x.size < 2:
        return
    new = x.copy()
    if bool(np.all(x == x.flat[0])):
        value = float(x.flat[0])
        if x.dtype.kind in "iu" or value in (0.0, 1.0, -1.0):
            new.flat[1::2] = {0.0: 1, 1.0: 0, -1.0: 1}.get(value, value - 1)
            yield new
    elif x.ndim == 2 and bool(np.all((x == 0) | (x == 1))):
        for axis in (0, 1):
            classes = np.flatnonzero(x.any(axis=1 - axis))
            if bool(np.all(x.sum(axis=axis) == 1)) and len(classes) == 1 and min(x.shape) > 1:
                last = [slice(None), slice(None)]
                last[1 - axis] = slice(-1, None)
                new[tuple(last)] = np.roll(x[tuple(last)], 1, axis=axis)
                yield new


# --- the number of examples ---------------------------------------------------------------------------


def resize(x: Any, axis: int, n: int) -> Any:
    """Return an array, or a list of them, with n examples along an axis: fewer, or more of the same moved a little."""
    if isinstance(x, list):
        return [x[i % len(x)] for i in range(n)]
    old, rng = x.shape[axis], np.random.default_rng(4)
    new = np.take(x, np.arange(n) % old, axis=axis)
    if x.dtype.kind == "f" and not is_binding(x):
        factor = 1 - 0.3 * rng.uniform(0, 1, new.shape)  # nearer to 0: what is in a domain, of a logarithm say, stays
        kept = np.arange(n).reshape([-1 if a == axis else 1 for a in range(x.ndim)]) < old
        new = np.where(kept, new, new * factor).astype(x.dtype)
    return new


def sizes_of(x: Any) -> tuple[int, ...]:
    """Return the sizes of an array, or the length of a list of arrays."""
    if isinstance(x, np.ndarray):
        return tuple(map(int, x.shape))
    alike = isinstance(x, list) and len(x) > 0 and all(isinstance(part, np.ndarray) for part in x)
    return (len(x),) if alike else ()


def resize_data(user: FunctionPass) -> Iterator[Elsewhere]:
    """Yield the pass with another number of examples, or of steps, along each axis of the data that bears it."""
    for k in data_of(user)[:1]:
        x = user.given[k]
        for axis, n in enumerate(sizes_of(x)):
            taken = {size for leaf in user.leaves for size in leaf.array.shape}
            new = next(s for s in (*range(n + 2, n + 99), FEW) if s not in taken) if n <= FEW + 2 else FEW
            there = resize_pass(user, k, axis, new)
            if there is not None:
                here = (
                    f"one {what_along(x, axis)} in {user.names[k]}"
                    if n == 1
                    else f"{user.names[k]} of {shape_text(np.shape(x))}"
                )
                told = shape_text(np.shape(there.given[k]))
                yield Elsewhere(here, f"with {user.names[k]} of {told}", there, hides=n == 1)


def single(user: Pass) -> Iterator[Elsewhere]:
    """Yield the pass with a single step, or example, where it was given several."""
    if not isinstance(user, FunctionPass) or user.call is not None or user.broken is not None or reads_arrays(user):
        return
    for k in data_of(user)[:1]:
        for axis, n in enumerate(sizes_of(user.given[k])):
            there = resize_pass(user, k, axis, 1) if n > 1 else None
            if there is not None:
                what = what_along(user.given[k], axis)
                yield Elsewhere(f"with more than one {what} in {user.names[k]}", f"with one {what}", there)


def data_of(user: FunctionPass) -> list[int]:
    """Return the places of the inputs that are data, by their names."""
    named = [k for k, name in enumerate(user.names) if plain(name) in DATA.split() and sizes_of(user.given[k])]
    return named or [k for k, x in enumerate(user.given) if isinstance(x, np.ndarray) and x.dtype.kind == "f"][:1]


def what_along(x: Any, axis: int) -> str:
    """Name what stands along an axis of an array, or in a list."""
    return "entry" if isinstance(x, list) or x.ndim == 1 else ("row", "column", "slice")[min(axis, 2)]


def resize_pass(user: FunctionPass, k: int, axis: int, new: int) -> FunctionPass | None:
    """Return the pass with another size along an axis of input k and of what belongs to it, or None."""
    n = sizes_of(user.given[k])[axis]
    labels = [j for j, name in enumerate(user.names) if j != k and plain(name) in LABELS.split()]
    others = [j for j, name in enumerate(user.names) if j not in (k, *labels) and plain(name)[0] not in "wb"]
    for along in (labels, labels + others):
        inputs = list(user.given)
        inputs[k] = resize(inputs[k], axis, new)
        for j in along:
            sizes = sizes_of(inputs[j])
            fits = [a for a, size in enumerate(sizes) if size == n]
            if fits:
                inputs[j] = resize(inputs[j], axis if axis in fits else fits[-1], new)
        for j, name in enumerate(user.names):
            if isinstance(inputs[j], int) and inputs[j] == n and plain(name) in COUNTS.split():
                inputs[j] = new
        there = again(user, inputs)
        if there is not None:
            return there
    return None


# --- what is only said --------------------------------------------------------------------------------


def find_hiding_inputs(user: Pass) -> list[str]:
    """Return what about the inputs hides mistakes, and cannot be varied from here."""
    told = []
    for k, leaf in enumerate(user.leaves):
        x = leaf.array
        if k in getattr(user, "idle", ()) or not np.any(x) or is_constant(x):
            continue
        if x.ndim == 2 and x.shape[0] == x.shape[1] > 1 and bool(np.all(x == x.T)):
            told.append(f"{leaf.name} is symmetric, so {leaf.name} in the place of its transpose would not be seen")
    if not isinstance(user, FunctionPass):
        return told
    whole = {plain(str(t[-1])): x for t, x in everything(user) if isinstance(x, int) and not isinstance(x, bool)}
    strides = [x for name, x in whole.items() if name in STRIDES.split()]
    windows = [x for name, x in whole.items() if name in WINDOWS.split()]
    if strides and strides[0] == 1 and not (windows and windows[0] == 1):
        told.append("the stride is 1, so one that is forgotten would not be seen: try 2 as well")
    elif strides and windows and strides[0] >= max(windows):
        told.append(
            "the windows do not overlap, so = in the place of += would not be seen: try a smaller stride as well"
        )
    return told
