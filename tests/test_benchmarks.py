"""The benchmarks compare like with like: every engine finds the same gradients."""

from __future__ import annotations

import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    if not BENCHMARKS.exists():
        pytest.skip("the benchmarks are not here")
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def gradients(size: int) -> dict[str, list[float]]:
    from engines import Plain, installed
    from graphs import measured, plan

    engines = [engine for engine in installed()[0] if not isinstance(engine, Plain)]
    return {engine.name: measured(engine, plan(size))[1] for engine in engines}


def test_every_engine_finds_the_same_gradients() -> None:
    (ours, mine), *others = gradients(2000).items()

    assert ours.startswith("microgradnn")
    assert [name for name, _ in others][:1] == ["micrograd"]
    for _, theirs in others:  # the plan lets a rounding error grow to 1e-13, relative to numbers near 1
        assert theirs == pytest.approx(mine, rel=1e-9, abs=1e-9)


def test_the_plan_uses_the_eight_operations_alike_and_all_nodes_matter() -> None:
    from graphs import LEAVES, ends, plan

    steps = plan(800, seed=3)

    assert [sum(operation == i for operation, _, _ in steps) for i in range(8)] == [100] * 8
    assert plan(800, seed=3) == steps != plan(800, seed=4)
    used = {x for _, x, _ in steps} | {y for _, _, y in steps}
    assert used | set(ends(steps)) >= set(range(len(LEAVES) + 800))


def test_both_networks_train_alike() -> None:
    from training import Training

    ours, theirs = (Training(name, examples=5) for name in ("microgradnn", "micrograd"))

    for _ in range(3):  # w · x + b is summed in another order: some units in the last place
        assert ours.step()[1] == pytest.approx(theirs.step()[1], rel=1e-12)


def test_a_graph_of_tensors_without_axes_finds_the_gradients_of_the_graph_of_values() -> None:
    from engines import Microgradnn, Tensors
    from graphs import measured, plan

    values, arrays = (measured(engine, plan(200))[1] for engine in (Microgradnn(), Tensors()))

    assert arrays == pytest.approx(values, rel=1e-12)


def after(entries: dict[str, Any], steps: int = 3) -> dict[str, list[float]]:
    """All parameters of those that have any, in one list, after some steps of training."""
    found = {}
    for name, one in entries.items():
        for _ in range(steps):
            one.step()
        if name != "the bare matrix products":
            found[name] = np.concatenate([np.ravel(p) for p in one.parameters()]).tolist()
    return found


def agree(found: dict[str, list[float]], rel: float) -> None:
    """Whether all are what the one by hand is: sums in another order are some units in the last place apart."""
    reference = next(numbers for name, numbers in found.items() if "by hand" in name)
    assert len(found) >= 3
    for name, numbers in found.items():
        assert numbers == pytest.approx(reference, rel=rel, abs=rel), name


@pytest.mark.parametrize("optimiser", ["SGD", "Adam"])
@pytest.mark.parametrize("sizes", [(5, 4, 3), (2, 3, 1)])
def test_dense_networks_train_alike(sizes: tuple[int, ...], optimiser: str) -> None:
    from networks import CONTESTANTS, Task, entered
    from programs import STEPS

    task = Task(sizes, 6, optimiser, dtype="float64")

    agree(after(entered([*CONTESTANTS, *STEPS], task)), 1e-9)  # Adam divides by the root of small squares


def test_the_cost_of_the_step_by_hand_is_that_of_the_network() -> None:
    from networks import ByHand, Eager, Task

    for sizes in [(5, 4, 3), (2, 3, 1)]:
        task = Task(sizes, 6, dtype="float64")
        assert ByHand(task).step() == pytest.approx(Eager(task).step().item(), rel=1e-12)


@pytest.mark.parametrize("examples", [1, 5])
def test_the_demo_trains_alike_compiled(examples: int) -> None:
    from programs import demos

    entries = demos(examples)

    assert {"microgradnn, compiled, numpy", "micrograd"} <= set(entries)
    agree(after(entries), 1e-9)


def test_the_notes_network_trains_alike_on_one_example() -> None:
    from programs import tiny

    agree(after(tiny()), 1e-9)


@pytest.mark.parametrize("examples", [1, 3])
def test_every_replay_of_a_random_graph_finds_the_same_numbers(examples: int) -> None:
    from programs import replays

    found = {name: one.run() for name, one in replays(100, examples).items()}

    value, gradients = next(numbers for name, numbers in found.items() if "straight-line" in name)
    for name, (other, others) in found.items():
        assert np.allclose(other, value, rtol=1e-12, atol=0), name
        assert np.allclose(np.array(others), np.array(gradients), rtol=1e-9, atol=1e-9), name  # as above


def test_what_optimisers_call_is_the_same_by_everyone() -> None:
    pytest.importorskip("scipy")
    from optimizers import HAND, regressions, valleys

    for n, found in ((5, valleys(5)), (4, regressions(20, 3))):
        x = np.linspace(-1, 1, n)
        value, gradient = found[HAND](x)
        for name, fun in found.items():
            np.testing.assert_allclose(fun(x)[0], value, rtol=1e-12, err_msg=name)
            np.testing.assert_allclose(fun(x)[1], gradient, rtol=1e-9, atol=1e-12, err_msg=name)


def test_medians_give_every_contestant_its_turns() -> None:
    from rounds import medians

    turns: list[str] = []
    found = medians({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, 4)

    assert set(found) == set(turns) == {"a", "b"}
    assert all(seconds > 0 for seconds in found.values())


@pytest.mark.parametrize("script", ["networks.py", "programs.py"])
def test_a_part_that_is_not_there_is_named_with_those_that_are(script: str) -> None:
    program = [sys.executable, str(BENCHMARKS / script), "dance"]
    said = subprocess.run(program, capture_output=True, text=True, check=False).stderr

    assert "unknown part 'dance' (choose from " in said
    assert "dense" in said


def test_a_report_says_for_every_bar_whether_it_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    import rounds
    import run

    def printed(*arguments: str) -> str:
        """What a script prints that runs here: seven processes would import the same."""
        monkeypatch.setattr(sys, "argv", [*arguments])
        with redirect_stdout(StringIO()) as shown:
            runpy.run_path(str(BENCHMARKS / arguments[0]), run_name="__main__")
        return shown.getvalue()

    monkeypatch.setattr(run, "printed", printed)
    monkeypatch.setattr(run, "QUICK", {50: 1})
    monkeypatch.setattr(rounds, "TURN", 0.0)
    monkeypatch.setattr(rounds, "WARM", 0)
    page: Any = run.report(quick=True)

    assert "| micrograd's demo, one step | ≥ 60 |" in page
    assert "| bytes per node | ≤ 350 |" in page
    assert "| 50 | micrograd |" in page
    assert "| 2-3-1, batch 400 | NumPy by hand |" in page
    assert "| demo network, 5 examples, `numpy` | ≥ 1000 |" in page
    assert "| bytes allocated at the peak of a replay, but for NumPy's buffers | ≤ 16384 |" in page


def test_gradcheck_calls_no_right_function_wrong_and_no_wrong_one_right() -> None:
    from gradchecks import check_correct, check_wrong

    right, wrong = check_correct(150, 3, 0), check_wrong(60, 3)

    assert right["WRONG"] == 0
    assert right["ok"] >= 135  # the rest has slopes that rounding hides, or none
    assert wrong["ok"] == 0
    assert wrong["blamed"] >= 54
