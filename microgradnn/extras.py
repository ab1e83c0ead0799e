"""Packages that only some parts need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Within it a package that is missing is said to come with that extra of this one."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"this needs the package {error.name}: pip install 'microgradnn[{name}]'"
        raise ModuleNotFoundError(message, name=error.name) from None
