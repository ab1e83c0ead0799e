"""Functions on every backend: at a point and over a batch they give what the function itself gives on nodes."""

from __future__ import annotations

import importlib.util
import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import microgradnn
from microgradnn import Tensor, compile, exp, grad
from microgradnn.programs.backends import BACKENDS

PACKAGES = {"native": "llvmlite"}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Any:
    if importlib.util.find_spec(PACKAGES.get(request.param, "math")) is None:
        pytest.skip(f"{PACKAGES[request.param]} is an extra")
    return request.param


def bell(x: Any, p: Any) -> Any:
    return p["height"] * exp(-((x - p["at"][0]) ** 2)) + p["at"][1]


POINT = 0.7, {"height": 2.0, "at": [0.5, 1.0]}


def test_a_point_is_the_same(backend: Any) -> None:
    value, gradients = compile(bell, *POINT, backend=backend)(0.3, POINT[1])

    want = compile(bell, *POINT)(0.3, POINT[1])
    assert value == pytest.approx(want.value, rel=1e-14)
    assert gradients["x"] == pytest.approx(want.gradients["x"], rel=1e-13)
    assert gradients["p"]["at"] == pytest.approx(want.gradients["p"]["at"], rel=1e-13)
    assert gradients["p"]["height"] == pytest.approx(want.gradients["p"]["height"], rel=1e-13)


def test_a_batch_is_every_example_and_what_they_share_is_summed(backend: Any) -> None:
    program = compile(bell, *POINT, backend=backend)
    x = np.linspace(-1, 2, 7)
    if backend == "python":
        with pytest.raises(TypeError, match="compile with backend='numpy' for a batch"):
            program(x, POINT[1])
        return
    value, gradients = program(x, POINT[1])

    each = [compile(bell, *POINT)(float(one), POINT[1]) for one in x]
    np.testing.assert_allclose(value, [one.value for one in each], rtol=1e-13)
    np.testing.assert_allclose(gradients["x"], [one.gradients["x"] for one in each], rtol=1e-12, atol=1e-15)
    shared = sum(one.gradients["p"]["height"] for one in each)
    assert gradients["p"]["height"] == pytest.approx(shared, rel=1e-12)
    assert gradients["p"]["at"][1] == 7
    np.testing.assert_allclose(program.value(x, POINT[1]), value, rtol=1e-15)
    mean = compile(bell, *POINT, backend=backend, reduce="mean")(x.tolist(), POINT[1])
    assert mean.gradients["p"]["height"] == pytest.approx(shared / 7, rel=1e-12)


def test_several_outputs_have_a_jacobian_and_a_batch_has_values(backend: Any) -> None:
    def f(x: Any) -> Any:
        return {"sum": x[0] + x[1], "parts": [x[0] * x[1], x[0], 3.0]}

    program = compile(f, np.array([2.0, 3.0]), backend=backend)

    assert program().value == {"sum": 5.0, "parts": [6.0, 2.0, 3.0]}
    np.testing.assert_array_equal(program().gradients["x"], [[1, 1], [3, 2], [1, 0], [0, 0]])
    one = compile(lambda x, y: [x * y, x], 2.0, 3.0, backend=backend)
    if backend != "python":
        np.testing.assert_array_equal(one.value([1.0, 2.0], 3.0)[0], [3, 6])
        with pytest.raises(ValueError, match=r"of a batch take \.value"):
            one([1.0, 2.0], 3.0)


def test_branches_are_recorded_one_by_one_and_a_batch_takes_one_of_them(backend: Any) -> None:
    program = compile(lambda x: x**2 if x > 0 else -x, 1.0, backend=backend)
    assert (program(3.0).value, program(-3.0).value, len(program.recordings)) == (9.0, 3.0, 2)
    with pytest.raises(ValueError, match="example 1 of the batch takes another way than the first"):
        program([1.0, -2.0])
    if backend != "python":
        np.testing.assert_array_equal(program([1.0, 2.0]).gradients["x"], [2, 4])
        np.testing.assert_array_equal(program([-1.0, -2.0]).gradients["x"], [-1, -1])
        logarithm = compile(lambda x, y: (x * y).log() * (x * y).detach(), 1.0, 2.0, backend=backend)
        np.testing.assert_allclose(logarithm([1.0, 4.0], 0.5).gradients["x"], [0.5, 0.5])


def test_it_is_differentiated_pickled_and_refuses_other_forms(backend: Any) -> None:
    program = compile(bell, *POINT, backend=backend)
    assert grad(lambda x: program.value(x, POINT[1]))(0.3) == pytest.approx(program(0.3).gradients["x"])
    assert pickle.loads(pickle.dumps(program))(0.3).value == program(0.3).value
    with pytest.raises(TypeError, match=r"p has the keys height, at; got height, to"):
        program(0.3, {"height": 2.0, "to": [0.5, 1.0]})
    with pytest.raises(TypeError, match="x is a number, or an array"):
        program("a")
    if backend != "python":
        with pytest.raises(
            microgradnn.ShapeError, match=r"a batch has arrays of one length; got shapes \(2,\), \(3,\)"
        ):
            program([1.0, 2.0], {"height": [1.0, 2.0, 3.0], "at": [0.5, 1.0]})


def test_a_function_of_tensors_runs_with_numpy() -> None:
    f = compile(lambda x: (x * x).sum(), Tensor([[1.0, 2.0]]), backend="numpy")
    assert f().value == 5.0
    with pytest.raises(ValueError, match="'native' is for functions of Values"):
        compile(lambda x: (x * x).sum(), Tensor([[1.0, 2.0]]), backend="native")
    with pytest.raises(ValueError, match="unknown backend 'fortran'"):
        compile(lambda x: x, 1.0, backend="fortran")  # type: ignore[call-overload]


def test_a_function_of_one_vector_is_the_same(backend: Any) -> None:
    def f(x: Any) -> Any:
        return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))

    fun, plain = compile(f, np.zeros(4), backend=backend).flat(), compile(f, np.zeros(4)).flat()
    for x in (np.array([0.3, -0.2, 1.5, 0.7]), np.ones(4), np.array([0.3, np.nan, 1.5, 0.7]), np.full(4, 1e200)):
        value, gradient = fun(x)
        want = plain(x)
        np.testing.assert_allclose(value, want[0], rtol=1e-13)
        np.testing.assert_allclose(gradient, want[1], rtol=1e-13, atol=1e-13)
    ignored = compile(lambda x, y: x * x, 2.0, 3.0, backend=backend).flat()
    np.testing.assert_array_equal(ignored(ignored.x0)[1], [4, 0])
