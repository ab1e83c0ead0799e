"""The page: which states it has, that it needs nothing and runs nothing foreign; what it shows is in test_live.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Value, expression
from microgradnn.draw.boxes import Picture
from microgradnn.draw.page import Part, steps
from microgradnn.draw.picture import picture
from microgradnn.nn.network import Network


def shared() -> Value:
    graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
    graph.output.backward()
    output: Value = graph.output
    return output


def said(drawn: Picture, parts: Sequence[Part]) -> str:
    """The words of a step, as the page has them at first."""
    boxes, arrows = {box.id: box for box in drawn.boxes}, {arrow.id: arrow for arrow in drawn.arrows}
    looks: dict[str, Callable[[str], str]] = {
        "value": lambda id: boxes[id].value,
        "grad": lambda id: next(text for kind, text in boxes[id].lines if kind == "grad"),
        "sum": lambda id: f"{arrows[id].back} + …",
        "flow": lambda id: arrows[id].back,
    }
    return "".join(part if isinstance(part, str) else looks[part[0]](part[1]) for part in parts)


def test_the_states_are_formula_numbers_forward_seed_and_backward() -> None:
    graph = expression("u = b*c; J = u + b", {"b": 3, "c": 2})
    graph.output.backward()

    drawn = picture(graph.output)

    assert [said(drawn, step.say) for step in steps(drawn)] == [
        "The formula: nothing is computed yet.",
        "The numbers that are given.",
        "u = b × c = 6",
        "J = u + b = 9",
        "Backward: it starts with the gradient of J by itself, 1.",
        "Back from J to u: 1 × 1 = 1.",
        "Back from J to b: 1 × 1 = 1.",
        "Back from u to b: 1 × 2 = 2; in all grad 2 + 1 = 3.",
        "Back from u to c: 1 × 3 = 3.",
        "Done: each gradient is how fast J grows with that number.",
    ]


def test_at_a_shared_node_each_arrival_is_a_term() -> None:
    drawn = picture(shared())
    lines = [part for step in steps(drawn) for id, part in step.grads if id == "n2"]
    arrows = {arrow.id: arrow.back for arrow in drawn.arrows}

    assert [[arrows[id] for id in ids] for what, *ids in lines if what == "sum"] == [["1 × 5 = 5"]]
    assert said(drawn, lines[-1:]) == "grad 4 + 5 = 9"


def test_before_backward_there_are_no_steps_back() -> None:
    last = steps(picture((Value(2.0, "x") * 3).named("y")))[-1]

    assert last.say == ("The gradients have not been computed: call backward().",)


def test_in_the_end_every_line_is_there() -> None:
    network = Network([2, 3, 1], seed=0)
    J = network.cost([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0]])
    J.backward()
    for drawn in (picture(shared()), picture(J), picture(J, depth=0)):
        states = steps(drawn)
        known = {id for step in states for id in step.values}
        grads = {id: said(drawn, [part]) for step in states for id, part in step.grads}

        assert known >= {box.id for box in drawn.boxes}
        for box in drawn.boxes:
            written = [text for kind, text in box.lines if kind == "grad"]
            assert [grads[box.id] for _ in range(box.id in grads)] == written, box.title


class Scripts(HTMLParser):
    """The scripts of a page, the elements that load something, and what would run on an event."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts = 0
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.scripts += tag == "script"
        self.loads += [f"{tag} {name}" for name, _ in attributes if name in ("src", "href") or name.startswith("on")]


@given(st.text(max_size=30) | st.sampled_from(["</script><script>x</script>", "<!--", "]]>", '" onclick="x', "\u2028"]))
@settings(max_examples=12, deadline=None)  # each is laid out
def test_a_name_is_text_and_nothing_is_loaded(name: str) -> None:
    y = (Value(1.0, name) * 2).named(name, scope=name).tanh().named("y")
    y.backward()
    page = y.draw().page()
    found = Scripts(page)

    assert (found.scripts, found.loads) == (2, [])
    assert json.loads(re.findall(r'id="data">(.*?)</script>', page)[0])["views"][0]["steps"][0]["say"][0].startswith(
        "The"
    )
    assert "default-src 'none'" in page
