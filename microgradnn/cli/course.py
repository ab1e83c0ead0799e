"""Exercises that check themselves: questions on a graph, and backward passes to be written in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ..check.backward.files import check_file
from ..check.questions import Question, WrongGradient, ask, ask_wrong
from ..engine import disk
from .exercises import LOGISTIC, MISTAKE, SOFTMAX, TWO_LAYERS

TRIES = 3
ENOUGH = 3  # questions right, one after the other


class Exercise(NamedTuple):
    """What is to be done, and how: a level of questions, what asks them, or the text that a file begins with."""

    about: str
    start: int | Callable[[], WrongGradient] | str


EXERCISES = {
    "paths": Exercise("what is da? Each node is used once", 1),
    "twice": Exercise("what is da, if a is used twice?", 2),
    "functions": Exercise("what is da, behind a square or a max(0, x)?", 3),
    "spot": Exercise("which gradient is wrong here? A fresh graph each time", lambda: ask_wrong(2)),
    "logistic": Exercise("write the backward pass of logistic regression", LOGISTIC),
    "mistake": Exercise("one gradient of this network is wrong: find it, and mend it", MISTAKE),
    "two-layers": Exercise("write the backward pass of a network with a hidden layer", TWO_LAYERS),
    "softmax": Exercise("write the backward pass of a softmax with the cross entropy", SOFTMAX),
}


def course(name: str | None = None, *, progress: str = "microgradnn-course.json") -> int:
    """List the exercises, or do one; what is done is kept in a file. Return 1 where it is not right yet."""
    done = load(progress)
    if name is None:
        width = max(map(len, EXERCISES))
        for one, exercise in EXERCISES.items():
            print(f"{'✓' if one in done else '·'} {one:<{width}}  {exercise.about}")
        print(f"\n{len(done)} of {len(EXERCISES)} done; do one: microgradnn course NAME")
        return 0
    if name not in EXERCISES:
        raise ValueError(f"unknown exercise {name!r} (choose from {', '.join(EXERCISES)})")
    start = EXERCISES[name].start
    right = write_pass(Path(f"{name.replace('-', '_')}.py"), start) if isinstance(start, str) else quiz(start)
    if not right:
        return 1
    done = [one for one in EXERCISES if one in {*done, name}]
    disk.write(progress, json.dumps({"done": done}, indent=1).encode())
    todo = next((one for one in EXERCISES if one not in done), None)
    print(f"\n✓ {name} is done. " + (f"Next: microgradnn course {todo}" if todo else "That was all of them."))
    return 0


def load(progress: str) -> list[str]:
    """Return the exercises that are done, as the file says; ValueError where it is none of ours."""
    if not Path(progress).exists():
        return []
    with disk.open_ordinary(progress, 1 << 16) as file:
        try:
            done = json.loads(file.read())["done"]
            return [one for one in EXERCISES if one in done]
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"{progress} is no record of exercises; name another with --progress, or remove it"
            ) from None


def quiz(start: int | Callable[[], WrongGradient], read: Callable[[str], str] = input) -> bool:
    """Ask questions, of a level or as `start` makes them, until some are right at once, one after the other.

    False where the reader stops.
    """
    print(f"{ENOUGH} right answers in a row, and it is done. An empty line stops.\n")
    row = 0
    while row < ENOUGH:
        question: Question | WrongGradient = ask(start) if isinstance(start, int) else start()
        print(question)
        for i in range(TRIES):
            found = take_answer(question, read)
            if found is None:
                print("stopped")
                return False
            print(question.answer(found))
            if question.is_right(found):
                row = row + 1 if i == 0 else 0
                break
        else:
            print(question.explanation)
            row = 0
        print(f"{row} of {ENOUGH}\n")
    return True


def take_answer(question: Question | WrongGradient, read: Callable[[str], str]) -> Any:
    """Read until it is an answer, so that a slip of the keys is none; None where the reader stops."""
    while True:
        try:
            text = read("> ").strip()
        except EOFError:
            text = ""
        if not text:
            return None
        try:
            return question.read(text)
        except ValueError as error:
            print(error)


def write_pass(path: Path, start: str) -> bool:
    """Write the file that an exercise begins with; where it is there, return whether the pass in it is right."""
    if not path.exists():
        disk.write(path, start.encode())
        print(f"wrote {path}: open it in an editor, do what it says at the top, and come back")
        return False
    if path.read_text(encoding="utf-8") == start:
        print(f"{path} is as it was: open it in an editor, do what it says at the top, and come back")
        return False
    right = True
    for _, report in check_file(str(path)):
        print(report)
        right &= bool(report)
    return right
