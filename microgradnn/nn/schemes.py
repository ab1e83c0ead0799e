"""Figures of networks: circles and lines, and the blocks of the two passes, with their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .figures import GREY
from .layers import Dense
from .network import Network
from .plots import CLASSES, figure, finish, rgb

MOST = 8  # units of a layer that are drawn


def heights_of(n: int) -> list[float | None]:
    """Return how high each unit of a layer stands, None where some are left out."""
    drawn: list[float | None] = [*range(n)] if n <= MOST else [*range(MOST - 2), None, MOST - 1]
    return [None if at is None else (len(drawn) - 1) / 2 - at for at in drawn]


def expect_network(network: Any) -> None:
    """Raise TypeError where a network is needed, and this is none."""
    if not isinstance(network, Network):
        raise TypeError(f"what is drawn is a Network; got {network!r:.80} ({type(network).__name__})")


def plot_network(network: Network, path: str | Path | None = None) -> Any:
    """Draw a network as circles and lines, with the shapes of what flows and of what is learnt.

    A line is as wide as its weight is large, blue where it is positive, broken and orange where negative. Of a layer
    of more than eight units the first and the last are drawn.
    """
    expect_network(network)
    sizes, apart = network.n, 2.6
    stacks = [heights_of(n) for n in sizes]
    tall = max(map(len, stacks))
    low, high = -tall / 2 - 0.3, tall / 2 + 0.3
    picture = figure(0.48 * (apart * (len(sizes) - 1) + 2.4), 0.48 * (high - low + 2.6))
    axes = picture.add_subplot(aspect="equal")
    axes.set_axis_off()
    for layer, before, after in zip(network.layers, stacks, stacks[1:], strict=False):
        draw_lines(axes, layer, before, after, apart)
    for i, (n, stack) in enumerate(zip(sizes, stacks, strict=True)):
        x = apart * i
        for k, y in enumerate(stack):
            if y is None:
                axes.text(x, (len(stack) - 1) / 2 - k, "⋮", ha="center", va="center")
                continue
            number = k + 1 if k < len(stack) - 1 else n
            draw_unit(axes, x, y, f"$x_{{{number}}}$" if not i else f"$a_{{{number}}}$", CLASSES[0] if i else GREY)
        kind = "input" if not i else network.activations[i - 1]
        axes.text(x, high, f"{'X' if not i else f'A{i}'} ({n}, m)\n{kind}", ha="center", va="bottom", fontsize="small")
    for layer in network.layers:
        shapes = "\n".join(f"{p.name} {p.shape}" for p in layer.parameters()[:2])
        axes.text(apart * (layer.number - 0.5), low, shapes, ha="center", va="top", fontsize="small")
    axes.set(xlim=(-1.2, apart * (len(sizes) - 1) + 1.2), ylim=(low - 1.3, high + 1.3))
    title = f"A network of {'-'.join(map(str, sizes))} units"
    told = "; ".join(f"layer {x.number}: W {x.W.shape}, b {x.b.shape}, {x.activation}" for x in network.layers)
    return finish(picture, path, title, f"Circles, layer by layer, and lines between them. {told}.")


def draw_unit(axes: Any, x: float, y: float, text: str, colour: str) -> None:
    """Draw a circle and what it holds, over the lines that end in it."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((x, y), 0.36, facecolor=(*rgb(colour), 0.15), edgecolor=colour, linewidth=1.4, zorder=3))
    axes.text(x, y, text, ha="center", va="center", fontsize="small", zorder=4)


def draw_lines(
    axes: Any, layer: Dense, before: Sequence[float | None], after: Sequence[float | None], apart: float
) -> None:
    """Draw the weights between two layers, from the edge of a circle to that of another."""
    W = layer.W.numpy()  # noqa: N806
    strongest = float(np.abs(W).max()) or 1.0
    for k, to in enumerate(after):
        for j, start in enumerate(before):
            if to is None or start is None:
                continue
            weight = W[k if k < len(after) - 1 else -1, j if j < len(before) - 1 else -1] / strongest
            ends = np.array([[apart * (layer.number - 1), start], [apart * layer.number, to]])
            step = 0.36 * (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
            axes.plot(
                *np.array([ends[0] + step, ends[1] - step]).T,
                "-" if weight >= 0 else "--",
                color=CLASSES[0] if weight >= 0 else CLASSES[1],
                linewidth=0.4 + 1.8 * abs(weight),
            )


def plot_blocks(network: Network, path: str | Path | None = None) -> Any:
    """Draw the blocks of a network: forward above, backward below, and between them the cache (course notes, H7)."""
    expect_network(network)
    L = network.L  # noqa: N806
    picture = figure(max(1.75 * L + 1.2, 4), 2.9)
    axes = picture.add_subplot(xlim=(0.15, L + 1.05), ylim=(-0.85, 2.35))
    axes.set_axis_off()
    flow: dict[str, Any] = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 1, "shrinkB": 1}
    box: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": "small", "linespacing": 1.4}
    for row, colour, name in ((2.0, CLASSES[0], "forward"), (0.5, CLASSES[1], "backward")):
        for layer in network.layers:
            inside = (
                f"W{layer.number}, b{layer.number}\n{layer.activation}"
                if row > 1
                else f"W{layer.number}\n{layer.activation}′"
            )
            frame = {"boxstyle": "round,pad=0.5", "facecolor": (*rgb(colour), 0.12), "edgecolor": colour}
            axes.text(layer.number, row, f"{name} {layer.number}\n{inside}", bbox=frame, **box)

    def arrow(start: tuple[float, float], end: tuple[float, float], line: str = "-") -> None:
        axes.annotate("", xy=end, xytext=start, arrowprops=flow | {"linestyle": line})

    half = 0.33
    for i, (left, right) in enumerate(pairwise([0.35, *range(1, L + 1), L + 0.85])):
        start, end = left + half * (i > 0), right - half * (i < L)
        shape = f"({network.n[i]}, m)"
        arrow((start, 2.0), (end, 2.0))
        arrow((end, 0.5), (start, 0.5))
        middle = (start + end) / 2
        axes.text(middle, 2.06, f"A{i}" if i else "X", ha="center", va="bottom", fontsize="small")
        axes.text(middle, 1.94, shape, ha="center", va="top", fontsize="x-small")
        axes.text(middle, 0.56, f"dA{i}" if i else "dX", ha="center", va="bottom", fontsize="small")
    for layer in network.layers:
        l = layer.number  # noqa: E741
        arrow((l, 1.6), (l, 0.92), "--")
        axes.text(l + 0.04, 1.25, f"A{l - 1}, Z{l}", va="center", fontsize="small")
        arrow((l, 0.08), (l, -0.28))
        axes.text(l, -0.32, f"dW{l} {layer.W.shape}\ndb{l} {layer.b.shape}", ha="center", va="top", fontsize="small")
    title = f"Forward and backward blocks of {L} layer{'s' * (L > 1)}"
    told = f"From X to A{L} above, from dA{L} back to dX below; each backward block gives dW and db"
    return finish(picture, path, title, f"{told}, and takes what its forward block left in the cache.")
