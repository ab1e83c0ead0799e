"""A Tensor is an array that remembers: it computes as NumPy does, and its gradients have its shape."""

from __future__ import annotations

import copy
import gc
import math
import operator
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microgradnn as mg
from microgradnn import (
    AnomalyError,
    RankOneWarning,
    ShapeError,
    Tensor,
    Value,
    concatenate,
    detect_anomaly,
    exp,
    grad,
    jacobian,
    log,
    no_grad,
    stack,
    where,
)
from microgradnn.check.strategies import values
from microgradnn.graph import OPS, Fold, Interval, Op, topological
from microgradnn.rules import calculus

# Broadcasting is shown for every shape, (n,) too.
pytestmark = pytest.mark.filterwarnings("ignore::microgradnn.RankOneWarning")

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


@pytest.fixture
def x() -> Tensor:
    return Tensor([[1.0, 2.0], [3.0, 4.0]], "x")


def counted(shape: Shape, dtype: Any = float) -> Array:
    """Different numbers between 0.5 and 2."""
    return np.array(0.5 + 1.5 * np.sin(1 + np.arange(math.prod(shape))) ** 2, dtype).reshape(shape)


def gradients(f: Callable[..., Any], *xs: Array) -> list[Any]:
    """The gradients of Σ f in arrays."""
    inputs = [Tensor(x) for x in xs]
    f(*inputs).sum().backward()
    return [x.grad for x in inputs]


# --- broadcasting: the course notes' E1 … E8 ------------------------------------------------

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
FOODS = np.array([[56.0, 0.0, 4.4, 68.0], [1.2, 104.0, 52.0, 8.0], [1.8, 135.0, 99.0, 0.9]])  # carb, protein, fat
PERCENT = [[94.9153, 0, 2.8314, 88.4265], [2.0339, 43.5146, 33.4620, 10.4031], [3.0508, 56.4854, 63.7066, 1.1704]]


def test_E1_the_calories_of_each_food_without_a_loop() -> None:
    A = Tensor(FOODS, "A")
    total = A.sum(axis=0, keepdims=True)
    percent = 100 * A / total

    np.testing.assert_allclose(total.data, [[59.0, 239.0, 155.4, 76.9]], rtol=1e-15)
    np.testing.assert_allclose(percent.data, PERCENT, atol=5e-5)  # the notes give four digits
    np.testing.assert_allclose(percent.data.sum(axis=0), [100] * 4, rtol=1e-14)


def test_E1_an_apple_with_more_fat_has_a_smaller_share_of_carbohydrates() -> None:
    A = Tensor(FOODS, "A")
    percent = 100 * A / A.sum(axis=0, keepdims=True)
    percent[0].sum().backward()  # the shares of carbohydrates

    share, total = FOODS[0] / FOODS.sum(axis=0), FOODS.sum(axis=0)
    np.testing.assert_allclose(A.grad[0], 100 * (1 - share) / total, rtol=1e-13)
    np.testing.assert_allclose(A.grad[1:], [-100 * share / total] * 2, rtol=1e-13)


def test_E1_a_total_that_has_lost_its_axis_fits_only_by_luck() -> None:
    A = Tensor(FOODS, "A")

    assert (A / A.sum(axis=0)).shape == (3, 4)
    with pytest.raises(ShapeError, match=r"^div: .* \(x 'A': \(3, 4\), y: \(3,\)\); from the right, lengths must be"):
        A / A.sum(axis=1)


def test_E2_a_matrix_plus_a_row_and_plus_a_column() -> None:
    A = Tensor([[1, 2, 3], [4, 5, 6]])

    row, column = Tensor([[100, 200, 300]]), Tensor([[100], [200]])

    assert (A + row).data.tolist() == [[101, 202, 303], [104, 205, 306]]
    assert (A + column).data.tolist() == [[101, 102, 103], [204, 205, 206]]


@pytest.mark.parametrize("operate", ARITHMETIC)
@given(m=st.integers(1, 4), n=st.integers(1, 4))
@settings(max_examples=20)
def test_E3_a_row_a_column_and_a_number_stand_for_whole_matrices(operate: Any, m: int, n: int) -> None:
    A = counted((m, n))
    for other in (counted((1, n)), counted((m, 1)), np.array(1.5)):
        whole = np.broadcast_to(other, (m, n)).copy()
        assert np.array_equal(operate(Tensor(A), Tensor(other)).data, operate(Tensor(A), Tensor(whole)).data)
        assert np.array_equal(operate(Tensor(other), Tensor(A)).data, operate(Tensor(whole), Tensor(A)).data)


@given(n=st.integers(1, 4), k=st.integers(1, 4), m=st.integers(1, 4))
def test_E4_a_bias_is_added_to_every_example(n: int, k: int, m: int) -> None:
    W, X, b = Tensor(counted((n, k))), Tensor(counted((k, m))), Tensor(counted((n, 1)))
    copies = Tensor(np.repeat(b.data, m, axis=1))

    assert np.array_equal((W @ X + b).data, (W @ X + copies).data)
    assert (Tensor([[0.5]]) + X[:1]).shape == (1, m)


def summed(full: Array, shape: Shape) -> Array:
    """Every number of a gradient added where the one stands that was repeated to it."""
    places = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), full.shape)
    return np.bincount(places.ravel(), full.ravel(), math.prod(shape)).reshape(shape)


@pytest.mark.parametrize("operate", ARITHMETIC)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3))
def test_E5_a_gradient_has_the_shape_of_its_operand(operate: Any, shapes: hnp.BroadcastableShapes) -> None:
    arrays = [counted(shape) for shape in shapes.input_shapes]
    copies = [np.broadcast_to(array, shapes.result_shape).copy() for array in arrays]

    assert operate(*map(Tensor, arrays)).shape == shapes.result_shape
    for array, got, full in zip(arrays, gradients(operate, *arrays), gradients(operate, *copies), strict=True):
        assert got.shape == array.shape
        np.testing.assert_allclose(got, summed(full, array.shape), rtol=1e-14)  # the same sum in another order


