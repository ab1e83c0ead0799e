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
    ("logreg_reg", 0, "bias regularised"),
    ("planar", 0, "brackets"),
    ("batchnorm_steps", 0, "term"),
    ("cofi", 0, "another variable"),
    ("cofi", 2, "places swapped"),
    ("conv_im2col_class", 0, "transpose"),
    ("course_rnn_cell", 1, "transpose"),
    ("dense_lr", 2, "sign"),
    ("embedding_bag", 1, "repeated index"),
    ("glove", 3, "factor missing"),
    ("multihead", 3, "term"),
    ("pooling_im2col", 1, "places swapped"),
    ("pooling_im2col", 3, "index"),
    ("propagate", 1, "another formula"),
    ("triplet", 3, "term"),
    ("two_layer_softmax_net", 2, "factor"),
    ("vae", 0, "term"),
    ("zero_lstm_params", 5, "another variable"),
    ("zero_lstm_params", 6, "sum for mean"),
    ("kept_output", 0, "axis"),
    ("kept_output", 2, "constant"),
    ("kept_output", 3, "factor"),
    ("four_outputs", 0, "axis"),
    ("four_outputs", 1, "factor"),
    ("four_outputs", 2, "slope"),
    ("four_outputs", 3, "slope"),
    ("clipping_rnn", 0, "slope"),
    ("clipping_rnn", 1, "transpose"),
    ("clipping_rnn", 2, "overwrite"),
    ("clipping_rnn", 3, "index"),
    ("buffers", 0, "term"),
    ("buffers", 2, "another variable"),
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


# A line that was left out: what is said of the line above it, or behind it, mends it.
FORGOTTEN = [
    ("pong", 1, "epdlogp = np.vstack(p - actions) * advantage"),
    ("vae", 4, "* (h > 0)"),
    ("svm_vector", 3, "binary[np.arange(len(y)), y] = -np.sum(binary, axis=1)"),
    ("svm_vector", 1, "/ num_train"),
    ("kept_output", 1, "self.dinputs = self.dinputs / samples"),
]


@pytest.mark.parametrize(("name", "number", "right"), FORGOTTEN)
def test_a_line_that_was_forgotten_is_named(name: str, number: int, right: str, tmp_path: Path) -> None:
    source = (WILD / f"{name}.py").read_text(encoding="utf-8")
    file = tmp_path / f"{name}_wrong.py"
    file.write_text(source.replace(load(WILD / f"{name}.py").MISTAKES[number][0], "", 1), encoding="utf-8")

    (finding,) = load(file).check().findings

    assert right in finding.right + finding.hint


def test_two_mistakes_that_hide_each_other_are_found_with_a_single_step(tmp_path: Path) -> None:
    source = (WILD / "clipping_rnn.py").read_text(encoding="utf-8")
    for right, wrong, _ in load(WILD / "clipping_rnn.py").MISTAKES[:2]:
        source = source.replace(right, wrong, 1)
    file = tmp_path / "two_wrong.py"
    file.write_text(source, encoding="utf-8")

    assert [finding.kind for finding in load(file).check().findings] == ["slope", "transpose"]


def test_what_is_cut_off_is_right_but_for_that(tmp_path: Path) -> None:
    source = (WILD / "clipping_rnn.py").read_text(encoding="utf-8")
    file = tmp_path / "clipped.py"
    file.write_text(source.replace("np.clip(d, -1, 1, out=d)", "np.clip(d, -0.002, 0.002, out=d)"), encoding="utf-8")

    report = load(file).check()

    assert report
    assert "cut off at ±0.002, and right but for that" in str(report)
