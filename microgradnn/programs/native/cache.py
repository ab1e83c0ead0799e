"""Machine code kept on the disk, under a name made from its content, for the next process that needs the same.

What lies there is executed: so the folder is one that nobody else may write to, and so is each file. A file begins with
the digest of the rest, and one that is damaged counts as none.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from contextlib import suppress
from pathlib import Path

from ...engine.disk import is_trusted, write

MOST = 256_000_000  # bytes that are kept; of more, those that nobody has used for longest go
DIGEST = hashlib.sha256().digest_size


def folder() -> Path | None:
    """Return where code is kept: the folder that MICROGRADNN_CACHE names, else in the user's cache; None for nowhere.

    Warns, once in a process, of a folder that others may write to, which is not used.
    """
    own = os.environ.get("MICROGRADNN_CACHE")
    home = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "microgradnn"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        real = home.resolve()
        if is_trusted(real):
            return real if os.access(real, os.W_OK) else None
    except (OSError, RuntimeError):  # nothing can be written there, or there is no home
        return None
    warnings.warn(
        f"{real} is not used for compiled code, because it is another user's or others may write to it: chmod go-w it, "
        "or name another folder in MICROGRADNN_CACHE; until then each process compiles anew",
        RuntimeWarning,
        stacklevel=2,
    )
    return None


def load(name: str) -> bytes | None:
    """Return what is kept under a name; None where there is nothing, or nothing that can be trusted."""
    home = folder()
    if home is None:
        return None
    path = home / f"{name}.o"
    try:
        if not is_trusted(path):
            return None
        whole = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    digest, data = whole[:DIGEST], whole[DIGEST:]
    return data if hashlib.sha256(data).digest() == digest else None


def keep(name: str, data: bytes) -> None:
    """Keep code under a name, if that can be, and no more than MOST in all."""
    home = folder()
    if home is None:
        return
    with suppress(OSError):
        path = home / f"{name}.o"
        path.unlink(missing_ok=True)  # another's, or damaged
        write(path, hashlib.sha256(data).digest() + data)
        path.chmod(0o600)
        found = sorted(home.glob("*.o"), key=lambda one: one.stat().st_mtime, reverse=True)
        total = 0
        for one in found:
            total += one.stat().st_size
            if total > MOST:
                one.unlink(missing_ok=True)
