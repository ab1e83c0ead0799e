"""Small pieces of text."""

from __future__ import annotations

from collections.abc import Sequence


def list_names(names: Sequence[str], most: int = 8) -> str:
    """Write some names: a, b and c."""
    names = [*names[:most], f"{len(names) - most} more"] if len(names) > most else list(names)
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def gradient_of(name: str) -> str:
    """Write the gradient of something: dW1, and self.layers[0].dW for what is in an object."""
    head, dot, last = name.rpartition(".")
    return f"{head}{dot}d{last}"
