"""What a user calls: is my backward pass right, and if not, where, and what did I forget."""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...engine.tensor import Array
from .calls import LABELS, RATES, SETTINGS, Pass, parameters_of, quiet
from .diagnosis import SECONDS, Diagnosis, Mistake
from .evidence import evidence_of, ratio_of
from .notation import gradient_of, list_names
from .passes import FunctionPass, GivenPass
from .phrases import all_of
from .reference import Reference
from .report import BackwardReport, Checked
from .structure import Leaf, plain, spell
from .variation import DATA, culprit, elsewhere, everything, find_hiding_inputs, single

HAIR = 1e-4  # of a gradient: no mistake is that small


def check_backward(
    forward: Callable[..., Any],
    backward: Any = None,
    *inputs: Any,
    loss: Callable[..., Any] | None = None,
    call: Callable[..., Any] | None = None,
    rate: float | None = None,
) -> BackwardReport:
    """Hold the gradients of a backward pass that somebody wrote against differences of their own forward pass.

    `forward(*inputs)` gives an output, or (output, cache, …); `backward(dout, cache)`, `backward(cache)`,
    `backward(parameters, cache, X, Y)` and the like give gradients, as a tuple, a dict, a list, or a flat vector.
    How backward is called is found out from the names of its parameters, and `call=lambda out, cache: …` says it. If
    it takes a gradient of the output, a random one is fed, and J = Σ dout · out; if forward gives a number, that is J;
    `loss=lambda out: …` is J otherwise, and where there is none the usual ones are tried. One function that gives
    (loss, gradients) needs no other. `rate` is that of a step which backward takes itself.

    The report is true if all is right, and says how and where it is wrong if not.
    """
    if backward is not None and not callable(backward):
        inputs, backward = (backward, *inputs), None
    with quiet():
        user = FunctionPass(forward, backward, inputs, loss=loss, call=call, rate=rate)
    return examine(user)


FORWARD = (
    *("forward", r"forward_?(pass|prop|propagation)?", r"feed_?forward|fprop|propagate_forward"),
    *("__call__|apply", "predict|query|infer|think|output|evaluate(_classifier)?|predict_proba"),
)
BOTH = (r"loss|cost|loss_and_grads?|cost_and_grads?|value_and_grads?|loss_grad|(compute|calc\w*|get)_?(loss|cost)",)
BACKWARD = (
    *("backward", r"backwards?_?(pass|prop|propagation|step)?", r"back_?(prop|propagate|propagation)?|bprop"),
    *("propagate_backward|backward_.*|bptt", r"(compute_?|calc\w*_?|get_?)?(gradients?|grads?)"),
    *(r"diff|deriv\w*|prime", "train_step|train|step|update|fit"),
)


def check_layer(
    layer: Any,
    *inputs: Any,
    rate: float | None = None,
    loss: Callable[..., Any] | None = None,
    call: Callable[..., Any] | None = None,
) -> BackwardReport:
    """Hold the gradients of an object with `forward` and `backward` methods against differences of its `forward`.

    `inputs` are what `forward` takes, and after them what `backward` takes besides: labels, say. The gradients are what
    `backward` returns, and what it leaves in attributes (`dW`, `grad_W`, `grads["W"]`); where it takes a step itself
    they are (before − after) / rate. The layer is left as it is: copies are run. Else as `check_backward`.
    """
    both = find_method(layer, BOTH)
    if both is not None and find_method(layer, BACKWARD) is None and call is None:
        return check_backward(both, *inputs, rate=rate)
    backward = None if call is not None else method_of(layer, BACKWARD, "backward")
    forward = find_method(layer, FORWARD[:3])
    if forward is None and both is not None and backward is not None and loss is None:
        if len(parameters_of(both)) == len(parameters_of(backward)) == len(inputs):
            forward = both  # loss(x, t) and gradient(x, t), beside predict(x)
    forward = forward or method_of(layer, FORWARD, "forward")
    if inspect.isfunction(forward) and len(parameters_of(forward)) == len(inputs) + 1:
        inputs = (layer if hasattr(layer, "save_for_backward") and not isinstance(layer, type) else Context(), *inputs)
    return check_backward(forward, backward, *inputs, loss=loss, call=call, rate=rate)


