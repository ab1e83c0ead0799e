"""Machine code gives what a sweep gives, to the last bit, for one point and for each example of a batch."""

from __future__ import annotations

import gc
import math
import mmap
import pickle
import random
import sys
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, compile
from microgradnn.graph import Op
from microgradnn.programs.native import code, machine
from microgradnn.programs.native.elementary import FUNCTIONS
from microgradnn.rules import calculus

pytest.importorskip("llvmlite", reason="the backend 'native' is an extra")

EXACT = [calculus.add, calculus.sub, calculus.mul, calculus.div, calculus.maximum, calculus.hypot, calculus.relu]
ROWS = [*EXACT, calculus.tanh, calculus.exp, calculus.sigmoid, calculus.softplus, calculus.abs, calculus.log]


def graph(seed: int, size: int, rows: Sequence[Any] = ROWS, inputs: int = 5) -> tuple[list[Value], Value]:
    """A random graph in which many results are used again and again, none of them large."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-1, 1), f"x{i}") for i in range(inputs)]
    made = list(leaves)
    while len(made) < size:
        op = rng.choice(rows)
        xs = [rng.choice(made[-40:]) for _ in op.partials]
        if op is calculus.log and xs[0].data <= 0:
            continue
        one = op(*xs)
        if 0.01 < abs(one.data) < 10:
            made.append(one)
    some = made[-40:]
    output = calculus.sum([calculus.dot(some[:20], some[20:]), calculus.prod(some[3:6]), calculus.prod(some[:20])])
    output += calculus.mean(some) + calculus.sum([x * x for x in leaves])
    return leaves, output if rows is EXACT else output + calculus.logsumexp(some[:7])


def swept(xs: list[Value], output: Value) -> list[float]:
    for x in xs:
        x.grad = 0.0
    output.backward()
    return [output.data, *(x.grad for x in xs)]


def flat(result: Any) -> list[Any]:
    return [result.value, *result.gradients.values()]


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("size", [60, 700])
def test_a_graph_has_the_numbers_of_the_sweep_to_the_last_bit(size: int, optimize: bool) -> None:
    xs, output = graph(1, size)
    program = compile(output, xs, inputs=xs, backend="native", optimize=optimize)

    got, right = flat(program()), swept(xs, output)

    assert got[1:] == right[1:]
    assert program.value() == got[0]
    assert got[0] == pytest.approx(right[0], rel=1e-15, abs=0)  # Python's sum of floats is compensated from 3.12 on


@pytest.mark.parametrize("rows", [EXACT, ROWS], ids=["exact", "all"])
@pytest.mark.parametrize("m", [1, 7, 65])
def test_each_example_of_a_batch_has_the_numbers_of_a_point(m: int, rows: Sequence[Any]) -> None:
    xs, output = graph(2, 300, rows)
    inner = next(node for node in output.inputs if node.op is not None)
    program = compile(output, [*xs, inner], inputs=xs, backend="native")
    columns = [x.data + np.linspace(0, 1e-3, m) for x in xs[:2]]
    rest = [x.data for x in xs[2:]]
    within = 0.0 if rows is EXACT else 1e-12  # exponentials and tanh have a form of their own for vectors

    whole = program(*columns, *rest)
    each = [program(x, y, *rest) for x, y in zip(*(column.tolist() for column in columns), strict=True)]

    np.testing.assert_allclose(whole.value, [one.value for one in each], rtol=within)
    assert program.value(*columns, *rest).tolist() == whole.value.tolist()
    for i, name in enumerate(program.wrt):
        slopes = [one.gradients[name] for one in each]
        if i in (0, 1, 5):
            np.testing.assert_allclose(whole.gradients[name], slopes, rtol=within)
        else:
            assert whole.gradients[name] == pytest.approx(math.fsum(slopes), rel=1e-11)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_vectors_is_less_than_one_unit_in_the_last_place_off(name: str) -> None:
    mpmath = pytest.importorskip("mpmath")
    if not machine.dialect()["fused"]:
        pytest.skip("this processor has no fused multiply-add, and C's functions are called")
    rng = np.random.default_rng(1)
    x = Value(0.5, "x")
    program = compile(getattr(calculus, name)(x), [x], backend="native")
    at = np.concatenate([rng.uniform(-700, 709, 300), rng.uniform(-2, 2, 2000), rng.uniform(-22, 22, 500)])
    at = np.concatenate([at, rng.choice([-1, 1], 300) * 10.0 ** rng.uniform(-300, 0, 300)])

    found = program.value(at)

    with mpmath.workprec(160):
        for a, y in zip(at.tolist(), found.tolist(), strict=True):
            assert abs(getattr(mpmath, name)(a) - y) < 0.85 * math.ulp(y), a
    far = np.array(
        [0.0, -0.0, math.inf, -math.inf, math.nan, 709.782712893384, 710.0, -745.1332191019411, -745.14, 5e-324]
    )
    with np.errstate(all="ignore"):
        right = getattr(np, name)(far)
    assert program.value(far).tolist() == pytest.approx(right.tolist(), rel=1e-15, abs=0, nan_ok=True)
    assert np.signbit(program.value(far)).tolist() == np.signbit(right).tolist()


def test_a_large_graph_is_cut_and_a_gradient_that_is_not_asked_for_is_not_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(code, "OPERATIONS", 10)
    xs, output = graph(3, 400)

    program = compile(output, xs[1:2], inputs=xs, backend="native")

    right = swept(xs, output)
    assert flat(program()) == [pytest.approx(right[0], rel=1e-15, abs=0), right[2]]


def test_an_infinite_slope_meets_a_zero_in_one_example() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    program = compile(calculus.relu(x).sqrt() * y, [x, y], backend="native")
    at = np.array([4.0, 0.0, -1.0] * 5)

    result = program(x=at, y=3.0)

    assert result.gradients["x"].tolist() == [0.75, 0.0, 0.0] * 5
    assert result.gradients["y"] == 10.0
    assert [program(x=a, y=3.0).gradients["x"] for a in (4.0, 0.0, -1.0)] == [0.75, 0.0, 0.0]


def test_no_gradient_is_minus_zero() -> None:
    x, y = Value(0.0, "x"), Value(-1.0, "y")
    program = compile(x * y, [x, y], backend="native")

    assert [math.copysign(1, g) for g in program(x=-0.0, y=-0.0).gradients.values()] == [1.0, 1.0]
    assert np.copysign(1, program(x=np.array([-0.0]), y=-0.0).gradients["x"]).tolist() == [1.0]


def test_a_mean_over_the_examples_and_steps_through_buffers() -> None:
    a, b, x = Value(2.0, "a", kind="parameter"), Value(1.0, "b", kind="parameter"), Value(0.0, "x")
    program = compile((a * x + b - 4) ** 2, [a, b], inputs=[a, b, x], backend="native", reduce="mean")
    batch, point = program.buffers("x", examples=5), program.buffers()
    batch.examples[0] = [0, 1, 2, 3, 4]
    point.inputs = 2.0, 1.0, 3.0

    for _ in range(1500):
        batch.step(0.05)

    assert point.step(0.5) == 9.0
    assert point.inputs.tolist() == [-7.0, -2.0, 3.0]
    np.testing.assert_allclose(batch.inputs[:2], [0, 4], atol=1e-9)
    np.testing.assert_allclose(batch.values, 0, atol=1e-15)
    assert program(x=[1.0, 3.0]).gradients == {"a": (2 * -1 * 1 + 2 * 3 * 3) / 2, "b": (2 * -1 + 2 * 3) / 2}


def test_an_input_is_its_own_program_and_a_gradient_by_nothing_is_none() -> None:
    x = Value(2.0, "x")

    assert compile(x, [x], backend="native")(x=3.0) == (3.0, {"x": 1.0})
    assert compile(x * x, [], inputs=[x], backend="native")(x=3.0) == (9.0, {})
    assert compile(x * x, [], inputs=[x], backend="native")(x=[3.0]).value.tolist() == [9.0]


def test_threads_do_not_disturb_each_other() -> None:
    xs, output = graph(4, 300)
    program = compile(output, xs, inputs=xs, backend="native")
    points = [[x.data * (1 + 1e-6 * i) for x in xs] for i in range(400)]
    right = [flat(program(*point)) for point in points]
    first = np.array([point[0] for point in points])

    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda point: flat(program(*point)), points)]
        batches = [*pool.map(lambda k: program(first, *points[k][1:]).value, range(8))]

    assert found == right
    assert all(
        (one == program(np.array([x[0] for x in points]), *points[k][1:]).value).all() for k, one in enumerate(batches)
    )


def test_a_large_batch_runs_on_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    xs, output = graph(5, 100)
    program = compile(output, xs, inputs=xs, backend="native")
    monkeypatch.setenv("MICROGRADNN_THREADS", "1")
    one: Any = program.buffers("x0", examples=6001)
    monkeypatch.setenv("MICROGRADNN_THREADS", "2")
    two: Any = program.buffers("x0", examples=6001)
    for memory in (one, two):
        memory.examples[0] = xs[0].data + np.linspace(0, 1e-3, 6001)
        memory()

    assert (len(one.blocks), len(two.blocks)) == (1, 2)
    assert (one.values == two.values).all()
    assert (one.own == two.own).all()
    np.testing.assert_allclose(one.gradients, two.gradients, rtol=1e-12)


def test_a_program_is_pickled_and_called_on_nodes() -> None:
    xs, output = graph(6, 60)
    program = compile(output, xs, inputs=xs, backend="native", reduce="mean", optimize=True)

    again = pickle.loads(pickle.dumps(program))

    assert flat(again()) == flat(program())
    assert (again.reduce, again.optimize) == ("mean", True)
    assert program(*xs).value.data == pytest.approx(output.data, rel=1e-14)
    assert "def value_and_gradients" in program.source


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_code_of_a_program_is_freed_with_it() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096

    def make() -> weakref.ref[Any]:
        xs, output = graph(7, 200)
        program = compile(output, xs, inputs=xs, backend="native")
        program()
        return weakref.ref(program.machine(1))

    for _ in range(5):
        make()
    gc.collect()
    before = resident()
    refs = [make() for _ in range(16)]
    gc.collect()

    assert all(ref() is None for ref in refs)
    assert resident() - before < 8_000_000  # a program takes a megabyte while it lives


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of how Linux places memory")
def test_code_may_be_far_from_its_numbers() -> None:
    """LLVM ended the process where a hole in memory took the numbers, and the code had to go beyond large arrays."""
    x = Value(0.5, "x")
    y = x
    for i in range(60):
        y = (y * (1.7 + i) + 0.3).sin() + y.tanh() * (2.3 + i)
    filled = [mmap.mmap(-1, mmap.PAGESIZE) for _ in range(1500)]
    holes = []
    for _ in range(200):
        holes.append(mmap.mmap(-1, mmap.PAGESIZE))
        filled.append(mmap.mmap(-1, mmap.PAGESIZE))
    filled += [mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000) for _ in range(2)]
    del holes

    programs = [compile(y, [x], backend="native") for _ in range(4)]  # 0x4000: reserved, and never there

    y.backward()
    assert [flat(program()) for program in programs] == [[y.data, x.grad]] * 4
    assert [program(x=[0.5]).value.shape for program in programs] == [(1,)] * 4  # whose numbers are vectors


def test_without_llvmlite_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Value(2.0, "x")
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    machine.llvm.cache_clear()
    try:
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'microgradnn\[native\]'"):
            compile(x * x, backend="native")
    finally:
        machine.llvm.cache_clear()


def test_what_it_can_not_run_is_refused() -> None:
    x = Value(2.0, "x")
    cube = Op("cube", lambda x: x**3, lambda x: x**3, lambda f, x: 3 * x * x)
    options: dict[str, Any] = {"backend": "python", "optimize": True}

    with pytest.raises(ValueError, match="the backend 'native' is for graphs of Values"):
        compile(Tensor([[1.0]], "T").sum(), backend="native")
    with pytest.raises(ValueError, match=r"optimize=True is of the backend 'native'; got backend='python'"):
        compile(x * x, **options)
    with pytest.raises(ValueError, match="the backend 'native' knows the rows of the table alone"):
        compile(cube(x), backend="native")


def test_a_row_of_many_operands_takes_no_more_than_its_share_of_time() -> None:
    xs = [Value(0.001 * i, f"x{i}") for i in range(1000)]
    output = calculus.logsumexp(xs) + calculus.dot(xs, xs[::-1])

    program = compile(output, xs, backend="native")  # a minute, while LLVM had it in one block

    right = swept(xs, output)
    np.testing.assert_allclose(flat(program()), right, rtol=1e-13)