def test_E5_the_gradient_of_a_bias_is_the_sum_over_the_examples() -> None:
    W, X, b = Tensor(counted((2, 3))), Tensor(counted((3, 4))), Tensor(np.zeros((2, 1)), "b")
    dZ = counted((2, 4))
    (W @ X + b).backward(dZ)

    assert np.array_equal(b.grad, dZ.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(W.grad, dZ @ X.data.T, rtol=1e-15)


def test_E6_an_array_that_is_neither_row_nor_column_is_warned_of() -> None:
    words = r"shape \(5,\) is neither a row nor a column, and \(5, 1\) − \(5,\) is \(5, 5\); write \.reshape\(-1, 1\)"
    with pytest.warns(RankOneWarning, match=words) as seen:
        rank_one = Tensor(np.arange(5.0))

    assert seen[0].filename == __file__
    assert (rank_one.reshape(-1, 1) - rank_one).shape == (5, 5)


def test_E6_nobody_is_warned_of_a_row_a_column_or_a_result(recwarn: pytest.WarningsRecorder) -> None:
    row = Tensor(np.ones((1, 5)))
    (Tensor(np.ones((5, 1))).T - row).sum(axis=0) + [1.0] * 5

    assert len(recwarn) == 0


def test_E7_keepdims_keeps_a_column_a_column() -> None:
    dZ = Tensor(counted((3, 4)))

    assert dZ.sum(axis=1, keepdims=True).shape == (3, 1)
    assert dZ.sum(axis=1).shape == (3,)
    for name in ("sum", "mean", "max", "min", "prod", "var", "std", "logsumexp"):
        assert getattr(dZ, name)(axis=1, keepdims=True).shape == (3, 1)


def test_E8_a_product_of_elements_is_another_than_that_of_matrices() -> None:
    A, B = counted((2, 2)), counted((2, 2))[::-1]
    ones = np.ones((2, 2))

    assert np.array_equal((Tensor(A) * Tensor(B)).data, A * B)
    np.testing.assert_allclose((Tensor(A) @ Tensor(B)).data, A @ B, rtol=1e-15)  # of B reversed, another loop of BLAS
    assert np.array_equal(gradients(operator.mul, A, B), [B, A])
    np.testing.assert_allclose(gradients(operator.matmul, A, B), [ones @ B.T, A.T @ ones], rtol=1e-15)


# --- the first table --------------------------------------------------------------------------

element_wise = pytest.mark.parametrize("op", [op for op in OPS.values() if op.arity], ids=str)


def arguments(domain: Interval) -> st.SearchStrategy[float]:
    """Numbers within a domain, the places of kinks among them."""
    kinks = [k for k in (0.0, 1.0, -1.0) if domain.low < k < domain.high and k != domain.hole]
    return values(domain, largest=4.0) | (st.sampled_from(kinks) if kinks else st.nothing())


@st.composite
def columns(draw: st.DrawFn, op: Op) -> list[Array]:
    """For each argument of a row six numbers."""
    rows = draw(st.lists(st.tuples(*map(arguments, op.domain)), min_size=6, max_size=6))
    if op is calculus.clip:
        rows = [(x, *sorted(ends)) for x, *ends in rows]
    return [np.array(column).reshape(2, 3) for column in zip(*rows, strict=True)]


@element_wise
@given(data=st.data())
@settings(max_examples=30)
def test_a_row_at_a_tensor_is_the_row_at_each_of_its_numbers(op: Op, data: st.DataObject) -> None:
    xs = data.draw(columns(op))
    g = counted((2, 3))
    inputs = [Tensor(x) for x in xs]
    result = op(*inputs)
    result.backward(g)

    for place in np.ndindex(2, 3):
        numbers = [Value(float(x[place])) for x in xs]
        node = op(*numbers)
        node.backward(float(g[place]))
        # NumPy's functions and the C library's differ in the last places.
        assert result.data[place] == pytest.approx(node.data, rel=1e-12, abs=1e-12)
        got = [np.broadcast_to(x.grad, (2, 3))[place] for x in inputs]
        assert got == pytest.approx([x.grad for x in numbers], rel=1e-12, abs=1e-12, nan_ok=True)


@element_wise
@pytest.mark.parametrize("shape", [(), (1,), (2, 2), (0, 3)], ids=str)
@pytest.mark.parametrize("create_graph", [False, True])
def test_float32_stays_float32_at_any_shape(op: Op, shape: Shape, create_graph: bool) -> None:
    at = [1.5] if op is calculus.acosh else [0.4, 0.5, 0.9]
    inputs = [Tensor(np.full(shape, at[i], np.float32)) for i in range(op.arity or 0)]
    result = op(*inputs)
    result.sum().backward(create_graph=create_graph)

    reached = [x for x in inputs if type(x.grad) is not float]
    assert result.dtype == np.float32
    assert [(x.grad.dtype, x.grad.shape) for x in reached] == [(np.float32, shape)] * len(reached)


@pytest.mark.parametrize("name", ["abs", "exp", "log", "tanh", "relu", "sigmoid", "softplus", "sqrt", "sign"])
def test_a_row_is_a_method_and_a_function(x: Tensor, name: str) -> None:
    assert getattr(x, name)().op is OPS[name]
    assert np.array_equal(getattr(x, name)().data, OPS[name](x).data)


def test_the_rows_of_many_numbers_take_a_whole_array(x: Tensor) -> None:
    folds = [op for op in OPS.values() if isinstance(op, Fold) and op.name != "dot"]

    for op in folds:
        assert op(x).data == pytest.approx(op(x.data), rel=1e-15)
    assert np.array_equal(mg.dot(x, x).data, x.data @ x.data)


@pytest.mark.parametrize("power", [2, 3.0, -1, 0.5, True, np.float64(2), np.int64(2)])
def test_a_power_is_held_or_has_a_gradient_of_its_own(power: Any) -> None:
    base, exponent = Tensor(counted((2, 2))), Tensor(np.full((2, 2), float(power)))
    held, free = base**power, base**exponent
    held.sum().backward()
    slope = base.grad
    held.zero_grad()
    free.sum().backward()

    np.testing.assert_allclose(held.data, free.data, rtol=1e-14)
    np.testing.assert_allclose(slope, base.grad, rtol=1e-14)
    np.testing.assert_allclose(exponent.grad, free.data * np.log(base.data), rtol=1e-14)


def test_a_plain_number_takes_the_dtype_of_its_partner() -> None:
    half = Tensor(np.array([[0.5]], np.float32))

    assert [(half * n).dtype for n in (2, 2.0, True, np.float64(2))] == [np.float32] * 4
    assert [(n - half).dtype for n in (2, 2.0, True, np.float64(2))] == [np.float32] * 4
    assert (half * Tensor([[2.0]])).dtype == np.float64


@pytest.mark.parametrize(
    "create_graph",
    [
        False,
        True,
    ],
)
def test_a_gradient_has_the_dtype_of_its_tensor_also_beside_another(create_graph: bool) -> None:
    half, double = Tensor(np.array([[0.5]], np.float32)), Tensor([[2.0]])
    (half * double).sum().backward(create_graph=create_graph)

    assert [half.grad.dtype, double.grad.dtype] == [np.float32, np.float64]


# --- what it is made from ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [[[1, 2]], [[True, False]], np.array([[200]], np.uint8), np.array([[0.5]], np.float16), 3, np.int64(3)]
)
def test_whole_numbers_and_truth_values_become_float64(data: Any) -> None:
    assert Tensor(data).dtype == np.float64
    assert Tensor(data).data.tolist() == np.asarray(data).tolist()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("1", r"^a Tensor holds real numbers; got <U1 in an array of shape \(\)$"),
        ([["a"]], r"got <U1 in an array of shape \(1, 1\)$"),
        (1j, "got complex128 in"),
        (None, "got object in"),
        ([object()], "got object in"),
        ([2**70], "got object in"),
        ([Value(1.0)], "got object in .*; Values and Tensors are two paths, which do not mix: take their .data$"),
        (Value(1.0), r"^a Tensor is made from numbers, got Value\(1\.0\); take its \.data"),
        (Tensor(1.0), r"^a Tensor is made from numbers, got Tensor\(1\.\); take its \.data, or use it as it is$"),
    ],
)
def test_what_is_no_real_number_is_refused(data: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Tensor(data)


def test_a_dtype_and_a_kind_are_what_there_is() -> None:
    assert Tensor([[1.0]], dtype="float32").dtype == np.float32
    with pytest.raises(TypeError, match=r"^a Tensor holds float64 or float32; got dtype int32$"):
        Tensor([[1.0]], dtype="int32")
    with pytest.raises(ValueError, match=r"^unknown kind 'weight' \(choose from input, parameter, constant\)$"):
        Tensor([[1.0]], kind="weight")


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a[:, ::-2], lambda a: a.T, np.asfortranarray])
def test_an_array_may_lie_in_memory_as_it_likes(view: Callable[[Array], Array]) -> None:
    array = view(counted((4, 4)))
    x = Tensor(array)
    (x @ x.T * x[:, :1]).sum().backward()
    twin = Tensor(np.array(array.tolist()))
    (twin @ twin.T * twin[:, :1]).sum().backward()

    assert np.array_equal(x.data, array)
    np.testing.assert_allclose(x.grad, twin.grad, rtol=1e-14)  # the same sums in another order


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_of_a_kind_of_array_the_numbers_are_taken() -> None:
    x = Tensor(np.matrix([[0.5, 1.0], [1.0, 2.0]]))
    x.tanh().sum().backward()

    assert type(x.data) is np.ndarray
    np.testing.assert_allclose(x.grad, 1 - np.tanh([[0.5, 1.0], [1.0, 2.0]]) ** 2, rtol=1e-14)


