"""docs/api.md and the package's doors say the same: what is listed is public, what is public is listed."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from microgradnn.graph import Op
from microgradnn.rules.arrays import ARRAY_OPS

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
LISTED = re.findall(r"^\.\. auto(?:class|function|exception|data):: microgradnn\.([\w.]+)", PAGE, re.MULTILINE)


def names_at_the_door(room: str) -> set[str]:
    """The functions and classes that `__init__.py` gives: `from .value import Value as Value`."""
    door = import_module(f"microgradnn{room}")
    text = Path(str(door.__file__)).read_text(encoding="utf-8")
    names = set(re.findall(r"^ *from \.\S* import \w+ as ([A-Za-z]\w*)", text, re.MULTILINE))
    return {
        name
        for name in names
        if callable(found := getattr(door, name)) and not isinstance(found, Op) and name not in ARRAY_OPS
    }


@pytest.mark.parametrize("room", ["", ".draw", ".check", ".data", ".nn"])
def test_the_reference_lists_what_is_public(room: str) -> None:
    prefix = f"{room[1:]}." if room else ""
    listed = {name.removeprefix(prefix) for name in LISTED if name.startswith(prefix)}

    listed = {name for name in listed if "." not in name}
    assert listed - ARRAY_OPS.keys() == names_at_the_door(room) - ARRAY_OPS.keys()


def test_everything_that_is_listed_is_there() -> None:
    for name in LISTED:
        home, _, leaf = name.rpartition(".")
        assert hasattr(import_module(f"microgradnn.{home}" if home else "microgradnn"), leaf), name
