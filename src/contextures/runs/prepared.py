"""Rows of a table as a run prepared its own, and files of results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from contextures._arrays import FloatArray
from contextures.data import Table, load_preparation
from contextures.exceptions import InputError
from contextures.runs.folder import whole_file
from contextures.runs.new_rows import prepare_rows
from contextures.runs.output_file import Kind, marked


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
    return prepare_rows(load_preparation(folder), table)


def write_frame(frame: pd.DataFrame, out: str | Path, kind: Kind) -> None:
    """Write a frame to a Parquet or CSV file that appears only once it is whole."""
    ending = check_output(out)
    with whole_file(out) as file:
        if ending == ".parquet":
            marked(frame, kind).to_parquet(file, index=False)
        else:
            frame.to_csv(file, index=False)
