"""Which rows of a long table are not learned from, drawn or not, so that scores stay honest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import IntArray
from contextures.data.drawn import Drawn
from contextures.data.values import words_of
from contextures.runs.asked_split import reader_of_times
from contextures.runs.options import FitOptions
from contextures.runs.split import Split


def left_out_rows(drawn: Drawn, options: FitOptions, split: Split) -> tuple[IntArray, int]:
    """Find the rows of a long table that scores are of, or that lie with these.

    Of rows held out at random these are the drawn ones alone; of a group or a time, all rows of
    the table of these groups, or as late, though no score is of the others. A row whose group or
    time is not known is left out too.

    Parameters
    ----------
    drawn : Drawn
        The drawn rows, and the table.
    options : FitOptions
        How rows are held out.
    split : Split
        Which of the drawn rows are; rows from their number on are of another file.

    Returns
    -------
    tuple of ndarray and int
        The numbers of the rows in the table, sorted, and of how many the group or time is not
        known.
    """
    held = np.concatenate([split.test, split.aside])
    held = held[held < len(drawn.rows)]
    column = options.group or options.time
    if column is None or not len(held):
        return np.sort(drawn.rows[held]), 0
    side = _held_by_group if options.group is not None else _held_by_time
    of = side(drawn, column, held)
    found: list[IntArray] = [np.empty(0, dtype=np.intp)]
    n_unknown = 0
    for piece in drawn.parts.pieces():
        out, unknown = of(piece.table.frame[column])
        n_unknown += int(unknown.sum())
        found.append(piece.first + np.flatnonzero(out | unknown))
    return np.concatenate(found), n_unknown


Side = Callable[[pd.Series], tuple[NDArray[np.bool_], NDArray[np.bool_]]]
"""Which cells of a column are of rows held out, and which say nothing of it."""


def _held_by_group(drawn: Drawn, column: str, held: IntArray) -> Side:
    groups = pd.unique(pd.Series(words_of(drawn.table.frame[column])[held], dtype=object))

    def side(series: pd.Series) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        words = pd.Series(words_of(series), dtype=object)
        return words.isin(groups).to_numpy(), words.isna().to_numpy()

    return side


def _held_by_time(drawn: Drawn, column: str, held: IntArray) -> Side:
    read = reader_of_times(drawn.table, column)
    since = read(drawn.table.frame[column])[held].min()

    def side(series: pd.Series) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        times = read(series)
        return times >= since, np.isnan(times)

    return side
