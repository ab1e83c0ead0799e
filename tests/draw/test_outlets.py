"""Pictures for papers and slides: TikZ in which a name is text, and an SVG that goes through the passes by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, expression
from microgradnn.draw.film import LONGER
from microgradnn.draw.page import steps
from microgradnn.draw.tikz import escape
from tests.browser import Browser, browser  # noqa: F401, a fixture

COMMANDS = {"path", "node", "fontsize", "selectfont", "sffamily", "ensuremath", "begin", "end", "usepackage", "partial"}
COMMANDS |= {"sbox", "ifdim", "wd", "resizebox", "height", "usebox", "else", "fi"}
SVG = "{http://www.w3.org/2000/svg}"


def shared() -> Value:
    graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
    graph.output.backward()
    output: Value = graph.output
    return output


def test_tikz_has_each_box_arrow_and_text(tmp_path: Path) -> None:
    f = shared()
    path = f.draw().save(tmp_path / "f.tex")
    lines = path.read_text(encoding="utf-8").splitlines()

    assert sum("rounded corners" in line for line in lines) == 8
    assert sum("controls" in line for line in lines) == 8  # arrows
    fitted = re.compile(r"\\sbox0\{(.*)\}\\ifdim\\wd0>([\d.]+)bp\\resizebox\{\2bp\}")
    texts = [fitted.search(line) for line in lines if "\\node" in line]
    assert {"t1 = a + b", "grad 4 + 5 = 9", r"\ensuremath{\partial} 5"} <= {one and one[1] for one in texts}
    assert None not in texts  # what is wider in LaTeX is narrowed to its box
    assert set(re.findall(r"\\([a-zA-Z]+)", "".join(lines))) <= COMMANDS | {"times"}
    assert f.draw().tikz() == f.draw().tikz()


def test_signs_and_greek_letters_are_mathematics() -> None:
    assert escape("ŷ = σ(θ₁) − 2×10⁻³") == (
        r"ŷ = \ensuremath{\sigma}(\ensuremath{\theta}\ensuremath{_1}) \ensuremath{-} "
        r"2\ensuremath{\times}10\ensuremath{^{-}}\ensuremath{^3}"
    )
    assert escape(r"\input{x}_%&$#^~--") == (r"\textbackslash{}input\{x\}\_\%\&\$\#\^{}\~{}{-}{-}")


@given(st.text())
def test_any_text_is_text_in_latex(text: str) -> None:
    written = re.sub(r"\\[#$%&_{}^~]|\\textbackslash\{\}|\\[a-zA-Z]+", "", escape(text))

    assert not re.search(r"[\\#$%&~]", written)
    assert written.count("{") == written.count("}")


def test_a_film_shows_every_state_in_its_time() -> None:
    f = shared()
    root = ElementTree.fromstring(f.draw().animate(seconds=2))
    states = steps(f.draw().picture)
    sheet = root.findtext(f"{SVG}style") or ""
    said = [text.text for text in root.findall(f"{SVG}text")]

    assert len(said) == len(states)
    assert said[-1] == "Done: each gradient is how fast f grows with that number."
    assert "Back from t2 to t1: 1 × 4 = 4; in all grad 4 + 5 = 9." in said
    assert f"{2 * (len(states) - 1 + LONGER)}s step-end infinite" in sheet
    assert f.draw().animate(seconds=2) == f.draw().animate(seconds=2)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf")])
def test_a_step_takes_time(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        shared().draw().animate(seconds=seconds)


@given(st.text(max_size=20) | st.sampled_from(["</style><script>x</script>", "}</text>", "]]>"]))
@settings(max_examples=10, deadline=None)  # each is laid out
def test_whatever_a_name_is_a_film_is_an_svg_without_script(name: str) -> None:
    y = (Tensor([[1.0] * 8], name) * 2).named(name, scope=name).sum().named("y")
    y.backward()
    root = ElementTree.fromstring(y.draw().animate())

    assert not [one for one in root.iter() if one.tag.endswith("script")]


def test_in_a_browser_the_film_runs_and_stands_still_where_that_is_preferred(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    path = tmp_path / "f.svg"
    path.write_text(shared().draw().animate(), encoding="utf-8")

    def seen(page: Any) -> list[str]:
        page.goto(path.as_uri())
        texts: list[str] = page.evaluate(
            """(document.getAnimations().forEach((one) => { one.pause(); one.currentTime = 10500; }),
                [...document.querySelectorAll("text")].filter((one) => getComputedStyle(one).visibility === "visible")
                    .map((one) => one.textContent))"""
        )
        page.close()
        return texts

    moving, still = seen(browser.new_page()), seen(browser.new_page(reduced_motion="reduce"))
    assert "grad 5 + …" in moving
    assert "Back from t3 to d: 1 × 5 = 5." in moving
    assert "grad 5 + …" not in still
    assert {"grad 4 + 5 = 9", "Done: each gradient is how fast f grows with that number."} <= {*still}
