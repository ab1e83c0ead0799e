"""A program called on nodes is a node: with the gradient of what it was made from, of any order, wherever nodes go."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, derive, grad, hessian, jacobian, jvp, no_grad, vjp
from microgradnn.check.strategies import Graph, graphs
from microgradnn.graph import topological
from microgradnn.programs.backends import BACKENDS, compile


def wave(w: Any, x: Any) -> Any:
    return (w * x * x).sin() + w


def program_of(backend: Any, *wrt: str) -> Any:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    return compile(wave(w, x), [{"w": w, "x": x}[name] for name in wrt], inputs=[w, x], backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("wrt", ["wx", "w", "x", ""])
def test_its_derivatives_are_those_of_its_formula(backend: Any, wrt: str) -> None:
    program = program_of(backend, *wrt)

    def called(v: Any) -> Any:
        return program.value(w=v[0], x=v[1]) * v[0]

    def written(v: Any) -> Any:
        return wave(v[0], v[1]) * v[0]

    at = [0.7, 1.3]
    for derivative in (grad, hessian, lambda f: jacobian(grad(f)), lambda f: grad(lambda v: grad(f)(v)[1])):
        np.testing.assert_allclose(derivative(called)(at), derivative(written)(at), rtol=1e-12)
    assert jvp(called, (at,), ([1.0, 2.0],)) == pytest.approx(jvp(written, (at,), ([1.0, 2.0],)), rel=1e-12)
    np.testing.assert_allclose(vjp(called, at)[1](1.0)[0], vjp(written, at)[1](1.0)[0], rtol=1e-12)
    assert grad(lambda x: program.value(x, x))(0.9) == pytest.approx(grad(lambda x: wave(x, x))(0.9), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_one_node_wherever_a_node_may_go(backend: Any) -> None:
    program, v = program_of(backend, "w", "x"), Value(0.9, "v")
    y = (program.value(w=v, x=2 * v) * v).named("y")
    right = wave(v, 2 * v) * v
    node = y.inputs[0]

    assert (node.inputs[0], len(node.inputs), node.data) == (v, 2, wave(0.9 + v * 0, 1.8 + v * 0).data)
    for again in (y, copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        leaf = next(x for x in topological(again) if x.name == "v")
        again.backward()
        assert (again.data, leaf.grad) == (
            pytest.approx(right.data, rel=1e-13),
            pytest.approx(grad(lambda v: wave(v, 2 * v) * v)(0.9), rel=1e-12),
        )
    assert "J(v, t1)" in y.draw().text()
    assert "∂t2/∂v" in str(y.explain(v))
    assert "sin" in str(derive(y))
    for other in BACKENDS:
        result = compile(y, [v], backend=other)(v=0.4)
        assert result.value == pytest.approx((wave(Value(0.4), Value(0.8)) * 0.4).data, rel=1e-12)
        assert result.gradients["v"] == pytest.approx(grad(lambda v: wave(v, 2 * v) * v)(0.4), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_its_gradients_are_nodes_too(backend: Any) -> None:
    program, x = program_of(backend, "x"), Value(1.3, "x")
    result = program(w=0.7, x=x)
    slope = result.gradients["x"]

    assert (result.value.inputs[1], slope.data) == (x, pytest.approx(grad(lambda x: wave(0.7, x))(1.3), rel=1e-12))
    slope.backward()
    assert x.grad == pytest.approx(grad(grad(lambda x: wave(0.7, x)))(1.3), rel=1e-12)


@settings(max_examples=15)
@given(graph=graphs(), backend=st.sampled_from(["python", "numpy", "native"]))
def test_of_a_random_graph_the_call_is_the_graph(graph: Graph, backend: Any) -> None:
    leaves = [x for x in graph.inputs if x in set(topological(graph.output))]
    if not leaves:
        return
    node = compile(graph.output, leaves, inputs=leaves, backend=backend).value(*leaves)
    graph.output.backward()
    right = [x.grad for x in leaves]
    graph.output.zero_grad()
    node.backward()

    assert node.data == pytest.approx(graph.output.data, rel=1e-12, abs=1e-12)
    assert [x.grad for x in leaves] == pytest.approx(right, rel=1e-6, abs=1e-6)


def test_a_program_of_tensors_is_a_node_too() -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor([[1.0, -2.0, 3.0], [4.0, 0.5, -6.0]], "X")

    def written(w: Any, x: Any) -> Any:
        return ((w @ x).tanh() ** 2).mean()

    at = Tensor([[0.1, 0.2]], "at")
    for wrt in ([W], [W, X], []):
        program = compile(written(W, X), wrt, inputs=[W, X], any_length=True)
        np.testing.assert_allclose(
            hessian(lambda v, run=program: run.value(W=v, X=X) * 2)(at).data,
            hessian(lambda v: written(v, X) * 2)(at).data,
            rtol=1e-12,
        )
        y, right = program.value(W=at, X=X) * 2, written(at, X) * 2
        for node in (right, y):
            node.zero_grad()
            node.backward()
            found = at.grad, X.grad
            if node is right:
                kept = found
        np.testing.assert_allclose(found[0], kept[0], rtol=1e-12)
        np.testing.assert_allclose(found[1], kept[1], rtol=1e-12)
        assert compile(y, [at]).value(at=[[1.0, 1.0]]) == pytest.approx(2 * written(Tensor([[1.0, 1.0]]), X).item())

    program = compile(written(W, X), [W], any_length=True)
    more = program.value(W=at, X=np.ones((2, 7)))
    at.grad = None
    more.backward()
    again = Tensor(at.data)
    written(again, Tensor(np.ones((2, 7)))).backward()
    np.testing.assert_allclose(at.grad, again.grad, rtol=1e-12)
    with pytest.raises(ValueError, match="compiled for shapes"):
        more.backward(create_graph=True)


def test_what_does_not_mix_is_refused_and_a_block_without_recording_gives_a_constant() -> None:
    program = program_of("numpy", "w")

    with pytest.raises(TypeError, match="the two paths do not mix"):
        program(w=Tensor(1.0), x=1.0)
    with pytest.raises(TypeError, match="a batch of examples and a Value do not mix"):
        program(w=Value(1.0), x=[1.0, 2.0])
    with no_grad():
        assert program.value(w=Value(1.0), x=0.0).kind == "constant"
    assert math.isclose(program.value(w=1.0, x=Value(0.0)).data, 1.0)
