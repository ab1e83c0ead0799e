"""log σ(z) and log(1 − σ(z)) where σ(z) is too small to be divided by: the truth, on numbers and on arrays.

The right values are those of the limits: log σ(z) → z with slope 1 for z → −∞, and log(1 − σ(z)) = log σ(−z).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnn import Tensor, Value, log, sigmoid

FORMS: dict[str, Any] = {
    "log of a sigmoid": (lambda z: log(sigmoid(z)), 1.0),
    "log of 1 minus a sigmoid": (lambda z: log(1 - sigmoid(-z)), 1.0),
}
FAR = [-1e6, -800.0, -746.0, -744.0, -740.0, -712.0, -709.8]


@pytest.mark.parametrize(("form", "slope"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("at", FAR)
def test_far_out_the_logarithm_of_a_sigmoid_is_its_argument(form: Any, slope: float, at: float) -> None:
    z, Z = Value(at), Tensor([[at, 0.5]])
    form(z).backward()
    form(Z).sum().backward()

    assert (form(z).data, z.grad) == (at, slope)
    assert (form(Z).data[0, 0], Z.grad[0, 0]) == (at, slope)
    assert form(Z).data[0, 1] == pytest.approx(-np.log1p(np.exp(-0.5)), abs=1e-15)
    assert Z.grad[0, 1] == pytest.approx(1 / (1 + np.exp(0.5)), abs=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_an_array_only_what_is_too_small_goes_another_way(dtype: Any) -> None:
    Z = Tensor(np.array([[-2000.0, 1.0]]), dtype=dtype)
    A = sigmoid(Z)
    J = log(A)
    J.sum().backward()

    assert J.dtype == dtype
    assert Z.grad[0, 0] == 1
    assert A.grad[0, 1] == pytest.approx(1 / A.data[0, 1], rel=1e-6)


def test_elsewhere_the_graph_is_as_it_was_written() -> None:
    a = sigmoid(Value(-700.0))
    assert log(a).inputs == (a,)
    assert log(Value(5e-324)).data == pytest.approx(-744.44, abs=0.01)
