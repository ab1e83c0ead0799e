"""A tree for the terminal, a table for the program."""

from __future__ import annotations

from microgradnn import Value, expression


def test_D1_of_the_notes_as_a_tree() -> None:
    graph = expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    graph.output.backward()

    assert graph.output.draw().text().splitlines() == [
        "J = 3 × v             value 33  grad 1",
        "├─ ∂ 11  3",
        "└─ ∂ 3  v = a + u     value 11  grad 3",
        "   ├─ ∂ 1  a          value 5  grad 3",
        "   └─ ∂ 1  u = b × c  value 6  grad 3",
        "      ├─ ∂ 2  b       value 3  grad 6",
        "      └─ ∂ 3  c       value 2  grad 9",
    ]


def test_a_shared_node_is_written_out_once_and_named_after_that() -> None:
    graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
    text = graph.output.draw().text()

    assert text.count("t1 = a + b") == 1
    assert text.count("↑ t1") == 1
    assert "grad" not in text


def test_what_was_left_out_is_counted() -> None:
    node = Value(1.0, "x")
    for _ in range(50):
        node = node + 1

    assert node.draw(most=5).text().endswith("(96 of 101 nodes are not shown)")
    assert node.draw(most=15).text().endswith("(88 of 101 nodes are folded into 1 box)")
    assert node.draw(around=node, radius=1).text().endswith("(98 of 101 nodes are not shown)")


def test_a_chain_of_many_is_no_deeper_for_python() -> None:
    node = Value(1.0, "x")
    for _ in range(3000):
        node = -node

    assert len(node.draw(most=10_000).text().splitlines()) == 3001


def test_a_table_has_every_node_in_forward_order_and_numbers_for_a_machine() -> None:
    graph = expression("u = b/3; J = u - a", {"a": 5, "b": 1})
    graph.output.backward()

    assert [line.split() for line in graph.output.draw().table().splitlines()] == [
        ["node", "operation", "value", "gradient"],
        ["b", "input", "1", "0.333333333333"],
        ["3", "constant", "3", "-0.111111111111"],
        ["u", "=", "b", "/", "3", "div", "0.333333333333", "1"],
        ["a", "input", "5", "-1"],
        ["J", "=", "u", "−", "a", "sub", "-4.66666666667", "1"],
    ]


def test_a_table_can_be_of_some_names_only() -> None:
    graph = expression("u = b*c; J = u + a", {"a": 5, "b": 3, "c": 2})

    lines = graph.output.draw().table(only=["a", "J"]).splitlines()
    assert [line.split()[0] for line in lines] == ["node", "a", "J"]
    assert lines[1].split()[-1] == "-"


def test_in_a_narrow_terminal_numbers_stand_below() -> None:
    graph = expression("value_of_u = b*c; v = a + value_of_u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    graph.output.backward()

    assert graph.output.draw().text(width=30).splitlines() == [
        "J = 3 × v  value 33  grad 1",
        "├ ∂ 11  3",
        "└ ∂ 3  v = a + value_of_u",
        "  value 11 grad 3",
        "  ├ ∂ 1  a  value 5  grad 3",
        "  └ ∂ 1  value_of_u = b × c",
        "    value 6 grad 3",
        "    ├ ∂ 2  b  value 3  grad 6",
        "    └ ∂ 3  c  value 2  grad 9",
    ]
