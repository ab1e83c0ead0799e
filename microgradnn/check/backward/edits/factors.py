"""The numbers, slopes and coefficients that a line may be out by."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..source import Scope
from .editor import Editor
from .names import may_be_meant
from .syntax import broadcasts

# Slopes of activations, written as people write them, of what came out of the activation or of what went in.
SLOPES = (
    ("1 - {a}**2", "tanh", 1),
    ("{a} * (1 - {a})", "sigmoid", 1),
    ("({a} > 0)", "relu", 1),
    ("1 - {np}.tanh({a})**2", "tanh", 2),
    ("1 / (1 + {np}.exp(-{a})) * (1 - 1 / (1 + {np}.exp(-{a})))", "sigmoid", 2),
    ("{np}.where({a} > 0, 1, 0.01)", "leaky relu", 2),
    ("{np}.where({a} > 0, 1, 0.1)", "leaky relu", 3),
    ("{np}.where({a} > 0, 1, 0.2)", "leaky relu", 3),
    ("{np}.where({a} > 0, 1, {a} + 1)", "elu", 3),
    ("1 / (1 + {np}.exp(-{a}))", "softplus", 3),
    ("1 / {a}", "log", 2),
    ("{np}.cos({a})", "sin", 3),
    ("-{np}.sin({a})", "cos", 3),
    ("{np}.exp({a})", "exp", 3),
    ("2 * {a}", "square", 2),
    ("1 / (2 * {a})", "square root", 3),
    ("1 / (1 + {a}**2)", "arctan", 3),
    ("-1 / {a}**2", "reciprocal", 3),
    ("{np}.sign({a})", "abs", 3),
    ("{np}.exp(-{a})", "", 3),
    ("{a}", "", 1),
)


def factors(editor: Editor, scope: Scope) -> list[tuple[str, float]]:
    """Return the numbers that a line may be out by, as code: names first, then sizes, then constants.

    Of the names of one number those come first that forward computes with, and no more than three.
    """
    found: dict[float, list[str]] = {}
    for text, x in scope.items():
        if x.ndim == 0 and np.isfinite(x) and float(x) not in (0.0, 1.0, -1.0) and text not in editor.loops:
            found.setdefault(float(x), []).append(text)
    for text, value in written_sizes(editor, scope):
        found.setdefault(value, []).append(text)
    for value, texts in found.items():
        found[value] = sorted(texts, key=lambda t: (not editor.is_in_forward(t), len(t)))[:3]
    for value, texts in list(found.items()):
        if 0 < value < 1:
            found.setdefault(1 - value, [f"(1 - {texts[0]})"])
    found.setdefault(2.0, ["2"])
    for text, x in scope.items():
        for axis, n in enumerate(x.shape):
            if n > 1 and text.isidentifier():
                found.setdefault(float(n), [f"{text}.shape[{axis}]"])
        if x.ndim > 1 and x.size > 1 and text.isidentifier() and len(text) < 5:
            found.setdefault(float(x.size), [f"{text}.size"])
    for n in [v for v in found if v > 1 and v == int(v)]:
        root = min(found[n], key=lambda t: f"sqrt({t})" not in editor.forward)
        found.setdefault(float(np.sqrt(n)), [f"{editor.np}.sqrt({root})"])
    found = {2.0: ["2"] if "." in found.get(2.0, ["."])[0] else found[2.0], **found}
    return [(text, value) for value, texts in found.items() for text in texts][:32]


def written_sizes(editor: Editor, scope: Scope) -> list[tuple[str, float]]:
    """Return the whole numbers that the user's code computes from sizes, C // G, as far as they are known here."""
    found = []
    for text, names in editor.sizes:
        parts = [scope.get(name) for name in names]
        if all(x is not None and x.ndim == 0 and x.dtype.kind in "iu" for x in parts):
            whole = {name: int(scope[name]) for name in names}
            with contextlib.suppress(ZeroDivisionError):
                value = float(eval(text, {"__builtins__": {}}, whole))  # names and numbers, nothing else
                if value > 1:
                    found.append((f"({text})", value))
    return found


def coefficients(scope: Scope) -> list[str]:
    """Return what a forgotten term may be multiplied by: nothing, λ, λ/m, 2λ."""
    scalars = [(text, x) for text, x in scope.items() if x.ndim == 0]
    floats = [text for text, x in scalars if x.dtype.kind == "f"]
    names = [text for text in floats if text.isidentifier()][:4] + [t for t in floats if t.startswith("self.")][:3]
    sizes = [text for text, x in scalars if x.dtype.kind in "iu" and x > 1 and text.isidentifier()][:2]
    found = ["{}"]
    for name in names:
        found += [f"{name} * {{}}", f"2 * {name} * {{}}"] + [f"{name} / {n} * {{}}" for n in sizes]
    return found + [f"{{}} / {n}" for n in sizes]


def counts(scope: Scope, shape: tuple[int, ...]) -> list[str]:
    """Return the names of whole numbers that are a size of this shape."""
    scalars = [(text, x) for text, x in scope.items() if x.ndim == 0 and x.dtype.kind in "iu" and text.isidentifier()]
    return [text for text, x in scalars if x > 1 and int(x) in shape][:2]


def slopes(editor: Editor, scope: Scope, shape: tuple[int, ...] | None) -> Iterator[tuple[str, str, int]]:
    """Yield the slopes that could be meant, of everything of this shape."""
    if not shape:
        arrays = [t for t, x in scope.items() if x.ndim and "[" not in t and x.dtype.kind in "fb"][:8]
    else:
        arrays = [t for t, x in scope.items() if x.shape == shape and x.dtype.kind in "fb"]
        for text, x in scope.items():
            if x.shape == shape or not x.ndim or not (x.dtype.kind in "fb" or is_mask(x)):
                continue
            if broadcasts(x.shape, shape):
                yield text, "", 1
                yield f"1 / {text}", "", 2
            if x.size > 1 and x.shape == shape[: x.ndim]:  # a weight for each example: mask[:, None]
                yield f"{text}[{', '.join([':'] * x.ndim + ['None'] * (len(shape) - x.ndim))}]", "", 2
    forms = [(form, about, rank) for form, about, rank in SLOPES if may_be_meant(about, editor.forward)]
    forms = [one for one in forms if "exp(-" not in one[0] or one[1] or "exp" in editor.forward]
    for text in arrays:
        if scope[text].dtype.kind == "b":
            yield text, "", 1
            yield f"~{text}", "", 2
            continue
        key = id(scope), text
        if key not in editor.before:
            editor.before[key] = comes_before(scope, text)
        before = editor.before[key]
        for form, about, rank in forms:
            if about not in before or rank > 1:
                yield form.format(a=text, np=editor.np), about, rank


def is_mask(x: Any) -> bool:
    """Whether whole numbers are ones and zeros, and both."""
    return bool(x.ndim and x.dtype.kind in "iu" and x.size and x.min() == 0 and x.max() == 1)


def comes_before(scope: Scope, text: str) -> set[str]:
    """Return the activations that were applied to an array: of what goes in, 1 − Z² is nobody's slope."""
    x = scope[text]
    if x.dtype.kind != "f":
        return set()
    with np.errstate(all="ignore"):
        out = {"tanh": np.tanh(x), "sigmoid": 1 / (1 + np.exp(-x))}
    others = [y for y in scope.values() if y is not x and y.shape == x.shape and y.dtype.kind == "f"]
    return {name for name, y in out.items() if any(np.allclose(y, other, rtol=1e-9, atol=0.0) for other in others)}