def test_the_numbers_are_copied_in_and_out(x: Tensor) -> None:
    array = np.ones((2, 2))
    own = Tensor(array)
    array[0, 0] = 7
    for given_out in (x.numpy(), x.item()):
        given_out[0, 0] = 7

    assert own.data[0, 0] == x.data[0, 0] == 1
    assert (x[0, 0].item(), Tensor([[3.0]]).item()) == (1.0, 3.0)


def test_what_it_says_of_itself(x: Tensor) -> None:
    assert (x.shape, x.ndim, x.size, len(x), x.kind, x.name) == ((2, 2), 2, 4, 2, "input", "x")
    assert repr(Tensor([[1.0]], "w", dtype="float32")) == "Tensor([[1.]], name='w', dtype=float32)"
    assert repr(x.sum()) == "Tensor(10., op='sum')"
    assert [row.data.tolist() for row in x] == [[1, 2], [3, 4]]
    assert (x.sum().kind, bool(x[0, 0]), +x is x) == ("operation", True, True)


def test_comparisons_are_of_numbers_and_equality_of_nodes(x: Tensor) -> None:
    assert (x > 2).tolist() == (2 < x).tolist() == [[False, False], [True, True]]  # noqa: SIM300 (both ways round)
    assert (x <= x).all()
    assert not (x < x.data).any()
    assert (x >= Tensor([[1.0, 3.0]])).tolist() == [[True, False], [True, True]]
    assert x == x
    assert x != Tensor(x.data)
    assert len({x, x, x * 1}) == 2


# --- NumPy's functions ------------------------------------------------------------------------

