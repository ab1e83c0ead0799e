"""Figures of costs: descent on them, and where they bend down.

A cost is a function of one parameter or of two, each a Tensor (1, 1), that gives one number:
`lambda w: ((w * x - y) ** 2).mean()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.modes import no_grad
from ..engine.tensor import Array, Tensor
from ..rules.calculus import sigmoid
from .figures import GREY, LINES, curve, measure, one_number, span
from .losses import LOSSES, loss_of
from .optimisers import GradientDescent
from .plots import CLASSES, figure, finish

Cost = Callable[..., Any]
Start = float | tuple[float, float]
GRID = 41  # of a surface, each way
SEEN = 1 / 150  # of the axes: points of a way that are nearer than that are one


def descend(cost: Cost, start: tuple[float, ...], rate: float, steps: int) -> tuple[Array, Array]:
    """Return the points of a descent, (steps + 1, parameters), and the costs there; to where they are finite."""
    parameters = [Tensor([[at]], name, kind="parameter") for at, name in zip(start, "wb", strict=False)]
    optimiser = GradientDescent(parameters, rate)
    way, costs = [], []
    for step in range(steps + 1):
        optimiser.zero_grad()
        J = one_number(cost(*parameters), "the cost")  # noqa: N806
        here = [p.item() for p in parameters]
        if not all(map(isfinite, (J.item(), *here))):
            if not step:
                raise ValueError(f"the cost is {J.item()} at the start, {start}; start where it is a number")
            break
        way.append(here)
        costs.append(J.item())
        J.backward()
        optimiser.step()
    return np.array(way), np.array(costs)


def thin(points: Array, width: Array) -> Array:
    """Return which points of a way are seen apart: the first, the last, and what is far enough from the one before."""
    kept = [0]
    for i in range(1, len(points)):
        if np.abs((points[i] - points[kept[-1]]) / width).max() > SEEN:
            kept.append(i)
    return np.unique([*kept, len(points) - 1])


def plot_descent(
    cost: Cost,
    start: Start | list[Any],
    path: str | Path | None = None,
    *,
    rate: float | Sequence[float] = 0.1,
    steps: int = 20,
    over: Sequence[tuple[float, float]] | None = None,
) -> Any:
    """Draw a cost of one parameter as a curve, of two as a surface and its contours, and gradient descent on it.

    `start` is a number, or a pair (w, b) where the cost has two; a list has several. Of a cost of one parameter there
    is a picture for each of several rates. `over` has the ends of each axis, ((−3, 5),) or ((−3, 5), (−1, 1)), by
    default as far as the ways go, and half as much again. Raises ValueError where the cost is not finite at a start.

    >>> plot_descent(lambda w: (w - 1) ** 2, 3.0, rate=0.5, steps=1).get_label()
    'Gradient descent on J(w)'
    """
    starts = [(float(one),) if np.ndim(one) == 0 else tuple(map(float, one)) for one in as_list(start)]
    rates = [float(one) for one in np.atleast_1d(rate)]
    if steps < 1:
        raise ValueError(f"a descent has at least one step; got steps={steps}")
    count = len(starts[0])
    if count not in (1, 2) or any(len(one) != count for one in starts):
        raise ValueError(f"a start is a number, or a pair (w, b), each the same; got {start!r:.60}")
    if count == 2 and len(rates) > 1:
        raise ValueError(f"several rates are drawn of a cost of one parameter; for two give one, not {rates}")
    with np.errstate(all="ignore"):  # a way that leaves the numbers ends there
        ways = [[descend(cost, one, each, steps) for one in starts] for each in rates]
    points = np.concatenate([way for several in ways for way, _ in several])
    if over is None:
        low, high = points.min(axis=0), points.max(axis=0)
        room = np.where(high > low, 0.5 * (high - low), 1.0)
        over = [*zip(low - room, high + room, strict=True)]
    if len(over) != count:
        raise ValueError(f"over has the ends of each of {count} axes, such as {((-1, 1),) * count}; got {over!r:.60}")
    draw = draw_curves if count == 1 else draw_surface
    picture = draw(cost, ways, rates, [(float(low), float(high)) for low, high in over])
    title = f"Gradient descent on J({'w' if count == 1 else 'w, b'})"
    told = [
        f"With α = {each:g} from {', '.join(f'{x:g}' for x in way[0])} J goes from {costs[0]:.4g} to {costs[-1]:.4g} "
        f"in {len(way) - 1} steps."
        for each, several in zip(rates, ways, strict=True)
        for way, costs in several
    ]
    return finish(picture, path, title, " ".join(told))


def as_list(start: Any) -> list[Any]:
    """Return the starts: a list as it is, anything else alone."""
    if isinstance(start, list) and not start:
        raise ValueError("a descent starts somewhere; got an empty list of starts")
    return start if isinstance(start, list) else [start]


def draw_curves(cost: Cost, ways: Any, rates: Sequence[float], over: Sequence[tuple[float, float]]) -> Any:
    """Draw J(w), and the ways down, a picture for each rate."""
    w = span(*over[0])
    with no_grad(), np.errstate(all="ignore"):
        J = [one_number(cost(Tensor([[one]])), "the cost").item() for one in w]  # noqa: N806
    picture = figure(4.5 if len(rates) == 1 else min(2.5 * len(rates), 7.6), 2.8)
    for axes, rate, several in zip(
        picture.subplots(1, len(rates), sharey=True, squeeze=False)[0], rates, ways, strict=True
    ):
        axes.plot(w, J, color=GREY, linewidth=1)
        width = np.array([w[-1] - w[0], np.ptp(J) or 1.0])
        for (way, costs), colour in zip(several, cycle(CLASSES[1:]), strict=False):
            both = np.column_stack([way[:, 0], costs])
            kept = both[thin(both, width)]
            axes.plot(*kept.T, ".-", color=colour, linewidth=0.8, markersize=5)
            axes.plot(*kept[0], "o", color=colour, fillstyle="none")
            axes.plot(*kept[-1], "o", color=colour)
        axes.set(xlabel="w", title=f"α = {rate:g}, {max(len(way) for way, _ in several) - 1} steps", xlim=over[0])
        axes.grid(alpha=0.3)
    picture.axes[0].set_ylabel("J")
    return picture


def draw_surface(cost: Cost, ways: Any, rates: Sequence[float], over: Sequence[tuple[float, float]]) -> Any:
    """Draw J(w, b) as a surface and as contours, and the ways down on both."""
    across, up = np.meshgrid(*(span(*one, GRID) for one in over))
    with no_grad(), np.errstate(all="ignore"):
        heights = [
            one_number(cost(Tensor([[w]]), Tensor([[b]])), "the cost").item()
            for w, b in zip(across.flat, up.flat, strict=True)
        ]
    J = np.reshape(heights, across.shape)  # noqa: N806
    picture = figure(7.2, 3.2)
    surface, plane = picture.add_subplot(1, 2, 1, projection="3d"), picture.add_subplot(1, 2, 2)
    surface.computed_zorder = False  # the way lies on the surface, and is seen
    surface.patch.set_alpha(0)
    # as a picture in the picture: 1,600 outlines would be 400 kB
    surface.plot_surface(across, up, J, cmap="viridis", linewidth=0, antialiased=False, rasterized=True)
    plane.contour(across, up, J, levels=14, cmap="viridis", linewidths=1)
    width = np.array([np.ptp(across), np.ptp(up)])
    for (way, costs), colour in zip(ways[0], cycle(CLASSES[1:]), strict=False):
        kept = thin(way, width)
        surface.plot(*way[kept].T, costs[kept], ".-", color=colour, markersize=4, linewidth=1, zorder=5)
        plane.plot(*way[kept].T, ".-", color=colour, markersize=5, linewidth=0.8)
        plane.plot(*way[0], "o", color=colour, fillstyle="none")
        plane.plot(*way[-1], "o", color=colour)
    surface.set(xlabel="w", ylabel="b", zlabel="J", xlim=over[0], ylim=over[1])
    surface.tick_params(labelsize="small")
    plane.set(xlabel="w", ylabel="b", title=f"α = {rates[0]:g}, {len(ways[0][0][0]) - 1} steps")
    return picture


def plot_convexity(
    costs: Mapping[str, Cost], low: float, high: float, path: str | Path | None = None, *, top: float | None = None
) -> Any:
    """Draw costs of one parameter side by side, and below each its curvature J″, negative where it is no valley.

    What bends down is drawn broken, and a dot is where the slope goes from down to up (course notes, C2 and C3). `top`
    is the largest J that is shown.
    """
    if not costs:
        raise ValueError("there is no cost to draw; give {'squared error': lambda w: …}")
    w = span(low, high)
    picture = figure(min(3.6 * len(costs), 7.6), 4)
    grid = picture.subplots(2, len(costs), sharex=True, squeeze=False, height_ratios=(3, 2))
    told = []
    for (name, cost), (above, below) in zip(costs.items(), grid.T, strict=True):
        with np.errstate(all="ignore"):
            J, slope, bend = np.array([measure(cost, one) for one in w]).T  # noqa: N806
        if not np.isfinite(J + bend).all():
            at = w[~np.isfinite(J + bend)][0]
            raise ValueError(f"{name!r} or its curvature is no number at w = {at:g}; choose low and high around that")
        hollow = bend < -1e-12 * np.abs(bend).max()
        above.plot(w, np.where(hollow, np.nan, J), color=CLASSES[0], label="bends up")
        if hollow.any():
            joined = hollow | np.append(hollow[1:], False) | np.append(False, hollow[:-1])
            above.plot(w, np.where(joined, J, np.nan), "--", color=CLASSES[1], label="bends down")
            above.legend(fontsize="small")
            below.fill_between(w, np.where(hollow, bend, 0), color=CLASSES[1], alpha=0.3, linewidth=0)
        bottoms = [
            i if -slope[i] < slope[i + 1] else i + 1 for i in np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0))
        ]
        above.plot(w[bottoms], J[bottoms], "o", color=CLASSES[2])
        below.plot(w, bend, color=CLASSES[0])
        below.axhline(0, color=GREY, linewidth=0.8)
        above.set(title=name, ylim=(None, top))
        below.set(xlabel="w")
        above.grid(alpha=0.3)
        below.grid(alpha=0.3)
        valleys = f"{len(bottoms)} valley{'s' * (len(bottoms) != 1)}"
        told.append(f"{name}: {'not convex' if hollow.any() else 'convex'}, {valleys}")
    grid[0, 0].set_ylabel("J")
    grid[1, 0].set_ylabel("J″")
    title = "Costs and their curvature"
    return finish(picture, path, title, f"Curves for w from {low:g} to {high:g}. {'; '.join(told)}.")


def plot_losses(
    names: Sequence[str] = ("squared_error", "cross_entropy"),
    path: str | Path | None = None,
    *,
    low: float = -6.0,
    high: float = 6.0,
) -> Any:
    """Draw losses and the size of their slopes in z, for y = 1, by how right z is: its margin.

    Those of an answer a have a sigmoid before them, 'max_margin' has not (course notes, C4).
    """
    names = [names] if isinstance(names, str) else names
    z = span(low, high)
    picture = figure(7, 2.8)
    left, right = picture.subplots(1, 2)
    for name, colour, line in zip(names, cycle(CLASSES), cycle(LINES), strict=False):
        loss, of_logits = loss_of(name, "linear")
        if name == "softmax_cross_entropy":
            raise ValueError(
                f"softmax_cross_entropy is of several z; choose from {', '.join(sorted({*LOSSES} - {name}))}"
            )
        of_z = lambda at, f=loss, plain=of_logits: f(at if plain else sigmoid(at), np.ones(at.shape))  # noqa: E731
        L, slope = curve(of_z, z)  # noqa: N806
        left.plot(z, L, line, color=colour, label=name)
        right.plot(z, np.abs(slope), line, color=colour)
    left.set(xlabel="z, for y = 1", title="loss L")
    right.set(xlabel="z, for y = 1", title="size of dz")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    left.legend(fontsize="small")
    title = f"{', '.join(names)} by z"
    return finish(
        picture, path, title, f"Curves of the losses and of the size of their slopes, z from {low:g} to {high:g}."
    )
