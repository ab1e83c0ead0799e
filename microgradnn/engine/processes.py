"""Programs of others, run within limits: whatever one does, it ends, and what it says is not endless."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import IO, NamedTuple

PAUSE = 0.2  # seconds between two looks at how much has been said


class Ended(NamedTuple):
    """How a program ended, and what it wrote: `status` is None where it was ended, for the reason in `why`."""

    status: int | None
    output: bytes
    complaint: bytes
    why: str


def run(
    command: Sequence[str],
    data: bytes = b"",
    *,
    seconds: float,
    most: int,
    env: Mapping[str, str] | None = None,
    confine: Callable[[int], None] = lambda pid: None,
) -> Ended:
    """Feed bytes to a program and return what it writes; raises OSError where it does not start.

    The program, and all that it has started, is ended after so many seconds, when it has written more than `most`
    bytes, and by Ctrl-C. It writes to files, not to pipes, which a child of its own could hold open. `confine` is
    called with its process number before it is fed.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=complaint,
            env=env,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        status, why = None, f"was not done after {seconds:g} s"
        end = monotonic() + seconds
        try:
            confine(child.pid)
            Thread(target=feed, args=(child.stdin, data), daemon=True).start()  # it may never read
            while status is None and (left := end - monotonic()) > 0:
                with suppress(subprocess.TimeoutExpired):
                    status = child.wait(min(PAUSE, left))
                if any(os.fstat(file.fileno()).st_size > most for file in (output, complaint)):
                    status, why = None, f"wrote more than {most:,} bytes"
                    break
        finally:
            stop(child)
        output.seek(0)
        complaint.seek(0)
        return Ended(status, output.read(most), complaint.read(most), "" if status is not None else why)


def feed(pipe: IO[bytes], data: bytes) -> None:
    """Write all to a program that may have had enough, or have ended."""
    with suppress(OSError), pipe:
        pipe.write(data)


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a program and what it has started, if they have not ended."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    if child.poll() is None:
        child.kill()
        child.wait()
