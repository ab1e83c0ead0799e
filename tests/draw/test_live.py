"""The page in a real browser: numbers are changed, gradients asked for, steps gone through, all by hand or keyboard."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from microgradnn import Tensor, Value, expression
from microgradnn.draw import Drawing
from microgradnn.draw.live import live, places
from microgradnn.draw.phrases import step
from microgradnn.draw.picture import picture
from microgradnn.draw.shell import HERE
from microgradnn.graph import topological
from microgradnn.nn.scalar import MLP
from microgradnn.rules.notation import addition, number
from tests.browser import Browser, browser  # noqa: F401, a fixture
from tests.draw.test_random_drawings import drawing_of, drawn

NODE = shutil.which("node")


def course_graph() -> Value:
    """J = 3(a + bc), of the course notes."""
    graph = expression("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    graph.output.backward()
    output: Value = graph.output
    return output


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Any]]:  # noqa: F811
    """Opens the page of a graph; in the end there was no error, and nothing was asked of any network."""
    pages: list[Any] = []
    complaints: list[str] = []

    def open(root: Any, address: str = "", **how: Any) -> Any:
        drawing = root if isinstance(root, Drawing) else root.draw()
        path = drawing.save(tmp_path / f"page{len(pages)}.html")
        page = browser.new_page(**how)
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url != page.url else None)
        page.goto(f"{path.as_uri()}{address}")
        complaints[:] = [one for one in complaints if not one.startswith(path.as_uri())]
        return page

    yield open
    assert complaints == []
    for page in pages:
        page.close()


def box(page: Any, name: str) -> list[str]:
    """The lines that a box shows."""
    found = page.locator(f"#picture .node:has(text.name:text-matches('^{name}( =|$)'))")
    return [str(x) for x in found.locator("text:not(.unknown)").all_text_contents()]


def settle(page: Any) -> None:
    """Wait until what was changed is shown."""
    page.evaluate(
        "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 150))"
    )


def gradients(page: Any) -> dict[str, str]:
    return {name: box(page, name)[-1] for name in ("a", "b", "c", "v", "J")}


def test_dragging_a_box_computes_everything_anew(opened: Callable[..., Any]) -> None:
    page = opened(course_graph())
    place = page.locator("#picture .node:has(text.name:text-is('b'))").bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y)
    page.mouse.move(x + 40, y)  # ten steps of 0.1
    page.mouse.up()
    settle(page)

    assert box(page, "b")[1] == "value 4"
    assert box(page, "J") == ["J = 3 × v", "value 39", "grad 1"]
    assert gradients(page) == {"a": "grad 3", "b": "grad 6", "c": "grad 12", "v": "grad 3", "J": "grad 1"}
    assert page.locator("#say").text_content().startswith("J = 39.")


@pytest.mark.parametrize("how", ["slider", "number", "arrow keys on the box", "address"])
def test_a_number_can_be_changed_in_every_way(opened: Callable[..., Any], how: str) -> None:
    page = opened(course_graph(), "#n2=4" if how == "address" else "")
    if how == "slider":
        page.locator("#slide-n2").focus()
        for _ in range(10):
            page.keyboard.press("ArrowRight")
    elif how == "number":
        page.locator("#number-n2").fill("4")
    elif how != "address":
        page.locator("#n2").focus()
        for _ in range(10):
            page.keyboard.press("ArrowUp")
            settle(page)
    settle(page)

    assert (box(page, "b")[1], box(page, "J")[1], box(page, "c")[2]) == ("value 4", "value 39", "grad 12")
    assert page.url.endswith("#n2=4")


def test_the_last_step_has_the_final_gradients(opened: Callable[..., Any]) -> None:
    page = opened(course_graph(), "#step=0")
    assert box(page, "b") == ["b"]
    for _ in range(20):
        page.keyboard.press("ArrowRight")

    assert gradients(page) == {"a": "grad 3", "b": "grad 6", "c": "grad 9", "v": "grad 3", "J": "grad 1"}


def test_steps_follow_the_numbers(opened: Callable[..., Any]) -> None:
    page = opened(course_graph(), "#step=9&n2=4")

    assert page.locator("#say").text_content() == "J = 39. Back from u to b: 3 × 2 = 6."
    page.locator("#number-n3").fill("5")  # c
    settle(page)
    assert page.locator("#say").text_content() == "J = 75. Back from u to b: 3 × 5 = 15."


def test_at_a_shared_node_each_arrival_is_a_term(opened: Callable[..., Any]) -> None:
    graph = expression("f = (a+b)*c + (a+b)*d", {"a": 2, "b": 3, "c": 4, "d": 5})
    graph.output.backward()
    page = opened(graph.output)
    lines = set()
    for i in range(15):
        page.evaluate(f"location.hash = '#step={i}'")
        settle(page)
        lines.add(box(page, "t1")[-1])

    assert {"grad 5 + …", "grad 4 + 5 = 9"} <= lines
    page.locator("#number-n3").fill("-4")
    settle(page)
    assert box(page, "t1")[-1] == "grad −4 + 5 = 1"


def test_a_question_takes_the_gradient_alone_and_lights_what_was_forgotten(opened: Callable[..., Any]) -> None:
    page = opened(course_graph())
    page.locator("#ask").click()
    assert {lines[-1] for lines in (box(page, name) for name in "abc")} == {"grad ?"}
    page.locator("#asked").select_option(label="b")
    page.locator("#answer").fill("3")
    page.keyboard.press("Enter")

    assert page.locator("#verdict").text_content() == (
        "3? That is what arrives at u. On the way back to b it is multiplied by ∂u/∂b: this factor is missing."
    )
    lit = page.locator("#picture .lit").get_attribute("id")
    assert page.locator(f"#{lit} title").text_content() == "∂u/∂b = 2"
    assert box(page, "b")[-1] == "grad ?"

    page.locator("#answer").fill("3 × 2")
    page.keyboard.press("Enter")
    assert page.locator("#verdict").text_content() == "Right: dJ/db = 6, from 3 × 2 = 6."
    assert (box(page, "b")[-1], box(page, "c")[-1]) == ("grad 6", "grad ?")
    assert page.locator("#steps").is_hidden()


def test_a_forgotten_use_is_lit(opened: Callable[..., Any]) -> None:
    x, y = Value(3.0, "x"), Value(4.0, "y")
    J = (x * y + 5 * x).named("J")
    J.backward()
    page = opened(J)
    page.locator("#ask").click()
    page.locator("#asked").select_option(label="x")
    for wrong, why in (
        ("4", "is missing"),
        ("-9", "the sign is not"),
        ("6", "this factor is missing"),
        ("x", "number"),
    ):
        page.locator("#answer").fill(wrong)
        page.keyboard.press("Enter")
        assert why in page.locator("#verdict").text_content()
    page.locator("#answer").fill("4 + 5")
    page.keyboard.press("Enter")
    assert page.locator("#verdict").text_content().startswith("Right: dJ/dx = 4 + 5 = 9.")


def test_a_nudge_shows_the_quotient_beside_the_gradient(opened: Callable[..., Any]) -> None:
    page = opened(course_graph())
    page.get_by_role("button", name="nudge b").click()

    assert page.locator("#told").text_content().startswith("b + 0.001: (33.006 − 33) / 0.001 = 6; the gradient is 6.")


def test_descent_lowers_the_cost_and_leaves_data_alone(opened: Callable[..., Any]) -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w", kind="parameter")
    J = ((w * x - 4) ** 2).named("J")
    J.backward()
    page = opened(J)
    page.locator("#rate").fill("0.05")
    for _ in range(3):
        page.locator("#descend").click()

    # w − 0.05 · 2 (2 w − 4) · 2: the distance from 2 is multiplied by 0.6 each time
    assert box(page, "w")[1] == f"value {number(2 + 0.6**3)}"
    assert box(page, "x")[1] == "value 2"
    assert page.locator("#told").text_content() == "After 3 steps: J = 1.44 → 0.5184 → 0.1866"
    page.locator("#reset").click()
    assert box(page, "w")[1] == "value 3"


def test_a_focused_box_lights_its_paths_and_tells_their_products(opened: Callable[..., Any]) -> None:
    page = opened(course_graph())
    page.locator("#n2").focus()

    assert page.locator("#paths li").all_text_contents() == ["b → u → v → J: 2 × 1 × 3 = 6"]
    assert page.locator("#picture .way").count() == 7


def small_network() -> Value:
    """A network of two layers, of which one has four neurons."""
    network = MLP(2, [4, 1], rng=random.Random(0))
    J: Value = ((network([Value(0.5, "x1"), Value(-0.5, "x2")]) - 1) ** 2).named("J")
    J.backward()
    return J


def test_a_click_unfolds_and_folds_and_numbers_stay(opened: Callable[..., Any]) -> None:
    page = opened(small_network().draw(depth=0))
    page.locator("#picture .folded:has(text:text-matches('^layer 1'))").click()
    page.locator("#picture .folded:has(text:text-matches('^neuron 3:'))").focus()
    page.keyboard.press("Enter")
    assert {"w1", "w2", "b", "x1"} <= {*page.locator("#picture .node text.name").all_text_contents()}
    page.locator("#picture .node:has(text.name:text-is('w1'))").focus()
    page.keyboard.press("ArrowUp")
    settle(page)
    changed = box(page, "J")[1]
    address = page.url.partition("#")[2]
    for name in ("neuron 3", "layer 1"):  # the frames are folded again
        page.locator(f"#picture .scope > text:text-is('{name}')").click()
    settle(page)

    assert page.locator("#picture .scope").count() == 0
    assert box(page, "J")[1] == changed != f"value {number(small_network().data)}"
    page = opened(small_network().draw(depth=0), f"#{address}")
    assert box(page, "J")[1] == changed
    assert page.locator("#picture .scope").count() == 2


def test_of_a_small_graph_a_frame_is_folded_by_a_click(opened: Callable[..., Any]) -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w", kind="parameter")
    z = (w * x).named("z", scope="layer 1")
    a = z.tanh().named("a", scope="layer 1")
    J = ((a - 1) ** 2).named("J")
    J.backward()
    page = opened(J)
    page.locator("#picture .scope > text").click()
    assert page.locator("#picture .node.folded").count() == 1
    page.locator("#picture .node.folded").click()
    assert page.locator("#picture .node.folded").count() == 0
    assert box(page, "z")[-1].startswith("grad")


def test_a_name_is_found_in_whatever_picture_shows_it(opened: Callable[..., Any]) -> None:
    page = opened(small_network().draw(depth=0))
    page.locator("#find").fill("w2")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.querySelector('text').textContent") == "w2"
    page.locator("#find").fill("nonsense")
    page.keyboard.press("Enter")
    assert page.locator("#say").text_content() == "No box has nonsense in it."


def test_of_what_is_larger_than_the_window_there_is_a_small_picture(opened: Callable[..., Any]) -> None:
    page = opened(course_graph())
    assert page.locator("#map").is_hidden()
    for _ in range(8):
        page.keyboard.press("+")
    assert page.locator("#map").is_visible()
    assert page.locator("#map rect").count() == 7 + 1
    page.locator("#map").click(position={"x": 150, "y": 30})  # the output
    assert page.evaluate("document.querySelector('#picture').scrollLeft") > 100


def test_an_arrow_that_is_clicked_says_its_rule_and_so_does_a_box(opened: Callable[..., Any]) -> None:
    y = (Value(-2.0, "x").relu() * 3).named("y")
    y.backward()
    page = opened(y)
    page.locator("#e0 text").click()
    assert (
        page.locator("#rule")
        .text_content()
        .startswith("relu: f = relu(x)\n(slope 0 at the kink, as PyTorch)\n∂f/∂x = [x > 0]\n")
    )
    page.locator("#picture .node:has(text.name:text-matches('^y'))").focus()
    assert page.locator("#rule").text_content() == "mul: f = x × y\n∂f/∂x = y\n∂f/∂y = x"


def test_the_keyboard_alone_suffices(opened: Callable[..., Any]) -> None:
    page = opened(course_graph())
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))

    wanted = {
        "first",
        "play",
        "slider",
        "ask",
        "flow",
        "theme",
        "number-n1",
        "slide-n1",
        "descend",
        "n1",
        "n6",
        "picture",
    }
    assert wanted <= reached


def test_the_theme_follows_the_system_or_the_choice(opened: Callable[..., Any]) -> None:
    page = opened(course_graph(), color_scheme="dark")
    color = "getComputedStyle(document.querySelector('#picture text.value')).fill"
    assert page.evaluate(color) == "rgb(140, 200, 240)"
    page.locator("#theme").select_option("light")
    assert page.evaluate(color) == "rgb(0, 90, 140)"
    assert page.url.endswith("theme=light")


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_leaves_its_box(opened: Callable[..., Any], width: int) -> None:
    page = opened(course_graph(), "#n1=-123456.789&n2=-0.00012345", viewport={"width": width, "height": 800})
    page.locator("#flow").click()
    sizes = page.evaluate(
        """[...document.querySelectorAll("#picture .node")].map((node) => {
            const shape = node.querySelector("path, polygon").getBoundingClientRect();
            return [...node.querySelectorAll("text")].map((text) => text.getBoundingClientRect())
                .map((text) => [text.left - shape.left, shape.right - text.right]);
        }).flat(2)"""
    )

    assert min(sizes) >= 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_page_of_arrays_ends_with_its_gradients(opened: Callable[..., Any]) -> None:
    J = (Tensor([[1.0, 2.0]], "W", kind="parameter") @ Tensor([[3.0], [4.0]], "X")).sum().named("J")
    J.backward()

    assert box(opened(J), "W") == ["W", "value (1, 2) [1 2]", "grad [3 4]"]


def test_what_is_folded_is_computed_anew_and_many_arrows_say_that_they_are_not(
    opened: Callable[..., Any],
) -> None:
    def network(x1: float) -> Value:
        J: Value = (MLP(2, [4, 1], rng=random.Random(1))([Value(x1, "x1"), Value(-0.5, "x2")]) ** 2).named("J")
        J.backward()
        return J

    page = opened(network(0.5).draw(depth=0), "#n0=0.75")
    shown = {
        one.id: [text for kind, text in one.lines if kind != "name"]
        for one in network(0.75).draw(depth=0).picture.boxes
        if one.kind == "folded"
    }

    assert page.locator("#picture .stale.node").count() == 0
    assert {id: page.locator(f"#{id} text:not(.name)").all_text_contents() for id in shown} == shown
    assert "not computed anew, since it is folded" in page.locator("#steps").inner_text()


@pytest.mark.parametrize("root", ["arrays", "moved", "twice"])
def test_where_numbers_cannot_be_changed_the_page_says_why(opened: Callable[..., Any], root: str) -> None:
    J: Any = course_graph()
    if root == "arrays":
        J = (Tensor([[1.0, 2.0]], "W", kind="parameter") @ Tensor([[3.0], [4.0]], "X")).sum().named("J")
        J.backward()
    elif root == "moved":
        next(x for x in topological(J) if x.name == "b").data = 7.0
    else:
        J.backward()
    page = opened(J)

    assert "cannot be changed here" in page.locator("aside").inner_text()
    assert page.locator("#inputs").is_hidden()
    assert box(page, "J")[-1].startswith("grad")


def test_a_whole_network_is_computed_in_a_frame(opened: Callable[..., Any]) -> None:
    network = MLP(2, [16, 1])
    J = (network([Value(0.5, "x1"), Value(-0.5, "x2")]) ** 2).named("J")
    J.backward()
    page = opened(J)
    took = page.evaluate(
        """new Promise((done) => { const start = performance.now();
            const field = document.querySelector("#inputs input"); field.value = "0.75";
            field.dispatchEvent(new Event("input"));
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))); })"""
    )

    assert took < 500  # on a busy machine


def test_while_a_number_is_dragged_what_is_in_sight_is_drawn_and_then_all(opened: Callable[..., Any]) -> None:
    y = Value(0.5, "x")
    for _ in range(140):
        y = y * 1.01
    y = y.named("y")
    y.backward()
    page = opened(y.draw(most=300))
    written = page.evaluate(
        """new Promise((done) => { const met = new Set(); const field = document.querySelector("#inputs input");
            new MutationObserver((changes) => changes.forEach((one) => met.add(one.target)))
                .observe(document.querySelector("#picture"), { subtree: true, childList: true });
            field.value = "0.75"; field.dispatchEvent(new Event("input"));
            requestAnimationFrame(() => Promise.resolve().then(() => { const first = met.size;
                setTimeout(() => done([first, met.size]), 400); })); })"""
    )

    assert 0 < written[0] < 60  # this does not depend on how large the graph is
    assert written[1] > 140
    assert box(page, "y")[1] == f"value {number(0.75 * 1.01**140)}"


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(case=drawn())
def test_whatever_the_graph_the_page_ends_as_the_picture(opened: Callable[..., Any], case: Any) -> None:
    drawing = drawing_of(*case)
    page = opened(drawing)
    shown = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll("#picture .node")].map((node) =>
            [node.id, [...node.querySelectorAll("text:not(.unknown)")].map((text) => text.textContent.trim())]))"""
    )
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    if page.locator("#inputs input").count():
        page.locator("#inputs input[type=number]").first.fill("0.25")
    settle(page)
    page.close()

    boxes = drawing.picture.boxes
    assert shown.keys() == {one.id for one in boxes}
    for one in boxes:
        if one.kind != "hidden":
            assert [" ".join(x.split()) for x in shown[one.id] if x] == [
                " ".join(text.split()) for _, text in one.lines if text.strip()
            ]


