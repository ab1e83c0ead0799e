"""The exceptions: a tree under Python's own, as the module's docstring draws it."""

from __future__ import annotations

import inspect
import re

import pytest

import microgradnn
from microgradnn import (
    AnomalyError,
    DivergedError,
    DomainError,
    ExpressionError,
    GuardError,
    ModelFileError,
    NoSuchAttribute,
    OutOfRangeError,
    PoleError,
    RankOneWarning,
    RendererMissing,
    RenderError,
    ShapeError,
    errors,
)

TREE = {
    DomainError: (ValueError,),
    PoleError: (DomainError, ZeroDivisionError),
    ShapeError: (ValueError,),
    OutOfRangeError: (ShapeError, IndexError),
    ExpressionError: (ValueError,),
    ModelFileError: (ValueError,),
    AnomalyError: (FloatingPointError,),
    DivergedError: (AnomalyError,),
    GuardError: (RuntimeError,),
    RenderError: (RuntimeError,),
    RendererMissing: (RenderError,),
    NoSuchAttribute: (AttributeError,),
    RankOneWarning: (UserWarning,),
}


def exceptions() -> list[type[Exception]]:
    classes = [x for _, x in inspect.getmembers(errors, inspect.isclass) if x.__module__ == errors.__name__]
    return [x for x in classes if issubclass(x, Exception)]


def test_every_exception_of_the_module_is_in_the_tree_of_this_test() -> None:
    assert set(exceptions()) == set(TREE)


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_an_exception_is_caught_by_pythons_own_name_for_it(error: type[Exception]) -> None:
    assert error.__bases__ == TREE[error]


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_an_exception_can_be_imported_from_the_package(error: type[Exception]) -> None:
    assert getattr(microgradnn, error.__name__) is error
    assert error.__name__ in microgradnn.__all__


def test_the_docstring_draws_the_tree_that_the_classes_form() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for indent, name in re.findall(r"^([ │├└─]*)([A-Z]\w+)", errors.__doc__ or "", flags=re.MULTILINE)[1:]:
        above[len(indent) // 4 :] = [name]
        drawn[name] = above[-2] if len(above) > 1 else ""

    classes = {error.__name__: error.__bases__[0].__name__ for error in exceptions()}
    assert {name: parent for name, parent in drawn.items() if parent} == classes


def test_what_the_parser_does_not_understand_is_no_failure_of_the_mathematics() -> None:
    assert not issubclass(ExpressionError, DomainError)
    assert not issubclass(DomainError, ExpressionError)
