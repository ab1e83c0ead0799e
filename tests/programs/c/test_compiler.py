"""Programs in C: any name is a name there, and a compiler that is none, or never ends, is an error with a way out."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from time import monotonic

import pytest

from microgradnn import CompilerMissing, Value, derive
from microgradnn.programs.backends import compile
from microgradnn.programs.c import program as c_program

pytestmark = pytest.mark.skipif(os.name != "posix" or shutil.which("cc") is None, reason="needs a C compiler")
WORDS = """
    register default volatile unsigned do switch case sizeof union typedef asm restrict typeof _Bool inline NAN INFINITY
    M_PI HUGE_VAL OVERFLOW linux unix fabs least most erfc printf main x g k i step in into values gradients m true bool
    α 变量 J dx value_and_gradients value_and_gradients_batch
"""


def test_a_keyword_or_a_macro_of_C_is_a_name_as_any_other() -> None:
    leaves = [Value(1.0 + k / 8, name) for k, name in enumerate(WORDS.split())]
    total = leaves[0] * 1.5
    for k, x in enumerate(leaves[1:]):
        total = (total * 0.5 + x * leaves[k] + x.sin() + abs(x) ** 1.5).named(f"int{k}")
    total = total + 1e300 * 0 + total * 2.5e-5
    expected = compile(total, leaves, backend="python")()

    found = compile(total, leaves, backend="c")()

    assert found.value == pytest.approx(expected.value, rel=1e-14)
    assert found.gradients == pytest.approx(expected.gradients, rel=1e-12)


def test_the_words_of_C_keep_their_names_elsewhere() -> None:
    x = Value(2.0, "double")

    assert derive((x * x).named("long"), [x]).inputs == ("double",)


@pytest.mark.parametrize("compiler", ["/nonexistent", "true", "false", 'a "', sys.executable])
def test_what_is_no_compiler_is_said_to_be_none(compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", compiler)
    x = Value(2.0, "x")

    with pytest.raises(CompilerMissing, match=r"backend='numba' or 'numpy'"):
        compile(x * x, [x], backend="c")


@pytest.mark.parametrize("does", ["sleep 60", "sleep 60 & sleep 60", "yes"])
def test_a_compiler_that_does_not_end_is_ended(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "cc"
    script.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))
    monkeypatch.setattr(c_program, "SECONDS", 0.5)
    began, x = monotonic(), Value(2.0, "x")

    with pytest.raises(CompilerMissing, match=r"was not done|wrote more than"):
        compile(x * x, [x], backend="c")
    assert monotonic() - began < 20
