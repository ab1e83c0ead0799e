"""The methods that are written from the table are the rows, and are current."""

from __future__ import annotations

import itertools
import math
import operator
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import microgradnn
from microgradnn import Tensor, Value
from microgradnn.engine.recorders import nary, unary
from microgradnn.engine.value import COMPILED
from microgradnn.engine.value_methods import WRITTEN
from microgradnn.errors import DomainError, PoleError
from microgradnn.graph import OPS, Fold, Op
from microgradnn.rules.arrays import ARRAY_OPS, ArrayOp

GENERATOR = Path(__file__).parents[2] / ".ci" / "write_methods.py"
ROWS = [op for op in OPS.values() if not isinstance(op, Fold)]
AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-310, -1e-310, 710.0, -746.0, 1e200, -1e200, math.inf, -math.inf, math.nan]
numbers = st.one_of(st.sampled_from(AWKWARD), st.floats())


def outcome(record: Any, xs: list[Value]) -> Any:
    """All there is to say of a node, or of the error."""
    try:
        node = record(*xs)
    except (ValueError, ArithmeticError) as error:
        return type(error), str(error)
    return repr(node), repr(node.partials), node.op, node.inputs == tuple(xs), type(node.data)


@pytest.mark.skipif(COMPILED or not GENERATOR.exists(), reason="the generator stands beside the source")
def test_what_is_written_is_current() -> None:
    ran = subprocess.run([sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True)

    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("op", ROWS, ids=str)
@given(xs=st.lists(numbers, min_size=3, max_size=3))
@example([0.0, 0.0, 0.0])
@example([math.nan, 1.0, 1.0])
def test_a_method_is_its_row(op: Op, xs: list[float]) -> None:
    values = list(map(Value, xs[: len(op.partials)]))
    by_row = unary(op) if op.arity == 1 else nary(op)

    assert outcome(getattr(Value, WRITTEN[op.name]), values) == outcome(by_row, values)


@given(numbers)
def test_a_square_is_its_row(x: float) -> None:
    values = [Value(x)]

    assert outcome(lambda v: v**2, values) == outcome(unary(OPS["pow"].hold(2.0)), values)


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.public], ids=str)
def test_a_row_is_a_function_of_the_package_and_a_method_of_both(op: Op) -> None:
    assert getattr(microgradnn, op.name) is op
    if not isinstance(op, Fold) and op.name != "pow":
        assert callable(getattr(Value, op.name))
        assert callable(getattr(Tensor, op.name))


@pytest.mark.parametrize("op", [op for op in ROWS if op.public and op.name != "pow"], ids=str)
def test_a_method_of_a_tensor_is_its_row_too(op: Op) -> None:
    xs = [Tensor([[x, x + 0.25]]) for x in (0.25, 0.5, 0.125)[: len(op.partials)]]
    if op.domain[0].low >= 1:
        xs = [x + 1 for x in xs]

    by_method, by_row = getattr(xs[0], op.name)(*xs[1:]), Tensor._record(op, *xs)

    assert np.array_equal(by_method.data, by_row.data, equal_nan=True)
    assert by_method.op is by_row.op is op
    assert by_method.inputs == by_row.inputs == tuple(xs)


@pytest.mark.parametrize("name", ["hypot", "maximum", "atan2"])
@pytest.mark.parametrize("wrong", ["a", None, 1j], ids=repr)
def test_a_method_of_two_refuses_what_is_no_number(name: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match=None if COMPILED else "a Value holds one real number"):
        getattr(Value(1.0), name)(wrong)


@pytest.mark.parametrize("op", [op for op in ARRAY_OPS.values() if op.public and {*op.options} == {"axis"}], ids=repr)
def test_so_is_a_row_of_the_second_table_and_numpys_function_of_that_name(op: ArrayOp) -> None:
    x = Tensor([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0]], "x")
    of_package = getattr(microgradnn, op.name, op)
    of_numpy = getattr(np, op.name, op)

    for way in (of_package, of_numpy, getattr(Tensor, op.name)):
        for first, named in (((1,), {}), ((), {"axis": 1})):
            node = way(x, *first, **named)
            assert node.op.name == op.name
            assert node.op.parameters == {"axis": 1}
            assert np.array_equal(node.data, op.array(x.data, axis=1))


@pytest.mark.parametrize("number", [2, True, np.float32(2), np.float64(2), np.int64(2), np.array(2.0)], ids=repr)
def test_numbers_of_any_kind_join_an_operation_as_floats(number: Any) -> None:
    x, y = Value(3.0), float(number)
    ways: list[Callable[[Any, Any], Any]] = [
        operator.add,
        lambda a, b: b - a,
        lambda a, b: b / a,
        operator.pow,
        lambda a, b: b**a,
        microgradnn.hypot,
        Value.maximum,
        Value.leaky_relu,
        lambda a, b: a.clip(b, b),
    ]
    for f in ways:
        assert repr(f(x, number)) == repr(f(x, y))
    assert [x < number, x <= number, x > number, x >= number] == [x.data < y, x.data <= y, x.data > y, x.data >= y]


# --- the written methods at awkward points ------------------------------------------------------------

METHODS = [op for op in OPS.values() if op.arity in (1, 2, 3) and op.public and hasattr(Value, op.name)]


def ending(f: Callable[[], Any]) -> Any:
    """What a call is worth, or the kind of error that it ends in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = f()
    except (DomainError, PoleError) as error:
        return type(error)
    return float(getattr(found, "data", found))


@pytest.mark.parametrize("op", METHODS, ids=str)
def test_a_method_ends_as_the_row_does_at_values_that_are_named(op: Op) -> None:
    more = (op.arity or 1) - 1
    others = [(y,) * more for y in (0.0, 2.0, -1.5, math.inf)] if more else [()]
    for x, rest in itertools.product(AWKWARD, others):
        named = ending(partial(op, Value(x), *map(Value, rest)))
        with_numbers = ending(partial(getattr(Value(x), op.name), *rest))

        assert with_numbers == named or (with_numbers != with_numbers and named != named), (x, rest)


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh"])
def test_numpys_names_of_inverse_functions_are_methods(name: str) -> None:
    x = 1.5 if name == "arccosh" else 0.5

    assert getattr(Value(x), name)().data == pytest.approx(float(getattr(np, name)(x)), rel=1e-15)
    assert getattr(Tensor([[x]]), name)().item() == pytest.approx(float(getattr(np, name)(x)), rel=1e-15)


def test_the_angle_of_a_point_has_numpys_name_too() -> None:
    assert Value(1.0).arctan2(Value(2.0)).data == pytest.approx(math.atan2(1, 2), rel=1e-15)
    assert Tensor([[1.0]]).arctan2(Tensor([[2.0]])).item() == pytest.approx(math.atan2(1, 2), rel=1e-15)
