"""Widths of texts without a font: held against a font that shares Arial's widths, where the system has one."""

from pathlib import Path

import pytest

from microgradnn.draw.metrics import WIDTH, text_width

LIBERATION = Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf")


def test_a_width_is_in_points_and_adds_up() -> None:
    assert text_width("0", 10) == pytest.approx(5.56)
    assert text_width("grad 3", 10) == pytest.approx(sum(text_width(c, 10) for c in "grad 3"))
    assert text_width("", 10) == 0


def test_marks_have_no_width_and_letters_of_east_asia_a_full_one() -> None:
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("漢", 10) == 10


@pytest.mark.skipif(not LIBERATION.exists(), reason="Liberation Sans is not installed")
def test_widths_are_those_of_a_font_that_shares_arials() -> None:
    fonts = pytest.importorskip("PIL.ImageFont")
    font = fonts.truetype(str(LIBERATION), 1000)

    missing = font.getlength("\uffff")
    there = [character for character in WIDTH if font.getlength(character) != missing]
    assert len(there) > 90

    # Signs of mathematics vary more from font to font; letters and digits are the same in all that share the metrics.
    for character in there:
        allowed = 2 if character.isascii() else 150
        assert abs(font.getlength(character) - WIDTH[character]) <= allowed, character
