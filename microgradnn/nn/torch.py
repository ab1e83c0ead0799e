"""A network for PyTorch: as a module of its own, and as a file that its Linear layers load.

There examples are rows, X is (m, n_x); a Linear layer's weight is (n, n_prev), as W here, and its bias (n,).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..errors import extra
from .files import save

MODULES: dict[str, tuple[str, dict[str, Any]]] = {  # of an activation by its name: PyTorch's, and what it takes
    "elu": ("ELU", {}),
    "gelu": ("GELU", {}),
    "leaky_relu": ("LeakyReLU", {}),
    "relu": ("ReLU", {}),
    "sigmoid": ("Sigmoid", {}),
    "silu": ("SiLU", {}),
    "softmax": ("Softmax", {"dim": 1}),
    "softplus": ("Softplus", {"threshold": 700.0}),  # by default it is cut to z beyond 20
    "tanh": ("Tanh", {}),
}


def torch_arrays(network: Any) -> dict[str, Any]:
    """Return the numbers of a network by the names that they have in the module: 0.weight, 0.bias and so on."""
    found, place = {}, 0
    for layer in network.layers:
        found[f"{place}.weight"], found[f"{place}.bias"] = layer.W.numpy(), layer.b.numpy().ravel()
        place += 1
        if isinstance(layer.slope, Tensor):
            found[f"{place}.weight"] = layer.slope.numpy().ravel()
        place += layer.activation != "linear"
    return found


def save_for_torch(network: Any, path: str | Path) -> Path:
    """Write the numbers of a network to a safetensors file, by the names of `to_torch(network).state_dict()`.

    `module.load_state_dict(safetensors.torch.load_file(path))` reads it, of an nn.Sequential of the same layers.
    """
    return save(path, torch_arrays(network), {"layers": [layer.activation for layer in network.layers]})


def to_torch(network: Any) -> Any:
    """Return a network as a torch.nn.Sequential of the same numbers; dropout, which is for training, is left out.

    Before it is returned, its prediction and gradients are held against the network's, at random examples; raises
    RuntimeError where they differ by more than rounding, as of a network whose methods were written anew.
    """
    with extra("torch"):
        import torch
    kind = getattr(torch, str(network.layers[0].W.dtype))
    parts: list[Any] = []
    for layer in network.layers:
        parts.append(torch.nn.Linear(layer.n_prev, layer.n, dtype=kind))
        if layer.activation != "linear":
            name, options = MODULES[layer.activation]
            if isinstance(layer.slope, Tensor):
                parts.append(torch.nn.PReLU(dtype=kind))
                continue
            more = {"negative_slope": float(layer.slope)} if layer.activation == "leaky_relu" else options
            parts.append(getattr(torch.nn, name)(**more))
    module = torch.nn.Sequential(*parts)
    module.load_state_dict({name: torch.from_numpy(np.array(x)) for name, x in torch_arrays(network).items()})
    check_module(torch, module, network, kind)
    return module


def check_module(torch: Any, module: Any, network: Any, kind: Any) -> None:
    """Raise RuntimeError where a module's prediction or gradients are not the network's."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(network.layers[0].n_prev, 5)).astype(network.layers[0].W.dtype)
    g = rng.normal(size=(network.layers[-1].n, 5)).astype(x.dtype)
    before = [(p, p.grad if p.has_grad else None) for p in network.parameters()]
    try:
        for p, _ in before:
            p.grad = None
        a = network(x)
        a.backward(g)
        want = [a.numpy().T, *(p.grad for p, _ in before)]
    finally:
        for p, grad in before:
            p.grad = grad
    found = module(torch.from_numpy(np.ascontiguousarray(x.T)))
    found.backward(torch.from_numpy(np.ascontiguousarray(g.T)))
    got = [found.detach().numpy(), *(p.grad.numpy() for p in module.parameters())]
    module.zero_grad()
    error = 1e-9 if kind == torch.float64 else 1e-3
    for one, other in zip(got, want, strict=True):
        if not np.allclose(one.ravel(), np.ravel(other), rtol=error, atol=error):
            raise RuntimeError(
                "a module of these layers does not give what the network gives: is a method written anew?"
            )
