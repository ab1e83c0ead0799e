"""Training, seen: what a moment says, what is kept of a training, what the server answers and refuses."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import chain, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from microgradnn.data import gate, moons
from microgradnn.errors import DivergedError
from microgradnn.nn import Network, TrainingRecording, Watch
from microgradnn.nn.watch.broadcast import VIEWERS
from microgradnn.nn.watch.look import POINTS, Look
from microgradnn.nn.watch.page import HERE, scripts
from microgradnn.nn.watch.playground import PACES, Playground
from microgradnn.nn.watch.server import HEADERS, LONGEST
from tests.draw.test_live import NODE

X, Y, *_ = gate("xor")


# --- what is seen -----------------------------------------------------------------------------


def numbers_of(moment: dict[str, Any]) -> list[float]:
    return [float(x) for x in np.frombuffer(b64decode(moment["theta"]), "<f4")]


def test_a_moment_has_the_parameters_the_cost_and_the_gradients_by_size() -> None:
    network = Network([2, 2, 1], hidden="tanh", seed=0)
    J = network.cost(X, Y)
    J.backward()
    moment = Look(network, X, Y).moment(7, passes=1.75, rate=0.5)

    layers = [[*layer.W.numpy().ravel(), *layer.b.numpy().ravel(), 0.01] for layer in network.layers]
    assert numbers_of(moment) == pytest.approx(list(chain(*layers)), rel=1e-6)  # floats of 32 bits
    assert moment["J"] == pytest.approx(J.item(), rel=1e-4)  # five digits
    for layer, found in zip(network.layers, moment["gradients"], strict=True):
        g = np.concatenate([layer.W.grad_data.ravel(), layer.b.grad_data.ravel()])
        assert [sum(counts) for counts in found["counts"]] == [(g > 1e-8).sum(), (g < -1e-8).sum()]
        assert found["lost"] == (abs(g) <= 1e-8).sum()
        part = int(np.floor((np.log10(abs(g).max()) + 8) * 2))
        assert [k for k in range(18) if found["counts"][0][k] or found["counts"][1][k]][-1] == part
        assert found["norm"] == pytest.approx(np.linalg.norm(g), rel=1e-4)


def test_of_many_examples_and_of_large_networks_some_are_shown() -> None:
    rng = np.random.default_rng(0)
    look = Look(Network([64, 40, 10, 3], output="softmax", seed=0), rng.normal(size=(64, 9)), np.eye(3).repeat(3, 1))
    about = look.about()
    assert (about["sizes"], about["sent"], about["plane"]) == ([64, 40, 10, 3], [12, 12, 10, 3], None)
    assert len(numbers_of(look.moment(0, passes=0, rate=1))) == sum(
        n * (k + 1) + 1 for k, n in ((12, 12), (12, 10), (10, 3))
    )

    assert about["classes"] == ["0", "1", "2"]

    points = moons(1000)
    assert len(Look(Network([2, 1], seed=0), points.X, points.Y).about()["points"][1]) == POINTS


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_the_page_computes_what_the_network_does() -> None:
    inputs = np.array([[-1, 0.5, 2], [3, 0.25, -2]])
    cases, calls = [], []
    for names in (
        ["tanh", "relu", "sigmoid"],
        ["gelu", "elu", "softmax"],
        ["silu", "softplus", "linear"],
        ["leaky_relu", "sigmoid", "softmax"],
    ):
        network = Network([2, 3, 4, 2], hidden=names[:2], output=names[2], loss="squared_error", seed=1, slope=0.25)
        theta = Look(network, X, np.eye(2)[[0, 1, 1, 0]].T).parameters()
        for layer in network.layers:
            layer.W.data = layer.W.numpy().astype("f4").astype(float)
        cases.append(network)
        calls.append(f"forward(inputs, layersOf({json.dumps(theta)}, [2, 3, 4, 2]), {names})")
    code = f"""{chr(10).join(scripts()[:3])}
    const inputs = {inputs.tolist()}.map((row) => Float64Array.from(row));
    console.log(JSON.stringify([{", ".join(calls)}].map((all) => all.map((rows) => rows.map((row) => [...row])))));"""
    ran = subprocess.run([str(NODE), "-"], input=code, capture_output=True, text=True, check=True, timeout=60)

    for network, found in zip(cases, json.loads(ran.stdout), strict=True):
        assert found[1] == pytest.approx(network.layers[0](inputs).numpy(), rel=1e-12)
        assert found[3] == pytest.approx(network(inputs).numpy(), rel=1e-12)


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_the_line_is_where_the_height_is_0() -> None:
    code = (
        (HERE / "forward.js").read_text(encoding="utf-8")
        + """
    const [x, y] = gridOf([-1, 1, -1, 1], 41);
    console.log(levelLine(x.map((_, k) => Math.hypot(x[k], y[k]) - 0.5), 41));"""
    )
    ran = subprocess.run([str(NODE), "-"], input=code, capture_output=True, text=True, check=True, timeout=60)
    points = np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", ran.stdout), float) * 2 - 1

    assert len(points) > 100
    assert np.hypot(*points.T) == pytest.approx(0.5, abs=2e-3)  # half a cell's width squared, over twice the radius
    assert np.ptp(points, axis=0) == pytest.approx(1, abs=2e-3)  # all around


# --- what is kept ------------------------------------------------------------------------------


def data_of(page: str) -> dict[str, Any]:
    return dict(json.loads(re.findall(r'id="data">(.*?)</script>', page)[0]))


def test_a_recording_has_the_training_from_beginning_to_end_and_keeps_to_its_size(tmp_path: Path) -> None:
    history = Network([2, 12, 12, 1], seed=0).fit(X, Y, iterations=700, watch=tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    moments = data_of(page)["moments"]
    steps = [moment["steps"] for moment in moments]

    assert len(page.encode()) < 300_000
    assert (steps[0], steps[-1]) == (0, 700)
    assert len({b - a for a, b in pairwise(steps[:-1])}) == 1
    assert moments[0]["J"] == pytest.approx(history.costs[0], rel=1e-4)
    assert moments[-1]["J"] == pytest.approx(history.cost, rel=1e-4)
    assert moments[-1]["said"] == "Done: all 700 iterations done."


def test_a_training_that_is_watched_has_the_same_numbers() -> None:
    plain, seen = (Network([2, 3, 1], seed=0) for _ in range(2))
    recording = TrainingRecording()
    assert (
        plain.fit(X, Y, iterations=20, seed=0, batch_size=3).costs
        == seen.fit(X, Y, iterations=20, seed=0, batch_size=3, watch=recording).costs
    )
    assert repr(recording) == "<recording of 21 moments, up to step 20>"


def test_what_diverges_is_kept_too(tmp_path: Path) -> None:
    with pytest.raises(DivergedError), np.errstate(all="ignore"):
        Network([2, 1], output="linear", seed=0).fit(
            X * 1e3, Y, learning_rate=9.0, iterations=99, watch=tmp_path / "run.html"
        )
    last = data_of((tmp_path / "run.html").read_text(encoding="utf-8"))["moments"][-1]

    assert "is not finite" in last["said"] or "went too far" in last["said"]


@pytest.mark.parametrize(
    ("watch", "kind", "said"),
    [
        ("run.pdf", ValueError, "ends in .html; got 'run.pdf'"),
        (3, TypeError, "watch is True for a page in the browser"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_the_first_step(watch: Any, kind: type[Exception], said: str) -> None:
    network = Network([2, 1], seed=0)
    before = network.layers[0].W.numpy().copy()
    with pytest.raises(kind, match=re.escape(said)):
        network.fit(X, Y, watch=watch)
    assert (network.layers[0].W.numpy() == before).all()
    with pytest.raises(ValueError, match="nothing was recorded"):
        TrainingRecording().page()


def test_names_of_users_are_text() -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    look = Look(Network([2, 1], seed=0), X, Y, features=[hostile, "&"], classes=[hostile, "<b>"])
    recording = TrainingRecording(hostile)
    recording.clear(look.about())
    recording.add(look.moment(0, passes=0, rate=1))
    page = recording.page()

    assert "<img" not in page
    assert data_of(page)["about"]["classes"] == [hostile, "<b>"]
    assert "innerHTML" not in "".join(scripts())


# --- the server ----------------------------------------------------------------------------------


@pytest.fixture
def playground() -> Iterator[tuple[Playground, Callable[..., tuple[int, str]]]]:
    """A playground that is served, and a function that asks the server for something."""
    ground = Playground(layers=[2], seed=0)
    server = ground.serve()

    def ask(path: str = "/", order: object = None, **headers: str) -> tuple[int, str]:
        address = urlsplit(server.address)
        with closing(HTTPConnection("127.0.0.1", address.port or 0, timeout=10)) as line:
            whole = path if "?" in path else f"{path}?{address.query}"
            body = None if order is None else json.dumps(order)
            kind = {} if order is None else {"Content-Type": "application/json"}
            line.request(
                "GET" if body is None else "POST",
                whole,
                body,
                {**kind, **{k.replace("_", "-"): v for k, v in headers.items()}},
            )
            answer = line.getresponse()
            if path.startswith("/events") and answer.status == 200:
                told = [answer.readline() for _ in range(6)]
                return 200, b"".join(told).decode()
            assert {name: answer.getheader(name) for name in HEADERS} == HEADERS
            return answer.status, answer.read().decode()

    yield ground, ask
    server.close("end")


def test_without_the_token_or_from_elsewhere_nothing_is_answered(playground: Any) -> None:
    ground, ask = playground
    assert ask()[0] == 200
    for path in ("/", "/events", "/recording", "/do"):
        order = {"do": "run"} if path == "/do" else None
        for more in (
            {"path": f"{path}?token=wrong"},
            {"path": f"{path}?"},
            {"Host": "evil.example"},
            {"Host": "127.0.0.1:1"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec_Fetch_Site": "cross-site"},
        ):
            status, said = ask(**{"path": path, "order": order} | more)
            assert (status, "recording" in said) == (403, False), (path, more)
    assert not ground.running
    assert ask("/nowhere")[0] == 404


IMPOSSIBLE: list[Any] = [
    *([], "run", 3, {}, {"do": "x"}, {"do": ["run"]}, {"do": "step", "of": "year"}),
    {"do": "set", "what": "rate", "to": -1},
    {"do": "set", "what": "rate", "to": 10**400},
    {"do": "set", "what": "rate", "to": "0.1"},
    {"do": "set", "what": "data", "to": "/etc/passwd"},
    {"do": "set", "what": "seed", "to": 1},
    {"do": "set", "what": "batch", "to": "0"},
    {"do": "units", "layer": 2, "by": 1},
    {"do": "units", "layer": 1, "by": 100},
    {"do": "layers", "by": 0},
]


def test_an_order_that_cannot_be_is_refused_and_changes_nothing(playground: Any) -> None:
    ground, ask = playground
    before = ground.moment()
    for order in IMPOSSIBLE:
        status, said = ask("/do", order)

        assert (status, bool(said)) == (200, True), order
        assert ground.moment() == before, order


def test_an_order_that_is_too_long_is_not_read(playground: Any) -> None:
    _, ask = playground
    assert ask("/do", {"do": "x" * LONGEST})[0] == 413
    assert ask("/do", {"do": "run"}, Content_Type="text/plain")[0] == 415


def test_two_viewers_see_the_same_and_who_comes_later_sees_all(playground: Any) -> None:
    ground, ask = playground
    for of in ("example", "batch", "epoch"):
        assert ask("/do", {"do": "step", "of": of}) == (200, "")
    one, other = ask("/events")[1], ask("/events")[1]

    assert one == other
    about, moment = (json.loads(line) for line in re.findall(r"data: (.*)", one))
    assert (moment["steps"], moment["passes"]) == (ground.steps, 1.25 + 0.75)
    assert [steps for steps, _ in about["trail"]] == [0, 1, 2, 3]
    assert moment["theta"] == ground.moment()["theta"]


def test_there_is_an_end_to_how_many_look(playground: Any) -> None:
    ground, ask = playground
    ground.shown.viewers = VIEWERS
    assert ask("/events") == (503, f"there are {VIEWERS} viewers already")


# --- the playground ------------------------------------------------------------------------------


def test_the_three_steps_are_of_an_example_a_batch_and_a_pass() -> None:
    ground = Playground("moons", layers=[3], batch_size=32, seed=0)
    m = ground.examples.X.shape[1]
    counts = []
    for of in ("example", "batch", "epoch", "epoch"):
        ground.obey({"do": "step", "of": of})
        counts.append((ground.steps, ground.seen))

    rest = -(-(m - 33) // 32)
    assert counts == [(1, 1), (2, 33), (2 + rest, m), (2 + rest + -(-m // 32), 2 * m)]


def test_a_step_is_the_step_of_fit() -> None:
    ground = Playground(layers=[3], learning_rate=0.5, seed=4)
    network = Network([2, 3, 1], hidden="tanh", seed=4)
    network.fit(X, Y, learning_rate=0.5, iterations=5)
    for _ in range(5):
        ground.step(4)

    for p, q in zip(ground.network.parameters(), network.parameters(), strict=True):
        assert p.numpy() == pytest.approx(q.numpy(), rel=1e-12)


def test_a_unit_that_is_added_has_no_say_at_first_and_learns() -> None:
    ground = Playground("moons", layers=[3, 3], seed=0)
    ground.obey({"do": "step", "of": "epoch"})
    before = ground.network(ground.examples.X).numpy()
    ground.obey({"do": "units", "layer": 1, "by": 1})
    assert ground.network.n == [2, 4, 3, 1]
    assert ground.network(ground.examples.X).numpy() == pytest.approx(before, rel=1e-12)
    ground.obey({"do": "step", "of": "batch"})
    assert (ground.network.layers[1].W.numpy()[:, 3] != 0).all()
    W = ground.network.layers[0].W.numpy()[:3].copy()
    ground.obey({"do": "units", "layer": 1, "by": -1})
    assert (ground.network.layers[0].W.numpy() == W).all()
    assert ground.steps == 2


def test_a_rate_that_is_too_large_pauses_and_says_so() -> None:
    ground = Playground("moons", layers=[3], hidden="relu", seed=0)
    ground.examples = ground.examples._replace(X=ground.examples.X * 1e200)
    ground.adopt(ground.network)
    ground.obey({"do": "run"})
    ground.obey({"do": "set", "what": "rate", "to": 1e6})
    for _ in range(20):
        if not ground.step(ground.batch):
            break
    assert not ground.running
    assert "not finite" in ground.said
    ground.obey({"do": "restart"})
    assert ground.steps == 0


def test_it_runs_at_the_pace_that_is_chosen_until_it_is_ended() -> None:
    ground = Playground(layers=[2], seed=0)
    ended = threading.Event()
    thread = threading.Thread(target=ground.run, args=(ended.is_set,))
    thread.start()
    ground.obey({"do": "set", "what": "pace", "to": next(name for name, pace in PACES.items() if not pace)})
    ground.obey({"do": "run"})
    viewer = ground.shown.follow()
    while '"steps":0' in next(text for kind, text in viewer if kind == "moment"):
        pass
    ground.obey({"do": "pause"})
    steps = ground.steps
    ended.set()
    thread.join(10)

    assert not thread.is_alive()
    assert ground.steps == steps > 0


# --- a training of one's own, watched ---------------------------------------------------------------


def test_a_training_can_be_paused_and_its_rate_changed_from_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch(open=False) as watch:
        assert watch.address in capsys.readouterr().err
        network, done = Network([2, 3, 1], hidden="tanh", seed=0), threading.Event()
        watch.shown.count(1)  # somebody looks
        found: list[Any] = []

        def train() -> None:
            found.append(network.fit(X, Y, learning_rate=0.5, iterations=40, watch=watch))
            done.set()

        thread = threading.Thread(target=train)
        thread.start()
        viewer = watch.shown.follow()
        next(text for kind, text in viewer if kind == "moment")
        watch.obey({"do": "pause"})
        paused = next(json.loads(text) for kind, text in viewer if kind == "moment" and '"running":false' in text)
        watch.obey({"do": "set", "what": "rate", "to": 0.125})
        watch.obey({"do": "step", "of": "batch"})
        after = next(
            json.loads(text) for kind, text in viewer if kind == "moment" and f'"steps":{paused["steps"] + 1},' in text
        )
        assert after["rate"] == 0.125
        with pytest.raises(ValueError, match="does not know the order"):
            watch.obey({"do": "layers", "by": 1})
        watch.obey({"do": "set", "what": "pace", "to": "full speed"})
        watch.obey({"do": "run"})
        thread.join(20)

        assert done.is_set()
        assert len(found[0]) == 40
        rates = found[0].learning_rates
        assert rates[: paused["steps"]] == [0.5] * paused["steps"]
        assert rates[paused["steps"] :] == [0.125] * (40 - paused["steps"])
        assert json.loads(watch.shown.moment)["said"] == "Done: all 40 iterations done."


def test_a_port_that_is_taken_or_is_none_is_said() -> None:
    ground = Playground(layers=[2], seed=0)
    server = ground.serve()
    try:
        with pytest.raises(OSError, match="choose another: 'port "):
            Playground(layers=[2], seed=0).serve(server.server_port)
    finally:
        server.close("that was all")
    with pytest.raises(ValueError, match=r"a port is a number from 1 to 65535, .*; got 99999"):
        ground.serve(99999)