class Context:
    """What a static forward and backward hand each other: ctx."""

    saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep arrays for backward."""
        self.saved_tensors = arrays


def find_method(layer: Any, patterns: Sequence[str]) -> Any:
    """Return the method that has one of these names, the likeliest if there are several; None if there is none."""
    for pattern in patterns:
        for name in dir(layer):
            named = re.fullmatch(pattern, name) or (name[1:2] != "_" and re.fullmatch(pattern, name.lstrip("_")))
            if named and callable(getattr(layer, name)) and not name.startswith("__class"):
                return getattr(layer, name)
    return None


def method_of(layer: Any, patterns: Sequence[str], wanted: str) -> Any:
    """Return the method that has one of the usual names; TypeError if there is none."""
    found = find_method(layer, patterns)
    if found is not None:
        return found
    raise TypeError(
        f"{type(layer).__name__} has no {wanted} method under a usual name; "
        "check_backward(forward, backward, *inputs) takes any two functions"
    )


def check_gradients(loss: Callable[[], Any], arrays: Any, gradients: Any) -> BackwardReport:
    """Hold given gradients against differences of `loss()`, which reads `arrays`: they are moved in place and put back.

    `arrays` is an array, or a list or dict of them; `gradients` likewise, or a function that gives them.
    """
    caller = inspect.currentframe()
    while caller is not None and str(caller.f_globals.get("__name__")).startswith("microgradnn."):
        caller = caller.f_back
    around = dict(caller.f_locals) if caller is not None else {}
    return examine(GivenPass(loss, arrays, gradients, around))


def assert_backward(forward: Callable[..., Any], backward: Any = None, *inputs: Any, **more: Any) -> None:
    """Raise AssertionError, with the report, unless `check_backward` finds every gradient right."""
    report = check_backward(forward, backward, *inputs, **more)
    if not report:
        raise AssertionError(f"the backward pass is not that of the forward pass\n{report}")


def examine(user: Pass) -> BackwardReport:
    """Hold a pass against the reference at the point given and, if all is right there, at points that hide less."""
    report = examine_here(user)
    if not report or report.by_convention or any(entry.untold for entry in report.entries):
        return report
    tried: list[str] = []
    with quiet():
        for other in elsewhere(user):
            if contradicts(other.user):
                one = culprit(user, other, contradicts)
                wrong = examine_here(one.user)
                if not wrong:
                    return replace(wrong, where=(one.there, one.here))
            told = [(change.here, change.there) for change in other.changes if change.hides]
            for here, there in told or [(other.here, other.there)] if other.hides else []:
                tried.append(f"{here} would hide mistakes: it is right {there} too")
    return replace(report, notes=(*report.notes, *tried, *find_hiding_inputs(user)))


def contradicts(user: Pass) -> bool:
    """Whether some gradient does not agree with the slope of the cost along two directions: a first, quick look."""
    reference = Reference(user.cost, [leaf.array for leaf in user.leaves])
    for k, claimed in enumerate(user.gradients()):
        if claimed is not None and claimed.size:
            ways = [reference.direction(k, seed) for seed in range(2)]
            if claimed.shape != reference.arrays[k].shape or any(reference.contradicts(k, claimed, w) for w in ways):
                return True
    return False


def examine_here(user: Pass) -> BackwardReport:
    """Hold the gradients that a pass claims against the reference, and say what is wrong with those that are."""
    begin = time.perf_counter()
    with quiet():
        reference = Reference(user.cost, [leaf.array for leaf in user.leaves])
        stops = getattr(user, "broken", None)
        if stops is not None:
            return report_failure(user, reference, stops, begin)
        claims = user.gradients()
        changed = list(dict.fromkeys(getattr(user, "changed", [])))
        given = [k for k, claimed in enumerate(claims) if claimed is not None]
        if not given:
            raise TypeError(f"no gradient was found for {', '.join(leaf.name for leaf in user.leaves)}")
        missing = [k for k in range(len(claims)) if k not in given and k not in getattr(user, "idle", ())]
        missing = [k for k in missing if user.leaves[k].array.size and np.nanmax(np.abs(reference.slopes(k).values))]
        forgotten = [k for k in missing if beside_others(user, k, given)]
        again = user.gradients()
        unsteady = [k for k in given if not same_numbers(claims[k], again[k])]
        measure_rounding(user, reference, claims)
        wrong = [k for k in given if not judge(user, reference, k, claims[k])]
        if any(reference.slopes(k).kinks for k in wrong):
            wrong = beside(user, wrong, near(reference))
        if wrong and is_noisy(reference):
            measure_rounding(user, reference, claims, little=1e-5)
            wrong = [k for k in wrong if not judge(user, reference, k, claims[k])]
        if wrong:
            measure_rounding(user, reference, claims, seeds=(1, 2, 3, 4))
            wrong = [k for k in wrong if not judge(user, reference, k, claims[k])]
            wrong = sorted({*wrong} - {*lost_to_rounding(user, reference, wrong, claims)})
        if wrong and reference.is_staircase():
            wrong = beside(user, wrong, smaller(reference))
        if wrong and all(by_a_hair(reference, k, claims[k]) for k in wrong):  # 1 - h**2 of a saturated h has few digits
            measure_rounding(user, reference, claims, little=1e-5)
            wrong = [k for k in wrong if not judge(user, reference, k, claims[k])]
        little = small_constants(user) if wrong else []
        hair = {k: gap for k in wrong if little and (gap := gap_of(reference, k, claims[k])) <= HAIR}
        wrong = [k for k in wrong if k not in hair]
        clips = getattr(user, "clips", False)
        clipped = {k: c for k in wrong if (c := clipped_at(claims[k], reference.slopes(k).values, clips)) is not None}
        wrong = [k for k in wrong if k not in clipped]
        penalties = {k: text for k in wrong if (text := penalty_in(user, reference, k, claims[k]))}
        wrong = [k for k in wrong if k not in penalties]
        cut = list(penalties.values())
        cut += [
            f"{gradient_of(user.leaves[k].name)} is cut off at ±{c:g}, and right but for that"
            for k, c in clipped.items()
        ]
        if hair:
            names = " and ".join(gradient_of(user.leaves[k].name) for k in hair)
            cut.append(
                f"{names}: right to {max(hair.values()):.0e}, which is what {little[0]:g} in the forward pass adds; "
                "the backward pass is without it"
            )
        meant = convention(user, reference, claims, given, wrong) or one_entry(user, given, wrong)
        if meant:
            wrong = []
        findings, besides = find(user, reference, wrong)
        wrong = sorted({*wrong, *unsteady})
    shown = sorted([*given, *forgotten])
    entries = tuple(entry(user, reference, k, claims[k], k not in wrong and k not in forgotten) for k in shown)
    notes = [*user.notes, *meant, *cut, *besides]
    if unsteady:
        names = ", ".join(gradient_of(user.leaves[k].name) for k in unsteady)
        notes.append(f"{names}: another at the next run of the same pass, so it cannot be right")
    data = (*DATA.split(), *LABELS.split())
    untold = [user.leaves[k] for k in missing if k not in forgotten]
    left = [gradient_of(x.name) for x in untold if plain(x.name) not in data and not is_setting(x)]
    if left:
        notes.append(f"no gradient is given for {', '.join(left)}")
    if changed:
        notes.append(f"backward changes in place: {', '.join(changed)}")
    unknown = [
        gradient_of(user.leaves[k].name) for k in given if k not in wrong and not np.any(reference.slopes(k).known)
    ]
    if unknown and any(reference.arrays[k].size for k in given):
        notes.append(f"{', '.join(unknown)}: cannot be told here, the cost is {reference.here:g}")
    if wrong and not user.family.sources:
        notes.append("of gradients that are given as numbers no line can be named: give the function that makes them")
    seconds = time.perf_counter() - begin
    told = tuple(notes)
    return BackwardReport(
        entries, tuple(findings), told, reference.method, by_convention=bool(meant or cut), seconds=seconds
    )


def beside_others(user: Pass, k: int, given: Sequence[int]) -> bool:
    """Whether a gradient was forgotten: that of an array beside others in a dict, a list or an object that have one."""
    mine, others = user.leaves[k], [user.leaves[j] for j in given]
    container = mine.tokens[:-1]
    name = plain(str(mine.tokens[-1]))  # self.last_input, beside self.weights
    if name in (*DATA.split(), *LABELS.split()) or name.endswith(("input", "inputs")):
        return False
    return bool(container) and mine.array.ndim > 0 and any(o.tokens[:-1] == container for o in others)


def is_setting(leaf: Leaf) -> bool:
    """Whether a number is a hyperparameter by its name, which nobody wants the gradient of."""
    name = plain(str(leaf.tokens[-1]))
    return leaf.array.ndim == 0 and (name in (*SETTINGS.split(), *RATES.split()) or bool(DECAY.fullmatch(name)))


def same_numbers(x: Array | None, y: Array | None) -> bool:
    """Whether two runs give the same gradient."""
    return x is None or y is None or np.array_equal(x, y, equal_nan=True)


def report_failure(user: Pass, reference: Reference, error: Exception, begin: float) -> BackwardReport:
    """Report on a backward pass that raises: the line that is to blame is the one with which it runs and is right."""
    everything = list(range(len(user.leaves)))
    stop, text = stopping_line(user, error), f"backward stops with {type(error).__name__}: {error}"
    misspelt = isinstance(error, (NameError, AttributeError, KeyError))
    findings = [] if misspelt else find(user, reference, everything)[0]
    named = [k for k in everything if any(user.leaves[k].name in finding.names for finding in findings)] or everything
    notes = [*user.notes, text] if findings else list(user.notes)
    if not findings and stop is not None:
        names = tuple(user.leaves[k].name for k in named)
        findings = [Mistake("raises", names, text, stop[1], stop[0], stop[2])]
    nothing = [np.zeros(user.leaves[k].array.shape, bool) for k in named]
    entries = tuple(
        Checked(user.leaves[k].name, None, reference.slopes(k).values, off, False, text)
        for k, off in zip(named, nothing, strict=True)
    )
    seconds = time.perf_counter() - begin
    return BackwardReport(entries, tuple(findings), tuple(notes), reference.method, seconds=seconds)


def stopping_line(user: Pass, error: Exception) -> tuple[str, int, str] | None:
    """Return the file, the number and the text of the last of the user's lines that an error went through."""
    found, trace = None, error.__traceback__
    lines = {source.function.__code__: source.lines for source in user.family.sources}
    while trace is not None:
        code = trace.tb_frame.f_code
        if code in lines:
            found = code.co_filename, trace.tb_lineno, lines[code].get(trace.tb_lineno, "").strip()
        trace = trace.tb_next
    return found


