"""What derive writes in C computes what a sweep does, says of itself whether it does, and takes any name for a name.

All functions are compiled at once: it is the compiler's start that takes the time.
"""

from __future__ import annotations

import ctypes
import math
import os
import random
import shutil
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import Value, compile, derive
from microgradnn.graph import topological
from tests.programs.test_paths_agree import agree, bounds, by_tensors, draw, points, recorded
from tests.programs.test_rows import ROWS, places, same, swept

pytestmark = pytest.mark.skipif(os.name != "posix" or shutil.which("cc") is None, reason="needs a C compiler")
WORDS = """
    register default volatile unsigned do switch case sizeof union typedef asm restrict typeof _Bool inline NAN INFINITY
    M_PI HUGE_VAL OVERFLOW linux unix fabs least most erfc printf main x g k i step in into values gradients m true bool
    α 变量 J dx value_and_gradients value_and_gradients_batch
"""


def compiled(sources: Mapping[str, str], folder: Path) -> Any:
    """The functions of these sources as one library."""
    lines = dict.fromkeys(
        line for source in sources.values() for line in source.splitlines() if "static double" in line
    )
    rest = [line for source in sources.values() for line in source.splitlines() if line not in lines]
    code, library = folder / "all.c", folder / "all.so"
    code.write_text("\n".join(["#include <math.h>", *lines, *rest]), encoding="utf-8")
    command: list[Any] = [
        "cc",
        "-std=c99",
        "-pedantic",
        "-Wall",
        "-Werror",
        "-Wno-unused",
        "-shared",
        "-fPIC",
        "-o",
        library,
        code,
    ]
    subprocess.run([*command, "-lm"], check=True)
    return ctypes.CDLL(str(library))


def call(function: Any, at: Sequence[float], wrt: int) -> list[float]:
    """The value and the gradients of a function in C."""
    function.restype = ctypes.c_double
    gradients = (ctypes.c_double * max(wrt, 1))()
    value = function((ctypes.c_double * len(at))(*at), gradients)
    return [value, *gradients[:wrt]]


def test_each_row_gives_the_numbers_of_a_sweep_wherever_they_are_finite(tmp_path: Path) -> None:
    sources = {}
    for op in ROWS:
        leaves = [Value(1.0, name) for name in "xyz"[: len(op.partials)]]
        for k, simplify in enumerate((True, False)):
            name = f"{op.name}_row{k}"
            sources[name] = derive(
                op(*leaves), leaves, inputs=leaves, style="c", simplify=simplify, name=name
            ).source.split("\n#ifdef TEST")[0]
    library = compiled(sources, tmp_path)

    wrong, compared = [], 0
    for op in ROWS:
        for xs in filter(lambda xs: all(map(math.isfinite, xs)), places(op)):
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                want = [*map(float, swept(op, xs))]
            for k in range(2):
                got = call(library[f"{op.name}_row{k}"], xs, len(xs))
                if all(map(math.isfinite, [*want, *got])):
                    compared += 1
                    pairs = enumerate(zip(got, want, strict=True))
                    wrong += [(op.name, xs, got, want) for i, (x, y) in pairs if not same(op, xs, x, y, printed=i > 0)]
    assert wrong == []
    assert compared > 8000


def test_random_graphs_agree_with_the_sweep_at_finite_numbers(tmp_path: Path) -> None:
    recipes, sources = {}, {}
    for seed in range(40):
        rng = random.Random(seed)
        recipe = draw(rng)
        start = recorded(recipe, rng)
        if start is not None and {*start[0]} <= {*topological(start[1])}:
            xs, output = start
            name = f"graph{seed}"
            recipes[name] = recipe, [p for p in points(rng, recipe.leaves, 12) if all(map(math.isfinite, p))]
            source = derive(output, xs, inputs=xs, style="c", name=name, simplify=bool(seed % 2)).source
            sources[name] = source.split("\n#ifdef TEST")[0]
    library = compiled(sources, tmp_path)

    wrong, compared = [], 0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, (recipe, at) in recipes.items():
            for point in at:
                right = by_tensors(recipe, point)
                within = bounds(recipe, point, right)
                got = call(library[name], point, recipe.leaves)
                if within is not None and all(map(math.isfinite, got)):
                    compared += 1
                    if not agree([np.reshape(x, (1, 1)) for x in got], right, within):
                        wrong.append(f"{name} at {point}: {got}, not {right}\n{recipe}")
    assert wrong == []
    assert compared > 100


def test_a_keyword_or_a_macro_of_C_is_a_name_and_the_source_tests_itself(tmp_path: Path) -> None:
    leaves = [Value(1.0 + k / 8, name) for k, name in enumerate(WORDS.split())]
    total = leaves[0] * 1.5
    for k, x in enumerate(leaves[1:]):
        total = (total * 0.5 + x * leaves[k] + x.sin() + abs(x) ** 1.5).named(f"int{k}")
    total = total + 1e300 * 0 + total * 2.5e-5
    derivation = derive(total, leaves, style="c", name="cost")
    header, code, program = tmp_path / "cost.h", tmp_path / "cost.c", tmp_path / "cost"
    header.write_text(derivation.header + derivation.header, encoding="utf-8")  # it may be included twice
    command: list[Any] = ["cc", "-Wall", "-Werror", "-Wno-unused", "-DTEST", "-o", program, code, "-lm"]

    outputs = []
    for text in (
        derivation.source,
        derivation.source.replace("sin(value_and_gradients_batch_)", "cos(value_and_gradients_batch_)"),
    ):
        code.write_text(f'#include "cost.h"\n{text}', encoding="utf-8")
        subprocess.run(command, check=True)
        ran = subprocess.run([program], capture_output=True, encoding="utf-8", check=False)
        outputs.append((ran.returncode, ran.stdout.splitlines()[-1]))
    assert outputs[0] == (0, f"0 of {len(leaves) + 1} numbers are wrong")
    assert outputs[1][0] == 1
    expected = compile(total, leaves, backend="python")()
    assert f"COST_INPUTS = {len(leaves)}, COST_GRADIENTS = {len(leaves)}" in derivation.header
    code.write_text(derivation.source, encoding="utf-8")
    found = call(
        compiled({"cost": derivation.source.split("\n#ifdef TEST")[0]}, tmp_path)["cost"],
        [x.data for x in leaves],
        len(leaves),
    )
    assert found == pytest.approx([expected.value, *expected.gradients.values()], rel=1e-12)


def test_the_words_of_C_keep_their_names_elsewhere() -> None:
    x = Value(2.0, "double")

    assert derive((x * x).named("long"), [x]).inputs == ("double",)


def test_many_examples_share_what_does_not_differ(tmp_path: Path) -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    library = compiled({"f": derive(w * x, [w, x], style="c", name="f").source.split("\n#ifdef TEST")[0]}, tmp_path)
    double = ctypes.c_double
    xs, shared, values, dw, dx = (double * 3)(1.0, 2.0, 5.0), double(10.0), (double * 3)(), double(), (double * 3)()

    library.f_batch(
        ctypes.c_long(3),
        (ctypes.c_void_p * 2)(ctypes.addressof(shared), ctypes.addressof(xs)),
        (ctypes.c_long * 2)(0, 1),
        values,
        (ctypes.c_void_p * 2)(ctypes.addressof(dw), ctypes.addressof(dx)),
        (ctypes.c_long * 2)(0, 1),
    )

    assert ([*values], dw.value, [*dx]) == ([10.0, 20.0, 50.0], 8.0, [10.0, 10.0, 10.0])
