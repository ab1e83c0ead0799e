"""Programs of the kinds that people write after the lecture on micrograd: on our Values they print the same numbers."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import random
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from graphviz import Digraph
from hypothesis import assume, given
from hypothesis import strategies as st

import microgradnn
from microgradnn import engine, nn
from tests.engine import lecture

OURS: Any = SimpleNamespace(Value=engine.Value, **{k: getattr(nn, k) for k in ("Module", "Neuron", "Layer", "MLP")})
THEIRS: Any = lecture
Numbers = list[float]
PROGRAMS: list[Callable[[Any], Numbers]] = []


def program(function: Callable[[Any], Numbers]) -> Callable[[Any], Numbers]:
    """Enter a program into the list."""
    PROGRAMS.append(function)
    return function


def of(nodes: Any) -> Numbers:
    """The data and gradients of nodes."""
    return [x for node in nodes for x in (node.data, node.grad)]


def in_order(root: Any) -> list[Any]:
    """The order of the lecture: by `_prev`, depth first."""
    order: list[Any] = []
    seen = set()

    def build(v: Any) -> None:
        if v not in seen:
            seen.add(v)
            for child in sorted(v._prev, key=lambda n: (n.label, n.data)):
                build(child)
            order.append(v)

    build(root)
    return order


def tanh_by_hand(m: Any, x: Any) -> Any:
    """An operation as the lecture adds one."""
    t = (math.exp(2 * x.data) - 1) / (math.exp(2 * x.data) + 1)
    out = m.Value(t, (x,), "tanh")

    def _backward() -> None:
        x.grad += (1 - t**2) * out.grad

    out._backward = _backward
    return out


def neuron_of_the_lecture(m: Any) -> dict[str, Any]:
    """Two inputs, two weights, a bias, every node with a label."""
    n = {k: m.Value(v, label=k) for k, v in dict(x1=2.0, x2=0.0, w1=-3.0, w2=1.0, b=6.8813735870195432).items()}
    x1w1 = n["x1"] * n["w1"]
    x1w1.label = "x1*w1"
    x2w2 = n["x2"] * n["w2"]
    x2w2.label = "x2*w2"
    both = x1w1 + x2w2
    both.label = "x1*w1 + x2*w2"
    z = both + n["b"]
    z.label = "n"
    o = z.tanh()
    o.label = "o"
    return {**n, "x1w1": x1w1, "x2w2": x2w2, "both": both, "z": z, "o": o}


@program
def labels_by_keyword_and_attribute(m: Any) -> Numbers:
    nodes = neuron_of_the_lecture(m)
    nodes["o"].backward()
    assert [v.label for v in in_order(nodes["o"])][-1] == "o"
    return of(nodes.values())


@program
def constructor_by_positions(m: Any) -> Numbers:
    a = m.Value(2.0, (), "", "a")
    b = m.Value(-3.0, _children=(), _op="", label="b")
    c = a * b
    c.backward()
    assert (a.label, b.label, c._op, a._op) == ("a", "b", "*", "")
    return of([a, b, c])


@program
def manual_steps_in_the_order_of_the_lecture(m: Any) -> Numbers:
    n = neuron_of_the_lecture(m)
    n["o"].grad = 1.0
    for name in ("o", "z", "b", "both", "x2w2", "x1w1"):
        n[name]._backward()
    return of(n.values())


@program
def manual_backward_over_a_reversed_order(m: Any) -> Numbers:
    a, b = m.Value(-2.0, label="a"), m.Value(3.0, label="b")
    d = a * b
    e = a + b
    f = d * e
    f.grad = 1.0
    for node in reversed(in_order(f)):
        node._backward()
    f._backward()  # once more: it adds
    return of([a, b, d, e, f])


@program
def an_operation_with_a_closure(m: Any) -> Numbers:
    x, w = m.Value(0.4), m.Value(-1.3)
    z = x * w + 0.2
    y = tanh_by_hand(m, z)
    loss = (y - 0.7) ** 2 + y * y
    loss.backward()
    return of([x, w, z, y, loss])


@program
def an_operation_of_two_with_a_closure(m: Any) -> Numbers:
    def hypot(a: Any, b: Any) -> Any:
        h = math.sqrt(a.data**2 + b.data**2)
        out = m.Value(h, (a, b), "hypot", label="h")

        def _backward() -> None:
            a.grad += a.data / h * out.grad
            b.grad += b.data / h * out.grad

        out._backward = _backward
        return out

    a, b = m.Value(3.0), m.Value(4.0)
    h = hypot(a, b)
    both = hypot(h * 2, hypot(a, a))
    both.backward()
    return of([a, b, h, both])


@program
def attributes_set_after_the_constructor(m: Any) -> Numbers:
    a, b = m.Value(1.5), m.Value(2.5)
    out = m.Value(a.data * b.data)
    out._prev = {a, b}
    out._op = "times"

    def _backward() -> None:
        a.grad += b.data * out.grad
        b.grad += a.data * out.grad

    out._backward = _backward
    top = out * 2.0
    top.backward()
    assert out._op == "times"
    return of([a, b, out, top])


@program
def a_method_put_on_the_class(m: Any) -> Numbers:
    def sigmoid(self: Any) -> Any:
        s = 1 / (1 + math.exp(-self.data))
        out = m.Value(s, (self,), "sigmoid_of_mine")

        def _backward() -> None:
            self.grad += s * (1 - s) * out.grad

        out._backward = _backward
        return out

    m.Value.sigmoid_of_mine = sigmoid
    try:
        x = m.Value(0.3)
        y = (x * 2).sigmoid_of_mine() * x
        y.backward()
        return of([x, y])
    finally:
        del m.Value.sigmoid_of_mine


@program
def adam_with_moments_on_the_parameters(m: Any) -> Numbers:
    random.seed(3)
    model = m.MLP(2, [3, 1])
    for p in model.parameters():
        p.m, p.v = 0.0, 0.0
    points = [([0.5, -1.0], 1.0), ([-1.5, 0.25], -1.0), ([1.0, 2.0], -1.0)]
    losses = []
    for t in range(1, 9):
        loss = sum((model(x) - y) ** 2 for x, y in points)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.999 * p.v + 0.001 * p.grad**2
            p.data -= 0.05 * (p.m / (1 - 0.9**t)) / ((p.v / (1 - 0.999**t)) ** 0.5 + 1e-8)
        losses.append(loss.data)
    return losses


@program
def momentum_kept_on_own_values(m: Any) -> Numbers:
    ws = [m.Value(x) for x in (0.5, -0.5)]
    for w in ws:
        w.velocity = 0
    for _ in range(10):
        loss = (ws[0] * 2 + ws[1] - 1) ** 2
        for w in ws:
            w.grad = 0
        loss.backward()
        for w in ws:
            w.velocity = 0.9 * w.velocity - 0.01 * w.grad
            w.data += w.velocity
    return of(ws)


@program
def colours_on_inner_nodes(m: Any) -> Numbers:
    n = neuron_of_the_lecture(m)
    for i, v in enumerate(in_order(n["o"])):
        v.color = "red" if v._prev else "blue"
        v.rank = i
    return [v.rank for v in in_order(n["o"]) if v.color == "red"]


@program
def a_drawing_with_graphviz(m: Any) -> Numbers:
    n = neuron_of_the_lecture(m)
    n["o"].backward()
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(n["o"])
    dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for v in nodes:
        dot.node(str(id(v)), f"{{ {v.label} | data {v.data:.4f} | grad {v.grad:.4f} }}", shape="record")
        if v._op:
            dot.node(str(id(v)) + v._op, label=v._op)
            dot.edge(str(id(v)) + v._op, str(id(v)))
    for a, b in edges:
        dot.edge(str(id(a)), str(id(b)) + b._op)
    assert "{ x1*w1 + x2*w2 | data -6.0000 | grad 0.5000 }" in dot.source
    return [len(nodes), len(edges)]


@program
def a_relu_is_called_as_there(m: Any) -> Numbers:
    x = m.Value(3.0)
    y = (x * x).relu()
    assert (y._op, next(iter(y._prev))._op) == ("ReLU", "*")
    y.backward()
    return of([x, y])


class Adder:
    """A neuron of one's own, which is no Module."""

    def __init__(self, m: Any, nin: int) -> None:
        self.w = [m.Value(random.uniform(-1, 1), label=f"w{i}") for i in range(nin)]
        self.b = m.Value(random.uniform(-1, 1), label="b")

    def __call__(self, x: Any) -> Any:
        return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

    def parameters(self) -> list[Any]:
        """Weights, then the bias."""
        return [*self.w, self.b]


