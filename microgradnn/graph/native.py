"""What mypyc is told of a class. Not compiled itself, so that Python need not have mypy's package."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:
    C = TypeVar("C", bound=type)

    def mypyc_attr(**_: object) -> Callable[[C], C]:
        """Return a decorator that does nothing: mypyc reads it, Python need not."""
        return lambda cls: cls
