"""no_grad and detach: computing without recording, for whoever asked for it and nobody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from microgradnn import (
    Tensor,
    Value,
    detect_anomaly,
    dot,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    relu,
    value_and_grad,
    vjp,
    where,
)
from microgradnn.check import check_training, gradcheck
from microgradnn.graph.blocks import OPEN
from microgradnn.nn import Network


def recorded() -> bool:
    return bool((Value(2.0) * 3).inputs)


def test_inside_results_are_constants_and_outside_they_are_not() -> None:
    x = Value(2.0, kind="parameter")
    with no_grad():
        results = [
            x + 1,
            x * 2,
            x - 1,
            x / 2,
            x**2,
            -x,
            x.exp(),
            relu(x),
            x.tanh(),
            where(x, x, 0),
            dot([x], [x]),
            2**x,
        ]
        assert [(y.inputs, y.op, y.kind) for y in results] == [((), None, "constant")] * len(results)
        assert [y.data for y in results[:6]] == [3, 4, 1, 1, 4, -2]

    assert recorded()
    assert OPEN == []


def test_it_is_a_decorator_too() -> None:
    @no_grad()
    def inside() -> bool:
        return recorded()

    assert [inside(), recorded(), inside()] == [False, True, False]


def test_a_decorated_function_may_call_itself_and_keeps_its_name() -> None:
    @no_grad()
    def countdown(n: int) -> list[bool]:
        """Count."""
        return [recorded(), *(countdown(n - 1) if n else [])]

    assert countdown(2) == [False] * 3
    assert recorded()
    assert (countdown.__name__, countdown.__doc__) == ("countdown", "Count.")


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly])
def test_what_runs_after_its_call_cannot_be_decorated(mode: Callable[[], Any]) -> None:
    def generator() -> Iterator[bool]:
        yield recorded()

    async def coroutine() -> bool:
        return recorded()

    async def both() -> AsyncIterator[bool]:
        yield recorded()

    for function in (generator, coroutine, both):
        with pytest.raises(TypeError, match=f"{function.__name__} is a generator or a coroutine.*`with` block inside"):
            mode()(function)


def test_blocks_nest_and_an_exception_leaves_nothing_behind() -> None:
    with no_grad():
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        assert not recorded()
    assert recorded()
    assert OPEN == []


def test_another_thread_records_all_the_while() -> None:
    seen: list[bool] = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
        seen.append(recorded())

    assert seen == [True, False]


def test_another_task_records_all_the_while() -> None:
    async def without(done: asyncio.Event) -> bool:
        with no_grad():
            await done.wait()
            return recorded()

    async def both() -> tuple[bool, bool]:
        done = asyncio.Event()
        task = asyncio.create_task(without(done))
        await asyncio.sleep(0)
        here = recorded()
        done.set()
        return here, await task

    assert asyncio.run(both()) == (True, False)


def test_a_detached_value_is_the_same_number_and_passes_nothing_back() -> None:
    x = Value(3.0, "x")
    (x * x.detach()).backward()

    assert x.grad == 3
    assert (x.detach().data, x.detach().name, x.detach().kind) == (3, "x", "constant")


# --- what records for itself ------------------------------------------------------------------


def square(x: Any) -> Any:
    return x * x


@pytest.mark.parametrize(
    ("derivative", "right"),
    [
        (lambda: grad(square)(3.0), 6.0),
        (lambda: value_and_grad(square)(3.0), (9.0, 6.0)),
        (lambda: grad(grad(square))(3.0), 2.0),
        (lambda: hessian(lambda x: x[0] * x[1] ** 2)([2.0, 3.0]), [[0.0, 6.0], [6.0, 4.0]]),
        (lambda: jacobian(lambda x: [x[0] * x[1]])([2.0, 3.0]), [[3.0, 2.0]]),
        (lambda: jvp(square, (3.0,), (1.0,)), (9.0, 6.0)),
        (lambda: vjp(square, 3.0)[1](1.0), (6.0,)),
        (lambda: hvp(lambda x: x[0] ** 3, [2.0], [1.0]), [12.0]),
        (lambda: grad(lambda x: x.sum() ** 2)(Tensor([[3.0]])).item(), 6.0),
    ],
)
def test_derivatives_record_for_themselves(derivative: Callable[[], Any], right: Any) -> None:
    assert derivative() == right
    with no_grad():
        assert derivative() == right
        assert not recorded()


def test_what_a_derivative_hands_out_in_a_block_is_a_constant() -> None:
    x = Value(3.0, "x")
    with no_grad():
        slope = grad(square)(x)

    assert (slope.data, slope.kind) == (6.0, "constant")


def test_a_block_inside_of_the_function_holds() -> None:
    def half(x: Value) -> Value:
        with no_grad():
            frozen = x * x
        return frozen * x

    assert grad(half)(3.0) == 9.0


def test_checks_record_for_themselves() -> None:
    X = np.array([[1.0, -1.0, 0.5, 2.0]])
    with no_grad():
        report = gradcheck(lambda x: x**3, 2.0)
        fast = gradcheck(lambda x: x**3, 2.0, fast=True)
        training = str(check_training(Network([1, 1], seed=0), X, X > 0))

    assert report.ok
    assert fast.ok
    assert training == str(check_training(Network([1, 1], seed=0), X, X > 0))
