"""The reasons of a backward pass: every line has one, and what is said to cancel does."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, concatenate, log, relu, sigmoid, softmax, tanh, where
from microgradnn.formulas.cancel import multiply_step_by_step, times
from microgradnn.formulas.derive import resolve_arguments, to_terms
from microgradnn.nn import Network

rng = np.random.default_rng(0)
X = Tensor(rng.standard_normal((2, 4)), "X", kind="constant")
Y = Tensor([[1.0, 0.0, 1.0, 1.0]], "Y", kind="constant")


def cost(A: Any) -> Any:  # noqa: N803 (the notes' name)
    """The cross entropy as the notes write it."""
    return (-(Y * A.log() + (1 - Y) * (1 - A).log()).mean()).named("J")


def told(text: str) -> str:
    """A text on one line, to look for words in."""
    return " ".join(text.split())


def test_B11_the_cancellation_is_told_step_by_step() -> None:
    network = Network([2, 3, 1], hidden="tanh", seed=0)
    text = told(cost(network(X)).explain("W1").reasons())
    stages = [
        "dZ2 = (A2 - Y) / m (1, m)",
        "dA2 = (1 - Y) / m / (1 - A2) - Y / m / A2: J is a mean, and each of its m numbers counts 1/m",
        "the slope of A2 in Z2 is A2 * (1 - A2), so dZ2 = dA2 * A2 * (1 - A2)",
        "multiplied out: (A2 - A2 * Y - Y * (1 - A2)) / m, which is (A2 + A2 * Y - A2 * Y - Y) / m",
        "A2 * Y cancels, and what is left is (A2 - Y) / m",
    ]
    at = [text.index(stage) for stage in stages]
    assert at == sorted(at)


def test_every_line_has_its_reason() -> None:
    network = Network([2, 3, 1], hidden="tanh", seed=0)
    text = told(cost(network(X)).explain("W1").reasons())
    assert "dA1[j, i] = Σₖ W2[k, j] dZ2[k, i]; a sum over the first index of both is a product with W2.T" in text
    assert "the slope of A1 in Z1 is 1 - A1**2" in text
    assert "dW1[k, j] = Σᵢ dZ1[k, i] X[j, i]; a sum over the second index of both is a product with X.T" in text
    assert "b1 is repeated in every column" in told(cost(network(X)).explain("b1").reasons())


def stages_of(losses: Any, z: Value, y: Value) -> tuple[Value, Any]:
    """Return σ(z), and the stages of the gradient of −losses in it, which has gone back to z."""
    a = sigmoid(z).named("a")
    L = (-losses(a, y)).named("L")
    order, given, wanted = resolve_arguments(L, [z], None)
    formulas, grads = to_terms(order, given, wanted, simplify=True, notes=False)
    L.backward()
    term = formulas.terms[a]
    return a, multiply_step_by_step(grads[term], term, lambda one: formulas.labels.get(one) or one.label or "(a - y)")


@pytest.mark.parametrize(
    "losses",
    [
        lambda a, y: y * log(a) + (1 - y) * log(1 - a),
        lambda a, y: 2 * y * log(a) + 3 * (1 - y) * log(1 - a),
        lambda a, y: log(1 - a),
        lambda a, y: log(a) / 4,
    ],
)
def test_what_is_multiplied_out_is_the_product(losses: Any) -> None:
    z, y = Value(0.3, "z"), Value(0.25, "y", kind="constant")
    a, stages = stages_of(losses, z, y)

    assert stages is not None
    for text in (stages.divided, stages.out):
        assert eval(text, {"a": a.data, "y": y.data}) == pytest.approx(z.grad, rel=1e-12)


def test_no_stages_are_told_where_they_could_not_show_all_that_is_divided_by() -> None:
    assert stages_of(lambda a, y: log(a) / y, Value(0.3, "z"), Value(0.25, "y", kind="constant"))[1]
    assert stages_of(lambda a, y: log(a) / y / y, Value(0.3, "z"), Value(0.25, "y", kind="constant"))[1] is None


def test_a_product_that_gets_long_is_not_multiplied_out() -> None:
    def of(count: int) -> Any:
        return {frozenset([(i, 1)]): 1 for i in range(count)}

    assert len(times(of(4), of(4), of(1)) or ()) == 10
    assert times(of(5), of(4), of(1)) is None


def test_uses_of_numbers_are_added() -> None:
    a, b, c, d = (Value(x, name=n) for x, n in [(2, "a"), (3, "b"), (4, "c"), (5, "d")])
    s = (a + b).named("s")
    text = (s * c + s * d).named("f").explain(a).reasons()
    assert "s is used in 2 places, and what comes back from each is added:" in text
    assert text.index("the slope of s * c in s is c") < text.index("the slope of s * d in s is d")
    assert text.endswith("s = a + b: it passes on what arrives")


def test_other_operations_are_told_by_their_rule() -> None:
    W = Tensor(rng.standard_normal((3, 2)), "W", kind="parameter")
    Z = (W @ X).named("Z")
    cases = {
        "the rule of softmax": (softmax(Z, axis=0).named("P") ** 2).sum(),
        "1 where Z > 0, else 0": relu(Z).named("A").sum(),
        "by the rule of prod": tanh(Z).named("A").prod(axis=0).sum(),
        "each part gets its part": concatenate([Z, 2 * Z]).named("B").sum(),
        "it gets what arrives where it was taken": where(Z > 0, Z, 3 * Z).named("B").sum(),
    }
    for words, J in cases.items():
        assert words in told(J.named("J").explain(W).reasons()), words


def test_the_lines_are_those_of_the_explanation() -> None:
    network = Network([2, 3, 2, 1], hidden=["relu", "sigmoid"], seed=0)
    explanation = network.cost(X, Y).explain("W1")
    lines = [line for line in explanation.reasons().split("\n")[1:] if re.match("  [^ ]", line)]
    assert [line.split() for line in lines] == [line.split() for line in str(explanation).split("\n")[1:]]
