"""Compiled programs, replayed: against what a person would write, and against other compilers.

`programs.py [demo] [random] [batch] [small] [dense] [--quick]`. One thread each, float64 but for `dense`.
Every backend that there is takes part; CasADi and JAX where they are installed.
"""

from __future__ import annotations

import ctypes
import importlib
import math
import random
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import networks  # before NumPy: it says that there is one thread
import numpy as np
from engines import Casadi, Engine, Micrograd, Microgradnn
from graphs import LEAVES, Step, built, ends, plan
from networks import DENSE, RATES, Array, ByHand, Contestant, Products, PyTorch, Task, Update, entered
from rounds import Bars, Parts, bar, medians, run_parts, tell, time_text
from straight import graph_function, graph_in_c, margin_function
from training import Training, moons

import microgradnn
from microgradnn import Value
from microgradnn.nn import MLP
from microgradnn.programs.backends import BACKENDS, Backend
from microgradnn.programs.native.program import NativeProgram

NAN = float("nan")
OURS = "microgradnn, compiled, "  # and the backend
DECAY, RATE = 1e-4, 0.1  # of micrograd's demo
SIZES = (2, 16, 16, 1)
REACH = {"native": 0.2, "native, optimized": 0.12}  # × CasADi through buffers
LONGEST = 3000  # nodes of a graph that is written out line by line; more are for machine code


class Timed:
    """`with Timed() as took: …`, then `took.seconds`, by the clock on the wall: compilers are other processes."""

    def __enter__(self) -> Timed:
        self.begun = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.begun


def each_backend(kind: type[Any], *task: Any, without: Sequence[str] = ()) -> dict[str, Any]:
    """Return a contestant for every backend that there is, by name."""
    found: dict[str, Any] = {}
    for backend in BACKENDS:
        if backend not in without:
            found |= entered((kind,), *task, backend)
    return found


def jax() -> Any:
    """Return JAX, with float64 allowed."""
    found = importlib.import_module("jax")
    found.config.update("jax_enable_x64", True)
    return found


# --- micrograd's demo -------------------------------------------------------------------------


def points(m: int) -> tuple[Array, Array]:
    """Return the first m points of the demo, (m, 2), and their labels; more than its hundred are drawn anew."""
    x, y = moons(max(m, 100))
    return x[:m], y[:m].astype(float)


def start() -> list[float]:
    """Return the 337 parameters that the demo starts from, neuron by neuron."""
    random.seed(1337)
    return [p.data for p in MLP(2, SIZES[1:]).parameters()]


class Demo(Contestant):
    """A step of micrograd's demo on m points, as each way of taking it has it."""

    start_up = 0.0
    most = 10**9  # points that it is asked for

    def __init__(self, m: int) -> None:
        self.p: Any = start()
        self.x, self.y = points(m)

    def parameters(self) -> list[float]:
        return list(self.p)


class Compiled(Demo):
    """The graph of one example, compiled; many are the arrays of their features. Each by its quickest way."""

    def __init__(self, m: int, backend: Backend) -> None:
        super().__init__(m)
        self.name = f"{OURS}{backend}"
        random.seed(1337)
        network = MLP(2, SIZES[1:])
        parameters = network.parameters()
        x, y = [Value(1.0, "x1"), Value(1.0, "x2")], Value(1.0, "y")
        loss = (1 - y * network(x)).relu() + DECAY * sum(p * p for p in parameters)
        with Timed() as took:
            self.program = microgradnn.compile(
                loss, parameters, inputs=[*parameters, *x, y], backend=backend, reduce="mean"
            )
        self.start_up = took.seconds
        data = [*self.x.T, self.y]
        self.data = [float(one[0]) for one in data] if m == 1 else [np.ascontiguousarray(one) for one in data]
        if isinstance(self.program, NativeProgram):
            n = len(self.p)
            batch = self.program.buffers("x1", "x2", "y", examples=m)
            batch.inputs[:n] = self.p
            batch.examples[:] = [np.atleast_1d(one) for one in self.data]
            self.p, self.batch = batch.inputs[:n], batch
            self.step = self.buffered  # type: ignore[method-assign]
        elif backend == "python":
            self.step = self.bare  # type: ignore[method-assign]

    def step(self) -> Any:
        value, gradients = self.program(*self.p, *self.data)
        self.p = [p - RATE * g for p, g in zip(self.p, gradients.values(), strict=True)]
        return value

    def bare(self) -> Any:
        value, self.p = self.program.step(*self.p, *self.data, RATE)
        return value

    def buffered(self) -> Any:
        self.batch()
        self.p -= RATE * self.batch.gradients
        return self.batch.values.mean()


