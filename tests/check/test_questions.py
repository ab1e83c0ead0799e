"""Questions on a graph: the right gradient is right, and of a wrong one it is said what it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnn import Tensor, Value, relu
from microgradnn.check import Question, WrongGradient, ask, ask_wrong
from microgradnn.graph import topological


@given(st.sampled_from([1, 2, 3]), st.integers(0, 10**6))
def test_what_a_fresh_question_holds_for_right_is_what_a_difference_finds(level: int, seed: int) -> None:
    question = ask(level, seed)
    root, source = question.root, question.source
    assert str(ask(level, seed)) == str(ask(level, seed)) == str(question) == repr(question)
    root.backward()
    assert question.right == source.grad  # small whole numbers
    assert max(abs(node.item()) for node in topological(root)) <= 500
    assert len([node for node in topological(root) if source in node.inputs]) >= min(level, 2) - (level > 1)
    assert f"d{root.name}/d{source.name} = ?" in str(question)
    assert question.answer(f"{question.right:g}") == question.answer(question.right)
    assert not any(node.op is relu and node.inputs[0].item() == 0 for node in topological(root))  # a kink


def test_the_leaves_have_either_sign_and_are_never_0() -> None:
    roots = [ask(1, seed).root for seed in range(20)]
    numbers = {node.item() for root in roots for node in topological(root) if node.name in {"a", "b", "c"}}
    assert numbers == {*range(-5, 0), *range(1, 7)}


@given(st.sampled_from([1, 2, 3]), st.integers(0, 10**6))
def test_a_mistake_that_is_no_gradient_is_answered_with_a_sentence_on_it(level: int, seed: int) -> None:
    question = ask(level, seed)
    assert question.answer(question.right).startswith("yes: ")
    assert "grad" not in str(question)  # it does not tell
    for number, sentence in question.mistakes():
        answer = question.answer(number)
        assert answer.startswith("yes" if question.is_right(number) else "no: ")
        assert sentence


def nodes() -> tuple[Value, Value]:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    u = (a * b).named("u")
    return (u * a + b).named("J"), a


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (12, "yes: dJ/da is the sum over 2 paths"),
        (6, "no: that is the path through u alone; a is used in 2 ways: add them"),
        (36, "no: that is the product of the 2 paths; they are added"),
        (-12, "no: the sign is the other one"),
        (2, "no: that is the value of a, and not its gradient"),
        (5, "no: that is dJ/db"),
        (7.5, "no: begin at the end with 1, and go back"),
    ],
)
def test_a_wrong_answer_is_told_what_it_is(number: float, sentence: str) -> None:
    assert Question(*nodes()).answer(number).startswith(sentence)


def test_a_question_is_about_a_small_graph_of_values() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(50):
        y = y + x
    with pytest.raises(ValueError, match="a small graph of Values"):
        Question(y, x)
    T = Tensor([[1.0]], "T")
    with pytest.raises(ValueError, match="a small graph of Values"):
        Question(T.sum(), T)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=re.escape("got 4")):
        ask(4)


def test_a_notebook_shows_the_drawing_and_the_question() -> None:
    html = Question(*nodes())._repr_html_()
    assert "<img" in html or "<svg" in html
    assert "dJ/da = ?" in html


@settings(max_examples=20)
@given(st.sampled_from([1, 2, 3]), st.integers(0, 10**6))
def test_one_gradient_of_a_graph_is_wrong_and_only_that(level: int, seed: int) -> None:
    question = ask_wrong(level, seed)
    shown = {node.name: node.grad for node in question.names.values()}
    question.root.zero_grad()
    for node in question.names.values():
        node.zero_grad()
    question.root.backward()

    differ = {name for name, node in question.names.items() if node.grad != shown[name]}

    assert differ == {question.right}
    assert question.answer(question.right).startswith("yes, it is not ")
    assert all(question.answer(name).startswith("no: ") for name in {*shown} - differ)


def test_a_wrong_gradient_is_asked_for_by_the_name_of_its_node() -> None:
    J, a = nodes()
    question = WrongGradient(J, a, 6)
    assert "grad 6" in str(question)
    assert question.read("dJ/da") == question.read("da") == question.read("a") == "a"
    with pytest.raises(ValueError, match=re.escape("a name, please (a, b, u, J); 'x' is none")):
        question.read("x")
    assert question.answer("J") == "no: dJ/dJ is 1, always"
    with pytest.raises(ValueError, match=re.escape("a name, please (a, b, u, J); 3 is none")):
        question.answer(3)  # type: ignore[arg-type]
    for none in ("six", None, float("nan")):
        with pytest.raises(ValueError, match="a number, please"):
            Question(*nodes()).answer(none)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="12 is no wrong gradient"):
        WrongGradient(*nodes(), 12)
