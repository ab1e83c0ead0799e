"""What == says: of two nodes whether they are the same node, of a node and numbers whether its data are these."""

# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, compile, compiled, derive, grad, where
from microgradnn.programs.backends import BACKENDS

NUMBERS: list[Any] = [
    0,
    0.0,
    -0.0,
    True,
    False,
    2,
    2.5,
    math.nan,
    math.inf,
    np.float64(2),
    np.float32(2.5),
    np.int64(2),
]


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("data", [0.0, -0.0, 1.0, 2.0, 2.5, math.nan, math.inf])
def test_with_a_number_it_compares_the_data(data: float, number: Any) -> None:
    v, T = Value(data), Tensor([[data, 7.0]])

    assert [bool(v == number), bool(v != number)] == [data == number, data != number]
    assert [bool(number == v), bool(number != v)] == [data == number, data != number]
    for mask, want in ((number == T, T.data == number), (number != T, number != T.data)):
        np.testing.assert_array_equal(mask, want)


def test_of_two_nodes_it_is_identity_and_so_is_the_hash() -> None:
    a, b = Value(2.0), Value(2.0)
    S, T = Tensor([[1.0]]), Tensor([[1.0]])

    for x, y in ((a, b), (S, T), (a, S)):
        assert x == x
        assert not x != x  # noqa: SIM202
        assert x != y
        assert not x == y  # noqa: SIM201
        assert x in [y, x]
        assert x not in [y, y]
        assert len({x, y, x}) == 2
        assert [y, x].index(x) == 1
    assert a not in [None, "a", ()]
    assert a != None  # noqa: E711
    assert S != "S"
    assert (a == b) is not None


USES: list[Any] = [
    lambda c, x: where(c, x, 0 * x),
    lambda c, x: c * x,
    lambda c, x: x + c,
    lambda c, x: c.all(),
]


def test_of_two_nodes_it_is_no_formula() -> None:
    a, b = Value(2.0), Value(2.0)
    S, T = Tensor([[1.0]]), Tensor([[1.0]])

    for x, y in ((a, b), (S, T)):
        for use in USES:
            for condition in (x == y, x != y):
                with pytest.raises(TypeError, match="== of two nodes asks whether they are one and the same node"):
                    use(condition, x)
    with pytest.raises(AttributeError, match="no 'all': leave it out"):
        (a == 2).all()


def hollow(x: Any) -> Any:
    return where(x == 0, 5, x * 2) + where((x != 1) & (x < 3), x, 0 * x)


@pytest.mark.parametrize("backend", [*BACKENDS, "compiled", "compile(f)", "derive"])
def test_in_a_formula_it_follows_the_data_on_every_path(backend: Any) -> None:
    if backend == "native":
        pytest.importorskip("llvmlite")
    points = [0.0, 1.0, 2.0, 5.0, -1.0, 0.0]
    want = [
        ((5.0 if x == 0 else 2 * x) + (x if x != 1 and x < 3 else 0.0), (x != 0) * 2 + (x != 1 and x < 3))
        for x in points
    ]
    x = Value(4.0, "x")
    call: Any
    if backend == "compiled":
        run = compiled(hollow)
        call = lambda x: (run(x), run.value_and_gradients(x).gradients["x"])  # noqa: E731
    elif backend == "compile(f)":
        program = compile(hollow, 4.0)
        call = lambda x: (program(x).value, program(x).gradients["x"])  # noqa: E731
    elif backend == "derive":
        space: dict[str, Any] = {}
        exec(derive(hollow(x), [x]).source, space)
        call = lambda x: (space["value_and_gradients"](x)[0], space["value_and_gradients"](x)[1][0])  # noqa: E731
    else:
        run_on = compile(hollow(x), [x], backend=backend)
        call = lambda x: (run_on(x=x).value, run_on(x=x).gradients["x"])  # noqa: E731

    assert [tuple(map(float, call(x))) for x in points] == want
    assert [(hollow(Value(x)).data, grad(hollow)(x)) for x in points] == want
    X = Tensor([points])
    y = hollow(X)
    y.sum().backward()
    assert [*zip(y.data[0].tolist(), X.grad[0].tolist(), strict=True)] == want


def test_a_branch_on_it_has_a_guard() -> None:
    f = compiled(lambda x: x + 1 if x == 0 else 1 / x if x != 4 else x)

    assert [f(x) for x in (0.0, 2.0, 4.0, 0.0, 4.0, 8.0)] == [1, 0.5, 4, 1, 4, 0.125]
    assert len(f.recordings) == 3
