"""Rows of a file of their own, which a run is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data import Table, TablePreparation, encode_target, read_table
from contextures.data.values import missing_mask
from contextures.data.words import counted, shortened
from contextures.exceptions import InputError
from contextures.runs.checked_table import Checked
from contextures.runs.new_rows import prepare_rows


@dataclass(frozen=True)
class Outside:
    """Prepared rows of a file that a run is judged on.

    Attributes
    ----------
    features : ndarray of shape (m, p)
        Its rows with a label.
    labels : ndarray of shape (m,)
        Codes of classes, or numbers.
    notes : list of str
        What a reader might not expect of them.
    """

    features: FloatArray
    labels: NDArray[Any]
    notes: list[str]


def read_test(path: str | Path, table: Table, target: str) -> Table:
    """Read the file that a run is judged on.

    Parameters
    ----------
    path : str or pathlib.Path
        The file; one row is enough.
    table : Table
        The one that is learned from: numbers and words are read as its were.
    target : str
        The column to predict.

    Returns
    -------
    Table
        The file's rows.

    Raises
    ------
    InputError
        If it cannot be read, is the table itself, or lacks the target.
    """
    read = read_table(path, like=table, min_rows=1, min_columns=1)
    if read.digest == table.digest:
        raise InputError(
            f"--test {str(path)!r} holds the rows that are learned from; give a file of others"
        )
    if target not in read.frame.columns:
        raise InputError(
            f"--test {str(path)!r} lacks the target {target!r}, so nothing can be judged on it; "
            "give a file with that column"
        )
    return read


def outside_rows(
    test: Table, path: str, checked: Checked, preparation: TablePreparation
) -> Outside:
    """Prepare the rows that a run is judged on.

    Parameters
    ----------
    test : Table
        The file's rows.
    path : str
        Its name, for messages.
    checked : Checked
        The table that is learned from.
    preparation : TablePreparation
        Fitted to its rows.

    Returns
    -------
    Outside
        Those with a label.

    Raises
    ------
    InputError
        If columns are missing or of another kind, or no row has a label that is known.
    """
    info = checked.target
    assert info is not None
    column = test.frame[info.name]
    try:
        labels = encode_target(column, info)
        without = Table(test.frame.drop(columns=info.name), test.name, test.source, test.digest)
        features, notes = prepare_rows(preparation, without)
    except InputError as error:
        raise InputError(f"--test {path!r}: {error}") from None
    unknown = labels < 0 if info.task == "classification" else np.isnan(labels)
    odd = np.flatnonzero(unknown & ~missing_mask(column).to_numpy())
    if info.task == "regression" and len(odd):
        raise InputError(
            f"--test {path!r}: the target {info.name!r} holds {shortened(column.iloc[odd[0]])!r} "
            f"in row {odd[0] + 1:,}, which is not a number; correct it or leave the cell empty"
        )
    if unknown.all():
        raise InputError(
            f"--test {path!r} has no row with a label of the target {info.name!r} that is learned; "
            "give a file with labels"
        )
    notes = [*test.notes, *notes]
    if unknown.any():
        notes.append(f"{counted(int(unknown.sum()), 'row')} without a label are not judged")
    features, labels = features[~unknown], labels[~unknown]
    return Outside(features, labels, [f"{path}: {note}" for note in notes])


def repeated(learned: FloatArray, labels: NDArray[Any], outside: Outside) -> str | None:
    """Say how many rows of a file are also learned from, by their features and labels."""
    keys = [
        pd.util.hash_pandas_object(pd.DataFrame(np.column_stack(each)), index=False)
        for each in ((learned, labels), (outside.features, outside.labels))
    ]
    count = int(keys[1].isin(keys[0]).sum())
    if not count:
        return None
    return (
        f"{count:,} of the {len(keys[1]):,} rows that are judged equal rows that are learned from "
        "in all that is used of them; if they are the same, the scores look better than they are"
    )
