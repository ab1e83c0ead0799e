"""`microgradnn check FILE.py`: 0 if every backward pass in it is right, 1 if one is wrong, 2 if that cannot be said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from microgradnn.cli.console import main

Capture = pytest.CaptureFixture[str]

PASSES = """\
import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def linear_forward(x, w):
    return x @ w, (x, w)


def linear_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout


rng = np.random.default_rng(0)
x, w = rng.standard_normal((3, 4)), rng.standard_normal((4, 2))
"""
WRONG = PASSES.replace("x.T @ dout", "-x.T @ dout")
LAYER = """\
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from helper import slope


@dataclass
class Tanh:
    scale: float = 2.0

    def forward(self, x):
        self.out = np.tanh(self.scale * x)
        return self.out

    def backward(self, dout):
        return self.scale * dout * slope(self.out)


tanh = Tanh()
x = np.array([0.3, -1.2, 2.0])
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(text: str, *arguments: str, name: str = "") -> int:
    """Write a file and check it, or one pass in it."""
    Path("net.py").write_text(text, encoding="utf-8")
    try:
        return main(["check", f"net.py{name}", *arguments])
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1


def test_every_pair_in_a_file_is_checked(capsys: Capture) -> None:
    assert run(PASSES) == 0

    out = capsys.readouterr().out
    assert "relu_forward, relu_backward\nThe backward pass is right: dx" in out
    assert "linear_forward, linear_backward\nThe backward pass is right: dx and dw" in out


def test_one_that_is_wrong_makes_it_1_and_its_line_is_quoted(capsys: Capture) -> None:
    assert run(WRONG) == 1

    out = capsys.readouterr().out
    assert "dw has the wrong sign\n     net.py, line 18:   return dout @ w.T, -x.T @ dout" in out
    assert "right would be:   return (dout @ w.T, x.T @ dout)" in out


@pytest.mark.parametrize(
    ("name", "code"), [(":relu", 0), (":relu_backward", 0), (":linear", 1), (":linear_forward", 1), (":nothing", 2)]
)
def test_one_pair_of_several_by_its_name(name: str, code: int) -> None:
    assert run(WRONG, name=name) == code


def test_functions_of_any_name_and_a_loss(capsys: Capture) -> None:
    text = PASSES.replace("linear_forward", "predict").replace("linear_backward", "gradients")

    assert run(text, "--forward", "predict", "--backward", "gradients") == 0
    assert run(text, "--forward", "predict", "--backward", "gradient") == 2
    assert "the file has no 'gradient' (choose from relu_forward, relu_backward, predict, gradients)" in (
        capsys.readouterr().err
    )


def test_an_object_with_both_methods_that_imports_what_lies_beside_it() -> None:
    Path("helper.py").write_text("def slope(y):\n    return 1 - y**2\n", encoding="utf-8")
    before = list(sys.path), dict(sys.modules).keys()

    assert run(LAYER) == 0
    assert run(LAYER.replace("self.scale * dout", "dout")) == 1
    assert sys.path == before[0]
    assert "net" not in sys.modules
    sys.modules.pop("helper")


def test_what_the_file_prints_stands_beside_the_report(capsys: Capture) -> None:
    assert run("print('epoch 1')\n" + PASSES.replace("return dout", "print('here'); return dout")) == 0

    out, err = capsys.readouterr()
    assert "epoch" not in out
    assert "here" not in out
    assert err == "epoch 1\n"


def test_the_file_sees_no_arguments_of_ours_and_may_end_as_it_likes() -> None:
    parses = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--epochs', default=3)\n"

    assert run(parses + "parser.parse_args()\n" + PASSES, "--rate", "0.5") == 0
    assert run(PASSES + "import sys\nsys.exit(3)\n") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", "net.py, line 1: invalid syntax"),
        ("import numpy\n\nnumpy.nothing\n", "net.py stops in line 3: AttributeError"),
        ("x = 3\n", "no pair of functions named forward and backward"),
        ("", "no pair of functions named forward and backward"),
        (PASSES[: PASSES.index("rng")], "relu_forward wants 'x', and the file has no variable of this name: write one"),
        (
            PASSES.replace("rng =", "if __name__ == '__main__':\n    rng =").replace("\nx, w", "\n    x, w"),
            "(what stands under if __name__ == … is not run)",
        ),
        (PASSES.replace("x @ w", "x @ w.T"), "linear_forward, linear_backward: net.py, line 13: ValueError: matmul"),
    ],
    ids=["syntax", "raises", "no pair", "empty", "no inputs", "guarded", "forward raises"],
)
def test_what_cannot_be_said_is_2_and_one_line(text: str, said: str, capsys: Capture) -> None:
    assert run(text) == 2

    err = capsys.readouterr().err
    assert said in err
    assert err.startswith("microgradnn: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("file", ["missing.py", "folder.py", "missing.py:relu"])
def test_no_such_file(file: str, capsys: Capture) -> None:
    Path("folder.py").mkdir()

    assert main(["check", file]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_backward_pass_that_stops_is_wrong_and_not_an_error_of_ours(capsys: Capture) -> None:
    assert run(PASSES.replace("dout @ w.T", "dout @ w")) == 1
    assert "right would be:   return (dout @ w.T, x.T @ dout)" in capsys.readouterr().out


def test_help_says_what_is_looked_for(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["check", "--help"])

    assert leaving.value.code == 0
    assert "FILE.py[:name]" in capsys.readouterr().out


def test_a_pair_without_inputs_of_its_own_is_left_out(capsys: Capture) -> None:
    text = PASSES + "\n\ndef step_forward(h):\n    return h\n\n\ndef step_backward(dh):\n    return dh\n"
    Path("steps.py").write_text(text)

    main(["check", "steps.py"])

    out, err = capsys.readouterr()
    assert "relu_forward" in out
    assert "step_forward, step_backward is left out: step_forward wants 'h'" in err
