"""Figures of the course: what is drawn is what the mathematics says, and is small enough for a page."""

from __future__ import annotations

from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import ShapeError
from microgradnn.graph import OPS
from microgradnn.nn import (
    Network,
    plot_activation,
    plot_blocks,
    plot_convexity,
    plot_descent,
    plot_hidden,
    plot_losses,
    plot_margin,
    plot_network,
    plot_slope,
    plot_unit,
)
from microgradnn.rules.calculus import squared_error

X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
OR, XOR = np.array([[0.0, 1.0, 1.0, 1.0]]), np.array([[0.0, 1.0, 1.0, 0.0]])


def points(line: Any) -> Any:
    """The points of a line, (k, 2)."""
    return np.asarray(line.get_xydata())


def texts(picture: Any) -> list[str]:
    """What is written in the first picture."""
    return [one.get_text() for one in picture.axes[0].texts]


def bowl(w: Any, b: Any) -> Any:
    return ((w - 1) ** 2 + 2 * (b + 1) ** 2).mean()


# --- one function ---------------------------------------------------------------------------------


def test_an_activation_and_its_slope_are_those_of_the_closed_form() -> None:
    value, slope = map(points, plot_activation("sigmoid").axes[0].lines)

    s = 1 / (1 + np.exp(-slope[:, 0]))
    assert np.allclose(value[:, 1], 1 / (1 + np.exp(-value[:, 0])), rtol=1e-14)
    assert np.allclose(slope[:, 1], s * (1 - s), rtol=1e-13)


@pytest.mark.parametrize(
    ("row", "sides", "taken"), [("relu", [0, 1], 0), ("leaky_relu", [0.01, 1], 0.01), (OPS["abs"], [-1, 1], 0)]
)
def test_at_a_kink_both_sides_are_open_and_the_slope_that_is_taken_is_full(row: Any, sides: Any, taken: float) -> None:
    picture = plot_activation(row, low=-2, high=3)
    *slopes, beside, at = picture.axes[0].lines[1:]

    assert points(beside)[:, 1].tolist() == sides
    assert points(at).tolist() == [[0, taken]]
    assert [set(points(one)[:, 1]) for one in slopes] == [{side} for side in sides]  # no line crosses the jump


def test_a_kink_at_which_the_slope_does_not_jump_is_none() -> None:
    assert len(plot_activation("elu").axes[0].lines) == len(plot_activation("tanh").axes[0].lines) == 2


def test_the_dot_of_a_unit_is_where_it_says_one_half() -> None:
    lines = plot_unit(w=2.0, b=(-3.0, 1.0)).axes[0].lines

    assert [points(one).tolist() for one in lines if len(points(one)) == 1] == [[[1.5, 0.5]], [[-0.5, 0.5]]]


def test_the_triangle_of_a_slope_has_the_height_that_the_derivative_gives() -> None:
    picture = plot_slope(lambda x: x**2, 2.0, width=0.5, name="x²")
    _, tangent, triangle, _ = map(points, picture.axes[0].lines)

    assert picture.axes[0].get_title() == "The slope of x² at 2 is 4"
    assert triangle.tolist() == [[2, 4], [2.5, 4], [2.5, 6]]
    assert np.allclose(tangent[:, 1], 4 * tangent[:, 0] - 4)


# --- costs ----------------------------------------------------------------------------------------


def test_descent_takes_the_steps_of_the_gradient() -> None:
    picture = plot_descent(lambda w: w**2, 8.0, rate=[0.25, 1.25], steps=3)
    ways = [points(axes.lines[1])[:, 0].tolist() for axes in picture.axes]

    assert ways == [[8, 4, 2, 1], [8, -12, 18, -27]]  # w − α 2w
    assert [axes.get_title() for axes in picture.axes] == ["α = 0.25, 3 steps", "α = 1.25, 3 steps"]


