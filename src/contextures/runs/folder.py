"""Run folders: made whole or not at all, and known again."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.exceptions import InputError

MARK = "run.json"
"""The file that tells a run folder from any other."""

FORMAT = 1
"""The layout of a run folder, as :data:`MARK` tells it."""


def check_destination(run: str | Path, *, force: bool = False) -> Path:
    """Check, before any long work, that a run can be written.

    Parameters
    ----------
    run : str or pathlib.Path
        The folder to make.
    force : bool, default=False
        Whether an earlier run there may be replaced.

    Returns
    -------
    pathlib.Path
        The folder's path.

    Raises
    ------
    InputError
        If something is there already, or nothing can be written there.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.runs import check_destination
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     check_destination(f"{parent}/run").name
    'run'
    """
    folder = Path(run)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{str(run)!r} exists and is not a folder; choose another with --out")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise InputError(
                f"the folder {str(run)!r} exists and is not a run of contextures, so it is left "
                "alone; choose another with --out"
            )
        if not force:
            raise InputError(
                f"the run {str(run)!r} exists; add --force to replace it, or choose another "
                "folder with --out"
            )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        trial = _partial(folder, "trial")
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise InputError(cannot_write(folder, error)) from None
    return folder


@contextmanager
def run_folder(run: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Make a run folder that appears only once everything in it is written.

    Files are written to a hidden folder beside it, which is renamed at the end; whatever goes
    wrong before, an interruption included, leaves nothing behind and an earlier run untouched.

    Parameters
    ----------
    run : str or pathlib.Path
        The folder to make.
    force : bool, default=False
        Whether an earlier run there may be replaced.

    Yields
    ------
    pathlib.Path
        Where to write.

    Raises
    ------
    InputError
        If the folder cannot be made or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from contextures.runs import run_folder
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with run_folder(f"{parent}/run") as folder:
    ...         _ = (folder / "notes.txt").write_text("written beside, then renamed")
    ...         before = Path(f"{parent}/run").exists()
    ...     before, Path(f"{parent}/run").exists()
    (False, True)
    """
    folder = check_destination(run, force=force)
    partial = _partial(folder, "partial")
    old = _partial(folder, "old")
    try:
        partial.mkdir()
        yield partial
        if folder.exists():
            folder.rename(old)
        try:
            partial.rename(folder)
        except OSError:
            with suppress(OSError):
                old.rename(folder)
            raise
    except OSError as error:
        raise InputError(cannot_write(folder, error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)


def check_run(run: str | Path) -> Path:
    """Check that a folder is a run of this release's layout; give its path."""
    folder = Path(run)
    if not folder.is_dir():
        raise InputError(f"there is no run {str(run)!r}; give a folder that contextures fit wrote")
    try:
        record = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{str(run)!r} is not a run ({MARK} is missing); give a folder that contextures fit "
            "wrote"
        ) from None
    except (ValueError, OSError) as error:
        raise InputError(f"the run {str(run)!r} cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(
            f"the run {str(run)!r} has another layout than this release reads; fit it again"
        )
    return folder


def embeddings_frame(coordinates: FloatArray, split: NDArray[Any] | None = None) -> pd.DataFrame:
    """Lay out an embedding: the row's number in its table, its part of the split, c1, c2, ..."""
    columns: dict[str, Any] = {"row_id": np.arange(len(coordinates))}
    if split is not None:
        columns["split"] = split
    columns |= {f"c{j + 1}": column for j, column in enumerate(coordinates.T)}
    return pd.DataFrame(columns)


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Make one file that appears only once it is written; see :func:`run_folder`."""
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{str(path)!r} is a folder; give the name of a file")
    partial = _partial(file, "partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(file)
    except OSError as error:
        raise InputError(cannot_write(file, error)) from error
    finally:
        partial.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> str:
    """Say in one sentence why something cannot be written, and the mend."""
    if error.errno == errno.ENOSPC:
        return f"the disk is full, so {str(path)!r} was not written; free some space"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{str(path)!r} may not be written ({error.strerror}); choose another with --out"
    return f"{str(path)!r} cannot be written: {error.strerror or error}"


def _partial(path: Path, what: str) -> Path:
    return path.parent / f".{path.name}.{what}-{os.getpid()}"
