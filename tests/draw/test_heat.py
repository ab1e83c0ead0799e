"""Arrays of which the numbers are not written out are small maps of colours."""

from __future__ import annotations

import math
import warnings
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from microgradnn import Tensor
from microgradnn.draw.heat import COLUMNS, ROWS, cells, heat_map, mix_colour

SVG = "{http://www.w3.org/2000/svg}"


def test_boxes_of_many_numbers_have_maps_and_those_of_few_have_none() -> None:
    W = Tensor(np.linspace(-1, 1, 12).reshape(3, 4), "W", kind="parameter")
    x = Tensor([[1.0], [2.0], [3.0], [4.0]], "x")
    J = (W @ x).sum().named("J")
    before = ElementTree.fromstring(J.draw().svg())
    J.backward()
    after = ElementTree.fromstring(J.draw().svg())

    for drawn, maps in ((before, ["heat value"]), (after, ["heat value", "heat grad"])):
        found = [group.get("class") for group in drawn.iter(f"{SVG}g") if "heat" in group.get("class", "")]
        assert found == maps
        assert "▦" not in "".join(drawn.itertext())
    assert "▦" not in J.draw().dot()


def test_signs_are_two_colours_and_zero_is_white() -> None:
    drawn = heat_map(np.array([[-2.0, 0.0, 2.0, math.nan]]), "value", 0, 0)

    assert [path.get("fill") for path in drawn.findall("path")] == ["#0072B2", "#999999", "#D55E00", "#FFFFFF"]
    assert mix_colour(3) == "#EAAE80"


@given(arrays(float, array_shapes(max_dims=4, max_side=40), elements=st.floats(width=64)))
def test_any_array_is_a_small_table(array: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = heat_map(array, "grad", 3.0, 4.0)
        table = cells(array)

    assert table.shape[0] <= ROWS
    assert table.shape[1] <= COLUMNS
    assert "".join(path.get("d", "") for path in drawn.findall("path")).count("z") == table.size
