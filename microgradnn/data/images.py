"""Pictures as columns of numbers, in both orders of the course notes, and back (A2, A3); pictures from folders.

Reading them needs Pillow: `pip install "microgradnn[images]"`.
"""

# ruff: noqa: N803, N806 (X and Y are the notes' names)
from __future__ import annotations

import warnings
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..engine.disk import check_path, open_ordinary, said_of
from ..engine.tensor import Array
from ..errors import ShapeError
from .checks import as_array
from .labels import class_labels

ORDERS = ("rows", "channels")
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # not EPS: Pillow starts a program for those
MOST_PIXELS = 50_000_000  # 150 MB when decoded; the cameras in phones stay below
MOST_BYTES = 1 << 29  # of a file
NOT_MEANT = ("thumbs.db", "desktop.ini")  # what Windows leaves in folders


class Pictures(NamedTuple):
    """Pictures with labels: images (m, height, width, 3) of whole numbers 0 to 255, Y (1, m) or (k, m).

    `classes` are the names of the classes, as in Examples; `files` are those that were read, if any.
    """

    images: Array
    Y: Array
    classes: list[str]
    files: list[Path]


# --- unrolling --------------------------------------------------------------------------------


def flatten(images: Any, *, order: str = "rows") -> Array:
    """Return X, (h·w·c, m), a column for each of the pictures, (m, h, w, c), or (m, h, w) without colours (notes, A2).

    `order` is 'rows', row by row, the colours of a pixel side by side (notes, 002:18), or 'channels', first
    all red, then all green, then all blue (notes, 003:43; A3). The numbers keep their type: scaling is yours.
    Raises ShapeError for other shapes, a single picture included.

    >>> image = np.arange(12).reshape(1, 2, 2, 3)
    >>> flatten(image)[:, 0].tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    >>> flatten(image, order="channels")[:, 0].tolist()
    [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    """
    check_order(order)
    array = as_array(images, "the pictures")
    if array.ndim not in (3, 4) or (array.ndim == 3 and array.shape[-1] in (3, 4)):
        fix = "; for one picture in colours write images[np.newaxis]" if array.ndim == 3 else ""
        fix = "; for one picture write images[np.newaxis]" if array.ndim == 2 else fix
        raise ShapeError(f"pictures are an array (m, h, w, c), or (m, h, w) in grey; got shape {array.shape}{fix}")
    if order == "channels" and array.ndim == 4:
        array = array.transpose(0, 3, 1, 2)
    numbers = int(np.prod(array.shape[1:]))
    return np.ascontiguousarray(array.reshape(len(array), numbers).T)


def unflatten(X: Any, shape: tuple[int, ...], *, order: str = "rows") -> Array:
    """Return the pictures, (m, *shape), of which X, (h·w·c, m), has the numbers; shape is (h, w, c) or (h, w).

    `order` must be the one that flatten was given: X does not show it (notes, A3).
    Raises ShapeError where X has not h·w·c rows.

    >>> unflatten(np.arange(784).reshape(784, 1), (28, 28)).shape
    (1, 28, 28)
    """
    check_order(order)
    array = as_array(X, "X")
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in shape):
        raise ShapeError(f"the shape of a picture is (h, w, c) or (h, w), of whole numbers; got {shape!r:.60}")
    if len(shape) not in (2, 3) or array.ndim != 2 or array.shape[0] != np.prod(shape):
        raise ShapeError(f"X must be (h·w·c, m) for pictures of shape {tuple(shape)}, so ({np.prod(shape)}, m); "
                         f"got shape {array.shape}")  # fmt: skip
    rows, m = array.T, array.shape[1]
    if order == "channels" and len(shape) == 3:
        h, w, c = shape
        return np.ascontiguousarray(rows.reshape(m, c, h, w).transpose(0, 2, 3, 1))
    return np.ascontiguousarray(rows.reshape(m, *shape))


def check_order(order: str) -> None:
    """Raise ValueError unless it is one of the two orders."""
    if order not in ORDERS:
        raise ValueError(f"unknown order {order!r} (choose from {', '.join(ORDERS)})")


# --- files ------------------------------------------------------------------------------------


