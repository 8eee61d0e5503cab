"""What decides the results of a long command, so that only the same one goes on with them."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
import sklearn

from contextures._version import __version__
from contextures.data.parts import Parts
from contextures.runs.manifest import run_files
from contextures.runs.options import FitOptions


def asked_of(what: str, parts: Parts, files: Iterable[str | Path], **more: Any) -> dict[str, Any]:
    """Say what was asked, and of which rows.

    Parameters
    ----------
    what : str
        What is made.
    parts : Parts
        The rows: of files their names, sizes and times of change, of a frame its values.
    files : iterable of str or pathlib.Path
        What else is read.
    **more
        Options, as plain values.

    Returns
    -------
    dict
        Plain values, the same for the same results.

    Raises
    ------
    OSError
        If a file is not there any more.
    """
    like = parts.options.like
    return {
        "what": what,
        "version": __version__,
        "python": platform.python_version(),
        "libraries": [each.__version__ for each in (np, pd, scipy, sklearn)],
        "rows": [_as_it_is(file) for file in parts.files],
        "frame": None if parts.held is None else [parts.held.name, parts.held.digest],
        "read": [parts.options.given(), None if like is None else like.to_dict()],
        "batch": [parts.batch, parts.min_columns],
        "files": [_as_it_is(file) for file in files],
        "options": more,
    }


def asked_fit(parts: Parts, options: FitOptions) -> dict[str, Any]:
    """Say what a fit to a long table is asked."""
    files = [] if options.test is None else [options.test]
    return asked_of("run", parts, files, **options.to_dict())


def asked_rows(folder: Path, parts: Parts, what: str, **more: Any) -> dict[str, Any] | None:
    """Say what a run is asked to make of rows; None of so few that they are done at once."""
    if parts.held is not None and len(parts.held.frame) <= parts.batch:
        return None
    files = sorted(folder / name for name in run_files(folder) or ())
    return asked_of(what, parts, [file for file in files if file.is_file()], **more)


def _as_it_is(file: str | Path) -> list[Any]:
    found = Path(file).stat()
    return [os.path.realpath(file), found.st_size, found.st_mtime_ns]
