"""Mermaid: a line for each node and arrow, scopes as subgraphs, and no name that is anything but text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Value, expression


def test_a_graph_as_a_flowchart() -> None:
    graph = expression("y = 3*x", {"x": 2})
    graph.output.backward()

    assert graph.output.draw().mermaid().splitlines()[:6] == [
        "flowchart LR",
        '  n0["3"]:::constant',
        '  n1("x<br/>value 2<br/>grad 3"):::input',
        '  n2(["y = 3 × x<br/>value 6<br/>grad 1"]):::output',
        '  n0 -->|"∂ 2"| n2',
        '  n1 -->|"∂ 3"| n2',
    ]


def test_scopes_are_subgraphs_and_what_was_left_out_is_told() -> None:
    x = Value(2.0, "x")
    y = (x * 3).named("a", scope="layer 1/neuron 2").tanh().named("y")
    text = y.draw(constants=False).mermaid()

    assert '  subgraph s0n1["layer 1"]\n    subgraph s1n1["neuron 2"]\n      n1("a = x × 3' in text
    assert text.count("\n  end\n") == 1
    assert 'told["1 of 4 nodes is not shown"]' in text


@given(st.text(max_size=30) | st.text("\"'`#&;<>[]{}()|\\%~*_-n1. ", max_size=12))
def test_a_name_is_text(name: str) -> None:
    def frame(name: str) -> str:
        y = (Value(1.0, name) * 2).named(name, scope="s").tanh().named("y")
        return re.sub('"[^"]*"', '""', y.draw(direction="LR").mermaid())

    assert frame(name) == frame("x")
    whole = (Value(1.0, name) * 2).named("y").draw().mermaid()
    labels = re.findall('"([^"]*)"', whole)
    assert not any(set(label.replace("<br/>", "")) & set('<>&`"|[]{}') for label in labels)
