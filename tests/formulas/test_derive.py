"""The backward pass written out: the six programs of the course, line by line, and run as they are printed."""

from __future__ import annotations

import pickle
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import Derivation, Tensor, Value, derive, expression, leaky_relu, log, sigmoid, tanh
from microgradnn.graph import topological
from microgradnn.programs.backends import compile
from microgradnn.rules import calculus

DEMOS = Path(__file__).parents[2] / "demos"
RNG = np.random.default_rng(6)
X = RNG.normal(size=(2, 5))
Y = np.array([[1.0, 0.0, 1.0, 1.0, 0.0]])


# --- the six programs ---------------------------------------------------------------------------


def first_graph() -> Any:
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    u = (b * c).named("u")
    v = (a + u).named("v")
    return (3 * v).named("J")


def shared_node() -> Any:
    a, b, c, d = (Value(x, name) for x, name in [(2, "a"), (3, "b"), (4, "c"), (5, "d")])
    s = (a + b).named("s")
    return (s * c + s * d).named("f")


def logistic_regression() -> Any:
    w1, w2, b = (Value(x, name, kind="parameter") for x, name in [(0.2, "w1"), (-0.4, "w2"), (0.1, "b")])
    x1, x2, y = Value(0.5, "x1"), Value(0.3, "x2"), Value(1, "y")
    z = (w1 * x1 + w2 * x2 + b).named("z")
    a = sigmoid(z).named("a")
    return (-(y * log(a) + (1 - y) * log(1 - a))).named("L")


def parameter(name: str, *shape: int) -> Tensor:
    return Tensor(np.random.default_rng(len(name) + sum(shape)).normal(size=shape) * 0.5, name, kind="parameter")


def cross_entropy_cost(a: Any, y: Any) -> Any:
    return (-(y * log(a) + (1 - y) * log(1 - a)).mean()).named("J")


def vectorised() -> Any:
    w, b = parameter("w", 2, 1), parameter("b", 1, 1)
    Z = (w.T @ Tensor(X, "X") + b).named("Z")
    return cross_entropy_cost(sigmoid(Z).named("A"), Tensor(Y, "Y"))


def exam_network() -> Any:
    return expression((DEMOS / "exam.mg").read_text(encoding="utf-8")).output


def deep(sizes: list[int], activations: list[Callable[..., Any]]) -> Any:
    """A network with the cross entropy written as in the notes."""
    A: Any = Tensor(X, "X")
    for layer, activation in enumerate(activations, 1):
        W = parameter(f"W{layer}", sizes[layer], sizes[layer - 1])
        Z = (W @ A + parameter(f"b{layer}", sizes[layer], 1)).named(f"Z{layer}")
        A = activation(Z).named(f"A{layer}")
    return cross_entropy_cost(A, Tensor(Y, "Y"))


def two_layers() -> Any:
    return deep([2, 3, 1], [tanh, sigmoid])


def relu(x: Any) -> Any:
    return calculus.relu(x)


def leaky(x: Any) -> Any:
    return leaky_relu(x, 0.01)


def five_layers() -> Any:
    return deep([2, 4, 3, 3, 2, 1], [relu, tanh, leaky, sigmoid, sigmoid])


