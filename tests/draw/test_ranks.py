"""Rows of boxes: no wider than a page, each box above what uses it; a sum that is long stands on several rows."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Value, expression
from microgradnn.draw.boxes import Arrow, Box, break_sum
from microgradnn.draw.dot import to_dot
from microgradnn.draw.fit import WIDEST
from microgradnn.draw.picture import picture
from microgradnn.draw.ranks import rows
from microgradnn.rules.notation import addition

SCOPES = [(), (), ("a",), ("b",), ("a", "c"), ("a", "d")]


@st.composite
def laid(draw: Any) -> tuple[list[Box], list[Arrow], dict[str, float]]:
    """Boxes in topological order, in frames that may feed each other, arrows, and widths."""
    count = draw(st.integers(1, 25))
    scopes = draw(st.lists(st.sampled_from(SCOPES), min_size=count, max_size=count))
    boxes = [Box(f"n{i}", "operation", "x", "", "", (), scope, None) for i, scope in enumerate(scopes)]
    ends = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=40))
    arrows = [Arrow(f"e{k}", f"n{i}", f"n{j}") for k, (i, j) in enumerate(ends)]
    return boxes, arrows, {box.id: draw(st.floats(20, 300)) for box in boxes}


@given(laid(), st.floats(100, 900))
def test_what_is_used_stands_above_its_user(case: Any, page: float) -> None:
    boxes, arrows, widths = case
    row = rows(boxes, arrows, widths, page)

    assert row.keys() == widths.keys()
    for arrow in arrows:
        if int(arrow.tail[1:]) < int(arrow.head[1:]):
            assert row[arrow.tail] > row[arrow.head]


@given(laid(), st.floats(320, 900))
def test_no_row_is_wider_than_the_page(case: Any, page: float) -> None:
    boxes, arrows, widths = case
    boxes = [box for box in boxes if not box.scope]
    arrows = [arrow for arrow in arrows if {arrow.tail, arrow.head} <= {box.id for box in boxes}]
    row = rows(boxes, arrows, widths, page)
    wide: Counter[int] = Counter()
    for box in boxes:
        wide[row[box.id]] += widths[box.id]

    assert all(width <= page for width in wide.values())


def lstm() -> Value:
    h, c, x = Value(0.1, "h_{t-1}"), Value(0.2, "c_{t-1}"), Value(0.7, "x_t")
    z = {}
    for name in "ifog":
        W, U, b = (Value(k, f"{n}_{name}", kind="parameter") for n, k in (("W", 0.5), ("U", -0.4), ("b", 0.05)))
        for one in (W, U, b):
            one.named(one.name, scope=f"gate {name}")
        z[name] = (W * x + U * h + b).named(f"z_{name}", scope=f"gate {name}")
    cell = (z["f"].sigmoid() * c + z["i"].sigmoid() * z["g"].tanh()).named("c_t")
    out = (z["o"].sigmoid() * cell.tanh()).named("h_t")
    out.backward()
    return out


def exam() -> Value:
    graph = expression((Path(__file__).parents[2] / "demos" / "exam.mg").read_text(encoding="utf-8"))
    graph.output.backward()
    output: Value = graph.output
    return output


@pytest.mark.parametrize("root", [exam, lstm])
def test_a_picture_is_no_wider_than_a_page_on_which_it_can_be_read(root: Any) -> None:
    found = re.match(r'<svg width="(\d+)pt"', root().draw().svg())

    assert found is not None
    assert int(found[1]) <= WIDEST


def test_a_direction_that_was_asked_for_stays() -> None:
    svg = lstm().draw(direction="LR").svg()
    found = re.match(r'<svg width="(\d+)pt" height="(\d+)pt"', svg)

    assert found is not None
    assert int(found[1]) > int(found[2])


def test_rows_are_the_same_from_run_to_run() -> None:
    drawn = picture(lstm(), direction="TB")

    assert to_dot(drawn, page=500) == to_dot(drawn, page=500) != to_dot(drawn)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6))
def test_a_long_sum_is_broken_before_its_signs(terms: list[float]) -> None:
    text = f"grad {addition(terms, sum(terms))}"
    broken = break_sum(text)

    assert " ".join(broken) == text
    assert all(len(row) <= 28 or not re.search(" [+−=≈] ", row) for row in broken)