def convention(
    user: Pass, reference: Reference, claims: Sequence[Array | None], given: Sequence[int], wrong: Sequence[int]
) -> list[str]:
    """Say so if the gradients are those of a mean over m columns, of which dZ comes without its 1/m.

    A course's linear_backward gives 1/m of dW and db, but the whole of dA_prev: right where it stands.
    """
    right = [k for k in given if k not in wrong]
    ratios = {k: ratio_of(x, reference.slopes(k).values) for k in wrong if (x := claims[k]) is not None}
    if len(given) == len(wrong) == 1:
        return note_mean(user, reference, given[0], ratios.get(given[0]))
    seeds = user.prepare().seeds if wrong and isinstance(user, FunctionPass) and user.backward is not None else {}
    counts = {n for seed in seeds.values() for n in np.shape(seed) if n > 1}
    same = {None if r is None else round(1 / r, 6) for r in ratios.values()}
    if not wrong or not right or not counts or len(same) != 1 or None in same or not same <= counts:
        return []
    m = int(next(iter(same)) or 0)
    whole = all(m in reference.arrays[k].shape for k in right)  # these have a column for each example
    if not whole or any(m in reference.arrays[k].shape for k in wrong):
        return []
    names = " and ".join(gradient_of(user.leaves[k].name) for k in wrong)
    others = ", ".join(gradient_of(user.leaves[k].name) for k in right)
    return [
        f"{names} are 1/{m} of the derivative of this step alone, {others} is whole: right if the cost is a mean over "
        f"the {m} examples and the gradient that comes in is without that 1/{m}"
    ]


