"""From a table, or pictures, to a model file and from that to answers: what the commands print, write and refuse."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from microgradnn.cli import main
from microgradnn.data import cats, moons
from microgradnn.nn import Model

Capture = pytest.CaptureFixture[str]
MODEL = "model.safetensors"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a directory of its own, with a table in it: data.csv, of 100 points on two moons."""
    monkeypatch.chdir(tmp_path)
    data = moons(100, seed=1)
    rows = [[x1, x2, "upper" if y else "lower"] for x1, x2, y in zip(*data.X, *data.Y, strict=True)]
    put("data.csv", [["x1", "x2", "half"], *rows])


def put(name: str, rows: list[list[Any]]) -> None:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1


def printed(capsys: Capture, *arguments: str) -> str:
    """What is printed where all is well."""
    code = run(*arguments)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


# --- train and predict ----------------------------------------------------------------------------


def test_from_a_table_to_answers_in_two_commands(capsys: Capture) -> None:
    out = printed(capsys, "train", "data.csv", "--label", "half", "--layers", "8,4,1", "--plot", "cost.svg")

    lines = out.splitlines()
    assert lines[:3] == [
        "100 examples of 2 features: 80 to learn from, 20 to test",
        "half: lower, upper",
        "Network of 3 layers, 65 parameters",
    ]
    assert lines[4] == "1      relu        (8, 2)  (8, 1)  (8, m)  24"
    assert [line.partition(" ")[0] for line in lines[7:]] == [
        "",
        "1000",
        "cost",
        "train",
        "test",
        "saved",
        "wrote",
        "next:",
    ]
    assert lines[-1] == "next: microgradnn predict model.safetensors new.csv"

    answers = list(csv.DictReader(printed(capsys, "predict", MODEL, "data.csv").splitlines()))
    given = list(csv.DictReader(Path("data.csv").read_text(encoding="utf-8").splitlines()))
    right = [a["half"] == b["half"] for a, b in zip(answers, given, strict=True)]
    assert sum(right) >= 95
    assert all((float(a["P(upper)"]) > 0.5) == (a["half"] == "upper") for a in answers)
    assert files() == ["cost.svg", "data.csv", MODEL]


def test_predict_finds_the_features_by_their_names_and_writes_where_it_is_told(capsys: Capture) -> None:
    printed(capsys, "train", "data.csv", "--label", "half")
    put("new.csv", [["id", "x2", "x1"], ["a", 1.0, 0.0], ["b", -0.5, 1.0]])

    assert printed(capsys, "predict", MODEL, "new.csv", "-o", "out.csv") == (
        "wrote out.csv: 2 predictions (1 lower, 1 upper)\n"
    )
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[0] == "half,P(upper)"
    expected = Model.load(MODEL).predict([[0.0, 1.0], [1.0, -0.5]])
    assert [line.split(",")[0] for line in Path("out.csv").read_text(encoding="utf-8").splitlines()[1:]] == expected


def test_every_hyperparameter_reaches_the_training(capsys: Capture) -> None:
    options = "--layers 3,1 --hidden tanh --learning-rate 0.2 --batch-size 16 --momentum 0.5 --l2 0.1 --iterations 7"
    command = ["train", "data.csv", "--label", "half", *options.split(), "--seed", "4", "--scale", "none"]
    out = printed(capsys, *command, "--test-share", "0")

    assert "100 to learn from, 0 to test" in out
    assert "7 iterations in" in out
    assert "test accuracy" not in out
    first = Path(MODEL).read_bytes()
    printed(capsys, *command, "--test-share", "0")
    assert Path(MODEL).read_bytes() == first
    for change in ["--seed 5", "--momentum 0", "--l2 0", "--batch-size 17", "--hidden relu", "--learning-rate 0.1"]:
        printed(capsys, *command, "--test-share", "0", *change.split())
        assert Path(MODEL).read_bytes() != first, change