class Graph(Demo):
    """The demo as it is, with one engine's own network."""

    engine = "microgradnn"
    name = "microgradnn, Value graph"
    most = 100

    def __init__(self, m: int) -> None:
        self.training = Training(self.engine, m)
        self.step = self.training.step  # type: ignore[method-assign]

    def parameters(self) -> list[float]:
        return [p.data for p in self.training.model.parameters()]


class Peer(Graph):
    engine = name = "micrograd"


class Floats(Demo):
    name = "plain floats, straight-line"
    most = 1

    def __init__(self, m: int) -> None:
        super().__init__(m)
        with Timed() as took:
            self.function = margin_function(SIZES, DECAY)
        self.start_up = took.seconds
        self.example = self.x[0].tolist(), float(self.y[0])

    def step(self) -> float:
        loss, gradients = self.function(self.p, *self.example)
        self.p = [p - RATE * g for p, g in zip(self.p, gradients, strict=True)]
        return float(loss)


def folded(p: Any, np: Any) -> list[Any]:
    """Return W1, b1, W2, … made from the parameters neuron by neuron, which `np`, NumPy or JAX, has as one array."""
    result, at = [], 0
    for n_in, n in pairwise(SIZES):
        rows = p[at : at + n * (n_in + 1)].reshape(n, n_in + 1)
        at += n * (n_in + 1)
        result += [rows[:, :-1], rows[:, -1:]]
    return result


class Vectorised(Demo):
    """The demo by hand: matrix products over the examples, parameters and gradients each in one array."""

    name = "NumPy by hand, vectorised"

    def __init__(self, m: int) -> None:
        super().__init__(m)
        self.p = np.array(self.p)
        self.gradient = np.empty_like(self.p)
        self.theta, self.slopes = folded(self.p, np), folded(self.gradient, np)
        self.x, self.y = np.ascontiguousarray(self.x.T), self.y[None, :]

    def step(self) -> float:
        w1, b1, w2, b2, w3, b3 = self.theta
        dw1, db1, dw2, db2, dw3, db3 = self.slopes
        m = self.y.shape[1]
        a1 = np.maximum(w1 @ self.x + b1, 0)
        a2 = np.maximum(w2 @ a1 + b2, 0)
        margin = 1 - self.y * (w3 @ a2 + b3)
        loss = np.maximum(margin, 0).sum() / m + DECAY * (self.p @ self.p)
        dz3 = np.where(margin > 0, self.y, 0) * (-1 / m)
        dw3[:], db3[:, 0] = dz3 @ a2.T, dz3.sum(axis=1)
        dz2 = (w3.T @ dz3) * (a2 > 0)
        dw2[:], db2[:, 0] = dz2 @ a1.T, dz2.sum(axis=1)
        dz1 = (w2.T @ dz2) * (a1 > 0)
        dw1[:], db1[:, 0] = dz1 @ self.x.T, dz1.sum(axis=1)
        self.gradient += 2 * DECAY * self.p
        self.p -= RATE * self.gradient
        return float(loss)


class JaxDemo(Demo):
    name = "JAX, jit"

    def __init__(self, m: int) -> None:
        super().__init__(m)
        engine = jax()
        jnp = engine.numpy

        def loss(p: Any, x: Any, y: Any) -> Any:
            w1, b1, w2, b2, w3, b3 = folded(p, jnp)
            a2 = jnp.maximum(w2 @ jnp.maximum(w1 @ x + b1, 0) + b2, 0)
            return jnp.maximum(1 - y * (w3 @ a2 + b3), 0).mean() + DECAY * (p @ p)

        def step(p: Any, x: Any, y: Any) -> Any:
            value, gradient = engine.value_and_grad(loss)(p, x, y)
            return value, p - RATE * gradient

        self.p = jnp.array(self.p)
        self.data = jnp.array(self.x.T), jnp.array(self.y[None, :])
        with Timed() as took:
            self.function = engine.jit(step).lower(self.p, *self.data).compile()
        self.start_up = took.seconds

    def step(self) -> float:
        value, self.p = self.function(self.p, *self.data)
        self.p.block_until_ready()
        return float(value)


