import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from xml.etree import ElementTree

import pytest

from microgradnn import Value
from microgradnn.draw.render import render, renderer
from microgradnn.errors import RendererMissing, RenderError

module = importlib.import_module("microgradnn.draw.render")
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the system has no Graphviz")
DOT = r"""digraph microgradnn {
  rankdir=LR; node [shape=box, fontname="Arial", fontsize=10];
  subgraph cluster_1 { id=s1; class=scope; label="layer 1\l";
    n0 [id=n0, class=input, label="ŷ − σ²\lvalue 3\l", tooltip="∂J/∂ŷ & <b>\n😀"]; }
  n1 [id=n1, class=output, style="filled,rounded,bold", label="J = 3 × ŷ\lgrad 1\l"];
  n0 -> n1 [id=e0, label="∂ 3", style=dashed, tooltip="∂J/∂ŷ = 3 → ŷ"];
}"""
ENDLESS = "import time\nwhile True: time.sleep(1)"
GREEDY = "digraph { a -> b [minlen=30000] }"  # a node for each rank between the two: 64 to 100 MB


def without_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)


@pytest.fixture(params=["embedded", pytest.param("system", marks=needs_dot)])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "embedded":
        without_dot(monkeypatch)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def replace(code: str) -> None:
        script = tmp_path / "child.py"
        script.write_text(code)
        without_dot(monkeypatch)
        monkeypatch.setattr(module, "EMBEDDED", script)

    return replace


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    children: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return children


def content(svg: bytes) -> list[tuple[str, ...]]:
    """What is drawn, in order, without where it is drawn."""
    keys = ("id", "class", "{http://www.w3.org/1999/xlink}title", "stroke-dasharray")
    return [
        (element.tag.split("}")[-1], *(element.get(key, "") for key in keys), (element.text or "").strip())
        for element in ElementTree.fromstring(svg).iter()
    ]


def test_unicode_ids_classes_and_tooltips_survive(either: None) -> None:
    drawn = content(render(DOT))

    texts = [row[-1] for row in drawn if row[0] == "text"]
    assert texts == ["layer 1", "ŷ − σ²", "value 3", "J = 3 × ŷ", "grad 1", "∂ 3"]
    groups = {row[1]: row[2] for row in drawn if row[0] == "g" and row[2]}
    assert groups == {"graph0": "graph", "s1": "cluster scope", "n0": "node input", "n1": "node output", "e0": "edge"}
    assert {"∂J/∂ŷ & <b>\n😀", "∂J/∂ŷ = 3 → ŷ"} <= {row[3] for row in drawn}


@needs_dot
def test_both_renderers_draw_the_same_but_for_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    system = render(DOT)
    without_dot(monkeypatch)

    assert content(render(DOT)) == content(system)


def test_the_same_graph_gives_the_same_bytes(either: None) -> None:
    assert render(DOT) == render(DOT)


