"""Pictures of cats and of other things, drawn with NumPy: a stand-in for photographs, which the notes do not supply.

The course notes' running example has 64×64×3 pictures and no data (A1, A2; section 4, item 3).
"""

# ruff: noqa: N806 (Y is the notes' name)
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..engine.tensor import Array
from .images import Pictures


class Canvas:
    """A square picture, (size, size, 3), with coordinates from −1 to 1, to the right and down."""

    def __init__(self, size: int, background: Array, rng: np.random.Generator) -> None:
        ends = np.linspace(-1, 1, size)
        self.x, self.y = np.meshgrid(ends, ends)
        light = 1 + 0.25 * (rng.uniform(-1, 1) * self.x + rng.uniform(-1, 1) * self.y)
        self.pixels = light[:, :, np.newaxis] * background

    def disc(self, x: float, y: float, r: float, colour: Array) -> None:
        """Fill a disc."""
        self.pixels[(self.x - x) ** 2 + (self.y - y) ** 2 < r * r] = colour

    def box(self, x: float, y: float, width: float, height: float, colour: Array) -> None:
        """Fill a rectangle around (x, y)."""
        self.pixels[(abs(self.x - x) < width / 2) & (abs(self.y - y) < height / 2)] = colour

    def spike(self, x: float, y: float, width: float, height: float, colour: Array) -> None:
        """Fill a triangle that stands on a base around (x, y) and points up."""
        up = (y - self.y) / height
        self.pixels[(up > 0) & (abs(self.x - x) < width / 2 * (1 - up))] = colour


def cat(sheet: Canvas, x: float, y: float, s: float, colour: Array, rng: np.random.Generator) -> None:
    """Draw a face with ears, eyes, nose and whiskers."""
    for side in (-1, 1):
        sheet.spike(x + side * 0.42 * s, y - 0.25 * s, 0.5 * s, 0.8 * s, colour)
        sheet.spike(x + side * 0.42 * s, y - 0.35 * s, 0.25 * s, 0.5 * s, np.array([230.0, 150, 150]))
    sheet.disc(x, y, 0.75 * s, colour)
    iris = np.array([rng.uniform(120, 220), 200.0, 60.0])
    for side in (-1, 1):
        sheet.disc(x + side * 0.3 * s, y - 0.15 * s, 0.17 * s, iris)
        sheet.box(x + side * 0.3 * s, y - 0.15 * s, 0.08 * s, 0.28 * s, np.zeros(3))
        for tilt in (-0.06, 0.06):
            sheet.box(x + side * 0.6 * s, y + (0.25 + tilt) * s, 0.5 * s, 0.03 * s, np.full(3, 245.0))
    sheet.disc(x, y + 0.18 * s, 0.1 * s, np.array([220.0, 110, 120]))


def ball(sheet: Canvas, x: float, y: float, s: float, colour: Array, rng: np.random.Generator) -> None:
    """Draw a ball with a stripe."""
    sheet.disc(x, y, 0.75 * s, colour)
    sheet.box(x, y, 1.3 * s, 0.25 * s, rng.uniform(0, 255, 3))


def house(sheet: Canvas, x: float, y: float, s: float, colour: Array, rng: np.random.Generator) -> None:
    """Draw a house with a door and a window."""
    sheet.spike(x, y - 0.1 * s, 1.6 * s, 0.8 * s, rng.uniform(0, 255, 3))
    sheet.box(x, y + 0.35 * s, 1.2 * s, 0.9 * s, colour)
    sheet.box(x - 0.3 * s, y + 0.5 * s, 0.3 * s, 0.6 * s, rng.uniform(0, 255, 3))
    sheet.box(x + 0.25 * s, y + 0.25 * s, 0.35 * s, 0.35 * s, np.array([190.0, 220, 240]))


def tree(sheet: Canvas, x: float, y: float, s: float, colour: Array, rng: np.random.Generator) -> None:
    """Draw a tree, of leaves or of needles."""
    sheet.box(x, y + 0.5 * s, 0.25 * s, 0.9 * s, np.array([100.0, 70, 40]))
    if rng.random() < 0.5:
        sheet.disc(x, y - 0.2 * s, 0.6 * s, colour)
        return
    for k in range(3):
        sheet.spike(x, y + (0.4 - 0.35 * k) * s, (1.3 - 0.25 * k) * s, 0.6 * s, colour)


Drawing = Callable[[Canvas, float, float, float, Array, np.random.Generator], None]
OTHERS: tuple[Drawing, ...] = (ball, house, tree)


def cats(m: int = 209, *, size: int = 64, seed: int | np.random.Generator = 0) -> Pictures:
    """Return m drawn pictures, (m, size, size, 3) of 0 to 255, Y (1, m): 1 for a cat, 0 for another thing (notes, A1).

    Every second one is a cat. Place, size, colours, light and grain vary with `seed`. The course's training set
    has m = 209 photographs. Raises ValueError for m or size less than 1.

    >>> pictures = cats(4)
    >>> pictures.images.shape, pictures.Y.tolist(), pictures.classes
    ((4, 64, 64, 3), [[1.0, 0.0, 1.0, 0.0]], ['non-cat', 'cat'])
    """
    if m < 1 or size < 1:
        raise ValueError(f"at least one picture of at least one pixel is drawn; got m = {m} and size = {size}")
    rng = np.random.default_rng(seed)
    images = np.empty((m, size, size, 3), np.uint8)
    for i in range(m):
        sheet = Canvas(size, rng.uniform(60, 255, 3), rng)
        thing = OTHERS[rng.integers(len(OTHERS))] if i % 2 else cat
        x, y = rng.uniform(-0.15, 0.15, 2)
        thing(sheet, x, y, rng.uniform(0.7, 1.0), rng.uniform(20, 235, 3), rng)
        grain = rng.normal(0, 8, sheet.pixels.shape)
        images[i] = (sheet.pixels + grain).clip(0, 255)
    Y = (np.arange(m) % 2 == 0).astype(np.float64).reshape(1, m)
    return Pictures(images, Y, ["non-cat", "cat"], [])
