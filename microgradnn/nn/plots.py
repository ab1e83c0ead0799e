"""Pictures of training: the curve of the cost, the boundary between two classes, weights as images.

Matplotlib comes with `pip install 'microgradnn[plot]'` and is imported when something is plotted. Each function returns
a Figure, which a notebook shows, and writes it where a path is given. No state of pyplot's is touched. A file says in
words too what it shows, for those who do not see it: an SVG to a screen reader, a PNG and a PDF in their metadata.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np

from ..engine.disk import writable, write
from ..engine.tensor import Array
from ..errors import ShapeError, extra

if TYPE_CHECKING:
    from .network import Network

FORMATS = ("pdf", "png", "svg")
METADATA = {  # where a format has the title and the description, and the date, which is left out
    "pdf": ("Title", "Subject", "CreationDate"),
    "png": ("Title", "Description", None),
    "svg": ("Title", "Description", "Date"),
}
# Colours that the colour-blind tell apart too (M. Okabe and K. Ito, 2008), and for all others the shapes
CLASSES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
MARKERS = "os^Dv<>"
MANY = 10  # labels beyond which they are numbers, not classes


def find_format(path: str | Path) -> str:
    """Return the format of the ending of a path; ValueError for one that is not written."""
    form = Path(path).suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise ValueError(f"unknown format {form!r} of the picture {path} (choose from {', '.join(FORMATS)})")
    writable(path)
    return form


def figure(width: float, height: float) -> Any:
    """Return an empty Figure, of so many inches, which a notebook shows whether or not pyplot is imported there."""
    with extra("plot"):
        from matplotlib.figure import Figure
    picture = Figure(figsize=(width, height), layout="constrained")
    setattr(picture, "_repr_png_", partial(as_png, picture))  # noqa: B010 (Figure has no such attribute, for mypy)
    return picture


def as_png(picture: Any) -> bytes:
    """Return a Figure as a notebook shows it."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def ink() -> str:
    """Return the colour that text has here: black lines would not be seen on a dark page."""
    from matplotlib import rcParams

    return str(rcParams["text.color"])


def finish(picture: Any, path: str | Path | None, title: str, description: str) -> Any:
    """Give a Figure its title in words, write it if a path is given, the same bytes for the same picture; return it."""
    picture.set_label(title)
    if path is None:
        return picture
    form = find_format(path)
    from matplotlib import rc_context

    name, about, date = METADATA[form]
    metadata = {name: title, about: description} | ({date: None} if date else {})
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "microgradnn"}):
        picture.savefig(buffer, format=form, metadata=metadata)
    data = buffer.getvalue()
    if form == "svg":  # <title> is there; screen readers look for these
        told = f"</title>\n <desc>{escape(description)}</desc>".encode()
        data = data.replace(b"<svg ", b'<svg role="img" ', 1).replace(b"</title>", told, 1)
    write(path, data)
    return picture


def to_curve(numbers: Any, of: str) -> list[float]:
    """Return the numbers of a curve as floats; TypeError for anything else than a row of numbers."""
    try:
        curve = np.asarray(numbers, dtype=float)
    except (TypeError, ValueError):
        curve = np.zeros(())
    if curve.ndim != 1:
        raise TypeError(f"{of} are numbers in a row, such as those that fit returns; got {numbers!r:.80}")
    return curve.tolist()  # type: ignore[no-any-return]


def plot_history(
    costs: Sequence[float], path: str | Path | None = None, validation: Mapping[int, float] | None = None
) -> Any:
    """Draw the cost J of every iteration, and that of a validation set, by the number of iterations done."""
    costs = to_curve(costs, "costs")
    title = f"Cost J of {len(costs)} iterations"
    picture = figure(6, 4)
    axes = picture.add_subplot(xlabel="iteration", ylabel="cost J", title=title)
    axes.plot(range(len(costs)), costs, linewidth=1.2, label="of what is learnt from")
    if validation:
        axes.plot(list(validation), list(validation.values()), linewidth=1.2, label="of the validation set")
        picture.legend(loc="outside lower center", ncols=2)
    axes.grid(alpha=0.3)
    course = f", from {costs[0]:.4g} to {costs[-1]:.4g}; the least is {min(costs):.4g}" if len(costs) else ""
    beside = (
        f" Beside it that of the validation set, at the least {min(validation.values()):.4g}." if validation else ""
    )
    return finish(picture, path, title, f"A curve of the cost J over the iterations{course}.{beside}")


