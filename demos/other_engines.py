"""One graph, other engines: PyTorch, JAX and ONNX's runtime find what we find, those of them that are installed.

On JAX the examples are shared out over all devices; here the processor plays two of them. Prints the cost of a network,
0.5899, and the slope of its first weight, 0.0038, by everyone who is here.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from microgradnn import compile
from microgradnn.data import moons
from microgradnn.nn import Network

data = moons(200, seed=0)
program = compile(Network([2, 8, 1], hidden="tanh", seed=3).cost(data.X, data.Y))


def ours() -> tuple[float, float]:
    """Return cost and slope as the program has them."""
    value, gradients = program()
    return value, gradients["W1"][0, 0]


def pytorch() -> tuple[float, float]:
    """Return them as PyTorch has them: its own sweep through a module of the same parameters."""
    module = program.to_torch()
    cost = module(data.X, data.Y)
    cost.backward()
    return cost.item(), float(module.W1.grad[0, 0])


def jax() -> tuple[float, float]:
    """Return them as JAX has them: the printed backward pass, compiled by XLA, in single precision."""
    os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh = Mesh(np.array(jax.devices()), ("examples",))
    spec: Any = PartitionSpec
    whole, columns = NamedSharding(mesh, spec()), NamedSharding(mesh, spec(None, "examples"))
    at = [columns if np.shape(x)[-1:] == (data.X.shape[1],) else whole for x in program.defaults.values()]
    value, gradients = jax.jit(program.to_jax(), in_shardings=at)(*program.defaults.values())
    print(f"JAX shares the examples out over {len(jax.devices())} devices")
    return float(value), float(dict(zip(program.wrt, gradients, strict=True))["W1"][0, 0])


def onnxruntime() -> tuple[float, float]:
    """Return the cost as ONNX's runtime has it, and no slope: a model is the forward pass."""
    import onnxruntime

    session = onnxruntime.InferenceSession(program.to_onnx().SerializeToString())
    (cost,) = session.run(None, {"X": np.float32(data.X), "Y": np.float32(data.Y)})
    return float(cost), np.nan


engines: list[tuple[str, str, Callable[[], tuple[float, float]]]] = [
    ("microgradnn", "numpy", ours),
    ("PyTorch", "torch", pytorch),
    ("JAX", "jax", jax),
    ("onnxruntime", "onnxruntime", onnxruntime),
]
for name, package, run in engines:
    if find_spec(package) is None or (package == "onnxruntime" and find_spec("onnx") is None):
        print(f"{name:<12} is not installed")
        continue
    cost, slope = run()
    print(f"{name:<12} J = {cost:.4f}" + ("" if np.isnan(slope) else f", dW1[0, 0] = {slope:.4f}"))
