"""Backward passes as other people write them, each in a contract of its own: no alarm, and mistakes are named."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

WILD = Path(__file__).parent / "wild"
NAMES = sorted(path.stem for path in WILD.glob("[a-z]*.py"))


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_the_right_pass_gives_no_alarm(name: str) -> None:
    report = load(WILD / f"{name}.py").check()

    assert report, str(report)
    assert not report.findings


MISTAKES = [
    ("attention", 1, "slope"),
    ("attention", 2, "transpose"),
    ("attention", 3, "term"),
    ("batchnorm_mode", 2, "term"),
    ("coursera_deep", 4, "function"),
    ("cs231n_conv", 1, "transpose"),
    ("flat_scipy", 2, "index"),
    ("flat_scipy", 3, "sign"),
    ("layernorm_einsum", 3, "factor missing"),
    ("logreg_reg", 0, "index"),
    ("planar", 0, "brackets"),
]


@pytest.mark.parametrize(("name", "number", "kind"), MISTAKES)
def test_a_mistake_in_it_is_named(name: str, number: int, kind: str, tmp_path: Path) -> None:
    source = (WILD / f"{name}.py").read_text(encoding="utf-8")
    right, wrong, _ = load(WILD / f"{name}.py").MISTAKES[number]
    place = source.index(right)
    file = tmp_path / f"{name}_wrong.py"
    file.write_text(source[:place] + wrong + source[place + len(right) :], encoding="utf-8")

    report = load(file).check()

    assert not report
    assert [(f.line, f.kind) for f in report.findings] == [(source[:place].count("\n") + 1, kind)], str(report)