# Above, the forward pass; below, what the notes say of each line. Where the notes give a formula in words, it stands
# beside the line.
LINES = {
    first_graph: """
        u = b * c
        v = a + u
        J = 3 * v

        dv = 3              # D5: dJ/dv = 3
        da = dv             #     dJ/da = dJ/dv · 1
        du = dv             #     dJ/du = dJ/dv · 1
        db = du * c         #     dJ/db = dJ/du · c
        dc = du * b         #     dJ/dc = dJ/du · b
    """,
    shared_node: """
        s = a + b
        f = s * c + s * d

        dc = s
        dd = s
        ds = d + c          # D3: both paths
        da = ds
        db = ds
    """,
    logistic_regression: """
        z = w1 * x1 + w2 * x2 + b
        a = sigmoid(z)
        L = -(y * np.log(a) + (1 - y) * np.log(1 - a))

        dz = a - y          # B11: dL/dz = a − y
        dw1 = dz * x1       #      dL/dw1 = x1 dz
        dw2 = dz * x2
        db = dz
    """,
    vectorised: """
        Z = w.T @ X + b
        A = sigmoid(Z)
        J = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))

        dZ = (A - Y) / m    # dZ = A − Y, and 1/m
        dw = X @ dZ.T   # dw = 1/m X dZᵀ
        db = np.sum(dZ, axis=1, keepdims=True)
    """,
    exam_network: """
        z1 = w11 * x1 + w12 * x2 + b1
        a1 = sigmoid(z1)
        z2 = w21 * x1 + w22 * x2 + b2
        a2 = sigmoid(z2)
        z3 = w31 * x1 + w32 * x2 + b3
        a3 = sigmoid(z3)
        z = v1 * a1 + v2 * a2 + v3 * a3 + c
        y_hat = sigmoid(z)
        L = -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))

        dz = y_hat - y      # G8: δ = ŷ − y
        dv1 = dz * a1
        dv2 = dz * a2
        dv3 = dz * a3
        dc = dz
        da3 = dz * v3
        dz3 = da3 * (a3 * (1 - a3))
        dw31 = dz3 * x1
        dw32 = dz3 * x2
        db3 = dz3
        da2 = dz * v2
        dz2 = da2 * (a2 * (1 - a2))
        dw21 = dz2 * x1
        dw22 = dz2 * x2
        db2 = dz2
        da1 = dz * v1
        dz1 = da1 * (a1 * (1 - a1))
        dw11 = dz1 * x1
        dw12 = dz1 * x2
        db1 = dz1
    """,
    two_layers: """
        Z1 = W1 @ X + b1
        A1 = np.tanh(Z1)
        Z2 = W2 @ A1 + b2
        A2 = sigmoid(Z2)
        J = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))

        dZ2 = (A2 - Y) / m                          # dZ[2] = A[2] − Y, and 1/m
        dW2 = dZ2 @ A1.T                            # dW[2] = 1/m dZ[2] A[1]ᵀ
        db2 = np.sum(dZ2, axis=1, keepdims=True)    # db[2] = 1/m np.sum(dZ[2], axis=1, keepdims=True)
        dA1 = W2.T @ dZ2
        dZ1 = dA1 * (1 - A1**2)                     # dZ[1] = W[2]ᵀ dZ[2] * g[1]′(Z[1])
        dW1 = dZ1 @ X.T
        db1 = np.sum(dZ1, axis=1, keepdims=True)
    """,
    five_layers: """
        Z1 = W1 @ X + b1
        A1 = np.maximum(Z1, 0)
        Z2 = W2 @ A1 + b2
        A2 = np.tanh(Z2)
        Z3 = W3 @ A2 + b3
        A3 = np.where(Z3 > 0, Z3, 0.01 * Z3)
        Z4 = W4 @ A3 + b4
        A4 = sigmoid(Z4)
        Z5 = W5 @ A4 + b5
        A5 = sigmoid(Z5)
        J = -np.mean(Y * np.log(A5) + (1 - Y) * np.log(1 - A5))

        dZ5 = (A5 - Y) / m
        dW5 = dZ5 @ A4.T
        db5 = np.sum(dZ5, axis=1, keepdims=True)
        dA4 = W5.T @ dZ5
        dZ4 = dA4 * (A4 * (1 - A4))                 # F2: σ′ = a (1 − a)
        dW4 = dZ4 @ A3.T
        db4 = np.sum(dZ4, axis=1, keepdims=True)
        dA3 = W4.T @ dZ4
        dZ3 = dA3 * np.where(Z3 > 0, 1, 0.01)       # F5: 1 or 0.01
        dW3 = dZ3 @ A2.T
        db3 = np.sum(dZ3, axis=1, keepdims=True)
        dA2 = W3.T @ dZ3
        dZ2 = dA2 * (1 - A2**2)                     # F3: tanh′ = 1 − a²
        dW2 = dZ2 @ A1.T
        db2 = np.sum(dZ2, axis=1, keepdims=True)
        dA1 = W2.T @ dZ2
        dZ1 = dA1 * (Z1 > 0)                        # F4: 1 where z > 0, else 0
        dW1 = dZ1 @ X.T
        db1 = np.sum(dZ1, axis=1, keepdims=True)
    """,
}
ALL = pytest.mark.parametrize("network", LINES, ids=lambda network: network.__name__)


def expected(text: str) -> list[str]:
    lines = [line.split("#")[0].strip() for line in text.strip().split("\n")]
    return [line for line in lines if line]


