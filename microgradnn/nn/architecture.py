"""A network as arrays and words, which files can hold, and back: what another of the same architecture is made from.

The words are believed only as far as they have been checked, and the arrays only where they fit them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.tensor import FLOATS, Array, Tensor
from ..errors import ModelFileError
from .activations import ACTIVATIONS
from .files import About
from .losses import LOSSES

if TYPE_CHECKING:
    from .network import Network


def describe(network: Network) -> About:
    """Return all of a network but its numbers: what makes another of the same architecture."""
    losses = [name for name, loss in LOSSES.items() if loss is network.loss]
    if not losses:
        raise ValueError(f"a file can name these losses: {', '.join(LOSSES)}; the network has one of its own")
    return {
        "sizes": [int(n) for n in network.n],
        "activations": network.activations,
        "loss": losses[0],
        "slopes": [None if isinstance(layer.slope, Tensor) else float(layer.slope) for layer in network.layers],
        "dropout": float(network.dropout),
        "dtype": str(network.layers[0].W.dtype),
    }


def numbers(network: Network) -> dict[str, Array]:
    """Return the parameters by their names: W1, b1, and so on."""
    return {p.name: p.numpy() for p in network.parameters()}


def rebuilt(kind: type[Network], arrays: Mapping[str, Array], architecture: Any, path: str | Path) -> Network:
    """Return the network of that architecture with those parameters; ModelFileError where they do not fit it."""
    try:
        form = check_architecture(architecture)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} describes no network that is known here: {error}") from None
    for name, shape in shapes(form).items():
        fits(path, name, shape, np.dtype(form["dtype"]), arrays.get(name))
    network = kind(
        form["sizes"],
        hidden=form["activations"][:-1],
        output=form["activations"][-1],
        loss=form["loss"],
        init="zeros",
        dropout=form["dropout"],
        dtype=form["dtype"],
    )
    for layer, slope in zip(network.layers, form["slopes"], strict=True):
        learnt = slope is None
        layer.slope = layer.parameter([[0.0]], f"slope{layer.number}", form["dtype"]) if learnt else slope
    for p in network.parameters():
        p.data = arrays[p.name]
    return network


def check_architecture(form: Any) -> About:
    """Return an architecture of which every part is what it should be; ValueError otherwise."""
    sizes, names, slopes = form["sizes"], form["activations"], form["slopes"]
    count = len(sizes) - 1
    if count < 1 or not all(type(n) is int and n >= 1 for n in sizes):
        raise ValueError(f"sizes {str(sizes)[:80]}")
    if len(names) != count or len(slopes) != count:
        raise ValueError(f"{count} layers, {len(names)} activations, {len(slopes)} slopes")
    for name, known in [*((name, ACTIVATIONS) for name in names), (form["loss"], LOSSES)]:
        if name not in known:
            raise ValueError(f"{str(name)[:80]!r} (known are {', '.join(known)})")
    for x in (*(slope for slope in slopes if slope is not None), form["dropout"]):
        if type(x) not in (int, float) or not np.isfinite(x):
            raise ValueError(f"{str(x)[:80]!r} is no number")
    if "softmax" in names[:-1] or not 0 <= form["dropout"] < 1:
        raise ValueError(f"softmax in a hidden layer, or dropout {form['dropout']}")
    if form["dtype"] not in [str(dtype) for dtype in FLOATS]:
        raise ValueError(f"dtype {str(form['dtype'])[:80]!r}")
    return dict(form)


def shapes(form: About) -> dict[str, tuple[int, int]]:
    """Return the shapes of the parameters by their names."""
    found: dict[str, tuple[int, int]] = {}
    for i, (n_prev, n) in enumerate(zip(form["sizes"], form["sizes"][1:], strict=False), start=1):
        found |= {f"W{i}": (n, n_prev), f"b{i}": (n, 1)}
        if form["slopes"][i - 1] is None:
            found[f"slope{i}"] = (1, 1)
    return found


def fits(path: str | Path, name: str, shape: tuple[int, ...], dtype: Any, array: Array | None) -> None:
    """Raise ModelFileError unless an array of a file is there, has that shape and dtype, and is finite."""
    if array is None:
        raise ModelFileError(f"{path} has no {name}, which its network of that architecture needs")
    if array.shape != shape or array.dtype != dtype:
        given = f"{array.dtype} {array.shape}"
        raise ModelFileError(f"{path}: {name} is {given}, and the architecture that it names has {dtype} {shape}")
    if not np.isfinite(array).all():
        raise ModelFileError(f"{path}: {name} has numbers that are not finite")