@program
def a_network_of_own_classes(m: Any) -> Numbers:
    random.seed(42)
    hidden, last = [Adder(m, 3) for _ in range(4)], Adder(m, 4)
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    ps = [p for n in (*hidden, last) for p in n.parameters()]
    losses = []
    for _ in range(20):
        out = [last([n(x) for n in hidden]) for x in xs]
        loss = sum((o - y) ** 2 for o, y in zip(out, ys, strict=True))
        for p in ps:
            p.grad = 0.0
        loss.backward()
        for p in ps:
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    return losses


@program
def a_module_that_inherits(m: Any) -> Numbers:
    class Scaled(m.Neuron):  # type: ignore[misc]
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) * 3.0

    class Net(m.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            self.layer = m.Layer(2, 2)
            self.layer.neurons = [Scaled(2), Scaled(2, nonlin=False)]

        def __call__(self, x: Any) -> Any:
            first, second = self.layer(x)
            return first - second

        def parameters(self) -> list[Any]:
            return list(self.layer.parameters())

    random.seed(8)
    net = Net()
    y = net([m.Value(1.0), -2.0])
    net.zero_grad()
    y.backward()
    return [*of(net.parameters()), y.data]


@program
def exclusive_or(m: Any) -> Numbers:
    random.seed(5)
    model = m.MLP(2, [4, 1])
    table = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
    total = 0.0
    for _ in range(15):
        loss = sum([(model(x) - y) ** 2 for x, y in table]) / len(table)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data = p.data - 0.1 * p.grad
        total = loss.data
    return [total, *[model(x).data for x, _ in table]]


@program
def a_margin_with_regularisation_in_batches(m: Any) -> Numbers:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 2)), rng.integers(0, 2, 20) * 2 - 1
    random.seed(1)
    model = m.MLP(2, [4, 1])
    history = []
    for k in range(4):
        at = rng.permutation(20)[:8]
        scores = list(map(model, [list(map(m.Value, row)) for row in X[at]]))
        losses = [(1 + -yi * s).relu() for yi, s in zip(y[at], scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = [(yi > 0) == (s.data > 0) for yi, s in zip(y[at], scores, strict=True)]
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        history += [loss.data, sum(accuracy) / len(accuracy)]
    return history


@program
def arrays_to_a_network(m: Any) -> Numbers:
    random.seed(2)
    model = m.MLP(2, [1])
    X = np.array([[1.0, 2.0], [-0.5, 0.25]])
    found = [out.data for out in map(model, X)]
    found += [model(X[0].astype(np.float32)).data, model(np.array([1, 2])).data]
    found += [model(np.array([m.Value(1.0), m.Value(2.0)])).data, model({"a": 1.0, "b": 2.0}.values()).data]
    return found


@program
def neurons_that_are_changed(m: Any) -> Numbers:
    random.seed(2)
    neuron = m.Neuron(2)
    neuron.nonlin = False
    neuron.w = np.array([-1.0, -2.0])
    found = [neuron([1.0, 1.0]).data]
    neuron.nonlin = True
    found.append(neuron([1.0, 1.0]).data)
    neuron.w = [m.Value(2.0), m.Value(3.0)]
    neuron.b = m.Value(0.5)
    y = neuron([1.0, 1.0])
    y.backward()
    return [*found, *of(neuron.parameters())]


@program
def cross_entropy_of_a_softmax(m: Any) -> Numbers:
    logits = [m.Value(x, label=f"l{i}") for i, x in enumerate((0.0, 3.0, -2.0, 1.0))]
    counts = [x.exp() for x in logits]
    total = sum(counts)
    probabilities = [c / total for c in counts]
    loss = -probabilities[3].log()
    loss.backward()
    best = max(range(4), key=lambda i: probabilities[i].data)
    return [loss.data, best, *of(logits), *[p.data for p in probabilities]]


@program
def sums_sets_and_sorting(m: Any) -> Numbers:
    values = [m.Value(x) for x in (3.0, -1.0, 2.0)]
    total: Any = sum(values)
    ordered = sorted(values, key=lambda v: v.data)
    assert len({*values, values[0]}) == 3
    assert isinstance(total, m.Value)
    assert type(values[0]) is type(total) is m.Value
    assert values[0] != values[1]
    assert not isinstance(values[0], (int, float))
    assert total in {total: 1}
    total.backward()
    return [total.data, *[v.data for v in ordered], *of(values)]


@program
def gradients_by_differences(m: Any) -> Numbers:
    def f(a: Any, b: Any, c: Any) -> Any:
        return a * b + (c * a).tanh() / (b**2 + 1.0) - 3 / c

    points = [0.7, -1.2, 2.0]
    nodes = [m.Value(x) for x in points]
    f(*nodes).backward()
    h = 1e-6
    for i, node in enumerate(nodes):
        more = [x + h * (i == j) for j, x in enumerate(points)]
        less = [x - h * (i == j) for j, x in enumerate(points)]
        slope = (f(*map(m.Value, more)).data - f(*map(m.Value, less)).data) / (2 * h)
        assert node.grad == pytest.approx(slope, rel=1e-6)
    return of(nodes)


@program
def a_value_of_a_value(m: Any) -> Numbers:
    x = m.Value(2.0)
    y = m.Value(x if m is OURS else x.data) * 3.0
    y.backward()
    return [y.data, x.grad]


@program
def gradients_assigned_and_added(m: Any) -> Numbers:
    a, b = m.Value(2.0), m.Value(5.0)
    y = a * b
    y.backward()
    a.grad += 1
    b.grad *= 0.5
    a.data += -0.1 * a.grad
    b.data -= 0.1 * b.grad
    a.grad, b.grad = 0, 0.0
    z = a * b
    z.backward()
    z2 = a * 3
    z2.backward()  # leaves keep what they have
    return of([a, b])


@program
def clipped_gradients(m: Any) -> Numbers:
    ws = [m.Value(x) for x in (10.0, -20.0, 0.1)]
    loss: Any = sum(w**3 for w in ws)
    loss.backward()
    norm = math.sqrt(sum(w.grad**2 for w in ws))
    for w in ws:
        w.grad = w.grad * (1.0 / norm)
    return of(ws)


@program
def a_class_with_more_methods(m: Any) -> Numbers:
    class More(m.Value):  # type: ignore[misc]
        def __init__(self, data: float, _children: Any = (), _op: str = "", label: str = "") -> None:
            super().__init__(data, _children, _op, label)
            self.seen = 0

        def softsign(self) -> Any:
            out = More(self.data / (1 + abs(self.data)), (self,), "softsign")

            def _backward() -> None:
                self.grad += out.grad / (1 + abs(self.data)) ** 2

            out._backward = _backward
            return out

    x = More(-3.0, label="x")
    y = x.softsign()
    assert type(y) is More
    z: Any = y * 2 + x
    z.backward()
    return [*of([x, y, z]), x.seen]


@program
def a_class_of_parameters(m: Any) -> Numbers:
    class Weight(m.Value):  # type: ignore[misc]
        frozen = False

        def __init__(self, data: float, _children: Any = (), _op: str = "", decay: float = 0.0) -> None:
            super().__init__(data, _children, _op)
            self.decay = decay

        @property
        def cost(self) -> Any:
            return self * self * self.decay

        def __mul__(self, other: Any) -> Any:
            return 0 if self.frozen else super().__mul__(other)

        def backward(self) -> None:
            super().backward()
            self.swept = True

    ws = [Weight(x, decay=0.1 * x) for x in (1.0, 2.0)]
    loss = Weight(0.0) + sum(w.cost for w in ws) + ws[0] * 3.0
    loss.backward()
    root = Weight(4.0)
    root.backward()
    ws[0].data -= 0.1 * ws[0].grad
    ws[0].frozen = True
    return [*of([*ws, loss, root]), ws[0].decay, root.swept, ws[0] * 5.0]


@program
def an_engine_of_ones_own(m: Any) -> Numbers:
    class Own(m.Value):  # type: ignore[misc]
        def __init__(self, data: float, _children: Any = (), _op: str = "") -> None:
            super().__init__(data, _children, _op)

        def __add__(self, other: Any) -> Any:
            other = other if isinstance(other, m.Value) else Own(other)
            out = Own(self.data + other.data, (self, other), "+")

            def _backward() -> None:
                self.grad += out.grad
                other.grad += out.grad

            out._backward = _backward
            return out

        def __mul__(self, other: Any) -> Any:
            return product_by_hand(
                SimpleNamespace(Value=Own), self, other if isinstance(other, m.Value) else Own(other)
            )

        __radd__, __rmul__ = __add__, __mul__

    a, b = Own(2.0), Own(-3.0)
    c: Any = a * b + 4.0
    d = 2.0 * c * c + a + a
    d.backward()
    return [*of([a, b, c, d]), isinstance(d, Own)]


@program
def operators_that_follow_those_written_anew(m: Any) -> Numbers:
    class Counted(m.Value):  # type: ignore[misc]
        done = 0

        def __init__(self, data: float, _children: Any = (), _op: str = "") -> None:
            super().__init__(data, _children, _op)

        def __add__(self, other: Any) -> Any:
            other = other if isinstance(other, m.Value) else Counted(other)
            out = Counted(self.data + other.data, (self, other), "+")

            def _backward() -> None:
                self.grad += out.grad
                other.grad += out.grad

            out._backward = _backward
            Counted.done += 1
            return out

        def __mul__(self, other: Any) -> Any:
            Counted.done += 1
            other = other if isinstance(other, m.Value) else Counted(other)
            return product_by_hand(SimpleNamespace(Value=Counted), self, other)

        def halved(self) -> Any:
            return self * 0.5

    a: Any = Counted(2.0)
    b: Any = Counted(-3.0)
    c = (a - b).halved() + (1.0 - a).halved() - (-b).halved() + (a / b).halved() + (2.0 * b).halved() + (3 / a).data
    d: Any = sum([c, a])
    d.backward()
    return [*of([a, b, c, d]), Counted.done, isinstance(d, Counted)]


@program
def steps_around_the_steps(m: Any) -> Numbers:
    a, b = m.Value(2.0), m.Value(3.0)
    c = a * b
    e = tanh_by_hand(m, a)
    seen: Numbers = []

    def hook(node: Any) -> None:
        step = node._backward

        def both() -> None:
            seen.append(node.grad)
            step()

        node._backward = both

    for node in (c, e, c):
        hook(node)
    (c * e).backward()
    return [*sorted(seen), *of([a, b, c, e])]  # the order of the children is that of a set


@program
def a_step_without_children(m: Any) -> Numbers:
    x = m.Value(2.0)
    out = m.Value(5.0)

    def _backward() -> None:
        x.grad += 3 * out.grad

    out._backward = _backward
    out.backward()
    return [x.grad, out.grad]


@program
def a_backward_pass_of_ones_own(m: Any) -> Numbers:
    a, b = m.Value(1.5, label="a"), m.Value(-0.5, label="b")
    root = ((a * b + a).relu() + tanh_by_hand(m, b) * a + (a + a)) ** 3

    def run() -> None:
        order = in_order(root)
        root.grad = 1
        for v in order[::-1]:
            v._backward()

    run()
    for v in in_order(root):
        v.grad = 0
    run()
    return of(in_order(root))


@program
def a_polynomial_fitted(m: Any) -> Numbers:
    c = [m.Value(0.0, label=f"c{i}") for i in range(3)]
    data = [(x / 4, 1 - 2 * (x / 4) + 0.5 * (x / 4) ** 2) for x in range(-4, 5)]
    for _ in range(25):
        loss = m.Value(0.0)
        for x, y in data:
            loss += (c[0] + c[1] * x + c[2] * x**2 - y) ** 2
        loss = loss / len(data)
        for p in c:
            p.grad = 0
        loss.backward()
        for p in c:
            p.data -= 0.3 * p.grad
    return of(c)


@program
def numpy_for_the_data(m: Any) -> Numbers:
    rng = np.random.default_rng(3)
    w = [m.Value(x) for x in rng.normal(size=3)]
    x = rng.normal(size=(5, 3)).astype(np.float32)
    out = [sum(float(a) * b for a, b in zip(row, w, strict=True)) for row in x]
    loss = sum(o * o for o in out) * (1 / 5)
    loss.backward()
    return [*of(w), float(np.mean([o.data for o in out])), float(np.array([v.grad for v in w]).sum())]


@program
def a_counter_of_nodes_by_operation(m: Any) -> Numbers:
    a, b = m.Value(1.0), m.Value(2.0)
    root = ((a + b) * (a + 1)).relu() ** 2
    ops = sorted(v._op for v in in_order(root))
    assert ops == ["", "", "", "*", "**2", "+", "+", "ReLU"]
    return [len(ops), len(root._prev)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_a_program_prints_the_same_numbers(program: Callable[[Any], Numbers]) -> None:
    # sums in another order, and a / b where the lecture has a · b⁻¹: a few roundings in each of at most 25 steps
    assert program(OURS) == pytest.approx(program(THEIRS), rel=1e-9, abs=1e-12)


def test_all_names_of_the_networks_are_those_of_micrograds_and_more() -> None:
    names: dict[str, Any] = {}
    exec("from microgradnn.nn import *", names)

    assert {"random", "Value", "Module", "Neuron", "Layer", "MLP"} <= names.keys()


def test_zero_and_overflow_are_the_exceptions_that_python_has_for_them() -> None:
    x = OURS.Value(0.0)

    with pytest.raises(ZeroDivisionError):
        1 / x
    with pytest.raises(ZeroDivisionError):
        x / 0
    with pytest.raises(ZeroDivisionError):
        x**-1


def activated() -> tuple[Any, Any, Any]:
    """A graph with a node whose backward step is a closure."""
    x, w = OURS.Value(0.5, label="x"), OURS.Value(0.8, label="w")
    out = tanh_by_hand(OURS, x * w)
    out.label = "out"
    return x, w, (out * 3.0).named("J")


def test_a_step_by_hand_is_explained_by_what_it_gave() -> None:
    x, _, J = activated()
    slope = 1 - math.tanh(0.4) ** 2

    assert J.explain(x).value == pytest.approx(3 * slope * 0.8, rel=1e-12)
    assert f"{slope:.6g}" in str(J.explain("x"))
    assert x.has_grad is False


def test_a_step_by_hand_is_drawn() -> None:
    _, _, J = activated()
    J.backward()

    assert "out = tanh(t1)" in J.draw().text()


def test_to_look_at_a_step_by_hand_changes_no_gradient() -> None:
    x, w = OURS.Value(0.5, label="x"), OURS.Value(0.8, label="w")
    out = OURS.Value(1.0, (x,), "odd")

    def _backward() -> None:
        x.grad += out.grad
        w.grad += out.grad  # which is no child

    out._backward = _backward
    x.grad = 5.0
    (out * 2).explain(x)
    (out * 2).draw().text()

    assert (x.grad, w.grad, w.has_grad, out.has_grad) == (5, 0, False, False)


def test_derivatives_of_functions_go_through_a_step_by_hand() -> None:
    slope = 1 - math.tanh(0.5) ** 2

    assert microgradnn.grad(lambda x: tanh_by_hand(OURS, x) * 2)(0.5) == pytest.approx(2 * slope, rel=1e-12)
    assert microgradnn.jvp(lambda x: tanh_by_hand(OURS, x), (0.5,), (1.0,))[1] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize(
    "formula",
    [
        microgradnn.derive,
        microgradnn.compile,
        lambda root: root.backward(create_graph=True),
        lambda _: microgradnn.hessian(lambda x: tanh_by_hand(OURS, x))(0.5),
        lambda _: microgradnn.compiled(lambda x: tanh_by_hand(OURS, x))(OURS.Value(0.5)),
    ],
)
def test_what_needs_a_formula_of_a_step_by_hand_is_refused_in_a_sentence(formula: Any) -> None:
    with pytest.raises(
        TypeError, match=r"'tanh' is an operation with a `_backward` of its own.*microgradnn\.operation"
    ):
        formula(activated()[2])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_keeps_the_slopes_of_a_step_by_hand_and_what_was_noted(copied: Any) -> None:
    x, _, J = activated()
    x.velocity = [1.0]
    again = copied(J)
    again.backward()
    (there,) = [v for v in in_order(again) if v.label == "x"]

    assert there.grad == pytest.approx(3 * (1 - math.tanh(0.4) ** 2) * 0.8, rel=1e-12)
    assert there.velocity == [1.0]
    assert there.velocity is not x.velocity
    assert not x.has_grad


def test_without_recording_children_are_not_kept() -> None:
    x = OURS.Value(0.5)
    with microgradnn.no_grad():
        out = tanh_by_hand(OURS, x)

    assert out._prev == set()


def test_the_inputs_of_what_was_computed_cannot_be_exchanged() -> None:
    x = OURS.Value(0.5)
    y = x * 2

    with pytest.raises(ValueError, match="are what it was computed from"):
        y._prev = {x}


@pytest.mark.parametrize("children", [(1.0,), ("x",), [microgradnn.Tensor([[1.0]])]])
def test_children_are_values(children: Any) -> None:
    with pytest.raises(TypeError, match="the inputs of a Value are Values; got"):
        OURS.Value(1.0, children)


def test_a_graph_with_steps_by_hand_is_freed_at_once() -> None:
    class Marker:
        """Something that the closure of a step holds."""

    x, marker = OURS.Value(0.5), Marker()
    gone = weakref.ref(marker)

    def activate(x: Any, marker: Any) -> Any:
        out = OURS.Value(0.0, (x,), "zero")

        def _backward(slope: float = 2.0, *, more: float = 1.0) -> None:
            x.grad += slope * more * out.grad + 0.0 * bool(marker)

        out._backward = _backward
        return out

    gc.disable()
    try:
        J = activate(activate(x, marker), marker) * 3
        J.backward()
        del J, marker
        assert gone() is None
    finally:
        gc.enable()
    assert x.grad == 12


def test_a_step_that_is_none_of_a_leaf_waits_for_its_inputs() -> None:
    x = OURS.Value(2.0)
    x._backward = lambda: None
    y = x * 3
    y.backward()
    y.backward()

    assert x.grad == 6  # still a leaf, whose gradient accumulates
    assert x.op is None


def product_by_hand(m: Any, x: Any, y: Any) -> Any:
    """An operation of two, which may be one and the same."""
    out = m.Value(x.data * y.data, (x, y), "times")

    def _backward() -> None:
        x.grad += y.data * out.grad
        y.grad += x.data * out.grad

    out._backward = _backward
    return out


STEPS: list[Callable[[Any, Any, Any], Any]] = [
    lambda m, x, y: x + y,
    lambda m, x, y: x * y * 0.5,
    lambda m, x, y: x - y,
    lambda m, x, y: (x * y).tanh(),
    lambda m, x, y: x.relu() + 0.1 * y,
    lambda m, x, y: tanh_by_hand(m, x * 0.3),
    lambda m, x, y: product_by_hand(m, x * 0.5, y),
    lambda m, x, y: product_by_hand(m, x, x) * 0.3,
    lambda m, x, y: sum([tanh_by_hand(m, x * 0.5), y, tanh_by_hand(m, y * 0.5)]),
]


def grow(m: Any, steps: list[tuple[int, int, int]]) -> list[Any]:
    """The nodes of a graph, each made by a step from two before it."""
    nodes = [m.Value(x, label=f"x{i}") for i, x in enumerate((0.7, -1.1, 0.4))]
    for step, i, j in steps:
        nodes.append(STEPS[step](m, nodes[i % len(nodes)], nodes[j % len(nodes)]))
    return nodes


@given(st.lists(st.tuples(st.integers(0, len(STEPS) - 1), *[st.integers(0, 20)] * 2), min_size=1, max_size=12))
def test_graphs_with_steps_by_hand_have_the_gradients_of_the_lecture(steps: list[tuple[int, int, int]]) -> None:
    ours, theirs, by_steps = grow(OURS, steps), grow(THEIRS, steps), grow(OURS, steps)
    ours[-1].backward()
    theirs[-1].backward()
    assume(all(abs(x) < 1e3 for x in of(theirs)))  # what is larger may cancel with a larger rounding
    by_steps[-1].grad = 1.0
    for v in reversed(microgradnn.graph.topological(by_steps[-1])):
        v._backward()

    # a few roundings of numbers below 1e3, where sums cancel
    assert of(ours) == pytest.approx(of(theirs), rel=1e-9, abs=1e-9)
    assert of(by_steps) == pytest.approx(of(theirs), rel=1e-9, abs=1e-9)
    assert ours[-1].explain(ours[0]).value == pytest.approx(theirs[0].grad, rel=1e-9, abs=1e-9)
    again = pickle.loads(pickle.dumps(ours[-1]))
    again.zero_grad()
    again.backward()
    leaves = {v.label: v.grad for v in microgradnn.graph.topological(again) if v.op is None and v.label}
    assert all(grad == pytest.approx(ours[int(label[1])].grad, rel=1e-12, abs=1e-12) for label, grad in leaves.items())
