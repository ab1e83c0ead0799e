"""DOT text laid out by Graphviz: the system's `dot`, otherwise the one that pip installed.

Graphviz is a C program fed with a user's graph. It runs in a child process with a limit on
time and one on memory, so that a crash or an endless layout is an error message, not a dead
notebook. Which of the two ran shows in the positions only.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..engine.processes import run
from ..errors import RendererMissing, RenderError

FORMATS = ("pdf", "png", "svg")
STARTS = {"pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<svg"}
END = b"</svg>"  # which no text in it can have
HEAD = 4096  # bytes in which a picture says what it is
MOST = 1 << 27  # bytes of a picture; one of 5,000 nodes has 5 MB
MEMORY = 1 << 30  # bytes; a graph of 5,000 nodes takes some 50 MB
MISSING = 78  # the exit status of _embedded.py where its WebAssembly engine does not load
EMBEDDED = Path(__file__).with_name("_embedded.py")
INSTALL = (
    "install Graphviz (Linux: apt install graphviz, or dnf; macOS: brew install graphviz; "
    "Windows: winget install Graphviz.Graphviz, then add its bin folder to PATH)"
)


def render(dot: str, format: str = "svg", *, timeout: float = 60.0) -> bytes:
    """Lay out DOT text and return the picture's bytes, in UTF-8 for svg.

    Raises ValueError for an unknown format, RendererMissing where nothing installed can draw it
    (pdf and png need the system's Graphviz), and RenderError where the layout fails or takes
    more than `timeout` seconds.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r} (choose from {', '.join(FORMATS)})")
    program = shutil.which("dot")
    if program:
        # Address space is no measure for the embedded one: a sandbox reserves 4 GB and uses 2 MB.
        picture = lay_out([program, f"-T{format}"], dot.replace("\0", "\n"), timeout, address_space=MEMORY)
        if STARTS[format] not in picture[:HEAD]:
            raise RenderError(f"{program} printed something that is no {format}; {INSTALL}")
        return remove_date(picture) if format == "pdf" else picture
    if format != "svg":
        raise RendererMissing(f"{format} needs Graphviz's dot, which is not on PATH; {INSTALL}; svg works without")
    return lay_out([sys.executable, "-P", str(EMBEDDED), str(MEMORY)], dot, timeout)


def render_all(dots: Sequence[str], *, timeout: float = 60.0) -> list[bytes]:
    """Lay out DOT texts as svg, all in one process, as `render` does each."""
    if len(dots) == 1:
        return [render(dots[0], timeout=timeout)]
    several = render("\0".join(dots), timeout=timeout)
    found = [part.lstrip() + END for part in several.split(END)[:-1]]
    if len(found) != len(dots):
        raise RenderError(f"Graphviz drew {len(found)} of {len(dots)} pictures; draw a smaller part of the graph")
    return found


def has_graphviz() -> bool:
    """Whether the system has a Graphviz."""
    return shutil.which("dot") is not None


def renderer() -> str:
    """Name the Graphviz that draws svg here: `Graphviz 14.1.2 (/usr/bin/dot)`."""
    version = re.search(rb"graphviz version (\S+)", render("digraph {}"))
    number = version[1].decode() if version else "of unknown version"
    return f"Graphviz {number} ({shutil.which('dot') or 'installed by pip'})"


def lay_out(command: list[str], dot: str, timeout: float, address_space: int | None = None) -> bytes:
    """Feed text to a Graphviz and return what it prints; end it, come what may."""
    limits = partial(confine, seconds=int(timeout) + 10, address_space=address_space)
    try:
        ran = run(command, dot.encode(errors="replace"), seconds=timeout, most=MOST, env=environment(), confine=limits)
    except OSError as error:
        raise RenderError(f"{command[0]} could not be started: {error}; {INSTALL}") from error
    if ran.status is None:
        what = f"no layout after {timeout:g} s" if "not done" in ran.why else f"{command[0]} {ran.why}"
        raise RenderError(f"{what}; draw a smaller part of the graph, or allow more time")
    words = "\n".join(ran.complaint.decode(errors="replace").splitlines()[-5:]) or "it said nothing"
    if ran.status == MISSING:
        raise RendererMissing(f"the Graphviz that pip installed does not run here: {words}; {INSTALL}")
    if ran.status or not ran.output:
        raise RenderError(f"Graphviz gave no picture ({ending(ran.status)}): {words}; try a smaller part of the graph")
    return ran.output


def environment() -> dict[str, str]:
    """Return the variables for the child, which then finds the packages that are found here."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SOURCE_DATE_EPOCH": "0"}


def remove_date(picture: bytes) -> bytes:
    """Take the time of the run out of a PDF of a Graphviz that ignores SOURCE_DATE_EPOCH."""
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"19700101000000", picture)


def confine(pid: int, seconds: int, address_space: int | None) -> None:
    """Limit a process that waits for its input, where the system can (Linux)."""
    if sys.platform != "linux":
        return
    import resource

    limits = {resource.RLIMIT_CPU: seconds}  # ends it even if this process is killed first
    if address_space is not None:
        limits[resource.RLIMIT_AS] = address_space
    with suppress(OSError):  # refused in a container: the time limit above holds all the same
        for kind, most in limits.items():
            if resource.prlimit(pid, kind)[1] == resource.RLIM_INFINITY:  # else there is a limit already
                resource.prlimit(pid, kind, (most, most))


def ending(status: int) -> str:
    """Say how a process ended: by itself, or by a signal."""
    return f"exit status {status}" if status >= 0 else str(signal.strsignal(-status))
