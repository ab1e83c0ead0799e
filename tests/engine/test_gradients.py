"""What `grad` and `data` take: None is no gradient, numbers are floats, all else is refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from microgradnn import ShapeError, Tensor, Value, no_grad

NOT_NUMBERS = ["a", None, 1j, [1.0], np.array([1.0, 2.0]), np.array("a"), object()]
NUMBERS = [np.float32(0.1), np.float64(0.1), np.int8(3), 3, True, np.array(2.0)]


def value() -> Value:
    return Value(3.0, "x")


def tensor() -> Tensor:
    return Tensor([[3.0, 4.0]], "x")


both = pytest.mark.parametrize("leaf", [value, tensor])


def cost(x: Any) -> Any:
    return (x * x).sum() if isinstance(x, Tensor) else x * x


@both
@pytest.mark.parametrize("create_graph", [False, True])
def test_none_is_no_gradient_and_the_next_sweep_starts_afresh(leaf: Callable[[], Any], create_graph: bool) -> None:
    x = leaf()
    cost(x).backward(create_graph=create_graph)
    x.grad = None

    assert (x.has_grad, x.grad) == (False, 0.0)
    assert "grad" not in repr(x)
    cost(x).backward()
    assert np.array_equal(x.grad, 2 * x.data)


@both
def test_none_on_a_fresh_leaf_or_a_result_is_as_before_any_sweep(leaf: Callable[[], Any]) -> None:
    x = leaf()
    x.grad = None
    y = cost(x)
    y.grad = None

    assert (x.grad, x.has_grad, y.grad, y.has_grad) == (0.0, False, 0.0, False)
    y.backward()
    assert np.array_equal(x.grad, 2 * x.data)


@pytest.mark.parametrize("wrong", [*NOT_NUMBERS, Value(1.0), Tensor([[1.0]])], ids=lambda x: type(x).__name__)
def test_what_cannot_be_made_into_a_value_cannot_be_assigned_to_one(wrong: Any) -> None:
    x = Value(3.0)
    with pytest.raises(TypeError, match="a Value holds one real number"):
        x.data = wrong
    assert x.data == 3.0


@pytest.mark.parametrize("wrong", ["a", 1j, [1.0], np.array([1.0, 2.0])], ids=repr)
def test_a_gradient_is_a_number(wrong: Any) -> None:
    x = Value(3.0)
    with pytest.raises(TypeError):
        x.grad = wrong
    assert not x.has_grad


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_numbers_of_any_kind_are_floats_from_then_on(number: Any) -> None:
    x = Value(3.0)
    x.data = number
    y = x * x + x.sin()
    y.backward()

    assert {type(x.data), type(y.data), type(x.grad)} == {float}
    x.grad = number
    assert (type(x.grad), x.grad) == (float, float(number))


@pytest.mark.parametrize("wrong", ["a", None, 1j, Fraction(1, 3), Value(1.0), Tensor([[3.0, 4.0]])], ids=repr)
def test_what_is_no_array_of_numbers_cannot_be_assigned_to_a_tensor(wrong: Any) -> None:
    x = tensor()
    with pytest.raises(TypeError):
        x.data = wrong
    assert x.data.tolist() == [[3, 4]]


def test_a_gradient_of_a_tensor_has_its_shape_and_its_precision() -> None:
    x = tensor()
    x.grad = np.array([[1, 2]], np.float32)

    assert x.grad.dtype == np.float64
    for wrong in (np.ones((2, 1)), 5.0, [1.0, 2.0]):
        with pytest.raises(ShapeError, match=r"shape \(1, 2\); its gradient cannot have"):
            x.grad = wrong
    not_numbers: list[Any] = ["a", 1j, Value(1.0)]
    for wrong in not_numbers:
        with pytest.raises(TypeError):
            x.grad = wrong
    assert x.grad.tolist() == [[1, 2]]


@both
@pytest.mark.parametrize("create_graph", [False, True])
def test_what_was_built_without_recording_does_not_go_back_in_silence(
    leaf: Callable[[], Any], create_graph: bool
) -> None:
    x = leaf()
    with no_grad():
        y = cost(x)
        with pytest.raises(ValueError, match=r"computed inside no_grad\(\)"):
            y.backward(create_graph=create_graph)
    with pytest.raises(ValueError, match="compute it again outside of the block"):
        y.backward(create_graph=create_graph)
    assert (x.has_grad, y.has_grad) == (False, False)


@both
def test_a_graph_that_was_built_before_goes_back_inside_no_grad_too(leaf: Callable[[], Any]) -> None:
    x = leaf()
    y = cost(x)
    with no_grad():
        y.backward()

    assert np.array_equal(x.grad, 2 * x.data)


@pytest.mark.parametrize("x", [Value(3.0), Tensor([[3.0]])])
def test_a_graph_is_kept_as_long_as_it_is_held_so_pytorchs_word_for_that_changes_nothing(x: Any) -> None:
    y = x * x
    y.backward(retain_graph=False)
    y.backward(retain_graph=True)

    assert x.grad == 12  # by hand: twice 2x
