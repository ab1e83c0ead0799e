"""The interpreter of tapes: every row of the table, at every kind of number; and the folder that it is kept in."""

from __future__ import annotations

import ast
import ctypes
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnn import DomainError, Value, clip, dot, elu, leaky_relu
from microgradnn.graph import OPS, Fold, limits, row
from microgradnn.programs.backends import compile
from microgradnn.programs.numba import interpreter
from microgradnn.programs.numba.tape import NUMBERS
from microgradnn.rules import calculus

pytest.importorskip("numba", reason="the backend 'numba' is an extra")

# Where functions have their limits, kinks, ties and poles, and between them; far out, and next to nothing.
ORDINARY = [0.3, 0.75, 1.5, -0.4, -2.5, 3.0]
AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 40.0, -800.0, inf, -inf, nan, 1e300, -1e300, 5e-324, -1e-310]
FEW = [0.0, -0.0, 1.0, -1.0, 2.0, 0.75, inf, -inf, nan]  # where three of them make 729 points

ELEMENT_WISE = [op for op in OPS.values() if op.arity and op.name in vars(calculus)]
EXPONENTS = [2.0, 3.0, 0.0, -0.0, 1.0, -1.0, -2.0, 4.0, 5.0, 0.5, -0.5, 1 / 3, 1.5, 1e300, inf, -inf, nan]


def points(count: int) -> list[tuple[float, ...]]:
    """All ways to choose so many arguments."""
    return list(product([*ORDINARY, *AWKWARD] if count < 3 else FEW, repeat=count))


def swept(function: Callable[..., Value], op: Any, xs: Sequence[float]) -> tuple[float, ...]:
    """The value and the gradients of a backward sweep; where it refuses, what NumPy makes of the row and its rules."""
    leaves = [Value(x) for x in xs]
    try:
        output = function(*leaves)
    except DomainError:
        f = limits.evaluate(op.of_arrays, *xs)
        return f, *(limits.evaluate(op.partials[i], f, *xs) for i in range(len(xs)))
    output.backward()
    return output.data, *(x.grad for x in leaves)


def same(got: float, want: float, name: str = "") -> bool:
    """Whether two numbers are the same but for the last digits: two mathematical libraries, five operations of a rule.

    A −0 is not 0: their arctangents are π apart. Below the smallest normal number there are no digits to speak of.
    A cross entropy may be a small difference of logarithms, each rounded near 1.
    """
    if got != got or want != want:
        return got != got and want != want
    near_1 = 1e-15 if name.startswith("cross_entropy") else 0.0
    return got == want or abs(got - want) <= max(1e-14 * abs(want), 1e-322, near_1)


def check(function: Callable[..., Value], count: int) -> None:
    """Hold a program of a function to the sweep, at all points in turn, and at all of them at once."""
    places = points(count)
    leaves = [Value(1.0, name) for name in "xyz"[:count]]
    output = function(*leaves)
    program = compile(output, leaves, inputs=leaves, backend="numba")

    value, slopes = program(*map(np.array, zip(*places, strict=True)))  # each has awkward neighbours
    lanes = zip(value.tolist(), *[slopes[x.name].tolist() for x in leaves], strict=True)
    for xs, lane in zip(places, lanes, strict=True):
        want = swept(function, output.op, xs)
        f, slopes = program(*xs)
        for got, name in (((f, *slopes.values()), ""), (lane, output.op.name)):  # only in lanes are logarithms NumPy's
            alike = [same(one, other, name) for one, other in zip(got, want, strict=True)]
            assert all(alike), f"at {xs}: {got}, not {want}"
            if want[0] == 0:
                assert math.copysign(1, got[0]) == math.copysign(1, want[0]), f"at {xs}: {got[0]}, not {want[0]}"


# --- every row --------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ELEMENT_WISE, ids=str)
def test_a_row_and_its_slopes_are_those_of_the_sweep_everywhere_alone_and_in_a_batch(op: Any) -> None:
    check(op, op.arity)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_so_is_a_power_whose_exponent_is_held(exponent: float) -> None:
    check(lambda x: x**exponent, 1)


