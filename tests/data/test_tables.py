"""Tables of comma-separated values: what they become, and what is said of those that are wrong."""

# ruff: noqa: N803 (X and Y are the notes' names)
from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnn.data import read_features, read_table

numbers = st.floats(allow_nan=False, allow_infinity=False)
tables = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=numbers)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(tables, st.data())
def test_what_was_written_is_read_to_the_bit(X: Any, data: st.DataObject) -> None:
    named = st.lists(texts.map(str.strip).filter(bool), min_size=len(X), max_size=len(X), unique=True)
    names = [*(f"x {one}" for one in data.draw(named)), 'the "label", 0 or 1']
    labels = data.draw(st.lists(st.integers(0, 1), min_size=X.shape[1], max_size=X.shape[1]))
    file = io.StringIO(newline="")
    csv.writer(file).writerows([names, *([*x, y] for x, y in zip(X.T.tolist(), labels, strict=True))])

    table = read_table(io.StringIO(file.getvalue(), newline=""), names[-1], delimiter=",")

    assert table.features == names[:-1]
    assert (table.X == X).all()
    assert table.Y.tolist() == [labels]


# --- labels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "options", "Y", "classes"),
    [
        ("0 1 1", {}, [[0, 1, 1]], ["0", "1"]),
        ("1.0 0.0 1", {}, [[1, 0, 1]], ["0", "1"]),
        ("cat non-cat cat", {}, [[1, 0, 1]], ["non-cat", "cat"]),
        ("dog cat cow", {}, [[0, 1, 0], [0, 0, 1], [1, 0, 0]], ["cat", "cow", "dog"]),
        ("2 0 1", {}, [[0, 1, 0], [0, 0, 1], [1, 0, 0]], ["0", "1", "2"]),
        ("0 2 2", {"labels": "classes"}, [[0, 1, 1]], ["0", "2"]),
        ("0 2 2.5", {"labels": "numbers"}, [[0, 2, 2.5]], []),
        ("cat dog cat", {"labels": "binary"}, [[0, 1, 0]], ["cat", "dog"]),
        ("dog dog dog", {"classes": ["dog", "cat"]}, [[0, 0, 0]], ["dog", "cat"]),
    ],
)
def test_A1_labels_are_numbers_or_names(labels: str, options: Any, Y: Any, classes: list[str]) -> None:
    table = read_table(["x,y", *(f"{i},{label}" for i, label in enumerate(labels.split()))], "y", **options)

    assert table.Y.tolist() == Y
    assert table.classes == classes


def test_A4_the_columns_of_a_table_become_rows() -> None:
    table = read_table(["a,y,b", "1,0,2", "3,1,4", "5,1,6"], "y")

    assert table.X.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert table.features == ["a", "b"]


def test_a_table_to_predict_from_may_have_other_columns_in_another_order() -> None:
    X, names = read_features(["name,b,a", "one,2,1", "two,4,3"], ["a", "b"])

    assert X.tolist() == [[1, 3], [2, 4]]
    assert names == ["a", "b"]


# --- decimals ---------------------------------------------------------------------------------


def test_a_decimal_comma_is_read_where_nothing_else_can_be_meant() -> None:
    table = read_table(["a;b;y", "1,5;2,25;7,5", "-0,5e1;3;1,125", ",5;1,234;2"], "y", labels="numbers")

    assert table.X.tolist() == [[1.5, -5.0, 0.5], [2.25, 3.0, 1.234]]
    assert table.Y.tolist() == [[7.5, 1.125, 2.0]]


def test_labels_with_a_decimal_comma_are_numbers_and_no_classes() -> None:
    assert read_table(["x;price", "1;12,5", "2;13,75"], "price", labels="numbers").Y.tolist() == [[12.5, 13.75]]
    with pytest.raises(ValueError, match=r"got 12.5 in line 2, 13.75 in line 3; labels='numbers'"):
        read_table(["x;price", "1;12,5", "2;13,75"], "price")
    with pytest.raises(ValueError, match=r"'12,5' has a comma and '1.5' in line 2, column 'x', a point"):
        read_table(["x;price", "1.5;12,5", "2;13,75"], "price", labels="numbers")


