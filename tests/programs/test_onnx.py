"""Graphs as ONNX models: onnxruntime gives the same to 1e-6 in single precision, whatever the number of examples."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microgradnn as mg
from microgradnn import Tensor, Value, compile, to_onnx
from microgradnn.data.scaling import Scaling
from microgradnn.formulas.onnx_arrays import ROWS
from microgradnn.graph import OPS, Fold
from microgradnn.nn import Model, Network
from microgradnn.rules import arrays
from microgradnn.rules.arrays import ARRAY_OPS

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")), reason="onnx is an extra"
)
NUMBERS = [0.0, -0.0, 1e-20, 1e-5, 0.3, 0.5, 0.7, 0.999, 1.0, 2.0, 3.0, 10.0, 30.0, 88.0, 200.0, 1000.0, 1e20, np.inf]
POINTS = np.array([*NUMBERS, *(-x for x in NUMBERS), np.nan], np.float32)


def run(model: Any, **inputs: Any) -> list[Any]:
    """What onnxruntime makes of arrays; whole numbers where it takes these."""
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    kinds = {x.name: np.int64 if "int64" in x.type else np.float32 for x in session.get_inputs()}
    found: list[Any] = session.run(None, {name: np.asarray(inputs[name], kind) for name, kind in kinds.items()})
    return found


def shapes(values: Any) -> list[list[Any]]:
    """The shapes that a model declares."""
    return [[d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] for x in values]


# --- every row ----------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [op for op in OPS.values() if not isinstance(op, Fold)], ids=str)
def test_a_row_is_the_same_at_every_point(op: Any) -> None:
    n = len(op.partials)
    grid = [x.ravel() for x in np.meshgrid(*[POINTS[:: 1 + 3 * (n == 3)]] * n)]
    xs = [Value(1.0 if op.name == "acosh" else 0.5, name) for name in "abc"[:n]]

    (found,) = run(to_onnx(op(*xs)), **dict(zip("abc", grid, strict=False)))

    with np.errstate(all="ignore"):
        want = op.array(*[x.astype(float) for x in grid]).astype(np.float32)
    np.testing.assert_allclose(np.broadcast_to(found, want.shape), want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["dot", "logsumexp", "mean", "prod", "sum"])
def test_a_fold_of_many_is_the_same(name: str) -> None:
    xs = [Value(x, f"x{i}") for i, x in enumerate([0.5, -1.5, 30.0, 2.0])]
    out: Any = OPS[name](*xs)
    (found,) = run(to_onnx(out), **{x.name: [x.data] for x in xs})
    np.testing.assert_allclose(found, out.data, rtol=1e-6)


PLACES = Tensor([[2, 0, 2]], "I", kind="constant")
AXES: list[Any] = [None, 0, (0, 1)]


def reduced(name: str, axis: Any) -> Callable[[Any, Any], Any]:
    return lambda w, x: getattr(arrays, name)(w @ x, axis=axis)


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "broadcast": lambda w, x: arrays.broadcast((w @ x).sum(axis=0, keepdims=True), shape=(2, 4, 5)),
    "cast": lambda w, x: arrays.cast(x, dtype="float32"),
    "concatenate": lambda w, x: mg.concatenate([w @ x, x]),
    "cumprod": lambda w, x: x.cumprod(axis=1),
    "cumprod of all": lambda w, x: x.cumprod(),
    "cumsum": lambda w, x: x.cumsum(axis=-1),
    "cumsum of all": lambda w, x: x.cumsum(),
    "det": lambda w, x: np.linalg.det(w @ x @ x.T @ w.T),
    "diagonal": lambda w, x: arrays.diagonal(x, offset=1),
    "einsum": lambda w, x: mg.einsum("ij,jk,jk->ki", w, x, x),
    "flip": lambda w, x: mg.flip(x, axis=1),
    "matmul": lambda w, x: w @ x,
    "median": lambda w, x: np.median(x),
    "on_diagonal": lambda w, x: arrays.on_diagonal(x[:, :4], offset=-1, shape=(3, 5, 4)),
    "overlap": lambda w, x: arrays.overlap(window(x), size=(2, 2), step=(1, 2), dilation=(1, 1), shape=(3, 5)),
    "pad": lambda w, x: np.pad(x, ((1, 0), (0, 2))),
    "pick": lambda w, x: x[:, PLACES],
    "place": lambda w, x: arrays.place(x[:, PLACES], PLACES, axis=1, n=5),
    "put": lambda w, x: arrays.put(x[:2], index=([0, 0], slice(None)), shape=(2, 5)),
    "quantile": lambda w, x: np.quantile(x, 0.77, axis=1),
    "quantile of two": lambda w, x: np.quantile(x, 0.3, axis=0, method="midpoint"),
    "reshape": lambda w, x: (w @ x).reshape(1, -1),
    "roll": lambda w, x: np.roll(x, (1, 7), axis=(0, 1)),
    "shift": lambda w, x: arrays.shift(x, by=1, fill=3.0, axis=1) * arrays.shift(x, by=-1, fill=2.0, axis=1),
    "sort": lambda w, x: np.sort(x, axis=0),
    "sort_by": lambda w, x: arrays.sort_by(x, x * x, axis=1),
    "std": lambda w, x: x.std(axis=1),
    "sum_to": lambda w, x: arrays.sum_to(x, shape=(3, 1)),
    "sum_to a number": lambda w, x: arrays.sum_to(x, shape=()),
    "swap": lambda w, x: x.T,
    "take": lambda w, x: x[1],
    "take a range": lambda w, x: x[::-1, None, 1:4:2],
    "take from the end": lambda w, x: x[-2:, ::-2],
    "take several": lambda w, x: x[[0, 0, 2]],
    "take places": lambda w, x: x[[0, 1], [2, 3]],
    "transpose": lambda w, x: mg.transpose(x, axes=(1, 0)),
    "tril": lambda w, x: arrays.tril(x, k=-1),
    "triu": lambda w, x: arrays.triu(x, k=1),
    "unsort": lambda w, x: arrays.unsort(x, x * x, axis=1),
    "var": lambda w, x: x.var(axis=1, ddof=1),
    "weigh_matmul": lambda w, x: arrays.weigh_matmul(w, x),
    "windows": lambda w, x: window(x),
    "a convolution": lambda w, x: mg.conv2d(x.reshape(1, 1, 3, 5), w.reshape(1, 1, 2, 3)),
    "a sum over 5 examples": lambda w, x: (w @ x).sum() / 5,
    **{
        f"{name} along {axis}": reduced(name, axis)
        for name in ("sum", "mean", "max", "min", "prod", "logsumexp", "rms", "softmax", "log_softmax")
        for axis in AXES
        if axis is not None or "softmax" not in name
    },
}


def window(x: Any) -> Any:
    return arrays.windows(x, size=(2, 2), step=(1, 2), dilation=(1, 1))


@pytest.mark.parametrize("name", CASES)
def test_operations_on_arrays_are_the_same_for_every_number_of_examples_that_is_declared(name: str) -> None:
    rng = np.random.default_rng(0)
    W = Tensor(rng.normal(size=(2, 3)).astype(np.float32).astype(float), "W", kind="parameter")

    def at(shape: tuple[int, ...]) -> Any:
        return Tensor(rng.normal(size=shape).astype(np.float32).astype(float), "X", kind="input")

    X = at((3, 5))
    model = to_onnx(CASES[name](W, X))
    declared = shapes([x for x in model.graph.input if x.name == "X"])[0]
    for m in (5, 8) if "m" in declared else (5,):
        X = X if m == 5 else at(tuple([m if n == "m" else n for n in declared]))
        want = CASES[name](W, X).numpy()
        (found,) = run(model, X=X.numpy(), I=PLACES.numpy())
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=2e-6)
        assert found.shape == want.shape


def test_every_row_of_arrays_is_tested_or_refused_in_a_sentence() -> None:
    assert set(ROWS) <= {one.partition(" ")[0] for one in CASES}
    X = Tensor(np.eye(2) + 1, "X", kind="input")
    for name in ("inv", "cholesky", "logabsdet", "pinv"):
        with pytest.raises(
            ValueError, match=rf"^ONNX \(opset 18\) has no operator, and no short formula, for {name}: "
        ):
            to_onnx(ARRAY_OPS[name](X))


# --- models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", ["elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "softplus", "tanh"])
def test_a_network_is_the_same_and_takes_any_number_of_examples(hidden: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    network = Network([3, 4, 2], hidden=hidden, output="softmax", seed=0, learn_slope=hidden == "leaky_relu")
    X = np.random.default_rng(0).normal(size=(3, 9)).astype(np.float32)

    network.to_onnx(tmp_path / "network.onnx")

    model = onnx.load(tmp_path / "network.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert {"W1", "b1", "W2", "b2"} <= {x.name for x in model.graph.initializer}
    assert [x.version for x in model.opset_import] == [18]
    assert shapes(model.graph.input) + shapes(model.graph.output) == [[3, "m"], [2, "m"]]
    np.testing.assert_allclose(run(model, X=X)[0], network(X.astype(float)).numpy(), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(run(network.to_onnx(rows=True), X=X.T)[0], run(model, X=X)[0].T, rtol=1e-6, atol=1e-6)
    assert all(p.grad is not None and not p.has_grad for p in network.parameters())


def test_a_matrix_of_one_number_stays_a_matrix() -> None:
    network, x = Network([1, 1], seed=0), np.array([[0.5, -2.0, 3.0]])

    (found,) = run(network.to_onnx(), X=x)

    np.testing.assert_allclose(found, network(x).numpy(), rtol=1e-6)


def test_a_model_takes_raw_numbers() -> None:
    X = np.array([[10.0, 20.0, 40.0], [7.0, 7.0, 7.0]], np.float32)
    model = Model(Network([2, 3, 1], seed=0), Scaling("standardise").fit(X))
    np.testing.assert_allclose(run(model.to_onnx(), X=X)[0], model(X), rtol=1e-6, atol=1e-6)


def test_a_network_whose_answer_is_written_anew_is_written_down_as_it_is() -> None:
    class Doubled(Network):
        def __call__(self, X: Any, *, training: bool = False) -> Any:  # noqa: N803 (the notes' name)
            return super().__call__(X, training=training) * 2

    network = Doubled([2, 1], seed=0)
    np.testing.assert_allclose(
        run(network.to_onnx(), X=np.ones((2, 3)))[0], network(np.ones((2, 3))).numpy(), rtol=1e-6
    )


@pytest.mark.parametrize("backend", ["python", "numpy", "native"])
def test_a_program_of_every_backend_is_written_down(backend: Any) -> None:
    if backend == "native":
        pytest.importorskip("llvmlite")
    w, x = Value(2.0, "w", kind="parameter"), Value(3.0, "x")
    program = compile((w * x).tanh().named("y"), [w], backend=backend)

    model = program.to_onnx()

    assert [x.name for x in model.graph.output] == ["y"]
    assert [x.name for x in model.graph.initializer] == ["w"]
    np.testing.assert_allclose(run(model, x=[0.5, -1.0])[0], np.tanh([1.0, -2.0]), rtol=1e-6)


def test_a_cost_is_written_down_with_its_labels_as_an_input() -> None:
    network = Network([2, 3, 1], seed=0)
    X, Y = np.eye(2, 6), np.array([[0, 1, 1, 0, 0, 1.0]])
    cost = network.cost(X, Y)
    np.testing.assert_allclose(run(compile(cost).to_onnx(), X=X, Y=Y)[0], cost.item(), rtol=1e-6)


def test_a_function_of_arrays_structures_and_an_index_is_written_down() -> None:
    E = Tensor(np.arange(12.0).reshape(4, 3), "E", kind="parameter")

    def f(w: Any, i: Any) -> Any:
        return {"rows": E[i] * w["scale"], "sum": (E[i] * w["shift"]).sum()}

    args = {"scale": Tensor([[2.0]]), "shift": Tensor([[3.0]])}, np.array([3, 0, 3])
    model = compile(f, *args).to_onnx()

    assert [x.name for x in model.graph.initializer if x.name == "E"] == ["E"]
    found = run(model, w_scale=[[2.0]], w_shift=[[3.0]], i=args[1])
    np.testing.assert_allclose(found[0], E.numpy()[args[1]] * 2)
    np.testing.assert_allclose(found[1], E.numpy()[args[1]].sum() * 3)


def test_an_output_that_is_an_input_or_another_output_or_a_number_has_a_name_of_its_own() -> None:
    model = compile(lambda x: [x, 3.0, x, x * x, x * x], 2.0).to_onnx()
    assert len({x.name for x in (*model.graph.input, *model.graph.output)}) == 6
    assert [np.ravel(x).tolist() for x in run(model, x=[1.0, 2.0])] == [[1, 2], [3], [1, 2], [1, 4], [1, 4]]
    assert run(to_onnx(Value(1.0, "output")), output=[2.0])[0].tolist() == [2]


def bent(x: float) -> float:
    return x * x if x > 0 else math.sin(x)


def test_an_operation_of_ones_own_is_translated_where_it_can_be() -> None:
    with mg.operation(bent, lambda f, x: 2 * x) as own:
        (found,) = run(to_onnx(own(Value(2.0, "x"))), x=[3.0, -1.0])
    np.testing.assert_allclose(found, [9, np.sin(-1.0)], rtol=1e-6)
    with (
        mg.operation(lambda x: x, lambda f, x: 1, name="mine") as mine,
        pytest.raises(ValueError, match="mine has no source"),
    ):
        to_onnx(mine(Value(2.0, "x")))


def test_the_axis_of_the_examples_can_be_said() -> None:
    f = compile(lambda w, x: (x @ w).tanh(), Tensor(np.ones((3, 2))), Tensor(np.ones((5, 3))))
    assert shapes(f.to_onnx().graph.output) == [[5, 2]]
    model = f.to_onnx(batch={"x": 0})
    assert shapes(model.graph.output) == [["m", 2]]
    assert run(model, w=np.ones((3, 2)), x=np.ones((7, 3)))[0].shape == (7, 2)
    with pytest.raises(ValueError, match="does not take another number of examples"):
        f.to_onnx(batch={"x": 1})
    with pytest.raises(ValueError, match="'Z' has no axis 0"):
        f.to_onnx(batch={"Z": 0})


def test_a_number_that_was_made_of_the_number_of_examples_fixes_it() -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor(np.ones((2, 6)), "X")
    assert shapes(to_onnx((W @ X).sum() / 6).graph.input) == [[2, 6]]
    assert shapes(to_onnx((W @ X).mean()).graph.input) == [[2, "m"]]
    assert shapes(to_onnx((W @ X).sum() / 2).graph.input) == [[2, "m"]]


def test_double_precision_and_what_is_refused() -> None:
    reference = pytest.importorskip("onnx.reference")
    x = Value(0.3, "x")
    evaluator = reference.ReferenceEvaluator(to_onnx((x.sinc() + x.log1p() * x.gelu()).exp(), dtype="float64"))
    want = (x.sinc() + x.log1p() * x.gelu()).exp().data
    np.testing.assert_allclose(evaluator.run(None, {"x": np.array([0.3])})[0], [want], rtol=1e-6)
    with pytest.raises(ValueError, match="choose from float32, float64"):
        to_onnx(x + 1, dtype="float16")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="to_onnx takes a node"):
        to_onnx(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a branch is no formula"):
        compile(lambda x: x if x > 0 else -x, 1.0).to_onnx()
    halve = mg.array_operation(lambda x: x / 2, lambda g, f, x: g / 2, name="halve")
    with halve, pytest.raises(ValueError, match=r"of your own, which ONNX \(opset 18\) does not know"):
        to_onnx(halve(Tensor([[1.0, 2.0]], "X")))
