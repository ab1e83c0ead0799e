"""Layers as people write them: what is right is called right, at awkward points too, and what is wrong is named."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn.check import check_backward

STOCK = Path(__file__).parent / "stock"


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {path.stem: load(path) for path in sorted(STOCK.glob("[a-z]*.py"))}
CASES = {name: (module, *case) for module in MODULES.values() for name, case in module.CASES.items()}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", CASES)
def test_the_right_pass_is_right(name: str, seed: int) -> None:
    _, forward, backward, make = CASES[name]

    assert check_backward(forward, backward, *make(np.random.default_rng(seed)))


@pytest.mark.parametrize("bias", [-26.0, -30.0, -32.0])
def test_a_cost_that_is_a_staircase_contradicts_nobody(bias: float) -> None:
    _, forward, backward, make = CASES["deep"]
    X, _, parameters = make(np.random.default_rng(0), m=1)
    parameters["b3"] = np.full_like(parameters["b3"], bias)  # a = 1e-12, so 1 - a and its logarithm have four digits

    assert check_backward(forward, backward, X, np.zeros((1, 1)), parameters)
    assert check_backward(forward, backward, X, np.ones((1, 1)), parameters)  # and log(a) has all

    def halve(*inputs: Any) -> Any:
        return {name: gradient / 2 for name, gradient in backward(*inputs).items()}

    if bias == -26.0:  # it takes seconds to look for a line
        assert not check_backward(forward, halve, X, np.ones((1, 1)), parameters)


@pytest.mark.parametrize(
    ("name", "seed", "power"), [("batchnorm_short", 844240937, 7), ("rnn", 4, 1.5), ("rnn", 17, 1)]
)
def test_what_saturation_and_cancellation_leave_of_a_gradient_is_no_mistake(name: str, seed: int, power: float) -> None:
    _, forward, backward, make = CASES[name]
    inputs = [x * 10.0**power for x in make(np.random.default_rng(seed), m=2)]

    assert check_backward(forward, backward, *inputs)


@pytest.mark.parametrize(("seed", "power"), [(14, 1.5), (36, 1.5), (39, 1), (66, 1.5)])
def test_a_label_that_is_missed_by_far_contradicts_nobody(seed: int, power: float) -> None:
    _, forward, backward, make = CASES["two_layers"]

    assert check_backward(forward, backward, *(scaled(x, 10.0**power) for x in make(np.random.default_rng(seed), m=2)))


def scaled(x: Any, factor: float) -> Any:
    """Return an input with larger numbers; labels stay."""
    if isinstance(x, dict):
        return {name: scaled(one, factor) for name, one in x.items()}
    return x if {*np.unique(x)} <= {0.0, 1.0} else x * factor


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith(("dropout", "batchnorm"))])
def test_it_is_right_for_a_batch_of_one_and_at_ties(name: str) -> None:
    _, forward, backward, make = CASES[name]
    inputs = make(np.random.default_rng(0), m=1)
    rounded = [
        np.round(x) if isinstance(x, np.ndarray) and x.dtype == float else x for x in make(np.random.default_rng(3))
    ]

    assert check_backward(forward, backward, *inputs)
    assert check_backward(forward, backward, *rounded)


# Where, what is written there, what people write instead, and what the mistake may be called.
MISTAKES = [
    ("logistic", "db = np.sum(dz) / m", "db = np.sum(dz)", "factor sum-for-mean"),
    ("logistic", "dz = A - Y", "dz = Y - A", "sign operands-swapped"),
    ("logistic", "dz = A - Y", "dz = A * (1 - A)", "another-formula slope"),
    ("two_layers", "(1 - np.power(A1, 2))", "A1 * (1 - A1)", "slope"),
    ("two_layers", "dZ1 = np.dot(W2.T, dZ2)", "dZ1 = np.dot(W2.T, A2)", "another-variable"),
    ("two_layers", "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)", "db1 = 1 / m * np.sum(dZ1)", "axis"),
    ("deep", "dZ[Z <= 0] = 0", "dZ[Z > 0] = 0", "comparison"),
    ("softmax_net", "dscores /= N", "dscores /= 1", "factor constant"),
    ("softmax_net", "dW2 += 2 * reg * W2", "dW2 += reg * W2", "factor"),
    ("dropout", "dx = dout * mask / keep_prob", "dx = dout / keep_prob", "slope factor-missing"),
    ("svm", "dW += reg * W", "dW = reg * W", "overwrite"),
    ("batchnorm", "dx2 = dmu / N", "dx2 = dmu", "factor"),
    ("batchnorm_short", "- dbeta - xhat", "- xhat", "term"),
    ("layernorm", "(D * dxhat - s1 -", "(D * dxhat + s1 -", "sign"),
    ("conv", "] += patch", "] = patch", "overwrite"),
    ("conv", "axis=(0, 2, 3)", "axis=(0, 1, 2)", "axis"),
    ("maxpool", "mask * dout[n, c, i, j]", "dout[n, c, i, j]", "factor-missing slope"),
    ("embedding", "np.add.at(dW, x, dout)", "dW[x] += dout", "repeated-index"),
    ("rnn", "dnext = dh[:, t] + dprev", "dnext = dh[:, t]", "term"),
    ("lstm", "dc = dnext_c + dnext_h", "dc = dnext_h", "term"),
    ("lstm", "daf = df * f * (1 - f)", "daf = df * f", "slope factor-missing"),
    ("gru", "dh = dh + drh * r", "dh = drh * r", "term overwrite"),
    ("attention", "dP = dout @ V.T", "dP = V @ dout.T", "transpose operands-swapped product"),
    ("attention", "/ np.sqrt(d_k)\n    dQ", "/ d_k\n    dQ", "factor call"),
]


@pytest.mark.parametrize(("name", "right", "wrong", "kinds"), MISTAKES, ids=lambda x: x[:20])
def test_a_mistake_is_named(name: str, right: str, wrong: str, kinds: str, tmp_path: Path) -> None:
    module, _, backward, make = CASES[name]
    source = inspect.getsource(module)
    begin = source.index(f"def {backward.__name__}")
    begin = begin if right in source[begin:] else 0
    place = source.index(right, begin)
    file = tmp_path / f"{name}_wrong.py"
    file.write_text(source[:place] + wrong + source[place + len(right) :], encoding="utf-8")
    line = source[:place].count("\n") + 1
    changed = load(file)
    forward, backward, _ = changed.CASES[name]

    report = check_backward(forward, backward, *make(np.random.default_rng(0)))

    assert not report
    assert [(f.line, f.kind.replace(" ", "-") in kinds.split()) for f in report.findings] == [(line, True)], str(report)


def tanh_forward(x):
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, out):
    return dout * (1 - out**2)


@pytest.mark.parametrize("x", [[13.9, 14.2, 12.0], [14.6, -15.1], [17.0, 18.0], [40.0, -40.0]])
def test_a_saturated_unit_has_few_digits_and_is_right(x: list[float]) -> None:
    assert check_backward(tanh_forward, tanh_backward, np.array(x))
    assert not check_backward(tanh_forward, lambda dout, out: dout * (1 - out), np.array(x[:2]) / 5)


def test_a_cost_that_stands_still_at_its_last_bit_tells_nothing() -> None:
    _, forward, backward, _ = CASES["logistic"]
    X = np.array([[-10.79066565], [15.04785803], [-19.27073147]])
    w = np.array([[1.38582105], [-1.24096971], [0.12587854]])

    assert check_backward(forward, backward, w, 0.3, X, np.array([[0.0]]))  # J = 3.3e-16