def one_entry(user: Pass, given: Sequence[int], wrong: Sequence[int]) -> list[str]:
    """Say so if a pass that leaves the zeros of what comes in out is right where all but one entry of it are zero."""
    if not wrong or not isinstance(user, FunctionPass) or len(user.seeds) != 1 or not leaves_zeros_out(user):
        return []
    ((k, dense),) = user.seeds.items()
    try:
        for flat in (0, dense.size - 1):
            one = np.zeros(dense.shape)
            one.flat[flat] = 0.7
            user.seeds, user.kept = {k: one}, None
            there = Reference(user.cost, [leaf.array for leaf in user.leaves])
            if not all(judge(user, there, j, claim) for j, claim in enumerate(user.gradients()) if j in given):
                return []
    finally:
        user.seeds, user.kept = {k: dense}, None
    return [
        "right where one entry of what comes in is not zero, as for the cross entropy of one class, and not for others"
    ]


def leaves_zeros_out(user: FunctionPass) -> bool:
    """Whether a loop of the user's goes on where a number is zero: if gradient == 0: continue."""
    for source in user.family.sources:
        for node in ast.walk(source.tree):
            match node:
                case ast.If(
                    test=ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(value=0)]), body=[ast.Continue()]
                ):
                    return True
    return False


DECAY = re.compile(r".*(l1|l2|reg|decay|lam|lmbda|penalty).*|wd")
TERMS: tuple[tuple[str, float, Callable[[Array], Array]], ...] = (
    ("Σ {}²", 2.0, lambda x: x),
    ("½ Σ {}²", 1.0, lambda x: x),
    ("Σ |{}|", 1.0, np.sign),
)


