"""A network as a module of PyTorch, and as a file that PyTorch loads: the same prediction, the same gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor
from microgradnn.nn import Network
from microgradnn.nn.activations import ACTIVATIONS
from microgradnn.nn.torch import MODULES, save_for_torch, to_torch

torch: Any = pytest.importorskip("torch")


def test_every_activation_is_known() -> None:
    assert {*MODULES, "linear"} == {*ACTIVATIONS}


@pytest.mark.parametrize("hidden", sorted({*ACTIVATIONS} - {"softmax"}))
@pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax"])
def test_a_module_predicts_the_same_and_has_the_same_gradients(hidden: str, output: str) -> None:
    network = Network([3, 4, 2], hidden=hidden, output=output, seed=1)
    X = 3 * np.random.default_rng(0).normal(size=(3, 6))
    X[:, 0] *= 30  # where activations are flat

    module = to_torch(network)

    found = module(torch.from_numpy(X.T.copy()))
    np.testing.assert_allclose(found.detach().numpy().T, network(X).numpy(), rtol=1e-9, atol=1e-12)
    found.sum().backward()
    network(X).sum().backward()
    for p, q in zip(network.parameters(), module.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.numpy().ravel(), p.grad.ravel(), rtol=1e-8, atol=1e-10)


def test_a_slope_that_is_learnt_and_single_precision_come_along() -> None:
    learnt = Network([3, 4, 1], hidden="leaky_relu", learn_slope=True, slope=0.2, seed=1)
    assert to_torch(learnt)[1].weight.item() == 0.2
    single = to_torch(Network([3, 4, 1], dtype="float32", seed=1))
    assert single[0].weight.dtype == torch.float32


def test_the_check_leaves_the_gradients_of_the_network() -> None:
    network = Network([2, 1], seed=0)
    network(np.ones((2, 1))).sum().backward()
    before = [p.grad.copy() for p in network.parameters()]
    to_torch(network)
    assert all(np.array_equal(p.grad, grad) for p, grad in zip(network.parameters(), before, strict=True))


def test_a_file_is_loaded_by_linear_layers(tmp_path: Path) -> None:
    load_file = pytest.importorskip("safetensors.torch").load_file
    network = Network([3, 4, 2], output="linear", seed=1)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).double()

    module.load_state_dict(load_file(save_for_torch(network, tmp_path / "network.safetensors")))

    X = np.random.default_rng(0).normal(size=(3, 5))
    found = module(torch.from_numpy(X.T.copy())).detach().numpy().T
    np.testing.assert_allclose(found, network(X).numpy(), rtol=1e-12, atol=1e-14)


class Doubled(Network):
    def __call__(self, X: Any, *, training: bool = False) -> Tensor:  # noqa: N803
        doubled: Tensor = 2 * super().__call__(X)
        return doubled


def test_a_network_whose_methods_are_written_anew_is_refused() -> None:
    with pytest.raises(RuntimeError, match="written anew"):
        Doubled([2, 1], seed=0).to_torch()