class CasadiDemo(Demo):
    """One example: CasADi's own SX graph, its function called through buffers, which is its quickest way."""

    name = "CasADi SX, buffers"
    most = 1

    def __init__(self, m: int) -> None:
        super().__init__(m)
        casadi = importlib.import_module("casadi")
        with Timed() as took:
            p, x, y = casadi.SX.sym("p", len(self.p)), casadi.SX.sym("x", 2), casadi.SX.sym("y")
            at, a = 0, [x[0], x[1]]
            for k, n in enumerate(SIZES[1:]):
                rows: list[Any] = []
                for _ in range(n):
                    z = sum((p[at + i] * one for i, one in enumerate(a)), start=p[at + len(a)])
                    rows.append(z if k == len(SIZES) - 2 else casadi.fmax(z, 0))
                    at += len(a) + 1
                a = rows
            loss = casadi.fmax(1 - y * a[0], 0) + DECAY * casadi.sumsqr(p)
            function = casadi.Function("f", [p, x, y], [loss, casadi.densify(casadi.gradient(loss, p))])
        self.start_up = took.seconds
        self.p = np.array(self.p)
        self.value, self.gradient = np.zeros(1), np.zeros(len(self.p))
        self.kept, self.evaluate = buffered(
            function, [self.p, np.array(self.x[0]), self.y.copy()], [self.value, self.gradient]
        )

    def step(self) -> float:
        self.evaluate()
        self.p -= RATE * self.gradient
        return float(self.value[0])


def buffered(function: Any, given: list[Array], results: list[Array]) -> tuple[Any, Any]:
    """Return what has to be kept alive, and what evaluates a CasADi function from and to these arrays."""
    buffer, evaluate = function.buffer()
    for i, array in enumerate(given):
        buffer.set_arg(i, memoryview(array))
    for i, array in enumerate(results):
        buffer.set_res(i, memoryview(array))
    return (buffer, given, results), evaluate  # it knows where their numbers are, and holds nothing


DEMOS: tuple[type[Any], ...] = (Graph, Peer, Floats, Vectorised, JaxDemo, CasadiDemo)


def demos(m: int) -> dict[str, Any]:
    """Return the ways to take the demo's step on m examples, by name; plain floats are for one example."""
    ours = each_backend(Compiled, m, without=() if m == 1 else ("python",))
    return ours | entered([kind for kind in DEMOS if kind.most >= m], m)


def demo(quick: bool, bars: Bars) -> Iterator[str]:
    """Measure the demo for one example, a hundred, and many."""
    yield "| examples | engine | one step | ÷ NumPy by hand | × micrograd | start-up |"
    yield "|---:|---|---:|---:|---:|---:|"
    for m, rounds in ({1: 1, 5: 1} if quick else {1: 30, 100: 7, 100_000: 3}).items():
        tell(f"demo network, {m:,} examples, {rounds} rounds")
        entries = demos(m)
        times = medians({name: one.step for name, one in entries.items()}, rounds)
        theirs, by_hand = times.get(Peer.name, NAN), times[Vectorised.name]
        for name, seconds in times.items():
            ratios = (
                f"{seconds / by_hand:.2f} | {theirs / seconds:,.1f}"
                if m <= Peer.most
                else f"{seconds / by_hand:.2f} | "
            )
            yield f"| {m:,} | {name} | {time_text(seconds)} | {ratios} | {started(entries[name])} |"
        if m == 1 and Floats.name in times:
            ratio = times[f"{OURS}python"] / times[Floats.name]
            bars.append(bar("demo network, one example, `python`", ratio, 1.3, "× straight-line floats", at_most=True))
        if 1 < m <= Peer.most and Peer.name in times:
            for backend, seconds in compiled(times).items():
                what, reach = f"demo network, {m} examples, `{backend}`", 1000.0 if backend == "numpy" else 4000.0
                bars.append(bar(what, theirs / seconds, reach, "times as fast as micrograd"))
                if backend != "numpy":
                    bars.append(bar(what, seconds / by_hand, 2.0, "× vectorised by hand", at_most=True))


