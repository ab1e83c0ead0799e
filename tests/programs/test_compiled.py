"""Functions that are recorded once and replayed: never a silent wrong answer where a branch flips."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import (
    DomainError,
    GuardError,
    Tensor,
    Value,
    compiled,
    detect_anomaly,
    dot,
    grad,
    hessian,
    jvp,
    log,
    no_grad,
    relu,
    vjp,
    where,
)
from microgradnn.graph.blocks import OPEN
from microgradnn.nn.losses import LOSSES

numbers = st.floats(-3, 3).map(lambda x: round(x, 3))


def piecewise(x: Any, w: Any) -> Any:
    """A function with a branch in each of four quarters, one of them behind a logarithm."""
    if x > w[0]:
        return x * w[1] if w[1] >= 0 else log(1 + x * x)
    return x**2 - w[1] if x < -w[0] and w[1] else relu(x) + w[1] * x


@given(points=st.lists(st.tuples(numbers, st.tuples(numbers, numbers)), min_size=1, max_size=8), python=st.booleans())
def test_whatever_the_branch_a_replay_gives_what_the_function_gives(points: Any, python: bool) -> None:
    replayed = compiled(backend="python" if python else "numpy")(piecewise)

    for x, w in points:
        leaves = [Value(x), Value(w[0]), Value(w[1])]
        output = piecewise(leaves[0], leaves[1:])
        output.backward()
        result = replayed.value_and_gradients(x, w)
        # The same operations in another order of addition.
        assert result.value == pytest.approx(output.data, rel=1e-12, abs=1e-14)
        assert replayed(x, w) == result.value
        for name, leaf in zip(("x", "w_0", "w_1"), leaves, strict=True):
            assert result.gradients.get(name, 0.0) == pytest.approx(leaf.grad, rel=1e-12, abs=1e-14)


def test_a_branch_that_flips_is_recorded_too_and_both_are_kept() -> None:
    runs = []

    @compiled
    def f(x: Any) -> Any:
        runs.append(x)
        return x**2 if x > 0 else -x

    assert [f(3.0), f(2.0), f(-5.0), f(4.0), f(-1.0)] == [9, 4, 5, 16, 1]
    assert len(f.recordings) == 2
    for i in range(100):
        f(7.0 + i)
        f(-7.0 - i)
    # Two recordings; of the replays of each two at first, and then the 4th, 8th, … 64th are held against the function.
    assert len(runs) <= 2 + 2 * (2 + 5)


def test_the_guards_can_be_read() -> None:
    f = compiled(lambda x: x * 2 if x > 1 else x)
    f(3.0)
    f(0.0)

    assert "if not x > 1.0:\n        return False" in f.source
    assert "if x > 1.0:\n        return False" in f.source
    assert f.source.count("def value_and_gradients(x):") == 2


def test_who_wants_no_new_recording_is_told_what_happened() -> None:
    f = compiled(on_change="raise")(lambda x: x if x > 0 else -x)
    assert f(1.0) == 1

    with pytest.raises(GuardError, match="was recorded for another branch"):
        f(-1.0)


def test_a_guard_behind_a_branch_is_not_asked_where_it_makes_no_sense() -> None:
    @compiled(backend="python")
    def f(x: Any) -> Any:
        return log(x) if x > 0 and log(x) > 1 else x

    assert f(10.0) == pytest.approx(math.log(10), rel=1e-15)
    assert f(-1.0) == -1


def test_what_needs_no_guard_has_none() -> None:
    f = compiled(lambda x, y: relu(x) + where(y, x, -x) + x.maximum(y))
    f(1.0, 2.0)

    assert (f(-1.0, 0.0), len(f.recordings)) == (1.0, 1)


def test_a_parameter_from_outside_is_read_at_every_replay_and_has_its_gradient() -> None:
    w = Value(2.0, "w", kind="parameter")
    f = compiled(lambda x: w * x)
    assert f(3.0) == 6
    w.data = 5.0

    assert f.value_and_gradients(3.0) == (15, {"x": 5, "w": 3})
    assert (w.name, w.grad) == ("w", 0)


def test_arguments_may_be_structures_of_numbers() -> None:
    f = compiled(lambda p, x: dot(p["w"], x) + p["b"])
    result = f.value_and_gradients({"w": [1.0, 2.0], "b": 0.5}, np.array([3.0, 4.0]))

    assert result.value == 11.5
    assert result.gradients == {"p_w_0": 3, "p_w_1": 4, "p_b": 1, "x_0": 1, "x_1": 2}


def test_a_function_of_tensors_takes_any_number_of_examples() -> None:
    f = compiled(lambda w, x: (w @ x).tanh().mean())
    W, X = Tensor([[0.5, -1.0]], "W"), Tensor(np.ones((2, 3)), "X")
    wide = Tensor(np.arange(10.0).reshape(2, 5) / 10)

    assert f(W, X).item() == pytest.approx(math.tanh(-0.5), rel=1e-15)
    result = f.value_and_gradients(W, wide)
    output = (W @ wide).tanh().mean()
    output.backward()
    np.testing.assert_allclose(result.gradients["w"], W.grad, rtol=1e-12)
    np.testing.assert_allclose(result.gradients["x"], wide.grad, rtol=1e-12)


def test_a_branch_on_arrays_has_no_guard_and_is_refused() -> None:
    with pytest.raises(TypeError, match="is compared while a function is recorded"):
        compiled(lambda x: x if (x > 0).all() else -x)(Tensor([[1.0]]))
    assert OPEN == []


def test_a_comparison_outside_of_a_recording_costs_and_notes_nothing() -> None:
    assert Value(1.0) < 2
    assert Value(1.0)
    assert OPEN == []


def test_what_is_no_choice_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"unknown on_change 'stop' \(choose from record, raise\)"):
        compiled(on_change="stop")  # type: ignore[call-overload] # a wrong one is meant


# --- nothing is lost, nothing is frozen -----------------------------------------------------------


def cube(x: Any) -> Any:
    return x**3


def test_it_is_a_node_at_nodes() -> None:
    f = compiled(cube)

    assert (grad(f)(2.0), grad(grad(f))(2.0), hessian(lambda v: f(v[0]))([2.0])) == (12, 12, [[12]])
    assert (jvp(f, (2.0,), (1.0,)), vjp(f, 2.0)[1](1.0)) == ((8, 12), (12,))
    assert compiled(lambda x: f(x) * x).value_and_gradients(2.0) == (16, {"x": 32})
    with pytest.raises(TypeError, match="would leave the graph"):
        grad(lambda x: f.value_and_gradients(x).value)(2.0)


def test_a_gradient_reaches_a_parameter_from_outside() -> None:
    w = Value(2.0, "w", kind="parameter")
    f = compiled(lambda x: w * x)
    f(Value(3.0)).backward()

    assert w.grad == 3


def test_a_recording_that_was_found_out_is_dropped() -> None:
    doubled = [True]
    f = compiled(lambda x: x * 2 if doubled[0] else x * 3)
    assert f(1.0) == 2
    doubled[0] = False
    with pytest.raises(GuardError, match="not recorded, such as a random number, or a variable that changes"):
        f(-1.0)

    assert (f(-1.0), len(f.recordings)) == (-3, 1)


def test_first_calls_in_a_block_without_recording_are_like_others() -> None:
    f = compiled(cube)
    with no_grad():
        assert (f(2.0), f(2.0)) == (8, 8)

    assert (f(3.0), f(4.0), f.value_and_gradients(2.0).gradients) == (27, 64, {"x": 12})


def test_what_is_detached_follows_the_data_and_has_no_gradient() -> None:
    f = compiled(lambda x: x * x.detach())
    X = Tensor([[1.0, 2.0]])
    g = compiled(lambda x: (x * x.detach()).sum())

    assert [f.value_and_gradients(x) for x in (1.0, 1.0, 3.0)] == [(1, {"x": 1}), (1, {"x": 1}), (9, {"x": 3})]
    assert (g(X).item(), g(2 * X.detach()).item(), len(g.recordings)) == (5, 20, 1)


def test_a_constant_from_outside_is_read() -> None:
    rate = Value(0.5, kind="constant")
    f = compiled(lambda x: x * rate + 3)
    assert (f(1.0), f(2.0)) == (3.5, 4)
    for rate.data in (2.0, 4.0, 8.0):
        assert (f(1.0), f(2.0)) == (3 + rate.data, 3 + 2 * rate.data)
    assert len(f.recordings) == 1


def test_keys_and_parameters_may_have_any_name() -> None:
    f = compiled(lambda np, p: p["a b"] * p["a_b"] * p["class"] * p["1"] * np if np > 1 else np)
    p = {"a b": 2.0, "a_b": 3.0, "class": 5.0, "1": 7.0}

    assert (f(2.0, p), f(0.5, p)) == (420, 0.5)
    assert f.value_and_gradients(2.0, p).gradients == {
        "np": 210,
        "p_a_b": 210,
        "p_a_b_2": 140,
        "p_class": 84,
        "p_1": 60,
    }


def test_where_it_raises_so_does_a_replay() -> None:
    f = compiled(lambda x: 1 / x)
    assert (f(2.0), f(4.0), f(8.0), f(16.0)) == (0.5, 0.25, 0.125, 0.0625)

    with pytest.raises(DomainError):
        f(0.0)
    assert f(2.0) == 0.5


# --- whatever it does, it gives what the function gives -------------------------------------------

PARTS: dict[str, Any] = {
    "sine": lambda x, y: x.sin() * y,
    "branch": lambda x, y: x * y if x > y else x - y,
    "both": lambda x, y: x if (x > 0) & ~(y >= 1) else y * y,
    "where": lambda x, y: where(x > y, x * 2, y * y),
    "mask": lambda x, y: (x <= y) * x + y,
    "detached": lambda x, y: x.detach() * y + x,
    "quotient": lambda x, y: x / y,
    "power": lambda x, y: x**0.5 + y,
    "truth": lambda x, y: x + 1 if y else x * x,
    "nested": lambda x, y: NESTED(x) + y,
}


def aside(x: Any, y: Any) -> Any:
    with no_grad():
        z = x * y
    return z * x if z > 0.5 else x + z


def attempt(x: Any, y: Any) -> Any:
    try:
        return x.log() + y
    except DomainError:
        return x * x - y


def attempt_unused(x: Any, y: Any) -> Any:
    try:
        (x - y).sqrt()
    except DomainError:
        return y * 2
    return x * 3


PARTS |= {"aside": aside, "attempt": attempt, "unused": attempt_unused}
NESTED: Any = compiled(lambda x: x * 3 if x > 0.7 else x * x)
corner = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, -0.25, 1.5])


def answer(f: Any, *xs: float) -> Any:
    """The value and the gradients, or the error's kind."""
    try:
        return f(*xs)
    except DomainError:
        return DomainError