@needs_dot
@pytest.mark.parametrize(("format", "start"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_pdf_and_png_are_the_same_from_run_to_run(format: str, start: bytes) -> None:
    picture = render(DOT, format)

    assert picture.startswith(start)
    assert picture == render(DOT, format)
    assert not re.search(rb"CreationDate \(D:(?!1970)", picture)


@pytest.mark.parametrize("format", ["pdf", "png"])
def test_pdf_and_png_without_dot_name_what_to_install(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_dot(monkeypatch)

    with pytest.raises(RendererMissing, match=rf"^{format} needs .* apt .* brew .* winget .* svg works without"):
        render(DOT, format)


def test_an_unknown_format_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^unknown format 'pgn' \(choose from pdf, png, svg\)$"):
        render(DOT, "pgn")


def test_the_renderer_is_named_with_its_version(either: None) -> None:
    assert re.fullmatch(r"Graphviz \d+\.\d+\.\d+ \(.+\)", renderer())


@pytest.mark.parametrize("dot", ["", "digraph { a -> ; }", "digraph { a", 'digraph { a [label="\0"] }'])
def test_what_is_not_dot_is_an_error(dot: str, either: None) -> None:
    with pytest.raises(RenderError, match="Graphviz gave no picture"):
        render(dot)


def test_a_character_that_no_text_holds_is_replaced(either: None) -> None:
    assert ("text", "", "", "", "", "?") in content(render('digraph { a [label="\ud800"] }'))


def test_memory_has_a_limit(either: None, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux" and shutil.which("dot"):
        pytest.skip("only Linux limits the memory of another program")
    assert render(GREEDY).startswith(b"<?xml")
    monkeypatch.setattr(module, "MEMORY", 32 << 20)

    words = "no picture" if shutil.which("dot") else "no picture .* out of memory"
    with pytest.raises(RenderError, match=words):
        render(GREEDY)


def test_a_sandbox_that_overflows_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    without_dot(monkeypatch)
    deep = "digraph {" + "".join(f"subgraph cluster_{i} {{" for i in range(5000)) + "}" * 5001

    with pytest.raises(RenderError, match=r"\(exit status 1\): wasm trap: .*;"):
        render(deep)


def test_a_layout_that_does_not_end_is_an_error(
    child: Callable[[str], None], started: list[subprocess.Popen[bytes]]
) -> None:
    child(ENDLESS)

    with pytest.raises(RenderError, match=r"no layout after 0\.1 s; draw a smaller part"):
        render(DOT, timeout=0.1)
    assert [one.returncode is None for one in started] == [False]


@needs_dot
def test_a_system_layout_that_does_not_end_is_an_error(started: list[subprocess.Popen[bytes]]) -> None:
    with pytest.raises(RenderError, match="no layout after"):
        render(GREEDY, timeout=0.001)
    assert [one.returncode is None for one in started] == [False]


def test_an_interrupt_ends_the_child(
    child: Callable[[str], None], started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0])

    def interrupt() -> float:
        for time in times:
            return time
        raise KeyboardInterrupt

    child(ENDLESS)
    monkeypatch.setattr(importlib.import_module("microgradnn.engine.processes"), "monotonic", interrupt)

    with pytest.raises(KeyboardInterrupt):
        render(DOT)
    assert [one.returncode is None for one in started] == [False]


def test_a_crash_is_an_error_with_the_last_words(child: Callable[[str], None]) -> None:
    child("import os, sys\nprint('a last word', file=sys.stderr, flush=True)\nos.abort()")

    with pytest.raises(RenderError, match=r"(?s)Graphviz gave no picture \(.+\): .*a last word"):
        render(DOT)


def test_a_child_that_says_nothing_is_an_error(child: Callable[[str], None]) -> None:
    child("pass")

    with pytest.raises(RenderError, match=r"\(exit status 0\): it said nothing"):
        render(DOT)


def test_a_program_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: str(tmp_path / "dot"))

    with pytest.raises(RenderError, match="could not be started"):
        render(DOT)


def test_a_machine_that_the_embedded_renderer_does_not_know_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wasmtime.py").write_text("raise RuntimeError('unsupported architecture: pdp11')")
    monkeypatch.syspath_prepend(tmp_path)
    without_dot(monkeypatch)

    with pytest.raises(RendererMissing, match="does not run here: unsupported architecture: pdp11; install Graphviz"):
        render(DOT)


def test_a_home_that_cannot_be_written_to_costs_time_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file, so that no directory can be made in it")
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    without_dot(monkeypatch)

    assert render(DOT).startswith(b"<?xml")


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A `dot` of one's own, in Python."""

    def install(code: str) -> None:
        script = tmp_path / "dot"
        script.write_text(f"#!{sys.executable}\nimport sys, os\n{code}\n", encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda name: str(script))

    return install


def svg(inner: str) -> str:
    """A program that prints an SVG."""
    text = f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>'
    return f"print({text!r})"


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
@pytest.mark.parametrize(
    "code",
    [
        "print('hello')",
        "sys.stdout.buffer.write(os.urandom(5000))",
        "sys.stdout.buffer.write(b'<svg ' + bytes(range(256)))",
        svg(""),
        svg('<g id="graph0"/>'),
        svg('<g id="graph0"><title>x</title></g>'),
        svg('<g id="graph0"><title>x</title><polygon/></g>'),
        "print('<?xml version=\"1.0\"?><svg><g>')",
        "print('<!DOCTYPE x [<!ENTITY a \"' + 'a'*9999 + '\">]><svg>' + '&a;'*99999 + '</svg>')",
        "while True: print('x' * 9999)",
        "while True: print('x' * 9999, file=sys.stderr)",
        "os.close(0); os.close(1)",
    ],
)
def test_whatever_a_dot_prints_is_a_picture_or_an_error(
    code: str, dot: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 1_000_000)
    dot(code)

    with pytest.raises(RenderError, match=r"install Graphviz|smaller part"):
        (Value(2.0, "x") * 3).draw().svg()


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
@pytest.mark.parametrize("format", ["pdf", "png"])
def test_what_is_no_such_picture_is_not_written(format: str, dot: Callable[[str], None], tmp_path: Path) -> None:
    dot("print('hello')")
    path = tmp_path / f"y.{format}"
    path.write_bytes(b"old")

    with pytest.raises(RenderError, match=f"no {format}"):
        (Value(2.0, "x") * 3).draw().save(path)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_a_child_of_the_renderer_is_ended_with_it(dot: Callable[[str], None], tmp_path: Path) -> None:
    dot(
        "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))"
    )

    with pytest.raises(RenderError, match="no picture"):
        render(DOT)
    pid = int((tmp_path / "pid").read_text())
    state, end = Path(f"/proc/{pid}/stat"), monotonic() + 20
    while state.exists() and state.read_text().split()[2] != "Z":
        assert monotonic() < end
        sleep(0.05)
