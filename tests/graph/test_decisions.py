"""Comparisons: bools where Python decides, nodes where a formula does; and what a replay would not see is refused."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, where
from microgradnn.programs.backends import BACKENDS, compile

CONDITIONS = [
    lambda x, y: x > y,
    lambda x, y: x >= y,
    lambda x, y: x < y,
    lambda x, y: x <= y,
    lambda x, y: ~(x > y),
    lambda x, y: (x > 0) & (y > 0),
    lambda x, y: (x > 0) | (y >= 1),
    lambda x, y: (x > 0) ^ (y > 0),
    lambda x, y: 0.5 < x,  # noqa: SIM300 (the number on the left is meant)
]
POINTS = [(-1.0, 1.0), (1.0, 1.0), (2.0, 1.0), (0.0, 0.0), (1e308, -1e308), (math.inf, math.inf), (math.nan, 1.0)]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_decision_is_a_bool(condition: Any) -> None:
    for x, y in POINTS:
        outcome = bool(condition(Value(x), Value(y)))
        right = (not x > y) if condition is CONDITIONS[4] else bool(condition(x, y))
        assert outcome == right
        decision = condition(Value(x), Value(y))
        assert (decision == right, hash(decision) == hash(right), repr(decision)) == (True, True, repr(right))
        assert (decision + 1, 2.5 * decision, sum([decision]), [10, 20][decision]) == (
            right + 1,
            2.5 * right,
            int(right),
            [10, 20][right],
        )
        assert np.array([decision]).dtype == bool
        assert pickle.loads(pickle.dumps(decision)) is right


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_decision_in_a_formula_follows_the_data(condition: Any, backend: Any) -> None:
    x, y = Value(0.3, "x"), Value(0.2, "y")
    chosen = where(condition(x, y), 2 * x, 3 * y)
    weighed = condition(x, y) * Value(5.0) + where(condition(x, y), 1.0, 0.0) * Value(7.0)
    programs = compile(chosen, [x, y], backend=backend), compile(weighed, inputs=[x, y], backend=backend)

    for a, b in POINTS[:5]:
        holds = bool(condition(Value(a), Value(b)))
        assert programs[0](x=a, y=b) == (2 * a if holds else 3 * b, {"x": 2 * holds, "y": 3 * (not holds)})
        assert programs[1].value(x=a, y=b) == 12 * holds


def test_what_is_not_compared_is_not_greater() -> None:
    x = Value(1.0, "x")
    program = compile(where(x > 0, 1 + 0 * x, 2 + 0 * x), [x])

    assert math.isnan(program.value(x=math.nan))  # 2 + 0 · NaN
    assert compile(where(x > 0, 1.0, 2.0) + 0 * Value(0.0), inputs=[x]).value(x=math.nan) == 2


@pytest.mark.parametrize("condition", [*CONDITIONS[:7], lambda x, y: np.greater(x, y), lambda x, y: np.less(y, x)])
def test_a_mask_of_tensors_in_a_formula_follows_the_data(condition: Any) -> None:
    x, y = np.array([[-1.0, 1.0, 2.0, 0.0]]), np.array([[1.0, 1.0, 1.0, 0.0]])
    X, Y = Tensor(x[:, ::-1].copy(), "X"), Tensor(y, "Y")
    program = compile((where(condition(X, Y), 2 * X, 3 * Y) + condition(X, Y) * Tensor(5.0)).sum(), [X])

    np.testing.assert_array_equal(condition(Tensor(x), Tensor(y)), condition(x, y))
    result = program(X=x, Y=y)
    assert result.value == np.where(condition(x, y), 2 * x + 5, 3 * y).sum()
    np.testing.assert_array_equal(result.gradients["X"], 2.0 * condition(x, y))


def test_a_mask_is_an_array_for_numpy() -> None:
    mask = Tensor([[1.0, -1.0]]) > 0

    assert (mask.all(), mask.sum(), (~mask).tolist()) == (False, 1, [[False, True]])
    assert Tensor([[1.0, -1.0]])[mask].item() == 1
    assert type(mask * 1.0) is np.ndarray
    assert type(pickle.loads(pickle.dumps(mask))) is np.ndarray


@pytest.mark.parametrize("decided", [lambda x: x.data > 0, lambda x: (x > 0) == True, lambda x: (x.data > 0) & (x > 0)])  # noqa: E712
def test_a_mask_that_would_be_baked_in_is_refused(decided: Any) -> None:
    X = Tensor([[1.0, -1.0]], "X")

    with pytest.raises(
        ValueError, match=r"an array of bools of shape \(1, 2\) was decided on while the graph was built"
    ):
        compile(where(decided(X), X, 0 * X).sum(), [X])
    kept = compile(where(Tensor(X.data > 0, kind="constant"), X, 0 * X).sum(), [X])
    assert kept.value(X=[[2.0, 3.0]]) == 2
