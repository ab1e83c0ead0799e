"""Figures of the course: what an activation, a unit, a slope and a loss are, and examples in the plane.

Every number in them is computed by the engine: slopes come from the tables, ways down from our own gradients. As in
plots.py each function returns a Figure of Matplotlib, `pip install 'microgradnn[plot]'`, and writes it to a path.
valleys.py has those of costs, schemes.py those of networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from math import ceil, isfinite
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.modes import no_grad
from ..engine.tensor import Array, Tensor
from ..errors import ShapeError
from ..graph import OPS, Node, Op
from .activations import activation
from .network import Network
from .plots import CLASSES, dots, figure, finish, ink, plot_boundary

GREY = "#808080"
LINES = ("-", "--", ":", "-.")
POINTS = 241  # of a curve; odd, so that the middle is one


# --- what is computed --------------------------------------------------------------------------------


def span(low: float, high: float, points: int = POINTS) -> Array:
    """Return the numbers of an axis, (points,); ValueError unless it goes from less to more."""
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(f"an axis goes from a number to a larger one; got low={low:g}, high={high:g}")
    return np.linspace(low, high, points)


def one_number(J: Any, of: str) -> Any:  # noqa: N803 (the notes' name)
    """Return what a function gave; TypeError or ShapeError unless it is a node of one number."""
    if not isinstance(J, Node):
        raise TypeError(f"{of} is made of the Tensor that it is given; it returned {J!r:.60}")
    if np.size(J._held()) != 1:
        raise ShapeError(f"{of} gives one number, such as a mean; it returned an array of shape {np.shape(J._held())}")
    return J


def measure(cost: Callable[[Any], Any], at: float) -> tuple[float, float, float]:
    """Return a function of one number, its slope and its curvature at a point; 0 where there is none to find."""
    x = Tensor([[at]], name="x")
    y = one_number(cost(x), "the function")
    y.backward(create_graph=True)
    slope: Any = x.grad
    if not isinstance(slope, Tensor):
        return y.item(), float(np.sum(slope)), 0.0
    x.grad = 0.0
    slope.sum().backward()
    return y.item(), slope.item(), float(np.sum(x.grad))


def curve(f: Callable[[Any], Any], z: Array) -> tuple[Array, Array]:
    """Return f(z) and f′(z), (k,), of a function that is applied number by number."""
    x = Tensor(z.reshape(1, -1), name="z")
    y = f(x)
    y.sum().backward()
    return y.numpy().ravel(), np.broadcast_to(x.grad, x.shape).ravel()


def find_kinks(op: Op | None, g: Callable[[Any], Any], z: Array) -> Array:
    """Return where the slope of a row jumps, between the first and the last of z: g is the row with its options."""
    if op is None or op.kink is None:
        return np.array([])
    away = np.broadcast_to(np.asarray(op.kink(z, *[0.0] * (len(op.partials) - 1)), float), z.shape)
    exact, crossed = z[1:-1][away[1:-1] == 0], np.flatnonzero(away[:-1] * away[1:] < 0)
    between = z[crossed] - away[crossed] * (z[crossed + 1] - z[crossed]) / (away[crossed + 1] - away[crossed])
    found: Array = np.unique(np.round([*exact, *between], 12) + 0.0)
    left, right = (curve(g, np.nextafter(found, end))[1] for end in (-np.inf, np.inf))
    jumps: Array = found[~np.isclose(left, right)]
    return jumps


# --- one function -----------------------------------------------------------------------------------


def plot_activation(
    name: str | Op | Sequence[str | Op], path: str | Path | None = None, *, low: float = -5.0, high: float = 5.0
) -> Any:
    """Draw activations, or other functions of one number of the table, with their derivatives, for z from low to high.

    Where the slope jumps, at a kink, its two sides are open dots, and the slope that is taken there is a full one.

    >>> plot_activation("relu").get_label()
    'relu and its derivative'
    """
    names: list[Any] = [*name] if isinstance(name, (list, tuple)) else [name]
    shown = [one.name if isinstance(one, Op) else one for one in names]
    functions = [one if isinstance(one, Op) else activation(one) for one in names]
    if not names or "softmax" in shown:
        raise ValueError("name a function of one number, such as 'relu'; softmax is one of all units at once")
    z = span(low, high)
    across = min(len(names), 4)
    down = ceil(len(names) / across)
    picture = figure(4.5 if across == 1 else 1.9 * across, 2.8 if across == 1 else 2.1 * down)
    title = f"{', '.join(shown)} and {'its' if len(names) == 1 else 'their'} derivative{'s' * (len(names) > 1)}"
    jumps = []
    grid = picture.subplots(down, across, sharex=True, sharey=len(names) > 1, squeeze=False)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    for axes, one, g in zip(grid.flat, shown, functions, strict=False):
        axes.plot(z, curve(g, z)[0], color=CLASSES[0], label="g(z)")
        kinks = find_kinks(OPS.get(one), g, z)
        for ends in pairwise([low, *kinks, high]):
            at = np.nextafter(ends, ends[::-1])  # the slopes beside a kink, not at it
            at = np.concatenate([at[:1], z[(z > at[0]) & (z < at[1])], at[1:]])
            axes.plot(at, curve(g, at)[1], "--", color=CLASSES[1], label="g′(z)" if ends[0] == low else "")
        if len(kinks):
            sides = np.concatenate([np.nextafter(kinks, low), np.nextafter(kinks, high)])
            axes.plot(sides, curve(g, sides)[1], "o", color=CLASSES[1], markersize=5, fillstyle="none")
            taken = curve(g, kinks)[1]
            axes.plot(kinks, taken, "o", color=CLASSES[1], markersize=5)
            jumps += [f"{one} at {k:g}, where {s:g} is taken" for k, s in zip(kinks, taken, strict=True)]
        axes.set_title(one)
        axes.grid(alpha=0.3)
    for axes in grid[-1]:
        axes.set_xlabel("z")
    picture.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    told = f" The slope jumps: {'; '.join(jumps)}." if jumps else ""
    return finish(picture, path, title, f"Curves of {title} for z from {low:g} to {high:g}.{told}")


def plot_unit(
    w: float | Sequence[float] = 1.0,
    b: float | Sequence[float] = (-3.0, 0.0, 3.0),
    path: str | Path | None = None,
    *,
    name: str = "sigmoid",
    low: float = -6.0,
    high: float = 6.0,
) -> Any:
    """Draw a unit of one input, a = g(wx + b), for each w and each b; the dot is where wx + b is 0.

    The bias shifts the curve and leaves its shape, the weight makes it steeper (course notes, B3 and B4).
    """
    x = span(low, high)
    pairs = [(float(one), float(other)) for one in np.atleast_1d(w) for other in np.atleast_1d(b)]
    picture = figure(4.5, 2.8)
    title = f"A unit: {name} of wx + b"
    axes = picture.add_subplot(xlabel="x", ylabel="a", title=title)
    told = []
    for (w_, b_), colour, line in zip(pairs, cycle(CLASSES), cycle(LINES), strict=False):
        label = f"w = {w_:g}, b = {b_:g}".replace("-", "−")
        unit = lambda at, w=w_, b=b_: activation(name)(w * at + b)  # noqa: E731
        axes.plot(x, curve(unit, x)[0], line, color=colour, label=label)
        if w_ and low <= -b_ / w_ <= high:
            (middle,), (slope,) = curve(unit, np.array([-b_ / w_]))
            axes.plot(-b_ / w_, middle, "o", color=colour, markersize=5)
            told.append(f"{label}: {middle:g} at x = {-b_ / w_ + 0.0:g}, with slope {slope:g}".replace("-", "−"))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="upper left")
    return finish(picture, path, title, f"Curves over x from {low:g} to {high:g}. {'; '.join(told)}.")


def plot_slope(
    f: Callable[[Any], Any],
    at: float,
    path: str | Path | None = None,
    *,
    width: float = 1.0,
    name: str = "f(x)",
) -> Any:
    """Draw a function, its tangent at a point, and the triangle whose height over width is the slope (notes, C8).

    `f` takes a Tensor (1, 1): `lambda x: x**2`, or a function of the table, `microgradnn.tanh`.
    """
    if not (isfinite(width) and width):
        raise ValueError(f"a triangle has a width that is not 0; got width={width:g}")
    with np.errstate(all="ignore"):
        height, slope, _ = measure(f, at)
    if not (isfinite(height) and isfinite(slope)):
        raise ValueError(f"f is {height:g} at x = {at:g} and its slope {slope:g}: there is no tangent there")
    reach = 2 * abs(width)
    x = np.linspace(at - reach, at + reach, 81)
    with no_grad(), np.errstate(all="ignore"):
        y = [one_number(f(Tensor([[one]])), "the function").item() for one in x]
    title = f"The slope of {name} at {at:g} is {slope:g}".replace("-", "−")
    picture = figure(4.5, 2.8)
    axes = picture.add_subplot(xlabel="x", ylabel=name, title=title)
    axes.plot(x, y, color=CLASSES[0])
    axes.plot(x, height + slope * (x - at), "--", color=CLASSES[1], label=f"the tangent at x = {at:g}")
    rise = slope * width
    corners = ([at, at + width, at + width], [height, height, height + rise])
    axes.plot(*corners, color=CLASSES[2], label=f"height / width = {rise:g} / {width:g}")
    axes.plot(at, height, "o", color=ink(), markersize=4)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    described = f"A curve with its tangent at x = {at:g}, and a triangle of width {width:g} and height {rise:g}"
    return finish(picture, path, title, f"{described} under it.")


# --- examples in the plane --------------------------------------------------------------------------


def plot_margin(network: Network, X: Any, Y: Any, path: str | Path | None = None) -> Any:  # noqa: N803
    """Draw the line of one unit of two inputs, wᵀx + b = 0, and how far each example is from it: |wᵀx + b| / ‖w‖.

    X is (2, m), Y is (1, m), of 0 and 1. The margin is the distance of the nearest, where all are on their side; what
    is on the wrong side has a broken line to the boundary. Of XOR there always is some.
    """
    if network.n != [2, 1]:
        raise ShapeError(f"a line is drawn of one unit of two inputs, Network([2, 1]); got sizes {network.n}")
    X, Y = np.asarray(X, float), np.asarray(Y)  # noqa: N806
    Z = network.logits(X).numpy()[0]  # noqa: N806
    if Y.shape != (1, len(Z)):
        raise ShapeError(f"X is (2, m) and Y (1, m); got {X.shape} and {Y.shape}")
    w, b = network.layers[0].W.numpy()[0], network.layers[0].b.item()
    length = float(np.hypot(*w))
    if not length:
        raise ValueError("w is 0: there is no line; train the unit first, or set W1")
    far = np.where(Y[0] > 0.5, Z, -Z) / length
    wrong = np.flatnonzero(far <= 0)
    picture = figure(4.5, 4)
    title = f"{len(wrong)} of {len(far)} on the wrong side" if len(wrong) else f"The margin is {far.min():.3g}"
    axes = picture.add_subplot(xlabel="x1", ylabel="x2", title=title, aspect="equal")
    foot = -b * w / length**2  # of the line, nearest to the origin
    along = np.array([-w[1], w[0]]) / length
    shifts = [0.0] if len(wrong) else [0.0, far.min(), -far.min()]
    room = 0.3 * max(float(np.ptp(X)), 1e-9)
    for shift in shifts:
        at = foot + shift * w / length
        axes.axline(at, at + along, color=ink(), linewidth=1 if not shift else 0.8, linestyle="-" if not shift else ":")
    for i in wrong if len(wrong) else np.flatnonzero(far <= far.min() * (1 + 1e-9)):
        to = X[:, i] - w / length * Z[i] / length
        axes.plot(*zip(X[:, i], to, strict=True), "--" if len(wrong) else "-", color=CLASSES[3], linewidth=1)
    axes.set(xlim=(X[0].min() - room, X[0].max() + room), ylim=(X[1].min() - room, X[1].max() + room))
    axes.grid(alpha=0.3)
    counts = dots(picture, axes, X, Y[0])
    return finish(picture, path, title, f"The line of a unit, and {X.shape[1]} examples{counts}. {title}.")


def plot_hidden(network: Network, X: Any, Y: Any, path: str | Path | None = None) -> Any:  # noqa: N803
    """Draw the examples where the two units of the last hidden layer put them, and the boundary of the output there.

    X is (n_x, m), Y is (n[L], m). What no line separates in the plane of the inputs, XOR, one separates here.
    """
    if network.L < 2 or network.n[-2] != 2:
        raise ShapeError(f"the last hidden layer has two units, as in Network([2, 2, 1]); got sizes {network.n}")
    A = Tensor(np.asarray(X, float))  # noqa: N806
    for layer in network.layers[:-1]:
        A = layer(A)  # noqa: N806
    before = f"a[{network.L - 1}]"
    return plot_boundary(network.layers[-1], A.numpy(), Y, path, names=(f"{before} of unit 1", f"{before} of unit 2"))
