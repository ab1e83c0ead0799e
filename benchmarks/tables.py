"""A table read, and `fit` beside the steps of its program and beside PyTorch's: `tables.py [--quick]`.

One thread, all in one run. A table of 100,000 lines and 30 columns, beside `np.loadtxt`. Then 784-128-10, float32,
30,000 examples that lie in one piece, batches of 64, three passes; and the memory that `fit` takes at its peak.
"""

# ruff: noqa: N803, N806 (X and Y are the notes' names)
from __future__ import annotations

import os
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy as np

from microgradnn.data import read_table
from microgradnn.nn import Network
from microgradnn.nn.replayed import Replayed

Array = Any
BATCH = 64


def seconds(work: Callable[[], Any]) -> float:
    """The least of three times."""
    times = []
    for _ in range(3):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return min(times)


def table(m: int) -> None:
    """read_table beside np.loadtxt."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        names = ",".join([*(f"x{i}" for i in range(30)), "y"])
        rows = np.column_stack([rng.normal(size=(m, 30)), rng.integers(0, 2, m)])
        np.savetxt(path, rows, delimiter=",", header=names, comments="", fmt=["%.6g"] * 30 + ["%d"])
        ours = seconds(lambda: read_table(path, "y"))
        theirs = seconds(lambda: np.loadtxt(path, delimiter=",", skiprows=1))
    print(
        f"a table of {m:,} lines, 31 columns: read_table {ours:.2f} s, np.loadtxt {theirs:.2f} s: {ours / theirs:.2f} ×"
    )


def torch_seconds(X: Array, Y: Array, passes: int) -> float | None:
    """The same training in PyTorch, eagerly; None without it."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    rows, labels = torch.from_numpy(X.T), torch.from_numpy(Y.argmax(axis=0))
    net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    descent, loss = torch.optim.SGD(net.parameters(), lr=0.01), torch.nn.CrossEntropyLoss()

    def train() -> None:
        for _ in range(passes):
            order = torch.randperm(len(rows))
            for i in range(0, len(rows), BATCH):
                chosen = order[i : i + BATCH]
                descent.zero_grad()
                loss(net(rows[chosen]), labels[chosen]).backward()
                descent.step()

    return seconds(train)


def training(m: int, passes: int) -> None:
    """Network.fit beside its program's steps alone and beside PyTorch, and its peak of memory."""
    rng = np.random.default_rng(0)
    X = rng.random((m, 784), dtype=np.float32).T
    Y = np.zeros((10, m), np.float32)
    Y[rng.integers(0, 10, m), np.arange(m)] = 1
    network = Network([784, 128, 10], output="softmax", seed=0, dtype="float32")
    options: dict[str, Any] = {"learning_rate": 0.01, "batch_size": BATCH, "seed": 0}
    steps = passes * -(-m // BATCH)
    program = Replayed(network, l2=0.0)
    batch = [np.ascontiguousarray(part[:, :BATCH]) for part in (X, Y)]
    parameters = [p.data for p in network.parameters()]

    def alone() -> None:
        for _ in range(steps):
            program(parameters, *batch)

    fit, replay = seconds(lambda: network.fit(X, Y, iterations=steps, **options)), seconds(alone)
    torch = torch_seconds(X, Y, passes)
    print(f"fit, {m:,} examples, {passes} passes: {fit:.2f} s")
    print(f"  its program's steps {replay:.2f} s: {fit / replay:.2f} ×")
    if torch is not None:
        print(f"  PyTorch, eager {torch:.2f} s: {fit / torch:.2f} ×")
    for name, given in (("in one piece", X), ("by rows of X", np.ascontiguousarray(X))):
        tracemalloc.start()
        network.fit(given, Y, iterations=steps // passes, **options)
        print(f"peak of memory above X, examples {name}: {tracemalloc.get_traced_memory()[1] / X.nbytes:.2f} × X")
        tracemalloc.stop()


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    table(2_000 if quick else 100_000)
    training(640 if quick else 30_000, 1 if quick else 3)
