"""Categories and missing values: what scikit-learn learns of them, kept as plain data, does what its encoders do."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn.data import EncodedColumn, Encoding, read

LINES = ["id,height,colour,y", "1,1.5,red,0", "2,,blue,1", "3,2.5,,0", "4,5.0,red,1", "5,?,green,1"]


def test_the_encoding_is_that_of_the_training_set() -> None:
    pytest.importorskip("sklearn")
    rows = np.arange(4)
    encoding = Encoding.fit(
        read(LINES), ["height", "colour"], categorical=["colour"], impute="median", rows=rows, decimal=None
    )

    assert encoding.features == ["height", "colour=blue", "colour=red"]
    assert encoding.columns[0].fill == 2.5
    assert encoding.columns[1].fill == "red"
    with pytest.warns(UserWarning, match=r"line 6, column 'colour': 'green' was not in the training set, .* blue, red"):
        X = encoding(read(LINES))
    assert X.tolist() == [[1.5, 2.5, 2.5, 5, 2.5], [0, 1, 0, 0, 0], [1, 0, 1, 1, 0]]


KINDS = st.sampled_from(["", "a", "b", "none", "1", "01"])
NUMBERS = st.sampled_from(["", "nan", "0", "-2.5", "7"])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(KINDS, NUMBERS), min_size=2, max_size=12),
    st.sampled_from(["mean", "median", "most_frequent"]),
)
def test_it_does_what_scikit_learns_own_encoders_do(cells: list[tuple[str, str]], impute: str) -> None:
    compose = pytest.importorskip("sklearn.compose")
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    cells = [("a", "3"), ("b", "5"), *cells]
    kinds = np.array([[kind or np.nan] for kind, _ in cells], object)
    numbers = [[float(x or "nan")] for _, x in cells]
    theirs = compose.ColumnTransformer(
        [
            ("n", SimpleImputer(strategy=impute), [0]),
            ("c", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)), [1]),
        ]
    ).fit_transform(np.hstack([np.array(numbers, object), kinds]))
    lines = ["x,c,id", *(f"{x},{kind},{i}" for i, (kind, x) in enumerate(cells))]

    encoding = Encoding.fit(read(lines), ["x", "c"], categorical=["c"], impute=impute)

    np.testing.assert_array_equal(encoding(read(lines)), theirs.astype(float).T)
    again = Encoding.from_state(json.loads(json.dumps(encoding.state())))
    assert again == encoding


def test_what_was_learnt_needs_no_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    encoding = Encoding([EncodedColumn("x", None, 1.5), EncodedColumn("c", ["a", "b"], None)])
    for name in ("sklearn", "sklearn.impute"):
        monkeypatch.setitem(sys.modules, name, None)

    assert encoding(read(["c,x", "b,", "a,2"])).tolist() == [[1.5, 2], [0, 1], [1, 0]]
    with pytest.raises(
        ModuleNotFoundError, match=r"needs the package .*sklearn.*: pip install 'microgradnn\[sklearn\]'"
    ):
        Encoding.fit(read(LINES), ["height"], impute="mean")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"impute": "guess"}, "unknown imputation 'guess' .choose from mean, median, most_frequent"),
        ({"categorical": ["shape"]}, "'shape' is categorical, and no feature .choose from height, colour"),
        ({"categorical": ["colour"]}, "line 3, column 'height': a value is missing; leave the line out"),
        ({"impute": "mean"}, "line 2, column 'colour': 'red' is no number"),
        ({"categorical": ["height", "colour"]}, "line 3, column 'height': a value is missing"),
        (
            {"categorical": ["colour"], "impute": "mean", "rows": np.array([1])},
            "'height' has no value in the training set",
        ),
    ],
)
def test_what_cannot_be_encoded_is_said_with_its_place(options: Any, words: str) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(ValueError, match=words):
        Encoding.fit(read(LINES), ["height", "colour"], **options)


def test_a_column_of_names_is_hardly_one_of_categories() -> None:
    pytest.importorskip("sklearn")
    lines = ["name,y", *(f"n{i},{i % 2}" for i in range(1001))]

    with pytest.raises(ValueError, match="the column 'name' has 1001 categories, and at most 1000 are taken"):
        Encoding.fit(read(lines), ["name"], categorical=["name"])


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        [{}],
        [{"name": "x", "categories": None, "fill": "1"}],
        [{"name": "x", "categories": None, "fill": float("nan")}],
        [{"name": "x", "categories": [], "fill": None}],
        [{"name": "x", "categories": ["a"], "fill": "b"}],
        [{"name": "x", "categories": ["a", 1], "fill": None}],
        [{"name": "x", "categories": ["a", "a"], "fill": None}],
        [{"name": "", "categories": None, "fill": None}],
        [{"name": "x", "categories": None, "fill": None}] * 2,
    ],
)
def test_a_state_that_cannot_be_is_refused(state: Any) -> None:
    with pytest.raises(ValueError, match="encoding"):
        Encoding.from_state(state)


def test_whole_numbers_of_a_frame_are_the_same_categories_with_and_without_gaps() -> None:
    pandas = pytest.importorskip("pandas")
    encoding = Encoding([EncodedColumn("town", ["1", "2"], "2")])

    assert encoding(read(pandas.DataFrame({"town": [1, 2]}))).tolist() == [[1, 0], [0, 1]]
    assert encoding(read(pandas.DataFrame({"town": [1, None]}))).tolist() == [[1, 0], [0, 1]]
