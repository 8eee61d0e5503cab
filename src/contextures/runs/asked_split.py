"""Splits that are asked for: whole groups held out, or the latest rows, or those of a file."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit

from contextures._arrays import IntArray
from contextures.data.dates import parse_dates
from contextures.data.kinds import hints_of, kinds_of
from contextures.data.table import Table
from contextures.data.values import missing_mask, numbers_from, whole_base, words_of
from contextures.data.words import counted, listed, shortened
from contextures.evaluation.representations.folds import Apart
from contextures.exceptions import InputError
from contextures.runs.options import FitOptions
from contextures.runs.split import TEST_SHARE, Split

FEWEST_GROUPS = 3
"""Groups with a label: one held out, and two that settings are chosen between."""

DRAWS = 100
"""Draws of groups, of which that nearest to a quarter of each class is taken."""


def check_asked(options: FitOptions) -> None:
    """Refuse splits that contradict each other or the target, before anything is read.

    Raises
    ------
    InputError
        If more than one is asked for, there is no target to score, or it is the column itself.
    """
    given = [f"--{name}" for name in ("group", "time", "test") if getattr(options, name)]
    if len(given) > 1:
        raise InputError(
            f"{' and '.join(given)} each say which rows are held out; give one of them"
        )
    column = options.group or options.time
    if given and options.target is None:
        raise InputError(
            f"{given[0]} says which rows a score is of, and without a target there is none; "
            "name the target with --target"
        )
    if column is not None and column == options.target:
        raise InputError(
            f"{given[0]} {column!r} is the target; give the column of what rows belong to, or of "
            "when they were"
        )
    if options.keep_column and column is None:
        raise InputError(
            "--keep-column keeps the column of --group or --time as a feature; give one of them"
        )


def check_column(options: FitOptions, frame: pd.DataFrame) -> None:
    """Refuse a column that is not in the table or has gaps.

    Raises
    ------
    InputError
        Naming the column.
    """
    column = options.group or options.time
    if column is None:
        return
    what = "--group" if options.group else "--time"
    names = [str(name) for name in frame.columns]
    if column not in names:
        close = difflib.get_close_matches(column, names, n=3)
        hint = f"did you mean {listed(close)}" if close else f"give one of {listed(names)}"
        raise InputError(f"{what} {column!r} is not a column of the table; {hint}")
    gaps = np.flatnonzero(missing_mask(frame[column]).to_numpy())
    if len(gaps):
        raise InputError(
            f"{what} {column!r} is empty in {counted(len(gaps), 'row')} (first in row "
            f"{gaps[0] + 1:,}), so it is not known which side of the split they belong on; fill "
            "those cells or remove the rows"
        )


def apart_of(options: FitOptions, table: Table) -> Apart | None:
    """Say what keeps the rows of a table apart, as it was asked for.

    Parameters
    ----------
    options : FitOptions
        What was asked.
    table : Table
        The table, its column checked by :func:`check_column`.

    Returns
    -------
    Apart or None
        The group or the place in time of each row; None where neither was asked for.

    Raises
    ------
    InputError
        If the times are neither numbers nor dates.
    """
    if options.group is not None:
        return Apart("group", pd.factorize(words_of(table.frame[options.group]))[0])
    if options.time is not None:
        times = _times(table, options.time)
        return Apart("time", np.unique(times, return_inverse=True)[1])
    return None


def _times(table: Table, column: str) -> NDArray[np.float64]:
    series = table.frame[column]
    read = reader_of_times(table, column)(series)
    wrong = np.flatnonzero(np.isnan(read))
    if len(wrong):
        raise InputError(
            f"--time {column!r} holds {shortened(series.iloc[wrong[0]])!r} in row "
            f"{wrong[0] + 1:,}, which is neither a number nor a date like the others; correct it "
            "or remove the row"
        )
    return read


def reader_of_times(table: Table, column: str) -> Callable[[pd.Series], NDArray[np.float64]]:
    """Give what reads a column of times as those of a table are written, NaN where it is none."""
    how = table.how_read
    found = kinds_of(table.frame, hints_of(how.decimal, how.dates))[column]
    base = whole_base(table.frame[column])

    def read(series: pd.Series) -> NDArray[np.float64]:
        if found.kind != "date":
            return np.asarray(numbers_from(series, base, found.number_form), dtype=np.float64)
        dates = parse_dates(series, found.date_format)
        numbers = dates.to_numpy().astype(np.int64).astype(np.float64)
        return np.where(dates.isna(), np.nan, numbers)

    return read


def split_apart(
    apart: Apart, target: NDArray[Any], *, classes: bool, seed: int, column: str
) -> Split:
    """Hold out whole groups, or the latest rows, about a quarter of those with a label.

    Rows without a label that lie with the held-out ones are not learned from either.

    Parameters
    ----------
    apart : Apart
        The group or the place in time of each row.
    target : ndarray of shape (n,)
        Codes (-1 where missing) for classes, numbers (NaN where missing) otherwise.
    classes : bool
        Whether the target holds class codes.
    seed : int
        Draws groups.
    column : str
        The column's name, for messages.

    Returns
    -------
    Split
        Row numbers, sorted.

    Raises
    ------
    InputError
        If groups or times with a label are too few.
    """
    known = target >= 0 if classes else ~np.isnan(target)
    labelled = np.flatnonzero(known)
    codes = apart.codes[labelled]
    n_values = len(np.unique(codes))
    if apart.kind == "group":
        if n_values < FEWEST_GROUPS:
            raise InputError(
                f"--group {column!r} has {counted(n_values, 'value')} among the rows with a label, "
                f"and at least {FEWEST_GROUPS} are needed: one held out, and two to choose "
                "settings between; give a column of more values"
            )
        held = _held_groups(target[labelled], codes, classes, seed)
    else:
        if n_values < 2:
            raise InputError(
                f"--time {column!r} has one value among the rows with a label, so none is later "
                "than another; give a column of more values"
            )
        held = _latest(codes)
    out = np.isin(apart.codes, held) if apart.kind == "group" else apart.codes >= held.min()
    return Split(
        train=np.flatnonzero(known & ~out),
        test=np.flatnonzero(known & out),
        unlabelled=np.flatnonzero(~known & ~out),
        aside=np.flatnonzero(~known & out),
    )


def _held_groups(target: NDArray[Any], groups: IntArray, classes: bool, seed: int) -> IntArray:
    """Draw a quarter of the groups, the draw whose share of rows and of each class is nearest."""
    kinds = np.unique(target, return_inverse=True)[1] if classes else np.zeros(len(target), int)
    totals = np.bincount(kinds)
    # Shares of common classes count for more than those of rare ones, as their draws vary less.
    weights = np.sqrt(totals / totals.sum())
    splitter = GroupShuffleSplit(DRAWS, test_size=TEST_SHARE, random_state=seed)
    best, least = None, np.inf
    for train, test in splitter.split(groups, groups=groups):
        shares = np.bincount(kinds[test], minlength=len(totals)) / totals
        off = float(weights @ np.abs(shares - TEST_SHARE))
        if classes:  # what is only held out cannot be learned, and what is learned only not judged
            off += float(np.sum(shares == 1)) + 0.5 * float(np.sum(shares == 0))
        else:
            off += float(np.ptp(target[test]) == 0) + float(np.ptp(target[train]) == 0)
        if off < least:
            best, least = test, off
    assert best is not None
    return np.unique(groups[best])


def _latest(times: IntArray) -> IntArray:
    """Give the latest times, cut between two so that about a quarter of the rows are as late."""
    values, counts = np.unique(times, return_counts=True)
    shares = counts[::-1].cumsum()[::-1] / len(times)
    cut = 1 + int(np.argmin(np.abs(shares[1:] - TEST_SHARE)))
    return np.asarray(values[cut:])
