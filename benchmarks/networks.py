"""One step of training of a dense network: ours through the eager graph, PyTorch's, one written by hand.

`networks.py [dense] [small] [memory] [--quick]`. One thread each. Examples are columns for us and by
hand, rows for PyTorch, as each has them. All begin with the same parameters and see the same data.
"""

from __future__ import annotations

import importlib
import os
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

# One thread each: libraries read it when they are loaded. The last two are JAX's.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["NPROC"] = os.environ["MICROGRADNN_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import numpy as np
from rounds import Bars, Parts, bar, medians, run_parts, tell, time_text

from microgradnn import Tensor, nn
from microgradnn.graph import topological

Array = Any
DENSE = (784, 128, 64, 10)
RATES = {"SGD": 0.01, "Adam": 0.001}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Task(NamedTuple):
    """What is trained: `sizes` [n_x, …, n_L], ReLU between, on m = `examples`."""

    sizes: tuple[int, ...]
    examples: int
    optimiser: str = "SGD"
    dtype: str = "float32"

    @property
    def output(self) -> str:
        """The output unit; the loss is its cross-entropy."""
        return "softmax" if self.sizes[-1] > 1 else "sigmoid"

    def network(self) -> nn.Network:
        """Return the network that training starts from."""
        return nn.Network(self.sizes, output=self.output, dtype=self.dtype, seed=0)

    def start(self) -> list[Array]:
        """Return W1, b1, W2, … as training starts from them."""
        return [p.numpy() for p in self.network().parameters()]

    def data(self) -> tuple[Array, Array]:
        """Return X (n_x, m) and Y (n_L, m)."""
        rng = np.random.default_rng(1)
        n, m = self.sizes[-1], self.examples
        x = rng.standard_normal((self.sizes[0], m)).astype(self.dtype)
        y = np.eye(n)[:, rng.integers(0, n, m)] if n > 1 else rng.integers(0, 2, (1, m))
        return x, y.astype(self.dtype)


