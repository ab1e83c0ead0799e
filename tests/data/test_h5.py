"""The layout of the course's cat pictures, on a file that is made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn.data import flatten, read_h5

h5py = pytest.importorskip("h5py")

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
GOOD = {"train_set_x": IMAGES, "train_set_y": np.array([0, 1, 1]), "list_classes": np.array([b"non-cat", b"cat"])}


def made(path: Path, **data: Any) -> Path:
    """Write an h5 file with these data sets."""
    with h5py.File(path, "w") as file:
        for key, one in data.items():
            file[key] = one
    return path


def test_A1_the_files_of_the_course_are_pictures_of_cats_and_others(tmp_path: Path) -> None:
    found = read_h5(made(tmp_path / "train.h5", **GOOD))

    assert (found.images == IMAGES).all()
    assert flatten(found.images).shape == (12288, 3)
    assert found.Y.tolist() == [[0.0, 1.0, 1.0]]
    assert found.classes == ["non-cat", "cat"]


def test_the_part_may_be_chosen(tmp_path: Path) -> None:
    test = {"test_set_x": IMAGES[:1], "test_set_y": np.array([1])}
    both = made(tmp_path / "both.h5", **GOOD, **test)

    assert read_h5(both, part="test").Y.tolist() == [[1.0]]
    with pytest.raises(ValueError, match="a training set and a test set; choose part='train' or part='test'"):
        read_h5(both)
    with pytest.raises(ValueError, match=r"unknown part 'dev' \(choose from train, test"):
        read_h5(both, part="dev")


def test_more_classes_are_one_hot(tmp_path: Path) -> None:
    data = GOOD | {"train_set_y": np.array([[2, 0, 1]]), "list_classes": np.array([b"cow", b"cat", b"dog"])}

    found = read_h5(made(tmp_path / "train.h5", **data))

    assert found.Y.argmax(axis=0).tolist() == [2, 0, 1]
    assert found.classes == ["cow", "cat", "dog"]


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_data_set_is_named_with_those_that_are_there(tmp_path: Path, key: str) -> None:
    path = made(tmp_path / "train.h5", **{name: one for name, one in GOOD.items() if name != key})

    with pytest.raises(ValueError, match=rf"train.h5 has no data set '{key}'; it has (\w+, \w+)"):
        read_h5(path)


@pytest.mark.parametrize(
    ("key", "data", "message"),
    [
        (
            "train_set_x",
            IMAGES[0],
            r"must be pictures, numbers of shape \(m, h, w, 3\); got uint8 of shape \(64, 64, 3\)",
        ),
        ("train_set_x", IMAGES * 2.0, "must have pixels from 0 to 255"),
        ("train_set_x", IMAGES * np.nan, "must have pixels from 0 to 255; got nan"),
        ("train_set_y", np.array([0, 1]), "must have a number for each of the 3 pictures"),
        ("train_set_y", np.array([0, 1, 2]), "has the label 2 at picture 2; .* from 0 to 1: non-cat, cat"),
        ("list_classes", np.array([b"cat"]), "has the label 1 at picture 1"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, key: str, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_h5(made(tmp_path / "train.h5", **(GOOD | {key: data})))


def test_a_file_that_promises_too_much_or_is_none_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "huge.h5", **{key: GOOD[key] for key in ("train_set_y", "list_classes")})
    with h5py.File(path, "a") as file:
        file.create_dataset("train_set_x", (10**6, 1000, 1000, 3), "u1", chunks=(1, 100, 100, 3))
    with pytest.raises(ValueError, match="train_set_x would have 3000000000000 numbers"):
        read_h5(path)

    whole = made(path, **GOOD).read_bytes()
    start = whole.index(b"TREE")  # the index of the data sets
    path.write_bytes(whole[:start] + b"BUSH" + whole[start + 4 :])
    with pytest.raises(ValueError, match=r"huge.h5 is no h5 file, or a damaged one"):
        read_h5(path)

    path.write_text("no h5")
    with pytest.raises(ValueError, match=r"huge.h5 is no h5 file, or a damaged one"):
        read_h5(path)


def linked(file: Any, how: str, secret: Path) -> None:
    """Put pictures into a file of which the numbers are in another one."""
    if how == "external storage":
        file.create_dataset("train_set_x", IMAGES.shape, np.uint8, external=[(str(secret), 0, IMAGES.size)])
    elif how == "virtual":
        layout = h5py.VirtualLayout(IMAGES.shape, np.uint8)
        layout[...] = h5py.VirtualSource(str(secret.with_suffix(".h5")), "train_set_x", IMAGES.shape)
        file.create_virtual_dataset("train_set_x", layout)
    elif how == "external link":
        file["train_set_x"] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "train_set_x")
    else:
        file["other"] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "train_set_x")
        file["train_set_x"] = h5py.SoftLink("/other")


@pytest.mark.parametrize("how", ["external storage", "virtual", "external link", "soft link"])
def test_no_other_file_is_read_than_the_one_that_is_named(how: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(IMAGES.tobytes())
    made(secret.with_suffix(".h5"), **GOOD)
    path = made(tmp_path / "train.h5", **{key: one for key, one in GOOD.items() if key != "train_set_x"})
    with h5py.File(path, "a") as file:
        linked(file, how, secret)

    with pytest.raises(ValueError, match=r"not opened|not followed"):
        read_h5(path)


def test_what_is_too_large_is_not_read_whatever_the_file_promises(tmp_path: Path) -> None:
    path = made(tmp_path / "train.h5", **{key: one for key, one in GOOD.items() if key != "list_classes"})
    with h5py.File(path, "a") as file:
        file.create_dataset("list_classes", (100_000,), "S100000", chunks=True)

    with pytest.raises(ValueError, match="at most"):
        read_h5(path)