A, B = counted((2, 3)), counted((2, 3))[:, ::-1]
NUMPYS: list[tuple[str, Callable[..., Any]]] = [
    ("exp", lambda x: np.exp(x)),
    ("abs", lambda x: np.abs(x)),
    ("square", lambda x: np.square(x)),
    ("negative", lambda x: np.negative(x)),
    ("arctan2", lambda x: np.arctan2(x, B)),
    ("maximum", lambda x: np.maximum(1.0, x)),
    ("hypot", lambda x: np.hypot(x, B)),
    ("power", lambda x: np.power(x, 2)),
    ("array * T", lambda x: B * x),
    ("T * array", lambda x: x * B),
    ("array / T", lambda x: B / x),
    ("array ** T", lambda x: B**x),
    ("float64 - T", lambda x: np.float64(2) - x),
    ("list + T", lambda x: B.tolist() + x),
    ("T @ array", lambda x: x @ B.T),
    ("array @ T", lambda x: B.T @ x),
    ("matmul", lambda x: np.matmul(B.T, x)),
    ("dot", lambda x: np.dot(x, B.T)),
    ("sum", lambda x: np.sum(x)),
    ("sum of an axis", lambda x: np.sum(x, axis=0, keepdims=True)),
    ("mean", lambda x: np.mean(x, 1)),
    ("max", lambda x: np.max(x, axis=1)),
    ("amin", lambda x: np.amin(x)),
    ("prod", lambda x: np.prod(x, axis=(0, 1))),
    ("var", lambda x: np.var(x, axis=1, ddof=1)),
    ("std", lambda x: np.std(x, axis=0)),
    ("reshape", lambda x: np.reshape(x, (3, 2))),
    ("reshape to one axis", lambda x: np.reshape(x, -1)),
    ("transpose", lambda x: np.transpose(x)),
    ("transpose to an order", lambda x: np.transpose(x, (1, 0))),
    ("ravel", lambda x: np.ravel(x)),
    ("clip", lambda x: np.clip(x, 0.75, 1.5)),
    ("concatenate", lambda x: np.concatenate([x, B, x], axis=1)),
    ("stack", lambda x: np.stack([x, B, x], axis=-1)),
    ("where", lambda x: np.where(B > 1, x, 0.0)),
]


@pytest.mark.parametrize("f", [f for _, f in NUMPYS], ids=[name for name, _ in NUMPYS])
def test_numpys_functions_record(f: Callable[..., Any]) -> None:
    x = Tensor(A)
    y = f(x)
    y.sum().backward()
    slopes = np.zeros(A.shape)
    for place in np.ndindex(A.shape):
        up, down = A.copy(), A.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        slopes[place] = np.sum(f(up) - f(down)) / 2e-6

    assert isinstance(y, Tensor)
    np.testing.assert_allclose(y.data, f(A), rtol=1e-15)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-8, atol=1e-8)  # 2⁻⁵² / 10⁻⁶, the rounding of a difference