@given(
    parts=st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=3),
    points=st.lists(st.tuples(corner, corner), min_size=2, max_size=7),
    modes=st.lists(st.sampled_from(["plain", "no_grad", "grad", "both", "outer"]), min_size=7, max_size=7),
    backend=st.sampled_from(["numpy", "python"]),
)
def test_of_a_random_function_at_random_points_in_random_modes(
    parts: list[str], points: list[tuple[float, float]], modes: list[str], backend: Any
) -> None:
    def f(x: Any, y: Any) -> Any:
        for part in parts:
            x, y = PARTS[part](x, y), x
        return x

    g = compiled(backend=backend)(f)
    outer = compiled(lambda x, y: g(x, y) * 2)
    gradient, slopes = grad(lambda v: f(*v)), grad(lambda v: g(*v))
    for (x, y), mode in zip(points, modes, strict=False):
        value = answer(lambda x, y: f(Value(x), Value(y)).data, x, y)
        if mode == "grad":
            want, got = answer(lambda x, y: gradient([x, y]), x, y), answer(lambda x, y: slopes([x, y]), x, y)
        elif mode == "both":
            want, got = value, answer(lambda x, y: g.value_and_gradients(x, y).value, x, y)
        elif mode == "outer":
            want, got = (2 * value if value is not DomainError else value), answer(outer, x, y)
        elif mode == "no_grad":
            with no_grad():
                want, got = value, answer(g, x, y)
        else:
            want, got = value, answer(g, x, y)
        assert (want is DomainError) == (got is DomainError), (x, y, mode, g.source)
        if want is not DomainError:
            assert got == pytest.approx(want, rel=1e-12, abs=1e-12, nan_ok=True), (x, y, mode, g.source)