def leaves(output: Any) -> dict[str, Any]:
    """The leaves of a graph by name, as Python takes it."""
    return {x.name: x for x in topological(output) if x.op is None and x.name}


@ALL
def test_its_lines_are_those_of_the_notes(network: Callable[[], Any]) -> None:
    derived = derive(network())

    assert [str(line) for line in (*derived.forward, *derived.backward)] == expected(LINES[network])


def as_file(derived: Derivation, folder: Path) -> dict[str, Any]:
    """What a file of the source defines."""
    file = folder / "pasted.py"
    file.write_text(derived.source, encoding="utf-8")
    return runpy.run_path(str(file))


@ALL
def test_pasted_into_an_empty_file_it_gives_the_gradients_of_the_graph(
    network: Callable[[], Any], tmp_path: Path
) -> None:
    output = network()
    output.backward()
    derived, nodes = derive(output), leaves(output)

    imported = [line for line in derived.source.split("\n") if line.startswith(("import", "from"))]
    assert imported in ([], ["import numpy as np"])
    value, gradients = as_file(derived, tmp_path)["value_and_gradients"](
        *(np.array(nodes[name].data) for name in derived.inputs)
    )

    assert value == pytest.approx(output.item(), abs=1e-12)
    assert len(gradients) == len(derived.wrt)
    for name, gradient in zip(derived.wrt, gradients, strict=True):
        assert np.shape(gradient) == np.shape(nodes[name].grad)
        np.testing.assert_allclose(gradient, nodes[name].grad, rtol=0, atol=1e-12)


@ALL
def test_it_passes_ruff(network: Callable[[], Any], tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    file = tmp_path / "pasted.py"
    file.write_text(derive(network()).source, encoding="utf-8")

    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", file], capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stdout


@ALL
def test_the_source_says_what_shapes_it_takes(network: Callable[[], Any]) -> None:
    derived = derive(network())
    text = " ".join(derived.source.split())

    for name in derived.inputs:
        shape = derived.shapes[name]
        assert f"{name} {shape}" in text if shape else f"{name} a number" in text


def test_m_is_the_length_of_the_rows_of_the_data() -> None:
    derived = derive(two_layers())

    assert "    m = X.shape[1]\n" in derived.source
    assert derived.shapes["X"] == (2, 5) or str(derived.shapes["X"]) == "(2, m)"
    assert str(derived.shapes["dZ1"]) == "(3, m)"
    assert str(derived.shapes["dW1"]) == "(3, 2)"


# --- conventions --------------------------------------------------------------------------------


def test_in_the_style_of_the_notes_1_over_m_comes_with_dW_and_db() -> None:
    derived = derive(two_layers(), notes=True)

    assert [str(line) for line in derived.backward] == [
        "dZ2 = A2 - Y",
        "dW2 = dZ2 @ A1.T / m",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m",
        "dA1 = W2.T @ dZ2",
        "dZ1 = dA1 * (1 - A1**2)",
        "dW1 = dZ1 @ X.T / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
    ]


@pytest.mark.parametrize("network", [vectorised, two_layers, five_layers])
def test_both_conventions_give_the_same_dW_and_db(network: Callable[[], Any], tmp_path: Path) -> None:
    output = network()
    here, notes = derive(output), derive(output, notes=True)
    given = [leaves(output)[name].data for name in here.inputs]
    value, gradients = as_file(here, tmp_path)["value_and_gradients"](*given)
    again, others = as_file(notes, tmp_path)["value_and_gradients"](*given)

    assert value == again
    for one, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-15)


def test_without_simplification_it_is_the_raw_chain_rule() -> None:
    derived = derive(logistic_regression(), simplify=False)

    assert [str(line) for line in derived.backward] == [
        "da = -(-1) * (1 - y) * (1 / (1 - a)) + (-1) * y * (1 / a)",
        "dz = da * (a * (1 - a))",
        "dw1 = dz * x1",
        "dw2 = dz * x2",
        "db = dz",
    ]


@ALL
def test_the_raw_chain_rule_gives_the_same(network: Callable[[], Any], tmp_path: Path) -> None:
    output = network()
    short, raw = derive(output), derive(output, simplify=False)
    given = [np.array(leaves(output)[name].data) for name in short.inputs]
    value, gradients = as_file(short, tmp_path)["value_and_gradients"](*given)
    again, others = as_file(raw, tmp_path)["value_and_gradients"](*given)

    assert value == pytest.approx(again, abs=1e-15)
    for one, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)