def test_a_shape_is_asked_for_as_of_an_array(x: Tensor) -> None:
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 2), 2, 4)
    assert np.isfinite(x).all()
    assert np.less(x, 2).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.reshape(x, [3, 2]),
        lambda x: np.transpose(x, [1, 0]),
        lambda x: np.transpose(x, None),
    ],
)
def test_what_numpy_takes_is_taken(f: Callable[..., Any]) -> None:
    assert np.array_equal(f(Tensor(A)).data, f(A))


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (float, r"^Tensor 'x' would leave the graph, .* write \.item\(\) to take the number"),
        (int, r"write \.item\(\)"),
        (math.sin, r"or microgradnn\.sin\(T\) for a function of it$"),
        (np.asarray, r"^Tensor 'x' would leave the graph, .* write \.data to take the array"),
        (np.unwrap, r"^np\.unwrap has no rule for its gradient here; write \.data"),
        (np.subtract.reduce, r"^np\.subtract\.reduce has no rule"),
        (lambda x: np.exp(x, out=np.ones((2, 2))), r"^np\.exp gives a new Tensor, and writes none"),
        (np.spacing, r"^np\.spacing has no rule"),
        (lambda x: np.sum([x, x]), "would leave the graph"),
        (np.linalg.eig, "eig gives complex numbers, and a Tensor holds real ones"),
    ],
)
def test_nothing_detaches_silently(x: Tensor, leave: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        leave(x)


def test_a_function_is_called_by_its_whole_name(x: Tensor) -> None:
    with pytest.raises(TypeError, match=r"^np\.linalg\.eig gives complex numbers"):
        np.linalg.eig(x)


# --- products ---------------------------------------------------------------------------------


@given(
    shapes=hnp.mutually_broadcastable_shapes(
        signature="(n?,k),(k,m?)->(n?,m?)", base_shape=(), min_side=0, max_side=3, max_dims=2
    )
)
def test_a_matrix_product_has_numpys_shapes_and_the_gradients_of_a_sum_of_products(
    shapes: hnp.BroadcastableShapes,
) -> None:
    a, b = map(counted, shapes.input_shapes)
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    terms = gradients(lambda x, y: x.reshape(*left.shape, 1) * y.reshape(*right.shape[:-2], 1, *right.shape[-2:]), a, b)

    np.testing.assert_allclose((Tensor(a) @ Tensor(b)).data, a @ b, rtol=1e-14)
    assert (Tensor(a) @ b).shape == (a @ Tensor(b)).shape == np.shape(a @ b)
    for got, want in zip(gradients(operator.matmul, a, b), terms, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize("call", [lambda x: x @ 2.0, lambda x: 2.0 @ x, lambda x: x @ Tensor(2.0)])
def test_a_single_number_is_no_matrix(x: Tensor, call: Callable[[Any], Any]) -> None:
    with pytest.raises(ShapeError, match=r"^matmul is for arrays; got shapes .*: write \* for a single number$"):
        call(x)


# --- shapes and indices -----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (3,), (), (2, 1, 3), (0, 2)], ids=str)
def test_transposes(shape: Shape) -> None:
    array = counted(shape)
    x = Tensor(array)

    assert np.array_equal(x.T.data, array.T)
    assert np.array_equal(x.transpose().data, array.T)
    assert np.array_equal(gradients(lambda x: x.T * 2, array), [np.full(shape, 2.0)])


def test_arrays_are_joined_along_an_axis_or_a_new_one(x: Tensor) -> None:
    assert np.array_equal(concatenate([x, x * 2], axis=1).data, np.concatenate([x.data, 2 * x.data], axis=1))
    assert stack([x, x], axis=-1).shape == (2, 2, 2)
    assert np.array_equal(gradients(lambda x: concatenate([x, 3 * x, np.ones((1, 2))]), x.data), [np.full((2, 2), 4)])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: stack([x, x.sum()]), r"^stack: the arrays are of different shapes: \(2, 2\), \(\)$"),
        (lambda x: stack([x, x], axis=5), "^stack: axis 5 of a result with 3 axes$"),
        (lambda x: concatenate([x, x.sum()]), r"^concatenate: .*x 'x': \(2, 2\), y: \(\), axis=0\)$"),
    ],
)
def test_what_cannot_be_joined_is_refused(x: Tensor, call: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        call(x)


@pytest.mark.parametrize("join", [concatenate, stack])
def test_nothing_cannot_be_joined(join: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="nothing to be joined"):
        join([])


@pytest.mark.parametrize("call", [lambda: concatenate([[1, 2], [3]]), lambda: stack([1, 2, 3])])
def test_plain_numbers_alone_are_joined_to_a_tensor(call: Callable[[], Any]) -> None:
    assert call().dtype == np.float64


def test_joining_all_numbers_in_one_axis_has_a_gradient_or_is_refused(x: Tensor) -> None:
    joined: Any = np.concatenate([x, x], axis=None)
    joined.sum().backward()

    assert x.grad.tolist() == [[2, 2], [2, 2]]


INDICES: list[Any] = [
    0,
    -1,
    np.int64(1),
    slice(1, None),
    slice(None, None, -2),
    (0, 1),
    (slice(None), 0),
    ...,
    None,
    (),
    (..., None, -1),
    [0, 2, 2, 0],
    (slice(None), [1, 1]),
    ([0, 2, 0], [1, 1, 1]),
    np.array([[0, 1], [1, 1]]),
    np.zeros(0, int),
    counted((3, 2)) > 1,
    [True, False, True],
    (slice(None), np.array([False, True])),
    True,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_takes_what_numpy_takes_and_gives_back_to_each_place_what_it_lent(index: Any) -> None:
    array = counted((3, 2))
    x = Tensor(array)
    y = x[index]
    g = counted(y.shape)
    y.backward(g)
    places = np.arange(6).reshape(3, 2)[index]

    assert np.array_equal(y.data, array[index])
    np.testing.assert_allclose(x.grad.ravel(), np.bincount(np.ravel(places), g.ravel(), 6), rtol=1e-15)


def test_an_empty_list_takes_nothing() -> None:
    assert Tensor(np.ones((3, 2)))[[]].shape == (0, 2)


def test_an_index_that_is_changed_later_was_copied(x: Tensor) -> None:
    index = np.array([0, 0])
    y = x[index].sum()
    index[:] = 1
    y.backward()

    assert x.grad.tolist() == [[2, 2], [0, 0]]


def test_an_index_is_no_tensor(x: Tensor) -> None:
    with pytest.raises(TypeError, match=r"^an index is of whole numbers; Tensor 'x' is of float64: take its \.data"):
        x[x]


def test_a_constant_of_whole_numbers_is_an_index(x: Tensor) -> None:
    index = Tensor([[1, 0], [1, 1]], kind="constant")
    for axis, picked in enumerate([x[index], x[:, index]]):
        assert picked.data.tolist() == np.take(x.data, [[1, 0], [1, 1]], axis).tolist()
        x.grad = None
        picked.sum().backward()
        counts = np.array([1.0, 3.0])
        assert x.grad.tolist() == np.broadcast_to(counts[:, None] if axis == 0 else counts, x.shape).tolist()
    for other in (Tensor([[0.5]], kind="constant"), Tensor([[np.nan]], kind="constant"), Tensor([[1.0]])):
        with pytest.raises(TypeError, match="an index is of whole numbers"):
            x[other]


def test_variances() -> None:
    array = counted((3, 4))
    x = Tensor(array)

    for axis, ddof in ((None, 0), (0, 1), ((0, 1), 2)):
        np.testing.assert_allclose(x.var(axis, ddof=ddof).data, array.var(axis, ddof=ddof), rtol=1e-14)
        np.testing.assert_allclose(x.std(axis, ddof=ddof).data, array.std(axis, ddof=ddof), rtol=1e-14)
    np.testing.assert_allclose(gradients(lambda x: x.var(), array), [2 * (array - array.mean()) / 12], atol=1e-15)


# --- branches that are not taken -------------------------------------------------------------


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, -np.inf])
def test_a_branch_that_is_not_taken_brings_nothing_back_at_any_order(bad: float) -> None:
    def f(x: Any) -> Any:
        return where(x > 0, log(x) + x**0.5 + 1 / x, 0.0).sum()

    at = Tensor([[bad, 4.0]])
    with np.errstate(all="ignore"):
        first = grad(f)(at)
        second = grad(lambda x: grad(f)(x).sum())(at)
        f(at).backward()

    # log, √ and 1/x at 4: exact but for a rounding or two.
    np.testing.assert_allclose(at.grad, [[0, 1 / 4 + 1 / 4 - 1 / 16]], rtol=1e-15)
    np.testing.assert_allclose(first.data, [[0, 1 / 4 + 1 / 4 - 1 / 16]], rtol=1e-15)
    np.testing.assert_allclose(second.data, [[0, -1 / 16 - 1 / 32 + 2 / 64]], rtol=1e-14)


@pytest.mark.parametrize("f", [lambda x: x.relu().sqrt(), lambda x: x.relu() ** 0.5, lambda x: (x.relu() * 1).log()])
def test_an_infinite_slope_that_is_not_used_brings_nothing_back(f: Callable[[Any], Any]) -> None:
    x, v = Tensor([[-1.0, 0.0]]), Value(-1.0)
    with np.errstate(all="ignore"):
        f(x).backward([[1.0, 1.0]])
    f(v).backward()

    assert x.grad.tolist() == [[0, 0]]
    assert v.grad == 0


