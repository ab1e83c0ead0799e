"""Files that hold numbers for good: safetensors, with a description as JSON in the metadata, and no pickle.

What is read is believed only as far as it has been checked. Nothing here knows what a network is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.disk import open_ordinary, write
from ..engine.tensor import Array
from ..errors import ModelFileError, extra

About = dict[str, Any]
KEY = "microgradnn"  # of the metadata
FORMAT = 1
LONGEST = 1 << 24  # bytes of a header: the names of a million features
MOST = 1 << 33  # bytes of a file: a billion parameters in double precision


# --- writing ----------------------------------------------------------------------------------------


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
        text = (header.get("__metadata__") or {}).get(KEY)
        about = None if text is None else json.loads(text)
    except (SafetensorError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
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
    try:
        file = open_ordinary(path, MOST)
    except ValueError as error:
        raise ModelFileError(str(error)) from None
    with file:
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
