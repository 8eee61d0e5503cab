"""Hidden names beside a place that is written, which nobody else has and the next start clears.

A process identifier tells no two processes apart: in containers every one may be 1. Names are
drawn instead, and whether their process still lives is told by a lock, which the system frees
however the process ends.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What a disk says that knows no locks: there, everything works but for telling who lives."""


class BusyError(Exception):
    """Another process holds the place."""


def scratch_name(path: Path, what: str) -> Path:
    """Draw a hidden name beside a path: short whatever the path's is, and nobody else's."""
    return path.parent / f"{_stem(path)}-{secrets.token_hex(8)}.{what}"


def scratch_names(path: Path, what: str) -> list[Path]:
    """Find the names that :func:`scratch_name` drew beside a path and that are there."""
    return sorted(path.parent.glob(f"{_stem(path)}-{'[0-9a-f]' * 16}.{what}"))


@contextmanager
def scratch_file(path: Path) -> Iterator[Path]:
    """Make a hidden file beside a path; whatever of it is left at the end is removed.

    Those of processes that have ended, however they did, are removed too.

    Parameters
    ----------
    path : pathlib.Path
        What it will be renamed to. If that exists, the file may be read by whom that may.

    Yields
    ------
    pathlib.Path
        The file.
    """
    for left in scratch_names(path, "partial"):
        _remove_abandoned(left)
    file, descriptor = _made(path)
    try:
        with suppress(OSError):
            file.chmod(stat.S_IMODE(path.stat().st_mode))
        yield file
    finally:
        with suppress(OSError):
            file.unlink()
        os.close(descriptor)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a place that one process at a time may write.

    Parameters
    ----------
    path : pathlib.Path
        The place; it need not exist, but its parent must.

    Raises
    ------
    BusyError
        If another process, or another part of this one, holds it. One that was killed does not.
    """
    file = path.parent / f"{_stem(path)}.lock"
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            if not _locked(descriptor):
                raise BusyError
            # Whoever held it before has removed it meanwhile: then this is a lock on nothing.
            if _same(descriptor, file):
                break
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()
        os.close(descriptor)


def remove_folder(folder: Path) -> None:
    """Remove a hidden folder of the library's own; what cannot be removed stays."""
    shutil.rmtree(folder, ignore_errors=True)


def _made(path: Path) -> tuple[Path, int]:
    while True:
        file = scratch_name(path, "partial")
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        # Until it is locked, another process could take it for abandoned.
        if _locked(descriptor) and _same(descriptor, file):
            return file, descriptor
        os.close(descriptor)


def _remove_abandoned(file: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if _locked(descriptor):
                file.unlink()
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Lock what is open; say whether nobody else has."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def _same(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


def _stem(path: Path) -> str:
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    return f".contextures-{name}"
