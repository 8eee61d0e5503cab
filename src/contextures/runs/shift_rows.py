"""The new rows that a move is told by: all of a table, or a sample of a long one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data import Table, TablePreparation
from contextures.data.drawn import drawn_rows, survey
from contextures.data.parts import Parts, parts_of
from contextures.runs.carried import own_id
from contextures.runs.given import given_rows
from contextures.runs.predict import run_options
from contextures.runs.progress import Progress
from contextures.runs.streamed import NewRows

DRAWN = 20_000
"""New rows that a move is told by, and labels that a loss is told by: more say little more."""


@dataclass(frozen=True)
class NewSample:
    """New rows that were drawn, prepared.

    Attributes
    ----------
    features : ndarray of shape (k, p)
        The rows, in the order of the table.
    rows : ndarray of int of shape (k,)
        Their numbers in it.
    drawn : ndarray of bool of shape (k,)
        Which are a random sample of all rows; the others only have a label.
    labels : pandas.Series or None
        The labels of the rows.
    labelled : ndarray of bool of shape (k,)
        Which of these are a random sample of all labels.
    n_rows : int
        The rows of the table.
    n_labels : int
        How many of these have a label.
    has_target : bool
        Whether the table has a column of the name of the run's target.
    notes : list of str
        What is unusual in any row of the table.
    """

    features: FloatArray
    rows: NDArray[np.intp]
    drawn: NDArray[np.bool_]
    labels: pd.Series | None
    labelled: NDArray[np.bool_]
    n_rows: int
    n_labels: int
    has_target: bool
    notes: list[str]


def sample_of(
    folder: Path,
    preparation: TablePreparation,
    given: Table | Parts,
    target: str | None,
    n: int,
    seed: int,
    progress: Progress,
) -> NewSample:
    """Read all new rows, and keep a sample of them, and another of those with a label.

    Rare labels would be overlooked in a sample of all rows, and rows with a label are no sample of
    all.

    Parameters
    ----------
    folder : pathlib.Path
        The run.
    preparation : TablePreparation
        The run's.
    given : Table, frame or Parts
        The new rows.
    target : str or None
        The column of their labels.
    n : int
        How many rows to keep at most, and how many with a label.
    seed : int
        Draws them, by their numbers in the table alone.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    NewSample
        What was kept.

    Raises
    ------
    InputError
        If a row does not fit the run, naming its file, or there is no such target.
    """
    table = given_rows(folder, given)
    parts = table if isinstance(table, Parts) else parts_of(table)
    known, n_rows, parts = survey(parts, target)
    drawn = drawn_rows(n_rows, None, n, seed)
    labelled = np.flatnonzero(known) if known is not None else np.empty(0, dtype=np.intp)
    own = labelled[drawn_rows(len(labelled), None, n, seed)]
    rows = np.union1d(drawn, own)
    target_of_run = run_options(folder).get("target")
    apart = {name for name in (target, target_of_run, own_id(folder)) if name is not None}
    reading = NewRows(folder, preparation, parts, None, apart)
    features, labels, has_target = [], [], False
    for piece, prepared, _ in reading.batches():
        start, end = np.searchsorted(rows, (piece.first, piece.first + len(prepared)))
        inside = rows[start:end] - piece.first
        features.append(prepared[inside])
        has_target = target_of_run in piece.table.frame.columns
        if target is not None:
            labels.append(piece.table.frame[target].iloc[inside])
        progress.advance(piece.first + len(prepared), n_rows)
    return NewSample(
        np.concatenate(features),
        rows,
        np.isin(rows, drawn),
        pd.concat(labels, ignore_index=True) if labels else None,
        np.isin(rows, own),
        n_rows,
        len(labelled),
        has_target,
        reading.notes(),
    )
