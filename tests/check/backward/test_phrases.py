"""What a report says of a mistake is a sentence, whatever the mistake."""

from __future__ import annotations

import re

import numpy as np
import pytest

from microgradnn.check.backward.edits.editor import Editor
from microgradnn.check.backward.edits.statements import edits_of
from microgradnn.check.backward.evidence import Evidence
from microgradnn.check.backward.phrases import REASONS, explain
from microgradnn.check.backward.source import Scope, read_source
from tests.check.backward.wild import course_lstm_cell, embedding_bag, svm_vector, vae

SOURCES = [course_lstm_cell.lstm_cell_backward, embedding_bag.backward, svm_vector.svm_loss_vectorized, vae.vae_grads]
SAID_OTHERWISE = {"factor", "slope", "sum for mean"}


@pytest.mark.parametrize("function", SOURCES, ids=lambda function: function.__name__)
def test_every_edit_has_its_sentence(function) -> None:  # type: ignore[no-untyped-def]
    source = read_source(function)
    assert source is not None
    scope: Scope = {name: np.ones((2, 2)) for name in function.__code__.co_varnames} | {"n": np.array(5)}
    scopes = {sign * line: scope for line in source.lines for sign in (1, -1)}

    said = {}
    for edit in edits_of(Editor(source, scopes)):
        assert edit.kind in REASONS.keys() | SAID_OTHERWISE
        said[edit.kind] = explain(edit.kind, edit.hint, ("W", "b"), Evidence("different", "is wrong"), "old", "new")

    assert len(said) > 10
    for sentence in said.values():
        assert sentence.startswith("dW and db "), sentence
        assert not re.search(r"\0|\{|\b(\w+ \w+) \1\b|: $|  ", sentence), sentence


def test_numbers_are_told_where_they_help() -> None:
    shape = Evidence("axis", "is a number; it should be (3, 1): it was summed over too much")
    ratio = Evidence("factor", "is 5 × the right one everywhere: did you forget 1/m (m = 5)?", 5.0)
    call = "np.sum(dZ, axis=1, keepdims=True)"

    assert (
        explain("axis", call, ("b",), shape, "", "") == f"db is a number; it should be (3, 1): the sum has to be {call}"
    )
    assert explain("term", "c", ("b",), shape, "", "") == "db is wrong: the term c is missing"
    assert explain("factor", "1/m\0m = 5", ("W",), ratio, "", "") == (
        "dW is 5 × the right one everywhere: did you forget 1/m (m = 5)?"
    )
    assert explain("factor", "L\0N", ("W",), ratio, "", "").endswith("everywhere: L belongs where N stands")
    assert explain("sum for mean", "dA.sum(axis=0)", ("layer.b",), ratio, "", "") == (
        "layer.db is 5 × the right one everywhere: a mean is taken where a sum belongs, dA.sum(axis=0)"
    )