def penalty_in(user: Pass, reference: Reference, k: int, claimed: Array | None) -> str:
    """Say so if a layer adds the slope of a penalty to its gradient, which the cost of its network has: l2 · Σ W²."""
    if not isinstance(user, FunctionPass) or user.loss is not None or not (user.seeds or user.fitted):
        return ""
    if claimed is None or claimed.shape != reference.arrays[k].shape:
        return ""
    for tokens, x in everything(user):
        if isinstance(x, float) and x and DECAY.fullmatch(plain(str(tokens[-1]))):
            for text, factor, slope in TERMS:
                if reference.right(k, claimed - factor * x * slope(reference.arrays[k])):
                    name = user.leaves[k].name
                    return (
                        f"{gradient_of(name)} is right if the cost has {spell(tokens)} · {text.format(name)} besides, "
                        "which forward is without"
                    )
    return ""


def clipped_at(claimed: Array | None, right: Array, clips: bool) -> float | None:
    """Return c if a gradient is np.clip(right, −c, c), as of exploding ones; of one that never clips, not all of it."""
    if claimed is None or claimed.shape != right.shape or not np.all(np.isfinite(right)):
        return None
    c = float(np.max(np.abs(claimed), initial=0.0))
    cut = np.abs(right) > c * (1 + 1e-6)
    inside = np.allclose(claimed[~cut], right[~cut], rtol=1e-5, atol=1e-7 * c)
    at_the_end = np.allclose(claimed[cut], np.sign(right[cut]) * c, rtol=1e-9, atol=0.0)
    return c if c and np.any(cut) and (clips or not np.all(cut)) and inside and at_the_end else None


