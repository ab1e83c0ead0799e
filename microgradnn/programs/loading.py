"""Printed source as a function that runs, and that tracebacks can show."""

from __future__ import annotations

import builtins
import linecache
import weakref
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

NUMBER = count(1)


def load_function(source: str, name: str, own: Mapping[str, Callable[..., Any]] | None = None) -> Callable[..., Any]:
    """Return a function of a source, which tracebacks can show; `own` are the user's own that it calls."""
    file = f"<microgradnn program {next(NUMBER)}>"  # kept as long as the function is
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {}
    exec(builtins.compile(source, file, "exec"), namespace)
    namespace.update(own or {})  # themselves, and not what was printed for them
    function: Callable[..., Any] = namespace[name]
    weakref.finalize(function, linecache.cache.pop, file, None).atexit = False
    return function
