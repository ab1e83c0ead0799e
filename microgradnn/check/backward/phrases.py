"""The sentence that is said of a mistake: how the gradient is off, and what was done to the line."""

from __future__ import annotations

from .edits.syntax import neat
from .evidence import Evidence
from .notation import gradient_of, list_names


def explain(kind: str, hint: str, names: tuple[str, ...], evidence: Evidence, old: str, new: str) -> str:
    """Return one sentence on a mistake: `hint` is the edit's, `evidence` says how the first gradient is off."""
    what = hint.split("\0")
    ratio = evidence.ratio if evidence.kind in ("factor", "sign") else None
    if kind == "slope":
        return slope_sentence(what, names)
    if kind == "sign" and ratio is not None and ratio < 0:
        return f"{subject(names)} {'has' if len(names) == 1 else 'have'} the wrong sign"
    if kind == "factor":
        return factor_sentence(what, names, ratio)
    return f"{off_by(kind, names, evidence, ratio)}: {reason(kind, what)}"


def subject(names: tuple[str, ...]) -> str:
    """Write dW2, or dW2 and db2."""
    return list_names([gradient_of(name) for name in names])


def all_of(names: tuple[str, ...]) -> str:
    """Write dW2 is, or dW2 and db2 are, as the subject of a sentence."""
    return f"{subject(names)} {'is' if len(names) == 1 else 'are'}"


TOLD = {  # the kinds of mistakes after which it helps to know how the numbers are off, and which evidence says it
    "axis": ("axis", "not summed", "keepdims", "shape", "transpose"),
    "not summed": ("axis", "not summed", "keepdims", "shape", "transpose"),
    "transpose": ("axis", "not summed", "keepdims", "shape", "transpose"),
    "another variable": ("axis", "not summed", "shape"),
    "call": ("axis", "not summed", "keepdims", "shape"),
    "repeated index": ("some",),
    "overwrite": ("zero",),
    "index": ("zero",),
}


def off_by(kind: str, names: tuple[str, ...], evidence: Evidence, ratio: float | None) -> str:
    """Say that gradients are wrong and, where it helps to see why, how the first of them is."""
    if ratio is not None:
        return f"{all_of(names)} {ratio:.4g} × the right one{'' if len(names) == 1 else 's'} everywhere"
    if evidence.kind in TOLD.get(kind, ()):
        return f"{subject(names[:1])} {evidence.text.split(': ')[0]}"
    return f"{all_of(names)} wrong"


def factor_sentence(what: list[str], names: tuple[str, ...], ratio: float | None) -> str:
    """Say which factor was forgotten, or is one too many."""
    ones = "one" if len(names) == 1 else "ones"
    how = f"{ratio:.4g} × the right {ones} everywhere" if ratio is not None else "wrong"
    off = f"{all_of(names)} {how}"
    if len(what) == 2 and " = " not in what[1]:
        return f"{off}: {what[0]} belongs where {what[1]} stands"
    if len(what) == 2:
        number = "" if what[1].startswith("2 =") else f" ({what[1]})"
        return f"{off}: did you forget {what[0]}{number}{'' if ratio is not None else ' in this line'}?"
    if what[0]:
        return f"{off}: is {what[0]} one too many{'' if ratio is not None else ' in this line'}?"
    return f"{off}: a factor in this line is wrong"


def slope_sentence(what: list[str], names: tuple[str, ...]) -> str:
    """Say which slope stands in the place of which."""
    if len(what) == 3:
        about, old, new = what[0], what[1], neat(what[2])
        return f"{all_of(names)} what you get with {old} in the place of {new}: {about} belongs here"
    return f"{all_of(names)} wrong: {what[0]} belongs here"


REASONS = {
    "factor missing": "the factor {0} is missing",
    "sign": "a sign in this line has to be the other way round",
    "transpose": "a transpose is missing in this line, or one is too many",
    "product": "a product entry by entry (*) and a matrix product (@) have changed places",
    "operator": "{0}",
    "operands swapped": "two operands stand in each other's place",
    "not summed": "along an axis that was broadcast, the gradient is a sum: {0}",
    "axis": "the sum has to be {0}",
    "another formula": "{0} belongs here",
    "term": "the term {0} is missing",
    "one minus": "{0} belongs where {1} stands",
    "term too many": "{0} does not belong here",
    "another variable": "{1} stands where {0} belongs",
    "overwrite": "{0}",
    "repeated index": "{0}, and np.add.at adds every time",
    "applied twice": "{0} is one too many",
    "index": "{0}",
    "mask": "the mask has to be the other way round, {0}",
    "bias regularised": "{0} has no part in this term, for the cost leaves it out: a bias is not regularised",
    "constant": "a number in this line is wrong",
    "fixed number": "{1} is written where {0} belongs, which is right for one size only",
    "one example": "{0} is one example alone, and every one counts",
    "power": "a power in this line is wrong",
    "brackets": "brackets are missing, or stand in the wrong place",
    "comparison": "the comparison has to be another one",
    "function": "{0} belongs here",
    "call": "{0}",
    "places swapped": "{0} and {1} stand in each other's place",
    "line missing": "a line is missing behind this one, {0}",
    "order": "{0}",
    "updated before use": "{0}, and changes what is still to be used",
}


def reason(kind: str, what: list[str]) -> str:
    """Say what was done to the line."""
    if kind == "sum for mean":
        stands, belongs = ("mean", "sum") if "sum(" in what[0] else ("sum", "mean")
        return f"a {stands} is taken where a {belongs} belongs, {what[0]}"
    if kind == "index" and len(what[0].split()) < 4:
        return "the indices are off"
    return REASONS.get(kind, kind).format(*(what if len(what) > 1 or what[0] else ["this line"]), "what stands here")
