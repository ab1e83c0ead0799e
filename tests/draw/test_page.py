"""The page: which states it has, that it needs nothing and runs nothing foreign; in a real browser, what it shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, expression
from microgradnn.draw.page import steps
from microgradnn.draw.picture import picture
from microgradnn.nn.network import Network

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def shared() -> Value:
    graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
    graph.output.backward()
    output: Value = graph.output
    return output


def test_the_states_are_formula_numbers_forward_seed_and_backward() -> None:
    graph = expression("u = b*c; J = u + b", {"b": 3, "c": 2})
    graph.output.backward()

    assert [step.say for step in steps(picture(graph.output))] == [
        "The formula: nothing is computed yet.",
        "The numbers that are given.",
        "u = b × c = 6",
        "J = u + b = 9",
        "Backward: it starts with the gradient of J by itself, 1.",
        "Back from J to u: 1 × 1 = 1.",
        "Back from J to b: 1 × 1 = 1.",
        "Back from u to b: 1 × 2 = 2; in all grad 2 + 1 = 3.",
        "Back from u to c: 1 × 3 = 3.",
    ]


def test_at_a_shared_node_each_arrival_is_a_term() -> None:
    lines = [text for step in steps(picture(shared())) for id, text in step.grads if id == "n2"]

    assert lines == ["grad 5 + …", "grad 4 + 5 = 9"]


def test_before_backward_there_are_no_steps_back() -> None:
    last = steps(picture((Value(2.0, "x") * 3).named("y")))[-1]

    assert last.say == "The gradients have not been computed: call backward()."


def test_in_the_end_every_line_is_there() -> None:
    network = Network([2, 3, 1], seed=0)
    J = network.cost([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0]])
    J.backward()
    for drawn in (picture(shared()), picture(J), picture(J, depth=0)):
        states = steps(drawn)
        known = {id for step in states for id in step.values}
        grads = dict(pair for step in states for pair in step.grads)

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
@settings(max_examples=20, deadline=None)  # each is laid out
def test_a_name_is_text_and_nothing_is_loaded(name: str) -> None:
    y = (Value(1.0, name) * 2).named(name, scope=name).tanh().named("y")
    y.backward()
    page = y.draw().page()
    found = Scripts(page)

    assert (found.scripts, found.loads) == (2, [])
    assert json.loads(re.findall(r'id="data">(.*?)</script>', page)[0])[0]["say"].startswith("The formula")
    assert "default-src 'none'" in page


# --- in a browser -------------------------------------------------------------------------


def shown(root: Any, step: int, folder: Path) -> dict[str, str]:
    """What each box shows at a step, lines joined, those that are not known left out; and what is said."""
    path = root.draw().save(folder / "page.html")
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    ran = subprocess.run(
        [*command, "--virtual-time-budget=3000", "--dump-dom", f"{path.as_uri()}#step={step}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = {"say": re.findall(r'<p id="say"[^>]*>(.*?)</p>', ran.stdout)[0]}
    for id, body in re.findall(r'<g id="(n\d+)" class="node[^"]*">(.*?)</g>', ran.stdout, re.DOTALL):
        lines = re.findall(r"<text([^>]*)>(.*?)</text>", body)
        found[id] = "; ".join(text for attributes, text in lines if "unknown" not in attributes)
    return found


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_in_a_browser_the_states_are_shown(tmp_path: Path) -> None:
    f = shared()
    formula, middle, end = (shown(f, step, tmp_path) for step in (0, 9, 99))

    assert formula["n2"] == "t1 = a + b"
    assert middle["n2"] == "t1 = a + b; value 5; grad 5 + …"
    assert middle["say"] == "Back from t3 to t1: 1 × 5 = 5."
    assert end["n2"] == "t1 = a + b; value 5; grad 4 + 5 = 9"
    assert [end[id].rpartition("grad ")[2] for id in ("n0", "n1", "n3", "n5", "n7")] == ["9", "9", "5", "5", "1"]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_in_a_browser_a_page_of_arrays_ends_with_its_gradients(tmp_path: Path) -> None:
    W, X = Tensor([[1.0, 2.0]], "W", kind="parameter"), Tensor([[3.0], [4.0]], "X")
    J = (W @ X).sum().named("J")
    J.backward()

    assert shown(J, 99, tmp_path)["n0"] == "W; value (1, 2) [1 2]; grad [3 4]"
