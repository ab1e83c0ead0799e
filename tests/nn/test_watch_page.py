"""The page on which a training is seen, in a real browser: XOR is learnt while it is open, by hand or by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from microgradnn.data import gate
from microgradnn.nn import Network, TrainingRecording
from microgradnn.nn.watch.playground import Playground
from tests.browser import Browser, browser  # noqa: F401, a fixture
from tests.draw.test_live import settle

pytestmark = pytest.mark.slow
X, Y, *_ = gate("xor")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Any]]:  # noqa: F811
    """Opens pages; in the end there was no error, and nothing was asked for but of the page's own server."""
    pages: list[Any] = []
    complaints: list[str] = []

    def open(address: str, **how: Any) -> Any:
        page = browser.new_page(**how)
        pages.append(page)
        home = address.partition("?")[0].partition("#")[0]
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith(home) else complaints.append(one.url))
        page.goto(address)
        return page

    yield open
    for page in pages:
        page.close()
    assert complaints == []


@pytest.fixture
def served() -> Iterator[tuple[Playground, str]]:
    """A playground that is served and runs, and its address."""
    ground, ended = Playground(layers=[4], learning_rate=1.0, seed=1), threading.Event()
    server = ground.serve()
    thread = threading.Thread(target=ground.run, args=(ended.is_set,))
    thread.start()
    yield ground, server.address
    ended.set()
    thread.join(10)
    server.close("ended")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a recording of XOR."""
    recording = TrainingRecording("<b>XOR</b>")
    Network([2, 3, 1], hidden="tanh", seed=1).fit(X, Y, learning_rate=1, iterations=60, watch=recording)
    return recording.save(tmp_path_factory.mktemp("pages") / "xor.html").as_uri()


def until(page: Any, condition: str) -> None:
    """Wait for what a page should come to (its policy lets no text be run, and so Playwright not wait for one)."""
    end = monotonic() + 60
    while not page.evaluate(condition):
        assert monotonic() < end, condition
        page.wait_for_timeout(20)


def numbers(page: Any) -> str:
    settle(page)
    return str(page.locator("#numbers").text_content())


def test_xor_is_learnt_while_the_page_is_open_by_the_keyboard_alone(
    visit: Callable[..., Any], served: tuple[Playground, str]
) -> None:
    ground, address = served
    page = visit(address)
    until(page, "document.querySelector('#numbers').textContent.startsWith('0 steps')")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    wanted = {
        "run",
        "example",
        "batch",
        "epoch",
        "restart",
        "fresh",
        "rate",
        "pace",
        "save",
        "data-name",
        "size",
        "hidden",
    }
    assert wanted | {"fewer", "more", "theme", "net", "units-1-1", "units1-1", "unit-1-3", "log"} <= set(reached)

    page.keyboard.press("Escape")
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.keyboard.press(" ")
    until(page, "Number(/J = ([^ ,]+)/.exec(document.querySelector('#numbers').textContent)[1]) < 0.05")
    page.keyboard.press(" ")
    until(page, "document.querySelector('#say').textContent === 'Paused.'")

    assert not ground.running
    assert ground.moment()["J"] < 0.05
    assert "100 % right" in numbers(page)
    points = page.locator("#curve polyline").get_attribute("points")
    assert len(points.split()) > 5
    assert page.locator("#marks .line").get_attribute("d").count("M") > 10
    assert page.locator("#histograms figcaption").count() == 2


def test_a_reload_and_a_second_viewer_see_what_the_first_one_does(
    visit: Callable[..., Any], served: tuple[Playground, str]
) -> None:
    ground, address = served
    one, other = visit(address), visit(address, color_scheme="dark")
    one.wait_for_selector("#unit-1-3")
    other.wait_for_selector("#unit-1-3")
    one.locator("#units1-1").click()
    other.wait_for_selector("#unit-1-4")
    other.locator("#rate").fill("0.25")
    other.keyboard.press("Enter")
    until(one, "document.querySelector('#rate').value === '0.25'")
    for which in ("example", "batch", "epoch"):
        one.locator(f"#{which}").click()
    until(other, "document.querySelector('#numbers').textContent.startsWith('3 steps, 2 passes')")
    texts = [numbers(page) for page in (one, other)]
    one.reload()
    one.wait_for_selector("#unit-1-4")

    assert texts == [numbers(one)] * 2
    assert ground.layers == [5]
    assert one.locator("#ends").text_content() == other.locator("#ends").text_content()
    one.locator("#data-name").select_option("moons")
    until(other, "document.querySelectorAll('#marks .dot').length === 200")
    one.locator("#more").click()
    other.wait_for_selector("#unit-3-0")
    one.locator("#rate").fill("-1")
    one.keyboard.press("Enter")
    until(one, "document.querySelector('#say').textContent.includes('not negative')")
    assert one.evaluate("document.activeElement.id") == "rate"


def test_a_recording_replays_offline(visit: Callable[..., Any], recorded: str) -> None:
    page = visit(recorded)
    assert page.title() == "<b>XOR</b>"
    assert numbers(page).startswith("60 steps")
    assert page.locator("#say").text_content() == "Done: all 60 iterations done."
    page.keyboard.press("Home")
    assert numbers(page).startswith("0 steps")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert numbers(page).startswith("2 steps")
    assert page.url.endswith("#at=2")
    page.reload()
    assert numbers(page).startswith("2 steps")
    page.keyboard.press(" ")
    until(page, "document.querySelector('#numbers').textContent.startsWith('60 steps')")
    assert page.locator("#training").is_hidden()
    page.locator("#unit-1-0").focus()
    settle(page)
    assert page.locator("#shown").text_content() == "Output of unit 1 of layer 1"
    assert page.locator("#unit").text_content().startswith("unit 1 of layer 1, tanh: w = (")


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1280, "dark")])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    visit: Callable[..., Any], recorded: str, served: tuple[Playground, str], width: int, scheme: str
) -> None:
    for address in (recorded, served[1]):
        page = visit(address, viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.wait_for_selector("#unit-1-0")
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
        page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")
        assert [one["id"] + str([node["html"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_when_the_program_ends_the_page_says_so(visit: Callable[..., Any]) -> None:
    ground = Playground(layers=[2], seed=0)
    server = ground.serve()
    page = visit(server.address)
    page.wait_for_selector("#unit-1-1")
    server.close("The program has ended.")
    until(page, "document.querySelector('#say').textContent === 'The program has ended.'")
    assert page.locator("#training").is_hidden()
    assert page.locator("#unit-1-1").is_visible()
