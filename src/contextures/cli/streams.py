"""Standard streams that may be closed, full, broken or of an old encoding."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from contextures.exceptions import InputError


class GoneError(Exception):
    """Whoever read standard output has gone: it has seen enough."""


def open_streams() -> None:
    """See that there are standard streams, and that they take any letter.

    A closed one is opened on nothing: else the next file to be opened would get its number, and
    with it whatever a library prints.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """Print a line to standard error, where someone can hear it."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def show(text: str, done: Path | None = None) -> None:
    """Print a result to standard output, and see that it went there.

    Parameters
    ----------
    text : str
        The result.
    done : pathlib.Path, optional
        What was written already: then a result that cannot be printed is no failure.

    Raises
    ------
    InputError
        If it cannot be printed and is nowhere else.
    GoneError
        If whoever read it has gone.
    """
    try:
        if text:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        close_streams()
        raise GoneError from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        close_streams()
        if done is None:
            raise InputError(
                f"the result cannot be printed ({reason}); print it to a terminal or another file"
            ) from None
        tell(f"note: {str(done)!r} was written, but the result cannot be printed ({reason})")


def close_streams() -> None:
    """Flush the streams; what cannot be is dropped, so that nobody complains of it at the end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