class Contestant:
    """One way to take the step."""

    name = "?"

    def step(self) -> Any:
        """Take one step of training."""
        raise NotImplementedError

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, … as they are now."""
        raise NotImplementedError


class Eager(Contestant):
    """The graph is built, swept and forgotten in every step."""

    name = "microgradnn, Tensor graph"

    def __init__(self, task: Task) -> None:
        self.network = task.network()
        optimiser = nn.GradientDescent if task.optimiser == "SGD" else nn.Adam
        self.optimiser = optimiser(self.network.parameters(), RATES[task.optimiser])
        self.x, self.y = (Tensor(array, kind="constant", dtype=task.dtype) for array in task.data())

    def step(self) -> Any:
        self.optimiser.zero_grad()
        cost = self.network.cost(self.x, self.y)
        cost.backward()
        self.optimiser.step()
        return cost

    def parameters(self) -> list[Array]:
        return [p.numpy() for p in self.network.parameters()]


class Update:
    """How parameters follow their gradients, by hand: gradient descent, or Adam."""

    def __init__(self, task: Task, parameters: list[Array]) -> None:
        self.rate, self.adam, self.t = RATES[task.optimiser], task.optimiser == "Adam", 0
        self.moments = [(p, np.zeros_like(p), np.zeros_like(p)) for p in parameters]

    def __call__(self, gradients: list[Array]) -> None:
        """Change the parameters, in place."""
        if not self.adam:
            for (p, _, _), g in zip(self.moments, gradients, strict=True):
                p -= self.rate * g
            return
        self.t += 1
        rate, root = self.rate / (1 - BETA1**self.t), (1 - BETA2**self.t) ** 0.5
        for (p, v, s), g in zip(self.moments, gradients, strict=True):
            v *= BETA1
            v += (1 - BETA1) * g
            s *= BETA2
            s += (1 - BETA2) * g * g
            p -= rate * v / (np.sqrt(s) / root + EPSILON)


class ByHand(Contestant):
    """What a person writes with NumPy, after the notes."""

    name = "NumPy by hand"

    def __init__(self, task: Task) -> None:
        self.task, self.start = task, task.start()
        self.weights, self.biases = self.start[::2], self.start[1::2]
        self.x, self.y = task.data()
        self.update = Update(task, self.start)

    def step(self) -> float:
        a, y, m = [self.x], self.y, self.task.examples
        last = len(self.weights) - 1
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = w @ a[i] + b
            if i < last:
                a.append(np.maximum(z, 0))
        if self.task.output == "softmax":
            z = z - z.max(axis=0)
            e = np.exp(z)
            total = e.sum(axis=0)
            cost = float((np.log(total) - (z * y).sum(axis=0)).mean())
            dz = (e / total - y) / m
        else:
            cost = float(np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))
            dz = (1 / (1 + np.exp(-z)) - y) / m
        gradients: list[Array] = []
        for i in reversed(range(last + 1)):
            gradients[:0] = [dz @ a[i].T, dz.sum(axis=1, keepdims=True)]
            if i:
                dz = (self.weights[i].T @ dz) * (a[i] > 0)
        self.update(gradients)
        return cost

    def parameters(self) -> list[Array]:
        return self.start


class Products(Contestant):
    """The matrix products of the step and nothing else: what no step can be quicker than."""

    name = "the bare matrix products"

    def __init__(self, task: Task) -> None:
        self.weights = task.start()[::2]
        x, _ = task.data()
        self.a = [x, *(w @ np.ones((w.shape[1], task.examples), w.dtype) for w in self.weights)]
        self.dz = [np.ones_like(a) for a in self.a[1:]]

    def step(self) -> None:
        for i, (w, dz) in enumerate(zip(self.weights, self.dz, strict=True)):
            w @ self.a[i]
            dz @ self.a[i].T
            if i:
                w.T @ dz


class PyTorch(Contestant):
    """PyTorch as its users write it."""

    name = "PyTorch, eager"

    def __init__(self, task: Task) -> None:
        self.torch = torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        dtype = getattr(torch, task.dtype)
        layers: list[Any] = []
        for w, b in zip(task.start()[::2], task.start()[1::2], strict=True):
            linear = torch.nn.Linear(w.shape[1], w.shape[0], dtype=dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w))
                linear.bias.copy_(torch.from_numpy(b[:, 0]))
            layers += [linear, torch.nn.ReLU()]
        self.network = torch.nn.Sequential(*layers[:-1])
        optimiser = torch.optim.SGD if task.optimiser == "SGD" else torch.optim.Adam
        self.optimiser = optimiser(self.network.parameters(), lr=RATES[task.optimiser])
        x, y = task.data()
        self.x = torch.from_numpy(x.T.copy())
        softmax = task.output == "softmax"
        self.y = torch.from_numpy(y.argmax(axis=0) if softmax else y.T.copy())
        self.loss = torch.nn.CrossEntropyLoss() if softmax else torch.nn.BCEWithLogitsLoss()

    def step(self) -> Any:
        self.optimiser.zero_grad()
        cost = self.loss(self.network(self.x), self.y)
        cost.backward()
        self.optimiser.step()
        return cost

    def parameters(self) -> list[Array]:
        found = [p.detach().numpy() for p in self.network.parameters()]
        return [p.reshape(-1, 1) if p.ndim == 1 else p for p in found]


CONTESTANTS: tuple[type[Any], ...] = (Eager, PyTorch, ByHand, Products)


def entered(kinds: Sequence[type[Any]], *task: Any) -> dict[str, Any]:
    """Return the contestants, ready, by name; those whose package or compiler is missing are left out."""
    found = {}
    for kind in kinds:
        try:
            one = kind(*task)
        except (ImportError, FileNotFoundError) as error:
            tell(f"left out: {kind.__name__}, {error}")
        else:
            found[one.name] = one
    return found


def rows(task: Task, what: str, rounds: int, bars: Bars, wanted: float) -> Iterator[str]:
    """Measure one task; the rows of its table."""
    tell(f"{what}, {rounds} rounds")
    times = medians({name: one.step for name, one in entered(CONTESTANTS, task).items()}, rounds)
    bare, theirs = times[Products.name], times.get(PyTorch.name, float("nan"))
    for name, seconds in times.items():
        yield f"| {what} | {name} | {time_text(seconds)} | {seconds / bare:.2f} | {theirs / seconds:.2f} |"
    if PyTorch.name in times:
        bars.append(bar(f"{what}, Tensor graph", theirs / times[Eager.name], wanted, "times as fast as PyTorch"))


HEAD = ("| task | engine | one step | ÷ bare products | × PyTorch |", "|---|---|---:|---:|---:|")


def dense(quick: bool, bars: Bars) -> Iterator[str]:
    """The large network: float32, batches of 64 and of 1024."""
    sizes, batches, rounds = ((20, 8, 4), (8,), 3) if quick else (DENSE, (64, 1024), 60)
    yield from HEAD
    for m in batches:
        for optimiser in RATES:
            what = f"{'-'.join(map(str, sizes))}, batch {m}, {optimiser}"
            yield from rows(Task(sizes, m, optimiser), what, rounds, bars, 1.0)


def small(quick: bool, bars: Bars) -> Iterator[str]:
    """The notes' network, where what counts is what an operation costs beside its arithmetic."""
    yield from HEAD
    for m in (1, 400):
        yield from rows(Task((2, 3, 1), m, dtype="float64"), f"2-3-1, batch {m}", 3 if quick else 60, bars, 2.0)


def graph_size(task: Task) -> tuple[int, int, int]:
    """Return how many nodes the graph of a step has, its bytes after the sweep, and those of the nodes' own arrays."""
    one = Eager(task)
    one.step()
    tracemalloc.start()
    cost = one.network.cost(one.x, one.y)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    made = [node for node in topological(cost) if node.op is not None]
    return len(made), held, sum(node.numpy().nbytes for node in made)


def memory(quick: bool, bars: Bars) -> Iterator[str]:
    """Bytes of the graph of one step before its backward pass."""
    yield "| task | nodes | bytes | of them numbers | others, per node |"
    yield "|---|---:|---:|---:|---:|"
    for task in (Task((2, 3, 1), 1, dtype="float64"), Task(DENSE, 64)):
        nodes, held, numbers = graph_size(task)
        what = f"{'-'.join(map(str, task.sizes))}, batch {task.examples}"
        yield f"| {what} | {nodes} | {held:,} | {numbers:,} | {(held - numbers) / nodes:,.0f} |"


PARTS: Parts = {
    "dense": ("A dense network: one step of training through the Tensor graph, float32, one thread", dense),
    "small": ("The 2-3-1 network: one step of training through the Tensor graph, float64", small),
    "memory": ("Memory of a Tensor graph, by tracemalloc, before the backward pass", memory),
}

if __name__ == "__main__":
    run_parts(PARTS, str(__doc__))
