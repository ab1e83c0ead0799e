"""Straight-line functions, as quick as plain Python can be: what a compiled program is held against.

They are written out from the plan, and share nothing with the engine that is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from graphs import LEAVES, Step, ends

Function = Callable[..., Any]

ARITHMETIC = ("{x} + {y}", "{x} - {y}", "{x} * {y}", "{x} / {y}", "{x} * {x}", "tanh({x})", "exp({x})")
FORWARD = {
    "floats": (*ARITHMETIC, "{x} if {x} > 0 else 0.0"),
    "arrays": (*ARITHMETIC, "maximum({x}, 0.0)"),
    "c": (*ARITHMETIC, "({x} > 0 ? {x} : 0.0)"),
}
BACKWARD: tuple[tuple[str, ...], ...] = (
    ("{g}", "{g}"),
    ("{g}", "-{g}"),
    ("{g} * {y}", "{g} * {x}"),
    ("{g} / {y}", "-{g} * {f} / {y}"),
    ("2.0 * {g} * {x}",),
    ("{g} * (1.0 - {f} * {f})",),
    ("{g} * {f}",),
    ("{g} * ({x} > 0)",),
)
NAMES: dict[str, dict[str, Any]] = {
    "floats": {"tanh": math.tanh, "exp": math.exp},
    "arrays": {"tanh": np.tanh, "exp": np.exp, "maximum": np.maximum},
}


def function_of(lines: Sequence[str], arguments: str, names: dict[str, Any]) -> Function:
    """Return the function that these lines are the body of."""
    names = dict(names)
    exec("\n    ".join([f"def f({arguments}):", *lines]), names)
    made: Function = names["f"]
    return made


def summed(steps: list[Step]) -> list[Step]:
    """Return the plan with the sum of what nothing uses as its last step."""
    steps, n = list(steps), len(LEAVES)
    terms = ends(steps)
    while len(terms) > 1:
        steps.append((0, terms.pop(0), terms.pop(0)))
        terms.append(n + len(steps) - 1)
    return steps


def graph_function(steps: list[Step], kind: str) -> Function:
    """Return the function of the leaves x0, x1, … that gives the value of the plan and its gradients."""
    lines, root = graph_lines(steps, kind)
    n = len(LEAVES)
    lines.append(f"return x{root}, [{', '.join(f'g{i}' for i in range(n))}]")
    return function_of(lines, ", ".join(f"x{i}" for i in range(n)), NAMES[kind])


def graph_in_c(steps: list[Step]) -> str:
    """Return it as a C function `f` of the leaves, which writes the gradients and returns the value."""
    lines, root = graph_lines(steps, "c")
    n = len(LEAVES)
    body = [*(f"x{i} = x[{i}]" for i in range(n)), *lines]
    given = [f"g[{i}] = g{i};" for i in range(n)]
    declared = [f"const double {line};" for line in body]
    return "\n".join(
        ["#include <math.h>", "double f(const double *x, double *g) {", *declared, *given, f"return x{root};", "}", ""]
    )


def graph_lines(steps: list[Step], kind: str) -> tuple[list[str], int]:
    """Return the lines of the plan and its gradients, and the number of its last node."""
    n, steps = len(LEAVES), summed(steps)
    lines, parts = [], dict[int, list[str]]()
    for i, (operation, x, y) in enumerate(steps, n):
        lines.append(f"x{i} = {FORWARD[kind][operation].format(x=f'x{x}', y=f'x{y}')}")
    root = n + len(steps) - 1
    parts[root] = ["1.0"]
    for i in reversed(range(root + 1)):
        if i not in parts:  # a leaf without effect
            parts[i] = ["0.0"]
        lines.append(f"g{i} = {' + '.join(parts.pop(i))}")
        if i >= n:
            operation, x, y = steps[i - n]
            names = {"g": f"g{i}", "f": f"x{i}", "x": f"x{x}", "y": f"x{y}"}
            for operand, text in zip((x, y), BACKWARD[operation], strict=False):
                if operand is not None:
                    parts.setdefault(operand, []).append(text.format(**names))
    return lines, root


def margin_function(sizes: Sequence[int], decay: float) -> Function:
    """Return the function of (parameters, inputs, label) that gives the max-margin loss of a ReLU network, with L2.

    The parameters come neuron by neuron, weights and then the bias; the second result is their gradients.
    """
    units = [f"x{i}" for i in range(sizes[0])]
    layers: list[list[tuple[str, list[str], list[str]]]] = []  # of each neuron its z, weights, inputs
    count, forward = 0, list[str]()
    for k, n in enumerate(sizes[1:]):
        layer = []
        for j in range(n):
            weights = [f"p{count + i}" for i in range(len(units))]
            bias, z = f"p{count + len(units)}", f"z{k}_{j}"
            count += len(units) + 1
            forward.append(f"{z} = {' + '.join(f'{w} * {a}' for w, a in zip(weights, units, strict=True))} + {bias}")
            if k < len(sizes) - 2:
                forward.append(f"a{k}_{j} = {z} if {z} > 0 else 0.0")
            layer.append((z, weights, units))
        layers.append(layer)
        units = [f"a{k}_{j}" for j in range(n)]
    names = [f"p{i}" for i in range(count)]
    score = layers[-1][0][0]
    backward = [f"d{score} = -y if 1.0 - y * {score} > 0 else 0.0"]
    gradients: dict[str, str] = {}
    for layer in reversed(layers):
        for z, weights, inputs in layer:
            for w, a in zip(weights, inputs, strict=True):
                gradients[w] = f"d{z} * {a}"
            gradients[f"p{int(weights[-1][1:]) + 1}"] = f"d{z}"
        for i, a in enumerate(layer[0][2] if layer is not layers[0] else []):
            back = " + ".join(f"{weights[i]} * d{z}" for z, weights, _ in layer)
            backward.append(f"dz{a[1:]} = {back} if z{a[1:]} > 0 else 0.0")
    squares = " + ".join(f"{p} * {p}" for p in names)
    body = [f"{', '.join(names)} = p", f"{', '.join(f'x{i}' for i in range(sizes[0]))} = x", *forward, *backward]
    body.append(f"loss = max(1.0 - y * {score}, 0.0) + {decay!r} * ({squares})")
    body.append(f"return loss, [{', '.join(f'{gradients[p]} + {2 * decay!r} * {p}' for p in names)}]")
    return function_of(body, "p, x, y", {})