def test_a_bowl_is_a_surface_and_contours_with_the_same_way_on_both() -> None:
    picture = plot_descent(bowl, [(3.0, 1.0), (-1.0, 0.0)], rate=0.25, steps=2)
    surface, plane = picture.axes

    assert points(plane.lines[0]).tolist() == [[3, 1], [2, -1], [1.5, -1]]
    w, b, J = surface.lines[0].get_data_3d()
    assert np.allclose(J, (w - 1) ** 2 + 2 * (b + 1) ** 2)


def test_a_way_of_thousands_of_steps_is_drawn_with_the_points_that_one_can_tell_apart() -> None:
    way = points(plot_descent(lambda w: w**2, 1.0, rate=0.001, steps=1500).axes[0].lines[1])

    assert len(way) < 200
    assert np.isclose(way[-1, 0], 0.998**1500)


def test_a_way_that_leaves_the_numbers_ends_there() -> None:
    picture = plot_descent(lambda w: w**4, 3.0, rate=1.0, steps=50, over=((-3, 3),))

    assert int(picture.axes[0].get_title().split(", ")[1].split()[0]) < 10


def test_the_squared_error_of_a_sigmoid_bends_down_left_of_minus_ln_2_and_the_cross_entropy_nowhere() -> None:
    curves = {"squared": lambda w: squared_error(w.sigmoid(), 1.0), "cross": lambda w: w.softplus() - w}
    left, right = plot_convexity(curves, -3.0, 3.0).axes[:2]
    up = points(left.lines[0])

    assert np.isclose(up[np.isfinite(up[:, 1])][0, 0], -log(2), atol=6 / 240)
    assert [len(axes.lines) for axes in (left, right)] == [3, 2]  # one has no part that bends down
    assert np.isfinite(points(right.lines[0])).all()


def test_a_valley_has_its_dot_at_the_bottom() -> None:
    waves = plot_convexity({"sin": lambda w: w.sin()}, -6.0, 6.0).axes[0].lines[-1]

    assert np.allclose(points(waves), [[-np.pi / 2, -1], [3 * np.pi / 2, -1]], atol=0.03)


def test_the_slope_of_the_squared_error_is_that_of_the_cross_entropy_times_that_of_the_sigmoid() -> None:
    squared, cross, margin = (points(one) for one in plot_losses((*NAMES, "max_margin")).axes[1].lines)

    a = 1 / (1 + np.exp(-cross[:, 0]))
    assert np.allclose(cross[:, 1], 1 - a, rtol=1e-9)
    assert np.allclose(squared[:, 1], cross[:, 1] * a * (1 - a), rtol=1e-9)
    assert set(margin[:, 1]) == {0, 1}


NAMES = ("squared_error", "cross_entropy")


# --- the plane ------------------------------------------------------------------------------------


def unit(w1: float, w2: float, b: float) -> Network:
    network = Network([2, 1])
    network.layers[0].W.data, network.layers[0].b.data = [[w1, w2]], [[b]]
    return network


def test_the_margin_is_the_distance_of_the_nearest_example() -> None:
    picture = plot_margin(unit(2.0, 2.0, -1.0), X, OR)
    first = points(picture.axes[0].lines[3])  # after the boundary and its parallels

    assert picture.get_label() == f"The margin is {sqrt(0.125):.3g}"
    assert np.isclose(np.hypot(*(first[1] - first[0])), sqrt(0.125))


def test_of_xor_no_line_has_all_on_their_side() -> None:
    assert plot_margin(unit(1.0, 1.0, -0.5), X, XOR).get_label() == "1 of 4 on the wrong side"
    assert plot_margin(unit(1.0, -1.0, 0.0), X, XOR).get_label() == "3 of 4 on the wrong side"


def test_the_hidden_units_put_xor_where_a_line_separates_it() -> None:
    network = Network([2, 2, 1], hidden="relu")
    network.layers[0].W.data, network.layers[0].b.data = [[1.0, 1.0], [1.0, 1.0]], [[0.0], [-1.0]]
    network.layers[1].W.data, network.layers[1].b.data = [[1.0, -2.0]], [[-0.5]]
    picture = plot_hidden(network, X, XOR)
    zeros, ones = (one.get_offsets().tolist() for one in picture.axes[0].collections if one.get_label()[:1] == "y")

    assert zeros == [[0, 0], [2, 1]]
    assert ones == [[1, 0], [1, 0]]


