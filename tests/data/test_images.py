"""Pictures as columns, in both orders of the notes, and from folders."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnn import ShapeError
from microgradnn.data import flatten, picture_files, read_folder, read_picture, read_pictures, unflatten

# --- unrolling --------------------------------------------------------------------------------


def test_A2_pictures_of_64_by_64_in_3_colours_have_12288_features() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), np.uint8)

    X = flatten(images)

    assert X.shape == (12288, 5)
    assert X.dtype == np.uint8
    assert (X == images.reshape(5, -1).T).all()
    assert (unflatten(X, (64, 64, 3)) == images).all()


def test_A3_there_are_two_orders() -> None:
    image = np.arange(12).reshape(1, 2, 2, 3)

    assert flatten(image, order="rows")[:, 0].tolist() == list(range(12))
    assert flatten(image, order="channels")[:, 0].tolist() == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]


shapes = hnp.array_shapes(min_dims=4, max_dims=4, max_side=5)


@given(hnp.arrays(np.uint8, shapes), st.sampled_from(["rows", "channels"]))
def test_A2_what_was_flattened_comes_back(images: Any, order: str) -> None:
    assert (unflatten(flatten(images, order=order), images.shape[1:], order=order) == images).all()


def test_A3_grey_pictures_have_one_order() -> None:
    images = np.arange(2 * 28 * 28).reshape(2, 28, 28)

    assert (flatten(images) == flatten(images, order="channels")).all()
    assert (unflatten(flatten(images), (28, 28), order="channels") == images).all()


def test_shapes_and_orders_that_are_none_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got shape \(64, 64, 3\); for one picture in colours .*np.newaxis"):
        flatten(np.zeros((64, 64, 3)))
    with pytest.raises(ShapeError, match=r"got shape \(8, 8\); for one picture write images\[np.newaxis\]"):
        flatten(np.zeros((8, 8)))
    with pytest.raises(ShapeError, match=r"so \(64, m\); got shape \(60, 2\)"):
        unflatten(np.zeros((60, 2)), (8, 8))
    with pytest.raises(ValueError, match=r"unknown order 'columns' \(choose from rows, channels"):
        flatten(np.zeros((1, 2, 2, 3)), order="columns")


# --- files ------------------------------------------------------------------------------------


def save(path: Path, colour: tuple[int, ...], size: tuple[int, int] = (30, 20), mode: str = "RGB") -> Path:
    """Write a picture of one colour."""
    image = pytest.importorskip("PIL.Image").new(mode, size, colour if len(colour) > 1 else colour[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def png(width: int, height: int) -> bytes:
    """A PNG that promises more than it has."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("RGB", (255, 0, 128), [255, 0, 128]),
        ("L", (77,), [77, 77, 77]),
        ("I;16", (77 * 257,), [77, 77, 77]),
        ("1", (1,), [255, 255, 255]),
        ("RGBA", (255, 0, 0, 0), [255, 255, 255]),
        ("LA", (0, 0), [255, 255, 255]),
    ],
)
def test_A2_a_picture_of_any_size_and_mode_becomes_64_by_64_in_3_colours(
    tmp_path: Path, mode: str, colour: tuple[int, ...], seen: list[int]
) -> None:
    image = read_picture(save(tmp_path / "one.png", colour, (97, 13), mode))

    assert image.shape == (64, 64, 3)
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == image[63, 63].tolist() == seen


def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    pixels = np.zeros((2, 4, 3), np.uint8)
    pixels[:, :2] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the top is at the right: turn it clockwise
    Image.fromarray(pixels).save(tmp_path / "one.png", exif=exif)

    image = read_picture(tmp_path / "one.png", size=2)

    assert (image[:, :, 0] > 128).tolist() == [[True, True], [False, False]]


def test_A1_a_folder_for_each_class_makes_pictures_and_labels(tmp_path: Path) -> None:
    save(tmp_path / "cat" / "b.png", (20, 0, 0))
    save(tmp_path / "cat" / "a.bmp", (10, 0, 0), (64, 64))
    save(tmp_path / "non-cat" / "c.gif", (30, 30, 30), (1, 1))
    (tmp_path / "cat" / ".hidden").touch()
    (tmp_path / "README.txt").touch()

    found = read_folder(tmp_path, size=8)

    assert found.images.shape == (3, 8, 8, 3)
    assert found.images[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert found.Y.tolist() == [[1.0, 1.0, 0.0]]
    assert found.classes == ["non-cat", "cat"]
    assert [path.name for path in found.files] == ["a.bmp", "b.png", "c.gif"]
    assert (read_pictures(found.files, size=8) == found.images).all()


def test_more_folders_are_more_classes(tmp_path: Path) -> None:
    for k, name in enumerate(["dog", "cat", "cow"]):
        save(tmp_path / name / "one.png", (k, k, k))

    found = read_folder(tmp_path, size=1)

    assert found.classes == ["cat", "cow", "dog"]
    assert (np.eye(3) == found.Y).all()


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.png", (1, 2, 3), (300, 300)).read_bytes()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "drawing.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")

    for name in ("text.png", "drawing.eps"):
        with pytest.raises(ValueError, match=rf"{name} is no picture that can be read \(PNG, JPEG"):
            read_picture(tmp_path / name)
    with pytest.raises(ValueError, match=r"cut\.png: the picture is damaged"):
        read_picture(tmp_path / "cut.png")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])  # ours, where Pillow warns, where Pillow raises
def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    pytest.importorskip("PIL")
    (tmp_path / "bomb.png").write_bytes(png(side, side))

    with pytest.raises(ValueError, match=r"bomb.png: too large: "):
        read_picture(tmp_path / "bomb.png")


def test_folders_without_classes_or_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must have a folder of pictures for each class, .* there is none"):
        read_folder(tmp_path)
    (tmp_path / "cat").mkdir()
    with pytest.raises(ValueError, match="there is only cat"):
        read_folder(tmp_path)
    (tmp_path / "non-cat").mkdir()
    with pytest.raises(ValueError, match="cat is empty; put pictures there"):
        read_folder(tmp_path)
    (tmp_path / "cat" / "more").mkdir()
    with pytest.raises(ValueError, match="cat has pictures and folders: move more elsewhere"):
        picture_files(tmp_path / "cat")
    with pytest.raises(ValueError, match="size is the width and height in pixels, from 1 to 4096; got 0"):
        read_picture(save(tmp_path / "one.png", (1, 2, 3)), size=0)


@pytest.mark.parametrize("largest", [1.0, 255.0, np.nan])
def test_a_picture_of_numbers_with_a_fraction_is_refused_and_not_made_black(largest: float, tmp_path: Path) -> None:
    pixels = np.linspace(0, largest, 64, dtype=np.float32).reshape(8, 8)
    pytest.importorskip("PIL.Image").fromarray(pixels).save(tmp_path / "it.tiff")

    with pytest.raises(ValueError, match="save it with 8 or 16 bits"):
        read_picture(tmp_path / "it.tiff")
