"""How a command ends: with a sentence and a code, whatever goes wrong but faults of its own."""

from __future__ import annotations

import errno
import os
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import typer

from contextures.cli.streams import GoneError, close_streams, open_streams, show, tell
from contextures.exceptions import ContextWarning, InputError

REFUSED, INTERRUPTED = 2, 130

NO_MEMORY = (
    "the memory does not suffice for this; give fewer rows or columns, or allow the process more "
    "(ulimit -v says how much it may have)"
)

LEAST_MEMORY = 3 * 2**28
"""Bytes of addresses that the libraries need to be loaded: with less, some end the process or wait
for ever instead of raising an error."""

UsageError: Any = typer.BadParameter.__mro__[2]
"""The error of a wrong command line; typer exports only its subclass."""

_NO_MEMORY = re.compile(
    r"cannot allocate memory|failed to map segment|not enough memory|out of memory|bad_?alloc"
    r"|can't start new thread|can't allocate|unable to allocate|malloc of size|realloc of size"
    r"|workers? (process )?(was|were) (unexpectedly )?(terminated|killed)"
    r"|process managed by the executor was unexpectedly terminated",
    re.IGNORECASE,
)


def ending_of(app: Callable[..., Any]) -> int:
    """Run the commands; give the exit code: 0 on success only, 2 when the input cannot be used."""
    open_streams()
    warnings.showwarning = _note
    try:
        # A run that is told to stop cleans up after itself, as one that is interrupted does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        code = int(app(standalone_mode=False) or 0)
        show("")
    except InputError as error:
        tell(f"contextures: {error}")
        code = REFUSED
    except (typer.Abort, KeyboardInterrupt):
        # Whoever is told once more while it is ending ends all the same.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        code = INTERRUPTED
    except UsageError as error:
        with suppress(OSError):
            error.show()
        code = int(error.exit_code)
    except GoneError:
        code = 0
    except SystemExit as stop:  # with which typer ends when a help text is not read to its end
        code = 0 if isinstance(stop.__context__, BrokenPipeError) else _code_of(stop)
    except Exception as error:
        reason = reason_of(error)
        if reason is None:
            raise
        tell(f"contextures: {reason}")
        code = REFUSED
        if reason == NO_MEMORY:  # libraries that got none may fail once more while they end
            close_streams()
            os._exit(code)
    if code == INTERRUPTED:
        tell("contextures: interrupted")
    close_streams()
    return code


def check_memory() -> None:
    """Refuse a limit under which the libraries cannot even be loaded."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise InputError(
            f"the process may have {limit // 2**20:,} MiB of memory, and needs at least "
            f"{LEAST_MEMORY // 2**20:,} to begin with; allow it more with ulimit -v"
        )


def _code_of(stop: SystemExit) -> int:
    return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1


def _note(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    """Show a warning as a sentence, without the line of code that gave it."""
    if issubclass(category, ContextWarning):
        tell(f"note: {message}")


def reason_of(error: BaseException) -> str | None:
    """Say in one sentence what of the machine failed; None if it was the program.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    str or None
        A sentence without its end.
    """
    causes = list(_causes(error))
    if any(_is_memory(cause) for cause in causes):
        return NO_MEMORY
    for cause in causes:
        if isinstance(cause, OSError) and not isinstance(cause, ImportError):
            where = "" if cause.filename is None else f": {str(cause.filename)!r}"
            if cause.errno == errno.ENOSPC and where:
                return f"the disk is full{where}; free some space"
            return f"{cause.strerror or cause}{where}"
    return None


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN):
        return True
    return bool(_NO_MEMORY.search(str(error)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        yield cause
        cause = cause.__cause__ or cause.__context__