def test_three_classes_and_numbers(capsys: Capture) -> None:
    put("three.csv", [["x", "kind"], *[[i, "abc"[i // 10]] for i in range(30)]])
    put("line.csv", [["x", "y"], *[[i, 2 * i + 1] for i in range(30)]])

    printed(capsys, "train", "three.csv", "--label", "kind", "--layers", "8,3", "--optimiser", "adam")
    assert printed(capsys, "predict", MODEL, "three.csv").splitlines()[0] == "kind,P(a),P(b),P(c)"
    printed(capsys, "train", "line.csv", "--label", "y", "--labels", "numbers")
    lines = printed(capsys, "predict", MODEL, "line.csv").splitlines()
    assert lines[0] == "y"
    assert float(lines[4]) == pytest.approx(7, abs=1e-6)


def test_pictures_in_folders(capsys: Capture) -> None:
    drawn = cats(12, size=16)
    for i, (image, y) in enumerate(zip(drawn.images, drawn.Y[0], strict=True)):
        folder = Path("photographs", "cat" if y else "non-cat")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(image)).save(folder / f"{i}.png")

    out = printed(capsys, "train", "--images", "photographs", "--size", "8", "--iterations", "50")
    assert "12 examples of 192 features" in out
    assert "non-cat, cat" in out
    assert out.endswith("next: microgradnn predict model.safetensors PICTURES\n")

    lines = printed(capsys, "predict", MODEL, "photographs/cat", "photographs/non-cat/1.png").splitlines()
    assert lines[0] == "file,prediction,P(cat)"
    assert len(lines) == 1 + 7

    Path("photographs/cat/note.txt").write_text("no picture", encoding="utf-8")
    assert run("predict", MODEL, "photographs/cat") == 2
    assert "note.txt is no picture" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_saves_what_was_learnt() -> None:
    command = [sys.executable, "-m", "microgradnn", "train", "data.csv", "--label", "half", "--iterations", "100000000"]
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a test run in the background ignores it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=listening) as training:  # type: ignore[call-overload]
        try:
            assert training.stdout is not None
            while "sigmoid" not in training.stdout.readline():
                pass
            time.sleep(0.5)
            training.send_signal(signal.SIGINT)
            out, err = training.communicate(timeout=60)
        finally:
            training.kill()

    assert (training.returncode, err) == (0, "")
    assert "Ctrl-C after" in out
    assert Model.load(MODEL).features == ["x1", "x2"]


# --- what is refused ------------------------------------------------------------------------------

LABELLED = ("train", "data.csv", "--label", "half")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "name one source of examples"),
        (["train", "nowhere.csv", "--label", "y"], "No such file"),
        (["train", "data.csv"], "give --label (choose from x1, x2, half)"),
        (["train", "data.csv", "--label", "y"], "no column 'y'"),
        ([*LABELLED, "--layers", "3,2"], "--layers ends in 2, and the 2 classes need 1 in the last layer"),
        ([*LABELLED, "--layers", "3;1"], "such as 20,7,5,1; got '3;1'"),
        ([*LABELLED, "--layers", "0,1"], "at least one unit"),
        ([*LABELLED, "-o", "model.pkl"], "ends in .safetensors"),
        ([*LABELLED, "-o", "no/model.safetensors"], "there is no folder"),
        ([*LABELLED, "--plot", "cost.gif"], "choose from pdf, png, svg"),
        ([*LABELLED, "--batch-size", "81"], "there are only 80 examples"),
        ([*LABELLED, "--test-share", "1"], "--test-share"),
        ([*LABELLED, "--seed", "-1"], "--seed is not negative"),
        ([*LABELLED, "--iterations", "many"], "invalid int value"),
        ([*LABELLED, "--optimiser", "sgd"], "invalid choice: 'sgd'"),
        ([*LABELLED, "more"], "unexpected argument 'more'"),
        (["train", "--images", "."], "folder of pictures for each class"),
        (["predict", "data.csv", "data.csv"], "is not a model file"),
        (["predict", "nowhere.safetensors", "data.csv"], "No such file"),
        (["demo", "nothing"], "unknown demo 'nothing' (choose from "),
    ],
)
def test_bad_input_is_one_clear_line_and_writes_nothing(arguments: list[str], words: str, capsys: Capture) -> None:
    assert run(*arguments) == 2

    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert files() == ["data.csv"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["1", "2", "0"], ["3", "nan", "1"]], "line 3, column 'x2'"),
        ([["1", "2", "0"], ["3", "many", "1"]], "line 3, column 'x2': 'many' is no number"),
        ([["1", "2", "0"], ["3", "4", "2"]], "labels are 0 or 1"),
        ([["1", "2", "1"], ["3", "4", "1"]], "all examples have the label 1"),
        ([["1", "2", "1"]], "one example"),
        ([], "no example"),
        ([["1", "2", "0"], ["3", "1"]], "2 cells"),
    ],
)
def test_bad_tables_too(rows: list[list[Any]], words: str, capsys: Capture) -> None:
    put("data.csv", [["x1", "x2", "y"], *rows])

    assert run("train", "data.csv", "--label", "y") == 2

    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert files() == ["data.csv"]


def test_what_predict_refuses(capsys: Capture) -> None:
    printed(capsys, *LABELLED)
    good = Path(MODEL).read_bytes()
    put("other.csv", [["a", "b"], [1, 2]])

    for arguments, words in [
        (("other.csv",), "no column 'x1'"),
        (("data.csv", "-o", "data.csv"), "data.csv is read"),
        (("data.csv", "other.csv"), "one CSV file at a time"),
    ]:
        assert run("predict", MODEL, *arguments) == 2
        assert words in capsys.readouterr().err
    Path(MODEL).write_bytes(good[:-10])
    assert run("predict", MODEL, "data.csv", "-o", "out.csv") == 2
    assert "is damaged, or not whole" in capsys.readouterr().err
    assert files() == ["data.csv", MODEL, "other.csv"]


def test_a_training_that_diverges_fails_as_mathematics_and_keeps_the_last_model(capsys: Capture) -> None:
    Path(MODEL).write_bytes(b"the last one")
    put("far.csv", [["x", "y"], *[[1e3 * i, 1e5 * i] for i in range(30)]])

    options = ["--scale", "none", "--learning-rate", "10", "--layers", "3,1"]
    assert run("train", "far.csv", "--label", "y", "--labels", "numbers", *options) == 1

    err = capsys.readouterr().err
    assert "scaled inputs" in err
    assert err.count("\n") == 1
    assert Path(MODEL).read_bytes() == b"the last one"


@pytest.mark.parametrize(("module", "extra"), [("safetensors", "train"), ("matplotlib", "plot")])
def test_a_missing_extra_is_named_before_the_work(
    module: str, extra: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Without(module), *sys.meta_path])

    assert run(*LABELLED, "--plot", "cost.svg") == 2

    out, err = capsys.readouterr()
    assert (out, err) == ("", f"microgradnn: this needs the package {module}: pip install 'microgradnn[{extra}]'\n")
    assert files() == ["data.csv"]


class Without:
    """A finder that makes a package look as if it were not installed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name: str, *rest: Any) -> None:
        if name.partition(".")[0] == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=self.name)


# --- demo -----------------------------------------------------------------------------------------


def test_demo_lists_what_there_is_and_runs_one(capsys: Capture) -> None:
    listed = printed(capsys, "demo")
    assert "first_graph" in listed
    assert listed.endswith("run one: microgradnn demo NAME\n")

    assert "33" in printed(capsys, "demo", "first_graph")
    assert "first_graph.svg" in files()