def compiled(times: Mapping[str, float]) -> dict[str, float]:
    """Return the times of our programs, by backend."""
    return {name.removeprefix(OURS): seconds for name, seconds in times.items() if name.startswith(OURS)}


def started(one: Any) -> str:
    """Tell what it took to make one."""
    seconds = getattr(one, "start_up", 0.0)
    return time_text(seconds) if seconds else ""


# --- random graphs ----------------------------------------------------------------------------


class Replay:
    """The value of a random graph and its gradients: `run` gives (value, [gradients])."""

    start_up = 0.0

    def run(self) -> tuple[Any, Any]:
        raise NotImplementedError


class CompiledGraph(Replay):
    def __init__(self, steps: list[Step], leaves: list[Any], backend: Backend, **options: Any) -> None:
        self.name = f"{OURS}{backend}"
        nodes = [Value(x, f"x{i}") for i, x in enumerate(LEAVES)]
        root = built(Microgradnn(), steps, ends(steps), nodes)
        with Timed() as took:
            self.program = microgradnn.compile(root, nodes, inputs=nodes, backend=backend, **options)
        self.start_up, self.leaves = took.seconds, leaves
        if isinstance(self.program, NativeProgram) and isinstance(leaves[0], float):
            self.buffers = self.program.buffers()
            self.buffers.inputs[:] = leaves
            self.run = self.buffered  # type: ignore[method-assign]

    def run(self) -> tuple[Any, Any]:
        value, gradients = self.program(*self.leaves)
        return value, list(gradients.values())

    def buffered(self) -> tuple[Any, Any]:
        return self.buffers(), self.buffers.gradients


class Straight(Replay):
    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        kind = "floats" if isinstance(leaves[0], float) else "arrays"
        self.name = {"floats": "plain floats, straight-line", "arrays": "NumPy, straight-line"}[kind]
        with Timed() as took:
            self.function = graph_function(steps, kind)
        self.start_up, self.leaves = took.seconds, leaves

    def run(self) -> tuple[Any, Any]:
        value, gradients = self.function(*self.leaves)
        return value, gradients


class Ours(Replay):
    """A graph built and swept each time."""

    kind: type[Engine] = Microgradnn

    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        self.engine = self.kind()
        self.name = f"{self.engine.name}, graph"
        self.steps, self.last, self.leaves = steps, ends(steps), leaves

    def run(self) -> tuple[Any, Any]:
        leaves = [self.engine.leaf(x) for x in self.leaves]
        root = built(self.engine, self.steps, self.last, leaves)
        self.engine.sweep(root)
        return self.engine.value(root), [self.engine.gradient(leaf) for leaf in leaves]


class Theirs(Ours):
    kind = Micrograd


class OptimizedGraph(CompiledGraph):
    """Machine code whose registers and order are chosen with care."""

    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        super().__init__(steps, leaves, "native", optimize=True)
        self.name += ", optimized"


class StraightC(Replay):
    """Straight-line C by hand, between the same arrays."""

    name = "C, straight-line, -O1"

    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        self.x, self.g = np.array(leaves), np.zeros(len(leaves))
        with tempfile.TemporaryDirectory() as folder:
            source, library = Path(folder) / "f.c", Path(folder) / "f.so"
            source.write_text(graph_in_c(steps), encoding="utf-8")
            with Timed() as took:
                command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-lm"]
                subprocess.run(command, check=True)
            self.start_up = took.seconds
            found = ctypes.CDLL(str(library)).f
        self.function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p)(
            ctypes.cast(found, ctypes.c_void_p).value or 0
        )
        self.kept, self.places = found, (self.x.ctypes.data, self.g.ctypes.data)

    def run(self) -> tuple[Any, Any]:
        return self.function(*self.places), self.g


class CasadiGraph(Replay):
    name = "CasADi SX, called"

    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        engine = Casadi()
        with Timed() as took:
            xs = engine.casadi.SX.sym("x", len(leaves))
            root = built(engine, steps, ends(steps), [xs[i] for i in range(len(leaves))])
            self.function = engine.casadi.Function("f", [xs], [root, engine.casadi.gradient(root, xs)])
        self.start_up, self.leaves = took.seconds, leaves

    def run(self) -> tuple[Any, Any]:
        value, gradients = self.function(self.leaves)
        return float(value), gradients.full().ravel()