# --- numbers that are taken out of the graph ------------------------------------------------------


def swept(x: Any) -> float:
    y = x * x * x
    (y if isinstance(x, Value) else y.sum()).backward()
    slope = float(x.grad) if isinstance(x, Value) else float(x.grad.sum())
    x.grad = None
    return slope


READS: dict[str, Any] = {  # ways to a float that depends on x
    "data": lambda x: float(np.sum(x.data)),
    "item": lambda x: (x * 2).item() if isinstance(x, Value) else (x * 2).sum().item(),
    "of a sum": lambda x: (x + 1).data if isinstance(x, Value) else float(x.sum().data),
    "format": lambda x: float(f"{x:.17g}") if isinstance(x, Value) else float(f"{x.sum():.17g}"),
    "repr": lambda x: len(repr(x)) + 10.0 * ("-" in repr(x)),
    "detached": lambda x: float(np.sum(x.detach().data)),
    "a copy": lambda x: float(np.sum((Value(x) if isinstance(x, Value) else x.detach()).data)),
    "deepcopy": lambda x: float(np.sum(copy.deepcopy(x).data)),
    "numpy": lambda x: x.data if isinstance(x, Value) else float(x.numpy().max()),
    "tolist": lambda x: x.data if isinstance(x, Value) else float(np.sum(x.tolist())),
    "max": lambda x: max([x.data, 0.0]) if isinstance(x, Value) else float(max(x.data.ravel())),
    "made_with": lambda x: float(np.sum(x.made_with)),
    "partials": lambda x: (x * x).partials[0] if isinstance(x, Value) else float(x.sum().item()),
    "gradient": swept,
    "isnan": lambda x: float(np.signbit(x)) if isinstance(x, Value) else float(np.sum(x.data)),
    "pickle": lambda x: float(np.sum(pickle.loads(pickle.dumps(x)).data)),
}
USES: dict[str, Any] = {  # what may become of it
    "branch": lambda x, n: x * 2 if n > 1 else x * 3,
    "loop": lambda x, n: sum([x * k for k in range(int(abs(n)) % 7 + 1)], start=0 * x),
    "index": lambda x, n: [x, x * 5, x * x][int(n) % 3],
    "constant": lambda x, n: x * n,
    "alone": lambda x, n: n,
}


