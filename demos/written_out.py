"""The backward pass, written out: graphs of the course, and the code that a person would write for them.

Prints the programs of J = 3(a + bc), f = (a + b)c + (a + b)d, logistic regression of one example and
of all at once, the 2-3-1 network of the exam, a network of 2 layers, and one of 5. Each is run as it
is printed, in a namespace that has nothing but NumPy, and its gradients are held to those of
backward(): they differ by 0.0e+00 in the first two, and by less than 1e-12 in all.
"""

from pathlib import Path
from typing import Any

import numpy as np

from microgradnn import Tensor, Value, derive, expression, leaky_relu, log, relu, sigmoid, tanh
from microgradnn.graph import topological

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 6))
Y = (X[:1] * X[1:] > 0).astype(float)


def cost(a: Any, y: Any) -> Any:
    """The cross entropy, as the notes write it."""
    return (-(y * log(a) + (1 - y) * log(1 - a)).mean()).named("J")


def logistic_regression() -> Any:
    """One example with two features."""
    w1, w2, b = (Value(x, name, kind="parameter") for x, name in [(0.2, "w1"), (-0.4, "w2"), (0.1, "b")])
    x1, x2, y = Value(0.5, "x1"), Value(0.3, "x2"), Value(1, "y")
    z = (w1 * x1 + w2 * x2 + b).named("z")
    a = sigmoid(z).named("a")
    return (-(y * log(a) + (1 - y) * log(1 - a))).named("L")


def network(sizes: list[int], *activations: Any) -> Any:
    """Layers of these sizes on all examples at once; one layer is logistic regression."""
    a: Any = Tensor(X, "X")
    for i, activation in enumerate(activations, 1):
        layer = str(i) if len(activations) > 1 else ""
        W = Tensor(RNG.normal(size=(sizes[i], sizes[i - 1])), f"W{layer}", kind="parameter")
        b = Tensor(np.zeros((sizes[i], 1)), f"b{layer}", kind="parameter")
        a = activation((W @ a + b).named(f"Z{layer}")).named(f"A{layer}")
    return cost(a, Tensor(Y, "Y"))


def leaky(z: Any) -> Any:
    """The leaky ReLU with the notes' slope of 0.01."""
    return leaky_relu(z, 0.01)


EXAM = (Path(__file__).parent / "exam.mg").read_text(encoding="utf-8")
GRAPHS = {
    "J = 3(a + bc)": expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2}).output,
    "f = (a + b)c + (a + b)d": expression("s = a + b; f = s*c + s*d", {"a": 2, "b": 3, "c": 4, "d": 5}).output,
    "logistic regression, one example": logistic_regression(),
    "logistic regression, all examples": network([2, 1], sigmoid),
    "the 2-3-1 network of the exam": expression(EXAM).output,
    "two layers": network([2, 3, 1], tanh, sigmoid),
    "five layers": network([2, 4, 3, 3, 2, 1], relu, tanh, leaky, sigmoid, sigmoid),
}

for title, output in GRAPHS.items():
    written = derive(output)
    print(f"# {title}\n\n{written}\n")

    output.backward()
    nodes = {node.name.replace("ŷ", "y_hat"): node for node in topological(output)}
    pasted: dict[str, Any] = {}
    exec(written.source, pasted)
    _, gradients = pasted["value_and_gradients"](*(np.array(nodes[name].data) for name in written.inputs))
    pairs = zip(written.wrt, gradients, strict=True)
    print(f"# differs from backward() by {max(np.abs(g - nodes[name].grad).max() for name, g in pairs):.1e}\n\n")