class CasadiBuffers(CasadiGraph):
    name = "CasADi SX, buffers"

    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        super().__init__(steps, leaves)
        self.value, self.gradients = np.zeros(1), np.zeros(len(leaves))
        self.kept, self.evaluate = buffered(self.function, [np.array(leaves)], [self.value, self.gradients])

    def run(self) -> tuple[Any, Any]:
        self.evaluate()
        return self.value[0], self.gradients


class JaxGraph(Replay):
    """JAX's jit of the plan, over a batch with vmap."""

    name = "JAX, jit"
    most = 1000  # minutes beyond

    def __init__(self, steps: list[Step], leaves: list[Any]) -> None:
        engine = jax()
        np = engine.numpy
        plain = Engine()
        plain.functions = (*plain.functions[:5], np.tanh, np.exp, lambda x: np.maximum(x, 0.0))
        last, n = ends(steps), len(leaves)
        function = engine.value_and_grad(lambda xs: built(plain, steps, last, [xs[i] for i in range(n)]))
        self.leaves = np.array(leaves)
        if self.leaves.ndim > 1:
            function = engine.vmap(function, in_axes=1, out_axes=(0, 1))
        with Timed() as took:
            self.function = engine.jit(function).lower(self.leaves).compile()
        self.start_up = took.seconds

    def run(self) -> tuple[Any, Any]:
        value, gradients = self.function(self.leaves)
        return value.block_until_ready(), gradients


def replays(size: int, m: int = 1) -> dict[str, Any]:
    """Return the ways to replay a random graph, for m examples, by name; the batch is one point m times."""
    steps = plan(size)
    leaves: list[Any] = [np.full(m, x) for x in LEAVES] if m > 1 else list(LEAVES)
    kinds: list[type[Any]] = [Straight]
    if size <= JaxGraph.most:
        kinds.append(JaxGraph)
    if m == 1:
        kinds += [CasadiGraph, CasadiBuffers, Ours, Theirs, OptimizedGraph, StraightC]
    without: Sequence[str] = () if m == 1 else ("python",)
    if size > LONGEST:
        without, kinds = ("numpy", "python"), [CasadiBuffers, Ours, OptimizedGraph]
    return each_backend(CompiledGraph, steps, leaves, without=without) | entered(kinds, steps, leaves)


def random_graphs(quick: bool, bars: Bars) -> Iterator[str]:
    """Measure random graphs at one point: nanoseconds per node, for the value and the whole gradient."""
    yield "| nodes | engine | per node | ÷ straight-line | start-up |"
    yield "|---:|---|---:|---:|---:|"
    for size in (50,) if quick else (300, 3000, 10_000, 100_000):
        tell(f"random graph of {size:,} operations, replayed")
        entries = replays(size)
        times = medians({name: one.run for name, one in entries.items()}, 3 if quick or size > LONGEST else 30)
        line = times.get("plain floats, straight-line", NAN)
        for name, seconds in times.items():
            each = f"{1e9 * seconds / size:,.1f} ns"
            yield f"| {size:,} | {name} | {each} | {seconds / line:.2f} | {started(entries[name])} |"
        ratio = times.get(f"{OURS}python", NAN) / line
        what = f"random graph of {size:,} nodes"
        if size <= LONGEST:
            bars.append(bar(f"{what}, `python`", ratio, 1.3, "× straight-line floats", at_most=True))
        if CasadiBuffers.name in times:
            for backend, seconds in compiled(times).items():
                if backend in REACH:
                    ratio = seconds / times[CasadiBuffers.name]
                    reach = REACH[backend]
                    bars.append(bar(f"{what}, `{backend}`", ratio, reach, "× CasADi through buffers", at_most=True))
        if StraightC.name in times and f"{OURS}native, optimized" in times:
            ratio = times[f"{OURS}native, optimized"] / times[StraightC.name]
            bars.append(bar(f"{what}, `native, optimized`", ratio, 1.3, "× straight-line C", at_most=True))
        if f"{OURS}native" in entries:
            each = 1e3 * entries[f"{OURS}native"].start_up / size
            bars.append(bar(f"{what}, `native`, start-up", each, 0.1, "ms a node", at_most=True))


