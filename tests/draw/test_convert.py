"""PNG and PDF of a drawing where the system has no Graphviz, by libraries that pip installs."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import pytest

from microgradnn import Value
from microgradnn.draw.convert import convert
from microgradnn.errors import RendererMissing, RenderError

pytest.importorskip("matplotlib")


@pytest.fixture
def svg() -> str:
    a, b = Value(5.0, name="a"), Value(-3.0, name="t_{h-1}")
    J = (a * b).sigmoid().named("J ≤ Σ ∂")
    J.backward()
    return str(J.draw().svg())


def points(svg: str) -> list[float]:
    return [float(x) for x in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]]


def test_a_png_has_two_pixels_a_point_and_more_than_white(svg: str) -> None:
    pytest.importorskip("resvg_py")
    image = pytest.importorskip("PIL.Image")
    io = pytest.importorskip("io")

    png = convert(svg, "png")

    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == tuple(pytest.approx(2 * x, abs=1) for x in points(svg))
    colours = {colour for _, colour in image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 20)}
    assert {(255, 255, 255), (0, 90, 140), (163, 59, 0)} <= colours  # letters of values and of gradients
    assert convert(svg, "png") == png


def test_a_pdf_has_its_letters_as_letters(svg: str) -> None:
    pytest.importorskip("svglib")

    pdf = convert(svg, "pdf")

    assert pdf.startswith(b"%PDF")
    assert b"DejaVu" in pdf
    assert convert(svg, "pdf") == pdf


@pytest.mark.parametrize(("format", "library"), [("png", "resvg_py"), ("pdf", "svglib"), ("png", "matplotlib")])
def test_what_is_missing_is_named(svg: str, format: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(RendererMissing, match=rf"^{format} needs pip install \"microgradnn\[pictures\]\" \({library}"):
        convert(svg, format)


def test_what_is_no_svg_is_an_error() -> None:
    pytest.importorskip("resvg_py")

    with pytest.raises(RenderError, match="could not be made a png"):
        convert("<svg", "png")


def test_a_drawing_is_saved_without_graphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py")
    pytest.importorskip("svglib")
    monkeypatch.setenv("PATH", str(tmp_path))
    drawing = (Value(2.0, name="a") * 3).draw()

    assert drawing.save(tmp_path / "J.png").read_bytes().startswith(b"\x89PNG")
    assert drawing.save(tmp_path / "J.pdf").read_bytes().startswith(b"%PDF")
