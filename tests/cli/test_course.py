"""The exercises of the terminal: each can be solved, is checked, and what is done is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from microgradnn.check.questions import ask, ask_wrong
from microgradnn.cli import course as module
from microgradnn.cli.console import main
from microgradnn.cli.course import EXERCISES, quiz

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
SOLUTIONS = {
    "logistic": ("    ...", "    dw = (A - Y) @ X.T / m\n    db = np.sum(A - Y, axis=1, keepdims=True) / m"),
    "mistake": ("A1 * (1 - A1)", "(1 - A1**2)"),
    "two-layers": (
        "    ...",
        "    dZ2 = (A2 - Y) / m\n    dW2 = dZ2 @ A1.T\n    db2 = np.sum(dZ2, axis=1, keepdims=True)\n"
        "    dZ1 = W2.T @ dZ2 * (1 - A1**2)\n    dW1 = dZ1 @ X.T\n    db1 = np.sum(dZ1, axis=1, keepdims=True)",
    ),
    "softmax": (
        "    ...",
        "    dZ = (P - Y) / X.shape[1]\n    dW = dZ @ X.T\n    db = np.sum(dZ, axis=1, keepdims=True)",
    ),
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_pass_is_to_be_written_is_checked_and_is_done(name: str, capsys: Capture) -> None:
    path = Path(f"{name.replace('-', '_')}.py")
    assert main(["course", name]) == 1
    assert main(["course", name]) == 1
    assert f"{path} is as it was" in capsys.readouterr().out
    start = path.read_text(encoding="utf-8")
    path.write_text(start + "\n# a comment\n", encoding="utf-8")
    assert main(["course", name]) == 1
    assert "WRONG" in capsys.readouterr().out
    path.write_text(start.replace(*SOLUTIONS[name]), encoding="utf-8")
    assert main(["course", name]) == 0
    assert f"✓ {name} is done" in capsys.readouterr().out
    assert main(["course"]) == 0
    assert f"✓ {name}" in capsys.readouterr().out


def test_all_exercises_are_questions_or_have_a_solution_here() -> None:
    assert {name for name, one in EXERCISES.items() if isinstance(one.start, str)} == {*SOLUTIONS}


def answers(texts: list[str], monkeypatch: Patch, right: bool = True) -> list[str]:
    """Let `ask` give known questions, and return what a reader types: the texts first, then what is right."""
    known = [ask(1, seed) for seed in range(8)]
    source = iter(known)
    monkeypatch.setattr(module, "ask", lambda level: next(source))
    return texts + ([f"{known[i].right:g}" for i in range(1 if texts else 0, 8)] if right else [])


def test_three_right_answers_in_a_row_are_enough(monkeypatch: Patch, capsys: Capture) -> None:
    typed = iter(answers([], monkeypatch))
    assert quiz(1, lambda prompt: next(typed))
    assert "3 of 3" in capsys.readouterr().out


def test_what_is_no_number_is_asked_for_again_and_does_not_count(monkeypatch: Patch, capsys: Capture) -> None:
    right = answers([], monkeypatch)[:3]
    typed = iter(["what", "nan", "1/0", "six", *right])
    assert quiz(1, lambda prompt: next(typed))
    assert capsys.readouterr().out.count("a number, please") == 4


def test_a_wrong_answer_begins_the_row_anew(monkeypatch: Patch, capsys: Capture) -> None:
    typed = iter(answers(["what", "12345", "54321", "99999"], monkeypatch))
    assert quiz(1, lambda prompt: next(typed))
    out = capsys.readouterr().out
    assert "a number, please; 'what' is none" in out
    assert "0 of 3" in out


def test_which_gradient_is_wrong_is_asked_too(capsys: Capture) -> None:
    known = [ask_wrong(2, seed) for seed in range(3)]
    source, typed = iter(known), iter(["no name", *(one.right for one in known)])
    assert quiz(lambda: next(source), lambda prompt: next(typed, ""))  # what is no name does not count
    assert "a name, please" in capsys.readouterr().out


@pytest.mark.parametrize("last", ["", "end"])
def test_it_can_be_left(last: str, monkeypatch: Patch) -> None:
    def read(prompt: str) -> str:
        if last:
            raise EOFError
        return last

    answers([], monkeypatch)
    assert not quiz(1, read)


def test_what_is_done_is_kept_and_a_file_that_is_none_of_ours_is_not_overwritten(
    capsys: Capture,
) -> None:
    Path("mine.json").write_text("[1, 2]", encoding="utf-8")
    assert main(["course", "--progress", "mine.json"]) == 2
    assert "no record of exercises" in capsys.readouterr().err
    assert Path("mine.json").read_text(encoding="utf-8") == "[1, 2]"
    assert main(["course", "loops"]) == 2
    assert "unknown exercise 'loops' (choose from paths," in capsys.readouterr().err
