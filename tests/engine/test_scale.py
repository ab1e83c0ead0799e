"""Depth, memory, threads: what a graph must not cost."""

from __future__ import annotations

import gc
import math
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from microgradnn import Tensor, Value, clip, dot, log, maximum, minimum, relu, sqrt, where


def nodes() -> int:
    """Blocks of memory, by the ten: what mypyc compiled the collector does not know, and cannot count.

    Python keeps up to 2,000 freed tuples of each length for later.
    """
    return sys.getallocatedblocks() // 10


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def grown(size: int) -> tuple[Value, Value]:
    """A graph of `size` nodes with shared ones, and its first input."""
    x = Value(1.0)
    node = other = x
    for i in range(size // 2):
        node, other = (node * 0.5 if i % 3 else dot([node, other], [other, node]).tanh()), node
    return node + other, x


@pytest.mark.usefixtures("without_collector")
def test_a_graph_is_freed_when_nobody_holds_its_end_without_the_cyclic_collector() -> None:
    before = nodes()
    end, x = grown(100_000)
    end.backward()
    assert nodes() > before + 10_000
    del end

    assert nodes() < before + 1_000
    assert x.has_grad


@pytest.mark.usefixtures("without_collector")
def test_derivatives_of_functions_leave_nothing_behind() -> None:
    from microgradnn import grad, hessian

    def derive() -> None:
        grad(grad(lambda x: x.exp() * x**3))(1.0)
        hessian(lambda x: x[0] * x[1] ** 2)([1.0, 2.0])

    derive()
    before = nodes()
    for _ in range(300):
        derive()

    assert nodes() < before + 500


@pytest.mark.usefixtures("without_collector")
def test_gradients_that_are_nodes_are_freed_when_they_are_cleared() -> None:
    x = Value(2.0)

    def derive() -> None:
        y = (x.exp() * x**3).tanh()
        y.backward(create_graph=True)
        x.grad.backward()
        y.zero_grad()

    for _ in range(300):  # Python's store of freed tuples is full then
        derive()
    before = nodes()
    for _ in range(300):
        derive()

    assert nodes() < before + 50


@pytest.mark.usefixtures("without_collector")
def test_freeing_a_chain_touches_no_memory_but_its_own() -> None:
    """What mypyc does by itself for a class without a header of the collector: it writes in front of the object."""
    for _ in range(3):
        node = Value(1.0)
        for _ in range(200_000):
            node = node + 1.0
        del node
        values = [Value(float(i)) for i in range(200_000)]
        assert all(value.data == i for i, value in enumerate(values))


@pytest.mark.usefixtures("without_collector")
@pytest.mark.slow
def test_a_chain_of_nodes_and_of_what_else_holds_them_is_freed() -> None:
    def built() -> None:
        chain: Any = []
        for _ in range(100_000):
            chain = [Value(1.0) + 2.0, {"rest": (chain, Tensor([[1.0]]) * 2.0)}]
        ends.append(chain)

    ends: list[Any] = []
    built()
    ends.clear()
    before = nodes()
    thread = threading.Thread(target=built)  # which is not the one that frees it
    thread.start()
    thread.join()
    ends.clear()

    assert nodes() < before + 1_000


@pytest.mark.usefixtures("without_collector")
def test_a_chain_of_a_million_is_built_swept_and_freed() -> None:
    before = nodes()
    x = node = Value(1.0)
    for _ in range(1_000_000):
        node = node + x
    node.backward()

    assert (node.data, x.grad) == (1_000_001, 1_000_001)
    del node
    assert nodes() < before + 50


def test_threads_do_not_disturb_one_another() -> None:
    shared, failures = Value(2.0), []

    def work(k: int) -> None:
        for _ in range(30):
            x = Value(float(k))
            y = x
            for _ in range(50):
                y = y + x * shared.data
            y.backward()
            if (y.data, x.grad) != (k + 100.0 * k, 101.0):
                failures.append((k, y.data, x.grad))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


@pytest.mark.parametrize(
    "f",
    [
        lambda x: where(x > 0, log(x), x * 0 + 5),
        lambda x: relu(log(x)),
        lambda x: maximum(log(x), 0.0),
        lambda x: minimum(-log(x), 0.0) * 1 + maximum(sqrt(x), 1.0),
        lambda x: where(x > 0, log(x) * x, x * 0 + 5),  # whose value is nan itself
        lambda x: clip(log(x), -1.0, 1.0),
    ],
)
def test_nothing_comes_back_from_a_branch_that_was_not_taken(f: Any) -> None:
    x = Value(0.0)
    f(x).backward()

    assert x.grad == 0
    assert not math.isnan(x.grad)
