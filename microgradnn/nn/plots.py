"""Pictures of training: the curve of the cost, the boundary between two classes, weights as images.

Matplotlib comes with `pip install 'microgradnn[plot]'` and is imported when something is plotted. Each function returns
a Figure, which a notebook shows, and writes it where a path is given. No state of pyplot's is touched.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Array
from .files import extra, writable, write

if TYPE_CHECKING:
    from .network import Network

FORMATS = ("pdf", "png", "svg")


def known_format(path: str | Path) -> str:
    """Return the format of the ending of a path; ValueError for one that is not written."""
    form = Path(path).suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise ValueError(f"unknown format {form!r} of the picture {path} (choose from {', '.join(FORMATS)})")
    writable(path)
    return form


def figure(width: float, height: float) -> Any:
    """Return an empty Figure, of so many inches."""
    with extra("plot"):
        from matplotlib.figure import Figure
    return Figure(figsize=(width, height), layout="constrained")


def written(picture: Any, path: str | Path | None) -> Any:
    """Write a Figure if a path is given, the same bytes for the same picture, and return it."""
    if path is not None:
        form = known_format(path)
        buffer = io.BytesIO()
        undated = {"svg": "Date", "pdf": "CreationDate"}.get(form)
        from matplotlib import rc_context

        with rc_context({"svg.hashsalt": "microgradnn"}):
            picture.savefig(buffer, format=form, metadata={undated: None} if undated else None)
        write(path, buffer.getvalue())
    return picture


def plot_history(costs: Sequence[float], path: str | Path | None = None) -> Any:
    """Draw the cost J of every iteration."""
    picture = figure(6, 4)
    axes = picture.add_subplot(xlabel="iteration", ylabel="cost J")
    axes.plot(range(len(costs)), costs, linewidth=1.2)
    axes.grid(alpha=0.3)
    return written(picture, path)


def plot_boundary(
    predict: Network | Callable[[Array], Any],
    X: Any,  # noqa: N803 (the notes' name)
    Y: Any,  # noqa: N803
    path: str | Path | None = None,
    *,
    names: Sequence[str] = ("x1", "x2"),
    points: int = 200,
) -> Any:
    """Draw what a network makes of the plane of two features, and the examples X, (2, m), with labels Y, (1, m).

    `predict` is a Network, or a function of (2, k) that gives one row of numbers. For a sigmoid the
    line is where the probability is ½.
    """
    X, Y = np.asarray(X, float), np.asarray(Y)  # noqa: N806
    if X.ndim != 2 or X.shape[0] != 2:
        raise ShapeError(f"a boundary is drawn over two features, X of shape (2, m); got {X.shape}")
    margin = 0.1 * np.ptp(X, axis=1) + 1e-9
    low, high = X.min(axis=1) - margin, X.max(axis=1) + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], points), np.linspace(low[1], high[1], points))
    found = predict(np.vstack([across.ravel(), up.ravel()]))
    heights = np.asarray(found.numpy() if hasattr(found, "numpy") else found)
    several = heights.shape[0] > 1
    classes = heights.argmax(axis=0) if several else heights[0]
    labels = Y.argmax(axis=0) if Y.shape[0] > 1 else Y[0]
    picture = figure(6, 5)
    axes = picture.add_subplot(xlabel=names[0], ylabel=names[1])
    levels: Any = np.arange(heights.shape[0] + 1) - 0.5 if several else 20
    axes.contourf(across, up, classes.reshape(across.shape), levels=levels, cmap="RdBu_r", alpha=0.6)
    if not several:
        axes.contour(across, up, classes.reshape(across.shape), levels=[0.5], colors="black", linewidths=1)
    axes.scatter(*X, c=labels, cmap="RdBu_r", edgecolors="black", linewidths=0.5, s=18)
    return written(picture, path)


def plot_weights(
    network: Network, shape: tuple[int, ...], path: str | Path | None = None, *, order: str = "rows", most: int = 64
) -> Any:
    """Draw the weights of each unit of the first layer as the image that it looks for.

    `shape` is that of the images: (8, 8), or (64, 64, 3), whose channels are averaged. `order` is how they were
    flattened: 'rows', or 'channels', colour by colour.
    """
    W = network.layers[0].W.numpy()[:most]  # noqa: N806
    if np.prod(shape) != W.shape[1]:
        raise ShapeError(f"images of shape {shape} have {np.prod(shape)} numbers; the network takes {W.shape[1]}")
    if order not in ("rows", "channels"):
        raise ValueError(f"unknown order {order!r} (choose from rows, channels)")
    if len(shape) == 3:
        by_colour = order == "channels"
        images = W.reshape(-1, shape[2], *shape[:2]).mean(axis=1) if by_colour else W.reshape(-1, *shape).mean(axis=3)
    else:
        images = W.reshape(-1, *shape)
    across = ceil(sqrt(len(images)))
    down = ceil(len(images) / across)
    picture = figure(1.5 * across + 0.5, 1.5 * down + 0.5)
    for k, image in enumerate(images):
        axes = picture.add_subplot(down, across, k + 1)
        most_of = float(np.abs(image).max()) or 1.0
        axes.imshow(image, cmap="RdBu_r", vmin=-most_of, vmax=most_of)
        axes.set_axis_off()
    return written(picture, path)
