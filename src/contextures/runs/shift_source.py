"""What is left of a run's own rows: coordinates, predictions, and the table it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures._files import read_json
from contextures.data import Table
from contextures.data.drawn import digest_of, rows_from, survey
from contextures.data.parquet_parts import parquet_frames
from contextures.data.parts import BATCH
from contextures.exceptions import InputError
from contextures.runs.embedding_files import BEYOND, REST
from contextures.runs.folder import MARK
from contextures.runs.new_rows import rows_of


@dataclass(frozen=True)
class OwnRows:
    """The rows that a run learned from or held out.

    Attributes
    ----------
    rows : ndarray of int of shape (n,)
        Their numbers in the run's table, of which a long one has more rows.
    split : ndarray of str of shape (n,)
        "train", "test" and so on.
    coordinates : ndarray of shape (n, d)
        As the run wrote them.
    table : Table or None
        The rows; None where the table is gone or has changed.
    """

    rows: NDArray[np.intp]
    split: NDArray[Any]
    coordinates: FloatArray
    table: Table | None


def own_rows(run: Path) -> OwnRows:
    """Read what a run holds of its own rows.

    Parameters
    ----------
    run : pathlib.Path
        The run.

    Returns
    -------
    OwnRows
        The rows.

    Raises
    ------
    InputError
        If their embeddings were not written or cannot be read.
    """
    file = run / "embeddings.parquet"
    if not file.exists():
        raise InputError(f"the run {str(run)!r} holds no embeddings; fit it again with them")
    frames = []
    try:
        for frame in _frames(file):
            frames.append(frame[~frame["split"].isin([REST, BEYOND])])
        stored = pd.concat(frames, ignore_index=True)
        rows = stored["row_id"].to_numpy(dtype=np.intp)
        split = stored["split"].to_numpy()
        coordinates = stored.filter(regex=r"^c\d+$").to_numpy(dtype=np.float64)
    except Exception:  # whatever a damaged file makes pyarrow and pandas raise
        raise InputError(
            f"the embeddings of the run {str(run)!r} cannot be read; fit it again"
        ) from None
    return OwnRows(rows, split, coordinates, _table_of(run, rows))


def predictions_of(run: Path, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Give a run's predictions of some of its rows, by their numbers in its table.

    Parameters
    ----------
    run : pathlib.Path
        The run.
    rows : ndarray of int
        The numbers.

    Returns
    -------
    pandas.DataFrame
        What ``predictions.parquet`` holds of them, in this order.

    Raises
    ------
    InputError
        If it cannot be read or lacks one.
    """
    try:
        frames = [
            frame[frame["row_id"].isin(rows)] for frame in _frames(run / "predictions.parquet")
        ]
        found: pd.DataFrame = pd.concat(frames).set_index("row_id").loc[rows]
        assert "prediction" in found.columns
    except Exception:  # whatever a damaged file makes pyarrow and pandas raise
        raise InputError(
            f"the predictions of the run {str(run)!r} cannot be read; fit it again"
        ) from None
    return found


def _frames(file: Path) -> Any:
    if not file.is_file():  # a pipe would wait for ever
        raise ValueError(f"{file.name} is not a plain file")
    return parquet_frames(file, BATCH)


def _table_of(run: Path, rows: NDArray[np.intp]) -> Table | None:
    """Read rows of the table that a run was fitted to, if it is unchanged where it was."""
    said = read_json(run / MARK).get("table")
    source = said.get("source") if isinstance(said, dict) else None
    if not isinstance(source, str) or not source:
        return None
    try:
        read = rows_of(run, source)
        if isinstance(read, Table):
            unchanged, n_rows = read.digest == said.get("sha256"), len(read.frame)
        else:
            unchanged = digest_of(read.files) == said.get("sha256")
            n_rows = 0
            if unchanged:
                _, n_rows, read = survey(read, None)
        if not unchanged or (n_rows != said["rows"] if "rows" in said else n_rows != len(rows)):
            return None
        if not isinstance(read, Table):
            return rows_from(read, rows)
    except (InputError, OSError, ValueError):
        return None
    return replace(read, frame=read.frame.iloc[rows].reset_index(drop=True))
