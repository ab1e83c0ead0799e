"""The lines of a case for a block of examples: what is taken out of them for NumPy's loops, and those loops."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from microgradnn.programs.numba.vectorise import SPARE, UFunc, addresses, functions, vectorise
from microgradnn.rules.numerics import sigmoid

LOOP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)
AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 5e-324, 700.0, -745.0, 1e300, np.inf, -np.inf, np.nan]


def by_hand(number: int, x: Any) -> Any:
    """What a loop makes of an array, called as NumPy calls it."""
    x = np.array(x)
    loop, data = addresses()[number].tolist()
    result, count, strides = np.empty_like(x), np.array([len(x)]), np.array([8, 8])
    ends = np.array([x.ctypes.data, result.ctypes.data])
    LOOP(loop)(ends.ctypes.data, count.ctypes.data, strides.ctypes.data, data or None)
    return result


# --- NumPy's loops ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", functions())
def test_a_loop_gives_to_the_bit_what_the_function_gives(name: str) -> None:
    for x in (AWKWARD, np.linspace(-3, 3, 101), [0.25]):
        with np.errstate(all="ignore"):
            want = functions()[name](x)

        got = by_hand([*functions()].index(name), x)

        np.testing.assert_array_equal(got.view(np.int64)[~np.isnan(want)], want.view(np.int64)[~np.isnan(want)])
        assert np.isnan(got[np.isnan(want)]).all()


@pytest.mark.parametrize("name", functions())
def test_what_is_read_of_numpys_object_is_what_numpy_says_of_it(name: str) -> None:
    function = functions()[name]

    head = UFunc.from_address(id(function))

    assert (head.nin, head.nout, head.nargs) == (function.nin, function.nout, function.nargs) == (1, 1, 2)


def test_they_are_the_tables_functions_of_one_number_by_the_names_that_math_has_for_them() -> None:
    assert functions()["exp"] is np.exp
    assert functions()["asin"] is np.arcsin
    assert not {"sqrt", "hypot", "atan2", "erf"} & {*functions()}  # an instruction, of two numbers, not NumPy's


# --- lines ------------------------------------------------------------------------------------


def told(*lines: str, **helpers: Any) -> str:
    """The lines for a block, as one text."""
    return "\n".join(vectorise(lines, helpers))


def test_what_calls_nothing_is_done_example_by_example() -> None:
    assert told("g = d[r + j]", "d[x + j] += g") == "for j in range(w):\n    g = d[r + j]\n    d[x + j] += g"


def test_a_function_of_an_operand_and_nothing_else_is_one_loop() -> None:
    assert told("v[r + j] = math.asin(v[x + j])") == "by_numpy(loops, ASIN, v, x, r, w)"


def test_an_argument_that_is_computed_goes_to_a_spare_row_and_the_lines_read_the_result_there() -> None:
    text = told("t1 = v[x + j] * v[y + j]", "p = 2 * math.exp(-t1)", "d[x + j] += g * p")

    assert text == (
        "for j in range(w):\n    t1 = v[x + j] * v[y + j]\n    v[s0 + j] = -t1\n"
        "by_numpy(loops, EXP, v, s0, s0, w)\n"
        "for j in range(w):\n    t1 = v[x + j] * v[y + j]\n    p = 2 * v[s0 + j]\n    d[x + j] += g * p"
    )


def test_a_function_of_a_function_takes_two_rows() -> None:
    assert told("v[r + j] = math.log1p(math.exp(v[y + j]) + 1)") == (
        "for j in range(w):\n    v[s0 + j] = v[y + j]\n"
        "by_numpy(loops, EXP, v, s0, s0, w)\n"
        "for j in range(w):\n    v[s1 + j] = v[s0 + j] + 1\n"
        "by_numpy(loops, LOG1P, v, s1, r, w)"
    )


def test_a_gradient_is_added_to_once_however_many_loops_there_are() -> None:
    text = told("p = math.sin(v[x + j])", "d[x + j] += p", "p = math.cos(v[x + j])", "d[y + j] += p")

    assert text.count("d[x + j] += p") == text.count("d[y + j] += p") == 1
    assert text.endswith("d[x + j] += p\n    p = v[s1 + j]\n    d[y + j] += p")


def weighted(x: float) -> float:
    """A function that calls one of the table's."""
    return x * sigmoid(x)


def test_what_a_helper_does_stands_in_place_of_its_call() -> None:
    text = told("v[r + j] = weighted(-v[x + j])", weighted=weighted)

    assert text == (
        "for j in range(w):\n    v[s0 + j] = -abs(-v[x + j])\n"
        "by_numpy(loops, EXP, v, s0, s0, w)\n"
        "for j in range(w):\n    e_2 = v[s0 + j]\n"
        "    v[r + j] = -v[x + j] * ((1.0 if -v[x + j] >= 0.0 else e_2) / (1.0 + e_2))"
    )


def test_two_calls_of_a_helper_do_not_share_what_they_assign() -> None:
    text = told("p = sigmoid(v[x + j]) - sigmoid(v[y + j])", sigmoid=sigmoid)

    assert "e_1 = v[s0 + j]\n    e_2 = v[s1 + j]\n" in text


def test_a_case_that_needs_more_rows_than_there_are_is_done_one_by_one() -> None:
    rows = " + ".join(["math.exp(-v[x + j])"] * (SPARE + 1))

    assert told(f"v[r + j] = {rows}") == f"for j in range(w):\n    v[r + j] = {rows}"
