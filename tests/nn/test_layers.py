"""One layer: Z = W A + b, A = g(Z), and what it takes for A."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnn import ShapeError, Tensor
from microgradnn.graph import topological
from microgradnn.nn import Dense

X = np.array([[1.0, 2.0, 3.0, 4.0], [0.5, 0.0, -0.5, -1.0]])


def layer(activation: str = "tanh", **options: Any) -> Dense:
    return Dense(2, 3, activation, rng=np.random.default_rng(0), **options)


def test_a_layer_is_a_product_a_sum_and_an_activation() -> None:
    one = layer()
    a = one(X)

    assert [node.op.name for node in topological(a) if node.op] == ["matmul", "add", "tanh"]
    assert (a.data == np.tanh(one.W.data @ X + one.b.data)).all()
    assert (one.linear(X).data == one.W.data @ X + one.b.data).all()
    assert (one.activate(one.linear(X)).data == a.data).all()


def test_a_linear_layer_adds_no_node_for_its_activation() -> None:
    one = layer("linear")
    z = one.linear(X)

    assert one.activate(z) is z


def test_its_nodes_are_named_after_its_number_and_know_their_place() -> None:
    a = layer(number=4)(Tensor(X, "X"))

    assert [(node.name, node.scope) for node in topological(a)] == [
        ("W4", "layer 4"),
        ("X", ""),
        ("", ""),
        ("b4", "layer 4"),
        ("Z4", "layer 4"),
        ("A4", "layer 4"),
    ]


def test_sizes_and_parameters() -> None:
    one = layer()

    assert (one.n_prev, one.n) == (2, 3)
    assert one.parameters() == [one.W, one.b]
    assert {p.kind for p in one.parameters()} == {"parameter"}
    assert repr(one) == "Dense(2, 3, 'tanh')"


def test_lists_will_do_for_X_and_whole_numbers_too() -> None:
    one = layer()

    assert (one([[1, 2], [3, 4]]).data == one(np.array([[1.0, 2.0], [3.0, 4.0]])).data).all()


def test_a_gradient_comes_to_a_Tensor_and_not_to_plain_numbers() -> None:
    one, x = layer(), Tensor(X, "X")
    one(x).sum().backward()
    plain = one(X)
    plain.sum().backward()

    assert x.grad.shape == X.shape
    (given,) = [node for node in topological(plain) if node.kind == "constant"]
    assert not given.wants_grad


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[0], r"arrays? \(2, m\); got shape \(4,\); for one example write .reshape\(2, 1\), .* .reshape\(-1, 1\)$"),
        (1.0, r"^examples are the columns of an array \(2, m\); got shape \(\)$"),
        (X.T, r"2 features, as rows; got shape \(4, 2\); the examples seem to be rows: give the transpose, X.T$"),
        (np.ones((3, 4)), r"^the layer takes 2 features, as rows; got shape \(3, 4\)$"),
        (np.ones((2, 3, 4)), r"^examples are the columns of an array \(2, m\); got shape \(2, 3, 4\)$"),
        (Tensor(X.T), r"give the transpose, X.T$"),
    ],
)
def test_what_is_no_array_of_columns_is_refused_with_the_fix(x: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer()(x)


@pytest.mark.parametrize(("n_prev", "n"), [(0, 1), (1, 0), (2, -1), (2, 1.5)])
def test_a_layer_has_a_unit_and_an_input(n_prev: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"at least one unit and one input; got {n_prev} inputs and {n} units$"):
        Dense(n_prev, n)


# --- a slope that is learnt -----------------------------------------------------------------------


def test_a_learnt_slope_is_a_parameter() -> None:
    one = layer("leaky_relu", slope=0.2, learn_slope=True)

    assert [p.name for p in one.parameters()] == ["W1", "b1", "slope1"]
    assert one.parameters()[2].data.tolist() == [[0.2]]


def test_its_gradient_is_the_sum_of_the_negative_z() -> None:
    one = layer("leaky_relu", learn_slope=True)
    z = one.linear(X)
    one.activate(z).sum().backward()

    assert one.parameters()[2].grad.shape == (1, 1)
    assert one.parameters()[2].grad.item() == pytest.approx(np.minimum(z.data, 0).sum(), rel=1e-15)


def test_only_a_leaky_relu_has_a_slope_to_learn() -> None:
    assert len(layer("relu", learn_slope=True).parameters()) == 2


# --- float32 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softplus", "softmax"])
def test_float32_stays_float32(activation: str) -> None:
    single, double = layer(activation, dtype="float32"), layer(activation)
    a = single(X)
    a.sum().backward()

    assert {a.dtype, single.W.dtype, single.W.grad.dtype, single.b.grad.dtype} == {np.dtype("float32")}
    np.testing.assert_allclose(a.data, double(X).data, rtol=0, atol=1e-5)  # a few roundings, 6e-8, of numbers up to 10
