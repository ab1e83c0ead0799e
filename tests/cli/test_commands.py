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

from microgradnn.cli.console import main
from microgradnn.data import cats, moons
from microgradnn.nn import Model
from microgradnn.nn.training import STEEPEST

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
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[0] == "id,half,P(upper)"
    expected = Model.load(MODEL).predict([[0.0, 1.0], [1.0, -0.5]])
    lines = [line.split(",")[:2] for line in Path("out.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert lines == [["a", expected[0]], ["b", expected[1]]]


def test_columns_that_are_not_read_stand_beside_the_answers_letter_by_letter(capsys: Capture) -> None:
    printed(capsys, "train", "data.csv", "--label", "half")
    rows = [["007", "2024-01-02", 1.0, 0.0, 'a "b", c', "?"], ["008", "1,5", -0.5, 1.0, "-3", "upper"]]
    put("new.csv", [["id", "date", "x2", "x1", "no te", "half"], *rows])

    found = list(csv.reader(printed(capsys, "predict", MODEL, "new.csv").splitlines()))

    assert found[0] == ["id", "date", "no te", "half", "P(upper)"]
    assert [row[:3] for row in found[1:]] == [["007", "2024-01-02", 'a "b", c'], ["008", "1,5", "-3"]]
    put("indexed.csv", [["", "x1", "x2", "empty"], ["0", 1, 2, ""]])
    assert printed(capsys, "predict", MODEL, "indexed.csv").startswith(",empty,half,P(upper)\n0,,")
    out = printed(capsys, "predict", MODEL, "new.csv", "--keep", "x1, id", "--quote-formulas")
    assert [line.rpartition(",")[0].rpartition(",")[0] for line in out.splitlines()] == ["x1,id", "0.0,007", "1.0,008"]
    assert printed(capsys, "predict", MODEL, "new.csv", "--keep", "").startswith("half,P(upper)\n")
    assert run("predict", MODEL, "new.csv", "--keep", "name") == 2
    assert "has no column 'name'" in capsys.readouterr().err
    assert run("predict", MODEL, "new.csv", "--keep", "half") == 2
    assert "what is predicted" in capsys.readouterr().err


def test_evaluate_tells_what_was_learnt_from_what_was_kept_for_the_test(capsys: Capture) -> None:
    out = printed(capsys, "train", "data.csv", "--label", "half")
    train, _, test = printed(capsys, "evaluate", MODEL, "data.csv").partition("\n\n")

    assert train.startswith("what it learnt from: 80 examples\naccuracy ")
    assert test.startswith("kept for the test: 20 examples\naccuracy ")
    assert train.splitlines()[1].split()[1:] == next(li for li in out.splitlines() if "train acc" in li).split()[2:]
    assert test.splitlines()[1].split()[1:] == next(li for li in out.splitlines() if "test acc" in li).split()[2:]
    assert test.splitlines()[5].split() == ["lower", "upper"]
    counts = [line.split()[1:] for line in test.splitlines()[6:]]
    assert [sum(map(int, row)) for row in counts] == [10, 10]  # a stratified split

    put("some.csv", [["x2", "half", "x1"], [1.0, "upper", 0.0], [-0.5, "lower", 1.0]])
    assert printed(capsys, "evaluate", MODEL, "some.csv").startswith("2 examples\naccuracy ")
    put("other.csv", [["x2", "half", "x1"], [1.0, "left", 0.0]])
    assert run("evaluate", MODEL, "other.csv") == 2
    assert "line 2, column 'half': 'left' is no class (choose from lower, upper" in capsys.readouterr().err


def test_numbers_as_labels_have_a_figure_of_the_test(capsys: Capture) -> None:
    rows = [[f"{i:03}", f"{i / 8:.3f}".replace(".", ","), f"{i / 4 + 1}".replace(".", ",")] for i in range(40)]
    Path("line.csv").write_text("\n".join(map(";".join, [["id", "x", "y"], *rows])), encoding="utf-8")

    command = ["train", "line.csv", "--label", "y", "--labels", "numbers", "--features", "x", "--history", "course.csv"]
    out = printed(capsys, *command, "--iterations", "500")
    lines = printed(capsys, "evaluate", MODEL, "line.csv").splitlines()

    assert "train RMSE" in out
    assert "test RMSE" in out
    assert [line.partition(" ")[0] for line in lines] == ["what", "RMSE", "R²", "", "kept", "RMSE", "R²"]
    assert float(lines[-1].split()[1]) > 0.999
    course = Path("course.csv").read_text(encoding="utf-8").splitlines()
    assert (len(course), course[0]) == (501, "iteration,cost,learning_rate")
    assert printed(capsys, "predict", MODEL, "line.csv").splitlines()[5].startswith("004,")


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


def test_columns_of_text_are_left_out_by_naming_the_others(capsys: Capture) -> None:
    put("names.csv", [["name", "x", "y"], *[[f"example {i}", i, i // 5] for i in range(10)]])

    printed(capsys, "train", "names.csv", "--label", "y", "--features", "x")

    assert Model.load(MODEL).features == ["x"]
    assert printed(capsys, "predict", MODEL, "names.csv").startswith("name,y,P(1)\nexample 0,0,")


def test_three_classes_and_numbers(capsys: Capture) -> None:
    put("three.csv", [["x", "kind"], *[[i, "abc"[i // 10]] for i in range(30)]])
    put("line.csv", [["x", "y"], *[[i, 2 * i + 1] for i in range(30)]])

    printed(capsys, "train", "three.csv", "--label", "kind", "--layers", "8,3", "--optimiser", "adam")
    assert printed(capsys, "predict", MODEL, "three.csv").splitlines()[0] == "kind,P(a),P(b),P(c)"
    printed(capsys, "train", "line.csv", "--label", "y", "--labels", "numbers")
    lines = printed(capsys, "predict", MODEL, "line.csv").splitlines()
    assert lines[0] == "y"
    assert float(lines[4]) == pytest.approx(7, abs=1e-6)


def photographs(m: int, size: int) -> None:
    """Put pictures into photographs/cat and photographs/non-cat."""
    drawn = cats(m, size=size)
    for i, (image, y) in enumerate(zip(drawn.images, drawn.Y[0], strict=True)):
        folder = Path("photographs", "cat" if y else "non-cat")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(image)).save(folder / f"{i}.png")


@pytest.mark.parametrize("layers", [(), ("--layers", "5,1")])
def test_pictures_are_learnt_with_all_settings_left_as_they_are(layers: tuple[str, ...], capsys: Capture) -> None:
    photographs(12, size=16)  # and 64×64×3 = 12288 numbers by default

    out = printed(capsys, "train", "--images", "photographs", "--iterations", "60", *layers)

    assert "12 examples of 12288 features" in out
    course = next(line for line in out.splitlines() if line.startswith("cost"))
    before, after = map(float, course.removeprefix("cost").split("→"))
    assert after < 0.95 * before


def test_help_tells_the_learning_rate_of_pictures(capsys: Capture) -> None:
    told = " ".join(printed(capsys, "train", "--help").split())

    assert f"0.1, or {STEEPEST:g} / number of features where that is less, {STEEPEST / 12288:.5f} for pictures" in told


def test_pictures_in_folders(capsys: Capture) -> None:
    photographs(12, size=16)

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
def test_ctrl_c_saves_what_was_learnt_and_says_how_to_go_on() -> None:
    endless = ["train", "data.csv", "--label", "half", "--iterations", "100000000", "--checkpoint", "long.run"]
    command = [sys.executable, "-m", "microgradnn", *endless]
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a test run in the background ignores it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=listening) as training:  # type: ignore[call-overload]
        try:
            assert training.stdout is not None
            assert any("sigmoid" in line for line in training.stdout), "training ended before it began"
            time.sleep(0.5)
            training.send_signal(signal.SIGINT)
            out, err = training.communicate(timeout=60)
        finally:
            training.kill()

    assert (training.returncode, err) == (0, "")
    assert "Ctrl-C after" in out
    assert "\nto go on: the same command, with --resume\n" in out
    assert Path("long.run").exists()
    assert Model.load(MODEL).features == ["x1", "x2"]


def test_a_validation_set_says_when_to_stop(capsys: Capture) -> None:
    options = [
        "--patience",
        "5",
        "--layers",
        "8,1",
        "--learning-rate",
        "1",
        "--class-weight",
        "1,2",
        "--iterations",
        "5000",
    ]

    out = printed(capsys, "train", "data.csv", "--label", "half", *options, "--history", "course.csv")

    assert "100 examples of 2 features: 64 to learn from, 16 to say when to stop, 20 to test" in out
    assert "the cost of the validation set was least after iteration" in out
    assert Path("course.csv").read_text(encoding="utf-8").startswith("iteration,cost,learning_rate,validation_cost\n0,")


# --- categories and missing values ----------------------------------------------------------------


def rooms(path: str, m: int = 60) -> None:
    """Write a table whose label is told by a category and a number, both of which are missing at times."""
    rows = []
    for i in range(m):
        kind, size = ("attic", "cellar", "hall")[i % 3], 1 + i % 7
        y = "high" if (kind == "attic") or size > 5 else "low"
        rows.append([f"{i:04}", "" if i % 11 == 5 else kind, "NA" if i % 13 == 5 else size, y])
    put(path, [["id", "kind", "size", "price"], *rows])


@pytest.mark.filterwarnings("default")
def test_categories_and_missing_values_are_kept_in_the_model_file(capsys: Capture) -> None:
    pytest.importorskip("sklearn")
    rooms("rooms.csv")
    options = ["--features", "size,kind", "--categorical", "kind", "--impute", "median", "--layers", "8,1"]

    out = printed(
        capsys, "train", "rooms.csv", "--label", "price", *options, "--optimiser", "adam", "--learning-rate", "0.05"
    )

    assert "60 examples of 4 features: 48 to learn from, 12 to test" in out
    model = Model.load(MODEL)
    assert model.features == ["size", "kind=attic", "kind=cellar", "kind=hall"]
    put("new.csv", [["kind", "id", "size"], ["attic", "01", 2], ["", "02", ""], ["hall", "03", 7], ["attic", "04", 4]])
    lines = printed(capsys, "predict", MODEL, "new.csv").splitlines()
    assert [line.rpartition(",")[0] for line in lines] == ["id,price", "01,high", "02,high", "03,high", "04,high"]
    assert lines[2].replace("02", "04", 1) == lines[4]
    assert [column.fill for column in model.encoding.columns] == [4.0, "attic"] if model.encoding else False
    assert "kept for the test: 12 examples\naccuracy  9" in printed(capsys, "evaluate", MODEL, "rooms.csv").replace(
        "accuracy  100.00", "accuracy  99"
    )
    put("odd.csv", [["kind", "size"], ["tower", 2]])
    assert run("predict", MODEL, "odd.csv") == 0
    note = "note: odd.csv, line 2, column 'kind': 'tower' was not in the training set"
    assert note in capsys.readouterr().err


def test_without_scikit_learn_the_extra_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms("rooms.csv")
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Without("sklearn"), *sys.meta_path])

    assert run("train", "rooms.csv", "--label", "price", "--categorical", "kind", "--impute", "mean") == 2

    assert "pip install 'microgradnn[sklearn]'" in capsys.readouterr().err


# --- a training that goes on ----------------------------------------------------------------------

LABELLED = ("train", "data.csv", "--label", "half")
LONG = (*LABELLED, "--layers", "4,1", "--batch-size", "16", "--dropout", "0.1", "--checkpoint", "long.run")


def test_a_training_in_two_parts_saves_the_same_model_to_the_bit(capsys: Capture) -> None:
    printed(capsys, *LONG, "--iterations", "53")
    out = printed(capsys, *LONG, "--iterations", "120", "--resume")

    assert "going on from long.run, after 53 of 120 iterations\n" in out
    assert "\n120 iterations in " in out
    resumed = Path(MODEL).read_bytes()
    printed(capsys, *LONG[:-2], "--iterations", "120")
    assert Path(MODEL).read_bytes() == resumed
    assert files() == ["data.csv", "long.run", MODEL]


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.slow
def test_a_kill_costs_no_more_than_a_few_iterations(capsys: Capture) -> None:
    command = [*LONG, "--iterations", "3000", "--checkpoint-every", "20"]
    with subprocess.Popen([sys.executable, "-m", "microgradnn", *command], stdout=subprocess.DEVNULL) as training:
        try:
            while not Path("long.run").exists() and training.poll() is None:
                time.sleep(0.001)
        finally:
            training.kill()
    assert training.returncode == -signal.SIGKILL
    assert not Path(MODEL).exists()
    Path(f".long.run.{training.pid}.partial").touch()  # as if it had been in the middle of writing

    out = printed(capsys, *command, "--resume")

    done = int(out.partition("going on from long.run, after ")[2].split()[0])
    assert 0 < done < 3000
    assert done % 20 == 0
    resumed = Path(MODEL).read_bytes()
    printed(capsys, *LONG[:-2], "--iterations", "3000")
    assert Path(MODEL).read_bytes() == resumed
    assert files() == ["data.csv", "long.run", MODEL]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--resume", "--checkpoint", "no.run"], "--resume: there is no no.run to go on from"),
        ([], "long.run is there already: --resume goes on from it, or choose another --checkpoint"),
        (["--checkpoint", "data.csv"], "data.csv is there already"),
        (["--resume", "--checkpoint", "data.csv"], "data.csv is not a model file"),
        (["--resume", "--checkpoint", MODEL, "-o", "other.safetensors"], "a network without its training"),
        (["--checkpoint", MODEL], "to be written for something else too"),
        (["--checkpoint", "no/long.run"], "there is no folder to write it to"),
        (["--resume", "--iterations", "29"], "iterations is 29, and long.run has done 30: give as many or more"),
        (["--resume", "--batch-size", "17"], "of another run: in training batch_size is 16, and here 17"),
        (["--resume", "--l2", "0.5"], "of another run: in training l2 is 0.0, and here 0.5"),
        (["--resume", "--seed", "1"], "of another run: in training seed is 0, and here 1"),
        (["--resume", "--scale", "none"], "of another run: in training the data are others, or else split or scaled"),
        (["--resume", "--layers", "5,1"], "in the architecture sizes is [2, 4, 1], and here [2, 5, 1]"),
        (["--resume", "--hidden", "tanh"], "in the architecture activations is ['relu', 'sigmoid'], and here ['tanh'"),
    ],
)
def test_what_training_cannot_go_on_from(change: list[str], words: str, capsys: Capture) -> None:
    printed(capsys, *LONG, "--iterations", "30")
    before = {name: Path(name).read_bytes() for name in files()}

    assert run(*LONG, *change) == 2

    out, err = capsys.readouterr()
    assert (out, err.count("\n"), words in err) == ("", 1, True), err
    assert {name: Path(name).read_bytes() for name in files()} == before


def test_a_checkpoint_that_was_cut_off_anywhere_is_refused(capsys: Capture) -> None:
    printed(capsys, *LONG, "--iterations", "30")
    whole = Path("long.run").read_bytes()
    for length in (0, 1, 8, 9, 500, len(whole) // 2, len(whole) - 1):
        Path("long.run").write_bytes(whole[:length])

        assert run(*LONG, "--resume") == 2

        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert "training cannot go on from it: begin again, with another file" in err


def test_a_checkpoint_is_no_model_for_it_knows_no_scaling(capsys: Capture) -> None:
    printed(capsys, *LONG, "--iterations", "30")

    assert run("predict", "long.run", "data.csv") == 2

    assert "long.run is a checkpoint" in capsys.readouterr().err


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "name one source of examples"),
        (["train", "nowhere.csv", "--label", "y"], "there is no such file"),
        (["train", "data.csv"], "give --label (choose from x1, x2, half)"),
        (["train", "data.csv", "--label", "y"], "no column 'y'"),
        ([*LABELLED, "--layers", "3,2"], "--layers ends in 2, and the 2 classes need 1 in the last layer"),
        ([*LABELLED, "--layers", "3;1"], "such as 20,7,5,1; got '3;1'"),
        ([*LABELLED, "--layers", "0,1"], "at least one unit"),
        ([*LABELLED, "-o", "model.pkl"], "ends in .safetensors"),
        ([*LABELLED, "-o", "no/model.safetensors"], "there is no folder"),
        ([*LABELLED, "--plot", "cost.gif"], "choose from pdf, png, svg"),
        ([*LABELLED, "--batch-size", "81"], "batch_size is 81, and there are only 80 examples to learn from"),
        ([*LABELLED, "--batch-size", "0"], "batch_size is a whole number, at least 1; got 0"),
        ([*LABELLED, "--batch-size", "-1"], "batch_size is a whole number, at least 1; got -1"),
        ([*LABELLED, "--iterations", "-1"], "iterations is a whole number, at least 0; got -1"),
        ([*LABELLED, "--learning-rate", "-0.1"], "learning_rate is a number that is not negative; got -0.1"),
        ([*LABELLED, "--learning-rate", "inf"], "learning_rate is a number that is not negative; got inf"),
        ([*LABELLED, "--momentum", "1"], "momentum is at least 0 and less than 1"),
        ([*LABELLED, "--optimiser", "nesterov"], "nesterov needs a momentum between 0 and 1"),
        ([*LABELLED, "--l2", "-1"], "l2 is a number that is not negative"),
        ([*LABELLED, "--tolerance", "nan"], "tolerance is a number that is not negative"),
        ([*LABELLED, "--dropout", "1"], "dropout is the share"),
        ([*LABELLED, "--checkpoint", "run", "--checkpoint-every", "0"], "checkpoint_every is a whole number"),
        ([*LABELLED, "--resume"], "--resume needs --checkpoint"),
        ([*LABELLED, "--features", "x1,half"], "'half' is the label, so it is no feature"),
        ([*LABELLED, "--test-share", "1"], "--test-share"),
        ([*LABELLED, "--validation-share", "0"], "--validation-share is more than 0"),
        ([*LABELLED, "--patience", "0"], "patience is a whole number, at least 1; got 0"),
        ([*LABELLED, "--class-weight", "1;2"], "--class-weight is balanced, or a number for each class, such as 1,5"),
        ([*LABELLED, "--class-weight", "1,2,3"], "or 2 numbers that are not negative, in the order of the classes"),
        ([*LABELLED, "--history", "no/course.csv"], "there is no folder"),
        ([*LABELLED, "--categorical", "x3", "--impute", "mean"], "'x3' is categorical, and no feature"),
        ([*LABELLED, "--impute", "guess"], "invalid choice: 'guess'"),
        (["evaluate", "data.csv", "data.csv"], "is not a model file"),
        ([*LABELLED, "--seed", "-1"], "--seed is not negative"),
        ([*LABELLED, "--iterations", "many"], "invalid int value"),
        ([*LABELLED, "--optimiser", "sgd"], "invalid choice: 'sgd'"),
        ([*LABELLED, "more"], "unexpected argument 'more'"),
        ([*LABELLED, "--colour"], "unknown option --colour; see microgradnn train --help"),
        (["train", "--images", "."], "folder of pictures for each class"),
        (["train", "--images", ".", "--label", "y"], "the classes of --images are its folders"),
        (["predict", "data.csv", "data.csv"], "is not a model file"),
        (["predict", "nowhere.safetensors", "data.csv"], "there is no such file"),
        (["demo", "nothing"], "unknown demo 'nothing' (choose from "),
    ],
)
def test_bad_input_is_one_clear_line_and_writes_nothing(arguments: list[str], words: str, capsys: Capture) -> None:
    assert run(*arguments) == 2

    out, err = capsys.readouterr()
    assert out == "", "refused after it had begun"
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
        ([["1", "2", "1"]], "one example, with the label 1: nothing to tell apart; examples of each class are needed"),
        ([["a", "2", "1"], ["b", "4", "0"]], "'a' is no number; to leave the column out, name the others"),
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


@pytest.mark.parametrize("name", ["digits", "breast_cancer"])
def test_a_demo_that_lacks_a_package_says_on_one_line_what_to_install(
    name: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [module for module in sys.modules if module.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Without("sklearn"), *sys.meta_path])

    assert run("demo", name) == 2

    message = 'microgradnn: this demo needs scikit-learn: pip install "microgradnn[sklearn]"\n'
    assert capsys.readouterr() == ("", message)