def plot_rates(rates: Sequence[float], costs: Sequence[float], chosen: float, path: str | Path | None = None) -> Any:
    """Draw the cost J over the learning rate, on a logarithmic axis, and the rate that was chosen."""
    rates, costs = to_curve(rates, "rates"), to_curve(costs, "costs")
    if not rates or len(rates) != len(costs):
        raise ValueError(f"there is one cost for each rate, and one rate at least; got {len(rates)} and {len(costs)}")
    title = f"Learning rate: begin with {chosen:.3g}"
    picture = figure(6, 4)
    axes = picture.add_subplot(xlabel="learning rate α", ylabel="cost J", title=title, xscale="log")
    axes.plot(rates, costs, linewidth=1.2)
    axes.axvline(chosen, color=ink(), linewidth=0.8, linestyle="dashed")
    axes.grid(alpha=0.3)
    described = f"A curve of the cost J over learning rates from {rates[0]:.3g} to {rates[-1]:.3g}"
    return finish(picture, path, title, f"{described}. There is a line at {chosen:.3g}, a tenth of where it is least.")


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
    classes = heights.argmax(axis=0) if len(heights) > 1 else heights[0]
    labels = Y.argmax(axis=0) if Y.shape[0] > 1 else Y[0]
    title = f"What is predicted for {names[0]} and {names[1]}"
    picture = figure(6, 5)
    axes = picture.add_subplot()
    for write_at, text in ((axes.set_xlabel, names[0]), (axes.set_ylabel, names[1]), (axes.set_title, title)):
        write_at(text, parse_math=False)  # a $ in the name of a column is a $
    plane(picture, axes, across, up, classes.reshape(across.shape), len(heights))
    counts = dots(picture, axes, X, labels)
    line = "; where it is ½ there is a line" if len(heights) == 1 else ""
    coloured = f"The plane of {names[0]} and {names[1]}, coloured by the output{line}"
    return finish(picture, path, title, f"{coloured}. On it {X.shape[1]} examples{counts}.")


def plane(picture: Any, axes: Any, across: Array, up: Array, found: Array, outputs: int) -> None:
    """Colour the plane: by class where there are several outputs, else from blue, 0, to red, 1."""
    from matplotlib import colormaps

    corners = (across.min(), across.max(), up.min(), up.max())
    look: dict[str, Any] = {"extent": corners, "origin": "lower", "aspect": "auto", "interpolation": "nearest"}
    if outputs > 1:
        colours = [colour for colour, _ in zip(cycle(CLASSES), range(outputs), strict=False)]
        axes.imshow(np.array([rgb(one) for one in colours])[found.astype(int)], alpha=0.35, **look)
        return
    share = found.min() >= 0 and found.max() <= 1
    limits = {"vmin": 0, "vmax": 1} if share else {}
    # 20 shades: a picture of all would be five times as large
    filled = axes.imshow(found, cmap=colormaps["RdBu_r"].resampled(20), alpha=0.5, **limits, **look)
    picture.colorbar(filled, ax=axes, label="output A", ticks=np.linspace(0, 1, 5) if share else None)
    if found.min() < 0.5 < found.max():
        axes.contour(across, up, found, levels=[0.5], colors=ink(), linewidths=1)


def rgb(colour: str) -> tuple[float, ...]:
    """Return the shares of red, green and blue of a colour such as '#0072B2'."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def dots(picture: Any, axes: Any, X: Array, labels: Array) -> str:  # noqa: N803
    """Draw the examples, each class in a colour and a shape of its own, and return how many there are of each."""
    style: dict[str, Any] = {"edgecolors": "black", "linewidths": 0.5, "s": 22}
    known = np.unique(labels)
    if len(known) > MANY:
        axes.scatter(*X, c=labels, cmap="RdBu_r", **style)
        return ""
    counts = []
    for y, colour, marker in zip(known, cycle(CLASSES), cycle(MARKERS), strict=False):
        chosen = X[:, labels == y]
        axes.scatter(*chosen, color=colour, marker=marker, label=f"y = {y:g}", **style)
        counts.append(f"{chosen.shape[1]} of class {y:g}")
    picture.legend(loc="outside lower center", ncols=len(known))
    return f": {', '.join(counts)}"


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
    title = "Weights of layer 1: red is for, blue against"
    picture = figure(max(1.5 * across + 0.5, 4), 1.7 * down + 0.5)
    picture.suptitle(title)
    for k, image in enumerate(images):
        axes = picture.add_subplot(down, across, k + 1)
        axes.set_title(f"unit {k + 1}", fontsize="small")
        most_of = float(np.abs(image).max()) or 1.0
        axes.imshow(image, cmap="RdBu_r", vmin=-most_of, vmax=most_of)
        axes.set_axis_off()
    size = "×".join(map(str, shape[:2]))
    description = f"{len(images)} images of {size} weights, one for each unit, each with its own strongest red or blue."
    return finish(picture, path, title, description)