def batches(quick: bool, bars: Bars) -> Iterator[str]:
    """Measure random graphs over a batch: nanoseconds per node and example."""
    yield "| nodes | examples | engine | per node and example | ÷ straight-line | start-up |"
    yield "|---:|---:|---|---:|---:|---:|"
    for size in (50,) if quick else (300, 3000):
        for m in (10,) if quick else (100, 1000):
            tell(f"random graph of {size:,} operations, {m:,} examples")
            entries = replays(size, m)
            times = medians({name: one.run for name, one in entries.items()}, 3 if quick else 15)
            line = times["NumPy, straight-line"]
            for name, seconds in times.items():
                each = f"{1e9 * seconds / size / m:,.2f} ns"
                yield f"| {size:,} | {m:,} | {name} | {each} | {seconds / line:.2f} | {started(entries[name])} |"
            what = f"random graph of {size:,} nodes, {m:,} examples"
            ours = compiled(times)
            bars.append(bar(f"{what}, `numpy`", ours["numpy"] / line, 1.1, "× straight-line NumPy", at_most=True))
            if "native" in ours:
                bars.append(bar(f"{what}, `native`", 1e9 * ours["native"] / size / m, 1.2, "ns", at_most=True))
            if JaxGraph.name in times:
                if "native" in ours:
                    ratio = ours["native"] / times[JaxGraph.name]
                    bars.append(bar(f"{what}, `native`", ratio, 0.5, "× JAX vmap", at_most=True))


# --- dense networks ---------------------------------------------------------------------------


class CompiledStep(Contestant):
    """The step of a network of Tensors: its program, and the parameters changed as by hand."""

    name = f"{OURS}numpy"

    def __init__(self, task: Task) -> None:
        network = task.network()
        self.p = task.start()
        self.x, self.y = task.data()
        x, y = microgradnn.Tensor(self.x, "X", kind="constant"), microgradnn.Tensor(self.y, "Y", kind="constant")
        parameters = network.parameters()
        cost = network.cost(x, y)
        with Timed() as took:
            self.program = microgradnn.compile(cost, parameters, inputs=[*parameters, x, y])
        self.start_up = took.seconds
        self.update = Update(task, self.p)

    def step(self) -> Any:
        value, gradients = self.program(*self.p, self.x, self.y)
        self.update(list(gradients.values()))
        return value

    def parameters(self) -> list[Array]:
        return self.p


class JaxStep(Contestant):
    """The step of a network of JAX arrays, the update in the same compiled function."""

    name = "JAX, jit"

    def __init__(self, task: Task) -> None:
        engine = jax()
        np, m = engine.numpy, task.examples
        rate, adam = RATES[task.optimiser], task.optimiser == "Adam"

        def cost(p: list[Any], x: Any, y: Any) -> Any:
            z = x
            for i in range(0, len(p), 2):
                z = p[i] @ (np.maximum(z, 0) if i else z) + p[i + 1]
            if task.output == "softmax":
                return -(y * engine.nn.log_softmax(z, axis=0)).sum() / m
            return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean()

        def step(p: list[Any], v: list[Any], s: list[Any], t: Any, x: Any, y: Any) -> Any:
            value, g = engine.value_and_grad(cost)(p, x, y)
            if not adam:
                return value, [a - rate * b for a, b in zip(p, g, strict=True)], v, s, t
            t = t + 1
            v = [networks.BETA1 * a + (1 - networks.BETA1) * b for a, b in zip(v, g, strict=True)]
            s = [networks.BETA2 * a + (1 - networks.BETA2) * b * b for a, b in zip(s, g, strict=True)]
            scale, root = rate / (1 - networks.BETA1**t), np.sqrt(1 - networks.BETA2**t)
            p = [a - scale * b / (np.sqrt(c) / root + networks.EPSILON) for a, b, c in zip(p, v, s, strict=True)]
            return value, p, v, s, t

        p = [np.array(one) for one in task.start()]
        zeros = [np.zeros_like(one) for one in p] if adam else []
        self.state = p, zeros, zeros, np.array(0.0, task.dtype)
        self.data = tuple(np.array(one) for one in task.data())
        with Timed() as took:
            self.function = engine.jit(step).lower(*self.state, *self.data).compile()
        self.start_up = took.seconds

    def step(self) -> Any:
        value, *state = self.function(*self.state, *self.data)
        self.state = tuple(state)
        return value.block_until_ready()

    def parameters(self) -> list[Array]:
        return [np.asarray(p) for p in self.state[0]]


