"""Functions that are recorded once and replayed: never a silent wrong answer where a branch flips."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import GuardError, Tensor, Value, compiled, dot, log, relu, where
from microgradnn.engine.modes import OPEN

numbers = st.floats(-3, 3).map(lambda x: round(x, 3))


def piecewise(x: Any, w: Any) -> Any:
    """A function with a branch in each of four quarters, one of them behind a logarithm."""
    if x > w[0]:
        return x * w[1] if w[1] >= 0 else log(1 + x * x)
    return x**2 - w[1] if x < -w[0] and w[1] else relu(x) + w[1] * x


@given(points=st.lists(st.tuples(numbers, st.tuples(numbers, numbers)), min_size=1, max_size=8), python=st.booleans())
def test_whatever_the_branch_a_replay_gives_what_the_function_gives(points: Any, python: bool) -> None:
    replayed = compiled(backend="python" if python else "numpy")(piecewise)

    for x, w in points:
        leaves = [Value(x), Value(w[0]), Value(w[1])]
        output = piecewise(leaves[0], leaves[1:])
        output.backward()
        result = replayed.value_and_gradients(x, w)
        # The same operations in another order of addition.
        assert result.value == pytest.approx(output.data, rel=1e-12, abs=1e-14)
        assert replayed(x, w) == result.value
        for name, leaf in zip(("x", "w_0", "w_1"), leaves, strict=True):
            assert result.gradients.get(name, 0.0) == pytest.approx(leaf.grad, rel=1e-12, abs=1e-14)


def test_a_branch_that_flips_is_recorded_too_and_both_are_kept() -> None:
    runs = []

    @compiled
    def f(x: Any) -> Any:
        runs.append(x)
        return x**2 if x > 0 else -x

    assert [f(3.0), f(2.0), f(-5.0), f(4.0), f(-1.0)] == [9, 4, 5, 16, 1]
    assert len(f.recordings) == 2
    for _ in range(10):
        f(7.0)
        f(-7.0)
    assert len(runs) <= 2 + 2 * 2  # two recordings, and the first replays of each are held against the function


def test_the_guards_can_be_read() -> None:
    f = compiled(lambda x: x * 2 if x > 1 else x)
    f(3.0)
    f(0.0)

    assert "if not x > 1.0:\n        return False" in f.source
    assert "if x > 1.0:\n        return False" in f.source
    assert f.source.count("def value_and_gradients(x):") == 2


def test_who_wants_no_new_recording_is_told_what_happened() -> None:
    f = compiled(on_change="raise")(lambda x: x if x > 0 else -x)
    assert f(1.0) == 1

    with pytest.raises(GuardError, match="was recorded for another branch"):
        f(-1.0)


def test_a_branch_on_data_which_no_guard_sees_is_found_out() -> None:
    f = compiled(lambda x: x if x.data > 0 else -x)
    assert f(2.0) == 2

    with pytest.raises(GuardError, match=r"in a way that was not recorded, such as a branch on x\.data"):
        f(-2.0)


def test_a_guard_behind_a_branch_is_not_asked_where_it_makes_no_sense() -> None:
    @compiled(backend="python")
    def f(x: Any) -> Any:
        return log(x) if x > 0 and log(x) > 1 else x

    assert f(10.0) == pytest.approx(math.log(10), rel=1e-15)
    assert f(-1.0) == -1


def test_what_needs_no_guard_has_none() -> None:
    f = compiled(lambda x, y: relu(x) + where(y, x, -x) + x.maximum(y))
    f(1.0, 2.0)

    assert (f(-1.0, 0.0), len(f.recordings)) == (1.0, 1)


def test_a_parameter_from_outside_is_read_at_every_replay_and_has_its_gradient() -> None:
    w = Value(2.0, "w", kind="parameter")
    f = compiled(lambda x: w * x)
    assert f(3.0) == 6
    w.data = 5.0

    assert f.value_and_gradients(3.0) == (15, {"x": 5, "w": 3})
    assert (w.name, w.grad) == ("w", 0)


def test_arguments_may_be_structures_of_numbers() -> None:
    f = compiled(lambda p, x: dot(p["w"], x) + p["b"])
    result = f.value_and_gradients({"w": [1.0, 2.0], "b": 0.5}, np.array([3.0, 4.0]))

    assert result.value == 11.5
    assert result.gradients == {"p_w_0": 3, "p_w_1": 4, "p_b": 1, "x_0": 1, "x_1": 2}


def test_a_function_of_tensors_takes_any_number_of_examples() -> None:
    f = compiled(lambda w, x: (w @ x).tanh().mean())
    W, X = Tensor([[0.5, -1.0]], "W"), Tensor(np.ones((2, 3)), "X")
    wide = Tensor(np.arange(10.0).reshape(2, 5) / 10)

    assert f(W, X) == pytest.approx(math.tanh(-0.5), rel=1e-15)
    result = f.value_and_gradients(W, wide)
    output = (W @ wide).tanh().mean()
    output.backward()
    np.testing.assert_allclose(result.gradients["w"], W.grad, rtol=1e-12)
    np.testing.assert_allclose(result.gradients["x"], wide.grad, rtol=1e-12)


def test_a_branch_on_arrays_has_no_guard_and_is_refused() -> None:
    with pytest.raises(TypeError, match="is compared while a function is recorded"):
        compiled(lambda x: x if (x > 0).all() else -x)(Tensor([[1.0]]))
    assert OPEN == []


def test_a_comparison_outside_of_a_recording_costs_and_notes_nothing() -> None:
    assert Value(1.0) < 2
    assert Value(1.0)
    assert OPEN == []


def test_what_is_no_choice_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"unknown on_change 'stop' \(choose from record, raise\)"):
        compiled(on_change="stop")  # type: ignore[call-overload] # a wrong one is meant
