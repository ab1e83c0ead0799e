"""Programs on JAX: the same values and gradients under `jit` and `vmap`, and over eight devices."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnn
from microgradnn import Tensor, Value, compile, concatenate, conv2d, derive, max_pool2d, relu
from microgradnn.graph import OPS, Fold

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is an extra")
ROWS = [op for op in OPS.values() if not isinstance(op, Fold)]


def hold(output: Any, wrt: list[Any]) -> None:
    """Hold JAX's value and gradients, jitted, to the sweep."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    program = microgradnn.compile(output, wrt)
    value, gradients = jax.jit(program.to_jax())(*program.defaults.values())
    output.backward()
    np.testing.assert_allclose(value, output.item(), rtol=1e-12)
    for x, gradient in zip(wrt, gradients, strict=True):
        np.testing.assert_allclose(gradient, x.grad, rtol=1e-11, atol=1e-12)  # XLA has exponentials of its own


@needs_jax
@pytest.mark.parametrize("op", ROWS, ids=str)
def test_a_row_is_the_same(op: Any) -> None:
    data = ([[1.3, 2.0]],) if op.name == "acosh" else ([[0.3, 0.6]], [[0.5, 0.2]], [[0.7, 0.9]])
    xs = [Tensor(x, name) for x, name in zip(data, "abc", strict=False)][: len(op.partials)]
    hold(op(*xs).sum(), xs)


ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "a layer": lambda w, x: ((w @ x + Tensor([[0.1], [0.2]], "b")).tanh() ** 2).mean(),
    "an index that is an input": lambda w, x: (x[:, Tensor([[2, 0]], "I", kind="constant")] ** 2).sum() + w.sum(),
    "an index": lambda w, x: (x[:, [0, 0, 2]] ** 2).sum() + w.sum(),
    "softmax": lambda w, x: ((w @ x).softmax(axis=0)[0] ** 2).sum(),
    "logsumexp": lambda w, x: (w @ x).logsumexp(axis=0).sum(),
    "max": lambda w, x: (w @ x).max(axis=0).sum(),
    "std": lambda w, x: (w @ x).std(),
    "cumsum": lambda w, x: ((w @ x).cumsum(axis=1) ** 2).sum(),
    "relu": lambda w, x: relu(w @ x - 0.2).sum(),
    "prod": lambda w, x: (w @ x).prod(axis=0).sum() + x.prod(),
    "cumprod": lambda w, x: (x.cumprod(axis=1) ** 2).sum() + w.cumprod()[2],
    "windows": lambda w, x: (conv2d(x.reshape(1, 1, 3, 4), w.reshape(1, 1, 2, 3)) ** 2).sum(),
    "max_pool2d": lambda w, x: (
        max_pool2d(conv2d(x.reshape(1, 1, 3, 4), w.reshape(1, 1, 2, 3)), 2, stride=1) ** 2 + w[0, 0]
    ).sum(),
    "a diagonal": lambda w, x: (x.diagonal() ** 2).sum() + w.sum(),
    "rows": lambda w, x: (x[[0, 0, 2]] ** 2).sum() + w.sum(),
    "sort": lambda w, x: (np.sort(x, axis=0) * x).sum() + np.median(w),
    "det": lambda w, x: np.linalg.det(w @ w.T) + np.linalg.eigh(w @ w.T)[0][1] + x.sum(),
    "concatenate": lambda w, x: (concatenate([w @ x, x]) ** 2).sum(),
}


@needs_jax
@pytest.mark.parametrize("name", ARRAYS)
def test_operations_on_arrays_are_the_same(name: str) -> None:
    W, X = Tensor(np.arange(6.0).reshape(2, 3) / 10, "W"), Tensor(0.2 + np.eye(3, 4), "X")
    hold(ARRAYS[name](W, X), [W, X])


@needs_jax
def test_a_function_of_numbers_goes_through_vmap() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    f = compile(lambda x, y: x * y.tanh(), 1.0, 2.0).to_jax()
    x, y = np.linspace(-1, 1, 5), np.linspace(0, 2, 5)

    value, (dx, dy) = jax.vmap(f)(x, y)

    np.testing.assert_allclose(value, x * np.tanh(y), rtol=1e-14)
    np.testing.assert_allclose(dx, np.tanh(y), rtol=1e-14)
    np.testing.assert_allclose(dy, x * (1 - np.tanh(y) ** 2), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(jax.grad(lambda x: f(x, 2.0)[0])(1.0), np.tanh(2.0), rtol=1e-14)


SHARDED = """
import jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from microgradnn.nn import Network
import microgradnn
jax.config.update("jax_enable_x64", True)
rng = np.random.default_rng(0)
X = rng.normal(size=(4, 64)); Y = (X[:1] > 0) * 1.0
network = Network([4, 8, 1], seed=0)
program = microgradnn.compile(network.cost(X, Y))
mesh = Mesh(np.array(jax.devices()), ("examples",))
columns, whole = NamedSharding(mesh, P(None, "examples")), NamedSharding(mesh, P())
at = [columns if np.shape(x)[-1:] == (64,) else whole for x in program.defaults.values()]
inputs = [jax.device_put(x, one) for x, one in zip(program.defaults.values(), at)]
value, gradients = jax.jit(program.to_jax(), in_shardings=at)(*inputs)
want = program()
print(len(jax.devices()), abs(float(value) - want.value) < 1e-12,
      all(np.abs(g - want.gradients[n]).max() < 1e-12 for n, g in zip(program.wrt, gradients)))
"""


@needs_jax
@pytest.mark.slow
def test_the_gradients_of_a_batch_over_eight_devices_are_the_same() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run([sys.executable, "-c", SHARDED], capture_output=True, text=True, env=environment, check=False)
    assert ran.stdout.split() == ["8", "True", "True"], ran.stderr[-2000:]


def test_the_source_is_that_of_numpy_with_jax() -> None:
    W, X = Tensor([[1.0, 2.0]], "W"), Tensor([[1.0], [2.0]], "X")
    source = derive((W @ X).tanh().sum(), style="jax").source

    assert source.startswith("import jax.numpy as np\n")
    assert "np.tanh(W @ X)" in source


def test_what_jax_has_not_is_refused() -> None:
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match="compile with backend='numpy'"):
        microgradnn.compile(x * x, backend="python").to_jax()
    with pytest.raises(ValueError, match="a branch is no formula"):
        derive(lambda x: x if x > 0 else -x, 1.0, style="jax")
    halve = microgradnn.operation(lambda x: math.ldexp(x, -1), lambda f, x: 0.5, name="halve")
    with halve, pytest.raises(ValueError, match="which JAX has not"):
        derive(halve(Tensor([[1.0, 2.0]], "X")).sum(), style="jax")
