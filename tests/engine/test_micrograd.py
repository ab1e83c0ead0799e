"""micrograd's users are our first users: their code runs on ours and gives the same numbers."""

from __future__ import annotations

import random
from typing import Any

import micrograd.engine
import micrograd.nn
import pytest
from graphviz import Digraph
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Value


def example(value: Any) -> tuple[Any, Any, Any]:
    """The example of micrograd's README (Andrej Karpathy, MIT licence)."""
    a = value(-4.0)
    b = value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return a, b, g


def test_the_readme_prints_what_it_says() -> None:
    a, b, g = example(Value)

    assert [f"{x:.4f}" for x in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def test_the_readme_gives_microgradients_to_the_last_digits() -> None:
    ours, theirs = example(Value), example(micrograd.engine.Value)

    for mine, other in zip(ours, theirs, strict=True):
        assert mine.data == pytest.approx(other.data, rel=1e-14)  # a − b is there a + b · −1
        assert mine.grad == pytest.approx(other.grad, rel=1e-14)


def test_its_sanity_check() -> None:
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()

    assert (y.data, x.grad) == (-20, 46)


@given(data=st.data())
def test_random_graphs_agree(data: st.DataObject) -> None:
    ours: list[Any] = [Value(x) for x in (-1.5, 0.5, 2.0)]
    theirs: list[Any] = [micrograd.engine.Value(x) for x in (-1.5, 0.5, 2.0)]
    for _ in range(data.draw(st.integers(1, 10))):
        i, j = data.draw(st.tuples(*[st.integers(0, len(ours) - 1)] * 2))
        step = data.draw(st.sampled_from(STEPS))
        for nodes in (ours, theirs):
            nodes.append(step(nodes[i], nodes[j]))
    ours[-1].backward()
    theirs[-1].backward()

    for mine, other in zip(ours, theirs, strict=True):
        assert mine.data == pytest.approx(other.data, rel=1e-9, abs=1e-9)  # sums cancel: a − b is a + b · −1
        assert mine.grad == pytest.approx(other.grad, rel=1e-9, abs=1e-9)


STEPS = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: (x + y).relu(),
    lambda x, y: -x,
    lambda x, y: x * 0.5 + 1,
    lambda x, y: (x * 0.1) ** 2,
    lambda x, y: 3 - y,
]


def test_its_networks_run_on_our_values(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(value: Any) -> list[float]:
        monkeypatch.setattr(micrograd.nn, "Value", value)
        random.seed(1)
        model = micrograd.nn.MLP(2, [4, 4, 1])
        losses = []
        for _ in range(5):
            loss = sum((1 + -y * model([a, b])).relu() for a, b, y in [(0.5, 1.0, 1), (-1.0, 0.3, -1)])
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
            losses.append(loss.data)
        return losses

    assert train(Value) == pytest.approx(train(micrograd.engine.Value), rel=1e-12)


def test_its_drawing_runs_on_our_values() -> None:
    """A walk over `_prev` with `_op`, `data` and `grad`, as its trace_graph notebook does."""
    a, b = Value(2.0), Value(-3.0)
    root = (a * b + a**2).relu() - b
    root.backward()

    seen: set[Value] = set()
    edges = set()

    def trace(v: Value) -> None:
        if v not in seen:
            seen.add(v)
            for child in v._prev:
                edges.add((child, v))
                trace(child)

    trace(root)
    dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for n in seen:
        dot.node(str(id(n)), f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
        if n._op:
            dot.node(str(id(n)) + n._op, n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)

    assert sorted(n._op for n in seen) == ["", "", "*", "**2", "+", "-", "ReLU"]
    assert len(edges) == 8
    assert "data -3.0000 | grad -1.0000" in dot.source
