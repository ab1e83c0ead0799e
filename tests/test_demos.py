"""Every demo prints what its docstring promises, in a directory of its own."""

from __future__ import annotations

import ast
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from microgradnn import expression
from microgradnn.cli.commands import THEMES
from microgradnn.graph import OPS

DEMOS = Path(__file__).parents[1] / "demos"
PROGRAMS = sorted(DEMOS.glob("*.py"))


@pytest.fixture(autouse=True)
def _the_table_stays_as_it_is() -> Iterator[None]:
    before = dict(OPS)
    yield
    OPS.clear()
    OPS.update(before)


def micrograds_demo_goes_as_published(names: dict[str, Any]) -> None:
    # From Python 3.12 on sums round better, over a hundred steps.
    exact = 1e-15 if sys.version_info < (3, 12) else 1e-9
    assert names["total_loss"].data == pytest.approx(0.010978370135492717, rel=exact)
    assert names["acc"] == 1


MORE: dict[str, Callable[[dict[str, Any]], None]] = {"moons": micrograds_demo_goes_as_published}


@pytest.mark.parametrize("demo", PROGRAMS, ids=lambda demo: demo.stem)
def test_a_demo_prints_the_numbers_and_writes_the_files_it_promises(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    promise = ast.get_docstring(ast.parse(demo.read_text(encoding="utf-8"))) or ""
    promised = promise.partition("Prints")[2]
    assert promised, f"{demo.name} does not say what it prints"
    if "from sklearn" in demo.read_text(encoding="utf-8"):
        pytest.importorskip("sklearn", reason="its data come with scikit-learn")
    if "from scipy" in demo.read_text(encoding="utf-8"):
        pytest.importorskip("scipy", reason="its optimisers are SciPy's")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(demo)])

    names = runpy.run_path(str(demo), run_name="__main__")

    printed = set(re.findall(r"-?\d+(?:\.\d+)?", capsys.readouterr().out))
    assert set(re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?", promised)) - {"13"} <= printed
    for file in re.findall(r"\w+\.svg", promised):
        assert (tmp_path / file).read_text(encoding="utf-8").startswith(("<svg", "<?xml"))
    if demo.stem in MORE:
        MORE[demo.stem](names)


def test_there_is_a_demo_for_each_idea() -> None:
    assert [demo.stem for demo in PROGRAMS] == [
        "activations",
        "attention",
        "breast_cancer",
        "calories",
        "cat_detector",
        "check_my_backward",
        "descent",
        "digits",
        "exactness",
        "exam_network",
        "first_graph",
        "hyperparameters",
        "large_graphs",
        "layers",
        "linear_collapse",
        "live_page",
        "logistic_regression",
        "loops_to_vectors",
        "moons",
        "newton",
        "nudges",
        "once_more",
        "optimizers",
        "other_engines",
        "own_table",
        "scikit_learn",
        "shared_node",
        "symmetry",
        "three_mistakes",
        "two_losses",
        "watch_xor",
        "written_out",
        "xor",
    ]


def test_the_list_of_demos_by_theme_has_each_once() -> None:
    assert sorted(" ".join(THEMES.values()).split()) == [demo.stem for demo in PROGRAMS]


# Course notes, 2.5: the printed numbers have 12 decimals, so they are right to half of the last one.
EXAM = {
    "w11": -0.017404290736,
    "w12": -0.010442574442,
    "w21": 0.011897677365,
    "w22": 0.007138606419,
    "w31": -0.023465348087,
    "w32": -0.014079208852,
    "b1": -0.034808581473,
    "b2": 0.023795354730,
    "b3": -0.046930696173,
    "v1": -0.275814818187,
    "v2": -0.242809081545,
    "v3": -0.266478259519,
    "c": -0.476097482825,
    "x1": -0.028047528908,
    "x2": 0.002601313065,
    "ŷ": -1.908752043017,
    "z": -0.476097482825,
    "a1": -0.142829244847,
    "a2": 0.095219496565,
    "a3": -0.190438993130,
}
FORWARD = {"z1": 0.32, "z2": 0.04, "z3": 0.24, "a1": 0.579324252149, "z": 0.095683001976, "ŷ": 0.523902517175}


def test_G8_the_exam_network_has_the_numbers_of_the_notes() -> None:
    network = expression((DEMOS / "exam.mg").read_text(encoding="utf-8"))
    network.output.backward()

    assert network.output.data == pytest.approx(0.646449647893, abs=1e-12)
    for name, value in FORWARD.items():
        assert network.names[name].data == pytest.approx(value, abs=1e-12)
    for name, gradient in EXAM.items():
        assert network.names[name].grad == pytest.approx(gradient, abs=1e-12)
    parameters = [name for name, node in network.names.items() if node.kind == "parameter"]
    assert len(parameters) == 13
    assert set(parameters) < set(EXAM)


@pytest.mark.parametrize(
    ("steps", "output", "loss"),
    [
        (1, 0.546798360809, 0.603675171926),
        (10, 0.701241, 0.354903),
        (100, 0.952714, 0.048440),
        (1000, 0.996189, 0.003819),
    ],
)
def test_G8_the_exam_network_learns(steps: int, output: float, loss: float) -> None:
    text = (DEMOS / "exam.mg").read_text(encoding="utf-8")
    network = expression(text)
    for _ in range(steps):
        network.output.backward()
        weights = {name: node for name, node in network.names.items() if node.kind == "parameter"}
        network = expression(text, {name: node.data - 0.1 * node.grad for name, node in weights.items()})

    digits = 1e-12 if steps == 1 else 5e-7  # as many as the notes' table gives
    assert network.names["ŷ"].data == pytest.approx(output, abs=digits)
    assert network.output.data == pytest.approx(loss, abs=digits)


def test_G8_with_target_0_and_with_the_wrong_sign() -> None:
    text = (DEMOS / "exam.mg").read_text(encoding="utf-8")
    other = expression(text, {"y": 0})
    other.output.backward()
    assert other.output.data == pytest.approx(0.742132649868, abs=1e-12)
    assert other.names["z"].grad == pytest.approx(0.523902517175, abs=1e-12)

    network = expression(text)
    network.output.backward()
    weights = {name: node for name, node in network.names.items() if node.kind == "parameter"}
    uphill = expression(text, {name: node.data + 0.1 * node.grad for name, node in weights.items()})
    assert uphill.output.data == pytest.approx(0.691284, abs=5e-7)
