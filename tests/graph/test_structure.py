"""Numbers in lists, tuples, dicts and arrays are taken apart and put together again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from microgradnn import Value
from microgradnn.graph.structure import arguments, flatten, unflatten


class Pair(NamedTuple):
    left: float
    right: list[float]


structures = st.recursive(
    st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
)


@given(structures)
def test_what_is_taken_apart_is_put_together_the_same(structure: Any) -> None:
    again = unflatten(structure, flatten(structure))

    assert again == structure
    assert type(again) is type(structure)


def test_the_order_is_that_of_writing() -> None:
    assert flatten({"b": [1.0, (2.0, 3.0)], "a": 4.0}) == [1, 2, 3, 4]


def test_named_tuples_and_arrays_stay_what_they_are() -> None:
    assert unflatten(Pair(0.0, [0.0]), [1.0, 2.0]) == Pair(1.0, [2.0])
    numbers = unflatten(np.zeros((2, 2)), [1.0, 2.0, 3.0, 4.0])
    nodes = unflatten(np.zeros(2), [Value(1.0), Value(2.0)])

    assert numbers.dtype == float
    assert numbers.tolist() == [[1, 2], [3, 4]]
    assert nodes.dtype == object


def test_a_node_is_a_leaf() -> None:
    x = Value(1.0)

    assert flatten([x, {"y": x}]) == [x, x]
    assert unflatten(3.0, [x]) is x


def test_arguments_are_called_by_the_parameters_that_have_a_place() -> None:
    def function(w: Any, /, x: Any, *xs: Any, flag: bool = False, **options: Any) -> None: ...

    assert arguments(function) == ["w", "x"]
    assert arguments(lambda *args, **kwargs: None) == arguments(dict) == []
