"""A table of any length: read at once where it is short, in parts where it is long."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contextures.data.parts import Parts, long_table
from contextures.data.reading import read_given
from contextures.data.table import MIN_COLUMNS, MIN_ROWS, Table


def read_or_part(
    path: str | Path | Sequence[str | Path],
    *,
    rows: int | None = None,
    min_rows: int = MIN_ROWS,
    min_columns: int = MIN_COLUMNS,
    **how: Any,
) -> Table | Parts:
    """Read a table, or find that it is too long to be read at once.

    Parameters
    ----------
    path : str or pathlib.Path, or a sequence of these
        A file, a folder or a pattern; or files one by one.
    rows : int, optional
        A table of more is long; what :func:`contextures.data.long_table` takes when None.
    min_rows, min_columns : int
        The least that it may have.
    **how
        How text is read, as for :func:`contextures.data.read_table`.

    Returns
    -------
    Table or Parts
        The table, or what gives it a batch at a time.

    Raises
    ------
    InputError
        If a file cannot be read as a table.
    """
    most: dict[str, Any] = {} if rows is None else {"rows": rows}
    long = long_table(path, min_columns=min_columns, **how, **most)
    if long is not None:
        return long
    return read_given(path, min_rows=min_rows, min_columns=min_columns, **how)