def test_in_plain_python_it_needs_no_numpy() -> None:
    source = derive(logistic_regression(), style="python").source

    assert "np" not in source
    assert source.startswith("import math\n\n\ndef sigmoid(x):\n")


# --- what is asked for --------------------------------------------------------------------------


def test_by_default_by_the_parameters_else_by_all_that_has_a_name() -> None:
    assert derive(two_layers()).wrt == ("W1", "b1", "W2", "b2")
    assert derive(first_graph()).wrt == ("b", "c", "a")  # in the order of their first use


def test_only_what_is_wanted_is_computed() -> None:
    output = two_layers()
    nodes = leaves(output)

    assert [line.name for line in derive(output, [nodes["W2"]]).backward] == ["dZ2", "dW2"]
    assert derive(output, [nodes["b1"], nodes["W2"]]).wrt == ("b1", "W2")


def test_by_a_node_inside() -> None:
    output = first_graph()
    u = next(node for node in topological(output) if node.name == "u")

    assert [str(line) for line in derive(output, [u]).backward] == ["dv = 3", "du = dv"]


def test_a_node_inside_that_has_no_name_gets_one() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    inner = x * y
    derived = derive((inner * inner).named("J"), [inner])

    assert len(derived.wrt) == 1
    assert derived.backward[-1].name == f"d{derived.wrt[0]}"


def test_inputs_are_the_arguments_and_other_leaves_numbers() -> None:
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    J = (3 * (a + b * c)).named("J")

    derived = derive(J, [a], inputs=[a, c])

    assert derived.inputs == ("a", "c")
    assert str(derived.forward[-1]) == "J = 3 * (a + 3 * c)"


def test_what_the_output_does_not_depend_on_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"does not depend on Value\(1.0, name='other'\)"):
        derive(first_graph(), [Value(1.0, "other")])


def test_what_is_no_single_number_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"one number, a cost; got shape \(2, 5\)"):
        derive(Tensor(X, "X") * 2)


def test_a_large_array_needs_a_name() -> None:
    with pytest.raises(ValueError, match=r"shape \(5, 6\) has no name .* give it one"):
        derive(
            (Tensor(np.arange(30.0).reshape(5, 6), "X") * Tensor(np.arange(30.0).reshape(5, 6), kind="constant")).sum()
        )


# --- other forms --------------------------------------------------------------------------------


def test_in_latex_the_letters_are_those_of_the_notes() -> None:
    assert derive(two_layers()).latex.split("\n")[6:10] == [
        r"dZ_{2} &= (A_{2} - Y) / m \\",
        r"dW_{2} &= dZ_{2}\,A_{1}^\top \\",
        r"db_{2} &= \operatorname{sum}(dZ_{2}, \operatorname{axis}=1, \operatorname{keepdims}=\text{true}) \\",
        r"dA_{1} &= W_{2}^\top\,dZ_{2} \\",
    ]


def test_in_latex_a_name_has_its_index_and_a_word_stands_upright() -> None:
    h, W, b = Value(0.5, "h_{t-1}"), Value(1.5, "W_hh", kind="parameter"), Value(0.1, "bias", kind="parameter")

    assert derive((W * h + b).tanh().named("h_t")).latex.split("\n")[1:-1] == [
        r"h_{t} &= \operatorname{tanh}(W_{hh} \odot h_{t\_1} + \text{bias}) \\",
        r"t_{1} &= 1 - h_{t}^{2} \\",
        r"dW_{hh} &= t_{1} \odot h_{t\_1} \\",
        r"\text{dbias} &= t_{1}",
    ]


def test_in_a_notebook_it_is_a_formula() -> None:
    derived = derive(first_graph())

    assert derived._repr_latex_() == f"$${derived.latex}$$"
    assert not hasattr(derived, "_repr_html_")  # which would be shown in its place


def test_the_lines_are_data() -> None:
    line = derive(two_layers()).backward[1]

    assert (line.name, line.formula) == ("dW2", "dZ2 @ A1.T")
    assert line.shapes == "(1, 3) = (1, m) @ (m, 3)"


