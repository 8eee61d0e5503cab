"""The ids of a table's rows, carried into every file of results."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from contextures._files import read_json
from contextures.data import Table
from contextures.data.ids import notes_of_ids, require_column
from contextures.exceptions import InputError
from contextures.runs.embedding_files import ROW, SPLIT
from contextures.runs.manifest import MARK

CHANCE = "p_"
"""What the names of columns of chances begin with."""

_OUTPUT = re.compile(r"c\d+|(low|high)_\d+")
_OUTPUTS = (ROW, SPLIT, "labelled", "prediction")


def take_ids(
    table: Table, name: str | None, target: str | None = None
) -> tuple[Table, pd.Series | None]:
    """Take the ids out of a table, so that nothing is learnt from them.

    Parameters
    ----------
    table : Table
        The table.
    name : str or None
        The column that says which row is which.
    target : str, optional
        The column that is predicted.

    Returns
    -------
    tuple of Table and pandas.Series or None
        The table without that column, with a note where ids are missing or repeat, and the ids;
        the table as it is and None where no column is named.

    Raises
    ------
    InputError
        If there is no such column, it is the target, or the results have a column of its name.
    """
    if name is None:
        return table, None
    require_column(name, table.frame.columns, "id")
    if name == target:
        raise InputError(
            f"the column {name!r} is the target and cannot be the id too; give another with --id"
        )
    if name in _OUTPUTS or _OUTPUT.fullmatch(name):
        raise _taken(name)
    ids = table.frame[name]
    rest = replace(
        table,
        frame=table.frame.drop(columns=name),
        coordinates=[each for each in table.coordinates if each != name],
        notes=[*table.notes, *notes_of_ids(ids)],
    )
    return rest, ids


def take_known_ids(
    folder: Path, table: Table, name: str | None
) -> tuple[Table, pd.Series | None, list[str]]:
    """Take the ids out of a table of new rows: of the column named, or else of the run's own.

    Parameters
    ----------
    folder : pathlib.Path
        The run.
    table : Table
        New rows.
    name : str or None
        The column of the ids; that of the run where None.

    Returns
    -------
    tuple
        The table, the ids or None, and a note where the run has ids and these rows have none.
        A column that the run learnt from stays in the table.
    """
    own = own_id(folder)
    if name is None and own is not None and own not in table.frame.columns:
        return table, None, [f"there is no column {own!r}, the id of the run, so none is carried"]
    rest, ids = take_ids(table, name or own)
    # An id of these rows may be a feature of the run: it is carried, and used as well.
    return (replace(table, notes=rest.notes) if name not in (None, own) else rest), ids, []


def check_free(name: str | None, classes: Sequence[str] | None) -> None:
    """Refuse an id whose name the results give to the chances of a class."""
    if name is not None and name in {f"{CHANCE}{each}" for each in classes or ()}:
        raise _taken(name)


def own_id(folder: Path) -> str | None:
    """Give the column of ids that a run was fitted with; None without one."""
    options = read_json(folder / MARK).get("options")
    found = options.get("id") if isinstance(options, dict) else None
    return found if isinstance(found, str) else None


def carry(frame: pd.DataFrame, ids: pd.Series | None) -> pd.DataFrame:
    """Put ids into a frame of results, after the number of the row.

    Parameters
    ----------
    frame : pandas.DataFrame
        Results whose first column is ``row_id``.
    ids : pandas.Series or None
        The ids in the order of the table; nothing is done without.

    Returns
    -------
    pandas.DataFrame
        The frame.

    Raises
    ------
    InputError
        If the results have a column of this name already.
    """
    if ids is None:
        return frame
    name = str(ids.name)
    if name in frame.columns:
        raise _taken(name)
    frame.insert(1, name, _writable(ids).reset_index(drop=True))
    return frame


def _taken(name: str) -> InputError:
    return InputError(
        f"the id {name!r} is named like a column of the results; rename it, or give another with "
        "--id"
    )


def _writable(ids: pd.Series) -> pd.Series:
    """Give ids that a Parquet file can hold: of several types, as the texts they are."""
    import pyarrow as pa

    try:
        pa.array(ids, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return ids.map(str, na_action="ignore").astype(object)
    return ids
