"""The benchmarks compare like with like: every engine finds the same gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def test_a_report_says_for_every_bar_whether_it_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    import run

    monkeypatch.setattr(run, "QUICK", {50: 1})
    page: Any = run.report(quick=True)

    assert "| micrograd's demo, one step | ≥ 60 |" in page
    assert "| bytes per node | ≤ 350 |" in page
    assert "| 50 | micrograd |" in page