# --- numbers, without a browser ------------------------------------------------------------


def in_node(formula: str) -> Any:
    """What a formula is worth where the page's own functions are."""
    code = f"{(HERE / 'numbers.js').read_text(encoding='utf-8')}\nprocess.stdout.write(JSON.stringify({formula}))"
    ran = subprocess.run([str(NODE), "-"], input=code, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(ran.stdout)


def some(draw: random.Random) -> float:
    """A number of some kind."""
    size = 10 ** draw.choice([draw.uniform(-8, 8), draw.uniform(-300, 300)])
    ties = [0.0, 12345.0, 0.5, 0.125, 2.5, 99995.0, 9.9995, 5e-324, 1.7e308, 1e22]
    return draw.choice([-1, 1]) * draw.choice([size, float(draw.randint(0, 20)), round(size, 2), draw.choice(ties)])


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_numbers_and_sums_are_written_as_in_python() -> None:
    draw = random.Random(0)
    numbers = [(some(draw), draw.randint(1, 6)) for _ in range(3000)]
    sums = [[some(draw) for _ in range(draw.randint(2, 6))] for _ in range(3000)]

    assert in_node(f"{json.dumps(numbers)}.map(([x, digits]) => number(x, digits))") == [
        number(*one) for one in numbers
    ]
    totals = json.dumps([[terms, sum(terms)] for terms in sums])
    assert in_node(f"{totals}.map(([terms, total]) => addition(terms, total))") == [
        addition(terms, sum(terms), (4, 3, 5)) for terms in sums
    ]


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_what_is_typed_is_a_number_or_not() -> None:
    texts = ["6", " −0.5 ", "4 + 5", "3 × 2", "1/3", "2*-3", "-3*-2-1", "0,5", "1e3", "", "x", "2**3", "--3", "1+"]

    assert in_node(f"{json.dumps(texts)}.map(typed)") == [
        *(6, -0.5, 9, 6, 1 / 3, -6, 5, 0.5, 1000),
        *[None] * 5,  # NaN
    ]


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_the_page_computes_what_the_sweep_does() -> None:
    network = MLP(2, [4, 3, 1])
    x = [Value(0.5, "x1"), Value(-1.5, "x2")]
    J = (network(x).sigmoid().log() + (x[0] * x[0]) ** 1.5 + x[0].relu() * x[1].gelu() + x[1] * x[0]).named("J")
    J.backward()
    drawn = picture(J, most=200)
    computed = live([drawn])
    assert computed.about is not None
    given = json.dumps([one["value"] for one in computed.about["inputs"]])
    values, grads, uses = in_node(f"(() => {{ {computed.source}\nreturn recompute({given}); }})()")
    place, use = places(drawn, computed)
    shown = list(computed.nodes)

    assert {one.id: one.node for one in drawn.boxes} == {id: shown[i] for id, i in place.items()}
    assert values == pytest.approx([node.data for node in shown], rel=1e-12)
    assert grads == pytest.approx([node.grad for node in shown], rel=1e-12, abs=1e-300)
    for arrow in drawn.arrows:
        grad, slope = uses[use[arrow.id]]
        assert grad * slope == pytest.approx(arrow.edge.flow, rel=1e-12), step(arrow.edge)
