"""Rows of a table as a run prepared its own, and files of results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from contextures._arrays import FloatArray
from contextures.data import Table, TablePreparation, load_preparation
from contextures.exceptions import InputError
from contextures.runs.folder import whole_file


def check_output(out: str | Path) -> str:
    """Check the name of a result's file; give its ending."""
    ending = Path(out).suffix.lower()
    if ending not in (".parquet", ".csv"):
        raise InputError(f"--out {str(out)!r} must end in .parquet or .csv")
    return ending


def prepared_rows(folder: Path, table: Table) -> tuple[FloatArray, list[str]]:
    """Prepare the rows of a table with the preparation of a run.

    Parameters
    ----------
    folder : pathlib.Path
        The run.
    table : Table
        Rows with the columns that the run was fitted to.

    Returns
    -------
    tuple
        The features, and notes such as columns that were ignored.
    """
    return prepared_by(load_preparation(folder), table.frame)


def prepared_by(preparation: TablePreparation, frame: pd.DataFrame) -> tuple[FloatArray, list[str]]:
    """Check the columns of a frame and prepare its rows; give notes too."""
    notes = preparation.check_columns(frame)
    return preparation.transform(frame), notes


def write_frame(frame: pd.DataFrame, out: str | Path) -> None:
    """Write a frame to a Parquet or CSV file that appears only once it is whole."""
    ending = check_output(out)
    with whole_file(out) as file:
        if ending == ".parquet":
            frame.to_parquet(file, index=False)
        else:
            frame.to_csv(file, index=False)
