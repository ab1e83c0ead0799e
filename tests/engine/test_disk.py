"""Files are written whole or not at all, by whoever writes them, and only ordinary ones are read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from microgradnn import Value
from microgradnn.engine.disk import is_trusted, open_ordinary, write

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"x")
    absent = {
        "dat.csv": "there is no such file (did you mean 'data.csv'?)",
        "none.h5": "there is no such file",
        "none/data.csv": "there is no such file, nor the folder that it would be in",
        "data.csv/x": "what is before the last / is no folder",
        ".": "this is a folder, not a file",
    }
    for name, words in absent.items():
        with pytest.raises(OSError, match="Errno") as caught:
            open_ordinary(tmp_path / name, 9)
        assert caught.value.strerror == words or name == "data.csv/x"
        assert caught.value.filename == str(tmp_path / name)
    with pytest.raises(OSError, match=r"[^>]'$"):  # and no " -> None" behind it
        write("/proc/none", b"x")


# Each writes a file of some size that is there already; the limit on the size of a file stands for a full disk.
WRITERS = {
    "draw": "from microgradnn import Value\n(Value(2.0, 'x') * 3).draw().save('it.dot')",
    "command draw": "from microgradnn.cli import main\nraise SystemExit(main(['draw', 'x', 'x=3', '-o', 'it.svg']))",
    "model": "from microgradnn.nn import Model, Network\nModel(Network([50, 1])).save('it.safetensors')",
    "network": "from microgradnn.nn import Network\nNetwork([50, 1]).save('it.safetensors')",
    "plot": "from microgradnn.nn.plots import plot_history\nplot_history([3.0, 1.0], 'it.svg')",
    "checkpoint": "import numpy as np\nfrom microgradnn.nn import Network\n"
    "Network([2, 1]).fit(np.eye(2), [[0.0, 1.0]], iterations=1, checkpoint='it.run')",
    "table": "from microgradnn.nn import Model, Network\nfrom microgradnn.cli import main\n"
    "raise SystemExit(main(['predict', 'm.safetensors', 'in.csv', '-o', 'it.csv']))",
}  # fmt: skip
LIMIT = (
    "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nimport matplotlib.font_manager\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))\n"
)


@POSIX
@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_keeps_the_file_that_was_there(writer: str, tmp_path: Path) -> None:
    from microgradnn.nn import Model, Network

    Model(Network([1, 1])).save(tmp_path / "m.safetensors")
    (tmp_path / "in.csv").write_text("x\n" + "0.5\n" * 50, encoding="utf-8")
    old = [tmp_path / f"it.{ending}" for ending in ("dot", "svg", "safetensors", "run", "csv")]
    for path in old:
        path.write_bytes(b"old")
    before = sorted(tmp_path.iterdir())

    ran = subprocess.run(
        [sys.executable, "-c", LIMIT + WRITERS[writer]], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert ran.returncode != 0
    assert "File too large" in ran.stderr
    assert {path.read_bytes() for path in old} == {b"old"}
    assert sorted(tmp_path.iterdir()) == before


def test_threads_may_write_one_file_and_each_read_sees_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = {bytes([65 + k]) * 100_000 for k in range(4)}
    write(path, next(iter(contents)))
    failed: list[BaseException] = []

    def keep_writing(data: bytes) -> None:
        try:
            for _ in range(25):
                write(path, data)
                assert path.read_bytes() in contents
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=keep_writing, args=(data,)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["it.svg/", "folder", "folder/", "nowhere/it.svg"])
def test_what_is_no_name_of_a_file_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()

    with pytest.raises(OSError, match="folder"):
        write(name, b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_a_drawing_is_not_written_to_a_folder_either(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="ends in /"):
        Value(2.0).draw().save(f"{tmp_path}/it.svg/")


@POSIX
def test_a_device_or_a_pipe_is_neither_replaced_nor_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(OSError, match="no ordinary file"):
            write(path, b"new")
        with pytest.raises(ValueError, match="not an ordinary file"):
            open_ordinary(path, 10)
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"12345")

    with open_ordinary(path, 5) as file:
        assert file.read() == b"12345"
    with pytest.raises(ValueError, match="has 5 bytes, and at most 4 are read"):
        open_ordinary(path, 4)


@POSIX
def test_a_file_keeps_its_permissions_and_may_have_the_longest_name(tmp_path: Path) -> None:
    path = write(tmp_path / ("n" * 255), b"old")
    path.chmod(0o600)
    write(path, b"new")

    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@POSIX
def test_only_what_nobody_else_can_write_to_is_trusted(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"")
    (tmp_path / "link").symlink_to(path)
    path.chmod(0o644)

    assert is_trusted(path)
    assert not is_trusted(tmp_path / "link")
    for mode in (0o664, 0o646, 0o666):
        path.chmod(mode)
        assert not is_trusted(path)