@pytest.mark.parametrize("f", [lambda x: x.sign().sqrt(), lambda x: calculus.step(x).log()])
def test_a_row_without_a_slope_brings_nothing_back(f: Callable[[Any], Any]) -> None:
    x, v = Tensor([[0.0]]), Value(0.0)
    with np.errstate(all="ignore"):
        f(x).backward()
    f(v).backward()

    assert x.grad.tolist() == [[v.grad]] == [[0]]


def test_a_sure_answer_that_is_right_costs_nothing() -> None:
    x = Tensor([[0.0, 1.0]])
    loss = calculus.cross_entropy(x, [[0.0, 1.0]])
    loss.sum().backward()

    assert repr(loss.data.tolist()) == "[[0.0, 0.0]]"
    assert x.grad.tolist() == [[1, -1]]  # the slope of −log(1 − x) at 0, and that of −log x at 1


# --- data that change ------------------------------------------------------------------------


def in_place(x: Tensor) -> None:
    x.data[0, 0] = 5


def assigned(x: Tensor) -> None:
    x.data = np.full(x.shape, 5.0)


def grown(x: Tensor) -> None:
    x.data *= 2


every_change = pytest.mark.parametrize("change", [in_place, assigned, grown])
every_sweep = pytest.mark.parametrize("create_graph", [False, True])


@every_change
@every_sweep
def test_data_that_were_changed_after_their_use_are_refused(
    x: Tensor, change: Callable[[Tensor], None], create_graph: bool
) -> None:
    y = (x * x).sum()
    change(x)

    for _ in range(2):
        with pytest.raises(ValueError, match=r"^the data of Tensor 'x' was changed after mul had used it, .* anew$"):
            y.backward(create_graph=create_graph)
    assert not x.has_grad


def test_a_sweep_that_is_refused_changes_no_gradient(x: Tensor) -> None:
    inner = x * x
    y = inner.sum()
    y.backward()
    before = [(node.has_grad, np.copy(node.grad)) for node in (x, inner, y)]
    in_place(x)
    with pytest.raises(ValueError, match="was changed"):
        y.backward()

    for node, (had, gradient) in zip((x, inner, y), before, strict=True):
        assert node.has_grad == had
        assert np.array_equal(node.grad, gradient)


def test_a_first_sweep_that_is_refused_leaves_no_gradient(x: Tensor) -> None:
    y = (x * x).sum()
    in_place(x)
    with pytest.raises(ValueError, match="was changed"):
        y.backward()

    assert [node.has_grad for node in topological(y)] == [False] * 3


def test_an_old_view_is_watched_too(x: Tensor) -> None:
    view = x.data[0]
    y = (x * x).sum()
    view[0] = 5

    with pytest.raises(ValueError, match="was changed"):
        y.backward()


def test_data_that_were_changed_before_their_use_are_data(x: Tensor) -> None:
    x.data[0, 0] = 5
    (x * x).sum().backward()
    x.data -= 0.5 * x.grad  # as training does

    assert x.grad.tolist() == [[10, 4], [6, 8]]
    assert x.data.tolist() == [[0, 0], [0, 0]]


def test_what_was_written_through_a_view_can_be_said(x: Tensor) -> None:
    y = (x * x).sum()
    x.changed()

    with pytest.raises(ValueError, match="was changed"):
        y.backward()


def test_a_result_cannot_be_assigned_to(x: Tensor) -> None:
    y = x.exp().named("y")

    with pytest.raises(ValueError, match=r"^Tensor 'y' is a result: it cannot be assigned to"):
        assigned(y)
    y.backward(np.ones((2, 2)))
    np.testing.assert_allclose(x.grad, np.exp(x.data), rtol=1e-15)


@pytest.mark.parametrize("share", [lambda x: x.T, lambda x: x[:, :1], lambda x: x.reshape(4, 1)])
def test_what_was_taken_without_recording_does_not_change_with_its_source(
    x: Tensor, share: Callable[[Tensor], Any]
) -> None:
    with no_grad():
        y = share(x)
    before, w = y.numpy(), Tensor(np.ones(y.shape))
    J = (w * y).sum()
    x.data[...] = 100
    J.backward()

    assert np.array_equal(y.data, before)
    assert np.array_equal(w.grad, before)


@pytest.mark.parametrize("f", [lambda x: x * 2, lambda x: x.T, lambda x: x[0], lambda x: x.sum(), lambda x: x.detach()])
def test_results_are_read_only_and_detached_ones_are_not(x: Tensor, f: Callable[[Tensor], Any]) -> None:
    y = f(x)

    assert y.data.flags.writeable == (y.op is None)
    assert x.data.flags.writeable


def test_data_keep_shape_and_dtype() -> None:
    x = Tensor(np.ones((1, 2), np.float32), "x")
    x.data = [[1, 2]]

    assert x.data.dtype == np.float32
    with pytest.raises(ShapeError, match=r"^Tensor 'x' has shape \(1, 2\); its data cannot become one of \(2, 1\)$"):
        x.data = np.ones((2, 1))


# --- backward ---------------------------------------------------------------------------------


def test_leaves_accumulate_and_inner_nodes_start_afresh(x: Tensor) -> None:
    inner = x * x
    J = inner.sum()
    J.backward()
    J.backward()

    assert x.grad.tolist() == [[4, 8], [12, 16]]
    assert inner.grad.tolist() == [[1, 1], [1, 1]]
    assert J.grad == 1


def test_zero_grad_forgets(x: Tensor) -> None:
    J = (x * x).sum()
    J.backward()
    J.zero_grad()

    assert [(node.grad, node.has_grad) for node in topological(J)] == [(0.0, False)] * 3


def test_a_node_that_is_used_twice_has_both_contributions(x: Tensor) -> None:
    y = x + x
    (y * y).sum().backward()

    assert np.array_equal(x.grad, 8 * x.data)