def test_what_is_said_of_decimals_is_believed() -> None:
    lines = ["a;b", "1,234;0,5"]

    assert read_features(lines)[0].tolist() == [[1.234], [0.5]]
    assert read_features(["a;b", "1,234;5"], decimal=",")[0].tolist() == [[1.234], [5.0]]
    with pytest.raises(ValueError, match=r"line 2, column 'b': '0.5' is no number; decimals are written with a comma"):
        read_features(["a;b", "1,234;0.5"], decimal=",")
    with pytest.raises(ValueError, match="line 2, column 'a': '1,234' is no number; decimals are written with a point"):
        read_features(lines, decimal=".")
    with pytest.raises(ValueError, match=r"decimal is '.' or ','; got ';'"):
        read_features(lines, decimal=";")


def test_points_between_thousands_are_asked_about_where_commas_may_be_decimal() -> None:
    with pytest.raises(ValueError, match=r"line 2, column 'a': '1.000' may be 1.000 or 1000; decimal='.' .--decimal ."):
        read_features(["a;b", "1.000;5", "2.500;7"])
    assert read_features(["a;b", "1.000;5", "2.500;7"], decimal=".")[0].tolist() == [[1, 2.5], [5, 7]]
    assert read_features(["a;b", "1.000;5", "2.51;7"])[0].tolist() == [[1, 2.51], [5, 7]]
    assert read_features(["a;b", "1.000;0.5"])[0].tolist() == [[1], [0.5]]
    assert read_features(["a,b", "1.000,5", "2.500,7"])[0].tolist() == [[1, 2.5], [5, 7]]


def test_a_number_that_begins_with_0_may_be_a_code() -> None:
    with pytest.warns(
        UserWarning, match=r"line 3, column 'id': '007' is taken for the number 7; to leave the column out"
    ):
        assert read_table(["id,y", "10,0", "007,1"], "y").X.tolist() == [[10, 7]]
    assert read_table(["id,x,y", "010,0.5,0", "007,0,1"], "y", features=["id"]).X.tolist() == [[10, 7]]


def test_labels_of_nearly_as_many_classes_as_examples_are_told() -> None:
    lines = ["x,day", *(f"{i},2024-01-{i + 1:02}" for i in range(28))]

    with pytest.warns(
        UserWarning, match=r"column 'day': 28 labels are of 28 classes, such as '2024-01-01'; if they are"
    ):
        read_table(lines, "day")


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (['"Preis, EUR";"Fläche, m2"', "1,5;2,5"], ["Preis, EUR", "Fläche, m2"]),
        (["Preis, EUR;Fläche, m2", "1,5;2,5"], ["Preis, EUR", "Fläche, m2"]),
        (["a;b,c", "1.5,2.5"], ["a;b", "c"]),
        (["a\tb;c", "1.5\t2.5"], ["a", "b;c"]),
        (["a,b,", "1.5,2.5,"], ["a", "b"]),
        (['"a","b"', '"1.5","2.5"'], ["a", "b"]),
        (["a,b", " ", "1.5 , 2.5 ", ",", " , "], ["a", "b"]),
        (['"a",b', "1.5,2.5", " , "], ["a", "b"]),
        (["sep=;", "a,c;b", "1,5;2,5"], ["a,c", "b"]),
        (["a|b", "1.5|2.5"], ["a", "b"]),
    ],
)
def test_the_delimiter_is_the_one_that_makes_a_table(lines: list[str], names: list[str]) -> None:
    X, found = read_features(lines)

    assert (found, X.tolist()) == (names, [[1.5], [2.5]])