@pytest.mark.parametrize("number", [0.0, 0.1, -0.5, 2.0, inf, nan])
@pytest.mark.parametrize("op", [leaky_relu, elu], ids=["leaky_relu", "elu"])
def test_so_is_a_row_that_holds_its_slope(op: Any, number: float) -> None:
    check(lambda x: op(x, number), 1)


def test_so_is_a_row_that_holds_one_of_two_bounds_or_both() -> None:
    check(lambda x: clip(x, -1.0, 1.0), 1)
    check(lambda x, low: clip(x, low, 2.0), 2)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "logsumexp"])
def test_so_is_a_row_of_many(name: str, count: int) -> None:
    check(lambda *xs: OPS[name](list(xs)), count)


def test_so_is_a_dot_product_also_with_itself() -> None:
    check(lambda x, y: dot([x], [y]), 2)
    check(lambda x, y: dot([x, y], [y, y]), 2)
    check(lambda x, y, z: dot([x, y, z], [z, x, x]), 3)


@pytest.mark.parametrize("op", [op for op in ELEMENT_WISE if len(op.partials) > 1], ids=str)
def test_any_one_operand_may_be_what_is_asked_for_and_where_examples_differ(op: Any) -> None:
    for i in range(op.arity):
        leaves = [Value(number, name) for number, name in zip((0.3, 0.6, 0.8), "xyz"[: op.arity], strict=False)]
        program = compile(op(*leaves), [leaves[i]], inputs=leaves, backend="numba")
        column = np.array([0.2, 0.9, 0.4, 0.7])
        columns = [column if k == i else np.full(4, x.data) for k, x in enumerate(leaves)]
        each = [swept(op, op, xs) for xs in zip(*[column.tolist() for column in columns], strict=True)]

        value, slopes = program(**{leaves[i].name: column})

        got = zip(value.tolist(), slopes[leaves[i].name].tolist(), strict=True)
        for (f, slope), want in zip(got, each, strict=True):
            assert same(f, want[0], op.name)
            assert same(slope, want[1 + i], op.name)


# --- the source -------------------------------------------------------------------------------

FLOWS_BACK = ("point", "back", "backward_block")


def anew() -> str:
    """The source, from the table as it is now."""
    return interpreter.source.__wrapped__()


def cases(source: str) -> dict[tuple[str, str], str]:
    """The lines of each case of each function, by its name and the number of the case; what comes before has none."""
    found: dict[tuple[str, str], str] = {}
    for function in source.split("\ndef ")[1:]:
        first, *rest = re.split(r"case == (\d+):", function)
        name = first.partition("(")[0]
        found |= {
            (name, ""): first,
            **{(name, number): lines for number, lines in zip(rest[::2], rest[1::2], strict=True)},
        }
    return found


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """The cases that are not what they were."""
    old, new = cases(before), cases(after)
    assert old.keys() == new.keys()
    return [place for place in old if old[place] != new[place]]


def flows_back(*keys: tuple[str, Any]) -> list[tuple[str, str]]:
    """The places where the slopes of these cases are."""
    return [(function, str(NUMBERS[key])) for function in FLOWS_BACK for key in keys]


def test_no_derivative_of_a_row_is_written_anywhere_but_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before, marks = interpreter.source(), {op.name: 1234.5 + i for i, op in enumerate(ELEMENT_WISE)}
    many = {name: 2234.5 + i for i, name in enumerate(("dot", "logsumexp", "sum"))}

    for op in ELEMENT_WISE:  # each row's slopes are a number that no other has
        monkeypatch.setattr(op, "partials", (lambda f, *xs, mark=marks[op.name]: mark,) * len(op.partials))
    for name, mark in many.items():
        fold = OPS[name]
        assert isinstance(fold, Fold)
        rule = lambda f, *sequences, mark=mark: [[mark for _ in xs] for xs in sequences]  # noqa: E731
        monkeypatch.setattr(fold.paper, "rule", rule)
    for exponent in (2.0, 3.0):
        monkeypatch.setattr(row("pow", (exponent,)), "partials", (lambda f, x: 3234.5,))
    monkeypatch.setattr(calculus.pow, "held_rule", lambda y: lambda f, x: 3234.5)
    after = anew()

    powers = [("pow", (2.0,)), ("pow", (3.0,)), ("pow", None)]
    named = [(name, ()) for name in {**marks, **many}]
    assert sorted(changed(before, after)) == sorted(flows_back(*named, *powers))
    found = {place: re.findall(r"\b[123][2-9]\d\d\.5", lines) for place, lines in cases(after).items()}
    for op in ELEMENT_WISE:
        for place in flows_back((op.name, ())):
            assert found.pop(place) == [str(marks[op.name])] * len(op.partials)
    for name, mark in many.items():
        for place in flows_back((name, ())):
            assert {*found.pop(place)} == {str(mark)}
    for place in flows_back(*powers):
        assert {*found.pop(place)} == {"3234.5"}
    assert not any(found.values())


