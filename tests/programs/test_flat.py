"""Functions of one vector: their derivatives are those of the engine, and SciPy's optimisers take them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microgradnn
from microgradnn import Tensor, Value, compile, hessian, hvp, jacobian, jvp, vjp


def rosenbrock(x: Any) -> Any:
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def curve(p: Any) -> Any:
    return [p["a"] * (-p["b"] * t).exp() - y for t, y in ((0.0, 2.0), (0.5, 0.4), (1.0, 0.1))]


numbers = st.floats(-3, 3)


@given(st.lists(numbers, min_size=3, max_size=3), st.lists(numbers, min_size=3, max_size=3))
@settings(max_examples=30)
def test_second_order_is_the_engines(x: list[float], p: list[float]) -> None:
    flat = compile(rosenbrock, [0.5, 0.5, 0.5]).flat()

    np.testing.assert_allclose(flat.hessp(x, p), hvp(rosenbrock, x, p), rtol=1e-9, atol=1e-9)  # terms of 1e4 cancel
    np.testing.assert_allclose(flat.hess(x), hessian(rosenbrock)(x), rtol=1e-9, atol=1e-9)


@given(numbers, numbers, st.lists(numbers, min_size=3, max_size=3))
@settings(max_examples=30)
def test_products_with_the_jacobian_are_the_engines(a: float, b: float, u: list[float]) -> None:
    flat, x = compile(curve, {"a": 1.0, "b": 1.0}).flat(), {"a": a, "b": b}
    rows = [[row["a"], row["b"]] for row in jacobian(curve)(x)]

    np.testing.assert_allclose(flat([a, b])[1], rows, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(flat.jvp([a, b], u[:2]), jvp(curve, (x,), ({"a": u[0], "b": u[1]},))[1], 1e-12, 1e-12)
    np.testing.assert_allclose(flat.vjp([a, b], u), [*vjp(curve, x)[1](u)[0].values()], rtol=1e-12, atol=1e-12)


def cost(w: Any, b: Any, x: Any, y: Any) -> Any:
    z = w @ x + b
    return (microgradnn.softplus(z) - y * z).mean()


def test_arrays_are_taken_apart_and_put_together() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 20))
    flat = compile(cost, Tensor(np.zeros((1, 3))), 0.0, X, (X[:1] > 0) * 1.0, wrt=["w", "b"]).flat()
    x = rng.normal(size=4)

    W, b = flat.unflatten(x)
    assert W.shape == (1, 3)
    assert b == x[3]
    assert flat.flatten(W, b).tolist() == x.tolist()
    step = 1e-6 * np.eye(4)
    differences = [(flat.value(x + h) - flat.value(x - h)) / 2e-6 for h in step]
    np.testing.assert_allclose(flat(x)[1], differences, rtol=1e-6, atol=1e-8)  # of central differences, 1e-12 / 1e-6
    of_gradients = [(flat(x + h)[1] - flat(x - h)[1]) / 2e-6 for h in step]
    np.testing.assert_allclose(flat.hess(x), of_gradients, rtol=1e-6, atol=1e-8)


def test_what_comes_after_x_is_given_or_as_it_was() -> None:
    flat = compile(lambda x, k: x[0] ** 2 * k, [1.0], 3.0, wrt=["x"]).flat()

    assert flat.value([2.0]) == 12.0
    assert flat([2.0], 5.0) == (20.0, np.array([20.0]))
    with pytest.raises(TypeError, match="after x there are 1"):
        flat([2.0], 5.0, 6.0)


def test_what_is_no_vector_of_the_length_is_refused() -> None:
    flat = compile(rosenbrock, [1.0, 2.0]).flat()

    for wrong in ([1.0], [[1.0, 2.0]], 1.0):
        with pytest.raises(ValueError, match="vector of shape"):
            flat(wrong)
    for other in (["a", "b"], [1j, 2j], [Value(1.0), 2.0]):
        with pytest.raises(TypeError, match="vector"):
            flat(other)


def test_there_is_no_hessian_of_many_outputs() -> None:
    with pytest.raises(TypeError, match="Hessian"):
        compile(curve, {"a": 1.0, "b": 1.0}).flat().hess([1.0, 1.0])


def test_a_branch_that_returns_more_is_found() -> None:
    flat = compile(lambda x: x if x > 0 else [x, x], 1.0).flat()

    with pytest.raises(TypeError, match="returns more"):
        flat([-1.0])


def test_the_program_of_a_node_has_one() -> None:
    a, b, x = Value(2.0, "a", kind="parameter"), Value(1.0, "b", kind="parameter"), Value(3.0, "x")
    flat = microgradnn.compile((a * x + b - 4) ** 2).flat()

    assert flat(np.array([2.0, 1.0])) == (9.0, pytest.approx([18.0, 6.0]))
    assert flat.value([2.0, 1.0], 1.0) == 1.0
    assert flat.hess([2.0, 1.0]).tolist() == [[18.0, 6.0], [6.0, 2.0]]
    with pytest.raises(ValueError, match="shapes of its graph"):
        flat.value([2.0, 1.0], [1.0, 2.0])
    u = (a * x).named("u")
    with pytest.raises(ValueError, match="computed from others"):
        microgradnn.compile(u * u, [u]).flat()


def test_the_program_of_tensors_has_one_for_its_shapes() -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor(np.ones((2, 3)), "X")
    flat = microgradnn.compile((W @ X).tanh().mean(), any_length=True).flat()

    assert flat([0.1, 0.2])[1].tolist() == pytest.approx([1 - np.tanh(0.3) ** 2] * 2)
    with pytest.raises(ValueError, match="shapes of its graph"):
        flat([0.1, 0.2], np.ones((2, 5)))


@pytest.mark.parametrize(
    ("method", "more"),
    [("L-BFGS-B", ()), ("BFGS", ()), ("Newton-CG", ("hessp",)), ("trust-constr", ("hess",)), ("trust-ncg", ("hessp",))],
)
def test_scipy_finds_the_minimum(method: str, more: tuple[str, ...]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    flat = compile(rosenbrock, np.zeros(4)).flat()

    found = optimize.minimize(flat, flat.x0, jac=True, method=method, **{name: getattr(flat, name) for name in more})

    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)  # as far as their default tolerances go


def test_scipy_fits_a_curve() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    flat = compile(curve, {"a": 1.0, "b": 1.0}).flat()

    found = optimize.least_squares(flat.value, flat.x0, jac=flat.jacobian)

    assert found.success
    np.testing.assert_allclose(flat.gradient(found.x).T @ found.fun, 0, atol=1e-6)
