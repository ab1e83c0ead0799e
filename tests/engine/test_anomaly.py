"""detect_anomaly names the first node that stopped being finite, and tells how it came to be."""

from __future__ import annotations

import math

import pytest

from microgradnn import AnomalyError, Value, detect_anomaly, exp, log, relu, sqrt


def test_a_value_is_caught_where_it_is_born() -> None:
    p = Value(0.0, "p")
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        -(log(p * 2) * 0.5)

    assert str(caught.value).splitlines() == [
        "t2 = log(t1) is −inf, at t1 = 0.0",
        "  computed by:",
        "  t1 = p × 2 = 0.0",
    ]


def test_what_follows_from_a_number_that_was_not_finite_before_is_not_blamed() -> None:
    infinite = Value(math.inf)
    with detect_anomaly():
        assert (infinite * 2).data == math.inf


def test_a_gradient_is_caught_on_the_edge_where_it_is_born_and_none_is_touched() -> None:
    x = Value(0.0, "x")
    y = (sqrt(x) * 3).named("y")
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        y.backward()

    assert str(caught.value).splitlines() == [
        "dy/dx is inf: the local derivative of t1 = sqrt(x) in x is inf, at x = 0.0",
        "  the sweep came by:",
        "  dy/dy = 1.0",
        "  dy/dt1 = 3.0",
    ]
    assert not x.has_grad


def test_a_branch_that_was_not_taken_is_no_anomaly() -> None:
    x = Value(0.0)
    with detect_anomaly():
        y = relu(sqrt(x) * 0 - 1) + x
        y.backward()

    assert x.grad == 1


def test_outside_of_the_block_nothing_is_checked() -> None:
    with detect_anomaly():
        pass

    assert exp(Value(1000.0)).data == math.inf


def test_only_the_last_steps_of_a_long_way_are_told() -> None:
    x = Value(1.0, "x")
    for _ in range(1000):
        x = x * 2
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        x.exp()

    assert len(str(caught.value).splitlines()) < 15
    assert "…" in str(caught.value)