def test_the_gradients_of_leaves_are_their_own() -> None:
    a, b = Tensor(np.ones((1, 2))), Tensor(np.ones((1, 2)))
    seed = np.ones((1, 2))
    y = a + b
    y.backward(seed)
    a.grad[0, 0] = seed[0, 1] = 7

    assert b.grad.tolist() == y.grad.tolist() == [[1, 1]]


def test_more_than_one_number_needs_a_seed(x: Tensor) -> None:
    y = x * 2
    with pytest.raises(ShapeError, match=r"starts from one number, a cost, and the Tensor has shape \(2, 2\); call it"):
        y.backward()
    with pytest.raises(ShapeError, match=r"^the seed has shape \(2,\), and the Tensor has \(2, 2\)$"):
        y.backward([1.0, 1.0])
    y.backward([[1, 10], [100, 0]])

    assert x.grad.tolist() == [[2, 20], [200, 0]]


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)], ids=str)
def test_one_number_of_any_shape_needs_none(shape: Shape) -> None:
    x = Tensor(np.full(shape, 3.0))
    (x * x).backward()

    assert (x.grad.shape, x.grad.item()) == (shape, 6)


def test_constants_get_no_gradient(x: Tensor) -> None:
    c = Tensor([[2.0, 3.0]], "c", kind="constant")
    y = x * c + 1
    y.sum().backward()

    assert (c.has_grad, c.wants_grad, c.grad) == (False, False, 0.0)
    assert [node.has_grad for node in topological(y) if node.kind == "constant"] == [False, False]
    assert x.grad.tolist() == [[2, 3], [2, 3]]


def test_what_was_computed_from_constants_gets_no_gradient_either(x: Tensor) -> None:
    doubled = Tensor([[2.0, 3.0]], kind="constant") * 2
    (x * doubled).sum().backward()

    assert (doubled.wants_grad, doubled.has_grad) == (False, False)


def test_a_graph_of_constants_has_nothing_to_sweep() -> None:
    c = Tensor([[2.0]], kind="constant")
    (c * c).backward()

    assert not c.has_grad


def test_create_graph_leaves_gradients_that_are_tensors(x: Tensor) -> None:
    (x**3).sum().backward(create_graph=True)
    slope: Any = x.grad

    assert isinstance(slope, Tensor)
    assert slope.data.tolist() == x.grad_data.tolist() == [[3, 12], [27, 48]]
    slope.sum().backward()
    assert x.grad.data.tolist() == [[3 + 6, 12 + 12], [27 + 18, 48 + 24]]  # 3x², and then 6x


def test_create_graph_adds_to_what_a_leaf_has(x: Tensor) -> None:
    J = (x * x).sum()
    J.backward()
    J.backward(create_graph=True)

    assert np.array_equal(x.grad_data, 4 * x.data)


def test_a_jacobian_has_the_axes_of_the_result_and_then_of_the_argument() -> None:
    matrix = jacobian(lambda x: x @ [[1.0], [2.0]])(Tensor(np.ones((3, 2))))

    assert matrix.shape == (3, 1, 3, 2)
    assert matrix.data[1, 0].tolist() == [[0, 0], [1, 2], [0, 0]]


def test_a_jacobian_of_nothing_has_them_too() -> None:
    assert jacobian(lambda x: x[:0])(Tensor(np.ones((2, 1)))).shape == (0, 1, 2, 1)


# --- modes -----------------------------------------------------------------------------------


def test_without_recording_results_are_constants(x: Tensor) -> None:
    with no_grad():
        results = [x * 2, x @ x, x[0], x.T, exp(x), x.sum(), concatenate([x, x]), stack([x])]

    assert [(y.op, y.inputs, y.kind, y.wants_grad) for y in results] == [(None, (), "constant", False)] * 8
    assert (x * 2).inputs != ()


def test_a_detached_tensor_has_the_numbers_and_the_name_and_passes_nothing_back(x: Tensor) -> None:
    twin = (x * 2).named("y").detach()
    (twin * x).sum().backward()

    assert (twin.kind, twin.name, twin.inputs) == ("constant", "y", ())
    assert np.array_equal(x.grad, twin.data)
    assert not twin.has_grad


def test_the_first_value_that_is_not_finite_is_named() -> None:
    p = Tensor([[1.0, 0.0]], "p")
    with np.errstate(all="ignore"), detect_anomaly(), pytest.raises(AnomalyError, match=r"^t1 = log\(p\) is .*−inf"):
        log(p)


def test_a_gradient_that_is_not_finite_is_found_before_any_is_changed() -> None:
    p = Tensor([[4.0, 0.0]], "p")
    J = p.sqrt().sum()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"/dp is \[\[0\.25,  inf\]\]: t1 = sqrt\(p\) brought p"):
        J.backward()

    assert [node.has_grad for node in topological(J)] == [False] * 3


# --- copies ----------------------------------------------------------------------------------

WAYS: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": lambda x, n=n: pickle.loads(pickle.dumps(x, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)},  # type: ignore[misc]  # a default may stand in a lambda
}
every_way = pytest.mark.parametrize("copied", WAYS.values(), ids=WAYS)


def told(root: Tensor) -> list[Any]:
    """All there is to say of every node, the inputs by their place in the order."""
    order = topological(root)
    place = {node: i for i, node in enumerate(order)}
    return [
        (
            node.data.tolist(),
            node.dtype,
            np.array(node.grad).tolist(),
            node.has_grad,
            type(node.grad),
            node.name,
            node.scope,
            node.kind,
            node.wants_grad,
            node.data.flags.writeable,
            repr(node.op),
            *(place[one] for one in node.inputs),
        )
        for node in order
    ]


