"""Pictures of training: what they show, to those who see it and to those who have it read to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from microgradnn import ShapeError
from microgradnn.data import moons, one_hot
from microgradnn.nn import History, Network, plot_blocks, plot_boundary, plot_network, plot_rates, plot_weights
from microgradnn.nn.plots import plot_history

X, Y = moons(40, seed=1)[:2]
THREE, _ = one_hot(["a", "b", "c", "a", "b", "c"])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drawn(name: str, path: str | None = None) -> Any:
    """A figure of each kind."""
    if name == "cost":
        return History(costs=[0.75, 0.5, 0.25]).plot(path)
    if name == "boundary":
        return plot_boundary(Network([2, 4, 1], seed=3), X, Y, path, names=("price in $", "$a_1$ < 3"), points=20)
    if name == "classes":
        return plot_boundary(Network([2, 3], output="softmax", seed=0), X[:, :6], THREE, path, points=20)
    return plot_weights(Network([12, 3, 1], seed=0), (2, 2, 3), path, order="channels")


WORDS = {
    "cost": (
        "Cost J of 3 iterations",
        "A curve of the cost J over the iterations, from 0.75 to 0.25; the least is 0.25.",
    ),
    "boundary": (
        "What is predicted for price in $ and $a_1$ < 3",
        "The plane of price in $ and $a_1$ < 3, coloured by the output; where it is ½ there is a line. "
        "On it 40 examples: 20 of class 0, 20 of class 1.",
    ),
    "classes": (
        "What is predicted for x1 and x2",
        "The plane of x1 and x2, coloured by the output. On it 6 examples: 2 of class 0, 2 of class 1, 2 of class 2.",
    ),
    "weights": (
        "Weights of layer 1: red is for, blue against",
        "3 images of 2×2 weights, one for each unit, each with its own strongest red or blue.",
    ),
}


# --- what one sees --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORDS)
def test_every_picture_has_a_title_and_names_its_axes(name: str) -> None:
    figure = drawn(name)
    axes = figure.axes

    assert WORDS[name][0] in (axes[0].get_title(), figure.get_suptitle())
    labels = [(one.get_xlabel(), one.get_ylabel()) for one in axes]
    if name == "weights":
        assert [one.get_title() for one in axes] == ["unit 1", "unit 2", "unit 3"]
    elif name == "boundary":
        assert labels == [("price in $", "$a_1$ < 3"), ("", "output A")]  # and the bar of the colours
    else:
        assert labels == [("x1", "x2") if name == "classes" else ("iteration", "cost J")]


def test_the_curve_is_the_costs() -> None:
    (line,) = plot_history([3.0, 2.0, 1.5]).axes[0].lines

    assert line.get_xydata().tolist() == [[0, 3], [1, 2], [2, 1.5]]


def test_each_class_has_a_shape_of_its_own_beside_its_colour() -> None:
    figure = drawn("classes")

    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["y = 0", "y = 1", "y = 2"]
    dots = [one for one in figure.axes[0].collections if one.get_label().startswith("y = ")]
    assert len({one.get_paths()[0].vertices.tobytes() for one in dots}) == 3
    assert len({tuple(one.get_facecolor()[0]) for one in dots}) == 3


def test_labels_that_are_numbers_and_a_plane_without_a_boundary_are_drawn_too() -> None:
    figure = plot_boundary(lambda plane: plane[:1] * 0 + 0.25, X, np.arange(40.0).reshape(1, 40), points=5)

    assert figure.legends == []
    (dots,) = (one for one in figure.axes[0].collections if len(one.get_offsets()) == 40)
    assert dots.get_array().tolist() == list(range(40))


# --- what one is told -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORDS)
def test_an_svg_tells_a_screen_reader_what_it_shows(name: str) -> None:
    drawn(name, "it.svg")

    root = ElementTree.parse("it.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert (root.findtext(f"{space}title"), root.findtext(f"{space}desc")) == WORDS[name]
    before = Path("it.svg").read_bytes()
    drawn(name, "again.svg")
    assert Path("again.svg").read_bytes() == before


def test_so_do_the_metadata_of_a_png_and_of_a_pdf() -> None:
    title, description = WORDS["weights"]
    drawn("weights", "it.png")
    drawn("weights", "it.pdf")

    assert b"\x89PNG" in Path("it.png").read_bytes()
    assert f"Title\0{title}".encode("latin-1") in Path("it.png").read_bytes()
    told = f"Description\0{description}".encode("latin-1")
    assert told in Path("it.png").read_bytes()
    assert title.encode() in Path("it.pdf").read_bytes()


def test_a_figure_that_is_not_written_has_its_title_for_whoever_shows_it() -> None:
    assert drawn("cost").get_label() == "Cost J of 3 iterations"


# --- what is refused ------------------------------------------------------------------------------


def test_pictures_that_cannot_be_drawn_say_why() -> None:
    with pytest.raises(ValueError, match="unknown format 'gif'"):
        drawn("cost", "cost.gif")
    with pytest.raises(ShapeError, match="two features"):
        plot_boundary(Network([2, 1]), np.zeros((3, 4)), Y)
    with pytest.raises(ShapeError, match="the network takes 2"):
        plot_weights(Network([2, 1]), (8, 8))
    with pytest.raises(ValueError, match="unknown order 'spiral'"):
        plot_weights(Network([12, 1]), (2, 2, 3), order="spiral")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot_network([2, 1]), "what is drawn is a Network; got"),  # type: ignore[arg-type]
        (lambda: plot_blocks(None), "what is drawn is a Network; got None"),  # type: ignore[arg-type]
        (lambda: plot_history(3.0), "costs are numbers in a row, .*; got 3.0"),  # type: ignore[arg-type]
        (lambda: plot_history("J.csv"), "costs are numbers in a row, .*; got 'J.csv'"),  # type: ignore[arg-type]
        (lambda: plot_rates([0.1, 1.0], [1.0], 0.1), "one cost for each rate, .*; got 2 and 1"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        draw()
