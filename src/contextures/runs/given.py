"""Tables as callers give them: read already, frames of any library, or paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contextures.data import Table
from contextures.data.parts import Parts, long_table
from contextures.data.reading import read_given
from contextures.data.table import as_table
from contextures.runs.new_rows import rows_of
from contextures.runs.options import SAMPLE


def given_table(given: Any, *, id: str | None = None, rows: int = SAMPLE) -> Table | Parts:
    """Give a table to learn from, whatever stands for it.

    Parameters
    ----------
    given : Table, Parts, frame, path or list of paths
        A path is a file, a folder or a pattern.
    id : str, optional
        The column of the ids of a file, which stay as they are written.
    rows : int
        A file of more rows is not read at once.

    Returns
    -------
    Table or Parts
        The table, or what gives it a batch at a time.

    Raises
    ------
    InputError
        If it is no table, or a file cannot be read as one.
    """
    if isinstance(given, Parts):
        return given
    if is_path(given):
        return long_table(given, id=id, rows=rows) or read_given(given, id=id)
    return as_table(given)


def given_rows(run: str | Path, given: Any, *, id: str | None = None) -> Table | Parts:
    """Give new rows for a run, one or more, whatever stands for them.

    Parameters
    ----------
    run : str or pathlib.Path
        The run: files are read as its own was.
    given, id
        As for :func:`given_table`.

    Returns
    -------
    Table or Parts
        The rows, or what gives them a batch at a time.

    Raises
    ------
    InputError
        If they are no table, or a file cannot be read as one.
    """
    if isinstance(given, Parts):
        return given
    if is_path(given):
        return rows_of(run, given, id=id)
    return as_table(given, min_rows=1, min_columns=1)


def is_path(given: Any) -> bool:
    """Tell paths, one or several, from tables."""
    if isinstance(given, str | Path):
        return True
    several = isinstance(given, Sequence) and not isinstance(given, bytes)
    return several and len(given) > 0 and all(isinstance(each, str | Path) for each in given)
