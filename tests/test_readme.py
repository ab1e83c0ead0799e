"""What the README shows is what the program does. (Its Python runs as a doctest; .ci/run runs its commands.)"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from microgradnn.cli import console as cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"^\$ microgradnn (.*)\n((?:(?!\$|```).*\n)+)", README, re.MULTILINE)
FIRST = re.search(r"bin/microgradnn (draw .*)", README)


def texts(svg: str) -> list[str | None]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith(("text", "title"))]


@pytest.mark.parametrize(("command", "output"), CONSOLE, ids=[command for command, _ in CONSOLE])
def test_the_console_shows_what_the_program_prints(
    command: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(shlex.split(command)) == 0
    assert capsys.readouterr().out == output


def test_the_picture_is_what_the_first_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert FIRST

    assert cli.main(shlex.split(FIRST[1])) == 0

    assert capsys.readouterr().out.endswith("wrote J.svg\n")
    drawn = texts((tmp_path / "J.svg").read_text(encoding="utf-8"))
    assert drawn == texts((ROOT / "docs/static/J.svg").read_text(encoding="utf-8"))
    assert {"a", "b", "c", "u = b × c", "v = a + u", "J = 3 × v", "value 33", "grad 3", "grad 6", "grad 9"} <= set(
        drawn
    )