def note_mean(user: Pass, reference: Reference, k: int, ratio: float | None) -> list[str]:
    """Say so if the one gradient is dZ = A − Y, as the notes have it: m times that of a mean over m columns."""
    name, shape = user.leaves[k].name, reference.arrays[k].shape
    if not re.fullmatch(r"[Zz]\d*", name) or len(shape) != 2 or shape[1] < 2 or ratio is None:
        return []
    if abs(ratio / shape[1] - 1) > 1e-5:
        return []
    return [
        f"d{name} is {shape[1]} × the derivative of the cost: right if the cost is a mean over the {shape[1]} examples "
        "and its 1/m comes later, with dW and db"
    ]


def judge(user: Pass, reference: Reference, k: int, claimed: Array | None) -> bool:
    """Whether a claimed gradient is right, looked at twice where it does not seem so, and at a kink beside it."""
    if claimed is None or claimed.shape != reference.arrays[k].shape:
        return False
    if reference.right(k, claimed):
        return True
    if reference.flat(k, claimed):
        reference.slopes(k).values[...] = np.nan
    elif k not in reference.exact or reference.slopes(k).whole:
        reference.settle(k, claimed)
    return reference.right(k, claimed)


def by_a_hair(reference: Reference, k: int, claimed: Array | None) -> bool:
    """Whether a gradient is off by so little, beside each entry, that no mistake does that."""
    if claimed is None or claimed.shape != reference.arrays[k].shape:
        return False
    right, off = reference.slopes(k).values, reference.wrong(k, claimed)
    return bool(np.all(np.abs(claimed - right)[off] <= 1e-3 * np.abs(right)[off]))


def small_constants(user: Pass) -> list[float]:
    """Return the small numbers in the code of the cost, as in log(y + 1e-7), which many a backward pass leaves out."""
    found = [c for function in user.reached for c in function.__code__.co_consts if isinstance(c, float)]
    return sorted({c for c in found if 0 < c <= 1e-4}, reverse=True)


def gap_of(reference: Reference, k: int, claimed: Array | None) -> float:
    """Return how far a gradient is off, beside the largest of the right one."""
    right = reference.slopes(k).values
    if claimed is None or claimed.shape != right.shape or not np.all(np.isfinite(claimed)):
        return np.inf
    return float(np.nanmax(np.abs(claimed - right), initial=0.0) / (np.nanmax(np.abs(right), initial=0.0) or 1.0))


def is_noisy(reference: Reference) -> bool:
    """Whether the cost is a staircase: saturated, so that it stands still and then jumps."""
    before = reference.noise
    if reference.measure_noise(1e-5) <= 10 * before:
        return False
    reference.look_again()
    return True


def near(reference: Reference) -> list[Array]:
    """Return arrays a little beside a kink."""
    return [
        a + 1e-4 * np.random.default_rng(k).standard_normal(a.shape) * (np.abs(a) + (np.abs(a).mean() or 1.0))
        for k, a in enumerate(reference.arrays)
    ]


def smaller(reference: Reference) -> list[Array]:
    """Return arrays of smaller numbers, of which nothing is saturated."""
    return [a * min(0.3, 1 / (float(np.sqrt(np.mean(a**2))) or 1.0)) if a.size else a for a in reference.arrays]


