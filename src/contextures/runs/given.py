"""Tables as callers give them: read already, frames of any library, or paths."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import IOBase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._frames import is_foreign
from contextures.data import Table
from contextures.data.any_length import read_or_part
from contextures.data.how_read import HowRead
from contextures.data.parts import Parts
from contextures.data.table import as_table
from contextures.exceptions import InputError
from contextures.runs.new_rows import rows_of
from contextures.runs.options import SAMPLE


def given_table(
    given: Any, *, id: str | None = None, rows: int = SAMPLE, like: HowRead | None = None
) -> Table | Parts:
    """Give a table to learn from, whatever stands for it.

    Parameters
    ----------
    given : Table, Parts, frame, path or list of paths
        A path is a file, a folder or a pattern.
    id : str, optional
        The column of the ids of a file, which stay as they are written.
    rows : int
        A file of more rows is not read at once.
    like : HowRead, optional
        How a file is read, where an earlier one decides that.

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
    paths = paths_of(given)
    if paths is not None:
        return read_or_part(paths, id=id, rows=rows, like=like)
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
    paths = paths_of(given)
    if paths is not None:
        return rows_of(run, paths, id=id)
    return as_table(given, min_rows=1, min_columns=1)


def paths_of(given: Any) -> Path | str | list[Path | str] | None:
    """Give the path or paths that something is; None for what may be a table.

    Parameters
    ----------
    given : object
        Several paths may be a list, tuple, array, index, column or iterator of them.

    Returns
    -------
    str, pathlib.Path, list of these, or None
        What :func:`contextures.data.reading.read_given` takes.

    Raises
    ------
    InputError
        If it is paths and something else, or no paths in their order.
    """
    if _is_one(given):
        return _plain(given)
    if isinstance(given, bytes | set | frozenset | IOBase):
        raise InputError(
            f"a table is given as {type(given).__name__}; give a data frame, a path as text, or a "
            "list of paths in the order of their rows"
        )
    if not _is_several(given):
        return None
    each = list(given)
    ours = [_is_one(item) for item in each]
    if each and all(ours):
        return [_plain(item) for item in each]
    if not each or any(ours):
        odd = "" if not each else f" but {type(each[ours.index(False)]).__name__} too"
        what = "no paths" if not each else "paths"
        raise InputError(f"the list of files holds {what}{odd}; give one or more paths and no more")
    if any(isinstance(item, pd.DataFrame) or is_foreign(item) for item in each):
        raise InputError(
            "several data frames are given; give one, such as pandas.concat makes of them"
        )
    return None


def _is_one(given: Any) -> bool:
    return isinstance(given, str | os.PathLike)


def _plain(path: Any) -> Path | str:
    return path if isinstance(path, str | Path) else Path(os.fsdecode(path))


def _is_several(given: Any) -> bool:
    if isinstance(given, np.ndarray | pd.Index | pd.Series):
        return given.ndim == 1
    return isinstance(given, list | tuple) or (
        isinstance(given, Iterator) and not is_foreign(given)
    )
