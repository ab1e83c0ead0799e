"""What mypy is to say of the functions of the package, and what help says."""

from __future__ import annotations

import pydoc
from typing import Any, assert_type

import numpy as np
import pytest
from numpy.typing import NDArray

import microgradnn as mg
from microgradnn.graph import OPS, Fold, Op


def test_a_function_is_of_the_type_of_its_argument() -> None:
    v, t = mg.Value(0.5), mg.Tensor([[0.5, 1.0]])

    assert_type(mg.tanh(v), mg.Value)
    assert_type(mg.tanh(t), mg.Tensor)
    assert_type(mg.tanh(0.5), float)
    assert_type(mg.tanh(np.ones(2)), NDArray[Any])
    assert_type(mg.maximum(v, 2.0), mg.Value)
    assert_type(mg.maximum(2.0, v), mg.Value)
    assert_type(mg.hypot(3, 4), float)
    assert_type(mg.sum([v, v]), mg.Value)
    assert_type(mg.sum([0.5, 1.0]), float)
    assert_type(mg.sum(t), mg.Tensor)
    assert_type(mg.dot([v], [1.0]), mg.Value)
    assert_type(mg.cumsum(t, axis=1), mg.Tensor)
    assert_type(v.tanh(), mg.Value)


@pytest.mark.parametrize("op", OPS.values(), ids=str)
def test_help_shows_the_formula_and_the_slopes(op: Op) -> None:
    shown = pydoc.plain(pydoc.render_doc(op))

    assert "f = " in shown
    assert isinstance(op, Fold) or "∂f/∂x = " in shown
    assert "One row of a table" not in shown


def test_help_says_what_tanh_is() -> None:
    shown = pydoc.plain(pydoc.render_doc(mg.tanh))

    assert shown.splitlines()[2:5] == ["<op tanh>", "    f = tanh(x)", "    ∂f/∂x = 1 − f²"]
