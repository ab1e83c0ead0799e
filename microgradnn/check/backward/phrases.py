"""The sentence that is said of a mistake: how the gradient is off, and what was done to the line."""

from __future__ import annotations

from .edits import neat
from .evidence import Evidence
from .notation import listed


def explain(kind: str, hint: str, names: tuple[str, ...], evidence: Evidence, old: str, new: str) -> str:
    """Return one sentence on a mistake: `hint` is the edit's, `evidence` says how the first gradient is off."""
    first, what = f"d{names[0]}", hint.split("\0")
    told = f"{first} {evidence.text}" if evidence.text != "is wrong" else ""
    ratio = evidence.ratio if evidence.kind in ("factor", "sign") else None
    if kind == "factor" and ratio is not None:
        off = f"{all_of(names)} {ratio:.4g} × the right one everywhere"
        if len(what) == 2:
            number = "" if what[1].startswith("2 =") else f" ({what[1]})"
            return f"{off}: did you forget {what[0]}{number}?"
        return f"{off}: is {hint} one too many?" if hint else told
    if kind == "sign" and ratio is not None and ratio < 0:
        return f"{listed([f'd{n}' for n in names])} {'has' if len(names) == 1 else 'have'} the wrong sign"
    if kind == "slope":
        return slope_sentence(what, names)
    why = reason(kind, what)
    return f"{told}: {why}" if told else f"{listed([f'd{n}' for n in names])}: {why}"


def all_of(names: tuple[str, ...]) -> str:
    """Write dW2 is, or dW2 and db2 are, as the subject of a sentence."""
    return f"{listed([f'd{n}' for n in names])} {'is' if len(names) == 1 else 'are'}"


def slope_sentence(what: list[str], names: tuple[str, ...]) -> str:
    """Say which slope stands in the place of which."""
    if len(what) == 3:
        about, old, new = what[0], what[1], neat(what[2])
        return f"{all_of(names)} what you get with {old} in the place of {new}: {about} belongs here"
    return f"{all_of(names)} wrong: {what[0]} belongs here"


REASONS = {
    "factor": "a factor is wrong",
    "factor missing": "the factor {0} is missing",
    "sign": "a sign is wrong in this line",
    "transpose": "a transpose is missing, or one too many",
    "product": "the matrix product (@) and the product entry by entry (*) are mixed up",
    "operands swapped": "the operands stand the wrong way round",
    "not summed": "what was broadcast is summed over on the way back",
    "axis": "{0}",
    "sum for mean": "sum and mean are mixed up: {0}",
    "another formula": "{0} belongs here",
    "term": "the term {0} is missing",
    "term too many": "{0} does not belong here",
    "another variable": "{1} stands where {0} belongs",
    "overwrite": "{0}",
    "repeated index": "{0}: np.add.at adds every time",
    "applied twice": "{0} is one too many here",
    "places swapped": "{0} and {1} stand in each other's place",
    "line missing": "a line is missing behind this one, {0}",
    "index": "the indices are off",
    "constant": "a number is wrong",
    "one example": "{0} is one example alone, and every one counts",
    "fixed number": "{1} is written where {0} belongs: right for one size only",
    "power": "the power is wrong",
    "brackets": "brackets are missing, or in the wrong place",
    "comparison": "the comparison is wrong",
    "function": "another function belongs here: {0}",
    "call": "{0}",
    "order": "{0}",
    "updated before use": "{0}: something is changed before it is used",
}


def reason(kind: str, what: list[str]) -> str:
    """Say what was done to the line."""
    return REASONS.get(kind, kind).format(*(what if len(what) > 1 or what[0] else ["this"]), "what stands here")