STEPS: tuple[type[Any], ...] = (CompiledStep, ByHand, PyTorch, JaxStep, Products)


def dense(quick: bool, bars: Bars) -> Iterator[str]:
    """Measure the step of the large network as a program."""
    sizes, examples, rounds = ((20, 8, 4), (8,), 2) if quick else (DENSE, (64, 1024), 60)
    yield "| task | engine | one step | ÷ bare products | ÷ NumPy by hand | start-up |"
    yield "|---|---|---:|---:|---:|---:|"
    for m in examples:
        for optimiser in RATES:
            what = f"{'-'.join(map(str, sizes))}, batch {m}, {optimiser}"
            tell(f"{what}, compiled, {rounds} rounds")
            entries = entered(STEPS, Task(sizes, m, optimiser))
            times = medians({name: one.step for name, one in entries.items()}, rounds)
            bare, by_hand, ours = times[Products.name], times[ByHand.name], times[CompiledStep.name]
            for name, seconds in times.items():
                ratios = f"{seconds / bare:.2f} | {seconds / by_hand:.2f}"
                yield f"| {what} | {name} | {time_text(seconds)} | {ratios} | {started(entries[name])} |"
            bars.append(bar(f"{what}, compiled", ours / by_hand, 1.1, "× NumPy by hand", at_most=True))
            if m <= 64 and PyTorch.name in times:
                bars.append(bar(f"{what}, compiled", times[PyTorch.name] / ours, 1.8, "times as fast as PyTorch"))
            if JaxStep.name in times:
                reach = 1.4 if m <= 64 else 1.1
                bars.append(bar(f"{what}, compiled", ours / times[JaxStep.name], reach, "× JAX jit", at_most=True))
    held = allocated(CompiledStep(Task(sizes, examples[0])))
    bars.append(bar("bytes allocated at the peak of a replay, but for NumPy's buffers", held, 16_384, "", at_most=True))


def allocated(one: CompiledStep) -> int:
    """Return the bytes that a replay has at its peak beyond what was there before.

    Without the buffers that NumPy's loops have while they run, wherever a column or a row is added to a matrix.
    """
    for _ in range(3):
        result = one.program(*one.p, one.x, one.y)
    usual = np.setbufsize(16)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    result = one.program(*one.p, one.x, one.y)  # while the result before is still held
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.setbufsize(usual)
    del result
    return peak - before


class ScalarStep(Contestant):
    """The 2-3-1 network for one example, unfolded into Values and compiled."""

    def __init__(self, task: Task, backend: Backend) -> None:
        self.name = f"{OURS}{backend}, of Values"
        network = task.network()
        mlp = network.to_scalar()
        self.layers = [len(layer.neurons) for layer in mlp.layers]
        x, y = task.data()
        nodes, label = [Value(1.0, "x1"), Value(1.0, "x2")], Value(1.0, "y")
        a = mlp(nodes)
        cost = -(label * a.log() + (1 - label) * (1 - a).log())
        parameters = mlp.parameters()
        with Timed() as took:
            self.program = microgradnn.compile(
                cost.named("J"), parameters, inputs=[*parameters, *nodes, label], backend=backend
            )
        self.start_up = took.seconds
        self.p = [p.data for p in parameters]
        self.data = [*x[:, 0].tolist(), y.item()]
        if backend == "python":
            self.step = self.bare  # type: ignore[method-assign]
        if isinstance(self.program, NativeProgram):
            self.buffers = self.program.buffers()
            self.buffers.inputs[:] = [*self.p, *self.data]
            self.step = self.buffered  # type: ignore[method-assign]

    def buffered(self) -> float:
        return self.buffers.step(RATES["SGD"])

    def step(self) -> Any:
        value, gradients = self.program(*self.p, *self.data)
        rate = RATES["SGD"]
        self.p = [p - rate * g for p, g in zip(self.p, gradients.values(), strict=True)]
        return value

    def bare(self) -> Any:
        value, self.p = self.program.step(*self.p, *self.data, RATES["SGD"])
        return value

    def parameters(self) -> list[Array]:
        if isinstance(self.program, NativeProgram):
            return two_three_one(self.buffers.inputs[: len(self.p)].tolist())
        return two_three_one(self.p)


