"""Forward and backward, block by block, against the backward pass of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnn import ShapeError
from microgradnn.graph import topological
from microgradnn.nn import Cache, Dense, Gradients, Network, backward_block, forward_block

Array = Any

ROUNDING = 1e-14  # sums of a few products of numbers near 1, in another order
X = np.random.default_rng(0).standard_normal((2, 5))
Y = np.array([[0.0, 1.0, 1.0, 0.0, 1.0]])


def network() -> Network:
    """Four layers whose activations and biases differ."""
    made = Network([2, 4, 3, 3, 1], hidden=["tanh", "leaky_relu", "linear"], seed=0)
    for layer in made.layers:
        layer.b.data = np.random.default_rng(layer.number).standard_normal(layer.b.shape)
    return made


def forward(made: Network) -> tuple[Array, list[Cache]]:
    """The output, and the caches of all layers."""
    a, caches = X, []
    for layer in made.layers:
        a, cache = forward_block(layer, a)
        caches.append(cache)
    return a, caches


def backward(dA: Array, caches: list[Cache], *, notes: bool) -> list[Gradients]:  # noqa: N803 (the notes' name)
    """What the blocks give, the last layer's first."""
    found = []
    for cache in reversed(caches):
        found.append(backward_block(dA, cache, notes=notes))
        dA = found[-1].dA_prev
    return found


@pytest.mark.parametrize("notes", [True, False])
def test_the_blocks_are_the_whole(notes: bool) -> None:
    """In the notes' convention dA and dZ are m times those of the cost; dW and db are the same."""
    made, m = network(), X.shape[1]
    J = made.cost(X, Y)
    J.backward()
    whole = {node.name: node.grad for node in topological(J) if node.name}

    a, caches = forward(made)
    dA = (-Y / a + (1 - Y) / (1 - a)) / (1 if notes else m)
    share = m if notes else 1
    for layer, block in zip(made.layers[::-1], backward(dA, caches, notes=notes), strict=True):
        np.testing.assert_allclose(block.dW, layer.W.grad, rtol=0, atol=ROUNDING)
        np.testing.assert_allclose(block.db, layer.b.grad, rtol=0, atol=ROUNDING)
        np.testing.assert_allclose(block.dZ, share * whole[f"Z{layer.number}"], rtol=0, atol=ROUNDING)


def test_the_outputs_are_those_of_the_network() -> None:
    made = network()

    assert (forward(made)[0] == made(X).data).all()


def test_all_gradients_have_the_shape_of_what_they_belong_to() -> None:
    layer = Dense(2, 3, "tanh", rng=np.random.default_rng(0))
    A, cache = forward_block(layer, X)
    back = backward_block(np.ones_like(A), cache)

    assert (back.dA_prev.shape, back.dZ.shape) == (X.shape, A.shape)
    assert (back.dW.shape, back.db.shape) == (layer.W.shape, layer.b.shape)


def test_a_linear_layer_by_hand() -> None:
    layer = Dense(2, 1, "linear")
    layer.W.data = np.array([[2.0, -3.0]])
    A, cache = forward_block(layer, np.array([[1.0, 0.0], [0.5, 4.0]]))
    back = backward_block(np.array([[1.0, 10.0]]), cache)

    assert A.tolist() == [[0.5, -12]]
    assert back.dZ.tolist() == [[1, 10]]
    assert back.dW.tolist() == [[0.5, (0.5 + 40) / 2]]
    assert back.db.tolist() == [[5.5]]
    assert back.dA_prev.tolist() == [[2, 20], [-3, -30]]


def test_the_gradients_of_the_layer_are_left_as_they_were() -> None:
    layer = Dense(2, 3, "leaky_relu", learn_slope=True)
    A, cache = forward_block(layer, X)
    for p in layer.parameters():
        p.grad = np.full(p.shape, 7.0)
    first = backward_block(np.ones_like(A), cache)
    second = backward_block(np.ones_like(A), cache)

    assert all((p.grad == 7).all() for p in layer.parameters())
    assert (first.dW == second.dW).all()


def test_an_error_leaves_them_as_they_were_too() -> None:
    layer = Dense(2, 3)
    _, cache = forward_block(layer, X)
    layer.W.grad = np.full((3, 2), 7.0)
    with pytest.raises(ShapeError):
        backward_block(np.ones((2, 2)), cache)

    assert np.all(layer.W.grad == 7)


def test_a_cache_of_old_weights_is_refused() -> None:
    layer = Dense(2, 3)
    A, cache = forward_block(layer, X)
    layer.W.data = layer.W.data - 0.1

    with pytest.raises(ValueError, match="the data of Tensor 'W1' was changed after matmul had used it"):
        backward_block(np.ones_like(A), cache)


def test_shapes_that_do_not_fit_are_refused() -> None:
    layer = Dense(2, 3)
    _, cache = forward_block(layer, X)

    with pytest.raises(ShapeError, match=r"^the seed has shape \(5, 3\), and Tensor 'A1' has \(3, 5\)$"):
        backward_block(np.ones((5, 3)), cache)
    with pytest.raises(ShapeError, match=r"give the transpose, X.T$"):
        forward_block(layer, X.T)


def test_float32_stays_float32() -> None:
    A, _ = forward_block(Dense(2, 3, dtype="float32"), X)

    assert A.dtype == np.dtype("float32")
