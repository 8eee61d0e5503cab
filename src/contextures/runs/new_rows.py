"""New rows for a run: read as the file that it was fitted to, and prepared with what is unusual."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from contextures._arrays import FloatArray
from contextures.data import Table, TablePreparation
from contextures.data.any_length import read_or_part
from contextures.data.how_read import HowRead
from contextures.data.parts import Parts
from contextures.data.reading import read_given
from contextures.exceptions import InputError
from contextures.runs.carried import own_id
from contextures.runs.folder import MARK, check_run


def how_read(run: str | Path) -> HowRead:
    """Give how the table that a run was fitted to was read; nothing decided in older runs."""
    folder = check_run(run)
    try:
        record = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the record of {str(run)!r} cannot be read: {error}") from None
    table = record.get("table") if isinstance(record, dict) else None
    how = HowRead.from_dict(table.get("how_read") if isinstance(table, dict) else None)
    # Of a frame, only the options of the run say which column holds the ids.
    own = own_id(folder)
    return how if own is None else replace(how, options={**how.options, "id": own})


def read_rows(
    run: str | Path,
    path: str | Path | Sequence[str | Path],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    id: str | None = None,
) -> Table:
    """Read a file of new rows for a run.

    Parameters
    ----------
    run : str or pathlib.Path
        The run.
    path : str or pathlib.Path, or a sequence of these
        The file or files; one row is enough.
    delimiter, encoding : str or None
        As for :func:`contextures.data.read_table`; found when None.
    id : str or None
        The column of the ids, which stay as they are written; the run's own when None.

    Returns
    -------
    Table
        The rows, with numbers and words read as in the table that the run was fitted to.

    Raises
    ------
    InputError
        If the folder is not a run or the file not a table.
    """
    how: dict[str, Any] = {"delimiter": delimiter, "encoding": encoding, "id": id}
    how |= {"like": how_read(run), "min_rows": 1, "min_columns": 1}
    return read_given(path, **how)


def rows_of(
    run: str | Path,
    path: str | Path | Sequence[str | Path],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    id: str | None = None,
) -> Table | Parts:
    """Read a file of new rows for a run, or find that it is too long to be read at once.

    Parameters
    ----------
    run, path, delimiter, encoding, id
        As for :func:`read_rows`.

    Returns
    -------
    Table or Parts
        The rows, or what gives them a batch at a time.

    Raises
    ------
    InputError
        If the folder is not a run or the file not a table.
    """
    how: dict[str, Any] = {"delimiter": delimiter, "encoding": encoding, "id": id}
    return read_or_part(path, **how, like=how_read(run), min_rows=1, min_columns=1)


def prepare_rows(preparation: TablePreparation, table: Table) -> tuple[FloatArray, list[str]]:
    """Give the features of new rows, and notes of what is unusual in them.

    Parameters
    ----------
    preparation : TablePreparation
        The run's.
    table : Table
        The rows.

    Returns
    -------
    tuple
        The features, and notes: how the table was read, columns that are ignored, values never
        seen with their numbers, cells that count as missing.
    """
    notes = [*table.notes, *preparation.check_columns(table.frame)]
    return preparation.transform(table.frame), notes