def two_three_one(p: list[float]) -> list[Array]:
    """Return W1, b1, W2, b2 of the parameters neuron by neuron."""
    first = np.array(p[:9]).reshape(3, 3)
    return [first[:, :2], first[:, 2:], np.array([p[9:12]]), np.array([p[12:]])]


class PlainStep(Contestant):
    """The 2-3-1 network for one example, in plain floats, written by hand."""

    name = "plain floats by hand"

    def __init__(self, task: Task) -> None:
        w1, b1, w2, b2 = task.start()
        self.p = [*np.hstack([w1, b1]).ravel().tolist(), *w2[0].tolist(), b2.item()]
        x, y = task.data()
        self.x, self.y = tuple(x[:, 0].tolist()), y.item()

    def step(self) -> float:
        w11, w12, b1, w21, w22, b2, w31, w32, b3, v1, v2, v3, c = self.p
        x1, x2 = self.x
        y, rate, exp = self.y, RATES["SGD"], math.exp
        z1 = w11 * x1 + w12 * x2 + b1
        z2 = w21 * x1 + w22 * x2 + b2
        z3 = w31 * x1 + w32 * x2 + b3
        a1 = z1 if z1 > 0 else 0.0
        a2 = z2 if z2 > 0 else 0.0
        a3 = z3 if z3 > 0 else 0.0
        z = v1 * a1 + v2 * a2 + v3 * a3 + c
        a = 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))
        cost = -(y * math.log(a) + (1 - y) * math.log(1 - a))
        dz = a - y
        dz1 = dz * v1 if z1 > 0 else 0.0
        dz2 = dz * v2 if z2 > 0 else 0.0
        dz3 = dz * v3 if z3 > 0 else 0.0
        self.p = [
            w11 - rate * (dz1 * x1),
            w12 - rate * (dz1 * x2),
            b1 - rate * dz1,
            w21 - rate * (dz2 * x1),
            w22 - rate * (dz2 * x2),
            b2 - rate * dz2,
            w31 - rate * (dz3 * x1),
            w32 - rate * (dz3 * x2),
            b3 - rate * dz3,
            v1 - rate * (dz * a1),
            v2 - rate * (dz * a2),
            v3 - rate * (dz * a3),
            c - rate * dz,
        ]
        return float(cost)

    def parameters(self) -> list[Array]:
        return two_three_one(self.p)


TINY = Task((2, 3, 1), 1, dtype="float64")


def tiny() -> dict[str, Any]:
    """Return the ways to take the step of the 2-3-1 network on one example, by name."""
    return each_backend(ScalarStep, TINY) | entered((PlainStep, CompiledStep, ByHand, JaxStep, PyTorch), TINY)


def small(quick: bool, bars: Bars) -> Iterator[str]:
    """Measure the notes' network on one example."""
    tell("2-3-1, one example, compiled")
    entries = tiny()
    times = medians({name: one.step for name, one in entries.items()}, 3 if quick else 60)
    line, ours = times[PlainStep.name], times[f"{OURS}python, of Values"]
    yield "| engine | one step | ÷ plain floats by hand | start-up |"
    yield "|---|---:|---:|---:|"
    for name, seconds in times.items():
        yield f"| {name} | {time_text(seconds)} | {seconds / line:.2f} | {started(entries[name])} |"
    what = "2-3-1, one example, `python`"
    bars.append(bar(what, ours / line, 1.5, "× plain floats by hand", at_most=True))
    if (name := f"{OURS}native, of Values") in times:
        native = times[name] / line
        bars.append(bar("2-3-1, one example, `native`", native, 0.3, "× plain floats by hand", at_most=True))
    for peer, reach in ((JaxStep.name, 4.0), (PyTorch.name, 50.0)):
        if peer in times:
            bars.append(bar(what, times[peer] / ours, reach, f"times as fast as {peer}"))


PARTS: Parts = {
    "demo": ("micrograd's demo network, compiled: one step of training", demo),
    "random": ("Random graphs, compiled: the value and all gradients, at one point", random_graphs),
    "batch": ("Random graphs, compiled: over a batch", batches),
    "small": ("The 2-3-1 network on one example, compiled: one step of training", small),
    "dense": ("The dense network, compiled: one step of training, float32, one thread", dense),
}

if __name__ == "__main__":
    run_parts(PARTS, str(__doc__))