@ALL
def test_a_program_pickles_and_prints_its_own_source(network: Callable[[], Any]) -> None:
    output = network()
    program = compile(output)

    twin = pickle.loads(pickle.dumps(program))

    assert twin.source == program.source == derive(output).source
    assert twin.inputs == program.inputs
    assert str(twin()) == str(program())


@ALL
def test_a_derivation_pickles_with_its_exact_source(network: Callable[[], Any]) -> None:
    derivation = derive(network())

    twin = pickle.loads(pickle.dumps(derivation))

    assert twin.exact.source == derivation.exact.source
    assert pickle.loads(pickle.dumps(twin)).exact.source == twin.exact.source


# --- two nodes, one formula ---------------------------------------------------------------------


def test_two_nodes_of_the_same_formula_have_each_their_own_gradient() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    u, v = (x * y).named("u"), (x * y).named("v")
    J = (2 * u + v).named("J")
    J.backward()

    by_name = {line.name: line for line in derive(J, [u, v]).backward}

    assert (u.grad, v.grad) == (2.0, 1.0)
    assert [by_name["du"].formula, by_name["dv"].formula] == ["2", "1"]


def test_of_a_sum_that_is_derived_by_an_inner_node_the_gradient_is_named_where_it_arises() -> None:
    w, b = parameter("w", 2, 1), parameter("b", 1, 1)
    A = sigmoid((w.T @ Tensor(X, "X") + b).named("Z")).named("A")
    target = Tensor(Y, "Y")
    J = (-(target * log(A) + (1 - target) * log(1 - A)).mean() + (w**2).sum() * 0.1).named("J")

    assert "dZ = (A - Y) / m" in [str(line) for line in derive(J).backward]


def test_two_long_indices_that_differ_in_one_number_are_not_taken_for_one() -> None:
    x = Tensor(np.arange(3000.0)[None], "x")
    first = np.arange(2000)
    second = np.where(first == 1000, 2999, first)
    J = (2 * x[:, first].sum() + (x[:, second] ** 2).sum()).named("J")
    J.backward()

    value, gradients = compile(J, [x])()
    assert value == J.item()
    np.testing.assert_array_equal(gradients["x"], x.grad)


def test_a_graph_with_very_many_paths_is_derived_line_by_line() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(60):  # 2^60 paths
        y = y * 0.5 + (y * 0.25).sin()

    derived = derive(y, [x])

    y.backward()
    assert compile(y, [x])().gradients["x"] == pytest.approx(x.grad, rel=1e-12)
    assert len(derived.backward) < 500


def test_a_graph_that_is_too_long_to_write_out_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microgradnn.formulas.derive.MOST_NODES", 10)
    x = Value(0.5, "x")
    y = x
    for _ in range(10):
        y = y.sin()

    with pytest.raises(ValueError, match=r"a graph of 11 nodes is too long .* compile\(J, backend='native'\)"):
        derive(y, [x])


# --- arrays that have a word ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.eye(6), "np.eye(6)"),
        (0.25 * np.eye(2), "0.25 * np.eye(2)"),
        (np.full((5, 5), -2.0), "np.full((5, 5), -2.0)"),
        (np.zeros((3, 8)), "np.full((3, 8), 0.0)"),
    ],
)
def test_an_array_that_has_a_word_is_written_by_it(array: Any, text: str) -> None:
    X = Tensor(np.linspace(1.0, 2.0, array.size).reshape(array.shape), "X")
    J = ((X * array) ** 2 + X * X @ array.T @ array).sum()
    derived = derive(J)
    assert text in str(derived)
    scope: dict[str, Any] = {}
    exec(derived.source, scope)
    J.backward()
    np.testing.assert_allclose(scope["value_and_gradients"](X.data)[1][0], X.grad, rtol=1e-13)


@pytest.mark.parametrize(
    "array", [np.diag([1.0] * 5 + [2.0]), -np.eye(6), np.eye(5, 6), np.r_[-0.0, np.zeros(29)].reshape(5, 6)]
)
def test_other_large_arrays_need_a_name(array: Any) -> None:
    with pytest.raises(ValueError, match="is too large to write out"):
        derive((Tensor(np.ones(array.shape), "X") * array).sum())


def test_a_style_that_there_is_not_is_said() -> None:
    with pytest.raises(ValueError, match=r"unknown style 'latex' .choose from numpy, python, c, javascript, jax"):
        derive(Value(2.0, "x") ** 2, style="latex")  # type: ignore[call-overload]
