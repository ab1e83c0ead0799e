"""A layer forward and backward, one block at a time, with the cache between them (course notes, H3 to H6).

The formulas are those of the tables: a block records its layer alone and sweeps that. So what it
returns can be held against a backward pass written by hand, layer by layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..engine.tensor import Array, Tensor
from .layers import Dense, columns


@dataclass(frozen=True)
class Cache:
    """What the backward block of a layer needs from the forward block: A[l−1], W, b, Z and A."""

    A_prev: Tensor
    Z: Tensor
    A: Tensor
    layer: Dense


@dataclass(frozen=True)
class Gradients:
    """What a backward block gives: dA[l−1] (n_prev, m), dZ (n, m), dW (n, n_prev) and db (n, 1)."""

    dA_prev: Array  # noqa: N815 (the notes' names)
    dZ: Array  # noqa: N815
    dW: Array  # noqa: N815
    db: Array


def forward_block(layer: Dense, A_prev: Array) -> tuple[Array, Cache]:  # noqa: N803
    """Return A[l], (n, m), for A[l−1], (n_prev, m), and the cache (notes, H3)."""
    a_prev = Tensor(columns(A_prev, layer.n_prev, dtype=layer.W.dtype).numpy(), f"A{layer.number - 1}")
    z = layer.linear(a_prev)
    a = layer.activate(z)
    return a.numpy(), Cache(a_prev, z, a, layer)


def backward_block(dA: Array, cache: Cache, *, notes: bool = True) -> Gradients:  # noqa: N803
    """Return the gradients of a layer for dA[l], (n, m), the gradient in what its forward block gave (notes, H4).

    In the notes' convention dA and dZ are those of the loss of each example, and dW and db, which are
    of the cost, have the 1/m (H5; 3.6). With `notes=False` dA is of the cost already and nothing is
    divided, as in `backward()`.
    """
    layer, m = cache.layer, cache.A.shape[1]
    parameters = layer.parameters()
    before = [p.grad for p in parameters]
    share = m if notes else 1
    try:
        for node in (cache.A_prev, *parameters):
            node.grad = 0.0
        cache.A.backward(dA)
        return Gradients(cache.A_prev.grad, cache.Z.grad, layer.W.grad / share, layer.b.grad / share)
    finally:  # the layer's own gradients are not touched
        for p, grad in zip(parameters, before, strict=True):
            p.grad = grad