def lost_to_rounding(user: Pass, reference: Reference, wrong: Sequence[int], claims: Sequence[Any]) -> list[int]:
    """Return which of the wrong gradients are right where numbers are smaller, and off here by next to nothing.

    1 - h**2 of an h near 1 has no digits left, and what cancels has none of its own: beside what such a gradient is
    where nothing is saturated, it is off by 1e-8 at most.
    """
    there = smaller(reference)
    try:
        usual = user.gradients(there)
    except Exception:  # the point may be outside of the domain
        return []
    little = []
    for k in wrong:
        mine, typical = claims[k], usual[k]
        if mine.shape == reference.arrays[k].shape and typical is not None:
            off = float(np.nanmax(np.abs(mine - reference.slopes(k).values), initial=0.0))
            if off <= 1e-8 * float(np.max(np.abs(typical), initial=0.0)):
                little.append(k)
    return [k for k in little if k not in beside(user, little, there)] if little else []


def beside(user: Pass, wrong: Sequence[int], there: Sequence[Array]) -> list[int]:
    """Return which of the wrong gradients are wrong at other arrays too, beside a kink or less saturated."""
    try:
        claims = user.gradients(there)
    except Exception:  # the point may be outside of the domain
        return list(wrong)
    reference = Reference(user.cost, there)
    if not np.isfinite(reference.here):
        return list(wrong)
    measure_rounding(user, reference, claims)
    return [k for k in wrong if not (judge(user, reference, k, claims[k]) and np.any(reference.slopes(k).known))]


def measure_rounding(
    user: Pass,
    reference: Reference,
    claims: Sequence[Array | None],
    little: float = 4e-16,
    seeds: Sequence[int] = (),
) -> None:
    """Note how much the claimed gradients jump when all moves by next to nothing, together or, by `seeds`, not."""
    if any(x is not None and x.dtype in (np.float32, np.float16) for x in claims):
        reference.close = 2e-3
    moves: list[list[Any]] = [
        [size * little] * len(reference.arrays) for size in ((1.0,) if little <= 1e-12 else (1.0, 0.61, 1.7))
    ]
    for seed in seeds:
        rng = np.random.default_rng(seed)
        moves.append([little * rng.choice([-1.0, 1.0], a.shape) for a in reference.arrays])
    for move in moves:
        try:
            up, down = (
                user.gradients([a * (1 + sign * by) for a, by in zip(reference.arrays, move, strict=True)])
                for sign in (1, -1)
            )
        except Exception:  # outside of the domain
            return
        for k, x in enumerate(claims):
            three = (up[k], x, down[k])
            if all(y is not None and y.shape == reference.arrays[k].shape for y in three):
                jump = np.abs(three[0] - 2 * three[1] + three[2])  # type: ignore[operator]
                if np.all(np.isfinite(jump)):
                    found = 20 * jump + 4 * float(np.max(jump, initial=0.0))
                    reference.rounding[k] = np.maximum(found, reference.rounding.get(k, 0.0))


def entry(user: Pass, reference: Reference, k: int, claimed: Array | None, ok: bool) -> Checked:
    """Return what the report says of one gradient."""
    right = reference.slopes(k).values
    if ok or claimed is None or claimed.shape != right.shape:
        off = np.zeros(right.shape, bool)
    else:
        off = reference.wrong(k, claimed)
    text = "" if ok else evidence_of(user, reference, k, claimed).text
    return Checked(user.leaves[k].name, claimed, right, off, ok, text)