@pytest.mark.parametrize("arrays", [False, True])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("read", READS)
def test_a_number_that_is_taken_out_is_followed_or_the_function_is_run_as_it_is(
    read: str, use: str, arrays: bool
) -> None:
    def f(x: Any) -> Any:
        y = USES[use](x, READS[read](x))
        return y.sum() if isinstance(y, Tensor) else y

    def plain(x: Any) -> Any:
        return f(Tensor([[x, 2 * x]]) if arrays else Value(x))

    g = compiled(f)
    with pytest.warns(UserWarning, match="takes numbers of its arguments out of the graph"):
        g(Tensor([[1.0, 2.0]]) if arrays else 1.0)
    for x in (1.0, 1.0, 2.0, -1.0, 0.25, -3.0, 4.0):
        want = plain(x)
        found = g(Tensor([[x, 2 * x]])) if arrays else g(x)
        want, found = (one.item() if isinstance(one, (Value, Tensor)) else one for one in (want, found))
        assert found == pytest.approx(want, rel=1e-12)
    assert g.recordings == []


@pytest.mark.filterwarnings("ignore:.*out of the graph")
def test_the_gradient_of_what_read_numbers_is_that_of_the_function() -> None:
    f = compiled(lambda x: x * x.data if x.data > 0 else x * 5)

    assert [f.value_and_gradients(x) for x in (1.0, 3.0, -2.0)] == [(1, {"x": 1}), (9, {"x": 3}), (-10, {"x": 5})]
    assert [grad(f)(x) for x in (1.0, 3.0, -2.0)] == [1, 3, 5]


def test_who_wants_no_new_recording_is_told_of_numbers_taken_out() -> None:
    with pytest.raises(GuardError, match=r"out of the graph .* write x > 0, x\.detach\(\)"):
        compiled(on_change="raise")(lambda x: x * x.data)(1.0)


def test_a_number_from_outside_is_read_and_the_function_replayed_while_it_stays() -> None:
    rate, runs = Value(0.5, kind="constant"), list[Any]()

    @compiled
    def f(x: Any) -> Any:
        runs.append(x)
        return x * rate.data

    assert [f(float(x)) for x in range(1, 4)] == [0.5, 1, 1.5]
    rate.data = 2.0
    assert [f(float(x)) for x in range(1, 40)] == [2.0 * x for x in range(1, 40)]
    assert len(runs) < 20


def test_a_derivative_inside_is_a_node() -> None:
    f = compiled(lambda x: x * grad(lambda t: t * t * x)(1.0))

    assert [f(x) for x in (1.0, 2.0, 3.0)] == [2, 8, 18]  # 2 x²
    assert f.value_and_gradients(3.0).gradients == {"x": 12}
    assert len(f.recordings) == 1


def test_the_checks_of_labels_and_of_anomalies_take_nothing_out() -> None:
    def cost(z: Any, y: Any) -> Any:
        with detect_anomaly():
            return LOSSES["cross_entropy_logits"](z, y).mean()

    f = compiled(cost)
    for k in range(3):
        f(Tensor([[0.5 * k, -1.0]]), Tensor([[k % 2, 1.0]]))
    assert len(f.recordings) == 1


def test_arguments_have_names() -> None:
    f = compiled(lambda x, w: x * w)

    assert f(2.0, w=3.0) == f(w=3.0, x=2.0) == 6
    assert f.value_and_gradients(w=3.0, x=2.0).gradients == {"x": 3, "w": 2}
    with pytest.raises(TypeError, match="'z'"):
        f(2.0, 3.0, z=3.0)


@pytest.mark.parametrize("thing", [3, "x", [1]])
def test_what_is_no_function_is_refused_at_once(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"takes a function .*compile\(J\)"):
        compiled(thing)
    with pytest.raises(ValueError, match="choose from native, numpy, python"):
        compiled(backend="cuda")  # type: ignore[call-overload]


def test_an_index_of_bools_is_no_formula() -> None:
    with pytest.raises(ValueError, match=r"np\.nonzero"):
        compiled(lambda x: x[x.data > 0].sum())(Tensor([[1.0, -1.0]]))
    keep = compiled(lambda x: x[np.nonzero([[True, False]])].sum())

    assert keep(Tensor([[2.0, -1.0]])).item() == 2
