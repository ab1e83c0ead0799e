"""What other languages compute of a row is its Python source, translated."""

from __future__ import annotations

import math

import pytest

from microgradnn import DomainError, Value
from microgradnn.formulas.translation import c_function, find_helpers, javascript_function, translate
from microgradnn.graph import OPS, Op
from microgradnn.rules import calculus

SPELLED = [
    op
    for op in OPS.values()
    if op.arity and op is not calculus.pow and op.scalar.__module__ == "microgradnn.rules.numerics"
]


@pytest.mark.parametrize("op", SPELLED, ids=str)
def test_every_row_with_a_spelling_of_its_own_is_written_in_c_and_javascript(op: Op) -> None:
    found = find_helpers({op.name: op.scalar})

    assert found[-1].name == op.name
    for function in found:
        assert c_function(function).startswith(f"static double {function.name}_(double ")
        assert javascript_function(function).startswith(f"function ${function.name}(")


def smooth_step(x: float) -> float:
    """A function with all that can be translated."""
    if not x >= 0:
        raise ValueError(x)
    t = x
    t *= 3 - 2 * x
    if x > 1 or math.isnan(x):
        return 1
    return t * x + (x == 0.5) * math.pi


def test_branches_become_conditional_formulas_and_numbers_get_a_point() -> None:
    assert c_function(translate(smooth_step)) == (
        "static double smooth_step_(double x) { double t = x; t = (t * (3.0 - (2.0 * x))); "
        "return ((!(x >= 0.0)) ? NAN : (((x > 1.0) || isnan(x)) ? 1.0 : "
        "((t * x) + (((x == 0.5) ? 1.0 : 0.0) * 3.141592653589793)))); }"
    )


def test_what_has_a_loop_is_refused() -> None:
    def looping(x: float) -> float:
        for _ in range(3):
            x = x / 2
        return x

    with pytest.raises(ValueError, match="looping: a For cannot be written in another language"):
        translate(looping)
    with pytest.raises(ValueError, match="max cannot be written in another language"):
        translate(at_most_two)


def at_most_two(x: float) -> float:
    """It calls what only Python has."""
    return max(x, 2.0)


def test_outside_of_its_domain_a_row_has_no_value() -> None:
    with pytest.raises(DomainError, match="cross_entropy has no real value at x = 2"):
        calculus.cross_entropy(Value(2.0), Value(1.0))
    for op in OPS.values():
        low, high = op.domain[0][:2]
        others = [0.5] * (len(op.domain) - 1)
        if op.name not in ("tan", "pow"):  # the row tells one period of tan, and a power of x < 0 may be whole
            for x in [low - 1.0] * (low > -math.inf) + [high + 1.0] * (high < math.inf):
                with pytest.raises(DomainError):
                    op(*map(Value, [x, *others]))