@given(tables, st.booleans(), st.sampled_from(",;\t"))
def test_quoted_or_not_the_numbers_are_the_same(X: Any, quoted: bool, delimiter: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([[f"x{i}" for i in range(len(X))], *X.T.tolist()])

    found, _ = read_features(file.getvalue().splitlines(keepends=True))

    assert (found == X).all()


# --- frames -----------------------------------------------------------------------------------

FRAME = {
    "id": ["007", "008", "009"],
    "x": [1.5, 2.0, -3.0],
    "n": [1, 2, 3],
    "on": [True, False, True],
    "y": ["a", "b", "a"],
}


FRAMES = pytest.mark.parametrize(
    ("package", "make"), [("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "table")]
)


@FRAMES
def test_a_frame_is_a_table(package: str, make: str) -> None:
    frame = getattr(pytest.importorskip(package), make)(FRAME)

    table = read_table(frame, "y", features=["n", "x", "on"])

    assert table.X.tolist() == [[1, 2, 3], [1.5, 2, -3], [1, 0, 1]]
    assert (table.Y.tolist(), table.classes) == ([[0, 1, 0]], ["a", "b"])
    assert read_table(frame, "n", features=["x"], labels="numbers").Y.tolist() == [[1, 2, 3]]
    assert read_features(frame, ["id"])[0].tolist() == [[7, 8, 9]]
    with pytest.raises(ValueError, match="the frame, row 1, column 'y': 'a' is no number"):
        read_features(frame)


@FRAMES
def test_what_is_missing_in_a_frame_is_said_with_its_row(package: str, make: str) -> None:
    make_frame = getattr(pytest.importorskip(package), make)

    for column in ([1.0, None, 3.0], [1, None, 3], [True, None, False]):
        with pytest.raises(ValueError, match="the frame, row 2, column 'x': a value is missing; leave the row out"):
            read_features(make_frame({"x": column}))
    with pytest.raises(ValueError, match="the frame, row 2, column 'y': a value is missing"):
        read_table(make_frame({"x": [1, 2], "y": ["a", None]}), "y")
    with pytest.raises(ValueError, match="the frame is empty"):
        read_features(make_frame({"x": []}))


def test_whatever_offers_the_protocol_is_read(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")

    class Stream:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            return pyarrow.table(FRAME).__arrow_c_stream__(requested_schema)

    assert read_features(Stream(), ["x"])[0].tolist() == [[1.5, 2, -3]]
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(FRAME), tmp_path / "data.parquet")
    assert read_table(tmp_path / "data.parquet", "y", features=["n"]).X.tolist() == [[1, 2, 3]]
    (tmp_path / "other.parquet").write_text("x,y", encoding="utf-8")
    with pytest.raises(ValueError, match=r"other.parquet is no Parquet file, or damaged"):
        read_table(tmp_path / "other.parquet", "y")


@pytest.mark.parametrize("source", [3, None, np.ones((2, 2)), [1, 2]])
def test_what_is_no_table_is_answered_with_what_is(source: Any) -> None:
    with pytest.raises(TypeError, match="a table is a path, lines of text, or a frame"):
        read_features(source)


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n",
        b"\xef\xbb\xbfa,b\r\n1,2\r\n",
        b"a;b\n1;2",
        b"a\tb\n1\t2\n",
        b' a , "b"\n\n 1 , 2 \n\n',
        b"a,b\r1,2\r",
        "a\tb\r\n1\t2\r\n".encode("utf-16"),
    ],
)
def test_spreadsheets_of_all_kinds_can_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)

    X, names = read_features(path)

    assert (X.tolist(), names) == ([[1], [2]], ["a", "b"])


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes("höhe,y\n1,0\n".encode("latin-1"))

    with pytest.raises(ValueError, match=r"data.csv is not text in UTF-8 \(invalid .*\); save it as CSV in UTF-8"):
        read_table(path, "y")


# --- errors -----------------------------------------------------------------------------------