def read_picture(path: str | PathLike[str], *, size: int = 64, most_pixels: int = MOST_PIXELS) -> Array:
    """Return a picture of any size as (size, size, 3), whole numbers 0 to 255; 64×64×3 in the notes (A2).

    It is stretched to a square, turned as its camera says, and put on white where it is transparent; of a
    film, the first picture. Needs `microgradnn[images]`. Raises ValueError for a file that is no picture
    (PNG, JPEG, GIF, BMP, WebP, TIFF, PPM), or is damaged, or has more than `most_pixels` pixels, which is
    seen before they are decoded; OSError for a file that cannot be opened.

    >>> read_picture("holiday.png")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] there is no such file: 'holiday.png'
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:  # pragma: no cover
        raise ImportError('pictures are read with Pillow; pip install "microgradnn[images]"') from error
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= 4096:
        raise ValueError(f"size is the width and height in pixels, from 1 to 4096; got {size!r}")
    with open_ordinary(path, MOST_BYTES) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of bombs, which are refused here, and of odd but legible files
        try:
            image: Image.Image = Image.open(file, formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise ValueError(f"{path}: too large: {error}") from error
        except Exception as error:  # as below
            raise ValueError(f"{path} is no picture that can be read ({', '.join(FORMATS)})") from error
        if image.width * image.height > most_pixels:
            raise ValueError(f"{path}: too large: {image.width} × {image.height} pixels, and at most {most_pixels} "
                             "are decoded; make it smaller")  # fmt: skip
        try:
            image = in_colours(ImageOps.exif_transpose(image))
            return np.array(image.resize((int(size), int(size)), Image.Resampling.BICUBIC), np.uint8)
        except Exception as error:  # damaged files make Pillow raise half a dozen kinds, SyntaxError among them
            what = "" if str(error).startswith("its pixels") else "the picture is damaged: "
            raise ValueError(f"{path}: {what}{error}") from error


def in_colours(image: Any) -> Any:
    """Return a picture of Pillow's in red, green and blue, on white where it is transparent."""
    from PIL import Image

    if image.mode == "F":  # Pillow would cut each to a whole number, and 0 to 1, which is meant as often, to black
        raise ValueError("its pixels are numbers with a fraction, whose range is not known; save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # grey of 16 bits, which Pillow would clip at 255
        return Image.fromarray((np.asarray(image).astype(np.int64) // 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def read_pictures(paths: Iterable[str | PathLike[str]], *, size: int = 64, most_pixels: int = MOST_PIXELS) -> Array:
    """Return the pictures in these files, in this order, as (m, size, size, 3); raises as read_picture.

    >>> read_pictures([])
    Traceback (most recent call last):
    ValueError: there is no picture to read
    """
    if isinstance(paths, (str, PathLike)) or not isinstance(paths, Iterable) or not np.iterable(paths):
        raise TypeError(f"read_pictures takes a list of paths, as in ['cat.png']; got {paths!r:.60}")
    images = [read_picture(path, size=size, most_pixels=most_pixels) for path in paths]
    if not images:
        raise ValueError("there is no picture to read")
    return np.stack(images)


def picture_files(folder: str | PathLike[str]) -> list[Path]:
    """Return the files in a folder, sorted by name; hidden ones are left out.

    Raises ValueError where there is none, or where there is a folder too; OSError for what is no folder.

    >>> picture_files("holidays")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] there is no such folder: 'holidays'
    """
    paths = list_folder(folder)
    if inner := [path for path in paths if path.is_dir()]:
        raise ValueError(f"{folder} has pictures and folders: move {inner[0].name} elsewhere")
    if not paths:
        raise ValueError(f"{folder} is empty; put pictures there ({', '.join(FORMATS)})")
    return paths


def read_folder(folder: str | PathLike[str], *, size: int = 64, most_pixels: int = MOST_PIXELS) -> Pictures:
    """Return the pictures of a folder with a folder for each class, such as `cat/` and `non-cat/` (notes, A1, A2).

    The images are (m, size, size, 3), class by class, each sorted by the files' names; Y is (1, m) for two classes,
    with 'cat' 1 and 'non-cat' 0, or else the second by name 1, and one-hot, (k, m), for more. Files beside the
    folders are not read. Needs `microgradnn[images]`. Raises ValueError for fewer than two classes and for an
    empty one; else as read_picture.

    >>> read_folder("photographs")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] there is no such folder: 'photographs'
    """
    folders = [path for path in list_folder(folder) if path.is_dir()]
    if len(folders) < 2:
        there = f"there is only {folders[0].name}" if folders else "there is none"
        raise ValueError(f"{folder} must have a folder of pictures for each class, such as cat and non-cat; {there}")
    files = [(path, inner.name) for inner in folders for path in picture_files(inner)]
    Y, classes = class_labels([name for _, name in files])
    paths = [path for path, _ in files]
    return Pictures(read_pictures(paths, size=size, most_pixels=most_pixels), Y, classes, paths)


def list_folder(folder: str | PathLike[str]) -> list[Path]:
    """Return what is in a folder, sorted by name, but for hidden files."""
    check_path(folder)
    with said_of(folder, "folder"):
        paths = [path for path in Path(folder).iterdir() if path.name.lower() not in NOT_MEANT]
    return sorted((path for path in paths if not path.name.startswith(".")), key=lambda path: path.name)
