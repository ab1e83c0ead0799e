"""Operations of the user's own in printed code and in programs."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, array_operation, compile, compiled, cos, derive, operation, tanh
from microgradnn.graph import OPS
from microgradnn.rules.arrays import ARRAY_OPS

FACTOR = 3


@pytest.fixture(autouse=True)
def _the_tables_stay_as_they_are() -> Iterator[None]:
    before = {*OPS}, {*ARRAY_OPS}
    yield
    for name in {*OPS} - before[0]:
        del OPS[name]
    for name in {*ARRAY_OPS} - before[1]:
        del ARRAY_OPS[name]


def scaled(x: float, by: int = FACTOR) -> float:
    """A helper outside."""
    return x * by


def helped(x: float) -> float:
    """Of a helper, a constant and NumPy."""
    return scaled(x * x) + float(np.sin(x)) * FACTOR


def rolled(x: Any, by: int = 1) -> Any:
    return np.roll(x, by, axis=1)


def closed(by: float) -> Any:
    def inner(x: float) -> float:
        return math.sin(x) * by

    return inner


SLOPE = {
    "def": (helped, lambda f, x: 6 * x + 3 * cos(x)),
    "lambda": (lambda x: x * math.exp(-x), lambda f, x: (1 - x) * f / x),
    "two lambdas": (lambda x: x * x, lambda f, x: 2 * x),
    "closure": (closed(2.5), lambda f, x: 2.5 * cos(x)),
    "of math": (math.erf, lambda f, x: 2 / math.sqrt(math.pi) * 2.718281828459045 ** (-(x * x))),
    "row": (tanh, lambda f, x: 1 - f * f),
    "ufunc": (np.expm1, lambda f, x: f + 1),
}


@pytest.mark.parametrize("kind", SLOPE)
@pytest.mark.parametrize("style", ["numpy", "python"])
def test_the_printed_module_has_the_function_and_needs_nothing_else(kind: str, style: Any) -> None:
    function, slope = SLOPE[kind]
    own = operation(function, slope, name="own")
    x = Value(0.7, "x")
    J = (own(x * 2) * x).named("J")
    J.backward()
    space: dict[str, Any] = {}
    exec(derive(J, [x], style=style).source, space)
    value, (dx,) = space["value_and_gradients"](0.7)

    assert float(value) == pytest.approx(J.data, rel=1e-14)
    assert float(dx) == pytest.approx(x.grad, rel=1e-14)


@pytest.mark.parametrize("kind", SLOPE)
@pytest.mark.parametrize("backend", ["numpy", "python"])
def test_a_program_calls_the_function_itself(kind: str, backend: Any) -> None:
    function, slope = SLOPE[kind]
    own = operation(function, slope, name="own")
    x = Value(0.7, "x")
    J = (own(x * 2) * x).named("J")
    program = compile(J, [x], backend=backend)
    for one in (program, pickle.loads(pickle.dumps(program))):
        again = Value(0.3)
        y = own(again * 2) * again
        y.backward()
        assert one(x=0.3) == (pytest.approx(y.data, rel=1e-14), {"x": pytest.approx(again.grad, rel=1e-13)})
    if backend == "numpy":
        assert program(x=[0.3, 0.7]).value.tolist() == pytest.approx([y.data, J.data], rel=1e-14)


@pytest.mark.parametrize("function", [partial(scaled, by=2), eval("lambda x: 2 * x")], ids=["partial", "eval"])
def test_where_the_source_cannot_be_had_the_module_says_so_and_a_program_runs(function: Any) -> None:
    own = operation(function, lambda f, x: 2, name="own")
    J = own(Value(0.7, "x")).named("J")
    space: dict[str, Any] = {}
    exec(derive(J).source, space)

    with pytest.raises(NotImplementedError, match="own is an operation whose source could not be carried along"):
        space["value_and_gradients"](0.7)
    assert compile(J)(x=0.3) == (0.6, {"x": 2})


def test_machine_code_refuses_with_one_sentence() -> None:
    own = operation(helped, lambda f, x: 1, name="own")

    with pytest.raises(ValueError, match="the backend 'native' knows the rows of the table alone, and 'own' is none"):
        compile(own(Value(0.7, "x")), backend="native")


def test_an_operation_on_arrays_is_carried_along_with_its_parameters() -> None:
    own = array_operation(rolled, lambda g, f, x, by=1: own(g, by=-by), text="{x} ↻", name="own")
    X = Tensor([[1.0, 2.0, 4.0], [0.5, 0.1, 3.0]], "X", kind="parameter")
    J = (own(own(X), by=2) * X + own(X * X) * X).sum().named("J")
    J.backward()
    derivation, program = derive(J), compile(J)
    space: dict[str, Any] = {}
    exec(derivation.source, space)

    assert "own(own(X), by=2)" in derivation.source
    for value, (dX,) in (
        space["value_and_gradients"](X.data),
        (program(X=X.data).value, program(X=X.data).gradients.values()),
    ):
        assert value == pytest.approx(J.item(), rel=1e-14)
        np.testing.assert_allclose(dX, X.grad, rtol=1e-13)
    np.testing.assert_allclose(program(X=2 * X.data).gradients["X"][0, 0], 2 * 2 * X.grad[0, 0], rtol=1)


def test_a_compiled_function_calls_it_in_its_branches_too() -> None:
    own = operation(helped, lambda f, x: 6 * x + 3 * cos(x), name="own")

    @compiled
    def branched(x: Any) -> Any:
        return own(x) * x if own(x) > 1 else x

    assert [branched(x) for x in (2.0, 0.1, 1.5, 0.2)] == pytest.approx(
        [helped(2.0) * 2, 0.1, helped(1.5) * 1.5, 0.2], rel=1e-14
    )


def test_a_name_in_the_graph_gives_way_to_the_operation() -> None:
    own = operation(helped, lambda f, x: 1, name="own")

    assert "(own_2)" in derive(own(Value(0.7, "own"))).source