@every_way
def test_a_copy_loses_nothing(x: Tensor, copied: Callable[[Any], Any]) -> None:
    W = Tensor(np.array([[1, 2]], np.float32), kind="parameter").named("W", scope="layer 1")
    y = ((W @ x)[:, [0, 0]].relu() ** 2 + Tensor([[1.0]], kind="constant")).sum(axis=1, keepdims=True).named("y")
    y.backward()
    twin = copied(y)

    assert told(twin) == told(y)
    twin.backward()
    assert np.array_equal(next(one for one in topological(twin) if one.name == "W").grad, 2 * W.grad)
    assert told(copied(Tensor([[1.0]], "leaf"))) == told(Tensor([[1.0]], "leaf"))
    assert not copied(Tensor([[1.0]])).has_grad


@every_way
def test_what_is_shared_stays_shared(x: Tensor, copied: Callable[[Any], Any]) -> None:
    square = x * x
    first, second = copied([square + 1, square + 2])

    assert first.inputs[0] is second.inputs[0]
    assert first.inputs[0].inputs[0] is first.inputs[0].inputs[1]


def test_a_shallow_copy_shares_its_inputs(x: Tensor) -> None:
    y = (x * 3).named("y")
    twin = copy.copy(y)

    assert twin is not y
    assert twin.inputs[0] is x
    assert (twin.data.tolist(), twin.name) == (y.data.tolist(), "y")


@every_change
@pytest.mark.parametrize(
    "copied",
    [
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(WAYS["pickle 5"], id="pickle"),
    ],
)
def test_a_copy_of_a_graph_whose_data_were_changed_is_refused_too(
    x: Tensor, copied: Callable[[Any], Any], change: Callable[[Tensor], None]
) -> None:
    y = (x * x).sum()
    change(x)

    with pytest.raises(ValueError, match="was changed"):
        copied(y).backward()


def test_a_shallow_copy_of_a_leaf_is_watched_too(x: Tensor) -> None:
    twin = copy.copy(x)
    y = (twin * twin).sum()
    x.data[...] = 50
    try:
        y.backward()
    except ValueError:
        return

    assert twin.grad.tolist() == [[2, 4], [6, 8]]


# --- depth -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_chain_of_a_hundred_thousand_nodes_is_swept_pickled_and_freed() -> None:
    x = node = Tensor([[1.0]], "x")
    for _ in range(100_000):
        node = node + x
    node.backward()
    twin = pickle.loads(pickle.dumps(node))
    twin.backward()
    (leaf,) = [one for one in topological(twin) if one.op is None]

    assert (twin.item(), leaf.grad.item(), x.grad.item()) == (100_001, 2 * 100_001, 100_001)
    gc.disable()  # freed at once, and not when somebody looks for cycles
    try:
        seen = weakref.ref(leaf.data)
        del twin, leaf
        assert seen() is None
    finally:
        gc.enable()


# --- what does not fit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "mix",
    [
        lambda t, v: t + v,
        lambda t, v: v + t,
        lambda t, v: v * t,
        lambda t, v: t / v,
        lambda t, v: t**v,
        lambda t, v: mg.maximum(t, v),
        lambda t, v: mg.hypot(v, t),
        lambda t, v: where(v, t, t),
        lambda t, v: np.add(t, v),
        lambda t, v: t @ np.array([v, v]),
    ],
)
def test_a_value_and_a_tensor_do_not_mix(x: Tensor, mix: Callable[[Any, Any], Any]) -> None:
    words = "on two paths, which do not mix|are two paths, which do not mix|; take its .data, or use it as it is"
    with pytest.raises(TypeError, match=words):
        mix(x, Value(2.0))


@pytest.mark.parametrize("other", [None, "a", 1j, object()])
def test_what_is_no_number_does_not_join_either(x: Tensor, other: Any) -> None:
    for operate in ARITHMETIC:
        with pytest.raises(TypeError, match=r"unsupported operand|is joined by numbers, arrays and Tensors; got"):
            operate(x, other)


BROADCAST = "the shapes do not broadcast ({}); from the right, lengths must be equal, or one of them 1"
MISFITS: list[tuple[Callable[..., Any], str]] = [
    (
        lambda x, y: x @ y,
        "matmul: x has 2 columns but y has 3 rows (x 'x': (2, 2), y 'Y': (3, 2)); transpose one of them?",
    ),
    (lambda x, y: x[:, :1] @ y, "matmul: x has 1 columns but y has 3 rows (x: (2, 1), y 'Y': (3, 2))"),
    (lambda x, y: x + y, "add: " + BROADCAST.format("x 'x': (2, 2), y 'Y': (3, 2)")),
    (lambda x, y: mg.clip(x, 0.0 * y, 1.0), "clip: " + BROADCAST.format("x 'x': (2, 2), y: (3, 2)")),
    (lambda x, y: where(x > 1, x, y), "where: " + BROADCAST.format("x: (2, 2), y 'x': (2, 2), z 'Y': (3, 2)")),
    (
        lambda x, y: x.reshape(3, 2),
        "reshape: cannot reshape array of size 4 into shape (3,2) (x 'x': (2, 2), shape=(3, 2))",
    ),
    (lambda x, y: x.sum(axis=2), "sum: axis 2 is out of bounds for array of dimension 2 (x 'x': (2, 2), axis=2)"),
    (lambda x, y: x.softmax(2), "softmax: axis 2 is out of bounds for array of dimension 2 (x 'x': (2, 2), axis=2)"),
    (lambda x, y: x[2], "take: index 2 is out of bounds for axis 0 with size 2 (x 'x': (2, 2), index=2)"),
    (lambda x, y: x.transpose(0, 0), "transpose: repeated axis in transpose (x 'x': (2, 2), axes=(0, 0))"),
]


@pytest.mark.parametrize(("call", "message"), MISFITS, ids=[message.split(":")[0] for _, message in MISFITS])
def test_what_does_not_fit_is_told_with_shapes_operation_and_names(
    x: Tensor, call: Callable[..., Any], message: str
) -> None:
    with pytest.raises(ShapeError) as error:
        call(x, Tensor(np.ones((3, 2)), "Y"))

    assert str(error.value) == message
