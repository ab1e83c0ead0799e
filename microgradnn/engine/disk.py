"""Files on a disk: written whole or not at all, and read only where they are ordinary and not too large.

Every file that the library writes for a user is written by `write`: aside, in the same folder, from where it
takes its place in one move. Whoever reads it, and whenever the power fails, there is the old one or the new one.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from ..rules.notation import visible

LONGEST_NAME = 200  # bytes of a name to which a process and a number can still be added
MOST_LISTED = 1000  # names in a folder, for a guess at which was meant
OPEN_ALREADY = re.compile(r"/dev/(stdin|fd/\d+)|/proc/self/fd/\d+")  # pipes of the shell: `<(…)`


# --- writing ----------------------------------------------------------------------------------------


def write(path: str | Path, data: bytes) -> Path:
    """Make `data` the whole of a file, at once, and return its path.

    A kill, a full disk or a power failure at any moment leaves the file that was there before; after
    a kill a hidden `.NAME.PROCESS.NUMBER.partial` may lie beside it until the next write. Several threads and
    processes may write one file: the last one stays. Raises OSError.
    """
    writable(path)
    path = Path(path)
    target = Path(os.path.realpath(path))  # a link stays one
    aside = target.with_name(f".{short(target.name)}.{os.getpid()}.{os.urandom(4).hex()}.partial")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            aside.chmod(stat.S_IMODE(target.stat().st_mode))
        aside.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, str(path)) from error  # not of the file aside
        raise
    sweep(target)
    synchronise(target.parent)
    return path


def writable(path: str | Path) -> None:
    """Raise OSError unless a file can be written there: before long work, not after it."""
    if os.fspath(path).endswith(("/", os.sep)):
        raise IsADirectoryError(21, "a name that ends in / is that of a folder, not of a file", str(path))
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(21, "this is a folder, not a file", str(path))
    if target.exists() and not target.is_file():
        raise OSError(22, "this is no ordinary file, and is not replaced by one", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "there is no folder to write it to", str(path))
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(13, "this folder cannot be written to", str(target.parent))


def short(name: str) -> str:
    """Return the beginning of a name, so that there is room for more."""
    return name if len(os.fsencode(name)) <= LONGEST_NAME else name[: LONGEST_NAME // 4]


def sweep(target: Path) -> None:
    """Remove what killed processes left of this file: the partial ones whose process no longer lives."""
    if os.name != "posix":  # elsewhere os.kill would end the process that it asks for
        return
    left = re.compile(rf"\.{re.escape(short(target.name))}\.(\d{{1,9}})(\.[0-9a-f]{{8}})?\.partial")
    with contextlib.suppress(OSError):  # a folder that is not ours to read or to tidy: the file itself is written
        for path in target.parent.iterdir():
            found = left.fullmatch(path.name)
            if found and not lives(int(found[1])):
                path.unlink(missing_ok=True)


def lives(process: int) -> bool:
    """Whether there is a process of that number; for POSIX systems only."""
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:  # there is one, of another user
        pass
    return True


def synchronise(folder: Path) -> None:
    """Have the folder itself written to the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def lock(path: str | Path, use: str) -> Iterator[None]:
    """Keep a file for one user, who does `use` with it, until the end of the block or of the process.

    ValueError where another process or thread has it now. A hidden `.NAME.lock` stands beside it meanwhile, held by the
    system's own lock, so that none is left after a kill. Without such locks nothing is kept.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{short(target.name)}.lock")
    while True:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(handle, 20).decode(errors="replace")  # which it may not have written yet
            os.close(handle)
            what = f"{path} is in use: {f'process {who}' if who else 'another process'} {use} with it"
            raise ValueError(f"{what}; wait for its end, or choose another file") from None
        except OSError:  # a file system that has none
            os.close(handle)
            yield
            return
        if beside.exists() and os.path.samestat(os.fstat(handle), beside.stat()):
            break
        os.close(handle)  # whoever had it has removed it meanwhile
    try:
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        beside.unlink(missing_ok=True)
        os.close(handle)


# --- reading ----------------------------------------------------------------------------------------


def check_path(path: Any) -> None:
    """Raise TypeError or ValueError for what names no file."""
    if not isinstance(path, (str, os.PathLike)):
        what = "a file is named by a text or a pathlib.Path"
        raise TypeError(f"{what}, as in 'examples.csv'; got {path!r:.60} ({type(path).__name__})")
    if "\0" in str(os.fspath(path)):
        raise ValueError(f"the name of a file has no NUL in it; got {os.fspath(path)!r:.60}")


@contextlib.contextmanager
def said_of(path: str | os.PathLike[str], kind: str = "file") -> Iterator[None]:
    """Within it, an OSError of a file, or a folder, that is to be read says in words what is there instead."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, explain_absence(Path(path), kind), os.fspath(path)) from None
    except IsADirectoryError as error:
        raise IsADirectoryError(error.errno, "this is a folder, not a file", os.fspath(path)) from None
    except NotADirectoryError as error:
        what = "this is a file, not a folder" if Path(path).is_file() else "what is before the last / is no folder"
        raise NotADirectoryError(error.errno, what, os.fspath(path)) from None
    except PermissionError as error:
        raise PermissionError(error.errno, "you may not read this", os.fspath(path)) from None


def explain_absence(path: Path, kind: str) -> str:
    """Say that a file or folder is missing, or that which it would be in, and which name may have been meant."""
    if not path.parent.is_dir():
        return f"there is no such {kind}, nor the folder that it would be in"
    near: list[str] = []
    with contextlib.suppress(OSError):  # a folder that is not ours to read
        near = get_close_matches(path.name, sorted(one.name for one in islice(path.parent.iterdir(), MOST_LISTED)), 1)
    return f"there is no such {kind}" + (f" (did you mean {visible(near[0])!r}?)" if near else "")


def open_ordinary(path: str | os.PathLike[str], most: int) -> BinaryIO:
    """Open a file to read its bytes; ValueError before it is read where it has more than `most`, or is not ordinary.

    A device has no end, and a named pipe that nobody writes to never begins. A pipe that is open already, such
    as /dev/stdin, is read. Raises OSError where there is no such file, or it is a folder.
    """
    check_path(path)
    pipe = OPEN_ALREADY.fullmatch(os.fspath(path))
    with said_of(path):
        mode = Path(path).stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or (pipe and stat.S_ISFIFO(mode))):
        raise ValueError(f"{os.fspath(path)} is not an ordinary file")
    with said_of(path):
        file = Path(path).open("rb")  # noqa: SIM115 (the caller closes it)
    size = os.fstat(file.fileno()).st_size
    if size > most:
        file.close()
        raise ValueError(f"{os.fspath(path)} has {size:,} bytes, and at most {most:,} are read")
    return file


# --- what is executed -------------------------------------------------------------------------------


def is_trusted(path: Path) -> bool:
    """Whether a file or a folder is this user's own, and nobody else may write to it."""
    if not hasattr(os, "geteuid"):
        return True
    about = os.lstat(path)  # a link is none of these
    ours = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return ours and (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode))
