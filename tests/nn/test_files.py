"""Model files: what goes in comes out, and nothing else is believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from microgradnn import AnomalyError, ModelFileError
from microgradnn.data import Scaling
from microgradnn.engine.disk import write
from microgradnn.nn import ACTIVATIONS, Model, Network

FILE = "model.safetensors"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def model() -> Model:
    scaling = Scaling("standardise").fit([[1.0, 2.0, 4.0], [0.1, 0.2, 0.7]])
    return Model(Network([2, 3, 1], seed=0), scaling, ["height", "weight"], ["dog", "cat"], "species")


def parts() -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a good file, and what it says of them."""
    data = model().save(FILE).read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return load(data), json.loads(header["__metadata__"]["microgradnn"])


def put(arrays: dict[str, Any], about: Any) -> None:
    Path(FILE).write_bytes(save(arrays, metadata={"microgradnn": json.dumps(about)}))


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if name != "softmax"])
def test_a_network_comes_back_to_the_bit(hidden: str, dtype: str) -> None:
    network = Network([3, 4, 2], hidden=hidden, output="softmax", seed=1, learn_slope=True, dropout=0.2, dtype=dtype)
    X = np.arange(15.0).reshape(3, 5)

    again = Network.load(network.save(FILE))

    assert repr(again) == repr(network)
    assert again.dropout == 0.2
    assert again.loss is network.loss
    for p, q in zip(network.parameters(), again.parameters(), strict=True):
        assert (p.name, p.dtype, p.numpy().tobytes()) == (q.name, q.dtype, q.numpy().tobytes())
    assert network(X).numpy().tobytes() == again(X).numpy().tobytes()


def test_a_model_keeps_its_scaling_and_its_names() -> None:
    given = model()
    X = np.array([[1.5, 9.0], [0.3, -2.0]])

    again = Model.load(given.save(FILE))

    assert (again.features, again.classes, again.label) == (["height", "weight"], ["dog", "cat"], "species")
    assert again(X).tobytes() == given(X).tobytes()
    assert set(again.predict(X)) <= {"dog", "cat"}


def test_a_network_that_needs_its_scaling_is_not_given_without_it() -> None:
    model().save(FILE)

    with pytest.raises(ModelFileError, match=r"nn\.Model\.load"):
        Network.load(FILE)


def test_other_programs_can_read_the_numbers() -> None:
    arrays, _ = parts()

    assert {name: array.shape for name, array in arrays.items()} == {
        "W1": (3, 2),
        "b1": (3, 1),
        "W2": (1, 3),
        "b2": (1, 1),
    }


# --- what is refused ------------------------------------------------------------------------------


def test_a_file_cut_off_anywhere_is_one_clear_error() -> None:
    data = model().save(FILE).read_bytes()
    for length in [0, 1, 7, 8, 9, 100, len(data) - 100, len(data) - 8, len(data) - 1]:
        Path(FILE).write_bytes(data[:length])
        with pytest.raises(ModelFileError, match=FILE):
            Model.load(FILE)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"height,weight\n1,2\n", "is not a model file"),
        ((2**63).to_bytes(8, "little") + b"{}", "claims a header of 9223372036854775808 bytes"),
        ((1000).to_bytes(8, "little") + b"{}", "is not whole"),
        ((2).to_bytes(8, "little") + b"{}", "another program"),
        ((20_000).to_bytes(8, "little") + b"{" + b"[" * 19_999, "is damaged"),
        (save({"x": np.ones(3)}), "another program"),
        (save({"x": np.ones(3)}, metadata={"microgradnn": "{"}), "is damaged"),
        (save({"x": np.ones(3)}, metadata={"microgradnn": "[" * 9999}), "is damaged"),
        (save({"x": np.ones(3)}, metadata={"microgradnn": '{"format": 2, "version": "9.0"}'}), "microgradnn 9.0"),
        (save({"x": np.ones(3)}, metadata={"microgradnn": '{"format": 1}'}), "describes no network"),
    ],
)
def test_a_file_that_is_none_of_ours(data: bytes, words: str) -> None:
    Path(FILE).write_bytes(data)

    with pytest.raises(ModelFileError, match=words):
        Model.load(FILE)