# --- networks -------------------------------------------------------------------------------------


def test_a_network_has_a_circle_a_unit_and_a_line_a_weight() -> None:
    network = Network([3, 4, 1], hidden="tanh", seed=0)
    picture = plot_network(network)

    assert len(picture.axes[0].patches) == 8
    W = np.concatenate([layer.W.numpy().ravel() for layer in network.layers])
    assert [one.get_linestyle() for one in picture.axes[0].lines] == ["-" if w >= 0 else "--" for w in W]
    assert {"X (3, m)\ninput", "A1 (4, m)\ntanh", "W1 (4, 3)\nb1 (4, 1)", "W2 (1, 4)\nb2 (1, 1)"} <= {*texts(picture)}


def test_a_layer_of_many_units_shows_the_first_and_the_last() -> None:
    picture = plot_network(Network([2, 16, 1], seed=0))

    assert len(picture.axes[0].patches) == 2 + 7 + 1
    assert {"⋮", "$a_{6}$", "$a_{16}$"} <= {*texts(picture)}


def test_blocks_say_what_flows_and_what_is_kept() -> None:
    found = texts(plot_blocks(Network([2, 4, 1], hidden="tanh")))

    assert {"forward 1\nW1, b1\ntanh", "backward 2\nW2\nsigmoid′", "A0, Z1", "A1", "dA1", "dX"} <= {*found}
    assert "dW1 (4, 2)\ndb1 (4, 1)" in found


# --- all ------------------------------------------------------------------------------------------


def test_a_figure_on_a_page_has_at_most_100_kb_and_in_a_notebook_it_is_a_picture(tmp_path: Path) -> None:
    from matplotlib import rc_context

    figures = [plot_descent(bowl, (3.0, 1.0), rate=0.1), plot_hidden(Network([2, 2, 1], seed=0), X, XOR)]
    with rc_context({"svg.fonttype": "none"}):  # as on the pages
        for i, one in enumerate(figures):
            one.savefig(tmp_path / f"{i}.svg")
    assert max((tmp_path / f"{i}.svg").stat().st_size for i in range(2)) < 100_000
    assert figures[0]._repr_png_().startswith(b"\x89PNG")


def test_figures_that_cannot_be_drawn_say_why() -> None:
    with pytest.raises(ValueError, match="softmax is one of all units"):
        plot_activation("softmax")
    with pytest.raises(ValueError, match="low=2, high=1"):
        plot_activation("relu", low=2, high=1)
    with pytest.raises(ShapeError, match="gives one number, such as a mean"):
        plot_descent(lambda w: w * np.ones((1, 3)), 0.0)
    with pytest.raises(TypeError, match="made of the Tensor"):
        plot_slope(lambda _x: 3.0, 0.0)
    with pytest.raises(ValueError, match="a number, or a pair"):
        plot_descent(bowl, [(0.0, 0.0), 1.0])
    with pytest.raises(ValueError, match="start where it is a number"):
        plot_descent(lambda w: w.log(), 0.0)
    with pytest.raises(ValueError, match="no tangent"):
        plot_slope(lambda x: x.sqrt(), 0.0)
    with pytest.raises(ValueError, match="no number at w = -1"):
        plot_convexity({"log": lambda w: w.log()}, -1.0, 1.0)
    with pytest.raises(ShapeError, match="one unit of two inputs"):
        plot_margin(Network([2, 2, 1]), X, OR)
    with pytest.raises(ValueError, match="there is no line"):
        plot_margin(unit(0.0, 0.0, 1.0), X, OR)
    with pytest.raises(ShapeError, match="has two units"):
        plot_hidden(Network([2, 3, 1]), X, OR)