def find(user: Pass, reference: Reference, wrong: Sequence[int]) -> tuple[list[Mistake], list[str]]:
    """Look for the mistakes behind wrong gradients, and for what is to be said of them besides.

    Where two mistakes hide each other, as in what a step adds and in what it hands on, one is found with a single step.
    """
    if not wrong:
        return [], []
    diagnosis = Diagnosis(user, reference, wrong, elsewhere=lambda: passes_elsewhere(user))
    diagnosis.run()
    findings = list(diagnosis.findings)
    named = {name for finding in findings for name in finding.names}
    if not findings or any(user.leaves[k].name not in named for k in wrong):
        for one in single(user):
            there = Reference(one.user.cost, [leaf.array for leaf in one.user.leaves])
            claims = one.user.gradients()
            off = [k for k in wrong if claims[k] is not None and not judge(one.user, there, k, claims[k])]
            if not off:
                steps = ": what goes from one to the next is wrong" if "entry" in one.there else ""
                return merge_lines(findings), [f"right {one.there}, wrong {one.here}{steps}"]
            one.user.family = user.family  # what is mended there is mended here
            trees = [(source, source.tree, source.changed) for source in user.family.sources]
            for source in user.family.sources:
                source.tree = copy.deepcopy(source.tree)
            first = Diagnosis(one.user, there, off, seconds=SECONDS / 3)
            first.run()
            rest = Diagnosis(user, reference, wrong, seconds=SECONDS / 3)
            if first.findings:
                rest.run()
            mended = rest.state(None)
            claims_now = mended.claims if mended is not None else []
            if any(judge(user, reference, k, x) for k, x in enumerate(claims_now) if k in wrong and x is not None):
                findings += [*first.findings, *rest.findings]
                break
            for source, tree, changed in trees:  # it was right there by chance
                source.tree, source.changed = tree, changed
    findings = merge_lines(findings)
    told = {name for finding in findings for name in finding.names}
    unnamed = [k for k in wrong if user.leaves[k].name not in told]
    if unnamed and getattr(user, "broken", None) is None:
        findings += locate_rest(user, diagnosis, unnamed)
    return sorted(findings, key=lambda finding: finding.line or 0), []


def locate_rest(user: Pass, diagnosis: Diagnosis, rest: Sequence[int]) -> list[Mistake]:
    """Say in which lines a mistake is that has no name: all that is wrong comes of them, and nothing that is right."""
    names = tuple(user.leaves[k].name for k in rest)
    name, found = diagnosis.suspect(rest)
    if not found:
        return []
    source, lines = found
    file, quoted = source.function.__code__.co_filename, source.lines.get(lines[0], "").strip()
    if name:
        text = f"{all_of(names)} wrong, and so is {name}, the first on the way that is: look at this line"
    elif len(lines) == 1:
        text = (
            f"{all_of(names)} wrong: the mistake is in this line, from which all that is wrong comes, and nothing right"
        )
    else:
        others = list_names([str(n) for n in lines[1:]])
        text = (
            f"{all_of(names)} wrong: the mistake is in this line, or in line {others}; all that is wrong comes from "
            "them, and nothing right"
        )
    return [Mistake("unexplained", names, text, lines[0], file, quoted)]


def passes_elsewhere(user: Pass) -> Iterator[Pass]:
    """Yield a wrong pass with other numbers and other sizes; what is mended in it is mended there."""
    runs = getattr(user, "broken", None) is None
    for other in itertools.islice(elsewhere(user), 4) if runs else ():
        if other.user.family.functions == user.family.functions:
            other.user.family = user.family
            yield other.user


MORE_HERE = "; more than that is wrong in this line"


def merge_lines(findings: Sequence[Mistake]) -> list[Mistake]:
    """Return one finding for each line: what is said of a line that was mended already is not about the user's."""
    found: dict[tuple[str, int | None], Mistake] = {}
    for one in findings:
        place = one.file, one.line
        if place in found and one.line is not None and one.right and found[place].right:
            before = found[place]
            names = tuple(dict.fromkeys([*before.names, *one.names]))
            text = before.text.removesuffix(MORE_HERE) + MORE_HERE
            if not before.fixed:  # of the first of several edits nothing became right: it alone says little
                text = f"{all_of(names)} wrong: more than one thing in this line is"
            found[place] = replace(before, names=names, text=text, right=one.right)
        else:
            found[place if place not in found else (one.file, -len(found))] = one
    return list(found.values())