def test_a_header_that_points_outside_the_file() -> None:
    header = b'{"W1":{"dtype":"F64","shape":[1000000000,1000000000],"data_offsets":[0,8000000000000000000]}}'
    Path(FILE).write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))

    with pytest.raises(ModelFileError, match="damaged, or not whole"):
        Model.load(FILE)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("sizes", [2, 10**12, 1], r"W1 is float64 \(3, 2\), and the architecture that it names has float64 \(10000"),
        ("sizes", [2, -3, 1], "describes no network"),
        ("sizes", "2,3,1", "describes no network"),
        ("sizes", None, "describes no network"),
        ("activations", ["relu", "magic"], "'magic'"),
        ("activations", ["softmax", "sigmoid"], "softmax in a hidden layer"),
        ("activations", [[], {}], "describes no network"),
        ("loss", "none", "'none'"),
        ("slopes", [float("nan"), 0.01], "is no number"),
        ("dropout", 1, "dropout 1"),
        ("dtype", "float16", "dtype 'float16'"),
        ("dtype", "float32", r"W1 is float64 \(3, 2\), and the architecture that it names has float32"),
    ],
)
def test_an_architecture_that_cannot_be(key: str, value: Any, words: str) -> None:
    arrays, about = parts()
    about["architecture"][key] = value
    put(arrays, about)

    with pytest.raises(ModelFileError, match=words):
        Model.load(FILE)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (None, "has no W2"),
        (np.ones((1, 4)), r"W2 is float64 \(1, 4\)"),
        (np.ones((1, 3), "int64"), "W2 is int64"),
        (np.array([[1.0, np.nan, 2.0]]), "not finite"),
    ],
)
def test_numbers_that_do_not_fit_the_architecture(array: Any, words: str) -> None:
    arrays, about = parts()
    del arrays["W2"]
    put(arrays if array is None else arrays | {"W2": array}, about)

    with pytest.raises(ModelFileError, match=words):
        Model.load(FILE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scaling", {"kind": "magic"}),
        ("scaling", {"kind": "standardise", "mean": [1.0], "std": [1.0]}),
        ("features", ["one"]),
        ("features", "ab"),
        ("classes", ["only"]),
        ("label", 3),
        ("order", "spiral"),
        ("pictures", 64),
    ],
)
def test_names_and_scalings_that_do_not_fit_the_network(key: str, value: Any) -> None:
    arrays, about = parts()
    put(arrays, about | {key: value})

    with pytest.raises(ModelFileError, match=FILE):
        Model.load(FILE)


def test_what_is_no_file() -> None:
    with pytest.raises(ModelFileError, match="is a folder"):
        Model.load(".")
    with pytest.raises(FileNotFoundError):
        Model.load("nowhere.safetensors")
    with pytest.raises(ModelFileError, match="not an ordinary file"):
        Model.load(os.devnull)


# --- the last good file stays ---------------------------------------------------------------------


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_the_last_good_file(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = model().save(FILE).read_bytes()

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(call, full)
    with pytest.raises(OSError, match="No space left") as caught:
        Network([5, 1]).save(FILE)

    assert caught.value.filename == FILE
    assert Path(FILE).read_bytes() == before
    assert list(Path().iterdir()) == [Path(FILE)]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing is removed")
def test_what_a_kill_left_behind_is_removed_by_the_next_write_but_nothing_of_a_living_process() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        left = [f".{FILE}.{ended.pid}.partial"]
        others = [
            f".{FILE}.{living.pid}.partial",
            f".{FILE}.1.partial",  # of a process that always lives, and of another user where one is not root
            f".{FILE}.{ended.pid}.partial.txt",
            f".{FILE}.x{ended.pid}.partial",
            f".other.{ended.pid}.partial",
            f".{FILE.replace('.', '-')}.{ended.pid}.partial",
        ]
        for name in left + others:
            Path(name).touch()

        write(FILE, b"new")

        assert sorted(path.name for path in Path().iterdir()) == sorted([FILE, *others])
        living.communicate(b"\n")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing is removed")
def test_a_write_that_fails_removes_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    left = Path(f".{FILE}.{ended.pid}.partial")
    left.touch()

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(FILE, b"new")

    assert list(Path().iterdir()) == [left]


def test_a_link_stays_a_link_to_the_file_that_is_written() -> None:
    Path("real").mkdir()
    Path("link").symlink_to("real/file")

    write("link", b"new")

    assert Path("link").is_symlink()
    assert Path("real/file").read_bytes() == b"new"


def test_where_nothing_can_be_written_is_said() -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        model().save("nowhere/model.safetensors")
    with pytest.raises(IsADirectoryError, match="this is a folder"):
        model().save(".")


@pytest.mark.parametrize("metadata", [None, [], "x", 3, {"microgradnn": None}, {"microgradnn": 3}])
def test_metadata_of_any_kind(metadata: Any) -> None:
    header = json.dumps(
        {"__metadata__": metadata, "x": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}
    ).encode()
    Path(FILE).write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))

    with pytest.raises(ModelFileError, match=r"damaged|another program"):
        Model.load(FILE)


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_what_has_no_end_is_not_read() -> None:
    os.mkfifo("pipe")

    for path in ("pipe", "/dev/zero"):
        with pytest.raises(ModelFileError, match="not an ordinary file"):
            Model.load(path)


def test_a_prediction_that_is_not_finite_is_an_error() -> None:
    network = Network([1, 1], output="linear", init="zeros")
    network.layers[0].W.data = np.array([[1e308]])
    small = Scaling.from_state({"kind": "standardise", "mean": [0.0], "std": [5e-324]})

    with pytest.raises(AnomalyError, match=r"A\[0, 1\], the answer for example 1"):
        Model(network).predict([[1.0, 1e10]])
    with pytest.raises(ValueError, match=r"X\[0, 1\] = 2 .* too far from the training set"):
        Model(network, small).predict([[0.0, 2.0]])