def test_what_has_a_slope_of_0_hands_nothing_back() -> None:
    source = cases(interpreter.source())

    for flat in ("step", "sign", "zero", "ahead", "equal", "greater", "at_least"):
        for place in flows_back((flat, ())):
            assert source[place].split() == ["pass", "elif"]


def test_the_source_needs_numba_and_numpy_alone() -> None:
    imported = {
        str(one.names[0].name if isinstance(one, ast.Import) else one.module).partition(".")[0]
        for one in ast.walk(ast.parse(interpreter.source()))
        if isinstance(one, (ast.Import, ast.ImportFrom))
    }

    assert imported == {"math", "numpy", "numba", "llvmlite"}  # llvmlite is a part of Numba


# --- where it is kept -------------------------------------------------------------------------

SMALL = interpreter.HEAD + "\n".join(  # as many functions, and compiled in a second
    f"@cfunc(types.void(types.int64), cache=True)\ndef {name}(n):\n    pass\n"
    for name in interpreter.Interpreter._fields
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An interpreter that does nothing, and the empty folder in which it is to be kept."""
    monkeypatch.setenv("MICROGRADNN_CACHE", str(tmp_path))
    monkeypatch.setattr(interpreter, "source", lambda: SMALL)
    monkeypatch.setattr(interpreter, "FUNCTIONS", {})
    interpreter.interpreter.cache_clear()
    yield tmp_path
    interpreter.interpreter.cache_clear()


def compiled_by(folder: Path) -> list[str]:
    """The files of machine code in a folder."""
    return sorted(path.name for path in folder.glob("__pycache__/*.nbc"))


def test_it_is_kept_in_the_folder_that_the_environment_names(small: Path) -> None:
    interpreter.interpreter()

    (source,) = small.glob("*.py")
    assert source.read_text(encoding="utf-8") == SMALL
    assert len(compiled_by(small)) == len(interpreter.Interpreter._fields)
    assert all(name.startswith(source.stem) for name in compiled_by(small))


def test_numbas_own_setting_of_a_folder_is_not_followed(
    small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from numba.core import config

    shared = tmp_path_factory.mktemp("shared")  # nobody has looked at who may write there
    monkeypatch.setattr(config, "CACHE_DIR", str(shared))
    interpreter.interpreter()

    assert compiled_by(small)
    assert not any(shared.iterdir())
    assert getattr(config, "CACHE_DIR") == str(shared)  # noqa: B009 (made when Numba is imported)


def test_another_source_is_another_file(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter.interpreter()
    interpreter.interpreter.cache_clear()

    monkeypatch.setattr(interpreter, "source", lambda: SMALL + "# of another version\n")
    interpreter.interpreter()

    assert len([*small.glob("*.py")]) == 2


@pytest.mark.parametrize("damaged", ["*.py", "__pycache__/*.nbi", "__pycache__/*.nbc"])
def test_what_is_kept_and_damaged_is_made_anew(damaged: str, small: Path) -> None:
    interpreter.interpreter()
    for path in small.glob(damaged):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    interpreter.FUNCTIONS.clear()
    interpreter.interpreter.cache_clear()

    found = interpreter.interpreter()

    found.value(1)
    assert [path.read_text(encoding="utf-8") for path in small.glob("*.py")] == [SMALL]


def test_the_functions_of_one_process_are_kept_as_long_as_it_runs(small: Path) -> None:
    first = interpreter.interpreter()
    interpreter.interpreter.cache_clear()

    again = interpreter.interpreter()

    assert (
        [f.address for f in interpreter.FUNCTIONS.popitem()[1]]
        == [address(f) for f in first]
        == [address(f) for f in again]
    )


def address(function: Any) -> Any:
    """Where a function of ctypes is."""
    return ctypes.cast(function, ctypes.c_void_p).value


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"MICROGRADNN_CACHE": "own/kept"}, "own/kept"),
        ({"MICROGRADNN_CACHE": "", "XDG_CACHE_HOME": "caches"}, "caches/microgradnn"),
        (
            {"MICROGRADNN_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "home", "USERPROFILE": "home"},
            "home/.cache/microgradnn",
        ),
    ],
)
def test_the_folder_is_the_environments_or_the_users(
    environment: dict[str, str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path in environment.items():
        monkeypatch.setenv(name, path and str(tmp_path / path))

    assert interpreter.folder() == tmp_path / folder
    assert (tmp_path / folder).is_dir()


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
@pytest.mark.parametrize("open_to_others", ["", "__pycache__"])
def test_a_folder_that_others_may_write_to_is_not_used(open_to_others: str, small: Path) -> None:
    (small / "__pycache__").mkdir()
    (small / open_to_others).chmod(0o777)
    planted = small / "__pycache__" / "planted"
    planted.touch()

    with pytest.warns(RuntimeWarning, match="chmod go-w"):
        interpreter.interpreter()

    assert [path for path in small.rglob("*") if path.is_file()] == [planted]


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
@pytest.mark.parametrize("kind", ["*.py", "__pycache__/*.nbi", "__pycache__/*.nbc", "__pycache__/*.pyc"])
def test_a_file_that_others_may_write_to_is_not_executed_but_made_anew(kind: str, small: Path) -> None:
    interpreter.interpreter()
    found = list(small.glob(kind))
    for path in found:
        path.write_bytes(b"raise SystemExit('planted')")
        path.chmod(0o666)
    interpreter.FUNCTIONS.clear()
    interpreter.interpreter.cache_clear()

    interpreter.interpreter().value(1)

    assert {path.stat().st_mode & 0o022 for path in small.rglob("*")} == {0}
    assert not found or all(b"planted" not in path.read_bytes() for path in found)


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_a_source_that_is_not_the_one_written_here_is_not_executed(small: Path) -> None:
    interpreter.interpreter()
    (path,) = small.glob("*.py")
    path.write_text("raise SystemExit('planted')", encoding="utf-8")
    interpreter.FUNCTIONS.clear()
    interpreter.interpreter.cache_clear()

    interpreter.interpreter().value(1)

    assert path.read_text(encoding="utf-8") == SMALL


def test_where_nothing_can_be_written_it_is_in_a_folder_of_the_process_which_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    program = "from microgradnn.programs.numba.interpreter import folder; f = folder(); (f / 'kept').touch(); print(f)"

    ran = python(program, {"MICROGRADNN_CACHE": str(tmp_path / "file" / "cache"), "TMPDIR": str(tmp_path)})

    path = Path(ran)
    assert (path.parent, path.name[:12]) == (tmp_path, "microgradnn-")
    assert not path.exists()


def python(program: str, environment: dict[str, str]) -> str:
    """What a program prints that runs in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return ran.stdout.strip()


SECOND = """
from microgradnn import Value
from microgradnn.programs.numba import interpreter
from microgradnn.programs.backends import compile
result = compile(Value(3.0, "x") * 2, backend="numba")()
print(result, [f.cache_hits for functions in interpreter.FUNCTIONS.values() for f in functions])
"""


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    interpreter.interpreter()  # compiled by now, if not before
    (name,) = interpreter.FUNCTIONS
    kept = Path(str(sys.modules[f"microgradnn_{name}"].__file__))
    (tmp_path / "__pycache__").mkdir()
    for path in [kept, *kept.parent.glob(f"__pycache__/{name}.*")]:
        shutil.copy2(path, tmp_path / path.relative_to(kept.parent))  # with its time, by which Numba knows it

    said = python(SECOND, {"MICROGRADNN_CACHE": str(tmp_path)})

    assert said == "Result(value=6.0, gradients={'x': 2.0}) [1, 1, 1, 1, 1]"


def test_without_numba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    interpreter.interpreter.cache_clear()

    with pytest.raises(ModuleNotFoundError, match=r"this needs the package numba: pip install 'microgradnn\[numba\]'"):
        compile(Value(1.0, "x") * 2, backend="numba")
