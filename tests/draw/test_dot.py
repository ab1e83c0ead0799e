"""DOT: every text escaped, every kind in its style, the same from run to run."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Value, expression

PROGRAM = """
from microgradnn import expression
graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
graph.output.backward()
print(graph.output.draw().dot())
"""


def test_dot_has_a_statement_for_each_node_and_each_edge() -> None:
    graph = expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    graph.output.backward()
    dot = graph.output.draw().dot()

    assert [f"n{i} [" in dot for i in range(8)] == [True] * 7 + [False]
    assert dot.count(" -> ") == 6
    assert r"u = b × c\l" in dot
    assert "∂ 11" in dot


def test_it_is_the_same_in_another_process_with_another_hash_seed() -> None:
    texts = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        ).stdout
        for seed in ("0", "1", "2")
    }

    assert len(texts) == 1


@pytest.mark.parametrize("kind", ["input", "parameter", "constant"])
def test_kinds_differ_by_more_than_colour(kind: str) -> None:
    looks = {}
    for other in ("input", "parameter", "constant"):
        lines = (Value(1.0, "q", kind=other) * Value(2.0, "x")).draw().dot().splitlines()
        looks[other] = next(line for line in lines if r"q\l" in line)

    assert len({look for name, look in looks.items() if look == looks[kind]}) == 1
    assert len(set(looks.values())) == 3


def unquoted(name: str) -> str:
    """What is left of the DOT of a graph with this name in it when the quoted strings are emptied."""
    dot = (Value(1.0, name) * 2).named(name).draw(direction="LR").dot()
    return re.sub(r"width=[\d.]+", "width=0", re.sub(r'"(\\.|[^"\\])*"', '""', dot))  # a box is as wide as its name


@given(st.text(max_size=60) | st.text(r"""\"<>{}n""", max_size=8))
@settings(deadline=None)  # the first one imports graphviz
def test_no_name_can_break_out_of_its_quotes(name: str) -> None:
    assert unquoted(name) == unquoted("x")  # not: the name is absent, for it may be a word of DOT, as is fillcolor


def test_escapes_of_dot_are_shown_as_they_are_written() -> None:
    assert r"\\N \\G \\l" in (Value(1.0, r"\N \G \l") * 2).draw().dot()
