"""Pictures in the h5 layout of the course's cat data set: train_set_x, train_set_y, list_classes (course notes, A1).

Needs h5py: `pip install "microgradnn[h5]"`.
"""

# ruff: noqa: N806 (Y is the notes' name)
from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from ..engine.disk import open_ordinary
from ..engine.tensor import Array
from .images import Pictures
from .labels import class_labels

PARTS = ("train", "test")
MOST_BYTES = 1 << 34  # of a file
MOST_NUMBERS = 2_000_000_000  # bytes of a data set, 2 GB of pixels; what a file promises may be more than what it holds
MOST_AXES = 4


def read_h5(path: str | PathLike[str], *, part: str | None = None) -> Pictures:
    """Return the pictures of an h5 file: images (m, h, w, 3), 0 to 255, and Y, (1, m) for two classes, else (k, m).

    `part` is 'train' or 'test'; it need not be given where the file has only one of them. The file has
    `train_set_x`, (m, h, w, 3); `train_set_y`, (m,), each the number of a class; `list_classes`, the names: in
    the course's files, 0 is non-cat and 1 is cat (notes, A1). Needs `microgradnn[h5]`. Raises ValueError
    for a file that has other contents, FileNotFoundError for none.

    >>> read_h5("train_catvnoncat.h5")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] there is no such file: 'train_catvnoncat.h5'
    """
    try:
        import h5py
    except ImportError as error:  # pragma: no cover
        raise ImportError('h5 files are read with h5py; pip install "microgradnn[h5]"') from error
    with open_ordinary(path, MOST_BYTES) as raw:
        try:
            with h5py.File(raw, "r") as file:
                part = part_of(file, path) if part is None else part
                if part not in PARTS:
                    raise ValueError(f"unknown part {part!r} (choose from {', '.join(PARTS)})")
                images, numbers, names = (
                    contents(h5py, file, path, key) for key in (f"{part}_set_x", f"{part}_set_y", "list_classes")
                )
        except ValueError:
            raise
        except Exception as error:  # damaged files make h5py raise OSError, RuntimeError, KeyError and TypeError
            raise ValueError(f"{path} is no h5 file, or a damaged one: {error}") from error
    return pictures(images, numbers, names, f"{path}: {part}_set")


def part_of(file: Any, path: Any) -> str:
    """Return the part that is there, if it is one."""
    there = [part for part in PARTS if f"{part}_set_x" in file]
    if len(there) == 2:
        raise ValueError(f"{path} has a training set and a test set; choose part='train' or part='test'")
    return there[0] if there else "train"


def contents(h5py: Any, file: Any, path: Any, key: str) -> Array:
    """Return a data set of the file; ValueError where there is none, or none that can be right."""
    link = file.get(key, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        raise ValueError(f"{path}: {key} is a link, which is not followed; copy its numbers into this file")
    found = file.get(key)
    if not isinstance(found, h5py.Dataset):
        names = ", ".join(sorted(file)[:20]) or "nothing"
        raise ValueError(f"{path} has no data set {key!r}; it has {names}")
    if found.external or found.is_virtual:
        raise ValueError(f"{path}: the numbers of {key} are in other files, which are not opened; copy them")
    if found.ndim > MOST_AXES or found.dtype.kind not in "iufSO":
        raise ValueError(f"{path}: {key} would be {found.dtype} of shape {found.shape}, neither numbers nor names")
    if found.size is None or found.size * found.dtype.itemsize > MOST_NUMBERS:
        raise ValueError(f"{path}: {key} would have {found.size} numbers, of shape {found.shape}; "
                         f"at most {MOST_NUMBERS} are read")  # fmt: skip
    return np.asarray(found[()])


def pictures(images: Array, numbers: Array, names: Array, where: str) -> Pictures:
    """Return the pictures, if the three data sets fit together."""
    if images.ndim != 4 or images.shape[3] != 3 or 0 in images.shape or images.dtype.kind not in "iuf":
        raise ValueError(f"{where}_x must be pictures, numbers of shape (m, h, w, 3); got {images.dtype} of shape "
                         f"{images.shape}")  # fmt: skip
    if not (images.min() >= 0 and images.max() <= 255):  # false for NaN
        raise ValueError(f"{where}_x must have pixels from 0 to 255; got {images.min()} to {images.max()}")
    m = len(images)
    if numbers.size != m or numbers.dtype.kind not in "iuf":
        raise ValueError(f"{where}_y must have a number for each of the {m} pictures; got {numbers.dtype} of shape "
                         f"{numbers.shape}")  # fmt: skip
    classes = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in names.ravel().tolist()]
    labels = numbers.ravel().tolist()
    wrong = next((i for i, one in enumerate(labels) if one not in range(len(classes))), None)
    if wrong is not None:
        raise ValueError(f"{where}_y has the label {labels[wrong]} at picture {wrong}; the classes are numbered from 0 "
                         f"to {len(classes) - 1}: {', '.join(classes)}")  # fmt: skip
    Y, classes = class_labels([classes[int(one)] for one in labels], classes=classes)
    return Pictures(images, Y, classes, [])
