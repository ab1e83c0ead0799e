"""The student's file: a two-layer network with three mistakes in its backward pass."""

# ruff: noqa: N803
from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn.check import assert_backward, check_backward

DEMO = Path(__file__).parents[3] / "demos" / "three_mistakes.py"


@pytest.fixture
def student() -> dict[str, Any]:
    return runpy.run_path(str(DEMO))


def inputs(student: dict[str, Any]) -> list[Any]:
    return [student[name] for name in ("X", "Y", "W1", "b1", "W2", "b2")]


def test_all_three_mistakes_are_named(student: dict[str, Any]) -> None:
    report = check_backward(student["forward"], student["backward"], *inputs(student))

    assert not report
    assert [entry.name for entry in report.entries if not entry.ok] == ["W1", "b1", "W2"]
    factor, slope, axis = report.findings
    assert (factor.kind, factor.names, factor.right) == ("factor", ("W2",), "dW2 = np.dot(dZ2, A1.T) / m")
    assert (slope.kind, slope.names, slope.right) == ("slope", ("W1",), "dZ1 = dA1 * (1 - A1 ** 2)")
    assert (axis.kind, axis.names) == ("axis", ("b1",))
    assert axis.right == "db1 = np.sum(dZ1, axis=1, keepdims=True) / m"
    text = str(report)
    assert "dW2 is 5 × the right one everywhere: did you forget 1/m (m = 5)?" in text
    assert "dW1 is what you get with A1 * (1 - A1) in the place of 1 - A1 ** 2: the slope of tanh belongs here" in text
    assert "db1 is a number; it should be (3, 1)" in text
    assert "dW1  WRONG, see 2" in text
    assert "three_mistakes.py, line 40:   dZ1 = dA1 * A1 * (1 - A1)" in text


def right(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, cache: Any) -> Any:
    m = X.shape[1]
    A1, A2 = cache
    dZ2 = A2 - Y
    dZ1 = np.dot(W2.T, dZ2) * (1 - A1**2)
    dW1, db1 = np.dot(dZ1, X.T) / m, np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dZ2 @ A1.T / m, "db2": np.sum(dZ2, axis=1, keepdims=True) / m}


def test_the_right_pass_is_right(student: dict[str, Any]) -> None:
    report = check_backward(student["forward"], right, *inputs(student))

    assert report
    assert not report.findings
    assert str(report).startswith("The backward pass is right: dW1, db1, dW2 and db2")
    assert_backward(student["forward"], right, *inputs(student))
    with pytest.raises(AssertionError, match="did you forget 1/m"):
        assert_backward(student["forward"], student["backward"], *inputs(student))
