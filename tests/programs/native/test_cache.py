"""Code is kept for the next process under its content, where nobody else may write; what is damaged is made anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from microgradnn import Value, compile
from microgradnn.programs.native import cache, machine

pytest.importorskip("llvmlite", reason="the backend 'native' is an extra")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of code, in which the shortest is kept."""
    monkeypatch.setenv("MICROGRADNN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(machine, "LONG", 0)
    (tmp_path / "kept").mkdir(mode=0o700)
    return tmp_path / "kept"


def square(**options: Any) -> Any:
    x = Value(3.0, "x")
    return compile(x * x, [x], backend="native", **options)()


def test_what_was_compiled_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = square()
    (path,) = home.iterdir()
    monkeypatch.setattr(cache, "keep", lambda *_: pytest.fail("it is there"))

    assert square() == first == (9.0, {"x": 6.0})
    assert path.stat().st_mode & 0o777 == 0o600


def test_other_code_and_other_care_have_other_names(home: Path) -> None:
    square()
    square(optimize=True)
    compile(Value(3.0, "x") * 2, backend="native")

    assert len([*home.iterdir()]) == 3


def test_short_code_is_not_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LONG", 200_000)

    square()

    assert [*home.iterdir()] == []


@pytest.mark.parametrize("damage", ["planted", "cut", "one bit", "empty"])
def test_a_file_that_is_damaged_is_not_executed_but_made_anew(damage: str, home: Path) -> None:
    square()
    (path,) = home.iterdir()
    whole = path.read_bytes()
    path.write_bytes(
        {
            "planted": b"anything",
            "cut": whole[:-1],
            "one bit": whole[:-1] + bytes([whole[-1] ^ 1]),
            "empty": b"",
        }[damage]
    )

    assert square() == (9.0, {"x": 6.0})
    assert path.read_bytes() == whole


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_a_file_that_others_may_write_to_is_not_executed_but_made_anew(home: Path) -> None:
    square()
    (path,) = home.iterdir()
    path.chmod(0o666)
    assert cache.load(path.stem) is None

    square()

    assert path.stat().st_mode & 0o777 == 0o600
    assert cache.load(path.stem) is not None


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    square()
    (path,) = home.iterdir()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    assert cache.load(path.stem) is None


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_a_folder_that_others_may_write_to_is_not_used(home: Path) -> None:
    home.chmod(0o777)

    with pytest.warns(RuntimeWarning, match="chmod go-w"):
        assert square() == (9.0, {"x": 6.0})
    assert [*home.iterdir()] == []


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MICROGRADNN_CACHE", str(tmp_path / "file" / "folder"))
    monkeypatch.setattr(machine, "LONG", 0)

    assert square() == (9.0, {"x": 6.0})
    assert cache.folder() is None


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"MICROGRADNN_CACHE": "own/kept"}, "own/kept"),
        ({"MICROGRADNN_CACHE": "", "XDG_CACHE_HOME": "caches"}, "caches/microgradnn"),
        (
            {"MICROGRADNN_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "home", "USERPROFILE": "home"},
            "home/.cache/microgradnn",
        ),
    ],
)
def test_the_folder_is_the_environments_or_the_users(
    environment: dict[str, str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path in environment.items():
        monkeypatch.setenv(name, path and str(tmp_path / path))

    assert cache.folder() == tmp_path / folder


def test_of_too_much_what_nobody_used_for_longest_goes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 2 * (cache.DIGEST + 100))
    for k, name in enumerate("abc"):
        cache.keep(name, bytes(100))
        os.utime(home / f"{name}.o", (k, k))
    assert sorted(path.stem for path in home.iterdir()) == ["b", "c"]
    assert cache.load("b") == bytes(100)  # and so it is the latest

    cache.keep("d", bytes(100))

    assert sorted(path.stem for path in home.iterdir()) == ["b", "d"]
