"""Files that hold numbers for good: safetensors, with a description as JSON in the metadata, and no pickle.

A file is written aside, in the same folder, and takes its place in one move: whoever reads it, and
whenever the power fails, there is the old one or the new one. What is read is believed only as far
as it has been checked. Nothing here knows what a network is.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.tensor import Array
from ..errors import ModelFileError, extra

About = dict[str, Any]
KEY = "microgradnn"  # of the metadata
FORMAT = 1
LONGEST = 1 << 24  # bytes of a header: the names of a million features


# --- writing ----------------------------------------------------------------------------------------


def write(path: str | Path, data: bytes) -> Path:
    """Make `data` the whole of a file, at once, and return its path.

    A kill, a full disk or a power failure at any moment leaves the file that was there before; after
    a kill a hidden `.NAME.PROCESS.partial` may lie beside it until the next write. Raises OSError.
    """
    path = Path(path)
    target = Path(os.path.realpath(path))  # a link stays one
    writable(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise
    sweep(target)
    synchronise(target.parent)
    return path


def sweep(target: Path) -> None:
    """Remove what killed processes left of this file: the partial ones whose process no longer lives."""
    if os.name != "posix":  # elsewhere os.kill would end the process that it asks for
        return
    left = re.compile(rf"\.{re.escape(target.name)}\.(\d{{1,9}})\.partial")
    with contextlib.suppress(OSError):  # a folder that is not ours to read or to tidy: the file itself is written
        for path in target.parent.iterdir():
            found = left.fullmatch(path.name)
            if found and not lives(int(found[1])):
                path.unlink(missing_ok=True)


def lives(process: int) -> bool:
    """Whether there is a process of that number; for POSIX systems only."""
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:  # there is one, of another user
        pass
    return True


def writable(path: str | Path) -> None:
    """Raise OSError unless a file can be written there: before long work, not after it."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(21, "this is a folder, not a file", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "there is no folder to write it to", str(path))
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(13, "this folder cannot be written to", str(target.parent))


def synchronise(folder: Path) -> None:
    """Have the folder itself written to the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def save(path: str | Path, arrays: Mapping[str, Array], about: About) -> Path:
    """Write arrays by their names, and what JSON can say about them."""
    text = json.dumps(
        {"format": FORMAT, "version": version("microgradnn")} | about,
        ensure_ascii=False,
        default=lambda array: array.tolist(),
    )
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with extra("train"):
        from safetensors.numpy import save as to_bytes
    return write(path, to_bytes(contiguous, metadata={KEY: text}))


# --- reading ----------------------------------------------------------------------------------------


def read(path: str | Path) -> tuple[dict[str, Array], About]:
    """Return the arrays of a file and what is said about them; ModelFileError where it is not one of ours."""
    path = Path(path)
    with extra("train"):
        from safetensors import SafetensorError
        from safetensors.numpy import load
    data = contents(path)
    length = int.from_bytes(data[:8], "little")
    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + length])
        text = header.get("__metadata__", {}).get(KEY)
        about = None if text is None else json.loads(text)
    except (SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged, or not whole: {error}") from None
    if not isinstance(about, dict):
        raise ModelFileError(f"{path} is a safetensors file of another program: it does not say which network it is")
    if about.get("format") != FORMAT:
        given = str(about.get("version"))[:80]
        raise ModelFileError(f"{path} is in a format of microgradnn {given}, which this one does not know")
    return arrays, about


def contents(path: Path) -> bytes:
    """Return the bytes of a file that starts as a safetensors file does; ModelFileError before it is read otherwise."""
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder, not a model file")
    if path.exists() and not path.is_file():
        raise ModelFileError(f"{path} is not an ordinary file")
    with path.open("rb") as file:
        start = file.read(9)
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(start[:8], "little")
        if not start:
            raise ModelFileError(f"{path} is empty")
        if len(start) < 9 or start[8:] != b"{":
            raise ModelFileError(f"{path} is not a model file, which `save` or `microgradnn train` writes")
        if length > LONGEST:
            raise ModelFileError(f"{path} claims a header of {length} bytes, and more than {LONGEST} are not read")
        if 8 + length > size:
            raise ModelFileError(f"{path} is not whole: its header has {length} bytes, and the file {size}")
        return start + file.read()
