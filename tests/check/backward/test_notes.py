"""The gradients that the notes have wrong (section 3 of the course notes): the diagnosis names each, on its line.

The numbers are those of the rows there. What is right is written out in `RIGHT`; each row puts the wrong formula in.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TWO_LAYERS = """\
import numpy as np
from microgradnn.check import check_backward


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, Y, W1, b1, W2, b2):
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    J = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    return J, (Z1, A1, Z2, A2)


def backward(X, Y, W1, b1, W2, b2, cache):
    Z1, A1, Z2, A2 = cache
    n, m = X.shape
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (1 - A1**2)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def check():
    r = np.random.default_rng(7)
    Y = np.array([[1.0, 0, 0, 1, 1]])
    shapes = (4, 3), (4, 1), (1, 4), (1, 1)
    return check_backward(forward, backward, r.standard_normal((3, 5)), Y, *map(r.standard_normal, shapes))
"""

CHAIN = """\
import numpy as np
from microgradnn.check import check_backward


def forward(X, Y, w, b):
    Z = w.T @ X + b
    A = 1 / (1 + np.exp(-Z))
    J = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return J, (Z, A)


def backward(X, Y, w, b, cache):
    Z, A = cache
    m = X.shape[1]
    dA = -Y / A + (1 - Y) / (1 - A)
    dZ = dA * A * (1 - A)
    dw = X @ dZ.T / m
    db = np.sum(dZ) / m
    return {"dw": dw, "db": db}


def check():
    r = np.random.default_rng(3)
    X, w = r.standard_normal((2, 6)), r.standard_normal((2, 1))
    return check_backward(forward, backward, X, np.array([[1.0, 0, 0, 1, 1, 0]]), w, 0.2)
"""

LOOP = """\
import numpy as np
from microgradnn.check import check_backward


def forward(X, Y, w, b):
    A = 1 / (1 + np.exp(-(w @ X + b)))
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A)), A


def backward(X, Y, w, b, A):
    n, m = X.shape
    dw, db = np.zeros(n), 0.0
    for i in range(m):
        dz = A[i] - Y[i]
        for j in range(n):
            dw[j] += X[j, i] * dz
        db += dz
    dw /= m
    db /= m
    return {"dw": dw, "db": db}


def check():
    r = np.random.default_rng(3)
    X, w = r.standard_normal((2, 5)), r.standard_normal(2)
    return check_backward(forward, backward, X, np.array([1.0, 0, 0, 1, 1]), w, 0.2)
"""

# The row of section 3, the pass, what is right, what the notes say, and the kinds that it may be called.
ERRATA = [
    (6, CHAIN, "dZ = dA * A * (1 - A)", "dZ = A * (Y - A)", ""),
    (6, LOOP, "dz = A[i] - Y[i]", "dz = A[i] * (Y[i] - A[i])", ""),
    (8, LOOP, "db += dz", "db = dz", "overwrite"),
    (8, LOOP, "dw[j] += X[j, i] * dz", "dw[j] = X[j, i] * dz", "overwrite"),
    (8, LOOP, "dw[j] += X[j, i] * dz", "dw[j] += X[j, i]", "factor missing, factor"),
    (13, TWO_LAYERS, "dZ2 = A2 - Y", "dZ2 = A2 * (1 - A2)", "another formula"),
    (34, TWO_LAYERS, "W2.T @ dZ2", "W1.T @ dZ2", "another variable"),
    (35, CHAIN, "dA = -Y / A + (1 - Y) / (1 - A)", "dA = -Y * np.log(A) - (1 - Y) * np.log(1 - A)", ""),
    (
        37,
        TWO_LAYERS,
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / n",
        "factor",
    ),
    (47, TWO_LAYERS, "dW2 = dZ2 @ A1.T / m", "dW2 = dZ2 @ A1 / m", "transpose"),
    (57, TWO_LAYERS, "dW2 = dZ2 @ A1.T / m", "dW2 = dZ2 @ A1.T", "factor"),
    (
        57,
        TWO_LAYERS,
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True)",
        "factor",
    ),
    (58, TWO_LAYERS, "* (1 - A1**2)", "* A1", "slope"),
    (58, TWO_LAYERS, "* (1 - A1**2)", "* np.tanh(Z1)", "slope"),
    (66, CHAIN, "dZ = dA * A * (1 - A)", "dZ = dA * Z * (1 - A)", "another variable, slope"),
    (78, CHAIN, "dA = -Y / A + (1 - Y) / (1 - A)", "dA = -A / A + (1 - A) / (1 - A)", ""),
    (78, CHAIN, "-Y / A +", "-A / A +", "another variable"),
    (79, TWO_LAYERS, "dZ2 = A2 - Y", "dZ2 = A2 - A2", "another variable, another formula, term"),
    (82, TWO_LAYERS, "W2.T @ dZ2", "W2 * dZ2", "product, transpose"),
    (84, TWO_LAYERS, "W2.T @ dZ2", "W2 @ dZ2", "transpose, another variable"),
    (96, TWO_LAYERS, "* (1 - A1**2)", "* sigmoid(Z1)", "slope"),
    (105, CHAIN, "dZ = dA * A * (1 - A)", "dZ = dA", "slope"),
    (119, TWO_LAYERS, "* (1 - A1**2)", "* A1 * (1 - A1)", "slope"),
]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("source", [TWO_LAYERS, CHAIN, LOOP], ids=["two layers", "chain", "loop"])
def test_what_is_right_is_right(source: str, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(source, encoding="utf-8")

    assert load(tmp_path / "right.py").check()


@pytest.mark.parametrize(
    ("row", "source", "right", "wrong", "kinds"),
    ERRATA,
    ids=[f"row {row}, {wrong.strip()}" for row, _, _, wrong, _ in ERRATA],
)
def test_the_diagnosis_names_it(row: int, source: str, right: str, wrong: str, kinds: str, tmp_path: Path) -> None:
    assert right in source
    file = tmp_path / f"row{row}.py"
    file.write_text(source.replace(right, wrong, 1), encoding="utf-8")

    report = load(file).check()

    assert not report
    line = source[: source.index(right)].count("\n") + 1
    assert {finding.line for finding in report.findings} == {line}, str(report)
    assert report.findings[0].kind in kinds.split(", ") or not kinds, str(report)