REFUSED = {
    "": "the table is empty; a line of names and a line for each example are needed",
    "\n\n": "the table is empty",
    "a,b,y": "the table has a line of names, and no example",
    "1,2,3|4,5,6": "line 1: 1, 2, 3 are numbers; the first line has the columns' names",
    "a,a,y|1,2,0": "line 1: two columns have the name 'a'",
    "a,,y|1,2,0": "line 1: column 2 has no name",
    "a,b,z|1,2,0": "the table has no column 'y' .choose from a, b, z",
    "y|0|1": "no column besides the label, 'y'",
    "a,b,y|1,2,0|1,2": "line 3: 2 cells where 3 are wanted: a, b, y",
    "a,b,y|1,2,0,": "line 2: 4 cells where 3 are wanted",
    'a,b,y|"1,2,0|3,4,1': "line 3: unexpected end of data",
    "a,b,y|1,2,0|1,many,1": "line 3, column 'b': 'many' is no number",
    "a,b,y|1,1_000,1": "line 2, column 'b': '1_000' is no number",
    "a,b,y|1,1e999,1": "line 2, column 'b': '1e999' is no number",
    "a,b,y|1,inf,1": "line 2, column 'b': 'inf' is no number",
    "a;b;y|1,5;2.5;0": "line 2, column 'a': '1,5' has a comma and '2.5' in line 2, column 'b', a point; write all",
    "a;b;y|1;2;0|12,345;2;0": "'12,345' may be 12.345 or 12345; decimal=',' .--decimal ,. says that the comma is",
    "a;b;y|1,5;1.234,5;0": "line 2, column 'b': '1.234,5' is no number",
    "a;b;y|1,5;2024-01-02;0": "line 2, column 'b': '2024-01-02' is no number",
    'a,b,y|1,"1,234",0|2,3.5,1': "'1,234' has a comma and '3.5' in line 3, column 'b', a point",
    "a,,y|1,,0|2,3,1": "line 1: column 2 has no name; .* to leave the column out, name the others",
    "a,b,y|1,,1": "line 2, column 'b': a value is missing; leave the line out, or fill it in",
    "a,b,y|1,NaN,1": "line 2, column 'b': a value is missing .'NaN'",
    "a,b,y|1,2,": "line 2, column 'y': a value is missing",
    "a,b,y|,,|1,2,0": "line 2, column 'a': a value is missing",
    "a,y|1,0|2,2|3,2|4,7": "column 'y': labels are 0 or 1, .* got 2 in line 3, 7 in line 5; labels='classes' .*takes",
    "a,y|1,0.5|2,1": "got 0.5 in line 2; labels='numbers' .*--labels numbers.* takes them as they are",
    "a,y|1,0|2,O": "line 3, column 'y': 'O' is no number; other labels are, and labels='classes'",
    "a,y|1,cat|2,cat": "column 'y': all examples have the label 'cat': nothing to tell apart",
}


@pytest.mark.parametrize("text", REFUSED)
def test_an_error_says_where_and_what(text: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[text]):
        read_table(text.split("|"), "y")


def test_columns_and_classes_that_are_not_there_are_answered_with_those_that_are() -> None:
    lines = ["a,b,y", "1,2,cat", "3,4,cow"]

    with pytest.raises(ValueError, match=r"has no column 'c' \(choose from a, b, y"):
        read_features(lines, ["a", "c"])
    with pytest.raises(ValueError, match="'y' is the label, so it is no feature"):
        read_table(lines, "y", features=["a", "y"])
    with pytest.raises(ValueError, match="the column 'a' was chosen twice"):
        read_features(lines, ["a", "a"])
    with pytest.raises(ValueError, match=r"line 3, column 'y': 'cow' is no class \(choose from cat, dog"):
        read_table(lines, "y", classes=["cat", "dog"])
    with pytest.raises(ValueError, match="binary labels are two classes; got cat, cow, dog"):
        read_table([*lines, "5,6,dog"], "y", labels="binary")


def test_the_time_is_linear_in_the_columns() -> None:
    def seconds(n: int) -> float:
        lines = [",".join([*(f"x{i}" for i in range(n)), "y"]), *[",".join(["0.5"] * n + [str(k)]) for k in (0, 1)]]
        began = process_time()  # of this process alone, whatever else the machine does
        assert read_table(lines, "y").X.shape == (n, 2)
        assert read_features(lines, [f"x{i}" for i in range(n)])[0].shape == (n, 2)
        return process_time() - began

    few, many = (min(seconds(n) for _ in range(2)) for n in (5_000, 40_000))
    assert many < 25 * few + 0.1  # linear would be 8 times, quadratic 64


def test_a_name_that_is_nearly_there_is_offered() -> None:
    with pytest.raises(ValueError, match=r"no column 'heigth'; did you mean 'height'\? \(choose from height, y\)"):
        read_table(["height,y", "1,0", "2,1"], "y", features=["heigth"])


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ValueError, match="not an ordinary file"):
            read_table(path, "y")


def test_whole_numbers_of_many_kinds_are_classes_with_a_word() -> None:
    lines = ["x,y", *(f"{k},{k}" for k in range(60))]

    with pytest.warns(UserWarning, match=r"whole numbers of 60 kinds are taken for classes; labels='numbers'"):
        assert len(read_table(lines, "y").classes) == 60
    assert read_table(lines, "y", labels="numbers").classes == []
    assert len(read_table(lines, "y", labels="classes").classes) == 60
