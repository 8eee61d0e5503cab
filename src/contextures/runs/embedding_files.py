"""Embeddings that were computed elsewhere, and rows of numbers as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.exceptions import InputError

SAVED = "encoder.json"
"""The file that tells a saved encoder from other folders."""

ROW, SPLIT = "row_id", "split"
"""Columns beside the coordinates that say which row of the table, and which part of the split."""

PARTS = ("train", "test", "unlabelled")
REST, BEYOND = "rest", "learned"
"""The parts of the split of rows of a long table that were not drawn: learned from as little as
those that are held out, or learned from by the encoder, which took all."""


def embedding_of(frame: pd.DataFrame, n: int) -> FloatArray:
    """Give the coordinates in a frame, one row for each row of a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Numbers, and perhaps ``row_id`` (0 to n - 1, in any order) and ``split``.
    n : int
        The number of rows of the table.

    Returns
    -------
    ndarray of shape (n, d)
        The coordinates, in the order of the table.

    Raises
    ------
    InputError
        If there is not one row for each row of the table, or a coordinate is not a number.
    """
    if len(frame) != n:
        raise InputError(
            f"the embedding has {len(frame):,} rows but the table {n:,}; give one row for each row "
            "of the table"
        )
    names = _coordinates(list(frame.columns))
    if not names:
        raise InputError("the embedding has no coordinates; give at least one column of numbers")
    return _numbers(frame[names], "the embedding's column")[_order(frame)]


def split_of(frame: pd.DataFrame) -> NDArray[Any] | None:
    """Give the part of the split of each row in the order of the table.

    None where the embedding does not say, or calls no row "test".
    """
    if SPLIT not in frame.columns:
        return None
    parts = known_parts(frame)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise InputError(
            f"the embedding's column {SPLIT!r} holds {str(unknown[0])!r}; give 'train' for rows "
            "that it was learned from and 'test' for others"
        )
    if (parts != "test").sum() == 0:
        raise InputError(
            f"the embedding's column {SPLIT!r} calls every row 'test'; the context needs rows "
            "called 'train' to be fitted to"
        )
    return np.asarray(parts[_order(frame)]) if (parts == "test").any() else None


def known_parts(frame: pd.DataFrame) -> NDArray[Any]:
    """Give the parts of the split as a file has them, rows that were not drawn as what they are."""
    parts = frame[SPLIT].astype(object)
    return parts.replace({REST: "test", BEYOND: "train"}).to_numpy(dtype=object)


def numbers_of_table(frame: pd.DataFrame, n_features: int) -> FloatArray:
    """Give the rows of a table of numbers as an encoder of ``n_features`` columns takes them.

    Raises
    ------
    InputError
        If a column is not of numbers, a value is missing, or there are more or fewer columns.
    """
    rows = _numbers(frame, "a saved encoder takes rows of numbers as they are, but the column")
    if rows.shape[1] != n_features:
        raise InputError(
            f"the table has {rows.shape[1]} columns but the encoder was fitted to {n_features}; "
            "give the same columns in the same order, and leave the target out with --target"
        )
    return rows


def _coordinates(names: list[str]) -> list[str]:
    """Leave out what is beside the coordinates: an id too, where it stands as runs write it."""
    others = [name for name in names if name not in (ROW, SPLIT)]
    made = [f"c{j + 1}" for j in range(len(others) - 1)]
    if names[0] == ROW and made and others[1:] == made and names[1] == others[0] != "c1":
        return made
    return others


def _numbers(frame: pd.DataFrame, what: str) -> FloatArray:
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise InputError(
                f"{what} {name!r} holds {column.dtype} values instead of numbers; remove it or "
                "turn it into numbers"
            )
        missing = np.flatnonzero(column.isna().to_numpy())
        if len(missing):
            raise InputError(
                f"{what} {name!r} has no value in {len(missing):,} of {len(frame):,} rows (first "
                f"in row {missing[0] + 1:,}); give a number for each"
            )
    return frame.to_numpy(dtype=np.float64)


def _order(frame: pd.DataFrame) -> NDArray[np.intp]:
    """Say where the row of the embedding is for each row of the table."""
    n = len(frame)
    if ROW not in frame.columns:
        return np.arange(n)
    numbers = pd.to_numeric(frame[ROW], errors="coerce").to_numpy(dtype=np.float64)
    if not np.array_equal(np.sort(numbers), np.arange(n)):
        raise InputError(
            f"the embedding's column {ROW!r} must number the rows of the table from 0 to "
            f"{n - 1:,}, each once; correct it, or remove it if the rows are in order"
        )
    return np.argsort(numbers)
